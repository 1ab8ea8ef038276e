//! Bitnami's vulnerability database on the components of its images (feeds.md A29, C17): OSV records in its repository.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use serde::Deserialize;

use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::archive::{self, Packing};
use crate::schema::null_as_default;
use crate::schema::osv::{self, Reading};

pub(super) static PROVIDER: Provider = Provider {
    name: "bitnami",
    attribution: Some("Bitnami Vulnerability Database, https://github.com/bitnami/vulndb"),
    feeds: || vec![feed()],
    answering: |namespace| (*namespace == Namespace::language(Ecosystem::Bitnami)).then(feed),
    releases: &[],
    follow: None,
    parse: Parse::Advisories(parse),
};

fn feed() -> Feed {
    Feed {
        name: "bitnami".to_owned(),
        sources: vec![Source::records(
            "https://github.com/bitnami/vulndb/archive/refs/heads/main.tar.gz",
            512 * MIB,
        )],
        scope: Scope::One(Namespace::language(Ecosystem::Bitnami)),
        license: "Apache-2.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let vendors = vendors(document)?;
    let key = |ecosystem: &osv::Ecosystem<'_>, name: &str| {
        let name = || normalise_name(Ecosystem::Bitnami, name);
        let key = || PackageKey::new(Namespace::language(Ecosystem::Bitnami), KeyKind::Language, name());
        (ecosystem.name == "Bitnami").then(key)
    };
    let reading = Reading { key: &key };
    let read = |_: &str, content: &[u8], advisories: &mut Advisories| {
        let outline: Outline = serde_json::from_slice(content)?;
        if !outline.is_bounded() && outline.is_of_another_vendor(&vendors) {
            advisories.remarks.leave_out("every version of another vendor's product");
            return Ok(());
        }
        osv::read(content, &reading, advisories)
    };
    archive::read(document, Packing::Tar, &is_record, &read, advisories)
}

/// `data/<component>/BIT-<component>-2025-10001.json`.
fn is_record(name: &str) -> bool {
    let path = archive::path_in_repository(name);
    path.starts_with("data/") && path.ends_with(".json")
}

/// The vendors of each component, in the words of CPE: those of its records that name a bound. A record that names none and
/// is about another vendor's product of a like name would be about every version.
fn vendors(document: &Document<'_>) -> Result<BTreeMap<String, BTreeSet<String>>, ParseError> {
    let mut vendors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    document.tar_entries(&mut |name, content| {
        if !is_record(name) {
            return Ok(());
        }
        // One that cannot be read is told of when it is read for its rows.
        let Ok(outline) = serde_json::from_slice::<Outline>(content) else { return Ok(()) };
        if outline.is_bounded() {
            for component in outline.components() {
                vendors.entry(component.to_owned()).or_default().extend(outline.vendors().map(str::to_owned));
            }
        }
        Ok(())
    })?;
    Ok(vendors)
}

/// What decides whether a record is about its component.
#[derive(Deserialize)]
struct Outline {
    #[serde(default, deserialize_with = "null_as_default")]
    affected: Vec<Entry>,
    #[serde(default, deserialize_with = "null_as_default")]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct Entry {
    package: Package,
    #[serde(default, deserialize_with = "null_as_default")]
    ranges: Vec<Range>,
    #[serde(default, deserialize_with = "null_as_default")]
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default, deserialize_with = "null_as_default")]
    events: Vec<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Specific {
    #[serde(default, deserialize_with = "null_as_default")]
    cpes: Vec<String>,
}

impl Outline {
    /// Whether it says more of versions than that every one is affected.
    fn is_bounded(&self) -> bool {
        let is_everything = |event: &BTreeMap<String, String>| {
            event.iter().all(|(name, at)| name == "introduced" && at == "0")
        };
        self.affected.iter().any(|entry| {
            let mut events = entry.ranges.iter().flat_map(|range| &range.events);
            !entry.versions.is_empty() || !events.all(is_everything)
        })
    }

    fn components(&self) -> impl Iterator<Item = &str> {
        self.affected.iter().map(|entry| entry.package.name.as_str())
    }

    /// `acme` of `cpe:2.3:a:acme:demo:*:*:*:*:*:*:*:*`.
    fn vendors(&self) -> impl Iterator<Item = &str> {
        self.database_specific.cpes.iter().filter_map(|cpe| cpe.split(':').nth(3))
    }

    /// Whether it names vendors, and none that a component of it is known to have.
    fn is_of_another_vendor(&self, known: &BTreeMap<String, BTreeSet<String>>) -> bool {
        let known: Vec<&BTreeSet<String>> = self
            .components()
            .filter_map(|component| known.get(component))
            .filter(|it| !it.is_empty())
            .collect();
        !known.is_empty()
            && self.vendors().next().is_some()
            && !self.vendors().any(|vendor| known.iter().any(|known| known.contains(vendor)))
    }
}
