//! Whose signature is on an envelope: DSSE (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>) with the
//! keys that the user trusts.
//!
//! Certificates, transparency logs and time stamps are not looked at: a signature counts where one of the given keys made it.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::DocumentError;
use super::wire::json::{List, Text};

/// How many signatures one envelope may have; each is tried with each key.
const SIGNATURES_MAX: usize = 16;

/// What a key may sign with. A key is of one kind, and which algorithms of that kind its owner uses is not in it.
static ALGORITHMS: &[&dyn VerificationAlgorithm] = &[
    &ECDSA_P256_SHA256_ASN1,
    &ECDSA_P384_SHA384_ASN1,
    &ECDSA_P384_SHA256_ASN1,
    &ED25519,
    &RSA_PKCS1_2048_8192_SHA256,
    &RSA_PSS_2048_8192_SHA256,
];

/// Whether a document came signed, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Signature {
    /// It came without an envelope.
    #[default]
    None,
    /// It came in an envelope, and nobody's signature on it was verified.
    Unverified {
        /// Who is said to have signed it: the ids in the envelope, those that are not empty.
        key_ids: Vec<String>,
    },
    /// It came in an envelope that one of the given keys signed.
    Verified {
        /// The key ([`PublicKey::id`]).
        key_id: String,
    },
}

/// A key that signatures are verified with: ECDSA on P-256 or P-384, Ed25519, or RSA of 2048 to 8192 bits.
#[derive(Clone)]
pub struct PublicKey {
    id: String,
    /// One for each algorithm that the key may be used with.
    keys: Vec<ParsedPublicKey>,
}

/// A text that is no public key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no public key: {reason}")]
pub struct InvalidKey {
    reason: String,
}

/// A signature of a DSSE envelope.
#[derive(Deserialize)]
pub(super) struct Signed<'a> {
    #[serde(borrow, default)]
    keyid: Option<Text<'a>>,
    #[serde(borrow, default)]
    sig: Text<'a>,
}

impl PublicKey {
    /// The key in `text`, a PEM file (RFC 7468) with one `PUBLIC KEY`.
    ///
    /// # Errors
    /// The text is something else, or the key is of a kind that is not known.
    pub fn from_pem(text: &str) -> Result<Self, InvalidKey> {
        let refuse = |reason: String| InvalidKey { reason };
        let (label, rest) = text
            .split_once("-----BEGIN ")
            .and_then(|(_, rest)| rest.split_once("-----"))
            .ok_or_else(|| refuse("it has no line `-----BEGIN PUBLIC KEY-----`".to_owned()))?;
        if label != "PUBLIC KEY" {
            return Err(refuse(format!("it is a {label:.40}")));
        }
        let (body, after) = rest
            .split_once("-----END PUBLIC KEY-----")
            .ok_or_else(|| refuse("it has no line `-----END PUBLIC KEY-----`".to_owned()))?;
        if after.contains("-----BEGIN ") {
            return Err(refuse("there is more than one".to_owned()));
        }
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|error| refuse(format!("no base64: {error}")))?;
        let parsed = ALGORITHMS.iter().filter_map(|algorithm| ParsedPublicKey::new(*algorithm, &der).ok());
        let keys: Vec<_> = parsed.collect();
        if keys.is_empty() {
            let known = "known are ECDSA on P-256 and P-384, Ed25519, and RSA of 2048 to 8192 bits";
            return Err(refuse(format!("it is of a kind that is not known; {known}")));
        }
        Ok(Self { id: format!("sha256:{:x}", Hex(&Sha256::digest(&der))), keys })
    }

    /// The SHA-256 of the key as DER, `sha256:…`, in lower case.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| key.verify_sig(message, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.id)
    }
}

/// Bytes as hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::LowerHex for Hex<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Who of `keys` signed `payload`; whoever is said to have where there are no keys.
///
/// # Errors
/// None of the keys did, or there are more signatures than are looked at.
pub(super) fn verify(
    payload_type: &str,
    payload: &[u8],
    signatures: &List<Signed<'_>>,
    keys: &[PublicKey],
) -> Result<Signature, DocumentError> {
    if signatures.0.len() > SIGNATURES_MAX {
        let max = SIGNATURES_MAX as u64;
        return Err(DocumentError::LimitExceeded { limit: "signatures of an envelope", max });
    }
    let key_ids = signatures.0.iter().filter_map(|signed| signed.keyid.as_ref()).map(Text::as_str);
    let key_ids = key_ids.filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if keys.is_empty() {
        return Ok(Signature::Unverified { key_ids });
    }
    let message = encoded(payload_type, payload);
    for signed in &signatures.0 {
        let text = signed.sig.as_str();
        let Ok(signature) = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)) else { continue };
        if let Some(key) = keys.iter().find(|key| key.has_signed(&message, &signature)) {
            return Ok(Signature::Verified { key_id: key.id.clone() });
        }
    }
    Err(DocumentError::NotSigned { reason: format!("none of its {} signatures is", signatures.0.len()) })
}

/// What is signed: the pre-authentication encoding of DSSE.
fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests;
