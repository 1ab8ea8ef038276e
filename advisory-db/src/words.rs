//! The words under which closed choices are stored, in shards and in the manifest.

use model::advisory::{FixState, RecordKind, RecordState, Relation, Status};
use model::facts::CoverageClass;
use model::severity::Severity;

/// A closed choice with one stored word for each case.
pub(crate) trait Word: Sized {
    /// The word of this case.
    fn word(self) -> &'static str;
    /// The case of a word, if there is one.
    fn from_word(word: &str) -> Option<Self>;
}

// Both directions come from one list, and the `match` over our own enum has no wildcard: a new case in
// `model` does not compile until it has a word here.
macro_rules! words {
    ($type:ty { $($case:ident = $word:literal,)* }) => {
        impl Word for $type {
            fn word(self) -> &'static str {
                match self { $(Self::$case => $word,)* }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$case),)* _ => None }
            }
        }
    };
}

words!(RecordState {
    Published = "published",
    Withdrawn = "withdrawn",
    Rejected = "rejected",
    Disputed = "disputed",
    Reserved = "reserved",
});

words!(RecordKind {
    Vulnerability = "vulnerability",
    Advisory = "advisory",
    Notice = "notice",
    Malware = "malware",
});

words!(Relation {
    Upstream = "upstream",
    Related = "related",
    Fixes = "fixes",
    DuplicateOf = "duplicate-of",
});

words!(Status {
    Affected = "affected",
    UnderInvestigation = "under-investigation",
    Undetermined = "undetermined",
    NotAffected = "not-affected",
    Fixed = "fixed",
});

words!(FixState {
    Fixed = "fixed",
    NotFixed = "not-fixed",
    Pending = "pending",
    Deferred = "deferred",
    WontFix = "wont-fix",
    EndOfLife = "end-of-life",
    Unknown = "unknown",
});

words!(Severity {
    Unknown = "unknown",
    None = "none",
    Negligible = "negligible",
    Low = "low",
    Medium = "medium",
    High = "high",
    Critical = "critical",
});

words!(CoverageClass {
    Complete = "complete",
    FixOnly = "fix-only",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_words_are_the_words_of_the_other_contracts() {
        for severity in Severity::ALL {
            assert_eq!(severity.word(), severity.as_str());
            assert_eq!(Severity::from_word(severity.word()), Some(severity));
        }
        for fix_state in FixState::ALL {
            assert_eq!(fix_state.word(), fix_state.as_str());
            assert_eq!(FixState::from_word(fix_state.word()), Some(fix_state));
        }
        assert_eq!(Status::from_word("Affected"), None);
    }
}
