//! What hostile documents may cost: memory for words and versions.

use model::limits::Limits;
use serde_json::{Value, json};

use super::formats::csaf;
use super::*;
use crate::vex::{VexError, VexStatus};

/// A name of a list, or a word, is in the report of a thousand statements.
#[test]
fn words_of_any_length_are_kept_cut() {
    let long = "a".repeat(1 << 20);
    let flags: Vec<Value> =
        (0..50).map(|nth| json!({"label": format!("f{nth}"), "product_ids": [format!("p{nth}")]})).collect();
    let products: Vec<String> = (0..50).map(|nth| format!("p{nth}")).collect();
    let of_csaf =
        csaf(json!({}), json!({"cve": "CVE-1", "product_status": {(&*long): products}, "flags": flags}));
    let of_openvex = openvex("V", json!([stated("CVE-1", json!("pkg:npm/a"), &long)]));
    let of_cyclonedx = json!({"bomFormat": "CycloneDX", "version": 1, "serialNumber": "urn:uuid:1",
        "components": [{"bom-ref": "c", "purl": "pkg:npm/a"}],
        "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": long}, "affects": [{"ref": "c"},
            {"ref": "c", "versions": [{"version": "1", "status": long}]}]}]});
    for (document, n) in [(of_csaf, 50), (of_openvex, 1), (of_cyclonedx, 2)] {
        let given = given(&document);
        assert_eq!(given.document.statements.len(), n);
        for statement in &given.document.statements {
            assert!(statement.place.len() < 200, "{}", statement.place.len());
            let VexStatus::Unknown(word) = &statement.status else { panic!("{:?}", statement.status) };
            assert!(word.starts_with("aaa") && word.len() < 200, "{}", word.len());
        }
        let inventory = inventory("app", "", "npm a 1 purl=pkg:npm/a@1");
        for trust in [Trust::User, Trust::Unverified] {
            let one = Given { trust, ..given.clone() };
            let used = apply(&mut findings("CVE-1 0"), &[one], &inventory, None);
            assert!(!used.unapplied.is_empty());
            assert!(used.unapplied.iter().all(|one| one.statement.len() < 200 && one.detail.len() <= 304));
        }
    }
}

/// What stands where a version should is read past, whatever it is, and counted as nothing.
#[test]
fn what_is_no_version_is_none() {
    let few = Limits { vex_values_max: 10, ..Limits::default() };
    let nested: Value = (0..100).map(|_| json!([0])).collect();
    for (version, expected) in [
        (json!(3), &[3][..]),
        (json!("1.2"), &[1, 2]),
        (json!(null), &[]),
        (json!(-1), &[]),
        (json!(1.5), &[]),
        (json!(true), &[]),
        (nested.clone(), &[]),
        (json!({"a": nested, "b": {"c": nested}}), &[]),
    ] {
        let mut document = openvex("V", json!([]));
        document["version"] = version.clone();
        let read = read(document.to_string().as_bytes(), &few).unwrap();
        assert_eq!(read.version, expected, "{version}");
    }
    let text = r#"{"@context": "https://openvex.dev/ns", "version": {"a": [1, 2}}"#;
    assert!(matches!(read(text.as_bytes(), &few), Err(VexError::NotJson(_))));
}

/// Comparing a repository's names with its list takes time for each name, and is done once.
#[test]
fn a_document_says_what_it_is_listed_for_and_nothing_else() {
    let list: Vec<String> = (0..3_000).map(|nth| format!("pkg:npm/p{nth}")).collect();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let products: Vec<String> = (1_000..6_000).map(|nth| format!("pkg:npm/p{nth}@1")).collect();
    let document =
        openvex("V", json!([{"vulnerability": "CVE-1", "products": products, "status": "affected"}]));
    let given = given_under(&document, &list);
    assert_eq!(given.document.statements[0].products.len(), 2_000);
    for (listed, n) in [("pkg:oci/a", 3), ("pkg:oci/a?repository_url=r.example/x", 1), ("pkg:docker/a", 1)] {
        let products = ["pkg:oci/a", "pkg:oci/a?repository_url=r.example/x&tag=1", "a:2"];
        let document =
            openvex("V", json!([{"vulnerability": "CVE-1", "products": products, "status": "affected"}]));
        let given = given_under(&document, &[listed]);
        assert_eq!(given.document.statements[0].products.len(), n, "{listed}");
    }
}
