//! What the feed database costs at the size of the real world (feeds.md E4): writing, size, loading, comparing.
//!
//! The corpus is made here: releases of distributions that share most of their records, of packages whose names and
//! numbers of rows are spread as real ones are (a few have thousands, most have one).

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use advisory_db::delta::Delta;
use advisory_db::{FeedsDir, Publication};
use anyhow::{Context as _, Result};
use feeds_sync::distribution::bring::{BringOptions, bring};
use feeds_sync::distribution::directory::Directory;
use feeds_sync::distribution::offer::{EDITS_MAX, OfferOptions, offer};
use feeds_sync::distribution::place::Place;
use feeds_sync::engine::NoProgress;
use jiff::{Timestamp, ToSpan};
use model::advisory::{
    Advisory, Affected, AffectedRange, Aside, CvssVector, FixState, RangeEvent, Reference, SeverityWord,
    Status,
};
use model::facts::CoverageClass;
use model::key::{KeyKind, Namespace, PackageKey};
use model::severity::Severity;
use testkit::mutate::Random;

/// Releases; each is a namespace.
const RELEASES: usize = 40;

/// Source packages with rows in a release.
const PACKAGES: usize = 6_000;

/// The packages of the SBOM that is asked for.
const PACKAGES_OF_SBOM: usize = 1_500;

