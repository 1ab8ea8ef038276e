//! Blobs: streamed, continued where they broke off, and never longer or shorter than stated.

use std::io::Read;
use std::time::Duration;

use testkit::server::{Behaviour, Reply, Resource, Server};

use super::fake::*;
use super::{Pauses, hasty_options, impatient_options, options, registry, shown};
use crate::blob::BlobReader;
use crate::client::{Options, Registry, Repository};
use model::digest::Digest;

use crate::error::RegistryError;
use crate::verified::Verified;

const BODY: &[u8] = b"0123456789abcdefghij";

struct Bench {
    fake: Fake,
    digest: Digest,
    repository: Repository,
    pauses: Pauses,
}

impl Bench {
    fn new() -> Self {
        Self::with(options())
    }

    fn impatient() -> Self {
        Self::with(impatient_options())
    }

    fn with((options, pauses): (Options, Pauses)) -> Self {
        let fake = Fake::new(Door::Open);
        let digest = fake.put_blob(BODY);
        let repository = fake.repository(&Registry::new(options));
        Self { fake, digest, repository, pauses }
    }

    fn path(&self) -> String {
        blob_path(&self.digest)
    }

    fn next(&self, behaviour: Behaviour) -> &Self {
        self.fake.server.next(&self.path(), behaviour);
        self
    }

    fn always(&self, behaviour: Behaviour) -> &Self {
        self.fake.server.always(&self.path(), behaviour);
        self
    }

    fn serve(&self, resource: Resource) -> &Self {
        self.fake.server.serve_resource(&self.path(), resource);
        self
    }

    fn read(&self, size: Option<u64>) -> Result<Vec<u8>, RegistryError> {
        read(self.repository.blob(&self.digest, size)?)
    }

    #[track_caller]
    fn read_whole(&self) {
        for size in [Some(BODY.len() as u64), None] {
            let bytes = self.read(size).unwrap_or_else(|error| panic!("{}", shown(&error)));
            assert_eq!(bytes, BODY);
        }
    }

    #[track_caller]
    fn fails(&self, size: Option<u64>) -> RegistryError {
        let error = self.read(size).unwrap_err();
        shown(&error);
        error
    }

    fn ranges(&self) -> Vec<Option<String>> {
        let requests = self.fake.server.requests_for(&self.path());
        requests.iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

fn read(mut reader: BlobReader) -> Result<Vec<u8>, RegistryError> {
    let mut bytes = Vec::new();
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(RegistryError::of_io(error).expect("every error is the registry's")),
    }
}

#[test]
fn a_blob_is_read_whole() {
    let bench = Bench::new();
    bench.read_whole();
    assert_eq!(bench.repository.blob(&bench.digest, None).unwrap().size(), Some(20));
    let reader = bench.repository.blob(&bench.digest, None).unwrap();
    let mut bytes = Vec::new();
    Verified::new(reader, bench.digest.clone()).read_to_end(&mut bytes).unwrap();
    let requests = bench.fake.server.requests_for(&bench.path());
    assert_eq!(requests[0].header("accept-encoding"), Some("identity"));
}

#[test]
fn a_reader_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<BlobReader>();
}

#[test]
fn a_cut_blob_goes_on_where_it_broke_off() {
    let bench = Bench::new();
    bench.next(Behaviour::Cut { after: 7 }).next(Behaviour::Cut { after: 3 });
    assert_eq!(bench.read(Some(20)).unwrap(), BODY);
    let ranges: Vec<_> = bench.ranges().into_iter().map(Option::unwrap_or_default).collect();
    assert_eq!(ranges, ["", "bytes=7-", "bytes=10-"]);
    assert_eq!(bench.pauses.lock().unwrap().len(), 2);
}

#[test]
fn a_cut_blob_goes_on_where_the_host_cannot_or_will_not() {
    for resource in
        [Resource { ranges: false, ..Resource::new(BODY) }, Resource { length: false, ..Resource::new(BODY) }]
    {
        let bench = Bench::new();
        bench.serve(resource).next(Behaviour::Cut { after: 7 });
        assert_eq!(bench.read(Some(20)).unwrap(), BODY);
    }
    for answer in [
        Reply::new(416),
        Reply::new(206).header("Content-Range", "bytes 3-19/20").body(&BODY[3..]),
        Reply::new(206).body(&BODY[7..]),
        Reply::new(206).header("Content-Range", "garbage").body("x"),
    ] {
        let bench = Bench::new();
        bench.next(Behaviour::Cut { after: 7 }).next(reply(answer));
        assert_eq!(bench.read(Some(20)).unwrap(), BODY);
        assert_eq!(bench.ranges()[2], None, "then the whole is asked for");
    }
}

