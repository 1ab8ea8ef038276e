//! The catalogers against real databases, and against what three other tools expect of their own fixtures.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use model::ecosystem::Ecosystem;
use model::gap::GapKind;
use model::key::normalise_name;
use model::package::Package;

use super::Found;
use super::testing::{Files, files_below, found_in};

/// The rows of a `packages.tsv`, without its head.
fn rows(path: &Path) -> BTreeSet<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn unpacked(archive: &Path) -> Files {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(archive).unwrap()));
    let mut files = Files::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.push((path, bytes));
    }
    files
}

#[test]
fn alpine_databases_hold_exactly_the_listed_packages() {
    let Some(data) = testkit::data::require("alpine_databases_hold_exactly_the_listed_packages") else {
        return;
    };
    for release in fs::read_dir(data.join("rootfs/alpine")).unwrap() {
        let release = release.unwrap().path();
        let found = found_in(&unpacked(&release.join("rootfs.tar.gz")));
        let ours: BTreeSet<Vec<String>> = found
            .packages
            .iter()
            .map(|package| {
                let source = package.source.as_ref().map(|source| source.name.clone());
                vec![
                    package.name.clone(),
                    package.version.as_str().to_owned(),
                    package.architecture.clone().unwrap_or_default(),
                    source.unwrap_or_default(),
                    package.licenses.join(" "),
                ]
            })
            .collect();
        assert_eq!(ours, rows(&release.join("packages.tsv")), "{}", release.display());
        assert_eq!(found.packages.len(), ours.len(), "{}", release.display());
        assert_eq!(found.gaps, [], "{}", release.display());
        let distro = found.distro.unwrap();
        assert_eq!(distro.id, "alpine");
        assert!(!distro.repositories.is_empty(), "{}", release.display());
        let version = distro.version.unwrap();
        assert!(
            found.packages.iter().all(|package| package.purl.contains(&format!("distro=alpine-{version}"))),
            "{}",
            release.display()
        );
    }
}

#[test]
fn dpkg_databases_hold_exactly_the_listed_packages() {
    let Some(data) = testkit::data::require("dpkg_databases_hold_exactly_the_listed_packages") else {
        return;
    };
    for case in fs::read_dir(data.join("rootfs/dpkg")).unwrap() {
        let case = case.unwrap().path();
        let found = found_in(&files_below(&case).unwrap());
        let ours: BTreeSet<Vec<String>> = found
            .packages
            .iter()
            .map(|package| {
                let source = package.source.as_ref().map(|source| match &source.version {
                    Some(version) => format!("{} ({version})", source.name),
                    None => source.name.clone(),
                });
                vec![
                    package.name.clone(),
                    package.version.as_str().to_owned(),
                    package.architecture.clone().unwrap_or_default(),
                    source.unwrap_or_default(),
                    "install ok installed".to_owned(),
                ]
            })
            .collect();
        assert_eq!(ours, rows(&case.join("packages.tsv")), "{}", case.display());
        assert_eq!(found.packages.len(), ours.len(), "{}", case.display());
        let gaps: Vec<_> = found.gaps.iter().map(|gap| gap.kind.clone()).collect();
        assert_eq!(gaps, [GapKind::NO_DISTRO], "{}", case.display());
    }
}

#[test]
fn every_distribution_statement_is_recognised() {
    let Some(data) = testkit::data::require("every_distribution_statement_is_recognised") else { return };
    let mut n_recognised = 0;
    for (path, bytes) in files_below(&data.join("rootfs/os-release")).unwrap() {
        let place = ["etc/", "usr/lib/", "bin/"]
            .iter()
            .find_map(|root| Some(path[path.find(&format!("/{root}"))?..].trim_start_matches('/')))
            .or_else(|| path.ends_with("redhat-release").then_some("etc/redhat-release"))
            .or_else(|| path.ends_with("system-release-cpe").then_some("etc/system-release-cpe"))
            .unwrap_or("etc/os-release");
        let bytes = match path.strip_suffix(".txtar") {
            Some(_) => txtar(&bytes).remove(0).1,
            None => bytes,
        };
        let found = found_in(&vec![(place.to_owned(), bytes)]);
        let distro = found.distro.unwrap_or_else(|| panic!("{path} is not recognised"));
        assert!(!distro.id.is_empty(), "{path}");
        // What these files say is wrong or left out on purpose.
        let has_no_version =
            path.contains("missing-version") || path.ends_with("from-debian_version/etc/os-release");
        assert_eq!(distro.version.is_none(), has_no_version, "{path}: {distro:?}");
        n_recognised += 1;
    }
    assert!(n_recognised > 70, "only {n_recognised} statements");
}

