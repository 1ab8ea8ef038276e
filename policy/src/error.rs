//! Ways in which a gate can be wrong.

/// Why a gate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The text is longer than an expression may be.
    #[error("expression of {bytes} bytes is longer than the {bytes_max} that are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The text is neither a severity nor an expression; the reason marks the place.
    #[error(
        "`{expression}` is neither a severity ({}) nor an expression: {reason}",
        crate::gate::severity_words()
    )]
    Syntax {
        /// As typed.
        expression: String,
        /// What the parser says, on one line.
        reason: String,
    },
    /// The expression is readable and cannot be meant.
    #[error("`{expression}`: {problem}")]
    Meaning {
        /// As typed.
        expression: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// The expression has no value for one finding or gap: a division by zero, an overflow.
    #[error("`{expression}` has no value for {of}: {reason}")]
    Evaluation {
        /// As typed.
        expression: String,
        /// The finding and its package, or what else it was asked of.
        of: String,
        /// What went wrong.
        reason: String,
    },
}
