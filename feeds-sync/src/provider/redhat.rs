//! Red Hat: one VEX document a CVE, all of them in a dated archive, and lists of what changed and what was taken away
//! since (feeds.md A5). Beside each of them stands its SHA-256, by which it is checked.
//!
//! The rows are those of Red Hat Enterprise Linux: the main stream and the extended ones. What is said of a layered product
//! (OpenShift, Ansible, …) stands in a namespace of the product's own, `redhat:openshift` of `cpe:/a:redhat:openshift:4.12`,
//! whose rows name the product with its version as a condition. There are hundreds of them, and hardly an image has a use
//! for one: such a namespace is filled once it is asked for, and kept up to date from then on; until then it is counted and
//! left out.
//!
//! They are read from the older of the two trees, which lists every binary package. Red Hat calls it deprecated: once its
//! pointer is gone, they are read from the newer one (`vex-feed`), and a gap says so.
//!
//! Beside the rows the feed has what Red Hat's repositories stand for, by which the products of an image are found.

use model::key::Namespace;
use model::red_hat;

use super::{DAILY, Feed, MIB, Parse, Provider, Release, Role, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::redhat_tree::{self, VEX, VEX_FEED};
use crate::schema::{redhat_vex, repository_cpes};

pub(super) static PROVIDER: Provider = Provider {
    name: "redhat",
    attribution: Some("Red Hat Product Security, https://security.access.redhat.com/data/"),
    feeds: || vec![feed()],
    answering: |namespace| {
        let is_major = namespace.release()?.parse::<u32>().is_ok();
        let is_release = namespace.distro_id() == Some("redhat") && is_major;
        (is_release || is_layered(namespace)).then(feed)
    },
    releases: RELEASES,
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// The end of maintenance, without extended life (feeds.md A26; <https://access.redhat.com/support/policy/updates/errata>).
static RELEASES: &[Release] = &[
    Release::ends("redhat:6", "2020-11-30"),
    Release::ends("redhat:7", "2024-06-30"),
    Release::ends("redhat:8", "2029-05-31"),
    Release::ends("redhat:9", "2032-05-31"),
    Release::ends("redhat:10", "2035-05-31"),
];

/// What it means that the pointer of the older tree does not exist.
const TREE_HAS_ENDED: &str = "the older tree has ended; Red Hat Enterprise Linux is read from `vex-feed`, which lists \
                              source packages for most fixes, and few binary ones";

const REPOSITORIES: &str = "https://security.access.redhat.com/data/metrics/repository-to-cpe.json";

fn feed() -> Feed {
    let pointer = Source { missing_means: Some(TREE_HAS_ENDED), ..Source::index(VEX.pointer(), MIB) };
    let repositories = Source::records(REPOSITORIES, 64 * MIB);
    let repositories = Source { role: Role::Update, max_age: Some(DAILY), ..repositories };
    Feed {
        name: "redhat".to_owned(),
        sources: vec![pointer, repositories],
        scope: Scope::Distro("redhat"),
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

/// Whether `namespace` is that of a layered product.
pub(super) fn is_layered(namespace: &Namespace) -> bool {
    let product = namespace.release().filter(|_| namespace.distro_id() == Some("redhat"));
    product.is_some_and(red_hat::is_layered)
}

/// The older tree; once that has ended, the newer one.
fn follow(_feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    if !leads.missing.contains(VEX.pointer().as_str()) {
        return VEX.follow(leads);
    }
    // The list of documents is what this feed has of the tree for itself: what it was read for is remembered by that.
    let index = Source { role: Role::Page, must_exist: true, ..Source::index(VEX_FEED.index(), 64 * MIB) };
    let pointer = Source { must_exist: true, ..Source::index(VEX_FEED.pointer(), MIB) };
    let sources = [pointer].into_iter().chain(VEX_FEED.follow(leads)?).map(shared);
    Ok(sources.chain([index]).collect())
}

/// What it means that a list, a listed document or its checksum is not there.
const IS_LACKING: &str = "what it says is not known; it is asked for again";

/// A file of the newer tree, which Hummingbird is read from too. One that the feed can do without stays so.
pub(super) fn shared(source: Source) -> Source {
    let is_archive_sum = source.url.ends_with(".tar.zst.sha256");
    let is_optional = source.role == Role::Update && !is_archive_sum;
    let missing_means = is_optional.then_some(IS_LACKING).or(source.missing_means);
    Source { role: Role::Shared, is_optional, missing_means, ..source }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if document.url.ends_with(repository_cpes::FILE) {
        advisories.repositories = repository_cpes::read(document, &mut advisories.remarks)?;
        return Ok(());
    }
    redhat_tree::read(document, advisories, redhat_vex::read)
}
