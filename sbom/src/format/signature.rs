//! Whose signature is on an envelope: DSSE (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>) with the
//! keys that the user trusts.
//!
//! Certificates, transparency logs and time stamps are not looked at: a signature counts where one of the given keys made it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use signing::{PublicKey, encoded};

use super::DocumentError;
use super::wire::json::{List, Text};

/// How many signatures one envelope may have; each is tried with each key.
const SIGNATURES_MAX: usize = 16;

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

/// A signature of a DSSE envelope.
#[derive(Deserialize)]
pub(super) struct Signed<'a> {
    #[serde(borrow, default)]
    keyid: Option<Text<'a>>,
    #[serde(borrow, default)]
    sig: Text<'a>,
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
            return Ok(Signature::Verified { key_id: key.id().to_owned() });
        }
    }
    Err(DocumentError::NotSigned { reason: format!("none of its {} signatures is", signatures.0.len()) })
}

#[cfg(test)]
mod tests;
