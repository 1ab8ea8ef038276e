//! [`Fetcher`]: one URL to one file.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};

pub use crate::client::Proxy;
use crate::client::{self, ClientCertificate, ClientOptions};
use crate::error::{FetchError, Whose, redact};
use crate::hosts::Hosts;
use crate::http::{self, Failure, Wire};
use crate::mirror_dir;
use crate::names::{self, Attempt, Names};
use crate::origin::{Origin, Place};
use crate::pace::Pacer;
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
    /// The certificate that the client shows when it is asked for one.
    pub certificate: Option<ClientCertificate>,
    /// Whether the system's proxy settings (`HTTPS_PROXY`, `NO_PROXY` …) are followed.
    pub proxy: Proxy,
    /// What each host is given, and how often it may be asked.
    pub hosts: Hosts,
    /// What makes a pause: between tries, and until a host may be asked again.
    pub pause: Arc<dyn Fn(Duration) + Send + Sync>,
    /// The time since some moment; it goes on while [`FetchOptions::pause`] pauses.
    pub clock: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        let begun = Instant::now();
        Self {
            origin: Origin::Network,
            user_agent: "plimsoll".to_owned(),
            connect_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(60),
            tries: 5,
            pause_max: Duration::from_secs(120),
            ca_file: None,
            certificate: None,
            proxy: Proxy::System,
            hosts: Hosts::default(),
            pause: Arc::new(std::thread::sleep),
            clock: Arc::new(move || begun.elapsed()),
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
            .field("certificate", &self.certificate)
            .field("proxy", &self.proxy)
            .field("hosts", &self.hosts)
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
    pacer: Pacer,
    names: Names,
    /// Which of several mirrors could not be reached, by their place in the list.
    down: Mutex<BTreeSet<usize>>,
    /// Which of them could not be reached when asked for a size, once.
    silent: Mutex<BTreeSet<usize>>,
}

impl Fetcher {
    /// A fetcher that has touched nothing yet.
    pub fn new(options: FetchOptions) -> Self {
        let pacer = Pacer::new(Arc::clone(&options.clock), Arc::clone(&options.pause), options.pause_max);
        let names = Names::new(Arc::clone(&options.clock));
        let (down, silent) = (Mutex::default(), Mutex::default());
        Self { options, client: OnceLock::new(), pacer, names, down, silent }
    }

    /// Where its bytes come from.
    pub fn origin(&self) -> &Origin {
        &self.options.origin
    }

    /// What each host is given.
    pub fn hosts(&self) -> &Hosts {
        &self.options.hosts
    }

    /// Brings `request.url` to `request.to`, unless the bytes are those that are held.
    ///
    /// Statuses 403, 408, 425, 429 and 5xx, broken connections and short bodies are tried again, after the
    /// pause that `Retry-After` asks for or a growing one of its own (feeds.md §0.4(7)); a body goes on where it
    /// broke off if the host can. When the host sends no validators, the SHA-256 of the body decides whether
    /// it is unchanged. A host whose name cannot be resolved is looked up a few times in
    /// all, with pauses between. Of several mirrors the first that has the file serves it; one that could not be reached
    /// is not asked again.
    ///
    /// # Errors
    /// See [`FetchError`]. Of several mirrors [`FetchError::NotFound`] means that all of them said so.
    pub fn get(&self, request: &Request<'_>, progress: &dyn Progress) -> Result<Fetched, FetchError> {
        let [mirrors @ .., last] = self.options.origin.parts() else {
            return Err(FetchError::NotFound { url: redact(request.url) });
        };
        let mut failed = None;
        for (index, origin) in mirrors.iter().chain([last]).enumerate() {
            let result = match self.is_down(index) {
                true => Err(down(origin, request.url)),
                false => self.get_from(origin, request, progress),
            };
            match result {
                Ok(fetched) => return Ok(fetched),
                Err(error) if mirrors.is_empty() => return Err(error),
                Err(FetchError::NotFound { .. }) => {}
                Err(error) => {
                    if matches!(error, FetchError::Transport { .. } | FetchError::Unresolved { .. }) {
                        self.down().insert(index);
                    }
                    failed.get_or_insert(error);
                }
            }
        }
        Err(failed.unwrap_or_else(|| FetchError::NotFound { url: redact(request.url) }))
    }

    fn get_from(
        &self,
        origin: &Origin,
        request: &Request<'_>,
        progress: &dyn Progress,
    ) -> Result<Fetched, FetchError> {
        let text = origin.to_string();
        let foreign = request.previous.filter(|previous| previous.origin != text);
        // Of what came from elsewhere only the bytes can be compared.
        let foreign =
            foreign.map(|previous| Validators { etag: None, last_modified: None, ..previous.clone() });
        let request = &Request { previous: foreign.as_ref().or(request.previous), ..*request };
        let mut fetched = match origin {
            Origin::MirrorDir(dir) => mirror_dir::copy(dir, request, progress),
            origin => {
                let url = url_at(origin, request.url)?;
                let fetched = self.get_with_retries(&Request { url: &url, ..*request }, progress);
                fetched.map_err(|error| of_origin(error, origin, &url))
            }
        }?;
        let (Fetched::Unchanged { validators } | Fetched::File { validators }) = &mut fetched;
        validators.origin = text;
        Ok(fetched)
    }

