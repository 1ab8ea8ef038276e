//! `explain`: of any id and package, why a finding is there or is not; from the SBOM, or from the report alone.

use std::fs;

use serde_json::Value;

use crate::harness::{AS_OF, Place, read_json, root};

/// The SBOM and the report of the example, and its feeds, as `examples/README.md` makes them.
fn example() -> Place {
    let place = Place::new();
    let (image, mirror) = (root().join("examples/image"), root().join("examples/mirror"));
    place
        .run(["sbom", image.to_str().unwrap(), "-o", "cyclonedx-json=image.cdx.json", "--no-cache"])
        .expect_code(0);
    place
        .run([
            "match",
            "image.cdx.json",
            "--mirror",
            mirror.to_str().unwrap(),
            "-o",
            "json=report.json",
            "--as-of",
            AS_OF,
        ])
        .expect_code(0);
    place
}

/// The first line that is printed, which is the answer.
#[track_caller]
fn answer(place: &Place, words: &[&str]) -> String {
    let ran = place.run([&["explain"], words].concat());
    ran.expect_code(0);
    ran.stdout.lines().next().unwrap().to_owned()
}

#[test]
fn the_answer_comes_first_whatever_it_is() {
    let place = example();
    for (id, package, expected) in [
        ("CVE-2024-4741", "libssl3", "CVE-2024-4741 affects libssl3 3.3.0-r2; fixed in 3.3.0-r3"),
        (
            "GHSA-34jh-p97f-mpxf",
            "pkg:pypi/urllib3",
            "GHSA-34jh-p97f-mpxf (CVE-2024-37891) is suppressed in urllib3 1.26.18: a stronger source says that it holds the fix (CVE-2024-37891)",
        ),
        (
            "CVE-2024-37891",
            "py3-urllib3",
            "CVE-2024-37891 does not affect py3-urllib3 1.26.18-r1: it holds the fix",
        ),
        (
            "cve-2024-22195",
            "jinja2",
            "cve-2024-22195 in Jinja2 3.1.2-harbour-fork is undetermined: the installed version cannot be read",
        ),
        (
            "CVE-2020-1",
            "musl",
            "no record of the feeds held speaks of CVE-2020-1 under the keys of musl 1.2.5-r0",
        ),
        ("CVE-2020-1", "pkg:golang/stdlib", "stdlib 1.22.4 was not judged: no feed answers for it (golang)"),
        ("CVE-2024-4741", "openssl", "CVE-2024-4741 in 2 packages: 2 affected"),
    ] {
        for document in ["image.cdx.json", "report.json"] {
            assert_eq!(answer(&place, &[id, document, "--package", package]), expected, "{document}");
        }
    }
    assert_eq!(
        answer(&place, &["CVE-2024-4741", "image.cdx.json"]),
        "CVE-2024-4741 in 2 packages: 2 affected"
    );
}

#[test]
fn what_is_explained_is_what_the_report_says_of_every_finding() {
    let place = example();
    let report = read_json(&place.path("report.json"));
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 15);
    for (index, finding) in findings.iter().enumerate() {
        let (id, purl) = (finding["id"].as_str().unwrap(), finding["package"]["purl"].as_str().unwrap());
        let document = if index % 2 == 0 { "image.cdx.json" } else { "report.json" };
        let explained = place.json(["explain", id, document, "--package", purl, "-o", "json"]);
        let [explained] = &explained["explanations"].as_array().unwrap()[..] else {
            panic!("{explained}");
        };
        assert_eq!(explained["answer"], finding["verdict"], "{id} in {purl}");
        assert_eq!(explained["reason"], finding["verdict_reason"]);
        assert_eq!(explained["suppressed"], finding["suppressed"]);
        assert!(explained["reported"].is_null());
        let records: Vec<&Value> =
            finding["evidence"].as_array().unwrap().iter().map(|it| &it["record"]).collect();
        let weighed = explained["rows"].as_array().unwrap().iter();
        let weighed: Vec<&Value> = weighed.filter(|row| row["standing"] != "kept-away").collect();
        assert!(!weighed.is_empty());
        assert!(weighed.iter().all(|row| records.contains(&&row["record"])), "{id} in {purl}");
    }
}

