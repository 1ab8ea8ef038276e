//! What was scanned in Trivy's integration tests, as far as it is here.
//!
//! The packages are those that a report lists; else those of the package list of the same image; else those that our
//! catalogers and readers find in the input; else, where nothing else is there, those that Trivy found something in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::inventory::{Inventory, Subject};
use model::limits::Limits;
use model::package::{Package, SourcePackage};
use testkit::trivy::{Golden, package_list};

/// Runs whose options leave out findings that the other run on the same input has: what they have must be found, and what
/// is found beside that the other run must have.
const SELECTIONS: &[(&str, &str)] = &[
    ("alpine-39-high-critical", "alpine-39"),
    ("alpine-39-ignore-cveids", "alpine-39"),
    ("centos-7-ignore-unfixed", "centos-7"),
    ("centos-7-medium", "centos-7"),
    ("debian-buster-ignore-unfixed", "debian-buster"),
    ("fluentd-gems", "fluentd-multiple-lockfiles"),
    ("gomod-skip", "gomod"),
    ("gomod-vex", "gomod"),
    ("npm-ubuntu-severity", "npm"),
    ("ubi-7", "ubi-7-comprehensive"),
    ("ubuntu-1804-ignore-unfixed", "ubuntu-1804"),
];

/// Package lists (`package-lists/trivy-goldens`) that are of the very image of a report.
const LISTS: &[(&str, &str)] = &[
    ("images/alpine-310.tar.gz", "alpine-310.json"),
    ("images/amazon-2.tar.gz", "amazon-2.json"),
    ("images/debian-buster.tar.gz", "debian-buster.json"),
    ("images/distroless-base.tar.gz", "gcr.io-distroless-base-latest.json"),
    ("images/opensuse-leap-151.tar.gz", "opensuse-leap-151.json"),
    ("images/photon-30.tar.gz", "photon-30.json"),
    ("images/ubi-7.tar.gz", "ubi-7.json"),
    ("images/ubuntu-1804.tar.gz", "ubuntu-18.04.json"),
];

/// SBOMs that are here, and the report of the image that they are of: Trivy compares its scans of them with that.
const SBOMS: &[(&str, &str)] = &[
    ("sbom/centos-7-cyclonedx.intoto.jsonl", "centos-7"),
    ("sbom/centos-7-cyclonedx.json", "centos-7"),
    ("sbom/centos-7-spdx.json", "centos-7"),
    ("sbom/centos-7-spdx.txt", "centos-7"),
];

/// Source packages of Debian 9 that no list names: a finding does not tell them.
const SOURCES: &[(&str, &str)] = &[("e2fslibs", "e2fsprogs"), ("libcomerr2", "e2fsprogs")];

/// A line of `/etc/apk/repositories` that a report does not show, and that Trivy judged the image by.
const REPOSITORIES: &[(&str, &str)] =
    &[("alpine-distroless", "https://dl-cdn.alpinelinux.org/alpine/edge/main")];

/// Where the packages of a run come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Report,
    List,
    Input,
    Findings,
}

impl Known {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Report => "the report",
            Self::List => "the image's list",
            Self::Input => "the input",
            Self::Findings => "the findings alone",
        }
    }
}

/// Something to find vulnerabilities in, and the report that tells which.
pub(crate) struct Run<'g> {
    pub(crate) name: String,
    pub(crate) golden: &'g Golden,
    /// The report of the run without options on the same input, which may be `golden` itself.
    pub(crate) base: &'g Golden,
    pub(crate) inventory: Inventory,
    pub(crate) known: Known,
}

/// Every run: one for each report, and one for each other input of the same packages.
pub(crate) fn runs<'g>(data: &Path, goldens: &'g [Golden]) -> Vec<Run<'g>> {
    let by_name = |name: &str| {
        let found = goldens.iter().find(|golden| golden.name == name);
        found.unwrap_or_else(|| panic!("no report is called `{name}`"))
    };
    let places = Places { data, sources: sources(data) };
    let of_golden = |golden: &'g Golden| {
        let selection = SELECTIONS.iter().find(|(selection, _)| *selection == golden.name);
        let base = selection.map_or(golden, |(_, base)| by_name(base));
        let (inventory, known) = places.inventory(base);
        Run { name: golden.name.clone(), golden, base, inventory, known }
    };
    let of_sbom = |(sbom, name): &(&str, &str)| {
        let golden = by_name(name);
        let inventory = of_input(&data.join("match/trivy-integration/fixtures").join(sbom));
        Run { name: format!("{name} of {sbom}"), golden, base: golden, inventory, known: Known::Input }
    };
    goldens.iter().map(of_golden).chain(SBOMS.iter().map(of_sbom)).collect()
}

/// Where packages are looked for.
struct Places<'a> {
    data: &'a Path,
    /// The source packages of binary ones, by ecosystem and name.
    sources: BTreeMap<(Ecosystem, String), String>,
}

