//! Programs and shared libraries that no package manager installed, known by what they say of themselves.
//!
//! A program is searched only if its name is one of the table's, and only for what such a program would say. Every other
//! large one is noted, so that what is of unknown origin can be listed (`unknown.rs`).

pub(super) mod classifiers;
pub(super) mod evidence;
#[cfg(test)]
mod samples;
pub(super) mod text_files;

use std::collections::BTreeMap;
use std::str::FromStr;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package, PackageIndex, PackageKind};
use model::purl::Purl;

use super::classifiers::cpe_escaped;
use super::wants::path_matches;
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, Wants};
use super::{pe_version, unknown};
use classifiers::{Classifier, PROGRAMS};

pub(super) static CATALOGER: Cataloger =
    Cataloger { name: "binary", version: 1, finds: Finds::Installed, wants: Wants::Programs, read, assemble };

/// Whether the table knows a program by the name at the end of `path`.
pub(crate) fn is_named(path: &str) -> bool {
    PROGRAMS.iter().any(|classifier| classifier.is_of(path))
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.size >= unknown::PROGRAM_BYTES_MIN {
        facts.push(Fact::Program(file.size));
    }
    classify(PROGRAMS, file, facts);
    let is_library =
        file.path.rsplit('.').next().is_some_and(|extension| extension.eq_ignore_ascii_case("dll"));
    if !is_library && let Some(package) = windows_program(file.content) {
        facts.package(package);
    }
}

/// Adds what those of `table` that know the file by its name find in it.
pub(super) fn classify(table: &'static [Classifier], file: &File<'_>, facts: &mut Facts) {
    let interested: Vec<&Classifier> =
        table.iter().filter(|classifier| classifier.is_of(file.path)).collect();
    if interested.is_empty() {
        return;
    }
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    match evidence::versions(file.content, name, &interested) {
        Ok(versions) => {
            for (position, version) in versions {
                facts.package(interested[position].package(name, &version));
            }
        }
        Err(error) => facts.push(Fact::Gap(file.unreadable(&error))),
    }
}

impl Classifier {
    fn is_of(&self, path: &str) -> bool {
        self.files.iter().any(|pattern| path_matches(pattern, path))
    }

    fn package(&self, file_name: &str, version: &str) -> Package {
        let stem = file_name.split('.').next().unwrap_or(file_name);
        let purl = Purl::from_str(&self.purl.replace("{stem}", stem)).ok();
        let purl = purl.unwrap_or_else(|| Purl::new("generic", self.name)).with_version(version);
        let mut package = Package::new(Ecosystem::Generic, &purl.name, version, purl.to_string());
        package.certainty = Certainty::Inferred;
        if !file_name.contains(".so") {
            package.kind = PackageKind::Application;
        }
        let version = cpe_escaped(version);
        let cpe = |product: &&str| {
            let (vendor, product) = product.split_once(':').unwrap_or((product, product));
            let (vendor, product) = (cpe_escaped(vendor), cpe_escaped(product));
            format!("cpe:2.3:a:{vendor}:{product}:{version}:*:*:*:*:*:*:*")
        };
        package.cpes = self.cpes.iter().map(cpe).collect();
        package
    }
}

/// The program that a Windows program's properties name. Libraries are left to those who know what they are part of.
fn windows_program(content: Content<'_>) -> Option<Package> {
    let strings = pe_version::version_info(content);
    let string = |wanted: &str| {
        let found = strings.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
        found.filter(|value| super::file::is_legible(value) && value.len() <= 256)
    };
    let name = string("ProductName")?;
    let version =
        ["ProductVersion", "FileVersion"].into_iter().find_map(|key| string(key).and_then(numbered))?;
    let purl = Purl::new("generic", name).with_version(version);
    let mut package = Package::new(Ecosystem::Generic, name, version, purl.to_string());
    package.certainty = Certainty::Inferred;
    package.supplier = string("CompanyName").map(str::to_owned);
    package.kind = PackageKind::Application;
    Some(package)
}

/// The first word of a version, if it begins with a digit: `10.0.1 (WinBuild.160101.0800)`.
fn numbered(version: &str) -> Option<&str> {
    version.split_whitespace().next().filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    assemble_merged(tree, CATALOGER.name, found);
}

/// Adds the packages that `cataloger` read. What a layer put into one directory under the same name and version is one
/// package of several files: a server and its clients, or a program with many names.
pub(super) fn assemble_merged(tree: &FactTree<'_>, cataloger: &str, found: &mut Found) {
    let mut known: BTreeMap<(String, Option<std::sync::Arc<str>>, String), PackageIndex> = BTreeMap::new();
    for file in tree.of(cataloger) {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for fact in file.packages() {
            let key = (fact.package.purl.clone(), file.layer.clone(), directory.to_owned());
            if let Some(index) = known.get(&key) {
                found.packages[index.as_usize()].locations.push(file.location());
            } else if let Some(index) = found.package(file, fact.package.clone()) {
                known.insert(key, index);
            }
        }
    }
}
