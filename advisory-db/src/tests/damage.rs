//! Foreign, damaged, newer and missing files are refused with their path; nothing panics.

use std::fs;

use tempfile::{TempDir, tempdir};
use testkit::mutate;

use super::*;

/// A directory with one snapshot that has a shard of each kind.
fn sound() -> TempDir {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    let records: Vec<Advisory> = (0..40)
        .map(|n| {
            let mut record = advisory(&format!("CVE-{n}"), &format!("debian:12|source|p{}", n % 9), "3");
            record.title = Some(format!("title {n}"));
            record.affected[0].versions = vec!["1".into(), "2".into()];
            record
        })
        .collect();
    replace(&mut writer, "debian:12", "debian", 0, &records).unwrap();
    let kev = model::advisory::Kev { added: "2025-01-01".to_owned(), due: None, ransomware: false };
    let kev = (0..40).map(|n| (format!("CVE-{n}"), kev.clone())).collect();
    writer.set_daily(None, Some(&kev)).unwrap();
    let mut facts = model::facts::FeedFacts::default();
    let of = model::facts::NamespaceFacts {
        coverage: model::facts::CoverageClass::Complete,
        providers: vec!["debian".to_owned()],
        end_of_life: Some("2028-06-30".to_owned()),
    };
    facts.namespaces.insert(namespace("debian:12"), of);
    facts.codenames.insert("bookworm".to_owned(), namespace("debian:12"));
    writer.set_facts(&facts).unwrap();
    writer.swap(time(0)).unwrap();
    directory
}

/// Asks everything there is to ask; the first refusal, if any.
fn ask(path: &Path) -> Result<(), DbError> {
    let Some(snapshot) = FeedsDir::open(path).current()? else { return Ok(()) };
    let asked = (0..9).map(|n| key(&format!("debian:12|source|p{n}"))).collect();
    snapshot.load(&asked)?;
    snapshot.key_hashes(&asked)?;
    snapshot.facts()?;
    let ids = (0..40).map(|n| format!("CVE-{n}"));
    snapshot.texts(&ids.clone().map(|id| (namespace("debian:12"), id)).collect())?;
    snapshot.daily(&[namespace("debian:12")].into(), &ids.collect())?;
    snapshot.namespaces();
    Ok(())
}

