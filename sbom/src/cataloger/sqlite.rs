//! Tables of SQLite databases that nobody vouches for.
//!
//! SQLite is handed a copy of the file and asked for nothing but whole tables in the order of the file: no view, no
//! generated column, no virtual table, no index, no sort. So no expression in the database's own schema is ever run, and
//! the work is bounded by what the file holds.

use std::io::{Read as _, Seek as _, Write as _};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::{Content, File};

/// What every database begins with.
pub(super) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Bytes of one value.
const VALUE_BYTES_MAX: i64 = 64 << 20;
/// Bytes of the header on the first page.
const HEADER_BYTES: usize = 100;

/// A value of a row; numbers with a fraction do not occur where we look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// Nothing, a fraction, or more than [`VALUE_BYTES_MAX`].
    None,
    /// A whole number.
    Integer(i64),
    /// A text; bytes that are not UTF-8 make it none.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A database that is open for reading.
pub(super) struct Database {
    connection: Connection,
    file_bytes: u64,
    /// Goes away with the copy, after the connection.
    _copy: NamedTempFile,
}

impl Database {
    /// The database that `file` is, without any log beside it.
    ///
    /// # Errors
    /// It is none, it is cut off, or the copy cannot be made.
    pub(super) fn open(file: &File<'_>) -> Result<Self, String> {
        check_header(file)?;
        let copy = copied(file).map_err(|error| format!("no copy could be made to read it: {error}"))?;
        // Immutable: SQLite then neither locks nor looks for a log, and one in the database's header is not asked for.
        let path = copy.path().to_str().ok_or("the temporary directory has no name in UTF-8")?;
        let escaped: String = path
            .chars()
            .map(|character| match character {
                '%' => "%25".to_owned(),
                '?' => "%3f".to_owned(),
                '#' => "%23".to_owned(),
                '\\' => "/".to_owned(),
                other => other.to_string(),
            })
            .collect();
        let root = if escaped.starts_with('/') { "" } else { "/" };
        let uri = format!("file:{root}{escaped}?mode=ro&immutable=1");
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let said = |error: rusqlite::Error| error.to_string();
        let connection = Connection::open_with_flags(uri, flags).map_err(said)?;
        connection
            .execute_batch(
                "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; \
                 PRAGMA query_only = ON; PRAGMA cache_size = -4096;",
            )
            .map_err(said)?;
        Ok(Self { connection, file_bytes: file.size, _copy: copy })
    }

