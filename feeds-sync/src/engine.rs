//! [`sync`]: asks the sources, reads what is new, writes the rows, and makes the new snapshot current.
//!
//! The order makes it safe to be killed at any instant: bytes are downloaded beside the kept ones, the
//! snapshot is swapped by one rename, and only then are the new bytes and their validators kept. Killed before
//! the swap, the old snapshot stands; killed after it, the next sync downloads again what it does not know to
//! hold.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use advisory_db::{FeedsDir, Publication, Writer};
use fetch::error::FetchError;
use fetch::fetcher::{Fetched, Fetcher, Request};
use fetch::validators::Validators;
use jiff::{SignedDuration, Timestamp};
use model::advisory::Advisory;
use model::gap::{Gap, GapKind};
use model::key::Namespace;
use model::limits::Limits;

use crate::advisories::{Advisories, DailyTables, Remarks};
use crate::document::Document;
use crate::error::{ParseError, SyncError};
use crate::facts;
use crate::kept::{Kept, io_error};
use crate::provider::{self, Feed, Parse, Scope, Source};
use crate::report::{SourceOutcome, SourceReport, SyncReport};
use crate::selection::{Selected, Selection, ranking, select};

/// What to sync, and how.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions<'a> {
    /// Which feeds.
    pub selection: Selection<'a>,
    /// Sources that answered less than this ago are not asked again; none asks every one.
    pub max_age: Option<SignedDuration>,
    /// The time that stands for now.
    pub now: Timestamp,
    /// How many downloads run at once.
    pub jobs: usize,
    /// What reading a document may use.
    pub limits: &'a Limits,
    /// The share of its records that a namespace may lose at once, in percent; a feed that loses more is refused
    /// (feeds.md §0.4(6)). 100 accepts any loss.
    pub loss_percent_max: u64,
}

/// The loss that is accepted unless somebody says otherwise.
pub const LOSS_PERCENT_MAX: u64 = 10;

/// Losing fewer records than this is never refused: a share says nothing of a handful.
const LOSS_RECORDS_MIN: u64 = 10;

/// Told how a sync goes on. Downloads call it from their own threads.
pub trait Progress: Sync {
    /// The body of `url` starts, or starts again after a failure, at byte `offset` of `bytes`.
    fn source_started(&self, url: &str, offset: u64, bytes: Option<u64>);
    /// So many bytes more of `url`.
    fn source_advanced(&self, url: &str, bytes: u64);
    /// The download of `url` has ended; what it holds is not read yet.
    fn source_finished(&self, url: &str, outcome: &SourceOutcome);
    /// The documents of a feed are being read.
    fn reading(&self, provider: &str, feed: &str);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn source_started(&self, _url: &str, _offset: u64, _bytes: Option<u64>) {}
    fn source_advanced(&self, _url: &str, _bytes: u64) {}
    fn source_finished(&self, _url: &str, _outcome: &SourceOutcome) {}
    fn reading(&self, _provider: &str, _feed: &str) {}
}

/// Brings the selected feeds up to date.
///
/// One sync of a directory runs at a time; a second one waits, and takes what the first one got instead of asking
/// again. A feed that cannot be had or read keeps its last good state and becomes a gap of the report.
///
/// # Errors
/// When a name of the selection is unknown, or the feeds directory cannot be read or written.
pub fn sync(
    feeds: &FeedsDir,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    progress: &dyn Progress,
) -> Result<SyncReport, SyncError> {
    let selected = select(options.selection)?;
    let before = Kept::read(feeds);
    let _turn = Kept::lock(feeds)?;
    let mut kept = Kept::read(feeds);

    let mut pulls = download(selected, &before, &kept, fetcher, options, progress);
    let lock = feeds.lock()?;
    let mut run = Run { kept: &kept, options, progress, writer: feeds.writer(&lock)?, has_new_rows: false };
    for pull in pulls.iter_mut().filter(|pull| !pull.is_ranking()) {
        run.apply(pull)?;
    }
    run.rank(&mut pulls)?;

    let mut report =
        SyncReport { snapshot: feeds.current()?.map(|it| it.id().to_owned()), ..SyncReport::default() };
    // That a provider has no such release is news too: it is stated in the facts.
    if pulls.iter().any(|pull| pull.applied.is_some() || pull.is_absent()) {
        run.state_facts(&pulls)?;
        let writer = run.writer;
        // Until the new bytes are in their place, nothing may be known of them (see the module's comment).
        forget_replaced(&mut kept, &pulls)?;
        let swapped = writer.swap(options.now)?;
        report.snapshot = Some(swapped.id);
        report.changed = swapped.changed;
    }
    settle(&mut kept, &pulls, fetcher, options)?;
    tell(&mut report, pulls, &kept, options);
    Ok(report)
}

