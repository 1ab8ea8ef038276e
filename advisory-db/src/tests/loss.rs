//! The loss check list of feeds.md E1: each of its items is written and read back, by name.
//!
//! `round_trip.rs` shows by property that no field is lost; this shows, item by item, what the field is there for. An item is
//! said in the shape in which its provider says it.

use std::collections::BTreeMap;

use model::advisory::{
    Conditions, CpeBounds, CvssVector, Daily, Epss, Import, Kev, Platform, PublishedFix, RecordKind,
    RecordLink, RecordState, Reference, Relation, SeverityWord,
};
use model::facts::{FeedFacts, NamespaceFacts};
use model::severity::Severity;
use tempfile::tempdir;

use super::*;
use crate::{EpssStamp, EpssTable};

/// An item of the list, and what says it about a record that says nothing but "affected".
type Item = (&'static str, fn(&mut Advisory));

/// "Must round-trip from `affected` + `range` + `condition`."
const OF_ROWS: &[Item] = &[
    ("secdb NAK", |it| row(it).status = Status::NotAffected),
    ("Debian nodsa reason", |it| row(it).aside.reason = Some("no-dsa".to_owned())),
    ("Debian urgency", |it| row(it).aside.severity = Some(word("low**", Severity::Low))),
    ("Ubuntu pocket", |it| {
        row(it).aside.fixes =
            vec![fix(Some("1-1+esm1"), Some("2025-06-07"), Some("USN-7999-2"), Some("esm-infra"))];
    }),
    ("Ubuntu availability", |it| {
        row(it).fix_state = FixState::WontFix;
        row(it).aside.reason = Some("Ubuntu Pro only".to_owned());
    }),
    ("Red Hat stream CPE", |it| on(it, |on| on.products = words(&["cpe:/a:redhat:rhel_eus:9.2::appstream"]))),
    ("Red Hat module", |it| on(it, |on| on.module = Some("nodejs:18".into()))),
    ("Red Hat arch", |it| on(it, |on| on.architectures = words(&["aarch64", "x86_64"]))),
    ("Red Hat remediation text", |it| row(it).aside.reason = Some("Out of support scope".to_owned())),
    ("Red Hat per-product score", |it| {
        row(it).aside.cvss = vec![score("redhat", "CVSS:3.1/AV:L", Some("5.5"))]
    }),
    ("Red Hat per-product severity", |it| row(it).aside.severity = Some(word("Moderate", Severity::Medium))),
    ("SUSE LTSS channel", |it| on(it, |on| on.channel = Some("ltss".into()))),
    ("Oracle arch + flavour + module", |it| {
        on(it, |on| {
            on.architectures = words(&["aarch64"]);
            on.flavour = Some("ksplice".into());
            on.module = Some("ruby:3.1".into());
        });
    }),
    ("Amazon line", |it| on(it, |on| on.line = Some("5.10.0".into()))),
    ("OVAL less-than-or-equal", |it| ranges(it, &[&[from("0"), RangeEvent::LastAffected("0:1.4-3".into())]])),
    ("OSV enumerated versions", |it| row(it).versions = vec!["1.0".into(), "1.0-rc1".into(), "2".into()]),
    ("OSV multiple ranges", |it| {
        ranges(it, &[&[from("0"), to("1.4.3")], &[from("2.0.0"), to("2.1.0"), from("2.2.0")]]);
    }),
    ("OSV `limit`", |it| ranges(it, &[&[from("0"), RangeEvent::Limit("2.0.0".into())]])),
    ("GHSA last-known-affected", |it| {
        ranges(it, &[&[from("2.0.0"), RangeEvent::LastAffected("2.1.0".into())]]);
        row(it).aside.hints = words(&["< 3.5"]);
    }),
    ("RustSec arch/os/functions", |it| {
        on(it, |on| {
            on.architectures = words(&["x86"]);
            on.systems = words(&["windows"]);
            on.functions = words(&["demo::run", "demo::Type::call"]);
        });
    }),
    ("Go imports/symbols", |it| {
        on(it, |on| {
            let import = Import {
                path: "net/http".into(),
                symbols: words(&["Server.Serve"]),
                systems: words(&["windows"]),
                architectures: words(&["386"]),
            };
            on.imports = vec![import, Import { path: "net/http/internal".into(), ..Import::default() }];
        });
    }),
    ("Go custom ranges", |it| row(it).aside.hints = words(&[">= 0, < 2025.6"])),
    ("NVD trees with bounds and negate", |it| on(it, |on| on.platform = Some(tree()))),
    ("NVD exclusive start", |it| ranges(it, &[&[RangeEvent::IntroducedAfter("1.0".into()), to("1.4.3")]])),
    ("CVE V5 `changes`", |it| {
        ranges(it, &[&[from("6.1"), to("6.6.30"), from("6.7"), to("6.8.9")]]);
    }),
    ("CVE V5 `defaultStatus`", |it| row(it).aside.unaffected = vec![range(&[from("0"), to("4.19")])]),
    ("RubySec two requirement lists", |it| {
        row(it).aside.unaffected =
            vec![range(&[from("1.3.9"), to("1.4.A")]), range(&[from("0"), to("1.2.0")])];
        row(it).aside.fixes = vec![fix(Some("1.3.9"), None, None, None)];
    }),
    ("KB equality", |it| row(it).versions = vec!["KB5040442".into()]),
    ("CSAF `product_version_range`", |it| row(it).aside.hints = words(&["vers:generic/>=1.2|<1.4.3"])),
    // What the tables name besides.
    ("affected.name_raw", |it| row(it).aside.name = Some("Demo_Package".into())),
    ("affected.justification", |it| {
        row(it).status = Status::NotAffected;
        row(it).aside.justification = Some("vulnerable_code_not_present".to_owned());
    }),
    ("affected.fix_versions", |it| {
        let url = Some("https://errata.example/1".into());
        row(it).aside.fixes =
            vec![PublishedFix { url, ..fix(Some("2"), Some("2025-01-02"), Some("RHSA-1"), None) }];
    }),
    ("condition.target_sw", |it| on(it, |on| on.target_software = Some("wordpress".into()))),
    ("condition.vendor_suffix", |it| on(it, |on| on.version_mark = Some(".root.io".into()))),
    ("condition.package_vendor", |it| on(it, |on| on.vendor = Some("Acme".into()))),
    ("record.kind", |it| it.kind = RecordKind::Malware),
    ("record.state", |it| it.state = RecordState::Disputed),
    ("record_link, `alias`", |it| it.aliases = vec!["GHSA-aaaa-bbbb-cccc".to_owned()]),
];

/// "Everything else", as far as people are shown it.
const OF_TEXTS: &[Item] = &[
    ("record.published", |it| it.published = Some(time(3))),
    ("record.title", |it| it.title = Some("overflow in demo".to_owned())),
    ("record.description", |it| it.description = Some("A long text,\nof two lines.".to_owned())),
    ("record.licence", |it| it.license = Some("CC0-1.0".to_owned())),
    ("record.credits", |it| it.credits = vec!["A. Reporter".to_owned()]),
    ("record_link, `upstream`", |it| it.links = vec![link(Relation::Upstream)]),
    ("record_link, `related`", |it| it.links = vec![link(Relation::Related)]),
    ("record_link, `fixes`", |it| it.links = vec![link(Relation::Fixes)]),
    ("record_link, `duplicate_of`", |it| it.links = vec![link(Relation::DuplicateOf)]),
    ("severity, `cvss2`", |it| it.cvss = vec![score("nvd", "AV:N/AC:L/Au:N/C:N/I:N/A:P", Some("5.0"))]),
    ("severity, `cvss3.0`", |it| it.cvss = vec![score("nvd", "CVSS:3.0/AV:N", None)]),
    ("severity, `cvss3.1`", |it| it.cvss = vec![score("cna", "CVSS:3.1/AV:N", Some("9.8"))]),
    ("severity, `cvss4`", |it| it.cvss = vec![score("cna", "CVSS:4.0/AV:N", None)]),
    ("severity, several sources", |it| {
        it.cvss = vec![score("cna", "CVSS:3.1/AV:N", None), score("nvd", "CVSS:3.1/AV:L", None)];
    }),
    ("severity, `word`", |it| it.severity = Some(word("IMPORTANT", Severity::High))),
    ("weakness", |it| it.weaknesses = vec!["CWE-22".to_owned(), "CWE-79".to_owned()]),
    ("reference", |it| {
        let tags = vec!["Patch".to_owned(), "ADVISORY".to_owned()];
        it.references = vec![Reference { url: "https://demo.example/1".to_owned(), tags }];
    }),
];

fn row(record: &mut Advisory) -> &mut Affected {
    &mut record.affected[0]
}

fn on(record: &mut Advisory, say: impl FnOnce(&mut Conditions)) {
    let mut conditions = Conditions::default();
    say(&mut conditions);
    row(record).conditions = Some(conditions.into());
}

fn ranges(record: &mut Advisory, events: &[&[RangeEvent]]) {
    row(record).ranges = events.iter().map(|events| range(events)).collect();
}

fn range(events: &[RangeEvent]) -> AffectedRange {
    AffectedRange { events: events.to_vec().into() }
}

fn from(version: &str) -> RangeEvent {
    RangeEvent::Introduced(version.into())
}

fn to(version: &str) -> RangeEvent {
    RangeEvent::Fixed(version.into())
}

fn words(words: &[&str]) -> Vec<Box<str>> {
    words.iter().map(|&word| word.into()).collect()
}

fn word(word: &str, level: Severity) -> SeverityWord {
    SeverityWord { word: word.to_owned(), level }
}

fn score(source: &str, vector: &str, score: Option<&str>) -> CvssVector {
    CvssVector { source: source.to_owned(), vector: vector.to_owned(), score: score.map(Box::from) }
}

fn fix(
    version: Option<&str>,
    date: Option<&str>,
    advisory: Option<&str>,
    channel: Option<&str>,
) -> PublishedFix {
    PublishedFix {
        version: version.map(Into::into),
        date: date.map(Box::from),
        advisory: advisory.map(Box::from),
        channel: channel.map(Box::from),
        url: None,
    }
}

fn link(relation: Relation) -> RecordLink {
    RecordLink { relation, other: "CVE-2025-10009".to_owned() }
}

/// A product on one of two systems, the one of them in some versions only, and not on a third.
fn tree() -> Platform {
    let system = |name: &str, bounds: CpeBounds| {
        Platform::Product(CpeBounds { criteria: format!("cpe:2.3:o:acme:{name}:*").into(), ..bounds })
    };
    let bounds = CpeBounds {
        start_including: Some("1.0".into()),
        start_excluding: Some("0.9".into()),
        end_including: Some("2.0".into()),
        end_excluding: Some("2.1".into()),
        is_vulnerable: true,
        ..CpeBounds::default()
    };
    Platform::All(vec![
        Platform::Any(vec![system("one", bounds), system("two", CpeBounds::default())]),
        Platform::Not(Box::new(system("three", CpeBounds::default()))),
    ])
}

fn record() -> Advisory {
    let affected = Affected::new(key("debian:12|source|demo"), Status::Affected);
    Advisory { affected: vec![affected], ..Advisory::new("CVE-2025-10001") }
}

/// What is read back of a record that was written, its row and its text in one, as the record it came from.
fn read_back(written: &Advisory) -> Advisory {
    let directory = tempdir().unwrap();
    sync(directory.path(), 0, std::slice::from_ref(written)).unwrap();
    let snapshot = current(directory.path());
    assert!(snapshot.verify().is_empty());
    let rows = snapshot.load(&keys(&["debian:12|source|demo"])).unwrap().rows;
    let [row] = &rows[&key("debian:12|source|demo")][..] else { panic!("not one row: {rows:?}") };
    let texts = snapshot.texts(&[(namespace("debian:12"), written.id.clone())].into()).unwrap();
    let text = texts.into_iter().next().unwrap_or_default();
    Advisory {
        kind: row.kind,
        aliases: row.aliases.iter().map(ToString::to_string).collect(),
        state: row.state,
        affected: vec![row.affected.clone()],
        published: text.published,
        title: text.title,
        description: text.description,
        cvss: text.cvss,
        severity: text.severity,
        weaknesses: text.weaknesses,
        references: text.references,
        links: text.links,
        credits: text.credits,
        license: text.license,
        ..Advisory::new(row.record.clone())
    }
}

#[test]
fn every_item_of_the_list_reads_back() {
    assert_eq!(read_back(&record()), record());
    for (name, say) in OF_ROWS.iter().chain(OF_TEXTS) {
        let mut said = record();
        say(&mut said);
        assert_ne!(said, record(), "{name} says nothing");
        assert_eq!(read_back(&said), said, "{name}");
    }
}

#[test]
fn all_items_of_rows_together_read_back() {
    let mut records = Vec::new();
    for (number, (_, say)) in OF_ROWS.iter().enumerate() {
        let mut said = record();
        say(&mut said);
        said.id = format!("CVE-2025-{}", 10_000 + number);
        said.aliases.clear();
        records.push(said);
    }
    let directory = tempdir().unwrap();
    sync(directory.path(), 0, &records).unwrap();
    let rows = current(directory.path()).load(&keys(&["debian:12|source|demo"])).unwrap().rows;
    let read: BTreeMap<String, Affected> =
        rows.into_values().flatten().map(|row| (row.record.into(), row.affected)).collect();
    let written: BTreeMap<String, Affected> =
        records.into_iter().map(|record| (record.id, record.affected[0].clone())).collect();
    assert_eq!(read, written);
}

#[test]
fn tables_beside_the_rows_read_back() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    replace(&mut writer, "debian:12", "debian", 0, &[record()]).unwrap();
    let id = record().id;
    let epss = Epss { score: 0.971_23, percentile: 0.999_8 };
    let kev = Kev { added: "2025-06-01".to_owned(), due: Some("2025-06-22".to_owned()), ransomware: true };
    let stamp = EpssStamp { model_version: "v2025.03.14".to_owned(), score_date: "2025-06-02".to_owned() };
    let table = EpssTable { stamp: stamp.clone(), scores: [(id.clone(), epss)].into() };
    writer.set_daily(Some(&table), Some(&[(id.clone(), kev.clone())].into())).unwrap();
    let release = NamespaceFacts {
        coverage: CoverageClass::FixOnly,
        providers: vec!["debian".to_owned(), "osv".to_owned()],
        end_of_life: Some("2028-06-30".to_owned()),
    };
    let facts = FeedFacts {
        namespaces: [(namespace("debian:12"), release)].into(),
        codenames: [("bookworm".to_owned(), namespace("debian:12"))].into(),
        ..FeedFacts::default()
    };
    writer.set_facts(&facts).unwrap();
    writer.swap(time(0)).unwrap();

    let snapshot = current(directory.path());
    let daily = snapshot.daily(&[namespace("debian:12")].into(), &[id.clone()].into()).unwrap();
    assert_eq!(daily, [(id, Daily { epss: Some(epss), kev: Some(kev) })].into(), "exploited, epss");
    assert_eq!(snapshot.epss(), Some(&stamp), "epss.model_version, epss.score_date");
    assert_eq!(snapshot.facts().unwrap(), facts, "release");
    let entries = snapshot.namespaces();
    let stamp = &entries[0].providers[0];
    assert_eq!((stamp.name.as_str(), stamp.license.as_str()), ("debian", "MIT"), "feed");
    assert_eq!((stamp.feed.as_str(), stamp.data_as_of), ("debian", time(0)), "feed, fetch");
}
