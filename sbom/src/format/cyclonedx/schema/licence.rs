//! The table: licence. Fields that changed occur once for each range of versions.

use super::component::ATTACHMENT;
use super::document::PROPERTY;
use super::licence_ids::SPDX;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::table::*;

pub(super) const LICENSE_LICENSING_LICENSE_TYPES_ITEM: Words = &[(
    V1_5,
    V1_7,
    &[
        "academic",
        "appliance",
        "client-access",
        "concurrent-user",
        "core-points",
        "custom-metric",
        "device",
        "evaluation",
        "named-user",
        "node-locked",
        "oem",
        "perpetual",
        "processor-points",
        "subscription",
        "user",
        "other",
    ],
)];

pub(super) const LICENSE_ACKNOWLEDGEMENT_ENUMERATION: Words = &[(V1_6, V1_7, &["declared", "concluded"])];

pub(super) const LICENSING_LICENSE_TYPES_ITEM: Words = &[(
    V1_7,
    V1_7,
    &[
        "academic",
        "appliance",
        "client-access",
        "concurrent-user",
        "core-points",
        "custom-metric",
        "device",
        "evaluation",
        "named-user",
        "node-locked",
        "oem",
        "perpetual",
        "processor-points",
        "subscription",
        "user",
        "other",
    ],
)];

pub(super) static LICENSE: Type = Type {
    name: "license",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("id", V1_0, V1_7, Enum(SPDX)),
        optional("name", V1_0, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("name", V1_3, V1_7, TEXT),
        optional("acknowledgement", V1_6, V1_7, Enum(LICENSE_ACKNOWLEDGEMENT_ENUMERATION)),
        optional("text", V1_1, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_1, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional(
            "url",
            V1_3,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
        optional("licensing", V1_5, V1_6, Object(&LICENSE_LICENSING)),
        optional("licensing", V1_7, V1_7, Object(&LICENSING)),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[
        (V1_0, V1_5, ExactlyOneInJson(&[&["id"], &["name"]])),
        (V1_6, V1_7, ExactlyOne(&[&["id"], &["name"]])),
    ],
};

pub(super) static LICENSE_CHOICE: Type = Type {
    name: "license_choice",
    fields: &[optional("license", V1_3, V1_4, Object(&LICENSE)), optional("expression", V1_3, V1_4, TEXT)],
    closed: Some((V1_4, V1_4)),
    rules: &[(V1_3, V1_4, ExactlyOne(&[&["license"], &["expression"]]))],
};

pub(super) static LICENSE_CHOICE_1_ITEM: Type = Type {
    name: "license_choice_1_item",
    fields: &[required("license", V1_5, V1_6, Object(&LICENSE))],
    closed: Some((V1_5, V1_6)),
    rules: &[],
};

pub(super) static LICENSE_LICENSING: Type = Type {
    name: "license_licensing",
    fields: &[
        optional("altIds", V1_5, V1_6, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("licensor", V1_5, V1_6, Object(&LICENSE_LICENSING_LICENSOR)),
        optional("licensee", V1_5, V1_6, Object(&LICENSE_LICENSING_LICENSEE)),
        optional("purchaser", V1_5, V1_6, Object(&LICENSE_LICENSING_PURCHASER)),
        optional("purchaseOrder", V1_5, V1_6, TEXT),
        optional(
            "licenseTypes",
            V1_5,
            V1_6,
            List { of: &Enum(LICENSE_LICENSING_LICENSE_TYPES_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "lastRenewal",
            V1_5,
            V1_6,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "expiration",
            V1_5,
            V1_6,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[],
};

pub(super) static LICENSE_LICENSING_LICENSOR: Type = Type {
    name: "license_licensing_licensor",
    fields: &[
        optional("organization", V1_5, V1_6, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_6, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[(V1_5, V1_6, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
};

pub(super) static LICENSE_LICENSING_LICENSEE: Type = Type {
    name: "license_licensing_licensee",
    fields: &[
        optional("organization", V1_5, V1_6, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_6, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[(V1_5, V1_6, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
};

pub(super) static LICENSE_LICENSING_PURCHASER: Type = Type {
    name: "license_licensing_purchaser",
    fields: &[
        optional("organization", V1_5, V1_6, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_6, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[(V1_5, V1_6, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
};

pub(super) static LICENSE_CHOICE_2_ITEM: Type = Type {
    name: "license_choice_2_item",
    fields: &[
        required("expression", V1_5, V1_6, TEXT),
        optional("acknowledgement", V1_6, V1_6, Enum(LICENSE_ACKNOWLEDGEMENT_ENUMERATION)),
        optional("bom-ref", V1_5, V1_6, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[],
};

pub(super) static LICENSE_CHOICE_ITEM_1: Type = Type {
    name: "license_choice_item_1",
    fields: &[required("license", V1_7, V1_7, Object(&LICENSE))],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};

pub(super) static LICENSING: Type = Type {
    name: "licensing",
    fields: &[
        optional("altIds", V1_7, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("licensor", V1_7, V1_7, Object(&LICENSING_LICENSOR)),
        optional("licensee", V1_7, V1_7, Object(&LICENSING_LICENSEE)),
        optional("purchaser", V1_7, V1_7, Object(&LICENSING_PURCHASER)),
        optional("purchaseOrder", V1_7, V1_7, TEXT),
        optional(
            "licenseTypes",
            V1_7,
            V1_7,
            List { of: &Enum(LICENSING_LICENSE_TYPES_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "lastRenewal",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "expiration",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};

pub(super) static LICENSING_LICENSOR: Type = Type {
    name: "licensing_licensor",
    fields: &[
        optional("organization", V1_7, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_7, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[(V1_7, V1_7, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
};

pub(super) static LICENSING_LICENSEE: Type = Type {
    name: "licensing_licensee",
    fields: &[
        optional("organization", V1_7, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_7, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[(V1_7, V1_7, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
};

pub(super) static LICENSING_PURCHASER: Type = Type {
    name: "licensing_purchaser",
    fields: &[
        optional("organization", V1_7, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_7, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[(V1_7, V1_7, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
};

pub(super) static LICENSE_CHOICE_ITEM_2: Type = Type {
    name: "license_choice_item_2",
    fields: &[
        required("expression", V1_7, V1_7, TEXT),
        optional(
            "expressionDetails",
            V1_7,
            V1_7,
            List {
                of: &Object(&LICENSE_CHOICE_ITEM_2_EXPRESSION_DETAILS_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("acknowledgement", V1_7, V1_7, Enum(LICENSE_ACKNOWLEDGEMENT_ENUMERATION)),
        optional("bom-ref", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("licensing", V1_7, V1_7, Object(&LICENSING)),
        optional(
            "properties",
            V1_7,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};

pub(super) static LICENSE_CHOICE_ITEM_2_EXPRESSION_DETAILS_ITEM: Type = Type {
    name: "license_choice_item_2_expression_details_item",
    fields: &[
        required("licenseIdentifier", V1_7, V1_7, TEXT),
        optional("bom-ref", V1_7, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("text", V1_7, V1_7, Object(&ATTACHMENT)),
        optional(
            "url",
            V1_7,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};
