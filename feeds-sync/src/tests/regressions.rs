//! The regression cases of feeds.md D11 that are the readers', by their number: each was a real defect of a scanner. Those
//! that are the matcher's stand beside it.

use std::path::Path;

use model::limits::Limits;

use super::provider;
use super::providers::reading;
use crate::document::Document;
use crate::schema::oval;
use crate::xml;

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
fn d11_17_a_build_from_the_fixed_source_is_the_fix_of_every_binary() {
    check(
        "suse",
        "affected-binary-of-a-fixed-source",
        &["    binary libdemo-data Affected fixed (>=0, fixed 2.4.46-9.19.2)"],
    );
}

/// The comments that hold together in each way in which the criteria of the one definition of `text` are true, sorted.
fn ways(text: &str, max: usize) -> Result<Vec<Vec<String>>, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("oval.xml");
    std::fs::write(&path, text).unwrap();
    let document =
        Document { url: "https://feeds.example/oval.xml", path: &path, limits: &Limits::default() };
    let mut found = None;
    xml::each(&document, oval::ROOT, &["definition"], &mut |element| {
        let ways = oval::alternatives(element.child("criteria").unwrap(), max).map(|ways| {
            let sorted = |way: Vec<oval::Criterion<'_>>| {
                let mut comments: Vec<String> = way.iter().map(|it| it.comment.to_owned()).collect();
                comments.sort();
                comments
            };
            let mut ways: Vec<Vec<String>> = ways.into_iter().map(sorted).collect();
            ways.sort();
            ways
        });
        found = Some(ways);
        Ok(())
    })
    .unwrap();
    found.unwrap()
}

/// SUSE's own feed is CSAF VEX here, so that no provider reads such a definition; the reader of OVAL, which others have in
/// common, takes it in any order.
#[test]
fn d11_18_a_platform_that_comes_last_is_read_as_one_that_comes_first() {
    let package =
        |name: &str| format!(r#"<criterion test_ref="oval:t:{name}" comment="{name} is installed"/>"#);
    let packages = format!(
        r#"<criteria operator="OR">{}{}{}</criteria>"#,
        package("kernel-default-6.12.0-160000.5.1"),
        package("kernel-rt-6.12.0-160000.5.1"),
        package("libdemo1-1.4-160000.2.1")
    );
    let platform = r#"<criterion test_ref="oval:t:1" comment="openSUSE Leap 16.0 is installed"/>"#;
    let platforms = format!(r#"<criteria operator="OR">{platform}</criteria>"#);
    let definition = |criteria: &str| {
        format!(
            r#"<oval_definitions><definitions><definition class="vulnerability" id="oval:d:1"><metadata>
            <reference source="CVE" ref_id="CVE-2025-10001"/></metadata><criteria operator="AND">{criteria}</criteria>
            </definition></definitions></oval_definitions>"#
        )
    };
    let expected: Vec<Vec<String>> = [
        "kernel-default-6.12.0-160000.5.1 is installed",
        "kernel-rt-6.12.0-160000.5.1 is installed",
        "libdemo1-1.4-160000.2.1 is installed",
    ]
    .map(|package| vec![package.to_owned(), "openSUSE Leap 16.0 is installed".to_owned()])
    .into();
    for criteria in [
        format!("{packages}{platform}"),
        format!("{platform}{packages}"),
        format!("{packages}{platforms}"),
        format!("{platforms}{packages}"),
    ] {
        assert_eq!(ways(&definition(&criteria), 3), Ok(expected.clone()), "{criteria}");
        assert!(ways(&definition(&criteria), 2).is_err(), "{criteria}");
    }
    // What can never be true is no reason to refuse, wherever it stands.
    let never = r#"<criteria operator="OR"/>"#;
    for criteria in [format!("{packages}{packages}{never}"), format!("{never}{packages}{packages}")] {
        assert_eq!(ways(&definition(&criteria), 4), Ok(Vec::new()), "{criteria}");
    }
}
