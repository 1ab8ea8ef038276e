//! The calendars of the ends of support, through the engine.

use model::key::Namespace;
use serde_json::json;
use testkit::server::Behaviour;

use super::engine::{Bench, is_updated, outcome};
use super::{provider, read_calendar, ubuntu};
use crate::report::SourceOutcome;

const CATALOGUE: &str = "https://endoflife.date/api/v1/products/full";
const DEBIAN: &str = "https://debian.pages.debian.net/distro-info-data/debian.csv";
const UBUNTU: &str = "https://salsa.debian.org/debian/distro-info-data/-/raw/main/ubuntu.csv";

fn place(url: &str) -> &str {
    &url["https://".len()..]
}

fn catalogue(releases: &[(&str, &str, &str)]) -> String {
    let product = |(product, release, end): &(&str, &str, &str)| json!({"name": product, "releases": [{"name": release, "isEol": false, "eolFrom": end}]});
    json!({"result": releases.iter().map(product).collect::<Vec<_>>()}).to_string()
}

/// The end of support that the facts of the snapshot state.
fn end(bench: &Bench, namespace: &str) -> Option<String> {
    let facts = bench.current().facts().unwrap();
    facts.namespaces.get(&Namespace::new(namespace))?.end_of_life.clone()
}

#[test]
fn long_term_support_of_debian_counts_because_it_is_for_everybody() {
    let bench = Bench::new();
    let release = |name: &str, end: &str, long_term: Option<&str>| json!({"name": name, "isEol": false, "eolFrom": end, "eoesFrom": long_term});
    let debian = [release("12", "2026-06-11", Some("2028-07-01")), release("13", "2028-08-09", None)];
    let ubuntu = [release("22.04", "2027-04-01", Some("2032-04-09"))];
    let catalogue =
        json!({"result": [{"name": "debian", "releases": debian}, {"name": "ubuntu", "releases": ubuntu}]});
    bench.mirror.file(place(CATALOGUE), catalogue.to_string());
    bench.namespaces(&["alpine:3.20"]);
    assert_eq!(end(&bench, "debian:12").as_deref(), Some("2028-07-01"));
    assert_eq!(end(&bench, "debian:13").as_deref(), Some("2028-08-09"));
    // Ubuntu's is paid for.
    assert_eq!(end(&bench, "ubuntu:22.04").as_deref(), Some("2027-04-01"));
    assert_eq!(end(&bench, "ubuntu:22.04+esm").as_deref(), Some("2032-04-09"));
}

#[test]
fn what_a_calendar_says_wins_over_what_is_built_in() {
    let mut bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2026-04-01"));
    assert_eq!(end(&bench, "alpine:3.99"), None);

    bench.mirror.file(
        place(CATALOGUE),
        catalogue(&[
            ("alpine-linux", "3.20", "2026-04-02"),
            ("alpine-linux", "3.99", "2031-05-01"),
            ("debian", "12", "2026-06-11"),
            ("python", "3.12", "2028-10-01"),
        ]),
    );
    bench.mirror.file(place(DEBIAN), "version,series,eol,eol-lts\n12,bookworm,2026-06-10,2028-06-29\n");
    bench.later(25);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(
        is_updated(outcome(&report, CATALOGUE)) && report.changed && report.gaps.is_empty(),
        "{report:#?}"
    );
    assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2026-04-02"));
    // Those that the calendar leaves out are as they were, and those that are new are known.
    assert_eq!(end(&bench, "alpine:3.18").as_deref(), Some("2025-05-09"));
    assert_eq!(end(&bench, "alpine:3.99").as_deref(), Some("2031-05-01"));
    assert_eq!(end(&bench, "runtime:python@3.12").as_deref(), Some("2028-10-01"));
    // A vendor's own calendar wins over one that follows vendors.
    assert_eq!(end(&bench, "debian:12").as_deref(), Some("2028-06-29"));
    // A sync that does not ask for them knows what is held of them.
    bench.mirror.secdb("3.20", "main", "libdemo\n  1.4.3-r1 CVE-2025-10001\n");
    assert!(bench.only(&["alpine:3.20"]).changed);
    assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2026-04-02"));
    assert_eq!(end(&bench, "debian:12").as_deref(), Some("2028-06-29"));
    assert_eq!(end(&bench, "runtime:python@3.12").as_deref(), Some("2028-10-01"));
}

