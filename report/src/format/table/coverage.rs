//! The end of the table: what was matched against what, what was not, and what could not be known.

use std::io;

use jiff::Timestamp;
use model::report::Report;

use super::{CELL_BYTES_MAX, cell};
use crate::fold::{self, Feed};
use crate::paint::Paint;
use crate::text::{count, plain, thousands};

/// Writes it.
pub(super) fn write(report: &Report, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let coverage = &report.coverage;
    let unmatched = coverage.packages - coverage.matched.min(coverage.packages);
    writeln!(
        out,
        "Coverage: {}, {} matched, {} not matched",
        count(coverage.packages, "package"),
        thousands(coverage.matched as u64),
        thousands(unmatched as u64),
    )?;
    let feeds = fold::feeds(&report.snapshot.namespaces);
    if feeds.is_empty() {
        writeln!(out, "  matched against no feed")?;
    }
    for one in &feeds {
        writeln!(out, "  matched against {}", feed(one, report.as_of))?;
    }
    for one in &fold::unmatched(&coverage.unmatched) {
        let line = format!(
            "not matched: {} of {} ({})",
            count(one.packages, "package"),
            cell(one.namespace.as_str()),
            one.reason.as_str()
        );
        writeln!(out, "  {}", paint.warning(&line))?;
    }
    for runtime in &coverage.runtimes {
        let name = format!("{} {}", cell(&runtime.name), cell(&runtime.version));
        match runtime.end_of_life.as_deref() {
            Some(end) => writeln!(out, "  runtime {name}, supported until {}", cell(end))?,
            None => writeln!(out, "  runtime {name}, it is not known how long it has support")?,
        }
    }
    let gaps = fold::gaps(&coverage.gaps);
    if !gaps.is_empty() {
        writeln!(out, "Gaps: {}", thousands(gaps.len() as u64))?;
    }
    for gap in &gaps {
        let place = if gap.place.is_empty() { String::new() } else { format!(" {}", cell(&gap.place)) };
        let line = format!("{}{place}: {}", cell(gap.kind.as_str()), plain(&gap.detail, 4 * CELL_BYTES_MAX));
        writeln!(out, "  {}", paint.warning(&line))?;
    }
    Ok(())
}

/// `alpine:3.10 (1,234 records of 2021-09-01, 3 days old)`; `cpe:* (31 namespaces, up to 1,234 records …)`.
fn feed(feed: &Feed<'_>, as_of: Timestamp) -> String {
    let state = match feed.data_as_of {
        None => "of an unknown date".to_owned(),
        Some(time) => {
            let days = as_of.duration_since(time).as_hours() / 24;
            let age = usize::try_from(days).map_or_else(
                |_| "newer than this report".to_owned(),
                |days| format!("{} old", count(days, "day")),
            );
            let date = time.to_string();
            format!("of {}, {age}", date.split('T').next().unwrap_or(&date))
        }
    };
    let records = match feed.n_namespaces {
        1 => format!("{} {state}", counted(feed.records)),
        n => format!("{}, up to {} {state}", count(n, "namespace"), counted(feed.records)),
    };
    format!("{} ({records})", cell(feed.name))
}

/// `1 record`, `1,234 records`.
fn counted(records: u64) -> String {
    format!("{} record{}", thousands(records), if records == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::empty;

    #[test]
    fn a_feed_states_its_age() {
        let report = empty("app");
        let feed = |as_of: &str| feed(&fold::feeds(&report.snapshot.namespaces)[0], as_of.parse().unwrap());
        assert_eq!(feed("2023-05-30T07:00:00Z"), "alpine:3.18 (4,321 records of 2023-05-30, 0 days old)");
        assert_eq!(feed("2023-05-31T07:00:00Z"), "alpine:3.18 (4,321 records of 2023-05-30, 1 day old)");
        assert_eq!(
            feed("2023-05-01T00:00:00Z"),
            "alpine:3.18 (4,321 records of 2023-05-30, newer than this report)"
        );
        let several = |n_namespaces| Feed { name: "cpe:*", n_namespaces, records: 1, data_as_of: None };
        let told = |n_namespaces| super::feed(&several(n_namespaces), Timestamp::UNIX_EPOCH);
        assert_eq!(told(1), "cpe:* (1 record of an unknown date)");
        assert_eq!(told(31), "cpe:* (31 namespaces, up to 1 record of an unknown date)");
    }
}
