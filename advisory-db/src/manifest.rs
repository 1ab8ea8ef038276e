//! The manifest: the one small file that says which shards are a snapshot.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use model::facts::CoverageClass;
use model::key::Namespace;
use serde::{Deserialize, Serialize};

use crate::digest::{Fields, is_hex};
use crate::error::DbError;
use crate::shard::{Kind, ShardRef};
use crate::words::Word;
use crate::{EpssStamp, KevStamp, NamespaceEntry, ProviderStamp, SCHEMA, files};

/// What `schema` begins with; the number of the schema follows.
const SCHEMA_PREFIX: &str = "plimsoll-feeds/";

/// Far above any real manifest (a thousand namespaces are a megabyte), and far below harm.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;

/// Hexadecimal digits of a snapshot's id: 128 bits.
const ID_DIGITS: usize = 32;

/// A manifest as read, or as it will be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    schema: String,
    /// See [`Manifest::content_id`].
    pub(crate) id: String,
    /// When this content was first made current.
    #[serde(with = "as_text")]
    pub(crate) created: Timestamp,
    #[serde(flatten)]
    pub(crate) content: Content,
}

/// What a snapshot is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts: Option<ShardRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) epss: Option<EpssStamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kev: Option<KevStamp>,
    /// By namespace, then by provider.
    #[serde(default)]
    pub(crate) namespaces: BTreeMap<String, BTreeMap<String, Part>>,
}

/// What one provider gave to one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The feed that it came with; all parts of a feed share its `text` and `daily` shards.
    pub(crate) feed: String,
    pub(crate) license: String,
    #[serde(with = "as_word")]
    pub(crate) coverage: CoverageClass,
    #[serde(with = "as_text")]
    pub(crate) data_as_of: Timestamp,
    pub(crate) rows: u64,
    pub(crate) records: u64,
    pub(crate) shards: Shards,
}

/// The shards of a part; one that would be empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shards {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<ShardRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<ShardRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) daily: Option<ShardRef>,
}

impl Shards {
    /// The shards that there are.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Kind, &ShardRef)> {
        [(Kind::Rows, &self.rows), (Kind::Text, &self.text), (Kind::Daily, &self.daily)]
            .into_iter()
            .filter_map(|(kind, shard)| Some((kind, shard.as_ref()?)))
    }
}

impl Content {
    /// What identifies a snapshot: the logical hashes of its shards and what its providers' silence means.
    ///
    /// Dates, licences, sizes and SHA-256 sums are not part of it. So the same feeds give the same id on
    /// every machine, and a sync that finds nothing new moves the dates under an unchanged id.
    pub(crate) fn id(&self) -> String {
        let mut hash = Fields::new(&format!("{SCHEMA_PREFIX}{SCHEMA}"));
        let shard = |shard: &Option<ShardRef>| shard.as_ref().map(|shard| shard.hash.as_str().to_owned());
        hash.option(shard(&self.facts).as_deref());
        for (namespace, parts) in &self.namespaces {
            hash.text(namespace).number(parts.len() as u64);
            for (provider, part) in parts {
                hash.text(provider).text(part.coverage.word());
                for of_kind in [&part.shards.rows, &part.shards.text, &part.shards.daily] {
                    hash.option(shard(of_kind).as_deref());
                }
            }
        }
        hash.digest().as_str()[..ID_DIGITS].to_owned()
    }

    /// Every shard that the snapshot names.
    pub(crate) fn shards(&self) -> impl Iterator<Item = (Kind, &ShardRef)> {
        let facts = self.facts.iter().map(|shard| (Kind::Facts, shard));
        let parts = self.namespaces.values().flat_map(BTreeMap::values);
        facts.chain(parts.flat_map(|part| part.shards.iter()))
    }

    /// As [`Content::shards`], to be changed.
    pub(crate) fn shards_mut(&mut self) -> impl Iterator<Item = (Kind, &mut ShardRef)> {
        let facts = self.facts.iter_mut().map(|shard| (Kind::Facts, shard));
        let parts = self.namespaces.values_mut().flat_map(BTreeMap::values_mut);
        facts.chain(parts.flat_map(|part| {
            let Shards { rows, text, daily } = &mut part.shards;
            [(Kind::Rows, rows), (Kind::Text, text), (Kind::Daily, daily)]
                .into_iter()
                .filter_map(|(kind, shard)| Some((kind, shard.as_mut()?)))
        }))
    }

