//! The table: metadata. Fields that changed occur once for each range of versions.

use super::component::{COMPONENT, EXTERNAL_REFERENCE, HASH};
use super::document::{PROPERTY, TLP_CLASSIFICATION};
use super::licence::{LICENSE_CHOICE, LICENSES, LICENSES_1_5, LICENSES_1_7};
use super::service::SERVICE;
use super::table::*;

pub(super) const METADATA_LIFECYCLES_ITEM_1_PHASE: Words = &[(
    V1_5,
    V1_7,
    &["design", "pre-build", "build", "post-build", "operations", "discovery", "decommission"],
)];

pub(super) static METADATA: Type = Type {
    name: "metadata",
    fields: &[
        optional("timestamp", V1_2, V1_7, DATE_TIME),
        optional(
            "lifecycles",
            V1_5,
            V1_7,
            list(&OneOf(&[Object(&METADATA_LIFECYCLES_ITEM_1), Object(&METADATA_LIFECYCLES_ITEM_2)])),
        )
        .each("lifecycle"),
        optional("tools", V1_2, V1_4, list(&Object(&TOOL))).each("tool"),
        optional("tools", V1_5, V1_7, OneOf(&[Object(&METADATA_TOOLS_1), list(&Object(&TOOL))])).each("tool"),
        optional("authors", V1_2, V1_7, list(&Object(&ORGANIZATIONAL_CONTACT))).each("author"),
        optional("component", V1_2, V1_7, Object(&COMPONENT)),
        optional("manufacturer", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("manufacture", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("supplier", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("licenses", V1_3, V1_4, list(&Object(&LICENSE_CHOICE))).items(LICENSES),
        optional("licenses", V1_5, V1_6, LICENSES_1_5).items(LICENSES),
        optional("licenses", V1_7, V1_7, LICENSES_1_7).items(LICENSES),
        optional("properties", V1_3, V1_7, list(&Object(&PROPERTY))).each("property"),
        optional("distributionConstraints", V1_7, V1_7, Object(&METADATA_DISTRIBUTION_CONSTRAINTS)),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static TOOL: Type = Type {
    name: "tool",
    fields: &[
        optional("vendor", V1_2, V1_2, formatted("string")),
        optional("vendor", V1_3, V1_7, TEXT).token(),
        optional("name", V1_2, V1_2, formatted("string")),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("version", V1_2, V1_2, formatted("string")),
        optional("version", V1_3, V1_5, TEXT).token(),
        optional("version", V1_6, V1_7, Text { min: 0, max: 1024, pattern: None, format: None }).token(),
        optional("hashes", V1_2, V1_7, list(&Object(&HASH))).each("hash"),
        optional("externalReferences", V1_4, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static ORGANIZATIONAL_CONTACT: Type = Type {
    name: "organizational_contact",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("name", V1_2, V1_2, ONE_LINE).token(),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("email", V1_2, V1_2, ONE_LINE).token(),
        optional("email", V1_3, V1_3, TEXT).token(),
        optional("email", V1_4, V1_7, formatted("idn-email")),
        optional("phone", V1_2, V1_2, ONE_LINE).token(),
        optional("phone", V1_3, V1_7, TEXT).token(),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static ORGANIZATIONAL_ENTITY: Type = Type {
    name: "organizational_entity",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("name", V1_2, V1_2, ONE_LINE).token(),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("address", V1_6, V1_7, Object(&POSTAL_ADDRESS)),
        optional("url", V1_2, V1_2, list(&Any)),
        optional("url", V1_3, V1_7, list(&IRI)),
        optional("contact", V1_2, V1_7, list(&Object(&ORGANIZATIONAL_CONTACT))),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static METADATA_LIFECYCLES_ITEM_1: Type = Type {
    name: "metadata_lifecycles_item_1",
    fields: &[required("phase", V1_5, V1_7, Enum(METADATA_LIFECYCLES_ITEM_1_PHASE))],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static METADATA_LIFECYCLES_ITEM_2: Type = Type {
    name: "metadata_lifecycles_item_2",
    fields: &[required("name", V1_5, V1_7, TEXT).token(), optional("description", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static METADATA_TOOLS_1: Type = Type {
    name: "metadata_tools_1",
    fields: &[
        optional("components", V1_5, V1_7, set(&Object(&COMPONENT))).each("component"),
        optional("services", V1_5, V1_7, set(&Object(&SERVICE))).each("service"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static POSTAL_ADDRESS: Type = Type {
    name: "postal_address",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("country", V1_6, V1_7, TEXT),
        optional("region", V1_6, V1_7, TEXT),
        optional("locality", V1_6, V1_7, TEXT),
        optional("postOfficeBoxNumber", V1_6, V1_7, TEXT),
        optional("postalCode", V1_6, V1_7, TEXT),
        optional("streetAddress", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static METADATA_DISTRIBUTION_CONSTRAINTS: Type = Type {
    name: "metadata_distribution_constraints",
    fields: &[optional("tlp", V1_7, V1_7, Enum(TLP_CLASSIFICATION))],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};
