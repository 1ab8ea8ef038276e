//! Whole syncs, from mirrors and from a server that misbehaves.

mod lost_shards;
mod ranking;
mod refusals;
mod rpm;
mod waiting;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use advisory_db::{FeedsDir, Snapshot};
use fetch::fetcher::{FetchOptions, Fetcher, Proxy};
use fetch::origin::Origin;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::advisory::{AdvisorySet, RangeEvent};
use model::gap::GapKind;
use model::key::Namespace;
use model::limits::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::feeds::{Mirror, kev_entry, osv_record};
use testkit::server::{Behaviour, Server};
use testkit::zip::Packing;

use crate::engine::{LOSS_PERCENT_MAX, NoProgress, SyncOptions, sync};
use crate::error::SyncError;
use crate::kept::source_status;
use crate::plan::plan;
use crate::report::{SourceOutcome, SourceReport, SyncReport};
use crate::schedule::MaxAge;
use crate::selection::{Named, Selection, answers};

const MAIN: &str = "https://secdb.alpinelinux.org/v3.20/main.json";
const REJECTIONS: &str = "gitlab.alpinelinux.org/alpine/security/security-rejections/-/raw/master";
const MAIN_PATH: &str = "/secdb.alpinelinux.org/v3.20/main.json";

/// A mirror directory, a feeds directory, and a clock that is set by hand.
pub(super) struct Bench {
    pub(super) dir: TempDir,
    pub(super) mirror: Mirror,
    pub(super) origin: Origin,
    pub(super) limits: Limits,
    pub(super) now: Timestamp,
    pub(super) max_age: MaxAge,
    pub(super) loss_percent_max: u64,
    pub(super) named: Named,
}

impl Bench {
    pub(super) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let mirror = Mirror::at(dir.path().join("mirror"));
        mirror
            .secdb(
                "3.20",
                "main",
                "libdemo\n  1.4.2-r1 CVE-2025-10001+GHSA-aaaa-bbbb-cccc\n  0 CVE-2024-20002\n",
            )
            .secdb("3.20", "community", "tool\n  2.0-r0 CVE-2025-10003\n")
            .file(&format!("{REJECTIONS}/main.yaml"), "rejected:\n  - CVE-2025-10004\n")
            .file(&format!("{REJECTIONS}/community.yaml"), "rejected-too:\n  - CVE-2025-10004\n")
            .tracker(&tracker("1.4-2"))
            .osv_records(
                "PyPI",
                &[osv_record("PYSEC-2025-1", &["CVE-2025-10001"], "PyPI", "demo", "introduced 0, fixed 1.4")],
            )
            .kev_entries(
                "2025-06-01",
                &[kev_entry("CVE-2025-10001", "Demo", "2025-06-05", "2025-06-26", false)],
            )
            .epss("2025-06-06", &[("CVE-2025-10001", "0.5", "0.9")]);
        Self {
            origin: Origin::MirrorDir(mirror.dir().to_owned()),
            mirror,
            dir,
            limits: Limits::default(),
            now: "2025-06-06T12:00:00Z".parse().unwrap(),
            max_age: MaxAge::ZERO,
            loss_percent_max: LOSS_PERCENT_MAX,
            named: Named::default(),
        }
    }

    pub(super) fn feeds(&self) -> FeedsDir {
        FeedsDir::open(&self.dir.path().join("feeds"))
    }

    /// A fetcher whose time goes on by pauses alone, which take none.
    pub(super) fn fetcher(&self) -> Fetcher {
        let now = Arc::new(Mutex::new(Duration::ZERO));
        let read = Arc::clone(&now);
        Fetcher::new(FetchOptions {
            origin: self.origin.clone(),
            proxy: Proxy::Never,
            pause: Arc::new(move |pause| *now.lock().unwrap() += pause),
            clock: Arc::new(move || *read.lock().unwrap()),
            ..FetchOptions::default()
        })
    }

    pub(super) fn options<'a>(&'a self, selection: Selection<'a>) -> SyncOptions<'a> {
        SyncOptions {
            selection,
            named: &self.named,
            max_age: self.max_age,
            now: self.now,
            jobs: 4,
            limits: &self.limits,
            loss_percent_max: self.loss_percent_max,
        }
    }

    pub(super) fn only(&self, names: &[&str]) -> SyncReport {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        sync(&self.feeds(), &self.fetcher(), &self.options(Selection::Only(&names)), &NoProgress).unwrap()
    }

    pub(super) fn namespaces(&self, namespaces: &[&str]) -> SyncReport {
        let namespaces: BTreeSet<Namespace> = namespaces.iter().map(|name| Namespace::new(*name)).collect();
        let options = self.options(Selection::Namespaces(&namespaces));
        sync(&self.feeds(), &self.fetcher(), &options, &NoProgress).unwrap()
    }

    pub(super) fn all(&self) -> SyncReport {
        sync(&self.feeds(), &self.fetcher(), &self.options(Selection::All), &NoProgress).unwrap()
    }

    pub(super) fn current(&self) -> Snapshot {
        self.feeds().current().unwrap().expect("a snapshot")
    }

    pub(super) fn held(&self) -> Vec<String> {
        self.current().namespaces().iter().map(|entry| entry.name.to_string()).collect()
    }

    pub(super) fn rows(&self, key: &str) -> AdvisorySet {
        self.current().load(&BTreeSet::from([key.parse().unwrap()])).unwrap()
    }

    pub(super) fn records(&self, key: &str) -> Vec<String> {
        self.rows(key).rows.into_values().flatten().map(|row| row.record.into()).collect()
    }

    pub(super) fn data_as_of(&self, namespace: &str) -> Timestamp {
        let namespaces = self.current().namespaces();
        let entry = namespaces.iter().find(|entry| entry.name.as_str() == namespace).expect("it is held");
        entry.providers[0].data_as_of
    }

    pub(super) fn later(&mut self, hours: i64) {
        self.now += hours.hours();
    }

    /// The same mirror behind a server.
    pub(super) fn serve(&mut self) -> Server {
        let server = Server::of_dir(self.mirror.dir());
        self.origin = Origin::MirrorUrl(server.url(""));
        server
    }
}

