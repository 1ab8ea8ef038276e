//! Matching an SBOM is matching what it was written of: for every format, on inventories that nobody has and on every
//! fragment of a root filesystem in the real data.

use std::fs;
use std::path::{Path, PathBuf};

use advisory_db::{FeedsDir, Snapshot};
use feeds_sync::engine::{LOSS_PERCENT_MAX, NoProgress, SyncOptions, sync};
use feeds_sync::schedule::MaxAge;
use feeds_sync::selection::{Named, Selection};
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use jiff::Timestamp;
use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::inventory::{Inventory, Part, Subject};
use model::limits::Limits;
use model::package::{
    Certainty, DependencyScope, Location, Mark, Package, PackageIndex, PartIndex, SourcePackage,
};
use model::report::Report;
use model::risk::RiskWeights;
use sbom::format::{self, WriteOptions};
use serde_json::json;
use tempfile::TempDir;
use testkit::feeds::{Mirror, osv_record};
use testkit::mutate::Random;

use crate::match_sbom::{self, Besides, Terms, match_sbom};

/// Every format that can be read again, in every version: `spdx-json@2.3`.
pub(crate) fn documents() -> Vec<String> {
    let formats = format::FORMATS.iter();
    formats
        .flat_map(|format| format.versions.iter().map(|version| format!("{}@{version}", format.name)))
        .collect()
}

/// The inventory that is read in what is written of `inventory`.
#[track_caller]
pub(crate) fn rewritten(inventory: &Inventory, name: &str) -> Inventory {
    let options = WriteOptions { tool_version: "0", created: Timestamp::UNIX_EPOCH };
    let mut bytes = Vec::new();
    format::by_name(name).unwrap().write(inventory, &options, &mut bytes).unwrap();
    format::read(&bytes, &Limits::default()).unwrap().inventory
}

/// Feeds, synced from a mirror.
struct Feeds {
    dir: TempDir,
}

impl Feeds {
    fn new(fill: impl Fn(&Mirror)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::at(dir.path().join("mirror"));
        fill(&mirror);
        let origin = Origin::MirrorDir(mirror.dir().to_owned());
        let fetcher = Fetcher::new(FetchOptions { origin, ..FetchOptions::default() });
        let feeds = Self { dir };
        let options = SyncOptions {
            selection: Selection::All,
            named: Named::NONE,
            max_age: MaxAge::ZERO,
            now: Timestamp::UNIX_EPOCH,
            jobs: 1,
            limits: &Limits::default(),
            loss_percent_max: LOSS_PERCENT_MAX,
        };
        sync(&feeds.open(), &fetcher, &options, &NoProgress).unwrap();
        feeds
    }

    fn open(&self) -> FeedsDir {
        FeedsDir::open(&self.dir.path().join("feeds"))
    }

    fn snapshot(&self) -> Snapshot {
        self.open().current().unwrap().unwrap()
    }
}

/// What `inventory` is judged to be; whatever document it was in.
fn judged(inventory: Inventory, snapshot: &Snapshot) -> Report {
    let subject = match_sbom::Subject::new(inventory, b"");
    let as_of = "2026-01-01T00:00:00Z".parse().unwrap();
    let terms = Terms { vex: &[], besides: Besides::default(), as_of, weights: &RiskWeights::default() };
    match_sbom(subject, snapshot, terms).unwrap()
}

/// Holds the law for `inventory`, and gives how many findings there are.
#[track_caller]
fn check(what: &str, inventory: &Inventory, snapshot: &Snapshot) -> usize {
    let expected = judged(inventory.clone(), snapshot);
    for name in documents() {
        let found = judged(rewritten(inventory, &name), snapshot);
        assert_eq!(found, expected, "{what} as {name}");
    }
    expected.findings.len()
}

const NAMES: &[&str] =
    &["demo", "alpha", "lib-beta", "lib beta", "gamma_ray", "@scope/delta", "example.test/eta"];
const VERSIONS: &[&str] =
    &["1.0", "1.0-1", "1.0-r0", "1:1.0-2", "v1.0.0", "2.0", "", "1.0~rc1", "not a version"];

