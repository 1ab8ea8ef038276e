//! `rows`: everything a verdict may read, of one provider in one namespace.
//!
//! A key names a run of consecutive rows, so the rows need no index of their own. A row is a few small numbers: what
//! many rows share (the record, what is said, ranges, enumerated versions, rare details) is kept once, in the order of
//! its first use. `sqlite3` shows all of it joined in the view `advisories`.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;

use indexmap::{Equivalent, IndexSet};
use model::advisory::{
    Advisory, Affected, Conditions, FixState, RecordKind, RecordState, Row, SeverityWord, Status,
};
use model::key::PackageKey;
use model::version::VersionText;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement as Insert, params};
use serde::{Deserialize, Serialize};

use super::stored::{
    StoredCvss, StoredFix, decode_conditions, decode_ranges, decode_versions, encode_conditions,
    encode_ranges,
};
use super::text::Text;
use super::{Kind, Owner, Shard, differing_rows, json, list, severity, unreadable, word};
use crate::aliases::{self, Claims};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE keys(
        kind TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL,
        first_row INTEGER NOT NULL, last_row INTEGER NOT NULL,
        PRIMARY KEY(kind, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE records(id INTEGER PRIMARY KEY, record TEXT NOT NULL, aliases TEXT, state TEXT) STRICT;
    CREATE TABLE statements(
        id INTEGER PRIMARY KEY, record_kind TEXT NOT NULL, status TEXT NOT NULL,
        fix_state TEXT NOT NULL, severity TEXT, severity_word TEXT, reason TEXT, justification TEXT,
        conditions TEXT) STRICT;
    CREATE TABLE ranges(id INTEGER PRIMARY KEY, ranges TEXT NOT NULL) STRICT;
    CREATE TABLE versions(id INTEGER PRIMARY KEY, versions TEXT NOT NULL) STRICT;
    CREATE TABLE details(id INTEGER PRIMARY KEY, details TEXT NOT NULL) STRICT;
    CREATE TABLE affected(
        id INTEGER PRIMARY KEY, record INTEGER NOT NULL, statement INTEGER NOT NULL, ranges INTEGER,
        versions INTEGER, details INTEGER) STRICT;
    CREATE VIEW advisories AS
        SELECT k.kind, k.name, r.record, r.aliases, s.record_kind, coalesce(r.state, 'published') AS state, s.status, s.fix_state, s.severity,
               s.severity_word, s.reason, s.justification, s.conditions, g.ranges, v.versions, d.details
        FROM keys k JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
                    JOIN records r ON r.id = a.record
                    JOIN statements s ON s.id = a.statement
                    LEFT JOIN ranges g ON g.id = a.ranges
                    LEFT JOIN versions v ON v.id = a.versions
                    LEFT JOIN details d ON d.id = a.details;";

/// What a row says, apart from which versions and by which record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Statement {
    record_kind: &'static str,
    status: &'static str,
    fix_state: &'static str,
    severity: Option<&'static str>,
    severity_word: Option<String>,
    reason: Option<String>,
    justification: Option<String>,
    conditions: Option<String>,
}

impl Statement {
    fn of(advisory: &Advisory, affected: &Affected) -> Self {
        Self {
            record_kind: advisory.kind.word(),
            status: affected.status.word(),
            fix_state: affected.fix_state.word(),
            severity: affected.severity.as_ref().map(|severity| severity.level.word()),
            severity_word: affected.severity.as_ref().map(|severity| severity.word.clone()),
            reason: affected.reason.clone(),
            justification: affected.justification.clone(),
            conditions: encode_conditions(affected.conditions.as_deref()),
        }
    }

    /// As [`RawRow`] has it.
    fn hash(&self, fields: &mut Fields) {
        fields.text(self.record_kind).text(self.status).text(self.fix_state);
        fields.option(self.severity).option(self.severity_word.as_deref()).option(self.reason.as_deref());
        fields.option(self.justification.as_deref()).option(self.conditions.as_deref());
    }
}

/// What few rows have, in one JSON text.
#[derive(Default, Serialize, Deserialize)]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Box<str>>,
    /// Spelt as the column `ranges`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unaffected: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<StoredFix>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cvss: Vec<StoredCvss>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hints: Vec<Box<str>>,
}

