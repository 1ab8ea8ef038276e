//! The table: crypto. Fields that changed occur once for each range of versions.

use super::component::HASH;
use super::crypto_words::{ALGORITHM_FAMILIES_ENUM, ELLIPTIC_CURVES_ENUM};
use super::document::SECURED_BY;
use super::table::*;

pub(super) const JSF_SIGNER_ALGORITHM_1: Words = &[(
    V1_4,
    V1_7,
    &[
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "Ed448",
        "HS256", "HS384", "HS512",
    ],
)];

pub(super) const CRYPTO_PROPERTIES_ASSET_TYPE: Words =
    &[(V1_6, V1_7, &["algorithm", "certificate", "protocol", "related-crypto-material"])];

pub(super) const ALGORITHM_PRIMITIVE: Words = &[
    (
        V1_6,
        V1_7,
        &[
            "drbg",
            "mac",
            "block-cipher",
            "stream-cipher",
            "signature",
            "hash",
            "pke",
            "xof",
            "kdf",
            "key-agree",
            "kem",
            "ae",
            "combiner",
            "other",
            "unknown",
        ],
    ),
    (V1_7, V1_7, &["key-wrap"]),
];

pub(super) const ALGORITHM_EXECUTION_ENVIRONMENT: Words = &[(
    V1_6,
    V1_7,
    &["software-plain-ram", "software-encrypted-ram", "software-tee", "hardware", "other", "unknown"],
)];

pub(super) const ALGORITHM_IMPLEMENTATION_PLATFORM: Words = &[(
    V1_6,
    V1_7,
    &[
        "generic", "x86_32", "x86_64", "armv7-a", "armv7-m", "armv8-a", "armv8-m", "armv9-a", "armv9-m",
        "s390x", "ppc64", "ppc64le", "other", "unknown",
    ],
)];

pub(super) const ALGORITHM_CERTIFICATION_LEVEL_ITEM: Words = &[(
    V1_6,
    V1_7,
    &[
        "none",
        "fips140-1-l1",
        "fips140-1-l2",
        "fips140-1-l3",
        "fips140-1-l4",
        "fips140-2-l1",
        "fips140-2-l2",
        "fips140-2-l3",
        "fips140-2-l4",
        "fips140-3-l1",
        "fips140-3-l2",
        "fips140-3-l3",
        "fips140-3-l4",
        "cc-eal1",
        "cc-eal1+",
        "cc-eal2",
        "cc-eal2+",
        "cc-eal3",
        "cc-eal3+",
        "cc-eal4",
        "cc-eal4+",
        "cc-eal5",
        "cc-eal5+",
        "cc-eal6",
        "cc-eal6+",
        "cc-eal7",
        "cc-eal7+",
        "other",
        "unknown",
    ],
)];

pub(super) const ALGORITHM_MODE: Words =
    &[(V1_6, V1_7, &["cbc", "ecb", "ccm", "gcm", "cfb", "ofb", "ctr", "other", "unknown"])];

pub(super) const ALGORITHM_PADDING: Words =
    &[(V1_6, V1_7, &["pkcs5", "pkcs7", "pkcs1v15", "oaep", "raw", "other", "unknown"])];

pub(super) const ALGORITHM_CRYPTO_FUNCTIONS_ITEM: Words = &[(
    V1_6,
    V1_7,
    &[
        "generate",
        "keygen",
        "encrypt",
        "decrypt",
        "digest",
        "tag",
        "keyderive",
        "sign",
        "verify",
        "encapsulate",
        "decapsulate",
        "other",
        "unknown",
    ],
)];

pub(super) const CRYPTO_MATERIAL_TYPE: Words = &[(
    V1_6,
    V1_7,
    &[
        "private-key",
        "public-key",
        "secret-key",
        "key",
        "ciphertext",
        "signature",
        "digest",
        "initialization-vector",
        "nonce",
        "seed",
        "salt",
        "shared-secret",
        "tag",
        "additional-data",
        "password",
        "credential",
        "token",
        "other",
        "unknown",
    ],
)];

pub(super) const CRYPTO_MATERIAL_STATE: Words =
    &[(V1_6, V1_7, &["pre-activation", "active", "suspended", "deactivated", "compromised", "destroyed"])];

