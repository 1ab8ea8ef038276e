//! CSAF documents, real and damaged, and the providers that publish them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use model::advisory::{RangeEvent, Status};
use model::limits::Limits;
use serde_json::{Value, json};
use testkit::mutate::{mutations, prefixes};

use super::csaf_standing::VEX;
use super::{Namespaces, provider, read_named};
use crate::document::TAR_TIMES;
use crate::error::ParseError;
use crate::schema::csaf::statements::Statements;
use crate::schema::csaf::tree::Products;
use crate::schema::csaf::{Csaf, Text};

/// A document whose products are nested so many times, and the id of the outermost.
fn nested(n: usize) -> (String, String) {
    let mut relationships = Vec::new();
    let mut inner = "platform".to_owned();
    for level in 0..n {
        let id = format!("level:{level}");
        relationships.push(json!({"category": "default_component_of", "product_reference": "libdemo",
            "relates_to_product_reference": inner, "full_product_name": {"name": id, "product_id": id}}));
        inner = id;
    }
    let product = |id: &str| json!({"name": id, "product_id": id});
    let document = json!({"document": {"tracking": {"id": "X"}}, "product_tree": {
        "full_product_names": [product("platform"), product("libdemo")], "relationships": relationships}});
    (document.to_string(), inner)
}

#[test]
fn products_are_nested_five_times_at_most() {
    for (n, n_parts) in [(0, Some(1)), (1, Some(2)), (5, Some(6)), (6, None)] {
        let (document, id) = nested(n);
        let csaf = Csaf::read(document.as_bytes()).unwrap();
        let parts = Products::new(&csaf.product_tree).resolve(&id);
        assert_eq!(parts.map(|parts| parts.len()), n_parts, "{n}");
    }
}

#[test]
fn a_product_inside_itself_and_one_of_many_parts_are_none() {
    let subpaths: Vec<Value> =
        (0..17).map(|_| json!({"category": "installed_on", "next_product_reference": "a"})).collect();
    let document = json!({"document": {"tracking": {"id": "X"}}, "product_tree": {
        "full_product_names": [{"name": "a", "product_id": "a"}],
        "relationships": [{"category": "installed_on", "product_reference": "a", "relates_to_product_reference": "loop",
            "full_product_name": {"name": "loop", "product_id": "loop"}}],
        "product_paths": [{"beginning_product_reference": "a", "subpaths": subpaths,
            "full_product_name": {"name": "long", "product_id": "long"}},
            {"beginning_product_reference": "a", "subpaths": [{"next_product_reference": "a"}],
            "full_product_name": {"name": "short", "product_id": "a:a"}}]}})
    .to_string();
    let csaf = Csaf::read(document.as_bytes()).unwrap();
    let products = Products::new(&csaf.product_tree);
    let n_parts = |id: &str| products.resolve(id).map(|parts| parts.len());
    assert_eq!((n_parts("loop"), n_parts("long"), n_parts("a:a"), n_parts("b")), (None, None, Some(2), None));
}

