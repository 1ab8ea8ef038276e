//! [`PublicKey`].

use std::fmt::{self, Write as _};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256};

use crate::{InvalidKey, pem};

/// What a key may sign with. A key is of one kind, and which algorithms of that kind its owner uses is not in it.
static ALGORITHMS: &[&dyn VerificationAlgorithm] = &[
    &ECDSA_P256_SHA256_ASN1,
    &ECDSA_P384_SHA384_ASN1,
    &ECDSA_P384_SHA256_ASN1,
    &ED25519,
    &RSA_PKCS1_2048_8192_SHA256,
    &RSA_PSS_2048_8192_SHA256,
];

/// A key that signatures are verified with: ECDSA on P-256 or P-384, Ed25519, or RSA of 2048 to 8192 bits.
#[derive(Clone)]
pub struct PublicKey {
    id: String,
    /// One for each algorithm that the key may be used with.
    keys: Vec<ParsedPublicKey>,
}

impl PublicKey {
    /// The key in `text`, a PEM file (RFC 7468) with one `PUBLIC KEY`.
    ///
    /// # Errors
    /// The text is something else, or the key is of a kind that is not known.
    pub fn from_pem(text: &str) -> Result<Self, InvalidKey> {
        let refuse = |reason: String| InvalidKey { what: "public key", reason };
        let der = pem::decode(text, "PUBLIC KEY").map_err(refuse)?;
        Self::from_der(&der).ok_or_else(|| {
            let known = "known are ECDSA on P-256 and P-384, Ed25519, and RSA of 2048 to 8192 bits";
            refuse(format!("it is of a kind that is not known; {known}"))
        })
    }

    /// The key in `der`; none when it is of a kind that is not known.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let parsed = ALGORITHMS.iter().filter_map(|algorithm| ParsedPublicKey::new(*algorithm, der).ok());
        let keys: Vec<_> = parsed.collect();
        (!keys.is_empty()).then(|| Self { id: id_of(der), keys })
    }

    /// The SHA-256 of the key as DER, `sha256:…`, in lower case.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the key's owner made `signature` of `message`.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| key.verify_sig(message, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.id)
    }
}

/// What a key is called, given as DER.
fn id_of(der: &[u8]) -> String {
    Sha256::digest(der).iter().fold("sha256:".to_owned(), |mut id, byte| {
        // Writing to a text cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}
