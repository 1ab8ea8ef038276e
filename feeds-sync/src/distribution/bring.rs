//! [`bring`]: what is published into a feeds directory.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use advisory_db::{DbError, FeedsDir, Lacking, ShardName, WriterLock};
use jiff::{SignedDuration, Timestamp};
use model::gap::{Gap, GapKind};
use model::key::Namespace;
use sha2::{Digest as _, Sha256};
use signing::PublicKey;

use super::index::{Blob, Edit, Index};
use super::place::{Failure, Place};
use super::received::{self, Received};
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
    #[error("it was published at {found}, before the state of {accepted} that was accepted here")]
    Rollback { found: Timestamp, accepted: Timestamp },
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
const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(24);

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
    if is_settled(feeds, places, options)? {
        let snapshot = feeds.current()?.map(|snapshot| snapshot.id().to_owned());
        return Ok(BringReport { snapshot, gaps: lacking_gaps(feeds, places, options)?, ..BringReport::default() });
    }
    let lock = feeds.lock()?;
    let mut gaps = Vec::new();
    for place in places {
        match bring_from(feeds, &lock, place.as_ref(), options, progress) {
            Ok(mut report) => {
                report.gaps.extend(gaps);
                return Ok(report);
            }
            Err(Refused::Ours(error)) => return Err(error),
            Err(refused) => {
                let held = held_text(feeds, options)?;
                let kind =
                    if held.is_some() { GapKind::STALE_FEED } else { GapKind::FEED_NOT_FETCHED };
                let instead = held.unwrap_or_else(|| "nothing is held".to_owned());
                gaps.push(Gap::new(kind, place.name(), format!("{refused}; {instead}")));
            }
        }
    }
    let snapshot = feeds.current()?.map(|snapshot| snapshot.id().to_owned());
    Ok(BringReport { snapshot, gaps, ..BringReport::default() })
}

/// What is held instead, in words.
fn held_text(feeds: &FeedsDir, options: &BringOptions<'_>) -> Result<Option<String>, SyncError> {
    let Some(snapshot) = feeds.current()? else { return Ok(None) };
    let created = snapshot.created();
    Ok(Some(format!("what is held is from {created}, {} old", age(created, options.now))))
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
        received.has.iter().filter(|name| names.contains(*name)).all(|name| snapshot.holds(&Namespace::new(name.as_str())))
    };
    Ok(publishers(places, options.keys)
        .iter()
        .filter_map(|publisher| known.get(publisher))
        .any(|received| received.answers(&names, since) && is_held(received)))
}

/// The gaps of what the publishers lack, when they need not be asked.
fn lacking_gaps(
    feeds: &FeedsDir,
    places: &[Box<dyn Place + '_>],
    options: &BringOptions<'_>,
) -> Result<Vec<Gap>, SyncError> {
    let known = received::read(feeds)?;
    let mut gaps = Vec::new();
    for publisher in publishers(places, options.keys) {
        let Some(received) = known.get(&publisher) else { continue };
        let wanted = options.wanted.into_iter().flatten();
        gaps.extend(wanted.filter(|name| received.lacks.contains(name.as_str())).map(not_published));
    }
    Ok(gaps)
}

fn not_published(namespace: &Namespace) -> Gap {
    Gap::new(GapKind::FEED_NOT_FETCHED, namespace.to_string(), "the published snapshot does not have it")
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
    let (index, signed_by) =
        Index::open(&envelope, options.keys).map_err(|error| Refused::Place(error.into()))?;
    let publisher = signed_by.clone().unwrap_or_else(|| place.name());
    let mut known = received::read(feeds)?;
    check_time(&index, known.get(&publisher), options)?;

    let mut writer = feeds.writer(lock)?;
    let lacking = writer.lacking(&index.manifest, options.wanted)?;
    let transfer = Transfer { feeds, lock, place, index: &index, progress, bytes: AtomicU64::new(0) };
    let (n_whole, n_edited) = transfer.all(&lacking, options.jobs)?;
    writer.adopt(&index.manifest, options.wanted)?;
    let adopted = writer.swap(options.now)?;

    let names = |has: bool| -> BTreeSet<String> {
        let all: BTreeSet<Namespace> = match options.wanted {
            Some(wanted) => wanted.clone(),
            None => index.manifest.namespaces().into_iter().map(|entry| entry.name).collect(),
        };
        let of_kind = all.iter().filter(|name| index.manifest.holds(name) == has);
        of_kind.map(|name| name.as_str().to_owned()).collect()
    };
    let mut received = Received {
        published: index.published.to_string(),
        snapshot: index.manifest.id().to_owned(),
        asked: options.now.to_string(),
        lacks: names(false),
        has: names(true),
    };
    if let Some(before) = known.get(&publisher).filter(|before| before.snapshot == received.snapshot) {
        received.has.extend(before.has.iter().cloned());
        received.lacks.extend(before.lacks.iter().cloned());
    }
    let gaps = received.lacks.iter().map(|name| not_published(&Namespace::new(name.as_str())));
    let wanted_gaps = gaps.filter(|gap| options.wanted.is_some_and(|it| it.contains(&Namespace::new(&*gap.place))));
    let gaps = wanted_gaps.collect();
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
        gaps,
    })
}

