//! The lock file of rebar3, Erlang's build tool: a list of packages, since version 1.1.0 with checksums behind it.
//!
//! `{<<"key">>, {pkg, <<"name">>, <<"version">>}, level}`, or `{git, "url", {ref, "commit"}}` in the middle.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::{Mark, Package};
use model::purl::Purl;

use super::records::{is_identified, sha256};
use super::terms::{self, Syntax, Term};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "rebar-lock",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/rebar.lock"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let (terms, problem) = terms::parse(&text, Syntax::Erlang);
    if let Some(problem) = problem {
        facts.push(Fact::Gap(file.unreadable(&problem)));
    }
    let locked = match terms.first() {
        // `{"1.2.0", [...]}.`
        Some(Term::Tuple(members)) => members.get(1).map_or(&[][..], Term::list),
        Some(list) => list.list(),
        None => &[],
    };
    // Of the package as Hex serves it, where the file has it; `pkg_hash` is of what is inside.
    let hashes = terms.get(1).and_then(|hashes| hashes.get("pkg_hash_ext"));
    let hashes: BTreeMap<&str, &str> = hashes
        .map_or(&[][..], Term::list)
        .iter()
        .filter_map(|pair| match pair.tuple() {
            [key, hash] => Some((key.text()?, hash.text()?)),
            _ => None,
        })
        .collect();
    for record in locked {
        let [key, source, ..] = record.tuple() else {
            facts.push(Fact::Gap(file.unreadable_record(&"a record has an unknown form")));
            continue;
        };
        let key = key.text().unwrap_or_default();
        let Some(package) = package(key, source, hashes.get(key)) else {
            let why = format!("the record of `{key}` has an unknown form");
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            continue;
        };
        if is_identified(file, facts, &package.name, package.version.as_str()) {
            facts.package(package);
        }
    }
}

fn package(key: &str, source: &Term, hash: Option<&&str>) -> Option<Package> {
    match source.tuple() {
        [Term::Atom(kind), name, version, ..] if kind == "pkg" => {
            let (name, version) = (name.text()?, version.text()?);
            let purl = Purl::new("hex", &name.to_lowercase()).with_version(version).to_string();
            let mut package = Package::new(Ecosystem::Hex, name, version, purl);
            package.digests.extend(hash.and_then(|hash| sha256(hash)));
            Some(package)
        }
        // `git_subdir` has the directory behind the commit.
        [Term::Atom(kind), url, Term::Tuple(reference), ..] => {
            let commit = reference.get(1)?.text()?;
            let vcs = if kind == "hg" { "hg" } else { "git" };
            let purl = Purl::new("hex", &key.to_lowercase())
                .with_version(commit)
                .with_qualifier("vcs_url", &format!("{vcs}+{}@{commit}", url.text()?));
            let mut package = Package::new(Ecosystem::Hex, key, commit, purl.to_string());
            package.marks.push(Mark::Unreleased);
            Some(package)
        }
        _ => None,
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