/// Files of a text archive: `-- path --`, then lines.
fn txtar(bytes: &[u8]) -> Files {
    let mut files = Files::new();
    for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
        let path = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
        match (path, files.last_mut()) {
            (Some(path), _) => files.push((path.to_owned(), Vec::new())),
            (None, Some((_, content))) => content.extend(line.as_bytes()),
            (None, None) => {}
        }
    }
    files
}

/// The modules are those that `go version -m` (go1.26.8) prints of each file.
#[test]
fn go_programs_of_two_formats_name_their_modules() {
    let Some(data) = testkit::data::require("go_programs_of_two_formats_name_their_modules") else { return };
    let folder = data.join("packages/osv-scalibr/language/golang/gobinary/testdata");
    for (platform, architecture) in [
        ("linux-amd64", "amd64"),
        ("linux-arm64", "arm64"),
        ("windows-386", "386"),
        ("windows-arm64", "arm64"),
    ] {
        let program = testkit::data::read(&folder.join(format!("binary_with_module_replacement-{platform}")));
        let found = found_in(&vec![("usr/bin/program*".to_owned(), program)]);
        let purls: Vec<&str> = found.packages.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(
            purls,
            [
                "pkg:golang/binary_with_module_replacement",
                "pkg:golang/github.com/golang/xerrors@v0.0.0-20220907171357-04be3eba64a2",
                "pkg:golang/stdlib@1.22.0",
            ],
            "{platform}"
        );
        assert!(
            found.packages.iter().all(|package| package.architecture.as_deref() == Some(architecture)),
            "{platform}"
        );
        assert_eq!(found.gaps, [], "{platform}");
    }
}

/// Fixtures of another tool, and where we answer otherwise on purpose.
struct Suite {
    folder: &'static str,
    /// Where an input would lie in an image; none for inputs that no cataloger of ours reads yet.
    place: fn(&str) -> Option<String>,
    /// Input, what we find (`name version`, joined by commas), and why that is right.
    differences: &'static [(&'static str, &'static str, &'static str)],
    /// Cases that must have been compared, so that a moved fixture is noticed.
    n_cases: usize,
}

fn in_site_packages(input: &str) -> Option<String> {
    let name = input.rsplit('/').next().unwrap_or(input);
    match () {
        // Archives are not looked into, and lock files are no installed packages.
        () if name.ends_with(".egg") || name.ends_with(".whl") => None,
        () if name.ends_with(".METADATA") || name.ends_with(".dist-info") => {
            Some("site-packages/a.dist-info/METADATA".to_owned())
        }
        () => Some("site-packages/a.egg-info/PKG-INFO".to_owned()),
    }
}

fn in_node_modules(input: &str) -> Option<String> {
    (!input.contains("vscode-")).then(|| "node_modules/a/package.json".to_owned())
}

const SUITES: &[Suite] = &[
    Suite {
        folder: "trivy-analyzer/pkg/apk",
        place: |_| Some("lib/apk/db/installed".to_owned()),
        differences: &[],
        n_cases: 1,
    },
    Suite {
        folder: "osv-scalibr/os/apk",
        place: |input| input.ends_with("invalid").then(|| "lib/apk/db/installed".to_owned()),
        differences: &[],
        n_cases: 1,
    },
    Suite {
        folder: "osv-scalibr/os/dpkg",
        place: |input| match input.rsplit_once("/status.d/") {
            Some((_, name)) => Some(format!("var/lib/dpkg/status.d/{name}")),
            None => input.contains("/dpkg/").then(|| "var/lib/dpkg/status".to_owned()),
        },
        differences: &[
            (
                "testdata/dpkg/statusfield",
                "wantdeinstall_installed 1.0, wantinstall_halfinstalled 1.0, wantinstall_installed 1.0, \
                 wantinstall_unpacked 1.0, wantnostatus 1.0, wantpurge_installed 1.0",
                "unpacked and half-installed packages have their files on the disk; a record without a state is \
                 reported rather than dropped",
            ),
            ("testdata/dpkg/trailingnewlines", "acl 2.3.1-3", "empty lines between records are no error"),
        ],
        n_cases: 17,
    },
    Suite {
        folder: "trivy-analyzer/pkg/dpkg",
        place: |input| input.ends_with(".txtar").then(|| "as it says".to_owned()),
        differences: &[(
            "testdata/corrupsed.txtar",
            "invalidpkg 1:5.#, libgcc1 1:5.1.1-12ubuntu1, libpam-modules-bin 1.1.8-3.1ubuntu3, \
             libpam-runtime 1.1.8-3.1ubuntu3, makedev 2.3.1-93ubuntu1",
            "a version that cannot be ordered is still installed; matching says that it cannot judge it",
        )],
        n_cases: 3,
    },
    Suite {
        folder: "osv-scalibr/language/python/wheelegg",
        place: in_site_packages,
        differences: &[],
        n_cases: 6,
    },
    Suite { folder: "trivy-parser/python/packaging", place: in_site_packages, differences: &[], n_cases: 7 },
    Suite {
        folder: "trivy-analyzer/language/python/packaging",
        place: |input| (!input.ends_with(".egg")).then(|| "site-packages".to_owned()),
        differences: &[],
        n_cases: 3,
    },
    Suite {
        folder: "syft-cataloger/python",
        place: |input| {
            let folder = input.strip_prefix("testdata/").filter(|path| path.starts_with("site-packages/"))?;
            (!folder.ends_with("RECORD")).then(|| folder.to_owned())
        },
        differences: &[],
        n_cases: 6,
    },
    Suite {
        folder: "osv-scalibr/language/javascript/packagejson",
        place: in_node_modules,
        differences: &[(
            "testdata/duplicate-keys.json",
            "duplicate-keys 1.0.0",
            "what a package depends on is not thereby installed",
        )],
        n_cases: 11,
    },
    Suite {
        folder: "trivy-analyzer/language/nodejs/pkg",
        place: in_node_modules,
        differences: &[],
        n_cases: 3,
    },
    Suite { folder: "trivy-parser/nodejs/packagejson", place: in_node_modules, differences: &[], n_cases: 9 },
];

