//! Real documents of several publishers, read as those of any: the rows are those of the raw values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use model::advisory::Status;
use model::limits::Limits;
use serde_json::{Value, json};
use testkit::mutate::{mutations, prefixes};

use super::csaf::{definitions, documents, leaves_of};
use super::read_named;
use crate::advisories::Advisories;
use crate::document::Document;
use crate::schema::csaf::generic::{self, Reading};
use crate::schema::csaf::service;
use crate::schema::openvex_rows;

/// Record, key, status and version; of rows about ranges nothing is told here.
type Row = [String; 4];

const STATUSES: [(&str, Status); 4] = [
    ("fixed", Status::Fixed),
    ("known_affected", Status::Affected),
    ("known_not_affected", Status::NotAffected),
    ("under_investigation", Status::UnderInvestigation),
];

/// Namespace, kind and name of a purl of the forms in the real documents, and its version.
fn purl_parts(purl: &str, cpe: Option<&str>) -> Option<(String, String)> {
    let (rest, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
    let qualifier = |name: &str| {
        let pair = qualifiers.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.unwrap_or_default().to_owned()
    };
    let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
    let mut version = version.replace("%2B", "+").replace("%2b", "+");
    let (kind, name) = name.strip_prefix("pkg:")?.split_once('/')?;
    let namespace = match (kind, cpe) {
        ("rpm", Some(cpe)) => {
            // `cpe:/o:redhat:enterprise_linux:9::baseos`.
            let fields: Vec<&str> = cpe.split(':').collect();
            let is_rhel = fields.get(2..4)? == ["redhat", "enterprise_linux"];
            let major = fields.get(4)?.split('.').next()?.to_owned();
            if !is_rhel || major.is_empty() {
                return None;
            }
            let epoch = qualifier("epoch");
            if !epoch.is_empty() && epoch != "0" && !version.is_empty() {
                version = format!("{epoch}:{version}");
            }
            let side = if ["src", "nosrc"].contains(&&*qualifier("arch")) { "source" } else { "binary" };
            format!("redhat:{major}|{side}|{}", name.rsplit('/').next()?)
        }
        ("maven", None) => format!("maven|language|{}", name.replacen('/', ":", 1)),
        ("npm", None) => format!("npm|language|{}", name.replace("%40", "@")),
        ("golang", None) => format!("golang|language|{name}"),
        _ => return None,
    };
    Some((namespace, version))
}

fn expected(value: &Value) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let (mut defined, mut leaves) = (BTreeMap::new(), BTreeMap::new());
    definitions(&value["product_tree"], &mut defined, &mut leaves);
    let id = value["document"]["tracking"]["id"].as_str().unwrap();
    let vulnerabilities = value["vulnerabilities"].as_array().map(Vec::as_slice).unwrap_or_default();
    for vulnerability in vulnerabilities {
        let Some(cve) = vulnerability["cve"].as_str() else { continue };
        let record = if cve == id { cve.to_owned() } else { format!("{id}:{cve}") };
        for (list, status) in STATUSES {
            for product in vulnerability["product_status"][list].as_array().into_iter().flatten() {
                let Some(parts) = leaves_of(product.as_str().unwrap(), &defined) else { continue };
                if parts.len() > 2 {
                    continue;
                }
                let helper = |part: &str| &leaves[part]["product_identification_helper"];
                let component = helper(parts[0]);
                let cpe = parts.get(1).map(|part| helper(part)["cpe"].as_str().unwrap_or_default());
                let purls = component["purls"].as_array().cloned().unwrap_or_default();
                for purl in purls.iter().chain([&component["purl"]]).filter_map(Value::as_str) {
                    let Some((key, version)) = purl_parts(purl, cpe) else { continue };
                    if status == Status::Fixed && version.is_empty() {
                        continue;
                    }
                    rows.insert([record.clone(), key, format!("{status:?}"), version]);
                }
            }
        }
    }
    rows
}