/// One selected feed on its way.
struct Pull {
    selected: Selected,
    sources: Vec<SourcePull>,
    /// What became of its documents, once they are read or need no reading.
    applied: Option<Applied>,
    remarks: Remarks,
}

/// One source on its way.
struct SourcePull {
    source: Source,
    kept: PathBuf,
    staged: PathBuf,
    had: Had,
    /// When the bytes held were last the provider's state; none when no bytes are held.
    held_at: Option<Timestamp>,
    /// Whether the bytes held cannot be read any more.
    is_spoilt: bool,
}

/// What the download gave.
enum Had {
    Fresh,
    Unchanged(Validators),
    New(Validators),
    Missing,
    /// Missing when it was last asked, which is recent enough.
    StillMissing,
    Failed(String),
}

pub(crate) struct Applied {
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) records: u64,
}

impl Pull {
    fn is_ranking(&self) -> bool {
        self.selected.feed.scope == Scope::Ranking
    }

    fn has_new_bytes(&self) -> bool {
        self.sources.iter().any(|source| matches!(source.had, Had::New(_)))
    }

    /// Whether all of the feed that exists is at hand. A source that failed and of which nothing is held may hold
    /// anything; one that is missing holds nothing.
    fn is_complete(&self) -> bool {
        self.sources.iter().any(|source| source.document().is_some())
            && self.sources.iter().all(|source| {
                source.document().is_some() || matches!(source.had, Had::Missing | Had::StillMissing)
            })
    }

    /// When the state that the documents give was last the provider's: the oldest of them.
    fn data_as_of(&self, now: Timestamp) -> Timestamp {
        let as_of = |source: &SourcePull| match source.had {
            Had::New(_) | Had::Unchanged(_) => Some(now),
            _ => source.held_at,
        };
        self.sources.iter().filter_map(as_of).min().unwrap_or(now)
    }

    /// Makes the sources whose bytes were not accepted ones that failed: the new ones, or, when what was read had
    /// been kept, all of them; such bytes are of no use any more.
    fn refuse(&mut self, error: &str) {
        let has_new_bytes = self.has_new_bytes();
        for source in self.sources.iter_mut().filter(|source| source.document().is_some()) {
            source.is_spoilt = !has_new_bytes;
            if !has_new_bytes || matches!(source.had, Had::New(_)) {
                source.had = Had::Failed(error.to_owned());
            }
        }
    }

    /// Whether its provider answered just now, or recently enough, and had something.
    fn is_answered(&self) -> bool {
        let has_bytes =
            |source: &SourcePull| matches!(source.had, Had::New(_) | Had::Unchanged(_) | Had::Fresh);
        self.applied.is_some() && self.sources.iter().any(has_bytes)
    }

    /// Whether the provider says that there is no such feed.
    fn is_absent(&self) -> bool {
        self.sources.iter().all(|source| matches!(source.had, Had::Missing | Had::StillMissing))
    }
}

impl SourcePull {
    /// The bytes to read: new ones, else those held.
    fn document(&self) -> Option<&PathBuf> {
        match self.had {
            Had::New(_) => Some(&self.staged),
            _ => self.held_at.map(|_| &self.kept),
        }
    }
}

/// Asks every source that is not fresh, several at once.
fn download(
    selected: Vec<Selected>,
    before: &Kept,
    kept: &Kept,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    progress: &dyn Progress,
) -> Vec<Pull> {
    let mut pulls: Vec<Pull> =
        selected.into_iter().map(|selected| prepare(selected, kept, fetcher)).collect();
    let sources: Vec<Mutex<&mut SourcePull>> =
        pulls.iter_mut().flat_map(|pull| &mut pull.sources).map(Mutex::new).collect();
    each_in_parallel(options.jobs, sources.len(), &|index| {
        let mut source = sources[index].lock().expect("each source has one thread");
        let url = source.source.url.clone();
        let is_answered = kept.is_fresh(&url, fetcher.origin(), options)
            || kept.was_answered_since(before, &url, fetcher.origin());
        source.had = match is_answered {
            true if kept.is_absent(&url) => Had::StillMissing,
            true => Had::Fresh,
            false => ask(&source, kept, fetcher, options.limits, progress),
        };
        progress.source_finished(&url, &source.had.outcome());
    });
    drop(sources);
    pulls
}

