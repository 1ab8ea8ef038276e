//! [`offer`]: a snapshot from a feeds directory to a place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;

use advisory_db::{FeedsDir, ProviderStamp, Published, ShardName, Snapshot};
use jiff::{SignedDuration, Timestamp};
use model::facts::is_supplement;
use model::key::Namespace;
use sha2::{Digest as _, Sha256};
use signing::PrivateKey;

use super::PUBLISHED;
use super::bring::CLOCK_SKEW;
use super::index::{Blob, EDIT_BYTES_MAX, EDIT_UNPACKED_MAX, Edit, Index, LEVEL, Ways};
use super::place::{Failure, Shelf};
use crate::engine::Progress;
use crate::provider::{PROVIDERS, Provider};
use crate::report::SourceOutcome;

/// What to offer, and how.
#[derive(Clone, Copy, Debug)]
pub struct OfferOptions<'a> {
    /// Signs the index.
    pub key: Option<&'a PrivateKey>,
    /// The time that stands for now.
    pub now: Timestamp,
    /// How many earlier states may be made into the current one by edits.
    pub edits_max: usize,
    /// Whether what is not signed may replace what is: whoever trusts a key takes nothing from there any more.
    pub allow_unsigned: bool,
}

/// What is published at a place is signed, and what would replace it is not.
#[derive(Debug, thiserror::Error)]
#[error("what is published there is signed, and what would replace it is not")]
pub struct WouldBeUnsigned;

/// How many earlier states stay useful: two weeks of two a day.
pub const EDITS_MAX: usize = 28;

/// How many edits are kept of all shards together: a registry takes no manifest of more than 4 MiB, and each blob of it
/// takes some 200 bytes there.
const EDITS_TOTAL_MAX: usize = 15_000;

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferReport {
    /// The id of the snapshot that was offered: of what may be passed on.
    pub snapshot: String,
    /// How many shards it has.
    pub n_shards: usize,
    /// How many bytes its shards and the index take, packed.
    pub bytes_whole: u64,
    /// How many bytes the place took: of shards, edits and the index.
    pub bytes: u64,
    /// How many edits lead to it.
    pub n_edits: usize,
    /// Why what was published there before is not built on, if anything was: all of it is then sent anew.
    pub not_built_on: Option<String>,
    /// What was left out, because its licence does not let others pass it on: provider and namespace.
    pub left_out: BTreeSet<(String, Namespace)>,
}

