//! What other tools say in CycloneDX in ways of their own, beside Syft and Trivy.
//!
//! - cdxgen: the manifest a package is from as `SrcFile`, or as the value of a method that identified it
//! - the CycloneDX tools of npm, Composer, Pipenv and Poetry: properties `cdx:…`
//!   (<https://github.com/CycloneDX/cyclonedx-property-taxonomy>)
//! - Red Hat: `evidence.identity` with CPE names of the product, `…:found_by` of Cachi2 and Hermeto

use model::package::{DependencyScope, Location, Package};
use serde::Deserialize;

use super::super::wire::json::{List, Text};
use super::Component;
use super::read::{location, properties};

/// What the properties of Syft begin with, and of those who write as it does.
pub(super) const LIKE_SYFT: &[&str] = &["syft:", "sbomer:", "third-party:"];

/// Ways of identifying a package that say in which file it is.
const BY_FILE: &[&str] = &["binary-analysis", "filename", "manifest-analysis"];

/// An element of `componentEvidence.identity`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(borrow, default)]
    field: Text<'a>,
    /// Since 1.6.
    #[serde(borrow, default)]
    concluded_value: Option<Text<'a>>,
    #[serde(borrow, default)]
    methods: List<Method<'a>>,
}

/// An element of its `methods`.
#[derive(Deserialize)]
struct Method<'a> {
    #[serde(borrow, default)]
    technique: Text<'a>,
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
}

/// Puts what `component` says into `package`.
pub(super) fn read(component: &Component<'_>, package: &mut Package) {
    for (name, value) in properties(component) {
        match (name, value) {
            (_, "") => {}
            ("SrcFile" | "cdx:npm:package:path", path) => found_in(path, package),
            ("cdx:npm:package:development" | "cdx:composer:package:isDevRequirement", "true")
            | ("cdx:pipenv:category", "develop")
            | ("cdx:poetry:group", "dev") => package.scope = DependencyScope::Development,
            ("cachi2:found_by" | "hermeto:found_by", by) => by.clone_into(&mut package.cataloger),
            _ => {}
        }
    }
    let raw = component.evidence.as_ref().and_then(|evidence| evidence.identity.as_ref());
    for identity in raw.map(identities).unwrap_or_default() {
        if let Some(value) = identity.concluded_value.filter(|_| identity.field.as_str() == "cpe") {
            package.cpes.push(&value.0);
        }
        let methods = identity.methods.0.into_iter();
        let files = methods.filter(|method| BY_FILE.contains(&method.technique.as_str()));
        for path in files.filter_map(|method| method.value).filter(|value| value.as_str().contains('/')) {
            found_in(path.as_str(), package);
        }
    }
}

/// What identified a package. What is malformed says nothing: it is only evidence.
fn identities<'a>(evidence: &super::Identity<'a>) -> Vec<Identity<'a>> {
    let super::Identity::Read(raw) = evidence else { return Vec::new() };
    if raw.get().starts_with('[') {
        serde_json::from_str::<List<Identity<'_>>>(raw.get()).map(|list| list.0).unwrap_or_default()
    } else {
        serde_json::from_str(raw.get()).map(|identity| vec![identity]).unwrap_or_default()
    }
}

/// Among how many places one is looked for, so that many of them do not take their square of time.
const LOOKED_THROUGH_MAX: usize = 64;

/// Adds the file at `path` to where `package` is, unless it is there.
pub(super) fn found_in(path: &str, package: &mut Package) {
    let Location { path, .. } = location(path);
    let mut known = package.locations.iter().rev().take(LOOKED_THROUGH_MAX);
    if !known.any(|location| location.path == path) {
        package.locations.push(Location::new(path));
    }
}

#[cfg(test)]
mod tests;
