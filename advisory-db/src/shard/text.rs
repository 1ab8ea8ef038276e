//! `text`: what people read about the records in the rows of a feed; no verdict depends on it.
//!
//! The releases of a distribution share nearly all their records, so a feed has one such shard for all its namespaces.
//! Each text is JSON, compressed with a dictionary that the shard holds and that was made from its own texts: they
//! are short and resemble each other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::Hash;
use std::path::{Path, PathBuf};

use indexmap::IndexSet;
use jiff::Timestamp;
use model::advisory::{Advisory, RecordLink, RecordText, Reference, SeverityWord};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};

use super::drafted::{Drafted, Place};
use super::stored::StoredCvss;
use super::{Kind, Owner, Shard, ShardRef, begin, close, differing_rows, path, publish, seal, unreadable};
use crate::digest::{Digest, Fields};
use crate::error::DbError;
use crate::files;
use crate::words::Word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE dictionary(dictionary BLOB NOT NULL) STRICT;
    CREATE TABLE texts(record TEXT PRIMARY KEY, hash BLOB NOT NULL, text BLOB NOT NULL) STRICT, WITHOUT ROWID;";

/// The text of one record, as stored; of borrowed parts while it is made.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Text<S = String> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<S>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<S>,
    /// Level and word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severity: Option<(S, S)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cvss: Vec<StoredCvss<S>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    weaknesses: Vec<S>,
    /// Each an address, followed by its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<Vec<S>>,
    /// Each a relation and a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<(S, S)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    credits: Vec<S>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    license: Option<S>,
}

impl<'a> Text<&'a str> {
    pub(crate) fn of(advisory: &'a Advisory) -> Self {
        let texts = |texts: &'a [String]| texts.iter().map(String::as_str).collect();
        let link = |link: &'a RecordLink| (link.relation.word(), link.other.as_str());
        let reference = |reference: &'a Reference| {
            [&reference.url].into_iter().chain(&reference.tags).map(String::as_str).collect()
        };
        Self {
            title: advisory.title.as_deref(),
            description: advisory.description.as_deref(),
            severity: advisory.severity.as_ref().map(|it| (it.level.word(), it.word.as_str())),
            published: advisory.published.map(|published| published.to_string()),
            cvss: advisory.cvss.iter().map(StoredCvss::from).collect(),
            weaknesses: texts(&advisory.weaknesses),
            references: advisory.references.iter().map(reference).collect(),
            links: advisory.links.iter().map(link).collect(),
            credits: texts(&advisory.credits),
            license: advisory.license.as_deref(),
        }
    }
}

impl<S: Serialize> Text<S> {
    /// As JSON; [`NO_TEXT`] where nothing is said.
    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(self).expect("texts and lists are JSON")
    }
}

/// A text that says nothing: such a record has no row. No other is as short.
const NO_TEXT: &str = "{}";

/// The texts of the records of a namespace.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) drafted: &'a Drafted,
    /// The records, each with its aliases.
    pub(crate) ids: &'a [(Box<str>, Option<String>)],
    /// The index of a record and where a text of it lies; sorted by the records' ids.
    pub(crate) places: &'a [(u32, Place)],
}

impl<'a> Texts<'a> {
    /// The places of the texts of each record that says something.
    fn by_record(self) -> impl Iterator<Item = &'a [(u32, Place)]> {
        let says_something = |(_, place): &(u32, Place)| place.n_bytes() > NO_TEXT.len() as u64;
        let records = self.places.chunk_by(|(a, _), (b, _)| a == b);
        records.filter(move |places| places.iter().any(says_something))
    }

    /// The id of the record whose places these are.
    fn record(self, places: &[(u32, Place)]) -> &'a str {
        places.first().map_or("", |(index, _)| &self.ids[*index as usize].0)
    }

    /// All that is said at these places, encoded.
    fn text(self, places: &[(u32, Place)]) -> Result<String, DbError> {
        let texts = places.iter().map(|(_, place)| self.drafted.text(*place));
        Ok(Text::merge_encoded(texts.collect::<Result<_, _>>()?))
    }
}

