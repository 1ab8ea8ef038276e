//! Packages that pacman recorded as installed (Arch Linux and kin), a directory each, and the files they own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};

use super::facts::PathListBuilder;
use super::file::{is_legible, rfc3339, root_of};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, PathList, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pacman",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/var/lib/pacman/local/*/desc", "**/var/lib/pacman/local/*/files"]),
    read,
    assemble,
};

/// Values of one heading that are kept. The largest packages depend on some hundred others.
const VALUES_MAX: usize = 10_000;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.path.ends_with("/files") {
        let paths = owned(file, facts);
        return facts.push(Fact::OwnedFiles(paths));
    }
    let headings = headings(file, facts);
    match package(&headings) {
        Ok(package) => facts.push(Fact::Package(package)),
        Err(why) => facts.push(Fact::Gap(file.unreadable(&why))),
    }
}

/// `%NAME%`, then a value a line, then an empty line.
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix('%')?.strip_suffix('%').filter(|heading| !heading.is_empty())
}

fn headings(file: &File<'_>, facts: &mut Facts) -> BTreeMap<String, Vec<String>> {
    let mut headings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    file.for_each_line(facts, |_, _, line| {
        if let Some(heading) = heading(line) {
            heading.clone_into(&mut current);
        } else if !line.is_empty() && !current.is_empty() {
            let values = headings.entry(current.clone()).or_default();
            if values.len() < VALUES_MAX {
                values.push(line.to_owned());
            }
        }
        ControlFlow::Continue(())
    });
    headings
}

fn package(headings: &BTreeMap<String, Vec<String>>) -> Result<PackageFact, String> {
    let all = |heading: &str| headings.get(heading).map_or(&[][..], Vec::as_slice);
    let first = |heading: &str| all(heading).first().cloned();
    let (Some(name), Some(version)) = (first("NAME"), first("VERSION")) else {
        return Err("the record states no name or no version".to_owned());
    };
    if !is_legible(&name) || !is_legible(&version) {
        return Err("the record has an illegible name or version".to_owned());
    }
    let mut package = Package::new(Ecosystem::Alpm, &name, &version, String::new());
    package.source = first("BASE").map(|name| SourcePackage { name, version: None });
    package.architecture = first("ARCH");
    package.supplier = first("PACKAGER").filter(|packager| packager != "Unknown Packager");
    package.licenses = all("LICENSE").to_vec().into();
    package.installed_at = first("INSTALLDATE").and_then(|seconds| rfc3339(&seconds));
    let (requires, provides) = (names(all("DEPENDS")), names(all("PROVIDES")));
    Ok(PackageFact { requires, provides, ..PackageFact::new(package) }.stating_needs())
}

/// Names without the version that is asked for or provided: `glibc>=2.38`, `libdemo.so=1-64`.
fn names(relations: &[String]) -> Vec<String> {
    let name = |relation: &String| relation.split(['<', '>', '=']).next().unwrap_or_default().to_owned();
    let mut names: Vec<String> = relations.iter().map(name).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

/// The paths below `%FILES%`; directories end in `/`.
fn owned(file: &File<'_>, facts: &mut Facts) -> PathList {
    let mut paths = PathListBuilder::below(root_of(file.path, "lib/pacman/"));
    let mut is_file = false;
    file.for_each_line(facts, |_, _, line| {
        match heading(line) {
            Some(heading) => is_file = heading == "FILES",
            None if is_file && !line.ends_with('/') => paths.path(line),
            None => {}
        }
        ControlFlow::Continue(())
    });
    paths.finish()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let lists: BTreeMap<&str, &PathList> = tree
        .of(CATALOGER.name)
        .flat_map(|file| file.facts.iter().map(move |fact| (file, fact)))
        .filter_map(|(file, fact)| match fact {
            Fact::OwnedFiles(paths) => Some((file.path.strip_suffix("files")?, paths)),
            _ => None,
        })
        .collect();
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            let list = file.path.strip_suffix("desc").and_then(|directory| lists.get(directory));
            found.os_package(tree, file, fact, list.map(|paths| (*paths).clone()));
        }
    }
}
