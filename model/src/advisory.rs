//! What a provider said, in its own version strings, nothing lost; and the rows a look-up gives.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::key::PackageKey;
use crate::severity::Severity;
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
}

/// One step of a range. A range is its events in the order of their versions; below the first
/// [`RangeEvent::Introduced`] nothing is affected (OSV schema, "Evaluation").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RangeEvent {
    /// Affected from this version on; the text `0` is below every version.
    Introduced(VersionText),
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
    pub events: Vec<RangeEvent>,
}

/// One package that a record speaks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Under which key it is looked up.
    pub key: PackageKey,
    /// What the provider says of it.
    pub status: Status,
    /// What the vendor does about it.
    pub fix_state: FixState,
    /// The ranges affected; a version is affected when any of them, or `versions`, says so.
    /// With [`Status::Affected`] and neither ranges nor versions, every version is affected.
    pub ranges: Vec<AffectedRange>,
    /// Versions enumerated as affected, sorted as text, each once.
    pub versions: Vec<VersionText>,
    /// The severity of this vulnerability in this package, where the provider rates it so.
    pub severity: Option<SeverityWord>,
    /// The provider's own word behind status and fix state: `postponed`, `<no-dsa>`.
    pub reason: Option<String>,
}

/// A severity in the provider's word and in the canonical scale.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Other ids of the same vulnerability, sorted, without `id`.
    pub aliases: Vec<String>,
    /// Whether the record stands.
    pub state: RecordState,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// When it last changed.
    pub modified: Option<Timestamp>,
    /// One line for people.
    pub title: Option<String>,
    /// CVSS vectors stated by the record.
    pub cvss: Vec<CvssVector>,
    /// The record's own severity word (`database_specific.severity` of a GitHub advisory).
    pub severity: Option<SeverityWord>,
    /// Links, as published.
    pub references: Vec<String>,
    /// The packages it speaks about.
    pub affected: Vec<Affected>,
}

/// A CVSS vector and who stated it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CvssVector {
    /// The provider, or the record it came from.
    pub source: String,
    /// The vector as written, a trailing `/` removed.
    pub vector: String,
}

/// One row under a key: everything a verdict may read about one vulnerability in one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The provider that said it: `alpine`, `debian`, `osv`.
    pub provider: String,
    /// The record's id.
    pub record: String,
    /// Other ids of the same vulnerability, as the writer of the shard knew them; sorted, without `record`.
    pub aliases: Vec<String>,
    /// Whether the record stands.
    pub state: RecordState,
    /// What was said.
    pub affected: Affected,
}

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
    /// CVSS vectors.
    pub cvss: Vec<CvssVector>,
    /// The record's own severity word.
    pub severity: Option<SeverityWord>,
    /// Links.
    pub references: Vec<String>,
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
