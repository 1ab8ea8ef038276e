//! The way from one id to a record: ids, each of which a row links with the next.

use std::collections::{BTreeMap, VecDeque};

use model::explanation::ExplainedRow;

/// The shortest ways from an id along the links of some rows, of which `path` still holds the record and its aliases.
pub(super) struct Paths {
    /// By id, the id before it; none for where the ways start.
    before: BTreeMap<String, Option<String>>,
}

impl Paths {
    /// Time is that of sorting the ids.
    pub(super) fn from(id: &str, rows: &[ExplainedRow]) -> Self {
        let mut links: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in rows {
            let record = row.record.as_str();
            let aliases = links.entry(record).or_default();
            aliases.extend(row.path.iter().map(String::as_str).filter(|alias| *alias != record));
            for alias in row.path.iter().filter(|alias| **alias != record) {
                links.entry(alias).or_default().push(record);
            }
        }
        let mut before: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut pending: VecDeque<&str> =
            links.keys().copied().filter(|known| known.eq_ignore_ascii_case(id)).collect();
        before.extend(pending.iter().map(|start| ((*start).to_owned(), None)));
        while let Some(from) = pending.pop_front() {
            for &to in links.get(from).into_iter().flatten() {
                if !before.contains_key(to) {
                    before.insert(to.to_owned(), Some(from.to_owned()));
                    pending.push_back(to);
                }
            }
        }
        Self { before }
    }

    /// The way to `record`; the record alone where no row links it.
    pub(super) fn to(&self, record: &str) -> Vec<String> {
        let mut path = vec![record.to_owned()];
        let mut at = record;
        while let Some(Some(before)) = self.before.get(at) {
            path.push(before.clone());
            at = before;
        }
        path.reverse();
        path
    }
}
