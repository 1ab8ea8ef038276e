//! Operating-system packages.

use std::collections::BTreeMap;

use model::package::Package;

use super::super::Found;
use super::super::testing::{Files, files_below, found_in};
use super::{Argued, Suite, unpacked};

pub(super) const SUITES: &[Suite] = &[
    Suite { folder: "trivy-analyzer/pkg/apk", place: |_| Ok("lib/apk/db/installed".to_owned()), argued: &[] },
    Suite {
        folder: "osv-scalibr/os/apk",
        place: |input| match input.ends_with("invalid") {
            true => Ok("lib/apk/db/installed".to_owned()),
            false => Err("not here"),
        },
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/os/dpkg",
        place: |input| match input.rsplit_once("/status.d/") {
            Some((_, name)) => Ok(format!("var/lib/dpkg/status.d/{name}")),
            None if input.contains("/dpkg/") => Ok("var/lib/dpkg/status".to_owned()),
            None => Ok("usr/lib/opkg/status".to_owned()),
        },
        argued: &[
            Argued {
                case: "testdata/dpkg/statusfield",
                ours: "wantdeinstall_installed 1.0, wantinstall_halfinstalled 1.0, wantinstall_installed 1.0, \
                       wantinstall_unpacked 1.0, wantnostatus 1.0, wantpurge_installed 1.0",
                rule: "dpkg(1), Package states",
                evidence: "unpacked and half-installed packages have their files on the disk; a record without a state \
                           is reported rather than dropped",
            },
            Argued {
                case: "testdata/dpkg/trailingnewlines",
                ours: "acl 2.3.1-3",
                rule: "deb822(5)",
                evidence: "empty lines between records are no error",
            },
            Argued {
                case: "testdata/opkg/statusfield",
                ours: "wantinstall_installed 1.0, wantinstall_unpacked 1.0, wantnostatus 1.0, wantpurge_installed 1.0",
                rule: "opkg, status file, as dpkg(1), Package states",
                evidence: "an unpacked package has its files on the disk; a record without a state is reported rather than \
                           dropped; what is removed but for its configuration is not there",
            },
            Argued {
                case: "testdata/opkg/trailingnewlines",
                ours: "ubus 2024.10.20~252a9b0c-r1",
                rule: "deb822(5)",
                evidence: "empty lines between records are no error",
            },
        ],
    },
    Suite {
        folder: "trivy-analyzer/pkg/dpkg",
        place: |input| match input.ends_with(".txtar") {
            true => Ok("as it says".to_owned()),
            false => Err("not here"),
        },
        argued: &[Argued {
            case: "testdata/corrupsed.txtar",
            ours: "invalidpkg 1:5.#, libgcc1 1:5.1.1-12ubuntu1, libpam-modules-bin 1.1.8-3.1ubuntu3, \
                   libpam-runtime 1.1.8-3.1ubuntu3, makedev 2.3.1-93ubuntu1",
            rule: "feeds.md D4",
            evidence: "a version that cannot be ordered is still installed; matching says that it cannot judge it",
        }],
    },
    Suite {
        folder: "osv-scalibr/os/chisel",
        place: |_| Ok("var/lib/chisel/manifest.wall".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/os/cos",
        place: |_| Ok("etc/cos-package-info.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/os/homebrew",
        place: |input| match input.strip_prefix("testdata/").filter(|path| path.starts_with("Cellar/")) {
            Some(path) => Ok(format!("opt/homebrew/{path}")),
            None => Err("an application of macOS"),
        },
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/os/pacman",
        place: |_| Ok("var/lib/pacman/local/a-1-1/desc".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/os/portage",
        // They read the name from a file, we from the directory.
        place: |input| Ok(format!("var/db/pkg/a/{}/CONTENTS", input.trim_start_matches("testdata/"))),
        argued: &[],
    },
    Suite { folder: "osv-scalibr/os/snap", place: |_| Ok("meta/snap.yaml".to_owned()), argued: &[] },
    Suite { folder: "syft-cataloger/alpine", place: |_| Ok("lib/apk/db/installed".to_owned()), argued: &[] },
    Suite { folder: "syft-cataloger/bitnami", place: |_| Ok(String::new()), argued: &[] },
    Suite { folder: "syft-cataloger/debian", place: |_| Err("what it expects is not here"), argued: &[] },
    Suite { folder: "syft-cataloger/gentoo", place: |_| Ok(String::new()), argued: &[] },
    Suite {
        folder: "syft-cataloger/snap",
        place: |input| match input.ends_with("manifest.yaml") {
            true => Ok("snap/manifest.yaml".to_owned()),
            false => Ok("usr/share/snappy/dpkg.yaml".to_owned()),
        },
        argued: &[],
    },
    Suite { folder: "trivy-analyzer/os/debian", place: |_| Ok("etc/debian_version".to_owned()), argued: &[] },
    Suite { folder: "trivy-analyzer/os/release", place: |_| Ok("etc/os-release".to_owned()), argued: &[] },
    Suite {
        folder: "trivy-analyzer/os/ubuntu",
        place: |input| match input.ends_with("lsb-release") {
            true => Ok("etc/lsb-release".to_owned()),
            false => Ok("var/lib/ubuntu-advantage/status.json".to_owned()),
        },
        argued: &[],
    },
];

/// The names of the packages that each package needs.
fn needs(found: &Found) -> BTreeMap<&str, Vec<&str>> {
    let name = |package: &Package| -> Vec<&str> {
        let mut names: Vec<&str> =
            package.depends_on.iter().map(|other| found.packages[other.as_usize()].name.as_str()).collect();
        names.sort_unstable();
        names
    };
    found.packages.iter().map(|package| (package.name.as_str(), name(package))).collect()
}

fn find<'f>(found: &'f Found, name: &str) -> &'f Package {
    found.packages.iter().find(|package| package.name == name).unwrap()
}

/// What each package needs can be read from the file itself.
#[test]
fn packages_of_debian_need_each_other() {
    let Some(data) = testkit::data::require("packages_of_debian_need_each_other") else { return };
    let folder = data.join("packages/syft-cataloger/debian/testdata");
    let records = testkit::data::read(&folder.join("var/lib/dpkg/status.d/coreutils-relationships"));
    let found = found_in(&vec![("var/lib/dpkg/status".to_owned(), records)]);
    let expected: BTreeMap<&str, Vec<&str>> = [
        ("coreutils", vec!["libacl1", "libattr1", "libc6", "libgmp10", "libselinux1"]),
        ("gcc-12-base", vec![]),
        ("libacl1", vec!["libc6"]),
        ("libattr1", vec!["libc6"]),
        ("libc6", vec!["libgcc-s1"]),
        ("libgcc-s1", vec!["gcc-12-base", "libc6"]),
        ("libgmp10", vec!["libc6"]),
        ("libpcre2-8-0", vec!["libc6"]),
        ("libselinux1", vec!["libc6", "libpcre2-8-0"]),
    ]
    .into();
    let needs = needs(&found);
    for (name, expected) in expected {
        assert_eq!(needs[name], expected, "{name}");
    }
}

#[test]
fn debian_and_opkg_packages_have_licences() {
    let Some(data) = testkit::data::require("debian_and_opkg_packages_have_licences") else { return };
    let folder = data.join("packages/syft-cataloger/debian/testdata");
    let found = found_in(&files_below(&folder.join("image-distroless-deb")).unwrap());
    assert_eq!(find(&found, "libsqlite3-0").licenses, ["GPL-2+", "public-domain"]);
    let opkg: Files =
        vec![("var/lib/opkg/status".to_owned(), testkit::data::read(&folder.join("var/lib/opkg/status")))];
    let found = found_in(&opkg);
    assert_eq!(find(&found, "dropbear").licenses, ["MIT"]);
    assert_eq!(find(&found, "dropbear").installed_at.as_deref(), Some("2024-04-30T16:00:00Z"));
    assert_eq!(found.packages.len(), 3);
}

#[test]
fn the_list_of_a_base_snap_is_read_to_its_end() {
    let Some(data) = testkit::data::require("the_list_of_a_base_snap_is_read_to_its_end") else { return };
    let list = testkit::data::read(&data.join("packages/syft-cataloger/snap/testdata/real-dpkg.yaml"));
    let n_stated = String::from_utf8_lossy(&list).lines().filter(|line| line.contains('=')).count();
    let found = found_in(&vec![("usr/share/snappy/dpkg.yaml".to_owned(), list)]);
    assert_eq!(found.packages.len(), n_stated);
    assert_eq!(find(&found, "libc6").architecture.as_deref(), Some("amd64"));
}

#[test]
fn packages_of_alpine_need_each_other() {
    let Some(data) = testkit::data::require("packages_of_alpine_need_each_other") else { return };
    for release in std::fs::read_dir(data.join("rootfs/alpine")).unwrap() {
        let release = release.unwrap().path();
        let found = found_in(&unpacked(&release.join("rootfs.tar.gz")));
        let needs = needs(&found);
        assert_eq!(needs["musl"], [""; 0], "{}", release.display());
        assert!(needs["busybox"].contains(&"musl"), "{}", release.display());
        assert!(needs["apk-tools"].len() > 1, "{}: {:?}", release.display(), needs["apk-tools"]);
    }
}
