//! Packages that apk recorded as installed (Alpine, Wolfi, Chainguard and kin), and the files they own.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};

use super::facts::PathListBuilder;
use super::file::{root_of, unidentified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "apk-db",
    version: 4,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/lib/apk/db/installed"]),
    read,
    assemble,
};

/// One paragraph of the database, as far as it has been read.
#[derive(Default)]
struct Record {
    first_line: u64,
    name: String,
    version: String,
    architecture: String,
    origin: String,
    license: String,
    maintainer: String,
    requires: Vec<String>,
    provides: Vec<String>,
    owned: PathListBuilder,
    /// Whether the files that follow are configuration.
    is_configuration: bool,
    malformed: bool,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let root = root_of(file.path, "lib/apk/");
    let empty = || Record { owned: PathListBuilder::below(root), ..Record::default() };
    let mut record = empty();
    file.for_each_line(facts, |facts, number, line| {
        if line.is_empty() {
            std::mem::replace(&mut record, empty()).finish(file, facts);
        } else {
            record.line(number, line);
        }
        ControlFlow::Continue(())
    });
    record.finish(file, facts);
}

impl Record {
    /// A field is one letter, a colon and the value; letters not named here say nothing about identity.
    fn line(&mut self, number: u64, line: &str) {
        if self.first_line == 0 {
            self.first_line = number;
        }
        let Some((letter, value)) = line.split_once(':').filter(|(letter, _)| letter.len() == 1) else {
            self.malformed = true;
            return;
        };
        match letter {
            "P" => value.clone_into(&mut self.name),
            "V" => value.clone_into(&mut self.version),
            "A" => value.clone_into(&mut self.architecture),
            "o" => value.clone_into(&mut self.origin),
            "L" => value.clone_into(&mut self.license),
            "m" => value.clone_into(&mut self.maintainer),
            "D" => self.requires = names(value),
            "p" => self.provides = names(value),
            "F" => {
                self.owned.directory(value);
                // What apk keeps where somebody changed it, as one is meant to.
                self.is_configuration = value == "etc" || value.starts_with("etc/");
            }
            "R" => self.owned.name(value),
            "Z" if !self.is_configuration => self.owned.digest(value),
            _ => {}
        }
    }

    fn finish(self, file: &File<'_>, facts: &mut Facts) {
        if self.first_line == 0 {
            return;
        }
        // `apk add --virtual .build-deps`: a name for a set of packages, with no files and no origin.
        if self.name.starts_with('.') && self.origin.is_empty() {
            return;
        }
        if let Some(why) = unidentified(self.first_line, &self.name, &self.version) {
            return facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
        if self.malformed {
            let why = format!(
                "the record of `{}` at line {} has a line that is no field",
                self.name, self.first_line
            );
            facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
        let stated = |text: String| (!text.is_empty()).then_some(text);
        let mut package = Package::new(Ecosystem::Apk, &self.name, &self.version, String::new());
        package.architecture = stated(self.architecture);
        package.source = stated(self.origin).map(|name| SourcePackage { name, version: None });
        package.licenses = stated(self.license).into_iter().collect();
        package.supplier = stated(self.maintainer);
        let (owned, requires, provides) = (self.owned.finish(), self.requires, self.provides);
        let fact = PackageFact { owned, requires, provides, ..PackageFact::new(package) };
        facts.push(Fact::Package(fact.stating_needs()));
    }
}

/// The names in a list of dependencies or of what is provided: `so:libc.musl-x86_64.so.1`, `musl>=1.2`, `cmd:ls=9.5-r1`,
/// `busybox@edge`. `!name` is a conflict.
fn names(list: &str) -> Vec<String> {
    let dependencies = list.split_whitespace().filter(|dependency| !dependency.starts_with('!'));
    dependencies
        .map(|dependency| dependency.split(['=', '<', '>', '~', '@']).next().unwrap_or_default().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            found.os_package(tree, file, fact, [fact.owned.clone()]);
        }
    }
}