#[test]
fn a_calendar_is_asked_once_a_day_on_condition_and_one_that_is_damaged_changes_nothing() {
    let mut bench = Bench::new();
    bench.mirror.file(place(CATALOGUE), catalogue(&[("alpine-linux", "3.20", "2026-04-02")]));
    let server = bench.serve();
    let path = format!("/{}", place(CATALOGUE));
    bench.namespaces(&["alpine:3.20"]);
    bench.later(1);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert_eq!(outcome(&report, CATALOGUE), &SourceOutcome::Fresh);
    assert_eq!(server.requests_for(&path).len(), 1);
    bench.later(24);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert_eq!(outcome(&report, CATALOGUE), &SourceOutcome::Unchanged);
    assert!(server.requests_for(&path)[1].header("if-none-match").is_some());

    let whole = catalogue(&[("alpine-linux", "3.20", "2027-01-01")]);
    bench.mirror.file(place(CATALOGUE), &whole[..whole.len() - 2]);
    for _ in 0..2 {
        bench.later(25);
        let report = bench.namespaces(&["alpine:3.20"]);
        assert!(matches!(outcome(&report, CATALOGUE), SourceOutcome::Failed { .. }), "{report:#?}");
        assert_eq!(report.gaps.len(), 1, "{report:#?}");
        assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2026-04-02"));
    }
    server.next(&path, Behaviour::Html);
    bench.later(25);
    bench.namespaces(&["alpine:3.20"]);
    assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2026-04-02"));
    bench.mirror.file(place(CATALOGUE), &whole);
    bench.later(25);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2027-01-01"));
}

#[test]
fn a_calendar_that_is_no_good_at_first_leaves_what_is_built_in() {
    let mut bench = Bench::new();
    bench.mirror.file(place(CATALOGUE), "{\"result\": []}");
    bench.mirror.file(place(UBUNTU), "a,b\n1,2\n");
    let report = bench.namespaces(&["alpine:3.20"]);
    assert_eq!(report.gaps.len(), 2, "{report:#?}");
    assert_eq!(end(&bench, "alpine:3.20").as_deref(), Some("2026-04-01"));
    assert_eq!(end(&bench, "ubuntu:22.04").as_deref(), Some("2027-04-30"));
    bench.mirror.file(place(UBUNTU), "version,series,eol\n22.04 LTS,jammy,2027-06-01\n");
    bench.later(1);
    let report = bench.namespaces(&["alpine:3.20"]);
    assert_eq!(report.gaps.len(), 1, "{report:#?}");
    assert_eq!(end(&bench, "ubuntu:22.04").as_deref(), Some("2027-06-01"));
}

