//! How many pairs of versions a second each of the most asked schemes compares, both read from their text.
//!
//! The versions are made here, in the shapes of real ones. As where packages meet bounds of records, most pairs share
//! how they begin.

use std::hint::black_box;

use anyhow::{Context as _, Result};
use matcher::version::by_name;
use sha2::{Digest, Sha256};
use testkit::mutate::Random;

use crate::parse_speed::processor_seconds;

/// Pairs of each scheme: many enough that no branch is learnt, few enough for the cache.
const PAIRS: usize = 4_096;

/// For how many rounds each is measured; the fastest counts, because whatever else runs only adds to it.
const ROUNDS: usize = 9;

/// How often a round compares every pair.
const REPEATS: usize = 100;

/// Prints what each scheme does in a second, and how fast this machine hashes.
pub(crate) fn measure() -> Result<()> {
    let bytes = vec![7; 16 << 20];
    let seconds = fastest(|| _ = black_box(Sha256::digest(&bytes)))?;
    println!("calibration: SHA-256 of {:.0} MB/s", bytes.len() as f64 / 1e6 / seconds);
    for (name, make) in [("apk", apk as Make), ("deb", deb), ("rpm", rpm), ("semver", semver)] {
        let scheme = by_name(name).with_context(|| format!("no scheme `{name}`"))?;
        let pairs = pairs(make);
        let unreadable = pairs.iter().find(|(left, right)| (scheme.compare)(left, right).is_none());
        anyhow::ensure!(unreadable.is_none(), "{name} cannot read {unreadable:?}");
        let seconds = fastest(|| {
            for _ in 0..REPEATS {
                for (left, right) in &pairs {
                    black_box((scheme.compare)(black_box(left), black_box(right)));
                }
            }
        })?;
        let n_bytes: usize = pairs.iter().map(|(left, right)| left.len() + right.len()).sum();
        println!(
            "{name}: {:.1} million comparisons/s of versions of {:.1} bytes, such as `{}` and `{}`",
            (PAIRS * REPEATS) as f64 / seconds / 1e6,
            n_bytes as f64 / (2 * PAIRS) as f64,
            pairs[0].0,
            pairs[0].1
        );
    }
    Ok(())
}

/// The processor time of the fastest round.
fn fastest(mut work: impl FnMut()) -> Result<f64> {
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begun = processor_seconds()?;
        work();
        fastest = fastest.min(processor_seconds()? - begun);
    }
    Ok(fastest)
}

/// Makes a version of which the last part is drawn anew: the other draws come from the first number generator.
type Make = fn(&mut Random, &mut Random) -> String;

/// Of four pairs, three share all but their last part and one nothing.
fn pairs(make: Make) -> Vec<(String, String)> {
    let mut random = Random::new(1);
    let mut pair = |index: usize| {
        let seed = index as u64;
        let other = if index % 4 == 3 { seed + PAIRS as u64 } else { seed };
        (make(&mut Random::new(seed), &mut random), make(&mut Random::new(other), &mut random))
    };
    (0..PAIRS).map(&mut pair).collect()
}

fn number(random: &mut Random, bound: usize) -> usize {
    random.below(bound)
}

fn apk(begin: &mut Random, end: &mut Random) -> String {
    let numbers = format!("{}.{}.{}", number(begin, 12), number(begin, 40), number(begin, 20));
    let suffix = match number(begin, 8) {
        0 => format!("_git202{}0{}1{}", number(begin, 6), 1 + number(begin, 9), number(begin, 9)),
        1 => format!("_p{}", number(begin, 9)),
        2 => "a".to_owned(),
        _ => String::new(),
    };
    format!("{numbers}{suffix}-r{}", number(end, 14))
}

fn deb(begin: &mut Random, end: &mut Random) -> String {
    let epoch = if number(begin, 5) == 0 { "1:" } else { "" };
    let numbers = format!("{}.{}.{}", number(begin, 12), number(begin, 40), number(begin, 20));
    let suffix = ["", "", "", "+dfsg", "~rc1", "+git20230101", "+really1.2"][number(begin, 7)];
    let revision = 1 + number(begin, 9);
    match number(begin, 3) {
        0 => format!("{epoch}{numbers}{suffix}-{revision}"),
        1 => format!("{epoch}{numbers}{suffix}-{revision}+deb12u{}", 1 + number(end, 12)),
        _ => format!("{epoch}{numbers}{suffix}-{revision}ubuntu0.22.04.{}", 1 + number(end, 12)),
    }
}

fn rpm(begin: &mut Random, end: &mut Random) -> String {
    let epoch = ["", "", "0:", "1:", "32:"][number(begin, 5)];
    let numbers = format!("{}.{}.{}", number(begin, 12), number(begin, 40), number(begin, 20));
    let suffix = ["", "", "", "~rc1", "^20230101git1a2b3c4"][number(begin, 5)];
    let release = number(begin, 500);
    match number(begin, 3) {
        0 => format!("{epoch}{numbers}{suffix}-{release}.el9_{}", number(end, 9)),
        1 => format!("{epoch}{numbers}{suffix}-{release}.el9_4.{}", number(end, 12)),
        _ => format!("{epoch}{numbers}{suffix}-{release}.fc4{}", number(end, 3)),
    }
}

fn semver(begin: &mut Random, end: &mut Random) -> String {
    let numbers = format!("{}.{}", number(begin, 20), number(begin, 40));
    match number(begin, 8) {
        0 => format!("{numbers}.0-rc.{}", number(end, 12)),
        1 => format!("{numbers}.0-beta.{}+build.5", number(end, 12)),
        _ => format!("{numbers}.{}", number(end, 30)),
    }
}
