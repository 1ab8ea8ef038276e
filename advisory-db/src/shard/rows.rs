//! `rows`: everything a verdict may read, of one provider in one namespace.
//!
//! A key names a run of consecutive rows, so the rows need no index of their own. What few rows differ in
//! (state, status, fix state, severity, reason) is kept once, as a statement. `sqlite3` shows both joined
//! in the view `advisories`.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::marker::PhantomData;

use model::advisory::{
    Advisory, Affected, AffectedRange, FixState, RangeEvent, RecordState, Row, SeverityWord, Status,
};
use model::key::PackageKey;
use model::version::VersionText;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use super::text::Text;
use super::{Kind, Owner, Shard, json, list, severity, word};
use crate::aliases::{self, Claims};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE keys(
        kind TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL,
        first_row INTEGER NOT NULL, last_row INTEGER NOT NULL,
        PRIMARY KEY(kind, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE statements(
        id INTEGER PRIMARY KEY, state TEXT NOT NULL, status TEXT NOT NULL, fix_state TEXT NOT NULL,
        severity TEXT, severity_word TEXT, reason TEXT) STRICT;
    CREATE TABLE affected(
        id INTEGER PRIMARY KEY, record TEXT NOT NULL, aliases TEXT, statement INTEGER NOT NULL,
        ranges TEXT, versions TEXT) STRICT;
    CREATE VIEW advisories AS
        SELECT k.kind, k.name, a.record, a.aliases, s.state, s.status, s.fix_state, s.severity,
               s.severity_word, s.reason, a.ranges, a.versions
        FROM keys k JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
                    JOIN statements s ON s.id = a.statement;";

/// What a row says, apart from which versions and by which record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Statement {
    state: &'static str,
    status: &'static str,
    fix_state: &'static str,
    severity: Option<&'static str>,
    severity_word: Option<String>,
    reason: Option<String>,
}

/// One row as it will be stored; `record` and `statement` are indices into the draft.
#[derive(Debug)]
struct DraftRow {
    record: u32,
    statement: u32,
    ranges: Option<Box<str>>,
    versions: Option<Box<str>>,
}

/// One record as it will be stored. Several advisories with one id become one record.
#[derive(Debug)]
struct DraftRecord {
    id: Box<str>,
    claims: Claims,
    texts: Vec<Text>,
}

/// The content of a provider in a namespace while it is gathered, in any order.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    owner: Owner<'a>,
    records: Vec<DraftRecord>,
    record_ids: HashMap<Box<str>, u32>,
    statements: Vec<Statement>,
    statement_ids: HashMap<Statement, u32>,
    keys: BTreeMap<(&'static str, Box<str>), Vec<DraftRow>>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(owner: Owner<'a>) -> Self {
        Self {
            owner,
            records: Vec::new(),
            record_ids: HashMap::new(),
            statements: Vec::new(),
            statement_ids: HashMap::new(),
            keys: BTreeMap::new(),
        }
    }

    /// Adds what the record says about packages of this namespace; the rest of it belongs elsewhere.
    pub(crate) fn push(&mut self, advisory: &Advisory) {
        let mut record = None;
        for affected in &advisory.affected {
            if affected.key.namespace.as_str() != self.owner.namespace {
                continue;
            }
            let record = *record.get_or_insert_with(|| self.record(advisory));
            let statement = self.statement(advisory.state, affected);
            let mut versions: Vec<&str> = affected.versions.iter().map(VersionText::as_str).collect();
            versions.sort_unstable();
            versions.dedup();
            let row = DraftRow {
                record,
                statement,
                ranges: encode_ranges(&affected.ranges).map(Into::into),
                versions: list(&versions).map(Into::into),
            };
            self.keys.entry((affected.key.kind.as_str(), affected.key.name.clone())).or_default().push(row);
        }
    }

    fn record(&mut self, advisory: &Advisory) -> u32 {
        let index = match self.record_ids.get(advisory.id.as_str()) {
            Some(&index) => index,
            None => {
                let index = u32::try_from(self.records.len()).expect("a provider has under 2^32 records");
                let id: Box<str> = advisory.id.as_str().into();
                self.record_ids.insert(id.clone(), index);
                self.records.push(DraftRecord { id, claims: Claims::default(), texts: Vec::new() });
                index
            }
        };
        let record = &mut self.records[index as usize];
        record.claims.add(advisory);
        record.texts.push(Text::of(advisory));
        index
    }

    fn statement(&mut self, state: RecordState, affected: &Affected) -> u32 {
        let statement = Statement {
            state: state.word(),
            status: affected.status.word(),
            fix_state: affected.fix_state.word(),
            severity: affected.severity.as_ref().map(|severity| severity.level.word()),
            severity_word: affected.severity.as_ref().map(|severity| severity.word.clone()),
            reason: affected.reason.clone(),
        };
        match self.statement_ids.get(&statement) {
            Some(&index) => index,
            None => {
                let index = u32::try_from(self.statements.len()).expect("under 2^32 rows");
                self.statements.push(statement.clone());
                self.statement_ids.insert(statement, index);
                index
            }
        }
    }

    /// Puts everything into its canonical order and hashes it. The result depends on what was pushed, and
    /// not on the order.
    pub(crate) fn finish(self) -> Content<'a> {
        let Self { owner, mut records, statements, keys, .. } = self;
        let aliases = aliases::close(records.iter().map(|record| (&*record.id, &record.claims)));
        let aliases: Vec<Option<String>> = aliases.iter().map(|aliases| list(aliases)).collect();

        let order = |a: &DraftRow, b: &DraftRow| -> Ordering {
            let id = |row: &DraftRow| &records[row.record as usize].id;
            let statement = |row: &DraftRow| &statements[row.statement as usize];
            (id(a), statement(a), &a.ranges, &a.versions).cmp(&(id(b), statement(b), &b.ranges, &b.versions))
        };
        let key_hash = |rows: &[DraftRow]| {
            let mut key = Fields::new("plimsoll-key/1");
            for row in rows {
                key.text(owner.provider).text(&records[row.record as usize].id);
                key.option(aliases[row.record as usize].as_deref());
                let said = &statements[row.statement as usize];
                key.text(said.state).text(said.status).text(said.fix_state).option(said.severity);
                key.option(said.severity_word.as_deref()).option(said.reason.as_deref());
                key.option(row.ranges.as_deref()).option(row.versions.as_deref());
            }
            key.short()
        };
        let mut hash = Fields::new(&Kind::Rows.domain());
        hash.text(owner.namespace).text(owner.provider);
        let mut n_rows = 0;
        let mut canonical = |((kind, name), mut rows): ((&'static str, Box<str>), Vec<DraftRow>)| {
            rows.sort_by(order);
            rows.dedup_by(|a, b| order(a, b) == Ordering::Equal);
            n_rows += rows.len() as u64;
            let key = key_hash(&rows);
            hash.text(kind).text(&name).bytes(&key);
            ((kind, name), KeyRows { hash: key, rows })
        };
        let keys = keys.into_iter().map(&mut canonical).collect();
        let texts = records
            .iter_mut()
            .filter_map(|record| {
                let text = Text::merge(std::mem::take(&mut record.texts));
                (!text.is_empty()).then(|| (record.id.clone(), text))
            })
            .collect();
        let ids = records.into_iter().map(|record| record.id).collect();
        Content { owner, ids, aliases, statements, keys, n_rows, hash: hash.digest(), texts }
    }
}

