//! One file: a tar archive of what a directory would hold, for machines without a network.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::directory::{BLOBS, ENVELOPE, blob_path};
use super::index::{Blob, ENVELOPE_BYTES_MAX};
use super::place::{Failure, Place, Shelf};

/// No archive has more files: a snapshot has some thousand shards.
const MEMBERS_MAX: usize = 200_000;

/// A published snapshot in one file.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    /// Offset and size of each member.
    members: BTreeMap<String, (u64, u64)>,
}

impl Archive {
    /// Opens the file at `path` and lists its members; nothing is unpacked.
    ///
    /// # Errors
    /// It cannot be read, or is no tar archive.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::open_within(path, MEMBERS_MAX)
    }

    /// As [`Self::open`], of at most so many members.
    pub(crate) fn open_within(path: &Path, members_max: usize) -> Result<Self, Failure> {
        let mut members = BTreeMap::new();
        let mut archive = tar::Archive::new(File::open(path)?);
        // Raw: long names and extensions, of which there are none here, would be read whole whatever size they state.
        for entry in archive.entries_with_seek()?.raw(true) {
            let entry = entry.map_err(|error| format!("it is no tar archive, or a damaged one: {error}"))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if name != ENVELOPE && !name.starts_with(BLOBS) {
                continue;
            }
            if members.len() >= members_max {
                return Err(format!("it has more than {members_max} files").into());
            }
            members.insert(name, (entry.raw_file_position(), entry.size()));
        }
        Ok(Self { path: path.to_owned(), members })
    }

    fn member(&self, name: &str) -> Result<Option<impl Read + use<>>, Failure> {
        let Some(&(offset, size)) = self.members.get(name) else { return Ok(None) };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Some(file.take(size)))
    }
}

impl Place for Archive {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        // It is the last that is written.
        let member = self.member(ENVELOPE)?;
        let member =
            member.ok_or_else(|| format!("it is cut off, or no export: `{ENVELOPE}` is not in it"))?;
        let mut bytes = Vec::new();
        // One byte more tells one that is too large.
        member.take(ENVELOPE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn blob(&self, blob: &Blob) -> Result<Box<dyn Read + '_>, Failure> {
        let name = blob_path(blob);
        match self.member(&name)? {
            Some(member) => Ok(Box::new(member)),
            None => Err(format!("`{name}` is not in it").into()),
        }
    }
}

/// A file that a snapshot is written to.
pub struct NewArchive<W: Write> {
    name: String,
    builder: Mutex<tar::Builder<W>>,
}

impl<W: Write> fmt::Debug for NewArchive<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("NewArchive").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<W: Write> NewArchive<W> {
    /// One that is written to `out`, which people call `name`.
    pub fn new(name: &str, out: W) -> Self {
        Self { name: name.to_owned(), builder: Mutex::new(tar::Builder::new(out)) }
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let mut builder = self.builder.lock().map_err(|_| "an earlier failure")?;
        Ok(builder.append_data(&mut header, name, Cursor::new(bytes))?)
    }
}

impl<W: Write + Send> Place for NewArchive<W> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(None)
    }

    fn blob(&self, _: &Blob) -> Result<Box<dyn Read + '_>, Failure> {
        Err("it is being written".into())
    }
}

impl<W: Write + Send> Shelf for NewArchive<W> {
    fn has(&self, _: &Blob) -> Result<bool, Failure> {
        Ok(false)
    }

    fn put(&self, blob: &Blob, bytes: &[u8]) -> Result<(), Failure> {
        self.append(&blob_path(blob), bytes)
    }

    fn publish(&self, envelope: &[u8], _: &[Blob]) -> Result<(), Failure> {
        self.append(ENVELOPE, envelope)?;
        let mut builder = self.builder.lock().map_err(|_| "an earlier failure")?;
        builder.finish()?;
        Ok(builder.get_mut().flush()?)
    }
}
