//! What is remembered of published snapshots: `published.json` in the feeds directory.
//!
//! It keeps a publisher from being taken back to an older state by whoever stands between, and a run from asking what
//! another asked a minute ago.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use advisory_db::FeedsDir;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::SyncError;
use crate::kept::io_error;

const VERSION: u32 = 1;

/// Providers by namespace, with what they say their state is from: whoever moves that has other rows.
pub(super) type Providers = BTreeMap<String, BTreeMap<String, String>>;

/// What is remembered of one publisher: of a key, or of a place where nothing is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Received {
    /// When the newest state that was accepted was published.
    pub(super) published: String,
    /// Its snapshot's id.
    pub(super) snapshot: String,
    /// When it was last asked.
    pub(super) asked: String,
    /// The namespaces of those that were wanted then that it does not have.
    #[serde(default)]
    pub(super) lacks: BTreeSet<String>,
    /// The namespaces of those that were wanted then that it has.
    #[serde(default)]
    pub(super) has: BTreeSet<String>,
    /// What is held of it, whenever it was taken; what another publisher gave since then is not in it.
    #[serde(default)]
    pub(super) took: Providers,
}

#[derive(Default, Serialize, Deserialize)]
struct Table {
    version: u32,
    publishers: BTreeMap<String, Received>,
}

fn path(feeds: &FeedsDir) -> PathBuf {
    feeds.path().join("published.json")
}

/// What is remembered, by publisher; nothing where there is no such file.
///
/// # Errors
/// The file is there and cannot be read: then nothing tells how old a state may be.
pub(super) fn read(feeds: &FeedsDir) -> Result<BTreeMap<String, Received>, SyncError> {
    let path = path(feeds);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        bytes => bytes.map_err(io_error("read", &path))?,
    };
    let table: Table =
        serde_json::from_slice(&bytes).map_err(|error| io_error("read", &path)(error.into()))?;
    match table.version {
        VERSION => {
            let times = table.publishers.values().map(|received| &received.published);
            match times.into_iter().find(|time| time.parse::<Timestamp>().is_err()) {
                None => Ok(table.publishers),
                Some(time) => {
                    let problem = format!("`{time:.40}` is no time of publication");
                    Err(io_error("read", &path)(std::io::Error::other(problem)))
                }
            }
        }
        // To forget it would be to accept an older state.
        other => Err(io_error("read", &path)(std::io::Error::other(format!("its version is {other}")))),
    }
}

/// Remembers it, whole or not at all.
pub(super) fn write(feeds: &FeedsDir, publishers: BTreeMap<String, Received>) -> Result<(), SyncError> {
    let path = path(feeds);
    let temporary = path.with_extension("json.tmp");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        serde_json::to_writer_pretty(&mut file, &Table { version: VERSION, publishers })?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        // Elsewhere a directory cannot be opened as a file, and its names need no sync.
        if cfg!(unix) { File::open(feeds.path())?.sync_all() } else { Ok(()) }
    };
    write().map_err(io_error("write", &path))
}

impl Received {
    /// Whether it was asked after `since` for all of `wanted`.
    pub(super) fn answers(&self, wanted: &BTreeSet<String>, since: Timestamp) -> bool {
        let is_recent = self.asked.parse::<Timestamp>().is_ok_and(|asked| asked > since);
        is_recent && wanted.iter().all(|name| self.has.contains(name) || self.lacks.contains(name))
    }
}
