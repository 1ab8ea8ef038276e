//! Syncs of NVD from a host that behaves as NVD's do.

use std::io::Write;

use serde_json::{Value, json};
use testkit::server::{Behaviour, Resource, Server};

use super::engine::{Bench, is_updated, outcome};
use crate::plan::plan;
use crate::report::{SourceOutcome, SyncReport};
use crate::selection::Selection;

const FILES: &str = "https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-";
const API: &str = "https://services.nvd.nist.gov/rest/json/cves/2.0?";
const DEMO: &str = "cpe:3d|cpe|acme:demo";
const TOOL: &str = "cpe:10|cpe|acme:tool";

/// A record that is about all versions of `product`.
fn cve(id: &str, day: &str, product: &str) -> Value {
    json!({"cve": {"id": id, "lastModified": format!("2025-{day}T10:00:00.000"), "vulnStatus": "Analyzed",
        "configurations": [{"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [
            {"vulnerable": true, "criteria": format!("cpe:2.3:a:acme:{product}:*:*:*:*:*:*:*:*")}]}]}]}})
}

fn rejected(id: &str, day: &str) -> Value {
    json!({"cve": {"id": id, "lastModified": format!("2025-{day}T10:00:00.000"), "vulnStatus": "Rejected",
        "descriptions": [{"lang": "en", "value": "Rejected reason: a duplicate."}]}})
}

fn document(records: &[Value]) -> Vec<u8> {
    page(records, 0, records.len(), "2025-06-06T03:00:00.000")
}

