//! Alpine's secdb: one feed a release, of two files (feeds.md A1).
//!
//! The list of releases is built in: the host's index is an HTML page made for people. A release that is not
//! in the list is still asked for when an image names it. The secdb lists only what is fixed, or never was
//! affected. Beside it, two lists for all releases name what was looked into and rejected.

use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Release, Role, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::{rejections, secdb};

pub(super) static PROVIDER: Provider = Provider {
    name: "alpine",
    attribution: Some("Alpine Linux security database, https://secdb.alpinelinux.org/"),
    feeds,
    answering,
    releases: RELEASES,
    follow: None,
    parse: Parse::Advisories(parse),
};

/// End of support as of feeds.md A26 and <https://alpinelinux.org/releases/>.
static RELEASES: &[Release] = &[
    Release::open("alpine:edge"),
    Release::ends("alpine:3.2", "2017-05-01"),
    Release::ends("alpine:3.3", "2017-11-01"),
    Release::ends("alpine:3.4", "2018-05-01"),
    Release::ends("alpine:3.5", "2018-11-01"),
    Release::ends("alpine:3.6", "2019-05-01"),
    Release::ends("alpine:3.7", "2019-11-01"),
    Release::ends("alpine:3.8", "2020-05-01"),
    Release::ends("alpine:3.9", "2020-11-01"),
    Release::ends("alpine:3.10", "2021-05-01"),
    Release::ends("alpine:3.11", "2021-11-01"),
    Release::ends("alpine:3.12", "2022-05-01"),
    Release::ends("alpine:3.13", "2022-11-01"),
    Release::ends("alpine:3.14", "2023-05-01"),
    Release::ends("alpine:3.15", "2023-11-01"),
    Release::ends("alpine:3.16", "2024-05-23"),
    Release::ends("alpine:3.17", "2024-11-22"),
    Release::ends("alpine:3.18", "2025-05-09"),
    Release::ends("alpine:3.19", "2025-11-01"),
    Release::ends("alpine:3.20", "2026-04-01"),
    Release::ends("alpine:3.21", "2026-11-01"),
    Release::ends("alpine:3.22", "2027-04-30"),
    Release::ends("alpine:3.23", "2027-11-01"),
    Release::open("alpine:3.24"),
];

fn feeds() -> Vec<Feed> {
    RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect()
}

fn answering(namespace: &Namespace) -> Option<Feed> {
    let (id, release) = (namespace.distro_id()?, namespace.release()?);
    let version = release.split_once('.').map(|(major, minor)| (major.parse::<u32>(), minor.parse::<u32>()));
    let repositories: &[&str] = match version {
        _ if id != "alpine" => return None,
        None if release == "edge" => &["main", "community"],
        // 3.3 is the first release with a community repository.
        Some((Ok(3), Ok(..=2))) => &["main"],
        Some((Ok(_), Ok(_))) => &["main", "community"],
        _ => return None,
    };
    let source = |repository: &&str| {
        Source::records(
            format!("https://secdb.alpinelinux.org/{}/{repository}.json", distroversion(release)),
            64 * MIB,
        )
    };
    // Mirrors of the secdb are whole without the lists, which lie elsewhere.
    let rejections = |repository: &&str| Source {
        role: Role::Shared,
        is_optional: true,
        ..Source::records(format!("{REJECTIONS}/{repository}.yaml"), 16 * MIB)
    };
    Some(Feed {
        name: namespace.to_string(),
        // In this order: what was rejected is so whatever the secdb says.
        sources: repositories.iter().map(source).chain(repositories.iter().map(rejections)).collect(),
        scope: Scope::One(namespace.clone()),
        license: "CC-BY-SA-4.0",
        is_redistributable: true,
        is_alternate: false,
    })
}

const REJECTIONS: &str = "https://gitlab.alpinelinux.org/alpine/security/security-rejections/-/raw/master";

/// The release in Alpine's own spelling: `v3.20`, `edge`.
fn distroversion(release: &str) -> String {
    if release == "edge" { release.to_owned() } else { format!("v{release}") }
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    if rejections::is_list(document)? {
        return rejections::read(document, namespace, advisories);
    }
    let release = namespace.release().unwrap_or_default();
    secdb::read(document, &distroversion(release), namespace, advisories)
}
