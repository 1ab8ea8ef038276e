//! The one writer: new shards beside the old ones, then a new manifest in place of the old one.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use model::advisory::{Advisory, Daily, Epss, Kev};
use model::facts::{CoverageClass, FeedFacts};
use model::key::Namespace;
use rusqlite::Connection;

use crate::digest::Digest;
use crate::error::DbError;
use crate::feeds_dir::{FeedsDir, WriterLock};
use crate::files;
use crate::manifest::{Content, Manifest, Part, Shards};
use crate::shard::{self, Kind, Owner, Shard, ShardRef, daily, facts, rows, text};
use crate::snapshot::{EpssStamp, NamespaceEntry, ProviderStamp};

/// Builds the next snapshot, starting from the current one.
///
/// Nothing that it does is visible to readers before [`Writer::swap`]; dropping it instead leaves the
/// current snapshot in place, and at most files that no manifest names.
#[derive(Debug)]
pub struct Writer<'a> {
    feeds: FeedsDir,
    _lock: &'a WriterLock,
    base: Option<Manifest>,
    content: Content,
    shards_written: usize,
}

/// Whose rows are given, and of which namespace.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The namespace.
    pub namespace: &'a Namespace,
    /// The provider's name.
    pub provider: &'a str,
    /// The licence of its data: an SPDX expression, or its name.
    pub license: &'a str,
    /// What its silence means here.
    pub coverage: CoverageClass,
    /// When the provider said that this is its state.
    pub data_as_of: Timestamp,
}

/// What [`Writer::replace_provider`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderOutcome {
    /// The provider's rows in the namespace now.
    pub rows: u64,
    /// Its records.
    pub records: u64,
    /// Whether rows or texts differ from what was held before.
    pub changed: bool,
}

/// All EPSS scores of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct EpssTable {
    /// Which.
    pub stamp: EpssStamp,
    /// By CVE id.
    pub scores: BTreeMap<String, Epss>,
}

