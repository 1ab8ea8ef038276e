//! Elixir's lock file: packages of Hex and working copies, in Elixir's own syntax.
//!
//! `{:hex, :name, "version", "inner checksum", [managers], [dependencies], "repository", "outer checksum"}`; older files leave out
//! what is behind the version. The outer checksum is that of the package as Hex serves it.

use model::ecosystem::Ecosystem;
use model::package::{Dependencies, Mark, Package};
use model::purl::Purl;

use super::records::{LockedPackages, is_identified, sha256};
use super::terms::{self, Syntax, Term};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "mix-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/mix.lock"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let (terms, problem) = terms::parse(&text, Syntax::Elixir);
    if let Some(problem) = problem {
        facts.push(Fact::Gap(file.unreadable(&problem)));
    }
    let mut packages = LockedPackages::default();
    for entry in terms.first().map_or(&[][..], Term::tuple) {
        let [key, record] = entry.tuple() else { continue };
        let key = key.text().unwrap_or_default();
        match record.tuple() {
            [Term::Atom(source), Term::Atom(name), Term::Text(version), rest @ ..] if source == "hex" => {
                if is_identified(file, facts, name, version) {
                    packages.add(key, hex(name, version, rest), needs(rest));
                }
            }
            // Before Elixir 1.0.
            [Term::Atom(source), Term::Text(version)] if source == "package" => {
                if is_identified(file, facts, key, version) {
                    packages.add(key, hex(key, version, &[]), Vec::new());
                }
            }
            [Term::Atom(source), Term::Text(url), Term::Text(commit), ..]
                if matches!(source.as_str(), "git" | "hg") =>
            {
                if is_identified(file, facts, key, commit) {
                    packages.add(
                        key,
                        working_copy(key, commit, &format!("{source}+{url}@{commit}")),
                        Vec::new(),
                    );
                }
            }
            [Term::Atom(source), Term::Text(_), ..] if source == "path" => {
                if is_identified(file, facts, key, "") {
                    packages.add(key, working_copy(key, "", ""), Vec::new());
                }
            }
            _ => {
                let why = format!("the record of `{key}` has an unknown form");
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
        }
    }
    packages.finish(facts);
}

fn hex(name: &str, version: &str, rest: &[Term]) -> Package {
    let text = |position: usize| rest.get(position).and_then(Term::text).unwrap_or_default();
    // Private packages of an organisation: `hexpm:acme`.
    let organisation = text(3).split_once(':').map_or("", |(_, organisation)| organisation);
    let purl = Purl::new("hex", &name.to_lowercase()).with_namespace(organisation).with_version(version);
    let full_name = if organisation.is_empty() { name.to_owned() } else { format!("{organisation}/{name}") };
    let mut package = Package::new(Ecosystem::Hex, &full_name, version, purl.to_string());
    package.digests.extend(sha256(text(4)));
    if let Some(Term::List(needed)) = rest.get(2) {
        package.depends_on = Dependencies::none_if(needed.is_empty());
    }
    package
}

/// The names in `[{:name, "~> 1.0", [hex: :name, optional: false]}]`.
fn needs(rest: &[Term]) -> Vec<String> {
    let dependencies = rest.get(2).map_or(&[][..], Term::list);
    dependencies
        .iter()
        .filter_map(|dependency| dependency.tuple().first()?.text())
        .map(str::to_owned)
        .collect()
}

fn working_copy(name: &str, commit: &str, url: &str) -> Package {
    let purl = Purl::new("hex", &name.to_lowercase()).with_version(commit).with_qualifier("vcs_url", url);
    let mut package = Package::new(Ecosystem::Hex, name, commit, purl.to_string());
    package.marks.push(Mark::Unreleased);
    package
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
