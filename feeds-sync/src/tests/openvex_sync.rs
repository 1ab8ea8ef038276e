//! OpenVEX by its place: documents, lists and repositories, from a server.

use model::key::KeyKind;
use serde_json::{Value, json};
use testkit::server::Behaviour;

use super::engine::Bench;
use super::providers::tar;
use crate::engine::{NoProgress, sync};
use crate::report::SyncReport;
use crate::selection::Selection;

const HOST: &str = "vex.acme.example";
const KEY: &str = "npm|language|demo";

fn document(cve: &str, status: &str, at: &str) -> String {
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": at, "statements": [{"vulnerability": {"name": cve},
        "products": [{"@id": "pkg:npm/demo@1.0.0"}], "status": status, "justification": "component_not_present"}]})
    .to_string()
}

const OLD: &str = "2025-05-01T00:00:00Z";
const NEW: &str = "2025-06-01T00:00:00Z";

fn gaps(report: &SyncReport) -> String {
    report.gaps.iter().map(|gap| format!("{gap}\n")).collect()
}

/// `id status` of each row.
fn rows(bench: &Bench) -> Vec<String> {
    let rows = bench.rows(KEY).rows.into_values().flatten();
    rows.map(|row| format!("{} {:?}", row.record, row.affected.status)).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    testkit::image::compress(bytes, testkit::image::Compression::Gzip)
}

#[test]
fn a_repository_is_its_archive_and_what_that_lists() {
    let mut bench = Bench::new();
    let manifest = |version: &str| {
        json!({"name": "Acme", "versions": [{"spec_version": version, "update_interval": "24h",
        "locations": [{"url": format!("https://{HOST}/main.tar.gz//vexhub-main")}]}]})
    };
    let member = |name: &str, text: &str| (format!("vexhub-main/{name}"), text.as_bytes().to_vec());
    let package =
        |location: &str, format: &str| json!({"id": "pkg:npm/demo", "location": location, "format": format});
    let index = |packages: &[Value]| json!({"updated_at": NEW, "packages": packages}).to_string();
    let archive = |listed: &[Value], second: &str| {
        gzip(&tar(&[
            member("pkg/npm/demo/vex.json", &document("CVE-2025-1", "not_affected", NEW)),
            member("pkg/npm/demo/older.json", &document("CVE-2025-1", "affected", OLD)),
            member("pkg/npm/demo/index.json", "{}"),
            member("pkg/npm/other.json", second),
            member("unlisted.json", &document("CVE-2025-9", "affected", NEW)),
            member("index.json", &index(listed)),
        ]))
    };
    let listed = [
        package("pkg/npm/demo/vex.json", "openvex"),
        package("pkg/npm/demo/older.json", "openvex"),
        package("pkg/npm/other.json", "openvex"),
        package("pkg/npm/lost.json", "openvex"),
        package("pkg/npm/else.json", "cyclonedx"),
    ];
    let name = format!("openvex:https://{HOST}/vex-repository.json");
    bench.mirror.file(&format!("{HOST}/vex-repository.json"), manifest("0.1").to_string());
    bench
        .mirror
        .file(&format!("{HOST}/main.tar.gz"), archive(&listed, &document("CVE-2025-2", "affected", OLD)));
    let server = bench.serve();
    let report = bench.only(&[&name]);
    assert!(gaps(&report).contains("lost.json: it is listed, and is not there"), "{}", gaps(&report));
    assert_eq!(rows(&bench), ["CVE-2025-1 NotAffected", "CVE-2025-2 Affected"]);
    let remarks = report.remarks.values().next().unwrap();
    assert_eq!(remarks.unknown_words.keys().collect::<Vec<_>>(), ["format=cyclonedx"]);
    let entry = bench.current().namespaces().into_iter().find(|entry| entry.name.as_str() == "npm").unwrap();
    assert_eq!(entry.providers[0].name, format!("openvex:{HOST}/vex-repository.json"));

    // A cut archive, one without a list, and a manifest of a layout to come leave what is held.
    let path = format!("/{HOST}/main.tar.gz");
    server.always(&path, Behaviour::Cut { after: 50 });
    bench.mirror.file(&format!("{HOST}/main.tar.gz"), archive(&listed[..1], ""));
    bench.later(1);
    assert!(gaps(&bench.only(&[&name])).contains("main.tar.gz"));
    server.always(&path, Behaviour::Well);
    bench.mirror.file(&format!("{HOST}/main.tar.gz"), gzip(&tar(&[member("a.json", "{}")])));
    bench.later(1);
    assert!(gaps(&bench.only(&[&name])).contains("without `index.json`"));
    bench.mirror.file(&format!("{HOST}/vex-repository.json"), manifest("9.0").to_string());
    bench.later(1);
    assert!(gaps(&bench.only(&[&name])).contains("of no version of the specification that is read (0.1)"));
    assert_eq!(rows(&bench), ["CVE-2025-1 NotAffected", "CVE-2025-2 Affected"]);
    // What is no longer listed is gone.
    bench.mirror.file(&format!("{HOST}/vex-repository.json"), manifest("0.1").to_string());
    bench.mirror.file(&format!("{HOST}/main.tar.gz"), archive(&listed[..1], ""));
    bench.later(1);
    assert_eq!(gaps(&bench.only(&[&name])), "");
    assert_eq!(rows(&bench), ["CVE-2025-1 NotAffected"]);
}