fn tracker(fixed: &str) -> Value {
    json!({"libdemo": {"CVE-2025-10001": {"description": "overflow in demo", "releases": {
        "bookworm": {"status": "resolved", "fixed_version": fixed, "urgency": "low", "repositories": {}},
        "sid": {"status": "open", "urgency": "medium", "repositories": {}}}}}})
}

pub(super) fn outcomes(report: &SyncReport) -> Vec<(&str, &SourceOutcome)> {
    feeds_of(report).map(|source| (source.url.rsplit('/').next().unwrap(), &source.outcome)).collect()
}

/// The sources but the calendars, which no mirror here has but those in `tests/lifecycles.rs`.
pub(super) fn feeds_of(report: &SyncReport) -> impl Iterator<Item = &SourceReport> {
    report.sources.iter().filter(|source| !["distro-info", "endoflife"].contains(&source.provider))
}

#[track_caller]
pub(super) fn outcome<'a>(report: &'a SyncReport, url: &str) -> &'a SourceOutcome {
    &report.sources.iter().find(|source| source.url == url).expect("the source was asked").outcome
}

pub(super) fn is_updated(outcome: &SourceOutcome) -> bool {
    matches!(outcome, SourceOutcome::Updated { .. })
}

#[test]
fn only_the_feeds_that_answer_are_asked_and_ranking_rides_along() {
    let bench = Bench::new();
    let report = bench.namespaces(&["alpine:3.20", "nobody:1"]);
    let names: Vec<&str> = outcomes(&report).iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "main.json",
            "community.json",
            "main.yaml",
            "community.yaml",
            "epss_scores-current.csv.gz",
            "known_exploited_vulnerabilities.json"
        ]
    );
    assert!(feeds_of(&report).all(|source| is_updated(&source.outcome)), "{report:#?}");
    assert!(report.changed && report.gaps.is_empty() && report.unanswered.is_empty());
    assert_eq!(bench.held(), ["alpine:3.20"]);
    assert_eq!(bench.records("alpine:3.20|source|libdemo"), ["CVE-2024-20002", "CVE-2025-10001"]);
    assert_eq!(bench.records("alpine:3.20|source|tool"), ["CVE-2025-10003"]);

    let ids = BTreeSet::from(["CVE-2025-10001".to_owned()]);
    let daily = bench.current().daily(&BTreeSet::from([Namespace::new("alpine:3.20")]), &ids).unwrap();
    let daily = &daily["CVE-2025-10001"];
    assert!(daily.epss.is_some() && daily.kev.is_some());
}

