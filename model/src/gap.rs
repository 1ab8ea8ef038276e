//! What could not be known, said as a value.

use std::borrow::Cow;
use std::fmt;

/// The kind of a gap, a word in kebab case. Words of other plimsoll versions are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GapKind(Cow<'static, str>);

macro_rules! gap_kinds {
    ($($name:ident = $word:literal, $doc:literal;)*) => {
        impl GapKind {
            $(#[doc = $doc] pub const $name: Self = Self(Cow::Borrowed($word));)*

            /// Every kind that this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

gap_kinds! {
    UNREADABLE_FILE = "unreadable-file", "A file that a cataloger wanted could not be read or understood.";
    UNREADABLE_RECORD = "unreadable-record", "One record of a package database could not be understood; the others were.";
    LIMIT_EXCEEDED = "limit-exceeded", "A limit was passed; the detail names it. What lies beyond was not read.";
    PATH_ESCAPES = "path-escapes", "A path or link leaves the image's root; it was not followed.";
    NO_DISTRO = "no-distro", "No file says which distribution this is.";
    MISSING_FACT = "missing-fact", "A document lacks a fact that matching wants; the detail says which and what it costs.";
    STALE_FEED = "stale-feed", "A feed could not be had, is older than was asked for, or how old it is cannot be told.";
    FEED_NOT_FETCHED = "feed-not-fetched", "A feed that answers a namespace, or a table that rates findings, is not held.";
    ENDED_DISTRO = "ended-distro", "A release whose support has ended: absence of findings means little.";
    ENDED_RUNTIME = "ended-runtime", "A runtime whose release has no support any more: what is found in it is not fixed there.";
    UNVERIFIED_SBOM = "unverified-sbom", "An SBOM was taken for that of an image, and nothing proves that it is.";
    UNVERIFIED_VEX = "unverified-vex", "A VEX document is attached to the image, and nobody who is trusted signed it for this image: it suppresses nothing.";
    UNREADABLE_VEX = "unreadable-vex", "A VEX document is attached to the image, and could not be read.";
    UNREADABLE_VERSION = "unreadable-version", "Installed versions that their ecosystem's order cannot read; nothing but `Undetermined` can be said.";
    FIX_ONLY_FEED = "fix-only-feed", "A feed that publishes only fixes: its silence says nothing of vulnerabilities without one.";
    THIRD_PARTY = "third-party", "Packages that somebody else than the distribution built: its feed does not speak of them.";
    UNKNOWN_CONTENT = "unknown-content", "Software that no cataloger recognised and no package owns.";
}

impl GapKind {
    /// The kind spelt `word`, known or not.
    pub fn from_word(word: &str) -> Self {
        Self(Cow::Owned(word.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something that could not be known: what kind, where, and in which way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    /// What kind of gap.
    pub kind: GapKind,
    /// A path, a URL or a namespace; it holds no `|`.
    pub place: String,
    /// A sentence fragment for people.
    pub detail: String,
}

impl Gap {
    /// A gap of `kind` at `place`.
    pub fn new(kind: GapKind, place: impl Into<String>, detail: impl Into<String>) -> Self {
        let clean = |text: String| text.replace(['\n', '\r'], " ");
        Self { kind, place: clean(place.into()).replace('|', "%7C"), detail: clean(detail.into()) }
    }

    /// The gap whose text (as displayed) is `text`; text of another shape is kept as detail.
    pub fn from_text(text: &str) -> Self {
        let mut parts = text.splitn(3, '|');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(place), Some(detail)) => {
                Self { kind: GapKind::from_word(kind), place: place.to_owned(), detail: detail.to_owned() }
            }
            _ => Self::new(GapKind::from_word("unknown"), "", text),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}|{}|{}", self.kind.as_str(), self.place, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_reads_back_as_written() {
        let gap = Gap::new(GapKind::UNREADABLE_FILE, "a|b", "line 1\nline 2 | rest");
        assert_eq!(Gap::from_text(&gap.to_string()), gap);
        assert_eq!(gap.to_string(), "unreadable-file|a%7Cb|line 1 line 2 | rest");
    }
}
