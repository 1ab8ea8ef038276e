//! Each rule and limit of the code-scanning service is a test.

use std::io::Write as _;

use super::*;
use crate::testing::{OPTIONS, TOP_LAYER, cases, empty, finding, judgement, many, package, parsed, rendered};

use model::advisory::CvssVector;
use model::ecosystem::Ecosystem;
use model::finding::{Cvss, Suppression};
use model::gap::{Gap, GapKind};
use model::package::PackageIndex;

/// Bytes of a compressed upload that the service takes.
const UPLOAD_BYTES_MAX: usize = 10_000_000;

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

fn rules(log: &Value) -> &Vec<Value> {
    log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap()
}

fn notes(log: &Value) -> Vec<String> {
    log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| {
            format!(
                "{} {}",
                note["descriptor"]["id"].as_str().unwrap(),
                note["message"]["text"].as_str().unwrap()
            )
        })
        .collect()
}

/// A report of one package with `findings` in it.
fn one_package(image: &str, findings: Vec<Finding>) -> Report {
    let mut report = empty(image);
    report.inventory.packages =
        vec![package(Ecosystem::Npm, "demo", "1.0.0", "srv/demo/package.json", TOP_LAYER)];
    report.findings = findings;
    report
}

/// Every rule of the service that does not depend on what is reported (peers' and the service's own
/// documentation: `docs/reference/sarif.md`).
#[track_caller]
fn assert_taken(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1, "one run a file, far from the 20 that are taken");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "plimsoll");
    let category = run["automationDetails"]["id"].as_str().unwrap();
    assert!(category.starts_with("plimsoll/") && category.ends_with('/'), "{category}");
    for kind in run["tool"]["driver"]["notifications"].as_array().unwrap() {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!kind[text]["text"].as_str().unwrap().is_empty());
        }
    }
    let rules = rules(log);
    assert!(rules.len() <= 25_000);
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "every rule once");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            let text = rule[text]["text"].as_str().unwrap();
            assert!(!text.is_empty() && text.len() < 8_000);
        }
        assert!(rule["shortDescription"]["text"].as_str().unwrap().len() <= 1_024);
        assert!(rule["fullDescription"]["text"].as_str().unwrap().len() <= 1_024);
        assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
        let tags = rule["properties"]["tags"].as_array().unwrap();
        assert!(tags.len() <= 10 && tags.iter().any(|tag| tag == "security"));
        if let Some(number) = rule["properties"].get("security-severity") {
            let number: f64 = number.as_str().unwrap().parse().unwrap();
            assert!((0.0..=10.0).contains(&number));
        }
        let precision = rule["properties"]["precision"].as_str().unwrap();
        assert!(["very-high", "high", "medium", "low"].contains(&precision));
        if let Some(uri) = rule.get("helpUri") {
            assert!(uri.as_str().unwrap().starts_with("https://"));
        }
    }
    let mut identities = BTreeSet::new();
    for result in results(log) {
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"], "ruleIndex points to the rule");
        let locations = result["locations"].as_array().unwrap();
        assert_eq!(locations.len(), 1, "only the first would drive the alert");
        let physical = &locations[0]["physicalLocation"];
        assert_eq!(physical["region"]["startLine"], 1);
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
        let first = uri.split('/').next().unwrap();
        assert!(!uri.starts_with('/') && !first.contains(':'), "relative, no scheme: {uri}");
        assert!(uri.chars().all(|one| one.is_ascii_alphanumeric() || "-._~/%".contains(one)), "{uri}");
        assert!(!uri.split('/').any(|segment| matches!(segment, "" | "." | "..")), "{uri}");
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
        let identity = (result["ruleId"].as_str().unwrap(), uri, hash);
        assert!(identities.insert(identity), "two alerts would be one: {identity:?}");
    }
}

#[test]
fn it_is_valid_sarif() {
    let Some(data) = testkit::data::require("it_is_valid_sarif") else { return };
    let schema = testkit::data::read(&data.join("schemas/sarif/sarif-schema-2.1.0.json"));
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for format in ["sarif", "sarif@full"] {
        for case in cases() {
            let log = parsed(format, &case.report, case.fail_on);
            let errors: Vec<String> = validator
                .iter_errors(&log)
                .take(5)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{format} of {}", case.name);
        }
    }
}

#[test]
fn every_case_is_within_the_rules_of_the_service() {
    for format in ["sarif", "sarif@full"] {
        for case in cases() {
            assert_taken(&parsed(format, &case.report, case.fail_on));
        }
    }
}

