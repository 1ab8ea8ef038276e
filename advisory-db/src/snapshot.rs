//! A snapshot as its readers see it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use jiff::Timestamp;
use model::advisory::{AdvisorySet, Daily, RecordText, Row};
use model::facts::{CoverageClass, FeedFacts, RepositoryCpes};
use model::key::{Namespace, PackageKey};
use serde::{Deserialize, Serialize};

use crate::digest::Fields;
use crate::error::DbError;
use crate::feeds_dir::FeedsDir;
use crate::files;
use crate::manifest::{Manifest, Part, Shards};
use crate::shard::{Kind, Shard, ShardRef, daily, facts, rows, text};

/// For fewer keys a thread and a connection cost more than they give.
const KEYS_OF_THREAD_MIN: usize = 256;

/// One consistent state of all feeds, immutable.
///
/// Opening it reads the manifest and nothing else: a shard is opened by the first question that needs it,
/// and stays open. Any number of snapshots may be open, in any number of threads and processes.
#[derive(Debug)]
pub struct Snapshot {
    feeds: FeedsDir,
    manifest: Manifest,
    opened: Mutex<BTreeMap<PathBuf, Arc<Mutex<Shard>>>>,
}

/// One namespace of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceEntry {
    /// Which.
    pub name: Namespace,
    /// Who gave its rows, sorted by name.
    pub providers: Vec<ProviderStamp>,
    /// Rows of all providers: a row is one record about one package.
    pub rows: u64,
    /// Records of all providers.
    pub records: u64,
    /// The size of its shards of rows, which are its alone. Those of texts and scores the namespaces of a feed share, see
    /// [`Snapshot::sizes`].
    pub rows_bytes: u64,
}

/// What one provider gave to one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderStamp {
    /// The provider's name.
    pub name: String,
    /// The feed that its rows came with.
    pub feed: String,
    /// The licence of its data.
    pub license: String,
    /// What its silence means here.
    pub coverage: CoverageClass,
    /// When the provider last said that this is its state.
    pub data_as_of: Timestamp,
    /// Its rows.
    pub rows: u64,
    /// Its records.
    pub records: u64,
    /// The size of the shard of its rows.
    pub rows_bytes: u64,
}

/// How much room the files of a snapshot take. Each is counted once, however many namespaces share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// What verdicts rest on.
    pub rows: u64,
    /// What people read about records.
    pub texts: u64,
    /// EPSS and KEV.
    pub daily: u64,
    /// What is known of namespaces themselves.
    pub facts: u64,
}

impl Sizes {
    /// All of it.
    pub fn total(&self) -> u64 {
        let Self { rows, texts, daily, facts } = self;
        rows + texts + daily + facts
    }
}

/// Which EPSS scores a snapshot has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpssStamp {
    /// The model, as the file's first line says: `v2025.03.14`.
    pub model_version: String,
    /// The day, as the file's first line says.
    pub score_date: String,
}

/// Which catalogue of exploited vulnerabilities (KEV) a snapshot has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KevStamp {
    /// How many vulnerabilities it lists.
    pub entries: u64,
    /// The day of its newest entry, `YYYY-MM-DD`; none when it is empty.
    pub newest: Option<String>,
}

/// What identifies everything under a key: equal hashes mean equal rows, and so an equal verdict.
///
/// It covers each field of each row: provider, record, aliases (closed), state, status, fix state, ranges,
/// versions, severity and reason; nothing of the texts, and neither EPSS nor KEV (feeds.md E3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyHash {
    /// The namespace is not held.
    NotHeld,
    /// The namespace is held, and has no rows under the key.
    Absent,
    /// It has these.
    Hash([u8; 16]),
}

impl Snapshot {
    pub(crate) fn new(feeds: FeedsDir, manifest: Manifest) -> Self {
        Self { feeds, manifest, opened: Mutex::default() }
    }

