//! OpenPGP (RFC 9580, and RFC 4880 before it), as far as publishers sign files with it: detached signatures of version 4 by
//! RSA or Ed25519 with SHA-2, and the certificates that they are verified with. Whose signature counts is told by
//! fingerprints that come from elsewhere; nothing here trusts a name or a third party.
//!
//! Left out on purpose: encryption, signed messages, the web of trust, ECDSA, DSA, SHA-1 (but in fingerprints), versions 3
//! and 6. See docs/decisions/0031.

mod packet;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io::{self, Read};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters,
};

use crate::InvalidKey;
use packet::{Packet, Signature, SignatureKind, packets};

/// Certificates: the keys of publishers.
#[derive(Clone, Debug)]
pub struct Certificates(Vec<Certificate>);

/// Why a file counts as signed by nobody that is trusted.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    /// The signature is none.
    #[error("no OpenPGP signature: {0}")]
    NoSignature(String),
    /// None of the signatures is one of this file by any of the keys.
    #[error("not signed by a key of the publisher: {0}")]
    NotTheirs(String),
    /// The file cannot be read.
    #[error("cannot be read to verify its signature: {0}")]
    Unreadable(#[from] io::Error),
}

#[derive(Clone, Debug)]
struct Certificate {
    fingerprint: String,
    /// Those that may sign files.
    keys: Vec<SigningKey>,
}

#[derive(Clone, Debug)]
struct SigningKey {
    key: Key,
    /// When it was made, in seconds since 1970.
    created: u32,
    /// When it no longer signs; none for never.
    expires: Option<u64>,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    /// As DER (RFC 8017, `RSAPublicKey`), and how many bytes its signatures have.
    Rsa {
        der: Vec<u8>,
        bytes: usize,
    },
    Ed25519(Vec<u8>),
}

/// How many signatures of a file are tried.
const SIGNATURES_MAX: usize = 8;

impl Certificates {
    /// The certificates in `file`, armored or not, whose fingerprint is `fingerprint` in hexadecimal; all of them where none
    /// is given.
    ///
    /// # Errors
    /// There is none, or none that may sign by a means that is known.
    pub fn read(file: &[u8], fingerprint: Option<&str>) -> Result<Self, InvalidKey> {
        let refuse = |reason: String| InvalidKey { what: "OpenPGP certificate", reason };
        let bytes = packet::dearmor(file, "PUBLIC KEY BLOCK").map_err(refuse)?;
        let mut certificates = certificates(&bytes).map_err(refuse)?;
        if let Some(wanted) = fingerprint {
            let wanted: String = wanted.split_whitespace().collect::<String>().to_ascii_lowercase();
            certificates.retain(|certificate| certificate.fingerprint == wanted);
            if certificates.is_empty() {
                return Err(refuse(format!("none has the fingerprint {wanted:.80}")));
            }
        }
        certificates.retain(|certificate| !certificate.keys.is_empty());
        match certificates.is_empty() {
            true => Err(refuse("it has no key that may sign and is of a kind that is known".to_owned())),
            false => Ok(Self(certificates)),
        }
    }

    /// Those of both.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Reads `file` to its end and verifies that one of these keys made a detached signature in `signatures` of it, while
    /// it was valid. `now` is in seconds since 1970: a signature of later, or that has expired, counts for nothing.
    ///
    /// # Errors
    /// None did.
    pub fn verify(&self, mut file: impl Read, signatures: &[u8], now: u64) -> Result<(), Unsigned> {
        let bytes = packet::dearmor(signatures, "SIGNATURE").map_err(Unsigned::NoSignature)?;
        let mut why = "it has a signature of another kind only".to_owned();
        let mut candidates = Vec::new();
        for packet in packets(&bytes).take(SIGNATURES_MAX) {
            let packet = packet.map_err(|error| Unsigned::NoSignature(error.to_owned()))?;
            let Packet::Signature(body) = packet else { continue };
            match Signature::read(body) {
                Ok(signature) if signature.kind == SignatureKind::File => candidates.push(signature),
                Ok(_) => {}
                Err(error) => why = error.to_owned(),
            }
        }
        let mut hashes: Vec<digest::Context> =
            candidates.iter().map(|signature| digest::Context::new(signature.hash)).collect();
        let mut window = vec![0; 64 << 10];
        loop {
            match file.read(&mut window)? {
                0 => break,
                n_read => hashes.iter_mut().for_each(|hash| hash.update(&window[..n_read])),
            }
        }
        for (signature, mut hash) in candidates.iter().zip(hashes) {
            if !signature.is_valid_at(now) {
                why = "its signature has expired, or is of the future".to_owned();
                continue;
            }
            hash.update(&signature.trailer);
            let hash = hash.finish();
            let keys = self.0.iter().flat_map(|certificate| &certificate.keys);
            if keys
                .filter(|key| key.was_valid_at(signature.created))
                .any(|key| key.key.made(signature, &hash))
            {
                return Ok(());
            }
            why = match &signature.issuer {
                Some(issuer) => format!("its signature is of {issuer}"),
                None => "its signature does not say of whom".to_owned(),
            };
        }
        Err(Unsigned::NotTheirs(why))
    }
}

