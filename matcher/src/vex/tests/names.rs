//! Which of several names decides, and which versions are meant (feeds.md D7, A27).

use super::*;

const IMAGE_DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The reasons why nothing is suppressed, or `suppressed`.
pub(super) fn outcome(inventory: &Inventory, document: &Value) -> String {
    let mut found = findings("CVE-1 0");
    let used = apply(&mut found, &[given(document)], inventory, None);
    match found[0].suppressed {
        Some(_) => "suppressed".to_owned(),
        None => used.unapplied.iter().map(|one| one.reason.as_str()).collect::<Vec<_>>().join(" "),
    }
}

/// CSAF that says of one product with a range of versions that it is not affected.
fn csaf(range: &str, helper: Value) -> Value {
    json!({"document": {"csaf_version": "2.0", "tracking": {"id": "A-1", "version": "1", "status": "final",
                "current_release_date": "2025-01-01T00:00:00Z"}},
        "product_tree": {"branches": [{"category": "product_version_range", "name": range,
            "product": {"product_id": "P", "product_identification_helper": helper}}]},
        "vulnerabilities": [{"cve": "CVE-1", "product_status": {"known_not_affected": ["P"]},
            "flags": [{"label": "component_not_present"}]}]})
}

/// CycloneDX with one component and what is said of its versions.
fn cyclonedx(component: Value, analysis: Value, versions: Value) -> Value {
    let mut component = component;
    component["bom-ref"] = json!("c");
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": "urn:uuid:1",
        "metadata": {"timestamp": "2025-01-01T00:00:00Z"}, "components": [component],
        "vulnerabilities": [{"id": "CVE-1", "analysis": analysis, "affects": [{"ref": "c", "versions": versions}]}]})
}

/// D7, "version ranges allowed in CSAF/CycloneDX": they hold for images and systems as for packages.
#[test]
fn a_range_holds_for_images_and_systems() {
    let image = |name: &str| {
        inventory(name, "alpine 3.18.4", "apk libdemo 1.0-r1 purl=pkg:apk/alpine/libdemo@1.0-r1")
    };
    let app = || json!({"purl": "pkg:oci/app?repository_url=r.example/app"});
    let system = || json!({"cpe": "cpe:/o:alpinelinux:alpine_linux:3.18"});
    for (name, range, helper, expected) in [
        ("r.example/app:3.0", "vers:semver/<2.0", app(), "other-version"),
        ("r.example/app:1.0", "vers:semver/<2.0", app(), "suppressed"),
        ("r.example/app:1.0", "vers:generic/1.0|1.1", app(), "suppressed"),
        ("r.example/app:3.0", "vers:generic/<2.0", app(), "other-version"),
        ("r.example/app:3.0", "vers:acme/<2.0", app(), "unreadable-range"),
        ("r.example/app:3.0", "before 2", app(), "unreadable-range"),
        ("r.example/app", "vers:semver/<2.0", app(), "unreadable-range"),
        ("x", "vers:generic/<3", system(), "unreadable-range"),
    ] {
        assert_eq!(outcome(&image(name), &csaf(range, helper)), expected, "{name} {range}");
    }
}

/// D7: a range holds also where the name states a version.
#[test]
fn a_range_holds_for_a_name_with_a_version() {
    let inventory = inventory("app", "", "npm a 2.0.0 purl=pkg:npm/a@2.0.0");
    let component = || json!({"name": "a", "purl": "pkg:npm/a@2.0.0"});
    for (analysis, versions, expected) in [
        (
            json!({"state": "in_triage", "detail": "x"}),
            json!([{"range": "vers:npm/<2.0.0", "status": "unaffected"}]),
            "other-version",
        ),
        (
            json!({"state": "not_affected", "detail": "x"}),
            json!([{"range": "vers:npm/<2.0.0", "status": "affected"}, {"range": "vers:npm/>=2.0.0", "status": "unaffected"}]),
            "suppressed",
        ),
    ] {
        let document = cyclonedx(component(), analysis, versions);
        assert_eq!(outcome(&inventory, &document), expected, "{document}");
    }
}