#[test]
fn other_tools_expect_the_same_of_their_own_fixtures() {
    let Some(data) = testkit::data::require("other_tools_expect_the_same_of_their_own_fixtures") else {
        return;
    };
    for suite in SUITES {
        check_suite(suite, &data.join("packages").join(suite.folder));
    }
}

fn check_suite(suite: &Suite, folder: &Path) {
    let expected: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut n_cases = 0;
    for case in expected["cases"].as_array().unwrap() {
        let inputs: Vec<&str> =
            case["inputs"].as_array().unwrap().iter().map(|input| input.as_str().unwrap()).collect();
        // One input a case: the others are files that some tool reads beside it. A test of which paths are wanted
        // lists no packages.
        let ([input], false) = (&inputs[..], case["test"].as_str().unwrap().contains("FileRequired")) else {
            continue;
        };
        let Some(files) = image(suite, folder, input) else { continue };
        let found = found_in(&files);
        let ours = ours(&found).join(", ");
        match suite.differences.iter().find(|(differs, _, _)| differs == input) {
            Some((_, expected, why)) => assert_eq!(ours, *expected, "{} {input}: {why}", suite.folder),
            None => {
                let theirs = theirs(&case["packages"], &found).join(", ");
                assert_eq!(ours, theirs, "{} {input}", suite.folder);
                let n_gaps = found.gaps.iter().filter(|gap| gap.kind != GapKind::NO_DISTRO).count();
                assert!(n_gaps > 0 || case.get("want_error").is_none(), "{} {input}", suite.folder);
            }
        }
        n_cases += 1;
    }
    assert_eq!(n_cases, suite.n_cases, "cases compared in {}", suite.folder);
}

/// The image that `input`, a file or a folder, stands for; none when it is not here or not for us.
fn image(suite: &Suite, folder: &Path, input: &str) -> Option<Files> {
    let place = (suite.place)(input)?;
    let path = folder.join(input);
    if path.is_dir() {
        let below = files_below(&path).unwrap();
        return Some(below.into_iter().map(|(path, bytes)| (format!("{place}/{path}"), bytes)).collect());
    }
    let packed = folder.join(format!("{input}.zst"));
    if !path.exists() && !packed.exists() {
        return None;
    }
    let bytes = testkit::data::read(&path);
    Some(if input.ends_with(".txtar") { txtar(&bytes) } else { vec![(place, bytes)] })
}

fn ours(found: &Found) -> Vec<String> {
    let mut ours: Vec<String> =
        found.packages.iter().map(|package| said(package.ecosystem, package)).collect();
    ours.sort();
    ours.dedup();
    ours
}

fn said(ecosystem: Ecosystem, package: &Package) -> String {
    format!("{} {}", normalise_name(ecosystem, &package.name), package.version)
}

/// What the other tool expects, names normalised; its `id` has the whole version where `version` is cut up.
fn theirs(packages: &serde_json::Value, found: &Found) -> Vec<String> {
    let ecosystem = found.packages.first().map_or(Ecosystem::Unknown, |package| package.ecosystem);
    let mut theirs: Vec<String> = packages
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let (name, version) = match package["id"].as_str().and_then(|id| id.rsplit_once('@')) {
                Some(parts) => parts,
                None => (package["name"].as_str().unwrap(), package["version"].as_str().unwrap()),
            };
            format!("{} {version}", normalise_name(ecosystem, name))
        })
        .collect();
    theirs.sort();
    theirs.dedup();
    theirs
}
