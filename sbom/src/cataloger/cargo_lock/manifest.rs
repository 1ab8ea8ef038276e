//! Which crates a project needs only for building and testing, as its `Cargo.toml` say.

use std::collections::{BTreeMap, BTreeSet};

use model::package::{DependencyScope, Package, PackageIndex, PackageKind};
use serde::Deserialize;

use crate::cataloger::{Fact, FactFile, FactTree, Facts, File};

/// The names of the facts that a manifest leaves: its crate, and crates that this needs for nothing but building and
/// testing, a line each.
const CRATE: &str = "crate";
const DEVELOPMENT: &str = "development";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    package: Option<Own>,
    #[serde(flatten)]
    tables: Tables,
    #[serde(default)]
    target: BTreeMap<String, Tables>,
}

#[derive(Deserialize)]
struct Own {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Tables {
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    build_dependencies: BTreeMap<String, toml::Value>,
}

/// Notes what the manifest says of development. What is no manifest, or says nothing of it, leaves nothing: the lock file
/// lists all the crates.
pub(super) fn read(file: &File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let Ok(Manifest { package: Some(own), tables, target }) = toml::from_str(&text) else { return };
    let all: Vec<&Tables> = std::iter::once(&tables).chain(target.values()).collect();
    let needed: BTreeSet<&str> = all.iter().flat_map(|tables| &tables.dependencies).map(crate_name).collect();
    let others =
        all.iter().flat_map(|tables| tables.dev_dependencies.iter().chain(&tables.build_dependencies));
    let others: BTreeSet<&str> = others.map(crate_name).filter(|name| !needed.contains(name)).collect();
    let value = others.into_iter().collect::<Vec<_>>().join("\n");
    facts.push(Fact::Text { name: CRATE.to_owned(), value: own.name });
    facts.push(Fact::Text { name: DEVELOPMENT.to_owned(), value });
}

/// A dependency may go by another name than its crate has.
fn crate_name<'m>((name, dependency): (&'m String, &'m toml::Value)) -> &'m str {
    dependency.get("package").and_then(toml::Value::as_str).unwrap_or(name)
}

/// What manifests say: by directory, the crate and what it needs for development alone.
pub(super) type Manifests<'t> = BTreeMap<&'t str, (&'t str, BTreeSet<&'t str>)>;

/// All manifests of `tree`.
pub(super) fn all<'t>(tree: &FactTree<'t>) -> Manifests<'t> {
    let mut manifests = Manifests::new();
    for file in tree.of(super::CATALOGER.name) {
        let text = |wanted: &str| {
            file.facts.iter().find_map(|fact| match fact {
                Fact::Text { name, value } if name == wanted => Some(value.as_str()),
                _ => None,
            })
        };
        if let (Some(own), Some(development)) = (text(CRATE), text(DEVELOPMENT)) {
            manifests.insert(directory(&file.path), (own, development.lines().collect()));
        }
    }
    manifests
}

/// Marks those of `packages`, which are those of the lock file `lock` from position `first` on, that no crate of the project
/// needs at run time. Without a manifest of the project nothing is known.
pub(super) fn scope(lock: &FactFile, manifests: &Manifests<'_>, packages: &mut [Package], first: usize) {
    let root = directory(&lock.path);
    let is_below = |directory: &str| {
        root.is_empty()
            || directory.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let development: BTreeMap<&str, &BTreeSet<&str>> = manifests
        .iter()
        .filter(|(directory, _)| is_below(directory))
        .map(|(_, (own, development))| (*own, development))
        .collect();
    let is_own = |package: &Package| package.kind == PackageKind::Application;
    if !packages.iter().any(|package| is_own(package) && development.contains_key(package.name.as_str())) {
        return;
    }
    let position = |index: &PackageIndex| index.as_usize().checked_sub(first);
    let mut needed = vec![false; packages.len()];
    let mut open: Vec<usize> =
        (0..packages.len()).filter(|at| packages.get(*at).is_some_and(is_own)).collect();
    while let Some(at) = open.pop() {
        let (Some(package), Some(seen)) = (packages.get(at), needed.get_mut(at)) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        let left_out = development.get(package.name.as_str()).filter(|_| is_own(package));
        let is_needed = |other: &usize| {
            let other = packages.get(*other).map(|other| other.name.as_str());
            other.is_some_and(|name| !left_out.is_some_and(|left_out| left_out.contains(name)))
        };
        open.extend(package.depends_on.iter().filter_map(position).filter(is_needed));
    }
    for (package, _) in packages.iter_mut().zip(needed).filter(|(_, needed)| !needed) {
        package.scope = DependencyScope::Development;
    }
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
