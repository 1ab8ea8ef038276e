//! An inventory and a snapshot make a report.

use std::collections::BTreeSet;

use advisory_db::Snapshot;
use jiff::Timestamp;
use model::advisory::{AdvisorySet, Row};
use model::facts::FeedFacts;
use model::finding::Finding;
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::key::{Namespace, PackageKey};
use model::report::{NamespaceStamp, Report, SnapshotStamp};
use sha2::{Digest, Sha256};

use crate::error::FlowError;

/// An inventory that was read, and the identity of the document it came from.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What matching sees.
    pub inventory: Inventory,
    /// `sha256:…` of the SBOM's bytes.
    pub sbom_digest: String,
}

impl Subject {
    /// The subject whose SBOM is `bytes`.
    pub fn new(inventory: Inventory, bytes: &[u8]) -> Self {
        Self { inventory, sbom_digest: digest(bytes) }
    }
}

/// `sha256:` and the hex digest of `bytes`.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        use std::fmt::Write as _;
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Judges `subject` against `snapshot`. `gaps` are what the sync before it could not do.
pub fn match_sbom(
    subject: Subject,
    snapshot: &Snapshot,
    gaps: &[Gap],
    as_of: Timestamp,
) -> Result<Report, FlowError> {
    let question = Question::of(&subject.inventory, &facts(Some(snapshot))?);
    let advisories = snapshot.load(&question.keys)?;
    let findings = matcher::find(&question.cases, &advisories);
    let answer = Answer { question, advisories, findings };
    answer.report(subject, snapshot, gaps, as_of)
}

/// What the facts shard says, or what is built in before there is one.
pub fn facts(snapshot: Option<&Snapshot>) -> Result<FeedFacts, FlowError> {
    match snapshot {
        Some(snapshot) => Ok(snapshot.facts()?),
        None => Ok(feeds_sync::facts::builtin_facts()),
    }
}

/// What has to be looked up to judge an inventory.
#[derive(Debug)]
pub struct Question {
    /// The facts under which the cases were resolved.
    pub facts: FeedFacts,
    /// The distinct cases.
    pub cases: Vec<matcher::Case>,
    /// Every key they consult, misses included.
    pub keys: BTreeSet<PackageKey>,
}

impl Question {
    /// The question that `inventory` asks under `facts`.
    pub fn of(inventory: &Inventory, facts: &FeedFacts) -> Self {
        let cases = matcher::cases(inventory, facts);
        let keys = matcher::consulted_keys(&cases);
        Self { facts: facts.clone(), cases, keys }
    }

    /// The namespaces of the keys.
    pub fn namespaces(&self) -> BTreeSet<Namespace> {
        matcher::namespaces(&self.cases)
    }
}

/// Findings before they are decorated, with what they were made from.
pub(crate) struct Answer {
    pub(crate) question: Question,
    pub(crate) advisories: AdvisorySet,
    pub(crate) findings: Vec<Finding>,
}

impl Answer {
    /// The report: findings decorated and sorted, coverage counted, snapshot stamped.
    pub(crate) fn report(
        self,
        subject: Subject,
        snapshot: &Snapshot,
        gaps: &[Gap],
        as_of: Timestamp,
    ) -> Result<Report, FlowError> {
        let Self { question, advisories, mut findings } = self;
        let asked = question.namespaces();
        let texts = snapshot.texts(&records(&findings))?;
        let daily = snapshot.daily(&asked, &ids(&findings))?;
        matcher::decorate(&mut findings, &subject.inventory, &texts, &daily);

        let mut coverage =
            matcher::coverage(&subject.inventory, &question.cases, &question.facts, &advisories, as_of);
        coverage.gaps.extend(gaps.iter().filter(|gap| concerns(gap, &asked)).cloned());
        coverage.gaps.sort();
        coverage.gaps.dedup();

        Ok(Report {
            as_of,
            sbom_digest: subject.sbom_digest,
            snapshot: stamp(snapshot, &asked),
            inventory: subject.inventory,
            coverage,
            findings,
        })
    }
}

/// A gap of the sync belongs into a report when it is about a namespace that was asked, or about all.
fn concerns(gap: &Gap, asked: &BTreeSet<Namespace>) -> bool {
    let about_feeds = gap.kind == GapKind::STALE_FEED || gap.kind == GapKind::FEED_NOT_FETCHED;
    let names_other = Namespace::new(gap.place.as_str());
    !about_feeds || names_other.release().is_none() || asked.contains(&names_other)
}

/// Which state of the feeds answered for the namespaces asked.
pub(crate) fn stamp(snapshot: &Snapshot, asked: &BTreeSet<Namespace>) -> SnapshotStamp {
    let namespaces = snapshot
        .namespaces()
        .into_iter()
        .filter(|entry| asked.contains(&entry.name))
        .map(|entry| NamespaceStamp {
            data_as_of: entry.providers.iter().map(|provider| provider.data_as_of).min(),
            name: entry.name,
            records: entry.rows,
        })
        .collect();
    SnapshotStamp { id: snapshot.id().to_owned(), created: Some(snapshot.created()), namespaces }
}

fn records(findings: &[Finding]) -> BTreeSet<(Namespace, String)> {
    findings
        .iter()
        .flat_map(|finding| &finding.evidence)
        .map(|evidence| (evidence.namespace.clone(), evidence.record.clone()))
        .collect()
}

fn ids(findings: &[Finding]) -> BTreeSet<String> {
    findings
        .iter()
        .flat_map(|finding| std::iter::once(&finding.id).chain(&finding.aliases))
        .cloned()
        .collect()
}

/// The rows under any of `keys` that speak of `id`, under its own name or an alias.
pub(crate) fn rows_about<'a>(
    advisories: &'a AdvisorySet,
    keys: &'a BTreeSet<PackageKey>,
    id: &'a str,
) -> impl Iterator<Item = &'a Row> {
    keys.iter()
        .filter_map(|key| advisories.rows.get(key))
        .flatten()
        .filter(move |row| row.record == id || row.aliases.iter().any(|alias| alias == id))
}