fn prepare(selected: Selected, kept: &Kept, fetcher: &Fetcher) -> Pull {
    let sources = selected.feed.sources.iter().map(|source| {
        let (kept_path, staged) = kept.paths(&source.url).unwrap_or_default();
        let is_held = kept.validators(&source.url, fetcher.origin()).is_some();
        SourcePull {
            source: source.clone(),
            kept: kept_path,
            staged,
            had: Had::Fresh,
            held_at: kept.fetched_at(&source.url).filter(|_| is_held),
            is_spoilt: false,
        }
    });
    Pull { sources: sources.collect(), selected, applied: None, remarks: Remarks::default() }
}

fn ask(source: &SourcePull, kept: &Kept, fetcher: &Fetcher, limits: &Limits, progress: &dyn Progress) -> Had {
    let url = source.source.url.as_str();
    let previous = kept.validators(url, fetcher.origin());
    let request = Request {
        url,
        to: &source.staged,
        previous: previous.as_ref(),
        bytes_max: source.source.bytes_max.min(limits.feed_bytes_max),
    };
    match fetcher.get(&request, &SourceProgress { url, progress }) {
        Ok(Fetched::Unchanged { validators }) => Had::Unchanged(validators),
        Ok(Fetched::File { validators }) => Had::New(validators),
        Err(FetchError::NotFound { .. }) => Had::Missing,
        Err(error) => Had::Failed(chain(&error)),
    }
}

struct SourceProgress<'a> {
    url: &'a str,
    progress: &'a dyn Progress,
}

impl fetch::fetcher::Progress for SourceProgress<'_> {
    fn started(&self, offset: u64, total: Option<u64>) {
        self.progress.source_started(self.url, offset, total);
    }

    fn advanced(&self, bytes: u64) {
        self.progress.source_advanced(self.url, bytes);
    }
}

/// Runs `work` for each index below `n_items`, on at most `jobs` threads.
pub(crate) fn each_in_parallel(jobs: usize, n_items: usize, work: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, n_items.max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= n_items {
                        return;
                    }
                    work(index);
                }
            });
        }
    });
}

/// The part of a sync that reads and writes.
struct Run<'a, 'w> {
    kept: &'a Kept,
    options: &'a SyncOptions<'a>,
    progress: &'a dyn Progress,
    writer: Writer<'w>,
    has_new_rows: bool,
}

impl Run<'_, '_> {
    /// Brings the rows of one feed up to date, if its documents are new or its rows are not held.
    fn apply(&mut self, pull: &mut Pull) -> Result<(), SyncError> {
        if !pull.is_complete() {
            return Ok(());
        }
        let held = self.held_namespaces(pull);
        if let (false, Some(held)) = (pull.has_new_bytes(), &held) {
            pull.applied = Some(self.touch(pull, held));
            return Ok(());
        }
        match self.read(pull) {
            Ok(namespaces) => pull.applied = Some(self.replace(pull, namespaces)?),
            Err(error) => pull.refuse(&error),
        }
        Ok(())
    }

    /// The namespaces that the held documents of the feed filled, if all of them are in the snapshot.
    fn held_namespaces(&self, pull: &Pull) -> Option<BTreeSet<Namespace>> {
        let mut namespaces = BTreeSet::new();
        for source in pull.sources.iter().filter(|source| source.held_at.is_some()) {
            namespaces.extend(self.kept.namespaces(&source.source.url)?);
        }
        let provider = pull.selected.provider.name;
        let is_held = |namespace| self.writer.provider_state(namespace, provider).is_some();
        (!namespaces.is_empty() && namespaces.iter().all(is_held)).then_some(namespaces)
    }

    /// Moves the date of rows that are as they were, when every source of them said so.
    fn touch(&mut self, pull: &Pull, namespaces: &BTreeSet<Namespace>) -> Applied {
        let provider = pull.selected.provider.name;
        let is_confirmed = pull
            .sources
            .iter()
            .all(|source| matches!(source.had, Had::Unchanged(_)) || source.held_at.is_none());
        let mut records = 0;
        for namespace in namespaces {
            if is_confirmed {
                self.writer.touch_provider(namespace, provider, self.options.now);
            }
            records += self.writer.provider_state(namespace, provider).map_or(0, |stamp| stamp.records);
        }
        Applied { namespaces: namespaces.iter().cloned().collect(), records }
    }

