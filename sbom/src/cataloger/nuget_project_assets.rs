//! NuGet packages that a project was restored with: `obj/project.assets.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::nuget::{Listed, is_identified, package, sha512};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nuget-project-assets",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/project.assets.json"]),
    read,
    assemble,
};

/// Libraries by `Name/Version`, and what they need by framework.
#[derive(Deserialize)]
struct Assets {
    #[serde(default)]
    targets: BTreeMap<String, BTreeMap<String, Target>>,
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Library {
    /// `package` or `project`.
    #[serde(rename = "type")]
    kind: String,
    sha512: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let assets: Assets = match serde_json::from_str(&text) {
        Ok(assets) => assets,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut listed = Listed::default();
    for (key, library) in assets.libraries.iter().filter(|(_, library)| library.kind == "package") {
        let (name, version) = key.split_once('/').unwrap_or((key, ""));
        if is_identified(name, version, file, facts) {
            let mut package = package(name, version);
            package.digests = library.sha512.as_deref().and_then(sha512).into_iter().collect();
            listed.add(package);
        }
    }
    for packages in assets.targets.values() {
        // Each target has a package once, in the version that was chosen, whatever version others ask for.
        let chosen: BTreeMap<String, u32> = packages
            .keys()
            .filter_map(|key| key.split_once('/'))
            .filter_map(|(name, version)| Some((name.to_lowercase(), listed.position(name, version)?)))
            .collect();
        for (key, target) in packages {
            let position = key.split_once('/').and_then(|(name, version)| listed.position(name, version));
            let Some(package) = position.and_then(|at| listed.at(at)) else { continue };
            package
                .depends_on
                .extend(target.dependencies.keys().filter_map(|name| chosen.get(&name.to_lowercase())));
        }
    }
    listed.finish(facts);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
