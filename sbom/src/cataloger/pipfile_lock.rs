//! `Pipfile.lock`, which pipenv writes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::package::{DependencyScope, Mark};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lock_file::{LockFile, identified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance, pypi};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pipfile-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/Pipfile.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    version: Option<Cow<'a, str>>,
    #[serde(default)]
    hashes: Vec<Cow<'a, str>>,
    git: Option<Cow<'a, str>>,
    #[serde(rename = "ref")]
    commit: Option<Cow<'a, str>>,
    #[serde(default)]
    editable: bool,
    file: Option<Cow<'a, str>>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let categories: BTreeMap<Cow<'_, str>, &RawValue> = match serde_json::from_str(&text) {
        Ok(categories) => categories,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut lock = LockFile::new(file.limits);
    // `default`, `develop`, and since pipenv 2022.10 categories of the project's own.
    for (category, entries) in &categories {
        if category == "_meta" {
            continue;
        }
        let entries: BTreeMap<Cow<'_, str>, &RawValue> = match serde_json::from_str(entries.get()) {
            Ok(entries) => entries,
            Err(error) => {
                facts.push(Fact::Gap(file.unreadable_record(&format!("`{category}`: {error}"))));
                continue;
            }
        };
        for (name, entry) in &entries {
            match serde_json::from_str(entry.get()) {
                Ok(entry) => add(file, facts, &mut lock, category, name, &entry),
                Err(error) => facts.push(Fact::Gap(file.unreadable_record(&format!("`{name}`: {error}")))),
            }
        }
    }
    lock.finish(facts);
}

fn add(
    file: &File<'_>,
    facts: &mut Facts,
    lock: &mut LockFile,
    category: &str,
    name: &str,
    entry: &Entry<'_>,
) {
    let stated = entry.version.as_deref().map(|version| version.trim_start_matches('=').trim());
    let version = stated.or_else(|| entry.file.as_deref().and_then(pypi::version_of_archive));
    let Some((name, version)) = identified(file, facts, Some(name), version) else { return };
    let mut package = pypi::package(name, version);
    package.digests = entry.hashes.iter().filter_map(|hash| provenance::digest(hash)).collect();
    if let Some(url) = &entry.git {
        provenance::taken_from_vcs(&mut package, "git", url, entry.commit.as_deref().unwrap_or_default());
    } else if entry.editable {
        provenance::mark(&mut package, Mark::Unreleased);
    }
    if pypi::is_development_group(category) {
        package.scope = DependencyScope::Development;
    }
    lock.add(package, Vec::new());
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
