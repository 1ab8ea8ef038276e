//! Who publishes, what there is to download, and how to read it.
//!
//! A provider is data and functions. It declares its feeds and reads a document that was downloaded; it never
//! downloads. To add one: a file here with a `static PROVIDER`, a line in [`PROVIDERS`], and a case in
//! `testdata/provider/<name>/`.
//!
//! Several providers may answer a namespace: each says what the others do not, and all of them are asked. A feed whose
//! records another one carries already is an alternate of it ([`Feed::is_alternate`]): it is asked by its name only.
//! A provider has the name of a namespace only where it alone answers that, so that `--only golang` means who answers the
//! namespace, and `--only go` the database of the Go project.

mod alma;
mod alpine;
mod amazon;
mod arch;
mod azure;
mod bitnami;
mod bottlerocket;
mod chainguard;
mod csaf;
mod cve_list;
mod debian;
mod distro_info;
mod echo;
mod endoflife;
mod epss;
mod fedora;
mod ghsa;
mod go;
mod hummingbird;
mod kev;
mod minimos;
pub(crate) mod nvd;
mod openvex;
mod oracle;
mod osv;
mod photon;
pub(crate) mod private;
mod pypa;
mod redhat;
mod rocky;
mod rubysec;
mod rustsec;
mod secureos;
mod suse;
mod ubuntu;
mod wolfi;

use std::sync::Arc;

use jiff::SignedDuration;
use model::key::Namespace;
use signing::openpgp::Certificates;

use crate::advisories::{Advisories, DailyTables};
use crate::document::Document;
use crate::error::{ParseError, SyncError};
use crate::lead::Follow;
use crate::lifecycles::Lifecycles;

/// Every provider, by name.
pub static PROVIDERS: &[&Provider] = &[
    &alma::PROVIDER,
    &alpine::PROVIDER,
    &amazon::PROVIDER,
    &arch::PROVIDER,
    &azure::PROVIDER,
    &bitnami::PROVIDER,
    &bottlerocket::PROVIDER,
    &chainguard::PROVIDER,
    &csaf::PROVIDER,
    &cve_list::PROVIDER,
    &debian::PROVIDER,
    &distro_info::PROVIDER,
    &echo::PROVIDER,
    &endoflife::PROVIDER,
    &epss::PROVIDER,
    &fedora::PROVIDER,
    &ghsa::PROVIDER,
    &go::PROVIDER,
    &hummingbird::PROVIDER,
    &kev::PROVIDER,
    &minimos::PROVIDER,
    &nvd::PROVIDER,
    &openvex::PROVIDER,
    &oracle::PROVIDER,
    &osv::PROVIDER,
    &photon::PROVIDER,
    &private::PROVIDER,
    &pypa::PROVIDER,
    &redhat::PROVIDER,
    &rocky::PROVIDER,
    &rubysec::PROVIDER,
    &rustsec::PROVIDER,
    &secureos::PROVIDER,
    &suse::PROVIDER,
    &ubuntu::PROVIDER,
    &wolfi::PROVIDER,
];

/// One publisher of feeds.
pub struct Provider {
    /// Its name, in kebab case; also its file's.
    pub name: &'static str,
    /// How it wants to be named where its data is shown; none when it does not ask for it.
    pub attribution: Option<&'static str>,
    /// Every feed that can be listed without asking the provider.
    pub feeds: fn() -> Vec<Feed>,
    /// The feed of this provider that answers a namespace, whether or not it is listed.
    pub answering: fn(&Namespace) -> Option<Feed>,
    /// What is known of its releases without asking it.
    pub releases: &'static [Release],
    /// What the documents of a feed lead to; none where all is known beforehand.
    pub follow: Option<Follow>,
    /// How to read a document.
    pub parse: Parse,
}

