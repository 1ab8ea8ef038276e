//! Java archives and runtimes, and what Maven, Gradle, sbt and Bazel declare.

use std::collections::BTreeMap;
use std::fs;

use model::gap::GapKind;
use model::package::{DependencyScope, Package, PackageKind};

use super::super::java_archive::manifest_attributes;
use super::super::testing::{Files, found_in};
use super::{Argued, Suite};

/// A folder, and which packages of its cases are compared: theirs, and ours, of which the case's inputs are given too.
pub(super) type Compared = (&'static str, fn(&serde_json::Value) -> bool, fn(&Package, &[&str]) -> bool);

/// What is compared of some suites: tools that fetch poms from repositories list what those say too, which is not here, and
/// some leave the project itself out, which is no dependency.
pub(super) const COMPARED: &[Compared] = &[
    ("osv-scalibr/language/java/pomxml", |_| true, |package, _| is_dependency(package)),
    ("trivy-analyzer/language/java/pom", is_direct, is_used_dependency),
    ("trivy-parser/java/pom", is_direct, is_used_dependency),
    ("osv-scalibr/language/java/gradleverificationmetadataxml", is_whole, |_, _| true),
    ("osv-scalibr/language/java/gradleversioncatalog", is_whole, |_, _| true),
    ("trivy-parser/sbt/lockfile", |_| true, |package, _| package.scope == DependencyScope::Runtime),
];

fn is_dependency(package: &Package) -> bool {
    package.kind != PackageKind::Application
}

/// Trivy leaves out what is needed for tests only, unless the project itself is one, and what the place where it runs
/// provides. It reads parents for the sake of their children.
fn is_used_dependency(package: &Package, inputs: &[&str]) -> bool {
    let path = &*package.locations[0].path;
    let is_of_parent = path.starts_with("parent/")
        || path.starts_with("top-parent/")
        || (inputs.iter().any(|input| input.contains("/child/")) && !path.starts_with("child/"));
    is_dependency(package)
        && !is_of_parent
        && package.name != "org.example:example-provided"
        && (package.scope == DependencyScope::Runtime || path.contains("src/it/"))
}

/// What lacks a group, a name or a version is a gap, no package.
fn is_whole(package: &serde_json::Value) -> bool {
    let name = package["name"].as_str().unwrap_or_default();
    package["version"] != "" && !name.starts_with(':') && !name.ends_with(':')
}

fn is_direct(package: &serde_json::Value) -> bool {
    package["relationship"] == "RelationshipDirect"
}

fn file_name(input: &str) -> &str {
    input.rsplit('/').next().unwrap_or(input)
}

pub(super) const SUITES: &[Suite] = &[
    Suite {
        folder: "osv-scalibr/language/java/archive",
        place: |input| match file_name(input) {
            "MANIFEST.MF" | "manifest-symbolicname" | "invalid-ids" | "axis" => {
                Err("a manifest that their test puts into an archive")
            }
            "no_pom_properties-2.4.0.jar" | "pom_missing_group_id-2.4.0.jar" => {
                Err("an option makes the artifact's name a group too")
            }
            "not_jar" => Ok("app/not.jar".to_owned()),
            name => Ok(format!("app/{name}")),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/java/jar",
        place: |input| match file_name(input) {
            "test.jar" | "heuristic-1.0.0-SNAPSHOT.jar" => Err("looked up in an index of hashes"),
            name => Ok(format!("app/{name}")),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/java/jar",
        place: |input| Ok(format!("app/{}", file_name(input))),
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/java",
        place: |input| match input {
            _ if input.ends_with("gradle.lockfile") => Ok("gradle.lockfile".to_owned()),
            _ if input.contains("example-java-app-maven") => Ok("app".to_owned()),
            _ if input.contains("jvm-installs/") && input.ends_with("/release") => {
                Ok("usr/lib/jvm/java/release".to_owned())
            }
            _ if input.contains("jvm-installs/") => Ok(String::new()),
            _ if input.contains("/manifest/") => Err("a test of their manifest parser, without packages"),
            _ => Err("a test of parts, without packages"),
        },
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/java/pomxml",
        place: |input| match file_name(input) {
            "with-parent.xml" => Err("its parents are fetched from a repository"),
            _ => Ok("pom.xml".to_owned()),
        },
        argued: &[
            Argued {
                case: "testdata/interpolation.xml",
                ours: "org.mine:my.package 2.3.4, org.mine:mypackage 1.0.0",
                rule: "Maven, POM Reference, Dependency Version Requirement Specification",
                evidence: "of the range [9.4.35.v20201120,9.5) Maven takes the newest there is; a gap names the package",
            },
            Argued {
                case: "testdata/multi-version.xml",
                ours: "abc:example.com 1.1.1",
                rule: "Maven, model merging: dependencies are kept by group, artifact, type and classifier",
                evidence: "of two declarations of the same the last counts, as Maven warns",
            },
        ],
    },
    Suite {
        folder: "trivy-analyzer/language/java/pom",
        place: |input| match input.ends_with(".xml") {
            true => Ok(input.to_owned()),
            false => Ok("app".to_owned()),
        },
        argued: &[Argued {
            case: "testdata/mark-as-dev/src/it/example/pom.xml",
            ours: "",
            rule: "maven-invoker-plugin, filtering",
            evidence: "`@example.version@` is what the plugin replaces, no version; a gap names the package",
        }],
    },
    Suite { folder: "trivy-parser/java/pom", place: whole_project, argued: &[] },
    Suite {
        folder: "osv-scalibr/language/java/gradlelockfile",
        place: |_| Ok("gradle.lockfile".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/gradle/lockfile",
        place: |_| Ok("gradle.lockfile".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/java/gradleverificationmetadataxml",
        place: |_| Ok("gradle/verification-metadata.xml".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/java/gradleversioncatalog",
        place: |_| Ok("gradle/libs.versions.toml".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/java/sbt",
        place: |_| Ok("build.sbt.lock".to_owned()),
        argued: &[],
    },
    Suite { folder: "trivy-parser/sbt/lockfile", place: |_| Ok("build.sbt.lock".to_owned()), argued: &[] },
];

/// The folder of a project, its modules and parents with it.
fn whole_project(input: &str) -> Result<String, &'static str> {
    let name = input.split('/').nth(1).unwrap_or_default();
    match name {
        "hard-requirement" => return Err("a transitive dependency, fetched from a repository, decides"),
        _ if name.starts_with("inherit-scopes-") => {
            return Err("a function of their test builds what is expected, and that is not here");
        }
        "different-repos-for-different-poms" | "repo-from-root-for-dep-from-module" => {
            return Err("fetched from a repository");
        }
        _ => {}
    }
    Ok(format!("tree:testdata/{name}"))
}

/// The manifests of Clair's tests (the files are texts), and what is to be read of their main section.
#[test]
fn manifests_hold_what_clair_reads_of_them() {
    let Some(data) = testkit::data::require("manifests_hold_what_clair_reads_of_them") else { return };
    let folder = data.join("packages/claircore-jar");
    let mut n_compared = 0;
    for entry in fs::read_dir(folder.join("manifest")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "want") {
            continue;
        }
        let read = |path: &std::path::Path| manifest_attributes(&fs::read_to_string(path).unwrap());
        let mut wanted = path.clone().into_os_string();
        wanted.push(".want");
        assert_eq!(read(&path), read(std::path::Path::new(&wanted)), "{}", path.display());
        n_compared += 1;
    }
    assert!(n_compared > 40, "{n_compared}");
}

/// An archive called `name` with one manifest and what else is given.
fn jar(name: &str, entries: &[(&str, &[u8])]) -> Files {
    let entries = entries.iter().map(|(name, bytes)| (*name, *bytes, testkit::zip::Packing::Deflated));
    vec![(format!("app/{name}"), testkit::zip::archive(entries))]
}

/// What the manifest alone says against what Maven left beside it.
#[test]
fn manifests_name_what_maven_left_beside_them() {
    let Some(data) = testkit::data::require("manifests_name_what_maven_left_beside_them") else { return };
    let folder = data.join("packages/claircore-jar");
    let mut differences = BTreeMap::new();
    let mut n_compared = 0;
    for entry in fs::read_dir(folder.join("properties")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let properties = fs::read(&path).unwrap();
        let manifest = fs::read(folder.join("manifest").join(name)).unwrap();
        let of = |entries: &[(&str, &[u8])]| {
            let found = found_in(&jar(name, entries));
            let say = |package: &Package| format!("{} {}", package.name, package.version);
            found.packages.iter().map(say).collect::<Vec<_>>().join(", ")
        };
        let stated = of(&[("META-INF/maven/g/a/pom.properties", &properties)]);
        let concluded = of(&[("META-INF/MANIFEST.MF", &manifest)]);
        n_compared += 1;
        // A group that is not known is no wrong one.
        let artifact = stated.split_once(':').map_or(stated.as_str(), |(_, artifact)| artifact);
        if concluded != stated && concluded != artifact {
            differences.insert(name.to_owned(), (stated, concluded));
        }
    }
    assert!(n_compared > 20, "{n_compared}");
    let argued: Vec<&str> = differences.keys().map(String::as_str).collect();
    assert_eq!(argued, ARGUED_MANIFESTS, "{differences:#?}");
}

/// Archives whose manifest says otherwise than Maven: what Maven left in this one is of another project, copied into it.
const ARGUED_MANIFESTS: &[&str] = &["cassandra-driver-core-3.11.0-shaded.jar"];

#[test]
fn malformed_manifests_and_archives_inside_are_read() {
    let Some(data) = testkit::data::require("malformed_manifests_and_archives_inside_are_read") else {
        return;
    };
    let folder = data.join("packages/claircore-jar");
    for (name, n_gaps) in [("bad-header", 1), ("empty", 0), ("no-version", 0)] {
        let manifest = fs::read(folder.join("malformed-manifests").join(name)).unwrap();
        let found = found_in(&jar("a-1.jar", &[("META-INF/MANIFEST.MF", &manifest)]));
        let records = found.gaps.iter().filter(|gap| gap.kind == GapKind::UNREADABLE_RECORD);
        assert_eq!(records.count(), n_gaps, "{name}");
    }
    let found =
        found_in(&vec![("app/inner.jar".to_owned(), fs::read(folder.join("inner/inner.jar")).unwrap())]);
    let mut places: Vec<String> = found
        .packages
        .iter()
        .map(|package| format!("{} {}", package.purl, package.locations[0].path))
        .collect();
    places.sort();
    assert_eq!(
        places,
        [
            "pkg:maven/jackson-annotations@2.13.0 app/inner.jar!/BOOT-INF/lib/jackson-annotations-2.13.0.jar",
            "pkg:maven/log4j-api@2.14 app/inner.jar!/BOOT-INF/lib/log4j-api-2.14.jar",
            "pkg:maven/log4j@2.14.0 app/inner.jar!/BOOT-INF/lib/log4j-api-2.14.jar!/META-INF/inner-jar/log4j-2.14.0.jar",
        ]
    );
}
