//! The way from one id to a record: ids, each of which a row links with the next.

use std::collections::{BTreeMap, VecDeque};

use model::explanation::ExplainedRow;

/// How many ids of a way are told; of a longer one these from its start and as many from its end.
const TOLD_MAX: usize = 16;

const HALF: usize = TOLD_MAX / 2;

/// The shortest ways from an id along the links of some rows, of which `path` still holds the record and its aliases.
pub(super) struct Paths {
    steps: BTreeMap<String, Step>,
}

/// How an id was reached.
struct Step {
    /// The id before it; none for where the ways start.
    before: Option<String>,
    /// How many are before it.
    n_before: usize,
    /// The last id of the first half of what is told of a way, where that is before this one.
    landmark: Option<String>,
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
        let mut steps: BTreeMap<String, Step> = BTreeMap::new();
        let mut pending: VecDeque<&str> =
            links.keys().copied().filter(|known| known.eq_ignore_ascii_case(id)).collect();
        let start = || Step { before: None, n_before: 0, landmark: None };
        steps.extend(pending.iter().map(|id| ((*id).to_owned(), start())));
        while let Some(from) = pending.pop_front() {
            for &to in links.get(from).into_iter().flatten() {
                if !steps.contains_key(to) {
                    let step = steps[from].then(from);
                    steps.insert(to.to_owned(), step);
                    pending.push_back(to);
                }
            }
        }
        Self { steps }
    }

    /// The way to `record`, its middle counted where it is long; the record alone where no row links it.
    pub(super) fn to(&self, record: &str) -> Vec<String> {
        let n_ids = self.steps.get(record).map_or(1, |step| step.n_before + 1);
        let Some(landmark) = self.landmark(record).filter(|_| n_ids > TOLD_MAX) else {
            return self.last(record, n_ids);
        };
        let mut path = self.last(landmark, HALF);
        path.push(format!("({} more)", n_ids - TOLD_MAX));
        path.extend(self.last(record, HALF));
        path
    }

    fn landmark(&self, record: &str) -> Option<&str> {
        self.steps.get(record)?.landmark.as_deref()
    }

    /// The last `count` ids of the way to `id`.
    fn last(&self, id: &str, count: usize) -> Vec<String> {
        let before = |id: &&str| self.steps.get(*id)?.before.as_deref();
        let ids = std::iter::successors(Some(id), before);
        let mut ids: Vec<String> = ids.take(count).map(str::to_owned).collect();
        ids.reverse();
        ids
    }
}

impl Step {
    /// The step that follows this one, which leads to `id`.
    fn then(&self, id: &str) -> Self {
        let is_landmark = self.n_before + 1 == HALF;
        let landmark = if is_landmark { Some(id.to_owned()) } else { self.landmark.clone() };
        Self { before: Some(id.to_owned()), n_before: self.n_before + 1, landmark }
    }
}
