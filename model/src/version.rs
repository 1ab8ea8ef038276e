//! A version as text; its order belongs to a scheme.

use std::fmt;

use crate::text::ShortText;

/// The version as the vendor wrote it.
///
/// It has no order of its own: `2.10` sorts before `2.9` as text, and after it in Debian.
/// Compare through the scheme of the package's [`Ecosystem`](crate::ecosystem::Ecosystem).
/// Equality is equality of text. The empty text means that no version was stated.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct VersionText(ShortText);

impl VersionText {
    /// The version spelt `text`.
    pub fn new(text: impl Into<Box<str>> + AsRef<str>) -> Self {
        Self(ShortText::new(text))
    }

    /// The text as written.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The bytes of the text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether no version was stated.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
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
