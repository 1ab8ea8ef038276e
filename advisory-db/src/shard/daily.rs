//! `daily`: EPSS and KEV of the ids in the rows of a feed. It ranks, and never decides a verdict.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{Daily, Epss, Kev};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Kind, Owner, Shard, sum, unreadable};
use crate::digest::{Digest, Fields, frame};
use crate::error::DbError;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE daily(
        id TEXT PRIMARY KEY, epss REAL, percentile REAL,
        kev_added TEXT, kev_due TEXT, kev_ransomware INTEGER, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

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
    let mut insert = connection.prepare("INSERT INTO daily VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (id, daily) in entries {
        let kev = daily.kev.as_ref();
        insert.execute(params![
            id,
            daily.epss.map(|epss| epss.score),
            daily.epss.map(|epss| epss.percentile),
            kev.map(|kev| &kev.added),
            kev.and_then(|kev| kev.due.as_ref()),
            kev.map(|kev| kev.ransomware),
            sum(id, daily),
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
            "SELECT id, epss, percentile, kev_added, kev_due, kev_ransomware, sum FROM daily WHERE id = ?1",
        )?;
        for &id in wanted.iter() {
            found.extend(select.query_row([id], decode).optional()?);
        }
        wanted.retain(|&id| !found.contains_key(id));
        Ok(())
    })
}

/// Everything in a shard.
pub(crate) fn all(shard: &Shard) -> Result<BTreeMap<String, Daily>, DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare(
            "SELECT id, epss, percentile, kev_added, kev_due, kev_ransomware, sum FROM daily ORDER BY id",
        )?;
        select.query_map([], decode)?.collect()
    })
}

fn decode(row: &rusqlite::Row<'_>) -> rusqlite::Result<(String, Daily)> {
    let epss = match (row.get(1)?, row.get(2)?) {
        (Some(score), Some(percentile)) => Some(Epss { score, percentile }),
        _ => None,
    };
    let kev = match row.get(3)? {
        Some(added) => Some(Kev { added, due: row.get(4)?, ransomware: row.get(5)? }),
        None => None,
    };
    let (id, daily): (String, Daily) = (row.get(0)?, Daily { epss, kev });
    match row.get::<_, u32>(6)? == sum(&id, &daily) {
        true => Ok((id, daily)),
        false => Err(unreadable(0, format!("what it has about {id} is not what was written"))),
    }
}

/// The checksum of a line.
fn sum(id: &str, daily: &Daily) -> u32 {
    let mut framed = Vec::new();
    frame(&mut framed, Some(id));
    if let Some(epss) = daily.epss {
        framed.extend_from_slice(&epss.score.to_le_bytes());
        framed.extend_from_slice(&epss.percentile.to_le_bytes());
    }
    if let Some(kev) = &daily.kev {
        frame(&mut framed, Some(&kev.added));
        frame(&mut framed, kev.due.as_deref());
        framed.push(kev.ransomware.into());
    }
    sum::of_framed(&framed)
}
