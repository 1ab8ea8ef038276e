//! [`Repository::blob`]: one blob, streamed, and continued where it broke off.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use fetch::headers::content_range;
use reqwest::blocking::Response;
use reqwest::header::RANGE;
use reqwest::{StatusCode, Url};

use crate::client::{Place, Repository, with_mirrors};
use crate::error::RegistryError;
use crate::exchange::{Answer, Call, Failure, Pauses};
use crate::pace::Pace;
use model::digest::Digest;

/// How often the reading of a blob may break off.
const INTERRUPTIONS_MAX: usize = 1000;

/// The bytes of a blob.
///
/// A broken connection or a short body is continued where it broke off, until
/// [`Options::tries`](crate::client::Options::tries) answers in a row ended without a byte (of a mirror two), or the
/// bytes come too slowly ([`Options::slow_window`](crate::client::Options::slow_window)). Then the next mirror is
/// asked, the host itself last, to go on from there. 1,000 interruptions are the most. Errors are
/// [`RegistryError`]s in an [`io::Error`]; [`RegistryError::of_io`] takes them out. That the bytes are those that
/// the digest names is for the caller to verify, who hashes them anyway, or for
/// [`Verified`](crate::verified::Verified).
pub struct BlobReader {
    repository: Repository,
    sources: Vec<Source>,
    /// Which source is at hand; those before it have failed.
    source: usize,
    /// What those said.
    passed: Vec<String>,
    call: Call<'static>,
    /// The size that the caller stated.
    stated: Option<u64>,
    size: Option<u64>,
    position: u64,
    open: Option<Open>,
    /// Whether the source at hand is asked to go on from the middle.
    ranges: bool,
    /// The pauses since the last byte, if there was a failure since.
    pauses: Option<Pauses>,
    /// How fast the source at hand is.
    pace: Pace,
    /// How often an answer broke off.
    n_interruptions: usize,
}

impl fmt::Debug for BlobReader {
    // The URL of an answer may be a signed one: it is not shown.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BlobReader")
            .field("blob", &self.call.what)
            .field("size", &self.size)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// Where a blob may be.
enum Source {
    Place(Place),
    /// Outside any registry.
    Url(Url),
}

/// An answer whose body is being read.
struct Open {
    response: Response,
    url: Url,
    /// How many bytes are still to be passed over, because the host sent what is there already.
    skip: u64,
}

impl Repository {
    /// The blob called `digest`, from the first mirror that has it or the host itself.
    ///
    /// `size` is the size that a descriptor states: any other ends the reading with an error. Without it the size
    /// that the host announces counts.
    ///
    /// # Errors
    /// When no place has it; see [`RegistryError`].
    pub fn blob(&self, digest: &Digest, size: Option<u64>) -> Result<BlobReader, RegistryError> {
        let sources = self.places.iter().cloned().map(Source::Place).collect();
        self.reader(digest, sources, size)
    }

    /// The blob called `digest`, which may be kept outside the registry at one of `urls`: those of a descriptor of
    /// a "foreign" layer (OCI image specification, "Descriptors"). The registry is asked first. No credential is
    /// sent to the URLs; note that whoever made the image chose them.
    ///
    /// # Errors
    /// When it is nowhere; see [`RegistryError`].
    pub fn foreign_blob(
        &self,
        digest: &Digest,
        urls: &[String],
        size: Option<u64>,
    ) -> Result<BlobReader, RegistryError> {
        let missing = match self.blob(digest, size) {
            Err(error) if error.is_not_found() => error,
            answer => return answer,
        };
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        let sources: Vec<Source> =
            urls.iter().filter_map(|url| Url::parse(url).ok()).filter(is_web).map(Source::Url).collect();
        match (sources.is_empty(), urls.is_empty()) {
            (true, true) => Err(missing),
            (true, false) => Err(RegistryError::NoUrl { what: self.blob_name(digest) }),
            (false, _) => self.reader(digest, sources, size),
        }
    }

