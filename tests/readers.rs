//! Promise 3: any number of processes read one directory of feeds that they cannot write, whatever a writer does meanwhile.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use testkit::feeds::Mirror;

use crate::harness::{AS_OF, PLIMSOLL, Place, Ran, root};

/// Processes that are there at the same time.
const READERS: usize = 50;

/// Who owns nothing: permissions bind it, as they do not bind root.
const NOBODY: u32 = 65_534;

#[test]
fn fifty_processes_read_one_directory_while_a_sync_and_a_gc_change_it() {
    let place = Place::new();
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(PLIMSOLL, place.path("plimsoll")).unwrap();
    let sbom = sbom(&place);
    let old = history(&place);
    let feeds = place.path("feeds");
    let is_root = fs::metadata(place.path("")).unwrap().uid() == 0;
    if is_root {
        close(&feeds);
        let touched = as_nobody(Command::new("touch").arg(feeds.join("shards/touched"))).output().unwrap();
        assert!(!touched.status.success(), "the readers could write");
    }

    let (is_over, cycles) = (AtomicBool::new(false), AtomicUsize::new(0));
    let outputs: Vec<Ran> = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                news(&place, cycles.load(Ordering::Acquire));
                cycles.fetch_add(1, Ordering::AcqRel);
            }
        });
        let wait_for_a_cycle = || {
            // One that begins now, not one that is at its end.
            let enough = cycles.load(Ordering::Acquire) + 2;
            while cycles.load(Ordering::Acquire) < enough && !writer.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
        };
        // Each opens the feeds when it has read its SBOM, and it gets that when all of them are there.
        let mut readers: Vec<Child> = (0..READERS).map(|_| reader(&place, is_root)).collect();
        for wave in readers.chunks_mut(10) {
            for reader in wave {
                reader.stdin.take().unwrap().write_all(&sbom).unwrap();
            }
            wait_for_a_cycle();
        }
        let outputs = readers.into_iter().map(|reader| Ran::of(reader.wait_with_output().unwrap())).collect();
        is_over.store(true, Ordering::Release);
        outputs
    });
    assert!(cycles.into_inner() >= 10);

    let first = without_stamp(&outputs[0]);
    assert!(first.contains("CVE-") && first.contains("\"findings\""), "{first}");
    for output in &outputs {
        assert_eq!(without_stamp(output), first);
    }
    place.run(["feeds", "status", "--verify"]).expect_code(0);
    for id in old {
        assert!(!feeds.join(format!("manifests/{id}.json")).exists(), "snapshot {id} was not collected");
    }
    for folder in ["", "shards", "manifests"] {
        for entry in fs::read_dir(feeds.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_ours = [".sqlite", ".json"].iter().any(|end| name.ends_with(end))
                || ["lock", "shards", "manifests", "downloads"].contains(&&*name);
            assert!(is_ours, "`{name}` was left behind in `{folder}`");
        }
    }
}

#[test]
fn a_directory_that_cannot_be_written_answers_when_it_is_old_too() {
    let place = Place::new();
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(PLIMSOLL, place.path("plimsoll")).unwrap();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "openssl\n  3.3.2-r0 CVE-2024-6119\n");
    mirror.secdb("3.20", "community", "");
    let purl = "pkg:apk/alpine/openssl@3.3.1-r0?distro=alpine-3.20.1";
    let component =
        serde_json::json!({"type": "library", "name": "openssl", "version": "3.3.1-r0", "purl": purl});
    let sbom = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]});
    let sbom = place.write("sbom.json", sbom.to_string()).display().to_string();
    let mirror = mirror.dir().display().to_string();
    let sync = ["feeds", "sync", "--only", "alpine:3.20", "--max-age", "0s", "--mirror", &mirror];
    place.run(sync).expect_code(0);
    let feeds = place.path("feeds");
    close(&feeds);
    let is_root = fs::metadata(place.path("")).unwrap().uid() == 0;
    let run = |feeds: &Path, words: &[&str]| {
        let mut command = Command::new(place.path("plimsoll"));
        command.env_clear().env("HOME", "/nonexistent").env("PLIMSOLL_FEEDS", feeds);
        command.current_dir("/").args(words);
        if is_root {
            as_nobody(&mut command);
        }
        Ran::of(command.output().unwrap())
    };
    let words = ["match", &sbom, "--mirror", &mirror, "--max-age", "0s"];
    let ran = run(&feeds, &words);
    ran.expect_code(0)
        .expect_stderr(&["gap: stale-feed: alpine, ", ": not asked: the feeds directory cannot be written"]);
    assert!(ran.stdout.contains("CVE-2024-6119"), "{}", ran.stdout);
    let hint = ["caused by: ", "--offline"];
    run(&feeds, &sync).expect_code(2).expect_stderr(&hint);
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    close(&empty);
    run(&empty, &words).expect_code(2).expect_stderr(&hint);
    open(&feeds);
}