#[test]
fn an_unchanged_source_moves_the_date_and_nothing_else() {
    let mut bench = Bench::new();
    let first = bench.namespaces(&["alpine:3.20"]);
    bench.later(5);
    let second = bench.namespaces(&["alpine:3.20"]);
    assert!(feeds_of(&second).all(|source| source.outcome == SourceOutcome::Unchanged), "{second:#?}");
    assert_eq!((second.snapshot, second.changed), (first.snapshot, false));
    assert_eq!(bench.data_as_of("alpine:3.20"), bench.now);
    let records =
        |report: &[crate::report::SourceReport]| report.iter().map(|it| it.records).collect::<Vec<_>>();
    assert_eq!(records(&second.sources), records(&first.sources));
}

#[test]
fn a_source_asked_recently_is_not_asked_again() {
    let mut bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    let as_of = bench.data_as_of("alpine:3.20");
    bench.max_age = MaxAge::Of(SignedDuration::from_hours(6));
    bench.later(5);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(feeds_of(&report).all(|source| source.outcome == SourceOutcome::Fresh), "{report:#?}");
    assert_eq!(bench.data_as_of("alpine:3.20"), as_of);
    bench.later(2);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(feeds_of(&report).all(|source| source.outcome == SourceOutcome::Unchanged));
}

#[test]
fn a_sync_with_nothing_to_do_writes_nothing() {
    let mut bench = Bench::new();
    let names = ["alpine:3.18", "alpine:3.20", "pypi"];
    let first = bench.namespaces(&names);
    bench.max_age = MaxAge::Of(SignedDuration::from_hours(6));
    let lock = bench.feeds().lock().unwrap();
    fs::remove_file(bench.feeds().path().join("downloads/lock")).unwrap();
    let second = bench.namespaces(&names);
    assert!(!bench.feeds().path().join("downloads/lock").exists());
    assert_eq!((second.snapshot, second.gaps), (first.snapshot, first.gaps));
    let counts = |report: &[crate::report::SourceReport]| -> Vec<(Vec<Namespace>, u64)> {
        report.iter().map(|source| (source.namespaces.clone(), source.records)).collect()
    };
    assert_eq!(counts(&second.sources), counts(&first.sources));
    drop(lock);
}

#[test]
fn a_record_that_cannot_be_read_is_a_gap_for_as_long_as_it_is_there() {
    let mut bench = Bench::new();
    let good = osv_record("PYSEC-2025-1", &[], "PyPI", "demo", "introduced 0, fixed 1.4");
    bench.mirror.osv_records("PyPI", &[good, json!({"id": "PYSEC-2025-2", "affected": "none"})]);
    let first = bench.namespaces(&["pypi"]);
    let [gap] = &first.gaps[..] else { panic!("one gap: {:?}", first.gaps) };
    assert_eq!((&gap.kind, gap.place.as_str()), (&GapKind::UNREADABLE_RECORD, "pypi"));
    assert!(gap.detail.starts_with("1 of its records could not be read: PYSEC-2025-2"), "{gap}");
    assert_eq!(bench.namespaces(&["pypi"]).gaps, first.gaps);
    bench.max_age = MaxAge::Of(SignedDuration::from_hours(6));
    assert_eq!(bench.namespaces(&["pypi"]).gaps, first.gaps);
    assert_eq!(bench.records("pypi|language|demo"), ["PYSEC-2025-1"]);
}

#[test]
fn a_changed_file_is_read_together_with_the_unchanged_one_of_its_feed() {
    let bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    bench.mirror.secdb("3.20", "community", "tool\n  2.0-r0 CVE-2025-10003\n  2.1-r0 CVE-2025-10004\n");
    let report = bench.namespaces(&["alpine:3.20"]);
    assert_eq!(outcome(&report, MAIN), &SourceOutcome::Unchanged);
    assert!(report.changed);
    assert_eq!(bench.records("alpine:3.20|source|tool"), ["CVE-2025-10003", "CVE-2025-10004"]);
    assert_eq!(bench.records("alpine:3.20|source|libdemo").len(), 2);
}

