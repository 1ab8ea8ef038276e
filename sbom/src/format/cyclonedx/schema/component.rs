//! The table: component. Fields that changed occur once for each range of versions.

use super::crypto::CRYPTO_PROPERTIES;
use super::document::PROPERTY;
use super::evidence::COMPONENT_EVIDENCE;
use super::licence::{LICENSE, LICENSE_CHOICE, LICENSES, LICENSES_1_5, LICENSES_1_7};
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::modelcard::{COMPONENT_DATA, MODEL_CARD};
use super::patent::PATENT_ASSERTIONS_ITEM;
use super::signature::SIGNATURE;
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
        required("alg", V1_0, V1_7, Enum(HASH_ALG)).attribute(),
        required(
            "content",
            V1_0,
            V1_7,
            matching("^([a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$"),
        )
        .content()
        .token(),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static COMPONENT: Type = Type {
    name: "component",
    fields: &[
        required("type", V1_0, V1_7, Enum(COMPONENT_TYPE)).attribute(),
        optional("mime-type", V1_2, V1_7, matching("^[-+a-z0-9.]+/[-+a-z0-9.]+$")).attribute().token(),
        optional("isExternal", V1_7, V1_7, Bool).attribute(),
        optional("bom-ref", V1_1, V1_4, TEXT).attribute(),
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("supplier", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("manufacturer", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("authors", V1_6, V1_7, list(&Object(&ORGANIZATIONAL_CONTACT))).each("author"),
        optional("author", V1_2, V1_2, ONE_LINE).token(),
        optional("author", V1_3, V1_7, TEXT).token(),
        optional("publisher", V1_0, V1_2, ONE_LINE).token(),
        optional("publisher", V1_3, V1_7, TEXT).token(),
        optional("group", V1_0, V1_2, ONE_LINE).token(),
        optional("group", V1_3, V1_7, TEXT).token(),
        required("name", V1_0, V1_2, ONE_LINE).token(),
        required("name", V1_3, V1_7, TEXT).token(),
        required("version", V1_0, V1_2, ONE_LINE).token(),
        required("version", V1_3, V1_3, TEXT).token(),
        optional("version", V1_4, V1_5, TEXT).token(),
        optional("version", V1_6, V1_7, Text { min: 0, max: 1024, pattern: None, format: None }).token(),
        optional("versionRange", V1_7, V1_7, Text { min: 1, max: 4096, pattern: None, format: None }).token(),
        optional("description", V1_0, V1_2, ONE_LINE).token(),
        optional("description", V1_3, V1_7, TEXT).token(),
        optional("scope", V1_0, V1_7, Enum(COMPONENT_SCOPE)),
        optional("hashes", V1_0, V1_7, list(&Object(&HASH))).each("hash"),
        optional("licenses", V1_0, V1_2, list(&Object(&COMPONENT_LICENSES_ITEM))).items(LICENSES),
        optional("licenses", V1_3, V1_4, list(&Object(&LICENSE_CHOICE))).items(LICENSES),
        optional("licenses", V1_5, V1_6, LICENSES_1_5).items(LICENSES),
        optional("licenses", V1_7, V1_7, LICENSES_1_7).items(LICENSES),
        optional("copyright", V1_0, V1_2, ONE_LINE).token(),
        optional("copyright", V1_3, V1_7, TEXT).token(),
        optional("patentAssertions", V1_7, V1_7, list(&Object(&PATENT_ASSERTIONS_ITEM)))
            .each("patentAssertion"),
        optional(
            "cpe",
            V1_0,
            V1_2,
            Text { min: 0, max: usize::MAX, pattern: Some("^(.*)$"), format: Some("cpe") },
        ),
        optional("cpe", V1_3, V1_7, Text { min: 0, max: usize::MAX, pattern: None, format: Some("cpe") }),
        optional("purl", V1_0, V1_2, ONE_LINE).token(),
        optional("purl", V1_3, V1_7, TEXT).token(),
        optional("omniborId", V1_6, V1_7, list(&TEXT)),
        optional("swhid", V1_6, V1_7, list(&TEXT)),
        optional("swid", V1_2, V1_7, Object(&SWID)),
        required("modified", V1_0, V1_0, Bool),
        optional("modified", V1_1, V1_7, Bool),
        optional("pedigree", V1_1, V1_7, Object(&COMPONENT_PEDIGREE)),
        optional("externalReferences", V1_1, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
        optional("properties", V1_3, V1_7, list(&Object(&PROPERTY))).each("property"),
        optional("components", V1_0, V1_7, set(&Object(&COMPONENT))).each("component"),
        optional("evidence", V1_3, V1_7, Object(&COMPONENT_EVIDENCE)),
        optional("releaseNotes", V1_4, V1_7, Object(&RELEASE_NOTES)),
        optional("modelCard", V1_5, V1_7, Object(&MODEL_CARD)),
        optional("data", V1_5, V1_7, list(&Object(&COMPONENT_DATA))),
        optional("cryptoProperties", V1_6, V1_7, Object(&CRYPTO_PROPERTIES)),
        optional("tags", V1_6, V1_7, list(&TEXT)).each("tag").token(),
        optional("signature", V1_4, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[
        (V1_7, V1_7, NotTogether(&["version", "versionRange"])),
        (V1_7, V1_7, OnlyIfExternal("versionRange")),
    ],
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static COMPONENT_LICENSES_ITEM: Type = Type {
    name: "component_licenses_item",
    fields: &[
        optional("license", V1_0, V1_2, Object(&LICENSE)),
        optional("expression", V1_1, V1_2, ONE_LINE),
    ],
    closed: Some((V1_0, V1_1)),
    rules: &[(V1_0, V1_2, ExactlyOne(&[&["license"], &["expression"]]))],
    ..PLAIN
};

pub(super) static ATTACHMENT: Type = Type {
    name: "attachment",
    fields: &[
        optional("contentType", V1_1, V1_7, TEXT).named("content-type").attribute().token(),
        optional("encoding", V1_1, V1_7, Enum(ATTACHMENT_ENCODING)).attribute(),
        required("content", V1_1, V1_7, TEXT).content(),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static SWID: Type = Type {
    name: "swid",
    fields: &[
        required("tagId", V1_2, V1_7, TEXT).attribute(),
        required("name", V1_2, V1_7, TEXT).attribute(),
        optional("version", V1_2, V1_7, TEXT).attribute(),
        optional("tagVersion", V1_2, V1_7, INTEGER).attribute(),
        optional("patch", V1_2, V1_7, Bool).attribute(),
        optional("text", V1_2, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_2, V1_2, ONE_LINE).token(),
        optional("url", V1_3, V1_7, IRI),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static COMPONENT_PEDIGREE: Type = Type {
    name: "component_pedigree",
    fields: &[
        optional("ancestors", V1_1, V1_7, list(&Object(&COMPONENT))).each("component"),
        optional("descendants", V1_1, V1_7, list(&Object(&COMPONENT))).each("component"),
        optional("variants", V1_1, V1_7, list(&Object(&COMPONENT))).each("component"),
        optional("commits", V1_1, V1_7, list(&Object(&COMMIT))).each("commit"),
        optional("patches", V1_2, V1_7, list(&Object(&PATCH))).each("patch"),
        optional("notes", V1_1, V1_2, ONE_LINE),
        optional("notes", V1_3, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static COMMIT: Type = Type {
    name: "commit",
    fields: &[
        optional("uid", V1_1, V1_2, ONE_LINE).token(),
        optional("uid", V1_3, V1_7, TEXT).token(),
        optional("url", V1_1, V1_7, IRI),
        optional("author", V1_1, V1_7, Object(&IDENTIFIABLE_ACTION)),
        optional("committer", V1_1, V1_7, Object(&IDENTIFIABLE_ACTION)),
        optional("message", V1_1, V1_2, ONE_LINE).token(),
        optional("message", V1_3, V1_7, TEXT).token(),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static IDENTIFIABLE_ACTION: Type = Type {
    name: "identifiable_action",
    fields: &[
        optional("timestamp", V1_1, V1_7, DATE_TIME),
        optional("name", V1_1, V1_2, ONE_LINE).token(),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("email", V1_1, V1_7, formatted("idn-email")),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static PATCH: Type = Type {
    name: "patch",
    fields: &[
        required("type", V1_2, V1_7, Enum(PATCH_TYPE)).attribute(),
        optional("diff", V1_2, V1_7, Object(&DIFF)),
        optional("resolves", V1_2, V1_7, list(&Object(&ISSUE))).each("issue"),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static DIFF: Type = Type {
    name: "diff",
    fields: &[
        optional("text", V1_2, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_2, V1_2, ONE_LINE).token(),
        optional("url", V1_3, V1_7, IRI),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static ISSUE: Type = Type {
    name: "issue",
    fields: &[
        required("type", V1_2, V1_7, Enum(ISSUE_TYPE)).attribute(),
        optional("id", V1_2, V1_2, ONE_LINE).token(),
        optional("id", V1_3, V1_7, TEXT).token(),
        optional("name", V1_2, V1_2, ONE_LINE).token(),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("description", V1_2, V1_2, ONE_LINE).token(),
        optional("description", V1_3, V1_7, TEXT).token(),
        optional("source", V1_2, V1_7, Object(&ISSUE_SOURCE)),
        optional("references", V1_2, V1_2, list(&Any)).each("url"),
        optional("references", V1_3, V1_7, list(&IRI)).each("url"),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static ISSUE_SOURCE: Type = Type {
    name: "issue_source",
    fields: &[
        optional("name", V1_2, V1_2, ONE_LINE).token(),
        optional("name", V1_3, V1_7, TEXT).token(),
        optional("url", V1_2, V1_2, ONE_LINE).token(),
        optional("url", V1_3, V1_7, IRI),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static EXTERNAL_REFERENCE: Type = Type {
    name: "external_reference",
    fields: &[
        required("type", V1_1, V1_7, Enum(EXTERNAL_REFERENCE_TYPE)).attribute(),
        required("url", V1_1, V1_2, ONE_LINE).token(),
        required("url", V1_3, V1_4, IRI),
        required(
            "url",
            V1_5,
            V1_7,
            AnyOf(&[
                IRI,
                AnyOf(&[
                    Text {
                        min: 0,
                        max: usize::MAX,
                        pattern: Some(
                            "^urn:cdx:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/[1-9][0-9]*$",
                        ),
                        format: Some("iri-reference"),
                    },
                    BOM_LINK,
                ]),
            ]),
        ),
        optional("comment", V1_1, V1_2, ONE_LINE),
        optional("comment", V1_3, V1_7, TEXT),
        optional("hashes", V1_3, V1_7, list(&Object(&HASH))).each("hash"),
        optional("properties", V1_7, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static RELEASE_NOTES: Type = Type {
    name: "release_notes",
    fields: &[
        required("type", V1_4, V1_7, TEXT).token(),
        optional("title", V1_4, V1_7, TEXT),
        optional("featuredImage", V1_4, V1_7, IRI),
        optional("socialImage", V1_4, V1_7, IRI),
        optional("description", V1_4, V1_7, TEXT),
        optional("timestamp", V1_4, V1_7, DATE_TIME),
        optional("aliases", V1_4, V1_7, list(&TEXT)).each("alias").token(),
        optional("tags", V1_4, V1_7, list(&TEXT)).each("tag").token(),
        optional("resolves", V1_4, V1_7, list(&Object(&ISSUE))).each("issue"),
        optional("notes", V1_4, V1_7, list(&Object(&NOTE))).each("note"),
        optional("properties", V1_4, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Any,
    repeats: Repeats::Around("type"),
    ..PLAIN
};

pub(super) static NOTE: Type = Type {
    name: "note",
    fields: &[
        optional("locale", V1_4, V1_7, matching("^([a-z]{2})(-[A-Z]{2})?$")),
        required("text", V1_4, V1_7, Object(&ATTACHMENT)),
    ],
    closed: Some((V1_4, V1_7)),
    repeats: Repeats::Around("text"),
    ..PLAIN
};
