//! What hostile documents may cost: memory for words and versions, comparisons, claims.

use std::collections::HashMap;

use model::limits::Limits;
use serde_json::{Value, json};

use super::formats::csaf;
use super::*;
use crate::vex::apply::apply_in_order;
use crate::vex::effort::Allowance;
use crate::vex::reach::counted;
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

/// CycloneDX that names one vulnerability by `n_ids` ids, and says `n` times of its subject what `state` is.
fn again_and_again(n_ids: usize, n: usize, state: &str) -> Value {
    let references: Vec<Value> = (0..n_ids).map(|nth| json!({"id": format!("A-{nth}")})).collect();
    json!({"bomFormat": "CycloneDX", "version": 1, "serialNumber": format!("urn:uuid:{state}"),
        "metadata": {"timestamp": "2025-01-01T00:00:00Z", "component": {"bom-ref": "root", "name": "app"}},
        "vulnerabilities": [{"id": "CVE-0", "references": references,
            "analysis": {"state": state, "detail": "x"}, "affects": vec![json!({"ref": "root"}); n]}]})
}

#[test]
fn a_document_that_asks_for_too_much_suppresses_nothing() {
    let packages: String = (0..30).map(|nth| format!("npm p{nth} 1 purl=pkg:npm/p{nth}@1\n")).collect();
    let inventory = inventory("app", "", &packages);
    let lines: String = (0..30).map(|nth| format!("A-{nth} {nth}\n")).collect();
    let allowance = Allowance { comparisons_max: 5_000, claims_max: 1_000 };
    let modest = given_as(&again_and_again(3, 2, "not_affected"), Trust::User);
    let run = |documents: &[&Given], allowance: Allowance| {
        let mut found = findings(&lines);
        let (used, n) =
            counted::comparisons(|| apply_in_order(&mut found, documents, &inventory, None, allowance));
        let n_suppressed = found.iter().filter(|finding| finding.suppressed.is_some()).count();
        let mut reasons: HashMap<&str, usize> = HashMap::new();
        used.unapplied.iter().for_each(|one| *reasons.entry(one.reason.as_str()).or_default() += 1);
        (n_suppressed, reasons.get("too-much").copied().unwrap_or_default(), n)
    };
    // Whatever it is that there is too much of.
    for (documents, allowance) in [
        (again_and_again(30, 500, "not_affected"), allowance),
        (again_and_again(30, 40, "not_affected"), Allowance { claims_max: 1_000, comparisons_max: 1 << 30 }),
    ] {
        let hostile = given_as(&documents, Trust::Hub);
        let n_statements = hostile.document.statements.len();
        assert_eq!(run(&[&hostile], Allowance { comparisons_max: 1 << 30, claims_max: 1 << 30 }).0, 30);
        for both in [[&hostile, &modest], [&modest, &hostile]] {
            let (n_suppressed, n_too_much, n) = run(&both, allowance);
            assert_eq!((n_suppressed, n_too_much), (3, n_statements));
            assert!(n <= 2_000, "{n}");
        }
    }
    // A name that takes long to read counts as many.
    let mut long = again_and_again(1, 40, "not_affected");
    long["metadata"]["component"]["cpe"] =
        json!(format!("cpe:2.3:a:{}:b:*:*:*:*:*:*:*:*", "1".repeat(1 << 20)));
    let long = given_as(&long, Trust::Hub);
    assert_eq!(run(&[&modest, &long], allowance).1, 40);
    // What stands against others is not known: nothing that is trusted as much or less suppresses.
    let against = again_and_again(30, 500, "exploitable");
    for (trust, expected) in [(Trust::User, 0), (Trust::Hub, 3)] {
        let against = given_as(&against, trust);
        let (n_suppressed, n_too_much, n) = run(&[&against, &modest], allowance);
        assert_eq!(n_suppressed, expected);
        assert!(n_too_much >= 500 && n <= 2_000, "{n_too_much} {n}");
    }
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

/// A product that many packages are by name costs as much as they.
#[test]
fn a_product_of_many_namesakes_costs_as_many_comparisons() {
    let packages: String = (0..40).map(|nth| format!("npm a {nth} purl=pkg:npm/a@{nth}\n")).collect();
    let inventory = inventory("app", "", &packages);
    let documents = |n: usize| {
        let statement = json!({"vulnerability": "CVE-1", "products": vec!["pkg:npm/a"; n],
            "status": "not_affected", "justification": "component_not_present"});
        given(&openvex("V", json!([statement])))
    };
    let reason = |n: usize| {
        let allowance = Allowance { comparisons_max: 20_000, claims_max: 1_000 };
        let mut found = findings("CVE-1 0");
        let used = apply_in_order(&mut found, &[&documents(n)], &inventory, None, allowance);
        let is_suppressed = found[0].suppressed.is_some();
        (is_suppressed, used.unapplied.iter().any(|one| one.reason.as_str() == "too-much"))
    };
    assert_eq!(reason(10), (true, false));
    assert_eq!(reason(200), (false, true));
}
