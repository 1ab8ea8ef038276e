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

/// 0032: what cannot be decided stands against what suppresses, where it may be said of this package.
#[test]
fn what_may_be_meant_stands_against_what_suppresses() {
    let inventory = inventory("r.example/app:1", "", "npm foo 1.0 purl=pkg:npm/foo@1.0");
    let no =
        || at(openvex("NO", json!([not_affected("CVE-1", json!("pkg:npm/foo"))])), "2024-01-01T00:00:00Z");
    let outcome = |inventory: &Inventory, affected: &Value, bom: Option<&str>| {
        let mut found = findings("CVE-1 0");
        let used = apply(&mut found, &[given(&no()), given(affected)], inventory, bom);
        let reason = used.unapplied.iter().find(|one| one.document == given(affected).digest).unwrap();
        (found[0].suppressed.is_some(), reason.reason.as_str())
    };
    // A component of another BOM.
    let linked = |purl: &str| {
        json!({"bomFormat": "CycloneDX", "version": 1, "metadata": {"timestamp": "2025-01-01T00:00:00Z"},
            "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": "exploitable"},
                "affects": [{"ref": format!("urn:cdx:aa/2#{purl}")}]}]})
    };
    let ours = linked("pkg:npm/foo@1.0");
    assert_eq!(outcome(&inventory, &ours, None), (false, "other-bom"));
    assert_eq!(outcome(&inventory, &ours, Some("bb/2")), (true, "other-bom"));
    assert_eq!(outcome(&inventory, &ours, Some("aa/2")), (false, "keeps-finding"));
    assert_eq!(outcome(&inventory, &linked("pkg:npm/bar@1.0"), None), (true, "other-bom"));
    assert_eq!(outcome(&inventory, &linked("pkg:npm/foo@2.0"), None), (true, "other-bom"));
    // An image by a digest that may be that of its index: under its name, and not under any.
    let mut of_manifest = inventory.clone();
    of_manifest.subject.manifest_digest = Some(DIGEST.to_owned());
    let other = DIGEST.replace("0123", "3210");
    for (product, expected) in [
        (json!(format!("pkg:oci/app@{other}?repository_url=r.example")), (false, "index-unknown")),
        (json!({"@id": "r.example/app", "hashes": {"sha-256": &other[7..]}}), (false, "index-unknown")),
        (json!(format!("pkg:oci/bar@{other}?repository_url=r.example")), (true, "other-digest")),
        (json!(other), (true, "index-unknown")),
    ] {
        let affected = openvex("YES", json!([stated("CVE-1", product.clone(), "affected")]));
        assert_eq!(outcome(&of_manifest, &affected, None), expected, "{product}");
    }
}

/// D7: a part is that of its product; what cannot be told of the part is not said of other products.
#[test]
fn what_cannot_be_read_of_a_part_is_not_said_of_another_product() {
    let inventory = inventory("r.example/app:1", "", "npm foo 1.0 purl=pkg:npm/foo@1.0");
    let appliance = |whole: &str| {
        json!({"document": {"csaf_version": "2.0", "tracking": {"id": "A", "version": "1", "status": "final",
                "current_release_date": "2025-01-01T00:00:00Z"}},
            "product_tree": {
                "branches": [{"category": "product_version_range", "name": "before 9", "product":
                    {"product_id": "P", "product_identification_helper": {"purl": "pkg:npm/foo"}}}],
                "full_product_names": [{"product_id": "W", "product_identification_helper": {"purl": whole}}],
                "relationships": [{"product_reference": "P", "relates_to_product_reference": "W",
                    "full_product_name": {"product_id": "P:W"}}]},
            "vulnerabilities": [{"cve": "CVE-1", "product_status": {"known_affected": ["P:W"]}}]})
    };
    let no = at(openvex("NO", json!([not_affected("CVE-1", json!("pkg:npm/foo"))])), "2024-01-01T00:00:00Z");
    for (whole, expected) in [
        ("pkg:oci/another-appliance", (true, "other-product")),
        ("pkg:oci/app?repository_url=r.example", (false, "unreadable-range")),
    ] {
        let affected = given(&appliance(whole));
        let mut found = findings("CVE-1 0");
        let used = apply(&mut found, &[given(&no), affected.clone()], &inventory, None);
        let reason = used.unapplied.iter().find(|one| one.document == affected.digest).unwrap();
        assert_eq!((found[0].suppressed.is_some(), reason.reason.as_str()), expected, "{whole}");
    }
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
