//! The one writer: new shards beside the old ones, then a new manifest in place of the old one.

mod ranking;
mod whole;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use jiff::Timestamp;
use model::advisory::{Advisory, Epss};
use model::facts::{CoverageClass, FeedFacts, RepositoryCpes};
use model::key::Namespace;
use rusqlite::Connection;

use crate::digest::Digest;
use crate::error::DbError;
use crate::feeds_dir::{FeedsDir, WriterLock};
use crate::files;
use crate::manifest::{Content, Manifest, Part, Shards};
use crate::shard::{self, Kind, Owner, Shard, ShardRef, facts, rows, text};
use crate::snapshot::{EpssStamp, KevStamp, NamespaceEntry, ProviderStamp};

pub use self::ranking::Unranked;

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
    /// What the namespaces of the feed that is being given share.
    open: Option<OpenFeed>,
    shards_written: usize,
    /// What was lacking of a published snapshot: whatever lies there now came since then.
    lacked: BTreeSet<(Kind, Digest)>,
}

/// A feed whose namespaces are being given.
#[derive(Debug)]
struct OpenFeed {
    provider: String,
    feed: String,
    namespaces: Vec<String>,
    texts: text::Draft,
}

/// Whose rows are given, and of which namespace.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The namespace.
    pub namespace: &'a Namespace,
    /// The provider's name.
    pub provider: &'a str,
    /// The feed's name. The namespaces of a feed share texts, EPSS and KEV; they are given one after the other.
    pub feed: &'a str,
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
    /// Whether the rows differ from what was held before, or were made anew because what was held was damaged or gone.
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
        Self { feeds, _lock: lock, base, content, open: None, shards_written: 0, lacked: BTreeSet::new() }
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
        let owner = Owner { scope: publication.namespace.as_str(), provider: publication.provider };
        let mut draft = rows::Draft::new(owner, &self.feeds.shards_path());
        for advisory in advisories {
            draft.push(advisory.borrow())?;
        }
        self.replace(publication, &draft.finish())
    }

    fn replace(
        &mut self,
        publication: &Publication<'_>,
        content: &rows::Content<'_>,
    ) -> Result<ProviderOutcome, DbError> {
        let owner = content.owner();
        let before = self.part(owner.scope, owner.provider).map(|part| part.shards.clone());
        let held = self.reusable(Kind::Rows, content.hash())?;
        let is_new = held.is_none() && content.rows() > 0;
        let path = shard::path(&self.feeds.shards_path(), Kind::Rows, content.hash());
        self.shards_written += usize::from(is_new);
        let feed = self.opened(publication, &before.clone().unwrap_or_default())?;
        // Rows and texts are files of their own.
        let (texts, rows) = thread::scope(|scope| {
            let texts = scope.spawn(|| feed.texts.add(content.texts()));
            let fill = |connection: &Connection| content.fill(connection);
            let rows = match held {
                None if is_new => shard::create(&path, Kind::Rows, owner, content.hash(), &fill).map(Some),
                held => Ok(held),
            };
            (texts.join().expect("writing texts does not panic"), rows)
        });
        let rows = rows?;
        texts?;
        feed.namespaces.push(owner.scope.to_owned());
        let hash = |rows: &Option<ShardRef>| rows.as_ref().map(|shard| shard.hash.clone());
        let changed = is_new || before.as_ref().is_none_or(|before| hash(&before.rows) != hash(&rows));
        let before = before.unwrap_or_default();
        let part = Part {
            feed: publication.feed.to_owned(),
            license: publication.license.to_owned(),
            coverage: publication.coverage,
            data_as_of: publication.data_as_of,
            rows: content.rows(),
            records: content.records(),
            shards: Shards { rows, ..before },
        };
        let parts = self.content.namespaces.entry(owner.scope.to_owned()).or_default();
        parts.insert(owner.provider.to_owned(), part);
        Ok(ProviderOutcome { rows: content.rows(), records: content.records(), changed })
    }

    /// The feed of `publication`, after what came before is closed if that is another.
    fn opened(&mut self, publication: &Publication<'_>, before: &Shards) -> Result<&mut OpenFeed, DbError> {
        let is_open = self
            .open
            .as_ref()
            .is_some_and(|open| open.provider == publication.provider && open.feed == publication.feed);
        if !is_open {
            self.close_feed()?;
            let shards = self.feeds.shards_path();
            // One that cannot be read is made anew. Texts are taken over as they are compressed, so that damage would stay.
            let is_sound = |text: &&ShardRef| {
                files::fingerprint(&text.path(&shards, Kind::Text)).is_ok_and(|found| found.0 == text.sha256)
            };
            let before = before.text.as_ref().filter(is_sound);
            let before = before.and_then(|text| Shard::open(&shards, Kind::Text, text).ok()?);
            let before = before.map(Shard::unmapped).transpose()?;
            self.open = Some(OpenFeed {
                provider: publication.provider.to_owned(),
                feed: publication.feed.to_owned(),
                namespaces: Vec::new(),
                texts: text::Draft::new(&shards, before)?,
            });
        }
        Ok(self.open.as_mut().expect("a feed was just opened"))
    }

    /// Writes the texts of the feed that was given, and names them in all its namespaces.
    pub(crate) fn close_feed(&mut self) -> Result<(), DbError> {
        let Some(OpenFeed { provider, feed, namespaces, texts }) = self.open.take() else { return Ok(()) };
        let owner = Owner { scope: &feed, provider: &provider };
        let shard = if texts.is_empty() {
            texts.discard()?;
            None
        } else if let Some(shard) = self.reusable(Kind::Text, &texts.hash(owner))? {
            texts.discard()?;
            Some(shard)
        } else {
            self.shards_written += 1;
            Some(texts.publish(&self.feeds.shards_path(), owner)?)
        };
        for namespace in namespaces {
            let parts = self.content.namespaces.get_mut(&namespace);
            if let Some(part) = parts.and_then(|parts| parts.get_mut(&provider)) {
                part.shards.text.clone_from(&shard);
            }
        }
        Ok(())
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

    /// Replaces the facts; what repositories stand for stays.
    pub fn set_facts(&mut self, facts: &FeedFacts) -> Result<(), DbError> {
        self.put_facts(facts, &self.repositories()?)
    }

    /// Replaces what repositories stand for, all of it; the other facts stay.
    pub fn set_repositories(&mut self, repositories: &RepositoryCpes) -> Result<(), DbError> {
        self.put_facts(&healed(self.facts())?, repositories)
    }

    pub(crate) fn put_facts(
        &mut self,
        facts: &FeedFacts,
        repositories: &RepositoryCpes,
    ) -> Result<(), DbError> {
        self.content.facts = Some(self.store_facts(facts, repositories)?);
        Ok(())
    }

    pub(crate) fn store_facts(
        &mut self,
        facts: &FeedFacts,
        repositories: &RepositoryCpes,
    ) -> Result<ShardRef, DbError> {
        let owner = Owner { scope: "", provider: "" };
        let fill = |connection: &Connection| facts::fill(connection, facts, repositories);
        self.store(Kind::Facts, owner, &facts::hash(facts, repositories), &fill)
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
    pub fn swap(mut self, created: Timestamp) -> Result<SwapOutcome, DbError> {
        self.close_feed()?;
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
    pub(crate) fn reusable(&self, kind: Kind, hash: &Digest) -> Result<Option<ShardRef>, DbError> {
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

    /// As [`Self::reusable`], but a shard that the current snapshot names is believed by its size: there are hundreds. The
    /// one of facts is read by every pull, which a damaged one would end.
    pub(crate) fn sound(&self, kind: Kind, hash: &Digest) -> Result<Option<ShardRef>, DbError> {
        match self.named(kind, hash) {
            Some(named) if kind != Kind::Facts => {
                let path = named.path(&self.feeds.shards_path(), kind);
                let is_there = path.metadata().is_ok_and(|metadata| metadata.len() == named.bytes);
                Ok(is_there.then(|| named.clone()))
            }
            _ => self.reusable(kind, hash),
        }
    }

    /// Notes that a shard is not held.
    pub(crate) fn lacks(&mut self, kind: Kind, hash: &Digest) {
        self.lacked.insert((kind, hash.clone()));
    }

    /// The file that came for a shard that was lacking: as it was published, or made by an edit. None when the shard was
    /// held, or nothing came.
    pub(crate) fn came(&self, kind: Kind, published: &ShardRef) -> Result<Option<ShardRef>, DbError> {
        let path = published.path(&self.feeds.shards_path(), kind);
        if !self.lacked.contains(&(kind, published.hash.clone())) || !path.exists() {
            return Ok(None);
        }
        let (sha256, bytes) = files::fingerprint(&path)?;
        let found = ShardRef { hash: published.hash.clone(), sha256, bytes };
        let is_sound = found == *published
            || Shard::open(&self.feeds.shards_path(), kind, &found).is_ok_and(|shard| shard.is_some());
        Ok(is_sound.then_some(found))
    }

    /// Names the files of `held` wherever their content is named: they may be others than before.
    pub(crate) fn name_files(&mut self, held: &BTreeMap<(Kind, Digest), ShardRef>) {
        for (kind, shard) in self.content.shards_mut() {
            if let Some(held) = held.get(&(kind, shard.hash.clone())) {
                shard.clone_from(held);
            }
        }
    }

    pub(crate) fn shards_path(&self) -> std::path::PathBuf {
        self.feeds.shards_path()
    }

    /// The facts as they are held, with all that this writer did so far.
    pub fn facts(&self) -> Result<FeedFacts, DbError> {
        match &self.content.facts {
            Some(shard) => facts::load(&self.open(Kind::Facts, shard)?),
            None => Ok(FeedFacts::default()),
        }
    }

    /// What repositories stand for, as it is held, with all that this writer did so far; nothing where the shard that had it
    /// is damaged or gone.
    pub fn repositories(&self) -> Result<RepositoryCpes, DbError> {
        match &self.content.facts {
            Some(shard) => {
                healed(self.open(Kind::Facts, shard).and_then(|shard| facts::repositories(&shard)))
            }
            None => Ok(RepositoryCpes::new()),
        }
    }

    /// Replaces the parts of a namespace that `parts` has.
    pub(crate) fn put(&mut self, namespace: String, parts: BTreeMap<String, Part>) {
        self.content.namespaces.entry(namespace).or_default().extend(parts);
    }

    /// Removes a part, and the namespace with its last one. `false` when there is no such part.
    pub(crate) fn remove(&mut self, namespace: &str, provider: &str) -> bool {
        let Some(parts) = self.content.namespaces.get_mut(namespace) else { return false };
        let was_there = parts.remove(provider).is_some();
        if parts.is_empty() {
            self.content.namespaces.remove(namespace);
        }
        was_there
    }

    pub(crate) fn epss(&self) -> Option<&EpssStamp> {
        self.content.epss.as_ref()
    }

    /// Whether anything of a namespace is held.
    pub(crate) fn parts(&self, namespace: &Namespace) -> Option<&BTreeMap<String, Part>> {
        self.content.namespaces.get(namespace.as_str())
    }

    pub(crate) fn set_epss(&mut self, epss: Option<EpssStamp>) {
        self.content.epss = epss;
    }

    pub(crate) fn kev(&self) -> Option<&KevStamp> {
        self.content.kev.as_ref()
    }

    pub(crate) fn set_kev(&mut self, kev: Option<KevStamp>) {
        self.content.kev = kev;
    }

    fn named(&self, kind: Kind, hash: &Digest) -> Option<&ShardRef> {
        let mut shards = self.base.iter().flat_map(|base| base.content.shards());
        shards.find(|(of_kind, shard)| *of_kind == kind && shard.hash == *hash).map(|(_, shard)| shard)
    }

    pub(crate) fn part(&self, namespace: &str, provider: &str) -> Option<&Part> {
        self.content.namespaces.get(namespace)?.get(provider)
    }

    pub(crate) fn open(&self, kind: Kind, shard: &ShardRef) -> Result<Shard, DbError> {
        let directory = self.feeds.shards_path();
        let opened = Shard::open(&directory, kind, shard)?;
        opened.ok_or_else(|| DbError::Missing { path: shard.path(&directory, kind) })
    }
}

/// What was held, or nothing where the shard that had it is damaged or gone: it is about to be written anew.
fn healed<T: Default>(held: Result<T, DbError>) -> Result<T, DbError> {
    match held {
        Err(error) if is_lost(&error) => Ok(T::default()),
        held => held,
    }
}

/// Whether `error` says that a shard is damaged or gone: nothing that another try would help against.
fn is_lost(error: &DbError) -> bool {
    matches!(error, DbError::Damaged { .. } | DbError::Missing { .. } | DbError::Sqlite { .. })
}
