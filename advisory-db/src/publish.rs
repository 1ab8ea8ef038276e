//! Snapshots that travel: what of a snapshot is passed on, what of it a feeds directory lacks, and how it gets there.
//!
//! Files are named by logical hash, so a directory that made the same content itself lacks nothing. Whoever moves the
//! bytes brings each lacking shard whole ([`FeedsDir::receive_whole`]) or as the edit that makes it of one that is held
//! ([`FeedsDir::receive_edit`]); then [`Writer::adopt`] makes the published state part of the next snapshot.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::facts::{FeedFacts, RepositoryCpes, is_supplement};
use model::key::Namespace;

use crate::digest::Digest;
use crate::error::DbError;
use crate::feeds_dir::{FeedsDir, WriterLock};
use crate::files;
use crate::manifest::{Content, Manifest, Part};
use crate::shard::{self, Kind, Shard, ShardRef, content, edit, facts};
use crate::snapshot::{NamespaceEntry, ProviderStamp, Snapshot};
use crate::writer::Writer;

/// No shard that comes from elsewhere is larger: the largest today is a tenth.
const SHARD_BYTES_MAX: u64 = 4 << 30;

/// No part that comes from elsewhere states more rows or records.
const ROWS_MAX: u64 = 1 << 32;

/// The manifest of a snapshot that is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published(Manifest);

/// A shard as people who move files see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardName {
    kind: Kind,
    hash: Digest,
    sha256: Digest,
    bytes: u64,
}

impl ShardName {
    fn of(kind: Kind, shard: &ShardRef) -> Self {
        Self { kind, hash: shard.hash.clone(), sha256: shard.sha256.clone(), bytes: shard.bytes }
    }

    fn shard(&self) -> ShardRef {
        ShardRef { hash: self.hash.clone(), sha256: self.sha256.clone(), bytes: self.bytes }
    }

    /// `rows`, `text`, `daily` or `facts`.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// The logical hash, 64 hexadecimal digits.
    pub fn hash(&self) -> &str {
        self.hash.as_str()
    }

    /// The SHA-256 of the file, 64 hexadecimal digits.
    pub fn sha256(&self) -> &str {
        self.sha256.as_str()
    }

    /// The size of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What it is called wherever it lies: logical hash and kind.
    pub fn name(&self) -> String {
        format!("{}.{}", self.hash, self.kind.name())
    }

    /// Whether one such shard may be made of another by an edit: rows and texts. The others change everywhere every day.
    pub fn has_edits(&self) -> bool {
        matches!(self.kind, Kind::Rows | Kind::Text)
    }
}

/// A shard that a directory lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// Which.
    pub shard: ShardName,
    /// What is held of the same owner and kind: an edit may make the one of the other.
    pub held: Option<ShardName>,
}

impl Published {
    /// The published manifest in `bytes`; `place` is where they come from, for errors.
    ///
    /// # Errors
    /// It is none, or one of a newer or older schema.
    pub fn parse(bytes: &[u8], place: &Path) -> Result<Self, DbError> {
        let problem = "its schema is older than this plimsoll's".to_owned();
        let older = || DbError::Manifest { path: place.to_owned(), problem };
        let manifest = Manifest::parse(bytes, place)?.ok_or_else(older)?;
        // Whatever adds up such numbers need not think of their end.
        let is_sane = |part: &Part| part.rows <= ROWS_MAX && part.records <= ROWS_MAX;
        if !manifest.content.namespaces.values().flat_map(BTreeMap::values).all(is_sane)
            || manifest.content.shards().any(|(_, shard)| shard.bytes > SHARD_BYTES_MAX)
        {
            let problem = "it states sizes that no snapshot has".to_owned();
            return Err(DbError::Manifest { path: place.to_owned(), problem });
        }
        Ok(Self(manifest))
    }

