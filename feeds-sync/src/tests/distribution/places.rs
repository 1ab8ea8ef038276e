//! What goes wrong at places: the next one serves, or what is held stays and its age and the cause are said.

use super::*;
use testkit::server::{Behaviour, Server};

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

fn damage(path: &std::path::Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn in_place_of_a_damaged_edit_the_whole_shard_comes() {
    for how in ["damaged", "cut", "gone", "of something else", "for another shard"] {
        let bench = two_states();
        let mut index = bench.index();
        for edit in index.edits.clone() {
            let path = bench.blob(&edit.blob.sha256);
            match how {
                "damaged" => damage(&path),
                "cut" => fs::write(&path, &fs::read(&path).unwrap()[..20]).unwrap(),
                "gone" => fs::remove_file(&path).unwrap(),
                _ => {}
            }
        }
        let blobs: Vec<_> = index.files.values().cloned().collect();
        match how {
            "of something else" => {
                index
                    .edits
                    .iter_mut()
                    .for_each(|edit| edit.blob = blobs.iter().min_by_key(|it| it.bytes).unwrap().clone());
            }
            "for another shard" => {
                let other = index.edits[0].blob.clone();
                index.edits[1].blob = other;
            }
            _ => {}
        }
        bench.put_index(&index);
        let report = bench.pull();
        let expected = if how == "for another shard" { (1, 1) } else { (2, 0) };
        // Of something else: it may be too large to be worth trying.
        assert_eq!((report.n_whole, report.n_edited), expected, "{how}");
        assert!(report.gaps.is_empty(), "{how}: {report:?}");
        bench.assert_same();
    }
}

#[test]
fn a_damaged_base_is_made_good_by_the_whole_shard() {
    let bench = two_states();
    let shards = bench.path("taker/shards");
    for entry in fs::read_dir(shards).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains(".facts.") {
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len();
        bytes[end / 2..].fill(0);
        fs::write(&path, bytes).unwrap();
    }
    let report = bench.pull();
    assert_eq!((report.n_whole, report.n_edited), (2, 0));
    assert_eq!(current(&bench.taker()).id(), current(&bench.publisher()).id());
}

#[test]
fn what_is_named_and_cut_or_gone_comes_anew() {
    for how in ["cut", "gone"] {
        let mut bench = two_states();
        bench.pull();
        // Of the newest state, and of one that edits would lead from.
        for n_states in [0, 1] {
            if n_states == 1 {
                bench.later(1);
                bench.publisher_has(&[("debian", "debian:12", 3)]);
                bench.push();
            }
            let shards = current(&bench.taker()).publish(&|_, _| true).shards();
            for shard in shards.iter().filter(|shard| shard.kind() != "facts") {
                let path = bench.taker().shard_file(shard);
                match how {
                    "cut" => fs::write(&path, &fs::read(&path).unwrap()[..100]).unwrap(),
                    _ => fs::remove_file(&path).unwrap(),
                }
            }
            let report = bench.pull();
            assert_eq!((report.n_whole, report.n_edited), (4, 0), "{how}");
            bench.assert_same();
        }
    }
}

/// The file of the facts that a directory names; there may be older ones beside it.
fn facts_file(feeds: &FeedsDir) -> PathBuf {
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(feeds.path().join("manifest.json")).unwrap()).unwrap();
    let hash = manifest["facts"]["hash"].as_str().unwrap();
    feeds.path().join(format!("shards/{hash}.facts.sqlite"))
}

#[test]
fn damaged_facts_are_made_good_by_a_pull() {
    for how in ["same size", "cut", "gone"] {
        // Of the same content as the published ones, and of others.
        for is_alone in [true, false] {
            let bench = two_states();
            if !is_alone {
                let mut facts = FeedFacts::default();
                let name = Namespace::new("local:1");
                let feeds = bench.taker();
                let lock = feeds.lock().unwrap();
                let mut writer = feeds.writer(&lock).unwrap();
                writer
                    .replace_provider(&publication(&name, "private", bench.now), records(&name, "private", 1))
                    .unwrap();
                facts.codenames.insert("ours".to_owned(), name);
                writer.set_facts(&facts).unwrap();
                writer.swap(bench.now).unwrap();
            }
            let path = facts_file(&bench.taker());
            let bytes = fs::read(&path).unwrap();
            match how {
                "same size" => fs::write(&path, vec![b'x'; bytes.len()]).unwrap(),
                "cut" => fs::write(&path, &bytes[..100]).unwrap(),
                _ => fs::remove_file(&path).unwrap(),
            }
            assert!(!current(&bench.taker()).verify().is_empty(), "{how}");
            let report = bench.pull();
            let taken = current(&bench.taker());
            assert!(taken.verify().is_empty() && taken.facts().is_ok(), "{how}");
            let lost: Vec<&str> = report.gaps.iter().map(|gap| &*gap.place).collect();
            assert_eq!(lost, if is_alone { vec![] } else { vec!["local:1"] }, "{how}: {:?}", report.gaps);
            assert!(bench.pull().gaps.is_empty(), "{how}");
        }
    }
}

