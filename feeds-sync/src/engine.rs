//! [`sync`]: asks the sources, reads what is new, writes the rows, and makes the new snapshot current.
//!
//! The order makes it safe to be killed at any instant: bytes are downloaded beside the kept ones, the
//! snapshot is swapped by one rename, and only then are the new bytes and their validators kept. Killed before
//! the swap, the old snapshot stands; killed after it, the next sync downloads again what it does not know to
//! hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use advisory_db::{FeedsDir, Publication, Writer};
use fetch::fetcher::Fetcher;
use jiff::{SignedDuration, Timestamp};
use model::gap::{Gap, GapKind};
use model::key::Namespace;
use model::limits::Limits;

use crate::advisories::{Advisories, DailyTables, Remarks};
use crate::document::Document;
use crate::error::{ParseError, SyncError};
use crate::facts;
use crate::kept::{Kept, io_error};
use crate::provider::{self, Parse, Role, Scope};
use crate::pull::{Applied, Had, Pull, SourcePull, download, prepare_held};
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

/// How many records of several namespaces are held at once. A sync of a document of the size of Debian's tracker
/// (78 MB, 61,000 records for each of five releases) peaks at 540 MB when it is read at once, at 256 MB so.
const PASS_RECORDS_MAX: u64 = 150_000;

/// How many bytes of records of several namespaces are held at once, where records are large. Archives of the size of
/// Ubuntu's (45,000 records for each of 13 releases and channels) peak at 680 MB when 135,000 of them are.
const PASS_BYTES_MAX: u64 = 320_000_000;

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
    if let Some(report) = report_if_settled(feeds, &selected, &before, fetcher, options)? {
        return Ok(report);
    }
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

