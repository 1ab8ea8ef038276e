//! Rust crates that Cargo locked: `Cargo.lock` in all of its versions.
//!
//! A lock file does not say which crates are only for building and testing; where the `Cargo.toml` of the project's own
//! crates lie beside or below it, these do.
//!
//! In an image it lies beside a program that was built there, or is all that is left of the build. The copies inside
//! downloaded crates are about somebody else's tests.

mod manifest;

use std::collections::HashMap;

use model::ecosystem::Ecosystem;
use model::package::{Dependencies, Mark, Package, PackageKind};
use model::purl::Purl;
use serde::Deserialize;

use super::facts::PackageFact;
use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "cargo-lock",
    version: 3,
    finds: Finds::Locked,
    wants: Wants::Paths(&["**/Cargo.lock", "**/Cargo.toml"]),
    read,
    assemble,
};

/// Whether `path` lies in a crate that Cargo downloaded: below `registry/src/HOST-HASH/` or `git/checkouts/`.
fn is_downloaded(path: &str) -> bool {
    let is_index = |component: &str| {
        let hash = component.rsplit_once('-').map_or("", |(_, hash)| hash);
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let below = |part: &str| path.split_once(part).and_then(|(_, rest)| rest.split('/').next());
    path.contains(".cargo/registry/")
        || path.contains("cargo/git/checkouts/")
        || below("registry/src/").is_some_and(is_index)
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
    /// The project itself, before 2016.
    root: Option<Entry>,
    /// Checksums, before version 2: `checksum NAME VERSION (SOURCE)`.
    #[serde(default)]
    metadata: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if is_downloaded(file.path) {
        return;
    }
    if file.path.ends_with("Cargo.toml") { manifest::read(file, facts) } else { read_lock(file, facts) }
}

fn read_lock(file: &File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match toml::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let entries: Vec<&Entry> = lock.root.iter().chain(&lock.package).collect();
    let mut positions = Positions::default();
    let is_identified =
        |entry: &Entry| !entry.name.is_empty() && is_legible(&entry.name) && is_legible(&entry.version);
    for (position, entry) in (0..).zip(entries.iter().filter(|entry| is_identified(entry))) {
        positions.add(entry, position);
    }
    for entry in entries {
        if !is_identified(entry) {
            facts.push(Fact::Gap(file.unreadable_record(&"a crate has an illegible name or version")));
            continue;
        }
        let mut package = package(&entry.name, &entry.version, entry.source.as_deref());
        let checksum = entry.checksum.as_deref().or_else(|| {
            let source = entry.source.as_deref().unwrap_or_default();
            lock.metadata
                .get(&format!("checksum {} {} ({source})", entry.name, entry.version))
                .map(String::as_str)
        });
        let is_sha256 = |sum: &&str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        package.digests = checksum.filter(is_sha256).map(|sum| format!("sha256:{sum}")).into_iter().collect();
        let mut fact = PackageFact::new(package);
        fact.package.depends_on = Dependencies::none_if(entry.dependencies.is_empty());
        fact.depends_on = entry.dependencies.iter().filter_map(|text| positions.meant(text)).collect();
        fact.depends_on.sort_unstable();
        fact.depends_on.dedup();
        facts.push(Fact::Package(fact));
    }
}

/// The crate `name`, from `source`. What has none is a part of the project itself.
pub(super) fn package(name: &str, version: &str, source: Option<&str>) -> Package {
    let mut purl = Purl::new("cargo", name).with_version(version);
    let repository = source.and_then(|source| source.strip_prefix("git+"));
    if let Some(repository) = repository.filter(|place| !place.is_empty()) {
        purl = purl.with_qualifier("vcs_url", &vcs_url(repository));
    }
    let mut package = Package::new(Ecosystem::Cargo, name, version, purl.to_string());
    if source.is_none() {
        package.kind = PackageKind::Application;
    }
    if repository.is_some() {
        package.marks = vec![Mark::Unreleased];
    }
    package
}

/// `git+https://example.org/a@COMMIT` of `https://example.org/a?branch=b#COMMIT`.
fn vcs_url(repository: &str) -> String {
    let (place, commit) = repository.split_once('#').unwrap_or((repository, ""));
    let place = place.split('?').next().unwrap_or_default();
    if commit.is_empty() { format!("git+{place}") } else { format!("git+{place}@{commit}") }
}

/// Where each crate is among those of the file: by name, by name and version, and with the source as well.
#[derive(Default)]
struct Positions(HashMap<String, Option<u32>>);

impl Positions {
    fn add(&mut self, entry: &Entry, position: u32) {
        let Entry { name, version, source, .. } = entry;
        let source = source.as_deref().unwrap_or_default();
        // A need names a repository without the commit, which stands behind `#`.
        let place = source.split('#').next().unwrap_or_default();
        let mut keys =
            vec![name.clone(), format!("{name} {version}"), format!("{name} {version} ({source})")];
        keys.extend((place != source).then(|| format!("{name} {version} ({place})")));
        for key in keys {
            // What is meant by less than that is told only where there is no choice.
            self.0.entry(key).and_modify(|known| *known = None).or_insert(Some(position));
        }
    }

    /// `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)`.
    fn meant(&self, text: &str) -> Option<u32> {
        self.0.get(text).copied().flatten()
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let manifests = manifest::all(tree);
    for file in tree.of(CATALOGER.name).filter(|file| file.path.ends_with("Cargo.lock")) {
        let n_before = found.packages.len();
        found.packages_in(file, |fact| Some(fact.package.clone()));
        manifest::scope(file, &manifests, found.packages.get_mut(n_before..).unwrap_or_default(), n_before);
    }
}
