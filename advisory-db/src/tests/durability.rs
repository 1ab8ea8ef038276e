//! Killed at any instant, a writer leaves the old snapshot or the new one; two writers take turns.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use model::facts::FeedFacts;
use tempfile::tempdir;

use super::*;
use crate::files::fault;

const PACKAGES: &[&str] = &["debian:12|source|a", "debian:12|source|b", "debian:13|source|a"];

/// A sync of two namespaces with texts, facts and scores, that makes `fixed` the fixed version everywhere.
fn big_sync(path: &Path, hours: i64, fixed: &str) -> Result<SwapOutcome, DbError> {
    let feeds = FeedsDir::open(path);
    let lock = feeds.lock()?;
    let mut writer = feeds.writer(&lock)?;
    let record = |package| {
        let mut record = advisory("CVE-1", package, fixed);
        record.title = Some(format!("fixed in {fixed}"));
        record
    };
    let advisories: Vec<Advisory> = PACKAGES.iter().map(|package| record(package)).collect();
    replace(&mut writer, "debian:12", "debian", hours, &advisories)?;
    replace(&mut writer, "debian:13", "debian", hours, &advisories)?;
    let mut facts = FeedFacts::default();
    facts.codenames.insert("bookworm".to_owned(), namespace(fixed));
    writer.set_facts(&facts)?;
    let kev = model::advisory::Kev { added: fixed.to_owned(), due: None, ransomware: false };
    writer.set_daily(None, Some(&BTreeMap::from([("CVE-1".to_owned(), kev)])))?;
    writer.swap(time(hours))
}

#[test]
fn stopped_before_any_step_it_leaves_the_old_snapshot_or_the_new_one() {
    let reference = tempdir().unwrap();
    let old = big_sync(reference.path(), 0, "1").unwrap();
    let old_lines = lines(&current(reference.path()), PACKAGES);
    let new = big_sync(reference.path(), 1, "2").unwrap();
    let new_lines = lines(&current(reference.path()), PACKAGES);
    assert_ne!(old_lines, new_lines);

    let mut outcomes = Vec::new();
    for steps in 0.. {
        let directory = tempdir().unwrap();
        big_sync(directory.path(), 0, "1").unwrap();
        let opened_before = current(directory.path());
        fault::stop_after(Some(steps));
        let outcome = big_sync(directory.path(), 1, "2");
        fault::stop_after(None);

        let snapshot = current(directory.path());
        assert!(snapshot.verify().is_empty(), "step {steps}: {:?}", snapshot.verify());
        let expected = if snapshot.id() == old.id { &old_lines } else { &new_lines };
        assert_eq!(&lines(&snapshot, PACKAGES), expected, "step {steps}");
        assert!([&old.id, &new.id].into_iter().any(|id| id == snapshot.id()), "step {steps}");
        assert_eq!(lines(&opened_before, PACKAGES), old_lines, "step {steps}");
        for entry in FeedsDir::open(directory.path()).retained().unwrap() {
            let retained = FeedsDir::open(directory.path()).snapshot(&entry.id).unwrap().unwrap();
            assert!(retained.verify().is_empty(), "step {steps}");
        }

        // The next writer clears up and comes to the same end.
        assert_eq!(big_sync(directory.path(), 1, "2").unwrap().id, new.id);
        assert_eq!(lines(&current(directory.path()), PACKAGES), new_lines);
        assert_eq!(temporaries(directory.path()), Vec::<PathBuf>::new(), "step {steps}");
        outcomes.push(snapshot.id() == new.id);
        if outcome.is_ok() {
            break;
        }
    }
    // Old up to the one rename, and new from then on.
    assert!(outcomes.is_sorted() && !outcomes[0] && outcomes.len() > 20, "{outcomes:?}");
    assert!(outcomes.iter().filter(|is_new| **is_new).count() >= 1);
}

fn temporaries(path: &Path) -> Vec<PathBuf> {
    let files = |path: &Path| crate::files::list(path).unwrap();
    let all = [path.to_owned(), path.join("shards"), path.join("manifests")];
    let all = all.iter().flat_map(|path| files(path));
    all.filter(|path| path.to_str().unwrap().ends_with(".tmp")).collect()
}

