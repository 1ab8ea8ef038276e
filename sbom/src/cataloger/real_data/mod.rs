//! The catalogers against real databases, and against what three other tools expect of their own fixtures.
//!
//! Each file beside this one has the suites of a few families: where in an image the inputs of a case would lie, and
//! where we answer otherwise on purpose.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use model::ecosystem::Ecosystem;
use model::gap::GapKind;
use model::key::normalise_name;
use model::package::{DependencyScope, Package};
use model::purl::Purl;

use super::Found;
use super::testing::{Files, files_below, found_in};

mod java;
mod misc;
mod native;
mod os;
mod python;
mod rpm;
mod scripting;
mod web;

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
        let imports: Vec<&[String]> =
            found.packages.iter().map(|package| package.imports.as_slice()).collect();
        assert_eq!(imports[1], ["golang.org/x/xerrors"], "{platform}");
        assert!(imports[2].iter().any(|path| path == "internal/reflectlite"), "{platform}: {:?}", imports[2]);
        assert_eq!(found.gaps, [], "{platform}");
    }
}

/// The fixtures of one part of another tool.
struct Suite {
    /// Below `packages/` of the test data.
    folder: &'static str,
    /// Where an input of a case would lie in an image or a directory of sources, or why no cataloger is meant to read it.
    /// `tree:FOLDER` stands for all that lies in a folder of the suite, for inputs that refer to others beside them.
    place: fn(&str) -> Result<String, &'static str>,
    /// Where we answer otherwise.
    argued: &'static [Argued],
}

/// A case in which we are right and the other tool is not.
struct Argued {
    /// The case's `test`, or its only input.
    case: &'static str,
    /// What we find: `name version`, sorted, joined by a comma and a space.
    ours: &'static str,
    /// What decides, with its section.
    rule: &'static str,
    /// What in the input shows it.
    evidence: &'static str,
}

/// Packages that another tool leaves out of its lists as a rule, although they are in its fixtures.
struct LeftOut {
    /// That of the suite.
    folder: &'static str,
    /// Whether the tool lists such a package.
    keeps: fn(&Package) -> bool,
    /// The rule.
    why: &'static str,
}

/// A case that cannot be compared, because it tests a part that lists no packages or sets an option of the tool.
struct Unlike {
    /// That of the suite.
    folder: &'static str,
    /// The case's `test`.
    case: &'static str,
    /// What it does.
    why: &'static str,
}

/// How the cases of one or many suites came out.
#[derive(Default)]
struct Score {
    equal: usize,
    argued: usize,
    /// Cases that belong to no cataloger.
    outside: usize,
    /// What is wrong.
    missing: Vec<String>,
}

const SUITES: &[&[Suite]] = &[
    java::SUITES,
    misc::SUITES,
    native::SUITES,
    os::SUITES,
    python::SUITES,
    rpm::SUITES,
    scripting::SUITES,
    web::SUITES,
];

const UNLIKE: &[&[Unlike]] = &[native::UNLIKE];

const LEFT_OUT: &[&[LeftOut]] = &[native::LEFT_OUT];

/// Folders of parts that no cataloger of ours answers to, and why.
const NOT_OURS: &[(&str, &str)] = &[
    (
        "osv-scalibr/language/gleam/gleamtoml",
        "it names ranges of versions; what is used is in `manifest.toml`",
    ),
    (
        "osv-scalibr/language/javascript/vsix",
        "extensions of editors, which are archives that nothing runs from",
    ),
    ("osv-scalibr/language/python/pyprojecttoml", "they take the lower end of a range for a version"),
    ("osv-scalibr/language/python/setup", "they take the lower end of a range for a version"),
    ("osv-scalibr/misc/bazelmaven", "programs in Starlark, to be run; the lock file they lead to is read"),
    ("osv-scalibr/misc/netscaler", "the configuration of an appliance, which is no container image"),
    ("osv-scalibr/os/chocolatey", "packages of Windows, which is not read"),
    ("osv-scalibr/os/flatpak", "applications of desktops; nobody asked for them"),
    ("osv-scalibr/os/macapps", "applications of macOS, which is not read"),
    ("osv-scalibr/os/spack", "packages built for clusters; nobody asked for them"),
    ("syft-cataloger/apple", "bundles of macOS, which no container image has"),
    ("trivy-parser/python/pyproject", "which packages are for development; no packages are listed"),
];

