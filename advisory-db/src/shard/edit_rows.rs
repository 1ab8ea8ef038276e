//! Edits of `rows`: for each key that differs, which of its rows go and come.
//!
//! A package with thousands of rows changes by one of them, so a key is not sent as a whole.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::edit::{Input, Lines, Refusal, begin, refused};
use super::rows::{KeyHashes, RawRow, differing, raw_rows, stored_hash};
use super::{Owner, Shard};
use crate::digest::Digest;
use crate::error::DbError;

/// A key whose rows differ.
#[derive(Debug, Serialize, Deserialize)]
struct KeyEdit {
    kind: String,
    name: String,
    splices: Vec<Splice>,
}

/// Where rows go and come: the number of rows of the old run before it, how many of those that follow go, and what comes in
/// their place. In the order of the run, and without overlap.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Splice(usize, usize, Vec<RawRow>);

pub(super) fn write(old: &Shard, new: &Shard, lines: &mut Lines<'_>) -> Result<(), DbError> {
    let mut keys = Vec::new();
    differing(Some(old), Some(new), &mut |kind, name| keys.push((kind.to_owned(), name.to_owned())))?;
    for (kind, name) in keys {
        let before = old.read(|connection| raw_rows(connection, &kind, &name))?;
        let now = new.read(|connection| raw_rows(connection, &kind, &name))?;
        lines.push(&KeyEdit { kind, name, splices: splices(&before, now) });
    }
    Ok(())
}

/// What makes `new` of `old`, both sorted.
fn splices(old: &[RawRow], new: Vec<RawRow>) -> Vec<Splice> {
    let mut splices: Vec<Splice> = Vec::new();
    let mut at = 0;
    let mut new = new.into_iter().peekable();
    loop {
        let order = match (old.get(at), new.peek()) {
            (None, None) => return splices,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        if order == Ordering::Equal {
            at += 1;
            new.next();
            continue;
        }
        let is_open = splices.last().is_some_and(|Splice(from, gone, _)| from + gone == at);
        if !is_open {
            splices.push(Splice(at, 0, Vec::new()));
        }
        let Some(Splice(_, gone, come)) = splices.last_mut() else { return splices };
        if order == Ordering::Less {
            *gone += 1;
            at += 1;
        } else {
            come.extend(new.next());
        }
    }
}

/// Applies what is left of `lines`, and returns the logical hash of what is then held.
pub(super) fn apply(
    connection: &Connection,
    owner: Owner<'_>,
    lines: &mut Input<'_>,
) -> Result<Digest, Refusal> {
    begin(connection)?;
    let mut edit = Editor::new(connection)?;
    let mut keys = Vec::new();
    while let Some(key) = lines.next::<KeyEdit>()? {
        edit.apply(&key)?;
        keys.push((key.kind, key.name));
    }
    remove_orphans(connection, &edit.gone)?;
    drop(edit);
    let mut hashes = KeyHashes::new(connection, owner.provider);
    for (kind, name) in keys {
        let (hash, sum) = hashes.of(&kind, &name)?;
        connection
            .prepare_cached("UPDATE keys SET hash = ?3, sum = ?4 WHERE kind = ?1 AND name = ?2")?
            .execute(params![kind, name, hash, sum])?;
    }
    Ok(stored_hash(connection, owner)?)
}

/// Far above the numbers of any real shard: they are dense, and a namespace has some hundred thousand rows.
const NUMBER_MAX: i64 = 1 << 27;

/// What stands in a row of one of the tables, but for its number.
type Columns = Vec<Option<Box<str>>>;

/// One row as numbers: record, statement, ranges, versions, details.
type Numbers = [Option<i64>; 5];

/// Changes rows, and gives numbers to what they refer to.
struct Editor<'c> {
    connection: &'c Connection,
    /// Statements, and of the rest what is new or was looked up, by table and columns.
    shared: HashMap<(usize, Columns), i64>,
    /// The records that were there, once one was asked for.
    records: Option<Records>,
    last_row: i64,
    last: [i64; 5],
    /// What rows that are no longer there referred to.
    gone: [Numbered; 5],
    /// The record of the last of them.
    last_gone: Option<i64>,
}