#[test]
fn rows_that_the_snapshot_lost_are_read_from_the_kept_bytes() {
    let bench = Bench::new();
    let first = bench.namespaces(&["alpine:3.20", "pypi"]);
    fs::remove_file(bench.feeds().path().join("manifest.json")).unwrap();
    let second = bench.namespaces(&["alpine:3.20", "pypi"]);
    assert!(feeds_of(&second).all(|source| source.outcome == SourceOutcome::Unchanged), "{second:#?}");
    assert_eq!(second.snapshot, first.snapshot);
    assert_eq!(bench.held(), ["alpine:3.20", "pypi"]);
}

#[test]
fn kept_bytes_that_are_gone_or_spoilt_are_downloaded_again() {
    let bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    let kept = bench.feeds().path().join("downloads/secdb.alpinelinux.org/v3.20/main.json");
    let bytes = fs::read(&kept).unwrap();
    fs::remove_file(&kept).unwrap();
    assert!(is_updated(outcome(&bench.namespaces(&["alpine:3.20"]), MAIN)));
    assert_eq!(fs::read(&kept).unwrap(), bytes);

    // Damage of the same length is found when the bytes are read; the time after, they are asked for anew.
    fs::write(&kept, vec![b' '; bytes.len()]).unwrap();
    fs::remove_file(bench.feeds().path().join("manifest.json")).unwrap();
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(matches!(outcome(&report, MAIN), SourceOutcome::Failed { .. }), "{report:#?}");
    assert!(is_updated(outcome(&bench.namespaces(&["alpine:3.20"]), MAIN)));
    assert_eq!(bench.held(), ["alpine:3.20"]);
}

#[test]
fn a_release_that_leaves_the_feed_keeps_its_rows_and_its_date() {
    let mut bench = Bench::new();
    bench.namespaces(&["debian:12"]);
    let as_of = bench.data_as_of("debian:12");
    bench.mirror.tracker(&json!({"libdemo": {"CVE-2025-10001": {"releases": {
        "sid": {"status": "resolved", "fixed_version": "2-1", "repositories": {}}}}}}));
    bench.later(1);
    bench.namespaces(&["debian:12"]);
    assert_eq!(bench.records("debian:12|source|libdemo"), ["CVE-2025-10001"]);
    assert_eq!(bench.data_as_of("debian:12"), as_of);
    assert_eq!(bench.data_as_of("debian:unstable"), bench.now);
}

#[test]
fn what_a_mirror_lacks_is_a_gap_and_a_fact_and_no_error() {
    let bench = Bench::new();
    let report = bench.namespaces(&["alpine:3.18", "alpine:3.20", "npm"]);
    let gaps: Vec<(&str, &GapKind)> = report.gaps.iter().map(|gap| (gap.place.as_str(), &gap.kind)).collect();
    assert_eq!(
        gaps,
        [("alpine:3.18", &GapKind::FEED_NOT_FETCHED); 2]
            .into_iter()
            .chain([("npm", &GapKind::FEED_NOT_FETCHED)])
            .collect::<Vec<_>>()
    );
    assert!(report.unanswered.is_empty());
    let facts = bench.current().facts().unwrap();
    let providers = |name: &str| facts.namespaces[&Namespace::new(name)].providers.clone();
    assert_eq!(providers("alpine:3.18"), Vec::<String>::new());
    assert_eq!(providers("npm"), Vec::<String>::new());
    assert_eq!(providers("alpine:3.20"), ["alpine"]);
    assert_eq!(providers("alpine:3.19"), ["alpine"]);
    assert_eq!(bench.held(), ["alpine:3.20"]);
}

#[test]
fn a_name_of_which_nothing_could_be_had_is_unanswered() {
    let bench = Bench::new();
    assert_eq!(bench.only(&["alpine:3.18", "alpine:3.20"]).unanswered, ["alpine:3.18"]);
    assert_eq!(bench.only(&["alpine"]).unanswered, Vec::<String>::new());
    assert_eq!(bench.only(&["osv:PyPI", "pypi", "epss"]).unanswered, Vec::<String>::new());
    assert_eq!(bench.only(&["npm"]).unanswered, ["npm"]);
}

#[test]
fn a_release_of_which_a_feed_that_was_had_has_nothing_is_unheld() {
    let bench = Bench::new();
    bench.mirror.secdb("3.19", "main", "").secdb("3.19", "community", "");
    // At once, and when nothing is asked again.
    for _ in 0..2 {
        let report =
            bench.only(&["debian:12", "debian:13", "debian", "alpine:3.19", "pypi", "osv:PyPI", "epss"]);
        assert!(report.unanswered.is_empty(), "{:?}", report.unanswered);
        assert_eq!(report.unheld, [("debian:13".to_owned(), ["debian"].into())].into());
    }
}

