//! The files of the squashed image that packages own.

use std::cell::Cell;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::gap::{Gap, GapKind};
use model::inventory::SubjectLayer;
use model::limits::Limits;
use model::package::{OwnedFile, Package};

use crate::cataloger::Found;
use crate::image::tree::{LastLink, NodeKind, NotFound, Tree};
use crate::image::{path, redact};

/// Bytes of a path that is shown.
const PATH_BYTES_MAX: usize = 200;

/// Gives each operating-system package of `found` the files that its record names and that are in `tree`: links as links, no
/// directories, under the paths that links to directories lead to. What other packages are known by are no lists of all
/// their files.
///
/// Returns a gap for each package whose record names paths that lead out of the image or in circles, and one where
/// [`Limits::owned_files_bytes_max`] or [`Limits::lookups_max`] is passed, and then not all are listed.
pub(super) fn list(
    found: &mut Found,
    tree: &Tree,
    layers: &[SubjectLayer],
    n_lookups: &Cell<u64>,
    limits: &Limits,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut bytes_left = limits.owned_files_bytes_max;
    for (owner, paths) in found.take_owned() {
        let package = &mut found.packages[owner.as_usize()];
        if !package.ecosystem.is_os() {
            continue;
        }
        let mut astray = Astray::default();
        let brought = package.locations.first().and_then(|location| location.layer.as_deref());
        let brought = brought.and_then(|layer| layers.iter().position(|known| known.diff_id == layer));
        // A path may be in several lists of a package, in one with its digest.
        let mut recorded: BTreeMap<String, Option<&str>> = BTreeMap::new();
        for (directory, name, digest) in paths.with_digests() {
            let known = recorded.entry(format!("{directory}/{name}")).or_default();
            *known = known.or(digest);
        }
        for (path, digest) in recorded {
            let Ok(normal) = path::normal(path.as_bytes()) else {
                astray.add(path);
                continue;
            };
            let there = match tree.find_within(&normal, LastLink::Keep, n_lookups, limits.lookups_max) {
                Ok(there) => there,
                Err(NotFound::Missing { .. }) => continue,
                Err(NotFound::TooManyLinks) if n_lookups.get() > limits.lookups_max => {
                    gaps.extend(astray.gap(package));
                    gaps.push(passed("lookups_max", limits.lookups_max));
                    return gaps;
                }
                Err(NotFound::Escapes | NotFound::TooManyLinks) => {
                    astray.add(path);
                    continue;
                }
            };
            let node = tree.node(there.node);
            if matches!(node.kind, NodeKind::Directory(_)) {
                continue;
            }
            // A link has a digest of where it leads to, and what a later layer wrote is another file.
            let is_recorded = matches!(node.kind, NodeKind::File(_))
                && brought.is_none_or(|brought| node.layer as usize <= brought);
            let digests: Vec<String> =
                digest.filter(|_| is_recorded).and_then(self::digest).into_iter().collect();
            let n_digests: usize = digests.iter().map(|digest| size_of::<String>() + digest.len()).sum();
            let bytes = (size_of::<OwnedFile>() + there.path.len() + n_digests) as u64;
            let Some(left) = bytes_left.checked_sub(bytes) else {
                gaps.extend(astray.gap(package));
                gaps.push(passed("owned_files_bytes_max", limits.owned_files_bytes_max));
                return gaps;
            };
            bytes_left = left;
            package.files.push(OwnedFile { path: there.path, digests });
        }
        gaps.extend(astray.gap(package));
    }
    gaps
}

/// `algorithm:hex` of a digest as package managers record it: hexadecimal, of which the length tells the algorithm, or
/// `Q1` and the base64 of a SHA-1 (apk).
fn digest(recorded: &str) -> Option<String> {
    if let Some(encoded) = recorded.strip_prefix("Q1") {
        let bytes = STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() == 20)?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        return Some(format!("sha1:{hex}"));
    }
    let algorithm = match recorded.len() {
        32 => "md5",
        40 => "sha1",
        56 => "sha224",
        64 => "sha256",
        96 => "sha384",
        128 => "sha512",
        _ => return None,
    };
    let is_hex = recorded.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| format!("{algorithm}:{}", recorded.to_ascii_lowercase()))
}

/// The paths of one record that lead nowhere in an image.
#[derive(Default)]
struct Astray {
    count: usize,
    first: String,
}

impl Astray {
    fn add(&mut self, path: String) {
        if self.count == 0 {
            self.first = path;
        }
        self.count += 1;
    }

