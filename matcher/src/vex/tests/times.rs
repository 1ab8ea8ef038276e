//! Which of several statements is the later (feeds.md D7, A28; docs/decisions/0032).

use super::*;

/// What comes of one document that says both, each with times of its own.
#[track_caller]
fn check_times(no: Value, yes: Value, expected: bool) {
    let with = |mut statement: Value, times: &Value| {
        let times = times.as_object().unwrap().clone();
        statement.as_object_mut().unwrap().extend(times);
        statement
    };
    let product = || json!("pkg:npm/a");
    let mut document = openvex(
        "V",
        json!([
            with(not_affected("CVE-1", product()), &no),
            with(stated("CVE-1", product(), "affected"), &yes)
        ]),
    );
    document["timestamp"] = json!("2025-03-01T00:00:00Z");
    document["last_updated"] = json!("2025-09-01T00:00:00Z");
    let mut found = findings("CVE-1 0");
    let inventory = inventory("app", "", "npm a 1 purl=pkg:npm/a@1");
    apply(&mut found, &[given(&document)], &inventory, None);
    assert_eq!(found[0].suppressed.is_some(), expected, "{no} {yes}");
}

/// A28: "Timestamp cascades document to statement"; when the document changed is its own affair.
#[test]
fn a_statement_without_a_time_is_as_old_as_its_document() {
    let at = |time: &str| json!({"timestamp": time});
    check_times(json!({}), at("2025-06-01T00:00:00Z"), false);
    check_times(json!({}), at("2025-02-01T00:00:00Z"), true);
}

/// 0032: what cannot be decided suppresses nothing.
#[test]
fn a_time_that_cannot_be_read_favours_nobody_who_suppresses() {
    let bad = || json!({"timestamp": "yesterday"});
    let at = |time: &str| json!({"timestamp": time});
    check_times(bad(), at("2025-02-01T00:00:00Z"), false);
    check_times(at("2025-06-01T00:00:00Z"), bad(), false);
    // What changed at a time that cannot be read was said by the time that can.
    let half = || json!({"timestamp": "2025-06-01T00:00:00Z", "last_updated": "yesterday"});
    check_times(half(), at("2025-05-01T00:00:00Z"), true);
    check_times(half(), at("2025-07-01T00:00:00Z"), false);
    check_times(at("2025-07-01T00:00:00Z"), half(), false);
}

/// 0032: an undated word against is not older than a dated one for.
#[test]
fn an_undated_document_that_does_not_suppress_is_the_latest() {
    let product = || json!("pkg:npm/a");
    let no = openvex("NO", json!([not_affected("CVE-1", product())]));
    let mut yes = openvex("YES", json!([stated("CVE-1", product(), "affected")]));
    yes.as_object_mut().unwrap().remove("timestamp");
    let inventory = inventory("app", "", "npm a 1 purl=pkg:npm/a@1");
    check(
        &inventory,
        "CVE-1 0",
        &[given(&no), given(&yes)],
        "CVE-1 a: affected\nstatements[0] CVE-1: overruled\nstatements[0] CVE-1: keeps-finding",
    );
    // Nor is it heard over who is trusted more.
    check(
        &inventory,
        "CVE-1 0",
        &[given(&no), given_as(&yes, Trust::Hub)],
        "CVE-1 a: vex-not-affected by NO component_not_present\nstatements[0] CVE-1: overruled",
    );
}

/// D7: the time of the analysis counts, not that of the record of the vulnerability.
#[test]
fn cyclonedx_goes_by_the_time_of_the_analysis() {
    let document = |analysis: Value| {
        json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": "2025-01-01T00:00:00Z"},
            "components": [{"bom-ref": "a", "name": "a", "purl": "pkg:npm/a"}],
            "vulnerabilities": [{"id": "CVE-1", "updated": "2025-09-01T00:00:00Z", "analysis": analysis,
                "affects": [{"ref": "a"}]}]})
    };
    let inventory = inventory("app", "", "npm a 1 purl=pkg:npm/a@1");
    let mut yes = openvex("YES", json!([stated("CVE-1", json!("pkg:npm/a"), "affected")]));
    yes["timestamp"] = json!("2025-03-01T00:00:00Z");
    let no = |times: Value| {
        let mut analysis = json!({"state": "not_affected", "detail": "x"});
        analysis.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
        document(analysis)
    };
    for (times, expected) in [
        (json!({}), false),
        (json!({"firstIssued": "2025-02-01T00:00:00Z"}), false),
        (json!({"firstIssued": "2025-04-01T00:00:00Z"}), true),
        (json!({"firstIssued": "2025-02-01T00:00:00Z", "lastUpdated": "2025-04-01T00:00:00Z"}), true),
        (json!({"lastUpdated": "now"}), false),
    ] {
        let mut found = findings("CVE-1 0");
        apply(&mut found, &[given(&no(times.clone())), given(&yes)], &inventory, None);
        assert_eq!(found[0].suppressed.is_some(), expected, "{times}");
    }
}
