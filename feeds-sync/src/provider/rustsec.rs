//! RustSec's advisories, from the project's own export to OSV (feeds.md A18). OSV.dev carries them too.

use model::ecosystem::Ecosystem;
use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Scope, Source, osv};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::archive::{self, Packing};
use crate::schema::osv::{Reading, read};

pub(super) static PROVIDER: Provider = Provider {
    name: "rustsec",
    attribution: Some("RustSec Advisory Database, https://rustsec.org/"),
    feeds: || vec![feed()],
    answering: |namespace| (*namespace == Namespace::language(Ecosystem::Cargo)).then(feed),
    releases: &[],
    follow: None,
    parse: Parse::Advisories(parse),
};

fn feed() -> Feed {
    Feed {
        name: "rustsec".to_owned(),
        sources: vec![Source::records(
            "https://github.com/RustSec/advisory-db/archive/refs/heads/osv.zip",
            256 * MIB,
        )],
        scope: Scope::One(Namespace::language(Ecosystem::Cargo)),
        license: "CC0-1.0 AND CC-BY-4.0",
        is_redistributable: true,
        is_alternate: true,
    }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let key = |ecosystem: &crate::schema::osv::Ecosystem<'_>, name: &str| {
        osv::language_key(ecosystem, name).filter(|key| key.namespace.as_str() == Ecosystem::Cargo.name())
    };
    archive::read(
        document,
        Packing::Zip,
        &|name| name.ends_with(".json"),
        &|_, content, advisories| read(content, &Reading { key: &key }, advisories),
        advisories,
    )
}
