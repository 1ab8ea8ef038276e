//! Versions that stand beside names: in branches of CSAF, in components of CycloneDX, in its lists of versions (feeds.md D7, A27).

use serde_json::{Value, json};

use super::formats::csaf;
use super::names::outcome;
use super::*;

/// A product `P` of CSAF that is not affected, in `branches` of a category and a name, the outermost first.
fn in_branches(branches: &[(&str, &str)], helper: Value) -> Value {
    let product = json!({"product_id": "P", "product_identification_helper": helper});
    let innermost = json!({"category": "architecture", "name": "amd64", "product": product});
    let branch = branches.iter().rev().fold(
        innermost,
        |within, (category, name)| json!({"category": category, "name": name, "branches": [within]}),
    );
    csaf(
        json!({"branches": [branch]}),
        json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["P"]},
            "flags": [{"label": "component_not_present", "product_ids": ["P"]}]}),
    )
}

/// A27: what a branch says of versions holds for all that is below it.
#[test]
fn a_range_holds_for_all_branches_below_it() {
    let inventory = inventory("app", "", "npm foo 3.0 purl=pkg:npm/foo@3.0");
    let range = "product_version_range";
    for (branches, expected) in [
        (&[(range, "vers:npm/<2")][..], "other-version"),
        (&[(range, "vers:npm/<4")], "suppressed"),
        (&[(range, "before 2")], "unreadable-range"),
        (&[(range, "vers:npm/<2"), ("language", "en")], "other-version"),
        (&[(range, "vers:npm/<2"), ("service_pack", "2"), ("product_name", "foo")], "other-version"),
        // Each of several must hold.
        (&[(range, "vers:npm/<2"), (range, "vers:npm/>=1")], "other-version"),
        (&[(range, "vers:npm/>=1"), (range, "vers:npm/<2")], "other-version"),
        (&[(range, "vers:npm/>=1"), (range, "vers:npm/<4")], "suppressed"),
        (&[(range, "before 9"), (range, "vers:npm/<4")], "unreadable-range"),
        (&[(range, "vers:npm/<4"); 5], "unreadable-range"),
    ] {
        let document = in_branches(branches, json!({"purl": "pkg:npm/foo"}));
        assert_eq!(outcome(&inventory, &document), expected, "{branches:?}");
    }
}

/// A27: a branch states the version of names that state none.
#[test]
fn a_branch_states_a_version() {
    let mut inventory = inventory("r.example/foo:3.0", "", "npm foo 3.0 purl=pkg:npm/foo@3.0");
    inventory.packages[0].cpes = vec!["cpe:2.3:a:acme:foo:3.0:*:*:*:*:*:*:*".to_owned()].into();
    let version = "product_version";
    for (branches, helper, expected) in [
        (&[(version, "2.0.0")][..], json!({"purl": "pkg:npm/foo"}), "other-version"),
        (&[(version, "3.0")], json!({"purl": "pkg:npm/foo"}), "suppressed"),
        (&[(version, "2.0.0"), ("language", "en")], json!({"purl": "pkg:npm/foo"}), "other-version"),
        // The innermost counts, and a name that states its own version.
        (&[(version, "2.0.0"), (version, "3.0")], json!({"purl": "pkg:npm/foo"}), "suppressed"),
        (&[(version, "2.0.0")], json!({"purl": "pkg:npm/foo@3.0"}), "suppressed"),
        (&[(version, "2.0.0")], json!({"cpe": "cpe:/a:acme:foo"}), "other-version"),
        (&[(version, "3.0")], json!({"cpe": "cpe:/a:acme:foo"}), "suppressed"),
        (&[(version, "2.0")], json!({"purl": "pkg:oci/foo?repository_url=r.example"}), "other-version"),
        (&[(version, "3.0")], json!({"purl": "pkg:oci/foo?repository_url=r.example"}), "suppressed"),
        // Red Hat writes what is not fixed yet in any version so.
        (&[(version, "foo")], json!({"purl": "pkg:npm/foo"}), "suppressed"),
        (&[(version, "foos:18/foo")], json!({"purl": "pkg:npm/foo"}), "suppressed"),
        (&[(version, "foo 2.0")], json!({"purl": "pkg:npm/foo"}), "other-version"),
        (&[(version, "foo@2.0")], json!({"purl": "pkg:npm/foo"}), "other-version"),
        (&[(version, "foo:2.0")], json!({"purl": "pkg:oci/foo?repository_url=r.example"}), "other-version"),
        (&[(version, "foo 3.0")], json!({"purl": "pkg:npm/foo"}), "suppressed"),
        (&[(version, "v3.0")], json!({"purl": "pkg:npm/foo"}), "suppressed"),
        (&[(version, "foo before 4")], json!({"purl": "pkg:npm/foo"}), "unreadable-range"),
        (&[(version, "3.x")], json!({"purl": "pkg:npm/foo"}), "unreadable-range"),
        (&[(version, "3.0 and earlier")], json!({"purl": "pkg:npm/foo"}), "unreadable-range"),
        (&[(version, "the next one")], json!({"purl": "pkg:npm/foo"}), "unreadable-range"),
    ] {
        let document = in_branches(branches, helper.clone());
        assert_eq!(outcome(&inventory, &document), expected, "{branches:?} {helper}");
    }
}

