//! The rows of a provider in a namespace while they are gathered, and their canonical order.

use std::cmp::Ordering;
use std::hash::Hash;
use std::path::Path;

use foldhash::quality::RandomState;
use indexmap::{Equivalent, IndexMap, IndexSet};
use model::advisory::{Advisory, Affected, RecordState};
use model::version::VersionText;

use super::{Details, KEY_DOMAIN};
use crate::aliases::{self, Claims};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::shard::drafted::{Drafted, Place};
use crate::shard::stored::{encode_conditions, write_ranges};
use crate::shard::sum::{self, Sum, SumRow};
use crate::shard::text::{Text, Texts};
use crate::shard::{Kind, Owner, list};
use crate::words::Word;

/// What a row says, apart from which versions and by which record; of borrowed parts while it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Statement<S = Box<str>> {
    pub(super) record_kind: &'static str,
    pub(super) status: &'static str,
    pub(super) fix_state: &'static str,
    pub(super) severity: Option<&'static str>,
    pub(super) severity_word: Option<S>,
    pub(super) reason: Option<S>,
    pub(super) justification: Option<S>,
    pub(super) conditions: Option<S>,
}

impl<'a> Statement<&'a str> {
    fn of(advisory: &Advisory, affected: &'a Affected, conditions: Option<&'a str>) -> Self {
        Self {
            record_kind: advisory.kind.word(),
            status: affected.status.word(),
            fix_state: affected.fix_state.word(),
            severity: affected.aside.severity.as_ref().map(|severity| severity.level.word()),
            severity_word: affected.aside.severity.as_ref().map(|severity| severity.word.as_str()),
            reason: affected.aside.reason.as_deref(),
            justification: affected.aside.justification.as_deref(),
            conditions,
        }
    }
}

impl<S: AsRef<str>> Statement<S> {
    fn map<'s, T>(&'s self, text: impl Fn(&'s str) -> T) -> Statement<T> {
        let text = |option: &'s Option<S>| option.as_ref().map(|it| text(it.as_ref()));
        Statement {
            record_kind: self.record_kind,
            status: self.status,
            fix_state: self.fix_state,
            severity: self.severity,
            severity_word: text(&self.severity_word),
            reason: text(&self.reason),
            justification: text(&self.justification),
            conditions: text(&self.conditions),
        }
    }
}

impl Equivalent<Statement> for Statement<&str> {
    fn equivalent(&self, held: &Statement) -> bool {
        *self == held.map(|text| text)
    }
}

impl Statement {
    /// As [`RawRow`] has it.
    fn hash(&self, fields: &mut Fields) {
        self.columns().into_iter().for_each(|column| _ = fields.option(column));
    }

    /// In the order of the table.
    fn columns(&self) -> [Option<&str>; 8] {
        [
            Some(self.record_kind),
            Some(self.status),
            Some(self.fix_state),
            self.severity,
            self.severity_word.as_deref(),
            self.reason.as_deref(),
            self.justification.as_deref(),
            self.conditions.as_deref(),
        ]
    }
}

/// Values that are kept once and named by their position.
#[derive(Debug)]
pub(super) struct Pool<T>(IndexSet<T, RandomState>);

impl<T: Hash + Eq> Pool<T> {
    /// The position of `value`, which joins the pool if it is new.
    fn position<Q: Hash + Equivalent<T> + ?Sized>(&mut self, value: &Q, own: impl FnOnce() -> T) -> u32 {
        let position = match self.0.get_index_of(value) {
            Some(position) => position,
            None => self.0.insert_full(own()).0,
        };
        u32::try_from(position).expect("a provider has under 2^32 values of a kind")
    }

