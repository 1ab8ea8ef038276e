//! Attaching to a manifest, and finding what is attached, with the referrers API and without.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::server::{Behaviour, Reply};

use super::fake::*;
use super::{options, registry, shown};
use crate::client::{Registry, Repository};
use crate::credentials::Credential;
use crate::descriptor::{Descriptor, OCI_EMPTY, OCI_INDEX, OCI_MANIFEST};
use model::digest::Digest;

use crate::error::RegistryError;
use crate::push::Artifact;
use crate::reference::Pointer;
use crate::verified::Verified;
use fetch::secret::Secret;

const SBOM: &str = "application/vnd.cyclonedx+json";

fn artifact(kind: &'static str, bytes: &'static [u8]) -> Artifact<'static> {
    let annotations = BTreeMap::from([("made.by".to_owned(), "a test".to_owned())]);
    Artifact { artifact_type: kind, media_type: kind, bytes, annotations }
}

fn subject(fake: &Fake, repository: &Repository) -> Descriptor {
    fake.with_manifest();
    repository.manifest(&tag("1"), 1000).unwrap().descriptor()
}

/// Attaches two SBOMs and something else, and finds them.
#[track_caller]
pub(crate) fn attaches(repository: &Repository, subject: &Descriptor) {
    let none = repository.referrers(&subject.digest, None).unwrap();
    assert_eq!(none, []);
    let one = repository.attach(subject, &artifact(SBOM, b"{\"n\": 1}")).unwrap();
    let two = repository.attach(subject, &artifact(SBOM, b"{\"n\": 2}")).unwrap();
    let other = repository.attach(subject, &artifact("text/x-other", b"other")).unwrap();
    assert_eq!(repository.attach(subject, &artifact(SBOM, b"{\"n\": 2}")).unwrap(), two, "once is enough");

    let mut all = repository.referrers(&subject.digest, None).unwrap();
    all.sort_by(|a, b| a.digest.cmp(&b.digest));
    let mut expected = vec![one.clone(), two, other];
    expected.sort_by(|a, b| a.digest.cmp(&b.digest));
    let digests = |all: &[Descriptor]| all.iter().map(|one| one.digest.clone()).collect::<Vec<_>>();
    assert_eq!(digests(&all), digests(&expected));
    let sboms = repository.referrers(&subject.digest, Some(SBOM)).unwrap();
    assert_eq!(sboms.len(), 2);
    assert!(sboms.iter().all(|sbom| sbom.artifact_type.as_deref() == Some(SBOM)));
    assert_eq!(repository.referrers(&subject.digest, Some("x/none")).unwrap(), []);

    let manifest = repository.manifest(&Pointer::Digest(one.digest.clone()), 10_000).unwrap();
    assert_eq!(manifest.media_type, OCI_MANIFEST);
    let document: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    assert_eq!(document["subject"]["digest"], subject.digest.as_str());
    assert_eq!(document["config"]["mediaType"], OCI_EMPTY);
    assert_eq!(document["annotations"]["made.by"], "a test");
    let layer: Descriptor = serde_json::from_value(document["layers"][0].clone()).unwrap();
    let reader = repository.blob(&layer.digest, Some(layer.size)).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut Verified::new(reader, layer.digest), &mut bytes).unwrap();
    assert_eq!(bytes, b"{\"n\": 1}");
}

#[test]
fn attached_documents_are_found_where_the_host_lists_them() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    fake.state().page = 1;
    attaches(&repository, &subject);
    assert!(!fake.state().manifests.keys().any(|key| key.starts_with("sha256-")), "no tag is needed");
}

#[test]
fn attached_documents_are_found_where_the_host_does_not_know_their_kind() {
    let fake = Fake::new(Door::Open);
    fake.state().knows_artifacts = false;
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    attaches(&repository, &subject);
}

#[test]
fn an_endless_list_of_referrers_is_left() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    let path = format!("/v2/{NAME}/referrers/{}", subject.digest);
    let page = Reply::new(200)
        .header("Content-Type", OCI_INDEX)
        .header("Link", format!("<{path}>; rel=\"next\""))
        .body(r#"{"schemaVersion": 2, "manifests": []}"#);
    for _ in 0..100 {
        fake.server.next(&path, reply(page.clone()));
    }
    let error = repository.referrers(&subject.digest, None).unwrap_err();
    assert!(matches!(error, RegistryError::TooMany { n_max: 100, .. }), "{}", shown(&error));
}

