//! The CVE list: real records against an independent reading, archives in archives, and syncs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use testkit::feeds::zip;
use testkit::server::{Behaviour, Resource, Server};

use super::engine::{Bench, is_updated, outcome};
use super::{provider, read_named};
use crate::report::{SourceOutcome, SyncReport};

const CHANGES: &str = "https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/deltaLog.json";
const DEMO: &str = "cpe:3d|cpe|acme:demo";
const TOOL: &str = "cpe:10|cpe|acme:tool";

fn record(id: &str, updated: &str, product: &str) -> Value {
    json!({"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": {"cveId": id, "state": "PUBLISHED",
        "dateUpdated": format!("2025-{updated}Z")}, "containers": {"cna": {"affected": [
            {"vendor": "Acme", "product": product, "versions": [{"version": "1.0", "status": "affected"}]}]}}})
}

fn rejected(id: &str, updated: &str) -> Value {
    json!({"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": {"cveId": id, "state": "REJECTED",
        "dateUpdated": format!("2025-{updated}Z")}, "containers": {"cna": {"rejectedReasons": [
            {"lang": "en", "value": "Not used."}]}}})
}

fn place(id: &str) -> String {
    let number = id.rsplit('-').next().unwrap();
    format!("2025/{}xxx/{id}.json", &number[..number.len() - 3])
}

fn inner(records: &[Value]) -> Vec<u8> {
    let member = |record: &Value| {
        let id = record["cveMetadata"]["cveId"].as_str().unwrap();
        (format!("cves/{}", place(id)), record.to_string().into_bytes())
    };
    let mut members: Vec<(String, Vec<u8>)> = records.iter().map(member).collect();
    members.push(("cves/delta.json".to_owned(), b"{}".to_vec()));
    zip(&members)
}

fn archive(records: &[Value]) -> Vec<u8> {
    zip(&[("cves.zip".to_owned(), inner(records))])
}

#[test]
fn an_archive_in_an_archive_is_read_and_leaves_nothing_behind() {
    let records =
        [record("CVE-2025-10001", "06-01T00:00:00", "demo"), rejected("CVE-2025-10002", "06-01T00:00:00")];
    let read = |bytes: &[u8]| {
        let limits = model::limits::Limits { feed_bytes_max: 100_000, ..model::limits::Limits::default() };
        read_named(provider("cve-list"), "cve-list", &[("x.zip.zip", bytes)], &limits)
    };
    for bytes in [archive(&records), inner(&records)] {
        let (namespaces, _) = read(&bytes).unwrap();
        let names: Vec<&str> = namespaces.keys().map(|namespace| namespace.as_str()).collect();
        assert_eq!(names, ["cpe:3d", "cve:2025"]);
    }
    let whole = archive(&records);
    for bytes in [
        &whole[..whole.len() / 2],
        &zip(&[("cves.zip".to_owned(), inner(&records)), ("a.txt".to_owned(), Vec::new())]),
        &zip(&[("cves.zip".to_owned(), inner(&records)[..200].to_vec())]),
        &zip(&[("cves.zip".to_owned(), inner(&[]))]),
        // A bomb.
        &zip(&[("cves.zip".to_owned(), vec![0; 200_000])]),
        b"<html></html>",
        b"",
    ] {
        assert!(read(bytes).is_err());
    }
}

