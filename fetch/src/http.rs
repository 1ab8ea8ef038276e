//! One HTTP exchange: the request's headers, what each status means, and the body into the `.part` file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
};
use reqwest::{Method, StatusCode, Url};
use sha2::{Digest, Sha256};

use crate::client::REDIRECTS_MAX;
use crate::error::{FetchError, redact};
use crate::fetcher::{Fetched, Progress, Request, create_with_parents, finish, hex, part_of};
use crate::headers::{content_range, pause, text};
use crate::hosts::{Hosts, Pass, place, strip};
use crate::names::Unknown;
use crate::pace::Pacer;
use crate::validators::Validators;

/// What requests are made with.
pub(crate) struct Wire<'a> {
    pub(crate) client: &'a Client,
    pub(crate) hosts: &'a Hosts,
    pub(crate) pacer: &'a Pacer,
}

/// The head of an answer that is no redirect, and who gave it.
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// The host that answered, with its port.
    pub(crate) host: String,
    /// Whether it may be asked but now and then.
    pub(crate) is_paced: bool,
    /// Where the credential that it was sent came from.
    pub(crate) sent: Option<String>,
}

impl Answer {
    /// That the host does not let us in: 401, and 404 with which NVD answers an unknown key.
    pub(crate) fn is_refusal(&self) -> bool {
        let message = text(self.response.headers(), HeaderName::from_static("message"));
        match self.response.status() {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::NOT_FOUND => message.is_some_and(|message| message.contains("Invalid apiKey")),
            _ => false,
        }
    }
}

impl Wire<'_> {
    /// Asks for `url` and follows redirects. Each host gets its own credential and no other's; after a redirect to
    /// another origin only over HTTPS, because nobody asked for that place to be trusted with plain text.
    pub(crate) fn send(&self, method: &Method, url: &str, headers: &HeaderMap) -> Result<Answer, Failure> {
        let bad = || FetchError::BadUrl { url: redact(url) };
        let mut at = Url::parse(url).map_err(|_| bad())?;
        let own = Pass::take_from(&mut at)?;
        let asked = at.origin();
        for _ in 0..=REDIRECTS_MAX {
            self.pacer.wait(&at, self.hosts.interval(&at))?;
            let is_asked = at.origin() == asked;
            let pass = own.as_ref().filter(|_| is_asked).or_else(|| self.hosts.pass(&at));
            let pass = pass.filter(|_| is_asked || at.scheme() == "https");
            let mut call = self.client.request(method.clone(), at.clone()).headers(headers.clone());
            if let Some(pass) = pass {
                call = call.header(pass.name.clone(), pass.value.clone());
            }
            let response = call.send().map_err(Failure::Transport)?;
            if !response.status().is_redirection() || response.headers().get(LOCATION).is_none() {
                let (host, sent) = (place(&at), pass.map(|pass| pass.origin.clone()));
                let is_paced = !self.hosts.interval(&at).is_zero();
                return Ok(Answer { response, host, is_paced, sent });
            }
            let next = text(response.headers(), LOCATION).and_then(|location| at.join(location).ok());
            let mut next = next.filter(|next| is_allowed(&at, next)).ok_or_else(|| redirect(url))?;
            strip(&mut next);
            at = next;
        }
        Err(redirect(url).into())
    }

    /// The `Content-Length` that a `HEAD` of `url` gives. A host that may be asked but now and then is not asked for that.
    pub(crate) fn size(&self, url: &str) -> Result<Option<u64>, Failure> {
        if Url::parse(url).is_ok_and(|url| !self.hosts.interval(&url).is_zero()) {
            return Ok(None);
        }
        let Answer { response, .. } = self.send(&Method::HEAD, url, &identity())?;
        let length = text(response.headers(), CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Ok(length.filter(|_| response.status().is_success()))
    }
}

fn redirect(url: &str) -> FetchError {
    FetchError::Redirect { url: redact(url) }
}

/// Whether `from` may lead to `to`: to the web, and never from HTTPS to HTTP.
fn is_allowed(from: &Url, to: &Url) -> bool {
    matches!((from.scheme(), to.scheme()), (_, "https") | ("http", "http"))
}

/// The headers of every request: the bytes as they are.
pub(crate) fn identity() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))])
}

