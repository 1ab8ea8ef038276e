//! What travels arrives as it was, or not at all.

use std::fs;

use model::facts::{CoverageClass, FeedFacts, NamespaceFacts};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::tempdir;

use super::round_trip::advisories;
use super::*;
use crate::{Lacking, Published, ShardName};

fn published(path: &Path) -> Published {
    let published = current(path).publish(&|_, _| true);
    // As it travels.
    Published::parse(&published.to_json(), Path::new("there")).unwrap()
}

/// Brings all that is published at `from` to `to`: by edits where something is held, if `by_edits`.
fn bring(from: &Path, to: &Path, by_edits: bool) -> Result<SwapOutcome, DbError> {
    bring_some(from, to, by_edits, None)
}

fn bring_some(
    from: &Path,
    to: &Path,
    by_edits: bool,
    wanted: Option<&BTreeSet<Namespace>>,
) -> Result<SwapOutcome, DbError> {
    let (there, here) = (FeedsDir::open(from), FeedsDir::open(to));
    let published = published(from);
    let lock = here.lock().unwrap();
    let mut writer = here.writer(&lock).unwrap();
    for Lacking { shard, held } in writer.lacking(&published, wanted).unwrap() {
        match held.filter(|_| by_edits && shard.has_edits()) {
            Some(held) => {
                here.receive_edit(&lock, &held, shard.hash(), &mut &*edit(&there, &held, &shard))?;
            }
            None => {
                here.receive_whole(&lock, &shard, &mut fs::File::open(there.shard_file(&shard)).unwrap())?
            }
        }
    }
    writer.adopt(&published, wanted)?;
    writer.swap(time(9))
}

fn edit(feeds: &FeedsDir, old: &ShardName, new: &ShardName) -> Vec<u8> {
    let mut edit = Vec::new();
    feeds.write_edit(old, new, &mut edit).unwrap();
    edit
}

#[test]
fn edits_give_what_was_published_whatever_changed() {
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let run = runner.run(&(advisories(), advisories(), any::<u64>()), |(old, other, seed)| {
        // Some records stay, some change, some go, some come.
        let mut random = testkit::mutate::Random::new(seed | 1);
        let mut new: Vec<Advisory> = Vec::new();
        for (index, record) in old.iter().enumerate() {
            match (random.below(3), other.get(index)) {
                (0, _) => {}
                (1, Some(other)) => new.push(Advisory { id: record.id.clone(), ..other.clone() }),
                _ => new.push(record.clone()),
            }
        }
        new.extend(other.iter().skip(old.len()).cloned());
        let (there, here) = (tempdir().unwrap(), tempdir().unwrap());
        sync(there.path(), 0, &old).unwrap();
        prop_assert_eq!(
            bring(there.path(), here.path(), false).unwrap().id,
            current(there.path()).id().to_owned()
        );
        let second = sync(there.path(), 1, &new).unwrap();
        let brought = bring(there.path(), here.path(), true).unwrap();
        prop_assert_eq!(&brought.id, &second.id);
        let snapshot = current(here.path());
        prop_assert!(snapshot.verify().is_empty());
        let asked: BTreeSet<PackageKey> =
            old.iter().chain(&new).flat_map(|it| &it.affected).map(|affected| affected.key.clone()).collect();
        let theirs = current(there.path());
        prop_assert_eq!(snapshot.load(&asked).unwrap(), theirs.load(&asked).unwrap());
        prop_assert_eq!(snapshot.key_hashes(&asked).unwrap(), theirs.key_hashes(&asked).unwrap());
        let records = old.iter().chain(&new).map(|it| (namespace("debian:12"), it.id.clone())).collect();
        prop_assert_eq!(snapshot.texts(&records).unwrap(), theirs.texts(&records).unwrap());
        // What was edited is the base of the next edit, back to where it began.
        let third = sync(there.path(), 2, &old).unwrap();
        prop_assert_eq!(bring(there.path(), here.path(), true).unwrap().id, third.id);
        prop_assert!(current(here.path()).verify().is_empty());
        Ok(())
    });
    run.unwrap();
}

