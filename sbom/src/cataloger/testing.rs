//! How catalogers are tested: directories of files in, lines of text out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use model::image::Account;
use model::limits::Limits;
use model::package::Package;

use super::{CATALOGERS, Cataloger, Content, FactFile, FactTree, Facts, File, Found, Wants, assemble};

/// The folder of `cataloger`'s cases: `testdata/cataloger/<cataloger>/<case>/<root of an image>`.
pub(super) fn cases(cataloger: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cataloger").join(cataloger)
}

/// A small image as paths and bytes. A path that ends in `*` has an execute bit.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// What all catalogers together make of `files`.
pub(super) fn found_in(files: &Files) -> Found {
    found_where(files, &|path| Some(path.to_owned()))
}

/// The same, with links resolved by `resolve`.
pub(super) fn found_where(files: &Files, resolve: &dyn Fn(&str) -> Option<String>) -> Found {
    let limits = Limits::default();
    let facts = facts_of(files, &limits);
    assemble(&FactTree::new(&facts, resolve), &limits)
}

fn facts_of(files: &Files, limits: &Limits) -> Vec<FactFile> {
    let read = |(path, bytes): &(String, Vec<u8>)| read_by(&interested(path, bytes), path, bytes, limits);
    files.iter().flat_map(read).collect()
}

fn interested(path: &str, bytes: &[u8]) -> Vec<&'static Cataloger> {
    let (plain, executable) = split_mode(path);
    let wants = |wants: &Wants| wants.matches(plain, executable, bytes.len() as u64) && wants.starts(bytes);
    CATALOGERS.iter().copied().filter(|cataloger| wants(&cataloger.wants)).collect()
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
            &mut File { path, size: bytes.len() as u64, executable, content, limits },
            &mut facts,
        );
        FactFile {
            path: path.to_owned(),
            layer: None,
            cataloger: cataloger.name,
            facts: facts.into_vec(),
            brought: Default::default(),
        }
    };
    catalogers.iter().map(read).collect()
}

/// Every file below `root`, by path. What real data keeps packed with zstd (`status.zst`) is taken unpacked.
pub(super) fn files_below(root: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let packed = path.extension().is_some_and(|extension| extension == "zst");
            let unpacked = if packed { path.with_extension("") } else { path };
            let inside = unpacked.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.push((inside, testkit::data::read(&unpacked)));
        }
    }
    files.sort();
    Ok(files)
}

/// The image of a case. `NAME.buildinfo` (a Go version, then lines of build information) stands for an
/// executable that carries it, so that no executable need be kept.
fn image_of(case: &Path) -> Files {
    let mut files = files_below(&case.join("root")).unwrap();
    for (path, bytes) in &mut files {
        if let Some(program) = path.strip_suffix(".buildinfo") {
            let text = String::from_utf8(std::mem::take(bytes)).unwrap();
            let (go_version, modules) = text.split_once('\n').unwrap();
            *bytes = testkit::go::binary(go_version, modules);
            *path = format!("{program}*");
        }
    }
    files
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
            let mut readers = interested(&path, &bytes);
            readers.retain(|reader| reader.name == cataloger.name);
            for file in read_by(&readers, &path, &bytes, &limits) {
                let encoded = crate::cache::facts::encoded(&file.facts);
                assert_eq!(crate::cache::facts::decoded(&encoded), Ok(file.facts), "{path}");
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
    if let Some(owner) = package.owner {
        say("owner", &found.packages[owner.as_usize()].name);
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

/// [`check_damage`] of one file.
pub(super) fn survives_damage(path: &str, bytes: &[u8]) {
    let limits = Limits::default();
    let catalogers = interested(path, bytes);
    let survives = |damaged: &[u8]| {
        let facts = read_by(&catalogers, path, damaged, &limits);
        assemble(&FactTree::new(&facts, &|path| Some(path.to_owned())), &limits);
    };
    testkit::mutate::some_prefixes(bytes, 2000).for_each(survives);
    testkit::mutate::mutations(bytes, 300).for_each(|damaged| survives(&damaged));
}
