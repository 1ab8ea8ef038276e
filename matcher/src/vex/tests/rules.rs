//! The rules of feeds.md D7, a case each.

use model::limits::Limits;
use model::package::{Dependencies, PackageIndex};
use serde_json::{Value, json};

use super::formats::{csaf, named};
use super::*;
use crate::vex::VexError;

pub(super) const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// An image with two packages of its system and one of npm.
pub(super) fn image() -> Inventory {
    let mut inventory = inventory(
        "registry.example/acme/app:1.2",
        "alpine 3.18.4",
        "apk libdemo 1.0-r1 purl=pkg:apk/alpine/libdemo@1.0-r1?arch=x86_64&distro=alpine-3.18.4 source=demo@1.0-r1
         apk other 2.0-r0 purl=pkg:apk/alpine/other@2.0-r0?arch=x86_64&distro=alpine-3.18.4
         npm left 3.0.0 purl=pkg:npm/left@3.0.0",
    );
    inventory.subject.manifest_digest = Some(DIGEST.to_owned());
    inventory.subject.index_digest = Some(INDEX.to_owned());
    inventory.subject.platform = Some("linux/amd64".to_owned());
    inventory
}

/// The digest of the index that names the image.
const INDEX: &str = "sha256:00000000000000000000000000000000000000000000000000000000000000aa";

const FINDINGS: &str = "CVE-1,GHSA-1 0\nCVE-1,GHSA-1 1\nCVE-2 2";

/// What comes of one statement that `product` is not affected by CVE-1: the packages it suppresses, else why not.
#[track_caller]
fn check_product(product: Value, expected: &str) {
    check_statement(not_affected("CVE-1", product), expected);
}

#[track_caller]
fn check_statement(statement: Value, expected: &str) {
    let inventory = image();
    let mut found = findings(FINDINGS);
    let used = apply(&mut found, &[given(&openvex("V", json!([statement])))], &inventory, None);
    let suppressed = found.iter().filter(|finding| finding.suppressed.is_some());
    let names: Vec<&str> =
        suppressed.map(|finding| inventory.package(finding.packages[0]).name.as_str()).collect();
    let reasons: Vec<&str> = used.unapplied.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!([names, reasons].concat().join(" "), expected);
}

/// D11, case 35.
#[test]
fn d11_35_an_image_without_subcomponents_covers_all_its_packages() {
    let product = json!({"@id": format!("pkg:oci/app@{}", DIGEST.replace(':', "%3A"))});
    check(
        &image(),
        FINDINGS,
        &[given(&openvex("V", json!([not_affected("CVE-1", product)])))],
        "CVE-1 libdemo: vex-not-affected by V component_not_present
         CVE-1 other: vex-not-affected by V component_not_present
         CVE-2 left: affected",
    );
}

#[test]
fn images_are_known_by_digest_then_by_reference() {
    let other = DIGEST.replace("0123", "3210");
    for (product, expected) in [
        (json!({"@id": DIGEST}), "libdemo other"),
        (json!({"@id": format!("pkg:oci/whatever@{DIGEST}")}), "libdemo other"),
        (json!({"@id": "x:y", "hashes": {"sha-256": &DIGEST[7..]}}), "libdemo other"),
        (json!({"@id": other}), "other-digest"),
        // The strongest name that can be compared decides.
        (json!({"@id": "registry.example/acme/app:1.2", "hashes": {"sha-256": &other[7..]}}), "other-digest"),
        (json!({"@id": "registry.example/acme/app:1.2"}), "libdemo other"),
        (json!({"@id": "registry.example/acme/app"}), "libdemo other"),
        (json!({"@id": "https://registry.example/acme/app"}), "libdemo other"),
        (json!({"@id": "registry.example/acme/app:1.3"}), "other-version"),
        (json!({"@id": "pkg:oci/app?tag=1.2&repository_url=registry.example/acme"}), "libdemo other"),
        (json!({"@id": "pkg:oci/app?tag=1.2&repository_url=registry.example/acme/app"}), "libdemo other"),
        (json!({"@id": "pkg:oci/app?repository_url=other.example/acme/app"}), "other-product"),
        (json!({"@id": "pkg:oci/app"}), "libdemo other"),
        (json!({"@id": "pkg:oci/app?arch=amd64"}), "libdemo other"),
        (json!({"@id": "pkg:oci/app?arch=arm64"}), "other-qualifiers"),
        (json!({"@id": "pkg:oci/ap"}), "other-product"),
        (json!({"@id": "pkg:docker/acme/app@1.2?repository_url=registry.example"}), "libdemo other"),
        (json!({"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:apk/alpine/other"}]}), "other"),
        (json!({"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:apk/alpine/third"}]}), "other-part"),
        (
            json!({"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:apk/alpine/other@9"}]}),
            "other-version",
        ),
        (json!({"@id": "cpe:2.3:o:alpinelinux:alpine_linux:3.18:*:*:*:*:*:*:*"}), "libdemo other"),
        (json!({"@id": "cpe:/o:alpinelinux:alpine_linux:3.19"}), "other-product"),
        (json!({"identifiers": {}}), "unknown-product"),
        (json!(""), "unknown-product"),
    ] {
        check_product(product.clone(), expected);
    }
    let mut hub = image();
    hub.subject.name = "nginx:1.27".to_owned();
    hub.subject.manifest_digest = None;
    for name in ["docker.io/library/nginx:1.27", "index.docker.io/library/nginx", "pkg:docker/nginx@1.27"] {
        let mut found = findings(FINDINGS);
        let document = openvex("V", json!([not_affected("CVE-1", json!({"@id": name}))]));
        apply(&mut found, &[given(&document)], &hub, None);
        assert!(found[0].suppressed.is_some(), "{name}");
    }
}