    /// The advisories of all documents of the feed, or why they are not accepted.
    fn read(&self, pull: &mut Pull) -> Result<BTreeMap<Namespace, BTreeMap<String, Advisory>>, String> {
        let Parse::Advisories(parse) = pull.selected.provider.parse else { return Ok(BTreeMap::new()) };
        let feed = &pull.selected.feed;
        self.progress.reading(pull.selected.provider.name, &feed.name);
        let mut advisories = Advisories::default();
        for source in &pull.sources {
            let Some(path) = source.document() else { continue };
            let document = Document { url: &source.source.url, path, limits: self.options.limits };
            parse(feed, &document, &mut advisories).map_err(|error| refusal(&source.source.url, &error))?;
        }
        pull.remarks = std::mem::take(&mut advisories.remarks);
        let namespaces = advisories.into_namespaces();
        if namespaces.is_empty() {
            return Err(format!("feed `{}` holds no record that can be looked up", feed.name));
        }
        self.check_loss(pull, &namespaces)?;
        Ok(namespaces)
    }

    /// Refuses a feed of which some namespace lost too many of its records.
    fn check_loss(
        &self,
        pull: &Pull,
        namespaces: &BTreeMap<Namespace, BTreeMap<String, Advisory>>,
    ) -> Result<(), String> {
        for (namespace, records) in namespaces {
            let held = self.writer.provider_state(namespace, pull.selected.provider.name);
            let (before, now) = (held.map_or(0, |stamp| stamp.records), records.len() as u64);
            check_loss(namespace.as_str(), before, now, self.options.loss_percent_max)?;
        }
        Ok(())
    }

    /// Writes the rows. A namespace that the feed no longer mentions keeps its rows: its release has ended, and
    /// the vendor took it out (feeds.md §0.4(8)).
    fn replace(
        &mut self,
        pull: &Pull,
        namespaces: BTreeMap<Namespace, BTreeMap<String, Advisory>>,
    ) -> Result<Applied, SyncError> {
        let data_as_of = pull.data_as_of(self.options.now);
        let mut applied = Applied { namespaces: Vec::new(), records: 0 };
        for (namespace, advisories) in namespaces {
            let publication = Publication {
                namespace: &namespace,
                provider: pull.selected.provider.name,
                license: pull.selected.feed.license,
                coverage: facts::coverage(&namespace),
                data_as_of,
            };
            let outcome = self.writer.replace_provider(&publication, advisories.into_values())?;
            self.has_new_rows |= outcome.changed;
            applied.records += outcome.records;
            applied.namespaces.push(namespace);
        }
        Ok(applied)
    }

    /// Joins EPSS and KEV to the rows, when either is new or there are new rows.
    fn rank(&mut self, pulls: &mut [Pull]) -> Result<(), SyncError> {
        let is_new = pulls.iter().any(|pull| pull.is_ranking() && pull.has_new_bytes());
        if !is_new && !self.has_new_rows {
            let ranking = pulls.iter_mut().filter(|pull| pull.is_ranking() && pull.is_complete());
            ranking.for_each(|pull| pull.applied = Some(self.held_table(pull)));
            return Ok(());
        }
        let mut tables = DailyTables::default();
        for pull in pulls.iter_mut().filter(|pull| pull.is_ranking() && pull.is_complete()) {
            self.progress.reading(pull.selected.provider.name, &pull.selected.feed.name);
            match self.read_table(pull, &mut tables) {
                Ok(records) => pull.applied = Some(Applied { namespaces: Vec::new(), records }),
                Err(error) => pull.refuse(&error),
            }
        }
        self.read_unselected(pulls, &mut tables);
        if tables.epss.is_some() || tables.kev.is_some() {
            self.writer.set_daily(tables.epss.as_ref(), tables.kev.as_ref())?;
        }
        Ok(())
    }

    /// A table that is as it was.
    fn held_table(&self, pull: &Pull) -> Applied {
        let records = pull.sources.iter().filter_map(|source| self.kept.records(&source.source.url)).sum();
        Applied { namespaces: Vec::new(), records }
    }