impl Text {
    fn decode(encoded: &str) -> Self {
        serde_json::from_str(encoded).expect("what was just encoded")
    }

    /// What several advisories say about a record, each encoded: see [`Text::merge`].
    pub(crate) fn merge_encoded(mut texts: Vec<String>) -> String {
        texts.sort_unstable();
        texts.dedup();
        match &texts[..] {
            [_] => texts.remove(0),
            _ => Self::merge(texts.iter().map(|text| Self::decode(text)).collect()).encode(),
        }
    }

    /// The text of a record that several advisories describe: the first of each single value and all of
    /// each list, in the order of the texts themselves, so that the order of arrival has no say.
    fn merge(mut texts: Vec<Self>) -> Self {
        texts.sort_unstable();
        let texts = &mut texts[..];
        Self {
            title: first(texts, |text| &mut text.title),
            description: first(texts, |text| &mut text.description),
            severity: first(texts, |text| &mut text.severity),
            published: first(texts, |text| &mut text.published),
            cvss: united(texts, |text| &mut text.cvss),
            weaknesses: united(texts, |text| &mut text.weaknesses),
            references: united(texts, |text| &mut text.references),
            links: united(texts, |text| &mut text.links),
            credits: united(texts, |text| &mut text.credits),
            license: first(texts, |text| &mut text.license),
        }
    }

    /// What two texts are compared by: compressed they differ with their dictionaries.
    pub(crate) fn hash(record: &str, encoded: &str) -> TextHash {
        let mut short = [0; 8];
        let mut fields = Fields::new("plimsoll-record-text/2");
        short.copy_from_slice(&fields.text(record).text(encoded).short()[..8]);
        short
    }
}

fn first<T>(texts: &mut [Text], value: fn(&mut Text) -> &mut Option<T>) -> Option<T> {
    texts.iter_mut().find_map(|text| value(text).take())
}

fn united<T: Hash + Eq>(texts: &mut [Text], list: fn(&mut Text) -> &mut Vec<T>) -> Vec<T> {
    let all: IndexSet<T> = texts.iter_mut().flat_map(|text| std::mem::take(list(text))).collect();
    all.into_iter().collect()
}

/// What a text is compared by.
pub(crate) type TextHash = [u8; 8];

/// The logical hash of a `text` shard.
pub(crate) fn hash<'t>(owner: Owner<'_>, texts: impl Iterator<Item = (&'t str, TextHash)>) -> Digest {
    let mut fields = Fields::new(&Kind::Text.domain());
    fields.text(owner.scope).text(owner.provider);
    for (record, hash) in texts {
        fields.text(record).bytes(&hash);
    }
    fields.digest()
}

/// How hard to compress: beyond this, time doubles for a few hundredths of the size.
const LEVEL: i32 = 9;

/// The size of a dictionary, the usual one of zstd.
const DICTIONARY_BYTES: usize = 112 << 10;

/// A dictionary is worth its bytes when there are this many times as many of texts.
const DICTIONARY_SHARE: usize = 16;

/// How much of the texts a dictionary is made from, at most: a hundred times its size, as zstd advises.
const SAMPLE_BYTES: usize = 100 * DICTIONARY_BYTES;

/// No text is larger; a shard that says otherwise is damaged.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// The `text` shard of a feed while its namespaces are given one after the other: a file under a temporary name.
///
/// Texts that the feed had before are taken over as they are, compressed with the dictionary of then.
pub(crate) struct Draft {
    temporary: PathBuf,
    connection: Connection,
    compressor: Option<Compressor<'static>>,
    dictionary: Vec<u8>,
    hashes: BTreeMap<Box<str>, TextHash>,
    before: Option<Shard>,
    n_namespaces: usize,
}

impl Draft {
    /// One without texts, in a directory of shards; `before` is the shard that the feed has now.
    pub(crate) fn new(shards: &Path, before: Option<Shard>) -> Result<Self, DbError> {
        let temporary = files::temporary(&shards.join("draft.text.sqlite"));
        let connection = begin(&temporary, Kind::Text)?;
        Ok(Self {
            temporary,
            connection,
            compressor: None,
            dictionary: Vec::new(),
            hashes: BTreeMap::new(),
            before,
            n_namespaces: 0,
        })
    }

