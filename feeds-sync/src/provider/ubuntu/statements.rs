//! Ubuntu's OpenVEX documents: what OSV cannot say (feeds.md A4). Only what is said of source packages is read; what is
//! said of their binaries is the same. The version in a product's purl is the current one and no fix.

use std::collections::BTreeMap;

use model::advisory::{Advisory, Affected, Aside, FixState, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};

use super::{records, releases};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::error::ParseError;
use crate::schema::openvex::{self, Statement};

/// What is said of one source package in one release.
#[derive(Clone)]
enum Said {
    /// It is not affected, and why.
    NotAffected { justification: Option<String>, reason: Option<String> },
    /// It is affected, and what is done about it.
    Affected { fix_state: FixState, reason: &'static str },
    /// Nobody decided yet.
    Undecided,
    /// The release does not have it.
    Absent,
    /// It was fixed; OSV knows in which version.
    Fixed,
}

/// What is said, by release and source package.
type Packages = BTreeMap<(Namespace, Box<str>), Said>;

/// Reads one document.
pub(super) fn add(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let document = openvex::read(text, &mut advisories.remarks)?;
    let mut said: BTreeMap<String, (Option<String>, Packages)> = BTreeMap::new();
    for statement in &document.statements {
        let (description, packages) =
            said.entry(statement.vulnerability.name.clone().into_owned()).or_default();
        *description = statement.vulnerability.description.as_deref().map(str::to_owned);
        read(statement, packages, &mut advisories.remarks);
    }
    for (cve, (description, mut packages)) in said {
        if description.as_deref().is_some_and(records::is_rejected) {
            advisories.remarks.leave_out("rejected or disputed");
            continue;
        }
        let mentioned_alone = spread(&mut packages);
        for ((namespace, name), said) in packages {
            let key = PackageKey::new(namespace, KeyKind::Source, name);
            apply(&cve, key, said, description.as_deref(), advisories);
        }
        for (key, said) in mentioned_alone {
            if let Some(advisory) = advisories.held(&key.namespace, &cve)
                && advisory.affected.iter().any(|row| row.key == key)
            {
                change(advisory, key, said);
            }
        }
    }
    Ok(())
}

/// Adds what `statement` says of source packages; later statements stand.
fn read(statement: &Statement<'_>, packages: &mut Packages, remarks: &mut Remarks) {
    let mut said = None;
    for product in &statement.products {
        let Some((name, token)) = product.purl().and_then(source) else { continue };
        let token = token.replace("%2F", "/").replace("%2f", "/");
        let Some(namespace) = releases::of_token(&token) else {
            remarks.unknown_word("distro", &token);
            continue;
        };
        let said = said.get_or_insert_with(|| self::said(statement, remarks));
        packages.insert((namespace, normalise_name(Ecosystem::Deb, &name)), said.clone());
    }
}

/// Name and `distro` of a purl of a source package: `pkg:deb/ubuntu/curl@8.5.0-2?arch=source&distro=noble`.
fn source(purl: &str) -> Option<(String, &str)> {
    let (package, qualifiers) = purl.strip_prefix("pkg:deb/ubuntu/")?.split_once('?')?;
    if !qualifiers.split('&').any(|qualifier| qualifier == "arch=source") {
        return None;
    }
    let name = package.split_once('@').map_or(package, |(name, _)| name);
    let name = name.replace("%2B", "+").replace("%2b", "+");
    Some((name, records::token(purl)?))
}

/// What stands before the reason why a package is not affected.
const JUSTIFICATION: &str = "CVE Notes / justification:";

fn said(statement: &Statement<'_>, remarks: &mut Remarks) -> Said {
    match statement.status {
        Status::NotAffected if statement.justification.as_deref() == Some("component_not_present") => {
            Said::Absent
        }
        Status::NotAffected => {
            let texts = [&statement.impact_statement, &statement.status_notes];
            let mut notes = texts.into_iter().flatten().filter_map(|text| text.split_once(JUSTIFICATION));
            let reason = notes.next().map(|(_, note)| note.trim().to_owned()).filter(|note| !note.is_empty());
            let justification = statement.justification.as_deref().map(str::to_owned);
            Said::NotAffected { justification, reason }
        }
        Status::Fixed => Said::Fixed,
        Status::UnderInvestigation => Said::Undecided,
        Status::Affected | Status::Undetermined => {
            let (fix_state, reason) =
                plan(statement.action_statement.as_deref().unwrap_or_default(), remarks);
            Said::Affected { fix_state, reason }
        }
    }
}

/// What Canonical does about a vulnerability, told from the sentence of `action_statement`, and the words that tell it.
fn plan(action: &str, remarks: &mut Remarks) -> (FixState, &'static str) {
    const PLANS: &[(&str, FixState)] = &[
        ("decided to not fix it", FixState::WontFix),
        ("is no longer supported", FixState::EndOfLife),
        ("needs fixing", FixState::NotFixed),
        ("actively", FixState::NotFixed),
    ];
    match PLANS.iter().find(|(words, _)| action.contains(words)) {
        Some((words, state)) => (*state, words),
        None => {
            remarks.unknown_word("action_statement", action);
            (FixState::Unknown, "affected")
        }
    }
}

/// Spreads what is not affected in a release or in its extended maintenance over both: OSV writes a package that never
/// was affected as one that is fixed in its current version, so the statement decides in both. Where the release is not
/// mentioned it is added; for the extended maintenance those are given back, which count where OSV has a row.
fn spread(packages: &mut Packages) -> Vec<(PackageKey, Said)> {
    let is_not_affected =
        |(_, said): &(&(Namespace, Box<str>), &Said)| matches!(said, Said::NotAffected { .. });
    let decided: Vec<((Namespace, Box<str>), Said)> = packages
        .iter()
        .filter(is_not_affected)
        .map(|(package, said)| (package.clone(), said.clone()))
        .collect();
    let mut mentioned_alone = Vec::new();
    for ((namespace, name), said) in decided {
        let Some((base, esm)) = releases::base_and_esm(&namespace) else { continue };
        let is_base = namespace == base;
        let twin = if is_base { esm } else { base };
        match packages.get_mut(&(twin.clone(), name.clone())) {
            // That both are not affected, each for its reason, or that the release lacks the package.
            Some(Said::NotAffected { .. } | Said::Absent) => {}
            Some(held) => *held = said,
            None if is_base => mentioned_alone.push((PackageKey::new(twin, KeyKind::Source, name), said)),
            None => drop(packages.insert((twin, name), said)),
        }
    }
    mentioned_alone
}

fn apply(cve: &str, key: PackageKey, said: Said, description: Option<&str>, advisories: &mut Advisories) {
    if !advisories.wants(&key.namespace) {
        return;
    }
    match said {
        // OSV has the version; where it has none there is nothing to compare with.
        Said::Fixed => {}
        Said::Absent => {
            let namespace = key.namespace.clone();
            let Some(advisory) = advisories.held(&namespace, cve) else { return };
            let is_inferred = |row: &Affected| row.aside.reason.as_deref() == Some(records::PRO_ONLY);
            advisory.affected.retain(|row| row.key != key || !is_inferred(row));
            if advisory.affected.is_empty() {
                advisories.remove(&namespace, cve);
            }
        }
        said => {
            let advisory = advisories.record(&key.namespace, cve);
            if advisory.title.is_none() {
                advisory.title = description.and_then(|text| text.trim().lines().next()).map(str::to_owned);
            }
            change(advisory, key, said);
        }
    }
}

/// Makes the rows of a package say what was said of it. A fix that OSV states stands against all but that the package is
/// not affected.
fn change(advisory: &mut Advisory, key: PackageKey, said: Said) {
    let (status, fix_state, reason) = match said {
        Said::NotAffected { justification, reason } => {
            advisory.affected.retain(|row| row.key != key);
            let row = Affected {
                aside: Aside { justification, reason, ..Aside::default() }.into(),
                ..Affected::new(key, Status::NotAffected)
            };
            return push_once(advisory, row);
        }
        Said::Affected { fix_state, reason } => (Status::Affected, fix_state, Some(reason.to_owned())),
        Said::Undecided => (Status::UnderInvestigation, FixState::Unknown, None),
        Said::Absent | Said::Fixed => return,
    };
    let mut is_mentioned = false;
    for row in advisory.affected.iter_mut().filter(|row| row.key == key) {
        is_mentioned = true;
        if row.fix_state != FixState::Fixed {
            (row.status, row.fix_state) = (status, fix_state);
            row.aside.reason.clone_from(&reason);
        }
    }
    if !is_mentioned {
        push_once(
            advisory,
            Affected {
                fix_state,
                aside: Aside { reason, ..Aside::default() }.into(),
                ..Affected::new(key, status)
            },
        );
    }
}
