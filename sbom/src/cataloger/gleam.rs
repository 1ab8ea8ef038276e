//! Gleam's lock file, `manifest.toml`: packages of Hex, of repositories and of directories.

use model::ecosystem::Ecosystem;
use model::package::{Dependencies, Mark, Package};
use model::purl::Purl;
use serde::Deserialize;

use super::records::{LockedPackages, is_identified, sha256};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "gleam",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/manifest.toml"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Manifest {
    packages: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    requirements: Vec<String>,
    source: Option<String>,
    outer_checksum: Option<String>,
    repo: Option<String>,
    commit: Option<String>,
}

/// What every manifest has and other files of that name have not.
const SIGNATURE: &str = "build_tools";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    if !text.contains(SIGNATURE) {
        return;
    }
    let manifest: Manifest = match toml::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let mut packages = LockedPackages::default();
    for locked in manifest.packages {
        if is_identified(file, facts, &locked.name, &locked.version) {
            let mut package = package(&locked);
            package.depends_on = Dependencies::none_if(locked.requirements.is_empty());
            packages.add(&locked.name, package, locked.requirements.clone());
        }
    }
    packages.finish(facts);
}

fn package(locked: &Locked) -> Package {
    let mut purl = Purl::new("hex", &locked.name.to_lowercase()).with_version(&locked.version);
    if let (Some(repo), Some(commit)) = (&locked.repo, &locked.commit) {
        purl = purl.with_qualifier("vcs_url", &format!("git+{repo}@{commit}"));
    }
    let mut package = Package::new(Ecosystem::Hex, &locked.name, &locked.version, purl.to_string());
    package.digests.extend(locked.outer_checksum.as_deref().and_then(sha256));
    if locked.source.as_deref().is_some_and(|source| source != "hex") {
        package.marks.push(Mark::Unreleased);
    }
    package
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
