//! What gates accept, refuse and say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::advisory::{Epss, FixState, Kev};
use model::ecosystem::Ecosystem;
use model::finding::{
    Cvss, Decoration, Finding, Fix, Label, NotAffectedReason, Rating, Suppression, UndeterminedReason,
    Verdict,
};
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Subject};
use model::key::Namespace;
use model::package::{Location, Package, PackageIndex};
use model::report::{Coverage, NamespaceStamp, Report, SnapshotStamp, Unmatched, UnmatchedReason, VexUse};
use model::risk::RiskWeights;
use model::severity::Severity;

use crate::variables::VARIABLES;
use crate::{FailOn, PolicyError, Unjudged, Violator, judge};

/// Three findings in one package: a critical one with everything known, one that nobody rated, one undetermined.
fn report() -> Report {
    let mut package = Package::new(Ecosystem::Npm, "demo", "1.0.0", "pkg:npm/demo@1.0.0".into());
    package.locations = vec![Location::new("srv/node_modules/demo/package.json")];
    let mut known = finding("CVE-2023-0001", Severity::Critical);
    known.aliases = ["GHSA-aaaa-bbbb-cccc".into()].into();
    known.fix = Fix::new(FixState::Fixed, vec!["1.0.1".into()]);
    known.decoration.epss = Some(Epss { score: 0.5, percentile: 0.97 });
    known.decoration.kev = Some(Kev { added: "2023-01-02".into(), due: None, ransomware: true });
    known.decoration.risk = 52.5;
    known.decoration.labels = vec![Label::Disputed];
    known.decoration.cvss = vec![Cvss {
        vector: model::advisory::CvssVector { source: "osv".into(), ..Default::default() },
        version: "3.1".into(),
        score: 9.8,
    }];
    let mut undetermined = finding("CVE-2023-0003", Severity::High);
    undetermined.verdict = Verdict::Undetermined { reason: UndeterminedReason::UnreadableVersion };
    Report {
        as_of: "2023-06-01T00:00:00Z".parse().unwrap(),
        sbom_digest: String::new(),
        inventory: Inventory::new(Subject::default(), None, vec![package], Vec::new()),
        snapshot: SnapshotStamp::default(),
        vex: VexUse::default(),
        coverage: Coverage { matched: 1, ..Coverage::default() },
        findings: vec![known, finding("CVE-2023-0002", Severity::Unknown), undetermined],
        risk: RiskWeights::default(),
    }
}

fn finding(id: &str, level: Severity) -> Finding {
    Finding {
        id: id.into(),
        aliases: Default::default(),
        packages: [PackageIndex(0)].as_slice().into(),
        verdict: Verdict::Affected,
        fix: Fix::new(FixState::NotFixed, Vec::new()),
        evidence: Vec::new(),
        row_severity: None,
        suppressed: None,
        decoration: Decoration { severity: Rating { level, source: "osv".into() }, ..Decoration::default() }
            .into(),
    }
}

/// The positions of the findings that violate `gate`.
#[track_caller]
fn check(gate: &str, violating: &[usize]) {
    let gate = FailOn::parse(gate).unwrap();
    let judgement = judge(&report(), Some(&gate), false).unwrap();
    let found: Vec<Violator> = judgement.violations.iter().map(|violation| violation.of).collect();
    let violating: Vec<Violator> = violating.iter().copied().map(Violator::Finding).collect();
    assert_eq!(found, violating, "{}", gate.as_str());
    assert_eq!(judgement.acceptable, violating.is_empty());
}

/// What is said of a gate that cannot be used.
#[track_caller]
fn refused(gate: &str, expected: &str) {
    let error = FailOn::parse(gate).expect_err(gate).to_string();
    assert!(error.contains(expected), "{gate}: {error}");
    assert!(!error.contains('\n'), "one line: {error}");
}

#[test]
fn without_a_gate_everything_is_acceptable() {
    let judgement = judge(&report(), None, false).unwrap();
    assert!(judgement.acceptable && judgement.violations.is_empty());
}

