//! The feeds of one sync on their way: what was asked, what came, and what is held already.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fetch::error::FetchError;
use fetch::fetcher::{Fetched, Fetcher, Request};
use fetch::validators::Validators;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use model::key::Namespace;

use self::source::Came;
pub(crate) use self::source::SourcePull;
use crate::advisories::Remarks;
use crate::directory;
use crate::document::Document;
use crate::engine::{Progress, SyncOptions};
use crate::error::ParseError;
use crate::kept::Kept;
use crate::lead::{Follow, Found, HeldSource, LeadError, Leads};
use crate::provider::{Content, Feed, Role, Scope, Signed, Source};
use crate::report::SourceOutcome;
use crate::selection::Selected;

/// One selected feed on its way.
pub(crate) struct Pull {
    pub(crate) selected: Selected,
    pub(crate) sources: Vec<SourcePull>,
    /// What became of its documents, once they are read or need no reading.
    pub(crate) applied: Option<Applied>,
    /// Whether its documents were read to their end and accepted in this sync.
    pub(crate) is_read: bool,
    /// What reading them remarked.
    pub(crate) remarks: Remarks,
}

/// What the download gave.
#[derive(Clone)]
pub(crate) enum Had {
    Fresh,
    Unchanged(Validators),
    New(Validators),
    Missing,
    /// Missing when it was last asked, which is recent enough.
    StillMissing,
    Failed(String),
}

#[derive(Default)]
pub(crate) struct Applied {
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) records: u64,
    /// When the record that changed last did.
    pub(crate) newest: Option<Timestamp>,
    /// Which records could not be read, in words.
    pub(crate) unreadable: Option<String>,
}

impl Pull {
    /// The namespace of the feed where it has but one, else its name.
    pub(crate) fn place(&self) -> String {
        let feed: &Feed = &self.selected.feed;
        match &feed.scope {
            Scope::One(namespace) => namespace.to_string(),
            _ => feed.name.clone(),
        }
    }

    /// The provider and the feed, as `osv:PyPI`; of a feed that is its own publisher its name.
    pub(crate) fn feed_id(&self) -> String {
        match self.selected.feed.scope {
            Scope::Documents => self.selected.feed.name.clone(),
            _ => format!("{}:{}", self.selected.provider.name, self.selected.feed.name),
        }
    }

    /// The name under which its rows are held.
    pub(crate) fn publisher(&self) -> &str {
        self.selected.feed.publisher(self.selected.provider)
    }

    fn names_namespaces(&self) -> bool {
        self.selected.feed.scope == Scope::Documents
    }

    /// Whether it is a table, which fills no namespace.
    pub(crate) fn is_table(&self) -> bool {
        self.selected.feed.scope.is_table()
    }

    pub(crate) fn has_new_bytes(&self) -> bool {
        self.sources.iter().any(|source| matches!(source.had, Had::New(_)))
    }

    /// Whether one of its sources is answered that could not be had or read at the last time.
    pub(crate) fn has_recovered(&self, kept: &Kept) -> bool {
        let is_answered = |source: &&SourcePull| !matches!(source.had, Had::Failed(_));
        self.sources.iter().filter(is_answered).any(|source| kept.has_failed(&source.source.url))
    }

    /// Whether all of the feed that exists is at hand. A source that failed and of which nothing is held may hold
    /// anything; one that is missing holds nothing.
    pub(crate) fn is_complete(&self) -> bool {
        let is_there = |source: &SourcePull| {
            source.document().is_some()
                || self.names_namespaces()
                || source.source.role == Role::Update
                || source.source.is_optional
                || matches!(source.had, Had::Missing | Had::StillMissing) && !source.source.must_exist
        };
        // No source at all is that its user has named none any more.
        let is_forgotten = self.names_namespaces() && self.selected.feed.sources.is_empty();
        let has_records = is_forgotten || self.records().any(|(source, _)| source.is_own());
        has_records && self.sources.iter().all(is_there)
    }

    /// The sources that have records, with the documents at hand.
    pub(crate) fn records(&self) -> impl Iterator<Item = (&SourcePull, &PathBuf)> {
        let with_records = self.sources.iter().filter(|source| source.source.role.has_records());
        with_records.filter_map(|source| Some((source, source.document()?)))
    }

