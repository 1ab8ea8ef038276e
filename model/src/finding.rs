//! A package and a vulnerability that concerns it.

use std::sync::LazyLock;

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::advisory::{CvssVector, Epss, FixState, Ids, Kev};
use crate::key::Namespace;
use crate::package::PackageIndex;
use crate::severity::Severity;
use crate::sparse::{Nothing, Sparse};
use crate::text::ShortText;
use crate::version::VersionText;

/// What matching says of one vulnerability in one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The installed version is vulnerable.
    Affected,
    /// It is not; why. Such a finding exists only when another source said affected.
    NotAffected {
        /// Why not.
        because: NotAffectedReason,
    },
    /// It cannot be decided.
    Undetermined {
        /// Why not.
        reason: UndeterminedReason,
    },
}

/// Why an installed version is not affected although some source says affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotAffectedReason {
    /// A stronger source asserts it was never affected.
    VendorNotAffected,
    /// A stronger source says the installed version holds the fix.
    VendorFixed,
    /// The owning distribution package answers for it.
    OwnedByDistroPackage,
    /// Every record was rejected or withdrawn.
    RecordRejected,
    /// The package is made from the kernel's source and holds none of its code (feeds.md B4).
    KernelHeaders,
    /// The code of a shared framework runs in place of the package's (feeds.md D3).
    FrameworkOverride,
    /// The user's own advisories say that it is not affected.
    PrivateNotAffected,
    /// The user's own advisories say that the installed version holds the fix.
    PrivateFixed,
    /// A VEX statement says that it is not affected (feeds.md D7).
    VexNotAffected,
    /// A VEX statement says that it holds the fix (feeds.md D7).
    VexFixed,
}

impl NotAffectedReason {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 10] = [
        Self::VendorNotAffected,
        Self::VendorFixed,
        Self::OwnedByDistroPackage,
        Self::RecordRejected,
        Self::KernelHeaders,
        Self::FrameworkOverride,
        Self::PrivateNotAffected,
        Self::PrivateFixed,
        Self::VexNotAffected,
        Self::VexFixed,
    ];

    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VendorNotAffected => "vendor-not-affected",
            Self::VendorFixed => "vendor-fixed",
            Self::OwnedByDistroPackage => "owned-by-distro-package",
            Self::RecordRejected => "record-rejected",
            Self::KernelHeaders => "kernel-headers",
            Self::FrameworkOverride => "framework-override",
            Self::PrivateNotAffected => "private-not-affected",
            Self::PrivateFixed => "private-fixed",
            Self::VexNotAffected => "vex-not-affected",
            Self::VexFixed => "vex-fixed",
        }
    }
}

/// Why no verdict could be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UndeterminedReason {
    /// The installed version is absent or cannot be read by its scheme.
    UnreadableVersion,
    /// A bound of the record cannot be read by the scheme.
    UnreadableBound,
    /// The provider is still investigating.
    UnderInvestigation,
    /// The provider could not decide.
    VendorUndetermined,
}

impl UndeterminedReason {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 4] =
        [Self::UnreadableVersion, Self::UnreadableBound, Self::UnderInvestigation, Self::VendorUndetermined];

    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableVersion => "unreadable-version",
            Self::UnreadableBound => "unreadable-bound",
            Self::UnderInvestigation => "under-investigation",
            Self::VendorUndetermined => "vendor-undetermined",
        }
    }
}

/// How the package's key met the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchType {
    /// The row names the package itself.
    Direct,
    /// The row names the package's source package.
    Indirect,
    /// The row names a product by its CPE, which is stated for the package or guessed of its name.
    Cpe,
}

impl MatchType {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 3] = [Self::Direct, Self::Indirect, Self::Cpe];

    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Indirect => "indirect",
            Self::Cpe => "cpe",
        }
    }
}

/// One record that was consulted for a finding and what it said.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The record's id.
    pub record: ShortText,
    /// The finding's ids that the record goes by besides, sorted.
    pub aliases: Ids,
    /// Who said it.
    pub provider: ShortText,
    /// In which namespace.
    pub namespace: Namespace,
    /// The range or list that decided, for people: `>= 1.0, < 1.2-r3`.
    pub range: ShortText,
    /// The version that was compared: the source package's where the row names the source.
    pub compared: VersionText,
    /// How key and row met.
    pub match_type: MatchType,
    /// How sure the step is, 0 to 1 (feeds.md D4).
    pub confidence: f64,
}

/// What the vendor offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The vendor's state.
    pub state: FixState,
    /// Versions that hold the fix, the nearest first; empty unless fixed.
    pub versions: SmallVec<[VersionText; 1]>,
    /// The day the nearest of them was published, `YYYY-MM-DD`, where the vendor says it.
    pub date: Option<String>,
    /// Fixes in channels that the installation does not get, sorted.
    pub elsewhere: Vec<FixElsewhere>,
}

/// A fix that is published in a channel of its own: extended maintenance that has to be bought.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixElsewhere {
    /// The channel: `esm-infra`.
    pub channel: String,
    /// The version, where it is stated.
    pub version: Option<String>,
}