/// An image goes by the digest of its manifest and by that of the index of all platforms.
#[test]
fn what_is_said_of_all_platforms_is_said_of_each() {
    let of_index = |name: &str| json!(format!("pkg:oci/{name}@{INDEX}?repository_url=registry.example/acme"));
    check_product(of_index("app"), "libdemo other");
    check_product(json!(INDEX), "libdemo other");
    check_product(json!({"@id": INDEX, "subcomponents": ["pkg:apk/alpine/other"]}), "other");
    // Where the SBOM knows the manifest alone it cannot be told, and is said so.
    let mut unknown = image();
    unknown.subject.index_digest = None;
    for (product, expected) in [
        (of_index("app"), "index-unknown"),
        (json!(INDEX), "index-unknown"),
        (json!({"@id": "pkg:oci/app", "hashes": {"sha-256": &INDEX[7..]}}), "index-unknown"),
        (of_index("another"), "other-digest"),
        (json!({"@id": "pkg:npm/x", "hashes": {"sha-256": &INDEX[7..]}}), "other-digest"),
    ] {
        let document = openvex("V", json!([not_affected("CVE-1", product.clone())]));
        let mut found = findings("CVE-1 0");
        let used = apply(&mut found, &[given(&document)], &unknown, None);
        assert!(found[0].suppressed.is_none());
        assert_eq!(used.unapplied[0].reason.as_str(), expected, "{product}");
    }
}

#[test]
fn packages_are_known_by_patterns() {
    for (purl, expected) in [
        ("pkg:apk/alpine/libdemo@1.0-r1", "libdemo"),
        ("pkg:apk/alpine/libdemo", "libdemo"),
        ("pkg:apk/Alpine/LibDemo", "libdemo"),
        ("pkg:apk/alpine/libdemo@1.0-r1?arch=amd64", "libdemo"),
        ("pkg:apk/alpine/libdemo@1.0-r1?arch=aarch64", "other-qualifiers"),
        ("pkg:apk/alpine/libdemo?arch=noarch", "libdemo"),
        ("pkg:apk/alpine/libdemo?distro=alpine-3.18", "libdemo"),
        ("pkg:apk/alpine/libdemo?distro=alpine-3.1", "other-qualifiers"),
        ("pkg:apk/alpine/libdemo?upstream=demo", "libdemo"),
        ("pkg:apk/alpine/libdemo?upstream=demo@1.0-r1", "libdemo"),
        ("pkg:apk/alpine/libdemo?upstream=x", "other-qualifiers"),
        ("pkg:apk/alpine/libdemo?acme=1", "other-qualifiers"),
        ("pkg:apk/alpine/libdemo#sub", "other-qualifiers"),
        ("pkg:apk/alpine/libdemo@1.0-r2", "other-version"),
        ("pkg:apk/wolfi/libdemo", "other-product"),
        ("pkg:deb/alpine/libdemo", "other-product"),
        // A source package is meant only where the pattern says so.
        ("pkg:apk/alpine/demo?arch=source", "libdemo"),
        ("pkg:apk/alpine/demo@1.0-r1?arch=source", "libdemo"),
        ("pkg:apk/alpine/demo@1.0-r2?arch=source", "other-version"),
        ("pkg:apk/alpine/demo", "other-product"),
        // Right, and about a package without the vulnerability.
        ("pkg:npm/left@3.0.0", "other-product"),
        ("pkg:", "unknown-product"),
    ] {
        check_product(json!({"@id": purl}), expected);
        check_product(
            json!({"@id": "urn:x", "identifiers": {"purl": purl}}),
            match expected {
                "unknown-product" => "other-product",
                expected => expected,
            },
        );
    }
}

