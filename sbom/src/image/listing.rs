//! What one layer, archive or directory holds, in the order it is written.
//!
//! A layer of a hostile image may have millions of entries and an honest one hundreds of thousands, most of which
//! differ from the one before only in their last component. An entry is therefore kept as the number of bytes that
//! its path shares with the one before, the rest of the path, and what it is: some 25 bytes where the paths as they
//! are and offsets into them took 136.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::LimitPassed;
use super::mode::Mode;

/// The entries of one layer.
#[derive(Default)]
pub(crate) struct Listing {
    /// The entries one behind the other, none across two pages: a page never moves once the next one is begun.
    pages: Vec<Vec<u8>>,
    n_entries: usize,
    /// The path of the last entry.
    last_path: String,
}

/// Bytes of a page, unless one entry has more.
const PAGE_BYTES: usize = 64 << 10;

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

/// How many bytes the listings, the tree and the facts of an image may still take, shared by the threads that fill
/// them. What was taken is not given back: a listing lives until its layer is squashed, and that may be last of all.
pub(crate) struct TextBudget {
    taken: AtomicU64,
    bytes_max: u64,
}

impl TextBudget {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { taken: AtomicU64::new(0), bytes_max }
    }

    /// Takes `n_bytes`.
    ///
    /// # Errors
    /// [`LimitPassed`] when more than `tree_bytes_max` were taken.
    pub(crate) fn take(&self, n_bytes: usize) -> std::io::Result<()> {
        let taken = self.taken.fetch_add(n_bytes as u64, Ordering::Relaxed);
        if taken + n_bytes as u64 > self.bytes_max {
            return Err(LimitPassed::error("tree_bytes_max", self.bytes_max));
        }
        Ok(())
    }

    /// Gives back `n_bytes` that were taken for what is not kept after all.
    pub(crate) fn give_back(&self, n_bytes: usize) {
        self.taken.fetch_sub(n_bytes as u64, Ordering::Relaxed);
    }
}

const FILE: u8 = 0;
const HARD_LINK: u8 = 1;
const SYMLINK: u8 = 2;
const DIRECTORY: u8 = 3;
const OTHER: u8 = 4;

impl Listing {
    /// What its entries took of the budget.
    pub(crate) fn n_bytes(&self) -> usize {
        self.pages.iter().map(Vec::len).sum()
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`LimitPassed`] when what is kept of the image takes more than `tree_bytes_max`.
    pub(crate) fn push(&mut self, entry: Listed<'_>, budget: &TextBudget) -> std::io::Result<()> {
        let n_shared = shared_bytes(&self.last_path, entry.path);
        let rest = &entry.path[n_shared..];
        let target = match entry.kind {
            ListedKind::HardLink { target } | ListedKind::Symlink { target } => target,
            ListedKind::File { .. } | ListedKind::Directory { .. } | ListedKind::Other => "",
        };
        // Numbers take up to ten bytes each, and usually one or two.
        let n_bytes_max = rest.len() + target.len() + 41;
        let page = match self.pages.pop() {
            Some(page) if page.len() + n_bytes_max <= PAGE_BYTES => page,
            full => {
                self.pages.extend(full);
                // Grown by doubling, a page would end with up to as many bytes unused.
                Vec::with_capacity(PAGE_BYTES.max(n_bytes_max))
            }
        };
        self.pages.push(page);
        let page = self.pages.last_mut().expect("one was pushed");
        let start = page.len();
        push_number(page, n_shared as u64);
        push_text(page, rest);
        match entry.kind {
            ListedKind::File { size, mode } => {
                page.push(FILE);
                push_number(page, u64::from(mode.bits()));
                push_number(page, size);
            }
            ListedKind::HardLink { target } => {
                page.push(HARD_LINK);
                push_text(page, target);
            }
            ListedKind::Symlink { target } => {
                page.push(SYMLINK);
                push_text(page, target);
            }
            ListedKind::Directory { mode } => {
                page.push(DIRECTORY);
                push_number(page, u64::from(mode.bits()));
            }
            ListedKind::Other => page.push(OTHER),
        }
        let n_bytes = page.len() - start;
        self.last_path.truncate(n_shared);
        self.last_path.push_str(rest);
        self.n_entries += 1;
        budget.take(n_bytes)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.n_entries
    }