/// D7: a digest is of one version, and says nothing of others.
#[test]
fn a_digest_is_not_of_the_other_versions_of_its_component() {
    let digest = "ab".repeat(20);
    let mut inventory = inventory("r.example/app:1.0", "", "maven g:a 1.0 purl=pkg:maven/g/a@1.0");
    inventory.packages[0].digests = vec![format!("sha1:{digest}")].into();
    inventory.subject.manifest_digest = Some(IMAGE_DIGEST.to_owned());
    let hashes = json!([{"alg": "SHA-1", "content": digest}]);
    let oci = format!("pkg:oci/app@{}", IMAGE_DIGEST.replace(':', "%3A"));
    for (component, version, expected) in [
        (json!({"purl": "pkg:maven/g/a@1.0", "hashes": hashes}), "1.1", "other-version"),
        (json!({"purl": "pkg:maven/g/a@1.0", "hashes": hashes}), "1.0", "suppressed"),
        (json!({"purl": "pkg:maven/g/a", "hashes": hashes}), "1.1", "other-version"),
        (json!({"version": "1.0", "hashes": hashes}), "1.1", "other-version"),
        (json!({"version": "1.0", "hashes": hashes}), "1.0", "suppressed"),
        // Whether that is its version nobody says.
        (json!({"hashes": hashes}), "1.0", "unreadable-range"),
        (json!({"purl": oci}), "1.1", "unreadable-range"),
    ] {
        let versions = json!([{"version": version, "status": "unaffected"}]);
        let document = cyclonedx(component, json!({"state": "exploitable", "detail": "x"}), versions);
        assert_eq!(outcome(&inventory, &document), expected, "{document}");
    }
    let mut document = cyclonedx(
        json!({}),
        json!({"state": "exploitable", "detail": "x"}),
        json!([{"version": "1.1", "status": "unaffected"}]),
    );
    document["metadata"]["component"] =
        json!({"type": "container", "name": "r.example/app", "version": IMAGE_DIGEST, "bom-ref": "root"});
    document["vulnerabilities"][0]["affects"][0]["ref"] = json!("root");
    assert_eq!(outcome(&inventory, &document), "other-version");
}

/// D7, "in order of strength": the strongest name that can be compared decides.
#[test]
fn a_weaker_name_does_not_overrule_a_stronger_one() {
    let mut inventory =
        inventory("r.example/app:1.0", "alpine 3.18.4", "npm lodash 4.17.15 purl=pkg:npm/lodash@4.17.15");
    inventory.packages[0].cpes = vec!["cpe:2.3:a:lodash:lodash:4.17.15:*:*:*:*:*:*:*".to_owned()].into();
    inventory.subject.manifest_digest = Some(IMAGE_DIGEST.to_owned());
    let any = "cpe:2.3:a:lodash:lodash:*:*:*:*:*:*:*:*";
    let other_image = IMAGE_DIGEST.replace("0123", "3210");
    for (product, expected) in [
        (json!({"identifiers": {"purl": "pkg:npm/lodash@4.17.21", "cpe23": any}}), "other-version"),
        (json!({"identifiers": {"purl": "pkg:npm/lodash@4.17.15", "cpe23": any}}), "suppressed"),
        (
            json!({"@id": "pkg:npm/lodash", "identifiers": {"purl": "pkg:npm/lodash@4.17.21"}}),
            "other-version",
        ),
        (json!({"@id": "pkg:npm/lodash", "identifiers": {"purl": "pkg:npm/lodash@4.17.15"}}), "suppressed"),
        (json!({"identifiers": {"purl": "pkg:npm/other", "cpe23": any}}), "other-product"),
        (json!({"identifiers": {"cpe23": any}}), "suppressed"),
        // What is of no ecosystem cannot be compared.
        (json!({"identifiers": {"purl": "pkg:generic/lodash", "cpe23": any}}), "suppressed"),
        (
            json!({"identifiers": {"cpe22": "cpe:/a:lodash:lodash", "cpe23": any.replace("lodash:*", "lodash:4.17.21")}}),
            "other-version",
        ),
        (
            json!({"@id": format!("pkg:oci/app@{other_image}"), "identifiers": {"cpe23": any}}),
            "index-unknown",
        ),
        (
            json!({"@id": "r.example/app", "identifiers": {"purl": "pkg:oci/app?tag=1.1&repository_url=r.example"}}),
            "other-version",
        ),
    ] {
        let document = openvex("V", json!([not_affected("CVE-1", product)]));
        assert_eq!(outcome(&inventory, &document), expected, "{document}");
    }
}

