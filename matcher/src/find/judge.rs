//! One vulnerability in one case: what all statements on it come to, and the finding that is made of that.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use model::advisory::{FixState, Ids, RangeEvent, RecordState, Row};
use model::ecosystem::Ecosystem;
use model::facts::CoverageClass;
use model::finding::{
    Evidence, Finding, Fix, FixElsewhere, MatchType, NotAffectedReason, StatedSeverity, Suppression, Verdict,
};
use model::severity::Severity;
use model::sparse::Sparse;
use model::text::ShortText;
use model::version::VersionText;
use smallvec::SmallVec;

use super::framework;
use super::statements::{OwnerRows, OwnerSays};
use crate::alias::{Group, is_cve};
use crate::authority::{self, Answer, Decision, Statement, Trace};
use crate::case::{Case, Consulted, Role};
use crate::cpe;
use crate::range::{Containment, describe, is_zero, shown};
use crate::version::VersionScheme;

/// One vulnerability in one case.
pub(crate) struct Judge<'a, 'g> {
    pub(crate) case: &'a Case,
    pub(crate) scheme: &'static VersionScheme,
    pub(crate) group: &'g Group<'a>,
    pub(crate) statements: &'g [Statement<'a>],
}

/// What is made of all statements of a vulnerability in a case.
pub(crate) struct Judged {
    /// What the case's own statements say.
    pub(crate) decision: Decision,
    /// What overrules them, if something does.
    pub(crate) overruled: Option<Overruled>,
}

/// Why a finding is not counted.
pub(crate) struct Overruled {
    pub(crate) because: NotAffectedReason,
    pub(crate) source: String,
    /// Whether it is for the package that owns the files.
    pub(crate) is_by_owner: bool,
}

impl Judged {
    pub(crate) fn verdict(&self) -> Verdict {
        match (&self.overruled, self.decision.answer) {
            (Some(Overruled { because, .. }), _) => Verdict::NotAffected { because: *because },
            (None, Answer::Undetermined(reason)) => Verdict::Undetermined { reason },
            (None, _) => Verdict::Affected,
        }
    }

    pub(crate) fn suppression(&self) -> Option<Suppression> {
        let Overruled { because, source, .. } = self.overruled.as_ref()?;
        Some(Suppression { reason: because.as_str().to_owned(), source: source.clone(), statement: None })
    }
}

