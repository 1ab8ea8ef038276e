//! What is held, found and counted.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{
    AffectedRange, Conditions, CvssVector, Daily, Epss, FixState, Kev, PublishedFix, RangeEvent, RecordKind,
    RecordLink, RecordState, Reference, Relation, SeverityWord, Status,
};
use model::facts::{CoverageClass, FeedFacts, NamespaceFacts};
use model::severity::Severity;
use tempfile::tempdir;

use super::*;
use crate::{EpssStamp, EpssTable, KeyHash};

#[test]
fn not_held_and_held_without_rows_are_told_apart() {
    let directory = tempdir().unwrap();
    sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|openssl", "3")]).unwrap();
    let snapshot = current(directory.path());

    let asked = keys(&["debian:12|source|openssl", "debian:12|binary|openssl", "debian:13|source|openssl"]);
    let set = snapshot.load(&asked).unwrap();
    assert_eq!(set.rows[&key("debian:12|source|openssl")].len(), 1);
    assert_eq!(set.rows[&key("debian:12|binary|openssl")], []);
    assert!(!set.rows.contains_key(&key("debian:13|source|openssl")));

    let hashes = snapshot.key_hashes(&asked).unwrap();
    assert!(matches!(hashes[&key("debian:12|source|openssl")], KeyHash::Hash(_)));
    assert_eq!(hashes[&key("debian:12|binary|openssl")], KeyHash::Absent);
    assert_eq!(hashes[&key("debian:13|source|openssl")], KeyHash::NotHeld);
    assert!(snapshot.holds(&namespace("debian:12")) && !snapshot.holds(&namespace("debian:13")));
}

#[test]
fn a_namespace_whose_provider_has_nothing_is_held_without_a_shard() {
    let directory = tempdir().unwrap();
    sync(directory.path(), 0, &[]).unwrap();
    let snapshot = current(directory.path());
    assert!(snapshot.holds(&namespace("debian:12")));
    assert_eq!(snapshot.load(&keys(&["debian:12|source|x"])).unwrap().rows[&key("debian:12|source|x")], []);
    assert_eq!(snapshot.shards_opened(), 0);
}

#[test]
fn only_the_shards_that_a_question_needs_are_opened() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    for release in ["debian:11", "debian:12", "debian:13"] {
        let mut record = advisory("CVE-1", &format!("{release}|source|a"), "3");
        record.title = Some("a title".to_owned());
        replace(&mut writer, release, "debian", 0, &[record]).unwrap();
    }
    writer.set_facts(&FeedFacts::default()).unwrap();
    // Rows of each, texts of the feed, facts.
    assert_eq!(writer.swap(time(0)).unwrap().shards_written, 5);

    let snapshot = current(directory.path());
    assert_eq!(snapshot.shards_opened(), 0);
    snapshot.load(&keys(&["debian:12|source|a", "npm|language|a"])).unwrap();
    snapshot.key_hashes(&keys(&["debian:12|source|b"])).unwrap();
    assert_eq!(snapshot.shards_opened(), 1);
    snapshot.texts(&[(namespace("debian:12"), "CVE-1".to_owned())].into()).unwrap();
    snapshot.facts().unwrap();
    assert_eq!(snapshot.shards_opened(), 3);
}

