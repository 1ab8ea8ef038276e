//! The answer: acceptable or not, and because of what.

use model::finding::{Finding, Verdict};
use model::report::Report;

use crate::error::PolicyError;
use crate::gate::FailOn;
use crate::variables::package;

/// What a gate says of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether something was judged, and nothing of it violates the gate; there need not be a gate.
    pub acceptable: bool,
    /// What violates it, in the order of the report's findings.
    pub violations: Vec<Violation>,
    /// How many findings do not violate it only because nobody rated them.
    pub unrated: usize,
}

/// One finding that a gate does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The gate as typed.
    pub rule: String,
    /// The finding's position in [`Report::findings`].
    pub finding: usize,
    /// One line for people: `CVE-2021-36159 in apk-tools 2.10.4-r1: critical, fixed in 2.10.7-r0`.
    pub message: String,
}

impl Judgement {
    /// Whether it says only that nothing was judged.
    pub fn is_of_nothing(&self) -> bool {
        !self.acceptable && self.violations.is_empty()
    }

    /// What to say of findings for which the gate cannot fire, because nobody rated them, where there are any.
    pub fn blindness(&self) -> Option<String> {
        match self.unrated {
            0 => None,
            1 => Some("1 finding has no severity and cannot break this gate".to_owned()),
            n => Some(format!("{n} findings have no severity and cannot break this gate")),
        }
    }
}

/// Judges every finding of `report` that is not suppressed; without a gate everything is acceptable. A report in which no
/// package was judged is not, unless `allow_empty`: whoever reads it later does not see the exit code.
///
/// # Errors
///
/// [`PolicyError::Evaluation`] when the gate's expression has no value for a finding. There is no judgement then.
pub fn judge(report: &Report, fail_on: Option<&FailOn>, allow_empty: bool) -> Result<Judgement, PolicyError> {
    let mut violations = Vec::new();
    let mut unrated = 0;
    if let Some(gate) = fail_on {
        let scope = gate.scope();
        for (index, finding) in report.findings.iter().enumerate() {
            if finding.suppressed.is_some() {
                continue;
            }
            if !gate.is_violated(report, finding, &scope)? {
                unrated += usize::from(gate.waits_for_rating(report, finding, &scope));
            } else {
                violations.push(Violation {
                    rule: gate.as_str().to_owned(),
                    finding: index,
                    message: message(report, finding),
                });
            }
        }
    }
    let is_judged = allow_empty || report.coverage.matched > 0;
    Ok(Judgement { acceptable: is_judged && violations.is_empty(), violations, unrated })
}

fn message(report: &Report, finding: &Finding) -> String {
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
