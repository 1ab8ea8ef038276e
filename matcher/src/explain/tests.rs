//! What explanations say, as text; and that they say what `find` says.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use model::advisory::AdvisorySet;
use model::explanation::{Answer, Comparison, Explained, ExplainedRow, Standing};
use model::finding::{Finding, Verdict};
use model::inventory::Inventory;
use testkit::mutate::Random;

use crate::cpe::Besides;
use crate::fixture::{advisories, facts, fallback, held, inventory, lines};
use crate::{cases, cases_with, explain, find};

fn explained(inventory: &Inventory, advisories: &AdvisorySet, id: &str) -> Vec<Explained> {
    explain(&cases(inventory, &facts()), advisories, &facts(), id)
}

/// Compares what is explained of `id`: for each vulnerability of each package a line with name, answer and ids, and one for
/// each row.
#[track_caller]
fn check(distro: &str, packages: &str, rows: &str, id: &str, expected: &str) {
    let inventory = inventory(distro, packages);
    let text: String = explained(&inventory, &advisories(&inventory, rows), id)
        .iter()
        .map(|explained| text(explained, &inventory))
        .collect();
    let text: Vec<&str> = lines(&text).collect();
    let expected: Vec<&str> = lines(expected).collect();
    assert_eq!(text, expected, "\n{}", text.join("\n"));
}

fn text(explained: &Explained, inventory: &Inventory) -> String {
    let answer = match &explained.answer {
        Answer::Finding { verdict: Verdict::Affected, .. } => "affected".to_owned(),
        Answer::Finding { verdict: Verdict::Undetermined { reason }, .. } => reason.as_str().to_owned(),
        Answer::Finding { verdict: Verdict::NotAffected { because }, suppressed } => {
            format!("{} by {}", because.as_str(), suppressed.as_ref().unwrap().source)
        }
        Answer::NoFinding(saying) => format!("none: {}", saying.as_str()),
        Answer::KeptAway => "kept away".to_owned(),
        Answer::NoRow => "no row".to_owned(),
        Answer::NotJudged { reason, namespace } => format!("{} {namespace}", reason.as_str()),
    };
    let name = &inventory.package(explained.packages[0]).name;
    let mut text = format!("{name} {answer} [{}]\n", explained.ids.join(" "));
    explained.rows.iter().for_each(|row| text.push_str(&row_text(row)));
    if let Some(owner) = &explained.owner {
        text.push_str(&format!(
            "owner {} {}\n",
            owner.purl,
            if owner.decided { "decided" } else { "did not" }
        ));
        owner.rows.iter().for_each(|row| text.push_str(&row_text(row)));
    }
    text
}

