//! Chainguard's images: one secdb for its one rolling release (feeds.md A2).
//!
//! It is read in place of OSV.dev's archive for the reasons that provider `wolfi` has. Images of Wolfi hold packages of
//! this one and the other way round; the repositories of an image tell which databases are asked.

use super::{Feed, Parse, Provider, Release};
use crate::schema::secdb;

pub(super) static PROVIDER: Provider = Provider {
    name: "chainguard",
    attribution: Some("Chainguard security database, https://packages.cgr.dev/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == RELEASE).then(feed),
    releases: &[Release::open(RELEASE)],
    follow: None,
    parse: Parse::Advisories(secdb::read_rolling),
};

const RELEASE: &str = "chainguard:rolling";

fn feed() -> Feed {
    secdb::rolling_feed(RELEASE, "https://packages.cgr.dev/chainguard/security.json")
}
