//! One shard: an immutable SQLite file that holds one kind of content.
//!
//! What all kinds share is here: the name, the header, how a file is created and how it is opened. What is
//! inside each kind is in [`rows`], [`text`], [`daily`] and [`facts`]. The layout is documented in
//! `docs/reference/feed-database.md`.

pub(crate) mod content;
pub(crate) mod daily;
mod drafted;
pub(crate) mod edit;
mod edit_rows;
mod edit_text;
pub(crate) mod facts;
pub(crate) mod rows;
mod stored;
mod sum;
pub(crate) mod text;

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use model::advisory::SeverityWord;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::DbError;
use crate::{SCHEMA, files};

/// `PLMS`, in the header of every shard (SQLite's `application_id`).
const APPLICATION_ID: i32 = 0x504C_4D53;

/// What a shard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// All that a verdict needs, of one provider in one namespace.
    Rows,
    /// What people read about the records in the rows of a feed, of all its namespaces.
    Text,
    /// EPSS and KEV of the ids in the rows of a feed, of all its namespaces.
    Daily,
    /// Facts about feeds and releases.
    Facts,
}

impl Kind {
    /// The word in the file's name and header.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Text => "text",
            Self::Daily => "daily",
            Self::Facts => "facts",
        }
    }

    /// The first field of every logical hash of this kind.
    pub(crate) fn domain(self) -> String {
        format!("plimsoll-{}/{SCHEMA}", self.name())
    }

    /// What the scope of its owner is.
    fn scope_name(self) -> &'static str {
        match self {
            Self::Rows | Self::Facts => "namespace",
            Self::Text | Self::Daily => "feed",
        }
    }

    fn schema(self) -> &'static str {
        match self {
            Self::Rows => rows::SCHEMA_SQL,
            Self::Text => text::SCHEMA_SQL,
            Self::Daily => daily::SCHEMA_SQL,
            Self::Facts => facts::SCHEMA_SQL,
        }
    }
}

/// A shard as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShardRef {
    /// The logical hash: of the content, whatever the bytes of the file.
    pub(crate) hash: Digest,
    /// The SHA-256 of the file.
    pub(crate) sha256: Digest,
    /// The size of the file.
    pub(crate) bytes: u64,
}

impl ShardRef {
    /// Where the shard lies, in a directory of shards.
    pub(crate) fn path(&self, directory: &Path, kind: Kind) -> PathBuf {
        path(directory, kind, &self.hash)
    }
}

/// Where the shard with a logical hash lies.
pub(crate) fn path(directory: &Path, kind: Kind, hash: &Digest) -> PathBuf {
    directory.join(format!("{hash}.{}.sqlite", kind.name()))
}

/// Whose content a shard is; empty texts for the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner<'a> {
    /// What of the provider's: a namespace for rows, a feed for what all its namespaces share.
    pub(crate) scope: &'a str,
    pub(crate) provider: &'a str,
}

/// Writes a shard under its temporary name, then under its final one, and returns what it is now.
pub(crate) fn create(
    path: &Path,
    kind: Kind,
    owner: Owner<'_>,
    hash: &Digest,
    fill: &dyn Fn(&Connection) -> rusqlite::Result<()>,
) -> Result<ShardRef, DbError> {
    let temporary = files::temporary(path);
    let write = |connection: &Connection| -> rusqlite::Result<()> {
        fill(connection)?;
        seal(connection, kind, owner, hash)
    };
    let connection = begin(&temporary, kind)?;
    write(&connection).map_err(DbError::sqlite("write", &temporary))?;
    close(connection, &temporary)?;
    publish(path, hash)
}

/// A new, empty shard under a temporary name, in a transaction.
pub(crate) fn begin(temporary: &Path, kind: Kind) -> Result<Connection, DbError> {
    files::remove(temporary)?;
    files::step("write", temporary)?;
    let connection = edit(temporary)?;
    connection
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA};
             BEGIN;
             CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
             {}",
            kind.schema()
        ))
        .map_err(DbError::sqlite("write", temporary))?;
    Ok(connection)
}

/// Opens a file that is under its temporary name still, to be written.
pub(crate) fn edit(temporary: &Path) -> Result<Connection, DbError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            uri(temporary, ""),
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_URI
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        // Nobody sees the file before it is complete, so SQLite need not protect it from a crash. It may hold what came
        // from elsewhere: its schema is not trusted to call functions.
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA trusted_schema = 0;",
        )?;
        Ok(connection)
    };
    open().map_err(DbError::sqlite("write", temporary))
}