fn row_text(row: &ExplainedRow) -> String {
    let standing = match row.standing {
        Standing::Decided => "decided".to_owned(),
        Standing::PassedOver(why) => why.as_str().to_owned(),
        Standing::KeptAway(why) => why.as_str().to_owned(),
    };
    let mut text = format!("- {standing}: {} {} of {}", row.path.join(">"), row.provider, row.key);
    text.push_str(&format!(" ({}) says {}", row.range, row.saying.as_str()));
    for comparison in &row.comparisons {
        text.push_str(&format!("; {}", comparison_text(comparison)));
    }
    for condition in &row.conditions {
        let holds = match condition.holds {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        let has = condition.has.as_deref().unwrap_or("?");
        text.push_str(&format!("; {} `{}` has {has}: {holds}", condition.name, condition.asked));
    }
    text + "\n"
}

fn comparison_text(comparison: &Comparison) -> String {
    let sign = match comparison.order {
        Some(Ordering::Less) => "<",
        Some(Ordering::Equal) => "=",
        Some(Ordering::Greater) => ">",
        None => "?",
    };
    let Comparison { installed, bound, event, scheme, .. } = comparison;
    format!("{installed} {sign} {bound} {} by {scheme}", event.as_str())
}

#[test]
fn the_bound_that_decided_is_compared_in_writing() {
    let row = "debian:12|source|demo debian CVE-1";
    let check = |version: &str, range: &str, expected: &str| {
        check("debian 12", &format!("deb demo {version}"), &format!("{row} {range}"), "CVE-1", expected);
    };
    check(
        "1.0-2",
        ">=0 <1.0-3",
        "demo affected [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 0, < 1.0-3) says affected; 1.0-2 < 1.0-3 fixed by deb",
    );
    check(
        "1.0-3",
        ">=0 <1.0-3",
        "demo none: fixed [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 0, < 1.0-3) says fixed; 1.0-3 = 1.0-3 fixed by deb",
    );
    check(
        "1.0-1",
        ">=1.0-2 <=1.0-3",
        "demo none: outside [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 1.0-2, <= 1.0-3) says outside; 1.0-1 < 1.0-2 introduced by deb",
    );
    check(
        "1.0-4",
        ">=1.0-2 <=1.0-3 or >=2.0",
        "demo none: outside [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 1.0-2, <= 1.0-3 || >= 2.0) says outside; \
           1.0-4 > 1.0-3 last-affected by deb; 1.0-4 < 2.0 introduced by deb",
    );
    check(
        "1.0-2",
        ">=1.0-1 <1.0-3 >=2.0 <2.1",
        "demo affected [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 1.0-1, < 1.0-3 || >= 2.0, < 2.1) says affected; \
           1.0-2 > 1.0-1 introduced by deb; 1.0-2 < 1.0-3 fixed by deb",
    );
    check(
        "1.0-2",
        ">=0",
        "demo affected [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 0) says affected; 1.0-2 > 0 introduced by deb",
    );
    check(
        "1.0-2",
        "all",
        "demo affected [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (all versions) says affected",
    );
    check(
        "1.0-2",
        "=1.0-1 =1.0-2",
        "demo affected [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (one of 1.0-1, 1.0-2) says affected; 1.0-2 = 1.0-2 listed by deb",
    );
    check(
        "1.0-2",
        ">=0 <1.0é",
        "demo unreadable-bound [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 0, < 1.0é) says unreadable-bound; 1.0-2 ? 1.0é fixed by deb",
    );
    check(
        "1.0é",
        ">=0 <1.0-3",
        "demo unreadable-version [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (>= 0, < 1.0-3) says unreadable-version; 1.0é ? 1.0-3 fixed by deb",
    );
}

#[test]
fn a_bound_is_compared_as_its_scheme_compares_bounds() {
    check(
        "",
        "pypi demo 2.1.0+cu118",
        "pypi|language|demo osv PYSEC-1 >=0 <2.1.0",
        "PYSEC-1",
        "demo none: fixed [PYSEC-1]
         - decided: PYSEC-1 osv of pypi|language|demo (>= 0, < 2.1.0) says fixed; 2.1.0+cu118 = 2.1.0 fixed by pep440",
    );
}

#[test]
fn what_is_stated_as_not_affected_is_what_decided() {
    let inventory = inventory("", "npm demo 1.5.0");
    let mut advisories = advisories(&inventory, "npm|language|demo osv GHSA-1 >=0");
    let row = &mut advisories.rows.values_mut().next().unwrap()[0];
    row.affected.aside.unaffected =
        crate::fixture::row("npm|language|demo osv X >=1.4.0 <2.0.0").affected.ranges.into_vec();
    let explained = explained(&inventory, &advisories, "GHSA-1");
    assert_eq!(
        text(&explained[0], &inventory),
        "demo none: outside [GHSA-1]\n- decided: GHSA-1 osv of npm|language|demo (>= 0, but not >= 1.4.0, < 2.0.0) \
         says outside; 1.5.0 > 1.4.0 introduced by semver; 1.5.0 < 2.0.0 fixed by semver\n"
    );
}

#[test]
fn who_was_passed_over_is_told_why() {
    check(
        "",
        "golang example.com/m v1.2.0",
        "golang|language|example.com/m osv GHSA-1,CVE-1 >=0 <1.5.0
         golang|language|example.com/m osv GO-1,CVE-1 >=0 <1.1.0",
        "cve-1",
        "example.com/m vendor-fixed by GO-1 [CVE-1 GHSA-1 GO-1]
         - decided: CVE-1>GO-1 osv of golang|language|example.com/m (>= 0, < 1.1.0) says fixed; v1.2.0 > 1.1.0 fixed by golang
         - preferred-source: CVE-1>GHSA-1 osv of golang|language|example.com/m (>= 0, < 1.5.0) says affected; v1.2.0 < 1.5.0 fixed by golang",
    );
    check(
        "debian 12",
        "deb libdemo1 1.0-2 source=demo",
        "debian:12|source|demo debian CVE-1 >=0 <1.0-3
         debian:12|binary|libdemo1 debian CVE-1 >=0 <1.0-1
         debian:12|source|demo csaf:example.com CVE-1 >=0
         debian:12|source|demo somebody CVE-1 >=0",
        "CVE-1",
        "libdemo1 vendor-fixed by CVE-1 [CVE-1]
         - decided: CVE-1 debian of debian:12|binary|libdemo1 (>= 0, < 1.0-1) says fixed; 1.0-2 > 1.0-1 fixed by deb
         - feed-before-named: CVE-1 csaf:example.com of debian:12|source|demo (>= 0) says affected; 1.0-2 > 0 introduced by deb
         - binary-row: CVE-1 debian of debian:12|source|demo (>= 0, < 1.0-3) says affected; 1.0-2 < 1.0-3 fixed by deb
         - own-provider: CVE-1 somebody of debian:12|source|demo (>= 0) says affected; 1.0-2 > 0 introduced by deb",
    );
    check(
        "",
        "npm demo 1.0.0",
        "npm|language|demo osv GHSA-1 >=0
         npm|language|demo private GHSA-1 never
         npm|language|demo private GHSA-1 >=0",
        "GHSA-1",
        "demo private-not-affected by GHSA-1 [GHSA-1]
         - decided: GHSA-1 private of npm|language|demo (all versions) says never-affected
         - private: GHSA-1 osv of npm|language|demo (>= 0) says affected; 1.0.0 > 0 introduced by semver
         - private-build: GHSA-1 private of npm|language|demo (>= 0) says affected; 1.0.0 > 0 introduced by semver",
    );
    check(
        "alpine 3.20 repository=x/v3.19/main repository=x/v3.20/main",
        "apk demo 1.2-r3",
        "alpine:3.19|source|demo alpine CVE-1 >=0 <1.2-r4
         alpine:3.20|source|demo alpine CVE-1 >=0 <1.2-r1
         alpine:3.20|source|demo alpine CVE-1 >=0 <1.2-r2",
        "CVE-1",
        "demo affected [CVE-1]
         - decided: CVE-1 alpine of alpine:3.19|source|demo (>= 0, < 1.2-r4) says affected; 1.2-r3 < 1.2-r4 fixed by apk
         - release: CVE-1 alpine of alpine:3.20|source|demo (>= 0, < 1.2-r1) says fixed; 1.2-r3 > 1.2-r1 fixed by apk
         - release: CVE-1 alpine of alpine:3.20|source|demo (>= 0, < 1.2-r2) says fixed; 1.2-r3 > 1.2-r2 fixed by apk",
    );
    check(
        "",
        "pypi demo 1.0",
        "pypi|language|demo osv GHSA-1,PYSEC-1 investigating
         pypi|language|demo osv PYSEC-1 >=0 <2.0",
        "PYSEC-1",
        "demo affected [GHSA-1 PYSEC-1]
         - decided: PYSEC-1 osv of pypi|language|demo (>= 0, < 2.0) says affected; 1.0 < 2.0 fixed by pep440
         - cannot-decide: PYSEC-1>GHSA-1 osv of pypi|language|demo (all versions) says under-investigation",
    );
}

#[test]
fn rows_that_are_kept_away_are_told_with_the_condition() {
    check(
        "redhat 8",
        "rpm nodejs 16.0-1.module+el8 module=nodejs:16:1:x",
        "redhat:8|source|nodejs redhat CVE-1 >=0 <18.0-1 module=nodejs:18
         redhat:8|source|nodejs redhat CVE-1 >=0 <16.0-2",
        "CVE-1",
        "nodejs kept away []
         - condition: CVE-1 redhat of redhat:8|source|nodejs (>= 0, < 16.0-2) says affected; 16.0-1.module+el8 < 16.0-2 fixed by rpm; module `` has nodejs:16: no
         - condition: CVE-1 redhat of redhat:8|source|nodejs (>= 0, < 18.0-1) says affected; 16.0-1.module+el8 < 18.0-1 fixed by rpm; module `nodejs:18` has nodejs:16: no",
    );
    check(
        "",
        "npm demo 1.0.0",
        "npm|language|demo osv GHSA-1 >=0 withdrawn
         npm|language|demo osv GHSA-2,GHSA-1 >=0 <2.0.0 vendor=acme",
        "GHSA-1",
        "demo affected [GHSA-1 GHSA-2]
         - decided: GHSA-1>GHSA-2 osv of npm|language|demo (>= 0, < 2.0.0) says affected; 1.0.0 < 2.0.0 fixed by semver; vendor `acme` has ?: unknown
         - withdrawn: GHSA-1 osv of npm|language|demo (>= 0) says affected; 1.0.0 > 0 introduced by semver",
    );
    check(
        "almalinux 9",
        "rpm demo 1.0-1",
        "redhat:9|source|demo redhat CVE-1 >=0 <1.0-2
         almalinux:9|binary|demo almalinux CVE-1 holds-fix =0.9-1",
        "CVE-1",
        "demo kept away []
         - other-versions: CVE-1 almalinux of almalinux:9|binary|demo (one of 0.9-1) says outside
         - versions-of-another: CVE-1 redhat of redhat:9|source|demo (>= 0, < 1.0-2) says affected; 1.0-1 < 1.0-2 fixed by rpm",
    );
}

#[test]
fn an_id_that_nobody_names_and_a_package_that_nobody_judges_are_told_apart() {
    let rows = "debian:12|source|a debian CVE-1 >=0";
    check("debian 12", "deb b 1.0", rows, "CVE-1", "b no row []");
    check("debian 12", "deb a 1.0", rows, "CVE-2", "a no row []");
    check("debian 12", "gem a 1.0", rows, "CVE-1", "a no-feed gem []");

    let inventory = inventory("debian 12", "deb a 1.0");
    let explained = explained(&inventory, &AdvisorySet::default(), "CVE-1");
    assert_eq!(text(&explained[0], &inventory), "a not-fetched debian:12 []\n");
    assert!(explained[0].keys.iter().all(|key| key.n_rows.is_none()));
}

#[test]
fn a_never_affected_row_that_makes_no_finding_is_told() {
    check(
        "debian 12",
        "deb demo 1.0",
        "debian:12|source|demo debian CVE-1 never",
        "CVE-1",
        "demo none: never-affected [CVE-1]
         - decided: CVE-1 debian of debian:12|source|demo (all versions) says never-affected",
    );
}

#[test]
fn the_bulletin_of_two_vulnerabilities_is_told_of_both() {
    check(
        "",
        "npm demo 1.0.0",
        "npm|language|demo osv GHSA-1,CVE-1,CVE-2 >=0
         npm|language|demo osv GHSA-2,CVE-2 >=0 <0.9.0",
        "GHSA-1",
        "demo affected [CVE-1 GHSA-1]
         - decided: GHSA-1 osv of npm|language|demo (>= 0) says affected; 1.0.0 > 0 introduced by semver
         demo affected [CVE-2 GHSA-1 GHSA-2]
         - decided: GHSA-1 osv of npm|language|demo (>= 0) says affected; 1.0.0 > 0 introduced by semver
         - same-standing: GHSA-1>CVE-2>GHSA-2 osv of npm|language|demo (>= 0, < 0.9.0) says fixed; 1.0.0 > 0.9.0 fixed by semver",
    );
}

#[test]
fn what_the_owner_says_is_told() {
    check(
        "alpine 3.20",
        "apk py3-demo 1.0-r2
         pypi demo 1.0 owner=0",
        "alpine:3.20|source|py3-demo alpine CVE-1 >=0 <1.0-r1
         pypi|language|demo osv PYSEC-1,CVE-1 >=0 <1.1",
        "PYSEC-1",
        "py3-demo no row []
         demo vendor-fixed by CVE-1 [CVE-1 PYSEC-1]
         - owner: PYSEC-1 osv of pypi|language|demo (>= 0, < 1.1) says affected; 1.0 < 1.1 fixed by pep440
         owner pkg:apk/py3-demo@1.0-r2 decided
         - decided: CVE-1 alpine of alpine:3.20|source|py3-demo (>= 0, < 1.0-r1) says fixed; 1.0-r2 > 1.0-r1 fixed by apk",
    );
    check(
        "debian 12",
        "deb python3-demo 1.0-2
         pypi demo 1.0 owner=0",
        "pypi|language|demo osv PYSEC-1 >=0 <1.1",
        "PYSEC-1",
        "python3-demo no row []
         demo owned-by-distro-package by pkg:deb/python3-demo@1.0-2 [PYSEC-1]
         - owner: PYSEC-1 osv of pypi|language|demo (>= 0, < 1.1) says affected; 1.0 < 1.1 fixed by pep440
         owner pkg:deb/python3-demo@1.0-2 decided",
    );
}

#[test]
fn hostile_versions_are_told_without_panic_in_a_few_characters() {
    let long = "9".repeat(1 << 20);
    let rows = format!("npm|language|demo osv GHSA-1 >=0 <{long}\nnpm|language|demo osv GHSA-1 ={long}é");
    let inventory = inventory("", &format!("npm demo {long}\nnpm demo 1.\u{202e}0.0"));
    for explained in explained(&inventory, &advisories(&inventory, &rows), "GHSA-1") {
        assert_eq!(explained.rows.len(), 2);
        assert!(explained.rows.iter().all(|row| row.range.chars().count() < 200));
    }
}

const N_MADE_UP: usize = if cfg!(debug_assertions) { 2_000 } else { 20_000 };

const IDS: [&str; 7] = ["CVE-1", "CVE-2", "GHSA-1", "GHSA-2", "PYSEC-1", "GO-1", "RHSA-1"];

fn pick<'t>(random: &mut Random, of: &[&'t str]) -> &'t str {
    of[random.below(of.len())]
}