#[test]
fn a_damaged_blob_leaves_what_is_held_or_the_next_place_serves() {
    for how in ["damaged", "cut", "gone", "longer", "a bomb"] {
        let bench = two_states();
        let copy = bench.path("copy");
        copy_all(&bench.path("place"), &copy);
        let mut index = bench.index();
        index.edits.clear();
        for (name, blob) in &mut index.files {
            let path = bench.blob(&blob.sha256);
            match how {
                "damaged" => damage(&path),
                "cut" => fs::write(&path, &fs::read(&path).unwrap()[..20]).unwrap(),
                "gone" => fs::remove_file(&path).unwrap(),
                // More than was announced is not read.
                "longer" => {
                    let zeros = zstd::encode_all(&*vec![0; 1 << 20], 1).unwrap();
                    let bytes = [fs::read(&path).unwrap(), zeros].concat();
                    blob.bytes = bytes.len() as u64;
                    fs::write(&path, bytes).unwrap();
                }
                _ => {
                    let bomb = zstd::encode_all(&*vec![0; 64 << 20], 1).unwrap();
                    blob.bytes = bomb.len() as u64;
                    fs::write(&path, bomb).unwrap();
                }
            }
            assert!(!name.is_empty());
        }
        bench.put_index(&index);
        let before = current(&bench.taker()).id().to_owned();
        let report = bench.pull_with(&bench.options());
        assert_eq!((&report.place, &report.snapshot), (&None, &Some(before.clone())), "{how}");
        let [gap] = report.gaps.as_slice() else { panic!("{how}: {report:?}") };
        assert_eq!((&gap.kind, gap.place.ends_with("place")), (&GapKind::STALE_FEED, true), "{how}");
        assert!(gap.detail.contains("published at 2026-01-01T00:00:00Z, 2 days ago"), "{how}: {gap:?}");
        let held: u64 = fs::read_dir(bench.path("taker/shards"))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert!(held < 4 << 20, "{how}: nothing large was left behind: {held}");

        let places: [Box<dyn Place>; 2] = [Box::new(bench.place()), Box::new(Directory::new(&copy))];
        let report = bench.pull_from(&places, &bench.options());
        assert!(report.place.unwrap().ends_with("copy") && report.gaps.is_empty(), "{how}");
        assert_eq!(report.passed_over.len(), 1, "{how}: it is said which place was passed over");
        bench.assert_same();
    }
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_server_that_misbehaves_is_passed_over_with_its_reason() {
    let bench = two_states();
    let server = Server::of_dir(&bench.path("place"));
    let (url, fetcher, feeds) = (server.url(""), fetcher(), bench.taker());
    let index = bench.index();
    let blob = &index.edits[0].blob;
    let ask = |path: &str, behaviours: &[Behaviour]| {
        for behaviour in behaviours {
            server.next(path, behaviour.clone());
        }
        bench.pull_from(&[Box::new(Web::new(&url, &fetcher, &feeds))], &bench.options())
    };
    let status = |code| Behaviour::Status { code, retry_after: None };
    for (behaviours, word) in [
        (vec![status(404)], "nothing was published there"),
        (vec![status(500), status(500)], "500"),
        (vec![Behaviour::Html], "web page"),
        (vec![Behaviour::HangUp, Behaviour::HangUp], "snapshot.json"),
    ] {
        let report = ask("/snapshot.json", &behaviours);
        let [gap] = report.gaps.as_slice() else { panic!("{word}: {report:?}") };
        assert!(gap.detail.contains(word) && gap.detail.contains("2 days old"), "{word}: {gap:?}");
        assert_eq!(gap.place, url, "{word}");
    }
    // A cut is made good by the rest; in place of an edit that is not there its shard comes whole.
    let path = format!("/blobs/sha256/{}", blob.sha256);
    let report = ask(&path, &[status(404), status(404)]);
    assert_eq!((report.n_whole, report.n_edited), (1, 1), "{report:?}");
    bench.assert_same();
    let whole = FeedsDir::open(&bench.path("another"));
    let largest = index.files.values().max_by_key(|blob| blob.bytes).unwrap();
    server.next(&format!("/blobs/sha256/{}", largest.sha256), Behaviour::Cut { after: 100 });
    let report =
        bring(&whole, &[Box::new(Web::new(&url, &fetcher, &whole))], &bench.options(), &NoProgress).unwrap();
    assert_eq!(report.n_whole, 5, "{report:?}");
}

#[test]
fn when_no_place_serves_what_is_held_stays_and_every_cause_is_said() {
    let mut bench = two_states();
    bench.later(24);
    let nowhere: [Box<dyn Place>; 2] =
        [Box::new(Directory::new(&bench.path("a"))), Box::new(Directory::new(&bench.path("b")))];
    let before = current(&bench.taker()).id().to_owned();
    let report = bench.pull_from(&nowhere, &bench.options());
    assert_eq!(report.snapshot, Some(before));
    assert_eq!(report.gaps.len(), 2);
    for gap in &report.gaps {
        assert_eq!(gap.kind, GapKind::STALE_FEED);
        assert!(
            gap.detail.contains("nothing was published there; what is held is from 2026-01-01"),
            "{gap:?}"
        );
    }
    let empty = FeedsDir::open(&bench.path("empty"));
    let report = bring(&empty, &nowhere, &bench.options(), &NoProgress).unwrap();
    assert_eq!((report.snapshot, report.gaps.len()), (None, 2));
    assert_eq!(report.gaps[0].kind, GapKind::FEED_NOT_FETCHED);
    assert!(report.gaps[0].detail.contains("nothing is held"));
}

#[test]
fn an_archive_that_is_none_says_so() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    let path = bench.path("snapshot.tar");
    let out = NewArchive::new("it", File::create(&path).unwrap());
    let options = OfferOptions { key: None, now: bench.now, edits_max: 0, allow_unsigned: false };
    offer(&bench.publisher(), &out, &options, &NoProgress).unwrap();
    drop(out);
    let good = fs::read(&path).unwrap();
    let of = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match Archive::open(&path) {
            Err(error) => error.to_string(),
            Ok(archive) => {
                let report = bench.pull_from(&[Box::new(archive)], &bench.options());
                report.gaps.first().map(|gap| gap.detail.clone()).unwrap_or_default()
            }
        }
    };
    assert!(of(&good[..good.len() / 2]).contains("cut off"), "{}", of(&good[..good.len() / 2]));
    assert!(of(b"no archive at all").contains("it is no tar archive"));
    for damaged in testkit::mutate::mutations(&good, 60) {
        let _ = of(&damaged);
        if let Some(snapshot) = bench.taker().current().unwrap() {
            assert!(snapshot.verify().is_empty());
            assert_eq!(snapshot.id(), current(&bench.publisher()).id());
        }
    }
    assert_eq!(of(&good), "");
    bench.assert_same();
}

#[test]
fn a_directory_of_images_and_what_others_put_there_are_left_alone() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    let images = bench.path("images");
    let image = images.join("blobs/sha256").join("0".repeat(64));
    fs::create_dir_all(images.join("blobs/sha256")).unwrap();
    fs::write(images.join("oci-layout"), "{}").unwrap();
    fs::write(&image, "a layer").unwrap();
    let options = OfferOptions { key: None, now: bench.now, edits_max: 0, allow_unsigned: false };
    let error = offer(&bench.publisher(), &Directory::new(&images), &options, &NoProgress).unwrap_err();
    assert!(error.to_string().contains("images lie there"), "{error}");
    assert!(image.exists() && !images.join("snapshot.json").exists());

    bench.push();
    let (notes, stray) = (bench.blob("notes.txt"), bench.blob(&"1".repeat(64)));
    fs::write(&notes, "mine").unwrap();
    fs::write(&stray, "left by a push that was ended").unwrap();
    bench.push();
    assert!(notes.exists() && !stray.exists());
}
