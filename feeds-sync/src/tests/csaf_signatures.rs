//! Publishers of CSAF who sign their documents. The keys and signatures are GnuPG's, of invented publishers.

use std::fs;
use std::path::Path;

use fetch::origin::Origin;
use model::key::Namespace;
use serde_json::{Value, json};
use sha2::Digest as _;
use testkit::server::{Behaviour, Server};

use super::engine::Bench;
use crate::directory::hex;
use crate::report::SyncReport;

pub(super) const NAME: &str = "csaf:www.acme.example";
pub(super) const FINGERPRINT: &str = "10EBE9D2AF7FD737673D7B06A6164FD1E94D0D61";
const OF_ANOTHER: &str = "FE7132F12153AF90C1DD20BED8A0A879AC22EDBD";
pub(super) const KEY: &str = "npm|language|demo";
const NOTHING_NEW: &str = "nothing new of this publisher is read";
const UNVERIFIED: &str = "the signature of a document, as its publisher promises none or names no key";

pub(super) fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/openpgp").join(name)).unwrap()
}

pub(super) fn serve(server: &Server, path: &str, content: impl Into<Vec<u8>>) {
    server.serve(&format!("/www.acme.example/{path}"), content.into());
}

/// A document with its checksum.
pub(super) fn document(server: &Server, path: &str, name: &str) {
    let content = file(name);
    let sum = hex(sha2::Sha256::digest(&content).as_ref());
    serve(server, &format!("{path}.sha256"), sum);
    serve(server, path, content);
}

/// The metadata of a publisher of the role `role` with `keys`, who distributes a directory.
pub(super) fn metadata(server: &Server, role: &str, keys: &Value) {
    let metadata = json!({"canonical_url": "https://www.acme.example/x", "metadata_version": "2.0", "role": role,
        "public_openpgp_keys": keys, "distributions": [{"directory_url": "https://www.acme.example/csaf"}]});
    serve(server, ".well-known/csaf/provider-metadata.json", metadata.to_string());
}

pub(super) fn key(fingerprint: Option<&str>) -> Value {
    json!([{"fingerprint": fingerprint, "url": "https://www.acme.example/key.asc"}])
}

/// A publisher of two documents that he signed.
pub(super) fn publisher(bench: &mut Bench) -> Server {
    let server = bench.serve();
    metadata(&server, "csaf_trusted_provider", &key(Some(FINGERPRINT)));
    serve(&server, "key.asc", file("rsa.asc"));
    serve(&server, "csaf/index.txt", "2025/a.json\n2025/b.json\n");
    let changes = "\"2025/a.json\",\"2025-05-01T00:00:00Z\"\n\"2025/b.json\",\"2025-06-06T11:00:00Z\"\n";
    serve(&server, "csaf/changes.csv", changes);
    for name in ["a.json", "b.json"] {
        document(&server, &format!("csaf/2025/{name}"), name);
        serve(&server, &format!("csaf/2025/{name}.asc"), file(&format!("{name}.asc")));
    }
    server
}

fn gone(server: &Server, path: &str) {
    server.always(&format!("/www.acme.example/{path}"), Behaviour::Status { code: 404, retry_after: None });
}

pub(super) fn gaps(report: &SyncReport) -> String {
    report.gaps.iter().map(|gap| format!("{gap}\n")).collect()
}

fn n_unverified(report: &SyncReport) -> u64 {
    n_left_out(report, UNVERIFIED)
}

/// How often something was left out for a reason that starts with `reason`.
fn n_left_out(report: &SyncReport, reason: &str) -> u64 {
    let left_out = report.remarks.get(NAME).into_iter().flat_map(|remarks| &remarks.left_out);
    left_out.filter(|(why, _)| why.starts_with(reason)).map(|(_, count)| count).sum()
}

#[test]
fn what_its_publisher_signed_is_read_and_nothing_else() {
    let mut bench = Bench::new();
    let server = publisher(&mut bench);
    let report = bench.only(&[NAME]);
    assert_eq!((gaps(&report), n_unverified(&report)), (String::new(), 0));
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    let snapshot = bench.current().id().to_owned();
    bench.later(1);
    assert_eq!(gaps(&bench.only(&[NAME])), "");
    assert_eq!(bench.current().id(), snapshot);

    // Another document comes with the older one's signature: what is held stands. With its own it is read.
    document(&server, "csaf/2025/b.json", "b-newer.json");
    bench.later(1);
    let report = bench.only(&[NAME]);
    assert!(
        gaps(&report).contains("b.json` is refused: not signed by a key of the publisher"),
        "{}",
        gaps(&report)
    );
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    serve(&server, "csaf/2025/b.json.asc", file("b-newer.json.asc"));
    bench.later(1);
    assert_eq!(gaps(&bench.only(&[NAME])), "");
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-3"]);
    // A document that was signed comes back unchanged, and what is now beside it is another's signature.
    serve(&server, "csaf/2025/b.json.asc", "no signature");
    bench.later(1);
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("no OpenPGP signature"), "{}", gaps(&report));
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-3"]);
}

