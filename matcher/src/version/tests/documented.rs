//! `docs/reference/version-differences.md` lists what the tables of differences hold, and nothing else.

use std::collections::BTreeSet;

use super::{CONSTRAINT_DIFFERENCES, VALIDITY_DIFFERENCES};

const DOCUMENT: &str = include_str!("../../../../docs/reference/version-differences.md");

/// Every difference as its line in the section of its table.
fn differences() -> BTreeSet<(String, String)> {
    let validity =
        VALIDITY_DIFFERENCES.iter().map(|(table, text, why)| (*table, format!("- `{text}` is read: {why}")));
    let constraints = CONSTRAINT_DIFFERENCES
        .iter()
        .map(|(table, constraint, version, why)| (*table, format!("- `{version}` in `{constraint}`: {why}")));
    validity.chain(constraints).map(|(table, line)| (table.to_owned(), line)).collect()
}

/// The lines of each `## table` that begin with a hyphen; those that count rows of a table (``- `maven`, 2 rows: …``) are compared with
/// the lists that hold these rows.
fn documented() -> BTreeSet<(String, String)> {
    let sections = DOCUMENT.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
    let lines = sections.flat_map(|(table, text)| {
        text.lines()
            .filter(|line| line.starts_with("- ") && !counts_rows(line))
            .map(move |line| (table.to_owned(), line.to_owned()))
    });
    lines.collect()
}

/// Whether a line is of the form ``- `maven`, 2 rows: …``.
fn counts_rows(line: &str) -> bool {
    let rest = line.strip_prefix("- `").and_then(|rest| rest.split_once("`, "));
    rest.is_some_and(|(_, rest)| {
        rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with(" row")
    })
}

#[test]
fn the_document_of_differences_lists_exactly_the_tables() {
    let (expected, documented) = (differences(), documented());
    let missing: Vec<_> = expected.difference(&documented).collect();
    let more: Vec<_> = documented.difference(&expected).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "docs/reference/version-differences.md lacks {missing:#?}\nand should not have {more:#?}"
    );
}

/// The document counts the rows of a comparison table, and those that are refused.
#[track_caller]
pub(super) fn assert_counted(table: &str, n_rows: usize, n_refused: usize) {
    let counted = format!("| `{table}` | {n_rows} | {n_refused} |");
    assert!(DOCUMENT.contains(&counted), "docs/reference/version-differences.md lacks `{counted}`");
}
