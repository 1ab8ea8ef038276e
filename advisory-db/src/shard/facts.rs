//! `facts`: what matching needs to know of feeds and releases before any row is looked up.

use model::facts::{FeedFacts, NamespaceFacts};
use model::key::Namespace;
use rusqlite::{Connection, params};

use super::{Kind, Shard, json, list, word};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE namespaces(
        name TEXT PRIMARY KEY, coverage TEXT NOT NULL, end_of_life TEXT, providers TEXT)
        STRICT, WITHOUT ROWID;
    CREATE TABLE codenames(codename TEXT PRIMARY KEY, namespace TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/// The logical hash of a `facts` shard.
pub(crate) fn hash(facts: &FeedFacts) -> Digest {
    let mut hash = Fields::new(&Kind::Facts.domain());
    hash.number(facts.namespaces.len() as u64);
    for (name, of) in &facts.namespaces {
        hash.text(name.as_str()).text(of.coverage.word()).option(of.end_of_life.as_deref());
        hash.option(list(&of.providers).as_deref());
    }
    for (codename, namespace) in &facts.codenames {
        hash.text(codename).text(namespace.as_str());
    }
    hash.digest()
}

/// Fills an empty `facts` shard.
pub(crate) fn fill(connection: &Connection, facts: &FeedFacts) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO namespaces VALUES (?1, ?2, ?3, ?4)")?;
    for (name, of) in &facts.namespaces {
        insert.execute(params![name.as_str(), of.coverage.word(), of.end_of_life, list(&of.providers)])?;
    }
    let mut insert = connection.prepare("INSERT INTO codenames VALUES (?1, ?2)")?;
    for (codename, namespace) in &facts.codenames {
        insert.execute([codename, namespace.as_str()])?;
    }
    Ok(())
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
