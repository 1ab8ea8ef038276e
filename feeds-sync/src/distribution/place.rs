//! [`Place`]: where a published snapshot lies.

use std::error::Error;
use std::fs::File;
use std::io::Read;

use super::index::Blob;

/// What went wrong at a place, in its own words.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Where a published snapshot is read from. Several threads may read at once.
pub trait Place: Send + Sync {
    /// What people call it; without credentials.
    fn name(&self) -> String;

    /// The sealed index, of at most [`super::index::ENVELOPE_BYTES_MAX`]; none when nothing was published here yet.
    ///
    /// # Errors
    /// When the place cannot be asked.
    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure>;

    /// The bytes of a blob, not verified yet.
    ///
    /// # Errors
    /// When it is not there.
    fn blob(&self, blob: &Blob) -> Result<Box<dyn Read + '_>, Failure>;
}

/// Where a snapshot can be published.
pub trait Shelf: Place {
    /// Waits for whoever publishes here at this moment; until what is returned is dropped, others wait. None where nobody
    /// can be kept waiting.
    ///
    /// # Errors
    /// When the place cannot be written.
    fn turn(&self) -> Result<Option<File>, Failure> {
        Ok(None)
    }

    /// Whether a blob is there already.
    ///
    /// # Errors
    /// When the place cannot be asked.
    fn has(&self, blob: &Blob) -> Result<bool, Failure>;

    /// Puts a blob there.
    ///
    /// # Errors
    /// When the place refuses it.
    fn put(&self, blob: &Blob, bytes: &[u8]) -> Result<(), Failure>;

    /// Makes the index and its blobs what is published; readers see the old state or the new one.
    ///
    /// # Errors
    /// When the place refuses it, or has another state by now than the one that was read.
    fn publish(&self, envelope: &[u8], blobs: &[Blob]) -> Result<(), Failure>;
}
