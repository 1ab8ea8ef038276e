//! Which of the severities that were stated is a finding's (feeds.md D6).

use std::cmp::Ordering;

use model::advisory::{CvssVector, PRIVATE, RecordText};
use model::finding::{Cvss, Finding, Rating, StatedSeverity};
use model::severity::Severity;

use crate::score::{level, scored};

/// The provider whose rating counts where nobody nearer to the package gave one.
const NVD: &str = "nvd";
/// The provider whose rating counts after NVD's.
const CVE_LIST: &str = "cve-list";
/// Who NVD is, as it names the source of a vector.
const NVD_SOURCE: &str = "nvd@nist.gov";
/// CISA, which rates where the assigner did not, as the CVE list and as NVD name it.
const CISA: [&str; 2] = ["CISA-ADP", "134c704f-9b21-4f2e-91b3-4a353bcce0fb"];

/// What is said of a finding's vulnerability, by how near to the package its speakers are.
#[derive(Debug, Default)]
pub(crate) struct Voices<'a> {
    /// The user's own advisories.
    private: Vec<&'a RecordText>,
    /// Of an operating system's package, its vendor; of another, the records of its ecosystem.
    near: Vec<&'a RecordText>,
    nvd: Vec<&'a RecordText>,
    cve_list: Vec<&'a RecordText>,
    /// Anybody else: other distributions, what GitHub has not reviewed.
    others: Vec<&'a RecordText>,
}

impl<'a> Voices<'a> {
    /// Adds the text of a record. `is_near` tells those of the package's own vendor or ecosystem.
    pub(crate) fn add(&mut self, text: &'a RecordText, is_near: bool) {
        let voices = match text.provider.as_str() {
            PRIVATE => &mut self.private,
            NVD => &mut self.nvd,
            CVE_LIST => &mut self.cve_list,
            _ if is_near => &mut self.near,
            _ => &mut self.others,
        };
        voices.push(text);
    }

    /// The severity of `finding`, a package of an operating system or not. What nobody rated stays unknown.
    ///
    /// A distribution rates what a vulnerability means in its packages, so its word comes first there and nowhere else; a
    /// language's package is what the world's records are about.
    pub(crate) fn severity(&self, finding: &Finding, is_os: bool) -> Rating {
        let of_row = |stated: &StatedSeverity| {
            let source = if is_os { &stated.provider } else { &stated.record };
            Rating { level: stated.level, source: source.clone() }
        };
        let row = || finding.row_severity.as_deref().map(of_row);
        let mine = || word(&self.private, |_| true).or_else(|| newest(&self.private, |_| true));
        let near = || match is_os {
            true => row()
                .or_else(|| word(&self.near, |text| is_of_cve(text, finding)))
                .or_else(|| word(&self.near, |_| true))
                .or_else(|| newest(&self.near, |_| true)),
            false => word(&self.near, is_github)
                .or_else(row)
                .or_else(|| newest(&self.near, |_| true))
                .or_else(|| word(&self.near, |_| true)),
        };
        let private = || if self.private.is_empty() { None } else { row().or_else(mine) };
        private()
            .or_else(near)
            .or_else(|| general(&self.nvd))
            .or_else(|| general(&self.cve_list))
            .or_else(|| word(&self.others, |_| true))
            .or_else(|| newest(&self.others, |_| true))
            .unwrap_or_default()
    }

    /// Every word that was said, sorted, each once.
    pub(crate) fn stated(&self, finding: &Finding) -> Vec<StatedSeverity> {
        let of_row = finding.row_severity.as_deref().cloned();
        let mut stated: Vec<StatedSeverity> = self.texts().filter_map(stated).chain(of_row).collect();
        stated.sort();
        stated.dedup();
        stated
    }

    /// Every text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'a RecordText> {
        let Self { private, near, nvd, cve_list, others } = self;
        [private, near, nvd, cve_list, others].into_iter().flatten().copied()
    }
}

/// Whether a record is of the CVE itself (`CVE-2025-1`, `UBUNTU-CVE-2025-1`), and no bulletin, whose word is that of the
/// worst it is about.
fn is_of_cve(text: &RecordText, finding: &Finding) -> bool {
    finding.ids().any(|id| id.starts_with("CVE-") && has_id(&text.record, id))
}

/// Whether a record's id has `id` in it, and no longer one that begins so: `CVE-2024-12345` is not CVE-2024-1234.
fn has_id(record: &str, id: &str) -> bool {
    let goes_on = |end: usize| record[end..].starts_with(|next: char| next.is_ascii_digit());
    record.match_indices(id).any(|(start, _)| !goes_on(start + id.len()))
}

/// Whether a record is GitHub's, whose words are edited.
pub(crate) fn is_github(text: &RecordText) -> bool {
    text.record.starts_with("GHSA-")
}

fn stated(text: &RecordText) -> Option<StatedSeverity> {
    let severity = text.severity.as_ref()?;
    Some(StatedSeverity {
        provider: text.provider.clone(),
        record: text.record.clone(),
        word: severity.word.clone(),
        level: severity.level,
    })
}

/// The highest word among `texts`; of several records with it the first by name.
fn word(texts: &[&RecordText], is_asked: impl Fn(&RecordText) -> bool) -> Option<Rating> {
    let ratings = texts.iter().filter(|text| is_asked(text)).filter_map(|text| {
        let level = text.severity.as_ref()?.level;
        (level != Severity::Unknown).then(|| Rating { level, source: source(text).to_owned() })
    });
    ratings.max_by(highest)
}

/// What a record is called: many providers have a record of a CVE, so there the provider says more.
fn source(text: &RecordText) -> &str {
    if text.record.starts_with("CVE-") { &text.provider } else { &text.record }
}

fn highest(left: &Rating, right: &Rating) -> Ordering {
    left.level.cmp(&right.level).then_with(|| right.source.cmp(&left.source))
}

/// What NVD or the CVE list says of a CVE: its word, which is that of the foremost rating; else the newest score, its own
/// before those of others and CISA's last.
fn general(texts: &[&RecordText]) -> Option<Rating> {
    let is_of_cisa = |vector: &CvssVector| CISA.contains(&vector.source.as_str());
    word(texts, |_| true)
        .or_else(|| newest(texts, |vector| vector.source == NVD_SOURCE))
        .or_else(|| newest(texts, |vector| !is_of_cisa(vector)))
        .or_else(|| newest(texts, is_of_cisa))
}

/// The highest score of the newest version of CVSS.
fn newest(texts: &[&RecordText], is_asked: impl Fn(&CvssVector) -> bool) -> Option<Rating> {
    let vectors = texts.iter().flat_map(|text| &text.cvss).filter(|vector| is_asked(vector));
    let best = vectors.filter_map(scored).max_by(|left, right| {
        (left.version.cmp(&right.version))
            .then_with(|| left.score.total_cmp(&right.score))
            .then_with(|| right.vector.cmp(&left.vector))
    })?;
    Some(rating(&best))
}

fn rating(cvss: &Cvss) -> Rating {
    Rating { level: level(cvss), source: cvss.vector.source.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_a_longer_id_is_of_another_vulnerability() {
        for (record, expected) in [
            ("CVE-2024-1234", true),
            ("UBUNTU-CVE-2024-1234", true),
            ("CVE-2024-1234-acme", true),
            ("UBUNTU-CVE-2024-12345", false),
            ("CVE-2024-12345", false),
            ("USN-1234-1", false),
        ] {
            assert_eq!(has_id(record, "CVE-2024-1234"), expected, "{record}");
        }
    }
}
