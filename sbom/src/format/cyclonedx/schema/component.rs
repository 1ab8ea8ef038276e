//! The table: component. Fields that changed occur once for each range of versions.

use super::crypto::CRYPTO_PROPERTIES;
use super::document::PROPERTY;
use super::evidence::COMPONENT_EVIDENCE;
use super::licence::{
    LICENSE, LICENSE_CHOICE, LICENSE_CHOICE_1_ITEM, LICENSE_CHOICE_2_ITEM, LICENSE_CHOICE_ITEM_1,
    LICENSE_CHOICE_ITEM_2,
};
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::modelcard::{COMPONENT_DATA, MODEL_CARD};
use super::patent::PATENT_ASSERTIONS_ITEM;
use super::signature::{JSF_SIGNATURE_1, JSF_SIGNATURE_2, JSF_SIGNER};
use super::table::*;

pub(super) const HASH_ALG: Words = &[
    (V1_0, V1_7, &["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-512"]),
    (V1_2, V1_7, &["SHA3-384", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3"]),
    (V1_7, V1_7, &["Streebog-256", "Streebog-512"]),
];

pub(super) const COMPONENT_TYPE: Words = &[
    (V1_0, V1_7, &["application", "framework", "library", "operating-system", "device"]),
    (V1_1, V1_7, &["file"]),
    (V1_2, V1_7, &["container", "firmware"]),
    (V1_5, V1_7, &["platform", "device-driver", "machine-learning-model", "data"]),
    (V1_6, V1_7, &["cryptographic-asset"]),
];

pub(super) const COMPONENT_SCOPE: Words =
    &[(V1_0, V1_7, &["required", "optional"]), (V1_1, V1_7, &["excluded"])];

pub(super) const ATTACHMENT_ENCODING: Words = &[(V1_1, V1_7, &["base64"])];

pub(super) const PATCH_TYPE: Words = &[(V1_2, V1_7, &["unofficial", "monkey", "backport", "cherry-pick"])];

pub(super) const ISSUE_TYPE: Words = &[(V1_2, V1_7, &["defect", "enhancement", "security"])];

pub(super) const EXTERNAL_REFERENCE_TYPE: Words = &[
    (
        V1_1,
        V1_7,
        &[
            "vcs",
            "issue-tracker",
            "website",
            "advisories",
            "bom",
            "mailing-list",
            "social",
            "chat",
            "documentation",
            "support",
            "distribution",
            "license",
            "build-meta",
            "build-system",
            "other",
        ],
    ),
    (V1_4, V1_7, &["release-notes"]),
    (
        V1_5,
        V1_7,
        &[
            "distribution-intake",
            "security-contact",
            "model-card",
            "log",
            "configuration",
            "evidence",
            "formulation",
            "attestation",
            "threat-model",
            "adversary-model",
            "risk-assessment",
            "vulnerability-assertion",
            "exploitability-statement",
            "pentest-report",
            "static-analysis-report",
            "dynamic-analysis-report",
            "runtime-analysis-report",
            "component-analysis-report",
            "maturity-report",
            "certification-report",
            "codified-infrastructure",
            "quality-metrics",
            "poam",
        ],
    ),
    (V1_6, V1_7, &["source-distribution", "electronic-signature", "digital-signature", "rfc-9116"]),
    (V1_7, V1_7, &["patent", "patent-family", "patent-assertion", "citation"]),
];

pub(super) static HASH: Type = Type {
    name: "hash",
    fields: &[
        required("alg", V1_0, V1_7, Enum(HASH_ALG)),
        required(
            "content",
            V1_0,
            V1_7,
            Text {
                min: 0,
                max: usize::MAX,
                pattern: Some(
                    "^([a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$",
                ),
                format: None,
            },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT: Type = Type {
    name: "component",
    fields: &[
        required("type", V1_0, V1_7, Enum(COMPONENT_TYPE)),
        optional(
            "mime-type",
            V1_2,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: Some("^[-+a-z0-9.]+/[-+a-z0-9.]+$"), format: None },
        ),
        optional("bom-ref", V1_1, V1_4, TEXT),
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("supplier", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("manufacturer", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional(
            "authors",
            V1_6,
            V1_7,
            List { of: &Object(&ORGANIZATIONAL_CONTACT), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "author",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("author", V1_3, V1_7, TEXT),
        optional(
            "publisher",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("publisher", V1_3, V1_7, TEXT),
        optional(
            "group",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("group", V1_3, V1_7, TEXT),
        required("name", V1_0, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        required("name", V1_3, V1_7, TEXT),
        required(
            "version",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        required("version", V1_3, V1_3, TEXT),
        optional("version", V1_4, V1_5, TEXT),
        optional("version", V1_6, V1_7, Text { min: 0, max: 1024, pattern: None, format: None }),
        optional("versionRange", V1_7, V1_7, Text { min: 1, max: 4096, pattern: None, format: None }),
        optional("isExternal", V1_7, V1_7, Bool),
        optional(
            "description",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("description", V1_3, V1_7, TEXT),
        optional("scope", V1_0, V1_7, Enum(COMPONENT_SCOPE)),
        optional("hashes", V1_0, V1_7, List { of: &Object(&HASH), min: 0, max: usize::MAX, unique: false }),
        optional(
            "licenses",
            V1_0,
            V1_2,
            List { of: &Object(&COMPONENT_LICENSES_ITEM), min: 0, max: usize::MAX, unique: false },
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
            "copyright",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("copyright", V1_3, V1_7, TEXT),
        optional(
            "patentAssertions",
            V1_7,
            V1_7,
            List { of: &Object(&PATENT_ASSERTIONS_ITEM), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "cpe",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: Some("cpe") },
        ),
        optional("cpe", V1_3, V1_7, Text { min: 0, max: usize::MAX, pattern: None, format: Some("cpe") }),
        optional("purl", V1_0, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("purl", V1_3, V1_7, TEXT),
        optional("omniborId", V1_6, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("swhid", V1_6, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("swid", V1_2, V1_7, Object(&SWID)),
        required("modified", V1_0, V1_0, Bool),
        optional("modified", V1_1, V1_7, Bool),
        optional("pedigree", V1_1, V1_7, Object(&COMPONENT_PEDIGREE)),
        optional(
            "externalReferences",
            V1_1,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "components",
            V1_0,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: true },
        ),
        optional("evidence", V1_3, V1_7, Object(&COMPONENT_EVIDENCE)),
        optional("releaseNotes", V1_4, V1_7, Object(&RELEASE_NOTES)),
        optional("modelCard", V1_5, V1_7, Object(&MODEL_CARD)),
        optional(
            "data",
            V1_5,
            V1_7,
            List { of: &Object(&COMPONENT_DATA), min: 0, max: usize::MAX, unique: false },
        ),
        optional("cryptoProperties", V1_6, V1_7, Object(&CRYPTO_PROPERTIES)),
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
    rules: &[
        (V1_7, V1_7, NotTogether(&["version", "versionRange"])),
        (V1_7, V1_7, OnlyIfExternal("versionRange")),
    ],
};

pub(super) static COMPONENT_LICENSES_ITEM: Type = Type {
    name: "component_licenses_item",
    fields: &[
        optional("license", V1_0, V1_2, Object(&LICENSE)),
        optional(
            "expression",
            V1_1,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
    ],
    closed: Some((V1_0, V1_1)),
    rules: &[(V1_0, V1_2, ExactlyOne(&[&["license"], &["expression"]]))],
};

pub(super) static ATTACHMENT: Type = Type {
    name: "attachment",
    fields: &[
        optional("contentType", V1_1, V1_7, TEXT),
        optional("encoding", V1_1, V1_7, Enum(ATTACHMENT_ENCODING)),
        required("content", V1_1, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static SWID: Type = Type {
    name: "swid",
    fields: &[
        required("tagId", V1_2, V1_7, TEXT),
        required("name", V1_2, V1_7, TEXT),
        optional("version", V1_2, V1_7, TEXT),
        optional("tagVersion", V1_2, V1_7, Integer { min: None, max: None }),
        optional("patch", V1_2, V1_7, Bool),
        optional("text", V1_2, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional(
            "url",
            V1_3,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_PEDIGREE: Type = Type {
    name: "component_pedigree",
    fields: &[
        optional(
            "ancestors",
            V1_1,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "descendants",
            V1_1,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "variants",
            V1_1,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "commits",
            V1_1,
            V1_7,
            List { of: &Object(&COMMIT), min: 0, max: usize::MAX, unique: false },
        ),
        optional("patches", V1_2, V1_7, List { of: &Object(&PATCH), min: 0, max: usize::MAX, unique: false }),
        optional(
            "notes",
            V1_1,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("notes", V1_3, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static COMMIT: Type = Type {
    name: "commit",
    fields: &[
        optional("uid", V1_1, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("uid", V1_3, V1_7, TEXT),
        optional(
            "url",
            V1_1,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
        optional("author", V1_1, V1_7, Object(&IDENTIFIABLE_ACTION)),
        optional("committer", V1_1, V1_7, Object(&IDENTIFIABLE_ACTION)),
        optional(
            "message",
            V1_1,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("message", V1_3, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static IDENTIFIABLE_ACTION: Type = Type {
    name: "identifiable_action",
    fields: &[
        optional(
            "timestamp",
            V1_1,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional("name", V1_1, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("name", V1_3, V1_7, TEXT),
        optional(
            "email",
            V1_1,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("idn-email") },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static PATCH: Type = Type {
    name: "patch",
    fields: &[
        required("type", V1_2, V1_7, Enum(PATCH_TYPE)),
        optional("diff", V1_2, V1_7, Object(&DIFF)),
        optional(
            "resolves",
            V1_2,
            V1_7,
            List { of: &Object(&ISSUE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static DIFF: Type = Type {
    name: "diff",
    fields: &[
        optional("text", V1_2, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional(
            "url",
            V1_3,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static ISSUE: Type = Type {
    name: "issue",
    fields: &[
        required("type", V1_2, V1_7, Enum(ISSUE_TYPE)),
        optional("id", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("id", V1_3, V1_7, TEXT),
        optional("name", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("name", V1_3, V1_7, TEXT),
        optional(
            "description",
            V1_2,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("description", V1_3, V1_7, TEXT),
        optional("source", V1_2, V1_7, Object(&ISSUE_SOURCE)),
        optional("references", V1_2, V1_2, List { of: &Any, min: 0, max: usize::MAX, unique: false }),
        optional(
            "references",
            V1_3,
            V1_7,
            List {
                of: &Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static ISSUE_SOURCE: Type = Type {
    name: "issue_source",
    fields: &[
        optional("name", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional("name", V1_3, V1_7, TEXT),
        optional("url", V1_2, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        optional(
            "url",
            V1_3,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static EXTERNAL_REFERENCE: Type = Type {
    name: "external_reference",
    fields: &[
        required("url", V1_1, V1_2, Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None }),
        required(
            "url",
            V1_3,
            V1_4,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
        required(
            "url",
            V1_5,
            V1_7,
            AnyOf(&[
                Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
                AnyOf(&[
                    Text {
                        min: 0,
                        max: usize::MAX,
                        pattern: Some(
                            "^urn:cdx:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/[1-9][0-9]*$",
                        ),
                        format: Some("iri-reference"),
                    },
                    Text {
                        min: 0,
                        max: usize::MAX,
                        pattern: Some(
                            "^urn:cdx:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/[1-9][0-9]*#.+$",
                        ),
                        format: Some("iri-reference"),
                    },
                ]),
            ]),
        ),
        optional(
            "comment",
            V1_1,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: None },
        ),
        optional("comment", V1_3, V1_7, TEXT),
        required("type", V1_1, V1_7, Enum(EXTERNAL_REFERENCE_TYPE)),
        optional("hashes", V1_3, V1_7, List { of: &Object(&HASH), min: 0, max: usize::MAX, unique: false }),
        optional(
            "properties",
            V1_7,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static RELEASE_NOTES: Type = Type {
    name: "release_notes",
    fields: &[
        required("type", V1_4, V1_7, TEXT),
        optional("title", V1_4, V1_7, TEXT),
        optional(
            "featuredImage",
            V1_4,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
        optional(
            "socialImage",
            V1_4,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
        ),
        optional("description", V1_4, V1_7, TEXT),
        optional(
            "timestamp",
            V1_4,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional("aliases", V1_4, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("tags", V1_4, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional(
            "resolves",
            V1_4,
            V1_7,
            List { of: &Object(&ISSUE), min: 0, max: usize::MAX, unique: false },
        ),
        optional("notes", V1_4, V1_7, List { of: &Object(&NOTE), min: 0, max: usize::MAX, unique: false }),
        optional(
            "properties",
            V1_4,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static NOTE: Type = Type {
    name: "note",
    fields: &[
        optional(
            "locale",
            V1_4,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: Some("^([a-z]{2})(-[A-Z]{2})?$"), format: None },
        ),
        required("text", V1_4, V1_7, Object(&ATTACHMENT)),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};
