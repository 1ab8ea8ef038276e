//! Python distributions that are installed: the metadata in `*.dist-info`, `*.egg-info` and unpacked eggs, and the lists of
//! what other distributions carry inside themselves.

mod metadata;
mod relatives;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::gap::{Gap, GapKind};
use model::package::{Mark, Package};
use serde::Deserialize;

use super::facts::PackageFact;
use super::file::is_legible;
use super::{Cataloger, Fact, Facts, File, Finds, Wants, provenance, pypi};
pub(super) use metadata::Headers;
use metadata::Source;

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "python",
    version: 5,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/*dist-info/METADATA",
        "**/*DIST-INFO/METADATA",
        "**/*egg-info/PKG-INFO",
        "**/*EGG-INFO/PKG-INFO",
        "**/*.egg-info",
        "**/*dist-info/direct_url.json",
        "**/*DIST-INFO/direct_url.json",
        "**/*egg-info/requires.txt",
        "**/*EGG-INFO/requires.txt",
        "**/*.egg-link",
        "**/_vendor/vendor.txt",
        "**/_vendor/vendored.txt",
        "**/vendor/vendor.txt",
    ]),
    read,
    assemble: relatives::assemble,
};

/// The [`Fact::Text`] of `requires.txt`: names, one a line.
const REQUIRES: &str = "requires";
/// Names of `requires.txt` that are kept.
const REQUIRES_MAX: usize = 4096;
/// The [`Fact::Text`] of `*.egg-link`: the directory that a distribution is being developed in.
const DEVELOPED_IN: &str = "developed-in";

/// Whether the file at `path` is the metadata of a distribution.
pub(super) fn is_metadata(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["dist-info/metadata", "egg-info/pkg-info", ".egg-info"].iter().any(|end| path.ends_with(end))
}

/// Whether a distribution lies, or a list of some, in a directory for copies of others' code.
fn is_vendored(path: &str) -> bool {
    path.split('/').any(|component| matches!(component, "_vendor" | "_vendored")) || is_vendor_list(path)
}

fn is_vendor_list(path: &str) -> bool {
    path.ends_with("/vendor.txt") || path.ends_with("/vendored.txt")
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    match name {
        "direct_url.json" => read_direct_url(file, facts),
        "requires.txt" => read_requires(file, facts),
        "vendor.txt" | "vendored.txt" => read_vendor_list(file, facts),
        name if name.ends_with(".egg-link") => read_egg_link(file, facts),
        _ => read_metadata(file, facts),
    }
}

fn read_metadata(file: &File<'_>, facts: &mut Facts) {
    let mut headers = Headers::default();
    file.for_each_line(facts, |_, number, line| {
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if headers.line(line) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if let Some(mut fact) = described(file, facts, headers) {
        if is_vendored(file.path) {
            provenance::mark(&mut fact.package, Mark::Vendored);
        }
        // Beside an `.egg-info` another file says it, or none does.
        if file.path.to_ascii_lowercase().ends_with("dist-info/metadata") {
            fact = fact.stating_needs();
        }
        facts.push(Fact::Package(fact));
    }
}

/// The package that `headers` describe; none, and a gap, when they do not say which it is.
pub(super) fn described(file: &File<'_>, facts: &mut Facts, mut headers: Headers) -> Option<PackageFact> {
    headers.state();
    let (name, version) = match (headers.name.take(), headers.version.take()) {
        (Some(name), Some(version)) => (name, version),
        (Some(name), None) => {
            let detail = format!("the metadata of `{name}` states no version; it cannot be judged");
            facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
            return None;
        }
        (None, _) => {
            facts.push(Fact::Gap(file.unreadable(&"the metadata states no name")));
            return None;
        }
    };
    if !is_legible(&name) || !is_legible(&version) {
        facts.push(Fact::Gap(file.unreadable(&"the metadata has an illegible name or version")));
        return None;
    }
    let requires = std::mem::take(&mut headers.requires);
    let mut fact = PackageFact::new(headers.package(&name, &version));
    fact.requires = requires;
    Some(fact)
}

/// `direct_url.json` (PEP 610), which is there when a distribution was not taken from an index.
#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    dir_info: Option<serde::de::IgnoredAny>,
    vcs_info: Option<Vcs>,
    archive_info: Option<Archive>,
}

#[derive(Deserialize)]
struct Vcs {
    vcs: String,
    #[serde(default)]
    commit_id: String,
}

#[derive(Deserialize)]
struct Archive {
    hash: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

fn read_direct_url(file: &File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let direct: DirectUrl = match serde_json::from_str(&text) {
        Ok(direct) => direct,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut sources = Vec::new();
    if direct.dir_info.is_some() {
        sources.push(Source::Directory);
    }
    if let Some(Vcs { vcs, commit_id }) = direct.vcs_info {
        sources.push(Source::Vcs(vcs, direct.url, commit_id));
    }
    if let Some(Archive { hash, hashes }) = direct.archive_info {
        let all = hashes.iter().filter_map(|(algorithm, hex)| provenance::digest_of(algorithm, hex));
        // `hash` is the older form.
        let mut digests: Vec<String> = all.chain(hash.as_deref().and_then(provenance::digest)).collect();
        digests.sort_unstable();
        digests.dedup();
        sources.extend(digests.into_iter().map(Source::Archive));
    }
    for source in sources {
        let (name, value) = source.to_text();
        facts.push(Fact::Text { name: name.to_owned(), value });
    }
}

/// `requires.txt` beside `PKG-INFO`: requirements, then those of extras below `[extra]`.
fn read_requires(file: &File<'_>, facts: &mut Facts) {
    let mut names = Vec::new();
    file.for_each_line(facts, |_, _, line| {
        if line.starts_with('[') {
            return ControlFlow::Break(());
        }
        if names.len() == REQUIRES_MAX {
            return ControlFlow::Break(());
        }
        names.extend(pypi::requirement(line).map(|requirement| requirement.name.to_owned()));
        ControlFlow::Continue(())
    });
    if !names.is_empty() {
        facts.push(Fact::Text { name: REQUIRES.to_owned(), value: names.join("\n") });
    }
}

/// What pip and setuptools write down of the distributions they carry.
fn read_vendor_list(file: &File<'_>, facts: &mut Facts) {
    file.for_each_line(facts, |facts, _, line| {
        if let Some(package) = vendored(line) {
            facts.package(package);
        }
        ControlFlow::Continue(())
    });
}

/// The package that one line of such a list pins.
pub(super) fn vendored(line: &str) -> Option<Package> {
    let requirement = pypi::requirement(line.split('#').next().unwrap_or(line))?;
    let mut package = pypi::package(requirement.name, requirement.pinned()?);
    provenance::mark(&mut package, Mark::Vendored);
    Some(package)
}

/// The first line of `demo.egg-link`: the directory with `demo.egg-info`.
fn read_egg_link(file: &File<'_>, facts: &mut Facts) {
    file.for_each_line(facts, |facts, _, line| {
        let directory = line.trim().trim_matches('/');
        if !directory.is_empty() && is_legible(directory) {
            facts.push(Fact::Text { name: DEVELOPED_IN.to_owned(), value: directory.to_owned() });
        }
        ControlFlow::Break(())
    });
}
