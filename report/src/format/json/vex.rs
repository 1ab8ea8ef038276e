//! What of VEX stands in JSON v1: the documents that were heard, the statements that suppressed nothing, and on what
//! grounds a finding is suppressed.

use serde::Serialize;

use model::finding::Suppression;
use model::report::{VexOutcome, VexStamp, VexUse};

#[derive(Serialize)]
pub(super) struct VexLine<'a> {
    documents: Vec<DocumentLine<'a>>,
    unapplied: Vec<OutcomeLine<'a>>,
    left_out: usize,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    digest: &'a str,
    id: Option<&'a str>,
    author: Option<&'a str>,
    kind: &'static str,
    trust: &'static str,
    statements: usize,
    suppressed: usize,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct OutcomeLine<'a> {
    reason: &'static str,
    document: &'a str,
    statement: &'a str,
    vulnerability: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
pub(crate) struct SuppressedLine<'a> {
    reason: &'a str,
    source: &'a str,
    justification: Option<&'a str>,
    detail: Option<&'a str>,
    author: Option<&'a str>,
    timestamp: Option<String>,
}

impl<'a> VexLine<'a> {
    pub(super) fn of(used: &'a VexUse) -> Self {
        Self {
            documents: used.documents.iter().map(DocumentLine::of).collect(),
            unapplied: used.unapplied.iter().map(OutcomeLine::of).collect(),
            left_out: used.n_left_out,
        }
    }
}

impl<'a> DocumentLine<'a> {
    fn of(stamp: &'a VexStamp) -> Self {
        Self {
            digest: &stamp.digest,
            id: stamp.id.as_deref(),
            author: stamp.author.as_deref(),
            kind: stamp.kind,
            trust: stamp.trust,
            statements: stamp.n_statements,
            suppressed: stamp.n_suppressed,
            remarks: &stamp.remarks,
        }
    }
}

impl<'a> OutcomeLine<'a> {
    fn of(outcome: &'a VexOutcome) -> Self {
        Self {
            reason: outcome.reason.as_str(),
            document: &outcome.document,
            statement: &outcome.statement,
            vulnerability: &outcome.vulnerability,
            detail: &outcome.detail,
        }
    }
}

impl<'a> SuppressedLine<'a> {
    pub(crate) fn of(suppression: &'a Suppression) -> Self {
        let grounds = suppression.statement.as_deref();
        Self {
            reason: &suppression.reason,
            source: &suppression.source,
            justification: grounds.and_then(|grounds| grounds.justification.as_deref()),
            detail: grounds.and_then(|grounds| grounds.detail.as_deref()),
            author: grounds.and_then(|grounds| grounds.author.as_deref()),
            timestamp: grounds.and_then(|grounds| grounds.timestamp).map(|time| time.to_string()),
        }
    }
}
