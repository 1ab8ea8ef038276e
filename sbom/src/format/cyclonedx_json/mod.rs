//! CycloneDX JSON: 1.6 is written, 1.2 to 1.7 are read (<https://cyclonedx.org/docs/1.6/json/>).
//!
//! The subject is `metadata.component`, the distro a component of type `operating-system`, every other component
//! a package. `dependencies` lists the packages that say what they need: by §dependencies, absence means unknown.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::wire::json::{List, Text};
use super::wire::text::Family;
use super::{Format, Reader};

mod read;
mod write;

pub(super) static FORMAT: Format = Format {
    name: "cyclonedx-json",
    media_type: "application/vnd.cyclonedx+json",
    versions: &["1.6"],
    write: write::write,
    reader: Some(Reader {
        accepts: "CycloneDX 1.2 to 1.7 JSON",
        family: Family::CycloneDxJson,
        read: read::read,
    }),
};

/// `component`, the fields that an inventory fills or reads.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Component<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(rename = "bom-ref", borrow, default, skip_serializing_if = "Option::is_none")]
    reference: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    supplier: Option<Organization<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    author: Option<Text<'a>>,
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
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    licenses: List<LicenseChoice<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    cpe: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    purl: Option<Text<'a>>,
    /// Read one by one, at whatever depth.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    components: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    properties: List<Property<'a>>,
}

/// `organizationalEntity`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Organization<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
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
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
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