pub(super) const PROTOCOL_TYPE: Words = &[
    (V1_6, V1_7, &["tls", "ssh", "ipsec", "ike", "sstp", "wpa", "other", "unknown"]),
    (V1_7, V1_7, &["dtls", "quic", "eap-aka", "eap-aka-prime", "prins", "5g-aka"]),
];

pub(super) const CERTIFICATE_STATE_ITEM_1_STATE: Words =
    &[(V1_7, V1_7, &["pre-activation", "active", "suspended", "deactivated", "revoked", "destroyed"])];

pub(super) const CERTIFICATE_EXTENSIONS_ITEM_1_COMMON_EXTENSION_NAME: Words = &[(
    V1_7,
    V1_7,
    &[
        "basicConstraints",
        "keyUsage",
        "extendedKeyUsage",
        "subjectAlternativeName",
        "authorityKeyIdentifier",
        "subjectKeyIdentifier",
        "authorityInformationAccess",
        "certificatePolicies",
        "crlDistributionPoints",
        "signedCertificateTimestamp",
    ],
)];

pub(super) static CRYPTO_PROPERTIES: Type = Type {
    name: "crypto_properties",
    fields: &[
        required("assetType", V1_6, V1_7, Enum(CRYPTO_PROPERTIES_ASSET_TYPE)),
        optional("algorithmProperties", V1_6, V1_7, Object(&ALGORITHM)),
        optional("certificateProperties", V1_6, V1_7, Object(&CERTIFICATE)),
        optional("relatedCryptoMaterialProperties", V1_6, V1_7, Object(&CRYPTO_MATERIAL)),
        optional("protocolProperties", V1_6, V1_7, Object(&PROTOCOL)),
        optional("oid", V1_6, V1_7, TEXT),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ALGORITHM: Type = Type {
    name: "crypto_properties_algorithm_properties",
    fields: &[
        optional("primitive", V1_6, V1_7, Enum(ALGORITHM_PRIMITIVE)),
        optional("algorithmFamily", V1_7, V1_7, Enum(ALGORITHM_FAMILIES_ENUM)).text(),
        optional("parameterSetIdentifier", V1_6, V1_7, TEXT),
        optional("curve", V1_6, V1_7, TEXT),
        optional("ellipticCurve", V1_7, V1_7, Enum(ELLIPTIC_CURVES_ENUM)).text(),
        optional("executionEnvironment", V1_6, V1_7, Enum(ALGORITHM_EXECUTION_ENVIRONMENT)),
        optional("implementationPlatform", V1_6, V1_7, Enum(ALGORITHM_IMPLEMENTATION_PLATFORM)),
        optional("certificationLevel", V1_6, V1_7, list(&Enum(ALGORITHM_CERTIFICATION_LEVEL_ITEM))),
        optional("mode", V1_6, V1_7, Enum(ALGORITHM_MODE)),
        optional("padding", V1_6, V1_7, Enum(ALGORITHM_PADDING)),
        optional("cryptoFunctions", V1_6, V1_7, list(&Enum(ALGORITHM_CRYPTO_FUNCTIONS_ITEM)))
            .each("cryptoFunction"),
        optional("classicalSecurityLevel", V1_6, V1_7, Integer { min: Some(0.0), max: None }),
        optional("nistQuantumSecurityLevel", V1_6, V1_7, Integer { min: Some(0.0), max: Some(6.0) }),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CERTIFICATE: Type = Type {
    name: "crypto_properties_certificate_properties",
    fields: &[
        optional("serialNumber", V1_7, V1_7, TEXT),
        optional("subjectName", V1_6, V1_7, TEXT),
        optional("issuerName", V1_6, V1_7, TEXT),
        optional("notValidBefore", V1_6, V1_7, DATE_TIME),
        optional("notValidAfter", V1_6, V1_7, DATE_TIME),
        optional("signatureAlgorithmRef", V1_6, V1_7, NOT_EMPTY),
        optional("subjectPublicKeyRef", V1_6, V1_7, NOT_EMPTY),
        optional("certificateFormat", V1_6, V1_7, TEXT),
        optional("certificateExtension", V1_6, V1_7, TEXT),
        optional("certificateFileExtension", V1_7, V1_7, TEXT),
        optional("fingerprint", V1_7, V1_7, Object(&HASH)),
        optional(
            "certificateState",
            V1_7,
            V1_7,
            list(&OneOf(&[Object(&CERTIFICATE_STATE_ITEM_1), Object(&CERTIFICATE_STATE_ITEM_2)])),
        ),
        optional("creationDate", V1_7, V1_7, DATE_TIME),
        optional("activationDate", V1_7, V1_7, DATE_TIME),
        optional("deactivationDate", V1_7, V1_7, DATE_TIME),
        optional("revocationDate", V1_7, V1_7, DATE_TIME),
        optional("destructionDate", V1_7, V1_7, DATE_TIME),
        optional(
            "certificateExtensions",
            V1_7,
            V1_7,
            list(&OneOf(&[Object(&CERTIFICATE_EXTENSIONS_ITEM_1), Object(&CERTIFICATE_EXTENSIONS_ITEM_2)])),
        )
        .each("certificateExtension"),
        optional("relatedCryptographicAssets", V1_7, V1_7, list(&Object(&RELATED_CRYPTOGRAPHIC_ASSET)))
            .each("relatedCryptographicAsset"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CRYPTO_MATERIAL: Type = Type {
    name: "crypto_properties_related_crypto_material_properties",
    fields: &[
        optional("type", V1_6, V1_7, Enum(CRYPTO_MATERIAL_TYPE)),
        optional("id", V1_6, V1_7, TEXT),
        optional("state", V1_6, V1_7, Enum(CRYPTO_MATERIAL_STATE)),
        optional("algorithmRef", V1_6, V1_7, NOT_EMPTY),
        optional("creationDate", V1_6, V1_7, DATE_TIME),
        optional("activationDate", V1_6, V1_7, DATE_TIME),
        optional("updateDate", V1_6, V1_7, DATE_TIME),
        optional("expirationDate", V1_6, V1_7, DATE_TIME),
        optional("value", V1_6, V1_7, TEXT),
        optional("size", V1_6, V1_7, INTEGER),
        optional("format", V1_6, V1_7, TEXT),
        optional("securedBy", V1_6, V1_7, Object(&SECURED_BY)),
        optional("fingerprint", V1_7, V1_7, Object(&HASH)),
        optional("relatedCryptographicAssets", V1_7, V1_7, list(&Object(&RELATED_CRYPTOGRAPHIC_ASSET)))
            .each("relatedCryptographicAsset"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static PROTOCOL: Type = Type {
    name: "crypto_properties_protocol_properties",
    fields: &[
        optional("type", V1_6, V1_7, Enum(PROTOCOL_TYPE)),
        optional("version", V1_6, V1_7, TEXT),
        optional("cipherSuites", V1_6, V1_7, list(&Object(&CIPHER_SUITE))).each("cipherSuite"),
        optional("ikev2TransformTypes", V1_6, V1_7, Object(&PROTOCOL_IKEV2_TRANSFORM_TYPES)),
        optional("cryptoRefArray", V1_6, V1_7, list(&NOT_EMPTY)).named("cryptoRef").token(),
        optional("relatedCryptographicAssets", V1_7, V1_7, list(&Object(&RELATED_CRYPTOGRAPHIC_ASSET)))
            .nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CIPHER_SUITE: Type = Type {
    name: "cipher_suite",
    fields: &[
        optional("name", V1_6, V1_7, TEXT),
        optional("algorithms", V1_6, V1_7, list(&NOT_EMPTY)).each("algorithm"),
        optional("identifiers", V1_6, V1_7, list(&TEXT)).each("identifier"),
        optional("tlsGroups", V1_7, V1_7, list(&TEXT)).each("group"),
        optional("tlsSignatureSchemes", V1_7, V1_7, list(&TEXT)).each("signatureScheme"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static PROTOCOL_IKEV2_TRANSFORM_TYPES: Type = Type {
    name: "crypto_properties_protocol_properties_ikev2_transform_types",
    fields: &[
        optional("encr", V1_6, V1_6, list(&NOT_EMPTY)),
        optional("encr", V1_7, V1_7, AnyOf(&[list(&Object(&IKE_V2_ENC)), list(&NOT_EMPTY)])),
        optional("prf", V1_6, V1_6, list(&NOT_EMPTY)),
        optional("prf", V1_7, V1_7, AnyOf(&[list(&Object(&IKE_V2_PRF)), list(&NOT_EMPTY)])),
        optional("integ", V1_6, V1_6, list(&NOT_EMPTY)),
        optional("integ", V1_7, V1_7, AnyOf(&[list(&Object(&IKE_V2_INTEG)), list(&NOT_EMPTY)])),
        optional("ke", V1_6, V1_6, list(&NOT_EMPTY)),
        optional("ke", V1_7, V1_7, AnyOf(&[list(&Object(&IKE_V2_KE)), list(&NOT_EMPTY)])),
        optional("esn", V1_6, V1_7, Bool),
        optional("auth", V1_6, V1_6, list(&NOT_EMPTY)),
        optional("auth", V1_7, V1_7, AnyOf(&[list(&Object(&IKE_V2_AUTH)), list(&NOT_EMPTY)])),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CERTIFICATE_STATE_ITEM_1: Type = Type {
    name: "crypto_properties_certificate_properties_certificate_state_item_1",
    fields: &[
        required("state", V1_7, V1_7, Enum(CERTIFICATE_STATE_ITEM_1_STATE)),
        optional("reason", V1_7, V1_7, TEXT),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static CERTIFICATE_STATE_ITEM_2: Type = Type {
    name: "crypto_properties_certificate_properties_certificate_state_item_2",
    fields: &[
        required("name", V1_7, V1_7, TEXT),
        optional("description", V1_7, V1_7, TEXT),
        optional("reason", V1_7, V1_7, TEXT),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static CERTIFICATE_EXTENSIONS_ITEM_1: Type = Type {
    name: "crypto_properties_certificate_properties_certificate_extensions_item_1",
    fields: &[
        required(
            "commonExtensionName",
            V1_7,
            V1_7,
            Enum(CERTIFICATE_EXTENSIONS_ITEM_1_COMMON_EXTENSION_NAME),
        ),
        required("commonExtensionValue", V1_7, V1_7, TEXT),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static CERTIFICATE_EXTENSIONS_ITEM_2: Type = Type {
    name: "crypto_properties_certificate_properties_certificate_extensions_item_2",
    fields: &[
        required("customExtensionName", V1_7, V1_7, TEXT),
        optional("customExtensionValue", V1_7, V1_7, TEXT),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static RELATED_CRYPTOGRAPHIC_ASSET: Type = Type {
    name: "related_cryptographic_asset",
    fields: &[optional("type", V1_7, V1_7, TEXT), optional("ref", V1_7, V1_7, NOT_EMPTY)],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static IKE_V2_ENC: Type = Type {
    name: "ike_v2_enc",
    fields: &[
        optional("name", V1_7, V1_7, TEXT),
        optional("keyLength", V1_7, V1_7, INTEGER),
        optional("algorithm", V1_7, V1_7, NOT_EMPTY),
    ],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static IKE_V2_PRF: Type = Type {
    name: "ike_v2_prf",
    fields: &[optional("name", V1_7, V1_7, TEXT), optional("algorithm", V1_7, V1_7, NOT_EMPTY)],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static IKE_V2_INTEG: Type = Type {
    name: "ike_v2_integ",
    fields: &[optional("name", V1_7, V1_7, TEXT), optional("algorithm", V1_7, V1_7, NOT_EMPTY)],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static IKE_V2_KE: Type = Type {
    name: "ike_v2_ke",
    fields: &[optional("group", V1_7, V1_7, INTEGER), optional("algorithm", V1_7, V1_7, NOT_EMPTY)],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};

pub(super) static IKE_V2_AUTH: Type = Type {
    name: "ike_v2_auth",
    fields: &[optional("name", V1_7, V1_7, TEXT), optional("algorithm", V1_7, V1_7, NOT_EMPTY)],
    closed: Some((V1_7, V1_7)),
    ..PLAIN
};
