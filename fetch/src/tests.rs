//! Downloads against a server on the loopback interface that misbehaves on demand.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use testkit::server::{Behaviour, Reply, Resource, Server};

use crate::error::FetchError;
use crate::fetcher::{FetchOptions, Fetched, Fetcher, NoProgress, Proxy, Request};
use crate::hosts::Hosts;
use crate::origin::Origin;
use crate::validators::Validators;

const BODY: &[u8] = b"0123456789abcdefghij";
const PATH: &str = "/feed.json";

mod credentials;
mod mirrors;
mod names;
#[cfg(unix)]
mod tls;

/// A server, a fetcher that notes its pauses instead of making them, and a place to download to.
struct Bench {
    server: Server,
    fetcher: Fetcher,
    pauses: Arc<Mutex<Vec<Duration>>>,
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(Origin::Network)
    }

    fn with(origin: Origin) -> Self {
        Self::asking(origin, Hosts::default())
    }

    fn asking(origin: Origin, hosts: Hosts) -> Self {
        let pauses = Arc::new(Mutex::new(Vec::new()));
        let (noted, counted) = (Arc::clone(&pauses), Arc::clone(&pauses));
        let fetcher = Fetcher::new(FetchOptions {
            origin,
            hosts,
            proxy: Proxy::Never,
            read_timeout: Duration::from_millis(500),
            pause: Arc::new(move |pause| noted.lock().unwrap().push(pause)),
            // Time goes on by pauses alone.
            clock: Arc::new(move || counted.lock().unwrap().iter().sum()),
            ..FetchOptions::default()
        });
        Self { server: Server::new(), fetcher, pauses, dir: TempDir::new().unwrap() }
    }

    fn to(&self) -> PathBuf {
        self.dir.path().join("host/feed.json")
    }

    fn get(&self, previous: Option<&Validators>) -> Result<Fetched, FetchError> {
        self.get_url(&self.server.url(PATH), previous)
    }

    fn get_url(&self, url: &str, previous: Option<&Validators>) -> Result<Fetched, FetchError> {
        self.fetcher.get(&Request { url, to: &self.to(), previous, bytes_max: 1000 }, &NoProgress)
    }

    /// The validators of a download that brings the whole body.
    #[track_caller]
    fn get_whole(&self) -> Validators {
        let Fetched::File { validators } = self.get(None).unwrap() else { panic!("new bytes") };
        assert_eq!(fs::read(self.to()).unwrap(), BODY);
        assert_eq!(validators.bytes, BODY.len() as u64);
        assert_eq!(
            fs::read_dir(self.dir.path().join("host")).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        validators
    }

    fn n_pauses(&self) -> usize {
        self.pauses.lock().unwrap().len()
    }

    fn header(&self, request: usize, name: &str) -> Option<String> {
        self.server.requests_for(PATH)[request].headers.get(name).cloned()
    }
}

#[test]
fn a_download_says_what_to_remember_and_the_next_is_conditional() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY);
    let validators = bench.get_whole();
    assert_eq!(validators.sha256, testkit::image::sha256(BODY));
    assert_eq!(bench.header(0, "accept-encoding").as_deref(), Some("identity"));

    fs::remove_file(bench.to()).unwrap();
    assert_eq!(bench.get(Some(&validators)).unwrap(), Fetched::Unchanged { validators: validators.clone() });
    assert!(!bench.to().exists());
    assert_eq!(bench.header(1, "if-none-match"), validators.etag);
    assert_eq!(bench.header(1, "if-modified-since"), validators.last_modified);
}

