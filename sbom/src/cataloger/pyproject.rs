//! `pyproject.toml`, in which a Python project says what it needs.
//!
//! Where a lock file lies beside it or above, that one says all of this better, and nothing is taken from here. Else what is
//! pinned to one version is a package, and a gap names the rest.

use std::collections::{BTreeMap, BTreeSet};

use model::package::DependencyScope;
use serde::Deserialize;

use super::facts::FactFile;
use super::file::{directory, is_legible};
use super::lock_file::not_pinned;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, pypi};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pyproject",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pyproject.toml"]),
    read,
    assemble,
};

/// The [`Fact::Text`] of the names that are needed for running the project, one a line. Who reads lock files that do not say what for asks.
pub(super) const NEEDS: &str = "needs";
/// The [`Fact::Text`] of the names that are not pinned to a version, one a line.
pub(super) const OPEN: &str = "open";
/// Catalogers of lock files.
const LOCKS: &[&str] = &["pdm-lock", "pipfile-lock", "poetry-lock", "pylock", "uv-lock"];
/// The cataloger of lists of requirements, which are written for one project, or for its tools alone.
const LISTS: &str = "requirements";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Manifest {
    project: Project,
    /// PEP 735. An element is a requirement, or a table that includes another group.
    dependency_groups: BTreeMap<String, Vec<Maybe>>,
    tool: Tool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Project {
    dependencies: Vec<String>,
    optional_dependencies: BTreeMap<String, Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tool {
    poetry: Poetry,
    pdm: Pdm,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Poetry {
    dependencies: BTreeMap<String, Maybe>,
    dev_dependencies: BTreeMap<String, Maybe>,
    group: BTreeMap<String, PoetryGroup>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PoetryGroup {
    dependencies: BTreeMap<String, Maybe>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Pdm {
    dev_dependencies: BTreeMap<String, Vec<Maybe>>,
}

/// A requirement in any of its forms.
#[derive(Deserialize)]
#[serde(untagged)]
enum Maybe {
    Text(String),
    Table { version: Option<String> },
    Other(serde::de::IgnoredAny),
}

impl Maybe {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Table { version } => version.as_deref(),
            Self::Other(_) => None,
        }
    }
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // What was installed is not a project that somebody works on.
    if file.path.split('/').any(|component| matches!(component, "node_modules" | "site-packages" | "_vendor"))
    {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let manifest: Manifest = match toml::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
    };
    let Manifest { project, dependency_groups, tool } = &manifest;
    let mut reading = Reading { file, facts, needs: Vec::new(), open: Vec::new() };
    for text in &project.dependencies {
        reading.requirement(text, DependencyScope::Runtime);
    }
    for (extra, texts) in &project.optional_dependencies {
        texts.iter().for_each(|text| reading.requirement(text, scope(extra)));
    }
    for texts in dependency_groups.values().chain(tool.pdm.dev_dependencies.values()) {
        let texts = texts.iter().filter_map(Maybe::text);
        texts.for_each(|text| reading.requirement(text, DependencyScope::Development));
    }
    for (name, version) in &tool.poetry.dependencies {
        reading.poetry(name, version, DependencyScope::Runtime);
    }
    let groups = tool.poetry.group.values().flat_map(|group| &group.dependencies);
    for (name, version) in groups.chain(&tool.poetry.dev_dependencies) {
        reading.poetry(name, version, DependencyScope::Development);
    }
    let Reading { needs, open, .. } = reading;
    for (name, names) in [(NEEDS, needs), (OPEN, open)] {
        if !names.is_empty() {
            facts.push(Fact::Text { name: name.to_owned(), value: names.join("\n") });
        }
    }
}

fn scope(extra: &str) -> DependencyScope {
    match pypi::is_development_group(extra) {
        true => DependencyScope::Development,
        false => DependencyScope::Runtime,
    }
}

struct Reading<'r, 'f> {
    file: &'r File<'f>,
    facts: &'r mut Facts,
    needs: Vec<String>,
    open: Vec<String>,
}

impl Reading<'_, '_> {
    /// Takes a requirement as PEP 508 writes it.
    fn requirement(&mut self, text: &str, scope: DependencyScope) {
        // PDM's way of writing that it is taken from a working copy.
        if let Some(url) = text.strip_prefix("-e ") {
            let name = url.rsplit_once("#egg=").map_or(url, |(_, name)| name);
            return self.take(name, None, scope);
        }
        let Some(requirement) = pypi::requirement(text) else {
            let why = format!("`{text}` is no requirement");
            return self.facts.push(Fact::Gap(self.file.unreadable_record(&why)));
        };
        self.take(requirement.name, requirement.pinned(), scope);
    }

    /// Takes a requirement as Poetry writes it, to which a version alone is that version and no other.
    fn poetry(&mut self, name: &str, stated: &Maybe, scope: DependencyScope) {
        if name == "python" {
            return;
        }
        let version = stated.text().map(|version| version.trim().trim_start_matches('=').trim());
        let is_one = |version: &&str| {
            version.starts_with(|c: char| c.is_ascii_digit())
                && version.chars().all(|c| c.is_ascii_alphanumeric() || ".+!-_".contains(c))
        };
        self.take(name, version.filter(is_one), scope);
    }

    fn take(&mut self, name: &str, version: Option<&str>, scope: DependencyScope) {
        if !is_legible(name) || !version.is_none_or(is_legible) {
            let why = "a requirement has an illegible name or version";
            return self.facts.push(Fact::Gap(self.file.unreadable_record(&why)));
        }
        if scope == DependencyScope::Runtime {
            self.needs.push(name.to_owned());
        }
        let Some(version) = version else {
            return self.open.push(name.to_owned());
        };
        let mut package = pypi::package(name, version);
        package.scope = scope;
        self.facts.package(package);
    }
}

/// The lines of what the facts of `file` called `name` hold.
pub(super) fn texts<'f>(file: &'f FactFile, name: &'f str) -> impl Iterator<Item = &'f str> {
    let texts = file.facts.iter().filter_map(move |fact| match fact {
        Fact::Text { name: known, value } if known == name => Some(value.as_str()),
        _ => None,
    });
    texts.flat_map(str::lines)
}

/// Takes from the files of `cataloger` what no lock file says better: packages, and a gap that names what is open.
///
/// A lock file with packages speaks for its directory and all below it, as that of a workspace does; a list of requirements
/// for its directory, if any of them is for running.
pub(super) fn take_unlocked(tree: &FactTree<'_>, found: &mut Found, cataloger: &str) {
    let locks = LOCKS.iter().flat_map(|cataloger| tree.of(cataloger));
    let locked: BTreeSet<&str> =
        locks.filter(|lock| lock.packages().next().is_some()).map(|lock| directory(&lock.path)).collect();
    let for_running =
        |list: &&FactFile| list.packages().any(|fact| fact.package.scope == DependencyScope::Runtime);
    let listed: BTreeSet<&str> =
        tree.of(LISTS).filter(for_running).map(|list| directory(&list.path)).collect();
    for file in tree.of(cataloger) {
        let above = std::iter::successors(Some(directory(&file.path)), |below| {
            (!below.is_empty()).then(|| directory(below))
        });
        if above.into_iter().any(|directory| locked.contains(directory))
            || listed.contains(directory(&file.path))
        {
            continue;
        }
        found.packages_in(file, |fact| Some(fact.package.clone()));
        let open: Vec<&str> = texts(file, OPEN).collect();
        if !open.is_empty() {
            found.gaps.push(not_pinned(&file.path, open.iter().copied(), open.len()));
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    take_unlocked(tree, found, CATALOGER.name);
}