/// Two states of one namespace, and a directory that holds the older one.
fn two_states() -> (tempfile::TempDir, tempfile::TempDir, Lacking) {
    let (there, here) = (tempdir().unwrap(), tempdir().unwrap());
    let records = |fixed: &str| -> Vec<Advisory> {
        let fixed_in = |n| if n == 7 { fixed } else { "3" };
        (0..40).map(|n| advisory(&format!("CVE-{n}"), "debian:12|source|a", fixed_in(n))).collect()
    };
    sync(there.path(), 0, &records("3")).unwrap();
    bring(there.path(), here.path(), false).unwrap();
    sync(there.path(), 1, &records("4")).unwrap();
    let feeds = FeedsDir::open(here.path());
    let lock = feeds.lock().unwrap();
    let lacking = feeds.writer(&lock).unwrap().lacking(&published(there.path()), None).unwrap();
    assert_eq!(lacking.len(), 1);
    (there, here, lacking[0].clone())
}

#[test]
fn an_edit_has_what_changed_and_not_the_rest_of_the_package() {
    let (there, _here, Lacking { shard, held }) = two_states();
    let edit = edit(&FeedsDir::open(there.path()), &held.unwrap(), &shard);
    let text = String::from_utf8(edit).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("CVE-7\"") && text.contains("< 4") && !text.contains("CVE-8"), "{text}");
}

#[test]
fn a_damaged_edit_changes_nothing_and_panics_nobody() {
    let (there, here, Lacking { shard, held }) = two_states();
    let held = held.unwrap();
    let edit = edit(&FeedsDir::open(there.path()), &held, &shard);
    let feeds = FeedsDir::open(here.path());
    let before = current(here.path()).id().to_owned();
    let lock = feeds.lock().unwrap();
    let refused = |edit: &[u8]| match feeds.receive_edit(&lock, &held, shard.hash(), &mut &*edit) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(edit)),
        Err(error) => error,
    };
    for (from, to) in [
        ("\"< 4\"", "\"< 5\""),
        ("CVE-7", "CVE-77"),
        (held.hash(), shard.hash()),
        ("plimsoll-edit/1", "plimsoll-edit/2"),
        ("[[7,1,", "[[700,1,"),
        ("[[7,1,", "[[18446744073709551615,18446744073709551615,"),
        ("[[7,1,", "[[7,1,[]],[3,1,"),
        ("\n", ""),
    ] {
        let text = String::from_utf8(edit.clone()).unwrap();
        let changed = text.replace(from, to);
        // The number of the row is wherever the order of the rows puts it.
        if changed != text {
            let error = refused(changed.as_bytes());
            assert!(matches!(error, DbError::Edit { .. }), "{from} {to}: {error:?}");
        }
    }
    for mutated in testkit::mutate::mutations(&edit, 300) {
        // What a mutation leaves as it was in meaning may be accepted: the hash decides.
        let _ = feeds.receive_edit(&lock, &held, shard.hash(), &mut &*mutated);
    }
    drop(lock);
    let snapshot = current(here.path());
    assert_eq!(snapshot.id(), before);
    assert!(snapshot.verify().is_empty());
    bring(there.path(), here.path(), true).unwrap();
    assert!(current(here.path()).verify().is_empty());
    assert_eq!(current(here.path()).id(), current(there.path()).id());
}

