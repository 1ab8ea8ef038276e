//! The shards an inventory needs are held, or a gap says why not.

use std::collections::BTreeSet;

use advisory_db::{FeedsDir, Snapshot};
use feeds_sync::engine::{Progress, SyncOptions};
use feeds_sync::plan::Plan;
use feeds_sync::report::SyncReport;
use feeds_sync::selection::{Selection, answers};
use fetch::fetcher::Fetcher;
use model::gap::Gap;
use model::key::Namespace;

use crate::error::FlowError;

/// Told what a sync is about to do and how far it is.
pub trait SyncObserver: Progress {
    /// Called once, before anything is downloaded.
    fn planned(&self, plan: &Plan);
}

/// How feeds may be had.
pub enum Feeds<'a> {
    /// Only what is held: no network, ever.
    Held,
    /// Synced first, from the network or a mirror.
    Synced {
        /// Where downloads come from.
        fetcher: &'a Fetcher,
        /// Options of the sync; its selection is replaced by what is needed.
        options: &'a SyncOptions<'a>,
    },
}

/// The snapshot that answers `needed` as well as can be, and what could not be done for it.
///
/// Only the providers that answer `needed` are asked, and of those only sources older than the options'
/// `max_age`. A failed sync leaves the last good snapshot, and the gaps say so.
pub fn ensure(
    feeds_dir: &FeedsDir,
    feeds: &Feeds<'_>,
    needed: &BTreeSet<Namespace>,
    observer: &dyn SyncObserver,
) -> Result<(Snapshot, Vec<Gap>), FlowError> {
    let gaps = match feeds {
        Feeds::Held => Vec::new(),
        Feeds::Synced { fetcher, options } => {
            let answerable: BTreeSet<Namespace> =
                needed.iter().filter(|namespace| answers(namespace)).cloned().collect();
            if answerable.is_empty() && feeds_dir.current()?.is_some() {
                Vec::new()
            } else {
                let options = SyncOptions { selection: Selection::Namespaces(&answerable), ..**options };
                sync(feeds_dir, fetcher, &options, observer)?.gaps
            }
        }
    };
    let snapshot =
        feeds_dir.current()?.ok_or_else(|| FlowError::NoFeeds { feeds: feeds_dir.path().to_owned() })?;
    Ok((snapshot, gaps))
}

/// Plans, says so, and syncs.
pub fn sync(
    feeds_dir: &FeedsDir,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    observer: &dyn SyncObserver,
) -> Result<SyncReport, FlowError> {
    let plan = feeds_sync::plan::plan(feeds_dir, fetcher, options)?;
    observer.planned(&plan);
    Ok(feeds_sync::engine::sync(feeds_dir, fetcher, options, observer)?)
}
