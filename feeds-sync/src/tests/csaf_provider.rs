//! Publishers of CSAF by their domain, from a server that behaves as their hosts do.

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use testkit::server::{Behaviour, Server};

use super::engine::Bench;
use crate::directory::hex;
use crate::engine::{NoProgress, SyncOptions, sync};
use crate::report::SyncReport;
use crate::schedule::MaxAge;
use crate::selection::{Named, Selection};

pub(super) const NAME: &str = "csaf:www.acme.example";
pub(super) const HOST: &str = "www.acme.example";
pub(super) const METADATA: &str = "www.acme.example/.well-known/csaf/provider-metadata.json";
pub(super) const KEY: &str = "npm|language|demo";

/// A document about one affected version of a package.
pub(super) fn document(id: &str, label: &str, modified: &str) -> String {
    json!({"document": {"distribution": {"tlp": {"label": label}},
            "tracking": {"id": id, "status": "final", "version": "1", "current_release_date": modified}},
        "product_tree": {"full_product_names": [
            {"name": "p", "product_id": "p", "product_identification_helper": {"purl": "pkg:npm/demo@1.0.0"}}]},
        "vulnerabilities": [{"cve": id, "product_status": {"known_affected": ["p"]}}]})
    .to_string()
}

const OLD: &str = "2025-05-01T00:00:00Z";
pub(super) const NEW: &str = "2025-06-06T11:00:00Z";

pub(super) fn metadata(role: &str, distributions: &Value) -> String {
    json!({"canonical_url": format!("https://{METADATA}"), "metadata_version": "2.0", "role": role,
        "publisher": {"name": "Acme", "category": "vendor", "namespace": "https://www.acme.example"},
        "distributions": distributions})
    .to_string()
}

fn directory() -> Value {
    json!([{"directory_url": "https://www.acme.example/csaf"}])
}

fn rolie(label: &str) -> Value {
    json!([{"rolie": {"feeds": [{"url": "https://www.acme.example/rolie.json", "tlp_label": label}]}}])
}

/// A ROLIE feed of documents, by file and time, with the kind of checksum that each has.
pub(super) fn feed(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(file, updated, checksum): &(&str, &str, &str)| {
        let url = format!("https://www.acme.example/docs/{file}");
        let mut link = vec![
            json!({"rel": "self", "href": url}),
            json!({"rel": "signature", "href": format!("{url}.asc")}),
        ];
        if !checksum.is_empty() {
            link.push(json!({"rel": "hash", "href": format!("{url}.{checksum}")}));
        }
        json!({"id": file, "link": link, "updated": updated, "content": {"type": "application/json", "src": url}})
    };
    json!({"feed": {"id": "acme", "updated": NEW, "entry": entries.iter().map(entry).collect::<Vec<_>>()}})
        .to_string()
}

impl Bench {
    fn acme(&self, path: &str, content: &str) {
        self.mirror.file(&format!("{HOST}/{path}"), content);
    }

    /// A document with both checksums beside it.
    fn acme_document(&self, path: &str, content: &str) {
        self.acme(path, content);
        let sum = |digest: &[u8]| format!("{}  {path}\n", hex(digest).to_uppercase());
        self.acme(&format!("{path}.sha256"), &sum(&Sha256::digest(content)));
        self.acme(&format!("{path}.sha512"), &sum(&Sha512::digest(content)));
    }
}

fn asked(server: &Server, n_seen: &mut usize) -> Vec<String> {
    let requests = server.requests();
    let paths = requests[*n_seen..].iter().map(|request| request.path.trim_start_matches('/').to_owned());
    let paths = paths.map(|path| path.strip_prefix("www.acme.example/").map_or(path.clone(), str::to_owned));
    let mut paths: Vec<String> = paths.collect();
    paths.sort();
    *n_seen = requests.len();
    paths
}

pub(super) fn gaps(report: &SyncReport) -> String {
    report.gaps.iter().map(|gap| format!("{gap}\n")).collect()
}

