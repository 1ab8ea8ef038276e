//! What documents of one kind say: their records, and which of them stand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::advisory::{Advisory, RecordKind, RecordState};
use model::key::Namespace;
use model::text::ShortText;

use crate::records::{HashMap, Records};

/// The records of the documents of one kind. Of another kind there may be records of the same ids: they stand side by side.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) namespaces: BTreeMap<Namespace, Records>,
    /// The ids met and when their records last changed, by namespace, when nothing else is kept.
    ids: BTreeMap<Namespace, BTreeMap<Box<str>, Option<Timestamp>>>,
    /// What is known of the documents that records come from, by the record's id.
    documents: HashMap<ShortText, Standing>,
    /// The publisher's listing of all its records, where one was read.
    pub(super) listing: Option<Listing>,
}

/// What is known of the documents about one id, of publishers that have a document for each. There are hundreds of
/// thousands, so times are microseconds, and [`NEVER`] where there is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// When the newest of those read last changed.
    newest: i64,
    /// When the publisher last listed one.
    listed: i64,
    /// When the publisher last said that there is none any more.
    gone: i64,
}

/// How many namespaces a feed may speak of: each becomes a file, and documents of foreign publishers name releases as they
/// like.
const NAMESPACES_MAX: usize = 4_096;

/// Before all times.
const NEVER: i64 = i64::MIN;

fn microseconds(time: Option<Timestamp>) -> i64 {
    time.map_or(NEVER, Timestamp::as_microsecond)
}

impl Standing {
    /// Nothing is known yet.
    const UNKNOWN: Self = Self { newest: NEVER, listed: NEVER, gone: NEVER };

    /// Takes note of a document that changed at `modified`; whether it or an older one gives way to the other.
    pub(super) fn read(&mut self, modified: Option<Timestamp>) -> bool {
        let modified = microseconds(modified);
        let gives_way = self.newest != NEVER && self.newest != modified;
        self.newest = self.newest.max(modified);
        gives_way
    }

    pub(super) fn listed(&mut self, at: Timestamp) {
        self.listed = self.listed.max(at.as_microsecond());
    }

    pub(super) fn gone(&mut self, at: Timestamp) {
        self.gone = self.gone.max(at.as_microsecond());
    }

    /// Whether a record that changed at `modified` is what the publisher says now.
    fn has(self, modified: Option<Timestamp>) -> bool {
        microseconds(modified) >= self.newest && self.gone <= self.newest.max(self.listed)
    }
}

/// A publisher's listing of all its records.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) ids: BTreeSet<String>,
    /// When what it lists changed last.
    pub(super) as_of: Timestamp,
}

impl Listing {
    /// Whether the publisher still has the record `id`: one that changed after the listing was made may be missing there.
    fn has(&self, id: &str, modified: Option<Timestamp>) -> bool {
        self.ids.contains(id) || modified.is_some_and(|modified| modified > self.as_of)
    }
}

impl Layer {
    /// What is known of the documents about `id`.
    pub(super) fn standing(&mut self, id: &str) -> &mut Standing {
        if !self.documents.contains_key(id) {
            self.documents.insert(id.into(), Standing::UNKNOWN);
        }
        self.documents.get_mut(id).expect("the line above made it")
    }

    /// Notes that the record `id`, which changed at `modified`, speaks of `namespace`; whether there is room for that.
    pub(super) fn note(&mut self, namespace: &Namespace, id: &str, modified: Option<Timestamp>) -> bool {
        if !self.ids.contains_key(namespace) {
            if self.ids.len() >= NAMESPACES_MAX {
                return false;
            }
            self.ids.insert(namespace.clone(), BTreeMap::new());
        }
        let ids = self.ids.get_mut(namespace).expect("the line above made it");
        match ids.get_mut(id) {
            Some(held) => *held = modified.max(*held),
            None => drop(ids.insert(id.into(), modified)),
        }
        true
    }

    pub(super) fn records(&mut self, namespace: &Namespace) -> &mut Records {
        if !self.namespaces.contains_key(namespace) {
            self.namespaces.insert(namespace.clone(), Records::default());
        }
        self.namespaces.get_mut(namespace).expect("the line above made it")
    }

    /// Whether the record `id`, which changed at `modified`, is what the publisher says now.
    pub(super) fn stands(&self, id: &str, modified: Option<Timestamp>) -> bool {
        stands(&self.documents, self.listing.as_ref(), id, modified)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.ids.is_empty()
    }

    /// The ids of each namespace that stand.
    pub(super) fn standing_ids(&self) -> impl Iterator<Item = (&Namespace, impl Iterator<Item = &str>)> {
        let namespaces: BTreeSet<&Namespace> = self.namespaces.keys().chain(self.ids.keys()).collect();
        namespaces.into_iter().map(|namespace| {
            let kept = self.namespaces.get(namespace).into_iter().flat_map(Records::iter);
            let kept = kept.map(|record| (record.id.as_str(), record.modified));
            let noted = self.ids.get(namespace).into_iter().flatten();
            let noted = noted.map(|(id, modified)| (&**id, *modified));
            let standing = kept.chain(noted).filter(|(id, modified)| self.stands(id, *modified));
            (namespace, standing.map(|(id, _)| id))
        })
    }

    /// Takes in the records of `other`. What both say under one id becomes one record.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        for (namespace, records) in other.namespaces {
            let held = self.records(&namespace);
            for record in records.into_iter() {
                match held.get_mut(&record.id) {
                    Some(held) => join(held, *record),
                    None => held.insert(*record),
                }
            }
        }
    }

    /// Takes away what does not stand, so that nothing need be known of documents any more.
    fn settle(&mut self) {
        let documents = std::mem::take(&mut self.documents);
        let listing = self.listing.take();
        for records in self.namespaces.values_mut() {
            records.retain(|record| stands(&documents, listing.as_ref(), &record.id, record.modified));
        }
    }
}

fn stands(
    documents: &HashMap<ShortText, Standing>,
    listing: Option<&Listing>,
    id: &str,
    modified: Option<Timestamp>,
) -> bool {
    documents.get(id).is_none_or(|standing| standing.has(modified))
        && listing.is_none_or(|listing| listing.has(id, modified))
}

/// Makes one record of two that have the same id. One that was taken back, or is no vulnerability, says nothing beside one
/// that stands.
fn join(held: &mut Advisory, other: Advisory) {
    let speaks = |record: &Advisory| {
        record.kind != RecordKind::Notice
            && !matches!(record.state, RecordState::Withdrawn | RecordState::Rejected)
    };
    match (speaks(held), speaks(&other)) {
        (false, true) => return *held = other,
        (true, false) => return,
        (true, true) | (false, false) => {}
    }
    held.aliases.extend(other.aliases);
    held.published = held.published.or(other.published);
    held.modified = held.modified.max(other.modified);
    held.title = held.title.take().or(other.title);
    held.description = held.description.take().or(other.description);
    held.severity = held.severity.take().or(other.severity);
    held.license = held.license.take().or(other.license);
    held.cvss.extend(other.cvss);
    held.cvss.sort();
    held.cvss.dedup();
    held.weaknesses.extend(other.weaknesses);
    crate::records::dedup(&mut held.weaknesses);
    held.references.extend(other.references);
    held.links.extend(other.links);
    held.credits.extend(other.credits);
    crate::records::dedup(&mut held.credits);
    held.affected.extend(other.affected);
}
