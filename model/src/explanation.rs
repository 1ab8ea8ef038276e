//! Why a package is, or is not, affected by what one id names: every row that speaks of it, and what became of it.

use std::cmp::Ordering;

use crate::advisory::{FixState, RecordKind, RecordState, Status};
use crate::facts::CoverageClass;
use crate::finding::{Fix, MatchType, Suppression, UndeterminedReason, Verdict};
use crate::key::{Namespace, PackageKey};
use crate::package::PackageIndex;
use crate::report::{SnapshotStamp, Unmatched, UnmatchedReason, VexOutcome};
use crate::version::VersionText;

/// What was found out about one id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// The id that was asked about, as asked.
    pub id: String,
    /// Which feeds answered.
    pub snapshot: SnapshotStamp,
    /// The snapshot that the report names which the packages were read from; none where they were read from an SBOM.
    pub report: Option<ReportRead>,
    /// One for each package that was asked about, and for each vulnerability that the id stands for in it; in the order
    /// of the inventory, then by vulnerability.
    pub packages: Vec<Explained>,
    /// How many packages were looked at, those of which nothing is told included.
    pub n_packages: usize,
    /// The VEX statements about it that suppressed nothing, those that came closest first.
    pub vex: Vec<VexOutcome>,
    /// The packages of which nothing is told and of which nothing is known either: they were not judged. Sorted.
    pub unmatched: Vec<Unmatched>,
}

/// A report that was read in place of an SBOM. It keeps less of a package than an SBOM does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportRead {
    /// The snapshot that it was made with.
    pub snapshot: String,
    /// Its findings, as far as they are about the id.
    pub findings: Vec<Reported>,
}

/// A finding, as a report states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The package URL.
    pub purl: String,
    /// The id and the others that it goes by.
    pub ids: Vec<String>,
    /// `affected`, `not-affected`, `undetermined`.
    pub verdict: String,
    /// The verdict, and what VEX statement suppressed it where one did.
    pub words: String,
}

/// One vulnerability in one package.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The instances of the package: same purl, same facts. Never empty.
    pub packages: Vec<PackageIndex>,
    /// The answer.
    pub answer: Answer,
    /// Every id of the vulnerability, the one that stands for it first; empty where no row that counts speaks of it.
    pub ids: Vec<String>,
    /// What mends it, as in the finding; none without a finding.
    pub fix: Option<Fix>,
    /// The keys that were asked for the package; sorted.
    pub keys: Vec<ExplainedKey>,
    /// Why the package cannot be judged, or not by all that should, and who would have answered.
    pub unmatched: Option<(UnmatchedReason, Namespace)>,
    /// The rows under those keys that speak of it: those that decided first, those that were kept away last.
    pub rows: Vec<ExplainedRow>,
    /// The distribution's package that the files of this one belong to.
    pub owner: Option<ExplainedOwner>,
    /// What the answer were if NVD were asked by CPE name of every package, where it was not and would say something else.
    pub by_cpe_name: Option<Answer>,
}

/// What all that was consulted comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is a finding.
    Finding {
        /// Its verdict.
        verdict: Verdict,
        /// Why it is not counted; none for one that is.
        suppressed: Option<Suppression>,
    },
    /// No row says affected, so there is no finding; what those that decided say.
    NoFinding(Saying),
    /// Every row that speaks of it is kept away from the package.
    KeptAway,
    /// No row under the keys speaks of it.
    NoRow,
    /// No row speaks of it, and who should have been asked was not.
    NotJudged {
        /// Why not.
        reason: UnmatchedReason,
        /// Who should have been asked.
        namespace: Namespace,
    },
}

impl Answer {
    /// Whether any row speaks of it.
    pub fn is_told(&self) -> bool {
        !matches!(self, Self::NoRow | Self::NotJudged { .. })
    }

