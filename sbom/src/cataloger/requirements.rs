//! `requirements.txt` and kin, which pip installs from and pip-tools, Poetry and others write.
//!
//! Only what is pinned to one version is a package. What allows several is named in a gap: which of them gets installed is
//! decided when somebody installs.

use std::collections::BTreeSet;

use model::gap::{Gap, GapKind};
use model::package::{Certainty, DependencyScope};

use super::file::is_legible;
use super::lock_file::{LockFile, NAMED_MAX, not_pinned};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance, pypi, pyproject};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "requirements",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*requirements*.txt", "**/requirements/*.txt", "**/*Requirements*.txt"]),
    read,
    assemble,
};

/// The [`Fact::Text`] of the files that another one includes: their paths, one a line.
const INCLUDES: &str = "includes";
/// Bytes of one requirement with all its hashes; one of a thousand wheels has some hundred thousand.
const REQUIREMENT_BYTES_MAX: usize = 1 << 20;

/// What is said of a file when all of it was read.
struct Reading {
    lock: LockFile,
    scope: DependencyScope,
    n_requirements: usize,
    /// Names that are pinned to no version.
    open: Vec<String>,
    n_open: usize,
    /// Lines that are no requirement, and the first of them.
    n_unreadable: usize,
    unreadable_at: u64,
    /// Paths, as written.
    includes: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let mut reading = Reading {
        lock: LockFile::new(file.limits),
        scope: scope(file.path),
        n_requirements: 0,
        open: Vec::new(),
        n_open: 0,
        n_unreadable: 0,
        unreadable_at: 0,
        includes: Vec::new(),
    };
    let mut logical = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        // A comment starts at a line's start or behind white space, and has no continuation.
        let line = without_comment(line);
        let continued = line.strip_suffix('\\');
        if logical.len() + line.len() <= REQUIREMENT_BYTES_MAX {
            logical.push_str(continued.unwrap_or(line));
        }
        if continued.is_none() {
            reading.line(number, logical.trim());
            logical.clear();
        }
    }
    // A continuation that nothing follows.
    reading.line(0, logical.trim());
    // Any text may lie in a folder called `requirements`.
    if reading.n_requirements == 0 && !file_name(file.path).to_lowercase().contains("requirements") {
        return;
    }
    if !reading.includes.is_empty() {
        let paths: Vec<String> = reading.includes.iter().map(|path| resolved(file.path, path)).collect();
        facts.push(Fact::Text { name: INCLUDES.to_owned(), value: paths.join("\n") });
    }
    reading.gaps(file, facts);
    reading.lock.finish(facts);
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `requirements-dev.txt`, `test_requirements.txt`, `requirements/docs.txt`: the name says what for.
fn scope(path: &str) -> DependencyScope {
    let stem = file_name(path).rsplit_once('.').map_or("", |(stem, _)| stem);
    let mut words = stem.split(|c: char| !c.is_ascii_alphanumeric());
    match words.any(pypi::is_development_group) {
        true => DependencyScope::Development,
        false => DependencyScope::Runtime,
    }
}

fn without_comment(line: &str) -> &str {
    let start = line.match_indices('#').map(|(at, _)| at).find(|at| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    });
    start.map_or(line, |start| &line[..start]).trim_end()
}

impl Reading {
    /// Reads one line, continuations joined.
    fn line(&mut self, number: u64, line: &str) {
        if line.is_empty() {
            return;
        }
        if line.starts_with('-') {
            return self.option(line);
        }
        let (text, options) = split_options(line);
        // `a==1.0#comment` is what people write, though pip does not take it.
        let text = match text.split_once('#') {
            Some((before, _)) if !text.contains('@') => before,
            _ => text,
        };
        let Some(requirement) = pypi::requirement(text) else {
            if self.n_unreadable == 0 {
                self.unreadable_at = number;
            }
            self.n_unreadable += 1;
            return;
        };
        self.n_requirements += 1;
        let pinned = requirement.pinned().filter(|version| is_legible(version));
        let Some(version) = pinned else { return self.open(requirement.name) };
        let mut package = pypi::package(requirement.name, version);
        if requirement.url.is_some() {
            package.certainty = Certainty::Inferred;
        }
        package.scope = self.scope;
        package.digests = hashes(options).collect();
        self.lock.add(package, Vec::new());
    }

