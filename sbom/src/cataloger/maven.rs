//! What catalogers of Java share: coordinates, and project object models (`pom.xml`).

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;
use serde::{Deserialize, Serialize};

use super::file::is_legible;
use super::xml::{self, Element};

/// Times that a property may lead to another; real ones do twice or thrice.
const EXPANSIONS_MAX: usize = 16;
/// Bytes of one value once expanded.
const VALUE_BYTES_MAX: usize = 4 << 10;
/// Properties that are kept of one project; those of the largest have some thousands.
const PROPERTIES_MAX: usize = 20_000;

/// The package `group:artifact`. Without a group its name is the artifact's alone, which no advisory has: Maven's
/// ecosystem knows none by half its coordinates (feeds.md D3).
pub(super) fn package(group: &str, artifact: &str, version: &str) -> Package {
    let purl = Purl::new("maven", artifact).with_namespace(group).with_version(version).to_string();
    Package::new(Ecosystem::Maven, &full_name(group, artifact), version, purl)
}

/// `group:artifact`, or the artifact alone.
pub(super) fn full_name(group: &str, artifact: &str) -> String {
    if group.is_empty() { artifact.to_owned() } else { format!("{group}:{artifact}") }
}

/// Whether `text` can be a group or an artifact: Maven allows letters, digits, `-`, `_` and `.`.
pub(super) fn is_id(text: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    !text.is_empty() && text.chars().all(allowed)
}

/// Whether `text` can be a version: it is stated, in one word, and no property.
pub(super) fn is_version(text: &str) -> bool {
    let forbidden = |character: char| character.is_whitespace() || matches!(character, '$' | '{' | '}' | '@');
    !text.is_empty() && is_legible(text) && !text.contains(forbidden)
}

/// A `pom.xml`, as it is written; nothing in it is expanded yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pom {
    pub(super) group: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) version: Option<String>,
    pub(super) parent: Option<Parent>,
    pub(super) properties: BTreeMap<String, String>,
    /// Names of its licences, or their addresses where they have none.
    pub(super) licenses: Vec<String>,
    pub(super) organization: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
    /// The dependencies in `dependencyManagement`: what those without a version mean.
    pub(super) managed: Vec<Dependency>,
}

/// The project that another inherits from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parent {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    /// Where its `pom.xml` or folder lies, seen from the child; none when it is not said, empty when it is to come from
    /// a repository.
    pub(super) relative_path: Option<String>,
}

/// A dependency, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dependency {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: Option<String>,
    pub(super) scope: Option<String>,
    /// `jar` unless it is said.
    pub(super) kind: Option<String>,
    pub(super) classifier: Option<String>,
    pub(super) is_optional: bool,
}

impl Pom {
    /// The project that `text` describes; none when it is a document of another kind.
    ///
    /// # Errors
    /// It is not well-formed; says why.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        let root = xml::parse(text)?;
        if root.name != "project" {
            return Ok(None);
        }
        let own = |name: &str| root.text_of(name).map(str::to_owned);
        let parent = root.child("parent").map(|parent| {
            let text = |name: &str| parent.text_of(name).unwrap_or_default().to_owned();
            Parent {
                group: text("groupId"),
                artifact: text("artifactId"),
                version: text("version"),
                relative_path: parent.child("relativePath").map(|path| path.text.clone()),
            }
        });
        let properties = root.child("properties").map_or(&[][..], |properties| &properties.children);
        let managed =
            root.child("dependencyManagement").and_then(|management| management.child("dependencies"));
        let mut pom = Self {
            group: own("groupId"),
            artifact: own("artifactId"),
            version: own("version"),
            parent,
            properties: properties
                .iter()
                .take(PROPERTIES_MAX)
                .map(|property| (property.name.clone(), property.text.clone()))
                .collect(),
            licenses: licenses(&root),
            organization: root
                .child("organization")
                .and_then(|organization| organization.text_of("name"))
                .map(str::to_owned),
            dependencies: root.child("dependencies").map_or_else(Vec::new, dependencies),
            managed: managed.map_or_else(Vec::new, dependencies),
        };
        let profiles = root.child("profiles").map_or(&[][..], |profiles| &profiles.children);
        for profile in profiles.iter().filter(|profile| is_active(profile)) {
            pom.dependencies.extend(profile.child("dependencies").map_or_else(Vec::new, dependencies));
            let properties = profile.child("properties").map_or(&[][..], |properties| &properties.children);
            let properties = properties.iter().take(PROPERTIES_MAX);
            pom.properties.extend(properties.map(|property| (property.name.clone(), property.text.clone())));
        }
        Ok(Some(pom))
    }

    /// The value of a property, as far as this project alone says: a part of its coordinates, or one of its own. A name
    /// that starts with `project.` means the coordinates even where the project has a property called so.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let prefixed = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom."));
        let of_project = prefixed.and_then(|name| self.coordinate(name));
        of_project.or_else(|| self.properties.get(name).map(String::as_str)).or_else(|| self.coordinate(name))
    }

    fn coordinate(&self, name: &str) -> Option<&str> {
        let parent = self.parent.as_ref();
        match name {
            "groupId" => self.group.as_deref().or(parent.map(|parent| parent.group.as_str())),
            "artifactId" => self.artifact.as_deref(),
            "version" => self.version.as_deref().or(parent.map(|parent| parent.version.as_str())),
            "parent.groupId" => parent.map(|parent| parent.group.as_str()),
            "parent.artifactId" => parent.map(|parent| parent.artifact.as_str()),
            "parent.version" => parent.map(|parent| parent.version.as_str()),
            _ => None,
        }
    }

    /// Group, artifact and version, as far as this project and what it says of its parent tell.
    pub(super) fn coordinates(&self) -> (Option<String>, Option<String>, Option<String>) {
        let value =
            |name: &str| self.property(name).and_then(|text| expand(text, |name| self.property(name)));
        (value("project.groupId"), value("project.artifactId"), value("project.version"))
    }
}

