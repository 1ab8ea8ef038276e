//! `environment.yml`, in which people write down a conda environment, or `conda env export` does.

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};

use super::file::is_legible;
use super::lock_file::not_pinned;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, conda_meta, pypi};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "conda-environment",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&[
        "**/environment.yml",
        "**/environment.yaml",
        "**/environment-*.yml",
        "**/environment-*.yaml",
    ]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match yaml::parse(&text) {
        Ok(root) => root,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if let Yaml::Text(_) | Yaml::List(_) = root {
        return facts.push(Fact::Gap(file.unreadable(&"it is no map")));
    }
    let mut open = Vec::new();
    for dependency in root.get("dependencies").into_iter().flat_map(Yaml::elements) {
        match dependency {
            Yaml::Text(spec) => conda(file, facts, spec, &mut open),
            Yaml::Map(_) => {
                for (tool, list) in dependency.entries() {
                    match list {
                        Yaml::List(list) if tool == "pip" => pip(file, facts, list, &mut open),
                        Yaml::List(_) | Yaml::Null => {}
                        _ => facts.push(Fact::Gap(file.unreadable_record(&format!("`{tool}` is no list")))),
                    }
                }
            }
            Yaml::Null | Yaml::List(_) => {
                facts.push(Fact::Gap(file.unreadable_record(&"a dependency is neither text nor map")));
            }
        }
    }
    if !open.is_empty() {
        let gap = not_pinned(file.path, open.iter().copied(), open.len());
        facts.push(Fact::Gap(gap));
    }
}

/// What a match specification of conda says.
#[derive(Debug, PartialEq, Eq)]
struct Spec<'a> {
    channel: &'a str,
    name: &'a str,
    /// The only version that it names.
    version: Option<&'a str>,
    build: &'a str,
    /// Whether conda takes `1.0` for that version alone, and not for any `1.0.…` too.
    exact: bool,
}

/// `forge/linux-64::demo==1.0=py_0`, `demo=1.0`, `demo 1.0 py_0`, `demo>=1.0`.
fn spec(text: &str) -> Option<Spec<'_>> {
    let text = text.trim();
    let (channel, rest) = text.split_once("::").unwrap_or(("", text));
    let channel = channel.split('/').next().unwrap_or(channel);
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let rest = rest.trim();
    if name.is_empty() {
        return None;
    }
    let (version, exact) = match (rest.strip_prefix("=="), rest.strip_prefix('=')) {
        (Some(version), _) => (version, true),
        (None, Some(version)) if !version.starts_with(['>', '<']) => (version, false),
        (None, _) => (rest, rest.starts_with(|c: char| c.is_ascii_digit())),
    };
    let version = version.trim();
    let starts_well = version.starts_with(|c: char| c.is_ascii_alphanumeric());
    let (version, build) = version.split_once(['=', ' ']).filter(|_| starts_well).unwrap_or((version, ""));
    let is_one = starts_well && version.chars().all(|c| c.is_ascii_alphanumeric() || "._+!-".contains(c));
    let build = build.trim();
    Some(Spec { channel, name, version: is_one.then_some(version), build, exact: exact || !build.is_empty() })
}

fn conda<'y>(file: &File<'_>, facts: &mut Facts, text: &'y str, open: &mut Vec<&'y str>) {
    let spec = spec(text).filter(|spec| is_legible(spec.name));
    let Some(Spec { channel, name, version, build, exact }) = spec else {
        let why = format!("`{text}` is no specification of a package");
        return facts.push(Fact::Gap(file.unreadable_record(&why)));
    };
    if name.chars().all(|c| c.is_ascii_digit()) {
        return facts.push(Fact::Gap(file.unreadable_record(&format!("`{text}` is a number"))));
    }
    let Some(version) = version else { return open.push(name) };
    let purl = conda_meta::purl(name, version, build).with_qualifier("channel", channel);
    let mut package = Package::new(Ecosystem::Conda, name, version, purl.to_string());
    if !exact {
        package.certainty = Certainty::Inferred;
    }
    facts.package(package);
}

fn pip<'y>(file: &File<'_>, facts: &mut Facts, list: &'y [Yaml], open: &mut Vec<&'y str>) {
    for element in list {
        let Some(text) = element.text() else {
            facts.push(Fact::Gap(file.unreadable_record(&"a dependency of pip is no text")));
            continue;
        };
        if text.starts_with('-') {
            if text.starts_with("-r") || text.starts_with("--requirement") {
                open.push(text);
            }
            continue;
        }
        match pypi::requirement(text) {
            None => facts.push(Fact::Gap(file.unreadable_record(&format!("`{text}` is no requirement")))),
            Some(requirement) => match requirement.pinned() {
                Some(version) => facts.package(pypi::package(requirement.name, version)),
                None => open.push(requirement.name),
            },
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_name_one_version_or_none() {
        for (text, name, version, build, exact) in [
            ("demo=1.0=py_0", "demo", Some("1.0"), "py_0", true),
            ("demo==1.0", "demo", Some("1.0"), "", true),
            ("demo=1.0", "demo", Some("1.0"), "", false),
            ("demo 1.0 py_0", "demo", Some("1.0"), "py_0", true),
            ("forge/linux-64::demo==1.0=py_0", "demo", Some("1.0"), "py_0", true),
            ("demo", "demo", None, "", false),
            ("demo=1.*", "demo", None, "", false),
            ("demo>=1.0", "demo", None, "", false),
            ("demo =>1.0,<2|3", "demo", None, "", false),
            ("demo 1.0|1.1", "demo", None, "", true),
            ("_demo>1", "_demo", None, "", false),
        ] {
            let spec = spec(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (spec.name, spec.version, spec.build, spec.exact),
                (name, version, build, exact),
                "{text}"
            );
        }
        assert_eq!(spec("="), None);
        assert_eq!(spec("::"), None);
    }
}