    /// The word in every contract: the verdict where there is a finding.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Finding { verdict: Verdict::Affected, .. } => "affected",
            Self::Finding { verdict: Verdict::NotAffected { .. }, .. } => "not-affected",
            Self::Finding { verdict: Verdict::Undetermined { .. }, .. } => "undetermined",
            Self::NoFinding(_) => "no-finding",
            Self::KeptAway => "kept-away",
            Self::NoRow => "no-row",
            Self::NotJudged { .. } => "not-judged",
        }
    }

    /// The word for why.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Finding { verdict: Verdict::NotAffected { because }, .. } => Some(because.as_str()),
            Self::Finding { verdict: Verdict::Undetermined { reason }, .. } => Some(reason.as_str()),
            Self::NoFinding(saying) => Some(saying.as_str()),
            Self::NotJudged { reason, .. } => Some(reason.as_str()),
            Self::Finding { verdict: Verdict::Affected, .. } | Self::KeptAway | Self::NoRow => None,
        }
    }
}

impl Explained {
    /// What a report says of it in so many words, where that is something else than the answer.
    pub fn differing<'r>(&self, purl: &str, report: &'r ReportRead) -> Option<&'r str> {
        // Where no row speaks of it the vulnerability has no ids of its own; the report's findings are all about what was asked.
        let is_same =
            |found: &Reported| self.ids.is_empty() || self.ids.iter().any(|id| found.ids.contains(id));
        let is_of_it = |found: &&Reported| found.purl == purl && is_same(found);
        let reported = report.findings.iter().find(is_of_it);
        match (&self.answer, reported) {
            (Answer::Finding { .. }, None) => Some("no finding"),
            (answer, reported) => {
                reported.filter(|found| found.verdict != answer.as_str()).map(|found| found.words.as_str())
            }
        }
    }

    /// Whether the rows that decided say affected, whatever overrules them; what the answer says, where none decided.
    fn is_affected_by_rows(&self) -> Option<bool> {
        let decided = self.rows.iter().find(|row| row.standing == Standing::Decided);
        match (decided, &self.answer) {
            (Some(row), _) => Some(row.says_affected()),
            (None, Answer::Finding { verdict: Verdict::NotAffected { .. }, .. } | Answer::NoFinding(_)) => {
                Some(false)
            }
            (None, Answer::Finding { .. }) => Some(true),
            (None, Answer::KeptAway | Answer::NoRow | Answer::NotJudged { .. }) => None,
        }
    }

    /// Whether `row` was weighed and says the opposite of what was decided.
    pub fn disagrees(&self, row: &ExplainedRow) -> bool {
        let is_weighed = matches!(row.standing, Standing::PassedOver(_));
        is_weighed && self.is_affected_by_rows().is_some_and(|is_affected| is_affected != row.says_affected())
    }
}

impl ExplainedRow {
    fn says_affected(&self) -> bool {
        matches!(self.saying, Saying::Affected | Saying::Undetermined(_))
    }
}

/// What a row says of the version that is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// It is vulnerable.
    Affected,
    /// It cannot be decided.
    Undetermined(UndeterminedReason),
    /// It holds the fix.
    Fixed,
    /// No version was ever vulnerable.
    NeverAffected,
    /// It is outside of what is vulnerable, and not for a fix.
    Outside,
}

impl Saying {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Undetermined(reason) => reason.as_str(),
            Self::Fixed => "fixed",
            Self::NeverAffected => "never-affected",
            Self::Outside => "outside",
        }
    }
}

/// A key that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedKey {
    /// The key.
    pub key: PackageKey,
    /// How rows under it concern the package.
    pub match_type: MatchType,
    /// The version that is compared under it.
    pub version: VersionText,
    /// How many rows it has; none where its namespace is not held, so that it was never looked up.
    pub n_rows: Option<usize>,
    /// What the silence of those who answer there means, where anybody does.
    pub coverage: Option<CoverageClass>,
}

