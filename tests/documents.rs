//! SBOMs as documents: several become one, one becomes another format, and nothing is lost in silence.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use testkit::feeds::{Mirror, osv_record};

use crate::harness::{AS_OF, Place, make_key, read_json, signed};

const APK_INSTALLED: &str = "P:demo\nV:1.0-r0\nA:x86_64\no:demo\n\n";
const DPKG_STATUS: &str =
    "Package: demo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n";

/// A place with the SBOMs of an Alpine tree, of a Debian one and of the source of an application, each in the format in
/// which it is told apart best from the others, and a mirror that has something on each.
fn place() -> (Place, Mirror) {
    let place = Place::new();
    place.write("alpine/etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n");
    place.write("alpine/lib/apk/db/installed", APK_INSTALLED);
    place.write("debian/etc/os-release", "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n");
    place.write("debian/var/lib/dpkg/status", DPKG_STATUS);
    for (tree, version) in [("debian", "1.0"), ("source", "1.0")] {
        place.write(
            &format!("{tree}/lib/alpha-{version}.dist-info/METADATA"),
            format!("Metadata-Version: 2.1\nName: alpha\nVersion: {version}\n"),
        );
    }
    for (tree, format) in
        [("alpine", "cyclonedx-json"), ("debian", "spdx-json"), ("source", "cyclonedx-json")]
    {
        let output = format!("{format}={tree}.json");
        place.run(["sbom", &format!("dir:{tree}"), "-o", &output]).expect_code(0);
    }
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "demo\n  1.0-r1 CVE-2025-10001\n").secdb("3.20", "community", "");
    mirror.tracker(&json!({"demo": {
        "CVE-2025-10001": {"releases": {
            "bookworm": {"status": "resolved", "fixed_version": "1.0-1", "repositories": {}}}},
        "CVE-2025-10002": {"releases": {
            "bookworm": {"status": "resolved", "fixed_version": "1.0-2", "repositories": {}}}},
    }}));
    mirror
        .osv_records("PyPI", &[osv_record("PYSEC-2025-1", &[], "PyPI", "alpha", "introduced 0, fixed 2.0")]);
    (place, mirror)
}

/// `id purl` of every finding.
fn findings(place: &Place, mirror: &Mirror, sbom: &str) -> BTreeSet<String> {
    let mirror = mirror.dir().display().to_string();
    let report =
        place.json(["match", sbom, "-o", "json", "--as-of", AS_OF, "--allow-empty", "--mirror", &mirror]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| format!("{} {}", text(&finding["id"]), text(&finding["package"]["purl"])))
        .collect()
}

#[test]
fn what_matches_a_merged_sbom_is_what_matches_its_parts() {
    let (place, mirror) = place();
    let sboms = ["alpine.json", "debian.json", "source.json"];
    let each: BTreeSet<String> = sboms.iter().flat_map(|sbom| findings(&place, &mirror, sbom)).collect();
    let ids: Vec<&str> = each.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ids, ["CVE-2025-10001", "CVE-2025-10002", "PYSEC-2025-1"], "{each:#?}");
    for format in ["cyclonedx-json", "spdx-json"] {
        let output = format!("{format}=all.json");
        let words = ["merge", "-o", &output, "--name", "delivery"];
        place.run(words.iter().chain(&sboms)).expect_code(0);
        assert_eq!(findings(&place, &mirror, "all.json"), each, "{format}");
    }
}

#[test]
fn the_order_of_sboms_changes_no_byte_and_the_same_one_is_there_once() {
    let (place, _) = place();
    let first = place.run(["merge", "alpine.json", "debian.json"]);
    first.expect_code(0);
    let document: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(document["metadata"]["component"]["name"], "alpine + debian");

    place.run(["convert", "alpine.json", "-o", "spdx-json=other.json"]).expect_code(0);
    let second = place.run(["merge", "debian.json", "alpine.json"]);
    assert_eq!(second.expect_code(0).stdout, first.stdout);
    let repeated = place.run(["merge", "debian.json", "alpine.json", "debian.json"]);
    repeated.expect_code(0).expect_stderr(&["`debian.json` says the same as `debian.json`"]);
    assert_eq!(repeated.stdout, first.stdout);
    // The same in another format is the same.
    let repeated = place.run(["merge", "alpine.json", "debian.json", "other.json"]);
    repeated.expect_code(0).expect_stderr(&["says the same as", "alpine.json", "other.json"]);
    let document: Value = serde_json::from_str(&repeated.stdout).unwrap();
    let parts = document["components"].as_array().unwrap().iter();
    let parts = parts.filter(|part| part["bom-ref"].as_str().unwrap().starts_with("part"));
    assert_eq!(parts.count(), 2);
}