#[test]
fn packages_are_known_by_cpe_and_digest() {
    let mut inventory = image();
    let cpe = "cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*:*".to_owned();
    inventory.packages[0].cpes = vec![cpe].into_iter().collect();
    inventory.packages[0].digests = vec![format!("sha256:{}", "ab".repeat(32))].into_iter().collect();
    for (product, expected) in [
        (json!({"identifiers": {"cpe23": "cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*:*"}}), true),
        (json!({"identifiers": {"cpe22": "cpe:/a:acme:demo"}}), true),
        (json!({"identifiers": {"cpe23": "cpe:2.3:a:acme:demo:1.1:*:*:*:*:*:*:*"}}), false),
        (json!({"identifiers": {"cpe23": "cpe:2.3:a:acme:demo:*:*:*:*:*:node.js:*:*"}}), false),
        (json!({"identifiers": {"cpe23": "cpe:2.3:a:acme:*:*:*:*:*:*:*:*:*"}}), false),
    ] {
        let mut found = findings(FINDINGS);
        let document = openvex("V", json!([not_affected("CVE-1", product.clone())]));
        apply(&mut found, &[given(&document)], &inventory, None);
        assert_eq!(found[0].suppressed.is_some(), expected, "{product}");
    }
    inventory.subject.manifest_digest = None;
    for (digit, expected) in [("ab", true), ("cd", false)] {
        let hashes = json!({"sha-256": digit.repeat(32)});
        let product = json!({"@id": "pkg:apk/alpine/libdemo", "hashes": hashes});
        let mut found = findings(FINDINGS);
        apply(&mut found, &[given(&openvex("V", json!([not_affected("CVE-1", product)])))], &inventory, None);
        assert_eq!(found[0].suppressed.is_some(), expected, "{digit}");
    }
}

#[test]
fn a_vulnerability_is_meant_by_any_of_its_ids() {
    for (vulnerability, expected) in [
        (json!({"name": "CVE-1"}), "libdemo"),
        (json!("CVE-1"), "libdemo"),
        (json!({"name": "ghsa-1"}), "libdemo"),
        (json!({"@id": "https://nvd.nist.gov/vuln/detail/CVE-1"}), "libdemo"),
        (json!({"name": "ACME-9", "aliases": ["GHSA-1"]}), "libdemo"),
        (json!({"name": "CVE-10"}), "no-finding"),
    ] {
        let mut statement = not_affected("x", json!({"@id": "pkg:apk/alpine/libdemo"}));
        statement["vulnerability"] = vulnerability;
        check_statement(statement, expected);
    }
}

#[test]
fn only_two_statuses_suppress_and_not_affected_needs_a_reason() {
    let product = || json!({"@id": "pkg:apk/alpine/libdemo@1.0-r1"});
    for (status, expected) in [
        ("fixed", "libdemo"),
        ("affected", "keeps-finding"),
        ("under_investigation", "keeps-finding"),
        ("resolved", "unknown-status"),
        ("not_affected", "no-justification"),
    ] {
        check_statement(stated("CVE-1", product(), status), expected);
    }
    let mut words = stated("CVE-1", product(), "not_affected");
    words["impact_statement"] = json!("It is not built in.");
    check_statement(words, "libdemo");
}

