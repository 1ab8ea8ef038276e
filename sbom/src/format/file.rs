//! The inventory of a document in a file, without the document in memory.
//!
//! Only the JSON of CycloneDX, SPDX 2 and Syft is read so: documents of hundreds of megabytes are written in no other syntax.
//! Any other, and one that is not as it should be, is read as a text, which says where it is wrong.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::SystemTime;

use model::inventory::Inventory;
use model::limits::Limits;

use super::wire::text::Kind;
use super::{DocumentError, PublicKey, Seen, cyclonedx, spdx2, syft, wire};

/// A smaller document is read as a text: one pass over it costs less than several over a file.
const TEXT_BYTES_MAX: u64 = 16 << 20;

/// How much of a file is looked at to tell what it is.
const HEAD_BYTES: u64 = 64 << 10;

/// Reads the inventory in a file.
type ReadFile = fn(&File, &Limits) -> Result<Seen, DocumentError>;

/// What is read without the document in memory.
static READERS: &[(Kind, ReadFile)] = &[
    (Kind::CycloneDxJson, cyclonedx::read_file),
    (Kind::Spdx2Json, spdx2::read_file),
    (Kind::SyftJson, syft::read_file),
];

/// The inventory of the document in `file`, a regular file, whichever format it is in; of a large one without what no
/// verdict depends on ([`About`](model::package::About)).
///
/// What is in memory at any time is the inventory and a part of the document, where the document is the JSON of
/// CycloneDX or SPDX.
///
/// # Errors
/// As of [`read_signed`](super::read_signed); and when the file cannot be read, or changes meanwhile.
pub fn read_file(file: &File, limits: &Limits, keys: &[PublicKey]) -> Result<Inventory, DocumentError> {
    let before = state(file)?;
    if before.0 > limits.document_bytes_max {
        let max = limits.document_bytes_max;
        return Err(DocumentError::LimitExceeded { limit: "document_bytes_max", max });
    }
    // What is read in parts came in no envelope.
    let in_parts = keys.is_empty() && before.0 > TEXT_BYTES_MAX;
    let inventory = match reader(file)?.filter(|_| in_parts) {
        Some(reader) => read_in_parts(file, reader, limits)?,
        None => read_as_text(file, limits, keys)?,
    };
    if state(file)? != before {
        let source = io::Error::other("it was changed while it was read");
        return Err(DocumentError::Input { source });
    }
    Ok(inventory)
}

fn state(file: &File) -> Result<(u64, Option<SystemTime>), DocumentError> {
    let metadata = file.metadata().map_err(DocumentError::input)?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// What reads the file in parts, if anything does.
fn reader(mut file: &File) -> Result<Option<ReadFile>, DocumentError> {
    let mut head = Vec::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(HEAD_BYTES).read_to_end(&mut head));
    read.map_err(DocumentError::input)?;
    let Ok(text) = wire::text::decode_head(&head) else { return Ok(None) };
    let kind = wire::text::kind(text);
    Ok(READERS.iter().find(|(known, _)| *known == kind).map(|(_, reader)| *reader))
}

fn read_in_parts(file: &File, reader: ReadFile, limits: &Limits) -> Result<Inventory, DocumentError> {
    match reader(file, limits) {
        Ok(seen) => Ok(seen.inventory),
        Err(DocumentError::Malformed { .. }) => read_as_text(file, limits, &[]),
        Err(error) => Err(error),
    }
}

fn read_as_text(mut file: &File, limits: &Limits, keys: &[PublicKey]) -> Result<Inventory, DocumentError> {
    let mut bytes = Vec::new();
    let bytes_max = limits.document_bytes_max.saturating_add(1);
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(bytes_max).read_to_end(&mut bytes));
    read.map_err(DocumentError::input)?;
    Ok(super::read_signed(&bytes, limits, keys)?.inventory)
}

impl DocumentError {
    pub(super) fn input(source: io::Error) -> Self {
        Self::Input { source }
    }
}

#[cfg(test)]
mod tests;
