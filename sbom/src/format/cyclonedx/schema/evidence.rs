//! The table: what a component was found by. Fields that changed occur once for each range of versions.

use super::licence::{LICENSE_CHOICE, LICENSES, LICENSES_1_5, LICENSES_1_7};
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

pub(super) const IDENTITY_EVIDENCE_FIELD: Words =
    &[(V1_6, V1_7, &["group", "name", "version", "purl", "cpe", "omniborId", "swhid", "swid", "hash"])];

pub(super) const IDENTITY_EVIDENCE_METHODS_ITEM_TECHNIQUE: Words = &[(
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
        optional("identity", V1_5, V1_5, Object(&COMPONENT_EVIDENCE_IDENTITY)).repeated_since(V1_6),
        optional(
            "identity",
            V1_6,
            V1_7,
            OneOf(&[list(&Object(&IDENTITY_EVIDENCE)), Object(&IDENTITY_EVIDENCE)]),
        )
        .repeated_since(V1_6),
        optional("occurrences", V1_5, V1_7, list(&Object(&OCCURRENCE))).each("occurrence"),
        optional("callstack", V1_5, V1_7, Object(&CALLSTACK)),
        optional("licenses", V1_3, V1_4, list(&Object(&LICENSE_CHOICE))).items(LICENSES),
        optional("licenses", V1_5, V1_6, LICENSES_1_5).items(LICENSES),
        optional("licenses", V1_7, V1_7, LICENSES_1_7).items(LICENSES),
        optional("copyright", V1_3, V1_7, list(&Object(&COPYRIGHT))).each("text").boxed(),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static COPYRIGHT: Type = Type {
    name: "copyright",
    fields: &[required("text", V1_3, V1_7, TEXT)],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static COMPONENT_EVIDENCE_IDENTITY: Type = Type {
    name: "component_evidence_identity",
    fields: &[
        required("field", V1_5, V1_5, Enum(COMPONENT_EVIDENCE_IDENTITY_FIELD)),
        optional("confidence", V1_5, V1_5, Number { min: Some(0.0), max: Some(1.0) }),
        optional("methods", V1_5, V1_5, list(&Object(&COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM)))
            .each("method"),
        optional("tools", V1_5, V1_5, set(&REFERENCE)).each("tool").reference(),
    ],
    closed: Some((V1_5, V1_5)),
    ..PLAIN
};

pub(super) static COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM: Type = Type {
    name: "component_evidence_identity_methods_item",
    fields: &[
        required("technique", V1_5, V1_5, Enum(COMPONENT_EVIDENCE_IDENTITY_METHODS_ITEM_TECHNIQUE)),
        required("confidence", V1_5, V1_5, Number { min: Some(0.0), max: Some(1.0) }),
        optional("value", V1_5, V1_5, TEXT),
    ],
    closed: Some((V1_5, V1_5)),
    ..PLAIN
};

pub(super) static OCCURRENCE: Type = Type {
    name: "component_evidence_occurrences_item",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("location", V1_5, V1_7, TEXT),
        optional("line", V1_6, V1_7, Integer { min: Some(0.0), max: None }),
        optional("offset", V1_6, V1_7, Integer { min: Some(0.0), max: None }),
        optional("symbol", V1_6, V1_7, TEXT),
        optional("additionalContext", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static CALLSTACK: Type = Type {
    name: "component_evidence_callstack",
    fields: &[optional("frames", V1_5, V1_7, list(&Object(&FRAME))).each("frame")],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static FRAME: Type = Type {
    name: "component_evidence_callstack_frames_item",
    fields: &[
        optional("package", V1_5, V1_7, TEXT),
        required("module", V1_5, V1_7, TEXT),
        optional("function", V1_5, V1_7, TEXT),
        optional("parameters", V1_5, V1_7, list(&TEXT)).each("parameter"),
        optional("line", V1_5, V1_7, INTEGER),
        optional("column", V1_5, V1_7, INTEGER),
        optional("fullFilename", V1_5, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static IDENTITY_EVIDENCE: Type = Type {
    name: "component_identity_evidence",
    fields: &[
        required("field", V1_6, V1_7, Enum(IDENTITY_EVIDENCE_FIELD)),
        optional("confidence", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("concludedValue", V1_6, V1_7, TEXT),
        optional("methods", V1_6, V1_7, list(&Object(&IDENTITY_EVIDENCE_METHODS_ITEM))).each("method"),
        optional("tools", V1_6, V1_7, set(&REFERENCE)).each("tool").reference(),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static IDENTITY_EVIDENCE_METHODS_ITEM: Type = Type {
    name: "component_identity_evidence_methods_item",
    fields: &[
        required("technique", V1_6, V1_7, Enum(IDENTITY_EVIDENCE_METHODS_ITEM_TECHNIQUE)),
        required("confidence", V1_6, V1_7, Number { min: Some(0.0), max: Some(1.0) }),
        optional("value", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};