#[test]
fn in_place_of_a_damaged_shard_a_file_of_another_making_will_do() {
    let (there, here) = (tempdir().unwrap(), tempdir().unwrap());
    let records = [advisory("CVE-1", "debian:12|source|a", "3")];
    sync(there.path(), 0, &records).unwrap();
    sync(here.path(), 0, &records).unwrap();
    // The same content in another file: as another version of SQLite, or an edit, may leave it.
    let theirs = FeedsDir::open(there.path());
    let published = {
        let path = theirs.shard_file(published(there.path()).shards().first().unwrap());
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA page_size = 8192; VACUUM").unwrap();
        drop(connection);
        let (sha256, bytes) = crate::files::fingerprint(&path).unwrap();
        let manifest = fs::read_to_string(there.path().join("manifest.json")).unwrap();
        let shard = published(there.path()).shards().first().unwrap().clone();
        let manifest = manifest
            .replace(shard.sha256(), sha256.as_str())
            .replace(&format!("\"bytes\": {}", shard.bytes()), &format!("\"bytes\": {bytes}"));
        fs::write(there.path().join("manifest.json"), manifest).unwrap();
        published(there.path())
    };
    let shard = published.shards().first().unwrap().clone();
    let ours = FeedsDir::open(here.path());
    assert_ne!(fs::read(ours.shard_file(&shard)).unwrap(), fs::read(theirs.shard_file(&shard)).unwrap());
    fs::write(ours.shard_file(&shard), b"cut off").unwrap();
    let outcome = bring(here.path(), here.path(), false);
    assert!(outcome.is_err(), "what is damaged is not published: {outcome:?}");
    bring(there.path(), here.path(), false).unwrap();
    let snapshot = current(here.path());
    assert!(snapshot.verify().is_empty(), "{:?}", snapshot.verify());
    assert_eq!(lines(&snapshot, &["debian:12|source|a"]).len(), 1);
}

#[test]
fn another_file_than_announced_is_refused() {
    let (there, here, Lacking { shard, .. }) = two_states();
    let feeds = FeedsDir::open(here.path());
    let lock = feeds.lock().unwrap();
    let file = fs::read(FeedsDir::open(there.path()).shard_file(&shard)).unwrap();
    let longer = [file.as_slice(), b"x"].concat();
    let mut other = file.clone();
    other[file.len() / 2] ^= 1;
    for bytes in [&file[..file.len() - 1], &longer, &other, b""] {
        let error = feeds.receive_whole(&lock, &shard, &mut &*bytes).unwrap_err();
        assert!(matches!(error, DbError::Received { .. }), "{error:?}");
    }
    let mut writer = feeds.writer(&lock).unwrap();
    let error = writer.adopt(&published(there.path()), None).unwrap_err();
    assert!(matches!(error, DbError::Missing { .. }), "{error:?}");
    drop(writer);
    feeds.receive_whole(&lock, &shard, &mut &*file).unwrap();
    assert!(
        !fs::read_dir(here.path().join("shards"))
            .unwrap()
            .any(|entry| { entry.unwrap().path().extension().is_some_and(|extension| extension == "tmp") })
    );
}