    /// Adds the texts of a namespace. A record that another namespace told otherwise gets all that both tell.
    pub(crate) fn add(&mut self, texts: Texts<'_>) -> Result<(), DbError> {
        if texts.by_record().next().is_none() {
            return Ok(());
        }
        self.n_namespaces += 1;
        if self.compressor.is_none() {
            self.start(texts)?;
        }
        for places in texts.by_record() {
            let text = texts.text(places)?;
            self.insert(texts.record(places), &text).map_err(DbError::sqlite("write", &self.temporary))?;
        }
        Ok(())
    }

    fn insert(&mut self, record: &str, encoded: &str) -> rusqlite::Result<()> {
        let Self { connection, compressor: Some(compressor), dictionary, hashes, before, .. } = self else {
            return Ok(());
        };
        let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO texts VALUES (?1, ?2, ?3)")?;
        let hash = Text::hash(record, encoded);
        match hashes.entry(record.into()) {
            Entry::Vacant(entry) => {
                entry.insert(hash);
                match taken_over(before.as_ref(), record, hash)? {
                    Some(compressed) => insert.execute(params![record, hash, compressed])?,
                    None => insert.execute(params![record, hash, packed(compressor, encoded)?])?,
                };
            }
            Entry::Occupied(entry) if *entry.get() == hash => {}
            Entry::Occupied(mut entry) => {
                let mut decompressor = Decompressor::with_dictionary(dictionary).map_err(io_failed)?;
                let mut select =
                    connection.prepare_cached("SELECT record, text, hash FROM texts WHERE record = ?1")?;
                let other = select.query_row([record], |row| decode(row, &mut decompressor))?;
                let encoded = Text::merge(vec![other, Text::decode(encoded)]).encode();
                let hash = Text::hash(record, &encoded);
                entry.insert(hash);
                insert.execute(params![record, hash, packed(compressor, &encoded)?])?;
            }
        }
        Ok(())
    }

    /// Chooses the dictionary: the one of before, or, where there is none worth keeping, one of the first texts.
    fn start(&mut self, texts: Texts<'_>) -> Result<(), DbError> {
        let held = match &self.before {
            Some(shard) => shard.read(dictionary_of)?,
            None => Vec::new(),
        };
        self.dictionary = if held.is_empty() { dictionary(texts)? } else { held.clone() };
        if self.dictionary != held {
            self.before = None;
        }
        let insert = self.connection.execute("INSERT INTO dictionary VALUES (?1)", [&self.dictionary]);
        insert.map_err(DbError::sqlite("write", &self.temporary))?;
        let compressor = Compressor::with_dictionary(LEVEL, &self.dictionary);
        self.compressor = Some(compressor.map_err(DbError::io("write", &self.temporary))?);
        Ok(())
    }

    /// The logical hash of what was added.
    pub(crate) fn hash(&self, owner: Owner<'_>) -> Digest {
        hash(owner, self.hashes.iter().map(|(record, hash)| (&**record, *hash)))
    }

    /// Whether nothing was.
    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Makes it a shard.
    pub(crate) fn publish(self, shards: &Path, owner: Owner<'_>) -> Result<ShardRef, DbError> {
        let hash = self.hash(owner);
        let Self { temporary, connection, n_namespaces, .. } = self;
        let write = || -> rusqlite::Result<()> {
            seal(&connection, Kind::Text, owner, &hash)?;
            // Records that later namespaces brought were put between the others.
            if n_namespaces > 1 { connection.execute_batch("VACUUM") } else { Ok(()) }
        };
        write().map_err(DbError::sqlite("write", &temporary))?;
        close(connection, &temporary)?;
        let path = path(shards, Kind::Text, &hash);
        files::rename(&temporary, &files::temporary(&path))?;
        publish(&path, &hash)
    }