/// Publishes the current snapshot at `shelf`, as far as licences allow (feeds.md E5). What the place has already is not sent
/// again; of a shard that it has in an older state, and that is held here too, an edit is sent beside the whole.
///
/// What is signed says nothing that was only found at the place: without the signature of the same key, what was published
/// there before is not built on.
///
/// # Errors
/// When nothing is held, the directory cannot be read, or the place refuses; [`WouldBeUnsigned`].
pub fn offer(
    feeds: &FeedsDir,
    shelf: &dyn Shelf,
    options: &OfferOptions<'_>,
    progress: &dyn Progress,
) -> Result<OfferReport, Failure> {
    let snapshot = feeds.current()?.ok_or("there is no snapshot to publish")?;
    let mut report = OfferReport::default();
    let _turn = shelf.turn()?;
    let envelope = shelf.envelope()?;
    let is_signed = || envelope.as_deref().is_some_and(Index::is_signed);
    if options.key.is_none() && !options.allow_unsigned && is_signed() {
        return Err(WouldBeUnsigned.into());
    }
    let previous = match envelope.map(|envelope| before(&envelope, options)) {
        None => None,
        Some(Ok(previous)) => Some(previous),
        Some(Err(reason)) => {
            report.not_built_on = Some(reason);
            None
        }
    };
    let mut manifest = snapshot.publish(&may_be_passed_on);
    for entry in snapshot.namespaces() {
        for stamp in entry.providers.iter().filter(|stamp| !may_be_passed_on(&entry.name, stamp)) {
            report.left_out.insert((stamp.name.clone(), entry.name.clone()));
        }
    }
    manifest.set_facts(&facts_to_pass_on(feeds, &snapshot, &manifest)?);
    if let Some(previous) = &previous {
        let mut there = BTreeSet::new();
        for shard in manifest.shards() {
            let blob = previous.files.get(&shard.name());
            if blob.is_some_and(|blob| shelf.has(blob).unwrap_or(false)) {
                there.insert(shard.name());
            }
        }
        manifest = manifest.with_files_of(&previous.manifest, &|shard| there.contains(&shard.name()));
    }
    let notices = notices(&manifest);
    let published = match &previous {
        // Two states of one moment would have no order.
        Some(previous) => options.now.max(previous.published.saturating_add(SignedDuration::from_secs(1))?),
        None => options.now,
    };
    let mut index = Index { published, manifest, files: BTreeMap::new(), edits: Vec::new(), notices };
    report.snapshot = index.manifest.id().to_owned();

    let shards = index.manifest.shards();
    report.n_shards = shards.len();
    let name = shelf.name();
    progress.asking(PUBLISHED, 1);
    progress.source_started(PUBLISHED, &name, 0, Some(shards.iter().map(|shard| shard.bytes()).sum()));
    for shard in &shards {
        let known = previous.as_ref().and_then(|previous| previous.files.get(&shard.name()));
        let blob = match known {
            Some(blob) if shelf.has(blob)? => blob.clone(),
            _ => put(shelf, &packed(feeds, shard)?, &mut report)?,
        };
        report.bytes_whole += blob.bytes;
        index.files.insert(shard.name(), blob);
        progress.source_advanced(PUBLISHED, &name, shard.bytes());
    }
    if let Some(previous) = &previous {
        for (old, new) in index.manifest.successors(&previous.manifest) {
            let mut edit = Vec::new();
            // An edit only saves bytes: of what is no longer held, or damaged, there is none.
            if !new.has_edits() || feeds.write_edit(&old, &new, &mut edit).is_err() {
                continue;
            }
            let packed = zstd::encode_all(&*edit, LEVEL)?;
            let is_large = edit.len() as u64 > EDIT_UNPACKED_MAX || packed.len() as u64 > EDIT_BYTES_MAX;
            if is_large || packed.len() as u64 * 2 > index.files[&new.name()].bytes {
                continue;
            }
            let blob = put(shelf, &packed, &mut report)?;
            index.edits.push(Edit {
                kind: new.kind().to_owned(),
                from: old.hash().to_owned(),
                to: new.hash().to_owned(),
                unpacked: edit.len() as u64,
                blob,
            });
        }
        carry_on(&mut index, previous, options.edits_max, shelf)?;
    }
    report.n_edits = index.edits.len();
    let envelope = index.seal(options.key).ok_or("the index cannot be signed: no random numbers")?;
    shelf.publish(&envelope, &index.blobs())?;
    report.bytes += envelope.len() as u64;
    report.bytes_whole += envelope.len() as u64;
    progress.source_finished(PUBLISHED, &name, &SourceOutcome::Updated { bytes: report.bytes });
    Ok(report)
}

/// What was published before, or why it is not built on.
fn before(envelope: &[u8], options: &OfferOptions<'_>) -> Result<Index, String> {
    let keys: Vec<_> = options.key.iter().map(|key| key.public().clone()).collect();
    let (index, _) = Index::open(envelope, &keys).map_err(|error| error.to_string())?;
    // Nobody takes a state that is yet to come, and none that comes after it could be told from it.
    match index.published > options.now.saturating_add(CLOCK_SKEW).map_err(|error| error.to_string())? {
        true => Err(format!("it was published at {}, which is yet to come", index.published)),
        false => Ok(index),
    }
}

/// The file of a shard, packed: that of the manifest and no other, or whoever takes it would have to refuse it.
fn packed(feeds: &FeedsDir, shard: &ShardName) -> Result<Vec<u8>, Failure> {
    let path = feeds.shard_file(shard);
    let mut file = Hashed { input: File::open(&path)?, sha256: Sha256::new() };
    let packed = zstd::encode_all(&mut file, LEVEL)?;
    let sha256 = hex(&file.sha256.finalize());
    match sha256 == shard.sha256() {
        true => Ok(packed),
        false => {
            let path = path.display();
            Err(format!("`{path}` is damaged: its SHA-256 is {sha256}; remove it, and sync again").into())
        }
    }
}

