//! The databases of languages beside OSV.dev: who is asked for what, and their hosts as they behave.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use model::gap::GapKind;
use serde_json::Value;
use testkit::feeds::{osv_record, zip};
use testkit::server::Behaviour;

use super::data::{independent, packages_of};
use super::engine::{Bench, feeds_of, is_updated, outcome};
use super::providers::tar;
use super::{provider, read};
use crate::report::{SourceOutcome, SyncReport};

const RUBYSEC: &str = "https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz";
const PYPA: &str = "https://github.com/pypa/advisory-database/archive/refs/heads/main.tar.gz";
const RUSTSEC: &str = "https://github.com/RustSec/advisory-db/archive/refs/heads/osv.zip";
const GHSA: &str = "https://github.com/github/advisory-database/archive/refs/heads/main.tar.gz";
const BITNAMI: &str = "https://github.com/bitnami/vulndb/archive/refs/heads/main.tar.gz";
const GO: &str = "https://vuln.go.dev/vulndb.zip";

/// Where a mirror has `url`.
fn place(url: &str) -> &str {
    &url["https://".len()..]
}

/// What GitHub gives for a repository of these files.
fn repository(files: &[(String, String)]) -> Vec<u8> {
    let members: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(path, content)| (format!("database-0123456/{path}"), content.clone().into_bytes()))
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&tar(&members)).unwrap();
    packed.finish().unwrap()
}

fn gem(cve: usize, patched: &str) -> (String, String) {
    let path = format!("gems/demo/CVE-2025-{cve}.yml");
    (path, format!("---\ngem: demo\ncve: 2025-{cve}\npatched_versions:\n  - \">= {patched}\"\n"))
}

fn pysec(n: usize, version: &str) -> (String, String) {
    let affected = format!("- package: {{name: demo, ecosystem: PyPI}}\n  versions: [{version}]\n");
    let head = format!("id: PYSEC-2025-{n}\nmodified: 2025-06-02T00:00:00Z\naffected:\n");
    (format!("vulns/demo/PYSEC-2025-{n}.yaml"), head + &affected)
}

/// A record of a provider whose feed is an archive, and where it lies.
fn file(provider: &str, n: usize, version: &str) -> (String, String) {
    let osv = |directory: &str, prefix: &str, ecosystem: &str| {
        let id = format!("{prefix}-2025-{n}");
        let record = osv_record(&id, &[], ecosystem, "demo", &format!("introduced 0, fixed {version}"));
        (format!("{directory}/{id}.json"), record.to_string())
    };
    match provider {
        "bitnami" => osv("data/demo", "BIT-demo", "Bitnami"),
        "ghsa" => osv("advisories/github-reviewed/2025/06/x", "GHSA", "npm"),
        "pypa" => pysec(n, version),
        "rubysec" => gem(n, version),
        "rustsec" => osv("advisory-db-osv/crates", "RUSTSEC", concat!("crates", ".io")),
        other => panic!("no archive of {other}"),
    }
}

