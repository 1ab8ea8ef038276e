//! SPDX 3.0 JSON-LD (<https://spdx.github.io/spdx-spec/v3.0.1/>): 3.0.1 is written, 3.0 and 3.0.1 are read.
//!
//! The SBOM's root element is the subject, which `contains` the distro (purpose `operatingSystem`) and the packages.
//! `contains` from one package to another, with a comment that says so, is ownership or being carried inside;
//! `generates` leads from a source package, which is not itself installed, to what was built from it. What SPDX
//! cannot say is an annotation `plimsoll:<fact>=<value>`; a gap is an annotation of the document.

use super::wire::text::Kind;
use super::{Model, Syntax};

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use write::write;

/// The version of `spdx-json` that is SPDX 3.
pub(super) const VERSION: &str = "3.0";

pub(super) static SYNTAX: Syntax = Syntax {
    kind: Kind::Spdx3Json,
    accepts: "SPDX 3.0 JSON-LD",
    suffix: "JSON-LD",
    model: &MODEL,
    to_json: |text, _| Ok(text.into()),
};

/// The JSON-LD of SPDX 3, in any version.
pub(super) static MODEL: Model =
    Model { name: "SPDX", inventory: read::read, fits_versions: true, understood: UNDERSTOOD };

/// What [`read`] looks at.
const UNDERSTOOD: &[&str] = &[
    "@graph[].created",
    "@graph[].description",
    "@graph[].externalIdentifier[].externalIdentifierType",
    "@graph[].externalIdentifier[].identifier",
    "@graph[].externalRef[].externalRefType",
    "@graph[].externalRef[].locator[]",
    "@graph[].name",
    "@graph[].relationshipType",
    "@graph[].simplelicensing_licenseExpression",
    "@graph[].simplelicensing_licenseText",
    "@graph[].software_copyrightText",
    "@graph[].software_downloadLocation",
    "@graph[].software_homePage",
    "@graph[].software_packageUrl",
    "@graph[].software_packageVersion",
    "@graph[].software_primaryPurpose",
    "@graph[].statement",
    "@graph[].summary",
    "@graph[].verifiedUsing[].algorithm",
    "@graph[].verifiedUsing[].hashValue",
];

/// The JSON-LD context of what is written.
const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

/// The individual that stands for no element at all, where a relationship leads (Core, `NoneElement`).
const NONE: &str = "NoneElement";
