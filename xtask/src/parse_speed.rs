//! How fast feeds are read: parsed and made advisories of, without writing, beside the same JSON parsed into nothing.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use feeds_sync::advisories::Advisories;
use feeds_sync::document::Document;
use feeds_sync::error::ParseError;
use feeds_sync::provider::{Feed, PROVIDERS, Parse, Provider};
use model::limits::Limits;
use serde::de::IgnoredAny;

/// For how many rounds each is measured; the fastest counts, because whatever else runs only adds to it.
const ROUNDS: usize = 5;

/// A round goes on for so long: the kernel counts processor time in steps of some milliseconds.
const ROUND_SECONDS: f64 = 0.3;

/// A feed whose documents are at hand.
struct Sample {
    provider: &'static str,
    feed: &'static str,
    /// Where each is published, and where its state lies in the real data.
    documents: Vec<(String, String)>,
}

impl Sample {
    fn new(provider: &'static str, feed: &'static str, documents: &[(&str, &str)]) -> Self {
        let documents = documents.iter().map(|(url, file)| ((*url).to_owned(), (*file).to_owned()));
        Self { provider, feed, documents: documents.collect() }
    }

    fn osv(ecosystem: &'static str, state: &str) -> Self {
        let url = format!("https://osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip");
        Self::new("osv", ecosystem, &[(url.as_str(), format!("feeds/osv/{state}/all.zip").as_str())])
    }
}

fn samples() -> Vec<Sample> {
    let nvd = |number: usize| {
        let url = format!("https://services.nvd.nist.gov/rest/json/cves/2.0?startIndex={number}");
        (url, format!("feeds/nvd/2026-01-01/page-{number:02}.json"))
    };
    vec![
        Sample::new(
            "debian",
            "debian",
            &[(
                "https://security-tracker.debian.org/tracker/data/json",
                "feeds/debian/2023-04-02/debian-tracker.json",
            )],
        ),
        Sample::new(
            "alpine",
            "alpine:3.11",
            &[
                ("https://secdb.alpinelinux.org/v3.11/main.json", "feeds/alpine-secdb/v3.11/main.json"),
                (
                    "https://secdb.alpinelinux.org/v3.11/community.json",
                    "feeds/alpine-secdb/v3.11/community.json",
                ),
            ],
        ),
        Sample { provider: "nvd", feed: "nvd", documents: (0..6).map(nvd).collect() },
        Sample::new(
            "redhat",
            "redhat",
            &[(
                "https://security.access.redhat.com/data/csaf/v2/vex/2024/cve-2024-2961.json",
                "feeds/csaf/trustify/cve-2024-2961.json",
            )],
        ),
        Sample::osv("PyPI", "PyPI/2024-01-01"),
        Sample::osv("Go", "Go/2026-01-01"),
        Sample::osv(concat!("crates", ".io"), concat!("crates", ".io/2026-01-01")),
        Sample::osv("Packagist", "Packagist-friendsofphp/2026-01-01"),
    ]
}

/// Prints, for each real feed at hand (`PLIMSOLL_TEST_DATA`), the throughput of its provider and of `serde_json`, on one core.
/// A name limits it to one provider.
pub(crate) fn measure(only: Option<&str>) -> Result<()> {
    let data = testkit::data::dir().context("no real data; PLIMSOLL_TEST_DATA names its directory")?;
    let dir = tempfile::tempdir().context("cannot make a directory")?;
    for sample in samples().iter().filter(|sample| only.is_none_or(|only| only == sample.provider)) {
        one(&data, dir.path(), sample)?;
    }
    Ok(())
}

fn one(data: &Path, dir: &Path, sample: &Sample) -> Result<()> {
    let provider =
        PROVIDERS.iter().find(|known| known.name == sample.provider).context("no such provider")?;
    let feed =
        (provider.feeds)().into_iter().find(|known| known.name == sample.feed).context("no such feed")?;
    let limits = Limits::default();
    let mut paths = Vec::new();
    for (place, (_, file)) in sample.documents.iter().enumerate() {
        let path = dir.join(place.to_string());
        std::fs::write(&path, unpacked(&data.join(file), &limits)?)?;
        paths.push(path);
    }
    let urls = sample.documents.iter().map(|(url, _)| url.as_str());
    let documents: Vec<Document<'_>> =
        urls.zip(&paths).map(|(url, path)| Document { url, path, limits: &limits }).collect();
    let mut bytes = 0;
    each(&documents, &mut |content| {
        bytes += content.len() as u64;
        Ok(())
    })?;
    let times = Times::of(provider, &feed, &documents)?;
    let rate = |seconds: f64| bytes as f64 / 1e6 / seconds;
    println!(
        "{}:{}: {:.1} MB of JSON; into nothing {:.0} MB/s, into values {:.0} MB/s, into advisories {:.0} MB/s: {:.0} %; without unpacking {:.0}, {:.0} and {:.0} MB/s: {:.0} % of nothing, {:.0} % of values",
        provider.name,
        feed.name,
        bytes as f64 / 1e6,
        rate(times.nothing),
        rate(times.values),
        rate(times.advisories),
        100.0 * times.nothing / times.advisories,
        rate(times.nothing - times.unpacking),
        rate(times.values - times.unpacking),
        rate(times.advisories - times.unpacking),
        100.0 * (times.nothing - times.unpacking) / (times.advisories - times.unpacking),
        100.0 * (times.values - times.unpacking) / (times.advisories - times.unpacking)
    );
    Ok(())
}