/// Says in the header whose content it is and what it hashes to, and ends the transaction.
pub(crate) fn seal(
    connection: &Connection,
    kind: Kind,
    owner: Owner<'_>,
    hash: &Digest,
) -> rusqlite::Result<()> {
    let mut meta = connection.prepare("INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)")?;
    for (name, value) in [
        ("hash", hash.as_str()),
        ("kind", kind.name()),
        (kind.scope_name(), owner.scope),
        ("provider", owner.provider),
    ] {
        meta.execute([name, value])?;
    }
    connection.execute_batch("COMMIT")
}

/// Closes a shard that was written.
pub(crate) fn close(connection: Connection, temporary: &Path) -> Result<(), DbError> {
    connection.close().map_err(|(_, error)| DbError::sqlite("write", temporary)(error))
}

/// Gives a shard that is complete under the temporary name of `path` its name.
pub(crate) fn publish(path: &Path, hash: &Digest) -> Result<ShardRef, DbError> {
    let (sha256, bytes) = files::fingerprint(&files::temporary(path))?;
    files::publish(path)?;
    Ok(ShardRef { hash: hash.clone(), sha256, bytes })
}

/// An open shard.
#[derive(Debug)]
pub(crate) struct Shard {
    path: PathBuf,
    connection: Connection,
}

impl Shard {
    /// Opens the shard that a manifest names; `None` when there is no such file.
    ///
    /// Takes no lock and writes nothing, also beside the file, so any number of processes may do so, from a
    /// read-only directory too. The size is compared, because reading a mapped file beyond its end ends the
    /// process; the digest is not, because that reads the whole file (`Snapshot::verify` does).
    pub(crate) fn open(directory: &Path, kind: Kind, shard: &ShardRef) -> Result<Option<Self>, DbError> {
        Self::open_at(shard.path(directory, kind), kind, shard)
    }

    /// As [`Shard::open`], wherever the file lies.
    fn open_at(path: PathBuf, kind: Kind, shard: &ShardRef) -> Result<Option<Self>, DbError> {
        let bytes = match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(DbError::io("read", &path))?.len(),
        };
        if bytes != shard.bytes {
            let problem = format!("it has {bytes} bytes, and the manifest says {}", shard.bytes);
            return Err(DbError::Damaged { path, problem });
        }
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(
                uri(&path, "?immutable=1"),
                OpenFlags::SQLITE_OPEN_READ_ONLY
                    | OpenFlags::SQLITE_OPEN_URI
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            // The shard may come from elsewhere: its schema is not trusted to call functions.
            connection.execute_batch(
                "PRAGMA mmap_size = 1073741824; PRAGMA query_only = 1; PRAGMA trusted_schema = 0",
            )?;
            Ok(connection)
        };
        let connection = open().map_err(DbError::sqlite("open", &path))?;
        let opened = Self { path, connection };
        opened.check_header(kind, &shard.hash)?;
        Ok(Some(opened))
    }

    /// The same shard, read through SQLite's own cache and not mapped: for who reads it from end to end beside much else,
    /// so that its pages do not count among the memory of the process for as long as it is open.
    pub(crate) fn unmapped(self) -> Result<Self, DbError> {
        let set = self.connection.execute_batch("PRAGMA mmap_size = 0");
        set.map_err(DbError::sqlite("open", &self.path))?;
        Ok(self)
    }

    fn check_header(&self, kind: Kind, hash: &Digest) -> Result<(), DbError> {
        let pragma = |name| {
            let value = self.connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
            value.map_err(DbError::sqlite("read", &self.path))
        };
        if pragma("application_id")? != APPLICATION_ID {
            return Err(self.damaged("it is a SQLite file, and not one of plimsoll's"));
        }
        let schema = pragma("user_version")?;
        match u32::try_from(schema) {
            Ok(SCHEMA) => {}
            Ok(found) if found > SCHEMA => {
                return Err(DbError::SchemaTooNew { path: self.path.clone(), found, known: SCHEMA });
            }
            _ => return Err(self.damaged(format!("there is no feed schema {schema}"))),
        }
        let meta = |name: &str| {
            let sql = "SELECT value FROM meta WHERE name = ?1";
            let value = self.connection.query_row(sql, [name], |row| row.get::<_, String>(0));
            value.map_err(DbError::sqlite("read", &self.path))
        };
        let (held, stated) = (meta("kind")?, meta("hash")?);
        if held != kind.name() || stated != hash.as_str() {
            return Err(self.damaged(format!("its header says {held} {stated}")));
        }
        Ok(())
    }

    /// Whose content it is: scope and provider.
    pub(crate) fn owner(&self, kind: Kind) -> Result<(String, String), DbError> {
        self.read(|connection| {
            let mut select = connection.prepare("SELECT value FROM meta WHERE name = ?1")?;
            let mut meta = |name: &str| select.query_row([name], |row| row.get(0));
            Ok((meta(kind.scope_name())?, meta("provider")?))
        })
    }

    /// Runs a read of this shard; what SQLite refuses gets the shard's path.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DbError> {
        query(&self.connection).map_err(DbError::sqlite("read", &self.path))
    }

    /// The error that this shard holds what no writer writes.
    pub(crate) fn damaged(&self, problem: impl Into<String>) -> DbError {
        DbError::Damaged { path: self.path.clone(), problem: problem.into() }
    }
}

