//! Mirrors: asked in order, the host itself last, each with its own credential.

use testkit::server::{Behaviour, Server};

use super::fake::*;
use super::{hasty_options, options, shown};
use crate::client::{Endpoint, Options, Registry, Repository};
use crate::credentials::Credential;
use crate::descriptor::OCI_MANIFEST;
use crate::error::RegistryError;
use fetch::secret::Secret;

fn endpoint(host: String, prefix: &str) -> Endpoint {
    Endpoint { host, prefix: prefix.to_owned(), insecure: false }
}

fn mirrored(fake: &Fake, endpoints: Vec<Endpoint>) -> Repository {
    let mut options: Options = options().0;
    options.mirrors = vec![
        ("other.example".to_owned(), vec![endpoint("other.example".to_owned(), "")]),
        (fake.server.host(), endpoints),
    ];
    options.credentials.explicit =
        Some(Credential::Basic { username: "ann".to_owned(), secret: Secret::new("hunter2") });
    fake.repository(&Registry::new(options))
}

#[test]
fn the_first_mirror_that_has_it_gives_it() {
    let fake = Fake::new(Door::Open);
    let bytes = fake.with_manifest();
    let (without, with) = (Server::new(), Server::new());
    let path = "/v2/proxy/hub/team/app/manifests/1";
    with.serve_resource(path, typed(OCI_MANIFEST, &*bytes));
    let repository =
        mirrored(&fake, vec![endpoint(without.host(), ""), endpoint(with.host(), "/proxy/hub/")]);
    assert_eq!(repository.manifest(&tag("1"), 1000).unwrap().bytes, bytes);
    assert_eq!(without.requests_for(&manifest_path("1")).len(), 1);
    assert_eq!(with.requests_for(path).len(), 1);
    assert!(fake.server.requests().is_empty(), "the host itself is not asked");
}

#[test]
fn what_no_mirror_gives_comes_from_the_host_itself() {
    for behaviour in [
        Behaviour::Status { code: 401, retry_after: None },
        Behaviour::Status { code: 404, retry_after: None },
        Behaviour::Status { code: 500, retry_after: None },
        Behaviour::HangUp,
        Behaviour::Html,
        Behaviour::Redirect("/v2/".to_owned()),
    ] {
        let fake = Fake::new(Door::Open);
        let bytes = fake.with_manifest();
        let digest = fake.put_blob(b"layer");
        let mirror = Server::new();
        mirror.always(&manifest_path("1"), behaviour.clone()).always(&blob_path(&digest), behaviour);
        let gone = Server::new().host();
        let repository = mirrored(&fake, vec![endpoint(gone, ""), endpoint(mirror.host(), "")]);
        assert_eq!(repository.manifest(&tag("1"), 1000).unwrap().bytes, bytes);
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut repository.blob(&digest, None).unwrap(), &mut read).unwrap();
        assert_eq!(read, b"layer");
        assert!(mirror.requests_for(&manifest_path("1")).len() <= 2, "a mirror is soon left");
    }
}

#[test]
fn a_mirror_that_dies_in_the_middle_is_replaced() {
    let fake = Fake::new(Door::Open);
    let digest = fake.put_blob(b"0123456789");
    let mirror = Server::new();
    mirror.serve(&blob_path(&digest), "0123456789");
    mirror.next(&blob_path(&digest), Behaviour::Cut { after: 4 });
    mirror.always(&blob_path(&digest), Behaviour::HangUp);
    let repository = mirrored(&fake, vec![endpoint(mirror.host(), "")]);
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut repository.blob(&digest, Some(10)).unwrap(), &mut read).unwrap();
    assert_eq!(read, b"0123456789");
    assert_eq!(fake.server.requests_for(&blob_path(&digest))[0].header("range"), Some("bytes=4-"));
}

