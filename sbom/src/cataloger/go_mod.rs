//! Go modules that a project requires: `go.mod`, and `go.sum` where that is not complete.
//!
//! From Go 1.17 on `go.mod` lists every module that the program can need (Go Modules Reference, "Module graph pruning").
//! Before, `go.sum` lists what was downloaded, which is more than is linked, and is all that there is (feeds.md D3).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Certainty, Mark, Package};
use model::purl::Purl;

use super::facts::FactFile;
use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "go-mod",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/go.mod", "**/go.sum"]),
    read,
    assemble,
};

/// The name of the fact that a `go.mod` lists all that is needed.
const COMPLETE: &str = "complete";
/// The first version of Go whose `go.mod` is complete.
const COMPLETE_SINCE: (u32, u32) = (1, 17);

/// Go module `path` in `version`.
pub(super) fn package(path: &str, version: &str) -> Package {
    let purl = match path.rsplit_once('/') {
        Some((namespace, name)) => Purl::new("golang", name).with_namespace(namespace),
        None => Purl::new("golang", path),
    };
    Package::new(Ecosystem::Golang, path, version, purl.with_version(version).to_string())
}

/// Whether a replacement names a directory and not a module.
pub(super) fn is_directory(path: &str) -> bool {
    path.starts_with(['.', '/', '\\']) || path.get(1..3).is_some_and(|text| text == ":\\" || text == ":/")
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // The module cache holds what others require, each in a file of its own.
    if file.path.starts_with("pkg/mod/") || file.path.contains("/pkg/mod/") {
        return;
    }
    if file.path.ends_with("go.sum") { read_sum(file, facts) } else { read_mod(file, facts) }
}

/// `PATH VERSION h1:…` of a module, `PATH VERSION/go.mod h1:…` of its `go.mod` alone.
fn read_sum(file: &File<'_>, facts: &mut Facts) {
    file.for_each_line(facts, |facts, number, line| {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(_), Some(version), Some(_)) if version.ends_with("/go.mod") => {}
            (Some(path), Some(version), Some(_)) if is_legible(path) && is_version(version) => {
                facts.package(package(path, version));
            }
            _ => {
                let why = format!("line {number} is none of a module, its version and a hash");
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
        }
        ControlFlow::Continue(())
    });
}

/// What a `go.mod` says, in its order.
#[derive(Default)]
struct Manifest {
    go: Option<String>,
    toolchain: Option<String>,
    required: Vec<(String, String)>,
    /// Of one version, or of all, another path and version.
    replaced: BTreeMap<(String, Option<String>), (String, String)>,
    excluded: BTreeSet<(String, String)>,
}

