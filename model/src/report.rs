//! All a reader needs to know of one run: nothing rendered.

use jiff::Timestamp;

use crate::finding::Finding;
use crate::gap::Gap;
use crate::inventory::Inventory;
use crate::key::Namespace;
use crate::risk::RiskWeights;

/// The answer to "may this image sail", before anybody judged it.
///
/// The same inventory, snapshot, `as_of` and weights of risk give an equal report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The time that stands for "now".
    pub as_of: Timestamp,
    /// `sha256:…` of the SBOM that was matched: of the bytes read, or of the CycloneDX 1.6 JSON that the
    /// inventory writes.
    pub sbom_digest: String,
    /// What was matched.
    pub inventory: Inventory,
    /// Against what.
    pub snapshot: SnapshotStamp,
    /// What was and was not judged.
    pub coverage: Coverage,
    /// Sorted by risk (highest first), then id, then purl.
    pub findings: Vec<Finding>,
    /// How risk was computed.
    pub risk: RiskWeights,
}

/// Which feed database answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotStamp {
    /// The snapshot's id; empty when there is none.
    pub id: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The namespaces that were asked and are held, sorted.
    pub namespaces: Vec<NamespaceStamp>,
}

/// The state of one namespace in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceStamp {
    /// Which.
    pub name: Namespace,
    /// When its providers last said that this is their state; the oldest of them.
    pub data_as_of: Option<Timestamp>,
    /// How many rows it holds.
    pub records: u64,
    /// The last day of support of the release, `YYYY-MM-DD`, where known (feeds.md D10).
    pub end_of_life: Option<String>,
}

/// What was judged and what was not: `packages` is `matched` plus all of `unmatched`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Packages in the inventory.
    pub packages: usize,
    /// Packages that were judged against a feed that is held.
    pub matched: usize,
    /// The others, grouped, sorted.
    pub unmatched: Vec<Unmatched>,
    /// What could not be known: of the image, of the document, of the feeds. Sorted, each once.
    pub gaps: Vec<Gap>,
}

/// Packages that were not judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmatched {
    /// Why.
    pub reason: UnmatchedReason,
    /// The namespace that would have answered, or the ecosystem's name.
    pub namespace: Namespace,
    /// How many.
    pub packages: usize,
}

/// Why a package was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnmatchedReason {
    /// No provider answers this namespace, or the provider's feed has no such release.
    NoFeed,
    /// A provider answers it, but its shard is not held.
    NotFetched,
    /// The package belongs to a distribution that the SBOM does not name.
    NoDistro,
    /// The package states no version that can be compared.
    UnknownVersion,
    /// plimsoll cannot yet order versions of this ecosystem.
    NoVersionScheme,
    /// Somebody else than the distribution built the package, so the distribution's feed says nothing of it.
    ThirdParty,
    /// It holds no code of its own: a key, debug information, a name for others.
    NoCode,
}

impl UnmatchedReason {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoFeed => "no-feed",
            Self::NotFetched => "not-fetched",
            Self::NoDistro => "no-distro",
            Self::UnknownVersion => "unknown-version",
            Self::NoVersionScheme => "no-version-scheme",
            Self::ThirdParty => "third-party",
            Self::NoCode => "no-code",
        }
    }
}
