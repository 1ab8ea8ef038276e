//! The advisory database of the Python Packaging Authority (feeds.md A19): OSV records in YAML. OSV.dev carries them
//! too.
//!
//! They have no severity, which is that of their aliases, and enumerate the versions that are affected.

use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};

use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::archive::{self, Packing};
use crate::schema::osv::{self, Reading};
use crate::yaml;

pub(super) static PROVIDER: Provider = Provider {
    name: "pypa",
    attribution: Some("PyPA advisory database, https://github.com/pypa/advisory-database"),
    feeds: || vec![feed()],
    answering: |namespace| (*namespace == Namespace::language(Ecosystem::PyPi)).then(feed),
    releases: &[],
    follow: None,
    parse: Parse::Advisories(parse),
};

fn feed() -> Feed {
    Feed {
        name: "pypa".to_owned(),
        sources: vec![Source::records(
            "https://github.com/pypa/advisory-database/archive/refs/heads/main.tar.gz",
            512 * MIB,
        )],
        scope: Scope::One(Namespace::language(Ecosystem::PyPi)),
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: true,
    }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    archive::read(document, Packing::Tar, &is_record, &read, advisories)
}

/// `vulns/<project>/PYSEC-2025-1.yaml`.
fn is_record(name: &str) -> bool {
    let path = archive::path_in_repository(name);
    path.starts_with("vulns/") && path.ends_with(".yaml")
}

fn read(_path: &str, content: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let record = serde_json::to_vec(&yaml::parse(content)?)?;
    let key = |ecosystem: &osv::Ecosystem<'_>, name: &str| {
        let name = || normalise_name(Ecosystem::PyPi, name);
        let key = || PackageKey::new(Namespace::language(Ecosystem::PyPi), KeyKind::Language, name());
        (ecosystem.name == "PyPI").then(key)
    };
    osv::read(&record, &Reading { key: &key }, advisories)
}
