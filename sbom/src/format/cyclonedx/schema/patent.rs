//! The table: patent. Fields that changed occur once for each range of versions.

use super::component::EXTERNAL_REFERENCE;
use super::document::PRIORITY_APPLICATION;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::place::Item;
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

/// How who asserts stands in XML.
const ASSERTER: &[Item] = &[
    item("ref", IRI),
    item("contact", Object(&ORGANIZATIONAL_CONTACT)).when(&["email", "phone"]),
    item("organization", Object(&ORGANIZATIONAL_ENTITY)),
    item("contact", Object(&ORGANIZATIONAL_CONTACT)),
];

pub(super) static PATENT_ASSERTIONS_ITEM: Type = Type {
    name: "patent_assertions_item",
    fields: &[
        optional("bom-ref", V1_7, V1_7, NOT_EMPTY).attribute(),
        required("assertionType", V1_7, V1_7, Enum(PATENT_ASSERTIONS_ITEM_ASSERTION_TYPE)),
        optional("patentRefs", V1_7, V1_7, list(&NOT_EMPTY)).each("bom-ref"),
        required(
            "asserter",
            V1_7,
            V1_7,
            OneOf(&[Object(&ORGANIZATIONAL_ENTITY), Object(&ORGANIZATIONAL_CONTACT), NOT_EMPTY]),
        )
        .choice(ASSERTER),
        optional("notes", V1_7, V1_7, TEXT),
    ],
    closed: Some((V1_7, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

/// How who holds a patent stands in XML.
const ASSIGNEE: &[Item] = &[
    item("individual", Object(&ORGANIZATIONAL_CONTACT)).when(&["email", "phone"]),
    item("organization", Object(&ORGANIZATIONAL_ENTITY)),
    item("individual", Object(&ORGANIZATIONAL_CONTACT)),
];

pub(super) static PATENT: Type = Type {
    name: "patent",
    fields: &[
        optional("bom-ref", V1_7, V1_7, NOT_EMPTY).attribute(),
        required(
            "patentNumber",
            V1_7,
            V1_7,
            matching(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
        ),
        optional(
            "applicationNumber",
            V1_7,
            V1_7,
            matching(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
        ),
        required("jurisdiction", V1_7, V1_7, matching("^[A-Z]{2}$")),
        optional("priorityApplication", V1_7, V1_7, Object(&PRIORITY_APPLICATION)),
        optional(
            "publicationNumber",
            V1_7,
            V1_7,
            matching(r##"^[A-Za-z0-9][A-Za-z0-9\-/.()\s]{0,28}[A-Za-z0-9]$"##),
        ),
        optional("title", V1_7, V1_7, TEXT),
        optional("abstract", V1_7, V1_7, TEXT),
        optional("filingDate", V1_7, V1_7, formatted("date")),
        optional("grantDate", V1_7, V1_7, formatted("date")),
        optional("patentExpirationDate", V1_7, V1_7, formatted("date")),
        required("patentLegalStatus", V1_7, V1_7, Enum(PATENT_PATENT_LEGAL_STATUS)),
        optional(
            "patentAssignee",
            V1_7,
            V1_7,
            list(&OneOf(&[Object(&ORGANIZATIONAL_CONTACT), Object(&ORGANIZATIONAL_ENTITY)])),
        )
        .choice(ASSIGNEE),
        optional("externalReferences", V1_7, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
    ],
    closed: Some((V1_7, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static PATENT_FAMILY: Type = Type {
    name: "patent_family",
    fields: &[
        optional("bom-ref", V1_7, V1_7, NOT_EMPTY).attribute(),
        required("familyId", V1_7, V1_7, TEXT),
        optional("priorityApplication", V1_7, V1_7, Object(&PRIORITY_APPLICATION)),
        optional("members", V1_7, V1_7, list(&NOT_EMPTY)).each("ref"),
        optional("externalReferences", V1_7, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
    ],
    closed: Some((V1_7, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};
