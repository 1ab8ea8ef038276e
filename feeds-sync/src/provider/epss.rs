//! FIRST's EPSS: how likely each CVE is to be exploited in the next 30 days (feeds.md A25).
//!
//! The first line says which model and day the scores are of; without it they cannot be told from those of
//! another model, so a file without it is refused.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use advisory_db::{EpssStamp, EpssTable};
use model::advisory::Epss;

use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::DailyTables;
use crate::document::Document;
use crate::error::ParseError;

pub(super) static PROVIDER: Provider = Provider {
    name: "epss",
    attribution: Some("See EPSS at https://www.first.org/epss"),
    feeds: || vec![feed()],
    answering: |_| None,
    releases: &[],
    follow: None,
    parse: Parse::Daily(parse),
};

fn feed() -> Feed {
    Feed {
        name: "epss".to_owned(),
        sources: vec![Source::records(
            "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz".to_owned(),
            64 * MIB,
        )],
        scope: Scope::Ranking,
        license: "free use with attribution",
        is_redistributable: true,
        is_alternate: false,
    }
}

/// The longest first line that is read.
const STAMP_BYTES_MAX: u64 = 4096;

fn parse(document: &Document<'_>, tables: &mut DailyTables) -> Result<u64, ParseError> {
    let mut content = document.open()?;
    let mut first = String::new();
    (&mut content).take(STAMP_BYTES_MAX).read_line(&mut first)?;
    let stamp = stamp(&first).ok_or_else(|| {
        ParseError::NotTheFeed("a file whose first line names no EPSS model and date".to_owned())
    })?;

    let mut csv = csv::Reader::from_reader(content);
    if csv.headers()?.iter().ne(["cve", "epss", "percentile"]) {
        return Err(ParseError::NotTheFeed("a table without the columns cve, epss, percentile".to_owned()));
    }
    let mut scores = BTreeMap::new();
    for row in csv.records() {
        let row = row?;
        let epss = score(&row).ok_or_else(|| {
            ParseError::NotTheFeed(format!(
                "a table with the row `{}`",
                row.iter().collect::<Vec<_>>().join(",")
            ))
        })?;
        scores.insert(row[0].to_owned(), epss);
    }
    if scores.is_empty() {
        return Err(ParseError::NotTheFeed("a table without rows".to_owned()));
    }
    let n_scores = scores.len() as u64;
    tables.epss = Some(EpssTable { stamp, scores });
    Ok(n_scores)
}

/// `#model_version:v2025.03.14,score_date:2025-06-06T00:00:00+0000`
fn stamp(line: &str) -> Option<EpssStamp> {
    let (model, date) = line.trim().strip_prefix('#')?.split_once(',')?;
    let model_version = model.strip_prefix("model_version:")?.to_owned();
    let score_date = date.strip_prefix("score_date:")?.to_owned();
    Some(EpssStamp { model_version, score_date })
}

fn score(row: &csv::StringRecord) -> Option<Epss> {
    let probability = |text: &str| text.parse().ok().filter(|value: &f64| (0.0..=1.0).contains(value));
    Some(Epss { score: probability(row.get(1)?)?, percentile: probability(row.get(2)?)? })
}
