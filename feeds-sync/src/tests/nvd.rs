//! NVD's documents: real ones against an independent count, and what the cases do not show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use advisory_db::FeedsDir;
use advisory_db::delta::Delta;
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use jiff::{Timestamp, ToSpan};
use model::advisory::{Advisory, RangeEvent};
use model::key::Namespace;
use model::limits::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::feeds::Mirror;

use super::{Namespaces, feed, provider, read, read_named};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::engine::{NoProgress, SyncOptions, sync};
use crate::provider::Parse;
use crate::selection::{Named, Selection};

const STATES: [&str; 2] = ["2025-01-01", "2026-01-01"];

fn pages(data: &Path, date: &str) -> Vec<Vec<u8>> {
    let dir = data.join("feeds/nvd").join(date);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    // What is packed is read by its own name.
    paths.iter().map(|path| testkit::data::read(&path.with_extension(""))).collect()
}

/// Vendor and product of a CPE name, by another route than the reader's; none of one with too many attributes.
fn product(criteria: &str) -> Option<String> {
    let apart = criteria.replace("\\:", "\u{1}");
    let parts: Vec<&str> = apart.split(':').collect();
    let product = || format!("{}:{}", parts[3], parts[4]).replace('\u{1}', ":").replace('\\', "");
    (parts.len() == 13).then(|| product().to_lowercase())
}

/// What a record says of each product: every vulnerable leaf, with all that is said beside it.
fn said(cve: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for element in cve["configurations"].as_array().into_iter().flatten() {
        let nodes = element["nodes"].as_array().unwrap();
        for (index, node) in nodes.iter().enumerate() {
            for leaf in node["cpeMatch"].as_array().unwrap() {
                let product = product(leaf["criteria"].as_str().unwrap());
                let Some(product) = product.filter(|_| leaf["vulnerable"] == true) else { continue };
                let beside = |other: &Value| {
                    let mut other = other.clone();
                    let leaves = other["cpeMatch"].as_array_mut().unwrap();
                    leaves
                        .iter_mut()
                        .for_each(|leaf| drop(leaf.as_object_mut().unwrap().remove("matchCriteriaId")));
                    other
                };
                let others = nodes.iter().enumerate().filter(|(other, _)| *other != index);
                let others: Vec<Value> = match element["operator"].as_str() {
                    Some("AND") => others.map(|(_, node)| beside(node)).collect(),
                    _ => Vec::new(),
                };
                let mut leaf = leaf.clone();
                leaf.as_object_mut().unwrap().remove("matchCriteriaId");
                // Case says nothing, and of a name of no version that has bounds these stand.
                let criteria = leaf["criteria"].as_str().unwrap().to_lowercase();
                let has_bounds = leaf.as_object().unwrap().keys().any(|key| key.starts_with("version"));
                let mut parts: Vec<&str> = criteria.split(':').collect();
                if has_bounds && parts[5] == "-" {
                    parts[5] = "*";
                }
                leaf["criteria"] = parts.join(":").into();
                let text = format!("{leaf} {}", json!(others));
                said.entry(product).or_default().insert(text);
            }
        }
    }
    said
}

fn cves(pages: &[Vec<u8>]) -> BTreeMap<String, Value> {
    let records = pages.iter().flat_map(|page| {
        let mut page: Value = serde_json::from_slice(page).unwrap();
        let records = page["vulnerabilities"].as_array_mut().unwrap();
        records.iter_mut().map(|record| record["cve"].take()).collect::<Vec<_>>()
    });
    records.map(|cve| (cve["id"].as_str().unwrap().to_owned(), cve)).collect()
}

fn rows(namespaces: &Namespaces) -> impl Iterator<Item = (&Namespace, &Advisory)> {
    namespaces.iter().flat_map(|(namespace, records)| records.values().map(move |record| (namespace, record)))
}

