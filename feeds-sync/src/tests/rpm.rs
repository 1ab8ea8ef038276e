//! Real documents of the distributions that are neither Debian's nor Alpine's kin: what is read of them equals what a
//! search of their text finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use model::advisory::{Affected, RangeEvent, Status};
use serde_json::Value;

use super::{Namespaces, provider, read};

/// (record, package, fixed version) of each row.
type Rows = BTreeSet<(String, String, String)>;

fn rows_of(namespaces: &Namespaces) -> Rows {
    let rows = namespaces.values().flat_map(BTreeMap::values);
    rows.flat_map(|advisory| {
        advisory.affected.iter().map(|row| (advisory.id.clone(), row.key.name.to_string(), fixed(row)))
    })
    .collect()
}

/// The upper bound of a row, without an epoch of zero.
fn fixed(row: &Affected) -> String {
    let version = row.ranges.iter().flat_map(|range| &range.events).find_map(|event| match event {
        RangeEvent::Fixed(version) | RangeEvent::LastAffected(version) => Some(version.as_str()),
        _ => None,
    });
    without_zero(version.unwrap_or_default())
}

fn without_zero(version: &str) -> String {
    version.strip_prefix("0:").unwrap_or(version).to_owned()
}

fn is_debug(name: &str) -> bool {
    name.ends_with("-debuginfo") || name.ends_with("-debugsource")
}

/// What stands between `start` and `end` in `text`, at its first place.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn gunzipped(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// The rows of an updateinfo, found by its text.
fn rows_of_updateinfo(text: &str) -> Rows {
    let mut rows = Rows::new();
    for update in text.split("<update ").skip(1).filter(|update| update.contains("type=\"security\"")) {
        let id = between(update, "<id>", "</id>").unwrap();
        for package in update.split("<package ").skip(1) {
            let tag = format!(" {}", package.split_once('>').unwrap().0);
            let attribute =
                |name: &str| between(&tag, &format!(" {name}=\""), "\"").unwrap_or("0").to_owned();
            let (name, epoch) = (attribute("name"), attribute("epoch"));
            let version = format!("{epoch}:{}-{}", attribute("version"), attribute("release"));
            if !is_debug(&name) {
                rows.insert((id.to_owned(), name, without_zero(&version)));
            }
        }
    }
    rows
}

#[test]
fn amazon_rows_are_those_of_the_bulletins() {
    let Some(data) = testkit::data::require("amazon_rows_are_those_of_the_bulletins") else { return };
    let samples = data.join("feeds/vendor/vuln-list-update/amazon/testdata/fixtures");
    let mut n_rows = 0;
    for (file, feed) in [
        ("updateinfo_1_item.xml.gz", "amazon:1"),
        ("updateinfo_2_items.xml.gz", "amazon:2"),
        ("updateinfo_AL2022.xml.gz", "amazon:2023"),
        ("updateinfo_AL2023.xml.gz", "amazon:2023"),
    ] {
        let path = samples.join(file);
        let (namespaces, remarks) = read(provider("amazon"), feed, &[fs::read(&path).unwrap()]).unwrap();
        assert_eq!((remarks.n_unreadable, remarks.unknown_words), (0, BTreeMap::new()), "{file}");
        let expected = rows_of_updateinfo(&gunzipped(&path));
        assert_eq!(rows_of(&namespaces), expected, "{file}");
        n_rows += expected.len();
    }
    assert!(n_rows > 40, "{n_rows}");
}

#[test]
fn rocky_rows_are_those_of_the_bulletins() {
    let Some(data) = testkit::data::require("rocky_rows_are_those_of_the_bulletins") else { return };
    let path = data.join("feeds/vendor/vuln-list-update/rocky/testdata/fixtures/happy/updateinfo.xml");
    let text = fs::read_to_string(path).unwrap();
    let expected = rows_of_updateinfo(&text);
    let (namespaces, remarks) = read(provider("rocky"), "rocky:8", &[text.clone().into_bytes()]).unwrap();
    assert_eq!((remarks.n_unreadable, remarks.unknown_words), (0, BTreeMap::new()));
    assert_eq!(rows_of(&namespaces), expected);
    let n_of_modules = text.matches("<module ").count();
    let records = namespaces.values().flat_map(BTreeMap::values);
    let modular = records.filter(|advisory| advisory.affected.iter().any(|row| row.conditions.is_some()));
    assert!(!expected.is_empty() && modular.count() == n_of_modules);
}

