//! Every way in which the feed database can refuse, each with its where.

use std::io;
use std::path::{Path, PathBuf};

/// Why the feed database could not answer or could not be written.
///
/// After any error of a writer the current snapshot is still the one it was before.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The operating system refused: no such directory, no permission, no space.
    #[error("cannot {action} `{path}`", path = path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`, `lock`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// SQLite refused: a damaged page, a full disk.
    #[error("cannot {action} feed shard `{path}`", path = path.display())]
    Sqlite {
        /// What was tried, as a verb: `read`, `write`.
        action: &'static str,
        /// Which shard.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file in the manifest's place is not a manifest, or contradicts itself.
    #[error("`{path}` is not a usable feed manifest: {problem}", path = path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A newer plimsoll wrote this.
    #[error("`{path}` has feed schema {found}, and this plimsoll reads up to {known}", path = path.display())]
    SchemaTooNew {
        /// Which manifest or shard.
        path: PathBuf,
        /// The schema it states.
        found: u32,
        /// The newest schema that this build reads.
        known: u32,
    },
    /// The shard is not what the manifest says it is.
    #[error("feed shard `{path}` is damaged: {problem}", path = path.display())]
    Damaged {
        /// Which shard.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// What is to make one shard of another cannot be used.
    #[error("an edit of a feed shard cannot be used: {problem}")]
    Edit {
        /// What is wrong with it.
        problem: String,
    },
    /// A shard came from elsewhere, and is not the one that was announced.
    #[error("feed shard `{shard}` is not what was announced: {problem}")]
    Received {
        /// Which: logical hash and kind.
        shard: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The manifest, read again, still names a shard that is not there.
    #[error("feed shard `{path}`, which the manifest names, is missing", path = path.display())]
    Missing {
        /// Which shard.
        path: PathBuf,
    },
    /// The snapshot was superseded and its shards removed while it was being read; open the current one.
    #[error("feed snapshot `{id}` was removed while it was read: `{current}` has taken its place")]
    Superseded {
        /// The snapshot that was being read.
        id: String,
        /// The one that is current now.
        current: String,
    },
}

impl DbError {
    /// Wraps what the operating system said about `path`, for `map_err`.
    pub(crate) fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Wraps what SQLite said about `path`, for `map_err`.
    pub(crate) fn sqlite<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(rusqlite::Error) -> Self + use<'a> {
        move |source| Self::Sqlite { action, path: path.to_owned(), source }
    }
}