/// Writes a corpus of `n_rows` below a temporary directory, changes one row in a hundred, and prints what each step took.
pub(crate) fn measure(n_rows: usize) -> Result<()> {
    let dir = tempfile::tempdir().context("cannot make a directory")?;
    let feeds = FeedsDir::open(dir.path());
    for texts in [Texts::Without, Texts::With] {
        let without = tempfile::tempdir().context("cannot make a directory")?;
        let feeds = if texts == Texts::With { &feeds } else { &FeedsDir::open(without.path()) };
        let (begun, mut making) = (Instant::now(), 0.0);
        write(feeds, n_rows, 0, texts, &mut making)?;
        let seconds = begun.elapsed().as_secs_f64() - making;
        println!(
            "{n_rows} rows in {RELEASES} namespaces {} texts written in {seconds:.1} s ({:.0} rows/s; making them {making:.1} s), peak {} MB",
            if texts == Texts::With { "with" } else { "without" },
            n_rows as f64 / seconds,
            crate::sbom_speed::peak_kilobytes()? / 1024
        );
    }
    let old = feeds.current()?.context("no snapshot")?;
    for kind in ["rows", "text", "daily", "facts"] {
        let bytes = size(dir.path(), kind)?;
        println!("{kind}: {:.1} MB, {:.1} bytes a row", bytes as f64 / 1e6, bytes as f64 / n_rows as f64);
    }
    let keys: BTreeSet<PackageKey> = (0..PACKAGES_OF_SBOM)
        .map(|package| {
            PackageKey::new(namespace(0), KeyKind::Source, name(package * PACKAGES / PACKAGES_OF_SBOM))
        })
        .collect();
    for cache in [Cache::Cold, Cache::Warm] {
        for _ in 0..5 {
            if cache == Cache::Cold {
                forget(&dir.path().join("shards"))?;
            }
            let begun = Instant::now();
            let snapshot = feeds.current()?.context("no snapshot")?;
            let rows: usize = snapshot.load(&keys)?.rows.values().map(Vec::len).sum();
            println!(
                "opened, and {rows} rows of {PACKAGES_OF_SBOM} packages loaded in {:.1} ms ({cache:?})",
                begun.elapsed().as_secs_f64() * 1e3
            );
        }
    }
    let (place, here) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let (shelf, here) = (Directory::new(place.path()), FeedsDir::open(here.path()));
    publish_and_bring(&feeds, &shelf, &here, "the first state")?;
    write(&feeds, n_rows, 1, Texts::With, &mut 0.0)?;
    publish_and_bring(&feeds, &shelf, &here, "one row in a hundred changed")?;
    let new = feeds.current()?.context("no snapshot")?;
    for _ in 0..3 {
        let begun = Instant::now();
        let delta = Delta::between(&old, &new)?;
        println!(
            "{} keys and {} texts told to differ in {:.2} s",
            delta.keys.len(),
            delta.texts.len(),
            begun.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// Whether the files that are read lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cache {
    Cold,
    Warm,
}

/// Has the system forget what it holds of the files in `shards` in memory.
fn forget(shards: &Path) -> Result<()> {
    for entry in std::fs::read_dir(shards).context("no shards")? {
        let path = entry.context("cannot list the shards")?.path();
        // With no block to copy, all that dd does is to tell the system that the file is not needed.
        let mut dd = Command::new("dd");
        dd.arg(format!("of={}", path.display())).args(["oflag=nocache", "conv=notrunc,fdatasync", "count=0"]);
        let told = dd.stderr(Stdio::null()).status().context("cannot run dd")?;
        anyhow::ensure!(told.success(), "dd failed");
    }
    Ok(())
}

/// Publishes the current state in a directory and brings it from there.
fn publish_and_bring(feeds: &FeedsDir, shelf: &Directory, here: &FeedsDir, what: &str) -> Result<()> {
    let now = feeds.current()?.context("no snapshot")?.created();
    let begun = Instant::now();
    let offered = offer(
        feeds,
        shelf,
        &OfferOptions { key: None, now, edits_max: EDITS_MAX, allow_unsigned: false },
        &NoProgress,
    )
    .map_err(|error| anyhow::anyhow!("cannot publish: {error}"))?;
    let offering = begun.elapsed().as_secs_f64();
    let options = BringOptions { wanted: None, keys: &[], max_age: None, now, jobs: 4, allow_older: false };
    let begun = Instant::now();
    let places: [Box<dyn Place>; 1] = [Box::new(Directory::new(Path::new(&shelf.name())))];
    let brought = bring(here, &places, &options, &NoProgress)?;
    anyhow::ensure!(brought.gaps.is_empty(), "{:?}", brought.gaps);
    println!(
        "{what}: published in {offering:.1} s ({:.2} MB of {:.2} sent); brought in {:.2} s: {:.2} MB, {} shards whole, \
         {} by edits, {:.2} % of {:.2} MB",
        offered.bytes as f64 / 1e6,
        offered.bytes_whole as f64 / 1e6,
        begun.elapsed().as_secs_f64(),
        brought.bytes as f64 / 1e6,
        brought.n_whole,
        brought.n_edited,
        100.0 * brought.bytes as f64 / offered.bytes_whole as f64,
        offered.bytes_whole as f64 / 1e6,
    );
    Ok(())
}

fn size(dir: &Path, kind: &str) -> Result<u64> {
    let suffix = format!(".{kind}.sqlite");
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir.join("shards")).context("no shards")? {
        let entry = entry.context("cannot list the shards")?;
        if entry.file_name().to_string_lossy().ends_with(&suffix) {
            bytes += entry.metadata().context("cannot stat a shard")?.len();
        }
    }
    Ok(bytes)
}

fn namespace(release: usize) -> Namespace {
    Namespace::new(format!("debian:{release}"))
}

fn name(package: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "lib", "net", "core", "data", "gtk", "json", "perl", "ruby", "py", "tls", "xml", "font", "gnome",
        "kde", "http", "sql",
    ];
    format!("{}{}-{package}", SYLLABLES[package % 16], SYLLABLES[package / 16 % 16])
}

/// Whether records have texts to be compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    With,
    Without,
}