/// The tables that rows refer to, in the order of [`Numbers`].
const TABLES: [&str; 5] = ["records", "statements", "ranges", "versions", "details"];

/// Where the rows name them.
const COLUMNS: [&str; 5] = ["record", "statement", "ranges", "versions", "details"];

const RECORDS: usize = 0;
const STATEMENTS: usize = 1;

impl<'c> Editor<'c> {
    fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let last = |table: &str| {
            let sql = format!("SELECT coalesce(max(id), 0) FROM {table}");
            connection.query_row(&sql, [], |row| Ok(row.get::<_, i64>(0)?.clamp(0, NUMBER_MAX)))
        };
        // Statements are few and used by thousands of rows; records are the ids of the shard, each of which is to be there
        // once. Of the rest a few stand twice until the shard is next written as a whole.
        let mut shared = HashMap::new();
        let mut select = connection.prepare(
            "SELECT id, record_kind, status, fix_state, severity, severity_word, reason, justification, conditions
             FROM statements",
        )?;
        let n_columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let columns = (1..n_columns).map(|column| row.get(column)).collect::<Result<_, _>>()?;
            shared.insert((STATEMENTS, columns), row.get(0)?);
        }
        let [records, statements, ranges, versions, details] = TABLES;
        let last_row = last("affected")?;
        let last = [last(records)?, last(statements)?, last(ranges)?, last(versions)?, last(details)?];
        Ok(Self {
            connection,
            shared,
            records: None,
            last_row,
            last,
            gone: Default::default(),
            last_gone: None,
        })
    }

    fn apply(&mut self, edit: &KeyEdit) -> Result<(), Refusal> {
        let wrong = || refused(format!("its splices of {}|{} do not fit", edit.kind, edit.name));
        let run: Option<(i64, i64)> = self
            .cached("SELECT first_row, last_row FROM keys WHERE kind = ?1 AND name = ?2")?
            .query_row([&edit.kind, &edit.name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (first, last) = run.unwrap_or((1, 0));
        let length = last.checked_sub(first).and_then(|length| usize::try_from(length.checked_add(1)?).ok());
        let length = length.filter(|_| (0..NUMBER_MAX).contains(&last)).ok_or_else(wrong)?;
        let mut end = 0;
        for Splice(from, gone, _) in &edit.splices {
            if *from < end || from.checked_add(*gone).is_none_or(|end| end > length) {
                return Err(wrong().into());
            }
            end = from + gone;
        }
        if edit.splices.iter().all(|Splice(_, gone, come)| *gone == come.len()) {
            return self.replace(first, &edit.splices);
        }
        // Rows shift, so the run is written anew behind all others.
        let mut rows = self.run(first, last)?.into_iter();
        let mut at = 0;
        let mut new: Vec<Numbers> = Vec::new();
        for Splice(from, gone, come) in &edit.splices {
            new.extend(rows.by_ref().take(from - at));
            rows.by_ref().take(*gone).for_each(|row| self.let_go(&row));
            at = from + gone;
            for row in come {
                new.push(self.numbers(row)?);
            }
        }
        new.extend(rows);
        self.cached("DELETE FROM affected WHERE id BETWEEN ?1 AND ?2")?.execute([first, last])?;
        self.cached("DELETE FROM keys WHERE kind = ?1 AND name = ?2")?.execute([&edit.kind, &edit.name])?;
        if new.is_empty() {
            return Ok(());
        }
        let first = self.last_row + 1;
        for [record, statement, ranges, versions, details] in new {
            self.last_row += 1;
            self.cached("INSERT INTO affected VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
                self.last_row,
                record,
                statement,
                ranges,
                versions,
                details
            ])?;
        }
        self.cached("INSERT INTO keys VALUES (?1, ?2, x'', 0, ?3, ?4)")?.execute(params![
            edit.kind,
            edit.name,
            first,
            self.last_row
        ])?;
        Ok(())
    }

    /// Puts rows in the place of others.
    fn replace(&mut self, first: i64, splices: &[Splice]) -> Result<(), Refusal> {
        for Splice(from, _, come) in splices {
            let first = first + *from as i64;
            let gone = self.run(first, first + come.len() as i64 - 1)?;
            for ((id, gone), row) in (first..).zip(gone).zip(come) {
                self.let_go(&gone);
                let [record, statement, ranges, versions, details] = self.numbers(row)?;
                self.cached("INSERT OR REPLACE INTO affected VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                    .execute(params![id, record, statement, ranges, versions, details])?;
            }
        }
        Ok(())
    }

    fn run(&self, first: i64, last: i64) -> rusqlite::Result<Vec<Numbers>> {
        let mut select = self.cached(
            "SELECT record, statement, ranges, versions, details FROM affected WHERE id BETWEEN ?1 AND ?2
             ORDER BY id",
        )?;
        let rows = select.query_map([first, last], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
        })?;
        rows.collect()
    }

    fn let_go(&mut self, row: &Numbers) {
        for (gone, number) in self.gone.iter_mut().zip(row) {
            number.iter().for_each(|&number| gone.insert(number));
        }
        self.last_gone = row[RECORDS];
    }

    /// The number of a record that was there.
    fn held_record(&mut self, columns: &Columns) -> rusqlite::Result<Option<i64>> {
        // Mostly a record says something else about a package, so it is the one of the row that just went.
        if let Some(number) = self.last_gone
            && is_record(self.connection, number, columns)?
        {
            return Ok(Some(number));
        }
        let records = match &mut self.records {
            Some(records) => records,
            none => none.insert(Records::of(self.connection)?),
        };
        for number in records.candidates(columns.first().and_then(Option::as_deref)) {
            if is_record(self.connection, number, columns)? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn numbers(&mut self, row: &RawRow) -> rusqlite::Result<Numbers> {
        let [record, state, statement @ .., ranges, versions, details, aliases] = row;
        let mut numbers = [None; 5];
        numbers[RECORDS] = Some(self.number(RECORDS, vec![record.clone(), state.clone(), aliases.clone()])?);
        numbers[STATEMENTS] = Some(self.number(STATEMENTS, statement.to_vec())?);
        for (table, value) in [(2, ranges), (3, versions), (4, details)] {
            if value.is_some() {
                numbers[table] = Some(self.number(table, vec![value.clone()])?);
            }
        }
        Ok(numbers)
    }

    fn number(&mut self, table: usize, columns: Columns) -> rusqlite::Result<i64> {
        let key = (table, columns);
        if let Some(&number) = self.shared.get(&key) {
            return Ok(number);
        }
        if table == RECORDS
            && let Some(number) = self.held_record(&key.1)?
        {
            self.shared.insert(key, number);
            return Ok(number);
        }
        self.last[table] += 1;
        let number = self.last[table];
        let sql = match table {
            RECORDS => "INSERT INTO records(id, record, state, aliases) VALUES (?1, ?2, ?3, ?4)",
            STATEMENTS => "INSERT INTO statements VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            2 => "INSERT INTO ranges VALUES (?1, ?2)",
            3 => "INSERT INTO versions VALUES (?1, ?2)",
            _ => "INSERT INTO details VALUES (?1, ?2)",
        };
        let id = number.to_string();
        let values = [Some(id.as_str())].into_iter().chain(key.1.iter().map(Option::as_deref));
        self.cached(sql)?.execute(params_from_iter(values))?;
        self.shared.insert(key, number);
        Ok(number)
    }

    fn cached(&self, sql: &str) -> rusqlite::Result<CachedStatement<'c>> {
        self.connection.prepare_cached(sql)
    }
}

/// Where the records of a shard are found: digests of their ids, sorted, with their numbers. There are as many as rows.
struct Records {
    hasher: RandomState,
    numbers: Vec<(u64, i64)>,
}

impl Records {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let (hasher, mut numbers) = (RandomState::new(), Vec::new());
        let mut select = connection.prepare("SELECT id, record FROM records")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            numbers.push((hasher.hash_one(row.get_ref(1)?.as_str()?), row.get(0)?));
        }
        numbers.sort_unstable();
        Ok(Self { hasher, numbers })
    }

    /// The records that may go by this id.
    fn candidates(&self, record: Option<&str>) -> impl Iterator<Item = i64> {
        let digest = self.hasher.hash_one(record.unwrap_or_default());
        let first = self.numbers.partition_point(|(other, _)| *other < digest);
        self.numbers[first..].iter().take_while(move |(other, _)| *other == digest).map(|(_, number)| *number)
    }
}

