//! Published snapshots: sent and taken again by every kind of place, whole and by edits, and what lies at a place that is
//! not what it should be.

mod envelope;
mod mishaps;
mod places;
mod providers;
mod pushes;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use advisory_db::{FeedsDir, Publication, Snapshot};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fetch::fetcher::{FetchOptions, Fetcher, Proxy};
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::advisory::{Advisory, Affected, AffectedRange, FixState, RangeEvent, Status};
use model::facts::{CoverageClass, FeedFacts};
use model::gap::GapKind;
use model::key::Namespace;
use signing::PrivateKey;
use tempfile::TempDir;

use crate::distribution::archive::{Archive, NewArchive};
use crate::distribution::bring::{BringOptions, BringReport, bring};
use crate::distribution::directory::Directory;
use crate::distribution::index::Index;
use crate::distribution::offer::{EDITS_MAX, OfferOptions, OfferReport, offer};
use crate::distribution::place::Place;
use crate::distribution::web::Web;
use crate::engine::NoProgress;
use crate::error::SyncError;
use crate::provider::PROVIDERS;

/// How many records a namespace of these tests has: enough that one that changes is a small part.
const RECORDS: usize = 300;

/// The feeds directory of a publisher, a place, the feeds directory of somebody who takes it, and a clock.
struct Bench {
    dir: TempDir,
    now: Timestamp,
    key: Option<PrivateKey>,
    edits_max: usize,
}

impl Bench {
    fn new() -> Self {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        Self { dir: TempDir::new().unwrap(), now, key: None, edits_max: EDITS_MAX }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn publisher(&self) -> FeedsDir {
        FeedsDir::open(&self.path("publisher"))
    }

    fn taker(&self) -> FeedsDir {
        FeedsDir::open(&self.path("taker"))
    }

    fn place(&self) -> Directory {
        Directory::new(&self.path("place"))
    }

    fn later(&mut self, hours: i64) {
        self.now += hours.hours();
    }

    /// The publisher's snapshot has what `given` says: provider, namespace, and what decides its content.
    fn publisher_has(&self, given: &[(&str, &str, u32)]) {
        fill(&self.publisher(), self.now, given);
    }

    fn push(&self) -> OfferReport {
        self.push_to(&self.place())
    }

    fn push_to(&self, place: &Directory) -> OfferReport {
        let options = OfferOptions {
            key: self.key.as_ref(),
            now: self.now,
            edits_max: self.edits_max,
            allow_unsigned: false,
        };
        offer(&self.publisher(), place, &options, &NoProgress).unwrap()
    }

    fn options(&self) -> BringOptions<'static> {
        BringOptions { wanted: None, keys: &[], max_age: None, now: self.now, jobs: 3, allow_older: false }
    }

    /// Takes all from the directory, which must be there.
    #[track_caller]
    fn pull(&self) -> BringReport {
        let report = self.pull_with(&self.options());
        assert!(report.place.is_some(), "{report:?}");
        report
    }

    fn pull_with(&self, options: &BringOptions<'_>) -> BringReport {
        self.pull_from(&[Box::new(self.place())], options)
    }

