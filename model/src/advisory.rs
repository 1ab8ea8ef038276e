//! What a provider said, in its own version strings, nothing lost; and the rows a look-up gives.

mod condition;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use smallvec::SmallVec;

pub use condition::{Conditions, CpeBounds, Import, Platform};

use crate::key::PackageKey;
use crate::severity::Severity;
use crate::sparse::{Nothing, Sparse};
use crate::text::ShortText;
use crate::version::VersionText;

/// Whether a version is vulnerable, in the provider's eyes (feeds.md §0.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Vulnerable inside the stated ranges and versions.
    Affected,
    /// The provider has not decided yet.
    UnderInvestigation,
    /// The provider gave up deciding.
    Undetermined,
    /// The provider asserts that no version of this package is vulnerable.
    NotAffected,
    /// The provider asserts that the stated versions hold the fix, without saying which versions lack it (VEX).
    Fixed,
}

impl Status {
    /// The word in every contract, in kebab case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::UnderInvestigation => "under-investigation",
            Self::Undetermined => "undetermined",
            Self::NotAffected => "not-affected",
            Self::Fixed => "fixed",
        }
    }
}

/// What the vendor does about it (feeds.md §0.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixState {
    /// A fixed version is published.
    Fixed,
    /// No fix, no statement.
    NotFixed,
    /// A fix is prepared but not released.
    Pending,
    /// Postponed.
    Deferred,
    /// The vendor refuses.
    WontFix,
    /// The package or release is out of support.
    EndOfLife,
    /// No information.
    Unknown,
}

impl FixState {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 7] = [
        Self::Fixed,
        Self::NotFixed,
        Self::Pending,
        Self::Deferred,
        Self::WontFix,
        Self::EndOfLife,
        Self::Unknown,
    ];

    /// The word in every contract, in kebab case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::NotFixed => "not-fixed",
            Self::Pending => "pending",
            Self::Deferred => "deferred",
            Self::WontFix => "wont-fix",
            Self::EndOfLife => "end-of-life",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a record still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordState {
    /// It stands.
    Published,
    /// Its publisher took it back.
    Withdrawn,
    /// The numbering authority rejected it.
    Rejected,
    /// It stands, and somebody disputes that it is a vulnerability.
    Disputed,
    /// The id is taken; nothing is said yet.
    Reserved,
}

impl RecordState {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
            Self::Rejected => "rejected",
            Self::Disputed => "disputed",
            Self::Reserved => "reserved",
        }
    }
}

/// What sort of thing a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// One vulnerability.
    #[default]
    Vulnerability,
    /// A bulletin, which may be about several vulnerabilities.
    Advisory,
    /// No vulnerability: unmaintained, unsound (RustSec's informational records).
    Notice,
    /// A package that is itself malicious.
    Malware,
}

impl RecordKind {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Advisory => "advisory",
            Self::Notice => "notice",
            Self::Malware => "malware",
        }
    }
}

/// How a record stands to another one that is not the same vulnerability (feeds.md A16, E1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It says what a downstream did about the other.
    Upstream,
    /// It has to do with the other.
    Related,
    /// It is the bulletin that fixes the other.
    Fixes,
    /// It says again what the other says.
    DuplicateOf,
}

/// One step of a range. A range is its events in the order of their versions; below the first
/// [`RangeEvent::Introduced`] nothing is affected (OSV schema, "Evaluation").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RangeEvent {
    /// Affected from this version on; the text `0` is below every version.
    Introduced(VersionText),
    /// Affected above this version, which is not.
    IntroducedAfter(VersionText),
    /// Not affected from this version on.
    Fixed(VersionText),
    /// The last version that is affected.
    LastAffected(VersionText),
    /// The range says nothing from this version on.
    Limit(VersionText),
}

/// A range of affected versions, as events in the provider's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AffectedRange {
    /// The events as written.
    pub events: Events,
}

/// Nearly every range has a start and an end.
pub type Events = SmallVec<[RangeEvent; 2]>;