#[test]
fn namespaces_of_a_feed_share_texts_and_ranks_and_tell_a_record_alike_in_any_order() {
    let told = |title: Option<&str>, reference: &str| Advisory {
        title: title.map(str::to_owned),
        references: vec![Reference::new(reference)],
        affected: ["debian:11", "debian:12"]
            .iter()
            .map(|release| Affected::new(key(&format!("{release}|source|a")), Status::Affected))
            .collect(),
        ..Advisory::new("CVE-1")
    };
    let (one, two) = (told(None, "https://example.org/1"), told(Some("two"), "https://example.org/2"));
    let write = |given: &[(&str, &[Advisory])]| {
        let directory = tempdir().unwrap();
        let feeds = FeedsDir::open(directory.path());
        let lock = feeds.lock().unwrap();
        for _ in 0..2 {
            let mut writer = feeds.writer(&lock).unwrap();
            for (release, advisories) in given {
                replace(&mut writer, release, "debian", 0, advisories).unwrap();
            }
            writer.set_daily(Some(&table(&[("CVE-1", 0.5)])), None).unwrap();
            writer.swap(time(0)).unwrap();
        }
        let count = |kind: &str| {
            let names = std::fs::read_dir(directory.path().join("shards")).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.contains(kind)).count()
        };
        assert_eq!((count(".rows."), count(".text."), count(".daily."), count(".tmp")), (2, 1, 1, 0));
        let snapshot = current(directory.path());
        let texts =
            |release: &str| snapshot.texts(&[(namespace(release), "CVE-1".to_owned())].into()).unwrap();
        assert_eq!(texts("debian:11"), texts("debian:12"));
        assert!(snapshot.verify().is_empty());
        (snapshot.id().to_owned(), texts("debian:11"))
    };
    let (id, texts) =
        write(&[("debian:11", std::slice::from_ref(&one)), ("debian:12", &[two.clone(), one.clone()])]);
    let urls: Vec<&str> = texts[0].references.iter().map(|reference| &*reference.url).collect();
    assert_eq!((texts.len(), texts[0].title.as_deref()), (1, Some("two")));
    assert_eq!(urls, ["https://example.org/1", "https://example.org/2"]);
    let reordered = write(&[("debian:12", &[one.clone(), two]), ("debian:11", &[one])]);
    assert_eq!(reordered, (id, texts));
}

#[test]
fn a_provider_replaces_its_own_rows_and_no_others() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let package = "pypi|language|demo";
    {
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        replace(&mut writer, "pypi", "osv", 0, &[advisory("GHSA-1", package, "2")]).unwrap();
        replace(&mut writer, "pypi", "acme", 0, &[advisory("ACME-1", package, "2")]).unwrap();
        writer.swap(time(0)).unwrap();
    }
    let one = current(directory.path());
    assert_eq!(
        lines(&one, &[package]),
        ["pypi|language|demo acme ACME-1 [] >=0 <2", "pypi|language|demo osv GHSA-1 [] >=0 <2"]
    );

    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    assert_eq!(writer.provider_state(&namespace("pypi"), "osv").unwrap().records, 1);
    assert_eq!(writer.provider_state(&namespace("npm"), "osv"), None);
    let outcome = replace(&mut writer, "pypi", "osv", 1, &[advisory("GHSA-2", package, "2")]).unwrap();
    assert!(outcome.changed);
    let outcome = writer.swap(time(1)).unwrap();
    assert!(outcome.changed && outcome.shards_written == 1);
    let two = current(directory.path());
    assert_eq!(
        lines(&two, &[package]),
        ["pypi|language|demo acme ACME-1 [] >=0 <2", "pypi|language|demo osv GHSA-2 [] >=0 <2"]
    );
    assert_ne!(one.key_hashes(&keys(&[package])).unwrap(), two.key_hashes(&keys(&[package])).unwrap());
    // The first one still answers as it did.
    assert_eq!(lines(&one, &[package]).len(), 2);

    let entry = &two.namespaces()[0];
    assert_eq!((entry.rows, entry.records), (2, 2));
    let providers: Vec<(&str, Timestamp)> =
        entry.providers.iter().map(|provider| (provider.name.as_str(), provider.data_as_of)).collect();
    assert_eq!(providers, [("acme", time(0)), ("osv", time(1))]);
    // The old rows stay for those who hold the first snapshot.
    assert_eq!(std::fs::read_dir(directory.path().join("shards")).unwrap().count(), 3);
    assert!(entry.rows_bytes > 0);
}

#[test]
fn what_is_said_of_other_namespaces_is_skipped() {
    let mut record = advisory("CVE-1", "debian:12|source|a", "3");
    record.affected.extend(advisory("CVE-1", "debian:13|source|a", "4").affected);
    let elsewhere = advisory("CVE-2", "debian:13|source|a", "5");
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    let outcome = replace(&mut writer, "debian:12", "debian", 0, &[record, elsewhere]).unwrap();
    assert_eq!((outcome.rows, outcome.records), (1, 1));
}

