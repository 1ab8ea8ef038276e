//! Which package an archive is: from what Maven left in it, from its manifest, from its name (feeds.md D3).

use std::sync::LazyLock;

use model::package::{Certainty, Package};
use regex::Regex;

use super::super::maven::{self, is_id, is_version};
use super::known;
use super::manifest::Manifest;

/// Group (empty when unknown), artifact and version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Coordinates {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
}

impl Coordinates {
    pub(super) fn package(&self) -> Package {
        maven::package(&self.group, &self.artifact, &self.version)
    }
}

/// What a file's name says: `jackson-core-2.15.2.jar` is version 2.15.2 of `jackson-core`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// The name without its extension.
    pub(super) stem: &'a str,
    pub(super) artifact: &'a str,
    pub(super) version: Option<&'a str>,
    /// `sources`, `javadoc`, `tests`, …; other classifiers are part of what looks like the version.
    pub(super) classifier: Option<&'a str>,
}

/// Classifiers of archives that hold no software to run.
const CLASSIFIERS: &[&str] = &["test-sources", "test-javadoc", "sources", "javadoc", "tests"];

/// What can follow an artifact's name: a version starts with a number that ends or has parts.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:-v?[0-9]+(?:[.][0-9A-Za-z.+_]*|[a-z]+[0-9]+)?|_v?[0-9]+[.][0-9A-Za-z.+_]*)(?:-[0-9A-Za-z.+_-]*)?$")
        .expect("it compiles")
});

impl<'a> FileName<'a> {
    pub(super) fn parse(name: &'a str) -> Self {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let classified = CLASSIFIERS.iter().find_map(|classifier| {
            let rest = stem.strip_suffix(classifier)?.strip_suffix('-')?;
            Some((rest, *classifier))
        });
        let (rest, classifier) = classified.map_or((stem, None), |(rest, word)| (rest, Some(word)));
        let at = VERSION.find(rest).map(|found| later_version(rest, found.start())).filter(|at| *at > 0);
        match at.and_then(|at| rest.split_at_checked(at)) {
            Some((artifact, version)) => Self {
                stem,
                artifact,
                version: version.get(1..).map(|version| version.strip_prefix('v').unwrap_or(version)),
                classifier,
            },
            None => Self { stem, artifact: rest, version: None, classifier },
        }
    }
}

/// Where the version begins in `stem`, if not at the separator at `at`: `demo-1.2-api-2.14.1` has a number in its name, and
/// `demo_2.12-3.0` the version of Scala that it was built for.
fn later_version(stem: &str, at: usize) -> usize {
    let mut found = at;
    let mut position = at;
    let mut may_restart = stem[at..].starts_with('_');
    for part in stem[at + 1..].split('-') {
        if may_restart && position > at && part.starts_with(|character: char| character.is_ascii_digit()) {
            found = position;
        }
        let is_word = part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_lowercase());
        may_restart = (position == at && may_restart) || (is_word && !is_qualifier(part));
        position += part.len() + 1;
    }
    found
}