/// The SBOM of the example image.
fn sbom(place: &Place) -> Vec<u8> {
    let image = root().join("examples/image").display().to_string();
    let ran = place.run(["sbom", &image, "-o", "cyclonedx-json"]);
    ran.expect_code(0);
    ran.stdout.into_bytes()
}

/// Fills the feeds directory with a snapshot that answers the SBOM, and with others, long superseded, whose ids it gives.
fn history(place: &Place) -> Vec<String> {
    let feeds = place.path("feeds");
    let mirror = root().join("examples/mirror").display().to_string();
    place.run(["feeds", "sync", "--mirror", &mirror]).expect_code(0);
    let mut ids = Vec::new();
    for state in 0..4 {
        sync_another(place, 1_000 + state);
        let status = place.json(["feeds", "status", "--format", "json"]);
        ids.push(status["snapshot"].as_str().unwrap().to_owned());
    }
    testkit::torture::make_old(&feeds, &ids).unwrap();
    ids.pop();
    ids
}

/// A sync that brings something new about a release that no reader asks for, and a collection that has something to remove.
fn news(place: &Place, cycle: usize) {
    sync_another(place, cycle);
    let orphan = place.write(&format!("feeds/shards/{cycle:064x}.rows.sqlite"), "");
    let past = std::time::SystemTime::now() - Duration::from_secs(48 * 3600);
    fs::File::options().append(true).open(&orphan).unwrap().set_modified(past).unwrap();
    place.run(["feeds", "gc", "--keep", "1h"]).expect_code(0).expect_stderr(&["removed "]);
    assert!(!orphan.exists());
}

fn sync_another(place: &Place, state: usize) {
    let mirror = Mirror::at(place.path("news"));
    mirror.secdb("3.19", "main", &format!("openssl\n  3.1.{state}-r0 CVE-2024-6119\n"));
    mirror.secdb("3.19", "community", "");
    let words = ["feeds", "sync", "--only", "alpine:3.19", "--max-age", "0s", "--mirror", "news"];
    place.run(words).expect_code(0).expect_stderr(&["new snapshot"]);
}

/// Takes the right to write from everyone; root has it all the same.
fn close(path: &Path) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            close(&entry.unwrap().path());
        }
    }
    let mode = if path.is_dir() { 0o555 } else { 0o444 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Gives the owner back what [`close`] took, so that the directory can be removed.
fn open(path: &Path) {
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            open(&entry.unwrap().path());
        }
    }
}

/// A process that waits for its SBOM. Who is not root cannot be another: then readers could write, and the test sees only
/// whether they left something behind.
fn reader(place: &Place, is_root: bool) -> Child {
    let mut command = Command::new(place.path("plimsoll"));
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PLIMSOLL_FEEDS", place.path("feeds"))
        .current_dir("/")
        .args(["match", "-", "--offline", "--as-of", AS_OF, "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if is_root {
        as_nobody(&mut command);
    }
    command.spawn().unwrap()
}

fn as_nobody(command: &mut Command) -> &mut Command {
    command.uid(NOBODY).gid(NOBODY)
}

/// A report as it was written, but for which snapshot was current.
#[track_caller]
fn without_stamp(ran: &Ran) -> String {
    ran.expect_code(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut text = ran.stdout.clone();
    for field in ["id", "created"] {
        // With its name: other things may be of the same second.
        let value = report["snapshot"][field].as_str().unwrap();
        text = text.replacen(&format!("\"{field}\": \"{value}\""), field, 1);
    }
    text
}
