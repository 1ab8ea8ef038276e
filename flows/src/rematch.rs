//! Stored SBOMs against newer feeds: only those whose questions have other answers are judged again.
//!
//! The state keeps, per SBOM, the hash of every key it consulted and of the facts it was resolved under, and
//! the findings as they were before decoration. When neither the SBOM nor those hashes changed, the stored
//! findings *are* what judging would give (feeds.md E3); scores and texts are looked up anew, so that the
//! report is the one that a full run would write.

mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use advisory_db::{KeyHash, Snapshot};
use jiff::Timestamp;
use matcher::vex::Given;
use model::advisory::{AdvisorySet, RecordState, Status};
use model::key::{Namespace, PackageKey};
use model::limits::Limits;
use model::report::Report;
use model::risk::RiskWeights;
use serde_json::Value;

use crate::changes::{ChangeSet, ChangedSbom, Side, between};
use crate::error::FlowError;
use crate::find::find;
use crate::match_sbom::{Answer, Besides, Question, Subject, Terms, facts, rows_about};
use crate::source::read_sbom;
use crate::vex::bom_of;
use state::{Entry, State};

/// Where the state lies below the directory of SBOMs.
const STATE: &str = ".plimsoll-rematch";

/// How to re-match.
#[derive(Clone, Debug)]
pub struct RematchOptions<'a> {
    /// Judge every SBOM, whether or not its keys changed.
    pub full: bool,
    /// Leave the state as it is.
    pub dry_run: bool,
    /// What others say of findings.
    pub vex: &'a [Given],
    /// Who is asked besides a package's vendor.
    pub besides: Besides<'a>,
    /// The time that stands for "now".
    pub as_of: Timestamp,
    /// How risk is computed.
    pub weights: &'a RiskWeights,
    /// Bounds for reading SBOMs.
    pub limits: &'a Limits,
}

/// What a re-match did.
#[derive(Debug)]
pub struct Rematch {
    /// What changed.
    pub changes: ChangeSet,
    /// SBOM files that could not be read or judged; their earlier state is kept.
    pub failures: Vec<FlowError>,
    /// Whether the state of an earlier run was there and could not be used, so that this run counts as the first.
    pub is_state_discarded: bool,
}

/// An SBOM file below the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSbom {
    /// The path below the directory, with `/` between its parts.
    pub file: String,
    /// The path to open.
    pub path: PathBuf,
}

/// The SBOM files below `directory`, sorted by path: every `*.json` outside the state and hidden folders.
pub fn stored_sboms(directory: &Path) -> Result<Vec<StoredSbom>, FlowError> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(folder) = pending.pop() {
        let failed = |source| FlowError::File { action: "list", path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().map_err(failed)?.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                let below = path.strip_prefix(directory).expect("the walk stays below its directory");
                let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                found.push(StoredSbom { file: parts.join("/"), path });
            }
        }
    }
    if found.is_empty() {
        return Err(FlowError::NoSboms { directory: directory.to_owned() });
    }
    found.sort_by(|left, right| left.file.cmp(&right.file));
    Ok(found)
}

/// The namespaces that the SBOMs ask, for a sync beforehand. Unreadable files are left to [`rematch`].
pub fn needed(
    sboms: &[StoredSbom],
    snapshot: Option<&Snapshot>,
    besides: Besides<'_>,
    limits: &Limits,
) -> Result<BTreeSet<Namespace>, FlowError> {
    let facts = facts(snapshot)?;
    let mut namespaces = BTreeSet::new();
    for sbom in sboms {
        if let Ok((subject, _)) = stored(sbom, limits) {
            let question = Question::with(&subject.inventory, &facts, snapshot, besides)?;
            namespaces.extend(question.namespaces());
        }
    }
    Ok(namespaces)
}

