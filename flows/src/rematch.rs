//! Stored SBOMs against newer feeds: only those whose questions have other answers are judged again.
//!
//! The state keeps, per SBOM, one hash over what judging it reads and is done by ([`asked`]), and the findings as they
//! were before decoration. When neither the SBOM nor that hash changed, the stored findings *are* what judging would give
//! (feeds.md E3); scores and texts are looked up anew, so that the report is the one that a full run would write.
//!
//! Whoever re-matches keeps the new state himself ([`NewState::keep`]), when what changed was told: until then the next
//! run tells it again.

mod state;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io;
use std::path::Path;

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
use crate::match_sbom::{Answer, Besides, Question, Subject, Terms, facts, load, rows_about, unspoken};
use crate::source::read_sbom_file;
use crate::vex::bom_of;
pub use state::NewState;
use state::{Entry, Lock, State};
pub use stored::{NotRead, PassedOver, StoredSbom, StoredSboms, stored_sboms};

/// Where the state lies below the directory of SBOMs.
const STATE: &str = ".plimsoll-rematch";

/// How to re-match.
#[derive(Clone, Debug)]
pub struct RematchOptions<'a> {
    /// Judge every SBOM, whether or not its keys changed.
    pub full: bool,
    /// Leave the state as it is, and its directory.
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
    /// Files that are no SBOMs but what plimsoll writes about them: reports, change sets.
    pub own_outputs: Vec<PassedOver>,
    /// Whether the state of an earlier run was there and could not be used, so that this run counts as the first.
    pub is_state_discarded: bool,
    /// What the next run begins from, once it is kept.
    pub state: NewState,
}

/// Whether a re-match of `directory` runs at this moment, which another one waits for.
pub fn is_running(directory: &Path) -> bool {
    state::is_locked(&directory.join(STATE))
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
        if let Ok(subject) = read_sbom_file(&sbom.path, limits, &[]) {
            let question = Question::with(&subject.inventory, &facts, snapshot, besides)?;
            namespaces.extend(question.namespaces());
        }
    }
    Ok(namespaces)
}

/// Re-matches `sboms`, which lie below `directory`, against `snapshot`, as soon as no other re-match of `directory` runs.
///
/// `reported` is given the report of every SBOM, whether it was judged or its stored findings still stand.
///
/// # Errors
/// The state cannot be read or locked, the feeds cannot be read, `reported` fails, or nothing among `sboms` is one.
pub fn rematch(
    directory: &Path,
    sboms: &[StoredSbom],
    snapshot: &Snapshot,
    options: &RematchOptions<'_>,
    mut reported: impl FnMut(&StoredSbom, &Report) -> Result<(), FlowError>,
) -> Result<Rematch, FlowError> {
    let state_dir = directory.join(STATE);
    // A dry run leaves no file behind; what it reads is replaced whole.
    let lock = if options.dry_run { None } else { Some(Lock::take(&state_dir)?) };
    let mut earlier = State::read(&state_dir)?;
    let is_state_discarded = earlier.is_discarded;
    let mut changes = ChangeSet::new(options.as_of, earlier.snapshot.take(), snapshot.id().to_owned());
    let (mut failures, mut own_outputs) = (Vec::new(), Vec::new());
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
            // Where an SBOM was, it was overwritten, and that is a failure.
            Err(FlowError::Document { source, .. }) if source.is_own_output() && before.is_none() => {
                own_outputs.push(PassedOver { file: sbom.file.clone(), why: NotRead::OwnOutput });
            }
            Err(error) => {
                failures.push(error);
                state.entries.extend(before.map(|entry| (sbom.file.clone(), entry)));
            }
        }
    }
    if changes.sboms.stored == 0 && failures.is_empty() {
        let passed_over = own_outputs.into_iter().min();
        return Err(FlowError::NoSboms { directory: directory.to_owned(), passed_over });
    }
    for (file, entry) in earlier.entries {
        changes.changes.extend(gone(&file, &entry));
    }
    let state = NewState::new(state_dir, (!options.dry_run).then_some(state), lock);
    Ok(Rematch { changes, failures, own_outputs, is_state_discarded, state })
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
    let n_packages = subject.inventory.packages.len();
    let (answer, judged) = match stands.and_then(|entry| entry.findings(n_packages)) {
        Some(findings) => {
            let advisories = held_without_rows(&hashes, &unspoken(snapshot));
            (Answer { question, advisories, findings }, false)
        }
        None => {
            let advisories = load(snapshot, &question.keys)?;
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
    let subject = read_sbom_file(&sbom.path, options.limits, &[])?;
    // Which BOM it is matters only to documents that are about components of one.
    let is_bom_asked = options.vex.iter().any(Given::links_to_boms);
    let bom = || bom_of(|| File::open(&sbom.path).ok(), options.limits);
    Ok(Subject { bom: is_bom_asked.then(bom).flatten(), ..subject })
}

/// The sources that judging was built from: see `build.rs`.
const SOURCES: &str = env!("PLIMSOLL_SOURCES");

/// One hash over all that the findings of an SBOM are made from beside its bytes: the program, what it saw in the SBOM (the
/// cases), the facts of the namespaces, and the rows under every consulted key, misses included.
fn asked(question: &Question, hashes: &BTreeMap<PackageKey, KeyHash>) -> String {
    let mut hasher = Hashing(blake3::Hasher::new());
    let mut line = |text: fmt::Arguments<'_>| {
        writeln!(hasher, "{text}").expect("hashing cannot fail");
    };
    line(format_args!("plimsoll {} {SOURCES}", env!("CARGO_PKG_VERSION")));
    line(format_args!("rules {}", model::facts::RULES_VERSION));
    for case in &question.cases {
        line(format_args!("{case:?}"));
    }
    for namespace in question.namespaces() {
        line(format_args!("{namespace} {:?}", question.facts.namespaces.get(&namespace)));
    }
    for (key, hash) in hashes {
        line(format_args!("{key} {hash:?}"));
    }
    hasher.0.finalize().to_hex().to_string()
}

/// Hashes what is written to it: the cases of a large image are megabytes in words.
struct Hashing(blake3::Hasher);

impl fmt::Write for Hashing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// What coverage needs of rows that were not loaded: which keys are held, as [`load`] has them.
fn held_without_rows(hashes: &BTreeMap<PackageKey, KeyHash>, unspoken: &BTreeSet<Namespace>) -> AdvisorySet {
    let is_held = |key: &PackageKey, hash: &KeyHash| match hash {
        KeyHash::NotHeld => false,
        KeyHash::Absent => !unspoken.contains(&key.namespace),
        KeyHash::Hash(_) => true,
    };
    let rows = hashes
        .iter()
        .filter(|(key, hash)| is_held(key, hash))
        .map(|(key, _)| (key.clone(), Vec::new()))
        .collect();
    AdvisorySet { rows }
}

/// The findings of a report, each as JSON v1 has it.
fn findings_json(report: &Report) -> Result<Vec<Value>, FlowError> {
    let judgement = policy::judge(report, None, true)?;
    let format = report::by_name("json").expect("JSON v1 is in the table of formats");
    let options = report::RenderOptions { tool_version: "", color: false, width: None, stored: None };
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
