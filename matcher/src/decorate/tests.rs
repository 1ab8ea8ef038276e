use std::slice::from_ref;

use model::advisory::{Reference, SeverityWord};
use model::finding::{Label, Rating};

use super::*;
use crate::fixture::{advisories, facts, inventory, row};
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
            .map(|vector| CvssVector { source: record.to_owned(), vector: (*vector).to_owned(), score: None })
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
    let known = Known { texts, cves: &CveFacts::default(), daily, weights: &RiskWeights::default() };
    decorate(&mut findings, &inventory, &known);
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
    check_severity(&[text("OSV-1", Some("low"), &[CRITICAL_V31])], "critical OSV-1");
    check_severity(&[text("OSV-1", Some("low"), &[])], "low OSV-1");
    check_severity(&[text("OSV-1", None, &[CRITICAL_V31])], "critical OSV-1");
    check_severity(&[text("OSV-1", None, &[CRITICAL_V31]), text("GHSA-1", None, &[LOW_V4])], "low GHSA-1");
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
    let expected = [("CVE-3", 55.0), ("CVE-2", 52.5), ("CVE-1", 47.0), ("CVE-4", 45.0), ("CVE-5", 0.0)];
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

/// The severity of the first finding, of Debian's package `demo`, after `texts` and what is said of the CVE itself.
#[track_caller]
fn check_os(rows: &str, texts: &[(&str, RecordText)], of_cve: &[(&str, RecordText)], expected: &str) {
    let inventory = inventory("debian 12", "deb demo 1.0-1");
    let mut findings = find(&cases(&inventory, &facts()), &advisories(&inventory, rows));
    let named = |texts: &[(&str, RecordText)]| -> Vec<RecordText> {
        texts
            .iter()
            .map(|(provider, text)| RecordText { provider: (*provider).to_owned(), ..text.clone() })
            .collect()
    };
    let cves = cves(&named(of_cve));
    let known = Known {
        texts: &named(texts),
        cves: &cves,
        daily: &BTreeMap::new(),
        weights: &RiskWeights::default(),
    };
    // A row of another distribution, as of one that answers for what the image's own does not say.
    if rows.contains("redhat") {
        findings[0].evidence[0].namespace = Namespace::new("redhat:9");
    }
    decorate(&mut findings, &inventory, &known);
    let Rating { level, source } = &findings[0].decoration.severity;
    assert_eq!(format!("{level} {source}").trim(), expected);
}

/// `texts`, each held under the id of CVE-2025-1.
fn cves(texts: &[RecordText]) -> CveFacts {
    let row_of = |text: &RecordText| {
        row(&format!("cve:2025|cpe|CVE-2025-1 {} {} undetermined", text.provider, text.record))
    };
    let key = "cve:2025|cpe|CVE-2025-1".parse().unwrap();
    let rows = AdvisorySet { rows: [(key, texts.iter().map(row_of).collect())].into() };
    CveFacts { rows, texts: texts.to_vec() }
}

/// A text with vectors of one source.
fn sourced(record: &str, word: Option<&str>, vectors: &[(&str, &str)]) -> RecordText {
    let mut text = text(record, word, &[]);
    text.cvss = vectors
        .iter()
        .map(|(source, vector)| CvssVector {
            source: (*source).to_owned(),
            vector: (*vector).to_owned(),
            score: None,
        })
        .collect();
    text
}

