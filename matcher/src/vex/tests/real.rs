//! The documents of other tools' tests, and what those tools make of them.
//!
//! Where we say something else than the tool whose document it is, the row says why.

use std::collections::BTreeSet;

use model::limits::Limits;

use super::*;
use crate::vex::{VexError, bom_id};

/// A document of another tool, held against an inventory as that tool's tests have it.
struct Case {
    /// Below `vex/`; several are given together.
    documents: &'static [&'static str],
    image: &'static str,
    version: Option<&'static str>,
    packages: &'static str,
    findings: &'static str,
    /// How the SBOM is known.
    bom: Option<(&'static str, &'static str)>,
    /// The findings that stay, in order.
    stay: &'static [&'static str],
    /// What the tool says, where it says something else, and why we do not.
    argued: Option<&'static str>,
}

const CASE: Case = Case {
    documents: &[],
    image: "app",
    version: None,
    packages: "",
    findings: "",
    bom: None,
    stay: &[],
    argued: None,
};

const ALPINE: Case = Case {
    image: "alpine@sha256:124c7d2707904eea7431fffe91522a01e5a861a624ee31d03372cc1d138a3126",
    packages: "apk libcrypto3 3.0.8-r3 purl=pkg:apk/alpine/libcrypto3@3.0.8-r3?arch=x86_64&upstream=openssl&distro=alpine-3.17.3",
    findings: "CVE-2023-3817 0\nCVE-2023-1255 0\nCVE-2023-2975 0",
    ..CASE
};

const GO: Case = Case {
    image: "debian:12",
    packages: "golang github.com/aquasecurity/go-transitive v4.0.0 purl=pkg:golang/github.com/aquasecurity/go-transitive@v4.0.0",
    findings: "CVE-2024-0001 0",
    ..CASE
};

const BASH: Case = Case {
    image: "debian:12",
    packages: "deb bash 5.3 purl=pkg:deb/debian/bash@5.3",
    findings: "CVE-2022-3715 0\nCVE-2024-10000 0",
    ..CASE
};

const URLLIB: Case =
    Case { documents: &["chainguard-libraries/input/openvex/pypi/urllib3.openvex.json"], ..CASE };

const SPRING: Case = Case {
    documents: &["chainguard-libraries/input/openvex/maven/spring-security-web.openvex.json"],
    ..CASE
};

