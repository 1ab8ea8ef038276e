//! Facts about feeds and releases that matching needs before any row is looked up.

use std::collections::BTreeMap;

use crate::key::Namespace;

/// The version of the matching rules. It is part of what a re-match state answers for, beside the version of plimsoll and
/// its sources (`docs/decisions/0041`): when one of them differs, everything is judged anew.
pub const RULES_VERSION: u32 = 7;

/// What a provider's silence about a package means (feeds.md D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverageClass {
    /// Fixed and unfixed are both published: silence is a statement.
    Complete,
    /// Only fixes (and "never affected") are published: silence says nothing of unfixed vulnerabilities.
    FixOnly,
}

impl CoverageClass {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::FixOnly => "fix-only",
        }
    }
}

/// The runtimes of which it is known when the support of a release ends, by the names that endoflife.date has for them
/// (feeds.md A26); sorted. The facts of a release are under [`Namespace::runtime`].
pub const RUNTIMES: [&str; 18] = [
    "amazon-corretto",
    "azul-zulu",
    "bellsoft-liberica",
    "dotnet",
    "eclipse-temurin",
    "go",
    "graalvm-ce",
    "ibm-semeru-runtime",
    "microsoft-build-of-openjdk",
    "nodejs",
    "openjdk-builds-from-oracle",
    "oracle-graalvm",
    "oracle-jdk",
    "php",
    "python",
    "redhat-build-of-openjdk",
    "ruby",
    "sapmachine",
];

/// Whether `provider` is one that somebody named: his own advisories (`private`), or a publisher by its place
/// (`csaf:www.example.com`). It speaks of any namespace, and its silence says nothing.
pub fn is_supplement(provider: &str) -> bool {
    provider == crate::advisory::PRIVATE || provider.contains(':')
}

/// What is known of one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceFacts {
    /// What silence means.
    pub coverage: CoverageClass,
    /// The providers that answer it, sorted.
    pub providers: Vec<String>,
    /// The last day of support, `YYYY-MM-DD`, where known.
    pub end_of_life: Option<String>,
}

/// What Red Hat's repositories (content sets, `rhel-9-for-x86_64-baseos-rpms`) stand for: the CPE names, as published, of
/// the products whose packages they hold; sorted. An image names its repositories, and advisories name products.
pub type RepositoryCpes = BTreeMap<String, Vec<String>>;

/// Facts by namespace: the content of a snapshot's `facts` shard.
///
/// A namespace that is listed can be answered by a provider, whether or not its rows are held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedFacts {
    /// Facts of each namespace.
    pub namespaces: BTreeMap<Namespace, NamespaceFacts>,
    /// Debian's codename to release (`bookworm` to `12`), from the providers' tables.
    pub codenames: BTreeMap<String, Namespace>,
    /// What the repositories that one inventory names stand for; the map of all is large, and only asked for these.
    pub repository_cpes: RepositoryCpes,
}
