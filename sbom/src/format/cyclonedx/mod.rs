//! CycloneDX JSON: 1.4 to 1.7 are written, 1.2 to 1.7 are read (<https://cyclonedx.org/docs/1.6/json/>).
//!
//! The subject is `metadata.component`, the distro a component of type `operating-system`, every other component
//! a package. `dependencies` lists the packages that say what they need, those that need nothing too: by §dependencies,
//! absence means unknown.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::wire::json::{List, Text};
use super::wire::text::Kind;
use super::wire::tree::Tree;
use super::{Format, Loss, Model, Syntax};

mod evidence;
mod read;
pub(super) mod schema;
mod tools;
mod write;
pub(super) mod xml;

use evidence::Identity;
pub(super) use read::read_file;

pub(super) static FORMAT: Format = Format {
    name: "cyclonedx-json",
    media_type: "application/vnd.cyclonedx+json",
    versions: &["1.6", "1.7", "1.5", "1.4"],
    write: write::write,
    model: Some(|_| &MODEL),
    rewrite: Some(|tree, from, version, out| {
        let (tree, losses) = fitted(tree, from, version, false);
        tree.write_json(out)?;
        Ok(losses)
    }),
};

pub(super) static SYNTAX: Syntax = Syntax {
    kind: Kind::CycloneDxJson,
    accepts: "CycloneDX 1.2 to 1.7 JSON",
    suffix: "JSON",
    model: &MODEL,
    to_json: |text, _| Ok(text.into()),
};

/// The JSON of CycloneDX, in any version.
pub(super) static MODEL: Model =
    Model { name: "CycloneDX", inventory: read::read, fits_versions: true, understood: UNDERSTOOD };

/// `document`, read `from` a syntax, in `version` and JSON or XML, and what that has no place for; as it is where it is of
/// that version and syntax already, valid or not.
fn fitted(document: Tree, from: &Kind, version: &str, is_xml: bool) -> (Tree, Vec<Loss>) {
    let is_of_it = document.get("specVersion").and_then(Tree::as_str) == Some(version);
    let was_xml = *from == Kind::CycloneDxXml;
    match schema::Version::of(version) {
        Some(target) if !is_of_it || was_xml != is_xml => schema::fit(document, target, is_xml),
        _ => (document, Vec::new()),
    }
}

/// What [`read`] looks at. Of properties it knows some; one that it does not know is not found in what is written.
const UNDERSTOOD: &[&str] = &[
    "components[].author",
    "components[].authors[].name",
    "components[].copyright",
    "components[].cpe",
    "components[].description",
    "components[].externalReferences[].type",
    "components[].externalReferences[].url",
    "components[].evidence.identity.concludedValue",
    "components[].evidence.identity.methods[].value",
    "components[].evidence.identity[].concludedValue",
    "components[].evidence.identity[].methods[].value",
    "components[].evidence.occurrences[].location",
    "components[].group",
    "components[].hashes[].alg",
    "components[].hashes[].content",
    "components[].licenses[].expression",
    "components[].licenses[].license.id",
    "components[].licenses[].license.name",
    "components[].name",
    "components[].properties[].name",
    "components[].properties[].value",
    "components[].publisher",
    "components[].purl",
    "components[].scope",
    "components[].supplier.name",
    "components[].type",
    "components[].version",
    "metadata.component.author",
    "metadata.component.cpe",
    "metadata.component.description",
    "metadata.component.group",
    "metadata.component.name",
    "metadata.component.properties[].name",
    "metadata.component.properties[].value",
    "metadata.component.publisher",
    "metadata.component.purl",
    "metadata.component.supplier.name",
    "metadata.component.type",
    "metadata.component.version",
    "metadata.properties[].name",
    "metadata.properties[].value",
    "metadata.timestamp",
    "metadata.tools.components[].name",
    "metadata.tools.components[].type",
    "metadata.tools.components[].version",
    "metadata.tools[].name",
];

/// `component`, the fields that an inventory fills or reads.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Component<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(rename = "bom-ref", borrow, default, skip_serializing_if = "Option::is_none")]
    reference: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    supplier: Option<Organization<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    author: Option<Text<'a>>,
    /// Since 1.6.
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    authors: List<Organization<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    publisher: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    group: Option<Text<'a>>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    version: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    scope: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    hashes: List<Hash<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    licenses: List<LicenseChoice<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    copyright: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    cpe: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    purl: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    external_references: List<ExternalReference<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    components: Option<Nested<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    properties: List<Property<'a>>,
}

/// `externalReference`.
#[derive(Debug, Serialize, Deserialize)]
struct ExternalReference<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Text<'a>,
    /// Text that is no address is other tools' way of saying nothing.
    #[serde(borrow, default)]
    url: Text<'a>,
}

/// What lies in a component.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Nested<'a> {
    /// As it stands in a document: read one by one, at whatever depth.
    Read(&'a RawValue),
    /// The files that a package owns.
    Files(Vec<OwnedFile<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Nested<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(from).map(Self::Read)
    }
}

/// A component that is a file.
#[derive(Debug, Serialize)]
struct OwnedFile<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its path.
    name: &'a str,
    #[serde(skip_serializing_if = "List::is_empty")]
    hashes: List<Hash<'a>>,
}

/// `organizationalEntity`, or `organizationalContact`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Organization<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
}

/// `hash`.
#[derive(Debug, Serialize, Deserialize)]
struct Hash<'a> {
    #[serde(rename = "alg", borrow)]
    algorithm: Text<'a>,
    #[serde(borrow)]
    content: Text<'a>,
}

/// An element of `licenseChoice`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct LicenseChoice<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    license: Option<License<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    expression: Option<Text<'a>>,
}

/// `license`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct License<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
}

/// `componentEvidence`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Evidence<'a> {
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    occurrences: List<Occurrence<'a>>,
    /// One since 1.5, or a list of them since 1.6.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    identity: Option<Identity<'a>>,
}

/// An element of `componentEvidence.occurrences`.
#[derive(Debug, Serialize, Deserialize)]
struct Occurrence<'a> {
    #[serde(borrow)]
    location: Text<'a>,
}

/// `dependency`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(rename = "ref", borrow)]
    reference: Text<'a>,
    /// Nothing where it is missing too: a component of which nothing is known has no `dependency` at all.
    #[serde(borrow, default)]
    depends_on: List<Text<'a>>,
}

/// `property`.
#[derive(Debug, Serialize, Deserialize)]
struct Property<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    value: Option<Text<'a>>,
}

impl Property<'_> {
    fn value(&self) -> &str {
        self.value.as_ref().map_or("", Text::as_str)
    }
}
