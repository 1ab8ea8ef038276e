//! JavaScript packages that Yarn locked: `yarn.lock` of Yarn 1 (a format of its own) and of Yarn 2 and later (YAML).
//!
//! The lock file does not say what is for development. The `package.json` of the project and of its workspaces do: each
//! is read for the ranges that it needs, and belongs to the lock file of the closest directory above it. Workspaces and
//! links are left out; the checksums of Yarn 2 are of its own archives, and say nothing of what is distributed.

mod classic;

use std::collections::{BTreeMap, HashMap};

use model::package::{Dependencies, DependencyScope};
use serde::Deserialize;

use super::javascript::{identified, source, split_version};
use super::locked::{Locked, reached};
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactFile, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "yarn-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/yarn.lock", "**/package.json"]),
    read,
    assemble,
};

/// The facts that only [`assemble`] needs: `POSITION NAME@RANGE` of a locked package, and `NAME@RANGE` that a
/// `package.json` needs.
const DESCRIPTOR: &str = "descriptor";
const RUNTIME: &str = "needs";
const DEVELOPMENT: &str = "needs-for-development";

/// One locked package.
#[derive(Debug, Default, PartialEq, Eq)]
struct Entry {
    /// `name@range`, each that is resolved to it.
    descriptors: Vec<String>,
    /// The name of the package, and what its source is told by.
    name: String,
    version: String,
    address: String,
    digests: Vec<String>,
    /// `name@range`.
    needs: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.path.ends_with("package.json") {
        return manifest(file, facts);
    }
    let Some(text) = file.text(facts) else { return };
    let is_yaml = text.lines().any(|line| line.starts_with("__metadata:"));
    let entries = match is_yaml {
        true => match yaml::parse(&text) {
            Ok(root) => root.entries().filter_map(|(key, value)| berry(key, value)).collect(),
            Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
        },
        false => match classic::entries(&text) {
            Ok(entries) => entries,
            Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
        },
    };
    tell(file, facts, &entries);
}

/// An entry of Yarn 2; none for what is no package of others: the metadata, workspaces and links.
fn berry(key: &str, value: &Yaml) -> Option<Entry> {
    let resolution = value.text_of("resolution")?;
    let (name, reference) = split_version(resolution)?;
    if ["workspace:", "link:", "portal:"].iter().any(|protocol| reference.starts_with(protocol)) {
        return None;
    }
    let lists = ["dependencies", "optionalDependencies"].into_iter().filter_map(|list| value.get(list));
    Some(Entry {
        descriptors: key.split(", ").map(normalised).collect(),
        name: name.to_owned(),
        version: value.text_of("version").unwrap_or_default().to_owned(),
        address: reference.to_owned(),
        digests: Vec::new(),
        needs: lists
            .flat_map(Yaml::entries)
            .filter_map(|(name, range)| Some(normalised(&format!("{name}@{}", range.text()?))))
            .collect(),
    })
}

/// `name@range` without the `npm:` that some versions of Yarn write before a range.
fn normalised(descriptor: &str) -> String {
    match split_version(descriptor.trim()) {
        Some((name, range)) => format!("{name}@{}", range.strip_prefix("npm:").unwrap_or(range)),
        None => descriptor.trim().to_owned(),
    }
}

fn tell(file: &File<'_>, facts: &mut Facts, entries: &[Entry]) {
    let mut locked = Locked::default();
    let mut places = HashMap::new();
    let mut by_entry = Vec::new();
    for entry in entries {
        let package = match source(&entry.address) {
            Some(source) => identified(file, facts, &entry.name, &entry.version, &source),
            None => {
                let why = format!("`{}@{}` is of no known protocol", entry.name, entry.address);
                facts.push(Fact::Gap(file.unreadable_record(&why)));
                None
            }
        };
        let place = package.map(|mut package| {
            package.digests = entry.digests.iter().collect();
            package.depends_on = Dependencies::none_if(entry.needs.is_empty());
            locked.add(package)
        });
        by_entry.push(place);
        if let Some(place) = place {
            places.extend(entry.descriptors.iter().map(|descriptor| (descriptor.as_str(), place)));
        }
    }
    for (entry, from) in entries.iter().zip(&by_entry) {
        for to in entry.needs.iter().filter_map(|need| places.get(need.as_str())) {
            from.iter().for_each(|from| locked.need(*from, *to));
        }
    }
    let positions = locked.finish(facts);
    for (entry, place) in entries.iter().zip(by_entry) {
        let Some(place) = place else { continue };
        for descriptor in &entry.descriptors {
            let value = format!("{} {descriptor}", positions.of(place));
            facts.push(Fact::Text { name: DESCRIPTOR.to_owned(), value });
        }
    }
}

