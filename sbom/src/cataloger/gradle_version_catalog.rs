//! Gradle's version catalogs (`gradle/libs.versions.toml`): the libraries that a build may name. Plugins and bundles are
//! not read: the ones build, the others repeat.

use model::gap::{Gap, GapKind};
use toml::{Table, Value};

use super::maven::{self, is_id, is_version};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "gradle-version-catalog",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*.versions.toml"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let catalog: Table = match text.parse() {
        Ok(catalog) => catalog,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let empty = Table::new();
    let table = |name: &str| catalog.get(name).and_then(Value::as_table).unwrap_or(&empty);
    let versions = table("versions");
    for (alias, library) in table("libraries") {
        let Some((group, artifact, version)) = library_of(library, versions) else {
            let why = format!("the library `{alias}` has no group and name");
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            continue;
        };
        match version.filter(|version| is_version(version)) {
            Some(version) => facts.package(maven::package(&group, &artifact, &version)),
            None => {
                let why = format!("`{group}:{artifact}` states no one version; it cannot be judged");
                facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, why)));
            }
        }
    }
}

/// Group, artifact and version of a library: `"group:name:version"`, or a table with `module` or `group` and `name`.
fn library_of(library: &Value, versions: &Table) -> Option<(String, String, Option<String>)> {
    let (group, artifact, version) = match library {
        Value::String(text) => {
            let mut parts = text.splitn(3, ':');
            (parts.next()?, parts.next()?, parts.next().map(str::to_owned))
        }
        Value::Table(table) => {
            let text = |name: &str| table.get(name).and_then(Value::as_str);
            let (group, artifact) = match text("module") {
                Some(module) => module.split_once(':')?,
                None => (text("group")?, text("name")?),
            };
            (group, artifact, table.get("version").and_then(|version| version_of(version, versions)))
        }
        _ => return None,
    };
    (is_id(group) && is_id(artifact)).then(|| (group.to_owned(), artifact.to_owned(), version))
}

/// The version in a library's `version`, or the one in `[versions]` that it refers to: a text, or what is asked for most
/// strictly. None for a range.
fn version_of(version: &Value, versions: &Table) -> Option<String> {
    let version = match version.as_table().and_then(|table| table.get("ref")) {
        Some(name) => versions.get(name.as_str()?)?,
        None => version,
    };
    let text = match version {
        Value::String(text) => Some(text.as_str()),
        Value::Table(rich) => {
            ["strictly", "require", "prefer"].iter().find_map(|name| rich.get(*name).and_then(Value::as_str))
        }
        _ => None,
    };
    text.filter(|text| !text.contains(['[', ']', '(', ')', ',', '+'])).map(str::to_owned)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
