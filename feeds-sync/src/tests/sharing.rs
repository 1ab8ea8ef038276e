//! Files that several feeds are read from.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;
use testkit::server::Behaviour;

use super::csaf::archive;
use super::engine::Bench;
use super::vex_feed::{HARDENED, NEW, OLD, RHEL, asked, file, gaps, list, newer_tree, unfixed};
use super::{feed, provider};
use crate::engine::NoProgress;
use crate::kept::Kept;
use crate::provider::Source;
use crate::pull::{Had, download};
use crate::selection::{Selected, Selection};

const OLD_DAY: &str = "2025-05-30T10:00:00Z";

#[test]
fn what_one_feed_no_longer_needs_stays_for_the_other() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let documents = [("2025/cve-2025-1.json", unfixed("CVE-2025-1", &[HARDENED, RHEL], "demo", OLD_DAY))];
    newer_tree(&server, "Sun, 01 Jun 2025 02:00:00 GMT", &documents);
    for tree in [OLD, NEW] {
        list(&server, &format!("{tree}/changes.csv"), &[("2025/cve-2025-1.json", OLD_DAY)]);
        list(&server, &format!("{tree}/deletions.csv"), &[("2024/cve-2024-1.json", OLD_DAY)]);
    }
    let repositories = json!({"data": {"demo": {"cpes": [RHEL]}}}).to_string();
    server.serve("/security.access.redhat.com/data/metrics/repository-to-cpe.json", repositories);
    bench.only(&["hummingbird", "redhat"]);
    assert_eq!(bench.records("redhat:9|binary|demo"), ["CVE-2025-1"]);

    // The older tree is there after all, and one of the two feeds goes back to it.
    let name = "csaf_vex_2025-06-01.tar.zst";
    let documents = documents.map(|(path, text)| (path.to_owned(), text));
    file(&server, &format!("{OLD}/{name}"), archive(&documents), None);
    server.serve(&format!("{OLD}/archive_latest.txt"), name);
    bench.later(1);
    let report = bench.only(&["hummingbird", "redhat"]);
    assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));

    // The other one still has all that it was read from.
    let mut n_seen = server.requests().len();
    let shared = format!("{NEW}/vex-archive.tar.zst");
    server.always(&shared, Behaviour::Status { code: 500, retry_after: None });
    for feeds in [&["redhat"][..], &["hummingbird"]] {
        bench.later(1);
        let report = bench.only(feeds);
        assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));
    }
    assert!(!asked(&server, &mut n_seen).contains(&shared));
    assert_eq!(bench.data_as_of("hummingbird:rolling"), bench.now);

    // What nobody needs any more goes.
    let held =
        |path: &str| bench.feeds().path().join("downloads").join(path.trim_start_matches('/')).exists();
    assert!(held(&shared) && !held(&format!("{NEW}/index.txt")));
}

#[test]
fn a_shared_file_is_asked_for_when_any_of_its_feeds_wants_it() {
    let mut bench = Bench::new();
    let alpine = provider("alpine");
    let selected = |name: &str, max_age: Option<SignedDuration>| {
        let mut feed = feed(alpine, name);
        let shared = |source: &Source| source.url.ends_with(".yaml");
        feed.sources.iter_mut().filter(|source| shared(source)).for_each(|source| source.max_age = max_age);
        Selected { provider: alpine, feed, asked_by: BTreeSet::new(), demanded: BTreeSet::new() }
    };
    bench.only(&["alpine:3.20"]);
    bench.later(2);
    let daily = Some(SignedDuration::from_hours(24));
    let kept = Kept::read(&bench.feeds());
    // Whichever comes first.
    for (first, second) in [(daily, None), (None, daily), (daily, daily)] {
        let pulls = download(
            vec![selected("alpine:3.20", first), selected("alpine:3.19", second)],
            &kept,
            &kept,
            &bench.fetcher(),
            &bench.options(Selection::All),
            &NoProgress,
        );
        let sources = pulls.iter().flat_map(|pull| &pull.sources);
        let shared: Vec<bool> = sources
            .filter(|source| source.source.url.ends_with("main.yaml"))
            .map(|source| matches!(source.had, Had::Unchanged(_)))
            .collect();
        let is_wanted = first.is_none() || second.is_none();
        assert_eq!(shared, [is_wanted; 2], "{first:?} {second:?}");
    }
}
