//! Where a finding is: its package and the places that hold it.

use model::finding::Finding;
use model::package::{Location, Package};
use model::report::Report;

/// The package of `finding`; those it was found in have one purl and differ in place only.
pub(crate) fn package<'a>(report: &'a Report, finding: &Finding) -> &'a Package {
    report.inventory.package(finding.packages[0])
}

/// Every place of `finding`, sorted, each once.
pub(crate) fn locations<'a>(report: &'a Report, finding: &Finding) -> Vec<&'a Location> {
    let mut locations: Vec<&Location> =
        finding.packages.iter().flat_map(|&index| &report.inventory.package(index).locations).collect();
    locations.sort();
    locations.dedup();
    locations
}