/// A value in a shard that no writer writes: a word of no table, a list that is no JSON.
///
/// It travels through `rusqlite` as the conversion error of its column.
pub(crate) fn unreadable(
    column: usize,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
}

/// The case whose word is in a column.
pub(crate) fn word<T: crate::words::Word>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T> {
    let word = row.get_ref(column)?.as_str()?;
    T::from_word(word).ok_or_else(|| unreadable(column, format!("unknown word `{word}`")))
}

/// The severity whose level is in a column and whose word is in the next; both null where there is none.
pub(crate) fn severity(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<SeverityWord>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => Ok(Some(SeverityWord { level: word(row, column)?, word: row.get(column + 1)? })),
    }
}

/// The JSON in a column; the default where it is null.
pub(crate) fn json<T: serde::de::DeserializeOwned + Default>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => serde_json::from_str(text).map_err(|error| unreadable(column, error)),
        None => Ok(T::default()),
    }
}

/// A list as JSON, compact; `None` for an empty one.
pub(crate) fn list<T: Serialize>(list: &[T]) -> Option<String> {
    (!list.is_empty()).then(|| serde_json::to_string(list).expect("texts and lists of texts are JSON"))
}

/// Walks two shards of a kind side by side and calls `take` with each key whose hash differs, or that only one of them has.
///
/// `select` gives the `n_key` texts of the key, then the hash, in the order of the key as bytes.
pub(crate) fn differing_rows(
    old: Option<&Shard>,
    new: Option<&Shard>,
    select: &str,
    n_key: usize,
    take: &mut dyn FnMut(&[String]),
) -> Result<(), DbError> {
    let (mut old_statement, mut new_statement) = (prepared(old, select)?, prepared(new, select)?);
    let (mut old_rows, mut new_rows) = (started(old, &mut old_statement)?, started(new, &mut new_statement)?);
    let mut next_old = || next(old, &mut old_rows, n_key);
    let mut next_new = || next(new, &mut new_rows, n_key);
    let (mut old, mut new) = (next_old()?, next_new()?);
    loop {
        let order = match (&old, &new) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        match (order, &old, &new) {
            (Ordering::Equal, Some((key, old)), Some((_, new))) if old != new => take(key),
            (Ordering::Less, Some((key, _)), _) | (Ordering::Greater, _, Some((key, _))) => take(key),
            _ => {}
        }
        if order.is_le() {
            old = next_old()?;
        }
        if order.is_ge() {
            new = next_new()?;
        }
    }
}

/// A key and the hash under it; none at the end.
type Entry = Option<(Vec<String>, Vec<u8>)>;

fn prepared<'s>(shard: Option<&'s Shard>, select: &str) -> Result<Option<rusqlite::Statement<'s>>, DbError> {
    let prepare =
        |shard: &'s Shard| shard.connection.prepare(select).map_err(DbError::sqlite("read", &shard.path));
    shard.map(prepare).transpose()
}

fn started<'r>(
    shard: Option<&Shard>,
    statement: &'r mut Option<rusqlite::Statement<'_>>,
) -> Result<Option<rusqlite::Rows<'r>>, DbError> {
    let (Some(shard), Some(statement)) = (shard, statement) else { return Ok(None) };
    statement.query([]).map(Some).map_err(DbError::sqlite("read", &shard.path))
}

fn next(
    shard: Option<&Shard>,
    rows: &mut Option<rusqlite::Rows<'_>>,
    n_key: usize,
) -> Result<Entry, DbError> {
    let (Some(shard), Some(rows)) = (shard, rows) else { return Ok(None) };
    let mut read = || -> rusqlite::Result<Entry> {
        let Some(row) = rows.next()? else { return Ok(None) };
        let key = (0..n_key).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        Ok(Some((key, row.get(n_key)?)))
    };
    read().map_err(DbError::sqlite("read", &shard.path))
}

/// A path as a SQLite URI: in it, `?`, `#` and `%` would mean something else.
fn uri(path: &Path, query: &str) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_become_an_option_of_the_uri() {
        assert_eq!(
            uri(Path::new("/a b/%?mode=rwc#x"), "?immutable=1"),
            "file:/a%20b/%25%3Fmode%3Drwc%23x?immutable=1"
        );
    }
}