#[test]
fn the_largest_capped_file_is_within_the_rules_of_the_service_and_says_what_it_lacks() {
    let report = many(5_001);
    let text = rendered("sarif", &report, &judgement(&report, None), &OPTIONS);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_taken(&log);
    assert_eq!(results(&log).len(), 5_000);
    let truncated: Vec<String> =
        notes(&log).into_iter().filter(|note| note.starts_with("truncated ")).collect();
    assert_eq!(
        truncated,
        ["truncated truncated: these are the 5,000 findings of highest risk of 5,001; the formats `json` \
             and `sarif@full` have all."]
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap().len();
    assert!(bytes <= UPLOAD_BYTES_MAX, "{bytes} bytes");
}

#[test]
fn thirty_thousand_findings_are_capped_or_all_there() {
    let report = one_package(
        "app",
        (0..30_000).map(|index| finding(&format!("CVE-2023-{index}"), 0, Severity::Low)).collect(),
    );
    let capped = parsed("sarif", &report, None);
    assert_eq!((results(&capped).len(), rules(&capped).len()), (5_000, 5_000));
    let full = rendered("sarif@full", &report, &judgement(&report, None), &OPTIONS);
    assert_eq!(full.matches("\"ruleId\": ").count(), 30_000);
    assert!(full.contains("at most 25,000 results refuses this file"));
}

#[test]
fn what_is_cut_is_what_matters_least() {
    let mut findings: Vec<Finding> =
        (0..5_000).map(|index| finding(&format!("CVE-A-{index:04}"), 0, Severity::Low)).collect();
    let mut undetermined = finding("CVE-B", 0, Severity::Critical);
    undetermined.verdict =
        Verdict::Undetermined { reason: model::finding::UndeterminedReason::UnreadableVersion };
    undetermined.decoration.risk = 99.0;
    let mut risky = finding("CVE-C", 0, Severity::Low);
    risky.decoration.risk = 1.0;
    findings.extend([undetermined, risky, finding("CVE-D", 0, Severity::Critical)]);
    let log = parsed("sarif", &one_package("app", findings), None);
    let ids: BTreeSet<&str> = results(&log).iter().map(|one| one["ruleId"].as_str().unwrap()).collect();
    assert!(ids.contains("CVE-C") && ids.contains("CVE-D"));
    assert!(!ids.contains("CVE-B") && !ids.contains("CVE-A-4999"));
}

#[test]
fn no_alert_of_one_image_can_be_taken_for_one_of_another() {
    let of = |image: &str, platform: &str| {
        let mut report = one_package(image, vec![finding("CVE-1", 0, Severity::High)]);
        report.inventory.subject.platform = Some(platform.into());
        let log = parsed("sarif", &report, None);
        let result = &results(&log)[0];
        (
            log["runs"][0]["automationDetails"]["id"].as_str().unwrap().to_owned(),
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
                .to_owned(),
            result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned(),
        )
    };
    let first = of("registry.example:5000/team/app:1.0", "linux/amd64");
    assert_eq!(first.0, "plimsoll/registry.example-5000/team/app/linux-amd64/");
    assert_eq!(first.1, "registry.example-5000/team/app/srv/demo/package.json");
    assert_eq!(
        first,
        of("registry.example:5000/team/app:2.0@sha256:00ff", "linux/amd64"),
        "tags are no identity"
    );
    let other = of("registry.example:5000/team/app2:1.0", "linux/amd64");
    assert!(first.0 != other.0 && first.1 != other.1 && first.2 != other.2);
    assert_ne!(first.0, of("registry.example:5000/team/app:1.0", "linux/arm64").0, "a platform is an image");
}

/// Two tags of one image that are stored side by side are delivered together, and a category may be delivered once.
#[test]
fn no_two_stored_sboms_share_a_category() {
    let of = |image: &str, platform: Option<&str>, stored: Option<&str>| {
        let mut report = one_package(image, vec![finding("CVE-1", 0, Severity::High)]);
        report.inventory.subject.platform = platform.map(Into::into);
        let options = RenderOptions { stored, ..OPTIONS };
        let log = rendered("sarif", &report, &judgement(&report, None), &options);
        let log: Value = serde_json::from_str(&log).unwrap();
        log["runs"][0]["automationDetails"]["id"].as_str().unwrap().to_owned()
    };
    let amd64 = Some("linux/amd64");
    assert_eq!(of("team/app:1.2", amd64, None), "plimsoll/team/app/linux-amd64/");
    let category = of("team/app:1.2", amd64, Some("team a/app-1.2.json"));
    assert_eq!(category, "plimsoll/team/app/linux-amd64/stored:team%20a/app-1.2.json/");
    let others = [
        of("team/app:1.3", amd64, Some("team a/app-1.3.json")),
        of("team/app:1.2", amd64, Some("team-a/app-1.2.json")),
        of("team/app", None, Some("linux-amd64/stored:team a/app-1.2.json")),
        of("team/app/linux-amd64/stored:team a", None, Some("app-1.2.json")),
    ];
    for other in others {
        assert_ne!(category, other);
    }
}

#[test]
fn versions_of_one_package_in_one_file_are_two_alerts() {
    let mut report =
        one_package("app", vec![finding("CVE-1", 0, Severity::High), finding("CVE-1", 1, Severity::High)]);
    report.inventory.packages.push(package(
        Ecosystem::Npm,
        "demo",
        "2.0.0",
        "srv/demo/package.json",
        TOP_LAYER,
    ));
    let log = parsed("sarif", &report, None);
    assert_taken(&log);
    assert_eq!((results(&log).len(), rules(&log).len()), (2, 1));
}

#[test]
fn the_number_of_a_rule_agrees_with_its_severity() {
    for (level, scores, expected) in [
        (Severity::Unknown, &[9.8][..], None),
        (Severity::None, &[5.0], Some("0.0")),
        (Severity::Negligible, &[7.5], Some("0.5")),
        (Severity::Negligible, &[2.1], Some("2.1")),
        (Severity::Low, &[], Some("3.0")),
        (Severity::Medium, &[9.8, 5.3], Some("5.3")),
        (Severity::High, &[9.8], Some("8.0")),
        (Severity::High, &[7.0], Some("7.0")),
        (Severity::Critical, &[9.0], Some("9.1")),
        (Severity::Critical, &[10.0], Some("10.0")),
        (Severity::Critical, &[], Some("9.5")),
    ] {
        let mut one = finding("CVE-1", 0, level);
        let cvss = |&score: &f64| Cvss { vector: CvssVector::default(), version: "3.1".into(), score };
        one.decoration.cvss = scores.iter().map(cvss).collect();
        assert_eq!(security_severity(&one).as_deref(), expected, "{level} {scores:?}");
    }
}

#[test]
fn a_rule_has_the_highest_severity_of_its_findings_and_each_result_its_own() {
    let report =
        one_package("app", vec![finding("CVE-1", 0, Severity::Low), finding("CVE-1", 0, Severity::Critical)]);
    let log = parsed("sarif", &report, None);
    assert_eq!(rules(&log)[0]["properties"]["security-severity"], "9.5");
    assert_eq!(rules(&log)[0]["defaultConfiguration"]["level"], "error");
    let levels: Vec<&Value> = results(&log).iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["note", "error"]);
}