#[test]
fn a_word_gates_affected_findings_of_that_severity_or_worse() {
    check("critical", &[0]);
    check(" High ", &[0]);
    check("HIGH", &[0]);
    check("low", &[0]);
    check("none", &[0]);
    check("unknown", &[0, 1]);
}

#[test]
fn an_expression_gates_undetermined_findings_too_unless_it_says_otherwise() {
    check("severity >= HIGH", &[0, 2]);
    check("severity >= HIGH && verdict == 'affected'", &[0]);
    check("verdict == \"undetermined\"", &[2]);
    check("severity == UNKNOWN", &[1]);
    check("disputed", &[0]);
    check("severity >= HIGH && !disputed", &[2]);
    check("unsupported", &[]);
}

#[test]
fn every_variable_has_its_value() {
    for gate in [
        "aliases.exists(alias, alias.startsWith('GHSA-'))",
        "'GHSA-aaaa-bbbb-cccc' in aliases",
        "size(aliases) == 1 && aliases.size() > 0",
        "cvss == 9.8",
        "epss >= 0.1",
        "epss * 100.0 >= 50.0 && 0 < epss",
        "epss_percentile > 0.9",
        "fix == 'fixed'",
        "fix in ['fixed', 'pending']",
        "fixed",
        "id == 'CVE-2023-0001'",
        "id in ['CVE-2023-0001', 'CVE-2023-9999']",
        "kev",
        "kev_ransomware",
        "kev || (severity >= HIGH && fix == \"fixed\")",
        "risk > 50",
        "risk > 50.0",
        "severity == CRITICAL",
        "severity in [CRITICAL]",
        "severity >= 6",
        "fixed ? severity >= MEDIUM : severity > CRITICAL",
        "!(severity <= UNKNOWN) && fixed",
        "aliases.map(a, size(a)).exists(n, n > 10)",
        "aliases.filter(a, a.contains('bbbb')).size() == 1",
        "aliases.exists_one(a, a.endsWith('cccc'))",
    ] {
        check(gate, &[0]);
    }
    for gate in [
        "package_name == 'demo'",
        "package_purl.startsWith('pkg:npm/')",
        "package_type in ['npm', 'pypi']",
        "package_version == '1.0.0'",
        "origin == 'unknown'",
        "paths.all(path, path.startsWith('srv/'))",
        "true",
    ] {
        check(gate, &[0, 1, 2]);
    }
    check("false", &[]);
    check("epss < 0.0", &[]);
}

#[test]
fn a_suppressed_finding_never_violates() {
    let mut report = report();
    for finding in &mut report.findings {
        let suppression = Suppression { reason: "vendor-fixed".into(), source: "x".into(), statement: None };
        finding.suppressed = Some(suppression.into());
    }
    report.findings[1].verdict = Verdict::NotAffected { because: NotAffectedReason::VendorFixed };
    for gate in ["unknown", "true", "kev"] {
        assert!(judge(&report, Some(&FailOn::parse(gate).unwrap()), false).unwrap().acceptable, "{gate}");
    }
}

#[test]
fn a_violation_says_rule_finding_and_reason() {
    let judgement = judge(&report(), Some(&FailOn::parse("severity >= HIGH").unwrap()), false).unwrap();
    let messages: Vec<&str> = judgement.violations.iter().map(|violation| &*violation.message).collect();
    assert_eq!(
        messages,
        [
            "CVE-2023-0001 in demo 1.0.0: critical, fixed in 1.0.1",
            "CVE-2023-0003 in demo 1.0.0: undetermined, high, fix: not-fixed"
        ]
    );
    assert_eq!(judgement.violations[0].rule, "severity >= HIGH");
}

#[test]
fn a_severity_is_not_compared_with_text() {
    refused("severity == \"high\"", "write the constant `HIGH`");
    refused("\"important\" == severity", "write the constant `HIGH`");
    refused("severity >= 'Critical'", "write the constant `CRITICAL`");
    refused(
        "kev || (fixed && severity != 'x')",
        "write one of UNKNOWN, NONE, NEGLIGIBLE, LOW, MEDIUM, HIGH, CRITICAL",
    );
    refused("severity in ['high']", "write the constant `HIGH`");
    refused("severity == id", "use the constants");
    refused("severity >= high", "written as the constant `HIGH`");
    refused("severity > 0.5", "use the constants");
}

