//! What each host is told of who asks, and what nobody ever is.

use std::error::Error;

use testkit::server::{Behaviour, Reply, Server};

use super::{BODY, Bench, PATH};
use crate::error::FetchError;
use crate::fetcher::{Fetched, NoProgress, Request};
use crate::hosts::{Credential, Hosts};
use crate::origin::Origin;
use crate::probe::Verdict;
use crate::secret::Secret;

const SECRET: &str = "s3cret";

fn bearer() -> Credential {
    Credential::Bearer(Secret::new(SECRET))
}

/// A bench whose fetcher has `credential` for `server`.
fn bench(server: &Server, credential: &Credential) -> Bench {
    let mut hosts = Hosts::default();
    hosts.give(&server.host(), credential, "`A_TOKEN`").unwrap();
    Bench::asking(Origin::Network, hosts)
}

fn sent(server: &Server, name: &str) -> Vec<Option<String>> {
    server.requests().iter().map(|request| request.header(name).map(str::to_owned)).collect()
}

/// An error and its causes, as they are shown and as they are noted.
fn all_text(error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

#[test]
fn each_kind_of_credential_is_sent_in_its_header() {
    let basic = Credential::Basic { username: "ann".to_owned(), secret: Secret::new(SECRET) };
    let key = Credential::Header { name: "apiKey".to_owned(), secret: Secret::new(SECRET) };
    for (credential, header, value) in [
        (bearer(), "authorization", "Bearer s3cret"),
        (basic, "authorization", "Basic YW5uOnMzY3JldA=="),
        (key, "apikey", "s3cret"),
    ] {
        let server = Server::new();
        server.serve(PATH, BODY);
        let bench = bench(&server, &credential);
        bench.get_url(&server.url(PATH), None).unwrap();
        bench.fetcher.head_size(&server.url(PATH)).unwrap();
        assert_eq!(sent(&server, header), [Some(value.to_owned()), Some(value.to_owned())]);
        let text = format!("{:?} {:?}", bench.fetcher, credential);
        assert!(!text.contains(SECRET) && !text.contains("YW5u"), "{text}");
    }
}

#[test]
fn another_host_is_told_nothing_not_even_after_a_redirect() {
    let (asked, other) = (Server::new(), Server::new());
    other.serve(PATH, BODY);
    asked.always(PATH, Behaviour::Redirect(other.url(PATH)));
    for credential in
        [bearer(), Credential::Header { name: "apiKey".to_owned(), secret: Secret::new(SECRET) }]
    {
        let bench = bench(&asked, &credential);
        bench.get_url(&asked.url(PATH), None).unwrap();
    }
    for request in other.requests() {
        assert!(!format!("{request:?}").contains(SECRET), "{request:?}");
    }
    assert_eq!(asked.requests().len(), 2);
    assert!(asked.requests().iter().all(|request| format!("{request:?}").contains(SECRET)));
}

#[test]
fn a_redirect_to_plain_text_brings_no_host_its_own_credential() {
    let (asked, other) = (Server::new(), Server::new());
    other.serve(PATH, BODY);
    asked.always(PATH, Behaviour::Redirect(other.url(PATH)));
    let bench = bench(&other, &bearer());
    bench.get_url(&asked.url(PATH), None).unwrap();
    assert_eq!(sent(&other, "authorization"), [None], "nobody asked for it in plain text");
    bench.get_url(&other.url(PATH), None).unwrap();
    assert!(sent(&other, "authorization")[1].is_some(), "asked for, it is sent");
}

#[test]
fn a_redirect_within_the_host_keeps_the_credential() {
    let server = Server::new();
    server.serve(PATH, BODY);
    server.always("/old", Behaviour::Redirect(PATH.to_owned()));
    let bench = bench(&server, &bearer());
    bench.get_url(&server.url("/old"), None).unwrap();
    assert_eq!(
        sent(&server, "authorization"),
        [Some("Bearer s3cret".to_owned()), Some("Bearer s3cret".to_owned())]
    );
}

#[test]
fn what_stands_in_a_mirrors_url_is_sent_to_it_alone_and_shown_nowhere() {
    let (mirror, other) = (Server::new(), Server::new());
    other.serve("/a", BODY);
    mirror.always("/feeds.example/a", Behaviour::Redirect(other.url("/a").replace("//", "//eve:evil@")));
    let base = mirror.url("").replace("//", "//ann:s3cret@");
    let bench = Bench::asking(Origin::MirrorUrl(base), Hosts::default());
    let Fetched::File { validators } = bench.get_url("https://feeds.example/a", None).unwrap() else {
        panic!("new bytes")
    };
    assert_eq!(sent(&mirror, "authorization"), [Some("Basic YW5uOnMzY3JldA==".to_owned())]);
    assert_eq!(sent(&other, "authorization"), [None], "a host says nothing about how another is asked");
    let text = format!("{:?} {} {validators:?}", bench.fetcher, bench.fetcher.origin());
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn a_refusal_says_whose_credential_it_was() {
    let server = Server::new();
    server.always(PATH, Behaviour::Status { code: 401, retry_after: None });
    let unknown_key = Reply::new(404).header("message", "Invalid apiKey.");
    server.always("/nvd", Behaviour::Reply(unknown_key));
    for (path, status) in [(PATH, 401), ("/nvd", 404)] {
        let with = bench(&server, &bearer());
        let error = with.get_url(&server.url(path), None).unwrap_err();
        assert!(
            matches!(&error, FetchError::Unauthorized { sent: Some(sent), status: said, .. }
                if sent == "`A_TOKEN`" && *said == status),
            "{error:?}"
        );
        assert!(!all_text(&error).contains(SECRET), "{error:?}");
    }
    let error = Bench::new().get_url(&server.url(PATH), None).unwrap_err();
    assert!(error.to_string().contains("there is none for its host"), "{error}");
}

#[test]
fn no_failure_shows_a_credential() {
    for behaviour in [
        Behaviour::HangUp,
        Behaviour::Cut { after: 3 },
        Behaviour::Redirect("https://127.0.0.1:1/x?token=s3cret".to_owned()),
        Behaviour::Redirect("ftp://ann:s3cret@a.example/".to_owned()),
        Behaviour::Status { code: 500, retry_after: None },
        Behaviour::Status { code: 429, retry_after: Some("7200".to_owned()) },
    ] {
        let server = Server::new();
        server.serve(PATH, BODY).always(PATH, behaviour);
        let bench = bench(&server, &bearer());
        let url = server.url(PATH).replace("//", "//ann:s3cret@");
        for url in [url.clone(), format!("{url}?key=s3cret")] {
            let error = bench.get_url(&url, None).unwrap_err();
            assert!(!all_text(&error).contains(SECRET), "{error:?}");
        }
    }
}

#[test]
fn a_probe_says_whether_a_host_answers_and_lets_us_in() {
    let server = Server::new();
    server.serve(PATH, BODY).serve("/no-head", BODY);
    server.next("/no-head", Behaviour::Status { code: 405, retry_after: None });
    server.always("/closed", Behaviour::Status { code: 403, retry_after: None });
    server.always("/broken", Behaviour::Status { code: 500, retry_after: None });
    let bench = bench(&server, &bearer());
    let probe = |path: &str| {
        let [probe] = &mut bench.fetcher.probe(&server.url(path))[..] else { panic!("one place") };
        assert_eq!(probe.credential.as_deref(), Some("`A_TOKEN`"));
        std::mem::replace(&mut probe.verdict, Verdict::Answered)
    };
    assert!(matches!(probe(PATH), Verdict::Answered));
    assert!(matches!(probe("/no-head"), Verdict::Answered));
    assert!(matches!(probe("/nothing"), Verdict::Missing));
    assert!(matches!(probe("/closed"), Verdict::Refused { status: 403 }));
    assert!(matches!(probe("/broken"), Verdict::Status { status: 500 }));
    assert_eq!(server.requests_for("/broken").len(), 1, "a probe asks once");
    let asked = server.requests_for("/no-head");
    assert_eq!((asked[1].method.as_str(), asked[1].header("range")), ("GET", Some("bytes=0-0")));

    let hung_up = Server::new();
    hung_up.always(PATH, Behaviour::HangUp);
    let [probe] = &bench.fetcher.probe(&hung_up.url(PATH))[..] else { panic!("one place") };
    assert!(matches!(probe.verdict, Verdict::Unreachable { .. }), "{probe:?}");
    assert_eq!(probe.credential, None);
}

#[test]
fn no_request_without_need_for_one_carries_a_credential() {
    // The directory beside it answers, so the mirror with the password is never asked.
    let server = Server::new();
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(dir.path().join("feeds.example")).unwrap();
    std::fs::write(dir.path().join("feeds.example/a"), BODY).unwrap();
    let near = Origin::MirrorDir(dir.path().to_owned());
    let far = Origin::MirrorUrl(server.url("").replace("//", "//ann:s3cret@"));
    let bench = Bench::with(Origin::Mirrors(vec![near, far]));
    let to = bench.to();
    let request = Request { url: "https://feeds.example/a", to: &to, previous: None, bytes_max: 1000 };
    bench.fetcher.get(&request, &NoProgress).unwrap();
    assert_eq!(server.requests().len(), 0);
}
