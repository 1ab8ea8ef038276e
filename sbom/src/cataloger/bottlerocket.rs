//! The inventory that Bottlerocket ships instead of a package database.

use model::ecosystem::Ecosystem;
use model::package::Package;
use serde::Deserialize;

use super::file::is_legible;
use super::rpm_package::full_version;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "bottlerocket",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/usr/share/bottlerocket/application-inventory.json"]),
    read,
    assemble,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inventory {
    content: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Record {
    name: String,
    publisher: String,
    version: String,
    release: String,
    epoch: String,
    installed_time: String,
    architecture: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let inventory: Inventory = match serde_json::from_str(&text) {
        Ok(inventory) => inventory,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    for record in inventory.content {
        match serde_json::from_value(record).map_err(|error| error.to_string()).and_then(package) {
            Ok(package) => facts.package(package),
            Err(why) => facts.push(Fact::Gap(file.unreadable_record(&why))),
        }
    }
}

fn package(record: Record) -> Result<Package, String> {
    let Record { name, publisher, version, release, epoch, installed_time, architecture } = record;
    // An epoch of 0 is written for every package that has none.
    let epoch = match epoch.as_str() {
        "" => None,
        digits => Some(digits.parse().map_err(|_| format!("the epoch of `{name}` is no number"))?),
    };
    let version_text = full_version(epoch.filter(|epoch| *epoch > 0), &version, &release);
    if name.is_empty() || version.is_empty() {
        return Err(format!("the record of `{name}` states no name or no version"));
    }
    if !is_legible(&name) || !is_legible(&version_text) {
        return Err("a record has an illegible name or version".to_owned());
    }
    let stated = |text: String| (!text.is_empty()).then_some(text);
    let mut package = Package::new(Ecosystem::Rpm, &name, &version_text, String::new());
    package.supplier = stated(publisher);
    package.architecture = stated(architecture);
    package.installed_at = installed_time.parse::<jiff::Timestamp>().ok().map(|time| time.to_string());
    Ok(package)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            found.os_package(tree, file, fact, []);
        }
    }
}
