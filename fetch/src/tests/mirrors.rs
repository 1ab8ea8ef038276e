//! Several mirrors: who serves what, and whose tags are whose.

use std::fs;

use testkit::server::{Behaviour, Server};

use super::{BODY, Bench};
use crate::error::FetchError;
use crate::fetcher::Fetched;
use crate::origin::Origin;
use crate::validators::Validators;

const URL: &str = "https://feeds.example/a";
const PATH: &str = "/feeds.example/a";

fn bench(mirrors: &[&Server]) -> Bench {
    Bench::with(Origin::Mirrors(mirrors.iter().map(|server| Origin::MirrorUrl(server.url(""))).collect()))
}

#[track_caller]
fn new(fetched: Result<Fetched, FetchError>) -> Validators {
    let Fetched::File { validators } = fetched.unwrap() else { panic!("new bytes") };
    validators
}

#[test]
fn the_first_mirror_that_has_a_file_serves_it() {
    let (first, second) = (Server::new(), Server::new());
    second.serve(PATH, BODY);
    let bench = bench(&[&first, &second]);
    assert_eq!(bench.fetcher.head_size(URL), Some(BODY.len() as u64));
    let validators = new(bench.get_url(URL, None));
    assert_eq!(validators.origin, format!("mirror {}", second.url("")));
    assert!(bench.fetcher.origin().includes(&validators.origin));

    first.serve(PATH, "newer");
    assert_eq!(new(bench.get_url(URL, None)).origin, format!("mirror {}", first.url("")));
    assert_eq!(second.requests_for(PATH).len(), 2, "the second is not asked for what the first has");
}

#[test]
fn a_tag_of_one_mirror_is_never_sent_to_another() {
    let (first, second) = (Server::new(), Server::new());
    second.serve(PATH, BODY);
    let bench = bench(&[&first, &second]);
    let validators = new(bench.get_url(URL, None));
    fs::remove_file(bench.to()).unwrap();
    let again = bench.get_url(URL, Some(&validators)).unwrap();
    assert_eq!(again, Fetched::Unchanged { validators: validators.clone() });
    assert_eq!(first.requests_for(PATH)[1].header("if-none-match"), None);
    assert_eq!(second.requests_for(PATH)[1].header("if-none-match"), validators.etag.as_deref());

    // The same bytes from the other mirror are no news, and from then on its tags count.
    first.serve(PATH, BODY);
    let Fetched::Unchanged { validators } = bench.get_url(URL, Some(&validators)).unwrap() else {
        panic!("the same bytes")
    };
    let asked = &first.requests_for(PATH)[2];
    assert_eq!((asked.header("if-none-match"), asked.header("if-modified-since")), (None, None));
    assert_eq!(validators.origin, format!("mirror {}", first.url("")));
}

#[test]
fn what_one_mirror_began_no_other_goes_on_with() {
    let (first, second) = (Server::new(), Server::new());
    first.serve(PATH, BODY);
    second.serve(PATH, BODY);
    for _ in 0..5 {
        first.next(PATH, Behaviour::Cut { after: 3 });
    }
    let bench = bench(&[&first, &second]);
    new(bench.get_url(URL, None));
    assert_eq!(second.requests_for(PATH)[0].header("range"), None);
    assert_eq!(fs::read(bench.to()).unwrap(), BODY);
}

#[test]
fn what_no_mirror_has_does_not_exist_and_what_one_may_have_failed() {
    let (first, second) = (Server::new(), Server::new());
    let bench = bench(&[&first, &second]);
    let error = bench.get_url(URL, None).unwrap_err();
    assert!(matches!(&error, FetchError::NotFound { url } if url == URL), "{error:?}");

    first.always(PATH, Behaviour::Status { code: 500, retry_after: None });
    let error = bench.get_url(URL, None).unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 500, .. }), "{error:?}");
    second.serve(PATH, BODY);
    new(bench.get_url(URL, None));
}

#[test]
fn a_mirror_that_cannot_be_reached_is_not_waited_for_again() {
    let (first, second) = (Server::new(), Server::new());
    first.always(PATH, Behaviour::HangUp).always("/feeds.example/b", Behaviour::HangUp);
    second.serve(PATH, BODY);
    let bench = bench(&[&first, &second]);
    new(bench.get_url(URL, None));
    assert_eq!(first.requests().len(), 5);
    new(bench.get_url(URL, None));
    let error = bench.get_url("https://feeds.example/b", None).unwrap_err();
    assert!(matches!(error, FetchError::Down { .. }), "it may have what the other lacks: {error:?}");
    assert_eq!(first.requests().len(), 5);
}

#[test]
fn a_mirror_that_says_no_size_is_asked_for_one_once_and_for_files_all_the_same() {
    let (first, second) = (Server::new(), Server::new());
    first.next(PATH, Behaviour::HangUp).serve(PATH, "newer");
    second.serve(PATH, BODY);
    let bench = bench(&[&first, &second]);
    for _ in 0..2 {
        assert_eq!(bench.fetcher.head_size(URL), Some(BODY.len() as u64));
    }
    assert_eq!(first.requests().len(), 1);
    assert_eq!(new(bench.get_url(URL, None)).origin, format!("mirror {}", first.url("")));
}

#[test]
fn a_mirror_may_be_a_directory_that_is_not_there() {
    let second = Server::new();
    second.serve(PATH, BODY);
    let missing = Origin::MirrorDir("no/such/directory".into());
    let bench = Bench::with(Origin::Mirrors(vec![missing, Origin::MirrorUrl(second.url(""))]));
    new(bench.get_url(URL, None));
    let error = bench.get_url("https://feeds.example/b", None).unwrap_err();
    assert!(matches!(error, FetchError::Io { .. }), "{error:?}");
}