const CASES: &[Case] = &[
    Case {
        documents: &["grype/grype/vex/testdata/vex-docs/openvex-demo1.json"],
        stay: &["CVE-2023-3817", "CVE-2023-2975"],
        ..ALPINE
    },
    Case { documents: &["grype/grype/vex/testdata/vex-docs/openvex-demo2.json"], ..ALPINE },
    Case {
        documents: &["grype/grype/vex/testdata/vex-docs/csaf-demo1.json"],
        stay: &["CVE-2023-3817", "CVE-2023-2975"],
        ..ALPINE
    },
    Case {
        documents: &["grype/grype/vex/testdata/vex-docs/csaf-demo2.json"],
        stay: &["CVE-2023-1255", "CVE-2023-2975"],
        ..ALPINE
    },
    Case {
        documents: &["grype/grype/vex/testdata/vex-docs/openvex-debian.json"],
        image: "debian@sha256:124c7d2707904eea7431fffe91522a01e5a861a624ee31d03372cc1d138a3126",
        packages: "deb neutron 2014.1.3-6 purl=pkg:deb/debian/neutron@2014.1.3-6",
        findings: "CVE-2014-fake-1 0",
        ..CASE
    },
    // Another image of the same name.
    Case {
        documents: &["grype/grype/vex/testdata/vex-docs/openvex-debian.json"],
        image: "debian@sha256:024c7d2707904eea7431fffe91522a01e5a861a624ee31d03372cc1d138a3126",
        packages: "deb neutron 2014.1.3-6 purl=pkg:deb/debian/neutron@2014.1.3-6",
        findings: "CVE-2014-fake-1 0",
        stay: &["CVE-2014-fake-1"],
        ..CASE
    },
    Case { documents: &["trivy/pkg/vex/testdata/csaf.json"], ..GO },
    Case {
        documents: &["trivy/pkg/vex/testdata/openvex-oci-mismatch.json"],
        stay: &["CVE-2022-3715", "CVE-2024-10000"],
        ..BASH
    },
    Case {
        documents: &["trivy/pkg/vex/testdata/single-repo/vex/repositories/default/0.1/bash-vex.json"],
        stay: &["CVE-2024-10000"],
        ..BASH
    },
    Case {
        documents: &["trivy/pkg/vex/testdata/parent-location-repo/vex/repositories/default/bash-vex.json"],
        stay: &["CVE-2024-10000"],
        ..BASH
    },
    // Two documents of one id, version and time that contradict each other.
    Case {
        documents: &[
            "trivy/pkg/vex/testdata/multi-repos/vex/repositories/high-priority/0.1/bash-vex.json",
            "trivy/pkg/vex/testdata/multi-repos/vex/repositories/default/0.1/bash-vex.json",
        ],
        stay: &["CVE-2022-3715", "CVE-2024-10000"],
        ..BASH
    },
    Case {
        packages: "pypi urllib3 1.26.16+cgr.1 purl=pkg:pypi/urllib3@1.26.16%2Bcgr.1",
        findings: "CVE-2023-45803,GHSA-g4mx-q9vg-27p4 0",
        ..URLLIB
    },
    // What upstream published under nearly the same version does not hold the fix.
    Case {
        packages: "pypi urllib3 1.26.16 purl=pkg:pypi/urllib3@1.26.16",
        findings: "GHSA-g4mx-q9vg-27p4,CVE-2023-45803 0",
        stay: &["GHSA-g4mx-q9vg-27p4"],
        ..URLLIB
    },
    Case {
        packages: "maven org.springframework.security:spring-security-web 5.8.16-0.cgr.1 purl=pkg:maven/org.springframework.security/spring-security-web@5.8.16-0.cgr.1",
        findings: "GHSA-mf92-479x-3373 0",
        ..SPRING
    },
    Case {
        packages: "maven org.springframework.security:spring-security-web 5.8.16 purl=pkg:maven/org.springframework.security/spring-security-web@5.8.16",
        findings: "GHSA-mf92-479x-3373 0",
        stay: &["GHSA-mf92-479x-3373"],
        ..SPRING
    },
    Case {
        documents: &["guac/exampledata/open-vex-not-affected.json"],
        image: "git@sha256:23a264e6e429852221a963e9f17338ba3f5796dc7086e46439a6f4482cf6e0cb",
        packages: "apk git 2.38.1-r0 purl=pkg:apk/alpine/git@2.38.1-r0?arch=x86_64\napk git 2.38.1-r0 purl=pkg:apk/alpine/git@2.38.1-r0?arch=aarch64",
        findings: "CVE-2023-12345 0\nCVE-2023-12345 1",
        // Only two architectures are named.
        stay: &["CVE-2023-12345"],
        ..CASE
    },
    Case {
        documents: &["guac/exampledata/cyclonedx-unaffected-vex.json"],
        packages: "maven com.fasterxml.jackson.core:jackson-databind 2.10.0 purl=pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0",
        findings: "CVE-2020-25649 0",
        bom: Some(("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", "1")),
        ..CASE
    },
    Case {
        documents: &["guac/exampledata/cyclonedx-unaffected-vex.json"],
        packages: "maven com.fasterxml.jackson.core:jackson-databind 2.10.0 purl=pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0",
        findings: "CVE-2020-25649 0",
        stay: &["CVE-2020-25649"],
        argued: Some(
            "GUAC takes the link for the package wherever it is; it is about that BOM, where the code is not reachable",
        ),
        ..CASE
    },
    Case {
        documents: &["guac/exampledata/cyclonedx-vex-affected.json"],
        image: "ABC",
        version: Some("2.4"),
        packages: "maven log4j 2.0 purl=pkg:maven/log4j/log4j@2.0",
        findings: "CVE-2021-44228 0",
        stay: &["CVE-2021-44228"],
        ..CASE
    },
    Case {
        documents: &["guac/exampledata/cyclonedx-vex-no-analysis.json"],
        image: "ABC",
        packages: "maven log4j 2.0 purl=pkg:maven/log4j/log4j@2.0",
        findings: "CVE-2021-44228 0",
        stay: &["CVE-2021-44228"],
        ..CASE
    },
    Case {
        documents: &["guac/exampledata/cyclonedx-vex-false-positive.json"],
        image: "test-app-2",
        version: Some("1.0.0"),
        packages: "npm a 1 purl=pkg:npm/a@1",
        findings: "CVE-2024-0002 0\nCVE-2024-0004 0",
        stay: &["CVE-2024-0004"],
        argued: Some(
            "GUAC makes a package of the name of a component that the document does not have (`…-no-detail`)",
        ),
        ..CASE
    },
    Case {
        documents: &["guac/exampledata/cyclonedx-vex-resolved-with-pedigree.json"],
        image: "test-app",
        version: Some("1.0.0"),
        packages: "npm a 1 purl=pkg:npm/a@1",
        findings: "CVE-2024-0001 0\nCVE-2024-0003 0",
        stay: &["CVE-2024-0001", "CVE-2024-0003"],
        argued: Some(
            "GUAC takes the state; of version 1.0.0 the document also says `affected`, and a contradiction suppresses nothing",
        ),
        ..CASE
    },
];

