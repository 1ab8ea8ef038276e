//! An explanation as JSON, `plimsoll-explanation/1`: see `docs/reference/explain.md`.

use std::cmp::Ordering;
use std::io;

use model::explanation::{
    Answer, Comparison, Condition, Explained, ExplainedKey, ExplainedOwner, ExplainedRow, Explanation,
    Standing,
};
use model::facts::CoverageClass;
use model::inventory::Inventory;
use model::key::Namespace;
use model::report::{UnmatchedReason, VexOutcome};
use serde::Serialize;

use crate::format::json::vex::SuppressedLine;
use crate::text::HarmlessJson;

/// Writes `explanation` of packages of `inventory`. The same explanation gives the same bytes.
pub fn json(explanation: &Explanation, inventory: &Inventory, out: &mut dyn io::Write) -> io::Result<()> {
    HarmlessJson::write(&Document::of(explanation, inventory), out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    id: &'a str,
    subject: &'a str,
    snapshot: Snapshot<'a>,
    report: Option<ReportLine<'a>>,
    packages_looked_at: usize,
    not_judged: Vec<NotJudged<'a>>,
    explanations: Vec<Line<'a>>,
    vex: Vec<VexStatement<'a>>,
}

/// A VEX statement that suppressed nothing.
#[derive(Serialize)]
struct VexStatement<'a> {
    reason: &'static str,
    document: &'a str,
    statement: &'a str,
    vulnerability: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    id: &'a str,
    created: Option<String>,
}

#[derive(Serialize)]
struct ReportLine<'a> {
    snapshot: &'a str,
    /// Whether the explanation was made with that snapshot.
    is_same: bool,
}

#[derive(Serialize)]
struct NotJudged<'a> {
    reason: &'static str,
    namespace: &'a str,
    packages: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    package: PackageLine<'a>,
    answer: &'static str,
    reason: Option<&'static str>,
    /// As in the report.
    suppressed: Option<SuppressedLine<'a>>,
    /// What the report says of it, where that is something else.
    reported: Option<&'a str>,
    /// What the answer were if NVD were asked by CPE name, where that is something else.
    by_cpe_name: Option<&'static str>,
    ids: &'a [String],
    unmatched: Option<UnmatchedLine<'a>>,
    keys: Vec<KeyLine<'a>>,
    rows: Vec<RowLine<'a>>,
    owner: Option<OwnerLine<'a>>,
}

#[derive(Serialize)]
struct PackageLine<'a> {
    purl: &'a str,
    name: &'a str,
    version: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    instances: usize,
}

#[derive(Serialize)]
struct UnmatchedLine<'a> {
    reason: &'static str,
    namespace: &'a str,
}

#[derive(Serialize)]
struct KeyLine<'a> {
    key: String,
    #[serde(rename = "match")]
    match_type: &'static str,
    version: &'a str,
    /// None where the namespace is not held.
    rows: Option<usize>,
    /// What the silence of the feed means.
    coverage: Option<&'static str>,
}

#[derive(Serialize)]
struct RowLine<'a> {
    standing: &'static str,
    because: Option<&'static str>,
    because_text: Option<String>,
    disagrees: bool,
    record: &'a str,
    provider: &'a str,
    key: String,
    #[serde(rename = "match")]
    match_type: &'static str,
    path: &'a [String],
    kind: &'static str,
    state: &'static str,
    status: &'static str,
    fix_state: &'static str,
    vendor_reason: Option<&'a str>,
    justification: Option<&'a str>,
    range: &'a str,
    comparisons: Vec<ComparisonLine<'a>>,
    conditions: Vec<ConditionLine<'a>>,
    says: &'static str,
    confidence: f64,
}

#[derive(Serialize)]
struct ComparisonLine<'a> {
    installed: &'a str,
    /// `<`, `=`, `>`; none where either cannot be read.
    order: Option<&'static str>,
    bound: &'a str,
    event: &'static str,
    scheme: &'static str,
}

#[derive(Serialize)]
struct ConditionLine<'a> {
    name: &'static str,
    asked: &'a str,
    has: Option<&'a str>,
    holds: Option<bool>,
}

#[derive(Serialize)]
struct OwnerLine<'a> {
    purl: &'a str,
    coverage: &'static str,
    decided: bool,
    keys: Vec<KeyLine<'a>>,
    rows: Vec<RowLine<'a>>,
}

