//! A user's own advisories beside what is published.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use fetch::origin::Origin;
use model::facts::CoverageClass;
use model::gap::GapKind;
use model::key::Namespace;
use serde_json::json;
use testkit::feeds::{osv_record, zip};
use testkit::server::{Behaviour, Server};

use super::engine::Bench;
use crate::directory::url_of;
use crate::engine::{NoProgress, sync};
use crate::error::SyncError;
use crate::report::{SourceOutcome, SyncReport};
use crate::schedule::MaxAge;
use crate::selection::{Named, Selection};

/// A statement of the status `list` about the package `purl`.
fn vex(id: &str, version: u32, date: &str, cve: &str, list: &str, purl: &str) -> String {
    json!({"document": {"tracking": {"id": id, "version": version.to_string(), "current_release_date": date}},
        "product_tree": {"full_product_names": [
            {"name": "p", "product_id": "p", "product_identification_helper": {"purl": purl}}]},
        "vulnerabilities": [{"cve": cve, "product_status": {list: ["p"]}}]})
    .to_string()
}

const OLD: &str = "2025-05-01T00:00:00Z";
const NEW: &str = "2025-06-01T00:00:00Z";

fn own(id: &str, ecosystem: &str, name: &str) -> String {
    osv_record(id, &[], ecosystem, name, "introduced 0").to_string()
}

impl Bench {
    fn place(&self, name: &str) -> PathBuf {
        let place = self.dir.path().join(name);
        fs::create_dir_all(&place).unwrap();
        place
    }