/// What lies among them and is no document of VEX: descriptions of repositories, lists, another tool's rows.
const NO_DOCUMENTS: &[&str] = &[
    "chainguard-libraries/input/openvex/all.json",
    "chainguard-libraries/snapshots/openvex/chainguard-libraries:pypi/CGA-48gh-376r-gw73.json",
    "chainguard-libraries/snapshots/openvex/chainguard-libraries:pypi/CGA-7qjw-ggh3-pp9f.json",
    "trivy/integration/testdata/fixtures/vex/config/repository.yaml",
    "trivy/integration/testdata/fixtures/vex/repositories/default/vex-repository.json",
    "trivy/pkg/vex/testdata/parent-location-repo/vex/repositories/default/vex-repository.json",
    "trivy/pkg/vex/testdata/single-repo/vex/repositories/default/vex-repository.json",
    "trivy/pkg/vex/testdata/unknown.json",
];

#[test]
fn every_document_of_other_tools_is_read_and_does_what_they_say() {
    let Some(data) = testkit::data::require("every_document_of_other_tools_is_read_and_does_what_they_say")
    else {
        return;
    };
    let folder = data.join("vex");
    let mut unused = BTreeSet::new();
    for (path, bytes) in testkit::data::read_all(&folder) {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        let is_read = read(&bytes, &Limits::default()).is_ok();
        assert_eq!(is_read, !NO_DOCUMENTS.contains(&name.as_str()), "{name}");
        if is_read {
            unused.insert(name);
        }
    }
    let mut n_argued = 0;
    for case in CASES {
        let mut inventory = inventory(case.image, "", case.packages);
        inventory.subject.version = case.version.map(str::to_owned);
        let documents: Vec<Given> = case
            .documents
            .iter()
            .map(|name| {
                unused.remove(*name);
                let bytes = testkit::data::read(&folder.join(name));
                let document = read(&bytes, &Limits::default()).unwrap();
                Given::new(document, format!("{:x}", hash(&bytes)), Trust::User)
            })
            .collect();
        let bom = case.bom.map(|(serial, version)| bom_id(serial, Some(version)));
        let mut found = findings(case.findings);
        apply(&mut found, &documents, &inventory, bom.as_deref());
        let stay: Vec<&str> = found
            .iter()
            .filter(|finding| finding.suppressed.is_none())
            .map(|finding| finding.id.as_str())
            .collect();
        assert_eq!(stay, case.stay, "{:?}", case.documents);
        n_argued += usize::from(case.argued.is_some());
    }
    assert_eq!(unused, BTreeSet::new(), "nothing is expected of them");
    assert_eq!((CASES.len(), n_argued), (22, 3));
}

/// Red Hat's and others' own documents, which are far larger, are read too.
#[test]
fn every_csaf_document_of_the_feeds_is_read() {
    let Some(data) = testkit::data::require("every_csaf_document_of_the_feeds_is_read") else { return };
    let inventory = inventory("app", "rhel 9.4", "rpm openssl 3.0 purl=pkg:rpm/redhat/openssl@3.0");
    let (mut n_read, mut n_statements) = (0, 0);
    for (path, bytes) in testkit::data::read_all(&data.join("feeds/csaf")) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let document = match read(&bytes, &Limits::default()) {
            Ok(document) => document,
            // Lists of mirrors, tables, and documents that were taken back.
            Err(VexError::UnknownKind | VexError::NotJson(_)) => continue,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        n_read += 1;
        n_statements += document.statements.len();
        let given = Given::new(document, format!("{:x}", hash(&bytes)), Trust::User);
        apply(&mut findings("CVE-2024-5535 0"), &[given], &inventory, None);
    }
    assert!(n_read > 50 && n_statements > 200, "{n_read} documents, {n_statements} statements");
}