#[test]
#[expect(clippy::print_stdout, reason = "the score is for whoever asks for the output of tests")]
fn other_tools_expect_the_same_of_their_own_fixtures() {
    let Some(data) = testkit::data::require("other_tools_expect_the_same_of_their_own_fixtures") else {
        return;
    };
    let packages = data.join("packages");
    let mut total = Score::default();
    for suite in SUITES.iter().copied().flatten() {
        let score = check_suite(suite, &packages.join(suite.folder));
        let Score { equal, argued, outside, missing } = &score;
        println!(
            "{equal:4} equal {argued:4} argued {outside:4} outside {:4} missing  {}",
            missing.len(),
            suite.folder
        );
        total.add(score);
    }
    let Score { equal, argued, outside, missing } = &total;
    println!("{equal} equal, {argued} argued, {outside} belong to no cataloger, {} missing", missing.len());
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(argued * 100 <= 3 * (equal + argued), "{argued} argued cases are more than 3 %");
}

#[test]
fn the_page_of_differences_is_what_the_suites_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/cataloger-differences.md");
    let cell = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let mut page = include_str!("page.md").to_owned();
    let suites = SUITES.iter().copied().flatten();
    let argued: String = suites
        .flat_map(|suite| suite.argued.iter().map(move |argued| (suite.folder, argued)))
        .map(|(folder, Argued { case, ours, rule, evidence })| {
            format!("| {folder} | {} | {} | {} | {} |\n", cell(case), cell(ours), cell(rule), cell(evidence))
        })
        .collect();
    let left_out: String = LEFT_OUT
        .iter()
        .copied()
        .flatten()
        .map(|LeftOut { folder, why, .. }| format!("| {folder} | {} |\n", cell(why)))
        .collect();
    let unlike: String = UNLIKE
        .iter()
        .copied()
        .flatten()
        .map(|Unlike { folder, case, why }| format!("| {folder} | {} | {} |\n", cell(case), cell(why)))
        .collect();
    let not_ours: String =
        NOT_OURS.iter().map(|(folder, why)| format!("| {folder} | {} |\n", cell(why))).collect();
    for (mark, table) in
        [("{argued}", argued), ("{left-out}", left_out), ("{unlike}", unlike), ("{not-ours}", not_ours)]
    {
        page = page.replace(&format!("{mark}\n"), &table);
    }
    if testkit::bless() {
        fs::write(path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), page, "PLIMSOLL_BLESS=1 writes {path}");
}

#[test]
fn every_folder_of_fixtures_has_a_suite_or_a_reason() {
    let Some(data) = testkit::data::require("every_folder_of_fixtures_has_a_suite_or_a_reason") else {
        return;
    };
    let root = data.join("packages");
    let mut folders = BTreeSet::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        if directory.join("expected.json").is_file() {
            folders.insert(directory.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            continue;
        }
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        directories.extend(entries.filter(|path| path.is_dir()));
    }
    let suites = SUITES.iter().copied().flatten().map(|suite| suite.folder);
    let known: BTreeSet<String> =
        suites.chain(NOT_OURS.iter().map(|(folder, _)| *folder)).map(str::to_owned).collect();
    assert_eq!(folders.difference(&known).collect::<Vec<_>>(), [&""; 0], "folders without a suite");
}

impl Score {
    fn add(&mut self, other: Self) {
        self.equal += other.equal;
        self.argued += other.argued;
        self.outside += other.outside;
        self.missing.extend(other.missing);
    }
}