#[test]
fn without_validators_the_hash_of_the_body_decides() {
    let bench = Bench::new();
    let plain = Resource { etag: None, last_modified: None, ..Resource::new(BODY) };
    bench.server.serve_resource(PATH, plain);
    let validators = bench.get_whole();
    fs::remove_file(bench.to()).unwrap();
    assert!(matches!(bench.get(Some(&validators)).unwrap(), Fetched::Unchanged { .. }));
    assert!(!bench.to().exists());

    bench.server.serve_resource(PATH, Resource { etag: None, last_modified: None, ..Resource::new("new") });
    assert!(matches!(bench.get(Some(&validators)).unwrap(), Fetched::File { .. }));
    assert_eq!(fs::read(bench.to()).unwrap(), b"new");
}

#[test]
fn a_cut_download_goes_on_where_it_broke_off() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Cut { after: 7 });
    let validators = bench.get_whole();
    assert_eq!(bench.header(1, "range").as_deref(), Some("bytes=7-"));
    assert_eq!(bench.header(1, "if-range"), validators.etag);
    assert_eq!(validators.sha256, testkit::image::sha256(BODY));
}

#[test]
fn a_download_cut_in_an_earlier_process_goes_on_too() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY);
    for _ in 0..5 {
        bench.server.next(PATH, Behaviour::Cut { after: 3 });
    }
    let error = bench.get(None).unwrap_err();
    assert!(matches!(error, FetchError::Truncated { bytes: 15, expected: 20, tries: 5, .. }), "{error:?}");
    assert!(!bench.to().exists());
    bench.get_whole();
    assert_eq!(bench.header(5, "range").as_deref(), Some("bytes=15-"));
}

#[test]
fn a_cut_download_of_what_has_changed_starts_anew() {
    let bench = Bench::new();
    bench.server.serve(PATH, "the older body").next(PATH, Behaviour::Cut { after: 5 });
    for _ in 0..4 {
        bench.server.next(PATH, Behaviour::Status { code: 500, retry_after: None });
    }
    assert!(matches!(bench.get(None).unwrap_err(), FetchError::Status { status: 500, tries: 5, .. }));
    bench.server.serve(PATH, BODY);
    bench.get_whole();
}

#[test]
fn a_cut_download_starts_anew_when_the_host_cannot_go_on() {
    for resource in [
        Resource { ranges: false, ..Resource::new(BODY) },
        Resource { etag: None, last_modified: None, ..Resource::new(BODY) },
        Resource { etag: Some("W/\"weak\"".to_owned()), last_modified: None, ..Resource::new(BODY) },
    ] {
        let bench = Bench::new();
        bench.server.serve_resource(PATH, resource).next(PATH, Behaviour::Cut { after: 7 });
        bench.get_whole();
    }
}

#[test]
fn a_refused_range_is_asked_for_as_a_whole() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Cut { after: 7 });
    bench.server.next(PATH, Behaviour::Status { code: 416, retry_after: None });
    bench.get_whole();
    assert_eq!(bench.header(2, "range"), None);
}

#[test]
fn a_part_that_is_less_than_the_rest_is_not_taken_for_it() {
    let bench = Bench::new();
    let part = |range: &str, from: usize, to: usize| {
        let reply = Reply::new(206).header("Content-Range", format!("bytes {range}"));
        Behaviour::Reply(reply.body(&BODY[from..to]))
    };
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Cut { after: 7 });
    bench.server.next(PATH, part("7-11/20", 7, 12)).next(PATH, part("12-14/20", 12, 15));
    bench.get_whole();
    assert_eq!(bench.header(2, "range").as_deref(), Some("bytes=12-"));
    assert_eq!(bench.header(3, "range").as_deref(), Some("bytes=15-"));

    // Where the total is not said, or cannot be, the whole is asked for.
    for range in ["7-11/*", "7-11", "7-11/7"] {
        let bench = Bench::new();
        bench.server.serve(PATH, BODY).next(PATH, Behaviour::Cut { after: 7 }).next(PATH, part(range, 7, 12));
        bench.get_whole();
        assert_eq!(bench.header(2, "range"), None, "{range}");
    }

    // A host that never gives the rest is given up, and says how far it came.
    let bench = Bench::new();
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Cut { after: 7 });
    for _ in 0..4 {
        bench.server.next(PATH, part("7-11/20", 7, 7));
    }
    let error = bench.get(None).unwrap_err();
    assert!(matches!(error, FetchError::Truncated { bytes: 7, expected: 20, .. }), "{error:?}");
    assert!(!bench.to().exists());
    // What the whole has is known before more of it comes.
    let bench = Bench::new();
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Cut { after: 7 });
    bench.server.next(PATH, part("7-11/5000", 7, 12));
    let error = bench.get(None).unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { bytes_max: 1000, .. }), "{error:?}");
}

