//! The few file-system steps that durability rests on.
//!
//! Whatever becomes visible under its final name was complete and synced to disk before: write under a
//! temporary name, sync, rename, sync the directory.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::error::DbError;

/// The end of every temporary name; whoever holds the lock may remove such files.
const TEMPORARY: &str = ".tmp";

/// The temporary name that becomes `path`.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMPORARY);
    name.into()
}

/// Writes a small file as a whole: afterwards `path` is the old file or the new one, never a part.
/// The directory still has to be synced.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), DbError> {
    let temporary = temporary(path);
    step("write", &temporary)?;
    let mut file = File::create(&temporary).map_err(DbError::io("create", &temporary))?;
    file.write_all(bytes).map_err(DbError::io("write", &temporary))?;
    publish(path)
}

/// Gives the complete file under `path`'s temporary name its final name, once it is on disk.
pub(crate) fn publish(path: &Path) -> Result<(), DbError> {
    let temporary = temporary(path);
    step("sync", &temporary)?;
    // Opened for writing because some systems sync nothing through a read-only handle.
    let file = File::options().write(true).open(&temporary).map_err(DbError::io("open", &temporary))?;
    file.sync_all().map_err(DbError::io("sync", &temporary))?;
    step("rename", path)?;
    fs::rename(&temporary, path).map_err(DbError::io("rename", &temporary))
}

/// Copies a file to a temporary name.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), DbError> {
    step("write", to)?;
    fs::copy(from, to).map(drop).map_err(DbError::io("copy", from))
}

/// Gives a temporary file another temporary name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), DbError> {
    step("rename", to)?;
    fs::rename(from, to).map_err(DbError::io("rename", from))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), DbError> {
    step("sync", path)?;
    // Elsewhere a directory cannot be opened as a file, and its names need no sync.
    if cfg!(unix) {
        let directory = File::open(path).map_err(DbError::io("open", path))?;
        directory.sync_all().map_err(DbError::io("sync", path))?;
    }
    Ok(())
}

/// [`sync_directory`], where there is one.
pub(crate) fn sync_directory_if_any(path: &Path) -> Result<(), DbError> {
    if path.is_dir() { sync_directory(path) } else { Ok(()) }
}

/// Creates a directory and its parents.
pub(crate) fn create_directory(path: &Path) -> Result<(), DbError> {
    step("create", path)?;
    fs::create_dir_all(path).map_err(DbError::io("create directory", path))
}

/// Removes a file; it is no error when somebody else already did.
pub(crate) fn remove(path: &Path) -> Result<(), DbError> {
    step("remove", path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(DbError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The files of a directory, sorted by name; none when there is no such directory.
pub(crate) fn list(directory: &Path) -> Result<Vec<PathBuf>, DbError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(DbError::io("list", directory))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(DbError::io("list", directory))?;
        let kind = entry.file_type().map_err(DbError::io("list", directory))?;
        if kind.is_file() {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

/// Whether a writer that did not finish may have left this file.
pub(crate) fn is_temporary(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(TEMPORARY.as_bytes())
}

/// Reads a file of at most `limit` bytes; `None` when there is no such file.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, DbError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(DbError::io("open", path))?,
    };
    let mut bytes = Vec::new();
    // One byte more than the limit tells a file of exactly that size from a longer one.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(DbError::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(DbError::Manifest {
            path: path.to_owned(),
            problem: format!("it is larger than {limit} bytes"),
        });
    }
    Ok(Some(bytes))
}

/// The SHA-256 and the size of a file.
pub(crate) fn fingerprint(path: &Path) -> Result<(Digest, u64), DbError> {
    let mut file = File::open(path).map_err(DbError::io("open", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer).map_err(DbError::io("read", path))? {
            0 => return Ok((Digest::from_bytes(&hasher.finalize().into()), bytes)),
            n => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
}

/// Where a test may stop a writer, as a kill would; nothing in a real build.
#[cfg(not(test))]
pub(crate) fn step(_action: &'static str, _path: &Path) -> Result<(), DbError> {
    Ok(())
}

#[cfg(test)]
pub(crate) use self::fault::step;

/// Stops the writer of this thread before a chosen step.
#[cfg(test)]
pub(crate) mod fault {
    use std::cell::Cell;
    use std::io;
    use std::path::Path;

    use crate::error::DbError;

    thread_local! {
        static STEPS_LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// Lets `steps` steps of this thread happen, and none after them; `None` lets all happen.
    pub(crate) fn stop_after(steps: Option<usize>) {
        STEPS_LEFT.set(steps);
    }

    pub(crate) fn step(action: &'static str, path: &Path) -> Result<(), DbError> {
        match STEPS_LEFT.get() {
            Some(0) => Err(DbError::io(action, path)(io::Error::other("stopped by the test"))),
            left => {
                STEPS_LEFT.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }
}