#[test]
fn a_trusted_provider_with_a_rolie_feed_is_followed_to_its_documents() {
    let mut bench = Bench::new();
    let distributions = json!([
        {"directory_url": "https://www.acme.example/csaf"},
        {"rolie": {"feeds": [
            {"url": "https://www.acme.example/secret.json", "tlp_label": "AMBER"},
            {"url": "https://www.acme.example/rolie.json", "tlp_label": "CLEAR"}]}}]);
    bench.acme(".well-known/csaf/provider-metadata.json", &metadata("csaf_trusted_provider", &distributions));
    bench.acme(
        "rolie.json",
        &feed(&[("a.json", OLD, "sha256"), ("b.json", NEW, "sha512"), ("c.json", OLD, "")]),
    );
    for (file, id) in [("a", "CVE-2025-1"), ("b", "CVE-2025-2"), ("c", "CVE-2025-3")] {
        bench.acme_document(&format!("docs/{file}.json"), &document(id, "CLEAR", OLD));
    }
    let server = bench.serve();
    let mut n_seen = 0;
    let report = bench.only(&[NAME]);
    assert_eq!(gaps(&report), "");
    // What is not for everybody is not asked for, nor the directory beside the feed.
    assert_eq!(
        asked(&server, &mut n_seen),
        [
            ".well-known/csaf/provider-metadata.json",
            "docs/a.json",
            "docs/a.json.sha256",
            "docs/b.json",
            "docs/b.json.sha512",
            "docs/c.json",
            "rolie.json",
        ]
    );
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2", "CVE-2025-3"]);
    let entry = bench.current().namespaces().into_iter().find(|entry| entry.name.as_str() == "npm").unwrap();
    assert_eq!(entry.providers[0].name, NAME);

    // An hour later only what changed lately is asked for again, and conditionally.
    bench.later(1);
    let same = bench.only(&[NAME]);
    assert_eq!((same.snapshot, same.changed), (report.snapshot, false));
    assert_eq!(
        asked(&server, &mut n_seen),
        [".well-known/csaf/provider-metadata.json", "docs/b.json", "docs/b.json.sha512", "rolie.json"]
    );
    // What was answered lately is not asked again, and nothing is written for it.
    bench.max_age = MaxAge::Of(jiff::SignedDuration::from_hours(6));
    fs::remove_file(bench.feeds().path().join("downloads/lock")).unwrap();
    assert!(!bench.only(&[NAME]).changed);
    assert_eq!(asked(&server, &mut n_seen), [""; 0]);
    assert!(!bench.feeds().path().join("downloads/lock").exists());
    bench.max_age = MaxAge::ZERO;
    // A document whose checksum does not fit, or is lost, is not read: what is held of it stands.
    bench.later(1);
    bench.acme("docs/b.json", &document("CVE-2025-9", "CLEAR", NEW));
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("another SHA-512"), "{}", gaps(&report));
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2", "CVE-2025-3"]);
    bench.acme("rolie.json", &feed(&[("a.json", NEW, "sha256"), ("b.json", NEW, "sha512")]));
    bench.acme("docs/a.json", &document("CVE-2025-9", "CLEAR", NEW));
    bench.later(1);
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("a.json` has the SHA-256"), "{}", gaps(&report));
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    bench.acme_document("docs/a.json", &document("CVE-2025-9", "CLEAR", NEW));
    fs::remove_file(bench.mirror.dir().join(HOST).join("docs/b.json.sha512")).unwrap();
    bench.later(1);
    bench.only(&[NAME]);
    assert_eq!(bench.records(KEY), ["CVE-2025-2", "CVE-2025-9"]);
    // All in order again.
    bench.acme_document("docs/b.json", &document("CVE-2025-8", "CLEAR", NEW));
    bench.later(1);
    assert_eq!(gaps(&bench.only(&[NAME])), "");
    assert_eq!(bench.records(KEY), ["CVE-2025-8", "CVE-2025-9"]);
}