#[test]
fn a_list_of_referrers_that_is_not_to_be_had_whole_is_no_list() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    let path = format!("/v2/{NAME}/referrers/{}", subject.digest);
    let page =
        Reply::new(200).header("Content-Type", OCI_INDEX).body(r#"{"schemaVersion": 2, "manifests": []}"#);
    let further = format!("{path}?n=2");
    fake.server.next(&further, Behaviour::Html).next(&further, Behaviour::Instead(typed("text/x", "")));
    for (link, reason) in [
        ("<https://elsewhere.example/x>; rel=\"next\"", "its next page is at another host"),
        ("<//elsewhere.example/x>; rel=next", "its next page is at another host"),
        ("<http://[>; rel=\"next\"", "its next page is at no URL"),
        ("<?n=2>; rel=\"next\"", "a further page is announced and not there"),
        ("<?n=2>; title=\"\u{e4}\"; rel=\"next\"", "a further page is announced and not there"),
        ("</v2/none>; rel=\"next\"", "a further page is announced and not there"),
    ] {
        let page = page.clone().header("Link", "<?n=0>; rel=\"prev\"").header("Link", link);
        fake.server.next(&path, reply(page));
        let error = repository.referrers(&subject.digest, None).unwrap_err();
        assert!(matches!(error, RegistryError::Incomplete { .. }), "{link}: {error:?}");
        assert!(shown(&error).ends_with(&format!("is incomplete: {reason}")), "{link}: {error}");
    }
}

#[test]
fn attached_documents_are_found_where_it_does_not() {
    let fake = Fake::new(Door::Open);
    fake.state().has_referrers = false;
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    attaches(&repository, &subject);
    let tag = format!("sha256-{}", subject.digest.hex());
    let (media_type, bytes) = fake.state().manifests[&tag].clone();
    assert_eq!(media_type, OCI_INDEX);
    let index: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 3);
    assert_eq!(index["manifests"][0]["annotations"]["made.by"], "a test");
}

#[test]
fn attaching_asks_for_a_token_that_allows_it() {
    let fake = Fake::new(Door::TokenFor("ann:hunter2"));
    let (mut options, _) = options();
    options.credentials.explicit =
        Some(Credential::Basic { username: "ann".to_owned(), secret: Secret::new("hunter2") });
    let repository = fake.repository(&Registry::new(options));
    let subject = subject(&fake, &repository);
    attaches(&repository, &subject);
    let tokens: Vec<_> =
        fake.server.requests().into_iter().filter(|request| request.path.starts_with("/token")).collect();
    assert_eq!(tokens.len(), 2, "one to read, one to write");
    assert!(tokens[1].path.contains("repository%3Ateam%2Fapp%3Apull%2Cpush"), "{}", tokens[1].path);
}

#[test]
fn a_host_with_a_page_for_people_in_place_of_the_api_has_none() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    let path = format!("/v2/{NAME}/referrers/{}", subject.digest);
    for behaviour in [
        Behaviour::Html,
        Behaviour::Status { code: 405, retry_after: None },
        Behaviour::Status { code: 400, retry_after: None },
        Behaviour::Instead(typed("application/json", "{}")),
    ] {
        fake.server.next(&path, behaviour);
        assert_eq!(repository.referrers(&subject.digest, None).unwrap(), []);
    }
    fake.server.next(&path, Behaviour::Instead(typed(OCI_INDEX, "{")));
    let error = repository.referrers(&subject.digest, None).unwrap_err();
    assert!(matches!(error, RegistryError::Malformed { .. }), "{}", shown(&error));
}

