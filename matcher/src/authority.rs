//! Whose word counts when several rows speak of one vulnerability in one package (feeds.md D1).

use std::collections::BTreeSet;

use model::advisory::{Row, Status};
use model::ecosystem::Ecosystem;
use model::explanation::PassedOver;
use model::facts::is_supplement;
use model::finding::UndeterminedReason;
use model::key::{KeyKind, Namespace};

use smallvec::{SmallVec, smallvec};

use crate::case::{Consulted, Role};
use crate::channel::release_of;
use crate::gate::{Gate, MAIN_STREAM};
use crate::minor::Nearest;
use crate::range::Containment;

/// A row, the key under which it was found, and what it says of the installed version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) row: &'a Row,
    pub(crate) consulted: &'a Consulted,
    pub(crate) containment: Containment,
    pub(crate) answer: Answer,
    /// Whether a condition of the row could not be checked.
    pub(crate) is_doubtful: bool,
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
    #[inline]
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
    pub(crate) deciders: SmallVec<[usize; 4]>,
}

/// Is told why statements did not decide.
///
/// `find` asks nobody why and passes `()`: then nothing is computed for it, because the positions are never walked.
pub(crate) trait Trace {
    /// Is told that the statements at `positions` were weighed and do not decide. The first word on a statement counts.
    fn passed_over(&mut self, positions: impl Iterator<Item = usize>, why: PassedOver);
}

impl Trace for () {
    fn passed_over(&mut self, _: impl Iterator<Item = usize>, _: PassedOver) {}
}

/// Decides by the user's own advisories alone, which come before all others; none where they say nothing, or nothing yet.
///
/// What they say of a build, that it is not affected or holds the fix, comes before what they say of ranges. What may be for
/// another build (an edition that nothing tells, say) clears nothing.
pub(crate) fn of_private(statements: &[Statement<'_>], trace: &mut impl Trace) -> Option<Decision> {
    let all_private = || statements.iter().enumerate().filter(|(_, statement)| statement.row.is_private());
    let private =
        || all_private().filter(|(_, statement)| !statement.is_doubtful || statement.answer.is_positive());
    let is_cleared = |statement: &Statement<'_>| {
        matches!(statement.row.affected.status, Status::NotAffected | Status::Fixed)
    };
    let cleared = private().filter(|(_, statement)| is_cleared(statement));
    let order = [is_affected, is_undetermined, is_never_affected, is_fixed, is_outside];
    let by_build = decide(cleared, order);
    let is_by_build = by_build.is_some();
    let decision = by_build.or_else(|| decide(private(), order))?;
    if is_undetermined(decision.answer) {
        return None;
    }
    let others = statements.iter().enumerate().filter(|(_, statement)| !statement.row.is_private());
    trace.passed_over(others.map(position), PassedOver::ByPrivate);
    let of_ranges = private().filter(|(_, statement)| is_by_build && !is_cleared(statement));
    trace.passed_over(of_ranges.map(position), PassedOver::ByPrivateBuild);
    trace.passed_over(not_deciding(all_private(), &decision), PassedOver::BySameStanding);
    Some(decision)
}

