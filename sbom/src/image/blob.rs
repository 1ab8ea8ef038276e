//! Where an image's bytes come from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::Arc;

use model::limits::Limits;

use super::compression::{Skip, read_buffered};
use super::error::LimitPassed;
use super::path;
use super::tar_stream::{Entry, EntryKind, TarReader};
use model::digest::Digest;

/// The name of one blob of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobAddress {
    /// A path inside the layout or archive: `manifest.json`.
    Path(String),
    /// The digest of its bytes. Sources do not verify it; whoever reads the blob does.
    Digest(Digest),
    /// The same for a manifest or an index, which registries keep apart from other blobs (OCI
    /// distribution-spec, "Pulling manifests").
    Manifest(Digest),
}

impl BlobAddress {
    /// The path of the blob in an OCI layout or a docker-save archive.
    fn path(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Digest(digest) | Self::Manifest(digest) => digest.layout_path(),
        }
    }
}

impl fmt::Display for BlobAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => out.write_str(path),
            Self::Digest(digest) | Self::Manifest(digest) => digest.fmt(out),
        }
    }
}

/// An opened blob, at its beginning.
pub struct Blob {
    /// Its size in bytes, where the source knows it.
    pub size: Option<u64>,
    /// Its bytes.
    pub reader: Box<dyn Read + Send>,
}

/// Something that holds the blobs of an image: a directory, an archive, a registry.
///
/// Several blobs may be open at once, on several threads.
pub trait BlobSource: Send + Sync {
    /// Opens the blob called `address`.
    ///
    /// # Errors
    /// `NotFound` when there is no such blob; anything else when it cannot be read.
    fn open(&self, address: &BlobAddress) -> io::Result<Blob>;

    /// Whether a blob that was verified once gives the same bytes when it is opened again: files of this machine
    /// do, as far as nobody writes to them meanwhile.
    fn is_stable(&self) -> bool {
        false
    }
}

/// The blobs of a layout in a directory.
pub(super) struct Directory {
    pub(super) root: PathBuf,
}

impl BlobSource for Directory {
    fn open(&self, address: &BlobAddress) -> io::Result<Blob> {
        let path = self.root.join(address.path());
        // Asked before opening, because opening a pipe would wait for its other end.
        let metadata = path.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let size = metadata.len();
        Ok(Blob { size: Some(size), reader: Box::new(File::open(path)?.take(size)) })
    }

    fn is_stable(&self) -> bool {
        true
    }
}

/// One file, whatever the address: a root filesystem's archive.
pub(super) struct WholeFile {
    pub(super) file: Arc<File>,
    pub(super) size: u64,
}

impl BlobSource for WholeFile {
    fn open(&self, _: &BlobAddress) -> io::Result<Blob> {
        let reader = Box::new(FileRange { file: Arc::clone(&self.file), position: 0, end: self.size });
        Ok(Blob { size: Some(self.size), reader })
    }

    fn is_stable(&self) -> bool {
        true
    }
}

/// The files of a plain tar archive, found once and then opened by their place in it.
pub(super) struct Archive {
    file: Arc<File>,
    members: BTreeMap<String, Member>,
    /// About how many bytes the members take.
    index_bytes: u64,
    index_bytes_max: u64,
}

#[derive(Clone)]
enum Member {
    File {
        offset: u64,
        size: u64,
    },
    /// Another member's path: docker-save writes a layer once and links to it.
    Link(String),
    Other,
}

/// Links followed inside an archive for one blob.
const LINKS_MAX: usize = 8;

/// About how many bytes a member takes in the index beside its path and what it links to.
const MEMBER_BYTES: u64 = 128;

impl Archive {
    /// Finds the members of the tar archive `file` of `size` bytes by seeking from header to header, and tells `seen`
    /// the path of each.
    ///
    /// The archive of a root filesystem has hundreds of thousands of members and none is ever opened by its name, so
    /// that an index larger than `archive_index_bytes_max` is dropped rather than an error: see
    /// [`Archive::check_index`].
    ///
    /// # Errors
    /// As [`TarReader::next`]; the flag says whether at least one entry could be read.
    pub(super) fn index(
        file: Arc<File>,
        size: u64,
        limits: &Limits,
        seen: &mut dyn FnMut(&str),
    ) -> Result<Self, (io::Error, bool)> {
        let index_bytes_max = limits.archive_index_bytes_max;
        let mut tar = TarReader::new(SeekReader::new(Arc::clone(&file), size), limits);
        let mut archive = Self { file, members: BTreeMap::new(), index_bytes: 0, index_bytes_max };
        let mut is_first = true;
        loop {
            let entry = match tar.next() {
                Ok(Some(entry)) => entry,
                Ok(None) => return Ok(archive),
                Err(error) => return Err((error, !is_first)),
            };
            is_first = false;
            // A member whose path leads out of the archive can be no blob; the last of several of one name counts.
            let Ok(path) = path::normal(&entry.path) else { continue };
            seen(&path);
            if archive.index_bytes <= index_bytes_max {
                let member = Self::member(&entry, &path, tar.position());
                archive.insert(path, member);
            }
        }
    }