#[test]
fn a_list_of_documents_is_followed_to_those_that_changed() {
    let mut bench = Bench::new();
    let name = format!("openvex:https://{HOST}/v2/all.json");
    let entry = |id: &str, modified: &str| json!({"id": id, "modified": modified});
    let list = |entries: &[Value]| json!({"version": 1, "entries": entries}).to_string();
    let place = |file: &str| format!("{HOST}/v2/{file}");
    bench.mirror.file(
        &place("all.json"),
        list(&[entry("a/one.json", OLD), entry("a/two.json", NEW), entry("a/lost.json", OLD)]),
    );
    bench.mirror.file(&place("a/one.json"), document("CVE-2025-1", "affected", OLD));
    bench.mirror.file(&place("a/two.json"), document("CVE-2025-1", "not_affected", NEW));
    let server = bench.serve();
    let report = bench.only(&[&name]);
    assert!(gaps(&report).contains("lost.json` does not exist"), "{}", gaps(&report));
    // The later statement stands, whichever document it is in.
    assert_eq!(rows(&bench), ["CVE-2025-1 NotAffected"]);
    bench.mirror.file(
        &place("all.json"),
        list(&[entry("a/one.json", "2025-06-06T12:00:00Z"), entry("a/two.json", NEW)]),
    );
    bench.mirror.file(&place("a/one.json"), document("CVE-2025-1", "affected", "2025-06-06T12:00:00Z"));
    bench.later(1);
    let n_seen = server.requests().len();
    assert_eq!(gaps(&bench.only(&[&name])), "");
    assert_eq!(rows(&bench), ["CVE-2025-1 Affected"]);
    let asked: Vec<String> = server.requests()[n_seen..].iter().map(|request| request.path.clone()).collect();
    let is_asked = |file: &str| asked.contains(&format!("/{}", place(file)));
    assert!(is_asked("a/one.json") && is_asked("all.json") && !is_asked("a/two.json"), "{asked:?}");
    // A document that is damaged leaves what is held of it; a list that leads elsewhere is none.
    bench.mirror.file(&place("a/one.json"), "{\"@context\": \"https://spdx.org\"}");
    bench.later(1);
    assert!(gaps(&bench.only(&[&name])).contains("no OpenVEX document"));
    bench.mirror.file(&place("all.json"), list(&[entry("../../etc/passwd.json", NEW)]));
    bench.later(1);
    assert!(gaps(&bench.only(&[&name])).contains("no list of documents"));
    assert_eq!(rows(&bench), ["CVE-2025-1 Affected"]);
}