#[test]
fn a_blob_that_stalls_goes_on_after_the_limit() {
    let bench = Bench::impatient();
    bench.next(Behaviour::Stall { after: 4 });
    assert_eq!(bench.read(Some(20)).unwrap(), BODY);
    assert_eq!(bench.ranges()[1].as_deref(), Some("bytes=4-"));
}

#[test]
fn a_blob_that_brings_something_each_time_comes_whole_in_the_end() {
    let bench = Bench::new();
    for _ in 0..10 {
        bench.next(Behaviour::Cut { after: 1 });
    }
    assert_eq!(bench.read(Some(20)).unwrap(), BODY);
}

#[test]
fn a_blob_that_brings_nothing_any_more_is_given_up() {
    let bench = Bench::new();
    bench.next(Behaviour::Cut { after: 6 });
    bench.always(Behaviour::Cut { after: 0 });
    let error = bench.fails(Some(20));
    assert!(matches!(error, RegistryError::Transport { .. } | RegistryError::Truncated { .. }), "{error:?}");
    assert_eq!(bench.fake.server.requests_for(&bench.path()).len(), 5, "one that brings, four that do not");
}

#[test]
fn a_blob_that_breaks_off_without_end_is_given_up() {
    let bench = Bench::new();
    let body = [7; 1100];
    bench.serve(Resource::new(body)).always(Behaviour::Cut { after: 1 });
    let error = bench.fails(Some(1100));
    assert!(matches!(error, RegistryError::TooMany { n_max: 1000, .. }), "{error:?}");
    assert_eq!(bench.ranges().len(), 1001);
}