impl Details {
    fn encode(affected: &Affected) -> Option<String> {
        let Affected { name, unaffected, fixes, cvss, hints, .. } = affected;
        if name.is_none() && unaffected.is_empty() && fixes.is_empty() && cvss.is_empty() && hints.is_empty()
        {
            return None;
        }
        let details = Self {
            name: name.clone(),
            unaffected: encode_ranges(unaffected),
            fixes: fixes.iter().map(StoredFix::from).collect(),
            cvss: cvss.iter().map(StoredCvss::from).collect(),
            hints: hints.clone(),
        };
        Some(serde_json::to_string(&details).expect("texts and lists are JSON"))
    }
}

/// Values that are kept once and named by their position.
#[derive(Debug)]
struct Pool<T>(IndexSet<T>);

impl<T: Hash + Eq> Pool<T> {
    /// The position of `value`, which joins the pool if it is new.
    fn position<Q: Hash + Equivalent<T> + ?Sized>(&mut self, value: &Q, own: impl FnOnce() -> T) -> u32 {
        let position = match self.0.get_index_of(value) {
            Some(position) => position,
            None => self.0.insert_full(own()).0,
        };
        u32::try_from(position).expect("a provider has under 2^32 values of a kind")
    }

    fn get(&self, position: u32) -> &T {
        &self.0[position as usize]
    }
}

impl Pool<Box<str>> {
    fn text(&mut self, text: Option<String>) -> Option<u32> {
        text.map(|text| self.position(text.as_str(), || text.as_str().into()))
    }

    fn opt(&self, position: Option<u32>) -> Option<&str> {
        position.map(|position| &**self.get(position))
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(IndexSet::new())
    }
}

/// What the rows share.
#[derive(Debug, Default)]
struct Pools {
    /// Records in a state: the record's index, and the word; none for `published`, as nearly all of them are.
    standings: Pool<(u32, Option<&'static str>)>,
    statements: Pool<Statement>,
    ranges: Pool<Box<str>>,
    versions: Pool<Box<str>>,
    details: Pool<Box<str>>,
}

/// One row as it will be stored: positions in the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DraftRow {
    standing: u32,
    statement: u32,
    ranges: Option<u32>,
    versions: Option<u32>,
    details: Option<u32>,
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
    pools: Pools,
    keys: BTreeMap<(&'static str, Arc<str>), Vec<DraftRow>>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(owner: Owner<'a>) -> Self {
        Self {
            owner,
            records: Vec::new(),
            record_ids: HashMap::new(),
            pools: Pools::default(),
            keys: BTreeMap::new(),
        }
    }