    fn gap(self, package: &Package) -> Option<Gap> {
        let Self { count, first } = self;
        let shown = redact::cut(first, PATH_BYTES_MAX);
        let paths = if count == 1 { "path" } else { "paths" };
        let detail = format!(
            "the record of `{}` names {count} {paths} out of the image or in a circle of links, such as `{shown}`; no file is listed for them",
            package.name
        );
        let place = package.locations.first().map_or("", |location| location.path.as_str());
        (count > 0).then(|| Gap::new(GapKind::PATH_ESCAPES, place, detail))
    }
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
        read_image(IMAGE, options)
    }

    fn read_image(image: &str, options: &InventoryOptions) -> Inventory {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image.tar");
        std::fs::write(&path, kit::Image::parse(image).docker_archive()).unwrap();
        let mut inventory =
            inventory(&open(&path, None, &OpenOptions::default()).unwrap(), options, &NoProgress).unwrap();
        inventory.subject.layers.iter_mut().for_each(|layer| layer.is_from_cache = false);
        inventory
    }

    fn files(inventory: &Inventory) -> Vec<Vec<&str>> {
        let packages = inventory.packages.iter();
        packages.map(|package| package.files.iter().map(|file| file.path.as_str()).collect()).collect()
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

    #[test]
    fn a_path_that_leads_nowhere_is_a_gap_and_one_that_is_gone_is_none() {
        let image = "//- layer\n//- /etc/os-release\nID=debian\n//- /loop -> loop\n//- /usr/bin/a\nx\n\
            //- /var/lib/dpkg/status\n\
            Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n\
            //- /var/lib/dpkg/info/a.list\n/usr/bin/a\n/usr/bin/gone\n/usr/../../etc/x\n/loop/x\n";
        let options = InventoryOptions { lists_files: true, ..InventoryOptions::default() };
        let listed = read_image(image, &options);
        assert_eq!(files(&listed), [&["usr/bin/a"][..]]);
        let gaps: Vec<String> = listed.gaps.iter().map(ToString::to_string).collect();
        let expected = "path-escapes|var/lib/dpkg/status|the record of `a` names 2 paths out of the image or in a circle of \
            links, such as `loop/x`; no file is listed for them";
        assert_eq!(gaps, [expected]);
        assert_eq!(read_image(image, &InventoryOptions::default()).gaps, []);
    }

    #[test]
    fn digests_are_those_that_each_package_manager_records() {
        let check = |recorded: &str, expected: Option<&str>| {
            assert_eq!(digest(recorded).as_deref(), expected, "{recorded}");
        };
        check("Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=", Some("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"));
        check("Q12jmj7", None);
        check("D41D8CD98F00B204E9800998ECF8427E", Some("md5:d41d8cd98f00b204e9800998ecf8427e"));
        let sha_256 = "0a".repeat(32);
        check(&sha_256, Some(&format!("sha256:{sha_256}")));
        check(&"xy".repeat(32), None);
        check("0a", None);
    }

    /// `a` has a digest in a list of its own, `b` is a link, `c` was written anew by the second layer.
    #[test]
    fn a_digest_is_of_the_file_that_the_package_brought() {
        let image = "//- layer\n//- /etc/os-release\nID=debian\n//- /usr/bin/a\nx\n//- /usr/bin/b -> a\n//- /usr/bin/c\nx\n\
            //- /var/lib/dpkg/status\n\
            Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n\
            //- /var/lib/dpkg/info/a.list\n/usr/bin/a\n/usr/bin/b\n/usr/bin/c\n\
            //- /var/lib/dpkg/info/a.md5sums\n\
            d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\n\
            d41d8cd98f00b204e9800998ecf8427e  usr/bin/b\n\
            d41d8cd98f00b204e9800998ecf8427e  usr/bin/c\n\
            //- layer\n//- /usr/bin/c\ny\n";
        let options = InventoryOptions { lists_files: true, ..InventoryOptions::default() };
        let listed = read_image(image, &options);
        let with_digest = OwnedFile {
            path: "usr/bin/a".to_owned(),
            digests: vec!["md5:d41d8cd98f00b204e9800998ecf8427e".to_owned()],
        };
        let expected = [with_digest, OwnedFile::new("usr/bin/b"), OwnedFile::new("usr/bin/c")];
        assert_eq!(listed.packages[0].files, expected);
    }

    #[test]
    fn apk_records_digests_of_what_is_no_configuration() {
        let image = "//- layer\n//- /etc/os-release\nID=alpine\n//- /etc/a\nx\n//- /usr/bin/a\nx\n//- /usr/bin/b\nx\n\
            //- /lib/apk/db/installed\nP:a\nV:1-r0\n\
            F:etc\nR:a\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\n\
            F:usr/bin\nR:b\nR:a\na:0:0:755\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\n\n";
        let options = InventoryOptions { lists_files: true, ..InventoryOptions::default() };
        let with_digest = OwnedFile {
            path: "usr/bin/a".to_owned(),
            digests: vec!["sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned()],
        };
        let expected = [OwnedFile::new("etc/a"), with_digest, OwnedFile::new("usr/bin/b")];
        assert_eq!(read_image(image, &options).packages[0].files, expected);
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
