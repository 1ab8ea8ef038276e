//! Amazon Linux: the bulletins of its rpm repositories (feeds.md A6).
//!
//! A repository is found in three steps: a list of mirrors, the index of the first of them, and the bulletins with the
//! checksum that the index states. Amazon Linux 2 has one more step before: its extras, of which kernels and docker are
//! two, are repositories of their own, and a catalogue names them. Only what is fixed is listed. The repositories of
//! x86_64 are read: an architecture decides no row, and those of aarch64 have the same versions.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use model::advisory::Conditions;
use model::key::Namespace;
use model::version::VersionText;
use serde::Deserialize;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::repomd;
use crate::schema::updateinfo::{self, Package, Reading};

pub(super) static PROVIDER: Provider = Provider {
    name: "amazon",
    attribution: Some("Amazon Linux Security Center, https://alas.aws.amazon.com/"),
    feeds: || RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect(),
    answering,
    releases: RELEASES,
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// End of support as of feeds.md A26.
static RELEASES: &[Release] = &[
    Release::ends("amazon:1", "2023-12-31"),
    Release::ends("amazon:2", "2026-06-30"),
    Release::ends("amazon:2023", "2028-03-15"),
];

const CDN: &str = "https://cdn.amazonlinux.com";
const CATALOGUE: &str = "https://cdn.amazonlinux.com/2/extras-catalog-x86_64.json";
const MIRROR_LIST: &str = "/mirror.list";

/// How many extras a catalogue may name; there are some seventy.
const EXTRAS_MAX: usize = 1_000;

fn answering(namespace: &Namespace) -> Option<Feed> {
    if namespace.distro_id() != Some("amazon") {
        return None;
    }
    let list = |url: String| Source::index(url, MIB);
    let sources = match namespace.release()? {
        "1" => {
            vec![list("http://repo.us-west-2.amazonaws.com/2018.03/updates/x86_64/mirror.list".to_owned())]
        }
        "2" => {
            vec![list(format!("{CDN}/2/core/latest/x86_64{MIRROR_LIST}")), Source::index(CATALOGUE, 16 * MIB)]
        }
        "2023" => vec![
            list(format!("{CDN}/al2023/core/mirrors/latest/x86_64{MIRROR_LIST}")),
            // Where this one lies was seen in one place only (feeds.md A6).
            Source {
                is_optional: true,
                ..list(format!("{CDN}/al2023/kernel-livepatch/mirrors/latest/x86_64{MIRROR_LIST}"))
            },
        ],
        _ => return None,
    };
    Some(Feed {
        name: namespace.to_string(),
        sources,
        scope: Scope::One(namespace.clone()),
        license: "not stated by Amazon",
        is_redistributable: false,
        is_alternate: false,
    })
}

/// The repositories' lists of mirrors, the index of each, and the bulletins of those that have any.
fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let (mut lists, catalogues): (Vec<Source>, Vec<Source>) =
        feed.sources.iter().cloned().partition(|source| source.url.ends_with(MIRROR_LIST));
    for catalogue in &catalogues {
        let extras = leads.read(&catalogue.url, extras)?.unwrap_or_default();
        lists.extend(
            extras.iter().map(|extra| {
                Source::index(format!("{CDN}/2/extras/{extra}/latest/x86_64{MIRROR_LIST}"), MIB)
            }),
        );
    }
    let mut named = catalogues;
    for list in lists {
        // Of the extras some have no bulletins.
        let is_core = !list.is_optional && feed.sources.iter().any(|source| source.url == list.url);
        let base = leads.read(&list.url, first_mirror)?;
        let is_optional = list.is_optional;
        named.push(list);
        let Some(base) = base else { continue };
        let index = Source { is_optional, ..Source::index(repomd::url(&base), 16 * MIB) };
        let bulletins = leads.read(&index.url, |document| match is_core {
            true => repomd::stated_updateinfo(document, &base, 512 * MIB).map(Some),
            false => repomd::updateinfo(document, &base, 512 * MIB),
        })?;
        named.push(index);
        named.extend(bulletins.flatten().map(|bulletins| Source { is_optional, ..bulletins }));
    }
    Ok(named)
}

/// The names of the extras.
fn extras(document: &Document<'_>) -> Result<BTreeSet<String>, ParseError> {
    let catalogue: Catalogue = document.json(PhantomData)?;
    let extras: BTreeSet<String> = catalogue.topics.into_iter().map(|topic| topic.n).collect();
    let is_name = |name: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        !name.is_empty() && name.bytes().all(is_plain) && !name.contains("..")
    };
    match extras.iter().find(|name| !is_name(name)) {
        Some(name) => Err(ParseError::NotTheFeed(format!("no catalogue of extras: `{name:.64}` is no name"))),
        None if extras.len() > EXTRAS_MAX => {
            Err(ParseError::NotTheFeed(format!("a catalogue of more than {EXTRAS_MAX} extras")))
        }
        None => Ok(extras),
    }
}

#[derive(Deserialize)]
struct Catalogue {
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    /// The extra's name.
    n: String,
}

/// The base URL of the first mirror.
fn first_mirror(document: &Document<'_>) -> Result<String, ParseError> {
    let text = document.text()?;
    let base = text.lines().next().unwrap_or_default().trim();
    // The first repositories are served without TLS; whose they are can be told all the same.
    let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    let is_amazons = host.ends_with(".amazonaws.com") || host.ends_with(".amazonlinux.com");
    if !is_amazons || base.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#' | '@' | '\\')) {
        return Err(ParseError::NotTheFeed(format!(
            "no list of mirrors: `{base:.64}` is no place of Amazon's"
        )));
    }
    Ok(base.replace("$basearch", "x86_64"))
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    let reading = Reading { namespace, leave_out: |_| None, conditions };
    updateinfo::read(document, &reading, advisories)
}

/// A live patch fixes a kernel that runs, not the package on the disk: its rows are of their own flavour and are never
/// about other builds. A bulletin of one line of kernels is about that line alone; without that every older kernel would
/// be below its versions.
fn conditions(package: &Package<'_>) -> Conditions {
    let family = package.bulletin.split_once('-').map_or(package.bulletin, |(family, _)| family);
    if family.ends_with("LIVEPATCH") || package.name.starts_with("kernel-livepatch") {
        return Conditions { flavour: Some("livepatch".into()), ..Conditions::default() };
    }
    let line = kernel_line(package.bulletin).map(|line| VersionText::from(format!("{line}.0").as_str()));
    Conditions { line, ..Conditions::default() }
}

/// The line of kernels that a bulletin is about: of `ALASKERNEL-5.10-2022-001` it is `5.10`.
fn kernel_line(bulletin: &str) -> Option<&str> {
    let (family, rest) = bulletin.split_once('-')?;
    let (line, _) = rest.split_once('-').filter(|_| family.ends_with("KERNEL"))?;
    let is_line = line.contains('.') && line.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_line.then_some(line)
}
