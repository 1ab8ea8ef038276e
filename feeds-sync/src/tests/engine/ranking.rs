//! The tables that rank findings, when one of them is refused or cannot be read: what is held of it goes on to rank.

use model::advisory::Daily;

use super::*;

const KEV: &str = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";

fn kev_file(bench: &Bench) -> PathBuf {
    bench.feeds().path().join("downloads").join(KEV.strip_prefix("https://").unwrap())
}

/// The scores and marks of an id in `pypi`.
fn daily(bench: &Bench, id: &str) -> Daily {
    let ids = BTreeSet::from([id.to_owned()]);
    let daily = bench.current().daily(&BTreeSet::from([Namespace::new("pypi")]), &ids).unwrap();
    daily.get(id).cloned().unwrap_or_default()
}

/// A catalogue of so many entries, the last of them about CVE-2025-10001.
fn catalogue(n_entries: usize) -> Vec<Value> {
    let id = |n: usize| format!("CVE-2025-{}", 10001 + n);
    let entry = |n: usize| kev_entry(&id(n), "Demo", "2025-06-05", "2025-06-26", false);
    (0..n_entries).rev().map(entry).collect()
}

/// The records of `pypi`, one for each CVE.
fn records(cves: &[&str]) -> Vec<Value> {
    let record = |(n, cve): (usize, &&str)| {
        osv_record(&format!("PYSEC-2025-{}", n + 1), &[cve], "PyPI", "demo", "introduced 0, fixed 1.4")
    };
    cves.iter().enumerate().map(record).collect()
}

#[test]
fn a_table_that_is_refused_ranks_nothing() {
    let mut bench = Bench::new();
    bench.mirror.kev_entries("2025-06-01", &catalogue(40));
    let first = bench.namespaces(&["pypi"]);
    assert!(daily(&bench, "CVE-2025-10001").kev.is_some());
    // Half of it is gone, this entry too; and the other table is new.
    bench.mirror.kev_entries("2025-06-02", &catalogue(40)[..20]);
    bench.mirror.epss("2025-06-07", &[("CVE-2025-10001", "0.7", "0.9")]);
    let second = bench.namespaces(&["pypi"]);
    let [gap] = &second.gaps[..] else { panic!("one gap: {:?}", second.gaps) };
    assert!(gap.place == "kev" && gap.detail.contains("from 40 to 20 records; refused"), "{gap}");
    let ranked = daily(&bench, "CVE-2025-10001");
    assert!(ranked.kev.is_some(), "{ranked:?}");
    assert_eq!(ranked.epss.map(|epss| epss.score), Some(0.7));
    assert!(second.changed && second.snapshot != first.snapshot);
    // Who allows the loss has it.
    bench.loss_percent_max = 100;
    assert!(bench.namespaces(&["pypi"]).gaps.is_empty());
    assert_eq!(daily(&bench, "CVE-2025-10001").kev, None);
}

#[test]
fn scores_that_are_refused_rank_nothing_and_keep_their_day() {
    let bench = Bench::new();
    let rows: Vec<String> = (0..40).map(|n| format!("CVE-2025-{}", 10001 + n)).collect();
    let rows = |score| rows.iter().map(|id| (id.as_str(), score, "0.9")).collect::<Vec<_>>();
    bench.mirror.epss("2025-06-06", &rows("0.5"));
    bench.namespaces(&["pypi"]);
    bench.mirror.epss("2025-06-07", &rows("0.7")[..20]);
    let report = bench.namespaces(&["pypi"]);
    assert_eq!(report.gaps.len(), 1, "{report:#?}");
    assert_eq!(daily(&bench, "CVE-2025-10001").epss.map(|epss| epss.score), Some(0.5));
    let stamp = bench.current().epss().cloned().unwrap();
    assert!(stamp.score_date.starts_with("2025-06-06"), "{stamp:?}");
}

#[test]
fn new_rows_are_ranked_by_what_is_held_of_a_table_that_is_refused() {
    let bench = Bench::new();
    bench.mirror.kev_entries("2025-06-01", &catalogue(2));
    bench.namespaces(&["pypi"]);
    bench.mirror.osv_records("PyPI", &records(&["CVE-2025-10001", "CVE-2025-10002"]));
    let path = KEV.strip_prefix("https://").unwrap();
    bench.mirror.file(path, "<!doctype html><title>proxy</title>");
    let report = bench.namespaces(&["pypi"]);
    let [gap] = &report.gaps[..] else { panic!("one gap: {:?}", report.gaps) };
    assert_eq!((&gap.kind, gap.place.as_str()), (&GapKind::STALE_FEED, "kev"));
    assert!(daily(&bench, "CVE-2025-10002").kev.is_some());
    assert!(daily(&bench, "CVE-2025-10002").epss.is_none());
}

#[test]
fn rows_that_a_table_did_not_rank_when_it_failed_are_ranked_once_it_answers() {
    // As a sync leaves it in which the table was refused and nothing was read instead.
    let bench = Bench::new();
    bench.only(&["pypi"]);
    let ranked = Bench { origin: bench.origin.clone(), ..Bench::new() };
    ranked.namespaces(&["pypi"]);
    let downloads = |bench: &Bench| bench.feeds().path().join("downloads");
    fs::remove_dir_all(downloads(&bench)).unwrap();
    fs::rename(downloads(&ranked), downloads(&bench)).unwrap();
    assert_eq!(daily(&bench, "CVE-2025-10001"), Daily::default());
    let sources = downloads(&bench).join("sources.json");
    let mut table: Value = serde_json::from_slice(&fs::read(&sources).unwrap()).unwrap();
    table["sources"][KEV]["failure"] = json!({"at": bench.now.to_string(), "error": "an HTML page"});
    fs::write(&sources, table.to_string()).unwrap();

    let report = bench.namespaces(&["pypi"]);
    assert!(feeds_of(&report).all(|source| source.outcome == SourceOutcome::Unchanged), "{report:#?}");
    let daily = daily(&bench, "CVE-2025-10001");
    assert!(daily.kev.is_some() && daily.epss.is_some(), "{daily:?}");
}

#[test]
fn a_held_table_that_cannot_be_read_is_a_gap_and_is_asked_for_anew() {
    let bench = Bench::new();
    bench.only(&["epss", "kev"]);
    let bytes = fs::read(kev_file(&bench)).unwrap();
    fs::write(kev_file(&bench), vec![b' '; bytes.len()]).unwrap();
    let report = bench.only(&["pypi"]);
    let [gap] = &report.gaps[..] else { panic!("one gap: {:?}", report.gaps) };
    assert!(gap.place == "kev" && gap.detail.contains(KEV), "{gap}");
    assert!(daily(&bench, "CVE-2025-10001").epss.is_some());
    assert!(daily(&bench, "CVE-2025-10001").kev.is_none());
    let report = bench.namespaces(&["pypi"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert!(daily(&bench, "CVE-2025-10001").kev.is_some());
}
