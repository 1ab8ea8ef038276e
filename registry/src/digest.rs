//! [`Digest`]: what content is called.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

use crate::error::RegistryError;

/// The name of content: an algorithm and a hash in lower-case hexadecimal, `sha256:…` or `sha512:…` (OCI image
/// specification, "Digests"). Equal digests mean equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(Box<str>);

impl Digest {
    /// The SHA-256 digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Algorithm::Sha256.digest(bytes)
    }

    /// The digest of `bytes` by this one's algorithm.
    pub fn of_same_kind(&self, bytes: &[u8]) -> Self {
        self.kind().digest(bytes)
    }

    /// The algorithm: `sha256`.
    pub fn algorithm(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// The hash, in lower-case hexadecimal.
    pub fn hex(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A hash of this digest's algorithm that has seen nothing.
    pub fn hasher(&self) -> Hasher {
        match self.kind() {
            Algorithm::Sha256 => Hasher(State::Sha256(Sha256::new())),
            Algorithm::Sha512 => Hasher(State::Sha512(Sha512::new())),
        }
    }

    fn kind(&self) -> Algorithm {
        if self.algorithm() == "sha512" { Algorithm::Sha512 } else { Algorithm::Sha256 }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not `sha256:` and 64, or `sha512:` and 128 lower-case hexadecimal digits")]
pub struct InvalidDigest {
    /// The text.
    pub text: String,
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let is_hex = |hash: &str| hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match text.split_once(':') {
            Some(("sha256", hash)) if hash.len() == 64 && is_hex(hash) => Ok(Self(text.into())),
            Some(("sha512", hash)) if hash.len() == 128 && is_hex(hash) => Ok(Self(text.into())),
            _ => Err(InvalidDigest { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0.into()
    }
}

#[derive(Clone, Copy)]
enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    fn digest(self, bytes: &[u8]) -> Digest {
        let state = match self {
            Self::Sha256 => State::Sha256(Sha256::new_with_prefix(bytes)),
            Self::Sha512 => State::Sha512(Sha512::new_with_prefix(bytes)),
        };
        Hasher(state).finish()
    }
}

/// A hash in the making.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Takes in `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hash) => hash.update(bytes),
            State::Sha512(hash) => hash.update(bytes),
        }
    }

    /// The digest of all that was taken in.
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(hash) => Digest(format!("sha256:{}", hex(&hash.finalize())).into()),
            State::Sha512(hash) => Digest(format!("sha512:{}", hex(&hash.finalize())).into()),
        }
    }
}

/// `bytes` in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A reader that ends with an error when what went through it is not what its digest names.
#[derive(Debug)]
pub struct Verified<R> {
    reader: R,
    digest: Digest,
    hasher: Option<Hasher>,
}

impl<R: Read> Verified<R> {
    /// The bytes of `reader`, which must be those that `digest` names.
    pub fn new(reader: R, digest: Digest) -> Self {
        Self { hasher: Some(digest.hasher()), reader, digest }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.reader.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..n_read]);
        }
        if n_read == 0
            && !buffer.is_empty()
            && let Some(found) = self.hasher.take().map(Hasher::finish)
            && found != self.digest
        {
            return Err(io::Error::other(RegistryError::DigestMismatch {
                what: self.digest.to_string(),
                expected: self.digest.clone(),
                found,
            }));
        }
        Ok(n_read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_an_algorithm_and_its_hash() {
        let sha512: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
        assert_eq!(sha512.of_same_kind(b"").hex().len(), 128);
        let digest = Digest::of(b"");
        assert_eq!(
            digest.as_str(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(digest.as_str().parse(), Ok(digest.clone()));
        for text in
            ["", "sha256:", "sha256:abc", "md5:00", &digest.as_str().to_uppercase(), &sha512.as_str()[..71]]
        {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    #[test]
    fn verified_bytes_are_those_that_the_digest_names() {
        let mut bytes = Vec::new();
        Verified::new(&b"abc"[..], Digest::of(b"abc")).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"abc");
        let error = Verified::new(&b"abd"[..], Digest::of(b"abc")).read_to_end(&mut bytes).unwrap_err();
        assert!(matches!(RegistryError::of_io(error), Ok(RegistryError::DigestMismatch { .. })));
    }
}