#[test]
fn a_name_that_does_not_exist_is_refused_wherever_it_stands() {
    refused("hihg", "nothing is called `hihg`, did you mean `high`");
    refused("kev || sevrity >= HIGH", "did you mean `severity`");
    refused("kev ? true : fixde", "did you mean `fixed`");
    refused("severity >= CRITCAL", "did you mean `CRITICAL`");
    refused("aliases.exists(a, b == 'x')", "nothing is called `b`");
    refused("zzzzzz", "nothing is called `zzzzzz`");
    refused("package.name == 'x'", "");
    refused("id.lowerAscii() == 'x'", "there is no function `lowerAscii`");
    refused("id.startWith('x')", "did you mean `startsWith`");
    refused("id.matches('x')", "there is no function `matches`");
}

#[test]
fn a_comparison_that_can_never_hold_is_refused() {
    refused("kev == 'true'", "true or false is compared with text");
    refused("fix == 'fixd'", "`fix` is never \"fixd\", did you mean `fixed`; it is one of fixed, not-fixed");
    refused("fix in ['fixed', 'wontfix']", "did you mean `wont-fix`");
    refused("verdict != 'suppressed'", "it is one of affected, undetermined");
    refused("origin == 'mine'", "it is one of base, yours, unknown");
    refused("id == 1", "text is compared with a whole number");
    refused("id in aliases || kev in aliases", "true or false is compared with text");
    refused("kev > false", "has no order");
    refused("aliases == 'x'", "a list is compared with text");
    refused("id in 'CVE'", "`in` looks into a list");
    refused("[1, 'a'] == [1]", "a list holds both");
    refused("id == null", "`null`");
    refused("epss > 1u", "unsigned");
}

#[test]
fn what_is_neither_true_nor_false_is_refused() {
    refused("severity", "this is a severity: write `severity >= HIGH`");
    refused("epss", "a gate is true or false, this is a number");
    refused("kev ? 1 : 2", "this is a whole number");
    refused("epss || kev", "take what is true or false, not a number");
    refused("!id", "not text");
    refused("aliases[0] == 'x'", "a list has no positions");
    refused("{'a': true}['a']", "a list has no positions");
    refused("{}", "maps");
    refused("epss * 100 > 5.0", "write `100.0` for `100`");
    refused("id + id == 'x'", "`+` cannot be applied to text and text");
    refused("-kev", "`-` cannot be applied to true or false");
    refused("risk.exists(r, r > 1)", "are for lists");
    refused("has(id.x)", "nothing has fields");
}

#[test]
fn what_is_no_expression_is_said_with_the_place() {
    for gate in [
        "",
        "severity >=",
        "kev &&",
        "((",
        "high or worse",
        "kev && && fixed",
        "'open",
        "a\u{0}b",
        "severity >= HIGH;",
    ] {
        refused(
            gate,
            "is neither a severity (unknown, none, negligible, low, medium, high, critical) nor an expression: line 1",
        );
    }
    refused(&"kev || ".repeat(1_000), "longer than the 4096");
    let deep = format!("{}kev{}", "(".repeat(1_000), ")".repeat(1_000));
    assert!(FailOn::parse(&deep).is_err());
}

#[test]
fn an_expression_without_a_value_is_an_error_that_names_the_finding() {
    let gate = FailOn::parse("1 / size(aliases) > 0").unwrap();
    let error = judge(&report(), Some(&gate), false).unwrap_err();
    assert!(
        matches!(&error, PolicyError::Evaluation { of, .. } if of.starts_with("CVE-2023-0002 in ")),
        "{error}"
    );
}

