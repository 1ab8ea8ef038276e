//! What the last re-match left behind: a private cache, discarded when its version differs.
//!
//! What it says of an SBOM is believed where the SBOM and all that was asked are as it says (`docs/decisions/0041`); that
//! it fits the SBOM is looked at, so that a damaged one costs a judging and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use model::advisory::FixState;
use model::finding::{
    Evidence, Finding, Fix, FixElsewhere, MatchType, NotAffectedReason, StatedSeverity, Suppression,
    UndeterminedReason, Verdict,
};
use model::key::Namespace;
use model::package::PackageIndex;
use model::severity::Severity;
use model::sparse::Sparse;
use model::version::VersionText;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::FlowError;
use crate::match_sbom::Subject;

/// Raised whenever anything below changes its meaning; a state of another version is as good as none.
const VERSION: u32 = 4;
const FILE: &str = "state.json";

/// What a re-match found, to be remembered once it was told.
///
/// Until then, and until it is dropped, no other re-match of the directory begins.
#[derive(Debug)]
#[must_use = "what is not kept is found again by the next run"]
pub struct NewState {
    directory: PathBuf,
    /// None when nothing shall be remembered.
    state: Option<State>,
    _lock: Option<Lock>,
}

impl NewState {
    pub(super) fn new(directory: PathBuf, state: Option<State>, lock: Option<Lock>) -> Self {
        Self { directory, state, _lock: lock }
    }

    /// Remembers it: the next run tells what is new since this one. Of a dry run nothing is remembered.
    ///
    /// # Errors
    /// The state cannot be written; the earlier one is then left as it is.
    pub fn keep(self) -> Result<(), FlowError> {
        self.state.as_ref().map_or(Ok(()), |state| state.write(&self.directory))
    }
}

/// The right to read and replace the state of a directory; it ends with the value.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until no other re-match has it. Creates the directory.
    pub(super) fn take(directory: &Path) -> Result<Self, FlowError> {
        let path = directory.join("lock");
        let take = || -> io::Result<File> {
            fs::create_dir_all(directory)?;
            let file = open_lock(&path)?;
            match file.lock() {
                // Where files cannot be locked, a state is still replaced whole: the later of two runs wins.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
                locked => locked.map(|()| file),
            }
        };
        match take() {
            Ok(file) => Ok(Self { _file: file }),
            Err(source) => Err(FlowError::File { action: "lock", path, source }),
        }
    }
}

/// Whether another re-match of what lies in `directory`, whose state has its folder there, runs at this moment.
pub(super) fn is_locked(state_dir: &Path) -> bool {
    let path = state_dir.join("lock");
    path.exists()
        && open_lock(&path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The directory may come from elsewhere: what is no file, a link or a pipe, is neither followed nor waited for.
fn open_lock(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("it is no regular file; remove it"));
    }
    File::options().write(true).create(true).truncate(false).open(path)
}

/// The state of a directory.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    /// The snapshot of the last run; none before the first.
    pub(super) snapshot: Option<String>,
    /// What is known of each SBOM, by its file.
    pub(super) entries: BTreeMap<String, Entry>,
    /// Whether there was a state that could not be used.
    #[serde(skip)]
    pub(super) is_discarded: bool,
}

/// What is known of one SBOM.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// `sha256:…` of its bytes.
    pub(super) digest: String,
    /// The subject's name.
    pub(super) subject: String,
    /// The hash of all that judging read beside the SBOM.
    pub(super) asked: String,
    /// The purls of its packages.
    pub(super) purls: BTreeSet<String>,
    /// Its findings as last reported, in JSON v1.
    pub(super) reported: Vec<Value>,
    findings: Vec<StoredFinding>,
}

impl State {
    /// A state with nothing in it but the snapshot.
    pub(super) fn new(snapshot: &str) -> Self {
        Self {
            version: VERSION,
            snapshot: Some(snapshot.to_owned()),
            entries: BTreeMap::new(),
            is_discarded: false,
        }
    }

