//! The downloads kept below the feeds directory, and what is remembered of them.
//!
//! `downloads/<host>/<path>` holds the bytes that were last read successfully, `downloads/incoming` those that are being
//! brought; `downloads/sources.json` says of each source what makes the next request conditional, when it was last asked, and what went wrong last. The
//! file is written only after the rows are in the snapshot, so that a bad download is never taken for a good
//! one. Both are a cache: without them everything is downloaded again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use advisory_db::FeedsDir;
use fetch::origin::Origin;
use fetch::validators::Validators;
use jiff::{SignedDuration, Timestamp};
use model::key::Namespace;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::advisories::Remarks;
use crate::directory;
use crate::engine::SyncOptions;
use crate::error::SyncError;
use crate::lead::HeldSource;
use crate::provider::{HELD_STANDS, Source};
use crate::pull::{Applied, Had, modified};

/// Raised when a parser gives other rows for the same bytes, so that kept bytes are read again.
const PARSER_VERSION: u32 = 9;

/// How one source stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// Where it is.
    pub url: String,
    /// When its provider last said that the bytes held are its state.
    pub fetched_at: Option<Timestamp>,
    /// How many bytes are held.
    pub bytes: Option<u64>,
    /// When the host or mirror last said that there is no such file, if that is the latest answer.
    pub absent_at: Option<Timestamp>,
    /// When and how the latest attempt failed, if it did.
    pub failure: Option<(Timestamp, String)>,
}

/// How every source that was ever asked stands, by URL. It reads only.
pub fn source_status(feeds: &FeedsDir) -> Vec<SourceStatus> {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let status = |(url, state): (String, State)| SourceStatus {
        url,
        fetched_at: state.held.as_ref().and_then(|held| time(&held.fetched_at)),
        bytes: state.held.as_ref().map(|held| held.bytes),
        absent_at: state.absent.as_ref().and_then(|absent| time(&absent.at)),
        failure: state.failure.and_then(|failure| Some((time(&failure.at)?, failure.error))),
    };
    Kept::read(feeds).sources.into_iter().map(status).collect()
}

/// What the readers remarked of every feed when it was last read, by `provider:feed`; feeds without remarks are absent. It
/// reads only.
pub fn remarks(feeds: &FeedsDir) -> BTreeMap<String, Remarks> {
    Kept::read(feeds).remarks
}

/// What is remembered of all sources.
#[derive(Debug)]
pub(crate) struct Kept {
    dir: PathBuf,
    sources: BTreeMap<String, State>,
    remarks: BTreeMap<String, Remarks>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Table {
    version: u32,
    sources: BTreeMap<String, State>,
    #[serde(default)]
    remarks: BTreeMap<String, Remarks>,
}

const TABLE_VERSION: u32 = 1;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    held: Option<Held>,
    absent: Option<Answer>,
    failure: Option<Failure>,
    /// The feeds that it is part of besides the one that [`Held`] names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    also: BTreeSet<String>,
    /// Those of these feeds that have not accepted the bytes which are held: another one brought them since.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unjudged: BTreeSet<String>,
}

impl State {
    /// The feeds that it is part of, as far as bytes are held.
    fn feeds(&self) -> impl Iterator<Item = &str> {
        let feed = self.held.iter().map(|held| held.feed.as_str());
        feed.chain(self.also.iter().filter(|_| self.held.is_some()).map(String::as_str))
    }

    fn is_of(&self, feed: &str) -> bool {
        self.feeds().any(|it| it == feed)
    }

    /// Says that it is no longer part of `feed`; whether it is part of none then.
    fn leave(&mut self, feed: &str) -> bool {
        self.also.remove(feed);
        self.unjudged.remove(feed);
        match &mut self.held {
            Some(held) if held.feed == feed => match self.also.pop_first() {
                Some(other) => {
                    held.feed = other;
                    false
                }
                None => true,
            },
            _ => false,
        }
    }
}

/// The bytes held.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    etag: Option<String>,
    last_modified: Option<String>,
    sha256: String,
    bytes: u64,
    fetched_at: String,
    /// When these bytes came; tables of before do not say it.
    #[serde(default)]
    came_at: Option<String>,
    origin: String,
    parser_version: u32,
    /// A feed that it is part of, as `provider:feed`.
    #[serde(default)]
    feed: String,
    /// When the record that changed last did, of all that were read when these bytes came.
    #[serde(default)]
    newest: Option<String>,
    /// The namespaces that the feed of this source filled, and with how many records.
    namespaces: Vec<String>,
    records: u64,
    /// Which records could not be read, in words.
    unreadable: Option<String>,
    /// The feeds that found these bytes to be signed by their publisher: each has its own keys.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    signed_for: BTreeSet<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    at: String,
    origin: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Failure {
    at: String,
    error: String,
    /// Where it was asked for; tables of before do not say it.
    #[serde(default)]
    origin: String,
}

