//! The table: document. Fields that changed occur once for each range of versions.

use super::component::{ATTACHMENT, COMPONENT, EXTERNAL_REFERENCE};
use super::declaration::{ANNOTATIONS, CITATION, STANDARD};
use super::formulation::FORMULA;
use super::metadata::{METADATA, ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::modelcard::DATA_GOVERNANCE;
use super::patent::{PATENT, PATENT_FAMILY};
use super::service::SERVICE;
use super::signature::{JSF_SIGNATURE_1, JSF_SIGNATURE_2, JSF_SIGNER};
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

pub(super) static BOM: Type = Type {
    name: "bom",
    fields: &[
        optional("$schema", V1_4, V1_5, Enum(BOM_SCHEMA)),
        optional("$schema", V1_6, V1_7, TEXT),
        required("bomFormat", V1_0, V1_7, Enum(BOM_BOM_FORMAT)),
        required("specVersion", V1_0, V1_7, TEXT),
        optional(
            "serialNumber",
            V1_1,
            V1_7,
            Text {
                min: 0,
                max: usize::MAX,
                pattern: Some("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
                format: None,
            },
        ),
        required_in_json("version", V1_0, V1_4, Integer { min: None, max: None }),
        optional("version", V1_5, V1_7, Integer { min: Some(1.0), max: None }),
        optional("metadata", V1_2, V1_7, Object(&METADATA)),
        required(
            "components",
            V1_0,
            V1_1,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "components",
            V1_2,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "services",
            V1_2,
            V1_7,
            List { of: &Object(&SERVICE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "externalReferences",
            V1_1,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "dependencies",
            V1_2,
            V1_7,
            List { of: &Object(&DEPENDENCY), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "compositions",
            V1_3,
            V1_7,
            List { of: &Object(&COMPOSITIONS), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "vulnerabilities",
            V1_4,
            V1_7,
            List { of: &Object(&VULNERABILITY), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "annotations",
            V1_5,
            V1_7,
            List { of: &Object(&ANNOTATIONS), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "formulation",
            V1_5,
            V1_7,
            List { of: &Object(&FORMULA), min: 0, max: usize::MAX, unique: true },
        ),
        optional("declarations", V1_6, V1_7, Object(&BOM_DECLARATIONS)),
        optional("definitions", V1_6, V1_7, Object(&BOM_DEFINITIONS)),
        optional(
            "citations",
            V1_7,
            V1_7,
            List { of: &Object(&CITATION), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "signature",
            V1_4,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static DEPENDENCY: Type = Type {
    name: "dependency",
    fields: &[
        required("ref", V1_2, V1_4, TEXT),
        required("ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("dependsOn", V1_2, V1_4, List { of: &TEXT, min: 0, max: usize::MAX, unique: true }),
        optional(
            "dependsOn",
            V1_5,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: true,
            },
        ),
        optional(
            "provides",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: true,
            },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static PROPERTY: Type = Type {
    name: "property",
    fields: &[
        required_in_xml("name", V1_3, V1_5, TEXT),
        required("name", V1_6, V1_7, TEXT),
        optional("value", V1_3, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static COMPOSITIONS: Type = Type {
    name: "compositions",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("aggregate", V1_3, V1_7, Enum(AGGREGATE_TYPE)),
        optional("assemblies", V1_3, V1_4, List { of: &TEXT, min: 0, max: usize::MAX, unique: true }),
        optional(
            "assemblies",
            V1_5,
            V1_7,
            List {
                of: &AnyOf(&[
                    Text { min: 1, max: usize::MAX, pattern: None, format: None },
                    Text {
                        min: 0,
                        max: usize::MAX,
                        pattern: Some(
                            "^urn:cdx:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/[1-9][0-9]*#.+$",
                        ),
                        format: Some("iri-reference"),
                    },
                ]),
                min: 0,
                max: usize::MAX,
                unique: true,
            },
        ),
        optional("dependencies", V1_3, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: true }),
        optional("vulnerabilities", V1_5, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: true }),
        optional(
            "signature",
            V1_4,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static ADVISORY: Type = Type {
    name: "advisory",
    fields: &[
        optional("title", V1_4, V1_7, TEXT),
        required(
            "url",
            V1_4,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static SECURED_BY: Type = Type {
    name: "secured_by",
    fields: &[
        optional("mechanism", V1_6, V1_7, TEXT),
        optional("algorithmRef", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS: Type = Type {
    name: "bom_declarations",
    fields: &[
        optional(
            "assessors",
            V1_6,
            V1_7,
            List { of: &Object(&BOM_DECLARATIONS_ASSESSORS_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "attestations",
            V1_6,
            V1_7,
            List { of: &Object(&BOM_DECLARATIONS_ATTESTATIONS_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "claims",
            V1_6,
            V1_7,
            List { of: &Object(&BOM_DECLARATIONS_CLAIMS_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "evidence",
            V1_6,
            V1_7,
            List { of: &Object(&BOM_DECLARATIONS_EVIDENCE_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional("targets", V1_6, V1_7, Object(&BOM_DECLARATIONS_TARGETS)),
        optional("affirmation", V1_6, V1_7, Object(&BOM_DECLARATIONS_AFFIRMATION)),
        optional(
            "signature",
            V1_6,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_ASSESSORS_ITEM: Type = Type {
    name: "bom_declarations_assessors_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("thirdParty", V1_6, V1_7, Bool),
        optional("organization", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_ATTESTATIONS_ITEM: Type = Type {
    name: "bom_declarations_attestations_item",
    fields: &[
        optional("summary", V1_6, V1_7, TEXT),
        optional("assessor", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional(
            "map",
            V1_6,
            V1_7,
            List {
                of: &Object(&BOM_DECLARATIONS_ATTESTATIONS_ITEM_MAP_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "signature",
            V1_6,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_ATTESTATIONS_ITEM_MAP_ITEM: Type = Type {
    name: "bom_declarations_attestations_item_map_item",
    fields: &[
        optional("requirement", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional(
            "claims",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "counterClaims",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("conformance", V1_6, V1_7, Object(&BOM_DECLARATIONS_ATTESTATIONS_ITEM_MAP_ITEM_CONFORMANCE)),
        optional("confidence", V1_6, V1_7, Object(&BOM_DECLARATIONS_ATTESTATIONS_ITEM_MAP_ITEM_CONFIDENCE)),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_ATTESTATIONS_ITEM_MAP_ITEM_CONFORMANCE: Type = Type {
    name: "bom_declarations_attestations_item_map_item_conformance",
    fields: &[
        optional("score", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("rationale", V1_6, V1_7, TEXT),
        optional(
            "mitigationStrategies",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_ATTESTATIONS_ITEM_MAP_ITEM_CONFIDENCE: Type = Type {
    name: "bom_declarations_attestations_item_map_item_confidence",
    fields: &[
        optional("score", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("rationale", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_CLAIMS_ITEM: Type = Type {
    name: "bom_declarations_claims_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("target", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("predicate", V1_6, V1_7, TEXT),
        optional(
            "mitigationStrategies",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("reasoning", V1_6, V1_7, TEXT),
        optional(
            "evidence",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "counterEvidence",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "externalReferences",
            V1_6,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "signature",
            V1_6,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_EVIDENCE_ITEM: Type = Type {
    name: "bom_declarations_evidence_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("propertyName", V1_6, V1_7, TEXT),
        optional("description", V1_6, V1_7, TEXT),
        optional(
            "data",
            V1_6,
            V1_7,
            List {
                of: &Object(&BOM_DECLARATIONS_EVIDENCE_ITEM_DATA_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "created",
            V1_6,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "expires",
            V1_6,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional("author", V1_6, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
        optional("reviewer", V1_6, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
        optional(
            "signature",
            V1_6,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_EVIDENCE_ITEM_DATA_ITEM: Type = Type {
    name: "bom_declarations_evidence_item_data_item",
    fields: &[
        optional("name", V1_6, V1_7, TEXT),
        optional("contents", V1_6, V1_7, Object(&BOM_DECLARATIONS_EVIDENCE_ITEM_DATA_ITEM_CONTENTS)),
        optional("classification", V1_6, V1_7, TEXT),
        optional("sensitiveData", V1_6, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("governance", V1_6, V1_7, Object(&DATA_GOVERNANCE)),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_EVIDENCE_ITEM_DATA_ITEM_CONTENTS: Type = Type {
    name: "bom_declarations_evidence_item_data_item_contents",
    fields: &[
        optional("attachment", V1_6, V1_7, Object(&ATTACHMENT)),
        optional(
            "url",
            V1_6,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_TARGETS: Type = Type {
    name: "bom_declarations_targets",
    fields: &[
        optional(
            "organizations",
            V1_6,
            V1_7,
            List { of: &Object(&ORGANIZATIONAL_ENTITY), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "components",
            V1_6,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "services",
            V1_6,
            V1_7,
            List { of: &Object(&SERVICE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_AFFIRMATION: Type = Type {
    name: "bom_declarations_affirmation",
    fields: &[
        optional("statement", V1_6, V1_7, TEXT),
        optional(
            "signatories",
            V1_6,
            V1_7,
            List {
                of: &Object(&BOM_DECLARATIONS_AFFIRMATION_SIGNATORIES_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "signature",
            V1_6,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static BOM_DECLARATIONS_AFFIRMATION_SIGNATORIES_ITEM: Type = Type {
    name: "bom_declarations_affirmation_signatories_item",
    fields: &[
        optional("name", V1_6, V1_7, TEXT),
        optional("role", V1_6, V1_7, TEXT),
        optional(
            "signature",
            V1_6,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
        optional("organization", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("externalReference", V1_6, V1_7, Object(&EXTERNAL_REFERENCE)),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[(V1_6, V1_7, ExactlyOne(&[&["signature"], &["externalReference", "organization"]]))],
};

pub(super) static BOM_DEFINITIONS: Type = Type {
    name: "bom_definitions",
    fields: &[
        optional(
            "standards",
            V1_6,
            V1_7,
            List { of: &Object(&STANDARD), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "patents",
            V1_7,
            V1_7,
            List {
                of: &AnyOf(&[Object(&PATENT), Object(&PATENT_FAMILY)]),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static PRIORITY_APPLICATION: Type = Type {
    name: "priority_application",
    fields: &[
        required(
            "applicationNumber",
            V1_7,
            V1_7,
            Text {
                min: 0,
                max: usize::MAX,
                pattern: Some(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
                format: None,
            },
        ),
        required(
            "jurisdiction",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: Some("^[A-Z]{2}$"), format: None },
        ),
        required(
            "filingDate",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date") },
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};
