//! Advisories of one's own: they decide before what is published, and a scan shows it.

use std::fs;

use serde_json::{Value, json};
use testkit::feeds::{Mirror, osv_record};

use crate::harness::{AS_OF, Place};

const NOT_AFFECTED: &str = "CVE-2025-10001";

/// An SBOM with one package of npm, and a mirror that says that it is affected.
fn place() -> (Place, Mirror) {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records(
        "npm",
        &[osv_record("GHSA-aaaa-bbbb-cccc", &[NOT_AFFECTED], "npm", "demo", "introduced 0, fixed 2.0.0")],
    );
    place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"library","name":"demo","version":"1.0.0","purl":"pkg:npm/demo@1.0.0"}]}"#,
    );
    (place, mirror)
}

/// A CSAF document that says that the package is not affected.
fn vex(purl: &str) -> String {
    json!({"document": {"category": "csaf_vex",
            "tracking": {"id": "ACME-1", "status": "final", "current_release_date": "2025-06-01T00:00:00Z"}},
        "product_tree": {"full_product_names": [
            {"name": "p", "product_id": "p", "product_identification_helper": {"purl": purl}}]},
        "vulnerabilities": [{"cve": NOT_AFFECTED, "product_status": {"known_not_affected": ["p"]},
            "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["p"]}]}]})
    .to_string()
}

/// Each finding as `id verdict reason source`, of a match with `words`.
fn findings(place: &Place, words: &[&str]) -> Vec<String> {
    let sbom = place.path("sbom.json").display().to_string();
    let words = [&["match", &sbom, "--as-of", AS_OF, "-o", "json"], words].concat();
    let report = place.json(words);
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |finding: &Value| {
        let suppressed = &finding["suppressed"];
        [&finding["id"], &finding["verdict"], &suppressed["reason"], &suppressed["source"]]
            .map(text)
            .join(" ")
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

const PUBLISHED: &str = "CVE-2025-10001 affected - -";
const SUPPRESSED: &str = "CVE-2025-10001 not-affected private-not-affected ACME-1:CVE-2025-10001";
const OWN: &str = "OWN-1 affected - -";

#[test]
fn ones_own_advisories_suppress_and_add() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    place.run(["feeds", "sync", "--only", "npm", "--mirror", &mirror]).expect_code(0);
    assert_eq!(findings(&place, &["--offline"]), [PUBLISHED]);

    // A directory needs no network, and no other command before.
    place.write("own/vex.json", vex("pkg:npm/demo@1.0.0"));
    place.write("own/new.json", osv_record("OWN-1", &[], "npm", "demo", "introduced 0").to_string());
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [SUPPRESSED, OWN]);
    // What was read stays for those who do not name it.
    assert_eq!(findings(&place, &["--offline"]), [SUPPRESSED, OWN]);
    assert_eq!(findings(&place, &["--mirror", &mirror, "--max-age", "0s"]), [SUPPRESSED, OWN]);
    let status = place.run(["feeds", "status"]);
    assert!(status.expect_code(0).stdout.contains("private"), "{}", status.stdout);

    // A statement about another version is none about this one.
    place.write("own/vex.json", vex("pkg:npm/demo@1.0.1"));
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [PUBLISHED, OWN]);
    place.write("own/vex.json", vex("pkg:npm/demo"));
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [SUPPRESSED, OWN]);
    place.run(["feeds", "sync", "--only", "npm", "--mirror", &mirror, "--no-private"]).expect_code(0);
    assert_eq!(findings(&place, &["--offline"]), [PUBLISHED]);
}

#[test]
fn a_later_word_about_one_version_stands_against_an_earlier_one_about_all() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    place.run(["feeds", "sync", "--only", "npm", "--mirror", &mirror]).expect_code(0);
    let openvex = |at: &str, status: &str, purl: &str| {
        json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": purl, "timestamp": at, "statements": [
            {"vulnerability": {"name": NOT_AFFECTED}, "products": [{"@id": purl}], "status": status,
             "justification": "vulnerable_code_not_present"}]})
        .to_string()
    };
    place.write("own/all.json", openvex("2024-01-01T00:00:00Z", "not_affected", "pkg:npm/demo"));
    let suppressed = "CVE-2025-10001 not-affected private-not-affected CVE-2025-10001";
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [suppressed]);
    place.write("own/one.json", openvex("2025-06-01T00:00:00Z", "affected", "pkg:npm/demo@1.0.0"));
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [PUBLISHED]);
    place.write("own/one.json", openvex("2025-06-01T00:00:00Z", "affected", "pkg:npm/demo@1.0.1"));
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [suppressed]);
}