#[test]
fn an_id_counts_once_a_list_and_statements_about_all_products_are_bounded() {
    let document = |n_scores: usize, ids: &[String]| {
        let score = json!({"cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}});
        json!({"document": {"tracking": {"id": "X"}}, "vulnerabilities": [{
            "scores": vec![score; n_scores], "product_status": {"known_affected": ids}}]})
        .to_string()
    };
    let read = |n_scores: usize, ids: &[String]| -> Result<(Vec<String>, usize), ParseError> {
        let text = document(n_scores, ids);
        let csaf = Csaf::read(text.as_bytes()).unwrap();
        let products = Products::new(&csaf.product_tree);
        let statements = Statements::new(&csaf.vulnerabilities[0], &products)?;
        let (_, ids) = csaf.vulnerabilities[0].statuses().next().unwrap();
        let ids: Vec<String> = ids.iter().map(|id| id.to_string()).collect();
        let n_scores = statements.cvss(&ids[0]).count();
        Ok((ids, n_scores))
    };
    let repeated = ["b", "a", "b", "b", "c", "a"].map(str::to_owned);
    assert_eq!(read(3, &repeated).unwrap(), (["b", "a", "c"].map(str::to_owned).to_vec(), 3));
    let ids: Vec<String> = (0..5_000).map(|n| format!("product:{n}")).collect();
    assert_eq!(read(4_000, &ids).unwrap().1, 4_000);
    assert!(matches!(
        read(4_001, &ids),
        Err(ParseError::Limit { limit: "statements about all products", .. })
    ));
    // Of one id, however often it is repeated, they are few.
    assert_eq!(read(4_001, &vec!["one".to_owned(); 5_000]).unwrap().0.len(), 1);
}

#[test]
fn groups_stand_for_their_products_and_their_number_is_bounded() {
    let document = |n_products: usize, n_remarks: usize| {
        let ids: Vec<String> = (0..n_products).map(|n| format!("p{n}")).collect();
        let flags: Vec<Value> =
            (0..n_remarks).map(|n| json!({"label": format!("l{n}"), "group_ids": ["g", "none"]})).collect();
        json!({"document": {"tracking": {"id": "X"}},
            "product_tree": {"product_groups": [{"group_id": "g", "product_ids": ids}]},
            "vulnerabilities": [{"flags": flags,
                "metrics": [{"content": {"cvss_v4": {"vectorString": "CVSS:4.0/x", "baseScore": 9.1}}, "products": ["p1"]}],
                "threats": [{"category": "impact", "details": "Low"}]}]})
        .to_string()
    };
    let text = document(3, 1);
    let csaf = Csaf::read(text.as_bytes()).unwrap();
    let products = Products::new(&csaf.product_tree);
    let statements = Statements::new(&csaf.vulnerabilities[0], &products).unwrap();
    assert_eq!(statements.justification("p2"), Some("l0"));
    assert_eq!(statements.justification("p3"), None);
    assert_eq!(statements.impact("p3"), Some("Low"), "what names no product is about all");
    let vectors: Vec<&str> = statements.cvss("p1").filter_map(|cvss| cvss.vector_string.as_deref()).collect();
    assert_eq!(vectors, ["CVSS:4.0/x"]);

    let text = document(5_001, 1_000);
    let csaf = Csaf::read(text.as_bytes()).unwrap();
    let products = Products::new(&csaf.product_tree);
    let error = Statements::new(&csaf.vulnerabilities[0], &products).unwrap_err();
    assert!(matches!(error, ParseError::Limit { .. }), "{error}");
}

pub(super) fn documents(data: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![data.join("feeds/csaf")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().trim_end_matches(".zst").ends_with(".json") {
            // The larger ones are kept packed.
            let path = PathBuf::from(path.to_string_lossy().trim_end_matches(".zst"));
            let bytes = testkit::data::read(&path);
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

/// Every definition of a product in `tree`: its id, and what it refers to.
pub(super) fn definitions<'v>(
    tree: &'v Value,
    into: &mut BTreeMap<&'v str, Vec<&'v str>>,
    leaves: &mut BTreeMap<&'v str, &'v Value>,
) {
    for branch in tree["branches"].as_array().into_iter().flatten() {
        definitions(branch, into, leaves);
        if let Some(id) = branch["product"]["product_id"].as_str() {
            into.entry(id).or_default();
            leaves.insert(id, &branch["product"]);
        }
    }
    for product in tree["full_product_names"].as_array().into_iter().flatten() {
        into.entry(product["product_id"].as_str().unwrap()).or_default();
        leaves.insert(product["product_id"].as_str().unwrap(), product);
    }
    for relationship in tree["relationships"].as_array().into_iter().flatten() {
        let of = ["product_reference", "relates_to_product_reference"];
        let parts = of.iter().map(|key| relationship[key].as_str().unwrap()).collect();
        into.insert(relationship["full_product_name"]["product_id"].as_str().unwrap(), parts);
    }
    for path in tree["product_paths"].as_array().into_iter().flatten() {
        let first = path["beginning_product_reference"].as_str().unwrap();
        let next = path["subpaths"].as_array().into_iter().flatten();
        let next = next.map(|subpath| subpath["next_product_reference"].as_str().unwrap());
        into.insert(
            path["full_product_name"]["product_id"].as_str().unwrap(),
            [first].into_iter().chain(next).collect(),
        );
    }
}

pub(super) fn leaves_of<'v>(
    id: &'v str,
    definitions: &BTreeMap<&'v str, Vec<&'v str>>,
) -> Option<Vec<&'v str>> {
    let parts = definitions.get(id)?;
    if parts.is_empty() {
        return Some(vec![id]);
    }
    let parts: Option<Vec<Vec<&str>>> = parts.iter().map(|part| leaves_of(part, definitions)).collect();
    Some(parts?.concat())
}

/// The entries of the lists of statuses: list, id, and the products that it is made of.
type Entries = BTreeMap<String, Vec<(String, String, Option<Vec<String>>)>>;

#[test]
fn entries_of_real_documents_resolve_to_their_components() {
    let Some(data) = testkit::data::require("entries_of_real_documents_resolve_to_their_components") else {
        return;
    };
    let (mut actual, mut expected) = (Entries::new(), Entries::new());
    let (mut n_documents, mut n_refused) = (0, 0);
    for (path, bytes) in documents(&data) {
        let name = path.to_string_lossy().into_owned();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let has_head = value["document"]["tracking"]["id"].is_string();
        let Ok(csaf) = Csaf::read(&bytes) else {
            // Those that test the validity of documents break its shape on purpose.
            assert!(!has_head || name.contains("oasis-validator"), "{name}: {:?}", Csaf::read(&bytes).err());
            n_refused += 1;
            continue;
        };
        n_documents += 1;
        let products = Products::new(&csaf.product_tree);
        let (mut defined, mut leaves) = (BTreeMap::new(), BTreeMap::new());
        definitions(&value["product_tree"], &mut defined, &mut leaves);
        for vulnerability in &csaf.vulnerabilities {
            Statements::new(vulnerability, &products).unwrap();
            for (list, ids) in &vulnerability.product_status {
                for id in ids.iter().flatten() {
                    let parts = products.resolve(id).map(|parts| {
                        parts.iter().map(|part| part.product_id.to_string()).collect::<Vec<_>>()
                    });
                    actual.entry(name.clone()).or_default().push((list.to_string(), id.to_string(), parts));
                }
            }
        }
        for vulnerability in value["vulnerabilities"].as_array().into_iter().flatten() {
            for (list, ids) in vulnerability["product_status"].as_object().into_iter().flatten() {
                for id in ids.as_array().into_iter().flatten() {
                    let id = id.as_str().unwrap();
                    let parts = leaves_of(id, &defined).filter(|parts| parts.len() <= 6);
                    let parts = parts.map(|parts| parts.into_iter().map(str::to_owned).collect());
                    expected.entry(name.clone()).or_default().push((list.clone(), id.to_owned(), parts));
                }
            }
        }
    }
    let sorted = |mut entries: Entries| {
        entries.values_mut().for_each(|entries| entries.sort());
        entries
    };
    let (actual, expected) = (sorted(actual), sorted(expected));
    for (name, entries) in &expected {
        assert!(actual.get(name) == Some(entries), "{name}");
    }
    assert_eq!(actual.len(), expected.len());
    let n_components =
        actual.values().flatten().filter(|(_, _, parts)| parts.as_ref().is_some_and(|it| it.len() > 1));
    assert!(n_documents > 200 && n_refused > 0 && n_components.count() > 10_000);
}

/// Whether `value` is a VEX document of Red Hat.
fn is_red_hat_vex(value: &Value) -> bool {
    let document = &value["document"];
    document["publisher"]["namespace"] == "https://www.redhat.com"
        && document["tracking"]["id"].as_str().is_some_and(|id| id.starts_with("CVE-"))
}

/// (namespace, record, kind, name, status, build, channel) of the rows that `value` should give, told from the raw
/// values: the document's ids split where the real ones can be, and its CPEs by their text.
fn red_hat_rows(value: &Value) -> BTreeSet<[String; 7]> {
    let (mut defined, mut leaves) = (BTreeMap::new(), BTreeMap::new());
    definitions(&value["product_tree"], &mut defined, &mut leaves);
    let mut rows = BTreeSet::new();
    let mut sources = Vec::new();
    for vulnerability in value["vulnerabilities"].as_array().unwrap() {
        for (list, ids) in vulnerability["product_status"].as_object().into_iter().flatten() {
            for id in ids.as_array().unwrap() {
                let Some(parts) = leaves_of(id.as_str().unwrap(), &defined).filter(|parts| parts.len() > 1)
                else {
                    continue;
                };
                let (component, product) = (leaves[parts[0]], leaves[parts[parts.len() - 1]]);
                let cpe = product["product_identification_helper"]["cpe"].as_str().unwrap_or_default();
                let cpe: Vec<&str> = cpe.split(':').collect();
                let channel = match cpe.get(3).copied() {
                    Some("enterprise_linux") => String::new(),
                    Some("rhel_eus" | "rhel_aus" | "rhel_tus" | "rhel_e4s" | "rhel_els") => {
                        format!("{}:{}", &cpe[3][5..], cpe[4])
                    }
                    _ => continue,
                };
                let namespace = format!("redhat:{}", cpe[4].split('.').next().unwrap());
                let purl = component["product_identification_helper"]["purl"].as_str();
                let written = component["product_id"].as_str().unwrap();
                let name = match purl {
                    Some(purl) => {
                        let Some(rest) = purl.strip_prefix("pkg:rpm/redhat/") else { continue };
                        rest.split(['@', '?']).next().unwrap().replace("%2B", "+")
                    }
                    None if written.contains(':') => written.split_once('/').unwrap().1.to_owned(),
                    None if written.contains('/') => continue,
                    None => written.to_owned(),
                };
                if name.ends_with("-debuginfo") || name.ends_with("-debugsource") {
                    continue;
                }
                let build = purl.and_then(|purl| purl.split_once('@')).map(|(_, rest)| {
                    rest.split('?')
                        .next()
                        .unwrap()
                        .replace("%2B", "+")
                        .replace("%7E", "~")
                        .replace("%5E", "^")
                });
                let build = build.filter(|build| build.contains('-'));
                let row = |kind: &str, status: &str, build: &str| {
                    [&namespace, vulnerability["cve"].as_str().unwrap(), kind, &name, status, build, &channel]
                        .map(str::to_owned)
                };
                match (list.as_str(), build) {
                    ("fixed", Some(build)) if purl.unwrap().contains("arch=src") => {
                        sources.push(row("source", "Affected", &build));
                    }
                    ("fixed", Some(build)) => drop(rows.insert(row("binary", "Affected", &build))),
                    ("known_not_affected", Some(_)) => {}
                    (_, None) => {
                        let status = match list.as_str() {
                            "known_affected" => "Affected",
                            "known_not_affected" => "NotAffected",
                            _ => "UnderInvestigation",
                        };
                        rows.insert(row("source", status, ""));
                        rows.insert(row("binary", status, ""));
                    }
                    other => panic!("{other:?} {id}"),
                }
            }
        }
    }
    let fixed: BTreeSet<(String, String, String)> = rows
        .iter()
        .filter(|row| row[2] == "binary" && !row[5].is_empty())
        .map(|row| (row[0].clone(), row[3].clone(), row[6].clone()))
        .collect();
    sources.retain(|row| !fixed.contains(&(row[0].clone(), row[3].clone(), row[6].clone())));
    rows.extend(sources);
    rows
}

fn rows_of(namespaces: &Namespaces) -> BTreeSet<[String; 7]> {
    let mut rows = BTreeSet::new();
    for (namespace, records) in namespaces {
        for record in records.values() {
            for affected in &record.affected {
                let fixed =
                    affected.ranges.iter().flat_map(|range| &range.events).find_map(|event| match event {
                        RangeEvent::Fixed(version) => Some(version.to_string()),
                        _ => None,
                    });
                let build = fixed.unwrap_or_default();
                // The raw purl has the epoch elsewhere.
                let build = build.split_once(':').map_or(build.clone(), |(_, build)| build.to_owned());
                let channel =
                    affected.conditions.as_ref().and_then(|it| it.channel.as_deref()).unwrap_or_default();
                rows.insert([
                    namespace.to_string(),
                    record.id.clone(),
                    affected.key.kind.as_str().to_owned(),
                    affected.key.name.to_string(),
                    format!("{:?}", affected.status),
                    build,
                    channel.to_owned(),
                ]);
                assert_ne!(affected.status, Status::Fixed);
            }
        }
    }
    rows
}

#[test]
fn rows_of_real_red_hat_documents_are_those_of_the_raw_values() {
    let Some(data) = testkit::data::require("rows_of_real_red_hat_documents_are_those_of_the_raw_values")
    else {
        return;
    };
    let limits = Limits::default();
    let (mut n_documents, mut n_rows, mut n_channel) = (0, 0, 0);
    for (path, bytes) in documents(&data) {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        if !is_red_hat_vex(&value) {
            continue;
        }
        n_documents += 1;
        let expected = red_hat_rows(&value);
        let (namespaces, remarks) =
            read_named(provider("redhat"), "redhat", &[("cve.json", &bytes)], &limits).unwrap();
        assert_eq!(remarks.n_unreadable, 0, "{}: {:?}", path.display(), remarks.unreadable);
        assert_eq!(remarks.unknown_words, BTreeMap::new(), "{}", path.display());
        let actual = rows_of(&namespaces);
        let differing: Vec<_> = actual.symmetric_difference(&expected).take(10).collect();
        assert_eq!(differing, Vec::<&[String; 7]>::new(), "{}", path.display());
        n_rows += actual.len();
        n_channel += actual.iter().filter(|row| !row[6].is_empty()).count();
    }
    assert!(n_documents > 40 && n_rows > 500 && n_channel > 0, "{n_documents} {n_rows} {n_channel}");
}

#[test]
fn an_archive_beyond_a_limit_is_refused_by_its_name() {
    let member = |n: usize| (format!("2025/cve-2025-{n}.json"), VEX.to_owned());
    // A file of a tar archive takes 512 bytes more, and room up to the next 512.
    let whole = archive(&(0..20).map(member).collect::<Vec<_>>());
    let read = |limits: &Limits| {
        read_named(provider("redhat"), "redhat", &[("csaf_vex_2025-06-01.tar.zst", &whole)], limits)
    };
    let unpacked = zstd::decode_all(&*whole).unwrap().len() as u64;
    let enough = Limits { feed_bytes_max: unpacked.div_ceil(TAR_TIMES), ..Limits::default() };
    assert_eq!(read(&enough).unwrap().0.len(), 1);
    for (limits, name) in [
        (Limits { entries_max: 19, ..Limits::default() }, "entries_max"),
        (Limits { record_bytes_max: 10, ..Limits::default() }, "record_bytes_max"),
        (Limits { feed_bytes_max: unpacked / TAR_TIMES - 1, ..Limits::default() }, "feed_bytes_max"),
    ] {
        let error = read(&limits).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn lists_of_changes_are_read_quoted_and_plain_and_bounded() {
    let limits = Limits { entries_max: 2, ..Limits::default() };
    let read =
        |text: &str| read_named(provider("redhat"), "redhat", &[("changes.csv", text.as_bytes())], &limits);
    let line = "2025/cve-2025-1.json,2025-06-02T10:00:00Z\n";
    let quoted = "\"2025/cve-2025-2.json\",\"2025-06-02T10:00:00.5+02:00\"\n";
    assert!(read(&format!("{line}{quoted}")).is_ok());
    for (text, why) in [
        (format!("{line}{line}{quoted}"), "entries_max"),
        (line.replace(".json", ".txt"), "no document"),
        (line.replace("2025/", "/etc/"), "no document"),
        (line.replace("2025/", "2025/../"), "no document"),
        (line.replace("2025/", "https://x.example/"), "no document"),
        (line.replace("T10", " at 10"), "no time"),
        ("2025/cve-2025-1.json\n".to_owned(), "without"),
        ("<html>".to_owned(), "page"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn texts_are_borrowed_where_they_can_be() {
    let texts: Vec<Text<'_>> = serde_json::from_str(r#"["plain","esc\u0061ped"]"#).unwrap();
    assert!(matches!(texts[0].0, std::borrow::Cow::Borrowed("plain")));
    assert_eq!(&*texts[1], "escaped");
}

/// A tar archive of `members`, packed with zstd.
pub(super) fn archive(members: &[(String, String)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    zstd::encode_all(&*tar.into_inner().unwrap(), 3).unwrap()
}

#[test]
fn a_cut_archive_is_refused_and_a_damaged_document_is_counted() {
    let limits = Limits::default();
    let read = |name: &str, bytes: &[u8]| read_named(provider("redhat"), "redhat", &[(name, bytes)], &limits);
    let whole = archive(&[("2025/cve-2025-10001.json".to_owned(), VEX.to_owned())]);
    assert_eq!(read("csaf_vex_2025-06-01.tar.zst", &whole).unwrap().0.len(), 1);
    for prefix in prefixes(&whole).filter(|prefix| prefix.len() < whole.len()) {
        assert!(read("csaf_vex_2025-06-01.tar.zst", prefix).is_err(), "{} bytes", prefix.len());
    }
    for prefix in prefixes(VEX.as_bytes()).filter(|prefix| !prefix.is_empty() && prefix.len() < VEX.len()) {
        let (namespaces, remarks) = read("cve-2025-10001.json", prefix).unwrap();
        assert_eq!((namespaces.len(), remarks.n_unreadable), (0, 1));
    }
    for mutation in mutations(VEX.as_bytes(), 400) {
        let _ = read("cve-2025-10001.json", &mutation);
    }
    for mutation in mutations(&whole, 200) {
        let _ = read("csaf_vex_2025-06-01.tar.zst", &mutation);
    }
}
