//! What lies in a Nix store: the paths that its database lists and, where an image has none, those that files lie in.
//!
//! A path states name, version and output, `<hash>-<name>-<version>-<output>`; the database adds how they depend on each other
//! and which derivation they were built from.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package, PackageIndex};
use model::purl::Purl;

use super::facts::PathListBuilder;
use super::file::{is_legible, rfc3339};
use super::sqlite::{Database, Value};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nix",
    version: 2,
    finds: Finds::Installed,
    // Nearly every output has files at some of these places, or such as other catalogers read. That one lies there says
    // all; so not every file of a store, of which there may be a hundred thousand, is looked at.
    wants: Wants::Paths(&[
        "**/nix/var/nix/db/db.sqlite",
        "**/nix/store/*-*/bin/*",
        "**/nix/store/*-*/etc/*",
        "**/nix/store/*-*/include/*",
        "**/nix/store/*-*/lib/*",
        "**/nix/store/*-*/lib/*/*",
        "**/nix/store/*-*/libexec/*",
        "**/nix/store/*-*/nix-support/*",
        "**/nix/store/*-*/share/*/*",
    ]),
    read,
    assemble,
};

/// Characters of the hash at the start of a store path.
const HASH_CHARS: usize = 32;

/// Outputs that derivations have besides `out`, which a path does not name.
const OUTPUTS: &[&str] = &[
    "bin",
    "data",
    "debug",
    "dev",
    "devdoc",
    "dist",
    "doc",
    "getent",
    "info",
    "lib",
    "libgcc",
    "man",
    "modules",
    "p11kit",
    "static",
    "terminfo",
    "tools",
    "unbundled",
];

/// Store paths that are sources, patches and steps of a build rather than software.
const NO_SOFTWARE: &[&str] = &[
    ".bz2", ".c", ".conf", ".deb", ".diff", ".drv", ".gem", ".gz", ".h", ".jar", ".json", ".lock", ".nar",
    ".nix", ".patch", ".rpm", ".sh", ".tar", ".tgz", ".toml", ".txt", ".whl", ".xz", ".zip", ".zst",
];

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if !file.path.ends_with("nix/var/nix/db/db.sqlite") {
        // Its path says it all; only that it is there need be known.
        if store_path(file.path).is_some_and(|(_, name)| StorePath::of(name, None).is_some()) {
            facts.push(Fact::Text { name: "store-file".to_owned(), value: String::new() });
        }
        return;
    }
    match database(file) {
        Ok(packages) => packages.into_iter().for_each(|package| facts.push(Fact::Package(package))),
        Err(error) => facts.push(Fact::Gap(file.unreadable(&error))),
    }
}

/// The packages among the valid paths of a database, with what they refer to.
fn database(file: &File<'_>) -> Result<Vec<PackageFact>, String> {
    let database = Database::open(file)?;
    let mut packages: Vec<PackageFact> = Vec::new();
    let mut positions: BTreeMap<i64, u32> = BTreeMap::new();
    let columns = ["id", "path", "registrationTime", "deriver"];
    database.for_each_row("ValidPaths", &columns, |row| {
        let [Value::Integer(id), Value::Text(path), time, deriver] = *row else { return };
        let deriver = if let Value::Text(text) = deriver { Some(text) } else { None };
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some(store_path) = StorePath::of(name, deriver) else { return };
        let mut package = store_path.package();
        if let Value::Integer(seconds) = time {
            package.installed_at = rfc3339(&seconds.to_string());
        }
        if let (Ok(position), true) =
            (u32::try_from(packages.len()), packages.len() < file.limits.packages_max)
        {
            positions.insert(id, position);
            // The path itself, by which the files below it are known as its own.
            let mut owned = PathListBuilder::default();
            owned.path(path);
            packages.push(PackageFact { owned: owned.finish(), ..PackageFact::new(package) });
        }
    })?;
    database.for_each_row("Refs", &["referrer", "reference"], |row| {
        if let [Value::Integer(referrer), Value::Integer(reference)] = *row
            && referrer != reference
            && let (Some(from), Some(to)) = (positions.get(&referrer), positions.get(&reference))
            && let Some(package) = packages.get_mut(*from as usize)
        {
            package.depends_on.push(*to);
        }
    })?;
    for package in &mut packages {
        package.depends_on.sort_unstable();
        package.depends_on.dedup();
    }
    Ok(packages.into_iter().map(PackageFact::stating_needs).collect())
}

/// The root that a store lies in (a prefix of paths) and the name of the store path that holds the file at `path`.
fn store_path(path: &str) -> Option<(&str, &str)> {
    const STORE: &str = "nix/store/";
    let at = path.find(STORE)?;
    let name = path[at + STORE.len()..].split('/').next()?;
    Some((&path[..at], name))
}

/// The parts of a store path's name.
#[derive(Debug, PartialEq, Eq)]
struct StorePath<'a> {
    hash: &'a str,
    name: &'a str,
    version: &'a str,
    output: Option<&'a str>,
    deriver: Option<&'a str>,
}

