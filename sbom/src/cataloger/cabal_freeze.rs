//! What `cabal freeze` writes: the version of every Haskell package that a project is built with, as constraints.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::records::{is_identified, without_version};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "cabal-freeze",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/cabal.project.freeze"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    file.for_each_line(facts, |facts, _, line| {
        let line = line.trim();
        let constraints = line.strip_prefix("constraints:").unwrap_or(line);
        if !line.starts_with("--") {
            constraints.split(',').for_each(|constraint| read_constraint(constraint.trim(), file, facts));
        }
        ControlFlow::Continue(())
    });
}

/// `any.text ==2.0.2`: a version of the package wherever it is used. Cabal freezes versions in this form only; constraints
/// without `any.` are flags, `text +developer`, or were written by hand for one component.
fn read_constraint(constraint: &str, file: &File<'_>, facts: &mut Facts) {
    let Some(qualified) = constraint.strip_prefix("any.") else { return };
    let Some((name, rule)) = qualified.split_once(char::is_whitespace) else { return };
    let rule = rule.trim();
    let version = rule.strip_prefix("==").map(str::trim);
    match version {
        Some(version) if !version.contains([' ', '|', '&', '*']) && !version.is_empty() => {
            if is_identified(file, facts, name, version) {
                let purl = Purl::new("hackage", name).with_version(version).to_string();
                facts.package(Package::new(Ecosystem::Hackage, name, version, purl));
            }
        }
        None if rule.starts_with(['+', '-']) => {}
        // `installed`, or a range.
        _ => facts.push(Fact::Gap(without_version(file, name))),
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
