//! Who asks: challenges, tokens, and what is never sent anywhere else.

use std::time::Duration;

use testkit::server::{Behaviour, Reply, Server};

use super::fake::*;
use super::{Pauses, debug_holds_no_secret, impatient_options, options, shown};
use crate::client::{Registry, Repository};
use crate::credentials::Credential;
use crate::error::RegistryError;
use fetch::secret::Secret;

const PAIR: &str = "ann:hunter2";

fn user(secret: &str) -> Credential {
    Credential::Basic { username: "ann".to_owned(), secret: Secret::new(secret) }
}

/// A registry that is asked as `credential`.
fn asked_as(fake: &Fake, credential: Option<Credential>) -> (Repository, Pauses) {
    let (mut options, pauses) = options();
    options.credentials.explicit = credential;
    let registry = Registry::new(options);
    debug_holds_no_secret(&registry);
    (fake.repository(&registry), pauses)
}

/// The repository lets `credential` in.
#[track_caller]
fn check_in(door: Door, credential: Option<Credential>) -> Fake {
    let fake = Fake::new(door);
    let bytes = fake.with_manifest();
    let (repository, pauses) = asked_as(&fake, credential);
    let manifest = repository.manifest(&tag("1"), 1000).unwrap_or_else(|error| panic!("{}", shown(&error)));
    assert_eq!(manifest.bytes, bytes);
    repository.manifest(&tag("1"), 1000).unwrap();
    assert_eq!(fake.authorizations(&manifest_path("1")).len(), 3, "refused, let in, and let in at once");
    assert!(pauses.lock().unwrap().is_empty());
    debug_holds_no_secret(&repository);
    fake
}

#[track_caller]
fn check_out(door: Door, credential: Option<Credential>, sent: &str) {
    let fake = Fake::new(door);
    fake.with_manifest();
    let (repository, _) = asked_as(&fake, credential);
    let error = repository.manifest(&tag("1"), 1000).unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { .. }), "{error:?}");
    assert!(shown(&error).contains(sent), "{error}");
    assert!(fake.authorizations(&manifest_path("1")).len() <= 2, "refused for ever is refused soon");
}

#[test]
fn everybody_gets_a_token_where_everybody_may_read() {
    check_in(Door::Token, None);
}

#[test]
fn a_user_gets_a_token() {
    let fake = check_in(Door::TokenFor(PAIR), Some(user("hunter2")));
    let token_requests: Vec<_> =
        fake.server.requests().into_iter().filter(|request| request.path.starts_with("/token")).collect();
    assert_eq!(token_requests.len(), 1, "a token is kept");
    assert_eq!(token_requests[0].header("authorization"), Some(&*basic(PAIR)));
}

#[test]
fn an_identity_token_is_exchanged() {
    check_in(Door::IdentityTokenFor("t0ken-id"), Some(Credential::IdentityToken(Secret::new("t0ken-id"))));
}

#[test]
fn a_bearer_token_is_sent_as_it_is() {
    let fake = check_in(Door::TokenFor("nobody"), Some(Credential::Bearer(Secret::new("t0ken-1"))));
    assert!(fake.server.requests().iter().all(|request| !request.path.starts_with("/token")));
}

#[test]
fn a_user_is_let_in_by_basic_authentication() {
    check_in(Door::Basic(PAIR), Some(user("hunter2")));
}

#[test]
fn who_is_refused_learns_whether_a_credential_was_sent() {
    check_out(Door::TokenFor(PAIR), None, "no credential");
    check_out(Door::TokenFor(PAIR), Some(user("hunter2-wrong")), "given for this run");
    check_out(Door::Basic(PAIR), None, "no credential");
    check_out(Door::Basic(PAIR), Some(user("hunter2-wrong")), "given for this run");
    check_out(
        Door::IdentityTokenFor("t0ken-id"),
        Some(Credential::IdentityToken(Secret::new("t0ken-x"))),
        "given",
    );
    check_out(Door::Shut, Some(user("hunter2")), "given for this run");
    check_out(Door::Shut, None, "no credential");
    check_out(Door::TokenFor(PAIR), Some(Credential::Bearer(Secret::new("t0ken\nx"))), "given for this run");
}

#[test]
fn a_token_that_has_run_out_is_fetched_anew() {
    let fake = Fake::new(Door::Token);
    fake.with_manifest();
    let (repository, _) = asked_as(&fake, None);
    repository.manifest(&tag("1"), 1000).unwrap();
    fake.state().token = "t0ken-2".to_owned();
    repository.manifest(&tag("1"), 1000).unwrap();
    let sent: Vec<_> = fake.authorizations(&manifest_path("1")).into_iter().flatten().collect();
    assert_eq!(sent, ["Bearer t0ken-1", "Bearer t0ken-1", "Bearer t0ken-2"]);
}

#[test]
fn threads_that_are_refused_together_fetch_one_token() {
    let fake = Fake::new(Door::Token);
    fake.with_manifest();
    let (repository, _) = asked_as(&fake, None);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| repository.manifest(&tag("1"), 1000).unwrap());
        }
    });
    let n_tokens = fake.server.requests().iter().filter(|request| request.path.starts_with("/token")).count();
    assert_eq!(n_tokens, 1);
}

#[test]
fn what_is_denied_says_by_which_code() {
    let fake = Fake::new(Door::Open);
    fake.server.next(&manifest_path("1"), reply(error(403, "DENIED")));
    let (repository, pauses) = asked_as(&fake, Some(user("hunter2")));
    let error = repository.manifest(&tag("1"), 1000).unwrap_err();
    assert!(
        matches!(&error, RegistryError::Denied { code: Some(code), .. } if code == "DENIED"),
        "{error:?}"
    );
    assert!(shown(&error).contains("is denied (DENIED): the credential given for this run"), "{error}");
    assert!(pauses.lock().unwrap().is_empty());
}

