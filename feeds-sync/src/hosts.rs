//! Hosts of feeds that want to know who asks, or be asked no faster than they say (feeds.md A22, `peers.md` §4.1).
//!
//! It is a table for whoever makes the fetcher: a provider says nothing about HTTP.

use std::time::Duration;

/// A host that is known to want a key, a pace, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// The host.
    pub host: &'static str,
    /// The environment variables that may hold a key for it; the first that is set counts.
    pub variables: &'static [&'static str],
    /// How it wants the key.
    pub key: KeyForm,
    /// What to ask to learn whether a key is accepted.
    pub check_url: &'static str,
    /// The least time between two requests without a key.
    pub interval: Duration,
    /// The least time between two requests with a key.
    pub interval_with_key: Duration,
}

/// How a host wants a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// `Authorization: Bearer`.
    Bearer,
    /// In a header of this name.
    Header(&'static str),
}

/// A host of GitHub. A token raises how often it may be asked; what it says itself sets the pace.
const fn github(host: &'static str, check_url: &'static str) -> KnownHost {
    KnownHost {
        host,
        variables: &["GITHUB_TOKEN", "GH_TOKEN"],
        key: KeyForm::Bearer,
        check_url,
        interval: Duration::ZERO,
        interval_with_key: Duration::ZERO,
    }
}

/// Every host that is known to want something, by name.
pub static KNOWN_HOSTS: &[KnownHost] = &[
    github("api.github.com", "https://api.github.com/rate_limit"),
    github("github.com", "https://github.com/"),
    github(
        "raw.githubusercontent.com",
        "https://raw.githubusercontent.com/github/advisory-database/main/README.md",
    ),
    // 5 requests in 30 s without a key and 50 with one (feeds.md A22).
    KnownHost {
        host: "services.nvd.nist.gov",
        variables: &["NVD_API_KEY"],
        key: KeyForm::Header("apiKey"),
        check_url: "https://services.nvd.nist.gov/rest/json/cves/2.0?resultsPerPage=1",
        interval: Duration::from_secs(6),
        interval_with_key: Duration::from_millis(600),
    },
];