    fn insert(&mut self, path: String, member: Member) {
        let target_bytes = if let Member::Link(target) = &member { target.len() } else { 0 };
        self.index_bytes += MEMBER_BYTES + (path.len() + target_bytes) as u64;
        if self.index_bytes <= self.index_bytes_max {
            self.members.insert(path, member);
        } else {
            self.members.clear();
        }
    }

    /// Fails unless every member can be opened by its path.
    ///
    /// # Errors
    /// [`LimitPassed`], when the index would have been larger than `archive_index_bytes_max`.
    pub(super) fn check_index(&self) -> io::Result<()> {
        if self.index_bytes > self.index_bytes_max {
            return Err(LimitPassed::error("archive_index_bytes_max", self.index_bytes_max));
        }
        Ok(())
    }

    fn member(entry: &Entry, path: &str, offset: u64) -> Member {
        let beside = |target: &[u8]| [path::split(path).0.as_bytes(), b"/", target].concat();
        match &entry.kind {
            EntryKind::File => Member::File { offset, size: entry.size },
            EntryKind::Symlink(target) => path::normal(&beside(target)).map_or(Member::Other, Member::Link),
            EntryKind::HardLink(target) => path::normal(target).map_or(Member::Other, Member::Link),
            EntryKind::Directory | EntryKind::Other => Member::Other,
        }
    }
}

impl BlobSource for Archive {
    fn open(&self, address: &BlobAddress) -> io::Result<Blob> {
        let mut path = address.path();
        for _ in 0..=LINKS_MAX {
            match self.members.get(&path) {
                Some(&Member::File { offset, size }) => {
                    let file = Arc::clone(&self.file);
                    let reader = Box::new(FileRange { file, position: offset, end: offset + size });
                    return Ok(Blob { size: Some(size), reader });
                }
                Some(Member::Link(target)) => path.clone_from(target),
                Some(Member::Other) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
                }
                None => return Err(io::ErrorKind::NotFound.into()),
            }
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "links that lead nowhere"))
    }

    fn is_stable(&self) -> bool {
        true
    }
}

/// A part of a shared file, read by position so that many may be read at once.
struct FileRange {
    file: Arc<File>,
    position: u64,
    end: u64,
}

impl Read for FileRange {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        let n_bytes = out.len().min(left);
        if n_bytes == 0 {
            return Ok(0);
        }
        let n_bytes = read_at(&self.file, &mut out[..n_bytes], self.position)?;
        self.position += n_bytes as u64;
        Ok(n_bytes)
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, out, position)
}

#[cfg(windows)]
fn read_at(file: &File, out: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, out, position)
}

/// Bytes read at a time while seeking through an archive: a header, and the long name that may follow it.
const SEEK_BYTES: usize = 4 << 10;

/// A buffered reader that passes over bytes without reading them.
struct SeekReader {
    range: FileRange,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl SeekReader {
    fn new(file: Arc<File>, size: u64) -> Self {
        let range = FileRange { file, position: 0, end: size };
        Self { range, buffer: vec![0; SEEK_BYTES].into(), start: 0, end: 0 }
    }
}

impl BufRead for SeekReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = self.range.read(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, n_bytes: usize) {
        self.start += n_bytes;
    }
}

impl Read for SeekReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

impl Skip for SeekReader {
    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        let buffered = (self.end - self.start) as u64;
        if n_bytes <= buffered {
            self.start += usize::try_from(n_bytes).expect("no more than is buffered");
            return Ok(());
        }
        self.start = self.end;
        let beyond = n_bytes - buffered;
        if beyond > self.range.end - self.range.position {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.range.position += beyond;
        Ok(())
    }
}
