//! The table: document. Fields that changed occur once for each range of versions.

use super::component::{ATTACHMENT, COMPONENT, EXTERNAL_REFERENCE};
use super::declaration::{ANNOTATIONS, CITATION, STANDARD};
use super::formulation::FORMULA;
use super::metadata::{METADATA, ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::modelcard::DATA_GOVERNANCE;
use super::patent::{PATENT, PATENT_FAMILY};
use super::place::Item;
use super::service::SERVICE;
use super::signature::SIGNATURE;
use super::table::*;
use super::vulnerability::VULNERABILITY;

pub(super) const BOM_BOM_FORMAT: Words = &[(V1_0, V1_7, &["CycloneDX"])];

pub(super) const AGGREGATE_TYPE: Words = &[
    (
        V1_3,
        V1_7,
        &[
            "complete",
            "incomplete",
            "incomplete_first_party_only",
            "incomplete_third_party_only",
            "unknown",
            "not_specified",
        ],
    ),
    (
        V1_5,
        V1_7,
        &[
            "incomplete_first_party_proprietary_only",
            "incomplete_first_party_opensource_only",
            "incomplete_third_party_proprietary_only",
            "incomplete_third_party_opensource_only",
        ],
    ),
];

pub(super) const BOM_SCHEMA: Words = &[
    (V1_4, V1_4, &["http://cyclonedx.org/schema/bom-1.4.schema.json"]),
    (V1_5, V1_7, &["http://cyclonedx.org/schema/bom-1.5.schema.json"]),
];

pub(super) const TLP_CLASSIFICATION: Words =
    &[(V1_7, V1_7, &["CLEAR", "GREEN", "AMBER", "AMBER_AND_STRICT", "RED"])];

pub(in crate::format::cyclonedx) static BOM: Type = Type {
    name: "bom",
    fields: &[
        optional("$schema", V1_4, V1_5, Enum(BOM_SCHEMA)).nowhere(),
        optional("$schema", V1_6, V1_7, TEXT).nowhere(),
        required("bomFormat", V1_0, V1_7, Enum(BOM_BOM_FORMAT)).nowhere(),
        required("specVersion", V1_0, V1_7, TEXT).nowhere(),
        required_in_json("version", V1_0, V1_4, INTEGER).attribute(),
        optional("version", V1_5, V1_7, Integer { min: Some(1.0), max: None }).attribute(),
        optional(
            "serialNumber",
            V1_1,
            V1_7,
            matching("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
        )
        .attribute(),
        optional("metadata", V1_2, V1_7, Object(&METADATA)),
        required("components", V1_0, V1_1, list(&Object(&COMPONENT))).each("component"),
        optional("components", V1_2, V1_7, set(&Object(&COMPONENT))).each("component"),
        optional("services", V1_2, V1_7, set(&Object(&SERVICE))).each("service"),
        optional("externalReferences", V1_1, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
        optional("dependencies", V1_2, V1_7, set(&Object(&DEPENDENCY))).each("dependency"),
        optional("compositions", V1_3, V1_7, set(&Object(&COMPOSITIONS))).each("composition"),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
        optional("vulnerabilities", V1_4, V1_7, set(&Object(&VULNERABILITY))).each("vulnerability"),
        optional("annotations", V1_5, V1_7, set(&Object(&ANNOTATIONS))).each("annotation"),
        optional("formulation", V1_5, V1_7, set(&Object(&FORMULA))).each("formula"),
        optional("declarations", V1_6, V1_7, Object(&DECLARATIONS)),
        optional("definitions", V1_6, V1_7, Object(&DEFINITIONS)),
        optional("citations", V1_7, V1_7, set(&Object(&CITATION))).each("citation"),
        optional("signature", V1_4, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static DEPENDENCY: Type = Type {
    name: "dependency",
    fields: &[
        required("ref", V1_2, V1_4, TEXT).attribute(),
        required("ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("dependsOn", V1_2, V1_4, set(&TEXT)).named("dependency").reference(),
        optional("dependsOn", V1_5, V1_7, set(&NOT_EMPTY)).named("dependency").reference(),
        optional("provides", V1_6, V1_7, set(&NOT_EMPTY)).reference(),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Foreign,
    repeats: Repeats::Always,
    ..PLAIN
};

pub(super) static PROPERTY: Type = Type {
    name: "property",
    fields: &[
        required_in_xml("name", V1_3, V1_5, TEXT).attribute(),
        required("name", V1_6, V1_7, TEXT).attribute(),
        optional("value", V1_3, V1_7, TEXT).content().token(),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static COMPOSITIONS: Type = Type {
    name: "compositions",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("aggregate", V1_3, V1_7, Enum(AGGREGATE_TYPE)),
        optional("assemblies", V1_3, V1_4, set(&TEXT)).each("assembly").reference(),
        optional("assemblies", V1_5, V1_7, set(&REFERENCE)).each("assembly").reference(),
        optional("dependencies", V1_3, V1_7, set(&TEXT)).each("dependency").reference(),
        optional("vulnerabilities", V1_5, V1_7, set(&TEXT)).each("vulnerability").reference(),
        optional("signature", V1_4, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_4, V1_7)),
    repeats: Repeats::Around("aggregate"),
    ..PLAIN
};

pub(super) static ADVISORY: Type = Type {
    name: "advisory",
    fields: &[optional("title", V1_4, V1_7, TEXT).token(), required("url", V1_4, V1_7, IRI)],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static SECURED_BY: Type = Type {
    name: "secured_by",
    fields: &[optional("mechanism", V1_6, V1_7, TEXT), optional("algorithmRef", V1_6, V1_7, NOT_EMPTY)],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static DECLARATIONS: Type = Type {
    name: "bom_declarations",
    fields: &[
        optional("assessors", V1_6, V1_7, list(&Object(&ASSESSOR))).each("assessor"),
        optional("attestations", V1_6, V1_7, list(&Object(&ATTESTATION))).each("attestation"),
        optional("claims", V1_6, V1_7, list(&Object(&CLAIM))).each("claim"),
        optional("evidence", V1_6, V1_7, list(&Object(&CLAIM_EVIDENCE))).each("evidence"),
        optional("targets", V1_6, V1_7, Object(&TARGETS)),
        optional("affirmation", V1_6, V1_7, Object(&AFFIRMATION)),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ASSESSOR: Type = Type {
    name: "bom_declarations_assessors_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("thirdParty", V1_6, V1_7, Bool),
        optional("organization", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
    ],
    closed: Some((V1_6, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static ATTESTATION: Type = Type {
    name: "bom_declarations_attestations_item",
    fields: &[
        optional("summary", V1_6, V1_7, TEXT),
        optional("assessor", V1_6, V1_7, NOT_EMPTY),
        optional("map", V1_6, V1_7, list(&Object(&ATTESTATION_MAP_ITEM))),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ATTESTATION_MAP_ITEM: Type = Type {
    name: "bom_declarations_attestations_item_map_item",
    fields: &[
        optional("requirement", V1_6, V1_7, NOT_EMPTY),
        optional("claims", V1_6, V1_7, list(&NOT_EMPTY)).each("claim"),
        optional("counterClaims", V1_6, V1_7, list(&NOT_EMPTY)).each("counterClaim"),
        optional("conformance", V1_6, V1_7, Object(&ATTESTATION_MAP_ITEM_CONFORMANCE)),
        optional("confidence", V1_6, V1_7, Object(&ATTESTATION_MAP_ITEM_CONFIDENCE)),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ATTESTATION_MAP_ITEM_CONFORMANCE: Type = Type {
    name: "bom_declarations_attestations_item_map_item_conformance",
    fields: &[
        optional("score", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("rationale", V1_6, V1_7, TEXT),
        optional("mitigationStrategies", V1_6, V1_7, list(&NOT_EMPTY)).each("mitigationStrategy"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ATTESTATION_MAP_ITEM_CONFIDENCE: Type = Type {
    name: "bom_declarations_attestations_item_map_item_confidence",
    fields: &[
        optional("score", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("rationale", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CLAIM: Type = Type {
    name: "bom_declarations_claims_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("target", V1_6, V1_7, NOT_EMPTY),
        optional("predicate", V1_6, V1_7, TEXT),
        optional("mitigationStrategies", V1_6, V1_7, list(&NOT_EMPTY)).each("mitigationStrategy"),
        optional("reasoning", V1_6, V1_7, TEXT),
        optional("evidence", V1_6, V1_7, list(&NOT_EMPTY)),
        optional("counterEvidence", V1_6, V1_7, list(&NOT_EMPTY)),
        optional("externalReferences", V1_6, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static CLAIM_EVIDENCE: Type = Type {
    name: "bom_declarations_evidence_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("propertyName", V1_6, V1_7, TEXT),
        optional("description", V1_6, V1_7, TEXT),
        optional("data", V1_6, V1_7, list(&Object(&CLAIM_EVIDENCE_DATA_ITEM))),
        optional("created", V1_6, V1_7, DATE_TIME),
        optional("expires", V1_6, V1_7, DATE_TIME),
        optional("author", V1_6, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
        optional("reviewer", V1_6, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static CLAIM_EVIDENCE_DATA_ITEM: Type = Type {
    name: "bom_declarations_evidence_item_data_item",
    fields: &[
        optional("name", V1_6, V1_7, TEXT),
        optional("contents", V1_6, V1_7, Object(&CLAIM_EVIDENCE_DATA_ITEM_CONTENTS)),
        optional("classification", V1_6, V1_7, TEXT),
        optional("sensitiveData", V1_6, V1_7, list(&TEXT)).token(),
        optional("governance", V1_6, V1_7, Object(&DATA_GOVERNANCE)),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CLAIM_EVIDENCE_DATA_ITEM_CONTENTS: Type = Type {
    name: "bom_declarations_evidence_item_data_item_contents",
    fields: &[optional("attachment", V1_6, V1_7, Object(&ATTACHMENT)), optional("url", V1_6, V1_7, IRI)],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static TARGETS: Type = Type {
    name: "bom_declarations_targets",
    fields: &[
        optional("organizations", V1_6, V1_7, list(&Object(&ORGANIZATIONAL_ENTITY))).each("organization"),
        optional("components", V1_6, V1_7, list(&Object(&COMPONENT))).each("component"),
        optional("services", V1_6, V1_7, list(&Object(&SERVICE))).each("service"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static AFFIRMATION: Type = Type {
    name: "bom_declarations_affirmation",
    fields: &[
        optional("statement", V1_6, V1_7, TEXT),
        optional("signatories", V1_6, V1_7, list(&Object(&SIGNATORY))).each("signatory"),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static SIGNATORY: Type = Type {
    name: "bom_declarations_affirmation_signatories_item",
    fields: &[
        optional("name", V1_6, V1_7, TEXT),
        optional("role", V1_6, V1_7, TEXT),
        optional("organization", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("externalReference", V1_6, V1_7, Object(&EXTERNAL_REFERENCE)),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[(V1_6, V1_7, ExactlyOne(&[&["signature"], &["externalReference", "organization"]]))],
    ..PLAIN
};

/// How patents stand in XML.
const PATENTS: &[Item] =
    &[item("patentFamily", Object(&PATENT_FAMILY)).when(&["familyId"]), item("patent", Object(&PATENT))];

pub(super) static DEFINITIONS: Type = Type {
    name: "bom_definitions",
    fields: &[
        optional("standards", V1_6, V1_7, list(&Object(&STANDARD))).each("standard"),
        optional("patents", V1_7, V1_7, list(&AnyOf(&[Object(&PATENT), Object(&PATENT_FAMILY)])))
            .items(PATENTS),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static PRIORITY_APPLICATION: Type = Type {
    name: "priority_application",
    fields: &[
        required(
            "applicationNumber",
            V1_7,
            V1_7,
            matching(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
        ),
        required("jurisdiction", V1_7, V1_7, matching("^[A-Z]{2}$")),
        required("filingDate", V1_7, V1_7, formatted("date")),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};