/// The rows of one key, in their canonical order.
#[derive(Debug)]
struct KeyRows {
    hash: [u8; 16],
    rows: Vec<DraftRow>,
}

/// The content of a provider in a namespace, in canonical order.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    owner: Owner<'a>,
    ids: Vec<Box<str>>,
    aliases: Vec<Option<String>>,
    statements: Vec<Statement>,
    keys: BTreeMap<(&'static str, Box<str>), KeyRows>,
    n_rows: u64,
    hash: Digest,
    /// The texts of the records that have any.
    pub(crate) texts: BTreeMap<Box<str>, Text>,
}

impl Content<'_> {
    pub(crate) fn rows(&self) -> u64 {
        self.n_rows
    }

    pub(crate) fn records(&self) -> u64 {
        self.ids.len() as u64
    }

    /// The logical hash of the `rows` shard.
    pub(crate) fn hash(&self) -> &Digest {
        &self.hash
    }

    /// Fills an empty `rows` shard, in the order of its keys.
    pub(crate) fn fill(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut insert = connection.prepare("INSERT INTO statements VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        for (id, said) in self.statements.iter().enumerate() {
            insert.execute(params![
                id as i64,
                said.state,
                said.status,
                said.fix_state,
                said.severity,
                said.severity_word,
                said.reason
            ])?;
        }
        let mut insert_key = connection.prepare("INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut insert_row = connection.prepare("INSERT INTO affected VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let mut id = 0;
        for ((kind, name), KeyRows { hash, rows }) in &self.keys {
            insert_key.execute(params![kind, name, hash, id + 1, id + rows.len() as i64])?;
            for row in rows {
                id += 1;
                let record = row.record as usize;
                insert_row.execute(params![
                    id,
                    self.ids[record],
                    self.aliases[record],
                    row.statement,
                    row.ranges,
                    row.versions
                ])?;
            }
        }
        Ok(())
    }

    pub(crate) fn owner(&self) -> Owner<'_> {
        self.owner
    }
}

