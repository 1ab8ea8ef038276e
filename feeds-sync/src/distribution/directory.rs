//! A directory: `snapshot.json` and `blobs/sha256/<digest>`. Any web server can serve it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use super::index::{Blob, ENVELOPE_BYTES_MAX, Index, is_sha256};
use super::place::{Failure, Place, Shelf};

/// The sealed index, below the directory or address of a published snapshot.
pub const ENVELOPE: &str = "snapshot.json";

/// Where blobs lie, below the directory or address of a published snapshot.
pub(super) const BLOBS: &str = "blobs/sha256/";

/// Where a blob lies, below the directory or address of a published snapshot.
pub fn blob_path(blob: &Blob) -> String {
    format!("{BLOBS}{}", blob.sha256)
}

/// Held by whoever publishes there. Not `lock`: the directory may be a feeds directory.
const LOCK: &str = "snapshot.lock";

/// The end of the name of a file that is being written.
const TEMPORARY: &str = ".tmp";

/// A published snapshot in a directory.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// The one at `path`. Touches nothing.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// A directory of images has its blobs under the same names, and what is not named in the index is removed.
    fn no_images(&self) -> Result<(), Failure> {
        match self.path.join("oci-layout").exists() {
            true => Err("images lie there (it is an OCI layout): choose another directory".into()),
            false => Ok(()),
        }
    }
}

impl Place for Directory {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        match File::open(self.path.join(ENVELOPE)) {
            Ok(file) => {
                let mut bytes = Vec::new();
                // One byte more tells one that is too large.
                file.take(ENVELOPE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn blob(&self, blob: &Blob) -> Result<Box<dyn Read + '_>, Failure> {
        Ok(Box::new(File::open(self.path.join(blob_path(blob)))?))
    }
}

impl Shelf for Directory {
    fn turn(&self) -> Result<Option<File>, Failure> {
        self.no_images()?;
        fs::create_dir_all(&self.path)?;
        let path = self.path.join(LOCK);
        let lock = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        lock.lock()?;
        Ok(Some(lock))
    }

    fn has(&self, blob: &Blob) -> Result<bool, Failure> {
        Ok(fs::metadata(self.path.join(blob_path(blob))).is_ok_and(|file| file.len() == blob.bytes))
    }

    fn put(&self, blob: &Blob, bytes: &[u8]) -> Result<(), Failure> {
        self.no_images()?;
        write(&self.path.join(blob_path(blob)), bytes)
    }

    fn publish(&self, envelope: &[u8], blobs: &[Blob]) -> Result<(), Failure> {
        self.no_images()?;
        // Whoever reads the state before this one still finds its blobs; those older than both go.
        let before = self.envelope()?.and_then(|before| Index::open(&before, &[]).ok());
        let before = before.map(|(index, _)| index.blobs()).unwrap_or_default();
        let directory = self.path.join(BLOBS);
        // No index is ever there, not even after a failure of power, without what it names.
        sync_directory(&directory)?;
        write(&self.path.join(ENVELOPE), envelope)?;
        sync_directory(&self.path)?;
        let named: BTreeSet<&str> = blobs.iter().chain(&before).map(|blob| blob.sha256.as_str()).collect();
        if !directory.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            // What somebody else put there stays.
            let is_ours = is_sha256(name.strip_suffix(TEMPORARY).unwrap_or(name));
            if is_ours && !named.contains(name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Makes the names in a directory durable, where there is one.
fn sync_directory(path: &Path) -> Result<(), Failure> {
    // Elsewhere a directory cannot be opened as a file, and its names need no sync.
    if cfg!(unix) && path.is_dir() {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

/// Writes a file as a whole: it is the old one or the new one, never a part.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(fs::rename(&temporary, path)?)
}
