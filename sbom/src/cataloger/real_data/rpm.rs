//! Packages of rpm, and what says which distribution and repositories they are from.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::gap::GapKind;
use model::package::Package;

use super::super::testing::{Files, files_below, found_in};
use super::{Suite, rows};
use testkit::case::rpmdb_sqlite;

/// Name, epoch, version, release, architecture, source file, vendor, module, licence: the columns of `packages.tsv`.
fn row(package: &Package) -> Vec<String> {
    let version = package.version.as_str();
    let (epoch, version) = version.split_once(':').unwrap_or(("", version));
    let (version, release) = version.rsplit_once('-').unwrap_or((version, ""));
    let source = package.source.as_ref().map(|source| {
        let version = source.version.as_ref().map_or("", |version| version.as_str());
        format!("{}-{version}.src.rpm", source.name)
    });
    vec![
        package.name.clone(),
        epoch.to_owned(),
        version.to_owned(),
        release.to_owned(),
        package.architecture.clone().unwrap_or_default(),
        source.unwrap_or_default(),
        package.supplier.clone().unwrap_or_default(),
        package.module.clone().unwrap_or_default(),
        package.licenses.join(" "),
    ]
}

#[track_caller]
fn check_database(files: &Files, expected: &Path) {
    let found = found_in(files);
    let ours: BTreeSet<Vec<String>> = found.packages.iter().map(row).collect();
    // rpm lists the keys of signers too, which are no packages.
    let mut theirs = rows(expected);
    theirs.retain(|row| row.first().is_some_and(|name| name != "gpg-pubkey"));
    assert_eq!(ours, theirs, "{}", expected.display());
    assert_eq!(found.packages.len(), ours.len(), "{}", expected.display());
    let gaps: Vec<_> = found.gaps.iter().map(|gap| gap.kind.clone()).collect();
    assert_eq!(gaps, [GapKind::NO_DISTRO], "{}: {:?}", expected.display(), found.gaps);
}

/// `packages.tsv` is what rpm itself lists.
#[test]
fn rpm_databases_hold_exactly_the_listed_packages() {
    let Some(data) = testkit::data::require("rpm_databases_hold_exactly_the_listed_packages") else { return };
    let mut n_databases = 0;
    for case in fs::read_dir(data.join("rootfs/rpmdb")).unwrap() {
        let case = case.unwrap().path();
        let mut files = files_below(&case).unwrap();
        files.retain(|(name, _)| name != "packages.tsv");
        for (name, _) in &mut files {
            *name = format!("var/lib/rpm/{name}");
        }
        check_database(&files, &case.join("packages.tsv"));
        n_databases += 1;
    }
    assert!(n_databases >= 4, "only {n_databases} databases");
}

/// Of the lists of images, this is the one whose database is here: the others came from images that are not.
#[test]
fn the_list_of_an_image_is_what_its_database_holds() {
    let Some(data) = testkit::data::require("the_list_of_an_image_is_what_its_database_holds") else {
        return;
    };
    let list = data.join("package-lists/rpm/SLE15WithNDB.tsv");
    for (folder, name) in [("sle15-bci-ndb", "Packages.db"), ("sle15-bci-bdb", "Packages")] {
        let database = testkit::data::read(&data.join("rootfs/rpmdb").join(folder).join(name));
        check_database(&vec![(format!("usr/lib/sysimage/rpm/{name}"), database)], &list);
    }
}

/// Every list of packages, written into a database of each form and read again.
#[test]
fn listed_packages_survive_every_form_of_database() {
    let Some(data) = testkit::data::require("listed_packages_survive_every_form_of_database") else { return };
    for list in fs::read_dir(data.join("package-lists/rpm")).unwrap() {
        let list = list.unwrap().path();
        let mut text = String::new();
        for row in rows(&list) {
            let fields =
                ["name", "epoch", "version", "release", "arch", "source", "vendor", "module", "license"];
            for (field, value) in fields.iter().zip(&row).filter(|(_, value)| !value.is_empty()) {
                text.push_str(&format!("{field}: {value}\n"));
            }
            text.push('\n');
        }
        let headers = testkit::rpm::headers(&text);
        let forms = [
            ("Packages.db", testkit::rpm::ndb(&headers)),
            ("Packages", testkit::rpm::bdb(&headers, testkit::rpm::Order::Little)),
            ("Packages", testkit::rpm::bdb(&headers, testkit::rpm::Order::Big)),
            ("rpmdb.sqlite", rpmdb_sqlite(&headers)),
        ];
        for (name, database) in forms {
            check_database(&vec![(format!("var/lib/rpm/{name}"), database)], &list);
        }
    }
}

