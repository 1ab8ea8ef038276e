//! JavaScript packages that pnpm locked: `pnpm-lock.yaml` of the versions 5 to 9.
//!
//! A package is listed by a path that holds its name, its version and, in a suffix, the peers that it was resolved with:
//! `/@acme/a/1.0.0_b@2.0.0` (5), `/@acme/a@1.0.0(b@2.0.0)` (6), `@acme/a@1.0.0` (9, whose `snapshots` add the peers). Links
//! to the project's own directories are left out.

use std::collections::HashMap;

use model::package::{Dependencies, DependencyScope, Package};

use super::javascript::{Source, digests, identified, source, split_version};
use super::locked::{Locked, Place};
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pnpm-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pnpm-lock.yaml"]),
    read,
    assemble,
};

/// How a version of the format writes paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paths {
    /// `/name/version_peers`
    Slashes,
    /// `name@version(peers)`
    At,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    // Where there are two documents, the first is of pnpm itself: which version of it the project wants.
    let root = match yaml::documents(&text, 2) {
        Ok(documents) => documents.into_iter().last().unwrap_or(Yaml::Null),
        Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
    };
    let Some(version) = root.text_of("lockfileVersion") else {
        return facts.push(Fact::Gap(file.unreadable(&"it states no `lockfileVersion`")));
    };
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(..=5) => by_package(file, facts, &root, Paths::Slashes),
        Some(6..=8) => by_package(file, facts, &root, Paths::At),
        Some(_) => by_snapshot(file, facts, &root),
        None => {
            let why = format!("`{version}` is no version of the format");
            facts.push(Fact::Gap(file.unreadable(&why)));
        }
    }
}

/// Versions 5 to 8: each package says itself what it needs and whether it is for development.
fn by_package(file: &File<'_>, facts: &mut Facts, root: &Yaml, paths: Paths) {
    let mut locked = Locked::default();
    let mut places = HashMap::new();
    let packages = || root.get("packages").into_iter().flat_map(Yaml::entries);
    for (path, value) in packages() {
        if let Some(mut package) = package(file, facts, path, value, paths) {
            if value.text_of("dev") == Some("true") {
                package.scope = DependencyScope::Development;
            }
            package.depends_on = Dependencies::none_if(needs(value).next().is_none());
            places.insert(path, locked.add(package));
        }
    }
    for (path, value) in packages() {
        let Some(from) = places.get(path).copied() else { continue };
        relate(&mut locked, from, value, |name, reference| find(&places, name, reference, paths));
    }
    locked.finish(facts);
}

/// Version 9: `packages` say what they are, `snapshots` what they need, and `importers` what for.
fn by_snapshot(file: &File<'_>, facts: &mut Facts, root: &Yaml) {
    let mut packages = HashMap::new();
    for (path, value) in root.get("packages").into_iter().flat_map(Yaml::entries) {
        if let Some(package) = package(file, facts, path, value, Paths::At) {
            packages.insert(path, package);
        }
    }
    let mut locked = Locked::default();
    let mut places = HashMap::new();
    let mut by_package = HashMap::new();
    let snapshots = || root.get("snapshots").into_iter().flat_map(Yaml::entries);
    for (path, value) in snapshots() {
        let without_peers = path.split('(').next().unwrap_or(path);
        if let Some(package) = packages.get(without_peers) {
            let depends_on = Dependencies::none_if(needs(value).next().is_none());
            let place = locked.add(Package { depends_on, ..package.clone() });
            by_package.insert(without_peers, place);
            places.insert(path, place);
        }
    }
    // Early writers of version 9 left out the snapshots.
    for (path, package) in packages {
        if !by_package.contains_key(path) {
            places.insert(path, locked.add(package));
        }
    }
    for (path, value) in snapshots() {
        let Some(from) = places.get(path).copied() else { continue };
        relate(&mut locked, from, value, |name, reference| find(&places, name, reference, Paths::At));
    }
    let roots = |list: &'static str| -> Vec<Place> {
        let importers = root.get("importers").into_iter().flat_map(Yaml::entries);
        let needed = importers.filter_map(|(_, importer)| importer.get(list)).flat_map(Yaml::entries);
        needed.filter_map(|(name, value)| find(&places, name, value.text_of("version")?, Paths::At)).collect()
    };
    let runtime = [roots("dependencies"), roots("optionalDependencies")].concat();
    locked.settle_scopes(&runtime, &roots("devDependencies"));
    locked.finish(facts);
}

/// What a package needs, and which version of it.
fn needs(value: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    let lists = ["dependencies", "optionalDependencies"].into_iter().filter_map(|list| value.get(list));
    lists.flat_map(Yaml::entries)
}

