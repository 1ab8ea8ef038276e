//! What Red Hat's repositories stand for: read, kept, and never lost to a bad download.

use serde_json::{Value, json};
use testkit::server::{Behaviour, Server};

use super::csaf::archive;
use super::engine::Bench;
use super::{provider, read_named};
use crate::report::SyncReport;

const TREE: &str = "/security.access.redhat.com/data/csaf/v2/vex";
const MAPPING: &str = "/security.access.redhat.com/data/metrics/repository-to-cpe.json";
const BASE_OS: &str = "rhel-9-for-x86_64-baseos-rpms";

/// The older tree with one document, and the repositories `data`.
fn serve(server: &Server, data: &Value) {
    let document = json!({"document": {"tracking": {"id": "CVE-2025-1", "current_release_date": "2025-05-30T10:00:00Z"}},
        "product_tree": {"full_product_names": [
            {"name": "p", "product_id": "p", "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"}},
            {"name": "demo", "product_id": "demo", "product_identification_helper": {"purl": "pkg:rpm/redhat/demo"}}],
            "relationships": [{"category": "default_component_of", "product_reference": "demo",
                "relates_to_product_reference": "p", "full_product_name": {"name": "x", "product_id": "p:x"}}]},
        "vulnerabilities": [{"cve": "CVE-2025-1", "product_status": {"known_affected": ["p:x"]}}]});
    let packed = archive(&[("2025/cve-2025-1.json".to_owned(), document.to_string())]);
    let name = "csaf_vex_2025-06-01.tar.zst";
    server.serve(&format!("{TREE}/{name}.sha256"), testkit::image::sha256(&packed));
    server.serve(&format!("{TREE}/{name}"), packed);
    server.serve(&format!("{TREE}/archive_latest.txt"), name);
    for list in ["changes.csv", "deletions.csv"] {
        server.serve(&format!("{TREE}/{list}"), "\"2024/cve-2024-1.json\",\"2025-05-30T10:00:00+00:00\"\n");
    }
    server.serve(MAPPING, json!({"data": data}).to_string());
}

/// So many repositories, and one that is real.
fn repositories(n_more: usize, cpe: &str) -> Value {
    let more = (0..n_more)
        .map(|n| (format!("demo-{n}"), json!({"cpes": [cpe], "repo_relative_urls": ["content/x"]})));
    let real =
        json!({"cpes": ["cpe:/o:redhat:enterprise_linux:9::baseos", "cpe:/a:redhat:rhel_eus:9.4::baseos"]});
    more.chain([(BASE_OS.to_owned(), real)]).collect()
}

fn held(bench: &Bench, name: &str) -> Vec<String> {
    let held = bench.current().repository_cpes(&[name.to_owned()].into()).unwrap();
    held.into_values().flatten().collect()
}

fn gaps(report: &SyncReport) -> String {
    report.gaps.iter().map(|gap| format!("{gap}\n")).collect()
}

#[test]
fn what_repositories_stand_for_is_held_beside_the_rows() {
    let mut bench = Bench::new();
    let server = bench.serve();
    serve(&server, &repositories(30, "cpe:/a:redhat:one:1"));
    let report = bench.only(&["redhat"]);
    assert_eq!(gaps(&report), "");
    let sorted = ["cpe:/a:redhat:rhel_eus:9.4::baseos", "cpe:/o:redhat:enterprise_linux:9::baseos"];
    assert_eq!(held(&bench, BASE_OS), sorted);
    assert_eq!(held(&bench, "demo-7"), ["cpe:/a:redhat:one:1"]);
    // A sync of another feed leaves it, and so does one of the same with nothing new.
    let before = bench.current().id().to_owned();
    bench.only(&["redhat"]);
    assert_eq!(bench.current().id(), before);
    bench.only(&["alpine:3.20"]);
    assert_eq!(held(&bench, "demo-7"), ["cpe:/a:redhat:one:1"]);

    // It is asked for once a day. What it lost a little of, and what it says anew, counts.
    serve(&server, &repositories(25, "cpe:/a:redhat:two:2"));
    bench.later(1);
    bench.only(&["redhat"]);
    assert_eq!(held(&bench, "demo-7"), ["cpe:/a:redhat:one:1"]);
    bench.later(24);
    assert_eq!(gaps(&bench.only(&["redhat"])), "");
    assert_eq!(held(&bench, "demo-7"), ["cpe:/a:redhat:two:2"]);
    assert!(held(&bench, "demo-28").is_empty());

    // One that loses most, is cut, is another file or is not there leaves what is held, and the rows.
    let bad: [(Behaviour, String); 4] = [
        (Behaviour::Well, json!({"data": repositories(2, "cpe:/a:redhat:three:3")}).to_string()),
        (Behaviour::Cut { after: 20 }, json!({"data": repositories(25, "cpe:/a:redhat:four:4")}).to_string()),
        (Behaviour::Well, "<html>gone</html>".to_owned()),
        (Behaviour::Status { code: 404, retry_after: None }, String::new()),
    ];
    for (behaviour, body) in bad {
        server.serve(MAPPING, body.clone());
        server.always(MAPPING, behaviour);
        bench.later(25);
        let told = gaps(&bench.only(&["redhat"]));
        assert!(told.contains("repository-to-cpe.json"), "{body:.60}: {told}");
        assert_eq!(held(&bench, "demo-7"), ["cpe:/a:redhat:two:2"], "{body:.60}");
        assert_eq!(bench.records("redhat:9|source|demo"), ["CVE-2025-1"]);
    }
}

#[test]
fn what_is_no_name_of_a_product_is_counted() {
    let limits = model::limits::Limits::default();
    let read = |text: &str| {
        read_named(provider("redhat"), "redhat", &[("repository-to-cpe.json", text.as_bytes())], &limits)
    };
    let data = json!({"data": {"good": {"cpes": ["cpe:/a:x:y:1", "nothing"]}, "": {"cpes": ["cpe:/a:x:y:1"]},
        "none": {"cpes": null}, "bare": {}}});
    let (_, remarks) = read(&data.to_string()).unwrap();
    assert_eq!(remarks.left_out["a repository's CPE name that is none"], 1);
    assert_eq!(remarks.left_out["a repository without name or CPE name"], 3);
    // A file that is cut anywhere is none.
    let whole = data.to_string();
    for prefix in testkit::mutate::prefixes(whole.as_bytes()).filter(|prefix| prefix.len() < whole.len()) {
        assert!(read(&String::from_utf8_lossy(prefix)).is_err(), "{} bytes", prefix.len());
    }
    for text in ["{}", r#"{"data": {}}"#, r#"{"data": {"a": {"cpes": []}}}"#, r#"{"data": []}"#, "[]"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_lost_with_a_damaged_shard_is_read_again() {
    let mut bench = Bench::new();
    let server = bench.serve();
    serve(&server, &repositories(30, "cpe:/a:redhat:one:1"));
    bench.only(&["redhat"]);
    let before = held(&bench, BASE_OS);
    assert!(!before.is_empty());
    for shard in std::fs::read_dir(bench.feeds().path().join("shards")).unwrap() {
        let path = shard.unwrap().path();
        if path.to_string_lossy().ends_with(".facts.sqlite") {
            std::fs::remove_file(path).unwrap();
        }
    }
    bench.later(2);
    assert_eq!(gaps(&bench.only(&["redhat"])), "");
    assert_eq!(held(&bench, BASE_OS), before);
}