    /// As JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("a manifest is JSON")
    }

    /// The id of the snapshot.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// When its content was first made current where it was made.
    pub fn created(&self) -> Timestamp {
        self.0.created
    }

    /// What it holds, sorted by name.
    pub fn namespaces(&self) -> Vec<NamespaceEntry> {
        self.0.content.entries()
    }

    /// Whether it holds a namespace.
    pub fn holds(&self, namespace: &Namespace) -> bool {
        self.0.content.namespaces.contains_key(namespace.as_str())
    }

    /// Whether it has something of each provider of `parts` in a namespace.
    fn has_all_of(&self, namespace: &Namespace, parts: &BTreeMap<String, Part>) -> bool {
        let published = self.0.content.namespaces.get(namespace.as_str());
        published.is_some_and(|published| parts.keys().all(|provider| published.contains_key(provider)))
    }

    /// Its shards, each once, sorted.
    pub fn shards(&self) -> BTreeSet<ShardName> {
        self.0.content.shards().map(|(kind, shard)| ShardName::of(kind, shard)).collect()
    }

    /// For each shard that `older` has of the same owner and kind with another content: that one, and this one's.
    pub fn successors(&self, older: &Self) -> BTreeSet<(ShardName, ShardName)> {
        let mut pairs = BTreeSet::new();
        for (namespace, parts) in &self.0.content.namespaces {
            for (provider, part) in parts {
                let Some(before) = older.0.content.namespaces.get(namespace).and_then(|it| it.get(provider))
                else {
                    continue;
                };
                for (kind, shard) in part.shards.iter() {
                    let of_kind = before.shards.iter().find(|(other, _)| *other == kind);
                    if let Some((_, before)) = of_kind.filter(|(_, before)| before.hash != shard.hash) {
                        pairs.insert((ShardName::of(kind, before), ShardName::of(kind, shard)));
                    }
                }
            }
        }
        pairs
    }

    /// Leaves out the parts that `keep` says no to.
    pub fn retain(&mut self, keep: &dyn Fn(&Namespace, &ProviderStamp) -> bool) {
        retain(&mut self.0.content, keep);
    }

    /// Dates nothing later than `at`: no state can hold what its provider has yet to say.
    pub fn date_until(&mut self, at: Timestamp) {
        for part in self.0.content.namespaces.values_mut().flat_map(BTreeMap::values_mut) {
            part.data_as_of = part.data_as_of.min(at);
        }
    }

    /// Names other facts.
    pub fn set_facts(&mut self, facts: &ShardName) {
        self.0.content.facts = Some(facts.shard());
        self.0.id = self.0.content.id();
    }

    /// Names the files of `older` where the content is the same and `is_there` says so: they need not be moved again.
    #[must_use]
    pub fn with_files_of(mut self, older: &Self, is_there: &dyn Fn(&ShardName) -> bool) -> Self {
        let files: BTreeMap<(Kind, &Digest), &ShardRef> = older
            .0
            .content
            .shards()
            .filter(|(kind, shard)| is_there(&ShardName::of(*kind, shard)))
            .map(|(kind, shard)| ((kind, &shard.hash), shard))
            .collect();
        for (kind, shard) in self.0.content.shards_mut() {
            if let Some(file) = files.get(&(kind, &shard.hash)) {
                *shard = (*file).clone();
            }
        }
        self
    }

    /// Only these namespaces of it, as far as it has them; all of them without a list.
    fn content(&self, wanted: Option<&BTreeSet<Namespace>>) -> Content {
        let mut content = self.0.content.clone();
        if let Some(wanted) = wanted {
            content.namespaces.retain(|name, _| wanted.contains(&Namespace::new(name.as_str())));
        }
        content
    }
}

impl Snapshot {
    /// What is passed on of this snapshot: the parts that `keep` says yes to, and the facts.
    pub fn publish(&self, keep: &dyn Fn(&Namespace, &ProviderStamp) -> bool) -> Published {
        let mut content = self.manifest().content.clone();
        retain(&mut content, keep);
        Published(Manifest::new(content, self.created()))
    }
}