/// What a `package.json` of the project says it needs. One that cannot be read is the affair of who looks for packages
/// in it.
fn manifest(file: &File<'_>, facts: &mut Facts) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct Manifest {
        dependencies: Ranges,
        optional_dependencies: Ranges,
        peer_dependencies: Ranges,
        dev_dependencies: Ranges,
    }
    type Ranges = BTreeMap<String, serde_json::Value>;
    if file.path.split('/').any(|component| component == "node_modules" || component == ".yarn") {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else { return };
    let Manifest { dependencies, optional_dependencies, peer_dependencies, dev_dependencies } = manifest;
    for (kind, ranges) in [
        (RUNTIME, dependencies),
        (RUNTIME, optional_dependencies),
        (RUNTIME, peer_dependencies),
        (DEVELOPMENT, dev_dependencies),
    ] {
        for (name, range) in ranges {
            if let Some(range) = range.as_str() {
                let value = normalised(&format!("{name}@{range}"));
                facts.push(Fact::Text { name: kind.to_owned(), value });
            }
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let (locks, manifests): (Vec<&FactFile>, Vec<&FactFile>) =
        tree.of(CATALOGER.name).partition(|file| file.path.ends_with("yarn.lock"));
    let by_directory: HashMap<&str, usize> =
        locks.iter().enumerate().map(|(index, file)| (directory(&file.path), index)).collect();
    let mut needed: Vec<Vec<&FactFile>> = vec![Vec::new(); locks.len()];
    for manifest in manifests {
        let mut above = Some(directory(&manifest.path));
        while let Some(path) = above {
            if let Some(index) = by_directory.get(path) {
                needed[*index].push(manifest);
                break;
            }
            above = (!path.is_empty()).then(|| directory(path));
        }
    }
    for (lock, manifests) in locks.into_iter().zip(needed) {
        let scopes = scopes(lock, &manifests);
        let mut scopes = scopes.into_iter();
        found.packages_in(lock, |fact| {
            let mut package = fact.package.clone();
            package.scope = scopes.next().unwrap_or_default();
            Some(package)
        });
    }
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

/// What each package of `lock` is needed for, given the manifests that it was made for.
fn scopes(lock: &FactFile, manifests: &[&FactFile]) -> Vec<DependencyScope> {
    let needs: Vec<&[u32]> = lock.packages().map(|fact| fact.depends_on.as_slice()).collect();
    let mut by_descriptor: HashMap<&str, u32> = HashMap::new();
    let mut by_name: HashMap<&str, Vec<u32>> = HashMap::new();
    for (position, descriptor) in texts(lock, DESCRIPTOR).filter_map(|text| text.split_once(' ')) {
        let Ok(position) = position.parse() else { continue };
        by_descriptor.insert(descriptor, position);
        let name = split_version(descriptor).map_or(descriptor, |(name, _)| name);
        by_name.entry(name).or_default().push(position);
    }
    let reached_from = |kind: &str| {
        let roots = manifests.iter().flat_map(|manifest| texts(manifest, kind)).flat_map(|descriptor| {
            // Where the project overrides a range, the lock file has another one; any of that name may be meant.
            let name = split_version(descriptor).map_or(descriptor, |(name, _)| name);
            match by_descriptor.get(descriptor) {
                Some(position) => vec![*position],
                None => by_name.get(name).cloned().unwrap_or_default(),
            }
        });
        reached(needs.len(), roots, |index| needs[index].iter().copied())
    };
    let for_runtime = reached_from(RUNTIME);
    let for_development = reached_from(DEVELOPMENT);
    let is_for_development = for_development.into_iter().zip(for_runtime).map(|(dev, run)| dev && !run);
    is_for_development
        .map(|is_so| if is_so { DependencyScope::Development } else { DependencyScope::Runtime })
        .collect()
}

fn texts<'a>(file: &'a FactFile, kind: &str) -> impl Iterator<Item = &'a str> {
    file.facts.iter().filter_map(move |fact| match fact {
        Fact::Text { name, value } if name == kind => Some(value.as_str()),
        _ => None,
    })
}
