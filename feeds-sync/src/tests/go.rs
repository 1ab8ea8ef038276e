//! The database of the Go project through the engine.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::feeds::{osv_record, zip};
use testkit::server::Server;

use super::engine::{Bench, is_updated, outcome};

const GO: &str = "https://vuln.go.dev/vulndb.zip";

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

/// The Go project's host: an archive that is made when it is told to, and an index that is always right.
struct GoHost {
    server: Server,
    n_seen: usize,
}

const GO_HOST: &str = "vuln.go.dev";

impl GoHost {
    fn new(bench: &mut Bench) -> Self {
        Self { server: bench.serve(), n_seen: 0 }
    }

    fn record(n: usize, modified: &str, fixed: &str) -> Value {
        let mut record = osv_record(
            &format!("GO-2025-{n}"),
            &[],
            "Go",
            "example.com/demo",
            &format!("introduced 0, fixed {fixed}"),
        );
        record["modified"] = json!(modified);
        record
    }

    fn archive(bench: &Bench, records: &[Value]) {
        let mut members: Vec<(String, Vec<u8>)> = records
            .iter()
            .map(|record| (format!("ID/{}.json", record["id"].as_str().unwrap()), record.to_string().into()))
            .collect();
        members.push(("index/db.json".to_owned(), b"{\"modified\": \"2025-06-01T00:00:00Z\"}".to_vec()));
        bench.mirror.file(&format!("{GO_HOST}/vulndb.zip"), zip(&members));
    }

    fn index(bench: &Bench, records: &[Value]) {
        let modified = records.iter().filter_map(|record| record["modified"].as_str()).max().unwrap();
        bench.mirror.file(&format!("{GO_HOST}/index/db.json"), json!({"modified": modified}).to_string());
        let listed =
            |record: &Value| json!({"id": record["id"], "modified": record["modified"], "aliases": []});
        let listing: Vec<Value> = records.iter().map(listed).collect();
        bench.mirror.file(&format!("{GO_HOST}/index/vulns.json"), json!(listing).to_string());
        for record in records {
            let path = format!("{GO_HOST}/ID/{}.json", record["id"].as_str().unwrap());
            bench.mirror.file(&path, record.to_string());
        }
    }

    /// What was asked since the last call.
    fn asked(&mut self) -> BTreeSet<String> {
        let requests = self.server.requests();
        let prefix = format!("/{GO_HOST}/");
        let new = requests[self.n_seen..].iter().filter_map(|request| request.path.strip_prefix(&prefix));
        let paths = new.map(str::to_owned).collect();
        self.n_seen = requests.len();
        paths
    }
}

const GO_KEY: &str = "golang|language|example.com/demo";

#[test]
fn the_go_database_is_brought_up_to_date_by_its_index() {
    let mut bench = Bench::new();
    let mut host = GoHost::new(&mut bench);
    let old: Vec<Value> =
        (1..=9).map(|n| GoHost::record(n, &format!("2025-05-0{n}T00:00:00Z"), "1.0.0")).collect();
    GoHost::archive(&bench, &old);
    GoHost::index(&bench, &old);
    let report = bench.only(&["go"]);
    assert!(is_updated(outcome(&report, GO)) && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(host.asked(), set(&["vulndb.zip"]));

    // Nothing has changed: the state and the listing say so, and the record at the edge is looked at once.
    bench.later(1);
    bench.only(&["go"]);
    let first = host.asked();
    assert_eq!(first, set(&["index/db.json", "index/vulns.json", "ID/GO-2025-9.json"]));
    bench.later(1);
    let report = bench.only(&["go"]);
    assert!(!report.changed && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(host.asked(), set(&["index/db.json"]));

    // One record changes, one is new, and one is no longer listed; the archive is as it was.
    let mut new = old.clone();
    new[3] = GoHost::record(4, "2025-06-06T10:00:00Z", "2.0.0");
    new.push(GoHost::record(10, "2025-06-06T11:00:00Z", "1.0.0"));
    new.remove(0);
    GoHost::index(&bench, &new);
    bench.later(1);
    let report = bench.only(&["go"]);
    assert!(report.changed && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(
        host.asked(),
        set(&["index/db.json", "index/vulns.json", "ID/GO-2025-4.json", "ID/GO-2025-10.json"])
    );
    let records = bench.records(GO_KEY);
    assert!(records.len() == 9 && !records.contains(&"GO-2025-1".to_owned()), "{records:?}");
    let fixed =
        bench.rows(GO_KEY).rows.into_values().flatten().find(|row| row.record == "GO-2025-4").unwrap();
    let is_new =
        |event: &model::advisory::RangeEvent| *event == model::advisory::RangeEvent::Fixed("2.0.0".into());
    assert!(fixed.affected.ranges[0].events.iter().any(is_new), "{fixed:?}");
    // Whoever starts now from a new archive has the same.
    let fresh = Bench::new();
    GoHost::archive(&fresh, &new);
    assert_eq!(fresh.only(&["go"]).snapshot, report.snapshot);
    // That a record was taken back shows within a day even where the state does not move.
    new.retain(|record| record["id"] != "GO-2025-2");
    GoHost::index(&bench, &new);
    bench.later(25);
    let report = bench.only(&["go"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert!(!host.asked().contains("vulndb.zip"));
    assert!(!bench.records(GO_KEY).contains(&"GO-2025-2".to_owned()));
    // In the end the archive is asked for again.
    bench.later(31 * 24);
    bench.only(&["go"]);
    assert!(host.asked().contains("vulndb.zip"));
}

#[test]
fn a_go_index_that_is_absent_cut_or_lists_what_is_not_there_costs_an_archive_and_no_rows() {
    let mut bench = Bench::new();
    let mut host = GoHost::new(&mut bench);
    let old: Vec<Value> =
        (1..=9).map(|n| GoHost::record(n, &format!("2025-05-0{n}T00:00:00Z"), "1.0.0")).collect();
    GoHost::archive(&bench, &old);
    bench.only(&["go"]);
    host.asked();
    // A mirror of the archive alone.
    bench.later(1);
    let report = bench.only(&["go"]);
    assert!(report.gaps.is_empty() && host.asked().contains("vulndb.zip"), "{report:#?}");
    assert_eq!(bench.records(GO_KEY).len(), 9);
    // A listing of more than there is: the archive may have it.
    let mut new = old.clone();
    new.push(GoHost::record(10, "2025-06-06T11:00:00Z", "1.0.0"));
    GoHost::index(&bench, &new);
    std::fs::remove_file(bench.mirror.dir().join(format!("{GO_HOST}/ID/GO-2025-10.json"))).unwrap();
    GoHost::archive(&bench, &new);
    bench.later(1);
    bench.only(&["go"]);
    assert!(host.asked().contains("vulndb.zip"));
    assert_eq!(bench.records(GO_KEY).len(), 10);
    // A listing that is cut, that is a page, or that is empty takes no row away.
    let whole = std::fs::read(bench.mirror.dir().join(format!("{GO_HOST}/index/vulns.json"))).unwrap();
    for listing in [&whole[..whole.len() / 2], b"<html>busy</html>", b"[]"] {
        bench.mirror.file(&format!("{GO_HOST}/index/vulns.json"), listing);
        bench.later(25);
        bench.only(&["go"]);
        assert_eq!(bench.records(GO_KEY).len(), 10);
    }
}
