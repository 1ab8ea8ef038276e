//! Whatever is written is read back, and the order of arrival leaves no trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::advisory::{
    AdvisorySet, Aside, Conditions, CpeBounds, CvssVector, Import, Platform, PublishedFix, RecordKind,
    RecordLink, RecordState, RecordText, Reference, Relation, Row, SeverityWord,
};
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
    let version = prop_oneof![version(), Just("0".into())];
    let event = (0..5, version).prop_map(|(kind, version)| match kind {
        0 => RangeEvent::Introduced(version),
        1 => RangeEvent::Fixed(version),
        2 => RangeEvent::LastAffected(version),
        3 => RangeEvent::IntroducedAfter(version),
        _ => RangeEvent::Limit(version),
    });
    vec(event, 0..4).prop_map(|events| AffectedRange { events: events.into() })
}

fn affected() -> impl Strategy<Value = Affected> {
    let kinds = [KeyKind::Source, KeyKind::Binary, KeyKind::Language, KeyKind::Cpe, KeyKind::Oci];
    let key = (select(kinds.to_vec()), prop_oneof![Just("openssl".to_owned()), text()]);
    let statuses = [
        Status::Affected,
        Status::UnderInvestigation,
        Status::Undetermined,
        Status::NotAffected,
        Status::Fixed,
    ];
    (
        key,
        select(statuses.to_vec()),
        select(&FixState::ALL[..]),
        vec(range(), 0..3),
        btree_set(text(), 0..4),
        (severity(), option::of(text()), option::of(text())),
        (option::of(word()), vec(range(), 0..2), option::of(conditions()), vec(fix(), 0..2)),
        (vec(cvss(), 0..2), vec(word(), 0..2)),
    )
        .prop_map(|((kind, name), status, fix_state, ranges, versions, said, rare, (cvss, hints))| {
            let (severity, reason, justification) = said;
            let (name_as_written, unaffected, conditions, fixes) = rare;
            Affected {
                fix_state,
                ranges: ranges.into(),
                versions: versions.into_iter().map(VersionText::from).collect(),
                // Conditions that ask nothing are none.
                conditions: conditions.filter(|conditions| !conditions.is_empty()).map(Arc::new),
                aside: Aside {
                    name: name_as_written,
                    unaffected,
                    fixes,
                    severity,
                    cvss,
                    reason,
                    justification,
                    hints,
                }
                .into(),
                ..Affected::new(PackageKey::new(Namespace::new("debian:12"), kind, name), status)
            }
        })
}

fn word() -> impl Strategy<Value = Box<str>> {
    text().prop_map(Box::from)
}

fn words() -> impl Strategy<Value = Vec<Box<str>>> {
    vec(word(), 0..3)
}

fn fix() -> impl Strategy<Value = PublishedFix> {
    let word = || option::of(word());
    (option::of(version()), word(), word(), word(), word()).prop_map(
        |(version, date, advisory, channel, url)| PublishedFix { version, date, advisory, channel, url },
    )
}

fn cvss() -> impl Strategy<Value = CvssVector> {
    (text(), text(), option::of(word())).prop_map(|(source, vector, score)| CvssVector {
        source,
        vector,
        score,
    })
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let import = (word(), words(), words(), words())
        .prop_map(|(path, symbols, systems, architectures)| Import { path, symbols, systems, architectures });
    let word = || option::of(word());
    (
        (word(), words(), word(), word(), words()),
        (option::of(platform()), vec(import, 0..2), words(), words()),
        (word(), option::of(version()), word(), word()),
    )
        .prop_map(|(of_package, of_program, of_maker)| {
            let (module, architectures, flavour, channel, products) = of_package;
            let (platform, imports, functions, systems) = of_program;
            let (target_software, line, version_mark, vendor) = of_maker;
            Conditions {
                module,
                architectures,
                flavour,
                channel,
                products,
                platform,
                imports,
                functions,
                systems,
                target_software,
                line,
                version_mark,
                vendor,
            }
        })
}

fn platform() -> impl Strategy<Value = Platform> {
    let bound = || option::of(version());
    let product = (word(), any::<bool>(), bound(), bound(), bound(), bound()).prop_map(
        |(criteria, is_vulnerable, start_including, start_excluding, end_including, end_excluding)| {
            Platform::Product(CpeBounds {
                criteria,
                is_vulnerable,
                start_including,
                start_excluding,
                end_including,
                end_excluding,
            })
        },
    );
    product.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Platform::All),
            vec(inner.clone(), 0..3).prop_map(Platform::Any),
            inner.prop_map(|platform| Platform::Not(Box::new(platform))),
        ]
    })
}

/// Records with ids of their own and aliases that no other record shares.
pub(super) fn advisories() -> impl Strategy<Value = Vec<Advisory>> {
    let states = [
        RecordState::Published,
        RecordState::Withdrawn,
        RecordState::Rejected,
        RecordState::Disputed,
        RecordState::Reserved,
    ];
    let kinds = [RecordKind::Vulnerability, RecordKind::Advisory, RecordKind::Notice, RecordKind::Malware];
    let relations = [Relation::Upstream, Relation::Related, Relation::Fixes, Relation::DuplicateOf];
    let reference = (text(), vec(text(), 0..2)).prop_map(|(url, tags)| Reference { url, tags });
    let link =
        (select(relations.to_vec()), text()).prop_map(|(relation, other)| RecordLink { relation, other });
    let record = (
        (select(kinds.to_vec()), select(states.to_vec()), btree_set("[a-z]{1,3}", 0..3)),
        (option::of(0..1_000_000_000_i64), option::of(text()), option::of(text()), vec(cvss(), 0..3)),
        (severity(), vec(text(), 0..2), btree_set(reference, 0..3), btree_set(link, 0..2)),
        (vec(text(), 0..2), option::of(text())),
        vec(affected(), 0..4),
    );
    vec(record, 0..6).prop_map(|records| {
        let records = records.into_iter().enumerate();
        let advisories =
            records.map(|(n, ((kind, state, aliases), told, said, (credits, license), affected))| {
                let (published, title, description, cvss) = told;
                let (severity, weaknesses, references, links) = said;
                let published =
                    published.map(|n| Timestamp::from_nanosecond(i128::from(n) * 1_000_007).unwrap());
                Advisory {
                    kind,
                    aliases: aliases.into_iter().map(|alias| format!("{n}-{alias}")).collect(),
                    state,
                    published,
                    title,
                    description,
                    cvss,
                    severity,
                    weaknesses,
                    references: references.into_iter().collect(),
                    links: links.into_iter().collect(),
                    credits,
                    license,
                    affected,
                    ..Advisory::new(format!("{n}'\"\u{0}"))
                }
            });
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
                provider: "debian".into(),
                record: advisory.id.clone().into(),
                kind: advisory.kind,
                aliases: advisory.aliases.iter().map(Into::into).collect(),
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
            description: advisory.description.clone(),
            cvss: advisory.cvss.clone(),
            severity: advisory.severity.clone(),
            weaknesses: advisory.weaknesses.clone(),
            references: advisory.references.clone(),
            links: advisory.links.clone(),
            credits: advisory.credits.clone(),
            license: advisory.license.clone(),
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