/// Re-matches `sboms`, which lie below `directory`, against `snapshot`.
///
/// `judged` is given the report of every SBOM, whether it was judged or its stored findings still stand.
pub fn rematch(
    directory: &Path,
    sboms: &[StoredSbom],
    snapshot: &Snapshot,
    options: &RematchOptions<'_>,
    mut reported: impl FnMut(&StoredSbom, &Report) -> Result<(), FlowError>,
) -> Result<Rematch, FlowError> {
    let state_dir = directory.join(STATE);
    let mut earlier = State::read(&state_dir)?;
    let is_state_discarded = earlier.is_discarded;
    let mut changes = ChangeSet::new(options.as_of, earlier.snapshot.take(), snapshot.id().to_owned());
    let mut failures = Vec::new();
    let mut state = State::new(snapshot.id());

    for sbom in sboms {
        let before = earlier.entries.remove(&sbom.file);
        match one(sbom, before.as_ref(), snapshot, options) {
            Ok(Outcome { entry, report, judged, changed }) => {
                changes.sboms.stored += 1;
                changes.sboms.judged += usize::from(judged);
                changes.sboms.unchanged += usize::from(!judged);
                changes.changes.extend(changed);
                reported(sbom, &report)?;
                state.entries.insert(sbom.file.clone(), entry);
            }
            Err(error) => {
                failures.push(error);
                state.entries.extend(before.map(|entry| (sbom.file.clone(), entry)));
            }
        }
    }
    for (file, entry) in earlier.entries {
        changes.changes.extend(gone(&file, &entry));
    }
    if !options.dry_run {
        state.write(&state_dir)?;
    }
    Ok(Rematch { changes, failures, is_state_discarded })
}

struct Outcome {
    entry: Entry,
    report: Report,
    judged: bool,
    changed: Vec<crate::changes::Change>,
}

fn one(
    sbom: &StoredSbom,
    before: Option<&Entry>,
    snapshot: &Snapshot,
    options: &RematchOptions<'_>,
) -> Result<Outcome, FlowError> {
    let subject = read(sbom, options)?;
    let facts = facts(Some(snapshot))?;
    let question = Question::with(&subject.inventory, &facts, Some(snapshot), options.besides)?;
    let hashes = snapshot.key_hashes(&question.keys)?;
    let asked = asked(&question, &hashes);
    let purls: BTreeSet<String> =
        subject.inventory.packages.iter().map(|package| package.purl.clone()).collect();
    let changed_sbom = ChangedSbom {
        file: sbom.file.clone(),
        digest: subject.sbom_digest.clone(),
        subject: subject.inventory.subject.name.clone(),
    };

    let stands =
        before.filter(|entry| !options.full && entry.digest == subject.sbom_digest && entry.asked == asked);
    let (answer, judged) = match stands.and_then(Entry::findings) {
        Some(findings) => {
            let advisories = held_without_rows(&hashes);
            (Answer { question, advisories, findings }, false)
        }
        None => {
            let advisories = snapshot.load(&question.keys)?;
            let findings = find(&question.cases, &advisories);
            (Answer { question, advisories, findings }, true)
        }
    };
    let mut entry = Entry::new(&subject, asked, &answer.findings);
    let keys = answer.question.keys.clone();
    let terms =
        Terms { vex: options.vex, besides: options.besides, as_of: options.as_of, weights: options.weights };
    let report = answer.report(subject, snapshot, terms)?;
    entry.reported = findings_json(&report)?;
    entry.purls = purls;

    let before_side = before.map(|earlier| Side {
        digest: &earlier.digest,
        findings: &earlier.reported,
        purls: &earlier.purls,
    });
    let after_side = Side { digest: &entry.digest, findings: &entry.reported, purls: &entry.purls };
    let rows = if before.is_some() && judged { snapshot.load(&keys)? } else { AdvisorySet::default() };
    let changed = between(&changed_sbom, before_side, after_side, &|id, _purl| why_gone(&rows, &keys, id));
    Ok(Outcome { entry, report, judged, changed })
}