#[test]
fn nvd_rows_are_those_of_the_records() {
    let Some(data) = testkit::data::require("nvd_rows_are_those_of_the_records") else { return };
    for (date, n_expected) in STATES.into_iter().zip([5_887, 11_901]) {
        let pages = pages(&data, date);
        let cves = cves(&pages);
        assert_eq!(cves.len(), n_expected);
        let (namespaces, remarks) = read(provider("nvd"), "nvd", &pages).unwrap();
        assert_eq!((remarks.n_unreadable, &remarks.left_out), (0, &BTreeMap::new()));
        // The older one has three names with an attribute too many, and one of no version that has bounds.
        let n_unknown: u64 = remarks.unknown_words.values().sum();
        assert_eq!(n_unknown, if date == STATES[0] { 4 } else { 0 }, "{:?}", remarks.unknown_words);
        let mut expected: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, cve) in &cves {
            for (product, leaves) in said(cve) {
                for key in ["versionEndExcluding", "versionEndIncluding", "versionStartExcluding"] {
                    let n_ends =
                        leaves.iter().filter(|leaf| leaf.split("\" [").next().unwrap().contains(key));
                    *ends.entry(key).or_default() += n_ends.count();
                }
                expected.insert((id.clone(), product), leaves.len());
            }
        }
        let mut actual: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for (namespace, record) in rows(&namespaces) {
            for row in &record.affected {
                assert_eq!(row.key.namespace, *namespace);
                if namespace.is_cve() {
                    assert_eq!(*row.key.name, *record.id);
                    ids.insert(record.id.clone());
                    continue;
                }
                let (vendor, product) = row.key.name.split_once(':').unwrap();
                assert_eq!(*namespace, Namespace::of_cpe(vendor, product));
                let n_said = row.ranges.len() + row.versions.len();
                *actual.entry((record.id.clone(), row.key.name.to_string())).or_default() += n_said;
            }
        }
        assert_eq!(ids.len(), n_expected);
        let differing: Vec<_> =
            expected.iter().filter(|(key, n)| actual.get(*key) != Some(n)).take(5).collect();
        assert!(differing.is_empty(), "{date}: {differing:?}");
        assert_eq!(actual.len(), expected.len());
        let events = |is_meant: &dyn Fn(&RangeEvent) -> bool| {
            let ranges =
                rows(&namespaces).flat_map(|(_, record)| &record.affected).flat_map(|row| &row.ranges);
            ranges.flat_map(|range| &range.events).filter(|event| is_meant(event)).count()
        };
        let n_excluded = events(&|it| matches!(it, RangeEvent::Fixed(_) | RangeEvent::Limit(_)));
        assert_eq!(n_excluded, ends["versionEndExcluding"]);
        assert_eq!(events(&|it| matches!(it, RangeEvent::LastAffected(_))), ends["versionEndIncluding"]);
    }
}

#[test]
fn the_difference_of_two_states_of_nvd_is_that_of_their_records() {
    let Some(data) = testkit::data::require("the_difference_of_two_states_of_nvd") else { return };
    let dir = TempDir::new().unwrap();
    let mirror = Mirror::at(dir.path().join("mirror"));
    let feeds = FeedsDir::open(&dir.path().join("feeds"));
    let mut keys: Vec<BTreeMap<String, Vec<String>>> = Vec::new();
    let mut ids = Vec::new();
    for (day, date) in STATES.into_iter().enumerate() {
        let cves = cves(&pages(&data, date));
        let mut years: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        let mut said_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, cve) in &cves {
            let year = id.split('-').nth(1).unwrap();
            years.entry(year.max("2002")).or_default().push(json!({"cve": cve}));
            said_of.insert(format!("cve:{year}|cpe|{id}"), vec![cve["vulnStatus"].to_string()]);
            for (product, leaves) in said(cve) {
                let (vendor, name) = product.split_once(':').unwrap();
                let key = format!("{}|cpe|{product}", Namespace::of_cpe(vendor, name));
                // Whether a version holds the fix depends on all that is said of the product.
                said_of.entry(key).or_default().push(format!("{id} {leaves:?}"));
            }
        }
        keys.push(said_of);
        for (year, records) in years {
            let document =
                json!({"format": "NVD_CVE", "totalResults": records.len(), "vulnerabilities": records});
            let place = format!("nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-{year}.json.gz");
            mirror.file(&place, document.to_string());
        }
        ids.push(snapshot_of(&feeds, &mirror, day));
    }
    let snapshot = |id: &str| feeds.snapshot(id).unwrap().unwrap();
    let delta = Delta::between(&snapshot(&ids[0]), &snapshot(&ids[1])).unwrap();
    let told: BTreeSet<String> = delta.keys.iter().map(ToString::to_string).collect();
    let all: BTreeSet<&String> = keys[0].keys().chain(keys[1].keys()).collect();
    let is_different = |key: &&String| keys[0].get(*key) != keys[1].get(*key);
    let expected: BTreeSet<String> = all.into_iter().filter(is_different).cloned().collect();
    assert!(expected.len() > 9_000, "{}", expected.len());
    let differing: Vec<_> = told.symmetric_difference(&expected).take(10).collect();
    assert!(differing.is_empty(), "{} told, {} expected: {differing:?}", told.len(), expected.len());
}

