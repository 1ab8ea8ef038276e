//! The law of the family, on what was merged.

use std::cell::RefCell;

use crate::merge::{Input, merge};

use super::*;

fn input(document: &str, inventory: &Inventory) -> Input {
    Input { place: document.to_owned(), document: document.to_owned(), inventory: inventory.clone() }
}

/// Each inventory with the one before it, which may have been merged itself.
#[test]
fn what_was_merged_reads_back_as_written() {
    let before = RefCell::new(image());
    for_inventories(if cfg!(debug_assertions) { 60 } else { 2_000 }, |inventory| {
        let both = [input("sha256:a", inventory), input("sha256:b", &before.borrow())];
        let backwards = both.iter().rev().cloned().collect();
        let merged = merge(both.to_vec(), None, 1_000).unwrap().inventory;
        assert_eq!(merge(backwards, None, 1_000).unwrap().inventory, merged);
        let n_packages = inventory.packages.len() + before.borrow().packages.len();
        assert!(merged.packages.len() == n_packages || *inventory == *before.borrow());
        for name in documents() {
            let bytes = write(&name, &merged);
            assert_eq!(read_back(&bytes), merged, "{name}");
        }
        before.replace(inventory.clone());
    });
}

/// What another reader sees: a component for each part, and references that each occur once.
#[test]
fn a_merged_document_names_its_parts() {
    let mut other = image();
    other.subject.name = "source".to_owned();
    other.distro = None;
    let inputs = vec![input("sha256:a", &image()), input("sha256:b", &other)];
    let merged = merge(inputs, Some("both"), 1_000).unwrap().inventory;

    let document: serde_json::Value = serde_json::from_slice(&write("cyclonedx-json", &merged)).unwrap();
    assert_eq!(document["metadata"]["component"]["name"], "both");
    let components = document["components"].as_array().unwrap();
    let mut references: Vec<&str> =
        components.iter().map(|component| component["bom-ref"].as_str().unwrap()).collect();
    let shown: Vec<&str> = references.iter().take(3).copied().collect();
    assert_eq!(shown, ["part", "distro", "part-2"]);
    references.sort_unstable();
    references.dedup();
    assert_eq!(references.len(), components.len());

    let document: serde_json::Value = serde_json::from_slice(&write("spdx-json", &merged)).unwrap();
    let relationships = document["relationships"].as_array().unwrap();
    let contained = |by: &str| {
        let contains = |relation: &&serde_json::Value| {
            relation["relationshipType"] == "CONTAINS" && relation["spdxElementId"] == by
        };
        relationships.iter().filter(contains).count()
    };
    let counts = ["SPDXRef-Subject", "SPDXRef-Part-1", "SPDXRef-Part-2"].map(contained);
    assert_eq!(counts, [2, 3, 2], "two parts; a distribution and two packages; two packages");
}

/// A document whose parts were cut out by somebody else says so.
#[test]
fn a_part_that_is_missing_is_a_gap() {
    let mut other = image();
    other.subject.name = "other".to_owned();
    let inputs = vec![input("sha256:a", &image()), input("sha256:b", &other)];
    let merged = merge(inputs, None, 1_000).unwrap().inventory;
    let mut document: serde_json::Value = serde_json::from_slice(&write("cyclonedx-json", &merged)).unwrap();
    document["components"].as_array_mut().unwrap().retain(|component| component["bom-ref"] != "part-2");
    let read = read_back(&serde_json::to_vec(&document).unwrap());
    assert_eq!(read.parts.len(), 1);
    let missing = read.gaps.iter().filter(|gap| gap.detail == "its part `part-2` is not in the document");
    assert_eq!(missing.count(), 3, "{:?}", read.gaps);
}
