//! A version as text; its order belongs to a scheme.

use std::fmt;

/// The version as the vendor wrote it.
///
/// It has no order of its own: `2.10` sorts before `2.9` as text, and after it in Debian.
/// Compare through the scheme of the package's [`Ecosystem`](crate::ecosystem::Ecosystem).
/// Equality is equality of text. The empty text means that no version was stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VersionText(Box<str>);

impl VersionText {
    /// The version spelt `text`.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether no version was stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for VersionText {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for VersionText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for VersionText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