#[test]
fn a_record_is_known_by_the_aliases_of_its_whole_group() {
    let mut linking = advisory("PYSEC-1", "pypi|language|other", "2");
    linking.aliases = vec!["CVE-1".to_owned(), "GHSA-1".to_owned()];
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    replace(&mut writer, "pypi", "osv", 0, &[advisory("GHSA-1", "pypi|language|demo", "2"), linking])
        .unwrap();
    writer.swap(time(0)).unwrap();
    assert_eq!(
        lines(&current(directory.path()), &["pypi|language|demo"]),
        ["pypi|language|demo osv GHSA-1 [CVE-1,PYSEC-1] >=0 <2"]
    );
}

#[test]
fn key_hash_moves_with_every_field_of_a_verdict_and_with_no_other() {
    let hash = |record: &Advisory| {
        let directory = tempdir().unwrap();
        sync(directory.path(), 0, std::slice::from_ref(record)).unwrap();
        let hashes = current(directory.path()).key_hashes(&keys(&["debian:12|source|a"])).unwrap();
        hashes[&key("debian:12|source|a")]
    };
    let base = advisory("CVE-1", "debian:12|source|a", "3");
    type Change = (&'static str, fn(&mut Advisory));
    let semantic: &[Change] = &[
        ("id", |record| record.id = "CVE-2".to_owned()),
        ("aliases", |record| record.aliases = vec!["GHSA-1".to_owned()]),
        ("state", |record| record.state = RecordState::Rejected),
        ("status", |record| record.affected[0].status = Status::UnderInvestigation),
        ("fix state", |record| record.affected[0].fix_state = FixState::Pending),
        ("severity", |record| {
            record.affected[0].aside.severity =
                Some(SeverityWord { word: "low".to_owned(), level: Severity::Low });
        }),
        ("severity word", |record| {
            record.affected[0].aside.severity =
                Some(SeverityWord { word: "Low".to_owned(), level: Severity::Low });
        }),
        ("justification", |record| {
            record.affected[0].aside.justification = Some("component_not_present".to_owned());
        }),
        ("kind", |record| record.kind = RecordKind::Malware),
        ("name", |record| record.affected[0].aside.name = Some("A".into())),
        ("unaffected", |record| record.affected[0].aside.unaffected = vec![AffectedRange::default()]),
        ("conditions", |record| {
            let conditions = Conditions { channel: Some("esm".into()), ..Conditions::default() };
            record.affected[0].conditions = Some(conditions.into());
        }),
        ("fixes", |record| record.affected[0].aside.fixes = vec![PublishedFix::default()]),
        ("cvss of the row", |record| record.affected[0].aside.cvss = vec![CvssVector::default()]),
        ("hints", |record| record.affected[0].aside.hints = vec!["< 4".into()]),
        ("after", |record| {
            record.affected[0].ranges[0].events[0] = RangeEvent::IntroducedAfter("0".into());
        }),
        ("reason", |record| record.affected[0].aside.reason = Some("postponed".to_owned())),
        ("empty reason", |record| record.affected[0].aside.reason = Some(String::new())),
        ("no range", |record| record.affected[0].ranges.clear()),
        ("empty range", |record| record.affected[0].ranges = vec![AffectedRange::default()].into()),
        ("bound", |record| record.affected[0].ranges[0].events[1] = RangeEvent::Fixed("4".into())),
        ("end", |record| record.affected[0].ranges[0].events[1] = RangeEvent::LastAffected("3".into())),
        ("limit", |record| record.affected[0].ranges[0].events[1] = RangeEvent::Limit("3".into())),
        ("start", |record| record.affected[0].ranges[0].events[0] = RangeEvent::Introduced("1".into())),
        ("versions", |record| record.affected[0].versions = vec!["2".into()]),
        ("two rows", |record| {
            record.affected.push(record.affected[0].clone());
            record.affected[1].status = Status::NotAffected;
        }),
    ];
    let mut seen = BTreeMap::from([(hash(&base), "unchanged")]);
    for (name, change) in semantic {
        let mut record = base.clone();
        change(&mut record);
        if let Some(other) = seen.insert(hash(&record), name) {
            panic!("{name} has the hash of {other}");
        }
    }
    let display: &[Change] = &[
        ("description", |record| record.description = Some("another".to_owned())),
        ("weaknesses", |record| record.weaknesses = vec!["CWE-79".to_owned()]),
        ("links", |record| {
            let link = RecordLink { relation: Relation::Upstream, other: "CVE-9".to_owned() };
            record.links = vec![link];
        }),
        ("credits", |record| record.credits = vec!["Ada".to_owned()]),
        ("license", |record| record.license = Some("CC0-1.0".to_owned())),
        ("title", |record| record.title = Some("another".to_owned())),
        ("references", |record| record.references = vec![Reference::new("https://example.org")]),
        ("modified", |record| record.modified = Some(time(9))),
        ("published", |record| record.published = Some(time(9))),
        ("record severity", |record| {
            record.severity = Some(SeverityWord { word: "LOW".to_owned(), level: Severity::Low });
        }),
        ("twice the same row", |record| record.affected.push(record.affected[0].clone())),
    ];
    for (name, change) in display {
        let mut record = base.clone();
        change(&mut record);
        assert_eq!(hash(&record), hash(&base), "{name}");
    }
}

#[test]
fn a_sync_without_news_moves_dates_and_nothing_else() {
    let directory = tempdir().unwrap();
    let records = [advisory("CVE-1", "debian:12|source|a", "3")];
    let first = sync(directory.path(), 0, &records).unwrap();
    assert!(first.changed && first.shards_written == 1);

    let manifest = std::fs::read(directory.path().join("manifest.json")).unwrap();
    let same = sync(directory.path(), 0, &records).unwrap();
    assert_eq!(same, SwapOutcome { id: first.id.clone(), shards_written: 0, changed: false });
    assert_eq!(std::fs::read(directory.path().join("manifest.json")).unwrap(), manifest);

    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    assert!(writer.touch_provider(&namespace("debian:12"), "debian", time(7)));
    assert!(!writer.touch_provider(&namespace("debian:12"), "osv", time(7)));
    let touched = writer.swap(time(8)).unwrap();
    assert_eq!(touched, SwapOutcome { id: first.id.clone(), shards_written: 0, changed: false });
    let snapshot = current(directory.path());
    assert_eq!(snapshot.namespaces()[0].providers[0].data_as_of, time(7));
    assert_eq!(snapshot.created(), time(0));
    let retained = feeds.snapshot(&first.id).unwrap().unwrap();
    assert_eq!(retained.namespaces(), snapshot.namespaces());
}

#[test]
fn an_older_snapshot_answers_as_it_did() {
    let directory = tempdir().unwrap();
    let old = sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "3")]).unwrap();
    let new = sync(directory.path(), 1, &[advisory("CVE-1", "debian:12|source|a", "4")]).unwrap();
    let feeds = FeedsDir::open(directory.path());
    let retained = feeds.retained().unwrap();
    assert_eq!(
        retained.iter().map(|entry| (&entry.id, entry.created)).collect::<Vec<_>>(),
        [(&old.id, time(0)), (&new.id, time(1))]
    );
    let snapshot = feeds.snapshot(&old.id).unwrap().unwrap();
    assert_eq!(lines(&snapshot, &["debian:12|source|a"]), ["debian:12|source|a debian CVE-1 [] >=0 <3"]);
    assert_eq!(current(directory.path()).id(), new.id);
}

