//! A file out of a mirror directory.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use sha2::{Digest, Sha256};

use crate::error::{FetchError, redact};
use crate::fetcher::{Fetched, Progress, Request, create_with_parents, finish, hex, part_of};
use crate::origin::Place;
use crate::validators::Validators;

/// How many bytes `url` has in `dir`; none when it is not there.
pub(crate) fn size(dir: &Path, url: &str) -> Result<Option<u64>, FetchError> {
    let files = Place::of(url)?.in_dir(dir);
    Ok(files.iter().find_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len()))
}

/// Copies what `request` asks for out of `dir`.
pub(crate) fn copy(
    dir: &Path,
    request: &Request<'_>,
    progress: &dyn Progress,
) -> Result<Fetched, FetchError> {
    // A mirror that is not there at all must not look like one that merely lacks every file.
    fs::metadata(dir).map_err(FetchError::io("read", dir))?;
    let Some((path, mut file)) = open_first(&Place::of(request.url)?.in_dir(dir))? else {
        return Err(FetchError::NotFound { url: redact(request.url) });
    };
    let read_error = || FetchError::io("read", &path);
    let metadata = file.metadata().map_err(read_error())?;
    if metadata.len() > request.bytes_max {
        return Err(FetchError::TooLarge { url: redact(request.url), bytes_max: request.bytes_max });
    }
    progress.started(0, Some(metadata.len()));
    let last_modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());

    let part = part_of(request.to);
    let mut out = create_with_parents(&part)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 128 << 10];
    loop {
        let n_read = file.read(&mut buffer).map_err(read_error())?;
        if n_read == 0 {
            break;
        }
        bytes += n_read as u64;
        if bytes > request.bytes_max {
            return Err(FetchError::TooLarge { url: redact(request.url), bytes_max: request.bytes_max });
        }
        hash.update(&buffer[..n_read]);
        out.write_all(&buffer[..n_read]).map_err(FetchError::io("write", &part))?;
        progress.advanced(n_read as u64);
    }
    let validators = Validators {
        origin: String::new(),
        etag: None,
        last_modified: last_modified.and_then(http_date),
        sha256: hex(&hash.finalize()),
        bytes,
    };
    finish(out, &part, request, validators)
}

/// The first of `files` that exists, opened.
fn open_first(files: &[PathBuf]) -> Result<Option<(PathBuf, File)>, FetchError> {
    for path in files {
        match File::open(path) {
            Ok(file) => return Ok(Some((path.clone(), file))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(FetchError::io("open", path)(error)),
        }
    }
    Ok(None)
}

fn http_date(timestamp: Timestamp) -> Option<String> {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()
}
