//! SecureOS: a pointer names the secdb of the moment and its SHA-256 (feeds.md A2).

use std::fs::File;
use std::io::{self, Read};

use model::digest::Hasher;
use serde::Deserialize;

use super::{Feed, MIB, Parse, Provider, Release, Source};
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::secdb;

pub(super) static PROVIDER: Provider = Provider {
    name: "secureos",
    attribution: Some("SecureOS security database, https://security.secureos.io/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == RELEASE).then(feed),
    releases: &[Release::open(RELEASE)],
    follow: Some(follow),
    parse: Parse::Advisories(secdb::read_rolling),
};

const RELEASE: &str = "secureos:rolling";

/// Where the vendor publishes; a pointer to anywhere else is none of its.
const HOST: &str = "https://security.secureos.io/";

fn feed() -> Feed {
    let pointer = Source::index(format!("{HOST}v1/latest.json"), MIB);
    Feed { sources: vec![pointer], ..secdb::rolling_feed(RELEASE, HOST) }
}

#[derive(Deserialize)]
struct Pointer {
    latest_url: String,
    sha256: String,
}

fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let Some(index) = feed.sources.first() else { return Ok(Vec::new()) };
    let Some(pointer) = leads.read(&index.url, pointer)? else { return Ok(vec![index.clone()]) };
    // What is held from before is of the pointer before; only what was asked for now is of this one.
    if leads.asked.contains(pointer.latest_url.as_str()) {
        leads.read(&pointer.latest_url, |database| check(database, &pointer.sha256))?;
    }
    Ok(vec![index.clone(), Source::records(pointer.latest_url, 256 * MIB)])
}

fn pointer(document: &Document<'_>) -> Result<Pointer, ParseError> {
    let pointer: Pointer = serde_json::from_str(&document.text()?)?;
    let is_ours = pointer.latest_url.starts_with(HOST) && !pointer.latest_url.contains(['?', '#']);
    if !is_ours {
        let what = format!("a pointer away from its host, to `{:.200}`", pointer.latest_url);
        return Err(ParseError::NotTheFeed(what));
    }
    Ok(pointer)
}

/// Verifies the hash that the pointer states. The vendor does not say whether it is of the packed or of the unpacked
/// bytes; either proves them.
fn check(database: &Document<'_>, sha256: &str) -> Result<(), ParseError> {
    let is_it = |content: &mut dyn Read| -> io::Result<bool> {
        let mut hasher = Hasher::sha256();
        let mut buffer = vec![0; 128 << 10];
        loop {
            match content.read(&mut buffer)? {
                0 => break Ok(hasher.finish().hex().eq_ignore_ascii_case(sha256.trim())),
                n_read => hasher.update(&buffer[..n_read]),
            }
        }
    };
    if is_it(&mut File::open(database.path)?)? || is_it(&mut database.open()?)? {
        return Ok(());
    }
    Err(ParseError::NotTheFeed("not what its pointer names: the SHA-256 differs".to_owned()))
}
