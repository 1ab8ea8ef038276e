//! Published snapshots as users meet them: pushed to a real registry, pulled from it, served by a web server, carried in a
//! file, and scanned with on a machine that asks no vendor.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use testkit::feeds::{Mirror, osv_record};
use testkit::real::{DockerRegistry, Protection, program, run};
use testkit::server::Server;

use crate::harness::{AS_OF, PLIMSOLL, Place, Ran, root};
use crate::images::{real_images, unpacked};

/// A mirror with two releases of Alpine and an archive of PyPI; a few of the packages are as `state` says.
fn mirror(place: &Place, state: u32) -> String {
    let mirror = Mirror::at(place.path("mirror"));
    let packages = |release: u32| {
        (0..600).fold(String::new(), |mut text, n| {
            let version = if n % 150 == 7 { state } else { n * 7919 % 100 + release };
            let _ = write!(
                text,
                "package-{n}\n  {n}.{version}.{}-r0 CVE-2024-{}\n",
                n * 104_729 % 997,
                10_000 + n
            );
            text
        })
    };
    for release in [19, 20] {
        mirror.secdb(&format!("3.{release}"), "main", &packages(release));
        mirror.secdb(&format!("3.{release}"), "community", "");
    }
    mirror.secdb_last_update(&format!("2025-01-{:02}T00:00:00+00:00", state + 1));
    mirror.osv_records(
        "PyPI",
        &[osv_record("PYSEC-2024-1", &["CVE-2024-1"], "PyPI", "django", "introduced 0, fixed 4.0")],
    );
    mirror.kev_entries("2024-01-01", &[]);
    mirror.epss("2024-01-01", &[("CVE-2024-10007", "0.5", "0.9")]);
    mirror.dir().display().to_string()
}

#[track_caller]
fn sync(place: &Place, state: u32) {
    let mirror = mirror(place, state);
    let only = ["--only", "alpine:3.19", "--only", "alpine:3.20", "--only", "pypi"];
    let words = ["feeds", "sync", "--max-age", "0s", "--mirror", &mirror];
    place.run(words.iter().chain(&only)).expect_code(0);
}

