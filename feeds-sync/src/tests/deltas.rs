//! What `feeds diff` tells of real feeds is what their records say, worked out by another route.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use advisory_db::FeedsDir;
use advisory_db::delta::Delta;
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use jiff::{Timestamp, ToSpan};
use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::limits::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::feeds::Mirror;

use crate::document::Document;
use crate::engine::{NoProgress, SyncOptions, sync};
use crate::selection::{Named, Selection};

/// What the rows of each package say, told from the raw records: by name, in the order of records.
type Said = BTreeMap<Box<str>, Vec<String>>;

#[test]
fn the_difference_of_two_states_is_that_of_their_records() {
    let Some(data) = testkit::data::require("the_difference_of_two_states_is_that_of_their_records") else {
        return;
    };
    for (directory, name, ecosystem, from, to) in [
        ("Go", "golang", Ecosystem::Golang, "2025-01-01", "2026-01-01"),
        (concat!("crates", ".io"), "cargo", Ecosystem::Cargo, "2025-01-01", "2026-01-01"),
        ("PyPI", "pypi", Ecosystem::PyPi, "2023-01-01", "2024-01-01"),
        ("RubyGems-rubysec", "gem", Ecosystem::Gem, "2025-01-01", "2026-01-01"),
        ("Packagist-friendsofphp", "composer", Ecosystem::Composer, "2025-01-01", "2026-01-01"),
    ] {
        let dir = TempDir::new().unwrap();
        let mirror = Mirror::at(dir.path().join("mirror"));
        let feeds = FeedsDir::open(&dir.path().join("feeds"));
        let mut said = Vec::new();
        let mut ids = Vec::new();
        for (day, date) in [from, to].into_iter().enumerate() {
            mirror.osv(&data, directory, date);
            let name = directory.split('-').next().unwrap();
            let zip = mirror.dir().join(format!("osv-vulnerabilities.storage.googleapis.com/{name}/all.zip"));
            said.push(say(ecosystem, &records(&zip)));
            ids.push(snapshot_of(&feeds, &mirror, ecosystem.name(), day));
        }
        let snapshot = |id: &str| feeds.snapshot(id).unwrap().unwrap();
        let delta = Delta::between(&snapshot(&ids[0]), &snapshot(&ids[1])).unwrap();
        assert!(delta.keys.iter().all(|key| key.namespace.as_str() == ecosystem.name()), "{name}");
        let told: BTreeSet<Box<str>> = delta.keys.into_iter().map(|key| (*key.name).into()).collect();
        let names: BTreeSet<&Box<str>> = said[0].keys().chain(said[1].keys()).collect();
        let expected: BTreeSet<Box<str>> =
            names.into_iter().filter(|name| said[0].get(*name) != said[1].get(*name)).cloned().collect();
        assert!(expected.len() > 10, "{name}: {}", expected.len());
        let differing: Vec<_> = told.symmetric_difference(&expected).take(10).collect();
        assert!(
            differing.is_empty(),
            "{name}: {} told, {} expected: {differing:?}",
            told.len(),
            expected.len()
        );
    }
}

fn snapshot_of(feeds: &FeedsDir, mirror: &Mirror, namespace: &str, day: usize) -> String {
    let origin = Origin::MirrorDir(mirror.dir().to_owned());
    let fetcher = Fetcher::new(FetchOptions { origin, ..FetchOptions::default() });
    let only = [namespace.to_owned()];
    let options = SyncOptions {
        selection: Selection::Only(&only),
        max_age: crate::schedule::MaxAge::ZERO,
        now: "2026-06-06T12:00:00Z".parse::<Timestamp>().unwrap() + (24 * day as i64).hours(),
        jobs: 1,
        limits: &Limits::default(),
        loss_percent_max: 100,
        named: Named::NONE,
    };
    sync(feeds, &fetcher, &options, &NoProgress).unwrap().snapshot.unwrap()
}

