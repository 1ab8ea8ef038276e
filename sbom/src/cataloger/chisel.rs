//! Packages of which Chisel installed slices: Ubuntu images that have no dpkg. Its manifest is a zstd stream of JSON, an
//! object a line ("jsonwall"), and says which files each slice of a package brought.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::Package;
use serde::Deserialize;

use super::dpkg_status;
use super::facts::PathListBuilder;
use super::file::{is_legible, root_of, uncompressed};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "chisel",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/var/lib/chisel/manifest.wall"]),
    read,
    assemble,
};

/// Bytes of an uncompressed manifest. A file takes some two hundred.
const MANIFEST_BYTES_MAX: u64 = 256 << 20;

/// A line of the manifest. Lines of another `kind` say nothing that matters here.
#[derive(Deserialize)]
struct Line {
    jsonwall: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    sha256: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    slices: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let manifest = file.reader().and_then(|reader| uncompressed(reader, MANIFEST_BYTES_MAX, file.limits));
    let manifest = match manifest {
        Ok(manifest) => manifest,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut packages: Vec<Package> = Vec::new();
    let mut owned: BTreeMap<String, PathListBuilder> = BTreeMap::new();
    let lines = manifest.split(|byte| *byte == b'\n').enumerate();
    let mut lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let header = lines.next().and_then(|(_, line)| serde_json::from_slice::<Line>(line).ok());
    if header.is_none_or(|header| header.jsonwall.is_none()) {
        return facts.push(Fact::Gap(file.unreadable(&"it is no jsonwall")));
    }
    let root = root_of(file.path, "lib/chisel/");
    for (number, line) in lines {
        let line: Line = match serde_json::from_slice(line) {
            Ok(line) => line,
            // What follows a damaged line may still be whole.
            Err(error) => {
                facts.push(Fact::Gap(file.unreadable_record(&format!("line {}: {error}", number + 1))));
                continue;
            }
        };
        match line.kind.as_str() {
            "package" if line.name.is_empty() || line.version.is_empty() => {
                let why = format!("the package at line {} states no name or no version", number + 1);
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
            "package" if !is_legible(&line.name) || !is_legible(&line.version) => {
                let why = format!("the package at line {} has an illegible name or version", number + 1);
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
            "package" => packages.push(package(line)),
            "path" if !line.path.ends_with('/') => {
                for slice in &line.slices {
                    // `openssl_bins`: neither part has another underscore.
                    let package = slice.split('_').next().unwrap_or(slice);
                    let paths =
                        owned.entry(package.to_owned()).or_insert_with(|| PathListBuilder::below(root));
                    paths.path(&line.path);
                }
            }
            _ => {}
        }
    }
    for package in packages {
        let owned = owned.remove(&package.name).map(PathListBuilder::finish).unwrap_or_default();
        facts.push(Fact::Package(PackageFact { owned, ..PackageFact::new(package) }));
    }
}

fn package(line: Line) -> Package {
    let mut package = Package::new(Ecosystem::Deb, &line.name, &line.version, String::new());
    package.architecture = Some(line.arch).filter(|architecture| !architecture.is_empty());
    package.digests = Some(line.sha256)
        .filter(|digest| !digest.is_empty())
        .map(|hex| format!("sha256:{hex}"))
        .into_iter()
        .collect();
    package
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let listed = dpkg_status::recorded(tree);
    for file in tree.of(CATALOGER.name) {
        let root = root_of(&file.path, "lib/chisel/");
        for fact in file.packages() {
            let package = &fact.package;
            // Some images also have a dpkg database made for scanners that know no manifests.
            if !listed.contains(&(root, &*package.name, package.version.as_str())) {
                found.os_package(tree, file, fact, [fact.owned.clone()]);
            }
        }
    }
}