#[test]
fn only_excludes_ranking_and_an_unknown_name_is_an_error() {
    let bench = Bench::new();
    let report = bench.only(&["debian"]);
    assert_eq!(outcomes(&report).len(), 1);
    assert_eq!(bench.held(), ["debian:12", "debian:unstable"]);
    let names = ["alpin".to_owned()];
    let result = sync(&bench.feeds(), &bench.fetcher(), &bench.options(Selection::Only(&names)), &NoProgress);
    assert!(matches!(result, Err(SyncError::UnknownName { name, .. }) if name == "alpin"));
}

#[test]
fn new_rows_are_ranked_by_the_tables_that_are_held() {
    let bench = Bench::new();
    bench.only(&["epss", "kev"]);
    bench.only(&["pypi"]);
    let ids = BTreeSet::from(["CVE-2025-10001".to_owned()]);
    let daily = bench.current().daily(&BTreeSet::from([Namespace::new("pypi")]), &ids).unwrap();
    assert!(daily["CVE-2025-10001"].epss.is_some() && daily["CVE-2025-10001"].kev.is_some());
}

#[test]
fn missing_ranking_is_a_gap() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.mirror.dir().join("epss.empiricalsecurity.com")).unwrap();
    fs::remove_dir_all(bench.mirror.dir().join("www.cisa.gov")).unwrap();
    let report = bench.namespaces(&["alpine:3.20"]);
    let places: Vec<&str> = report.gaps.iter().map(|gap| gap.place.as_str()).collect();
    assert_eq!(places, ["epss", "kev"]);
    assert_eq!(bench.held(), ["alpine:3.20"]);
}

#[test]
fn everything_is_asked_by_default() {
    let bench = Bench::new();
    let report = bench.all();
    assert_eq!(bench.held(), ["alpine:3.20", "debian:12", "debian:unstable", "pypi"]);
    assert!(report.sources.len() > 60);
    let facts = bench.current().facts().unwrap();
    assert!(facts.namespaces[&Namespace::new("debian:11")].providers.is_empty(), "the tracker lacks it");
}

#[test]
fn offline_holds_what_is_held() {
    let mut bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    bench.origin = Origin::Offline;
    let report = bench.namespaces(&["alpine:3.20", "pypi"]);
    assert!(report.sources.iter().all(|source| {
        matches!(&source.outcome, SourceOutcome::Failed { error } if error.contains("offline"))
    }));
    assert!(!report.changed);
    assert_eq!(bench.held(), ["alpine:3.20"]);

    let never = Bench { origin: Origin::Offline, ..Bench::new() };
    assert_eq!(never.namespaces(&["alpine:3.20"]).snapshot, None);
}

#[test]
fn another_origin_is_asked_whatever_the_first_one_said() {
    let mut bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    bench.max_age = MaxAge::Of(SignedDuration::from_hours(6));
    let server = bench.serve();
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(feeds_of(&report).all(|source| source.outcome == SourceOutcome::Unchanged), "{report:#?}");
    let request = &server.requests_for(MAIN_PATH)[0];
    assert!(
        !request.headers.contains_key("if-none-match") && !request.headers.contains_key("if-modified-since")
    );
}

#[test]
fn a_host_that_stumbles_is_asked_again() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let busy = |retry_after: &str| Behaviour::Status { code: 503, retry_after: Some(retry_after.to_owned()) };
    server.next(MAIN_PATH, busy("1")).next(MAIN_PATH, Behaviour::Cut { after: 20 });
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(is_updated(outcome(&report, MAIN)), "{report:#?}");
    assert_eq!(server.requests_for(MAIN_PATH).len(), 3);
    assert!(server.requests_for(MAIN_PATH)[2].headers.contains_key("range"));

    let again = bench.namespaces(&["alpine:3.20"]);
    assert!(feeds_of(&again).all(|source| source.outcome == SourceOutcome::Unchanged), "{again:#?}");

    server.always(MAIN_PATH, Behaviour::Html);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(
        matches!(outcome(&report, MAIN), SourceOutcome::Failed { error } if error.contains("HTML")),
        "{report:#?}"
    );
    server.always(MAIN_PATH, Behaviour::Status { code: 500, retry_after: None });
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(matches!(outcome(&report, MAIN), SourceOutcome::Failed { error } if error.contains("500")));
    assert_eq!(bench.records("alpine:3.20|source|libdemo").len(), 2);
}