fn retain(content: &mut Content, keep: &dyn Fn(&Namespace, &ProviderStamp) -> bool) {
    for (name, parts) in &mut content.namespaces {
        let namespace = Namespace::new(name.as_str());
        parts.retain(|provider, part| keep(&namespace, &part.stamp(provider)));
    }
    content.namespaces.retain(|_, parts| !parts.is_empty());
}

impl FeedsDir {
    /// The file of a shard that is held.
    pub fn shard_file(&self, shard: &ShardName) -> PathBuf {
        shard::path(&self.shards_path(), shard.kind, &shard.hash)
    }

    /// What is held under the logical hash of `shard`, whatever the bytes of its file.
    pub fn held_shard(&self, shard: &ShardName) -> Result<Option<ShardName>, DbError> {
        let path = self.shard_file(shard);
        if !path.exists() {
            return Ok(None);
        }
        let (sha256, bytes) = files::fingerprint(&path)?;
        Ok(Some(ShardName { sha256, bytes, ..shard.clone() }))
    }

    /// Writes the edit that makes `new` of `old`, both of which are held.
    ///
    /// # Errors
    /// When one of them cannot be read, is not held, or has no edits ([`ShardName::has_edits`]).
    pub fn write_edit(&self, old: &ShardName, new: &ShardName, out: &mut dyn Write) -> Result<(), DbError> {
        let open = |shard: &ShardName| {
            let held = self.held_shard(shard)?.map(|held| held.shard());
            let missing = || DbError::Missing { path: self.shard_file(shard) };
            let held = held.ok_or_else(missing)?;
            Shard::open(&self.shards_path(), shard.kind, &held)?.ok_or_else(missing)
        };
        edit::write(new.kind, (&open(old)?, &old.hash), (&open(new)?, &new.hash), out)
    }

    /// Takes a shard whole: `input` gives its file. Its logical hash is computed from what it holds.
    ///
    /// # Errors
    /// [`DbError::Received`] when it is another file, or of another content; the directory is then as it was. `lock` is of this directory.
    pub fn receive_whole(
        &self,
        _lock: &WriterLock,
        shard: &ShardName,
        input: &mut dyn Read,
    ) -> Result<(), DbError> {
        let path = self.shard_file(shard);
        files::create_directory(&self.shards_path())?;
        let temporary = files::temporary(&path);
        files::step("write", &temporary)?;
        let mut file = File::create(&temporary).map_err(DbError::io("create", &temporary))?;
        let mut input = Foreign { input, problem: None };
        // One byte more than stated tells a longer file, and none is ever written beyond that.
        let copied = std::io::copy(&mut (&mut input).take(shard.bytes + 1), &mut file);
        drop(file);
        if let Err(error) = copied {
            files::remove(&temporary)?;
            return Err(match input.problem {
                Some(problem) => DbError::Received { shard: shard.name(), problem },
                None => DbError::io("write", &temporary)(error),
            });
        }
        let (sha256, bytes) = files::fingerprint(&temporary)?;
        if (&sha256, bytes) != (&shard.sha256, shard.bytes) {
            files::remove(&temporary)?;
            let problem = format!(
                "it has {bytes} bytes and SHA-256 {sha256}, and {} bytes and {} were announced",
                shard.bytes, shard.sha256
            );
            return Err(DbError::Received { shard: shard.name(), problem });
        }
        // Who announced the file may have announced it under a hash that others mean something else by.
        let problem = match content::hash(&temporary, shard.kind, &shard.shard()) {
            Ok(hash) if hash == shard.hash => return files::publish(&path),
            Ok(hash) => format!("what it holds has the logical hash {hash}"),
            Err(error) => error.to_string(),
        };
        files::remove(&temporary)?;
        Err(DbError::Received { shard: shard.name(), problem })
    }

