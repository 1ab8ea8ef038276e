//! What a sync does that waited for another one: it takes what that got, be it an answer or a failure.

use super::*;
use crate::kept::Kept;
use crate::pull::{Had, download};
use crate::selection::Selected;
use crate::tests::{feed, provider};

/// What a sync of Alpine 3.20 has of `main.json` when it knew `before` and finds what is there now.
fn had(bench: &Bench, before: &Kept) -> Had {
    let alpine = provider("alpine");
    let feed = feed(alpine, "alpine:3.20");
    let selected = Selected { provider: alpine, feed, asked_by: BTreeSet::new(), demanded: BTreeSet::new() };
    let (kept, options) = (Kept::read(&bench.feeds()), bench.options(Selection::All));
    let pulls = download(vec![selected], before, &kept, &bench.fetcher(), &options, &NoProgress);
    let mut sources = pulls.into_iter().flat_map(|pull| pull.sources);
    sources.find(|source| source.source.url == MAIN).expect("it is asked").had
}

fn kept(bench: &Bench) -> Kept {
    Kept::read(&bench.feeds())
}

#[test]
fn a_failure_of_the_one_that_was_waited_for_is_not_tried_again() {
    let mut bench = Bench::new();
    let server = bench.serve();
    bench.only(&["alpine:3.20"]);
    let before = kept(&bench);
    server.always(MAIN_PATH, Behaviour::Status { code: 500, retry_after: None });
    bench.later(1);
    bench.only(&["alpine:3.20"]);
    let n_asked = server.requests_for(MAIN_PATH).len();
    let Had::Failed(error) = had(&bench, &before) else { panic!("it failed") };
    assert!(error.contains("500"), "{error}");
    assert_eq!(server.requests_for(MAIN_PATH).len(), n_asked);
    // Who comes later asks for himself, and so does who asks elsewhere.
    assert!(matches!(had(&bench, &kept(&bench)), Had::Failed(_)));
    assert!(server.requests_for(MAIN_PATH).len() > n_asked);
    let elsewhere = bench.serve();
    assert!(matches!(had(&bench, &before), Had::Unchanged(_)));
    assert_eq!(elsewhere.requests_for(MAIN_PATH).len(), 1);
}

#[test]
fn a_feed_that_was_refused_is_not_downloaded_again_by_who_waited() {
    let mut bench = Bench::new();
    let server = bench.serve();
    bench.only(&["alpine:3.20"]);
    let before = kept(&bench);
    server.always(MAIN_PATH, Behaviour::Html);
    bench.later(1);
    bench.only(&["alpine:3.20"]);
    let n_asked = server.requests_for(MAIN_PATH).len();
    assert!(matches!(had(&bench, &before), Had::Failed(error) if error.contains("HTML")));
    assert_eq!(server.requests_for(MAIN_PATH).len(), n_asked);
}

#[test]
fn that_a_file_is_gone_since_is_an_answer_too() {
    let mut bench = Bench::new();
    let server = bench.serve();
    bench.only(&["alpine:3.20"]);
    let before = kept(&bench);
    server.always(MAIN_PATH, Behaviour::Status { code: 404, retry_after: None });
    bench.later(1);
    bench.only(&["alpine:3.20"]);
    let n_asked = server.requests_for(MAIN_PATH).len();
    assert!(matches!(had(&bench, &before), Had::StillMissing));
    assert_eq!(server.requests_for(MAIN_PATH).len(), n_asked);
}

#[test]
fn an_answer_counts_more_than_what_one_of_its_feeds_made_of_it() {
    let mut bench = Bench::new();
    let server = bench.serve();
    bench.only(&["alpine:3.20"]);
    let before = kept(&bench);
    bench.later(1);
    bench.only(&["alpine:3.20"]);
    let n_asked = server.requests_for(MAIN_PATH).len();
    assert!(matches!(had(&bench, &before), Had::Fresh));
    assert_eq!(server.requests_for(MAIN_PATH).len(), n_asked);
    // Another feed that is read from it may have refused it.
    let sources = bench.feeds().path().join("downloads/sources.json");
    let mut table: Value = serde_json::from_slice(&fs::read(&sources).unwrap()).unwrap();
    let origin = table["sources"][MAIN]["held"]["origin"].clone();
    table["sources"][MAIN]["failure"] =
        json!({"at": bench.now.to_string(), "error": "refused", "origin": origin});
    fs::write(&sources, table.to_string()).unwrap();
    assert!(matches!(had(&bench, &before), Had::Fresh));
}