#[test]
fn suppressed_findings_are_only_in_the_full_file() {
    let mut suppressed = finding("CVE-1", 0, Severity::High);
    let suppression = Suppression { reason: "vendor-fixed".into(), source: "DSA-1".into(), statement: None };
    suppressed.suppressed = Some(suppression.into());
    let report = one_package("app", vec![suppressed, finding("CVE-2", 0, Severity::High)]);
    let log = parsed("sarif", &report, None);
    assert_eq!(results(&log).len(), 1, "the service would show it as an open alert");
    assert!(notes(&log).iter().any(|note| note.starts_with("suppressed 1 suppressed finding left out")));
    let full = parsed("sarif@full", &report, None);
    let expected =
        json!([{"kind": "external", "status": "accepted", "justification": "vendor-fixed, says DSA-1"}]);
    assert_eq!(results(&full)[0]["suppressions"], expected);
}

#[test]
fn gaps_are_warnings_and_the_many_are_counted() {
    let mut report = one_package("app", Vec::new());
    report.coverage.gaps = (0..130)
        .map(|index| Gap::new(GapKind::UNREADABLE_FILE, format!("srv/{index:03}"), "odd [bytes] {0}"))
        .collect();
    let log = parsed("sarif", &report, None);
    let told = notes(&log);
    let gaps = told.iter().filter(|note| note.starts_with("gap/unreadable-file ")).count();
    assert_eq!(gaps, 100);
    assert!(told.iter().any(|note| note == "gaps 30 gaps left out; the format `json` has them."), "{told:?}");
    assert!(told[1].contains("odd \\[bytes\\] {{0}}"), "{}", told[1]);
    let full = notes(&parsed("sarif@full", &report, None));
    assert_eq!(full.iter().filter(|note| note.starts_with("gap/")).count(), 130);
}

#[test]
fn hostile_ids_make_neither_addresses_nor_equal_rules() {
    for id in ["", "CVE-1 x", "CVE-1/../..", "a\"b", "é", &"x".repeat(200)] {
        assert_eq!(help_uri(id), None, "{id}");
    }
    assert_eq!(help_uri("CVE-2023-1").unwrap(), "https://www.cve.org/CVERecord?id=CVE-2023-1");
    assert_eq!(help_uri("GO-2023-1").unwrap(), "https://osv.dev/vulnerability/GO-2023-1");
    let long = |end: &str| finding(&format!("{}{end}", "é".repeat(200)), 0, Severity::Low);
    let log = parsed("sarif", &one_package("app", vec![long("1"), long("2")]), None);
    assert_taken(&log);
    assert_eq!(rules(&log).len(), 2);
}

#[test]
fn a_package_without_a_place_has_one_of_its_own() {
    let mut report = one_package("app", vec![finding("CVE-1", 0, Severity::High)]);
    report.inventory.packages[0].locations.clear();
    report.findings[0].packages = [PackageIndex(0)].as_slice().into();
    let log = parsed("sarif", &report, None);
    let uri = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "app/sbom/npm/demo");
}

#[test]
fn vex_that_suppresses_nothing_is_a_note() {
    let mut report = one_package("app", Vec::new());
    report.vex = crate::testing::vex();
    let log = parsed("sarif", &report, None);
    assert_taken(&log);
    let note = notes(&log).into_iter().find(|note| note.starts_with("vex ")).unwrap();
    assert!(note.starts_with("vex VEX: 1 statement suppresses nothing (1 unknown-status: "), "{note}");
    assert!(note.ends_with(" says why."), "{note}");
}
