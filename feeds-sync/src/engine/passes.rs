//! How much of a feed is read and held at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use model::key::Namespace;
use model::limits::Limits;

use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::{ParseError, SyncError};
use crate::provider::{Parse, Role};
use crate::pull::Pull;

/// How many records of several namespaces are held at once. A sync of a document of the size of Debian's tracker
/// (78 MB, 61,000 records for each of five releases) peaks at 540 MB when it is read at once, at 256 MB so.
pub(super) const PASS_RECORDS_MAX: u64 = 150_000;

/// How many bytes of records of several namespaces are held at once, where records are large. Archives of the size of
/// Ubuntu's (45,000 records for each of 13 releases and channels) peaked at 680 MB when 135,000 of them were. With 256 MB of
/// them a full read of NVD peaks at 372 MB, one of the CVE list at 415 MB; `bench/RESULTS.md` has what they take so.
pub(super) const PASS_BYTES_MAX: u64 = 190_000_000;

/// How many bytes of records of one namespace are held at once: what is written of them so far is held besides.
pub(super) const SHARE_BYTES_MAX: u64 = 64_000_000;

/// The documents of a feed of one namespace are read once, and all their records held, when they have at most so many bytes,
/// packed as they are.
const SMALL_BYTES_MAX: u64 = 16_000_000;

/// Whether all records of the feed can be held at once, whatever they are: those of a document are some ten times its size,
/// packed, and a survey costs a reading.
pub(super) fn is_small(pull: &Pull) -> bool {
    let bytes = pull.records().filter_map(|(_, path)| fs::metadata(path).ok()).map(|metadata| metadata.len());
    bytes.sum::<u64>() <= SMALL_BYTES_MAX
}

/// Reads all documents of the feed, which were read to their ends before.
pub(super) fn read(pull: &Pull, advisories: &mut Advisories, limits: &Limits) -> Result<(), SyncError> {
    let failure = failures(pull, advisories, limits).into_iter().next();
    failure.map_or(Ok(()), |(url, source)| Err(SyncError::Changed { url, source }))
}

/// Reads all documents of the feed, and tells which cannot be read. A publisher may have thousands, so that those it can
/// do without are all found in one turn.
pub(super) fn failures(
    pull: &Pull,
    advisories: &mut Advisories,
    limits: &Limits,
) -> Vec<(String, ParseError)> {
    let Parse::Advisories(parse) = pull.selected.provider.parse else { return Vec::new() };
    let mut failures = Vec::new();
    for (source, path) in pull.records() {
        let document = Document { url: &source.source.url, path, limits };
        if let Err(error) = parse(&pull.selected.feed, &document, advisories) {
            failures.push((source.source.url.clone(), error));
            if source.source.role != Role::Update {
                break;
            }
        }
    }
    failures
}

/// Groups namespaces so that the records of a group can be held at once.
pub(super) fn passes(counts: BTreeMap<Namespace, u64>, records_max: u64) -> Vec<BTreeSet<Namespace>> {
    let mut passes: Vec<BTreeSet<Namespace>> = Vec::new();
    let mut n_records = 0;
    for (namespace, count) in counts {
        n_records += count;
        match passes.last_mut() {
            Some(pass) if n_records <= records_max => drop(pass.insert(namespace)),
            _ => {
                n_records = count;
                passes.push(BTreeSet::from([namespace]));
            }
        }
    }
    passes
}
