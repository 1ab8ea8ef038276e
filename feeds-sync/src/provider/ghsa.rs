//! GitHub's advisory database, from its repository (feeds.md A17): OSV records of many languages. OSV.dev carries those
//! that were reviewed.
//!
//! Those that nobody reviewed are taken from NVD and name no package: there is nothing in them to look up, so they are
//! left out and counted.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{Feed, MIB, Parse, Provider, Scope, Source, osv};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::archive::{self, Packing};
use crate::schema::osv::{Ecosystem, Reading, read};

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
            advisories.remarks.leave_out("advisory that was not reviewed and names no package");
            return Ok(());
        }
        read(content, &reading, advisories)
    };
    archive::read(document, Packing::Tar, &is_record, &read, advisories)?;
    for ecosystem in unknown.into_inner() {
        advisories.remarks.unknown_word("ecosystem", &ecosystem);
    }
    Ok(())
}
