//! AlmaLinux publishes only fixes; Red Hat, whose packages it builds anew, says what is not fixed. That can be switched off.

use serde_json::{Value, json};
use testkit::feeds::Mirror;

use crate::harness::{AS_OF, Place};

/// An SBOM of an AlmaLinux image, and a mirror on which Red Hat has an unfixed CVE of its one package, and AlmaLinux a fix of
/// another.
fn place() -> (Place, String) {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    let erratum = json!([{"updateinfo_id": "ALSA-2025:1", "type": "security", "severity": "Moderate", "title": "demo",
        "issued_date": {"$date": 1_748_736_000_000_u64}, "updated_date": {"$date": 1_748_736_000_000_u64},
        "references": [{"type": "cve", "id": "CVE-2025-10002"}],
        "pkglist": {"packages": [
            {"name": "demo", "epoch": "0", "version": "1.0", "release": "4.el9", "arch": "x86_64"}]}}]);
    mirror.file("errata.almalinux.org/9/errata.json", erratum.to_string());
    let product = |id: &str, helper: Value| json!({"name": id, "product_id": id, "product_identification_helper": helper});
    let unfixed = json!({
        "document": {"tracking": {"id": "CVE-2025-10001", "current_release_date": "2025-05-30T10:00:00Z"}},
        "product_tree": {
            "full_product_names": [
                product("release", json!({"cpe": "cpe:/o:redhat:enterprise_linux:9"})),
                product("demo", json!({"purl": "pkg:rpm/redhat/demo"}))],
            "relationships": [{"category": "default_component_of", "product_reference": "demo",
                "relates_to_product_reference": "release",
                "full_product_name": {"name": "demo of the release", "product_id": "release:demo"}}]},
        "vulnerabilities": [
            {"cve": "CVE-2025-10001", "product_status": {"known_affected": ["release:demo"]}}]});
    mirror.red_hat("2025-06-01", &[("2025/cve-2025-10001.json", unfixed.to_string().into_bytes())]);
    place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"operating-system","name":"almalinux","version":"9.4"},
            {"type":"library","name":"demo","version":"1.0-3.el9",
             "purl":"pkg:rpm/almalinux/demo@1.0-3.el9?arch=x86_64&distro=almalinux-9.4"}]}"#,
    );
    let mirror = mirror.dir().display().to_string();
    (place, mirror)
}

/// The ids that a match with `words` finds, and the gaps about AlmaLinux and Red Hat.
fn found(place: &Place, words: &[&str]) -> (Vec<String>, Vec<String>) {
    let sbom = place.path("sbom.json").display().to_string();
    let report = place.json([&["match", &sbom, "--as-of", AS_OF, "-o", "json"], words].concat());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    let mut ids: Vec<String> = findings.iter().map(|finding| text(&finding["id"])).collect();
    ids.sort();
    let gaps = report["coverage"]["gaps"].as_array().unwrap().iter();
    let gaps = gaps.filter(|gap| matches!(gap["where"].as_str(), Some("almalinux:9" | "redhat:9")));
    let gaps = gaps.filter(|gap| gap["kind"] != "stale-feed");
    (ids, gaps.map(|gap| format!("{} {}", text(&gap["kind"]), text(&gap["where"]))).collect())
}

#[test]
fn red_hat_is_asked_what_is_not_fixed_unless_that_is_switched_off() {
    let (place, mirror) = place();
    let (ids, gaps) = found(&place, &["--mirror", &mirror, "--unfixed-from-rhel", "false"]);
    assert_eq!(ids, ["CVE-2025-10002"]);
    assert_eq!(gaps, ["fix-only-feed almalinux:9"]);
    let status = place.run(["feeds", "status"]);
    assert!(
        status.stdout.contains("almalinux:9") && !status.stdout.contains("redhat:9"),
        "{}",
        status.stdout
    );

    let (ids, gaps) = found(&place, &["--mirror", &mirror]);
    assert_eq!(ids, ["CVE-2025-10001", "CVE-2025-10002"]);
    // What Red Hat has fixed, and the rebuild not yet, is told by nobody.
    assert_eq!(gaps, ["fix-only-feed almalinux:9"]);
    // What is held is not asked either.
    let config = place.write("alone.toml", "[alma]\nunfixed_from_rhel = false\n").display().to_string();
    assert_eq!(found(&place, &["--offline", "--config", &config]).0, ["CVE-2025-10002"]);
}

#[test]
fn what_was_switched_off_is_no_reason_to_explain() {
    let (place, mirror) = place();
    found(&place, &["--mirror", &mirror]);
    let sbom = place.path("sbom.json").display().to_string();
    let explain = |words: &[&str]| place.run([&["explain", "CVE-2025-10001", &sbom], words].concat());
    let asked = explain(&[]);
    asked.expect_code(0);
    assert!(asked.stdout.contains("redhat:9"), "{}", asked.stdout);
    let alone = explain(&["--unfixed-from-rhel", "false"]);
    alone.expect_code(2).expect_stderr(&["no row under the keys of 1 package names `CVE-2025-10001`"]);
}
