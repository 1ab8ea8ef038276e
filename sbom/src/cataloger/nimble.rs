//! Nim packages that Nimble installed: `pkgs/NAME-VERSION/NAME.nimble`, since Nimble 0.14 `pkgs2/NAME-VERSION-HASH/NAME.nimble`.
//!
//! The file is a program in Nim; of what it assigns only plain texts are read.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::facts::PackageFact;
use super::records::is_identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nimble",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/pkgs/*/*.nimble", "**/pkgs2/*/*.nimble"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut components = file.path.rsplit('/');
    let stem = components.next().and_then(|last| last.strip_suffix(".nimble")).unwrap_or_default();
    let directory = components.next().unwrap_or_default();
    // Names have no `-`, but the directory knows best where the name ends.
    let versioned = directory.strip_prefix(stem).and_then(|rest| rest.strip_prefix('-'));
    // Not in a directory that Nimble made.
    let Some(versioned) = versioned else { return };
    let version = match versioned.rsplit_once('-') {
        Some((version, hash)) if hash.len() == 40 => version,
        _ => versioned,
    };
    let (mut license, mut author) = (None, None);
    let mut requires = Vec::new();
    file.for_each_line(facts, |_, _, line| {
        let line = line.trim();
        match line.split_once('=').map(|(key, value)| (key.trim(), value)) {
            Some(("license", value)) => license = license.take().or(quoted(value).next()),
            Some(("author", value)) => author = author.take().or(quoted(value).next()),
            _ if line.starts_with("requires") => requires.extend(quoted(line).filter_map(needed)),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if is_identified(file, facts, stem, version) {
        let purl = Purl::new("nim", stem).with_version(version).to_string();
        let mut package = Package::new(Ecosystem::Unknown, stem, version, purl);
        package.licenses.extend(license);
        package.supplier = author;
        let mut fact = PackageFact::new(package);
        fact.requires = requires;
        facts.push(Fact::Package(fact));
    }
}

/// The texts in quotes.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The name in `jester >= 0.5.0`; Nim itself is no package of its own.
fn needed(requirement: String) -> Option<String> {
    let name = requirement.split([' ', '>', '<', '=', '#', '@', '~', '^']).next()?;
    (!name.is_empty() && name != "nim").then(|| name.to_owned())
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