    /// Adds the sources that the documents at hand lead to, and takes away those that they no longer lead to. One that
    /// leads nowhere because it is damaged is refused, and what is held of it asked instead.
    fn follow(
        &mut self,
        held: &BTreeMap<String, HeldSource>,
        kept: &Kept,
        fetcher: &Fetcher,
        options: &SyncOptions<'_>,
    ) {
        let Some(follow) = self.selected.provider.follow else { return };
        // Each turn that fails takes a document away, so there is an end.
        while let Err(LeadError { url, error }) = self.lead(follow, held, kept, fetcher, options) {
            let misled = |source: &&mut SourcePull| source.source.url == url && source.document().is_some();
            let Some(source) = self.sources.iter_mut().find(misled) else { return };
            if !matches!(source.had, Had::New(_)) {
                source.is_spoilt = true;
                source.held_at = None;
            }
            source.had = Had::Failed(format!("`{url}` {error}"));
        }
    }

    fn lead(
        &mut self,
        follow: Follow,
        held: &BTreeMap<String, HeldSource>,
        kept: &Kept,
        fetcher: &Fetcher,
        options: &SyncOptions<'_>,
    ) -> Result<(), LeadError> {
        let found = |source: &'_ SourcePull| source.document().cloned();
        let paths: Vec<Option<PathBuf>> = self.sources.iter().map(found).collect();
        let documents = self.sources.iter().zip(&paths).filter_map(|(source, path)| {
            let url = source.source.url.as_str();
            let document = Document { url, path: path.as_deref()?, limits: options.limits };
            let modified = match &source.had {
                Had::New(validators) | Had::Unchanged(validators) => {
                    modified(validators.last_modified.as_deref())
                }
                _ => held.get(url).and_then(|held| held.modified),
            };
            let came_at = match source.had {
                Had::New(_) => Some(options.now),
                _ => held.get(url).and_then(|held| held.came_at),
            };
            Some(Found { source: &source.source, document, modified, came_at })
        });
        let urls = |is_meant: &dyn Fn(&SourcePull) -> bool| {
            let meant = self.sources.iter().filter(|source| source.is_asked && is_meant(source));
            meant.map(|source| source.source.url.as_str()).collect()
        };
        let is_missing = |source: &&SourcePull| match source.had {
            Had::Missing | Had::StillMissing => true,
            _ => !source.is_asked && kept.is_absent(&source.source.url),
        };
        let missing = self.sources.iter().filter(is_missing).map(|source| source.source.url.as_str());
        let leads = Leads {
            documents: documents.collect(),
            asked: urls(&|_| true),
            answered: urls(&|source| matches!(source.had, Had::New(_) | Had::Unchanged(_))),
            missing: missing.collect(),
            failed: urls(&|source| matches!(source.had, Had::Failed(_))),
            now: options.now,
            is_near: fetcher.origin().is_near(),
            held,
        };
        let named = follow(&self.selected.feed, &leads)?;
        if named.len() > SOURCES_MAX {
            // To ask for some of them would be to lack the others unsaid.
            let leading = leads.documents.iter().find(|found| found.source.role.leads());
            let url = leading.map(|found| found.source.url.clone()).unwrap_or_default();
            let error = ParseError::Limit { limit: "downloads of a feed", max: SOURCES_MAX as u64 };
            return Err(LeadError { url, error });
        }
        // No document leads to a directory of ours.
        let named = named.into_iter().filter(|source| directory::path_of(&source.url).is_none());
        let mut named: BTreeMap<String, Source> = named.map(|source| (source.url.clone(), source)).collect();
        let declared: BTreeSet<&str> =
            self.selected.feed.sources.iter().map(|source| source.url.as_str()).collect();
        self.sources.retain_mut(|known| match named.remove(&known.source.url) {
            Some(source) => {
                let is_due = matches!(known.had, Had::Fresh) && source.max_age < known.source.max_age;
                known.is_asked &= !is_due;
                known.source = source;
                true
            }
            None => declared.contains(known.source.url.as_str()),
        });
        let provider = self.selected.provider.name;
        let feed = self.feed_id();
        let new = |source: Source| SourcePull::new(provider, &feed, &source, kept);
        self.sources.extend(named.into_values().map(new));
        Ok(())
    }

    /// The sources to ask next. One whose checksum another document states waits until what may state it is at hand: what
    /// is held of that may state an older one.
    fn due(&mut self) -> impl Iterator<Item = &mut SourcePull> {
        let is_led = self.sources.iter().any(|source| !source.is_asked && source.source.role.leads());
        let is_stated = |source: &Source| source.sha256.is_some() || source.content != Content::Unstated;
        let waits = move |source: &SourcePull| is_led && is_stated(&source.source);
        self.sources.iter_mut().filter(move |source| !source.is_asked && !waits(source))
    }

