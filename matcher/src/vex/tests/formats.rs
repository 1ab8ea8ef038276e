//! How CSAF and CycloneDX say what feeds.md D7 has rules for, a case each.

use model::package::{Dependencies, PackageIndex};
use serde_json::{Value, json};

use super::rules::image;
use super::*;

pub(super) fn csaf(tree: Value, vulnerability: Value) -> Value {
    json!({"document": {"category": "csaf_vex", "csaf_version": "2.0",
            "publisher": {"name": "Acme", "namespace": "https://acme.example"},
            "tracking": {"id": "A-1", "version": "1", "status": "final",
                "current_release_date": "2025-01-01T00:00:00Z"}},
        "product_tree": tree, "vulnerabilities": [vulnerability]})
}

pub(super) fn named(id: &str, helper: Value) -> Value {
    json!({"name": id, "product_id": id, "product_identification_helper": helper})
}

#[test]
fn csaf_says_it_by_products_flags_and_relationships() {
    let purl = |purl: &str| json!({"purl": purl});
    let ours = || named("P", purl("pkg:apk/alpine/libdemo@1.0-r1"));
    let flat = || json!({"full_product_names": [ours(), named("Q", purl("pkg:apk/alpine/other"))]});
    let flag = json!([{"label": "component_not_present", "product_ids": ["P"]}]);
    let no = json!({"known_not_affected": ["P"]});
    let by = "libdemo: vex-not-affected by https://acme.example/A-1 component_not_present";
    let place = "vulnerabilities[0].product_status";
    let related = |whole: Value| {
        json!({"full_product_names": [ours(), whole], "relationships": [
            {"category": "default_component_of", "product_reference": "P", "relates_to_product_reference": "W",
             "full_product_name": {"name": "P in W", "product_id": "P:W"}}]})
    };
    let no_related = json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["P:W"]},
        "flags": [{"label": "component_not_present", "product_ids": ["P:W"]}]});
    for (tree, vulnerability, expected) in [
        (flat(), json!({"cve": "CVE-1", "product_status": no, "flags": flag}), format!("CVE-1 {by}")),
        (
            flat(),
            json!({"ids": [{"system_name": "x", "text": "GHSA-1"}], "product_status": no, "flags": flag}),
            format!("CVE-1 {by}"),
        ),
        (
            flat(),
            json!({"cve": "CVE-1", "product_status": no}),
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: no-justification"),
        ),
        // A threat that names no product is about all.
        (
            flat(),
            json!({"cve": "CVE-1", "product_status": no, "threats": [{"category": "impact", "details": "Gone."}]}),
            "CVE-1 libdemo: vex-not-affected by https://acme.example/A-1 Gone.".to_owned(),
        ),
        (
            json!({"full_product_names": [ours()], "product_groups": [{"group_id": "G", "product_ids": ["P"]}]}),
            json!({"cve": "CVE-1", "product_status": no, "flags": [{"label": "component_not_present", "group_ids": ["G"]}]}),
            format!("CVE-1 {by}"),
        ),
        (
            flat(),
            json!({"cve": "CVE-1", "product_status": {"fixed": ["P"]}}),
            "CVE-1 libdemo: vex-fixed by https://acme.example/A-1 -".to_owned(),
        ),
        // One product in two lists contradicts itself.
        (
            flat(),
            json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["P"], "known_affected": ["P"]}, "flags": flag}),
            format!(
                "CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: contradicted\n{place}.known_affected CVE-1: keeps-finding"
            ),
        ),
        (
            flat(),
            json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["X"]}, "flags": [{"label": "component_not_present"}]}),
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: unknown-product"),
        ),
        (related(named("W", purl("pkg:oci/app"))), no_related.clone(), format!("CVE-1 {by}")),
        (
            related(named("W", json!({"cpe": "cpe:/o:alpinelinux:alpine_linux:3.18"}))),
            no_related.clone(),
            format!("CVE-1 {by}"),
        ),
        (
            related(named("W", purl("pkg:oci/another"))),
            no_related.clone(),
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: other-product"),
        ),
        (
            related(json!({"name": "Acme", "product_id": "W"})),
            no_related,
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: unknown-product"),
        ),
    ] {
        check(&image(), "CVE-1,GHSA-1 0", &[given(&csaf(tree, vulnerability))], &expected);
    }
}

