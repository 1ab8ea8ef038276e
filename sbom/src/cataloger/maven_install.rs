//! The lock file of Bazel's rules for Java (`maven_install.json` of rules_jvm_external), in both of its forms.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::facts::PackageFact;
use super::maven::{self, is_id, is_version};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "maven-install",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*maven_install.json"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Lock {
    /// The older form.
    dependency_tree: Option<Tree>,
    /// The newer one: artifacts by `group:name` or `group:name:kind:classifier`.
    #[serde(default)]
    artifacts: BTreeMap<String, Artifact>,
    #[serde(default)]
    dependencies: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Tree {
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    /// `group:name:version`, or with kind and classifier before the version.
    #[serde(default)]
    coord: String,
    sha256: Option<String>,
    #[serde(default, rename = "directDependencies")]
    direct: Vec<String>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    shasums: BTreeMap<String, Option<String>>,
    #[serde(default)]
    version: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    for dependency in lock.dependency_tree.iter().flat_map(|tree| &tree.dependencies) {
        let version = dependency.coord.rsplit(':').next().unwrap_or_default();
        push(file, facts, &dependency.coord, version, dependency.sha256.as_deref(), &dependency.direct);
    }
    for (coordinates, artifact) in &lock.artifacts {
        let sha256 = artifact.shasums.get("jar").and_then(Option::as_deref);
        let direct = lock.dependencies.get(coordinates).map_or(&[][..], Vec::as_slice);
        push(file, facts, coordinates, &artifact.version, sha256, direct);
    }
}

fn push(
    file: &File<'_>,
    facts: &mut Facts,
    coordinates: &str,
    version: &str,
    sha256: Option<&str>,
    direct: &[String],
) {
    let parts: Vec<&str> = coordinates.splitn(6, ':').collect();
    let (group, artifact) = match &parts[..] {
        [group, artifact, ..] if is_id(group) && is_id(artifact) && is_version(version) => {
            (*group, *artifact)
        }
        _ => {
            let why = format!("`{coordinates}` `{version}` has no name or version that is one");
            return facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
    };
    // The sources of an artifact are no package of their own.
    if parts.contains(&"sources") || parts.contains(&"javadoc") {
        return;
    }
    let mut package = maven::package(group, artifact, version);
    let is_hex = |hash: &&str| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    package.digests.extend(sha256.filter(is_hex).map(|hash| format!("sha256:{hash}")));
    let name = |needed: &String| {
        let mut parts = needed.splitn(3, ':');
        Some(maven::full_name(parts.next()?, parts.next()?))
    };
    let requires = direct.iter().filter_map(name).collect();
    let fact = PackageFact { requires, ..PackageFact::new(package) };
    facts.push(Fact::Package(fact.stating_needs()));
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