/// Whether the record of a number has these columns.
fn is_record(connection: &Connection, number: i64, columns: &Columns) -> rusqlite::Result<bool> {
    let [record, state, aliases] = [0, 1, 2].map(|column| columns.get(column).and_then(Option::as_deref));
    connection
        .prepare_cached(
            "SELECT 1 FROM records WHERE id = ?1 AND record = ?2 AND state IS ?3 AND aliases IS ?4",
        )?
        .exists(params![number, record, state, aliases])
}

/// Removes what only rows that are gone referred to.
fn remove_orphans(connection: &Connection, gone: &[Numbered; 5]) -> rusqlite::Result<()> {
    let gone: Vec<(usize, &Numbered)> =
        gone.iter().enumerate().filter(|(_, gone)| !gone.is_empty()).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let columns: Vec<&str> = gone.iter().map(|(table, _)| COLUMNS[*table]).collect();
    let mut used = vec![Numbered::default(); columns.len()];
    let mut select = connection.prepare(&format!("SELECT {} FROM affected", columns.join(", ")))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for (column, used) in used.iter_mut().enumerate() {
            if let Some(id) = row.get_ref(column)?.as_i64_or_null()? {
                used.insert(id);
            }
        }
    }
    for ((table, gone), used) in gone.into_iter().zip(&used) {
        let mut delete = connection.prepare(&format!("DELETE FROM {} WHERE id = ?1", TABLES[table]))?;
        for id in gone.iter().filter(|id| !used.contains(*id)) {
            delete.execute([id])?;
        }
    }
    Ok(())
}