#[test]
fn writers_take_turns_and_each_starts_from_the_winner() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    std::thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || {
                let feeds = FeedsDir::open(path);
                let lock = feeds.lock().unwrap();
                let mut writer = feeds.writer(&lock).unwrap();
                let name = format!("debian:{n}");
                let record = advisory("CVE-1", &format!("{name}|source|a"), "1");
                replace(&mut writer, &name, "debian", n, &[record]).unwrap();
                writer.swap(time(n)).unwrap();
            });
        }
    });
    let snapshot = current(path);
    assert_eq!(snapshot.namespaces().len(), 4);
    assert!(snapshot.verify().is_empty());
}

#[test]
fn readers_write_nothing_in_the_directory() {
    let directory = tempdir().unwrap();
    // A name that would be an option or an escape in a SQLite URI.
    let path = directory.path().join("fe eds?mode=rwc#%41");
    big_sync(&path, 0, "1").unwrap();
    let state = || {
        let mut state: Vec<_> = [path.clone(), path.join("shards"), path.join("manifests")]
            .iter()
            .flat_map(|directory| fs::read_dir(directory).unwrap())
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.path(), entry.metadata().unwrap().len(), entry.metadata().unwrap().modified().unwrap())
            })
            .collect();
        state.sort();
        state
    };
    let before = state();
    let permissions = |mode: bool| {
        for directory in [path.join("shards"), path.join("manifests"), path.clone()] {
            let mut permissions = fs::metadata(&directory).unwrap().permissions();
            permissions.set_readonly(mode);
            fs::set_permissions(&directory, permissions).unwrap();
        }
    };
    permissions(true);
    let snapshots: Vec<Snapshot> = (0..8).map(|_| current(&path)).collect();
    std::thread::scope(|scope| {
        for snapshot in &snapshots {
            scope.spawn(|| {
                assert_eq!(lines(snapshot, PACKAGES).len(), 3);
                snapshot.facts().unwrap();
                snapshot.texts(&[(namespace("debian:12"), "CVE-1".to_owned())].into()).unwrap();
                snapshot.daily(&[namespace("debian:12")].into(), &["CVE-1".to_owned()].into()).unwrap();
                assert!(snapshot.verify().is_empty());
            });
        }
    });
    permissions(false);
    assert_eq!(state(), before);
}

#[test]
fn a_damaged_shard_is_written_again() {
    let directory = tempdir().unwrap();
    let records = [advisory("CVE-1", "debian:12|source|a", "3")];
    let first = sync(directory.path(), 0, &records).unwrap();
    let path = shard_path(directory.path(), "rows");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(current(directory.path()).verify().len(), 1);

    let healed = sync(directory.path(), 0, &records).unwrap();
    assert_eq!(healed, SwapOutcome { id: first.id, shards_written: 1, changed: false });
    assert!(current(directory.path()).verify().is_empty());
}

#[test]
fn facts_whose_shard_is_damaged_or_gone_are_written_again() {
    let directory = tempdir().unwrap();
    let first = big_sync(directory.path(), 0, "3").unwrap();
    let path = shard_path(directory.path(), "facts");
    let damages: [fn(&Path); 2] =
        [|path| fs::write(path, "no database").unwrap(), |path| fs::remove_file(path).unwrap()];
    for damage in damages {
        damage(&path);
        assert!(!current(directory.path()).verify().is_empty());
        assert_eq!(big_sync(directory.path(), 0, "3").unwrap().id, first.id);
        assert!(current(directory.path()).verify().is_empty());
    }
}

#[test]
fn what_the_operating_system_refuses_names_the_path() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let feeds = FeedsDir::open(&file.join("feeds"));
    let error = feeds.lock().unwrap_err();
    assert!(matches!(&error, DbError::Io { path, .. } if path.starts_with(&file)), "{error:?}");
    assert!(error.to_string().contains("feeds"), "{error}");
}
