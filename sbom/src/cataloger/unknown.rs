//! Programs of which nothing is known: no cataloger recognised them, no package owns them, and they do not lie in the
//! directory of a Python or Node.js package, as its native parts do.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};

use super::facts::{Fact, FactFile, FactTree, Found};

/// Bytes of the smallest program whose origin is asked for. Below it lie the thousands of small tools and helper
/// libraries that every image has; a program with its libraries linked in is larger.
pub(super) const PROGRAM_BYTES_MIN: u64 = 1_000_000;

/// Programs that are listed one by one; more are counted.
const LISTED_MAX: usize = 200;

/// The programs that are evidence for no package, with their sizes.
pub(super) fn programs<'a>(tree: &FactTree<'a>) -> BTreeMap<&'a str, u64> {
    let known: BTreeSet<&str> =
        tree.all().filter(|file| file.packages().next().is_some()).map(|file| file.path.as_str()).collect();
    let carriers: BTreeSet<&str> = tree.all().filter_map(carrier).collect();
    let is_carried = |path: &str| {
        let ends = path.match_indices('/').map(|(end, _)| end);
        ends.into_iter().any(|end| carriers.contains(&path[..end]))
    };
    let mut programs = BTreeMap::new();
    for file in tree.all() {
        for fact in file.facts.iter() {
            if let Fact::Program(bytes) = fact
                && *bytes >= PROGRAM_BYTES_MIN
                && !known.contains(file.path.as_str())
                && !is_carried(&file.path)
            {
                programs.insert(file.path.as_str(), *bytes);
            }
        }
    }
    programs
}

/// The directory whose programs came with a language's packages: that of `node_modules/NAME/package.json`, and the one that
/// holds `NAME.dist-info/METADATA` or `NAME.egg-info`, where a Python package lists what it put beside them.
fn carrier(file: &FactFile) -> Option<&str> {
    let (directory, name) = file.path.rsplit_once('/')?;
    match file.packages().next()?.package.ecosystem {
        Ecosystem::Npm if name == "package.json" && directory.contains("node_modules/") => Some(directory),
        Ecosystem::PyPi if name.ends_with("egg-info") => Some(directory),
        Ecosystem::PyPi => {
            let (above, record) = directory.rsplit_once('/')?;
            let is_record = ["dist-info", "egg-info"].iter().any(|end| record.ends_with(end));
            is_record.then_some(above)
        }
        _ => None,
    }
}

/// Says what is left of [`programs`] when those that a package owns are taken away.
pub(super) fn report(programs: &BTreeMap<&str, u64>, found: &mut Found) {
    for (path, bytes) in programs.iter().take(LISTED_MAX) {
        let detail = format!("a program of {bytes} bytes that no cataloger recognised and no package owns");
        found.gaps.push(Gap::new(GapKind::UNKNOWN_CONTENT, *path, detail));
    }
    if let Some(n_more) = programs.len().checked_sub(LISTED_MAX).filter(|n_more| *n_more > 0) {
        let detail = format!("{n_more} more programs that no cataloger recognised and no package owns");
        found.gaps.push(Gap::new(GapKind::UNKNOWN_CONTENT, "", detail));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Files, found_in, text};
    use super::*;

    #[test]
    fn a_large_program_that_nobody_knows_is_a_gap() {
        let program = |text: &str, bytes: u64| {
            let mut program = testkit::elf::program(&[(".rodata", text.as_bytes().to_vec())]);
            program.resize(usize::try_from(bytes).unwrap(), 0);
            program
        };
        let files: Files = vec![
            ("etc/os-release".to_owned(), "ID=debian\nVERSION_ID=12\n".into()),
            (
                "var/lib/dpkg/status".to_owned(),
                "Package: demo\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n".into(),
            ),
            ("var/lib/dpkg/info/demo.list".to_owned(), "/usr/bin/owned\n".into()),
            ("usr/bin/owned*".to_owned(), program("", PROGRAM_BYTES_MIN)),
            ("opt/small*".to_owned(), program("", PROGRAM_BYTES_MIN - 1)),
            ("opt/nginx*".to_owned(), program("\0nginx/1.25.3\0", PROGRAM_BYTES_MIN)),
            ("opt/unknown*".to_owned(), program("", PROGRAM_BYTES_MIN)),
            ("opt/libunknown.so.1".to_owned(), program("", PROGRAM_BYTES_MIN)),
            ("opt/no-program*".to_owned(), vec![b'#'; 2_000_000]),
            ("srv/site-packages/demo-1.dist-info/METADATA".to_owned(), "Name: demo\nVersion: 1\n".into()),
            ("srv/site-packages/demo.libs/libother.so".to_owned(), program("", PROGRAM_BYTES_MIN)),
            ("srv/node_modules/demo/package.json".to_owned(), r#"{"name":"demo","version":"1.0.0"}"#.into()),
            ("srv/node_modules/demo/build/demo.so".to_owned(), program("", PROGRAM_BYTES_MIN)),
        ];
        assert_eq!(
            text(&found_in(&files)),
            "distro  debian  12  -  -\n\
             gap  unknown-content|opt/libunknown.so.1|a program of 1000000 bytes that no cataloger recognised and no \
             package owns\n\
             gap  unknown-content|opt/unknown|a program of 1000000 bytes that no cataloger recognised and no package \
             owns\n\
             package  pkg:deb/debian/demo@1-1?arch=all&distro=debian-12  var/lib/dpkg/status\n\
             package  pkg:generic/nginx@1.25.3  opt/nginx  certainty=inferred  \
             cpes=cpe:2.3:a:f5:nginx:1.25.3:*:*:*:*:*:*:* cpe:2.3:a:nginx:nginx:1.25.3:*:*:*:*:*:*:*\n\
             package  pkg:npm/demo@1.0.0  srv/node_modules/demo/package.json\n\
             package  pkg:pypi/demo@1  srv/site-packages/demo-1.dist-info/METADATA\n"
        );
    }
}
