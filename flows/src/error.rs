//! What can end a flow.

use std::io;
use std::path::PathBuf;

/// Why a flow ended without its result.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The image could not be opened or read.
    #[error("cannot read image `{source_text}`")]
    Image {
        /// What was typed.
        source_text: String,
        /// Why.
        source: sbom::image::ImageError,
    },
    /// The document is not an SBOM that can be read.
    #[error("cannot read SBOM `{place}`")]
    Document {
        /// The file, or `standard input`.
        place: String,
        /// Why.
        source: sbom::format::DocumentError,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The feed database could not be read or written.
    #[error("the feed database cannot be used")]
    Database(#[from] advisory_db::DbError),
    /// The sync could not be carried out at all.
    #[error("the feeds cannot be synced")]
    Sync(#[from] feeds_sync::error::SyncError),
    /// There is no feed database, and the network may not be touched.
    #[error("no feed database in `{}`", feeds.display())]
    NoFeeds {
        /// The feeds directory.
        feeds: PathBuf,
    },
    /// The snapshot that was asked for is not kept.
    #[error("no snapshot `{id}` in `{}`", feeds.display())]
    NoSuchSnapshot {
        /// What was asked for.
        id: String,
        /// The feeds directory.
        feeds: PathBuf,
    },
    /// The directory of stored SBOMs holds none.
    #[error("no SBOM in `{}`", directory.display())]
    NoSboms {
        /// The directory.
        directory: PathBuf,
    },
    /// Rendering failed.
    #[error("cannot render the report")]
    Render(#[source] io::Error),
    /// The gate could not be evaluated.
    #[error("the gate cannot be evaluated")]
    Policy(#[from] policy::PolicyError),
}