    /// Makes the shard with the logical hash `to` of `held` by the edit that `input` gives.
    ///
    /// # Errors
    /// [`DbError::Edit`] when that does not give it; the directory is then as it was. `lock` is of this directory.
    pub fn receive_edit(
        &self,
        _lock: &WriterLock,
        held: &ShardName,
        to: &str,
        input: &mut dyn BufRead,
    ) -> Result<ShardName, DbError> {
        let to = Digest::try_from(to.to_owned()).map_err(|problem| DbError::Edit { problem })?;
        let missing = || DbError::Missing { path: self.shard_file(held) };
        let found = self.held_shard(held)?.ok_or_else(missing)?;
        if found != *held {
            // Only what is edited is computed anew: a damaged base would go on under a new name.
            let problem = format!("`{}` is not the file that is to be edited", held.name());
            return Err(DbError::Edit { problem });
        }
        let from = found.shard();
        let made = edit::apply(&self.shards_path(), held.kind, &from, &to, input)?;
        Ok(ShardName::of(held.kind, &made))
    }
}

/// Tells a failure of what is read from one of the disk that it is written to.
struct Foreign<'a> {
    input: &'a mut dyn Read,
    problem: Option<String>,
}

impl Read for Foreign<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.input.read(buffer).inspect_err(|error| self.problem = Some(error.to_string()))
    }
}

