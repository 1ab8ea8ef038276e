//! Edits: what makes one shard of another.
//!
//! An edit is a list of JSON lines, made to be compressed as a whole: first a header that names both shards by their
//! logical hashes, then a line for each key or record that differs. Applied to a copy of the old shard it gives a shard
//! whose logical hash is computed from what it then holds, and compared with the one named; so neither a wrong edit nor
//! a wrong base can become current. The layout is documented in `docs/reference/published-feeds.md`.

use std::io::{BufRead, Read as _, Write};
use std::path::Path;

use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Kind, Owner, Shard, ShardRef, close, edit, edit_rows, edit_text, path, publish, seal};
use crate::digest::Digest;
use crate::error::DbError;
use crate::files;

/// What `schema` of an edit is.
const SCHEMA: &str = "plimsoll-edit/1";

/// No line of an edit is longer: the rows of a key that changes as a whole.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    schema: String,
    kind: String,
    from: Digest,
    to: Digest,
}

/// Writes the edit that makes `new` of `old`: shards of rows or of texts, of the same owner.
pub(crate) fn write(
    kind: Kind,
    (old, from): (&Shard, &Digest),
    (new, to): (&Shard, &Digest),
    out: &mut dyn Write,
) -> Result<(), DbError> {
    let header = Header {
        schema: SCHEMA.to_owned(),
        kind: kind.name().to_owned(),
        from: from.clone(),
        to: to.clone(),
    };
    let mut lines = Lines { out, problem: None };
    lines.push(&header);
    match kind {
        Kind::Rows => edit_rows::write(old, new, &mut lines)?,
        Kind::Text => edit_text::write(old, new, &mut lines)?,
        Kind::Daily | Kind::Facts => return Err(old.damaged("shards of its kind have no edits")),
    }
    match lines.problem {
        Some(source) => Err(DbError::io("write", Path::new("an edit"))(source)),
        None => Ok(()),
    }
}

/// Makes the shard `to` of the shard `from` by the edit in `input`, and names it in `directory`.
///
/// # Errors
/// [`DbError::Edit`] when the edit is of another shard, cannot be read, or gives something other than it says; the
/// directory is then as it was, but for a file under a temporary name.
pub(crate) fn apply(
    directory: &Path,
    kind: Kind,
    from: &ShardRef,
    to: &Digest,
    input: &mut dyn BufRead,
) -> Result<ShardRef, DbError> {
    let missing = || DbError::Missing { path: from.path(directory, kind) };
    let base = Shard::open(directory, kind, from)?.ok_or_else(missing)?;
    let (scope, provider) = base.owner(kind)?;
    let owner = Owner { scope: &scope, provider: &provider };
    let mut lines = Input { input, line: Vec::new(), number: 0 };
    let header: Header = lines.next()?.ok_or_else(|| refused("it is empty"))?;
    if (header.schema.as_str(), header.kind.as_str()) != (SCHEMA, kind.name()) {
        return Err(refused(format!("it is `{}` for `{}`", header.schema, header.kind)));
    }
    if header.from != from.hash || header.to != *to {
        return Err(refused(format!("it leads from {} to {}", header.from, header.to)));
    }
    let path = path(directory, kind, to);
    let temporary = files::temporary(&path);
    files::copy(&from.path(directory, kind), &temporary)?;
    let connection = edit(&temporary)?;
    let failed = DbError::sqlite("edit", &temporary);
    let hash = match kind {
        Kind::Rows => edit_rows::apply(&connection, owner, &mut lines),
        _ => edit_text::apply(&connection, owner, &mut lines),
    };
    let hash = match hash {
        Ok(hash) => hash,
        Err(Refusal::Sql(error)) => return Err(failed(error)),
        Err(Refusal::Edit(error)) => return Err(error),
    };
    if hash != *to {
        return Err(refused(format!("what it gives is {hash}, and {to} was expected")));
    }
    seal(&connection, kind, owner, &hash).map_err(failed)?;
    close(connection, &temporary)?;
    publish(&path, &hash)
}

/// The error that an edit cannot be used.
pub(super) fn refused(problem: impl Into<String>) -> DbError {
    DbError::Edit { problem: problem.into() }
}

/// Why applying came to an end.
pub(super) enum Refusal {
    Sql(rusqlite::Error),
    Edit(DbError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Edit(error)
    }
}

/// Takes the lines of an edit. The first failure is kept, and what follows is passed over.
pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
    problem: Option<std::io::Error>,
}

impl Lines<'_> {
    pub(super) fn push(&mut self, line: &impl Serialize) {
        if self.problem.is_none() {
            let written = serde_json::to_writer(&mut *self.out, line).map_err(Into::into);
            self.problem = written.and_then(|()| self.out.write_all(b"\n")).err();
        }
    }
}

/// Gives the lines of an edit.
pub(super) struct Input<'a> {
    input: &'a mut dyn BufRead,
    line: Vec<u8>,
    number: usize,
}

impl Input<'_> {
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, DbError> {
        self.number += 1;
        self.line.clear();
        let read = (&mut *self.input).take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line);
        read.map_err(|error| refused(format!("line {}: {error}", self.number)))?;
        match self.line.last() {
            None => Ok(None),
            Some(b'\n') => serde_json::from_slice(&self.line)
                .map(Some)
                .map_err(|error| refused(format!("line {}: {error}", self.number))),
            Some(_) => Err(refused(format!("line {} is cut off or too long", self.number))),
        }
    }
}

/// Runs `change` in a transaction that stays open.
pub(super) fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")
}
