//! Ubuntu's two archives, through the engine as its host behaves, and its real samples.

use std::collections::BTreeSet;
use std::fs;

use model::advisory::{FixState, Status};
use serde_json::{Value, json};
use testkit::image::{Compression, compress};
use testkit::server::Behaviour;

use super::engine::{Bench, is_updated, outcome};
use super::providers::tar;
use super::{provider, read};
use crate::report::SourceOutcome;

pub(super) const OSV: &str = "https://security-metadata.canonical.com/osv/osv-all.tar.xz";
const VEX: &str = "https://security-metadata.canonical.com/vex/vex-all.tar.xz";
const VEX_PATH: &str = "/security-metadata.canonical.com/vex/vex-all.tar.xz";

pub(super) fn record(n: usize, ecosystems: &[(&str, Option<&str>)]) -> Value {
    let affected = |(ecosystem, fixed): &(&str, Option<&str>)| {
        let fixed = fixed.map(|fixed| json!({"fixed": fixed}));
        let events: Vec<Value> = [json!({"introduced": "0"})].into_iter().chain(fixed).collect();
        json!({"package": {"ecosystem": format!("Ubuntu:{ecosystem}"), "name": "demo"},
               "ranges": [{"type": "ECOSYSTEM", "events": events}]})
    };
    json!({"id": format!("UBUNTU-CVE-2025-{n}"), "details": "x", "upstream": [format!("CVE-2025-{n}")],
           "modified": "2025-06-02T00:00:00Z", "affected": ecosystems.iter().map(affected).collect::<Vec<_>>()})
}

pub(super) fn statement(n: usize, action: &str) -> Value {
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{
        "vulnerability": {"name": format!("CVE-2025-{n}")}, "status": "affected", "action_statement": action,
        "products": [{"@id": "pkg:deb/ubuntu/demo@9?arch=source&distro=jammy"}]}]})
}

pub(super) const NEEDED: &str = "It needs fixing.";
const REFUSED: &str = "Canonical decided to not fix it.";

/// Puts the records and statements into the mirror's archives.
pub(super) fn publish(bench: &Bench, records: &[Value], statements: &[Value]) {
    let pack = |members: Vec<(String, Vec<u8>)>| compress(&tar(&members), Compression::Xz);
    let record = |record: &Value| {
        (format!("osv/cve/2025/{}.json", record["id"].as_str().unwrap()), record.to_string().into_bytes())
    };
    let statement = |statement: &Value| {
        let name = statement["statements"][0]["vulnerability"]["name"].as_str().unwrap();
        (format!("vex/cve/2025/{name}.json"), statement.to_string().into_bytes())
    };
    bench.mirror.file(&OSV["https://".len()..], pack(records.iter().map(record).collect()));
    bench.mirror.file(&VEX["https://".len()..], pack(statements.iter().map(statement).collect()));
}

fn states(bench: &Bench, key: &str) -> Vec<(String, FixState)> {
    let rows = bench.rows(key).rows.into_values().flatten();
    rows.map(|row| (row.record.into(), row.affected.fix_state)).collect()
}

#[test]
fn both_archives_are_asked_on_condition_and_one_alone_may_change() {
    let mut bench = Bench::new();
    let records = [record(10001, &[("22.04:LTS", None), ("Pro:22.04:LTS", Some("1+esm1"))])];
    publish(&bench, &records, &[statement(10001, NEEDED)]);
    let server = bench.serve();
    let report = bench.namespaces(&["ubuntu:22.04"]);
    assert!(is_updated(outcome(&report, OSV)) && is_updated(outcome(&report, VEX)), "{report:#?}");
    assert!(report.gaps.is_empty() && report.unanswered.is_empty(), "{report:#?}");
    let held = bench.held();
    assert!(held.contains(&"ubuntu:22.04".to_owned()) && held.contains(&"ubuntu:22.04+esm".to_owned()));
    let needed = vec![("CVE-2025-10001".to_owned(), FixState::NotFixed)];
    assert_eq!(states(&bench, "ubuntu:22.04|source|demo"), needed);

    let report = bench.namespaces(&["ubuntu:22.04"]);
    assert_eq!([outcome(&report, OSV), outcome(&report, VEX)], [&SourceOutcome::Unchanged; 2]);
    assert!(server.requests_for(VEX_PATH)[1].headers.contains_key("if-none-match"));

    publish(&bench, &records, &[statement(10001, REFUSED)]);
    let report = bench.namespaces(&["ubuntu:22.04"]);
    assert!(*outcome(&report, OSV) == SourceOutcome::Unchanged && is_updated(outcome(&report, VEX)));
    let refused = vec![("CVE-2025-10001".to_owned(), FixState::WontFix)];
    assert_eq!(states(&bench, "ubuntu:22.04|source|demo"), refused);
    let fresh = Bench::new();
    publish(&fresh, &records, &[statement(10001, REFUSED)]);
    assert_eq!(fresh.namespaces(&["ubuntu:22.04"]).snapshot, report.snapshot);
}

