//! The elements of every real document that is read are as many as the index of the documents says.
//!
//! The index was counted by other programs, from the documents as text. A document that was brought into the JSON of its
//! model with an element missing, or two, would differ.

use super::super::wire::tree::Tree;
use super::*;

#[test]
fn every_document_has_the_elements_that_the_index_counts() {
    let Some(data) = testkit::data::require("every_document_has_the_elements_that_the_index_counts") else {
        return;
    };
    let index = fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let (mut n_compared, mut differ) = (0, Vec::new());
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, format, _, _, count, ..] = fields[..] else { panic!("{line}") };
        let Ok(count) = count.parse::<usize>() else { continue };
        let name = path.strip_suffix(".zst").unwrap_or(path);
        let bytes = testkit::data::read(&data.join("sboms").join(name));
        let Ok(document) = read(&bytes, &Limits::default()) else { continue };
        let tree: Tree = serde_json::from_str(&document.json).unwrap();
        let found = elements(document.model.name, format, &tree);
        n_compared += 1;
        if found != count {
            differ.push(format!("{path}: {found}, not {count}"));
        }
    }
    assert!(differ.is_empty(), "{} of {n_compared} differ:\n{}", differ.len(), differ.join("\n"));
    assert!(n_compared > 1_000, "only {n_compared} documents were compared");
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
