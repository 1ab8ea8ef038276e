//! Packages that the files of MSBuild ask for: projects, and lists of versions that projects share.

use std::collections::BTreeMap;

use model::gap::{Gap, GapKind};
use model::package::DependencyScope;

use super::nuget::{Listed, is_identified, package};
use super::xml::{self, Element};
use super::{Fact, Facts, File};

/// Names that are listed in a gap; more are counted.
const LISTED_MAX: usize = 20;

/// Adds the packages of the elements called one of `elements`. What is asked for without a version, or with one that does
/// not name a single version, is said in one gap.
pub(super) fn read(file: &File<'_>, elements: &[&str], facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match xml::parse(&text) {
        Ok(root) if root.name == "Project" => root,
        Ok(root) => {
            let why = format!("it holds `{}` where MSBuild has `Project`", root.name);
            return facts.push(Fact::Gap(file.unreadable(&why)));
        }
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let properties = properties(&root);
    let mut listed = Listed::default();
    let mut unversioned = Vec::new();
    for element in groups(&root, "ItemGroup").flat_map(|group| &group.children) {
        if !elements.contains(&element.name.as_str()) {
            continue;
        }
        let name = ["Include", "Update"].iter().find_map(|key| element.attribute(key)).map(str::trim);
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        let version = ["VersionOverride", "Version"]
            .iter()
            .find_map(|key| element.attribute(key).or_else(|| element.text_of(key)))
            .and_then(|version| resolved(version.trim(), &properties))
            .and_then(one_version);
        match version {
            Some(version) if !name.contains("$(") => {
                if is_identified(name, version, file, facts) {
                    let mut package = package(name, version);
                    if is_private(element) {
                        package.scope = DependencyScope::Development;
                    }
                    listed.add(package);
                }
            }
            _ => unversioned.push(name),
        }
    }
    listed.finish(facts);
    if !unversioned.is_empty() {
        let names = unversioned.iter().take(LISTED_MAX).copied().collect::<Vec<_>>().join(", ");
        let more = unversioned.len().saturating_sub(LISTED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let detail = format!("no single version is stated here for: {names}{more}");
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
}

/// The groups called `name`, also those inside a `Choose`.
fn groups<'e>(root: &'e Element, name: &'e str) -> impl Iterator<Item = &'e Element> {
    let chosen =
        root.each("Choose").flat_map(|choose| &choose.children).flat_map(move |branch| branch.each(name));
    root.each(name).chain(chosen)
}

/// Properties that the file itself sets, of several the last.
fn properties(root: &Element) -> BTreeMap<String, &str> {
    let set = groups(root, "PropertyGroup").flat_map(|group| &group.children);
    set.map(|property| (property.name.to_lowercase(), property.text.as_str())).collect()
}

/// `version`, or what the property that it names is set to.
fn resolved<'a>(version: &'a str, properties: &BTreeMap<String, &'a str>) -> Option<&'a str> {
    match version.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) {
        Some(name) => properties.get(&name.to_lowercase()).copied().filter(|value| !value.contains("$(")),
        None => Some(version).filter(|version| !version.contains("$(")),
    }
}

/// The version that `text` means when it is one, or a range of a single one (`[1.2.3]`). Without brackets it is the lowest
/// that will do, which is the one that NuGet takes.
fn one_version(text: &str) -> Option<&str> {
    let text = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).trim();
    (!text.is_empty() && !text.contains(['*', ',', '[', ']', '(', ')'])).then_some(text)
}

/// Whether nothing of the package reaches those who use the project: analyzers and tools of the build.
fn is_private(element: &Element) -> bool {
    let stated = |name| element.attribute(name).or_else(|| element.text_of(name)).unwrap_or_default();
    stated("PrivateAssets").split(';').any(|asset| asset.trim().eq_ignore_ascii_case("all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_one_version_is_that_version() {
        for (text, expected) in
            [("1.0", Some("1.0")), ("[1.0]", Some("1.0")), ("[1.0,2.0)", None), ("1.*", None), ("", None)]
        {
            assert_eq!(one_version(text), expected, "{text}");
        }
    }
}
