//! GitHub's advisory database, from its repository (feeds.md A17): OSV records of many languages. OSV.dev carries those
//! that were reviewed.
//!
//! Those that nobody reviewed are taken from NVD and name no package, so no package is ever matched by them. They say under
//! which id GitHub knows a CVE, and how severe it is: that is held with the CVE, as what NVD says of it is
//! ([`crate::schema::cve`]). One that is about no CVE is left out and counted.

use std::cell::RefCell;
use std::collections::BTreeSet;

use model::advisory::{Advisory, Affected, Aside, Status};
use model::key::{KeyKind, Namespace, PackageKey};

use super::{Feed, MIB, Parse, Provider, Scope, Source, osv};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::archive::{self, Packing};
use crate::schema::osv::{Ecosystem, Parts, Reading, parts, read};

pub(super) static PROVIDER: Provider = Provider {
    name: "ghsa",
    attribution: Some("GitHub Advisory Database, https://github.com/advisories"),
    feeds: || vec![feed()],
    answering: |namespace| osv::is_language(namespace).then(feed),
    releases: &[],
    follow: None,
    parse: Parse::Advisories(parse),
};

fn feed() -> Feed {
    Feed {
        name: "ghsa".to_owned(),
        sources: vec![Source::records(
            "https://github.com/github/advisory-database/archive/refs/heads/main.tar.gz",
            4096 * MIB,
        )],
        scope: Scope::Languages,
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: true,
    }
}

/// Where the records lie that were reviewed, and those that were not.
const REVIEWED: &str = "advisories/github-reviewed/";
const UNREVIEWED: &str = "advisories/unreviewed/";

/// What a row says that comes of an advisory nobody reviewed.
const UNREVIEWED_WORD: &str = "unreviewed";

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let is_record = |name: &str| {
        let path = archive::path_in_repository(name);
        path.ends_with(".json") && (path.starts_with(REVIEWED) || path.starts_with(UNREVIEWED))
    };
    let unknown = RefCell::new(BTreeSet::new());
    let key = |ecosystem: &Ecosystem<'_>, name: &str| {
        let key = osv::language_key(ecosystem, name);
        if key.is_none() {
            unknown.borrow_mut().insert(ecosystem.name.to_owned());
        }
        key
    };
    let reading = Reading { key: &key };
    let read = |name: &str, content: &[u8], advisories: &mut Advisories| {
        if archive::path_in_repository(name).starts_with(UNREVIEWED) {
            return read_unreviewed(content, advisories);
        }
        read(content, &reading, advisories)
    };
    archive::read(document, Packing::Tar, &is_record, &read, advisories)?;
    for ecosystem in unknown.into_inner() {
        advisories.remarks.unknown_word("ecosystem", &ecosystem);
    }
    Ok(())
}

/// Reads an advisory that was not reviewed: a row under the id of each CVE that it is about, which decides nothing. What it
/// says of packages was found by no person and is passed over.
fn read_unreviewed(content: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let Parts { header, .. } = parts(content, &Reading { key: &|_, _| None }, &mut advisories.remarks)?;
    advisories.document(&header.id, header.modified);
    let mut is_held = false;
    for id in &header.aliases {
        let Some(namespace) = Namespace::of_cve(id) else { continue };
        is_held = true;
        let key = PackageKey::new(namespace.clone(), KeyKind::Cpe, id.as_str());
        let row = Affected {
            aside: Aside { reason: Some(UNREVIEWED_WORD.to_owned()), ..Aside::default() }.into(),
            ..Affected::new(key, Status::Undetermined)
        };
        advisories.push(&namespace, Advisory { affected: vec![row], ..header.clone() });
    }
    if !is_held {
        advisories.remarks.leave_out("advisory that was not reviewed and is about no CVE");
    }
    Ok(())
}
