//! The table: declaration. Fields that changed occur once for each range of versions.

use super::component::{COMPONENT, EXTERNAL_REFERENCE};
use super::document::PROPERTY;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::service::SERVICE;
use super::signature::{JSF_SIGNATURE_1, JSF_SIGNATURE_2, JSF_SIGNER};
use super::table::*;

pub(super) static ANNOTATIONS: Type = Type {
    name: "annotations",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required_in_json(
            "subjects",
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
        required("annotator", V1_5, V1_7, Object(&ANNOTATIONS_ANNOTATOR)),
        required(
            "timestamp",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        required("text", V1_5, V1_7, TEXT),
        optional(
            "signature",
            V1_5,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static ANNOTATIONS_ANNOTATOR: Type = Type {
    name: "annotations_annotator",
    fields: &[
        optional("organization", V1_5, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
        optional("component", V1_5, V1_7, Object(&COMPONENT)),
        optional("service", V1_5, V1_7, Object(&SERVICE)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(
        V1_5,
        V1_7,
        ExactlyOneInJson(&[&["organization"], &["individual"], &["component"], &["service"]]),
    )],
};

pub(super) static STANDARD: Type = Type {
    name: "standard",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required_in_xml("name", V1_6, V1_7, TEXT),
        required_in_xml("version", V1_6, V1_7, TEXT),
        required_in_xml("description", V1_6, V1_7, TEXT),
        required_in_xml("owner", V1_6, V1_7, TEXT),
        optional(
            "requirements",
            V1_6,
            V1_7,
            List { of: &Object(&STANDARD_REQUIREMENTS_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "levels",
            V1_6,
            V1_7,
            List { of: &Object(&STANDARD_LEVELS_ITEM), min: 0, max: usize::MAX, unique: false },
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

pub(super) static STANDARD_REQUIREMENTS_ITEM: Type = Type {
    name: "standard_requirements_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("identifier", V1_6, V1_7, TEXT),
        optional("title", V1_6, V1_7, TEXT),
        optional("text", V1_6, V1_7, TEXT),
        optional("descriptions", V1_6, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional(
            "openCre",
            V1_6,
            V1_7,
            List {
                of: &Text { min: 0, max: usize::MAX, pattern: Some("^CRE:[0-9]+-[0-9]+$"), format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("parent", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional(
            "properties",
            V1_6,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "externalReferences",
            V1_6,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static STANDARD_LEVELS_ITEM: Type = Type {
    name: "standard_levels_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("identifier", V1_6, V1_7, TEXT),
        optional("title", V1_6, V1_7, TEXT),
        optional("description", V1_6, V1_7, TEXT),
        optional(
            "requirements",
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

pub(super) static CITATION: Type = Type {
    name: "citation",
    fields: &[
        optional("bom-ref", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("pointers", V1_7, V1_7, List { of: &TEXT, min: 1, max: usize::MAX, unique: false }),
        optional("expressions", V1_7, V1_7, List { of: &TEXT, min: 1, max: usize::MAX, unique: false }),
        required(
            "timestamp",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional("attributedTo", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("process", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("note", V1_7, V1_7, TEXT),
        optional(
            "signature",
            V1_7,
            V1_7,
            OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]),
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[
        (V1_7, V1_7, ExactlyOne(&[&["pointers"], &["expressions"]])),
        (V1_7, V1_7, AtLeastOne(&[&["attributedTo"], &["process"]])),
    ],
};