impl Kept {
    /// What is remembered; nothing when the table is absent or not readable, which costs a download.
    pub(crate) fn read(feeds: &FeedsDir) -> Self {
        let dir = feeds.path().join("downloads");
        let table = fs::read(dir.join("sources.json")).ok();
        let table = table.and_then(|bytes| serde_json::from_slice::<Table>(&bytes).ok());
        let table = table.filter(|table| table.version == TABLE_VERSION).unwrap_or_default();
        Self { dir, sources: table.sources, remarks: table.remarks }
    }

    /// Waits until no other sync of this directory runs. The lock ends with the file.
    pub(crate) fn lock(feeds: &FeedsDir) -> Result<File, SyncError> {
        let dir = feeds.path().join("downloads");
        fs::create_dir_all(&dir).map_err(io_error("create", &dir))?;
        let path = dir.join("lock");
        let file = File::create(&path).map_err(io_error("create", &path))?;
        file.lock().map_err(io_error("lock", &path))?;
        Ok(file)
    }

    /// Where the bytes of `url` are kept; none when no file can be called so.
    pub(crate) fn path(&self, url: &str) -> Option<PathBuf> {
        Some(self.dir.join(match directory::path_of(url) {
            Some(dir) => directory::kept_name(dir),
            None => fetch::origin::relative_path(url).ok()?,
        }))
    }

    /// Where new bytes of `url` wait until they are read. Whatever URLs there are, neither these files nor what a download
    /// leaves beside them are in each other's way, nor in that of what is kept: the URLs of a publisher's documents are his
    /// to choose.
    pub(crate) fn staged_path(&self, url: &str) -> PathBuf {
        self.dir.join("incoming").join(directory::hex(&Sha256::digest(url)))
    }

    /// Puts the new bytes of `url` in the place of those that are kept.
    pub(crate) fn keep(&self, url: &str) -> io::Result<()> {
        let path = self.path(url).ok_or_else(|| io::Error::other("no file can be called so"))?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(self.staged_path(url), path)
    }

    /// The downloads that are held, by URL.
    pub(crate) fn held_sources(
        &self,
        before: &Self,
        origin: &Origin,
        options: &SyncOptions<'_>,
    ) -> BTreeMap<String, HeldSource> {
        let held = |(url, state): (&String, &State)| {
            let held = state.held.as_ref()?;
            let modified = modified(held.last_modified.as_deref());
            // A record of the future tells nothing of when the bytes were made.
            let fetched: Option<Timestamp> = held.fetched_at.parse().ok();
            let newest = held.newest.as_ref().and_then(|newest| newest.parse::<Timestamp>().ok());
            let newest = newest.map(|newest| fetched.map_or(newest, |fetched| newest.min(fetched)));
            let max_age = |feed: &str| options.max_age.of(feed.split(':').next().unwrap_or_default());
            let max_age = state.feeds().map(max_age).min().unwrap_or_default();
            let is_settled = self.is_recent(url, max_age, origin, options.now)
                || matches!(self.news(before, url, origin), Some(Ok(())));
            let fetched_at = held.fetched_at.parse().ok();
            let came_at = held.came_at.as_ref().and_then(|came| came.parse().ok()).or(fetched_at);
            let has_failed = state.failure.is_some();
            Some((url.clone(), HeldSource { modified, fetched_at, came_at, is_settled, has_failed, newest }))
        };
        self.sources.iter().filter_map(held).collect()
    }

