//! The vulnerability database of the Go project (feeds.md A21). OSV.dev carries its records too.
//!
//! `index/db.json` says when anything changed last, `index/vulns.json` lists each record and when it did, and
//! `vulndb.zip` holds all of them. `index/modules.json` lists the same by module and says nothing more.

use jiff::{SignedDuration, Timestamp};
use model::ecosystem::Ecosystem;
use model::key::Namespace;
use serde::Deserialize;

use super::{DAILY, Feed, MIB, Parse, Provider, Role, Scope, Source, osv};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{HeldSource, LeadError, Leads};
use crate::schema::archive::{self, Packing};
use crate::schema::osv::{Reading, read};
use crate::schema::timestamp;

pub(super) static PROVIDER: Provider = Provider {
    name: "go",
    attribution: Some("Go vulnerability database, https://vuln.go.dev/"),
    feeds: || vec![feed()],
    answering: |namespace| (*namespace == Namespace::language(Ecosystem::Golang)).then(feed),
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

const ARCHIVE: &str = "https://vuln.go.dev/vulndb.zip";
const STATE: &str = "https://vuln.go.dev/index/db.json";
const LISTING: &str = "https://vuln.go.dev/index/vulns.json";
const RECORDS: &str = "https://vuln.go.dev/ID/";

fn feed() -> Feed {
    Feed {
        name: "go".to_owned(),
        sources: vec![Source::records(ARCHIVE, 512 * MIB)],
        scope: Scope::One(Namespace::language(Ecosystem::Golang)),
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: true,
    }
}

/// An archive is downloaded anew after so long, so that what changed since stays a short list.
const ARCHIVE_AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Records that appear late are found so long after their date, and one that was asked so shortly after it changed may
/// have been an older one.
const OVERLAP: SignedDuration = SignedDuration::from_hours(6);

/// Above so many changed records the archive is the smaller download.
const CHANGES_MAX: usize = 250;

/// When anything changed last.
#[derive(Deserialize)]
struct State {
    #[serde(deserialize_with = "timestamp")]
    modified: Timestamp,
}

/// A record that is listed.
#[derive(Deserialize)]
struct Listed {
    id: String,
    #[serde(deserialize_with = "timestamp")]
    modified: Timestamp,
}

/// An archive that is held and not old is brought up to date by the records that changed since. Where the state or the
/// listing is lacking, as in a mirror of the archive alone, it is asked for itself.
fn follow(_feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let archive = Source::records(ARCHIVE, 512 * MIB);
    let whole = || Ok(vec![archive.clone()]);
    let is_of_use = |held: &&HeldSource| {
        let age = held.fetched_at.map(|at| leads.now.duration_since(at));
        !leads.is_near && !held.is_settled && age.is_some_and(|age| age < ARCHIVE_AGE_MAX)
    };
    let Some(newest) = leads.held.get(ARCHIVE).filter(is_of_use).and_then(|held| held.newest) else {
        return whole();
    };
    let state = Source { is_optional: true, ..Source::index(STATE, MIB) };
    let listing = Source { role: Role::Page, is_optional: true, ..Source::records(LISTING, 64 * MIB) };
    let changed_at = leads.read(STATE, json::<State>)?.map(|state| state.modified);
    let listed = leads.read(LISTING, listed)?;
    let is_missing = |url: &str| leads.asked.contains(url) && leads.found(url).is_none();
    if is_missing(STATE) || is_missing(LISTING) {
        return Ok(vec![archive, state, listing]);
    }
    // One that lists the last change is current; what else may have changed, that something was taken back, shows
    // within a day.
    let listed_at = listed.iter().flatten().map(|listed| listed.modified).max();
    let is_current = listed_at.is_none_or(|at| changed_at <= Some(at));
    let listing = Source { max_age: is_current.then_some(DAILY), ..listing };
    let since = newest.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN);
    let changed: Vec<Listed> =
        listed.into_iter().flatten().filter(|listed| listed.modified >= since).collect();
    if changed.len() > CHANGES_MAX {
        return Ok(vec![archive, state, listing]);
    }
    let records: Vec<Source> = changed.iter().map(|listed| record(listed, leads)).collect();
    if records.iter().any(|record| is_missing(&record.url)) {
        return Ok(vec![archive, state, listing]);
    }
    let archive = Source { max_age: Some(ARCHIVE_AGE_MAX), ..archive };
    Ok([archive, state, listing].into_iter().chain(records).collect())
}

/// One record; it is not asked again when what is held of it is younger than its last change.
fn record(listed: &Listed, leads: &Leads<'_>) -> Source {
    let url = format!("{RECORDS}{}.json", listed.id);
    let fetched_at = leads.held.get(&url).and_then(|held| held.fetched_at);
    let is_held =
        fetched_at.is_some_and(|at| leads.now >= at && at.duration_since(listed.modified) > OVERLAP);
    Source {
        role: Role::Update,
        max_age: is_held.then_some(ARCHIVE_AGE_MAX),
        ..Source::records(url, 64 * MIB)
    }
}

fn json<T: for<'de> Deserialize<'de>>(document: &Document<'_>) -> Result<T, ParseError> {
    Ok(serde_json::from_str(&document.text()?)?)
}

fn listed(document: &Document<'_>) -> Result<Vec<Listed>, ParseError> {
    let listed: Vec<Listed> = json(document)?;
    let is_id =
        |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match listed.iter().find(|listed| !is_id(&listed.id)) {
        None => Ok(listed),
        Some(Listed { id, .. }) => Err(ParseError::NotTheFeed(format!("no listing: `{id:.64}` is no id"))),
    }
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if let Scope::One(namespace) = &feed.scope {
        advisories.namespace(namespace);
    }
    if document.url.ends_with("/index/vulns.json") {
        let listed = listed(document)?;
        if let Some(as_of) = listed.iter().map(|listed| listed.modified).max() {
            advisories.all_listed(listed.into_iter().map(|listed| listed.id).collect(), as_of);
        }
        return Ok(());
    }
    let key = |ecosystem: &crate::schema::osv::Ecosystem<'_>, name: &str| {
        osv::language_key(ecosystem, name).filter(|key| key.namespace.as_str() == Ecosystem::Golang.name())
    };
    let reading = Reading { key: &key };
    if document.url.ends_with(".json") {
        // A record that changed since the archive was made.
        if let Err(error) = read(document.text()?.as_bytes(), &reading, advisories) {
            advisories.remarks.unreadable(document.url, error);
        }
        return Ok(());
    }
    // The archive has the files of the index too.
    let is_record = |name: &str| name.ends_with(".json") && !name.starts_with("index/");
    let read = |_: &str, content: &[u8], advisories: &mut Advisories| read(content, &reading, advisories);
    archive::read(document, Packing::Zip, &is_record, &read, advisories)
}
