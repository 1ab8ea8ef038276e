//! How often feeds are asked: as each wants, unless somebody says otherwise.

use jiff::ToSpan;
use testkit::server::Server;

use super::engine::{Bench, feeds_of};
use crate::report::SourceOutcome;
use crate::schedule::MaxAge;

/// The hosts below which something was asked since `n_seen` requests, sorted, and how many requests there are now.
fn asked(server: &Server, n_seen: &mut usize) -> Vec<String> {
    let requests = server.requests();
    let host = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let mut hosts: Vec<String> = requests[*n_seen..].iter().map(|request| host(&request.path)).collect();
    *n_seen = requests.len();
    hosts.sort();
    hosts.dedup();
    hosts
}

#[test]
fn a_feed_is_asked_again_once_its_own_interval_is_over() {
    let mut bench = Bench::new();
    let server = bench.serve();
    bench.max_age = MaxAge::OfProvider;
    let namespaces = ["alpine:3.20", "debian:12"];
    let mut n_seen = 0;
    let start = bench.now;
    let has = |hosts: &[String], host: &str| hosts.iter().any(|asked| asked == host);
    const ALPINE: &str = "secdb.alpinelinux.org";
    const DEBIAN: &str = "security-tracker.debian.org";
    const KEV: &str = "www.cisa.gov";
    const EPSS: &str = "epss.empiricalsecurity.com";
    bench.namespaces(&namespaces);
    let first = asked(&server, &mut n_seen);
    assert!([ALPINE, DEBIAN, KEV, EPSS].iter().all(|host| has(&first, host)), "{first:?}");
    // Alpine wants to be asked hourly, and is the first.
    bench.now = start + 59.minutes();
    let report = bench.namespaces(&namespaces);
    assert_eq!(asked(&server, &mut n_seen), Vec::<String>::new());
    assert!(feeds_of(&report).all(|source| source.outcome == SourceOutcome::Fresh), "{report:#?}");
    assert!(report.sources.iter().all(|source| source.answered_at == Some(start)), "{report:#?}");
    bench.now = start + 61.minutes();
    let report = bench.namespaces(&namespaces);
    let hosts = asked(&server, &mut n_seen);
    assert!(has(&hosts, ALPINE) && !has(&hosts, DEBIAN) && !has(&hosts, KEV), "{hosts:?}");
    let of_alpine = || report.sources.iter().filter(|source| source.provider == "alpine");
    assert!(of_alpine().all(|source| source.outcome == SourceOutcome::Unchanged), "{report:#?}");
    assert!(of_alpine().all(|source| source.answered_at == Some(bench.now)), "{report:#?}");
    // What somebody asks for overrules every interval, in both directions.
    bench.max_age = MaxAge::Of(jiff::SignedDuration::from_hours(100));
    bench.now = start + 4.hours();
    bench.namespaces(&namespaces);
    assert_eq!(asked(&server, &mut n_seen), Vec::<String>::new());
    bench.max_age = MaxAge::OfProvider;
    bench.namespaces(&namespaces);
    let hosts = asked(&server, &mut n_seen);
    assert!(has(&hosts, DEBIAN) && !has(&hosts, KEV), "{hosts:?}");
    bench.now = start + 7.hours();
    bench.namespaces(&namespaces);
    let hosts = asked(&server, &mut n_seen);
    assert!(has(&hosts, KEV) && !has(&hosts, EPSS), "{hosts:?}");
    bench.max_age = MaxAge::ZERO;
    bench.namespaces(&namespaces);
    let hosts = asked(&server, &mut n_seen);
    assert!([ALPINE, DEBIAN, KEV, EPSS].iter().all(|host| has(&hosts, host)), "{hosts:?}");
}

#[test]
fn a_source_that_failed_is_asked_again_before_its_interval_is_over() {
    let mut bench = Bench::new();
    bench.mirror.file("epss.empiricalsecurity.com/epss_scores-current.csv.gz", "no table");
    let server = bench.serve();
    bench.max_age = MaxAge::OfProvider;
    let mut n_seen = 0;
    bench.namespaces(&["alpine:3.20"]);
    asked(&server, &mut n_seen);
    bench.later(0);
    bench.namespaces(&["alpine:3.20"]);
    assert_eq!(asked(&server, &mut n_seen), ["epss.empiricalsecurity.com"]);
}
