//! The table: signature. Fields that changed occur once for each range of versions.

use super::crypto::JSF_SIGNER_ALGORITHM_1;
use super::table::*;

pub(super) const JSF_KEY_TYPE: Words = &[(V1_4, V1_7, &["EC", "OKP", "RSA"])];

/// A signature, or several.
pub(super) const SIGNATURE: Value =
    OneOf(&[Object(&JSF_SIGNATURE_1), Object(&JSF_SIGNATURE_2), Object(&JSF_SIGNER)]);

pub(super) static JSF_SIGNATURE_1: Type = Type {
    name: "jsf_signature_1",
    fields: &[optional("signers", V1_4, V1_7, list(&Object(&JSF_SIGNER)))],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static JSF_SIGNER: Type = Type {
    name: "jsf_signer",
    fields: &[
        required("algorithm", V1_4, V1_7, OneOf(&[Enum(JSF_SIGNER_ALGORITHM_1), formatted("uri")])),
        optional("keyId", V1_4, V1_7, TEXT),
        optional("publicKey", V1_4, V1_7, Object(&JSF_PUBLIC_KEY)),
        optional("certificatePath", V1_4, V1_7, list(&TEXT)),
        optional("excludes", V1_4, V1_7, list(&TEXT)),
        required("value", V1_4, V1_7, TEXT),
    ],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};

pub(super) static JSF_PUBLIC_KEY: Type = Type {
    name: "jsf_public_key",
    fields: &[required("kty", V1_4, V1_7, Enum(JSF_KEY_TYPE))],
    rules: &[(V1_4, V1_7, OnlyIfExternal("versionRange"))],
    ..PLAIN
};

pub(super) static JSF_SIGNATURE_2: Type = Type {
    name: "jsf_signature_2",
    fields: &[optional("chain", V1_4, V1_7, list(&Object(&JSF_SIGNER)))],
    closed: Some((V1_4, V1_7)),
    ..PLAIN
};
