//! `daily`: EPSS and KEV of the ids in the rows of a feed. It ranks, and never decides a verdict.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{Daily, Epss, Kev};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Kind, Owner, Shard};
use crate::digest::{Digest, Fields};
use crate::error::DbError;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE daily(
        id TEXT PRIMARY KEY, epss REAL, percentile REAL,
        kev_added TEXT, kev_due TEXT, kev_ransomware INTEGER) STRICT, WITHOUT ROWID;";

/// The logical hash of a `daily` shard.
pub(crate) fn hash(owner: Owner<'_>, entries: &BTreeMap<String, Daily>) -> Digest {
    let mut hash = Fields::new(&Kind::Daily.domain());
    hash.text(owner.scope).text(owner.provider);
    for (id, daily) in entries {
        hash.text(id);
        match daily.epss {
            Some(epss) => hash.number(epss.score.to_bits()).number(epss.percentile.to_bits()),
            None => hash.option(None),
        };
        match &daily.kev {
            Some(kev) => hash.text(&kev.added).option(kev.due.as_deref()).number(kev.ransomware.into()),
            None => hash.option(None),
        };
    }
    hash.digest()
}

/// Fills an empty `daily` shard.
pub(crate) fn fill(connection: &Connection, entries: &BTreeMap<String, Daily>) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO daily VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (id, daily) in entries {
        let kev = daily.kev.as_ref();
        insert.execute(params![
            id,
            daily.epss.map(|epss| epss.score),
            daily.epss.map(|epss| epss.percentile),
            kev.map(|kev| &kev.added),
            kev.and_then(|kev| kev.due.as_ref()),
            kev.map(|kev| kev.ransomware),
        ])?;
    }
    Ok(())
}

/// Moves from `wanted` to `found` the ids that this shard has.
pub(crate) fn load(
    shard: &Shard,
    wanted: &mut BTreeSet<&str>,
    found: &mut BTreeMap<String, Daily>,
) -> Result<(), DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare_cached(
            "SELECT epss, percentile, kev_added, kev_due, kev_ransomware FROM daily WHERE id = ?1",
        )?;
        for &id in wanted.iter() {
            if let Some(daily) = select.query_row([id], |row| decode(row, 0)).optional()? {
                found.insert(id.to_owned(), daily);
            }
        }
        wanted.retain(|&id| !found.contains_key(id));
        Ok(())
    })
}

/// Everything in a shard.
pub(crate) fn all(shard: &Shard) -> Result<BTreeMap<String, Daily>, DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare(
            "SELECT id, epss, percentile, kev_added, kev_due, kev_ransomware FROM daily ORDER BY id",
        )?;
        let entries = select.query_map([], |row| Ok((row.get(0)?, decode(row, 1)?)))?;
        entries.collect()
    })
}

/// The columns from `epss` on, the first of which is `column`.
fn decode(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Daily> {
    let epss = match (row.get(column)?, row.get(column + 1)?) {
        (Some(score), Some(percentile)) => Some(Epss { score, percentile }),
        _ => None,
    };
    let kev = match row.get(column + 2)? {
        Some(added) => Some(Kev { added, due: row.get(column + 3)?, ransomware: row.get(column + 4)? }),
        None => None,
    };
    Ok(Daily { epss, kev })
}
