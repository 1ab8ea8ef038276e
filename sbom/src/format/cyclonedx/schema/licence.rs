//! The table: licence. Fields that changed occur once for each range of versions.

use super::component::ATTACHMENT;
use super::document::PROPERTY;
use super::licence_ids::SPDX;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::place::Item;
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

/// The licences of 1.5 and 1.6: an expression stands alone.
pub(super) const LICENSES_1_5: Value = OneOf(&[
    List { of: &Object(&LICENSE_CHOICE_1_ITEM), min: 0, max: usize::MAX, unique: false },
    List { of: &Object(&LICENSE_CHOICE_2_ITEM), min: 1, max: 1, unique: false },
]);

/// The licences of 1.7.
pub(super) const LICENSES_1_7: Value = List {
    of: &OneOf(&[Object(&LICENSE_CHOICE_ITEM_1), Object(&LICENSE_CHOICE_ITEM_2)]),
    min: 0,
    max: usize::MAX,
    unique: false,
};

/// How licences stand in XML, those of every version.
pub(super) const LICENSES: &[Item] = &[
    item("license", Object(&LICENSE)).in_member("license"),
    item("expression-detailed", Object(&LICENSE_CHOICE_ITEM_2)).when(&[
        "expressionDetails",
        "licensing",
        "properties",
    ]),
    item("expression", Object(&LICENSE_CHOICE_2_ITEM)).shares_since(V1_7),
];

pub(super) static LICENSE: Type = Type {
    name: "license",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("acknowledgement", V1_6, V1_7, Enum(LICENSE_ACKNOWLEDGEMENT_ENUMERATION)).attribute(),
        optional("id", V1_0, V1_7, Enum(SPDX)),
        optional("name", V1_0, V1_2, ONE_LINE).token(),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("text", V1_1, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_1, V1_2, ONE_LINE).token(),
        optional("url", V1_3, V1_7, IRI),
        optional("licensing", V1_5, V1_6, Object(&LICENSE_LICENSING)),
        optional("licensing", V1_7, V1_7, Object(&LICENSING)),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[
        (V1_0, V1_5, ExactlyOneInJson(&[&["id"], &["name"]])),
        (V1_6, V1_7, ExactlyOne(&[&["id"], &["name"]])),
    ],
    ..PLAIN
};

pub(super) static LICENSE_CHOICE: Type = Type {
    name: "license_choice",
    fields: &[optional("license", V1_3, V1_4, Object(&LICENSE)), optional("expression", V1_3, V1_4, TEXT)],
    closed: Some((V1_4, V1_4)),
    rules: &[(V1_3, V1_4, ExactlyOne(&[&["license"], &["expression"]]))],
    ..PLAIN
};

pub(super) static LICENSE_CHOICE_1_ITEM: Type = Type {
    name: "license_choice_1_item",
    fields: &[required("license", V1_5, V1_6, Object(&LICENSE))],
    closed: Some((V1_5, V1_6)),
    ..PLAIN
};

pub(super) static LICENSE_LICENSING: Type = Type {
    name: "license_licensing",
    fields: &[
        optional("altIds", V1_5, V1_6, list(&TEXT)).each("altId").token(),
        optional("licensor", V1_5, V1_6, Object(&LICENSE_LICENSING_LICENSOR)),
        optional("licensee", V1_5, V1_6, Object(&LICENSE_LICENSING_LICENSEE)),
        optional("purchaser", V1_5, V1_6, Object(&LICENSE_LICENSING_PURCHASER)),
        optional("purchaseOrder", V1_5, V1_6, TEXT),
        optional("licenseTypes", V1_5, V1_6, list(&Enum(LICENSE_LICENSING_LICENSE_TYPES_ITEM)))
            .each("licenseType"),
        optional("lastRenewal", V1_5, V1_6, DATE_TIME),
        optional("expiration", V1_5, V1_6, DATE_TIME),
    ],
    closed: Some((V1_5, V1_6)),
    ..PLAIN
};