#[test]
fn an_archive_that_is_cut_absent_or_a_page_leaves_the_last_good_state() {
    let mut bench = Bench::new();
    let records = [record(10001, &[("22.04:LTS", None)]), record(10002, &[("22.04:LTS", None)])];
    publish(&bench, &records, &[statement(10001, NEEDED)]);
    let server = bench.serve();
    let first = bench.namespaces(&["ubuntu:22.04"]);
    publish(&bench, &records[..1], &[statement(10001, REFUSED)]);
    let file = bench.mirror.dir().join(&VEX_PATH[1..]);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 20]).unwrap();
    let report = bench.namespaces(&["ubuntu:22.04"]);
    assert!(matches!(outcome(&report, VEX), SourceOutcome::Failed { .. }), "{report:#?}");
    assert_eq!((&report.snapshot, report.gaps.is_empty()), (&first.snapshot, false));

    fs::write(&file, &whole).unwrap();
    for behaviour in [Behaviour::Html, Behaviour::Status { code: 404, retry_after: None }] {
        server.always(VEX_PATH, behaviour);
        let report = bench.namespaces(&["ubuntu:22.04"]);
        assert!(!report.gaps.is_empty(), "{report:#?}");
        let states = states(&bench, "ubuntu:22.04|source|demo");
        assert!(states.contains(&("CVE-2025-10001".to_owned(), FixState::NotFixed)), "{states:?}");
    }
    server.always(VEX_PATH, Behaviour::Well);
    bench.namespaces(&["ubuntu:22.04"]);
    // The record that left the archive is gone, and what is said of the other is new.
    let refused = vec![("CVE-2025-10001".to_owned(), FixState::WontFix)];
    assert_eq!(states(&bench, "ubuntu:22.04|source|demo"), refused);
}