#[test]
fn of_a_distributions_package_its_vendor_is_heard_first_and_others_last() {
    const ROW: &str = "debian:12|source|demo debian CVE-2025-1 >=0";
    const RATED_ROW: &str = "debian:12|source|demo debian CVE-2025-1 >=0 severity=low";
    let bulletin = "debian:12|source|demo debian DSA-1,CVE-2025-1 >=0\n".to_owned() + ROW;
    let cve = |word, vectors: &[&str]| text("CVE-2025-1", word, vectors);
    let nvd = ("nvd", sourced("CVE-2025-1", Some("high"), &[("nvd@nist.gov", HIGH_V2)]));

    // The row, the vendor's word of the CVE, of a bulletin, its CVSS.
    check_os(RATED_ROW, &[("debian", cve(Some("high"), &[CRITICAL_V31]))], from_ref(&nvd), "low debian");
    let texts =
        [("debian", cve(Some("medium"), &[CRITICAL_V31])), ("debian", text("DSA-1", Some("high"), &[]))];
    check_os(&bulletin, &texts, from_ref(&nvd), "medium debian");
    check_os(&bulletin, &texts[1..], from_ref(&nvd), "high DSA-1");
    check_os(ROW, &[("debian", cve(None, &[LOW_V4, CRITICAL_V31]))], from_ref(&nvd), "low CVE-2025-1");
    check_os(ROW, &[("debian", cve(Some("not yet assigned"), &[]))], from_ref(&nvd), "high nvd");

    // NVD before the CVE list, its own rating before others', CISA's last, GitHub's unreviewed word after both.
    let list = ("cve-list", sourced("CVE-2025-1", Some("medium"), &[]));
    let unreviewed = ("ghsa", text("GHSA-1", Some("critical"), &[]));
    check_os(ROW, &[], &[unreviewed.clone(), list.clone(), nvd.clone()], "high nvd");
    check_os(ROW, &[], &[unreviewed.clone(), list], "medium cve-list");
    check_os(ROW, &[], &[unreviewed], "critical GHSA-1");
    let cisa = "134c704f-9b21-4f2e-91b3-4a353bcce0fb";
    let vectors = [(cisa, LOW_V4), ("cna@example.com", CRITICAL_V31), ("nvd@nist.gov", HIGH_V2)];
    check_os(ROW, &[], &[("nvd", sourced("CVE-2025-1", None, &vectors))], "high nvd@nist.gov");
    check_os(ROW, &[], &[("nvd", sourced("CVE-2025-1", None, &vectors[..2]))], "critical cna@example.com");
    check_os(ROW, &[], &[("nvd", sourced("CVE-2025-1", None, &vectors[..1]))], &format!("low {cisa}"));

    // Nobody said.
    check_os(ROW, &[], &[], "unknown");
}

#[test]
fn another_distributions_word_comes_after_nvds() {
    const ROWS: &str =
        "debian:12|source|demo redhat CVE-2025-1 >=0\ndebian:12|source|demo zz-debian CVE-2025-1 >=0";
    let redhat = ("redhat", text("CVE-2025-1", Some("low"), &[]));
    let nvd = ("nvd", text("CVE-2025-1", Some("high"), &[]));
    check_os(ROWS, from_ref(&redhat), &[nvd], "high nvd");
    check_os(ROWS, &[redhat], &[], "low redhat");
}

#[test]
fn of_a_languages_package_githubs_word_is_heard_first_wherever_it_is() {
    let inventory = inventory("debian 12", "npm demo 1.0.0");
    let rows = "npm|language|demo osv OSV-1,CVE-2025-1,GHSA-1 >=0";
    let find = || find(&cases(&inventory, &facts()), &advisories(&inventory, rows));
    assert_eq!(
        github_records(&find(), &inventory).into_iter().collect::<Vec<_>>(),
        [(Namespace::new("npm"), "GHSA-1".to_owned())]
    );
    assert_eq!(cve_keys(&find()), ["cve:2025|cpe|CVE-2025-1".parse().unwrap()].into());
    let check = |texts: &[RecordText], of_cve: &[RecordText], expected: &str| {
        let mut findings = find();
        let cves = cves(of_cve);
        let known = Known { texts, cves: &cves, daily: &BTreeMap::new(), weights: &RiskWeights::default() };
        decorate(&mut findings, &inventory, &known);
        let Rating { level, source } = &findings[0].decoration.severity;
        assert_eq!(format!("{level} {source}").trim(), expected);
    };
    let own = text("OSV-1", Some("low"), &[CRITICAL_V31]);
    let nvd = RecordText { provider: "nvd".to_owned(), ..text("CVE-2025-1", Some("medium"), &[]) };
    check(&[own.clone(), text("GHSA-1", Some("high"), &[])], from_ref(&nvd), "high GHSA-1");
    check(from_ref(&own), from_ref(&nvd), "critical OSV-1");
    check(&[text("OSV-1", Some("low"), &[])], from_ref(&nvd), "low OSV-1");
    check(&[text("OSV-1", None, &[])], &[nvd], "medium nvd");
    check(&[], &[], "unknown");
}

#[test]
fn every_source_is_kept() {
    let texts = [
        text("GHSA-1", Some("high"), &[LOW_V4]),
        text("OSV-1", Some("unspecified"), &[CRITICAL_V31, "CVSS:3.1/AV:N"]),
    ];
    let findings = decorated(ROW, &texts, &BTreeMap::new());
    let decoration = &findings[0].decoration;
    let stated: Vec<String> = decoration
        .stated
        .iter()
        .map(|one| format!("{} {} {} {}", one.provider, one.record, one.word, one.level))
        .collect();
    assert_eq!(stated, ["osv GHSA-1 high high", "osv OSV-1 unspecified unknown"]);
    assert_eq!(decoration.cvss.len(), 2);
    let unread: Vec<&str> = decoration.unread_cvss.iter().map(|one| one.vector.as_str()).collect();
    assert_eq!(unread, ["CVSS:3.1/AV:N"]);
}

