//! Who publishes, what there is to download, and how to read it.
//!
//! A provider is data and functions. It declares its feeds and reads a document that was downloaded; it never
//! downloads. To add one: a file here with a `static PROVIDER`, a line in [`PROVIDERS`], and a case in
//! `testdata/provider/<name>/`.

mod alma;
mod alpine;
mod amazon;
mod arch;
mod azure;
mod bottlerocket;
mod chainguard;
mod debian;
mod echo;
mod epss;
mod fedora;
mod kev;
mod minimos;
mod oracle;
mod osv;
mod photon;
mod redhat;
mod rocky;
mod secureos;
mod suse;
mod ubuntu;
mod wolfi;

use jiff::SignedDuration;
use model::key::Namespace;

use crate::advisories::{Advisories, DailyTables};
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::Follow;

/// Every provider, by name.
pub static PROVIDERS: &[&Provider] = &[
    &alma::PROVIDER,
    &alpine::PROVIDER,
    &amazon::PROVIDER,
    &arch::PROVIDER,
    &azure::PROVIDER,
    &bottlerocket::PROVIDER,
    &chainguard::PROVIDER,
    &debian::PROVIDER,
    &echo::PROVIDER,
    &epss::PROVIDER,
    &fedora::PROVIDER,
    &kev::PROVIDER,
    &minimos::PROVIDER,
    &oracle::PROVIDER,
    &osv::PROVIDER,
    &photon::PROVIDER,
    &redhat::PROVIDER,
    &rocky::PROVIDER,
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
    /// The feed that answers a namespace, whether or not it is listed.
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
    /// It is not asked again before it is so old, whatever a sync asks for; none asks each time.
    pub max_age: Option<SignedDuration>,
    /// The SHA-256 of its bytes, in lower-case hexadecimal, where another document states it: other bytes are refused.
    pub sha256: Option<String>,
}

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
    /// It holds records for several feeds of its provider, and is downloaded once for all of them. Whether it can be had
    /// says nothing of whether any of the feeds exists.
    Shared,
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
            max_age: None,
            sha256: None,
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
    /// None: it ranks findings of all namespaces.
    Ranking,
}

/// What is known of a release with no feed at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its codename, where images may name it by that alone.
    pub codename: Option<&'static str>,
    /// The last day of support, `YYYY-MM-DD`.
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

    /// Whether what is held of it stands for good on `day`, `YYYY-MM-DD`.
    pub(crate) fn is_frozen(&self, day: &str) -> bool {
        self.freezes && self.end_of_life.is_some_and(|end| end <= day)
    }
}

/// The feed that answers `namespace`, and its provider.
pub fn answering(namespace: &Namespace) -> Option<(&'static Provider, Feed)> {
    PROVIDERS.iter().find_map(|provider| Some((*provider, (provider.answering)(namespace)?)))
}

pub(crate) const MIB: u64 = 1 << 20;

/// The licence of feeds that vendors publish for use with their own products.
pub(crate) const NOT_TO_BE_PASSED_ON: &str = "vendor's terms; not to be passed on";
