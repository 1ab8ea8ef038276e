//! The elements of every real document that is read are as many as the index of the documents says.
//!
//! The index was counted by other programs, from the documents as text. A document that was brought into the JSON of its
//! model with an element missing, or two, would differ.

use super::super::wire::tree::Tree;
use super::*;

/// What the index counts nothing in, and what is in it that can be counted in the text.
const UNCOUNTED: &[(&str, Option<&str>)] = &[
    ("JSON other", None),
    ("SPDX RDF/XML", Some(r"<(\w+:)?Package[\s>]")),
    ("SPDX XML", Some("<packages>")),
    ("in-toto envelope", None),
    ("json (not parsable)", None),
    ("other", Some("(?m)^pkg:")),
];

/// Documents that are refused and yet counted: packed in a way that is not unpacked, or as [`REFUSED`] says. The index calls
/// the others invalid.
fn is_refused(path: &str, validity: &str, error: &DocumentError) -> bool {
    let is_packed = (path.ends_with(".bz2") && error.to_string().contains("bzip2 stream"))
        || (path.ends_with(".xz") && error.to_string().contains("xz stream"));
    validity == "invalid" || is_packed || REFUSED.iter().any(|(refused, _)| *refused == path)
}

/// Every document of the index has as many elements as it counts, or a reason why it is not compared.
#[test]
fn every_document_has_the_elements_that_the_index_counts() {
    let Some(data) = testkit::data::require("every_document_has_the_elements_that_the_index_counts") else {
        return;
    };
    let index = fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let (mut n_compared, mut n_in_text, mut differ) = (0, 0, Vec::new());
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, format, _, _, count, validity] = fields[..] else { panic!("{line}") };
        let name = path.strip_suffix(".zst").unwrap_or(path);
        let bytes = testkit::data::read(&data.join("sboms").join(name));
        let document = read(&bytes, &Limits::default());
        let count = match count.parse::<usize>() {
            Ok(count) => count,
            Err(_) => {
                let known = UNCOUNTED.iter().find(|(uncounted, _)| *uncounted == format);
                let (_, pattern) = known.unwrap_or_else(|| panic!("{line}"));
                let (Some(pattern), Ok(_)) = (pattern, &document) else { continue };
                n_in_text += 1;
                let text = std::str::from_utf8(&bytes).unwrap();
                regex::Regex::new(pattern).unwrap().find_iter(text).count()
            }
        };
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                assert!(is_refused(path, validity, &error), "{path}: {error}");
                continue;
            }
        };
        let tree: Tree = serde_json::from_str(&document.json).unwrap();
        let found = elements(document.model.name, format, &tree);
        n_compared += 1;
        if found != count {
            differ.push(format!("{path}: {found}, not {count}"));
        }
    }
    assert!(differ.is_empty(), "{} of {n_compared} differ:\n{}", differ.len(), differ.join("\n"));
    assert!(
        n_compared > 1_150 && n_in_text > 20,
        "only {n_compared} and {n_in_text} documents were compared"
    );
}

/// The elements of `tree`, counted as the index counts those of a format.
fn elements(model: &str, format: &str, tree: &Tree) -> usize {
    let list = |name| tree.get(name).map_or(0, |list| list.elements().len());
    match model {
        // Every element that is called a component, wherever it lies.
        "CycloneDX" if format.ends_with("XML") => components(tree),
        "CycloneDX" => list("components"),
        "SPDX" if tree.get("@graph").is_some() => {
            let is_package = |element: &&Tree| {
                element.get("type").and_then(Tree::as_str).is_some_and(|kind| kind.ends_with("Package"))
            };
            tree.get("@graph").map_or(0, |graph| graph.elements().iter().filter(is_package).count())
        }
        // Those that state a version, be it none.
        "SPDX" if format.ends_with("YAML") => {
            let packages = tree.get("packages").map_or(&[][..], Tree::elements);
            packages.iter().filter(|package| package.get("versionInfo").is_some()).count()
        }
        "SPDX" => list("packages"),
        "Syft" => list("artifacts"),
        "package URLs" => tree.elements().len(),
        other => panic!("{other} is not counted"),
    }
}

/// How many components are in `tree`, at whatever depth.
fn components(tree: &Tree) -> usize {
    match tree {
        Tree::List(elements) => elements.iter().map(components).sum(),
        Tree::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let here = match (name.as_str(), value) {
                    ("components" | "ancestors" | "descendants" | "variants", Tree::List(list)) => list.len(),
                    ("component", Tree::Object(_)) => 1,
                    _ => 0,
                };
                here + components(value)
            })
            .sum(),
        _ => 0,
    }
}
