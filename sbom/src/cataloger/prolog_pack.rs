//! Packs of SWI-Prolog that are installed: the facts in `pack.pl`, such as `name(demo).` and `version('1.0.0').`

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::records::is_identified;
use super::{Cataloger, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "prolog-pack",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/pack.pl"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let (mut name, mut version) = (None, None);
    let (mut authors, mut maintainers) = (Vec::new(), Vec::new());
    file.for_each_line(facts, |_, _, line| {
        match fact(line) {
            Some(("name", value)) => name = name.take().or(Some(value)),
            Some(("version", value)) => version = version.take().or(Some(value)),
            Some(("author", value)) => authors.push(value),
            Some(("maintainer" | "packager", value)) => maintainers.push(value),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    // A Perl program may be called so too.
    let (Some(name), version) = (name, version.unwrap_or_default()) else { return };
    if is_identified(file, facts, &name, &version) {
        let purl = Purl::new("swiplpack", &name).with_version(&version).to_string();
        let mut package = Package::new(Ecosystem::Unknown, &name, &version, purl);
        package.supplier = maintainers.into_iter().chain(authors).next();
        facts.package(package);
    }
}

/// Name and first argument of a fact on a line of its own, `author('Acme', 'acme@example.org').`
fn fact(line: &str) -> Option<(&str, String)> {
    let (name, arguments) = line.trim().split_once('(')?;
    let arguments = arguments.trim_start();
    let value = match arguments.chars().next()? {
        quote @ ('\'' | '"') => arguments[1..].split(quote).next()?,
        _ => arguments.split([',', ')']).next()?.trim(),
    };
    (arguments.contains(").") && !value.is_empty()).then(|| (name.trim(), value.to_owned()))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