    /// What the held documents of the feed gave, if the snapshot has all of it. `records` tells how many records of
    /// this provider the snapshot has in a namespace.
    pub(crate) fn held(&self, kept: &Kept, records: &dyn Fn(&Namespace) -> Option<u64>) -> Option<Applied> {
        let mut namespaces = BTreeSet::new();
        let mut held = Applied::default();
        let urls: BTreeSet<&str> = self.sources.iter().map(|source| source.source.url.as_str()).collect();
        if self.names_namespaces() && kept.has_others(&self.feed_id(), &urls) {
            // What was read from them must go.
            return None;
        }
        let at_hand = |source: &&SourcePull| source.held_at.is_some() && !source.leads_nowhere();
        // What is this feed's alone may be what another one shares.
        let is_its_own = |namespace: &Namespace| match &self.selected.feed.scope {
            Scope::One(its_own) => namespace == its_own,
            _ => true,
        };
        for source in self.own().filter(at_hand) {
            namespaces.extend(kept.namespaces(&source.source.url)?.into_iter().filter(is_its_own));
            held.unreadable =
                held.unreadable.take().or_else(|| kept.unreadable(&source.source.url).map(str::to_owned));
            if self.is_table() {
                held.records += kept.records(&source.source.url)?;
            }
        }
        for source in self.sources.iter().filter(at_hand).filter(|source| !source.is_own()) {
            // Another feed may have read these bytes, and this one not yet.
            let read: BTreeSet<Namespace> = kept.namespaces(&source.source.url)?.into_iter().collect();
            if !namespaces.is_subset(&read) {
                return None;
            }
        }
        for namespace in &namespaces {
            held.records += records(namespace)?;
        }
        if !self.selected.demanded.is_subset(&namespaces) {
            // Its documents were read before anybody asked for it.
            return None;
        }
        held.namespaces = namespaces.into_iter().collect();
        let may_be_empty = self.is_table() || self.names_namespaces();
        (may_be_empty || !held.namespaces.is_empty()).then_some(held)
    }

    /// When the state that the documents give was last the provider's: the oldest of them.
    pub(crate) fn data_as_of(&self, now: Timestamp) -> Timestamp {
        let as_of = |source: &SourcePull| match source.had {
            Had::New(_) => Some(now),
            _ if source.is_confirmed() => Some(now),
            _ => source.held_at,
        };
        let sources = self.sources.iter().filter(|source| !source.leads_nowhere());
        sources.filter_map(as_of).min().unwrap_or(now)
    }

    /// Makes the sources whose bytes were not accepted ones that failed: the new ones, or, when what was read had
    /// been kept, all of them; such bytes are of no use any more.
    pub(crate) fn refuse(&mut self, error: &str) {
        let has_new_bytes = self.has_new_bytes();
        for source in self.sources.iter_mut().filter(|source| source.document().is_some()) {
            source.is_spoilt |= !has_new_bytes;
            if !has_new_bytes || matches!(source.had, Had::New(_)) {
                source.had = Had::Failed(error.to_owned());
                source.is_told = false;
            }
        }
    }

    /// Goes on without the document of `url`, which cannot be read, if the feed can: what was held of it is read instead of
    /// new bytes. `false` when the feed is nothing without it.
    pub(crate) fn forgo(&mut self, url: &str, error: &str) -> bool {
        let at_hand = |source: &&mut SourcePull| source.source.url == url && source.document().is_some();
        let Some(source) = self.sources.iter_mut().find(at_hand) else { return false };
        let is_new = matches!(source.had, Had::New(_));
        if !is_new {
            // Held bytes that cannot be read are of no use, whatever becomes of the rest.
            source.is_spoilt = true;
        }
        if !source.source.is_optional && source.source.role != Role::Update {
            return false;
        }
        if !is_new {
            source.held_at = None;
        }
        source.had = Had::Failed(error.to_owned());
        source.is_told = false;
        true
    }

    /// Whether its provider answered just now, or recently enough, and had something.
    pub(crate) fn is_answered(&self) -> bool {
        let has_bytes =
            |source: &SourcePull| matches!(source.had, Had::New(_) | Had::Unchanged(_) | Had::Fresh);
        self.applied.is_some() && self.own().any(has_bytes)
    }

    /// Whether the provider says that there is no such feed.
    pub(crate) fn is_absent(&self) -> bool {
        self.own().all(|source| matches!(source.had, Had::Missing | Had::StillMissing))
    }

    /// The sources that are this feed's alone.
    fn own(&self) -> impl Iterator<Item = &SourcePull> {
        self.sources.iter().filter(|source| source.is_own())
    }
}

/// How often documents may lead to others: a list to a pointer, to an index, to pages, and room for a vendor's change.
const ROUNDS_MAX: usize = 10;