    fn read_table(&self, pull: &mut Pull, tables: &mut DailyTables) -> Result<u64, String> {
        let Parse::Daily(parse) = pull.selected.provider.parse else { return Ok(0) };
        let mut n_entries = 0;
        for source in &pull.sources {
            let Some(path) = source.document() else { continue };
            let document = Document { url: &source.source.url, path, limits: self.options.limits };
            n_entries += parse(&document, tables).map_err(|error| refusal(&source.source.url, &error))?;
        }
        let before = self.held_table(pull).records;
        check_loss(&pull.selected.feed.name, before, n_entries, self.options.loss_percent_max)?;
        pull.remarks = std::mem::take(&mut tables.remarks);
        Ok(n_entries)
    }

    /// Reads the tables that are held and were not selected: new rows are to be ranked all the same.
    fn read_unselected(&self, pulls: &[Pull], tables: &mut DailyTables) {
        for (provider, feed) in ranking() {
            let is_selected = pulls.iter().any(|pull| pull.selected.feed == feed);
            let Parse::Daily(parse) = provider.parse else { continue };
            for source in feed.sources.iter().filter(|_| !is_selected) {
                let Some((path, _)) =
                    self.kept.paths(&source.url).filter(|_| self.kept.bytes(&source.url).is_some())
                else {
                    continue;
                };
                let document = Document { url: &source.url, path: &path, limits: self.options.limits };
                // Failing costs the new rows their rank until the table itself is synced; no verdict.
                let _ = parse(&document, tables);
            }
        }
    }

    /// Writes the facts: those built in, those of what is held, and which releases the providers said they lack.
    fn state_facts(&mut self, pulls: &[Pull]) -> Result<(), SyncError> {
        let held: Vec<Namespace> = self.writer.namespaces().into_iter().map(|entry| entry.name).collect();
        let builtin = facts::builtin_facts();
        let asked = pulls.iter().filter_map(|pull| match &pull.selected.feed.scope {
            Scope::One(namespace) => Some(namespace),
            Scope::Distro(_) | Scope::Ranking => None,
        });
        let known = builtin.namespaces.keys().chain(asked);
        let absent: BTreeSet<Namespace> = known.filter(|it| self.is_absent(it, pulls)).cloned().collect();
        Ok(self.writer.set_facts(&facts::with_snapshot(builtin, held.iter(), absent.iter()))?)
    }

    /// Whether the provider that answers `namespace` is known to have no such release: all of its files are
    /// missing, or it has one file for all releases, and what is held of that does not mention it.
    fn is_absent(&self, namespace: &Namespace, pulls: &[Pull]) -> bool {
        let Some((_, feed)) = provider::answering(namespace) else { return false };
        match pulls.iter().find(|pull| pull.selected.feed == feed) {
            Some(pull) if pull.is_absent() => true,
            Some(pull) => matches!(feed.scope, Scope::Distro(_)) && pull.applied.is_some(),
            None => feed.sources.iter().all(|source| {
                let is_filled = self.kept.namespaces(&source.url).is_some_and(|filled| !filled.is_empty());
                self.kept.is_absent(&source.url) || matches!(feed.scope, Scope::Distro(_)) && is_filled
            }),
        }
    }
}

/// Refuses a loss of more than `percent_max` of `before` records.
fn check_loss(what: &str, before: u64, now: u64, percent_max: u64) -> Result<(), String> {
    let lost = before.saturating_sub(now);
    if lost > LOSS_RECORDS_MIN && lost.saturating_mul(100) > before.saturating_mul(percent_max) {
        return Err(format!("`{what}` would fall from {before} to {now} records; refused"));
    }
    Ok(())
}

