//! Keys and signatures: DSSE (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>) with the keys that
//! the user trusts.
//!
//! - [`PublicKey`]: whose signature counts
//! - [`PrivateKey`]: what plimsoll signs with
//! - [`encoded`]: what is signed
//! - [`openpgp`]: detached signatures of files by publishers who use OpenPGP
//!
//! Left out on purpose: certificates, transparency logs, time stamps, passwords. It opens no file.

pub mod openpgp;
mod pem;
mod private_key;
mod public_key;
#[cfg(test)]
mod tests;

pub use private_key::PrivateKey;
pub use public_key::PublicKey;

/// A text that is no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {what}: {reason}")]
pub struct InvalidKey {
    what: &'static str,
    reason: String,
}

/// What is signed: the pre-authentication encoding of DSSE.
pub fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
