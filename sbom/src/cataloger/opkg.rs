//! Packages that opkg recorded as installed (OpenWrt, Yocto and other small systems): the records of `status`, what
//! `info/<package>.control` adds to them, and the files that `info/<package>.list` names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;

use super::deb822::{Paragraph, for_each_paragraph};
use super::facts::PathListBuilder;
use super::file::{rfc3339, root_of};
use super::{Cataloger, Fact, FactFile, FactTree, Facts, File, Finds, Found, PackageFact, PathList, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "opkg",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/lib/opkg/status", "**/lib/opkg/info/*.control", "**/lib/opkg/info/*.list"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.path.ends_with(".list") {
        let mut paths = PathListBuilder::below(root_of(file.path, "lib/opkg/"));
        file.for_each_line(facts, |_, _, line| {
            // Yocto's opkg adds the mode behind a tab.
            paths.path(line.split('\t').next().unwrap_or(line));
            ControlFlow::Continue(())
        });
        return facts.push(Fact::OwnedFiles(paths.finish()));
    }
    for_each_paragraph(file, facts, |facts, paragraph| {
        if paragraph.is_installed() {
            facts.push(match package(paragraph) {
                Ok(package) => Fact::Package(package),
                Err(why) => Fact::Gap(file.unreadable_record(&why)),
            });
        }
    });
}

fn package(paragraph: &Paragraph) -> Result<PackageFact, String> {
    let mut fact = paragraph.package(Ecosystem::Opkg)?;
    fact.package.installed_at = rfc3339(paragraph.get("Installed-Time"));
    if let Some(source) = &mut fact.package.source {
        // OpenWrt states the folder of the source package (`package/libs/demo`), Yocto the recipe (`demo_1.2.bb`).
        let folder = source.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        source.name = match folder.strip_suffix(".bb") {
            Some(recipe) => recipe.split('_').next().unwrap_or(recipe).to_owned(),
            None => folder.to_owned(),
        };
    }
    Ok(fact)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let files: Vec<&FactFile> = tree.of(CATALOGER.name).collect();
    let databases: BTreeSet<&str> =
        files.iter().filter_map(|file| file.path.strip_suffix("status")).collect();
    let controls: BTreeMap<&str, &PackageFact> = files
        .iter()
        .filter_map(|file| Some((file.path.strip_suffix(".control")?, file.packages().next()?)))
        .collect();
    let lists: BTreeMap<&str, &PathList> = files.iter().filter_map(|file| list(file)).collect();
    for file in files {
        let is_control = file.path.ends_with(".control");
        let database = match is_control {
            true => file.path.rsplit_once("info/").map_or("", |(directory, _)| directory),
            false => file.path.strip_suffix("status").unwrap_or_default(),
        };
        // Beside a database the control files of packages that were removed may be left over.
        if is_control && databases.contains(database) {
            continue;
        }
        for fact in file.packages() {
            let stem = format!("{database}info/{}", fact.package.name);
            let mut fact = fact.clone();
            if let Some(control) = controls.get(stem.as_str()).filter(|_| !is_control) {
                complete(&mut fact, control);
            }
            found.os_package(tree, file, &fact, lists.get(stem.as_str()).map(|paths| (*paths).clone()));
        }
    }
}

fn list(file: &FactFile) -> Option<(&str, &PathList)> {
    let stem = file.path.strip_suffix(".list")?;
    file.facts.iter().find_map(|fact| match fact {
        Fact::OwnedFiles(paths) => Some((stem, paths)),
        _ => None,
    })
}

/// Takes over what the record of the same version in the control file says and the database does not.
fn complete(fact: &mut PackageFact, control: &PackageFact) {
    if fact.package.version != control.package.version {
        return;
    }
    let (package, more) = (&mut fact.package, &control.package);
    package.source = package.source.take().or_else(|| more.source.clone());
    package.supplier = package.supplier.take().or_else(|| more.supplier.clone());
    if package.licenses.is_empty() {
        package.licenses.clone_from(&more.licenses);
    }
}
