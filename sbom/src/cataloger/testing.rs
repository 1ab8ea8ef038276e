//! How catalogers are tested: directories of files in, lines of text out.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use model::image::Account;
use model::limits::Limits;
use model::package::{Certainty, DependencyScope, Package};

pub(super) use testkit::case::{Files, files_below, image_of};

use super::{
    CATALOGERS, Cataloger, Classifiers, Content, FactFile, FactTree, Facts, File, Finds, Found, Origin,
    assemble, interested,
};

/// The folder of `cataloger`'s cases: `testdata/cataloger/<cataloger>/<case>/<root of an image>`.
pub(super) fn cases(cataloger: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cataloger").join(cataloger)
}

/// What all catalogers together make of `files`.
pub(super) fn found_in(files: &Files) -> Found {
    found_where(files, &|path| Some(path.to_owned()))
}

/// The same, with links resolved by `resolve`.
pub(super) fn found_where(files: &Files, resolve: &dyn Fn(&str) -> Option<String>) -> Found {
    let limits = Limits::default();
    let facts = facts_of(files, &limits);
    assemble(&FactTree::new(&facts, Origin::Directory, resolve), &limits)
}

fn facts_of(files: &Files, limits: &Limits) -> Vec<FactFile> {
    let read = |(path, bytes): &(String, Vec<u8>)| read_by(&readers(path, bytes), path, bytes, limits);
    files.iter().flat_map(read).collect()
}

fn readers(path: &str, bytes: &[u8]) -> Vec<&'static Cataloger> {
    let (plain, executable) = split_mode(path);
    interested(plain, executable, bytes.len() as u64, Finds::Declared, Classifiers::none())
        .into_iter()
        .map(|position| CATALOGERS[position])
        .filter(|cataloger| cataloger.wants.starts(bytes))
        .collect()
}

fn split_mode(path: &str) -> (&str, bool) {
    path.strip_suffix('*').map_or((path, false), |path| (path, true))
}

fn read_by(catalogers: &[&Cataloger], path: &str, bytes: &[u8], limits: &Limits) -> Vec<FactFile> {
    let (path, executable) = split_mode(path);
    let read = |cataloger: &&Cataloger| {
        let mut facts = Facts::new(limits);
        let content = Content::Bytes(bytes);
        (cataloger.read)(
            &mut File {
                path,
                size: bytes.len() as u64,
                executable,
                content,
                limits,
                classifiers: Classifiers::none(),
            },
            &mut facts,
        );
        FactFile {
            path: path.to_owned(),
            layer: None,
            cataloger: cataloger.name,
            digest: None,
            since: None,
            facts: facts.into_vec().into(),
            brought: Default::default(),
        }
    };
    catalogers.iter().map(read).collect()
}

