//! Where what is said of a CVE is held.
//!
//! Rows lie where their product is (`cpe:00` to `cpe:3f`). Besides, every CVE has a row under its own id where its year is
//! (`cve:2025`): it is of no product and decides nothing, and holds what is said of the CVE itself, whether or not a product
//! is named. There the state of a rejected CVE is found, and the severity for findings of other feeds. Texts and links are
//! held with the rows of products, and with the row of the id where there are no others.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{Advisory, Affected, Aside, RecordState, Status};
use model::key::{KeyKind, Namespace, PackageKey};

use crate::advisories::{Advisories, Remarks};

/// The words of a record's tags that have consequences here (feeds.md D9).
pub(crate) const HOSTED: &str = "exclusively-hosted-service";
pub(crate) const UNSUPPORTED: &str = "unsupported-when-assigned";
pub(crate) const DISPUTED: &str = "disputed";

/// Adds `rows` where their products are, and one for the record itself where its year is, which says `status` and, of
/// its `tags`, that a product had no support any more: `Deferred, unsupported-when-assigned`.
pub(crate) fn add(
    header: Advisory,
    rows: Vec<Affected>,
    status: Option<String>,
    tags: &BTreeSet<&str>,
    advisories: &mut Advisories,
) {
    // A record that changed may have left a namespace: what it said there no longer holds.
    advisories.document(&header.id, header.modified);
    let mut by_namespace: BTreeMap<Namespace, Vec<Affected>> = BTreeMap::new();
    for row in rows {
        by_namespace.entry(row.key.namespace.clone()).or_default().push(row);
    }
    if let Some(namespace) = Namespace::of_cve(&header.id) {
        let key = PackageKey::new(namespace.clone(), KeyKind::Cpe, header.id.as_str());
        let unsupported = tags.get(UNSUPPORTED).map(|tag| (*tag).to_owned());
        let words: Vec<String> = status.into_iter().chain(unsupported).collect();
        let reason = (!words.is_empty()).then(|| words.join(", "));
        let row = Affected {
            aside: Aside { reason, ..Aside::default() }.into(),
            ..Affected::new(key, Status::Undetermined)
        };
        let own = match by_namespace.is_empty() {
            true => Advisory { affected: vec![row], ..header.clone() },
            false => Advisory { affected: vec![row], ..without_texts(&header) },
        };
        advisories.push(&namespace, own);
    } else {
        advisories.remarks.unknown_word("id", &header.id);
    }
    by_namespace.retain(|namespace, _| advisories.wants(namespace));
    // Most are about products of one namespace, and need no copy.
    let last = by_namespace.pop_last();
    for (namespace, affected) in by_namespace {
        advisories.push(&namespace, Advisory { affected, ..header.clone() });
    }
    if let Some((namespace, affected)) = last {
        advisories.push(&namespace, Advisory { affected, ..header });
    }
}

/// A copy of what is said of a CVE itself, without its texts and links.
fn without_texts(header: &Advisory) -> Advisory {
    Advisory {
        id: header.id.clone(),
        kind: header.kind,
        aliases: header.aliases.clone(),
        state: header.state,
        published: header.published,
        modified: header.modified,
        title: None,
        description: None,
        cvss: header.cvss.clone(),
        severity: header.severity.clone(),
        weaknesses: header.weaknesses.clone(),
        references: Vec::new(),
        links: header.links.clone(),
        credits: Vec::new(),
        license: header.license.clone(),
        affected: Vec::new(),
    }
}

/// What `tags` mean for `rows`: a service that is only hosted is nothing that could be installed, and that a product had
/// no support any more is said with its row.
pub(crate) fn apply_tags(tags: &BTreeSet<&str>, rows: &mut Vec<Affected>, remarks: &mut Remarks) {
    if tags.contains(HOSTED) && !rows.is_empty() {
        remarks.leave_out("service that is only hosted");
        rows.clear();
    }
    if tags.contains(UNSUPPORTED) {
        rows.iter_mut().for_each(|row| row.aside.reason = Some(UNSUPPORTED.to_owned()));
    }
}

/// What the marks in a description say of the state of its record.
pub(crate) fn marked_state(description: &str) -> RecordState {
    let text = description.trim_start();
    let starts = |mark: &str| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    if starts("** REJECT **") || starts("Rejected reason:") || starts("DO NOT USE THIS CANDIDATE NUMBER") {
        RecordState::Rejected
    } else if starts("** DISPUTED **") {
        RecordState::Disputed
    } else {
        RecordState::Published
    }
}