impl<'a> Judge<'a, '_> {
    /// The finding, given that at least one statement is positive.
    pub(super) fn finding(&self, owners: &mut OwnerRows<'a>) -> Option<Finding> {
        let judged = self.judge(owners, &mut ())?;
        let (verdict, suppressed) = (judged.verdict(), judged.suppression());
        let decision = judged.decision;
        Some(Finding {
            id: self.group.primary.into(),
            aliases: self.group.others.iter().map(|&id| id.into()).collect(),
            packages: self.case.packages.as_slice().into(),
            verdict,
            fix: self.fix(&decision),
            evidence: self.evidence(),
            row_severity: self.severity(&decision).map(Box::new),
            suppressed: suppressed.map(Box::new),
            decoration: Sparse::NOTHING,
        })
    }

    /// What the statements come to; none without any.
    pub(crate) fn judge(&self, owners: &mut OwnerRows<'a>, trace: &mut impl Trace) -> Option<Judged> {
        let private = authority::of_private(self.statements, trace);
        let is_private = private.is_some();
        let decision = match self.case.ecosystem.is_os() {
            _ if is_private => private?,
            true => authority::of_vendor(self.statements, &self.case.gate, trace)?,
            false => authority::of_sources(self.case.ecosystem, self.statements, trace)?,
        };
        let overruled = match is_private {
            true => self.overruled_by_private(&decision),
            false => self.overruled(&decision).or_else(|| self.overruled_by_owner(owners)),
        };
        Some(Judged { decision, overruled })
    }

    /// Whether the user's own advisories, which decided, overrule the others.
    fn overruled_by_private(&self, decision: &Decision) -> Option<Overruled> {
        let because = match decision.answer {
            Answer::Affected | Answer::Undetermined(_) => return None,
            Answer::NeverAffected | Answer::Outside => NotAffectedReason::PrivateNotAffected,
            Answer::Fixed => NotAffectedReason::PrivateFixed,
        };
        Some(Overruled { because, source: source(self.statements, decision), is_by_owner: false })
    }

    /// What in the case's own rows overrules those that say affected.
    fn overruled(&self, decision: &Decision) -> Option<Overruled> {
        let by_decider = |because| {
            Some(Overruled { because, source: source(self.statements, decision), is_by_owner: false })
        };
        match decision.answer {
            Answer::NeverAffected | Answer::Outside => by_decider(NotAffectedReason::VendorNotAffected),
            Answer::Fixed => by_decider(NotAffectedReason::VendorFixed),
            Answer::Affected | Answer::Undetermined(_) => {
                let deciders = || decision.deciders.iter().map(|&index| &self.statements[index]);
                let rejected: BTreeSet<&str> = self
                    .statements
                    .iter()
                    .filter(|statement| statement.row.state == RecordState::Rejected)
                    .map(|statement| statement.row.record.as_str())
                    .collect();
                // A rejected CVE counts for nothing, but an advisory of the vendor's own does.
                let is_rejected = |row: &Row| is_cve(&row.record) && rejected.contains(row.record.as_str());
                if deciders().all(|statement| is_rejected(statement.row)) {
                    return by_decider(NotAffectedReason::RecordRejected);
                }
                if deciders().all(|statement| is_kernel_header(self.case, statement.consulted)) {
                    return by_decider(NotAffectedReason::KernelHeaders);
                }
                let framework = self.case.overridden_by.as_ref()?;
                if !framework::is_of_later_line(framework, self.statements) {
                    return None;
                }
                let because = NotAffectedReason::FrameworkOverride;
                Some(Overruled { because, source: framework.clone(), is_by_owner: false })
            }
        }
    }

    /// The distribution answers for the files of its packages: wholly where its silence means something, else
    /// where it speaks of this vulnerability. A Go or Rust module inside one of its binaries is not what its
    /// source package is about, so only an explicit word counts there (feeds.md D2).
    fn overruled_by_owner(&self, owners: &mut OwnerRows<'a>) -> Option<Overruled> {
        let owner = self.case.owner.as_ref()?;
        let by_owner =
            |because, source: &str| Some(Overruled { because, source: source.to_owned(), is_by_owner: true });
        // A program that was found by what it holds is the owner's under another name.
        if self.case.ecosystem == Ecosystem::Generic && owners.are_held(owner) {
            return by_owner(NotAffectedReason::OwnedByDistroPackage, &owner.purl);
        }
        let is_embedded = matches!(self.case.ecosystem, Ecosystem::Golang | Ecosystem::Cargo);
        if owner.coverage == CoverageClass::Complete && !is_embedded && owners.are_held(owner) {
            return by_owner(NotAffectedReason::OwnedByDistroPackage, &owner.purl);
        }
        let ids: Vec<&'a str> = self.group.ids().collect();
        let statements = owners.statements(owner, ids.iter().copied());
        let OwnerSays { decision, is_private } = OwnerSays::of(owner, &statements, &mut ())?;
        let record = source(&statements, &decision);
        match decision.answer {
            Answer::NeverAffected if is_private => by_owner(NotAffectedReason::PrivateNotAffected, &record),
            Answer::Fixed if is_private => by_owner(NotAffectedReason::PrivateFixed, &record),
            Answer::NeverAffected => by_owner(NotAffectedReason::VendorNotAffected, &record),
            Answer::Fixed => by_owner(NotAffectedReason::VendorFixed, &record),
            Answer::Affected | Answer::Undetermined(_) | Answer::Outside => None,
        }
    }

    /// What the deciding rows offer: the fixes above the installed version, nearest first; for a version that
    /// holds the fix, that fix.
    pub(crate) fn fix(&self, decision: &Decision) -> Fix {
        let deciders = || decision.deciders.iter().map(|&index| &self.statements[index]);
        // When a release of the software fixed it says nothing of when a distribution ships that (feeds.md D1).
        if self.case.ecosystem.is_os() && deciders().all(|decider| cpe::is_by_name(decider.consulted)) {
            return Fix::new(FixState::Unknown, []);
        }
        let scheme = deciders().next().map_or(self.scheme, |decider| self.scheme_of(decider));
        let mut versions: SmallVec<[&VersionText; 2]> = match decision.answer {
            Answer::Fixed => deciders().filter_map(held_fix).collect(),
            Answer::NeverAffected | Answer::Outside => SmallVec::new(),
            Answer::Affected | Answer::Undetermined(_) => {
                deciders().flat_map(|statement| self.fixes_above(statement)).collect()
            }
        };
        // What cannot be read comes last, by its text.
        versions.sort_by(|left, right| {
            let (left, right) = (left.as_str(), right.as_str());
            let (left_is_readable, right_is_readable) =
                ((scheme.is_readable)(left), (scheme.is_readable)(right));
            right_is_readable
                .cmp(&left_is_readable)
                .then_with(|| (scheme.compare)(left, right).unwrap_or(Ordering::Equal))
                .then_with(|| left.cmp(right))
        });
        versions.dedup();
        let stated = deciders().map(|statement| statement.row.affected.fix_state).min();
        let state = match stated.unwrap_or(FixState::Unknown) {
            // The record's fixes are for other branches than the installed one.
            FixState::Fixed if versions.is_empty() => FixState::NotFixed,
            _ if !versions.is_empty() => FixState::Fixed,
            stated => stated,
        };
        let published = || deciders().flat_map(|statement| &statement.row.affected.aside.fixes);
        let date = versions.first().and_then(|nearest| {
            let of_nearest = published().filter(|fix| fix.version.as_ref() == Some(*nearest));
            of_nearest.filter_map(|fix| fix.date.as_deref()).min().map(str::to_owned)
        });
        let is_open = matches!(decision.answer, Answer::Affected | Answer::Undetermined(_));
        let mut elsewhere: Vec<FixElsewhere> = published()
            .filter(|fix| is_open && !versions.iter().any(|held| fix.version.as_ref() == Some(*held)))
            .filter_map(|fix| {
                let version = fix.version.as_ref().map(ToString::to_string);
                Some(FixElsewhere { channel: fix.channel.as_deref()?.to_owned(), version })
            })
            .collect();
        elsewhere.sort();
        elsewhere.dedup();
        Fix { state, versions: versions.into_iter().cloned().collect(), date, elsewhere }
    }

    /// The fixed versions of a row that are above the installed one, or that cannot be compared with it where
    /// that is why the answer is undetermined.
    fn fixes_above<'s>(&self, statement: &Statement<'s>) -> impl Iterator<Item = &'s VersionText> {
        // As where it was told that the installed version is below: of a source without epoch.
        let scheme = self.case.gate.scheme(self.scheme, &statement.consulted.key);
        let installed = statement.consulted.version.as_str();
        let is_undetermined = matches!(statement.answer, Answer::Undetermined(_));
        let fixes = statement.row.affected.ranges.iter().flat_map(|range| &range.events);
        let fixes = fixes.filter_map(|event| match event {
            RangeEvent::Fixed(version) if !is_zero(version) => Some(version),
            _ => None,
        });
        fixes.filter(move |fix| match (scheme.compare_to_bound)(installed, fix.as_str()) {
            Some(order) => order.is_lt(),
            None => is_undetermined,
        })
    }

    /// How versions of fixes are compared.
    fn scheme_of(&self, statement: &Statement<'_>) -> &'static VersionScheme {
        match cpe::is_by_name(statement.consulted) {
            true => self.case.gate.scheme(self.scheme, &statement.consulted.key),
            false => self.scheme,
        }
    }

    /// Every row that speaks of the vulnerability, whatever it says.
    fn evidence(&self) -> Vec<Evidence> {
        let of_statement = |statement: &Statement<'_>| Evidence {
            record: statement.row.record.clone(),
            aliases: self.aliases(statement.row),
            provider: statement.row.provider.clone(),
            namespace: statement.consulted.key.namespace.clone(),
            range: range_text(statement).into(),
            compared: statement.consulted.version.clone(),
            match_type: statement.consulted.match_type,
            confidence: self.confidence(statement),
        };
        let mut evidence: Vec<Evidence> = self.statements.iter().map(of_statement).collect();
        sort_evidence(&mut evidence);
        evidence.dedup();
        evidence
    }

    /// The group's ids among the aliases of `row`: one that names several CVEs is evidence in the group of each.
    fn aliases(&self, row: &Row) -> Ids {
        let Group { primary, others, .. } = self.group;
        let is_of_group = |id: &&ShortText| **id == *primary || others.binary_search(&id.as_str()).is_ok();
        let mut aliases: Ids = row.aliases.iter().filter(is_of_group).cloned().collect();
        aliases.sort_unstable();
        aliases.dedup();
        aliases
    }

    /// How sure a step is: the least of all that it rests on (feeds.md D4).
    fn confidence(&self, statement: &Statement<'_>) -> f64 {
        confidence(self.case.confidence, statement)
    }

    fn severity(&self, decision: &Decision) -> Option<StatedSeverity> {
        let rated = decision.deciders.iter().filter_map(|&index| {
            let row = self.statements[index].row;
            let severity = row.affected.aside.severity.as_ref()?;
            (severity.level != Severity::Unknown).then_some((row, severity))
        });
        // The highest; among equals the first provider and record by name.
        let (row, severity) = rated.max_by(|(left, left_severity), (right, right_severity)| {
            let names = |row: &'a Row| (&row.provider, &row.record);
            left_severity.level.cmp(&right_severity.level).then_with(|| names(right).cmp(&names(left)))
        })?;
        Some(StatedSeverity {
            provider: row.provider.to_string(),
            record: row.record.to_string(),
            word: severity.word.clone(),
            level: severity.level,
        })
    }
}

