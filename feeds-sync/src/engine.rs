//! [`sync`]: asks the sources, reads what is new, writes the rows, and makes the new snapshot current.
//!
//! The order makes it safe to be killed at any instant: bytes are downloaded beside the kept ones, the
//! snapshot is swapped by one rename, and only then are the new bytes and their validators kept. Killed before
//! the swap, the old snapshot stands; killed after it, the next sync downloads again what it does not know to
//! hold.

mod passes;
mod settle;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use advisory_db::{FeedsDir, Publication, Writer};
use fetch::fetcher::Fetcher;
use jiff::Timestamp;
use model::advisory::{Advisory, PRIVATE};
use model::facts::{CoverageClass, RepositoryCpes};
use model::gap::{Gap, GapKind};
use model::key::Namespace;
use model::limits::Limits;

use self::passes::{PASS_BYTES_MAX, PASS_RECORDS_MAX, SHARE_BYTES_MAX, failures, is_small, passes, read};
pub(crate) use self::settle::age;
use self::settle::{forget_replaced, settle, tell};
use crate::advisories::Advisories;
use crate::error::{ParseError, SyncError};
use crate::facts;
use crate::kept::Kept;
use crate::lifecycles::Lifecycles;
use crate::provider::{self, Feed, Provider, Role, Scope};
use crate::pull::{Applied, Had, Pull, SourcePull, download, prepare_held};
use crate::report::{SourceOutcome, SyncReport};
use crate::schedule::MaxAge;
use crate::selection::{Named, Selected, Selection, select};
use crate::signed;

/// What to sync, and how.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions<'a> {
    /// Which feeds.
    pub selection: Selection<'a>,
    /// The sources that the user names, which are asked whatever is selected.
    pub named: &'a Named,
    /// Sources whose answers are younger than this are not asked again.
    pub max_age: MaxAge,
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
    /// So many sources more of a provider are about to be asked. It may be called several times: what is downloaded leads
    /// to more.
    fn asking(&self, provider: &str, count: usize);
    /// The body of `url` starts, or starts again after a failure, at byte `offset` of `bytes`.
    fn source_started(&self, provider: &str, url: &str, offset: u64, bytes: Option<u64>);
    /// So many bytes more of `url`.
    fn source_advanced(&self, provider: &str, url: &str, bytes: u64);
    /// The download of `url` has ended; what it holds is not read yet.
    fn source_finished(&self, provider: &str, url: &str, outcome: &SourceOutcome);
    /// The documents of a feed are being read.
    fn reading(&self, provider: &str, feed: &str);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn asking(&self, _provider: &str, _count: usize) {}
    fn source_started(&self, _provider: &str, _url: &str, _offset: u64, _bytes: Option<u64>) {}
    fn source_advanced(&self, _provider: &str, _url: &str, _bytes: u64) {}
    fn source_finished(&self, _provider: &str, _url: &str, _outcome: &SourceOutcome) {}
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
    let selected = select(options.selection, options.named)?;
    let before = Kept::read(feeds);
    if let Some(report) = report_if_settled(feeds, &selected, &before, fetcher, options)? {
        return Ok(report);
    }
    let _turn = Kept::lock(feeds)?;
    let mut kept = Kept::read(feeds);

    let mut pulls = download(selected, &before, &kept, fetcher, options, progress);
    let lock = feeds.lock()?;
    let writer = feeds.writer(&lock)?;
    let lifecycles = Lifecycles::default();
    let repositories = RepositoryCpes::new();
    let mut run = Run {
        kept: &kept,
        options,
        progress,
        writer,
        lifecycles,
        repositories,
        has_new_rows: false,
        gaps: Vec::new(),
        lost: BTreeSet::new(),
        unreadable: Vec::new(),
    };
    run.read_lifecycles(&mut pulls);
    for pull in pulls.iter_mut().filter(|pull| !pull.is_table()) {
        run.apply(pull)?;
    }
    run.rank(&mut pulls)?;
    let gaps = std::mem::take(&mut run.gaps);
    let (lost, unreadable) = (std::mem::take(&mut run.lost), std::mem::take(&mut run.unreadable));

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
    lost.iter().for_each(|url| kept.forget(url));
    report.gaps = gaps;
    report.gaps.extend(settle(&mut kept, &pulls, fetcher, options));
    unreadable.iter().for_each(|(namespace, feeds)| kept.read_again(namespace, feeds));
    kept.write()?;
    tell(&mut report, pulls, &kept, feeds.current()?.as_ref(), fetcher, options);
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
    if !sources.all(|source| kept.is_fresh(source.provider, &source.source, fetcher.origin(), options)) {
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
        let publisher = pull.publisher().to_owned();
        let records = |namespace: &Namespace| records.get(&(namespace.clone(), publisher.clone())).copied();
        pull.applied = pull.held(kept, &records);
        if pull.applied.is_none() && pull.is_complete() {
            return Ok(None);
        }
        pulls.push(pull);
    }
    let lacking = feeds.lacking()?;
    let feed = |pull: &Pull| (pull.publisher().to_owned(), pull.selected.feed.name.clone());
    if pulls.iter().any(|pull| lacking.contains(&feed(pull))) {
        return Ok(None);
    }
    let mut report = SyncReport { snapshot: Some(snapshot.id().to_owned()), ..SyncReport::default() };
    tell(&mut report, pulls, kept, Some(&snapshot), fetcher, options);
    Ok(Some(report))
}