/// How many downloads one feed may consist of.
const SOURCES_MAX: usize = 200_000;

/// Asks every source that is not fresh, and all those that they lead to, several at once.
pub(crate) fn download(
    selected: Vec<Selected>,
    before: &Kept,
    kept: &Kept,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    progress: &dyn Progress,
) -> Vec<Pull> {
    let held = kept.held_sources(before, fetcher.origin(), options);
    let mut pulls: Vec<Pull> = selected.into_iter().map(|selected| prepare(selected, kept)).collect();
    for _ in 0..ROUNDS_MAX {
        for pull in &mut pulls {
            pull.follow(&held, kept, fetcher, options);
        }
        let earlier = earlier(&pulls);
        let new = pulls.iter_mut().flat_map(Pull::due);
        let sources: Vec<Mutex<&mut SourcePull>> = new.map(Mutex::new).collect();
        if sources.is_empty() {
            break;
        }
        let firsts = firsts(&sources);
        let came: Mutex<BTreeMap<usize, Came>> = Mutex::default();
        let mut shared: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, first) in firsts.iter().enumerate().filter(|(index, first)| index != *first) {
            shared.entry(*first).or_default().push(index);
        }
        announce(&sources, &firsts, progress);
        each_in_parallel(options.jobs, sources.len(), &|index| {
            if firsts[index] != index {
                return;
            }
            let mut source = sources[index].lock().expect("each source has one thread");
            let url = source.source.url.clone();
            // One feed may want it more often than another.
            let others = shared.get(&index).into_iter().flatten();
            let is_fresh = is_fresh(&source, kept, fetcher, options)
                && others
                    .map(|other| sources[*other].lock().expect("only the first of a URL has a thread"))
                    .all(|other| is_fresh(&other, kept, fetcher, options));
            let told = kept.news(before, &url, fetcher.origin());
            let is_answered = is_fresh || matches!(told, Some(Ok(())));
            let asked = |had| Came { had, is_told: false };
            let had = match (earlier.get(&url), told) {
                // To bring it again would be to replace what other feeds have accepted.
                (Some(had), _) => had.clone(),
                _ if is_answered && kept.is_absent(&url) => asked(Had::StillMissing),
                _ if is_answered => asked(Had::Fresh),
                // What another sync tried in vain a moment ago would fail here too, after as many tries.
                (None, Some(Err(error))) => Came { had: Had::Failed(error), is_told: true },
                (None, _) => {
                    let others = shared.get(&index).into_iter().flatten();
                    let others = others.map(|other| {
                        sources[*other].lock().expect("only the first of a URL has a thread").source.bytes_max
                    });
                    let bytes_max = others.fold(source.source.bytes_max, u64::max);
                    asked(ask(&source, bytes_max, kept, fetcher, options, progress))
                }
            };
            if shared.contains_key(&index) {
                came.lock().expect("no thread panics with the lock").insert(index, had.clone());
            }
            source.take(had, kept, options);
            progress.source_finished(source.provider, &url, &source.had.outcome());
        });
        for (index, first) in firsts.into_iter().enumerate().filter(|(index, first)| index != first) {
            let had = came.lock().expect("no thread runs")[&first].clone();
            sources[index].lock().expect("no thread runs").take(had, kept, options);
        }
    }
    for source in pulls.iter_mut().flat_map(|pull| &mut pull.sources).filter(|source| !source.is_asked) {
        source.had = Had::Failed(format!("documents lead to others for more than {ROUNDS_MAX} rounds"));
    }
    let promised = |source: &&mut SourcePull| source.source.signed == Signed::Wanting && !source.is_signed;
    for source in pulls.iter_mut().flat_map(|pull| &mut pull.sources).filter(promised) {
        if matches!(source.had, Had::Fresh) && source.held_at.is_some() {
            let url = &source.source.url;
            let refused = Had::Failed(format!("`{url}` is refused: its signature, or a key, is not at hand"));
            source.refuse_held(refused);
        }
    }
    pulls
}

/// What came in earlier rounds of URLs that are still to be asked for other feeds.
fn earlier(pulls: &[Pull]) -> BTreeMap<String, Came> {
    let sources = || pulls.iter().flat_map(|pull| &pull.sources);
    let due = sources().filter(|source| !source.is_asked).map(|source| source.source.url.as_str());
    let due: BTreeSet<&str> = due.collect();
    let asked = sources().filter(|source| due.contains(source.source.url.as_str()));
    asked.filter_map(|source| Some((source.source.url.clone(), source.came()?))).collect()
}

