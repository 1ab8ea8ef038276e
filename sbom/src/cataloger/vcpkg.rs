//! Packages that a project asks vcpkg for: the manifest `vcpkg.json`.

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{DependencyScope, Package, PackageKind};
use model::purl::Purl;
use serde::Deserialize;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "vcpkg",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/vcpkg.json"]),
    read,
    assemble,
};

/// Names that are listed in a gap; more are counted.
const LISTED_MAX: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    name: Option<String>,
    #[serde(alias = "version-semver", alias = "version-date", alias = "version-string")]
    version: Option<String>,
    port_version: Option<u32>,
    license: Option<String>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    overrides: Vec<Override>,
}

/// A name alone, or with more.
#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Name(String),
    Object {
        name: String,
        #[serde(rename = "version>=")]
        at_least: Option<String>,
        #[serde(default)]
        host: bool,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Override {
    name: String,
    #[serde(alias = "version-semver", alias = "version-date", alias = "version-string")]
    version: String,
    port_version: Option<u32>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // What a registry has on offer is not thereby asked for.
    let mut directories = file.path.rsplit('/').skip(1);
    if directories.nth(1) == Some("ports") {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if let (Some(name), Some(version)) = (&manifest.name, &manifest.version)
        && let Some(mut package) = legible(name, version, manifest.port_version, file, facts)
    {
        package.kind = PackageKind::Application;
        package.licenses = manifest.license.clone().into_iter().collect();
        facts.package(package);
    }
    let mut unversioned = Vec::new();
    for dependency in &manifest.dependencies {
        let (name, at_least, is_tool) = match dependency {
            Dependency::Name(name) => (name, None, false),
            Dependency::Object { name, at_least, host } => (name, at_least.as_deref(), *host),
        };
        let overridden = manifest.overrides.iter().find(|other| other.name == *name);
        let overridden = overridden.map(|other| (other.version.as_str(), other.port_version));
        let Some((version, port)) = overridden.or_else(|| at_least.map(|version| (version, None))) else {
            unversioned.push(name.as_str());
            continue;
        };
        if let Some(mut package) = legible(name, version, port, file, facts) {
            if is_tool {
                package.scope = DependencyScope::Development;
            }
            facts.package(package);
        }
    }
    if !unversioned.is_empty() {
        let names = unversioned.iter().take(LISTED_MAX).copied().collect::<Vec<_>>().join(", ");
        let more = unversioned.len().saturating_sub(LISTED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let detail = format!("the baseline decides the versions of: {names}{more}");
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
}

fn legible(
    name: &str,
    version: &str,
    port: Option<u32>,
    file: &File<'_>,
    facts: &mut Facts,
) -> Option<Package> {
    if name.is_empty() || version.is_empty() || !is_legible(name) || !is_legible(version) {
        facts.push(Fact::Gap(file.unreadable_record(&"a package has an illegible name or version")));
        return None;
    }
    // `1.3.1#2` is the second port of version 1.3.1.
    let (version, stated) = version.split_once('#').unwrap_or((version, ""));
    let port = port.map_or_else(|| stated.to_owned(), |port| port.to_string());
    Some(package(name, version, &port, ""))
}

/// The package `name`. The port's own version orders nothing between versions of the software.
pub(super) fn package(name: &str, version: &str, port: &str, triplet: &str) -> Package {
    let port = if port == "0" { "" } else { port };
    let purl = Purl::new("vcpkg", name)
        .with_version(version)
        .with_qualifier("port_version", port)
        .with_qualifier("triplet", triplet);
    Package::new(Ecosystem::Vcpkg, name, version, purl.to_string())
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
