//! Packages that dpkg recorded as installed (Debian, Ubuntu and kin), in one `status` file or, in distroless
//! images, one file a package; the files they own, and the licences that their copyright files name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;

use super::deb822::for_each_paragraph;
use super::facts::PathListBuilder;
use super::file::root_of;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, PathList, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dpkg-status",
    version: 4,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/lib/dpkg/status",
        "**/lib/dpkg/status.d/*",
        "**/lib/dpkg/info/*.list",
        "**/lib/dpkg/info/*.md5sums",
        "**/lib/dpkg/info/*.conffiles",
        "**/usr/share/doc/*/copyright",
    ]),
    read,
    assemble,
};

/// Scripts and lists that lie beside the records of distroless images.
const NO_RECORDS: &[&str] = &[
    ".config",
    ".postinst",
    ".postrm",
    ".preinst",
    ".prerm",
    ".shlibs",
    ".symbols",
    ".templates",
    ".triggers",
];

/// Licences of one copyright file; the largest (of browsers and TeX) name some hundred.
const LICENSES_MAX: usize = 1000;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    if name == "copyright" {
        for value in licenses(file, facts) {
            facts.push(Fact::Text { name: "license".to_owned(), value });
        }
    } else if name.ends_with(".list") {
        let paths = listed(file, facts);
        facts.push(Fact::OwnedFiles(paths));
    } else if name.ends_with(".md5sums") {
        // Checksum, two spaces, path.
        let paths = paths_in(file, facts, |line| {
            line.split_once(' ').map_or(("", None), |(digest, path)| (path.trim_start(), Some(digest)))
        });
        facts.push(Fact::OwnedFiles(paths));
    } else if name.ends_with(".conffiles") {
        // A path, and perhaps a flag before it.
        let paths = paths_in(file, facts, |line| (line.find('/').map_or("", |at| &line[at..]), None));
        facts.push(Fact::OwnedFiles(paths));
    } else if !NO_RECORDS.iter().any(|suffix| name.ends_with(suffix)) {
        for_each_paragraph(file, facts, |facts, paragraph| {
            if paragraph.is_installed() {
                facts.push(match paragraph.package(Ecosystem::Deb) {
                    Ok(package) => Fact::Package(package),
                    Err(why) => Fact::Gap(file.unreadable_record(&why)),
                });
            }
        });
    }
}

/// The files of `info/<package>.list`: a path a line. A directory is listed before what lies in it, so a line
/// that the next one continues with `/` is dropped.
fn listed(file: &File<'_>, facts: &mut Facts) -> PathList {
    let mut paths = PathListBuilder::below(root_of(file.path, "lib/dpkg/"));
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

/// The files of a list in whose lines `find` finds the path, and perhaps a digest.
fn paths_in(file: &File<'_>, facts: &mut Facts, find: impl Fn(&str) -> (&str, Option<&str>)) -> PathList {
    let mut paths = PathListBuilder::below(root_of(file.path, "lib/dpkg/"));
    file.for_each_line(facts, |_, _, line| {
        let (path, digest) = find(line);
        paths.path(path);
        paths.digest(digest.unwrap_or_default());
        ControlFlow::Continue(())
    });
    paths.finish()
}

/// The short names that a machine-readable copyright file (DEP-5) states; of one in prose none.
fn licenses(file: &File<'_>, facts: &mut Facts) -> BTreeSet<String> {
    let mut licenses = BTreeSet::new();
    let mut is_machine_readable = false;
    file.for_each_line(facts, |_, _, line| {
        let Some((field, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) else {
            // The format is named in the first paragraph, whose first line it nearly always is.
            return match is_machine_readable || line.trim().is_empty() || line.starts_with([' ', '\t']) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            };
        };
        let value = value.trim();
        match field {
            "Format" | "Format-Specification" => is_machine_readable = true,
            "License" if is_machine_readable && !value.is_empty() && licenses.len() < LICENSES_MAX => {
                licenses.insert(value.to_owned());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    licenses
}

/// Names and versions that are recorded, with the root filesystem that they are recorded for (a prefix of paths).
pub(super) fn recorded<'a>(tree: &FactTree<'a>) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    tree.of(CATALOGER.name)
        .flat_map(|file| file.packages().map(move |fact| (root_of(&file.path, "lib/dpkg/"), &fact.package)))
        .map(|(root, package)| (root, package.name.as_str(), package.version.as_str()))
        .collect()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let lists = Lists::of(tree);
    let licenses = licenses_by_path(tree);
    for file in tree.of(CATALOGER.name) {
        let root = root_of(&file.path, "lib/dpkg/");
        for fact in file.packages() {
            let mut fact = fact.clone();
            let copyright = format!("{root}usr/share/doc/{}/copyright", fact.package.name);
            // The folder of documents is often a link to that of another package of the same source.
            let copyright = tree.resolve(&copyright).unwrap_or(copyright);
            if let Some(stated) = licenses.get(copyright.as_str()) {
                fact.package.licenses.extend(stated.iter().map(|license| (*license).to_owned()));
            }
            let owned = lists.owned(&file.path, &fact);
            found.os_package(tree, file, &fact, owned);
        }
    }
}

fn licenses_by_path<'a>(tree: &FactTree<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut licenses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        for fact in file.facts.iter() {
            if let Fact::Text { value, .. } = fact {
                licenses.entry(&file.path).or_default().push(value);
            }
        }
    }
    licenses
}

/// The lists of files by their path without the suffix.
#[derive(Default)]
struct Lists<'a> {
    /// Knows the configuration files too.
    contents: BTreeMap<&'a str, &'a PathList>,
    /// Say the digests, and serve where the contents were removed.
    checksums: BTreeMap<&'a str, &'a PathList>,
    configuration: BTreeMap<&'a str, &'a PathList>,
}

impl<'a> Lists<'a> {
    fn of(tree: &FactTree<'a>) -> Self {
        let mut lists = Self::default();
        for file in tree.of(CATALOGER.name) {
            for fact in file.facts.iter() {
                if let (Fact::OwnedFiles(paths), Some((stem, suffix))) = (fact, file.path.rsplit_once('.')) {
                    match suffix {
                        "list" => _ = lists.contents.insert(stem, paths),
                        "conffiles" => _ = lists.configuration.insert(stem, paths),
                        _ => _ = lists.checksums.insert(stem, paths),
                    }
                }
            }
        }
        lists
    }

    /// The lists of the package whose record lies in the file at `path`: beside `status` they lie in `info/`, by name
    /// or by name and architecture; in `status.d/` those of `NAME` are `NAME.md5sums` and `NAME.conffiles`.
    fn owned(&self, path: &str, fact: &PackageFact) -> Vec<PathList> {
        let stems = match path.strip_suffix("status") {
            Some(directory) => {
                let name = &fact.package.name;
                let architecture = fact.package.architecture.as_deref().unwrap_or_default();
                vec![format!("{directory}info/{name}:{architecture}"), format!("{directory}info/{name}")]
            }
            None => vec![path.to_owned()],
        };
        [&self.contents, &self.checksums, &self.configuration]
            .iter()
            .filter_map(|lists| stems.iter().find_map(|stem| lists.get(stem.as_str())))
            .map(|paths| (*paths).clone())
            .collect()
    }
}
