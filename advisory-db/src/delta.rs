//! What differs between two snapshots, by key: the work that a change of the feeds makes (feeds.md E3).
//!
//! It is computed from what the snapshots hold, never from what a feed says has changed. Shards with the same logical
//! hash are not opened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use model::advisory::RecordState;
use model::facts::{FeedFacts, NamespaceFacts};
use model::key::{KeyKind, Namespace, PackageKey};

use crate::error::DbError;
use crate::manifest::Shards;
use crate::shard::{Kind, Shard, ShardRef, daily, rows, text};
use crate::snapshot::{KeyHash, Snapshot};

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

/// What became of a key whose rows differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyChange {
    /// Only the newer snapshot has rows under it.
    Added,
    /// Both have, and not the same.
    Changed,
    /// Only the older one has.
    Removed,
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
        let namespaces: Vec<&Namespace> = held_before.union(&held_now).collect();
        for part in side_by_side(&namespaces, &|namespace| Self::of_rows(namespace, old, new))? {
            delta.keys.extend(part.keys);
            delta.groups.extend(part.groups);
            delta.states.extend(part.states);
        }
        let pairs = |of_kind| shared_pairs(&namespaces, old, new, of_kind);
        for texts in side_by_side(&pairs(|shards| &shards.text), &|pair| texts(pair, old, new))? {
            delta.texts.extend(texts);
        }
        for daily in side_by_side(&pairs(|shards| &shards.daily), &|pair| daily_of(pair, old, new))? {
            delta.kev.extend(daily.kev);
            delta.has_other_epss |= daily.has_other_epss;
        }
        delta.releases = differing_releases(&old.facts()?, &new.facts()?);
        Ok(delta)
    }

    /// What became of each of [`Delta::keys`] between the same two snapshots.
    ///
    /// # Errors
    /// When a shard of a namespace that both hold cannot be read.
    pub fn key_changes(
        &self,
        old: &Snapshot,
        new: &Snapshot,
    ) -> Result<BTreeMap<&PackageKey, KeyChange>, DbError> {
        let is_in_both = |key: &&PackageKey| old.holds(&key.namespace) && new.holds(&key.namespace);
        let in_both: BTreeSet<PackageKey> = self.keys.iter().filter(is_in_both).cloned().collect();
        let (before, now) = (old.key_hashes(&in_both)?, new.key_hashes(&in_both)?);
        let has_rows = |hashes: &BTreeMap<PackageKey, KeyHash>, key: &PackageKey| {
            matches!(hashes.get(key), Some(KeyHash::Hash(_)))
        };
        let change = |key: &PackageKey| match (old.holds(&key.namespace), new.holds(&key.namespace)) {
            (true, false) => KeyChange::Removed,
            (false, _) => KeyChange::Added,
            (true, true) => match (has_rows(&before, key), has_rows(&now, key)) {
                (true, false) => KeyChange::Removed,
                (false, true) => KeyChange::Added,
                _ => KeyChange::Changed,
            },
        };
        Ok(self.keys.iter().map(|key| (key, change(key))).collect())
    }

    /// The keys of a namespace whose rows differ. Aliases and states are part of a row, so they differ under such keys
    /// and nowhere else.
    fn of_rows(namespace: &Namespace, old: &Snapshot, new: &Snapshot) -> Result<Self, DbError> {
        let mut delta = Self::default();
        for (before, now) in pairs(namespace, old, new, |shards| &shards.rows) {
            let Some((before, now)) = opened(Kind::Rows, old, &before, new, &now)? else { continue };
            rows::differing(before.as_ref(), now.as_ref(), &mut |kind, name| {
                if let Some(kind) = KeyKind::from_word(kind) {
                    delta.keys.insert(PackageKey::new(namespace.clone(), kind, name));
                }
            })?;
            let (Some(before), Some(now)) = (before, now) else { continue };
            rows::moved(&before, &now, &mut |moved| {
                if moved.before.state != moved.now.state {
                    let (from, to) = (moved.before.state, moved.now.state);
                    delta.states.insert(StateChange { id: moved.record.clone(), from, to });
                }
                if moved.before.aliases != moved.now.aliases {
                    delta.groups.insert(moved.record);
                }
            })?;
        }
        Ok(delta)
    }
}

/// The shard of a kind in either snapshot.
type Refs = (Option<ShardRef>, Option<ShardRef>);

/// Which shards of a kind to compare, provider by provider of a namespace.
fn pairs(
    namespace: &Namespace,
    old: &Snapshot,
    new: &Snapshot,
    of_kind: fn(&Shards) -> &Option<ShardRef>,
) -> Vec<Refs> {
    let providers: BTreeSet<&String> =
        [old, new].into_iter().flat_map(|it| it.parts(namespace)).flat_map(BTreeMap::keys).collect();
    let of = |snapshot: &Snapshot, provider: &str| {
        let part = snapshot.parts(namespace).and_then(|parts| parts.get(provider));
        part.and_then(|part| of_kind(&part.shards).clone())
    };
    providers.into_iter().map(|provider| (of(old, provider), of(new, provider))).collect()
}

/// As [`pairs`], of all namespaces, each once: namespaces of a feed share shards.
fn shared_pairs(
    namespaces: &[&Namespace],
    old: &Snapshot,
    new: &Snapshot,
    of_kind: fn(&Shards) -> &Option<ShardRef>,
) -> Vec<Refs> {
    let hash = |shard: &Option<ShardRef>| shard.as_ref().map(|shard| shard.hash.clone());
    let all = namespaces.iter().flat_map(|namespace| pairs(namespace, old, new, of_kind));
    let once: BTreeMap<_, Refs> =
        all.map(|(before, now)| ((hash(&before), hash(&now)), (before, now))).collect();
    once.into_values().collect()
}

fn texts((before, now): &Refs, old: &Snapshot, new: &Snapshot) -> Result<Vec<String>, DbError> {
    let mut texts = Vec::new();
    if let Some((before, now)) = opened(Kind::Text, old, before, new, now)? {
        text::differing(before.as_ref(), now.as_ref(), &mut |record| texts.push(record.to_owned()))?;
    }
    Ok(texts)
}

fn daily_of((before, now): &Refs, old: &Snapshot, new: &Snapshot) -> Result<Delta, DbError> {
    let mut delta = Delta::default();
    let Some((before, now)) = opened(Kind::Daily, old, before, new, now)? else { return Ok(delta) };
    let entries = |shard: Option<Shard>| match shard {
        Some(shard) => daily::all(&shard),
        None => Ok(BTreeMap::new()),
    };
    let (before, now) = (entries(before)?, entries(now)?);
    for id in before.keys().chain(now.keys()) {
        let (before, now) = (before.get(id), now.get(id));
        delta.has_other_epss |= before.and_then(|it| it.epss) != now.and_then(|it| it.epss);
        if before.and_then(|it| it.kev.as_ref()) != now.and_then(|it| it.kev.as_ref()) {
            delta.kev.insert(id.clone());
        }
    }
    Ok(delta)
}

/// What `compare` gives for each of `parts`, on as many threads as the machine has cores.
fn side_by_side<P: Sync, T: Send>(
    parts: &[P],
    compare: &(dyn Fn(&P) -> Result<T, DbError> + Sync),
) -> Result<Vec<T>, DbError> {
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<T>, DbError> {
        let mut done = Vec::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(compare(part)?);
        }
        Ok(done)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads.min(parts.len())).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().expect("comparing shards does not panic")?);
        }
        Ok(all)
    })
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
