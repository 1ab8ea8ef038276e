//! The kin of Alpine, and Echo: each through the engine as its host behaves, and its real samples.

use std::collections::BTreeSet;

use model::advisory::{RangeEvent, Status};
use model::digest::Digest;
use model::key::Namespace;
use serde_json::{Value, json};
use testkit::image::{Compression, compress};
use testkit::server::{Behaviour, Server};

use super::engine::{Bench, is_updated, outcome};
use super::{Namespaces, provider, read};
use crate::report::SourceOutcome;

fn secdb(ids: &[&str]) -> String {
    json!({"urlprefix": "x", "packages": [{"pkg": {"name": "demo", "secfixes": {"1-r0": ids}}}]}).to_string()
}

fn echo(ids: &[&str]) -> String {
    let issues: serde_json::Map<String, Value> =
        ids.iter().map(|id| ((*id).to_owned(), json!({"fixed_version": "1"}))).collect();
    json!({"demo": issues}).to_string()
}

#[test]
fn each_database_is_asked_on_condition_loses_what_its_vendor_deletes_and_survives_damage() {
    type Write = fn(&[&str]) -> String;
    let feeds: [(&str, &str, Write); 4] = [
        ("wolfi:rolling", "packages.wolfi.dev/os/security.json", secdb),
        ("chainguard:rolling", "packages.cgr.dev/chainguard/security.json", secdb),
        ("minimos:rolling", "packages.mini.dev/advisories/secdb/security.json", secdb),
        ("echo:1", "advisory.echohq.com/data.json", echo),
    ];
    for (namespace, place, write) in feeds {
        let mut bench = Bench::new();
        bench.mirror.file(place, write(&["CVE-2025-1", "CVE-2025-2"]));
        let server = bench.serve();
        let (url, path) = (format!("https://{place}"), format!("/{place}"));
        let key = format!("{namespace}|source|demo");
        let report = bench.namespaces(&[namespace]);
        assert!(is_updated(outcome(&report, &url)) && report.unanswered.is_empty(), "{report:#?}");
        assert_eq!(bench.records(&key), ["CVE-2025-1", "CVE-2025-2"]);
        assert_eq!(*outcome(&bench.namespaces(&[namespace]), &url), SourceOutcome::Unchanged);
        assert!(server.requests_for(&path)[1].headers.contains_key("if-none-match"));

        let whole = write(&["CVE-2025-2", "CVE-2025-3"]);
        bench.mirror.file(place, &whole[..whole.len() - 2]);
        let report = bench.namespaces(&[namespace]);
        assert!(matches!(outcome(&report, &url), SourceOutcome::Failed { .. }), "{report:#?}");
        server.always(&path, Behaviour::Status { code: 404, retry_after: None });
        assert!(!bench.namespaces(&[namespace]).gaps.is_empty());
        assert_eq!(bench.records(&key), ["CVE-2025-1", "CVE-2025-2"]);
        server.always(&path, Behaviour::Well);
        bench.mirror.file(place, &whole);
        assert!(bench.namespaces(&[namespace]).gaps.is_empty());
        assert_eq!(bench.records(&key), ["CVE-2025-2", "CVE-2025-3"]);
    }
}

const POINTER: &str = "https://security.secureos.io/v1/latest.json";
const DATABASE: &str = "https://security.secureos.io/v1/secdb.json.gz";

/// Publishes a database, and a pointer with the hash of `named`.
fn publish(server: &Server, url: &str, content: &[u8], named: &[u8]) {
    let pointer = json!({"latest_url": url, "sha256": Digest::sha256(named).hex(), "version": "v1"});
    server.serve("/security.secureos.io/v1/latest.json", pointer.to_string());
    server.serve("/security.secureos.io/v1/secdb.json.gz", content);
}