/// One package that a record speaks about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Affected {
    /// Under which key it is looked up.
    pub key: PackageKey,
    /// What the provider says of it.
    pub status: Status,
    /// What the vendor does about it.
    pub fix_state: FixState,
    /// The ranges affected; a version is affected when any of them, or `versions`, says so.
    /// With [`Status::Affected`] and neither ranges nor versions, every version is affected.
    pub ranges: Ranges,
    /// Versions enumerated as affected, sorted as text, each once.
    pub versions: Vec<VersionText>,
    /// What must hold besides the version.
    pub conditions: Option<Arc<Conditions>>,
    /// What few records say.
    pub aside: Sparse<Aside>,
}

/// Nearly every record has one range.
pub type Ranges = SmallVec<[AffectedRange; 1]>;

/// What few of all that speak of a package say, or few look at: it takes space only where it is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Aside {
    /// The name as written, where the key's is another.
    pub name: Option<Box<str>>,
    /// Ranges that are not affected, whatever the others say: some providers list only what is not (RubySec,
    /// RustSec, `defaultStatus` of the CVE list).
    pub unaffected: Vec<AffectedRange>,
    /// The fixes that were published, each with what is known of it.
    pub fixes: Vec<PublishedFix>,
    /// The severity of this vulnerability in this package, where the provider rates it so.
    pub severity: Option<SeverityWord>,
    /// CVSS of this vulnerability in this package, where the provider rates it so.
    pub cvss: Vec<CvssVector>,
    /// The provider's own word behind status and fix state: `postponed`, `<no-dsa>`.
    pub reason: Option<String>,
    /// Why it is not affected, in the words of VEX: `vulnerable_code_not_present`.
    pub justification: Option<String>,
    /// What is said of versions in words that cannot be compared; it is shown, and decides nothing.
    pub hints: Vec<Box<str>>,
}

impl Nothing for Aside {
    fn nothing() -> &'static Self {
        static NOTHING: Aside = Aside {
            name: None,
            unaffected: Vec::new(),
            fixes: Vec::new(),
            severity: None,
            cvss: Vec::new(),
            reason: None,
            justification: None,
            hints: Vec::new(),
        };
        &NOTHING
    }
}

impl Affected {
    /// Says that every version of `key` has `status`, and nothing else.
    pub fn new(key: PackageKey, status: Status) -> Self {
        Self {
            key,
            status,
            fix_state: FixState::Unknown,
            ranges: Ranges::new(),
            versions: Vec::new(),
            conditions: None,
            aside: Sparse::NOTHING,
        }
    }
}

/// A version with the fix, and how it was published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PublishedFix {
    /// The version; none where a bulletin is known and its version is not.
    pub version: Option<VersionText>,
    /// The day it was published, `YYYY-MM-DD`.
    pub date: Option<Box<str>>,
    /// The bulletin: `RHSA-2025:1234`, `USN-7000-1`.
    pub advisory: Option<Box<str>>,
    /// The channel that has it, where that is not the release itself: `esm`, `eus:9.2`.
    pub channel: Option<Box<str>>,
    /// Where it is described.
    pub url: Option<Box<str>>,
}

/// A severity in the provider's word and in the canonical scale.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SeverityWord {
    /// As written.
    pub word: String,
    /// On the canonical scale; unknown words are [`Severity::Unknown`] and keep their text.
    pub level: Severity,
}

/// A record as one provider published it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// The id as published; it may be of any form.
    pub id: String,
    /// What sort of thing it is.
    pub kind: RecordKind,
    /// Other ids of the same vulnerability, sorted, without `id`; of a bulletin, of each that it is about: who matches keeps
    /// them apart (feeds.md D5).
    pub aliases: Vec<String>,
    /// Whether the record stands.
    pub state: RecordState,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// When it last changed.
    pub modified: Option<Timestamp>,
    /// One line for people.
    pub title: Option<String>,
    /// The whole text for people.
    pub description: Option<String>,
    /// CVSS stated by the record.
    pub cvss: Vec<CvssVector>,
    /// The record's own severity word (`database_specific.severity` of a GitHub advisory).
    pub severity: Option<SeverityWord>,
    /// Weaknesses: `CWE-79`.
    pub weaknesses: Vec<String>,
    /// Links, as published.
    pub references: Vec<Reference>,
    /// Records that it has to do with, and how.
    pub links: Vec<RecordLink>,
    /// Whom it thanks.
    pub credits: Vec<String>,
    /// The licence of this record, where it is another than its feed's.
    pub license: Option<String>,
    /// The packages it speaks about.
    pub affected: Vec<Affected>,
}

