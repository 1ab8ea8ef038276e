//! OpenPGP (RFC 9580, and RFC 4880 before it), as far as publishers sign files with it: detached signatures of version 4 by
//! RSA or Ed25519 with SHA-2, and the certificates that they are verified with. Whose signature counts is told by
//! fingerprints that come from elsewhere; nothing here trusts a name or a third party.
//!
//! What restricts is read more widely than what grants: a revocation counts by SHA-1 too, and also where nobody can read it.
//!
//! Left out on purpose: encryption, signed messages, the web of trust, ECDSA, DSA, SHA-1 (but in fingerprints and
//! revocations), versions 3 and 6. See docs/decisions/0031.

mod packet;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
};

use crate::InvalidKey;
use packet::{Packet, Signature, SignatureKind, packets};

/// Certificates: the keys of publishers.
#[derive(Clone, Debug, PartialEq, Eq)]
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

#[derive(Clone, Debug, PartialEq, Eq)]
struct Certificate {
    fingerprint: String,
    /// Those that may sign files.
    keys: Vec<SigningKey>,
    /// Why there are none, if so.
    lacks: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
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
        let lacks = certificates.first().map_or(NO_KEY, |certificate| certificate.lacks);
        certificates.retain(|certificate| !certificate.keys.is_empty());
        match certificates.is_empty() {
            true => Err(refuse(lacks.to_owned())),
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
        // Of revocations only.
        20 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
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

/// A certificate as it stands in a file.
struct Block<'a> {
    fingerprint: String,
    /// The primary key, then its subkeys.
    parts: Vec<Part<'a>>,
    /// Whether a part has more signatures than are looked at: what they say nobody knows then.
    is_overfull: bool,
}

/// A key packet as it stands in a certificate.
struct Part<'a> {
    body: &'a [u8],
    /// The signatures behind it, and behind its names, but those that say that they are of another key.
    signatures: Vec<Statement<'a>>,
}

/// A signature in a certificate that may be of its primary key.
struct Statement<'a> {
    kind: SignatureKind,
    /// The name that it stands behind.
    name: Option<Name<'a>>,
    /// None where it is not understood.
    signature: Option<Signature<'a>>,
}

/// A name that a key has, and the byte by which names of its kind are hashed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name<'a> {
    mark: u8,
    text: &'a [u8],
}

/// How many signatures a part may have that may be of the key itself.
const STATEMENTS_MAX: usize = 64;

const NO_KEY: &str = "it has no key that may sign and is of a kind that is known";

const REVOKED: &str = "it is revoked, or a revocation of it cannot be read";

fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut name = None;
    for packet in packets(bytes) {
        let part = |body| Part { body, signatures: Vec::new() };
        match packet? {
            Packet::Key(body) => {
                let fingerprint = fingerprint(body);
                blocks.push(Block { fingerprint, parts: vec![part(body)], is_overfull: false });
                name = None;
            }
            Packet::Subkey(body) => {
                let block = blocks.last_mut().ok_or("a key without the one that it belongs to")?;
                block.parts.push(part(body));
                name = None;
            }
            Packet::UserId(text) => name = Some(Name { mark: 0xB4, text }),
            Packet::UserAttribute(text) => name = Some(Name { mark: 0xD1, text }),
            Packet::Signature(body) => {
                if let Some(block) = blocks.last_mut() {
                    block.state(body, name);
                }
            }
            Packet::Other => {}
        }
    }
    let mut certificates: Vec<Certificate> = blocks.iter().filter_map(Block::certificate).collect();
    // One that stands there twice is revoked by either.
    let is_revoked = |certificate: &&Certificate| certificate.lacks == REVOKED;
    let revoked = certificates.iter().filter(is_revoked).map(|certificate| certificate.fingerprint.clone());
    let revoked: BTreeSet<String> = revoked.collect();
    for certificate in certificates.iter_mut().filter(|it| revoked.contains(&it.fingerprint)) {
        (certificate.keys, certificate.lacks) = (Vec::new(), REVOKED);
    }
    Ok(certificates)
}

impl<'a> Block<'a> {
    /// Takes the signature `body`, which stands behind `name`, if it may be of the primary key.
    fn state(&mut self, body: &'a [u8], name: Option<Name<'a>>) {
        let Some((kind, issuer)) = packet::outline(body) else { return };
        // An id is the end of a fingerprint.
        if issuer.is_some_and(|issuer| !self.fingerprint.ends_with(&issuer)) {
            return;
        }
        let Some(part) = self.parts.last_mut() else { return };
        match part.signatures.len() < STATEMENTS_MAX {
            true => part.signatures.push(Statement { kind, name, signature: Signature::read(body).ok() }),
            false => self.is_overfull = true,
        }
    }

    /// The certificate that this is; none of a version that is not known.
    fn certificate(&self) -> Option<Certificate> {
        let (created, key) = packet::key(self.parts.first()?.body)?;
        let keys = key.ok_or(NO_KEY).and_then(|key| self.keys(created, key));
        let (keys, lacks) = keys.map_or_else(|lacks| (Vec::new(), lacks), |keys| (keys, NO_KEY));
        Some(Certificate { fingerprint: self.fingerprint.clone(), keys, lacks })
    }