#[test]
fn a_blob_that_drips_is_given_up() {
    let host = dripping_host("HTTP/1.1 200 OK");
    let repository = Registry::new(hasty_options().0).repository(&format!("{host}/a").parse().unwrap());
    let begun = std::time::Instant::now();
    let error = read(repository.blob(&Digest::sha256(BODY), Some(1000)).unwrap()).unwrap_err();
    assert!(matches!(&error, RegistryError::TooSlow { bytes, .. } if *bytes > 0), "{error:?}");
    assert!(shown(&error).contains("is too slow"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_blob_that_stalls_after_each_byte_is_given_up() {
    let (mut options, pauses) = hasty_options();
    options.http.read_timeout = Duration::from_millis(400);
    options.slow_window = Duration::from_secs(1);
    let bench = Bench::with((options, pauses));
    bench.always(Behaviour::Stall { after: 1 });
    let error = bench.fails(Some(20));
    assert!(matches!(error, RegistryError::TooSlow { .. }), "{error:?}");
}

#[test]
fn who_reads_slowly_is_not_taken_for_a_slow_host() {
    let bench = Bench::with(hasty_options());
    let mut reader = bench.repository.blob(&bench.digest, Some(20)).unwrap();
    let mut bytes = Vec::new();
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(400));
        reader.by_ref().take(10).read_to_end(&mut bytes).unwrap();
    }
    assert_eq!(bytes, BODY);
}

#[test]
fn a_hanging_host_is_given_up() {
    let bench = Bench::impatient();
    bench.always(Behaviour::Stall { after: 0 });
    let error = bench.fails(Some(20));
    assert!(matches!(error, RegistryError::TimedOut { .. }), "{error:?}");
}

#[test]
fn a_size_other_than_stated_is_an_error() {
    let bench = Bench::new();
    assert!(matches!(bench.fails(Some(19)), RegistryError::Size { expected: 19, found: 20, .. }));
    assert!(matches!(bench.fails(Some(21)), RegistryError::Size { expected: 21, found: 20, .. }));
    bench.serve(Resource { length: false, ..Resource::new(BODY) });
    assert!(matches!(bench.fails(Some(19)), RegistryError::TooLarge { bytes_max: 19, .. }));
    let error = bench.fails(Some(21));
    assert!(
        matches!(
            error,
            RegistryError::Size { .. }
                | RegistryError::Truncated { .. }
                | RegistryError::Status { status: 416, .. }
        ),
        "{error:?}"
    );
}

#[test]
fn a_blob_that_shrinks_while_it_is_read_is_an_error() {
    let bench = Bench::new();
    // Chunks end where they should not, and no size is told before.
    let chunks = Reply::new(200).header("Transfer-Encoding", "chunked").body("a\r\n0123456789\r\n5\r\nab");
    let shrunk = Resource { ranges: false, ..Resource::new("01234") };
    bench.next(reply(chunks)).next(Behaviour::Instead(shrunk));
    let error = bench.fails(None);
    assert!(matches!(error, RegistryError::Size { found: 5, .. }), "{error:?}");
}

#[test]
fn other_bytes_than_those_named_are_noticed() {
    let bench = Bench::new();
    bench.serve(Resource::new("0123456789abcdefghiX"));
    let reader = bench.repository.blob(&bench.digest, Some(20)).unwrap();
    let error = Verified::new(reader, bench.digest.clone()).read_to_end(&mut Vec::new()).unwrap_err();
    assert!(matches!(RegistryError::of_io(error).unwrap(), RegistryError::DigestMismatch { .. }));
}

#[test]
fn a_busy_host_is_asked_again_after_the_pause_it_wants() {
    for (code, retry_after, pause) in
        [(429, Some("7"), Some(7)), (503, Some("0"), None), (500, None, None), (408, None, None)]
    {
        let bench = Bench::new();
        bench.next(Behaviour::Status { code, retry_after: retry_after.map(str::to_owned) });
        assert_eq!(bench.read(None).unwrap(), BODY);
        let pauses = bench.pauses.lock().unwrap();
        assert_eq!(pauses.len(), 1);
        assert!(pauses[0] > Duration::ZERO);
        assert!(pause.is_none_or(|seconds| pauses[0] == Duration::from_secs(seconds)));
    }
    let bench = Bench::new();
    bench.always(Behaviour::Status { code: 429, retry_after: Some("7200".to_owned()) });
    assert!(matches!(bench.fails(None), RegistryError::Busy { status: 429, seconds: 7200, .. }));
    let bench = Bench::new();
    bench.always(Behaviour::Status { code: 502, retry_after: None });
    assert!(matches!(bench.fails(None), RegistryError::Status { status: 502, .. }));
    assert_eq!(bench.pauses.lock().unwrap().len(), 4);
}

#[test]
fn a_circle_of_redirects_is_left() {
    let bench = Bench::new();
    bench.always(Behaviour::Redirect(bench.path()));
    let error = bench.fails(None);
    assert!(matches!(error, RegistryError::Redirect { .. }), "{error:?}");
    assert_eq!(bench.fake.server.requests_for(&bench.path()).len(), 11);
    for target in ["", "http://", "file:///etc/passwd"] {
        bench.always(Behaviour::Redirect(target.to_owned()));
        // An empty target is the same place again.
        assert!(matches!(bench.fails(None), RegistryError::Redirect { .. }), "{target}");
    }
}

#[test]
fn a_page_for_people_is_no_blob() {
    let bench = Bench::new();
    bench.always(Behaviour::Html);
    let error = bench.fails(None);
    assert!(shown(&error).contains("answered with `text/html`: is this a registry?"), "{error}");
}

#[test]
fn a_blob_that_is_not_there_is_said_by_its_name() {
    let fake = Fake::new(Door::Open);
    let digest = Digest::sha256(b"nothing");
    let error = fake.repository(&registry()).blob(&digest, None).unwrap_err();
    let name = format!("`{}/{NAME}@{digest}` does not exist", fake.server.host());
    assert_eq!(shown(&error), name);
}

#[test]
fn a_foreign_layer_is_fetched_from_its_urls() {
    let fake = Fake::new(Door::Basic("ann:hunter2"));
    let digest = Digest::sha256(BODY);
    let (mut options, _) = options();
    options.credentials.explicit = Some(crate::credentials::Credential::Basic {
        username: "ann".to_owned(),
        secret: fetch::secret::Secret::new("hunter2"),
    });
    let repository = fake.repository(&Registry::new(options));
    let elsewhere = Server::new();
    elsewhere.serve("/layer", BODY).next("/layer", Behaviour::Cut { after: 5 });
    let urls = ["ftp://x/y".to_owned(), "no url".to_owned(), elsewhere.url("/gone"), elsewhere.url("/layer")];
    let bytes = read(repository.foreign_blob(&digest, &urls, Some(20)).unwrap()).unwrap();
    assert_eq!(bytes, BODY);
    assert!(elsewhere.requests().iter().all(|request| request.header("authorization").is_none()));

    let error = repository.foreign_blob(&digest, &urls[..2], None).unwrap_err();
    assert!(matches!(error, RegistryError::NoUrl { .. }), "{}", shown(&error));
    let error = repository.foreign_blob(&digest, &urls[..3], None).unwrap_err();
    assert!(shown(&error).contains("does not exist"), "{error}");
    let error = repository.foreign_blob(&digest, &[], None).unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{}", shown(&error));

    fake.put_blob(BODY);
    let n_before = elsewhere.requests().len();
    assert_eq!(read(repository.foreign_blob(&digest, &urls, None).unwrap()).unwrap(), BODY);
    assert_eq!(elsewhere.requests().len(), n_before, "the registry has it");
}
