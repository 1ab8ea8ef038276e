//! A writer among shards that are damaged or gone: it goes on with all others, and makes anew what it is given.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use model::advisory::{Daily, Epss, Kev};
use tempfile::{TempDir, tempdir};

use super::*;
use crate::{EpssStamp, EpssTable, Unranked};

const NAMES: [&str; 2] = ["debian:11", "debian:12"];

fn kev(added: &str) -> BTreeMap<String, Kev> {
    let entry = Kev { added: added.to_owned(), due: None, ransomware: false };
    (0..40).map(|n| (format!("CVE-{n}"), entry.clone())).collect()
}

fn epss(score: f64) -> EpssTable {
    let stamp = EpssStamp { model_version: "v1".to_owned(), score_date: "2025-06-06".to_owned() };
    let scores = (0..40).map(|n| (format!("CVE-{n}"), Epss { score, percentile: 0.5 })).collect();
    EpssTable { stamp, scores }
}

fn records(name: &str) -> Vec<Advisory> {
    let record = |n: usize| {
        let mut record = advisory(&format!("CVE-{n}"), &format!("{name}|source|p{n}"), "3");
        record.title = Some(format!("title {n} {}", "of many words ".repeat(20)));
        record
    };
    (0..40).map(record).collect()
}

/// Two namespaces of one feed and one of another, ranked by both tables.
fn directory() -> TempDir {
    let directory = tempdir().unwrap();
    write(&directory, 0, |writer| {
        for name in NAMES {
            replace(writer, name, "debian", 0, &records(name)).unwrap();
        }
        replace(writer, "alpine:3.20", "alpine", 0, &records("alpine:3.20")).unwrap();
        assert!(writer.set_daily(Some(&epss(0.25)), Some(&kev("2025-01-01"))).unwrap().is_empty());
    });
    directory
}

