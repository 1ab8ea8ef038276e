//! The packages that a Haskell project built with Stack adds to its snapshot: as its lock file completes them, or, where
//! there is none, as `stack.yaml` asks for them. The packages of the snapshot are listed in neither.

use std::collections::BTreeSet;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Mark, Package};
use model::purl::Purl;

use super::records::is_identified;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "stack-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/stack.yaml", "**/stack.yaml.lock"]),
    read,
    assemble,
};

/// A [`Fact::Text`]: a dependency that only the lock file names.
const UNNAMED: &str = "unnamed-dependency";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match yaml::parse(&text) {
        Ok(root) => root,
        // Docker and others have files of that name too.
        Err(_) if !file.path.ends_with(".lock") && !text.contains("extra-deps") => return,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if file.path.ends_with(".lock") {
        for locked in root.get("packages").into_iter().flat_map(Yaml::elements) {
            let completed = locked.get("completed").unwrap_or(locked);
            match completed.text_of("hackage") {
                Some(hackage) => read_hackage(hackage, file, facts),
                None => read_working_copy(completed, file, facts),
            }
        }
    } else {
        for dependency in root.get("extra-deps").into_iter().flat_map(Yaml::elements) {
            match dependency {
                // A directory, or an archive.
                Yaml::Text(text) if text.contains('/') || text.starts_with('.') => {}
                Yaml::Text(text) => read_hackage(text, file, facts),
                other => {
                    let place =
                        ["git", "github", "url", "archive", "hg"].iter().find_map(|key| other.text_of(key));
                    let value = place.unwrap_or_default().to_owned();
                    facts.push(Fact::Text { name: UNNAMED.to_owned(), value });
                }
            }
        }
    }
}

/// `text-2.0.2@sha256:…,1234`, where the digest is that of the package's description.
fn read_hackage(text: &str, file: &File<'_>, facts: &mut Facts) {
    let identifier = text.split('@').next().unwrap_or(text);
    match identifier
        .rsplit_once('-')
        .filter(|(_, version)| version.starts_with(|first: char| first.is_ascii_digit()))
    {
        Some((name, version)) => {
            if is_identified(file, facts, name, version) {
                let purl = Purl::new("hackage", name).with_version(version).to_string();
                facts.package(Package::new(Ecosystem::Hackage, name, version, purl));
            }
        }
        // The newest that the index has.
        None => {
            is_identified(file, facts, identifier, "");
        }
    }
}

/// A repository's commit or an archive, whose description names and versions it.
fn read_working_copy(completed: &Yaml, file: &File<'_>, facts: &mut Facts) {
    let text = |key: &str| completed.text_of(key).unwrap_or_default();
    let (name, version) = (text("name"), text("version"));
    if !is_identified(file, facts, name, version) {
        return;
    }
    let purl = Purl::new("hackage", name).with_version(version);
    let purl = match text("git") {
        "" => purl.with_qualifier("download_url", text("url")),
        url => purl.with_qualifier("vcs_url", &format!("git+{url}@{}", text("commit"))),
    };
    let mut package = Package::new(Ecosystem::Hackage, name, version, purl.to_string());
    package.marks.push(Mark::Unreleased);
    facts.package(package);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let locks: BTreeSet<&str> =
        tree.of(CATALOGER.name).filter_map(|file| file.path.strip_suffix(".lock")).collect();
    for file in tree.of(CATALOGER.name).filter(|file| !locks.contains(file.path.as_str())) {
        found.packages_in(file, |fact| Some(fact.package.clone()));
        for fact in file.facts.iter() {
            if let Fact::Text { value, .. } = fact {
                let detail =
                    format!("`{value}` is named and versioned by the lock file only, which is not here");
                found.gaps.push(Gap::new(GapKind::MISSING_FACT, file.path.as_str(), detail));
            }
        }
    }
}
