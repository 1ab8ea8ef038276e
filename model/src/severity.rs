//! How bad a vulnerability is, in one scale.

use std::fmt;

/// The canonical scale (feeds.md §0.3), lowest first: unknown sorts below all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nobody said.
    #[default]
    Unknown,
    /// Rated, and without impact.
    None,
    /// Rated as not worth fixing.
    Negligible,
    /// Low.
    Low,
    /// Medium, moderate.
    Medium,
    /// High, important.
    High,
    /// Critical.
    Critical,
}

/// The words of vendors, in lower case.
static VENDOR_WORDS: [(&str, Severity); 16] = [
    ("none", Severity::None),
    ("unimportant", Severity::Negligible),
    ("negligible", Severity::Negligible),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("moderate", Severity::Medium),
    ("high", Severity::High),
    ("important", Severity::High),
    ("critical", Severity::Critical),
    ("urgent", Severity::Critical),
    ("untriaged", Severity::Unknown),
    ("unspecified", Severity::Unknown),
    ("not yet assigned", Severity::Unknown),
    ("n/a", Severity::Unknown),
    ("", Severity::Unknown),
    ("unknown", Severity::Unknown),
];

impl Severity {
    /// Every level, lowest first.
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::None, Self::Negligible, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level that a vendor's `word` means, if the table of feeds.md §0.3 has it.
    pub fn from_vendor_word(word: &str) -> Option<Self> {
        // Debian marks guesses with one or two stars: `medium**`.
        let word = word.trim().trim_end_matches('*');
        let is_it = |(known, _): &&(&str, Self)| word.eq_ignore_ascii_case(known);
        VENDOR_WORDS.iter().find(is_it).map(|(_, level)| *level)
    }

    /// The level of a CVSS v3 or v4 base score.
    pub fn from_cvss_score(score: f64) -> Self {
        match score {
            score if score >= 9.0 => Self::Critical,
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            score if score > 0.0 => Self::Low,
            _ => Self::None,
        }
    }

    /// The level of a CVSS v2 base score, a scale that has no critical.
    pub fn from_cvss2_score(score: f64) -> Self {
        match score {
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            _ => Self::Low,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
