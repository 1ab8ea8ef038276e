//! The family of catalogers: which files each wants, how one file becomes facts, and how the facts that
//! survive in the squashed image become packages.
//!
//! A cataloger is a `static` of data and two functions. [`Cataloger::read`] sees one file and no sibling, so its
//! result depends on the layer alone; [`Cataloger::assemble`] sees the facts of all surviving files. Walking,
//! opening and squashing are the business of [`crate::image`]; no file here opens anything.

mod apk_db;
mod distro;
mod dpkg_status;
mod facts;
mod file;
mod go_binary;
mod npm;
mod ownership;
mod passwd;
mod python;
#[cfg(test)]
mod real_data;
#[cfg(test)]
mod testing;

use model::gap::{Gap, GapKind};
use model::limits::Limits;

pub use facts::{Fact, FactFile, FactTree, Facts, Found, PackageFact, PathList, Record};
pub use file::{Content, File};

/// One way of finding packages: an operating system's database, or the files of a language's packages.
pub struct Cataloger {
    /// Its name in kebab case, which is also its file's name.
    pub name: &'static str,
    /// Goes up when it reads other facts from the same file, so that cached ones are not taken for its own.
    pub version: u32,
    /// Which files it wants to read.
    pub wants: Wants,
    /// Reads one file into facts; what cannot be understood becomes a [`Fact::Gap`].
    pub read: fn(&mut File<'_>, &mut Facts),
    /// Turns the facts that survived in the squashed image into packages.
    pub assemble: fn(&FactTree<'_>, &mut Found),
}

/// Every cataloger, sorted by name.
pub static CATALOGERS: &[&Cataloger] = &[
    &apk_db::CATALOGER,
    &distro::CATALOGER,
    &dpkg_status::CATALOGER,
    &go_binary::CATALOGER,
    &npm::CATALOGER,
    &passwd::CATALOGER,
    &python::CATALOGER,
];

/// Which files a cataloger wants.
#[derive(Clone, Copy, Debug)]
pub enum Wants {
    /// Files whose path matches any of these patterns.
    ///
    /// A pattern is compared component by component with the whole path. A component may hold one `*`, which
    /// stands for any text without `/`; a leading `**/` stands for any number of components, also none.
    Paths(&'static [&'static str]),
    /// Files with an execute bit that are large enough to be a program; see also [`Wants::starts`].
    Executables,
}

/// Bytes of the smallest executable that is looked into. A Go program that does nothing has over a million.
const EXECUTABLE_BYTES_MIN: u64 = 4 << 10;

impl Wants {
    /// How many of a file's first bytes [`Wants::starts`] looks at.
    pub const HEAD_BYTES: usize = 4;

    /// Whether the file at `path` (relative to the image's root, no leading `/`) is wanted.
    ///
    /// Asked for every path of an image and every cataloger; a miss mostly costs a nanosecond a pattern.
    pub fn matches(&self, path: &str, executable: bool, size: u64) -> bool {
        match self {
            Self::Paths(patterns) => patterns.iter().any(|pattern| path_matches(pattern, path)),
            Self::Executables => executable && size >= EXECUTABLE_BYTES_MIN,
        }
    }

    /// Whether a wanted file that starts with `head` (its first [`Wants::HEAD_BYTES`] bytes, or all of them) is
    /// worth keeping to the end: with [`Wants::Executables`], whether it has the magic of a known format.
    pub fn starts(&self, head: &[u8]) -> bool {
        match self {
            Self::Paths(_) => true,
            Self::Executables => go_binary::is_executable_format(head),
        }
    }
}

/// Compares from the last component to the first. Most pairs already differ in their last byte, which costs a
/// nanosecond to see, and most others in what the pattern has behind its last `*`.
fn path_matches(pattern: &str, path: &str) -> bool {
    let last = pattern.as_bytes().last();
    if last != Some(&b'*') && last != path.as_bytes().last() {
        return false;
    }
    let (pattern, any_depth) = match pattern.strip_prefix("**/") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let tail = pattern.bytes().rposition(|byte| byte == b'*').map_or(0, |star| star + 1);
    if !path.as_bytes().ends_with(&pattern.as_bytes()[tail..]) {
        return false;
    }
    let mut components = path.rsplit('/');
    for expected in pattern.rsplit('/') {
        match components.next() {
            Some(component) if component_matches(expected, component) => {}
            _ => return false,
        }
    }
    any_depth || components.next().is_none()
}

/// Whether one component of a path matches one of a pattern.
pub(crate) fn component_matches(pattern: &str, component: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == component,
        Some((start, end)) => {
            component.len() >= start.len() + end.len()
                && component.starts_with(start)
                && component.ends_with(end)
        }
    }
}