    fn reader(
        &self,
        digest: &Digest,
        sources: Vec<Source>,
        size: Option<u64>,
    ) -> Result<BlobReader, RegistryError> {
        let mut reader = BlobReader {
            repository: self.clone(),
            sources,
            source: 0,
            passed: Vec::new(),
            call: Call::get(format!("blobs/{digest}"), self.blob_name(digest)),
            stated: size,
            size,
            position: 0,
            open: None,
            ranges: true,
            pauses: None,
            pace: Pace::new(self.shared.options.slow_window),
            n_interruptions: 0,
        };
        reader.open = Some(reader.open()?);
        Ok(reader)
    }

    pub(crate) fn blob_name(&self, digest: &Digest) -> String {
        format!("{}@{digest}", self.reference.name())
    }
}

impl BlobReader {
    /// The size that was stated, or else announced.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// An answer that goes on at `position`, from the source at hand or the next one that has it.
    fn open(&mut self) -> Result<Open, RegistryError> {
        loop {
            match self.open_at_hand() {
                Ok(open) => return Ok(open),
                Err(error) => self.leave(error)?,
            }
        }
    }

    /// Leaves the source at hand, which failed with `error`, for the next one; the error is that of all sources when
    /// there is no other.
    fn leave(&mut self, error: RegistryError) -> Result<(), RegistryError> {
        self.open = None;
        if self.source + 1 == self.sources.len() {
            return Err(with_mirrors(error, &self.repository.reference, std::mem::take(&mut self.passed)));
        }
        self.passed.push(error.to_string());
        self.source += 1;
        self.ranges = true;
        self.pauses = None;
        self.pace.reset();
        if self.position == 0 {
            // What a source announced of which nothing came is not held against the next one.
            self.size = self.stated;
        }
        Ok(())
    }

    /// How often the source at hand is asked.
    fn tries(&self) -> u32 {
        let shared = &self.repository.shared;
        match &self.sources[self.source] {
            Source::Place(place) => shared.tries(place),
            Source::Url(_) => shared.options.tries.max(1),
        }
    }

    fn open_at_hand(&mut self) -> Result<Open, RegistryError> {
        let tries = self.tries();
        let shared = &self.repository.shared;
        let source = &self.sources[self.source];
        let mut waited = Duration::ZERO;
        let ranges = &mut self.ranges;
        let (position, size, call) = (self.position, self.size, &self.call);
        let (open, size) = shared.retry(tries, || {
            let mut call = call.clone();
            if *ranges && position > 0 {
                call.headers.push((RANGE, format!("bytes={position}-")));
            }
            let begun = Instant::now();
            let answer = match source {
                Source::Place(place) => shared.once(place, &call),
                Source::Url(url) => shared.once_elsewhere(url, &call),
            };
            // Of the tries, the last one counts: pauses, and busy hosts, are no matter of the pace.
            waited = begun.elapsed();
            match answer {
                Ok(answer) => accept(answer, position, size, &call.what, ranges),
                Err(Failure::Final(RegistryError::Status { status: 416, .. })) if *ranges && position > 0 => {
                    *ranges = false;
                    let answer = match source {
                        Source::Place(place) => shared.once(place, &self.call),
                        Source::Url(url) => shared.once_elsewhere(url, &self.call),
                    };
                    accept(answer?, position, size, &self.call.what, ranges)
                }
                Err(failure) => Err(failure),
            }
        })?;
        self.size = size;
        // Before the first byte the number of tries is bound enough.
        if position > 0 {
            self.pace.wait(waited);
        }
        Ok(open)
    }