/// The report of a sync that has nothing to do: every source answered recently enough, and its rows are in the
/// snapshot. It takes no lock and writes nothing, so that it works on a read-only directory too.
fn report_if_settled(
    feeds: &FeedsDir,
    selected: &[Selected],
    kept: &Kept,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
) -> Result<Option<SyncReport>, SyncError> {
    let held = kept.held_sources(kept, fetcher.origin(), options);
    let prepare = |selected: &Selected| prepare_held(selected.clone(), &held, kept, fetcher, options);
    let prepared: Vec<Pull> = selected.iter().map(prepare).collect();
    let mut sources = prepared.iter().flat_map(|pull| &pull.sources);
    if !sources.all(|source| kept.is_fresh(&source.source, fetcher.origin(), options)) {
        return Ok(None);
    }
    let Some(snapshot) = feeds.current()? else { return Ok(None) };
    let records: BTreeMap<(Namespace, String), u64> = snapshot
        .namespaces()
        .into_iter()
        .flat_map(|entry| {
            let name = entry.name;
            entry.providers.into_iter().map(move |stamp| ((name.clone(), stamp.name), stamp.records))
        })
        .collect();
    let mut pulls = Vec::new();
    for mut pull in prepared {
        for source in pull.sources.iter_mut().filter(|source| kept.is_absent(&source.source.url)) {
            source.had = Had::StillMissing;
        }
        let provider = pull.selected.provider.name.to_owned();
        let records = |namespace: &Namespace| records.get(&(namespace.clone(), provider.clone())).copied();
        pull.applied = pull.held(kept, &records);
        if pull.applied.is_none() && pull.is_complete() {
            return Ok(None);
        }
        pulls.push(pull);
    }
    let mut report = SyncReport { snapshot: Some(snapshot.id().to_owned()), ..SyncReport::default() };
    tell(&mut report, pulls, kept, options);
    Ok(Some(report))
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
        let provider = pull.selected.provider.name;
        let records = |namespace: &Namespace| Some(self.writer.provider_state(namespace, provider)?.records);
        let held = pull.held(self.kept, &records);
        if let (false, Some(held)) = (pull.has_new_bytes(), held) {
            self.touch(pull, &held);
            pull.applied = Some(held);
            return Ok(());
        }
        match self.read_first(pull) {
            Ok(first) => pull.applied = Some(self.replace(pull, first)?),
            Err(error) => pull.refuse(&error),
        }
        Ok(())
    }

    /// Moves the date of rows that are as they were, when every source of them said so.
    fn touch(&mut self, pull: &Pull, held: &Applied) {
        if pull.sources.iter().all(|source| source.is_confirmed() || source.held_at.is_none()) {
            for namespace in &held.namespaces {
                self.writer.touch_provider(namespace, pull.selected.provider.name, self.options.now);
            }
        }
    }

    /// Reads all documents of the feed to the end, or says why they are not accepted: nothing is written before the
    /// whole was found to be sound. Of a feed of many releases only the ids are kept.
    fn read_first(&self, pull: &mut Pull) -> Result<Advisories, String> {
        let feed = pull.selected.feed.clone();
        self.progress.reading(pull.selected.provider.name, &feed.name);
        let empty = || match feed.scope {
            Scope::One(_) | Scope::Ranking => Advisories::default(),
            Scope::Distro(_) => Advisories::survey(),
        };
        let mut first = empty();
        // Each turn that fails takes a document away, so there is an end.
        while let Err((url, error)) = self.read(pull, &mut first) {
            if !pull.forgo(&url, &refusal(&url, &error)) {
                return Err(refusal(&url, &error));
            }
            first = empty();
        }
        let counts = first.counts();
        if counts.is_empty() {
            return Err(format!("feed `{}` holds no record that can be looked up", feed.name));
        }
        for (namespace, now) in self.live(pull, counts) {
            let held = self.writer.provider_state(&namespace, pull.selected.provider.name);
            let before = held.map_or(0, |stamp| stamp.records);
            check_loss(namespace.as_str(), before, now, self.options.loss_percent_max)?;
        }
        pull.remarks = std::mem::take(&mut first.remarks);
        Ok(first)
    }

    /// Those namespaces whose rows are to be replaced: not those that are held and whose release is frozen.
    fn live(&self, pull: &Pull, mut counts: BTreeMap<Namespace, u64>) -> BTreeMap<Namespace, u64> {
        let provider = pull.selected.provider;
        let today = self.options.now.strftime("%F").to_string();
        for release in provider.releases.iter().filter(|release| release.is_frozen(&today)) {
            let namespace = Namespace::new(release.namespace);
            if self.writer.provider_state(&namespace, provider.name).is_some() {
                counts.remove(&namespace);
            }
        }
        counts
    }

    fn read(&self, pull: &Pull, advisories: &mut Advisories) -> Result<(), (String, ParseError)> {
        let Parse::Advisories(parse) = pull.selected.provider.parse else { return Ok(()) };
        for (source, path) in pull.records() {
            let document = Document { url: &source.source.url, path, limits: self.options.limits };
            parse(&pull.selected.feed, &document, advisories)
                .map_err(|error| (source.source.url.clone(), error))?;
        }
        Ok(())
    }

    /// Writes the rows; of a feed of many releases in as many passes as their number asks for. A namespace that the
    /// feed no longer mentions keeps its rows: its release has ended, and the vendor took it out
    /// (feeds.md §0.4(8)).
    fn replace(&mut self, pull: &Pull, first: Advisories) -> Result<Applied, SyncError> {
        let (newest, unreadable) = (first.newest, pull.remarks.unreadable_text());
        let mut applied = Applied { newest, unreadable, ..Applied::default() };
        if let Scope::One(_) = pull.selected.feed.scope {
            self.write(pull, first, &mut applied)?;
            return Ok(applied);
        }
        let bytes_each = first.pushed_bytes / first.counts().values().sum::<u64>().max(1);
        let records_max = PASS_RECORDS_MAX.min(PASS_BYTES_MAX / bytes_each.max(1));
        for namespaces in passes(self.live(pull, first.counts()), records_max) {
            let mut advisories = Advisories::of(namespaces);
            self.read(pull, &mut advisories).map_err(|(url, source)| SyncError::Changed { url, source })?;
            self.write(pull, advisories, &mut applied)?;
        }
        Ok(applied)
    }

    fn write(&mut self, pull: &Pull, advisories: Advisories, applied: &mut Applied) -> Result<(), SyncError> {
        for (namespace, advisories) in advisories.into_namespaces() {
            let publication = Publication {
                namespace: &namespace,
                provider: pull.selected.provider.name,
                feed: &pull.selected.feed.name,
                license: pull.selected.feed.license,
                coverage: facts::coverage(&namespace),
                data_as_of: pull.data_as_of(self.options.now),
            };
            let outcome = self.writer.replace_provider(&publication, advisories.into_values())?;
            self.has_new_rows |= outcome.changed;
            applied.records += outcome.records;
            applied.namespaces.push(namespace);
        }
        Ok(())
    }

    /// Joins EPSS and KEV to the rows, when either is new or there are new rows.
    fn rank(&mut self, pulls: &mut [Pull]) -> Result<(), SyncError> {
        let is_new = pulls.iter().any(|pull| pull.is_ranking() && pull.has_new_bytes());
        if !is_new && !self.has_new_rows {
            let ranking = pulls.iter_mut().filter(|pull| pull.is_ranking() && pull.is_complete());
            ranking.for_each(|pull| pull.applied = pull.held(self.kept, &|_| None));
            return Ok(());
        }
        let mut tables = DailyTables::default();
        for pull in pulls.iter_mut().filter(|pull| pull.is_ranking() && pull.is_complete()) {
            self.progress.reading(pull.selected.provider.name, &pull.selected.feed.name);
            match self.read_table(pull, &mut tables) {
                Ok(records) => pull.applied = Some(Applied { records, ..Applied::default() }),
                Err(error) => pull.refuse(&error),
            }
        }
        self.read_unselected(pulls, &mut tables);
        if tables.epss.is_some() || tables.kev.is_some() {
            self.writer.set_daily(tables.epss.as_ref(), tables.kev.as_ref())?;
        }
        Ok(())
    }

    fn read_table(&self, pull: &mut Pull, tables: &mut DailyTables) -> Result<u64, String> {
        let Parse::Daily(parse) = pull.selected.provider.parse else { return Ok(0) };
        let mut n_entries = 0;
        for source in &pull.sources {
            let Some(path) = source.document() else { continue };
            let document = Document { url: &source.source.url, path, limits: self.options.limits };
            n_entries += parse(&document, tables).map_err(|error| refusal(&source.source.url, &error))?;
        }
        let before = pull.held(self.kept, &|_| None).map_or(0, |held| held.records);
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
            Some(pull) if pull.applied.is_some() => matches!(feed.scope, Scope::Distro(_)),
            // Not asked, or asked in vain: what it said before stands.
            _ => feed.sources.iter().filter(|source| source.role != Role::Shared).all(|source| {
                let is_filled = self.kept.namespaces(&source.url).is_some_and(|filled| !filled.is_empty());
                self.kept.is_absent(&source.url) || matches!(feed.scope, Scope::Distro(_)) && is_filled
            }),
        }
    }
}