#[test]
fn a_document_is_named_by_itself_and_lies_among_ones_own() {
    let mut bench = Bench::new();
    bench.mirror.file(&format!("{HOST}/one.json"), document("CVE-2025-1", "not_affected", OLD));
    assert_eq!(gaps(&bench.only(&[&format!("openvex:https://{HOST}/one.json")])), "");
    assert_eq!(rows(&bench), ["CVE-2025-1 NotAffected"]);
    let own = bench.dir.path().join("own");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("vex.json"), document("CVE-2025-2", "not_affected", OLD)).unwrap();
    bench.named.private = Some(vec![crate::directory::url_of(&own)]);
    assert_eq!(gaps(&bench.only(&[])), "");
    assert_eq!(rows(&bench), ["CVE-2025-1 NotAffected", "CVE-2025-2 NotAffected"]);
    for (name, word) in [
        ("openvex:http://vex.acme.example/one.json", "over TLS only"),
        ("openvex:vex.acme.example", "over TLS only"),
        ("openvex:https://vex.acme.example/", "a URL ends in"),
    ] {
        let names = [name.to_owned()];
        let options = bench.options(Selection::Only(&names));
        let error = sync(&bench.feeds(), &bench.fetcher(), &options, &NoProgress).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

/// Real statements by purl, counted from the raw values.
#[test]
fn rows_of_real_statements_are_those_of_the_raw_values() {
    let Some(data) = testkit::data::require("rows_of_real_statements_are_those_of_the_raw_values") else {
        return;
    };
    let mut left = vec![data.join("vex")];
    let (mut n_documents, mut n_rows) = (0, 0);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let Ok(text) = std::fs::read(&path) else { continue };
        let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
        if !value["@context"].as_str().is_some_and(|context| context.contains("openvex")) {
            continue;
        }
        n_documents += 1;
        let mut expected = std::collections::BTreeSet::new();
        for statement in value["statements"].as_array().into_iter().flatten() {
            let products = statement["products"].as_array().into_iter().flatten();
            let purls = products.filter(|product| product["subcomponents"].is_null()).filter_map(|product| {
                product["identifiers"]["purl"].as_str().or(product["@id"].as_str()).or(product.as_str())
            });
            let id = statement["vulnerability"]["name"].as_str().or(statement["vulnerability"].as_str());
            let id = id.or(statement["vulnerability"]["@id"].as_str()).unwrap().rsplit('/').next().unwrap();
            for purl in purls {
                let languages = ["pkg:pypi/", "pkg:maven/", "pkg:npm/", "pkg:golang/"];
                if languages.iter().any(|kind| purl.starts_with(kind)) {
                    let version = purl.split_once('@').map_or("", |(_, version)| version).replace("%2B", "+");
                    let version = version.split('?').next().unwrap().to_owned();
                    expected.insert((
                        id.to_owned(),
                        version,
                        statement["status"].as_str().unwrap().to_owned(),
                    ));
                }
            }
        }
        let mut advisories = crate::advisories::Advisories::default();
        crate::schema::openvex_rows::read(&text, &mut advisories).unwrap();
        let mut actual = std::collections::BTreeSet::new();
        for record in
            advisories.into_namespaces().into_values().flat_map(std::collections::BTreeMap::into_values)
        {
            for row in record.affected.into_iter().filter(|row| row.key.kind == KeyKind::Language) {
                let status = match row.status {
                    model::advisory::Status::NotAffected => "not_affected",
                    model::advisory::Status::Affected => "affected",
                    model::advisory::Status::Fixed => "fixed",
                    _ => "under_investigation",
                };
                let version = row.versions.first().map(ToString::to_string).unwrap_or_default();
                actual.insert((record.id.clone(), version, status.to_owned()));
            }
        }
        assert_eq!(actual, expected, "{}", path.display());
        n_rows += actual.len();
    }
    assert!(n_documents > 10 && n_rows > 2, "{n_documents} documents, {n_rows} rows");
}

