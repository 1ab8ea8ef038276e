//! The real database: what is read equals what its lines say, and what another conversion of it says of versions.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use model::advisory::{Affected, AffectedRange, RangeEvent};
use model::limits::Limits;
use serde_json::Value;

use super::requirement::compare;
use super::{feed, parse};
use crate::advisories::Advisories;
use crate::document::Document;

/// The files of the real database of a day, by path.
fn files(data: &Path, date: &str) -> BTreeMap<String, String> {
    let archive =
        testkit::data::read(&data.join(format!("feeds/osv/RubyGems-rubysec/{date}/rubysec-yaml.tar")));
    let mut archive = tar::Archive::new(archive.as_slice());
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
        let mut text = String::new();
        if entry.header().entry_type().is_file() {
            entry.read_to_string(&mut text).unwrap();
            files.insert(path, text);
        }
    }
    files
}

/// What the provider reads in an archive of `files`, as GitHub makes it.
fn read(files: &BTreeMap<String, String>) -> Advisories {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("ruby-advisory-db-master/{path}"), text.as_bytes()).unwrap();
    }
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("document");
    std::fs::write(&path, archive.into_inner().unwrap()).unwrap();
    let mut advisories = Advisories::default();
    let document =
        Document { url: "https://feeds.example/master.tar.gz", path: &path, limits: &Limits::default() };
    parse(&feed(), &document, &mut advisories).unwrap();
    advisories
}

/// Package, id and number of requirements of a record, told from its lines.
fn by_lines(text: &str) -> (String, String, usize) {
    let value = |field: &str| {
        let start = format!("{field}:");
        let value = text.lines().find_map(|line| line.strip_prefix(start.as_str()))?.trim();
        (!value.is_empty()).then(|| value.trim_matches(['"', '\'']).to_owned())
    };
    let name = value("gem").or_else(|| value("engine")).unwrap();
    let id = value("cve").map(|id| format!("CVE-{id}"));
    let id = id.or_else(|| Some(format!("GHSA-{}", value("ghsa")?)));
    let id = id.or_else(|| Some(format!("OSVDB-{}", value("osvdb")?))).unwrap();
    let mut is_in_a_list = false;
    let mut n_requirements = 0;
    for line in text.lines() {
        if line.trim_start().starts_with("- ") {
            n_requirements += usize::from(is_in_a_list);
        } else if !line.starts_with([' ', '#']) && !line.is_empty() {
            is_in_a_list = line.starts_with("patched_versions:") || line.starts_with("unaffected_versions:");
        }
    }
    (name, id, n_requirements)
}

#[test]
fn rows_are_those_of_the_files() {
    let Some(data) = testkit::data::require("rubysec::rows_are_those_of_the_files") else { return };
    for (date, n_files) in [("2025-01-01", 1070), ("2026-01-01", 1153)] {
        let files = files(&data, date);
        assert_eq!(files.len(), n_files);
        let expected: BTreeSet<(String, String, usize)> = files.values().map(|text| by_lines(text)).collect();
        let mut advisories = read(&files);
        let remarks = std::mem::take(&mut advisories.remarks);
        assert_eq!((remarks.n_unreadable, &remarks.unknown_words), (0, &BTreeMap::new()), "{remarks:?}");
        let namespaces = advisories.into_namespaces();
        let mut actual = BTreeSet::new();
        for record in namespaces.values().flat_map(BTreeMap::values) {
            for row in &record.affected {
                actual.insert((row.key.name.to_string(), record.id.clone(), row.aside.unaffected.len()));
            }
        }
        let differing: Vec<_> = actual.symmetric_difference(&expected).take(10).collect();
        assert_eq!(differing, Vec::<&(String, String, usize)>::new(), "{date}");
    }
}

/// Whether `version` is inside `range`, its events in the order of their versions.
fn is_inside(range: &AffectedRange, version: &str) -> bool {
    range.events.iter().fold(false, |is_inside, event| match event {
        RangeEvent::Introduced(bound) => {
            is_inside || bound.as_str() == "0" || compare(version, bound.as_str()).is_ge()
        }
        RangeEvent::IntroducedAfter(bound) => is_inside || compare(version, bound.as_str()).is_gt(),
        RangeEvent::Fixed(bound) | RangeEvent::Limit(bound) => {
            is_inside && compare(version, bound.as_str()).is_lt()
        }
        RangeEvent::LastAffected(bound) => is_inside && compare(version, bound.as_str()).is_le(),
    })
}

#[test]
fn versions_are_affected_as_another_conversion_says() {
    let Some(data) = testkit::data::require("rubysec::versions_are_affected_as_another_conversion_says")
    else {
        return;
    };
    let bytes = std::fs::read(data.join("feeds/osv/RubyGems-rubysec/2026-01-01/all.zip")).unwrap();
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut entries = archive.entries();
    let files = files(&data, "2026-01-01");
    let mut n_compared = 0;
    while let Some(entry) = entries.next_entry().unwrap() {
        let packed = archive.get_entry(entry.wayfinder()).unwrap();
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(packed.data()).read_to_string(&mut text).unwrap();
        let converted: Value = serde_json::from_str(&text).unwrap();
        let affected = &converted["affected"][0];
        let gem = affected["package"]["name"].as_str().unwrap();
        let id = converted["id"].as_str().unwrap();
        let stem = id.strip_prefix(&format!("x_RUBYSEC-{gem}-")).unwrap();
        let path = format!("gems/{gem}/{stem}.yml");
        let file = BTreeMap::from([(path.clone(), files[&path].clone())]);
        let row: Affected = read(&file)
            .into_namespaces()
            .into_values()
            .flat_map(BTreeMap::into_values)
            .flat_map(|record| record.affected)
            .next()
            .unwrap();
        let ranges: Vec<AffectedRange> =
            affected["ranges"].as_array().into_iter().flatten().map(converted_range).collect();
        // What `~> 2.3.1` excludes begins below every prerelease of 2.4; the other conversion takes those in upper case for
        // older ones.
        let bounds: BTreeSet<&str> = row
            .aside
            .unaffected
            .iter()
            .flat_map(|range| &range.events)
            .map(bound)
            .map(|bound| bound.trim_end_matches(".A"))
            .collect();
        for probe in
            bounds.iter().flat_map(|bound| [(*bound).to_owned(), format!("{bound}.1"), format!("{bound}.a1")])
        {
            let is_unaffected = row.aside.unaffected.iter().any(|range| is_inside(range, &probe));
            let is_affected = ranges.iter().any(|range| is_inside(range, &probe));
            assert_eq!(is_affected, !is_unaffected, "{id} {probe}: {:?} {:?}", row.aside.unaffected, ranges);
            n_compared += 1;
        }
    }
    assert!(n_compared > 4_000, "{n_compared}");
}

fn bound(event: &RangeEvent) -> &str {
    match event {
        RangeEvent::Introduced(bound)
        | RangeEvent::IntroducedAfter(bound)
        | RangeEvent::Fixed(bound)
        | RangeEvent::Limit(bound)
        | RangeEvent::LastAffected(bound) => bound.as_str(),
    }
}

fn converted_range(range: &Value) -> AffectedRange {
    let event = |event: &Value| {
        let (name, version) = event.as_object().unwrap().iter().next().unwrap();
        let version = version.as_str().unwrap().into();
        match name.as_str() {
            "introduced" => RangeEvent::Introduced(version),
            "fixed" => RangeEvent::Fixed(version),
            _ => RangeEvent::LastAffected(version),
        }
    };
    AffectedRange { events: range["events"].as_array().unwrap().iter().map(event).collect() }
}
