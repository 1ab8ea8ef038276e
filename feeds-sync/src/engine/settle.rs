//! How a sync ends: new bytes in their place, what is remembered of every source, and what is said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use advisory_db::Snapshot;
use fetch::fetcher::Fetcher;
use fetch::origin::Origin;
use jiff::Timestamp;
use model::gap::{Gap, GapKind};

use super::SyncOptions;
use crate::advisories::Remarks;
use crate::error::SyncError;
use crate::facts::is_spoken_for;
use crate::kept::Kept;
use crate::pull::{Had, Pull, SourcePull};
use crate::report::{SourceReport, SyncReport};
use crate::selection::is_namespace;

/// Forgets what is known of every file that is about to be replaced.
pub(super) fn forget_replaced(kept: &mut Kept, pulls: &[Pull]) -> Result<(), SyncError> {
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

/// Puts the new bytes in their place and remembers how every source answered. What was read and cannot be kept, as where
/// one document lies in a directory that another one's file should be, is a gap: it is downloaded again by the next sync.
pub(super) fn settle(
    kept: &mut Kept,
    pulls: &[Pull],
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
) -> Vec<Gap> {
    let (origin, now) = (fetcher.origin(), options.now);
    let mut gaps = Vec::new();
    let new = applied_sources(pulls).filter(|source| matches!(source.had, Had::New(_)));
    let replaced: BTreeSet<&str> = new.map(|source| source.source.url.as_str()).collect();
    for pull in pulls {
        let feed = pull.feed_id();
        if pull.is_read {
            kept.remark(&feed, &pull.remarks);
        }
        if pull.applied.is_some() {
            kept.keep_only(&feed, &pull.sources.iter().map(|source| source.source.url.as_str()).collect());
        }
        for source in &pull.sources {
            let url = source.source.url.as_str();
            if source.is_spoilt {
                kept.forget(url);
            }
            // The namespaces of a shared source are those of every feed that has read these bytes.
            let joined = pull.applied.as_ref().filter(|_| !source.is_own());
            let joined = joined.map(|applied| kept.joined(url, &source.had, applied));
            match (&source.had, joined.as_ref().or(pull.applied.as_ref())) {
                (Had::New(validators), Some(applied)) => {
                    // Another feed that shares them may have put them there.
                    let put = if source.staged.exists() { kept.keep(url) } else { Ok(()) };
                    match put {
                        Ok(()) => kept.hold(url, validators, now, &feed, applied),
                        Err(error) => {
                            let what = format!("`{url}` was read and cannot be kept: {error}");
                            kept.fail(url, &what, origin, now);
                            let detail = format!("{what}; the next sync downloads it again");
                            gaps.push(Gap::new(GapKind::STALE_FEED, pull.place(), detail));
                        }
                    }
                }
                (Had::Unchanged(validators), Some(applied)) => {
                    kept.hold(url, validators, now, &feed, applied)
                }
                // Another feed replaces what this one was read from.
                (Had::Fresh, Some(_)) if replaced.contains(url) => continue,
                (Had::Fresh, Some(applied)) => kept.fill(url, &feed, applied),
                // Its feed was not read, because of another source: what was brought is asked for again.
                (Had::New(_) | Had::Unchanged(_) | Had::Fresh, None) | (Had::StillMissing, _) => {}
                (Had::Missing, _) => kept.miss(url, origin, now),
                // It is known already, with the time of the attempt.
                (Had::Failed(_), _) if source.is_told => {}
                (Had::Failed(error), _) => kept.fail(url, error, origin, now),
            }
            let is_accepted = pull.applied.is_some() && !matches!(source.had, Had::Failed(_) | Had::Missing);
            if is_accepted && source.is_verified {
                kept.sign(url, &feed);
            }
        }
    }
    for source in pulls.iter().flat_map(|pull| &pull.sources) {
        // Bytes that were brought and that no feed accepted are of no use; that there are none is the usual case.
        let _ = fs::remove_file(&source.staged);
    }
    gaps
}

/// Says how it went, and what of `snapshot` is not there that was asked for.
pub(super) fn tell(
    report: &mut SyncReport,
    pulls: Vec<Pull>,
    kept: &Kept,
    snapshot: Option<&Snapshot>,
    fetcher: &Fetcher,
    options: &SyncOptions<'_>,
) {
    let mut asked = BTreeSet::new();
    let mut answered: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for pull in pulls {
        asked.extend(pull.selected.asked_by.iter().cloned());
        let provider = pull.selected.provider.name;
        for name in pull.selected.asked_by.iter().filter(|_| pull.is_answered()) {
            answered.entry(name.clone()).or_default().insert(provider);
        }
        report.gaps.extend(gaps(&pull, kept, fetcher.origin(), options));
        if pull.remarks != Remarks::default() {
            report.remarks.insert(pull.feed_id(), pull.remarks);
        }
        let applied = pull.applied.unwrap_or_default();
        report.sources.extend(pull.sources.iter().map(|source| SourceReport {
            provider,
            feed: pull.selected.feed.name.clone(),
            url: source.source.url.clone(),
            outcome: source.had.outcome(),
            answered_at: kept.answered_at(&source.source.url),
            namespaces: applied.namespaces.clone(),
            records: applied.records,
        }));
    }
    report.gaps.sort();
    report.gaps.dedup();
    report.unanswered = asked.into_iter().filter(|name| !answered.contains_key(name)).collect();
    // A feed of many releases may be had and have nothing of the one that is meant.
    let held = snapshot.map(Snapshot::namespaces).unwrap_or_default();
    let held: BTreeSet<&str> =
        held.iter().filter(|entry| is_spoken_for(entry)).map(|entry| entry.name.as_str()).collect();
    let is_held = |name: &String| !is_namespace(name) || held.contains(name.as_str());
    report.unheld = answered.into_iter().filter(|(name, _)| !is_held(name)).collect();
}

fn gaps(pull: &Pull, kept: &Kept, origin: &Origin, options: &SyncOptions<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let feed = pull.feed_id();
    for source in &pull.sources {
        let url = source.source.url.as_str();
        let what = match &source.had {
            Had::Missing | Had::StillMissing
                if source.source.is_optional && source.source.missing_means.is_none() =>
            {
                continue;
            }
            // Unless it is why the whole feed was refused.
            // What only leads to others may be lacking; records that are not there are missed.
            Had::Failed(_)
                if source.source.is_optional
                    && !source.source.role.has_records()
                    && pull.applied.is_some() =>
            {
                continue;
            }
            Had::Missing | Had::StillMissing => missing(url, source.source.missing_means, origin),
            Had::Failed(error) => error.clone(),
            _ => continue,
        };
        // What only another feed accepts is nothing of this one.
        let is_its_own = kept.is_accepted(url, &feed) && !source.leads_nowhere();
        let (kind, instead) = match kept.fetched_at(url).filter(|_| is_its_own) {
            // What differs between sources stands between backquotes, so that one line can be made of many.
            Some(at) => {
                (GapKind::STALE_FEED, format!("what is held is from `{at}, {} old`", age(at, options.now)))
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

/// That nobody has `url`, and what that means: of its host, and not of a mirror that merely lacks it.
fn missing(url: &str, meaning: Option<&str>, origin: &Origin) -> String {
    match (origin, meaning) {
        (Origin::Network, Some(meaning)) => format!("`{url}` does not exist: {meaning}"),
        (Origin::Network, None) => format!("`{url}` does not exist"),
        (_, Some(meaning)) => {
            format!("`{url}` does not exist in any mirror; if its host lacks it too: {meaning}")
        }
        (_, None) => format!("`{url}` does not exist in any mirror"),
    }
}

pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let hours = now.duration_since(at).as_hours().max(0);
    match hours / 24 {
        0 if hours == 0 => "less than an hour".to_owned(),
        0 => format!("{hours} hours"),
        days => format!("{days} days"),
    }
}
