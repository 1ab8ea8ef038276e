//! How long judging takes: packages with the rows of their keys, loaded already, to findings; on one core and on all, without I/O.

mod corpus;

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use matcher::cases;
use sha2::{Digest, Sha256};

use crate::parse_speed::processor_seconds;
use corpus::{inventory, rows};

/// For how many rounds each is measured; the one in the middle counts.
const ROUNDS: usize = 5;

/// Prints what judging 1,500 and 100,000 packages takes, and how fast this machine hashes.
pub(crate) fn measure() -> Result<()> {
    let bytes = vec![7; 16 << 20];
    let seconds = median(|| _ = black_box(Sha256::digest(&bytes)))?;
    println!("calibration: SHA-256 of {:.0} MB/s", bytes.len() as f64 / 1e6 / seconds);
    let n_cores = std::thread::available_parallelism()?;
    for n_packages in [1_500, 100_000] {
        let (inventory, facts) = inventory(n_packages);
        let mut held = Vec::new();
        let making = median(|| held = cases(&inventory, &facts))?;
        let advisories = rows(&held);
        let n_rows: usize = advisories.rows.values().map(Vec::len).sum();
        let mut n_findings = 0;
        let judging = median(|| n_findings = black_box(matcher::find(&held, &advisories)).len())?;
        let on_all = median_of_clock(|| _ = black_box(flows::find::find(&held, &advisories)));
        println!(
            "{n_packages} packages, {n_rows} rows: cases {:.2} ms, find {:.2} ms on one core, {:.2} ms by the clock on {n_cores}, {n_findings} findings",
            making * 1e3,
            judging * 1e3,
            on_all * 1e3
        );
    }
    Ok(())
}

/// A round goes on for so long: the kernel counts processor time in steps of some milliseconds.
const ROUND_SECONDS: f64 = 0.3;

/// The processor time of one turn in the round in the middle.
fn median(mut work: impl FnMut()) -> Result<f64> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = processor_seconds()?;
        let mut n_turns = 0;
        let taken = loop {
            work();
            n_turns += 1;
            let taken = processor_seconds()? - begun;
            if taken >= ROUND_SECONDS {
                break taken;
            }
        };
        rounds.push(taken / f64::from(n_turns));
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 2])
}

/// The time of one turn by the clock, the one in the middle.
fn median_of_clock(mut work: impl FnMut()) -> f64 {
    let mut turns = [0.0; ROUNDS];
    for turn in &mut turns {
        let begun = Instant::now();
        work();
        *turn = begun.elapsed().as_secs_f64();
    }
    turns.sort_by(f64::total_cmp);
    turns[ROUNDS / 2]
}