#[test]
fn bottlerocket_rows_are_those_of_the_bulletins() {
    let Some(data) = testkit::data::require("bottlerocket_rows_are_those_of_the_bulletins") else { return };
    let path = data.join("feeds/vendor/vuln-list-update/bottlerocket/testdata/updateinfo.xml.gz");
    let (namespaces, remarks) =
        read(provider("bottlerocket"), "bottlerocket", &[fs::read(&path).unwrap()]).unwrap();
    assert_eq!((remarks.n_unreadable, remarks.unknown_words), (0, BTreeMap::new()));
    let expected = rows_of_updateinfo(&gunzipped(&path));
    assert_eq!(rows_of(&namespaces), expected);
    assert_eq!(expected.len(), 4, "two packages of each of two bulletins");
}

#[test]
fn azure_rows_are_those_of_the_definitions() {
    let Some(data) = testkit::data::require("azure_rows_are_those_of_the_definitions") else { return };
    let feeds = data.join("feeds");
    let mut n_rows = Vec::new();
    for (path, feed) in [
        ("azure-oval/older-2024-08-08/azurelinux-3.0-oval.xml", "azurelinux:3.0"),
        ("azure-oval/azurelinux-3.0-oval.xml", "azurelinux:3.0"),
        ("vendor/vuln-list-update/mariner/testdata/happy/azurelinux-3.0-oval.xml", "azurelinux:3.0"),
        ("vendor/vuln-list-update/mariner/testdata/happy/cbl-mariner-1.0-oval.xml", "mariner:1.0"),
        ("vendor/vuln-list-update/mariner/testdata/happy/cbl-mariner-2.0-preview-oval.xml", "mariner:2.0"),
        ("vendor/vunnel/mariner/mariner-truncated-2.0-oval.xml", "mariner:2.0"),
    ] {
        let bytes = testkit::data::read(&feeds.join(path));
        let text = String::from_utf8(bytes.clone()).unwrap();
        // The words beside the tests say it too, without epoch and the mark of the distribution.
        let (mut expected, mut n_undetermined) = (Rows::new(), 0);
        for definition in text.split("<definition ").skip(1) {
            let definition = definition.split("</definition>").next().unwrap();
            let cve = between(definition, "ref_id=\"", "\"").unwrap();
            for comment in definition.split("comment=\"Package ").skip(1) {
                let (package, words) = comment.split_once(' ').unwrap();
                let version = between(words, "is earlier than ", ", affected")
                    .or_else(|| between(words, "is installed with version ", " or earlier"));
                let is_applicable = !definition.contains("<patchable>Not Applicable</patchable>");
                if let Some(version) = version.filter(|_| is_applicable) {
                    // Several at once tell no range.
                    let is_several = version.contains(',');
                    n_undetermined += u64::from(is_several);
                    let version = if is_several { String::new() } else { version.to_owned() };
                    expected.insert((cve.to_owned(), package.to_owned(), version.trim().to_owned()));
                }
            }
        }
        let (namespaces, remarks) = read(provider("azure"), feed, &[bytes]).unwrap();
        assert_eq!(remarks.n_unreadable, 0, "{path}");
        assert_eq!(remarks.unknown_words.values().sum::<u64>(), n_undetermined, "{path}: {remarks:?}");
        let unmarked = |(cve, package, version): (String, String, String)| {
            let Some((version, mark)) = version.rsplit_once('.') else { return (cve, package, version) };
            assert!(["azl3", "cm1", "cm2"].contains(&mark), "{mark}");
            (cve, package, version.to_owned())
        };
        // The words of the oldest documents lack the release where they name the last version affected.
        let actual: Rows = rows_of(&namespaces)
            .into_iter()
            .map(unmarked)
            .map(|(cve, package, version)| {
                let upstream = version.split('-').next().unwrap_or_default().to_owned();
                let short = (cve.clone(), package.clone(), upstream);
                if expected.contains(&short) { short } else { (cve, package, version) }
            })
            .collect();
        let differing: Vec<_> = actual.symmetric_difference(&expected).take(5).collect();
        assert_eq!(differing, Vec::<&(String, String, String)>::new(), "{path}");
        n_rows.push(expected.len());
    }
    assert_eq!(n_rows[..2], [629, 1221], "definitions that are not `Not Applicable`");
}