/// Sorts by namespace, provider, record and all else, so that it does not matter where each came from.
pub(crate) fn sort_evidence(evidence: &mut [Evidence]) {
    evidence.sort_by(|left, right| {
        (&left.namespace, &left.provider, &left.record, &left.range, left.match_type)
            .cmp(&(&right.namespace, &right.provider, &right.record, &right.range, right.match_type))
            .then_with(|| left.compared.as_str().cmp(right.compared.as_str()))
            .then_with(|| left.aliases.cmp(&right.aliases))
            .then_with(|| left.confidence.total_cmp(&right.confidence))
    });
}

/// How sure it is of a Go module that what is vulnerable in it is in the program (feeds.md D4).
pub(crate) const MODULE_ONLY: f64 = 0.8;

/// How sure a step is of a package whose namespaces are as sure as `of_case`.
pub(crate) fn confidence(of_case: f64, statement: &Statement<'_>) -> f64 {
    const DISCLOSED_BY_ANOTHER: f64 = 0.8;
    const CONDITION_UNKNOWN: f64 = 0.9;
    let mut confidence = of_case;
    if statement.consulted.role == Role::Disclosure {
        confidence = confidence.min(DISCLOSED_BY_ANOTHER);
    }
    if cpe::is_by_name(statement.consulted) {
        confidence = confidence.min(cpe::confidence(statement));
    }
    if statement.is_doubtful {
        confidence = confidence.min(CONDITION_UNKNOWN);
    }
    // Which packages of the module are linked may be known, but not which the record is about.
    let is_of_go = statement.consulted.key.namespace.as_str() == Ecosystem::Golang.name();
    let names_packages = || {
        let asked = statement.row.affected.conditions.as_deref();
        asked.is_some_and(|asked| !asked.imports.is_empty())
    };
    if is_of_go && !names_packages() {
        confidence = confidence.min(MODULE_ONLY);
    }
    confidence
}

