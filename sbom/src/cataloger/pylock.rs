//! `pylock.toml` and `pylock.<name>.toml` (PEP 751), which pip, uv and PDM write.

use std::collections::BTreeMap;

use model::package::{DependencyScope, Mark, Package};
use serde::Deserialize;

use super::lock_file::{LockFile, Need, identified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance, pypi};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pylock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pylock.toml", "**/pylock.*.toml"]),
    read,
    assemble,
};

/// Bytes of a marker that is looked into.
const MARKER_BYTES_MAX: usize = 16 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock {
    #[serde(default)]
    packages: Vec<Entry>,
    #[serde(default)]
    default_groups: Vec<String>,
}

#[derive(Deserialize)]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    marker: String,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    vcs: Option<Vcs>,
    directory: Option<Directory>,
    archive: Option<Archive>,
    sdist: Option<Archive>,
    #[serde(default)]
    wheels: Vec<Archive>,
}

#[derive(Deserialize)]
struct Dependency {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    commit_id: String,
}

/// The project itself or one beside it; PEP 751 wants no version of it.
#[derive(Deserialize)]
struct Directory {}

#[derive(Deserialize)]
struct Archive {
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match toml::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let mut packages = LockFile::new(file.limits);
    for entry in &lock.packages {
        if entry.directory.is_some() && entry.version.is_none() {
            continue;
        }
        let version = entry.version.as_deref();
        let Some((name, version)) = identified(file, facts, entry.name.as_deref(), version) else { continue };
        let mut package = entry.package(name, version);
        if is_for_development(&entry.marker, &lock.default_groups) {
            package.scope = DependencyScope::Development;
        }
        let need = |need: &Dependency| Some(Need { name: need.name.clone()?, version: need.version.clone() });
        packages.add(package, entry.dependencies.iter().filter_map(need).collect());
    }
    packages.finish(facts);
}

impl Entry {
    fn package(&self, name: &str, version: &str) -> Package {
        let mut package = pypi::package(name, version);
        let archives = self.wheels.iter().chain(&self.sdist).chain(&self.archive);
        let hashes = archives.flat_map(|archive| &archive.hashes);
        package.digests =
            hashes.filter_map(|(algorithm, hex)| provenance::digest_of(algorithm, hex)).collect();
        if let Some(Vcs { kind, url, commit_id }) = &self.vcs {
            provenance::taken_from_vcs(&mut package, kind, url, commit_id);
        } else if self.directory.is_some() {
            provenance::mark(&mut package, Mark::Unreleased);
        }
        package
    }
}

/// Whether `marker` wants groups (`'dev' in dependency_groups`) of which none is installed unless asked for, and no extra.
fn is_for_development(marker: &str, default_groups: &[String]) -> bool {
    if marker.len() > MARKER_BYTES_MAX {
        return false;
    }
    let mentions = marker.match_indices("in dependency_groups").map(|(at, _)| &marker[..at]);
    let mut names =
        mentions.map(|before| before.trim_end().trim_end_matches(['"', '\'']).rsplit(['"', '\'']).next());
    let is_other = |name: Option<&str>| {
        name.is_some_and(|name| name != "default" && default_groups.iter().all(|default| default != name))
    };
    marker.contains("in dependency_groups") && !marker.contains("in extras") && names.all(is_other)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_nobody_gets_unasked_are_for_development() {
        let default = ["default".to_owned(), "web".to_owned()];
        for (marker, expected) in [
            ("", false),
            ("os_name == 'nt'", false),
            ("'dev' in dependency_groups", true),
            ("os_name == \"nt\" and \"dev\" in dependency_groups", true),
            ("'dev' in dependency_groups or 'web' in dependency_groups", false),
            ("'dev' in dependency_groups or 'cli' in extras", false),
            ("\"default\" in dependency_groups", false),
        ] {
            assert_eq!(is_for_development(marker, &default), expected, "{marker}");
        }
    }
}