/// How to read one document of a feed.
#[derive(Clone, Copy)]
pub enum Parse {
    /// It holds advisories.
    Advisories(fn(&Feed, &Document<'_>, &mut Advisories) -> Result<(), ParseError>),
    /// It holds a table that ranks findings, and says how many entries.
    Daily(fn(&Document<'_>, &mut DailyTables) -> Result<u64, ParseError>),
    /// It holds a calendar of the ends of support, and says how many it knows.
    Lifecycles(fn(&Document<'_>, &mut Lifecycles) -> Result<u64, ParseError>),
}

/// What is downloaded, read and replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its name, unique within the provider: `alpine:3.20`, `debian`, `PyPI`.
    pub name: String,
    /// Its files; together they are the feed.
    pub sources: Vec<Source>,
    /// The namespaces that it speaks for.
    pub scope: Scope,
    /// The licence of the data: an SPDX expression, or a sentence.
    pub license: &'static str,
    /// Whether the licence lets others pass the data on.
    pub is_redistributable: bool,
    /// Another feed carries the same records, as OSV.dev does those of the databases it aggregates: this one is asked
    /// only when it or its provider is named, never for all feeds or for a namespace. Beside the other one it would
    /// say everything twice.
    pub is_alternate: bool,
}

/// One download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub url: String,
    /// The most bytes to accept.
    pub bytes_max: u64,
    /// What it is for.
    pub role: Role,
    /// That it cannot be had is no gap: the feed is whole without it.
    pub is_optional: bool,
    /// That it does not exist is no answer: the feed is not whole without it.
    pub must_exist: bool,
    /// It is not asked again before it is so old, whatever a sync asks for; none asks each time.
    pub max_age: Option<SignedDuration>,
    /// The SHA-256 of its bytes, in lower-case hexadecimal, where another document states it: other bytes are refused.
    pub sha256: Option<String>,
    /// The same of its SHA-512; asked is whether new bytes have it.
    pub sha512: Option<String>,
    /// What is known of its content once unpacked: other content is refused.
    pub content: Content,
    /// Who must have signed its bytes: others are refused.
    pub signed: Signed,
    /// What it means that it does not exist, for the gap that says so; none where that speaks for itself.
    pub missing_means: Option<&'static str>,
}

/// What another document states of the unpacked content of a download.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    #[default]
    Unstated,
    /// A document of the feed that leads to others is to state it: it is asked before.
    ToBeStated,
    /// Its SHA-256, in lower-case hexadecimal.
    Sha256(String),
}

/// What is known of the signature of a download.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Signed {
    /// It is not asked for.
    #[default]
    Unasked,
    /// Publishers of its kind may sign, and this one promises no signature or names no key: the report says so.
    Unverified,
    /// It is promised, and it or the keys are not at hand: what is held stands, and the report says that it was not verified.
    Wanting,
    /// By one of these keys, as this detached OpenPGP signature shows.
    By {
        /// The publisher's.
        keys: Arc<PublisherKeys>,
        /// As it came.
        signature: Arc<str>,
    },
}

/// The keys of a publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherKeys {
    /// Those that can be used.
    pub certificates: Certificates,
    /// Where others are that the publisher names, and why they cannot be used.
    pub unusable: Vec<String>,
}

/// As the `max_age` of a source: whatever became of the last attempt, what is held of it stands, and it is not asked. It is
/// asked all the same once documents name it with a shorter one.
pub(crate) const HELD_STANDS: SignedDuration = SignedDuration::MAX;

/// What a download is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It holds records, and the feed is not whole without it.
    Records,
    /// It holds records that another document of the feed may hold in an older state: where it cannot be had, the feed
    /// goes on without it, and a gap says so.
    Update,
    /// It leads to other documents, and holds no record.
    Index,
    /// It holds records and leads to others of its kind.
    Page,
    /// It holds records for several feeds, and is downloaded once for all of them. Whether it can be had
    /// says nothing of whether any of the feeds exists.
    Shared,
}

impl Feed {
    /// The name under which its rows are held.
    pub fn publisher<'a>(&'a self, provider: &'a Provider) -> &'a str {
        match self.scope {
            Scope::Documents => &self.name,
            _ => provider.name,
        }
    }
}

