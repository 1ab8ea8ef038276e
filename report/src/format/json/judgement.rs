//! What a gate says of a report: which findings, gaps and packages that were not judged violate it.

use model::report::Report;
use policy::{Judgement, Violation, Violator};
use serde::Serialize;

use super::{GapLine, UnmatchedLine};
use crate::fingerprint::fingerprint;
use crate::found;

#[derive(Serialize)]
pub(super) struct JudgementLine<'a> {
    acceptable: bool,
    violations: Vec<ViolationLine<'a>>,
    unrated: usize,
}

impl<'a> JudgementLine<'a> {
    pub(super) fn of(report: &'a Report, judgement: &'a Judgement) -> Self {
        Self {
            acceptable: judgement.acceptable,
            violations: judgement.violations.iter().map(|it| ViolationLine::of(report, it)).collect(),
            unrated: judgement.unrated,
        }
    }
}

#[derive(Serialize)]
struct ViolationLine<'a> {
    rule: &'a str,
    id: Option<&'a str>,
    purl: Option<&'a str>,
    gap: Option<GapLine<'a>>,
    unmatched: Option<UnmatchedLine<'a>>,
    coverage: Option<ShareLine>,
    message: &'a str,
    fingerprint: Option<String>,
}

/// How much was judged.
#[derive(Serialize)]
struct ShareLine {
    packages: usize,
    matched: usize,
}

impl<'a> ViolationLine<'a> {
    fn of(report: &'a Report, violation: &'a Violation) -> Self {
        let mut line = Self {
            rule: &violation.rule,
            id: None,
            purl: None,
            gap: None,
            unmatched: None,
            coverage: None,
            message: &violation.message,
            fingerprint: None,
        };
        let coverage = &report.coverage;
        match violation.of {
            Violator::Finding(index) => {
                let finding = &report.findings[index];
                line.id = Some(&finding.id);
                line.purl = Some(&found::package(report, finding).purl);
                line.fingerprint = Some(fingerprint(report, finding));
            }
            Violator::Gap(index) => line.gap = Some(GapLine::of(&coverage.gaps[index])),
            Violator::Unmatched(index) => {
                line.unmatched = Some(UnmatchedLine::of(&coverage.unmatched[index]));
            }
            Violator::Coverage => {
                line.coverage = Some(ShareLine { packages: coverage.packages, matched: coverage.matched });
            }
        }
        line
    }
}