#[test]
fn csaf_ranges_cover_what_is_in_them_and_what_cannot_be_read_suppresses_nothing() {
    let place = "vulnerabilities[0].product_status";
    for (range, expected) in [
        (
            "vers:apk/1.0-r0|1.0-r1",
            "CVE-1 libdemo: vex-not-affected by https://acme.example/A-1 component_not_present".to_owned(),
        ),
        (
            "vers:apk/1.0-r0",
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: other-version"),
        ),
        (
            "vers:apk/>=1.0-r0|<1.0-r2",
            "CVE-1 libdemo: vex-not-affected by https://acme.example/A-1 component_not_present".to_owned(),
        ),
        (
            "vers:apk/<1.0-r1",
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: other-version"),
        ),
        (
            "vers:acme/<1.0-r1",
            format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: unreadable-range"),
        ),
        ("before 9", format!("CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: unreadable-range")),
    ] {
        let product = named("P", json!({"purl": "pkg:apk/alpine/libdemo"}));
        let tree = json!({"branches": [{"category": "product_name", "name": "demo", "branches": [
            {"category": "product_version_range", "name": range, "product": product}]}]});
        let vulnerability = json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["P"]},
            "flags": [{"label": "component_not_present", "product_ids": ["P"]}]});
        check(&image(), "CVE-1 0", &[given(&csaf(tree, vulnerability))], &expected);
    }
    // What may be affected stands against what is said not to be.
    let tree = json!({"full_product_names": [named("P", json!({"purl": "pkg:apk/alpine/libdemo@1.0-r1"}))],
        "branches": [{"category": "product_version_range", "name": "before 9",
            "product": named("R", json!({"purl": "pkg:apk/alpine/libdemo"}))}]});
    let vulnerability = json!({"cve": "CVE-1",
        "product_status": {"known_not_affected": ["P"], "known_affected": ["R"]}, "flags": [{"label": "component_not_present"}]});
    check(
        &image(),
        "CVE-1 0",
        &[given(&csaf(tree, vulnerability))],
        &format!(
            "CVE-1 libdemo: affected\n{place}.known_not_affected CVE-1: contradicted\n{place}.known_affected CVE-1: unreadable-range"
        ),
    );
}

#[test]
fn a_draft_suppresses_nothing_and_circles_of_relationships_end() {
    let tree = json!({"full_product_names": [named("P", json!({"purl": "pkg:apk/alpine/libdemo"}))],
        "relationships": [
            {"product_reference": "A", "relates_to_product_reference": "B", "full_product_name": {"product_id": "B"}},
            {"product_reference": "B", "relates_to_product_reference": "P", "full_product_name": {"product_id": "A"}}]});
    let no = |id: &str| json!({"cve": "CVE-1", "product_status": {"known_not_affected": [id]}, "flags": [{"label": "component_not_present"}]});
    let place = "vulnerabilities[0].product_status.known_not_affected";
    let mut draft = csaf(tree.clone(), no("P"));
    draft["document"]["tracking"]["status"] = json!("draft");
    check(&image(), "CVE-1 0", &[given(&draft)], &format!("CVE-1 libdemo: affected\n{place} CVE-1: draft"));
    check(
        &image(),
        "CVE-1 0",
        &[given(&csaf(tree, no("A")))],
        &format!("CVE-1 libdemo: affected\n{place} CVE-1: unknown-product"),
    );
}

pub(super) fn cyclonedx(vulnerability: Value) -> Value {
    json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555",
        "metadata": {"timestamp": "2025-01-01T00:00:00Z",
            "component": {"type": "container", "bom-ref": "root", "name": "registry.example/acme/app", "version": "1.2"}},
        "components": [{"type": "library", "bom-ref": "demo", "name": "libdemo", "purl": "pkg:apk/alpine/libdemo@1.0-r1",
            "components": [{"type": "library", "bom-ref": "loose", "name": "other", "purl": "pkg:apk/alpine/other"}]}],
        "vulnerabilities": [vulnerability]})
}

