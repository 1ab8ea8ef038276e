//! The files of the squashed image that packages own.

use std::cell::Cell;

use model::gap::{Gap, GapKind};
use model::limits::Limits;

use crate::cataloger::Found;
use crate::image::path;
use crate::image::tree::{LastLink, NodeKind, Tree};

/// Gives each operating-system package of `found` the files that its record names and that are in `tree`: links as links, no
/// directories, under the paths that links to directories lead to. What other packages are known by are no lists of all
/// their files.
///
/// Returns a gap where [`Limits::owned_files_bytes_max`] or [`Limits::lookups_max`] is passed, and then not all are listed.
pub(super) fn list(found: &mut Found, tree: &Tree, n_lookups: &Cell<u64>, limits: &Limits) -> Option<Gap> {
    let mut bytes_left = limits.owned_files_bytes_max;
    for (owner, paths) in found.take_owned() {
        let package = &mut found.packages[owner.as_usize()];
        if !package.ecosystem.is_os() {
            continue;
        }
        for (directory, name) in paths.iter() {
            let Ok(path) = path::normal(format!("{directory}/{name}").as_bytes()) else { continue };
            let Ok(there) = tree.find_within(&path, LastLink::Keep, n_lookups, limits.lookups_max) else {
                continue;
            };
            if matches!(tree.node(there.node).kind, NodeKind::Directory(_)) {
                continue;
            }
            let bytes = (size_of::<String>() + there.path.len()) as u64;
            let Some(left) = bytes_left.checked_sub(bytes) else {
                return Some(passed("owned_files_bytes_max", limits.owned_files_bytes_max));
            };
            bytes_left = left;
            package.files.push(there.path);
        }
    }
    (n_lookups.get() > limits.lookups_max).then(|| passed("lookups_max", limits.lookups_max))
}

fn passed(limit: &str, max: u64) -> Gap {
    let detail = format!("the files that packages own pass {limit} of {max}; the rest is not listed");
    Gap::new(GapKind::LIMIT_EXCEEDED, "", detail)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use model::inventory::Inventory;
    use testkit::image as kit;

    use super::super::{InventoryOptions, NoProgress, inventory};
    use super::*;
    use crate::cache::{CacheOptions, LayerCache};
    use crate::cataloger::Classifiers;
    use crate::image::{OpenOptions, open};

    /// `a` lists directories, a file that was never there, one that the second layer deletes, one through a link to a directory,
    /// a link and a plain one; `b` lists what `a` does too.
    const IMAGE: &str = "//- layer\n\
        //- /etc/os-release\nID=debian\nVERSION_ID=12\n\
        //- /lib -> usr/lib\n\
        //- /usr/lib/a.so\nx\n//- /usr/bin/a\nx\n//- /usr/bin/a2 -> a\n//- /usr/bin/gone\nx\n\
        //- /var/lib/dpkg/status\n\
        Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n\
        Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n\
        //- /var/lib/dpkg/info/a.list\n\
        /.\n/lib\n/lib/a.so\n/usr\n/usr/bin\n/usr/bin/a2\n/usr/bin/a\n/usr/bin/gone\n/usr/bin/never\n\
        //- /var/lib/dpkg/info/b.list\n/usr/bin\n/usr/bin/a\n\
        //- layer\n//- /usr/bin/gone !\n";

    fn read(options: &InventoryOptions) -> Inventory {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image.tar");
        std::fs::write(&path, kit::Image::parse(IMAGE).docker_archive()).unwrap();
        let mut inventory =
            inventory(&open(&path, None, &OpenOptions::default()).unwrap(), options, &NoProgress).unwrap();
        inventory.subject.layers.iter_mut().for_each(|layer| layer.is_from_cache = false);
        inventory
    }

    fn files(inventory: &Inventory) -> Vec<&[String]> {
        inventory.packages.iter().map(|package| package.files.as_slice()).collect()
    }

    #[test]
    fn what_is_there_of_a_list_is_listed_where_that_is_asked_for() {
        let asked = InventoryOptions { lists_files: true, ..InventoryOptions::default() };
        let listed = read(&asked);
        assert_eq!(files(&listed), [&["usr/bin/a", "usr/bin/a2", "usr/lib/a.so"][..], &["usr/bin/a"]]);
        let mut unlisted = listed.clone();
        unlisted.packages.iter_mut().for_each(|package| package.files.clear());
        assert_eq!(read(&InventoryOptions::default()), unlisted, "nothing else changes");
    }

    /// What is kept of layers is the same with and without.
    #[test]
    fn a_layer_that_is_known_lists_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let options =
            CacheOptions { dir: dir.path().to_owned(), bytes_max: 1 << 30, now: SystemTime::UNIX_EPOCH };
        let cache = Some(Arc::new(LayerCache::new(options, &Limits::default(), Classifiers::none())));
        for lists_files in [false, true, false] {
            let known = InventoryOptions { lists_files, cache: cache.clone(), ..InventoryOptions::default() };
            assert_eq!(read(&known), read(&InventoryOptions { lists_files, ..InventoryOptions::default() }));
        }
    }

    #[test]
    fn a_limit_that_is_passed_is_a_gap() {
        let limits = |owned_files_bytes_max, lookups_max| Limits {
            owned_files_bytes_max,
            lookups_max,
            ..Limits::default()
        };
        let passed = [
            (limits(70, Limits::default().lookups_max), "owned_files_bytes_max"),
            (limits(1 << 20, 40), "lookups_max"),
        ];
        for (limits, name) in passed {
            let listed = read(&InventoryOptions { lists_files: true, limits, ..InventoryOptions::default() });
            let gap = listed.gaps.iter().find(|gap| gap.detail.contains(name));
            assert_eq!(gap.map(|gap| gap.kind.as_str()), Some("limit-exceeded"), "{:?}", listed.gaps);
            let n_listed = files(&listed).iter().map(|files| files.len()).sum::<usize>();
            assert!((1..4).contains(&n_listed), "{name}: {n_listed}");
        }
    }
}
