//! The files that packages own, which are listed where that was asked for.

use serde_json::{Value, json};

use super::*;

/// The SHA-1 of nothing.
const SHA_1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// Two packages that both own `bin/sh`, of which one states the digest, and one that owns nothing.
fn inventory() -> Inventory {
    let package = |name: &str, files: &[&str]| {
        let mut package = Package::new(Ecosystem::Deb, name, "1", format!("pkg:deb/debian/{name}@1"));
        package.files = files.iter().map(|path| OwnedFile::new(*path)).collect();
        package
    };
    let mut packages =
        vec![package("a", &["bin/sh", "etc/a b"]), package("b", &["bin/sh"]), package("c", &[])];
    packages[0].files[0].digests = vec![format!("sha1:{SHA_1}")];
    Inventory::new(Subject { name: "x".to_owned(), ..Subject::default() }, None, packages, Vec::new())
}

fn written(name: &str) -> Value {
    serde_json::from_slice(&write(name, &inventory())).unwrap()
}

#[test]
fn cyclonedx_has_files_as_components_of_their_package() {
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let document = written(&format!("cyclonedx-json@{version}"));
        let nested = [0, 1, 2].map(|index: usize| document["components"][index]["components"].clone());
        let expected = [
            json!([
                {"type": "file", "name": "bin/sh", "hashes": [{"alg": "SHA-1", "content": SHA_1}]},
                {"type": "file", "name": "etc/a b"},
            ]),
            json!([{"type": "file", "name": "bin/sh"}]),
            Value::Null,
        ];
        assert_eq!(nested, expected, "{version}");
    }
}

#[test]
fn files_are_no_loss_and_no_components_of_a_score() {
    let bytes = write("cyclonedx-json", &inventory());
    let validation = validate::validate_bytes(&bytes, None, &Limits::default(), &[]).unwrap();
    let counts: Vec<usize> = validation.scores.iter().map(|score| score.components).collect();
    assert_eq!(counts, [4, 4], "the subject and the packages");
    let document = read(&bytes, &Limits::default()).unwrap();
    for name in ["spdx-json", "spdx-json@3.0"] {
        let losses = document.write(&by_name(name).unwrap(), &OPTIONS, &mut Vec::new()).unwrap();
        let paths: Vec<&str> = losses.iter().map(|loss| loss.path.as_str()).collect();
        assert!(
            paths.iter().all(|path| !path.starts_with("components") && !path.starts_with("dep")),
            "{paths:?}"
        );
    }
}

/// A file of SPDX 2 must state its SHA-1, which is seldom known.
#[test]
fn spdx_2_has_files_as_annotations_of_their_package() {
    for version in ["2.2", "2.3"] {
        let document = written(&format!("spdx-json@{version}"));
        assert_eq!(document.get("files"), None);
        let comments: Vec<&str> = document["packages"][1]["annotations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|annotation| annotation["comment"].as_str().unwrap())
            .collect();
        let digest = format!("plimsoll:file:digest=0 sha1:{SHA_1}");
        assert_eq!(comments, ["plimsoll:file=bin/sh", "plimsoll:file=etc/a b", &digest]);
    }
}

#[test]
fn spdx_3_has_each_file_once_contained_in_its_packages() {
    let document = written("spdx-json@3.0");
    let graph = document["@graph"].as_array().unwrap();
    let of_type = |kind: &str| graph.iter().filter(|element| element["type"] == kind).collect::<Vec<_>>();
    let files: Vec<_> = of_type("software_File").iter().map(|file| file["name"].clone()).collect();
    assert_eq!(files, ["bin/sh", "etc/a b"]);
    let hash = json!([{"type": "Hash", "algorithm": "sha1", "hashValue": SHA_1}]);
    assert_eq!(of_type("software_File")[0]["verifiedUsing"], hash);
    let id = |name: &str| graph.iter().find(|element| element["name"] == name).unwrap()["spdxId"].clone();
    let contains = |from: &str, to: &[&str]| {
        let to: Vec<Value> = to.iter().map(|name| id(name)).collect();
        of_type("Relationship").into_iter().any(|relation| {
            relation["relationshipType"] == "contains"
                && relation["from"] == id(from)
                && relation["to"] == json!(to)
        })
    };
    assert!(contains("a", &["bin/sh", "etc/a b"]) && contains("b", &["bin/sh"]));
}

#[test]
fn listed_files_read_back_and_files_of_other_tools_do_not_count() {
    for name in documents() {
        assert_eq!(read_back(&write(&name, &inventory())), inventory(), "{name}");
    }
    let of_others = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library",
        "name": "a", "purl": "pkg:npm/a@1", "components": [{"type": "file", "name": "x"}]}]}"#;
    let inventory = read_back(of_others.as_bytes());
    assert_eq!((inventory.packages.len(), inventory.packages[0].files.len()), (1, 0));
}