/// Provider and feed of every source of the report.
fn asked(report: &SyncReport) -> BTreeSet<String> {
    feeds_of(report).map(|source| format!("{}:{}", source.provider, source.feed)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn all_who_answer_a_language_are_asked_and_their_rows_stand_side_by_side() {
    let bench = Bench::new();
    bench.mirror.osv_records(
        "RubyGems",
        &[osv_record(
            "GHSA-aaaa-bbbb-cccc",
            &["CVE-2025-10001"],
            "RubyGems",
            "demo",
            "introduced 0, fixed 1.4",
        )],
    );
    bench.mirror.file(place(RUBYSEC), repository(&[gem(10_001, "1.4.1"), gem(10_002, "2.0")]));
    let report = bench.namespaces(&["gem"]);
    assert_eq!(asked(&report), set(&["epss:epss", "kev:kev", "osv:RubyGems", "rubysec:rubysec"]));
    assert!(report.gaps.is_empty(), "{report:#?}");
    let rows = bench.rows("gem|language|demo").rows.into_values().flatten();
    let rows: Vec<(String, String)> = rows.map(|row| (row.provider.into(), row.record.into())).collect();
    let expected =
        [("osv", "GHSA-aaaa-bbbb-cccc"), ("rubysec", "CVE-2025-10001"), ("rubysec", "CVE-2025-10002")];
    assert_eq!(rows, expected.map(|(provider, id)| (provider.to_owned(), id.to_owned())));
    let facts = bench.current().facts().unwrap();
    let providers = &facts.namespaces[&model::key::Namespace::new("gem")].providers;
    assert_eq!(providers, &["osv", "rubysec"]);
    // A namespace means both of them too, and each has a name of its own.
    assert_eq!(asked(&bench.only(&["gem"])), set(&["osv:RubyGems", "rubysec:rubysec"]));
    assert_eq!(asked(&bench.only(&["rubysec"])), set(&["rubysec:rubysec"]));
    assert_eq!(asked(&bench.only(&["osv:RubyGems"])), set(&["osv:RubyGems"]));
}

#[test]
fn a_language_is_absent_only_where_all_who_answer_it_lack_it() {
    let bench = Bench::new();
    bench.mirror.file(place(RUBYSEC), repository(&[gem(10_001, "1.4")]));
    let providers = |bench: &Bench| {
        let facts = bench.current().facts().unwrap();
        facts.namespaces[&model::key::Namespace::new("gem")].providers.clone()
    };
    let report = bench.namespaces(&["gem"]);
    assert!(report.gaps.iter().any(|gap| gap.kind == GapKind::FEED_NOT_FETCHED), "{report:#?}");
    assert_eq!(providers(&bench), ["osv", "rubysec"]);

    let bench = Bench::new();
    bench.namespaces(&["gem", "pypi"]);
    assert_eq!(providers(&bench), Vec::<String>::new());
}

#[test]
fn alternates_are_asked_by_their_names_alone() {
    let bench = Bench::new();
    let alternates = ["cve-list", "ghsa", "go", "pypa", "rustsec"];
    let names: BTreeSet<&str> = crate::provider::PROVIDERS
        .iter()
        .filter(|provider| (provider.feeds)().iter().any(|feed| feed.is_alternate))
        .map(|provider| provider.name)
        .collect();
    assert_eq!(names, BTreeSet::from(alternates));
    let is_alternate = |source: &&crate::report::SourceReport| alternates.contains(&source.provider);
    assert_eq!(bench.all().sources.iter().filter(is_alternate).count(), 0);
    let report = bench.namespaces(&["cargo", "golang", "npm", "pypi"]);
    assert_eq!(report.sources.iter().filter(is_alternate).count(), 0);
    // The names of languages mean what they meant.
    let rust = concat!("osv:crates", ".io");
    assert_eq!(asked(&bench.only(&["cargo", "golang"])), set(&["osv:Go", rust]));
    for name in alternates {
        assert_eq!(asked(&bench.only(&[name])), set(&[&format!("{name}:{name}")]));
        assert_eq!(asked(&bench.only(&[&format!("{name}:{name}")])), set(&[&format!("{name}:{name}")]));
    }
    // A provider that has the name of a namespace is the one who answers it.
    for provider in crate::provider::PROVIDERS {
        let namespace = model::key::Namespace::new(provider.name);
        let answering: Vec<&str> =
            crate::provider::answering(&namespace).map(|(provider, _)| provider.name).collect();
        assert!(answering.is_empty() || answering == [provider.name], "{answering:?}");
    }
    assert_eq!(asked(&bench.only(&["bitnami"])), set(&["bitnami:bitnami"]));
}

#[test]
fn an_archive_of_a_repository_is_asked_on_condition_and_what_left_it_is_gone() {
    for (name, url, key) in [
        ("bitnami", BITNAMI, "bitnami|language|demo"),
        ("ghsa", GHSA, "npm|language|demo"),
        ("pypa", PYPA, "pypi|language|demo"),
        ("rubysec", RUBYSEC, "gem|language|demo"),
        ("rustsec", RUSTSEC, "cargo|language|demo"),
    ] {
        let mut bench = Bench::new();
        let records = |numbers: &[usize], version: &str| {
            let files: Vec<_> = numbers.iter().map(|number| file(name, *number, version)).collect();
            match name {
                "rustsec" => zip(&files.into_iter().map(|(path, it)| (path, it.into())).collect::<Vec<_>>()),
                _ => repository(&files),
            }
        };
        bench.mirror.file(place(url), records(&[10_001, 10_002], "1.4"));
        let server = bench.serve();
        let path = format!("/{}", place(url));
        let report = bench.only(&[name]);
        assert!(is_updated(outcome(&report, url)) && report.gaps.is_empty(), "{report:#?}");
        assert_eq!(bench.rows(key).rows.into_values().flatten().count(), 2);
        // The same again is not sent again.
        bench.later(1);
        let report = bench.only(&[name]);
        assert_eq!(outcome(&report, url), &SourceOutcome::Unchanged);
        assert!(server.requests_for(&path).last().unwrap().header("if-none-match").is_some());
        // Neither a part of an archive nor a page takes the place of what is held.
        let before = bench.rows(key);
        let whole = records(&[10_002, 10_003], "1.5");
        bench.mirror.file(place(url), &whole[..whole.len() / 2]);
        bench.later(1);
        let report = bench.only(&[name]);
        assert!(matches!(outcome(&report, url), SourceOutcome::Failed { .. }), "{report:#?}");
        assert!(report.gaps.iter().any(|gap| gap.kind == GapKind::STALE_FEED), "{report:#?}");
        server.next(&path, Behaviour::Html);
        bench.later(1);
        let report = bench.only(&[name]);
        assert!(matches!(outcome(&report, url), SourceOutcome::Failed { .. }), "{report:#?}");
        assert_eq!(bench.rows(key), before);
        // A record that is no longer there is gone.
        bench.mirror.file(place(url), &whole);
        bench.later(1);
        let report = bench.only(&[name]);
        assert!(is_updated(outcome(&report, url)) && report.gaps.is_empty(), "{report:#?}");
        let records = bench.records(key);
        assert!(records.len() == 2 && records.iter().all(|id| !id.ends_with("10001")), "{records:?}");
    }
}

#[test]
fn an_archive_of_many_languages_fills_each_of_them() {
    let bench = Bench::new();
    let record =
        |id: &str, ecosystem: &str| osv_record(id, &[], ecosystem, "demo", "introduced 0, fixed 1.4");
    let file = |directory: &str, record: Value| {
        let id = record["id"].as_str().unwrap().to_owned();
        (format!("advisories/{directory}/2025/06/{id}/{id}.json"), record.to_string())
    };
    let npm = file("github-reviewed", record("GHSA-aaaa-bbbb-cccc", "npm"));
    let rust = file("github-reviewed", record("GHSA-dddd-eeee-ffff", concat!("crates", ".io")));
    // What nobody reviewed matches no package; it says the ids and the severity of a CVE, where there is one.
    let unreviewed = file("unreviewed", record("GHSA-gggg-hhhh-jjjj", "npm"));
    let about = |id: &str, cve: &str| {
        file("unreviewed", osv_record(id, &[cve], "npm", "demo", "introduced 0, fixed 1.4"))
    };
    let of_cve = about("GHSA-qqqq-rrrr-vvvv", "CVE-2025-10009");
    bench.mirror.file(place(GHSA), repository(&[npm, rust.clone(), unreviewed, of_cve]));
    let report = bench.only(&["ghsa"]);
    assert!(is_updated(outcome(&report, GHSA)) && report.gaps.is_empty(), "{report:#?}");
    assert_eq!(bench.held(), ["cargo", "cve:2025", "npm"]);
    assert_eq!(bench.records("npm|language|demo"), ["GHSA-aaaa-bbbb-cccc"]);
    assert_eq!(bench.records("cve:2025|cpe|CVE-2025-10009"), ["GHSA-qqqq-rrrr-vvvv"]);
    assert_eq!(bench.records("cargo|language|demo"), ["GHSA-dddd-eeee-ffff"]);
    assert_eq!(report.remarks["ghsa:ghsa"].left_out.values().sum::<u64>(), 1);
    // An update replaces the record.
    let again = file("github-reviewed", record("GHSA-kkkk-mmmm-pppp", "npm"));
    bench.mirror.file(place(GHSA), repository(&[again.clone(), rust]));
    bench.only(&["ghsa"]);
    assert_eq!(bench.records("npm|language|demo"), ["GHSA-kkkk-mmmm-pppp"]);
    assert_eq!(bench.records("cve:2025|cpe|CVE-2025-10009"), Vec::<String>::new());
    // A language whose last record is gone has none.
    bench.mirror.file(place(GHSA), repository(&[again]));
    let report = bench.only(&["ghsa"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(bench.records("cargo|language|demo"), Vec::<String>::new());
    assert_eq!(bench.records("npm|language|demo"), ["GHSA-kkkk-mmmm-pppp"]);
}

#[test]
fn rustsec_is_read_from_its_own_export() {
    let bench = Bench::new();
    let rust = concat!("crates", ".io");
    let member = |id: &str| {
        let record = osv_record(id, &[], rust, "demo", "introduced 0.0.0-0, fixed 1.4.0");
        (format!("advisory-db-osv/crates/{id}.json"), record.to_string().into_bytes())
    };
    bench.mirror.file(place(RUSTSEC), zip(&[member("RUSTSEC-2025-9001"), member("RUSTSEC-2025-9002")]));
    let report = bench.only(&["rustsec"]);
    assert!(report.gaps.is_empty(), "{report:#?}");
    assert_eq!(bench.records("cargo|language|demo"), ["RUSTSEC-2025-9001", "RUSTSEC-2025-9002"]);
    bench.mirror.file(place(RUSTSEC), zip(&[member("RUSTSEC-2025-9002")]));
    bench.only(&["rustsec"]);
    assert_eq!(bench.records("cargo|language|demo"), ["RUSTSEC-2025-9002"]);
}

/// What the members of `archive` say, by name.
fn members(archive: &std::path::Path) -> Vec<(String, String)> {
    let bytes = std::fs::read(archive).unwrap();
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut entries = archive.entries();
    let mut members = Vec::new();
    while let Some(entry) = entries.next_entry().unwrap() {
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let packed = archive.get_entry(entry.wayfinder()).unwrap();
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(packed.data()).read_to_string(&mut text).unwrap();
        members.push((name, text));
    }
    members
}

#[test]
fn databases_of_their_own_hold_what_their_records_say() {
    let Some(data) = testkit::data::require("databases_of_their_own_hold_what_their_records_say") else {
        return;
    };
    let rust = concat!("crates", ".io/2026-01-01");
    for (name, path, n_records) in [("go", "Go/2026-01-01", 2486), ("rustsec", rust, 875)] {
        let archive = data.join("feeds/osv").join(path).join("all.zip");
        let expected = independent(&archive);
        let (namespaces, remarks) = read(provider(name), name, &[std::fs::read(&archive).unwrap()]).unwrap();
        assert_eq!((remarks.n_unreadable, &remarks.unknown_words), (0, &BTreeMap::new()), "{name}");
        assert_eq!(members(&archive).len(), n_records);
        let actual = packages_of(&namespaces);
        let differing: Vec<_> = actual.symmetric_difference(&expected).take(10).collect();
        assert_eq!(differing, Vec::<&(String, String)>::new(), "{name}");
    }
}

#[test]
fn records_in_yaml_say_what_the_same_records_say_in_json() {
    let Some(data) = testkit::data::require("records_in_yaml_say_what_the_same_records_say_in_json") else {
        return;
    };
    let archive = data.join("feeds/osv/PyPI/2024-01-01/all.zip");
    let (json, _) = read(provider("osv"), "PyPI", &[std::fs::read(&archive).unwrap()]).unwrap();
    // A document in JSON is one in YAML; here in the style of blocks, as PyPA writes it.
    let files: Vec<(String, String)> = members(&archive)
        .into_iter()
        .map(|(name, text)| {
            let record: Value = serde_json::from_str(&text).unwrap();
            let mut yaml = String::new();
            block(&record, 0, &mut yaml);
            (format!("vulns/of/{}", name.replace(".json", ".yaml")), yaml)
        })
        .collect();
    assert_eq!(files.len(), 2541);
    let (yaml, remarks) = read(provider("pypa"), "pypa", &[repository(&files)]).unwrap();
    assert_eq!(remarks.n_unreadable, 0, "{:?}", remarks.unreadable);
    assert!(yaml == json, "the rows differ");
    let expected = independent(&archive);
    assert!(packages_of(&yaml) == expected && expected.len() > 2_000);
}

/// Writes `value` in the style of blocks; texts that look like versions, numbers or times without quotes.
fn block(value: &Value, depth: usize, yaml: &mut String) {
    let indent = "  ".repeat(depth);
    let mut put = |head: String, value: &Value| match value {
        Value::Array(elements) if !elements.is_empty() => {
            yaml.push_str(&format!("{head}\n"));
            block(value, depth + 1, yaml);
        }
        Value::Object(_) => {
            yaml.push_str(&format!("{head}\n"));
            block(value, depth + 1, yaml);
        }
        Value::String(text) => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
            match !text.is_empty() && text != "null" && text.bytes().all(is_plain) {
                true => yaml.push_str(&format!("{head} {text}\n")),
                false => yaml.push_str(&format!("{head} {value}\n")),
            }
        }
        other => yaml.push_str(&format!("{head} {other}\n")),
    };
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| put(format!("{indent}{key}:"), value));
        }
        Value::Array(elements) => {
            elements.iter().for_each(|value| put(format!("{indent}-"), value));
        }
        other => put(indent, other),
    }
}