fn read(sbom: &StoredSbom, options: &RematchOptions<'_>) -> Result<Subject, FlowError> {
    let (subject, bytes) = stored(sbom, options.limits)?;
    // Which BOM it is matters only to documents that are about components of one.
    let is_bom_asked = options.vex.iter().any(Given::links_to_boms);
    Ok(Subject { bom: is_bom_asked.then(|| bom_of(|| Some(&*bytes), options.limits)).flatten(), ..subject })
}

/// The SBOM and its bytes.
fn stored(sbom: &StoredSbom, limits: &Limits) -> Result<(Subject, Vec<u8>), FlowError> {
    let bytes = fs::read(&sbom.path).map_err(|source| FlowError::File {
        action: "read",
        path: sbom.path.clone(),
        source,
    })?;
    let inventory = read_sbom(&sbom.file, &bytes, limits, &[])?;
    Ok((Subject::new(inventory, &bytes), bytes))
}

/// One hash over everything that judging reads beside the SBOM: the rules, the facts of the namespaces, and
/// the rows under every consulted key, misses included.
fn asked(question: &Question, hashes: &BTreeMap<PackageKey, KeyHash>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut line = |text: String| {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    };
    line(format!("rules {}", model::facts::RULES_VERSION));
    for namespace in question.namespaces() {
        line(format!("{namespace} {:?}", question.facts.namespaces.get(&namespace)));
    }
    for (key, hash) in hashes {
        line(format!("{key} {hash:?}"));
    }
    hasher.finalize().to_hex().to_string()
}

/// What coverage needs of rows that were not loaded: which namespaces are held.
fn held_without_rows(hashes: &BTreeMap<PackageKey, KeyHash>) -> AdvisorySet {
    let rows = hashes
        .iter()
        .filter(|(_, hash)| !matches!(hash, KeyHash::NotHeld))
        .map(|(key, _)| (key.clone(), Vec::new()))
        .collect();
    AdvisorySet { rows }
}

/// The findings of a report, each as JSON v1 has it.
fn findings_json(report: &Report) -> Result<Vec<Value>, FlowError> {
    let judgement = policy::judge(report, None, true)?;
    let format = report::by_name("json").expect("JSON v1 is in the table of formats");
    let options = report::RenderOptions { tool_version: "", color: false, width: None };
    let mut bytes = Vec::new();
    format.render(report, &judgement, &options, &mut bytes).map_err(FlowError::Render)?;
    let mut document: Value =
        serde_json::from_slice(&bytes).map_err(|error| FlowError::Render(io::Error::from(error)))?;
    match document["findings"].take() {
        Value::Array(findings) => Ok(findings),
        _ => Ok(Vec::new()),
    }
}

/// Why the feeds no longer say `id` of a package under any of `keys`.
fn why_gone(rows: &AdvisorySet, keys: &BTreeSet<PackageKey>, id: &str) -> &'static str {
    let mut reason = "record_removed";
    for row in rows_about(rows, keys, id) {
        match (row.state, row.affected.status) {
            (RecordState::Withdrawn | RecordState::Rejected, _) => return "withdrawn",
            (_, Status::NotAffected) => return "not_affected",
            (_, Status::Affected) => {
                let is_fixed = row.affected.fix_state == model::advisory::FixState::Fixed;
                reason = if is_fixed { "fixed_row" } else { "range_changed" };
            }
            (_, Status::Fixed) => reason = "fixed_row",
            (_, Status::UnderInvestigation | Status::Undetermined) => {
                reason = "range_changed";
            }
        }
    }
    reason
}

/// The disappearances of an SBOM that is no longer stored.
fn gone(file: &str, entry: &Entry) -> Vec<crate::changes::Change> {
    let sbom =
        ChangedSbom { file: file.to_owned(), digest: entry.digest.clone(), subject: entry.subject.clone() };
    let none = BTreeSet::new();
    let before = Side { digest: &entry.digest, findings: &entry.reported, purls: &entry.purls };
    between(&sbom, Some(before), Side { digest: "", findings: &[], purls: &none }, &|_, _| "record_removed")
}
