//! What the tests of this crate share.

mod csaf;
mod csaf_generic;
mod csaf_paths;
mod csaf_provider;
mod csaf_shared;
mod csaf_signatures;
mod csaf_standing;
mod csaf_sync;
mod cve_list;
mod data;
mod deltas;
mod distribution;
mod engine;
mod fedora;
mod go;
mod kin;
mod languages;
mod lifecycles;
mod nvd;
mod nvd_sync;
mod openvex_series;
mod openvex_sync;
mod private_advisories;
mod providers;
mod reference;
mod regressions;
mod repositories;
mod robustness;
mod rpm;
mod schedule;
mod sharing;
mod tar_archives;
mod ubuntu;
mod vex_feed;

use std::collections::BTreeMap;
use std::fs;

use model::advisory::{Advisory, PRIVATE};
use model::key::Namespace;
use model::limits::Limits;
use tempfile::TempDir;

use crate::advisories::{Advisories, DailyTables, Remarks};
use crate::document::Document;
use crate::error::ParseError;
use crate::lifecycles::Lifecycles;
use crate::provider::{self, Feed, PROVIDERS, Parse, Provider, private};

type Namespaces = BTreeMap<Namespace, BTreeMap<String, Advisory>>;

/// The provider called `name`.
fn provider(name: &str) -> &'static Provider {
    PROVIDERS.iter().find(|provider| provider.name == name).expect("a provider of that name")
}

/// The feed of `provider` that is called `name`, or that answers the namespace `name`.
fn feed(provider: &Provider, name: &str) -> Feed {
    let mut feeds = (provider.feeds)().into_iter();
    let named = feeds.find(|feed| feed.name == name);
    let by_place = || match name {
        PRIVATE => private::feed(&[]).ok(),
        _ => provider::named(name).ok()?.map(|(_, feed)| feed),
    };
    named
        .or_else(|| (provider.answering)(&Namespace::new(name)))
        .or_else(by_place)
        .expect("a feed of that name")
}

/// Reads `documents` as the feed called `name` of the provider of advisories `provider`.
fn read(provider: &Provider, name: &str, documents: &[Vec<u8>]) -> Result<(Namespaces, Remarks), ParseError> {
    read_within(provider, name, documents, &Limits::default())
}

fn read_within(
    provider: &Provider,
    name: &str,
    documents: &[Vec<u8>],
    limits: &Limits,
) -> Result<(Namespaces, Remarks), ParseError> {
    let documents: Vec<(&str, &[u8])> =
        documents.iter().map(|document| ("document", document.as_slice())).collect();
    read_named(provider, name, &documents, limits)
}

/// Reads documents that have the names of the vendor's files.
fn read_named(
    provider: &Provider,
    name: &str,
    documents: &[(&str, &[u8])],
    limits: &Limits,
) -> Result<(Namespaces, Remarks), ParseError> {
    let Parse::Advisories(parse) = provider.parse else { panic!("a provider of advisories") };
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("document");
    let feed = feed(provider, name);
    let mut advisories = Advisories::default();
    for (file, document) in documents {
        fs::write(&path, document).unwrap();
        let url = format!("https://feeds.example/{file}");
        parse(&feed, &Document { url: &url, path: &path, limits }, &mut advisories)?;
    }
    let remarks = std::mem::take(&mut advisories.remarks);
    Ok((advisories.into_namespaces(), remarks))
}

/// Reads `document`, which has the name of the vendor's file, as the calendar of `provider`.
fn read_calendar(provider: &Provider, file: &str, document: &[u8]) -> Result<(Lifecycles, u64), ParseError> {
    let Parse::Lifecycles(parse) = provider.parse else { panic!("a provider of a calendar") };
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("document");
    fs::write(&path, document).unwrap();
    let limits = Limits::default();
    let url = format!("https://feeds.example/{file}");
    let mut lifecycles = Lifecycles::default();
    let n_entries = parse(&Document { url: &url, path: &path, limits: &limits }, &mut lifecycles)?;
    Ok((lifecycles, n_entries))
}

/// Reads `document` as the table of `provider`.
fn read_table(provider: &Provider, document: &[u8]) -> Result<(DailyTables, u64), ParseError> {
    let Parse::Daily(parse) = provider.parse else { panic!("a provider of a table") };
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("document");
    fs::write(&path, document).unwrap();
    let limits = Limits::default();
    let mut tables = DailyTables::default();
    let document = Document { url: "https://feeds.example/document", path: &path, limits: &limits };
    let n_entries = parse(&document, &mut tables)?;
    Ok((tables, n_entries))
}
