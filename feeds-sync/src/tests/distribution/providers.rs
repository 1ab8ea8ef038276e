//! Whose data a published snapshot has, and what becomes of data that it has no more.

use sha2::Digest as _;

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

/// Everything that lies at the place, unpacked.
fn all_bytes(bench: &Bench) -> Vec<u8> {
    let mut all = bench.index().manifest.to_json();
    for entry in fs::read_dir(bench.path("place/blobs/sha256")).unwrap() {
        all.extend(zstd::decode_all(File::open(entry.unwrap().path()).unwrap()).unwrap());
    }
    all
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// The facts of a directory as a sync states them: with the namespaces and the providers of what is held.
fn state_facts(feeds: &FeedsDir, now: Timestamp, also: &[&str]) {
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    let of = |providers: Vec<String>| model::facts::NamespaceFacts {
        coverage: CoverageClass::Complete,
        providers,
        end_of_life: None,
    };
    let held = writer.namespaces().into_iter().map(|entry| {
        let providers = entry.providers.iter().map(|stamp| stamp.name.clone()).collect();
        (entry.name.clone(), of(providers))
    });
    let absent = also.iter().map(|name| (Namespace::new(*name), of(Vec::new())));
    let facts = FeedFacts { namespaces: held.chain(absent).collect(), ..FeedFacts::default() };
    writer.set_facts(&facts).unwrap();
    writer.swap(now).unwrap();
}

#[test]
fn facts_name_nothing_that_is_not_published() {
    let bench = Bench::new();
    bench.publisher_has(&[
        ("debian", "debian:12", 1),
        ("private", "debian:12", 3),
        ("csaf:acme.example", "debian:12", 4),
        ("private", "acme-secret:1", 5),
        ("wolfi", "wolfi:rolling", 1),
    ]);
    state_facts(&bench.publisher(), bench.now, &["suse:99"]);
    let facts = current(&bench.publisher()).facts().unwrap();
    assert_eq!(facts.namespaces.len(), 4);
    bench.push();
    let all = all_bytes(&bench);
    for word in ["acme", "secret", "private", "wolfi"] {
        assert!(!contains(&all, word), "{word}");
    }
    // Of what nobody holds the facts are everybody's.
    assert!(contains(&all, "suse:99") && contains(&all, "debian:12"));
    bench.pull();
    let taken = current(&bench.taker()).facts().unwrap();
    assert_eq!(taken.namespaces[&Namespace::new("debian:12")].providers, ["debian"]);
    // The publisher's own are as they were.
    assert_eq!(current(&bench.publisher()).facts().unwrap(), facts);
}

#[test]
fn what_decides_before_all_others_is_taken_from_nobody() {
    let bench = Bench::new();
    bench.publisher_has(&[
        ("debian", "debian:12", 1),
        ("private", "debian:12", 3),
        ("openvex:https://acme.example/vex.json", "pypi", 3),
    ]);
    bench.push();
    // Somebody else's tool publishes them all the same.
    let mut index = bench.index();
    index.manifest = current(&bench.publisher()).publish(&|_, _| true);
    for shard in index.manifest.shards() {
        let packed = zstd::encode_all(File::open(bench.publisher().shard_file(&shard)).unwrap(), 1).unwrap();
        let sha256: String = sha2::Sha256::digest(&packed).iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(bench.blob(&sha256), &packed).unwrap();
        let bytes = packed.len() as u64;
        index.files.insert(shard.name(), crate::distribution::index::Blob { sha256, bytes });
    }
    bench.put_index(&index);
    bench.pull();
    assert_eq!(held(&bench.taker()), ["debian:12 debian"]);
    // Nor is what the taker has of its own replaced.
    fill(&bench.taker(), bench.now, &[("private", "debian:12", 7)]);
    let ours = current(&bench.taker()).id().to_owned();
    bench.pull();
    assert_eq!(current(&bench.taker()).id(), ours);
}

#[test]
fn newer_rows_of_a_vendor_are_not_replaced_by_older_published_ones() {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.later(2);
    bench.push();
    // The taker asked the vendor since then, an hour before this was published.
    fill(&bench.taker(), bench.now - 1.hours(), &[("debian", "debian:12", 2)]);
    let rows = |bench: &Bench| {
        let keys = (0..50).map(|n| format!("debian:12|source|package-{n}").parse().unwrap()).collect();
        current(&bench.taker()).key_hashes(&keys).unwrap()
    };
    let newer = rows(&bench);
    let report = bench.pull();
    assert_eq!(held(&bench.taker()), ["alpine:3.20 alpine", "debian:12 debian"]);
    assert_eq!(rows(&bench), newer);
    assert!(report.removed.is_empty());
    // What is published of the same moment, or later, counts; and so does what is insisted on.
    let older = bench.pull_with(&BringOptions { allow_older: true, ..bench.options() });
    assert!(older.changed && rows(&bench) != newer);
    fill(&bench.taker(), bench.now - 1.hours(), &[("debian", "debian:12", 2)]);
    bench.publisher_has(&[("debian", "debian:12", 3)]);
    bench.push();
    bench.pull();
    assert!(rows(&bench) != newer);
    bench.assert_same();
}

/// As by a publisher whose clock was a year ahead.
#[test]
fn rows_of_a_day_yet_to_come_are_not_kept_for_ever() {
    let mut bench = Bench::new();
    fill(&bench.publisher(), bench.now + (365 * 24).hours(), &[("debian", "debian:12", 1)]);
    bench.push();
    bench.pull();
    let dated = |feeds: &FeedsDir| current(feeds).namespaces()[0].providers[0].data_as_of;
    assert_eq!(dated(&bench.taker()), bench.now, "no later than it was published");
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    bench.push();
    assert!(bench.pull().changed);
    bench.assert_same();
    // Nor what is held already.
    fill(&bench.taker(), bench.now + (365 * 24).hours(), &[("debian", "debian:12", 9)]);
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 3)]);
    bench.push();
    assert!(bench.pull().changed);
    bench.assert_same();
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
