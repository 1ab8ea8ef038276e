//! Which feeds are asked.

use std::collections::BTreeSet;

use model::advisory::PRIVATE;
use model::key::Namespace;

use crate::directory;
use crate::error::SyncError;
use crate::provider::{self, Feed, PROVIDERS, Provider, Source, private};

/// Which feeds to ask.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Every feed that can be listed, but alternates ([`Feed::is_alternate`]).
    All,
    /// What these names mean, and nothing else: a provider (`debian`; its alternates too), a namespace (`alpine:3.20`,
    /// `pypi`: all who answer it, but alternates), or a feed after its provider (`osv:PyPI`).
    Only(&'a [String]),
    /// The feeds that answer these namespaces, but alternates, and the tables: those that rank findings, and
    /// calendars. A namespace that no provider answers is passed over: the matcher says so for its packages.
    Namespaces(&'a BTreeSet<Namespace>),
}

/// Sources that the user names himself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// His own advisories: directories as `file:///path`, and URLs. An empty list forgets those that are held; none leaves
    /// them as they are.
    pub private: Option<Vec<String>>,
    /// Publishers by their names, as `csaf:www.example.com`.
    pub publishers: Vec<String>,
}

impl Named {
    /// Nothing is named, and nothing is forgotten.
    pub const NONE: &'static Self = &Self { private: None, publishers: Vec::new() };

    /// Whether anything is to be asked or forgotten.
    pub fn is_empty(&self) -> bool {
        self.private.is_none() && self.publishers.is_empty()
    }

    /// What of it can be had without a network: directories.
    pub fn offline(&self) -> Self {
        let is_near = |places: &Vec<String>| places.iter().any(|place| directory::path_of(place).is_some());
        // All of them: what was downloaded of the others earlier stays.
        Self { private: self.private.clone().filter(is_near), publishers: Vec::new() }
    }
}

/// Whether some provider answers `namespace`.
pub fn answers(namespace: &Namespace) -> bool {
    provider::answering(namespace).next().is_some()
}

/// A feed to ask, and for the sake of which names.
#[derive(Clone)]
pub(crate) struct Selected {
    pub(crate) provider: &'static Provider,
    pub(crate) feed: Feed,
    /// The names of [`Selection::Only`] that mean it.
    pub(crate) asked_by: BTreeSet<String>,
    /// Those namespaces asked for that it fills on demand.
    pub(crate) demanded: BTreeSet<Namespace>,
}

/// The feeds of `selection`, each once, in the order of provider and feed.
pub(crate) fn select(selection: Selection<'_>, named: &Named) -> Result<Vec<Selected>, SyncError> {
    let mut selected: Vec<Selected> = Vec::new();
    if let Some(places) = &named.private {
        let feed = private::feed(places)?;
        check_places(&feed)?;
        add(&mut selected, &private::PROVIDER, feed, None);
    }
    for name in &named.publishers {
        let (provider, feed) = provider::named(name)?.ok_or_else(|| unknown(name))?;
        check_places(&feed)?;
        add(&mut selected, provider, feed, None);
    }
    match selection {
        Selection::All => {
            for (provider, feed) in listed().filter(|(_, feed)| !feed.is_alternate) {
                add(&mut selected, provider, feed, None);
            }
        }
        Selection::Namespaces(namespaces) => {
            for (provider, feed) in namespaces.iter().flat_map(provider::answering) {
                add(&mut selected, provider, feed, None);
            }
            for (provider, feed) in tables() {
                add(&mut selected, provider, feed, None);
            }
            namespaces.iter().for_each(|namespace| demand(&mut selected, namespace));
        }
        Selection::Only(names) => {
            for name in names {
                if name == PRIVATE {
                    let private = selected.iter_mut().find(|selected| selected.feed.name == PRIVATE);
                    let private = private.ok_or_else(|| SyncError::BadPlace {
                        place: name.clone(),
                        why: "no place of your own advisories is named",
                    })?;
                    private.asked_by.insert(name.clone());
                    continue;
                }
                let meant = meaning(name)?;
                if meant.is_empty() {
                    return Err(unknown(name));
                }
                for (provider, feed) in meant {
                    add(&mut selected, provider, feed, Some(name));
                }
                demand(&mut selected, &Namespace::new(name.as_str()));
            }
        }
    }
    selected.sort_by(|a, b| (a.provider.name, &a.feed.name).cmp(&(b.provider.name, &b.feed.name)));
    Ok(selected)
}

