//! The packages of an inventory as columns for people: an export.
//!
//! Columns are as wide as their longest cell, in characters. Control characters are shown escaped, so that a
//! name cannot move the cursor.

use std::io;

use model::inventory::Inventory;
use model::package::Package;

use super::{Format, WriteOptions};

pub(super) static FORMAT: Format =
    Format { name: "table", media_type: "text/plain", versions: &[], write, model: None, rewrite: None };

const HEADINGS: [&str; 4] = ["NAME", "VERSION", "TYPE", "LOCATION"];

fn write(inventory: &Inventory, _: &str, _: &WriteOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    let mut packages: Vec<&Package> = inventory.packages.iter().collect();
    packages.sort_by(|left, right| (&left.name, left.ecosystem).cmp(&(&right.name, right.ecosystem)));
    rows.extend(packages.into_iter().map(row));
    let mut widths = [0; HEADINGS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn row(package: &Package) -> [String; HEADINGS.len()] {
    let path = package.locations.first().map_or("", |location| &location.path);
    let removed = if package.removed_by.is_some() { " (deleted by a later layer)" } else { "" };
    let location = format!("{path}{removed}");
    [&package.name, package.version.as_str(), package.ecosystem.name(), &location].map(printable)
}

fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
