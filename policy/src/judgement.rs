//! The answer: acceptable or not, and because of what.

use model::finding::{Finding, Verdict};
use model::gap::GapKind;
use model::key::Namespace;
use model::report::{Report, Unmatched, UnmatchedReason};

use crate::error::PolicyError;
use crate::gate::FailOn;
use crate::topic::Topics;
use crate::variables::{Item, package};

/// What a gate says of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Whether something was judged, and nothing of it violates the gate; there need not be a gate.
    pub acceptable: bool,
    /// What violates it: findings, gaps, groups that were not judged and the coverage, each in the order of the report.
    pub violations: Vec<Violation>,
    /// Why there is no answer, whatever the gate.
    pub unjudged: Option<Unjudged>,
    /// How many packages the gate could not see because their feed is not held; 0 without a gate.
    pub n_unseen: usize,
    /// How many findings do not violate it only because nobody rated them.
    pub unrated: usize,
}

/// Why a report has no judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// No package was judged.
    Nothing,
    /// There is a gate, and nothing at all is held of a distribution whose packages are in the document.
    Distro(Namespace),
}

/// One thing that a gate does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The gate as typed.
    pub rule: String,
    /// What violates it.
    pub of: Violator,
    /// One line for people: `CVE-2021-36159 in apk-tools 2.10.4-r1: critical, fixed in 2.10.7-r0`.
    pub message: String,
}

/// What violates a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violator {
    /// The finding at this position in [`Report::findings`].
    Finding(usize),
    /// The gap at this position in [`Coverage::gaps`](model::report::Coverage::gaps).
    Gap(usize),
    /// The group at this position in [`Coverage::unmatched`](model::report::Coverage::unmatched).
    Unmatched(usize),
    /// The coverage as a whole.
    Coverage,
}

impl Judgement {
    /// Why there is no answer, where nothing violates the gate either: what violates it does so whatever else is not known.
    pub fn not_judged(&self) -> Option<&Unjudged> {
        self.unjudged.as_ref().filter(|_| !self.acceptable && self.violations.is_empty())
    }

    /// What to say of findings for which the gate cannot fire, because nobody rated them, where there are any.
    pub fn blindness(&self) -> Option<String> {
        blindness(self.unrated)
    }
}

/// What to say of `n_unrated` findings for which a gate cannot fire, because nobody rated them; none of none.
pub fn blindness(n_unrated: usize) -> Option<String> {
    match n_unrated {
        0 => None,
        1 => Some("1 finding has no severity and cannot break this gate".to_owned()),
        n => Some(format!("{n} findings have no severity and cannot break this gate")),
    }
}

/// Judges every finding of `report` that is not suppressed, and what else the gate names; without a gate everything is
/// acceptable. A report in which no package was judged is not, unless `allow_empty`: whoever reads it later does not see the exit
/// code. Nor is one that a gate is asked of without anything held of the document's distribution (`docs/decisions/0042`).
///
/// # Errors
///
/// [`PolicyError::Evaluation`] when the gate's expression has no value for a finding. There is no judgement then.
pub fn judge(report: &Report, fail_on: Option<&FailOn>, allow_empty: bool) -> Result<Judgement, PolicyError> {
    let mut violations = Vec::new();
    let mut unrated = 0;
    if let Some(gate) = fail_on {
        let scope = gate.scope();
        for (of, item) in items(report, gate) {
            if gate.is_violated(report, item, &scope)? {
                let rule = gate.as_str().to_owned();
                violations.push(Violation { rule, of, message: message(report, item) });
            } else if let Item::Finding(finding) = item {
                unrated += usize::from(gate.waits_for_rating(report, finding, &scope));
            }
        }
    }
    let unjudged = if allow_empty { None } else { unjudged(report, fail_on) };
    let n_unseen = if fail_on.is_some() { n_unseen(report) } else { 0 };
    let acceptable = unjudged.is_none() && violations.is_empty();
    Ok(Judgement { acceptable, violations, unjudged, n_unseen, unrated })
}

