//! Content digests as OCI writes them, and a reader's running hash.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

/// The digest of some bytes: `sha256:` or `sha512:` and lower-case hexadecimal (OCI image-spec, descriptor.md).
///
/// Two equal digests name the same bytes. The text is safe as a path component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Box<str>);

impl Digest {
    /// The digest of `bytes` by SHA-256.
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update(bytes);
        hasher.finish()
    }

    /// `sha256:` and the hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hexadecimal digits alone.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').expect("a digest holds a colon").1
    }

    /// The algorithm that made it.
    pub(super) fn algorithm(&self) -> Algorithm {
        if self.0.starts_with("sha512:") { Algorithm::Sha512 } else { Algorithm::Sha256 }
    }

    /// The path of the blob inside an OCI layout: `blobs/sha256/…` (image-layout.md, "Blobs").
    pub(super) fn layout_path(&self) -> String {
        format!("blobs/{}", self.0.replacen(':', "/", 1))
    }

    /// The digest that a content-addressed path `blobs/<algorithm>/<hex>` states.
    pub(super) fn from_layout_path(path: &str) -> Option<Self> {
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
        let n_digits = match text.split_once(':') {
            Some(("sha256", hex)) if hex.len() == 64 => 64,
            Some(("sha512", hex)) if hex.len() == 128 => 128,
            _ => 0,
        };
        let digits = &text.as_bytes()[text.len() - n_digits.min(text.len())..];
        if n_digits == 0 || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(InvalidDigest(text.chars().take(160).collect()));
        }
        Ok(Self(text.into()))
    }
}

/// A digest algorithm registered by the OCI image specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha256,
    Sha512,
}

/// A running hash.
pub(super) enum Hasher {
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Box::new(Sha512::new())),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hash) => Digest(spell("sha256", &hash.finalize())),
            Self::Sha512(hash) => Digest(spell("sha512", &hash.finalize())),
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
        let mut hasher = Hasher::new(Algorithm::Sha512);
        hasher.update(b"abc");
        let digest = hasher.finish();
        assert!(digest.as_str().starts_with("sha512:ddaf35a193617aba"));
        assert_eq!(digest.algorithm(), Algorithm::Sha512);
        assert_eq!(digest.as_str().parse(), Ok(digest.clone()));
    }
}
