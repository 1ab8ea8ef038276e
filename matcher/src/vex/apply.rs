//! Which findings statements suppress.

use std::collections::{BTreeMap, BTreeSet};

use model::finding::{Answered, Finding, NotAffectedReason, Suppression, Verdict, VexGrounds};
use model::inventory::Inventory;
use model::report::{VexReason, VexStamp, VexUse};

use super::Given;
use super::Trust;
use super::document::{Statement, VexStatus, shortened};
use super::effort::{ALLOWANCE, Allowance, Effort};
use super::heard::{Claim, Heard, Source};
use super::judge::Judge;
use super::standing::{in_order, superseded};

/// Suppresses the findings that the documents answer.
///
/// `bom` is how the SBOM that was judged is known ([`bom_id`](super::bom_id)), where it is. The outcome is the same for
/// any order of documents and of the statements in them. A statement is held against those findings of its vulnerability alone
/// whose packages its products may be by their names ([`reach`](super::reach)); what is walked over dependencies is bounded.
pub fn apply<'g>(
    findings: &mut [Finding],
    given: impl IntoIterator<Item = &'g Given>,
    inventory: &Inventory,
    bom: Option<&str>,
) -> VexUse {
    let given = in_order(given.into_iter().collect());
    apply_in_order(findings, &given, inventory, bom, ALLOWANCE)
}

/// As [`apply`], for documents that each count, in an order that depends on them alone. A run takes no more than the
/// `allowance`, once for what suppresses and once for what does not.
pub(super) fn apply_in_order(
    findings: &mut [Finding],
    given: &[&Given],
    inventory: &Inventory,
    bom: Option<&str>,
    allowance: Allowance,
) -> VexUse {
    if given.is_empty() {
        return VexUse::default();
    }
    let mut heard = Heard::new(given);
    hear(given, &mut Judge::new(findings, inventory, bom), allowance, &mut heard);
    let mut n_suppressed = vec![0; given.len()];
    let decisions = decide(&mut heard, given, findings);
    for (position, decision) in decisions {
        let finding = &mut findings[position];
        match decision {
            Decision::All(source) => {
                n_suppressed[source.document] += 1;
                let (because, suppression) = suppression(given, source);
                finding.verdict = Verdict::NotAffected { because };
                finding.suppressed = Some(Box::new(suppression));
            }
            Decision::Some(deciding) => {
                let answered = |(nth, source): (usize, Source)| Answered {
                    package: finding.packages[nth],
                    because: suppression(given, source).1,
                };
                let answered = deciding.into_iter().map(answered).collect();
                finding.decoration.answered = answered;
            }
        }
    }
    let (unapplied, n_left_out) = heard.outcomes();
    let documents = given.iter().zip(n_suppressed).map(|(one, n)| stamp(one, n)).collect();
    VexUse { documents, unapplied, n_left_out }
}

/// Holds every statement against the findings, those of documents that are trusted more before others.
///
/// What stands against others is heard first. Where that is more than a run takes, it is not known what stands against documents
/// that are trusted as much or less, and nothing in these suppresses. Where what suppresses is too much, no document does from
/// that one on.
fn hear(given: &[&Given], judge: &mut Judge<'_>, allowance: Allowance, heard: &mut Heard<'_>) {
    let superseded = superseded(given);
    let mut by_trust: Vec<usize> = (0..given.len()).collect();
    by_trust.sort_by_key(|&position| given[position].trust);
    let mut too_much_from = None;
    for suppresses in [false, true] {
        let mut effort = Effort::new(allowance);
        for &position in &by_trust {
            let one = given[position];
            if too_much_from.is_some_and(|level| one.trust >= level) {
                effort.end();
            }
            let was_over = effort.is_over();
            judge.open();
            for (statement, _) in said(one, suppresses) {
                let source = Source { document: position, statement };
                let standing = match one.trust {
                    Trust::Unverified => Err(VexReason::Unverified),
                    _ if superseded.contains(&position) => Err(VexReason::Superseded),
                    _ => Ok(()),
                };
                judge.hear(one, source, standing, &mut effort, heard);
            }
            if effort.is_over() && !was_over {
                heard.take_back(position, |claim| claim.suppresses == suppresses);
                too_much_from = too_much_from.or(Some(one.trust));
            }
        }
    }
}

/// The statements of a document that suppress, or those that do not, by their positions.
fn said(given: &Given, suppresses: bool) -> impl Iterator<Item = (usize, &Statement)> {
    let statements = given.document.statements.iter().enumerate();
    statements.filter(move |(_, statement)| statement.status.suppresses() == suppresses)
}

fn stamp(given: &Given, n_suppressed: usize) -> VexStamp {
    let document = &given.document;
    VexStamp {
        digest: given.digest.clone(),
        id: document.id.as_deref().map(|id| shortened(id, 500)),
        author: document.author.as_deref().map(|author| shortened(author, 200)),
        kind: document.kind.as_str(),
        trust: given.trust.as_str(),
        n_statements: document.statements.len(),
        n_suppressed,
        remarks: document.remarks.clone(),
    }
}

