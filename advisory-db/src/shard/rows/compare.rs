//! What differs between the rows of two shards.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};

use model::advisory::RecordState;

use super::state;
use crate::error::DbError;
use crate::shard::{Shard, differing_rows, json};

/// Calls `take` with kind and name of each key whose rows differ between two shards, either of which may be absent.
pub(crate) fn differing(
    old: Option<&Shard>,
    new: Option<&Shard>,
    take: &mut dyn FnMut(&str, &str),
) -> Result<(), DbError> {
    const SELECT: &str = "SELECT kind, name, hash FROM keys ORDER BY kind, name";
    differing_rows(old, new, SELECT, 2, &mut |key| take(&key[0], &key[1]))
}

/// A record that stands otherwise in two shards: in other states, or under other aliases.
pub(crate) struct Moved {
    pub(crate) record: String,
    pub(crate) before: Standing,
    pub(crate) now: Standing,
}

/// How a record stands.
#[derive(PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) aliases: Option<String>,
    pub(crate) state: RecordState,
}

/// Calls `take` with each record that both shards have and that stands otherwise.
///
/// Shards have hundreds of thousands of records, nearly all of which stand as before: so digests of them are compared.
pub(crate) fn moved(old: &Shard, new: &Shard, take: &mut dyn FnMut(Moved)) -> Result<(), DbError> {
    let hasher = RandomState::new();
    // A record may stand in two states at once, each of rows of its own.
    let mut held: HashMap<u64, Vec<(u64, i64)>> = HashMap::new();
    each_standing(old, &hasher, &mut |id, record, standing| {
        held.entry(record).or_insert_with(|| Vec::with_capacity(1)).push((standing, id));
    })?;
    let mut ids: Vec<(i64, i64)> = Vec::new();
    each_standing(new, &hasher, &mut |id, record, standing| {
        let Some(before) = held.get(&record) else { return };
        if let [.., (_, id_before)] = before[..]
            && before.iter().all(|(before, _)| *before != standing)
        {
            ids.push((id_before, id));
        }
    })?;
    for (before, now) in ids {
        let ((record, before), (_, now)) = (standing(old, before)?, standing(new, now)?);
        if before != now {
            take(Moved { record, before, now });
        }
    }
    Ok(())
}

/// Calls `take` with number, digest of the id and digest of what else stands in each line of `records`.
fn each_standing(
    shard: &Shard,
    hasher: &RandomState,
    take: &mut dyn FnMut(i64, u64, u64),
) -> Result<(), DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare("SELECT id, record, aliases, state FROM records")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let record = row.get_ref(1)?.as_str()?;
            let standing = (row.get_ref(2)?.as_str_or_null()?, row.get_ref(3)?.as_str_or_null()?);
            take(row.get(0)?, hasher.hash_one(record), hasher.hash_one(standing));
        }
        Ok(())
    })
}

fn standing(shard: &Shard, id: i64) -> Result<(String, Standing), DbError> {
    shard.read(|connection| {
        let mut select =
            connection.prepare_cached("SELECT record, aliases, state FROM records WHERE id = ?1")?;
        select.query_row([id], |row| {
            Ok((row.get(0)?, Standing { aliases: row.get(1)?, state: state(row, 2)? }))
        })
    })
}

/// Adds every id that a row of this shard goes by: records and aliases.
pub(crate) fn ids(shard: &Shard, ids: &mut BTreeSet<String>) -> Result<(), DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare("SELECT record, aliases FROM records")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let record = row.get_ref(0)?.as_str()?;
            if !ids.contains(record) {
                ids.insert(record.to_owned());
            }
            // Not `append`, which walks through all of the set for each record.
            ids.extend(json::<BTreeSet<String>>(row, 1)?);
        }
        Ok(())
    })
}