#[test]
fn an_unknown_challenge_is_said() {
    for challenge in ["Negotiate", "", "Bearer service=\"x\""] {
        let fake = Fake::new(Door::Open);
        fake.server.next(&manifest_path("1"), reply(error(401, "X").header("WWW-Authenticate", challenge)));
        let (repository, _) = asked_as(&fake, None);
        let error = repository.manifest(&tag("1"), 1000).unwrap_err();
        assert!(matches!(error, RegistryError::Challenge { .. }), "{}", shown(&error));
    }
}

#[test]
fn a_token_server_that_gives_none_is_said() {
    for (answer, part) in [
        (Reply::new(200).body("{\"hunter2\": \"t0ken\"}"), "holds none"),
        (Reply::new(200).body("hunter2"), "not JSON"),
        (Reply::new(200).body("{\"token\": [\"t0ken\"]}"), "not JSON"),
        (Reply::new(404), "status 404"),
        (Reply::new(302).header("Location", "/token"), "redirects without end"),
    ] {
        let fake = Fake::new(Door::Shut);
        let other = Server::new();
        other.handle(move |_| Some(reply(answer.clone())));
        fake.state().realm = Some(other.url("/token?hunter2"));
        let (repository, _) = asked_as(&fake, None);
        let error = repository.manifest(&tag("1"), 1000).unwrap_err();
        assert!(shown(&error).contains(part), "{error}");
    }
}

#[test]
fn an_identity_token_follows_no_redirect() {
    let fake = Fake::new(Door::Shut);
    let (realm, other) = (Server::new(), Server::new());
    let url = other.url("/");
    realm.handle(move |_| Some(reply(Reply::new(307).header("Location", url.clone()))));
    fake.state().realm = Some(realm.url("/token"));
    let (repository, _) = asked_as(&fake, Some(Credential::IdentityToken(Secret::new("t0ken-id"))));
    let error = repository.manifest(&tag("1"), 1000).unwrap_err();
    assert!(shown(&error).contains("it redirects"), "{error}");
    assert!(other.requests().is_empty());
}

#[test]
fn a_busy_token_server_is_asked_again() {
    let fake = Fake::new(Door::Token);
    fake.with_manifest();
    let realm = Server::new();
    let served = std::sync::atomic::AtomicBool::new(false);
    realm.handle(move |_| {
        Some(match served.swap(true, std::sync::atomic::Ordering::SeqCst) {
            false => Behaviour::Status { code: 429, retry_after: Some("3".to_owned()) },
            true => reply(Reply::new(200).body("{\"access_token\": \"t0ken-1\"}")),
        })
    });
    fake.state().realm = Some(realm.url("/token"));
    let (repository, pauses) = asked_as(&fake, None);
    repository.manifest(&tag("1"), 1000).unwrap();
    assert_eq!(*pauses.lock().unwrap(), [Duration::from_secs(3)]);
}

#[test]
fn a_redirect_to_another_host_takes_no_credential_along() {
    let storage = Server::new();
    let fake = Fake::new(Door::Basic(PAIR));
    let digest = fake.put_blob(b"layer");
    storage.serve("/signed?sig=hunter2", "layer");
    let (repository, _) = asked_as(&fake, Some(user("hunter2")));
    // The first request is the one that is refused.
    fake.server.next(&blob_path(&digest), reply(error(401, "X").header("WWW-Authenticate", "Basic")));
    fake.server.next(&blob_path(&digest), Behaviour::Redirect(storage.url("/signed?sig=hunter2")));
    let mut reader = repository.blob(&digest, Some(5)).unwrap();
    debug_holds_no_secret(&reader);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
    assert_eq!(bytes, b"layer");
    assert_eq!(fake.authorizations(&blob_path(&digest))[1].as_deref(), Some(&*basic(PAIR)));
    assert_eq!(storage.requests().len(), 1);
    assert_eq!(storage.requests()[0].header("authorization"), None);
}

#[test]
fn a_signed_url_that_fails_is_never_shown() {
    for behaviour in [
        Behaviour::HangUp,
        Behaviour::Status { code: 403, retry_after: None },
        Behaviour::Status { code: 404, retry_after: None },
        Behaviour::Status { code: 503, retry_after: None },
        Behaviour::Html,
        Behaviour::Stall { after: 0 },
        Behaviour::Cut { after: 2 },
        Behaviour::Redirect("ftp://ann:hunter2@example.com/".to_owned()),
    ] {
        let storage = Server::new();
        let fake = Fake::new(Door::Open);
        let digest = fake.put_blob(b"layer");
        let path = "/signed?sig=hunter2";
        storage.serve(path, "layer").always(path, behaviour.clone());
        fake.server.always(&blob_path(&digest), Behaviour::Redirect(storage.url(path)));
        let (mut options, _) = impatient_options();
        options.tries = 2;
        let repository = fake.repository(&Registry::new(options));
        let error = match repository.blob(&digest, Some(5)) {
            Err(error) => error,
            Ok(mut reader) => {
                debug_holds_no_secret(&reader);
                let error = std::io::copy(&mut reader, &mut std::io::sink());
                match error {
                    // Two bytes a time do bring it all.
                    Ok(5) => continue,
                    error => RegistryError::of_io(error.unwrap_err()).unwrap(),
                }
            }
        };
        shown(&error);
    }
}