impl Writer<'_> {
    /// What of `published` is not held here: of all its namespaces, or of those that are wanted. Each shard once.
    pub fn lacking(
        &mut self,
        published: &Published,
        wanted: Option<&BTreeSet<Namespace>>,
    ) -> Result<Vec<Lacking>, DbError> {
        let content = published.content(wanted);
        let mut lacking = BTreeMap::new();
        let mut add = |kind, shard: &ShardRef, held: Option<&ShardRef>| -> Result<(), DbError> {
            let name = ShardName::of(kind, shard);
            if !lacking.contains_key(&name) && self.sound(kind, &shard.hash)?.is_none() {
                let held = held.map(|held| ShardName::of(kind, held));
                lacking.insert(name.clone(), Lacking { shard: name, held });
            }
            Ok(())
        };
        if let Some(facts) = &content.facts {
            add(Kind::Facts, facts, None)?;
        }
        for (namespace, parts) in &content.namespaces {
            for (provider, part) in parts {
                let held = self.part(namespace, provider).map(|part| &part.shards);
                for (kind, shard) in part.shards.iter() {
                    let held = held.and_then(|held| held.iter().find(|(other, _)| *other == kind));
                    add(kind, shard, held.map(|(_, held)| held))?;
                }
            }
        }
        let lacking: Vec<Lacking> = lacking.into_values().collect();
        for Lacking { shard, .. } in &lacking {
            self.lacks(shard.kind, &shard.hash);
        }
        Ok(lacking)
    }

    /// Removes what is held of a provider in a namespace: whoever published it has it no more. Without any provider the
    /// namespace is no longer held. `false` when nothing of it is held there.
    pub fn remove_provider(&mut self, namespace: &Namespace, provider: &str) -> Result<bool, DbError> {
        self.close_feed()?;
        Ok(self.remove(namespace.as_str(), provider))
    }

    /// A shard with these facts, and with what Red Hat's repositories stand for if rows of Red Hat's are in `published`; no
    /// snapshot names it.
    pub fn facts_shard(&mut self, facts: &FeedFacts, published: &Published) -> Result<ShardName, DbError> {
        let has_rows = published.namespaces().iter().any(|entry| is_red_hats(&entry.name));
        let repositories = if has_rows { self.repositories()? } else { RepositoryCpes::new() };
        Ok(ShardName::of(Kind::Facts, &self.store_facts(facts, &repositories)?))
    }

    /// Makes what is published what is held: of all its namespaces, or of those that are wanted. What other providers say
    /// about the same namespaces stays, and so does what is held of others.
    ///
    /// Returns the namespaces that only we hold and whose facts are lost: the shard that had them is damaged.
    ///
    /// # Errors
    /// [`DbError::Missing`] when a shard was not received.
    pub fn adopt(
        &mut self,
        published: &Published,
        wanted: Option<&BTreeSet<Namespace>>,
    ) -> Result<Vec<Namespace>, DbError> {
        self.close_feed()?;
        let mut content = published.content(wanted);
        // The names are the publisher's, the files are those that lie here.
        let mut found: BTreeMap<(Kind, Digest), ShardRef> = BTreeMap::new();
        for (kind, shard) in content.shards_mut() {
            let key = (kind, shard.hash.clone());
            if !found.contains_key(&key) {
                let path = shard.path(&self.shards_path(), kind);
                // What came is not what the snapshot names, of however many bytes.
                let held = match self.came(kind, shard)? {
                    None => self.sound(kind, &shard.hash)?.ok_or(DbError::Missing { path })?,
                    Some(came) => came,
                };
                found.insert(key.clone(), held);
            }
            shard.clone_from(&found[&key]);
        }
        self.name_files(&found);
        let (theirs, mut repositories) = match &content.facts {
            Some(shard) => {
                let shard = self.open(Kind::Facts, shard)?;
                (facts::load(&shard)?, facts::repositories(&shard)?)
            }
            None => Default::default(),
        };
        let has_facts = content.facts.is_some();
        // Of what is not taken now, theirs is as good where all that is held of it is published there as well.
        let is_ours = |name: &Namespace| {
            !content.namespaces.contains_key(name.as_str())
                && self.parts(name).is_some_and(|parts| !published.has_all_of(name, parts))
        };
        // What is lost with the facts is told below.
        let our_repositories = self.repositories()?;
        let has_rows_of_ours = |entry: NamespaceEntry| is_red_hats(&entry.name) && is_ours(&entry.name);
        if repositories.is_empty()
            || !our_repositories.is_empty() && self.namespaces().into_iter().any(has_rows_of_ours)
        {
            repositories = our_repositories;
        }
        let (ours, lost) = match self.facts() {
            Ok(ours) => (ours, Vec::new()),
            Err(DbError::Damaged { .. } | DbError::Missing { .. } | DbError::Sqlite { .. }) => {
                let names = self.namespaces().into_iter().map(|entry| entry.name);
                (FeedFacts::default(), names.filter(|name| is_ours(name)).collect())
            }
            Err(error) => return Err(error),
        };
        let facts = with_others(theirs, ours, is_ours);
        for (namespace, parts) in content.namespaces {
            self.put(namespace, parts);
        }
        // Of the scores that are held elsewhere the day is another.
        if content.epss.is_some() && (wanted.is_none() || self.epss().is_none()) {
            self.set_epss(content.epss);
        }
        if content.kev.is_some() && (wanted.is_none() || self.kev().is_none()) {
            self.set_kev(content.kev);
        }
        if has_facts {
            self.put_facts(&facts, &repositories)?;
        }
        Ok(lost)
    }
}

/// Whether what repositories stand for is asked of packages of `namespace`.
fn is_red_hats(namespace: &Namespace) -> bool {
    namespace.distro_id() == Some("redhat")
}

/// The facts that were published, with ours of what only we hold, and of what nobody does.
fn with_others(mut theirs: FeedFacts, ours: FeedFacts, is_ours: impl Fn(&Namespace) -> bool) -> FeedFacts {
    // Also where ours are lost: theirs speak of rows that are not held.
    theirs.namespaces.retain(|namespace, _| !is_ours(namespace));
    for (namespace, ours) in ours.namespaces {
        match theirs.namespaces.entry(namespace) {
            Entry::Vacant(entry) => _ = entry.insert(ours),
            // What only we add to theirs stays held beside it.
            Entry::Occupied(mut entry) => {
                let providers = &mut entry.get_mut().providers;
                providers.extend(ours.providers.into_iter().filter(|provider| is_supplement(provider)));
                providers.sort();
                providers.dedup();
            }
        }
    }
    for (codename, namespace) in ours.codenames {
        theirs.codenames.entry(codename).or_insert(namespace);
    }
    theirs
}
