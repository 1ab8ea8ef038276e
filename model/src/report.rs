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
    /// Which VEX documents were heard, and what in them changed nothing.
    pub vex: VexUse,
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
    /// How many records its providers gave it.
    pub records: u64,
    /// The last day of support of the release, `YYYY-MM-DD`, where known (feeds.md D10).
    pub end_of_life: Option<String>,
}

/// What was heard of VEX (feeds.md D7). It does not depend on the order in which documents were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VexUse {
    /// The documents, each once, sorted by digest.
    pub documents: Vec<VexStamp>,
    /// The statements that suppressed nothing, those that came closest first; a bounded number.
    pub unapplied: Vec<VexOutcome>,
    /// How many more there are.
    pub n_left_out: usize,
}

/// A VEX document that was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexStamp {
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// Its own id, where it states one.
    pub id: Option<String>,
    /// Who made it, as stated.
    pub author: Option<String>,
    /// `openvex`, `csaf`, `cyclonedx`.
    pub kind: &'static str,
    /// How far it is trusted, a word: `user`, `attached`, `supplier`, `hub`, `unverified`.
    pub trust: &'static str,
    /// How many statements it makes.
    pub n_statements: usize,
    /// How many findings it suppresses.
    pub n_suppressed: usize,
    /// What in it was not understood, with its place; a bounded number.
    pub remarks: Vec<String>,
}

/// A VEX statement that suppressed nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexOutcome {
    /// Why not; of several reasons that of the product which came closest.
    pub reason: VexReason,
    /// The digest of the document.
    pub document: String,
    /// Where in the document it stands: `statements[3]`.
    pub statement: String,
    /// The vulnerability as the statement names it.
    pub vulnerability: String,
    /// What it was held against, for people; empty where the reason says all.
    pub detail: String,
}

macro_rules! vex_reasons {
    ($($variant:ident = $word:literal, $doc:literal;)*) => {
        /// Why a VEX statement suppressed nothing. The first is the one that came closest to applying.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum VexReason {
            $(#[doc = $doc] $variant,)*
        }

        impl VexReason {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in every contract.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it means, a sentence for people.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

vex_reasons! {
    TooMuch = "too-much", "The documents ask for more comparisons than a run makes, and nothing in this one suppresses.";
    Contradicted = "contradicted", "Another statement of the same time and trust says otherwise.";
    Overruled = "overruled", "A later statement, or one of a document that is trusted more, says otherwise.";
    AlreadySuppressed = "already-suppressed", "The finding did not count without it.";
    OnlySomeInstances = "only-some-instances", "It holds for some of the places where the package is, not for all.";
    KeepsFinding = "keeps-finding", "Its status is one that never suppresses.";
    UnknownStatus = "unknown-status", "Its status is a word that is not known.";
    NoJustification = "no-justification", "It says not affected and gives no reason.";
    Draft = "draft", "The document is a draft.";
    Superseded = "superseded", "There is a newer version of the document.";
    Unverified = "unverified", "Nobody's signature on the document was verified.";
    OtherPath = "other-path", "The package is needed by others than the product too.";
    DependenciesUnknown = "dependencies-unknown", "It is not known whether the package is needed by others than the product.";
    FixedWithoutVersion = "fixed-without-version", "It says fixed and does not say which version.";
    UnreadableRange = "unreadable-range", "The range of versions that it names cannot be read.";
    OtherQualifiers = "other-qualifiers", "It is about the package with other qualifiers.";
    OtherVersion = "other-version", "It is about another version.";
    IndexUnknown = "index-unknown", "It is about a digest that may be that of the index of all platforms, which the SBOM does not state.";
    OtherDigest = "other-digest", "It is about another digest.";
    OtherBom = "other-bom", "It is about a component of another BOM, and nothing shows that this SBOM is that one.";
    OtherPart = "other-part", "It is about another part of the product.";
    OtherProduct = "other-product", "It is about another product.";
    UnknownProduct = "unknown-product", "Nothing that it says of the product can be compared.";
    NoFinding = "no-finding", "There is no finding of the vulnerability.";
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
    /// The runtimes that are there without a distribution answering for them, sorted, each once.
    pub runtimes: Vec<Runtime>,
    /// What could not be known: of the image, of the document, of the feeds. Sorted, each once.
    pub gaps: Vec<Gap>,
}

/// A runtime, and how long its release has support (feeds.md D10).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Runtime {
    /// Its name, that of endoflife.date: `python`, `eclipse-temurin`.
    pub name: String,
    /// The version, as stated.
    pub version: String,
    /// The last day of support of its release, `YYYY-MM-DD`, where known.
    pub end_of_life: Option<String>,
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
    /// Every value.
    pub const ALL: [Self; 7] = [
        Self::NoFeed,
        Self::NotFetched,
        Self::NoDistro,
        Self::UnknownVersion,
        Self::NoVersionScheme,
        Self::ThirdParty,
        Self::NoCode,
    ];

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
