//! Documents that two publishers of CSAF name: each is read only as its own metadata let it be.

use serde_json::json;
use testkit::server::Server;

use super::csaf_signatures::{FINGERPRINT, KEY, NAME, document, file, gaps, metadata, publisher, serve};
use super::engine::Bench;

/// Who names the documents of the other one: before or after him in the order of names.
const OTHERS: [&str; 2] = ["a.example", "z.example"];

/// The records that `provider` has of the package.
fn records(bench: &Bench, provider: &str) -> Vec<String> {
    let rows = bench.rows(KEY).rows.into_values().flatten();
    rows.filter(|row| row.provider == provider).map(|row| row.record.into()).collect()
}

/// Another publisher, who promises checksums, names no key, and has the directory of the first.
fn other(server: &Server, domain: &str) {
    let metadata = json!({"canonical_url": "https://x.example", "metadata_version": "2.0", "role": "csaf_trusted_provider",
        "distributions": [{"directory_url": "https://www.acme.example/csaf"}]});
    server.serve(&format!("/{domain}/.well-known/csaf/provider-metadata.json"), metadata.to_string());
}

#[test]
fn what_one_publisher_lets_in_is_not_signed_for_the_other() {
    for domain in OTHERS {
        let mut bench = Bench::new();
        let server = publisher(&mut bench);
        other(&server, domain);
        let name = format!("csaf:{domain}");
        let both = [NAME, &name];
        // Another document with a checksum of its own, and the signature of the older one.
        document(&server, "csaf/2025/b.json", "b-newer.json");
        for _ in 0..3 {
            let report = bench.only(&both);
            assert!(gaps(&report).contains("b.json` is refused: not signed by a key"), "{}", gaps(&report));
            assert!(gaps(&report).contains("nothing of it is held"), "{}", gaps(&report));
            assert_eq!(records(&bench, NAME), ["CVE-2025-1"], "{domain}");
            assert_eq!(records(&bench, &name), ["CVE-2025-1", "CVE-2025-3"], "{domain}");
            bench.later(1);
        }
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains("b.json` is refused"), "{}", gaps(&report));
        // With its own signature it is read.
        serve(&server, "csaf/2025/b.json.asc", file("b-newer.json.asc"));
        bench.later(1);
        assert_eq!(gaps(&bench.only(&both)), "");
        assert_eq!(records(&bench, NAME), ["CVE-2025-1", "CVE-2025-3"]);
        bench.later(1);
        assert_eq!(gaps(&bench.only(&both)), "");
    }
}

#[test]
fn what_another_publisher_brought_meanwhile_is_not_what_was_accepted() {
    for domain in OTHERS {
        let mut bench = Bench::new();
        let server = publisher(&mut bench);
        other(&server, domain);
        let name = format!("csaf:{domain}");
        assert_eq!(gaps(&bench.only(&[NAME, &name])), "");
        assert_eq!(records(&bench, NAME), ["CVE-2025-1", "CVE-2025-2"]);
        document(&server, "csaf/2025/b.json", "b-newer.json");
        bench.later(1);
        assert_eq!(gaps(&bench.only(&[&name])), "");
        assert_eq!(records(&bench, &name), ["CVE-2025-1", "CVE-2025-3"]);
        bench.later(1);
        // Something of his own is new, so that his documents are read again.
        metadata(
            &server,
            "csaf_trusted_provider",
            &json!([{"fingerprint": FINGERPRINT, "x": 1,
            "url": "https://www.acme.example/key.asc"}]),
        );
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains("b.json` is refused: not signed by a key"), "{}", gaps(&report));
        assert_eq!(records(&bench, NAME), ["CVE-2025-1"]);
        assert_eq!(records(&bench, &name), ["CVE-2025-1", "CVE-2025-3"]);
    }
}

#[test]
fn what_one_publisher_refuses_the_other_reads() {
    for domain in OTHERS {
        let mut bench = Bench::new();
        let server = publisher(&mut bench);
        let metadata = json!({"role": "csaf_trusted_provider", "distributions": [{"rolie": {"feeds": [
            {"url": format!("https://{domain}/rolie.json"), "tlp_label": "CLEAR"}]}}]});
        server.serve(&format!("/{domain}/.well-known/csaf/provider-metadata.json"), metadata.to_string());
        let sum = format!("https://{domain}/b.json.sha256");
        let entry = json!({"content": {"src": "https://www.acme.example/csaf/2025/b.json"},
            "updated": "2025-06-06T11:00:00Z", "link": [{"rel": "hash", "href": sum}]});
        server.serve(&format!("/{domain}/rolie.json"), json!({"feed": {"entry": [entry]}}).to_string());
        server.serve(&format!("/{domain}/b.json.sha256"), "0".repeat(64));
        let name = format!("csaf:{domain}");
        for _ in 0..2 {
            let report = bench.only(&[NAME, &name]);
            assert!(gaps(&report).contains("b.json` has the SHA-256"), "{}", gaps(&report));
            assert_eq!(records(&bench, NAME), ["CVE-2025-1", "CVE-2025-2"]);
            assert_eq!(records(&bench, &name), [""; 0]);
            bench.later(1);
        }
    }
}
