//! References of a document as keys of one size, so that what is known of them does not hold the document.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

/// A reference: 128 bits that are another's only by a chance of one in 2^64 among billions of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) struct Key(u64, u64);

/// What is known by references.
pub(in crate::format) type KeyMap<V> = HashMap<Key, V, BuildHasherDefault<KeyHasher>>;

/// References.
pub(in crate::format) type KeySet = HashSet<Key, BuildHasherDefault<KeyHasher>>;

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// Takes half of a key for its hash: a key is a hash already, and one that no document can foresee.
#[derive(Default)]
pub(in crate::format) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, half: u64) {
        self.0 = half;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

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