#[test]
fn cyclonedx_says_it_by_analysis_of_components() {
    let by = "by urn:uuid:11111111-2222-4333-8444-555555555555";
    let affected = "CVE-1 libdemo: affected\nCVE-1 other: affected\nvulnerabilities[0].affects[0] CVE-1:";
    let one =
        |analysis: Value, affects: Value| json!({"id": "CVE-1", "analysis": analysis, "affects": [affects]});
    let unreachable = json!({"state": "not_affected", "justification": "code_not_reachable"});
    let own = "urn:cdx:11111111-2222-4333-8444-555555555555/1";
    for (vulnerability, expected) in [
        (
            one(unreachable.clone(), json!({"ref": "demo"})),
            format!("CVE-1 libdemo: vex-not-affected {by} code_not_reachable\nCVE-1 other: affected"),
        ),
        (
            one(unreachable.clone(), json!({"ref": format!("{own}#loose")})),
            format!("CVE-1 libdemo: affected\nCVE-1 other: vex-not-affected {by} code_not_reachable"),
        ),
        (
            one(unreachable.clone(), json!({"ref": "root"})),
            format!(
                "CVE-1 libdemo: vex-not-affected {by} code_not_reachable\nCVE-1 other: vex-not-affected {by} code_not_reachable"
            ),
        ),
        (
            one(json!({"state": "resolved"}), json!({"ref": "demo"})),
            format!("CVE-1 libdemo: vex-fixed {by} -\nCVE-1 other: affected"),
        ),
        (
            one(json!({"state": "false_positive"}), json!({"ref": "demo"})),
            format!("CVE-1 libdemo: vex-not-affected {by} false_positive\nCVE-1 other: affected"),
        ),
        (one(json!({"state": "exploitable"}), json!({"ref": "demo"})), format!("{affected} keeps-finding")),
        (one(json!({"state": "in_triage"}), json!({"ref": "demo"})), format!("{affected} keeps-finding")),
        (one(json!({"state": "gone"}), json!({"ref": "demo"})), format!("{affected} unknown-status")),
        (
            one(json!({"state": "not_affected"}), json!({"ref": "demo"})),
            format!("{affected} no-justification"),
        ),
        (one(unreachable.clone(), json!({"ref": "nobody"})), format!("{affected} unknown-product")),
        (
            one(
                unreachable.clone(),
                json!({"ref": "loose", "versions": [{"version": "2.0-r0", "status": "unaffected"}]}),
            ),
            format!("CVE-1 libdemo: affected\nCVE-1 other: vex-not-affected {by} code_not_reachable"),
        ),
        (
            one(
                unreachable.clone(),
                json!({"ref": "loose", "versions": [{"version": "9", "status": "unaffected"}]}),
            ),
            format!("{affected} other-version"),
        ),
        (
            one(
                unreachable.clone(),
                json!({"ref": "loose", "versions": [{"range": "vers:apk/2.0-r0", "status": "unaffected"}]}),
            ),
            format!("CVE-1 libdemo: affected\nCVE-1 other: vex-not-affected {by} code_not_reachable"),
        ),
        // It is said of the version that it is affected: that stands.
        (
            one(
                unreachable,
                json!({"ref": "loose", "versions": [{"version": "2.0-r0", "status": "affected"}]}),
            ),
            format!("{affected} keeps-finding"),
        ),
        // Nobody looked at it.
        (
            json!({"id": "CVE-1", "affects": [{"ref": "demo"}]}),
            "CVE-1 libdemo: affected\nCVE-1 other: affected".to_owned(),
        ),
    ] {
        check(&image(), "CVE-1 0\nCVE-1 1", &[given(&cyclonedx(vulnerability))], &expected);
    }
}