#[test]
fn no_mutation_of_an_expression_panics_or_is_half_understood() {
    let seeds = [
        "kev || (severity >= HIGH && fix == \"fixed\")",
        "aliases.exists(a, a.startsWith('GHSA')) ? epss >= 0.1 : !fixed",
        "id in ['a', 'b'] && size(paths) > 1 && risk * 2.0 > 1e3",
        "gap == 'stale-feed' || (coverage < 0.5 && !(coverage > 0.1)) || unmatched_packages > 3 || kev",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap()
    };
    let letters: Vec<char> = "()[]{}.,'\"&|!=<>?:+-*/% aKé0\u{0}".chars().collect();
    let report = report();
    for seed in seeds {
        for _ in 0..100 {
            let mut text: Vec<char> = seed.chars().collect();
            for _ in 0..=random(2) {
                let at = random(text.len());
                match random(3) {
                    0 => drop(text.remove(at)),
                    1 => text[at] = letters[random(letters.len())],
                    _ => text.insert(at, letters[random(letters.len())]),
                }
            }
            let text: String = text.into_iter().collect();
            // What passes the check has a value for every finding.
            if let Ok(gate) = FailOn::parse(&text) {
                judge(&report, Some(&gate), false).unwrap();
            }
        }
    }
}

#[test]
fn the_reference_lists_exactly_the_variables() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/fail-on.md");
    let page = fs::read_to_string(page).unwrap();
    let table = page.split("| Name | Type |").nth(1).unwrap();
    let listed: Vec<&str> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('`').nth(1).unwrap())
        .collect();
    let names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(listed, names);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(names.is_sorted());
}

#[test]
fn every_example_of_the_reference_is_a_gate() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/fail-on.md");
    let page = fs::read_to_string(page).unwrap();
    let examples: Vec<&str> = page
        .split("```cel\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .filter(|line| !line.starts_with("//"))
        .collect();
    assert!(examples.len() > 5);
    for example in examples {
        FailOn::parse(example).unwrap();
    }
}

/// A report of 301 packages of which one was matched, with two gaps.
fn gappy() -> Report {
    let group =
        |reason, namespace, packages| Unmatched { reason, namespace: Namespace::new(namespace), packages };
    let coverage = Coverage {
        packages: 301,
        matched: 1,
        unmatched: vec![
            group(UnmatchedReason::NoFeed, "brew", 20),
            group(UnmatchedReason::NotFetched, "pypi", 280),
        ],
        gaps: vec![
            Gap::new(GapKind::MISSING_FACT, "", "nothing says who built it"),
            Gap::new(GapKind::STALE_FEED, "npm", "what `osv` says is of 2023-01-01"),
        ],
        ..Coverage::default()
    };
    Report { coverage, ..report() }
}

#[test]
fn the_gate_of_the_reference_that_wants_feeds_asks_for_no_table_that_only_rates() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/fail-on.md");
    let page = fs::read_to_string(page).unwrap();
    let gate = page.lines().find(|line| line.starts_with("(verdict ==")).unwrap();
    let violators = |place: &str| {
        let gaps = vec![Gap::new(GapKind::FEED_NOT_FETCHED, place, "it is not held")];
        let mut report =
            Report { coverage: Coverage { matched: 1, gaps, ..Coverage::default() }, ..report() };
        report.findings.clear();
        judge(&report, Some(&FailOn::parse(gate).unwrap()), false).unwrap().violations.len()
    };
    assert_eq!(["cve", "epss", "kev", "nvd", "debian:12"].map(violators), [0, 0, 0, 0, 1]);
}

/// What violates `gate` in [`gappy`].
#[track_caller]
fn violators(gate: &str) -> Vec<Violator> {
    let judgement = judge(&gappy(), Some(&FailOn::parse(gate).unwrap()), false).unwrap();
    judgement.violations.iter().map(|violation| violation.of).collect()
}

