//! Packages that dpkg recorded as installed (Debian, Ubuntu and kin), in one `status` file or, in distroless
//! images, one file a package; and the files they own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};
use model::version::VersionText;

use super::facts::PathListBuilder;
use super::file::unidentified;
use super::{Cataloger, Fact, FactTree, Facts, File, Found, PathList, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dpkg-status",
    version: 1,
    wants: Wants::Paths(&[
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/*",
        "var/lib/dpkg/info/*.list",
        "var/lib/dpkg/info/*.md5sums",
    ]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    if name.ends_with(".list") {
        let paths = listed(file, facts);
        facts.push(Fact::OwnedFiles(paths));
    } else if name.ends_with(".md5sums") {
        let paths = checksummed(file, facts);
        facts.push(Fact::OwnedFiles(paths));
    } else {
        records(file, facts);
    }
}

/// The files of `info/<package>.list`: a path a line. A directory is listed before what lies in it, so a line
/// that the next one continues with `/` is dropped.
fn listed(file: &File<'_>, facts: &mut Facts) -> PathList {
    let mut paths = PathListBuilder::default();
    let mut previous = String::new();
    file.for_each_line(facts, |_, _, line| {
        let is_directory = line.strip_prefix(previous.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if !is_directory {
            paths.path(&previous);
        }
        line.clone_into(&mut previous);
        ControlFlow::Continue(())
    });
    paths.path(&previous);
    paths.finish()
}

/// The files of a `.md5sums`: checksum, two spaces, path.
fn checksummed(file: &File<'_>, facts: &mut Facts) -> PathList {
    let mut paths = PathListBuilder::default();
    file.for_each_line(facts, |_, _, line| {
        if let Some((_, path)) = line.split_once(' ') {
            paths.path(path.trim_start());
        }
        ControlFlow::Continue(())
    });
    paths.finish()
}

/// One paragraph, as far as it has been read. Fields not named here say nothing about identity.
#[derive(Default)]
struct Record {
    first_line: u64,
    package: String,
    status: Option<String>,
    version: String,
    architecture: String,
    source: String,
    maintainer: String,
}

fn records(file: &File<'_>, facts: &mut Facts) {
    let mut record = Record::default();
    file.for_each_line(facts, |facts, number, line| {
        if line.trim().is_empty() {
            std::mem::take(&mut record).finish(file, facts);
        } else {
            record.line(number, line);
        }
        ControlFlow::Continue(())
    });
    record.finish(file, facts);
}

impl Record {
    fn line(&mut self, number: u64, line: &str) {
        if self.first_line == 0 {
            self.first_line = number;
        }
        // A line that starts with white space continues a field; none of ours spans lines.
        let Some((field, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) else {
            return;
        };
        let wanted = match field {
            _ if field.eq_ignore_ascii_case("Package") => &mut self.package,
            _ if field.eq_ignore_ascii_case("Status") => self.status.get_or_insert_default(),
            _ if field.eq_ignore_ascii_case("Version") => &mut self.version,
            _ if field.eq_ignore_ascii_case("Architecture") => &mut self.architecture,
            _ if field.eq_ignore_ascii_case("Source") => &mut self.source,
            _ if field.eq_ignore_ascii_case("Maintainer") => &mut self.maintainer,
            _ => return,
        };
        value.trim().clone_into(wanted);
    }

    fn finish(self, file: &File<'_>, facts: &mut Facts) {
        if self.first_line == 0 || !self.is_installed() {
            return;
        }
        if let Some(why) = unidentified(self.first_line, &self.package, &self.version) {
            return facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
        let stated = |text: String| (!text.is_empty()).then_some(text);
        let mut package = Package::new(Ecosystem::Deb, &self.package, &self.version, String::new());
        package.source = source(&self.source);
        package.architecture = stated(self.architecture);
        package.supplier = stated(self.maintainer);
        facts.package(package);
    }

    /// Whether its files are on the disk: the third word of `Status` (dpkg(1), "Package states"). Distroless
    /// records have no such field.
    fn is_installed(&self) -> bool {
        let state = self.status.as_deref().map(|status| status.split_whitespace().nth(2).unwrap_or_default());
        !matches!(state, Some("not-installed" | "config-files"))
    }
}

/// `openssl` or `glibc (2.36-9)`: the version is there only when it differs from the binary package's.
fn source(field: &str) -> Option<SourcePackage> {
    let (name, version) = match field.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')').map(str::trim)),
        None => (field, None),
    };
    let version = version.filter(|version| !version.is_empty()).map(VersionText::from);
    (!name.is_empty()).then(|| SourcePackage { name: name.to_owned(), version })
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let lists = lists(tree);
    for file in tree.of(CATALOGER.name) {
        // Beside `status` the lists lie in `info/`, by name or by name and architecture; in `status.d/` the list
        // of `NAME` is `NAME.md5sums`.
        let info = file.path.strip_suffix("status").map(|directory| format!("{directory}info/"));
        for fact in file.packages() {
            let package = &fact.package;
            let owned = match &info {
                Some(info) => {
                    let architecture = package.architecture.as_deref().unwrap_or_default();
                    let by_architecture = format!("{info}{}:{architecture}", package.name);
                    lists
                        .get(by_architecture.as_str())
                        .or_else(|| lists.get(&*format!("{info}{}", package.name)))
                }
                None => lists.get(file.path.as_str()),
            };
            found.os_package(tree, file, package, owned.map(|paths| (*paths).clone()));
        }
    }
}

/// The lists of files by their path without the suffix. `.list` knows the configuration files too; the checksums
/// serve where it was removed.
fn lists<'a>(tree: &FactTree<'a>) -> BTreeMap<&'a str, &'a PathList> {
    let mut lists = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        for fact in &file.facts {
            if let (Fact::OwnedFiles(paths), Some((stem, suffix))) = (fact, file.path.rsplit_once('.')) {
                if suffix == "list" {
                    lists.insert(stem, paths);
                } else {
                    lists.entry(stem).or_insert(paths);
                }
            }
        }
    }
    lists
}