    /// Leaves nothing behind.
    pub(crate) fn discard(self) -> Result<(), DbError> {
        let Self { temporary, connection, .. } = self;
        drop(connection);
        files::remove(&temporary)
    }
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Draft").field("texts", &self.hashes.len()).finish_non_exhaustive()
    }
}

/// The text of a record as `before` has it compressed, where it is the same.
fn taken_over(before: Option<&Shard>, record: &str, hash: TextHash) -> rusqlite::Result<Option<Vec<u8>>> {
    let Some(before) = before else { return Ok(None) };
    let mut select =
        before.connection.prepare_cached("SELECT text FROM texts WHERE record = ?1 AND hash = ?2")?;
    select.query_row(params![record, hash], |row| row.get(0)).optional()
}

pub(super) fn packed(compressor: &mut Compressor<'_>, encoded: &str) -> rusqlite::Result<Vec<u8>> {
    compressor.compress(encoded.as_bytes()).map_err(io_failed)
}

fn io_failed(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

/// Compresses texts as those of a shard are.
pub(super) fn compressor(connection: &Connection) -> rusqlite::Result<Compressor<'static>> {
    Compressor::with_dictionary(LEVEL, &dictionary_of(connection)?).map_err(io_failed)
}

/// The text of each record, none where the shard has none.
pub(super) fn all_of<'r>(
    shard: &Shard,
    records: impl Iterator<Item = &'r str>,
) -> Result<Vec<Option<Text>>, DbError> {
    shard.read(|connection| {
        let dictionary = dictionary_of(connection)?;
        let mut decompressor = Decompressor::with_dictionary(&dictionary).map_err(io_failed)?;
        let mut select =
            connection.prepare_cached("SELECT record, text, hash FROM texts WHERE record = ?1")?;
        let text = |record| select.query_row([record], |row| decode(row, &mut decompressor)).optional();
        records.map(text).collect()
    })
}

fn dictionary_of(connection: &Connection) -> rusqlite::Result<Vec<u8>> {
    connection.query_row("SELECT dictionary FROM dictionary", [], |row| row.get(0))
}

/// A dictionary of the texts; empty where they are too few to be worth one, or too alike to make one of.
fn dictionary(texts: Texts<'_>) -> Result<Vec<u8>, DbError> {
    let n_bytes: u64 = texts.by_record().flatten().map(|(_, place)| place.n_bytes()).sum();
    let size = (n_bytes as usize / DICTIONARY_SHARE).min(DICTIONARY_BYTES);
    if size < 1 << 10 {
        return Ok(Vec::new());
    }
    // Texts spread evenly over all of them, so that every kind of record has its say.
    let step = (n_bytes as usize / SAMPLE_BYTES).max(1);
    let samples = texts.by_record().step_by(step).map(|places| texts.text(places));
    let samples: Vec<String> = samples.collect::<Result<_, _>>()?;
    Ok(zstd::dict::from_samples(&samples, size).unwrap_or_default())
}

/// Appends to `texts` those of `records` that the shard of `provider` has.
pub(crate) fn load<'r>(
    shard: &Shard,
    provider: &str,
    records: impl Iterator<Item = &'r str>,
    texts: &mut Vec<RecordText>,
) -> Result<(), DbError> {
    shard.read(|connection| {
        let dictionary = dictionary_of(connection)?;
        let mut decompressor =
            Decompressor::with_dictionary(&dictionary).map_err(|error| unreadable(0, error))?;
        let mut select =
            connection.prepare_cached("SELECT record, text, hash FROM texts WHERE record = ?1")?;
        for record in records {
            let text = select.query_row([record], |row| decode(row, &mut decompressor)).optional()?;
            if let Some(text) = text {
                texts.push(read(text, provider, record).map_err(|problem| unreadable(0, problem))?);
            }
        }
        Ok(())
    })
}

