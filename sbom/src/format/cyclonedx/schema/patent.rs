//! The table: patent. Fields that changed occur once for each range of versions.

use super::component::EXTERNAL_REFERENCE;
use super::document::PRIORITY_APPLICATION;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::table::*;

pub(super) const PATENT_ASSERTIONS_ITEM_ASSERTION_TYPE: Words = &[(
    V1_7,
    V1_7,
    &[
        "ownership",
        "license",
        "third-party-claim",
        "standards-inclusion",
        "prior-art",
        "exclusive-rights",
        "non-assertion",
        "research-or-evaluation",
    ],
)];

pub(super) const PATENT_PATENT_LEGAL_STATUS: Words = &[(
    V1_7,
    V1_7,
    &[
        "pending",
        "granted",
        "revoked",
        "expired",
        "lapsed",
        "withdrawn",
        "abandoned",
        "suspended",
        "reinstated",
        "opposed",
        "terminated",
        "invalidated",
        "in-force",
    ],
)];

pub(super) static PATENT_ASSERTIONS_ITEM: Type = Type {
    name: "patent_assertions_item",
    fields: &[
        optional("bom-ref", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("assertionType", V1_7, V1_7, Enum(PATENT_ASSERTIONS_ITEM_ASSERTION_TYPE)),
        optional(
            "patentRefs",
            V1_7,
            V1_7,
            List {
                of: &Text { min: 1, max: usize::MAX, pattern: None, format: None },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        required(
            "asserter",
            V1_7,
            V1_7,
            OneOf(&[
                Object(&ORGANIZATIONAL_ENTITY),
                Object(&ORGANIZATIONAL_CONTACT),
                Text { min: 1, max: usize::MAX, pattern: None, format: None },
            ]),
        ),
        optional("notes", V1_7, V1_7, TEXT),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};

pub(super) static PATENT: Type = Type {
    name: "patent",
    fields: &[
        optional("bom-ref", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required(
            "patentNumber",
            V1_7,
            V1_7,
            Text {
                min: 0,
                max: usize::MAX,
                pattern: Some(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
                format: None,
            },
        ),
        optional(
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
        optional("priorityApplication", V1_7, V1_7, Object(&PRIORITY_APPLICATION)),
        optional(
            "publicationNumber",
            V1_7,
            V1_7,
            Text {
                min: 0,
                max: usize::MAX,
                pattern: Some(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
                format: None,
            },
        ),
        optional("title", V1_7, V1_7, TEXT),
        optional("abstract", V1_7, V1_7, TEXT),
        optional(
            "filingDate",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date") },
        ),
        optional(
            "grantDate",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date") },
        ),
        optional(
            "patentExpirationDate",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date") },
        ),
        required("patentLegalStatus", V1_7, V1_7, Enum(PATENT_PATENT_LEGAL_STATUS)),
        optional(
            "patentAssignee",
            V1_7,
            V1_7,
            List {
                of: &OneOf(&[Object(&ORGANIZATIONAL_CONTACT), Object(&ORGANIZATIONAL_ENTITY)]),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "externalReferences",
            V1_7,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};

pub(super) static PATENT_FAMILY: Type = Type {
    name: "patent_family",
    fields: &[
        optional("bom-ref", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("familyId", V1_7, V1_7, TEXT),
        optional("priorityApplication", V1_7, V1_7, Object(&PRIORITY_APPLICATION)),
        optional(
            "members",
            V1_7,
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
            V1_7,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};
