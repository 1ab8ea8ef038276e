//! JavaScript packages that are installed: the `package.json` directly inside a package's directory.
//!
//! Below `node_modules` these are `node_modules/NAME/package.json` and `node_modules/@SCOPE/NAME/package.json`. A deeper
//! one is a copy that the package carries, if it names and versions itself as another package, is not `private` and lies in
//! no folder of tests; others are fixtures and module markers. Elsewhere one counts when it names and versions itself and
//! is not `private`: programs unpacked from an archive are so, an application's own root is not published.
//!
//! What a package needs is found as Node finds it, in the `node_modules` of the directories above, links followed. What a
//! package bundles came with it, and lies inside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Mark, Package, PackageIndex, PackageKind};
use model::purl::Purl;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::file::is_legible;
use super::javascript::License;
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "npm",
    version: 5,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/package.json"]),
    read,
    assemble,
};

/// Bytes of one value that is looked into.
const VALUE_BYTES_MAX: usize = 64 << 10;
/// Directories above a package that are searched for what it needs.
const DEPTH_MAX: usize = 32;

/// The facts that only [`assemble`] needs: a name that the package bundles, and that it is itself bundled.
const BUNDLES: &str = "bundles";
const IN_BUNDLE: &str = "in-bundle";

/// Where a `package.json` lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Directly in a directory of `node_modules`.
    Installed,
    /// Deeper inside an installed package.
    Inside,
    /// Not below `node_modules`.
    Elsewhere,
}

fn place(path: &str) -> Place {
    let mut below = path;
    let mut seen = false;
    while let Some((before, rest)) = below.split_once("node_modules/") {
        // `my_node_modules/` is another directory.
        seen |= before.is_empty() || before.ends_with('/');
        below = rest;
    }
    let mut components = below.split('/');
    match (seen, components.next(), components.next(), components.next(), components.next()) {
        (false, ..) => Place::Elsewhere,
        (true, Some(_), Some("package.json"), None, _) => Place::Installed,
        (true, Some(scope), Some(_), Some("package.json"), None) if scope.starts_with('@') => {
            Place::Installed
        }
        (true, ..) => Place::Inside,
    }
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let place = place(file.path);
    if place == Place::Inside && is_of_tests(file.path) {
        return;
    }
    let Content::Bytes(bytes) = file.content else {
        let detail = format!("larger than {} bytes (spool_bytes_min); not read", file.limits.spool_bytes_min);
        return facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
    };
    let text = String::from_utf8_lossy(bytes);
    let manifest: Manifest<'_> = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(manifest) => manifest,
        // What lies inside a package may be there to be misread.
        Err(_) if place == Place::Inside => return,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if place != Place::Installed && manifest.is_private() {
        return;
    }
    match (string(manifest.name), string(manifest.version)) {
        // A package's own name again, for another form of its modules.
        (Some(name), _) if place == Place::Inside && is_named_after_what_it_lies_in(&name, file.path) => {}
        (Some(name), Some(version)) if is_legible(&name) && is_legible(&version) => {
            let requires = manifest.requires();
            let bundles = manifest.bundles(&requires);
            let package = package(place, &name, &version, &manifest);
            let fact = PackageFact { requires, ..PackageFact::new(package) };
            facts.push(Fact::Package(fact.stating_needs()));
            let in_bundle = manifest.in_bundle.is_some_and(|value| value.get() == "true");
            let in_bundle = in_bundle.then(|| (IN_BUNDLE, String::new()));
            for (name, value) in bundles.into_iter().map(|name| (BUNDLES, name)).chain(in_bundle) {
                facts.push(Fact::Text { name: name.to_owned(), value });
            }
        }
        (Some(_), Some(_)) => {
            facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
        }
        (Some(name), None) if place == Place::Installed => {
            let detail = format!("`{name}` states no version; it cannot be judged");
            facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
        }
        // A marker such as `{"type": "module"}`, or a project that was never meant to be published.
        _ => {}
    }
}

/// Whether `path`, inside a package, lies in a folder of tests or examples.
fn is_of_tests(path: &str) -> bool {
    const FOLDERS: &[&str] =
        &["__fixtures__", "__tests__", "example", "examples", "fixture", "fixtures", "spec", "test", "tests"];
    let inside = path.rsplit_once("node_modules/").map_or(path, |(_, inside)| inside);
    // The first is the package's own name, or its scope.
    inside.split('/').skip(1).any(|folder| FOLDERS.contains(&folder))
}