/// The part of a sync that reads and writes.
struct Run<'a, 'w> {
    kept: &'a Kept,
    options: &'a SyncOptions<'a>,
    progress: &'a dyn Progress,
    writer: Writer<'w>,
    /// What the calendars at hand say.
    lifecycles: Lifecycles,
    /// What Red Hat's repositories stand for, where that was read.
    repositories: RepositoryCpes,
    has_new_rows: bool,
    /// What of all that is held could not be used, besides the gaps of the feeds that were asked.
    gaps: Vec<Gap>,
    /// Where documents come from that are held and cannot be read any more, though they were not asked for.
    lost: BTreeSet<String>,
    /// The namespaces whose rows are in the snapshot and cannot be read, and what the feed of each may be called.
    unreadable: Vec<(Namespace, [String; 2])>,
}

impl Run<'_, '_> {
    /// Brings the rows of one feed up to date, if its documents are new or its rows are not held.
    fn apply(&mut self, pull: &mut Pull) -> Result<(), SyncError> {
        if !pull.is_complete() {
            return Ok(());
        }
        let publisher = pull.publisher();
        let records = |namespace: &Namespace| Some(self.writer.provider_state(namespace, publisher)?.records);
        let held = pull.held(self.kept, &records);
        let has_lost_rows = !self.writer.lost(publisher, &pull.selected.feed.name).is_empty();
        let must_read = pull.has_new_bytes() || has_lost_rows || self.has_lost_repositories(pull)?;
        if let (false, Some(held)) = (must_read, held) {
            self.touch(pull, &held);
            pull.applied = Some(held);
            return Ok(());
        }
        match self.read_first(pull) {
            Ok(first) => {
                let applied = self.replace(pull, first)?;
                self.give_up_lost(pull, &applied);
                pull.applied = Some(applied);
            }
            Err(error) => pull.refuse(&error),
        }
        Ok(())
    }

    /// Goes on without what was held of namespaces that the feed no longer mentions, where that is damaged or gone.
    fn give_up_lost(&mut self, pull: &Pull, applied: &Applied) {
        for namespace in self.writer.lost(pull.publisher(), &pull.selected.feed.name) {
            if applied.namespaces.contains(&namespace) {
                continue;
            }
            let (kind, what) = match self.writer.give_up(&namespace, pull.publisher()) {
                true => (GapKind::FEED_NOT_FETCHED, "rows"),
                false => (GapKind::STALE_FEED, "texts"),
            };
            let feed = pull.feed_id();
            let detail = format!(
                "the {what} that were held of it are damaged or gone, and `{feed}` has none any more"
            );
            self.gaps.push(Gap::new(kind, namespace.as_str(), detail));
        }
    }

    /// Moves the date of rows that are as they were, when every source of them said so.
    fn touch(&mut self, pull: &Pull, held: &Applied) {
        let counts_not = |source: &SourcePull| source.held_at.is_none() || source.leads_nowhere();
        if pull.sources.iter().all(|source| source.is_confirmed() || counts_not(source)) {
            for namespace in &held.namespaces {
                self.writer.touch_provider(namespace, pull.publisher(), self.options.now);
            }
        }
    }

