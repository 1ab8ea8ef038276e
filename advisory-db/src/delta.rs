//! What differs between two snapshots, by key: the work that a change of the feeds makes (feeds.md E3).
//!
//! It is computed from what the snapshots hold, never from what a feed says has changed. Shards with the same logical
//! hash are not opened.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{RecordState, Row};
use model::facts::{FeedFacts, NamespaceFacts};
use model::key::{KeyKind, Namespace, PackageKey};

use crate::error::DbError;
use crate::manifest::Shards;
use crate::shard::{Kind, Shard, ShardRef, daily, rows, text};
use crate::snapshot::Snapshot;

/// What differs between two snapshots. Everything is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// The keys whose rows differ: a row came, went or changed. A verdict about a package that consults none of them,
    /// in a namespace of the same facts, is as it was.
    pub keys: BTreeSet<PackageKey>,
    /// Namespaces that only the newer snapshot holds.
    pub appeared: BTreeSet<Namespace>,
    /// Namespaces that only the older snapshot holds.
    pub vanished: BTreeSet<Namespace>,
    /// Records that both have, under other aliases.
    pub groups: BTreeSet<String>,
    /// Records that both have, in another state.
    pub states: BTreeSet<StateChange>,
    /// Records whose text for people differs.
    pub texts: BTreeSet<String>,
    /// Ids whose entry in the catalogue of known exploited vulnerabilities differs.
    pub kev: BTreeSet<String>,
    /// Whether any EPSS score differs. Every score does every day.
    pub has_other_epss: bool,
    /// Namespaces whose facts differ: coverage, end of life, providers.
    pub releases: BTreeSet<Namespace>,
}

/// A record that stands otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateChange {
    /// The record.
    pub id: String,
    /// What it was.
    pub from: RecordState,
    /// What it is.
    pub to: RecordState,
}

impl Delta {
    /// What differs between `old` and `new`. Of snapshots with the same id that is nothing.
    ///
    /// # Errors
    /// When a shard that differs cannot be read.
    pub fn between(old: &Snapshot, new: &Snapshot) -> Result<Self, DbError> {
        let mut delta = Self::default();
        if old.id() == new.id() {
            return Ok(delta);
        }
        let held = |snapshot: &Snapshot| -> BTreeSet<Namespace> {
            snapshot.namespaces().into_iter().map(|entry| entry.name).collect()
        };
        let (held_before, held_now) = (held(old), held(new));
        delta.appeared = held_now.difference(&held_before).cloned().collect();
        delta.vanished = held_before.difference(&held_now).cloned().collect();
        for namespace in held_before.union(&held_now) {
            delta.compare(namespace, old, new)?;
        }
        delta.compare_rows(old, new)?;
        delta.releases = differing_releases(&old.facts()?, &new.facts()?);
        Ok(delta)
    }

    fn compare(&mut self, namespace: &Namespace, old: &Snapshot, new: &Snapshot) -> Result<(), DbError> {
        let providers: BTreeSet<&String> =
            [old, new].into_iter().flat_map(|it| it.parts(namespace)).flat_map(BTreeMap::keys).collect();
        for provider in providers {
            let of = |snapshot: &Snapshot| -> Shards {
                let part = snapshot.parts(namespace).and_then(|parts| parts.get(provider));
                part.map(|part| part.shards.clone()).unwrap_or_default()
            };
            let (before, now) = (of(old), of(new));
            if let Some((before, now)) = opened(Kind::Rows, old, &before.rows, new, &now.rows)? {
                rows::differing(before.as_ref(), now.as_ref(), &mut |kind, name| {
                    if let Some(kind) = KeyKind::from_word(kind) {
                        self.keys.insert(PackageKey::new(namespace.clone(), kind, name));
                    }
                })?;
            }
            if let Some((before, now)) = opened(Kind::Text, old, &before.text, new, &now.text)? {
                text::differing(before.as_ref(), now.as_ref(), &mut |record| {
                    self.texts.insert(record.to_owned());
                })?;
            }
            if let Some((before, now)) = opened(Kind::Daily, old, &before.daily, new, &now.daily)? {
                let entries = |shard: Option<Shard>| match shard {
                    Some(shard) => daily::all(&shard),
                    None => Ok(BTreeMap::new()),
                };
                let (before, now) = (entries(before)?, entries(now)?);
                for id in before.keys().chain(now.keys()) {
                    let (before, now) = (before.get(id), now.get(id));
                    self.has_other_epss |= before.and_then(|it| it.epss) != now.and_then(|it| it.epss);
                    if before.and_then(|it| it.kev.as_ref()) != now.and_then(|it| it.kev.as_ref()) {
                        self.kev.insert(id.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// Aliases and states are part of a row, so they differ under keys that differ and nowhere else.
    fn compare_rows(&mut self, old: &Snapshot, new: &Snapshot) -> Result<(), DbError> {
        let records = |snapshot: &Snapshot| -> Result<BTreeMap<(String, String), Row>, DbError> {
            let rows = snapshot.load(&self.keys)?.rows.into_values().flatten();
            Ok(rows.map(|row| ((row.provider.clone(), row.record.clone()), row)).collect())
        };
        let (before, now) = (records(old)?, records(new)?);
        for (id, before) in &before {
            let Some(now) = now.get(id) else { continue };
            if before.aliases != now.aliases {
                self.groups.insert(now.record.clone());
            }
            if before.state != now.state {
                self.states.insert(StateChange { id: now.record.clone(), from: before.state, to: now.state });
            }
        }
        Ok(())
    }
}

/// Both shards of a kind, opened, if they differ.
type Pair = (Option<Shard>, Option<Shard>);

fn opened(
    kind: Kind,
    old: &Snapshot,
    before: &Option<ShardRef>,
    new: &Snapshot,
    now: &Option<ShardRef>,
) -> Result<Option<Pair>, DbError> {
    let hash = |shard: &Option<ShardRef>| shard.as_ref().map(|shard| shard.hash.clone());
    if hash(before) == hash(now) {
        return Ok(None);
    }
    let open = |snapshot: &Snapshot, shard: &Option<ShardRef>| {
        shard.as_ref().map(|shard| snapshot.open(kind, shard)).transpose()
    };
    Ok(Some((open(old, before)?, open(new, now)?)))
}

fn differing_releases(old: &FeedFacts, new: &FeedFacts) -> BTreeSet<Namespace> {
    let facts = |facts: &FeedFacts, namespace: &Namespace| -> Option<NamespaceFacts> {
        facts.namespaces.get(namespace).cloned()
    };
    let all = old.namespaces.keys().chain(new.namespaces.keys());
    all.filter(|namespace| facts(old, namespace) != facts(new, namespace)).cloned().collect()
}
