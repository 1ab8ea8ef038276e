//! `changes.csv` and lists like it: the path of a document and when it changed, newest first (feeds.md A27). Version
//! 2.0 of CSAF quotes both columns, 2.1 does not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::provider::{HELD_STANDS, MIB, Role, Source};
use crate::schema::csaf::service;

/// Documents that appear late are found so long after their date (feeds.md A5: the list lags behind the archive).
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(6);

/// The paths in the list `document`, each with its newest time; only those of `since` and later.
///
/// # Errors
/// It is no such list, or a path leads elsewhere.
pub fn read(
    document: &Document<'_>,
    since: Option<Timestamp>,
) -> Result<BTreeMap<String, Timestamp>, ParseError> {
    let mut changes: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(document.open()?);
    let max = document.limits.entries_max;
    for (n_rows, row) in (1..).zip(rows.records()) {
        let row = row?;
        if n_rows > max {
            return Err(ParseError::Limit { limit: "entries_max", max });
        }
        let (Some(path), Some(time), 2) = (row.get(0), row.get(1), row.len()) else {
            return Err(ParseError::NotTheFeed("no list of changes: a line without `path,time`".to_owned()));
        };
        let time: Timestamp = time.trim().parse().map_err(|error| {
            ParseError::NotTheFeed(format!("no list of changes: `{time:.64}` is no time ({error})"))
        })?;
        if !is_document(path) {
            return Err(ParseError::NotTheFeed(format!("no list of changes: `{path:.128}` is no document")));
        }
        // The order is the publisher's promise, and not relied on: a line out of order must not hide those below it.
        if since.is_none_or(|since| time >= since) {
            let newest = changes.entry(path.to_owned()).or_insert(time);
            *newest = time.max(*newest);
        }
    }
    Ok(changes)
}

/// The paths in `index.txt`, one a line.
///
/// # Errors
/// It is no such list, or a path leads elsewhere.
pub fn read_index(document: &Document<'_>) -> Result<BTreeSet<String>, ParseError> {
    let text = document.text()?;
    let mut paths = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let path = line.strip_prefix("./").unwrap_or(line);
        if !is_document(path) {
            return Err(ParseError::NotTheFeed(format!("no list of documents: `{line:.128}` is none")));
        }
        paths.insert(path.to_owned());
    }
    Ok(paths)
}

/// Whether `path` is that of a document below the list.
fn is_document(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    let mut parts = path.split('/');
    path.ends_with(".json")
        && parts.all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_plain))
}

/// The id of the CVE that the file at `path` is about: `CVE-2025-10001` of `2025/cve-2025-10001.json`.
pub fn cve_of(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.strip_suffix(".json")?;
    let is_cve = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("cve-"));
    is_cve.then(|| name.to_ascii_uppercase())
}

/// A document that was fetched so long after its last change is not asked for again.
pub(crate) const SETTLED: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The most bytes of one document.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// The downloads of the documents that `changes` lists below `base`. One that is listed and cannot be had is asked for
/// again by the next sync, and what the archive says of it holds until then.
pub fn sources(base: &str, changes: &BTreeMap<String, Timestamp>, leads: &Leads<'_>) -> Vec<Source> {
    let source = |(path, changed): (&String, &Timestamp)| {
        let url = format!("{base}{path}");
        let fetched_at = leads.held.get(&url).and_then(|held| held.fetched_at);
        // A host's caches may give the older state for a while.
        let is_settled = fetched_at.is_some_and(|at| at.duration_since(*changed) > OVERLAP);
        Source {
            role: Role::Update,
            max_age: is_settled.then_some(SETTLED),
            ..Source::records(url, DOCUMENT_BYTES_MAX)
        }
    };
    changes.iter().map(source).collect()
}

/// `source` together with the SHA-256 that its publisher states in a file beside it. It is downloaded once that was asked
/// for, and other bytes are refused; until then what is held of it stands, also where a failure or a page comes instead of
/// the checksum. Where there is no such file, or nothing is held, the download is taken as it is, and a gap says so. What
/// needs no asking was checked when it came.
///
/// # Errors
/// The file beside it holds no checksum.
pub fn checked(source: Source, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    if source.max_age.is_some() {
        return Ok(vec![source]);
    }
    let url = checksum_url(&source.url);
    let is_settled = leads.held.get(&url).is_some_and(|held| held.is_settled);
    let checksum = Source { role: Role::Update, ..Source::records(&*url, MIB) };
    let stated = match is_settled || leads.answered.contains(url.as_str()) {
        true => leads.read(&url, service::checksum)?,
        false => None,
    };
    let is_held = leads.held.contains_key(&source.url);
    let is_known =
        is_settled || leads.asked.contains(url.as_str()) && !(is_held && has_failed(&source.url, leads));
    Ok(match (is_known, is_held) {
        (true, _) => vec![checksum, Source { sha256: stated, ..source }],
        (false, true) => vec![checksum, Source { max_age: Some(HELD_STANDS), ..source }],
        (false, false) => vec![checksum],
    })
}

/// Whether the checksum of `url` was asked for in vain in this sync, though nobody says that there is none.
pub(crate) fn has_failed(url: &str, leads: &Leads<'_>) -> bool {
    leads.failed.contains(checksum_url(url).as_str())
}

fn checksum_url(url: &str) -> String {
    format!("{url}.sha256")
}

/// Whether `url` is that of a checksum which [`checked`] asks for.
pub fn is_checksum(url: &str) -> bool {
    url.ends_with(".sha256")
}

/// Reads a document by `read`, or each of an archive of them. One that cannot be read is counted.
///
/// # Errors
/// It is no sound archive, or one without a readable document.
pub fn read_documents(
    document: &Document<'_>,
    advisories: &mut Advisories,
    read: fn(&[u8], &mut Advisories) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut n_documents = 0_u64;
    let mut n_unreadable = 0_u64;
    let mut read_one = |name: &str, text: &[u8]| {
        n_documents += 1;
        if let Err(error) = read(text, advisories) {
            n_unreadable += 1;
            advisories.remarks.unreadable(name, error);
        }
    };
    if document.url.ends_with(".json") {
        read_one(document.url.rsplit('/').next().unwrap_or_default(), document.text()?.as_bytes());
        return Ok(());
    }
    document.tar_entries(&mut |name, text| {
        if name.ends_with(".json") {
            read_one(name, text);
        }
        Ok(())
    })?;
    if n_documents == n_unreadable {
        return Err(ParseError::NotTheFeed("an archive without a readable document".to_owned()));
    }
    Ok(())
}