    /// Identifies the content: 32 hexadecimal digits.
    ///
    /// Equal ids mean equal rows, texts, EPSS, KEV and facts, on any machine. The dates beside them
    /// ([`Snapshot::created`], [`ProviderStamp::data_as_of`], [`Snapshot::epss`]) are not part of it: a sync
    /// that finds nothing new moves them and keeps the id.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// When this content was first made current here.
    pub fn created(&self) -> Timestamp {
        self.manifest.created
    }

    /// The namespaces that are held, sorted by name.
    pub fn namespaces(&self) -> Vec<NamespaceEntry> {
        self.manifest.content.entries()
    }

    /// How much room its files take, by what they hold; in bytes. Other snapshots that are kept share many of them.
    pub fn sizes(&self) -> Sizes {
        let mut files = BTreeMap::new();
        for (kind, shard) in self.manifest.content.shards() {
            files.insert(shard.path(&self.feeds.shards_path(), kind), (kind, shard.bytes));
        }
        let mut sizes = Sizes::default();
        for (kind, bytes) in files.into_values() {
            let of_kind = match kind {
                Kind::Rows => &mut sizes.rows,
                Kind::Text => &mut sizes.texts,
                Kind::Daily => &mut sizes.daily,
                Kind::Facts => &mut sizes.facts,
            };
            *of_kind += bytes;
        }
        sizes
    }

    /// Whether a namespace is held; it may be, and have no rows.
    pub fn holds(&self, namespace: &Namespace) -> bool {
        self.manifest.content.namespaces.contains_key(namespace.as_str())
    }

    /// The facts; empty when none were ever written.
    pub fn facts(&self) -> Result<FeedFacts, DbError> {
        match &self.manifest.content.facts {
            Some(shard) => self.with(Kind::Facts, shard, facts::load),
            None => Ok(FeedFacts::default()),
        }
    }

    /// What those of Red Hat's `repositories` stand for that are known: an image names the repositories that its packages
    /// may come from, and rows name products by their CPE names. It is a fact too: another answer means another hash of them.
    pub fn repository_cpes(&self, repositories: &BTreeSet<String>) -> Result<RepositoryCpes, DbError> {
        match &self.manifest.content.facts {
            Some(shard) => self.with(Kind::Facts, shard, |shard| facts::repositories_of(shard, repositories)),
            None => Ok(RepositoryCpes::new()),
        }
    }

    /// The logical hash of the facts: equal hashes mean equal facts. `None` when none were ever written.
    pub fn facts_hash(&self) -> Option<&str> {
        self.manifest.content.facts.as_ref().map(|shard| shard.hash.as_str())
    }

    /// Which EPSS scores [`Snapshot::daily`] gives.
    pub fn epss(&self) -> Option<&EpssStamp> {
        self.manifest.content.epss.as_ref()
    }

    /// The catalogue of exploited vulnerabilities in it, if any.
    pub fn kev(&self) -> Option<&KevStamp> {
        self.manifest.content.kev.as_ref()
    }

    /// The rows under each key, all providers of its namespace together.
    ///
    /// A key whose namespace is not held is absent from the set; one whose namespace is held is present,
    /// perhaps with no rows.
    pub fn load(&self, keys: &BTreeSet<PackageKey>) -> Result<AdvisorySet, DbError> {
        // Namespaces share no shard, so they are asked side by side, and so are many keys of one: decoding rows is most of
        // the work.
        let n_threads = thread::available_parallelism().map_or(1, NonZero::get);
        let held: Vec<(&BTreeMap<String, Part>, Vec<&PackageKey>)> = self.held(keys).collect();
        let rows = thread::scope(|scope| {
            let mut asked = Vec::new();
            for (parts, keys) in &held {
                for keys in keys.chunks(keys.len().div_ceil(n_threads).max(KEYS_OF_THREAD_MIN)) {
                    asked.push(scope.spawn(move || self.load_namespace(parts, keys)));
                }
            }
            asked.into_iter().try_fold(BTreeMap::new(), |mut rows, keys| {
                rows.append(&mut keys.join().expect("reading a shard does not panic")?);
                Ok(rows)
            })
        })?;
        Ok(AdvisorySet { rows })
    }

