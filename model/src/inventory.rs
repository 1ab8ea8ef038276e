//! All that matching sees of an image.

use std::fmt;

use crate::distro::Distro;
use crate::gap::Gap;
use crate::image::{BaseImage, HistoryEntry, ImageFacts, Made, Origin};
use crate::package::{OwnedFile, Package, PackageIndex};

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
    /// The digest of the index of the images of all platforms, `sha256:…`, where it was found by one.
    pub index_digest: Option<String>,
    /// `linux/amd64`, `linux/arm/v7`.
    pub platform: Option<String>,
    /// Who supplies it, as stated.
    pub supplier: Option<String>,
    /// When the image says it was built, RFC 3339 as written.
    pub created: Option<String>,
    /// The layers, lowest first; empty for a directory.
    pub layers: Vec<SubjectLayer>,
    /// The image it was built on, as far as that is known.
    pub base: Option<BaseImage>,
    /// What it says of itself beside its packages.
    pub image: ImageFacts,
}

/// A layer of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectLayer {
    /// The digest of the uncompressed layer, `sha256:…`.
    pub diff_id: String,
    /// Whether it was not read this time, because what is in it was known from a layer of the same digest. That is of the
    /// run and not of the image: no SBOM carries it.
    pub is_from_cache: bool,
    /// The line of the Dockerfile that made it, where that was asked for and could be told.
    pub dockerfile: Option<DockerfileLine>,
}

/// A line of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerfileLine {
    /// The name of the file as it was given.
    pub file: String,
    /// The first line of the instruction, from 1.
    pub line: u32,
}

impl fmt::Display for DockerfileLine {
    /// `Dockerfile:12`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.file, self.line)
    }
}

impl SubjectLayer {
    /// The layer of which nothing but its digest is known.
    pub fn new(diff_id: impl Into<String>) -> Self {
        Self { diff_id: diff_id.into(), is_from_cache: false, dockerfile: None }
    }
}

impl Subject {
    /// The step of the history that made each layer, in the order of the layers.
    pub fn layer_history(&self) -> Vec<Option<&HistoryEntry>> {
        let mut of_layer = vec![None; self.layers.len()];
        for entry in &self.image.history {
            if let Made::Layer(index) = entry.made
                && let Some(slot) = of_layer.get_mut(index as usize)
            {
                *slot = Some(entry);
            }
        }
        of_layer
    }

    /// Whether the layer at `position`, from 0, is the base image's.
    pub fn origin_of_position(&self, position: usize) -> Origin {
        match self.base.as_ref().and_then(|base| base.layers) {
            None => Origin::Unknown,
            Some(n_base) if position < n_base as usize => Origin::Base,
            Some(_) => Origin::Yours,
        }
    }

    /// Whether the layer `diff_id` is the base image's. A layer that occurs several times (two that are empty) may
    /// be both, and then is unknown.
    pub fn origin_of_layer(&self, diff_id: &str) -> Origin {
        let positions = self.layers.iter().enumerate().filter(|(_, layer)| layer.diff_id == diff_id);
        positions
            .map(|(position, _)| self.origin_of_position(position))
            .reduce(Origin::and)
            .unwrap_or(Origin::Unknown)
    }

    /// Whether `package` came with the base image: told by the layer of its first location.
    pub fn origin_of_package(&self, package: &Package) -> Origin {
        let layer = package.locations.first().and_then(|location| location.layer.as_deref());
        layer.map_or(Origin::Unknown, |layer| self.origin_of_layer(layer))
    }
}

/// The inventory of one subject.
///
/// Packages are sorted by purl, then first location; owners, parents and dependencies are positions in that order. Build it with
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
    /// What a merged inventory was made of; empty for that of one image.
    pub parts: Vec<Part>,
}

/// One of those that a merged inventory was made of: an image of several, or the source tree beside an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What it is of.
    pub subject: Subject,
    /// Its own distribution, by which its packages are judged.
    pub distro: Option<Distro>,
    /// The digest of the SBOM that it came from, `sha256:…`.
    pub document: String,
}

impl Inventory {
    /// The inventory with its packages sorted (owners follow) and its gaps sorted and each once.
    pub fn new(
        subject: Subject,
        distro: Option<Distro>,
        mut packages: Vec<Package>,
        mut gaps: Vec<Gap>,
    ) -> Self {
        gaps.sort();
        gaps.dedup();
        sort(&mut packages);
        Self { subject, distro, packages, gaps, parts: Vec::new() }
    }