impl Advisory {
    /// A published vulnerability of which nothing is said yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: RecordKind::default(),
            aliases: Vec::new(),
            state: RecordState::Published,
            published: None,
            modified: None,
            title: None,
            description: None,
            cvss: Vec::new(),
            severity: None,
            weaknesses: Vec::new(),
            references: Vec::new(),
            links: Vec::new(),
            credits: Vec::new(),
            license: None,
            affected: Vec::new(),
        }
    }
}

/// A link of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where it leads.
    pub url: String,
    /// What its publisher calls it: `ADVISORY`, `Patch`; in the publisher's order.
    pub tags: Vec<String>,
}

impl Reference {
    /// A link without tags.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), tags: Vec::new() }
    }
}

/// A record that another one has to do with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordLink {
    /// How.
    pub relation: Relation,
    /// The other record's id.
    pub other: String,
}

/// CVSS and who stated it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CvssVector {
    /// The provider, or the record it came from.
    pub source: String,
    /// The vector as written, a trailing `/` removed; empty where only a score is stated.
    pub vector: String,
    /// The score as written, where it is stated.
    pub score: Option<Box<str>>,
}

/// One row under a key: everything a verdict may read about one vulnerability in one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The provider that said it: `alpine`, `debian`, `osv`.
    pub provider: ShortText,
    /// The record's id.
    pub record: ShortText,
    /// What sort of thing the record is.
    pub kind: RecordKind,
    /// Other ids of the same vulnerability, as the writer of the shard knew them; sorted, without `record`.
    pub aliases: Ids,
    /// Whether the record stands.
    pub state: RecordState,
    /// What was said.
    pub affected: Affected,
}

/// The provider of a user's own advisories, which decide before all others (feeds.md D1).
pub const PRIVATE: &str = "private";

impl Row {
    /// Whether it is of the user's own advisories.
    #[inline]
    pub fn is_private(&self) -> bool {
        self.provider == PRIVATE
    }
}

/// Nearly every record has one other id, or none.
pub type Ids = SmallVec<[ShortText; 1]>;

/// Rows by key. A key that is present with no rows was looked up and has none; a key that is absent was not
/// looked up, because its namespace is not held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvisorySet {
    /// The rows under each key, in the order of provider and record.
    pub rows: BTreeMap<PackageKey, Vec<Row>>,
}

/// What people read about a record; no verdict depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordText {
    /// The record's id.
    pub record: String,
    /// The provider.
    pub provider: String,
    /// One line.
    pub title: Option<String>,
    /// The whole text.
    pub description: Option<String>,
    /// CVSS.
    pub cvss: Vec<CvssVector>,
    /// The record's own severity word.
    pub severity: Option<SeverityWord>,
    /// Weaknesses: `CWE-79`.
    pub weaknesses: Vec<String>,
    /// Links.
    pub references: Vec<Reference>,
    /// Records that it has to do with.
    pub links: Vec<RecordLink>,
    /// Whom it thanks.
    pub credits: Vec<String>,
    /// The licence of this record, where it is another than its feed's.
    pub license: Option<String>,
    /// When it was first published.
    pub published: Option<Timestamp>,
}

/// EPSS: how likely exploitation is in the next 30 days (first.org/epss).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epss {
    /// The probability, 0 to 1.
    pub score: f64,
    /// The share of scored vulnerabilities with the same or a lower score, 0 to 1.
    pub percentile: f64,
}

/// An entry of CISA's catalogue of known exploited vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kev {
    /// `dateAdded`, `YYYY-MM-DD`.
    pub added: String,
    /// `dueDate`, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// Whether ransomware campaigns are known to use it.
    pub ransomware: bool,
}

/// What changes daily about a vulnerability id; it ranks, and never decides a verdict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily {
    /// Its EPSS, if scored.
    pub epss: Option<Epss>,
    /// Its KEV entry, if listed.
    pub kev: Option<Kev>,
}
