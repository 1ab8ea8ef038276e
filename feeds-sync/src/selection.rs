//! Which feeds are asked.

use std::collections::BTreeSet;

use model::key::Namespace;

use crate::error::SyncError;
use crate::provider::{self, Feed, PROVIDERS, Provider, Scope};

/// Which feeds to ask.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Every feed that can be listed.
    All,
    /// What these names mean, and nothing else: a provider (`debian`), a namespace (`alpine:3.20`, `pypi`), or a
    /// feed after its provider (`osv:PyPI`).
    Only(&'a [String]),
    /// The feeds that answer these namespaces, and those that rank findings. A namespace that no provider
    /// answers is passed over: the matcher says so for its packages.
    Namespaces(&'a BTreeSet<Namespace>),
}

/// Whether some provider answers `namespace`.
pub fn answers(namespace: &Namespace) -> bool {
    provider::answering(namespace).is_some()
}

/// A feed to ask, and for the sake of which names.
#[derive(Clone)]
pub(crate) struct Selected {
    pub(crate) provider: &'static Provider,
    pub(crate) feed: Feed,
    /// The names of [`Selection::Only`] that mean it.
    pub(crate) asked_by: BTreeSet<String>,
}

/// The feeds of `selection`, each once, in the order of provider and feed.
pub(crate) fn select(selection: Selection<'_>) -> Result<Vec<Selected>, SyncError> {
    let mut selected: Vec<Selected> = Vec::new();
    match selection {
        Selection::All => {
            for provider in PROVIDERS {
                (provider.feeds)().into_iter().for_each(|feed| add(&mut selected, provider, feed, None));
            }
        }
        Selection::Namespaces(namespaces) => {
            for (provider, feed) in namespaces.iter().filter_map(provider::answering) {
                add(&mut selected, provider, feed, None);
            }
            for (provider, feed) in ranking() {
                add(&mut selected, provider, feed, None);
            }
        }
        Selection::Only(names) => {
            for name in names {
                let meant = meaning(name);
                if meant.is_empty() {
                    let known: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
                    return Err(SyncError::UnknownName { name: name.clone(), known: known.join(", ") });
                }
                for (provider, feed) in meant {
                    add(&mut selected, provider, feed, Some(name));
                }
            }
        }
    }
    selected.sort_by(|a, b| (a.provider.name, &a.feed.name).cmp(&(b.provider.name, &b.feed.name)));
    Ok(selected)
}

/// The feeds that rank findings of all namespaces.
pub(crate) fn ranking() -> impl Iterator<Item = (&'static Provider, Feed)> {
    PROVIDERS
        .iter()
        .flat_map(|provider| (provider.feeds)().into_iter().map(|feed| (*provider, feed)))
        .filter(|(_, feed)| feed.scope == Scope::Ranking)
}

fn meaning(name: &str) -> Vec<(&'static Provider, Feed)> {
    if let Some(provider) = PROVIDERS.iter().find(|provider| provider.name == name) {
        return (provider.feeds)().into_iter().map(|feed| (*provider, feed)).collect();
    }
    if let Some((provider, feed_name)) = name.split_once(':') {
        let provider = PROVIDERS.iter().find(|known| known.name == provider);
        let feed = provider.and_then(|provider| {
            let mut feeds = (provider.feeds)().into_iter();
            Some((*provider, feeds.find(|feed| feed.name.eq_ignore_ascii_case(feed_name))?))
        });
        if let Some(found) = feed {
            return vec![found];
        }
    }
    provider::answering(&Namespace::new(name)).into_iter().collect()
}

fn add(selected: &mut Vec<Selected>, provider: &'static Provider, feed: Feed, asked_by: Option<&String>) {
    let held = selected.iter_mut().find(|held| held.provider.name == provider.name && held.feed == feed);
    let held = match held {
        Some(held) => held,
        None => {
            selected.push(Selected { provider, feed, asked_by: BTreeSet::new() });
            selected.last_mut().expect("one was just pushed")
        }
    };
    held.asked_by.extend(asked_by.cloned());
}
