//! What catalogers cost: an image read with and without them, in turn, in one process.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sbom::image::{OpenOptions, open};
use sbom::inventory::{Depth, InventoryOptions, NoProgress, inventory};

/// Reads `image` `runs` times in either way, after once to bring it into the page cache, and prints the medians.
pub(crate) fn measure(image: &Path, runs: usize) -> Result<()> {
    if runs == 0 {
        bail!("RUNS is at least 1");
    }
    read(image, Depth::Entries)?;
    let (mut files, mut entries) = (Vec::new(), Vec::new());
    for run in 1..=runs {
        let found = read(image, Depth::Files)?;
        let bare = read(image, Depth::Entries)?;
        println!(
            "run {run}: {:.3} s with catalogers ({} packages), {:.3} s without",
            found.took.as_secs_f64(),
            found.n_packages,
            bare.took.as_secs_f64()
        );
        files.push(found.took);
        entries.push(bare.took);
    }
    let (files, entries) = (median(files), median(entries));
    println!(
        "medians of {runs}: {:.3} s with catalogers, {:.3} s without: {:.1} % of the throughput is left",
        files.as_secs_f64(),
        entries.as_secs_f64(),
        100.0 * entries.as_secs_f64() / files.as_secs_f64()
    );
    Ok(())
}

struct Read {
    took: Duration,
    n_packages: usize,
}

fn read(image: &Path, depth: Depth) -> Result<Read> {
    let begun = Instant::now();
    let opened = open(image, None, &OpenOptions::default())
        .with_context(|| format!("cannot open `{}`", image.display()))?;
    let options = InventoryOptions { depth, ..InventoryOptions::default() };
    let found = inventory(&opened, &options, &NoProgress).context("cannot read the image")?;
    Ok(Read { took: begun.elapsed(), n_packages: found.packages.len() })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