/// A row that speaks of the vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedRow {
    /// The record's id.
    pub record: String,
    /// Who said it.
    pub provider: String,
    /// Under which key.
    pub key: PackageKey,
    /// How the key concerns the package.
    pub match_type: MatchType,
    /// How the id that was asked about leads to the record: ids, each of which is linked with the next; both included.
    pub path: Vec<String>,
    /// What sort of thing the record is.
    pub kind: RecordKind,
    /// Whether the record stands.
    pub state: RecordState,
    /// What is said of the stated versions.
    pub status: Status,
    /// What the vendor does about it.
    pub fix_state: FixState,
    /// The vendor's word behind status and fix state.
    pub reason: Option<String>,
    /// Why it is not affected, in the words of VEX.
    pub justification: Option<String>,
    /// The versions that it is about, for people: `>= 1.0, < 1.2-r3`.
    pub range: String,
    /// The comparisons that decided where the installed version stands; none where no bound did.
    pub comparisons: Vec<Comparison>,
    /// What it asks besides the version.
    pub conditions: Vec<Condition>,
    /// What it says of the installed version.
    pub saying: Saying,
    /// How sure the step is, 0 to 1 (feeds.md D4).
    pub confidence: f64,
    /// What became of it.
    pub standing: Standing,
}

/// The installed version beside a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The version that is installed.
    pub installed: VersionText,
    /// How it stands to the bound; none where either cannot be read.
    pub order: Option<Ordering>,
    /// The bound.
    pub bound: VersionText,
    /// What the bound is.
    pub event: BoundKind,
    /// The scheme by which they were compared.
    pub scheme: &'static str,
}

/// What a bound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// The first version that is affected.
    Introduced,
    /// The last version before those that are affected.
    IntroducedAfter,
    /// The first version with the fix.
    Fixed,
    /// The last version that is affected.
    LastAffected,
    /// The first version of which the range says nothing.
    Limit,
    /// A version of a list.
    Listed,
}

impl BoundKind {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Introduced => "introduced",
            Self::IntroducedAfter => "introduced-after",
            Self::Fixed => "fixed",
            Self::LastAffected => "last-affected",
            Self::Limit => "limit",
            Self::Listed => "listed",
        }
    }
}

/// Something that must hold besides the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it is about: `module`, `architecture`, `channel`, …
    pub name: &'static str,
    /// What the row asks; empty where it asks for a package that has none.
    pub asked: String,
    /// What the package or its installation has, where that is one thing.
    pub has: Option<String>,
    /// Whether it holds; none where nothing tells.
    pub holds: Option<bool>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It decided.
    Decided,
    /// It was weighed, and another one decided.
    PassedOver(PassedOver),
    /// It says nothing of this package.
    KeptAway(KeptAway),
}

/// Why another row decided (feeds.md D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// The user's own advisories decide before all others.
    ByPrivate,
    /// What the user's own advisories say of a build comes before what they say of ranges.
    ByPrivateBuild,
    /// The package's own vendor speaks, so the one whose package it was built anew from is not asked, nor who speaks of CPE
    /// names.
    ByOwnVendor,
    /// A feed of the distribution speaks, and this publisher was named by hand.
    ByFeed,
    /// The distribution's own provider speaks.
    ByOwnProvider,
    /// A row of a nearer stream speaks.
    ByNearerStream,
    /// A row for the module, architecture or flavour speaks.
    BySpecificRow,
    /// A row for the binary package speaks, and this one is for its source.
    ByBinaryRow,
    /// A row of the same standing says what counts before this.
    BySameStanding,
    /// A channel of the release says what counts before this.
    ByChannel,
    /// Another release that the package may come from says worse.
    ByRelease,
    /// A source that the ecosystem prefers decides, both ways.
    ByPreferredSource,
    /// It is preferred and cannot decide; a later source can.
    CannotDecide,
    /// The owning package overruled what this row decided.
    ByOwner,
}