/// A mirror with something on each of [`NAMES`] everywhere.
fn feeds_on_names() -> Feeds {
    Feeds::new(|mirror| {
        let secdb: String = NAMES
            .iter()
            .enumerate()
            .map(|(n, name)| format!("{name}\n  1.0-r1 CVE-2025-1000{n}\n"))
            .collect();
        mirror.secdb("3.20", "main", &secdb).secdb("3.20", "community", "");
        let of_debian = |n: usize| {
            let state = json!({"status": "resolved", "fixed_version": "1.0-2", "repositories": {}});
            json!({(format!("CVE-2025-2000{n}")): {"releases": {"bookworm": state}}})
        };
        let tracker = NAMES.iter().enumerate().map(|(n, name)| ((*name).to_owned(), of_debian(n))).collect();
        mirror.tracker(&serde_json::Value::Object(tracker));
        for ecosystem in ["PyPI", "npm", "Go"] {
            let records: Vec<_> = NAMES
                .iter()
                .enumerate()
                .map(|(n, name)| {
                    osv_record(&format!("{ecosystem}-{n}"), &[], ecosystem, name, "introduced 0, fixed 1.5.0")
                })
                .collect();
            mirror.osv_records(ecosystem, &records);
        }
    })
}

fn one<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len())]
}

fn distro(random: &mut Random) -> Option<Distro> {
    let (id, version, codename) = one(
        random,
        &[
            ("alpine", Some("3.20.3"), None),
            ("alpine", Some("3.20"), None),
            ("debian", Some("12"), Some("bookworm")),
            ("debian", None, Some("bookworm")),
            ("odd one", None, None),
            ("", None, None),
        ],
    );
    (!id.is_empty()).then(|| Distro {
        id: id.to_owned(),
        version: version.map(str::to_owned),
        codename: codename.map(str::to_owned),
        pretty_name: None,
        name: None,
        supplier: (random.below(4) == 0).then(|| "The Distro Project".to_owned()),
        id_like: if random.below(4) == 0 { vec!["debian".to_owned()] } else { Vec::new() },
        variant: None,
        hints: Vec::new(),
        repositories: Vec::new(),
    })
}

/// The `index`-th package of an inventory of `n_parts` parts.
fn package(random: &mut Random, index: usize, n_parts: usize) -> Package {
    let (ecosystem, kind) = one(
        random,
        &[
            (Ecosystem::Apk, "apk/alpine"),
            (Ecosystem::Deb, "deb/debian"),
            (Ecosystem::PyPi, "pypi"),
            (Ecosystem::Npm, "npm"),
            (Ecosystem::Golang, "golang"),
            (Ecosystem::Unknown, "unheard-of"),
        ],
    );
    let (name, version) = (one(random, NAMES), one(random, VERSIONS));
    let purl = match random.below(4) {
        0 => String::new(),
        1 => format!("pkg:{kind}/{name}@{version}"),
        2 => format!("pkg:{kind}/{}", name.replace(['@', ' '], "x")),
        _ => format!(
            "pkg:{kind}/{}@{}?arch=x86_64",
            name.replace(['@', ' '], "x"),
            version.replace(' ', "%20")
        ),
    };
    let mut package = Package::new(ecosystem, name, version, purl);
    if random.below(2) == 0 {
        let version = (random.below(2) == 0).then(|| one(random, VERSIONS).into());
        package.source = Some(SourcePackage { name: one(random, NAMES).to_owned(), version });
    }
    // No cycle: only earlier ones own.
    let mut earlier = |odds: usize| {
        let is_there = random.below(odds) == 0 && index > 0;
        is_there.then(|| PackageIndex(random.below(index) as u32))
    };
    package.owner = earlier(3);
    package.parent = earlier(5);
    package.part = (n_parts > 0).then(|| PartIndex(random.below(n_parts) as u32));
    package.scope =
        one(random, &[DependencyScope::Runtime, DependencyScope::Runtime, DependencyScope::Development]);
    package.certainty =
        one(random, &[Certainty::Stated, Certainty::Stated, Certainty::Inferred, Certainty::Guessed]);
    if random.below(4) == 0 {
        package.marks = vec![one(random, &[Mark::DefaultGem, Mark::Shaded, Mark::Vendored, Mark::Replaced])];
    }
    if random.below(8) == 0 {
        package.overridden_by = Some("pkg:nuget/Demo.Framework@1".to_owned());
    }
    if random.below(8) == 0 {
        package.module = Some("demo:1".to_owned());
    }
    if random.below(2) == 0 {
        package.locations = vec![Location::new(format!("srv/{index}"))];
    }
    package.cataloger = "made-up".to_owned();
    package
}

fn made_up(random: &mut Random) -> Inventory {
    let subject = |name: &str| Subject { name: name.to_owned(), ..Subject::default() };
    let n_parts = random.below(6).saturating_sub(3);
    let parts: Vec<Part> = (0..n_parts)
        .map(|index| Part {
            subject: subject(&format!("part {index}")),
            distro: distro(random),
            document: format!("sha256:{index}"),
        })
        .collect();
    let packages = (0..random.below(8)).map(|index| package(random, index, n_parts)).collect();
    let distro = distro(random);
    Inventory { parts, ..Inventory::new(subject("made up"), distro, packages, Vec::new()) }
}