#[test]
fn a_busy_host_is_asked_again_after_the_pause_it_wants() {
    for (code, retry_after, pause) in [
        (503, Some("7"), Some(Duration::from_secs(7))),
        (429, Some("0"), None),
        (429, None, None),
        (403, None, None),
        (408, None, None),
        (425, None, None),
        (500, Some("no date"), None),
    ] {
        let bench = Bench::new();
        let retry_after = retry_after.map(str::to_owned);
        bench.server.serve(PATH, BODY).next(PATH, Behaviour::Status { code, retry_after });
        bench.get_whole();
        let pauses = bench.pauses.lock().unwrap();
        assert_eq!(pauses.len(), 1);
        assert!(pauses[0] > Duration::ZERO, "`Retry-After: 0` is no reason to hurry");
        pause.into_iter().for_each(|pause| assert_eq!(pauses[0], pause));
    }
}

#[test]
fn a_host_that_wants_hours_is_left_alone() {
    let bench = Bench::new();
    let busy = Behaviour::Status { code: 503, retry_after: Some("7200".to_owned()) };
    bench.server.serve(PATH, BODY).next(PATH, busy);
    let error = bench.get(None).unwrap_err();
    assert!(matches!(error, FetchError::Busy { status: 503, seconds: 7200, .. }));
    assert_eq!(bench.n_pauses(), 0);
}

#[test]
fn a_busy_host_is_left_alone_by_all_who_ask_it() {
    let bench = Bench::new();
    let busy = |seconds: &str| Behaviour::Status { code: 429, retry_after: Some(seconds.to_owned()) };
    bench.server.serve(PATH, BODY).serve("/other.json", BODY).next(PATH, busy("7200"));
    bench.get(None).unwrap_err();
    let error = bench.get_url(&bench.server.url("/other.json"), None).unwrap_err();
    assert!(matches!(error, FetchError::Busy { status: 429, seconds: 7200, .. }), "{error:?}");
    assert_eq!(bench.server.requests_for("/other.json").len(), 0, "nobody else is told to come back");

    // GitHub says so in headers of its own, and that the hour ends.
    let bench = Bench::new();
    let spent = Reply::new(403)
        .header("Date", "Sat, 01 Jun 2024 00:00:00 GMT")
        .header("X-RateLimit-Remaining", "0")
        .header("X-RateLimit-Reset", "1717200090");
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Reply(spent));
    bench.get_whole();
    assert_eq!(*bench.pauses.lock().unwrap(), [Duration::from_secs(90)]);
}