    /// Adds what the record says about packages of this namespace; the rest of it belongs elsewhere.
    pub(crate) fn push(&mut self, advisory: &Advisory) {
        let mut record = None;
        for affected in &advisory.affected {
            if affected.key.namespace.as_str() != self.owner.scope {
                continue;
            }
            let record = *record.get_or_insert_with(|| self.record(advisory));
            let mut versions: Vec<&str> = affected.versions.iter().map(VersionText::as_str).collect();
            versions.sort_unstable();
            versions.dedup();
            let said = Statement::of(advisory, affected);
            let is_usual = advisory.state == RecordState::Published;
            let standing = (record, (!is_usual).then(|| advisory.state.word()));
            let row = DraftRow {
                standing: self.pools.standings.position(&standing, || standing),
                statement: self.pools.statements.position(&said, || said.clone()),
                ranges: self.pools.ranges.text(encode_ranges(&affected.ranges)),
                versions: self.pools.versions.text(list(&versions)),
                details: self.pools.details.text(Details::encode(affected)),
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

    /// Puts everything into its canonical order and hashes it. The result depends on what was pushed, and
    /// not on the order.
    pub(crate) fn finish(self) -> Content<'a> {
        let Self { owner, mut records, record_ids, pools, keys } = self;
        drop(record_ids);
        let aliases = aliases::close(records.iter().map(|record| (&*record.id, &record.claims)));
        let aliases: Vec<Option<String>> = aliases.iter().map(|aliases| list(aliases)).collect();
        let texts = records
            .iter_mut()
            .filter_map(|record| {
                let text = Text::merge(std::mem::take(&mut record.texts));
                (!text.is_empty()).then(|| (record.id.clone(), text))
            })
            .collect();
        let ids = records.into_iter().map(|record| record.id);
        let shared = Shared { ids: ids.zip(aliases).collect(), pools };
        let mut hash = Fields::new(&Kind::Rows.domain());
        hash.text(owner.scope).text(owner.provider);
        let mut n_rows = 0;
        let mut canonical = |((kind, name), mut rows): ((&'static str, Arc<str>), Vec<DraftRow>)| {
            rows.sort_unstable_by(|a, b| shared.order(a, b));
            rows.dedup();
            n_rows += rows.len() as u64;
            let key = shared.key_hash(owner.provider, &rows);
            hash.text(kind).text(&name).bytes(&key);
            ((kind, name), KeyRows { hash: key, rows })
        };
        let keys = keys.into_iter().map(&mut canonical).collect();
        Content { owner, shared, keys, n_rows, hash: hash.digest(), texts }
    }
}

/// What rows refer to.
#[derive(Debug)]
struct Shared {
    /// The records: id and aliases.
    ids: Vec<(Box<str>, Option<String>)>,
    pools: Pools,
}

impl Shared {
    /// The order of rows under a key: by record, then by what they say.
    fn order(&self, a: &DraftRow, b: &DraftRow) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        let Pools { statements, ranges, versions, details, .. } = &self.pools;
        let standing = |row: &DraftRow| {
            let &(record, state) = self.pools.standings.get(row.standing);
            (&*self.ids[record as usize].0, state)
        };
        standing(a)
            .cmp(&standing(b))
            .then_with(|| statements.get(a.statement).cmp(statements.get(b.statement)))
            .then_with(|| ranges.opt(a.ranges).cmp(&ranges.opt(b.ranges)))
            .then_with(|| versions.opt(a.versions).cmp(&versions.opt(b.versions)))
            .then_with(|| details.opt(a.details).cmp(&details.opt(b.details)))
    }

    fn key_hash(&self, provider: &str, rows: &[DraftRow]) -> [u8; 16] {
        let Pools { standings, statements, ranges, versions, details } = &self.pools;
        let mut key = Fields::new(KEY_DOMAIN);
        for row in rows {
            let &(record, state) = standings.get(row.standing);
            let (record, aliases) = &self.ids[record as usize];
            key.text(provider).text(record).option(state);
            statements.get(row.statement).hash(&mut key);
            key.option(ranges.opt(row.ranges)).option(versions.opt(row.versions));
            key.option(details.opt(row.details)).option(aliases.as_deref());
        }
        key.short()
    }
}

/// A row as it is stored, apart from provider and key, in the order in which it is hashed and sorted: record, state,
/// record kind, status, fix state, severity, severity word, reason, justification, conditions, ranges, versions, details,
/// aliases.
pub(super) type RawRow = [Option<Box<str>>; 14];

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
pub(super) fn raw_rows(connection: &Connection, kind: &str, name: &str) -> rusqlite::Result<Vec<RawRow>> {
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
pub(super) fn stored_key_hash(
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
pub(super) fn stored_hash(connection: &Connection, owner: Owner<'_>) -> rusqlite::Result<Digest> {
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

const KEY_DOMAIN: &str = "plimsoll-key/3";

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
    shared: Shared,
    keys: BTreeMap<(&'static str, Arc<str>), KeyRows>,
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
        self.shared.ids.len() as u64
    }

    /// The logical hash of the `rows` shard.
    pub(crate) fn hash(&self) -> &Digest {
        &self.hash
    }

    /// Fills an empty `rows` shard, in the order of its keys.
    pub(crate) fn fill(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut shares = Shares::new(connection, &self.shared)?;
        let mut insert_key = connection.prepare("INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut insert_row = connection.prepare("INSERT INTO affected VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let mut id = 0;
        for ((kind, name), KeyRows { hash, rows }) in &self.keys {
            insert_key.execute(params![kind, name, hash, id + 1, id + rows.len() as i64])?;
            for row in rows {
                id += 1;
                let [record, statement, ranges, versions, details] = shares.of(row)?;
                insert_row.execute(params![id, record, statement, ranges, versions, details])?;
            }
        }
        Ok(())
    }

    pub(crate) fn owner(&self) -> Owner<'_> {
        self.owner
    }
}

/// Writes what rows share when a row first uses it, and gives it its number then: so equal content has equal files,
/// and what a key needs lies together.
struct Shares<'c, 's> {
    shared: &'s Shared,
    inserts: [Insert<'c>; 5],
    numbers: [Vec<i64>; 5],
    last: [i64; 5],
}

impl<'c, 's> Shares<'c, 's> {
    fn new(connection: &'c Connection, shared: &'s Shared) -> rusqlite::Result<Self> {
        let Pools { standings, statements, ranges, versions, details } = &shared.pools;
        let unused = |len: usize| vec![0; len];
        Ok(Self {
            shared,
            inserts: [
                connection.prepare("INSERT INTO records VALUES (?1, ?2, ?3, ?4)")?,
                connection.prepare("INSERT INTO statements VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?,
                connection.prepare("INSERT INTO ranges VALUES (?1, ?2)")?,
                connection.prepare("INSERT INTO versions VALUES (?1, ?2)")?,
                connection.prepare("INSERT INTO details VALUES (?1, ?2)")?,
            ],
            numbers: [
                unused(standings.0.len()),
                unused(statements.0.len()),
                unused(ranges.0.len()),
                unused(versions.0.len()),
                unused(details.0.len()),
            ],
            last: [0; 5],
        })
    }

    /// The numbers of record, statement, ranges, versions and details.
    fn of(&mut self, row: &DraftRow) -> rusqlite::Result<[Option<i64>; 5]> {
        let positions = [Some(row.standing), Some(row.statement), row.ranges, row.versions, row.details];
        let mut numbers = [None; 5];
        for (table, position) in positions.into_iter().enumerate() {
            if let Some(position) = position {
                numbers[table] = Some(self.number(table, position)?);
            }
        }
        Ok(numbers)
    }

    fn number(&mut self, table: usize, position: u32) -> rusqlite::Result<i64> {
        let held = self.numbers[table][position as usize];
        if held != 0 {
            return Ok(held);
        }
        self.last[table] += 1;
        let number = self.last[table];
        self.numbers[table][position as usize] = number;
        let insert = &mut self.inserts[table];
        let pools = &self.shared.pools;
        match table {
            0 => {
                let &(record, state) = pools.standings.get(position);
                let (record, aliases) = &self.shared.ids[record as usize];
                insert.execute(params![number, record, aliases, state])?;
            }
            1 => {
                let said = pools.statements.get(position);
                insert.execute(params![
                    number,
                    said.record_kind,
                    said.status,
                    said.fix_state,
                    said.severity,
                    said.severity_word,
                    said.reason,
                    said.justification,
                    said.conditions
                ])?;
            }
            _ => {
                let pool = [&pools.ranges, &pools.versions, &pools.details][table - 2];
                insert.execute(params![number, pool.get(position)])?;
            }
        }
        Ok(number)
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
    let mut held: HashMap<u64, (u64, i64)> = HashMap::new();
    each_standing(old, &hasher, &mut |id, record, standing| _ = held.insert(record, (standing, id)))?;
    let mut ids: Vec<(i64, i64)> = Vec::new();
    each_standing(new, &hasher, &mut |id, record, standing| {
        if let Some(&(before, id_before)) = held.get(&record)
            && before != standing
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

/// The state in a column; null is the usual one.
fn state(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RecordState> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(RecordState::Published),
        _ => word(row, column),
    }
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
