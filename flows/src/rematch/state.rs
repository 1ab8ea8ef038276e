//! What the last re-match left behind: a private cache, discarded when its version differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

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
        let bytes = match fs::read(&path) {
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
    pub(super) fn write(&self, directory: &Path) -> Result<(), FlowError> {
        let path = directory.join(FILE);
        let replace = || -> io::Result<()> {
            fs::create_dir_all(directory)?;
            let part = directory.join(format!("{FILE}.part"));
            let mut file = fs::File::create(&part)?;
            serde_json::to_writer(&mut file, self)?;
            file.flush()?;
            file.sync_all()?;
            fs::rename(part, &path)
        };
        replace().map_err(|source| FlowError::File { action: "write", path: path.clone(), source })
    }
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

    /// The findings as judging gave them; none when a word is not understood.
    pub(super) fn findings(&self) -> Option<Vec<Finding>> {
        self.findings.iter().map(StoredFinding::finding).collect()
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