#[test]
fn a_host_with_an_interval_is_asked_at_that_pace() {
    let server = Server::new();
    server.serve(PATH, BODY);
    let mut hosts = Hosts::default();
    hosts.set_interval(&server.host(), Duration::from_secs(6));
    let bench = Bench::asking(Origin::Network, hosts);
    for _ in 0..3 {
        bench.get_url(&server.url(PATH), None).unwrap();
    }
    assert_eq!(*bench.pauses.lock().unwrap(), [Duration::from_secs(6); 2]);
    assert_eq!(bench.fetcher.head_size(&server.url(PATH)), None, "a turn is too dear for that");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_host_that_stays_busy_is_left_alone_by_the_next_download_too() {
    for (code, interval, more_pauses) in
        [(429, 0, 1), (503, 0, 1), (524, 0, 1), (403, 600, 1), (403, 0, 0), (500, 0, 0)]
    {
        let server = Server::new();
        server.always(PATH, Behaviour::Status { code, retry_after: None }).serve("/other.json", BODY);
        let mut hosts = Hosts::default();
        hosts.set_interval(&server.host(), Duration::from_millis(interval));
        let bench = Bench::asking(Origin::Network, hosts);
        bench.get_url(&server.url(PATH), None).unwrap_err();
        assert_eq!((server.requests().len(), bench.n_pauses()), (5, 4), "{code}");
        bench.get_url(&server.url("/other.json"), None).unwrap();
        assert_eq!(bench.n_pauses(), 4 + more_pauses, "{code}");
        let pauses = bench.pauses.lock().unwrap();
        assert!(pauses.iter().all(|pause| *pause >= Duration::from_secs(1)), "{code}: {pauses:?}");
    }
}

#[test]
fn a_host_that_never_answers_well_is_given_up() {
    let bench = Bench::new();
    bench.server.always(PATH, Behaviour::Status { code: 502, retry_after: None });
    assert!(matches!(bench.get(None).unwrap_err(), FetchError::Status { status: 502, tries: 5, .. }));
    assert_eq!((bench.server.requests().len(), bench.n_pauses()), (5, 4));

    bench.server.always(PATH, Behaviour::HangUp);
    assert!(matches!(bench.get(None).unwrap_err(), FetchError::Transport { tries: 5, .. }));
}

#[test]
fn a_body_that_stalls_is_given_up_after_the_idle_limit_and_goes_on() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY).next(PATH, Behaviour::Stall { after: 4 });
    bench.get_whole();
    assert_eq!(bench.header(1, "range").as_deref(), Some("bytes=4-"));
}

#[test]
fn what_is_final_is_not_tried_again() {
    for (code, is_expected) in [
        (404, (|error| matches!(error, FetchError::NotFound { .. })) as fn(&FetchError) -> bool),
        (410, |error| matches!(error, FetchError::NotFound { .. })),
        (401, |error| matches!(error, FetchError::Unauthorized { status: 401, sent: None, .. })),
        (418, |error| matches!(error, FetchError::Status { status: 418, tries: 1, .. })),
        (304, |error| matches!(error, FetchError::Status { status: 304, .. })),
    ] {
        let bench = Bench::new();
        bench.server.always(PATH, Behaviour::Status { code, retry_after: None });
        let error = bench.get(None).unwrap_err();
        assert!(is_expected(&error), "{code}: {error:?}");
        assert_eq!(bench.server.requests().len(), 1);
    }
}

#[test]
fn redirects_are_followed_and_loops_are_not() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY);
    bench.server.always("/old.json", Behaviour::Redirect(bench.server.url(PATH)));
    bench.get_url(&bench.server.url("/old.json"), None).unwrap();
    assert_eq!(fs::read(bench.to()).unwrap(), BODY);

    bench.server.always("/loop.json", Behaviour::Redirect(bench.server.url("/loop.json")));
    let error = bench.get_url(&bench.server.url("/loop.json"), None).unwrap_err();
    assert!(matches!(error, FetchError::Redirect { .. }), "{error:?}");
    assert!(bench.server.requests_for("/loop.json").len() <= 12);
}

#[test]
fn a_body_larger_than_allowed_is_refused_announced_or_not() {
    for length in [true, false] {
        let bench = Bench::new();
        bench.server.serve_resource(PATH, Resource { length, ..Resource::new(vec![b'x'; 1001]) });
        let error = bench.get(None).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { bytes_max: 1000, .. }), "{error:?}");
        assert!(!bench.to().exists());
        assert_eq!(bench.server.requests().len(), 1);
    }
}