    /// Reads from the answer at hand, as far as the blob goes.
    fn read_open(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        let Some(open) = &mut self.open else { return Ok(0) };
        while open.skip > 0 {
            let length = usize::try_from(open.skip).unwrap_or(usize::MAX).min(buffer.len());
            let n_read = open.read(&mut buffer[..length], &mut self.pace)?;
            if n_read == 0 {
                return Ok(0);
            }
            open.skip -= n_read as u64;
        }
        let rest = self.size.map_or(u64::MAX, |size| size - self.position);
        let length = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
        open.read(&mut buffer[..length], &mut self.pace)
    }

    /// Whether the answer at hand has bytes beyond the stated size. That it breaks here is of no matter.
    fn has_more(&mut self) -> bool {
        let more = self.open.take().map(|mut open| open.response.read(&mut [0]));
        matches!(more, Some(Ok(1)))
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        loop {
            if self.size == Some(self.position) {
                let (what, bytes_max) = (self.call.what.clone(), self.position);
                return if self.has_more() {
                    Err(RegistryError::TooLarge { what, bytes_max })
                } else {
                    Ok(0)
                };
            }
            if self.open.is_none() {
                self.open = Some(self.open()?);
                continue;
            }
            let error = match self.read_open(buffer) {
                Ok(0) => match self.size {
                    None => return Ok(0),
                    Some(expected) => RegistryError::Truncated {
                        what: self.call.what.clone(),
                        bytes: self.position,
                        expected,
                    },
                },
                Ok(n_read) => {
                    self.position += n_read as u64;
                    self.pauses = None;
                    return Ok(n_read);
                }
                Err(error) => error,
            };
            self.open = None;
            self.go_on_after(error)?;
        }
    }

    /// Makes a pause after `error`, which ended an answer, or leaves the source at hand for the next one.
    fn go_on_after(&mut self, error: RegistryError) -> Result<(), RegistryError> {
        self.n_interruptions += 1;
        if self.n_interruptions > INTERRUPTIONS_MAX {
            let what = format!("interruptions of `{}`", self.call.what);
            return Err(RegistryError::TooMany { what, n_max: INTERRUPTIONS_MAX });
        }
        if matches!(error, RegistryError::TooSlow { .. }) {
            return self.leave(error);
        }
        let tries = self.tries();
        let shared = &self.repository.shared;
        let pauses = self.pauses.get_or_insert_with(|| shared.pauses(tries));
        match shared.pause(pauses, error, None) {
            Ok(()) => Ok(()),
            Err(error) => self.leave(error),
        }
    }
}

impl Open {
    fn read(&mut self, buffer: &mut [u8], pace: &mut Pace) -> Result<usize, RegistryError> {
        pace.read(&mut self.response, &self.url, buffer)
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.read_on(buffer).map_err(io::Error::other)
    }
}

/// The body of `answer` from byte `position` of the blob on, and the blob's size as far as it is known now.
fn accept(
    answer: Answer,
    position: u64,
    size: Option<u64>,
    what: &str,
    ranges: &mut bool,
) -> Result<(Open, Option<u64>), Failure> {
    let length = answer.response.content_length();
    let (skip, total) = match (answer.response.status(), content_range(answer.response.headers())) {
        (StatusCode::PARTIAL_CONTENT, Some((start, total))) if start == position => (0, total),
        (StatusCode::PARTIAL_CONTENT, _) => {
            // Not what was asked for: the next try asks for the whole.
            *ranges = false;
            let (url, status) = (fetch::error::redact(answer.url.as_str()), 206);
            return Err(Failure::Again(RegistryError::Status { url, status, code: None }, None));
        }
        _ => (position, length),
    };
    match (size, total) {
        (Some(expected), Some(found)) if expected != found => {
            Err(RegistryError::Size { what: what.to_owned(), expected, found }.into())
        }
        (None, Some(found)) if found < position => {
            Err(RegistryError::Size { what: what.to_owned(), expected: position, found }.into())
        }
        (size, total) => {
            let Answer { response, url, .. } = answer;
            Ok((Open { response, url, skip }, size.or(total)))
        }
    }
}