impl Places<'_> {
    /// The inventory of what `golden` is about.
    fn inventory(&self, golden: &Golden) -> (Inventory, Known) {
        let mut distro = golden.distro.clone();
        let repository = REPOSITORIES.iter().find(|(name, _)| *name == golden.name);
        if let Some((distro, (_, line))) = distro.as_mut().zip(repository) {
            distro.repositories.push((*line).to_owned());
        }
        let artifact = golden.artifact.trim_start_matches("testdata/fixtures/");
        let list = LISTS.iter().find(|(image, _)| *image == artifact);
        let (packages, known) = if golden.targets.iter().any(|target| !target.packages.is_empty()) {
            (self.stated(golden, Vec::new()), Known::Report)
        } else if let Some(input) = self.input(artifact) {
            (of_input(&input).packages, Known::Input)
        } else if let Some((_, list)) = list {
            let ecosystem = os_ecosystem(distro.as_ref().expect("a distribution"));
            (self.stated(golden, self.list(list, ecosystem)), Known::List)
        } else {
            (self.stated(golden, Vec::new()), Known::Findings)
        };
        (Inventory::new(Subject::default(), distro, packages, Vec::new()), known)
    }

    /// The packages of `golden`: `listed` for its distribution, those that it lists, and, where neither is there, those
    /// that something was found in.
    fn stated(&self, golden: &Golden, listed: Vec<Package>) -> Vec<Package> {
        let has_list = !listed.is_empty();
        let mut packages = listed;
        for target in &golden.targets {
            packages.extend(target.packages.iter().cloned());
            let is_listed = !target.packages.is_empty() || target.is_os && has_list;
            if !is_listed {
                let found = target.expected.iter().map(|expected| self.with_source(&expected.package));
                packages.extend(found);
            }
        }
        // Several vulnerabilities of a package are one package.
        let mut known: Vec<Package> = Vec::new();
        for package in packages {
            if !known.contains(&package) {
                known.push(package);
            }
        }
        known
    }

    fn with_source(&self, package: &Package) -> Package {
        let mut package = package.clone();
        let source = self.sources.get(&(package.ecosystem, package.name.clone()));
        package.source = source.map(|name| SourcePackage { name: name.clone(), version: None });
        package
    }

    /// The input itself, where it is here: a project or an SBOM.
    fn input(&self, artifact: &str) -> Option<PathBuf> {
        // One project is fetched from where it lies.
        let project =
            artifact.strip_prefix("https://github.com/knqyf263/").map(|name| format!("repo/{name}"));
        let path = project.unwrap_or_else(|| artifact.to_owned());
        let input = self.data.join("match/trivy-integration/fixtures").join(&path);
        (!path.is_empty() && input.exists()).then_some(input)
    }

    fn list(&self, name: &str, ecosystem: Ecosystem) -> Vec<Package> {
        list(self.data, name, ecosystem)
    }
}

fn list(data: &Path, name: &str, ecosystem: Ecosystem) -> Vec<Package> {
    package_list(&testkit::data::read(&data.join("package-lists/trivy-goldens").join(name)), ecosystem)
}

/// What our catalogers find in a project, and our readers in an SBOM.
fn of_input(input: &Path) -> Inventory {
    if input.is_file() {
        return sbom::format::read(&testkit::data::read(input), &Limits::default()).unwrap().inventory;
    }
    // What is packed in the real data was not so where it was scanned.
    let place = testkit::case::unpacked(input);
    let image = sbom::image::open(place.path(), None, &sbom::image::OpenOptions::default()).unwrap();
    let options = sbom::inventory::InventoryOptions::default();
    sbom::inventory::inventory(&image, &options, &sbom::inventory::NoProgress).unwrap()
}

fn os_ecosystem(distro: &Distro) -> Ecosystem {
    match distro.id.as_str() {
        "alpine" => Ecosystem::Apk,
        "debian" | "ubuntu" => Ecosystem::Deb,
        _ => Ecosystem::Rpm,
    }
}

/// The source packages of binary ones, as the package lists of images know them.
fn sources(data: &Path) -> BTreeMap<(Ecosystem, String), String> {
    let own =
        SOURCES.iter().map(|(name, source)| ((Ecosystem::Deb, (*name).to_owned()), (*source).to_owned()));
    let lists = [
        ("alpine-310.json", Ecosystem::Apk),
        ("debian-buster.json", Ecosystem::Deb),
        ("gcr.io-distroless-base-latest.json", Ecosystem::Deb),
    ];
    let listed = lists.into_iter().flat_map(|(name, ecosystem)| list(data, name, ecosystem));
    let named = listed.filter_map(|package| {
        let source = package.source.as_ref()?.name.clone();
        Some(((package.ecosystem, package.name), source))
    });
    own.chain(named).collect()
}
