//! What a sync would ask for, said beforehand.

use std::sync::Mutex;

use advisory_db::FeedsDir;
use fetch::fetcher::Fetcher;

use crate::directory;
use crate::engine::SyncOptions;
use crate::error::SyncError;
use crate::kept::Kept;
use crate::pull::{each_in_parallel, prepare_held};
use crate::selection::select;

/// What a sync would ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The downloads that would be asked for, by provider, feed and URL. Those asked recently enough are absent, and so
    /// are those that only a download to come leads to.
    pub sources: Vec<PlannedSource>,
}

/// One download to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSource {
    /// The provider.
    pub provider: &'static str,
    /// The feed.
    pub feed: String,
    /// Where it is.
    pub url: String,
    /// How many bytes it has, if that can be known; of one that is held they come only if it has changed.
    pub bytes: Option<u64>,
    /// Whether an earlier state of it is held.
    pub is_held: bool,
}

impl Plan {
    /// The bytes that will be downloaded for sources that are not held, as far as known.
    pub fn new_bytes(&self) -> u64 {
        self.sources.iter().filter(|source| !source.is_held).filter_map(|source| source.bytes).sum()
    }

    /// The bytes that will be downloaded at most, as far as known: if everything held has changed too.
    pub fn bytes_max(&self) -> u64 {
        self.sources.iter().filter_map(|source| source.bytes).sum()
    }
}

/// What [`crate::engine::sync`] with the same arguments would ask for.
///
/// # Errors
/// As `sync`, for the selection and the directory of kept downloads.
pub fn plan(feeds: &FeedsDir, fetcher: &Fetcher, options: &SyncOptions<'_>) -> Result<Plan, SyncError> {
    let kept = Kept::read(feeds);
    let mut sources: Vec<PlannedSource> = Vec::new();
    let held = kept.held_sources(&kept, fetcher.origin(), options);
    for selected in select(options.selection, options.named)? {
        let pull = prepare_held(selected, &held, &kept, fetcher, options);
        let selected = &pull.selected;
        for source in pull.sources.iter().map(|source| &source.source) {
            let is_planned = sources.iter().any(|planned| planned.url == source.url);
            let is_download = directory::path_of(&source.url).is_none();
            if is_planned
                || !is_download
                || kept.is_fresh(selected.provider.name, source, fetcher.origin(), options)
            {
                continue;
            }
            sources.push(PlannedSource {
                provider: selected.provider.name,
                feed: selected.feed.name.clone(),
                url: source.url.clone(),
                bytes: None,
                is_held: kept.validators(&source.url).is_some(),
            });
        }
    }
    let sizes = Mutex::new(vec![None; sources.len()]);
    each_in_parallel(options.jobs, sources.len(), &|index| {
        let size = fetcher.head_size(&sources[index].url);
        sizes.lock().expect("no thread panics with the lock")[index] = size;
    });
    let sizes = sizes.into_inner().expect("no thread panics with the lock");
    for (source, size) in sources.iter_mut().zip(sizes) {
        source.bytes = size.or_else(|| kept.bytes(&source.url));
    }
    Ok(Plan { sources })
}
