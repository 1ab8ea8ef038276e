//! Julia packages that lie in a depot or in the standard library: the `Project.toml` of each.

use serde::Deserialize;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, julia_manifest};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "julia-project",
    version: 1,
    finds: Finds::Installed,
    // `~/.julia/packages/Demo/AbC1d/Project.toml`; `share/julia/stdlib/v1.10/Dates/Project.toml`.
    wants: Wants::Paths(&[
        "**/packages/*/*/Project.toml",
        "**/packages/*/*/JuliaProject.toml",
        "**/julia/stdlib/v*/*/Project.toml",
    ]),
    read,
    assemble,
};

/// A project that has no version is nobody's package: some parts of the standard library have Julia's.
#[derive(Deserialize)]
struct Project {
    name: Option<String>,
    uuid: Option<String>,
    version: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let project: Project = match toml::from_str(&text) {
        Ok(project) => project,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let (Some(name), Some(uuid), Some(version)) = (project.name, project.uuid, project.version) else {
        return;
    };
    if !is_legible(&name) || !is_legible(&version) || !is_legible(&uuid) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
    }
    facts.package(julia_manifest::package(&name, &version, &uuid));
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
