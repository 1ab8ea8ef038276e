//! A text that is nearly always short; and numbers of things.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// A text of 24 bytes that holds up to 22 of UTF-8 in itself, longer ones elsewhere: feeds hold millions of ids and
/// versions, and nearly all are short. It is read as a `str`, and compares and hashes as one.
#[derive(Clone)]
pub struct ShortText(Spelling);

/// What fits is never kept elsewhere, and the bytes behind it are zero, so that equal texts are equal values.
#[derive(Clone, PartialEq, Eq)]
enum Spelling {
    Short { n_bytes: u8, bytes: [u8; SHORT_MAX] },
    Long(Box<str>),
}

/// `1 package`, `2 packages`: of words whose plural ends in `s`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// As many bytes as fit into the room that a `Box<str>` and the mark of which it is take.
const SHORT_MAX: usize = 22;

impl Spelling {
    fn short(text: &str) -> Option<Self> {
        let n_bytes = text.len();
        let mut bytes = [0; SHORT_MAX];
        bytes.get_mut(..n_bytes)?.copy_from_slice(text.as_bytes());
        Some(Self::Short { n_bytes: n_bytes as u8, bytes })
    }
}

impl ShortText {
    /// The empty text.
    pub const EMPTY: Self = Self(Spelling::Short { n_bytes: 0, bytes: [0; SHORT_MAX] });

    /// The text spelt `text`.
    pub fn new(text: impl Into<Box<str>> + AsRef<str>) -> Self {
        Self(Spelling::short(text.as_ref()).unwrap_or_else(|| Spelling::Long(text.into())))
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It was made of a text; checking that again costs less than a look at other memory.
            Spelling::Short { n_bytes, bytes } => {
                std::str::from_utf8(&bytes[..usize::from(*n_bytes)]).unwrap_or_default()
            }
            Spelling::Long(text) => text,
        }
    }

    /// The bytes of the text; cheaper than those of [`Self::as_str`], which makes sure that they are UTF-8.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Spelling::Short { n_bytes, bytes } => &bytes[..usize::from(*n_bytes)],
            Spelling::Long(text) => text.as_bytes(),
        }
    }
}

impl Default for ShortText {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Deref for ShortText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ShortText {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for ShortText {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for ShortText {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for ShortText {}

impl PartialEq<str> for ShortText {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for ShortText {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<String> for ShortText {
    fn eq(&self, other: &String) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<ShortText> for String {
    fn eq(&self, other: &ShortText) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

/// The order of texts is that of their bytes in UTF-8.
impl Ord for ShortText {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for ShortText {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As that of a `str`, under which it is looked up; without making sure that the bytes are UTF-8, which costs as much again.
impl Hash for ShortText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
        // No text has this byte, so that nothing runs together with what is hashed after it.
        state.write_u8(0xFF);
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(out)
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(out)
    }
}

impl From<&str> for ShortText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for ShortText {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&String> for ShortText {
    fn from(text: &String) -> Self {
        Self::new(text.as_str())
    }
}

impl From<ShortText> for String {
    fn from(text: ShortText) -> Self {
        match text.0 {
            Spelling::Long(text) => text.into(),
            Spelling::Short { .. } => text.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_read_back_and_are_equal_when_alike() {
        let hash = |text: &dyn Fn(&mut std::hash::DefaultHasher)| {
            let mut hasher = std::hash::DefaultHasher::new();
            text(&mut hasher);
            hasher.finish()
        };
        let longest_short = "1234567890123456789012";
        for text in [
            "",
            "1",
            longest_short,
            "12345678901234567890123",
            "1:2.3~\u{e9}-4",
            "12345678901234567890\u{e9}+",
        ] {
            let short = ShortText::from(text);
            assert_eq!(short.as_str(), text);
            assert_eq!(short, ShortText::from(text.to_owned()));
            assert_eq!(short.is_empty(), text.is_empty());
            assert_eq!(hash(&|state| short.hash(state)), hash(&|state| text.hash(state)));
            assert_eq!(String::from(short.clone()), text);
            for other in ["\0", "0", "CVE-2024-1", "zzzzzzzzzzzzzzzzzzzzzzzzzz"] {
                assert_ne!(short, ShortText::from(format!("{text}{other}")));
                assert_eq!(short.cmp(&other.into()), text.cmp(other));
            }
        }
        assert!(matches!(ShortText::from(longest_short).0, Spelling::Short { .. }));
        assert_eq!(size_of::<ShortText>(), 24);
    }
}
