//! What NVD says of products is found by the CPE names of packages: where it was asked for, or is held.

use std::collections::{BTreeMap, BTreeSet};

use model::cpe::{Attribute, Cpe};
use serde_json::{Value, json};
use testkit::feeds::Mirror;
use testkit::image::{Compression, compress};

use crate::harness::{AS_OF, Place};

/// NVD's files for every year that the tests may be run in.
const YEARS: std::ops::RangeInclusive<u16> = 2002..=2060;

/// A record of NVD; `nodes` are those of its one configuration, all of which are asked.
fn cve(id: &str, status: &str, nodes: &[Value]) -> Value {
    json!({"cve": {"id": id, "lastModified": "2025-06-01T10:00:00.000", "vulnStatus": status,
        "configurations": [{"operator": "AND", "nodes": nodes}]}})
}

/// A node of which one product is enough, each as `criteria` and the version before which it is vulnerable.
fn node(is_vulnerable: bool, products: &[(&str, Option<&str>)]) -> Value {
    let leaf = |(name, end): &(&str, Option<&str>)| {
        let mut leaf = json!({"vulnerable": is_vulnerable, "criteria": format!("cpe:2.3:{name}")});
        if let Some(end) = end {
            leaf["versionEndExcluding"] = json!(end);
        }
        leaf
    };
    json!({"operator": "OR", "negate": false, "cpeMatch": products.iter().map(leaf).collect::<Vec<_>>()})
}

fn gzip(records: &[Value]) -> Vec<u8> {
    let document = json!({"resultsPerPage": records.len(), "startIndex": 0, "totalResults": records.len(),
        "format": "NVD_CVE", "version": "2.0", "timestamp": "2025-06-06T03:00:00.000", "vulnerabilities": records});
    compress(document.to_string().as_bytes(), Compression::Gzip)
}

/// Has NVD publish `records`, all of them in one of its files.
fn publish(mirror: &Mirror, records: &[Value]) {
    let nvd = "nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-";
    for year in YEARS {
        let records = if year == 2025 { records } else { &[] };
        mirror.file(&format!("{nvd}{year}.json.gz"), gzip(records));
    }
    mirror.file(&format!("{nvd}modified.json.gz"), gzip(&[]));
}

/// An SBOM of an Alpine image, and a mirror of Alpine's database and NVD's files.
fn place() -> (Place, Mirror) {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "curl\n  8.9.0-r1 CVE-2025-10002\n  0 CVE-2025-10003\n");
    mirror.secdb("3.20", "community", "");
    let tool = "a:acme:tool:*:*:*:*:*:*:*:*";
    let curl = "a:haxx:curl:*:*:*:*:*:*:*:*";
    let plugin = "a:acme:tool:*:*:*:*:*:wordpress:*:*";
    // As NVD has, something in each of the namespaces that CPE names are split into.
    let others: Vec<String> = (0..1_000).map(|n| format!("a:other:product-{n}:*:*:*:*:*:*:*:*")).collect();
    let others: Vec<(&str, Option<&str>)> = others.iter().map(|name| (name.as_str(), None)).collect();
    let records = [
        cve("CVE-2025-10000", "Analyzed", &[node(true, &others)]),
        cve("CVE-2025-10001", "Deferred", &[node(true, &[(tool, Some("2.0"))])]),
        cve("CVE-2025-10002", "Analyzed", &[node(true, &[(curl, Some("9.0"))])]),
        cve("CVE-2025-10003", "Analyzed", &[node(true, &[(curl, Some("9.0"))])]),
        cve("CVE-2025-10004", "Modified", &[node(true, &[(curl, Some("9.0"))])]),
        cve("CVE-2025-10005", "Analyzed", &[node(true, &[(curl, Some("8.9.0"))])]),
        cve(
            "CVE-2025-10006",
            "Analyzed",
            &[node(true, &[(tool, None)]), node(false, &[("o:microsoft:windows:-:*:*:*:*:*:*:*", None)])],
        ),
        cve(
            "CVE-2025-10007",
            "Analyzed",
            &[
                node(true, &[(tool, None)]),
                node(
                    false,
                    &[
                        ("o:microsoft:windows:-:*:*:*:*:*:*:*", None),
                        ("o:linux:linux_kernel:-:*:*:*:*:*:*:*", None),
                    ],
                ),
            ],
        ),
        cve("CVE-2025-10008", "Analyzed", &[node(true, &[(plugin, None)])]),
        json!({"cve": {"id": "CVE-2025-10009", "lastModified": "2025-06-01T10:00:00.000", "vulnStatus": "Rejected",
            "descriptions": [{"lang": "en", "value": "Rejected reason: a duplicate."}]}}),
        cve("CVE-2025-10010", "Analyzed", &[node(true, &[("a:acme:tool:1.0:rc1:*:*:*:*:*:*", None)])]),
    ];
    publish(&mirror, &records);
    place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"operating-system","name":"alpine","version":"3.20.3"},
            {"type":"library","name":"libcurl","version":"8.9.0-r1",
             "purl":"pkg:apk/alpine/libcurl@8.9.0-r1?distro=alpine-3.20.3&upstream=curl"},
            {"type":"application","name":"tool","version":"1.0-rc1","purl":"pkg:generic/tool@1.0-rc1",
             "cpe":"cpe:2.3:a:acme:tool:1.0:rc1:*:*:*:*:*:*"}]}"#,
    );
    (place, mirror)
}

