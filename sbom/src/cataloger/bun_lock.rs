//! JavaScript packages that Bun locked: the text form, `bun.lock`, JSON with comments and trailing commas.
//!
//! `packages` are keyed by the path at which each is installed (`a`, or `b/a` inside `b`); a value is a list that begins
//! with `name@version`. The binary `bun.lockb` is not read.

use std::collections::{BTreeMap, HashMap};

use model::package::{Dependencies, Mark};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::javascript::{PLACE_BYTES_MAX, Source, digests, identified, plain_json, source, split_version};
use super::locked::{Locked, Place};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "bun-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/bun.lock"]),
    read,
    assemble,
};

/// Levels of installed paths that are searched for a package.
const DEPTH_MAX: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock<'a> {
    #[serde(rename = "lockfileVersion")]
    _version: u32,
    #[serde(default)]
    workspaces: BTreeMap<String, Needs>,
    #[serde(borrow, default)]
    packages: BTreeMap<String, &'a RawValue>,
}

/// What a workspace or a package needs, by name.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Needs {
    name: Option<String>,
    dependencies: Ranges,
    optional_dependencies: Ranges,
    peer_dependencies: Ranges,
    dev_dependencies: Ranges,
    bundled: bool,
}

type Ranges = BTreeMap<String, Value>;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let plain = plain_json(&text);
    let lock: Lock<'_> = match serde_json::from_str(&plain) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut locked = Locked::default();
    let mut places = HashMap::new();
    let mut needs = Vec::new();
    for (path, value) in &lock.packages {
        let Ok(parts) = serde_json::from_str::<Vec<Value>>(value.get()) else {
            facts.push(Fact::Gap(file.unreadable_record(&format!("`{path}` is no list"))));
            continue;
        };
        let Some((name, reference)) = parts.first().and_then(Value::as_str).and_then(split_version) else {
            facts.push(Fact::Gap(file.unreadable_record(&format!("`{path}` has no `name@version`"))));
            continue;
        };
        // `root:` is the project.
        if ["workspace:", "link:", "root:"].iter().any(|protocol| reference.starts_with(protocol)) {
            continue;
        }
        let source = source(reference).unwrap_or(Source::Registry);
        let version = if reference.contains([':', '/']) { "" } else { reference };
        let Some(mut package) = identified(file, facts, name, version, &source) else { continue };
        // The digest is last, where there is one; of a repository it is a name instead.
        package.digests = parts.last().and_then(Value::as_str).map(digests).unwrap_or_default().into();
        let needed: Needs = parts
            .iter()
            .find(|part| part.is_object())
            .and_then(|part| Needs::deserialize(part).ok())
            .unwrap_or_default();
        let parent = above(path).and_then(|path| places.get(path)).copied().filter(|_| needed.bundled);
        if parent.is_some() {
            package.marks.push(Mark::Vendored);
        }
        package.depends_on = Dependencies::none_if(needed.runtime().next().is_none());
        let place = locked.add(package);
        if let Some(parent) = parent {
            locked.set_parent(place, parent);
        }
        places.insert(path.as_str(), place);
        needs.push((path, place, needed));
    }
    for (path, place, needed) in &needs {
        for name in needed.runtime() {
            if let Some(to) = find(&places, path, name) {
                locked.need(*place, to);
            }
        }
    }
    let mut runtime = Vec::new();
    let mut development = Vec::new();
    for needed in lock.workspaces.values() {
        let from = needed.name.as_deref().unwrap_or_default();
        runtime.extend(needed.runtime().filter_map(|name| find(&places, from, name)));
        development.extend(needed.dev_dependencies.keys().filter_map(|name| find(&places, from, name)));
    }
    locked.settle_scopes(&runtime, &development);
    locked.finish(facts);
}

impl Needs {
    fn runtime(&self) -> impl Iterator<Item = &String> {
        [&self.dependencies, &self.optional_dependencies, &self.peer_dependencies]
            .into_iter()
            .flat_map(BTreeMap::keys)
    }
}

/// The package called `name` that is installed closest to the one at `path`.
fn find(places: &HashMap<&str, Place>, path: &str, name: &str) -> Option<Place> {
    if path.len() + name.len() > PLACE_BYTES_MAX {
        return None;
    }
    let mut directory = Some(path).filter(|path| !path.is_empty());
    for _ in 0..DEPTH_MAX {
        let Some(inside) = directory else { break };
        if let Some(place) = places.get(format!("{inside}/{name}").as_str()) {
            return Some(*place);
        }
        directory = above(inside);
    }
    places.get(name).copied()
}

/// The path of the package that the one at `path` is installed in: `a/@acme/b` is in `a`.
fn above(path: &str) -> Option<&str> {
    let (before, _) = path.rsplit_once('/')?;
    match before.rsplit_once('/') {
        Some((above, scope)) if scope.starts_with('@') => Some(above),
        None if before.starts_with('@') => None,
        _ => Some(before),
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
