//! `facts`: what matching needs to know of feeds and releases before any row is looked up.
//!
//! What repositories stand for is read by the repository: there are thousands, and an image names a few. It lies in tables
//! that are there only when there is something to say.

use std::collections::{BTreeMap, BTreeSet};

use model::facts::{FeedFacts, NamespaceFacts, RepositoryCpes};
use model::key::Namespace;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Kind, Shard, json, list, word};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE namespaces(
        name TEXT PRIMARY KEY, coverage TEXT NOT NULL, end_of_life TEXT, providers TEXT)
        STRICT, WITHOUT ROWID;
    CREATE TABLE codenames(codename TEXT PRIMARY KEY, namespace TEXT NOT NULL) STRICT, WITHOUT ROWID;";

const REPOSITORIES_SQL: &str = "
    CREATE TABLE product_lists(id INTEGER PRIMARY KEY, cpes TEXT) STRICT;
    CREATE TABLE repositories(name TEXT PRIMARY KEY, products INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

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
    if !repositories.is_empty() {
        fill_repositories(connection, repositories)?;
    }
    Ok(())
}

fn fill_repositories(connection: &Connection, repositories: &RepositoryCpes) -> rusqlite::Result<()> {
    connection.execute_batch(REPOSITORIES_SQL)?;
    let mut insert_list = connection.prepare("INSERT INTO product_lists VALUES (?1, ?2)")?;
    let mut insert = connection.prepare("INSERT INTO repositories VALUES (?1, ?2)")?;
    // Hundreds of repositories stand for the same products.
    let mut numbers: BTreeMap<&[String], i64> = BTreeMap::new();
    for (name, cpes) in repositories {
        let next = numbers.len() as i64 + 1;
        let number = *numbers.entry(cpes).or_insert(next);
        if number == next {
            insert_list.execute(params![number, list(cpes)])?;
        }
        insert.execute(params![name, number])?;
    }
    Ok(())
}

const SELECT_REPOSITORIES: &str =
    "SELECT name, cpes FROM repositories JOIN product_lists ON product_lists.id = repositories.products";

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
            repositories.insert(row.get(0)?, json(row, 1)?);
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
            if let Some(cpes) = select.query_row([name], |row| json(row, 1)).optional()? {
                repositories.insert(name.clone(), cpes);
            }
        }
        Ok(repositories)
    })
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
        Ok(facts)
    })
}