#[test]
fn a_record_that_was_withdrawn_is_told_as_kept_away() {
    let place = example();
    let withdrawn = fs::read_to_string(root().join("examples/README.md")).unwrap();
    assert!(withdrawn.contains("one record about `lodash` was withdrawn"));
    let lodash = place.run(["feeds", "search", "lodash", "--raw"]).stdout;
    let rows = lodash.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let row = rows.map(|line| line["row"].clone()).find(|row| row["state"] == "withdrawn").unwrap();
    let id = row["record"].as_str().unwrap();
    let explained = place.json(["explain", id, "image.cdx.json", "-o", "json"]);
    let explained = &explained["explanations"][0];
    assert_eq!(explained["answer"], "kept-away");
    assert_eq!(explained["rows"][0]["because"], "withdrawn");
}

#[test]
fn a_report_that_says_something_else_is_contradicted_in_writing() {
    let place = example();
    let report = fs::read_to_string(place.path("report.json")).unwrap();
    let mut report: Value = serde_json::from_str(&report).unwrap();
    report["snapshot"]["id"] = "0000".into();
    for finding in report["findings"].as_array_mut().unwrap() {
        finding["verdict"] = "undetermined".into();
    }
    place.write("other.json", report.to_string());
    let ran = place.run(["explain", "CVE-2024-4741", "other.json", "--package", "libssl3"]);
    ran.expect_code(0).expect_stderr(&["snapshot 0000, which is not held"]);
    assert!(ran.stdout.contains("the report says `undetermined`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the report was made with snapshot 0000"), "{}", ran.stdout);
    let explained = place.json(["explain", "CVE-2024-4741", "other.json", "-o", "json"]);
    assert_eq!(explained["explanations"][0]["reported"], "undetermined");
    assert_eq!(explained["report"], serde_json::json!({"snapshot": "0000", "is_same": false}));
}