/// A distribution with packages of its own, some of which own packages of languages.
fn made_up(random: &mut Random) -> Inventory {
    let (distro, os) = [
        ("debian 12", "deb"),
        ("alpine 3.20 repository=x/v3.19/main repository=x/v3.20/main", "apk"),
        ("almalinux 9", "rpm"),
        ("redhat 8", "rpm"),
        ("", "deb"),
    ][random.below(5)];
    let mut packages = String::new();
    for index in 0..1 + random.below(5) {
        let ecosystem = pick(random, &[os, os, "npm", "pypi", "golang", "gem"]);
        let name = pick(random, &["a", "b"]);
        let version = pick(random, &["1.0", "1.0-1", "1.5", "v2.0.0", "2.0-2.module+el8", "no one's"]);
        packages.push_str(&format!("{ecosystem} {name} {}", version.replace(' ', "_")));
        if random.below(2) == 0 && ecosystem == os {
            packages.push_str(" source=a");
        }
        if random.below(3) == 0 && index > 0 {
            packages.push_str(&format!(" owner={}", random.below(index)));
        }
        packages.push('\n');
    }
    inventory(distro, &packages)
}

fn made_up_rows(random: &mut Random, inventory: &Inventory) -> String {
    let keys: Vec<String> =
        crate::consulted_keys(&cases(inventory, &facts())).iter().map(ToString::to_string).collect();
    let mut rows = String::new();
    for _ in 0..if keys.is_empty() { 0 } else { random.below(14) } {
        let key = &keys[random.below(keys.len())];
        let own = key.split(':').next().unwrap_or_default();
        let provider = pick(random, &[own, own, "osv", "private", "csaf:example.com"]);
        let mut ids = vec![pick(random, &IDS)];
        for _ in 0..random.below(3) {
            ids.push(pick(random, &IDS));
        }
        ids.dedup();
        let says = pick(
            random,
            &[
                ">=0",
                ">=0 <1.2",
                ">=1.0 <=1.5",
                "never",
                "holds-fix =1.5",
                "investigating",
                "=1.0",
                ">=0 <é",
                "<0",
            ],
        );
        let more = pick(
            random,
            &[
                "",
                "",
                "",
                "",
                "withdrawn",
                "rejected",
                "module=a:1",
                "arch=x86_64",
                "vendor=acme",
                "channel=ltss",
            ],
        );
        rows.push_str(&format!("{key} {provider} {} {says} {more}\n", ids.join(",")));
    }
    rows
}

