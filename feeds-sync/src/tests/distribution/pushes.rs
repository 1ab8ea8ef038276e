//! Several who publish at one place: one after the other, and never a mixture.

use std::io::Read;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::*;
use crate::distribution::index::Blob;
use crate::distribution::oci::Oci;
use crate::distribution::place::{Failure, Shelf};
use registry::client::{Options, Registry};

/// A directory that tells when it is somebody's turn, and does something when somebody is about to put the index there.
struct Watched<'a> {
    directory: Directory,
    begun: Sender<&'static str>,
    who: &'static str,
    before_index: Box<dyn Fn() + Sync + Send + 'a>,
}

impl Place for Watched<'_> {
    fn name(&self) -> String {
        self.directory.name()
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.directory.envelope()
    }

    fn blob(&self, blob: &Blob) -> Result<Box<dyn Read + '_>, Failure> {
        self.directory.blob(blob)
    }
}

impl Shelf for Watched<'_> {
    fn turn(&self) -> Result<Option<File>, Failure> {
        let turn = self.directory.turn();
        let _ = self.begun.send(self.who);
        turn
    }

    fn has(&self, blob: &Blob) -> Result<bool, Failure> {
        self.directory.has(blob)
    }

    fn put(&self, blob: &Blob, bytes: &[u8]) -> Result<(), Failure> {
        self.directory.put(blob, bytes)
    }

    fn publish(&self, envelope: &[u8], blobs: &[Blob]) -> Result<(), Failure> {
        (self.before_index)();
        self.directory.publish(envelope, blobs)
    }
}

#[test]
fn who_publishes_waits_for_whoever_does_and_builds_on_that() {
    let mut bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    bench.push();
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    let second = FeedsDir::open(&bench.path("second"));
    fill(&second, bench.now, &[("debian", "debian:12", 3), ("alpine", "alpine:3.20", 1)]);
    let options = OfferOptions { key: None, now: bench.now, edits_max: EDITS_MAX, allow_unsigned: false };
    let (begun, begins) = channel();
    let (start, started) = channel();
    let directory = || Directory::new(&bench.path("place"));
    std::thread::scope(|scope| {
        let other = Watched {
            directory: directory(),
            begun: begun.clone(),
            who: "second",
            before_index: Box::new(|| ()),
        };
        let (second, options) = (&second, &options);
        let waiting = scope.spawn(move || {
            started.recv().unwrap();
            offer(second, &other, options, &NoProgress).unwrap()
        });
        let begins = std::sync::Mutex::new(begins);
        let before_index = || {
            start.send(()).unwrap();
            let begins = begins.lock().unwrap();
            assert_eq!(begins.recv().unwrap(), "first");
            // Somebody who does not wait has begun by then.
            assert!(begins.recv_timeout(Duration::from_millis(500)).is_err(), "it is the first one's turn");
        };
        let first =
            Watched { directory: directory(), begun, who: "first", before_index: Box::new(before_index) };
        let report = offer(&bench.publisher(), &first, options, &NoProgress).unwrap();
        assert_eq!(report.not_built_on, None);
        drop(first);
        assert_eq!(waiting.join().unwrap().not_built_on, None);
    });
    // Both of one moment: the second comes after the first all the same.
    assert_eq!(bench.index().published, bench.now + 1.seconds());
    bench.pull();
    assert_eq!(current(&bench.taker()).id(), current(&second).id());
}

#[test]
fn whatever_the_order_of_many_pushes_what_lies_there_is_whole() {
    let bench = Bench::new();
    let publishers: Vec<FeedsDir> = (0..3).map(|n| FeedsDir::open(&bench.path(&format!("of-{n}")))).collect();
    let mut ids = BTreeSet::new();
    for state in 0..3 {
        std::thread::scope(|scope| {
            for (n, feeds) in publishers.iter().enumerate() {
                // States come back: a blob that one removes is what another has just found there.
                let seed = (state + n as u32) % 2;
                fill(feeds, bench.now, &[("debian", "debian:12", seed), ("alpine", "alpine:3.20", n as u32)]);
                ids.insert(current(feeds).id().to_owned());
                let place = bench.place();
                let options =
                    OfferOptions { key: None, now: bench.now, edits_max: EDITS_MAX, allow_unsigned: false };
                scope.spawn(move || offer(feeds, &place, &options, &NoProgress).unwrap());
            }
        });
        let index = bench.index();
        for blob in index.blobs() {
            assert_eq!(fs::metadata(bench.blob(&blob.sha256)).unwrap().len(), blob.bytes);
        }
        let whole = FeedsDir::open(&bench.path(&format!("whole-{state}")));
        let report = bring(&whole, &[Box::new(bench.place())], &bench.options(), &NoProgress).unwrap();
        assert!(report.gaps.is_empty() && ids.contains(&report.snapshot.unwrap()), "{:?}", report.gaps);
        assert!(current(&whole).verify().is_empty());
        let left = fs::read_dir(bench.path("place/blobs/sha256")).unwrap();
        assert!(!left.into_iter().any(|entry| entry.unwrap().path().extension() == Some("tmp".as_ref())));
    }
}

#[test]
fn in_a_registry_nobody_replaces_what_came_meanwhile() {
    let test = "in_a_registry_nobody_replaces_what_came_meanwhile";
    let Some(docker) = testkit::real::program("docker-registry", None, test) else { return };
    let mut bench = Bench::new();
    let server = testkit::real::DockerRegistry::start(
        &docker,
        &bench.path("registry"),
        testkit::real::Protection::None,
    );
    let registry = Registry::new(Options::default());
    let reference = format!("{}/team/feeds:latest", server.host).parse().unwrap();
    let oci = || Oci::new(registry.repository(&reference));
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    let push = |bench: &Bench, shelf: &Oci| {
        let options = OfferOptions { key: None, now: bench.now, edits_max: EDITS_MAX, allow_unsigned: false };
        offer(&bench.publisher(), shelf, &options, &NoProgress)
    };
    // Nothing there, and then something; one state, and then another.
    for state in [1, 2] {
        let slow = oci();
        let before = slow.envelope().unwrap();
        assert_eq!(before.is_some(), state == 2);
        bench.publisher_has(&[("debian", "debian:12", state)]);
        let sent = push(&bench, &oci()).unwrap();
        let envelope = oci().envelope().unwrap().unwrap();
        let (index, _) = Index::open(&envelope, &[]).unwrap();
        let error = slow.publish(&envelope, &index.blobs()).unwrap_err();
        assert!(error.to_string().contains("somebody else published there meanwhile"), "{error}");
        let error = push(&bench, &slow).unwrap_err();
        assert!(error.to_string().contains("publish once more"), "{error}");
        let report = bench.pull_from(&[Box::new(oci())], &bench.options());
        assert_eq!(report.snapshot, Some(sent.snapshot));
        bench.later(1);
    }
    assert_eq!(push(&bench, &oci()).unwrap().not_built_on, None);
    bench.pull_from(&[Box::new(oci())], &bench.options());
    bench.assert_same();
}
