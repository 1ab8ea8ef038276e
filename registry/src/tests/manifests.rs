//! Manifests: verified, of a known kind, and no larger than allowed.

use testkit::server::{Behaviour, Reply, Resource};

use super::fake::*;
use super::{hasty_options, impatient_options, registry, shown};
use crate::client::Registry;
use crate::descriptor::{DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::error::RegistryError;
use crate::manifest::Manifest;
use crate::reference::Pointer;
use model::digest::Digest;

const BYTES_MAX: u64 = 1000;

/// What a tag gives that is answered with `answer`.
fn answered(answer: Reply) -> Result<Manifest, RegistryError> {
    let fake = Fake::new(Door::Open);
    fake.server.next(&manifest_path("1"), reply(answer));
    fake.repository(&registry()).manifest(&tag("1"), BYTES_MAX)
}

#[track_caller]
fn fails(answer: Reply, part: &str) {
    let error = answered(answer).unwrap_err();
    assert!(shown(&error).contains(part), "{error}");
}

#[test]
fn a_manifest_comes_by_tag_and_by_digest() {
    let fake = Fake::new(Door::Open);
    let bytes = fake.with_manifest();
    let repository = fake.repository(&registry());
    let by_tag = repository.manifest(&tag("1"), BYTES_MAX).unwrap();
    assert_eq!((&*by_tag.media_type, &by_tag.bytes), (OCI_MANIFEST, &bytes));
    assert_eq!(repository.manifest(&Pointer::Digest(by_tag.digest.clone()), BYTES_MAX).unwrap(), by_tag);
    assert_eq!(by_tag.descriptor().size, bytes.len() as u64);
    let accept = fake.server.requests_for(&manifest_path("1"))[0].header("accept").unwrap().to_owned();
    assert!(
        [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST].iter().all(|kind| accept.contains(kind))
    );
}

#[test]
fn a_manifest_that_is_not_there_is_said_by_its_name() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let error = repository.manifest(&tag("none"), BYTES_MAX).unwrap_err();
    assert_eq!(shown(&error), format!("`{}/{NAME}:none` does not exist", fake.server.host()));
}

#[test]
fn other_bytes_than_those_asked_for_are_refused() {
    let fake = Fake::new(Door::Open);
    fake.with_manifest();
    let digest = Digest::sha256(b"another");
    let path = manifest_path(digest.as_str());
    fake.server.next(&path, Behaviour::Instead(typed(OCI_MANIFEST, "{}")));
    let error = fake.repository(&registry()).manifest(&Pointer::Digest(digest), BYTES_MAX).unwrap_err();
    assert!(matches!(error, RegistryError::DigestMismatch { .. }), "{}", shown(&error));

    let announced = Reply::new(200)
        .header("Content-Type", OCI_MANIFEST)
        .header("Docker-Content-Digest", Digest::sha256(b"another").to_string());
    fails(announced.body("{}"), "has the digest");
}

#[test]
fn a_digest_announced_in_sha512_is_verified_as_such() {
    let zero: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
    let right = zero.of_same_kind(b"{}");
    let answer = Reply::new(200).header("Content-Type", OCI_MANIFEST).body("{}");
    let manifest = answered(answer.clone().header("Docker-Content-Digest", right.to_string())).unwrap();
    assert_eq!(manifest.digest, right);
    fails(answer.header("Docker-Content-Digest", zero.to_string()), "has the digest");
}

#[test]
fn what_is_no_manifest_is_said() {
    let as_kind = |kind: &str, body: &str| Reply::new(200).header("Content-Type", kind).body(body);
    fails(as_kind("text/html; charset=utf-8", "<html>"), "`text/html`: is this a registry?");
    fails(as_kind("text/plain", "hello"), "`text/plain`: is this a registry?");
    fails(as_kind("application/json", "{}"), "is this a registry?");
    fails(Reply::new(200), "no content type");
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    fails(as_kind(signed, "{\"schemaVersion\": 1}"), "schema 1, which is no longer supported");
    fails(as_kind("application/json", "{\"schemaVersion\": 1}"), "schema 1, which is no longer supported");
    fails(as_kind("application/vnd.oci.image.config.v1+json", "{}"), "which is no image");
    fails(as_kind(OCI_MANIFEST, &"x".repeat(1001)), "larger than 1000 bytes");
}

#[test]
fn a_file_server_that_knows_only_json_is_understood() {
    for (body, kind) in [
        (r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"}"#, OCI_INDEX),
        (r#"{"schemaVersion": 2, "manifests": []}"#, OCI_INDEX),
        (r#"{"schemaVersion": 2, "layers": []}"#, OCI_MANIFEST),
    ] {
        for content_type in ["application/json", "text/plain; charset=utf-8", "application/octet-stream"] {
            let answer = Reply::new(200).header("Content-Type", content_type).body(body);
            assert_eq!(answered(answer).unwrap().media_type, kind);
        }
    }
}

#[test]
fn a_manifest_without_a_length_is_still_bounded() {
    let fake = Fake::new(Door::Open);
    let endless = Resource { length: false, ..typed(OCI_MANIFEST, "x".repeat(1001)) };
    fake.server.next(&manifest_path("1"), Behaviour::Instead(endless));
    let error = fake.repository(&registry()).manifest(&tag("1"), BYTES_MAX).unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { .. }), "{}", shown(&error));
}

#[test]
fn a_broken_manifest_is_asked_for_again() {
    for behaviour in [
        Behaviour::Status { code: 429, retry_after: Some("1".to_owned()) },
        Behaviour::HangUp,
        Behaviour::Cut { after: 10 },
        Behaviour::Stall { after: 10 },
    ] {
        let fake = Fake::new(Door::Open);
        let bytes = fake.with_manifest();
        fake.server.serve_resource(&manifest_path("1"), typed(OCI_MANIFEST, &*bytes));
        fake.server.next(&manifest_path("1"), behaviour);
        let repository = fake.repository(&Registry::new(impatient_options().0));
        assert_eq!(repository.manifest(&tag("1"), BYTES_MAX).unwrap().bytes, bytes);
    }
}

#[test]
fn nobody_there_is_said() {
    let host = testkit::server::Server::new().host();
    let reference = format!("{host}/a").parse().unwrap();
    let error = registry().repository(&reference).manifest(&tag("1"), BYTES_MAX).unwrap_err();
    assert!(matches!(error, RegistryError::Transport { .. }), "{}", shown(&error));
}

#[test]
fn documents_that_drip_are_given_up() {
    let ask = |head| {
        let reference = format!("{}/a", dripping_host(head)).parse().unwrap();
        let repository = Registry::new(hasty_options().0).repository(&reference);
        repository.manifest(&tag("1"), BYTES_MAX).unwrap_err()
    };
    let error = ask("HTTP/1.1 200 OK");
    assert!(matches!(error, RegistryError::TooSlow { .. }), "{}", shown(&error));
    // Of an error the status is known before.
    let error = ask("HTTP/1.1 451 No");
    assert!(matches!(error, RegistryError::Status { status: 451, code: None, .. }), "{}", shown(&error));

    let fake = Fake::new(Door::Token);
    fake.with_manifest();
    fake.state().realm = Some(format!("http://{}/token", dripping_host("HTTP/1.1 200 OK")));
    let repository = fake.repository(&Registry::new(hasty_options().0));
    let error = repository.manifest(&tag("1"), BYTES_MAX).unwrap_err();
    assert!(matches!(error, RegistryError::TooSlow { .. }), "{}", shown(&error));
}
