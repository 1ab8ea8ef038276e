//! Rows as they are asked for.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::advisory::{Affected, Conditions, FixState, RecordKind, Row, SeverityWord, Status};
use model::key::PackageKey;
use rusqlite::{Connection, OptionalExtension};

use super::{Details, state};
use crate::error::DbError;
use crate::shard::stored::{decode_conditions, decode_ranges, decode_versions};
use crate::shard::{Shard, json, severity, unreadable, word};

/// Appends to `rows` what the shard of `provider` has under each key, in the order of record.
pub(crate) fn load<'k>(
    shard: &Shard,
    provider: &str,
    keys: impl Iterator<Item = &'k PackageKey>,
    rows: &mut BTreeMap<PackageKey, Vec<Row>>,
) -> Result<(), DbError> {
    shard.read(|connection| {
        // CROSS JOIN fixes the order of the loops: the key, its run of rows, and what each refers to.
        let mut select = connection.prepare_cached(
            "SELECT a.statement, r.record, r.aliases, r.state, g.ranges, v.versions, d.details
             FROM keys k CROSS JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
                         CROSS JOIN records r ON r.id = a.record
                         LEFT JOIN ranges g ON g.id = a.ranges
                         LEFT JOIN versions v ON v.id = a.versions
                         LEFT JOIN details d ON d.id = a.details
             WHERE k.kind = ?1 AND k.name = ?2 ORDER BY a.id",
        )?;
        // Thousands of rows share a few dozen statements, so each is looked up and decoded once.
        let mut statements: HashMap<i64, Said> = HashMap::new();
        for key in keys {
            let mut found = select.query((key.kind.as_str(), &*key.name))?;
            let mut under_key = Vec::new();
            while let Some(row) = found.next()? {
                let said = match statements.entry(row.get(0)?) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => {
                        let said = Said::find(connection, *entry.key())?;
                        entry.insert(said)
                    }
                };
                under_key.push(decode(row, provider, key, said)?);
            }
            if !under_key.is_empty() {
                rows.entry(key.clone()).or_default().append(&mut under_key);
            }
        }
        Ok(())
    })
}

/// The stored hash of a key's rows in this shard, for each key that has any.
pub(crate) fn hashes<'k>(
    shard: &Shard,
    keys: impl Iterator<Item = &'k PackageKey>,
    found: &mut dyn FnMut(&'k PackageKey, [u8; 16]),
) -> Result<(), DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare_cached("SELECT hash FROM keys WHERE kind = ?1 AND name = ?2")?;
        for key in keys {
            let hash = select.query_row((key.kind.as_str(), &*key.name), |row| row.get(0)).optional()?;
            if let Some(hash) = hash {
                found(key, hash);
            }
        }
        Ok(())
    })
}

/// A statement as read.
struct Said {
    kind: RecordKind,
    status: Status,
    fix_state: FixState,
    severity: Option<SeverityWord>,
    reason: Option<String>,
    justification: Option<String>,
    conditions: Option<Arc<Conditions>>,
}

impl Said {
    fn find(connection: &Connection, id: i64) -> rusqlite::Result<Self> {
        let mut select = connection.prepare_cached(
            "SELECT record_kind, status, fix_state, severity, severity_word, reason, justification,
                    conditions
             FROM statements WHERE id = ?1",
        )?;
        select.query_row([id], |row| {
            Ok(Self {
                kind: word(row, 0)?,
                status: word(row, 1)?,
                fix_state: word(row, 2)?,
                severity: severity(row, 3)?,
                reason: row.get(5)?,
                justification: row.get(6)?,
                conditions: text(row, 7, decode_conditions)?,
            })
        })
    }
}

fn decode(row: &rusqlite::Row<'_>, provider: &str, key: &PackageKey, said: &Said) -> rusqlite::Result<Row> {
    let details: Details = text(row, 6, |details| serde_json::from_str(details))?.unwrap_or_default();
    let unaffected = match details.unaffected {
        Some(text) => decode_ranges(&text).map_err(|error| unreadable(6, error))?,
        None => Vec::new(),
    };
    Ok(Row {
        provider: provider.to_owned(),
        record: row.get(1)?,
        kind: said.kind,
        aliases: json(row, 2)?,
        state: state(row, 3)?,
        affected: Affected {
            key: key.clone(),
            name: details.name,
            status: said.status,
            fix_state: said.fix_state,
            ranges: text(row, 4, decode_ranges)?.unwrap_or_default(),
            unaffected,
            versions: text(row, 5, decode_versions)?.unwrap_or_default(),
            conditions: said.conditions.clone(),
            fixes: details.fixes.into_iter().map(Into::into).collect(),
            severity: said.severity.clone(),
            cvss: details.cvss.into_iter().map(Into::into).collect(),
            reason: said.reason.clone(),
            justification: said.justification.clone(),
            hints: details.hints,
        },
    })
}

/// What `decode` makes of the text in a column; none where it is null.
fn text<T>(
    row: &rusqlite::Row<'_>,
    column: usize,
    decode: impl FnOnce(&str) -> serde_json::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map(decode).transpose().map_err(|error| unreadable(column, error))
}