/// A file is shared by its logical hash with whoever else means the content by it.
#[test]
fn a_file_of_other_content_than_its_hash_is_refused() {
    let (there, here) = (tempdir().unwrap(), tempdir().unwrap());
    let [of_some, of_none] = [tempdir().unwrap(), tempdir().unwrap()];
    let some = [advisory("CVE-1", "debian:12|source|a", "3"), advisory("CVE-2", "debian:12|source|b", "4")];
    sync(of_some.path(), 0, &some).unwrap();
    sync(of_none.path(), 0, &some[..1]).unwrap();
    let feeds = FeedsDir::open(here.path());
    let lock = feeds.lock().unwrap();
    let announced =
        published(of_some.path()).shards().into_iter().find(|shard| shard.kind() == "rows").unwrap();
    let path = there.path().join("lie.sqlite");
    let changes = [
        "",
        "DELETE FROM keys WHERE name = 'b'",
        "UPDATE ranges SET ranges = '[\"< 1\"]'",
        "UPDATE affected SET ranges = NULL",
        "UPDATE keys SET sum = 0",
        "UPDATE meta SET value = 'debian:13' WHERE name = 'namespace'",
        "UPDATE keys SET first_row = 1, last_row = 2",
        "UPDATE meta SET value = 'redhat' WHERE name = 'provider'",
    ];
    for change in changes {
        match change {
            // The whole shard of another content, which only says that it is this one.
            "" => {
                let other =
                    published(of_none.path()).shards().into_iter().find(|shard| shard.kind() == "rows");
                fs::copy(FeedsDir::open(of_none.path()).shard_file(&other.unwrap()), &path).unwrap();
                let connection = rusqlite::Connection::open(&path).unwrap();
                connection
                    .execute("UPDATE meta SET value = ?1 WHERE name = 'hash'", [announced.hash()])
                    .unwrap();
            }
            change => {
                fs::copy(FeedsDir::open(of_some.path()).shard_file(&announced), &path).unwrap();
                rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
            }
        }
        let (sha256, bytes) = crate::files::fingerprint(&path).unwrap();
        let json = String::from_utf8(published(of_some.path()).to_json()).unwrap();
        let json = json.replace(announced.sha256(), sha256.as_str());
        let json = json.replace(&format!("\"bytes\":{}", announced.bytes()), &format!("\"bytes\":{bytes}"));
        let lied = Published::parse(json.as_bytes(), Path::new("there")).unwrap();
        let lied = lied.shards().into_iter().find(|shard| shard.kind() == "rows").unwrap();
        assert_eq!(lied.hash(), announced.hash());
        assert_eq!((lied.sha256(), lied.bytes()), (sha256.as_str(), bytes), "{change}");
        let error = feeds.receive_whole(&lock, &lied, &mut fs::File::open(&path).unwrap()).unwrap_err();
        assert!(matches!(error, DbError::Received { .. }), "{change}: {error:?}");
        assert!(!error.to_string().contains("were announced"), "{change}: {error}");
        assert!(!feeds.shard_file(&announced).exists(), "{change}");
    }
    let sound = FeedsDir::open(of_some.path()).shard_file(&announced);
    feeds.receive_whole(&lock, &announced, &mut fs::File::open(sound).unwrap()).unwrap();
}

#[test]
fn what_is_wanted_is_adopted_and_what_others_hold_stays() {
    let (there, here) = (tempdir().unwrap(), tempdir().unwrap());
    let fill = |path: &Path, given: &[(&str, &str, &str)], end: &str| {
        let feeds = FeedsDir::open(path);
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        for (release, provider, id) in given {
            let mut record = advisory(id, &format!("{release}|source|a"), "3");
            record.title = Some(format!("about {id}"));
            replace(&mut writer, release, provider, 0, &[record]).unwrap();
        }
        let facts = given.iter().map(|(release, provider, _)| {
            let facts = NamespaceFacts {
                coverage: CoverageClass::Complete,
                providers: vec![(*provider).to_owned()],
                end_of_life: Some(end.to_owned()),
            };
            (namespace(release), facts)
        });
        writer.set_facts(&FeedFacts { namespaces: facts.collect(), ..FeedFacts::default() }).unwrap();
        writer.set_repositories(&[("demo".to_owned(), vec![format!("cpe:/a:demo:{end}")])].into()).unwrap();
        writer.swap(time(0)).unwrap();
    };
    fill(
        there.path(),
        &[
            ("debian:12", "debian", "CVE-1"),
            ("debian:13", "debian", "CVE-2"),
            ("wolfi:rolling", "wolfi", "CVE-3"),
        ],
        "theirs",
    );
    let held = [
        ("debian:12", "private", "OURS-1"),
        ("debian:13", "private", "OURS-3"),
        ("local:1", "private", "OURS-2"),
    ];
    fill(here.path(), &held, "ours");
    let wanted = [namespace("debian:12"), namespace("debian:99")].into();
    bring_some(there.path(), here.path(), true, Some(&wanted)).unwrap();
    let snapshot = current(here.path());
    let names: Vec<String> = snapshot.namespaces().iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(names, ["debian:12", "debian:13", "local:1"]);
    assert_eq!(
        lines(&snapshot, &["debian:12|source|a"]),
        ["debian:12|source|a debian CVE-1 [] >=0 <3", "debian:12|source|a private OURS-1 [] >=0 <3"]
    );
    let facts = snapshot.facts().unwrap().namespaces;
    let providers = |name: &str| facts[&namespace(name)].providers.join(" ");
    assert_eq!(providers("debian:12"), "debian private");
    assert_eq!(providers("debian:13"), "private", "theirs are not held, and must not look as if they were");
    let ends: Vec<(String, String)> =
        facts.into_iter().map(|(name, facts)| (name.to_string(), facts.end_of_life.unwrap())).collect();
    let expected =
        [("debian:12", "theirs"), ("debian:13", "ours"), ("local:1", "ours"), ("wolfi:rolling", "theirs")];
    assert_eq!(ends, expected.map(|(name, end)| (name.to_owned(), end.to_owned())));

    let repositories = snapshot.repository_cpes(&["demo".to_owned()].into()).unwrap();
    assert_eq!(repositories["demo"], ["cpe:/a:demo:theirs"]);

    // What must not be passed on is not named.
    let passed_on = current(there.path()).publish(&|_, stamp| stamp.name != "wolfi");
    assert_eq!(passed_on.namespaces().len(), 2);
    assert!(!String::from_utf8(passed_on.to_json()).unwrap().contains("\"wolfi:rolling\""));
    assert_eq!(passed_on.shards().len(), 4, "two of rows, one of texts, the facts");
}

