//! `Manifest.toml`, in which Julia's package manager writes down the packages of an environment.
//!
//! It is what an environment runs with: Julia loads what it names, and keeps no other list of what is installed.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Certainty, Dependencies, Mark, Package};
use model::purl::Purl;
use serde::Deserialize;

use super::facts::PackageFact;
use super::file::is_legible;
use super::lock_file::listed;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "julia-manifest",
    version: 3,
    finds: Finds::Locked,
    wants: Wants::Paths(&["**/Manifest.toml", "**/JuliaManifest.toml", "**/Manifest-v*.toml"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Entry {
    uuid: String,
    version: Option<String>,
    /// A list of names, or a table of names and UUIDs where names alone would be ambiguous.
    #[serde(default)]
    deps: Names,
    #[serde(rename = "git-tree-sha1")]
    tree: Option<String>,
    path: Option<String>,
    #[serde(rename = "repo-url")]
    repository: Option<String>,
    #[serde(rename = "repo-rev")]
    revision: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // What authors of packages that are installed tested with is used by nobody else.
    if file.path.contains(".julia/packages/") {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let mut root: toml::Table = match toml::from_str(&text) {
        Ok(root) => root,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let julia = root.remove("julia_version").and_then(|version| version.as_str().map(str::to_owned));
    // Since format 2.0 the packages stand below `deps`, before that at the top.
    let tables = match root.remove("deps") {
        Some(toml::Value::Table(deps)) => deps,
        Some(_) => return,
        None => root,
    };
    let mut entries = Vec::new();
    for (name, versions) in tables {
        for value in versions.as_array().into_iter().flatten() {
            // Something else is called `Manifest.toml` when it has no such tables.
            if value.get("uuid").is_none() {
                continue;
            }
            match value.clone().try_into::<Entry>() {
                Ok(entry) if is_legible(&name) && is_legible(&entry.uuid) => {
                    entries.push((name.clone(), entry))
                }
                Ok(_) => facts.push(Fact::Gap(file.unreadable_record(&"a package has an illegible name"))),
                Err(error) => {
                    facts.push(Fact::Gap(file.unreadable_record(&format!("`{name}`: {}", error.message()))));
                }
            }
        }
    }
    packages(file, facts, &entries, julia.as_deref());
}

fn packages(file: &File<'_>, facts: &mut Facts, entries: &[(String, Entry)], julia: Option<&str>) {
    let mut unknown = Vec::new();
    let versions: Vec<Option<&str>> = entries
        .iter()
        .map(|(_, entry)| entry.version.as_deref().or(julia).filter(|version| is_legible(version)))
        .collect();
    let mut positions: Vec<Option<u32>> = Vec::new();
    let mut n_packages = 0;
    for version in &versions {
        positions.push(version.map(|_| n_packages));
        n_packages += u32::from(version.is_some());
    }
    let mut by_name: BTreeMap<&str, u32> = BTreeMap::new();
    let mut by_uuid: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for ((name, entry), position) in entries.iter().zip(&positions) {
        if let Some(position) = position {
            by_name.entry(name).or_insert(*position);
            by_uuid.insert((name, &entry.uuid), *position);
        }
    }
    for ((name, entry), version) in entries.iter().zip(&versions) {
        let Some(version) = version else {
            unknown.push(name.as_str());
            continue;
        };
        let mut fact = PackageFact::new(entry.package(name, version));
        fact.package.depends_on = Dependencies::none_if(match &entry.deps {
            Names::List(names) => names.is_empty(),
            Names::Table(names) => names.is_empty(),
        });
        fact.depends_on = match &entry.deps {
            Names::List(names) => {
                names.iter().filter_map(|name| by_name.get(name.as_str()).copied()).collect()
            }
            Names::Table(names) => names
                .iter()
                .filter_map(|(name, uuid)| by_uuid.get(&(name.as_str(), uuid.as_str())).copied())
                .collect(),
        };
        facts.push(Fact::Package(fact));
    }
    if !unknown.is_empty() {
        let names = listed(unknown.iter().copied(), unknown.len());
        let detail = format!("neither they nor Julia state a version, so they cannot be judged: {names}");
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
}

impl Entry {
    fn package(&self, name: &str, version: &str) -> Package {
        let mut package = package(name, version, &self.uuid);
        // What has no version of its own comes with Julia.
        if self.version.is_none() {
            package.certainty = Certainty::Inferred;
        }
        if let Some(repository) = &self.repository {
            let commit = self.tree.as_deref().or(self.revision.as_deref());
            provenance::taken_from_vcs(&mut package, "git", repository, commit.unwrap_or_default());
        } else if self.path.is_some() {
            provenance::mark(&mut package, Mark::Unreleased);
        }
        package
    }
}

/// A Julia package, which its UUID identifies.
pub(super) fn package(name: &str, version: &str, uuid: &str) -> Package {
    let purl = Purl::new("julia", name).with_version(version).with_qualifier("uuid", uuid);
    Package::new(Ecosystem::Julia, name, version, purl.to_string())
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
