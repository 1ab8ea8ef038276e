//! Names that cannot be resolved: how often they are looked up, and whose they are.

use testkit::server::{Behaviour, Server};

use super::{BODY, Bench, PATH};
use crate::error::{FetchError, Whose};
use crate::origin::Origin;

#[test]
fn names_that_cannot_be_resolved_are_looked_up_a_few_times_and_then_nobody_is_asked() {
    let bench = Bench::new();
    let ask = |host: u32| {
        let error = bench.get_url(&format!("http://host-{host}.invalid/feed.json"), None).unwrap_err();
        assert!(matches!(error, FetchError::Unresolved { .. }), "{error:?}");
        bench.n_pauses()
    };
    assert_eq!([ask(1), ask(1)], [2, 2], "it is not looked up again");
    assert_eq!([ask(2), ask(3)], [4, 6]);
    assert_eq!([ask(4), ask(5)], [6, 6], "there is no network");
    assert_eq!(bench.fetcher.head_size("http://host-6.invalid/feed.json"), None);

    // Where somebody answers there is one: of other hosts each is tried.
    let bench = Bench::new();
    bench.server.serve(PATH, BODY);
    bench.get_whole();
    for host in 1..6 {
        let url = format!("http://host-{host}.invalid/feed.json");
        assert!(matches!(bench.get_url(&url, None).unwrap_err(), FetchError::Unresolved { .. }));
    }
    assert_eq!(bench.n_pauses(), 10);
}

#[test]
fn whose_name_cannot_be_resolved_is_said() {
    let said = |origin: Origin, url: &str| match Bench::with(origin).get_url(url, None).unwrap_err() {
        error @ FetchError::Unresolved { whose, .. } => (whose, error.to_string()),
        error => panic!("{error:?}"),
    };
    let url = "http://feeds.invalid/a";
    assert_eq!(
        said(Origin::Network, url),
        (Whose::Host, format!("`{url}` was not reached: the name `feeds.invalid` cannot be resolved"))
    );
    let mirror = Origin::MirrorUrl("http://u:p@mirrror.invalid/x".to_owned());
    let expected = "`http://mirrror.invalid/x/feeds.invalid/a` was not reached: \
                    the name of the mirror, `mirrror.invalid`, cannot be resolved";
    assert_eq!(said(mirror, url), (Whose::Mirror, expected.to_owned()));

    // To where a mirror redirects is no mirror.
    let server = Server::new();
    server.always("/feeds.invalid/a", Behaviour::Redirect("http://elsewhere.invalid/a".to_owned()));
    let (whose, error) = said(Origin::MirrorUrl(server.url("")), url);
    assert_eq!(whose, Whose::Host);
    assert!(error.ends_with("the name `elsewhere.invalid` cannot be resolved"), "{error}");
}

#[test]
fn who_redirects_to_hosts_that_are_not_found_was_reached() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY);
    for host in 1..4 {
        let to = format!("http://host-{host}.invalid/feed.json");
        bench.server.always(&format!("/{host}"), Behaviour::Redirect(to));
        let error = bench.get_url(&bench.server.url(&format!("/{host}")), None).unwrap_err();
        assert!(matches!(error, FetchError::Unresolved { .. }), "{error:?}");
    }
    bench.get_whole();
}

#[test]
fn a_name_is_looked_up() {
    let bench = Bench::new();
    bench.server.serve(PATH, BODY);
    let url = bench.server.url(PATH).replace("127.0.0.1", "localhost");
    bench.get_url(&url, None).unwrap();
    assert_eq!(bench.header(0, "host"), Some(url.split('/').nth(2).unwrap().to_owned()));
}