/// CycloneDX that says of one component, and of nothing else, that it is not affected.
fn of_component(component: &Value, versions: Value) -> Value {
    let mut component = component.clone();
    component["bom-ref"] = json!("c");
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": "urn:uuid:1",
        "metadata": {"timestamp": "2025-01-01T00:00:00Z"}, "components": [component],
        "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": "not_affected", "detail": "x"},
            "affects": [{"ref": "c", "versions": versions}]}]})
}

/// D7: a component is of the version that it states, by whichever name it goes.
#[test]
fn a_component_is_of_its_version_by_any_name() {
    let mut inventory = inventory("app", "", "npm lodash 4.17.15 purl=pkg:npm/lodash@4.17.15");
    inventory.packages[0].cpes = vec!["cpe:2.3:a:lodash:lodash:4.17.15:*:*:*:*:*:*:*".to_owned()].into();
    let any = "cpe:2.3:a:lodash:lodash:*:*:*:*:*:*:*:*";
    for (component, expected) in [
        (json!({"version": "4.17.21", "purl": "pkg:npm/lodash"}), "other-version"),
        (json!({"version": "4.17.15", "purl": "pkg:npm/lodash"}), "suppressed"),
        (json!({"purl": "pkg:npm/lodash"}), "suppressed"),
        (json!({"version": "4.17.21", "cpe": any}), "other-version"),
        (json!({"version": "4.17.15", "cpe": any}), "suppressed"),
        // A name that states its version keeps it.
        (json!({"version": "4.17.21", "purl": "pkg:npm/lodash@4.17.15"}), "suppressed"),
    ] {
        let document = of_component(&component, json!([]));
        assert_eq!(outcome(&inventory, &document), expected, "{component}");
    }
    // What is said of other versions is said of those.
    let component = json!({"version": "4.17.21", "purl": "pkg:npm/lodash"});
    for (version, expected) in [
        (json!({"version": "4.17.15", "status": "unaffected"}), "suppressed"),
        (json!({"version": "4.17.16", "status": "unaffected"}), "other-version"),
        (json!({"range": "vers:npm/<4.17.16", "status": "unaffected"}), "suppressed"),
    ] {
        let document = of_component(&component, json!([version]));
        assert_eq!(outcome(&inventory, &document), expected, "{document}");
    }
}

/// D7: the image that a document is about is of the version that stands beside its name.
#[test]
fn a_subject_is_of_its_version_by_any_name() {
    let purl = "pkg:oci/app?repository_url=ghcr.io/acme/app";
    let mut document = of_component(&json!({"name": "other"}), json!([]));
    document["metadata"]["component"] =
        json!({"bom-ref": "root", "name": "app", "version": "1.2", "purl": purl});
    document["vulnerabilities"][0]["affects"][0]["ref"] = json!("root");
    for (name, expected) in
        [("ghcr.io/acme/app:1.0", "other-version"), ("ghcr.io/acme/app:1.2", "suppressed")]
    {
        let inventory = inventory(name, "", "npm a 1 purl=pkg:npm/a@1");
        assert_eq!(outcome(&inventory, &document), expected, "{name}");
    }
    // The document is about the BOM of the version that stands there, and says nothing of it where it names another.
    let inventory = inventory("x", "", "npm a 1 purl=pkg:npm/a@1");
    for (version, is_suppressed) in [("1.2", true), ("1.3", false)] {
        document["vulnerabilities"][0]["affects"][0]["versions"] =
            json!([{"version": version, "status": "unaffected"}]);
        let mut found = findings("CVE-1 0");
        apply(&mut found, &[given(&document)], &inventory, Some("1/1"));
        assert_eq!(found[0].suppressed.is_some(), is_suppressed, "{version}");
    }
}

