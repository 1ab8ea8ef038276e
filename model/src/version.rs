//! A version as text; its order belongs to a scheme.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The version as the vendor wrote it.
///
/// It has no order of its own: `2.10` sorts before `2.9` as text, and after it in Debian.
/// Compare through the scheme of the package's [`Ecosystem`](crate::ecosystem::Ecosystem).
/// Equality is equality of text. The empty text means that no version was stated.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct VersionText(Spelling);

/// A short text lies in the value itself: feeds hold millions of versions, and nearly all are short. What fits is
/// never kept elsewhere, and the bytes behind it are zero, so that equal texts are equal values.
#[derive(Clone, PartialEq, Eq)]
enum Spelling {
    Short { n_bytes: u8, bytes: [u8; SHORT_MAX] },
    Long(Box<str>),
}

/// As many bytes as fit into the room that a `Box<str>` and the mark of which it is take.
const SHORT_MAX: usize = 22;

impl Default for Spelling {
    fn default() -> Self {
        Self::Short { n_bytes: 0, bytes: [0; SHORT_MAX] }
    }
}

impl Spelling {
    fn short(text: &str) -> Option<Self> {
        let n_bytes = text.len();
        let mut bytes = [0; SHORT_MAX];
        bytes.get_mut(..n_bytes)?.copy_from_slice(text.as_bytes());
        Some(Self::Short { n_bytes: n_bytes as u8, bytes })
    }
}

impl VersionText {
    /// The version spelt `text`.
    pub fn new(text: impl Into<Box<str>> + AsRef<str>) -> Self {
        Self(Spelling::short(text.as_ref()).unwrap_or_else(|| Spelling::Long(text.into())))
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It was made of a text; checking that again costs less than a look at other memory.
            Spelling::Short { n_bytes, bytes } => {
                std::str::from_utf8(&bytes[..usize::from(*n_bytes)]).unwrap_or_default()
            }
            Spelling::Long(text) => text,
        }
    }

    /// Whether no version was stated.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl Hash for VersionText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for VersionText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("VersionText").field(&self.as_str()).finish()
    }
}

impl From<&str> for VersionText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for VersionText {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for VersionText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_read_back_and_are_equal_when_alike() {
        let hash = |version: &VersionText| {
            let mut hasher = std::hash::DefaultHasher::new();
            version.hash(&mut hasher);
            hasher.finish()
        };
        let longest_short = "1234567890123456789012";
        for text in
            ["", "0", "1:2.3-4~bpo12+1", "é", longest_short, "12345678901234567890123", "1.2.3-0ubuntu1~é"]
        {
            for version in
                [VersionText::from(text), VersionText::from(text.to_owned()), VersionText::new(text)]
            {
                assert_eq!(version.as_str(), text);
                assert_eq!(version.is_empty(), text.is_empty());
                assert_eq!(version, VersionText::from(text));
                assert_eq!(hash(&version), hash(&VersionText::from(text)));
                assert_eq!(version.to_string(), text);
                assert_ne!(version, VersionText::from(format!("{text}\0").as_str()));
            }
        }
        assert!(matches!(VersionText::from(longest_short).0, Spelling::Short { .. }));
        assert_eq!(size_of::<VersionText>(), 24);
    }
}