/// All that the facts say: distribution, packages, who owns them, accounts, and what could not be known.
///
/// The order of the packages is that of the catalogers and files; [`Inventory::new`] sorts them.
///
/// [`Inventory::new`]: model::inventory::Inventory::new
pub fn assemble(tree: &FactTree<'_>, limits: &Limits) -> Found {
    let mut found = Found::new(limits);
    for file in tree.all() {
        found.gaps.extend(file.facts.iter().filter_map(|fact| match fact {
            Fact::Gap(gap) => Some(gap.clone()),
            _ => None,
        }));
    }
    for cataloger in CATALOGERS {
        (cataloger.assemble)(tree, &mut found);
    }
    ownership::resolve(tree, &mut found);
    found.gaps.extend(missing_distro(&found));
    found
}

/// Without a distribution no operating-system package can be judged. An image that holds only language packages
/// needs none; one in which nothing was found at all had better say that it names none either.
fn missing_distro(found: &Found) -> Option<Gap> {
    let needed = found.packages.is_empty() || found.packages.iter().any(|package| package.ecosystem.is_os());
    (found.distro.is_none() && needed)
        .then(|| Gap::new(GapKind::NO_DISTRO, "etc/os-release", "no file says which distribution this is"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Files in the folder that are no catalogers.
    const SHARED: [&str; 6] = ["mod", "facts", "file", "ownership", "real_data", "testing"];

    #[test]
    fn every_file_is_in_the_slice_under_its_own_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cataloger");
        let files: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|stem| !SHARED.contains(&stem.as_str()))
            .map(|stem| stem.replace('_', "-"))
            .collect();
        let names: Vec<&str> = CATALOGERS.iter().map(|cataloger| cataloger.name).collect();
        assert_eq!(
            names,
            files.iter().map(String::as_str).collect::<Vec<_>>(),
            "CATALOGERS and the folder differ"
        );
        assert!(names.is_sorted_by(|left, right| left < right), "CATALOGERS is sorted, each name once");
    }

    #[test]
    fn every_cataloger_has_a_case() {
        for cataloger in CATALOGERS {
            let cases = testing::cases(cataloger.name);
            let n_cases = fs::read_dir(&cases).map_or(0, Iterator::count);
            assert!(n_cases > 0, "no case in {}", cases.display());
        }
    }

    #[test]
    fn who_changes_what_a_cataloger_reads_raises_its_version() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cataloger/versions.txt");
        let known = fs::read_to_string(path).unwrap();
        for cataloger in CATALOGERS {
            let line =
                format!("{} {} {}", cataloger.name, cataloger.version, testing::facts_digest(cataloger));
            assert!(
                known.lines().any(|known| known == line),
                "the facts of `{}` in its cases are others than {path} says. Did it learn to read files otherwise? \
                 Then raise its version, or layers that are known keep what was read of them before. Write there: {line}",
                cataloger.name
            );
        }
    }

    #[test]
    fn every_case_gives_what_it_expects() {
        for cataloger in CATALOGERS {
            testing::check_cases(cataloger.name);
        }
    }

    #[test]
    fn no_cataloger_panics_on_damaged_bytes() {
        for cataloger in CATALOGERS {
            testing::check_damage(cataloger.name);
        }
    }

    #[test]
    fn patterns_match_whole_components() {
        for (pattern, path, expected) in [
            ("etc/os-release", "etc/os-release", true),
            ("etc/os-release", "usr/etc/os-release", false),
            ("etc/os-release", "os-release", false),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c", false),
            ("a/*.list", "a/libc6:amd64.list", true),
            ("a/*.list", "a/list", false),
            ("**/b", "b", true),
            ("**/b", "x/y/b", true),
            ("**/b", "x/ab", false),
            ("**/a/*/b", "a/x/b", true),
            ("**/a/*/b", "x/a/y/b", true),
            ("**/a/*/b", "a/b", false),
            ("**/*dist-info/METADATA", "lib/dist-info/METADATA", true),
            ("**/*dist-info/METADATA", "lib/a-1.dist-info/METADATA", true),
            ("**/*.egg-info", "lib/a.egg-info/PKG-INFO", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} {path}");
        }
        assert!(Wants::Executables.matches("bin/a", true, 1 << 20));
        assert!(!Wants::Executables.matches("bin/a", true, 100));
        assert!(!Wants::Executables.matches("bin/a", false, 1 << 20));
        assert!(Wants::Executables.starts(b"\x7fELF"));
        assert!(!Wants::Executables.starts(b"#!/b"));
        assert!(!Wants::Executables.starts(b""));
    }
}