impl PassedOver {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 14] = [
        Self::ByPrivate,
        Self::ByPrivateBuild,
        Self::ByOwnVendor,
        Self::ByFeed,
        Self::ByOwnProvider,
        Self::ByNearerStream,
        Self::BySpecificRow,
        Self::ByBinaryRow,
        Self::BySameStanding,
        Self::ByChannel,
        Self::ByRelease,
        Self::ByPreferredSource,
        Self::CannotDecide,
        Self::ByOwner,
    ];

    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByPrivate => "private",
            Self::ByPrivateBuild => "private-build",
            Self::ByOwnVendor => "own-vendor",
            Self::ByFeed => "feed-before-named",
            Self::ByOwnProvider => "own-provider",
            Self::ByNearerStream => "nearer-stream",
            Self::BySpecificRow => "specific-row",
            Self::ByBinaryRow => "binary-row",
            Self::BySameStanding => "same-standing",
            Self::ByChannel => "channel",
            Self::ByRelease => "release",
            Self::ByPreferredSource => "preferred-source",
            Self::CannotDecide => "cannot-decide",
            Self::ByOwner => "owner",
        }
    }

    /// A sentence fragment for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::ByPrivate => "your own advisories decide before all others",
            Self::ByPrivateBuild => {
                "what your own advisories say of a build comes before what they say of ranges"
            }
            Self::ByOwnVendor => {
                "the package's own vendor comes before whom it was built anew from, and both before CPE names"
            }
            Self::ByFeed => "a feed of the distribution comes before a publisher named by hand",
            Self::ByOwnProvider => "the distribution's own provider comes before others",
            Self::ByNearerStream => "a row of a nearer stream comes first",
            Self::BySpecificRow => "a row for the module, architecture or flavour comes before one for all",
            Self::ByBinaryRow => "a row for the binary package comes before one for its source",
            Self::BySameStanding => {
                "rows of the same standing are alternatives, and another one says what counts first"
            }
            Self::ByChannel => "a channel of the release says what counts first",
            Self::ByRelease => "packages of several releases are mixed, and another release says worse",
            Self::ByPreferredSource => "a source that the ecosystem prefers decides, both ways",
            Self::CannotDecide => "it comes first and cannot decide; a later source can",
            Self::ByOwner => "the distribution answers for the package that owns the files",
        }
    }
}

/// Why a row says nothing of the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptAway {
    /// Its publisher took it back.
    Withdrawn,
    /// The numbering authority rejected it.
    Rejected,
    /// It is a notice and no vulnerability.
    Notice,
    /// A condition does not hold; which.
    Condition(&'static str),
    /// It is of the vendor whose package was built anew, and has a fix: that vendor's versions say nothing of the rebuild.
    VersionsOfAnother,
    /// It is of the vendor whose package was changed, and says that this one is not affected.
    DenialOfAnother,
    /// It says of some versions that they are not affected, and the installed one is none of them.
    OtherVersions,
}

impl KeptAway {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Rejected => "rejected",
            Self::Notice => "notice",
            Self::Condition(_) => "condition",
            Self::VersionsOfAnother => "versions-of-another",
            Self::DenialOfAnother => "denial-of-another",
            Self::OtherVersions => "other-versions",
        }
    }

    /// A sentence fragment for people.
    pub fn explain(self) -> String {
        match self {
            Self::Withdrawn => "its publisher took the record back".to_owned(),
            Self::Rejected => "the id was rejected".to_owned(),
            Self::Notice => "it is a notice and no vulnerability".to_owned(),
            Self::Condition(name) => format!("its condition on {name} does not hold"),
            Self::VersionsOfAnother => {
                "the versions of a fix are those of the vendor whose package was built anew".to_owned()
            }
            Self::DenialOfAnother => {
                "that it is not affected is said of a package that was changed since".to_owned()
            }
            Self::OtherVersions => "it clears other versions than the installed one".to_owned(),
        }
    }
}

/// The distribution's package that owns a language package's files (feeds.md D2), and what its vendor says.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedOwner {
    /// Its package URL.
    pub purl: String,
    /// What the vendor's silence means.
    pub coverage: CoverageClass,
    /// The keys that were asked for it; sorted.
    pub keys: Vec<ExplainedKey>,
    /// The rows that speak of the vulnerability, in the order of [`Explained::rows`].
    pub rows: Vec<ExplainedRow>,
    /// Whether it overruled the package's own rows.
    pub decided: bool,
}
