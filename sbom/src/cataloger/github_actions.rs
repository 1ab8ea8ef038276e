//! GitHub Actions in use: what workflows and composite actions say after `uses`.
//!
//! Actions of the same repository (`./…`) and images (`docker://…`) are no packages of their own.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Mark, Package};
use model::purl::Purl;

use super::records::is_identified;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "github-actions",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&[
        "**/.github/workflows/*.yaml",
        "**/.github/workflows/*.yml",
        "**/action.yaml",
        "**/action.yml",
    ]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match yaml::parse(&text) {
        Ok(root) => root,
        // An `action.yml` of something else.
        Err(_) if !file.path.contains(".github/workflows/") && !text.contains("uses:") => return,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let jobs = root.get("jobs").into_iter().flat_map(Yaml::entries).map(|(_, job)| job);
    let actions = root.get("runs").into_iter().flat_map(steps);
    // A job may be a workflow of another repository as a whole.
    let users = jobs.flat_map(|job| std::iter::once(job).chain(steps(job))).chain(actions);
    let uses: BTreeSet<&str> = users.filter_map(|user| user.text_of("uses")).map(str::trim).collect();
    let comments = comments(&text);
    let mut packages = BTreeMap::new();
    for used in uses {
        if used.starts_with('.') || used.starts_with("docker://") || used.is_empty() {
            continue;
        }
        match package(used, &comments) {
            Some(package) => {
                packages.insert(package.purl.clone(), package);
            }
            None => {
                let why = format!("`uses: {}` names no action and its version", used.escape_debug());
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
        }
    }
    for package in packages.into_values() {
        if is_identified(file, facts, &package.name, package.version.as_str()) {
            facts.package(package);
        }
    }
}

fn steps(of: &Yaml) -> impl Iterator<Item = &Yaml> {
    of.get("steps").into_iter().flat_map(Yaml::elements)
}

/// `owner/repository@reference` or `owner/repository/path@reference`.
fn package(used: &str, comments: &BTreeMap<&str, &str>) -> Option<Package> {
    let (path, reference) = used.split_once('@')?;
    let mut parts = path.splitn(3, '/');
    let (owner, repository, subpath) = (parts.next()?, parts.next()?, parts.next());
    if owner.is_empty() || repository.is_empty() || reference.is_empty() {
        return None;
    }
    // A commit has no place among the versions; people write beside it which version it is.
    let commented = comments.get(used).copied().filter(|_| is_commit(reference));
    let version = commented.unwrap_or(reference);
    let mut purl = Purl::new("github", &repository.to_lowercase())
        .with_namespace(&owner.to_lowercase())
        .with_version(version);
    purl.subpath = subpath.filter(|path| !path.is_empty()).map(str::to_owned);
    if commented.is_some() {
        purl = purl
            .with_qualifier("vcs_url", &format!("git+https://github.com/{owner}/{repository}@{reference}"));
    }
    let name = format!("{owner}/{repository}");
    let mut package = Package::new(Ecosystem::GithubActions, &name, version, purl.to_string());
    if commented.is_some() {
        package.certainty = Certainty::Inferred;
    }
    // A branch.
    if !is_version(version) && !is_commit(version) {
        package.marks.push(Mark::Unreleased);
    }
    Some(package)
}

fn is_commit(reference: &str) -> bool {
    reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_version(text: &str) -> bool {
    text.trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit())
}

/// The version in the comment behind each `uses`: `# v4.2.2`, `#v4`, `# tag=v4.2.2`, `# ratchet:acme/demo@v4`.
fn comments(text: &str) -> BTreeMap<&str, &str> {
    let mut comments = BTreeMap::new();
    for line in text.lines() {
        let Some((_, value)) = line.split_once("uses:") else { continue };
        let Some((used, comment)) = value.split_once(" #").or_else(|| value.split_once("\t#")) else {
            continue;
        };
        let used = used.trim().trim_matches(['"', '\'']);
        let version = comment
            .split_whitespace()
            .map(|word| word.rsplit(['=', '@']).next().unwrap_or(word))
            .find(|word| is_version(word));
        if let Some(version) = version {
            comments.entry(used).or_insert(version);
        }
    }
    comments
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