fn refusal(url: &str, error: &ParseError) -> String {
    format!("`{url}` {error}")
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Forgets what is known of every file that is about to be replaced.
fn forget_replaced(kept: &mut Kept, pulls: &[Pull]) -> Result<(), SyncError> {
    let mut has_forgotten = false;
    for source in applied_sources(pulls).filter(|source| matches!(source.had, Had::New(_))) {
        kept.forget(&source.source.url);
        has_forgotten = true;
    }
    if has_forgotten { kept.write() } else { Ok(()) }
}

fn applied_sources(pulls: &[Pull]) -> impl Iterator<Item = &SourcePull> {
    pulls.iter().filter(|pull| pull.applied.is_some()).flat_map(|pull| &pull.sources)
}

/// Puts the new bytes in their place and remembers how every source answered.
fn settle(
    kept: &mut Kept,
    pulls: &[Pull],
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
) -> Result<(), SyncError> {
    let (origin, now) = (fetcher.origin(), options.now);
    for pull in pulls {
        for source in &pull.sources {
            let url = source.source.url.as_str();
            if source.is_spoilt {
                kept.forget(url);
            }
            match (&source.had, &pull.applied) {
                (Had::New(validators), Some(applied)) => {
                    fs::rename(&source.staged, &source.kept).map_err(io_error("write", &source.kept))?;
                    kept.hold(url, validators, origin, now, applied);
                }
                (Had::Unchanged(validators), Some(applied)) => {
                    kept.hold(url, validators, origin, now, applied)
                }
                (Had::Fresh, Some(applied)) => kept.fill(url, applied),
                // Its feed was not read, because of another source: what was brought is asked for again.
                (Had::New(_) | Had::Unchanged(_) | Had::Fresh, None) | (Had::StillMissing, _) => {}
                (Had::Missing, _) => kept.miss(url, origin, now),
                (Had::Failed(error), _) => kept.fail(url, error, now),
            }
        }
    }
    kept.write()
}

impl Had {
    fn outcome(&self) -> SourceOutcome {
        match self {
            Self::Fresh => SourceOutcome::Fresh,
            Self::Unchanged(_) => SourceOutcome::Unchanged,
            Self::New(validators) => SourceOutcome::Updated { bytes: validators.bytes },
            Self::Missing | Self::StillMissing => SourceOutcome::Missing,
            Self::Failed(error) => SourceOutcome::Failed { error: error.clone() },
        }
    }
}

/// Says how it went.
fn tell(report: &mut SyncReport, pulls: Vec<Pull>, kept: &Kept, options: &SyncOptions<'_>) {
    let mut asked = BTreeSet::new();
    let mut answered = BTreeSet::new();
    for pull in pulls {
        asked.extend(pull.selected.asked_by.iter().cloned());
        if pull.is_answered() {
            answered.extend(pull.selected.asked_by.iter().cloned());
        }
        report.gaps.extend(gaps(&pull, kept, options));
        let provider = pull.selected.provider.name;
        if pull.remarks != Remarks::default() {
            report.remarks.insert(format!("{provider}:{}", pull.selected.feed.name), pull.remarks);
        }
        let applied = pull.applied.unwrap_or(Applied { namespaces: Vec::new(), records: 0 });
        report.sources.extend(pull.sources.iter().map(|source| SourceReport {
            provider,
            feed: pull.selected.feed.name.clone(),
            url: source.source.url.clone(),
            outcome: source.had.outcome(),
            namespaces: applied.namespaces.clone(),
            records: applied.records,
        }));
    }
    report.gaps.sort();
    report.gaps.dedup();
    report.unanswered = asked.difference(&answered).cloned().collect();
}

fn gaps(pull: &Pull, kept: &Kept, options: &SyncOptions<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for source in &pull.sources {
        let url = source.source.url.as_str();
        let what = match &source.had {
            Had::Missing | Had::StillMissing => format!("`{url}` does not exist"),
            Had::Failed(error) => error.clone(),
            _ => continue,
        };
        let (kind, instead) = match kept.fetched_at(url) {
            Some(at) => {
                (GapKind::STALE_FEED, format!("what is held is from {at}, {} old", age(at, options.now)))
            }
            None => (GapKind::FEED_NOT_FETCHED, "nothing of it is held".to_owned()),
        };
        gaps.push(Gap::new(kind, pull.place(), format!("{what}; {instead}")));
    }
    if pull.remarks.n_unreadable > 0 {
        let (count, named) = (pull.remarks.n_unreadable, pull.remarks.unreadable.join("; "));
        let detail = format!("{count} records could not be read: {named}");
        gaps.push(Gap::new(GapKind::UNREADABLE_RECORD, pull.place(), detail));
    }
    gaps
}

impl Pull {
    /// The namespace of the feed where it has but one, else its name.
    fn place(&self) -> String {
        let feed: &Feed = &self.selected.feed;
        match &feed.scope {
            Scope::One(namespace) => namespace.to_string(),
            Scope::Distro(_) | Scope::Ranking => feed.name.clone(),
        }
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    let hours = now.duration_since(at).as_hours().max(0);
    match hours / 24 {
        0 => format!("{hours} hours"),
        days => format!("{days} days"),
    }
}
