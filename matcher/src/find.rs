//! From cases and rows to findings.

use model::advisory::{AdvisorySet, Row};
use model::finding::Finding;

use self::gather::Block;
pub use self::gather::{Part, gather};
pub(crate) use self::judge::{Judge, MODULE_ONLY, confidence, sort_evidence};
use self::statements::add_statements;
pub(crate) use self::statements::{OwnerRows, OwnerSays, applies, discloses, stands, statements};
use crate::alias;
use crate::authority::Statement;
use crate::case::Case;
use crate::version;

/// The findings of `cases` under `advisories`, sorted by id, purl and verdict.
///
/// A function of its arguments alone: the order of the cases and of the rows does not matter, and rows under keys that no
/// case consults are not seen. A case with no statement that says affected, or that cannot be decided, has no finding. What
/// is said alike of several packages of one kernel is one finding.
pub fn find(cases: &[Case], advisories: &AdvisorySet) -> Vec<Finding> {
    let mut finder = Finder::new(advisories);
    finder.add(cases);
    gather([finder.finish()])
}

/// Finds what [`find`] does of some of the cases, side by side with others who have the rest. Then [`gather`] makes one of
/// what each found, in whatever way the cases were shared out.
pub struct Finder<'a> {
    advisories: &'a AdvisorySet,
    owners: OwnerRows<'a>,
    blocks: Vec<Block<'a>>,
    // What follows is of the case at hand; its room is kept for the next.
    statements: Vec<Statement<'a>>,
    rows: Vec<&'a Row>,
    of_group: Vec<Statement<'a>>,
}

impl<'a> Finder<'a> {
    /// One that has found nothing yet.
    pub fn new(advisories: &'a AdvisorySet) -> Self {
        let owners = OwnerRows::new(advisories);
        let (blocks, statements, rows, of_group) = Default::default();
        Self { advisories, owners, blocks, statements, rows, of_group }
    }

    /// Adds the findings of `cases`.
    pub fn add(&mut self, cases: &'a [Case]) {
        const BLOCK: usize = 512;
        for cases in cases.chunks(BLOCK) {
            let mut findings = Block::new();
            cases.iter().for_each(|case| self.find(case, &mut findings));
            self.blocks.push(findings);
        }
    }

    /// What was found.
    pub fn finish(self) -> Part<'a> {
        Part::of(self.blocks)
    }

    fn find(&mut self, case: &'a Case, findings: &mut Block<'a>) {
        let scheme = version::for_package(case.ecosystem);
        self.statements.clear();
        add_statements(case, scheme, self.advisories, &mut self.statements);
        let statements = &self.statements;
        // Most packages have nothing but fixed rows; they need no grouping.
        let is_positive = |position: usize| statements[position].answer.is_positive();
        if !(0..statements.len()).any(is_positive) {
            return;
        }
        self.rows.clear();
        self.rows.extend(statements.iter().map(|statement| statement.row));
        for group in alias::groups(&self.rows, is_positive) {
            self.of_group.clear();
            self.of_group.extend(group.rows.iter().map(|&row| statements[row]));
            let judge = Judge { case, scheme, group: &group, statements: &self.of_group };
            findings.extend(judge.finding(&mut self.owners).map(|finding| (case, finding)));
        }
    }
}

mod framework;
mod gather;
mod judge;
#[cfg(test)]
mod regressions;
mod statements;
#[cfg(test)]
mod tests;