impl SigningKey {
    fn was_valid_at(&self, time: u32) -> bool {
        self.created <= time && self.expires.is_none_or(|expires| u64::from(time) < expires)
    }
}

impl Key {
    /// Whether the owner of this key made `signature` of what has the hash `hash`.
    fn made(&self, signature: &Signature<'_>, hash: &digest::Digest) -> bool {
        if hash.as_ref().get(..2) != Some(&signature.hash_start) {
            return false;
        }
        match (self, signature.numbers.as_slice()) {
            (Self::Rsa { der, bytes }, [number]) if signature.is_rsa => {
                let Some(padded) = padded(number, *bytes) else { return false };
                let key = ParsedPublicKey::new(rsa(signature.hash), der);
                key.is_ok_and(|key| key.verify_digest_sig(hash, &padded).is_ok())
            }
            (Self::Ed25519(point), [r, s]) if !signature.is_rsa => {
                let Some((mut bytes, s)) = padded(r, 32).zip(padded(s, 32)) else { return false };
                bytes.extend(s);
                let key = ParsedPublicKey::new(&ED25519, point);
                // What is signed is the hash.
                key.is_ok_and(|key| key.verify_sig(hash.as_ref(), &bytes).is_ok())
            }
            _ => false,
        }
    }
}

fn rsa(hash: &'static digest::Algorithm) -> &'static RsaParameters {
    match hash.output_len() {
        32 => &RSA_PKCS1_2048_8192_SHA256,
        48 => &RSA_PKCS1_2048_8192_SHA384,
        _ => &RSA_PKCS1_2048_8192_SHA512,
    }
}

/// `number` with zeros before it, `bytes` long; none when it is longer.
fn padded(number: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let mut padded = vec![0; bytes.checked_sub(number.len())?];
    padded.extend(number);
    Some(padded)
}

/// A key packet as it stands in a certificate.
struct Part<'a> {
    body: &'a [u8],
    is_subkey: bool,
    /// The signatures behind it, and behind its names.
    signatures: Vec<(Signature<'a>, Option<Name<'a>>)>,
}

/// A name that a key has, and the byte by which names of its kind are hashed.
#[derive(Clone, Copy)]
struct Name<'a> {
    mark: u8,
    text: &'a [u8],
}

fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut certificates: Vec<Vec<Part<'_>>> = Vec::new();
    let mut name = None;
    for packet in packets(bytes) {
        let packet = packet?;
        let part = |body, is_subkey| Part { body, is_subkey, signatures: Vec::new() };
        match packet {
            Packet::Key(body) => certificates.push(vec![part(body, false)]),
            Packet::Subkey(body) => {
                certificates
                    .last_mut()
                    .ok_or("a key without the one that it belongs to")?
                    .push(part(body, true));
            }
            Packet::UserId(text) => {
                name = Some(Name { mark: 0xB4, text });
                continue;
            }
            Packet::UserAttribute(text) => {
                name = Some(Name { mark: 0xD1, text });
                continue;
            }
            Packet::Signature(body) => {
                let part = certificates.last_mut().and_then(|parts| parts.last_mut());
                // One that is not understood certifies nothing.
                if let (Some(part), Ok(signature)) = (part, Signature::read(body)) {
                    part.signatures.push((signature, name));
                }
                continue;
            }
            Packet::Other => continue,
        }
        name = None;
    }
    Ok(certificates.iter().filter_map(|parts| certificate(parts)).collect())
}

