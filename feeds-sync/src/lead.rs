//! Downloads that are found by reading others: the archive that a pointer names, the files of a list of changes, the
//! pages after the first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::document::Document;
use crate::error::ParseError;
use crate::provider::{Feed, Source};

/// Names all further downloads of a feed that the documents at hand lead to; those that it named before among them.
///
/// It is a pure function and downloads nothing: the engine does, and asks again with what came, until nothing new is
/// named. A download that is no longer named is no longer part of the feed. What it names again replaces what was named
/// before: so a source that needed no asking can be asked after all.
pub type Follow = fn(&Feed, &Leads<'_>) -> Result<Vec<Source>, LeadError>;

/// A document leads nowhere, because it is not what it should be.
#[derive(Debug)]
pub struct LeadError {
    /// Which.
    pub url: String,
    /// What is wrong with it.
    pub error: ParseError,
}

/// What is at hand of a feed. Before the first download that is what is held.
#[derive(Debug)]
pub struct Leads<'a> {
    /// Its sources so far that have a document, in the order in which they were named.
    pub documents: Vec<Found<'a>>,
    /// The URLs that this sync has asked for already.
    pub asked: BTreeSet<&'a str>,
    /// Those of them that were answered by a document, new or as it was.
    pub answered: BTreeSet<&'a str>,
    /// The URLs that do not exist, as their hosts said in this sync, or at the last time.
    pub missing: BTreeSet<&'a str>,
    /// The URLs that this sync asked for in vain.
    pub failed: BTreeSet<&'a str>,
    /// The time that stands for now.
    pub now: Timestamp,
    /// Whether the bytes lie in a directory, where asking for all of them costs nothing.
    pub is_near: bool,
    /// The downloads that are held from earlier syncs, of any feed, by URL.
    pub held: &'a BTreeMap<String, HeldSource>,
}

/// A document at hand.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Its source.
    pub source: &'a Source,
    /// What came of it, now or earlier.
    pub document: Document<'a>,
    /// What the host said of its last change (`Last-Modified`).
    pub modified: Option<Timestamp>,
    /// When these bytes came. That they are still the provider's state may have been said later.
    pub came_at: Option<Timestamp>,
}

/// A download that is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldSource {
    /// What the host said of its last change (`Last-Modified`).
    pub modified: Option<Timestamp>,
    /// When its provider last said that it is its state.
    pub fetched_at: Option<Timestamp>,
    /// When its bytes came.
    pub came_at: Option<Timestamp>,
    /// Whether it was answered recently enough, or by another sync while this one waited for its turn.
    pub is_settled: bool,
    /// Whether it failed when it was last asked.
    pub has_failed: bool,
    /// When the record in it that changed last did.
    pub newest: Option<Timestamp>,
}

impl Leads<'_> {
    /// What `read` makes of the document of `url`; none when it is not at hand.
    ///
    /// # Errors
    /// That of `read`, with the URL.
    pub fn read<T>(
        &self,
        url: &str,
        read: impl FnOnce(&Document<'_>) -> Result<T, ParseError>,
    ) -> Result<Option<T>, LeadError> {
        let Some(found) = self.found(url) else { return Ok(None) };
        read(&found.document).map(Some).map_err(|error| LeadError { url: url.to_owned(), error })
    }

    /// The document of `url`.
    pub fn found(&self, url: &str) -> Option<&Found<'_>> {
        self.documents.iter().find(|found| found.source.url == url)
    }
}