    fn pull_from(&self, places: &[Box<dyn Place + '_>], options: &BringOptions<'_>) -> BringReport {
        bring(&self.taker(), places, options, &NoProgress).unwrap()
    }

    /// The index that lies at the place.
    fn index(&self) -> Index {
        let envelope = fs::read(self.path("place/snapshot.json")).unwrap();
        Index::open(&envelope, &[]).unwrap().0
    }

    /// Puts an index there, not signed.
    fn put_index(&self, index: &Index) {
        fs::write(self.path("place/snapshot.json"), index.seal(None).unwrap()).unwrap();
    }

    fn blob(&self, sha256: &str) -> PathBuf {
        self.path("place/blobs/sha256").join(sha256)
    }

    /// The taker has what the publisher has, all of it sound.
    #[track_caller]
    fn assert_same(&self) {
        let taken = current(&self.taker());
        assert_eq!(taken.id(), current(&self.publisher()).id());
        assert!(taken.verify().is_empty());
    }
}

fn current(feeds: &FeedsDir) -> Snapshot {
    feeds.current().unwrap().unwrap()
}

/// What is held, a namespace with its providers a line.
fn held(feeds: &FeedsDir) -> Vec<String> {
    let entries = current(feeds).namespaces();
    entries
        .iter()
        .map(|entry| {
            let providers: Vec<&str> = entry.providers.iter().map(|stamp| &*stamp.name).collect();
            format!("{} {}", entry.name, providers.join(","))
        })
        .collect()
}

fn fill(feeds: &FeedsDir, now: Timestamp, given: &[(&str, &str, u32)]) {
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    for (provider, namespace, seed) in given {
        let namespace = Namespace::new(*namespace);
        let publication = publication(&namespace, provider, now);
        writer.replace_provider(&publication, records(&namespace, provider, *seed)).unwrap();
    }
    writer.set_facts(&FeedFacts::default()).unwrap();
    writer.swap(now).unwrap();
}

fn publication<'a>(namespace: &'a Namespace, name: &'a str, now: Timestamp) -> Publication<'a> {
    // A feed of that provider, whichever: its licence decides.
    let known = PROVIDERS.iter().find(|provider| provider.name == name);
    let named = known.and_then(|provider| (provider.feeds)().into_iter().next());
    let feed = match named.filter(|_| (known.unwrap().answering)(namespace).is_none()) {
        Some(feed) => feed.name.to_owned().leak(),
        None => namespace.as_str(),
    };
    Publication {
        namespace,
        provider: name,
        feed,
        license: "MIT",
        coverage: CoverageClass::Complete,
        data_as_of: now,
    }
}

/// Records of which a few follow from `seed`, and the rest stay.
fn records(namespace: &Namespace, provider: &str, seed: u32) -> Vec<Advisory> {
    let mut random = testkit::mutate::Random::new(7);
    (0..RECORDS)
        .map(|n| {
            let minor = if n % 100 == 7 { seed as usize } else { random.below(1000) };
            let key = format!("{namespace}|source|package-{}", n % 50).parse().unwrap();
            let affected = Affected {
                fix_state: FixState::Fixed,
                ranges: vec![AffectedRange {
                    events: vec![
                        RangeEvent::Introduced("0".into()),
                        RangeEvent::Fixed(format!("{n}.{minor}.{}", random.below(90_000)).into()),
                    ]
                    .into(),
                }]
                .into(),
                ..Affected::new(key, Status::Affected)
            };
            let title = format!("{provider} says {minor} of number {}", random.number());
            Advisory {
                affected: vec![affected],
                title: Some(title),
                ..Advisory::new(format!("CVE-2025-{n}"))
            }
        })
        .collect()
}

fn wanted(names: &[&str]) -> BTreeSet<Namespace> {
    names.iter().map(|name| Namespace::new(*name)).collect()
}

fn fetcher() -> Fetcher {
    Fetcher::new(FetchOptions {
        proxy: Proxy::Never,
        pause: Arc::new(|_| ()),
        tries: 2,
        ..FetchOptions::default()
    })
}

/// The Ed25519 key that follows from a number (RFC 8410: the private key is any 32 bytes).
fn private_key(seed: u8) -> PrivateKey {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    let text = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    PrivateKey::from_pem(&text).unwrap()
}

#[test]
fn a_snapshot_is_the_same_by_every_kind_of_place() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    let pushed = bench.push();
    assert_eq!(
        (pushed.n_shards, pushed.n_edits, pushed.left_out.len(), &pushed.not_built_on),
        (5, 0, 0, &None)
    );
    let archive = bench.path("snapshot.tar");
    let out = NewArchive::new("snapshot.tar", File::create(&archive).unwrap());
    let options = OfferOptions { key: None, now: bench.now, edits_max: EDITS_MAX, allow_unsigned: false };
    assert_eq!(offer(&bench.publisher(), &out, &options, &NoProgress).unwrap().n_shards, 5);

