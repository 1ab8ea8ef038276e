//! Hummingbird, Red Hat's hardened images: rolling, and published in the newer of Red Hat's trees of VEX documents only
//! (`vex-feed`, feeds.md A5).
//!
//! That tree speaks of all products of Red Hat; what it says of the others is passed over, as they have a feed of their own.

use model::key::Namespace;
use model::red_hat;

use super::{Feed, MIB, Parse, Provider, Release, Role, Scope, Source, redhat};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::redhat_tree::{self, VEX_FEED};
use crate::schema::redhat_vex;

pub(super) static PROVIDER: Provider = Provider {
    name: "hummingbird",
    attribution: Some("Red Hat Product Security, https://security.access.redhat.com/data/"),
    feeds: || vec![feed()],
    answering: |namespace: &Namespace| (namespace.as_str() == red_hat::HUMMINGBIRD).then(feed),
    releases: &[Release::open(red_hat::HUMMINGBIRD)],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

fn feed() -> Feed {
    // It holds no record. As one that is this feed's alone it remembers what the tree was read for.
    let pointer = Source { role: Role::Page, must_exist: true, ..Source::index(VEX_FEED.pointer(), MIB) };
    Feed {
        name: "hummingbird".to_owned(),
        sources: vec![pointer],
        scope: Scope::One(Namespace::new(red_hat::HUMMINGBIRD)),
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn follow(_feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    Ok(VEX_FEED.follow(leads)?.into_iter().map(redhat::shared).collect())
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    redhat_tree::read(document, advisories, redhat_vex::read_hummingbird)
}
