//! PHP packages that Composer installed: `installed.json` in the `composer` directory of `vendor`.
//!
//! Composer 1 wrote a list of packages, Composer 2 writes an object that also names those for development.

use std::collections::BTreeSet;

use model::package::DependencyScope;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, composer};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "composer-installed",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/composer/installed.json"]),
    read,
    assemble,
};

/// What Composer 2 writes.
#[derive(Deserialize)]
struct Installed<'a> {
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
    #[serde(default, rename = "dev-package-names")]
    dev_package_names: BTreeSet<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let installed = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(&text)
            .map(|list| Installed { packages: Some(list), dev_package_names: BTreeSet::new() }),
        false => serde_json::from_str(&text),
    };
    let installed: Installed<'_> = match installed {
        Ok(installed) => installed,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    // Something else that is called so has no list of packages.
    let packages =
        installed.packages.and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list.get()).ok());
    let packages = packages.unwrap_or_default();
    let development = installed.dev_package_names;
    let scope = |name: &str| match development.contains(name) {
        true => DependencyScope::Development,
        false => DependencyScope::Runtime,
    };
    composer::tell(
        file,
        facts,
        packages.into_iter().map(|package| (package, DependencyScope::Runtime)),
        scope,
    );
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