/// What a match with `words` finds: id, package, verdict, fix and how; and the report.
fn findings(place: &Place, words: &[&str]) -> (Vec<String>, Value) {
    let sbom = place.path("sbom.json").display().to_string();
    let words = [&["match", &sbom, "--as-of", AS_OF, "--allow-empty", "-o", "json"], words].concat();
    let report = place.json(words);
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |finding: &Value| {
        let evidence = finding["evidence"].as_array().unwrap();
        let by_name = evidence.iter().find(|evidence| evidence["match"] == "cpe").unwrap();
        [&finding["id"], &finding["package"]["name"], &finding["verdict"], &finding["fix"]["state"]]
            .map(text)
            .join(" ")
            + &format!(" {}", by_name["confidence"])
    };
    let mut lines: Vec<String> = report["findings"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    (lines, report)
}

const OF_TOOL: [&str; 3] = [
    "CVE-2025-10001 tool affected fixed 0.7",
    "CVE-2025-10007 tool affected unknown 0.7",
    "CVE-2025-10010 tool affected unknown 0.7",
];

const OF_CURL: [&str; 3] = [
    "CVE-2025-10002 libcurl not-affected fixed 0.6",
    "CVE-2025-10003 libcurl not-affected unknown 0.6",
    "CVE-2025-10004 libcurl affected unknown 0.6",
];

/// D11 case 30, and 1, 29 and 33 from end to end.
#[test]
fn what_nvd_deferred_is_found_by_cpe_name() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    let (found, report) = findings(&place, &["--mirror", &mirror, "--fallback", "cpe"]);
    let mut expected = [OF_TOOL, OF_CURL].concat();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(report["coverage"]["matched"], 2);
    let asked = report["snapshot"]["namespaces"].as_array().unwrap();
    let by_name = |stamps: &[Value]| {
        stamps.iter().filter(|stamp| stamp["name"].as_str().unwrap().starts_with("cpe:")).count()
    };
    assert_eq!(by_name(asked), 6);

    // What NVD's rows are split into is one line for people, and 64 namespaces for programs.
    let lines = |table: &str, begins: &str| table.lines().filter(|line| line.starts_with(begins)).count();
    let table = place.run(["feeds", "status"]).stdout;
    assert_eq!((lines(&table, "cpe:"), lines(&table, "cpe:* (64 namespaces)  ")), (1, 1), "{table}");
    let status = place.json(["feeds", "status", "--format", "json"]);
    assert_eq!(by_name(status["namespaces"].as_array().unwrap()), 64);
    let table = place.run(["match", "sbom.json", "--offline", "--fallback", "cpe", "--as-of", AS_OF]).stdout;
    assert_eq!(lines(&table, "  matched against cpe:"), 1, "{table}");
    assert_eq!(lines(&table, "  matched against cpe:* (6 namespaces, up to "), 1, "{table}");
}

#[test]
fn nothing_is_downloaded_of_nvd_unless_it_was_asked_for() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    let (found, report) = findings(&place, &["--mirror", &mirror]);
    assert!(found.is_empty(), "{found:?}");
    let unmatched = &report["coverage"]["unmatched"];
    assert_eq!(*unmatched, json!([{"reason": "no-feed", "namespace": "generic", "packages": 1}]));
    let status = place.run(["feeds", "status"]);
    let text = &status.stdout;
    assert!(text.contains("alpine:3.20") && !text.contains("cpe:"), "{text}");
    // Offline, what was asked for and is not held is said.
    let (found, report) = findings(&place, &["--offline", "--fallback", "cpe"]);
    assert!(found.is_empty(), "{found:?}");
    // What Alpine speaks of was judged all the same; of the program nobody else would speak.
    let coverage = &report["coverage"];
    assert_eq!(coverage["matched"], 1);
    let [unmatched] = &coverage["unmatched"].as_array().unwrap()[..] else { panic!("{coverage}") };
    assert_eq!((&unmatched["reason"], &unmatched["packages"]), (&json!("not-fetched"), &json!(1)));
    let gaps: Vec<&Value> = coverage["gaps"].as_array().unwrap().iter().map(|gap| &gap["detail"]).collect();
    let told: Vec<&&Value> = gaps.iter().filter(|gap| gap.to_string().contains("CPE names")).collect();
    assert_eq!(
        told,
        [&&json!(
            "CPE names of 2 packages were not looked up: NVD is not held (`plimsoll feeds sync --only nvd`)"
        )]
    );
}

