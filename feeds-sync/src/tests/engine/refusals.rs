//! What is refused, and leaves the last good state: what is no feed, was cut off, shrank or grew too much.

use model::gap::Gap;

use super::*;

#[test]
fn a_document_that_is_no_feed_leaves_the_last_good_state_and_says_so() {
    for bad in [
        "",
        "<!doctype html><title>502</title>",
        "{\"distroversion\":\"v3.20\",\"packages\":[{\"pkg\":",
        "[]",
    ] {
        let mut bench = Bench::new();
        let good = bench.namespaces(&["alpine:3.20", "debian:12"]);
        bench.mirror.file(&MAIN_PATH[1..], bad);
        bench.mirror.tracker(&tracker("1.4-3"));
        bench.later(50);
        let report = bench.namespaces(&["alpine:3.20", "debian:12"]);
        let SourceOutcome::Failed { error } = outcome(&report, MAIN) else { panic!("{report:#?}") };
        assert!(error.contains(MAIN), "{error}");
        assert_eq!(bench.records("alpine:3.20|source|libdemo").len(), 2);
        let [gap] = &report.gaps[..] else { panic!("one gap: {:?}", report.gaps) };
        assert_eq!((&gap.kind, gap.place.as_str()), (&GapKind::STALE_FEED, "alpine:3.20"));
        assert!(gap.detail.contains("2 days old") && gap.detail.contains(error.as_str()), "{gap}");
        // The other feed went on.
        assert!(report.changed && report.snapshot != good.snapshot);
        assert_eq!(bench.data_as_of("debian:12"), bench.now);
        assert_ne!(bench.data_as_of("alpine:3.20"), bench.now);
        let status = source_status(&bench.feeds());
        let status = status.iter().find(|status| status.url == MAIN).unwrap();
        assert_eq!(status.failure.as_ref().unwrap(), &(bench.now, error.clone()));

        // A bad download does not stick: the next one is judged on its own.
        bench.mirror.secdb("3.20", "main", "libdemo\n  1.4.2-r1 CVE-2025-10001\n");
        let report = bench.namespaces(&["alpine:3.20", "debian:12"]);
        assert!(is_updated(outcome(&report, MAIN)), "{report:#?}");
        assert_eq!(bench.records("alpine:3.20|source|libdemo"), ["CVE-2025-10001"]);
        assert!(source_status(&bench.feeds()).iter().all(|status| status.failure.is_none()));
    }
}

#[test]
fn a_name_that_cannot_be_resolved_is_said_with_whose_it_is_and_how_old_is_what_is_held() {
    let mut bench = Bench::new();
    bench.namespaces(&["debian:12"]);
    bench.later(5);
    bench.namespaces(&["alpine:3.20"]);
    bench.later(50);
    bench.origin = Origin::MirrorUrl("http://mirrror.invalid".to_owned());
    let report = bench.namespaces(&["alpine:3.20", "debian:12", "pypi"]);
    let why = "the name of the mirror, `mirrror.invalid`, cannot be resolved (`--offline` judges by what is held, \
               and asks nobody)";
    assert!(report.gaps.iter().all(|gap| gap.detail.starts_with(why)), "{:#?}", report.gaps);
    let has = |place: &str, kind: GapKind, rest: &str| {
        let gap = Gap::new(kind, place, format!("{why}; {rest}"));
        assert!(report.gaps.contains(&gap), "{gap}: {:#?}", report.gaps);
    };
    has("alpine:3.20", GapKind::STALE_FEED, "what is held is from `2025-06-06T17:00:00Z, 2 days old`");
    has("debian", GapKind::STALE_FEED, "what is held is from `2025-06-06T12:00:00Z, 2 days old`");
    has("pypi", GapKind::FEED_NOT_FETCHED, "nothing of it is held");
}

#[test]
fn a_cut_archive_and_a_wrong_table_leave_the_last_good_state() {
    let bench = Bench::new();
    bench.namespaces(&["pypi"]);
    let zip = bench.mirror.dir().join("osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip");
    let bytes = fs::read(&zip).unwrap();
    fs::write(&zip, &bytes[..bytes.len() / 2]).unwrap();
    bench.mirror.file("epss.empiricalsecurity.com/epss_scores-current.csv.gz", "cve,epss\n");
    let report = bench.namespaces(&["pypi"]);
    let n_failed =
        report.sources.iter().filter(|source| matches!(source.outcome, SourceOutcome::Failed { .. })).count();
    assert_eq!((n_failed, report.gaps.len(), report.changed), (2, 2, false), "{report:#?}");
    assert_eq!(bench.records("pypi|language|demo"), ["PYSEC-2025-1"]);
}

#[test]
fn a_feed_that_loses_many_records_at_once_is_refused_until_allowed() {
    let record =
        |n: usize| osv_record(&format!("PYSEC-2025-{n}"), &[], "PyPI", "demo", "introduced 0, fixed 1");
    let records = |n: usize| (0..n).map(record).collect::<Vec<_>>();
    let mut bench = Bench::new();
    bench.mirror.osv_records("PyPI", &records(200));
    bench.namespaces(&["pypi"]);
    bench.mirror.osv_records("PyPI", &records(180));
    bench.namespaces(&["pypi"]);
    assert_eq!(bench.records("pypi|language|demo").len(), 180, "a tenth may go");
    bench.mirror.osv_records("PyPI", &records(161));
    let report = bench.namespaces(&["pypi"]);
    assert_eq!(bench.records("pypi|language|demo").len(), 180);
    assert!(report.gaps.iter().any(|gap| gap.detail.contains("from 180 to 161 records")), "{report:#?}");
    bench.loss_percent_max = 100;
    bench.namespaces(&["pypi"]);
    assert_eq!(bench.records("pypi|language|demo").len(), 161);
}

#[test]
fn a_file_too_large_is_refused() {
    let mut bench = Bench::new();
    bench.limits.feed_bytes_max = 50;
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(
        matches!(outcome(&report, MAIN), SourceOutcome::Failed { error } if error.contains("larger than 50 bytes"))
    );
}

#[test]
fn half_a_new_feed_is_not_written() {
    let mut bench = Bench::new();
    let server = bench.serve();
    server.always(
        "/secdb.alpinelinux.org/v3.20/community.json",
        Behaviour::Status { code: 500, retry_after: None },
    );
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(!bench.current().holds(&Namespace::new("alpine:3.20")), "{report:#?}");
    server.always("/secdb.alpinelinux.org/v3.20/community.json", Behaviour::Well);
    bench.namespaces(&["alpine:3.20"]);
    assert_eq!(bench.records("alpine:3.20|source|libdemo").len(), 2);
}