    /// Adds a gap where it belongs, unless it is there.
    pub fn add_gap(&mut self, gap: Gap) {
        if let Err(position) = self.gaps.binary_search(&gap) {
            self.gaps.insert(position, gap);
        }
    }

    /// The part that `package` is of; none in the inventory of one image.
    pub fn part_of(&self, package: &Package) -> Option<&Part> {
        package.part.and_then(|part| self.parts.get(part.as_usize()))
    }

    /// The distribution that `package` was installed on.
    pub fn distro_of(&self, package: &Package) -> Option<&Distro> {
        self.part_of(package).map_or(self.distro.as_ref(), |part| part.distro.as_ref())
    }

    /// Every distribution that packages are installed on: the inventory's own, then those of its parts.
    pub fn distros(&self) -> impl Iterator<Item = &Distro> {
        self.distro.iter().chain(self.parts.iter().filter_map(|part| part.distro.as_ref()))
    }

    /// Whether `package` came with the base image of its subject.
    pub fn origin_of_package(&self, package: &Package) -> Origin {
        self.part_of(package).map_or(&self.subject, |part| &part.subject).origin_of_package(package)
    }

    /// Whether all of the packages came with the base image; unknown when they are of either kind.
    pub fn origin_of_packages(&self, packages: &[PackageIndex]) -> Origin {
        let origins = packages.iter().map(|&index| self.origin_of_package(self.package(index)));
        origins.reduce(Origin::and).unwrap_or(Origin::Unknown)
    }

    /// Whether it is known of any of what it is of which layers are the base image's.
    pub fn has_base(&self) -> bool {
        let mut subjects = self.parts.iter().map(|part| &part.subject).chain([&self.subject]);
        subjects.any(|subject| subject.base.as_ref().is_some_and(|base| base.layers.is_some()))
    }

    /// The package at `index`.
    pub fn package(&self, index: PackageIndex) -> &Package {
        &self.packages[index.as_usize()]
    }
}

/// Sorts what each package lists, and then the packages, where they are.
fn sort(packages: &mut [Package]) {
    for package in &mut *packages {
        sort_lists(package);
    }
    let number = |index: usize| u32::try_from(index).expect("packages are limited to far fewer than 2^32");
    let mut order: Vec<u32> = (0..packages.len()).map(number).collect();
    order.sort_by(|&left, &right| {
        let key = |index: u32| {
            let package: &Package = &packages[index as usize];
            let version = package.version.as_str();
            (&package.purl, &package.locations, package.ecosystem, &package.name, version, package.part)
        };
        key(left).cmp(&key(right))
    });
    let mut position = vec![PackageIndex(0); packages.len()];
    for (new, &old) in order.iter().enumerate() {
        position[old as usize] = PackageIndex(number(new));
    }
    drop(order);
    for package in &mut *packages {
        package.owner = package.owner.map(|owner| position[owner.as_usize()]);
        package.parent = package.parent.map(|parent| position[parent.as_usize()]);
        package.depends_on.renumber(|dependency| Some(position[dependency.as_usize()]));
        package.depends_on.sort();
        package.shrink();
    }
    // Each swap brings one package to its place, so that there are no more swaps than packages.
    for index in 0..packages.len() {
        while position[index].as_usize() != index {
            let place = position[index].as_usize();
            packages.swap(index, place);
            position.swap(index, place);
        }
    }
}

fn sort_lists(package: &mut Package) {
    package.locations.sort();
    package.locations.dedup();
    package.licenses.sort();
    package.cpes.sort();
    let Some(details) = package.details.said_mut() else { return };
    details.digests.sort();
    let Some(rarities) = details.rarities.said_mut() else { return };
    rarities.imports.sort();
    rarities.imports.dedup();
    sort_files(&mut rarities.files);
    rarities.marks.sort();
    rarities.marks.dedup();
    if let Some(about) = &mut rarities.about {
        about.references.sort();
        about.references.dedup();
    }
}