#[test]
fn the_order_of_records_and_of_syncs_does_not_matter() {
    let record = |n: usize| {
        osv_record(&format!("PYSEC-2025-{n}"), &["CVE-2025-1"], "PyPI", "demo", "introduced 0, fixed 1")
    };
    let mut records: Vec<Value> = (0..20).map(record).collect();
    let first = Bench::new();
    first.mirror.osv_records("PyPI", &records);
    let once = first.namespaces(&["alpine:3.20", "debian:12", "pypi"]).snapshot;

    records.reverse();
    let second = Bench::new();
    second.mirror.osv_records("PyPI", &records);
    second.namespaces(&["pypi"]);
    second.namespaces(&["debian:12"]);
    let bit_by_bit = second.namespaces(&["alpine:3.20"]).snapshot;
    assert!(once.is_some());
    assert_eq!(once, bit_by_bit);
}

#[test]
fn several_syncs_at_once_agree() {
    let bench = Bench::new();
    let reports: Vec<SyncReport> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| bench.namespaces(&["alpine:3.20", "pypi"]))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let snapshots: BTreeSet<_> = reports.iter().map(|report| report.snapshot.clone()).collect();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(reports.iter().filter(|report| report.changed).count(), 1);
    assert!(reports.iter().all(|report| report.gaps.is_empty()), "{reports:#?}");
}

#[test]
fn a_plan_says_what_will_be_asked_and_how_large_it_is() {
    let mut bench = Bench::new();
    let namespaces = BTreeSet::from([Namespace::new("alpine:3.20"), Namespace::new("npm")]);
    let make = |bench: &Bench| {
        plan(&bench.feeds(), &bench.fetcher(), &bench.options(Selection::Namespaces(&namespaces))).unwrap()
    };
    let planned = make(&bench);
    let main = planned.sources.iter().find(|source| source.url == MAIN).unwrap();
    let size = fs::metadata(bench.mirror.dir().join(&MAIN_PATH[1..])).unwrap().len();
    assert_eq!((main.bytes, main.is_held), (Some(size), false));
    assert!(planned.sources.iter().any(|source| source.feed == "npm" && source.bytes.is_none()));
    assert!(planned.new_bytes() > size && planned.bytes_max() == planned.new_bytes());
    assert_eq!(fs::read_dir(bench.dir.path()).unwrap().count(), 1, "a plan writes nothing");

    bench.namespaces(&["alpine:3.20"]);
    let held = make(&bench);
    assert!(held.sources.iter().filter(|source| source.feed != "npm").all(|source| source.is_held));
    assert_eq!(held.new_bytes(), 0);
    bench.max_age = MaxAge::Of(SignedDuration::from_hours(1));
    assert!(make(&bench).sources.iter().all(|source| source.feed == "npm"));
}

#[test]
fn namespaces_are_answered_by_form() {
    for (namespace, is_answered) in [
        ("alpine:3.99", true),
        ("alpine:edge", true),
        ("alpine:", false),
        ("alpine:v3.20", false),
        ("debian:12", true),
        ("debian:unstable", true),
        ("debian:sid", false),
        ("debian:", false),
        ("rocky:9", true),
        ("redhat:9", true),
        ("redhat:9.4", false),
        ("sles:15.6", true),
        ("sles:", false),
        ("opensuse-leap:15.6", true),
        ("opensuse-tumbleweed:rolling", true),
        ("opensuse-tumbleweed:20250101", false),
        ("wolfi:rolling", true),
        ("pypi", true),
        ("golang", true),
        ("ubuntu:22.04", true),
        ("ubuntu:22.04+esm", true),
        ("ubuntu:22.04+tomorrow", false),
        ("ubuntu:jammy", false),
        ("fedora:42", true),
        ("fedora:rawhide", false),
        ("secureos:rolling", true),
        ("echo:1", true),
        ("apk", false),
        ("", false),
    ] {
        assert_eq!(answers(&Namespace::new(namespace)), is_answered, "{namespace}");
    }
}

