//! [`Fetcher`]: one URL to one file.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use sha2::{Digest, Sha256};

pub use crate::client::Proxy;
use crate::client::{self, ClientOptions};
use crate::error::{FetchError, redact};
use crate::http::{self, Failure};
use crate::origin::{Origin, Place};
use crate::validators::Validators;

/// How downloads are made. Durations are of wall time.
#[derive(Clone)]
pub struct FetchOptions {
    /// Where bytes come from.
    pub origin: Origin,
    /// `User-Agent`.
    pub user_agent: String,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for the next bytes. There is no limit on the whole: feeds may take long on slow lines.
    pub read_timeout: Duration,
    /// How often a request is made before its failure is final; at least 1.
    pub tries: u32,
    /// The longest pause that a host's `Retry-After` may ask for.
    pub pause_max: Duration,
    /// A PEM file of certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether the system's proxy settings (`HTTPS_PROXY`, `NO_PROXY` …) are followed.
    pub proxy: Proxy,
    /// What makes a pause between tries.
    pub pause: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            origin: Origin::Network,
            user_agent: "plimsoll".to_owned(),
            connect_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(60),
            tries: 5,
            pause_max: Duration::from_secs(120),
            ca_file: None,
            proxy: Proxy::System,
            pause: Arc::new(std::thread::sleep),
        }
    }
}

impl fmt::Debug for FetchOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FetchOptions")
            .field("origin", &self.origin)
            .field("user_agent", &self.user_agent)
            .field("connect_timeout", &self.connect_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("tries", &self.tries)
            .field("pause_max", &self.pause_max)
            .field("ca_file", &self.ca_file)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// One download.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What to bring: `http` or `https`, a host, a path, no query.
    pub url: &'a str,
    /// Where to bring it. `<to>.part` and `<to>.part.if-range` beside it hold what an interrupted download
    /// brought; `to` itself appears whole, by rename, or not at all.
    pub to: &'a Path,
    /// What is remembered of the bytes that the caller holds.
    pub previous: Option<&'a Validators>,
    /// The most bytes to accept.
    pub bytes_max: u64,
}

/// How a download ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The bytes are those that [`Request::previous`] tells of; nothing was written to `to`.
    Unchanged {
        /// What to remember from now on: the same bytes, perhaps a new entity tag.
        validators: Validators,
    },
    /// New bytes are at `to`.
    File {
        /// What to remember once the bytes have been read successfully.
        validators: Validators,
    },
}

/// Told how a download goes on. Calls come from the thread that downloads.
pub trait Progress: Sync {
    /// The body starts, or starts again after a failure, at byte `offset` of `total`.
    fn started(&self, offset: u64, total: Option<u64>);
    /// So many bytes more.
    fn advanced(&self, bytes: u64);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn started(&self, _offset: u64, _total: Option<u64>) {}
    fn advanced(&self, _bytes: u64) {}
}

/// Brings URLs to files. It can be shared between threads.
#[derive(Debug)]
pub struct Fetcher {
    options: FetchOptions,
    client: OnceLock<reqwest::blocking::Client>,
}

impl Fetcher {
    /// A fetcher that has touched nothing yet.
    pub fn new(options: FetchOptions) -> Self {
        Self { options, client: OnceLock::new() }
    }

    /// Where its bytes come from.
    pub fn origin(&self) -> &Origin {
        &self.options.origin
    }

    /// Brings `request.url` to `request.to`, unless the bytes are those that are held.
    ///
    /// Statuses 403, 408, 425, 429 and 5xx, broken connections and short bodies are tried again, after the
    /// pause that `Retry-After` asks for or a growing one of its own (feeds.md §0.4(7)); a body goes on where it
    /// broke off if the host can. When the host sends no validators, the SHA-256 of the body decides whether
    /// it is unchanged.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub fn get(&self, request: &Request<'_>, progress: &dyn Progress) -> Result<Fetched, FetchError> {
        match &self.options.origin {
            Origin::Offline => Err(FetchError::Offline { url: redact(request.url) }),
            Origin::MirrorDir(dir) => copy_from_dir(dir, request, progress),
            Origin::MirrorUrl(base) => {
                let url = Place::of(request.url)?.under(base);
                self.get_with_retries(&Request { url: &url, ..*request }, progress)
            }
            Origin::Network => self.get_with_retries(request, progress),
        }
    }

    /// How many bytes `url` has, when its origin says so without sending them.
    pub fn head_size(&self, url: &str) -> Option<u64> {
        match &self.options.origin {
            Origin::Offline => None,
            Origin::MirrorDir(dir) => {
                let files = Place::of(url).ok()?.in_dir(dir);
                files.iter().find_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len())
            }
            Origin::MirrorUrl(base) => http::size(self.client().ok()?, &Place::of(url).ok()?.under(base)),
            Origin::Network => http::size(self.client().ok()?, url),
        }
    }

    fn get_with_retries(
        &self,
        request: &Request<'_>,
        progress: &dyn Progress,
    ) -> Result<Fetched, FetchError> {
        let client = self.client()?;
        let mut pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_max_times(self.options.tries.saturating_sub(1) as usize)
            .build();
        for tries in 1.. {
            let failure = match http::attempt(client, request, progress) {
                Ok(fetched) => return Ok(fetched),
                Err(failure) => failure,
            };
            let Some((own_pause, asked_pause)) =
                failure.pauses().and_then(|asked| Some((pauses.next()?, asked)))
            else {
                return Err(failure.into_error(request.url, tries));
            };
            match (asked_pause, &failure) {
                (Some(asked), Failure::Status { status, .. }) if asked > self.options.pause_max => {
                    let (url, seconds) = (redact(request.url), asked.as_secs());
                    return Err(FetchError::Busy { url, status: *status, seconds });
                }
                // `Retry-After: 0` occurs and means nothing more than "later".
                (Some(asked), _) if !asked.is_zero() => (self.options.pause)(asked),
                _ => (self.options.pause)(own_pause),
            }
        }
        unreachable!("the loop ends by returning")
    }

    fn client(&self) -> Result<&reqwest::blocking::Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = client::build(&ClientOptions {
            user_agent: self.options.user_agent.clone(),
            connect_timeout: self.options.connect_timeout,
            read_timeout: self.options.read_timeout,
            ca_file: self.options.ca_file.clone(),
            proxy: self.options.proxy,
            ..ClientOptions::default()
        })?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn copy_from_dir(dir: &Path, request: &Request<'_>, progress: &dyn Progress) -> Result<Fetched, FetchError> {
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

/// Ends a download whose whole body is in `part`: nothing new, or a file at `request.to`.
pub(crate) fn finish(
    out: File,
    part: &Path,
    request: &Request<'_>,
    validators: Validators,
) -> Result<Fetched, FetchError> {
    let is_same = request.previous.is_some_and(|previous| previous.sha256 == validators.sha256);
    if is_same {
        drop(out);
        fs::remove_file(part).map_err(FetchError::io("remove", part))?;
        return Ok(Fetched::Unchanged { validators });
    }
    out.sync_all().map_err(FetchError::io("write", part))?;
    drop(out);
    fs::rename(part, request.to).map_err(FetchError::io("write", request.to))?;
    Ok(Fetched::File { validators })
}

/// `<to>.part`.
pub(crate) fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// `path` created empty, with its parent directories.
pub(crate) fn create_with_parents(path: &Path) -> Result<File, FetchError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(FetchError::io("create", parent))?;
    }
    File::create(path).map_err(FetchError::io("create", path))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
