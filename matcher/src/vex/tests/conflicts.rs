//! Two sources that say different things (feeds.md D7, docs/decisions/0037).

use serde_json::{Value, json};

use super::rules::{DIGEST, image};
use super::*;

/// Each outcome as `id: reason, against whom`, and whether the finding is suppressed.
fn heard(documents: &[Given]) -> (bool, Vec<String>) {
    let mut found = findings("CVE-1 0");
    let used = apply(&mut found, documents, &image(), None);
    let told = used.unapplied.iter().map(|one| format!("{}, {}", one.reason.as_str(), one.detail));
    (found[0].suppressed.is_some(), told.collect())
}

fn at(mut document: Value, time: &str) -> Value {
    document["timestamp"] = json!(time);
    document
}

const PURL: &str = "pkg:apk/alpine/libdemo@1.0-r1";

/// The products that are the package of the finding: by whatever name, and as a part of what.
fn products() -> Vec<Value> {
    vec![
        json!(PURL),
        json!("pkg:apk/alpine/libdemo"),
        json!({"@id": DIGEST}),
        json!({"@id": "pkg:oci/app", "subcomponents": [PURL]}),
        json!("cpe:/o:alpinelinux:alpine_linux:3.18"),
    ]
}

/// What is judged is the key, not how it is named: the package in its image, and the vulnerability by any of its ids.
#[test]
fn whatever_is_said_of_the_package_is_held_against_each_other() {
    for no in products() {
        for yes in products() {
            let no = at(openvex("NO", json!([not_affected("CVE-1", no.clone())])), "2025-01-01T00:00:00Z");
            for (time, is_suppressed) in [("2024-12-31T00:00:00Z", true), ("2025-01-02T00:00:00Z", false)] {
                let yes = at(openvex("YES", json!([stated("CVE-1", yes.clone(), "affected")])), time);
                let (found, told) = heard(&[given(&no), given(&yes)]);
                assert_eq!(found, is_suppressed, "{no} {yes}");
                let expected = match is_suppressed {
                    true => vec!["overruled, CVE-1: NO (statements[0]) says not affected".to_owned()],
                    false => vec![
                        "overruled, CVE-1: YES (statements[0]) says affected".to_owned(),
                        format!("keeps-finding, CVE-1 in {}", image().packages[0].purl),
                    ],
                };
                assert_eq!(told, expected);
            }
        }
    }
}

/// Another product, another part or another vulnerability is no conflict.
#[test]
fn what_is_said_of_something_else_is_not() {
    let no = at(openvex("NO", json!([not_affected("CVE-1", json!(PURL))])), "2025-01-01T00:00:00Z");
    for (vulnerability, product) in [
        ("CVE-1", json!("pkg:apk/alpine/libdemo@2.0")),
        ("CVE-1", json!({"@id": "pkg:oci/app", "subcomponents": ["pkg:apk/alpine/other"]})),
        ("CVE-1", json!({"@id": "pkg:oci/other", "subcomponents": [PURL]})),
        ("CVE-2", json!(PURL)),
    ] {
        let yes = openvex("YES", json!([stated(vulnerability, product, "affected")]));
        assert!(heard(&[given(&no), given(&at(yes, "2025-06-01T00:00:00Z"))]).0, "{vulnerability}");
    }
}

#[test]
fn the_report_says_who_contradicts_whom() {
    let no = openvex("NO", json!([not_affected("CVE-1", json!(PURL))]));
    let yes = openvex("YES", json!([stated("CVE-1", json!(PURL), "under_investigation")]));
    let (is_suppressed, told) = heard(&[given(&no), given(&yes)]);
    assert!(!is_suppressed);
    assert_eq!(told[0], "contradicted, CVE-1: YES (statements[0]) says under investigation");
    // Who is trusted less is told so, and by whom.
    let (is_suppressed, told) = heard(&[given_as(&no, Trust::Supplier), given_as(&yes, Trust::Hub)]);
    assert!(is_suppressed);
    assert_eq!(told, ["overruled, CVE-1: NO (statements[0]) says not affected"]);
    let (is_suppressed, told) = heard(&[given_as(&no, Trust::Hub), given_as(&yes, Trust::Supplier)]);
    assert!(!is_suppressed);
    assert_eq!(told[0], "overruled, CVE-1: YES (statements[0]) says under investigation");
}

/// A28 has no parts of parts: which of them are meant is not known.
#[test]
fn a_part_of_a_part_does_not_suppress_the_part() {
    let nested = json!({"@id": "pkg:oci/app",
        "subcomponents": [{"@id": "pkg:apk/alpine/libdemo", "subcomponents": ["pkg:npm/b"]}]});
    let no = given(&openvex("NO", json!([not_affected("CVE-1", nested.clone())])));
    assert_eq!(
        no.document.remarks,
        ["`statements[0].products[0].subcomponents[0]`: a part with parts of its own is not read"]
    );
    check(&image(), "CVE-1 0", &[no], "CVE-1 libdemo: affected\nstatements[0] CVE-1: unknown-product");
    let yes = openvex("YES", json!([stated("CVE-1", nested, "affected")]));
    let no = openvex("NO", json!([not_affected("CVE-1", json!(PURL))]));
    assert!(!heard(&[given(&no), given(&yes)]).0);
}
