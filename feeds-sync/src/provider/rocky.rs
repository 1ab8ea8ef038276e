//! Rocky Linux: the bulletins of its rpm repositories (feeds.md A9).
//!
//! The repositories of a release are those of its newest minor release, and have the bulletins of that alone. So those of
//! every minor release are read: where it is published, and in the vault to which it goes when the next one comes. What
//! is held of one that is found in neither place stays. A bulletin may list the packages of one architecture only; those
//! of both are read, and the rows apply to all.

use jiff::SignedDuration;
use model::advisory::Conditions;
use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::repomd;
use crate::schema::updateinfo::{self, Reading};

pub(super) static PROVIDER: Provider = Provider {
    name: "rocky",
    attribution: Some("Rocky Linux errata, https://errata.rockylinux.org/"),
    feeds: || RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect(),
    answering,
    releases: RELEASES,
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// End of support as of feeds.md A26.
static RELEASES: &[Release] = &[
    Release::ends("rocky:8", "2029-05-31"),
    Release::ends("rocky:9", "2032-05-31"),
    Release::open("rocky:10"),
];

const PUBLISHED: &str = "https://download.rockylinux.org/pub/rocky";
const VAULT: &str = "https://dl.rockylinux.org/vault/rocky";

/// Minor releases: of each release there are ten, and the first two of 8 came before the first of Rocky.
const MINORS: std::ops::RangeInclusive<u32> = 0..=10;

/// How old what is known of a minor release may be: nothing is added to those in the vault, and the newest one is also
/// under the release's own name.
const MINOR_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

fn answering(namespace: &Namespace) -> Option<Feed> {
    let release = namespace.release().filter(|_| namespace.distro_id() == Some("rocky"))?;
    if release.is_empty() || !release.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let newest = repositories(&format!("{PUBLISHED}/{release}")).map(|base| index(&base));
    let minors = MINORS.flat_map(|minor| {
        let places = [format!("{PUBLISHED}/{release}.{minor}"), format!("{VAULT}/{release}.{minor}")];
        places.into_iter().flat_map(|place| repositories(&place)).map(|base| of_minor(index(&base)))
    });
    Some(Feed {
        name: namespace.to_string(),
        sources: newest.into_iter().chain(minors).collect(),
        scope: Scope::One(namespace.clone()),
        license: "BSD-3-Clause",
        is_redistributable: true,
        is_alternate: false,
    })
}

/// The base URLs of the repositories at `place`.
fn repositories(place: &str) -> [String; 6] {
    let of = |repository: &str, architecture: &str| format!("{place}/{repository}/{architecture}/os");
    [
        of("BaseOS", "x86_64"),
        of("BaseOS", "aarch64"),
        of("AppStream", "x86_64"),
        of("AppStream", "aarch64"),
        of("extras", "x86_64"),
        of("extras", "aarch64"),
    ]
}

fn index(base: &str) -> Source {
    Source::index(repomd::url(base), 16 * MIB)
}

fn of_minor(source: Source) -> Source {
    Source { is_optional: true, max_age: Some(MINOR_AGE_MAX), ..source }
}

/// The bulletins of the repositories that have any, as those of the newest minor release do.
fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let mut named = feed.sources.clone();
    for index in &feed.sources {
        let base = index.url.trim_end_matches("/repodata/repomd.xml");
        // The extras are little more than keys and lists of other repositories.
        let may_have_none = index.is_optional || base.contains("/extras/");
        let bulletins = leads.read(&index.url, |document| match may_have_none {
            true => repomd::updateinfo(document, base, 256 * MIB),
            false => repomd::stated_updateinfo(document, base, 256 * MIB).map(Some),
        })?;
        let Some(bulletins) = bulletins.flatten() else { continue };
        named.push(if index.is_optional { of_minor(bulletins) } else { bulletins });
    }
    Ok(named)
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    let reading = Reading { namespace, leave_out, conditions: |_| Conditions::default() };
    updateinfo::read(document, &reading, advisories)
}

/// Such bulletins are about packages that bear the mark of a special interest group, which the repositories read here do
/// not have.
fn leave_out(bulletin: &str) -> Option<&'static str> {
    bulletin.starts_with("RXSA").then_some("rebuild of a special interest group, not of the distribution")
}