#[test]
fn what_vex_answers_and_what_it_does_not_is_explained() {
    let place = example();
    let statement = |status: &str, product: &str| {
        serde_json::json!({"vulnerability": {"name": "CVE-2024-4741"}, "status": status,
            "products": [{"@id": product}], "justification": "vulnerable_code_not_in_execute_path"})
    };
    let document = serde_json::json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.test/vex-1", "author": "The Harbour",
        "timestamp": "2025-01-01T00:00:00Z", "version": 1,
        "statements": [
            statement("not_affected", "pkg:apk/alpine/libssl3"),
            statement("not_affected", "pkg:apk/alpine/libssl3@1.0.0-r0"),
            serde_json::json!({"vulnerability": {"name": "HARBOUR-1", "aliases": ["cve-2024-4741"]},
                "status": "affected", "products": ["pkg:apk/alpine/gone"]}),
        ],
    });
    place.write("harbour.vex.json", document.to_string());
    let words = ["explain", "CVE-2024-4741", "image.cdx.json", "--vex", "harbour.vex.json"];
    let explained = place.json([&words[..], &["-o", "json"]].concat());
    let answers: Vec<(&str, &str)> = explained["explanations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["package"]["name"].as_str().unwrap(), it["answer"].as_str().unwrap()))
        .collect();
    assert_eq!(answers, [("libcrypto3", "affected"), ("libssl3", "not-affected")]);
    assert_eq!(explained["explanations"][1]["reason"], "vex-not-affected");
    assert_eq!(explained["explanations"][1]["suppressed"]["source"], "https://example.test/vex-1");
    assert_eq!(explained["explanations"][1]["rows"][0]["standing"], "decided");
    assert_eq!(explained["vex"][0]["statement"], "statements[1]");
    // Named by another id first.
    assert_eq!(explained["vex"][1]["statement"], "statements[2]");
    assert_eq!(explained["vex"][1]["vulnerability"], "cve-2024-4741");

    let text = place.run(words);
    text.expect_code(0);
    let said =
        "CVE-2024-4741 is suppressed in libssl3 3.3.0-r2: a VEX statement says that it is not affected";
    assert!(text.stdout.contains(said), "{}", text.stdout);
    assert!(text.stdout.contains("VEX on CVE-2024-4741, statements[1] of sha256:"), "{}", text.stdout);

    // A report remembers what its VEX documents did; without them the answer is another, and says so.
    let report = ["match", "image.cdx.json", "--offline", "--vex", "harbour.vex.json", "-o", "json=vex.json"];
    place.run(report).expect_code(0);
    let ran = place.run(["explain", "CVE-2024-4741", "vex.json", "--package", "libssl3"]);
    assert!(ran.stdout.contains("the report says `not-affected, vex-not-affected by"), "{}", ran.stdout);
    assert!(ran.stdout.contains("VEX on CVE-2024-4741, statements[1]"), "{}", ran.stdout);
    let ran = place.run([
        "explain",
        "CVE-2024-4741",
        "vex.json",
        "--package",
        "libssl3",
        "--vex",
        "harbour.vex.json",
    ]);
    assert!(!ran.stdout.contains("the report says"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_explained_exits_with_2_and_says_what_to_do() {
    let place = example();
    place.write("bad.json", r#"{"schema":"plimsoll-report/1","packages":7}"#);
    for (words, said) in [
        (
            vec!["CVE-2020-1", "image.cdx.json"],
            vec!["no row under the keys of", "CVE-2020-1", "feeds search"],
        ),
        (vec!["CVE-2024-4741", "image.cdx.json", "--package", "nobody"], vec!["`nobody`"]),
        (vec!["CVE-2024-4741", "image.cdx.json", "--package", "pkg:npm/nobody"], vec!["pkg:npm/nobody"]),
        (vec!["CVE-2024-4741", "absent.json"], vec!["absent.json"]),
        (vec!["CVE-2024-4741", "bad.json"], vec!["cannot read report `bad.json`"]),
        (vec!["CVE-2024-4741", "image.cdx.json", "--snapshot", "nothing"], vec!["nothing"]),
        (vec!["CVE-2024-4741", "image.cdx.json", "-o", "sarif"], vec!["`sarif`"]),
        (vec!["CVE-2024-4741", "image.cdx.json", "--feeds", "empty"], vec!["no feed database"]),
    ] {
        let ran = place.run([vec!["explain"], words].concat());
        ran.expect_code(2).expect_stderr(&said);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn the_examples_of_the_documents_are_what_is_printed() {
    let place = example();
    let reference = fs::read_to_string(root().join("docs/reference/explain.md")).unwrap();
    let block = |kind: &str| {
        let (_, rest) = reference.split_once(&format!("```{kind}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let command = block("sh");
    let words: Vec<&str> = command.trim().split(' ').skip(1).collect();
    let ran = place.run(&words);
    ran.expect_code(0);
    let fixed = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("Feeds: ")).map(str::to_owned).collect()
    };
    assert_eq!(fixed(&ran.stdout), fixed(&block("text")), "{}", ran.stdout);

    let mut printed = place.json([&words[..], &["-o", "json"]].concat());
    let documented: Value = serde_json::from_str(&block("json")).unwrap();
    // When the feeds were synced is another time in every run.
    printed["snapshot"] = documented["snapshot"].clone();
    assert_eq!(printed, documented, "{printed:#}");

    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    for (path, sbom) in [("README.md", "nginx.cdx.json"), ("examples/README.md", "image.cdx.json")] {
        let text = read(path);
        let line = text.lines().find(|line| line.starts_with("plimsoll explain ")).unwrap();
        let line = line.split('#').next().unwrap().replace(sbom, "image.cdx.json");
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        place.run(&words).expect_code(0);
    }
}