/// The logical hash of a `text` shard, computed from its texts.
///
/// `n_bytes` is the size of its file, which bounds how much is unpacked.
pub(super) fn content_hash(shard: &Shard, owner: Owner<'_>, n_bytes: u64) -> Result<Digest, DbError> {
    /// Texts of real feeds take three to ten times as much unpacked.
    const UNPACKED_TIMES: u64 = 64;
    let hashes = shard.read(|connection| {
        let dictionary = dictionary_of(connection)?;
        let mut decompressor =
            Decompressor::with_dictionary(&dictionary).map_err(|error| unreadable(0, error))?;
        let mut select = connection.prepare("SELECT record, text, hash FROM texts ORDER BY record")?;
        let mut rows = select.query([])?;
        let mut hashes: Vec<(String, TextHash)> = Vec::new();
        let mut unpacked_left = n_bytes.saturating_mul(UNPACKED_TIMES).saturating_add(TEXT_BYTES_MAX as u64);
        while let Some(row) = rows.next()? {
            let size = zstd::zstd_safe::get_frame_content_size(row.get_ref(1)?.as_blob()?);
            let left = unpacked_left.checked_sub(size.ok().flatten().unwrap_or_default());
            unpacked_left =
                left.ok_or_else(|| unreadable(1, "its texts are absurdly many times as large unpacked"))?;
            decode(row, &mut decompressor)?;
            hashes.push((row.get(0)?, row.get(2)?));
        }
        Ok(hashes)
    })?;
    Ok(hash(owner, hashes.iter().map(|(record, hash)| (record.as_str(), *hash))))
}

/// Calls `take` with each record whose text differs between two shards, either of which may be absent.
pub(crate) fn differing(
    old: Option<&Shard>,
    new: Option<&Shard>,
    take: &mut dyn FnMut(&str),
) -> Result<(), DbError> {
    const SELECT: &str = "SELECT record, hash FROM texts ORDER BY record";
    differing_rows(old, new, SELECT, 1, &mut |key| take(&key[0]))
}

/// The text of the record in the first column, which is in the second; its hash is in the third.
fn decode(row: &rusqlite::Row<'_>, decompressor: &mut Decompressor<'_>) -> rusqlite::Result<Text> {
    let compressed = row.get_ref(1)?.as_blob()?;
    let size = match zstd::zstd_safe::get_frame_content_size(compressed) {
        Ok(Some(size)) if size <= TEXT_BYTES_MAX as u64 => size as usize,
        _ => return Err(unreadable(1, "a compressed text of no or an absurd size")),
    };
    let json = decompressor.decompress(compressed, size).map_err(|error| unreadable(1, error))?;
    let json = std::str::from_utf8(&json).map_err(|error| unreadable(1, error))?;
    let record = row.get_ref(0)?.as_str()?;
    if row.get_ref(2)?.as_blob()? != Text::hash(record, json) {
        return Err(unreadable(1, format!("what it has about {record} is not what was written")));
    }
    serde_json::from_str(json).map_err(|error| unreadable(1, error))
}

fn read(text: Text, provider: &str, record: &str) -> Result<RecordText, String> {
    let published = match text.published {
        Some(published) => Some(published.parse::<Timestamp>().map_err(|error| error.to_string())?),
        None => None,
    };
    let severity = match text.severity {
        Some((level, word)) => {
            let level = Word::from_word(&level).ok_or_else(|| format!("unknown word `{level}`"))?;
            Some(SeverityWord { level, word })
        }
        None => None,
    };
    let reference = |mut parts: Vec<String>| match parts.is_empty() {
        true => Reference::new(""),
        false => Reference { url: parts.remove(0), tags: parts },
    };
    let link = |(relation, other): (String, String)| match Word::from_word(&relation) {
        Some(relation) => Ok(RecordLink { relation, other }),
        None => Err(format!("unknown word `{relation}`")),
    };
    Ok(RecordText {
        record: record.to_owned(),
        provider: provider.to_owned(),
        title: text.title,
        description: text.description,
        cvss: text.cvss.into_iter().map(Into::into).collect(),
        severity,
        weaknesses: text.weaknesses,
        references: text.references.into_iter().map(reference).collect(),
        links: text.links.into_iter().map(link).collect::<Result<_, _>>()?,
        credits: text.credits,
        license: text.license,
        published,
    })
}