#[test]
fn the_order_of_documents_and_of_statements_of_other_times_does_not_matter() {
    let said = |id: &str, statements: &[(&str, &str, &str)]| {
        let statement = |(at, status, description): &(&str, &str, &str)| {
            json!({"vulnerability": {"name": "CVE-2025-1", "description": description, "aliases": [id]}, "timestamp": at,
                "products": [{"@id": "pkg:npm/demo@1.0.0"}], "status": status, "justification": "component_not_present"})
        };
        let statements: Vec<Value> = statements.iter().map(statement).collect();
        json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "statements": statements}).to_string()
    };
    let documents = [
        said("A", &[(NEW, "affected", "one"), (OLD, "fixed", "two")]),
        said("B", &[(NEW, "affected", "three"), (NEW, "not_affected", "")]),
        said("C", &[(OLD, "under_investigation", "four")]),
    ];
    let read = |order: &[usize]| {
        let mut advisories = crate::advisories::Advisories::default();
        for &index in order {
            crate::schema::openvex_rows::read(documents[index].as_bytes(), &mut advisories).unwrap();
        }
        advisories.into_namespaces()
    };
    let expected = read(&[0, 1, 2]);
    let record = &expected.values().next().unwrap()["CVE-2025-1"];
    let statuses: Vec<model::advisory::Status> = record.affected.iter().map(|row| row.status).collect();
    // Contradictions suppress nothing, whatever stands further down.
    assert_eq!(statuses, [model::advisory::Status::Affected]);
    assert_eq!(record.aliases, ["A", "B", "C"]);
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(read(&order), expected, "{order:?}");
    }
}

#[test]
fn what_is_said_of_all_versions_and_of_one_is_one_series_in_any_order() {
    let said = |id: &str, statements: &[(&str, &str, &str)]| {
        let statement = |(at, status, purl): &(&str, &str, &str)| {
            json!({"vulnerability": {"name": "CVE-2025-1"}, "timestamp": at, "products": [{"@id": purl}],
                "status": status, "justification": "component_not_present"})
        };
        let statements: Vec<Value> = statements.iter().map(statement).collect();
        json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "statements": statements}).to_string()
    };
    let read = |documents: &[&String]| {
        let mut advisories = crate::advisories::Advisories::default();
        for document in documents {
            crate::schema::openvex_rows::read(document.as_bytes(), &mut advisories).unwrap();
        }
        advisories.into_namespaces()
    };
    let all = "pkg:npm/demo";
    for (older, newer, expected) in [
        (
            (OLD, "not_affected", all),
            (NEW, "affected", "pkg:npm/demo@1.3.0"),
            "NotAffected not 1, Affected not 0",
        ),
        (
            (OLD, "affected", all),
            (NEW, "not_affected", "pkg:npm/demo@1.3.0"),
            "Affected not 1, NotAffected not 0",
        ),
        ((OLD, "affected", "pkg:npm/demo@1.3.0"), (NEW, "not_affected", all), "NotAffected not 0"),
        ((OLD, "not_affected", "pkg:npm/demo@1.3.0"), (NEW, "affected", all), "Affected not 0"),
        (
            (OLD, "not_affected", "pkg:npm/demo@1.3.0"),
            (OLD, "affected", all),
            // Contradictions suppress nothing.
            "Affected not 0",
        ),
    ] {
        let (older, newer) = (said("A", &[older]), said("B", &[newer]));
        let namespaces = read(&[&older, &newer]);
        let rows = &namespaces.values().next().unwrap()["CVE-2025-1"].affected;
        let row =
            |row: &model::advisory::Affected| format!("{:?} not {}", row.status, row.aside.unaffected.len());
        assert_eq!(rows.iter().map(row).collect::<Vec<_>>().join(", "), expected);
        assert_eq!(read(&[&newer, &older]), namespaces);
    }
}

#[test]
fn documents_that_name_releases_without_end_fill_no_more_namespaces_than_a_feed_may() {
    let products: Vec<Value> = (0..5_000)
        .map(|release| json!({"@id": format!("pkg:deb/debian/demo@1?distro=debian-{release}")}))
        .collect();
    let text = json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "A", "statements": [
        {"vulnerability": {"name": "CVE-2025-1"}, "products": products, "status": "affected"}]});
    let mut advisories = crate::advisories::Advisories::survey();
    crate::schema::openvex_rows::read(text.to_string().as_bytes(), &mut advisories).unwrap();
    // It becomes a gap, as records that cannot be read do.
    assert_eq!((advisories.counts().len(), advisories.remarks.n_unreadable), (4_096, 904));
}