fn page(records: &[Value], start: usize, total: usize, made_at: &str) -> Vec<u8> {
    json!({"resultsPerPage": records.len(), "startIndex": start, "totalResults": total, "format": "NVD_CVE",
           "version": "2.0", "timestamp": made_at, "vulnerabilities": records})
    .to_string()
    .into_bytes()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn meta(content: &[u8]) -> String {
    let sum = testkit::image::sha256(content).to_uppercase();
    let size = content.len();
    format!(
        "lastModifiedDate:2025-06-06T03:00:00-04:00\r\nsize:{size}\r\nzipSize:1\r\ngzSize:1\r\nsha256:{sum}\r\n"
    )
}

/// Where a mirror has `url`.
fn path(url: &str) -> String {
    match url["https:/".len()..].split_once('?') {
        Some((path, query)) => format!("{path}%3F{}", query.replace('%', "%25")),
        None => url["https:/".len()..].to_owned(),
    }
}

fn file(name: &str) -> String {
    path(&format!("{FILES}{name}.json.gz"))
}

/// Serves a file and its `.meta`.
fn serve(server: &Server, name: &str, records: &[Value]) {
    let content = document(records);
    server.serve(&file(name), gzip(&content));
    server.serve(&path(&format!("{FILES}{name}.meta")), meta(&content));
}

/// A host with a file for every year, of which that of 2025 has `records`.
fn host(bench: &mut Bench, records: &[Value]) -> Server {
    let server = bench.serve();
    for year in 2002..2025 {
        serve(&server, &year.to_string(), &[]);
    }
    serve(&server, "2025", records);
    serve(&server, "modified", &[]);
    server
}

fn sync(bench: &Bench) -> SyncReport {
    bench.namespaces(&["cpe:3d"])
}

/// The last parts of the paths asked since the last call, in the order of asking.
fn asked(server: &Server, n_seen: &mut usize) -> Vec<String> {
    let requests = server.requests();
    let nvd = requests[*n_seen..].iter().filter(|request| request.path.contains(".nist.gov/"));
    let names = nvd.map(|request| request.path.rsplit('/').next().unwrap().to_owned()).collect();
    *n_seen = requests.len();
    names
}

/// The page of the window of `from` to `to` that starts with record `start`.
fn window(from: &str, to: &str, start: usize) -> String {
    let time = |time: &str| format!("2025-{time}:00.000%2B00:00");
    let (from, to) = (time(from), time(to));
    format!("{API}lastModStartDate={from}&lastModEndDate={to}&resultsPerPage=2000&startIndex={start}")
}

#[test]
fn yearly_files_are_checked_by_their_meta_and_then_updated_by_what_changed() {
    let mut bench = Bench::new();
    let records = [cve("CVE-2025-10001", "06-01", "demo"), cve("CVE-2025-10002", "06-01", "demo")];
    let server = host(&mut bench, &records);
    let mut n_seen = 0;
    let report = sync(&bench);
    assert!(report.gaps.is_empty() && report.unanswered.is_empty(), "{:#?}", report.gaps);
    let names = asked(&server, &mut n_seen);
    assert_eq!(names.len(), 50);
    let (metas, files) = names.split_at(25);
    assert!(
        metas.iter().all(|name| name.ends_with(".meta")) && files.iter().all(|name| name.ends_with(".gz"))
    );
    assert_eq!(bench.records(DEMO), ["CVE-2025-10001", "CVE-2025-10002"]);
    assert_eq!(bench.records("cve:2025|cpe|CVE-2025-10002"), ["CVE-2025-10002"]);

    // Yearly files rest; what changed is asked for, and has not.
    bench.later(2);
    let report = sync(&bench);
    assert!(!report.changed && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(asked(&server, &mut n_seen), ["nvdcve-2.0-modified.meta", "nvdcve-2.0-modified.json.gz"]);
    let modified = format!("{FILES}modified.json.gz");
    assert_eq!(outcome(&report, &modified), &SourceOutcome::Unchanged);
    assert_eq!(bench.data_as_of("cpe:3d"), bench.now);

    // One is about another product now, one was rejected, one is new.
    serve(
        &server,
        "modified",
        &[
            cve("CVE-2025-10001", "06-06", "tool"),
            rejected("CVE-2025-10002", "06-06"),
            cve("CVE-2025-10003", "06-06", "demo"),
        ],
    );
    bench.later(2);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert!(is_updated(outcome(&report, &modified)));
    assert_eq!(bench.records(DEMO), ["CVE-2025-10003"]);
    assert_eq!(bench.records(TOOL), ["CVE-2025-10001"]);
    let rows = bench.rows("cve:2025|cpe|CVE-2025-10002").rows.into_values().flatten().collect::<Vec<_>>();
    assert_eq!(rows[0].state, model::advisory::RecordState::Rejected);
}

#[test]
fn content_that_is_not_what_the_meta_states_is_refused_file_by_file() {
    let mut bench = Bench::new();
    let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    sync(&bench);
    let snapshot = bench.current().id().to_owned();
    // A month later everything is asked for anew.
    bench.later(31 * 24);
    let stated = document(&[cve("CVE-2025-10001", "06-01", "demo"), cve("CVE-2025-10002", "06-20", "demo")]);
    let other = document(&[cve("CVE-2025-10009", "06-20", "demo")]);
    server.serve(&path(&format!("{FILES}2025.meta")), meta(&stated));
    server.serve(&file("2025"), gzip(&other));
    serve(&server, "2024", &[cve("CVE-2024-20001", "06-20", "tool")]);
    let report = sync(&bench);
    let url = format!("{FILES}2025.json.gz");
    let SourceOutcome::Failed { error } = outcome(&report, &url) else { panic!("{report:#?}") };
    assert!(error.contains(&testkit::image::sha256(&stated)), "{error}");
    assert_eq!(
        report.snapshot.as_deref(),
        Some(&*snapshot),
        "the windows that would fill the gap are not there"
    );
    assert!(report.gaps.iter().any(|gap| gap.detail.contains("its index states")), "{:#?}", report.gaps);

    // The host has put both in order.
    server.serve(&file("2025"), gzip(&stated));
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records(DEMO), ["CVE-2025-10001", "CVE-2025-10002"]);
    assert_eq!(bench.records(TOOL), ["CVE-2024-20001"]);
}

#[test]
fn documents_that_are_cut_absent_or_none_leave_the_last_good_state() {
    let mut bench = Bench::new();
    let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    sync(&bench);
    let snapshot = bench.current().id().to_owned();
    let content = document(&[cve("CVE-2025-10001", "06-06", "tool")]);
    let whole = gzip(&content);
    serve(&server, "modified", &[cve("CVE-2025-10001", "06-06", "tool")]);
    bench.later(1);
    for behaviour in [
        Behaviour::Instead(Resource::new(&whole[..whole.len() - 9])),
        Behaviour::Instead(Resource::new(&content[..content.len() - 2])),
        Behaviour::Html,
        Behaviour::Status { code: 403, retry_after: Some("0".to_owned()) },
        Behaviour::Status { code: 404, retry_after: None },
    ] {
        server.always(&file("modified"), behaviour.clone());
        let report = sync(&bench);
        let is_good = matches!(
            outcome(&report, &format!("{FILES}modified.json.gz")),
            SourceOutcome::Failed { .. } | SourceOutcome::Missing
        );
        assert!(is_good && !report.gaps.is_empty(), "{behaviour:?} {report:#?}");
        assert_eq!(report.snapshot.as_deref(), Some(&*snapshot), "{behaviour:?}");
    }
    // A `.meta` that is none is not what the file is measured by.
    server.always(&file("modified"), Behaviour::Well);
    server.always(&path(&format!("{FILES}modified.meta")), Behaviour::Html);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL), ["CVE-2025-10001"]);
}

