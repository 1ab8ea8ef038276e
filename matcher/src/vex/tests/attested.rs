//! Documents that came in an attestation: what a statement leaves out is what that is about.

use model::limits::Limits;
use serde_json::{Value, json};

use super::*;
use crate::vex::{VexError, read_attested};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What comes of `statement` about an image with one finding, in an attestation about `subjects`.
#[track_caller]
fn check_about(subjects: &[&str], statement: Value, expected: &str) {
    let mut inventory = inventory("app", "", "npm left 3.0.0 purl=pkg:npm/left@3.0.0");
    inventory.subject.manifest_digest = Some(DIGEST.to_owned());
    let subjects: Vec<String> = subjects.iter().map(|&subject| subject.to_owned()).collect();
    let document = openvex("V", json!([statement]));
    let read = read_attested(document.to_string().as_bytes(), &subjects, &Limits::default()).unwrap();
    check(&inventory, "CVE-1 0", &[Given { document: read, ..given(&document) }], expected);
}

#[test]
fn a_statement_without_products_is_about_the_subjects_of_its_attestation() {
    let other = DIGEST.replace("0123", "3210");
    let bare = json!({"vulnerability": "CVE-1", "status": "not_affected", "impact_statement": "never run"});
    check_about(&[DIGEST], bare.clone(), "CVE-1 left: vex-not-affected by V never run");
    check_about(&[&other, DIGEST], bare.clone(), "CVE-1 left: vex-not-affected by V never run");
    let is_other = "CVE-1 left: affected\nstatements[0] CVE-1: index-unknown";
    check_about(&[&other], bare.clone(), is_other);
    let unknown = "CVE-1 left: affected\nstatements[0] CVE-1: unknown-product";
    check_about(&[], bare, unknown);
    // What is said to be meant is meant, whatever it came in.
    let named = not_affected("CVE-1", json!({"@id": other}));
    check_about(&[DIGEST], named, is_other);
}

#[test]
fn inherited_products_count_as_if_they_were_named() {
    let statement = json!({"vulnerability": "CVE-1", "status": "fixed"});
    let document = openvex("V", json!([statement, statement])).to_string();
    let subjects = [DIGEST.to_owned(), DIGEST.replace('0', "1")];
    let read = |products_max: usize| {
        let limits = Limits { vex_products_max: products_max, ..Limits::default() };
        read_attested(document.as_bytes(), &subjects, &limits).map(|document| document.statements.len())
    };
    assert_eq!(read(6).unwrap(), 2);
    assert!(matches!(read(5), Err(VexError::TooManyProducts { products_max: 5 })));
}
