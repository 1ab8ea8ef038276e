//! A user's own advisories: directories and URLs of OSV, CSAF and OpenVEX documents, beside what is published of the same
//! namespaces. They decide before all others (feeds.md D1).
//!
//! All of them together are one feed, so that neither their number nor their order matters. A document that cannot be read
//! makes its whole source one that cannot: what was read of it last stays, and the gap names the document.

use std::cell::Cell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use model::advisory::{Affected, PRIVATE};
use model::key::{KeyKind, PackageKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Feed, MIB, Parse, Provider, Role, Scope, Source};
use crate::advisories::{Advisories, DocumentKind, OLDER, push_once};
use crate::directory;
use crate::document::{Document, Visit};
use crate::error::{ParseError, SyncError};
use crate::lead::{LeadError, Leads};
use crate::schema::csaf::{changes, generic};
use crate::schema::openvex_rows;
use crate::schema::osv;
use crate::schema::place::osv_keys;

pub(crate) static PROVIDER: Provider = Provider {
    name: PRIVATE,
    attribution: None,
    feeds: Vec::new,
    answering: |_| None,
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// The feed of the advisories at `places`: directories as `file:///path`, files and archives of them, and URLs that end in
/// `/`, which have an `index.txt`.
///
/// # Errors
/// A place is none of them.
pub(crate) fn feed(places: &[String]) -> Result<Feed, SyncError> {
    let mut sources = places.iter().map(|place| source(place)).collect::<Result<Vec<Source>, SyncError>>()?;
    sources.sort_by(|a, b| a.url.cmp(&b.url));
    sources.dedup();
    Ok(Feed {
        is_alternate: false,
        name: PRIVATE.to_owned(),
        sources,
        scope: Scope::Documents,
        license: "private",
        is_redistributable: false,
    })
}

/// What a file or an archive may be called.
const FILES: &[&str] = &[".json", ".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2"];

/// The list of the documents below a URL.
const LIST: &str = "index.txt";

fn source(place: &str) -> Result<Source, SyncError> {
    let bad = |why| Err(SyncError::BadPlace { place: place.to_owned(), why });
    let update = |url: &str| Source { role: Role::Update, ..Source::records(url, 4096 * MIB) };
    if directory::path_of(place).is_some() {
        return Ok(update(place));
    }
    if !place.starts_with("https://") && !place.starts_with("http://") {
        return bad("it is neither a directory nor a URL");
    }
    match place {
        _ if place.ends_with('/') => Ok(Source::index(format!("{place}{LIST}"), 64 * MIB)),
        _ if FILES.iter().any(|end| place.ends_with(end)) => Ok(update(place)),
        _ => bad("a URL ends in `/`, in `.json`, or as an archive does"),
    }
}

/// The documents that the lists name.
fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let mut sources = Vec::new();
    for list in feed.sources.iter().filter(|source| source.role == Role::Index) {
        let base = list.url.strip_suffix(LIST).unwrap_or(&list.url);
        for path in leads.read(&list.url, changes::read_index)?.unwrap_or_default() {
            let source = Source::records(format!("{base}{path}"), changes::DOCUMENT_BYTES_MAX);
            sources.push(Source { role: Role::Update, ..source });
        }
    }
    Ok(sources)
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if document.url.ends_with(".json") && directory::path_of(document.url).is_none() {
        return read(document.text()?.as_bytes(), advisories);
    }
    let mut newest = Newest::default();
    each(document, &mut |_, text| {
        newest.note(text);
        Ok(())
    })?;
    let mut unreadable: Vec<String> = Vec::new();
    each(document, &mut |name, text| {
        match newest.supersedes(text) {
            true => advisories.remarks.leave_out(OLDER),
            false => unreadable.extend(read(text, advisories).err().map(|error| format!("`{name}` {error}"))),
        }
        Ok(())
    })?;
    if unreadable.is_empty() {
        return Ok(());
    }
    let n_unreadable = unreadable.len();
    unreadable.truncate(5);
    let named = unreadable.join("; ");
    Err(ParseError::NotTheFeed(format!(
        "refused for {n_unreadable} files of it that cannot be read: {named}"
    )))
}

