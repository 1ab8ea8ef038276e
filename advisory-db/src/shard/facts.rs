//! `facts`: what matching needs to know of feeds and releases before any row is looked up.
//!
//! What repositories stand for is read by the repository: there are thousands, and an image names a few. It lies in tables
//! that are there only when there is something to say.

use std::collections::{BTreeMap, BTreeSet};

use model::facts::{FeedFacts, NamespaceFacts, RepositoryCpes};
use model::key::Namespace;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Kind, Shard, json, list, sum, unreadable, word};
use crate::digest::{Digest, Fields, frame};
use crate::error::DbError;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE namespaces(
        name TEXT PRIMARY KEY, coverage TEXT NOT NULL, end_of_life TEXT, providers TEXT)
        STRICT, WITHOUT ROWID;
    CREATE TABLE codenames(codename TEXT PRIMARY KEY, namespace TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE checksum(sum INTEGER NOT NULL) STRICT;";

const REPOSITORIES_SQL: &str = "
    CREATE TABLE product_lists(id INTEGER PRIMARY KEY, cpes TEXT) STRICT;
    CREATE TABLE repositories(name TEXT PRIMARY KEY, products INTEGER NOT NULL, sum INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;";

/// The logical hash of a `facts` shard.
pub(crate) fn hash(facts: &FeedFacts, repositories: &RepositoryCpes) -> Digest {
    let mut hash = Fields::new(&Kind::Facts.domain());
    hash.number(facts.namespaces.len() as u64);
    for (name, of) in &facts.namespaces {
        hash.text(name.as_str()).text(of.coverage.word()).option(of.end_of_life.as_deref());
        hash.option(list(&of.providers).as_deref());
    }
    for (codename, namespace) in &facts.codenames {
        hash.text(codename).text(namespace.as_str());
    }
    if !repositories.is_empty() {
        hash.number(repositories.len() as u64);
    }
    for (name, cpes) in repositories {
        hash.text(name).option(list(cpes).as_deref());
    }
    hash.digest()
}

/// The checksum of namespaces and codenames, which are read as a whole.
fn sum_of(facts: &FeedFacts) -> u32 {
    let mut framed = Vec::new();
    for (name, of) in &facts.namespaces {
        let providers = list(&of.providers);
        let columns = [name.as_str(), of.coverage.word()].map(Some);
        let columns = columns.into_iter().chain([of.end_of_life.as_deref(), providers.as_deref()]);
        columns.for_each(|column| frame(&mut framed, column));
    }
    for (codename, namespace) in &facts.codenames {
        frame(&mut framed, Some(codename));
        frame(&mut framed, Some(namespace.as_str()));
    }
    sum::of_framed(&framed)
}

/// Fills an empty `facts` shard.
pub(crate) fn fill(
    connection: &Connection,
    facts: &FeedFacts,
    repositories: &RepositoryCpes,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO namespaces VALUES (?1, ?2, ?3, ?4)")?;
    for (name, of) in &facts.namespaces {
        insert.execute(params![name.as_str(), of.coverage.word(), of.end_of_life, list(&of.providers)])?;
    }
    let mut insert = connection.prepare("INSERT INTO codenames VALUES (?1, ?2)")?;
    for (codename, namespace) in &facts.codenames {
        insert.execute([codename, namespace.as_str()])?;
    }
    connection.execute("INSERT INTO checksum VALUES (?1)", [sum_of(facts)])?;
    if !repositories.is_empty() {
        fill_repositories(connection, repositories)?;
    }
    Ok(())
}

fn fill_repositories(connection: &Connection, repositories: &RepositoryCpes) -> rusqlite::Result<()> {
    connection.execute_batch(REPOSITORIES_SQL)?;
    let mut insert_list = connection.prepare("INSERT INTO product_lists VALUES (?1, ?2)")?;
    let mut insert = connection.prepare("INSERT INTO repositories VALUES (?1, ?2, ?3)")?;
    // Hundreds of repositories stand for the same products.
    let mut numbers: BTreeMap<&[String], i64> = BTreeMap::new();
    for (name, cpes) in repositories {
        let next = numbers.len() as i64 + 1;
        let number = *numbers.entry(cpes).or_insert(next);
        let cpes = list(cpes);
        let sum = sum::of([Some(name.as_str()), cpes.as_deref()]);
        if number == next {
            insert_list.execute(params![number, cpes])?;
        }
        insert.execute(params![name, number, sum])?;
    }
    Ok(())
}

const SELECT_REPOSITORIES: &str =
    "SELECT name, cpes, sum FROM repositories JOIN product_lists ON product_lists.id = repositories.products";

/// All repositories in a shard, and what they stand for.
pub(crate) fn repositories(shard: &Shard) -> Result<RepositoryCpes, DbError> {
    shard.read(|connection| {
        let mut repositories = RepositoryCpes::new();
        if !has_repositories(connection)? {
            return Ok(repositories);
        }
        let mut select = connection.prepare(SELECT_REPOSITORIES)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            repositories.extend([repository(row)?]);
        }
        Ok(repositories)
    })
}

/// What those of `names` stand for that a shard has.
pub(crate) fn repositories_of(shard: &Shard, names: &BTreeSet<String>) -> Result<RepositoryCpes, DbError> {
    shard.read(|connection| {
        let mut repositories = RepositoryCpes::new();
        if !has_repositories(connection)? {
            return Ok(repositories);
        }
        let mut select = connection.prepare(&format!("{SELECT_REPOSITORIES} WHERE name = ?1"))?;
        for name in names {
            repositories.extend(select.query_row([name], repository).optional()?);
        }
        Ok(repositories)
    })
}

/// A repository and what it stands for.
fn repository(row: &rusqlite::Row<'_>) -> rusqlite::Result<(String, Vec<String>)> {
    let name = row.get_ref(0)?.as_str()?;
    if row.get::<_, u32>(2)? != sum::of([Some(name), row.get_ref(1)?.as_str_or_null()?]) {
        return Err(unreadable(1, format!("what it has about `{name}` is not what was written")));
    }
    Ok((name.to_owned(), json(row, 1)?))
}

fn has_repositories(connection: &Connection) -> rusqlite::Result<bool> {
    let mut select = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'repositories'")?;
    select.exists([])
}

/// The facts in a shard.
pub(crate) fn load(shard: &Shard) -> Result<FeedFacts, DbError> {
    shard.read(|connection| {
        let mut facts = FeedFacts::default();
        let mut select =
            connection.prepare("SELECT name, coverage, end_of_life, providers FROM namespaces")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let of = NamespaceFacts {
                coverage: word(row, 1)?,
                end_of_life: row.get(2)?,
                providers: json(row, 3)?,
            };
            facts.namespaces.insert(Namespace::new(row.get::<_, String>(0)?), of);
        }
        let mut select = connection.prepare("SELECT codename, namespace FROM codenames")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            facts.codenames.insert(row.get(0)?, Namespace::new(row.get::<_, String>(1)?));
        }
        let written = connection.query_row("SELECT sum FROM checksum", [], |row| row.get::<_, u32>(0))?;
        match written == sum_of(&facts) {
            true => Ok(facts),
            false => Err(unreadable(0, "the facts about namespaces are not what was written")),
        }
    })
}