/// Words that belong to the version they stand behind.
fn is_qualifier(word: &str) -> bool {
    let known = [
        "alpha",
        "beta",
        "rc",
        "cr",
        "m",
        "milestone",
        "pre",
        "preview",
        "sp",
        "ga",
        "final",
        "release",
        "build",
        "snapshot",
        "redhat",
        "jre",
        "android",
        "jbossorg",
        "cdh",
        "incubating",
    ];
    known.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// What the manifest says of the archive called `file`, completed by its name, and how sure that is. None when not even
/// a version is known.
pub(super) fn of_manifest(manifest: &Manifest, file: &FileName<'_>) -> Option<(Coordinates, Certainty)> {
    if let Some(plugin) = jenkins_plugin(manifest) {
        return Some((plugin, Certainty::Stated));
    }
    let symbolic = manifest.main("bundle-symbolicname").map(without_directives).filter(|name| is_id(name));
    let title = manifest.main("implementation-title").or_else(|| manifest.section("implementation-title"));
    let vendor_id = manifest.main("implementation-vendor-id").filter(|group| is_id(group));
    let module = manifest.main("automatic-module-name").filter(|name| is_id(name));
    let version = version(manifest, file)?;
    let known = known::coordinates(manifest, file.artifact).filter(|(_, artifact)| is_id(artifact));
    if let Some((group, artifact)) = known {
        let coordinates = Coordinates { group: group.to_owned(), artifact: artifact.to_owned(), version };
        return Some((coordinates, Certainty::Inferred));
    }
    // Builds write their group as the vendor's id, and tools begin a bundle's name with it. Where both speak and differ,
    // the vendor's id is an organisation's, and no group is better than a wrong one.
    let in_bundle = symbolic.and_then(|name| group_in_bundle(name, file.artifact));
    let group = match (vendor_id, in_bundle) {
        (Some(vendor), Some(bundle)) if vendor != bundle => String::new(),
        (Some(vendor), _) => vendor.to_owned(),
        (None, bundle) => bundle.unwrap_or_default(),
    };
    let is_confirmed = |artifact: &str| {
        let same = |text: &str| squeezed(text).ends_with(&squeezed(artifact));
        [symbolic, title, module, manifest.main("specification-title"), manifest.main("bundle-name")]
            .into_iter()
            .flatten()
            .any(same)
    };
    let from_name = (file.version.is_some() || is_confirmed(file.artifact)).then_some(file.artifact);
    let from_title = title.filter(|title| is_id(title) && title.contains('-') || Some(*title) == symbolic);
    let artifact = from_name.filter(|name| is_id(name)).or(from_title).or(symbolic)?;
    let without_group = artifact.strip_prefix(&format!("{group}.")).filter(|_| !group.is_empty());
    let artifact = without_group.filter(|rest| is_id(rest)).unwrap_or(artifact);
    let states_itself = vendor_id.is_some() || symbolic.is_some() || title.is_some() || module.is_some();
    let certainty = if states_itself { Certainty::Inferred } else { Certainty::Guessed };
    let coordinates = Coordinates { group, artifact: artifact.to_owned(), version };
    Some((coordinates, certainty))
}

/// What the name alone says, which is no more than a guess, and no group.
pub(super) fn of_name(file: &FileName<'_>) -> Option<Coordinates> {
    let version = file.version.filter(|version| is_version(version))?;
    let artifact = Some(file.artifact).filter(|artifact| is_id(artifact))?;
    Some(Coordinates { group: String::new(), artifact: artifact.to_owned(), version: version.to_owned() })
}

/// Jenkins names the coordinates of its plugins in the manifest.
fn jenkins_plugin(manifest: &Manifest) -> Option<Coordinates> {
    let word = |text: &str| text.split_whitespace().next().map(str::to_owned);
    Some(Coordinates {
        group: manifest.main("group-id").filter(|group| is_id(group))?.to_owned(),
        artifact: manifest.main("short-name").filter(|name| is_id(name))?.to_owned(),
        version: manifest.main("plugin-version").and_then(word).filter(|version| is_version(version))?,
    })
}

/// The version in the name where there is one, since that is the one of the artifact; builds write others into manifests,
/// of the specification or with the time of the build.
fn version(manifest: &Manifest, file: &FileName<'_>) -> Option<String> {
    let stated = |name: &str| manifest.main(name).or_else(|| manifest.section(name));
    let candidates = [
        stated("implementation-version"),
        stated("bundle-version"),
        stated("plugin-version"),
        stated("specification-version"),
    ];
    let words = candidates.into_iter().flatten().filter_map(|version| version.split_whitespace().next());
    let mut stated =
        words.filter(|version| is_version(version) && version.contains(|c: char| c.is_ascii_digit()));
    let Some(in_name) = file.version.filter(|version| is_version(version)) else {
        return stated.next().map(str::to_owned);
    };
    // `demo-1.0-shaded.jar` is version 1.0, if the manifest says so.
    let without_classifier = stated.find(|version| {
        let rest = in_name.strip_prefix(*version).and_then(|rest| rest.strip_prefix('-'));
        let word = rest.map(|rest| rest.trim_end_matches(|character: char| character.is_ascii_digit()));
        word.is_some_and(|word| {
            word.bytes().all(|byte| byte.is_ascii_alphabetic()) && !word.is_empty() && !is_qualifier(word)
        })
    });
    Some(without_classifier.unwrap_or(in_name).to_owned())
}

/// `com.acme.demo;singleton:=true` without what follows the name.
fn without_directives(name: &str) -> &str {
    name.split(';').next().unwrap_or(name).trim()
}

/// The group in a bundle's symbolic name, where the name is what the Maven plugin for bundles makes of group and artifact:
/// both joined by a dot, the artifact without a beginning that repeats the group's last part.
fn group_in_bundle(symbolic: &str, artifact: &str) -> Option<String> {
    let joined = |rest: &str| {
        let group = symbolic.strip_suffix(rest)?.strip_suffix('.')?;
        (group.contains('.')).then_some(group)
    };
    let last_part = |group: &str| group.rsplit('.').next().map(str::to_owned);
    // `org.acme.tools` and `tools-core` give `org.acme.tools.core`.
    let shortened = artifact.match_indices(['-', '.']).find_map(|(at, _)| {
        let group = joined(&artifact[at + 1..])?;
        (last_part(group).as_deref() == Some(&artifact[..at])).then_some(group)
    });
    shortened.or_else(|| joined(artifact)).map(str::to_owned)
}

/// Letters and digits in lower case, since titles are written with spaces and capitals.
fn squeezed(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_a_version_and_a_classifier() {
        for (name, artifact, version, classifier) in [
            ("demo-core-2.15.2.jar", "demo-core", Some("2.15.2"), None),
            ("demo-1.0-20240101.010101-1.jar", "demo", Some("1.0-20240101.010101-1"), None),
            ("demo-1.1.0-SNAPSHOT.jar", "demo", Some("1.1.0-SNAPSHOT"), None),
            ("demo-1.0.0-beta-2.jar", "demo", Some("1.0.0-beta-2"), None),
            ("demo-1.2-api-2.14.1.jar", "demo-1.2-api", Some("2.14.1"), None),
            ("demo_2.12-3.0.jar", "demo_2.12", Some("3.0"), None),
            ("org.acme.demo_1.2.3.v2020.jar", "org.acme.demo", Some("1.2.3.v2020"), None),
            ("demo-1.0-sources.jar", "demo", Some("1.0"), Some("sources")),
            ("demo.jar", "demo", None, None),
            ("demo-2d.jar", "demo-2d", None, None),
            ("demo-20040616.jar", "demo", Some("20040616"), None),
            ("demo-1.0-beta-2.jar", "demo", Some("1.0-beta-2"), None),
            ("-1.jar", "-1", None, None),
        ] {
            let found = FileName::parse(name);
            assert_eq!(
                (found.artifact, found.version, found.classifier),
                (artifact, version, classifier),
                "{name}"
            );
        }
    }

    #[test]
    fn what_a_manifest_gives_is_an_id() {
        let found = |manifest: &str, name: &str| {
            let (found, _) = of_manifest(&Manifest::parse(manifest), &FileName::parse(name))?;
            Some(format!("{}:{}:{}", found.group, found.artifact, found.version))
        };
        let tomcat = "Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.1";
        let expected = Some("org.apache.tomcat:tomcat-coyote:9.0.1".to_owned());
        assert_eq!(found(tomcat, "tomcat-coyote.jar"), expected);
        assert_eq!(found(tomcat, "tomcat-a b:c\u{1b}[2J.jar"), None);
        let acme = "Implementation-Vendor-Id: org.acme";
        assert_eq!(found(acme, "org.acme.demo-1.0.jar"), Some("org.acme:demo:1.0".to_owned()));
        assert_eq!(found(acme, "org.acme.-1.0.jar"), Some("org.acme:org.acme.:1.0".to_owned()));
    }

    #[test]
    fn a_group_is_read_out_of_a_bundles_name_only_as_the_plugin_wrote_it() {
        for (symbolic, artifact, expected) in [
            ("com.acme.tools.core", "tools-core", Some("com.acme.tools")),
            ("com.acme.demo", "demo", Some("com.acme")),
            ("com.acme.other", "demo", None),
            ("acme.demo", "demo", None),
            ("demo", "demo", None),
        ] {
            assert_eq!(group_in_bundle(symbolic, artifact).as_deref(), expected, "{symbolic} {artifact}");
        }
    }
}