#[test]
fn the_configuration_names_them_for_every_command() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    place.write("own/vex.json", vex("pkg:npm/demo"));
    place.write("other/new.json", osv_record("OWN-1", &[], "npm", "demo", "introduced 0").to_string());
    place.write("plimsoll.toml", "[feeds]\nprivate = ['own', 'other']\n");
    let words = ["--mirror", &mirror, "--config", "plimsoll.toml"];
    assert_eq!(findings(&place, &words), [SUPPRESSED, OWN]);
    fs::write(place.path("plimsoll.toml"), "feeds.private = 'other'\n").unwrap();
    assert_eq!(findings(&place, &words), [PUBLISHED, OWN]);
}

#[test]
fn a_directory_that_is_lost_or_broken_leaves_what_was_read() {
    let (place, mirror) = place();
    let mirror = mirror.dir().display().to_string();
    place.write("own/vex.json", vex("pkg:npm/demo"));
    let sync =
        ["feeds", "sync", "--only", "npm", "--only", "private", "--mirror", &mirror, "--private", "own"];
    place.run(sync).expect_code(0);
    place.write("own/vex.json", "{");
    place.run(sync).expect_code(2).expect_stderr(&["vex.json", "what is held is from"]);
    assert_eq!(findings(&place, &["--offline", "--private", "own"]), [SUPPRESSED]);
    fs::remove_dir_all(place.path("own")).unwrap();
    place.run(sync).expect_code(2).expect_stderr(&["own` cannot be read"]);
    assert_eq!(findings(&place, &["--offline"]), [SUPPRESSED]);
    let words = ["feeds", "sync", "--only", "npm", "--mirror", &mirror, "--private", "ftp://example.com/x"];
    place.run(words).expect_code(2).expect_stderr(&["neither a directory nor a URL"]);
}

#[test]
fn without_the_published_feed_nothing_is_covered() {
    let (place, _) = place();
    place.write("own/new.json", osv_record("OWN-1", &[], "npm", "demo", "introduced 0").to_string());
    place.run(["feeds", "sync", "--only", "npm", "--private", "own", "--offline"]).expect_code(2);
    let sbom = place.path("sbom.json").display().to_string();
    let report = place.json(["match", &sbom, "--offline", "--as-of", AS_OF, "-o", "json"]);
    let gaps = report["coverage"]["gaps"].to_string();
    assert!(gaps.contains("no feed is held but those named by hand"), "{gaps}");
}

#[test]
fn publishers_by_place_are_options_and_keys_as_well() {
    let (place, mirror) = place();
    let document = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2025-06-01T00:00:00Z", "statements": [
        {"vulnerability": {"name": "CVE-2025-10002"}, "products": [{"@id": "pkg:npm/demo@1.0.0"}], "status": "affected",
         "action_statement": "Wait."}]}"#;
    mirror.file("vex.acme.example/one.json", document);
    let csaf = vex("pkg:npm/demo").replace("known_not_affected", "known_affected").replace("10001", "10003");
    mirror
        .file("psirt.acme.example/csaf/index.txt", "2025/acme-1.json\n")
        .file("psirt.acme.example/csaf/2025/acme-1.json", csaf);
    let metadata = r#"{"role": "csaf_provider", "distributions": [{"directory_url": "https://psirt.acme.example/csaf/"}]}"#;
    mirror.file("psirt.acme.example/.well-known/csaf/provider-metadata.json", metadata);
    let mirror = mirror.dir().display().to_string();
    let openvex = "https://vex.acme.example/one.json";
    let found =
        findings(&place, &["--mirror", &mirror, "--openvex", openvex, "--csaf", "psirt.acme.example"]);
    assert_eq!(found, [PUBLISHED, "CVE-2025-10002 affected - -", "CVE-2025-10003 affected - -"]);
    place.write(
        "plimsoll.toml",
        format!("[feeds]\ncsaf = 'psirt.acme.example'\nopenvex = ['{openvex}']\ndir = 'others'\n"),
    );
    let words = ["feeds", "sync", "--only", "npm", "--mirror", &mirror, "--config", "plimsoll.toml"];
    let mut command = place.command();
    command.env_remove("PLIMSOLL_FEEDS").args(words);
    assert!(command.output().unwrap().status.success());
    let status = place.run(["feeds", "status", "--feeds", "others", "--config", "plimsoll.toml"]);
    for name in ["csaf:psirt.acme.example", "openvex:vex.acme.example/one.json"] {
        assert!(status.expect_code(0).stdout.contains(name), "{}", status.stdout);
    }
}
