//! A directory: `snapshot.json` and `blobs/sha256/<digest>`. Any web server can serve it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use super::index::{Blob, ENVELOPE_BYTES_MAX, Index};
use super::place::{Failure, Place, Shelf};

/// The sealed index, below the directory or address of a published snapshot.
pub const ENVELOPE: &str = "snapshot.json";

/// Where a blob lies, below the directory or address of a published snapshot.
pub fn blob_path(blob: &Blob) -> String {
    format!("blobs/sha256/{}", blob.sha256)
}

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
}

impl Place for Directory {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        match File::open(self.path.join(ENVELOPE)) {
            Ok(file) => {
                let mut bytes = Vec::new();
                file.take(ENVELOPE_BYTES_MAX).read_to_end(&mut bytes)?;
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
    fn has(&self, blob: &Blob) -> Result<bool, Failure> {
        Ok(fs::metadata(self.path.join(blob_path(blob))).is_ok_and(|file| file.len() == blob.bytes))
    }

    fn put(&self, blob: &Blob, bytes: &[u8]) -> Result<(), Failure> {
        write(&self.path.join(blob_path(blob)), bytes)
    }

    fn publish(&self, envelope: &[u8], blobs: &[Blob]) -> Result<(), Failure> {
        // Whoever reads the state before this one still finds its blobs; those older than both go.
        let before = self.envelope()?.and_then(|before| Index::open(&before, &[]).ok());
        let before = before.map(|(index, _)| index.blobs()).unwrap_or_default();
        write(&self.path.join(ENVELOPE), envelope)?;
        let named: BTreeSet<&str> = blobs.iter().chain(&before).map(|blob| blob.sha256.as_str()).collect();
        let directory = self.path.join("blobs/sha256");
        if !directory.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_name().to_str().is_none_or(|name| !named.contains(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Writes a file as a whole: it is the old one or the new one, never a part.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(fs::rename(&temporary, path)?)
}