/// Why one exchange did not succeed.
pub(crate) enum Failure {
    /// Trying again would not help.
    Final(FetchError),
    /// The host answered, but not with the file.
    Status { status: u16, pause: Option<Duration>, host: String, is_paced: bool },
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
            Self::Status { status: 403 | 408 | 425 | 429 | 500.., pause, .. } => Some(*pause),
            Self::Status { .. } => None,
            Self::Transport(error) if error.is_builder() => None,
            Self::Broken { .. } | Self::Transport(_) => Some(None),
        }
    }

    /// Whether the host says that it is asked too much. 403 means that where requests are counted, as NVD does, and
    /// elsewhere mostly that one file is not for us.
    pub(crate) fn says_too_much(&self) -> bool {
        match self {
            Self::Status { status: 429 | 503 | 524, .. } => true,
            Self::Status { status: 403, is_paced, .. } => *is_paced,
            _ => false,
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
            Self::Transport(error) => match Unknown::of(&error) {
                Some(unknown) => unknown.into_error(url),
                None => FetchError::Transport { url, tries, source: error.without_url().into() },
            },
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
    wire: &Wire<'_>,
    request: &Request<'_>,
    progress: &dyn Progress,
) -> Result<Fetched, Failure> {
    let partial = Partial::of(request);
    let mut headers = identity();
    let mut set = |name: HeaderName, value: &str| {
        // What a host sent as a header can be sent back as one; if not, the whole is asked for.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    match (&partial, request.previous) {
        (Some(partial), _) => {
            set(RANGE, &format!("bytes={}-", partial.bytes));
            set(IF_RANGE, &partial.if_range);
        }
        (None, Some(previous)) => {
            previous.etag.iter().for_each(|etag| set(IF_NONE_MATCH, etag));
            previous.last_modified.iter().for_each(|date| set(IF_MODIFIED_SINCE, date));
        }
        (None, None) => {}
    }
    let answer = wire.send(&Method::GET, request.url, &headers)?;
    if answer.is_refusal() {
        let status = answer.response.status().as_u16();
        return Err(FetchError::Unauthorized { url: redact(request.url), status, sent: answer.sent }.into());
    }
    let Answer { response, host, is_paced, .. } = answer;
    match (response.status(), request.previous, partial) {
        (StatusCode::OK, _, _) => {
            let expected = response.content_length();
            body(response, request, 0, expected, progress)
        }
        (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, _, Some(partial)) => {
            match total_if_continued(&response, partial.bytes) {
                Some(total) => body(response, request, partial.bytes, Some(total), progress),
                None => {
                    // The host cannot go on from here; without the partial file the next exchange asks for the whole.
                    partial.discard()?;
                    attempt(wire, request, progress)
                }
            }
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
            let pause = pause(response.headers());
            Err(Failure::Status { status: status.as_u16(), pause, host, is_paced })
        }
    }
}

/// Writes the body of `response` to the `.part` file from byte `offset` on, and ends the download if that is the end of the
/// `expected` bytes, or nobody says how many there are.
fn body(
    mut response: Response,
    request: &Request<'_>,
    offset: u64,
    expected: Option<u64>,
    progress: &dyn Progress,
) -> Result<Fetched, Failure> {
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
        Partial::remember(request, &validators)?;
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

/// What an interrupted download left behind. Beside the bytes lies a file of two lines: the validator for `If-Range`,
/// and the URL that they came from, because another mirror's bytes may be others under the same tag.
struct Partial {
    to: PathBuf,
    bytes: u64,
    /// The validator of the representation that the bytes are of.
    if_range: String,
}

impl Partial {
    /// What was left behind for `request`; none when it cannot be continued.
    fn of(request: &Request<'_>) -> Option<Self> {
        let text = fs::read_to_string(if_range_of(request.to)).ok()?;
        let (if_range, url) = text.split_once('\n')?;
        let bytes = fs::metadata(part_of(request.to)).ok()?.len();
        let is_usable = bytes > 0 && !if_range.is_empty() && url == redact(request.url);
        is_usable.then(|| Self { to: request.to.to_owned(), bytes, if_range: if_range.to_owned() })
    }

    fn remember(request: &Request<'_>, validators: &Validators) -> Result<(), FetchError> {
        let path = if_range_of(request.to);
        match validators.for_range() {
            Some(if_range) => fs::write(&path, format!("{if_range}\n{}", redact(request.url)))
                .map_err(FetchError::io("write", &path)),
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

/// How many bytes the whole has, if `Content-Range: bytes <offset>-…/<total>` goes on just where the partial file ends. A host
/// may send less than the rest (RFC 9110, 14.2); where it does not state the total, nobody can tell whether it did.
fn total_if_continued(response: &Response, offset: u64) -> Option<u64> {
    let (start, total) =
        content_range(response.headers()).filter(|_| response.status() == StatusCode::PARTIAL_CONTENT)?;
    total.filter(|total| start == offset && *total > offset)
}

fn validators_of(headers: &HeaderMap) -> Validators {
    let owned = |name| text(headers, name).map(str::to_owned);
    Validators { etag: owned(ETAG), last_modified: owned(LAST_MODIFIED), ..Validators::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_the_web_and_never_away_from_https() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (from, to, expected) in [
            ("https://a.example/", "https://b.example/", true),
            ("http://a.example/", "https://a.example/", true),
            ("http://a.example/", "http://b.example/", true),
            ("https://a.example/", "http://a.example/", false),
            ("http://a.example/", "file:///etc/passwd", false),
        ] {
            assert_eq!(is_allowed(&url(from), &url(to)), expected, "{from} {to}");
        }
    }
}
