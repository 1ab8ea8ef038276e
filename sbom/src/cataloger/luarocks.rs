//! Lua packages that LuaRocks installed: the specification of each, a Lua program that assigns literals.

mod lua;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use model::purl::Purl;

use super::facts::PackageFact;
use super::records::is_identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};
use lua::Assigned;

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "luarocks",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.rockspec"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    if text.trim().is_empty() {
        return facts.push(Fact::Gap(file.unreadable(&"it is empty")));
    }
    let assigned = match lua::assigned(&text) {
        Ok(assigned) => assigned,
        Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
    };
    let in_path = of_path(file.path);
    let (name, version, certainty) = match (assigned.text("package"), assigned.text("version"), in_path) {
        (Some(name), Some(version), _) => (name, version, Certainty::Stated),
        // They are computed; LuaRocks accepts no specification whose file is named otherwise.
        (_, _, Some((name, version))) => (name, version, Certainty::Inferred),
        (name, version, None) => (name.unwrap_or_default(), version.unwrap_or_default(), Certainty::Stated),
    };
    if is_identified(file, facts, name, version) {
        let mut fact = PackageFact::new(package(name, version, &assigned));
        fact.package.certainty = certainty;
        fact.requires = requires(&assigned);
        facts.push(Fact::Package(fact));
    }
}

/// Name and version (with the specification's revision) of `NAME-VERSION-REVISION.rockspec`.
fn of_path(path: &str) -> Option<(&str, &str)> {
    let stem = path.rsplit('/').next()?.strip_suffix(".rockspec")?;
    let (cut, _) = stem.rmatch_indices('-').nth(1)?;
    let (name, version) = (&stem[..cut], &stem[cut + 1..]);
    (!name.is_empty() && version.starts_with(|first: char| first.is_ascii_digit())).then_some((name, version))
}

fn package(name: &str, version: &str, assigned: &Assigned) -> Package {
    let purl = Purl::new("luarocks", &name.to_lowercase()).with_version(version).to_string();
    let mut package = Package::new(Ecosystem::LuaRocks, name, version, purl);
    package.licenses.extend(assigned.text("description.license").map(str::to_owned));
    package.supplier = assigned.text("description.maintainer").map(str::to_owned);
    package
}

/// The names in `{"lua >= 5.1", "lpeg"}`; the interpreter is no rock.
fn requires(assigned: &Assigned) -> Vec<String> {
    let names = assigned.elements("dependencies").filter_map(|need| need.split_whitespace().next());
    // A name may have the name space of whoever uploaded it before it.
    let names = names.map(|name| name.rsplit('/').next().unwrap_or(name));
    names.filter(|name| *name != "lua").map(str::to_owned).collect()
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
