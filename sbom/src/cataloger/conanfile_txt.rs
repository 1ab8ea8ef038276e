//! Packages that a project asks Conan for: `conanfile.txt`.

use std::ops::ControlFlow;

use model::package::DependencyScope;

use super::conan::reference;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "conanfile-txt",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/conanfile.txt"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut scope = None;
    file.for_each_line(facts, |facts, number, line| {
        let text = line.split(" #").next().unwrap_or_default().trim();
        if text.is_empty() || text.starts_with('#') {
            return ControlFlow::Continue(());
        }
        if text.starts_with('[') && text.ends_with(']') {
            scope = match text {
                "[requires]" => Some(DependencyScope::Runtime),
                "[build_requires]" | "[tool_requires]" | "[test_requires]" => {
                    Some(DependencyScope::Development)
                }
                _ => None,
            };
        } else if let Some(scope) = scope {
            match reference(text) {
                Some(mut package) => {
                    package.scope = scope;
                    facts.package(package);
                }
                None => {
                    let why = format!("line {number} names no package in a single version: `{text}`");
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
            }
        }
        ControlFlow::Continue(())
    });
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
