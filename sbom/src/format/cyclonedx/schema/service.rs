//! The table: service. Fields that changed occur once for each range of versions.

use super::component::{EXTERNAL_REFERENCE, RELEASE_NOTES};
use super::document::PROPERTY;
use super::licence::{
    LICENSE, LICENSE_CHOICE, LICENSE_CHOICE_1_ITEM, LICENSE_CHOICE_2_ITEM, LICENSE_CHOICE_ITEM_1,
    LICENSE_CHOICE_ITEM_2,
};
use super::metadata::ORGANIZATIONAL_ENTITY;
use super::modelcard::DATA_GOVERNANCE;
use super::patent::PATENT_ASSERTIONS_ITEM;
use super::signature::{JSF_SIGNATURE_1, JSF_SIGNATURE_2, JSF_SIGNER};
use super::table::*;

pub(super) const DATA_FLOW: Words = &[(V1_2, V1_7, &["inbound", "outbound", "bi-directional", "unknown"])];

pub(super) const DATA_FLOW_DIRECTION: Words =
    &[(V1_5, V1_7, &["inbound", "outbound", "bi-directional", "unknown"])];

pub(super) static SERVICE: Type = Type {
    name: "service",
    fields: &[
        optional("bom-ref", V1_2, V1_4, TEXT),
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("provider", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional(
            "group",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("group", V1_3, V1_7, TEXT),
        required("name", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        required("name", V1_3, V1_7, TEXT),
        optional(
            "version",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("version", V1_3, V1_5, TEXT),
        optional("version", V1_6, V1_7, Text { min: 0, max: 1024, pattern: None, format: None }),
        optional(
            "description",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("description", V1_3, V1_7, TEXT),
        optional("endpoints", V1_2, V1_2, List { of: &Any, min: 0, max: usize::MAX, unique: false }),
        optional(
            "endpoints",
            V1_3,
            V1_7,
            List {
                of: &Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("authenticated", V1_2, V1_7, Bool),
        optional("x-trust-boundary", V1_2, V1_7, Bool),
        optional("trustZone", V1_5, V1_7, TEXT),
        optional(
            "data",
            V1_2,
            V1_4,
            List { of: &Object(&DATA_CLASSIFICATION), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "data",
            V1_5,
            V1_7,
            List { of: &Object(&SERVICE_DATA), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "licenses",
            V1_2,
            V1_2,
            List { of: &Object(&SERVICE_LICENSES_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "licenses",
            V1_3,
            V1_4,
            List { of: &Object(&LICENSE_CHOICE), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "licenses",
            V1_5,
            V1_6,
            OneOf(&[
                List { of: &Object(&LICENSE_CHOICE_1_ITEM), min: 0, max: usize::MAX, unique: false },
                List { of: &Object(&LICENSE_CHOICE_2_ITEM), min: 1, max: 1, unique: false },
            ]),
        ),
        optional(
            "licenses",
            V1_7,
            V1_7,
            List {
                of: &OneOf(&[Object(&LICENSE_CHOICE_ITEM_1), Object(&LICENSE_CHOICE_ITEM_2)]),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "patentAssertions",
            V1_7,
            V1_7,
            List { of: &Object(&PATENT_ASSERTIONS_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "externalReferences",
            V1_2,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "services",
            V1_2,
            V1_7,
            List { of: &Object(&SERVICE), min: 0, max: usize::MAX, unique: true },
        ),
        optional("releaseNotes", V1_4, V1_7, Object(&RELEASE_NOTES)),
        optional(
            "properties",
            V1_3,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
        optional("tags", V1_6, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
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

pub(super) static DATA_CLASSIFICATION: Type = Type {
    name: "data_classification",
    fields: &[required("flow", V1_2, V1_4, Enum(DATA_FLOW)), required("classification", V1_2, V1_4, TEXT)],
    closed: Some((V1_4, V1_4)),
    rules: &[],
};

pub(super) static SERVICE_LICENSES_ITEM: Type = Type {
    name: "service_licenses_item",
    fields: &[
        optional("license", V1_2, V1_2, Object(&LICENSE)),
        optional(
            "expression",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
    ],
    closed: None,
    rules: &[(V1_2, V1_2, ExactlyOne(&[&["license"], &["expression"]]))],
};

pub(super) static SERVICE_DATA: Type = Type {
    name: "service_data",
    fields: &[
        required_in_json("flow", V1_5, V1_7, Enum(DATA_FLOW_DIRECTION)),
        required_in_json("classification", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional("governance", V1_5, V1_7, Object(&DATA_GOVERNANCE)),
        optional(
            "source",
            V1_5,
            V1_7,
            List {
                of: &AnyOf(&[
                    Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
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
                unique: false,
            },
        ),
        optional(
            "destination",
            V1_5,
            V1_7,
            List {
                of: &AnyOf(&[
                    Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
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
                unique: false,
            },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};