    let server = testkit::server::Server::of_dir(&bench.path("place"));
    let fetcher = fetcher();
    let url = server.url("");
    for (name, jobs) in [("directory", 1), ("web", 4), ("archive", 2)] {
        let feeds = FeedsDir::open(&bench.path(name));
        let place: Box<dyn Place> = match name {
            "directory" => Box::new(bench.place()),
            "web" => Box::new(Web::new(&url, &fetcher, &feeds)),
            _ => Box::new(Archive::open(&archive).unwrap()),
        };
        let report = bring(&feeds, &[place], &BringOptions { jobs, ..bench.options() }, &NoProgress).unwrap();
        assert_eq!((report.n_whole, report.n_edited, report.changed), (5, 0, true), "{name}");
        assert_eq!(report.bytes, report.bytes_whole, "{name}");
        assert_eq!((report.signed_by, report.published), (None, Some(bench.now)), "{name}");
        assert!(report.gaps.is_empty() && report.passed_over.is_empty(), "{name}");
        let taken = current(&feeds);
        assert_eq!(taken.id(), current(&bench.publisher()).id(), "{name}");
        assert!(taken.verify().is_empty(), "{name}");
        let left = fs::read_dir(feeds.path().join("downloads/published")).map(Iterator::count);
        assert_eq!(left.unwrap_or(0), 0, "{name}: no download is left behind");
    }
}

#[test]
fn only_what_is_wanted_comes_and_what_is_lacking_is_a_gap() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.push();
    let names = wanted(&["alpine:3.20", "suse:15"]);
    let report = bench.pull_with(&BringOptions { wanted: Some(&names), ..bench.options() });
    assert_eq!(held(&bench.taker()), ["alpine:3.20 alpine"]);
    assert_eq!(report.n_whole, 3, "rows, texts and the facts");
    let index = bench.index();
    let all: u64 = index.files.values().map(|blob| blob.bytes).sum();
    assert!(report.bytes < all, "{} of {all}", report.bytes);
    let [gap] = report.gaps.as_slice() else { panic!("{report:?}") };
    assert_eq!((gap.place.as_str(), &gap.kind), ("suse:15", &GapKind::FEED_NOT_FETCHED));
    assert!(gap.detail.contains("does not have it"), "{gap:?}");
}

#[test]
fn a_place_that_was_asked_a_while_ago_is_not_asked_again() {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.push();
    let server = testkit::server::Server::of_dir(&bench.path("place"));
    let (url, fetcher, feeds) = (server.url(""), fetcher(), bench.taker());
    let ask = |bench: &Bench, names: &[&str]| {
        let names = wanted(names);
        let max_age = Some(SignedDuration::from_hours(6));
        let options = BringOptions { wanted: Some(&names), max_age, ..bench.options() };
        let before = server.requests().len();
        let report = bench.pull_from(&[Box::new(Web::new(&url, &fetcher, &feeds))], &options);
        (server.requests().len() - before, report.gaps.len())
    };
    assert_eq!(ask(&bench, &["alpine:3.20", "suse:15"]), (4, 1), "the index, two shards and the facts");
    bench.later(1);
    assert_eq!(ask(&bench, &["alpine:3.20"]), (0, 0));
    assert_eq!(ask(&bench, &["alpine:3.20", "suse:15"]), (0, 1), "what it lacks is still a gap");
    assert_eq!(ask(&bench, &["debian:12"]), (3, 0), "nobody asked for that");
    assert_eq!(ask(&bench, &["debian:12", "alpine:3.20"]), (0, 0));
    bench.later(7);
    assert_eq!(ask(&bench, &["alpine:3.20"]), (1, 0), "the index, and nothing has changed");
    // Of another state only what was asked for is known.
    bench.publisher_has(&[("alpine", "alpine:3.20", 2), ("debian", "debian:12", 2)]);
    bench.push();
    bench.later(7);
    assert_eq!(ask(&bench, &["alpine:3.20"]).0, 3);
    assert_eq!(ask(&bench, &["alpine:3.20"]).0, 0);
    assert_eq!(ask(&bench, &["alpine:3.20", "debian:12"]).0, 3);
    bench.assert_same();
    // What somebody removed is fetched again, whatever is remembered.
    fs::remove_file(feeds.path().join("manifest.json")).unwrap();
    assert_eq!(ask(&bench, &["alpine:3.20"]).0, 1, "its shards are still there");
}

