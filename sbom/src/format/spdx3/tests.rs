//! SPDX 3: the law, the schema, real documents and broken ones.

use std::cell::Cell;

use model::inventory::Inventory;
use model::limits::Limits;

use super::super::tests::generated::for_inventories;
use super::super::wire::tree::Tree;
use super::super::{WriteOptions, by_name, read};

const OPTIONS: WriteOptions<'_> =
    WriteOptions { tool_version: "0.0.0-test", created: jiff::Timestamp::constant(1_700_000_000, 5) };

fn write(name: &str, inventory: &Inventory) -> Vec<u8> {
    let mut bytes = Vec::new();
    by_name(name).unwrap().write(inventory, &OPTIONS, &mut bytes).unwrap();
    bytes
}

#[test]
fn every_inventory_reads_back_as_written_and_conforms() {
    let schema = testkit::data::require("every_inventory_reads_back_as_written_and_conforms").map(|data| {
        let path = data.join("schemas/spdx/3.0.1/spdx-schema.json");
        let schema = serde_json::from_slice(&testkit::data::read(&path)).unwrap();
        jsonschema::options().build(&schema).unwrap()
    });
    let count = Cell::new(0);
    for_inventories(200, |inventory| {
        let bytes = write("spdx-json@3.0", inventory);
        assert_eq!(bytes, write("spdx-json@3.0", inventory));
        let document = read(&bytes, &Limits::default()).unwrap();
        assert_eq!(document.inventory, *inventory);
        assert_eq!(document.format, "SPDX 3.0.1 JSON-LD");
        count.set(count.get() + 1);
        // The official schema tries each class on each element, which takes its time.
        if let Some(schema) = schema.as_ref().filter(|_| count.get() % 20 == 0) {
            let document = serde_json::from_slice(&bytes).unwrap();
            let error = schema.iter_errors(&document).next().map(|error| error.to_string());
            assert_eq!(error, None);
        }
    });
}

/// How many elements are packages by class alone, and how many of those an inventory leaves out.
fn expected(document: &Tree) -> (usize, usize) {
    let elements = document.get("@graph").map_or(std::slice::from_ref(document), Tree::elements);
    let class = |element: &Tree| element.get("type").map(Tree::to_string).unwrap_or_default();
    let has = |element: &Tree, name: &str| element.get(name).is_some();
    let packages: Vec<_> = elements.iter().filter(|element| class(element).ends_with("Package")).collect();
    let id = |element: &Tree| element.get("spdxId").map(Tree::to_string).unwrap_or_default();
    let text = |tree: &Tree| tree.as_str().map(str::to_owned);
    let roots: Vec<String> = elements
        .iter()
        .filter_map(|element| element.get("rootElement"))
        .flat_map(|roots| roots.elements().iter().chain(Some(roots)))
        .filter_map(text)
        .collect();
    let generating: Vec<String> = elements
        .iter()
        .filter(|element| element.get("relationshipType").and_then(Tree::as_str) == Some("generates"))
        .filter_map(|element| element.get("from").and_then(text))
        .collect();
    let purpose =
        |element: &Tree| element.get("software_primaryPurpose").map(Tree::to_string).unwrap_or_default();
    let left_out = packages.iter().filter(|package| {
        let names_itself = has(package, "software_packageUrl") || has(package, "externalIdentifier");
        roots.contains(&id(package)) && !names_itself
            || generating.contains(&id(package))
            || matches!(purpose(package).as_str(), "operatingSystem" | "file")
    });
    (packages.len(), left_out.count())
}

#[test]
fn every_real_document_is_read_and_nothing_of_it_is_lost() {
    let Some(data) = testkit::data::require("every_real_document_is_read_and_nothing_of_it_is_lost") else {
        return;
    };
    let data = data.join("sboms");
    let index = String::from_utf8(testkit::data::read(&data.join("index.tsv"))).unwrap();
    let (mut n_documents, mut n_fewer) = (0, 0);
    for line in index.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        if fields.get(1) != Some(&"SPDX 3 JSON-LD") {
            continue;
        }
        n_documents += 1;
        let (path, components): (_, usize) = (fields[0], fields[4].parse().unwrap());
        let bytes = testkit::data::read(&data.join(path.strip_suffix(".zst").unwrap_or(path)));
        let document = read(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let before: Tree = serde_json::from_str(&document.json).unwrap();
        let (n_packages, n_left_out) = expected(&before);
        let n_seen = document.inventory.packages.len();
        assert_eq!(n_packages, components, "{path}");
        assert!(
            n_seen <= components && n_seen + n_left_out >= components,
            "{path}: {n_seen} of {components}"
        );
        if n_seen != components {
            n_fewer += 1;
        }

        let mut rewritten = Vec::new();
        let choice = by_name("spdx-json@3.0").unwrap();
        assert_eq!(document.write(&choice, &OPTIONS, &mut rewritten).unwrap(), []);
        let again = read(&rewritten, &Limits::default()).unwrap();
        assert_eq!(serde_json::from_str::<Tree>(&again.json).unwrap(), before, "{path}");
        assert_eq!(again.inventory, document.inventory, "{path}");
        for name in ["cyclonedx-json@1.6", "spdx-json@3.0"] {
            let bytes = write(name, &document.inventory);
            let converted = read(&bytes, &Limits::default()).unwrap();
            assert_eq!(converted.inventory, document.inventory, "{path} as {name}");
        }
    }
    // Where the only package is what the document is about, it is the subject.
    assert!(n_fewer < n_documents, "{n_fewer}");
    assert!(n_documents >= 60, "{n_documents}");
}