/// Whether what is held of `source` was answered recently enough for its feed, and is what another document states.
fn is_fresh(source: &SourcePull, kept: &Kept, fetcher: &Fetcher, options: &SyncOptions<'_>) -> bool {
    let url = &source.source.url;
    let is_stated = source
        .source
        .sha256
        .as_ref()
        .is_none_or(|expected| kept.validators(url).is_some_and(|held| held.sha256 == *expected));
    is_stated && kept.is_fresh(source.provider, &source.source, fetcher.origin(), options)
}

/// For each source the first one of the same URL, which is downloaded for all of them.
fn firsts(sources: &[Mutex<&mut SourcePull>]) -> Vec<usize> {
    let mut by_url: BTreeMap<String, usize> = BTreeMap::new();
    let url = |source: &Mutex<&mut SourcePull>| source.lock().expect("no thread runs").source.url.clone();
    sources.iter().enumerate().map(|(index, source)| *by_url.entry(url(source)).or_insert(index)).collect()
}

/// Says how many sources of each provider are asked.
fn announce(sources: &[Mutex<&mut SourcePull>], firsts: &[usize], progress: &dyn Progress) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, source) in sources.iter().enumerate().filter(|(index, _)| firsts[*index] == *index) {
        *counts.entry(source.lock().expect("no thread runs").provider).or_default() += 1;
    }
    counts.into_iter().for_each(|(provider, count)| progress.asking(provider, count));
}

/// The feed and its sources, as far as what is held tells.
pub(crate) fn prepare(selected: Selected, kept: &Kept) -> Pull {
    let (provider, sources) = (selected.provider.name, Vec::new());
    let mut pull = Pull { sources, selected, applied: None, is_read: false, remarks: Remarks::default() };
    let feed = pull.feed_id();
    let sources = pull.selected.feed.sources.iter();
    pull.sources = sources.map(|source| SourcePull::new(provider, &feed, source, kept)).collect();
    pull
}

/// As [`prepare`], with the sources that documents which are held lead to.
pub(crate) fn prepare_held(
    selected: Selected,
    held: &BTreeMap<String, HeldSource>,
    kept: &Kept,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
) -> Pull {
    let mut pull = prepare(selected, kept);
    for _ in 0..ROUNDS_MAX {
        let n_known = pull.sources.len();
        pull.follow(held, kept, fetcher, options);
        if pull.sources.len() == n_known {
            break;
        }
    }
    pull
}

/// The moment that a host means.
pub(crate) fn modified(last_modified: Option<&str>) -> Option<Timestamp> {
    Some(rfc2822::parse(last_modified?).ok()?.timestamp())
}

fn ask(
    source: &SourcePull,
    bytes_max: u64,
    kept: &Kept,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    progress: &dyn Progress,
) -> Had {
    let limits = options.limits;
    let url = source.source.url.as_str();
    let previous = kept.validators(url);
    let request = Request {
        url,
        to: &source.staged,
        previous: previous.as_ref(),
        bytes_max: bytes_max.min(limits.feed_bytes_max),
    };
    let fetched = match directory::path_of(url) {
        Some(dir) => return directory::pack(dir, &request, limits),
        None => fetcher.get(&request, &SourceProgress { provider: source.provider, url, progress }),
    };
    match fetched {
        Ok(Fetched::Unchanged { validators }) => Had::Unchanged(validators),
        Ok(Fetched::File { validators }) => Had::New(validators),
        Err(FetchError::NotFound { .. }) => Had::Missing,
        // Without the URL: of all that cannot be reached for one reason one line can be made.
        Err(FetchError::Unresolved { name, whose, .. }) => Had::Failed(format!(
            "{} cannot be resolved (`--offline` judges by what is held, and asks nobody)",
            whose.named(&name)
        )),
        Err(error) => Had::Failed(chain(&error)),
    }
}

struct SourceProgress<'a> {
    provider: &'a str,
    url: &'a str,
    progress: &'a dyn Progress,
}

impl fetch::fetcher::Progress for SourceProgress<'_> {
    fn started(&self, offset: u64, total: Option<u64>) {
        self.progress.source_started(self.provider, self.url, offset, total);
    }

    fn advanced(&self, bytes: u64) {
        self.progress.source_advanced(self.provider, self.url, bytes);
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

impl Had {
    pub(crate) fn outcome(&self) -> SourceOutcome {
        match self {
            Self::Fresh => SourceOutcome::Fresh,
            Self::Unchanged(_) => SourceOutcome::Unchanged,
            Self::New(validators) => SourceOutcome::Updated { bytes: validators.bytes },
            Self::Missing | Self::StillMissing => SourceOutcome::Missing,
            Self::Failed(error) => SourceOutcome::Failed { error: error.clone() },
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
