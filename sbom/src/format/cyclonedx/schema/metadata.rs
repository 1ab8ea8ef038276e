//! The table: metadata. Fields that changed occur once for each range of versions.

use super::component::{COMPONENT, EXTERNAL_REFERENCE, HASH};
use super::document::{PROPERTY, TLP_CLASSIFICATION};
use super::licence::{
    LICENSE_CHOICE, LICENSE_CHOICE_1_ITEM, LICENSE_CHOICE_2_ITEM, LICENSE_CHOICE_ITEM_1,
    LICENSE_CHOICE_ITEM_2,
};
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
        optional(
            "timestamp",
            V1_2,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "lifecycles",
            V1_5,
            V1_7,
            List {
                of: &OneOf(&[Object(&METADATA_LIFECYCLES_ITEM_1), Object(&METADATA_LIFECYCLES_ITEM_2)]),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("tools", V1_2, V1_4, List { of: &Object(&TOOL), min: 0, max: usize::MAX, unique: false }),
        optional(
            "tools",
            V1_5,
            V1_7,
            OneOf(&[
                Object(&METADATA_TOOLS_1),
                List { of: &Object(&TOOL), min: 0, max: usize::MAX, unique: false },
            ]),
        ),
        optional("manufacturer", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional(
            "authors",
            V1_2,
            V1_7,
            List { of: &Object(&ORGANIZATIONAL_CONTACT), min: 0, max: usize::MAX, unique: false },
        ),
        optional("component", V1_2, V1_7, Object(&COMPONENT)),
        optional("manufacture", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("supplier", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
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
            "properties",
            V1_3,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
        optional("distributionConstraints", V1_7, V1_7, Object(&METADATA_DISTRIBUTION_CONSTRAINTS)),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static TOOL: Type = Type {
    name: "tool",
    fields: &[
        optional(
            "vendor",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("string") },
        ),
        optional("vendor", V1_3, V1_7, TEXT),
        optional("name", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: None, format: Some("string") }),
        optional("name", V1_3, V1_7, TEXT),
        optional(
            "version",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("string") },
        ),
        optional("version", V1_3, V1_5, TEXT),
        optional("version", V1_6, V1_7, Text { min: 0, max: 1024, pattern: None, format: None }),
        optional("hashes", V1_2, V1_7, List { of: &Object(&HASH), min: 0, max: usize::MAX, unique: false }),
        optional(
            "externalReferences",
            V1_4,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static ORGANIZATIONAL_CONTACT: Type = Type {
    name: "organizational_contact",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("name", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("name", V1_3, V1_7, TEXT),
        optional(
            "email",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("email", V1_3, V1_3, TEXT),
        optional(
            "email",
            V1_4,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("idn-email") },
        ),
        optional(
            "phone",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("phone", V1_3, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static ORGANIZATIONAL_ENTITY: Type = Type {
    name: "organizational_entity",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("name", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("name", V1_3, V1_7, TEXT),
        optional("address", V1_6, V1_7, Object(&POSTAL_ADDRESS)),
        optional("url", V1_2, V1_2, List { of: &Any, min: 0, max: usize::MAX, unique: false }),
        optional(
            "url",
            V1_3,
            V1_7,
            List {
                of: &Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "contact",
            V1_2,
            V1_7,
            List { of: &Object(&ORGANIZATIONAL_CONTACT), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static METADATA_LIFECYCLES_ITEM_1: Type = Type {
    name: "metadata_lifecycles_item_1",
    fields: &[required("phase", V1_5, V1_7, Enum(METADATA_LIFECYCLES_ITEM_1_PHASE))],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static METADATA_LIFECYCLES_ITEM_2: Type = Type {
    name: "metadata_lifecycles_item_2",
    fields: &[required("name", V1_5, V1_7, TEXT), optional("description", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static METADATA_TOOLS_1: Type = Type {
    name: "metadata_tools_1",
    fields: &[
        optional(
            "components",
            V1_5,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "services",
            V1_5,
            V1_7,
            List { of: &Object(&SERVICE), min: 0, max: usize::MAX, unique: true },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static POSTAL_ADDRESS: Type = Type {
    name: "postal_address",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("country", V1_6, V1_7, TEXT),
        optional("region", V1_6, V1_7, TEXT),
        optional("locality", V1_6, V1_7, TEXT),
        optional("postOfficeBoxNumber", V1_6, V1_7, TEXT),
        optional("postalCode", V1_6, V1_7, TEXT),
        optional("streetAddress", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static METADATA_DISTRIBUTION_CONSTRAINTS: Type = Type {
    name: "metadata_distribution_constraints",
    fields: &[optional("tlp", V1_7, V1_7, Enum(TLP_CLASSIFICATION))],
    closed: Some((V1_7, V1_7)),
    rules: &[],
};
