//! One HTTP exchange: the request's headers, what each status means, and the body into the `.part` file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE,
};
use sha2::{Digest, Sha256};

use crate::error::{FetchError, redact};
use crate::fetcher::{Fetched, Progress, Request, create_with_parents, finish, hex, part_of};
use crate::headers::{content_range, retry_after, text};
use crate::validators::Validators;

/// The `Content-Length` that a `HEAD` of `url` gives.
pub(crate) fn size(client: &Client, url: &str) -> Option<u64> {
    let response = client.head(url).header(ACCEPT_ENCODING, "identity").send().ok()?;
    if !response.status().is_success() {
        return None;
    }
    text(response.headers(), CONTENT_LENGTH)?.parse().ok()
}

/// Why one exchange did not succeed.
pub(crate) enum Failure {
    /// Trying again would not help.
    Final(FetchError),
    /// The host answered, but not with the file.
    Status { status: u16, retry_after: Option<Duration> },
    /// The body broke off.
    Broken { bytes: u64, expected: Option<u64>, source: io::Error },
    /// No answer came.
    Transport(reqwest::Error),
}

impl Failure {
    /// None when it is final; else the pause that the host asks for before another try, if it does.
    pub(crate) fn pauses(&self) -> Option<Option<Duration>> {
        match self {
            Self::Final(_) => None,
            Self::Status { status: 403 | 408 | 425 | 429 | 500.., retry_after } => Some(*retry_after),
            Self::Status { .. } => None,
            Self::Transport(error) if error.is_redirect() || error.is_builder() => None,
            Self::Broken { .. } | Self::Transport(_) => Some(None),
        }
    }

