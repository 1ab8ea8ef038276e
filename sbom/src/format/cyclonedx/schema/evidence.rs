//! The table: what a component was found by. Fields that changed occur once for each range of versions.

use super::licence::{
    LICENSE_CHOICE, LICENSE_CHOICE_1_ITEM, LICENSE_CHOICE_2_ITEM, LICENSE_CHOICE_ITEM_1,
    LICENSE_CHOICE_ITEM_2,
};
use super::table::*;

pub(super) const COMPONENT_EVIDENCE_IDENTITY_FIELD: Words =
    &[(V1_5, V1_7, &["group", "name", "version", "purl", "cpe", "swid", "hash"])];

pub(super) const COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM_TECHNIQUE: Words = &[(
    V1_5,
    V1_7,
    &[
        "source-code-analysis",
        "binary-analysis",
        "manifest-analysis",
        "ast-fingerprint",
        "hash-comparison",
        "instrumentation",
        "dynamic-analysis",
        "filename",
        "attestation",
        "other",
    ],
)];

pub(super) const COMPONENT_IDENTITY_EVIDENCE_FIELD: Words =
    &[(V1_6, V1_7, &["group", "name", "version", "purl", "cpe", "omniborId", "swhid", "swid", "hash"])];

pub(super) const COMPONENT_IDENTITY_EVIDENCE_METHODS_ITEM_TECHNIQUE: Words = &[(
    V1_6,
    V1_7,
    &[
        "source-code-analysis",
        "binary-analysis",
        "manifest-analysis",
        "ast-fingerprint",
        "hash-comparison",
        "instrumentation",
        "dynamic-analysis",
        "filename",
        "attestation",
        "other",
    ],
)];

pub(super) static COMPONENT_EVIDENCE: Type = Type {
    name: "component_evidence",
    fields: &[
        optional("identity", V1_5, V1_5, Object(&COMPONENT_EVIDENCE_IDENTITY)),
        optional(
            "identity",
            V1_6,
            V1_7,
            OneOf(&[
                List { of: &Object(&COMPONENT_IDENTITY_EVIDENCE), min: 0, max: usize::MAX, unique: false },
                Object(&COMPONENT_IDENTITY_EVIDENCE),
            ]),
        ),
        optional(
            "occurrences",
            V1_5,
            V1_7,
            List {
                of: &Object(&COMPONENT_EVIDENCE_OCCURRENCES_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional("callstack", V1_5, V1_7, Object(&COMPONENT_EVIDENCE_CALLSTACK)),
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
            "copyright",
            V1_3,
            V1_7,
            List { of: &Object(&COPYRIGHT), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static COPYRIGHT: Type = Type {
    name: "copyright",
    fields: &[required("text", V1_3, V1_7, TEXT)],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_EVIDENCE_IDENTITY: Type = Type {
    name: "component_evidence_identity",
    fields: &[
        required("field", V1_5, V1_5, Enum(COMPONENT_EVIDENCE_IDENTITY_FIELD)),
        optional("confidence", V1_5, V1_5, Number { min: Some(0.0), max: Some(1.0) }),
        optional(
            "methods",
            V1_5,
            V1_5,
            List {
                of: &Object(&COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "tools",
            V1_5,
            V1_5,
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
    ],
    closed: Some((V1_5, V1_5)),
    rules: &[],
};

pub(super) static COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM: Type = Type {
    name: "component_evidence_identity_methods_item",
    fields: &[
        required("technique", V1_5, V1_5, Enum(COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM_TECHNIQUE)),
        required("confidence", V1_5, V1_5, Number { min: Some(0.0), max: Some(1.0) }),
        optional("value", V1_5, V1_5, TEXT),
    ],
    closed: Some((V1_5, V1_5)),
    rules: &[],
};

pub(super) static COMPONENT_EVIDENCE_OCCURRENCES_ITEM: Type = Type {
    name: "component_evidence_occurrences_item",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("location", V1_5, V1_7, TEXT),
        optional("line", V1_6, V1_7, Integer { min: Some(0.0), max: None }),
        optional("offset", V1_6, V1_7, Integer { min: Some(0.0), max: None }),
        optional("symbol", V1_6, V1_7, TEXT),
        optional("additionalContext", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_EVIDENCE_CALLSTACK: Type = Type {
    name: "component_evidence_callstack",
    fields: &[optional(
        "frames",
        V1_5,
        V1_7,
        List {
            of: &Object(&COMPONENT_EVIDENCE_CALLSTACK_FRAMES_ITEM),
            min: 0,
            max: usize::MAX,
            unique: false,
        },
    )],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_EVIDENCE_CALLSTACK_FRAMES_ITEM: Type = Type {
    name: "component_evidence_callstack_frames_item",
    fields: &[
        optional("package", V1_5, V1_7, TEXT),
        required("module", V1_5, V1_7, TEXT),
        optional("function", V1_5, V1_7, TEXT),
        optional("parameters", V1_5, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("line", V1_5, V1_7, Integer { min: None, max: None }),
        optional("column", V1_5, V1_7, Integer { min: None, max: None }),
        optional("fullFilename", V1_5, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_IDENTITY_EVIDENCE: Type = Type {
    name: "component_identity_evidence",
    fields: &[
        required("field", V1_6, V1_7, Enum(COMPONENT_IDENTITY_EVIDENCE_FIELD)),
        optional("confidence", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("concludedValue", V1_6, V1_7, TEXT),
        optional(
            "methods",
            V1_6,
            V1_7,
            List {
                of: &Object(&COMPONENT_IDENTITY_EVIDENCE_METHODS_ITEM),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "tools",
            V1_6,
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
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_IDENTITY_EVIDENCE_METHODS_ITEM: Type = Type {
    name: "component_identity_evidence_methods_item",
    fields: &[
        required("technique", V1_6, V1_7, Enum(COMPONENT_IDENTITY_EVIDENCE_METHODS_ITEM_TECHNIQUE)),
        required("confidence", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("value", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};