#[test]
fn matching_what_was_written_is_matching_what_was_made_up() {
    let feeds = feeds_on_names();
    let snapshot = feeds.snapshot();
    let mut random = Random::new(5);
    let n_cases = if cfg!(debug_assertions) { 300 } else { 5_000 };
    let findings = (0..n_cases).map(|index| {
        let inventory = made_up(&mut random);
        check(&format!("inventory {index}: {inventory:#?}"), &inventory, &snapshot)
    });
    let findings: Vec<usize> = findings.collect();
    let n_judged = findings.iter().filter(|n_findings| **n_findings > 0).count();
    assert!(n_judged > n_cases / 4, "only {n_judged} of {n_cases} have findings");
}

/// Files by their paths in a root filesystem.
type Files = Vec<(String, Vec<u8>)>;

/// Every file below `dir`, with its name before it was packed.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (below, here): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        folders.extend(below);
        files.extend(here.into_iter().map(|path| match path.extension() {
            Some(extension) if extension == "zst" => path.with_extension(""),
            _ => path,
        }));
    }
    files.sort();
    files
}

/// What is found in a root filesystem of `files`.
fn inventory_of(files: &[(String, Vec<u8>)]) -> Inventory {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let on_disk = dir.path().join(path);
        fs::create_dir_all(on_disk.parent().unwrap()).unwrap();
        fs::write(on_disk, bytes).unwrap();
    }
    let image = sbom::image::open(dir.path(), None, &sbom::image::OpenOptions::default()).unwrap();
    let options =
        sbom::inventory::InventoryOptions { name: Some("fragment".to_owned()), ..Default::default() };
    sbom::inventory::inventory(&image, &options, &sbom::inventory::NoProgress).unwrap()
}

/// A package of each kind of database of a system, so that what a distribution is has something to be judged by.
fn installed() -> Files {
    [
        ("lib/apk/db/installed", "P:demo\nV:1.0-r0\nA:x86_64\no:demo\n\n"),
        (
            "var/lib/dpkg/status",
            "Package: demo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n",
        ),
        ("lib/demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .to_vec()
}

/// The root filesystems of the real data that are no images: descriptions of systems, databases of rpm and of dnf. (Those of
/// Alpine and Debian have end-to-end tests.)
fn fragments(data: &Path) -> Vec<(String, Files)> {
    let mut fragments = Vec::new();
    for (folder, place) in [
        ("os-release", "etc"),
        ("rpmdb", "var/lib/rpm"),
        ("dnf-history", "var/lib/dnf"),
        ("dpkg", "var/lib/dpkg"),
    ] {
        for path in files(&data.join("rootfs").join(folder)) {
            let name = path.strip_prefix(data).unwrap().display().to_string();
            let file = path.file_name().unwrap().to_str().unwrap();
            if file == "packages.tsv" {
                continue;
            }
            let mut files = installed();
            if folder == "dpkg" {
                files.retain(|(path, _)| path != "var/lib/dpkg/status");
            }
            let bytes = testkit::data::read(&path);
            match file.strip_suffix(".txtar") {
                // Several files in one.
                Some(_) => files.extend(sections(&String::from_utf8(bytes).unwrap())),
                None => {
                    let file = if folder == "dnf-history" { "history.sqlite" } else { file };
                    files.push((format!("{place}/{file}"), bytes));
                }
            }
            fragments.push((name, files));
        }
    }
    fragments
}

/// The files in a text archive: each after a line `-- path --`.
fn sections(text: &str) -> Files {
    let mut files: Files = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("-- ").and_then(|line| line.trim_end().strip_suffix(" --")) {
            Some(path) => files.push((path.trim_start_matches('/').to_owned(), Vec::new())),
            None => files.last_mut().into_iter().for_each(|(_, bytes)| bytes.extend(line.bytes())),
        }
    }
    files
}

#[test]
fn matching_what_was_written_is_matching_every_fragment() {
    let Some(data) = testkit::data::require("matching_what_was_written_is_matching_every_fragment") else {
        return;
    };
    let feeds = feeds_on_names();
    let snapshot = feeds.snapshot();
    let (mut n_fragments, mut n_judged, mut n_packages) = (0, 0, 0);
    for (name, files) in fragments(&data) {
        let inventory = inventory_of(&files);
        n_packages += inventory.packages.len();
        n_judged += usize::from(check(&name, &inventory, &snapshot) > 0);
        n_fragments += 1;
    }
    assert!(n_fragments > 40 && n_judged > 20, "{n_judged} of {n_fragments} have findings");
    assert!(n_packages > 700, "only {n_packages} packages");
}