    /// Reads a line that is an option of pip's.
    fn option(&mut self, line: &str) {
        let value = |names: &[&str]| {
            let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
            let rest = rest.strip_prefix('=').unwrap_or(rest);
            Some(rest.trim().to_owned())
        };
        if let Some(path) = value(&["--requirement", "-r"]) {
            self.n_requirements += 1;
            self.includes.push(path);
        } else if let Some(project) = value(&["--editable", "-e"]) {
            self.n_requirements += 1;
            let name = project.split_once("#egg=").map(|(_, name)| name.split(['&', '[', ' ']).next());
            self.open(name.flatten().unwrap_or(&project));
        }
        // The others say where from and how, and constraints install nothing.
    }

    fn open(&mut self, name: &str) {
        self.n_open += 1;
        if self.open.len() < NAMED_MAX {
            self.open.push(name.chars().filter(|c| !c.is_control()).take(80).collect());
        }
    }

    fn gaps(&self, file: &File<'_>, facts: &mut Facts) {
        if self.n_open > 0 {
            let names = self.open.iter().map(String::as_str);
            facts.push(Fact::Gap(not_pinned(file.path, names, self.n_open)));
        }
        if self.n_unreadable > 0 {
            let why =
                format!("{} lines are no requirement, first line {}", self.n_unreadable, self.unreadable_at);
            facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
    }
}

/// A requirement and the options behind it, which start at the first word with a dash.
fn split_options(line: &str) -> (&str, &str) {
    let mut at = 0;
    for word in line.split_inclusive(char::is_whitespace) {
        if word.starts_with('-') {
            return line.split_at(at);
        }
        at += word.len();
    }
    (line, "")
}

/// `--hash=sha256:<hex>`, `--hash sha256:<hex>`.
fn hashes(options: &str) -> impl Iterator<Item = String> {
    options.split("--hash").skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches(['=', ' ', '\t']);
        provenance::digest(rest.split_whitespace().next()?)
    })
}

/// The path of `included`, which the file at `path` names relative to itself.
fn resolved(path: &str, included: &str) -> String {
    let mut components: Vec<&str> = path.split('/').collect();
    components.pop();
    for component in included.split(['/', '\\']) {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    components.join("/")
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
    let read: BTreeSet<&str> = tree.of(CATALOGER.name).map(|file| file.path.as_str()).collect();
    for file in tree.of(CATALOGER.name) {
        for path in pyproject::texts(file, INCLUDES).filter(|path| !read.contains(path)) {
            let detail = format!("it includes `{path}`, which was not read");
            found.gaps.push(Gap::new(GapKind::MISSING_FACT, &*file.path, detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_its_requirements_are_for() {
        for (path, expected) in [
            ("requirements.txt", DependencyScope::Runtime),
            ("tests/requirements.txt", DependencyScope::Runtime),
            ("requirements-dev.txt", DependencyScope::Development),
            ("a/requirements/test.txt", DependencyScope::Development),
            ("latest-requirements.txt", DependencyScope::Runtime),
        ] {
            assert_eq!(scope(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_included_lies_beside_the_file() {
        for (path, included, expected) in [
            ("requirements.txt", "base.txt", "base.txt"),
            ("a/requirements/dev.txt", "./base.txt", "a/requirements/base.txt"),
            ("a/requirements/dev.txt", "../requirements.txt", "a/requirements.txt"),
            ("requirements.txt", "../../etc/passwd", "etc/passwd"),
        ] {
            assert_eq!(resolved(path, included), expected);
        }
    }
}
