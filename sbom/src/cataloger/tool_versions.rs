//! Which versions of interpreters and tools a project asks its version manager for: asdf's `.tool-versions`, `mise.toml`,
//! `.nvmrc`, and `.node-version` and its like.
//!
//! Only versions count: not `latest`, `lts/*`, `system`, a path or a commit.

use model::ecosystem::Ecosystem;
use model::package::{Certainty, DependencyScope, Package};
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "tool-versions",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&[
        "**/.tool-versions",
        "**/mise.toml",
        "**/.mise.toml",
        "**/mise/config.toml",
        "**/.nvmrc",
        "**/.node-version",
        "**/.python-version",
        "**/.ruby-version",
    ]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    let mut tools = Vec::new();
    if name.ends_with(".toml") {
        match text.parse::<toml::Table>() {
            Ok(table) => of_mise(&table, &mut tools),
            Err(error) => return facts.push(Fact::Gap(file.unreadable(&error.message()))),
        }
    } else {
        for line in text.lines() {
            let mut words = line.split('#').next().unwrap_or(line).split_whitespace();
            let tool = match name {
                ".tool-versions" => words.next().unwrap_or_default(),
                ".python-version" => "python",
                ".ruby-version" => "ruby",
                _ => "node",
            };
            // `ruby-3.3.0` is the same as `3.3.0`.
            let version = |word: &str| word.strip_prefix("ruby-").unwrap_or(word).to_owned();
            tools.extend(words.map(|word| (tool.to_owned(), version(word))));
        }
    }
    for (tool, version) in tools {
        let version = version.strip_prefix('v').unwrap_or(&version);
        let tool = if tool == "nodejs" { "node" } else { tool.as_str() };
        if !version.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        if !is_legible(tool) || !is_legible(version) {
            facts.push(Fact::Gap(file.unreadable_record(&"a tool has an illegible name or version")));
            continue;
        }
        facts.package(package(tool, version));
    }
}

/// `[tools]`, where a tool has a version, several of them, or a table with one.
fn of_mise(table: &toml::Table, tools: &mut Vec<(String, String)>) {
    let Some(toml::Value::Table(asked)) = table.get("tools") else { return };
    for (tool, versions) in asked {
        let versions = if let toml::Value::Array(versions) = versions {
            versions.as_slice()
        } else {
            std::slice::from_ref(versions)
        };
        for version in versions {
            let version = version.get("version").unwrap_or(version);
            tools.extend(version.as_str().map(|version| (tool.clone(), version.to_owned())));
        }
    }
}

/// mise gets tools from other ecosystems too: `npm:prettier`.
fn package(tool: &str, version: &str) -> Package {
    let (ecosystem, name) = match tool.split_once(':') {
        Some(("npm", name)) => (Ecosystem::Npm, name),
        Some(("pipx", name)) => (Ecosystem::PyPi, name),
        Some(("cargo", name)) => (Ecosystem::Cargo, name),
        Some(("gem", name)) => (Ecosystem::Gem, name),
        _ => (Ecosystem::Generic, tool),
    };
    let (namespace, last) = name.rsplit_once('/').unwrap_or(("", name));
    let kind = ecosystem.purl_type().unwrap_or_default();
    let purl = Purl::new(kind, last).with_namespace(namespace).with_version(version).to_string();
    let mut package = Package::new(ecosystem, name, version, purl);
    package.scope = DependencyScope::Development;
    // `22` is whichever 22 was the newest.
    if version.split('.').count() < 3 {
        package.certainty = Certainty::Guessed;
    }
    package
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