#[test]
fn texts_are_given_once_and_only_where_something_is_said() {
    let mut told = advisory("CVE-1", "debian:12|source|a", "3");
    told.title = Some("overflow in a".to_owned());
    told.published = Some(time(3));
    told.severity = Some(SeverityWord { word: "IMPORTANT".to_owned(), level: Severity::High });
    told.references = vec![
        Reference::new("https://example.org/b"),
        Reference { url: "https://example.org/a".to_owned(), tags: vec!["FIX".to_owned()] },
    ];
    told.cvss =
        vec![CvssVector { source: "nvd".to_owned(), vector: "CVSS:3.1/AV:N".to_owned(), score: None }];
    let mut again = told.clone();
    again.references = vec![Reference::new("https://example.org/c")];
    let mute = advisory("CVE-2", "debian:12|source|a", "3");

    let ids = |directory: &Path, records: &[Advisory]| {
        let id = sync(directory, 0, records).unwrap().id;
        let snapshot = current(directory);
        let asked = ["CVE-1", "CVE-2", "CVE-3"].map(|id| (namespace("debian:12"), id.to_owned()));
        let elsewhere = (namespace("debian:13"), "CVE-1".to_owned());
        (id, snapshot.texts(&asked.into_iter().chain([elsewhere]).collect()).unwrap())
    };
    let (one, two) = (tempdir().unwrap(), tempdir().unwrap());
    let forward = ids(one.path(), &[told.clone(), again.clone(), mute.clone()]);
    let backward = ids(two.path(), &[mute, again, told.clone()]);
    assert_eq!(forward, backward);
    let [text] = forward.1.as_slice() else { panic!("{forward:?}") };
    assert_eq!((text.record.as_str(), text.provider.as_str()), ("CVE-1", "debian"));
    assert_eq!((&text.title, &text.published), (&told.title, &told.published));
    assert_eq!((&text.severity, &text.cvss), (&told.severity, &told.cvss));
    // Within one record the provider's order stays; of several records each link is kept once.
    assert_eq!(
        text.references,
        [told.references.clone(), vec![Reference::new("https://example.org/c")]].concat()
    );
}

