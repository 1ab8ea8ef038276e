//! Statements held against findings: tables of documents, findings and outcomes.

mod attested;
mod bounds;
mod conflicts;
mod formats;
mod kernels;
mod laws;
mod names;
mod real;
mod rules;
mod stated;
mod times;

use model::finding::{Finding, Fix, Verdict};
use model::inventory::Inventory;
use model::limits::Limits;
use model::package::PackageIndex;
use model::report::VexUse;
use model::sparse::Sparse;
use model::text::ShortText;
use serde_json::{Value, json};

use super::{Given, Identity, Trust, apply, read};
use crate::fixture;

/// A document as a user gives it.
#[track_caller]
fn given(document: &Value) -> Given {
    given_as(document, Trust::User)
}

#[track_caller]
fn given_as(document: &Value, trust: Trust) -> Given {
    let text = document.to_string();
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    Given::new(document, format!("sha256:{:016x}", hash(text.as_bytes())), trust)
}

/// A document as a repository lists it.
#[track_caller]
fn given_under(document: &Value, packages: &[&str]) -> Given {
    let Given { document, digest, .. } = given(document);
    let packages = packages.iter().map(|purl| Identity::of_purl(purl).unwrap()).collect();
    Given::listed(document, digest, Trust::Hub, packages)
}

/// A digest that tests can do without a cryptographic hash (FNV-1a).
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Packages as in [`fixture::packages`]; findings one a line, `CVE-1,GHSA-1 0 1`: ids and the positions of packages.
fn inventory(name: &str, distro: &str, packages: &str) -> Inventory {
    let mut inventory = fixture::inventory(distro, packages);
    inventory.subject.name = name.to_owned();
    inventory
}

fn findings(text: &str) -> Vec<Finding> {
    let one = |line: &str| {
        let mut words = line.split_whitespace();
        let mut ids = words.next().unwrap().split(',').map(ShortText::from);
        Finding {
            id: ids.next().unwrap(),
            aliases: ids.collect(),
            packages: words.map(|word| PackageIndex(word.parse().unwrap())).collect(),
            verdict: Verdict::Affected,
            fix: Fix {
                state: model::advisory::FixState::NotFixed,
                versions: Default::default(),
                date: None,
                elsewhere: Vec::new(),
            },
            evidence: Vec::new(),
            row_severity: None,
            suppressed: None,
            decoration: Sparse::NOTHING,
        }
    };
    fixture::lines(text).map(one).collect()
}

/// Each finding as `CVE-1 name: affected`, or who suppresses it and why; then each outcome as `place id: reason`.
fn said(findings: &[Finding], used: &VexUse, inventory: &Inventory) -> String {
    let of_finding = |finding: &Finding| {
        let name = &inventory.package(finding.packages[0]).name;
        match &finding.suppressed {
            None => format!("{} {name}: affected", finding.id),
            Some(one) => {
                let grounds = one.statement.as_deref().cloned().unwrap_or_default();
                let word = grounds.justification.or(grounds.detail).unwrap_or_else(|| "-".to_owned());
                format!("{} {name}: {} by {} {word}", finding.id, one.reason, one.source)
            }
        }
    };
    let outcomes = used
        .unapplied
        .iter()
        .map(|one| format!("{} {}: {}", one.statement, one.vulnerability, one.reason.as_str()));
    findings.iter().map(of_finding).chain(outcomes).collect::<Vec<_>>().join("\n")
}

/// Applies the documents, in every rotation of their order, and compares what comes of it.
#[track_caller]
fn check(inventory: &Inventory, finding_lines: &str, documents: &[Given], expected: &str) {
    check_in(inventory, finding_lines, documents, None, expected);
}

#[track_caller]
fn check_in(
    inventory: &Inventory,
    finding_lines: &str,
    documents: &[Given],
    bom: Option<&str>,
    expected: &str,
) {
    let mut documents = documents.to_vec();
    for turn in 0..documents.len().max(1) {
        let mut found = findings(finding_lines);
        let used = apply(&mut found, &documents, inventory, bom);
        let expected = fixture::lines(expected).collect::<Vec<_>>().join("\n");
        assert_eq!(said(&found, &used, inventory), expected, "turned by {turn}");
        if !documents.is_empty() {
            documents.rotate_left(1);
        }
    }
}

/// An OpenVEX document with the id `id`.
fn openvex(id: &str, statements: Value) -> Value {
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "author": "Acme", "version": 1,
        "timestamp": "2025-01-01T00:00:00Z", "statements": statements})
}

/// A statement of OpenVEX that one product is not affected.
fn not_affected(vulnerability: &str, product: Value) -> Value {
    json!({"vulnerability": {"name": vulnerability}, "products": [product], "status": "not_affected",
        "justification": "component_not_present"})
}

/// A statement of OpenVEX with another status.
fn stated(vulnerability: &str, product: Value, status: &str) -> Value {
    json!({"vulnerability": {"name": vulnerability}, "products": [product], "status": status})
}