const FOREIGN: &str = r#"{
  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
  "@graph": [
    {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "createdUsing": ["urn:t"]},
    {"type": "Tool", "spdxId": "urn:t", "name": "maker-1.2"},
    {"type": "SpdxDocument", "spdxId": "urn:d", "creationInfo": "_:c", "rootElement": ["urn:s"]},
    {"type": "software_Sbom", "spdxId": "urn:s", "rootElement": ["urn:root"]},
    {"@type": "software:Package", "@id": "urn:root", "software:name": "app"},
    {"@type": ["https://spdx.org/rdf/3.0.1/terms/Software/Package"], "@id": "urn:a", "name": "a",
     "software:packageVersion": "1", "software_packageUrl": "pkg:npm/a@1",
     "suppliedBy": {"type": "Person", "spdxId": "urn:p", "name": "Ann"}},
    {"type": "Package", "spdxId": "urn:b", "name": "b", "packageVersion": "2",
     "externalIdentifier": [
       {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": "pkg:npm/b@2"},
       {"type": "ExternalIdentifier", "externalIdentifierType": "cpe22", "identifier": "cpe:/a:b:b:2"}]},
    {"type": "software_Package", "spdxId": "urn:os", "name": "Debian", "software_packageVersion": "12",
     "software_primaryPurpose": "operatingSystem"},
    {"type": "Relationship", "spdxId": "urn:r1", "from": "urn:a", "relationshipType": "DEPENDS_ON", "to": "urn:b"},
    {"type": "Relationship", "spdxId": "urn:r2", "from": "urn:a", "relationshipType": "hasConcludedLicense",
     "to": ["https://spdx.org/licenses/MIT"]},
    {"type": "unheard_Of", "spdxId": "urn:u", "x": 1}
  ]
}"#;

#[test]
fn compact_prefixed_and_full_names_are_understood() {
    let inventory = read(FOREIGN.as_bytes(), &Limits::default()).unwrap().inventory;
    assert_eq!(inventory.subject.name, "app");
    let distro = inventory.distro.unwrap();
    assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("debian", Some("12")));
    let [a, b] = inventory.packages.as_slice() else { panic!("{:?}", inventory.packages) };
    assert_eq!((a.purl.as_str(), a.version.as_str(), a.cataloger.as_str()), ("pkg:npm/a@1", "1", "maker"));
    assert_eq!((a.supplier.as_deref(), &a.licenses), (Some("Ann"), &vec!["MIT"].into()));
    assert_eq!(a.depends_on.len(), 1);
    assert_eq!((b.purl.as_str(), &b.cpes), ("pkg:npm/b@2", &vec!["cpe:/a:b:b:2"].into()));
}

#[test]
fn a_single_element_needs_no_graph() {
    let text = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","type":"software_Package",
        "spdxId":"urn:a","name":"a","software_packageUrl":"pkg:npm/a@1"}"#;
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((document.format.as_str(), document.inventory.packages.len()), ("SPDX 3.0.1 JSON-LD", 1));
}

#[test]
fn broken_documents_are_errors_and_never_panic() {
    for length in (0..FOREIGN.len() - 1).step_by(3) {
        assert!(read(&FOREIGN.as_bytes()[..length], &Limits::default()).is_err(), "{length}");
    }
    for (index, _) in FOREIGN.bytes().enumerate() {
        for byte in *b"\"{[:,0\\\x80" {
            let mut bytes = FOREIGN.as_bytes().to_vec();
            bytes[index] = byte;
            drop(read(&bytes, &Limits::default()));
        }
    }
    let refused = |text: &str, words: &str| {
        let error = read(text.as_bytes(), &Limits::default()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let context = r#""@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld""#;
    refused(&format!(r#"{{{context},"@graph":"x"}}"#), "@graph");
    refused(r#"{"@context":"https://openvex.test/ns","@id":"x"}"#, "another vocabulary");
    refused(&format!(r#"{{{context},"@graph":[],"@graph":[]}}"#), "duplicate member");
    refused(&format!(r#"{{{context},"@graph":{}{}}}"#, "[".repeat(500), "]".repeat(500)), "recursion");
    let limits = Limits { packages_max: 1, ..Limits::default() };
    let error = read(FOREIGN.as_bytes(), &limits).unwrap_err().to_string();
    assert!(error.contains("packages_max"), "{error}");
}
