//! The lock file of CocoaPods: pods and their subspecs, what each needs, and checksums of their specifications.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::{Dependencies, Mark, Package};
use model::purl::Purl;

use super::records::{LockedPackages, is_identified};
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "podfile-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/Podfile.lock"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match yaml::parse(&text) {
        Ok(root @ (Yaml::Map(_) | Yaml::Null)) => root,
        Ok(_) => return facts.push(Fact::Gap(file.unreadable(&"it is no map"))),
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let about = AboutPods {
        checksums: root.get("SPEC CHECKSUMS").into_iter().flat_map(Yaml::entries).collect(),
        external: root.get("EXTERNAL SOURCES").into_iter().flat_map(Yaml::entries).collect(),
    };
    let mut packages = LockedPackages::default();
    for pod in root.get("PODS").into_iter().flat_map(Yaml::elements) {
        // A pod that needs nothing is a text, one that does is a map with one entry.
        let (title, needed) = match pod.entries().next() {
            Some((title, needed)) => (title, Some(needed)),
            None => (pod.text().unwrap_or_default(), None),
        };
        let Some((name, version)) = title.strip_suffix(')').and_then(|title| title.split_once(" (")) else {
            let why = format!("`{}` is no pod with a version", title.escape_debug());
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            continue;
        };
        if is_identified(file, facts, name, version) {
            let needs = needed.into_iter().flat_map(Yaml::elements).filter_map(Yaml::text);
            let needs = needs.map(|need| need.split(" (").next().unwrap_or(need).to_owned()).collect();
            let mut package = package(name, version, &about);
            package.depends_on = Dependencies::none_if(needed.is_none());
            packages.add(name, package, needs);
        }
    }
    packages.finish(facts);
}

/// What other sections say of pods, by name.
struct AboutPods<'a> {
    checksums: BTreeMap<&'a str, &'a Yaml>,
    /// A directory or a repository, instead of a release.
    external: BTreeMap<&'a str, &'a Yaml>,
}

fn package(name: &str, version: &str, about: &AboutPods<'_>) -> Package {
    let (pod, subspec) = name.split_once('/').unwrap_or((name, ""));
    let mut purl = Purl::new("cocoapods", pod).with_version(version);
    purl.subpath = Some(subspec.to_owned()).filter(|subspec| !subspec.is_empty());
    let mut package = Package::new(Ecosystem::CocoaPods, name, version, purl.to_string());
    let checksum = about.checksums.get(pod).and_then(|checksum| checksum.text());
    package.digests.extend(checksum.map(|hex| format!("sha1:{}", hex.to_ascii_lowercase())));
    if about.external.contains_key(pod) {
        package.marks.push(Mark::Unreleased);
    }
    package
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