#[test]
fn programs_are_looked_up_where_nvd_is_held() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    findings(&place, &["--mirror", &mirror, "--fallback", "cpe"]);
    // Nobody says what to look up: what nobody else speaks of.
    assert_eq!(findings(&place, &["--offline"]).0, OF_TOOL);
    assert!(findings(&place, &["--offline", "--fallback", "off"]).0.is_empty());
    // Only what is of these.
    assert_eq!(findings(&place, &["--offline", "--fallback", "cpe:wolfi"]).0, OF_TOOL);
    assert_eq!(findings(&place, &["--offline", "--fallback", "cpe:alpine"]).0.len(), 6);
}

#[test]
fn an_explanation_that_asks_less_than_its_report_says_so() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    let (_, report) = findings(&place, &["--mirror", &mirror, "--fallback", "cpe"]);
    place.write("report.json", report.to_string());
    let explain = |words: &[&str]| {
        let ran = place.run([&["explain"], words].concat());
        ran.expect_code(0);
        ran.stdout
    };
    let (is_reported, is_not_asked) = (
        "the report says `affected`: it asked NVD by CPE name\n",
        "NVD was not asked by CPE name of it: with `--fallback cpe` the answer is `affected`\n",
    );
    // One that no other feed speaks of, so that without the name no row is found.
    for document in ["report.json", "sbom.json"] {
        let words = ["CVE-2025-10004", document];
        let told = explain(&words);
        assert!(told.starts_with("no record of the feeds held speaks of CVE-2025-10004"), "{told}");
        assert_eq!(told.contains(is_reported), document == "report.json", "{told}");
        assert!(told.contains(is_not_asked), "{told}");
        let told = explain(&[&words[..], &["--fallback", "cpe"]].concat());
        assert!(told.starts_with("CVE-2025-10004 affects libcurl"), "{told}");
        assert!(!told.contains("NVD was not asked"), "{told}");
    }
    // A report keeps no CPE names, so of a program that states one the finding cannot be made again from it alone.
    let told = explain(&["CVE-2025-10001", "report.json"]);
    assert!(told.contains("the report says `affected`: it was made of more than it keeps"), "{told}");
    // Where nobody is asked by name, of a program too.
    let told = explain(&["CVE-2025-10001", "sbom.json", "--fallback", "off"]);
    assert!(told.contains("with `--fallback cpe` the answer is `affected`\n"), "{told}");
    let words = ["explain", "CVE-2025-10001", "sbom.json", "-o", "json"];
    assert!(place.json(words)["explanations"][0]["by_cpe_name"].is_null(), "names are asked of programs");
    let told = place.json([&words[..], &["--fallback", "off"]].concat());
    assert_eq!(told["explanations"][0]["by_cpe_name"], "affected");
}

#[test]
fn the_configuration_and_the_environment_ask_too() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    findings(&place, &["--mirror", &mirror, "--fallback", "cpe"]);
    let config = place.write("asking.toml", "[match]\nfallback = 'cpe:alpine'\n").display().to_string();
    assert_eq!(findings(&place, &["--offline", "--config", &config]).0.len(), 6);
    let sbom = place.path("sbom.json").display().to_string();
    let words = ["match", &sbom, "--offline", "--as-of", AS_OF, "-o", "json"];
    let output = place.command().args(words).env("PLIMSOLL_FALLBACK", "off").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"], json!([]));
    let wrong = place.run(["match", &sbom, "--offline", "--fallback", "nvd"]);
    wrong.expect_code(2).expect_stderr(&["`nvd` is no fallback: write `cpe`, `cpe:alpine,wolfi` or `off`"]);
}

#[test]
fn a_rematch_asks_what_it_is_told_to() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    let dir = place.path("stored");
    std::fs::create_dir(&dir).unwrap();
    std::fs::copy(place.path("sbom.json"), dir.join("sbom.json")).unwrap();
    let dir = dir.display().to_string();
    let rematch = |words: &[&str]| {
        let words = [&["rematch", &dir, "--as-of", AS_OF, "-o", "json"], words].concat();
        place.json(words)["changes"].as_array().unwrap().len()
    };
    // Two of the six are suppressed from the start.
    assert_eq!(rematch(&["--mirror", &mirror, "--fallback", "cpe"]), 4);
    assert_eq!(rematch(&["--offline", "--fallback", "cpe"]), 0);
    assert_eq!(rematch(&["--offline", "--fallback", "off"]), 4, "all of them disappear");
}