    /// What is held, namespace by namespace.
    pub(crate) fn entries(&self) -> Vec<NamespaceEntry> {
        let entry = |(name, parts): (&String, &BTreeMap<String, Part>)| NamespaceEntry {
            name: Namespace::new(name.as_str()),
            providers: parts.iter().map(|(provider, part)| part.stamp(provider)).collect(),
            rows: parts.values().map(|part| part.rows).sum(),
            records: parts.values().map(|part| part.records).sum(),
            rows_bytes: parts.values().map(Part::rows_bytes).sum(),
        };
        self.namespaces.iter().map(entry).collect()
    }
}

impl Part {
    pub(crate) fn stamp(&self, provider: &str) -> ProviderStamp {
        ProviderStamp {
            name: provider.to_owned(),
            feed: self.feed.clone(),
            license: self.license.clone(),
            coverage: self.coverage,
            data_as_of: self.data_as_of,
            rows: self.rows,
            records: self.records,
            rows_bytes: self.rows_bytes(),
        }
    }

    fn rows_bytes(&self) -> u64 {
        self.shards.rows.as_ref().map_or(0, |shard| shard.bytes)
    }
}

impl Manifest {
    /// The manifest of `content`, first made current at `created`.
    pub(crate) fn new(content: Content, created: Timestamp) -> Self {
        Self { schema: format!("{SCHEMA_PREFIX}{SCHEMA}"), id: content.id(), created, content }
    }

    /// Reads a manifest; `None` when there is no such file, or one of an older schema: what an older plimsoll wrote is
    /// made again from the feeds.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, DbError> {
        match files::read(path, MANIFEST_BYTES_MAX)? {
            Some(bytes) => Self::parse(&bytes, path),
            None => Ok(None),
        }
    }

    /// As [`Manifest::read`]; `path` is where the bytes come from.
    pub(crate) fn parse(bytes: &[u8], path: &Path) -> Result<Option<Self>, DbError> {
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let unusable = |problem: String| DbError::Manifest { path: path.to_owned(), problem };
        let not_json = |error: serde_json::Error| match bytes.first() {
            Some(b'<') => unusable("it looks like a web page".to_owned()),
            _ => unusable(error.to_string()),
        };
        // The schema first: of a newer one nothing else may be understood.
        let header: Header = serde_json::from_slice(bytes).map_err(not_json)?;
        let number = header.schema.strip_prefix(SCHEMA_PREFIX).and_then(|number| number.parse().ok());
        match number {
            Some(SCHEMA) => {}
            Some(1..SCHEMA) => return Ok(None),
            Some(found) if found > SCHEMA => {
                return Err(DbError::SchemaTooNew { path: path.to_owned(), found, known: SCHEMA });
            }
            _ => return Err(unusable(format!("its schema is `{}`", header.schema))),
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(not_json)?;
        let id = manifest.content.id();
        if manifest.id != id {
            return Err(unusable(format!("it states id `{}`, and its content has `{id}`", manifest.id)));
        }
        Ok(Some(manifest))
    }

    /// Writes the manifest in place of the one at `path`, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), DbError> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest is JSON");
        bytes.push(b'\n');
        files::write(path, &bytes)
    }
}

/// Whether a text can be the id of a snapshot; only such a text is ever made part of a path.
pub(crate) fn is_id(text: &str) -> bool {
    is_hex(text, ID_DIGITS)
}

/// Values that are stored as their own text.
mod as_text {
    use super::fmt;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        value: &impl fmt::Display,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: std::str::FromStr<Err: fmt::Display>,
    {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Closed choices, stored as their word.
mod as_word {
    use super::Word;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        value: &(impl Word + Copy),
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.word())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Word>(deserializer: D) -> Result<T, D::Error> {
        let word = String::deserialize(deserializer)?;
        T::from_word(&word).ok_or_else(|| D::Error::custom(format!("unknown word `{word}`")))
    }
}