#[test]
fn gaps_and_what_was_not_judged_are_gated_where_they_are_named() {
    use Violator::{Coverage, Finding, Gap, Unmatched};
    for (gate, expected) in [
        ("gap == 'stale-feed'", &[Gap(1)][..]),
        ("gap in ['stale-feed', 'missing-fact']", &[Gap(0), Gap(1)]),
        ("gap != 'stale-feed'", &[Gap(0)]),
        ("gap == 'stale-feed' && gap_place == 'npm'", &[Gap(1)]),
        ("!(gap == 'stale-feed' && gap_place == 'pypi')", &[Gap(0), Gap(1)]),
        ("unmatched == 'not-fetched'", &[Unmatched(1)]),
        ("unmatched == 'no-feed' && unmatched_packages > 20", &[]),
        ("unmatched != 'no-code' && unmatched_namespace.startsWith('b')", &[Unmatched(0)]),
        ("coverage < 0.9", &[Coverage]),
        ("any_gap || (any_unmatched && unmatched != 'no-feed')", &[Gap(0), Gap(1), Unmatched(1)]),
        ("coverage < 0.001", &[]),
        (
            "severity >= HIGH || gap == 'stale-feed' || unmatched == 'not-fetched'",
            &[Finding(0), Finding(2), Gap(1), Unmatched(1)],
        ),
        ("kev || (fixed && id == 'x') || coverage < 0.9", &[Finding(0), Coverage]),
        // What a gap does not have is neither so nor not so.
        ("!kev || gap == 'stale-feed'", &[Finding(1), Finding(2), Gap(1)]),
        ("severity == UNKNOWN || gap == 'stale-feed'", &[Finding(1), Gap(1)]),
        ("gap == 'stale-feed' ? true : false", &[Gap(1)]),
        ("['stale-feed'].exists(word, word == gap) || kev", &[Finding(0), Gap(1)]),
        ("high", &[Finding(0)]),
        ("severity >= HIGH", &[Finding(0), Finding(2)]),
    ] {
        assert_eq!(violators(gate), expected, "{gate}");
    }
}

#[test]
fn a_violation_names_the_gap() {
    let gate = FailOn::parse(
        "gap == 'stale-feed' || gap_place == '' || unmatched == 'not-fetched' || coverage < 0.5",
    );
    let judgement = judge(&gappy(), Some(&gate.unwrap()), false).unwrap();
    let messages: Vec<&str> = judgement.violations.iter().map(|violation| &*violation.message).collect();
    assert_eq!(
        messages,
        [
            "gap missing-fact: nothing says who built it",
            "gap stale-feed at npm: what `osv` says is of 2023-01-01",
            "280 packages of pypi not matched: not-fetched",
            "1 of 301 packages matched",
        ]
    );
}

#[test]
fn names_that_nothing_has_together_are_refused() {
    refused("gap == 'stale-feed' && kev", "`gap` is of a gap, `kev` is of a finding: nothing has both");
    refused("kev || (coverage < 0.5 && unmatched == 'no-feed')", "`coverage` is of the coverage");
    refused("!(coverage < 0.5 || kev)", "nothing has both");
    refused("gap == id", "nothing has both");
    refused("kev ? gap == 'stale-feed' : coverage < 0.5", "nothing has both");
    refused("gap == 'stale-fed'", "did you mean `stale-feed`");
    refused("unmatched == 'not-fetchd'", "did you mean `not-fetched`");
    refused("gap", "a gate is true or false, this is text");
    assert!(FailOn::parse("!(coverage < 0.5 && kev)").is_ok());
}

#[test]
fn a_mistake_in_the_arithmetic_of_a_gap_is_an_error_that_names_it() {
    let gate = FailOn::parse("1 / size(gap_place) > 0").unwrap();
    let error = judge(&gappy(), Some(&gate), false).unwrap_err().to_string();
    assert!(error.contains("for the gap `missing-fact` at ``"), "{error}");
}

