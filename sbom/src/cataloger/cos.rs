//! Packages of Container-Optimized OS, which is built by Portage but keeps no database of it: one JSON file lists them.

use model::ecosystem::Ecosystem;
use model::package::Package;
use serde::Deserialize;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "cos",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["etc/cos-package-info.json"]),
    read,
    assemble,
};

/// What was only there to build the image (`buildTimePackages`) is not in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackageInfo {
    #[serde(default)]
    installed_packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    category: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    /// With the revision of the build recipe.
    #[serde(default)]
    ebuild_version: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let info: PackageInfo = match serde_json::from_str(&text) {
        Ok(info) => info,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    for Entry { category, name, version, ebuild_version } in info.installed_packages {
        let version = if ebuild_version.is_empty() { version } else { ebuild_version };
        if name.is_empty() || version.is_empty() {
            let why = format!("an entry of `{category}/{name}` states no name or no version");
            facts.push(Fact::Gap(file.unreadable_record(&why)));
        } else if !is_legible(&category) || !is_legible(&name) || !is_legible(&version) {
            facts.push(Fact::Gap(file.unreadable_record(&"an entry has an illegible name or version")));
        } else {
            let name = if category.is_empty() { name } else { format!("{category}/{name}") };
            facts.package(Package::new(Ecosystem::Portage, &name, &version, String::new()));
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            found.os_package(tree, file, fact, []);
        }
    }
}
