//! Tests of reading and writing CycloneDX XML.

mod every_member;
mod official;

use std::collections::BTreeMap;
use std::path::Path;

use model::limits::Limits;
use testkit::mutate;

use super::{BEYOND, NAMESPACE, XML, read, write};
use crate::format::Loss;
use crate::format::wire::tree::Tree;
use crate::format::wire::xml::{Element, parse};

/// A document with what goes differently in XML and JSON, and with what CycloneDX does not know.
const DOCUMENT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.6" xmlns:x="urn:x" xmlns:xsi="urn:xsi" version="3" xsi:at="u v">
  <c:metadata>
    <c:tools><c:tool><c:name>maker</c:name></c:tool></c:tools>
    <c:properties><c:property name="a">&#32;b&#10;</c:property><c:property name="none"/></c:properties>
  </c:metadata>
  <c:components>
    <c:component type="library" bom-ref="r" x:own="1">
      <c:name x:lang="en">one &amp; two</c:name>
      <c:scope> required </c:scope>
      <c:hashes><c:hash alg="MD5">00112233445566778899aabbccddeeff</c:hash></c:hashes>
      <c:licenses>
        <c:license acknowledgement="declared"><c:id>MIT</c:id></c:license>
        <c:expression bom-ref="e">MIT OR X</c:expression>
      </c:licenses>
      <c:modified>false</c:modified>
      <c:evidence><c:copyright><c:text>us</c:text></c:copyright></c:evidence>
      <c:tags><c:tag>t</c:tag><x:tag>kept</x:tag></c:tags>
      <x:more><![CDATA[<]]></x:more>
    </c:component>
  </c:components>
  <c:services><c:service><c:name>s</c:name><c:data>
    <c:classification flow="inbound">PII</c:classification>
    <c:dataflow name="n"><c:classification flow="outbound">PIFI</c:classification>
      <c:source><c:url>https://a.example</c:url></c:source></c:dataflow>
  </c:data></c:service></c:services>
  <c:dependencies><c:dependency ref="r"><c:dependency ref="s"/><c:provides ref="p"/></c:dependency></c:dependencies>
  <c:vulnerabilities><c:vulnerability><c:ratings><c:rating><c:score>9.80</c:score></c:rating></c:ratings>
    <c:cwes><c:cwe>79</c:cwe></c:cwes><c:analysis><c:responses><c:response>update</c:response></c:responses>
    </c:analysis></c:vulnerability></c:vulnerabilities>
</c:bom>
"#;

fn to_tree(text: &str) -> Tree {
    let json = read::read(text, &Limits::default()).unwrap();
    serde_json::from_str(&json).unwrap()
}

fn to_xml(tree: Tree, version: &str) -> (String, Vec<Loss>) {
    let mut out = Vec::new();
    let losses = write::write(tree, version, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), losses)
}

/// Takes [`BEYOND`] away, which the schema does not know.
fn without_beyond(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.remove(BEYOND);
            members.values_mut().for_each(without_beyond);
        }
        serde_json::Value::Array(entries) => entries.iter_mut().for_each(without_beyond),
        _ => {}
    }
}

/// How often each attribute and text stands in an element, by the path of names.
fn leaves(element: &Element<'_>, path: &str, into: &mut BTreeMap<String, usize>) {
    let path = format!("{path}/{}", element.name);
    let mut put = |name: &str, value: &str| {
        *into.entry(format!("{path}{name}={}", same_value(value))).or_default() += 1;
    };
    for attribute in &element.attributes {
        put(&format!("@{}", attribute.name), &attribute.value);
    }
    if !element.text.trim_ascii().is_empty() {
        put("", element.text.trim_ascii());
    }
    element.children.iter().for_each(|child| leaves(child, &path, into));
}

/// Truths and numbers are compared by what they say.
fn same_value(value: &str) -> String {
    match (value, value.parse::<f64>()) {
        (_, Ok(number)) if value.contains('.') => number.to_string(),
        _ => value.to_owned(),
    }
}