fn namespaces(place: &Place) -> Vec<String> {
    let status = place.json(["feeds", "status", "--format", "json"]);
    let namespaces = status["namespaces"].as_array().unwrap().iter();
    namespaces.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

/// The id of the snapshot that is held.
fn snapshot(place: &Place) -> String {
    let manifest = fs::read(place.path("feeds/manifest.json")).unwrap();
    serde_json::from_slice::<Value>(&manifest).unwrap()["id"].as_str().unwrap().to_owned()
}

/// Passes connections on to a server, and counts the bytes in both directions.
struct Meter {
    host: String,
    sent: Arc<AtomicUsize>,
    received: Arc<AtomicUsize>,
}

impl Meter {
    fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (sent, received) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (server, counters) = (server.to_owned(), (Arc::clone(&sent), Arc::clone(&received)));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&server)) else { return };
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (sent, received) = (Arc::clone(&counters.0), Arc::clone(&counters.1));
                thread::spawn(move || pass(client, server, &sent));
                thread::spawn(move || pass(back.0, back.1, &received));
            }
        });
        Self { host, sent, received }
    }

    /// The bytes that went to the server and came from it, since it was last asked.
    fn read(&self) -> (usize, usize) {
        (self.sent.swap(0, Ordering::SeqCst), self.received.swap(0, Ordering::SeqCst))
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicUsize) {
    let mut buffer = [0; 16 << 10];
    while let Ok(n_bytes @ 1..) = from.read(&mut buffer) {
        count.fetch_add(n_bytes, Ordering::SeqCst);
        if to.write_all(&buffer[..n_bytes]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// How many shards a pull says came whole, and how many by edits.
#[track_caller]
fn shards(ran: &Ran) -> (usize, usize) {
    let line = ran.stderr.lines().find(|line| line.contains(" whole, ")).unwrap_or_else(|| panic!("{ran:?}"));
    let numbers = line
        .rsplit(": ")
        .next()
        .unwrap()
        .replace("shards whole, ", "")
        .replace("shard whole, ", "")
        .replace("by edits", "");
    let mut numbers = numbers.split_whitespace().map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn through_a_real_registry_only_what_changed_moves() {
    let Some(docker) = program("docker-registry", None, "through_a_real_registry_only_what_changed_moves")
    else {
        return;
    };
    let (here, there) = (Place::new(), Place::new());
    let registry = DockerRegistry::start(&docker, &here.path("registry"), Protection::None);
    let meter = Meter::before(&registry.host);
    let reference = format!("{}/team/feeds:latest", meter.host);
    sync(&here, 0);
    here.run(["feeds", "push", &reference]).expect_code(0).expect_stderr(&["published: snapshot", "0 edits"]);
    let first_push = meter.read().0;
    there
        .run(["feeds", "pull", &reference])
        .expect_code(0)
        .expect_stderr(&["not verified: no key was given"]);
    let first_pull = meter.read().1;
    assert_eq!(snapshot(&there), snapshot(&here));

    here.run(["feeds", "push", &reference]).expect_code(0);
    let same_push = meter.read().0;
    there.run(["feeds", "pull", &reference]).expect_code(0).expect_stderr(&["snapshot unchanged"]);
    let same_pull = meter.read().1;
    assert!(same_push * 2 < first_push, "{same_push} of {first_push}");
    assert!(same_pull * 3 < first_pull, "{same_pull} of {first_pull}");

    // Two states later: edits of both, and nothing else.
    for state in [1, 2] {
        sync(&here, state);
        here.run(["feeds", "push", &reference]).expect_code(0);
    }
    meter.read();
    let ran = there.run(["feeds", "pull", &reference]);
    ran.expect_code(0);
    let second_pull = meter.read().1;
    assert!(second_pull * 2 < first_pull, "{second_pull} of {first_pull}");
    let (whole, edited) = shards(&ran);
    assert!(edited >= 2, "{ran:?}");
    assert!(whole <= 1, "what has no edits and may change every day: {ran:?}");
    assert_eq!(snapshot(&there), snapshot(&here));
    there.run(["feeds", "status", "--verify"]).expect_code(0);

    // Whoever comes now gets the same, and only what was asked for.
    let some = Place::new();
    meter.read();
    some.run(["feeds", "pull", &reference, "--only", "pypi"]).expect_code(0);
    assert!(meter.read().1 * 2 < first_pull);
    assert_eq!(namespaces(&some), ["pypi"]);

    // A repository that has something else, and one that is not there.
    let words = ["feeds", "pull", &format!("{}/team/nothing:latest", meter.host)];
    some.run(words).expect_code(2).expect_stderr(&[
        "error: nothing was pulled",
        "nothing was published there",
        "an hour old",
    ]);
}

#[test]
fn a_guarded_registry_takes_a_snapshot_from_who_may() {
    use testkit::real::{PASSWORD, USER};
    let Some(docker) = program("docker-registry", None, "a_guarded_registry_takes_a_snapshot_from_who_may")
    else {
        return;
    };
    let place = Place::new();
    let registry = DockerRegistry::start(&docker, &place.path("registry"), Protection::TlsAndBasic);
    sync(&place, 0);
    let reference = format!("{}/team/feeds:latest", registry.host);
    let ca_file = registry.ca_file.as_ref().unwrap().display().to_string();
    let push = ["feeds", "push", &reference, "--ca-file", &ca_file];
    place.run(push).expect_code(2).expect_stderr(&["cannot publish", "docker login"]);
    let password = place.write("password", PASSWORD);
    let mut command = place.command();
    command.args(push).args(["--registry-username", USER, "--registry-password-stdin"]);
    command.stdin(fs::File::open(password).unwrap());
    let ran = Ran::of(command.output().unwrap());
    ran.expect_code(0);
    assert!(!ran.stderr.contains(PASSWORD));
}

/// Writes a new key of `algorithm`, and gives the files of its private and its public half.
fn key(place: &Place, name: &str, options: &[&str]) -> Option<(String, String)> {
    let openssl = program("openssl", None, "a key that signs feeds")?;
    let (private, public) = (format!("{name}.pem"), format!("{name}.pub"));
    let file = |name: &str| place.path(name).display().to_string();
    run(&openssl, ["genpkey", "-out", &file(&private)].iter().chain(options).copied());
    run(&openssl, ["pkey", "-in", &file(&private), "-pubout", "-out", &file(&public)]);
    Some((file(&private), file(&public)))
}

#[test]
fn only_what_a_trusted_key_signed_is_scanned_with() {
    let place = Place::new();
    let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let Some((ours, ours_public)) = key(&place, "ours", &["-algorithm", "ed25519"]) else { return };
    let Some((theirs, theirs_public)) = key(&place, "theirs", &p256) else { return };
    let published = place.path("published").display().to_string();
    sync(&place, 0);
    place.run(["feeds", "push", &published, "--sign-key", &ours]).expect_code(0);
    let sbom = sbom(&place);
    let scan = |taker: &Place, keys: &[&str]| {
        let words = ["match", &sbom, "--as-of", AS_OF, "-o", "json", "--feeds-source", &published];
        let keys = keys.iter().flat_map(|key| ["--feeds-key", key]);
        taker.run(words.into_iter().chain(keys))
    };
    // Nothing is held yet: without the feeds there is no answer, and the reason is said.
    let taker = Place::new();
    let ran = scan(&taker, &[&theirs_public]);
    ran.expect_code(2).expect_stderr(&["no key that is trusted signed it", &published]);
    scan(&taker, &[&theirs_public, &ours_public]).expect_code(0);
    // Without a key nothing replaces what is signed, unless somebody says so.
    let hint = "`--allow-unsigned` replaces it all the same";
    place.run(["feeds", "push", &published]).expect_code(2).expect_stderr(&["is signed", hint]);
    scan(&Place::new(), &[&ours_public]).expect_code(0);
    let other = place.path("other").display().to_string();
    place.run(["feeds", "push", &other, "--sign-key", &ours]).expect_code(0);
    place.run(["feeds", "push", &other, "--allow-unsigned"]).expect_code(0);
    place.run(["feeds", "push", &other]).expect_code(0);
    // By another key nothing newer comes: what is held stays, and the report says so.
    sync(&place, 1);
    let ran = place.run(["feeds", "push", &published, "--sign-key", &theirs]);
    ran.expect_code(0).expect_stderr(&["replaced as a whole: no key that is trusted"]);
    let held = snapshot(&taker);
    let words = ["feeds", "pull", &published, "--feeds-key", &ours_public];
    taker.run(words).expect_code(2).expect_stderr(&[
        "error: nothing was pulled",
        "no key that is trusted",
        "ago",
    ]);
    assert_eq!(snapshot(&taker), held);
    let config = format!("[feeds]\nsources = [\"{published}\"]\nkeys = [\"{theirs_public}\"]\n");
    taker.write("plimsoll.toml", config);
    // A file that was only found names no publisher: not with a key of its own, and not without any.
    let refused = ["`feeds.sources` counts only in a file that is named", "--feeds-key", "`--config FILE`"];
    taker.run(["feeds", "pull"]).expect_code(2).expect_stderr(&refused);
    taker.run(["match", &sbom]).expect_code(2).expect_stderr(&refused);
    // With a key of ours it may say where; and what names its places itself does not care.
    let words = ["feeds", "pull", "--feeds-key", &ours_public];
    taker.run(words).expect_code(2).expect_stderr(&["no key that is trusted"]);
    assert_eq!(snapshot(&taker), held);
    taker
        .run(["feeds", "pull", "--config", "plimsoll.toml"])
        .expect_code(0)
        .expect_stderr(&["signed by sha256:", "new snapshot"]);
    taker.run(["feeds", "pull", &published]).expect_code(0).expect_stderr(&["signed by sha256:"]);
    assert_ne!(snapshot(&taker), held);
    for (file, said) in [(&ours_public, "a private key in PEM"), (&published, "cannot read the key")] {
        place.run(["feeds", "push", &published, "--sign-key", file]).expect_code(2).expect_stderr(&[said]);
    }
    taker.run(["feeds", "pull", "--feeds-key", &ours]).expect_code(2).expect_stderr(&["public key"]);
}

fn sbom(place: &Place) -> String {
    let path = place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"library","name":"django","version":"1","purl":"pkg:pypi/django@1"}]}"#,
    );
    path.display().to_string()
}