/// Calls `visit` with each `.json` file of an archive.
fn each(document: &Document<'_>, visit: &mut Visit<'_>) -> Result<(), ParseError> {
    let mut json = |name: &str, text: &[u8]| if name.ends_with(".json") { visit(name, text) } else { Ok(()) };
    match document.url.ends_with(".zip") && directory::path_of(document.url).is_none() {
        true => document.zip_entries(&mut json),
        false => document.tar_entries(&mut json),
    }
}

/// The fields by which a kind of document is known.
#[derive(Deserialize)]
struct Shape {
    /// CSAF.
    document: Option<IgnoredAny>,
    /// OpenVEX.
    statements: Option<IgnoredAny>,
    /// OSV.
    id: Option<IgnoredAny>,
    affected: Option<IgnoredAny>,
    withdrawn: Option<IgnoredAny>,
}

/// Reads one document of either kind.
fn read(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let shape: Shape = serde_json::from_slice(text)?;
    match shape {
        Shape { document: Some(_), .. } => {
            let reading = generic::Reading { source: PRIVATE, is_private: true };
            advisories.reading(DocumentKind::Csaf);
            let outcome = generic::read(text, reading, advisories);
            advisories.reading(DocumentKind::Record);
            outcome
        }
        Shape { statements: Some(_), .. } => openvex_rows::read(text, advisories),
        Shape { id: Some(_), affected, withdrawn, .. } if affected.is_some() || withdrawn.is_some() => {
            read_osv(text, advisories)
        }
        _ => Err(ParseError::NotTheFeed("no OSV record and no document of CSAF or OpenVEX".to_owned())),
    }
}

fn read_osv(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let n_missed = Cell::new(0);
    let first = |ecosystem: &osv::Ecosystem<'_>, name: &str| {
        let key = osv_keys(ecosystem, name).into_iter().next();
        n_missed.set(n_missed.get() + u64::from(key.is_none()));
        key
    };
    let parts = osv::parts(text, &osv::Reading { key: &first }, &mut advisories.remarks)?;
    let header = parts.header;
    if advisories.document(&header.id, header.modified) {
        advisories.remarks.leave_out(OLDER);
    }
    for _ in 0..n_missed.get() {
        advisories.remarks.leave_out("a package of an ecosystem or release that is not matched");
    }
    let mut records = BTreeMap::new();
    for entry in parts.entries {
        let affected = entry.affected;
        // What names a source package may name a binary one as well.
        let twin = (affected.key.kind == KeyKind::Source).then(|| Affected {
            key: PackageKey { kind: KeyKind::Binary, ..affected.key.clone() },
            ..affected.clone()
        });
        for affected in [Some(affected), twin].into_iter().flatten() {
            let namespace = affected.key.namespace.clone();
            push_once(records.entry(namespace).or_insert_with(|| header.clone()), affected);
        }
    }
    for (namespace, record) in records {
        advisories.push(&namespace, record);
    }
    Ok(())
}

/// The newest state of each CSAF document of an archive.
#[derive(Default)]
struct Newest(BTreeMap<String, State>);

/// When a document changed, and its number among the states of it.
type State = (Option<Timestamp>, Vec<u64>);

impl Newest {
    fn note(&mut self, text: &[u8]) {
        let Some((id, state)) = state(text) else { return };
        let held = self.0.entry(id).or_default();
        *held = state.max(std::mem::take(held));
    }

    /// Whether there is a newer state of the document `text`.
    fn supersedes(&self, text: &[u8]) -> bool {
        state(text).is_some_and(|(id, state)| self.0.get(&id).is_some_and(|newest| *newest > state))
    }
}

fn state(text: &[u8]) -> Option<(String, State)> {
    #[derive(Deserialize)]
    struct Csaf {
        document: Head,
    }
    #[derive(Deserialize)]
    struct Head {
        tracking: Tracking,
    }
    #[derive(Deserialize)]
    struct Tracking {
        id: String,
        version: Option<String>,
        current_release_date: Option<String>,
    }
    let Tracking { id, version, current_release_date } =
        serde_json::from_slice::<Csaf>(text).ok()?.document.tracking;
    let numbers = version.unwrap_or_default();
    let numbers = numbers.split(['.', '-', '+']).map_while(|number| number.parse().ok()).collect();
    Some((id, (current_release_date.and_then(|date| date.parse().ok()), numbers)))
}
