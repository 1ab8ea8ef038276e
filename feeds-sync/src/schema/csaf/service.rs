//! The documents by which publishers of CSAF are found: `security.txt`, the metadata of a provider, lists of providers, and
//! ROLIE feeds (feeds.md A27).

use serde::Deserialize;

use super::{Text, is_for_everybody};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::null_as_default;

/// What a document leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Of a provider.
    Metadata(Metadata),
    /// The metadata of others, by URL.
    Aggregator(Vec<String>),
    /// Documents.
    Rolie(Vec<Entry>),
}

/// How a provider distributes its documents, as far as they are for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// ROLIE feeds.
    pub feeds: Vec<String>,
    /// Directories, which end in `/`.
    pub directories: Vec<String>,
    /// Whether it promises a checksum beside each document (`csaf_trusted_provider`).
    pub has_checksums: bool,
    /// The keys that it signs with.
    pub keys: Vec<NamedKey>,
}

/// A key in the metadata of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedKey {
    /// Its fingerprint, in hexadecimal.
    pub fingerprint: Option<String>,
    /// Where it is.
    pub url: String,
}

/// A document in a ROLIE feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub url: String,
    /// When it changed, as written.
    pub updated: Option<String>,
    /// Where its checksums are.
    pub checksums: Vec<String>,
    /// Where its signature is.
    pub signature: Option<String>,
}

/// Reads any of them. What it leads to lies behind TLS, as the standard demands: a document must not make anybody read his
/// own files.
///
/// # Errors
/// It is none of them, says nothing, or leads elsewhere.
pub fn read(document: &Document<'_>) -> Result<Service, ParseError> {
    let service = service(document)?;
    let mut urls: Vec<&String> = match &service {
        Service::Metadata(metadata) => {
            let keys = metadata.keys.iter().map(|key| &key.url);
            metadata.feeds.iter().chain(&metadata.directories).chain(keys).collect()
        }
        Service::Aggregator(urls) => urls.iter().collect(),
        Service::Rolie(entries) => {
            let checksums = entries.iter().flat_map(|entry| &entry.checksums);
            let signatures = entries.iter().filter_map(|entry| entry.signature.as_ref());
            entries.iter().map(|entry| &entry.url).chain(checksums).chain(signatures).collect()
        }
    };
    urls.retain(|url| !url.starts_with("https://"));
    match urls.first() {
        Some(url) => Err(ParseError::NotTheFeed(format!("refused, as it leads to `{url:.128}`"))),
        None => Ok(service),
    }
}

fn service(document: &Document<'_>) -> Result<Service, ParseError> {
    let text = document.text()?;
    let shape: Shape<'_> = serde_json::from_str(&text)?;
    if let Some(feed) = shape.feed {
        return Ok(Service::Rolie(feed.entry.iter().filter_map(entry).collect()));
    }
    if !shape.csaf_providers.is_empty() || !shape.csaf_publishers.is_empty() {
        let providers = shape.csaf_providers.iter().map(|provider| &provider.metadata.url);
        // What is mirrored for a publisher is found at the mirror.
        let mirrors = shape.csaf_publishers.iter().filter_map(|publisher| publisher.mirrors.first());
        return Ok(Service::Aggregator(providers.chain(mirrors).map(|url| url.to_string()).collect()));
    }
    let metadata = metadata(&shape);
    if metadata.feeds.is_empty() && metadata.directories.is_empty() {
        let what = "JSON that leads to no documents of CSAF that are for everybody (TLP)";
        return Err(ParseError::NotTheFeed(what.to_owned()));
    }
    Ok(Service::Metadata(metadata))
}