#[test]
fn what_changed_moves_as_edits_over_several_states() {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 0), ("alpine", "alpine:3.20", 0)]);
    let first = bench.push();
    assert_eq!(first.bytes, bench.pull().bytes);
    let again = bench.push();
    assert!(again.bytes < 4096, "nothing but the index is sent again: {}", again.bytes);
    for seed in 1..=4 {
        bench.later(12);
        bench.publisher_has(&[("debian", "debian:12", seed)]);
        let pushed = bench.push();
        assert_eq!(pushed.n_edits, 2 * seed as usize, "rows and texts, back to where it began");
        assert!(pushed.bytes > again.bytes && pushed.bytes < first.bytes, "{pushed:?}");
    }
    // One that kept up, one that comes late, one that comes for the first time.
    let late = bench.pull();
    assert_eq!((late.n_whole, late.n_edited), (0, 2));
    assert!(late.bytes * 2 < late.bytes_whole, "{late:?}");
    bench.assert_same();
    bench.later(12);
    bench.publisher_has(&[("debian", "debian:12", 5)]);
    bench.push();
    let next = bench.pull();
    assert_eq!((next.n_whole, next.n_edited), (0, 2));
    assert!(next.bytes < late.bytes, "{} {}", next.bytes, late.bytes);
    bench.assert_same();
    let nothing = bench.pull();
    assert_eq!((nothing.n_whole, nothing.n_edited, nothing.changed), (0, 0, false));
    // Back to a state of before: no edit leads round in a circle.
    bench.later(12);
    bench.publisher_has(&[("debian", "debian:12", 4)]);
    bench.push();
    let back = bench.pull();
    assert_eq!((back.n_whole, back.n_edited, back.changed), (0, 0, true), "its shards still lie there");
    bench.assert_same();
    let another = FeedsDir::open(&bench.path("another"));
    let report = bring(&another, &[Box::new(bench.place())], &bench.options(), &NoProgress).unwrap();
    assert_eq!(report.n_whole, 5);
}

#[test]
fn only_so_many_edits_are_carried_on() {
    let mut bench = Bench::new();
    bench.edits_max = 2;
    for seed in 0..=3 {
        bench.publisher_has(&[("debian", "debian:12", seed)]);
        let n_edits = bench.push().n_edits;
        assert_eq!(n_edits, 2 * seed.min(2) as usize);
        if seed == 0 {
            bench.pull();
        }
        bench.later(1);
    }
    let index = bench.index();
    let named: BTreeSet<String> = index.blobs().into_iter().map(|blob| blob.sha256).collect();
    let report = bench.pull();
    assert_eq!((report.n_whole, report.n_edited), (2, 0), "the way began after what is held");
    bench.assert_same();
    // What neither this state nor the one before names is gone.
    bench.push();
    bench.push();
    let lies: BTreeSet<String> = fs::read_dir(bench.path("place/blobs/sha256"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(lies, named);
}

#[test]
fn an_edit_that_saves_nothing_is_not_made() {
    let mut bench = Bench::new();
    let of_chance = |bench: &Bench, seed: u64| {
        let feeds = bench.publisher();
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        let namespace = Namespace::new("debian:12");
        let mut random = testkit::mutate::Random::new(seed);
        let mut records = records(&namespace, "debian", 0);
        for record in &mut records {
            let words: Vec<String> = (0..20).map(|_| random.number().to_string()).collect();
            record.title = Some(words.join(" "));
        }
        writer.replace_provider(&publication(&namespace, "debian", bench.now), records).unwrap();
        writer.set_facts(&FeedFacts::default()).unwrap();
        writer.swap(bench.now).unwrap();
    };
    of_chance(&bench, 1);
    bench.push();
    bench.pull();
    bench.later(1);
    // Every text is another, and no row.
    of_chance(&bench, 2);
    assert_eq!(bench.push().n_edits, 0);
    let report = bench.pull();
    assert_eq!((report.n_whole, report.n_edited), (1, 0));
    bench.assert_same();
}

#[test]
fn a_publisher_that_lost_its_old_shards_publishes_whole_ones() {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 0)]);
    bench.push();
    bench.pull();
    fs::remove_dir_all(bench.path("publisher")).unwrap();
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    assert_eq!(bench.push().n_edits, 0);
    assert_eq!(bench.pull().n_whole, 2);
    bench.assert_same();
}