#[test]
fn a_link_to_a_bom_is_about_that_bom_alone() {
    let vulnerability = json!({"id": "CVE-1", "analysis": {"state": "not_affected", "detail": "x"},
        "affects": [{"ref": "urn:cdx:99999999-2222-4333-8444-555555555555/2#pkg:apk/alpine/libdemo@1.0-r1?package-id=1"}]});
    let documents = [given(&cyclonedx(vulnerability))];
    let other = "CVE-1 libdemo: affected\nvulnerabilities[0].affects[0] CVE-1: other-bom";
    check_in(&image(), "CVE-1 0", &documents, None, other);
    let mut elsewhere = documents[0].clone();
    elsewhere.document.components.iter_mut().for_each(|component| component.identities.clear());
    check_in(&image(), "CVE-1 0", &[elsewhere], None, other);
    let bom = |version| crate::vex::bom_id("urn:uuid:99999999-2222-4333-8444-555555555555", Some(version));
    check_in(&image(), "CVE-1 0", &documents, Some(&bom("1")), other);
    check_in(
        &image(),
        "CVE-1 0",
        &documents,
        Some(&bom("2")),
        "CVE-1 libdemo: vex-not-affected by urn:uuid:11111111-2222-4333-8444-555555555555 x",
    );
}

#[test]
fn a_component_of_another_image_is_not_this_ones() {
    let vulnerability = json!({"id": "CVE-1", "analysis": {"state": "not_affected", "detail": "x"},
        "affects": [{"ref": "demo"}]});
    let mut document = cyclonedx(vulnerability);
    document["metadata"]["component"]["name"] = json!("registry.example/acme/another");
    check(
        &image(),
        "CVE-1 0",
        &[given(&document)],
        "CVE-1 libdemo: affected\nvulnerabilities[0].affects[0] CVE-1: other-product",
    );
}

/// D7: what an author says of a component in his application holds in that application.
#[test]
fn a_component_of_an_application_is_that_of_no_other() {
    let vulnerability = json!({"id": "CVE-1", "analysis": {"state": "not_affected", "detail": "x"},
        "affects": [{"ref": "deep"}]});
    let mut document = cyclonedx(vulnerability);
    document["components"] = json!([{"bom-ref": "deep", "name": "deep", "purl": "pkg:npm/deep"}]);
    document["metadata"]["component"] =
        json!({"type": "application", "bom-ref": "root", "name": "acme", "purl": "pkg:npm/acme@1"});
    let by = "CVE-1 deep: vex-not-affected by urn:uuid:11111111-2222-4333-8444-555555555555 x";
    let not = |reason: &str| format!("CVE-1 deep: affected\nvulnerabilities[0].affects[0] CVE-1: {reason}");
    let mut inventory = inventory("x", "", "npm deep 1 purl=pkg:npm/deep@1\nnpm acme 1 purl=pkg:npm/acme@1");
    inventory.packages[0].depends_on = Dependencies::NONE;
    inventory.packages[1].depends_on = Dependencies::NONE;
    check(&inventory, "CVE-1 0", &[given(&document)], &not("other-product"));
    // The SBOM that is judged is the document's, in its version.
    let bom = |version| crate::vex::bom_id("urn:uuid:11111111-2222-4333-8444-555555555555", Some(version));
    check_in(&inventory, "CVE-1 0", &[given(&document)], Some(&bom("1")), by);
    check_in(&inventory, "CVE-1 0", &[given(&document)], Some(&bom("2")), &not("other-product"));
    assert!(given(&document).links_to_boms());
    // The application is a package that needs the component.
    let mut needed = inventory.clone();
    needed.packages[1].depends_on = vec![PackageIndex(0)].into();
    needed.packages[1].is_needed_by_subject = true;
    check(&needed, "CVE-1 0", &[given(&document)], by);
    // What is judged has the name of the application.
    inventory.subject.name = "acme".to_owned();
    check(&inventory, "CVE-1 0", &[given(&document)], by);
    // A name in the link alone is bound to the BOM of the link.
    let own = "urn:cdx:11111111-2222-4333-8444-555555555555";
    for (reference, version, expected) in [
        (format!("{own}/1#pkg:npm/deep"), "1", by.to_owned()),
        (format!("{own}/1#pkg:npm/deep"), "2", not("other-bom")),
        (format!("{own}/2#pkg:npm/deep"), "1", not("other-bom")),
        (format!("{own}/2#deep"), "1", not("other-bom")),
        (format!("{own}/2#pkg:npm/deep"), "2", by.to_owned()),
        (format!("{own}#pkg:npm/deep"), "1", by.to_owned()),
    ] {
        document["vulnerabilities"][0]["affects"][0]["ref"] = json!(reference);
        check_in(&inventory, "CVE-1 0", &[given(&document)], Some(&bom(version)), &expected);
    }
}