/// Refuses what whoever stands between may have kept back, and what no clock can have said.
fn check_time(index: &Index, known: Option<&Received>, options: &BringOptions<'_>) -> Result<(), Refused> {
    if index.published > options.now + CLOCK_SKEW {
        return Err(Refused::Future(index.published));
    }
    let accepted = known.and_then(|known| known.published.parse::<Timestamp>().ok());
    match accepted {
        Some(accepted) if index.published < accepted && !options.allow_older => {
            Err(Refused::Rollback { found: index.published, accepted })
        }
        _ => Ok(()),
    }
}

/// Moves what is lacking.
struct Transfer<'a> {
    feeds: &'a FeedsDir,
    lock: &'a WriterLock,
    place: &'a dyn Place,
    index: &'a Index,
    progress: &'a dyn Progress,
    bytes: AtomicU64,
}

impl Transfer<'_> {
    /// Moves all of it, several at once; how many shards came whole, and how many were made of older ones.
    fn all(&self, lacking: &[Lacking], jobs: usize) -> Result<(usize, usize), Refused> {
        let total = lacking.iter().map(|lacking| self.size(lacking)).sum::<u64>();
        let name = self.place.name();
        self.progress.source_started(&name, 0, Some(total));
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
        self.progress.source_finished(&name, &outcome);
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
    fn way(&self, lacking: &Lacking) -> Option<Vec<&Edit>> {
        let held = lacking.held.as_ref()?;
        let way = self.index.way(lacking.shard.kind(), held.hash(), lacking.shard.hash())?;
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
        let blob = blob.ok_or_else(|| Refused::Place(format!("shard `{name}` is not in the index").into()))?;
        let bytes = self.place.blob(blob).map_err(Refused::Place)?;
        let counted = Counted { transfer: self, bytes: bytes.take(blob.bytes) };
        let mut unpacked = unpacked(counted).map_err(|error| Refused::Place(error.into()))?;
        match self.feeds.receive_whole(self.lock, &lacking.shard, &mut unpacked) {
            Ok(()) => Ok(true),
            // The disk is ours; everything else is the place's fault.
            Err(error @ DbError::Io { action: "create" | "sync" | "rename", .. }) => Err(error.into()),
            Err(error) => Err(Refused::Place(error.into())),
        }
    }

    fn edit(&self, held: &ShardName, edit: &Edit) -> Result<ShardName, Refused> {
        let bytes = self.verified(&edit.blob)?;
        let unpacked = unpacked(&*bytes).map_err(|error| Refused::Place(error.into()))?;
        let mut lines = BufReader::new(unpacked.take(edit.unpacked));
        Ok(self.feeds.receive_edit(self.lock, held, &edit.to, &mut lines)?)
    }

    /// A blob whose digest is right. Edits are small.
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
        self.transfer.progress.source_advanced(&self.transfer.place.name(), n as u64);
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
