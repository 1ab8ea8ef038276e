//! Files of VEX from addresses, and what is kept of them.
//!
//! What belongs to a repository is kept in the cache, and asked for anew with what its host said of it, so that what did not
//! change is not sent again. Without network it is what is kept that counts. A document that is named by itself is not kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fetch::error::{FetchError, redact};
use fetch::fetcher::{Fetched, Fetcher, NoProgress, Request};
use fetch::validators::Validators;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::error::FlowError;
use crate::match_sbom::digest_of_file;

/// How addresses of VEX are asked, and where what they say is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct VexAccess<'a> {
    /// Without one no host is asked.
    pub fetcher: Option<&'a Fetcher>,
    /// The directory in which repositories are kept; without one they are not.
    pub cache: Option<&'a Path>,
}

/// A file that was brought.
pub(super) struct Brought {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Where it is to be kept, with what is remembered of it; none where it is kept already, or nowhere.
    to_keep: Option<(Entry, Validators)>,
    /// Keeps the file until it is read.
    _dir: Option<TempDir>,
}

impl VexAccess<'_> {
    /// The file at `url`, of at most `bytes_max` bytes: that which is kept, where it did not change or no host may be asked.
    pub(super) fn bring(&self, url: &str, bytes_max: u64) -> Result<Brought, FlowError> {
        let entry = self.cache.map(|cache| Entry::of(cache, url));
        let held = entry.as_ref().and_then(|entry| Some((entry.file.clone(), entry.validators()?)));
        let kept = |(path, _)| Brought { path, to_keep: None, _dir: None };
        let Some(fetcher) = self.fetcher else {
            return held.map(kept).ok_or_else(|| FlowError::VexNotAsked { url: redact(url) });
        };
        let unwritten = |source| FlowError::File {
            action: "write",
            path: PathBuf::from("a temporary directory"),
            source,
        };
        let dir = tempfile::tempdir().map_err(unwritten)?;
        let to = dir.path().join("document");
        let previous = held.as_ref().map(|(_, validators)| validators);
        let fetched = fetcher.get(&Request { url, to: &to, previous, bytes_max }, &NoProgress);
        match (fetched, held) {
            (Ok(Fetched::File { validators }), _) => {
                Ok(Brought { path: to, to_keep: entry.map(|entry| (entry, validators)), _dir: Some(dir) })
            }
            (Ok(Fetched::Unchanged { .. }) | Err(FetchError::Offline { .. }), Some(held)) => Ok(kept(held)),
            (Ok(Fetched::Unchanged { .. }), None) => {
                let source = io::Error::other("the host says that what is not held did not change");
                Err(FlowError::File { action: "download", path: PathBuf::from(redact(url)), source })
            }
            (Err(error), _) => Err(FlowError::VexDownload(error)),
        }
    }
}

impl Brought {
    /// Keeps the file for the next time.
    pub(super) fn keep(&self) -> Result<(), FlowError> {
        let Some((entry, validators)) = &self.to_keep else { return Ok(()) };
        let failed = |source| FlowError::File { action: "write", path: entry.file.clone(), source };
        entry.write(&self.path, validators).map_err(failed)
    }
}

/// A file in the cache, and what is remembered of it beside it.
struct Entry {
    file: PathBuf,
    note: PathBuf,
}

/// What is remembered of a file, as it is written.
#[derive(Serialize, Deserialize)]
struct Note {
    etag: Option<String>,
    last_modified: Option<String>,
    origin: String,
    sha256: String,
    bytes: u64,
}

impl Entry {
    fn of(cache: &Path, url: &str) -> Self {
        let name = blake3::hash(url.as_bytes()).to_hex();
        Self { file: cache.join(&*name), note: cache.join(format!("{name}.json")) }
    }

    /// What is remembered of the file, if that is the file which lies there: the two are not written at once.
    fn validators(&self) -> Option<Validators> {
        let note: Note = serde_json::from_slice(&fs::read(&self.note).ok()?).ok()?;
        let digest = digest_of_file(&fs::File::open(&self.file).ok()?).ok()?;
        let validators = Validators {
            etag: note.etag,
            last_modified: note.last_modified,
            origin: note.origin,
            sha256: note.sha256,
            bytes: note.bytes,
        };
        (digest == format!("sha256:{}", validators.sha256)).then_some(validators)
    }

    fn write(&self, from: &Path, validators: &Validators) -> io::Result<()> {
        let Some(cache) = self.file.parent() else { return Ok(()) };
        fs::create_dir_all(cache)?;
        let note = Note {
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
            origin: validators.origin.clone(),
            sha256: validators.sha256.clone(),
            bytes: validators.bytes,
        };
        for (name, write) in [
            (&self.file, &(|to: &Path| fs::copy(from, to).map(drop)) as &dyn Fn(&Path) -> io::Result<()>),
            (&self.note, &|to: &Path| fs::write(to, serde_json::to_vec(&note)?)),
        ] {
            let whole = tempfile::NamedTempFile::new_in(cache)?;
            write(whole.path())?;
            whole.persist(name).map_err(|error| error.error)?;
        }
        Ok(())
    }
}