#[test]
fn an_sbom_in_any_syntax_is_known_without_a_prefix() {
    let (place, mirror) = place();
    let expected = findings(&place, &mirror, "alpine.json");
    let mirror = mirror.dir().display().to_string();
    for format in ["cyclonedx-xml", "spdx-tag-value", "spdx-json@3.0"] {
        place.run(["convert", "alpine.json", "-o", &format!("{format}=a")]).expect_code(0);
        let report = place.json(["scan", "a", "-o", "json", "--as-of", AS_OF, "--mirror", &mirror]);
        let ids: Vec<&Value> =
            report["findings"].as_array().unwrap().iter().map(|finding| &finding["id"]).collect();
        assert_eq!(ids.len(), expected.len(), "{format}: {ids:?}");
    }
    place.write("purls", "pkg:apk/alpine/demo@1.0-r0?distro=alpine-3.20.3\n");
    let report = place.json(["scan", "purls", "-o", "json", "--as-of", AS_OF, "--mirror", &mirror]);
    assert_eq!(report["findings"][0]["id"], "CVE-2025-10001");
    place.write("log", r#"{"runs":[]}"#);
    place.run(["scan", "log"]).expect_code(2).expect_stderr(&["the document looks like a SARIF log"]);
}

#[test]
fn with_a_key_only_what_it_signed_is_read() {
    let (place, _) = place();
    make_key(&place, "ours");
    make_key(&place, "other");
    let payload = fs::read_to_string(place.path("alpine.json")).unwrap();
    let envelope = signed(&place, "ours", "application/vnd.cyclonedx+json", &payload);
    place.write("envelope.json", envelope.to_string());

    let plain = place.run(["convert", "alpine.json", "-o", "purls"]);
    let unverified = place.run(["convert", "envelope.json", "-o", "purls"]);
    assert_eq!(unverified.expect_code(0).stdout, plain.expect_code(0).stdout);
    let judged = place.run(["validate", "envelope.json"]);
    let said = &judged.expect_code(0).stdout;
    assert!(said.contains("nobody's signature was verified"), "{said}");

    let verified =
        place.run(["convert", "envelope.json", "-o", "purls", "--key", "other.pub", "--key", "ours.pub"]);
    assert_eq!(verified.expect_code(0).stdout, plain.stdout);
    let judged = place.json(["validate", "envelope.json", "-o", "json", "--key", "ours.pub"]);
    assert_eq!(judged["signature"]["state"], "verified");

    let not_signed: &[&str] = &["the document is not signed with one of the given keys"];
    for command in ["convert", "validate", "match", "scan", "merge"] {
        for sbom in ["envelope.json", "alpine.json"] {
            place.run([command, sbom, "--key", "other.pub"]).expect_code(2).expect_stderr(not_signed);
        }
        place
            .run([command, "envelope.json", "--key", "ours.key"])
            .expect_code(2)
            .expect_stderr(&["it is a "]);
        place
            .run([command, "envelope.json", "--key", "none"])
            .expect_code(2)
            .expect_stderr(&["cannot read the key"]);
    }
}

#[test]
fn what_a_format_has_no_place_for_is_said() {
    let (place, _) = place();
    let mut document = read_json(&place.path("alpine.json"));
    let components = document["components"].as_array_mut().unwrap();
    for component in components.iter_mut() {
        component["releaseNotes"] = json!({"type": "major", "title": "unheard of"});
    }
    let n_components = components.len();
    fs::write(place.path("noted.json"), document.to_string()).unwrap();
    let line = format!(
        "not in spdx-json: components[].releaseNotes.title ({n_components} values, such as `unheard of`)"
    );
    let words = ["convert", "noted.json", "-o", "spdx-json=a.json", "-o", "purls"];
    let ran = place.run(words);
    ran.expect_code(0).expect_stderr(&[&line]);
    assert_eq!(ran.stdout, "pkg:apk/alpine/demo@1.0-r0?arch=x86_64&distro=alpine-3.20.3\n");
    place.run(words.iter().chain(&["-q"])).expect_code(0).expect_stderr(&[&line]);
    place.run(words.iter().chain(&["--strict"])).expect_code(1).expect_stderr(&[&line]);
    assert!(fs::exists(place.path("a.json")).unwrap());

    let ran = place.run(["merge", "noted.json", "debian.json", "-o", "spdx-json=b.json", "--strict"]);
    ran.expect_code(1).expect_stderr(&[&line]);
    place.run(["convert", "missing.json"]).expect_code(2).expect_stderr(&["missing.json"]);
    place.run(["merge", "-", "-"]).expect_code(2).expect_stderr(&["standard input can be only one"]);
}

#[test]
fn an_sbom_is_judged_and_the_exit_code_says_how() {
    let (place, _) = place();
    place.run(["validate", "alpine.json"]).expect_code(0);
    place.run(["validate", "debian.json"]).expect_code(0);
    // Nobody states a supplier here.
    place.run(["validate", "alpine.json", "--minimum", "ntia"]).expect_code(1);
    let mut sbom = read_json(&place.path("alpine.json"));
    sbom["dependencies"] = json!([{"ref": "nowhere", "dependsOn": []}]);
    sbom["components"][0]["type"] = json!("alien");
    place.write("broken.json", sbom.to_string());
    let ran = place.run(["validate", "broken.json", "-o", "json"]);
    ran.expect_code(1);
    assert!(ran.stdout.contains("cyclonedx-dependency"), "{}", ran.stdout);
    assert!(ran.stdout.contains("components[0].type"), "{}", ran.stdout);
    place.write("schema.json", r#"{"required": ["never"]}"#);
    place.run(["validate", "alpine.json", "--schema", "schema.json"]).expect_code(1);
    place.write("no-sbom.json", "{}");
    place.run(["validate", "no-sbom.json"]).expect_code(2);
}

/// Whatever a format is called, what was written in it is told from others and read.
#[test]
fn an_sbom_in_xml_or_of_spdx_3_is_a_source_like_any_other() {
    let (place, mirror) = place();
    let expected = findings(&place, &mirror, "debian.json");
    for format in ["cyclonedx-xml@1.4", "cyclonedx-json@1.7", "spdx-json@2.2", "spdx-json@3.0"] {
        place.run(["sbom", "dir:debian", "-o", &format!("{format}=again")]).expect_code(0);
        assert_eq!(findings(&place, &mirror, "again"), expected, "{format}");
        place.run(["sbom", "again", "-o", "table"]).expect_code(0);
    }
}
