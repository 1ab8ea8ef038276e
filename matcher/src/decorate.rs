//! What ranks and explains a finding: severity, CVSS, EPSS, KEV, risk. No verdict depends on it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::advisory::{CvssVector, Daily, Epss, Kev, RecordText};
use model::finding::{Cvss, Decoration, Finding, Rating};
use model::inventory::Inventory;
use model::severity::Severity;

/// How [`Decoration::risk`] is computed, version 1: `min(threat × severity × exploited, 1) × 100`.
///
/// - threat: 1 for an entry of KEV, else the EPSS probability, else 0.
/// - severity: the mean of the word's weight and, where there is one, the mean of the CVSS base scores above 0,
///   a tenth of it. Weights: none 0, negligible 0.05, low 0.3, medium 0.5, high 0.75, critical 0.9, unknown 0.5.
/// - exploited: 1.1 for a KEV entry that ransomware campaigns use, 1.05 for another, else 1.
///
/// A vulnerability that nobody scored has risk 0: it sorts below those that somebody did, then by severity.
pub const RISK_FORMULA: &str = "plimsoll-risk-1";

/// Adds to each finding what is known about its vulnerability, and sorts by risk (highest first), then
/// severity (highest first), id and purl.
///
/// `texts` are those of the records in the findings' evidence, in any order; others are not looked at.
/// `daily` is by vulnerability id.
pub fn decorate(
    findings: &mut [Finding],
    inventory: &Inventory,
    texts: &[RecordText],
    daily: &BTreeMap<String, Daily>,
) {
    let mut by_record: HashMap<(&str, &str), Vec<&RecordText>> = HashMap::new();
    for text in texts {
        by_record.entry((&text.provider, &text.record)).or_default().push(text);
    }
    for finding in findings.iter_mut() {
        let keys: BTreeSet<(&str, &str)> = finding
            .evidence
            .iter()
            .map(|evidence| (evidence.provider.as_str(), evidence.record.as_str()))
            .collect();
        let texts: Vec<&RecordText> =
            keys.iter().filter_map(|key| by_record.get(key)).flatten().copied().collect();
        finding.decoration = decoration(finding, &texts, daily);
    }
    let purl =
        |finding: &Finding| finding.packages.first().map(|&index| inventory.package(index).purl.as_str());
    findings.sort_by(|left, right| {
        let severity = |finding: &Finding| finding.decoration.severity.level;
        right
            .decoration
            .risk
            .total_cmp(&left.decoration.risk)
            .then_with(|| severity(right).cmp(&severity(left)))
            .then_with(|| left.id.cmp(&right.id))
            .then_with(|| purl(left).cmp(&purl(right)))
    });
}

fn decoration(finding: &Finding, texts: &[&RecordText], daily: &BTreeMap<String, Daily>) -> Decoration {
    let ids = || std::iter::once(&finding.id).chain(&finding.aliases);
    let news = || ids().filter_map(|id| daily.get(id));
    let cvss = cvss(texts);
    let severity = severity(finding, texts, &cvss);
    let epss = news().filter_map(|daily| daily.epss).max_by(|left, right| left.score.total_cmp(&right.score));
    let kev = kev(news());
    let references: BTreeSet<&String> =
        texts.iter().flat_map(|text| &text.references).map(|reference| &reference.url).collect();
    Decoration {
        title: preferred(texts).find_map(|text| text.title.clone()),
        risk: risk(severity.level, &cvss, epss, kev.as_ref()),
        severity,
        cvss,
        epss,
        kev,
        references: references.into_iter().cloned().collect(),
    }
}

/// The texts in the order in which people should hear them: GitHub's are edited, others often bare.
fn preferred<'a>(texts: &[&'a RecordText]) -> impl Iterator<Item = &'a RecordText> {
    let mut order = texts.to_vec();
    order.sort_by_key(|text| (!is_github(text), &text.record, &text.provider));
    order.into_iter()
}

