//! Publishers of CSAF whose documents have URLs that would be in each other's way as files.

use serde_json::{Value, json};

use super::csaf_provider::{HOST, KEY, METADATA, NAME, NEW, document, feed, gaps, metadata};
use super::engine::{Bench, feeds_of, outcome};
use crate::report::SourceOutcome;
use crate::selection::Named;

fn rolie() -> Value {
    json!([{"rolie": {"feeds": [{"url": "https://www.acme.example/rolie.json", "tlp_label": "CLEAR"}]}}])
}

#[test]
fn a_document_that_is_the_directory_of_another_holds_up_no_feed() {
    let mut bench = Bench::new();
    bench.mirror.file(
        METADATA,
        metadata("csaf_provider", &json!([{"directory_url": "https://www.acme.example/csaf"}])),
    );
    bench.mirror.file(&format!("{HOST}/csaf/index.txt"), "2025/a.json\n2025/a.json/b.json\n2025/c.json\n");
    let server = bench.serve();
    for (path, id) in [("a.json", "CVE-2025-1"), ("a.json/b.json", "CVE-2025-2"), ("c.json", "CVE-2025-3")] {
        server.serve(&format!("/{HOST}/csaf/2025/{path}"), document(id, "CLEAR", NEW));
    }
    bench.named = Named { publishers: vec![NAME.to_owned()], ..Named::default() };
    for fixed in ["2.0-r0", "2.0-r1", "2.0-r2"] {
        // The others go on, and what they brought is kept.
        bench.mirror.secdb("3.20", "community", &format!("tool\n  {fixed} CVE-2025-10003\n"));
        let report = bench.namespaces(&["alpine:3.20", "npm"]);
        assert!(report.changed, "{report:#?}");
        assert_eq!(bench.records(KEY), ["CVE-2025-1", "CVE-2025-2", "CVE-2025-3"]);
        let kept: Vec<_> = report.gaps.iter().filter(|gap| gap.place == NAME).collect();
        assert_eq!(kept.len(), 1, "{}", gaps(&report));
        assert!(
            kept[0].detail.contains("a.json") && kept[0].detail.contains("cannot be kept"),
            "{}",
            kept[0]
        );
        let rest = bench.namespaces(&["alpine:3.20"]);
        let alpine: Vec<_> = feeds_of(&rest).filter(|source| source.provider == "alpine").collect();
        assert!(alpine.len() > 1);
        let mut outcomes = alpine.iter().map(|source| &source.outcome);
        assert!(outcomes.all(|outcome| *outcome == SourceOutcome::Unchanged), "{alpine:#?}");
    }
}

#[test]
fn a_document_that_is_called_as_a_download_on_its_way_is_kept_beside_the_other() {
    let mut bench = Bench::new();
    bench.mirror.file(METADATA, metadata("csaf_provider", &rolie()));
    let files = ["a.json", "a.json.new", "a.json.part", "a.json.new.part"];
    bench.mirror.file(&format!("{HOST}/rolie.json"), feed(&files.map(|file| (file, NEW, ""))));
    for (n, file) in files.iter().enumerate() {
        let text = document(&format!("CVE-2025-{n}"), "CLEAR", NEW);
        bench.mirror.file(&format!("{HOST}/docs/{file}"), text);
    }
    let report = bench.only(&[NAME]);
    assert_eq!(gaps(&report), "");
    assert_eq!(bench.records(KEY).len(), 4);
    bench.later(1);
    let report = bench.only(&[NAME]);
    for file in files {
        let url = format!("https://{HOST}/docs/{file}");
        assert_eq!(outcome(&report, &url), &SourceOutcome::Unchanged, "{file}");
    }
}

#[test]
fn a_url_that_no_file_can_be_called_by_is_a_gap_and_not_asked_for() {
    let mut bench = Bench::new();
    bench.mirror.file(METADATA, metadata("csaf_provider", &rolie()));
    bench.mirror.file(&format!("{HOST}/rolie.json"), feed(&[("a.json", NEW, ""), ("b/", NEW, "")]));
    bench.mirror.file(&format!("{HOST}/docs/a.json"), document("CVE-2025-1", "CLEAR", NEW));
    let server = bench.serve();
    let report = bench.only(&[NAME]);
    assert!(gaps(&report).contains("docs/b/` is refused: no file can be called so"), "{}", gaps(&report));
    assert!(server.requests().iter().all(|request| !request.path.ends_with("/docs/b/")));
    assert_eq!(bench.records(KEY), ["CVE-2025-1"]);
}
