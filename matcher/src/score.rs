//! Scores of CVSS vectors, in every version and in the spellings that feeds have.
//!
//! Which spellings: `docs/reference/severity.md`. What cannot be read is no score, and its vector is kept as it is.

use cvss::Cvss as Parsed;
use model::advisory::CvssVector;
use model::finding::Cvss;
use model::severity::Severity;

/// A vector of version 4.0 with everything in it has fewer than 300 bytes.
const VECTOR_BYTES_MAX: usize = 1_024;

/// The metrics without which there is no score, by the version's number.
const BASE: [(&str, &[&str]); 4] = [
    ("2.0", &["AV", "AC", "Au", "C", "I", "A"]),
    ("3.0", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
    ("3.1", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
    ("4.0", &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]),
];

/// The vector with its score: the base score in versions 2 and 3; in version 4, which has one score for what is stated,
/// that one.
pub(crate) fn scored(vector: &CvssVector) -> Option<Cvss> {
    let (version, parsed) = read(&vector.vector)?;
    Some(Cvss { vector: vector.clone(), version: version.to_owned(), score: parsed.score() })
}

/// The level that a score has in its version of CVSS.
pub(crate) fn level(cvss: &Cvss) -> Severity {
    match cvss.version.as_str() {
        "2.0" => Severity::from_cvss2_score(cvss.score),
        _ => Severity::from_cvss_score(cvss.score),
    }
}

/// The version and the metrics of a vector.
fn read(text: &str) -> Option<(&'static str, Parsed)> {
    if text.len() > VECTOR_BYTES_MAX {
        return None;
    }
    let text = spelt(text);
    match kind(&text) {
        // Without a prefix 3.0 cannot be told from 3.1, which differ in how they round.
        Kind::Bare3 => {
            let (_, older) = whole(&format!("CVSS:3.0/{text}"))?;
            whole(&format!("CVSS:3.1/{text}")).filter(|(_, newer)| is_same(newer.score(), older.score()))
        }
        Kind::Bare4 => whole(&format!("CVSS:4.0/{text}")),
        Kind::Version2 | Kind::Prefixed => whole(&text),
    }
}

fn is_same(left: f64, right: f64) -> bool {
    left.total_cmp(&right).is_eq()
}

/// What a vector is by its look.
enum Kind {
    Prefixed,
    Version2,
    Bare3,
    Bare4,
}

fn kind(text: &str) -> Kind {
    let has = |metric: &str| text.split('/').any(|part| part.split(':').next() == Some(metric));
    match text.starts_with("CVSS:") {
        true => Kind::Prefixed,
        false if has("VC") => Kind::Bare4,
        false if has("PR") => Kind::Bare3,
        false => Kind::Version2,
    }
}

/// The text as its standard spells it: without what is around it, in capital letters but for the few small ones that
/// the standards have. Version 2 has no prefix.
fn spelt(text: &str) -> String {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')').trim_end_matches('/');
    let text = text.to_ascii_uppercase();
    let is_version_2 = |text: &&str| matches!(kind(text), Kind::Version2);
    let of_version_2 = ["CVSS:2.0/", "CVSS2#"].iter().find_map(|prefix| text.strip_prefix(prefix));
    let text = of_version_2.filter(is_version_2).unwrap_or(&text);
    let is_version_2 = is_version_2(&text);
    let part = |part: &str| match part.split_once(':') {
        Some(("AU", value)) if is_version_2 => format!("Au:{value}"),
        Some(("U", value @ ("CLEAR" | "GREEN" | "AMBER" | "RED"))) => {
            format!("U:{}{}", &value[..1], value[1..].to_ascii_lowercase())
        }
        _ => part.to_owned(),
    };
    text.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The version and the metrics of a vector that has each mandatory metric once: the parser takes one without some of
/// them for one without impact.
fn whole(text: &str) -> Option<(&'static str, Parsed)> {
    let parsed: Parsed = text.parse().ok()?;
    let (version, base) = match &parsed {
        Parsed::CvssV20(_) => BASE[0],
        Parsed::CvssV30(_) => BASE[1],
        Parsed::CvssV31(_) => BASE[2],
        Parsed::CvssV40(_) => BASE[3],
        _ => return None,
    };
    let stated = |metric: &str| text.split('/').filter(|part| part.split(':').next() == Some(metric)).count();
    base.iter().all(|metric| stated(metric) == 1).then_some((version, parsed))
}

#[cfg(test)]
mod tests;