/// `a/esm/package.json` called `a`, or `a/esm`.
fn is_named_after_what_it_lies_in(name: &str, path: &str) -> bool {
    let inside = path.rsplit_once("node_modules/").map_or(path, |(_, inside)| inside);
    inside == name || inside.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')) || {
        let enclosing: Vec<&str> =
            inside.split('/').take(if inside.starts_with('@') { 2 } else { 1 }).collect();
        name.strip_prefix(&enclosing.join("/")).is_some_and(|rest| rest.starts_with('/'))
    }
}

fn package(place: Place, name: &str, version: &str, manifest: &Manifest<'_>) -> Package {
    let purl = match name.rsplit_once('/') {
        Some((scope, rest)) => Purl::new("npm", rest).with_namespace(scope),
        None => Purl::new("npm", name),
    };
    let mut package = Package::new(Ecosystem::Npm, name, version, purl.with_version(version).to_string());
    match place {
        Place::Installed => {}
        Place::Inside => package.marks.push(Mark::Vendored),
        Place::Elsewhere => package.kind = PackageKind::Application,
    }
    package.licenses = manifest.licenses().into();
    package.supplier = manifest.supplier();
    package
}

/// The members that matter, unread. As in JavaScript, the last of several members with one name counts.
#[derive(Default)]
struct Manifest<'a> {
    name: Option<&'a RawValue>,
    version: Option<&'a RawValue>,
    private: Option<&'a RawValue>,
    license: Option<&'a RawValue>,
    licenses: Option<&'a RawValue>,
    author: Option<&'a RawValue>,
    maintainers: Option<&'a RawValue>,
    dependencies: Option<&'a RawValue>,
    optional_dependencies: Option<&'a RawValue>,
    bundle_dependencies: Option<&'a RawValue>,
    in_bundle: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Manifest<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Manifest<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest<'de>, A::Error> {
        let mut manifest = Manifest::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            let member = match &*key {
                "name" => &mut manifest.name,
                "version" => &mut manifest.version,
                "private" => &mut manifest.private,
                "license" => &mut manifest.license,
                "licenses" => &mut manifest.licenses,
                "author" => &mut manifest.author,
                "maintainers" => &mut manifest.maintainers,
                "dependencies" => &mut manifest.dependencies,
                "optionalDependencies" => &mut manifest.optional_dependencies,
                "bundleDependencies" | "bundledDependencies" => &mut manifest.bundle_dependencies,
                "_inBundle" => &mut manifest.in_bundle,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *member = Some(map.next_value()?);
        }
        Ok(manifest)
    }
}