/// The one explanation of a finding's vulnerability in its package.
#[track_caller]
fn of<'e>(explained: &'e [Explained], finding: &Finding) -> &'e Explained {
    let mut of_it = explained.iter().filter(|explained| {
        explained.packages == finding.packages.as_slice()
            && explained.ids.first().is_some_and(|id| *id == finding.id)
    });
    let first = of_it.next().expect("a finding is explained");
    assert!(of_it.next().is_none(), "explained twice");
    first
}

#[test]
fn an_explanation_says_what_find_says_for_every_id_and_package() {
    let mut random = Random::new(11);
    let (mut n_findings, mut n_suppressed, mut n_silent, mut n_kept_away, mut n_owned) = (0, 0, 0, 0, 0);
    for _ in 0..N_MADE_UP {
        let inventory = made_up(&mut random);
        let rows = made_up_rows(&mut random, &inventory);
        let advisories = advisories(&inventory, &rows);
        let findings = find(&cases(&inventory, &facts()), &advisories);
        for id in IDS {
            let explained = explained(&inventory, &advisories, id);
            let told =
                |finding: &&Finding| finding.id == id || finding.aliases.iter().any(|alias| alias == id);
            for finding in findings.iter().filter(told) {
                let explained = of(&explained, finding);
                let Finding { verdict, suppressed, .. } = finding;
                let expected =
                    Answer::Finding { verdict: verdict.clone(), suppressed: suppressed.as_deref().cloned() };
                assert_eq!(explained.answer, expected, "{id}\n{rows}\n{finding:#?}");
                assert_eq!(explained.fix.as_ref(), Some(&finding.fix), "{id}\n{rows}");
                assert!(explained.ids[1..].iter().eq(&finding.aliases));
                let is_evidence = |row: &ExplainedRow| {
                    finding.evidence.iter().any(|evidence| {
                        (&*evidence.record, &*evidence.provider, &evidence.namespace, evidence.match_type)
                            == (&*row.record, &*row.provider, &row.key.namespace, row.match_type)
                    })
                };
                let weighed =
                    explained.rows.iter().filter(|row| !matches!(row.standing, Standing::KeptAway(_)));
                let weighed: Vec<&ExplainedRow> = weighed.collect();
                assert!(weighed.iter().all(|row| is_evidence(row)));
                let spoken: BTreeSet<&str> = weighed.iter().map(|row| row.record.as_str()).collect();
                assert!(finding.evidence.iter().all(|evidence| spoken.contains(evidence.record.as_str())));
                let is_decided = weighed.iter().any(|row| row.standing == Standing::Decided);
                let is_by_owner = explained.owner.as_ref().is_some_and(|owner| owner.decided);
                assert_ne!(is_decided, is_by_owner, "{id}\n{rows}");
                (n_findings, n_owned) = (n_findings + 1, n_owned + usize::from(is_by_owner));
                n_suppressed += usize::from(finding.suppressed.is_some());
            }
            for explained in &explained {
                let is_told = findings.iter().filter(told).any(|finding| {
                    explained.packages == finding.packages.as_slice()
                        && explained.ids.first().is_some_and(|id| *id == finding.id)
                });
                let is_finding = matches!(explained.answer, Answer::Finding { .. });
                assert_eq!(is_told, is_finding, "{id}\n{rows}\n{explained:#?}");
                n_silent += usize::from(matches!(explained.answer, Answer::NoFinding(_)));
                n_kept_away += usize::from(explained.answer == Answer::KeptAway);
                for row in &explained.rows {
                    assert!(row.path.first().is_some_and(|first| first == id), "{id}: {row:?}\n{rows}");
                }
            }
        }
    }
    let counts = [n_findings, n_suppressed, n_silent, n_kept_away, n_owned];
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

#[test]
fn whoever_does_not_decide_is_told_why_and_whoever_does_is_not() {
    let mut random = Random::new(12);
    let mut told = BTreeSet::new();
    for _ in 0..N_MADE_UP {
        let inventory = made_up(&mut random);
        let rows = made_up_rows(&mut random, &inventory);
        let advisories = advisories(&inventory, &rows);
        for case in cases(&inventory, &facts()) {
            let Some(scheme) = crate::version::for_ecosystem(case.ecosystem) else { continue };
            let statements = super::statements(&case, scheme, &advisories);
            let mut reasons = super::Reasons::of(&statements);
            let decision = match case.ecosystem.is_os() {
                true => crate::authority::of_vendor(&statements, &case.gate, &mut reasons),
                false => crate::authority::of_sources(case.ecosystem, &statements, &mut reasons),
            };
            let deciders = decision.map(|decision| decision.deciders).unwrap_or_default();
            for (index, reason) in reasons.0.iter().enumerate() {
                assert_eq!(reason.is_none(), deciders.contains(&index), "{rows}");
            }
            told.extend(reasons.0.into_iter().flatten());
        }
    }
    assert!(told.len() >= 8, "{told:?}");
}

#[test]
fn what_a_cpe_name_asks_is_told_as_it_was_judged() {
    let told = |distro: &str, package: &str, row: &str| {
        let inventory = inventory(distro, package);
        let cases = cases_with(&inventory, &facts(), Besides::of(&fallback("stated")));
        let explained = explain(&cases, &held(&cases, row), &facts(), "CVE-1");
        let text = text(&explained[0], &inventory);
        text.lines().nth(1).unwrap().split_once("says ").unwrap().1.to_owned()
    };
    let package = "generic demo 1.0 cpe=a:acme:demo:1.0";
    let row = |rest: &str| format!("cpe|acme:demo nvd CVE-1 >=0 <2.0 {rest}");
    let bounds = "affected; 1.0 < 2.0 fixed by generic";
    // Software for something else.
    assert_eq!(
        told("debian 12", package, &row("target=wordpress")),
        format!("{bounds}; cpe `wordpress` has ?: no")
    );
    let plugin = "generic demo 1.0 cpe=a:acme:demo:1.0:*:*:*:*:wordpress";
    assert_eq!(
        told("debian 12", plugin, &row("target=wordpress")),
        format!("{bounds}; cpe `wordpress` has ?: yes")
    );
    // What it runs on was looked at.
    assert_eq!(
        told("debian 12", package, &row("on=o:microsoft:windows:-")),
        format!("{bounds}; platform `other software beside it` has ?: no")
    );
    assert_eq!(
        told("debian 12", package, &row("on=o:linux:linux_kernel:-")),
        format!("{bounds}; platform `other software beside it` has ?: yes")
    );
}

#[test]
fn long_ways_are_told_by_their_ends() {
    let rows = |n: usize| {
        let row = |n: usize| format!("debian:12|source|demo debian R-{n:03},R-{:03} >=0\n", n + 1);
        (0..n).map(row).collect::<String>()
    };
    let inventory = inventory("debian 12", "deb demo 1.0-1");
    let path_to = |n: usize, record: &str| {
        let explained = explained(&inventory, &advisories(&inventory, &rows(n)), "R-000");
        let row = explained[0].rows.iter().find(|row| row.record == record).unwrap();
        row.path.join(" ")
    };
    let whole: Vec<String> = (0..16).map(|n| format!("R-{n:03}")).collect();
    assert_eq!(path_to(17, "R-015"), whole.join(" "));
    assert_eq!(
        path_to(40, "R-039"),
        "R-000 R-001 R-002 R-003 R-004 R-005 R-006 R-007 (24 more) \
         R-032 R-033 R-034 R-035 R-036 R-037 R-038 R-039"
    );
}

#[test]
fn rows_that_differ_in_what_they_ask_alone_stand_in_one_order() {
    let rows = ["arch=x86_64", "arch=aarch64", "never", "module=a:1"]
        .map(|rest| format!("redhat:9|binary|demo redhat CVE-1 >=0 <2.0-1 {rest}"));
    let inventory = inventory("rhel 9.4", "rpm demo 1.0-1.el9 arch=x86_64");
    let told = |rows: &[String]| {
        let explained = explained(&inventory, &advisories(&inventory, &rows.join("\n")), "CVE-1");
        text(&explained[0], &inventory)
    };
    let mut twice: Vec<String> = rows.iter().chain(&rows).cloned().collect();
    let expected = told(&twice);
    assert_eq!(expected.lines().count(), 5, "{expected}");
    twice.reverse();
    assert_eq!(told(&twice), expected);
    twice.rotate_left(3);
    assert_eq!(told(&twice), expected);
}
