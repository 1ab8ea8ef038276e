//! What is known of releases with no feed at hand: who answers, what silence means, when support ends.

use std::collections::BTreeMap;

use advisory_db::NamespaceEntry;
use model::facts::{CoverageClass, FeedFacts, NamespaceFacts, is_supplement};
use model::key::Namespace;

use crate::lifecycles::Lifecycles;
use crate::provider::{self, PROVIDERS, Release, Scope};

/// Facts of every namespace that can be listed without asking a provider. A namespace without providers is one
/// that nobody answers; it is listed for its end of life.
pub fn builtin_facts() -> FeedFacts {
    let mut facts = FeedFacts::default();
    let releases = PROVIDERS.iter().flat_map(|provider| provider.releases).chain(UNANSWERED);
    for release in releases {
        let namespace = Namespace::new(release.namespace);
        if let Some(codename) = release.codename {
            facts.codenames.insert(codename.to_owned(), image_namespace(release));
        }
        facts.namespaces.insert(namespace.clone(), facts_of(&namespace));
    }
    for feed in PROVIDERS.iter().flat_map(|provider| (provider.feeds)()) {
        if let Scope::One(namespace) = feed.scope {
            facts.namespaces.entry(namespace.clone()).or_insert_with(|| facts_of(&namespace));
        }
    }
    facts
}

/// Whether somebody whose rows are held under `entry` speaks for that namespace.
///
/// What a feed of products says of packages of languages beside (the CVE list, of those that it names in their registries'
/// words) counts, and its silence about all others is none of the language's feed.
pub fn is_spoken_for(entry: &NamespaceEntry) -> bool {
    let is_beside = |provider: &str, feed: &str| {
        let provider = PROVIDERS.iter().find(|known| known.name == provider);
        let feeds = provider.map(|known| (known.feeds)()).unwrap_or_default();
        feeds.iter().any(|known| known.name == feed && matches!(known.scope, Scope::Distro(_)))
    };
    entry.name.distro_id().is_some()
        || !entry.providers.iter().all(|stamp| is_beside(&stamp.name, &stamp.feed))
}

/// What is known of `namespace`, listed or not.
pub fn facts_of(namespace: &Namespace) -> NamespaceFacts {
    let releases = PROVIDERS.iter().flat_map(|provider| provider.releases).chain(UNANSWERED);
    let end_of_life = releases
        .filter(|release| release.namespace == namespace.as_str())
        .find_map(|release| release.end_of_life);
    NamespaceFacts {
        coverage: coverage(namespace),
        providers: provider::answering(namespace).map(|(provider, _)| provider.name.to_owned()).collect(),
        end_of_life: end_of_life.map(str::to_owned),
    }
}

/// What silence about a package means in `namespace` (feeds.md D1). Databases of languages publish unfixed
/// vulnerabilities too.
pub fn coverage(namespace: &Namespace) -> CoverageClass {
    match namespace.distro_id() {
        None => CoverageClass::Complete,
        Some(
            "debian" | "ubuntu" | "redhat" | "hummingbird" | "azurelinux" | "mariner" | "arch" | "sles"
            | "opensuse-leap" | "echo" | "photon",
        ) => CoverageClass::Complete,
        Some(_) => CoverageClass::FixOnly,
    }
}

/// The namespace of an image that names only a codename. Testing has a codename and no number yet: such
/// images are judged as unstable (feeds.md B5).
fn image_namespace(release: &Release) -> Namespace {
    match release.end_of_life {
        Some(_) => Namespace::new(release.namespace),
        None => Namespace::distro("debian", "unstable"),
    }
}

/// Releases whose end is known and whose feed is not read (feeds.md A26; months end on their last day).
static UNANSWERED: &[Release] = &[];

/// Puts the ends of support and the codenames that calendars say in place of those built in. A release that is not listed is listed then, if
/// somebody answers it or it is one of a runtime.
pub(crate) fn with_lifecycles(mut facts: FeedFacts, lifecycles: &Lifecycles) -> FeedFacts {
    for (namespace, lifecycle) in lifecycles.iter() {
        if !facts.namespaces.contains_key(namespace) {
            let unlisted = facts_of(namespace);
            // Nobody has advisories of a runtime's release; that it ends is all there is to know of it.
            if unlisted.providers.is_empty() && !namespace.is_runtime() {
                continue;
            }
            facts.namespaces.insert(namespace.clone(), unlisted);
        }
        if let Some(facts) = facts.namespaces.get_mut(namespace) {
            facts.end_of_life = Some(lifecycle.end_of_life.clone());
        }
        if let Some(codename) = &lifecycle.codename {
            facts.codenames.insert(codename.clone(), namespace.clone());
        }
    }
    facts
}

/// Adds to `facts` what is known of every namespace of `held`, and takes the providers from those of `absent`:
/// the provider was asked, and has no such release.
///
/// Sources that somebody named answer any namespace, and cover none.
pub(crate) fn with_snapshot<'a>(
    mut facts: FeedFacts,
    held: impl Iterator<Item = &'a NamespaceEntry>,
    absent: impl Iterator<Item = &'a Namespace>,
) -> FeedFacts {
    let namespaces: &mut BTreeMap<Namespace, NamespaceFacts> = &mut facts.namespaces;
    for namespace in absent {
        namespaces.entry(namespace.clone()).or_insert_with(|| facts_of(namespace)).providers.clear();
    }
    for entry in held {
        let end_of_life = namespaces.remove(&entry.name).and_then(|facts| facts.end_of_life);
        let mut facts = facts_of(&entry.name);
        facts.end_of_life = end_of_life.or(facts.end_of_life);
        let supplements = entry.providers.iter().filter(|stamp| is_supplement(&stamp.name));
        if supplements.clone().count() == entry.providers.len() {
            facts.coverage = CoverageClass::FixOnly;
            facts.providers.clear();
        }
        facts.providers.extend(supplements.map(|stamp| stamp.name.clone()));
        facts.providers.sort();
        namespaces.insert(entry.name.clone(), facts);
    }
    facts
}
