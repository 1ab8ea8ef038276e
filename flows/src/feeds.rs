//! The shards an inventory needs are held, or a gap says why not.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use advisory_db::{FeedsDir, Snapshot};
use feeds_sync::distribution::bring::{BringOptions, BringReport};
use feeds_sync::distribution::place::Place;
use feeds_sync::engine::{Progress, SyncOptions};
use feeds_sync::plan::Plan;
use feeds_sync::report::SyncReport;
use feeds_sync::selection::{Selection, answers};
use fetch::fetcher::Fetcher;
use model::gap::{Gap, GapKind};
use model::key::Namespace;

use crate::error::FlowError;

/// Told what a sync is about to do and how far it is.
pub trait SyncObserver: Progress {
    /// Called once, before anything is downloaded.
    fn planned(&self, plan: &Plan);
}

/// The snapshot that is held, with no network.
pub fn held(feeds_dir: &FeedsDir) -> Result<Snapshot, FlowError> {
    let none = || FlowError::NoFeeds { feeds: feeds_dir.path().to_owned() };
    feeds_dir.current()?.ok_or_else(none)
}

/// The snapshot that answers `needed` as well as can be, and what could not be done for it.
///
/// Only the providers that answer `needed` are asked, and of those only sources older than the options'
/// `max_age`; the options' selection is replaced. A failed sync leaves the last good snapshot, and the gaps say so; so they do where
/// the directory may not be written and something is held.
pub fn ensure(
    feeds_dir: &FeedsDir,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    needed: &BTreeSet<Namespace>,
    observer: &dyn SyncObserver,
) -> Result<(Snapshot, Vec<Gap>), FlowError> {
    let answerable: BTreeSet<Namespace> =
        needed.iter().filter(|namespace| answers(namespace)).cloned().collect();
    if answerable.is_empty() && options.named.is_empty() && feeds_dir.current()?.is_some() {
        return Ok((held(feeds_dir)?, Vec::new()));
    }
    let options = SyncOptions { selection: Selection::Namespaces(&answerable), ..*options };
    let gaps = sync_if_writable(feeds_dir, fetcher, &options, observer)?;
    match feeds_dir.current()? {
        Some(snapshot) => Ok((snapshot, gaps)),
        None => Err(FlowError::NotSynced { reasons: reasons(&gaps) }),
    }
}

/// The snapshot after what is wanted of the published ones was taken, and how that went. When no place can give it the last
/// good snapshot stays, and the gaps say so.
pub fn bring(
    feeds_dir: &FeedsDir,
    places: &[Box<dyn Place + '_>],
    options: &BringOptions<'_>,
    progress: &dyn Progress,
) -> Result<(Snapshot, BringReport), FlowError> {
    let report = feeds_sync::distribution::bring::bring(feeds_dir, places, options, progress)?;
    match feeds_dir.current()? {
        Some(snapshot) => Ok((snapshot, report)),
        None if report.gaps.is_empty() => Err(FlowError::NoFeeds { feeds: feeds_dir.path().to_owned() }),
        None => Err(FlowError::NotBrought { reasons: reasons(&report.gaps) }),
    }
}

/// How many gaps an error tells.
const REASONS_MAX: usize = 5;

/// What could not be had and why, the first of it.
pub fn reasons(gaps: &[Gap]) -> Vec<String> {
    let folded = folded(gaps);
    let told = folded.iter().take(REASONS_MAX).map(|gap| format!("{}: {}", gap.place, gap.detail));
    let more = folded.len().checked_sub(REASONS_MAX).filter(|more| *more > 0);
    told.chain(more.map(|more| format!("and {more} more"))).collect()
}

/// Syncs, and gives what could not be done. A directory that may not be written, such as one that is shared, answers with what it
/// holds: then the gaps name whom nobody asked.
pub fn sync_if_writable(
    feeds_dir: &FeedsDir,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
    observer: &dyn SyncObserver,
) -> Result<Vec<Gap>, FlowError> {
    let plan = feeds_sync::plan::plan(feeds_dir, fetcher, options)?;
    observer.planned(&plan);
    match feeds_sync::engine::sync(feeds_dir, fetcher, options, observer) {
        Ok(report) => Ok(report.gaps),
        Err(error) => match error.not_writable() {
            Some(source) if feeds_dir.current()?.is_some() => Ok(not_asked(feeds_dir, &plan, source)),
            _ => Err(error.into()),
        },
    }
}

fn not_asked(feeds_dir: &FeedsDir, plan: &Plan, source: &io::Error) -> Vec<Gap> {
    let why = format!("the feeds directory cannot be written ({source}); what is held is used");
    let providers: BTreeSet<&str> = plan.sources.iter().map(|source| source.provider).collect();
    if providers.is_empty() {
        // Directories of one's own advisories are no download.
        return vec![Gap::new(GapKind::STALE_FEED, feeds_dir.path().display().to_string(), why)];
    }
    let gap = |provider| Gap::new(GapKind::STALE_FEED, provider, format!("not asked: {why}"));
    providers.into_iter().map(gap).collect()
}

/// Up to so many gaps that say the same of different places are told one by one.
const ALIKE_MAX: usize = 2;

/// How many places one gap for several names.
const PLACES_MAX: usize = 3;

/// `gaps` for people: of many that differ only in their places, and in what stands between backquotes (a URL), one is made,
/// where the first stands. It has the words of the first, and says how many there were.
pub fn folded(gaps: &[Gap]) -> Vec<Gap> {
    let words = |gap: &Gap| gap.detail.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let mut groups: Vec<Vec<&Gap>> = Vec::new();
    let mut positions = BTreeMap::new();
    for gap in gaps {
        let position = *positions.entry((&gap.kind, words(gap))).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    let fold = |group: Vec<&Gap>| match group.len() {
        n if n <= ALIKE_MAX => group.into_iter().cloned().collect(),
        n => {
            let mut places: Vec<&str> = group.iter().map(|gap| gap.place.as_str()).collect();
            places.dedup();
            let more = places.len().saturating_sub(PLACES_MAX);
            let mut place = places[..places.len() - more].join(", ");
            if more > 0 {
                place.push_str(&format!(" and {more} more"));
            }
            let first = group[0];
            let is_one = group.iter().all(|gap| gap.detail == first.detail);
            let detail = match is_one {
                true => first.detail.clone(),
                false => format!("{} (and {} more like this)", first.detail, n - 1),
            };
            vec![Gap::new(first.kind.clone(), place, detail)]
        }
    };
    groups.into_iter().flat_map(fold).collect()
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

#[cfg(test)]
mod tests {
    use model::gap::GapKind;

    use super::*;

    fn told(gaps: &[(&str, &str)]) -> Vec<String> {
        let gaps: Vec<Gap> =
            gaps.iter().map(|(place, detail)| Gap::new(GapKind::STALE_FEED, *place, *detail)).collect();
        folded(&gaps).iter().map(|gap| format!("{}: {}", gap.place, gap.detail)).collect()
    }

    #[test]
    fn gaps_that_say_the_same_are_told_once() {
        assert_eq!(told(&[("a", "`x` is gone"), ("b", "`y` is gone")]), ["a: `x` is gone", "b: `y` is gone"]);
        let many = [("a", "`x` is gone"), ("a", "`y` is gone"), ("b", "it burns"), ("c", "`z` is gone")];
        assert_eq!(told(&many), ["a, c: `x` is gone (and 2 more like this)", "b: it burns"]);
        let all = ["a", "b", "c", "d", "e"].map(|place| (place, "no network"));
        assert_eq!(told(&all), ["a, b, c and 2 more: no network"]);
    }
}