    fn load_namespace(
        &self,
        parts: &BTreeMap<String, Part>,
        keys: &[&PackageKey],
    ) -> Result<BTreeMap<PackageKey, Vec<Row>>, DbError> {
        let mut rows: BTreeMap<PackageKey, Vec<Row>> =
            keys.iter().map(|&key| (key.clone(), Vec::new())).collect();
        for (provider, shard) in shards_of(parts, |shards| &shards.rows) {
            self.with(Kind::Rows, shard, |shard| {
                rows::load(shard, provider, keys.iter().copied(), &mut rows)
            })?;
        }
        Ok(rows)
    }

    /// The hash of what [`Snapshot::load`] would give for each key, without loading it.
    pub fn key_hashes(&self, keys: &BTreeSet<PackageKey>) -> Result<BTreeMap<PackageKey, KeyHash>, DbError> {
        let mut hashes: BTreeMap<PackageKey, KeyHash> =
            keys.iter().map(|key| (key.clone(), KeyHash::NotHeld)).collect();
        for (parts, keys) in self.held(keys) {
            let mut by_provider: BTreeMap<&PackageKey, Vec<[u8; 16]>> = BTreeMap::new();
            for (_, shard) in shards_of(parts, |shards| &shards.rows) {
                self.with(Kind::Rows, shard, |shard| {
                    rows::hashes(shard, keys.iter().copied(), &mut |key, hash| {
                        by_provider.entry(key).or_default().push(hash);
                    })
                })?;
            }
            for key in keys {
                let hash = match by_provider.get(key).map(Vec::as_slice) {
                    None | Some([]) => KeyHash::Absent,
                    Some([hash]) => KeyHash::Hash(*hash),
                    Some(several) => {
                        let mut fields = Fields::new("plimsoll-key-providers/1");
                        several.iter().for_each(|hash| _ = fields.bytes(hash));
                        KeyHash::Hash(fields.short())
                    }
                };
                hashes.insert(key.clone(), hash);
            }
        }
        Ok(hashes)
    }

    /// What people read about records, sorted by provider and record, each text once.
    ///
    /// A record of which its provider says nothing, and one of a namespace that is not held, is left out.
    pub fn texts(&self, records: &BTreeSet<(Namespace, String)>) -> Result<Vec<RecordText>, DbError> {
        let mut by_namespace: BTreeMap<&Namespace, Vec<&str>> = BTreeMap::new();
        for (namespace, record) in records {
            by_namespace.entry(namespace).or_default().push(record);
        }
        let mut texts = Vec::new();
        for (namespace, records) in by_namespace {
            let Some(parts) = self.parts(namespace) else { continue };
            for (provider, shard) in shards_of(parts, |shards| &shards.text) {
                self.with(Kind::Text, shard, |shard| {
                    text::load(shard, provider, records.iter().copied(), &mut texts)
                })?;
            }
        }
        // Stable, so that texts of one record in several namespaces stay in the order of these.
        texts.sort_by(|a, b| (&a.provider, &a.record).cmp(&(&b.provider, &b.record)));
        texts.dedup();
        Ok(texts)
    }

