//! Rows as they are stored, for whoever moves and hashes them without asking what they say.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension as _};

use super::KEY_DOMAIN;
use crate::digest::{Digest, Fields, frame};
use crate::error::DbError;
use crate::shard::sum::{self, Sum, SumRow};
use crate::shard::{Kind, Owner, Shard};

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

/// The hashes and the sums of the rows of keys, computed from what is stored.
pub(in crate::shard) struct KeyHashes<'c> {
    connection: &'c Connection,
    provider: String,
    /// Thousands of rows share a few dozen statements, so each is read, framed and summed once.
    statements: HashMap<i64, (Vec<u8>, u32)>,
    sum: Sum,
}

impl<'c> KeyHashes<'c> {
    pub(in crate::shard) fn new(connection: &'c Connection, provider: &str) -> Self {
        Self { connection, provider: provider.to_owned(), statements: HashMap::new(), sum: Sum::default() }
    }

    /// The hash of the rows of a key, and their sum.
    pub(in crate::shard) fn of(&mut self, kind: &str, name: &str) -> rusqlite::Result<([u8; 16], u32)> {
        // CROSS JOIN fixes the order of the loops: the key, its run of rows, and what each refers to.
        let mut select = self.connection.prepare_cached(
            "SELECT a.statement, r.record, r.state, g.ranges, v.versions, d.details, r.aliases
             FROM keys k CROSS JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
                         CROSS JOIN records r ON r.id = a.record
                         LEFT JOIN ranges g ON g.id = a.ranges
                         LEFT JOIN versions v ON v.id = a.versions
                         LEFT JOIN details d ON d.id = a.details
             WHERE k.kind = ?1 AND k.name = ?2 ORDER BY a.id",
        )?;
        let mut found = select.query([kind, name])?;
        let mut key = Fields::new(KEY_DOMAIN);
        self.sum.begin(kind, name);
        while let Some(row) = found.next()? {
            let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
            key.text(&self.provider).option(text(1)?).option(text(2)?);
            let (statement, statement_sum) = match self.statements.entry(row.get(0)?) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let framed = framed_statement(self.connection, *entry.key())?;
                    entry.insert(framed)
                }
            };
            key.framed(statement);
            for column in 3..7 {
                key.option(text(column)?);
            }
            self.sum.add(&SumRow {
                record: text(1)?,
                aliases: text(6)?,
                state: text(2)?,
                statement: *statement_sum,
                ranges: text(3)?.map(|ranges| sum::of([Some(ranges)])),
                versions: text(4)?,
                details: text(5)?,
            });
        }
        Ok((key.short(), self.sum.end()))
    }
}

/// The fields of a statement as they are hashed, and their sum; none where there is no such statement.
fn framed_statement(connection: &Connection, id: i64) -> rusqlite::Result<(Vec<u8>, u32)> {
    let mut select = connection.prepare_cached(
        "SELECT record_kind, status, fix_state, severity, severity_word, reason, justification, conditions
         FROM statements WHERE id = ?1",
    )?;
    let framed = select.query_row([id], |row| {
        let mut framed = Vec::new();
        for column in 0..8 {
            frame(&mut framed, row.get_ref(column)?.as_str_or_null()?);
        }
        let sum = sum::of_framed(&framed);
        Ok((framed, sum))
    });
    Ok(framed.optional()?.unwrap_or_default())
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

/// The logical hash of a `rows` shard, computed from its rows.
///
/// # Errors
/// Also when the rows of a key are not those that its stored hash and sum are of.
pub(in crate::shard) fn content_hash(shard: &Shard, owner: Owner<'_>) -> Result<Digest, DbError> {
    let wrong = shard.read(|connection| {
        // Runs are disjoint where nobody lies: together they have no more rows than there are.
        let mut n_left: i64 = connection.query_row("SELECT count(*) FROM affected", [], |row| row.get(0))?;
        let mut hashes = KeyHashes::new(connection, owner.provider);
        let mut select = connection.prepare("SELECT kind, name, hash, sum, first_row, last_row FROM keys")?;
        let mut keys = select.query([])?;
        while let Some(key) = keys.next()? {
            let (kind, name) = (key.get_ref(0)?.as_str()?, key.get_ref(1)?.as_str()?);
            let (first, last): (i64, i64) = (key.get(4)?, key.get(5)?);
            n_left = n_left.saturating_sub(last.saturating_sub(first).max(0).saturating_add(1));
            if n_left < 0 {
                return Ok(Some("its packages have more rows than it has".to_owned()));
            }
            if hashes.of(kind, name)? != (key.get(2)?, key.get(3)?) {
                return Ok(Some(format!("what it has about {kind} `{name}` is not what it says it is")));
            }
        }
        Ok(None)
    })?;
    match wrong {
        Some(problem) => Err(shard.damaged(problem)),
        None => shard.read(|connection| stored_hash(connection, owner)),
    }
}
