//! What ranks and explains a finding: severity, CVSS, EPSS, KEV, risk, labels. No verdict depends on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::advisory::{AdvisorySet, CvssVector, Daily, Epss, Kev, PRIVATE, RecordState, RecordText, Row};
use model::finding::{Cvss, Decoration, Finding, Label};
use model::inventory::Inventory;
use model::key::{KeyKind, Namespace, PackageKey};
use model::risk::{RiskWeight, RiskWeights};
use model::severity::Severity;

use crate::kernel;
use crate::score::scored;
use crate::severity::{Voices, is_github};

/// What is known of vulnerabilities beyond the verdicts.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The texts of the records in the findings' evidence and of those of [`github_records`], in any order; others are not
    /// looked at.
    pub texts: &'a [RecordText],
    /// What is said of CVEs whatever their packages.
    pub cves: &'a CveFacts,
    /// What changes daily, by vulnerability id.
    pub daily: &'a BTreeMap<String, Daily>,
    /// How risk is computed.
    pub weights: &'a RiskWeights,
}

/// What is said of CVEs whatever their packages: by NVD, by the CVE list, by what GitHub has not reviewed (feeds.md D6, D9).
#[derive(Clone, Debug, Default)]
pub struct CveFacts {
    /// The rows under [`cve_keys`].
    pub rows: AdvisorySet,
    /// The texts of their records, in any order.
    pub texts: Vec<RecordText>,
}

/// The keys under which the findings' CVEs themselves are described.
pub fn cve_keys(findings: &[Finding]) -> BTreeSet<PackageKey> {
    findings.iter().flat_map(Finding::ids).filter_map(|id| cve_key(id)).collect()
}

fn cve_key(id: &str) -> Option<PackageKey> {
    Some(PackageKey::new(Namespace::of_cve(id)?, KeyKind::Cpe, id))
}

/// GitHub's records that the findings of languages go by, where they may lie: their severity counts although another
/// record was matched (feeds.md D6).
pub fn github_records(findings: &[Finding], inventory: &Inventory) -> BTreeSet<(Namespace, String)> {
    let mut records = BTreeSet::new();
    for finding in findings.iter().filter(|finding| !is_os(finding, inventory)) {
        for evidence in &finding.evidence {
            let of_github = finding.ids().filter(|id| id.starts_with("GHSA-"));
            records.extend(of_github.map(|id| (evidence.namespace.clone(), id.to_string())));
        }
    }
    records
}

/// Adds to each finding what is known about its vulnerability, and sorts by risk (highest first), then
/// severity (highest first), id and purl.
pub fn decorate(findings: &mut [Finding], inventory: &Inventory, known: &Known<'_>) {
    let texts = Texts::new(known);
    for finding in findings.iter_mut() {
        let voices = texts.voices(finding, inventory);
        let rows =
            finding.ids().filter_map(|id| cve_key(id)).filter_map(|key| known.cves.rows.rows.get(&key));
        let labels = labels(rows.flatten(), kernel::is_not_loaded(finding, inventory));
        let is_os = is_os(finding, inventory);
        let answered = finding.decoration.said_mut().map(|said| std::mem::take(&mut said.answered));
        let answered = answered.unwrap_or_default();
        finding.decoration =
            Decoration { labels, answered, ..decoration(finding, is_os, &voices, known) }.into();
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

fn is_os(finding: &Finding, inventory: &Inventory) -> bool {
    let package = finding.packages.first().map(|&index| inventory.package(index));
    package.is_some_and(|package| package.ecosystem.is_os())
}

/// The texts, by provider and record.
struct Texts<'a> {
    of_records: HashMap<(&'a str, &'a str), Vec<&'a RecordText>>,
    of_github: HashMap<&'a str, Vec<&'a RecordText>>,
    of_cves: HashMap<(&'a str, &'a str), Vec<&'a RecordText>>,
    cves: &'a AdvisorySet,
}

impl<'a> Texts<'a> {
    fn new(known: &Known<'a>) -> Self {
        let by_record = |texts: &'a [RecordText]| {
            let mut by_record: HashMap<(&str, &str), Vec<&RecordText>> = HashMap::new();
            for text in texts {
                by_record.entry((&text.provider, &text.record)).or_default().push(text);
            }
            by_record
        };
        let mut of_github: HashMap<&str, Vec<&RecordText>> = HashMap::new();
        for text in known.texts.iter().filter(|text| is_github(text)) {
            of_github.entry(&text.record).or_default().push(text);
        }
        Self {
            of_records: by_record(known.texts),
            of_github,
            of_cves: by_record(&known.cves.texts),
            cves: &known.cves.rows,
        }
    }

    /// Who says something of the finding's vulnerability.
    fn voices(&self, finding: &Finding, inventory: &Inventory) -> Voices<'a> {
        let is_os = is_os(finding, inventory);
        let mut voices = Voices::default();
        let mut of_records: BTreeMap<(&str, &str), bool> = BTreeMap::new();
        let is_home = is_home(finding, inventory);
        for evidence in &finding.evidence {
            let is_near = !is_os || is_home(&evidence.namespace);
            *of_records.entry((&evidence.provider, &evidence.record)).or_default() |= is_near;
        }
        for (record, is_near) in &of_records {
            self.of_records.get(record).into_iter().flatten().for_each(|text| voices.add(text, *is_near));
        }
        if !is_os {
            let of_github = finding.ids().filter_map(|id| self.of_github.get(id.as_str())).flatten();
            let is_new = |text: &&&RecordText| {
                !of_records.contains_key(&(text.provider.as_str(), text.record.as_str()))
            };
            of_github.filter(is_new).for_each(|text| voices.add(text, true));
        }
        for key in finding.ids().filter_map(|id| cve_key(id)) {
            let records: BTreeSet<(&str, &str)> = self
                .cves
                .rows
                .get(&key)
                .into_iter()
                .flatten()
                .map(|row| (row.provider.as_str(), row.record.as_str()))
                .collect();
            let texts = records.iter().filter_map(|record| self.of_cves.get(record)).flatten();
            texts.for_each(|text| voices.add(text, false));
        }
        voices
    }
}

