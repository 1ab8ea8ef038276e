//! The header of an RPM package, as it lies in package files and in every form of the database: an index of typed
//! entries, and a store that they point into. All numbers are big-endian.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bytes of one header. rpm itself takes four times as many; a hundred thousand files need about a quarter of it.
pub(super) const HEADER_BYTES_MAX: u64 = 64 << 20;

/// Bytes of the two counts that a header begins with.
pub(super) const COUNTS_BYTES: usize = 8;
/// Bytes of one entry of the index.
const ENTRY_BYTES: usize = 16;

/// Entries of one header; rpm has no more tags.
const ENTRIES_MAX: usize = 65_535;

/// What an entry says; the numbers are rpm's own (`rpmtag.h`).
pub(super) type Tag = u32;

/// Kinds of values (`rpmtagType`).
mod kind {
    /// What rpm states the states of files in.
    pub(super) const CHAR: u32 = 1;
    pub(super) const INT8: u32 = 2;
    pub(super) const INT16: u32 = 3;
    pub(super) const INT32: u32 = 4;
    pub(super) const INT64: u32 = 5;
    pub(super) const STRING: u32 = 6;
    pub(super) const STRING_ARRAY: u32 = 8;
    pub(super) const I18N_STRING: u32 = 9;
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: u32,
    offset: usize,
    count: usize,
}

/// A header whose index and store are whole; each value is checked when it is asked for.
#[derive(Debug)]
pub(super) struct Header<'a> {
    entries: BTreeMap<Tag, Entry>,
    store: &'a [u8],
}

/// Bytes of the index and store that follow the two counts in `counts`, `il` and `dl` in rpm's words.
pub(super) fn body_bytes(counts: [u8; COUNTS_BYTES]) -> u64 {
    let [a, b, c, d, e, f, g, h] = counts;
    let n_entries = u64::from(u32::from_be_bytes([a, b, c, d]));
    let store_bytes = u64::from(u32::from_be_bytes([e, f, g, h]));
    n_entries * ENTRY_BYTES as u64 + store_bytes
}

impl<'a> Header<'a> {
    /// The header that `bytes` begin with: counts, index, store.
    ///
    /// # Errors
    /// It is cut off, or has no entry at all.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let cut_off = || format!("the header is cut off after {} bytes", bytes.len());
        let (counts, rest) = bytes.split_first_chunk::<COUNTS_BYTES>().ok_or_else(cut_off)?;
        let n_entries = u32_at(counts, 0).ok_or_else(cut_off)? as usize;
        let store_bytes = u32_at(counts, 4).ok_or_else(cut_off)? as usize;
        if n_entries > ENTRIES_MAX {
            return Err(format!("{n_entries} entries are more than the {ENTRIES_MAX} of any header"));
        }
        let index_bytes = n_entries.checked_mul(ENTRY_BYTES).ok_or_else(cut_off)?;
        let (index, rest) = rest.split_at_checked(index_bytes).ok_or_else(cut_off)?;
        let store = rest.get(..store_bytes).ok_or_else(cut_off)?;
        if n_entries == 0 {
            return Err("the header has no entries".to_owned());
        }
        // What was added when the package was installed follows the entries it was built with; of two entries for one
        // tag the later one counts.
        let entries = index
            .chunks_exact(ENTRY_BYTES)
            .filter_map(|entry| {
                let number = |at: usize| u32_at(entry, at);
                let (offset, count) = (number(8)? as usize, number(12)? as usize);
                Some((number(0)?, Entry { kind: number(4)?, offset, count }))
            })
            .collect();
        Ok(Self { entries, store })
    }

    /// Whether there is an entry for `tag`.
    pub(super) fn has(&self, tag: Tag) -> bool {
        self.entries.contains_key(&tag)
    }

    /// How many values `tag` says that it has.
    pub(super) fn count(&self, tag: Tag) -> usize {
        self.entries.get(&tag).map_or(0, |entry| entry.count)
    }

    /// The text of `tag`, the first if it has several; none when it is absent or outside the store.
    pub(super) fn text(&self, tag: Tag) -> Option<Cow<'a, str>> {
        self.texts(tag).next()
    }

    /// The texts of `tag`, as far as they lie in the store; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn texts(&self, tag: Tag) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let entry = self.entries.get(&tag);
        let count = entry.map_or(0, |entry| match entry.kind {
            kind::STRING => 1,
            kind::STRING_ARRAY | kind::I18N_STRING => entry.count,
            _ => 0,
        });
        let mut rest = entry.and_then(|entry| self.store.get(entry.offset..)).unwrap_or_default();
        (0..count).map_while(move |_| {
            let end = memchr::memchr(0, rest)?;
            let (text, behind) = rest.split_at_checked(end)?;
            rest = behind.get(1..).unwrap_or_default();
            Some(String::from_utf8_lossy(text))
        })
    }

    /// The number of `tag`, the first if it has several; none when it is absent or outside the store.
    pub(super) fn number(&self, tag: Tag) -> Option<u64> {
        self.numbers(tag).next()
    }

    /// The numbers of `tag`, as far as they lie in the store.
    pub(super) fn numbers(&self, tag: Tag) -> impl Iterator<Item = u64> + use<'a> {
        let entry = self.entries.get(&tag);
        let bytes = entry.map_or(1, |entry| match entry.kind {
            kind::CHAR | kind::INT8 => 1,
            kind::INT16 => 2,
            kind::INT32 => 4,
            kind::INT64 => 8,
            _ => usize::MAX,
        });
        let count = entry.filter(|_| bytes < usize::MAX).map_or(0, |entry| entry.count);
        let values = entry.and_then(|entry| self.store.get(entry.offset..)).unwrap_or_default();
        values
            .chunks_exact(bytes)
            .take(count)
            .map(|value| value.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let (value, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
    Some(u32::from_be_bytes(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(entries: &[[u32; 4]], store: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let counts = [entries.len() as u32, store.len() as u32];
        let words = counts.iter().chain(entries.iter().flatten());
        bytes.extend(words.flat_map(|word| word.to_be_bytes()));
        bytes.extend(store);
        bytes
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let store = b"one\0two\0\0\x01\x02\0\0\0\x07";
        let entries = [[1000, 6, 0, 1], [1117, 8, 0, 2], [1030, 3, 9, 1], [1003, 4, 11, 1], [1009, 5, 0, 1]];
        let bytes = header(&entries, store);
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.text(1000).as_deref(), Some("one"));
        assert_eq!(header.texts(1117).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(header.number(1030), Some(0x102));
        assert_eq!(header.number(1003), Some(7));
        assert_eq!(header.number(1009), Some(u64::from_be_bytes(*b"one\0two\0")));
        assert_eq!((header.text(1003), header.number(1000), header.text(4)), (None, None, None));
    }

    #[test]
    fn what_points_outside_the_store_is_absent() {
        let entries = [[1, 6, 90, 1], [2, 8, 0, 9], [3, 4, 0, u32::MAX], [4, 6, 2, 1]];
        let bytes = header(&entries, b"a\0bc");
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.text(1), None);
        assert_eq!(header.texts(2).collect::<Vec<_>>(), ["a"]);
        assert_eq!(header.numbers(3).collect::<Vec<_>>(), [0x6100_6263]);
        assert_eq!(header.text(4), None, "a text without an end");
    }

    #[test]
    fn of_two_entries_the_later_one_counts() {
        let bytes = header(&[[1, 6, 0, 1], [1, 6, 2, 1]], b"a\0b\0");
        assert_eq!(Header::parse(&bytes).unwrap().text(1).as_deref(), Some("b"));
    }
}