#[test]
fn after_a_week_windows_of_the_api_are_read_by_their_pages_and_kept() {
    let mut bench = Bench::new();
    let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    let mut n_seen = 0;
    sync(&bench);
    asked(&server, &mut n_seen);
    // The yearly files may be from the day before: 2025-06-05T12:00 to a week later, and an hour more.
    let (from, to) = ("06-05T11:00", "06-12T12:00");
    let records: Vec<Value> =
        (0..4_100).map(|n| cve(&format!("CVE-2025-{}", 20_000 + n), "06-08", "tool")).collect();
    let made_at = "2025-06-13T12:00:00.000";
    let pages = [(0, 0..2_000), (2_000, 2_000..4_000), (4_000, 4_000..4_100)];
    for (start, range) in pages {
        server.serve(&path(&window(from, to, start)), page(&records[range], start, 4_100, made_at));
    }
    bench.later(7 * 24);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL).len(), 4_100);
    assert_eq!(bench.records(DEMO), ["CVE-2025-10001"]);
    let names = asked(&server, &mut n_seen);
    assert_eq!(names.iter().filter(|name| name.contains("startIndex")).count(), 3, "{names:?}");
    assert!(names[..2].iter().chain(&names[2..]).all(|name| !name.contains("2025.json")), "{names:?}");

    // They are over, and are not asked for again.
    bench.later(2);
    let report = sync(&bench);
    assert!(!report.changed && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(asked(&server, &mut n_seen), ["nvdcve-2.0-modified.meta", "nvdcve-2.0-modified.json.gz"]);

    // The next week has a window of its own.
    let next = window("06-12T11:00", "06-19T12:00", 0);
    server.serve(&path(&next), page(&[rejected("CVE-2025-20000", "06-15")], 0, 1, "2025-06-20T12:00:00.000"));
    bench.later(7 * 24);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL).len(), 4_099);

    // A month after their download the yearly files are asked for, and hold it all: no window is left.
    let mut all = records.clone();
    all[0] = rejected("CVE-2025-20000", "06-15");
    all.push(cve("CVE-2025-10001", "06-01", "demo"));
    serve(&server, "2025", &all);
    asked(&server, &mut n_seen);
    bench.later(16 * 24 + 1);
    let report = sync(&bench);
    assert!(report.gaps.is_empty() && !report.changed, "{:#?}", report.gaps);
    assert!(!report.sources.iter().any(|source| source.url.contains("startIndex")), "{:#?}", report.sources);
    assert_eq!(asked(&server, &mut n_seen).len(), 50);
    let kept = bench.feeds().path().join("downloads/services.nvd.nist.gov/rest/json/cves");
    assert_eq!(std::fs::read_dir(kept).unwrap().count(), 0, "what is no longer needed is removed");
}

#[test]
fn a_window_that_cannot_be_had_or_shifts_is_replaced_by_the_yearly_files() {
    let made_at = "2025-06-13T12:00:00.000";
    let url = window("06-05T11:00", "06-12T12:00", 0);
    let second = window("06-05T11:00", "06-12T12:00", 2_000);
    let records: Vec<Value> =
        (0..2_001).map(|n| cve(&format!("CVE-2025-{}", 20_000 + n), "06-08", "tool")).collect();
    let first_page = || page(&records[..2_000], 0, 2_001, made_at);
    let good = Behaviour::Well;
    for (first, last) in [
        (Behaviour::Status { code: 404, retry_after: None }, good.clone()),
        (Behaviour::Status { code: 503, retry_after: Some("0".to_owned()) }, good.clone()),
        (Behaviour::Html, good.clone()),
        (good.clone(), Behaviour::Status { code: 404, retry_after: None }),
        // A record has moved to the page that was read before.
        (good.clone(), Behaviour::Instead(Resource::new(page(&records[2_000..], 2_000, 2_002, made_at)))),
    ] {
        let mut bench = Bench::new();
        let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
        sync(&bench);
        let mut n_seen = 0;
        asked(&server, &mut n_seen);
        bench.later(7 * 24);
        server
            .serve(&path(&url), first_page())
            .serve(&path(&second), page(&records[2_000..], 2_000, 2_001, made_at));
        server.always(&path(&url), first.clone()).always(&path(&second), last.clone());
        serve(&server, "2025", &[cve("CVE-2025-10002", "06-08", "demo")]);
        let report = sync(&bench);
        assert!(report.gaps.is_empty(), "{first:?} {last:?} {:#?}", report.gaps);
        assert_eq!(bench.records(DEMO), ["CVE-2025-10002"]);
        let n_yearly = asked(&server, &mut n_seen).iter().filter(|name| name.ends_with(".json.gz")).count();
        assert_eq!(n_yearly, 25);
    }
}

