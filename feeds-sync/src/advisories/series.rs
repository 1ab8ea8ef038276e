//! Statements that are a time series: of two about the same the later stands (feeds.md A28).

use std::collections::hash_map::Entry;

use jiff::Timestamp;
use model::advisory::{Affected, AffectedRange, RangeEvent, Status};
use model::version::VersionText;

use crate::records::HashMap;

/// What one record was stated to say of one package, by the versions that are listed; of no version is about all of them.
#[derive(Debug, Default)]
pub(super) struct Series(HashMap<Vec<VersionText>, Said>);

#[derive(Debug)]
struct Said {
    at: Option<Timestamp>,
    document: Box<str>,
    affected: Affected,
}

impl Series {
    /// Adds a row that `document` said at `at`. Of the same time the one further down in a document stands, and of two
    /// documents that of the greater name.
    pub(super) fn add(&mut self, affected: Affected, at: Option<Timestamp>, document: &str) {
        let said = Said { at, document: document.into(), affected };
        match self.0.entry(said.affected.versions.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(said)),
            Entry::Occupied(mut entry) => {
                let held = entry.get();
                if (held.at, &held.document) <= (said.at, &said.document) {
                    entry.insert(said);
                }
            }
        }
    }

    /// The rows that stand, in the order in which they were said. What is said of all versions takes the place of what was
    /// said of some before, and does not hold for those of which something else was said later.
    pub(super) fn into_rows(self) -> impl Iterator<Item = Affected> {
        let mut said: Vec<Said> = self.0.into_values().collect();
        said.sort_by(|a, b| {
            let texts =
                |said: &Said| -> Vec<_> { said.affected.versions.iter().map(ToString::to_string).collect() };
            (a.at, &a.document).cmp(&(b.at, &b.document)).then_with(|| texts(a).cmp(&texts(b)))
        });
        if let Some(index) = said.iter().position(Said::is_of_all) {
            let mut of_all = said.remove(index);
            said.retain(|some| some.at > of_all.at || some.at == of_all.at && some.stands_beside(&of_all));
            let excepted = said.iter().filter(|some| some.is_exception(&of_all));
            let excepted: Vec<VersionText> =
                excepted.flat_map(|some| &some.affected.versions).cloned().collect();
            of_all.affected.aside.unaffected.extend(excepted.into_iter().map(exactly));
            said.insert(0, of_all);
        }
        said.into_iter().map(|said| said.affected)
    }
}

impl Said {
    fn is_of_all(&self) -> bool {
        self.affected.versions.is_empty()
    }

    fn clears(&self) -> bool {
        matches!(self.affected.status, Status::NotAffected | Status::Fixed)
    }

    /// Whether it counts beside what was said of all versions at the same time: contradictions suppress nothing
    /// (docs/decisions/0032).
    fn stands_beside(&self, of_all: &Self) -> bool {
        !self.clears() || of_all.clears()
    }

    /// Whether what is said of all versions does not hold for these.
    fn is_exception(&self, of_all: &Self) -> bool {
        self.affected.status != of_all.affected.status
    }
}

fn exactly(version: VersionText) -> AffectedRange {
    AffectedRange {
        events: [RangeEvent::Introduced(version.clone()), RangeEvent::LastAffected(version)]
            .into_iter()
            .collect(),
    }
}