/// Everything in `report` that `gate` is asked of.
fn items<'a>(report: &'a Report, gate: &FailOn) -> Vec<(Violator, Item<'a>)> {
    let coverage = &report.coverage;
    let mut items = Vec::new();
    if gate.asks(Topics::FINDING) {
        let findings = report.findings.iter().enumerate();
        let counted = findings.filter(|(_, finding)| finding.suppressed.is_none());
        items.extend(counted.map(|(index, finding)| (Violator::Finding(index), Item::Finding(finding))));
    }
    if gate.asks(Topics::GAP) {
        let gaps = coverage.gaps.iter().enumerate();
        items.extend(gaps.map(|(index, gap)| (Violator::Gap(index), Item::Gap(gap))));
    }
    if gate.asks(Topics::UNMATCHED) {
        let groups = coverage.unmatched.iter().enumerate();
        items.extend(groups.map(|(index, group)| (Violator::Unmatched(index), Item::Unmatched(group))));
    }
    if gate.asks(Topics::COVERAGE) {
        items.push((Violator::Coverage, Item::Coverage));
    }
    items
}

fn unjudged(report: &Report, gate: Option<&FailOn>) -> Option<Unjudged> {
    if report.coverage.matched == 0 {
        return Some(Unjudged::Nothing);
    }
    gate?;
    let held = &report.snapshot.namespaces;
    // Of what is held besides a release (the extended support of Ubuntu, a layered product of Red Hat) some may be absent.
    let is_absent = |namespace: &&Namespace| {
        let distro = namespace.distro_id().filter(|_| !namespace.is_cpe());
        distro.is_some() && !held.iter().any(|stamp| stamp.name.distro_id() == distro)
    };
    not_fetched(report).map(|group| &group.namespace).find(is_absent).cloned().map(Unjudged::Distro)
}

/// The packages of which nothing is held though a feed speaks of them: it was not had, or was asked and lacks them, as a mirror may.
fn n_unseen(report: &Report) -> usize {
    let has_gap = |group: &&Unmatched| {
        let mut gaps = report.coverage.gaps.iter();
        gaps.any(|gap| gap.kind == GapKind::FEED_NOT_FETCHED && gap.place == group.namespace.as_str())
    };
    let groups = report.coverage.unmatched.iter();
    let lacked = groups.filter(|group| group.reason == UnmatchedReason::NoFeed).filter(has_gap);
    not_fetched(report).chain(lacked).map(|group| group.packages).sum()
}

/// The packages whose feed there is and was not had.
fn not_fetched(report: &Report) -> impl Iterator<Item = &Unmatched> {
    report.coverage.unmatched.iter().filter(|group| group.reason == UnmatchedReason::NotFetched)
}

fn message(report: &Report, item: Item<'_>) -> String {
    match item {
        Item::Finding(finding) => of_finding(report, finding),
        Item::Gap(gap) if gap.place.is_empty() => format!("gap {}: {}", gap.kind.as_str(), gap.detail),
        Item::Gap(gap) => format!("gap {} at {}: {}", gap.kind.as_str(), gap.place, gap.detail),
        Item::Unmatched(Unmatched { reason, namespace, packages }) => {
            let packages = packages_in_words(*packages);
            format!("{packages} of {namespace} not matched: {}", reason.as_str())
        }
        Item::Coverage => {
            let coverage = &report.coverage;
            format!("{} of {} matched", coverage.matched, packages_in_words(coverage.packages))
        }
    }
}

fn packages_in_words(count: usize) -> String {
    if count == 1 { "1 package".to_owned() } else { format!("{count} packages") }
}

fn of_finding(report: &Report, finding: &Finding) -> String {
    let package = package(report, finding);
    let fix = match finding.fix.versions.first() {
        Some(version) => format!("fixed in {version}"),
        None => format!("fix: {}", finding.fix.state.as_str()),
    };
    let undecided = match finding.verdict {
        Verdict::Undetermined { .. } => "undetermined, ",
        _ => "",
    };
    format!(
        "{} in {} {}: {undecided}{}, {fix}",
        finding.id, package.name, package.version, finding.decoration.severity.level
    )
}
