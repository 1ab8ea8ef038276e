//! OpenVEX by its place: `openvex:https://…` of a document, of a list of documents (`index.json`), or of the manifest of a
//! VEX repository (`vex-repository.json`), whose archive has both (feeds.md A28).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Feed, MIB, NOT_TO_BE_PASSED_ON, Parse, Provider, Role, Scope, Source};
use crate::advisories::{Advisories, Remarks};
use crate::document::{Document, Visit};
use crate::error::{ParseError, SyncError};
use crate::lead::{LeadError, Leads};
use crate::schema::csaf::changes;
use crate::schema::{openvex_rows, vex_manifest};

pub(super) static PROVIDER: Provider = Provider {
    name: "openvex",
    attribution: None,
    feeds: Vec::new,
    answering: |_| None,
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

const PREFIX: &str = "openvex:";
const SCHEME: &str = "https://";
const MANIFEST: &str = "/vex-repository.json";
/// What a list is called: of a repository, and of a publisher (Chainguard).
const LISTS: [&str; 2] = ["/index.json", "/all.json"];
const ARCHIVES: &[&str] = &[".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2"];

/// The feed that `name` makes; none for a name of another sort.
pub(super) fn named(name: &str) -> Result<Option<Feed>, SyncError> {
    let Some(url) = name.strip_prefix(PREFIX) else { return Ok(None) };
    let bad = |why| Err(SyncError::BadPlace { place: name.to_owned(), why });
    let Some(place) = url.strip_prefix(SCHEME) else { return bad("OpenVEX is asked over TLS only") };
    let source = match url {
        _ if url.ends_with(MANIFEST) || is_list(url) => Source::index(url, 64 * MIB),
        _ if url.ends_with(".json") => Source::records(url, changes::DOCUMENT_BYTES_MAX),
        _ if is_archive(url) => Source::records(url, 1024 * MIB),
        _ => return bad("a URL ends in `.json`, or as an archive does"),
    };
    Ok(Some(Feed {
        is_alternate: false,
        name: format!("{PREFIX}{place}"),
        sources: vec![source],
        scope: Scope::Documents,
        license: NOT_TO_BE_PASSED_ON,
        is_redistributable: false,
    }))
}

fn is_list(url: &str) -> bool {
    LISTS.iter().any(|name| url.ends_with(name))
}

fn is_archive(url: &str) -> bool {
    ARCHIVES.iter().any(|end| url.ends_with(end))
}

/// The archive that a manifest names, or the documents of a list.
fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let Some(start) = feed.sources.first().filter(|source| source.role == Role::Index) else {
        return Ok(Vec::new());
    };
    if !is_list(&start.url) {
        let location =
            leads.read(&start.url, |document| vex_manifest::location(document.text()?.as_bytes()))?;
        // The list in the archive is found by its name.
        let archive = location.map(|location| vex_manifest::parted(&location).0.to_owned());
        return Ok(archive.map(|url| Source::records(url, 1024 * MIB)).into_iter().collect());
    }
    // What the list names of other formats is counted when it is read.
    let read =
        |document: &Document<'_>| openvex_rows::index(document.text()?.as_bytes(), &mut Remarks::default());
    let named = leads.read(&start.url, read)?.unwrap_or_default();
    let base = start.url.rsplit_once('/').map_or("", |(base, _)| base);
    let document = |(path, modified): (String, Option<String>)| {
        let url = format!("{base}/{path}");
        let modified: Option<Timestamp> = modified.and_then(|text| text.parse().ok());
        let fetched_at = leads.held.get(&url).and_then(|held| held.fetched_at);
        let is_settled = modified.zip(fetched_at);
        let is_settled =
            is_settled.is_some_and(|(modified, at)| at.duration_since(modified) > changes::OVERLAP);
        Source {
            role: Role::Update,
            max_age: is_settled.then_some(changes::SETTLED),
            ..Source::records(url, changes::DOCUMENT_BYTES_MAX)
        }
    };
    Ok(named.into_iter().map(document).collect())
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if document.url.ends_with(".json") {
        return openvex_rows::read(document.text()?.as_bytes(), advisories);
    }
    let mut list: Option<(String, Vec<u8>)> = None;
    let mut names: BTreeSet<String> = BTreeSet::new();
    each(document, &mut |name, text| {
        let is_list = name == "index.json" || is_list(name);
        // The outermost: a document may be called so as well.
        if is_list && list.as_ref().is_none_or(|(held, _)| depth(name) < depth(held)) {
            list = Some((name.to_owned(), text.to_vec()));
        }
        names.insert(name.to_owned());
        Ok(())
    })?;
    let Some((list, text)) = list else {
        return Err(ParseError::NotTheFeed("an archive of a VEX repository without `index.json`".to_owned()));
    };
    let base = list.strip_suffix("index.json").unwrap_or_default();
    let named = openvex_rows::index(&text, &mut advisories.remarks)?;
    let mut wanted: BTreeMap<String, bool> =
        named.into_iter().map(|(path, _)| (format!("{base}{path}"), false)).collect();
    each(document, &mut |name, text| {
        let Some(is_read) = wanted.get_mut(name) else { return Ok(()) };
        *is_read = true;
        if let Err(error) = openvex_rows::read(text, advisories) {
            advisories.remarks.unreadable(name, error);
        }
        Ok(())
    })?;
    let missing: Vec<&String> =
        wanted.iter().filter(|(_, is_read)| !**is_read).map(|(name, _)| name).collect();
    for name in &missing {
        advisories.remarks.unreadable(name, "it is listed, and is not there");
    }
    if missing.len() == wanted.len() {
        return Err(ParseError::NotTheFeed("an archive with none of the documents that it lists".to_owned()));
    }
    Ok(())
}

fn depth(name: &str) -> usize {
    name.split('/').count()
}

/// Calls `visit` with each `.json` file of an archive.
fn each(document: &Document<'_>, visit: &mut Visit<'_>) -> Result<(), ParseError> {
    let mut json = |name: &str, text: &[u8]| match name.strip_prefix("./").unwrap_or(name) {
        name if name.ends_with(".json") => visit(name, text),
        _ => Ok(()),
    };
    match document.url.ends_with(".zip") {
        true => document.zip_entries(&mut json),
        false => document.tar_entries(&mut json),
    }
}
