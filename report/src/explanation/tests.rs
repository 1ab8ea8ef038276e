//! Explanations of foreign text that would do harm if it were shown as it is.

use std::cmp::Ordering;

use model::advisory::{FixState, RecordKind, RecordState, Status};
use model::ecosystem::Ecosystem;
use model::explanation::{
    Answer, BoundKind, Comparison, Condition, Explained, ExplainedKey, ExplainedOwner, ExplainedRow,
    Explanation, KeptAway, PassedOver, ReportRead, Reported, Saying, Standing,
};
use model::facts::CoverageClass;
use model::finding::{Fix, MatchType, Suppression, Verdict, VexGrounds};
use model::inventory::{Inventory, Subject};
use model::key::{KeyKind, Namespace, PackageKey};
use model::package::{Package, PackageIndex};
use model::report::{SnapshotStamp, Unmatched, UnmatchedReason, VexOutcome, VexReason};

use super::{json, text};
use crate::RenderOptions;
use crate::testing::OPTIONS;

const FOREIGN: &str = "x\x1b[2J\u{202e}\n\u{feff}y";

fn row(standing: Standing) -> ExplainedRow {
    let comparison = Comparison {
        installed: FOREIGN.into(),
        order: Some(Ordering::Less),
        bound: FOREIGN.into(),
        event: BoundKind::Fixed,
        scheme: "deb",
    };
    ExplainedRow {
        record: FOREIGN.to_owned(),
        provider: FOREIGN.to_owned(),
        key: key(),
        match_type: MatchType::Direct,
        path: vec![FOREIGN.to_owned(), FOREIGN.to_owned()],
        kind: RecordKind::Vulnerability,
        state: RecordState::Published,
        status: Status::Affected,
        fix_state: FixState::Fixed,
        reason: Some(FOREIGN.to_owned()),
        justification: Some(FOREIGN.to_owned()),
        range: FOREIGN.to_owned(),
        comparisons: vec![comparison.clone(), Comparison { order: None, ..comparison }],
        conditions: [Some(true), Some(false), None]
            .map(|holds| Condition {
                name: "vendor",
                asked: FOREIGN.to_owned(),
                has: Some(FOREIGN.to_owned()),
                holds,
            })
            .into(),
        saying: Saying::Affected,
        confidence: 0.9,
        standing,
    }
}

fn key() -> PackageKey {
    PackageKey::new(Namespace::new(FOREIGN), KeyKind::Source, FOREIGN)
}

fn explained(answer: Answer) -> Explained {
    let mut rows = vec![row(Standing::Decided)];
    rows.extend(PassedOver::ALL.map(|why| row(Standing::PassedOver(why))));
    rows.push(row(Standing::KeptAway(KeptAway::Condition("vendor"))));
    let keys = [None, Some(0), Some(7)].map(|n_rows| ExplainedKey {
        key: key(),
        match_type: MatchType::Direct,
        version: FOREIGN.into(),
        n_rows,
        coverage: Some(CoverageClass::FixOnly),
    });
    let owner = ExplainedOwner {
        purl: FOREIGN.to_owned(),
        coverage: CoverageClass::Complete,
        keys: keys.to_vec(),
        rows: rows.clone(),
        decided: true,
    };
    Explained {
        packages: vec![PackageIndex(0), PackageIndex(0)],
        answer,
        ids: vec![FOREIGN.to_owned(), FOREIGN.to_owned()],
        fix: Some(Fix::new(FixState::Fixed, [FOREIGN.into()])),
        keys: keys.to_vec(),
        unmatched: Some((UnmatchedReason::NotFetched, Namespace::new(FOREIGN))),
        rows,
        owner: Some(owner),
        by_cpe_name: Some(Answer::KeptAway),
    }
}

