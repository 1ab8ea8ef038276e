//! The snap that a project builds, as its `snapcraft.yaml` says. What is installed is another cataloger's affair.

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Package, PackageKind};
use model::purl::Purl;

use super::file::is_legible;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "snapcraft",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/snap/snapcraft.yaml", "**/snapcraft.yaml", "**/.snapcraft.yaml"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let document = match yaml::parse(&text) {
        Ok(document) => document,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let Some(name) = document.text_of("name").filter(|_| document.get("parts").is_some()) else { return };
    // `git` is found out while building, as is what `adopt-info` leaves to a part.
    let version = document.text_of("version").filter(|version| *version != "git").unwrap_or_default();
    if !is_legible(name) || !is_legible(version) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
    }
    if version.is_empty() {
        let detail = format!("`{name}` states no version; it is found out while building");
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
    let purl = Purl::new("snap", name).with_version(version);
    let mut package = Package::new(Ecosystem::Snap, name, version, purl.to_string());
    package.kind = PackageKind::Application;
    package.licenses = document.get("license").and_then(Yaml::text).map(str::to_owned).into_iter().collect();
    facts.package(package);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