    /// Whether it has a table called `name` that is stored as such.
    ///
    /// # Errors
    /// Its schema cannot be read.
    pub(super) fn has(&self, name: &str) -> Result<bool, String> {
        let count: Result<i64, _> = self.connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND lower(name) = lower(?1)",
            [name],
            |row| row.get(0),
        );
        count.map(|count| count == 1).map_err(|error| error.to_string())
    }

    /// Hands the values of `columns` in each row of `table` to `visit`, in the order of the file.
    ///
    /// # Errors
    /// There is no such table, or it cannot be read to its end.
    pub(super) fn for_each_row(
        &self,
        table: &'static str,
        columns: &[&'static str],
        mut visit: impl FnMut(&[Value<'_>]),
    ) -> Result<(), String> {
        if !self.has(table)? {
            return Err(format!("it has no table `{table}`"));
        }
        for column in columns {
            if !self.has_column(table, column)? {
                return Err(format!("table `{table}` has no column `{column}`"));
            }
        }
        let said = |error: rusqlite::Error| format!("table `{table}` cannot be read: {error}");
        // The size of a value is known without reading it.
        let wanted: Vec<String> = columns
            .iter()
            .map(|column| {
                format!("CASE WHEN octet_length(\"{column}\") <= {VALUE_BYTES_MAX} THEN \"{column}\" END")
            })
            .collect();
        let query = format!("SELECT {} FROM \"{table}\" NOT INDEXED", wanted.join(", "));
        let mut statement = self.connection.prepare(&query).map_err(said)?;
        let mut rows = statement.query([]).map_err(said)?;
        // A row takes at least these bytes, and no page belongs to two rows. A file in which they do would keep us busy
        // for ever.
        const ROW_BYTES_MIN: u64 = 4;
        let mut n_bytes: u64 = 0;
        while let Some(row) = rows.next().map_err(said)? {
            let mut values = Vec::with_capacity(columns.len());
            n_bytes += ROW_BYTES_MIN;
            for index in 0..columns.len() {
                let value = match row.get_ref(index).map_err(said)? {
                    ValueRef::Null | ValueRef::Real(_) => Value::None,
                    ValueRef::Integer(number) => Value::Integer(number),
                    ValueRef::Text(text) => std::str::from_utf8(text).map_or(Value::None, Value::Text),
                    ValueRef::Blob(bytes) => Value::Blob(bytes),
                };
                n_bytes += match value {
                    Value::Text(text) => text.len() as u64,
                    Value::Blob(bytes) => bytes.len() as u64,
                    Value::None | Value::Integer(_) => 0,
                };
                values.push(value);
            }
            if n_bytes > self.file_bytes {
                return Err(format!("table `{table}` holds more than the file"));
            }
            visit(&values);
        }
        Ok(())
    }

    /// Whether `table` has a column called `name` that is stored rather than computed.
    ///
    /// # Errors
    /// The schema cannot be read.
    pub(super) fn has_column(&self, table: &'static str, name: &str) -> Result<bool, String> {
        let count: Result<i64, _> = self.connection.query_row(
            "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE hidden = 0 AND lower(name) = lower(?2)",
            [table, name],
            |row| row.get(0),
        );
        count.map(|count| count == 1).map_err(|error| error.to_string())
    }
}

/// That the file begins as a database and is as long as it says.
fn check_header(file: &File<'_>) -> Result<(), String> {
    let mut header = [0; HEADER_BYTES];
    file.read_at(0, &mut header).map_err(|_| "it is too short for a database of SQLite".to_owned())?;
    if !header.starts_with(MAGIC) {
        return Err("it is no database of SQLite".to_owned());
    }
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let n_pages = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    if u64::from(n_pages) * page_bytes > file.size {
        return Err(format!(
            "it has {n_pages} pages of {page_bytes} bytes and ends after {} bytes",
            file.size
        ));
    }
    Ok(())
}

fn copied(file: &File<'_>) -> std::io::Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    match file.content {
        Content::Bytes(bytes) => copy.write_all(bytes)?,
        Content::Spooled(mut spool) => {
            spool.rewind()?;
            std::io::copy(&mut spool.take(file.limits.file_bytes_max), &mut copy)?;
        }
    }
    copy.flush()?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use model::limits::Limits;

    use super::*;

    fn rows(script: &str, table: &'static str, columns: &[&'static str]) -> Result<Vec<String>, String> {
        let bytes = testkit::case::sqlite(script);
        let limits = Limits::default();
        let size = bytes.len() as u64;
        let file = File {
            path: "a",
            size,
            executable: false,
            content: Content::Bytes(&bytes),
            limits: &limits,
            classifiers: super::super::Classifiers::none(),
        };
        let database = Database::open(&file)?;
        let mut rows = Vec::new();
        database.for_each_row(table, columns, |row| rows.push(format!("{row:?}")))?;
        Ok(rows)
    }

    #[test]
    fn rows_come_in_the_order_of_the_file() {
        let script = "CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t(b);
            INSERT INTO t VALUES (2, 'x'), (1, NULL), (3, x'00ff');";
        assert_eq!(
            rows(script, "t", &["a", "b"]).unwrap(),
            ["[Integer(1), None]", "[Integer(2), Text(\"x\")]", "[Integer(3), Blob([0, 255])]"]
        );
    }

    /// A tree of a few pages, each of which is many times a child of the one before: walked to its end it would have
    /// more rows than there are atoms.
    #[test]
    fn a_tree_that_never_ends_does() {
        let rows: String = (0..2000).map(|n| format!("INSERT INTO t VALUES ({n}, 'abcdefgh');")).collect();
        let mut bytes = testkit::case::sqlite(&format!("CREATE TABLE t(a INTEGER PRIMARY KEY, b); {rows}"));
        const PAGE: usize = 512;
        let (interior, leaf) = (5, 13);
        let start = |number: usize| (number - 1) * PAGE;
        let n_pages = bytes.len() / PAGE;
        let leaves: Vec<usize> = (2..=n_pages).filter(|number| bytes[start(*number)] == leaf).collect();
        let wide = (2..=n_pages).filter(|number| bytes[start(*number)] == interior);
        let wide = wide.max_by_key(|number| bytes[start(*number) + 4]).unwrap();
        let page = bytes[start(wide)..start(wide) + PAGE].to_vec();
        // Page 2 is the table's root.
        let chain: Vec<usize> = std::iter::once(2).chain(leaves.iter().copied().take(9)).collect();
        for link in chain.windows(2) {
            let mut page = page.clone();
            let child = (link[1] as u32).to_be_bytes();
            page[8..12].copy_from_slice(&child);
            for cell in 0..usize::from(page[4]) {
                let at = usize::from(u16::from_be_bytes([page[12 + 2 * cell], page[13 + 2 * cell]]));
                page[at..at + 4].copy_from_slice(&child);
            }
            bytes[start(link[0])..start(link[0]) + PAGE].copy_from_slice(&page);
        }
        let limits = Limits::default();
        let size = bytes.len() as u64;
        let file = File {
            path: "a",
            size,
            executable: false,
            content: Content::Bytes(&bytes),
            limits: &limits,
            classifiers: super::super::Classifiers::none(),
        };
        let database = Database::open(&file).unwrap();
        let mut n_rows = 0;
        let error = database.for_each_row("t", &["b"], |_| n_rows += 1).unwrap_err();
        assert!(error.contains("holds more than the file"), "{error}");
        assert!(n_rows > 100, "{n_rows}");
    }

    #[test]
    fn nothing_in_the_schema_is_run() {
        for (script, why) in [
            ("CREATE VIEW t AS SELECT 1 AS a", "no table"),
            ("CREATE VIRTUAL TABLE t USING fts5(a)", "no table"),
            ("CREATE TABLE t(b, a AS (zeroblob(b))); INSERT INTO t(b) VALUES (1000000000)", "no column"),
            ("CREATE TABLE t(b)", "no column"),
            ("CREATE TABLE u(a)", "no table"),
        ] {
            let error = rows(script, "t", &["a"]).unwrap_err();
            assert!(error.contains(why), "{script}: {error}");
        }
    }
}