impl Manifest<'_> {
    fn is_private(&self) -> bool {
        self.private.is_some_and(|private| private.get() == "true")
    }

    /// The names of what it needs to run.
    fn requires(&self) -> Vec<String> {
        let lists = [self.dependencies, self.optional_dependencies].into_iter().flatten();
        let ranges = lists.filter_map(read_value::<BTreeMap<String, IgnoredAny>>);
        let names: BTreeSet<String> = ranges.flat_map(BTreeMap::into_keys).collect();
        names.into_iter().filter(|name| is_legible(name)).collect()
    }

    /// The names that it bundles: a list, or `true` for all that it requires.
    fn bundles(&self, requires: &[String]) -> Vec<String> {
        match self.bundle_dependencies {
            Some(value) if value.get() == "true" => requires.to_vec(),
            Some(value) => read_value::<Vec<String>>(value).unwrap_or_default(),
            None => Vec::new(),
        }
    }

    /// The author, else all maintainers.
    fn supplier(&self) -> Option<String> {
        let author = self.author.and_then(read_value::<Person>).and_then(Person::name);
        author.or_else(|| {
            let maintainers = self.maintainers.and_then(read_value::<Vec<Person>>)?;
            let names: Vec<String> = maintainers.into_iter().filter_map(Person::name).collect();
            (!names.is_empty()).then(|| names.join(", "))
        })
    }

    /// `license` as an SPDX expression, or one of its older forms; else `licenses`.
    fn licenses(&self) -> Vec<String> {
        let mut names = Vec::new();
        for stated in [self.license, self.licenses].into_iter().flatten() {
            if let Some(license) = read_value::<License>(stated) {
                license.names(&mut names);
            }
            if !names.is_empty() {
                break;
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

/// The value as `T`, when it has that form and a sensible size.
fn read_value<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    (value.get().len() <= VALUE_BYTES_MAX).then(|| serde_json::from_str(value.get()).ok()).flatten()
}

fn string(value: Option<&RawValue>) -> Option<String> {
    let text: String = read_value(value?)?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `"Ann <ann@example.org>"` or an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Person {
    Text(String),
    Object { name: String },
}

impl Person {
    fn name(self) -> Option<String> {
        let (Self::Text(name) | Self::Object { name }) = self;
        (!name.is_empty()).then_some(name)
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut installed = Vec::new();
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            if let Some(index) = found.package(file, fact.package.clone()) {
                installed.push((file, fact, index));
            }
        }
    }
    let by_path: HashMap<&str, PackageIndex> =
        installed.iter().map(|(file, _, index)| (file.path.as_str(), *index)).collect();
    for (file, fact, index) in &installed {
        let needed = fact.requires.iter().filter_map(|name| find(tree, &by_path, &file.path, name));
        let needed: BTreeSet<PackageIndex> = needed.filter(|needed| needed != index).collect();
        found.need(*index, needed.into_iter().collect(), !fact.requires.is_empty());
    }
    for (file, _, index) in installed.iter().filter(|(file, ..)| place(&file.path) == Place::Inside) {
        found.packages[index.as_usize()].parent =
            enclosing(&by_path, &file.path).filter(|parent| parent != index);
    }
    for (file, _, index) in &installed {
        let inside = format!("{}node_modules/", directory(&file.path));
        let bundled = file.facts.iter().filter_map(|fact| match fact {
            Fact::Text { name, value } if name == BUNDLES => {
                by_path.get(&*format!("{inside}{value}/package.json"))
            }
            _ => None,
        });
        set_parents(found, *index, &inside, bundled.copied().collect());
    }
    // npm before its version 7 marked each bundled package instead.
    for (file, _, index) in &installed {
        let is_bundled =
            file.facts.iter().any(|fact| matches!(fact, Fact::Text { name, .. } if name == IN_BUNDLE));
        let package = &mut found.packages[index.as_usize()];
        if is_bundled && package.parent.is_none() {
            let above = file.path.rfind("node_modules/").map_or("", |at| &file.path[..at]);
            package.parent = by_path.get(&*format!("{above}package.json")).copied();
            package.marks = vec![Mark::Vendored];
        }
    }
}

/// `app/node_modules/a/` of `app/node_modules/a/package.json`.
fn directory(path: &str) -> &str {
    &path[..path.rfind('/').map_or(0, |at| at + 1)]
}

/// The package whose directory holds `path`, a file deeper inside it.
fn enclosing(by_path: &HashMap<&str, PackageIndex>, path: &str) -> Option<PackageIndex> {
    let mut above = directory(path).strip_suffix('/')?;
    while let Some((outer, _)) = above.rsplit_once('/') {
        let manifest = format!("{outer}/package.json");
        if let Some(index) = by_path.get(manifest.as_str()).filter(|_| place(&manifest) == Place::Installed) {
            return Some(*index);
        }
        above = outer;
    }
    None
}

/// The package that `name` means to the one at `path`.
fn find(
    tree: &FactTree<'_>,
    by_path: &HashMap<&str, PackageIndex>,
    path: &str,
    name: &str,
) -> Option<PackageIndex> {
    let mut directory = directory(path);
    for _ in 0..DEPTH_MAX {
        // Nothing is installed in the `node_modules` of a `node_modules`.
        if !directory.ends_with("node_modules/") {
            let candidate = format!("{directory}node_modules/{name}/package.json");
            let linked = || by_path.get(tree.resolve(&candidate)?.as_str());
            if let Some(index) = by_path.get(candidate.as_str()).or_else(linked) {
                return Some(*index);
            }
        }
        let above = directory.strip_suffix('/')?;
        directory = &above[..above.rfind('/').map_or(0, |at| at + 1)];
    }
    None
}

/// Makes `bundler` the parent of the packages `bundled` and of all below `inside` that these need.
fn set_parents(found: &mut Found, bundler: PackageIndex, inside: &str, bundled: Vec<PackageIndex>) {
    let mut open = bundled;
    let mut seen = BTreeSet::from([bundler]);
    while let Some(index) = open.pop() {
        let package = &mut found.packages[index.as_usize()];
        if package.locations[0].path.starts_with(inside) && seen.insert(index) {
            package.parent = Some(bundler);
            package.marks = vec![Mark::Vendored];
            open.extend(package.depends_on.iter());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_manifest_of_an_installed_package_counts_below_node_modules() {
        for (path, expected) in [
            ("node_modules/a/package.json", Place::Installed),
            ("app/node_modules/@acme/a/package.json", Place::Installed),
            ("usr/lib/node_modules/npm/node_modules/b/package.json", Place::Installed),
            ("node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", Place::Installed),
            ("node_modules/a/test/fixture/package.json", Place::Inside),
            ("node_modules/@acme/a/esm/package.json", Place::Inside),
            ("node_modules/package.json", Place::Inside),
            ("app/package.json", Place::Elsewhere),
            ("my_node_modules/a/package.json", Place::Elsewhere),
            ("package.json", Place::Elsewhere),
        ] {
            assert_eq!(place(path), expected, "{path}");
        }
    }
}
