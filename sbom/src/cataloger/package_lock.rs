//! JavaScript packages that npm locked: `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
//!
//! Version 1 nests packages in `dependencies`; version 3 lists them by path in `packages`; version 2 does both, and its
//! `packages` count. The project itself, its workspaces and the links to them are left out. A `package-lock.json` beside
//! an `npm-shrinkwrap.json` is ignored, as npm ignores it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::package::{Certainty, Dependencies, DependencyScope, Mark};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::javascript::{
    License, PLACE_BYTES_MAX, Source, alias, digests, identified, source, version_of_archive,
};
use super::locked::{Locked, Place};
use super::wants::component_matches;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "package-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/package-lock.json", "**/npm-shrinkwrap.json"]),
    read,
    assemble,
};

/// Levels of nested packages that are read, and of directories that are searched for a package.
const DEPTH_MAX: usize = 32;

type Entries<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow)]
    packages: Option<Entries<'a>>,
    #[serde(borrow)]
    dependencies: Option<Entries<'a>>,
}

/// A package of either version; the names of its members never mean two things.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<&'a RawValue>,
    integrity: Option<String>,
    license: Option<&'a RawValue>,
    licenses: Option<&'a RawValue>,
    link: bool,
    dev: bool,
    in_bundle: bool,
    bundled: bool,
    workspaces: Option<&'a RawValue>,
    /// In version 1 nested packages, otherwise ranges by name.
    #[serde(borrow)]
    dependencies: Option<Entries<'a>>,
    #[serde(borrow)]
    optional_dependencies: Option<Entries<'a>>,
    #[serde(borrow)]
    dev_dependencies: Option<Entries<'a>>,
    #[serde(borrow)]
    peer_dependencies: Option<Entries<'a>>,
    requires: Option<&'a RawValue>,
}

/// What identifies a package.
struct Stated<'a> {
    name: &'a str,
    version: &'a str,
    source: Source,
    /// That it needs nothing, where that is stated.
    depends_on: Dependencies,
}

/// What has been read, by path below the project.
#[derive(Default)]
struct Tree {
    locked: Locked,
    places: HashMap<String, Place>,
    /// Where links lead.
    links: HashMap<String, String>,
    /// Paths of version 1 that are for development.
    development: BTreeSet<String>,
    /// Path of each place and the names that it needs.
    needs: Vec<(String, Vec<String>)>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock<'_> = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut tree = Tree::default();
    match (lock.packages, lock.dependencies) {
        (Some(packages), _) if !packages.is_empty() => tree.by_path(file, facts, &packages),
        (_, Some(dependencies)) => tree.nested(file, facts, "", &dependencies, DEPTH_MAX),
        _ => {}
    }
    tree.relate();
    tree.locked.finish(facts);
}

impl Tree {
    /// Version 2 and 3.
    fn by_path(&mut self, file: &File<'_>, facts: &mut Facts, packages: &Entries<'_>) {
        let root = packages.get("").and_then(|root| entry(root).ok()).unwrap_or_default();
        let workspaces = root.workspaces.and_then(patterns).unwrap_or_default();
        let mut local = root.directories();
        let mut directories = Vec::new();
        for (path, value) in packages.iter().filter(|(path, _)| !path.is_empty()) {
            let entry = match entry(value) {
                Ok(entry) => entry,
                Err(error) => {
                    facts.push(Fact::Gap(file.unreadable_record(&format!("`{path}`: {error}"))));
                    continue;
                }
            };
            let resolved = entry.resolved.and_then(string).unwrap_or_default();
            if entry.link {
                local.insert(resolved.clone());
                self.links.insert(path.clone(), resolved);
                continue;
            }
            let version = entry.version.as_deref().unwrap_or_default();
            let needs = entry.needs();
            let depends_on = Dependencies::none_if(needs.is_empty());
            self.needs.push((path.clone(), needs));
            match path.rsplit_once("node_modules/") {
                Some((_, name)) => {
                    let source = source(&resolved).unwrap_or(Source::Registry);
                    let name = entry.name.as_deref().unwrap_or(name);
                    self.add(file, facts, path, Stated { name, version, source, depends_on }, &entry);
                }
                None => directories.push((path, entry, depends_on)),
            }
        }
        // A directory that is no workspace and that nothing refers to is left over.
        directories.retain(|(path, ..)| !is_workspace(path, &workspaces) && local.contains(*path));
        for (path, entry, depends_on) in directories {
            let name = entry.name.as_deref().unwrap_or(path.rsplit('/').next().unwrap_or(path));
            let version = entry.version.as_deref().unwrap_or_default();
            let stated = Stated { name, version, source: Source::Local, depends_on };
            self.add(file, facts, path, stated, &entry);
        }
    }