fn snapshot_of(feeds: &FeedsDir, mirror: &Mirror, day: usize) -> String {
    let origin = Origin::MirrorDir(mirror.dir().to_owned());
    let fetcher = Fetcher::new(FetchOptions { origin, ..FetchOptions::default() });
    let only = ["nvd".to_owned()];
    let options = SyncOptions {
        named: Named::NONE,
        selection: Selection::Only(&only),
        max_age: crate::schedule::MaxAge::ZERO,
        now: "2026-06-06T12:00:00Z".parse::<Timestamp>().unwrap() + (24 * day as i64).hours(),
        jobs: 1,
        limits: &Limits::default(),
        loss_percent_max: 100,
    };
    sync(feeds, &fetcher, &options, &NoProgress).unwrap().snapshot.unwrap()
}

#[test]
fn whole_real_records_are_read_with_their_texts() {
    let Some(data) = testkit::data::require("whole_real_records_are_read_with_their_texts") else { return };
    let dir = data.join("feeds/vendor/osv.dev/nvdcve-2.0");
    let mut n_records = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let bytes = testkit::data::read(&entry.unwrap().path());
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let cve = &document["vulnerabilities"][0]["cve"];
        let id = cve["id"].as_str().unwrap();
        let (namespaces, remarks) = read(provider("nvd"), "nvd", &[bytes]).unwrap();
        assert_eq!((remarks.n_unreadable, &remarks.unknown_words), (0, &BTreeMap::new()), "{id}");
        n_records += 1;
        let metrics = cve["metrics"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("cvss"));
        let metrics = metrics.flat_map(|(_, them)| them.as_array().unwrap());
        let vectors: BTreeSet<(String, String)> = metrics
            .map(|metric| (metric["source"].to_string(), metric["cvssData"]["vectorString"].to_string()))
            .collect();
        let links = cve["references"].as_array().unwrap().iter().map(|link| link["url"].as_str().unwrap());
        let links: BTreeSet<&str> = links.collect();
        let products: BTreeSet<String> = said(cve).into_keys().collect();
        let mut actual = BTreeSet::new();
        for (namespace, record) in rows(&namespaces) {
            let actual_vectors: BTreeSet<(String, String)> = record
                .cvss
                .iter()
                .map(|cvss| (format!("\"{}\"", cvss.source), format!("\"{}\"", cvss.vector)))
                .collect();
            assert_eq!(actual_vectors, vectors, "{id}");
            assert!(record.published.is_some() && record.modified.is_some(), "{id}");
            if namespace.is_cve() && !products.is_empty() {
                assert!(record.description.is_none() && record.references.is_empty(), "{id}");
                continue;
            }
            assert_eq!(record.references.iter().map(|it| it.url.as_str()).collect::<BTreeSet<_>>(), links);
            let english = &cve["descriptions"].as_array().unwrap()[0]["value"];
            assert_eq!(record.description.as_deref(), english.as_str().map(str::trim), "{id}");
            if namespace.is_cpe() {
                actual.extend(record.affected.iter().map(|row| row.key.name.to_string()));
            }
        }
        assert_eq!(actual, products, "{id}");
    }
    assert_eq!(n_records, 14);
}

fn cve(id: &str, modified: &str, criteria: &str) -> Value {
    json!({"cve": {"id": id, "lastModified": modified, "vulnStatus": "Analyzed", "configurations": [{"nodes": [
        {"operator": "OR", "negate": false, "cpeMatch": [{"vulnerable": true, "criteria": criteria}]}]}]}})
}

fn document(records: &[Value]) -> Vec<u8> {
    json!({"format": "NVD_CVE", "totalResults": records.len(), "vulnerabilities": records}).to_string().into()
}

const DEMO: &str = "cpe:2.3:a:acme:demo:*:*:*:*:*:*:*:*";
const TOOL: &str = "cpe:2.3:a:acme:tool:*:*:*:*:*:*:*:*";

#[test]
fn the_newest_state_of_a_record_stands_in_every_namespace() {
    let old = document(&[cve("CVE-2025-10001", "2025-06-01T10:00:00.000", DEMO)]);
    let new = document(&[cve("CVE-2025-10001", "2025-06-01T10:00:00.001", TOOL)]);
    for documents in [[old.clone(), new.clone()], [new, old]] {
        let (namespaces, _) = read(provider("nvd"), "nvd", &documents).unwrap();
        let names: Vec<&str> =
            rows(&namespaces).flat_map(|(_, record)| &record.affected).map(|row| &*row.key.name).collect();
        assert_eq!(names, ["acme:tool", "CVE-2025-10001"]);
    }
}