fn check_suite(suite: &Suite, folder: &Path) -> Score {
    let expected: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut score = Score::default();
    let mut argued_seen = BTreeSet::new();
    for case in expected["cases"].as_array().unwrap() {
        let test = case["test"].as_str().unwrap();
        let inputs: Vec<&str> =
            case["inputs"].as_array().unwrap().iter().map(|input| input.as_str().unwrap()).collect();
        let is_unlike = UNLIKE.iter().copied().flatten().any(|other| {
            assert!(!other.why.is_empty(), "{test}");
            other.folder == suite.folder && other.case == test
        });
        // A test of which paths are wanted, or of how they are cut up, lists no packages.
        let is_of_paths = test.contains("FileRequired") || test.contains("SplitPath");
        let is_comparable = !is_unlike && !is_of_paths;
        let Some(files) = image(suite, folder, &inputs).filter(|_| is_comparable) else {
            score.outside += 1;
            continue;
        };
        let mut found = found_in(&files);
        found.packages.retain(|package| is_listed(suite, test, &inputs, package));
        let mut expected = case["packages"].as_array().unwrap().clone();
        expected.retain(|package| is_package(suite, package));
        let states_scope = expected.iter().any(is_development);
        let ours = ours(&found, states_scope);
        let is_case = |name: &str| name == test || inputs == [name];
        if let Some(argued) = suite.argued.iter().find(|argued| is_case(argued.case)) {
            argued_seen.insert(argued.case);
            assert!(!argued.rule.is_empty() && !argued.evidence.is_empty(), "{} {test}", suite.folder);
            if ours.join(", ") == argued.ours {
                score.argued += 1;
            } else {
                score.missing.push(format!(
                    "{} {test} {inputs:?}: argued\n  {}\nis now\n  {}",
                    suite.folder,
                    argued.ours,
                    ours.join(", ")
                ));
            }
            continue;
        }
        let theirs = theirs(&expected, &found, states_scope);
        let same = if case.get("unresolved").is_some() {
            theirs.iter().all(|line| ours.contains(line))
        } else {
            ours == theirs
        };
        // Some tests say in so many words that no error is wanted.
        let error = case.get("want_error").filter(|error| error.as_str() != Some("NoError"));
        let n_gaps = found.gaps.iter().filter(|gap| gap.kind != GapKind::NO_DISTRO).count();
        if same && (n_gaps > 0 || error.is_none()) {
            score.equal += 1;
        } else {
            let error = error.map_or(String::new(), |error| format!(" (they report {error})"));
            score.missing.push(format!(
                "{} {test} {inputs:?}{error}: {n_gaps} gaps\n  theirs {}\n  ours   {}",
                suite.folder,
                theirs.join(", "),
                ours.join(", ")
            ));
        }
    }
    for argued in suite.argued {
        if !argued_seen.contains(argued.case) {
            score.missing.push(format!("{}: the argued case `{}` does not occur", suite.folder, argued.case));
        }
    }
    score
}

/// The image that `inputs`, files or folders, stand for; none when one of them is not here or not for us.
fn image(suite: &Suite, folder: &Path, inputs: &[&str]) -> Option<Files> {
    let mut files = Files::new();
    for input in inputs {
        let place = (suite.place)(input).ok()?;
        if let Some(tree) = place.strip_prefix("tree:") {
            files.extend(files_below(&folder.join(tree)).unwrap());
            continue;
        }
        let path = folder.join(input);
        if path.is_dir() {
            let below = files_below(&path).unwrap();
            files.extend(below.into_iter().map(|(path, bytes)| {
                let whole = if place.is_empty() { path } else { format!("{place}/{path}") };
                (whole, bytes)
            }));
            continue;
        }
        let packed = folder.join(format!("{input}.zst"));
        if !path.exists() && !packed.exists() {
            return None;
        }
        let bytes = testkit::data::read(&path);
        if input.ends_with(".txtar") {
            files.extend(txtar(&bytes));
        } else {
            files.push((place, bytes));
        }
    }
    (!inputs.is_empty()).then_some(files)
}

/// Whether the other tool lists packages of the kind of `package`, one of ours, in a test of `suite` that reads `inputs`: all
/// but where a family says otherwise, and why.
fn is_listed(suite: &Suite, test: &str, inputs: &[&str], package: &Package) -> bool {
    let mut left_out = LEFT_OUT.iter().copied().flatten().filter(|other| other.folder == suite.folder);
    let is_left_out = left_out.any(|other| {
        assert!(!other.why.is_empty(), "{}", suite.folder);
        !(other.keeps)(package)
    });
    let keeps_java = java::COMPARED
        .iter()
        .filter(|(folder, ..)| *folder == suite.folder)
        .all(|(_, _, is_ours)| is_ours(package, inputs));
    let keeps_python = python::COMPARED
        .iter()
        .filter(|(folder, _)| *folder == suite.folder)
        .all(|(_, is_ours)| is_ours(package));
    // The `package.json` that lie beside a lock file.
    let is_project = web::LISTS_PROJECTS.contains(&suite.folder) && package.cataloger == "npm";
    let is_without_development =
        |(folder, start): &(&str, &str)| *folder == suite.folder && test.starts_with(start);
    let is_hidden = web::WITHOUT_DEVELOPMENT.iter().any(is_without_development)
        && package.scope == DependencyScope::Development;
    !is_left_out && keeps_java && keeps_python && !is_project && !is_hidden
}

