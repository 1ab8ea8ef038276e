//! `uv.lock`, which uv writes for a project or a workspace, and `*.py.lock`, which it writes for a script.

use std::collections::BTreeMap;

use model::package::{Mark, Package, PackageKind};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lock_file::{LockFile, Need, identified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance, pypi};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "uv-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/uv.lock", "**/*.py.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, IgnoredAny>,
    sdist: Option<Archive>,
    #[serde(default)]
    wheels: Vec<Archive>,
}

/// One of these says where a package comes from; `registry` is the usual one.
#[derive(Default, Deserialize)]
struct Source {
    git: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    #[serde(rename = "virtual")]
    not_built: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: Option<String>,
    /// Where several versions of the name are locked.
    version: Option<String>,
}

#[derive(Deserialize)]
struct Archive {
    hash: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match toml::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let mut packages = LockFile::with_needs(file.limits);
    let mut roots = Vec::new();
    let mut has_groups = false;
    for entry in &lock.package {
        let is_root = entry.source.editable.is_some() || entry.source.not_built.is_some();
        // A project whose version is computed when it is built has none here.
        let version = entry.version.as_deref().or(is_root.then_some("-"));
        let Some((name, version)) = identified(file, facts, entry.name.as_deref(), version) else { continue };
        let version = if entry.version.is_none() { "" } else { version };
        // What a project wants of its extras for development, nobody gets who only uses it.
        let extras = entry.optional_dependencies.iter();
        let extras = extras.filter(|(extra, _)| !(is_root && pypi::is_development_group(extra)));
        let needs = entry.dependencies.iter().chain(extras.flat_map(|(_, needs)| needs));
        let position = packages.add(entry.package(name, version, is_root), needs.filter_map(need).collect());
        if is_root {
            roots.extend(position);
            has_groups |= !entry.dev_dependencies.is_empty();
            has_groups |= entry.optional_dependencies.keys().any(|extra| pypi::is_development_group(extra));
        }
    }
    // What the roots need by their groups alone is for development.
    if has_groups {
        packages.develop_all_but(roots);
    }
    packages.finish(facts);
}

fn need(dependency: &Dependency) -> Option<Need> {
    Some(Need { name: dependency.name.clone()?, version: dependency.version.clone() })
}

impl Entry {
    fn package(&self, name: &str, version: &str, is_root: bool) -> Package {
        let mut package = pypi::package(name, version);
        let archives = self.wheels.iter().chain(&self.sdist);
        package.digests =
            archives.filter_map(|archive| provenance::digest(archive.hash.as_deref()?)).collect();
        if is_root {
            package.kind = PackageKind::Application;
        }
        if let Some(git) = &self.source.git {
            // `https://example.org/a?tag=v1#<commit>`
            let (url, commit) = git.split_once('#').unwrap_or((git, ""));
            let url = url.split('?').next().unwrap_or(url);
            provenance::taken_from_vcs(&mut package, "git", url, commit);
        } else if is_root || self.source.directory.is_some() {
            provenance::mark(&mut package, Mark::Unreleased);
        }
        package
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
