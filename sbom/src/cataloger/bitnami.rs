//! Components that Bitnami put into an image, below `opt/bitnami`: an SPDX document beside each and, in older images, one
//! list of all.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::package::{Package, PackageIndex, PackageKind};
use model::purl::Purl;
use serde::Deserialize;

use super::facts::PathListBuilder;
use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "bitnami",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/.spdx-*.spdx", "**/opt/bitnami/.bitnami_components.json"]),
    read,
    assemble,
};

/// What matters of an SPDX 2 document in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    packages: Vec<SpdxPackage>,
    #[serde(default)]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpdxPackage {
    #[serde(rename = "SPDXID", default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version_info: Option<String>,
    #[serde(default)]
    supplier: Option<String>,
    #[serde(default)]
    license_declared: Option<String>,
    #[serde(default)]
    license_concluded: Option<String>,
    #[serde(default)]
    external_refs: Vec<ExternalRef>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    #[serde(default)]
    reference_type: String,
    #[serde(default)]
    reference_locator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    #[serde(default)]
    spdx_element_id: String,
    #[serde(default)]
    relationship_type: String,
    #[serde(default)]
    related_spdx_element: String,
}

/// An entry of `.bitnami_components.json`, by the component's name.
#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    version: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    distro: String,
    #[serde(default)]
    digest: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let read = match file.path.ends_with(".json") {
        true => components(&text, file, facts),
        false => document(&text, file, facts),
    };
    if let Err(error) = read {
        facts.push(Fact::Gap(file.unreadable(&error)));
    }
}

fn components(text: &str, file: &File<'_>, facts: &mut Facts) -> serde_json::Result<()> {
    let components: BTreeMap<String, Component> = serde_json::from_str(text)?;
    for (name, Component { version, arch, distro, digest }) in components {
        let purl = Purl::new("bitnami", &name.to_lowercase())
            .with_version(&version)
            .with_qualifier("arch", &arch)
            .with_qualifier("distro", &distro);
        let mut package = Package::new(Ecosystem::Bitnami, &name, &version, purl.to_string());
        package.architecture = Some(arch).filter(|arch| !arch.is_empty());
        let is_sha256 = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        package.digests = is_sha256.then(|| format!("sha256:{digest}")).into_iter().collect();
        if is_identified(&package, file, facts) {
            facts.package(package);
        }
    }
    Ok(())
}

fn is_identified(package: &Package, file: &File<'_>, facts: &mut Facts) -> bool {
    let (name, version) = (package.name.as_str(), package.version.as_str());
    let is_identified = !name.is_empty() && !version.is_empty() && is_legible(name) && is_legible(version);
    if !is_identified {
        let why = format!("the component `{}` has no legible name and version", name.escape_debug());
        facts.push(Fact::Gap(file.unreadable_record(&why)));
    }
    is_identified
}

/// The components of a document that Bitnami built. What these are made of (jars, modules) is found in the files themselves.
fn document(text: &str, file: &File<'_>, facts: &mut Facts) -> serde_json::Result<()> {
    let document: Document = serde_json::from_str(text)?;
    let mut packages: Vec<PackageFact> = Vec::new();
    let mut positions: BTreeMap<&str, u32> = BTreeMap::new();
    for stated in &document.packages {
        let Some(package) = component(stated).filter(|package| is_identified(package, file, facts)) else {
            continue;
        };
        if let (Ok(position), true) =
            (u32::try_from(packages.len()), packages.len() < file.limits.packages_max)
        {
            positions.insert(&stated.id, position);
            packages.push(PackageFact::new(package));
        }
    }
    for relationship in &document.relationships {
        let Relationship { spdx_element_id: from, relationship_type, related_spdx_element: to } =
            relationship;
        let (Some(from), Some(to)) = (positions.get(&**from), positions.get(&**to)) else { continue };
        match relationship_type.as_str() {
            // The first that contains it; a circle would have no outermost.
            "CONTAINS" if !is_inside(&packages, *from, *to) => {
                if let Some(child) = packages.get_mut(*to as usize) {
                    child.parent.get_or_insert(*from);
                }
            }
            "DEPENDS_ON" if from != to => {
                if let Some(package) = packages.get_mut(*from as usize) {
                    package.depends_on.push(*to);
                }
            }
            _ => {}
        }
    }
    for mut package in packages {
        package.depends_on.sort_unstable();
        package.depends_on.dedup();
        facts.push(Fact::Package(package));
    }
    Ok(())
}