/// A28: a reason is a justification or an impact statement; A27: a flag that CSAF has, or an impact threat.
#[test]
fn what_is_no_reason_does_not_suppress() {
    let openvex_says = |more: Value| {
        let mut statement = stated("CVE-1", json!("pkg:apk/alpine/libdemo"), "not_affected");
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        openvex("V", json!([statement]))
    };
    let csaf_says = |flag: &str, threat: &str| {
        csaf(
            json!({"full_product_names": [named("P", json!({"purl": "pkg:apk/alpine/libdemo"}))]}),
            json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["P"]}, "flags": [{"label": flag}],
                "threats": [{"category": "impact", "details": threat}]}),
        )
    };
    for (document, expected) in [
        (openvex_says(json!({"status_notes": "We think so."})), None),
        (openvex_says(json!({"justification": "because"})), None),
        (openvex_says(json!({"justification": "", "impact_statement": " "})), None),
        (
            openvex_says(json!({"justification": "because", "impact_statement": "Not built."})),
            Some("Not built."),
        ),
        // What is no reason is shown beside one.
        (
            openvex_says(
                json!({"justification": "component_not_present", "impact_statement": "", "status_notes": "See 7."}),
            ),
            Some("See 7."),
        ),
        (csaf_says("", ""), None),
        (csaf_says("because", " "), None),
        (csaf_says("because", "Not built."), Some("Not built.")),
    ] {
        let mut found = findings("CVE-1 0");
        let used = apply(&mut found, &[given(&document)], &image(), None);
        let grounds = found[0].suppressed.as_ref().map(|suppressed| suppressed.statement.clone().unwrap());
        assert_eq!(grounds.and_then(|grounds| grounds.detail).as_deref(), expected, "{document}");
        let reasons: Vec<&str> = used.unapplied.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(
            reasons,
            if expected.is_none() { vec!["no-justification"] } else { Vec::new() },
            "{document}"
        );
    }
}

#[test]
fn fixed_means_that_very_version() {
    for (product, expected) in [
        (json!("pkg:apk/alpine/libdemo@1.0-r1"), "libdemo"),
        (json!("pkg:apk/alpine/libdemo@1.0-r0"), "other-version"),
        (json!("pkg:apk/alpine/libdemo"), "fixed-without-version"),
        (json!({"@id": DIGEST, "subcomponents": [{"@id": "pkg:apk/alpine/libdemo"}]}), "libdemo"),
        (json!({"@id": "pkg:oci/app?tag=1.2"}), "libdemo other"),
        (json!({"@id": "pkg:oci/app"}), "fixed-without-version"),
        (json!({"@id": "cpe:/o:alpinelinux:alpine_linux:3.18"}), "fixed-without-version"),
    ] {
        check_statement(stated("CVE-1", product, "fixed"), expected);
    }
}

#[test]
fn the_latest_statement_stands_and_contradictions_suppress_nothing() {
    let product = || json!({"@id": "pkg:apk/alpine/libdemo"});
    let at = |mut statement: Value, time: &str| {
        statement["timestamp"] = json!(time);
        statement
    };
    let early = "2024-01-01T00:00:00Z";
    let late = "2025-06-01T02:00:00+02:00";
    for (first, second, expected) in [
        (
            early,
            late,
            "CVE-1 libdemo: affected\nstatements[0] CVE-1: overruled\nstatements[1] CVE-1: keeps-finding",
        ),
        (
            late,
            early,
            "CVE-1 libdemo: vex-not-affected by V component_not_present\nstatements[1] CVE-1: overruled",
        ),
        (
            late,
            "2025-06-01T00:00:00Z",
            "CVE-1 libdemo: affected\nstatements[0] CVE-1: contradicted\nstatements[1] CVE-1: keeps-finding",
        ),
    ] {
        let statements = json!([
            at(not_affected("CVE-1", product()), first),
            at(stated("CVE-1", product(), "affected"), second)
        ]);
        check(&image(), "CVE-1 0", &[given(&openvex("V", statements))], expected);
    }
    // Without any time they are of one time.
    let mut document =
        openvex("V", json!([not_affected("CVE-1", product()), stated("CVE-1", product(), "affected")]));
    document.as_object_mut().unwrap().remove("timestamp");
    check(
        &image(),
        "CVE-1 0",
        &[given(&document)],
        "CVE-1 libdemo: affected\nstatements[0] CVE-1: contradicted\nstatements[1] CVE-1: keeps-finding",
    );
}

