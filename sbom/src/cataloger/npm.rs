//! JavaScript packages that are installed: the `package.json` directly inside a package's directory.
//!
//! Below `node_modules` only `node_modules/NAME/package.json` and `node_modules/@SCOPE/NAME/package.json` count;
//! deeper ones are test fixtures and module markers. Elsewhere one counts when it names and versions itself and
//! is not `private`: programs unpacked from an archive are so, an application's own root is not published.

use std::fmt;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Package, PackageKind};
use model::purl::Purl;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::file::is_legible;
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Found, Wants};

pub(super) static CATALOGER: Cataloger =
    Cataloger { name: "npm", version: 1, wants: Wants::Paths(&["**/package.json"]), read, assemble };

/// Bytes of one value that is looked into.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// Where a `package.json` lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Directly in a directory of `node_modules`.
    Installed,
    /// Deeper inside an installed package.
    Inside,
    /// Not below `node_modules`.
    Elsewhere,
}

fn place(path: &str) -> Place {
    let mut below = path;
    let mut seen = false;
    while let Some((before, rest)) = below.split_once("node_modules/") {
        // `my_node_modules/` is another directory.
        seen |= before.is_empty() || before.ends_with('/');
        below = rest;
    }
    let mut components = below.split('/');
    match (seen, components.next(), components.next(), components.next(), components.next()) {
        (false, ..) => Place::Elsewhere,
        (true, Some(_), Some("package.json"), None, _) => Place::Installed,
        (true, Some(scope), Some(_), Some("package.json"), None) if scope.starts_with('@') => {
            Place::Installed
        }
        (true, ..) => Place::Inside,
    }
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let place = place(file.path);
    if place == Place::Inside {
        return;
    }
    let Content::Bytes(bytes) = file.content else {
        let detail = format!("larger than {} bytes (spool_bytes_min); not read", file.limits.spool_bytes_min);
        return facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
    };
    let text = String::from_utf8_lossy(bytes);
    let manifest: Manifest<'_> = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(manifest) => manifest,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if place == Place::Elsewhere && manifest.is_private() {
        return;
    }
    match (string(manifest.name), string(manifest.version)) {
        (Some(name), Some(version)) if is_legible(&name) && is_legible(&version) => {
            facts.package(package(place, &name, &version, &manifest));
        }
        (Some(_), Some(_)) => {
            facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
        }
        (Some(name), None) if place == Place::Installed => {
            let detail = format!("`{name}` states no version; it cannot be judged");
            facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
        }
        // A marker such as `{"type": "module"}`, or a project that was never meant to be published.
        _ => {}
    }
}

fn package(place: Place, name: &str, version: &str, manifest: &Manifest<'_>) -> Package {
    let purl = match name.rsplit_once('/') {
        Some((scope, rest)) => Purl::new("npm", rest).with_namespace(scope),
        None => Purl::new("npm", name),
    };
    let mut package = Package::new(Ecosystem::Npm, name, version, purl.with_version(version).to_string());
    if place == Place::Elsewhere {
        package.kind = PackageKind::Application;
    }
    package.licenses = manifest.licenses();
    package.supplier = manifest.author.and_then(read_value::<Person>).and_then(Person::name);
    package
}

/// The members that matter, unread. As in JavaScript, the last of several members with one name counts.
#[derive(Default)]
struct Manifest<'a> {
    name: Option<&'a RawValue>,
    version: Option<&'a RawValue>,
    private: Option<&'a RawValue>,
    license: Option<&'a RawValue>,
    licenses: Option<&'a RawValue>,
    author: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Manifest<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Manifest<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest<'de>, A::Error> {
        let mut manifest = Manifest::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            let member = match &*key {
                "name" => &mut manifest.name,
                "version" => &mut manifest.version,
                "private" => &mut manifest.private,
                "license" => &mut manifest.license,
                "licenses" => &mut manifest.licenses,
                "author" => &mut manifest.author,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *member = Some(map.next_value()?);
        }
        Ok(manifest)
    }
}

impl Manifest<'_> {
    fn is_private(&self) -> bool {
        self.private.is_some_and(|private| private.get() == "true")
    }

    /// `license` as an SPDX expression, or one of its older forms; else `licenses`.
    fn licenses(&self) -> Vec<String> {
        let mut names = Vec::new();
        for stated in [self.license, self.licenses].into_iter().flatten() {
            if let Some(license) = read_value::<License>(stated) {
                license.names(&mut names);
            }
            if !names.is_empty() {
                break;
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

/// The value as `T`, when it has that form and a sensible size.
fn read_value<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    (value.get().len() <= VALUE_BYTES_MAX).then(|| serde_json::from_str(value.get()).ok()).flatten()
}

fn string(value: Option<&RawValue>) -> Option<String> {
    let text: String = read_value(value?)?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A licence in any of the forms that were ever allowed.
#[derive(Deserialize)]
#[serde(untagged)]
enum License {
    Expression(String),
    Object {
        #[serde(rename = "type")]
        kind: Option<String>,
        name: Option<String>,
    },
    Several(Vec<Self>),
    Other(IgnoredAny),
}

impl License {
    fn names(self, names: &mut Vec<String>) {
        match self {
            Self::Expression(name) => names.extend(Some(name).filter(|name| !name.is_empty())),
            Self::Object { kind, name } => names.extend(kind.or(name).filter(|name| !name.is_empty())),
            Self::Several(several) => several.into_iter().for_each(|license| license.names(names)),
            Self::Other(_) => {}
        }
    }
}

/// `"Ann <ann@example.org>"` or an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Person {
    Text(String),
    Object { name: String },
}

impl Person {
    fn name(self) -> Option<String> {
        let (Self::Text(name) | Self::Object { name }) = self;
        (!name.is_empty()).then_some(name)
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_manifest_of_an_installed_package_counts_below_node_modules() {
        for (path, expected) in [
            ("node_modules/a/package.json", Place::Installed),
            ("app/node_modules/@acme/a/package.json", Place::Installed),
            ("usr/lib/node_modules/npm/node_modules/b/package.json", Place::Installed),
            ("node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", Place::Installed),
            ("node_modules/a/test/fixture/package.json", Place::Inside),
            ("node_modules/@acme/a/esm/package.json", Place::Inside),
            ("node_modules/package.json", Place::Inside),
            ("app/package.json", Place::Elsewhere),
            ("my_node_modules/a/package.json", Place::Elsewhere),
            ("package.json", Place::Elsewhere),
        ] {
            assert_eq!(place(path), expected, "{path}");
        }
    }
}