fn hostile() -> (Explanation, Inventory) {
    let grounds = VexGrounds { detail: Some(FOREIGN.to_owned()), ..VexGrounds::default() };
    let suppressed = Suppression {
        reason: FOREIGN.to_owned(),
        source: FOREIGN.to_owned(),
        statement: Some(grounds.into()),
    };
    let because = model::finding::NotAffectedReason::VendorFixed;
    let answers = [
        Answer::Finding { verdict: Verdict::Affected, suppressed: None },
        Answer::Finding { verdict: Verdict::NotAffected { because }, suppressed: Some(suppressed) },
        Answer::NoFinding(Saying::Fixed),
        Answer::KeptAway,
        Answer::NoRow,
        Answer::NotJudged { reason: UnmatchedReason::NoFeed, namespace: Namespace::new(FOREIGN) },
    ];
    let reported = Reported {
        purl: FOREIGN.to_owned(),
        ids: vec![FOREIGN.to_owned()],
        verdict: FOREIGN.to_owned(),
        words: FOREIGN.to_owned(),
    };
    let outcome = VexOutcome {
        reason: VexReason::Overruled,
        document: FOREIGN.to_owned(),
        statement: FOREIGN.to_owned(),
        vulnerability: FOREIGN.to_owned(),
        detail: FOREIGN.to_owned(),
    };
    let explanation = Explanation {
        id: FOREIGN.to_owned(),
        snapshot: SnapshotStamp { id: FOREIGN.to_owned(), ..SnapshotStamp::default() },
        report: Some(ReportRead { snapshot: format!("{FOREIGN} too"), findings: vec![reported] }),
        packages: answers.map(explained).into(),
        n_packages: 9,
        vex: vec![outcome],
        unmatched: vec![Unmatched {
            reason: UnmatchedReason::NoDistro,
            namespace: Namespace::new(FOREIGN),
            packages: 2,
        }],
    };
    let package = Package::new(Ecosystem::Deb, FOREIGN, FOREIGN, FOREIGN.to_owned());
    let subject = Subject { name: FOREIGN.to_owned(), ..Subject::default() };
    (explanation, Inventory::new(subject, None, vec![package], Vec::new()))
}

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn foreign_text_moves_and_hides_nothing() {
    let (explanation, inventory) = hostile();
    let text = written(|out| text(&explanation, &inventory, &OPTIONS, out));
    let json = written(|out| json(&explanation, &inventory, out));
    for shown in [&text, &json] {
        assert!(!shown.contains(['\x1b', '\u{202e}', '\u{feff}', '\r']), "{shown}");
        assert!(!shown.lines().any(|line| line.starts_with('y')), "{shown}");
    }
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["explanations"][0]["rows"][0]["record"], FOREIGN);
    assert_eq!(read["explanations"][0]["reported"], FOREIGN);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let (explanation, inventory) = hostile();
    let options = RenderOptions { color: true, ..OPTIONS };
    let colored = written(|out| text(&explanation, &inventory, &options, out));
    let mut plain = String::new();
    for (index, part) in colored.split("\x1b[").enumerate() {
        plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_ne!(colored, plain);
    assert_eq!(plain, written(|out| text(&explanation, &inventory, &OPTIONS, out)));
}

#[test]
fn the_answer_stands_first() {
    let (mut explanation, inventory) = hostile();
    explanation.id = "CVE-1".to_owned();
    let first = |explanation: &Explanation| {
        written(|out| text(explanation, &inventory, &OPTIONS, out)).lines().next().unwrap().to_owned()
    };
    assert_eq!(
        first(&explanation),
        "CVE-1 in 6 packages: 1 affected, 1 not-affected, 1 no-finding, 1 kept-away, 1 no-row, 1 not-judged"
    );
    explanation.packages.truncate(1);
    assert!(first(&explanation).starts_with("CVE-1 ("), "{}", first(&explanation));
    assert!(first(&explanation).contains(" affects "), "{}", first(&explanation));
    // The bound that was compared need not be that of the fix: a record that lists versions says it of the range.
    explanation.packages[0].fix = Some(Fix::new(FixState::Fixed, ["23.3".into()]));
    assert!(first(&explanation).ends_with("; fixed in 23.3"), "{}", first(&explanation));
    explanation.packages[0].fix = Some(Fix::new(FixState::NotFixed, []));
    assert!(first(&explanation).ends_with("; no fix is stated above it"), "{}", first(&explanation));
}