/// What VEX says of a finding.
enum Decision {
    /// It is suppressed.
    All(Source),
    /// Some of its packages are, by their positions in it, and it stands for the others.
    Some(Vec<(usize, Source)>),
}

/// What is decided of findings: they are suppressed of which each package is.
fn decide(heard: &mut Heard<'_>, given: &[&Given], findings: &[Finding]) -> BTreeMap<usize, Decision> {
    let claims = std::mem::take(&mut heard.claims);
    let mut agreed: BTreeMap<usize, Agreed> = BTreeMap::new();
    for ((position, nth), claims) in claims {
        let rank = |claim: &Claim| (std::cmp::Reverse(claim.trust), claim.moment());
        let last = claims.iter().map(rank).max();
        let is_last = |claim: &&Claim| Some(rank(claim)) == last;
        let suppressing = || claims.iter().filter(|claim| claim.suppresses);
        let against = claims.iter().filter(is_last).filter(|claim| !claim.suppresses);
        if let Some(against) = against.min_by_key(|claim| content(given, claim.source)) {
            let detail = || told_against(&findings[position], given, against.source);
            for claim in suppressing() {
                let reason = match claim.is_of_time_of(against) {
                    true => VexReason::Contradicted,
                    false => VexReason::Overruled,
                };
                heard.note(claim.source, reason, detail);
            }
            continue;
        }
        let agreed = agreed.entry(position).or_default();
        let last = claims.iter().filter(is_last).map(|claim| claim.source);
        let deciding = last.min_by_key(|source| content(given, *source));
        agreed.deciding.extend(deciding.map(|source| (nth, source)));
        agreed.suppressing.extend(suppressing().map(|claim| claim.source));
        agreed.overruled.extend(claims.iter().filter(|claim| !claim.suppresses).map(|claim| claim.source));
    }
    let mut decisions = BTreeMap::new();
    for (position, agreed) in agreed {
        let finding = &findings[position];
        if agreed.deciding.len() < finding.packages.len() {
            let n = agreed.deciding.len();
            for source in agreed.suppressing {
                let detail = || format!("{}: {n} of {} packages", finding.id, finding.packages.len());
                heard.note(source, VexReason::OnlySomeInstances, detail);
            }
            decisions.insert(position, Decision::Some(agreed.deciding));
            continue;
        }
        heard.applied.extend(agreed.suppressing);
        let deciding = agreed.deciding.into_iter().map(|(_, source)| source);
        let Some(source) = deciding.min_by_key(|source| content(given, *source)) else { continue };
        for overruled in agreed.overruled {
            heard.note(overruled, VexReason::Overruled, || told_against(finding, given, source));
        }
        decisions.insert(position, Decision::All(source));
    }
    decisions
}

/// What is said of a finding whose packages are suppressed so far.
#[derive(Default)]
struct Agreed {
    /// Of each package by its position in the finding, what decides.
    deciding: Vec<(usize, Source)>,
    /// Whatever suppresses one of them.
    suppressing: BTreeSet<Source>,
    /// Whatever said otherwise, and counts less.
    overruled: BTreeSet<Source>,
}

/// The finding, and what the statement `against` says of it, which counts more than what is told of.
fn told_against(finding: &Finding, given: &[&Given], against: Source) -> String {
    let one = given[against.document];
    let statement = &one.document.statements[against.statement];
    let document = shortened(one.document.id.as_deref().unwrap_or(&one.digest), 150);
    format!("{}: {document} ({}) says {}", finding.id, statement.place, statement.status.words())
}

/// What orders statements that decide alike, so that it does not matter in which order they came.
fn content<'a>(given: &[&'a Given], source: Source) -> impl Ord + use<'a> {
    let one = given[source.document];
    let statement = &one.document.statements[source.statement];
    (
        &statement.status,
        statement.said_at,
        statement.justification.as_deref(),
        (statement.detail.as_deref(), statement.notes.as_deref()),
        (one.document.id.as_deref(), one.document.author.as_deref()),
        one.digest.as_str(),
    )
}

/// What the statement at `source` suppresses, and why.
fn suppression(given: &[&Given], source: Source) -> (NotAffectedReason, Suppression) {
    let given = given[source.document];
    let statement = &given.document.statements[source.statement];
    let because = match statement.status {
        VexStatus::Fixed => NotAffectedReason::VexFixed,
        _ => NotAffectedReason::VexNotAffected,
    };
    let detail = statement.detail.as_deref().or(statement.notes.as_deref());
    let suppression = Suppression {
        reason: because.as_str().to_owned(),
        source: shortened(given.document.id.as_deref().unwrap_or(&given.digest), 500),
        statement: Some(Box::new(VexGrounds {
            justification: statement.justification.as_deref().map(|text| shortened(text, 200)),
            detail: detail.map(|text| shortened(text, 2_000)),
            author: given.document.author.as_deref().map(|text| shortened(text, 200)),
            timestamp: statement.said_at,
        })),
    };
    (because, suppression)
}
