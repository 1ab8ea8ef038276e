//! Packages that apk recorded as installed (Alpine, Wolfi, Chainguard and kin), and the files they own.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};

use super::facts::PathListBuilder;
use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "apk-db",
    wants: Wants::Paths(&["lib/apk/db/installed", "usr/lib/apk/db/installed"]),
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
    owned: PathListBuilder,
    malformed: bool,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut record = Record::default();
    file.for_each_line(facts, |facts, number, line| {
        if line.is_empty() {
            std::mem::take(&mut record).finish(file, facts);
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
            "F" => self.owned.directory(value),
            "R" => self.owned.name(value),
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
        let line = self.first_line;
        let why = match (self.name.as_str(), self.version.as_str()) {
            ("", _) => Some(format!("the record at line {line} states no name")),
            (name, "") => Some(format!("the record of `{name}` at line {line} states no version")),
            (name, version) if !is_legible(name) || !is_legible(version) => {
                Some(format!("the record at line {line} has an illegible name or version"))
            }
            (name, _) if self.malformed => {
                Some(format!("the record of `{name}` at line {line} has a line that is no field"))
            }
            _ => None,
        };
        if let Some(why) = &why {
            facts.push(Fact::Gap(file.unreadable_record(why)));
        }
        if self.name.is_empty()
            || self.version.is_empty()
            || !is_legible(&self.name)
            || !is_legible(&self.version)
        {
            return;
        }
        let stated = |text: String| (!text.is_empty()).then_some(text);
        let mut package = Package::new(Ecosystem::Apk, &self.name, &self.version, String::new());
        package.architecture = stated(self.architecture);
        package.source = stated(self.origin).map(|name| SourcePackage { name, version: None });
        package.licenses = stated(self.license).into_iter().collect();
        package.supplier = stated(self.maintainer);
        facts.push(Fact::Package(PackageFact { package, owned: self.owned.finish() }));
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            found.os_package(tree, file, &fact.package, [fact.owned.clone()]);
        }
    }
}