fn metadata(shape: &Shape<'_>) -> Metadata {
    let mut metadata = Metadata::default();
    for Distribution { rolie, directory_url, directory } in &shape.distributions {
        let feeds = rolie.iter().flat_map(|rolie| &rolie.feeds);
        let open = feeds.filter(|feed| feed.tlp_label.as_deref().is_none_or(is_for_everybody));
        metadata.feeds.extend(open.map(|feed| feed.url.to_string()));
        let open = directory.iter().filter(|it| it.tlp_label.as_deref().is_none_or(is_for_everybody));
        let directories = directory_url.iter().chain(open.map(|directory| &directory.url));
        metadata.directories.extend(directories.map(|url| format!("{}/", url.trim_end_matches('/'))));
    }
    let key = |key: &Key<'_>| NamedKey {
        fingerprint: key.fingerprint.as_ref().map(|text| text.to_string()).filter(|text| !text.is_empty()),
        url: key.url.to_string(),
    };
    metadata.keys = shape.public_openpgp_keys.iter().map(key).collect();
    metadata.has_checksums = shape.role.as_deref() == Some("csaf_trusted_provider");
    metadata
}

/// The document of an entry: its content, else what it calls itself.
fn entry(entry: &RolieEntry<'_>) -> Option<Entry> {
    let linked = |relation: &'static str| {
        entry.link.iter().filter(move |link| link.rel.as_deref() == Some(relation)).map(|link| &link.href)
    };
    let content = entry.content.as_ref().and_then(|content| content.src.as_ref());
    let url = content.or_else(|| linked("self").next())?.to_string();
    let checksums = linked("hash").map(|url| url.to_string()).collect();
    let signature = linked("signature").next().map(|url| url.to_string());
    Some(Entry { url, updated: entry.updated.as_ref().map(|text| text.to_string()), checksums, signature })
}

/// The metadata of providers that `security.txt` names.
///
/// # Errors
/// It is no text.
pub fn security_txt(document: &Document<'_>) -> Result<Vec<String>, ParseError> {
    let text = document.text()?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        (name.trim().eq_ignore_ascii_case("csaf") && value.starts_with("https://")).then(|| value.to_owned())
    };
    Ok(text.lines().filter_map(field).collect())
}

/// A checksum as publishers write it: hexadecimal digits, then perhaps the name of a file.
///
/// # Errors
/// It is none.
pub fn checksum(document: &Document<'_>) -> Result<String, ParseError> {
    let digits = if document.url.ends_with(".sha512") { 128 } else { 64 };
    let text = document.text()?;
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_hex = first.len() == digits && first.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_hex {
        true => Ok(first.to_ascii_lowercase()),
        false => Err(ParseError::NotTheFeed(format!("no checksum of {digits} digits: `{first:.140}`"))),
    }
}

#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    distributions: Vec<Distribution<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    public_openpgp_keys: Vec<Key<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    csaf_providers: Vec<Listed<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    csaf_publishers: Vec<Listed<'a>>,
    #[serde(borrow)]
    feed: Option<RolieFeed<'a>>,
}

#[derive(Deserialize)]
struct Distribution<'a> {
    #[serde(borrow)]
    rolie: Option<Rolie<'a>>,
    /// Version 2.0.
    #[serde(borrow)]
    directory_url: Option<Text<'a>>,
    /// Version 2.1.
    #[serde(borrow)]
    directory: Option<Labelled<'a>>,
}

#[derive(Deserialize)]
struct Key<'a> {
    #[serde(borrow)]
    fingerprint: Option<Text<'a>>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
struct Rolie<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    feeds: Vec<Labelled<'a>>,
}

/// A place and who may read it.
#[derive(Deserialize)]
struct Labelled<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    tlp_label: Option<Text<'a>>,
}

/// A provider in a list.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    metadata: Located<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    mirrors: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Located<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
struct RolieFeed<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    entry: Vec<RolieEntry<'a>>,
}

#[derive(Deserialize)]
struct RolieEntry<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    link: Vec<RolieLink<'a>>,
    #[serde(borrow)]
    updated: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<RolieContent<'a>>,
}

#[derive(Deserialize)]
struct RolieLink<'a> {
    #[serde(borrow)]
    rel: Option<Text<'a>>,
    #[serde(borrow)]
    href: Text<'a>,
}

#[derive(Deserialize)]
struct RolieContent<'a> {
    #[serde(borrow)]
    src: Option<Text<'a>>,
}