#[test]
fn a_gate_is_not_passed_where_nothing_of_the_distribution_is_held() {
    let debian = |held: &[&str]| {
        let mut report = gappy();
        report.coverage.unmatched[1].namespace = Namespace::new("debian:12");
        report.snapshot.namespaces = held
            .iter()
            .map(|name| NamespaceStamp {
                name: Namespace::new(*name),
                data_as_of: None,
                records: 1,
                end_of_life: None,
            })
            .collect();
        report
    };
    let gate = |text: &str| FailOn::parse(text).unwrap();
    let (passing, failing) = (gate("id == 'x'"), gate("critical"));
    let judged = |report: &Report, gate, allow| judge(report, gate, allow).unwrap();
    let report = debian(&["npm"]);
    let judgement = judged(&report, Some(&passing), false);
    assert_eq!(judgement.not_judged(), Some(&Unjudged::Distro(Namespace::new("debian:12"))));
    assert_eq!((judgement.acceptable, judgement.n_unseen), (false, 280));
    // What is found is found, whatever else is not known.
    let judgement = judged(&report, Some(&failing), false);
    assert_eq!((judgement.not_judged(), judgement.violations.len()), (None, 1));
    for (report, gate, allow) in [
        (&report, Some(&passing), true),
        (&report, None, false),
        (&debian(&["npm", "debian:11"]), Some(&passing), false),
        (&gappy(), Some(&passing), false),
    ] {
        let judgement = judged(report, gate, allow);
        assert_eq!((judgement.acceptable, judgement.not_judged()), (true, None));
        assert_eq!(judgement.n_unseen, if gate.is_some() { 280 } else { 0 });
    }
}

#[test]
fn the_reference_lists_every_kind_of_gap_and_every_reason() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/fail-on.md");
    let page = fs::read_to_string(page).unwrap();
    let listed = |heading: &str| -> Vec<String> {
        let (_, section) = page.split_once(heading).unwrap();
        let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
        let rows = rows.take_while(|line| line.starts_with('|'));
        rows.map(|line| line.split('`').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(listed("### Kinds of gaps"), GapKind::ALL.iter().map(GapKind::as_str).collect::<Vec<_>>());
    assert_eq!(listed("### Why packages are not judged"), UnmatchedReason::ALL.map(UnmatchedReason::as_str));
}

#[test]
fn of_what_was_not_judged_nothing_is_acceptable() {
    let mut report = report();
    report.coverage.matched = 0;
    let judgement = judge(&report, None, false).unwrap();
    assert!(judgement.not_judged() == Some(&Unjudged::Nothing) && !judgement.acceptable);
    assert!(judge(&report, None, true).unwrap().acceptable);
    report.coverage.matched = 1;
    assert!(judge(&report, None, false).unwrap().acceptable);
}

#[test]
fn a_judgement_counts_what_only_a_rating_is_missing_for() {
    let unrated = |gate: &str| judge(&report(), Some(&FailOn::parse(gate).unwrap()), false).unwrap().unrated;
    assert_eq!(unrated("high"), 1);
    assert_eq!(unrated("kev || severity >= CRITICAL"), 1);
    assert_eq!(unrated("cvss > 7.0"), 1);
    // It fires all the same, asks for no rating, or would not fire whatever the rating.
    assert_eq!(unrated("unknown"), 0);
    assert_eq!(unrated("severity == UNKNOWN || severity >= HIGH"), 0);
    assert_eq!(unrated("kev"), 0);
    assert_eq!(unrated("severity >= HIGH && fixed"), 0);
    assert_eq!(judge(&report(), None, false).unwrap().unrated, 0);
}

#[test]
fn a_gate_says_what_it_asks_for_and_is_not_held() {
    let blind = |gate: &str, missing: &[&str]| {
        let mut report = report();
        let gaps = missing.iter().map(|place| Gap::new(GapKind::FEED_NOT_FETCHED, *place, ""));
        report.coverage.gaps = gaps.collect();
        FailOn::parse(gate).unwrap().blind(&report).join(" ")
    };
    assert_eq!(blind("kev || severity >= HIGH", &["kev", "epss"]), "kev");
    assert_eq!(blind("kev_ransomware || epss > 0.5", &["kev", "epss"]), "epss kev_ransomware");
    assert_eq!(blind("risk > 50.0", &["kev"]), "risk");
    assert_eq!(blind("kev", &["epss", "debian:12"]), "");
    assert_eq!(blind("high", &["kev", "epss"]), "");
}