#[test]
fn rows_of_real_documents_are_those_of_the_raw_values() {
    let Some(data) = testkit::data::require("rows_of_real_documents_are_those_of_the_raw_values") else {
        return;
    };
    let (mut n_rows, mut n_documents) = (0, 0);
    let mut by_status: BTreeMap<String, usize> = BTreeMap::new();
    for (path, bytes) in documents(&data) {
        let name = path.to_string_lossy().into_owned();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut advisories = Advisories::default();
        let reading = Reading { source: "somebody", is_private: true };
        let is_passed_over = ["draft", "deleted"]
            .contains(&value["document"]["tracking"]["status"].as_str().unwrap_or_default());
        if generic::read(&bytes, reading, &mut advisories).is_err() || is_passed_over {
            continue;
        }
        n_documents += 1;
        let has_ranges = value["product_tree"].to_string().contains("product_version");
        let mut actual = BTreeSet::new();
        for record in advisories.into_namespaces().into_values().flat_map(BTreeMap::into_values) {
            for row in record.affected {
                let is_of_form =
                    !row.key.namespace.as_str().starts_with("cpe:") && record.id.contains("CVE-");
                if !is_of_form
                    || !STATUSES.iter().any(|(_, status)| *status == row.status)
                    || !row.ranges.is_empty()
                {
                    continue;
                }
                let version = row.versions.first().map(ToString::to_string).unwrap_or_default();
                actual.insert([record.id.clone(), row.key.to_string(), format!("{:?}", row.status), version]);
            }
        }
        let expected = expected(&value);
        let missed: Vec<&Row> = expected.difference(&actual).take(3).collect();
        let added: Vec<&Row> = actual.difference(&expected).take(3).collect();
        assert!(
            missed.is_empty() && added.is_empty(),
            "{name}: missed {missed:?}, added {added:?} ({has_ranges})"
        );
        n_rows += actual.len();
        for row in actual {
            *by_status.entry(row[2].clone()).or_default() += 1;
        }
    }
    assert!(
        n_documents > 150 && n_rows > 1_000 && by_status.len() > 2,
        "{n_documents} documents, {by_status:?}"
    );
}

/// What the examples of the standard say of products by CPE, and of versions in words, by their raw values.
#[test]
fn the_examples_of_the_standard_are_read_or_counted() {
    let Some(data) = testkit::data::require("the_examples_of_the_standard_are_read_or_counted") else {
        return;
    };
    let mut n_documents = 0;
    for (path, bytes) in documents(&data) {
        let name = path.to_string_lossy().into_owned();
        if !name.contains("/oasis-examples-") || name.contains("/ROLIE/") || name.contains("/aggregator/") {
            continue;
        }
        n_documents += 1;
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut advisories = Advisories::default();
        generic::read(&bytes, Reading { source: "oasis", is_private: false }, &mut advisories).unwrap();
        let remarks = std::mem::take(&mut advisories.remarks);
        let n_left_out: u64 = remarks.left_out.values().sum();
        let n_rows: usize = advisories
            .into_namespaces()
            .values()
            .flat_map(BTreeMap::values)
            .map(|it| it.affected.len())
            .sum();
        let lists = value["vulnerabilities"].as_array().into_iter().flatten();
        let n_entries: usize = lists
            .flat_map(|it| it["product_status"].as_object().into_iter().flatten())
            .map(|(_, ids)| ids.as_array().map_or(0, Vec::len))
            .sum();
        // Nothing is lost in silence: an entry gives a row, or is like another one, or is counted.
        assert!(n_rows as u64 + n_left_out >= 1 || n_entries == 0, "{name}");
        assert!(
            remarks.unknown_words.keys().all(|word| !word.starts_with("product_status")),
            "{name}: {remarks:?}"
        );
    }
    assert_eq!(n_documents, 22);
}

/// The fixtures of the providers whose documents are of any publisher.
fn fixtures() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = ["csaf", "openvex", "private"].map(testdata).to_vec();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(fs::read(&path).unwrap());
        }
    }
    files
}

fn testdata(provider: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/provider").join(provider)
}

#[test]
fn damaged_documents_are_refused_or_read_and_never_a_panic() {
    let own = [("document.json", "private"), ("document.json", "csaf:www.acme.example")];
    let other = [("document.json", "openvex:https://vex.acme.example/one.json")];
    let services = [
        r#"{"role": "csaf_trusted_provider", "distributions": [{"directory_url": "https://www.acme.example/csaf"},
            {"rolie": {"feeds": [{"url": "https://www.acme.example/rolie.json", "tlp_label": "WHITE"}]}}]}"#,
        r#"{"feed": {"entry": [{"updated": "2025-06-01T00:00:00Z", "content": {"src": "https://www.acme.example/a.json"},
            "link": [{"rel": "hash", "href": "https://www.acme.example/a.json.sha256"}]}]}}"#,
        r#"{"csaf_providers": [{"metadata": {"url": "https://www.acme.example/pmd.json"}}]}"#,
    ];
    let limits = Limits::default();
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("document");
    for text in services {
        for damaged in mutations(text.as_bytes(), 300).chain(prefixes(text.as_bytes()).map(<[u8]>::to_vec)) {
            fs::write(&path, &damaged).unwrap();
            let document =
                Document { url: "https://www.acme.example/x.sha256", path: &path, limits: &limits };
            let is_whole = damaged == text.as_bytes();
            assert!(service::read(&document).is_ok() || !is_whole);
            let _ = service::checksum(&document);
            let _ = service::security_txt(&document);
        }
    }
    let mut n_refused = 0;
    for text in fixtures() {
        for (file, name) in own.iter().chain(&other) {
            let provider = super::provider(name.split(':').next().unwrap());
            for damaged in mutations(&text, 60) {
                n_refused += u32::from(read_named(provider, name, &[(file, &damaged)], &limits).is_err());
            }
            for prefix in prefixes(&text)
                .filter(|prefix| prefix.trim_ascii().len() < text.trim_ascii().len())
                .step_by(7)
            {
                let read = read_named(provider, name, &[(file, prefix)], &limits);
                assert!(read.is_err(), "{name} accepts {} bytes", prefix.len());
            }
        }
        let _ = openvex_rows::index(&text, &mut crate::advisories::Remarks::default());
        let _ = crate::schema::vex_manifest::location(&text);
    }
    assert!(n_refused > 0);
}

