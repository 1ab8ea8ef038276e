//! The regression cases of feeds.md D11 that are the readers', by their number: each was a real defect of a scanner. Those
//! that are the matcher's stand beside it.
//!
//! Case 18, a definition whose platform comes last, is of SUSE's OVAL, which is not read: SUSE's documents are CSAF.

use std::path::Path;

use super::provider;
use super::providers::reading;

/// What is read in a case of a provider.
fn read(name: &str, case: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/provider").join(name).join(case);
    reading(provider(name), &path)
}

#[track_caller]
fn check(name: &str, case: &str, lines: &[&str]) {
    let text = read(name, case);
    assert!(text.contains(&lines.join("\n")), "{text}");
}

#[test]
fn d11_07_a_record_of_ubuntu_that_was_withdrawn_keeps_its_fix() {
    check(
        "ubuntu",
        "withdrawn-and-rejected",
        &[
            "  CVE-2025-10005 = UBUNTU-CVE-2025-10005 [medium = medium] \"overflow in demo\"",
            "    source demo Affected fixed (>=0, fixed 1-1.1)",
        ],
    );
}

#[test]
fn d11_15_libraries_that_osv_lacks_are_in_the_errata() {
    check(
        "alma",
        "modules-epochs-and-architectures",
        &["    binary nodejs-docs Affected fixed (>=0, fixed 18.20.2-1.module_el9.4.0+100+abc)"],
    );
}

#[test]
fn d11_17_a_fix_of_the_source_is_one_of_every_binary() {
    check(
        "suse",
        "affected-binary-of-a-fixed-source",
        &["    binary libdemo-data Affected fixed (>=0, fixed 1.4-150600.3.1)"],
    );
}
