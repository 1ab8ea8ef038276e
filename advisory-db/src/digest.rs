//! Hashes over content rather than over bytes of a file.

use std::fmt;

use blake3::Hasher;
use serde::{Deserialize, Serialize};

/// A 256-bit digest, spelt as 64 lower-case hexadecimal digits: a BLAKE3 logical hash or a SHA-256.
///
/// A value of this type is safe to build a file name from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Digest(String);

impl Digest {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(hex(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if is_hex(&text, 64) {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is not a digest of 64 lower-case hexadecimal digits"))
        }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether `text` is exactly `digits` lower-case hexadecimal digits.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// `bytes` in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// BLAKE3 over a sequence of fields.
///
/// Each field is framed (a tag, and for text its length), so no two different sequences of fields give
/// the same input: `"ab", "c"` is not `"a", "bc"`, and an absent text is not an empty one.
pub(crate) struct Fields {
    hasher: Hasher,
    /// What is not hashed yet: fields are short, and the hash is much faster over many at once.
    pending: Vec<u8>,
}

/// So many bytes are hashed at once.
const BATCH_BYTES: usize = 16 << 10;

/// As much as the rows of most keys take: room that grew bit by bit would be copied each time.
const USUAL_BYTES: usize = 4 << 10;

// The tags of fields.
const NONE: u8 = 0;
const TEXT: u8 = 1;
const NUMBER: u8 = 2;

/// Appends to `framed` what [`Fields::option`] hashes.
pub(crate) fn frame(framed: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => frame_bytes(framed, text.as_bytes()),
        None => framed.push(NONE),
    }
}

fn frame_bytes(framed: &mut Vec<u8>, bytes: &[u8]) {
    framed.push(TEXT);
    framed.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    framed.extend_from_slice(bytes);
}

impl Fields {
    /// A hash in the domain `domain` (a kind of content and the version of its encoding).
    pub(crate) fn new(domain: &str) -> Self {
        let mut fields = Self { hasher: Hasher::new(), pending: Vec::with_capacity(USUAL_BYTES) };
        fields.text(domain);
        fields
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if bytes.len() < BATCH_BYTES {
            frame_bytes(&mut self.pending, bytes);
        } else {
            self.pending.push(TEXT);
            self.pending.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            self.flush();
            self.hasher.update(bytes);
        }
        self.flush_if_full()
    }

    /// Fields that [`frame`] framed.
    pub(crate) fn framed(&mut self, fields: &[u8]) -> &mut Self {
        self.pending.extend_from_slice(fields);
        self.flush_if_full()
    }

    fn flush_if_full(&mut self) -> &mut Self {
        if self.pending.len() >= BATCH_BYTES {
            self.flush();
        }
        self
    }

    fn flush(&mut self) {
        self.hasher.update(&self.pending);
        self.pending.clear();
    }

    pub(crate) fn option(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => {
                self.pending.push(NONE);
                self
            }
        }
    }

    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.pending.push(NUMBER);
        self.pending.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// The whole hash.
    pub(crate) fn digest(&mut self) -> Digest {
        self.flush();
        Digest::from_bytes(self.hasher.finalize().as_bytes())
    }

    /// Its first 16 bytes, for what there are millions of.
    pub(crate) fn short(&mut self) -> [u8; 16] {
        self.flush();
        let mut short = [0; 16];
        short.copy_from_slice(&self.hasher.finalize().as_bytes()[..16]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_fields_hash_differently() {
        let hash = |fields: &[Option<&str>]| {
            let mut hasher = Fields::new("test");
            for field in fields {
                hasher.option(*field);
            }
            hasher.short()
        };
        let cases: &[&[Option<&str>]] = &[
            &[],
            &[None],
            &[Some("")],
            &[Some("ab"), Some("c")],
            &[Some("a"), Some("bc")],
            &[Some("abc")],
            &[Some("abc"), None],
        ];
        for (index, left) in cases.iter().enumerate() {
            for right in &cases[index + 1..] {
                assert_ne!(hash(left), hash(right), "{left:?} {right:?}");
            }
        }
    }

    #[test]
    fn batches_leave_no_trace() {
        let long = "x".repeat(3 * BATCH_BYTES);
        let mut plain = Hasher::new();
        let mut fields = Fields::new("d");
        plain.update(b"\x01\x01\0\0\0\0\0\0\0d");
        for (round, text) in ["", "ab", &long, "c"].iter().cycle().take(9_000).enumerate() {
            if round > 40 && text.len() > 2 {
                continue;
            }
            fields.text(text).number(7).option(None);
            plain.update(&[1]).update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            plain.update(&[2]).update(&7_u64.to_le_bytes()).update(&[0]);
        }
        assert_eq!(fields.digest(), Digest::from_bytes(plain.finalize().as_bytes()));
    }

    #[test]
    fn a_digest_cannot_climb_out_of_a_directory() {
        for text in ["", "..", "../x", &"A".repeat(64), &"0".repeat(63), &format!("{}/", "0".repeat(63))] {
            assert!(Digest::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(hex(&[0, 0x1f, 0xa0]), "001fa0");
    }
}
