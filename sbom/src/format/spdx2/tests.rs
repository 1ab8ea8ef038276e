//! Real documents in every syntax of SPDX 2, and bad ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::limits::Limits;

use super::super::wire::tree::Tree;
use super::super::{Document, DocumentError, WriteOptions, by_name, read};

const OPTIONS: WriteOptions<'_> =
    WriteOptions { tool_version: "0.0.0-test", created: jiff::Timestamp::constant(1_700_000_000, 5) };

/// In debug builds only documents up to this size are written and read again, for the sake of time.
const BYTES_MAX: usize = if cfg!(debug_assertions) { 300 << 10 } else { usize::MAX };

/// A document of the index.
struct Entry {
    path: String,
    format: String,
    components: String,
    is_invalid: bool,
    bytes: Vec<u8>,
}

/// The documents of the index of which `wanted` holds the format.
fn entries(data: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<Entry> {
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let lines = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    lines
        .filter(|fields| wanted(fields[1]))
        .map(|fields| Entry {
            path: fields[0].to_owned(),
            format: fields[1].to_owned(),
            components: fields[4].to_owned(),
            is_invalid: fields[5] == "invalid",
            bytes: bytes(data, fields[0]),
        })
        .collect()
}

fn bytes(data: &Path, path: &str) -> Vec<u8> {
    let path: PathBuf = data.join("sboms").join(path.strip_suffix(".zst").unwrap_or(path));
    testkit::data::read(&path)
}

fn parse(bytes: &[u8]) -> Result<Document<'_>, DocumentError> {
    read(bytes, &Limits::default())
}

/// The document's JSON, with the members of objects sorted: their order says nothing.
fn tree(bytes: &[u8]) -> Tree {
    sorted(serde_json::from_str(&parse(bytes).unwrap().json).unwrap())
}

fn sorted(tree: Tree) -> Tree {
    match tree {
        Tree::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, sorted(value)));
            Tree::Object(members.collect::<BTreeMap<_, _>>().into_iter().collect())
        }
        Tree::List(elements) => Tree::List(elements.into_iter().map(sorted).collect()),
        tree => tree,
    }
}

/// `document` in the format called `name`.
fn written(document: &Document<'_>, name: &str) -> Vec<u8> {
    let mut written = Vec::new();
    document.write(&by_name(name).unwrap(), &OPTIONS, &mut written).unwrap();
    written
}

#[test]
fn zz_same() {
    let Some(data) = testkit::data::require("probe") else { return };
    let root = data.join("sboms");
    let sets: &[(&str, &[&str])] = &[
        ("spdx-tools-python/data/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXYAMLExample-v2.3.spdx.yaml", "SPDXRdfExample-v2.3.spdx.rdf.xml", "SPDXTagExample-v2.3.spdx"]),
        ("spdx-tools-python/data/", &["SPDXYAMLExample-v2.2.spdx.yaml", "SPDXTagExample-v2.2.spdx"]),
        ("spdx-ntia-checker/data/no_elements_missing/", &["SPDXYAMLExample-v2.3.spdx.yaml", "SPDXRdfExample-v2.3.spdx.rdf.xml", "SPDXXMLExample-v2.3.spdx.xml", "SPDXTagExample-v2.3.spdx"]),
        ("spdx-ntia-checker/data/missing_dependency_relationships/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXXMLExample-v2.3.spdx.xml", "SPDXTagExample-v2.3.spdx"]),
        ("spdx-ntia-checker/data/missing_supplier_name/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXRdfExample-v2.3.spdx.rdf.xml", "SPDXXMLExample-v2.3.spdx.xml"]),
        ("spdx-ntia-checker/data/missing_timestamp/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXXMLExample-v2.3.spdx.xml", "SPDXTagExample-v2.3.spdx", "SPDXYAMLExample-v2.3.spdx.yaml"]),
        ("spdx-ntia-checker/data/missing_concluded_license/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXRdfExample-v2.3.spdx.rdf.xml", "SPDXTagExample-v2.3.spdx"]),
        ("spdx-ntia-checker/data/missing_component_version/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXRdfExample-v2.3.spdx.rdf.xml", "SPDXYAMLExample-v2.3.spdx.yaml"]),
        ("spdx-ntia-checker/data/missing_author_name/", &["SPDXJSONExample-v2.3.spdx.json", "SPDXYAMLExample-v2.3.spdx.yaml"]),
        ("spdx-ntia-checker/doc_fest/SourceAuditor/", &["AppBomInation-SourceAndDependency.spdx (1).json", "AppBomInation-SourceAndDependency.spdx.yaml", "AppBomInation-SourceAndDependency.spdx.rdf.xml", "AppBomInation-SourceAndDependency.spdx.tag"]),
        ("spdx-ntia-checker/doc_fest/SourceAuditor/", &["AppBomInation-SourceOnly.spdx.yaml", "AppBomInation-SourceOnly.spdx.rdf.xml"]),
        ("spdx-ntia-checker/doc_fest/SourceAuditor/", &["pyyamll-6.spdx.yaml", "pyyamll-6.spdx.rdf.xml", "pyyamll-6.spdx.tag"]),
        ("spdx-ntia-checker/doc_fest/SourceAuditor/", &["SourceAuditor-time-1.9.spdx.tag", "SourceAuditor-time-1.9.spdx.rdf.xml"]),
    ];
    let canon = |name: &str, tree: Tree| -> std::collections::BTreeSet<String> {
        let mut set = std::collections::BTreeSet::new();
        let tree = sorted(tree);
        for (member, value) in tree.members() {
            match value {
                Tree::List(elements) => for element in elements {
                    let id = element.get("SPDXID").or(element.get("licenseId")).map(ToString::to_string).unwrap_or_default();
                    match element {
                        Tree::Object(members) if !id.is_empty() => for (m, v) in members {
                            match v { Tree::List(l) => for l in l { set.insert(format!("{member}[{id}].{m}[]={l}")); }, v => { set.insert(format!("{member}[{id}].{m}={v}")); } }
                        },
                        other => { set.insert(format!("{member}[]={other}")); }
                    }
                },
                v => { set.insert(format!("{member}={v}")); }
            }
        }
        let _ = name;
        set
    };
    for (dir, names) in sets {
        println!("=== {dir} {names:?}");
        let trees: Vec<_> = names.iter().filter_map(|name| {
            let bytes = testkit::data::read(&root.join(format!("{dir}{name}")));
            match parse(&bytes) { Ok(d) => Some((name, canon(name, serde_json::from_str(&d.json).unwrap()))), Err(e) => { println!("REFUSED {name} {e}"); None } }
        }).collect();
        for (name, tree) in &trees[1..] {
            println!("  --- {} vs {name}: {} {}", trees[0].0, trees[0].1.len(), tree.len());
            for x in trees[0].1.difference(tree).take(12) { println!("   - {}", x.chars().take(220).collect::<String>()); }
            for x in tree.difference(&trees[0].1).take(12) { println!("   + {}", x.chars().take(220).collect::<String>()); }
        }
    }
}