#[test]
fn a_checksum_that_is_wrong_from_the_start_lets_nothing_in() {
    let mut bench = Bench::new();
    bench.acme(".well-known/csaf/provider-metadata.json", &metadata("csaf_trusted_provider", &directory()));
    bench.acme("csaf/index.txt", "2025/a.json\n2025/b.json\n2025/c.json\n");
    for (file, id) in [("a", "CVE-2025-1"), ("b", "CVE-2025-2"), ("c", "CVE-2025-3")] {
        bench.acme_document(&format!("csaf/2025/{file}.json"), &document(id, "WHITE", OLD));
    }
    bench.acme("csaf/2025/a.json.sha256", &"0".repeat(64));
    bench.acme("csaf/2025/b.json.sha256", "<html>");
    let server = bench.serve();
    let report = bench.only(&[NAME]);
    assert_eq!(bench.records(KEY), ["CVE-2025-2", "CVE-2025-3"], "that of SHA-512 fits; {}", gaps(&report));
    assert!(gaps(&report).contains("a.json` has the SHA-256"), "{}", gaps(&report));
    // Of two checksums one is enough, and without either nothing is read.
    drop(server);
    for kind in ["sha256", "sha512"] {
        fs::remove_file(bench.mirror.dir().join(HOST).join(format!("csaf/2025/c.json.{kind}"))).unwrap();
    }
    let mut fresh = Bench::new();
    fresh.mirror = bench.mirror.clone();
    let _server = fresh.serve();
    let report = fresh.only(&[NAME]);
    assert_eq!(fresh.records(KEY), ["CVE-2025-2"]);
    assert!(gaps(&report).contains("c.json.sha512` does not exist"), "{}", gaps(&report));
    assert!(!gaps(&report).contains("c.json.sha256` does not exist"), "{}", gaps(&report));
}

#[test]
fn a_directory_is_read_with_and_without_its_list_of_changes() {
    for is_quoted in [true, false] {
        let mut bench = Bench::new();
        let distributions = match is_quoted {
            true => directory(),
            false => json!([{"directory": {"url": "https://www.acme.example/csaf/", "tlp_label": "CLEAR"}},
                {"directory": {"url": "https://www.acme.example/red/", "tlp_label": "RED"}}]),
        };
        bench.acme(".well-known/csaf/provider-metadata.json", &metadata("csaf_provider", &distributions));
        let quote = if is_quoted { "\"" } else { "" };
        bench.acme("csaf/index.txt", "2025/a.json\n2025/b.json\n2024/lost.json\n");
        let line = |path: &str, time: &str| format!("{quote}{path}{quote},{quote}{time}{quote}\n");
        bench.acme("csaf/changes.csv", &(line("2025/b.json", NEW) + &line("2025/a.json", OLD)));
        bench.acme("csaf/2025/a.json", &document("CVE-2025-1", "WHITE", OLD));
        bench.acme("csaf/2025/b.json", &document("CVE-2025-2", "CLEAR", NEW));
        let server = bench.serve();
        let mut n_seen = 0;
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains("lost.json` does not exist"), "{}", gaps(&report));
        assert_eq!(report.gaps.len(), 1);
        assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
        asked(&server, &mut n_seen);
        bench.later(1);
        bench.only(&[NAME]);
        let again = asked(&server, &mut n_seen);
        assert!(!again.contains(&"csaf/2025/a.json".to_owned()), "{again:?}");
        assert!(
            again.contains(&"csaf/2024/lost.json".to_owned())
                && again.contains(&"csaf/2025/b.json".to_owned())
        );
        // The list is cut: what is held of it stands. A document is cut: likewise.
        server.always("/www.acme.example/csaf/index.txt", Behaviour::Cut { after: 5 });
        server.always("/www.acme.example/csaf/2025/b.json", Behaviour::Cut { after: 5 });
        bench.acme("csaf/index.txt", "2025/a.json\n2025/b.json\n2024/lost.json\n2025/c.json\n");
        bench.acme("csaf/2025/b.json", &document("CVE-2025-8", "CLEAR", NEW));
        bench.later(1);
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains("index.txt") && gaps(&report).contains("b.json"), "{}", gaps(&report));
        assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
        // What is damaged and comes whole is refused, and leaves what is held.
        server.always("/www.acme.example/csaf/index.txt", Behaviour::Well);
        server.always("/www.acme.example/csaf/2025/b.json", Behaviour::Well);
        bench.acme("csaf/2025/b.json", "{\"document\": 1}");
        bench.acme("csaf/index.txt", "2025/b.json\n");
        bench.later(1);
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains("b.json` is not the JSON"), "{}", gaps(&report));
        assert_eq!(bench.records(KEY), ["CVE-2025-2"], "a document that is no longer listed is gone");
    }
}

