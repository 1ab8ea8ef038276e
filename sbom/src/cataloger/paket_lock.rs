//! Packages of .NET that Paket locked: `paket.lock`. From NuGet come packages; from GitHub come single files of
//! repositories.

use std::collections::HashMap;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::nuget::{Listed, is_identified, package};
use super::{Cataloger, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "paket-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/paket.lock"]),
    read,
    assemble,
};

/// Where the lines that follow belong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    NuGet,
    GitHub,
    /// Git repositories, files from anywhere, and options.
    Other,
}

/// What is known so far. Groups are resolved apart from each other.
struct Lock {
    listed: Listed,
    source: Source,
    remote: String,
    group: u32,
    /// By group and name.
    positions: HashMap<(u32, String), u32>,
    last: Option<u32>,
    /// Who needs what: a position, a group and a name.
    needed: Vec<(u32, u32, String)>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut lock = Lock {
        listed: Listed::default(),
        source: Source::Other,
        remote: String::new(),
        group: 0,
        positions: HashMap::new(),
        last: None,
        needed: Vec::new(),
    };
    file.for_each_line(facts, |facts, _, line| {
        lock.line(line, file, facts);
        ControlFlow::Continue(())
    });
    for (from, group, name) in std::mem::take(&mut lock.needed) {
        if let (Some(to), Some(package)) = (lock.positions.get(&(group, name)), lock.listed.at(from)) {
            package.depends_on.push(*to);
        }
    }
    lock.listed.finish(facts);
}

impl Lock {
    /// Depth is told by white space: sections, remotes, packages, what those need.
    fn line(&mut self, line: &str, file: &File<'_>, facts: &mut Facts) {
        let text = line.trim();
        match line.len() - line.trim_start().len() {
            _ if text.is_empty() => {}
            0 => {
                self.last = None;
                self.source = match text {
                    "NUGET" => Source::NuGet,
                    "GITHUB" => Source::GitHub,
                    _ => Source::Other,
                };
                self.group += u32::from(text.starts_with("GROUP "));
            }
            2 => {
                // Beside it may stand `specs:`, as older versions wrote it.
                if let Some(remote) = text.strip_prefix("remote:") {
                    remote.trim().clone_into(&mut self.remote);
                }
            }
            4 => {
                self.last = None;
                let Some((name, rest)) = text.split_once(" (") else { return };
                let version = rest.split_once(')').map_or("", |(version, _)| version.trim());
                let package = match self.source {
                    Source::NuGet if is_identified(name, version, file, facts) => package(name, version),
                    Source::GitHub if is_identified(&self.remote, version, file, facts) => {
                        repository(&self.remote, version)
                    }
                    _ => return,
                };
                let position = self.listed.add(package);
                self.positions.insert((self.group, name.to_lowercase()), position);
                self.last = Some(position);
            }
            _ => {
                let name = text.split_once(" (").map_or(text, |(name, _)| name);
                self.needed.extend(self.last.map(|from| (from, self.group, name.to_lowercase())));
            }
        }
    }
}

fn repository(name: &str, commit: &str) -> Package {
    let (owner, repository) = name.split_once('/').unwrap_or(("", name));
    let purl = Purl::new("github", repository).with_namespace(owner).with_version(commit);
    Package::new(Ecosystem::Generic, name, commit, purl.to_string())
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