/// The shards of rows of the publisher.
fn shards_of_rows(bench: &Bench) -> Vec<PathBuf> {
    let shards = fs::read_dir(bench.path("publisher/shards")).unwrap().map(|entry| entry.unwrap().path());
    shards.filter(|path| path.to_str().unwrap().ends_with(".rows.sqlite")).collect()
}

#[test]
fn an_old_shard_that_is_damaged_costs_the_edit_and_nothing_else() {
    for damage in [(|bytes: &mut Vec<u8>| bytes.truncate(100)) as fn(&mut Vec<u8>), |bytes| bytes.fill(0)] {
        let mut bench = Bench::new();
        bench.publisher_has(&[("debian", "debian:12", 0)]);
        bench.push();
        bench.pull();
        let [old] = &shards_of_rows(&bench)[..] else { panic!("one shard") };
        bench.later(1);
        bench.publisher_has(&[("debian", "debian:12", 1)]);
        let mut bytes = fs::read(old).unwrap();
        damage(&mut bytes);
        fs::write(old, bytes).unwrap();
        assert_eq!(bench.push().n_edits, 1, "that of the texts");
        bench.pull();
        bench.assert_same();
    }
}

#[test]
fn a_shard_that_is_damaged_is_not_published() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 0)]);
    let [shard] = &shards_of_rows(&bench)[..] else { panic!("one shard") };
    let sound = fs::read(shard).unwrap();
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(shard, bytes).unwrap();
    let options = OfferOptions { key: None, now: bench.now, edits_max: 1, allow_unsigned: false };
    let error = offer(&bench.publisher(), &bench.place(), &options, &NoProgress).unwrap_err().to_string();
    assert!(error.contains(shard.to_str().unwrap()) && error.contains("sync again"), "{error}");
    assert!(!bench.path("place/snapshot.json").exists());
    fs::write(shard, sound).unwrap();
    bench.push();
    bench.pull();
    bench.assert_same();
}

#[test]
fn nothing_held_is_nothing_to_publish() {
    let bench = Bench::new();
    let options = OfferOptions { key: None, now: bench.now, edits_max: 1, allow_unsigned: false };
    let error = offer(&bench.publisher(), &bench.place(), &options, &NoProgress).unwrap_err();
    assert!(error.to_string().contains("no snapshot to publish"), "{error}");
    assert!(!bench.path("place").exists());
}

#[test]
fn what_cannot_be_remembered_is_an_error() {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 0)]);
    bench.push();
    bench.pull();
    // Without it nobody knows how old a state may be.
    fs::write(bench.path("taker/published.json"), "{").unwrap();
    let error = bring(&bench.taker(), &[Box::new(bench.place())], &bench.options(), &NoProgress).unwrap_err();
    assert!(matches!(error, SyncError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("published.json"), "{error}");
}