/// D7: another digest is another image, and so its system.
#[test]
fn a_system_is_not_that_of_another_image() {
    let mut inventory = inventory(
        "r.example/app:1.0",
        "alpine 3.18.4",
        "apk libdemo 1.0-r1 purl=pkg:apk/alpine/libdemo@1.0-r1",
    );
    inventory.subject.manifest_digest = Some(IMAGE_DIGEST.to_owned());
    let other = IMAGE_DIGEST.replace("0123", "3210");
    let system = || json!({"cpe23": "cpe:2.3:o:alpinelinux:alpine_linux:3.18:*:*:*:*:*:*:*"});
    for (product, expected) in [
        (json!({"identifiers": system()}), "suppressed"),
        (json!({"@id": format!("pkg:oci/app@{other}"), "identifiers": system()}), "index-unknown"),
        (json!({"hashes": {"sha-256": other[7..]}, "identifiers": system()}), "index-unknown"),
        (json!({"@id": "pkg:oci/x?repository_url=r.example", "identifiers": system()}), "other-product"),
        (json!({"@id": "pkg:apk/alpine/other", "identifiers": system()}), "other-product"),
    ] {
        let document = openvex("V", json!([not_affected("CVE-1", product)]));
        assert_eq!(outcome(&inventory, &document), expected, "{document}");
    }
}

/// D7: a CPE name means what all of it says, a system's too.
#[test]
fn a_system_is_meant_by_all_that_its_cpe_name_says() {
    for (distro, hint, cpe, expected) in [
        ("ubuntu 20.04", None, "cpe:2.3:o:canonical:ubuntu_linux:20.04:*:*:*:*:*:*:*", "suppressed"),
        ("ubuntu 20.04", None, "cpe:2.3:o:canonical:ubuntu_linux:20.04:*:*:*:lts:*:*:*", "suppressed"),
        ("ubuntu 20.04", None, "cpe:2.3:o:canonical:ubuntu_linux:*:*:*:*:*:*:*:*", "suppressed"),
        ("ubuntu 20.04", None, "cpe:2.3:o:canonical:ubuntu_linux:20.04:*:*:*:*:*:arm64:*", "other-product"),
        ("ubuntu 20.04", None, "cpe:2.3:o:canonical:ubuntu_linux:-:*:*:*:*:*:*:*", "other-product"),
        ("ubuntu 20.04", None, "cpe:2.3:o:acme:ubuntu_linux:20.04:*:*:*:*:*:*:*", "other-product"),
        ("rhel 7.9", None, "cpe:/o:redhat:enterprise_linux:7", "suppressed"),
        ("rhel 7.9", None, "cpe:/o:redhat:enterprise_linux:7::workstation", "other-product"),
        ("rhel 7.9", Some("7.9:ga:server"), "cpe:/o:redhat:enterprise_linux:7::workstation", "other-product"),
        ("rhel 7.9", Some("7.9:ga:server"), "cpe:/o:redhat:enterprise_linux:7::server", "suppressed"),
        ("rhel 7.9", Some("7.9:ga:server"), "cpe:/o:redhat:enterprise_linux:7", "suppressed"),
        ("rhel 9.4", Some("9::baseos"), "cpe:/o:redhat:enterprise_linux:9::baseos", "suppressed"),
        ("rhel 9.4", Some("9::baseos"), "cpe:/o:redhat:enterprise_linux:8::baseos", "other-product"),
    ] {
        let mut inventory = inventory("x", distro, "deb a 1 purl=pkg:deb/debian/a@1");
        let hint = hint.map(|rest| format!("cpe=cpe:/o:redhat:enterprise_linux:{rest}"));
        inventory.distro.as_mut().unwrap().hints.extend(hint);
        let document = openvex("V", json!([not_affected("CVE-1", json!(cpe))]));
        assert_eq!(outcome(&inventory, &document), expected, "{distro} {cpe}");
    }
}