#[test]
fn a_document_reads_as_its_json() {
    let json = read::read(DOCUMENT, &Limits::default()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 3,
        "metadata": {
            "tools": [{"name": "maker"}],
            "properties": [{"name": "a", "value": " b\n"}, {"name": "none", "value": ""}]
        },
        "components": [{
            "type": "library", "bom-ref": "r", "name": "one & two", "scope": "required",
            "hashes": [{"alg": "MD5", "content": "00112233445566778899aabbccddeeff"}],
            "licenses": [
                {"license": {"acknowledgement": "declared", "id": "MIT"}},
                {"bom-ref": "e", "expression": "MIT OR X"}
            ],
            "modified": false, "evidence": {"copyright": [{"text": "us"}]}, "tags": ["t"],
            BEYOND: {
                "name": {"attributes": {"{urn:x}lang": "en"}},
                "tags": {"elements": ["<x:tag xmlns:x=\"urn:x\">kept</x:tag>"]},
                ".": {"attributes": {"{urn:x}own": "1"},
                    "elements": ["<x:more xmlns:x=\"urn:x\"><![CDATA[<]]></x:more>"]}
            }
        }],
        "services": [{"name": "s", "data": [
            {"flow": "inbound", "classification": "PII"},
            {"name": "n", "flow": "outbound", "classification": "PIFI", "source": ["https://a.example"]}
        ]}],
        "dependencies": [{"ref": "r", "dependsOn": ["s"], "provides": ["p"]}],
        "vulnerabilities": [{"ratings": [{"score": 9.8}], "cwes": [79], "analysis": {"response": ["update"]}}],
        BEYOND: {".": {"attributes": {"{urn:xsi}at": "u v"}}}
    });
    assert_eq!(json, expected);
}

#[test]
fn what_is_written_reads_as_it_was() {
    let tree = to_tree(DOCUMENT);
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let (xml, losses) = to_xml(tree.clone(), version);
        assert_eq!(losses, []);
        let again =
            read::read(&xml, &Limits::default()).unwrap().replace(&format!("\"{version}\""), "\"1.6\"");
        assert_eq!(value(&serde_json::from_str(&again).unwrap()), value(&tree), "{xml}");
    }
}

#[test]
fn what_xml_has_no_place_for_is_named() {
    let json = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","signature":{"value":"v"},"components":[
        {"type":"library","name":"a\u0001","new":[1,2],"version":{"x":1},"purl":null,"hashes":"h"}],
        "plimsoll:xml":{".":{"elements":["<a/><b/>","<a>","text"],"attributes":{"a b":"c"}}}}"#;
    let (xml, losses) = to_xml(serde_json::from_str(json).unwrap(), "1.6");
    let paths: Vec<_> = losses.iter().map(|loss| (loss.path.as_str(), loss.count)).collect();
    let expected = [
        (".a b", 1),
        (".plimsoll:xml", 3),
        ("components[].hashes", 1),
        ("components[].new[]", 2),
        ("components[].purl", 1),
        ("components[].version.x", 1),
        ("signature.value", 1),
    ];
    assert_eq!(paths, expected);
    assert!(xml.contains("<name>a\u{FFFD}0001</name>"), "{xml}");
    assert!(
        to_tree(&xml).get("components").unwrap().elements()[0].get("name").unwrap().as_str()
            == Some("a\u{1}")
    );
}

#[track_caller]
#[test]
fn who_holds_a_patent_is_what_json_has() {
    let json = r#"{"bomFormat": "CycloneDX", "specVersion": "1.7", "definitions": {"patents": [{
        "patentNumber": "US1", "patentAssignee": [
            {"name": "A", "email": "a@a.test"}, {"name": "B Ltd", "url": ["https://b.test"]}
        ]
    }]}}"#;
    let tree: Tree = serde_json::from_str(json).unwrap();
    let (xml, losses) = to_xml(tree.clone(), "1.7");
    assert_eq!(losses, Vec::new());
    assert!(xml.contains("<patentAssignee>\n          <individual>"), "{xml}");
    assert!(xml.contains("<patentAssignee>\n          <organization>"), "{xml}");
    assert_eq!(value(&to_tree(&xml)), value(&tree));
}

