//! AlmaLinux: one list of errata a release (feeds.md A8).
//!
//! The vendor publishes the same as OSV too, without epochs, modules and some packages; that is not read.

use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::schema::errata;

pub(super) static PROVIDER: Provider = Provider {
    name: "alma",
    attribution: Some("AlmaLinux errata, https://errata.almalinux.org/"),
    feeds: || RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect(),
    answering,
    releases: RELEASES,
    follow: None,
    parse: Parse::Advisories(|feed, document, advisories| match &feed.scope {
        Scope::One(namespace) => errata::read(document, namespace, advisories),
        _ => Ok(()),
    }),
};

/// End of support as of feeds.md A26.
static RELEASES: &[Release] = &[
    Release::ends("almalinux:8", "2029-03-31"),
    Release::ends("almalinux:9", "2032-05-31"),
    Release::ends("almalinux:10", "2035-05-31"),
];

fn answering(namespace: &Namespace) -> Option<Feed> {
    let release = namespace.release().filter(|_| namespace.distro_id() == Some("almalinux"))?;
    if release.is_empty() || !release.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Feed {
        name: namespace.to_string(),
        sources: vec![Source::records(
            format!("https://errata.almalinux.org/{release}/errata.json"),
            1024 * MIB,
        )],
        scope: Scope::One(namespace.clone()),
        license: "MIT",
        is_redistributable: true,
        is_alternate: false,
    })
}
