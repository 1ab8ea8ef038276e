//! How fast feeds are read: parsed and made advisories of, without writing, beside the same JSON parsed into nothing.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use feeds_sync::advisories::Advisories;
use feeds_sync::document::Document;
use feeds_sync::error::ParseError;
use feeds_sync::provider::{Feed, PROVIDERS, Parse, Provider};
use model::limits::Limits;
use serde::de::IgnoredAny;

/// How often each is measured; the median counts.
const RUNS: usize = 5;

/// Prints, for each real feed at hand (`PLIMSOLL_TEST_DATA`), the throughput of its provider and of `serde_json`, on one core.
pub(crate) fn measure() -> Result<()> {
    let data = testkit::data::dir().context("no real data; PLIMSOLL_TEST_DATA names its directory")?;
    let dir = tempfile::tempdir().context("cannot make a directory")?;
    let mirror = testkit::feeds::Mirror::at(dir.path());
    mirror.debian(&data, "2023-04-02").alpine(&data, &["3.11"], None);
    for (ecosystem, date) in [("PyPI", "2024-01-01"), ("Go", "2026-01-01")] {
        mirror.osv(&data, ecosystem, date);
    }
    for (provider, feed) in [("debian", "debian"), ("alpine", "alpine:3.11"), ("osv", "PyPI"), ("osv", "Go")]
    {
        one(dir.path(), provider, feed)?;
    }
    Ok(())
}

fn one(mirror: &Path, provider: &str, feed: &str) -> Result<()> {
    let provider = PROVIDERS.iter().find(|known| known.name == provider).context("no such provider")?;
    let feed = (provider.feeds)().into_iter().find(|known| known.name == feed).context("no such feed")?;
    let url = feed.sources.iter().map(|source| &source.url).find(|url| place(mirror, url).is_file());
    let url = match url {
        Some(url) => url.clone(),
        None => feed.sources[0].url.replace("modified_id.csv", "all.zip"),
    };
    let path = place(mirror, &url);
    let limits = Limits::default();
    let document = Document { url: &url, path: &path, limits: &limits };
    let bytes = into_nothing(&document)?;
    let nothing = median(|| into_nothing(&document).map(drop))?;
    let advisories = median(|| read(provider, &feed, &document))?;
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{}:{}: {megabytes:.1} MB of JSON; into nothing {:.0} MB/s, into advisories {:.0} MB/s: {:.0} %",
        provider.name,
        feed.name,
        megabytes / nothing,
        megabytes / advisories,
        100.0 * nothing / advisories
    );
    Ok(())
}

fn place(mirror: &Path, url: &str) -> std::path::PathBuf {
    mirror.join(url.trim_start_matches("https://"))
}

/// Parses all JSON of a document, unpacking included; how many bytes of it there are.
fn into_nothing(document: &Document<'_>) -> Result<u64> {
    let mut bytes = 0;
    if document.url.ends_with(".zip") {
        document.zip_entries(&mut |_, content| {
            bytes += content.len() as u64;
            serde_json::from_slice::<IgnoredAny>(content).map(drop).map_err(ParseError::from)
        })?;
    } else {
        let content = std::fs::read(document.path)?;
        bytes = content.len() as u64;
        serde_json::from_slice::<IgnoredAny>(&content)?;
    }
    Ok(bytes)
}

fn read(provider: &Provider, feed: &Feed, document: &Document<'_>) -> Result<()> {
    let Parse::Advisories(parse) = provider.parse else { anyhow::bail!("it has no advisories") };
    let mut advisories = Advisories::default();
    parse(feed, document, &mut advisories)?;
    Ok(())
}

/// The median time in seconds.
fn median(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        run()?;
        times.push(begun.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[RUNS / 2])
}
