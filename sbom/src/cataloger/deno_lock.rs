//! JavaScript packages that Deno locked: `deno.lock` of the versions 2 to 5, from npm and JSR.
//!
//! Modules that are imported by their address have neither name nor version and are left out. JSR is no ecosystem that
//! anyone publishes advisories for; its packages keep their purl.

use std::collections::{BTreeMap, HashMap};

use model::ecosystem::Ecosystem;
use model::package::{Dependencies, Package};
use model::purl::Purl;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::file::is_legible;
use super::javascript::{Source, digests, identified, split_version};
use super::locked::Locked;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "deno-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/deno.lock"]),
    read,
    assemble,
};

type Entries<'a> = BTreeMap<String, &'a RawValue>;

/// What an entry says; its lists are of names, or of names by alias.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    integrity: Option<String>,
    dependencies: Value,
    optional_dependencies: Value,
}

/// The parts of every version that hold packages: at the top (4, 5), in `packages` (3), or `npm.packages` (2).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Lock<'a> {
    version: Value,
    #[serde(borrow)]
    npm: Entries<'a>,
    #[serde(borrow)]
    jsr: Entries<'a>,
    #[serde(borrow)]
    packages: Packages<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Packages<'a> {
    #[serde(borrow)]
    npm: Entries<'a>,
    #[serde(borrow)]
    jsr: Entries<'a>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let mut lock: Lock<'_> = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if lock.version.is_null() {
        return facts.push(Fact::Gap(file.unreadable(&"it states no `version`")));
    }
    if let Some(packages) = lock.npm.remove("packages") {
        lock.npm = serde_json::from_str(packages.get()).unwrap_or_default();
    }
    lock.npm.append(&mut lock.packages.npm);
    lock.jsr.append(&mut lock.packages.jsr);
    npm(file, facts, &lock.npm);
    jsr(file, facts, &lock.jsr);
}

/// What `value` says of the package `key`; where it cannot be read, nothing, and a gap.
fn entry(file: &File<'_>, facts: &mut Facts, key: &str, value: &RawValue) -> Entry {
    serde_json::from_str(value.get()).unwrap_or_else(|error| {
        facts.push(Fact::Gap(file.unreadable_record(&format!("`{key}`: {error}"))));
        Entry::default()
    })
}

fn npm(file: &File<'_>, facts: &mut Facts, packages: &Entries<'_>) {
    let mut locked = Locked::default();
    let mut places = HashMap::new();
    let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut needs = Vec::new();
    for (key, value) in packages {
        let Some((name, version)) = split_version(key) else {
            facts.push(Fact::Gap(file.unreadable_record(&format!("`{key}` is no `name@version`"))));
            continue;
        };
        // `1.0.0_peer@2.0.0`
        let version = version.split('_').next().unwrap_or(version);
        if let Some(mut package) = identified(file, facts, name, version, &Source::Registry) {
            let entry = entry(file, facts, key, value);
            package.digests = entry.integrity.as_deref().map(digests).unwrap_or_default().into();
            let lists = [&entry.dependencies, &entry.optional_dependencies];
            let is_empty = |list: &&Value| {
                list.as_array().is_none_or(Vec::is_empty)
                    && list.as_object().is_none_or(|list| list.is_empty())
            };
            package.depends_on = Dependencies::none_if(lists.iter().all(is_empty));
            let place = locked.add(package);
            places.insert(key.as_str(), place);
            needs.push((place, [entry.dependencies, entry.optional_dependencies]));
            by_name.entry(name).or_default().push(key);
        }
    }
    for (from, lists) in needs {
        for list in &lists {
            let listed = list.as_array().into_iter().flatten().filter_map(Value::as_str);
            let by_alias = list.as_object().into_iter().flatten();
            for needed in listed.chain(by_alias.filter_map(|(_, needed)| needed.as_str())) {
                // A name without a version is enough where there is one version of it.
                let only = || {
                    by_name.get(needed).filter(|keys| keys.len() == 1).and_then(|keys| places.get(keys[0]))
                };
                // `alias@npm:name@1.0.0`
                let plain = needed.split_once("@npm:").map_or(needed, |(_, target)| target);
                if let Some(to) = places.get(plain).or_else(only) {
                    locked.need(from, *to);
                }
            }
        }
    }
    locked.finish(facts);
}

fn jsr(file: &File<'_>, facts: &mut Facts, packages: &Entries<'_>) {
    for (key, value) in packages {
        let parts = split_version(key).filter(|(name, version)| is_legible(name) && is_legible(version));
        let Some((name, version)) = parts else {
            facts.push(Fact::Gap(file.unreadable_record(&format!("`{key}` is no `name@version`"))));
            continue;
        };
        let (scope, rest) = name.rsplit_once('/').unwrap_or(("", name));
        let purl = Purl::new("jsr", rest).with_namespace(scope).with_version(version);
        let mut package = Package::new(Ecosystem::Unknown, name, version, purl.to_string());
        let digest = entry(file, facts, key, value).integrity.filter(|hex| hex.len() == 64);
        package.digests = digest.map(|hex| format!("sha256:{hex}")).into_iter().collect();
        facts.package(package);
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