#[test]
fn oracle_rows_are_those_of_the_criteria() {
    let Some(data) = testkit::data::require("oracle_rows_are_those_of_the_criteria") else { return };
    let vendor = data.join("feeds/vendor");
    let packed = vendor.join("vuln-list-update/oracle/oval/testdata/all-positive-data.xml.bz2");
    let mut documents = vec![fs::read(packed).unwrap()];
    for name in ["mock_data", "mock_ksplice_data", "mock_per_arch_data"] {
        documents.push(fs::read(vendor.join("vunnel/oracle").join(name)).unwrap());
    }
    let mut n_rows = 0;
    for document in documents {
        let mut text = String::new();
        if document.starts_with(b"BZh") {
            bzip2::read::MultiBzDecoder::new(&document[..]).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(document.clone()).unwrap();
        }
        let mut expected = Rows::new();
        for definition in text.split("<definition ").skip(1) {
            let id = between(definition, "source=\"elsa\" ref_id=\"", "\"").unwrap();
            let definition = definition.split("</definition>").next().unwrap();
            for comment in definition.split("comment=\"").skip(1) {
                let comment = comment.split('"').next().unwrap();
                if let Some((name, version)) = comment.split_once(" is earlier than ")
                    && !is_debug(name)
                {
                    expected.insert((id.to_owned(), name.to_owned(), without_zero(version)));
                }
            }
        }
        let (namespaces, remarks) = read(provider("oracle"), "oracle", &[document]).unwrap();
        assert_eq!((remarks.n_unreadable, remarks.unknown_words), (0, BTreeMap::new()));
        assert_eq!(rows_of(&namespaces), expected);
        n_rows += expected.len();
    }
    assert!(n_rows > 100, "{n_rows}");
}

/// The rows of AlmaLinux's errata, from their values.
fn rows_of_errata(errata: &Value) -> Rows {
    let security = errata.as_array().unwrap().iter().filter(|erratum| erratum["type"] == "security");
    let rows = security.flat_map(|erratum| {
        let id = erratum["updateinfo_id"].as_str().unwrap().to_owned();
        erratum["pkglist"]["packages"].as_array().unwrap().iter().map(move |package| {
            let text = |field: &str| package[field].as_str().unwrap().to_owned();
            let version = format!("{}:{}-{}", text("epoch"), text("version"), text("release"));
            (id.clone(), text("name"), without_zero(&version))
        })
    });
    rows.filter(|(_, name, _)| !is_debug(name)).collect()
}

#[test]
fn alma_rows_are_those_of_the_errata_and_of_the_osv_export() {
    let Some(data) = testkit::data::require("alma_rows_are_those_of_the_errata_and_of_the_osv_export") else {
        return;
    };
    let bytes = fs::read(data.join("feeds/vendor/vuln-list-update/alma/testdata/errata.json")).unwrap();
    let (namespaces, remarks) = read(provider("alma"), "almalinux:8", std::slice::from_ref(&bytes)).unwrap();
    assert_eq!((remarks.n_unreadable, remarks.unknown_words), (0, BTreeMap::new()));
    let actual = rows_of(&namespaces);
    assert_eq!(actual, rows_of_errata(&serde_json::from_slice(&bytes).unwrap()));

    // The vendor's OSV export of the same bulletins, of a later state: what both have is the same, but for modules,
    // which were built again.
    let archive = fs::read(data.join("feeds/osv/AlmaLinux/2026-01-01/all.zip")).unwrap();
    let held: BTreeMap<(&str, &str), &str> =
        actual.iter().map(|(id, name, version)| ((id.as_str(), name.as_str()), version.as_str())).collect();
    let mut n_same = 0;
    let archive = rawzip::ZipArchive::from_slice(&archive).unwrap();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().unwrap() {
        let packed = archive.get_entry(entry.wayfinder()).unwrap();
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(packed.data()).read_to_string(&mut text).unwrap();
        let record: Value = serde_json::from_str(&text).unwrap();
        let id = record["id"].as_str().unwrap();
        for affected in record["affected"].as_array().unwrap() {
            let name = affected["package"]["name"].as_str().unwrap();
            let version = affected["ranges"][0]["events"][1]["fixed"].as_str().unwrap();
            if let Some(held) = held.get(&(id, name)).filter(|held| !held.contains(".module")) {
                assert_eq!(*held, without_zero(version), "{id} {name}");
                n_same += 1;
            }
        }
    }
    assert!(n_same > 0, "the archive has some of the bulletins");
}

