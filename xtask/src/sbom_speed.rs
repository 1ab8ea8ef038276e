//! What reading and writing an SBOM costs: time for one of 4 MB, time and memory for one of 200 MB, made here.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use model::inventory::Inventory;
use model::limits::Limits;
use sbom::format::{WriteOptions, by_name, read, read_file};
use sha2::{Digest, Sha256};

mod documents;

const RUNS: usize = 5;

/// Writes a document of so many components.
type Make = fn(&mut dyn Write, u32) -> io::Result<()>;

/// The documents, by the format whose name they are written back as.
const DOCUMENTS: &[(&str, Make)] =
    &[("cyclonedx-json", documents::write_cyclonedx), ("spdx-json", documents::write_spdx)];

/// Components of the small document: about 4 MB.
const N_SMALL: u32 = 8_000;

/// Components of the large one: about 200 MB.
const N_LARGE: u32 = 400_000;

/// Documents whose components say everything that others only may say; of them only the memory is of interest.
const RICH_DOCUMENTS: &[(&str, Make)] =
    &[("cyclonedx-json", documents::write_rich_cyclonedx), ("spdx-json", documents::write_rich_spdx)];

/// Measures and prints the medians.
pub(crate) fn measure() -> Result<()> {
    let dir = tempfile::tempdir().context("cannot make a directory")?;
    println!("medians of {RUNS}; memory is the peak of a process of its own (VmHWM)");
    for (name, document) in DOCUMENTS {
        let small = make(dir.path(), name, *document, N_SMALL)?;
        let bytes = fs::read(&small).context("cannot read the document")?;
        let inventory = read(&bytes, &Limits::default())?.inventory;
        let reading = median(|| drop(black_box(read(&bytes, &Limits::default()))));
        let mut size = 0;
        let writing = median(|| size = black_box(written(name, &inventory)).len());
        println!(
            "{name}: {:.1} MB with {N_SMALL} components read in {}, {:.1} MB written in {}; calibration: SHA-256 of it {}",
            megabytes(bytes.len() as u64),
            milliseconds(reading),
            megabytes(size as u64),
            milliseconds(writing),
            milliseconds(median(|| _ = black_box(Sha256::digest(&bytes)))),
        );
        measure_large(dir.path(), name, *document, "")?;
    }
    for (name, document) in RICH_DOCUMENTS {
        measure_large(dir.path(), name, *document, "rich ")?;
    }
    Ok(())
}

/// Measures and prints what reading the large document costs, in processes of their own.
fn measure_large(dir: &Path, name: &str, document: Make, kind: &str) -> Result<()> {
    let large = make(dir, name, document, N_LARGE)?;
    let begun = Instant::now();
    println!(
        "{name}: {:.0} MB with {N_LARGE} {kind}components: {} (all processes: {:.1} s)",
        megabytes(large.metadata()?.len()),
        in_a_process_of_its_own(&large)?,
        begun.elapsed().as_secs_f64(),
    );
    fs::remove_file(&large)?;
    Ok(())
}

/// Reads the document at `path` once and prints what that took.
pub(crate) fn read_one(path: &Path) -> Result<()> {
    let file = File::open(path).context("cannot open the document")?;
    let begun = Instant::now();
    let inventory = read_file(&file, &Limits::default(), &[])?;
    let took = begun.elapsed();
    println!("{} {} {}", took.as_millis(), peak_kilobytes()?, inventory.packages.len());
    Ok(())
}

fn in_a_process_of_its_own(path: &Path) -> Result<String> {
    let mut times = Vec::new();
    let mut peak = 0;
    let mut n_packages = 0;
    for _ in 0..RUNS {
        let program = std::env::current_exe().context("cannot find this program")?;
        let output = Command::new(program).arg("sbom-speed").arg(path).output().context("cannot start")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<u64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [milliseconds, kilobytes, packages] = numbers[..] else {
            bail!("the reading process says `{said}` and {}", String::from_utf8_lossy(&output.stderr));
        };
        times.push(milliseconds);
        peak = peak.max(kilobytes);
        n_packages = packages;
    }
    times.sort_unstable();
    let peak = megabytes(peak * 1024);
    Ok(format!("{n_packages} packages read in {} ms, peak {peak:.0} MB", times[RUNS / 2]))
}

/// The most that this process ever had in memory.
pub(crate) fn peak_kilobytes() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("no /proc here")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM here")?;
    line.trim().trim_end_matches(" kB").parse().context("VmHWM is no number")
}

fn written(name: &str, inventory: &Inventory) -> Vec<u8> {
    let options = WriteOptions { tool_version: "0", created: jiff::Timestamp::UNIX_EPOCH };
    let mut bytes = Vec::new();
    let choice = by_name(name).expect("the format is there");
    choice.write(inventory, &options, &mut bytes).expect("memory takes what is written to it");
    bytes
}

fn make(dir: &Path, name: &str, document: Make, n_components: u32) -> Result<PathBuf> {
    let path = dir.join(format!("{name}-{n_components}.json"));
    let mut out = BufWriter::new(File::create(&path).context("cannot write the document")?);
    document(&mut out, n_components).and_then(|()| out.flush()).context("cannot write the document")?;
    Ok(path)
}

/// The median time of `action`, after once to warm up.
fn median(mut action: impl FnMut()) -> Duration {
    action();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            action();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
