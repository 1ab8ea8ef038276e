//! What rows say of a case and of its owner, before anything is decided.

use std::collections::HashMap;

use model::advisory::{AdvisorySet, AffectedRange, RangeEvent, RecordKind, RecordState, Row, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, PackageKey};

use crate::authority::{self, Answer, Decision, Statement, Trace};
use crate::case::{Case, Consulted, Owner, Role};
use crate::cpe;
use crate::gate::{Gate, Holds};
use crate::range::{Containment, is_zero};
use crate::version::{self, VersionScheme};

/// What every row under the case's keys says of the installed version. Records that were taken back say
/// nothing.
pub(crate) fn statements<'a>(
    case: &'a Case,
    scheme: &'static VersionScheme,
    advisories: &'a AdvisorySet,
) -> Vec<Statement<'a>> {
    let mut statements = Vec::new();
    add_statements(case, scheme, advisories, &mut statements);
    statements
}

pub(super) fn add_statements<'a>(
    case: &'a Case,
    scheme: &'static VersionScheme,
    advisories: &'a AdvisorySet,
    statements: &mut Vec<Statement<'a>>,
) {
    for consulted in &case.consulted {
        let Some(rows) = advisories.rows.get(&consulted.key) else { continue };
        statements.reserve(rows.len());
        let rows = rows.iter().filter(|row| stands(row, case.ecosystem));
        state(rows, consulted, &case.gate, scheme, statements);
    }
}

/// A distribution may list a CVE that was rejected since: that stays visible, as a suppressed finding. For
/// languages a rejected record is as good as withdrawn (feeds.md D9).
#[inline]
pub(crate) fn stands(row: &Row, ecosystem: Ecosystem) -> bool {
    // A notice is about a package that nobody maintains, say, and no vulnerability (feeds.md A18).
    if row.kind == RecordKind::Notice {
        return false;
    }
    match row.state {
        RecordState::Published | RecordState::Disputed | RecordState::Reserved => true,
        RecordState::Rejected => ecosystem.is_os() && row.affected.key.kind != KeyKind::Cpe,
        RecordState::Withdrawn => false,
    }
}

/// Adds what each of `rows` says.
fn state<'a>(
    rows: impl Iterator<Item = &'a Row> + Clone,
    consulted: &'a Consulted,
    gate: &Gate,
    scheme: &'static VersionScheme,
    statements: &mut Vec<Statement<'a>>,
) {
    let scheme = gate.scheme(scheme, &consulted.key);
    (scheme.contain)(consulted.version.as_str(), &mut |contain| {
        statements.extend(rows.clone().filter_map(|row| {
            let containment = contain(&row.affected);
            let counts = discloses(row, consulted.role)
                && applies(row, containment)
                && cpe::counts(row, consulted, containment, scheme);
            if !counts {
                return None;
            }
            let holds = gate.check(row, &consulted.version, scheme).holds;
            let answer = Answer::of(row.affected.status, containment);
            let is_doubtful = holds == Holds::Unknown;
            (holds != Holds::No).then_some(Statement { row, consulted, containment, answer, is_doubtful })
        }));
    });
}

/// Of the vendor whose package was built anew, what has no fix counts: the versions of his fixes are not the rebuild's. Of
/// the one whose package was changed everything does but that it is not affected.
#[inline]
pub(crate) fn discloses(row: &Row, role: Role) -> bool {
    let has_fix = |range: &AffectedRange| {
        range.events.iter().any(|event| matches!(event, RangeEvent::Fixed(version) if !is_zero(version)))
    };
    match role {
        Role::Own | Role::Cpe | Role::Guess => true,
        Role::Changed => row.affected.status != Status::NotAffected || row.is_private(),
        Role::Disclosure => row.affected.status != Status::Fixed && !row.affected.ranges.iter().any(has_fix),
    }
}

/// That some versions are not affected, or hold the fix, says nothing of the others (feeds.md D7).
#[inline]
pub(crate) fn applies(row: &Row, containment: Containment) -> bool {
    let is_inside =
        matches!(containment, Containment::Everywhere | Containment::Inside { .. } | Containment::Listed);
    is_inside || !matches!(row.affected.status, Status::NotAffected | Status::Fixed)
}

/// The rows of owning packages, found by id. Many language packages share an owner.
pub(crate) struct OwnerRows<'a> {
    advisories: &'a AdvisorySet,
    by_id: HashMap<&'a PackageKey, HashMap<&'a str, Vec<&'a Row>>>,
}

impl<'a> OwnerRows<'a> {
    pub(crate) fn new(advisories: &'a AdvisorySet) -> Self {
        Self { advisories, by_id: HashMap::new() }
    }

    /// What the owner's vendor says of any of `ids`.
    pub(crate) fn statements(
        &mut self,
        owner: &'a Owner,
        ids: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<Statement<'a>> {
        let Some(scheme) = version::for_ecosystem(owner.ecosystem) else { return Vec::new() };
        let mut statements = Vec::new();
        for consulted in &owner.consulted {
            let advisories = self.advisories;
            let rows = self.by_id.entry(&consulted.key).or_insert_with(|| {
                let mut by_id: HashMap<&str, Vec<&Row>> = HashMap::new();
                for row in advisories.rows.get(&consulted.key).into_iter().flatten() {
                    for id in std::iter::once(&row.record).chain(&row.aliases) {
                        by_id.entry(id).or_default().push(row);
                    }
                }
                by_id
            });
            let rows = ids.clone().filter_map(|id| rows.get(id)).flatten().copied();
            let rows = rows.filter(|row| stands(row, owner.ecosystem));
            state(rows, consulted, &owner.gate, scheme, &mut statements);
        }
        statements
    }

    pub(super) fn are_held(&self, owner: &Owner) -> bool {
        owner.consulted.iter().all(|consulted| self.advisories.rows.contains_key(&consulted.key))
    }
}

/// What the statements on an owning package come to.
pub(crate) struct OwnerSays {
    pub(crate) decision: Decision,
    /// Whether the user's own advisories decided.
    pub(super) is_private: bool,
}

impl OwnerSays {
    pub(crate) fn of(owner: &Owner, statements: &[Statement<'_>], trace: &mut impl Trace) -> Option<Self> {
        if let Some(decision) = authority::of_private(statements, trace) {
            return Some(Self { decision, is_private: true });
        }
        let decision = authority::of_vendor(statements, &owner.gate, trace)?;
        Some(Self { decision, is_private: false })
    }
}