#[test]
fn arch_rows_are_those_of_the_groups() {
    let Some(data) = testkit::data::require("arch_rows_are_those_of_the_groups") else { return };
    let bytes = fs::read(data.join("feeds/vendor/vunnel/arch/input/arch-advisories/all.json")).unwrap();
    let groups: Value = serde_json::from_slice(&bytes).unwrap();
    let mut expected = Rows::new();
    for group in groups.as_array().unwrap() {
        let issues = group["issues"].as_array().unwrap();
        // A group without issues stands under its own name.
        let ids = if issues.is_empty() { std::slice::from_ref(&group["name"]) } else { &issues[..] };
        for issue in ids {
            for package in group["packages"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                expected.insert((text(issue), text(package), text(&group["fixed"])));
            }
        }
    }
    let (namespaces, remarks) = read(provider("arch"), "arch", &[bytes]).unwrap();
    assert_eq!((remarks.n_unreadable, remarks.unknown_words), (0, BTreeMap::new()));
    assert_eq!(rows_of(&namespaces), expected);
    assert!(expected.len() > 2);
}

#[test]
fn photon_rows_are_those_of_the_entries() {
    let Some(data) = testkit::data::require("photon_rows_are_those_of_the_entries") else { return };
    let vendor = data.join("feeds/vendor");
    let mut n_rows = 0;
    for (path, feed) in [
        ("vuln-list-update/photon/testdata/cve_data_photon1.0.json", "photon:1.0"),
        ("vuln-list-update/photon/testdata/cve_data_photon2.0.json", "photon:2.0"),
        ("vuln-list-update/photon/testdata/cve_data_photon3.0.json", "photon:3.0"),
        ("vunnel/photon/input/cve_data_photon1.0.json", "photon:1.0"),
        ("vunnel/photon/input/cve_data_photon4.0.json", "photon:4.0"),
    ] {
        let bytes = fs::read(vendor.join(path)).unwrap();
        let entries: Value = serde_json::from_slice(&bytes).unwrap();
        let mut expected = BTreeSet::new();
        for entry in entries.as_array().unwrap() {
            let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
            let is_affected = text("status") != "Not Affected";
            let fixed = Some(text("res_ver")).filter(|version| is_affected && version != "NA");
            if !text("cve_id").starts_with("BDSA-") {
                expected.insert((text("cve_id"), text("pkg"), fixed.unwrap_or_default(), is_affected));
            }
        }
        let (namespaces, remarks) = read(provider("photon"), feed, &[bytes]).unwrap();
        // The vendor says of one that it is fixed, and by no version.
        let n_odd = entries.as_array().unwrap().iter();
        let n_odd = n_odd.filter(|entry| entry["status"] == "Fixed" && entry["res_ver"] == "NA").count();
        assert_eq!(remarks.n_unreadable, 0, "{path}");
        assert_eq!(remarks.unknown_words.values().sum::<u64>(), n_odd as u64, "{path}");
        let rows = namespaces.values().flat_map(BTreeMap::values).flat_map(|advisory| {
            advisory.affected.iter().map(|row| (&advisory.id, row, row.status != Status::NotAffected))
        });
        let rows: Vec<_> = rows
            .map(|(id, row, is_affected)| (id.clone(), row.key.name.to_string(), fixed(row), is_affected))
            .collect();
        assert_eq!(rows.len(), 2 * expected.len(), "{path}: as source and as binary package");
        assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), expected, "{path}");
        n_rows += expected.len();
    }
    assert!(n_rows > 20, "{n_rows}");
}