fn relate(locked: &mut Locked, from: Place, value: &Yaml, find: impl Fn(&str, &str) -> Option<Place>) {
    for (name, reference) in needs(value) {
        if let Some(to) = reference.text().and_then(|reference| find(name, reference)) {
            locked.need(from, to);
        }
    }
}

/// The place that `name: reference` means: a version of that name, or the path of a package of any name.
fn find(places: &HashMap<&str, Place>, name: &str, reference: &str, paths: Paths) -> Option<Place> {
    let spelt = match paths {
        Paths::Slashes => [format!("/{name}/{reference}"), format!("{name}/{reference}")],
        Paths::At => [format!("{name}@{reference}"), format!("/{name}@{reference}")],
    };
    let spelt = spelt.iter().map(String::as_str);
    spelt.chain([reference]).find_map(|path| places.get(path)).copied()
}

/// The package at `path`; none, and a gap where that is not as it should be, when it cannot be identified.
fn package(
    file: &File<'_>,
    facts: &mut Facts,
    path: &str,
    value: &Yaml,
    paths: Paths,
) -> Option<model::package::Package> {
    let resolution = value.get("resolution");
    let resolved = |key: &str| resolution.and_then(|resolution| resolution.text_of(key));
    let is_directory = resolved("type") == Some("directory") || resolved("directory").is_some();
    let in_path = parts(path, paths);
    let stated = value.text_of("name").zip(value.text_of("version"));
    let (name, version) = match (stated, in_path) {
        (Some(stated), _) => stated,
        // The version is stated when the path has an address in its place.
        (None, Some((name, reference))) if reference.contains([':', '/']) => {
            (name, value.text_of("version").unwrap_or_default())
        }
        (None, Some(parts)) => parts,
        (None, None) => {
            let why = format!("the path `{path}` holds no name and version");
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            return None;
        }
    };
    let source = if is_directory {
        Source::Local
    } else if let (Some(repository), Some(commit)) = (resolved("repo"), resolved("commit")) {
        source(repository).filter(|source| *source != Source::Registry).map_or(Source::Registry, |source| {
            match source {
                Source::Repository(address) => Source::Repository(format!("{address}#{commit}")),
                other => other,
            }
        })
    } else {
        resolved("tarball").and_then(source).unwrap_or(Source::Registry)
    };
    let mut package = identified(file, facts, name, version, &source)?;
    package.digests = resolved("integrity").map(digests).unwrap_or_default().into();
    Some(package)
}

/// Name and version in a path without its peers.
fn parts(path: &str, paths: Paths) -> Option<(&str, &str)> {
    match paths {
        Paths::Slashes => {
            let (before, version) = path.rsplit_once('/')?;
            let version = version.split('_').next().unwrap_or(version);
            let (scope, name) = before.rsplit_once('/').unwrap_or(("", before));
            let scope = scope.rsplit('/').next().filter(|scope| scope.starts_with('@'));
            let name = scope.map_or(name, |scope| &before[before.len() - scope.len() - 1 - name.len()..]);
            let is_version = version.starts_with(|first: char| first.is_ascii_digit());
            (is_version && !name.is_empty() && !path.starts_with("file:")).then_some((name, version))
        }
        Paths::At => {
            let path = path.split('(').next().unwrap_or(path);
            let path = path.strip_prefix('/').unwrap_or(path);
            split_version(path).filter(|(_, version)| !version.is_empty())
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_every_version_hold_name_and_version() {
        for (path, paths, expected) in [
            ("/a/1.0.0", Paths::Slashes, Some(("a", "1.0.0"))),
            ("/@acme/a/1.0.0_b@2.0.0", Paths::Slashes, Some(("@acme/a", "1.0.0"))),
            ("registry.example.org/@acme/a/1.0.0", Paths::Slashes, Some(("@acme/a", "1.0.0"))),
            ("registry.example.org/a/1.0.0", Paths::Slashes, Some(("a", "1.0.0"))),
            ("/a/1.0.0_@types+b__c@7.1.14", Paths::Slashes, Some(("a", "1.0.0"))),
            ("github.com/acme/a", Paths::Slashes, None),
            ("a", Paths::Slashes, None),
            ("/1.0.0", Paths::Slashes, None),
            ("/a@1.0.0(b@2.0.0)(c@3.0.0)", Paths::At, Some(("a", "1.0.0"))),
            ("@acme/a@1.0.0", Paths::At, Some(("@acme/a", "1.0.0"))),
            ("a@file:b/c.tgz", Paths::At, Some(("a", "file:b/c.tgz"))),
            ("@acme/a", Paths::At, None),
        ] {
            assert_eq!(parts(path, paths), expected, "{path}");
        }
    }
}