    /// The state in `directory`. One that is absent is empty, and so is one that is damaged or of another version,
    /// which says that it was discarded: everything is then judged anew, and every finding appears.
    pub(super) fn read(directory: &Path) -> Result<Self, FlowError> {
        let path = directory.join(FILE);
        if path.is_dir() {
            let source = io::Error::other("it is a directory; remove it");
            return Err(FlowError::File { action: "read", path, source });
        }
        // What is no file, a device or a pipe, may never end.
        let read = fs::metadata(&path)
            .and_then(|found| if found.is_file() { fs::read(&path) } else { Ok(Vec::new()) });
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(FlowError::File { action: "read", path, source }),
        };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(state) if state.version == VERSION => Ok(state),
            _ => Ok(Self { is_discarded: true, ..Self::default() }),
        }
    }

    /// Replaces the state in `directory`, whole or not at all.
    fn write(&self, directory: &Path) -> Result<(), FlowError> {
        let path = directory.join(FILE);
        let replace = || -> io::Result<()> {
            // Others may write theirs where no lock is had; nobody writes into the file of another.
            let mut part = part_file(directory)?;
            let mut out = io::BufWriter::new(part.as_file_mut());
            serde_json::to_writer(&mut out, self)?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            part.persist(&path).map_err(|error| error.error).map(drop)
        };
        replace().map_err(|source| FlowError::File { action: "write", path: path.clone(), source })
    }
}