#[test]
fn a_signature_that_is_wrong_from_the_start_lets_nothing_in() {
    for (signature, why) in [
        (Some(file("b.json.of-another.asc")), "its signature is of"),
        (Some(file("a.json.asc")), "not signed by a key of the publisher"),
        (Some(b"-----BEGIN PGP SIGNATURE-----".to_vec()), "no OpenPGP signature"),
        (Some(b"<!DOCTYPE html><html></html>".to_vec()), "b.json` is refused: no OpenPGP signature"),
        (Some(vec![0xC3, 0xFF]), "b.json` is refused: no OpenPGP signature"),
        (None, "b.json.asc` does not exist"),
    ] {
        let mut bench = Bench::new();
        let server = publisher(&mut bench);
        match signature {
            Some(signature) => serve(&server, "csaf/2025/b.json.asc", signature),
            None => gone(&server, "csaf/2025/b.json.asc"),
        }
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains(why) && gaps(&report).contains("b.json"), "{why}: {}", gaps(&report));
        assert_eq!((bench.records(KEY), report.gaps.len()), (vec!["CVE-2025-1".to_owned()], 1), "{why}");
    }
}

#[test]
fn a_key_counts_by_the_fingerprint_that_the_metadata_name() {
    // Another key than is named; a file that is none; none at all: nothing is read, and a gap says why.
    for (fingerprint, content, why) in [
        (OF_ANOTHER, Some(file("rsa.asc")), "none has the fingerprint"),
        (FINGERPRINT, Some(b"no key".to_vec()), "no OpenPGP certificate"),
        (FINGERPRINT, None, "key.asc` does not exist"),
    ] {
        let mut bench = Bench::new();
        let server = publisher(&mut bench);
        metadata(&server, "csaf_trusted_provider", &key(Some(fingerprint)));
        match content {
            Some(content) => serve(&server, "key.asc", content),
            None => gone(&server, "key.asc"),
        }
        let report = bench.only(&[NAME]);
        let gaps = gaps(&report);
        assert!(gaps.contains(why) && gaps.contains(NOTHING_NEW), "{why}: {gaps}");
        assert!(
            bench.feeds().current().unwrap().is_none_or(|held| !held.holds(&Namespace::new("npm"))),
            "{why}"
        );
    }
    // Without a fingerprint the key at its place counts; of several keys one is enough.
    let mut bench = Bench::new();
    let server = publisher(&mut bench);
    metadata(&server, "csaf_trusted_provider", &key(None));
    assert_eq!(gaps(&bench.only(&[NAME])), "");
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    let both = json!([{"fingerprint": OF_ANOTHER, "url": "https://www.acme.example/other.asc"},
        {"fingerprint": FINGERPRINT, "url": "https://www.acme.example/key.asc"}]);
    metadata(&server, "csaf_trusted_provider", &both);
    serve(&server, "other.asc", file("ed.asc"));
    serve(&server, "csaf/2025/b.json.asc", file("b.json.of-another.asc"));
    bench.later(1);
    assert_eq!(gaps(&bench.only(&[NAME])), "");
}