#[test]
fn builtin_facts_name_who_answers_and_when_support_ends() {
    let facts = crate::facts::builtin_facts();
    let facts_of = |name: &str| facts.namespaces[&Namespace::new(name)].clone();
    assert_eq!(facts_of("alpine:3.18").end_of_life.as_deref(), Some("2025-05-09"));
    assert_eq!(facts_of("debian:12").providers, ["debian"]);
    assert_eq!(facts_of("ubuntu:20.04").providers, ["ubuntu"]);
    assert_eq!(facts_of("ubuntu:20.04+esm").end_of_life.as_deref(), Some("2030-04-30"));
    assert_eq!(facts_of("redhat:6").end_of_life.as_deref(), Some("2020-11-30"));
    assert_eq!(facts.codenames["jammy"].as_str(), "ubuntu:22.04");
    assert_eq!(facts_of("cargo").providers, ["osv"]);
    assert_eq!(facts.codenames["bookworm"].as_str(), "debian:12");
    assert_eq!(facts.codenames["forky"].as_str(), "debian:unstable");
    for (namespace, facts) in &facts.namespaces {
        if let Some(day) = &facts.end_of_life {
            assert!(day.parse::<jiff::civil::Date>().is_ok(), "{namespace} {day}");
        }
    }
}

#[test]
fn an_update_of_real_feeds_gives_what_a_fresh_sync_gives() {
    let Some(data) = testkit::data::require("an_update_of_real_feeds_gives_what_a_fresh_sync_gives") else {
        return;
    };
    let names = ["alpine:3.10", "debian:11", "cargo"];
    let rust = concat!("crates", ".io");
    let mut updated = Bench::new();
    updated.loss_percent_max = 100;
    updated.mirror.alpine(&data, &["3.10"], Some("2019-09-01")).debian(&data, "2022-07-01");
    updated.mirror.osv(&data, rust, "2025-01-01").kev(&data, "2025-02-01");
    let older = updated.namespaces(&names);
    assert!(older.gaps.is_empty(), "{:#?}", older.gaps);

    let fresh = Bench::new();
    for mirror in [&updated.mirror, &fresh.mirror] {
        mirror.alpine(&data, &["3.10"], None).debian(&data, "2023-04-02");
        mirror.osv(&data, rust, "2026-01-01").kev(&data, "2025-06-10");
    }
    let (newer, fresh) = (updated.namespaces(&names), fresh.namespaces(&names));
    assert!(newer.changed && newer.gaps.is_empty(), "{:#?}", newer.gaps);
    assert_eq!(newer.snapshot, fresh.snapshot);
}

#[test]
fn feeds_lie_where_the_url_says() {
    let bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    let downloads = bench.feeds().path().join("downloads");
    assert!(downloads.join("secdb.alpinelinux.org/v3.20/main.json").is_file());
    let left: Vec<PathBuf> = walk(&downloads)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "new" || it == "part" || it == "if-range"))
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

fn walk(dir: &std::path::Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { paths.extend(walk(&path)) } else { paths.push(path) }
    }
    paths
}