/// Packages in one another; real ones have two levels.
const NESTING_MAX: usize = 16;

/// Whether the package at `inner` is the one at `outer` or lies in it; also when it lies too deep to tell.
fn is_inside(packages: &[PackageFact], inner: u32, outer: u32) -> bool {
    let parent = |position: &u32| packages.get(*position as usize).and_then(|package| package.parent);
    let mut around = std::iter::successors(Some(inner), parent);
    around.by_ref().take(NESTING_MAX).any(|position| position == outer) || around.next().is_some()
}

fn component(stated: &SpdxPackage) -> Option<Package> {
    let of_type = |wanted: &'static str| {
        stated.external_refs.iter().filter(move |reference| reference.reference_type == wanted)
    };
    let purl = of_type("purl").find_map(|reference| {
        reference.reference_locator.parse::<Purl>().ok().filter(|purl| purl.kind == "bitnami")
    })?;
    let version = stated.version_info.as_deref().or(purl.version.as_deref()).unwrap_or_default();
    let mut package = Package::new(Ecosystem::Bitnami, &stated.name, version, purl.to_string());
    package.architecture = purl.qualifiers.get("arch").cloned();
    package.cpes = of_type("cpe23Type").map(|reference| reference.reference_locator.clone()).collect();
    package.supplier = stated
        .supplier
        .as_deref()
        .and_then(|supplier| supplier.strip_prefix("Organization: "))
        .map(str::to_owned);
    let is_stated = |license: &&String| !matches!(license.as_str(), "" | "NOASSERTION" | "NONE");
    let license = stated.license_declared.as_ref().filter(is_stated);
    package.licenses = license
        .or_else(|| stated.license_concluded.as_ref().filter(is_stated))
        .cloned()
        .into_iter()
        .collect();
    Some(package)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let is_document = |path: &str| path.ends_with(".spdx");
    let described: BTreeSet<(&str, &str)> = tree
        .of(CATALOGER.name)
        .filter(|file| is_document(&file.path))
        .flat_map(|file| file.packages())
        .map(|fact| (fact.package.name.as_str(), fact.package.version.as_str()))
        .collect();
    let mut directories: BTreeMap<&str, Vec<PackageIndex>> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        let first = found.packages.len();
        found.packages_in(file, |fact| {
            let mut package = fact.package.clone();
            if fact.parent.is_none() {
                package.kind = PackageKind::Application;
            }
            let key = (package.name.as_str(), package.version.as_str());
            (is_document(&file.path) || !described.contains(&key)).then_some(package)
        });
        if let Some((directory, _)) = file.path.rsplit_once('/').filter(|_| is_document(&file.path)) {
            let components = (first..found.packages.len()).filter_map(|index| u32::try_from(index).ok());
            directories.entry(directory).or_default().extend(components.map(PackageIndex));
        }
    }
    own(tree, found, &directories);
}

/// Notes which programs in the directories of components are theirs: those that are recognised as one of them, which need
/// not be listed twice, and those that nobody recognises. A package of a language that lies there stays its own: Bitnami
/// speaks of the components, not of what they are made of.
fn own(tree: &FactTree<'_>, found: &mut Found, directories: &BTreeMap<&str, Vec<PackageIndex>>) {
    if directories.is_empty() {
        return;
    }
    let is_generic = |fact: &PackageFact| fact.package.ecosystem == Ecosystem::Generic;
    let of_languages: BTreeSet<&str> =
        tree.all().filter(|file| !file.packages().all(is_generic)).map(|file| file.path.as_str()).collect();
    let mut owned: BTreeMap<PackageIndex, PathListBuilder> = BTreeMap::new();
    for file in tree.all().filter(|file| !of_languages.contains(&*file.path)) {
        let above = file.path.match_indices('/').map(|(at, _)| &file.path[..at]);
        let Some(components) = above.filter_map(|directory| directories.get(directory)).next_back() else {
            continue;
        };
        let is_meant = |index: &&PackageIndex| {
            let component = found.packages.get(index.as_usize()).map_or("", |package| &package.name);
            let mut names = file.packages().map(|fact| &fact.package.name);
            names.all(|name| name.eq_ignore_ascii_case(component))
        };
        if let Some(index) = components.iter().find(is_meant) {
            owned.entry(*index).or_default().path(&file.path);
        }
    }
    found.owned.extend(owned.into_iter().map(|(index, paths)| (index, paths.finish())));
}