/// Tells the namespaces of the image's own distribution among those in evidence: where it has none of its own, as a
/// derivative, those that answer for it are its own.
fn is_home(finding: &Finding, inventory: &Inventory) -> impl Fn(&Namespace) -> bool {
    let id = inventory.distro.as_ref().map(|distro| distro.id.clone());
    let is_named = move |namespace: &Namespace| id.is_some() && namespace.distro_id() == id.as_deref();
    let is_any_named =
        finding.evidence.iter().any(|evidence| evidence.provider != PRIVATE && is_named(&evidence.namespace));
    move |namespace| !is_any_named || is_named(namespace)
}

fn decoration(finding: &Finding, is_os: bool, voices: &Voices<'_>, known: &Known<'_>) -> Decoration {
    let news = || finding.ids().filter_map(|id| known.daily.get(id.as_str()));
    let (cvss, unread_cvss) = cvss(voices);
    let severity = voices.severity(finding, is_os);
    let epss = news().filter_map(|daily| daily.epss).max_by(|left, right| left.score.total_cmp(&right.score));
    let kev = kev(news());
    let references: BTreeSet<&String> =
        voices.texts().flat_map(|text| &text.references).map(|reference| &reference.url).collect();
    Decoration {
        title: preferred(voices).find_map(|text| text.title.clone()),
        answered: Vec::new(),
        risk: risk(severity.level, &cvss, epss, kev.as_ref(), known.weights),
        severity,
        stated: voices.stated(finding),
        cvss,
        unread_cvss,
        labels: Vec::new(),
        epss,
        kev,
        references: references.into_iter().cloned().collect(),
    }
}

/// The texts in the order in which people should hear them: GitHub's are edited, others often bare.
fn preferred<'a>(voices: &Voices<'a>) -> impl Iterator<Item = &'a RecordText> {
    let mut order: Vec<&RecordText> = voices.texts().collect();
    order.sort_by_key(|text| (!is_github(text), &text.record, &text.provider));
    order.into_iter()
}

/// Every vector, each once: those that can be read, highest version first, and those that cannot.
fn cvss(voices: &Voices<'_>) -> (Vec<Cvss>, Vec<CvssVector>) {
    let vectors: BTreeSet<&CvssVector> = voices.texts().flat_map(|text| &text.cvss).collect();
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for vector in vectors {
        match scored(vector) {
            Some(cvss) => read.push(cvss),
            None => unread.push(vector.clone()),
        }
    }
    read.sort_by(|left: &Cvss, right| {
        right.version.cmp(&left.version).then_with(|| left.vector.cmp(&right.vector))
    });
    (read, unread)
}

/// What those say who describe the CVE itself; `reason` is their word for its state, or several with commas.
fn labels<'a>(rows: impl Iterator<Item = &'a Row>, is_not_loaded: bool) -> Vec<Label> {
    let mut labels: BTreeSet<Label> = is_not_loaded.then_some(Label::NotLoaded).into_iter().collect();
    for row in rows {
        let words = row.affected.aside.reason.iter().flat_map(|reason| reason.split(", "));
        labels.extend(words.filter_map(|word| Label::OF_RECORDS.into_iter().find(|it| it.as_str() == word)));
        labels.extend((row.state == RecordState::Disputed).then_some(Label::Disputed));
    }
    labels.into_iter().collect()
}

/// One entry for the group: the earliest date, the earliest deadline, ransomware if any says so.
fn kev<'a>(news: impl Iterator<Item = &'a Daily>) -> Option<Kev> {
    news.filter_map(|daily| daily.kev.clone()).reduce(|left, right| Kev {
        added: left.added.min(right.added),
        due: [left.due, right.due].into_iter().flatten().min(),
        ransomware: left.ransomware || right.ransomware,
    })
}

/// [`model::risk::RISK_FORMULA`]: `min(threat × severity × exploited, 1) × 100`.
fn risk(level: Severity, cvss: &[Cvss], epss: Option<Epss>, kev: Option<&Kev>, weights: &RiskWeights) -> f64 {
    let word = weights.get(match level {
        Severity::Unknown => RiskWeight::Unknown,
        Severity::None => RiskWeight::None,
        Severity::Negligible => RiskWeight::Negligible,
        Severity::Low => RiskWeight::Low,
        Severity::Medium => RiskWeight::Medium,
        Severity::High => RiskWeight::High,
        Severity::Critical => RiskWeight::Critical,
    });
    let scores: Vec<f64> = cvss.iter().map(|cvss| cvss.score).filter(|&score| score > 0.0).collect();
    let severity = match scores.len() {
        0 => word,
        n_scores => {
            let share = weights.get(RiskWeight::Cvss).min(1.0);
            word * (1.0 - share) + scores.iter().sum::<f64>() / n_scores as f64 / 10.0 * share
        }
    };
    let (threat, exploited) = match (kev, epss) {
        (Some(kev), _) => {
            let exploited = if kev.ransomware { RiskWeight::Ransomware } else { RiskWeight::Kev };
            (weights.get(RiskWeight::KevThreat), weights.get(exploited))
        }
        (None, Some(epss)) => (epss.score.clamp(0.0, 1.0), 1.0),
        (None, None) => (weights.get(RiskWeight::NoEpss), 1.0),
    };
    (threat * severity * exploited).min(1.0) * 100.0
}

#[cfg(test)]
mod tests;
