//! What is suppressed, and why: counted by reason, and the first of it named.

use std::collections::BTreeMap;
use std::io;

use model::package::Package;
use model::report::Report;

use super::{LISTED_MAX, cell};
use crate::found;
use crate::text::{count, thousands};

/// `Suppressed: 3 findings (2 owned-by-distro-package, 1 vendor-fixed)`, and below it one line for each package and reason
/// until so many findings are named that the rest is only counted.
pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut packages: BTreeMap<(&str, &str), (&Package, Vec<&str>)> = BTreeMap::new();
    for finding in &report.findings {
        let Some(suppressed) = &finding.suppressed else { continue };
        *reasons.entry(&suppressed.reason).or_default() += 1;
        let package = found::package(report, finding);
        let (_, ids) = packages.entry((&package.purl, &suppressed.reason)).or_insert((package, Vec::new()));
        ids.push(&finding.id);
    }
    let n_findings = reasons.values().sum();
    if n_findings == 0 {
        return Ok(());
    }
    let words: Vec<String> =
        reasons.iter().map(|(reason, n)| format!("{} {}", thousands(*n as u64), cell(reason))).collect();
    writeln!(out, "Suppressed: {} ({})", count(n_findings, "finding"), words.join(", "))?;
    let mut n_told = 0;
    for ((_, reason), (package, ids)) in packages {
        let ids: Vec<String> = ids.into_iter().take(LISTED_MAX - n_told).map(cell).collect();
        n_told += ids.len();
        let (name, version) = (cell(&package.name), cell(package.version.as_str()));
        let line = format!("{name} {version} ({}, {}): {}", package.ecosystem, cell(reason), ids.join(", "));
        writeln!(out, "  {line}")?;
        if n_told == LISTED_MAX {
            break;
        }
    }
    match n_findings - n_told {
        0 => Ok(()),
        more => writeln!(out, "  and {} more; the format `json` lists all", thousands(more as u64)),
    }
}