/// One sync of all releases on day `day`; each day one row in a hundred is another than on the first.
fn write(feeds: &FeedsDir, n_rows: usize, day: usize, texts: Texts, making: &mut f64) -> Result<()> {
    let lock = feeds.lock()?;
    let mut writer = feeds.writer(&lock)?;
    let now = Timestamp::UNIX_EPOCH + (480_000 + 24 * day as i64).hours();
    for release in 0..RELEASES {
        let begun = Instant::now();
        let mut advisories = advisories(release, n_rows / RELEASES, day);
        if texts == Texts::Without {
            for advisory in &mut advisories {
                *advisory = Advisory {
                    affected: std::mem::take(&mut advisory.affected),
                    ..Advisory::new(advisory.id.clone())
                };
            }
        }
        *making += begun.elapsed().as_secs_f64();
        let namespace = namespace(release);
        let publication = Publication {
            namespace: &namespace,
            provider: "debian",
            feed: "debian",
            license: "CC0-1.0",
            coverage: CoverageClass::Complete,
            data_as_of: now,
        };
        writer.replace_provider(&publication, &advisories)?;
        let begun = Instant::now();
        drop(advisories);
        *making += begun.elapsed().as_secs_f64();
    }
    writer.swap(now)?;
    Ok(())
}

fn advisories(release: usize, n_rows: usize, day: usize) -> Vec<Advisory> {
    let mut random = Random::new(1 + release as u64);
    let mut advisories: Vec<Advisory> = Vec::with_capacity(n_rows);
    for row in 0..n_rows {
        // Three rows in four are a record of their own.
        let is_same = row % 4 == 3;
        if !is_same {
            advisories.push(advisory(row));
        }
        let package = package(&mut random);
        let is_changed = day > 0 && row % 100 == day % 100;
        let affected = affected(release, package, row, is_changed, &mut random);
        if let Some(advisory) = advisories.last_mut() {
            advisory.affected.push(affected);
        }
    }
    advisories
}

/// A few packages have most of the rows.
fn package(random: &mut Random) -> usize {
    let spread = random.below(1_000_000) as f64 / 1e6;
    ((spread * spread * spread) * PACKAGES as f64) as usize
}

fn advisory(number: usize) -> Advisory {
    let mut random = Random::new(7_000_000 + number as u64);
    let mut word = || {
        [
            "overflow",
            "in",
            "the",
            "parser",
            "of",
            "crafted",
            "input",
            "allows",
            "remote",
            "attackers",
            "to",
            "read",
            "memory",
            "via",
        ][random.below(14)]
    };
    let text: Vec<&str> = (0..30).map(|_| word()).collect();
    let id = format!("CVE-{}-{:05}", 2010 + number % 16, number / 16 + 1_000);
    Advisory {
        title: Some(text[..8].join(" ")),
        description: Some(text.join(" ")),
        cvss: vec![CvssVector {
            source: "demo".to_owned(),
            vector: format!(
                "CVSS:3.1/AV:{}/AC:L/PR:N/UI:N/S:U/C:H/I:{}/A:N",
                ["N", "L"][number % 2],
                ["N", "L", "H"][number % 3]
            ),
            score: None,
        }],
        references: vec![
            Reference::new(format!("https://security.example/{id}")),
            Reference::new(format!("https://git.example/commit/{:016x}", number * 0x9E37_79B9)),
        ],
        ..Advisory::new(id)
    }
}

fn affected(release: usize, package: usize, row: usize, is_changed: bool, random: &mut Random) -> Affected {
    let key = PackageKey::new(namespace(release), KeyKind::Source, name(package));
    let level = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical][row % 4];
    let severity = Some(SeverityWord { word: level.as_str().to_owned(), level });
    // A package is fixed in the same version for several vulnerabilities.
    let update = random.below(12) + usize::from(is_changed) * 50;
    let is_fixed = random.below(10) < 7;
    let fixed =
        format!("{}.{}.{}-{}+deb{}u{update}", package % 9, package % 23, package % 7, package % 5, release);
    let end = RangeEvent::Fixed(fixed.into());
    let start = RangeEvent::Introduced("0".into());
    Affected {
        fix_state: if is_fixed { FixState::Fixed } else { FixState::NotFixed },
        ranges: if is_fixed || is_changed {
            vec![AffectedRange { events: vec![start, end].into() }].into()
        } else {
            Vec::new().into()
        },
        aside: Aside { severity, ..Aside::default() }.into(),
        ..Affected::new(key, Status::Affected)
    }
}
