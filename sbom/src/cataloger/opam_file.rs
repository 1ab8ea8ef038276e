//! OCaml packages that a project describes: `NAME.opam` and `opam` among its sources, where they state a version.

use super::file::is_legible;
use super::opam::{self, description};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};
use model::package::PackageKind;

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "opam-file",
    version: 3,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*.opam", "**/opam"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut components = file.path.rsplit('/');
    let (last, parent, above) =
        (components.next().unwrap_or_default(), components.next().unwrap_or_default(), components.next());
    // What opam keeps for itself, and `packages/NAME/NAME.VERSION/opam` of a repository of packages, which is their catalogue.
    let is_opams_own = file.path.split('/').any(|part| matches!(part, ".opam" | ".opam-switch" | "_opam"));
    let in_repository = above.is_some_and(|above| {
        parent.strip_prefix(above).is_some_and(|version| version.starts_with('.')) || above == "packages"
    });
    if is_opams_own || (last == "opam" && in_repository) {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let description = match description::parse(&text) {
        Ok(description) => description,
        Err(_) if !text.contains("opam-version") => return,
        Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
    };
    if description.texts("opam-version").next().is_none() {
        return;
    }
    let (directory_name, directory_version) = parent.split_once('.').unwrap_or((parent, ""));
    let name = description.texts("name").next();
    let name = name.or(last.strip_suffix(".opam")).unwrap_or(directory_name);
    let version = description.texts("version").next().unwrap_or(directory_version);
    // Most projects have none before they are published.
    if name.is_empty() || version.is_empty() {
        return;
    }
    if !is_legible(name) || !is_legible(version) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
    }
    let mut fact = opam::package(name, version, &description);
    fact.package.kind = PackageKind::Application;
    facts.push(Fact::Package(fact));
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