#[test]
fn what_is_no_manifest_is_refused_with_its_path_and_reason() {
    let directory = sound();
    let path = directory.path().join("manifest.json");
    let manifest = fs::read_to_string(&path).unwrap();
    let hash = shard_path(directory.path(), "rows").file_name().unwrap().to_str().unwrap()[..64].to_owned();
    let cases = [
        (String::new(), "EOF"),
        ("<!DOCTYPE html><html></html>".to_owned(), "web page"),
        ("{}".to_owned(), "missing field `schema`"),
        ("[1]".to_owned(), "invalid type"),
        (r#"{"schema":"plimsoll-report/1"}"#.to_owned(), "its schema is `plimsoll-report/1`"),
        (r#"{"schema":"plimsoll-feeds/0"}"#.to_owned(), "its schema is"),
        (r#"{"schema":"plimsoll-feeds/4"}"#.to_owned(), "missing field"),
        (manifest.replace(&hash, "../../../etc/passwd"), "is not a digest"),
        (manifest.replace(&hash, &hash.to_uppercase()), "is not a digest"),
        (manifest.replace(&hash, &"0".repeat(64)), "its content has"),
        (manifest.replace("debian:12", "debian:13"), "its content has"),
        (manifest.replace("\"complete\"", "\"everything\""), "unknown word `everything`"),
        (manifest.replace("data_as_of\": \"", "data_as_of\": \"on "), "failed to parse"),
        (manifest[..manifest.len() / 2].to_owned(), "EOF"),
        (" ".repeat((16 << 20) + 1), "larger than 16777216 bytes"),
    ];
    for (text, reason) in cases {
        fs::write(&path, &text).unwrap();
        let feeds = FeedsDir::open(directory.path());
        let error = feeds.current().unwrap_err();
        assert!(matches!(&error, DbError::Manifest { path: found, .. } if *found == path), "{error:?}");
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        // A writer does not replace what it cannot read.
        let lock = feeds.lock().unwrap();
        assert!(feeds.writer(&lock).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn what_an_older_version_wrote_is_nothing_and_is_made_again() {
    let directory = sound();
    fs::write(directory.path().join("manifest.json"), r#"{"schema":"plimsoll-feeds/1","other":{}}"#).unwrap();
    assert!(FeedsDir::open(directory.path()).current().unwrap().is_none());
    sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "3")]).unwrap();
    assert_eq!(lines(&current(directory.path()), &["debian:12|source|a"]).len(), 1);
}

#[test]
fn a_newer_schema_is_named_instead_of_misread() {
    let directory = sound();
    let path = directory.path().join("manifest.json");
    let manifest = fs::read_to_string(&path).unwrap();
    fs::write(&path, r#"{"schema":"plimsoll-feeds/5","everything":"else"}"#).unwrap();
    let feeds = FeedsDir::open(directory.path());
    let error = feeds.current().unwrap_err();
    assert!(matches!(error, DbError::SchemaTooNew { found: 5, known: 4, .. }), "{error:?}");
    let lock = feeds.lock().unwrap();
    assert!(feeds.writer(&lock).is_err());
    assert!(feeds.gc(&lock, jiff::SignedDuration::ZERO, time(1_000_000)).is_err());
    fs::write(&path, manifest).unwrap();

    let shard = shard_path(directory.path(), "rows");
    let connection = rusqlite::Connection::open(&shard).unwrap();
    connection.execute_batch("PRAGMA user_version = 5").unwrap();
    drop(connection);
    let error = ask(directory.path()).unwrap_err();
    assert!(
        matches!(&error, DbError::SchemaTooNew { path, found: 5, known: 4 } if *path == shard),
        "{error:?}"
    );
}

#[test]
fn a_shard_that_is_not_what_the_manifest_says_is_refused_with_its_path() {
    for kind in ["rows", "text", "daily", "facts"] {
        let directory = sound();
        let path = shard_path(directory.path(), kind);
        let bytes = fs::read(&path).unwrap();
        let check = |expected: &dyn Fn(&DbError) -> bool| {
            let error = ask(directory.path()).unwrap_err();
            assert!(expected(&error), "{kind}: {error:?}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{kind}: {error}");
            let verified = current(directory.path()).verify();
            assert_eq!(verified.len(), 1, "{kind}: {verified:?}");
        };
        for end in [0, 1, 100, 4096, bytes.len() - 1] {
            fs::write(&path, &bytes[..end]).unwrap();
            check(&|error| matches!(error, DbError::Damaged { .. }));
        }
        fs::write(&path, vec![b'x'; bytes.len()]).unwrap();
        check(&|error| matches!(error, DbError::Sqlite { .. }));

        fs::remove_file(&path).unwrap();
        check(&|error| matches!(error, DbError::Missing { .. }));

        fs::write(&path, &bytes).unwrap();
        let foreign = rusqlite::Connection::open(&path).unwrap();
        foreign.execute_batch("PRAGMA application_id = 0").unwrap();
        drop(foreign);
        check(&|error| error.to_string().contains("not one of plimsoll's"));
    }
}

/// Each is a change that SQLite reads without complaint.
#[test]
fn rows_that_are_not_those_that_were_written_are_refused() {
    let changes = [
        r#"UPDATE ranges SET ranges = '["< 7"]'"#,
        "UPDATE ranges SET ranges = '[]'",
        "UPDATE affected SET ranges = NULL",
        "UPDATE affected SET versions = NULL",
        r#"UPDATE versions SET versions = '["1","3"]'"#,
        "UPDATE statements SET status = 'not-affected'",
        "UPDATE statements SET fix_state = 'wont-fix'",
        "UPDATE statements SET reason = 'x'",
        r#"UPDATE statements SET conditions = '{"architectures":["x"]}'"#,
        "UPDATE records SET state = 'withdrawn'",
        r#"UPDATE records SET aliases = '["CVE-9"]'"#,
        "UPDATE records SET record = 'CVE-9'",
        "UPDATE affected SET record = record % 40 + 1",
        "DELETE FROM records",
        "DELETE FROM affected",
        "UPDATE keys SET last_row = last_row - 1",
        "UPDATE keys SET first_row = first_row + 1, last_row = last_row + 1",
        "UPDATE keys SET first_row = 1, last_row = 0",
        "UPDATE keys SET sum = sum + 1",
        r#"INSERT INTO details VALUES (1, '{"hints":["x"]}'); UPDATE affected SET details = 1"#,
    ];
    for change in changes {
        let directory = sound();
        let path = shard_path(directory.path(), "rows");
        let bytes = fs::metadata(&path).unwrap().len();
        rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), bytes, "{change}");
        let error = ask(directory.path()).unwrap_err();
        let DbError::Damaged { path: found, problem } = &error else { panic!("{change}: {error:?}") };
        assert_eq!(*found, path, "{change}");
        assert_eq!(problem, "what it has about source `p0` is not what was written", "{change}");
    }
}

/// Calls `ask` with the snapshot in `directory` after a bit of the shard of `kind` flipped, for many bits in turn.
fn each_flipped_bit(directory: &Path, kind: &str, ask: &mut dyn FnMut(&Snapshot, &str)) {
    let path = shard_path(directory, kind);
    let sound = fs::read(&path).unwrap();
    let mut bytes = sound.clone();
    // Beside what was written the file is full of zeros that nobody reads.
    for at in (0..sound.len()).step_by(19).filter(|at| sound[*at] != 0) {
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        ask(&current(directory), &format!("{kind}, byte {at}"));
        bytes[at] = sound[at];
    }
    fs::write(&path, &sound).unwrap();
}

/// What LIMITS.md says of damage that leaves a shard readable: only the name of a key or of a record can be lost.
#[test]
fn whatever_bit_flips_what_is_read_is_what_was_written_or_nothing() {
    let directory = sound();
    let asked = (0..9).map(|n| key(&format!("debian:12|source|p{n}"))).collect();
    let rows = current(directory.path()).load(&asked).unwrap().rows;
    let ids: BTreeSet<String> = (0..40).map(|n| format!("CVE-{n}")).collect();
    let records = ids.iter().map(|id| (namespace("debian:12"), id.clone())).collect();
    let texts = current(directory.path()).texts(&records).unwrap();
    let namespaces = [namespace("debian:12")].into();
    let daily = current(directory.path()).daily(&namespaces, &ids).unwrap();
    assert_eq!((rows.len(), texts.len(), daily.len()), (9, 40, 40));

    let (mut n_refused, mut n_lost) = (0, 0);
    each_flipped_bit(directory.path(), "rows", &mut |snapshot, place| match snapshot.load(&asked) {
        Err(_) => n_refused += 1,
        Ok(set) => {
            for (key, found) in &set.rows {
                assert!(found.is_empty() || *found == rows[key], "{place}, {key:?}: {found:?}");
                n_lost += usize::from(found.is_empty());
            }
        }
    });
    each_flipped_bit(directory.path(), "text", &mut |snapshot, place| match snapshot.texts(&records) {
        Err(_) => n_refused += 1,
        Ok(found) => {
            assert!(found.iter().all(|text| texts.contains(text)), "{place}: {found:?}");
            n_lost += usize::from(found.len() < texts.len());
        }
    });
    each_flipped_bit(
        directory.path(),
        "daily",
        &mut |snapshot, place| match snapshot.daily(&namespaces, &ids) {
            Err(_) => n_refused += 1,
            Ok(found) => {
                assert!(found.iter().all(|(id, entry)| daily[id] == *entry), "{place}: {found:?}");
                n_lost += usize::from(found.len() < daily.len());
            }
        },
    );
    let facts = current(directory.path()).facts().unwrap();
    each_flipped_bit(directory.path(), "facts", &mut |snapshot, place| match snapshot.facts() {
        Err(_) => n_refused += 1,
        Ok(found) => assert_eq!(found, facts, "{place}"),
    });
    assert!(n_refused > 50 && n_lost < n_refused / 4, "{n_refused} refused, {n_lost} lost");
}

#[test]
fn shards_cannot_be_exchanged_for_each_other() {
    let directory = sound();
    let (text, daily) = (shard_path(directory.path(), "text"), shard_path(directory.path(), "daily"));
    fs::copy(&text, &daily).unwrap();
    let error = ask(directory.path()).unwrap_err();
    assert!(matches!(error, DbError::Damaged { .. }), "{error:?}");
}

#[test]
fn no_mutation_of_any_file_panics_and_none_is_missed_by_verify() {
    for kind in ["rows", "text", "daily", "facts"] {
        let directory = sound();
        let path = shard_path(directory.path(), kind);
        let bytes = fs::read(&path).unwrap();
        for mutated in mutate::mutations(&bytes, 150) {
            fs::write(&path, &mutated).unwrap();
            // Refused, or read past the mutation; never a panic.
            _ = ask(directory.path());
            assert_eq!(current(directory.path()).verify().is_empty(), mutated == bytes);
        }
    }
    let directory = sound();
    let path = directory.path().join("manifest.json");
    let bytes = fs::read(&path).unwrap();
    for mutated in mutate::mutations(&bytes, 300) {
        fs::write(&path, &mutated).unwrap();
        _ = ask(directory.path());
    }
    for prefix in mutate::some_prefixes(&bytes, 200) {
        // Without its last line break it is still the whole manifest.
        if prefix.len() < bytes.len() - 1 {
            fs::write(&path, prefix).unwrap();
            assert!(ask(directory.path()).is_err(), "{}", prefix.len());
        }
    }
}

#[test]
fn a_reader_whose_snapshot_was_removed_is_told_which_one_is_current() {
    let directory = tempdir().unwrap();
    let old = sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "1")]).unwrap();
    let path = shard_path(directory.path(), "rows");
    let reader = current(directory.path());
    let new = sync(directory.path(), 1, &[advisory("CVE-1", "debian:12|source|a", "2")]).unwrap();
    fs::remove_file(path).unwrap();
    let error = reader.load(&keys(&["debian:12|source|a"])).unwrap_err();
    let DbError::Superseded { id, current } = &error else { panic!("{error:?}") };
    assert_eq!((id, current), (&old.id, &new.id));
}

#[test]
fn a_retained_manifest_of_another_snapshot_is_refused() {
    let directory = tempdir().unwrap();
    let old = sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "1")]).unwrap();
    let new = sync(directory.path(), 1, &[advisory("CVE-1", "debian:12|source|a", "2")]).unwrap();
    let manifests = directory.path().join("manifests");
    fs::copy(manifests.join(format!("{}.json", new.id)), manifests.join(format!("{}.json", old.id))).unwrap();
    let feeds = FeedsDir::open(directory.path());
    assert!(matches!(feeds.snapshot(&old.id), Err(DbError::Manifest { .. })));
    for text in ["../manifest", "", "..", &old.id[1..]] {
        assert!(feeds.snapshot(text).unwrap().is_none(), "{text}");
    }
}
