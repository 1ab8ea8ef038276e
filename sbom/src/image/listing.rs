//! What one layer, archive or directory holds, in the order it is written.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::LimitPassed;
use super::mode::Mode;

/// The entries of one layer; all their texts lie in one string.
#[derive(Default)]
pub(crate) struct Listing {
    text: String,
    entries: Vec<Stored>,
}

struct Stored {
    path: Range<usize>,
    kind: StoredKind,
}

enum StoredKind {
    File { size: u64, mode: Mode },
    HardLink { target: Range<usize> },
    Symlink { target: Range<usize> },
    Directory { mode: Mode },
    Other,
}

/// One entry of a [`Listing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed<'a> {
    /// Relative to the root, without `.` or `..`.
    pub(crate) path: &'a str,
    pub(crate) kind: ListedKind<'a>,
}

/// What an entry of a [`Listing`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListedKind<'a> {
    File {
        size: u64,
        mode: Mode,
    },
    /// Another name of the file at `target`, a path like the entry's own.
    HardLink {
        target: &'a str,
    },
    /// A link to `target`, as written.
    Symlink {
        target: &'a str,
    },
    Directory {
        mode: Mode,
    },
    /// What holds no bytes that could be read: a device, a pipe.
    Other,
}

/// How many bytes the listings of an image may still take, shared by the threads that fill them.
pub(crate) struct TextBudget {
    taken: AtomicU64,
    bytes_max: u64,
}

impl TextBudget {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { taken: AtomicU64::new(0), bytes_max }
    }

    fn take(&self, n_bytes: usize) -> std::io::Result<()> {
        let taken = self.taken.fetch_add(n_bytes as u64, Ordering::Relaxed);
        if taken + n_bytes as u64 > self.bytes_max {
            return Err(LimitPassed::error("tree_bytes_max", self.bytes_max));
        }
        Ok(())
    }
}

impl Listing {
    /// Adds an entry.
    ///
    /// # Errors
    /// [`LimitPassed`] when the texts of the image take more than `tree_bytes_max`.
    pub(crate) fn push(&mut self, entry: Listed<'_>, budget: &TextBudget) -> std::io::Result<()> {
        let target = match entry.kind {
            ListedKind::HardLink { target } | ListedKind::Symlink { target } => target,
            ListedKind::File { .. } | ListedKind::Directory { .. } | ListedKind::Other => "",
        };
        budget.take(entry.path.len() + target.len())?;
        let path = self.keep(entry.path);
        let target = self.keep(target);
        let kind = match entry.kind {
            ListedKind::File { size, mode } => StoredKind::File { size, mode },
            ListedKind::HardLink { .. } => StoredKind::HardLink { target },
            ListedKind::Symlink { .. } => StoredKind::Symlink { target },
            ListedKind::Directory { mode } => StoredKind::Directory { mode },
            ListedKind::Other => StoredKind::Other,
        };
        self.entries.push(Stored { path, kind });
        Ok(())
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The path of the entry at `index`.
    pub(crate) fn path(&self, index: u32) -> &str {
        &self.text[self.entries[index as usize].path.clone()]
    }

    /// The entries in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Listed<'_>> {
        self.entries.iter().map(|stored| Listed {
            path: &self.text[stored.path.clone()],
            kind: match &stored.kind {
                StoredKind::File { size, mode } => ListedKind::File { size: *size, mode: *mode },
                StoredKind::HardLink { target } => {
                    ListedKind::HardLink { target: &self.text[target.clone()] }
                }
                StoredKind::Symlink { target } => ListedKind::Symlink { target: &self.text[target.clone()] },
                StoredKind::Directory { mode } => ListedKind::Directory { mode: *mode },
                StoredKind::Other => ListedKind::Other,
            },
        })
    }
}