#[test]
fn a_record_as_pypa_wrote_it_is_read() {
    let Some(data) = testkit::data::require("a_record_as_pypa_wrote_it_is_read") else { return };
    let text = std::fs::read_to_string(data.join("feeds/vendor/osv-trustify/PYSEC-2024-55.yaml")).unwrap();
    let file = ("vulns/cipherbcrypt/PYSEC-2024-55.yaml".to_owned(), text);
    let (namespaces, remarks) = read(provider("pypa"), "pypa", &[repository(&[file])]).unwrap();
    assert_eq!(remarks, crate::advisories::Remarks::default());
    let expected = BTreeSet::from([("PYSEC-2024-55".to_owned(), "cipherbcrypt".to_owned())]);
    assert_eq!(packages_of(&namespaces), expected);
}

#[test]
fn real_advisories_of_github_give_a_row_for_each_package() {
    let Some(data) = testkit::data::require("real_advisories_of_github_give_a_row_for_each_package") else {
        return;
    };
    let mut open = vec![data.join("feeds/vendor/ghsa-go"), data.join("feeds/vendor/osv-trustify")];
    open.push(data.join("feeds/vendor/trivy-db/ghsa/testdata/happy/ghsa/advisories/github-reviewed"));
    let mut files = BTreeMap::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.file_name().unwrap().to_string_lossy().starts_with("GHSA-") {
            let record: Value = serde_json::from_slice(&testkit::data::read(&path)).unwrap();
            files.insert(record["id"].as_str().unwrap().to_owned(), record);
        }
    }
    assert_eq!(files.len(), 37);
    let mut expected = BTreeSet::new();
    for (id, record) in &files {
        for affected in record["affected"].as_array().unwrap() {
            let name = affected["package"]["name"].as_str().unwrap();
            expected.insert((id.clone(), name.to_lowercase().replace(['_', '.'], "-")));
        }
    }
    let archive: Vec<(String, String)> = files
        .iter()
        .map(|(id, record)| {
            (format!("advisories/github-reviewed/2025/01/{id}/{id}.json"), record.to_string())
        })
        .collect();
    let (namespaces, remarks) = read(provider("ghsa"), "ghsa", &[repository(&archive)]).unwrap();
    assert_eq!((remarks.n_unreadable, remarks.unknown_words.len()), (0, 0), "{remarks:?}");
    let actual = packages_of(&namespaces);
    assert_eq!(actual.symmetric_difference(&expected).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

#[test]
fn real_records_of_bitnami_give_a_row_each() {
    let Some(data) = testkit::data::require("real_records_of_bitnami_give_a_row_each") else { return };
    let bytes = testkit::data::read(&data.join("feeds/osv/Bitnami/2026-01-01/all.tar"));
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut files = Vec::new();
    let mut expected = BTreeSet::new();
    for entry in archive.entries().unwrap() {
        let mut text = String::new();
        entry.unwrap().read_to_string(&mut text).unwrap();
        let Ok(record) = serde_json::from_str::<Value>(&text) else { continue };
        let id = record["id"].as_str().unwrap().to_owned();
        for affected in record["affected"].as_array().unwrap() {
            expected
                .insert((id.clone(), affected["package"]["name"].as_str().unwrap().replace(['_', '.'], "-")));
        }
        files.push((format!("data/of/{id}.json"), text));
    }
    assert_eq!((files.len(), expected.len()), (1816, 1816));
    let (namespaces, remarks) = read(provider("bitnami"), "bitnami", &[repository(&files)]).unwrap();
    assert_eq!((remarks.n_unreadable, &remarks.unknown_words), (0, &BTreeMap::new()));
    let actual = packages_of(&namespaces);
    let differing: Vec<_> = actual.symmetric_difference(&expected).take(10).collect();
    assert_eq!(differing, Vec::<&(String, String)>::new());
}

/// The real database of a day as the host of `provider` has it.
fn real_state(bench: &Bench, data: &std::path::Path, provider: &str, date: &str) -> Vec<u8> {
    let rust = concat!("crates", ".io");
    let ecosystem = match provider {
        "go" => "Go",
        "rustsec" => rust,
        _ => {
            let path = data.join(format!("feeds/osv/RubyGems-rubysec/{date}/rubysec-yaml.tar"));
            let bytes = testkit::data::read(&path);
            let mut archive = tar::Archive::new(bytes.as_slice());
            let mut files = Vec::new();
            for entry in archive.entries().unwrap() {
                let mut entry = entry.unwrap();
                let path = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                files.push((path, text));
            }
            return repository(&files);
        }
    };
    bench.mirror.osv(data, ecosystem, date);
    let host = bench.mirror.dir().join(testkit::feeds::OSV_HOST);
    std::fs::read(host.join(ecosystem).join("all.zip")).unwrap()
}

#[test]
fn an_update_of_a_real_database_gives_what_a_fresh_sync_gives() {
    let Some(data) = testkit::data::require("an_update_of_a_real_database_gives_what_a_fresh_sync_gives")
    else {
        return;
    };
    for (name, url) in [("go", GO), ("rubysec", RUBYSEC), ("rustsec", RUSTSEC)] {
        let mut updated = Bench::new();
        updated.loss_percent_max = 100;
        updated.mirror.file(place(url), real_state(&updated, &data, name, "2025-01-01"));
        let older = updated.only(&[name]);
        updated.mirror.file(place(url), real_state(&updated, &data, name, "2026-01-01"));
        updated.later(1);
        let newer = updated.only(&[name]);
        assert!(older.gaps.is_empty() && newer.gaps.is_empty(), "{:#?}", newer.gaps);
        let fresh = Bench::new();
        fresh.mirror.file(place(url), real_state(&fresh, &data, name, "2026-01-01"));
        assert!(older.snapshot != newer.snapshot, "{name}");
        assert_eq!(newer.snapshot, fresh.only(&[name]).snapshot, "{name}");
    }
}