    /// The entries in order.
    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter { pages: &self.pages, rest: &[], path: String::new() }
    }
}

/// The entries of a [`Listing`]. Each is lent until the next one, because they share one buffer for their paths.
pub(crate) struct Iter<'a> {
    pages: &'a [Vec<u8>],
    rest: &'a [u8],
    path: String,
}

impl Iter<'_> {
    /// The next entry, or none at the end.
    pub(crate) fn next(&mut self) -> Option<Listed<'_>> {
        while self.rest.is_empty() {
            let (page, pages) = self.pages.split_first()?;
            (self.rest, self.pages) = (page, pages);
        }
        let n_shared = self.size();
        self.path.truncate(n_shared);
        let rest = self.text();
        self.path.push_str(rest);
        let kind = match self.byte() {
            FILE => ListedKind::File { mode: Mode::new(self.number()), size: self.number() },
            HARD_LINK => ListedKind::HardLink { target: self.text() },
            SYMLINK => ListedKind::Symlink { target: self.text() },
            DIRECTORY => ListedKind::Directory { mode: Mode::new(self.number()) },
            _ => ListedKind::Other,
        };
        Some(Listed { path: &self.path, kind })
    }
}

impl<'a> Iter<'a> {
    fn byte(&mut self) -> u8 {
        let (byte, rest) = self.rest.split_first().expect("an entry is written as a whole");
        self.rest = rest;
        *byte
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    fn size(&mut self) -> usize {
        usize::try_from(self.number()).expect("it was the size of something in memory")
    }

    fn text(&mut self) -> &'a str {
        let n_bytes = self.size();
        let (text, rest) = self.rest.split_at(n_bytes);
        self.rest = rest;
        std::str::from_utf8(text).expect("it was cut between characters")
    }
}

/// How many bytes both begin with, not within a character.
pub(crate) fn shared_bytes(before: &str, path: &str) -> usize {
    let n_alike = before.bytes().zip(path.bytes()).take_while(|(left, right)| left == right).count();
    (0..=n_alike).rev().find(|&end| path.is_char_boundary(end)).unwrap_or(0)
}

/// A number of seven bits a byte, lowest first.
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    out.push(number as u8);
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    push_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_as_they_were_pushed() {
        let mode = Mode::new(0o4755_u32);
        let long = "long/".repeat(20_000);
        let entries = [
            ("", ListedKind::Directory { mode }),
            ("usr/bin/a", ListedKind::File { size: u64::MAX, mode }),
            ("usr/bin/ab", ListedKind::HardLink { target: "usr/bin/a" }),
            ("usr/bin", ListedKind::Symlink { target: "../é" }),
            ("usr/bin/é", ListedKind::Other),
            // Shares the first byte of its last character with the one before.
            ("usr/bin/è", ListedKind::File { size: 0, mode: Mode::new(0_u32) }),
            (&long, ListedKind::Symlink { target: &long }),
            ("", ListedKind::Other),
        ];
        let budget = TextBudget::new(1 << 30);
        let mut listing = Listing::default();
        for _ in 0..1_000 {
            for (path, kind) in entries {
                listing.push(Listed { path, kind }, &budget).unwrap();
            }
        }
        assert_eq!(listing.len(), 8_000);
        let mut found = listing.iter();
        for _ in 0..1_000 {
            for (path, kind) in entries {
                assert_eq!(found.next(), Some(Listed { path, kind }));
            }
        }
        assert_eq!(found.next(), None);
    }

    #[test]
    fn an_entry_of_an_ordinary_layer_takes_some_twenty_bytes() {
        let budget = TextBudget::new(u64::MAX);
        let mut listing = Listing::default();
        for n in 0..1_000 {
            let path = format!("usr/lib/node_modules/package-{}/lib/module-{n}.js", n / 10);
            let kind = ListedKind::File { size: 4_000, mode: Mode::new(0o644_u32) };
            listing.push(Listed { path: &path, kind }, &budget).unwrap();
        }
        let taken = budget.taken.load(Ordering::Relaxed);
        assert!((8_000..20_000).contains(&taken), "{taken}");
    }
}