/// Hashes what is read.
struct Hashed<R> {
    input: R,
    sha256: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.sha256.update(&buffer[..n]);
        Ok(n)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn put(shelf: &dyn Shelf, packed: &[u8], report: &mut OfferReport) -> Result<Blob, Failure> {
    let blob = Blob { sha256: hex(&Sha256::digest(packed)), bytes: packed.len() as u64 };
    if !shelf.has(&blob)? {
        shelf.put(&blob, packed)?;
        report.bytes += blob.bytes;
    }
    Ok(blob)
}

/// Keeps the edits of before that still lead to what is published: as many steps back as `steps_max`, and only while all
/// steps together are fewer bytes than the whole. When there are too many, those of the oldest states go.
fn carry_on(index: &mut Index, previous: &Index, steps_max: usize, shelf: &dyn Shelf) -> Result<(), Failure> {
    let ways = Ways::of(index.edits.iter().chain(&previous.edits));
    let mut carried: Vec<(usize, &Edit)> = Vec::new();
    let shards = index.manifest.shards();
    for shard in shards.iter().filter(|shard| shard.has_edits()) {
        let whole = index.files[&shard.name()].bytes;
        let mut bytes = 0;
        let mut at = shard.hash();
        // What became again what it once was would go round and round.
        let mut seen = BTreeSet::from([at]);
        for step in 0..steps_max {
            let Some(edit) = ways.to(shard.kind(), at).next() else { break };
            bytes += edit.blob.bytes;
            if bytes > whole || !seen.insert(&edit.from) {
                break;
            }
            at = &edit.from;
            carried.push((step, edit));
        }
    }
    carried.sort_by_key(|(step, _)| *step);
    carried.truncate(EDITS_TOTAL_MAX);
    let sent: BTreeSet<&Blob> = index.edits.iter().map(|edit| &edit.blob).collect();
    let mut kept = Vec::new();
    for (_, edit) in carried {
        if sent.contains(&edit.blob) || shelf.has(&edit.blob)? {
            kept.push(edit.clone());
        }
    }
    index.edits = kept;
    Ok(())
}

/// The facts of the snapshot without those that private advisories and publishers named by hand gave it, and without
/// namespaces that are held and not passed on. They lie in a shard that no snapshot names.
fn facts_to_pass_on(
    feeds: &FeedsDir,
    snapshot: &Snapshot,
    published: &Published,
) -> Result<ShardName, Failure> {
    let mut facts = snapshot.facts()?;
    facts.namespaces.retain(|namespace, _| published.holds(namespace) || !snapshot.holds(namespace));
    for facts in facts.namespaces.values_mut() {
        facts.providers.retain(|provider| !is_supplement(provider));
    }
    let lock = feeds.lock()?;
    Ok(feeds.writer(&lock)?.facts_shard(&facts, published)?)
}

/// Whether a provider's licence lets others pass its data on. Of a provider that is not known, that of private advisories
/// among them, nothing is.
fn may_be_passed_on(namespace: &Namespace, stamp: &ProviderStamp) -> bool {
    let Some(provider) = provider(&stamp.name) else { return false };
    let feed = (provider.feeds)().into_iter().find(|feed| feed.name == stamp.feed);
    feed.or_else(|| (provider.answering)(namespace)).is_some_and(|feed| feed.is_redistributable)
}

fn provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.name == name).copied()
}

/// How the providers of what is published want to be named. Ranking tables are part of every snapshot that has them.
fn notices(published: &Published) -> BTreeMap<String, String> {
    let named: BTreeSet<String> = published
        .namespaces()
        .into_iter()
        .flat_map(|entry| entry.providers)
        .map(|stamp| stamp.name)
        .collect();
    let is_named =
        |provider: &Provider| named.contains(provider.name) || matches!(provider.name, "epss" | "kev");
    PROVIDERS
        .iter()
        .filter(|provider| is_named(provider))
        .filter_map(|provider| Some((provider.name.to_owned(), provider.attribution?.to_owned())))
        .collect()
}
