//! The builds of packages that a document of SUSE's defines, on whatever platform, and the source packages that they are
//! from (feeds.md A10).

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::csaf::component::{RpmPackage, rpm_package};
use crate::schema::csaf::tree::Products;

/// How many builds of one package count; more are of an attack.
const BUILDS_MAX: usize = 100;

/// Whether `package` is a certain build.
///
/// The release of every build has a dot (`150600.3.1`). What purls of packages without version state in place of one is
/// the end of the name (`4_0-18`).
pub(crate) fn is_build(package: &RpmPackage) -> bool {
    let release = package.version.as_deref().and_then(|version| version.rsplit_once('-'));
    release.is_some_and(|(_, release)| release.contains('.'))
}

/// A build of a package.
#[derive(Debug)]
pub(crate) struct Build {
    /// Epoch, version and release.
    pub(crate) evr: String,
    /// The source package's name.
    pub(crate) source: String,
    /// Version and release of the source package, which may be others than those of the binary one.
    pub(crate) source_build: String,
}

/// The builds that a document defines.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    of_packages: BTreeMap<String, Vec<Build>>,
    sources: BTreeSet<String>,
}

impl Builds {
    /// Those of `products`.
    pub(crate) fn of(products: &Products<'_, '_>) -> Self {
        let mut builds = Self::default();
        let packages = products.iter().filter(|product| product.purl().is_some());
        for package in packages.filter_map(|product| rpm_package(product).ok()) {
            let (is_build, evr) = (is_build(&package), package.evr());
            match (package.source, evr) {
                (Some((source, Some(source_build))), Some(evr)) if is_build => {
                    builds.sources.insert(source.clone());
                    let of_package = builds.of_packages.entry(package.name).or_default();
                    of_package.push(Build { evr, source, source_build });
                }
                // Of a package without version: `upstream=libdemo.src.rpm`.
                (Some((source, None)), _) => drop(builds.sources.insert(source)),
                _ => {}
            }
        }
        for of_package in builds.of_packages.values_mut() {
            of_package.sort_by(|left, right| left.evr.cmp(&right.evr));
            of_package.truncate(BUILDS_MAX);
        }
        builds
    }

    /// Those of the binary package `name`.
    pub(crate) fn of_package(&self, name: &str) -> &[Build] {
        self.of_packages.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether any package is built from a source package called `name`.
    pub(crate) fn has_source(&self, name: &str) -> bool {
        self.sources.contains(name)
    }
}
