//! MinimOS: one secdb for its one rolling release (feeds.md A2).
//!
//! It is read in place of OSV.dev's archive for the reasons that provider `wolfi` has.

use super::{Feed, Parse, Provider, Release};
use crate::schema::secdb;

pub(super) static PROVIDER: Provider = Provider {
    name: "minimos",
    attribution: Some("MinimOS security database by Minimus, https://packages.mini.dev/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == RELEASE).then(feed),
    releases: &[Release::open(RELEASE)],
    follow: None,
    parse: Parse::Advisories(secdb::read_rolling),
};

const RELEASE: &str = "minimos:rolling";

fn feed() -> Feed {
    secdb::rolling_feed(RELEASE, "https://packages.mini.dev/advisories/secdb/security.json")
}