    /// EPSS and KEV of ids (records or aliases) that rows of the given namespaces go by.
    ///
    /// Ids without either are left out.
    pub fn daily(
        &self,
        namespaces: &BTreeSet<Namespace>,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Daily>, DbError> {
        let mut wanted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let mut found = BTreeMap::new();
        for parts in namespaces.iter().filter_map(|namespace| self.parts(namespace)) {
            for (_, shard) in shards_of(parts, |shards| &shards.daily) {
                if !wanted.is_empty() {
                    self.with(Kind::Daily, shard, |shard| daily::load(shard, &mut wanted, &mut found))?;
                }
            }
        }
        Ok(found)
    }

    /// How many shards have been opened so far.
    pub fn shards_opened(&self) -> usize {
        self.opened().len()
    }

    /// Reads every file that the manifest names and compares its SHA-256; what is wrong, one error a file.
    pub fn verify(&self) -> Vec<DbError> {
        let directory = self.feeds.shards_path();
        let check = |(kind, shard): (Kind, &ShardRef)| {
            // Opening tells a missing file and a wrong header with better words than a digest does.
            self.open(kind, shard)?;
            let path = shard.path(&directory, kind);
            let (sha256, _) = files::fingerprint(&path)?;
            if sha256 == shard.sha256 {
                return Ok(());
            }
            let problem = format!("its SHA-256 is {sha256}, and the manifest says {}", shard.sha256);
            Err(DbError::Damaged { path, problem })
        };
        self.manifest.content.shards().filter_map(|shard| check(shard).err()).collect()
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn parts(&self, namespace: &Namespace) -> Option<&BTreeMap<String, Part>> {
        self.manifest.content.namespaces.get(namespace.as_str())
    }

    /// The keys of held namespaces, by namespace.
    fn held<'k>(
        &self,
        keys: &'k BTreeSet<PackageKey>,
    ) -> impl Iterator<Item = (&BTreeMap<String, Part>, Vec<&'k PackageKey>)> {
        let mut by_namespace: BTreeMap<&Namespace, Vec<&PackageKey>> = BTreeMap::new();
        for key in keys {
            by_namespace.entry(&key.namespace).or_default().push(key);
        }
        by_namespace.into_iter().filter_map(|(namespace, keys)| Some((self.parts(namespace)?, keys)))
    }

    /// Asks a shard, opening it if no question did before.
    fn with<T>(
        &self,
        kind: Kind,
        named: &ShardRef,
        ask: impl FnOnce(&Shard) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let path = named.path(&self.feeds.shards_path(), kind);
        let shard = {
            let mut opened = self.opened();
            match opened.get(&path) {
                Some(shard) => Arc::clone(shard),
                None => {
                    let shard = Arc::new(Mutex::new(self.open(kind, named)?));
                    opened.insert(path, Arc::clone(&shard));
                    shard
                }
            }
        };
        // One connection serves one question at a time, so one that comes meanwhile gets a connection of its own.
        // A panic elsewhere cannot leave a shard half asked: all of them are read-only.
        let opened = match shard.try_lock() {
            Ok(opened) => opened,
            Err(TryLockError::Poisoned(opened)) => opened.into_inner(),
            Err(TryLockError::WouldBlock) => match self.open(kind, named) {
                Ok(opened) => return ask(&opened),
                // A reader older than what is retained goes on with what it has open.
                Err(_) => shard.lock().unwrap_or_else(PoisonError::into_inner),
            },
        };
        ask(&opened)
    }

    pub(crate) fn open(&self, kind: Kind, shard: &ShardRef) -> Result<Shard, DbError> {
        let directory = self.feeds.shards_path();
        if let Some(shard) = Shard::open(&directory, kind, shard)? {
            return Ok(shard);
        }
        // Nothing that a snapshot names is removed within an hour of its end. So either this reader is
        // that old, or the directory is incomplete; the manifest, read again, tells which. Going on with
        // another snapshot's shard would mix two states of the feeds.
        match Manifest::read(&self.feeds.manifest_path())? {
            Some(current) if current.id != self.manifest.id => {
                Err(DbError::Superseded { id: self.manifest.id.clone(), current: current.id })
            }
            _ => Err(DbError::Missing { path: shard.path(&directory, kind) }),
        }
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<Mutex<Shard>>>> {
        // A panic elsewhere cannot leave a map of shards in a state that matters.
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The providers that have a shard of one kind, with it, sorted by name.
fn shards_of(
    parts: &BTreeMap<String, Part>,
    of_kind: fn(&Shards) -> &Option<ShardRef>,
) -> impl Iterator<Item = (&str, &ShardRef)> {
    parts.iter().filter_map(move |(provider, part)| {
        let shard = of_kind(&part.shards).as_ref()?;
        Some((provider.as_str(), shard))
    })
}
