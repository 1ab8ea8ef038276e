//! NuGet packages that a project was restored with: `packages.lock.json`, which images of .NET programs often keep.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::nuget::{Listed, is_identified, package, sha512};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};
use model::package::Dependencies;

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nuget-packages-lock",
    version: 2,
    finds: Finds::Locked,
    wants: Wants::Paths(&["**/packages.lock.json"]),
    read,
    assemble,
};

/// Packages by framework and name.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    dependencies: BTreeMap<String, BTreeMap<String, Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    /// `Direct`, `Transitive`, `CentralTransitive` or `Project`.
    #[serde(rename = "type", default)]
    kind: String,
    resolved: Option<String>,
    content_hash: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut listed = Listed::default();
    for packages in lock.dependencies.values() {
        let mut positions = BTreeMap::new();
        for (name, entry) in packages {
            match &entry.resolved {
                Some(version) if is_identified(name, version, file, facts) => {
                    let mut package = package(name, version);
                    package.digests = entry.content_hash.as_deref().and_then(sha512).into_iter().collect();
                    package.depends_on = Dependencies::none_if(entry.dependencies.is_empty());
                    positions.insert(name.to_lowercase(), listed.add(package));
                }
                // Other projects of the solution have no version.
                None if entry.kind != "Project" => {
                    let why = format!("the record of `{name}` states no version");
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
                _ => {}
            }
        }
        for (name, entry) in packages {
            let Some(package) = positions.get(&name.to_lowercase()).and_then(|at| listed.at(*at)) else {
                continue;
            };
            let needed = entry.dependencies.keys().filter_map(|name| positions.get(&name.to_lowercase()));
            package.depends_on.extend(needed);
            if !entry.dependencies.is_empty() {
                package.package.depends_on = Dependencies::UNKNOWN;
            }
        }
    }
    listed.finish(facts);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
