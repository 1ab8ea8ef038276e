//! Shards of the snapshot that are gone, cut or damaged: the feeds that have no part in it go on, and the next sync of the
//! one that has writes it anew.

use std::path::Path;

use super::*;
use crate::tests::ubuntu;

/// The shard of a kind in `namespace`, of its first provider.
fn shard(bench: &Bench, namespace: &str, kind: &str) -> PathBuf {
    let manifest = fs::read(bench.feeds().path().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let parts = manifest["namespaces"][namespace].as_object().unwrap();
    let hash = parts.values().next().unwrap()["shards"][kind]["hash"].as_str().unwrap();
    bench.feeds().path().join("shards").join(format!("{hash}.{kind}.sqlite"))
}

const HARMS: [fn(&Path); 3] = [
    |path| fs::remove_file(path).unwrap(),
    |path| fs::write(path, "").unwrap(),
    // It leaves the file its size and its head, so that only reading it shows it.
    |path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[8192..].fill(0xAA);
        fs::write(path, bytes).unwrap();
    },
];

fn is_in_kev(bench: &Bench, namespace: &str) -> bool {
    let ids = BTreeSet::from(["CVE-2025-10001".to_owned()]);
    let daily = bench.current().daily(&BTreeSet::from([Namespace::new(namespace)]), &ids).unwrap();
    daily.values().any(|daily| daily.kev.is_some())
}

#[test]
fn rows_that_are_lost_hold_up_no_other_feed_and_are_read_again_from_what_is_kept() {
    for harm in HARMS {
        let bench = Bench::new();
        bench.namespaces(&["alpine:3.20", "pypi"]);
        let sound = bench.current().id().to_owned();
        harm(&shard(&bench, "pypi", "rows"));
        bench.mirror.secdb("3.20", "community", "tool\n  2.0-r0 CVE-2025-10001\n");
        let report = bench.namespaces(&["alpine:3.20"]);
        let [gap] = &report.gaps[..] else { panic!("one gap: {:?}", report.gaps) };
        assert!(gap.place == "pypi" && gap.detail.contains(".rows.sqlite"), "{gap}");
        assert!(report.changed && is_in_kev(&bench, "alpine:3.20"));

        bench.mirror.secdb("3.20", "community", "tool\n  2.0-r0 CVE-2025-10003\n");
        let report = bench.only(&["alpine:3.20", "pypi"]);
        let pypi = report.sources.iter().filter(|source| source.feed == "PyPI");
        assert!(pypi.map(|source| &source.outcome).all(|it| *it == SourceOutcome::Unchanged), "{report:#?}");
        assert_eq!(report.gaps, []);
        assert_eq!(bench.records("pypi|language|demo"), ["PYSEC-2025-1"]);
        assert!(is_in_kev(&bench, "pypi"));
        assert_eq!(bench.current().id(), sound);
        assert!(bench.current().verify().is_empty());
    }
}

#[test]
fn what_is_lost_is_written_anew_though_its_sources_answered_recently() {
    for kind in ["rows", "text", "daily"] {
        for harm in &HARMS[..2] {
            let mut bench = Bench::new();
            let namespaces = ["alpine:3.20", "pypi"];
            bench.mirror.osv_records(
                "PyPI",
                &[{
                    let mut record = osv_record(
                        "PYSEC-2025-1",
                        &["CVE-2025-10001"],
                        "PyPI",
                        "demo",
                        "introduced 0, fixed 1.4",
                    );
                    record["details"] = json!("overflow in demo");
                    record
                }],
            );
            bench.namespaces(&namespaces);
            let sound = bench.current().id().to_owned();
            bench.max_age = MaxAge::Of(SignedDuration::from_hours(6));
            harm(&shard(&bench, "pypi", kind));
            let report = bench.namespaces(&namespaces);
            assert!(feeds_of(&report).all(|source| source.outcome == SourceOutcome::Fresh), "{report:#?}");
            assert_eq!((report.gaps, bench.current().id()), (Vec::new(), sound.as_str()), "{kind}");
            assert!(bench.current().verify().is_empty(), "{kind}");
        }
    }
}

#[test]
fn a_release_that_stands_for_good_is_given_up_when_its_rows_are_lost() {
    let mut bench = Bench::new();
    bench.now = "2025-12-01T00:00:00Z".parse().unwrap();
    let records = |n_records: usize| -> Vec<Value> {
        (10_000..10_000 + n_records)
            .map(|n| ubuntu::record(n, &[("25.04", None), ("24.04:LTS", None)]))
            .collect()
    };
    let statements = [ubuntu::statement(10_000, ubuntu::NEEDED)];
    let held = |bench: &Bench| bench.records("ubuntu:25.04|source|demo").len();
    ubuntu::publish(&bench, &records(40), &statements);
    bench.namespaces(&["ubuntu:25.04"]);
    assert_eq!(held(&bench), 40);
    // Since its support has ended, whatever is swept out of it, all that is held stands.
    bench.now = "2026-02-01T00:00:00Z".parse().unwrap();
    ubuntu::publish(&bench, &records(20), &statements);
    bench.loss_percent_max = 100;
    bench.namespaces(&["ubuntu:25.04"]);
    assert_eq!(held(&bench), 40);
    // What is gone does not stand, and the little that there is now is no state of it.
    bench.loss_percent_max = LOSS_PERCENT_MAX;
    fs::remove_file(shard(&bench, "ubuntu:25.04", "rows")).unwrap();
    let report = bench.namespaces(&["ubuntu:25.04"]);
    assert!(report.gaps.iter().any(|gap| gap.place == "ubuntu:25.04"), "{report:#?}");
    assert!(!bench.held().contains(&"ubuntu:25.04".to_owned()), "{:?}", bench.held());
}

#[test]
fn a_release_that_left_the_feed_is_given_up_when_its_rows_are_lost() {
    let bench = Bench::new();
    bench.namespaces(&["debian:12"]);
    bench.mirror.tracker(&json!({"libdemo": {"CVE-2025-10001": {"releases": {
        "sid": {"status": "resolved", "fixed_version": "2-1", "repositories": {}}}}}}));
    bench.namespaces(&["debian:12"]);
    assert_eq!(bench.held(), ["debian:12", "debian:unstable"]);
    fs::remove_file(shard(&bench, "debian:12", "rows")).unwrap();
    let report = bench.namespaces(&["debian:12"]);
    let [gap] = &report.gaps[..] else { panic!("one gap: {:?}", report.gaps) };
    assert_eq!((&gap.kind, gap.place.as_str()), (&GapKind::FEED_NOT_FETCHED, "debian:12"));
    assert!(gap.detail.contains("`debian:debian` has none any more"), "{gap}");
    assert_eq!(bench.held(), ["debian:unstable"]);
    assert!(bench.current().verify().is_empty());
    // Said once, and done with.
    assert_eq!(bench.namespaces(&["debian:12"]).gaps, []);
}