#[test]
fn the_list_of_changes_stands_in_for_a_lost_index() {
    let mut bench = Bench::new();
    bench.acme(".well-known/csaf/provider-metadata.json", &metadata("csaf_provider", &directory()));
    bench.acme("csaf/changes.csv", &format!("\"2025/a.json\",\"{OLD}\"\n"));
    bench.acme("csaf/2025/a.json", &document("CVE-2025-1", "WHITE", OLD));
    let _server = bench.serve();
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("index.txt` does not exist"), "{}", gaps(&report));
    assert_eq!(bench.records(KEY), ["CVE-2025-1"]);
}

#[test]
fn the_metadata_is_looked_for_in_the_order_of_the_standard() {
    let elsewhere = "psirt.acme.example/provider-metadata.json";
    let fill = |bench: &Bench, place: &str| {
        bench.mirror.file(place, metadata("csaf_provider", &rolie("WHITE")));
        bench.acme("rolie.json", &feed(&[("a.json", OLD, "")]));
        bench.acme("docs/a.json", &document("CVE-2025-1", "WHITE", OLD));
    };
    for way in ["well-known", "security.txt", "older security.txt", "host"] {
        let mut bench = Bench::new();
        let text = format!("Contact: mailto:psirt@acme.example\ncsaf: https://{elsewhere}\n");
        match way {
            "well-known" => {
                fill(&bench, METADATA);
                bench.acme(".well-known/security.txt", "CSAF: https://wrong.example/x.json\n");
            }
            "security.txt" => {
                fill(&bench, elsewhere);
                bench.acme(".well-known/security.txt", &text);
            }
            "older security.txt" => {
                fill(&bench, elsewhere);
                bench.acme("security.txt", &text);
            }
            _ => {
                fill(&bench, "csaf.data.security.www.acme.example/index.html?");
                bench.acme("security.txt", "Contact: mailto:psirt@acme.example\n");
            }
        }
        let report = bench.only(&[NAME]);
        assert_eq!(
            (gaps(&report), bench.records(KEY)),
            (String::new(), vec!["CVE-2025-1".to_owned()]),
            "{way}"
        );
        bench.later(1);
        let again = bench.only(&[NAME]);
        assert_eq!((gaps(&again), again.changed), (String::new(), false), "{way}");
        let server = bench.serve();
        bench.only(&[NAME]);
        let is_wrong =
            |path: &str| path.contains("wrong") || way == "well-known" && path.contains("security.txt");
        assert!(!server.requests().iter().any(|request| is_wrong(&request.path)), "{way}");
    }
    let bench = Bench::new();
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("provider-metadata.json` does not exist"), "{}", gaps(&report));
    assert_eq!(report.unanswered, [NAME]);
}

#[test]
fn a_list_of_providers_leads_to_all_of_them() {
    let mut bench = Bench::new();
    let listed = |host: &str| json!({"metadata": {"url": format!("https://{host}/pmd.json"), "role": "csaf_provider"}});
    let list = json!({"aggregator": {"category": "lister"}, "csaf_providers": [listed("one.example"), listed("gone.example")],
        "csaf_publishers": [{"metadata": {"url": "https://unasked.example/pmd.json"}, "mirrors": ["https://two.example/pmd.json"]}]});
    bench.mirror.file("list.example/aggregator.json", list.to_string());
    for (host, id) in [("one.example", "CVE-2025-1"), ("two.example", "CVE-2025-2")] {
        let url = format!("https://{host}/csaf/");
        let distributions = json!([{"directory_url": url}]);
        bench.mirror.file(&format!("{host}/pmd.json"), metadata("csaf_provider", &distributions));
        bench.mirror.file(&format!("{host}/csaf/index.txt"), "2025/a.json\n");
        bench.mirror.file(&format!("{host}/csaf/2025/a.json"), document(id, "WHITE", OLD));
    }
    let server = bench.serve();
    let report = bench.only(&["csaf:https://list.example/aggregator.json"]);
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2"]);
    assert_eq!(report.gaps.len(), 1, "{}", gaps(&report));
    assert!(gaps(&report).contains("gone.example"), "{}", gaps(&report));
    assert!(!server.requests().iter().any(|request| request.path.contains("unasked")));
}

