//! OCaml packages that are installed: the description that opam keeps of each package of a switch.

pub(super) mod description;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::facts::PackageFact;
use super::records::is_identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};
use description::Description;

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "opam",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/.opam-switch/packages/*/opam"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // `packages/NAME.VERSION/opam`; a name has no dot.
    let directory = file.path.rsplit('/').nth(1).unwrap_or_default();
    let (name, version) = directory.split_once('.').unwrap_or((directory, ""));
    let Some(text) = file.text(facts) else { return };
    let description = match description::parse(&text) {
        Ok(description) => description,
        Err(why) => {
            facts.push(Fact::Gap(file.unreadable(&why)));
            Description::default()
        }
    };
    if is_identified(file, facts, name, version) {
        facts.push(Fact::Package(package(name, version, &description)));
    }
}

/// The package that `description` is of.
pub(super) fn package(name: &str, version: &str, description: &Description) -> PackageFact {
    let purl = Purl::new("opam", name).with_version(version).to_string();
    let mut package = Package::new(Ecosystem::Opam, name, version, purl);
    package.licenses = description.texts("license").map(str::to_owned).collect();
    package.licenses.sort();
    package.supplier = description.texts("maintainer").next().map(str::to_owned);
    let digests = description.texts("url").filter_map(|text| text.split_once('='));
    let digests = digests.filter(|(algorithm, _)| matches!(*algorithm, "md5" | "sha256" | "sha512"));
    package.digests =
        digests.map(|(algorithm, hex)| format!("{algorithm}:{}", hex.to_ascii_lowercase())).collect();
    package.digests.sort();
    let mut fact = PackageFact::new(package);
    fact.requires = description.texts("depends").map(str::to_owned).collect();
    fact.stating_needs()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