impl<'a> Document<'a> {
    fn of(explanation: &'a Explanation, inventory: &'a Inventory) -> Self {
        let snapshot = &explanation.snapshot;
        let report = explanation.report.as_ref();
        Self {
            schema: "plimsoll-explanation/1",
            id: &explanation.id,
            subject: &inventory.subject.name,
            snapshot: Snapshot {
                id: &snapshot.id,
                created: snapshot.created.map(|created| created.to_string()),
            },
            report: report.map(|report| ReportLine {
                snapshot: &report.snapshot,
                is_same: report.snapshot == snapshot.id,
            }),
            packages_looked_at: explanation.n_packages,
            not_judged: explanation
                .unmatched
                .iter()
                .map(|unmatched| NotJudged {
                    reason: unmatched.reason.as_str(),
                    namespace: unmatched.namespace.as_str(),
                    packages: unmatched.packages,
                })
                .collect(),
            explanations: explanation
                .packages
                .iter()
                .map(|explained| Line::of(explained, explanation, inventory))
                .collect(),
            vex: explanation.vex.iter().map(VexStatement::of).collect(),
        }
    }
}

impl<'a> VexStatement<'a> {
    fn of(outcome: &'a VexOutcome) -> Self {
        let VexOutcome { reason, document, statement, vulnerability, detail } = outcome;
        Self { reason: reason.as_str(), document, statement, vulnerability, detail }
    }
}

impl<'a> Line<'a> {
    fn of(explained: &'a Explained, explanation: &'a Explanation, inventory: &'a Inventory) -> Self {
        let package = inventory.package(explained.packages[0]);
        let suppressed = match &explained.answer {
            Answer::Finding { suppressed, .. } => suppressed.as_ref(),
            _ => None,
        };
        let report = explanation.report.as_ref();
        Self {
            package: PackageLine {
                purl: &package.purl,
                name: &package.name,
                version: package.version.as_str(),
                kind: package.ecosystem.name(),
                instances: explained.packages.len(),
            },
            answer: explained.answer.as_str(),
            reason: explained.answer.reason(),
            suppressed: suppressed.map(SuppressedLine::of),
            reported: report.and_then(|report| explained.differing(&package.purl, report)),
            by_cpe_name: explained.by_cpe_name.as_ref().map(Answer::as_str),
            ids: &explained.ids,
            unmatched: explained.unmatched.as_ref().map(UnmatchedLine::of),
            keys: explained.keys.iter().map(KeyLine::of).collect(),
            rows: explained.rows.iter().map(|row| RowLine::of(row, explained.disagrees(row))).collect(),
            owner: explained.owner.as_ref().map(OwnerLine::of),
        }
    }
}

impl<'a> UnmatchedLine<'a> {
    fn of((reason, namespace): &'a (UnmatchedReason, Namespace)) -> Self {
        Self { reason: reason.as_str(), namespace: namespace.as_str() }
    }
}

impl<'a> KeyLine<'a> {
    fn of(key: &'a ExplainedKey) -> Self {
        Self {
            key: key.key.to_string(),
            match_type: key.match_type.as_str(),
            version: key.version.as_str(),
            rows: key.n_rows,
            coverage: key.coverage.map(CoverageClass::as_str),
        }
    }
}

impl<'a> RowLine<'a> {
    fn of(row: &'a ExplainedRow, disagrees: bool) -> Self {
        let (standing, because, because_text) = match row.standing {
            Standing::Decided => ("decided", None, None),
            Standing::PassedOver(why) => ("passed-over", Some(why.as_str()), Some(why.explain().to_owned())),
            Standing::KeptAway(why) => ("kept-away", Some(why.as_str()), Some(why.explain())),
        };
        Self {
            standing,
            because,
            because_text,
            disagrees,
            record: &row.record,
            provider: &row.provider,
            key: row.key.to_string(),
            match_type: row.match_type.as_str(),
            path: &row.path,
            kind: row.kind.as_str(),
            state: row.state.as_str(),
            status: row.status.as_str(),
            fix_state: row.fix_state.as_str(),
            vendor_reason: row.reason.as_deref(),
            justification: row.justification.as_deref(),
            range: &row.range,
            comparisons: row.comparisons.iter().map(ComparisonLine::of).collect(),
            conditions: row.conditions.iter().map(ConditionLine::of).collect(),
            says: row.saying.as_str(),
            confidence: row.confidence,
        }
    }
}

impl<'a> ComparisonLine<'a> {
    fn of(comparison: &'a Comparison) -> Self {
        Self {
            installed: comparison.installed.as_str(),
            order: comparison.order.map(sign),
            bound: comparison.bound.as_str(),
            event: comparison.event.as_str(),
            scheme: comparison.scheme,
        }
    }
}

impl<'a> ConditionLine<'a> {
    fn of(condition: &'a Condition) -> Self {
        let Condition { name, asked, has, holds } = condition;
        Self { name, asked, has: has.as_deref(), holds: *holds }
    }
}

impl<'a> OwnerLine<'a> {
    fn of(owner: &'a ExplainedOwner) -> Self {
        Self {
            purl: &owner.purl,
            coverage: owner.coverage.as_str(),
            decided: owner.decided,
            keys: owner.keys.iter().map(KeyLine::of).collect(),
            rows: owner.rows.iter().map(|row| RowLine::of(row, false)).collect(),
        }
    }
}

/// The sign between two versions.
pub(super) fn sign(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}
