//! Whatever is written is read back, and the order of arrival leaves no trace.

use std::collections::BTreeMap;

use model::advisory::{AdvisorySet, CvssVector, RecordText, Row, SeverityWord};
use model::severity::Severity;
use model::version::VersionText;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use tempfile::tempdir;

use super::*;

/// Any text: quotes, line breaks, other alphabets, and nothing at all.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z0-9.:~+-]{1,8}", "\\PC{0,6}", ".{0,4}"]
}

fn version() -> impl Strategy<Value = VersionText> {
    text().prop_map(VersionText::from)
}

fn severity() -> impl Strategy<Value = Option<SeverityWord>> {
    option::of((text(), select(&Severity::ALL[..])).prop_map(|(word, level)| SeverityWord { word, level }))
}

fn range() -> impl Strategy<Value = AffectedRange> {
    let event = (0..4, version()).prop_map(|(kind, version)| match kind {
        0 => RangeEvent::Introduced(version),
        1 => RangeEvent::Fixed(version),
        2 => RangeEvent::LastAffected(version),
        _ => RangeEvent::Limit(version),
    });
    vec(event, 0..4).prop_map(|events| AffectedRange { events })
}

fn affected() -> impl Strategy<Value = Affected> {
    let kinds = [KeyKind::Source, KeyKind::Binary, KeyKind::Language, KeyKind::Cpe, KeyKind::Oci];
    let key = (select(kinds.to_vec()), prop_oneof![Just("openssl".to_owned()), text()]);
    let statuses = [Status::Affected, Status::UnderInvestigation, Status::Undetermined, Status::NotAffected];
    (
        key,
        select(statuses.to_vec()),
        select(&FixState::ALL[..]),
        vec(range(), 0..3),
        btree_set(text(), 0..4),
        severity(),
        option::of(text()),
    )
        .prop_map(|((kind, name), status, fix_state, ranges, versions, severity, reason)| Affected {
            key: PackageKey::new(Namespace::new("debian:12"), kind, name),
            status,
            fix_state,
            ranges,
            versions: versions.into_iter().map(VersionText::from).collect(),
            severity,
            reason,
        })
}

/// Records with ids of their own and aliases that no other record shares.
fn advisories() -> impl Strategy<Value = Vec<Advisory>> {
    let states = [RecordState::Published, RecordState::Withdrawn, RecordState::Rejected];
    let record = (
        (select(states.to_vec()), btree_set("[a-z]{1,3}", 0..3)),
        (option::of(0..1_000_000_000_i64), option::of(text()), vec((text(), text()), 0..3)),
        (severity(), vec(text(), 0..3)),
        vec(affected(), 0..4),
    );
    vec(record, 0..6).prop_map(|records| {
        let records = records.into_iter().enumerate();
        let advisories = records.map(
            |(n, ((state, aliases), (published, title, cvss), (severity, references), affected))| Advisory {
                id: format!("{n}'\"\u{0}"),
                aliases: aliases.into_iter().map(|alias| format!("{n}-{alias}")).collect(),
                state,
                published: published.map(|n| Timestamp::from_nanosecond(i128::from(n) * 1_000_007).unwrap()),
                modified: None,
                title,
                cvss: cvss.into_iter().map(|(source, vector)| CvssVector { source, vector }).collect(),
                severity,
                references,
                affected,
            },
        );
        advisories.collect()
    })
}

/// What must be read back, computed without the crate.
fn expected(advisories: &[Advisory]) -> (AdvisorySet, Vec<RecordText>) {
    let mut rows: BTreeMap<PackageKey, Vec<Row>> = BTreeMap::new();
    let mut texts = Vec::new();
    for advisory in advisories {
        for affected in &advisory.affected {
            let row = Row {
                provider: "debian".to_owned(),
                record: advisory.id.clone(),
                aliases: advisory.aliases.clone(),
                state: advisory.state,
                affected: affected.clone(),
            };
            let rows = rows.entry(affected.key.clone()).or_default();
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let text = RecordText {
            record: advisory.id.clone(),
            provider: "debian".to_owned(),
            title: advisory.title.clone(),
            cvss: advisory.cvss.clone(),
            severity: advisory.severity.clone(),
            references: advisory.references.clone(),
            published: advisory.published,
        };
        let nothing = RecordText {
            record: text.record.clone(),
            provider: text.provider.clone(),
            ..RecordText::default()
        };
        if text != nothing && !advisory.affected.is_empty() {
            texts.push(text);
        }
    }
    (AdvisorySet { rows }, texts)
}

/// Several rows of one record under one key have no order that could be foretold.
fn sorted(mut set: AdvisorySet) -> AdvisorySet {
    for rows in set.rows.values_mut() {
        assert!(rows.is_sorted_by_key(|row| row.record.clone()));
        rows.sort_by_key(|row| format!("{row:?}"));
    }
    set
}

#[test]
fn every_field_reads_back_and_order_leaves_no_trace() {
    // Each case syncs files to disk; a few dozen are enough for fields that do not interact.
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let run = runner.run(&(advisories(), any::<u64>()), |(advisories, seed)| {
        let (one, two) = (tempdir().unwrap(), tempdir().unwrap());
        let first = sync(one.path(), 0, &advisories).unwrap();
        let mut shuffled = advisories.clone();
        let mut random = testkit::mutate::Random::new(seed | 1);
        for index in (1..shuffled.len()).rev() {
            shuffled.swap(index, random.below(index + 1));
            shuffled[index].affected.reverse();
        }
        let second = sync(two.path(), 5, &shuffled).unwrap();
        prop_assert_eq!(&first.id, &second.id);

        let snapshot = current(one.path());
        prop_assert!(snapshot.verify().is_empty());
        let (mut rows, texts) = expected(&advisories);
        rows.rows.entry(key("debian:12|source|never")).or_default();
        let asked = rows.rows.keys().cloned().collect();
        for rows in rows.rows.values_mut() {
            rows.sort_by_key(|row| row.record.clone());
        }
        prop_assert_eq!(sorted(snapshot.load(&asked).unwrap()), sorted(rows));
        let records =
            advisories.iter().map(|advisory| (namespace("debian:12"), advisory.id.clone())).collect();
        prop_assert_eq!(snapshot.texts(&records).unwrap(), texts);
        prop_assert_eq!(
            snapshot.key_hashes(&asked).unwrap(),
            current(two.path()).key_hashes(&asked).unwrap()
        );
        Ok(())
    });
    run.unwrap();
}
