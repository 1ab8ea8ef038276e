//! [`bring`]: what is published into a feeds directory.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use advisory_db::{DbError, FeedsDir, Lacking, ProviderStamp, ShardName, Writer, WriterLock};
use jiff::{SignedDuration, Timestamp};
use model::facts::is_supplement;
use model::gap::{Gap, GapKind};
use model::key::Namespace;
use sha2::{Digest as _, Sha256};
use signing::PublicKey;

use super::PUBLISHED;
use super::index::{Blob, Edit, Index, Ways};
use super::place::{Failure, Place};
use super::received::{self, Providers, Received};
use crate::engine::{Progress, age};
use crate::error::SyncError;
use crate::report::SourceOutcome;

/// What to bring, and how.
#[derive(Clone, Copy, Debug)]
pub struct BringOptions<'a> {
    /// Only these namespaces; none means all that is published.
    pub wanted: Option<&'a BTreeSet<Namespace>>,
    /// Whose signature counts; without keys none is asked for.
    pub keys: &'a [PublicKey],
    /// Places that were asked less than this ago, for all that is wanted, are not asked again; none asks.
    pub max_age: Option<SignedDuration>,
    /// The time that stands for now.
    pub now: Timestamp,
    /// How many transfers run at once.
    pub jobs: usize,
    /// Accept a state that was published before the newest one that was accepted here.
    pub allow_older: bool,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BringReport {
    /// The current snapshot's id; none when there is none.
    pub snapshot: Option<String>,
    /// Whether it is another than before.
    pub changed: bool,
    /// Which place answered; none when none did, or when none had to be asked.
    pub place: Option<String>,
    /// When what it has was published.
    pub published: Option<Timestamp>,
    /// The id of the key that signed it.
    pub signed_by: Option<String>,
    /// How many bytes were moved, the index included.
    pub bytes: u64,
    /// How many bytes they would have been without edits and without what is held, the index included.
    pub bytes_whole: u64,
    /// How many shards came whole.
    pub n_whole: usize,
    /// How many were made of older ones.
    pub n_edited: usize,
    /// What was published once and is not any more, and so is not held any more: namespace and provider.
    pub removed: Vec<(String, String)>,
    /// The places that were asked before that one, each with what was wrong with it.
    pub passed_over: Vec<String>,
    /// What could not be had, and why.
    pub gaps: Vec<Gap>,
}

/// Why one place gave nothing.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("nothing was published there")]
    Nothing,
    #[error("{}", chain(.0.as_ref()))]
    Place(Failure),
    #[error("it was published at {found}, before the state of {accepted} that was accepted here, {of}")]
    Rollback { found: Timestamp, accepted: Timestamp, of: &'static str },
    #[error("it was published at {0}, which is yet to come")]
    Future(Timestamp),
    #[error(transparent)]
    Ours(#[from] SyncError),
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Ours(error.into())
    }
}

/// How far a publisher's clock may be ahead.
pub(super) const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(24);