/// D7: a hash of an algorithm that is not known of the image cannot be compared; the reference can.
#[test]
fn a_hash_of_another_algorithm_says_nothing() {
    let mut inventory = inventory("r.example/app:1.0", "", "npm a 1 purl=pkg:npm/a@1");
    inventory.subject.manifest_digest = Some(IMAGE_DIGEST.to_owned());
    let product = json!({"@id": "r.example/app:1.0", "hashes": {"sha-512": "ab".repeat(64)}});
    let document = openvex("V", json!([not_affected("CVE-1", product)]));
    assert_eq!(outcome(&inventory, &document), "suppressed");
}

/// D7: a library inside the image is known by its package URL, whatever the digest of the image is.
#[test]
fn a_library_with_a_hash_is_no_other_image() {
    let mut inventory = inventory(
        "r.example/app:1.0",
        "",
        "npm deep 1 purl=pkg:npm/deep@1\nnpm direct 2 purl=pkg:npm/direct@2",
    );
    inventory.subject.manifest_digest = Some(IMAGE_DIGEST.to_owned());
    inventory.packages[0].depends_on = model::package::Dependencies::NONE;
    inventory.packages[1].depends_on = vec![PackageIndex(0)].into();
    inventory.packages[1].is_needed_by_subject = true;
    let product = json!({"@id": "pkg:npm/direct@2", "hashes": {"sha-256": "ab".repeat(32)},
        "subcomponents": [{"@id": "pkg:npm/deep"}]});
    let document = openvex("V", json!([not_affected("CVE-1", product)]));
    assert_eq!(outcome(&inventory, &document), "suppressed");
}

/// B2: a distribution is meant by what the URL states, under any of its names; where it states none, by the system.
#[test]
fn a_distribution_is_known_by_version_and_codename() {
    for (purl, distro, wanted, expected) in [
        ("pkg:deb/debian/a@1?distro=debian-11", "debian 12", "distro=debian-12", "other-qualifiers"),
        ("pkg:deb/debian/a@1?distro=debian-12", "debian 12", "distro=debian-12", "suppressed"),
        ("pkg:deb/debian/a@1", "debian 12", "distro=debian-12", "suppressed"),
        ("pkg:deb/debian/a@1", "debian 12", "distro=debian-11", "other-qualifiers"),
        (
            "pkg:deb/debian/a@1?distro=ubuntu-22.04",
            "ubuntu 22.04 codename=jammy",
            "distro=jammy",
            "suppressed",
        ),
        (
            "pkg:deb/debian/a@1?distro=ubuntu-20.04",
            "ubuntu 22.04 codename=jammy",
            "distro=jammy",
            "other-qualifiers",
        ),
        (
            "pkg:deb/debian/a@1?distro=jammy",
            "ubuntu 22.04 codename=jammy",
            "distro=ubuntu-22.04",
            "suppressed",
        ),
        ("pkg:deb/debian/a@1?distro=rocky-8.9", "rocky 8.9", "distro=rocky-linux-8", "suppressed"),
        ("pkg:deb/debian/a@1?distro=rocky-9.1", "rocky 8.9", "distro=rocky-linux-8", "other-qualifiers"),
        // A source package is of no architecture, also where the package's own is not known.
        ("pkg:deb/debian/a@1", "debian 12", "arch=source", "suppressed"),
        ("pkg:deb/debian/a@1", "debian 12", "arch=amd64", "other-qualifiers"),
    ] {
        let inventory = inventory("x", distro, &format!("deb a 1 purl={purl}"));
        let product = json!(format!("pkg:deb/debian/a@1?{wanted}"));
        let document = openvex("V", json!([not_affected("CVE-1", product)]));
        assert_eq!(outcome(&inventory, &document), expected, "{purl} {distro} {wanted}");
    }
}

