//! [`PrivateKey`].

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

use crate::{InvalidKey, PublicKey, pem};

/// A key that plimsoll signs with: Ed25519, or ECDSA on P-256 with SHA-256 as cosign does.
pub struct PrivateKey {
    /// What verifies its signatures.
    public: PublicKey,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl PrivateKey {
    /// The key in `text`, a PEM file (RFC 7468) with one `PRIVATE KEY` (PKCS #8), not encrypted.
    ///
    /// # Errors
    /// The text is something else, or the key is of a kind that is not known.
    pub fn from_pem(text: &str) -> Result<Self, InvalidKey> {
        let refuse = |reason: &str| InvalidKey { what: "private key", reason: reason.to_owned() };
        let der = pem::decode(text, "PRIVATE KEY").map_err(|reason| refuse(&reason))?;
        let no_public = || refuse("it has no public half");
        let of_der = |der: PublicKeyX509Der<'static>| PublicKey::from_der(der.as_ref()).ok_or_else(no_public);
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
            let public = of_der(pair.public_key().as_der().map_err(|_| no_public())?)?;
            return Ok(Self { public, pair: Pair::Ed25519(pair) });
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der) {
            let public = of_der(pair.public_key().as_der().map_err(|_| no_public())?)?;
            return Ok(Self { public, pair: Pair::P256(pair) });
        }
        Err(refuse("it is of a kind that is not known; known are Ed25519 and ECDSA on P-256"))
    }

    /// The id of the public key that verifies its signatures ([`crate::PublicKey::id`]).
    pub fn id(&self) -> &str {
        self.public.id()
    }

    /// The public key that verifies its signatures.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`; none when the system has no random numbers.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Pair::P256(pair) => {
                pair.sign(&SystemRandom::new(), message).ok().map(|signature| signature.as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PrivateKey(of {})", self.id())
    }
}