pub(super) static LICENSE_LICENSING_LICENSOR: Type = Type {
    name: "license_licensing_licensor",
    fields: &[
        optional("organization", V1_5, V1_6, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_6, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[(V1_5, V1_6, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
    ..PLAIN
};

pub(super) static LICENSE_LICENSING_LICENSEE: Type = Type {
    name: "license_licensing_licensee",
    fields: &[
        optional("organization", V1_5, V1_6, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_6, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[(V1_5, V1_6, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
    ..PLAIN
};

pub(super) static LICENSE_LICENSING_PURCHASER: Type = Type {
    name: "license_licensing_purchaser",
    fields: &[
        optional("organization", V1_5, V1_6, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_6, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_6)),
    rules: &[(V1_5, V1_6, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
    ..PLAIN
};

pub(super) static LICENSE_CHOICE_2_ITEM: Type = Type {
    name: "license_choice_2_item",
    fields: &[
        optional("bom-ref", V1_5, V1_6, NOT_EMPTY).attribute(),
        optional("acknowledgement", V1_6, V1_6, Enum(LICENSE_ACKNOWLEDGEMENT_ENUMERATION)).attribute(),
        required("expression", V1_5, V1_6, TEXT).content().token(),
    ],
    closed: Some((V1_5, V1_6)),
    ..PLAIN
};

pub(super) static LICENSE_CHOICE_ITEM_1: Type = Type {
    name: "license_choice_item_1",
    fields: &[required("license", V1_7, V1_7, Object(&LICENSE))],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static LICENSING: Type = Type {
    name: "licensing",
    fields: &[
        optional("altIds", V1_7, V1_7, list(&TEXT)).each("altId").token(),
        optional("licensor", V1_7, V1_7, Object(&LICENSING_LICENSOR)),
        optional("licensee", V1_7, V1_7, Object(&LICENSING_LICENSEE)),
        optional("purchaser", V1_7, V1_7, Object(&LICENSING_PURCHASER)),
        optional("purchaseOrder", V1_7, V1_7, TEXT),
        optional("licenseTypes", V1_7, V1_7, list(&Enum(LICENSING_LICENSE_TYPES_ITEM))).each("licenseType"),
        optional("lastRenewal", V1_7, V1_7, DATE_TIME),
        optional("expiration", V1_7, V1_7, DATE_TIME),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static LICENSING_LICENSOR: Type = Type {
    name: "licensing_licensor",
    fields: &[
        optional("organization", V1_7, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_7, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[(V1_7, V1_7, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
    ..PLAIN
};

pub(super) static LICENSING_LICENSEE: Type = Type {
    name: "licensing_licensee",
    fields: &[
        optional("organization", V1_7, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_7, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[(V1_7, V1_7, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
    ..PLAIN
};

pub(super) static LICENSING_PURCHASER: Type = Type {
    name: "licensing_purchaser",
    fields: &[
        optional("organization", V1_7, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_7, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[(V1_7, V1_7, ExactlyOneInJson(&[&["organization"], &["individual"]]))],
    ..PLAIN
};

pub(super) static LICENSE_CHOICE_ITEM_2: Type = Type {
    name: "license_choice_item_2",
    fields: &[
        optional("bom-ref", V1_7, V1_7, NOT_EMPTY).attribute(),
        optional("acknowledgement", V1_7, V1_7, Enum(LICENSE_ACKNOWLEDGEMENT_ENUMERATION)).attribute(),
        required("expression", V1_7, V1_7, TEXT).attribute().token(),
        optional("expressionDetails", V1_7, V1_7, list(&Object(&EXPRESSION_DETAILS))).named("details"),
        optional("licensing", V1_7, V1_7, Object(&LICENSING)),
        optional("properties", V1_7, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static EXPRESSION_DETAILS: Type = Type {
    name: "license_choice_item_2_expression_details_item",
    fields: &[
        required("licenseIdentifier", V1_7, V1_7, TEXT).named("license-identifier").attribute().token(),
        optional("bom-ref", V1_7, V1_7, NOT_EMPTY).attribute(),
        optional("text", V1_7, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_7, V1_7, IRI),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};
