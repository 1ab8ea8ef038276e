//! Ubuntu's OSV records of CVEs: the ranges.

use std::cell::RefCell;
use std::collections::BTreeMap;

use model::advisory::{Advisory, Affected, Aside, FixState, PublishedFix, RangeEvent, RecordState, Relation};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};

use super::releases;
use crate::advisories::{Advisories, push_once};
use crate::error::ParseError;
use crate::schema::osv::{self, Entry, Parts, Reading};

/// The reason of a row that no document states: the release itself is not mentioned, its extended maintenance is.
pub(super) const PRO_ONLY: &str = "Ubuntu Pro only";

/// What every installation gets, in the words of `availability`.
const FOR_ALL: &str = "No subscription required";

/// The key of a package, when its ecosystem is a release of Ubuntu.
pub(super) fn key(ecosystem: &osv::Ecosystem<'_>, name: &str) -> Option<PackageKey> {
    let suffix = ecosystem.suffix.filter(|_| ecosystem.name == "Ubuntu")?;
    let namespace = releases::of_ecosystem(suffix)?;
    Some(PackageKey::new(namespace, KeyKind::Source, normalise_name(Ecosystem::Deb, name)))
}

/// Reads one record. It goes by its CVE's id, and its own is an alias (feeds.md D5).
pub(super) fn add(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let unknown = RefCell::new(Vec::new());
    let key = |ecosystem: &osv::Ecosystem<'_>, name: &str| {
        let key = key(ecosystem, name);
        if key.is_none() {
            unknown.borrow_mut().push(format!("{}:{}", ecosystem.name, ecosystem.suffix.unwrap_or_default()));
        }
        key
    };
    let reading = Reading { key: &key };
    let Parts { header, entries } = osv::parts(text, &reading, &mut advisories.remarks)?;
    for ecosystem in unknown.into_inner() {
        advisories.remarks.unknown_word("ecosystem", &ecosystem);
    }
    if header.description.as_ref().or(header.title.as_ref()).is_some_and(|details| is_rejected(details)) {
        advisories.remarks.leave_out("rejected or disputed");
        return Ok(());
    }
    let header = of_cve(header);
    let mut rows: BTreeMap<Namespace, Vec<Affected>> = BTreeMap::new();
    for entry in entries {
        let row = row(entry);
        rows.entry(row.key.namespace.clone()).or_default().push(row);
    }
    infer_base(&mut rows);
    for (namespace, rows) in rows {
        if !advisories.wants(&namespace) {
            continue;
        }
        let mut advisory = header.clone();
        rows.into_iter().for_each(|row| push_once(&mut advisory, row));
        advisories.push(&namespace, advisory);
    }
    Ok(())
}

/// Whether a text says of itself that it is about no vulnerability. That a record is withdrawn says no such thing:
/// Canonical withdraws what it will not generate again, and the fixes in it stand (feeds.md A4).
pub(super) fn is_rejected(details: &str) -> bool {
    let details = details.trim_start();
    ["** REJECT **", "** DISPUTED **", "Rejected reason:"]
        .iter()
        .any(|opening| details.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening)))
}

/// The header under the id of the CVE that is in the record's own id.
fn of_cve(mut header: Advisory) -> Advisory {
    header.state = RecordState::Published;
    if let Some(cve) = header.id.strip_prefix("UBUNTU-").filter(|id| id.starts_with("CVE-")) {
        let cve = cve.to_owned();
        header.links.retain(|link| link.relation != Relation::Upstream || link.other != cve);
        header.aliases.retain(|alias| *alias != cve);
        header.aliases.push(std::mem::replace(&mut header.id, cve));
    }
    header
}

/// The row of an entry. The versions enumerated are those that the archive had within the range, so a range from the
/// first version on says them all.
fn row(entry: Entry) -> Affected {
    let Entry { affected: mut row, purl, availability } = entry;
    if row.ranges.iter().any(|range| is_from_the_first(&range.events)) {
        row.versions.clear();
    }
    let pocket = purl.as_deref().and_then(pocket);
    let fixed = row.ranges.iter().flat_map(|range| &range.events).filter_map(|event| match event {
        RangeEvent::Fixed(version) => Some(version),
        _ => None,
    });
    let fixes = fixed.map(|version| PublishedFix {
        version: Some(version.clone()),
        channel: pocket.clone(),
        ..PublishedFix::default()
    });
    row.aside.fixes = fixes.collect();
    let hints =
        [pocket.filter(|_| row.aside.fixes.is_empty()), availability.filter(|text| &**text != FOR_ALL)];
    row.aside.hints.extend(hints.into_iter().flatten());
    row
}

fn is_from_the_first(events: &[RangeEvent]) -> bool {
    matches!(events.first(), Some(RangeEvent::Introduced(version)) if version.as_str() == "0")
}

/// Where in the archive a purl's package lies, when that is not the release itself: `esm-apps`.
fn pocket(purl: &str) -> Option<Box<str>> {
    let (pocket, codename) = token(purl)?.split_once('/')?;
    // `trusty/esm` is an older spelling.
    Some(if codename == "esm" { "esm-infra-legacy".into() } else { pocket.into() })
}

/// `distro` of a purl: the key that the two archives share.
pub(super) fn token(purl: &str) -> Option<&str> {
    let (_, qualifiers) = purl.split_once('?')?;
    qualifiers.split('&').find_map(|qualifier| qualifier.strip_prefix("distro="))
}

/// Adds what follows for a release from what is said of its extended maintenance: where the release itself is not
/// mentioned, it gets no fix; where it is and has none, that there is one is worth knowing. Other channels rebuild other
/// code, so nothing follows from them.
fn infer_base(rows: &mut BTreeMap<Namespace, Vec<Affected>>) {
    let pairs: Vec<(Namespace, Namespace)> =
        rows.keys().filter_map(releases::base_and_esm).filter(|(_, esm)| rows.contains_key(esm)).collect();
    for (base, esm) in pairs {
        for paid in rows.get(&esm).cloned().unwrap_or_default() {
            let said = paid.aside.into_said();
            let held = rows.entry(base.clone()).or_default();
            let key = PackageKey { namespace: base.clone(), ..paid.key };
            let mut is_mentioned = false;
            for row in held.iter_mut().filter(|row| row.key == key) {
                is_mentioned = true;
                if row.fix_state != FixState::Fixed {
                    let new: Vec<_> =
                        said.fixes.iter().filter(|fix| !row.aside.fixes.contains(fix)).cloned().collect();
                    row.aside.fixes.extend(new);
                }
            }
            if !is_mentioned {
                held.push(Affected {
                    fix_state: FixState::WontFix,
                    aside: Aside {
                        fixes: said.fixes,
                        severity: said.severity,
                        cvss: said.cvss,
                        reason: Some(PRO_ONLY.to_owned()),
                        ..Aside::default()
                    }
                    .into(),
                    ..Affected::new(key, paid.status)
                });
            }
        }
    }
}