/// The feeds that rank findings of all namespaces, and those that say when the support of releases ends.
pub(crate) fn tables() -> impl Iterator<Item = (&'static Provider, Feed)> {
    listed().filter(|(_, feed)| feed.scope.is_table())
}

/// Every feed that can be listed.
fn listed() -> impl Iterator<Item = (&'static Provider, Feed)> {
    PROVIDERS.iter().flat_map(|provider| (provider.feeds)().into_iter().map(|feed| (*provider, feed)))
}

/// Whether everything that a feed of named places begins with can be asked.
fn check_places(feed: &Feed) -> Result<(), SyncError> {
    for Source { url, .. } in feed.sources.iter().filter(|it| directory::path_of(&it.url).is_none()) {
        let bad = |why| Err(SyncError::BadPlace { place: url.clone(), why });
        let authority = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
        if authority.contains('@') {
            // Without the secret.
            let place = feed.name.clone();
            return Err(SyncError::BadPlace { place, why: "a password does not belong into a URL" });
        }
        if fetch::origin::relative_path(url).is_err() {
            return bad("it is no URL of a file");
        }
    }
    Ok(())
}

fn unknown(name: &str) -> SyncError {
    // Those without feeds of their own are named by place.
    let known = PROVIDERS.iter().filter(|provider| !(provider.feeds)().is_empty());
    let known: Vec<&str> = known.map(|provider| provider.name).collect();
    SyncError::UnknownName { name: name.to_owned(), known: known.join(", ") }
}

/// Whether `name` means a namespace: no provider, no feed and no publisher is called so.
pub(crate) fn is_namespace(name: &str) -> bool {
    let is_feed = |(provider, feed): (&Provider, Feed)| {
        let own = name.strip_prefix(provider.name).and_then(|own| own.strip_prefix(':'));
        own.is_some_and(|own| feed.name.eq_ignore_ascii_case(own))
    };
    let is_provider = PROVIDERS.iter().any(|provider| provider.name == name);
    answers(&Namespace::new(name)) && !is_provider && !listed().any(is_feed)
}

fn meaning(name: &str) -> Result<Vec<(&'static Provider, Feed)>, SyncError> {
    if let Some(named) = provider::named(name)? {
        check_places(&named.1)?;
        return Ok(vec![named]);
    }
    Ok(meaning_in_tables(name))
}

fn meaning_in_tables(name: &str) -> Vec<(&'static Provider, Feed)> {
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
    provider::answering(&Namespace::new(name)).collect()
}

/// Tells the feeds that fill `namespace` on demand that it is asked for.
fn demand(selected: &mut [Selected], namespace: &Namespace) {
    if !provider::is_on_demand(namespace) {
        return;
    }
    for (provider, feed) in provider::answering(namespace) {
        let fills = |held: &&mut Selected| held.provider.name == provider.name && held.feed == feed;
        if let Some(held) = selected.iter_mut().find(fills) {
            held.demanded.insert(namespace.clone());
        }
    }
}

fn add(selected: &mut Vec<Selected>, provider: &'static Provider, feed: Feed, asked_by: Option<&String>) {
    let held = selected.iter_mut().find(|held| held.provider.name == provider.name && held.feed == feed);
    let held = match held {
        Some(held) => held,
        None => {
            selected.push(Selected { provider, feed, asked_by: BTreeSet::new(), demanded: BTreeSet::new() });
            selected.last_mut().expect("one was just pushed")
        }
    };
    held.asked_by.extend(asked_by.cloned());
}