/// Groups namespaces so that the records of a group can be held at once.
fn passes(counts: BTreeMap<Namespace, u64>, records_max: u64) -> Vec<BTreeSet<Namespace>> {
    let mut passes: Vec<BTreeSet<Namespace>> = Vec::new();
    let mut n_records = 0;
    for (namespace, count) in counts {
        n_records += count;
        match passes.last_mut() {
            Some(pass) if n_records <= records_max => drop(pass.insert(namespace)),
            _ => {
                n_records = count;
                passes.push(BTreeSet::from([namespace]));
            }
        }
    }
    passes
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
        let feed = pull.feed_id();
        if pull.applied.is_some() {
            kept.keep_only(&feed, &pull.sources.iter().map(|source| source.source.url.as_str()).collect());
        }
        for source in &pull.sources {
            let url = source.source.url.as_str();
            if source.is_spoilt {
                kept.forget(url);
            }
            // What is shared may be of use to a feed after this one.
            if source.is_own() && (pull.applied.is_none() || !matches!(source.had, Had::New(_))) {
                // Bytes that were brought and not read are of no use; that there are none is the usual case.
                let _ = fs::remove_file(&source.staged);
            }
            // The namespaces of a shared source are those of every feed that has read these bytes.
            let joined = pull.applied.as_ref().filter(|_| !source.is_own());
            let joined = joined.map(|applied| kept.joined(url, &source.had, applied));
            match (&source.had, joined.as_ref().or(pull.applied.as_ref())) {
                (Had::New(validators), Some(applied)) => {
                    if source.is_own() || source.staged.exists() {
                        fs::rename(&source.staged, &source.kept).map_err(io_error("write", &source.kept))?;
                    }
                    kept.hold(url, validators, origin, now, &feed, applied);
                }
                (Had::Unchanged(validators), Some(applied)) => {
                    kept.hold(url, validators, origin, now, &feed, applied)
                }
                (Had::Fresh, Some(applied)) => kept.fill(url, applied),
                // Its feed was not read, because of another source: what was brought is asked for again.
                (Had::New(_) | Had::Unchanged(_) | Had::Fresh, None) | (Had::StillMissing, _) => {}
                (Had::Missing, _) => kept.miss(url, origin, now),
                (Had::Failed(error), _) => kept.fail(url, error, now),
            }
        }
    }
    for source in pulls.iter().flat_map(|pull| &pull.sources).filter(|source| !source.is_own()) {
        // It is there when no feed accepted it.
        let _ = fs::remove_file(&source.staged);
    }
    kept.write()
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
        let applied = pull.applied.unwrap_or_default();
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
            Had::Missing | Had::StillMissing if source.source.is_optional => continue,
            // Unless it is why the whole feed was refused.
            // What only leads to others may be lacking; records that are not there are missed.
            Had::Failed(_)
                if source.source.is_optional
                    && !source.source.role.has_records()
                    && pull.applied.is_some() =>
            {
                continue;
            }
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
    if let Some(unreadable) = pull.applied.as_ref().and_then(|applied| applied.unreadable.as_deref()) {
        gaps.push(Gap::new(GapKind::UNREADABLE_RECORD, pull.place(), unreadable));
    }
    gaps
}

pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let hours = now.duration_since(at).as_hours().max(0);
    match hours / 24 {
        0 => format!("{hours} hours"),
        days => format!("{days} days"),
    }
}