/// The content of a file of the real data.
fn unpacked(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let packed = path.with_extension("json.xz");
    if !packed.exists() {
        return Ok(testkit::data::read(path));
    }
    let mut content = Vec::new();
    Document { url: "", path: &packed, limits }.open()?.read_to_end(&mut content)?;
    Ok(content)
}

/// Seconds of one reading.
struct Times {
    /// Taking the files out of their archive only; nothing where there is none.
    unpacking: f64,
    nothing: f64,
    /// Into `serde_json::Value`s, which are dropped.
    values: f64,
    advisories: f64,
}

impl Times {
    fn of(provider: &Provider, feed: &Feed, documents: &[Document<'_>]) -> Result<Self> {
        let mut least =
            Self { unpacking: f64::MAX, nothing: f64::MAX, values: f64::MAX, advisories: f64::MAX };
        let archives: Vec<Document<'_>> =
            documents.iter().copied().filter(|document| is_archive(document)).collect();
        // In turns, so that what else runs on the machine weighs on all of them.
        for _ in 0..ROUNDS {
            let unpacking = match archives.is_empty() {
                true => 0.0,
                false => seconds(&mut || each(&archives, &mut |_| Ok(())))?,
            };
            let nothing = seconds(&mut || into_nothing(documents))?;
            let values = seconds(&mut || into_values(documents))?;
            let advisories = seconds(&mut || read(provider, feed, documents))?;
            least.unpacking = least.unpacking.min(unpacking);
            least.nothing = least.nothing.min(nothing);
            least.values = least.values.min(values);
            least.advisories = least.advisories.min(advisories);
        }
        Ok(least)
    }
}

/// How much processor time one turn takes.
fn seconds(turn: &mut dyn FnMut() -> Result<()>) -> Result<f64> {
    let begun = processor_seconds()?;
    let mut n_turns = 0;
    loop {
        turn()?;
        n_turns += 1;
        let taken = processor_seconds()? - begun;
        if taken >= ROUND_SECONDS {
            return Ok(taken / f64::from(n_turns));
        }
    }
}

/// The processor time that this thread has had: other builds on the machine do not count.
pub(crate) fn processor_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds as f64 / 1e9)
}

fn is_archive(document: &Document<'_>) -> bool {
    document.url.ends_with(".zip")
}

/// Hands over the text of every document, or of every file of it where it is an archive.
fn each(documents: &[Document<'_>], take: &mut dyn FnMut(&[u8]) -> Result<(), ParseError>) -> Result<()> {
    for document in documents {
        match is_archive(document) {
            true => document.zip_entries(&mut |_, content| take(content))?,
            false => take(&std::fs::read(document.path)?)?,
        }
    }
    Ok(())
}

fn into_nothing(documents: &[Document<'_>]) -> Result<()> {
    each(documents, &mut |content| {
        serde_json::from_slice::<IgnoredAny>(content).map(drop).map_err(ParseError::from)
    })
}

fn into_values(documents: &[Document<'_>]) -> Result<()> {
    each(documents, &mut |content| {
        let value = serde_json::from_slice::<serde_json::Value>(content).map_err(ParseError::from)?;
        drop(std::hint::black_box(value));
        Ok(())
    })
}

/// Reads all documents into finished advisories, as the writer takes them.
fn read(provider: &Provider, feed: &Feed, documents: &[Document<'_>]) -> Result<()> {
    let Parse::Advisories(parse) = provider.parse else { anyhow::bail!("it has no advisories") };
    let mut advisories = Advisories::default();
    for document in documents {
        parse(feed, document, &mut advisories)?;
    }
    anyhow::ensure!(advisories.remarks.n_unreadable == 0, "some of it could not be read");
    for (_, records) in advisories.into_records() {
        records.for_each(|record| drop(std::hint::black_box(record)));
    }
    Ok(())
}