#[test]
fn archives_beyond_a_limit_are_refused_by_its_name() {
    let member = ("a.json".to_owned(), fixtures().swap_remove(0));
    let archive = testkit::feeds::zip(&[member]);
    for (limits, limit) in [
        (Limits { entries_max: 0, ..Limits::default() }, "entries_max"),
        (Limits { record_bytes_max: 10, ..Limits::default() }, "record_bytes_max"),
        (Limits { feed_bytes_max: 10, ..Limits::default() }, "feed_bytes_max"),
    ] {
        for (provider, name) in
            [("private", "private"), ("openvex", "openvex:https://vex.acme.example/all.zip")]
        {
            let read = read_named(super::provider(provider), name, &[("all.zip", &archive)], &limits);
            let error = read.unwrap_err().to_string();
            assert!(error.contains(limit), "{error}");
        }
    }
}

#[test]
fn lists_of_more_packages_than_any_real_one_are_refused() {
    let purls = |n_purls: usize| -> Vec<String> {
        (0..n_purls).map(|number| format!("pkg:npm/demo{number}")).collect()
    };
    let document = |products: Vec<Value>, ids: Vec<String>, scores: Vec<Value>| {
        serde_json::json!({"document": {"tracking": {"id": "CVE-2025-10001", "status": "final"}},
            "product_tree": {"full_product_names": products},
            "vulnerabilities": [{"cve": "CVE-2025-10001", "product_status": {"known_affected": ids}, "scores": scores}]})
        .to_string()
    };
    let product = |id: String, purls: Vec<String>| serde_json::json!({"product_id": id, "name": id, "product_identification_helper": {"purls": purls}});
    let read = |text: &str| {
        let mut advisories = Advisories::default();
        let reading = Reading { source: "somebody", is_private: true };
        generic::read(text.as_bytes(), reading, &mut advisories).map(|()| advisories.into_namespaces())
    };
    // One product, listed again and again, is read once.
    let ids = vec!["P".to_owned(); 20_000];
    let namespaces = read(&document(vec![product("P".to_owned(), purls(200))], ids, Vec::new())).unwrap();
    assert_eq!(namespaces.values().next().unwrap()["CVE-2025-10001"].affected.len(), 200);
    // Many products of the same purls are as many packages.
    let ids: Vec<String> = (0..3_000).map(|number| format!("P{number}")).collect();
    let products = ids.iter().map(|id| product(id.clone(), purls(1_000))).collect();
    let error = read(&document(products, ids, Vec::new())).unwrap_err().to_string();
    assert!(error.contains("packages of products"), "{error}");
    // Scores that name no product are about each.
    let scores: Vec<Value> =
        (0..3_000).map(|_| serde_json::json!({"cvss_v3": {"vectorString": "CVSS:3.1/AV:N"}})).collect();
    let ids: Vec<String> = (0..1_000).map(|number| format!("P{number}")).collect();
    let products = ids.iter().map(|id| product(id.clone(), purls(1))).collect();
    let error = read(&document(products, ids, scores)).unwrap_err().to_string();
    assert!(error.contains("packages of products"), "{error}");
}

#[test]
fn what_is_said_of_one_architecture_is_not_said_of_another() {
    let product = |id: &str, arch: &str| {
        let purl = format!("pkg:deb/debian/demo@1.0?distro=debian-12&arch={arch}");
        json!({"name": id, "product_id": id, "product_identification_helper": {"purl": purl}})
    };
    let names = [product("a", "amd64"), product("b", "arm64"), product("c", "all"), product("d", "i386")];
    let text = json!({"document": {"tracking": {"id": "A-1"}}, "product_tree": {"full_product_names": names},
        "vulnerabilities": [{"cve": "CVE-2025-1", "product_status": {"known_affected": ["a", "d"],
            "known_not_affected": ["b"], "under_investigation": ["c"]}}]});
    let mut advisories = Advisories::default();
    let reading = Reading { source: "somebody", is_private: true };
    generic::read(text.to_string().as_bytes(), reading, &mut advisories).unwrap();
    let namespaces = advisories.into_namespaces();
    let rows = &namespaces.values().next().unwrap()["A-1:CVE-2025-1"].affected;
    let row = |row: &model::advisory::Affected| {
        let architectures = row.conditions.as_ref().map(|asked| asked.architectures.join(","));
        format!("{:?} of {}", row.status, architectures.unwrap_or_default())
    };
    let mut rows: Vec<String> = rows.iter().map(row).collect();
    rows.sort();
    assert_eq!(rows, ["Affected of amd64,i386", "NotAffected of arm64", "UnderInvestigation of "]);
}
