//! The lock files of sbt-dependency-lock (`build.sbt.lock`).

use model::package::DependencyScope;
use serde::Deserialize;

use super::maven::{self, is_id, is_version};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "sbt-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*.sbt.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(default)]
    org: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    artifacts: Vec<Artifact>,
    #[serde(default)]
    configurations: Vec<String>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    name: String,
    #[serde(default)]
    hash: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    for dependency in &lock.dependencies {
        let Dependency { org, name, version, artifacts, configurations } = dependency;
        if !is_id(org) || !is_id(name) || !is_version(version) {
            let why = format!("the dependency `{org}:{name}` `{version}` has no name or version that is one");
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            continue;
        }
        let mut package = maven::package(org, name, version);
        let is_for_tests =
            |configuration: &String| matches!(&**configuration, "test" | "it" | "integration-test");
        if !configurations.is_empty() && configurations.iter().all(is_for_tests) {
            package.scope = DependencyScope::Development;
        }
        let jars = artifacts.iter().filter(|artifact| artifact.name == format!("{name}.jar"));
        package.digests = jars.filter_map(|artifact| digest(&artifact.hash)).collect();
        facts.package(package);
    }
}

/// `sha1:0122c7…`, where it is one.
fn digest(hash: &str) -> Option<String> {
    let (algorithm, hex) = hash.split_once(':')?;
    let is_known = matches!(algorithm, "md5" | "sha1" | "sha256" | "sha512");
    (is_known && !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hash.to_owned())
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