#[test]
fn without_window_and_yearly_files_the_last_good_state_stays() {
    let mut bench = Bench::new();
    let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    let first = sync(&bench);
    bench.later(7 * 24);
    serve(&server, "modified", &[cve("CVE-2025-10002", "06-12", "demo")]);
    server.always(&file("2025"), Behaviour::Status { code: 500, retry_after: None });
    let report = sync(&bench);
    assert!(!report.gaps.is_empty());
    assert_eq!(report.snapshot, first.snapshot);
    assert_eq!(bench.records(DEMO), ["CVE-2025-10001"]);
}

#[test]
fn a_window_that_is_not_over_by_the_hosts_clock_is_asked_for_again() {
    let mut bench = Bench::new();
    let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    sync(&bench);
    bench.later(7 * 24);
    let url = window("06-05T11:00", "06-12T12:00", 0);
    let serve = |made_at: &str, n_records: usize| {
        let records: Vec<Value> =
            (0..n_records).map(|n| cve(&format!("CVE-2025-{}", 20_000 + n), "06-08", "tool")).collect();
        server.serve(&path(&url), page(&records, 0, n_records, made_at));
    };
    serve("2025-06-11T12:00:00.000", 1);
    sync(&bench);
    assert_eq!(bench.records(TOOL).len(), 1);
    serve("2025-06-13T12:00:00.000", 2);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL).len(), 2);
    serve("2025-06-14T12:00:00.000", 3);
    sync(&bench);
    assert_eq!(bench.records(TOOL).len(), 2);
}

#[test]
fn a_year_has_no_file_in_its_first_days() {
    let mut bench = Bench::new();
    let _server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    bench.now = "2026-01-02T12:00:00Z".parse().unwrap();
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    bench.now = "2026-01-09T12:00:00Z".parse().unwrap();
    let report = sync(&bench);
    assert!(report.gaps.iter().any(|gap| gap.detail.contains("nvdcve-2.0-2026")), "{:#?}", report.gaps);
}

#[test]
fn what_will_be_downloaded_is_said_beforehand() {
    let mut bench = Bench::new();
    let _server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    let namespaces = [model::key::Namespace::new("cpe:00")].into();
    let planned =
        plan(&bench.feeds(), &bench.fetcher(), &bench.options(Selection::Namespaces(&namespaces))).unwrap();
    let n_yearly = planned.sources.iter().filter(|source| source.url.ends_with(".json.gz")).count();
    assert_eq!(n_yearly, 25);
    assert!(planned.new_bytes() > 25 * 100, "{planned:?}");
}

#[test]
fn overrides_are_read_before_the_records() {
    let mut bench = Bench::new();
    let server = host(&mut bench, &[cve("CVE-2025-10001", "06-01", "demo")]);
    let instead = cve("CVE-2025-10001", "06-01", "tool");
    let member = json!({"cve": {"configurations": instead["cve"]["configurations"]}});
    let member = ("x/data/2025/CVE-2025-10001.json".to_owned(), member.to_string().into_bytes());
    let url = "https://github.com/anchore/nvd-data-overrides/archive/refs/heads/main.tar.gz";
    server.serve(&path(url), gzip(&super::providers::tar(&[member])));
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL), ["CVE-2025-10001"]);
    // Broken ones are not, and a gap says so; what was held of them stands.
    bench.later(25);
    server.serve(&path(url), "<html></html>");
    let report = sync(&bench);
    assert_eq!(report.gaps.len(), 1, "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL), ["CVE-2025-10001"]);
}