    /// Forgets and removes the downloads of `feed` that are not among `urls`, as they are no longer part of it, nor of any
    /// other feed.
    pub(crate) fn keep_only(&mut self, feed: &str, urls: &BTreeSet<&str>) {
        let left = self
            .sources
            .iter_mut()
            .filter(|(url, state)| state.is_of(feed) && !urls.contains(url.as_str()))
            .filter_map(|(url, state)| state.leave(feed).then(|| url.clone()));
        let dropped: Vec<String> = left.collect();
        for url in dropped {
            self.sources.remove(&url);
            if let Some(path) = self.path(&url) {
                // What cannot be removed costs its room, and nothing else.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// What makes a request conditional: nothing when the bytes are gone. It names the origin that the bytes came from, so
    /// that its tags and dates are sent to no other.
    pub(crate) fn validators(&self, url: &str) -> Option<Validators> {
        let held = self.sources.get(url)?.held.as_ref()?;
        if fs::metadata(self.path(url)?).ok()?.len() != held.bytes {
            return None;
        }
        Some(Validators {
            origin: held.origin.clone(),
            etag: held.etag.clone(),
            last_modified: held.last_modified.clone(),
            sha256: held.sha256.clone(),
            bytes: held.bytes,
        })
    }

    /// How many bytes `url` had when it was last read.
    pub(crate) fn bytes(&self, url: &str) -> Option<u64> {
        Some(self.sources.get(url)?.held.as_ref()?.bytes)
    }

    /// How many records the feed of `url` gave when it was last read.
    pub(crate) fn records(&self, url: &str) -> Option<u64> {
        Some(self.sources.get(url)?.held.as_ref()?.records)
    }

    /// Which records of the feed of `url` could not be read, in words.
    pub(crate) fn unreadable(&self, url: &str) -> Option<&str> {
        self.sources.get(url)?.held.as_ref()?.unreadable.as_deref()
    }

    /// When the bytes held of `url` were last its provider's state.
    pub(crate) fn fetched_at(&self, url: &str) -> Option<Timestamp> {
        self.sources.get(url)?.held.as_ref()?.fetched_at.parse().ok()
    }

    /// When a host or mirror last said how `url` stands: that there is such bytes, or that there is none.
    pub(crate) fn answered_at(&self, url: &str) -> Option<Timestamp> {
        let absent = self.sources.get(url).and_then(|state| state.absent.as_ref());
        absent.map_or_else(|| self.fetched_at(url), |absent| absent.at.parse().ok())
    }

    /// Whether the host or mirror said that there is no `url`, at the last time it answered.
    pub(crate) fn is_absent(&self, url: &str) -> bool {
        self.sources.get(url).is_some_and(|state| state.absent.is_some())
    }

    /// Whether `url` could not be had or read at the last time.
    pub(crate) fn has_failed(&self, url: &str) -> bool {
        self.sources.get(url).is_some_and(|state| state.failure.is_some())
    }

    /// Whether `feed` has accepted the bytes held of `url`: they are what it may ask of them.
    pub(crate) fn is_accepted(&self, url: &str, feed: &str) -> bool {
        self.sources.get(url).is_some_and(|state| state.is_of(feed) && !state.unjudged.contains(feed))
    }

    /// Whether `feed` found the bytes held of `url` to be signed by their publisher.
    pub(crate) fn is_signed(&self, url: &str, feed: &str) -> bool {
        let held = self.sources.get(url).and_then(|state| state.held.as_ref());
        held.is_some_and(|held| held.signed_for.contains(feed))
    }

    /// Remembers that `feed` found the bytes held of `url` to be signed by their publisher.
    pub(crate) fn sign(&mut self, url: &str, feed: &str) {
        if let Some(held) = self.sources.get_mut(url).and_then(|state| state.held.as_mut()) {
            held.signed_for.insert(feed.to_owned());
        }
    }

    /// The namespaces that the bytes held of `url` filled, as read by this version of the parsers.
    pub(crate) fn namespaces(&self, url: &str) -> Option<Vec<Namespace>> {
        let held = self.sources.get(url)?.held.as_ref()?;
        let names = held.namespaces.iter().map(|name| Namespace::new(name.as_str()));
        (held.parser_version == PARSER_VERSION).then(|| names.collect())
    }

    /// Whether downloads of `feed` are held that are not among `urls`.
    pub(crate) fn has_others(&self, feed: &str, urls: &BTreeSet<&str>) -> bool {
        self.sources.iter().any(|(url, state)| state.is_of(feed) && !urls.contains(url.as_str()))
    }

    /// Whether `source` of `provider` was answered less than `options.max_age` ago by the same origin.
    pub(crate) fn is_fresh(
        &self,
        provider: &str,
        source: &Source,
        origin: &Origin,
        options: &SyncOptions<'_>,
    ) -> bool {
        if source.max_age == Some(HELD_STANDS) && self.validators(&source.url).is_some() {
            return true;
        }
        match directory::path_of(&source.url) {
            // It costs no download to look.
            Some(dir) => self.is_packed(&source.url, dir, options),
            None => {
                let max_age = source.max_age.unwrap_or_default().max(options.max_age.of(provider));
                self.is_recent(&source.url, max_age, origin, options.now)
            }
        }
    }

    /// Whether what is held of a directory is what it holds now.
    fn is_packed(&self, url: &str, dir: &Path, options: &SyncOptions<'_>) -> bool {
        let Some(state) = self.sources.get(url).filter(|state| state.failure.is_none()) else { return false };
        let is_there = self.path(url).is_some_and(|path| path.exists());
        let held = state.held.as_ref().filter(|held| is_there && held.parser_version == PARSER_VERSION);
        held.is_some_and(|held| directory::sha256(dir, options.limits).is_ok_and(|it| it == held.sha256))
    }

    fn is_recent(&self, url: &str, max_age: SignedDuration, origin: &Origin, now: Timestamp) -> bool {
        let Some(state) = self.sources.get(url) else { return false };
        let answers = [
            state.held.as_ref().map(|held| (&held.fetched_at, &held.origin)),
            state.absent.as_ref().map(|absent| (&absent.at, &absent.origin)),
        ];
        let is_recent =
            |at: &str| at.parse::<Timestamp>().is_ok_and(|at| at <= now && now.duration_since(at) < max_age);
        let is_usable = state.absent.is_some() || self.validators(url).is_some();
        is_usable
            && state.failure.is_none()
            && answers.into_iter().flatten().any(|(at, from)| is_from(origin, from) && is_recent(at))
    }

    /// What another sync, which this one waited for, got when it asked for `url` at the same origin: an answer, or why it got
    /// none. None when it did not ask.
    pub(crate) fn news(&self, before: &Self, url: &str, origin: &Origin) -> Option<Result<(), String>> {
        let (now, then) = (self.sources.get(url)?, before.sources.get(url));
        let is_news = |of: fn(&State) -> Option<(&String, &String)>| {
            of(now).is_some_and(|(_, from)| is_from(origin, from)) && of(now) != then.and_then(of)
        };
        let held = is_news(|state| state.held.as_ref().map(|held| (&held.fetched_at, &held.origin)));
        let absent = is_news(|state| state.absent.as_ref().map(|absent| (&absent.at, &absent.origin)));
        if held || absent {
            return Some(Ok(()));
        }
        let failed = is_news(|state| state.failure.as_ref().map(|failure| (&failure.at, &failure.origin)));
        now.failure.as_ref().filter(|_| failed).map(|failure| Err(failure.error.clone()))
    }

    /// Remembers that the bytes of `validators` are the state of `url`, and what they gave.
    pub(crate) fn hold(
        &mut self,
        url: &str,
        validators: &Validators,
        now: Timestamp,
        feed: &str,
        applied: &Applied,
    ) {
        // The same bytes are as new as they were, whatever was read beside them.
        let state = self.sources.get(url);
        let mut also: BTreeSet<String> = state
            .map(|state| state.also.iter().cloned().chain(state.feeds().map(str::to_owned)).collect())
            .unwrap_or_default();
        also.retain(|other| !other.is_empty() && other != feed);
        let before = state.and_then(|state| state.held.as_ref());
        let before = before.filter(|before| before.sha256 == validators.sha256);
        let came_at = match before {
            Some(before) => before.came_at.clone().or_else(|| Some(before.fetched_at.clone())),
            None => Some(now.to_string()),
        };
        let mut unjudged = match before {
            Some(_) => state.map(|state| state.unjudged.clone()).unwrap_or_default(),
            None => also.clone(),
        };
        unjudged.remove(feed);
        let signed_for = before.map(|before| before.signed_for.clone()).unwrap_or_default();
        let newest = match before {
            Some(before) => before.newest.clone(),
            None => applied.newest.map(|newest| newest.to_string()),
        };
        let held = Held {
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
            sha256: validators.sha256.clone(),
            bytes: validators.bytes,
            fetched_at: now.to_string(),
            came_at,
            origin: validators.origin.clone(),
            parser_version: PARSER_VERSION,
            feed: feed.to_owned(),
            newest,
            namespaces: applied.namespaces.iter().map(Namespace::to_string).collect(),
            records: applied.records,
            unreadable: applied.unreadable.clone(),
            signed_for,
        };
        let state = State { held: Some(held), absent: None, failure: None, also, unjudged };
        self.sources.insert(url.to_owned(), state);
    }

    /// `applied` with the namespaces that the same bytes of `url` filled before: those of other feeds.
    pub(crate) fn joined(&self, url: &str, had: &Had, applied: &Applied) -> Applied {
        let held = self.sources.get(url).and_then(|state| state.held.as_ref());
        let is_same = |held: &&Held| match had {
            Had::New(validators) => held.sha256 == validators.sha256,
            _ => true,
        };
        let mut namespaces: BTreeSet<Namespace> = applied.namespaces.iter().cloned().collect();
        if held.filter(is_same).is_some() {
            namespaces.extend(self.namespaces(url).into_iter().flatten());
        }
        Applied {
            namespaces: namespaces.into_iter().collect(),
            records: applied.records,
            newest: applied.newest,
            unreadable: applied.unreadable.clone(),
        }
    }

    /// Remembers what the bytes held of `url` gave `feed`.
    pub(crate) fn fill(&mut self, url: &str, feed: &str, applied: &Applied) {
        let Some(state) = self.sources.get_mut(url) else { return };
        state.unjudged.remove(feed);
        if let Some(held) = &mut state.held {
            if held.feed != feed {
                state.also.insert(feed.to_owned());
            }
            held.parser_version = PARSER_VERSION;
            held.namespaces = applied.namespaces.iter().map(Namespace::to_string).collect();
            held.records = applied.records;
            held.unreadable.clone_from(&applied.unreadable);
        }
    }

    /// Remembers that there is no `url`; bytes held of it stay.
    pub(crate) fn miss(&mut self, url: &str, origin: &Origin, now: Timestamp) {
        let state = self.sources.entry(url.to_owned()).or_default();
        state.absent = Some(Answer { at: now.to_string(), origin: origin_text(origin) });
        state.failure = None;
    }

    /// Remembers that `url` could not be had or read; bytes held of it stay.
    pub(crate) fn fail(&mut self, url: &str, error: &str, origin: &Origin, now: Timestamp) {
        let state = self.sources.entry(url.to_owned()).or_default();
        let (at, origin) = (now.to_string(), origin_text(origin));
        state.failure = Some(Failure { at, error: error.to_owned(), origin });
    }

    /// Remembers what reading `feed` remarked, in place of what it did before.
    pub(crate) fn remark(&mut self, feed: &str, remarks: &Remarks) {
        if *remarks == Remarks::default() {
            self.remarks.remove(feed);
        } else {
            self.remarks.insert(feed.to_owned(), remarks.clone());
        }
    }

    /// Forgets that the bytes held of a feed, which is called one of `feeds`, filled `namespace`: they are read again.
    pub(crate) fn read_again(&mut self, namespace: &Namespace, feeds: &[String]) {
        let states = self.sources.values_mut().filter(|state| feeds.iter().any(|feed| state.is_of(feed)));
        let held = states.filter_map(|state| state.held.as_mut());
        for held in held.filter(|held| held.namespaces.iter().any(|name| name == namespace.as_str())) {
            held.parser_version = 0;
        }
    }

    /// Forgets the bytes held of `url`, so that the next request is for all of them.
    pub(crate) fn forget(&mut self, url: &str) {
        if let Some(state) = self.sources.get_mut(url) {
            state.also.extend(state.held.take().map(|held| held.feed));
        }
    }

    /// Writes the table; whole or not at all.
    pub(crate) fn write(&self) -> Result<(), SyncError> {
        let table =
            Table { version: TABLE_VERSION, sources: self.sources.clone(), remarks: self.remarks.clone() };
        let text = serde_json::to_vec_pretty(&table).expect("a table of texts is always JSON");
        let (new, path) = (self.dir.join("sources.json.new"), self.dir.join("sources.json"));
        let mut file = File::create(&new).map_err(io_error("create", &new))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(io_error("write", &new))?;
        fs::rename(&new, &path).map_err(io_error("write", &path))
    }
}

pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SyncError {
    let path = path.to_owned();
    move |source| SyncError::Io { action, path, source }
}

/// Whether an answer came `from` there: the one of several mirrors that had the file, or all of them, which had not.
fn is_from(origin: &Origin, from: &str) -> bool {
    origin.includes(from) || origin_text(origin) == from
}

/// The origin as text without credentials; only ever compared.
fn origin_text(origin: &Origin) -> String {
    origin.to_string()
}
