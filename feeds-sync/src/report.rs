//! How a sync went.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::gap::Gap;
use model::key::Namespace;

use crate::advisories::Remarks;

/// How a sync went. What could not be had is in it, with the age of what is held instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// The id of the snapshot that is current now; none when there is none.
    pub snapshot: Option<String>,
    /// Whether it differs from the one before.
    pub changed: bool,
    /// Each source of each feed that was selected, by provider, feed and URL.
    pub sources: Vec<SourceReport>,
    /// What the readers left out or did not understand, by `provider:feed`; feeds without remarks are absent.
    pub remarks: BTreeMap<String, Remarks>,
    /// What could not be had, and feeds of which records could not be read; sorted.
    pub gaps: Vec<Gap>,
    /// The names asked for by `Selection::Only` of which nothing could be had; sorted.
    pub unanswered: Vec<String>,
    /// The namespaces asked for by `Selection::Only` whose feeds could be had and have nothing of them, each with who
    /// publishes these.
    pub unheld: BTreeMap<String, BTreeSet<&'static str>>,
}

/// How one download went, and what its feed holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReport {
    /// The provider.
    pub provider: &'static str,
    /// The feed that it is part of.
    pub feed: String,
    /// Where it is.
    pub url: String,
    /// How it went.
    pub outcome: SourceOutcome,
    /// When its host or a mirror last said how it stands.
    pub answered_at: Option<Timestamp>,
    /// The namespaces that the feed holds rows in, sorted.
    pub namespaces: Vec<Namespace>,
    /// The records of the feed in these namespaces, or the entries of a table.
    pub records: u64,
}

/// How one download went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceOutcome {
    /// Not asked: it was asked recently enough.
    Fresh,
    /// Asked; it has not changed.
    Unchanged,
    /// New bytes, which were read and written.
    Updated {
        /// How many.
        bytes: u64,
    },
    /// The host or the mirror has no such file.
    Missing,
    /// It could not be had, or not be read; the last good state stays.
    Failed {
        /// Why.
        error: String,
    },
}