#[test]
fn who_is_trusted_more_wins_whatever_the_time() {
    let product = || json!({"@id": "pkg:apk/alpine/libdemo"});
    let mut no = openvex("NO", json!([not_affected("CVE-1", product())]));
    let mut yes = openvex("YES", json!([stated("CVE-1", product(), "affected")]));
    let levels = [Trust::User, Trust::Attached, Trust::Supplier, Trust::Hub, Trust::Unverified];
    for (nth, higher) in levels.into_iter().enumerate() {
        for lower in levels.into_iter().skip(nth + 1) {
            yes["timestamp"] = json!("2025-06-01T00:00:00Z");
            let mut found = findings("CVE-1 0");
            apply(&mut found, &[given_as(&yes, lower), given_as(&no, higher)], &image(), None);
            assert!(found[0].suppressed.is_some(), "{higher:?} over {lower:?}");
            no["timestamp"] = json!("2025-07-01T00:00:00Z");
            let mut found = findings("CVE-1 0");
            apply(&mut found, &[given_as(&no, lower), given_as(&yes, higher)], &image(), None);
            assert!(found[0].suppressed.is_none(), "{higher:?} over {lower:?}");
            no["timestamp"] = json!("2025-01-01T00:00:00Z");
        }
    }
    check(
        &image(),
        "CVE-1 0",
        &[given_as(&no, Trust::Unverified)],
        "CVE-1 libdemo: affected\nstatements[0] CVE-1: unverified",
    );
}

#[test]
fn only_the_newest_of_a_document_counts() {
    let product = || json!({"@id": "pkg:apk/alpine/libdemo"});
    let old = openvex("V", json!([not_affected("CVE-1", product())]));
    let mut new = openvex("V", json!([stated("CVE-1", product(), "under_investigation")]));
    new["version"] = json!(2);
    new["timestamp"] = json!("2024-01-01T00:00:00Z");
    let expected =
        "CVE-1 libdemo: affected\nstatements[0] CVE-1: keeps-finding\nstatements[0] CVE-1: superseded";
    check(&image(), "CVE-1 0", &[given(&old), given(&new)], expected);
    // Of one version the later counts.
    new["version"] = json!(1);
    new["timestamp"] = json!("2025-02-01T00:00:00Z");
    check(&image(), "CVE-1 0", &[given(&old), given(&new)], expected);
    // Whoever is trusted less takes no document back.
    check(
        &image(),
        "CVE-1 0",
        &[given(&old), given_as(&new, Trust::Hub)],
        "CVE-1 libdemo: vex-not-affected by V component_not_present\nstatements[0] CVE-1: overruled",
    );
}

/// A27: a draft is ignored, also where it is the newer.
#[test]
fn a_draft_takes_nothing_back() {
    let tree = || json!({"full_product_names": [named("P", json!({"purl": "pkg:apk/alpine/libdemo"}))]});
    let no = || json!({"cve": "CVE-1", "product_status": {"known_not_affected": ["P"]}, "flags": [{"label": "component_not_present"}]});
    let mut draft = csaf(tree(), json!({"cve": "CVE-1", "product_status": {"known_affected": ["P"]}}));
    draft["document"]["tracking"]["status"] = json!("draft");
    draft["document"]["tracking"]["version"] = json!("2");
    check(
        &image(),
        "CVE-1 0",
        &[given(&csaf(tree(), no())), given(&draft)],
        "CVE-1 libdemo: vex-not-affected by https://acme.example/A-1 component_not_present
         vulnerabilities[0].product_status.known_affected CVE-1: draft",
    );
}

/// docs/reference/vex.md, "Directories": who is listed under one package takes back nothing that is listed under another.
#[test]
fn in_a_repository_only_what_is_listed_alike_is_newer() {
    let listed = |version: u64, status: &str, purls: &[&str]| {
        let mut statement = stated("CVE-1", json!("pkg:apk/alpine/libdemo"), status);
        statement["justification"] = json!("component_not_present");
        let mut document = openvex("V", json!([statement]));
        document["version"] = json!(version);
        given_under(&document, purls)
    };
    let old = listed(1, "not_affected", &["pkg:apk/alpine/libdemo"]);
    for (newer, suppressed) in [
        (listed(2, "under_investigation", &["pkg:apk/alpine/libdemo"]), false),
        (listed(2, "under_investigation", &["pkg:npm/mine"]), true),
    ] {
        for both in [[&old, &newer], [&newer, &old]] {
            let mut found = findings("CVE-1 0");
            apply(&mut found, &both.map(Clone::clone), &image(), None);
            assert_eq!(found[0].suppressed.is_some(), suppressed);
        }
    }
    // The same bytes under several lists speak of all that these name, whichever comes first.
    let other = listed(1, "not_affected", &["pkg:npm/mine"]);
    for both in [[&old, &other], [&other, &old]] {
        let mut found = findings("CVE-1 0");
        apply(&mut found, both, &image(), None);
        assert!(found[0].suppressed.is_some());
    }
    // Under one list they count once.
    let mut found = findings("CVE-1 0");
    assert_eq!(apply(&mut found, [&old, &old], &image(), None).documents.len(), 1);
}

