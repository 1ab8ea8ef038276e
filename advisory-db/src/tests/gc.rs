//! What is removed, and above all what is not.

use std::fs;

use jiff::SignedDuration;
use tempfile::tempdir;

use super::*;
use crate::GcOutcome;

/// `n` snapshots, the n-th made `n` hours after the first; and a moment by which all files are old.
fn history(path: &Path, n: i64) -> (Vec<String>, Timestamp) {
    let record = |fixed: i64| [advisory("CVE-1", "debian:12|source|a", &fixed.to_string())];
    let base = Timestamp::try_from(fs::metadata(path).unwrap().modified().unwrap()).unwrap();
    let ids = (0..n).map(|hour| {
        let feeds = FeedsDir::open(path);
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        replace(&mut writer, "debian:12", "debian", 0, &record(hour)).unwrap();
        writer.swap(base + hour.hours()).unwrap().id
    });
    (ids.collect(), base + 100.hours())
}

fn gc(path: &Path, keep_hours: i64, now: Timestamp) -> GcOutcome {
    let feeds = FeedsDir::open(path);
    let lock = feeds.lock().unwrap();
    let outcome = feeds.gc(&lock, SignedDuration::from_hours(keep_hours), now).unwrap();
    for entry in feeds.retained().unwrap() {
        assert!(feeds.snapshot(&entry.id).unwrap().unwrap().verify().is_empty());
    }
    outcome
}

fn retained(path: &Path) -> Vec<String> {
    FeedsDir::open(path).retained().unwrap().into_iter().map(|entry| entry.id).collect()
}

#[test]
fn snapshots_superseded_before_the_retention_go_with_their_shards() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    let (ids, now) = history(path, 4);
    // The first was superseded 99 hours before, the second 98, the third 97.
    let outcome = gc(path, 98, now);
    assert_eq!(retained(path), ids[2..]);
    assert_eq!((outcome.snapshots, outcome.files), (2, 4));
    assert!(outcome.bytes > 0);
    assert_eq!(gc(path, 98, now), GcOutcome::default());
    assert_eq!(fs::read_dir(path.join("shards")).unwrap().count(), 2);
}

#[test]
fn the_current_snapshot_and_what_a_reader_may_still_open_stay() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    let (ids, now) = history(path, 2);
    let reader = FeedsDir::open(path).snapshot(&ids[0]).unwrap().unwrap();
    // No retention at all: what was superseded within the hour stays nevertheless.
    let base = now - 100.hours();
    assert_eq!(gc(path, 0, base + 1.hour() + 59.minutes()), GcOutcome::default());
    assert_eq!(lines(&reader, &["debian:12|source|a"]).len(), 1);

    assert_eq!(gc(path, 0, now).snapshots, 1);
    assert_eq!(retained(path), ids[1..]);
    // A reader that opened its shards before still reads them; one that did not is told.
    assert_eq!(lines(&reader, &["debian:12|source|a"]).len(), 1);
    assert_eq!(lines(&current(path), &["debian:12|source|a"]).len(), 1);
}

#[test]
fn young_files_stay_and_unfinished_ones_go() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    let (_, now) = history(path, 1);
    let orphan = path.join("shards").join(format!("{}.rows.sqlite", "0".repeat(64)));
    let unfinished = path.join("shards").join("x.rows.sqlite.tmp");
    let foreign = [path.join("shards/notes.txt"), path.join("downloads"), path.join("manifests/notes.txt")];
    for file in foreign.iter().chain([&orphan, &unfinished]) {
        fs::write(file, "x").unwrap();
    }
    let young = now - 100.hours() + 30.minutes();
    assert_eq!(gc(path, 0, young).files, 0);
    assert!(orphan.exists() && !unfinished.exists());
    // A clock that runs behind makes everything young.
    assert_eq!(gc(path, 0, now - 1000.hours()).files, 0);
    assert_eq!(gc(path, 0, now), GcOutcome { snapshots: 0, files: 1, bytes: 1 });
    assert!(!orphan.exists());
    assert!(foreign.iter().all(|file| file.exists()));
}

#[test]
fn an_unreadable_retained_manifest_goes_and_an_unreadable_current_one_stops_everything() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    let (ids, now) = history(path, 2);
    fs::write(path.join("manifests").join(format!("{}.json", ids[0])), "{").unwrap();
    assert!(FeedsDir::open(path).retained().is_err());
    let outcome = gc(path, 1000, now);
    assert_eq!((outcome.snapshots, outcome.files), (0, 2));
    assert_eq!(retained(path), ids[1..]);

    fs::write(path.join("manifest.json"), "<html>").unwrap();
    let feeds = FeedsDir::open(path);
    let lock = feeds.lock().unwrap();
    let before = fs::read_dir(path.join("shards")).unwrap().count();
    assert!(feeds.gc(&lock, SignedDuration::ZERO, now).is_err());
    assert_eq!(fs::read_dir(path.join("shards")).unwrap().count(), before);
}

#[test]
fn an_empty_directory_is_nothing_to_collect() {
    let directory = tempdir().unwrap();
    assert_eq!(gc(&directory.path().join("feeds"), 0, time(0)), GcOutcome::default());
}
