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
fn zz_probe() {
    let Some(data) = testkit::data::require("probe") else { return };
    for entry in entries(&data, &|format| format.starts_with("SPDX tag")) {
        let document = match parse(&entry.bytes) {
            Ok(document) => document,
            Err(error) => { println!("REFUSED {} {error}", entry.path); continue; }
        };
        let n = serde_json::from_str::<Tree>(&document.json).unwrap().get("packages").map_or(0, |p| p.elements().len());
        let mut leaves = Vec::new();
        serde_json::from_str::<Tree>(&document.json).unwrap().leaves(&mut |path, value| if path.contains("plimsoll") { leaves.push(format!("{path}={value}")) });
        println!("{} {} inv {} tree {n} index {} {:?}", entry.path, document.format, document.inventory.packages.len(), entry.components, leaves);
        let again = written(&document, &format!("spdx-tag-value@{}", if document.version == "2.3" { "2.3" } else { "2.2" }));
        let text = String::from_utf8_lossy(&again);
        let n = text.lines().filter(|line| line.starts_with("# plimsoll: {")).count();
        if n > 0 { println!("   comments {n} {:?}", text.lines().find(|line| line.starts_with("# plimsoll: {")).map(|l| l.chars().take(300).collect::<String>())); }
        if document.version == "2.1" { continue; }
        if tree(&again) != tree(&entry.bytes) { println!("   DIFFERS"); std::fs::write("/tmp/w/t-spdx2/a.json", serde_json::to_string_pretty(&tree(&entry.bytes)).unwrap()).unwrap(); std::fs::write("/tmp/w/t-spdx2/b.json", serde_json::to_string_pretty(&tree(&again)).unwrap()).unwrap(); std::fs::write("/tmp/w/t-spdx2/b.tag", &again).unwrap();}
    }
}
