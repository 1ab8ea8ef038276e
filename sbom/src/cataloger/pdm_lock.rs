//! `pdm.lock`, which PDM writes.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::package::{DependencyScope, Mark};
use serde::Deserialize;

use super::lock_file::{LockFile, Need, identified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance, pypi};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pdm-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pdm.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
    #[serde(default)]
    metadata: Metadata,
}

/// One package, or one with extras: `coverage` and `coverage[toml]` are two entries.
#[derive(Deserialize)]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    files: Vec<Archive>,
    git: Option<String>,
    revision: Option<String>,
    path: Option<String>,
    #[serde(default)]
    editable: bool,
}

#[derive(Deserialize)]
struct Archive {
    hash: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    /// Before lock files 4.3, under `name version`.
    #[serde(default)]
    files: BTreeMap<String, Vec<Archive>>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match toml::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let archives = archives(&lock.metadata);
    let mut packages = LockFile::with_needs(file.limits);
    for entry in &lock.package {
        let version = entry.version.as_deref();
        let Some((name, version)) = identified(file, facts, entry.name.as_deref(), version) else { continue };
        let mut package = pypi::package(name, version);
        let elsewhere = archives.get(&(normalise_name(Ecosystem::PyPi, name), version));
        let digests = entry.files.iter().chain(elsewhere.into_iter().copied().flatten());
        package.digests =
            digests.filter_map(|archive| provenance::digest(archive.hash.as_deref()?)).collect();
        // Groups are extras as well as groups for development; the lock file does not say which is which.
        if !entry.groups.is_empty() && entry.groups.iter().all(|group| pypi::is_development_group(group)) {
            package.scope = DependencyScope::Development;
        }
        if let Some(url) = &entry.git {
            provenance::taken_from_vcs(
                &mut package,
                "git",
                url,
                entry.revision.as_deref().unwrap_or_default(),
            );
        } else if entry.editable || entry.path.as_deref().is_some_and(is_directory) {
            provenance::mark(&mut package, Mark::Unreleased);
        }
        let needs =
            entry.dependencies.iter().filter_map(|text| Some(Need::any(pypi::requirement(text)?.name)));
        packages.add(package, needs.collect());
    }
    packages.finish(facts);
}

fn is_directory(path: &str) -> bool {
    pypi::version_of_archive(path).is_none()
}

/// The archives that stand apart from the packages, by normalised name and version.
fn archives(metadata: &Metadata) -> BTreeMap<(Box<str>, &str), &Vec<Archive>> {
    let key = |text| -> Option<(Box<str>, &str)> {
        let (name, version) = str::split_once(text, ' ')?;
        // `coverage[toml] 7.4.1`
        let name = name.split('[').next().unwrap_or(name);
        Some((normalise_name(Ecosystem::PyPi, name), version))
    };
    metadata.files.iter().filter_map(|(text, files)| Some((key(text)?, files))).collect()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