    /// Reads all documents of the feed to the end, or says why they are not accepted: nothing is written before the
    /// whole was found to be sound. Of a feed of many releases only the ids are kept.
    fn read_first(&mut self, pull: &mut Pull) -> Result<Advisories, String> {
        let feed = pull.selected.feed.clone();
        self.progress.reading(pull.selected.provider.name, &feed.name);
        let demanded = self.demanded(&pull.selected);
        let is_small = is_small(pull);
        let empty = || match feed.scope {
            Scope::One(_) if is_small => Advisories::default(),
            Scope::Ranking | Scope::Lifecycles => Advisories::default(),
            Scope::One(_) | Scope::Distro(_) | Scope::Languages | Scope::Documents => {
                Advisories::survey().demanding(demanded.clone())
            }
        };
        let mut first = empty();
        // Each turn that fails takes documents away, so there is an end.
        loop {
            let failures = failures(pull, &mut first, self.options.limits);
            if failures.is_empty() {
                break;
            }
            for (url, error) in failures {
                if !pull.forgo(&url, &refusal(&url, &error)) {
                    return Err(refusal(&url, &error));
                }
            }
            first = empty();
        }
        if first.counts().is_empty() && feed.scope != Scope::Documents {
            return Err(format!("feed `{}` holds no record that can be looked up", feed.name));
        }
        for (namespace, now) in self.live(pull, &first) {
            let held = self.writer.provider_state(&namespace, pull.publisher());
            // What is damaged or gone is not to be kept.
            let held = held.filter(|_| self.writer.has_rows(&namespace, pull.publisher()));
            let before = held.map_or(0, |stamp| stamp.records);
            if pull.selected.feed.name == PRIVATE {
                // Who takes away his own advisories means it.
                continue;
            }
            check_loss(namespace.as_str(), before, now, self.options.loss_percent_max)?;
        }
        signed::count_unverified(pull, &mut first.remarks);
        self.take_repositories(&mut first).map_err(|error| error.to_string())?;
        pull.remarks = std::mem::take(&mut first.remarks);
        pull.is_read = true;
        Ok(first)
    }

    /// Those namespaces whose rows are to be replaced, and how many records each has now: not those whose release is frozen,
    /// held or not. A language that is no longer mentioned has none any more: unlike a release, it never ends.
    fn live(&self, pull: &Pull, first: &Advisories) -> BTreeMap<Namespace, u64> {
        let provider = pull.selected.provider;
        let mut counts = first.counts();
        if pull.selected.feed.scope == Scope::Languages {
            for entry in self.writer.namespaces() {
                if entry.providers.iter().any(|stamp| stamp.name == provider.name) {
                    counts.entry(entry.name).or_default();
                }
            }
        }
        for namespace in self.demanded(&pull.selected) {
            // None of its records is an answer too.
            counts.entry(namespace).or_default();
        }
        // What the feed still has of one that is not held is a rest, from which most was taken out already.
        counts.retain(|namespace, _| !self.is_frozen(provider, namespace));
        counts
    }

    /// The namespaces filled on demand that are asked for, or held since somebody asked for them.
    fn demanded(&self, selected: &Selected) -> BTreeSet<Namespace> {
        let held = self.writer.namespaces().into_iter().filter(|entry| {
            provider::is_on_demand(&entry.name)
                && entry.providers.iter().any(|stamp| stamp.name == selected.provider.name)
        });
        held.map(|entry| entry.name).chain(selected.demanded.iter().cloned()).collect()
    }

    /// Whether what is held of a release stands for good today. When that begins is a matter of the calendars, and of what
    /// is built in where they say nothing.
    fn is_frozen(&self, provider: &Provider, namespace: &Namespace) -> bool {
        let said = self.lifecycles.get(namespace);
        let built_in = provider.releases.iter().find(|release| release.namespace == namespace.as_str());
        let freezes =
            said.is_some_and(|said| said.freezes) || built_in.is_some_and(|release| release.freezes);
        let end = said.map(|said| said.end_of_life.as_str());
        let end = end.or_else(|| built_in.and_then(|release| release.end_of_life));
        freezes && end.is_some_and(|end| end <= self.options.now.strftime("%F").to_string().as_str())
    }

    /// Writes the rows; of a feed of many releases in as many passes as their number asks for. A release that the
    /// feed no longer mentions keeps its rows: it has ended, and the vendor took it out (feeds.md §0.4(8)).
    fn replace(&mut self, pull: &Pull, first: Advisories) -> Result<Applied, SyncError> {
        let is_private = pull.selected.feed.name == PRIVATE;
        let left_out = pull.remarks.left_out_text().filter(|_| is_private);
        let (newest, unreadable) = (first.newest, pull.remarks.unreadable_text().or(left_out));
        let mut applied = Applied { newest, unreadable, ..Applied::default() };
        if let Scope::One(namespace) = &pull.selected.feed.scope {
            if first.is_survey() {
                let n_shares = first.pushed_bytes / SHARE_BYTES_MAX + 1;
                drop(first);
                self.write_shares(pull, namespace, n_shares, &mut applied)?;
            } else {
                self.write(pull, first, &mut applied)?;
            }
            return Ok(applied);
        }
        let bytes_each = first.pushed_bytes / first.counts().values().sum::<u64>().max(1);
        let records_max = PASS_RECORDS_MAX.min(PASS_BYTES_MAX / bytes_each.max(1));
        let live = self.live(pull, &first);
        // A survey of a million records takes more than a hundred megabytes.
        drop(first);
        for namespaces in passes(live, records_max) {
            let mut advisories = Advisories::of(namespaces.clone());
            if pull.selected.feed.scope == Scope::Languages {
                namespaces.iter().for_each(|namespace| advisories.namespace(namespace));
            }
            let on_demand = namespaces.iter().filter(|namespace| provider::is_on_demand(namespace));
            on_demand.for_each(|namespace| advisories.namespace(namespace));
            read(pull, &mut advisories, self.options.limits)?;
            self.write(pull, advisories, &mut applied)?;
        }
        if pull.selected.feed.scope == Scope::Documents {
            self.empty_others(pull, &mut applied)?;
        }
        Ok(applied)
    }