/// 0032: which of two definitions is meant cannot be decided, and does not hang on their order.
#[test]
fn what_is_defined_twice_and_differently_stands_for_nothing() {
    let inventory = inventory("x", "", "npm a 1 purl=pkg:npm/a@1");
    let reasons = |document: &Value| outcome(&inventory, document);
    let product = |purl: &str| json!({"product_id": "P", "product_identification_helper": {"purl": purl}});
    let (ours, other) = ("pkg:npm/a@1", "pkg:npm/b@1");
    let component = |purl: &str| json!({"bom-ref": "c", "name": "c", "purl": purl});
    for (first, second, expected) in
        [(ours, ours, "suppressed"), (ours, other, "unknown-product"), (other, ours, "unknown-product")]
    {
        let mut document = csaf("", json!({}));
        document["product_tree"] = json!({"full_product_names": [product(first), product(second)]});
        assert_eq!(reasons(&document), expected, "{first} {second}");
        let mut document = cyclonedx(json!({}), json!({"state": "not_affected", "detail": "x"}), json!([]));
        document["components"] = json!([component(first), component(second)]);
        assert_eq!(reasons(&document), expected, "{first} {second}");
    }
    // A product and a relationship of one id.
    let mut document = csaf("", json!({}));
    document["product_tree"] = json!({"full_product_names": [product(ours)], "relationships": [
        {"product_reference": "X", "relates_to_product_reference": "Y", "full_product_name": {"product_id": "P"}}]});
    assert_eq!(reasons(&document), "unknown-product");
}

/// A4: Ubuntu names an archive beside the release.
#[test]
fn archives_of_ubuntu_are_those_of_its_release() {
    let system = "ubuntu 22.04 codename=jammy";
    for (version, stated, wanted, expected) in [
        ("1-2", "", "?distro=jammy", "suppressed"),
        ("1-2", "", "?distro=ubuntu/jammy", "suppressed"),
        ("1-2", "", "?distro=Ubuntu-22.04", "suppressed"),
        ("1-2", "?distro=ubuntu-22.04", "?distro=esm-infra/jammy", "suppressed"),
        ("1-2", "?distro=ubuntu-22.04", "?distro=esm-apps/jammy&arch=source", "suppressed"),
        ("1-2", "?distro=ubuntu-22.04", "?distro=jammy/esm", "suppressed"),
        ("1-2", "?distro=ubuntu-22.04", "?distro=ubuntu/esm-apps/jammy", "suppressed"),
        ("1-2+esm1", "?distro=esm-apps/jammy", "?distro=jammy", "suppressed"),
        ("1-2", "", "?distro=esm-infra/xenial", "other-qualifiers"),
        ("1-2", "", "?distro=debian/jammy", "other-qualifiers"),
        ("1-2", "", "?distro=proposed/jammy", "other-qualifiers"),
        // What is built from other code is another matter, unless the very build is named.
        ("1-2", "", "?distro=fips-updates/jammy", "other-qualifiers"),
        ("1-2", "", "?distro=realtime/jammy", "other-qualifiers"),
        ("1-2", "", "@1-2?distro=fips-updates/jammy", "suppressed"),
        ("1-2", "", "@1-3?distro=esm-infra/jammy", "other-version"),
        ("1-2.fips.1", "", "?distro=fips/jammy", "suppressed"),
        ("1-2.fips.1", "?distro=ubuntu-22.04", "?distro=jammy", "other-qualifiers"),
        ("1-2", "?distro=fips-preview/jammy", "?distro=fips-updates/jammy", "suppressed"),
    ] {
        let purl = format!("pkg:deb/ubuntu/a@{}{stated}", version.replace('+', "%2B"));
        let inventory = inventory("x", system, &format!("deb a {version} purl={purl}"));
        let document =
            openvex("V", json!([not_affected("CVE-1", json!(format!("pkg:deb/ubuntu/a{wanted}")))]));
        assert_eq!(outcome(&inventory, &document), expected, "{version} {stated} {wanted}");
    }
}