/// Whoever is in a repository may not speak of what others are listed for.
#[test]
fn a_document_of_a_repository_is_about_the_packages_that_it_is_listed_under() {
    let document = openvex(
        "V",
        json!([
            not_affected("CVE-1", json!("pkg:apk/alpine/libdemo")),
            not_affected("CVE-1", json!("pkg:apk/alpine/other")),
            not_affected("CVE-1", json!("pkg:oci/app")),
        ]),
    );
    let listed = |purl: &str| [given_under(&document, &[purl])];
    check(
        &image(),
        "CVE-1 0",
        &listed("pkg:oci/app?repository_url=registry.example/acme/app"),
        "CVE-1 libdemo: affected
         statements[0] CVE-1: other-product
         statements[1] CVE-1: other-product
         statements[2] CVE-1: other-product",
    );
    let mut found = findings("CVE-1 0\nCVE-1 1");
    apply(&mut found, &listed("pkg:oci/app"), &image(), None);
    assert!(found.iter().all(|finding| finding.suppressed.is_some()));
    check(
        &image(),
        "CVE-1 0\nCVE-1 1",
        &listed("pkg:apk/alpine/other@1"),
        "CVE-1 libdemo: affected
         CVE-1 other: vex-not-affected by V component_not_present
         statements[0] CVE-1: other-product
         statements[2] CVE-1: other-product",
    );
}

/// docs/reference/vex.md, "Directories": a second name of a listed product names nothing that is not listed.
#[test]
fn a_listed_document_reaches_nothing_else_by_a_second_name() {
    let mut inventory = image();
    inventory.packages[0].cpes = vec!["cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*:*".to_owned()].into();
    let victim = "pkg:apk/alpine/libdemo@1.0-r1";
    let oci_mine = format!("pkg:oci/mine@{}?repository_url=evil.example/mine", DIGEST.replace(':', "%3A"));
    for (listed, product) in [
        ("pkg:npm/mine", json!({"@id": "pkg:npm/mine", "identifiers": {"purl": victim}})),
        (
            "pkg:generic/mine",
            json!({"@id": "pkg:generic/mine", "identifiers": {"cpe23": "cpe:2.3:a:acme:demo:*:*:*:*:*:*:*:*"}}),
        ),
        (
            "pkg:oci/mine?repository_url=evil.example/mine",
            json!({"@id": "evil.example/mine", "identifiers": {"cpe22": "cpe:/o:alpinelinux:alpine_linux:3.18"}}),
        ),
        ("pkg:npm/mine", json!({"@id": "pkg:npm/mine", "hashes": {"sha-256": &DIGEST[7..]}})),
        ("pkg:oci/mine?repository_url=evil.example/mine", json!({"@id": oci_mine})),
    ] {
        let document = openvex("V", json!([not_affected("CVE-1", product.clone())]));
        let mut found = findings("CVE-1 0");
        apply(&mut found, &[given_under(&document, &[listed])], &inventory, None);
        assert!(found[0].suppressed.is_none(), "{product}");
        // The same document suppresses where it may speak of everything.
        apply(&mut found, &[given_as(&document, Trust::Hub)], &inventory, None);
        assert!(found[0].suppressed.is_some(), "{product}");
    }
}

/// A digest under the listed name is the listed image.
#[test]
fn a_listed_image_is_known_by_its_digest_under_its_name() {
    let product = format!("pkg:oci/app@{DIGEST}?repository_url=registry.example/acme/app");
    let document = openvex("V", json!([not_affected("CVE-1", json!(product))]));
    let given = given_under(&document, &["pkg:oci/app?repository_url=registry.example/acme/app"]);
    let mut found = findings("CVE-1 0");
    apply(&mut found, &[given], &image(), None);
    assert!(found[0].suppressed.is_some());
}

