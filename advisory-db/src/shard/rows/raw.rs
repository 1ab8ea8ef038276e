//! Rows as they are stored, for whoever moves and hashes them without asking what they say.

use rusqlite::Connection;

use super::KEY_DOMAIN;
use crate::digest::{Digest, Fields};
use crate::shard::{Kind, Owner};

/// A row as it is stored, apart from provider and key, in the order in which it is hashed and sorted: record, state,
/// record kind, status, fix state, severity, severity word, reason, justification, conditions, ranges, versions, details,
/// aliases.
pub(in crate::shard) type RawRow = [Option<Box<str>>; 14];

/// Selects [`RawRow`]s of a key, in their order.
// CROSS JOIN fixes the order of the loops: the key, its run of rows, and what each refers to.
const SELECT_RAW: &str = "
    SELECT r.record, r.state, s.record_kind, s.status, s.fix_state, s.severity, s.severity_word, s.reason,
           s.justification, s.conditions, g.ranges, v.versions, d.details, r.aliases
    FROM keys k CROSS JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
                CROSS JOIN records r ON r.id = a.record
                CROSS JOIN statements s ON s.id = a.statement
                LEFT JOIN ranges g ON g.id = a.ranges
                LEFT JOIN versions v ON v.id = a.versions
                LEFT JOIN details d ON d.id = a.details
    WHERE k.kind = ?1 AND k.name = ?2 ORDER BY a.id";

/// The rows of a key, as stored.
pub(in crate::shard) fn raw_rows(
    connection: &Connection,
    kind: &str,
    name: &str,
) -> rusqlite::Result<Vec<RawRow>> {
    let mut select = connection.prepare_cached(SELECT_RAW)?;
    let mut found = select.query([kind, name])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let mut raw = RawRow::default();
        for (column, value) in raw.iter_mut().enumerate() {
            *value = row.get(column)?;
        }
        rows.push(raw);
    }
    Ok(rows)
}

/// The hash of the rows of a key, computed from what is stored.
pub(in crate::shard) fn stored_key_hash(
    connection: &Connection,
    provider: &str,
    kind: &str,
    name: &str,
) -> rusqlite::Result<[u8; 16]> {
    let mut select = connection.prepare_cached(SELECT_RAW)?;
    let mut found = select.query([kind, name])?;
    let mut key = Fields::new(KEY_DOMAIN);
    while let Some(row) = found.next()? {
        key.text(provider);
        for column in 0..RawRow::default().len() {
            key.option(row.get_ref(column)?.as_str_or_null()?);
        }
    }
    Ok(key.short())
}

/// The logical hash of a `rows` shard, computed from the hashes of its keys.
pub(in crate::shard) fn stored_hash(connection: &Connection, owner: Owner<'_>) -> rusqlite::Result<Digest> {
    let mut hash = Fields::new(&Kind::Rows.domain());
    hash.text(owner.scope).text(owner.provider);
    let mut select = connection.prepare("SELECT kind, name, hash FROM keys ORDER BY kind, name")?;
    let mut keys = select.query([])?;
    while let Some(key) = keys.next()? {
        hash.text(key.get_ref(0)?.as_str()?)
            .text(key.get_ref(1)?.as_str()?)
            .bytes(key.get_ref(2)?.as_blob()?);
    }
    Ok(hash.digest())
}