#[test]
fn an_error_names_the_url_and_never_a_credential() {
    let bench = Bench::new();
    bench.server.always(PATH, Behaviour::HangUp);
    let url = bench.server.url(PATH).replace("http://", "http://user:secret@");
    let error = bench.get_url(&url, None).unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!("{error} {error:?}"));
        cause = error.source();
    }
    assert!(text.contains("127.0.0.1") && text.contains(PATH), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn offline_touches_no_network_and_says_so() {
    let bench = Bench::with(Origin::Offline);
    assert!(matches!(bench.get(None).unwrap_err(), FetchError::Offline { .. }));
    assert_eq!(bench.fetcher.head_size(&bench.server.url(PATH)), None);
    assert_eq!(bench.server.requests().len(), 0);
}

#[test]
fn a_mirror_directory_answers_without_network() {
    let mirror = TempDir::new().unwrap();
    let bench = Bench::with(Origin::MirrorDir(mirror.path().to_owned()));
    for (url, file) in [
        ("https://feeds.example/a/b.json", "feeds.example/a/b.json"),
        ("https://feeds.example/Rocky%20Linux/all.zip", "feeds.example/Rocky Linux/all.zip"),
        ("https://feeds.example/Azure%20Linux/all.zip", "feeds.example/Azure%20Linux/all.zip"),
    ] {
        assert!(matches!(bench.get_url(url, None).unwrap_err(), FetchError::NotFound { .. }));
        fs::create_dir_all(mirror.path().join(file).parent().unwrap()).unwrap();
        fs::write(mirror.path().join(file), BODY).unwrap();
        assert_eq!(bench.fetcher.head_size(url), Some(BODY.len() as u64));
        let Fetched::File { validators } = bench.get_url(url, None).unwrap() else { panic!("new bytes") };
        assert!(validators.last_modified.as_ref().is_some_and(|date| date.ends_with(" GMT")));
        assert_eq!(fs::read(bench.to()).unwrap(), BODY);
        fs::remove_file(bench.to()).unwrap();
        assert!(matches!(bench.get_url(url, Some(&validators)).unwrap(), Fetched::Unchanged { .. }));
        assert!(!bench.to().exists());
    }
    fs::write(mirror.path().join("feeds.example/large"), vec![b'x'; 1001]).unwrap();
    let error = bench.get_url("https://feeds.example/large", None).unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }));
}

#[test]
fn a_mirror_directory_that_is_not_there_is_no_mirror_without_files() {
    let bench = Bench::with(Origin::MirrorDir(PathBuf::from("no/such/directory")));
    let error = bench.get_url("https://feeds.example/a", None).unwrap_err();
    assert!(matches!(error, FetchError::Io { .. }), "{error:?}");
}

#[test]
fn a_mirror_url_holds_every_host_below_it() {
    let server = Server::new();
    server.serve("/mirror/feeds.example/a%20b/all.zip", BODY);
    let bench = Bench::with(Origin::MirrorUrl(server.url("/mirror/")));
    let url = "https://feeds.example/a%20b/all.zip";
    assert_eq!(bench.fetcher.head_size(url), Some(BODY.len() as u64));
    bench.get_url(url, None).unwrap();
    assert_eq!(fs::read(bench.to()).unwrap(), BODY);
}

#[test]
fn a_certificate_file_without_certificates_is_an_error() {
    let dir = TempDir::new().unwrap();
    let ca_file = dir.path().join("ca.pem");
    fs::write(&ca_file, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let fetcher = Fetcher::new(FetchOptions { ca_file: Some(ca_file), ..FetchOptions::default() });
    let request = Request {
        url: "https://feeds.example/a",
        to: &dir.path().join("a"),
        previous: None,
        bytes_max: 1000,
    };
    let error = fetcher.get(&request, &NoProgress).unwrap_err();
    assert!(matches!(error, FetchError::CaFile { .. } | FetchError::Client { .. }), "{error:?}");
}