    pub(super) fn get(&self, position: u32) -> &T {
        &self.0[position as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Pool<Box<str>> {
    fn text(&mut self, text: Option<&str>) -> Option<u32> {
        text.map(|text| self.position(text, || text.into()))
    }

    fn opt(&self, position: Option<u32>) -> Option<&str> {
        position.map(|position| &**self.get(position))
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(IndexSet::default())
    }
}

/// What the rows share.
#[derive(Debug, Default)]
pub(super) struct Pools {
    /// Records in a state: the record's index, and the word; none for `published`, as nearly all of them are.
    pub(super) standings: Pool<(u32, Option<&'static str>)>,
    pub(super) statements: Pool<Statement>,
    pub(super) ranges: Pool<Box<str>>,
    pub(super) versions: Pool<Box<str>>,
    pub(super) details: Pool<Box<str>>,
}

/// One row as it will be stored: positions in the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DraftRow {
    pub(super) standing: u32,
    pub(super) statement: u32,
    pub(super) ranges: Option<u32>,
    pub(super) versions: Option<u32>,
    pub(super) details: Option<u32>,
}

/// The kind and the name of a key.
type Key = (&'static str, Box<str>);

/// A key that is looked for.
#[derive(Hash)]
struct KeyRef<'a>(&'static str, &'a str);

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, (kind, name): &Key) -> bool {
        self.0 == *kind && self.1 == &**name
    }
}

/// The content of a provider in a namespace while it is gathered, in any order.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    owner: Owner<'a>,
    /// By id: several advisories with one id become one record.
    records: IndexMap<Box<str>, Claims, RandomState>,
    drafted: Drafted,
    /// The record of each text.
    texts: Vec<(u32, Place)>,
    pools: Pools,
    keys: IndexMap<Key, Vec<DraftRow>, RandomState>,
    /// The ranges of the row that is added.
    ranges: String,
}

impl<'a> Draft<'a> {
    /// One without rows. What is too much to be held lies in the directory of shards meanwhile.
    pub(crate) fn new(owner: Owner<'a>, shards: &Path) -> Self {
        Self {
            owner,
            records: IndexMap::default(),
            drafted: Drafted::new(shards),
            texts: Vec::new(),
            pools: Pools::default(),
            keys: IndexMap::default(),
            ranges: String::new(),
        }
    }

    /// Adds what the record says about packages of this namespace; the rest of it belongs elsewhere.
    pub(crate) fn push(&mut self, advisory: &Advisory) -> Result<(), DbError> {
        let scope = self.owner.scope;
        let mut rows = advisory.affected.iter().filter(|row| row.key.namespace.as_str() == scope).peekable();
        if rows.peek().is_some() {
            let record = self.record(advisory)?;
            rows.for_each(|row| self.push_row(record, advisory, row));
        }
        Ok(())
    }

    fn push_row(&mut self, record: u32, advisory: &Advisory, affected: &Affected) {
        let is_usual = advisory.state == RecordState::Published;
        let standing = (record, (!is_usual).then(|| advisory.state.word()));
        let conditions = encode_conditions(affected.conditions.as_deref());
        let statement = Statement::of(advisory, affected, conditions.as_deref());
        self.ranges.clear();
        write_ranges(&affected.ranges, &mut self.ranges);
        let ranges = (!self.ranges.is_empty()).then_some(&*self.ranges);
        let mut versions: Vec<&str> = affected.versions.iter().map(VersionText::as_str).collect();
        versions.sort_unstable();
        versions.dedup();
        let row = DraftRow {
            standing: self.pools.standings.position(&standing, || standing),
            statement: self.pools.statements.position(&statement, || statement.map(Into::into)),
            ranges: self.pools.ranges.text(ranges),
            versions: self.pools.versions.text(list(&versions).as_deref()),
            details: self.pools.details.text(Details::encode(affected).as_deref()),
        };
        let key = KeyRef(affected.key.kind.as_str(), &affected.key.name);
        match self.keys.get_mut(&key) {
            Some(rows) => rows.push(row),
            None => _ = self.keys.insert((key.0, key.1.into()), vec![row]),
        }
    }

    fn record(&mut self, advisory: &Advisory) -> Result<u32, DbError> {
        let index = match self.records.get_index_of(advisory.id.as_str()) {
            Some(index) => index,
            None => self.records.insert_full(advisory.id.as_str().into(), Claims::default()).0,
        };
        self.records[index].add(advisory);
        let index = u32::try_from(index).expect("a provider has under 2^32 records");
        self.texts.push((index, self.drafted.push(&Text::of(advisory))?));
        Ok(index)
    }

