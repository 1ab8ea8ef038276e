//! The records of one namespace while a feed is read.

use foldhash::quality::RandomState;
use model::advisory::{Advisory, Affected};
use model::text::ShortText;

/// A map whose hash is several times faster than that of the standard library, and seeded at random as well: a tenth of
/// reading NVD went into that one.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A set of the same hash.
pub(crate) type HashSet<T> = std::collections::HashSet<T, RandomState>;

/// Records by id, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Records {
    places: HashMap<ShortText, usize>,
    /// What was taken away leaves a gap.
    held: Vec<Option<Box<Advisory>>>,
}

impl Records {
    /// The record `id`, if there is one.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Advisory> {
        self.held.get_mut(*self.places.get(id)?)?.as_deref_mut()
    }

    /// Makes room for so many records more.
    pub(crate) fn reserve(&mut self, n_records: usize) {
        self.places.reserve(n_records);
        self.held.reserve(n_records);
    }

    /// The record `id`, made empty at its first mention.
    pub(crate) fn named(&mut self, id: &str) -> &mut Advisory {
        let place = match self.places.get(id) {
            Some(place) => *place,
            None => {
                self.places.insert(id.into(), self.held.len());
                self.held.push(None);
                self.held.len() - 1
            }
        };
        self.held[place].get_or_insert_with(|| Box::new(Advisory::new(id)))
    }

    /// Adds a record whose id is new, or in place of the one that is held.
    pub(crate) fn insert(&mut self, advisory: Advisory) {
        match self.places.get(advisory.id.as_str()) {
            Some(place) => self.held[*place] = Some(Box::new(advisory)),
            None => {
                self.places.insert(advisory.id.as_str().into(), self.held.len());
                self.held.push(Some(Box::new(advisory)));
            }
        }
    }

    /// Takes the record `id` away.
    pub(crate) fn remove(&mut self, id: &str) {
        if let Some(place) = self.places.remove(id) {
            self.held[place] = None;
        }
    }

    /// Takes away what is not to be kept.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&Advisory) -> bool) {
        for place in &mut self.held {
            if let Some(gone) = place.take_if(|record| !is_kept(record)) {
                self.places.remove(gone.id.as_str());
            }
        }
    }

    /// All records.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Advisory> {
        self.held.iter().filter_map(Option::as_deref)
    }

    /// All records.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Advisory> {
        self.held.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// All records.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = Box<Advisory>> {
        self.held.into_iter().flatten()
    }
}

/// How many of the things added last are compared with a new one at once.
const RECENT: usize = 8;

/// Whether `new` is among those added last: what is said twice is mostly said close together, and a list of hundreds of
/// thousands must not be gone through for each. The rest is left to [`dedup`].
pub(crate) fn is_recent<T: PartialEq>(held: &[T], new: &T) -> bool {
    held.iter().rev().take(RECENT).any(|held| held == new)
}

/// Keeps the first of equal things, in their order.
pub(crate) fn dedup<T: Eq + std::hash::Hash>(things: &mut Vec<T>) {
    if things.len() <= RECENT {
        let mut n_kept = 0;
        while n_kept < things.len() {
            if things[..n_kept].contains(&things[n_kept]) {
                things.remove(n_kept);
            } else {
                n_kept += 1;
            }
        }
        return;
    }
    let mut seen = HashSet::with_capacity_and_hasher(things.len(), RandomState::default());
    let firsts: Vec<bool> = things.iter().map(|thing| seen.insert(thing)).collect();
    drop(seen);
    let mut firsts = firsts.into_iter();
    things.retain(|_| firsts.next().unwrap_or(true));
}

/// Brings the rows of a finished record into the order of their keys, each once.
pub(crate) fn settle(rows: &mut Vec<Affected>) {
    if rows.len() > 1 {
        dedup(rows);
        rows.sort_by(|a, b| a.key.cmp(&b.key));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::{Hash, Hasher};

    use super::*;

    /// A number that counts how often it is compared.
    #[derive(Clone, Debug)]
    struct Counted<'c>(u32, &'c Cell<usize>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.set(self.1.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted<'_> {}

    impl Hash for Counted<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn a_list_of_hundreds_of_thousands_is_compared_a_few_times_a_row() {
        let n_compared = Cell::new(0);
        let n_rows = 200_000;
        let mut rows = Vec::new();
        // Each is said twice: once more at once, and once more at the end.
        for number in (0..n_rows).flat_map(|number| [number, number]).chain(0..n_rows) {
            let row = Counted(number, &n_compared);
            if !is_recent(&rows, &row) {
                rows.push(row);
            }
        }
        assert_eq!(rows.len(), 2 * n_rows as usize);
        dedup(&mut rows);
        assert!(rows.iter().map(|row| row.0).eq(0..n_rows));
        assert!(n_compared.get() < (3 * RECENT + 8) * n_rows as usize, "{}", n_compared.get());
    }

    #[test]
    fn short_and_long_lists_keep_the_first_of_equal_things() {
        for (n_before, n_after) in [(0, 0), (1, 2), (3, 5), (0, 40)] {
            let mut things: Vec<u32> =
                (0..n_before).chain([7, 90, 7, 91, 90, 90]).chain(100..100 + n_after).collect();
            dedup(&mut things);
            assert!(things.into_iter().eq((0..n_before).chain([7, 90, 91]).chain(100..100 + n_after)));
        }
    }

    #[test]
    fn what_was_taken_away_may_come_again() {
        let mut records = Records::default();
        records.named("CVE-2024-10001").title = Some("first".to_owned());
        records.insert(Advisory::new("CVE-2024-10000"));
        records.remove("CVE-2024-10001");
        assert!(records.get_mut("CVE-2024-10001").is_none());
        records.insert(Advisory { title: Some("other".to_owned()), ..Advisory::new("CVE-2024-10000") });
        assert!(records.named("CVE-2024-10001").title.is_none());
        let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(ids, ["CVE-2024-10000", "CVE-2024-10001"]);
        assert_eq!(records.into_iter().filter_map(|record| record.title).collect::<Vec<_>>(), ["other"]);
    }
}
