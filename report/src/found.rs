//! Where a finding is: its package and the places that hold it.

use std::collections::{BTreeMap, BTreeSet};

use model::finding::Finding;
use model::image::Origin;
use model::inventory::Subject;
use model::package::{Location, Package};
use model::report::Report;

/// The package of `finding`; those it was found in have one purl and differ in place only, but those of a kernel.
pub(crate) fn package<'a>(report: &'a Report, finding: &Finding) -> &'a Package {
    report.inventory.package(finding.packages[0])
}

/// The purls of the other packages of the same kernel, sorted, each once.
pub(crate) fn other_purls<'a>(report: &'a Report, finding: &Finding) -> Vec<&'a str> {
    let own = package(report, finding).purl.as_str();
    let purls = finding.packages.iter().map(|&index| report.inventory.package(index).purl.as_str());
    let others: BTreeSet<&str> = purls.filter(|purl| *purl != own).collect();
    others.into_iter().collect()
}

/// Every place of `finding`, sorted, each once.
pub(crate) fn locations<'a>(report: &'a Report, finding: &Finding) -> Vec<&'a Location> {
    let mut locations: Vec<&Location> =
        finding.packages.iter().flat_map(|&index| &report.inventory.package(index).locations).collect();
    locations.sort();
    locations.dedup();
    locations
}

/// Whether what `finding` was found in came with the base image; unknown when it is in packages of either kind.
pub(crate) fn origin(report: &Report, finding: &Finding) -> Origin {
    report.inventory.origin_of_packages(&finding.packages)
}

/// The position of each layer, from 0, by its diff-id; none for one that occurs several times.
pub(crate) type Positions<'a> = BTreeMap<&'a str, Option<usize>>;

/// The positions of the layers of `subject`.
pub(crate) fn positions(subject: &Subject) -> Positions<'_> {
    let mut positions = Positions::new();
    for (position, layer) in subject.layers.iter().enumerate() {
        positions.entry(&layer.diff_id).and_modify(|known| *known = None).or_insert(Some(position));
    }
    positions
}