/// `app` needs `direct`, which needs `deep`; what the subject needs itself is `app`.
fn graph(edges: &[(usize, &[u32])]) -> Inventory {
    let mut inventory = inventory(
        "app",
        "",
        "npm app 1.0.0 purl=pkg:npm/app@1.0.0
         npm direct 2.0.0 purl=pkg:npm/direct@2.0.0
         npm second 3.0.0 purl=pkg:npm/second@3.0.0
         npm deep 4.0.0 purl=pkg:npm/deep@4.0.0",
    );
    for package in &mut inventory.packages {
        package.depends_on = Dependencies::NONE;
    }
    inventory.packages[0].is_needed_by_subject = true;
    for (from, to) in edges {
        inventory.packages[*from].depends_on = to.iter().copied().map(PackageIndex).collect();
    }
    inventory
}

#[test]
fn a_library_as_product_suppresses_only_where_every_path_goes_through_it() {
    let product = json!({"@id": "pkg:npm/direct@2.0.0", "subcomponents": [{"@id": "pkg:npm/deep"}]});
    let documents = [given(&openvex("V", json!([not_affected("CVE-1", product)])))];
    let suppressed = "CVE-1 deep: vex-not-affected by V component_not_present";
    let other_path = "CVE-1 deep: affected\nstatements[0] CVE-1: other-path";
    for (edges, expected) in [
        (&[(0, &[1][..]), (1, &[3])][..], suppressed),
        (&[(0, &[1, 2]), (1, &[3]), (2, &[3])], other_path),
        (&[(0, &[1, 3]), (1, &[3])], other_path),
        // Nothing needs the other one, which needs it too.
        (&[(0, &[1]), (1, &[3]), (2, &[3])], other_path),
        // The other way goes through the product as well.
        (&[(0, &[1]), (1, &[2, 3]), (2, &[3])], suppressed),
        // A circle that is there because of the product, and one that is there by itself.
        (&[(0, &[1]), (1, &[3]), (2, &[3]), (3, &[2])], suppressed),
        (&[(0, &[1, 2]), (1, &[3]), (2, &[0, 3])], other_path),
        (&[(0, &[1])], "CVE-1 deep: affected\nstatements[0] CVE-1: other-product"),
    ] {
        check(&graph(edges), "CVE-1 3", &documents, expected);
    }
    // That one of the ways is affected stands against what says of the package that it is not.
    let library = json!({"@id": "pkg:npm/direct@2.0.0", "subcomponents": [{"@id": "pkg:npm/deep"}]});
    let both = json!([stated("CVE-1", library, "affected"), not_affected("CVE-1", json!("pkg:npm/deep"))]);
    check(
        &graph(&[(0, &[1, 2]), (1, &[3]), (2, &[3])]),
        "CVE-1 3",
        &[given(&openvex("V", both))],
        "CVE-1 deep: affected\nstatements[1] CVE-1: contradicted\nstatements[0] CVE-1: other-path",
    );
    let mut silent = graph(&[(0, &[1]), (1, &[3])]);
    silent.packages[2].depends_on = Dependencies::UNKNOWN;
    check(&silent, "CVE-1 3", &documents, "CVE-1 deep: affected\nstatements[0] CVE-1: dependencies-unknown");
    // The application needs it itself.
    let mut direct = graph(&[(1, &[3]), (2, &[3])]);
    direct.packages[2].depends_on = Dependencies::NONE;
    check(&direct, "CVE-1 3", &documents, suppressed);
    direct.packages[3].is_needed_by_subject = true;
    check(&direct, "CVE-1 3", &documents, other_path);
    // Or by way of one that is no product.
    let mut direct = graph(&[(1, &[2]), (2, &[3])]);
    direct.packages[2].is_needed_by_subject = true;
    check(&direct, "CVE-1 3", &documents, other_path);
    direct.packages[2].is_needed_by_subject = false;
    direct.packages[1].is_needed_by_subject = true;
    check(&direct, "CVE-1 3", &documents, suppressed);
    // Nobody says what the application needs itself, which may be this very package.
    let mut unsaid = graph(&[(0, &[1]), (1, &[3])]);
    unsaid.packages[0].is_needed_by_subject = false;
    let unknown = "CVE-1 deep: affected\nstatements[0] CVE-1: dependencies-unknown";
    check(&unsaid, "CVE-1 3", &documents, unknown);
    unsaid.packages[3].parent = Some(PackageIndex(1));
    check(&unsaid, "CVE-1 3", &documents, suppressed);
    let mut none = graph(&[]);
    none.packages.iter_mut().for_each(|package| package.depends_on = Dependencies::UNKNOWN);
    check(&none, "CVE-1 3", &documents, "CVE-1 deep: affected\nstatements[0] CVE-1: other-product");
    // What lies inside the product is there because of it.
    none.packages[3].parent = Some(PackageIndex(1));
    check(&none, "CVE-1 3", &documents, suppressed);
}

