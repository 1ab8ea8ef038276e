//! [`offer`]: a snapshot from a feeds directory to a place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use advisory_db::{FeedsDir, Published, ProviderStamp};
use jiff::{SignedDuration, Timestamp};
use model::key::Namespace;
use sha2::{Digest as _, Sha256};
use signing::PrivateKey;

use super::index::{Blob, Edit, Index, LEVEL};
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
}

/// How many earlier states stay useful: two weeks of two a day.
pub const EDITS_MAX: usize = 28;

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferReport {
    /// The id of the snapshot that was offered: of what may be passed on.
    pub snapshot: String,
    /// How many shards it has.
    pub n_shards: usize,
    /// How many bytes its shards take, packed.
    pub bytes_whole: u64,
    /// How many bytes the place took.
    pub bytes: u64,
    /// How many edits lead to it.
    pub n_edits: usize,
    /// What was left out, because its licence does not let others pass it on: provider and namespace.
    pub left_out: BTreeSet<(String, Namespace)>,
}

/// Publishes the current snapshot at `shelf`, as far as licences allow (feeds.md E5). What the place has already is not sent
/// again; of a shard that it has in an older state, and that is held here too, an edit is sent beside the whole.
///
/// # Errors
/// When nothing is held, the directory cannot be read, or the place refuses.
pub fn offer(
    feeds: &FeedsDir,
    shelf: &dyn Shelf,
    options: &OfferOptions<'_>,
    progress: &dyn Progress,
) -> Result<OfferReport, Failure> {
    let snapshot = feeds.current()?.ok_or("there is no snapshot to publish")?;
    let previous = match shelf.envelope()? {
        // One that cannot be read is replaced: whoever trusts it is told by its signature.
        Some(envelope) => Index::open(&envelope, &[]).ok().map(|(index, _)| index),
        None => None,
    };
    let mut report = OfferReport::default();
    let mut manifest = snapshot.publish(&may_be_passed_on);
    for entry in snapshot.namespaces() {
        for stamp in entry.providers.iter().filter(|stamp| !may_be_passed_on(&entry.name, stamp)) {
            report.left_out.insert((stamp.name.clone(), entry.name.clone()));
        }
    }
    if let Some(previous) = &previous {
        manifest = manifest.with_files_of(&previous.manifest);
    }
    let notices = notices(&manifest);
    let published = match &previous {
        // Two states of one moment would have no order.
        Some(previous) => options.now.max(previous.published + SignedDuration::from_secs(1)),
        None => options.now,
    };
    let mut index = Index { published, manifest, files: BTreeMap::new(), edits: Vec::new(), notices };
    report.snapshot = index.manifest.id().to_owned();

    let shards = index.manifest.shards();
    report.n_shards = shards.len();
    let name = shelf.name();
    progress.source_started(&name, 0, Some(shards.iter().map(|shard| shard.bytes()).sum()));
    for shard in &shards {
        let known = previous.as_ref().and_then(|previous| previous.files.get(&shard.name()));
        let blob = match known {
            Some(blob) if shelf.has(blob)? => blob.clone(),
            _ => {
                let packed = zstd::encode_all(File::open(feeds.shard_file(shard))?, LEVEL)?;
                put(shelf, &packed, &mut report)?
            }
        };
        report.bytes_whole += blob.bytes;
        index.files.insert(shard.name(), blob);
        progress.source_advanced(&name, shard.bytes());
    }
    if let Some(previous) = &previous {
        for (old, new) in index.manifest.successors(&previous.manifest) {
            if !new.has_edits() || feeds.held_shard(&old)?.is_none() {
                continue;
            }
            let mut edit = Vec::new();
            feeds.write_edit(&old, &new, &mut edit)?;
            let packed = zstd::encode_all(&*edit, LEVEL)?;
            if packed.len() as u64 * 2 > index.files[&new.name()].bytes {
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
    progress.source_finished(&name, &SourceOutcome::Updated { bytes: report.bytes });
    Ok(report)
}

fn put(shelf: &dyn Shelf, packed: &[u8], report: &mut OfferReport) -> Result<Blob, Failure> {
    let sha256 = Sha256::digest(packed).iter().map(|byte| format!("{byte:02x}")).collect();
    let blob = Blob { sha256, bytes: packed.len() as u64 };
    if !shelf.has(&blob)? {
        shelf.put(&blob, packed)?;
        report.bytes += blob.bytes;
    }
    Ok(blob)
}

/// Keeps the edits of before that still lead to what is published: as many steps back as `steps_max`, and only while all
/// steps together are fewer bytes than the whole.
fn carry_on(index: &mut Index, previous: &Index, steps_max: usize, shelf: &dyn Shelf) -> Result<(), Failure> {
    let mut carried = Vec::new();
    for shard in index.manifest.shards().iter().filter(|shard| shard.has_edits()) {
        let whole = index.files[&shard.name()].bytes;
        let mut at = shard.hash().to_owned();
        let mut bytes = 0;
        for _ in 0..steps_max {
            let known = index.edits.iter().chain(&previous.edits);
            let Some(edit) = known.into_iter().find(|edit| edit.kind == shard.kind() && edit.to == at) else {
                break;
            };
            bytes += edit.blob.bytes;
            if bytes > whole {
                break;
            }
            at.clone_from(&edit.from);
            carried.push(edit.clone());
        }
    }
    for edit in carried {
        if !index.edits.contains(&edit) && shelf.has(&edit.blob)? {
            index.edits.push(edit);
        }
    }
    Ok(())
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
    let named: BTreeSet<String> =
        published.namespaces().into_iter().flat_map(|entry| entry.providers).map(|stamp| stamp.name).collect();
    let is_named = |provider: &Provider| named.contains(provider.name) || matches!(provider.name, "epss" | "kev");
    PROVIDERS
        .iter()
        .filter(|provider| is_named(provider))
        .filter_map(|provider| Some((provider.name.to_owned(), provider.attribution?.to_owned())))
        .collect()
}