/// A file of its own, beside the state, which goes when it does not take its place. Whoever may read the directory may read
/// it, as any file that is written.
fn part_file(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(FILE).suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

impl Entry {
    /// The entry of `subject`, whose findings are not yet decorated.
    pub(super) fn new(subject: &Subject, asked: String, findings: &[Finding]) -> Self {
        Self {
            digest: subject.sbom_digest.clone(),
            subject: subject.inventory.subject.name.clone(),
            asked,
            purls: BTreeSet::new(),
            reported: Vec::new(),
            findings: findings.iter().map(StoredFinding::of).collect(),
        }
    }

    /// The findings as judging gave them; none when a word is not understood, or one is of no package among the `n_packages`
    /// of the SBOM.
    pub(super) fn findings(&self, n_packages: usize) -> Option<Vec<Finding>> {
        let findings = self.findings.iter().map(StoredFinding::finding).collect::<Option<Vec<_>>>()?;
        let is_there = |index: &PackageIndex| index.as_usize() < n_packages;
        let fits = |finding: &Finding| !finding.packages.is_empty() && finding.packages.iter().all(is_there);
        findings.iter().all(fits).then_some(findings)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredFinding {
    id: String,
    aliases: Vec<String>,
    packages: Vec<u32>,
    verdict: StoredVerdict,
    fix_state: String,
    fix_versions: Vec<String>,
    fix_date: Option<String>,
    /// Channel and version of each.
    fixes_elsewhere: Vec<(String, Option<String>)>,
    evidence: Vec<StoredEvidence>,
    severity: Option<StoredSeverity>,
    suppressed: Option<(String, String)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum StoredVerdict {
    Affected,
    NotAffected(String),
    Undetermined(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredSeverity {
    provider: String,
    record: String,
    word: String,
    level: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredEvidence {
    record: String,
    aliases: Vec<String>,
    provider: String,
    namespace: String,
    range: String,
    compared: String,
    match_type: String,
    confidence: f64,
}

impl StoredFinding {
    fn of(finding: &Finding) -> Self {
        Self {
            id: finding.id.to_string(),
            aliases: finding.aliases.iter().map(ToString::to_string).collect(),
            packages: finding.packages.iter().map(|index| index.0).collect(),
            verdict: match finding.verdict {
                Verdict::Affected => StoredVerdict::Affected,
                Verdict::NotAffected { because } => StoredVerdict::NotAffected(because.as_str().to_owned()),
                Verdict::Undetermined { reason } => StoredVerdict::Undetermined(reason.as_str().to_owned()),
            },
            fix_state: finding.fix.state.as_str().to_owned(),
            fix_versions: finding.fix.versions.iter().map(ToString::to_string).collect(),
            fix_date: finding.fix.date.clone(),
            fixes_elsewhere: finding
                .fix
                .elsewhere
                .iter()
                .cloned()
                .map(|it| (it.channel, it.version))
                .collect(),
            evidence: finding.evidence.iter().map(StoredEvidence::of).collect(),
            severity: finding.row_severity.as_deref().map(StoredSeverity::of),
            suppressed: finding.suppressed.as_ref().map(|why| (why.reason.clone(), why.source.clone())),
        }
    }

    fn finding(&self) -> Option<Finding> {
        Some(Finding {
            id: self.id.clone().into(),
            aliases: self.aliases.iter().map(Into::into).collect(),
            packages: self.packages.iter().copied().map(PackageIndex).collect(),
            verdict: match &self.verdict {
                StoredVerdict::Affected => Verdict::Affected,
                StoredVerdict::NotAffected(word) => Verdict::NotAffected {
                    because: NotAffectedReason::ALL.into_iter().find(|reason| reason.as_str() == word)?,
                },
                StoredVerdict::Undetermined(word) => Verdict::Undetermined {
                    reason: UndeterminedReason::ALL.into_iter().find(|reason| reason.as_str() == word)?,
                },
            },
            fix: Fix {
                state: FixState::ALL.into_iter().find(|state| state.as_str() == self.fix_state)?,
                versions: self.fix_versions.iter().map(|text| VersionText::from(text.as_str())).collect(),
                date: self.fix_date.clone(),
                elsewhere: self
                    .fixes_elsewhere
                    .iter()
                    .cloned()
                    .map(|(channel, version)| FixElsewhere { channel, version })
                    .collect(),
            },
            evidence: self.evidence.iter().map(StoredEvidence::evidence).collect::<Option<_>>()?,
            row_severity: match &self.severity {
                None => None,
                Some(stored) => Some(stored.stated()?.into()),
            },
            suppressed: self
                .suppressed
                .clone()
                .map(|(reason, source)| Suppression { reason, source, statement: None }.into()),
            decoration: Sparse::NOTHING,
        })
    }
}

impl StoredSeverity {
    fn of(stated: &StatedSeverity) -> Self {
        Self {
            provider: stated.provider.clone(),
            record: stated.record.clone(),
            word: stated.word.clone(),
            level: stated.level.as_str().to_owned(),
        }
    }

    fn stated(&self) -> Option<StatedSeverity> {
        Some(StatedSeverity {
            provider: self.provider.clone(),
            record: self.record.clone(),
            word: self.word.clone(),
            level: Severity::ALL.into_iter().find(|level| level.as_str() == self.level)?,
        })
    }
}

impl StoredEvidence {
    fn of(evidence: &Evidence) -> Self {
        Self {
            record: evidence.record.to_string(),
            aliases: evidence.aliases.iter().map(ToString::to_string).collect(),
            provider: evidence.provider.to_string(),
            namespace: evidence.namespace.to_string(),
            range: evidence.range.to_string(),
            compared: evidence.compared.to_string(),
            match_type: evidence.match_type.as_str().to_owned(),
            confidence: evidence.confidence,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        Some(Evidence {
            record: self.record.clone().into(),
            aliases: self.aliases.iter().map(Into::into).collect(),
            provider: self.provider.clone().into(),
            namespace: Namespace::new(self.namespace.as_str()),
            range: self.range.clone().into(),
            compared: VersionText::from(self.compared.as_str()),
            match_type: MatchType::ALL.into_iter().find(|found| found.as_str() == self.match_type)?,
            confidence: self.confidence,
        })
    }
}