#[test]
fn a_scan_takes_from_a_published_snapshot_what_it_needs_and_no_more() {
    let (publisher, asker) = (Place::new(), Place::new());
    let mirror = root().join("examples/mirror").display().to_string();
    let image = root().join("examples/image").display().to_string();
    publisher.run(["feeds", "sync", "--mirror", &mirror]).expect_code(0);
    let more = self::mirror(&publisher, 0);
    publisher.run(["feeds", "sync", "--only", "alpine:3.19", "--mirror", &more]).expect_code(0);
    let published = publisher.path("published");
    let directory = published.display().to_string();
    publisher.run(["feeds", "push", &directory]).expect_code(0);
    let words = ["scan", &image, "--as-of", AS_OF, "-o", "json"];
    let synced: Value = publisher.json(words.iter().chain(&["--offline"]));

    let server = Server::of_dir(&published);
    let url = server.url("");
    let mut from_web: Value = asker.json(words.iter().chain(&["--feeds-source", &url]));
    let asked = server.requests().len();
    for part in ["findings", "coverage", "judgement", "packages"] {
        assert_eq!(from_web[part], synced[part], "{part}");
    }
    let (taken, all) = (namespaces(&asker), namespaces(&publisher));
    assert!(!taken.is_empty() && taken.len() < all.len(), "{taken:?} of {all:?}");
    // Again within six hours: nobody is asked.
    assert!(asker.json(words.iter().chain(&["--feeds-source", &url])) == from_web);
    assert_eq!(server.requests().len(), asked);

    // Without a network a directory will do, and a web server is not asked.
    let offline = Place::new();
    let mut from_directory: Value = offline.json(words.iter().chain(&[
        "--offline",
        "--feeds-source",
        &url,
        "--feeds-source",
        &directory,
    ]));
    assert_eq!(server.requests().len(), asked);
    for report in [&mut from_directory, &mut from_web] {
        // When it was taken.
        report["snapshot"]["created"] = Value::Null;
    }
    assert!(from_directory == from_web);
    // Where no place is left, what is held is used, and that is said.
    let ran = asker.run(words.iter().chain(&["--offline", "--feeds-source", &url]));
    ran.expect_code(0).expect_stderr(&["gap: stale-feed: ", "not asked, because the run is offline"]);
    assert_eq!(server.requests().len(), asked);
    let nothing = Place::new();
    let ran = nothing.run(words.iter().chain(&["--offline", "--feeds-source", &url]));
    ran.expect_code(2).expect_stderr(&["no feed database"]);

    // A mirror that is gone is passed over with a word; when all are, what is held stays and the report says so.
    let gone = publisher.path("gone").display().to_string();
    let max_age = ["--max-age", "0s", "--feeds-source", &gone];
    let ran = asker.run(words.iter().chain(&max_age).chain(&["--feeds-source", &directory]));
    ran.expect_code(0).expect_stderr(&["passed over: ", "nothing was published there"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["coverage"], synced["coverage"]);
    let ran = asker.run(words.iter().chain(&max_age));
    ran.expect_code(0).expect_stderr(&["gap: stale-feed: ", "nothing was published there; what is held is"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["findings"], synced["findings"]);
}

#[test]
fn one_file_carries_a_snapshot_to_a_machine_without_a_network() {
    let (here, there) = (Place::new(), Place::new());
    let Some((private, public)) = key(&here, "key", &["-algorithm", "ed25519"]) else { return };
    sync(&here, 0);
    let file = here.path("feeds.tar").display().to_string();
    here.run(["feeds", "export", &file, "--sign-key", &private]).expect_code(0);
    let import = ["feeds", "import", &file, "--feeds-key", &public, "--offline"];
    there.run(import).expect_code(0).expect_stderr(&["signed by sha256:", "new snapshot"]);
    assert_eq!(snapshot(&there), snapshot(&here));
    there.run(import).expect_code(0).expect_stderr(&["snapshot unchanged"]);
    let status = there.run(["feeds", "status", "--verify"]);
    assert!(status.expect_code(0).stdout.contains("by sha256:"), "{}", status.stdout);
    let status = there.json(["feeds", "status", "--format", "json"]);
    assert!(status["published"][0]["publisher"].as_str().unwrap().starts_with("sha256:"));
    // As a source of a scan, too; and of what it lacks a gap is said.
    let some = Place::new();
    let words = ["match", &sbom(&some), "--as-of", AS_OF, "--offline", "--feeds-source", &file];
    some.run(words).expect_code(0);
    assert_eq!(namespaces(&some), ["pypi"]);
    let ran = some.run(["feeds", "import", &file, "--only", "debian:12"]);
    ran.expect_code(2).expect_stderr(&["gap: feed-not-fetched: debian:12"]);

    let held = snapshot(&there);
    for (bytes, said) in [
        (fs::read(&file).unwrap()[..3000].to_vec(), "cut off"),
        (b"<html>".repeat(500), "cannot read"),
        (Vec::new(), "cut off"),
    ] {
        let damaged = here.write("damaged.tar", bytes).display().to_string();
        there.run(["feeds", "import", &damaged]).expect_code(2).expect_stderr(&[said]);
        assert_eq!(snapshot(&there), held);
    }
    there.run(["feeds", "import", "missing.tar"]).expect_code(2).expect_stderr(&["missing.tar"]);
    assert!(!here.path("feeds.tar.tmp").exists());
}

#[test]
fn what_is_no_place_is_said_before_anything_is_asked() {
    let place = Place::new();
    let ran = place.run(["feeds", "push", "./published"]);
    ran.expect_code(2).expect_stderr(&["no feed database", "feeds sync"]);
    sync(&place, 0);
    place.write("file.txt", "not a snapshot");
    let by_digest = format!("registry.example/team/feeds@sha256:{}", "0".repeat(64));
    for (words, said) in [
        (&["push", "published"][..], "names no registry"),
        (&["push", "team/feeds:latest"], "names no registry"),
        (&["push", "https://feeds.example/"], "takes no snapshot"),
        (&["push", "file.txt"], "is a file"),
        (&["push", "registry.example/team/feeds:latest", "--offline"], "offline"),
        (&["push", &by_digest], "by its digest"),
        (&["pull"], "no place was given"),
        (&["pull", "feeds.tar"], "names no registry"),
        (&["pull", "https://feeds.example/", "--offline"], "offline"),
        (&["pull", "registry.example/Team/feeds"], "no place of a published snapshot"),
        (&["export", "no-such-directory/feeds.tar"], "cannot write"),
    ] {
        let ran = place.run(["feeds"].iter().chain(words));
        ran.expect_code(2).expect_stderr(&[said]);
        assert!(
            ran.stderr.contains("hint") || *words == ["export", "no-such-directory/feeds.tar"],
            "{ran:?}"
        );
    }
}

#[test]
fn the_commands_of_the_reference_run() {
    if program("openssl", None, "the_commands_of_the_reference_run").is_none() {
        return;
    }
    let place = Place::new();
    sync(&place, 0);
    let reference = fs::read_to_string(root().join("docs/reference/published-feeds.md")).unwrap();
    let commands = reference.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    assert!(commands.lines().count() > 5);
    for line in commands.lines() {
        let mut shell = std::process::Command::new("sh");
        let command = place.command();
        shell.args(["-c", &line.replace("plimsoll ", &format!("'{PLIMSOLL}' "))]).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.current_dir(place.path("")).stdin(std::process::Stdio::null());
        let ran = Ran::of(shell.output().unwrap());
        assert_eq!(ran.code, Some(0), "{line}: {ran:?}");
    }
}

fn size(directory: &Path, request: &str) -> u64 {
    let path: PathBuf = directory.join(request.trim_start_matches('/'));
    path.metadata().map_or(0, |metadata| metadata.len())
}

#[test]
fn the_first_scan_of_an_alpine_image_moves_two_megabytes_at_most() {
    let test = "the_first_scan_of_an_alpine_image_moves_two_megabytes_at_most";
    let Some(data) = testkit::data::require(test) else { return };
    let publisher = Place::new();
    let mirror = Mirror::at(publisher.path("mirror"));
    let releases = ["3.3", "3.4", "3.6", "3.7", "3.8", "3.10", "3.11"];
    mirror.alpine(&data, &releases, None).kev(&data, "2025-06-10").osv(&data, "PyPI", "2024-01-01");
    let from = mirror.dir().display().to_string();
    let only: Vec<String> =
        releases.iter().flat_map(|it| ["--only".to_owned(), format!("alpine:{it}")]).collect();
    let words = ["feeds", "sync", "--only", "pypi", "--mirror", &from].map(str::to_owned);
    publisher.run(words.into_iter().chain(only)).expect_code(0);
    let published = publisher.path("published");
    publisher.run(["feeds", "push", &published.display().to_string()]).expect_code(0);
    let server = Server::of_dir(&published);

    let images = real_images(&data);
    let mut n_images = 0;
    for image in images.iter().filter(|image| image.platform.is_none() && image.name.contains("alpine")) {
        let place = Place::new();
        let source = unpacked(&image.source, &place).display().to_string();
        let before = server.requests().len();
        let words = ["scan", &source, "-o", "json", "--as-of", AS_OF, "--allow-empty", "--feeds-source"];
        let report: Value = place.json(words.iter().chain(&[server.url("").as_str()]));
        let moved: u64 = server.requests()[before..].iter().map(|it| size(&published, &it.path)).sum();
        assert!(moved > 0 && moved <= 2_000_000, "{}: {moved} bytes", image.name);
        n_images += usize::from(!report["findings"].as_array().unwrap().is_empty());
    }
    assert!(n_images >= 1, "images with findings: {n_images}");
}