    /// How many bytes `url` has, when its origin says so without sending them. Of several mirrors, one that could not be
    /// reached for that is not asked for a size again.
    pub fn head_size(&self, url: &str) -> Option<u64> {
        let parts = self.options.origin.parts();
        for (index, origin) in parts.iter().enumerate() {
            if self.is_down(index) || self.silent().contains(&index) {
                continue;
            }
            let size = match origin {
                Origin::MirrorDir(dir) => mirror_dir::size(dir, url).ok().flatten(),
                origin => match self.size_at(&url_at(origin, url).ok()?)? {
                    Ok(size) => size,
                    Err(failure) => {
                        if parts.len() > 1 && matches!(failure, Failure::Transport(_)) {
                            self.silent().insert(index);
                        }
                        None
                    }
                },
            };
            if size.is_some() {
                return size;
            }
        }
        None
    }

    /// The size that is said at `at`; none when its host is not asked.
    fn size_at(&self, at: &str) -> Option<Result<Option<u64>, Failure>> {
        if self.names.is_doubtful(at) {
            return None;
        }
        let (wire, attempt) = (self.wire().ok()?, self.names.begin());
        let size = wire.size(at);
        self.note(attempt, at, size.as_ref().err());
        Some(size)
    }

    /// Notes whether the host of `url` was reached, where an exchange shows it.
    fn note(&self, attempt: Attempt, url: &str, failure: Option<&Failure>) {
        match failure {
            None | Some(Failure::Status { .. } | Failure::Broken { .. }) => {
                self.names.note(attempt, url, None)
            }
            Some(Failure::Transport(error)) => self.names.note(attempt, url, Some(error)),
            Some(Failure::Final(_)) => {}
        }
    }

    fn get_with_retries(
        &self,
        request: &Request<'_>,
        progress: &dyn Progress,
    ) -> Result<Fetched, FetchError> {
        let wire = self.wire()?;
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(names::PAUSE_MIN)
            .with_jitter()
            .with_max_times(self.options.tries.saturating_sub(1) as usize)
            .build();
        let mut own_pause = Duration::ZERO;
        for tries in 1.. {
            if self.names.is_given_up(request.url) {
                return Err(self.names.error(request.url));
            }
            let attempt = self.names.begin();
            let result = http::attempt(&wire, request, progress);
            self.note(attempt, request.url, result.as_ref().err());
            let failure = match result {
                Ok(fetched) => return Ok(fetched),
                Err(failure) => failure,
            };
            if self.names.is_given_up(request.url) {
                return Err(failure.into_error(request.url, tries));
            }
            // `Retry-After: 0` occurs and means nothing more than "later".
            let asked = failure.pauses().map(|asked| asked.filter(|asked| !asked.is_zero()));
            if let (Some(Some(asked)), Failure::Status { status, host, .. }) = (asked, &failure) {
                self.pacer.leave_alone(host, asked, *status);
                if asked > self.options.pause_max {
                    let (url, seconds) = (redact(request.url), asked.as_secs());
                    return Err(FetchError::Busy { url, status: *status, seconds });
                }
            }
            let next_pause = pauses.next();
            own_pause = next_pause.unwrap_or(own_pause);
            let is_left_alone = asked.flatten().is_some();
            if let (false, Failure::Status { status, host, .. }) = (is_left_alone, &failure)
                && failure.says_too_much()
            {
                // Nobody asks for a while, also when this download is given up.
                self.pacer.leave_alone(host, own_pause, *status);
            }
            if asked.is_none() || next_pause.is_none() {
                return Err(failure.into_error(request.url, tries));
            }
            // The next turn of a host that is left alone is after that.
            if !is_left_alone && !failure.says_too_much() {
                self.pacer.pause(own_pause);
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// What requests are made with.
    pub(crate) fn wire(&self) -> Result<Wire<'_>, FetchError> {
        Ok(Wire { client: self.client()?, hosts: &self.options.hosts, pacer: &self.pacer })
    }

    pub(crate) fn pacer(&self) -> &Pacer {
        &self.pacer
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
            certificate: self.options.certificate.clone(),
            proxy: self.options.proxy,
            ..ClientOptions::default()
        })?;
        Ok(self.client.get_or_init(|| client))
    }

    fn is_down(&self, index: usize) -> bool {
        self.down().contains(&index)
    }

    fn down(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        // A panic elsewhere cannot leave a set of numbers in a state that matters.
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn silent(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where `url` is asked for when it comes from `origin`, which is no directory.
pub(crate) fn url_at(origin: &Origin, url: &str) -> Result<String, FetchError> {
    match origin {
        Origin::MirrorUrl(base) => Ok(Place::of(url)?.under(base)),
        Origin::Network => Ok(url.to_owned()),
        Origin::MirrorDir(_) | Origin::Mirrors(_) | Origin::Offline => {
            Err(FetchError::Offline { url: redact(url) })
        }
    }
}

/// `error` of asking for `url`, which lies at `origin`: whether the name is that of a mirror.
pub(crate) fn of_origin(error: FetchError, origin: &Origin, url: &str) -> FetchError {
    match (error, origin) {
        (FetchError::Unresolved { url: at, name, whose: Whose::Host }, Origin::MirrorUrl(_))
            if names::host_of(url).is_some_and(|host| host == name) =>
        {
            FetchError::Unresolved { url: at, name, whose: Whose::Mirror }
        }
        (error, _) => error,
    }
}

fn down(origin: &Origin, url: &str) -> FetchError {
    FetchError::Down { url: redact(&url_at(origin, url).unwrap_or_else(|_| url.to_owned())) }
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
