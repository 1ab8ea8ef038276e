//! How a draft is written.

use rusqlite::{Connection, Statement as Insert, params};

use super::draft::{Content, DraftRow, KeyRows, Pools, Shared};

impl Content<'_> {
    /// Fills an empty `rows` shard, in the order of its keys.
    pub(crate) fn fill(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut shares = Shares::new(connection, &self.shared)?;
        let mut insert_key = connection.prepare("INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let mut insert_row = connection.prepare("INSERT INTO affected VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let mut id = 0;
        for ((kind, name), KeyRows { hash, sum, rows }) in &self.keys {
            insert_key.execute(params![kind, name, hash, sum, id + 1, id + rows.len() as i64])?;
            for row in rows {
                id += 1;
                let [record, statement, ranges, versions, details] = shares.of(row)?;
                insert_row.execute(params![id, record, statement, ranges, versions, details])?;
            }
        }
        Ok(())
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
                unused(standings.len()),
                unused(statements.len()),
                unused(ranges.len()),
                unused(versions.len()),
                unused(details.len()),
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