    /// Puts everything into its canonical order and hashes it. The result depends on what was pushed, and
    /// not on the order.
    pub(crate) fn finish(self) -> Content<'a> {
        let Self { owner, records, drafted, mut texts, pools, mut keys, .. } = self;
        let aliases = aliases::close(records.iter().map(|(id, claims)| (&**id, claims)));
        let aliases: Vec<Option<String>> = aliases.iter().map(|aliases| list(aliases)).collect();
        let ids: Vec<(Box<str>, Option<String>)> = records.into_keys().zip(aliases).collect();
        texts.sort_by(|(a, _), (b, _)| ids[*a as usize].0.cmp(&ids[*b as usize].0));
        let shared = Shared::new(ids, pools);
        let mut sum = Sum::default();
        let mut hash = Fields::new(&Kind::Rows.domain());
        hash.text(owner.scope).text(owner.provider);
        let mut n_rows = 0;
        let mut canonical = |(key, mut rows): (Key, Vec<DraftRow>)| {
            rows.sort_unstable_by(|a, b| shared.order(a, b));
            rows.dedup();
            n_rows += rows.len() as u64;
            let key_hash = shared.key_hash(owner.provider, &rows);
            let key_sum = shared.key_sum((key.0, &key.1), &rows, &mut sum);
            hash.text(key.0).text(&key.1).bytes(&key_hash);
            (key, KeyRows { hash: key_hash, sum: key_sum, rows })
        };
        keys.sort_unstable_keys();
        let keys = keys.into_iter().map(&mut canonical).collect();
        Content { owner, shared, keys, n_rows, hash: hash.digest(), drafted, texts }
    }
}

/// What rows refer to.
#[derive(Debug)]
pub(super) struct Shared {
    /// The records: id and aliases.
    pub(super) ids: Vec<(Box<str>, Option<String>)>,
    pub(super) pools: Pools,
    /// The sums of the statements and of the ranges in the pools.
    statement_sums: Vec<u32>,
    range_sums: Vec<u32>,
}

impl Shared {
    fn new(ids: Vec<(Box<str>, Option<String>)>, pools: Pools) -> Self {
        let statement_sums = pools.statements.0.iter().map(|said| sum::of(said.columns())).collect();
        let range_sums = pools.ranges.0.iter().map(|ranges| sum::of([Some(&**ranges)])).collect();
        Self { ids, pools, statement_sums, range_sums }
    }

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

    fn key_sum(&self, (kind, name): (&str, &str), rows: &[DraftRow], sum: &mut Sum) -> u32 {
        sum.begin(kind, name);
        for row in rows {
            let &(record, state) = self.pools.standings.get(row.standing);
            let (record, aliases) = &self.ids[record as usize];
            sum.add(&SumRow {
                record: Some(record),
                aliases: aliases.as_deref(),
                state,
                statement: self.statement_sums[row.statement as usize],
                ranges: row.ranges.map(|position| self.range_sums[position as usize]),
                versions: self.pools.versions.opt(row.versions),
                details: self.pools.details.opt(row.details),
            });
        }
        sum.end()
    }
}

/// The rows of one key, in their canonical order.
#[derive(Debug)]
pub(super) struct KeyRows {
    pub(super) hash: [u8; 16],
    pub(super) sum: u32,
    pub(super) rows: Vec<DraftRow>,
}

/// The content of a provider in a namespace, in canonical order.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    owner: Owner<'a>,
    pub(super) shared: Shared,
    pub(super) keys: Vec<(Key, KeyRows)>,
    n_rows: u64,
    hash: Digest,
    drafted: Drafted,
    /// Where the texts lie, sorted by the id of their record.
    texts: Vec<(u32, Place)>,
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

    /// What the records say to people.
    pub(crate) fn texts(&self) -> Texts<'_> {
        Texts { drafted: &self.drafted, ids: &self.shared.ids, places: &self.texts }
    }

    pub(crate) fn owner(&self) -> Owner<'_> {
        self.owner
    }
}
