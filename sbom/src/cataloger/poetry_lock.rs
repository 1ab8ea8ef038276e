//! `poetry.lock`, which Poetry writes.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::gap::GapKind;
use model::key::normalise_name;
use model::package::{DependencyScope, Mark, Package};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::facts::FactFile;
use super::file::directory;
use super::lock_file::{LockFile, Need, identified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance, pypi, pyproject};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "poetry-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/poetry.lock"]),
    read,
    assemble,
};

/// The [`Fact::Text`] of a lock file that does not say what its packages are for.
const WITHOUT_GROUPS: &str = "without-groups";

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    /// Up to Poetry 1.4: `main` or `dev`.
    category: Option<String>,
    /// Since Poetry 2.0.
    groups: Option<Vec<String>>,
    #[serde(default)]
    dependencies: BTreeMap<String, IgnoredAny>,
    #[serde(default)]
    files: Vec<Archive>,
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Archive {
    hash: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
    reference: Option<String>,
    resolved_reference: Option<String>,
}

/// Where the archives stood before each package had its own.
#[derive(Default, Deserialize)]
struct Metadata {
    /// Lock files 1.1.
    #[serde(default)]
    files: BTreeMap<String, Vec<Archive>>,
    /// Lock files 1.0; the hashes are SHA-256.
    #[serde(default)]
    hashes: BTreeMap<String, Vec<String>>,
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
        let own = entry.files.iter().filter_map(|archive| provenance::digest(archive.hash.as_deref()?));
        let shared = archives.get(&normalise_name(Ecosystem::PyPi, name));
        package.digests = own.chain(shared.into_iter().flatten().cloned()).collect();
        package.scope = entry.scope();
        if let Some(source) = &entry.source {
            source.say_of(&mut package);
        }
        packages.add(package, entry.dependencies.keys().map(|name| Need::any(name)).collect());
    }
    if lock.package.iter().all(|entry| entry.groups.is_none() && entry.category.is_none()) {
        facts.push(Fact::Text { name: WITHOUT_GROUPS.to_owned(), value: String::new() });
    }
    packages.finish(facts);
}

impl Entry {
    fn scope(&self) -> DependencyScope {
        let is_for_development = match (&self.groups, &self.category) {
            // Every group but `main` is one that a project's users do not get.
            (Some(groups), _) => !groups.is_empty() && groups.iter().all(|group| group != "main"),
            (None, Some(category)) => category == "dev",
            (None, None) => false,
        };
        if is_for_development { DependencyScope::Development } else { DependencyScope::Runtime }
    }
}

impl Source {
    fn say_of(&self, package: &mut Package) {
        match self.kind.as_deref() {
            Some("git") => {
                let commit = self.resolved_reference.as_deref().or(self.reference.as_deref());
                let url = self.url.as_deref().unwrap_or_default();
                provenance::taken_from_vcs(package, "git", url, commit.unwrap_or_default());
            }
            Some("directory") => provenance::mark(package, Mark::Unreleased),
            // `legacy` is another index; `file` and `url` are archives.
            _ => {}
        }
    }
}

/// The digests of all archives by the normalised name of their package.
fn archives(metadata: &Metadata) -> BTreeMap<Box<str>, Vec<String>> {
    let mut archives: BTreeMap<Box<str>, Vec<String>> = BTreeMap::new();
    for (name, files) in &metadata.files {
        let digests = files.iter().filter_map(|archive| provenance::digest(archive.hash.as_deref()?));
        archives.entry(normalise_name(Ecosystem::PyPi, name)).or_default().extend(digests);
    }
    for (name, hashes) in &metadata.hashes {
        let digests = hashes.iter().filter_map(|hex| provenance::digest_of("sha256", hex));
        archives.entry(normalise_name(Ecosystem::PyPi, name)).or_default().extend(digests);
    }
    archives
}

/// Poetry 1.5 to 1.8 wrote down no groups. Where the project's own file lies beside the lock file, what is not needed by what
/// it needs for running is for development.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let projects = tree.of(pyproject::CATALOGER.name);
    // Of one that cannot be read nobody knows what it needs.
    let is_read = |project: &&FactFile| {
        !project
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::Gap(gap) if gap.kind == GapKind::UNREADABLE_FILE))
    };
    let projects: BTreeMap<&str, &FactFile> =
        projects.filter(is_read).map(|project| (directory(&project.path), project)).collect();
    for file in tree.of(CATALOGER.name) {
        let start = found.packages.len();
        found.packages_in(file, |fact| Some(fact.package.clone()));
        let has_groups =
            !file.facts.iter().any(|fact| matches!(fact, Fact::Text { name, .. } if name == WITHOUT_GROUPS));
        let Some(project) = projects.get(directory(&file.path)).filter(|_| !has_groups) else { continue };
        let needed: BTreeSet<Box<str>> = pyproject::texts(project, pyproject::NEEDS)
            .map(|name| normalise_name(Ecosystem::PyPi, name))
            .collect();
        let is_needed = |package: &Package| needed.contains(&normalise_name(Ecosystem::PyPi, &package.name));
        let all = start..found.packages.len();
        let mut open: Vec<usize> = all.clone().filter(|index| is_needed(&found.packages[*index])).collect();
        let mut reached = BTreeSet::new();
        while let Some(index) = open.pop() {
            if reached.insert(index) {
                open.extend(found.packages[index].depends_on.iter().map(|other| other.as_usize()));
            }
        }
        for index in all.filter(|index| !reached.contains(index)) {
            found.packages[index].scope = DependencyScope::Development;
        }
    }
}
