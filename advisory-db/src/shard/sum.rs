//! Checksums, by which whoever reads a shard notices that a disk gave back something else than was written.
//!
//! The hash of a key says the same of its rows, against anybody; but it takes longer than reading them does. A checksum is only
//! against accidents: who can write a shard can write its checksums.

use flate2::Crc;

use crate::digest::frame;

/// A row as stored, with what many rows share already summed.
pub(in crate::shard) struct SumRow<'a> {
    pub(in crate::shard) record: Option<&'a str>,
    pub(in crate::shard) aliases: Option<&'a str>,
    pub(in crate::shard) state: Option<&'a str>,
    pub(in crate::shard) statement: u32,
    pub(in crate::shard) ranges: Option<u32>,
    pub(in crate::shard) versions: Option<&'a str>,
    pub(in crate::shard) details: Option<&'a str>,
}

/// Sums the rows of one key.
#[derive(Default)]
pub(in crate::shard) struct Sum {
    crc: Crc,
    /// What is not summed yet: CRC-32 is much faster over many bytes at once.
    pending: Vec<u8>,
}

/// So many bytes are summed at once.
const BATCH_BYTES: usize = 4 << 10;

impl Sum {
    /// Begins the sum of the rows of a key.
    pub(in crate::shard) fn begin(&mut self, kind: &str, name: &str) {
        self.crc.reset();
        self.pending.clear();
        frame(&mut self.pending, Some(kind));
        frame(&mut self.pending, Some(name));
    }

    /// Adds the next row.
    pub(in crate::shard) fn add(&mut self, row: &SumRow<'_>) {
        let SumRow { record, aliases, state, statement, ranges, versions, details } = *row;
        for text in [record, aliases, state, versions, details] {
            frame(&mut self.pending, text);
        }
        self.pending.extend_from_slice(&statement.to_le_bytes());
        // No ranges and ranges that happen to sum to 0 differ in length.
        if let Some(ranges) = ranges {
            self.pending.extend_from_slice(&ranges.to_le_bytes());
        }
        if self.pending.len() >= BATCH_BYTES {
            self.crc.update(&self.pending);
            self.pending.clear();
        }
    }

    /// The sum of what was added since it was begun.
    pub(in crate::shard) fn end(&mut self) -> u32 {
        self.crc.update(&self.pending);
        self.crc.sum()
    }
}

/// The sum of the columns of something that rows share.
pub(in crate::shard) fn of<'a>(columns: impl IntoIterator<Item = Option<&'a str>>) -> u32 {
    let mut framed = Vec::new();
    columns.into_iter().for_each(|column| frame(&mut framed, column));
    of_framed(&framed)
}

/// The sum of columns that [`frame`] framed.
pub(in crate::shard) fn of_framed(columns: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(columns);
    crc.sum()
}