#[test]
fn a_finding_in_several_places_is_suppressed_only_in_all_of_them() {
    let mut inventory = graph(&[(0, &[1]), (1, &[3])]);
    // The same package again, needed by another.
    let mut again = inventory.packages[3].clone();
    again.depends_on = Dependencies::NONE;
    inventory.packages.push(again);
    inventory.packages[2].depends_on = vec![PackageIndex(4)].into();
    let product = json!({"@id": "pkg:npm/direct", "subcomponents": [{"@id": "pkg:npm/deep"}]});
    let first = not_affected("CVE-1", product);
    check(
        &inventory,
        "CVE-1 3 4",
        &[given(&openvex("V", json!([first])))],
        "CVE-1 deep: affected\nstatements[0] CVE-1: only-some-instances",
    );
    let second = not_affected("CVE-1", json!({"@id": "pkg:npm/second", "subcomponents": ["pkg:npm/deep"]}));
    check(
        &inventory,
        "CVE-1 3 4",
        &[given(&openvex("V", json!([first, second])))],
        "CVE-1 deep: vex-not-affected by V component_not_present",
    );
}

#[test]
fn what_did_not_count_before_keeps_its_own_reason() {
    let mut found = findings("CVE-1 0");
    let suppression =
        model::finding::Suppression { reason: "vendor-fixed".into(), source: "X".into(), statement: None };
    found[0].suppressed = Some(suppression.into());
    let document = openvex("V", json!([not_affected("CVE-1", json!("pkg:apk/alpine/libdemo"))]));
    let used = apply(&mut found, &[given(&document)], &image(), None);
    assert_eq!(found[0].suppressed.as_ref().unwrap().source, "X");
    assert_eq!(used.unapplied[0].reason.as_str(), "already-suppressed");
}

#[test]
fn what_is_no_document_says_what_it_is() {
    for (text, expected) in [
        ("", "it is no JSON object"),
        ("<bom/>", "it is XML, and not CycloneDX"),
        ("[]", "it is no JSON object"),
        ("{}", "neither OpenVEX"),
        (
            "\u{feff}{\"@context\": \"https://openvex.dev/ns\", \"statements\": 1}",
            "it is OpenVEX, and not of its shape",
        ),
        (
            "{\"document\": {\"csaf_version\": \"2.0\"}, \"vulnerabilities\": {}}",
            "it is CSAF, and not of its shape",
        ),
        ("{\"bomFormat\": \"CycloneDX\", \"vulnerabilities\": 1}", "it is CycloneDX, and not of its shape"),
        (
            "{\"payloadType\": \"application/vnd.in-toto+json\"}",
            "it is an in-toto statement or a DSSE envelope",
        ),
    ] {
        let error = read(text.as_bytes(), &Limits::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
        if let VexError::Malformed { source, .. } = error {
            assert!(source.to_string().contains("line 1 column"), "{source}");
        }
    }
    let small = Limits { vex_bytes_max: 10, ..Limits::default() };
    assert!(matches!(read(b"{          }", &small), Err(VexError::TooLarge { bytes_max: 10 })));
    let few = Limits { vex_products_max: 2, ..Limits::default() };
    let document =
        openvex("V", json!([not_affected("CVE-1", json!({"@id": "a", "subcomponents": ["b", "c"]}))]));
    assert!(matches!(read(document.to_string().as_bytes(), &few), Err(VexError::TooManyProducts { .. })));
}

#[test]
fn words_that_are_not_known_are_told() {
    let mut statement = stated("CVE-1", json!({"@id": "pkg:"}), "resolved");
    statement["justification"] = json!("because");
    let document = openvex("V", json!([statement, {"status": "fixed"}]));
    let read = given(&document).document;
    assert_eq!(
        read.remarks,
        [
            "`statements[0].status`: `resolved` is no status",
            "`statements[0].justification`: `because` is no justification",
            "`statements[0].products[0]`: `pkg:` names no product",
            "`statements[1].vulnerability`: no vulnerability is named",
        ]
    );
}