/// The records of an archive, by id.
fn records(zip: &Path) -> BTreeMap<String, Value> {
    let document = Document { url: "all.zip", path: zip, limits: &Limits::default() };
    let mut records = BTreeMap::new();
    let mut add = |_: &str, content: &[u8]| {
        let record: Value = serde_json::from_slice(content)?;
        records.insert(record["id"].as_str().unwrap().to_owned(), record);
        Ok(())
    };
    document.zip_entries(&mut add).unwrap();
    records
}

fn say(ecosystem: Ecosystem, records: &BTreeMap<String, Value>) -> Said {
    let aliases = closures(records);
    let mut said = Said::new();
    for (id, record) in records {
        let mut entries: BTreeMap<Box<str>, Vec<Value>> = BTreeMap::new();
        for entry in record["affected"].as_array().into_iter().flatten() {
            let name = entry["package"]["name"].as_str().unwrap_or_default();
            let ranges: Vec<Value> = entry["ranges"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|range| range["type"] != "GIT")
                .map(|range| range["events"].clone())
                .collect();
            let versions: BTreeSet<&str> =
                entry["versions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if ranges.is_empty() && versions.is_empty() {
                continue;
            }
            let specific = &entry["ecosystem_specific"];
            let entry = json!({
                "name": name, "ranges": ranges, "versions": versions, "imports": specific["imports"],
                "affects": specific["affects"], "custom": specific["custom_ranges"],
            });
            let entries = entries.entry(normalise_name(ecosystem, name)).or_default();
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        let is_notice = record["affected"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|entry| !entry["database_specific"]["informational"].is_null());
        for (name, entries) in entries {
            let state =
                (!record["withdrawn"].is_null(), is_notice, &record["database_specific"]["review_status"]);
            let line = format!("{id} {:?} {state:?} {}", aliases[id], json!(entries));
            said.entry(name).or_default().push(line);
        }
    }
    said
}

/// The other ids of each record's vulnerability, as `docs/reference/feed-database.md` ("Aliases") says, by repeated
/// joining of sets.
fn closures(records: &BTreeMap<String, Value>) -> BTreeMap<String, BTreeSet<String>> {
    let named = |record: &Value| -> BTreeSet<String> {
        let names = record["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut names: BTreeSet<String> = names.map(str::to_owned).collect();
        let (id, upstream) = (record["id"].as_str().unwrap(), record["upstream"].as_array());
        let cves: BTreeSet<&str> = upstream
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|other| other.starts_with("CVE-"))
            .collect();
        names.extend(
            cves.iter()
                .filter(|cve| cves.len() == 1 && id.ends_with(&format!("-{cve}")))
                .map(|it| (*it).to_owned()),
        );
        names
    };
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    // Records without a package are none of the namespace.
    let has_rows = |record: &Value| {
        record["affected"].as_array().into_iter().flatten().any(|entry| {
            let has_range =
                entry["ranges"].as_array().into_iter().flatten().any(|range| range["type"] != "GIT");
            has_range || entry["versions"].as_array().is_some_and(|versions| !versions.is_empty())
        })
    };
    for (id, record) in records.iter().filter(|(_, record)| record["withdrawn"].is_null() && has_rows(record))
    {
        let mut group = named(record);
        group.insert(id.clone());
        let (joined, apart): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|other| !other.is_disjoint(&group));
        joined.into_iter().for_each(|other| group.extend(other));
        groups = apart;
        groups.push(group);
    }
    let mut group_of: BTreeMap<&str, &BTreeSet<String>> = BTreeMap::new();
    for group in &groups {
        let n_cves = group.iter().filter(|id| id.starts_with("CVE-")).count();
        if group.len() <= 64 && n_cves <= 1 {
            group.iter().for_each(|id| _ = group_of.insert(id, group));
        }
    }
    let closure = |(id, record): (&String, &Value)| {
        let mut ids = named(record);
        ids.extend(group_of.get(id.as_str()).into_iter().flat_map(|group| group.iter().cloned()));
        ids.remove(id);
        (id.clone(), ids)
    };
    records.iter().map(closure).collect()
}