#[test]
fn a_pointer_leads_to_the_database_and_its_hash_decides() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let [first, second] = [["CVE-2025-1"], ["CVE-2025-2"]].map(|ids| secdb(&ids).into_bytes());
    let packed = |bytes: &[u8]| compress(bytes, Compression::Gzip);
    let key = "secureos:rolling|source|demo";
    let namespace = Namespace::new("secureos:rolling");

    publish(&server, DATABASE, &packed(&first), &packed(&second));
    let report = bench.namespaces(&["secureos:rolling"]);
    let is_refused = |outcome: &SourceOutcome, word: &str| matches!(outcome, SourceOutcome::Failed { error } if error.contains(word));
    assert!(is_refused(outcome(&report, DATABASE), "SHA-256"), "{report:#?}");
    assert!(!bench.feeds().current().unwrap().is_some_and(|snapshot| snapshot.holds(&namespace)));

    // The hash may be of the packed bytes, or of what is in them.
    publish(&server, DATABASE, &packed(&first), &packed(&first));
    assert!(bench.namespaces(&["secureos:rolling"]).gaps.is_empty());
    assert_eq!(bench.records(key), ["CVE-2025-1"]);
    publish(&server, DATABASE, &packed(&second), &second);
    assert!(bench.namespaces(&["secureos:rolling"]).gaps.is_empty());
    assert_eq!(bench.records(key), ["CVE-2025-2"]);
    let report = bench.namespaces(&["secureos:rolling"]);
    assert_eq!([outcome(&report, POINTER), outcome(&report, DATABASE)], [&SourceOutcome::Unchanged; 2]);

    // A pointer away from the vendor's host is not followed, and the last good state stands.
    for url in ["https://elsewhere.example/secdb.json.gz", "https://security.secureos.io.example/a"] {
        publish(&server, url, &packed(&first), &packed(&first));
        let report = bench.namespaces(&["secureos:rolling"]);
        assert!(is_refused(outcome(&report, POINTER), "away from its host"), "{report:#?}");
        assert!(!server.requests().iter().any(|request| request.path.contains("example")));
        assert_eq!(bench.records(key), ["CVE-2025-2"]);
    }
    let pointer = json!({"latest_url": DATABASE}).to_string();
    server.serve("/security.secureos.io/v1/latest.json", pointer);
    assert!(!bench.namespaces(&["secureos:rolling"]).gaps.is_empty());
    assert_eq!(bench.records(key), ["CVE-2025-2"]);
}

/// (package, id, version) of every row.
fn rows(namespaces: &Namespaces) -> BTreeSet<(String, String, String)> {
    let mut rows = BTreeSet::new();
    for advisory in namespaces.values().flat_map(|records| records.values()) {
        for affected in &advisory.affected {
            let mut add = |version: &str| {
                rows.insert((affected.key.name.to_string(), advisory.id.clone(), version.to_owned()));
            };
            let events = affected.ranges.iter().flat_map(|range| &range.events);
            let fixed = events.filter_map(|event| match event {
                RangeEvent::Fixed(version) => Some(version.as_str()),
                _ => None,
            });
            match affected.status {
                Status::NotAffected => add("0"),
                _ if affected.ranges.is_empty() => add("-"),
                _ => fixed.for_each(add),
            }
        }
    }
    rows
}

#[test]
fn real_databases_give_the_rows_that_the_documents_hold() {
    let Some(data) = testkit::data::require("real_databases_give_the_rows") else { return };
    let vendor = "feeds/vendor";
    for (name, feed, path) in [
        ("wolfi", "wolfi:rolling", "feeds/wolfi/2024-01-01/security.json".to_owned()),
        ("wolfi", "wolfi:rolling", "feeds/wolfi/2025-01-01/security.json".to_owned()),
        ("wolfi", "wolfi:rolling", format!("{vendor}/vunnel/wolfi/input/secdb/security.json")),
        ("wolfi", "wolfi:rolling", format!("{vendor}/vuln-list-update/wolfi/testdata/security.json")),
        ("chainguard", "chainguard:rolling", format!("{vendor}/vunnel/chainguard/input/secdb/security.json")),
        (
            "chainguard",
            "chainguard:rolling",
            format!("{vendor}/vuln-list-update/chainguard/testdata/security.json"),
        ),
        ("minimos", "minimos:rolling", format!("{vendor}/vunnel/minimos/input/secdb/security.json")),
        ("minimos", "minimos:rolling", format!("{vendor}/vuln-list-update/minimos/testdata/security.json")),
        ("secureos", "secureos:rolling", format!("{vendor}/vunnel/secureos/input/secdb/secdb.json")),
    ] {
        let bytes = testkit::data::read(&data.join(&path));
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let mut expected = BTreeSet::new();
        for package in document["packages"].as_array().unwrap() {
            let package = &package["pkg"];
            let name = package["name"].as_str().unwrap().to_lowercase();
            for (version, ids) in package["secfixes"].as_object().unwrap() {
                for id in ids.as_array().unwrap() {
                    let id = id.as_str().unwrap().split(' ').next().unwrap();
                    expected.insert((name.clone(), id.to_owned(), version.clone()));
                }
            }
        }
        let (namespaces, remarks) = read(provider(name), feed, &[bytes]).unwrap();
        assert_eq!(remarks, crate::advisories::Remarks::default(), "{path}");
        let actual = rows(&namespaces);
        let differing: Vec<_> = actual.symmetric_difference(&expected).take(10).collect();
        assert!(differing.is_empty() && !expected.is_empty(), "{path}: {differing:?}");
    }
    for path in ["vunnel/echo/input/echo-advisories/data.json", "vuln-list-update/echo/testdata/valid.json"] {
        let bytes = testkit::data::read(&data.join(vendor).join(path));
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let mut expected = BTreeSet::new();
        for (name, issues) in document.as_object().unwrap() {
            for (id, issue) in issues.as_object().unwrap() {
                let version = issue["fixed_version"].as_str().unwrap_or("-");
                expected.insert((name.clone(), id.clone(), version.to_owned()));
            }
        }
        let (namespaces, _) = read(provider("echo"), "echo", &[bytes]).unwrap();
        assert_eq!(rows(&namespaces), expected, "{path}");
    }
    let invalid = testkit::data::read(&data.join(vendor).join("vuln-list-update/echo/testdata/invalid.json"));
    assert!(read(provider("echo"), "echo", &[invalid]).is_err());
}