/// A hash of all facts that `cataloger` reads from the files of its cases.
pub(super) fn facts_digest(cataloger: &Cataloger) -> String {
    let limits = Limits::default();
    let mut cases: Vec<PathBuf> =
        fs::read_dir(cases(cataloger.name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut facts = Vec::new();
    for case in &cases {
        for (path, bytes) in image_of(case) {
            let mut readers = readers(&path, &bytes);
            readers.retain(|reader| reader.name == cataloger.name);
            for file in read_by(&readers, &path, &bytes, &limits) {
                let encoded = crate::cache::facts::encoded(&file.facts);
                assert_eq!(crate::cache::facts::decoded(&encoded), Ok(file.facts.to_vec()), "{path}");
                facts.extend(path.as_bytes());
                facts.extend(encoded);
            }
        }
    }
    model::digest::Digest::sha256(&facts).hex()[..16].to_owned()
}

/// One line for the distribution, each account, each package and each gap, sorted within each kind.
pub(super) fn text(found: &Found) -> String {
    let mut out = String::new();
    if let Some(distro) = &found.distro {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        write!(
            out,
            "distro  {}  {}  {}  {}",
            distro.id,
            word(&distro.version),
            word(&distro.codename),
            word(&distro.pretty_name)
        )
        .unwrap();
        if distro.supplier != distro.name {
            write!(out, "\n  supplier  {}", word(&distro.supplier)).unwrap();
        }
        let lists =
            [("like", &distro.id_like), ("hint", &distro.hints), ("repository", &distro.repositories)];
        for (label, values) in lists {
            for value in values {
                write!(out, "\n  {label}  {value}").unwrap();
            }
        }
        out.push('\n');
    }
    let mut lines: Vec<String> = found.packages.iter().map(|package| line(package, found)).collect();
    lines.extend(found.accounts.iter().map(|account| {
        let Account { name, uid, gid, home, shell } = account;
        format!("account  {name}:{uid}:{gid}:{home}:{shell}")
    }));
    lines.extend(found.gaps.iter().map(|gap| format!("gap  {gap}")));
    lines.sort();
    for line in lines {
        writeln!(out, "{line}").unwrap();
    }
    out
}

fn line(package: &Package, found: &Found) -> String {
    let mut line = format!("package  {}  {}", package.purl, package.locations[0].path);
    let mut say = |label: &str, value: &str| write!(line, "  {label}={value}").unwrap();
    if package.purl.contains('%') || !package.purl.contains(&package.name) {
        say("name", &package.name);
    }
    if !package.licenses.is_empty() {
        say("licenses", &package.licenses.join(" + "));
    }
    if let Some(supplier) = &package.supplier {
        say("supplier", supplier);
    }
    if let (Some(architecture), false) = (&package.architecture, package.ecosystem.is_os()) {
        say("architecture", architecture);
    }
    if package.scope == DependencyScope::Development {
        say("scope", "development");
    }
    if package.certainty != Certainty::Stated {
        say("certainty", package.certainty.as_str());
    }
    for mark in &package.marks {
        say("mark", mark.as_str());
    }
    if !package.cpes.is_empty() {
        say("cpes", &package.cpes.join(" "));
    }
    if !package.digests.is_empty() {
        say("digests", &package.digests.join(" "));
    }
    if let Some(module) = &package.module {
        say("module", module);
    }
    if let Some(installed_at) = &package.installed_at {
        say("installed", installed_at);
    }
    if !package.imports.is_empty() {
        say("imports", &package.imports.join(" "));
    }
    if let Some(framework) = &package.overridden_by {
        say("overridden-by", framework);
    }
    if let Some(owner) = package.owner {
        say("owner", &found.packages[owner.as_usize()].name);
    }
    if let Some(parent) = package.parent {
        say("parent", &found.packages[parent.as_usize()].name);
    }
    let mut needed: Vec<&str> =
        package.depends_on.iter().map(|other| found.packages[other.as_usize()].name.as_str()).collect();
    needed.sort_unstable();
    if !needed.is_empty() {
        say("needs", &needed.join(" "));
    }
    line
}

/// Compares what is found in each case of `cataloger` with its `expected.txt`.
#[track_caller]
pub(super) fn check_cases(cataloger: &str) {
    let mut failures = String::new();
    for case in fs::read_dir(cases(cataloger)).unwrap() {
        let case = case.unwrap().path();
        let found = text(&found_in(&image_of(&case)));
        if testkit::bless() {
            fs::write(case.join("expected.txt"), &found).unwrap();
        }
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        if found != expected {
            writeln!(failures, "{}:\n--- expected\n{expected}--- found\n{found}", case.display()).unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Reads every prefix of each file of each case of `cataloger`, and damaged copies, and assembles what is left.
/// It is enough that nothing panics and that all of it ends.
pub(super) fn check_damage(cataloger: &str) {
    for case in fs::read_dir(cases(cataloger)).unwrap() {
        for (path, bytes) in image_of(&case.unwrap().path()) {
            survives_damage(&path, &bytes);
        }
    }
}

/// Bytes of a file of which every prefix is read.
const SHORT_BYTES: usize = 4 << 10;
/// Longer prefixes that are read, evenly spaced.
const N_LONGER: usize = 200;
/// Damaged copies that are read.
const N_MUTATIONS: usize = 200;

/// [`check_damage`] of one file.
pub(super) fn survives_damage(path: &str, bytes: &[u8]) {
    let limits = Limits::default();
    let catalogers = readers(path, bytes);
    let survives = |damaged: &[u8]| {
        let facts = read_by(&catalogers, path, damaged, &limits);
        assemble(&FactTree::new(&facts, Origin::Directory, &|path| Some(path.to_owned())), &limits);
    };
    let n_short = bytes.len().min(SHORT_BYTES);
    (0..n_short).for_each(|end| survives(&bytes[..end]));
    let longer = testkit::mutate::some_prefixes(bytes, N_LONGER).filter(|prefix| prefix.len() >= n_short);
    longer.for_each(survives);
    testkit::mutate::mutations(bytes, N_MUTATIONS).for_each(|damaged| survives(&damaged));
}
