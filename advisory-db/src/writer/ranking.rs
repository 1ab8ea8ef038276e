//! EPSS and KEV joined to the rows that are held.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{Daily, Epss, Kev};
use model::key::Namespace;
use rusqlite::Connection;

use super::{EpssTable, Writer, is_lost};
use crate::error::DbError;
use crate::manifest::Shards;
use crate::shard::{Kind, Owner, ShardRef, daily, rows};
use crate::snapshot::KevStamp;

/// What a provider gave to a namespace and could not be given its EPSS and KEV.
#[derive(Debug)]
pub struct Unranked {
    /// The namespace.
    pub namespace: Namespace,
    /// The provider.
    pub provider: String,
    /// The feed that it came with.
    pub feed: String,
    /// What of it is damaged or gone, and which.
    pub error: DbError,
    /// Whether it is its rows, which keep what they had; else some of what they had is lost, until both tables are given.
    pub lacks_rows: bool,
}

/// The parts of one feed.
type Parts = Vec<(String, Shards)>;

impl Writer<'_> {
    /// Gives every held namespace the EPSS and KEV of the ids that its rows go by, aliases included.
    ///
    /// `None` keeps what each namespace has; rows that were replaced since then may go by ids that it
    /// lacks. Call it once, after the last [`Writer::replace_provider`]. Scores that are no number are
    /// skipped. What is damaged or gone of one namespace is told, and holds up no other.
    ///
    /// # Errors
    /// A shard cannot be written.
    pub fn set_daily(
        &mut self,
        epss: Option<&EpssTable>,
        kev: Option<&BTreeMap<String, Kev>>,
    ) -> Result<Vec<Unranked>, DbError> {
        if let Some(table) = epss {
            self.content.epss = Some(table.stamp.clone());
        }
        if let Some(kev) = kev {
            let newest = kev.values().map(|kev| &kev.added).max().cloned();
            self.content.kev = Some(KevStamp { entries: kev.len() as u64, newest });
        }
        self.close_feed()?;
        let mut feeds: BTreeMap<(String, String), Parts> = BTreeMap::new();
        for (namespace, parts) in &self.content.namespaces {
            for (provider, part) in parts {
                let of_feed = feeds.entry((provider.clone(), part.feed.clone())).or_default();
                of_feed.push((namespace.clone(), part.shards.clone()));
            }
        }
        let mut unranked = Vec::new();
        for ((provider, feed), mut parts) in feeds {
            let mut tell = |namespace: &str, error, lacks_rows| {
                let (provider, feed) = (provider.clone(), feed.clone());
                let namespace = Namespace::new(namespace);
                unranked.push(Unranked { namespace, provider, feed, error, lacks_rows });
            };
            let ids = self.ids_of(&mut parts, &mut |namespace, error| tell(namespace, error, true))?;
            let kept = match epss.is_some() && kev.is_some() {
                true => BTreeMap::new(),
                false => self.kept_of(&parts, &mut |namespace, error| tell(namespace, error, false))?,
            };
            let entries = entries(ids, epss, kev, &kept);
            let owner = Owner { scope: &feed, provider: &provider };
            let shard = if entries.is_empty() {
                None
            } else {
                let fill = |connection: &Connection| daily::fill(connection, &entries);
                Some(self.store(Kind::Daily, owner, &daily::hash(owner, &entries), &fill)?)
            };
            for (namespace, _) in parts {
                let held = self.content.namespaces.get_mut(&namespace);
                if let Some(part) = held.and_then(|held| held.get_mut(&provider)) {
                    part.shards.daily.clone_from(&shard);
                }
            }
        }
        Ok(unranked)
    }

    /// The ids that the rows of `parts` go by. Parts whose rows cannot be read are told, and taken away.
    fn ids_of(
        &self,
        parts: &mut Parts,
        lost: &mut dyn FnMut(&str, DbError),
    ) -> Result<BTreeSet<String>, DbError> {
        let mut ids = BTreeSet::new();
        let mut readable = Vec::new();
        for (namespace, shards) in std::mem::take(parts) {
            // None of the ids of rows that are damaged further down: equal content has equal names.
            let mut of_part = BTreeSet::new();
            let read = match &shards.rows {
                Some(shard) => self.open(Kind::Rows, shard).and_then(|it| rows::ids(&it, &mut of_part)),
                None => Ok(()),
            };
            match read {
                Ok(()) => {
                    ids.extend(of_part);
                    readable.push((namespace, shards));
                }
                Err(error) if is_lost(&error) => lost(&namespace, error),
                Err(error) => return Err(error),
            }
        }
        *parts = readable;
        Ok(ids)
    }

    /// What `parts` have. Of what they share the first is told where it cannot be read.
    fn kept_of(
        &self,
        parts: &Parts,
        lost: &mut dyn FnMut(&str, DbError),
    ) -> Result<BTreeMap<String, Daily>, DbError> {
        let shards = parts.iter().filter_map(|(namespace, shards)| Some((shards.daily.as_ref()?, namespace)));
        // By hash: nearly always they are one.
        let shards: BTreeMap<_, (&ShardRef, &String)> =
            shards.rev().map(|(shard, namespace)| (&shard.hash, (shard, namespace))).collect();
        let mut kept = BTreeMap::new();
        for (shard, namespace) in shards.into_values() {
            match self.open(Kind::Daily, shard).and_then(|shard| daily::all(&shard)) {
                Ok(mut of_shard) => kept.append(&mut of_shard),
                Err(error) if is_lost(&error) => lost(namespace, error),
                Err(error) => return Err(error),
            }
        }
        Ok(kept)
    }
}

/// What the tables say of `ids`, and in place of one that is not given what is kept.
fn entries(
    ids: BTreeSet<String>,
    epss: Option<&EpssTable>,
    kev: Option<&BTreeMap<String, Kev>>,
    kept: &BTreeMap<String, Daily>,
) -> BTreeMap<String, Daily> {
    let mut entries = BTreeMap::new();
    for id in ids {
        let kept = kept.get(&id);
        let daily = Daily {
            epss: match epss {
                Some(table) => table.scores.get(&id).copied().filter(is_number),
                None => kept.and_then(|kept| kept.epss),
            },
            kev: match kev {
                Some(kev) => kev.get(&id).cloned(),
                None => kept.and_then(|kept| kept.kev.clone()),
            },
        };
        if daily != Daily::default() {
            entries.insert(id, daily);
        }
    }
    entries
}

fn is_number(epss: &Epss) -> bool {
    epss.score.is_finite() && epss.percentile.is_finite()
}