#[test]
fn real_records_give_the_products_that_another_route_gives() {
    let Some(data) = testkit::data::require("real_records_give_the_products") else { return };
    let paths = |directory: &str| -> Vec<std::path::PathBuf> {
        let dir = data.join("feeds/vendor").join(directory);
        let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in ["cve5-trustify/cve", "cve5-trustify/mitre", "osv.dev/cve5"].into_iter().flat_map(paths) {
        let plain = path.extension().is_some_and(|it| it == "zst").then(|| path.with_extension(""));
        let bytes = testkit::data::read(plain.as_deref().unwrap_or(&path));
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let id = document["cveMetadata"]["cveId"].as_str().unwrap();
        let file = format!("{id}.json");
        let (namespaces, remarks) = read_named(
            provider("cve-list"),
            "cve-list",
            &[(&*file, &*bytes)],
            &model::limits::Limits::default(),
        )
        .unwrap();
        assert_eq!((remarks.n_unreadable, &remarks.unknown_words), (0, &BTreeMap::new()), "{id}");
        let mut said = BTreeSet::new();
        let mut vectors = BTreeSet::new();
        for (namespace, records) in &namespaces {
            let record = &records[id];
            vectors.extend(record.cvss.iter().map(|cvss| cvss.vector.clone()));
            for row in record.affected.iter().filter(|_| !namespace.is_cve()) {
                let n_said = row.ranges.len() + row.versions.len() + row.aside.hints.len();
                said.insert(format!("{} {n_said}", row.key.name));
            }
        }
        assert_eq!(vectors, vectors_of(&document), "{id}");
        all.entry(id.to_owned()).or_default().extend(said);
    }
    // Read off the documents by hand: the product, and how many versions, ranges and words are said to be affected.
    let expected: [(&str, &[&str]); 15] = [
        ("CVE-2016-15012", &["forcedotcom:salesforcemobilesdk-windows 1"]),
        ("CVE-2016-1897", &[]),
        ("CVE-2023-1055", &[]),
        ("CVE-2023-20862", &[]),
        ("CVE-2023-22466", &["tokio-rs:tokio 3"]),
        ("CVE-2023-39326", &["stdlib 2"]),
        ("CVE-2023-42282", &[]),
        ("CVE-2023-44487", &["ietf:http 1"]),
        ("CVE-2024-2002", &[]),
        ("CVE-2024-27088", &["medikoo:es5-ext 1"]),
        ("CVE-2024-29025", &["netty:netty 1"]),
        ("CVE-2024-3094", &[]),
        ("CVE-2024-7264", &["curl:curl 95"]),
        ("CVE-2025-4565", &["protocolbuffers:python-protobuf 3"]),
        ("CVE-2026-20912", &["gitea:gitea_open_source_git_server 1"]),
    ];
    let of = |id: &str| all.get(id).cloned().unwrap_or_default();
    for (id, products) in expected {
        assert_eq!(of(id), products.iter().map(|it| (*it).to_owned()).collect(), "{id}");
    }
    assert_eq!(all.len(), 16);
    assert_eq!(of("CVE-2026-23522"), BTreeSet::from(["lobehub:lobe-chat 1".to_owned()]));
}

/// Every vector of a document, wherever it stands.
fn vectors_of(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value.as_str()) {
                ("vectorString", Some(vector)) => BTreeSet::from([vector.to_owned()]),
                ("x_legacyV4Record", _) => BTreeSet::new(),
                _ => vectors_of(value),
            })
            .collect(),
        Value::Array(elements) => elements.iter().flat_map(vectors_of).collect(),
        _ => BTreeSet::new(),
    }
}

fn baseline(day: &str) -> String {
    format!(
        "https://github.com/CVEProject/cvelistV5/releases/download/cve_{day}_0000Z/{day}_all_CVEs_at_midnight.zip.zip"
    )
}

fn path(url: &str) -> String {
    url["https:/".len()..].to_owned()
}

fn record_url(id: &str) -> String {
    format!("https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/{}", place(id))
}

/// A list of changes: times, and the ids of that commit.
fn changes(commits: &[(&str, &[&str])]) -> String {
    let commit = |(time, ids): &(&str, &[&str])| {
        let entry =
            |id: &&str| json!({"cveId": id, "githubLink": "https://elsewhere.example/", "dateUpdated": time});
        json!({"fetchTime": format!("2025-{time}.000Z"), "numberOfChanges": ids.len(), "new": [],
               "updated": ids.iter().map(entry).collect::<Vec<_>>(), "error": []})
    };
    json!(commits.iter().map(commit).collect::<Vec<_>>()).to_string()
}

fn sync(bench: &Bench) -> SyncReport {
    bench.only(&["cve-list"])
}

