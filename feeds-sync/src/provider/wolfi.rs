//! Wolfi: one secdb for its one rolling release (feeds.md A2).
//!
//! It is read in place of OSV.dev's archive: it is the vendor's own, a single file instead of an archive of records, and
//! it lists what never was affected, which OSV leaves out. OSV's names of embedded modules are not needed for a verdict.

use super::{Feed, Parse, Provider, Release};
use crate::schema::secdb;

pub(super) static PROVIDER: Provider = Provider {
    name: "wolfi",
    attribution: Some("Wolfi security database by Chainguard, https://packages.wolfi.dev/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == RELEASE).then(feed),
    releases: &[Release::open(RELEASE)],
    follow: None,
    parse: Parse::Advisories(secdb::read_rolling),
};

const RELEASE: &str = "wolfi:rolling";

fn feed() -> Feed {
    secdb::rolling_feed(RELEASE, "https://packages.wolfi.dev/os/security.json")
}
