//! Projects built with the tools of their languages and installed into a Debian root filesystem: what those tools list is
//! what must be found (`.ci/real-projects`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::Place;

/// The directory that `.ci/real-projects` wrote, for the test called `test`.
fn projects(test: &str) -> Option<PathBuf> {
    testkit::real::program("real projects", Some("PLIMSOLL_REAL_PROJECTS"), test)
}

/// The packages of `root`, by package URL: the paths they were found at, and whether an operating-system package owns
/// each.
fn packages(root: &Path) -> BTreeMap<String, Vec<(String, bool)>> {
    let sbom = Place::new().json(["sbom", &format!("dir:{}", root.display()), "-o", "cyclonedx-json"]);
    let mut packages: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for component in sbom["components"].as_array().unwrap() {
        let Some(purl) = component["purl"].as_str() else { continue };
        let purl = purl.split(['?', '#']).next().unwrap().to_owned();
        let property = |name: &str| {
            let properties = component["properties"].as_array().into_iter().flatten();
            properties.into_iter().any(|property| property["name"] == name)
        };
        for occurrence in component["evidence"]["occurrences"].as_array().into_iter().flatten() {
            let path = occurrence["location"].as_str().unwrap().to_owned();
            packages.entry(purl.clone()).or_default().push((path, property("plimsoll:owner")));
        }
    }
    packages
}

#[test]
fn what_the_tools_of_a_language_list_is_found() {
    let Some(projects) = projects("what_the_tools_of_a_language_list_is_found") else { return };
    let packages = packages(&projects.join("root"));
    for language in ["go", "java", "node", "rust"] {
        let expected = fs::read_to_string(projects.join(format!("expected/{language}.txt"))).unwrap();
        let expected: BTreeSet<&str> = expected.lines().collect();
        let below = format!("opt/{language}/");
        let found: BTreeSet<&str> = packages
            .iter()
            .filter(|(_, places)| places.iter().any(|(path, _)| path.starts_with(&below)))
            .map(|(purl, _)| purl.as_str())
            // The main module of a Go program built outside of version control has no version, and a program is no
            // dependency of itself.
            .filter(|purl| !purl.starts_with("pkg:golang/example.com/demo") && *purl != "pkg:npm/demo@1.0.0")
            .collect();
        assert!(expected.len() > 2, "{language}");
        assert_eq!(found, expected, "{language}");
    }
    for (purl, places) in &packages {
        for (path, is_owned) in places.iter().filter(|(path, _)| path.starts_with("opt/")) {
            assert!(!is_owned, "{purl} at {path}");
        }
    }
}

/// The dependencies of the Java project lie twice in it: as jars, and unpacked into one.
#[test]
fn both_copies_of_a_java_dependency_are_found() {
    let Some(projects) = projects("both_copies_of_a_java_dependency_are_found") else { return };
    let packages = packages(&projects.join("root"));
    let places: BTreeSet<&str> = packages["pkg:maven/org.apache.commons/commons-text@1.10.0"]
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(places.contains("opt/java/lib/commons-text-1.10.0.jar"), "{places:?}");
    assert!(places.iter().any(|path| path.starts_with("opt/java/demo-1.0.0.jar")), "{places:?}");
}

#[test]
fn python_packages_that_the_distribution_installed_are_owned() {
    let Some(projects) = projects("python_packages_that_the_distribution_installed_are_owned") else {
        return;
    };
    let packages = packages(&projects.join("root"));
    let installed: Vec<_> = packages
        .iter()
        .filter(|(purl, _)| purl.starts_with("pkg:pypi/"))
        .flat_map(|(purl, places)| places.iter().map(move |(path, is_owned)| (purl, path, *is_owned)))
        .collect();
    let names = ["requests", "pyyaml", "urllib3", "idna", "certifi"];
    for name in names {
        assert!(installed.iter().any(|(purl, ..)| purl.starts_with(&format!("pkg:pypi/{name}@"))), "{name}");
    }
    for (purl, path, is_owned) in installed {
        assert!(is_owned, "{purl} at {path}");
    }
}