fn is_github(text: &RecordText) -> bool {
    text.record.starts_with("GHSA-")
}

/// Every vector that can be read, each once, highest version first. One that cannot stays in the record.
fn cvss(texts: &[&RecordText]) -> Vec<Cvss> {
    let vectors: BTreeSet<&CvssVector> = texts.iter().flat_map(|text| &text.cvss).collect();
    let mut cvss: Vec<Cvss> = vectors.into_iter().filter_map(scored).collect();
    cvss.sort_by(|left, right| right.version.cmp(&left.version).then_with(|| left.vector.cmp(&right.vector)));
    cvss
}

fn scored(vector: &CvssVector) -> Option<Cvss> {
    const BASE_2: &[&str] = &["AV", "AC", "Au", "C", "I", "A"];
    const BASE_3: &[&str] = &["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
    const BASE_4: &[&str] = &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];
    let text = vector.vector.trim().trim_end_matches('/');
    let parsed: cvss::Cvss = text.parse().ok()?;
    let (version, base) = match &parsed {
        cvss::Cvss::CvssV20(_) => ("2.0", BASE_2),
        cvss::Cvss::CvssV30(_) => ("3.0", BASE_3),
        cvss::Cvss::CvssV31(_) => ("3.1", BASE_3),
        cvss::Cvss::CvssV40(_) => ("4.0", BASE_4),
        _ => return None,
    };
    // The parser takes a vector without some of its mandatory metrics for one without impact.
    let stated = |metric: &str| text.split('/').filter(|part| part.split(':').next() == Some(metric)).count();
    let is_whole = base.iter().all(|metric| stated(metric) == 1);
    is_whole.then(|| Cvss { vector: vector.clone(), version: version.to_owned(), score: parsed.score() })
}

/// The first of: the deciding row's own severity; a record's word, GitHub's before others'; the highest score
/// of the newest CVSS version (feeds.md D6). Only records in evidence are asked, so no distribution's word
/// stands for another's.
fn severity(finding: &Finding, texts: &[&RecordText], cvss: &[Cvss]) -> Rating {
    let words = preferred(texts).filter_map(|text| {
        let level = text.severity.as_ref()?.level;
        (level != Severity::Unknown).then(|| Rating { level, source: text.record.clone() })
    });
    let newest = cvss.first().map(|newest| newest.version.as_str());
    let score = cvss
        .iter()
        .filter(|cvss| Some(cvss.version.as_str()) == newest)
        .max_by(|left, right| left.score.total_cmp(&right.score).then(Ordering::Greater))
        .map(|cvss| Rating { level: level(cvss), source: cvss.vector.source.clone() });
    finding.row_severity.clone().into_iter().chain(words).chain(score).next().unwrap_or_default()
}

fn level(cvss: &Cvss) -> Severity {
    match cvss.version.as_str() {
        "2.0" => Severity::from_cvss2_score(cvss.score),
        _ => Severity::from_cvss_score(cvss.score),
    }
}

/// One entry for the group: the earliest date, the earliest deadline, ransomware if any says so.
fn kev<'a>(news: impl Iterator<Item = &'a Daily>) -> Option<Kev> {
    news.filter_map(|daily| daily.kev.clone()).reduce(|left, right| Kev {
        added: left.added.min(right.added),
        due: [left.due, right.due].into_iter().flatten().min(),
        ransomware: left.ransomware || right.ransomware,
    })
}

