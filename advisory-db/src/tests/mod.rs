//! Tests of the whole crate through its public face.

mod content;
mod damage;
mod deltas;
mod durability;
mod gc;
mod loss;
mod lost;
mod publish;
mod round_trip;
mod search;
mod sizes;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::{Timestamp, ToSpan};
use model::advisory::{Advisory, Affected, AffectedRange, FixState, RangeEvent, Status};
use model::facts::CoverageClass;
use model::key::{KeyKind, Namespace, PackageKey};

use crate::{DbError, FeedsDir, Publication, Snapshot, SwapOutcome, Writer};

/// The moment `hours` after an arbitrary one.
fn time(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + (400_000 + hours).hours()
}

/// A record that says that `package` (`debian:12|source|openssl`) is affected below `fixed`.
fn advisory(id: &str, package: &str, fixed: &str) -> Advisory {
    Advisory {
        affected: vec![Affected {
            fix_state: FixState::Fixed,
            ranges: vec![AffectedRange {
                events: vec![RangeEvent::Introduced("0".into()), RangeEvent::Fixed(fixed.into())].into(),
            }]
            .into(),
            ..Affected::new(key(package), Status::Affected)
        }],
        ..Advisory::new(id)
    }
}

fn key(text: &str) -> PackageKey {
    text.parse().unwrap()
}

fn keys(texts: &[&str]) -> BTreeSet<PackageKey> {
    texts.iter().map(|text| key(text)).collect()
}

fn namespace(name: &str) -> Namespace {
    Namespace::new(name)
}

/// Replaces what `provider` says about `name` with `advisories`, as of hour `hours`.
fn replace(
    writer: &mut Writer<'_>,
    name: &str,
    provider: &str,
    hours: i64,
    advisories: &[Advisory],
) -> Result<crate::ProviderOutcome, DbError> {
    let publication = Publication {
        namespace: &namespace(name),
        provider,
        feed: provider,
        license: "MIT",
        coverage: CoverageClass::Complete,
        data_as_of: time(hours),
    };
    writer.replace_provider(&publication, advisories)
}

/// One sync at hour `hours` that gives `debian:12` these advisories.
fn sync(path: &Path, hours: i64, advisories: &[Advisory]) -> Result<SwapOutcome, DbError> {
    let feeds = FeedsDir::open(path);
    let lock = feeds.lock()?;
    let mut writer = feeds.writer(&lock)?;
    replace(&mut writer, "debian:12", "debian", hours, advisories)?;
    writer.swap(time(hours))
}

fn current(path: &Path) -> Snapshot {
    FeedsDir::open(path).current().unwrap().unwrap()
}

/// Everything that a snapshot holds under some keys, a line a row.
fn lines(snapshot: &Snapshot, texts: &[&str]) -> Vec<String> {
    let set = snapshot.load(&keys(texts)).unwrap();
    let rows = set.rows.values().flatten();
    rows.map(|row| {
        let events = row.affected.ranges.iter().flat_map(|range| &range.events);
        let events: Vec<String> = events
            .map(|event| match event {
                RangeEvent::Introduced(version) => format!(">={version}"),
                RangeEvent::IntroducedAfter(version) => format!(">{version}"),
                RangeEvent::Fixed(version) => format!("<{version}"),
                RangeEvent::LastAffected(version) => format!("<={version}"),
                RangeEvent::Limit(version) => format!("limit {version}"),
            })
            .collect();
        let aliases = row.aliases.join(",");
        format!("{} {} {} [{aliases}] {}", row.affected.key, row.provider, row.record, events.join(" "))
    })
    .collect()
}

/// The only shard of a kind in a directory with one part.
fn shard_path(path: &Path, kind: &str) -> std::path::PathBuf {
    let suffix = format!(".{kind}.sqlite");
    let mut shards = std::fs::read_dir(path.join("shards")).unwrap().map(|entry| entry.unwrap().path());
    shards.find(|path| path.to_str().unwrap().ends_with(&suffix)).unwrap()
}

#[test]
fn nothing_synced_is_no_snapshot_and_touches_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("feeds");
    let feeds = FeedsDir::open(&path);
    assert!(feeds.current().unwrap().is_none());
    assert!(feeds.snapshot("0123").unwrap().is_none());
    assert!(feeds.retained().unwrap().is_empty());
    assert!(!path.exists());
    assert_eq!(key("a|source|b").kind, KeyKind::Source);
}