    /// Takes away the rows of namespaces that the documents of a feed no longer name.
    fn empty_others(&mut self, pull: &Pull, applied: &mut Applied) -> Result<(), SyncError> {
        let held: Vec<Namespace> = self.writer.namespaces().into_iter().map(|entry| entry.name).collect();
        for namespace in held.into_iter().filter(|namespace| !applied.namespaces.contains(namespace)) {
            let held = self.writer.provider_state(&namespace, pull.publisher());
            if held.is_some_and(|held| held.records > 0) {
                let mut nothing = Advisories::default();
                nothing.namespace(&namespace);
                self.write(pull, nothing, &mut Applied::default())?;
            }
        }
        applied.namespaces.sort();
        Ok(())
    }

    fn write(&mut self, pull: &Pull, advisories: Advisories, applied: &mut Applied) -> Result<(), SyncError> {
        for (namespace, records) in advisories.into_records() {
            self.write_namespace(pull, namespace, records, applied)?;
        }
        Ok(())
    }

    /// Writes the rows of a namespace that has more records than can be held at once: they are read once for each share.
    fn write_shares(
        &mut self,
        pull: &Pull,
        namespace: &Namespace,
        n_shares: u64,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let (limits, mut failure) = (self.options.limits, None);
        let shares = (0..n_shares).map_while(|index| {
            let wanted = BTreeSet::from([namespace.clone()]);
            let mut advisories = Advisories::of(wanted).share(index, n_shares);
            match read(pull, &mut advisories, limits) {
                Ok(()) => Some(advisories.into_records().flat_map(|(_, records)| records)),
                Err(error) => {
                    failure = Some(error);
                    None
                }
            }
        });
        self.write_namespace(pull, namespace.clone(), shares.flatten(), applied)?;
        // What was written is not made current then.
        failure.map_or(Ok(()), Err)
    }

    fn write_namespace(
        &mut self,
        pull: &Pull,
        namespace: Namespace,
        advisories: impl Iterator<Item = Box<Advisory>>,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let publication = Publication {
            namespace: &namespace,
            provider: pull.publisher(),
            feed: &pull.selected.feed.name,
            license: pull.selected.feed.license,
            coverage: match pull.selected.feed.scope {
                Scope::Documents => CoverageClass::FixOnly,
                _ => facts::coverage(&namespace),
            },
            data_as_of: pull.data_as_of(self.options.now),
        };
        let outcome = self.writer.replace_provider(&publication, advisories)?;
        self.has_new_rows |= outcome.changed;
        applied.records += outcome.records;
        applied.namespaces.push(namespace);
        Ok(())
    }

    /// Writes the facts: those built in, the ends of support that the calendars say, those of what is held, and which
    /// releases the providers said they lack.
    fn state_facts(&mut self, pulls: &[Pull]) -> Result<(), SyncError> {
        let held = self.writer.namespaces();
        let builtin = facts::with_lifecycles(facts::builtin_facts(), &self.lifecycles);
        let asked = pulls.iter().filter_map(|pull| match &pull.selected.feed.scope {
            Scope::One(namespace) => Some(namespace),
            _ => None,
        });
        let known = builtin.namespaces.keys().chain(asked);
        let absent: BTreeSet<Namespace> = known.filter(|it| self.is_absent(it, pulls)).cloned().collect();
        self.writer.set_facts(&facts::with_snapshot(builtin, held.iter(), absent.iter()))?;
        if !self.repositories.is_empty() {
            self.writer.set_repositories(&self.repositories)?;
        }
        Ok(())
    }

    /// Whether every provider that answers `namespace` is known to have no such release.
    fn is_absent(&self, namespace: &Namespace, pulls: &[Pull]) -> bool {
        let mut answering = provider::answering(namespace).peekable();
        answering.peek().is_some() && answering.all(|(provider, feed)| self.lacks(provider, &feed, pulls))
    }

    /// Whether `feed` lacks the namespace that it would answer: all of its files are missing, or it has one file for
    /// all releases, and what is held of that does not mention it.
    fn lacks(&self, provider: &Provider, feed: &Feed, pulls: &[Pull]) -> bool {
        let is_it =
            |pull: &&Pull| pull.selected.provider.name == provider.name && pull.selected.feed == *feed;
        match pulls.iter().find(is_it) {
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
