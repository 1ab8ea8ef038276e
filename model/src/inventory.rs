//! All that matching sees of an image.

use crate::distro::Distro;
use crate::gap::Gap;
use crate::package::{Package, PackageIndex};

/// What the inventory is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The name a person would use: a reference, or the name of the file or directory.
    pub name: String,
    /// The version or tag, where the subject has one.
    pub version: Option<String>,
    /// The image id: the digest of its configuration, `sha256:…`.
    pub digest: Option<String>,
    /// The digest of the manifest, `sha256:…`, where there is one.
    pub manifest_digest: Option<String>,
    /// `linux/amd64`, `linux/arm/v7`.
    pub platform: Option<String>,
    /// When the image says it was built, RFC 3339 as written.
    pub created: Option<String>,
    /// The layers, lowest first; empty for a directory.
    pub layers: Vec<SubjectLayer>,
}

/// A layer of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectLayer {
    /// The digest of the uncompressed layer, `sha256:…`.
    pub diff_id: String,
    /// The history line that made it.
    pub created_by: Option<String>,
    /// Whether it was not read this time, because what is in it was known from a layer of the same digest.
    pub is_from_cache: bool,
}

/// The inventory of one subject.
///
/// Packages are sorted by purl, then first location; owners are positions in that order. Build it with
/// [`Inventory::new`], which sorts; both SBOM readers do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// What it is of.
    pub subject: Subject,
    /// The distribution, when the image says one.
    pub distro: Option<Distro>,
    /// The packages.
    pub packages: Vec<Package>,
    /// What could not be read or known, sorted, each once.
    pub gaps: Vec<Gap>,
}

impl Inventory {
    /// The inventory with its packages sorted (owners follow) and its gaps sorted and each once.
    pub fn new(subject: Subject, distro: Option<Distro>, packages: Vec<Package>, mut gaps: Vec<Gap>) -> Self {
        gaps.sort();
        gaps.dedup();
        Self { subject, distro, packages: sorted(packages), gaps }
    }

    /// The package at `index`.
    pub fn package(&self, index: PackageIndex) -> &Package {
        &self.packages[index.as_usize()]
    }
}

fn sorted(mut packages: Vec<Package>) -> Vec<Package> {
    for package in &mut packages {
        package.locations.sort();
        package.locations.dedup();
        package.licenses.sort();
        package.licenses.dedup();
        package.cpes.sort();
        package.cpes.dedup();
    }
    let mut order: Vec<usize> = (0..packages.len()).collect();
    order.sort_by(|&left, &right| {
        let key = |index: usize| {
            let package: &Package = &packages[index];
            (&package.purl, &package.locations, package.ecosystem, &package.name, package.version.as_str())
        };
        key(left).cmp(&key(right))
    });
    let mut position = vec![PackageIndex(0); packages.len()];
    for (new, &old) in order.iter().enumerate() {
        position[old] =
            PackageIndex(u32::try_from(new).expect("packages are limited to far fewer than 2^32"));
    }
    let mut slots: Vec<Option<Package>> = packages.into_iter().map(Some).collect();
    order
        .into_iter()
        .map(|old| {
            let mut package = slots[old].take().expect("each position occurs once in the order");
            package.owner = package.owner.map(|owner| position[owner.as_usize()]);
            package
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::Ecosystem;

    #[test]
    fn owners_follow_their_packages_when_sorted() {
        let mut child = Package::new(Ecosystem::PyPi, "a", "1", "pkg:pypi/a@1".into());
        child.owner = Some(PackageIndex(1));
        let owner = Package::new(Ecosystem::Deb, "b", "1", "pkg:deb/debian/b@1".into());
        let inventory = Inventory::new(Subject::default(), None, vec![child, owner], Vec::new());
        assert_eq!(inventory.packages[0].name, "b");
        assert_eq!(inventory.packages[1].owner, Some(PackageIndex(0)));
    }
}