/// The certificate that `parts` are; none of a version that is not known.
fn certificate(parts: &[Part<'_>]) -> Option<Certificate> {
    let primary = parts.first()?;
    let (created, primary_key) = packet::key(primary.body)?;
    let fingerprint = fingerprint(primary.body);
    let Some(primary_key) = primary_key else { return Some(Certificate { fingerprint, keys: Vec::new() }) };
    let mut keys = Vec::new();
    let hashed = hashed_key(primary.body);
    let is_own = |(signature, name): &&(Signature<'_>, Option<Name<'_>>)| {
        let name = name.filter(|_| signature.kind == SignatureKind::Name);
        signature.is_made_by(&primary_key, &[&hashed, &hashed_name(name)])
    };
    let own: Vec<&Signature<'_>> =
        primary.signatures.iter().filter(is_own).map(|(signature, _)| signature).collect();
    if own.iter().any(|signature| signature.kind == SignatureKind::KeyRevocation) {
        return Some(Certificate { fingerprint, keys });
    }
    // Without a statement of its own that can be verified, the fingerprint is what speaks for the key.
    let speaks =
        own.iter().filter(|signature| matches!(signature.kind, SignatureKind::Name | SignatureKind::Key));
    let latest = speaks.max_by_key(|signature| signature.created);
    if latest.is_none_or(|signature| signature.may_sign.unwrap_or(true)) {
        let expires = latest.and_then(|signature| signature.key_expires(created));
        keys.push(SigningKey { key: primary_key.clone(), created, expires });
    }
    for part in parts.iter().filter(|part| part.is_subkey) {
        keys.extend(subkey(part, primary.body, &primary_key));
    }
    Some(Certificate { fingerprint, keys })
}

/// The subkey that `part` is, if the primary key says that it may sign, and it says that it belongs to that.
fn subkey(part: &Part<'_>, primary: &[u8], primary_key: &Key) -> Option<SigningKey> {
    let (created, key) = packet::key(part.body)?;
    let key = key?;
    let hashed: [&[u8]; 2] = [&hashed_key(primary), &hashed_key(part.body)];
    let own = part.signatures.iter().map(|(signature, _)| signature);
    let own = own.filter(|signature| signature.is_made_by(primary_key, &hashed));
    let own: Vec<&Signature<'_>> = own.collect();
    if own.iter().any(|signature| signature.kind == SignatureKind::SubkeyRevocation) {
        return None;
    }
    let bindings = own.iter().filter(|signature| signature.kind == SignatureKind::Subkey);
    let binding = bindings.max_by_key(|signature| signature.created)?;
    let back = Signature::read(binding.embedded?).ok()?;
    let is_bound = back.kind == SignatureKind::BackOfSubkey && back.is_made_by(&key, &hashed);
    (binding.may_sign == Some(true) && is_bound).then(|| SigningKey {
        key,
        created,
        expires: binding.key_expires(created),
    })
}

impl Signature<'_> {
    fn is_made_by(&self, key: &Key, hashed: &[&[u8]]) -> bool {
        let mut hash = digest::Context::new(self.hash);
        hashed.iter().for_each(|part| hash.update(part));
        hash.update(&self.trailer);
        key.made(self, &hash.finish())
    }

    /// When the key that was made at `created` ends, as this signature says.
    fn key_expires(&self, created: u32) -> Option<u64> {
        self.key_seconds.filter(|seconds| *seconds > 0).map(|seconds| u64::from(created) + u64::from(seconds))
    }
}

/// A key as it is hashed. Its length fits: it was read with two bytes of it, or more, and longer ones are none.
fn hashed_key(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    [&[0x99], &length.to_be_bytes()[..], body].concat()
}

fn hashed_name(name: Option<Name<'_>>) -> Vec<u8> {
    let Some(Name { mark, text }) = name else { return Vec::new() };
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&[mark], &length.to_be_bytes()[..], text].concat()
}

/// The fingerprint of a key of version 4, in lower-case hexadecimal.
fn fingerprint(body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &hashed_key(body));
    hex(hash.as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