/// The record that decided; the first by name, where several say the same.
fn source(statements: &[Statement<'_>], decision: &Decision) -> String {
    let records = decision.deciders.iter().map(|&index| &statements[index].row.record);
    records.min().map(ShortText::to_string).unwrap_or_default()
}

fn held_fix<'a>(statement: &Statement<'a>) -> Option<&'a VersionText> {
    let Containment::Outside { fixed: Some((range, event)) } = statement.containment else { return None };
    match statement.row.affected.ranges.get(range)?.events.get(event)? {
        RangeEvent::Fixed(version) => Some(version),
        RangeEvent::Introduced(_)
        | RangeEvent::IntroducedAfter(_)
        | RangeEvent::LastAffected(_)
        | RangeEvent::Limit(_) => None,
    }
}

/// The range or list that decided, for people.
fn range_text(statement: &Statement<'_>) -> String {
    let affected = &statement.row.affected;
    let ranges = || {
        let texts: BTreeSet<String> = affected.ranges.iter().take(RANGES_MAX).map(describe).collect();
        let mut text = texts.into_iter().collect::<Vec<_>>().join(" || ");
        let more = affected.ranges.len().saturating_sub(RANGES_MAX);
        if more > 0 {
            text.push_str(&format!(" and {more} more ranges"));
        }
        text
    };
    if statement.answer == Answer::NeverAffected {
        return "none".to_owned();
    }
    match statement.containment {
        Containment::Everywhere => "all versions".to_owned(),
        Containment::Inside { range } | Containment::UnreadableBound { range } => affected
            .ranges
            .iter()
            .chain(&affected.aside.unaffected)
            .nth(range)
            .map(describe)
            .unwrap_or_default(),
        Containment::Listed => format!("= {}", shown(&statement.consulted.version)),
        Containment::Outside { .. } | Containment::UnreadableVersion if affected.ranges.is_empty() => {
            format!("one of {} versions", affected.versions.len())
        }
        Containment::Outside { .. } | Containment::UnreadableVersion => ranges(),
    }
}

const RANGES_MAX: usize = 8;

/// Headers and build tools are made from the kernel's source and hold none of its code (feeds.md B4).
fn is_kernel_header(case: &Case, consulted: &Consulted) -> bool {
    let name = case.name.as_str();
    let is_header = match case.ecosystem {
        Ecosystem::Deb => {
            let rest = name.strip_prefix("linux-");
            rest.is_some_and(|rest| {
                rest == "libc-dev"
                    || rest.starts_with("kbuild-")
                    || rest.starts_with("headers-")
                    || rest.contains("-headers-")
            })
        }
        Ecosystem::Rpm => name == "kernel-headers",
        _ => false,
    };
    let is_kernel = consulted.key.name.starts_with("linux") || &*consulted.key.name == "kernel";
    is_header && is_kernel && consulted.match_type == MatchType::Indirect
}
