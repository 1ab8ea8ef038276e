//! The OSV.dev aggregate: one archive an ecosystem (feeds.md A16).
//!
//! Ecosystems whose vendor is a provider of its own (Alpine, AlmaLinux, Bitnami, Chainguard, Debian, Echo, MinimOS, Rocky Linux, Ubuntu,
//! Wolfi) are not read from here, nor are those whose names plimsoll cannot look up. A record that speaks of several ecosystems is read for each from that
//! ecosystem's archive.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};

use super::{Feed, MIB, Parse, Provider, Role, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{HeldSource, LeadError, Leads};
use crate::schema::archive::{self, Packing};
use crate::schema::osv::{self, Reading};

pub(super) static PROVIDER: Provider = Provider {
    name: "osv",
    attribution: Some("OSV.dev and the databases it aggregates, https://osv.dev/"),
    feeds: || ARCHIVES.iter().map(Archive::feed).collect(),
    answering: |namespace| {
        ARCHIVES.iter().find(|archive| namespace.as_str() == archive.ecosystem.name()).map(Archive::feed)
    },
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// One ecosystem of OSV.dev.
struct Archive {
    /// OSV's name for it, without suffix.
    name: &'static str,
    /// All of it is in the one namespace of a language.
    ecosystem: Ecosystem,
    license: &'static str,
}

/// The name that OSV gives to the ecosystem of Rust.
const RUST: &str = concat!("crates", ".io");

/// GitHub advisories, which most language archives hold, are CC-BY-4.0.
static ARCHIVES: &[Archive] = &[
    Archive::language("CRAN", Ecosystem::Cran, "CC-BY-4.0"),
    Archive::language("ConanCenter", Ecosystem::Conan, "CC-BY-4.0"),
    Archive::language("GitHub Actions", Ecosystem::GithubActions, "CC-BY-4.0"),
    Archive::language("Go", Ecosystem::Golang, "CC-BY-4.0"),
    Archive::language("Hackage", Ecosystem::Hackage, "CC0-1.0"),
    Archive::language("Hex", Ecosystem::Hex, "CC-BY-4.0"),
    Archive::language("Julia", Ecosystem::Julia, "CC-BY-4.0"),
    Archive::language("Maven", Ecosystem::Maven, "CC-BY-4.0"),
    Archive::language("NuGet", Ecosystem::NuGet, "CC-BY-4.0"),
    Archive::language("Packagist", Ecosystem::Composer, "CC-BY-4.0"),
    Archive::language("Pub", Ecosystem::Pub, "CC-BY-4.0"),
    Archive::language("PyPI", Ecosystem::PyPi, "CC-BY-4.0"),
    Archive::language("RubyGems", Ecosystem::Gem, "CC-BY-4.0"),
    Archive::language("SwiftURL", Ecosystem::Swift, "CC-BY-4.0"),
    Archive::language(RUST, Ecosystem::Cargo, "CC0-1.0 AND CC-BY-4.0"),
    Archive::language("npm", Ecosystem::Npm, "CC-BY-4.0 AND Apache-2.0"),
];

impl Archive {
    const fn language(name: &'static str, ecosystem: Ecosystem, license: &'static str) -> Self {
        Self { name, ecosystem, license }
    }

    fn feed(&self) -> Feed {
        let directory = self.name.replace(' ', "%20");
        Feed {
            name: self.name.to_owned(),
            sources: vec![Source::records(format!("{BUCKET}/{directory}/all.zip"), 2048 * MIB)],
            scope: Scope::One(Namespace::language(self.ecosystem)),
            license: self.license,
            is_redistributable: true,
            is_alternate: false,
        }
    }

    /// The key of a package called `name` in `ecosystem`, when that is this archive's. A suffix is a repository's URL: such
    /// packages (`drupal/…`) bear names of their own, so they share the namespace.
    fn key(&self, ecosystem: &osv::Ecosystem<'_>, name: &str) -> Option<PackageKey> {
        let namespace = Namespace::language(self.ecosystem);
        let key = || PackageKey::new(namespace, KeyKind::Language, normalise_name(self.ecosystem, name));
        (ecosystem.name == self.name).then(key)
    }
}

/// The key of a package called `name` in any of the ecosystems that are languages.
pub(super) fn language_key(ecosystem: &osv::Ecosystem<'_>, name: &str) -> Option<PackageKey> {
    ARCHIVES.iter().find_map(|archive| archive.key(ecosystem, name))
}

/// Whether `namespace` is one of those languages.
pub(super) fn is_language(namespace: &Namespace) -> bool {
    ARCHIVES.iter().any(|archive| namespace.as_str() == archive.ecosystem.name())
}

const BUCKET: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// An archive is downloaded anew after so long, because a record that leaves an ecosystem is seen in no list of changes
/// (feeds.md A16).
const ARCHIVE_AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Records that appear late are found so long after their date.
const OVERLAP: SignedDuration = SignedDuration::from_hours(6);

/// Above so many changed records the archive is the smaller download (feeds.md A16).
const CHANGES_MAX: usize = 250;

/// An archive that is held and not old is brought up to date by the records that changed since. Without the list of
/// changes, as in most mirrors, it is asked for itself.
fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let Some(archive) = feed.sources.first() else { return Ok(Vec::new()) };
    let whole = || Ok(vec![archive.clone()]);
    // An archive that was asked recently enough needs no list, and one that is old or absent is asked for itself.
    let is_of_use = |held: &&HeldSource| {
        let age = held.fetched_at.map(|at| leads.now.duration_since(at));
        !leads.is_near && !held.is_settled && age.is_some_and(|age| age < ARCHIVE_AGE_MAX)
    };
    let held = leads.held.get(&archive.url).filter(is_of_use);
    let Some(newest) = held.and_then(|held| held.newest) else { return whole() };
    let directory = archive.url.trim_end_matches("all.zip");
    let list =
        Source { is_optional: true, ..Source::index(format!("{directory}modified_id.csv"), 256 * MIB) };
    let whole = || Ok(vec![archive.clone(), list.clone()]);
    let record = |id: String| Source {
        role: Role::Update,
        ..Source::records(format!("{directory}{id}.json"), 64 * MIB)
    };
    let records: Vec<Source> = match leads.read(&list.url, |document| {
        changed_ids(document, newest.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN))
    })? {
        None if leads.asked.contains(list.url.as_str()) => return whole(),
        None => Vec::new(),
        Some(ids) if ids.len() > CHANGES_MAX => return whole(),
        Some(ids) => ids.into_iter().map(record).collect(),
    };
    // Mirrors may have the archive and the list, and not the records.
    let is_missing =
        |source: &Source| leads.asked.contains(source.url.as_str()) && leads.found(&source.url).is_none();
    if records.iter().any(is_missing) {
        return whole();
    }
    let archive = Source { max_age: Some(ARCHIVE_AGE_MAX), ..archive.clone() };
    Ok([archive, list].into_iter().chain(records).collect())
}

