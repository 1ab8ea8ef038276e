//! What `plimsoll versions` promises.

use std::fs;

use crate::harness::{Place, Ran};

/// Runs `versions compare SCHEME --batch` on these lines.
fn batch(scheme: &str, lines: &[u8]) -> Ran {
    let place = Place::new();
    let input = place.write("pairs.tsv", lines);
    let mut command = place.command();
    command.args(["versions", "compare", scheme, "--batch"]).stdin(fs::File::open(input).unwrap());
    Ran::of(command.output().unwrap())
}

#[test]
fn two_versions_are_compared_by_scheme_ecosystem_or_purl_type() {
    let place = Place::new();
    let compare = |scheme: &str, left: &str, right: &str| {
        place.run(["versions", "compare", scheme, left, right]).expect_code(0).stdout.clone()
    };
    assert_eq!(compare("rpm", "1.0-9.el9", "1.0-10.el9"), "<\n");
    assert_eq!(compare("deb", "1.0", "1.0~rc1"), ">\n");
    assert_eq!(compare("PyPI", "1.0", "1.0.0"), "=\n");
    assert_eq!(compare("github", "v4", "v4.0.1"), "<\n");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let place = Place::new();
    let unreadable = place.run(["versions", "compare", "pep440", "1.0", "french toast"]);
    assert_eq!(unreadable.expect_code(2).expect_stderr(&["`french toast`", "pep440"]).stdout, "!\n");
    let legacy = place.run(["versions", "compare", "pep440", "0.6m6", "0.2rc0"]);
    let legacy = legacy.expect_code(2).expect_stderr(&["`0.6m6` is no version", "not judged by it"]);
    assert_eq!(legacy.stdout, "<\n");
    let unknown = place.run(["versions", "compare", "rmp", "1", "2"]);
    unknown.expect_code(2).expect_stderr(&["`rmp`", "apk, ", "semver"]);
    place.run(["versions", "compare", "rpm", "1"]).expect_code(2);
    place.run(["versions", "compare", "rpm", "1", "2", "--batch"]).expect_code(2);
}

#[test]
fn a_batch_gives_a_line_for_each_pair() {
    let ran = batch("rpm", b"1-1\t1-2\n1-1\t1-1\r\n2\t1\n\t1\n1\t");
    assert_eq!(ran.expect_code(0).stdout, "<\n=\n>\n!\n!\n");
    assert_eq!(batch("rpm", b"").expect_code(0).stdout, "");
}

#[test]
fn a_line_of_a_batch_that_is_no_pair_is_named() {
    for (lines, answered) in [
        (&b"1\t2\n\n"[..], "<\n"),
        (b"1\t2\n1\n", "<\n"),
        (b"1\t2\n1\t2\t3\n", "<\n"),
        (b"1\t2\n\xff\t2\n", "<\n"),
    ] {
        let ran = batch("rpm", lines);
        assert_eq!(ran.expect_code(2).expect_stderr(&["line 2"]).stdout, answered);
    }
}

#[test]
fn every_scheme_is_listed_with_its_ecosystems() {
    let listed = Place::new().run(["versions", "list"]).expect_code(0).stdout.clone();
    assert!(listed.lines().any(|line| line == "apk\tapk"), "{listed}");
    assert!(listed.lines().any(|line| line.starts_with("semver\tnpm cargo")), "{listed}");
    assert_eq!(listed.lines().count(), matcher::version::SCHEMES.len());
}