    /// The error to give up with after `tries`.
    pub(crate) fn into_error(self, url: &str, tries: u32) -> FetchError {
        let url = redact(url);
        match self {
            Self::Final(error) => error,
            Self::Status { status: 404 | 410, .. } => FetchError::NotFound { url },
            Self::Status { status, .. } => FetchError::Status { url, status, tries },
            Self::Broken { bytes, expected: Some(expected), source } if !is_timeout(&source) => {
                FetchError::Truncated { url, bytes, expected, tries }
            }
            Self::Broken { source, .. } => FetchError::Transport { url, tries, source: source.into() },
            Self::Transport(error) if error.is_redirect() => FetchError::Redirect { url },
            Self::Transport(error) => {
                FetchError::Transport { url, tries, source: error.without_url().into() }
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    error.kind() == io::ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

/// One exchange: the request and, if it comes to that, the body.
pub(crate) fn attempt(
    client: &Client,
    request: &Request<'_>,
    progress: &dyn Progress,
) -> Result<Fetched, Failure> {
    let partial = Partial::of(request.to);
    let mut call = client.get(request.url).header(ACCEPT_ENCODING, "identity");
    match (&partial, request.previous) {
        (Some(partial), _) => {
            call =
                call.header(RANGE, format!("bytes={}-", partial.bytes)).header(IF_RANGE, &partial.if_range);
        }
        (None, Some(previous)) => {
            if let Some(etag) = &previous.etag {
                call = call.header(IF_NONE_MATCH, etag);
            }
            if let Some(last_modified) = &previous.last_modified {
                call = call.header(IF_MODIFIED_SINCE, last_modified);
            }
        }
        (None, None) => {}
    }
    let response = call.send().map_err(Failure::Transport)?;
    match (response.status(), request.previous, partial) {
        (StatusCode::OK, _, _) => body(response, request, 0, progress),
        (StatusCode::PARTIAL_CONTENT, _, Some(partial)) if continues(&response, partial.bytes) => {
            body(response, request, partial.bytes, progress)
        }
        (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, _, Some(partial)) => {
            // The host cannot go on from here; without the partial file the next exchange asks for the whole.
            partial.discard()?;
            attempt(client, request, progress)
        }
        (StatusCode::NOT_MODIFIED, Some(previous), None) => {
            let sent = validators_of(response.headers());
            Ok(Fetched::Unchanged {
                validators: Validators {
                    etag: sent.etag.or_else(|| previous.etag.clone()),
                    last_modified: sent.last_modified.or_else(|| previous.last_modified.clone()),
                    ..previous.clone()
                },
            })
        }
        (status, _, _) => {
            Err(Failure::Status { status: status.as_u16(), retry_after: retry_after(response.headers()) })
        }
    }
}

/// Writes the body of `response` to the `.part` file from byte `offset` on, and ends the download.
fn body(
    mut response: Response,
    request: &Request<'_>,
    offset: u64,
    progress: &dyn Progress,
) -> Result<Fetched, Failure> {
    let expected = response.content_length().map(|length| offset.saturating_add(length));
    let too_large = || FetchError::TooLarge { url: redact(request.url), bytes_max: request.bytes_max };
    if expected.is_some_and(|expected| expected > request.bytes_max) {
        return Err(too_large().into());
    }
    let validators = validators_of(response.headers());
    let part = part_of(request.to);
    let write_error = || FetchError::io("write", &part);
    let mut hash = Sha256::new();
    let mut out = if offset == 0 {
        let out = create_with_parents(&part)?;
        Partial::remember(request.to, &validators)?;
        out
    } else {
        hash_file(&part, &mut hash)?;
        OpenOptions::new().append(true).open(&part).map_err(write_error())?
    };
    progress.started(offset, expected);

    let mut bytes = offset;
    let mut buffer = vec![0; 128 << 10];
    loop {
        let n_read = match response.read(&mut buffer) {
            Ok(0) => break,
            Ok(n_read) => n_read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Failure::Broken { bytes, expected, source }),
        };
        bytes += n_read as u64;
        if bytes > request.bytes_max {
            Partial::forget(request.to)?;
            return Err(too_large().into());
        }
        hash.update(&buffer[..n_read]);
        out.write_all(&buffer[..n_read]).map_err(write_error())?;
        progress.advanced(n_read as u64);
    }
    if let Some(expected) = expected.filter(|expected| *expected != bytes) {
        let source = io::ErrorKind::UnexpectedEof.into();
        return Err(Failure::Broken { bytes, expected: Some(expected), source });
    }
    remove_if_there(&if_range_of(request.to))?;
    let validators = Validators { sha256: hex(&hash.finalize()), bytes, ..validators };
    Ok(finish(out, &part, request, validators)?)
}

/// What an interrupted download left behind.
struct Partial {
    to: PathBuf,
    bytes: u64,
    /// The validator of the representation that the bytes are of.
    if_range: String,
}

impl Partial {
    /// What was left behind for `to`; none when it cannot be continued.
    fn of(to: &Path) -> Option<Self> {
        let if_range = fs::read_to_string(if_range_of(to)).ok()?;
        let bytes = fs::metadata(part_of(to)).ok()?.len();
        (bytes > 0 && !if_range.is_empty()).then(|| Self { to: to.to_owned(), bytes, if_range })
    }

    fn remember(to: &Path, validators: &Validators) -> Result<(), FetchError> {
        let path = if_range_of(to);
        match validators.for_range() {
            Some(if_range) => fs::write(&path, if_range).map_err(FetchError::io("write", &path)),
            None => remove_if_there(&path),
        }
    }

    fn forget(to: &Path) -> Result<(), FetchError> {
        remove_if_there(&if_range_of(to))?;
        remove_if_there(&part_of(to))
    }

    fn discard(self) -> Result<(), FetchError> {
        Self::forget(&self.to)
    }
}

fn if_range_of(to: &Path) -> PathBuf {
    let mut name = part_of(to).into_os_string();
    name.push(".if-range");
    PathBuf::from(name)
}

fn remove_if_there(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FetchError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn hash_file(path: &Path, hash: &mut Sha256) -> Result<(), FetchError> {
    let mut file = File::open(path).map_err(FetchError::io("open", path))?;
    let mut buffer = vec![0; 128 << 10];
    loop {
        let n_read = file.read(&mut buffer).map_err(FetchError::io("read", path))?;
        if n_read == 0 {
            return Ok(());
        }
        hash.update(&buffer[..n_read]);
    }
}

/// Whether `Content-Range: bytes <offset>-…` goes on just where the partial file ends.
fn continues(response: &Response, offset: u64) -> bool {
    content_range(response.headers()).is_some_and(|(start, _)| start == offset)
}

fn validators_of(headers: &HeaderMap) -> Validators {
    let owned = |name| text(headers, name).map(str::to_owned);
    Validators { etag: owned(ETAG), last_modified: owned(LAST_MODIFIED), ..Validators::default() }
}