#[test]
fn an_archive_that_is_held_is_brought_up_to_date_by_the_records_that_changed() {
    let record = |n: usize, hour: usize, fixed: &str| {
        let mut record = osv_record(
            &format!("PYSEC-2025-{n}"),
            &[],
            "PyPI",
            "demo",
            &format!("introduced 0, fixed {fixed}"),
        );
        record["modified"] = json!(format!("2025-06-0{}T{:02}:00:00Z", 1 + hour / 24, hour % 24));
        record
    };
    let mut bench = Bench::new();
    let old: Vec<Value> = (0..9).map(|n| record(n, n, "1")).collect();
    bench.mirror.osv_records("PyPI", &old);
    let server = Server::of_dir(bench.mirror.dir());
    bench.origin = Origin::MirrorUrl(server.url(""));
    bench.namespaces(&["pypi"]);
    let mut n_seen = 0;
    let mut asked = || -> BTreeSet<String> {
        let requests = server.requests();
        let new = requests[n_seen..].iter().filter(|request| request.path.contains("/PyPI/"));
        let names = new.filter_map(|request| Some(request.path.rsplit('/').next()?.to_owned())).collect();
        n_seen = requests.len();
        names
    };
    assert_eq!(asked(), BTreeSet::from(["all.zip".to_owned()]));

    // One record changes and one is new; the archive is not made anew.
    let (changed, new) = (record(3, 48, "2"), record(90, 49, "1"));
    let mut records = old.clone();
    records[3] = changed.clone();
    records.push(new.clone());
    let zip = bench.mirror.dir().join("osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip");
    let archive = fs::read(&zip).unwrap();
    bench.mirror.osv_records("PyPI", &records);
    fs::write(&zip, &archive).unwrap();
    for record in [&changed, &new] {
        let name = record["id"].as_str().unwrap();
        bench.mirror.file(
            &format!("osv-vulnerabilities.storage.googleapis.com/PyPI/{name}.json"),
            record.to_string(),
        );
    }
    // Those modified shortly before the newest of the archive are asked for too, and this mirror lacks them: the
    // archive is asked instead, and is as it was.
    bench.later(1);
    bench.namespaces(&["pypi"]);
    let names = asked();
    assert!(names.contains("all.zip") && names.contains("modified_id.csv"), "{names:?}");
    assert_eq!(bench.records("pypi|language|demo").len(), 9);
    // With all of them there, only they are asked for.
    for record in &records {
        let name = record["id"].as_str().unwrap();
        bench.mirror.file(
            &format!("osv-vulnerabilities.storage.googleapis.com/PyPI/{name}.json"),
            record.to_string(),
        );
    }
    bench.later(1);
    let report = bench.namespaces(&["pypi"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    let names = asked();
    assert!(!names.contains("all.zip"), "{names:?}");
    assert!(names.contains("PYSEC-2025-90.json"), "{names:?}");
    assert_eq!(bench.records("pypi|language|demo").len(), 10);
    let rows = bench.rows("pypi|language|demo").rows.into_values().flatten();
    let changed: Vec<_> = rows.filter(|row| row.record == "PYSEC-2025-3").collect();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].affected.ranges[0].events.contains(&RangeEvent::Fixed("2".into())), "{changed:?}");
    // The same records at once give the same snapshot.
    let fresh = Bench::new();
    fresh.mirror.osv_records("PyPI", &records);
    assert_eq!(fresh.namespaces(&["pypi"]).snapshot, report.snapshot);
    // A week later the archive is asked for again; it has lost what was never in it.
    bench.later(8 * 24);
    bench.namespaces(&["pypi"]);
    assert!(asked().contains("all.zip"));
}

#[test]
fn a_list_beside_a_feed_that_cannot_be_read_is_a_gap_and_holds_nothing_up() {
    let bench = Bench::new();
    let path = "gitlab.alpinelinux.org/alpine/security/security-rejections/-/raw/master/main.yaml";
    bench.mirror.file(path, "<!DOCTYPE html><html>sign in</html>");
    let report = bench.namespaces(&["alpine:3.20"]);
    assert_eq!(bench.records("alpine:3.20|source|libdemo").len(), 2);
    assert_eq!(report.gaps.len(), 1, "{:#?}", report.gaps);
    assert!(report.gaps.iter().any(|gap| gap.detail.contains("main.yaml")), "{:#?}", report.gaps);
    // Once it is readable it counts.
    bench.mirror.file(path, "libdemo:\n  - CVE-2025-10001\n");
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(report.changed && !report.gaps.iter().any(|gap| gap.detail.contains("main.yaml")), "{report:#?}");
}

#[test]
fn a_namespace_of_more_records_than_are_held_at_once_is_the_same() {
    let record = |n: usize| {
        let mut record =
            osv_record(&format!("PYSEC-2025-{n}"), &[], "PyPI", "demo", "introduced 0, fixed 1.4");
        record["details"] = json!(format!("{n} {}", "overflow in demo ".repeat(10_000)));
        (format!("PYSEC-2025-{n}.json"), record.to_string().into_bytes())
    };
    let records: Vec<(String, Vec<u8>)> = (0..500).map(record).collect();
    let packed = records.iter().map(|(name, bytes)| (name.as_str(), &bytes[..], Packing::Deflated));
    let packed = testkit::zip::archive(packed);
    let stored = testkit::feeds::zip(&records);
    assert!(packed.len() < 16_000_000 && stored.len() > 64_000_000);
    let synced = |archive: &[u8]| {
        let bench = Bench::new();
        bench.mirror.file("osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip", archive);
        let report = bench.only(&["osv:PyPI"]);
        assert!(report.gaps.is_empty(), "{report:#?}");
        assert_eq!(bench.records("pypi|language|demo").len(), 500);
        report.snapshot
    };
    assert_eq!(synced(&packed), synced(&stored));
}