#[test]
fn times_without_a_zone_are_utc() {
    let documents = [document(&[cve("CVE-2025-10001", "2025-06-02T10:15:07.123", DEMO)])];
    let (namespaces, _) = read(provider("nvd"), "nvd", &documents).unwrap();
    let modified = rows(&namespaces).next().unwrap().1.modified.unwrap();
    assert_eq!(modified.to_string(), "2025-06-02T10:15:07.123Z");
}

#[test]
fn overrides_replace_the_products_of_a_record_and_leave_its_texts() {
    let node = |criteria: &str| {
        json!([{"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [
            {"vulnerable": true, "criteria": criteria, "versionStartIncluding": "0", "versionEndExcluding": "2"}]}]}])
    };
    let file = |id: &str, content: Value| {
        (format!("nvd-data-overrides-main/data/2025/{id}.json"), content.to_string().into_bytes())
    };
    let members = [
        ("nvd-data-overrides-main/README.md".to_owned(), b"about".to_vec()),
        file(
            "CVE-2025-10001",
            json!({"_annotations": {"reason": "none yet"}, "cve": {"configurations": node(TOOL)}}),
        ),
        file("CVE-2025-10002", json!({"cve": {}})),
        file("CVE-2025-10004", json!({"cve": {"configurations": []}})),
    ];
    let archive = super::providers::tar(&members);
    let mut records: Vec<Value> =
        (1..=4).map(|n| cve(&format!("CVE-2025-1000{n}"), "2025-06-01T10:00:00", DEMO)).collect();
    records[0]["cve"]["descriptions"] = json!([{"lang": "en", "value": "Demo fails."}]);
    let documents = [("main.tar.gz", archive.as_slice()), ("nvdcve-2.0-2025.json", &document(&records))];
    let (namespaces, remarks) = read_named(provider("nvd"), "nvd", &documents, &Limits::default()).unwrap();
    let products: Vec<(&str, &str, Option<&str>)> = rows(&namespaces)
        .filter(|(namespace, _)| namespace.is_cpe())
        .flat_map(|(_, record)| record.affected.iter().map(move |row| (record, row)))
        .map(|(record, row)| (record.id.as_str(), &*row.key.name, record.description.as_deref()))
        .collect();
    assert_eq!(
        products,
        [
            ("CVE-2025-10001", "acme:tool", Some("Demo fails.")),
            ("CVE-2025-10002", "acme:demo", None),
            ("CVE-2025-10003", "acme:demo", None)
        ]
    );
    assert_eq!(remarks.left_out, [("override without configurations".to_owned(), 1)].into());
    let empty = super::providers::tar(&[]);
    assert!(
        read_named(provider("nvd"), "nvd", &[("main.tar.gz", empty.as_slice())], &Limits::default()).is_err()
    );
}

#[test]
fn a_configuration_that_would_fill_memory_is_left_out_and_counted() {
    let leaf = |n: usize, vulnerable: bool| json!({"vulnerable": vulnerable, "criteria": format!("cpe:2.3:a:acme:demo-{n}:*:*:*:*:*:*:*:*")});
    // Each node of the first asks for all of the second.
    let inner: Vec<Value> =
        (0..400).map(|n| json!({"operator": "OR", "cpeMatch": [leaf(n, true)]})).collect();
    let beside: Vec<Value> = (0..1_000).map(|n| leaf(n, false)).collect();
    let mut record = cve("CVE-2025-10001", "2025-06-01T10:00:00", DEMO);
    record["cve"]["configurations"] = json!([{"operator": "AND", "nodes": [
        {"operator": "OR", "nodes": inner}, {"operator": "OR", "cpeMatch": beside}]}]);
    let (namespaces, remarks) = read(provider("nvd"), "nvd", &[document(&[record])]).unwrap();
    let products = rows(&namespaces).filter(|(namespace, _)| namespace.is_cpe());
    let n_rows: usize = products.map(|(_, record)| record.affected.len()).sum();
    assert!((100..400).contains(&n_rows), "{n_rows}");
    let n_left_out = remarks.left_out["configuration that is too large"];
    assert!(n_left_out > 0, "{remarks:?}");
}

/// How many products the configuration `nodes`, of which all is asked, has rows of, and how often it was left out.
fn bounded(nodes: Value) -> (usize, u64) {
    let mut record = cve("CVE-2025-10001", "2025-06-01T10:00:00", DEMO);
    record["cve"]["configurations"] = json!([{"operator": "AND", "nodes": nodes}]);
    let (namespaces, remarks) = read(provider("nvd"), "nvd", &[document(&[record])]).unwrap();
    let products = rows(&namespaces).filter(|(namespace, _)| namespace.is_cpe());
    let n_left_out = remarks.left_out.get("configuration that is too large").copied().unwrap_or_default();
    (products.map(|(_, record)| record.affected.len()).sum(), n_left_out)
}

