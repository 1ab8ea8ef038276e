//! The package URLs of an inventory, one a line, sorted, each once: an export.
//!
//! A package whose purl is empty has no line.

use std::io;

use model::inventory::Inventory;

use super::{Format, WriteOptions};

pub(super) static FORMAT: Format =
    Format { name: "purls", media_type: "text/plain", versions: &[], write, model: None, rewrite: None };

fn write(inventory: &Inventory, _: &str, _: &WriteOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut lines: Vec<_> = inventory.packages.iter().map(|package| one_line(&package.purl)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.iter().filter(|line| !line.is_empty()).try_for_each(|line| writeln!(out, "{line}"))
}

/// A purl holds no white space and no control character; the text of a foreign SBOM may.
fn one_line(purl: &str) -> String {
    purl.chars().filter(|character| !character.is_control()).collect()
}
