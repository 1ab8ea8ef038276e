//! Bodhi's pages through the engine, and its real samples.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::server::{Behaviour, Reply, Resource, Server};

use super::engine::{Bench, outcome};
use super::{provider, read};
use crate::report::{SourceOutcome, SyncReport};

const LISTING: &str =
    "https://bodhi.fedoraproject.org/updates/?releases=F42&status=stable&type=security&rows_per_page=100";

/// Where a mirror has what `query` (behind [`LISTING`]) gives.
fn path(query: &str) -> String {
    let listing = LISTING["https:/".len()..].replacen("/?", "/index.html%3F", 1);
    format!("{listing}{query}")
}

fn update(n: usize, pushed: &str) -> Value {
    json!({"alias": format!("FEDORA-2025-{n:010}"), "status": "stable", "severity": "high", "title": "demo",
           "date_pushed": format!("{pushed} 01:00:00"), "release": {"name": "F42", "version": "42"},
           "builds": [{"nvr": format!("demo-{n}-1.fc42"), "epoch": 0, "type": "rpm"}],
           "bugs": [{"bug_id": n, "security": true, "title": format!("CVE-2025-{n} demo: x")}]})
}

fn page(updates: &[Value], number: usize, n_pages: usize, total: usize) -> String {
    json!({"updates": updates, "page": number, "pages": n_pages, "rows_per_page": 100, "total": total})
        .to_string()
}

/// A page as Bodhi sends it: with no validators.
fn serve(server: &Server, query: &str, body: String) {
    let resource = Resource { etag: None, last_modified: None, ranges: false, ..Resource::new(body) };
    server.serve_resource(&path(query), resource);
}

/// The queries asked since the last call.
fn asked(server: &Server, n_seen: &mut usize) -> BTreeSet<String> {
    let requests = server.requests();
    let listing = path("");
    let new = requests[*n_seen..].iter().filter_map(|request| request.path.strip_prefix(&listing));
    let queries = new.map(str::to_owned).collect();
    *n_seen = requests.len();
    queries
}

fn set(queries: &[&str]) -> BTreeSet<String> {
    queries.iter().map(|query| (*query).to_owned()).collect()
}

fn sync(bench: &Bench) -> SyncReport {
    bench.namespaces(&["fedora:42"])
}

const KEY: &str = "fedora:42|source|demo";

#[test]
fn a_listing_is_read_by_its_pages_and_then_what_was_pushed_since() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let mut n_seen = 0;
    serve(&server, "&page=1", page(&[update(10001, "2025-06-01")], 1, 3, 3));
    serve(&server, "&page=2", page(&[update(10002, "2025-06-04")], 2, 3, 3));
    serve(&server, "&page=3", page(&[update(10003, "2025-05-01")], 3, 3, 3));
    let report = sync(&bench);
    assert!(report.gaps.is_empty() && report.unanswered.is_empty(), "{report:#?}");
    assert_eq!(asked(&server, &mut n_seen), set(&["&page=1", "&page=2", "&page=3"]));
    assert_eq!(bench.records(KEY), ["CVE-2025-10001", "CVE-2025-10002", "CVE-2025-10003"]);

    // Without the later query, as in a mirror of files, the listing is asked for itself, and is as it was.
    bench.later(1);
    let report = sync(&bench);
    assert!(!report.changed && report.gaps.is_empty(), "{report:#?}");
    let since = "&pushed_since=2025-06-03";
    let with = |page: &str| format!("{since}{page}");
    assert!(asked(&server, &mut n_seen).contains(&with("&page=1")));

    // With it nothing else is asked for, by pages as well.
    serve(
        &server,
        &with("&page=1"),
        page(&[update(10002, "2025-06-04"), update(10004, "2025-06-05")], 1, 2, 3),
    );
    serve(&server, &with("&page=2"), page(&[update(10005, "2025-06-05")], 2, 2, 3));
    bench.later(1);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(asked(&server, &mut n_seen), BTreeSet::from([with("&page=1"), with("&page=2")]));
    assert_eq!(bench.records(KEY).len(), 5);
    let fresh = Bench::new();
    for (number, updates) in [[10001, 10004], [10002, 10005]].into_iter().enumerate() {
        let dates = |n: &usize| {
            if *n == 10001 {
                "2025-06-01"
            } else if *n == 10002 {
                "2025-06-04"
            } else {
                "2025-06-05"
            }
        };
        let mut updates: Vec<Value> = updates.iter().map(|n| update(*n, dates(n))).collect();
        updates.extend((number == 1).then(|| update(10003, "2025-05-01")));
        let name = path(&format!("&page={}", number + 1)).replace("%3F", "?");
        fresh.mirror.file(&name[1..], page(&updates, number + 1, 2, 5));
    }
    assert_eq!(sync(&fresh).snapshot, report.snapshot, "the same updates in other pages");

    // A week later the whole listing is asked for again.
    serve(&server, "&page=1", page(&[update(10001, "2025-06-01"), update(10004, "2025-06-05")], 1, 3, 4));
    bench.later(8 * 24);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(asked(&server, &mut n_seen), set(&["&page=1", "&page=2", "&page=3"]));
    assert_eq!(bench.records(KEY).len(), 4);
}

