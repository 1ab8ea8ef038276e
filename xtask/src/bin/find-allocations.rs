//! How much memory judging asks for, and how often: a program of its own, because who counts is the allocator.

#![expect(clippy::print_stdout, reason = "it reports to the person who started it")]

#[path = "../find_speed/corpus.rs"]
mod corpus;

use std::hint::black_box;

use allocation_counter::measure;
use matcher::{cases, find};

fn main() {
    for n_packages in [1_500, 100_000] {
        let (inventory, facts) = corpus::inventory(n_packages);
        let cases = cases(&inventory, &facts);
        let advisories = corpus::rows(&cases);
        let n_rows: usize = advisories.rows.values().map(Vec::len).sum();
        let mut n_findings = 0;
        let asked = measure(|| n_findings = black_box(find(&cases, &advisories)).len());
        let per_finding = asked.count_total as f64 / n_findings as f64;
        println!(
            "{n_packages} packages, {n_rows} rows: {} allocations, {per_finding:.1} a finding; {:.1} MB asked for in all, {:.1} MB at once",
            asked.count_total,
            asked.bytes_total as f64 / 1e6,
            asked.bytes_max as f64 / 1e6
        );
    }
}