#[test]
fn a_mirror_whose_bodies_bring_nothing_is_replaced() {
    let fake = Fake::new(Door::Open);
    let digest = fake.put_blob(b"0123456789");
    let path = blob_path(&digest);
    for (size, already, behaviour) in [
        (Some(10), 0, Behaviour::Cut { after: 0 }),
        (Some(10), 3, Behaviour::Cut { after: 0 }),
        // What it announces is forgotten with it.
        (None, 0, Behaviour::Cut { after: 0 }),
    ] {
        let mirror = Server::new();
        mirror.serve(&path, if size.is_none() { "0123456" } else { "0123456789" });
        if already > 0 {
            mirror.next(&path, Behaviour::Cut { after: already });
        }
        mirror.always(&path, behaviour);
        let repository = mirrored(&fake, vec![endpoint(mirror.host(), "")]);
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut repository.blob(&digest, size).unwrap(), &mut read).unwrap();
        assert_eq!(read, b"0123456789");
        assert!(mirror.requests_for(&path).len() <= 3, "a mirror is soon left");
        let range = (already > 0).then(|| format!("bytes={already}-"));
        let asked = fake.server.requests_for(&path).pop().unwrap();
        assert_eq!(asked.header("range"), range.as_deref());
    }
}

#[test]
fn a_mirror_that_drips_is_replaced() {
    let fake = Fake::new(Door::Open);
    let bytes = fake.with_manifest();
    let body = [b'x'; 1000];
    let digest = fake.put_blob(&body);
    let (mut options, _) = hasty_options();
    let slow = dripping_host("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json");
    options.mirrors = vec![(fake.server.host(), vec![endpoint(slow, "")])];
    let repository = fake.repository(&Registry::new(options));
    assert_eq!(repository.manifest(&tag("1"), 2000).unwrap().bytes, bytes);
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut repository.blob(&digest, Some(1000)).unwrap(), &mut read).unwrap();
    assert_eq!(read, body);
    let requests = fake.server.requests_for(&blob_path(&digest));
    assert!(requests[0].header("range").is_some(), "what came is kept");
}

#[test]
fn when_no_body_comes_whole_each_answer_is_said() {
    let fake = Fake::new(Door::Open);
    let digest = fake.put_blob(b"0123456789");
    let path = blob_path(&digest);
    fake.server.always(&path, Behaviour::Cut { after: 0 });
    let mirror = Server::new();
    mirror.serve(&path, "0123456789").always(&path, Behaviour::Cut { after: 0 });
    let repository = mirrored(&fake, vec![endpoint(mirror.host(), "")]);
    let mut reader = repository.blob(&digest, Some(10)).unwrap();
    let error = std::io::copy(&mut reader, &mut std::io::sink()).unwrap_err();
    let error = RegistryError::of_io(error).unwrap();
    let is_expected = matches!(&error, RegistryError::EveryEndpoint { mirrors, .. } if mirrors.len() == 1);
    assert!(is_expected && shown(&error).contains(&mirror.host()), "{error:?}");
}

#[test]
fn the_credential_for_the_host_is_not_shown_to_a_mirror() {
    let fake = Fake::new(Door::Basic("ann:hunter2"));
    fake.with_manifest();
    let mirror = Fake::new(Door::Basic("ann:hunter2"));
    mirror.with_manifest();
    mirrored(&fake, vec![endpoint(mirror.server.host(), "")]).manifest(&tag("1"), 1000).unwrap();
    assert!(mirror.server.requests().iter().all(|request| request.header("authorization").is_none()));
    assert_eq!(fake.authorizations(&manifest_path("1")).iter().flatten().count(), 1);
}

#[test]
fn when_nobody_has_it_each_answer_is_said() {
    let fake = Fake::new(Door::Open);
    let mirror = Server::new();
    mirror.always(&manifest_path("1"), Behaviour::Status { code: 500, retry_after: None });
    let repository = mirrored(&fake, vec![endpoint(mirror.host(), "")]);
    let error = repository.manifest(&tag("1"), 1000).unwrap_err();
    assert!(
        matches!(&error, RegistryError::EveryEndpoint { mirrors, .. } if mirrors.len() == 1),
        "{error:?}"
    );
    let text = shown(&error);
    assert!(text.contains("status 500") && text.contains("does not exist"), "{text}");
    assert!(error.is_not_found());
}