impl Role {
    /// Whether records are read from it.
    pub fn has_records(self) -> bool {
        self != Self::Index
    }

    /// Whether it may lead to others.
    pub fn leads(self) -> bool {
        matches!(self, Self::Index | Self::Page)
    }
}

impl Source {
    /// A file of records, of at most `bytes_max`, that is asked each time.
    pub fn records(url: impl Into<String>, bytes_max: u64) -> Self {
        Self {
            url: url.into(),
            bytes_max,
            role: Role::Records,
            is_optional: false,
            must_exist: false,
            max_age: None,
            sha256: None,
            sha512: None,
            content: Content::Unstated,
            signed: Signed::Unasked,
            missing_means: None,
        }
    }

    /// A file that leads to others.
    pub fn index(url: impl Into<String>, bytes_max: u64) -> Self {
        Self { role: Role::Index, ..Self::records(url, bytes_max) }
    }
}

/// The namespaces that a feed speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Just this one; the feed speaks for it even when it has no advisory.
    One(Namespace),
    /// Every release of the distribution with this id that occurs in the feed.
    Distro(&'static str),
    /// Every language that occurs in the feed, and every year of the CVEs that it says something of.
    Languages,
    /// Every namespace that its documents name. The feed itself is who says so, by its name, and it need not say anything.
    Documents,
    /// None: it ranks findings of all namespaces.
    Ranking,
    /// None: it says when the support of releases ends.
    Lifecycles,
}

impl Scope {
    /// Whether it is a table that every sync takes along, and holds no record of a namespace.
    pub fn is_table(&self) -> bool {
        matches!(self, Self::Ranking | Self::Lifecycles)
    }
}

/// What is known of a release with no feed at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its codename, where images may name it by that alone.
    pub codename: Option<&'static str>,
    /// The last day of support, `YYYY-MM-DD`; a calendar that was downloaded wins.
    pub end_of_life: Option<&'static str>,
    /// Its vendor sweeps it out of the feed bit by bit once its support has ended: from that day on what is held of it
    /// is never replaced (feeds.md §0.4(8), A4).
    pub freezes: bool,
}

impl Release {
    /// A release whose end of support is known.
    pub(crate) const fn ends(namespace: &'static str, end_of_life: &'static str) -> Self {
        Self { namespace, codename: None, end_of_life: Some(end_of_life), freezes: false }
    }

    /// A release without a known end.
    pub(crate) const fn open(namespace: &'static str) -> Self {
        Self { namespace, codename: None, end_of_life: None, freezes: false }
    }
}

/// The feeds that answer `namespace`, each with its provider, in the order of [`PROVIDERS`]; alternates are not among
/// them.
pub fn answering(namespace: &Namespace) -> impl Iterator<Item = (&'static Provider, Feed)> {
    PROVIDERS
        .iter()
        .filter_map(move |provider| Some((*provider, (provider.answering)(namespace)?)))
        .filter(|(_, feed)| !feed.is_alternate)
}

/// Whether `namespace` is one of the many that its feed fills only when somebody asks for it, or holds it already: nearly
/// no image has a use for it.
pub(crate) fn is_on_demand(namespace: &Namespace) -> bool {
    redhat::is_layered(namespace)
}

/// The feed of a publisher that is named by its place; none for any other name.
///
/// # Errors
/// It names a place that cannot be asked.
pub fn named(name: &str) -> Result<Option<(&'static Provider, Feed)>, SyncError> {
    let csaf = csaf::named(name)?.map(|feed| (&csaf::PROVIDER, feed));
    let openvex = openvex::named(name)?.map(|feed| (&openvex::PROVIDER, feed));
    Ok(csaf.or(openvex))
}

pub(crate) const MIB: u64 = 1 << 20;

/// The age of a table that changes at most daily.
pub(crate) const DAILY: SignedDuration = SignedDuration::from_hours(24);

/// The licence of feeds that vendors publish for use with their own products.
pub(crate) const NOT_TO_BE_PASSED_ON: &str = "vendor's terms; not to be passed on";
