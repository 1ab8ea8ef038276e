//! Full and read-only disks, runs that are killed, runs at the same time, and sizes without measure.

use super::*;
use model::gap::Gap;

/// A taker of the first state, and a place with the second one.
fn two_states() -> Bench {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.push();
    bench.pull();
    bench.later(48);
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    bench.push();
    bench
}

/// An error and what is behind it, as people read it.
fn text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

fn details(gaps: &[Gap]) -> String {
    gaps.iter().map(|gap| format!("{} {}\n", gap.kind.as_str(), gap.detail)).collect()
}

#[test]
fn pulls_into_one_directory_take_turns_and_move_everything_once() {
    for wanted in [None, Some(wanted(&["debian:12", "alpine:3.20"]))] {
        let bench = two_states();
        let max_age = Some(SignedDuration::from_hours(6));
        let reports: Vec<BringReport> = std::thread::scope(|scope| {
            let pull = || {
                let places: [Box<dyn Place>; 1] = [Box::new(bench.place())];
                let options = BringOptions { wanted: wanted.as_ref(), max_age, ..bench.options() };
                bring(&bench.taker(), &places, &options, &NoProgress).unwrap()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(pull)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let n_edited: usize = reports.iter().map(|report| report.n_edited).sum();
        let n_whole: usize = reports.iter().map(|report| report.n_whole).sum();
        assert_eq!((n_edited, n_whole), (2, 0), "rows and texts: {reports:?}");
        assert_eq!(reports.iter().filter(|report| report.changed).count(), 1);
        // Who waited asks nobody when all that it wants was asked for a moment ago.
        let n_asked = reports.iter().filter(|report| report.place.is_some()).count();
        assert_eq!(n_asked, if wanted.is_some() { 1 } else { 4 });
        bench.assert_same();
    }
}

#[test]
fn a_pull_that_is_killed_before_its_swap_is_seen_by_the_next_one() {
    let mut bench = two_states();
    let old = bench.path("old state");
    fs::create_dir_all(&old).unwrap();
    let mut index = bench.index();
    index.published = bench.now - 1.hours();
    fs::write(old.join("snapshot.json"), index.seal(None).unwrap()).unwrap();
    let old_bytes = fs::read(old.join("snapshot.json")).unwrap();
    // Where the manifest of the new snapshot is to be written, something lies in the way.
    let id = current(&bench.publisher()).id().to_owned();
    let obstacle = bench.path("taker/manifests").join(format!("{id}.json.tmp"));
    fs::create_dir_all(&obstacle).unwrap();
    let before = current(&bench.taker()).id().to_owned();
    let places: [Box<dyn Place>; 1] = [Box::new(bench.place())];
    let error = bring(&bench.taker(), &places, &bench.options(), &NoProgress).unwrap_err();
    assert!(matches!(error, SyncError::Db(_)), "{error:?}");
    assert_eq!(current(&bench.taker()).id(), before);
    assert!(current(&bench.taker()).verify().is_empty());
    // It is not as if the place had been asked; and no older state comes by this way.
    fs::remove_dir(&obstacle).unwrap();
    let new_bytes = fs::read(bench.path("place/snapshot.json")).unwrap();
    fs::write(bench.path("place/snapshot.json"), &old_bytes).unwrap();
    let report = bench.pull_with(&bench.options());
    assert!(details(&report.gaps).contains("before the state of 2026-01-03T00:00:00Z"), "{report:?}");
    fs::write(bench.path("place/snapshot.json"), &new_bytes).unwrap();
    let names = wanted(&["debian:12"]);
    let max_age = Some(SignedDuration::from_hours(6));
    let report = bench.pull_with(&BringOptions { wanted: Some(&names), max_age, ..bench.options() });
    assert!(report.place.is_some() && report.changed, "{report:?}");
    assert_eq!((report.n_whole, report.n_edited), (0, 0), "what came before it was killed is there");
    bench.assert_same();
    // What that run took may be taken back: a part that only it saw, and that is published no more.
    bench.later(1);
    bench.publisher_has(&[("osv", "debian:12", 1)]);
    bench.push();
    let id = current(&bench.publisher()).id().to_owned();
    let obstacle = bench.path("taker/manifests").join(format!("{id}.json.tmp"));
    fs::create_dir_all(&obstacle).unwrap();
    assert!(bring(&bench.taker(), &places, &bench.options(), &NoProgress).is_err());
    let remembered = fs::read_to_string(bench.path("taker/published.json")).unwrap();
    assert!(remembered.contains("\"osv\""), "{remembered}");
}

#[test]
fn a_directory_that_cannot_be_written_serves_what_it_holds() {
    let bench = two_states();
    // Not by permissions: tests may run as root.
    fs::remove_file(bench.path("taker/lock")).unwrap();
    fs::create_dir(bench.path("taker/lock")).unwrap();
    let before = current(&bench.taker()).id().to_owned();
    let report = bench.pull_with(&bench.options());
    assert_eq!((report.place, report.snapshot), (None, Some(before)));
    let said = details(&report.gaps);
    assert!(said.starts_with("stale-feed the feeds directory cannot be written ("), "{said}");
    assert!(said.contains("what is held was published at 2026-01-01T00:00:00Z, 2 days ago"), "{said}");

    fs::create_dir_all(bench.path("empty/lock")).unwrap();
    let empty = FeedsDir::open(&bench.path("empty"));
    let error = bring(&empty, &[Box::new(bench.place())], &bench.options(), &NoProgress).unwrap_err();
    assert!(text(&error).contains("empty/lock"), "{}", text(&error));

    // A place where a file lies instead of a directory.
    fs::write(bench.path("file"), "mine").unwrap();
    let options = OfferOptions { key: None, now: bench.now, edits_max: 0, allow_unsigned: false };
    let place = Directory::new(&bench.path("file"));
    assert!(offer(&bench.publisher(), &place, &options, &NoProgress).is_err());
    assert_eq!(fs::read_to_string(bench.path("file")).unwrap(), "mine");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_says_so_and_changes_nothing() {
    let bench = two_states();
    let mut index = bench.index();
    index.edits.clear();
    bench.put_index(&index);
    let before = current(&bench.taker()).id().to_owned();
    let full: Vec<PathBuf> = index
        .manifest
        .shards()
        .iter()
        .filter(|shard| !bench.taker().shard_file(shard).exists())
        .map(|shard| PathBuf::from(format!("{}.tmp", bench.taker().shard_file(shard).display())))
        .collect();
    assert_eq!(full.len(), 2);
    for path in &full {
        std::os::unix::fs::symlink("/dev/full", path).unwrap();
    }
    let places: [Box<dyn Place>; 2] = [Box::new(bench.place()), Box::new(bench.place())];
    let error = bring(&bench.taker(), &places, &bench.options(), &NoProgress).unwrap_err();
    assert!(text(&error).contains("No space left on device"), "{}", text(&error));
    assert!(text(&error).contains("taker/shards/"), "it says where: {}", text(&error));
    assert_eq!(current(&bench.taker()).id(), before);
    assert!(current(&bench.taker()).verify().is_empty());
    for path in &full {
        let _ = fs::remove_file(path);
    }
    bench.pull();
    bench.assert_same();

    let out = NewArchive::new("feeds.tar", File::options().write(true).open("/dev/full").unwrap());
    let options = OfferOptions { key: None, now: bench.now, edits_max: 0, allow_unsigned: false };
    let error = offer(&bench.publisher(), &out, &options, &NoProgress).unwrap_err();
    assert!(text(error.as_ref()).contains("No space left on device"), "{}", text(error.as_ref()));
}

#[test]
fn sizes_of_edits_are_bounded_before_any_is_read() {
    let bench = two_states();
    let good = bench.index();
    let of = |bytes: u64, unpacked: u64| {
        let mut index = good.clone();
        (index.edits[0].blob.bytes, index.edits[0].unpacked) = (bytes, unpacked);
        bench.put_index(&index);
        bench.pull_with(&bench.options())
    };
    for (bytes, unpacked) in [((64 << 20) + 1, 1000), (1000, (512 << 20) + 1), (u64::MAX, u64::MAX)] {
        let report = of(bytes, unpacked);
        assert_eq!(report.place, None);
        assert!(details(&report.gaps).contains(" bytes"), "{report:?}");
    }
    // One that unpacks to more than it states is cut there, and is no edit any more.
    let edit = &good.edits[0];
    let report = of(edit.blob.bytes, edit.unpacked - 1);
    assert_eq!((report.n_whole, report.n_edited), (1, 1));
    bench.assert_same();
}

#[test]
fn an_archive_of_too_many_files_is_refused() {
    let bench = two_states();
    let path = bench.path("snapshot.tar");
    let out = NewArchive::new("it", File::create(&path).unwrap());
    let options = OfferOptions { key: None, now: bench.now, edits_max: 0, allow_unsigned: false };
    offer(&bench.publisher(), &out, &options, &NoProgress).unwrap();
    drop(out);
    let n_files = bench.index().files.len() + 1;
    assert!(Archive::open_within(&path, n_files).is_ok());
    let error = Archive::open_within(&path, n_files - 1).unwrap_err();
    assert_eq!(error.to_string(), format!("it has more than {} files", n_files - 1));
}