#[test]
fn a_key_that_cannot_be_used_is_left_out_and_the_last_one_ends_the_publisher() {
    let mut bench = Bench::new();
    let server = publisher(&mut bench);
    let both = json!([{"url": "https://www.acme.example/other.asc"},
        {"fingerprint": FINGERPRINT, "url": "https://www.acme.example/key.asc"}]);
    metadata(&server, "csaf_trusted_provider", &both);
    let unusable =
        "a key of its publisher, as it cannot be used: `https://www.acme.example/other.asc` is no Open";
    for other in [&b"no key"[..], b"<html></html>", b"\xC3\x28"] {
        serve(&server, "other.asc", other);
        let mut bench = Bench::new();
        bench.origin = Origin::MirrorUrl(server.url(""));
        let report = bench.only(&[NAME]);
        assert_eq!(
            (gaps(&report), n_left_out(&report, unusable)),
            (String::new(), 1),
            "{:?}",
            report.remarks
        );
        assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    }
    // Of very many keys the first ones are looked at, and few are named.
    let bad =
        |n: u64| json!({"fingerprint": format!("{n:040}"), "url": "https://www.acme.example/other.asc"});
    let many: Vec<Value> =
        key(Some(FINGERPRINT)).as_array().unwrap().iter().cloned().chain((0..99).map(bad)).collect();
    metadata(&server, "csaf_trusted_provider", &json!(many));
    serve(&server, "other.asc", file("ed.asc"));
    let report = bench.only(&[NAME]);
    assert_eq!((gaps(&report), n_left_out(&report, "a key of its publisher")), (String::new(), 64));
    assert_eq!(report.remarks[NAME].left_out.len(), 6, "{:?}", report.remarks);

    // What comes instead of the other may be that it is revoked: the one that is held does not stand in for it.
    serve(&server, "key.asc", "no key");
    document(&server, "csaf/2025/b.json", "b-newer.json");
    serve(&server, "csaf/2025/b.json.asc", file("b-newer.json.asc"));
    for _ in 0..2 {
        bench.later(1);
        let gaps = gaps(&bench.only(&[NAME]));
        assert!(gaps.contains("asc` is no OpenPGP certificate") && gaps.contains(NOTHING_NEW), "{gaps}");
        assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    }
    serve(&server, "key.asc", file("rsa.asc"));
    bench.later(1);
    assert_eq!(gaps(&bench.only(&[NAME])), "");
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-3"]);
}

#[test]
fn what_was_read_before_there_were_keys_does_not_count_as_signed() {
    let mut bench = Bench::new();
    let server = publisher(&mut bench);
    metadata(&server, "csaf_trusted_provider", &json!([]));
    assert_eq!(n_unverified(&bench.only(&[NAME])), 2);
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);

    metadata(&server, "csaf_trusted_provider", &key(Some(FINGERPRINT)));
    gone(&server, "csaf/2025/a.json.asc");
    serve(&server, "csaf/2025/b.json.asc", file("b.json.of-another.asc"));
    bench.later(1);
    let report = bench.only(&[NAME]);
    for why in ["a.json.asc` does not exist", "b.json` is refused: not signed by a key of the publisher"] {
        assert!(gaps(&report).contains(why), "{why}: {}", gaps(&report));
    }
    document(&server, "csaf/2025/b.json", "b-newer.json");
    serve(&server, "csaf/2025/b.json.asc", file("b-newer.json.asc"));
    bench.later(1);
    let report = bench.only(&[NAME]);
    // What was read before, and never verified, is no longer read.
    assert_eq!(bench.records(KEY), ["CVE-2025-3"]);
    assert!(gaps(&report).contains("a.json.asc` does not exist"), "{}", gaps(&report));
    assert_eq!(n_unverified(&report), 0);
}

#[test]
fn without_keys_or_a_promise_the_report_says_that_nothing_is_verified() {
    let no_keys = json!([]);
    for (role, keys, n) in [
        ("csaf_trusted_provider", &no_keys, 2),
        ("csaf_provider", &key(Some(FINGERPRINT)), 2),
        ("csaf_trusted_provider", &key(Some(FINGERPRINT)), 0),
    ] {
        let mut bench = Bench::new();
        let server = publisher(&mut bench);
        metadata(&server, role, keys);
        let report = bench.only(&[NAME]);
        assert_eq!((gaps(&report), n_unverified(&report)), (String::new(), n), "{role} {keys}");
        assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
        let asked = server.requests().iter().any(|request| request.path.ends_with("json.asc"));
        assert_eq!(asked, n == 0);
    }
    // A feed that links a signature promises it, whatever the role.
    let mut bench = Bench::new();
    let server = publisher(&mut bench);
    let metadata = json!({"role": "csaf_provider", "public_openpgp_keys": key(Some(FINGERPRINT)), "distributions":
        [{"rolie": {"feeds": [{"url": "https://www.acme.example/rolie.json", "tlp_label": "CLEAR"}]}}]});
    serve(&server, ".well-known/csaf/provider-metadata.json", metadata.to_string());
    let entry = |name: &str, signature: &str| {
        let url = format!("https://www.acme.example/csaf/2025/{name}");
        json!({"content": {"src": url}, "updated": "2025-05-01T00:00:00Z",
            "link": [{"rel": "signature", "href": format!("https://www.acme.example/csaf/2025/{signature}")}]})
    };
    let entries = [entry("a.json", "a.json.asc"), entry("b.json", "a.json.asc")];
    serve(&server, "rolie.json", json!({"feed": {"entry": entries}}).to_string());
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("b.json` is refused"), "{}", gaps(&report));
    assert_eq!(bench.records(KEY), ["CVE-2025-1"]);
}
