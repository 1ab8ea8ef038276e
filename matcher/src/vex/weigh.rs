//! How much a document holds, counted before any of it is kept.
//!
//! A list of a million nothings takes two megabytes of text and hundreds as values, so that a limit on what was read comes
//! too late. Here a document is only walked: what its reader will keep is counted, everything else is skipped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::document::VexError;

/// Which members of a kind of document are kept.
pub(super) struct Kept {
    /// The kind, for people.
    pub(super) kind: &'static str,
    /// Objects and lists that are read further, wherever they stand.
    pub(super) members: &'static [&'static str],
    /// Objects of which every member is kept, whatever it is called.
    pub(super) tables: &'static [&'static str],
}

/// Refuses `text` where the lists and tables that are kept of it have more than `values_max` entries.
///
/// So it does what cannot be walked to its end, as a text with half of a surrogate pair: what comes behind would not be
/// counted, and its reader may skip it.
pub(super) fn weigh(text: &[u8], kept: &Kept, values_max: usize) -> Result<(), VexError> {
    let (mut n_left, mut is_too_much) = (values_max, false);
    let scale = Scale { kept, is_table: false, n_left: &mut n_left, is_too_much: &mut is_too_much };
    let walked = scale.deserialize(&mut serde_json::Deserializer::from_slice(text));
    match is_too_much {
        true => Err(VexError::TooMuch { values_max }),
        false => walked.map_err(|source| VexError::Malformed { kind: kept.kind, source }),
    }
}

/// Counts in one value.
struct Scale<'a> {
    kept: &'a Kept,
    /// Whether the value is a table, if it is an object.
    is_table: bool,
    n_left: &'a mut usize,
    is_too_much: &'a mut bool,
}

impl Scale<'_> {
    fn within(&mut self, is_table: bool) -> Scale<'_> {
        Scale { kept: self.kept, is_table, n_left: self.n_left, is_too_much: self.is_too_much }
    }

    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        match self.n_left.checked_sub(1) {
            Some(left) => *self.n_left = left,
            None => {
                *self.is_too_much = true;
                return Err(E::custom("too much"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Scale<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scale<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.within(false))?.is_some() {
            self.count()?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key_seed(Key)? {
            let is_table = self.kept.tables.contains(&&*key);
            if self.is_table {
                self.count()?;
            }
            match self.is_table || is_table || self.kept.members.contains(&&*key) {
                true => object.next_value_seed(self.within(is_table))?,
                false => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// The name of a member, borrowed where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Kept = Kept { kind: "a kind", members: &["list", "object"], tables: &["table"] };

    /// How many entries `text` counts as: the smallest limit that it passes.
    fn weight(text: &str) -> usize {
        (0..100).find(|values_max| weigh(text.as_bytes(), &KEPT, *values_max).is_ok()).unwrap()
    }

    #[test]
    fn what_is_kept_is_counted_and_nothing_else() {
        for (text, expected) in [
            ("{}", 0),
            (r#"{"list": []}"#, 0),
            (r#"{"list": [1, "a", null, true, 1.5, -1]}"#, 6),
            (r#"{"list": [[1, 2], {"list": [1]}]}"#, 5),
            (r#"{"object": {"list": [1], "notes": [1, 2]}}"#, 1),
            (r#"{"notes": [1, {"list": [1, 2]}]}"#, 0),
            (r#"{"table": {"a": "b", "c": [1, 2], "d": {"notes": [1], "list": [1]}}}"#, 6),
            (r#"{"l\u0069st": [1, 2]}"#, 2),
        ] {
            assert_eq!(weight(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_walked_to_its_end_is_refused() {
        // A reader that keeps no `object` here would skip its text, and keep the list.
        for text in [r#"{"object": "\ud800", "list": [1, 2]}"#, r#"{"list": [1, 2"#] {
            let refused = weigh(text.as_bytes(), &KEPT, 100);
            assert!(matches!(refused, Err(VexError::Malformed { .. })), "{text}");
        }
    }
}
