//! Why a sync could not be done, and why a document could not be read.

use std::io;
use std::path::PathBuf;

use advisory_db::DbError;

/// Why a whole sync could not be done. A single feed's failure is no error; it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// A name that was asked for is no namespace, provider or feed.
    #[error("`{name}` is no namespace that a feed answers, no provider and no feed; providers: {known}")]
    UnknownName {
        /// What was asked for.
        name: String,
        /// The providers there are.
        known: String,
    },
    /// A place that was named cannot be asked.
    #[error("`{place}` cannot be asked for advisories: {why}")]
    BadPlace {
        /// What was named.
        place: String,
        /// Why not.
        why: &'static str,
    },
    /// The feed database cannot be read or written.
    #[error("the feed database cannot be used")]
    Db(#[from] DbError),
    /// A document that was read to its end a moment ago cannot be read again.
    #[error("`{url}` was damaged while it was being read")]
    Changed {
        /// Where it was downloaded from.
        url: String,
        /// What is wrong with it now.
        source: ParseError,
    },
    /// The directory of kept downloads cannot be used.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

impl SyncError {
    /// What the operating system said, if it is that the feeds directory may not be written: one that is shared, or mounted to be
    /// read only.
    pub fn not_writable(&self) -> Option<&io::Error> {
        let (Self::Io { source, .. } | Self::Db(DbError::Io { source, .. })) = self else { return None };
        let kinds = [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem];
        kinds.contains(&source.kind()).then_some(source)
    }
}

/// Why a document is not the feed that it should be.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It cannot be read or unpacked.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is no JSON, ends early, or has another shape.
    #[error("is not the JSON that was expected: {0}")]
    Json(#[from] serde_json::Error),
    /// It is no zip archive, or a damaged one.
    #[error("is not a sound zip archive: {0}")]
    Zip(#[from] rawzip::Error),
    /// It is no CSV.
    #[error("is not the CSV that was expected: {0}")]
    Csv(#[from] csv::Error),
    /// It is something else.
    #[error("is {0}")]
    NotTheFeed(String),
    /// A limit was passed.
    #[error("passes the limit `{limit}` of {max}")]
    Limit {
        /// The name of the limit in `model::limits::Limits`.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
}
