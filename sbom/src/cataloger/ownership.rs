//! Which operating-system package owns the evidence of a language package (feeds.md D2).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::package::PackageIndex;

use super::facts::{FactTree, Found};

/// Gives each language package the operating-system package whose file list holds its evidence.
///
/// A list may name a file through a link (`lib/x`, where `lib` leads to `usr/lib`), so directories are resolved
/// before they are compared; only those that hold a name which is some package's evidence.
pub(super) fn resolve(tree: &FactTree<'_>, found: &mut Found) {
    let mut evidence: HashMap<String, Vec<PackageIndex>> = HashMap::new();
    for (index, package) in (0..).map(PackageIndex).zip(&found.packages) {
        if package.ecosystem.is_os() {
            continue;
        }
        for location in &package.locations {
            let path = tree.resolve(&location.path).unwrap_or_else(|| location.path.clone());
            evidence.entry(path).or_default().push(index);
        }
    }
    let names: BTreeSet<&str> = evidence.keys().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
    let mut directories: HashMap<&str, Option<String>> = HashMap::new();
    let mut owners: BTreeMap<PackageIndex, PackageIndex> = BTreeMap::new();
    for (owner, paths) in &found.owned {
        for (directory, name) in paths.iter().filter(|(_, name)| names.contains(name)) {
            let resolved = directories.entry(directory).or_insert_with(|| tree.resolve(directory));
            let directory = resolved.as_deref().unwrap_or(directory);
            let path = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
            for package in evidence.get(&path).into_iter().flatten() {
                owners.entry(*package).or_insert(*owner);
            }
        }
    }
    for (package, owner) in owners {
        found.packages[package.as_usize()].owner = Some(owner);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Files, found_where, text};

    #[test]
    fn a_list_written_before_usr_was_merged_still_owns() {
        let files: Files = [
            ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
            (
                "var/lib/dpkg/status",
                "Package: demo\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n",
            ),
            (
                "var/lib/dpkg/info/demo.list",
                "/lib\n/lib/python3\n/lib/python3/demo-1.egg-info\n/opt/gone/METADATA\n",
            ),
            ("usr/lib/python3/demo-1.egg-info", "Name: demo\nVersion: 1\n"),
            ("usr/lib/python3/other-1.egg-info", "Name: other\nVersion: 1\n"),
        ]
        .map(|(path, content)| (path.to_owned(), content.into()))
        .into();
        let resolve = |path: &str| match path.strip_prefix("lib") {
            Some(rest) => Some(format!("usr/lib{rest}")),
            None => (!path.starts_with("opt")).then(|| path.to_owned()),
        };
        assert_eq!(
            text(&found_where(&files, &resolve)),
            "distro  debian  12  -  -\n\
             package  pkg:deb/debian/demo@1-1?arch=all&distro=debian-12  var/lib/dpkg/status\n\
             package  pkg:pypi/demo@1  usr/lib/python3/demo-1.egg-info  owner=demo\n\
             package  pkg:pypi/other@1  usr/lib/python3/other-1.egg-info\n"
        );
    }
}
