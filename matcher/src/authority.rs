//! Whose word counts when several rows speak of one vulnerability in one package (feeds.md D1).

use std::collections::BTreeSet;

use model::advisory::{Row, Status};
use model::ecosystem::Ecosystem;
use model::facts::is_supplement;
use model::finding::UndeterminedReason;
use model::key::{KeyKind, Namespace};

use crate::case::Consulted;
use crate::range::Containment;

/// A row, the key under which it was found, and what it says of the installed version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) row: &'a Row,
    pub(crate) consulted: &'a Consulted,
    pub(crate) containment: Containment,
    pub(crate) answer: Answer,
}

/// What one row says of the installed version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Affected,
    Undetermined(UndeterminedReason),
    /// The installed version holds the fix.
    Fixed,
    /// No version of this package was ever affected.
    NeverAffected,
    /// The installed version is outside, and not for a fix: it is older than the flaw, or not listed.
    Outside,
}

impl Answer {
    pub(crate) fn of(status: Status, containment: Containment) -> Self {
        let inside = match status {
            Status::Affected => Self::Affected,
            Status::UnderInvestigation => Self::Undetermined(UndeterminedReason::UnderInvestigation),
            Status::Undetermined => Self::Undetermined(UndeterminedReason::VendorUndetermined),
            Status::NotAffected => return Self::NeverAffected,
            Status::Fixed => Self::Fixed,
        };
        match containment {
            Containment::Everywhere | Containment::Inside { .. } | Containment::Listed => inside,
            Containment::Outside { fixed: Some(_) } => Self::Fixed,
            Containment::Outside { fixed: None } => Self::Outside,
            Containment::UnreadableBound { .. } => Self::Undetermined(UndeterminedReason::UnreadableBound),
            Containment::UnreadableVersion => Self::Undetermined(UndeterminedReason::UnreadableVersion),
        }
    }

    /// Whether it alone would make a finding.
    pub(crate) fn is_positive(self) -> bool {
        matches!(self, Self::Affected | Self::Undetermined(_))
    }
}

/// What all statements together say, and which of them (as positions) decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    pub(crate) deciders: Vec<usize>,
}

/// Decides by the user's own advisories alone, which come before all others; none where they say nothing, or nothing yet.
///
/// What they say of a build, that it is not affected or holds the fix, comes before what they say of ranges.
pub(crate) fn of_private(statements: &[Statement<'_>]) -> Option<Decision> {
    let private = || statements.iter().enumerate().filter(|(_, statement)| statement.row.is_private());
    let is_cleared = |statement: &Statement<'_>| {
        matches!(statement.row.affected.status, Status::NotAffected | Status::Fixed)
    };
    let cleared = private().filter(|(_, statement)| is_cleared(statement));
    let order = [is_affected, is_undetermined, is_never_affected, is_fixed, is_outside];
    let decision = decide(cleared, order).or_else(|| decide(private(), order))?;
    (!is_undetermined(decision.answer)).then_some(decision)
}

/// Decides among the statements of a distribution's namespaces.
///
/// Within a namespace the distribution's own provider comes before an aggregator of the same namespace, both before
/// publishers that are named by hand, and a row for the binary package before one for its source. Among rows of the same standing "never affected"
/// beats a fix, and their ranges are alternatives. Where packages of several releases are mixed, the
/// namespaces are alternatives too: nothing says which of them the package came from.
pub(crate) fn of_vendor(statements: &[Statement<'_>]) -> Option<Decision> {
    if let [only] = statements {
        return Some(Decision { answer: only.answer, deciders: vec![0] });
    }
    let namespaces: BTreeSet<&Namespace> =
        statements.iter().map(|statement| &statement.consulted.key.namespace).collect();
    let decisions = namespaces.into_iter().filter_map(|namespace| {
        let scope = |statement: &Statement<'_>| {
            let is_own = namespace.distro_id() == Some(statement.row.provider.as_str());
            (is_supplement(&statement.row.provider), !is_own, statement.consulted.key.kind != KeyKind::Binary)
        };
        let members = || {
            statements.iter().enumerate().filter(|(_, member)| member.consulted.key.namespace == *namespace)
        };
        let best = members().map(|(_, statement)| scope(statement)).min()?;
        let deciding = members().filter(|(_, member)| scope(member) == best);
        decide(deciding, [is_never_affected, is_affected, is_undetermined, is_fixed, is_outside])
    });
    decisions.min_by_key(|decision| match decision.answer {
        Answer::Affected => 0,
        Answer::Undetermined(_) => 1,
        Answer::Fixed => 2,
        Answer::NeverAffected => 3,
        Answer::Outside => 4,
    })
}