/// The ids of the records modified at `since` or later; the list has a line `modified,id` for each, newest first.
/// More than [`CHANGES_MAX`] need not all be told.
fn changed_ids(document: &Document<'_>, since: Timestamp) -> Result<Vec<String>, ParseError> {
    let mut ids = BTreeSet::new();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(document.open()?);
    for row in rows.records() {
        let row = row?;
        let (Some(modified), Some(id), 2) = (row.get(0), row.get(1), row.len()) else {
            return Err(ParseError::NotTheFeed(
                "no list of changes: a line without `modified,id`".to_owned(),
            ));
        };
        let modified: Timestamp = modified.parse().map_err(|error| {
            ParseError::NotTheFeed(format!("no list of changes: `{modified}` is no time ({error})"))
        })?;
        if modified < since || ids.len() > CHANGES_MAX {
            break;
        }
        let is_id =
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte));
        if !is_id || id.contains("..") {
            return Err(ParseError::NotTheFeed(format!("no list of changes: `{id:.64}` is no id")));
        }
        ids.insert(id.replace(':', "%3A"));
    }
    Ok(ids.into_iter().collect())
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Some(archive) = ARCHIVES.iter().find(|archive| archive.name == feed.name) else { return Ok(()) };
    if let Scope::One(namespace) = &feed.scope {
        advisories.namespace(namespace);
    }
    let key = |ecosystem: &osv::Ecosystem<'_>, name: &str| archive.key(ecosystem, name);
    let reading = Reading { key: &key };
    if document.url.ends_with(".json") {
        // A record that changed since the archive was made.
        if let Err(error) = osv::read(document.text()?.as_bytes(), &reading, advisories) {
            advisories.remarks.unreadable(document.url, error);
        }
        return Ok(());
    }
    archive::read(
        document,
        Packing::Zip,
        &|name| name.ends_with(".json"),
        &|_, content, advisories| osv::read(content, &reading, advisories),
        advisories,
    )
}
