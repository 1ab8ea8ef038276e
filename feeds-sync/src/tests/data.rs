//! Real feeds: what is read equals an independent count of the raw documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use model::advisory::{RangeEvent, Status};
use serde_json::Value;

use super::{Namespaces, provider, read, read_table};

#[test]
fn alpine_rows_are_those_of_the_documents() {
    let Some(data) = testkit::data::require("alpine_rows_are_those_of_the_documents") else { return };
    for release in ["3.3", "3.4", "3.6", "3.7", "3.8", "3.10", "3.11"] {
        let documents: Vec<Vec<u8>> = ["main", "community"]
            .iter()
            .map(|name| fs::read(data.join(format!("feeds/alpine-secdb/v{release}/{name}.json"))).unwrap())
            .collect();
        let mut expected = BTreeSet::new();
        for document in &documents {
            let document: Value = serde_json::from_slice(document).unwrap();
            for package in document["packages"].as_array().unwrap() {
                let package = &package["pkg"];
                for (version, elements) in package["secfixes"].as_object().unwrap() {
                    for word in elements.as_array().into_iter().flatten() {
                        for id in word
                            .as_str()
                            .unwrap()
                            .split_whitespace()
                            .filter(|id| id.starts_with("CVE-") && !id.contains('?'))
                        {
                            let name = package["name"].as_str().unwrap().to_lowercase();
                            expected.insert((name, id.to_owned(), version.clone()));
                        }
                    }
                }
            }
        }
        let (namespaces, remarks) =
            read(provider("alpine"), &format!("alpine:{release}"), &documents).unwrap();
        assert_eq!(remarks, crate::advisories::Remarks::default());
        let mut actual = BTreeSet::new();
        for advisory in namespaces.values().flat_map(BTreeMap::values) {
            for affected in &advisory.affected {
                let mut row = |version: &str| {
                    if advisory.id.starts_with("CVE-") {
                        actual.insert((
                            affected.key.name.to_string(),
                            advisory.id.clone(),
                            version.to_owned(),
                        ));
                    }
                };
                match affected.status {
                    Status::NotAffected => row("0"),
                    _ => {
                        for event in affected.ranges.iter().flat_map(|range| &range.events) {
                            if let RangeEvent::Fixed(version) = event {
                                row(version.as_str());
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(
            actual.symmetric_difference(&expected).collect::<Vec<_>>(),
            Vec::<&(String, String, String)>::new(),
            "{release}"
        );
    }
}

#[test]
fn debian_rows_are_those_of_the_document() {
    let Some(data) = testkit::data::require("debian_rows_are_those_of_the_document") else { return };
    let bytes = testkit::data::read(&data.join("feeds/debian/2023-04-02/debian-tracker.json"));
    let document: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_slice(&bytes).unwrap();
    let mut expected: BTreeMap<String, usize> = BTreeMap::new();
    for issue in document.values().flat_map(BTreeMap::values) {
        for codename in issue["releases"].as_object().unwrap().keys() {
            *expected.entry(codename.clone()).or_default() += 1;
        }
    }
    let (namespaces, remarks) = read(provider("debian"), "debian", &[bytes]).unwrap();
    assert_eq!(remarks, crate::advisories::Remarks::default());
    assert_eq!(namespaces.len(), expected.len());
    let releases: BTreeMap<&str, &str> = provider("debian")
        .releases
        .iter()
        .filter_map(|release| Some((release.codename?, release.namespace)))
        .collect();
    for (codename, n_expected) in expected {
        let records = &namespaces[&model::key::Namespace::new(releases[codename.as_str()])];
        let n_rows: usize = records.values().map(|advisory| advisory.affected.len()).sum();
        assert_eq!(n_rows, n_expected, "{codename}");
    }
}

#[test]
fn osv_records_are_those_of_the_archives() {
    let Some(data) = testkit::data::require("osv_records_are_those_of_the_archives") else { return };
    for (feed, path) in [
        ("PyPI", "PyPI/2024-01-01"),
        ("Go", "Go/2026-01-01"),
        (concat!("crates", ".io"), concat!("crates", ".io/2026-01-01")),
        ("RubyGems", "RubyGems-rubysec/2026-01-01"),
        ("Packagist", "Packagist-friendsofphp/2026-01-01"),
    ] {
        let archive = data.join("feeds/osv").join(path).join("all.zip");
        let expected = independent(&archive);
        let (namespaces, remarks) = read(provider("osv"), feed, &[fs::read(&archive).unwrap()]).unwrap();
        assert_eq!(remarks.n_unreadable, 0, "{feed}: {:?}", remarks.unreadable);
        assert_eq!(remarks.unknown_words, BTreeMap::new(), "{feed}");
        let actual = packages_of(&namespaces);
        let differing: Vec<_> = actual.symmetric_difference(&expected).take(10).collect();
        assert_eq!(differing, Vec::<&(String, String)>::new(), "{feed}");
    }
}

/// (record, package) of the rows that should be read from an archive, by another route: the values of its
/// members, one by one.
pub(super) fn independent(archive: &Path) -> BTreeSet<(String, String)> {
    let bytes = fs::read(archive).unwrap();
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut entries = archive.entries();
    let mut rows = BTreeSet::new();
    while let Some(entry) = entries.next_entry().unwrap() {
        let packed = archive.get_entry(entry.wayfinder()).unwrap();
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(packed.data()).read_to_string(&mut text).unwrap();
        let record: Value = serde_json::from_str(&text).unwrap();
        let id = record["id"].as_str().unwrap();
        for affected in record["affected"].as_array().unwrap() {
            let name = affected["package"]["name"].as_str().unwrap_or_default();
            let has_versions = affected["versions"].as_array().is_some_and(|versions| !versions.is_empty());
            let has_range = affected["ranges"]
                .as_array()
                .is_some_and(|ranges| ranges.iter().any(|range| range["type"] != "GIT"));
            let is_debug = name.ends_with("-debuginfo") || name.ends_with("-debugsource");
            if (has_versions || has_range) && !is_debug && !name.is_empty() {
                rows.insert((id.to_owned(), name.to_lowercase().replace(['_', '.'], "-")));
            }
        }
    }
    rows
}

pub(super) fn packages_of(namespaces: &Namespaces) -> BTreeSet<(String, String)> {
    namespaces
        .values()
        .flat_map(BTreeMap::values)
        .flat_map(|advisory| {
            advisory.affected.iter().map(|affected| (advisory.id.clone(), &affected.key.name))
        })
        .map(|(id, name)| (id, name.to_lowercase().replace(['_', '.'], "-")))
        .collect()
}

#[test]
fn kev_entries_are_those_of_the_catalogue() {
    let Some(data) = testkit::data::require("kev_entries_are_those_of_the_catalogue") else { return };
    for date in ["2025-02-01", "2025-06-10"] {
        let path = data.join(format!("feeds/kev/{date}/known_exploited_vulnerabilities.json"));
        let bytes = testkit::data::read(&path);
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let entries = document["vulnerabilities"].as_array().unwrap();
        let n_ransomware =
            entries.iter().filter(|entry| entry["knownRansomwareCampaignUse"] == "Known").count();
        let (tables, n_entries) = read_table(provider("kev"), &bytes).unwrap();
        let kev = tables.kev.unwrap();
        assert_eq!((n_entries as usize, kev.len()), (entries.len(), entries.len()));
        assert_eq!(kev.values().filter(|kev| kev.ransomware).count(), n_ransomware);
    }
}
