//! Dart's lock file: packages of pub.dev and other hosts, of Git repositories, of directories and of the SDK.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, DependencyScope, Mark, Package};
use model::purl::Purl;

use super::records::{is_identified, sha256, without_version};
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pubspec-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pubspec.lock"]),
    read,
    assemble,
};

/// What pub writes where a package of the SDK has no version of its own.
const NO_VERSION: &str = "0.0.0";
/// The default host under the names it has had, and its mirrors in China.
const DEFAULT_HOSTS: &[&str] =
    &["pub.dev", "pub.dartlang.org", "pub.flutter-io.cn", "mirrors.tuna.tsinghua.edu.cn/dart-pub"];

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match yaml::parse(&text) {
        Ok(root) => root,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if !matches!(root, Yaml::Map(_) | Yaml::Null) {
        return facts.push(Fact::Gap(file.unreadable(&"it is no map of packages")));
    }
    let sdks: BTreeMap<&str, &Yaml> = root.get("sdks").into_iter().flat_map(Yaml::entries).collect();
    for (name, record) in root.get("packages").into_iter().flat_map(Yaml::entries) {
        let Some(package) = package(name, record, &sdks, file, facts) else { continue };
        if is_identified(file, facts, name, package.version.as_str()) {
            facts.package(package);
        }
    }
}

/// None, and a gap, of a package of an SDK that the file says nothing about.
fn package(
    name: &str,
    record: &Yaml,
    sdks: &BTreeMap<&str, &Yaml>,
    file: &File<'_>,
    facts: &mut Facts,
) -> Option<Package> {
    let description = record.get("description");
    let described = |key: &str| description.and_then(|map| map.text_of(key)).unwrap_or_default();
    let mut version = record.text_of("version").unwrap_or_default().to_owned();
    let mut purl = Purl::new("pub", &name.to_lowercase());
    let mut marks = Vec::new();
    let mut certainty = Certainty::Stated;
    match record.text_of("source") {
        Some("hosted") => {
            let host = described("url").trim_start_matches("https://").trim_start_matches("http://");
            let host = host.trim_end_matches('/');
            if !DEFAULT_HOSTS.contains(&host) {
                purl = purl.with_qualifier("repository_url", described("url"));
            }
        }
        Some("git") => {
            let url = format!("git+{}@{}", described("url"), described("resolved-ref"));
            purl = purl.with_qualifier("vcs_url", &url);
            marks.push(Mark::Unreleased);
        }
        Some("path") => marks.push(Mark::Unreleased),
        // The package is as old as the SDK, of which the lock file knows the oldest that will do.
        Some("sdk") if version == NO_VERSION => {
            let sdk = description.and_then(Yaml::text).unwrap_or_default();
            let range = sdks.get(sdk).and_then(|range| range.text()).unwrap_or_default();
            version = lower_bound(range).to_owned();
            certainty = Certainty::Guessed;
            if version.is_empty() {
                facts.push(Fact::Gap(without_version(file, name)));
                return None;
            }
        }
        _ => {}
    }
    let mut package = Package::new(Ecosystem::Pub, name, &version, purl.with_version(&version).to_string());
    package.marks = marks;
    package.certainty = certainty;
    package.digests.extend(sha256(described("sha256")));
    if record.text_of("dependency") == Some("direct dev") {
        package.scope = DependencyScope::Development;
    }
    Some(package)
}

/// `3.24.5` of `>=3.24.5 <4.0.0`, `^3.24.5` and `3.24.5`; empty when there is none.
fn lower_bound(range: &str) -> &str {
    let first = range.split_whitespace().next().unwrap_or_default();
    let version = first.trim_start_matches(">=").trim_start_matches('^');
    if version.starts_with(|character: char| character.is_ascii_digit()) { version } else { "" }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
