//! Gradle's dependency locks: `gradle.lockfile`, `buildscript-gradle.lockfile`, and the older `dependency-locks`, which
//! have a file for each configuration.

use std::ops::ControlFlow;

use model::package::DependencyScope;

use super::file::unidentified;
use super::maven::{self, is_id, is_version};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "gradle-lockfile",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/gradle.lockfile", "**/*-gradle.lockfile", "**/dependency-locks/*.lockfile"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    let whole = match name {
        // What the build itself runs on is not in what it builds.
        "buildscript-gradle.lockfile" => Some(DependencyScope::Development),
        "gradle.lockfile" => None,
        configuration => Some(scope(configuration.trim_end_matches(".lockfile"))),
    };
    let file = &*file;
    file.for_each_line(facts, |facts, number, line| {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            dependency(file, facts, number, line, whole);
        }
        ControlFlow::Continue(())
    });
}

/// Reads `group:artifact:version=configuration,…`. A line `empty=…` lists the configurations without dependencies.
fn dependency(file: &File<'_>, facts: &mut Facts, number: u64, line: &str, whole: Option<DependencyScope>) {
    let (coordinates, configurations) = line.split_once('=').unwrap_or((line, ""));
    if coordinates == "empty" {
        return;
    }
    let mut parts = coordinates.splitn(3, ':');
    let (Some(group), Some(artifact), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
        let why = format!("line {number} names no dependency");
        return facts.push(Fact::Gap(file.unreadable_record(&why)));
    };
    if !is_id(group) || !is_id(artifact) || !is_version(version) {
        let why = unidentified(number, artifact, version)
            .unwrap_or_else(|| format!("line {number} has an illegible name or version"));
        return facts.push(Fact::Gap(file.unreadable_record(&why)));
    }
    let mut package = maven::package(group, artifact, version);
    let mut scopes = configurations.split(',').filter(|name| !name.is_empty()).map(scope).peekable();
    let only_development =
        scopes.peek().is_some() && scopes.all(|scope| scope == DependencyScope::Development);
    let stated = if only_development { DependencyScope::Development } else { DependencyScope::Runtime };
    package.scope = whole.unwrap_or(stated);
    facts.package(package);
}

/// What a configuration is for, by the names that Gradle's plugins give: those of source sets for tests start with `test` or
/// have `Test` in them, and annotation processors run in the compiler.
fn scope(configuration: &str) -> DependencyScope {
    let is_development = configuration.starts_with("test")
        || configuration.contains("Test")
        || configuration == "annotationProcessor"
        || configuration == "developmentOnly"
        || configuration == "buildscript-classpath"
        || configuration == "classpath";
    if is_development { DependencyScope::Development } else { DependencyScope::Runtime }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_for_tests_are_for_development() {
        for (configuration, expected) in [
            ("testRuntimeClasspath", DependencyScope::Development),
            ("debugUnitTestCompileClasspath", DependencyScope::Development),
            ("annotationProcessor", DependencyScope::Development),
            ("runtimeClasspath", DependencyScope::Runtime),
            ("latestRelease", DependencyScope::Runtime),
        ] {
            assert_eq!(scope(configuration), expected, "{configuration}");
        }
    }
}