/// A version that `leaf` lists, or begins or ends with.
fn listed_version(leaf: &Value, cpe: &Cpe<'_>) -> Option<String> {
    let bound = |name: &str| leaf[name].as_str().map(str::to_owned);
    let end = bound("versionEndExcluding").unwrap_or_default();
    // "From 1.9 to 8.0.411" is how a scanner without an order for Java was told of `8.0.411` beside `1.8.0_411`: 1.9 is 9.
    let is_java_8 = |version: &str| version == "1.9" && (end.starts_with("7.") || end.starts_with("8."));
    match cpe.full_version() {
        Some(version) => Some(version.into_owned()),
        None if cpe.version != Attribute::Any => None,
        None => bound("versionStartIncluding")
            .or_else(|| bound("versionEndIncluding"))
            .filter(|version| !is_java_8(version)),
    }
}

/// What is not found, because its range ends before it begins, and other ends beside it say that this one is no fix: nothing is
/// below both.
const ENDS_BEFORE_IT_BEGINS: [&str; 4] = [
    "CVE-2025-48053 in 3.5.0 of cpe:2.3:a:discourse:discourse:*:*:*:*:*:*:*:*",
    "CVE-2025-48062 in 3.5.0 of cpe:2.3:a:discourse:discourse:*:*:*:*:*:*:*:*",
    "CVE-2025-67500 in 4.5.0-beta.1 of cpe:2.3:a:joinmastodon:mastodon:*:*:*:*:*:*:*:*",
    "CVE-2025-53369 in 05f6c6824f8f37dcc2d51cf6df4e7a09bea2196c of cpe:2.3:a:mediawiki:shortdescription:*:*:*:*:*:mediawiki:*:*",
];

/// Every vulnerable product of records that ask nothing besides, at a version that they list.
#[test]
fn what_nvd_lists_is_found_in_real_records() {
    let Some(data) = testkit::data::require("what_nvd_lists_is_found_in_real_records") else { return };
    let mut records = Vec::new();
    for page in ["page-00", "page-05"] {
        let bytes = testkit::data::read(&data.join(format!("feeds/nvd/2026-01-01/{page}.json")));
        let mut page: Value = serde_json::from_slice(&bytes).unwrap();
        records.append(page["vulnerabilities"].as_array_mut().unwrap());
    }
    let mut expected: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for record in &records {
        let id = record["cve"]["id"].as_str().unwrap();
        let configurations = record["cve"]["configurations"].as_array().into_iter().flatten();
        let plain =
            configurations.filter(|it| it["operator"].as_str() != Some("AND") && it["negate"] != true);
        let nodes = plain.flat_map(|it| it["nodes"].as_array().unwrap());
        let nodes = nodes.filter(|node| node["operator"] == "OR" && node["negate"] != true);
        let leaves = nodes.flat_map(|node| node["cpeMatch"].as_array().unwrap());
        for leaf in leaves.filter(|leaf| leaf["vulnerable"] == true) {
            let cpe = Cpe::parse(leaf["criteria"].as_str().unwrap()).unwrap();
            let Some(version) = listed_version(leaf, &cpe) else { continue };
            expected.entry((cpe.unversioned(), version)).or_default().insert(id.to_owned());
        }
    }
    let component = |(index, (cpe, version)): (usize, &(String, String))| {
        json!({"type": "application", "name": format!("p{index}"), "version": version,
            "purl": format!("pkg:generic/p{index}"), "cpe": cpe})
    };
    let mut components = vec![json!({"type": "operating-system", "name": "debian", "version": "12"})];
    components.extend(expected.keys().enumerate().map(component));
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    publish(&mirror, &records);
    let sbom = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components});
    place.write("sbom.json", sbom.to_string());
    let (sbom, mirror) = (place.path("sbom.json"), mirror.dir().display().to_string());
    let words = ["--mirror", &mirror, "--fallback", "cpe", "--as-of", AS_OF, "-o", "json"];
    let report = place.json([&["match", sbom.to_str().unwrap()], &words[..]].concat());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let found: BTreeSet<(String, String)> =
        findings.map(|finding| (text(&finding["package"]["name"]), text(&finding["id"]))).collect();
    let (mut n_expected, mut missed) = (0, Vec::new());
    for (index, ((cpe, version), ids)) in expected.iter().enumerate() {
        let is_odd = !version.starts_with(|first: char| first.is_ascii_digit());
        for id in ids {
            if !is_odd && !found.contains(&(format!("p{index}"), id.clone())) {
                missed.push(format!("{id} in {version} of {cpe}"));
            }
            n_expected += usize::from(!is_odd);
        }
    }
    assert_eq!(missed, ENDS_BEFORE_IT_BEGINS);
    assert!(n_expected > 3_000, "only {n_expected}");
}