/// Sorts files, and makes one of several at the same path.
fn sort_files(files: &mut Vec<OwnedFile>) {
    files.sort();
    files.dedup_by(|other, file| {
        let is_same = other.path == file.path;
        if is_same {
            file.digests.append(&mut other.digests);
        }
        is_same
    });
    for file in files {
        file.digests.sort();
        file.digests.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::Ecosystem;
    use crate::package::PartIndex;

    #[test]
    fn relations_follow_their_packages_when_sorted() {
        let mut child = Package::new(Ecosystem::PyPi, "a", "1", "pkg:pypi/a@1".into());
        child.owner = Some(PackageIndex(1));
        child.parent = Some(PackageIndex(0));
        child.depends_on = vec![PackageIndex(1), PackageIndex(0), PackageIndex(1)].into();
        let owner = Package::new(Ecosystem::Deb, "b", "1", "pkg:deb/debian/b@1".into());
        let inventory = Inventory::new(Subject::default(), None, vec![child, owner], Vec::new());
        assert_eq!(inventory.packages[0].name, "b");
        let child = &inventory.packages[1];
        assert_eq!((child.owner, child.parent), (Some(PackageIndex(0)), Some(PackageIndex(1))));
        assert_eq!(*child.depends_on, [PackageIndex(0), PackageIndex(1)]);
    }

    #[test]
    fn packages_in_any_order_are_sorted_in_place() {
        let names = ["d", "b", "e", "a", "c", "f"];
        let package = |(index, name): (usize, &&str)| {
            let mut package = Package::new(Ecosystem::Npm, name, "1", format!("pkg:npm/{name}@1"));
            package.owner = Some(PackageIndex((index as u32 + 1) % 6));
            package
        };
        let packages = names.iter().enumerate().map(package).collect();
        let inventory = Inventory::new(Subject::default(), None, packages, Vec::new());
        let found: Vec<_> = inventory.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(found, ["a", "b", "c", "d", "e", "f"]);
        let owners = inventory.packages.iter().map(|package| inventory.package(package.owner.unwrap()));
        let owners: Vec<_> = owners.map(|owner| owner.name.as_str()).collect();
        assert_eq!(owners, ["c", "e", "f", "b", "a", "d"]);
    }

    #[test]
    fn a_package_is_on_the_distribution_of_its_part() {
        let distro = |id: &str| Some(Distro { id: id.to_owned(), ..Distro::default() });
        let part = |id: &str| Part { distro: distro(id), ..Part::default() };
        let bare = Part::default();
        let package = |part| Package { part, ..Package::new(Ecosystem::Deb, "a", "1", String::new()) };
        let inventory =
            Inventory { distro: distro("a"), parts: vec![part("b"), bare], ..Inventory::default() };
        let of = |part| inventory.distro_of(&package(part)).map(|distro| distro.id.as_str());
        assert_eq!(of(None), Some("a"));
        assert_eq!(of(Some(PartIndex(0))), Some("b"));
        assert_eq!(of(Some(PartIndex(1))), None);
        assert_eq!(of(Some(PartIndex(9))), Some("a"), "damage in a document is no part");
        assert_eq!(inventory.distros().count(), 2);
    }

    #[test]
    fn a_layer_that_occurs_twice_is_of_the_base_only_if_all_of_it_is() {
        let subject = |n_base| Subject {
            layers: ["a", "b", "a", "c", "c"].map(SubjectLayer::new).into(),
            base: Some(BaseImage { layers: n_base, ..BaseImage::default() }),
            ..Subject::default()
        };
        let origins =
            |n_base| ["a", "b", "c", "d"].map(|layer| subject(n_base).origin_of_layer(layer).as_str());
        assert_eq!(origins(None), ["unknown"; 4]);
        assert_eq!(origins(Some(0)), ["yours", "yours", "yours", "unknown"]);
        assert_eq!(origins(Some(2)), ["unknown", "base", "yours", "unknown"]);
        assert_eq!(origins(Some(3)), ["base", "base", "yours", "unknown"]);
        assert_eq!(origins(Some(9)), ["base", "base", "base", "unknown"]);
    }

    #[test]
    fn a_file_that_is_named_twice_is_there_once_with_every_digest() {
        let file = |path: &str, digests: &[&str]| OwnedFile {
            path: path.to_owned(),
            digests: digests.iter().map(|digest| (*digest).to_owned()).collect(),
        };
        let mut files =
            vec![file("b", &[]), file("a", &["md5:1"]), file("b", &["sha1:2"]), file("b", &["md5:3"])];
        sort_files(&mut files);
        assert_eq!(files, [file("a", &["md5:1"]), file("b", &["md5:3", "sha1:2"])]);
    }

    #[test]
    fn gaps_that_are_added_stay_sorted_and_are_there_once() {
        let gap = |place: &str| Gap::new(crate::gap::GapKind::MISSING_FACT, place, "x");
        let mut inventory = Inventory::new(Subject::default(), None, Vec::new(), vec![gap("c"), gap("a")]);
        inventory.add_gap(gap("b"));
        inventory.add_gap(gap("a"));
        assert_eq!(inventory.gaps, [gap("a"), gap("b"), gap("c")]);
    }
}
