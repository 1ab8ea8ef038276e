//! What is stored is found by id, by name and by key.

use model::advisory::{Daily, Kev, RecordText, SeverityWord};
use model::severity::Severity;
use serde_json::json;
use tempfile::tempdir;

use super::*;
use crate::search::{StoredRow, Wanted, daily_json, text_json};

/// The records of the rows that are found in `name`, which has one provider.
fn found(snapshot: &Snapshot, name: &str, wanted: Wanted<'_>) -> Vec<String> {
    let provider = if name.contains(':') { "debian" } else { "osv" };
    let rows = snapshot.search(&namespace(name), provider, wanted).unwrap();
    rows.iter().map(|row| format!("{} {}", row.text("name"), row.text("record"))).collect()
}

fn held(path: &Path) -> Snapshot {
    let feeds = FeedsDir::open(path);
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    let mut bulletin = advisory("DSA-1", "debian:12|source|openssl", "3");
    bulletin.aliases = vec!["CVE-2024-1".to_owned(), "CVE-2024-10".to_owned()];
    let records = [
        bulletin,
        advisory("CVE-2024-1", "debian:12|source|zlib", "1.3"),
        advisory("CVE-2024-11", "debian:12|binary|openssl", "3"),
    ];
    replace(&mut writer, "debian:12", "debian", 0, &records).unwrap();
    replace(&mut writer, "pypi", "osv", 0, &[advisory("PYSEC-1", "pypi|language|ruamel-yaml", "1")]).unwrap();
    writer.swap(time(0)).unwrap();
    current(path)
}

#[test]
fn a_record_is_found_by_each_of_its_ids_and_no_other() {
    let directory = tempdir().unwrap();
    let snapshot = held(directory.path());
    for (id, expected) in [
        ("DSA-1", vec!["openssl DSA-1"]),
        ("cve-2024-10", vec!["openssl DSA-1"]),
        ("CVE-2024-11", vec!["openssl CVE-2024-11"]),
        ("CVE-2024-1", vec!["openssl DSA-1", "zlib CVE-2024-1"]),
        ("CVE-2024", vec![]),
        ("%", vec![]),
        ("\"", vec![]),
    ] {
        let mut found = found(&snapshot, "debian:12", Wanted::Text(id));
        found.sort();
        assert_eq!(found, expected, "{id}");
    }
}

#[test]
fn a_package_is_found_by_its_name_in_any_spelling_of_its_ecosystem() {
    let directory = tempdir().unwrap();
    let snapshot = held(directory.path());
    let mut packages = found(&snapshot, "debian:12", Wanted::Text("openssl"));
    packages.sort();
    assert_eq!(packages, ["openssl CVE-2024-11", "openssl DSA-1"]);
    assert_eq!(found(&snapshot, "debian:12", Wanted::Text("OpenSSL")), [""; 0]);
    assert_eq!(found(&snapshot, "pypi", Wanted::Text("Ruamel.YAML")), ["ruamel-yaml PYSEC-1"]);
    let keys = keys(&["debian:12|source|openssl", "pypi|language|ruamel-yaml", "debian:13|source|openssl"]);
    assert_eq!(found(&snapshot, "debian:12", Wanted::Keys(&keys)), ["openssl DSA-1"]);
    assert_eq!(found(&snapshot, "debian:13", Wanted::Keys(&keys)), [""; 0], "it is not held");
}

#[test]
fn a_row_has_every_column_and_lists_are_lists() {
    let directory = tempdir().unwrap();
    let snapshot = held(directory.path());
    let [row] = &snapshot.search(&namespace("debian:12"), "debian", Wanted::Text("DSA-1")).unwrap()[..]
    else {
        panic!("one row")
    };
    assert_eq!(row.list("aliases"), ["CVE-2024-1", "CVE-2024-10"]);
    assert_eq!(
        (row.text("kind"), row.text("status"), row.text("fix_state")),
        ("source", "affected", "fixed")
    );
    assert_eq!(row.list("ranges"), ["< 3"]);
    assert!(!row.columns.contains_key("severity"), "what is null is absent");
    let none = StoredRow { columns: serde_json::Map::new() };
    assert_eq!((none.text("record"), none.list("ranges")), ("", vec![]));
}

#[test]
fn texts_and_daily_entries_are_json_without_what_is_not_said() {
    let text = RecordText {
        record: "CVE-1".to_owned(),
        provider: "debian".to_owned(),
        title: Some("a title".to_owned()),
        severity: Some(SeverityWord { level: Severity::High, word: "urgent".to_owned() }),
        weaknesses: vec!["CWE-79".to_owned()],
        description: None,
        cvss: Vec::new(),
        references: Vec::new(),
        links: Vec::new(),
        credits: Vec::new(),
        license: None,
        published: None,
    };
    assert_eq!(
        text_json(&text),
        json!({"record": "CVE-1", "provider": "debian", "title": "a title",
               "severity": {"level": "high", "word": "urgent"}, "weaknesses": ["CWE-79"]})
    );
    let kev = Kev { added: "2024-01-01".to_owned(), due: None, ransomware: false };
    let daily = Daily { epss: None, kev: Some(kev) };
    assert_eq!(
        daily_json("CVE-1", &daily),
        json!({"id": "CVE-1", "kev": {"added": "2024-01-01", "ransomware": false}})
    );
}

#[test]
fn a_damaged_list_is_an_error_and_no_empty_answer() {
    let directory = tempdir().unwrap();
    drop(held(directory.path()));
    let shards = std::fs::read_dir(directory.path().join("shards")).unwrap();
    for path in shards.map(|entry| entry.unwrap().path()) {
        if path.to_str().unwrap().ends_with(".rows.sqlite") {
            let connection = rusqlite::Connection::open(&path).unwrap();
            // As many bytes as before, so that the size tells nothing.
            connection.execute("UPDATE ranges SET ranges = '{' || substr(ranges, 2)", []).unwrap();
        }
    }
    let snapshot = current(directory.path());
    let error = snapshot.search(&namespace("debian:12"), "debian", Wanted::Text("openssl")).unwrap_err();
    assert!(matches!(error, DbError::Sqlite { .. }), "{error:?}");
}