impl Fix {
    /// The vendor's state and the versions that hold the fix, of which no more is known.
    pub fn new(state: FixState, versions: impl IntoIterator<Item = VersionText>) -> Self {
        let versions = versions.into_iter().collect();
        Self { state, versions, date: None, elsewhere: Vec::new() }
    }
}

/// The severity chosen, and who said so (feeds.md D6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rating {
    /// The level.
    pub level: Severity,
    /// The record or provider it was taken from; empty when unknown.
    pub source: String,
}

/// A severity that somebody stated in a word, whether or not it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatedSeverity {
    /// Who published it: `debian`, `nvd`.
    pub provider: String,
    /// In which record.
    pub record: String,
    /// As written.
    pub word: String,
    /// The level it means.
    pub level: Severity,
}

/// A CVSS vector with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Cvss {
    /// The vector and who stated it.
    pub vector: CvssVector,
    /// The version: `2.0`, `3.0`, `3.1`, `4.0`.
    pub version: String,
    /// The base score; in version 4.0, which knows one score, that of the whole vector.
    pub score: f64,
}

/// What is said of a finding besides how bad it is (feeds.md B4, D9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Somebody disputes that it is one.
    Disputed,
    /// The product had no support any more when the id was assigned.
    UnsupportedWhenAssigned,
    /// It is in a kernel that lies in an image, where none runs (feeds.md B4).
    NotLoaded,
}

impl Label {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 3] = [Self::Disputed, Self::UnsupportedWhenAssigned, Self::NotLoaded];

    /// Those that records state.
    pub const OF_RECORDS: [Self; 2] = [Self::Disputed, Self::UnsupportedWhenAssigned];

    /// The word in every contract; where records state it, that of the CVE programme.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disputed => "disputed",
            Self::UnsupportedWhenAssigned => "unsupported-when-assigned",
            Self::NotLoaded => "not-loaded",
        }
    }
}

/// Why a finding is not counted as one, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// A word: one of [`NotAffectedReason`].
    pub reason: String,
    /// The record, package or document that decided.
    pub source: String,
    /// What else the VEX statement says that decided; none where it was another source.
    pub statement: Option<Box<VexGrounds>>,
}

/// What a VEX statement gives as its grounds. None of it is interpreted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexGrounds {
    /// Why it is not affected, in the document's word: `vulnerable_code_not_present`.
    pub justification: Option<String>,
    /// The same in a sentence.
    pub detail: Option<String>,
    /// Who says so.
    pub author: Option<String>,
    /// When it was said.
    pub timestamp: Option<Timestamp>,
}

/// One vulnerability in one package: alias groups are one finding, all ids kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The group's primary id (feeds.md D5): the CVE if there is exactly one, else GHSA, else others.
    pub id: ShortText,
    /// Every other id of the group, sorted.
    pub aliases: Ids,
    /// The packages it was found in: those of one purl, or of one kernel, in inventory order; never empty.
    pub packages: SmallVec<[PackageIndex; 2]>,
    /// The answer.
    pub verdict: Verdict,
    /// What the vendor offers.
    pub fix: Fix,
    /// The records behind it, sorted by namespace, provider and record.
    pub evidence: Vec<Evidence>,
    /// A package-level severity from the deciding row, before decoration.
    pub row_severity: Option<Box<StatedSeverity>>,
    /// Why it is not counted; none for one that is.
    pub suppressed: Option<Box<Suppression>>,
    /// What decoration added; nothing until then.
    pub decoration: Sparse<Decoration>,
}

impl Finding {
    /// The id and every other of the group.
    pub fn ids(&self) -> impl Iterator<Item = &ShortText> {
        std::iter::once(&self.id).chain(&self.aliases)
    }
}

/// What is known about a finding's vulnerability beyond the verdict. It never changes the verdict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoration {
    /// One line for people.
    pub title: Option<String>,
    /// The severity chosen.
    pub severity: Rating,
    /// Every severity that a record states in a word, sorted.
    pub stated: Vec<StatedSeverity>,
    /// Every CVSS vector that could be read, highest version first.
    pub cvss: Vec<Cvss>,
    /// Those that could not, and scores without a vector, sorted.
    pub unread_cvss: Vec<CvssVector>,
    /// What else is said of it, sorted.
    pub labels: Vec<Label>,
    /// The highest EPSS of the group's CVEs.
    pub epss: Option<Epss>,
    /// The group's KEV entry.
    pub kev: Option<Kev>,
    /// Links, sorted, each once.
    pub references: Vec<String>,
    /// 0 to 100 (feeds.md D8).
    pub risk: f64,
    /// Those of its packages that VEX says are not affected, where the finding stands for others; in inventory order.
    pub answered: Vec<Answered>,
}

/// A package of a finding that VEX answers, and not all of the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The package.
    pub package: PackageIndex,
    /// Why it does not count, and who says so.
    pub because: Suppression,
}

impl Nothing for Decoration {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<Decoration> = LazyLock::new(Decoration::default);
        &NOTHING
    }
}
