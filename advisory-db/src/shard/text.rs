//! `text`: what people read about the records in the rows; no verdict depends on it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::advisory::{Advisory, CvssVector, RecordText};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Kind, Owner, Shard, json, list, severity, unreadable};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE texts(
        record TEXT NOT NULL PRIMARY KEY, title TEXT, severity TEXT, severity_word TEXT, published TEXT,
        cvss TEXT, links TEXT) STRICT;";

/// The text of one record, ready to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text {
    title: Option<String>,
    severity: Option<(&'static str, String)>,
    published: Option<Timestamp>,
    cvss: Vec<(String, String)>,
    links: Vec<String>,
}

impl Text {
    pub(crate) fn of(advisory: &Advisory) -> Self {
        Self {
            title: advisory.title.clone(),
            severity: advisory.severity.as_ref().map(|said| (said.level.word(), said.word.clone())),
            published: advisory.published,
            cvss: advisory.cvss.iter().map(|cvss| (cvss.source.clone(), cvss.vector.clone())).collect(),
            links: advisory.references.clone(),
        }
    }

    /// The text of a record that several advisories describe: the first of each single value and all of
    /// each list, in the order of the texts themselves, so that the order of arrival has no say.
    pub(crate) fn merge(mut texts: Vec<Self>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut texts = texts.into_iter();
        let mut merged = texts.next().unwrap_or_default();
        for text in texts {
            merged.title = merged.title.or(text.title);
            merged.severity = merged.severity.or(text.severity);
            merged.published = merged.published.or(text.published);
            append_new(&mut merged.cvss, text.cvss);
            append_new(&mut merged.links, text.links);
        }
        merged
    }

    /// Whether nothing is said: such a record has no row.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn append_new<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for element in more {
        if !list.contains(&element) {
            list.push(element);
        }
    }
}

/// The logical hash of a `text` shard.
pub(crate) fn hash(owner: Owner<'_>, texts: &BTreeMap<Box<str>, Text>) -> Digest {
    let mut hash = Fields::new(&Kind::Text.domain());
    hash.text(owner.namespace).text(owner.provider);
    for (record, text) in texts {
        hash.text(record).option(text.title.as_deref());
        hash.option(text.severity.as_ref().map(|(level, _)| *level));
        hash.option(text.severity.as_ref().map(|(_, word)| word.as_str()));
        hash.option(text.published.map(|published| published.to_string()).as_deref());
        hash.option(list(&text.cvss).as_deref()).option(list(&text.links).as_deref());
    }
    hash.digest()
}

/// Fills an empty `text` shard.
pub(crate) fn fill(connection: &Connection, texts: &BTreeMap<Box<str>, Text>) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO texts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (record, text) in texts {
        insert.execute(params![
            record,
            text.title,
            text.severity.as_ref().map(|(level, _)| *level),
            text.severity.as_ref().map(|(_, word)| word),
            text.published.map(|published| published.to_string()),
            list(&text.cvss),
            list(&text.links),
        ])?;
    }
    Ok(())
}

/// Appends to `texts` those of `records` that the shard of `provider` has.
pub(crate) fn load<'r>(
    shard: &Shard,
    provider: &str,
    records: impl Iterator<Item = &'r str>,
    texts: &mut Vec<RecordText>,
) -> Result<(), DbError> {
    shard.read(|connection| {
        let mut select = connection.prepare_cached(
            "SELECT title, severity, severity_word, published, cvss, links FROM texts WHERE record = ?1",
        )?;
        for record in records {
            let text = select.query_row([record], |row| decode(row, provider, record)).optional()?;
            texts.extend(text);
        }
        Ok(())
    })
}

fn decode(row: &rusqlite::Row<'_>, provider: &str, record: &str) -> rusqlite::Result<RecordText> {
    let published = match row.get_ref(3)?.as_str_or_null()? {
        Some(text) => Some(text.parse().map_err(|error: jiff::Error| unreadable(3, error))?),
        None => None,
    };
    let cvss: Vec<(String, String)> = json(row, 4)?;
    Ok(RecordText {
        record: record.to_owned(),
        provider: provider.to_owned(),
        title: row.get(0)?,
        cvss: cvss.into_iter().map(|(source, vector)| CvssVector { source, vector }).collect(),
        severity: severity(row, 1)?,
        references: json(row, 5)?,
        published,
    })
}