/// The files that rpm's own tests use: signed ones, old ones, and one that is not of Linux on a PC.
#[test]
fn package_files_name_themselves() {
    let Some(data) = testkit::data::require("package_files_name_themselves") else { return };
    for (name, bytes) in files_below(&data.join("packages/rpm")).unwrap() {
        let found = found_in(&vec![(format!("srv/{name}"), bytes)]);
        let [package] = &found.packages[..] else { panic!("{name}: {:?}", found.gaps) };
        let version = package.version.as_str();
        let version = version.split_once(':').map_or(version, |(_, version)| version);
        let architecture = package.architecture.as_deref().unwrap();
        assert!(name.contains(&format!("{}-{version}", package.name)), "{name} is {package:?}");
        assert!(name.ends_with(&format!(".{architecture}.rpm")) || name.contains("signed"), "{name}");
        assert!(package.source.is_some() && !package.licenses.is_empty(), "{name}");
    }
}

#[test]
fn dnf_histories_name_the_repositories() {
    let Some(data) = testkit::data::require("dnf_histories_name_the_repositories") else { return };
    for (name, repositories) in [
        ("custom-dnf-history.sqlite", ["test-repo-appstream", "test-repo-baseos"]),
        ("matching-dnf-history.sqlite", ["fedora-appstream-35", "fedora-baseos-35"]),
    ] {
        let history = testkit::data::read(&data.join("rootfs/dnf-history/rhel/testdata").join(name));
        let files: Files = vec![
            ("etc/os-release".to_owned(), b"ID=rhel\nVERSION_ID=9.4\n".to_vec()),
            ("var/lib/dnf/history.sqlite".to_owned(), history),
        ];
        let found = found_in(&files);
        assert_eq!(found.distro.unwrap().repositories, repositories, "{name}");
        assert_eq!(found.gaps, [], "{name}");
    }
}

#[test]
fn content_manifests_and_release_files_are_read() {
    let Some(data) = testkit::data::require("content_manifests_and_release_files_are_read") else { return };
    let packages = data.join("packages/trivy-analyzer");
    let manifest = "ubi8-minimal-container-8.5-218.json";
    let bytes = testkit::data::read(&packages.join("buildinfo/testdata/content_manifests").join(manifest));
    let release = testkit::data::read(&packages.join("os/redhatbase/testdata/centos/centos-release"));
    let files = vec![
        (format!("root/buildinfo/content_manifests/{manifest}"), bytes),
        ("etc/centos-release".to_owned(), release),
    ];
    let distro = found_in(&files).distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("centos", Some("7.6.1810")));
    assert_eq!(
        distro.hints,
        ["content-set=rhel-8-for-x86_64-appstream-rpms", "content-set=rhel-8-for-x86_64-baseos-rpms"]
    );
    let release = testkit::data::read(&packages.join("os/redhatbase/testdata/alma/almalinux-release"));
    let distro = found_in(&vec![("etc/almalinux-release".to_owned(), release)]).distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("almalinux", Some("8.4")));
}

fn in_var_lib_rpm(_: &str) -> Result<String, &'static str> {
    Ok("var/lib/rpm/Packages".to_owned())
}

pub(super) const SUITES: &[Suite] = &[
    Suite { folder: "osv-scalibr/os/rpm", place: in_var_lib_rpm, argued: &[] },
    Suite { folder: "syft-cataloger/redhat", place: in_var_lib_rpm, argued: &[] },
    Suite {
        folder: "trivy-analyzer/buildinfo",
        place: |input| {
            let name = input.rsplit('/').next().unwrap_or(input);
            Ok(format!("root/buildinfo/content_manifests/{name}"))
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/os/redhatbase",
        place: |input| Ok(format!("etc/{}", input.rsplit('/').next().unwrap_or(input))),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/pkg/bottlerocket_inventory",
        place: |_| Ok("usr/share/bottlerocket/application-inventory.json".to_owned()),
        argued: &[],
    },
];