/// A set of small numbers.
#[derive(Clone, Default)]
struct Numbered(Vec<u64>);

impl Numbered {
    fn insert(&mut self, number: i64) {
        let Ok(number) = usize::try_from(number) else { return };
        // Numbers of a shard are dense; one that is not comes from a damaged one, whose hash will tell.
        if number < NUMBER_MAX as usize {
            let word = number / 64;
            if self.0.len() <= word {
                self.0.resize(word + 1, 0);
            }
            self.0[word] |= 1 << (number % 64);
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        (0_i64..).zip(&self.0).flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| 64 * word + bit)
        })
    }

    fn contains(&self, number: i64) -> bool {
        let Ok(number) = usize::try_from(number) else { return false };
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(record: char) -> RawRow {
        let mut row = RawRow::default();
        row[0] = Some(record.to_string().into());
        row
    }

    #[test]
    fn splices_make_the_new_run_of_the_old_one() {
        for (old, new) in [
            ("", ""),
            ("", "ab"),
            ("ab", ""),
            ("abc", "abc"),
            ("abd", "abcd"),
            ("abcd", "abd"),
            ("abcde", "aBcDe"),
            ("bd", "abcde"),
            ("aabb", "ab"),
            ("ab", "aabb"),
        ] {
            // Upper case sorts before lower case.
            let sorted = |text: &str| {
                let mut rows: Vec<RawRow> = text.chars().map(row).collect();
                rows.sort();
                rows
            };
            let (old_rows, new_rows) = (sorted(old), sorted(new));
            let splices = splices(&old_rows, new_rows.clone());
            let mut made = old_rows.clone();
            for Splice(from, gone, come) in splices.iter().rev() {
                made.splice(from..&(from + gone), come.clone());
            }
            assert_eq!(made, new_rows, "{old} {new}");
            let n_come: usize = splices.iter().map(|Splice(_, _, come)| come.len()).sum();
            let mut left = old_rows;
            let mut n_new = 0;
            for row in &new_rows {
                match left.iter().position(|old| old == row) {
                    Some(at) => drop(left.remove(at)),
                    None => n_new += 1,
                }
            }
            assert_eq!(n_come, n_new, "only what is new is sent: {old} {new}");
        }
    }
}
