//! What was heard of statements: what they claim of packages, and why the others claim nothing.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use jiff::Timestamp;
use model::report::{VexOutcome, VexReason};

use super::document::shortened;
use super::{Given, Trust};

/// How many outcomes are kept of statements that suppressed nothing.
pub const OUTCOMES_MAX: usize = 1_000;

/// How many bytes of the detail of an outcome are kept.
const DETAIL_BYTES_MAX: usize = 300;

/// A statement by its document's position and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) document: usize,
    pub(super) statement: usize,
}

/// A statement that speaks of a package in a finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) source: Source,
    pub(super) trust: Trust,
    pub(super) said_at: Option<Timestamp>,
    pub(super) suppresses: bool,
}

/// When something counts as said: what is of no time is before all others if it suppresses, else after all others
/// (docs/decisions/0032: what cannot be decided suppresses nothing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    First,
    At(Timestamp),
    Last,
}

impl Claim {
    pub(super) fn moment(&self) -> Moment {
        match (self.said_at, self.suppresses) {
            (Some(time), _) => Moment::At(time),
            (None, true) => Moment::First,
            (None, false) => Moment::Last,
        }
    }

    /// Whether it was said when `other` was, as far as is stated.
    pub(super) fn is_of_time_of(&self, other: &Self) -> bool {
        self.trust == other.trust && self.said_at == other.said_at
    }
}

/// A package in a finding: the finding's position, and the package's in it.
pub(super) type Place = (usize, usize);

/// What was heard of every finding, and of every statement how close it came.
pub(super) struct Heard<'a> {
    given: &'a [&'a Given],
    /// What is claimed of each package in a finding.
    pub(super) claims: BTreeMap<Place, Vec<Claim>>,
    /// The best reason so far of each statement that claims something, and what it was held against.
    reasons: BTreeMap<Source, (VexReason, String)>,
    pub(super) applied: BTreeSet<Source>,
    /// What came of those that claim nothing: the ones that came closest, the farthest of them on top.
    unapplied: BinaryHeap<VexOutcome>,
    n_left_out: usize,
}

impl<'a> Heard<'a> {
    pub(super) fn new(given: &'a [&'a Given]) -> Self {
        Self {
            given,
            claims: BTreeMap::new(),
            reasons: BTreeMap::new(),
            applied: BTreeSet::new(),
            unapplied: BinaryHeap::new(),
            n_left_out: 0,
        }
    }

    pub(super) fn note(&mut self, source: Source, reason: VexReason, detail: impl FnOnce() -> String) {
        let is_better = self.reasons.get(&source).is_none_or(|(known, _)| reason < *known);
        if is_better {
            self.reasons.insert(source, (reason, shortened(&detail(), DETAIL_BYTES_MAX)));
        }
    }

    /// Ends a statement that claims nothing: what came of it is what was noted. Most statements of a repository are such
    /// ones, and nothing but what is reported is kept of them.
    pub(super) fn end(&mut self, source: Source) {
        if let Some((reason, detail)) = self.reasons.remove(&source) {
            self.keep(source, reason, &detail);
        }
    }

    /// Takes back what statements of a document claim that `is_meant`: it was too much of it.
    pub(super) fn take_back(&mut self, document: usize, is_meant: impl Fn(&Claim) -> bool) {
        let mut taken: BTreeSet<Source> = BTreeSet::new();
        self.claims.retain(|_, claims| {
            claims.retain(|claim| {
                let is_taken = claim.source.document == document && is_meant(claim);
                if is_taken {
                    taken.insert(claim.source);
                }
                !is_taken
            });
            !claims.is_empty()
        });
        for source in taken {
            self.note(source, VexReason::TooMuch, String::new);
            self.end(source);
        }
    }

    fn keep(&mut self, source: Source, reason: VexReason, detail: &str) {
        let is_full = self.unapplied.len() == OUTCOMES_MAX;
        let one = self.given[source.document];
        let farthest = self.unapplied.peek().filter(|_| is_full);
        if farthest.is_some_and(|known| (reason, &one.digest) > (known.reason, &known.document)) {
            self.n_left_out += 1;
            return;
        }
        let statement = &one.document.statements[source.statement];
        self.unapplied.push(VexOutcome {
            reason,
            document: one.digest.clone(),
            statement: statement.place.to_string(),
            vulnerability: shortened(&statement.ids[0], 200),
            detail: detail.to_owned(),
        });
        if is_full {
            self.unapplied.pop();
            self.n_left_out += 1;
        }
    }

    /// How many statements something is held of.
    #[cfg(test)]
    pub(super) fn n_held(&self) -> usize {
        self.reasons.len() + self.unapplied.len() + self.claims.values().map(Vec::len).sum::<usize>()
    }

    /// The outcomes that are kept, those that came closest first, and how many are not.
    pub(super) fn outcomes(mut self) -> (Vec<VexOutcome>, usize) {
        for (source, (reason, detail)) in std::mem::take(&mut self.reasons) {
            if !self.applied.contains(&source) {
                self.keep(source, reason, &detail);
            }
        }
        (self.unapplied.into_sorted_vec(), self.n_left_out)
    }
}