#[test]
fn the_calendar_says_from_when_on_a_release_between_two_with_long_support_is_frozen() {
    // Built in is 2026-01-31 for 25.04, and nothing for 27.10.
    for (end, is_frozen) in [("2026-01-15", true), ("2026-03-01", false)] {
        let mut bench = Bench::new();
        bench.now = "2026-01-01T00:00:00Z".parse().unwrap();
        let calendar =
            format!("version,series,eol\n25.04,plucky,{end}\n27.10,someday,{end}\n24.04 LTS,noble,{end}\n");
        bench.mirror.file(place(UBUNTU), calendar);
        let of = |range: std::ops::Range<usize>, fixed: Option<&str>| -> Vec<serde_json::Value> {
            let releases = [("25.04", fixed), ("27.10", fixed), ("24.04:LTS", fixed)];
            range.map(|n| ubuntu::record(n, &releases)).collect()
        };
        let statements = [ubuntu::statement(10_000, ubuntu::NEEDED)];
        ubuntu::publish(&bench, &of(10_000..10_040, None), &statements);
        bench.namespaces(&["ubuntu:25.04"]);
        let key = |release: &str| format!("ubuntu:{release}|source|demo");
        let before = ["25.04", "27.10"].map(|release| bench.rows(&key(release)));
        assert_eq!(bench.records(&key("25.04")).len(), 40);

        ubuntu::publish(&bench, &of(10_000..10_039, Some("2")), &statements);
        bench.now = "2026-02-01T00:00:00Z".parse().unwrap();
        let report = bench.namespaces(&["ubuntu:25.04"]);
        assert!(is_updated(outcome(&report, ubuntu::OSV)), "{report:#?}");
        let after = ["25.04", "27.10"].map(|release| bench.rows(&key(release)));
        assert_eq!(before == after, is_frozen, "{end}");
        assert_eq!(bench.records(&key("25.04")).len(), if is_frozen { 40 } else { 39 });
        // One with long support is never frozen.
        assert_eq!(bench.records(&key("24.04")).len(), 39);
    }
}

#[test]
fn a_release_that_is_newer_than_this_program_is_known_by_its_codename() {
    let bench = Bench::new();
    bench.namespaces(&["alpine:3.20"]);
    let codename = |bench: &Bench, name: &str| {
        bench.current().facts().unwrap().codenames.get(name).map(ToString::to_string)
    };
    assert_eq!(codename(&bench, "someday"), None);
    assert_eq!(codename(&bench, "forky").as_deref(), Some("debian:unstable"));
    let bench = Bench::new();
    bench.mirror.file(place(UBUNTU), "version,series,eol\n30.04 LTS,someday,2035-05-31\n");
    // Testing has no end; once it has, it is released.
    bench.mirror.file(place(DEBIAN), "version,series,eol\n14,forky,2030-08-09\n15,duke\n");
    bench.namespaces(&["alpine:3.20"]);
    assert_eq!(codename(&bench, "someday").as_deref(), Some("ubuntu:30.04"));
    assert_eq!(codename(&bench, "forky").as_deref(), Some("debian:14"));
    assert_eq!(codename(&bench, "duke"), None);
    assert_eq!(codename(&bench, "jammy").as_deref(), Some("ubuntu:22.04"));
}

#[test]
fn a_real_answer_of_the_interface_is_read() {
    let Some(data) = testkit::data::require("a_real_answer_of_the_interface_is_read") else { return };
    let bytes = testkit::data::read(&data.join("feeds/vendor/vunnel/eol/valid-eol-response.json"));
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let products = document["result"].as_array().unwrap();
    let releases = |product: &str| {
        let product = products.iter().find(|it| it["name"] == product).unwrap();
        product["releases"].as_array().unwrap()
    };
    let (lifecycles, n_entries) = read_calendar(provider("endoflife"), "full", &bytes).unwrap();
    let mut n_releases = 0;
    for release in releases("ubuntu") {
        let namespace = Namespace::distro("ubuntu", release["name"].as_str().unwrap());
        let end = &lifecycles.get(&namespace).expect("it is known").end_of_life;
        assert_eq!(Some(end.as_str()), release["eolFrom"].as_str());
        n_releases += 1;
    }
    for release in releases("python") {
        let namespace = Namespace::runtime("python", release["name"].as_str().unwrap());
        let end = &lifecycles.get(&namespace).expect("it is known").end_of_life;
        assert_eq!(Some(end.as_str()), release["eolFrom"].as_str());
    }
    // Python is no distribution.
    let n_all = n_releases + releases("python").len();
    assert_eq!((lifecycles.iter().count(), n_entries), (n_all, n_releases as u64));
}