#[test]
fn what_only_the_xml_schema_has_is_kept_and_not_refused() {
    let element = |name: &str| {
        format!(
            "<bom xmlns='{NAMESPACE}1.6'><components><component type='library'><name>a</name>\
             <evidence><callstack><{name}><tool ref='t'/></{name}></callstack></evidence>\
             </component></components></bom>"
        )
    };
    let found = |text: &str| super::check(text, &mut std::collections::HashMap::new()).unwrap().len();
    assert_eq!((found(&element("tools")), found(&element("tolls"))), (0, 1));
    let (xml, losses) = to_xml(to_tree(&element("tools")), "1.6");
    assert_eq!(losses, Vec::new());
    assert!(xml.contains("<tool ref=\"t\"/>") || xml.contains("<tool ref='t'/>"), "{xml}");
}

fn refused(text: &str, words: &str) {
    let error = read::read(text, &Limits::default()).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn bad_documents_are_refused_with_place_and_reason() {
    let open = format!("<bom xmlns='{NAMESPACE}1.6'>");
    let bomb = "<!DOCTYPE bom [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>";
    refused(&format!("{bomb}{open}&b;</bom>"), "document type");
    refused(
        &format!("{open}<name>&b;</name></bom>"),
        "bom/name (line 1, column 56): `&b;` stands for no character",
    );
    refused(&format!("{open}&#0;</bom>"), "no character");
    refused(&format!("{open}\u{1}</bom>"), "U+0001");
    refused(&format!("<?xml version='1.0' encoding='ISO-8859-1'?>{open}</bom>"), "`ISO-8859-1`; only UTF-8");
    refused(&format!("{open}{}", "<components>".repeat(1_000_000)), "more than 100 levels");
    refused(&format!("{open}<a>"), "not closed");
    refused(&format!("{open}</b>"), "");
    refused(&format!("{open}</bom><bom/>"), "after the end");
    refused("<bom xmlns='urn:other'/>", "`urn:other`");
    refused("<x:bom/>", "`x` stands for no namespace");
    let many: String = (0..2_000).map(|at| format!(" a{at}=''")).collect();
    refused(&format!("<bom{many}/>"), "attributes");
}

/// By the schema, `reason` comes last both after `state` and after `name` and `description`.
#[test]
fn members_are_written_in_the_order_of_the_schema() {
    let state = r#"[{"reason":"r","state":"active"},{"reason":"s","description":"d","name":"n"}]"#;
    let certificate = format!(r#"{{"certificateProperties":{{"certificateState":{state}}}}}"#);
    let json = format!(r#"{{"components":[{{"name":"a","cryptoProperties":{certificate},"type":"data"}}]}}"#);
    let (xml, losses) = to_xml(serde_json::from_str(&json).unwrap(), "1.7");
    assert_eq!(losses, []);
    let names: Vec<_> =
        xml.lines().filter_map(|line| line.trim().strip_prefix('<')?.split(['>', ' ']).next()).collect();
    let at = names.iter().position(|name| *name == "certificateState").unwrap();
    assert_eq!(names[at + 1..at + 3], ["state", "reason"]);
    assert_eq!(names[at + 5..at + 8], ["name", "description", "reason"]);
}

#[test]
fn damaged_documents_never_panic() {
    for bytes in mutate::mutations(DOCUMENT.as_bytes(), 3_000) {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let Ok(json) = read::read(&text, &Limits::default()) else { continue };
        let tree: Tree = serde_json::from_str(&json).unwrap();
        let (xml, _) = to_xml(tree, "1.6");
        read::read(&xml, &Limits::default()).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    }
}

/// The XML documents of the real data: path, version, number of components, stated validity.
fn documents(data: &Path) -> Vec<(String, String, usize, String)> {
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let rows = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let xml = rows.filter(|row| row.get(1) == Some(&"CycloneDX XML"));
    xml.map(|row| {
        let path = row[0].strip_suffix(".zst").unwrap_or(row[0]);
        (path.to_owned(), row[2].to_owned(), row[4].parse().unwrap_or(0), row[5].to_owned())
    })
    .collect()
}

/// The objects that stand for an element `component`, wherever they are.
fn n_components(tree: &Tree) -> usize {
    let members = tree.members().iter().map(|(name, value)| {
        let here = match name.as_str() {
            "component" => 1,
            "components" | "ancestors" | "descendants" | "variants" => value.elements().len(),
            _ => 0,
        };
        here + n_components(value)
    });
    members.sum::<usize>() + tree.elements().iter().map(n_components).sum::<usize>()
}

/// The same whatever the order of members.
fn value(tree: &Tree) -> serde_json::Value {
    serde_json::to_value(tree).unwrap()
}

#[test]
fn real_documents_are_read_and_written_with_nothing_lost() {
    let Some(data) = testkit::data::require("real_documents_are_read_and_written_with_nothing_lost") else {
        return;
    };
    let mut failures = Vec::new();
    let (mut n_read, mut n_written) = (0, 0);
    for (path, version, count, validity) in documents(&data) {
        let text = String::from_utf8(testkit::data::read(&data.join("sboms").join(&path))).unwrap();
        let text = text.trim_start_matches('\u{FEFF}');
        let json = match read::read(text, &Limits::default()) {
            Ok(json) => json,
            Err(error) => {
                failures.push(format!("{path} ({validity}): {error}"));
                continue;
            }
        };
        n_read += 1;
        let tree: Tree = serde_json::from_str(&json).unwrap();
        if let Some(dir) = std::env::var_os("PLIMSOLL_XML_OUT") {
            let name = path.replace('/', "_");
            std::fs::write(Path::new(&dir).join(format!("{name}.json")), &*json).unwrap();
            std::fs::write(Path::new(&dir).join(&name), to_xml(tree.clone(), &version).0).unwrap();
        }
        if validity != "invalid" && n_components(&tree) != count {
            failures.push(format!("{path}: {} components, not {count}", n_components(&tree)));
        }
        if validity == "invalid" {
            continue;
        }
        let (xml, losses) = to_xml(tree.clone(), &version);
        if !losses.is_empty() {
            failures.push(format!("{path}: {losses:?}"));
        }
        if value(&to_tree(&xml)) != value(&tree) {
            failures.push(format!("{path}: reads differently when written again"));
        }
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        leaves(&parse(XML, text).unwrap(), "", &mut before);
        leaves(&parse(XML, &xml).unwrap(), "", &mut after);
        if let Some((leaf, n)) = before.iter().find(|(leaf, n)| after.get(*leaf) != Some(n)) {
            failures.push(format!("{path}: {leaf} stood {n} times, then {:?}", after.get(leaf)));
        }
        n_written += 1;
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    assert!(n_read > 100 && n_written > 100, "{n_read} {n_written}");
}

/// Documents that are not valid as they are: said by their names, with `redacted` for a time, or (Keycloak) with a line
/// break in the name of a licence, where the JSON schema allows none.
const NOT_VALID: &[&str] = &[
    "informal-invalid-component-versionRange",
    "TestCycloneDxDirectoryEncoder",
    "TestCycloneDxImageEncoder",
    "keycloak-10.0.2",
];

#[test]
fn json_made_of_real_documents_is_valid_by_the_official_schemas() {
    let Some(data) = testkit::data::require("json_made_of_real_documents_is_valid") else { return };
    let load = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&testkit::data::read(&data.join("schemas/cyclonedx").join(name))).unwrap()
    };
    let mut failures = Vec::new();
    for version in ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        let validator = validator(&load, version);
        for (path, _, _, validity) in documents(&data).into_iter().filter(|row| row.1 == version) {
            if validity == "invalid" || NOT_VALID.iter().any(|part| path.contains(part)) {
                continue;
            }
            let text = String::from_utf8(testkit::data::read(&data.join("sboms").join(&path))).unwrap();
            let json = read::read(text.trim_start_matches('\u{FEFF}'), &Limits::default()).unwrap();
            let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
            without_beyond(&mut json);
            if let Some(error) = validator.iter_errors(&json).next() {
                let reason: String = error.to_string().chars().take(300).collect();
                failures.push(format!("{path}: {}: {reason}", error.instance_path()));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn validator(load: &dyn Fn(&str) -> serde_json::Value, version: &str) -> jsonschema::Validator {
    let mut registry = jsonschema::Registry::new();
    for name in ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"] {
        let resource = jsonschema::Resource::from_contents(load(name));
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), resource).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let schema = load(&format!("bom-{version}.schema.json"));
    jsonschema::options().with_registry(&registry).build(&schema).unwrap()
}