/// Whether what the other tool lists is a package, and not the project that is scanned.
fn is_package(suite: &Suite, package: &serde_json::Value) -> bool {
    let relationship = package["relationship"].as_str().unwrap_or_default();
    let is_project = web::PROJECTS.iter().any(|(folder, name, version)| {
        suite.folder == *folder && package["name"] == *name && package["version"] == *version
    });
    let is_root = web::LISTS_PROJECTS.contains(&suite.folder)
        && matches!(relationship, "RelationshipRoot" | "RelationshipWorkspace");
    let keeps_java = java::COMPARED
        .iter()
        .filter(|(folder, ..)| *folder == suite.folder)
        .all(|(_, is_theirs, _)| is_theirs(package));
    !is_project && !is_root && keeps_java
}

fn ours(found: &Found, states_scope: bool) -> Vec<String> {
    // What is beside packages of the ecosystem (repositories in a lock file) has a name that theirs normalise alike.
    let ecosystem = found.packages.first().map_or(Ecosystem::Unknown, |package| package.ecosystem);
    let said =
        |package: &Package| format!("{} {}", normalise_name(ecosystem, &package.name), package.version);
    let line = |package: &Package| {
        let dev = states_scope && package.scope == DependencyScope::Development;
        format!("{}{}", said(package), if dev { " (dev)" } else { "" })
    };
    let mut ours: Vec<String> = found.packages.iter().map(line).collect();
    ours.sort();
    ours.dedup();
    ours
}

fn is_development(package: &serde_json::Value) -> bool {
    let groups = package["dep_groups"].as_array().into_iter().flatten();
    package["dev"].as_bool() == Some(true)
        || groups
            .filter_map(serde_json::Value::as_str)
            .any(|group| matches!(group, "dev" | "development" | "test"))
}

/// What the other tool expects, names normalised; its `id` has the whole version where `version` is cut up.
///
/// Of npm's packages an `id` is the path where one is installed instead, which may be an alias or name peers.
fn theirs(packages: &[serde_json::Value], found: &Found, states_scope: bool) -> Vec<String> {
    let ecosystem = found.packages.first().map_or(Ecosystem::Unknown, |package| package.ecosystem);
    let mut theirs: Vec<String> = packages
        .iter()
        .map(|package| {
            let (name, version) = match package["id"].as_str().and_then(|id| id.rsplit_once('@')) {
                Some(parts) if ecosystem != Ecosystem::Npm => parts,
                _ => (package["name"].as_str().unwrap(), package["version"].as_str().unwrap()),
            };
            // Syft's names of Java and Swift packages lack what their package URLs have.
            let purl: Option<Purl> = package["purl"].as_str().and_then(|purl| purl.parse().ok());
            let name = match purl {
                Some(Purl { kind, namespace: Some(group), .. }) if kind == "maven" => {
                    format!("{group}:{name}")
                }
                Some(Purl { kind, namespace: Some(path), name, .. }) if kind == "swift" => {
                    format!("{path}/{name}")
                }
                _ => name.to_owned(),
            };
            // Go's own versions have no `v`; Trivy gives its standard library one.
            let version = if name == "stdlib" { version.trim_start_matches('v') } else { version };
            // One tool keeps the epoch of an RPM apart from its version.
            let epoch = package["md_Epoch"].as_u64().filter(|epoch| *epoch > 0);
            let epoch = epoch.map_or(String::new(), |epoch| format!("{epoch}:"));
            let dev = states_scope && is_development(package);
            format!(
                "{} {epoch}{version}{}",
                normalise_name(ecosystem, &name),
                if dev { " (dev)" } else { "" }
            )
        })
        .collect();
    theirs.sort();
    theirs.dedup();
    // What is needed for running too is not for development only.
    let all: BTreeSet<String> = theirs.iter().cloned().collect();
    theirs.retain(|line| line.strip_suffix(" (dev)").is_none_or(|plain| !all.contains(plain)));
    theirs
}