/// See [`RISK_FORMULA`].
fn risk(level: Severity, cvss: &[Cvss], epss: Option<Epss>, kev: Option<&Kev>) -> f64 {
    let word = match level {
        Severity::None => 0.0,
        Severity::Negligible => 0.05,
        Severity::Low => 0.3,
        Severity::Medium | Severity::Unknown => 0.5,
        Severity::High => 0.75,
        Severity::Critical => 0.9,
    };
    let scores: Vec<f64> = cvss.iter().map(|cvss| cvss.score).filter(|&score| score > 0.0).collect();
    let severity = match scores.len() {
        0 => word,
        n_scores => f64::midpoint(word, scores.iter().sum::<f64>() / n_scores as f64 / 10.0),
    };
    let (threat, exploited) = match (kev, epss) {
        (Some(kev), _) => (1.0, if kev.ransomware { 1.1 } else { 1.05 }),
        (None, Some(epss)) => (epss.score.clamp(0.0, 1.0), 1.0),
        (None, None) => (0.0, 1.0),
    };
    (threat * severity * exploited).min(1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use model::advisory::{Reference, SeverityWord};

    use super::*;
    use crate::fixture::{advisories, facts, inventory};
    use crate::{cases, find};

    const CRITICAL_V31: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    const LOW_V4: &str = "CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N";
    const HIGH_V2: &str = "AV:N/AC:L/Au:N/C:P/I:P/A:P";

    fn text(record: &str, word: Option<&str>, vectors: &[&str]) -> RecordText {
        RecordText {
            record: record.to_owned(),
            provider: "osv".to_owned(),
            title: Some(format!("title of {record}")),
            cvss: vectors
                .iter()
                .map(|vector| CvssVector {
                    source: record.to_owned(),
                    vector: (*vector).to_owned(),
                    score: None,
                })
                .collect(),
            severity: word.map(|word| SeverityWord {
                word: word.to_owned(),
                level: Severity::from_vendor_word(word).unwrap(),
            }),
            references: vec![
                Reference::new(format!("https://example.com/{record}")),
                Reference::new("https://example.com/"),
            ],
            ..RecordText::default()
        }
    }

    fn decorated(rows: &str, texts: &[RecordText], daily: &BTreeMap<String, Daily>) -> Vec<Finding> {
        let inventory = inventory("debian 12", "npm demo 1.0.0\ndeb demo 1.0-1");
        let mut findings = find(&cases(&inventory, &facts()), &advisories(&inventory, rows));
        decorate(&mut findings, &inventory, texts, daily);
        findings
    }

    const ROW: &str = "npm|language|demo osv GHSA-1,CVE-1 >=0\nnpm|language|demo osv OSV-1,CVE-1 >=0";

    #[track_caller]
    fn check_severity(texts: &[RecordText], expected: &str) {
        let findings = decorated(ROW, texts, &BTreeMap::new());
        let Rating { level, source } = &findings[0].decoration.severity;
        assert_eq!(format!("{level} {source}").trim(), expected);
    }

    #[test]
    fn severity_is_a_word_then_the_newest_score() {
        check_severity(
            &[text("OSV-1", Some("low"), &[]), text("GHSA-1", Some("high"), &[LOW_V4])],
            "high GHSA-1",
        );
        check_severity(&[text("OSV-1", Some("low"), &[CRITICAL_V31])], "low OSV-1");
        check_severity(&[text("OSV-1", None, &[CRITICAL_V31])], "critical OSV-1");
        check_severity(
            &[text("OSV-1", None, &[CRITICAL_V31]), text("GHSA-1", None, &[LOW_V4])],
            "low GHSA-1",
        );
        check_severity(&[text("OSV-1", None, &[HIGH_V2])], "high OSV-1");
        check_severity(&[text("OSV-1", Some("unknown"), &[])], "unknown");
        check_severity(&[text("GHSA-2", Some("high"), &[])], "unknown");
        check_severity(&[], "unknown");
    }

    #[test]
    fn the_vendors_rating_of_the_package_comes_first() {
        let texts = [RecordText { provider: "debian".to_owned(), ..text("CVE-2", Some("critical"), &[]) }];
        let rows = "debian:12|source|demo debian CVE-2 >=0 severity=unimportant";
        let findings = decorated(rows, &texts, &BTreeMap::new());
        assert_eq!(findings[0].decoration.severity.level, Severity::Negligible);
        assert_eq!(findings[0].decoration.title.as_deref(), Some("title of CVE-2"));
    }

    #[test]
    fn vectors_are_scored_in_every_version_and_damaged_ones_dropped() {
        let damaged = ["", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N", "CVSS:4.0/AV:N/AV:N", "\u{0}"];
        let texts = [
            text("GHSA-1", None, &[CRITICAL_V31, LOW_V4]),
            text("OSV-1", None, &[HIGH_V2, damaged[0], damaged[1], damaged[2], damaged[3], damaged[4]]),
        ];
        let findings = decorated(ROW, &texts, &BTreeMap::new());
        let versions: Vec<(&str, f64)> =
            findings[0].decoration.cvss.iter().map(|cvss| (cvss.version.as_str(), cvss.score)).collect();
        assert_eq!(versions, [("4.0", 1.0), ("3.1", 9.8), ("2.0", 7.5)]);
    }

    #[test]
    fn base_scores_are_the_reference_calculators() {
        let Some(data) = testkit::data::require("base_scores_are_the_reference_calculators") else { return };
        let tables = [
            "vectors_calculator2",
            "vectors_cvsslib2",
            "vectors_calculator3",
            "vectors_cvsslib3",
            "vectors_simple31",
        ];
        let mut n_vectors = 0;
        for table in tables {
            let text = testkit::data::read(&data.join("cvss/redhat-cvss").join(table));
            for line in String::from_utf8(text).unwrap().lines() {
                let (vector, scores) = line.split_once(" - ").unwrap();
                let base = scores.trim_start_matches('(').split([',', ')']).next().unwrap();
                let vector = CvssVector { vector: vector.to_owned(), ..CvssVector::default() };
                let scored = scored(&vector).map(|cvss| cvss.score);
                assert_eq!(scored, base.parse().ok(), "{line}");
                n_vectors += 1;
            }
        }
        assert!(n_vectors > 100, "{n_vectors}");
    }

    #[test]
    fn risk_ranks_what_is_exploited_first() {
        let epss = |score| Daily { epss: Some(Epss { score, percentile: score }), kev: None };
        let kev = |ransomware| Daily {
            epss: None,
            kev: Some(Kev { added: "2025-01-02".to_owned(), due: None, ransomware }),
        };
        let rows = "
            npm|language|demo osv CVE-1 >=0
            npm|language|demo osv CVE-2 >=0
            npm|language|demo osv CVE-3 >=0
            npm|language|demo osv GHSA-4,CVE-4 >=0
            npm|language|demo osv CVE-5 >=0";
        let daily = BTreeMap::from([
            ("CVE-1".to_owned(), epss(0.5)),
            ("CVE-2".to_owned(), kev(false)),
            ("CVE-3".to_owned(), kev(true)),
            ("CVE-4".to_owned(), epss(0.9)),
        ]);
        let texts = [text("CVE-5", Some("critical"), &[]), text("CVE-1", Some("high"), &[CRITICAL_V31])];
        let findings = decorated(rows, &texts, &daily);
        let risks: Vec<(&str, f64)> = findings
            .iter()
            .map(|finding| (finding.id.as_str(), (finding.decoration.risk * 100.0).round() / 100.0))
            .collect();
        let expected = [("CVE-3", 55.0), ("CVE-2", 52.5), ("CVE-4", 45.0), ("CVE-1", 43.25), ("CVE-5", 0.0)];
        assert_eq!(risks, expected);
    }

    #[test]
    fn references_are_sorted_and_once() {
        let texts = [text("GHSA-1", None, &[]), text("OSV-1", None, &[])];
        let findings = decorated(ROW, &texts, &BTreeMap::new());
        assert_eq!(
            findings[0].decoration.references,
            ["https://example.com/", "https://example.com/GHSA-1", "https://example.com/OSV-1"]
        );
        assert_eq!(findings[0].decoration.title.as_deref(), Some("title of GHSA-1"));
    }
}
