//! The table: signature. Fields that changed occur once for each range of versions.

use super::crypto::JSF_SIGNER_ALGORITHM_1;
use super::table::*;

pub(super) const JSF_KEY_TYPE: Words = &[(V1_4, V1_7, &["EC", "OKP", "RSA"])];

pub(super) static JSF_SIGNATURE_1: Type = Type {
    name: "jsf_signature_1",
    fields: &[optional(
        "signers",
        V1_4,
        V1_7,
        List { of: &Object(&JSF_SIGNER), min: 0, max: usize::MAX, unique: false },
    )],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static JSF_SIGNER: Type = Type {
    name: "jsf_signer",
    fields: &[
        required(
            "algorithm",
            V1_4,
            V1_7,
            OneOf(&[
                Enum(JSF_SIGNER_ALGORITHM_1),
                Text { min: 0, max: usize::MAX, pattern: None, format: Some("uri") },
            ]),
        ),
        optional("keyId", V1_4, V1_7, TEXT),
        optional("publicKey", V1_4, V1_7, Object(&JSF_PUBLIC_KEY)),
        optional("certificatePath", V1_4, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("excludes", V1_4, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        required("value", V1_4, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};

pub(super) static JSF_PUBLIC_KEY: Type = Type {
    name: "jsf_public_key",
    fields: &[required("kty", V1_4, V1_7, Enum(JSF_KEY_TYPE))],
    closed: None,
    rules: &[(V1_4, V1_7, OnlyIfExternal("versionRange"))],
};

pub(super) static JSF_SIGNATURE_2: Type = Type {
    name: "jsf_signature_2",
    fields: &[optional(
        "chain",
        V1_4,
        V1_7,
        List { of: &Object(&JSF_SIGNER), min: 0, max: usize::MAX, unique: false },
    )],
    closed: Some((V1_4, V1_7)),
    rules: &[],
};