#[test]
fn a_release_that_is_swept_after_its_end_keeps_its_rows_and_others_move_on() {
    let mut bench = Bench::new();
    bench.now = "2026-01-15T00:00:00Z".parse().unwrap();
    let of = |range: std::ops::Range<usize>, ecosystems: &[(&str, Option<&str>)]| -> Vec<Value> {
        range.map(|n| record(n, ecosystems)).collect()
    };
    publish(
        &bench,
        &of(10_000..10_040, &[("25.04", None), ("20.04:LTS", None)]),
        &[statement(10_000, NEEDED)],
    );
    let report = bench.namespaces(&["ubuntu:25.04"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    let before = bench.rows("ubuntu:25.04|source|demo");
    // Before its end such a loss is refused, as that of a release with long support is at any time.
    let mut husk = of(10_002..10_040, &[("20.04:LTS", Some("2"))]);
    husk.extend(of(10_000..10_002, &[("25.04", Some("2")), ("20.04:LTS", Some("2"))]));
    publish(&bench, &husk, &[statement(10_000, NEEDED)]);
    let report = bench.namespaces(&["ubuntu:25.04"]);
    assert!(matches!(outcome(&report, OSV), SourceOutcome::Failed { .. }), "{report:#?}");

    bench.now = "2026-02-01T00:00:00Z".parse().unwrap();
    let report = bench.namespaces(&["ubuntu:25.04"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(bench.rows("ubuntu:25.04|source|demo"), before);
    let states = states(&bench, "ubuntu:20.04|source|demo");
    assert!(states.len() == 40 && states.iter().all(|(_, state)| *state == FixState::Fixed), "{states:?}");
    // Swept to the last record, it stays as well. One that ended before it was ever held is not filled with what is left of
    // it, which would stand as complete for good.
    publish(
        &bench,
        &of(10_000..10_040, &[("24.10", None), ("20.04:LTS", Some("2"))]),
        &[statement(10_000, NEEDED)],
    );
    bench.namespaces(&["ubuntu:25.04", "ubuntu:24.10"]);
    assert_eq!(bench.rows("ubuntu:25.04|source|demo"), before);
    assert!(!bench.held().contains(&"ubuntu:24.10".to_owned()));
}

#[test]
fn real_records_and_statements_give_the_rows_that_another_route_gives() {
    let Some(data) = testkit::data::require("real_records_and_statements_give_the_rows") else { return };
    let ubuntu = data.join("feeds/vendor/vunnel/ubuntu");
    let records = [
        "osv/cve/2020/UBUNTU-CVE-2020-36325.json",
        "osv/cve/2013/UBUNTU-CVE-2013-2208.json",
        "osv/cve/2021/UBUNTU-CVE-2021-3782.json",
        "osv-esm-cases/cve/2014/UBUNTU-CVE-2014-2901.json",
        "osv-esm-cases/cve/2022/UBUNTU-CVE-2022-24823.json",
    ];
    let mut expected: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut members = Vec::new();
    for name in records {
        let content = testkit::data::read(&ubuntu.join(name));
        let value: Value = serde_json::from_slice(&content).unwrap();
        let cve = value["id"].as_str().unwrap().trim_start_matches("UBUNTU-");
        // jansson's is disputed, as its own text says.
        let is_disputed = value["details"].as_str().unwrap().contains("DISPUTED");
        for affected in value["affected"].as_array().unwrap().iter().filter(|_| !is_disputed) {
            let ecosystem = affected["package"]["ecosystem"].as_str().unwrap();
            let name = affected["package"]["name"].as_str().unwrap();
            let version = ecosystem.split(':').find(|part| part.contains('.')).unwrap();
            let mut add = |namespace: String| expected.insert((namespace, cve.to_owned(), name.to_owned()));
            // What is said of Pro alone is said of the release too.
            add(format!("ubuntu:{version}"));
            if ecosystem.contains(":Pro:") {
                add(format!("ubuntu:{version}+esm"));
            }
        }
        members.push((format!("osv/cve/{}", name.rsplit('/').next().unwrap()), content));
    }
    let vex = testkit::data::read(&ubuntu.join("vex/cve/2023/CVE-2023-38545.json"));
    let vex = [("vex/cve/2023/CVE-2023-38545.json".to_owned(), vex)];
    let (namespaces, remarks) = read(provider("ubuntu"), "ubuntu", &[tar(&members), tar(&vex)]).unwrap();
    let left_out = [("rejected or disputed".to_owned(), 1)].into();
    assert_eq!(remarks, crate::advisories::Remarks { left_out, ..Default::default() });
    // By hand: curl never was affected in the extended maintenance of four releases, and so in these releases; that
    // xenial is no longer supported is said of it too, and is the weaker word.
    for version in ["14.04", "16.04", "18.04", "20.04"] {
        for namespace in [format!("ubuntu:{version}"), format!("ubuntu:{version}+esm")] {
            let rows =
                &namespaces[&model::key::Namespace::new(namespace.as_str())]["CVE-2023-38545"].affected;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].status, Status::NotAffected);
            assert_eq!(rows[0].aside.justification.as_deref(), Some("vulnerable_code_not_present"));
            assert!(rows[0].aside.reason.as_ref().unwrap().starts_with("affects 7.69 and higher"));
            expected.insert((namespace, "CVE-2023-38545".to_owned(), "curl".to_owned()));
        }
    }
    let mut actual = BTreeSet::new();
    for (namespace, records) in &namespaces {
        for row in records.values().flat_map(|advisory| &advisory.affected) {
            assert!(row.versions.is_empty());
        }
        actual.extend(records.values().flat_map(|advisory| {
            advisory
                .affected
                .iter()
                .map(|row| (namespace.to_string(), advisory.id.clone(), row.key.name.to_string()))
        }));
    }
    assert_eq!(actual, expected);
}

/// Every JSON file below `dir`.
fn json_files(dir: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => json_files(&path, files),
            Some("json") => files.push(path),
            _ => {}
        }
    }
}

#[test]
fn real_openvex_documents_give_their_statements_and_products() {
    let Some(data) = testkit::data::require("real_openvex_documents_give_their_statements") else { return };
    let mut files = Vec::new();
    json_files(&data.join("vex"), &mut files);
    let mut n_documents = 0;
    for file in files {
        let text = testkit::data::read(&file);
        let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
        if !value["@context"].as_str().is_some_and(|context| context.contains("openvex")) {
            continue;
        }
        n_documents += 1;
        let mut remarks = crate::advisories::Remarks::default();
        let document = crate::schema::openvex::read(&text, &mut remarks).unwrap();
        assert_eq!(remarks, crate::advisories::Remarks::default(), "{}", file.display());
        let counts = |statement: &Value| {
            let products = statement["products"].as_array();
            let parts =
                products.into_iter().flatten().filter_map(|product| product["subcomponents"].as_array());
            (products.map_or(0, Vec::len), parts.map(Vec::len).sum::<usize>())
        };
        let mut expected: Vec<_> = value["statements"].as_array().unwrap().iter().map(counts).collect();
        let actual = document.statements.iter().map(|statement| {
            let parts = statement.products.iter().map(|product| product.subcomponents.len());
            (statement.products.len(), parts.sum::<usize>())
        });
        let mut actual: Vec<_> = actual.collect();
        // Statements are put in the order of their times.
        expected.sort_unstable();
        actual.sort_unstable();
        assert_eq!(actual, expected, "{}", file.display());
    }
    assert!(n_documents >= 10, "{n_documents}");
}