#[test]
fn two_publishers_in_one_namespace_stand_side_by_side() {
    let mut bench = Bench::new();
    for host in ["one.example", "two.example"] {
        let distributions = json!([{"directory_url": format!("https://{host}/csaf/")}]);
        bench.mirror.file(
            &format!("{host}/.well-known/csaf/provider-metadata.json"),
            metadata("csaf_provider", &distributions),
        );
        bench.mirror.file(&format!("{host}/csaf/index.txt"), "2025/a.json\n");
        bench.mirror.file(&format!("{host}/csaf/2025/a.json"), document("CVE-2025-1", "WHITE", OLD));
    }
    bench.named =
        Named { publishers: vec!["csaf:one.example".into(), "csaf:two.example".into()], ..Named::default() };
    assert_eq!(gaps(&bench.only(&[])), "");
    assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-1"]);
    let entry = bench.current().namespaces().into_iter().find(|entry| entry.name.as_str() == "npm").unwrap();
    let names: Vec<&str> = entry.providers.iter().map(|stamp| stamp.name.as_str()).collect();
    assert_eq!(names, ["csaf:one.example", "csaf:two.example"]);
}

#[test]
fn what_leads_nowhere_is_said() {
    for (text, word) in [
        (metadata("csaf_provider", &rolie("GREEN")), "no documents of CSAF that are for everybody"),
        (metadata("csaf_publisher", &json!([])), "no documents of CSAF that are for everybody"),
        ("{".to_owned(), "is not the JSON"),
        ("<html></html>".to_owned(), "an HTML"),
        (
            json!({"feed": {"entry": [{"content": {"src": "file:///etc"}}]}}).to_string(),
            "leads to `file:///etc`",
        ),
        (
            metadata("csaf_provider", &json!([{"directory_url": "http://www.acme.example/csaf"}])),
            "leads to `http://",
        ),
    ] {
        let bench = Bench::new();
        bench.acme(".well-known/csaf/provider-metadata.json", &text);
        let report = bench.only(&[NAME]);
        assert!(gaps(&report).contains(word), "{}", gaps(&report));
        assert!(report.snapshot.is_none() && report.unanswered == [NAME]);
    }
}

#[test]
fn a_name_that_is_no_place_is_refused() {
    let bench = Bench::new();
    for (name, word) in [
        ("csaf:localhost", "neither a domain nor a URL"),
        ("csaf:../etc", "neither a domain nor a URL"),
        ("csaf:http://www.acme.example/pmd.json", "over TLS only"),
        ("csaf:https://www.acme.example/", "none of a document of JSON"),
        ("csaf:https://me:secret@www.acme.example/pmd.json", "a password"),
    ] {
        let names = [name.to_owned()];
        let options = SyncOptions { ..bench.options(Selection::Only(&names)) };
        let error = sync(&bench.feeds(), &bench.fetcher(), &options, &NoProgress).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn broken_documents_are_each_named_and_hold_nothing_up() {
    let bench = Bench::new();
    bench.acme(".well-known/csaf/provider-metadata.json", &metadata("csaf_provider", &directory()));
    let names: Vec<String> = (0..40).map(|number| format!("2025/{number:02}.json")).collect();
    bench.acme("csaf/index.txt", &names.join("\n"));
    for (number, name) in names.iter().enumerate() {
        let text = document(&format!("CVE-2025-{number:04}"), "WHITE", OLD);
        let broken = number % 2 == 0;
        bench.acme(&format!("csaf/{name}"), if broken { &text[..50] } else { &text });
    }
    let report = bench.only(&[NAME]);
    assert_eq!((report.gaps.len(), bench.records(KEY).len()), (20, 20), "{}", gaps(&report));
}
