//! The reference page of the feeds, made from the providers themselves.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use model::facts::CoverageClass;
use model::key::Namespace;

use crate::facts;
use crate::hosts::{KNOWN_HOSTS, KeyForm};
use crate::provider::{Feed, PROVIDERS, Provider, Scope, nvd};
use crate::schedule;

/// How a provider is read whose downloads lead to others: what is asked at each sync, and when the whole is downloaded
/// anew. All others have files that are asked at each sync and downloaded whole when they have changed.
const LEADING: &[(&str, &str)] = &[
    ("amazon", "the lists of mirrors and the indexes at each sync, bulletins when an index states others"),
    ("csaf", "when it is named, its metadata and lists at each sync, and the documents that changed"),
    (
        "cve-list",
        "the log of changes and the records that changed at each sync; an archive every 7 days, or above 5,000 changes",
    ),
    (
        "fedora",
        "what was pushed since the newest update at each sync; the whole listing of a release every 7 days",
    ),
    (
        "go",
        "the index at each sync and the records that changed; the archive at first and after many changes",
    ),
    (
        "hummingbird",
        "the lists of changes and deletions and the documents that changed at each sync; the archive every 7 days, or above \
         5,000 changes",
    ),
    (
        "nvd",
        "what was modified lately at each sync, windows of the API when the last sync is older than 7 days; the yearly files at first and monthly",
    ),
    (
        "osv",
        "the list of changes and the records that changed at each sync; an archive every 7 days, or above 250 changes",
    ),
    ("private", "when it is named, each place at each sync"),
    (
        "redhat",
        "the lists of changes and deletions and the documents that changed at each sync; the latest archive when the one \
         held is 7 days old, or above 5,000 changes",
    ),
    ("openvex", "when it is named, the place at each sync, and the documents that it leads to"),
    ("rocky", "the indexes at each sync, those of earlier minor releases daily; bulletins with them"),
    ("secureos", "the pointer at each sync, the database when it names another"),
    ("suse", "the list of changes and the documents that changed at each sync; the archive every 30 days"),
];

/// URLs that are named of a feed that has many.
const URLS_NAMED: usize = 3;

/// How `provider` is asked, in words; none when that is not written down.
pub fn cadence(provider: &Provider) -> Option<&'static str> {
    let leading = LEADING.iter().find(|(name, _)| *name == provider.name).map(|(_, text)| *text);
    match provider.follow {
        Some(_) => leading,
        None => Some("each file at each sync, downloaded whole when it has changed"),
    }
}

/// The page: `docs/reference/feeds.md`.
pub fn page() -> String {
    let mut page = include_str!("reference.md").to_owned();
    page = page.replace("{hosts}\n", &hosts());
    page = page.replace("{summary}\n", &summary());
    page.replace("{feeds}\n", &table())
}

/// Hosts that want a key or a pace.
fn hosts() -> String {
    let mut table = "| host | key | sent as | at most one request each |\n|---|---|---|---|\n".to_owned();
    for host in KNOWN_HOSTS {
        let variables: Vec<String> = host.variables.iter().map(|name| format!("`{name}`")).collect();
        let form = match host.key {
            KeyForm::Bearer => "`Authorization: Bearer`".to_owned(),
            KeyForm::Header(name) => format!("`{name}`"),
        };
        let pace = match (host.interval.as_secs_f64(), host.interval_with_key.as_secs_f64()) {
            (0.0, 0.0) => "as it says itself".to_owned(),
            (without, with) => format!("{without} s, with a key {with} s"),
        };
        let _ = writeln!(table, "| `{}` | {} | {form} | {pace} |", host.host, variables.join(", "));
    }
    table
}

/// A line for each provider.
fn summary() -> String {
    let mut table =
        "| provider | feeds | again after | asked | attribution |\n|---|---|---|---|---|\n".to_owned();
    for provider in PROVIDERS {
        let count = (provider.feeds)().len();
        let asked = cadence(provider).unwrap_or_default();
        let attribution = provider.attribution.unwrap_or("none asked for");
        let (name, hours) = (provider.name, schedule::interval(provider.name).as_hours());
        let _ = writeln!(table, "| [{name}](#{name}) | {count} | {hours} h | {asked} | {attribution} |");
    }
    table
}

/// A section for each provider with a line for each of its feeds: namespaces, what its silence means there, licence, whether it
/// may be passed on, and where it is.
pub fn table() -> String {
    let mut text = String::new();
    for provider in PROVIDERS {
        let heading =
            "| feed | namespaces | coverage | licence | passed on | where |\n|---|---|---|---|---|---|";
        let _ = writeln!(text, "### {}\n\n{heading}", provider.name);
        for feed in (provider.feeds)() {
            let namespaces = namespaces(provider, &feed);
            let passed_on = if feed.is_redistributable { "yes" } else { "no" };
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {passed_on} | {} |",
                feed.name,
                names(&feed.scope, &namespaces),
                coverage(&namespaces),
                feed.license.replace('|', "\\|"),
                places(&feed)
            );
        }
        text.push('\n');
    }
    text
}

/// The namespaces that are known beforehand.
fn namespaces(provider: &Provider, feed: &Feed) -> BTreeSet<Namespace> {
    match &feed.scope {
        Scope::One(namespace) => BTreeSet::from([namespace.clone()]),
        Scope::Distro(id) => {
            let releases = provider.releases.iter().map(|release| Namespace::new(release.namespace));
            releases.filter(|namespace| namespace.distro_id() == Some(id)).collect()
        }
        Scope::Languages | Scope::Documents | Scope::Ranking | Scope::Lifecycles => BTreeSet::new(),
    }
}

fn names(scope: &Scope, namespaces: &BTreeSet<Namespace>) -> String {
    match scope {
        Scope::Ranking => "ranks findings of all".to_owned(),
        Scope::Lifecycles => "ends of support of all".to_owned(),
        Scope::Documents => "those that its documents name".to_owned(),
        Scope::Languages => "those of languages, and years of CVEs, that it names".to_owned(),
        Scope::One(_) | Scope::Distro(_) => {
            namespaces.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        }
    }
}

fn coverage(namespaces: &BTreeSet<Namespace>) -> String {
    let classes: BTreeSet<&str> = namespaces
        .iter()
        .map(|namespace| match facts::coverage(namespace) {
            CoverageClass::Complete => "complete",
            CoverageClass::FixOnly => "fix-only",
        })
        .collect();
    Vec::from_iter(classes).join(", ")
}

fn places(feed: &Feed) -> String {
    let named = feed.sources.iter().take(URLS_NAMED).map(|source| format!("<{}>", source.url));
    let mut text = named.collect::<Vec<_>>().join(" ");
    if feed.name == "nvd" {
        // What a mirror has to have is known only at the sync: which years there are.
        let _ = write!(text, " `{0}YEAR.json.gz` `{0}modified.json.gz` <{1}>", nvd::FILES, nvd::API);
    }
    let more = feed.sources.len().saturating_sub(URLS_NAMED);
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}