fn write<T>(directory: &TempDir, hours: i64, work: impl FnOnce(&mut Writer<'_>) -> T) -> T {
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    let done = work(&mut writer);
    writer.swap(time(hours)).unwrap();
    done
}

/// The shard of a kind that `provider` has in `name`.
fn shard(directory: &TempDir, name: &str, provider: &str, kind: &str) -> PathBuf {
    let manifest = fs::read(directory.path().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let hash = manifest["namespaces"][name][provider]["shards"][kind]["hash"].as_str().unwrap();
    directory.path().join("shards").join(format!("{hash}.{kind}.sqlite"))
}

/// Damage that leaves a file its size and its head.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    assert!(bytes.len() > 8192);
    bytes[8192..].fill(0xAA);
    fs::write(path, bytes).unwrap();
}

fn daily(directory: &TempDir, name: &str) -> Daily {
    let found = current(directory.path()).daily(&[namespace(name)].into(), &["CVE-1".to_owned()].into());
    found.unwrap().get("CVE-1").cloned().unwrap_or_default()
}

fn told(unranked: &[Unranked]) -> Vec<(&str, &str, bool)> {
    unranked.iter().map(|it| (it.namespace.as_str(), it.provider.as_str(), it.lacks_rows)).collect()
}

#[test]
fn rows_that_cannot_be_read_keep_their_rank_and_hold_up_no_others() {
    for harm in
        [|path: &Path| fs::remove_file(path).unwrap(), |path: &Path| fs::write(path, "").unwrap(), damage]
    {
        let directory = directory();
        let sound = current(directory.path()).id().to_owned();
        harm(&shard(&directory, "debian:12", "debian", "rows"));
        let unranked =
            write(&directory, 1, |writer| writer.set_daily(None, Some(&kev("2025-02-02"))).unwrap());
        assert_eq!(told(&unranked), [("debian:12", "debian", true)], "{unranked:?}");
        let added = |name| daily(&directory, name).kev.map(|kev| kev.added);
        assert_eq!(added("debian:11").as_deref(), Some("2025-02-02"));
        assert_eq!(added("alpine:3.20").as_deref(), Some("2025-02-02"));
        assert_eq!(added("debian:12").as_deref(), Some("2025-01-01"));
        assert_eq!(daily(&directory, "debian:11").epss.map(|epss| epss.score), Some(0.25));
        // The same records heal it, and say that there is something to rank.
        let outcome =
            write(&directory, 2, |writer| replace(writer, "debian:12", "debian", 2, &records("debian:12")));
        assert!(outcome.unwrap().changed);
        let set = current(directory.path()).load(&keys(&["debian:12|source|p1"])).unwrap();
        assert_eq!(set.rows.len(), 1);
        // In the end all is as it would be without the damage.
        write(&directory, 3, |writer| {
            assert!(writer.set_daily(None, Some(&kev("2025-01-01"))).unwrap().is_empty());
        });
        assert_eq!(current(directory.path()).id(), sound);
        assert!(current(directory.path()).verify().is_empty());
    }
}

#[test]
fn ranks_that_cannot_be_read_are_told_and_made_of_the_tables_that_there_are() {
    for harm in [|path: &Path| fs::remove_file(path).unwrap(), |path: &Path| fs::write(path, "").unwrap()] {
        let directory = directory();
        harm(&shard(&directory, "debian:12", "debian", "daily"));
        let unranked = write(&directory, 1, |writer| {
            assert!(!writer.has_daily());
            writer.set_daily(None, Some(&kev("2025-01-01"))).unwrap()
        });
        // They share one.
        assert_eq!(told(&unranked), [("debian:11", "debian", false)], "{unranked:?}");
        for name in NAMES {
            let daily = daily(&directory, name);
            assert!(daily.kev.is_some() && daily.epss.is_none(), "{daily:?}");
        }
        assert!(daily(&directory, "alpine:3.20").epss.is_some());
        // Both tables need nothing of what was.
        harm(&shard(&directory, "debian:12", "debian", "daily"));
        let unranked = write(&directory, 2, |writer| {
            writer.set_daily(Some(&epss(0.25)), Some(&kev("2025-01-01"))).unwrap()
        });
        assert!(unranked.is_empty(), "{unranked:?}");
        assert!(daily(&directory, "debian:12").epss.is_some());
    }
}

#[test]
fn what_is_gone_or_cut_is_seen_without_reading() {
    for kind in ["rows", "text", "daily"] {
        for harm in [|path: &Path| fs::remove_file(path).unwrap(), |path: &Path| fs::write(path, "").unwrap()]
        {
            let directory = directory();
            let feeds = FeedsDir::open(directory.path());
            assert!(feeds.lacking().unwrap().is_empty());
            harm(&shard(&directory, "alpine:3.20", "alpine", kind));
            assert_eq!(
                feeds.lacking().unwrap(),
                [("alpine".to_owned(), "alpine".to_owned())].into(),
                "{kind}"
            );
            let lock = feeds.lock().unwrap();
            let writer = feeds.writer(&lock).unwrap();
            assert_eq!(writer.has_rows(&namespace("alpine:3.20"), "alpine"), kind != "rows");
            assert_eq!(writer.has_daily(), kind != "daily");
            let lost = writer.lost("alpine", "alpine");
            assert_eq!(lost, if kind == "daily" { vec![] } else { vec![namespace("alpine:3.20")] }, "{kind}");
            assert_eq!(writer.lost("alpine", "debian"), []);
            assert_eq!(writer.lost("debian", "debian"), []);
            assert!(writer.has_rows(&namespace("debian:12"), "debian"));
            assert!(!writer.has_rows(&namespace("debian:12"), "alpine"));
        }
    }
    assert!(FeedsDir::open(tempdir().unwrap().path()).lacking().unwrap().is_empty());
}

#[test]
fn what_is_gone_for_good_is_given_up() {
    let directory = directory();
    let debian = namespace("debian:12");
    fs::remove_file(shard(&directory, "debian:12", "debian", "text")).unwrap();
    let names = |directory: &TempDir| current(directory.path()).namespaces().len();
    write(&directory, 1, |writer| {
        for name in writer.lost("debian", "debian") {
            assert!(!writer.give_up(&name, "debian"), "its rows are there");
        }
    });
    let asked = [(debian.clone(), "CVE-1".to_owned())].into();
    assert!(current(directory.path()).texts(&asked).unwrap().is_empty());
    assert_eq!(lines(&current(directory.path()), &["debian:12|source|p1"]).len(), 1);
    fs::remove_file(shard(&directory, "debian:12", "debian", "rows")).unwrap();
    assert_eq!(names(&directory), 3);
    assert!(write(&directory, 2, |writer| writer.give_up(&debian, "debian")));
    assert_eq!(names(&directory), 2);
    assert!(current(directory.path()).verify().is_empty());
}

#[test]
fn texts_that_are_damaged_are_not_taken_over() {
    let directory = directory();
    damage(&shard(&directory, "alpine:3.20", "alpine", "text"));
    let mut newer = records("alpine:3.20");
    newer.push(advisory("CVE-90", "alpine:3.20|source|p", "4"));
    write(&directory, 1, |writer| replace(writer, "alpine:3.20", "alpine", 1, &newer)).unwrap();
    assert!(current(directory.path()).verify().is_empty());
    let asked = [(namespace("alpine:3.20"), "CVE-1".to_owned())].into();
    assert_eq!(current(directory.path()).texts(&asked).unwrap().len(), 1);
}
