//! What content is called, and hashing it.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

/// The digest of some bytes: `sha256:` or `sha512:` and lower-case hexadecimal (OCI image-spec, descriptor.md,
/// "Digests").
///
/// Two equal digests name the same bytes. The text is safe as a path component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Box<str>);

impl Digest {
    /// The digest of `bytes` by SHA-256.
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::sha256();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The digest of `bytes` by this one's algorithm.
    pub fn of_same_kind(&self, bytes: &[u8]) -> Self {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    /// `sha256:` and the hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The algorithm: `sha256`.
    pub fn algorithm(&self) -> &str {
        self.0.split_once(':').expect("a digest holds a colon").0
    }

    /// The hexadecimal digits alone.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').expect("a digest holds a colon").1
    }

    /// A hash of this digest's algorithm that has seen nothing.
    pub fn hasher(&self) -> Hasher {
        match self.algorithm() {
            "sha512" => Hasher(State::Sha512(Box::default())),
            _ => Hasher::sha256(),
        }
    }

    /// The path of the blob inside an OCI layout: `blobs/sha256/…` (image-layout.md, "Blobs").
    pub fn layout_path(&self) -> String {
        format!("blobs/{}", self.0.replacen(':', "/", 1))
    }

    /// The digest that a content-addressed path `blobs/<algorithm>/<hex>` states.
    pub fn from_layout_path(path: &str) -> Option<Self> {
        let (algorithm, hex) = path.strip_prefix("blobs/")?.split_once('/')?;
        format!("{algorithm}:{hex}").parse().ok()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The text is no digest that plimsoll can verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sha256 or sha512 digest")]
pub struct InvalidDigest(String);

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let is_hex = |hash: &str| hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match text.split_once(':') {
            Some(("sha256", hash)) if hash.len() == 64 && is_hex(hash) => Ok(Self(text.into())),
            Some(("sha512", hash)) if hash.len() == 128 && is_hex(hash) => Ok(Self(text.into())),
            _ => Err(InvalidDigest(text.chars().take(160).collect())),
        }
    }
}

/// A running hash.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Hasher {
    /// A SHA-256 that has seen nothing.
    pub fn sha256() -> Self {
        Self(State::Sha256(Sha256::new()))
    }

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
            State::Sha256(hash) => Digest(spell("sha256", &hash.finalize())),
            State::Sha512(hash) => Digest(spell("sha512", &hash.finalize())),
        }
    }
}

fn spell(algorithm: &str, bytes: &[u8]) -> Box<str> {
    let mut text = format!("{algorithm}:");
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lower_case_digests_are_digests() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::sha256(b"").as_str(), empty);
        assert_eq!(empty.parse::<Digest>().unwrap().layout_path(), format!("blobs/sha256/{}", &empty[7..]));
        assert_eq!(Digest::from_layout_path(&format!("blobs/sha256/{}", &empty[7..])), empty.parse().ok());
        let upper = empty.to_uppercase();
        for wrong in
            ["", "sha256:", "sha256:e3b0", "md5:d41d8cd98f00b204e9800998ecf8427e", &upper, "sha256/../../etc"]
        {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_longer_digest_is_computed_too() {
        let any: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
        let digest = any.of_same_kind(b"abc");
        assert!(digest.as_str().starts_with("sha512:ddaf35a193617aba"));
        assert_eq!((digest.algorithm(), digest.hex().len()), ("sha512", 128));
        assert_eq!(digest.as_str().parse(), Ok(digest.clone()));
    }
}