    fn write(&self, place: &str, file: &str, text: &str) {
        let path = self.place(place).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Takes the directories for the user's own.
    fn name_private(&mut self, places: &[&str]) {
        let places = places.iter().map(|place| url_of(&self.dir.path().join(place))).collect();
        self.named = Named { private: Some(places), ..Named::default() };
    }
}

fn gap(report: &SyncReport) -> String {
    let of_private: Vec<String> = report
        .gaps
        .iter()
        .filter(|gap| gap.place == "private")
        .map(|gap| format!("{} {}", gap.kind.as_str(), gap.detail))
        .collect();
    of_private.join("\n")
}

#[test]
fn a_directory_lies_beside_what_is_published() {
    let mut bench = Bench::new();
    bench.write("own", "a.json", &own("OWN-1", "PyPI", "demo"));
    bench.write(
        "own",
        "deep/b.json",
        &vex("ACME-1", 1, OLD, "CVE-2025-10001", "known_not_affected", "pkg:pypi/demo@1.0"),
    );
    bench.write("own", "readme.txt", "no advisory");
    bench.write("own", ".hidden/c.json", "no advisory");
    bench.name_private(&["own"]);
    let report = bench.only(&["pypi"]);
    assert_eq!(gap(&report), "");
    assert_eq!(bench.records("pypi|language|demo"), ["PYSEC-2025-1", "ACME-1:CVE-2025-10001", "OWN-1"]);
    let entry = bench.current().namespaces().into_iter().find(|entry| entry.name.as_str() == "pypi").unwrap();
    let stamps: Vec<(&str, CoverageClass)> =
        entry.providers.iter().map(|stamp| (stamp.name.as_str(), stamp.coverage)).collect();
    assert_eq!(stamps, [("osv", CoverageClass::Complete), ("private", CoverageClass::FixOnly)]);
    let facts = bench.current().facts().unwrap();
    let pypi = &facts.namespaces[&Namespace::new("pypi")];
    assert_eq!(
        (pypi.coverage, pypi.providers.clone()),
        (CoverageClass::Complete, vec!["osv".into(), "private".into()])
    );

    // Nothing has changed: nothing is written, and nothing is asked.
    let id = report.snapshot;
    let report = bench.only(&["pypi"]);
    assert_eq!((report.snapshot.clone(), report.changed), (id.clone(), false));
    bench.max_age = MaxAge::Of(jiff::SignedDuration::from_hours(100));
    fs::remove_file(bench.feeds().path().join("downloads/lock")).unwrap();
    bench.only(&["pypi"]);
    assert!(
        !bench.feeds().path().join("downloads/lock").exists(),
        "a directory without changes needs no lock"
    );
    // The next sync does not name it: what was read stays.
    let named = std::mem::take(&mut bench.named);
    bench.later(1);
    assert_eq!(bench.only(&["pypi"]).snapshot, id);
    // A file that is gone takes its rows along, however long ago the directory was read.
    bench.named = named;
    bench.max_age = MaxAge::Of(jiff::SignedDuration::from_hours(100));
    fs::remove_file(bench.place("own").join("a.json")).unwrap();
    bench.only(&["pypi"]);
    assert_eq!(bench.records("pypi|language|demo"), ["PYSEC-2025-1", "ACME-1:CVE-2025-10001"]);
    // Naming none forgets all.
    bench.named.private = Some(Vec::new());
    bench.only(&["pypi"]);
    assert_eq!(bench.records("pypi|language|demo"), ["PYSEC-2025-1"]);
    let settled = bench.only(&["pypi"]);
    assert!(!settled.changed);
}

#[test]
fn neither_number_nor_order_of_the_places_matters() {
    let ids: Vec<Option<String>> = [["one", "two"], ["two", "one"]]
        .into_iter()
        .map(|places| {
            let mut bench = Bench::new();
            bench.write("one", "a.json", &own("OWN-1", "npm", "demo"));
            bench.write("two", "a.json", &own("OWN-2", "npm", "demo"));
            bench.name_private(&places);
            let report = bench.only(&[]);
            assert_eq!(bench.records("npm|language|demo"), ["OWN-1", "OWN-2"]);
            report.snapshot
        })
        .collect();
    assert_eq!(ids[0], ids[1]);

    // One that is no longer named takes its rows along.
    let mut bench = Bench::new();
    bench.write("one", "a.json", &own("OWN-1", "npm", "demo"));
    bench.write("two", "a.json", &own("OWN-2", "hex", "demo"));
    bench.name_private(&["one", "two"]);
    bench.only(&[]);
    assert!(bench.records("hex|language|demo").is_empty(), "OSV spells it `Hex`");
    bench.write("two", "a.json", &own("OWN-2", "Hex", "demo"));
    bench.only(&[]);
    assert_eq!(bench.records("hex|language|demo"), ["OWN-2"]);
    bench.name_private(&["one"]);
    bench.only(&[]);
    assert_eq!(bench.records("hex|language|demo"), [""; 0]);
    assert_eq!(bench.records("npm|language|demo"), ["OWN-1"]);
}

#[test]
fn a_broken_file_or_a_lost_directory_leaves_what_was_read() {
    let mut bench = Bench::new();
    bench.write("one", "a.json", &own("OWN-1", "npm", "demo"));
    bench.write("two", "b.json", &own("OWN-2", "npm", "demo"));
    bench.name_private(&["one", "two"]);
    bench.only(&[]);
    bench.write("one", "a.json", &own("OWN-1", "npm", "demo")[..40]);
    bench.write("one", "c.json", &own("OWN-3", "npm", "demo"));
    bench.write("two", "b.json", &own("OWN-4", "npm", "demo"));
    let report = bench.only(&[]);
    assert!(gap(&report).starts_with(GapKind::STALE_FEED.as_str()), "{}", gap(&report));
    assert!(gap(&report).contains("`a.json` is not the JSON"), "{}", gap(&report));
    assert_eq!(bench.records("npm|language|demo"), ["OWN-1", "OWN-4"]);
    let failed = |report: &SyncReport| {
        let failed = report.sources.iter().filter(|it| matches!(it.outcome, SourceOutcome::Failed { .. }));
        failed.count()
    };
    assert_eq!(failed(&report), 1);
    for (name, text) in [("neither.json", "{\"id\": \"X\"}"), ("list.json", "[]"), ("empty.json", "")] {
        fs::remove_dir_all(bench.place("one")).unwrap();
        bench.write("one", name, text);
        let report = bench.only(&[]);
        assert!(gap(&report).contains(name), "{}", gap(&report));
        assert_eq!(bench.records("npm|language|demo"), ["OWN-1", "OWN-4"]);
    }
    for what in ["an empty directory", "none"] {
        fs::remove_dir_all(bench.place("one")).unwrap();
        if what != "none" {
            bench.place("one");
        }
        let report = bench.only(&[]);
        assert!(gap(&report).contains("cannot be read"), "{}", gap(&report));
        assert_eq!(
            (failed(&report), bench.records("npm|language|demo")),
            (1, vec!["OWN-1".to_owned(), "OWN-4".to_owned()])
        );
        bench.place("one");
    }
    // It heals.
    bench.write("one", "a.json", &own("OWN-5", "npm", "demo"));
    assert_eq!(gap(&bench.only(&[])), "");
    assert_eq!(bench.records("npm|language|demo"), ["OWN-4", "OWN-5"]);
}

#[test]
fn namespaces_that_nobody_else_fills_claim_no_coverage() {
    let mut bench = Bench::new();
    bench.write("own", "a.json", &own("OWN-1", "PyPI", "demo"));
    bench.write("own", "b.json", &own("OWN-2", "AlmaLinux:99", "demo"));
    bench.name_private(&["own"]);
    bench.only(&[]);
    let facts = bench.current().facts().unwrap();
    for namespace in ["pypi", "almalinux:99"] {
        let facts = &facts.namespaces[&Namespace::new(namespace)];
        assert_eq!(
            (facts.coverage, facts.providers.join(" ")),
            (CoverageClass::FixOnly, "private".to_owned())
        );
    }
    assert_eq!(bench.records("almalinux:99|source|demo"), ["OWN-2"]);
    assert_eq!(bench.records("almalinux:99|binary|demo"), ["OWN-2"]);
    bench.only(&["pypi"]);
    let facts = bench.current().facts().unwrap();
    assert_eq!(facts.namespaces[&Namespace::new("pypi")].coverage, CoverageClass::Complete);
}

#[test]
fn what_is_not_understood_of_ones_own_is_a_gap() {
    let mut bench = Bench::new();
    bench.write("own", "a.json", &vex("A", 1, OLD, "CVE-2025-1", "known_not_affected", "pkg:deb/demo"));
    bench.name_private(&["own"]);
    let report = bench.only(&[]);
    assert!(gap(&report).contains("1 times a package of no distribution that is known"), "{}", gap(&report));
    let again = bench.only(&[]);
    assert_eq!(gap(&again), gap(&report));
}

#[test]
fn the_newest_state_of_a_document_stands() {
    let mut bench = Bench::new();
    let purl = "pkg:npm/demo";
    bench.write("own", "1.json", &vex("A", 2, NEW, "CVE-2025-1", "known_not_affected", purl));
    bench.write("own", "2.json", &vex("A", 1, OLD, "CVE-2025-2", "known_affected", purl));
    bench.write("own", "3.json", &vex("B", 10, NEW, "CVE-2025-3", "known_affected", purl));
    bench.write("own", "4.json", &vex("B", 9, NEW, "CVE-2025-4", "known_affected", purl));
    bench.name_private(&["own"]);
    bench.only(&[]);
    assert_eq!(bench.records("npm|language|demo"), ["A:CVE-2025-1", "B:CVE-2025-3"]);
}

#[test]
fn documents_of_different_kinds_about_one_id_stand_side_by_side() {
    let mut bench = Bench::new();
    let of_kind = |name: &str| {
        let case = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/provider/private/kinds");
        fs::read_to_string(PathBuf::from(case).join(name)).unwrap()
    };
    for name in ["a-record.json", "b-csaf.json", "d-openvex.json"] {
        bench.write("own", name, &of_kind(name));
    }
    bench.name_private(&["own"]);
    assert_eq!(gap(&bench.only(&[])), "");
    assert_eq!(bench.records("debian:12|binary|libdemo"), ["CVE-2025-10001"]);
    let statuses = |bench: &Bench| -> Vec<String> {
        let rows = bench.rows("npm|language|other").rows.into_values().flatten();
        let mut statuses: Vec<String> = rows.map(|row| format!("{:?}", row.affected.status)).collect();
        statuses.sort();
        statuses
    };
    assert_eq!(statuses(&bench), ["Affected", "Affected", "NotAffected"]);
    // Of those of one kind the newest stands, and the other is counted.
    bench.write("own", "c-older.json", &of_kind("c-older.json"));
    assert!(gap(&bench.only(&[])).contains("1 times older state of a document"), "{}", gap(&bench.only(&[])));
    assert_eq!(statuses(&bench), ["Affected", "Affected", "NotAffected"]);
    // A record that was taken back says nothing beside what stands.
    let withdrawn = of_kind("a-record.json").replacen('{', "{\"withdrawn\": \"2025-07-01T00:00:00Z\", ", 1);
    bench.write("own", "a-record.json", &withdrawn);
    bench.only(&[]);
    assert_eq!(statuses(&bench), ["Affected", "NotAffected"]);
}

#[test]
fn a_url_is_a_file_an_archive_or_a_list_of_files() {
    let mut bench = Bench::new();
    let server = Server::new();
    let file = |path: &str, text: &str| server.serve(path, text.as_bytes().to_vec());
    file("/one.json", &own("OWN-1", "npm", "demo"));
    server.serve("/all.zip", zip(&[("a.json".to_owned(), own("OWN-2", "npm", "demo").into_bytes())]));
    file("/own/index.txt", "2025/a.json\n./2025/b.json\n");
    file("/own/2025/a.json", &own("OWN-3", "npm", "demo"));
    file("/own/2025/b.json", &own("OWN-4", "npm", "demo"));
    bench.origin = Origin::Network;
    let urls = ["/one.json", "/all.zip", "/own/"].map(|path| server.url(path)).to_vec();
    bench.named.private = Some(urls);
    assert_eq!(gap(&bench.only(&[])), "");
    let held = |bench: &Bench| bench.records("npm|language|demo").join(" ");
    assert_eq!(held(&bench), "OWN-1 OWN-2 OWN-3 OWN-4");

    // Asked conditionally; what is cut, lost or no advisory leaves what is held of it.
    let n_seen = server.requests().len();
    bench.later(1);
    assert!(!bench.only(&[]).changed);
    assert!(server.requests()[n_seen..].iter().all(|request| request.header("if-none-match").is_some()));
    server.always("/one.json", Behaviour::Status { code: 404, retry_after: None });
    server.always("/all.zip", Behaviour::Html);
    file("/own/2025/a.json", "{}");
    file("/own/2025/b.json", &own("OWN-5", "npm", "demo"));
    bench.later(1);
    let gaps = gap(&bench.only(&[]));
    for word in ["one.json` does not exist", "all.zip", "a.json"] {
        assert!(gaps.contains(word), "{gaps}");
    }
    assert_eq!(held(&bench), "OWN-1 OWN-2 OWN-3 OWN-5");
    // A list that leads elsewhere is no list.
    file("/own/index.txt", "../../etc/passwd.json\n");
    bench.later(1);
    assert!(gap(&bench.only(&[])).contains("no list of documents"));
    assert_eq!(held(&bench), "OWN-1 OWN-2 OWN-3 OWN-5");
    // What the list no longer names is gone.
    file("/own/index.txt", "2025/b.json\n");
    bench.later(1);
    bench.only(&[]);
    assert_eq!(held(&bench), "OWN-1 OWN-2 OWN-5");
}

#[test]
fn a_list_of_too_many_documents_is_refused_whole() {
    let mut bench = Bench::new();
    let server = Server::new();
    server.serve("/own/index.txt", b"a.json\n".to_vec());
    server.serve("/own/a.json", own("OWN-1", "npm", "demo").into_bytes());
    bench.origin = Origin::Network;
    bench.named.private = Some(vec![server.url("/own/")]);
    assert_eq!(gap(&bench.only(&[])), "");
    // Some of them would be read as if they were all.
    let list: String = (0..=200_000).map(|n| format!("{n}.json\n")).collect();
    server.serve("/own/index.txt", list.into_bytes());
    bench.later(1);
    let n_asked = server.requests().len();
    let gaps = gap(&bench.only(&[]));
    assert!(gaps.contains("passes the limit `downloads of a feed` of 200000"), "{gaps}");
    assert!(gaps.contains("index.txt"), "{gaps}");
    let asked =
        server.requests()[n_asked..].iter().map(|request| request.path.clone()).collect::<BTreeSet<_>>();
    assert!(asked.iter().map(String::as_str).eq(["/own/a.json", "/own/index.txt"]), "{asked:?}");
    assert_eq!(bench.records("npm|language|demo"), ["OWN-1"], "what is held stays");
}

#[test]
fn a_place_that_is_none_is_refused_before_anything_is_asked() {
    let bench = Bench::new();
    for (place, word) in [
        ("own", "neither a directory nor a URL"),
        ("https://example.com/feed", "a URL ends in"),
        ("https://user:secret@example.com/a.json", "a password"),
        ("https://example.com/../a.json", "no URL of a file"),
    ] {
        let named = Named { private: Some(vec![place.to_owned()]), ..Named::default() };
        let options = crate::engine::SyncOptions { named: &named, ..bench.options(Selection::All) };
        let error: SyncError = sync(&bench.feeds(), &bench.fetcher(), &options, &NoProgress).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn directories_are_read_offline() {
    let mut bench = Bench::new();
    bench.write("own", "a.json", &own("OWN-1", "npm", "demo"));
    bench.name_private(&["own"]);
    bench.origin = Origin::Offline;
    bench.named = bench.named.offline();
    assert_eq!(gap(&bench.only(&[])), "");
    assert_eq!(bench.records("npm|language|demo"), ["OWN-1"]);
    let urls = Named { private: Some(vec!["https://example.com/a.json".to_owned()]), ..Named::default() };
    assert!(urls.offline().is_empty());
}

#[test]
fn a_package_of_no_certain_release_is_of_each() {
    let mut bench = Bench::new();
    let text = vex("A", 1, OLD, "CVE-2025-10001", "known_not_affected", "pkg:deb/debian/libdemo1");
    bench.write("own", "a.json", &text);
    bench.name_private(&["own"]);
    assert_eq!(gap(&bench.only(&["debian"])), "");
    for release in ["debian:11", "debian:12", "debian:unstable"] {
        assert_eq!(bench.records(&format!("{release}|binary|libdemo1")), ["A:CVE-2025-10001"], "{release}");
    }
}

#[test]
fn they_can_be_asked_for_alone() {
    let mut bench = Bench::new();
    let names = ["private".to_owned()];
    let options = bench.options(Selection::Only(&names));
    let error = sync(&bench.feeds(), &bench.fetcher(), &options, &NoProgress).unwrap_err();
    assert!(error.to_string().contains("no place of your own advisories"), "{error}");
    bench.write("own", "a.json", &own("OWN-1", "npm", "demo"));
    bench.name_private(&["own"]);
    let report = bench.only(&["private"]);
    assert!(report.unanswered.is_empty() && report.sources.len() == 1, "{report:#?}");
    fs::remove_dir_all(bench.place("own")).unwrap();
    assert!(!bench.only(&["private"]).gaps.is_empty());
}

#[test]
fn a_file_too_large_is_named() {
    let mut bench = Bench::new();
    bench.write("own", "a.json", &own("OWN-1", "npm", "demo"));
    bench.name_private(&["own"]);
    bench.limits.record_bytes_max = 20;
    let report = bench.only(&[]);
    assert!(gap(&report).contains("`a.json`: passes the limit `record_bytes_max` of 20"), "{}", gap(&report));
}