/// What [`Writer::swap`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapOutcome {
    /// The current snapshot's id.
    pub id: String,
    /// Shard files written since the writer was made.
    pub shards_written: usize,
    /// Whether the content, and so the id, is another than before.
    pub changed: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(feeds: FeedsDir, lock: &'a WriterLock, base: Option<Manifest>) -> Self {
        let content = base.as_ref().map(|base| base.content.clone()).unwrap_or_default();
        Self { feeds, _lock: lock, base, content, shards_written: 0 }
    }

    /// Replaces all that one provider says about one namespace; other providers' rows there stay.
    ///
    /// Of each advisory only what it says about packages of this namespace counts; one that says nothing
    /// about them is skipped. The advisories may come in any order; several with one id are one record.
    /// An empty list means that the provider was asked and has nothing: the namespace is held.
    ///
    /// Every row gets the aliases of its whole group, as far as this provider's records in this namespace
    /// link it (see `docs/reference/feed-database.md`).
    pub fn replace_provider<I>(
        &mut self,
        publication: &Publication<'_>,
        advisories: I,
    ) -> Result<ProviderOutcome, DbError>
    where
        I: IntoIterator,
        I::Item: Borrow<Advisory>,
    {
        let owner = Owner { namespace: publication.namespace.as_str(), provider: publication.provider };
        let mut draft = rows::Draft::new(owner);
        for advisory in advisories {
            draft.push(advisory.borrow());
        }
        self.replace(publication, &draft.finish())
    }

    fn replace(
        &mut self,
        publication: &Publication<'_>,
        content: &rows::Content<'_>,
    ) -> Result<ProviderOutcome, DbError> {
        let owner = content.owner();
        let before = self.part(owner.namespace, owner.provider).map(|part| part.shards.clone());
        let mut shards =
            Shards { daily: before.as_ref().and_then(|shards| shards.daily.clone()), ..Shards::default() };
        if content.rows() > 0 {
            let fill = |connection: &Connection| content.fill(connection);
            shards.rows = Some(self.store(Kind::Rows, owner, content.hash(), &fill)?);
        }
        if !content.texts.is_empty() {
            let fill = |connection: &Connection| text::fill(connection, &content.texts);
            shards.text = Some(self.store(Kind::Text, owner, &text::hash(owner, &content.texts), &fill)?);
        }
        let changed = before.as_ref().is_none_or(|before| {
            let hash = |shard: &Option<ShardRef>| shard.as_ref().map(|shard| shard.hash.clone());
            hash(&before.rows) != hash(&shards.rows) || hash(&before.text) != hash(&shards.text)
        });
        let part = Part {
            license: publication.license.to_owned(),
            coverage: publication.coverage,
            data_as_of: publication.data_as_of,
            rows: content.rows(),
            records: content.records(),
            shards,
        };
        let parts = self.content.namespaces.entry(owner.namespace.to_owned()).or_default();
        parts.insert(owner.provider.to_owned(), part);
        Ok(ProviderOutcome { rows: content.rows(), records: content.records(), changed })
    }

    /// Moves the date of what is held of a provider in a namespace: its source has not changed.
    /// `false` when nothing of it is held there.
    pub fn touch_provider(&mut self, namespace: &Namespace, provider: &str, data_as_of: Timestamp) -> bool {
        let parts = self.content.namespaces.get_mut(namespace.as_str());
        match parts.and_then(|parts| parts.get_mut(provider)) {
            Some(part) => {
                part.data_as_of = data_as_of;
                true
            }
            None => false,
        }
    }

    /// Gives every held namespace the EPSS and KEV of the ids that its rows go by, aliases included.
    ///
    /// `None` keeps what each namespace has; rows that were replaced since then may go by ids that it
    /// lacks. Call it once, after the last [`Writer::replace_provider`]. Scores that are no number are
    /// skipped.
    pub fn set_daily(
        &mut self,
        epss: Option<&EpssTable>,
        kev: Option<&BTreeMap<String, Kev>>,
    ) -> Result<(), DbError> {
        if let Some(table) = epss {
            self.content.epss = Some(table.stamp.clone());
        }
        let parts: Vec<(String, String, Shards)> = self
            .content
            .namespaces
            .iter()
            .flat_map(|(namespace, parts)| parts.iter().map(move |part| (namespace, part)))
            .map(|(namespace, (provider, part))| (namespace.clone(), provider.clone(), part.shards.clone()))
            .collect();
        for (namespace, provider, shards) in parts {
            let owner = Owner { namespace: &namespace, provider: &provider };
            let entries = self.daily_of(&shards, epss, kev)?;
            let shard = if entries.is_empty() {
                None
            } else {
                let fill = |connection: &Connection| daily::fill(connection, &entries);
                Some(self.store(Kind::Daily, owner, &daily::hash(owner, &entries), &fill)?)
            };
            if let Some(part) =
                self.content.namespaces.get_mut(&namespace).and_then(|parts| parts.get_mut(&provider))
            {
                part.shards.daily = shard;
            }
        }
        Ok(())
    }

    fn daily_of(
        &self,
        shards: &Shards,
        epss: Option<&EpssTable>,
        kev: Option<&BTreeMap<String, Kev>>,
    ) -> Result<BTreeMap<String, Daily>, DbError> {
        let Some(rows) = &shards.rows else { return Ok(BTreeMap::new()) };
        let kept = match &shards.daily {
            Some(shard) if epss.is_none() || kev.is_none() => daily::all(&self.open(Kind::Daily, shard)?)?,
            _ => BTreeMap::new(),
        };
        let mut entries = BTreeMap::new();
        for id in rows::ids(&self.open(Kind::Rows, rows)?)? {
            let kept = kept.get(&id);
            let daily = Daily {
                epss: match epss {
                    Some(table) => table.scores.get(&id).copied().filter(is_number),
                    None => kept.and_then(|kept| kept.epss),
                },
                kev: match kev {
                    Some(kev) => kev.get(&id).cloned(),
                    None => kept.and_then(|kept| kept.kev.clone()),
                },
            };
            if daily != Daily::default() {
                entries.insert(id, daily);
            }
        }
        Ok(entries)
    }

    /// Replaces the facts.
    pub fn set_facts(&mut self, facts: &FeedFacts) -> Result<(), DbError> {
        let owner = Owner { namespace: "", provider: "" };
        let fill = |connection: &Connection| facts::fill(connection, facts);
        self.content.facts = Some(self.store(Kind::Facts, owner, &facts::hash(facts), &fill)?);
        Ok(())
    }

    /// What is held of a provider in a namespace, with all that this writer did so far.
    pub fn provider_state(&self, namespace: &Namespace, provider: &str) -> Option<ProviderStamp> {
        self.part(namespace.as_str(), provider).map(|part| part.stamp(provider))
    }

    /// What is held, with all that this writer did so far; sorted by name.
    pub fn namespaces(&self) -> Vec<NamespaceEntry> {
        self.content.entries()
    }

    /// Makes it the current snapshot, durably; readers see it from one moment to the next.
    ///
    /// `created` becomes the snapshot's time if its content differs from the current one's. Where only
    /// dates or licences differ, the manifest is replaced under the same id and time; where nothing does,
    /// nothing is written.
    pub fn swap(self, created: Timestamp) -> Result<SwapOutcome, DbError> {
        let Self { feeds, base, content, shards_written, .. } = self;
        let mut manifest = Manifest::new(content, created);
        let changed = base.as_ref().is_none_or(|base| base.id != manifest.id);
        if let Some(base) = base.as_ref().filter(|_| !changed) {
            manifest.created = base.created;
        }
        if base.as_ref() != Some(&manifest) {
            files::sync_directory(&feeds.shards_path())?;
            // The retained copy first: whatever is current can always be named by its id.
            manifest.write(&feeds.retained_path(&manifest.id))?;
            files::sync_directory(&feeds.manifests_path())?;
            manifest.write(&feeds.manifest_path())?;
            files::sync_directory(feeds.path())?;
        }
        Ok(SwapOutcome { id: manifest.id, shards_written, changed })
    }

    /// The shard with a content, written unless a sound one is there.
    fn store(
        &mut self,
        kind: Kind,
        owner: Owner<'_>,
        hash: &Digest,
        fill: &dyn Fn(&Connection) -> rusqlite::Result<()>,
    ) -> Result<ShardRef, DbError> {
        if let Some(shard) = self.reusable(kind, hash)? {
            return Ok(shard);
        }
        let path = shard::path(&self.feeds.shards_path(), kind, hash);
        self.shards_written += 1;
        shard::create(&path, kind, owner, hash, fill)
    }

    /// The shard that is already there under a logical hash. One that is damaged is not: writing it again
    /// heals the directory.
    fn reusable(&self, kind: Kind, hash: &Digest) -> Result<Option<ShardRef>, DbError> {
        let path = shard::path(&self.feeds.shards_path(), kind, hash);
        if !path.exists() {
            return Ok(None);
        }
        let (sha256, bytes) = files::fingerprint(&path)?;
        let found = ShardRef { hash: hash.clone(), sha256, bytes };
        let is_sound = match self.named(kind, hash) {
            Some(named) => *named == found,
            // Left by a writer that did not come to its swap: complete, or it would not have this name.
            None => Shard::open(&self.feeds.shards_path(), kind, &found).is_ok_and(|shard| shard.is_some()),
        };
        Ok(is_sound.then_some(found))
    }

    fn named(&self, kind: Kind, hash: &Digest) -> Option<&ShardRef> {
        let mut shards = self.base.iter().flat_map(|base| base.content.shards());
        shards.find(|(of_kind, shard)| *of_kind == kind && shard.hash == *hash).map(|(_, shard)| shard)
    }

    fn part(&self, namespace: &str, provider: &str) -> Option<&Part> {
        self.content.namespaces.get(namespace)?.get(provider)
    }

    fn open(&self, kind: Kind, shard: &ShardRef) -> Result<Shard, DbError> {
        let directory = self.feeds.shards_path();
        let opened = Shard::open(&directory, kind, shard)?;
        opened.ok_or_else(|| DbError::Missing { path: shard.path(&directory, kind) })
    }
}

fn is_number(epss: &Epss) -> bool {
    epss.score.is_finite() && epss.percentile.is_finite()
}