#[test]
fn what_a_configuration_costs_is_bounded_however_it_is_written() {
    let leaf = |product: &str, target: &str, vulnerable: bool| json!({"vulnerable": vulnerable, "criteria": format!("cpe:2.3:a:acme:{product}:*:*:*:*:*:{target}:*:*")});
    let any = |leaves: Vec<Value>| json!({"operator": "OR", "cpeMatch": leaves});
    let nodes = |nodes: Vec<Value>| json!({"operator": "OR", "nodes": nodes});
    let beside =
        |n_products: usize| any((0..n_products).map(|n| leaf(&format!("of-{n}"), "*", false)).collect());
    // Each software that the product is made for asks for all that is beside it.
    let made_for = any((0..1_000).map(|n| leaf("demo", &format!("t{n}"), true)).collect());
    assert_eq!(bounded(json!([beside(1_999), made_for])), (99, 1));
    // A product that is beside itself asks for less each time, but it is gone through each time.
    let empty = |n_nodes: usize| vec![json!({}); n_nodes];
    let itself = json!({"operator": "OR", "nodes": empty(1_998), "cpeMatch": [leaf("demo", "*", true)]});
    let again = any(vec![leaf("demo", "*", true); 300]);
    // One of the product beside itself, and one of the product beside what is listed again.
    assert_eq!(bounded(json!([again, itself])), (1, 2));
    // So are the nodes beside products without a name.
    let unnamed = vec![json!({"cpeMatch": [{"vulnerable": true, "criteria": ""}]}); 300];
    let (n_rows, n_left_out) = bounded(json!([nodes(empty(1_999)), nodes(unnamed)]));
    assert_eq!((n_rows, n_left_out), (0, 201));
    // Rows that share what they ask are each compared by it.
    let many = any((0..10_000).map(|n| leaf(&format!("demo-{n}"), "*", true)).collect());
    assert_eq!(bounded(json!([beside(999), many])), (5_000, 5_000));
    // Products that take turns have one row each.
    let turns = any((0..1_000).map(|n| leaf(if n % 2 == 0 { "one" } else { "two" }, "*", true)).collect());
    assert_eq!(bounded(json!([beside(999), turns])), (2, 0));
}

#[test]
fn reading_in_passes_gives_what_reading_at_once_gives() {
    let Parse::Advisories(parse) = provider("nvd").parse else { panic!("a provider of advisories") };
    let old = |n: usize| cve(&format!("CVE-2025-1000{n}"), "2025-06-01T10:00:00", DEMO);
    let new = [
        cve("CVE-2025-10001", "2025-06-02T10:00:00", TOOL),
        json!({"cve": {"id": "CVE-2024-20002", "lastModified": "2025-06-02T10:00:00", "vulnStatus": "Rejected"}}),
        json!({"cve": {"id": "CVE-2025-10003", "lastModified": "2025-06-02T10:00:00", "vulnStatus": "Received"}}),
    ];
    let instead = json!({"cve": {"configurations": cve("", "", TOOL)["cve"]["configurations"]}});
    let instead = ("data/2025/CVE-2025-10002.json".to_owned(), instead.to_string().into_bytes());
    let documents = [
        ("main.tar.gz", super::providers::tar(&[instead])),
        ("old.json", document(&[old(1), old(2), old(3), old(4)])),
        ("new.json", document(&new)),
    ];
    let dir = TempDir::new().unwrap();
    let limits = Limits::default();
    let read_into = |mut advisories: Advisories| {
        for (name, bytes) in &documents {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let url = format!("https://feeds.example/{name}");
            parse(
                &feed(provider("nvd"), "nvd"),
                &Document { url: &url, path: &path, limits: &limits },
                &mut advisories,
            )
            .unwrap();
        }
        advisories
    };
    let whole = read_into(Advisories::default());
    let mut counts = read_into(Advisories::survey()).counts();
    assert_eq!(counts, whole.counts());
    let whole = whole.into_namespaces();
    assert_eq!(whole.len(), 4);
    counts.insert(Namespace::new("cpe:3f"), 0);
    for namespace in counts.into_keys() {
        let alone = read_into(Advisories::of([namespace.clone()].into())).into_namespaces();
        let expected: Namespaces =
            whole.get(&namespace).map(|records| (namespace, records.clone())).into_iter().collect();
        assert_eq!(alone, expected);
    }
}