impl<'a> StorePath<'a> {
    /// None when it has no version or is no software. As in Nix itself, the version is what follows the first `-` before
    /// anything but a letter.
    fn of(store_name: &'a str, deriver: Option<&'a str>) -> Option<Self> {
        let (hash, rest) = store_name.split_at_checked(HASH_CHARS)?;
        let rest = rest.strip_prefix('-')?;
        let is_hash = hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !is_hash || !is_legible(rest) || NO_SOFTWARE.iter().any(|suffix| rest.ends_with(suffix)) {
            return None;
        }
        let deriver = deriver.and_then(|path| path.rsplit('/').next()).filter(|name| is_legible(name));
        // The derivation's name is that of its outputs without the output.
        let derived =
            deriver.and_then(|name| name.split_at_checked(HASH_CHARS + 1)?.1.strip_suffix(".drv")).filter(
                |name| rest.strip_prefix(*name).is_some_and(|more| more.is_empty() || more.starts_with('-')),
            );
        let (whole, output) = match derived {
            Some(name) => (name, rest[name.len()..].strip_prefix('-')),
            None => match rest.rsplit_once('-').filter(|(_, last)| OUTPUTS.contains(last)) {
                Some((name, output)) => (name, Some(output)),
                None => (rest, None),
            },
        };
        let at = whole
            .match_indices('-')
            .map(|(at, _)| at)
            .find(|at| whole[at + 1..].starts_with(|first: char| !first.is_ascii_alphabetic()))?;
        let (name, version) = (&whole[..at], &whole[at + 1..]);
        let is_version = !name.is_empty() && version.starts_with(|first: char| first.is_ascii_digit());
        is_version.then_some(Self { hash, name, version, output, deriver })
    }

    fn package(&self) -> Package {
        let purl = Purl::new("nix", self.name)
            .with_version(self.version)
            .with_qualifier("drvpath", self.deriver.unwrap_or_default())
            .with_qualifier("output", self.output.unwrap_or_default())
            .with_qualifier("outputhash", self.hash);
        Package::new(Ecosystem::Nix, self.name, self.version, purl.to_string())
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut indices: BTreeMap<(&str, &str), PackageIndex> = BTreeMap::new();
    for file in tree.of(CATALOGER.name).filter(|file| file.path.ends_with(".sqlite")) {
        let root = file.path.find("nix/var/").map_or("", |at| &file.path[..at]);
        let first = found.packages.len();
        found.packages_in(file, |fact| Some(fact.package.clone()));
        for (index, fact) in (first..found.packages.len()).zip(file.packages()) {
            if let (Some((_, name)), Ok(index)) = (fact.owned.iter().next(), u32::try_from(index)) {
                indices.insert((root, name), PackageIndex(index));
            }
        }
    }
    for file in tree.all() {
        let Some((root, name)) = store_path(&file.path) else { continue };
        if indices.contains_key(&(root, name)) {
            continue;
        }
        if let Some(store_path) = StorePath::of(name, None) {
            let package = Package { certainty: Certainty::Inferred, ..store_path.package() };
            if let Some(index) = found.package(file, package) {
                CATALOGER.name.clone_into(&mut found.packages[index.as_usize()].cataloger);
                indices.insert((root, name), index);
            }
        }
    }
    // Of the files in a store only those matter that are evidence of something else.
    let mut owned: BTreeMap<PackageIndex, PathListBuilder> = BTreeMap::new();
    for file in tree.all().filter(|file| file.cataloger != CATALOGER.name) {
        if let Some(index) = store_path(&file.path).and_then(|key| indices.get(&key)) {
            owned.entry(*index).or_default().path(&file.path);
        }
    }
    found.owned.extend(owned.into_iter().map(|(index, paths)| (index, paths.finish())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_path_states_name_version_and_output() {
        const HASH: &str = "0123456789abcdfghijklmnpqrsvwxyz";
        let parts = |rest: &str, deriver: Option<&str>| {
            let name = format!("{HASH}-{rest}");
            let deriver = deriver.map(|name| format!("/nix/store/{HASH}-{name}.drv"));
            let parts = StorePath::of(&name, deriver.as_deref())?;
            Some(format!("{} {} {}", parts.name, parts.version, parts.output.unwrap_or("-")))
        };
        for (rest, deriver, expected) in [
            ("demo-1.2.3", None, Some("demo 1.2.3 -")),
            ("demo-lib-1.2.3-44", None, Some("demo-lib 1.2.3-44 -")),
            ("demo-1.2.3-dev", None, Some("demo 1.2.3 dev")),
            ("perl5.38-Demo-0.4", None, Some("perl5.38-Demo 0.4 -")),
            ("demo-1.2-odd", Some("demo-1.2"), Some("demo 1.2 odd")),
            ("demo-1.2-odd", Some("other-1.2"), Some("demo 1.2-odd -")),
            ("demo-unstable-2024-01-02", None, Some("demo-unstable 2024-01-02 -")),
            ("demo-1.2.tar.gz", None, None),
            ("demo", None, None),
            ("-1.2", None, None),
        ] {
            assert_eq!(parts(rest, deriver).as_deref(), expected, "{rest}");
        }
        assert_eq!(StorePath::of("demo-1.2", None), None);
    }
}
