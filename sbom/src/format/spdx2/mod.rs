//! SPDX JSON: 2.2 and 2.3 are written, 2.2 and 2.3 are read (<https://spdx.github.io/spdx-spec/v2.3/>).
//!
//! The document describes the subject, the subject contains the distro (purpose `OPERATING_SYSTEM`) and the
//! packages. `CONTAINS` from one package to another is ownership; `GENERATED_FROM` leads to the source package,
//! an element of purpose `SOURCE` that is not itself installed. What SPDX cannot say is an annotation
//! `plimsoll:<fact>=<value>`; a gap is an annotation of the document.
//!
//! Other syntaxes are brought into this JSON: [`tag_value`], which is written too, [`yaml`], [`xml`] and [`rdf`].
//! [`fit`] is one version in another.

use std::io;

use model::inventory::Inventory;
use serde::{Deserialize, Serialize};

use super::wire::json::{List, Text};
use super::wire::text::Kind;
use super::wire::tree::Tree;
use super::{Format, Loss, Model, Syntax, WriteOptions, spdx3};

mod fit;
pub(super) mod rdf;
mod read;
mod scalar;
pub(in crate::format) mod schema;
pub(super) mod tag_value;
mod tools;
mod write;
pub(super) mod xml;
pub(super) mod yaml;

pub(super) use read::read_file;

pub(super) static FORMAT: Format = Format {
    name: "spdx-json",
    media_type: "application/spdx+json",
    versions: &["2.3", "2.2", "3.0"],
    write,
    model: Some(model),
    rewrite: Some(|tree, _, version, out| {
        let (tree, losses) =
            if version == spdx3::VERSION { (tree, Vec::new()) } else { fitted(tree, version, has_only_json) };
        tree.write_json(out)?;
        Ok(losses)
    }),
};

pub(super) static SYNTAX: Syntax = Syntax {
    kind: Kind::Spdx2Json,
    accepts: "SPDX 2.2 to 2.3 JSON",
    suffix: "JSON",
    model: &MODEL,
    to_json: |text, _| Ok(text.into()),
};

/// The JSON of SPDX 2, in any version.
pub(super) static MODEL: Model =
    Model { name: "SPDX", inventory: read::read, fits_versions: true, understood: UNDERSTOOD };

/// `document` in `version`, and what that has no place for; as it is where it is of that version and `stays` says so.
fn fitted(document: Tree, version: &str, stays: fn(&Tree) -> bool) -> (Tree, Vec<Loss>) {
    let stated = document.get("spdxVersion").and_then(Tree::as_str).unwrap_or_default();
    let is_of_it = stated.strip_prefix("SPDX-").unwrap_or(stated) == version;
    if is_of_it && stays(&document) { (document, Vec::new()) } else { fit::fit(document, version) }
}

/// Whether nothing in `document` is only for another syntax.
fn has_only_json(document: &Tree) -> bool {
    match document {
        Tree::Object(members) => members.iter().all(|(name, value)| !is_beyond(name) && has_only_json(value)),
        Tree::List(elements) => elements.iter().all(has_only_json),
        _ => true,
    }
}

/// Whether the member `name` holds what only another syntax has.
fn is_beyond(name: &str) -> bool {
    name.starts_with(xml::ATTRIBUTE) || [tag_value::TAGS, rdf::BEYOND, xml::TEXT].contains(&name)
}

/// What [`read`] looks at. Of annotations it knows some; one that it does not know is not found in what is written.
const UNDERSTOOD: &[&str] = &[
    "annotations[].comment",
    "creationInfo.created",
    "creationInfo.creators[]",
    "files[].comment",
    "files[].fileName",
    "hasExtractedLicensingInfos[].extractedText",
    "hasExtractedLicensingInfos[].licenseId",
    "hasExtractedLicensingInfos[].name",
    "name",
    "packages[].annotations[].comment",
    "packages[].attributionTexts[]",
    "packages[].checksums[].algorithm",
    "packages[].checksums[].checksumValue",
    "packages[].copyrightText",
    "packages[].description",
    "packages[].downloadLocation",
    "packages[].externalRefs[].referenceCategory",
    "packages[].externalRefs[].referenceLocator",
    "packages[].externalRefs[].referenceType",
    "packages[].homepage",
    "packages[].licenseConcluded",
    "packages[].licenseDeclared",
    "packages[].name",
    "packages[].originator",
    "packages[].packageFileName",
    "packages[].primaryPackagePurpose",
    "packages[].sourceInfo",
    "packages[].summary",
    "packages[].supplier",
    "packages[].versionInfo",
    "relationships[].comment",
];

/// Writes `inventory` as SPDX 2 or SPDX 3, as `version` says.
fn write(
    inventory: &Inventory,
    version: &str,
    options: &WriteOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let write = if version == spdx3::VERSION { spdx3::write } else { write::write };
    write(inventory, version, options, out)
}

/// What documents in `version` are of.
fn model(version: &str) -> &'static Model {
    if version == spdx3::VERSION { &spdx3::MODEL } else { &MODEL }
}

/// The id of the document itself (§6.3).
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// The id of the distro, in documents of plimsoll: 2.2 has no purposes.
const DISTRO: &str = "SPDXRef-Distro";

/// What the ids of source packages begin with, in documents of plimsoll.
const SOURCE: &str = "SPDXRef-Source-";

/// What stands for no element at all, at the end of a relationship (§11.1).
const NONE: &str = "NONE";

/// What stands where nothing is said (§4).
const NOASSERTION: &str = "NOASSERTION";

/// Package information (§7), the fields that an inventory fills or reads.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(rename = "SPDXID", borrow)]
    id: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    version_info: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    supplier: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    originator: Option<Text<'a>>,
    #[serde(borrow, default)]
    download_location: Option<Text<'a>>,
    #[serde(default)]
    files_analyzed: bool,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    checksums: List<Checksum<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    source_info: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    license_concluded: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    license_declared: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    copyright_text: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    summary: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    homepage: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    external_refs: List<ExternalRef<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    primary_package_purpose: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    annotations: List<Annotation<'a>>,
    /// Where Trivy wrote its facts until 0.56.
    #[serde(borrow, default, skip_serializing_if = "List::is_empty")]
    attribution_texts: List<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    package_file_name: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    comment: Option<Text<'a>>,
}

/// A checksum (§7.10).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'a> {
    #[serde(borrow)]
    algorithm: Text<'a>,
    #[serde(borrow)]
    checksum_value: Text<'a>,
}

/// An external reference (§7.21).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'a> {
    #[serde(borrow)]
    reference_category: Text<'a>,
    #[serde(borrow)]
    reference_type: Text<'a>,
    #[serde(borrow)]
    reference_locator: Text<'a>,
}

/// An annotation (§12).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Annotation<'a> {
    #[serde(borrow, default)]
    annotation_date: Text<'a>,
    #[serde(borrow, default)]
    annotation_type: Text<'a>,
    #[serde(borrow, default)]
    annotator: Text<'a>,
    #[serde(borrow)]
    comment: Text<'a>,
}

/// A relationship (§11).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship<'a> {
    #[serde(borrow)]
    spdx_element_id: Text<'a>,
    #[serde(borrow)]
    relationship_type: Text<'a>,
    #[serde(borrow)]
    related_spdx_element: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    comment: Option<Text<'a>>,
}

/// A licence of no list (§10).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExtractedLicense<'a> {
    #[serde(borrow)]
    license_id: Text<'a>,
    #[serde(borrow, default)]
    extracted_text: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
}

#[cfg(test)]
mod tests;
