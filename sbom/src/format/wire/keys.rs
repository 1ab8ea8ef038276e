//! References of a document as keys of one size, so that what is known of them does not hold the document.

use std::hash::{BuildHasher, RandomState};

/// A reference: 128 bits that are another's only by a chance of one in 2^64 among billions of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::format) struct Key(u64, u64);

/// Makes the keys of one document. What they are is different each time, so that no document can be made to have two
/// references of one key.
#[derive(Default)]
pub(in crate::format) struct Keys(RandomState, RandomState);

impl Keys {
    /// The key of `reference`.
    pub(in crate::format) fn of(&self, reference: &str) -> Key {
        Key(self.0.hash_one(reference), self.1.hash_one(reference))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_its_reference_and_document() {
        let keys = Keys::default();
        assert_eq!(keys.of("a"), keys.of("a"));
        assert_ne!(keys.of("a"), keys.of("b"));
        assert_ne!(keys.of("a"), Keys::default().of("a"));
        assert_ne!(keys.of("a").0, keys.of("a").1);
    }
}
