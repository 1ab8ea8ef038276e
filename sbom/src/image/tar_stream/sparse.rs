//! The map of a sparse file (GNU tar manual, "Storing Sparse Files").

use std::io;

use super::header::malformed;

/// Where the stored bytes of a sparse file belong.
pub(super) struct Sparse {
    /// In ascending order, not overlapping, none beyond `size`.
    parts: Vec<Part>,
    pub(super) size: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Sparse {
    pub(super) fn new(parts: Vec<Part>, size: u64, stored: u64) -> io::Result<Self> {
        let mut end = 0;
        let mut total = 0;
        for part in &parts {
            if part.offset < end {
                return Err(malformed("sparse map"));
            }
            end = part.offset.checked_add(part.size).ok_or_else(|| malformed("sparse map"))?;
            total += part.size;
        }
        if end > size || total > stored {
            return Err(malformed("sparse map"));
        }
        Ok(Self { parts, size })
    }

    /// How many bytes from `logical` on are alike, and whether they are a hole.
    pub(super) fn run_at(&self, logical: u64) -> (u64, bool) {
        let next = self.parts.partition_point(|part| part.offset + part.size <= logical);
        match self.parts.get(next) {
            Some(part) if part.offset <= logical => (part.offset + part.size - logical, false),
            Some(part) => (part.offset - logical, true),
            None => (self.size - logical, true),
        }
    }
}