/// Brings what is published to the first of `places` that can give it, in their order.
///
/// The index is verified before anything of it is used, each shard before it is named in the snapshot; the snapshot is
/// swapped by one rename. When no place can give it, what is held stays, and the gaps say its age and why.
///
/// # Errors
/// When the feeds directory cannot be read or written.
pub fn bring(
    feeds: &FeedsDir,
    places: &[Box<dyn Place + '_>],
    options: &BringOptions<'_>,
    progress: &dyn Progress,
) -> Result<BringReport, SyncError> {
    if places.is_empty() || is_settled(feeds, places, options)? {
        return settled(feeds, places, options);
    }
    let lock = match feeds.lock() {
        Ok(lock) => lock,
        // A directory that cannot be written, such as one that is shared: what is held is used.
        Err(DbError::Io { source, .. }) if feeds.current()?.is_some() => {
            let held = held_text(feeds, places, options)?.unwrap_or_default();
            let why = format!("the feeds directory cannot be written ({source}); {held}");
            let place = feeds.path().display().to_string();
            let gaps = vec![Gap::new(GapKind::STALE_FEED, place, why)];
            return Ok(BringReport { gaps, ..settled(feeds, places, options)? });
        }
        Err(error) => return Err(error.into()),
    };
    // Another run may have asked while this one waited.
    if is_settled(feeds, places, options)? {
        return settled(feeds, places, options);
    }
    let mut refusals = Vec::new();
    for place in places {
        match bring_from(feeds, &lock, place.as_ref(), options, progress) {
            Ok(report) => {
                let passed_over = refusals.iter().map(|(place, refused)| format!("{place}: {refused}"));
                return Ok(BringReport { passed_over: passed_over.collect(), ..report });
            }
            Err(Refused::Ours(error)) => return Err(error),
            Err(refused) => refusals.push((place.name(), refused)),
        }
    }
    let held = held_text(feeds, places, options)?;
    let kind = if held.is_some() { GapKind::STALE_FEED } else { GapKind::FEED_NOT_FETCHED };
    let instead = held.unwrap_or_else(|| "nothing is held".to_owned());
    let gap = |(place, refused)| Gap::new(kind.clone(), place, format!("{refused}; {instead}"));
    let snapshot = feeds.current()?.map(|snapshot| snapshot.id().to_owned());
    Ok(BringReport { snapshot, gaps: refusals.into_iter().map(gap).collect(), ..BringReport::default() })
}

/// What is held instead, in words.
fn held_text(
    feeds: &FeedsDir,
    places: &[Box<dyn Place + '_>],
    options: &BringOptions<'_>,
) -> Result<Option<String>, SyncError> {
    let Some(snapshot) = feeds.current()? else { return Ok(None) };
    let known = received::read(feeds)?;
    let publishers = publishers(places, options.keys);
    let published =
        publishers.iter().filter_map(|publisher| known.get(publisher)?.published.parse::<Timestamp>().ok());
    Ok(Some(match published.max() {
        Some(at) => format!("what is held was published at {at}, {} ago", age(at, options.now)),
        None => {
            let at = snapshot.created();
            format!("what is held is from {at}, {} old, and was not published there", age(at, options.now))
        }
    }))
}

/// Whether everything was asked recently enough.
fn is_settled(
    feeds: &FeedsDir,
    places: &[Box<dyn Place + '_>],
    options: &BringOptions<'_>,
) -> Result<bool, SyncError> {
    let (Some(max_age), Some(wanted)) = (options.max_age, options.wanted) else { return Ok(false) };
    let Some(snapshot) = feeds.current()? else { return Ok(false) };
    let since = options.now - max_age;
    let names: BTreeSet<String> = wanted.iter().map(|name| name.as_str().to_owned()).collect();
    let known = received::read(feeds)?;
    let is_held = |received: &Received| {
        received
            .has
            .intersection(&names)
            .all(|name| received.took.contains_key(name) && snapshot.holds(&Namespace::new(name.as_str())))
    };
    Ok(publishers(places, options.keys)
        .iter()
        .filter_map(|publisher| known.get(publisher))
        .any(|received| received.answers(&names, since) && is_held(received)))
}

/// What is said when nobody has to be asked: what the publishers lack is a gap all the same.
fn settled(
    feeds: &FeedsDir,
    places: &[Box<dyn Place + '_>],
    options: &BringOptions<'_>,
) -> Result<BringReport, SyncError> {
    let known = received::read(feeds)?;
    let mut gaps = Vec::new();
    for publisher in publishers(places, options.keys) {
        let Some(received) = known.get(&publisher) else { continue };
        let wanted = options.wanted.into_iter().flatten();
        gaps.extend(wanted.filter(|name| received.lacks.contains(name.as_str())).map(not_published));
    }
    let snapshot = feeds.current()?.map(|snapshot| snapshot.id().to_owned());
    Ok(BringReport { snapshot, gaps, ..BringReport::default() })
}

fn not_published(namespace: &Namespace) -> Gap {
    Gap::new(GapKind::FEED_NOT_FETCHED, namespace.to_string(), "the published snapshot does not have it")
}

fn facts_lost(namespace: &Namespace) -> Gap {
    let why =
        "what was known of its coverage and its end of support is lost: the file was damaged; sync it again";
    Gap::new(GapKind::STALE_FEED, namespace.to_string(), why)
}

/// Under what names publishers are remembered.
fn publishers(places: &[Box<dyn Place + '_>], keys: &[PublicKey]) -> Vec<String> {
    match keys {
        [] => places.iter().map(|place| place.name()).collect(),
        keys => keys.iter().map(|key| key.id().to_owned()).collect(),
    }
}

fn bring_from(
    feeds: &FeedsDir,
    lock: &WriterLock,
    place: &dyn Place,
    options: &BringOptions<'_>,
    progress: &dyn Progress,
) -> Result<BringReport, Refused> {
    let envelope = place.envelope().map_err(Refused::Place)?.ok_or(Refused::Nothing)?;
    let (mut index, signed_by) =
        Index::open(&envelope, options.keys).map_err(|error| Refused::Place(error.into()))?;
    let publisher = signed_by.clone().unwrap_or_else(|| place.name());
    let mut known = received::read(feeds)?;
    let of = if signed_by.is_some() { "signed by the same key" } else { "from the same place" };
    let published = check_time(&index, known.get(&publisher), of, options)?;

    index.manifest.date_until(index.published);
    let mut writer = feeds.writer(lock)?;
    let snapshot = index.manifest.id().to_owned();
    let (mut took, lacks) = asked_for(&index, options.wanted);
    // Nobody publishes what decides before all others; and rows that are newer here stay.
    index.manifest.retain(&|namespace, theirs| {
        let ours = writer.provider_state(namespace, &theirs.name);
        // What says that it is from a day yet to come would stay for ever.
        let is_dated = |as_of: Timestamp| as_of <= options.now + CLOCK_SKEW;
        let is_newer =
            ours.is_some_and(|ours| ours.data_as_of > theirs.data_as_of && is_dated(ours.data_as_of));
        !is_supplement(&theirs.name) && (options.allow_older || !is_newer)
    });
    let lacking = writer.lacking(&index.manifest, options.wanted)?;
    let ways = index.ways();
    let (bytes, targets) = (AtomicU64::new(0), Mutex::default());
    let transfer = Transfer { feeds, lock, place, index: &index, ways, progress, bytes, targets };
    let (n_whole, n_edited) = transfer.all(&lacking, options.jobs)?;
    let lost = match writer.adopt(&index.manifest, options.wanted) {
        Err(error @ (DbError::Missing { .. } | DbError::Damaged { .. } | DbError::Sqlite { .. })) => {
            return Err(Refused::Place(error.into()));
        }
        adopted => adopted?,
    };
    let removed = take_back(&mut writer, &mut known, &publisher, &took, options.wanted)?;
    // Killed between the two, this run must have been seen by the next one: no older state is accepted, and what was taken
    // may be taken back.
    let mut begun = known.clone();
    let publishers = begun.entry(publisher.clone()).or_default();
    publishers.published = published.to_string();
    // Which snapshot that is is not said before it is held: the one before must not pass for it.
    publishers.snapshot.clear();
    publishers.took.extend(took.clone());
    received::write(feeds, begun)?;
    let adopted = writer.swap(options.now)?;

    let lacking_gaps = lacks.iter().map(|name| not_published(&Namespace::new(name.as_str())));
    let gaps = lacking_gaps.chain(lost.iter().map(facts_lost)).collect();
    let has = took.keys().cloned().collect();
    let before = known.remove(&publisher);
    took.extend(before.iter().flat_map(|before| before.took.clone()));
    let mut received = Received {
        published: published.to_string(),
        snapshot,
        asked: options.now.to_string(),
        lacks,
        has,
        took,
    };
    // Of the same state what was found earlier still holds.
    if let Some(before) = before.filter(|before| before.snapshot == received.snapshot) {
        received.has.extend(before.has);
        received.lacks.extend(before.lacks);
    }
    known.insert(publisher, received);
    received::write(feeds, known)?;
    let whole = lacking.iter().filter_map(|lacking| index.files.get(&lacking.shard.name()));
    Ok(BringReport {
        snapshot: Some(adopted.id),
        changed: adopted.changed,
        place: Some(place.name()),
        published: Some(index.published),
        signed_by,
        bytes: transfer.bytes.into_inner() + envelope.len() as u64,
        bytes_whole: whole.map(|blob| blob.bytes).sum::<u64>() + envelope.len() as u64,
        n_whole,
        n_edited,
        passed_over: Vec::new(),
        removed,
        gaps,
    })
}

/// What is published of what is wanted, and what of it is not.
fn asked_for(index: &Index, wanted: Option<&BTreeSet<Namespace>>) -> (Providers, BTreeSet<String>) {
    let is_wanted = |name: &Namespace| wanted.is_none_or(|wanted| wanted.contains(name));
    let entries = index.manifest.namespaces().into_iter().filter(|entry| is_wanted(&entry.name));
    let has: Providers = entries
        .map(|entry| {
            let stamped = |stamp: ProviderStamp| (stamp.name, stamp.data_as_of.to_string());
            let providers = entry.providers.into_iter().map(stamped).collect();
            (entry.name.as_str().to_owned(), providers)
        })
        .collect();
    let names = wanted.into_iter().flatten().map(|name| name.as_str().to_owned());
    let lacks = names.filter(|name| !has.contains_key(name)).collect();
    (has, lacks)
}

/// Removes what was published once and is not any more, and forgets who gave what is now `took`: of the namespaces that are
/// there, what anybody published; of those that are gone, what this publisher gave. Nobody would bring it up to date again,
/// and it would look as if somebody did. What came from vendors and private advisories is not touched.
///
/// Returns what was removed: namespace and provider.
fn take_back(
    writer: &mut Writer<'_>,
    known: &mut BTreeMap<String, Received>,
    publisher: &str,
    took: &Providers,
    wanted: Option<&BTreeSet<Namespace>>,
) -> Result<Vec<(String, String)>, SyncError> {
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.contains(&Namespace::new(name)));
    let mut removed = Vec::new();
    for (of, received) in known {
        let mut gone = Vec::new();
        received.took.retain(|name, providers| {
            let now = took.get(name);
            let is_gone = now.is_none() && of == publisher && is_wanted(name);
            if now.is_none() && !is_gone {
                return true;
            }
            let left =
                providers.iter().filter(|(provider, _)| now.is_none_or(|now| !now.contains_key(*provider)));
            gone.extend(left.map(|(provider, as_of)| (name.clone(), provider.clone(), as_of.clone())));
            false
        });
        for (namespace, provider, as_of) in gone {
            let name = Namespace::new(namespace.as_str());
            let held = writer.provider_state(&name, &provider);
            // What a vendor's sync brought up to date since then is not the publisher's any more.
            let is_theirs = held.is_some_and(|held| held.data_as_of.to_string() == as_of);
            if is_theirs && writer.remove_provider(&name, &provider)? {
                removed.push((namespace, provider));
            }
        }
    }
    Ok(removed)
}

/// Refuses what whoever stands between may have kept back, and what no clock can have said; gives what is to be remembered.
/// The newest state once more, published at another place some time before, is nothing older.
fn check_time(
    index: &Index,
    known: Option<&Received>,
    of: &'static str,
    options: &BringOptions<'_>,
) -> Result<Timestamp, Refused> {
    if index.published > options.now + CLOCK_SKEW {
        return Err(Refused::Future(index.published));
    }
    let Some(known) = known.filter(|_| !options.allow_older) else { return Ok(index.published) };
    match known.published.parse::<Timestamp>() {
        Ok(accepted) if index.published < accepted && known.snapshot == index.manifest.id() => Ok(accepted),
        Ok(accepted) if index.published < accepted => {
            Err(Refused::Rollback { found: index.published, accepted, of })
        }
        _ => Ok(index.published),
    }
}

/// Moves what is lacking.
struct Transfer<'a> {
    feeds: &'a FeedsDir,
    lock: &'a WriterLock,
    place: &'a dyn Place,
    index: &'a Index,
    ways: Ways<'a>,
    progress: &'a dyn Progress,
    bytes: AtomicU64,
    /// Held by whoever makes the shard with a logical hash: the namespaces of a feed may lead over the same one.
    targets: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
}

impl<'a> Transfer<'a> {
    /// Moves all of it, several at once; how many shards came whole, and how many were made of older ones.
    fn all(&self, lacking: &[Lacking], jobs: usize) -> Result<(usize, usize), Refused> {
        let total = lacking.iter().map(|lacking| self.size(lacking)).sum::<u64>();
        let name = self.place.name();
        self.progress.asking(PUBLISHED, 1);
        self.progress.source_started(PUBLISHED, &name, 0, Some(total));
        let next = AtomicUsize::new(0);
        let (n_whole, n_edited) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let failure: Mutex<Option<Refused>> = Mutex::new(None);
        let work = || {
            while let Some(shard) = lacking.get(next.fetch_add(1, Ordering::Relaxed)) {
                match self.one(shard) {
                    Ok(is_whole) => {
                        let count = if is_whole { &n_whole } else { &n_edited };
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        // The others end with what they are at; what came is kept.
                        next.store(lacking.len(), Ordering::Relaxed);
                        if let Ok(mut failure) = failure.lock() {
                            failure.get_or_insert(error);
                        }
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..jobs.clamp(1, lacking.len().max(1)) {
                scope.spawn(work);
            }
            work();
        });
        let failure = failure.into_inner().ok().flatten();
        let outcome = match &failure {
            None => SourceOutcome::Updated { bytes: self.bytes.load(Ordering::Relaxed) },
            Some(error) => SourceOutcome::Failed { error: error.to_string() },
        };
        self.progress.source_finished(PUBLISHED, &name, &outcome);
        match failure {
            None => Ok((n_whole.into_inner(), n_edited.into_inner())),
            Some(error) => Err(error),
        }
    }

    /// How many bytes a lacking shard takes on the way.
    fn size(&self, lacking: &Lacking) -> u64 {
        match self.way(lacking) {
            Some(way) => way.iter().map(|edit| edit.blob.bytes).sum(),
            None => self.index.files.get(&lacking.shard.name()).map_or(0, |blob| blob.bytes),
        }
    }

    /// The edits that make a shard of what is held, where they are fewer bytes than the whole.
    fn way(&self, lacking: &Lacking) -> Option<Vec<&'a Edit>> {
        let held = lacking.held.as_ref()?;
        let way = self.ways.way(lacking.shard.kind(), held.hash(), lacking.shard.hash())?;
        // What is named and not there is not made of itself.
        if way.is_empty() {
            return None;
        }
        let bytes: u64 = way.iter().map(|edit| edit.blob.bytes).sum();
        let whole = self.index.files.get(&lacking.shard.name()).map_or(u64::MAX, |blob| blob.bytes);
        (bytes < whole).then_some(way)
    }

    /// Moves one shard; whether it came whole.
    fn one(&self, lacking: &Lacking) -> Result<bool, Refused> {
        if let (Some(way), Some(held)) = (self.way(lacking), &lacking.held) {
            let mut at = held.clone();
            let made = way.iter().try_for_each(|edit| {
                at = self.edit(&at, edit)?;
                Ok::<(), Refused>(())
            });
            match made {
                Ok(()) => return Ok(false),
                // What is held may be damaged, or the edit wrong: the whole shard helps in either case.
                Err(Refused::Place(_) | Refused::Ours(SyncError::Db(_))) => {}
                Err(error) => return Err(error),
            }
        }
        let name = lacking.shard.name();
        let blob = self.index.files.get(&name);
        let blob =
            blob.ok_or_else(|| Refused::Place(format!("shard `{name}` is not in the index").into()))?;
        let target = self.target(lacking.shard.hash());
        let _turn = target.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = self.place.blob(blob).map_err(Refused::Place)?;
        let counted = Counted { transfer: self, bytes: bytes.take(blob.bytes) };
        let mut unpacked = unpacked(counted).map_err(|error| Refused::Place(error.into()))?;
        match self.feeds.receive_whole(self.lock, &lacking.shard, &mut unpacked) {
            Ok(()) => Ok(true),
            Err(error @ DbError::Received { .. }) => Err(Refused::Place(error.into())),
            Err(error) => Err(error.into()),
        }
    }

    fn edit(&self, held: &ShardName, edit: &Edit) -> Result<ShardName, Refused> {
        let bytes = self.verified(&edit.blob)?;
        let unpacked = unpacked(&*bytes).map_err(|error| Refused::Place(error.into()))?;
        let mut lines = BufReader::new(unpacked.take(edit.unpacked));
        let target = self.target(&edit.to);
        let _turn = target.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.feeds.receive_edit(self.lock, held, &edit.to, &mut lines)?)
    }

    /// The turn of whoever makes a shard.
    fn target(&self, hash: &str) -> Arc<Mutex<()>> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(targets.entry(hash.to_owned()).or_default())
    }

    /// A blob whose digest is right. Edits are small: the index is refused otherwise.
    fn verified(&self, blob: &Blob) -> Result<Vec<u8>, Refused> {
        let place = |error: Failure| Refused::Place(error);
        let bytes = self.place.blob(blob).map_err(place)?;
        let mut counted = Counted { transfer: self, bytes: bytes.take(blob.bytes) };
        let mut held = Vec::new();
        counted.read_to_end(&mut held).map_err(|error| place(error.into()))?;
        let digest = Sha256::digest(&held).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if digest != blob.sha256 {
            let error = format!("blob `{}` has the SHA-256 {digest} there", blob.sha256);
            return Err(place(error.into()));
        }
        Ok(held)
    }
}

/// Unpacks zstd, with a window that no encoder of ours passes.
fn unpacked<R: Read>(packed: R) -> std::io::Result<impl Read> {
    let mut decoder = zstd::Decoder::new(packed)?;
    decoder.window_log_max(27)?;
    Ok(decoder)
}

/// Counts what is moved.
struct Counted<'t, 'a, R> {
    transfer: &'t Transfer<'a>,
    bytes: R,
}

impl<R: Read> Read for Counted<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.bytes.read(buffer)?;
        self.transfer.bytes.fetch_add(n as u64, Ordering::Relaxed);
        self.transfer.progress.source_advanced(PUBLISHED, &self.transfer.place.name(), n as u64);
        Ok(n)
    }
}

/// An error and what is behind it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// What is known of publishers, for people: by key or place, when its state was published and when it was asked.
///
/// # Errors
/// When the file cannot be read.
pub fn known_publishers(feeds: &FeedsDir) -> Result<BTreeMap<String, (String, String)>, SyncError> {
    let known = received::read(feeds)?;
    Ok(known.into_iter().map(|(name, received)| (name, (received.published, received.asked))).collect())
}
