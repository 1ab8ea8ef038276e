//! The feed database as users meet it: from a mirror and over HTTP, conditional, resumed, shared.

use std::fs;
use std::thread;

use testkit::feeds::{Mirror, osv_record};
use testkit::server::Server;

use crate::harness::{AS_OF, Place, root};

fn mirror(place: &Place) -> Mirror {
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "openssl\n  3.3.2-r0 CVE-2024-6119\n");
    mirror.secdb("3.20", "community", "");
    mirror.osv_records(
        "PyPI",
        &[osv_record("PYSEC-2024-1", &["CVE-2024-1"], "PyPI", "django", "introduced 0, fixed 4.0")],
    );
    mirror.kev_entries("2024-01-01", &[]);
    mirror.epss("2024-01-01", &[("CVE-2024-6119", "0.5", "0.9")]);
    mirror
}

#[test]
fn status_says_what_is_there_from_when_and_how_many() {
    let place = Place::new();
    let mirror = mirror(&place);
    place.run(["feeds", "status"]).expect_code(2).expect_stderr(&["feeds sync"]);
    let only = ["--only", "alpine:3.20", "--only", "pypi"];
    let path = mirror.dir().display().to_string();
    let mut words = vec!["feeds", "sync", "--mirror", &path];
    words.extend(only);
    place.run(&words).expect_code(0).expect_stderr(&["feeds: asking", "new snapshot"]);
    place.run(&words).expect_code(0).expect_stderr(&["snapshot unchanged"]);
    let table = place.run(["feeds", "status", "--verify"]);
    for word in ["alpine:3.20", "pypi", "osv", "alpine"] {
        assert!(table.expect_code(0).stdout.contains(word), "{}", table.stdout);
    }
    let status = place.json(["feeds", "status", "--format", "json"]);
    let namespaces = status["namespaces"].as_array().unwrap();
    assert_eq!(namespaces.len(), 2);
    assert_eq!(namespaces[0]["rows"], 1);
}

#[test]
fn what_a_mirror_lacks_is_a_gap_unless_it_was_asked_for_by_name() {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records("PyPI", &[osv_record("PYSEC-2024-1", &[], "PyPI", "django", "introduced 0")]);
    let sbom = place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"library","name":"django","version":"1","purl":"pkg:pypi/django@1"}]}"#,
    );
    let path = mirror.dir().display().to_string();
    let ran = place.run(["match", &sbom.display().to_string(), "--mirror", &path, "--as-of", AS_OF]);
    ran.expect_code(0);
    assert!(ran.stdout.contains("PYSEC-2024-1"), "{}", ran.stdout);
    place
        .run(["feeds", "sync", "--only", "npm", "--mirror", &path])
        .expect_code(2)
        .expect_stderr(&["missing: "]);
}

#[test]
fn a_release_that_its_feed_has_not_is_a_failure_when_it_was_asked_for_by_name() {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.tracker(&serde_json::json!({"openssl": {"CVE-2024-1": {"releases": {
        "trixie": {"status": "open", "urgency": "low", "repositories": {"trixie": "1"}}}}}}));
    let path = mirror.dir().display().to_string();
    let sync = |name: &str| place.run(["feeds", "sync", "--only", name, "--mirror", &path]);
    sync("debian:13").expect_code(0);
    sync("debian:12").expect_code(2).expect_stderr(&[
        "warning: nothing could be had of `debian:12`: what `debian` published was read, and has nothing of it",
    ]);
    sync("debian").expect_code(0);
}

#[test]
fn a_mirror_over_http_is_asked_conditionally() {
    let place = Place::new();
    let mirror = mirror(&place);
    let server = Server::of_dir(mirror.dir());
    let url = server.url("");
    let words = ["feeds", "sync", "--only", "pypi", "--max-age", "0s", "--mirror", url.as_str()];
    place.run(words).expect_code(0);
    place.run(words).expect_code(0).expect_stderr(&["snapshot unchanged"]);
    let requests = server.requests_for("/osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip");
    let last = requests.last().unwrap();
    assert!(last.header("if-none-match").is_some() || last.header("if-modified-since").is_some(), "{last:?}");
}

#[test]
fn offline_touches_no_network() {
    let place = Place::new();
    let mirror = mirror(&place);
    let server = Server::of_dir(mirror.dir());
    let url = server.url("");
    place.run(["feeds", "sync", "--only", "pypi", "--offline", "--mirror", &url]).expect_code(2);
    assert!(server.requests().is_empty());
}

#[test]
fn many_processes_share_one_database() {
    let place = Place::new();
    let mirror = root().join("examples/mirror").display().to_string();
    let image = root().join("examples/image").display().to_string();
    let outputs: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let ran =
                        place.run(["scan", &image, "--mirror", &mirror, "--as-of", AS_OF, "-o", "json"]);
                    ran.expect_code(0);
                    ran.stdout
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let findings =
        |text: &String| serde_json::from_str::<serde_json::Value>(text).unwrap()["findings"].clone();
    assert!(outputs.iter().all(|output| findings(output) == findings(&outputs[0])));
}

#[test]
fn a_read_only_database_answers() {
    let place = Place::new();
    let mirror = root().join("examples/mirror").display().to_string();
    let image = root().join("examples/image").display().to_string();
    place.run(["feeds", "sync", "--mirror", &mirror]).expect_code(0);
    let mut folders = vec![place.path("feeds")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let mut permissions = fs::metadata(&path).unwrap().permissions();
                permissions.set_readonly(true);
                fs::set_permissions(&path, permissions).unwrap();
            }
        }
    }
    place.run(["scan", &image, "--offline"]).expect_code(0);
}

#[test]
fn what_is_held_is_found_by_id_name_and_package_url_without_network() {
    let place = Place::new();
    let mirror = mirror(&place);
    let search = |words: &[&str]| place.run([&["feeds", "search", "--offline"], words].concat());
    search(&["openssl"]).expect_code(2).expect_stderr(&["feeds sync"]);
    let path = mirror.dir().display().to_string();
    let selected = ["--only", "alpine:3.20", "--only", "pypi", "--only", "epss", "--only", "kev"];
    place.run([&["feeds", "sync", "--mirror", &path][..], &selected].concat()).expect_code(0);
    for (query, found) in [
        ("CVE-2024-6119", "alpine:3.20"),
        ("cve-2024-1", "PYSEC-2024-1"),
        ("openssl", "< 3.3.2-r0"),
        ("Django", "< 4.0"),
        ("pkg:pypi/Django", "PYSEC-2024-1"),
        ("pkg:apk/alpine/openssl?distro=alpine-3.20.1", "CVE-2024-6119"),
    ] {
        let ran = search(&[query]);
        ran.expect_code(0);
        let rows: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!(rows.len(), 2, "a heading and a row: {}", ran.stdout);
        assert!(rows[1].contains(found), "{}", ran.stdout);
    }
    search(&["CVE-1999-1"]).expect_code(1).expect_stderr(&["nothing about `CVE-1999-1`"]);
    search(&["pkg:deb/debian/openssl"]).expect_code(2).expect_stderr(&["distro=debian-12"]);

    let ran = search(&["CVE-2024-6119", "--raw"]);
    let lines = ran.expect_code(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<serde_json::Value> = lines.collect();
    assert_eq!(lines[0]["row"]["namespace"], "alpine:3.20");
    assert_eq!(lines[0]["row"]["ranges"][0], "< 3.3.2-r0");
    assert_eq!(lines.last().unwrap()["daily"]["epss"]["score"], 0.5);
}