const REJECTIONS: &str = "gitlab.alpinelinux.org/alpine/security/security-rejections/-/raw/master/main.yaml";

/// How often the list was asked for so far.
fn n_asked(server: &Server) -> usize {
    server.requests_for(&format!("/{REJECTIONS}")).len()
}

#[test]
fn what_was_rejected_is_asked_once_for_all_releases_and_reaches_each() {
    let mut bench = Bench::new();
    bench.mirror.secdb("3.19", "main", "libdemo\n  1.4.2-r1 CVE-2025-10001\n");
    bench.mirror.secdb("3.19", "community", "tool\n  2.0-r0 CVE-2025-10003\n");
    bench.mirror.file(REJECTIONS, "libdemo:\n  - CVE-2025-10001\n");
    let server = bench.serve();
    let is_rejected = |bench: &Bench, release: &str| {
        let rows = bench.rows(&format!("alpine:{release}|source|libdemo")).rows.into_values().flatten();
        rows.filter(|row| row.record == "CVE-2025-10001").map(|row| row.affected.status).collect::<Vec<_>>()
            == [Status::NotAffected]
    };
    let report = bench.namespaces(&["alpine:3.19", "alpine:3.20"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert!(is_rejected(&bench, "3.19") && is_rejected(&bench, "3.20"));
    assert_eq!(n_asked(&server), 1);
    assert!(!bench.namespaces(&["alpine:3.19", "alpine:3.20"]).changed);

    // A list that is read for one release is read for the other at the next chance, though it has not changed since.
    bench.mirror.file(REJECTIONS, "tool:\n  - CVE-2025-10003\n");
    bench.namespaces(&["alpine:3.19"]);
    assert!(!is_rejected(&bench, "3.19") && is_rejected(&bench, "3.20"));
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(!is_rejected(&bench, "3.20") && report.gaps.is_empty(), "{report:#?}");
    assert!(!bench.namespaces(&["alpine:3.19", "alpine:3.20"]).changed);

    // A list that is damaged is refused, and named.
    bench.mirror.file(REJECTIONS, "nothing to see here\n");
    let report = bench.namespaces(&["alpine:3.19", "alpine:3.20"]);
    assert!(report.gaps.iter().any(|gap| gap.detail.contains("rejected reports")), "{report:#?}");
    assert!(!is_rejected(&bench, "3.19") && bench.records("alpine:3.20|source|tool") == ["CVE-2025-10003"]);
    // That there are lists makes no release exist.
    bench.mirror.file(REJECTIONS, "tool:\n  - CVE-2025-10003\n");
    let report = bench.namespaces(&["alpine:3.99"]);
    assert!(!bench.held().contains(&"alpine:3.99".to_owned()) && !report.gaps.is_empty(), "{report:#?}");
    // Nor does one list that cannot be had take what is held away.
    server.always(&format!("/{REJECTIONS}"), Behaviour::Status { code: 404, retry_after: None });
    assert!(bench.namespaces(&["alpine:3.20"]).gaps.is_empty());
    assert_eq!(bench.records("alpine:3.20|source|libdemo").len(), 2);
}