/// `text` with each `${name}` replaced by what `property` says; none when one is not known, refers to itself or grows
/// without end.
pub(super) fn expand<'p>(text: &str, property: impl Fn(&str) -> Option<&'p str>) -> Option<String> {
    let mut text = text.to_owned();
    for _ in 0..EXPANSIONS_MAX {
        if !text.contains("${") {
            return Some(text);
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(property(name.trim())?.trim());
            if out.len() > VALUE_BYTES_MAX {
                return None;
            }
            rest = after;
        }
        out.push_str(rest);
        text = out;
    }
    None
}

/// Whether a profile counts when nobody asks for another.
fn is_active(profile: &Element) -> bool {
    let activation = profile.child("activation");
    activation.and_then(|activation| activation.text_of("activeByDefault")) == Some("true")
}

fn licenses(project: &Element) -> Vec<String> {
    let stated = project.child("licenses").map_or(&[][..], |licenses| &licenses.children);
    let name = |license: &Element| license.text_of("name").or_else(|| license.text_of("url")).map(one_line);
    let mut names: Vec<String> = stated.iter().filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn dependencies(list: &Element) -> Vec<Dependency> {
    let dependency = |element: &Element| {
        let text = |name: &str| element.text_of(name).map(str::to_owned);
        Dependency {
            group: text("groupId").unwrap_or_default(),
            artifact: text("artifactId").unwrap_or_default(),
            version: text("version"),
            scope: text("scope"),
            kind: text("type"),
            classifier: text("classifier"),
            is_optional: element.text_of("optional") == Some("true"),
        }
    };
    list.each("dependency").map(dependency).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_expanded_until_they_end_or_repeat() {
        let pom = "<project><parent><groupId>org.acme</groupId><version>7</version></parent><artifactId>a</artifactId>\
                   <properties><v>${w}.1</v><w>2</w><x>${x}</x><y>${y}${y}</y></properties></project>";
        let pom = Pom::parse(pom).unwrap().unwrap();
        let expanded = |text: &str| expand(text, |name| pom.property(name));
        for (text, expected) in [
            ("1-${v}", Some("1-2.1")),
            ("${project.groupId}:${pom.version}", Some("org.acme:7")),
            ("${project.parent.version}", Some("7")),
            ("${x}", None),
            ("${y}", None),
            ("${unknown}", None),
            ("${v", None),
        ] {
            assert_eq!(expanded(text).as_deref(), expected, "{text}");
        }
        assert_eq!(Pom::parse("<settings/>"), Ok(None));
    }

    #[test]
    fn a_package_without_group_is_no_group_of_its_own() {
        assert_eq!(package("", "a", "1").purl, "pkg:maven/a@1");
        let package = package("org.acme", "a", "1");
        assert_eq!((package.purl.as_str(), package.name.as_str()), ("pkg:maven/org.acme/a@1", "org.acme:a"));
    }
}
