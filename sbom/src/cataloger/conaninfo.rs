//! Packages in the local cache of Conan 1: `NAME/VERSION/USER/CHANNEL/package/ID/conaninfo.txt`, which lists what a package
//! was built with.
//!
//! Conan 2 keeps names and versions in a database; its `conaninfo.txt` lists only series of versions.

use std::ops::ControlFlow;

use super::conan::reference;
use super::facts::PackageFact;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "conaninfo",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/conaninfo.txt"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let (mut section, mut needed, mut is_info) = (String::new(), Vec::new(), false);
    file.for_each_line(facts, |facts, number, line| {
        let text = line.trim();
        if text.starts_with('[') && text.ends_with(']') {
            text.clone_into(&mut section);
            is_info |= text == "[settings]" || text == "[full_settings]";
            return ControlFlow::Continue(());
        }
        match section.as_str() {
            "[full_requires]" if !text.is_empty() => match reference(text) {
                Some(package) => needed.push(package),
                None => {
                    let why = format!("line {number} names no package and version: `{text}`");
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
            },
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if !is_info {
        return;
    }
    match reference(&own_reference(file.path).unwrap_or_default()) {
        Some(package) => {
            let mut fact = PackageFact::new(package);
            fact.depends_on = (1..).take(needed.len()).collect();
            facts.push(Fact::Package(fact));
        }
        None => {
            let why = "its path does not say of which package it is";
            facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
    }
    needed.into_iter().for_each(|package| facts.package(package));
}

/// `NAME/VERSION@USER/CHANNEL`, as the path says.
fn own_reference(path: &str) -> Option<String> {
    let mut components = path.rsplit('/').skip(2);
    let (package, channel, user) = (components.next()?, components.next()?, components.next()?);
    let (version, name) = (components.next()?, components.next()?);
    (package == "package").then(|| format!("{name}/{version}@{user}/{channel}"))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