#[test]
fn a_page_that_is_cut_absent_or_no_page_leaves_the_last_good_state() {
    let mut bench = Bench::new();
    let server = bench.serve();
    serve(&server, "&page=1", page(&[update(10001, "2025-06-01"), update(10002, "2025-06-02")], 1, 2, 3));
    serve(&server, "&page=2", page(&[update(10004, "2025-06-02")], 2, 2, 3));
    let first = sync(&bench);
    assert_eq!(bench.records(KEY).len(), 3);
    bench.later(8 * 24);
    // An update that is new moves another one to the second page.
    serve(&server, "&page=1", page(&[update(10003, "2025-06-09"), update(10001, "2025-06-01")], 1, 2, 4));
    let whole = page(&[update(10002, "2025-06-02"), update(10004, "2025-06-02")], 2, 2, 4);
    serve(&server, "&page=2", whole.clone());
    let error = Reply::new(200).body(r#"{"status": "error", "errors": []}"#);
    for behaviour in [
        Behaviour::Instead(Resource::new(&whole.as_bytes()[..whole.len() - 3])),
        Behaviour::Html,
        Behaviour::Reply(error),
        Behaviour::Status { code: 500, retry_after: None },
    ] {
        server.always(&path("&page=2"), behaviour.clone());
        let report = sync(&bench);
        let page = format!("{LISTING}&page=2");
        assert!(matches!(outcome(&report, &page), SourceOutcome::Failed { .. }), "{behaviour:?} {report:#?}");
        assert!(!report.gaps.is_empty());
        assert_eq!(report.snapshot, first.snapshot, "{behaviour:?}");
    }
    server.always(&path("&page=2"), Behaviour::Well);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(bench.records(KEY).len(), 4);
}

#[test]
fn real_updates_give_the_rows_that_another_route_gives() {
    let Some(data) = testkit::data::require("real_updates_give_the_rows") else { return };
    for (release, files, expected) in [
        ("40", vec!["input/FEDORA-2025-bbb2222222", "input/FEDORA-2025-ddd4444444"], 2),
        (
            "21",
            vec![
                "merge-input/FEDORA-2014-15583",
                "merge-input/FEDORA-2015-3186",
                "merge-input/FEDORA-EPEL-2017-a8886eb42e",
            ],
            6,
        ),
    ] {
        let dir = data.join("feeds/vendor/vunnel/fedora");
        let read_file = |file: &&str| -> Value {
            serde_json::from_slice(&testkit::data::read(&dir.join(format!("{file}.json")))).unwrap()
        };
        let updates: Vec<Value> = files.iter().map(read_file).collect();
        // By another route: every CVE-shaped word of what is marked, or of the name.
        let mut rows = BTreeSet::new();
        for update in updates.iter().filter(|update| update["release"]["id_prefix"] == "FEDORA") {
            let bugs = update["bugs"].as_array().unwrap().iter().filter(|bug| bug["security"] == true);
            let mut text: String = bugs.map(|bug| format!("{} ", bug["title"])).collect();
            if !text.contains("CVE-") {
                text = update["display_name"].to_string();
            }
            for build in update["builds"].as_array().unwrap() {
                let nvr = build["nvr"].as_str().unwrap();
                let name = nvr.rsplitn(3, '-').nth(2).unwrap();
                for word in text.split(|it: char| it != '-' && !it.is_ascii_alphanumeric()) {
                    if word.starts_with("CVE-") {
                        rows.insert((word.to_owned(), name.to_owned()));
                    }
                }
            }
        }
        assert_eq!(rows.len(), expected);
        let feed = format!("fedora:{release}");
        let (namespaces, _) =
            read(provider("fedora"), &feed, &[page(&updates, 1, 1, updates.len()).into_bytes()]).unwrap();
        let mut actual = BTreeSet::new();
        for advisory in namespaces.values().flat_map(|records| records.values()) {
            actual
                .extend(advisory.affected.iter().map(|row| (advisory.id.clone(), row.key.name.to_string())));
        }
        assert_eq!(actual, rows);
    }
}
