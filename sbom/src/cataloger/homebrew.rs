//! What Homebrew installed: a directory (`Cellar/<formula>/<version>`) each, with the receipt of the installation and a copy
//! of the formula in it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, PackageIndex};
use model::purl::Purl;
use serde::Deserialize;

use super::facts::PathListBuilder;
use super::file::{is_legible, rfc3339};
use super::{Cataloger, Fact, FactFile, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "homebrew",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/Cellar/*/*/INSTALL_RECEIPT.json", "**/Cellar/*/*/.brew/*.rb"]),
    read,
    assemble,
};

/// What matters of `INSTALL_RECEIPT.json`.
#[derive(Default, Deserialize)]
struct Receipt {
    #[serde(default)]
    time: Option<i64>,
    #[serde(default)]
    arch: Option<String>,
    #[serde(default)]
    runtime_dependencies: Option<Vec<Dependency>>,
    #[serde(default)]
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Dependency {
    full_name: String,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    tap: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some((_, name, version)) = keg(file.path) else { return };
    if !is_legible(name) || !is_legible(version) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
    }
    let (name, version) = (name.to_owned(), version.to_owned());
    if file.path.ends_with(".rb") {
        let (licenses, requires) = formula(file, facts);
        let mut package = package(&name, &version, None);
        package.licenses = licenses.into();
        return facts.push(Fact::Package(PackageFact { requires, ..PackageFact::new(package) }));
    }
    let Some(text) = file.text(facts) else { return };
    let receipt = serde_json::from_str(&text).unwrap_or_else(|error| {
        // That the directory is there says enough to name the package.
        facts.push(Fact::Gap(file.unreadable(&error)));
        Receipt::default()
    });
    let tap = receipt.source.and_then(|source| source.tap);
    let mut package = package(&name, &version, tap.as_deref());
    package.architecture = receipt.arch.filter(|arch| is_legible(arch));
    package.installed_at = receipt.time.and_then(|seconds| rfc3339(&seconds.to_string()));
    let states_needs = receipt.runtime_dependencies.is_some();
    let needed = receipt.runtime_dependencies.unwrap_or_default().into_iter();
    // `acme/tools/demo` of a tap other than Homebrew's own.
    let requires =
        needed.map(|needed| needed.full_name.rsplit('/').next().unwrap_or_default().to_owned()).collect();
    let fact = PackageFact { requires, ..PackageFact::new(package) };
    facts.push(Fact::Package(if states_needs { fact.stating_needs() } else { fact }));
}

/// The directory of a package (its "keg"), the package's name and its version.
fn keg(path: &str) -> Option<(&str, &str, &str)> {
    const CELLAR: &str = "Cellar/";
    let start = path.rfind(CELLAR)? + CELLAR.len();
    let (name, rest) = path[start..].split_once('/')?;
    let (version, _) = rest.split_once('/')?;
    Some((&path[..start + name.len() + 1 + version.len()], name, version))
}

fn package(name: &str, version: &str, tap: Option<&str>) -> Package {
    let tap = tap.filter(|tap| *tap != "homebrew/core" && is_legible(tap)).unwrap_or_default();
    let purl = Purl::new("brew", name).with_namespace(tap).with_version(version);
    Package::new(Ecosystem::Homebrew, name, version, purl.to_string())
}

/// The licences that a formula names, and the formulas that it needs. A formula is a program in Ruby; these lines of it are
/// always written alike, since Homebrew's own checks insist.
fn formula(file: &File<'_>, facts: &mut Facts) -> (Vec<String>, Vec<String>) {
    let (mut licenses, mut requires) = (Vec::new(), Vec::new());
    let mut license: Option<String> = None;
    file.for_each_line(facts, |_, _, line| {
        let line = line.trim();
        if let Some(text) = &mut license {
            text.push_str(line);
        } else if let Some(first) = line.strip_prefix("license ")
            && licenses.is_empty()
        {
            license = Some(first.to_owned());
        } else if let Some(needed) = line.strip_prefix("depends_on \"")
            && let Some((name, rest)) = needed.split_once('"')
            && (rest.is_empty() || rest.starts_with(" if"))
        {
            requires.push(name.rsplit('/').next().unwrap_or(name).to_owned());
        }
        // A list goes on until its brackets are closed.
        if let Some(text) = license.take() {
            let is_open = text.matches(['[', '{']).count() > text.matches([']', '}']).count();
            if (is_open || text.ends_with([',', ':'])) && text.len() < 4096 {
                license = Some(text);
            } else {
                licenses.extend(expression(&text));
            }
        }
        ControlFlow::Continue(())
    });
    (licenses, requires)
}

/// `"MIT"`; `any_of: ["MIT", "Apache-2.0"]` is a choice, `all_of: […]` the opposite; `:public_domain` is a word for what has
/// no identifier. One in the other is left as the names alone.
fn expression(text: &str) -> Vec<String> {
    let names: Vec<String> =
        text.split('"').skip(1).step_by(2).filter(|name| is_legible(name)).map(str::to_owned).collect();
    match (text.starts_with("any_of:"), text.matches("_of:").count(), text.contains("=>")) {
        (true, 1, false) => vec![names.join(" OR ")],
        (false, 0, true) => match &names[..] {
            [license, exception] => vec![format!("{license} WITH {exception}")],
            _ => names,
        },
        _ if names.is_empty() => text.strip_prefix(':').map(str::to_owned).into_iter().collect(),
        _ => names,
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    // The receipt comes first by name, and decides; the formula adds what it says.
    let mut kegs: BTreeMap<&str, (&FactFile, PackageFact)> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            let Some((keg, ..)) = keg(&file.path) else { continue };
            match kegs.get_mut(keg) {
                None => _ = kegs.insert(keg, (file, fact.clone())),
                Some((known, whole)) => {
                    let is_receipt = file.path.ends_with(".json");
                    let (mut base, more) =
                        if is_receipt { (fact.clone(), &*whole) } else { (whole.clone(), fact) };
                    if base.package.licenses.is_empty() {
                        base.package.licenses.clone_from(&more.package.licenses);
                    }
                    if base.requires.is_empty() {
                        base.requires.clone_from(&more.requires);
                    }
                    if is_receipt {
                        *known = file;
                    }
                    *whole = base;
                }
            }
        }
    }
    let mut indices: BTreeMap<&str, PackageIndex> = BTreeMap::new();
    for (keg, (file, fact)) in kegs {
        if let Some(index) = found.package(file, fact.package.clone()) {
            found.relate(index, &fact);
            indices.insert(keg, index);
        }
    }
    let mut owned: BTreeMap<PackageIndex, PathListBuilder> = BTreeMap::new();
    for file in tree.all().filter(|file| file.cataloger != CATALOGER.name) {
        if let Some(index) = keg(&file.path).and_then(|(keg, ..)| indices.get(keg)) {
            owned.entry(*index).or_default().path(&file.path);
        }
    }
    found.owned.extend(owned.into_iter().map(|(index, paths)| (index, paths.finish())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_of_a_formula() {
        for (text, expected) in [
            ("\"MIT\"", "MIT"),
            ("any_of: [\"MIT\", \"Apache-2.0\"]", "MIT OR Apache-2.0"),
            ("all_of: [\"MIT\", \"Zlib\"]", "MIT + Zlib"),
            (
                "\"GPL-2.0-only\" => { with: \"Classpath-exception-2.0\" }",
                "GPL-2.0-only WITH Classpath-exception-2.0",
            ),
            (":public_domain", "public_domain"),
            ("any_of: [\"A\", all_of: [\"B\", \"C\"]]", "A + B + C"),
            ("", ""),
        ] {
            assert_eq!(expression(text).join(" + "), expected, "{text}");
        }
    }
}
