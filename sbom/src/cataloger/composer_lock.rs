//! PHP packages that Composer locked: `composer.lock`.

use model::package::DependencyScope;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, composer};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "composer-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/composer.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow)]
    packages: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "packages-dev")]
    packages_dev: Option<Vec<&'a RawValue>>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock<'_> = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let runtime = lock.packages.iter().flatten().map(|package| (*package, DependencyScope::Runtime));
    let development =
        lock.packages_dev.iter().flatten().map(|package| (*package, DependencyScope::Development));
    composer::tell(file, facts, runtime.chain(development), |_| DependencyScope::Runtime);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