/// Appends to `rows` what the shard of `provider` has under each key, in the order of record.
pub(crate) fn load<'k>(
    shard: &Shard,
    provider: &str,
    keys: impl Iterator<Item = &'k PackageKey>,
    rows: &mut BTreeMap<PackageKey, Vec<Row>>,
) -> Result<(), DbError> {
    shard.read(|connection| {
        // CROSS JOIN fixes the order of the loops: the key, then its run of rows.
        let mut select = connection.prepare_cached(
            "SELECT a.statement, a.record, a.aliases, a.ranges, a.versions
             FROM keys k CROSS JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
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

/// Every id that a row of this shard goes by: records and aliases.
pub(crate) fn ids(shard: &Shard) -> Result<BTreeSet<String>, DbError> {
    shard.read(|connection| {
        let mut ids = BTreeSet::new();
        let mut select = connection.prepare("SELECT record, aliases FROM affected")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let record = row.get_ref(0)?.as_str()?;
            if !ids.contains(record) {
                ids.insert(record.to_owned());
            }
            ids.append(&mut json(row, 1)?);
        }
        Ok(ids)
    })
}

/// A statement as read.
struct Said {
    state: RecordState,
    status: Status,
    fix_state: FixState,
    severity: Option<SeverityWord>,
    reason: Option<String>,
}

impl Said {
    fn find(connection: &Connection, id: i64) -> rusqlite::Result<Self> {
        let mut select = connection.prepare_cached(
            "SELECT state, status, fix_state, severity, severity_word, reason FROM statements WHERE id = ?1",
        )?;
        select.query_row([id], |row| {
            Ok(Self {
                state: word(row, 0)?,
                status: word(row, 1)?,
                fix_state: word(row, 2)?,
                severity: severity(row, 3)?,
                reason: row.get(5)?,
            })
        })
    }
}

fn decode(row: &rusqlite::Row<'_>, provider: &str, key: &PackageKey, said: &Said) -> rusqlite::Result<Row> {
    Ok(Row {
        provider: provider.to_owned(),
        record: row.get(1)?,
        aliases: json(row, 2)?,
        state: said.state,
        affected: Affected {
            key: key.clone(),
            status: said.status,
            fix_state: said.fix_state,
            ranges: json::<Vec<Vec<Stored<RangeEvent>>>>(row, 3)?
                .into_iter()
                .map(|events| AffectedRange { events: unwrap(events) })
                .collect(),
            versions: unwrap(json(row, 4)?),
            severity: said.severity.clone(),
            reason: said.reason.clone(),
        },
    })
}

/// Ranges as JSON: a list of ranges, each a list of events such as `>= 0` and `< 1.2.3`.
fn encode_ranges(ranges: &[AffectedRange]) -> Option<String> {
    let event = |event: &RangeEvent| match event {
        RangeEvent::Introduced(version) => format!(">= {version}"),
        RangeEvent::Fixed(version) => format!("< {version}"),
        RangeEvent::LastAffected(version) => format!("<= {version}"),
        RangeEvent::Limit(version) => format!("limit {version}"),
    };
    let ranges: Vec<Vec<String>> =
        ranges.iter().map(|range| range.events.iter().map(event).collect()).collect();
    list(&ranges)
}

/// A value that is stored as one JSON text.
struct Stored<T>(T);

fn unwrap<T>(stored: Vec<Stored<T>>) -> Vec<T> {
    stored.into_iter().map(|Stored(value)| value).collect()
}

/// The inverse of how a value is stored.
trait FromStored: Sized {
    fn from_stored(text: &str) -> Result<Self, String>;
}

impl FromStored for VersionText {
    fn from_stored(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
}

impl FromStored for RangeEvent {
    fn from_stored(text: &str) -> Result<Self, String> {
        // The first space ends the operator; the version may hold more of them.
        let (operator, version) = text.split_once(' ').unwrap_or((text, ""));
        let version = VersionText::from(version);
        match operator {
            ">=" => Ok(Self::Introduced(version)),
            "<" => Ok(Self::Fixed(version)),
            "<=" => Ok(Self::LastAffected(version)),
            "limit" => Ok(Self::Limit(version)),
            _ => Err(format!("`{text}` is no event of a range")),
        }
    }
}

// Straight from the text in the page to the value: an intermediate `String` for each version doubled the
// time of a load.
impl<'de, T: FromStored> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);
        impl<T: FromStored> Visitor<'_> for Text<T> {
            type Value = Stored<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Stored<T>, E> {
                T::from_stored(text).map(Stored).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}
