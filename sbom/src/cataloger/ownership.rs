//! Which operating-system package owns the evidence of a language package (feeds.md D2).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::package::PackageIndex;

use super::elf_note;
use super::facts::{FactFile, FactTree, Found};

/// Gives each language package the operating-system package whose file list holds its evidence.
///
/// A list may name a file through a link (`lib/x`, where `lib` leads to `usr/lib`), so directories are resolved
/// before they are compared; only those that hold a name which is some package's evidence. A file that a layer above
/// the package's wrote anew, with other bytes, is no longer the package's: somebody installed over it.
///
/// Returns those of `programs`, paths of files that no package names, that no operating-system package owns either.
pub(super) fn resolve<'p>(
    tree: &FactTree<'_>,
    found: &mut Found,
    programs: BTreeMap<&'p str, u64>,
) -> BTreeMap<&'p str, u64> {
    let mut unowned = programs;
    if found.owned.is_empty() {
        return unowned;
    }
    let mut evidence: HashMap<String, Vec<PackageIndex>> = HashMap::new();
    for (index, package) in (0..).map(PackageIndex).zip(&found.packages) {
        if package.ecosystem.is_os() && package.cataloger != elf_note::CATALOGER.name {
            continue;
        }
        for location in &package.locations {
            // An archive inside a file lies where the file lies.
            let path = location.path.split_once("!/").map_or(location.path.as_str(), |(file, _)| file);
            let path = tree.resolve(path).unwrap_or_else(|| path.to_owned());
            evidence.entry(path).or_default().push(index);
        }
    }
    let evidence_paths = evidence.keys().map(String::as_str);
    let names: BTreeSet<&str> = evidence_paths
        .chain(unowned.keys().copied())
        .map(|path| path.rsplit('/').next().unwrap_or(path))
        .collect();
    let written = written(tree);
    let mut directories: HashMap<&str, Option<String>> = HashMap::new();
    let mut owners: BTreeMap<PackageIndex, PackageIndex> = BTreeMap::new();
    for (owner, paths) in &found.owned {
        for (directory, name) in paths.iter().filter(|(_, name)| names.contains(name)) {
            let resolved = directories.entry(directory).or_insert_with(|| tree.resolve(directory));
            let directory = resolved.as_deref().unwrap_or(directory);
            let path = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
            unowned.remove(path.as_str());
            let Some(owned) = evidence.get(&path) else { continue };
            let brought_owner = found.packages[owner.as_usize()].locations.first();
            let brought_owner = brought_owner.and_then(|location| location.layer.as_deref());
            let is_overwritten = match (written.get(path.as_str()), brought_owner) {
                (Some(written), Some(layer)) => {
                    tree.layer_position(layer).is_some_and(|brought| *written > brought)
                }
                _ => false,
            };
            if !is_overwritten {
                // What makes a directory known (of a Nix store, say) may also be something in it.
                for package in owned.iter().filter(|package| *package != owner) {
                    owners.entry(*package).or_insert(*owner);
                }
            }
        }
    }
    for (package, owner) in owners {
        found.packages[package.as_usize()].owner = Some(owner);
    }
    unowned
}

/// The position of the layer since which each file that was read has its bytes.
fn written<'a>(tree: &FactTree<'a>) -> HashMap<&'a str, usize> {
    let position = |file: &'a FactFile| {
        let layer = file.since.as_deref().or(file.layer.as_deref())?;
        Some((file.path.as_str(), tree.layer_position(layer)?))
    };
    tree.all().filter(|file| file.digest.is_some()).filter_map(position).collect()
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
