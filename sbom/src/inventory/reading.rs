//! One file, handed to the catalogers that want it.

use std::io::{self, Read, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use model::digest::{Digest, Hasher};
use model::gap::{Gap, GapKind};
use model::limits::Limits;

use crate::cataloger::{CATALOGERS, Content, Fact, FactFile, Facts, File, PackageFact, Wants};

/// What one cataloger read from one file.
#[derive(Clone, Debug)]
pub(crate) struct ReadFile {
    /// The position of the file in its part's listing.
    pub(crate) entry: u32,
    /// The position of the cataloger in [`CATALOGERS`].
    pub(crate) cataloger: usize,
    /// Its SHA-256, where a package of a language was found in it.
    pub(crate) digest: Option<Arc<str>>,
    /// Shared with the files of the tree that has it.
    pub(crate) facts: Arc<[Fact]>,
}

impl ReadFile {
    /// About how many bytes are kept of a file at `path`, until an inventory is made of it: nothing if nothing was
    /// read from it.
    pub(crate) fn n_bytes(&self, path: &str) -> usize {
        // What is found is kept twice for a moment: as read, and in the inventory made of it, with its path.
        let facts: usize = self.facts.iter().map(|fact| 2 * (fact.n_bytes() + path.len())).sum();
        let in_tree = 2 * size_of::<FactFile>() + path.len();
        MAP_ENTRY_BYTES + in_tree + facts
    }
}

/// About how many bytes a file that was read takes in a map, in a list of its own.
const MAP_ENTRY_BYTES: usize = 4 * size_of::<ReadFile>() + 48;

/// Whether the cataloger at `index` still wants a file of `size` bytes that begins with `head`. With less at hand
/// than it looks at, it does.
pub(super) fn starts(index: usize, head: &[u8], size: u64) -> bool {
    let head_bytes = usize::try_from(size).map_or(Wants::HEAD_BYTES, |size| size.min(Wants::HEAD_BYTES));
    head.len() < head_bytes || CATALOGERS[index].wants.starts(&head[..head_bytes])
}

/// The gap of a file that is too large to be read.
pub(super) fn too_large(path: &str, size: u64, limits: &Limits) -> Gap {
    let detail = format!("{size} bytes exceed file_bytes_max of {}", limits.file_bytes_max);
    Gap::new(GapKind::LIMIT_EXCEEDED, path, detail)
}

/// What the cataloger at `index` reads from `file`, the file `entry` of its part. A panic is a gap of that file and
/// cataloger.
pub(super) fn read(index: usize, entry: u32, file: File<'_>) -> ReadFile {
    let (path, content) = (file.path, file.content);
    let mut facts = facts(index, file);
    let identified = facts.iter().any(|fact| match fact {
        Fact::Package(PackageFact { package, .. }) => !package.ecosystem.is_os(),
        _ => false,
    });
    let digest = match identified.then(|| digest_of(content)) {
        None => None,
        Some(Ok(digest)) => Some(digest.as_str().into()),
        Some(Err(error)) => {
            facts.push(Fact::Gap(Gap::new(GapKind::UNREADABLE_FILE, path, error.to_string())));
            None
        }
    };
    ReadFile { entry, cataloger: index, digest, facts: facts.into() }
}

/// The SHA-256 of `content`.
fn digest_of(content: Content<'_>) -> io::Result<Digest> {
    match content {
        Content::Bytes(bytes) => Ok(Digest::sha256(bytes)),
        Content::Spooled(mut spool) => {
            let mut hasher = Hasher::sha256();
            let mut piece = vec![0; 256 << 10];
            spool.rewind()?;
            loop {
                match spool.read(&mut piece)? {
                    0 => return Ok(hasher.finish()),
                    n_bytes => hasher.update(&piece[..n_bytes]),
                }
            }
        }
    }
}

fn facts(index: usize, mut file: File<'_>) -> Vec<Fact> {
    let cataloger = CATALOGERS[index];
    let (path, limits) = (file.path, file.limits);
    let read = || {
        let mut facts = Facts::new(limits);
        (cataloger.read)(&mut file, &mut facts);
        facts.into_vec()
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let detail = format!("the cataloger {} panicked; this is a defect of plimsoll", cataloger.name);
        vec![Fact::Gap(Gap::new(GapKind::UNREADABLE_FILE, path, detail))]
    })
}

/// The content of one file, kept in memory or in a temporary file without a name.
pub(super) enum Kept {
    Memory,
    Spool(std::fs::File),
}

/// Reads `size` bytes of `content` into `buffer`, or into a temporary file when there are more than
/// `spool_bytes_min`.
pub(super) fn keep(
    content: &mut impl Read,
    size: u64,
    buffer: &mut Vec<u8>,
    limits: &Limits,
) -> io::Result<Kept> {
    buffer.clear();
    if size <= limits.spool_bytes_min {
        content.read_to_end(buffer)?;
        return Ok(Kept::Memory);
    }
    let mut spool = tempfile::tempfile()?;
    let piece_bytes = 256 << 10;
    buffer.resize(piece_bytes, 0);
    loop {
        let n_bytes = content.read(buffer)?;
        if n_bytes == 0 {
            return Ok(Kept::Spool(spool));
        }
        spool.write_all(&buffer[..n_bytes])?;
    }
}

impl Kept {
    pub(super) fn content<'a>(&'a self, buffer: &'a [u8]) -> Content<'a> {
        match self {
            Self::Memory => Content::Bytes(buffer),
            Self::Spool(file) => Content::Spooled(file),
        }
    }
}
