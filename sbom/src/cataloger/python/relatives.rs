//! What is known of a distribution only from the files around it: where it came from, who carries it, what it needs.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::package::{Mark, Package, PackageIndex};

use super::super::facts::{FactFile, Named, PackageFact};
use super::super::file::directory;
use super::super::{Fact, FactTree, Found, conda_meta, provenance};
use super::metadata::Source;
use super::{CATALOGER, DEVELOPED_IN, REQUIRES, is_metadata, is_vendor_list, is_vendored};

pub(super) fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let notes = Notes { conda: conda_packages(tree, found), ..Notes::of(tree) };
    let start = found.packages.len();
    for file in tree.of(CATALOGER.name) {
        found.packages_in(file, |fact| notes.package(file, fact));
    }
    let indices =
        || (start..found.packages.len()).filter_map(|index| u32::try_from(index).ok().map(PackageIndex));
    let place = |index: &PackageIndex| found.packages[index.as_usize()].locations[0].path.as_str();
    let mut requires = Vec::new();
    let mut carriers: BTreeMap<(&str, Box<str>), PackageIndex> = BTreeMap::new();
    for index in indices() {
        let path = place(&index);
        if !is_metadata(path) {
            continue;
        }
        if let Some(names) = notes.requires.get(directory(path)) {
            requires.push((index, names.lines().map(str::to_owned).collect()));
        }
        let name = normalise_name(Ecosystem::PyPi, &found.packages[index.as_usize()].name);
        carriers.insert((installed_into(path), name), index);
    }
    let parents: Vec<(PackageIndex, PackageIndex)> = indices()
        .filter_map(|index| {
            let path = place(&index);
            let carrier = if is_vendored(path) { carrier(path, &carriers) } else { None };
            Some((index, carrier.or_else(|| notes.conda.get(path).copied())?))
        })
        .collect();
    for (index, parent) in parents.into_iter().filter(|(index, parent)| index != parent) {
        found.packages[index.as_usize()].parent = Some(parent);
    }
    let named = requires.into_iter();
    found.named.extend(named.map(|(index, requires)| Named { index, requires, provides: Vec::new() }));
}

/// The directory that a distribution with its metadata at `path` was installed into.
fn installed_into(path: &str) -> &str {
    match path.ends_with(".egg-info") {
        true => directory(path),
        false => directory(directory(path)),
    }
}

/// What files beside the metadata say.
#[derive(Default)]
struct Notes<'t> {
    /// By the directory of the metadata.
    sources: BTreeMap<&'t str, Vec<Source>>,
    requires: BTreeMap<&'t str, &'t str>,
    /// Directories with distributions that are being developed.
    developed: BTreeSet<&'t str>,
    /// Distributions with metadata of their own: what they were installed into, and their names.
    known: BTreeSet<(&'t str, Box<str>)>,
    /// The conda packages that brought metadata of distributions, by its path.
    conda: BTreeMap<String, PackageIndex>,
}

impl<'t> Notes<'t> {
    fn of(tree: &FactTree<'t>) -> Self {
        let mut notes = Self::default();
        for file in tree.of(CATALOGER.name) {
            for fact in file.facts.iter() {
                match fact {
                    Fact::Text { name, value } if name == REQUIRES => {
                        notes.requires.insert(directory(&file.path), value);
                    }
                    Fact::Text { name, value } if name == DEVELOPED_IN => {
                        notes.developed.insert(value);
                    }
                    Fact::Text { name, value } => {
                        let source = Source::from_text(name, value);
                        notes.sources.entry(directory(&file.path)).or_default().extend(source);
                    }
                    Fact::Package(fact) if is_metadata(&file.path) => {
                        let name = normalise_name(Ecosystem::PyPi, &fact.package.name);
                        notes.known.insert((installed_into(&file.path), name));
                    }
                    _ => {}
                }
            }
        }
        notes
    }

    /// The package of one fact; none of what a list names and what has metadata beside the list as well.
    fn package(&self, file: &FactFile, fact: &PackageFact) -> Option<Package> {
        if is_vendor_list(&file.path) {
            let name = normalise_name(Ecosystem::PyPi, &fact.package.name);
            if self.known.contains(&(directory(&file.path), name)) {
                return None;
            }
        }
        let mut package = fact.package.clone();
        for source in self.sources.get(directory(&file.path)).into_iter().flatten() {
            // What conda packs was installed from a directory where it was built, of released sources.
            if *source != Source::Directory || !self.conda.contains_key(&file.path) {
                source.say_of(&mut package);
            }
        }
        if is_metadata(&file.path) && self.developed.contains(installed_into(&file.path)) {
            provenance::mark(&mut package, Mark::Unreleased);
        }
        Some(package)
    }
}

/// Directories inside each other whose names together can be that of a distribution.
const NESTED_NAMES_MAX: usize = 3;

/// The distribution that carries what lies at `path`: of `site-packages/pip/_vendor/vendor.txt` the one called `pip` that
/// was installed into `site-packages`.
fn carrier(path: &str, carriers: &BTreeMap<(&str, Box<str>), PackageIndex>) -> Option<PackageIndex> {
    // A distribution does not carry itself, though it may carry another of its name.
    let mut outer = match is_metadata(path) {
        true => installed_into(path),
        false => directory(path),
    };
    while !outer.is_empty() {
        let mut root = outer;
        // A package inside another's directory has both names: `poetry-core` is in `poetry/core`.
        for _ in 0..NESTED_NAMES_MAX {
            root = directory(root);
            let modules = outer[root.len()..].trim_start_matches('/');
            // The only module of setuptools that carries others under another name.
            let name =
                if modules == "pkg_resources" { "setuptools".to_owned() } else { modules.replace('/', "-") };
            if let Some(carrier) = carriers.get(&(root, normalise_name(Ecosystem::PyPi, &name))) {
                return Some(*carrier);
            }
        }
        outer = directory(outer);
    }
    None
}

/// The conda packages that brought metadata of Python distributions, by its path.
fn conda_packages(tree: &FactTree<'_>, found: &Found) -> BTreeMap<String, PackageIndex> {
    let of_record: BTreeMap<&str, PackageIndex> = (0..)
        .map(PackageIndex)
        .zip(&found.packages)
        .filter(|(_, package)| package.cataloger == conda_meta::CATALOGER.name)
        .map(|(index, package)| (package.locations[0].path.as_str(), index))
        .collect();
    let mut brought = BTreeMap::new();
    for file in tree.of(conda_meta::CATALOGER.name) {
        let Some(index) = of_record.get(file.path.as_str()) else { continue };
        for (directory, name) in file.packages().flat_map(|fact| fact.owned.iter()) {
            let path = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
            brought.insert(path, *index);
        }
    }
    brought
}