    /// The keys that may sign, of which the primary one is `key`, made at `created`.
    fn keys(&self, created: u32, key: Key) -> Result<Vec<SigningKey>, &'static str> {
        if self.is_overfull {
            return Err("it has more signatures of its own than are read");
        }
        let (primary, subkeys) = self.parts.split_first().ok_or(NO_KEY)?;
        let hashed = hashed_key(primary.body);
        // A revocation counts wherever it stands.
        let mut all = self.parts.iter().flat_map(|part| &part.signatures);
        if all.any(|statement| statement.restricts(SignatureKind::KeyRevocation, &key, &[&hashed])) {
            return Err(REVOKED);
        }
        let latest = primary.self_signature(&key).ok_or("it has no self-signature that can be read")?;
        let expires = latest.key_expires(created);
        let bound = subkeys.iter().filter_map(|part| part.subkey(&hashed, &key, expires));
        let mut keys: Vec<SigningKey> = bound.collect();
        if latest.may_sign.unwrap_or(true) {
            keys.push(SigningKey { key, created, expires });
        }
        Ok(keys)
    }
}

impl Part<'_> {
    /// What the primary key `key`, which this part is, said last of itself, alone or with a name that it did not revoke
    /// since.
    fn self_signature(&self, key: &Key) -> Option<&Signature<'_>> {
        let hashed = hashed_key(self.body);
        let is_revoked = |name: Name<'_>, created: u32| {
            self.signatures.iter().any(|statement| {
                let is_since = statement.signature.as_ref().is_none_or(|it| it.created >= created);
                let hashed: [&[u8]; 2] = [&hashed, &hashed_name(name)];
                statement.name == Some(name)
                    && is_since
                    && statement.restricts(SignatureKind::NameRevocation, key, &hashed)
            })
        };
        let speaks = self.signatures.iter().filter_map(|statement| {
            let signature = statement.signature.as_ref()?;
            let is_own = match statement.kind {
                SignatureKind::Key => signature.is_made_by(key, &[&hashed]),
                SignatureKind::Name => {
                    let name = statement.name?;
                    signature.is_made_by(key, &[&hashed, &hashed_name(name)])
                        && !is_revoked(name, signature.created)
                }
                _ => false,
            };
            is_own.then_some(signature)
        });
        speaks.max_by_key(|signature| signature.created)
    }

    /// The subkey that this part is, if the primary key, which is hashed as `primary` and valid until `expires`, says that it
    /// may sign, and it says that it belongs to that.
    fn subkey(&self, primary: &[u8], primary_key: &Key, expires: Option<u64>) -> Option<SigningKey> {
        let (created, key) = packet::key(self.body)?;
        let key = key?;
        let hashed: [&[u8]; 2] = [primary, &hashed_key(self.body)];
        let restricts =
            |it: &Statement<'_>| it.restricts(SignatureKind::SubkeyRevocation, primary_key, &hashed);
        if self.signatures.iter().any(restricts) {
            return None;
        }
        let bindings = self.signatures.iter().filter(|statement| statement.kind == SignatureKind::Subkey);
        let bindings = bindings.filter_map(|statement| statement.signature.as_ref());
        let own = bindings.filter(|signature| signature.is_made_by(primary_key, &hashed));
        let binding = own.max_by_key(|signature| signature.created)?;
        let back = Signature::read(binding.embedded?).ok()?;
        let is_bound = back.kind == SignatureKind::BackOfSubkey && back.is_made_by(&key, &hashed);
        let expires = earlier(expires, earlier(binding.key_expires(created), back.expires()));
        (binding.may_sign == Some(true) && is_bound).then_some(SigningKey { key, created, expires })
    }
}

impl Statement<'_> {
    /// Whether it is of the kind `kind`, and `key` made it of `hashed`. What one says that is not understood nobody knows:
    /// it counts, for kinds that only take away.
    fn restricts(&self, kind: SignatureKind, key: &Key, hashed: &[&[u8]]) -> bool {
        self.kind == kind && self.signature.as_ref().is_none_or(|signature| signature.is_made_by(key, hashed))
    }
}

/// The earlier of two ends, of which none is never.
fn earlier(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

impl Signature<'_> {
    fn is_made_by(&self, key: &Key, hashed: &[&[u8]]) -> bool {
        let mut hash = digest::Context::new(self.hash);
        hashed.iter().for_each(|part| hash.update(part));
        hash.update(&self.trailer);
        key.made(self, &hash.finish())
    }

    /// When the key that was made at `created` ends, as this signature says, or this signature does.
    fn key_expires(&self, created: u32) -> Option<u64> {
        let seconds = self.key_seconds.filter(|seconds| *seconds > 0);
        earlier(seconds.map(|seconds| u64::from(created) + u64::from(seconds)), self.expires())
    }
}

/// A key as it is hashed. Its length fits: it was read with two bytes of it, or more, and longer ones are none.
fn hashed_key(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    [&[0x99], &length.to_be_bytes()[..], body].concat()
}

fn hashed_name(Name { mark, text }: Name<'_>) -> Vec<u8> {
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