#[test]
fn a_part_that_is_published_no_more_goes_and_the_rest_stays() {
    let directory = tempdir().unwrap();
    sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "3")]).unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    replace(&mut writer, "debian:12", "private", 1, &[advisory("OURS-1", "debian:12|source|a", "4")])
        .unwrap();
    assert!(writer.remove_provider(&namespace("debian:12"), "debian").unwrap());
    assert!(!writer.remove_provider(&namespace("debian:12"), "debian").unwrap());
    assert!(!writer.remove_provider(&namespace("debian:13"), "debian").unwrap());
    writer.swap(time(1)).unwrap();
    assert_eq!(
        lines(&current(directory.path()), &["debian:12|source|a"]),
        ["debian:12|source|a private OURS-1 [] >=0 <4"]
    );
    let mut writer = feeds.writer(&lock).unwrap();
    assert!(writer.remove_provider(&namespace("debian:12"), "private").unwrap());
    writer.swap(time(2)).unwrap();
    assert!(!current(directory.path()).holds(&namespace("debian:12")), "with its last part a namespace goes");
}

#[test]
fn a_transfer_that_breaks_off_is_its_own_fault_and_leaves_nothing() {
    /// Gives a few bytes, then fails.
    struct Broken(bool);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(std::io::Error::other("the line is dead"));
            }
            buffer[0] = b'S';
            Ok(1)
        }
    }
    let (_there, here, Lacking { shard, .. }) = two_states();
    let feeds = FeedsDir::open(here.path());
    let lock = feeds.lock().unwrap();
    let error = feeds.receive_whole(&lock, &shard, &mut Broken(false)).unwrap_err();
    assert!(matches!(error, DbError::Received { .. }), "{error:?}");
    assert!(error.to_string().contains("the line is dead"), "{error}");
    let names = fs::read_dir(here.path().join("shards")).unwrap();
    assert!(!names.map(|entry| entry.unwrap().path()).any(|path| path.extension() == Some("tmp".as_ref())));
}

#[test]
fn sizes_that_no_snapshot_has_are_refused() {
    let directory = tempdir().unwrap();
    sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "3")]).unwrap();
    let text = String::from_utf8(published(directory.path()).to_json()).unwrap();
    let bytes = published(directory.path()).shards().first().unwrap().bytes();
    for (from, to) in [
        ("\"rows\":1,".to_owned(), format!("\"rows\":{},", u64::MAX)),
        ("\"records\":1,".to_owned(), format!("\"records\":{},", u64::MAX)),
        (format!("\"bytes\":{bytes}"), format!("\"bytes\":{}", u64::MAX)),
    ] {
        assert!(text.contains(&from), "{from}: {text}");
        let error = Published::parse(text.replace(&from, &to).as_bytes(), Path::new("there")).unwrap_err();
        assert!(error.to_string().contains("sizes that no snapshot has"), "{error}");
    }
}