/// Decides among the statements of a language ecosystem's sources: the first source in the ecosystem's order
/// of preference that can say yes or no decides, both ways.
pub(crate) fn of_sources(ecosystem: Ecosystem, statements: &[Statement<'_>]) -> Option<Decision> {
    if let [only] = statements {
        return Some(Decision { answer: only.answer, deciders: vec![0] });
    }
    let rank = |statement: &Statement<'_>| preference(ecosystem, statement.row);
    let ranks: BTreeSet<usize> = statements.iter().map(rank).collect();
    let mut undecided: Option<Decision> = None;
    for best in ranks {
        let deciding = || statements.iter().enumerate().filter(|(_, statement)| rank(statement) == best);
        let decision =
            decide(deciding(), [is_affected, is_undetermined, is_fixed, is_never_affected, is_outside])?;
        // That a version which cannot be read is on nobody's list does not clear it.
        let is_unreadable = undecided.as_ref().is_some_and(|decision| {
            decision.answer == Answer::Undetermined(UndeterminedReason::UnreadableVersion)
        });
        match decision.answer {
            Answer::Affected => return Some(decision),
            Answer::Fixed | Answer::NeverAffected | Answer::Outside if !is_unreadable => {
                return Some(decision);
            }
            _ => undecided = undecided.or(Some(decision)),
        }
    }
    undecided
}

/// The first kind of answer in `order` that any statement gives, and all that give it.
fn decide<'a>(
    statements: impl Iterator<Item = (usize, &'a Statement<'a>)> + Clone,
    order: [fn(Answer) -> bool; 5],
) -> Option<Decision> {
    order.into_iter().find_map(|is_kind| {
        let deciders = statements.clone().filter(|(_, statement)| is_kind(statement.answer));
        let answer = deciders.clone().map(|(_, statement)| statement.answer).min_by_key(reason_rank)?;
        Some(Decision { answer, deciders: deciders.map(|(index, _)| index).collect() })
    })
}

fn is_affected(answer: Answer) -> bool {
    answer == Answer::Affected
}

fn is_undetermined(answer: Answer) -> bool {
    matches!(answer, Answer::Undetermined(_))
}

fn is_fixed(answer: Answer) -> bool {
    answer == Answer::Fixed
}

fn is_never_affected(answer: Answer) -> bool {
    answer == Answer::NeverAffected
}

fn is_outside(answer: Answer) -> bool {
    answer == Answer::Outside
}

fn reason_rank(answer: &Answer) -> Option<UndeterminedReason> {
    match answer {
        Answer::Undetermined(reason) => Some(*reason),
        Answer::Affected | Answer::Fixed | Answer::NeverAffected | Answer::Outside => None,
    }
}

/// Where a source stands in the ecosystem's order; the lowest is preferred. A source is known by the kind of
/// its ids.
fn preference(ecosystem: Ecosystem, row: &Row) -> usize {
    let order: &[&str] = match ecosystem {
        Ecosystem::Golang => &["GO", "GHSA"],
        Ecosystem::Cargo => &["RUSTSEC", "GHSA"],
        Ecosystem::Bitnami => &["BIT"],
        Ecosystem::PyPi => &["GHSA", "PYSEC"],
        Ecosystem::Npm
        | Ecosystem::Maven
        | Ecosystem::Gem
        | Ecosystem::NuGet
        | Ecosystem::Composer
        | Ecosystem::Hex
        | Ecosystem::Pub
        | Ecosystem::Swift
        | Ecosystem::GithubActions => &["GHSA"],
        Ecosystem::Apk
        | Ecosystem::Deb
        | Ecosystem::Rpm
        | Ecosystem::Alpm
        | Ecosystem::Conda
        | Ecosystem::Cran
        | Ecosystem::Cpan
        | Ecosystem::Hackage
        | Ecosystem::Conan
        | Ecosystem::Julia
        | Ecosystem::Bioconductor
        | Ecosystem::CocoaPods
        | Ecosystem::Homebrew
        | Ecosystem::LuaRocks
        | Ecosystem::Nix
        | Ecosystem::Opam
        | Ecosystem::Opkg
        | Ecosystem::Otp
        | Ecosystem::Pear
        | Ecosystem::Portage
        | Ecosystem::Snap
        | Ecosystem::Terraform
        | Ecosystem::Vcpkg
        | Ecosystem::WordPress
        | Ecosystem::Generic
        | Ecosystem::Unknown => &[],
    };
    if is_supplement(&row.provider) {
        return order.len() + 1;
    }
    let kind = row.record.split('-').next().unwrap_or_default();
    let rank = order.iter().position(|source| *source == kind).unwrap_or(order.len());
    // A Go record that nobody reviewed comes after the reviewed GitHub advisory that it was made from.
    let is_unreviewed =
        row.affected.reason.as_deref().is_some_and(|words| words.to_ascii_lowercase().contains("unreviewed"));
    if ecosystem == Ecosystem::Golang && is_unreviewed { order.len() } else { rank }
}