fn asked(server: &Server, n_seen: &mut usize) -> BTreeSet<String> {
    let requests = server.requests();
    let names = requests[*n_seen..].iter().map(|request| request.path.rsplit('/').next().unwrap().to_owned());
    let names = names.collect();
    *n_seen = requests.len();
    names
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A host with the archive of 2025-06-05; that of the day is not there yet.
fn host(bench: &mut Bench) -> Server {
    let server = bench.serve();
    let records = [
        record("CVE-2025-10001", "06-01T00:00:00", "demo"),
        record("CVE-2025-10002", "06-01T00:00:00", "demo"),
        record("CVE-2025-10003", "06-01T00:00:00", "demo"),
    ];
    server.serve(&path(&baseline("2025-06-05")), archive(&records));
    server.serve(&path(CHANGES), changes(&[("05-10T00:00:00", &["CVE-2025-10009"])]));
    server
}

#[test]
fn an_archive_is_brought_up_to_date_by_the_records_that_changed() {
    let mut bench = Bench::new();
    let server = host(&mut bench);
    let mut n_seen = 0;
    let report = sync(&bench);
    assert!(report.gaps.is_empty() && report.unanswered.is_empty(), "{:#?}", report.gaps);
    assert_eq!(server.requests().len() - n_seen, 3, "each once");
    assert_eq!(
        asked(&server, &mut n_seen),
        set(&[
            "deltaLog.json",
            "2025-06-06_all_CVEs_at_midnight.zip.zip",
            "2025-06-05_all_CVEs_at_midnight.zip.zip"
        ])
    );
    assert_eq!(bench.records(DEMO).len(), 3);

    // One has another product, one was rejected, one is new; what changed long before is in the archive.
    server.serve(
        &path(CHANGES),
        changes(&[
            ("06-06T13:00:00", &["CVE-2025-10001", "CVE-2025-10002"]),
            ("06-06T12:30:00", &["CVE-2025-10004", "CVE-2025-10001"]),
            ("05-10T00:00:00", &["CVE-2025-10003"]),
        ]),
    );
    let new = [
        record("CVE-2025-10001", "06-06T12:59:00", "tool"),
        rejected("CVE-2025-10002", "06-06T12:58:00"),
        record("CVE-2025-10004", "06-06T12:29:00", "demo"),
    ];
    for record in &new {
        let id = record["cveMetadata"]["cveId"].as_str().unwrap();
        server.serve(&path(&record_url(id)), record.to_string());
    }
    bench.later(2);
    let report = sync(&bench);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(
        asked(&server, &mut n_seen),
        set(&["deltaLog.json", "CVE-2025-10001.json", "CVE-2025-10002.json", "CVE-2025-10004.json"])
    );
    assert_eq!(bench.records(DEMO), ["CVE-2025-10003", "CVE-2025-10004"]);
    assert_eq!(bench.records(TOOL), ["CVE-2025-10001"]);
    assert_eq!(bench.records("cve:2025|cpe|CVE-2025-10002"), ["CVE-2025-10002"]);

    // Nothing new: 304 for all.
    let report = sync(&bench);
    assert!(!report.changed && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(outcome(&report, CHANGES), &SourceOutcome::Unchanged);

    // A week later the archive is another, and holds all that: nothing else is asked for.
    bench.later(7 * 24);
    let records: Vec<Value> =
        [record("CVE-2025-10003", "06-01T00:00:00", "demo")].into_iter().chain(new).collect();
    server.serve(&path(&baseline("2025-06-13")), archive(&records));
    asked(&server, &mut n_seen);
    let report = sync(&bench);
    assert!(report.gaps.is_empty() && !report.changed, "{:#?}", report.gaps);
    assert!(is_updated(outcome(&report, &baseline("2025-06-13"))));
    assert_eq!(
        asked(&server, &mut n_seen),
        set(&["deltaLog.json", "2025-06-13_all_CVEs_at_midnight.zip.zip"])
    );
}

#[test]
fn a_list_that_does_not_go_back_so_far_leads_to_a_newer_archive() {
    let mut bench = Bench::new();
    let server = host(&mut bench);
    let first = sync(&bench);
    bench.later(3 * 24);
    server.serve(&path(CHANGES), changes(&[("06-09T00:00:00", &["CVE-2025-10001"])]));
    // Without a newer one the last good state stays, and a gap says so.
    let report = sync(&bench);
    assert!(!report.gaps.is_empty());
    assert_eq!(report.snapshot, first.snapshot);
    let records = [record("CVE-2025-10001", "06-07T00:00:00", "tool")];
    server.serve(&path(&baseline("2025-06-08")), archive(&records));
    bench.loss_percent_max = 100;
    let report = sync(&bench);
    assert!(report.gaps.iter().all(|gap| gap.detail.contains("CVE-2025-10001.json")), "{:#?}", report.gaps);
    assert_eq!(bench.records(TOOL), ["CVE-2025-10001"]);
}

#[test]
fn what_is_cut_absent_or_no_record_leaves_the_last_good_state() {
    let mut bench = Bench::new();
    let server = host(&mut bench);
    let first = sync(&bench);
    bench.later(2);
    let list = changes(&[("06-06T13:00:00", &["CVE-2025-10001"]), ("05-10T00:00:00", &[])]);
    for behaviour in [
        Behaviour::Instead(Resource::new(&list.as_bytes()[..list.len() - 3])),
        Behaviour::Instead(Resource::new(r#"[{"fetchTime": "yesterday"}]"#)),
        Behaviour::Instead(Resource::new(list.replace("CVE-2025-10001", "../../x"))),
        Behaviour::Html,
        Behaviour::Status { code: 503, retry_after: Some("0".to_owned()) },
    ] {
        server.always(&path(CHANGES), behaviour.clone());
        let report = sync(&bench);
        assert_eq!(report.snapshot, first.snapshot, "{behaviour:?}");
        assert_eq!(bench.records(DEMO).len(), 3);
    }
    server.always(&path(CHANGES), Behaviour::Instead(Resource::new(list)));
    // The record itself is not to be had, or is none: the others stand, and a gap says so.
    for behaviour in [Behaviour::Status { code: 404, retry_after: None }, Behaviour::Html] {
        server.always(&path(&record_url("CVE-2025-10001")), behaviour.clone());
        let report = sync(&bench);
        assert_eq!(
            (report.snapshot.as_ref(), report.gaps.len()),
            (first.snapshot.as_ref(), 1),
            "{behaviour:?}"
        );
    }
}

#[test]
fn both_lists_speak_of_the_same_product() {
    let bench = Bench::new();
    let nvd = json!({"format": "NVD_CVE", "totalResults": 1, "vulnerabilities": [{"cve": {"id": "CVE-2025-10001",
        "configurations": [{"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [
            {"vulnerable": true, "criteria": "cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*:*"}]}]}]}}]});
    bench.mirror.file("nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-2025.json.gz", nvd.to_string());
    let archive = archive(&[record("CVE-2025-10001", "06-01T00:00:00", "demo")]);
    bench.mirror.file(&baseline("2025-06-06")["https://".len()..], archive);
    bench.only(&["cve-list", "nvd"]);
    let rows = bench.rows(DEMO).rows.into_values().flatten();
    let providers: Vec<String> = rows.map(|row| row.provider.into()).collect();
    assert_eq!(providers, ["cve-list", "nvd"]);
    assert!(Path::new(&bench.feeds().path()).exists());
}

#[test]
fn a_record_of_more_versions_of_products_than_any_real_one_is_refused() {
    let record = |n_cpes: usize, n_versions: usize| {
        let cpes: Vec<String> =
            (0..n_cpes).map(|number| format!("cpe:2.3:a:acme:demo{number}:*:*:*:*:*:*:*:*")).collect();
        let versions: Vec<serde_json::Value> = (0..n_versions)
            .map(|number| serde_json::json!({"version": format!("1.{number}"), "status": "affected"}))
            .collect();
        serde_json::json!({"dataVersion": "5.1", "cveMetadata": {"cveId": "CVE-2025-10001", "state": "PUBLISHED"},
            "containers": {"cna": {"affected": [{"vendor": "acme", "product": "demo", "cpes": cpes, "versions": versions}]}}})
        .to_string()
    };
    let read = |text: &str| {
        let mut advisories = crate::advisories::Advisories::default();
        crate::schema::cve5::read(text.as_bytes(), &mut advisories)
    };
    assert!(read(&record(50, 200)).is_ok());
    let error = read(&record(5_000, 20_000)).unwrap_err().to_string();
    assert!(error.contains("versions of products"), "{error}");
}