fn table(scores: &[(&str, f64)]) -> EpssTable {
    let epss = |score: f64| Epss { score, percentile: score / 2.0 };
    EpssTable {
        stamp: EpssStamp { model_version: "v1".to_owned(), score_date: "2025-01-01".to_owned() },
        scores: scores.iter().map(|&(id, score)| (id.to_owned(), epss(score))).collect(),
    }
}

#[test]
fn daily_holds_the_ids_and_aliases_of_the_rows_and_none_keeps_what_is_there() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let mut record = advisory("GHSA-1", "npm|language|a", "2");
    record.aliases = vec!["CVE-1".to_owned()];
    let kev = Kev { added: "2025-01-01".to_owned(), due: None, ransomware: true };
    let listed = BTreeMap::from([("CVE-1".to_owned(), kev.clone()), ("CVE-9".to_owned(), kev.clone())]);
    let ask = || {
        let ids: BTreeSet<String> = ["CVE-1", "CVE-9", "GHSA-1"].map(str::to_owned).into();
        let found = current(directory.path()).daily(&[namespace("npm"), namespace("x")].into(), &ids);
        found.unwrap()
    };
    let write = |epss: Option<&EpssTable>, kev: Option<&BTreeMap<String, Kev>>| {
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        replace(&mut writer, "npm", "osv", 0, std::slice::from_ref(&record)).unwrap();
        writer.set_daily(epss, kev).unwrap();
        writer.swap(time(0)).unwrap()
    };
    let epss = Some(Epss { score: 0.1 + 0.2, percentile: (0.1 + 0.2) / 2.0 });

    let scored = table(&[("CVE-1", 0.1 + 0.2), ("CVE-9", 0.5)]);
    assert_eq!(write(Some(&scored), Some(&listed)).shards_written, 2);
    assert_eq!(ask(), BTreeMap::from([("CVE-1".to_owned(), Daily { epss, kev: Some(kev) })]));
    assert_eq!(current(directory.path()).epss(), Some(&scored.stamp));

    assert_eq!(write(None, None).shards_written, 0);
    assert_eq!(write(None, Some(&BTreeMap::new())).shards_written, 1);
    assert_eq!(ask(), BTreeMap::from([("CVE-1".to_owned(), Daily { epss, kev: None })]));
    write(Some(&table(&[("CVE-1", f64::NAN), ("GHSA-1", f64::INFINITY)])), None);
    assert_eq!(ask(), BTreeMap::new());
}

#[test]
fn facts_read_back_as_written_and_their_hash_tells_a_change() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut hashes = BTreeSet::new();
    let facts = |coverage, end_of_life: Option<&str>, providers: &[&str], codename| FeedFacts {
        namespaces: BTreeMap::from([(
            namespace("debian:12"),
            NamespaceFacts {
                coverage,
                providers: providers.iter().map(|&provider| provider.to_owned()).collect(),
                end_of_life: end_of_life.map(str::to_owned),
            },
        )]),
        codenames: BTreeMap::from([("bookworm".to_owned(), namespace(codename))]),
        ..FeedFacts::default()
    };
    let cases = [
        FeedFacts::default(),
        facts(CoverageClass::Complete, None, &["debian", "osv"], "debian:12"),
        facts(CoverageClass::FixOnly, None, &["debian", "osv"], "debian:12"),
        facts(CoverageClass::FixOnly, Some("2026-06-10"), &["debian", "osv"], "debian:12"),
        facts(CoverageClass::FixOnly, Some("2026-06-10"), &[], "debian:12"),
        facts(CoverageClass::FixOnly, Some("2026-06-10"), &[], "debian:13"),
    ];
    for case in cases {
        let mut writer = feeds.writer(&lock).unwrap();
        writer.set_facts(&case).unwrap();
        assert!(writer.swap(time(0)).unwrap().changed);
        let snapshot = current(directory.path());
        assert_eq!(snapshot.facts().unwrap(), case);
        assert!(hashes.insert(snapshot.facts_hash().unwrap().to_owned()));
    }
}