/// Whoever may push can attach any number of manifests without a kind, and any that cannot be read.
#[test]
fn what_cannot_be_looked_into_is_listed_where_all_kinds_are_asked_for() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    let path = format!("/v2/{NAME}/referrers/{}", subject.digest);
    let listed = |n: usize| {
        let all = (0..n)
            .map(|n| serde_json::json!({"mediaType": OCI_MANIFEST, "digest": format!("sha256:{n:064x}"), "size": 2}));
        let index = serde_json::json!({"schemaVersion": 2, "manifests": all.collect::<Vec<_>>()});
        reply(Reply::new(200).header("Content-Type", OCI_INDEX).body(index.to_string()))
    };
    fake.server.next(&path, listed(120));
    assert_eq!(repository.referrers(&subject.digest, None).unwrap().len(), 120);
    fake.server.next(&format!("{path}?artifactType=x%2Fy"), listed(120));
    let error = repository.referrers(&subject.digest, Some("x/y")).unwrap_err();
    assert!(matches!(error, RegistryError::TooMany { n_max: 100, .. }), "{}", shown(&error));

    // Its bytes are not those of its digest.
    let damaged = || reply(Reply::new(200).header("Content-Type", OCI_MANIFEST).body("{}"));
    let manifest = format!("/v2/{NAME}/manifests/sha256:{:064x}", 0);
    fake.server.next(&path, listed(1)).next(&manifest, damaged());
    assert_eq!(repository.referrers(&subject.digest, None).unwrap().len(), 1);
    fake.server.next(&format!("{path}?artifactType=x%2Fy"), listed(1)).next(&manifest, damaged());
    let error = repository.referrers(&subject.digest, Some("x/y")).unwrap_err();
    assert!(error.is_of_contents(), "{}", shown(&error));
}

#[test]
fn what_else_an_index_at_the_tag_says_is_kept() {
    let fake = Fake::new(Door::Open);
    fake.state().has_referrers = false;
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    let tag = format!("sha256-{}", subject.digest.hex());
    let index = format!(
        r#"{{"schemaVersion": 2, "manifests": [{{"mediaType": "x/y", "digest": "{}", "size": 1, "platform": {{"os": "plan9"}}}}], "x": 7}}"#,
        Digest::sha256(b"x")
    );
    fake.put_manifest(&tag, OCI_INDEX, index.as_bytes());
    repository.attach(&subject, &artifact(SBOM, b"{}")).unwrap();
    let document: Value = serde_json::from_slice(&fake.state().manifests[&tag].1).unwrap();
    assert_eq!((&document["x"], &document["manifests"][0]["platform"]["os"]), (&7.into(), &"plan9".into()));
    assert_eq!(document["manifests"].as_array().unwrap().len(), 2);

    fake.put_manifest(&tag, OCI_MANIFEST, b"{}");
    let error = repository.referrers(&subject.digest, None).unwrap_err();
    assert!(matches!(error, RegistryError::ManifestKind { .. }), "{}", shown(&error));
}

#[test]
fn a_blob_that_is_there_is_not_sent_and_a_failed_upload_is_made_again() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let uploads = format!("/v2/{NAME}/blobs/uploads/");
    let digest = fake.put_blob(b"there");
    assert_eq!(repository.push_blob(SBOM, b"there").unwrap().digest, digest);
    assert_eq!(fake.server.requests_for(&uploads).len(), 0);

    fake.server.next(&uploads, Behaviour::HangUp);
    fake.server.next(&uploads, Behaviour::Status { code: 503, retry_after: None });
    let pushed = repository.push_blob(SBOM, b"new").unwrap();
    assert_eq!(fake.state().blobs[pushed.digest.as_str()], b"new");

    let mismatch = repository.push_manifest(OCI_MANIFEST, b"{}", &Pointer::Digest(digest));
    assert!(matches!(mismatch.unwrap_err(), RegistryError::DigestMismatch { .. }));
}

#[test]
fn attestations_are_the_layers_at_the_tag_of_cosign() {
    let fake = Fake::new(Door::Open);
    let repository = fake.repository(&registry());
    let subject = subject(&fake, &repository);
    assert_eq!(repository.attestations(&subject.digest).unwrap(), []);
    let tag = format!("sha256-{}.att", subject.digest.hex());
    let layer = Digest::sha256(b"envelope");
    let manifest = format!(
        r#"{{"schemaVersion": 2, "mediaType": "{OCI_MANIFEST}", "layers": [{{"mediaType":
        "application/vnd.dsse.envelope.v1+json", "digest": "{layer}", "size": 8,
        "annotations": {{"predicateType": "https://openvex.dev/ns"}}}}]}}"#
    );
    fake.put_manifest(&tag, OCI_MANIFEST, manifest.as_bytes());
    let found = repository.attestations(&subject.digest).unwrap();
    assert_eq!(found.iter().map(|one| &one.digest).collect::<Vec<_>>(), [&layer]);
    assert_eq!(found[0].annotations["predicateType"], "https://openvex.dev/ns");

    fake.put_manifest(&tag, OCI_MANIFEST, b"{\"layers\": 7}");
    let error = repository.attestations(&subject.digest).unwrap_err();
    assert!(matches!(error, RegistryError::Malformed { kind: "manifest", .. }), "{}", shown(&error));
}