/// Decides among the statements of a distribution's namespaces.
///
/// - Within a namespace the distribution's own provider comes before an aggregator of the same namespace, both before
///   publishers that are named by hand; the nearest stream before others, and so the nearest of minor releases that have
///   fixes of one version; a row for a module, architecture or flavour
///   before one for all; and a row for the binary package before one for its source. Among rows of the same standing "never
///   affected" beats a fix, and their ranges are alternatives. What may be for another module or architecture neither comes
///   before a row for all, nor denies what another row says.
/// - What a channel of a release says adds to what the release says: a denial of either counts, then a fix that is held,
///   whichever of the two has it (feeds.md A4).
/// - Where packages of several releases are mixed, the releases are alternatives: nothing says which of them the package
///   came from, so the worst counts.
/// - The vendor whose package was built anew is asked only where the own vendor says nothing, and who speaks of CPE names
///   only where no vendor does.
pub(crate) fn of_vendor(
    statements: &[Statement<'_>],
    gate: &Gate,
    trace: &mut impl Trace,
) -> Option<Decision> {
    if let [only] = statements {
        return Some(Decision { answer: only.answer, deciders: smallvec![0] });
    }
    let roles = [Role::Own, Role::Changed, Role::Disclosure, Role::Cpe, Role::Guess];
    let (asked, decision) = roles.into_iter().find_map(|role| {
        let decision = of_role(statements, role, gate, trace)?;
        Some((role, decision))
    })?;
    let others = statements.iter().enumerate();
    let others = others.filter(|(_, statement)| statement.consulted.role > asked);
    trace.passed_over(others.map(position), PassedOver::ByOwnVendor);
    Some(decision)
}

fn of_role(
    statements: &[Statement<'_>],
    role: Role,
    gate: &Gate,
    trace: &mut impl Trace,
) -> Option<Decision> {
    let members = || statements.iter().enumerate().filter(|(_, statement)| statement.consulted.role == role);
    let releases: BTreeSet<&str> =
        members().map(|(_, statement)| release_of(&statement.consulted.key.namespace)).collect();
    let mut decisions_of_releases = Vec::new();
    for release in releases {
        let of_release =
            |statement: &Statement<'_>| release_of(&statement.consulted.key.namespace) == release;
        let members = || members().filter(|(_, statement)| of_release(statement));
        let channels: BTreeSet<(&Namespace, bool)> =
            members().map(|(_, statement)| channel(statement)).collect();
        let mut decisions = Vec::new();
        for asked in channels {
            let members = || members().filter(|(_, statement)| channel(statement) == asked);
            let Some(best) = members().map(|(_, statement)| scope(statement, gate)).min() else { continue };
            for why in SCOPE_STEPS {
                let is_behind = |statement| step(best, scope(statement, gate)) == Some(why);
                let behind = members().filter(|(_, statement)| is_behind(statement));
                trace.passed_over(behind.map(position), why);
            }
            let alike = || members().filter(|(_, statement)| scope(statement, gate) == best);
            let nearest = Nearest::of(alike().map(|(_, statement)| statement), gate);
            let is_nearest = |statement: &Statement<'_>| nearest.has(statement.row, gate);
            let farther = alike().filter(|(_, statement)| !is_nearest(statement));
            trace.passed_over(farther.map(position), PassedOver::ByNearerStream);
            let deciding = alike().filter(|(_, statement)| is_nearest(statement));
            let order = [is_never_affected, is_affected, is_undetermined, is_fixed, is_outside];
            // Rows of which a condition cannot be checked are alternatives: a denial that may be for another build clears
            // nothing that one of them says is affected.
            let without_doubtful_denials = deciding
                .clone()
                .filter(|(_, statement)| !statement.is_doubtful || !is_never_affected(statement.answer));
            let decision = decide(without_doubtful_denials, order);
            if let Some(decision) = decision.or_else(|| decide(deciding.clone(), order)) {
                trace.passed_over(not_deciding(deciding, &decision), PassedOver::BySameStanding);
                decisions.push(decision);
            }
        }
        if let Some(decision) = of_channels(decisions) {
            trace.passed_over(not_deciding(members(), &decision), PassedOver::ByChannel);
            decisions_of_releases.push(decision);
        }
    }
    let decision = decisions_of_releases.into_iter().min_by_key(|decision| match decision.answer {
        Answer::Affected => 0,
        Answer::Undetermined(_) => 1,
        Answer::Fixed => 2,
        Answer::NeverAffected => 3,
        Answer::Outside => 4,
    })?;
    trace.passed_over(not_deciding(members(), &decision), PassedOver::ByRelease);
    Some(decision)
}

/// Which of a release's channels a statement is of: its namespace, and whether it is of long-term maintenance that has no
/// namespace of its own.
fn channel<'s>(statement: &'s Statement<'_>) -> (&'s Namespace, bool) {
    let conditions = statement.row.affected.conditions.as_deref();
    let is_stream = |channel: &str| channel.contains(':');
    let channel = conditions.and_then(|conditions| conditions.channel.as_deref());
    (&statement.consulted.key.namespace, channel.is_some_and(|channel| !is_stream(channel)))
}

/// The standing of a statement within its channel, compared from the left; the lowest counts.
type Scope = (bool, bool, u32, bool, bool);

/// What each place of a [`Scope`] is about.
const SCOPE_STEPS: [PassedOver; 5] = [
    PassedOver::ByFeed,
    PassedOver::ByOwnProvider,
    PassedOver::ByNearerStream,
    PassedOver::BySpecificRow,
    PassedOver::ByBinaryRow,
];

/// The place in which `other` is behind `best`; none where it is not.
fn step(best: Scope, other: Scope) -> Option<PassedOver> {
    let is_equal =
        [best.0 == other.0, best.1 == other.1, best.2 == other.2, best.3 == other.3, best.4 == other.4];
    SCOPE_STEPS.into_iter().zip(is_equal).find(|(_, is_equal)| !is_equal).map(|(step, _)| step)
}

/// The standing of one.
fn scope(statement: &Statement<'_>, gate: &Gate) -> Scope {
    let row = statement.row;
    let conditions = row.affected.conditions.as_deref();
    let is_specific = conditions.is_some_and(|asked| {
        asked.module.is_some() || asked.flavour.is_some() || !asked.architectures.is_empty()
    });
    (
        is_supplement(&row.provider),
        statement.consulted.key.namespace.distro_id() != Some(row.provider.as_str()),
        conditions.map_or(MAIN_STREAM, |asked| gate.stream_rank(asked)),
        !is_specific || statement.is_doubtful,
        statement.consulted.key.kind != KeyKind::Binary,
    )
}

/// One answer of those of a release and its channels.
fn of_channels(mut decisions: Vec<Decision>) -> Option<Decision> {
    if decisions.len() < 2 {
        return decisions.pop();
    }
    let order = [is_never_affected, is_fixed, is_affected, is_undetermined, is_outside];
    order.into_iter().find_map(|is_kind| {
        let agreeing: Vec<&Decision> = decisions.iter().filter(|it| is_kind(it.answer)).collect();
        let answer = agreeing.iter().map(|decision| decision.answer).min_by_key(reason_rank)?;
        let mut deciders: SmallVec<[usize; 4]> =
            agreeing.iter().flat_map(|decision| &decision.deciders).copied().collect();
        deciders.sort_unstable();
        Some(Decision { answer, deciders })
    })
}

/// Decides among the statements of a language ecosystem's sources: the first source in the ecosystem's order
/// of preference that can say yes or no decides, both ways.
pub(crate) fn of_sources(
    ecosystem: Ecosystem,
    statements: &[Statement<'_>],
    trace: &mut impl Trace,
) -> Option<Decision> {
    if let [only] = statements {
        return Some(Decision { answer: only.answer, deciders: smallvec![0] });
    }
    // What is found by a CPE name counts where no source of the ecosystem speaks.
    let rank = |statement: &Statement<'_>| (statement.consulted.role, preference(ecosystem, statement.row));
    let ranks: BTreeSet<(Role, usize)> = statements.iter().map(rank).collect();
    let mut undecided: Option<Decision> = None;
    for best in ranks {
        let members = || statements.iter().enumerate();
        let deciding = || members().filter(|(_, statement)| rank(statement) == best);
        let decision =
            decide(deciding(), [is_affected, is_undetermined, is_fixed, is_never_affected, is_outside])?;
        // That a version which cannot be read is on nobody's list does not clear it.
        let is_unreadable = undecided.as_ref().is_some_and(|decision| {
            decision.answer == Answer::Undetermined(UndeterminedReason::UnreadableVersion)
        });
        let is_final = match decision.answer {
            Answer::Affected => true,
            Answer::Fixed | Answer::NeverAffected | Answer::Outside => !is_unreadable,
            Answer::Undetermined(_) => false,
        };
        if is_final {
            trace.passed_over(not_deciding(deciding(), &decision), PassedOver::BySameStanding);
            let before = members().filter(|(_, statement)| rank(statement) < best);
            trace.passed_over(before.map(position), PassedOver::CannotDecide);
            let after = members().filter(|(_, statement)| rank(statement) > best);
            trace.passed_over(after.map(position), PassedOver::ByPreferredSource);
            return Some(decision);
        }
        undecided = undecided.or(Some(decision));
    }
    let decision = undecided?;
    let first = decision.deciders.first().map(|&index| rank(&statements[index]));
    let others = || not_deciding(statements.iter().enumerate(), &decision);
    let is_alike = |index: &usize| Some(rank(&statements[*index])) == first;
    trace.passed_over(others().filter(is_alike), PassedOver::BySameStanding);
    trace.passed_over(others(), PassedOver::ByPreferredSource);
    Some(decision)
}

fn position<T>((index, _): (usize, T)) -> usize {
    index
}

/// The positions of those of `members` that did not decide.
fn not_deciding<'a>(
    members: impl Iterator<Item = (usize, &'a Statement<'a>)>,
    decision: &Decision,
) -> impl Iterator<Item = usize> {
    members.map(position).filter(|index| decision.deciders.binary_search(index).is_err())
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
        return order.len() + 2;
    }
    // Who built the package anew knows what is in it: rows for versions that bear his mark come first (feeds.md D1).
    if row.affected.conditions.as_deref().is_some_and(|asked| asked.version_mark.is_some()) {
        return 0;
    }
    let kind = row.record.split('-').next().unwrap_or_default();
    let rank = 1 + order.iter().position(|source| *source == kind).unwrap_or(order.len());
    // A Go record that nobody reviewed comes after the reviewed GitHub advisory that it was made from.
    let is_unreviewed = row
        .affected
        .aside
        .reason
        .as_deref()
        .is_some_and(|words| words.to_ascii_lowercase().contains("unreviewed"));
    if ecosystem == Ecosystem::Golang && is_unreviewed { order.len() + 1 } else { rank }
}
