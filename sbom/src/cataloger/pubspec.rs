//! The manifest of a Dart package: what it is itself. Which versions it needs is in its lock file ([`super::pubspec_lock`]).

use model::ecosystem::Ecosystem;
use model::package::{Package, PackageKind};
use model::purl::Purl;

use super::facts::PackageFact;
use super::file::is_legible;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pubspec",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pubspec.yaml", "**/pubspec.yml"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // Pub's cache keeps what any project ever needed: `hosted/HOST/NAME-VERSION/pubspec.yaml`.
    if file.path.split('/').rev().nth(3) == Some("hosted") {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let root = match yaml::parse(&text) {
        Ok(root) => root,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    // A project that is never published needs no version.
    let (Some(name), Some(version)) = (root.text_of("name"), root.text_of("version")) else { return };
    if !is_legible(name) || !is_legible(version) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
    }
    let purl = Purl::new("pub", &name.to_lowercase()).with_version(version).to_string();
    let mut package = Package::new(Ecosystem::Pub, name, version, purl);
    package.kind = PackageKind::Application;
    package.supplier = root.text_of("author").map(str::to_owned);
    if package.supplier.is_none() {
        let authors: Vec<&str> =
            root.get("authors").into_iter().flat_map(Yaml::elements).filter_map(Yaml::text).collect();
        package.supplier = Some(authors.join(", ")).filter(|names| !names.is_empty());
    }
    let mut fact = PackageFact::new(package);
    let needed = root.get("dependencies").into_iter().flat_map(Yaml::entries);
    fact.requires = needed.map(|(name, _)| name.to_owned()).collect();
    facts.push(Fact::Package(fact.stating_needs()));
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