#[test]
fn what_repositories_stand_for_is_a_fact_of_its_own() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let codenames = |name: &str| FeedFacts {
        codenames: [(name.to_owned(), namespace("debian:12"))].into(),
        ..FeedFacts::default()
    };
    let repository = |name: &str, cpes: &[&str]| -> (String, Vec<String>) {
        (name.to_owned(), cpes.iter().map(|&cpe| cpe.to_owned()).collect())
    };
    let ask = |names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        current(directory.path()).repository_cpes(&names).unwrap()
    };
    let mut hashes = BTreeSet::new();
    let mut swap = |change: &dyn Fn(&mut crate::Writer<'_>)| {
        let mut writer = feeds.writer(&lock).unwrap();
        change(&mut writer);
        writer.swap(time(0)).unwrap();
        assert!(hashes.insert(current(directory.path()).facts_hash().unwrap().to_owned()));
    };
    // Without any, the shard is as it was before there were any.
    swap(&|writer| writer.set_facts(&codenames("bookworm")).unwrap());
    assert!(ask(&["baseos"]).is_empty());

    let same = ["cpe:/a:demo:one:9::x", "cpe:/o:demo:two:9"];
    let cases = [repository("appstream", &same), repository("baseos", &same), repository("none", &[])];
    swap(&|writer| writer.set_repositories(&cases.clone().into()).unwrap());
    assert_eq!(ask(&["baseos", "none", "unknown"]), [cases[1].clone(), cases[2].clone()].into());
    assert_eq!(current(directory.path()).facts().unwrap(), codenames("bookworm"));

    // Each stays when the other is replaced.
    swap(&|writer| writer.set_facts(&codenames("trixie")).unwrap());
    assert_eq!(ask(&["appstream"]), [cases[0].clone()].into());
    swap(&|writer| writer.set_repositories(&[repository("baseos", &same[..1])].into()).unwrap());
    assert_eq!(ask(&["appstream", "baseos"]), [repository("baseos", &same[..1])].into());
    assert_eq!(current(directory.path()).facts().unwrap(), codenames("trixie"));
    let mut writer = feeds.writer(&lock).unwrap();
    writer.set_repositories(&BTreeMap::new()).unwrap();
    writer.set_facts(&codenames("bookworm")).unwrap();
    writer.swap(time(0)).unwrap();
    assert!(hashes.contains(current(directory.path()).facts_hash().unwrap()));
}

#[test]
fn plain_sqlite_reads_keys_ranges_and_states() {
    let directory = tempdir().unwrap();
    let mut record = advisory("CVE-1", "debian:12|source|openssl", "3.0.1-1");
    record.aliases = vec!["DLA-2".to_owned()];
    record.affected[0].versions = vec!["2".into(), "1".into()];
    record.affected[0].aside.severity = Some(SeverityWord { word: "low**".to_owned(), level: Severity::Low });
    record.affected[0].aside.reason = Some("postponed".to_owned());
    sync(directory.path(), 0, &[record]).unwrap();

    let connection = rusqlite::Connection::open(shard_path(directory.path(), "rows")).unwrap();
    let line: String = connection
        .query_row(
            "SELECT concat_ws(' ', kind, name, record, aliases, state, status, fix_state, severity,
                              severity_word, reason, ranges, versions) FROM advisories",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        line,
        r#"source openssl CVE-1 ["DLA-2"] published affected fixed low low** postponed ["< 3.0.1-1"] ["1","2"]"#
    );
}