    /// Version 1: packages below `parent` inside each other.
    fn nested(
        &mut self,
        file: &File<'_>,
        facts: &mut Facts,
        parent: &str,
        packages: &Entries<'_>,
        depth: usize,
    ) {
        if depth == 0 {
            let why = format!("packages are nested deeper than {DEPTH_MAX} levels");
            return facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
        for (key, value) in packages {
            let mut entry = match entry(value) {
                Ok(entry) => entry,
                Err(error) => {
                    facts.push(Fact::Gap(file.unreadable_record(&format!("`{key}`: {error}"))));
                    continue;
                }
            };
            let path = below(parent, key);
            // What lies inside a package that is for development is found by nothing else.
            entry.dev |= self.development.contains(parent);
            if entry.dev {
                self.development.insert(path.clone());
            }
            let stated = entry.version.as_deref().unwrap_or_default();
            let mut required = Entries::new();
            if let Some(requires) = entry.requires {
                // `true` is written for the project as a whole.
                required = serde_json::from_str(requires.get()).unwrap_or_default();
            }
            let depends_on = Dependencies::none_if(required.is_empty());
            let package = match alias(stated) {
                Some((name, version)) => Stated { name, version, source: Source::Registry, depends_on },
                None => match source(stated) {
                    // The version is an address instead.
                    Some(source) if stated.contains([':', '/']) => {
                        Stated { name: key, version: "", source, depends_on }
                    }
                    _ => Stated { name: key, version: stated, source: Source::Registry, depends_on },
                },
            };
            self.needs.push((path.clone(), required.into_keys().collect()));
            self.add(file, facts, &path, package, &entry);
            if let Some(nested) = &entry.dependencies {
                self.nested(file, facts, &path, nested, depth - 1);
            }
        }
    }

    fn add(
        &mut self,
        file: &File<'_>,
        facts: &mut Facts,
        path: &str,
        Stated { name, version, source, depends_on }: Stated<'_>,
        entry: &Entry<'_>,
    ) {
        let address = entry.resolved.and_then(string).or_else(|| entry.version.clone()).unwrap_or_default();
        let archived = (version.is_empty() && source == Source::Registry)
            .then(|| version_of_archive(name, &address))
            .flatten();
        let (version, certainty) = archived.unwrap_or((version, Certainty::Stated));
        let Some(mut package) = identified(file, facts, name, version, &source) else { return };
        package.certainty = certainty;
        package.depends_on = depends_on;
        package.digests = entry.integrity.as_deref().map(digests).unwrap_or_default().into();
        package.licenses = entry.license_names().into();
        if entry.dev {
            package.scope = DependencyScope::Development;
        }
        let parent = path.rsplit_once("/node_modules/").and_then(|(parent, _)| self.places.get(parent));
        let parent = parent.copied().filter(|_| entry.in_bundle || entry.bundled);
        if parent.is_some() {
            package.marks.push(Mark::Vendored);
        }
        let place = self.locked.add(package);
        if let Some(parent) = parent {
            self.locked.set_parent(place, parent);
        }
        self.places.insert(path.to_owned(), place);
    }

    /// Finds what each package needs as Node does: in its own `node_modules`, then in those of the directories above.
    fn relate(&mut self) {
        for (path, names) in &self.needs {
            let Some(from) = self.places.get(path).copied() else { continue };
            for name in names {
                if let Some(to) = find(&self.places, &self.links, path, name) {
                    self.locked.need(from, to);
                }
            }
        }
    }
}

fn find(
    places: &HashMap<String, Place>,
    links: &HashMap<String, String>,
    from: &str,
    name: &str,
) -> Option<Place> {
    let mut directory = from;
    if from.len() + name.len() > PLACE_BYTES_MAX {
        return None;
    }
    for _ in 0..DEPTH_MAX {
        let path = below(directory, name);
        let linked = links.get(&path).and_then(|target| places.get(target));
        if let Some(place) = places.get(&path).or(linked) {
            return Some(*place);
        }
        if directory.is_empty() {
            return None;
        }
        directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
    }
    None
}

fn below(directory: &str, name: &str) -> String {
    match directory {
        "" => format!("node_modules/{name}"),
        directory => format!("{directory}/node_modules/{name}"),
    }
}

fn entry<'a>(value: &'a RawValue) -> Result<Entry<'a>, serde_json::Error> {
    serde_json::from_str(value.get())
}

fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// `workspaces`: patterns of directories, or an object that holds them.
fn patterns(value: &RawValue) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Workspaces {
        List(Vec<String>),
        Object { packages: Vec<String> },
    }
    let (Workspaces::List(patterns) | Workspaces::Object { packages: patterns }) =
        serde_json::from_str(value.get()).ok()?;
    Some(patterns)
}

/// Whether the directory at `path` matches one of the patterns; `**` stands for any number of components.
fn is_workspace(path: &str, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| {
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        let mut components = path.split('/');
        for expected in pattern.split('/') {
            if expected == "**" {
                return true;
            }
            if !components.next().is_some_and(|component| component_matches(expected, component)) {
                return false;
            }
        }
        components.next().is_none()
    })
}

impl Entry<'_> {
    /// The directories that it depends on by their paths.
    fn directories(&self) -> BTreeSet<String> {
        let lists = [&self.dependencies, &self.optional_dependencies, &self.dev_dependencies];
        let ranges = lists.into_iter().flatten().flat_map(|ranges| ranges.values());
        ranges
            .filter_map(|range| string(range))
            .filter_map(|range| Some(range.strip_prefix("file:")?.trim_start_matches("./").to_owned()))
            .collect()
    }

    fn needs(&self) -> Vec<String> {
        let lists = [&self.dependencies, &self.optional_dependencies, &self.peer_dependencies];
        lists.into_iter().flatten().flat_map(|names| names.keys().cloned()).collect()
    }

    fn license_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for stated in [self.license, self.licenses].into_iter().flatten() {
            if let Ok(license) = serde_json::from_str::<License>(stated.get()) {
                license.names(&mut names);
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let directory = |path: &str| path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
    let shrinkwrapped: BTreeSet<String> = tree
        .of(CATALOGER.name)
        .filter(|file| file.path.ends_with("npm-shrinkwrap.json"))
        .map(|file| directory(&file.path))
        .collect();
    for file in tree.of(CATALOGER.name) {
        let is_ignored =
            file.path.ends_with("package-lock.json") && shrinkwrapped.contains(&directory(&file.path));
        if !is_ignored {
            found.packages_in(file, |fact| Some(fact.package.clone()));
        }
    }
}
