//! Looking things up for people: by an id, by a package's name, or by keys, with everything that is stored.
//!
//! It reads the view `advisories` as any other program may (`docs/reference/feed-database.md`), so it shows what is
//! there and decides nothing. Ids have no index: looking for one reads the table of records of every shard, and of
//! those that have it all rows: some 0.3 s for a million records, and 0.7 s for a million rows.

use std::collections::BTreeSet;

use model::advisory::{Daily, RecordText};
use model::ecosystem::Ecosystem;
use model::key::{Namespace, PackageKey, normalise_name};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use crate::error::DbError;
use crate::shard::{Kind, unreadable};
use crate::snapshot::Snapshot;
use crate::words::Word;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The rows of records that go by this id, be it theirs or another (`CVE-…`, `GHSA-…`), whatever its case; and the
    /// rows of packages of this name.
    Text(&'a str),
    /// The rows under these keys.
    Keys(&'a BTreeSet<PackageKey>),
}

/// One row, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// The columns of the view `advisories` that are not null; what they hold as JSON is JSON here.
    pub columns: Map<String, Value>,
}

impl StoredRow {
    /// The text in `column`; empty when there is none.
    pub fn text(&self, column: &str) -> &str {
        self.columns.get(column).and_then(Value::as_str).unwrap_or_default()
    }

    /// The texts of the list in `column`.
    pub fn list(&self, column: &str) -> Vec<&str> {
        let list = self.columns.get(column).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

impl Snapshot {
    /// The rows of `provider` in `namespace` that are looked for, in the order in which they are stored.
    ///
    /// # Errors
    /// When a shard cannot be read.
    pub fn search(
        &self,
        namespace: &Namespace,
        provider: &str,
        wanted: Wanted<'_>,
    ) -> Result<Vec<StoredRow>, DbError> {
        let part = self.parts(namespace).and_then(|parts| parts.get(provider));
        let Some(shard) = part.and_then(|part| part.shards.rows.as_ref()) else { return Ok(Vec::new()) };
        // It is asked once, so it need not stay open: a search opens every shard there is.
        let shard = self.open(Kind::Rows, shard)?;
        shard.read(|connection| match wanted {
            Wanted::Text(text) => by_text(connection, namespace, text),
            Wanted::Keys(keys) => by_keys(connection, keys.iter().filter(|key| key.namespace == *namespace)),
        })
    }
}

fn by_text(connection: &Connection, namespace: &Namespace, text: &str) -> rusqlite::Result<Vec<StoredRow>> {
    let ecosystem = Ecosystem::from_name(namespace.as_str());
    let name = match namespace.distro_id() {
        Some(_) => text.into(),
        None => normalise_name(ecosystem, text),
    };
    let mut rows = Vec::new();
    select(connection, "SELECT * FROM advisories WHERE name = ?1", params![name], &mut rows)?;
    // The cheap comparison first: most records are not the one.
    let mut records = connection.prepare(
        "SELECT record FROM records
         WHERE record = ?1 COLLATE NOCASE
            OR instr(lower(aliases), lower(?1)) > 0
               AND EXISTS (SELECT 1 FROM json_each(aliases) WHERE value = ?1 COLLATE NOCASE)",
    )?;
    let records: Vec<String> =
        records.query_map([text], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if !records.is_empty() {
        // The `+` makes one pass over all rows: SQLite would look up the record's rows for each key, which for a record of
        // 20,000 rows among a million takes 25 s instead of 0.7. Rows of a package that is called like an id were found
        // by its name.
        let sql = "SELECT * FROM advisories
                   WHERE +record IN (SELECT value FROM json_each(?1)) AND name <> ?2";
        select(connection, sql, params![json!(records).to_string(), name], &mut rows)?;
    }
    Ok(rows)
}

fn by_keys<'k>(
    connection: &Connection,
    keys: impl Iterator<Item = &'k PackageKey>,
) -> rusqlite::Result<Vec<StoredRow>> {
    let mut rows = Vec::new();
    for key in keys {
        let sql = "SELECT * FROM advisories WHERE kind = ?1 AND name = ?2";
        select(connection, sql, params![key.kind.as_str(), key.name], &mut rows)?;
    }
    Ok(rows)
}

fn select(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    rows: &mut Vec<StoredRow>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = statement.query(parameters)?;
    while let Some(row) = found.next()? {
        rows.push(stored(row, &names)?);
    }
    Ok(())
}

fn stored(row: &Row<'_>, names: &[String]) -> rusqlite::Result<StoredRow> {
    let mut columns = Map::new();
    for (index, name) in names.iter().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Null => continue,
            ValueRef::Integer(number) => Value::from(number),
            ValueRef::Real(number) => Value::from(number),
            ValueRef::Text(text) => value(index, name, text)?,
            ValueRef::Blob(_) => return Err(unreadable(index, "bytes where text should be")),
        };
        columns.insert(name.clone(), value);
    }
    Ok(StoredRow { columns })
}

/// The columns that hold JSON.
const JSON_COLUMNS: [&str; 5] = ["aliases", "conditions", "ranges", "versions", "details"];

fn value(index: usize, column: &str, text: &[u8]) -> rusqlite::Result<Value> {
    match JSON_COLUMNS.contains(&column) {
        true => serde_json::from_slice(text).map_err(|error| unreadable(index, error)),
        false => std::str::from_utf8(text).map(Value::from).map_err(|error| unreadable(index, error)),
    }
}

/// Everything that people read about a record, as JSON; what is not said is absent.
pub fn text_json(text: &RecordText) -> Value {
    let cvss: Vec<Value> = text
        .cvss
        .iter()
        .map(|cvss| json!({"source": cvss.source, "vector": cvss.vector, "score": cvss.score}))
        .collect();
    let references: Vec<Value> =
        text.references.iter().map(|it| json!({"url": it.url, "tags": it.tags})).collect();
    let links: Vec<Value> = text
        .links
        .iter()
        .map(|link| json!({"relation": link.relation.word(), "record": link.other}))
        .collect();
    let severity =
        text.severity.as_ref().map(|severity| json!({"level": severity.level.word(), "word": severity.word}));
    without_nothing(json!({
        "record": text.record,
        "provider": text.provider,
        "title": text.title,
        "description": text.description,
        "severity": severity,
        "published": text.published.map(|published| published.to_string()),
        "cvss": cvss,
        "weaknesses": text.weaknesses,
        "references": references,
        "links": links,
        "credits": text.credits,
        "license": text.license,
    }))
}

/// EPSS and KEV of an id, as JSON; what there is not is absent.
pub fn daily_json(id: &str, daily: &Daily) -> Value {
    let epss = daily.epss.map(|epss| json!({"score": epss.score, "percentile": epss.percentile}));
    let kev = daily.kev.as_ref().map(|kev| {
        without_nothing(json!({"added": kev.added, "due": kev.due, "ransomware": kev.ransomware}))
    });
    without_nothing(json!({"id": id, "epss": epss, "kev": kev}))
}

/// `object` without nulls and empty lists.
fn without_nothing(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
    }
    object
}
