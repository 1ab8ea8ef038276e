//! Chores of the repository: `cargo xtask torture BINARY` kills syncs, pulls and collections of garbage at random moments,
//! `cargo run --release --package xtask -- torture catalogers` hands every cataloger damaged copies of its fixtures, `cargo xtask examples`
//! writes the example image and mirror anew, `cargo xtask mirror DIR` lays the real dated feeds out as a mirror,
//! `cargo xtask big-image DIR [--gigabytes 10] [--layers 74]` writes a large image to measure with,
//! `cargo run --release --package xtask -- throughput IMAGE` says what catalogers cost, `… -- sbom-speed` what reading and
//! writing an SBOM costs, `… -- feed-speed` what the feed database costs with four million rows, `… -- parse-speed` what reading feeds costs,
//! `… -- version-speed` how many versions a second are compared, `… -- find-speed` what judging packages costs,
//! `… -- feed-memory nvd` (or `ubuntu`, `cve-list`, `npm`) what memory reading the largest of them takes.
#![expect(clippy::print_stdout, reason = "chores report to the person who started them")]

mod feed_memory;
mod feed_speed;
mod find_speed;
mod parse_speed;
mod sbom_speed;
mod throughput;
mod torture;
mod version_speed;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// As the program has it, whose cost is measured here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["examples"] => {
            testkit::examples::write(&root().join("examples")).context("cannot write the examples")
        }
        ["mirror", dir] => mirror(Path::new(dir)),
        ["big-image", dir, ref options @ ..] => big_image(Path::new(dir), options),
        ["sbom-speed"] => sbom_speed::measure(),
        ["sbom-speed", document] => sbom_speed::read_one(Path::new(document)),
        ["feed-speed"] => feed_speed::measure(4_000_000),
        ["feed-speed", rows] => feed_speed::measure(rows.parse().context("ROWS is a number")?),
        ["find-speed"] => find_speed::measure(),
        ["feed-memory", provider] => feed_memory::measure(provider),
        ["feed-memory", "make", provider, dir] => feed_memory::make(provider, &Path::new(dir).join("mirror")),
        ["feed-memory", "read", provider, dir] => feed_memory::read(provider, Path::new(dir)),
        ["parse-speed"] => parse_speed::measure(None),
        ["parse-speed", provider] => parse_speed::measure(Some(provider)),
        ["version-speed"] => version_speed::measure(),
        ["throughput", image] => throughput::measure(Path::new(image), 5),
        ["throughput", image, runs] => {
            throughput::measure(Path::new(image), runs.parse().context("RUNS is a number")?)
        }
        ["torture", "catalogers"] => torture::catalogers(&cases(), 10_000),
        ["torture", "catalogers", copies] => {
            torture::catalogers(&cases(), copies.parse().context("COPIES is a number")?)
        }
        ["torture", binary] => kill(Path::new(binary), 1_000),
        ["torture", binary, kills] => kill(Path::new(binary), kills.parse().context("KILLS is a number")?),
        _ => bail!(
            "usage: cargo xtask examples | mirror DIR | torture BINARY [KILLS] | torture catalogers [COPIES] \
             | big-image DIR [--gigabytes N] [--layers N] | throughput IMAGE [RUNS] | sbom-speed [DOCUMENT] | feed-speed [ROWS] \
             | parse-speed [PROVIDER] | version-speed | find-speed | feed-memory nvd|ubuntu|cve-list|npm"
        ),
    }
}

/// The cases of the catalogers.
fn cases() -> std::path::PathBuf {
    root().join("sbom/testdata/cataloger")
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Lays out the newest state of each real feed (`PLIMSOLL_TEST_DATA`) below `dir`.
fn mirror(dir: &Path) -> Result<()> {
    let data = testkit::data::dir().context("no real data; PLIMSOLL_TEST_DATA names its directory")?;
    let mirror = testkit::feeds::Mirror::at(dir);
    mirror.alpine(&data, &["3.3", "3.4", "3.6", "3.7", "3.8", "3.10", "3.11"], None);
    mirror.debian(&data, "2023-04-02").kev(&data, "2025-06-10");
    for (ecosystem, date) in [("PyPI", "2024-01-01"), ("Go", "2026-01-01")] {
        mirror.osv(&data, ecosystem, date);
    }
    Ok(())
}

/// Writes an OCI layout of many gigabytes to `dir`; `cargo run --release --package xtask` takes a tenth of the time.
fn big_image(dir: &Path, options: &[&str]) -> Result<()> {
    let mut image = testkit::big::BigImage { bytes: 10_000_000_000, layers: 74, seed: 1 };
    let (pairs, []) = options.as_chunks::<2>() else { bail!("each option has a value") };
    for [option, value] in pairs {
        let number: u64 = value.parse().with_context(|| format!("the value of {option} is a number"))?;
        match *option {
            "--gigabytes" => image.bytes = number * 1_000_000_000,
            "--layers" => image.layers = number,
            other => bail!("there is no option `{other}`"),
        }
    }
    let written = image.write(dir).with_context(|| format!("cannot write `{}`", dir.display()))?;
    println!("{} entries, {} bytes in {} stored", written.entries, written.bytes, written.stored_bytes);
    Ok(())
}

/// Kills each deed `kills` times and prints what was seen.
fn kill(binary: &Path, kills: usize) -> Result<()> {
    for deed in testkit::torture::Deed::ALL {
        let outcome = testkit::torture::kill(binary, deed, kills, 1).map_err(anyhow::Error::msg)?;
        println!("{outcome}");
    }
    Ok(())
}
