//! The directory that snapshots live in, and the lock that lets one writer in.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::error::DbError;
use crate::files;
use crate::manifest::{Manifest, is_id};
use crate::snapshot::Snapshot;
use crate::writer::Writer;

/// Files younger than this are never removed: a writer may be about to name them, and a reader that
/// opened a superseded snapshot may be about to open them.
const SPARED: SignedDuration = SignedDuration::from_hours(1);

/// A feeds directory.
///
/// ```text
/// manifest.json            the current snapshot
/// manifests/<id>.json      every retained snapshot, the current one included
/// shards/<hash>.<kind>.sqlite
/// lock                     held by the one writer
/// ```
///
/// Anything else in it belongs to somebody else and is left alone.
#[derive(Clone, Debug)]
pub struct FeedsDir {
    path: PathBuf,
}

impl FeedsDir {
    /// The feeds directory at `path`. Touches nothing: the directory need not exist.
    pub fn open(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The current snapshot; `None` when nothing was ever synced here.
    ///
    /// Reads one small file, takes no lock and writes nothing. The snapshot stays readable for at least an
    /// hour, whatever is written or collected meanwhile.
    pub fn current(&self) -> Result<Option<Snapshot>, DbError> {
        let manifest = Manifest::read(&self.manifest_path())?;
        Ok(manifest.map(|manifest| Snapshot::new(self.clone(), manifest)))
    }

    /// The snapshot with an id, current or retained; `None` when it is neither.
    pub fn snapshot(&self, id: &str) -> Result<Option<Snapshot>, DbError> {
        if !is_id(id) {
            return Ok(None);
        }
        let path = self.retained_path(id);
        let Some(manifest) = Manifest::read(&path)? else { return Ok(None) };
        if manifest.id != id {
            let problem = format!("it is the manifest of snapshot `{}`", manifest.id);
            return Err(DbError::Manifest { path, problem });
        }
        Ok(Some(Snapshot::new(self.clone(), manifest)))
    }

    /// The snapshots that can be opened, the current one among them, oldest first.
    ///
    /// A retained manifest that cannot be read is an error that names it.
    pub fn retained(&self) -> Result<Vec<SnapshotEntry>, DbError> {
        let mut entries = Vec::new();
        for path in self.retained_paths()? {
            if let Some(manifest) = Manifest::read(&path)? {
                entries.push(SnapshotEntry { id: manifest.id, created: manifest.created });
            }
        }
        entries.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(entries)
    }

    /// The ids of the snapshots that are kept, the current one among them, sorted. They are read off the names of files, so
    /// that of a damaged one is among them.
    pub fn ids(&self) -> Result<Vec<String>, DbError> {
        let paths = self.retained_paths()?;
        let ids = paths.iter().filter_map(|path| path.file_stem()?.to_str());
        Ok(ids.map(str::to_owned).collect())
    }

    /// Takes the writers' lock, waiting for as long as another process or thread holds it.
    ///
    /// Creates the directory. The lock ends with the value, and with the process in any case. After
    /// waiting, look at [`FeedsDir::current`] first: the winner may have done the work.
    pub fn lock(&self) -> Result<WriterLock, DbError> {
        files::create_directory(&self.path)?;
        let path = self.path.join("lock");
        let options = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(DbError::io("open", &path))?;
        file.lock().map_err(DbError::io("lock", &path))?;
        Ok(WriterLock { _file: file })
    }

    /// A writer that starts from the current snapshot. Removes what an unfinished writer left behind.
    ///
    /// Refuses where the current snapshot is unreadable or of a newer schema, rather than replace it.
    /// `lock` is of this directory.
    pub fn writer<'a>(&self, lock: &'a WriterLock) -> Result<Writer<'a>, DbError> {
        let base = Manifest::read(&self.manifest_path())?;
        files::create_directory(&self.shards_path())?;
        files::create_directory(&self.manifests_path())?;
        self.remove_leftovers(lock)?;
        Ok(Writer::new(self.clone(), lock, base))
    }

    /// Removes the snapshots that were superseded more than `keep_for` before `now`, then the shards that no
    /// remaining snapshot names, then what unfinished writers left behind.
    ///
    /// Never the current snapshot, none that was superseded within the last hour, and no file that was
    /// written within the last hour. A retained manifest that cannot be read names nothing and is removed;
    /// when the current one cannot be read, or any is of a newer schema, nothing is removed at all. `lock`
    /// is of this directory.
    pub fn gc(
        &self,
        lock: &WriterLock,
        keep_for: SignedDuration,
        now: Timestamp,
    ) -> Result<GcOutcome, DbError> {
        let mut outcome = GcOutcome::default();
        let current = Manifest::read(&self.manifest_path())?;
        let mut retained = Vec::new();
        let mut unreadable = Vec::new();
        for path in self.retained_paths()? {
            match Manifest::read(&path) {
                Ok(manifest) => retained.extend(manifest.map(|manifest| (path, manifest))),
                Err(DbError::Manifest { .. }) => unreadable.push(path),
                Err(error) => return Err(error),
            }
        }
        retained.sort_by_key(|(_, manifest)| manifest.created);

        let keep_for = keep_for.max(SPARED);
        let is_kept = |index: usize, manifest: &Manifest| {
            let is_current = current.as_ref().is_some_and(|current| current.id == manifest.id);
            // A snapshot is superseded when the next one is made.
            let superseded = retained.get(index + 1).map_or(now, |(_, next)| next.created);
            is_current || now.duration_since(superseded) < keep_for
        };
        let mut named: BTreeSet<PathBuf> = BTreeSet::new();
        let mut name_shards = |manifest: &Manifest| {
            let shards = manifest.content.shards();
            named.extend(shards.map(|(kind, shard)| shard.path(&self.shards_path(), kind)));
        };
        current.iter().for_each(&mut name_shards);
        for (index, (path, manifest)) in retained.iter().enumerate() {
            if is_kept(index, manifest) || !outcome.remove_file(path, now)? {
                name_shards(manifest);
            } else {
                outcome.snapshots += 1;
            }
        }
        for path in unreadable {
            outcome.remove_file(&path, now)?;
        }
        // Manifests go before their shards, so that none is left behind that names what is gone.
        files::sync_directory_if_any(&self.manifests_path())?;
        for path in files::list(&self.shards_path())? {
            let is_shard = path.extension().is_some_and(|extension| extension == "sqlite");
            if is_shard && !named.contains(&path) {
                outcome.remove_file(&path, now)?;
            }
        }
        self.remove_leftovers(lock)?;
        Ok(outcome)
    }

    /// Removes files under temporary names; whoever holds the lock knows that nobody is writing them.
    fn remove_leftovers(&self, _lock: &WriterLock) -> Result<(), DbError> {
        files::remove(&files::temporary(&self.manifest_path()))?;
        for directory in [self.shards_path(), self.manifests_path()] {
            for path in files::list(&directory)? {
                if files::is_temporary(&path) {
                    files::remove(&path)?;
                }
            }
        }
        Ok(())
    }

    fn retained_paths(&self) -> Result<Vec<PathBuf>, DbError> {
        let mut paths = files::list(&self.manifests_path())?;
        let is_retained = |path: &PathBuf| {
            let id = path.file_stem().and_then(|stem| stem.to_str());
            id.is_some_and(is_id) && path.extension().is_some_and(|extension| extension == "json")
        };
        paths.retain(is_retained);
        Ok(paths)
    }

    pub(crate) fn manifest_path(&self) -> PathBuf {
        self.path.join("manifest.json")
    }

    pub(crate) fn retained_path(&self, id: &str) -> PathBuf {
        self.manifests_path().join(format!("{id}.json"))
    }

    pub(crate) fn manifests_path(&self) -> PathBuf {
        self.path.join("manifests")
    }

    pub(crate) fn shards_path(&self) -> PathBuf {
        self.path.join("shards")
    }
}

/// The right to write in a feeds directory; given back when dropped.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

/// A snapshot that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// Its id, for [`FeedsDir::snapshot`].
    pub id: String,
    /// When its content was first made current.
    pub created: Timestamp,
}

/// What [`FeedsDir::gc`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcOutcome {
    /// Snapshots that can no longer be opened.
    pub snapshots: usize,
    /// Files: manifests and shards.
    pub files: usize,
    /// Their size.
    pub bytes: u64,
}

impl GcOutcome {
    /// Removes a file and counts it, unless it is young; says whether it did.
    fn remove_file(&mut self, path: &Path, now: Timestamp) -> Result<bool, DbError> {
        let metadata = path.metadata().map_err(DbError::io("read", path))?;
        let written = metadata.modified().map_err(DbError::io("read", path))?;
        // A time that cannot be told is a young one; so is one in the future.
        let is_old = Timestamp::try_from(written).is_ok_and(|written| now.duration_since(written) >= SPARED);
        if is_old {
            files::remove(path)?;
            self.files += 1;
            self.bytes += metadata.len();
        }
        Ok(is_old)
    }
}