#[test]
fn what_is_disputed_or_had_no_support_is_labelled() {
    let inventory = inventory("debian 12", "deb demo 1.0-1");
    let rows = "debian:12|source|demo debian CVE-2025-1 >=0";
    let label = |change: fn(&mut Row)| {
        let mut findings = find(&cases(&inventory, &facts()), &advisories(&inventory, rows));
        let mut cves = cves(&[RecordText { provider: "nvd".to_owned(), ..text("CVE-2025-1", None, &[]) }]);
        cves.rows.rows.values_mut().flatten().for_each(change);
        let known =
            Known { texts: &[], cves: &cves, daily: &BTreeMap::new(), weights: &RiskWeights::default() };
        decorate(&mut findings, &inventory, &known);
        findings.remove(0).decoration.labels.clone()
    };
    assert_eq!(label(|_| {}), []);
    assert_eq!(label(|row| row.state = RecordState::Disputed), [Label::Disputed]);
    assert_eq!(
        label(|row| row.affected.aside.reason = Some("Deferred, unsupported-when-assigned".to_owned())),
        [Label::UnsupportedWhenAssigned]
    );
}

#[test]
fn a_kernel_in_an_image_is_labelled_as_one_that_does_not_run() {
    let labels = |packages: &str, row: &str, digest: Option<&str>| {
        let mut inventory = inventory("debian 12", packages);
        inventory.subject.digest = digest.map(str::to_owned);
        let mut findings = find(&cases(&inventory, &facts()), &advisories(&inventory, row));
        let cves = CveFacts::default();
        let known =
            Known { texts: &[], cves: &cves, daily: &BTreeMap::new(), weights: &RiskWeights::default() };
        decorate(&mut findings, &inventory, &known);
        findings.remove(0).decoration.labels.clone()
    };
    let row = "debian:12|source|linux debian CVE-2025-1 >=0";
    let kernel = "deb linux-image-6.1.0-28-amd64 6.1.119-1 source=linux";
    assert_eq!(labels(kernel, row, Some("sha256:00")), [Label::NotLoaded]);
    // The files of a machine may be those that it was booted from.
    assert_eq!(labels(kernel, row, None), []);
    assert_eq!(labels("deb linux-perf-6.1 6.1.119-1 source=linux", row, Some("sha256:00")), []);
}

#[test]
fn weights_change_the_ranking() {
    let texts = [text("GHSA-1", Some("high"), &[CRITICAL_V31])];
    let risk = |weights: &[(&str, f64)]| {
        let inventory = inventory("debian 12", "npm demo 1.0.0");
        let mut findings = find(&cases(&inventory, &facts()), &advisories(&inventory, ROW));
        let mut known = RiskWeights::default();
        weights.iter().for_each(|(name, value)| known.set(name, *value).unwrap());
        let known =
            Known { texts: &texts, cves: &CveFacts::default(), daily: &BTreeMap::new(), weights: &known };
        decorate(&mut findings, &inventory, &known);
        (findings[0].decoration.risk * 100.0).round() / 100.0
    };
    let check = |weights: &[(&str, f64)], expected: f64| assert_eq!(risk(weights), expected, "{weights:?}");
    check(&[], 0.0);
    check(&[("no-epss", 1.0)], 86.5);
    check(&[("no-epss", 1.0), ("cvss", 0.0)], 75.0);
    check(&[("no-epss", 1.0), ("cvss", 1.0)], 98.0);
    check(&[("no-epss", 0.5), ("cvss", 0.0), ("high", 0.2)], 10.0);
    check(&[("no-epss", 100.0)], 100.0);
}

#[test]
fn the_order_of_the_texts_does_not_matter() {
    let texts = [
        text("GHSA-1", Some("high"), &[LOW_V4]),
        text("OSV-1", Some("low"), &[CRITICAL_V31, HIGH_V2, "?"]),
        RecordText { provider: "ghsa".to_owned(), ..text("GHSA-1", Some("high"), &[CRITICAL_V31]) },
    ];
    let expected = decorated(ROW, &texts, &BTreeMap::new());
    assert_eq!(expected[0].decoration.cvss.len(), 4);
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(decorated(ROW, &order.map(|place| texts[place].clone()), &BTreeMap::new()), expected);
    }
}