/// 0032: that a version is affected stands, by a CPE name too.
#[test]
fn what_is_affected_by_its_cpe_name_stands() {
    let mut inventory = inventory("app", "", "generic openssl 3.0.1 purl=pkg:generic/openssl@3.0.1");
    inventory.packages[0].cpes = vec!["cpe:2.3:a:openssl:openssl:3.0.1:*:*:*:*:*:*:*".to_owned()].into();
    let cpe = |version: &str| format!("cpe:2.3:a:openssl:openssl:{version}:*:*:*:*:*:*");
    let earlier = |product: Value| {
        let mut document = openvex("V", json!([not_affected("CVE-1", product)]));
        document["timestamp"] = json!("2024-01-01T00:00:00Z");
        given(&document)
    };
    for (of, version, is_open) in [
        ("3.0.1:*", "3.0.1", true),
        ("*:*", "3.0.1", true),
        ("3.0.1:*", "3.0.2", false),
        ("3.0.2:*", "3.0.2", false),
        ("3.0:1", "3.0-1", false),
    ] {
        let mut document = of_component(
            &json!({"version": version, "cpe": cpe(of)}),
            json!([{"version": version, "status": "affected"}]),
        );
        document["vulnerabilities"][0]["analysis"] = json!({"state": "exploitable"});
        let mut found = findings("CVE-1 0");
        apply(&mut found, &[given(&document), earlier(json!("pkg:generic/openssl"))], &inventory, None);
        assert_eq!(found[0].suppressed.is_none(), is_open, "{of} {version}");
    }
    // Which version a name without one means cannot be told: it suppresses nothing, and stands against what does.
    inventory.packages[0].cpes = vec!["cpe:2.3:a:openssl:openssl:-:*:*:*:*:*:*:*".to_owned()].into();
    let component = json!({"cpe": cpe("-:*")});
    for (status, expected) in [("affected", "contradicted unreadable-range"), ("unaffected", "suppressed")] {
        let document = of_component(&component, json!([{"version": "3.0.1", "status": status}]));
        let other = openvex("V", json!([not_affected("CVE-1", json!("pkg:generic/openssl"))]));
        let mut found = findings("CVE-1 0");
        let used = apply(&mut found, &[given(&document), given(&other)], &inventory, None);
        let reasons: Vec<&str> = used.unapplied.iter().map(|one| one.reason.as_str()).collect();
        let is_suppressed = found[0].suppressed.is_some();
        assert_eq!(is_suppressed, expected == "suppressed", "{status} {reasons:?}");
        assert!(reasons.contains(&"unreadable-range"), "{status} {reasons:?}");
    }
}

/// CycloneDX: a BOM without a version is its first.
#[test]
fn a_bom_without_a_version_is_the_first() {
    let component = json!({"purl": "pkg:npm/a"});
    let old = of_component(&component, json!([]));
    let mut new = old.clone();
    new.as_object_mut().unwrap().remove("version");
    new["metadata"]["timestamp"] = json!("2025-02-01T00:00:00Z");
    new["vulnerabilities"][0]["analysis"] = json!({"state": "exploitable"});
    let inventory = inventory("app", "", "npm a 1 purl=pkg:npm/a@1");
    check(
        &inventory,
        "CVE-1 0",
        &[given(&old), given(&new)],
        "CVE-1 a: affected
         vulnerabilities[0].affects[0] CVE-1: keeps-finding
         vulnerabilities[0].affects[0] CVE-1: superseded",
    );
}
