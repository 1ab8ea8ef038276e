//! Rows as they are asked for.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::advisory::{Affected, Aside, Conditions, FixState, Ranges, RecordKind, Row, SeverityWord, Status};
use model::key::PackageKey;
use model::text::ShortText;
use rusqlite::{Connection, OptionalExtension};

use super::{Details, state};
use crate::error::DbError;
use crate::shard::stored::{decode_conditions, decode_ranges, decode_versions};
use crate::shard::sum::{self, Sum, SumRow};
use crate::shard::{Shard, json, severity, unreadable, word};

/// Room is made for so many rows of a key at most: how many there are is told by the shard, which may be damaged.
const RESERVED_MAX: usize = 10_000;

/// Appends to `rows` what the shard of `provider` has under each key, in the order of record.
///
/// # Errors
/// [`DbError::Damaged`] also where all can be read, and is not what was written.
pub(crate) fn load<'k>(
    shard: &Shard,
    provider: &str,
    keys: impl Iterator<Item = &'k PackageKey>,
    rows: &mut BTreeMap<PackageKey, Vec<Row>>,
) -> Result<(), DbError> {
    let damaged = shard.read(|connection| {
        let mut select_run = connection
            .prepare_cached("SELECT first_row, last_row, sum FROM keys WHERE kind = ?1 AND name = ?2")?;
        // CROSS JOIN fixes the order of the loops: the run of rows, and what each refers to.
        let mut select = connection.prepare_cached(
            "SELECT a.statement, r.record, r.aliases, r.state, a.ranges, v.versions, d.details
             FROM affected a CROSS JOIN records r ON r.id = a.record
                             LEFT JOIN versions v ON v.id = a.versions
                             LEFT JOIN details d ON d.id = a.details
             WHERE a.id BETWEEN ?1 AND ?2 ORDER BY a.id",
        )?;
        let mut shared = Shared::new(connection)?;
        let mut sum = Sum::default();
        for key in keys {
            let run = select_run
                .query_row((key.kind.as_str(), &*key.name), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((first, last, written)): Option<(i64, i64, i64)> = run else { continue };
            let rows = rows.entry(key.clone()).or_default();
            let length = usize::try_from(last.saturating_sub(first)).unwrap_or_default();
            rows.reserve(length.min(RESERVED_MAX) + 1);
            let mut found = select.query([first, last])?;
            sum.begin(key.kind.as_str(), &key.name);
            while let Some(row) = found.next()? {
                rows.push(decode(row, provider, key, &mut shared, &mut sum)?);
            }
            if i64::from(sum.end()) != written {
                return Ok(Some(key));
            }
        }
        Ok(None)
    })?;
    match damaged {
        None => Ok(()),
        Some(key) => {
            let problem =
                format!("what it has about {} `{}` is not what was written", key.kind.as_str(), key.name);
            Err(shard.damaged(problem))
        }
    }
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

/// What thousands of rows share, so that each is looked up and decoded once: a few dozen statements, and the ranges of
/// all that an update fixed.
struct Shared<'c> {
    select_statement: rusqlite::CachedStatement<'c>,
    statements: HashMap<i64, Said>,
    select_ranges: rusqlite::CachedStatement<'c>,
    /// And the sum of the text of each.
    ranges: HashMap<i64, (Ranges, u32)>,
}

impl<'c> Shared<'c> {
    fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            select_statement: connection.prepare_cached(
                "SELECT record_kind, status, fix_state, severity, severity_word, reason, justification, conditions
                 FROM statements WHERE id = ?1",
            )?,
            statements: HashMap::new(),
            select_ranges: connection.prepare_cached("SELECT ranges FROM ranges WHERE id = ?1")?,
            ranges: HashMap::new(),
        })
    }

    fn statement(&mut self, id: i64) -> rusqlite::Result<&Said> {
        match self.statements.entry(id) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => Ok(entry.insert(self.select_statement.query_row([id], Said::read)?)),
        }
    }

    fn ranges(&mut self, id: i64) -> rusqlite::Result<&(Ranges, u32)> {
        match self.ranges.entry(id) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let ranges = self.select_ranges.query_row([id], |row| {
                    let ranges = text(row, 0, decode_ranges)?.map(Ranges::from_vec);
                    Ok((ranges.unwrap_or_default(), sum::of([row.get_ref(0)?.as_str_or_null()?])))
                })?;
                Ok(entry.insert(ranges))
            }
        }
    }
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
    sum: u32,
}

impl Said {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let mut columns = [None; 8];
        for (place, column) in columns.iter_mut().enumerate() {
            *column = row.get_ref(place)?.as_str_or_null()?;
        }
        Ok(Self {
            kind: word(row, 0)?,
            status: word(row, 1)?,
            fix_state: word(row, 2)?,
            severity: severity(row, 3)?,
            reason: row.get(5)?,
            justification: row.get(6)?,
            conditions: text(row, 7, decode_conditions)?,
            sum: sum::of(columns),
        })
    }
}

fn decode(
    row: &rusqlite::Row<'_>,
    provider: &str,
    key: &PackageKey,
    shared: &mut Shared<'_>,
    sum: &mut Sum,
) -> rusqlite::Result<Row> {
    let (ranges, range_sum) = match row.get(4)? {
        None => (Ranges::new(), None),
        Some(id) => shared.ranges(id).map(|(ranges, sum)| (ranges.clone(), Some(*sum)))?,
    };
    let said = shared.statement(row.get(0)?)?;
    let column = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
    sum.add(&SumRow {
        record: column(1)?,
        aliases: column(2)?,
        state: column(3)?,
        statement: said.sum,
        ranges: range_sum,
        versions: column(5)?,
        details: column(6)?,
    });
    let details: Details = text(row, 6, |details| serde_json::from_str(details))?.unwrap_or_default();
    let unaffected = match details.unaffected {
        Some(text) => decode_ranges(&text).map_err(|error| unreadable(6, error))?,
        None => Vec::new(),
    };
    let aside = Aside {
        name: details.name,
        unaffected,
        fixes: details.fixes.into_iter().map(Into::into).collect(),
        severity: said.severity.clone(),
        cvss: details.cvss.into_iter().map(Into::into).collect(),
        reason: said.reason.clone(),
        justification: said.justification.clone(),
        hints: details.hints,
    };
    let aliases: Vec<String> = json(row, 2)?;
    Ok(Row {
        provider: provider.into(),
        record: row.get_ref(1)?.as_str()?.into(),
        kind: said.kind,
        aliases: aliases.into_iter().map(ShortText::new).collect(),
        state: state(row, 3)?,
        affected: Affected {
            key: key.clone(),
            status: said.status,
            fix_state: said.fix_state,
            ranges,
            versions: text(row, 5, decode_versions)?.unwrap_or_default(),
            conditions: said.conditions.clone(),
            aside: aside.into(),
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
