//! Whose data a published snapshot has, and what becomes of data that it has no more.

use super::*;

#[test]
fn what_licences_do_not_let_pass_on_is_left_out_and_named() {
    let bench = Bench::new();
    bench.publisher_has(&[
        ("debian", "debian:12", 1),
        ("wolfi", "wolfi:rolling", 1),
        ("chainguard", "chainguard:rolling", 1),
        ("private", "debian:12", 3),
        ("somebody", "pypi", 1),
    ]);
    let report = bench.push();
    let left_out: Vec<String> =
        report.left_out.iter().map(|(provider, namespace)| format!("{provider} {namespace}")).collect();
    assert_eq!(
        left_out,
        ["chainguard chainguard:rolling", "private debian:12", "somebody pypi", "wolfi wolfi:rolling"]
    );
    assert_eq!(report.n_shards, 3);
    bench.pull();
    assert_eq!(held(&bench.taker()), ["debian:12 debian"]);
    // Not their bytes either, and not their names.
    let index = bench.index();
    assert_eq!(index.files.len(), 3, "rows, texts and the facts");
    let text = String::from_utf8(index.manifest.to_json()).unwrap();
    assert!(!text.contains("private") && !text.contains("wolfi"), "{text}");
    assert_eq!(fs::read_dir(bench.path("place/blobs/sha256")).unwrap().count(), 3);
}

#[test]
fn what_is_held_of_others_survives_a_pull() {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.push();
    fill(
        &bench.taker(),
        bench.now,
        &[("private", "debian:12", 9), ("private", "pypi", 9), ("suse", "suse:15", 1)],
    );
    let expected = ["alpine:3.20 alpine", "debian:12 debian,private", "pypi private", "suse:15 suse"];
    bench.pull();
    assert_eq!(held(&bench.taker()), expected);
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    bench.push();
    assert_eq!(bench.pull().n_edited, 2);
    assert_eq!(held(&bench.taker()), expected);
    assert!(current(&bench.taker()).verify().is_empty());
}

#[test]
fn what_the_publisher_has_no_more_is_not_held_any_more() {
    let mut bench = Bench::new();
    bench.publisher_has(&[
        ("debian", "debian:12", 1),
        ("osv", "debian:12", 1),
        ("alpine", "alpine:3.20", 1),
        ("alpine", "alpine:3.19", 1),
    ]);
    // Its licence lets the second be passed on.
    let report = bench.push();
    assert!(report.left_out.is_empty(), "{report:?}");
    fill(&bench.taker(), bench.now, &[("private", "debian:12", 9), ("private", "alpine:3.19", 9)]);
    bench.pull();
    assert_eq!(
        held(&bench.taker()),
        ["alpine:3.19 alpine,private", "alpine:3.20 alpine", "debian:12 debian,osv,private"]
    );

    bench.later(1);
    fs::remove_dir_all(bench.path("publisher")).unwrap();
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    bench.push();
    // Who asks for one namespace learns of that one.
    let names = wanted(&["debian:12"]);
    let report = bench.pull_with(&BringOptions { wanted: Some(&names), ..bench.options() });
    assert_eq!(report.removed, [("debian:12".to_owned(), "osv".to_owned())]);
    assert_eq!(
        held(&bench.taker()),
        ["alpine:3.19 alpine,private", "alpine:3.20 alpine", "debian:12 debian,private"]
    );
    // Who asks for one that is gone learns that it is.
    let names = wanted(&["alpine:3.20"]);
    let report = bench.pull_with(&BringOptions { wanted: Some(&names), ..bench.options() });
    assert_eq!(report.removed, [("alpine:3.20".to_owned(), "alpine".to_owned())]);
    assert_eq!(report.gaps.len(), 1);
    let report = bench.pull();
    assert_eq!(report.removed, [("alpine:3.19".to_owned(), "alpine".to_owned())]);
    assert_eq!(held(&bench.taker()), ["alpine:3.19 private", "debian:12 debian,private"]);
    assert!(bench.pull().removed.is_empty());
}

#[test]
fn another_publisher_replaces_what_it_has_and_nothing_else() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("osv", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.push();
    bench.pull();
    let other = Bench::new();
    other.publisher_has(&[("debian", "debian:12", 2)]);
    other.push();
    let places: [Box<dyn Place>; 1] = [Box::new(other.place())];
    let report = bench.pull_from(&places, &bench.options());
    assert_eq!(report.removed, [("debian:12".to_owned(), "osv".to_owned())]);
    assert_eq!(held(&bench.taker()), ["alpine:3.20 alpine", "debian:12 debian"]);
    // And back again.
    bench.pull();
    bench.assert_same();
}