fn read_mod(file: &File<'_>, facts: &mut Facts) {
    let manifest = manifest(file, facts);
    let mut directories = Vec::new();
    for (path, version) in &manifest.required {
        let replaced = &manifest.replaced;
        let replacement = replaced
            .get(&(path.clone(), Some(version.clone())))
            .or_else(|| replaced.get(&(path.clone(), None)));
        if replacement.is_none() && manifest.excluded.contains(&(path.clone(), version.clone())) {
            let detail = format!("`{path}` {version} is excluded; Go takes a later version");
            facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
            continue;
        }
        let mut package = match replacement {
            None => package(path, version),
            Some((other, _)) if is_directory(other) => {
                directories.push(path.as_str());
                package(path, "")
            }
            Some((other, version)) => package(other, version),
        };
        if replacement.is_some() {
            package.marks = vec![Mark::Replaced];
        }
        facts.package(package);
    }
    if !directories.is_empty() {
        let detail =
            format!("Go modules taken from directories have no known version: {}", directories.join(", "));
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
    if let Some(version) = manifest.toolchain() {
        let mut package = package("stdlib", version);
        // At least this version is used, perhaps a later one.
        package.certainty = Certainty::Inferred;
        facts.package(package);
    }
    if manifest.go.as_deref().and_then(release).is_some_and(|release| release >= COMPLETE_SINCE) {
        facts.push(Fact::Text { name: COMPLETE.to_owned(), value: String::new() });
    }
}

fn manifest(file: &File<'_>, facts: &mut Facts) -> Manifest {
    let mut manifest = Manifest::default();
    let mut block: Option<String> = None;
    file.for_each_line(facts, |facts, number, line| {
        let text = line.split("//").next().unwrap_or_default().trim();
        let mut words = text.split_whitespace().map(unquoted);
        match (&block, text) {
            (_, "") => {}
            (Some(_), ")") => block = None,
            (None, _) if text.ends_with('(') => {
                block = words.next().map(|word| word.trim_end_matches('(').to_owned());
            }
            (Some(_), _) | (None, _) => {
                let verb = block.clone().or_else(|| words.next().map(str::to_owned)).unwrap_or_default();
                if manifest.line(&verb, &words.collect::<Vec<_>>()).is_none() {
                    let why = format!("line {number} is no `{verb}` as Go writes it");
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
            }
        }
        ControlFlow::Continue(())
    });
    manifest
}

impl Manifest {
    /// Takes in one directive; none when it has not the form that it must have.
    fn line(&mut self, verb: &str, words: &[&str]) -> Option<()> {
        match (verb, words) {
            ("go", [version]) => self.go = Some((*version).to_owned()),
            ("toolchain", [version]) => self.toolchain = Some((*version).to_owned()),
            ("require", [path, version]) if is_legible(path) && is_version(version) => {
                self.required.push(((*path).to_owned(), (*version).to_owned()));
            }
            ("exclude", [path, version]) => {
                self.excluded.insert(((*path).to_owned(), (*version).to_owned()));
            }
            ("replace", words) => {
                let arrow = words.iter().position(|word| *word == "=>")?;
                let (old, new) = (&words[..arrow], &words[arrow + 1..]);
                let key = match old {
                    [path] => ((*path).to_owned(), None),
                    [path, version] => ((*path).to_owned(), Some((*version).to_owned())),
                    _ => return None,
                };
                let value = match new {
                    [path] if is_directory(path) => ((*path).to_owned(), String::new()),
                    [path, version] if is_legible(path) && is_version(version) => {
                        ((*path).to_owned(), (*version).to_owned())
                    }
                    _ => return None,
                };
                self.replaced.insert(key, value);
            }
            ("go" | "toolchain" | "require" | "exclude", _) => return None,
            // `module`, `retract`, `tool`, `godebug` and what later versions of Go add.
            _ => {}
        }
        Some(())
    }

    /// The version of the standard library: that of the toolchain which is asked for. Before Go 1.21 the `go` line named a
    /// version of the language, as it still does without a third number.
    fn toolchain(&self) -> Option<&str> {
        let stated = self.toolchain.as_deref().and_then(|version| version.strip_prefix("go"));
        let stated = stated.map(|version| version.split('-').next().unwrap_or(version));
        let least = self.go.as_deref().filter(|version| {
            release(version) >= Some((1, 21)) && (version.matches('.').count() == 2 || version.contains("rc"))
        });
        stated.or(least).filter(|version| release(version).is_some() && is_legible(version))
    }
}

/// `1.21` of `1.21.4` and `1.21rc2`.
fn release(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn is_version(text: &str) -> bool {
    is_legible(text)
        && text.strip_prefix('v').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

fn unquoted(word: &str) -> &str {
    let quoted = |mark: char| word.strip_prefix(mark)?.strip_suffix(mark);
    quoted('"').or_else(|| quoted('`')).unwrap_or(word)
}

/// The order of two versions of one module, as far as the choice between them needs it: by number, releases after what
/// precedes them.
fn order(left: &str, right: &str) -> Ordering {
    fn key(version: &str) -> (Vec<u64>, bool, &str) {
        let version = version.trim_start_matches('v').split('+').next().unwrap_or_default();
        let (numbers, rest) = version.split_once('-').unwrap_or((version, ""));
        (numbers.split('.').map(|number| number.parse().unwrap_or(0)).collect(), rest.is_empty(), rest)
    }
    key(left).cmp(&key(right))
}

/// `go.sum` counts where the `go.mod` beside it is not complete, for the modules that this one does not name; of several
/// versions of a module the latest, which is the one that Go chooses.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut manifests: BTreeMap<&str, &FactFile> = BTreeMap::new();
    for file in tree.of(CATALOGER.name).filter(|file| file.path.ends_with("go.mod")) {
        manifests.insert(directory(&file.path), file);
        found.packages_in(file, |fact| Some(fact.package.clone()));
    }
    for file in tree.of(CATALOGER.name).filter(|file| file.path.ends_with("go.sum")) {
        let manifest = manifests.get(directory(&file.path));
        let is_complete = |fact: &Fact| matches!(fact, Fact::Text { name, .. } if name == COMPLETE);
        if manifest.is_some_and(|manifest| manifest.facts.iter().any(is_complete)) {
            continue;
        }
        let named: BTreeSet<&str> = manifest
            .into_iter()
            .flat_map(|manifest| manifest.packages())
            .map(|fact| fact.package.name.as_str())
            .collect();
        let mut latest: BTreeMap<&str, &Package> = BTreeMap::new();
        for fact in file.packages().filter(|fact| !named.contains(fact.package.name.as_str())) {
            let known = latest.entry(&fact.package.name).or_insert(&fact.package);
            if order(known.version.as_str(), fact.package.version.as_str()).is_lt() {
                *known = &fact.package;
            }
        }
        for package in latest.into_values() {
            found.package(file, package.clone());
        }
    }
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_version_is_chosen() {
        for (earlier, later) in [
            ("v1.2.3", "v1.10.0"),
            ("v1.0.0-rc.1", "v1.0.0"),
            ("v0.0.0-20200101000000-aaaaaaaaaaaa", "v0.0.0-20210101000000-000000000000"),
            ("v1.9.9", "v2.0.0+incompatible"),
        ] {
            assert_eq!(order(earlier, later), Ordering::Less, "{earlier} {later}");
        }
    }

    #[test]
    fn only_a_whole_version_tells_the_toolchain() {
        for (go, toolchain, expected) in [
            (Some("1.23.5"), None, Some("1.23.5")),
            (Some("1.22"), None, None),
            (Some("1.20.1"), None, None),
            (Some("1.22"), Some("go1.23.6"), Some("1.23.6")),
            (Some("1.22"), Some("go1.23.6-acme"), Some("1.23.6")),
            (Some("1.22.0"), Some("default"), Some("1.22.0")),
            (None, None, None),
        ] {
            let manifest = Manifest {
                go: go.map(str::to_owned),
                toolchain: toolchain.map(str::to_owned),
                ..Manifest::default()
            };
            assert_eq!(manifest.toolchain(), expected, "{go:?} {toolchain:?}");
        }
    }
}
