//! What did not happen is said together with what would make it happen.

use serde_json::Value;
use testkit::feeds::Mirror;

use crate::harness::{AS_OF, Place};

/// An SBOM of an Alpine image in which one finding is rated by nobody, and a mirror of Alpine's database alone.
fn place() -> (Place, String, String) {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "curl\n  8.9.0-r1 CVE-2025-10002\n");
    mirror.secdb("3.20", "community", "");
    let sbom = place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"operating-system","name":"alpine","version":"3.20.3"},
            {"type":"library","name":"libcurl","version":"8.8.0-r1",
             "purl":"pkg:apk/alpine/libcurl@8.8.0-r1?distro=alpine-3.20.3&upstream=curl",
             "cpe":"cpe:2.3:a:haxx:libcurl:8.8.0:*:*:*:*:*:*:*"}]}"#,
    );
    (place, sbom.display().to_string(), mirror.dir().display().to_string())
}

#[test]
fn a_gate_of_severities_says_for_what_it_cannot_fire() {
    let (place, sbom, mirror) = place();
    let gated = |gate: &str| {
        let words = ["match", &sbom, "--mirror", &mirror, "--as-of", AS_OF, "--fail-on", gate];
        place.run(words.into_iter().chain(["-o", "table", "-o", "json=report.json"]))
    };
    let line = "1 finding has no severity and cannot break this gate";
    let ran = gated("high");
    ran.expect_code(0).expect_stderr(&[line, "plimsoll feeds sync --only nvd"]);
    assert!(ran.stdout.ends_with(&format!("Judgement: acceptable\n  {line}\n")), "{}", ran.stdout);
    let report: Value = serde_json::from_slice(&std::fs::read(place.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["judgement"]["unrated"], 1);
    let ran = gated("unknown");
    ran.expect_code(1);
    assert!(
        !ran.stderr.contains("no severity") && !ran.stdout.contains(line),
        "{}{}",
        ran.stderr,
        ran.stdout
    );
}
