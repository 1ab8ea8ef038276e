//! The table judges as the official schema does: real documents, an object of every class, and both damaged.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use testkit::mutate::Random;

use super::table::{Class, Count, Member, Of};
use super::*;

/// Objects in `extension` are of classes that the table knows, or of those of others. The official schema takes any
/// object there that has a `type`; the model wants an `Extension`.
const ARGUED: &str = "extension[";

fn judged(document: &Value) -> Vec<String> {
    let tree: Tree = serde_json::from_value(document.clone()).unwrap();
    let mut found = Vec::new();
    check(&tree, &mut |path, reason| found.push(format!("{path} {reason}")));
    found
}

fn all_classes() -> impl Iterator<Item = &'static Class> {
    CLASSES.iter().flat_map(|profile| profile.iter().copied())
}

fn document(nodes: Vec<Value>) -> Value {
    json!({"@context": CONTEXT, "@graph": nodes})
}

/// An object of `class` with its required members, or with all.
fn object_of(class: &'static Class, is_full: bool) -> Value {
    let mut members = Map::new();
    members.insert("type".to_owned(), class.name.into());
    for member in class.all_members().filter(|member| is_full || is_required(member)) {
        members.insert(member.name.to_owned(), values_of(member));
    }
    Value::Object(members)
}

fn is_required(member: &Member) -> bool {
    !matches!(member.count, Count::Optional | Count::List(0))
}

fn values_of(member: &Member) -> Value {
    match member.count {
        Count::List(min) => Value::Array(vec![value_of(member.of); min.max(1)]),
        _ => value_of(member.of),
    }
}

fn value_of(of: Of) -> Value {
    match of {
        Of::Text => "text".into(),
        Of::Iri => "urn:x:a".into(),
        Of::Time => "2024-01-31T12:00:00Z".into(),
        Of::Version => "3.0.1".into(),
        Of::MediaType => "text/plain".into(),
        Of::Flag => true.into(),
        Of::Decimal => 1.5.into(),
        Of::Integer { min } => min.into(),
        Of::Word(words) => words[0].into(),
        // Elements refer to each other; everything else is a part.
        Of::Object(class) if class.is_a(&core::ELEMENT) => "urn:x:b".into(),
        Of::Object(class) => {
            object_of(all_classes().find(|other| !other.is_abstract && other.is_a(class)).unwrap(), false)
        }
    }
}

#[test]
fn an_object_of_every_class_is_as_the_table_says() {
    for class in all_classes() {
        for is_full in [false, true] {
            let found = judged(&document(vec![object_of(class, is_full)]));
            assert_eq!(found.is_empty(), !class.is_abstract, "{}: {found:?}", class.name);
        }
        for member in class.all_members().filter(|member| is_required(member)) {
            let mut object = object_of(class, true);
            object.as_object_mut().unwrap().remove(member.name);
            let found = judged(&document(vec![object]));
            let expected = format!("@graph[0] lacks `{}`", member.name);
            assert!(class.is_abstract || found == [expected], "{}: {found:?}", class.name);
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let check = |change: &str, value: Value, expected: &str| {
        let mut document = document(vec![object_of(&software::PACKAGE, true)]);
        *document.pointer_mut(change).unwrap_or_else(|| panic!("{change}")) = value;
        assert_eq!(judged(&document), [expected]);
    };
    let package = "/@graph/0";
    let at = |name: &str| format!("{package}/{name}");
    check("/@context", json!([CONTEXT]), &format!("@context is not `{CONTEXT}` and nothing else"));
    check("/@graph", json!({}), "@graph is an object, not a list");
    check(package, json!(1), "@graph[0] is a number, not an object");
    check(
        &at("type"),
        json!("software_Pack"),
        "@graph[0].type is `software_Pack`, which is no class of SPDX 3.0.1",
    );
    check(
        &at("type"),
        json!("Artifact"),
        "@graph[0].type is `Artifact`, a class that only classes below it have objects of",
    );
    check(&at("spdxId"), json!("a"), "@graph[0].spdxId is `a`, not an IRI");
    check(&at("spdxId"), json!("_:a"), "@graph[0].spdxId is `_:a`, not an IRI");
    check(&at("name"), json!(null), "@graph[0].name is null, not a text");
    check(
        &at("software_primaryPurpose"),
        json!("LIBRARY"),
        "@graph[0].software_primaryPurpose is `LIBRARY`, not one of the known words",
    );
    check(&at("supportLevel"), json!("support"), "@graph[0].supportLevel is a text, not a list");
    check(
        &at("builtTime"),
        json!("2024-01-31T12:00:00+01:00"),
        "@graph[0].builtTime is `2024-01-31T12:00:00+01:00`, not a time such as `2024-01-31T12:00:00Z`",
    );
    check(
        &at("suppliedBy"),
        object_of(&core::TOOL, true),
        "@graph[0].suppliedBy.type is `Tool`, not `Agent` or a class below it",
    );
    check(
        &at("suppliedBy"),
        json!("NoneElement"),
        "@graph[0].suppliedBy is `NoneElement`, not an IRI or `_:` with a name",
    );
    check(
        &at("creationInfo/createdBy"),
        json!([]),
        "@graph[0].creationInfo.createdBy has 0 elements, not at least 1",
    );
    check(
        &at("creationInfo/specVersion"),
        json!("3.0"),
        "@graph[0].creationInfo.specVersion is `3.0`, not a version such as `3.0.1`",
    );
    let mut other = document(vec![object_of(&software::PACKAGE, true)]);
    other["@graph"][0]["packageVersion"] = json!("1");
    assert_eq!(judged(&other), ["@graph[0] has the member `packageVersion`, which is not known"]);
}

#[test]
fn a_document_may_be_one_object_and_others_may_have_classes() {
    let mut alone = object_of(&core::PERSON, false);
    alone["@context"] = json!(CONTEXT);
    assert_eq!(judged(&alone), [""; 0]);
    alone["nom"] = json!("n");
    assert_eq!(judged(&alone), [" has the member `nom`, which is not known"]);
    let foreign = json!({"type": "https://example.test/Own", "a": {"type": 7}});
    let mut person = object_of(&core::PERSON, false);
    person["extension"] = json!([foreign.clone()]);
    assert_eq!(judged(&document(vec![person.clone()])), [""; 0]);
    let expected = "@graph[1].type is `https://example.test/Own`, which is no class of SPDX 3.0.1";
    assert_eq!(judged(&document(vec![person, foreign])), [expected]);
}

// ---- the official schema

fn official(data: &std::path::Path) -> Value {
    let bytes = testkit::data::read(&data.join("schemas/spdx/3.0.1/spdx-schema.json"));
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn classes_and_members_are_those_of_the_official_schema() {
    let Some(data) = testkit::data::require("classes_and_members_are_those_of_the_official_schema") else {
        return;
    };
    let schema = official(&data);
    let mut theirs = BTreeSet::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        if let Some(class) = name.strip_suffix("_props") {
            let members = definition["allOf"][1]["properties"].as_object().unwrap();
            theirs.insert(format!("{class}: {:?}", members.keys().collect::<BTreeSet<_>>()));
        }
    }
    let own = |class: &Class| {
        // It is a member of the class itself there.
        let names = class.members.iter().map(|member| member.name).filter(|name| *name != "spdxId");
        format!("{}: {:?}", class.name, names.collect::<BTreeSet<_>>())
    };
    let words = VOCABULARIES.iter().flat_map(|profile| profile.iter());
    let ours: BTreeSet<_> =
        all_classes().map(own).chain(words.map(|class| format!("{class}: {{}}"))).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn verdicts_are_those_of_the_official_schema() {
    let Some(data) = testkit::data::require("verdicts_are_those_of_the_official_schema") else { return };
    let validator = jsonschema::validator_for(&official(&data)).unwrap();
    let mut counts = [0, 0];
    let mut check = |document: &Value, name: &str| {
        let ours = judged(document);
        let is_valid = validator.is_valid(document);
        let is_argued = is_valid && !ours.is_empty() && ours.iter().all(|line| line.contains(ARGUED));
        assert!(is_argued || ours.is_empty() == is_valid, "{name}: {ours:#?} but {is_valid}, {document:#}");
        counts[usize::from(is_valid)] += 1;
    };
    let mut nodes: Vec<Value> = Vec::new();
    for class in all_classes() {
        nodes.extend([object_of(class, false), object_of(class, true)]);
    }
    for class in VOCABULARIES.iter().flat_map(|profile| profile.iter()) {
        nodes.push(json!({"type": class, "@id": "_:a"}));
    }
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let mut n_documents = 0;
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[1] != "SPDX 3 JSON-LD" {
            continue;
        }
        let bytes = testkit::data::read(&data.join("sboms").join(fields[0].trim_end_matches(".zst")));
        let mut real: Value = serde_json::from_slice(&bytes).unwrap();
        check(&real, fields[0]);
        // Many have their context in a list, and are wrong for that alone.
        real["@context"] = json!(CONTEXT);
        check(&real, fields[0]);
        n_documents += 1;
        // Equal ones tell nothing new.
        let known: BTreeSet<String> = nodes.iter().map(shape).collect();
        nodes.extend(
            real["@graph"].as_array().unwrap().iter().filter(|it| !known.contains(&shape(it))).cloned(),
        );
    }
    assert!(n_documents >= 69, "{n_documents} documents");
    let mut random = Random::new(3);
    for node in &nodes {
        check(&document(vec![node.clone()]), "a node");
        for _ in 0..20 {
            let mut damaged = document(vec![node.clone()]);
            damage(&mut damaged, &mut random);
            check(&damaged, "a damaged node");
        }
    }
    assert!(counts[0] > 1_000 && counts[1] > 500, "{counts:?} were invalid and valid");
}

/// What an object is like, the values aside.
fn shape(node: &Value) -> String {
    let members = node.as_object().unwrap();
    let kind = |value: &Value| value.as_array().map_or(0, Vec::len).min(2);
    members
        .iter()
        .map(|(name, value)| format!("{name}{},", kind(value)))
        .chain([node["type"].to_string()])
        .collect()
}

/// Changes one value of `document`, which is not its context.
fn damage(document: &mut Value, random: &mut Random) {
    let mut paths = Vec::new();
    pointers(&document["@graph"], "/@graph", &mut paths);
    let path = &paths[random.below(paths.len())];
    let value = document.pointer_mut(path).unwrap();
    let class = |random: &mut Random| {
        let all: Vec<_> = all_classes().map(|class| class.name).collect();
        Value::from(all[random.below(all.len())])
    };
    match (random.below(4), value) {
        (0, Value::Object(members)) if !members.is_empty() => {
            let name = members.keys().nth(random.below(members.len())).unwrap().clone();
            members.remove(&name);
        }
        (1, Value::Object(members)) => {
            let words = ["@id", "spdxId", "name", "@type", "extension", "to", "unknown"];
            members.insert(words[random.below(words.len())].to_owned(), other_value(random));
        }
        (2, Value::Object(members)) => {
            members.insert("type".to_owned(), class(random));
        }
        (0, Value::Array(elements)) => elements.clear(),
        (1, Value::Array(elements)) => elements.push(other_value(random)),
        (0, value) => *value = json!([value.clone()]),
        (1, value) => *value = class(random),
        (_, value) => *value = other_value(random),
    }
}

fn pointers(value: &Value, path: &str, all: &mut Vec<String>) {
    all.push(path.to_owned());
    match value {
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(at, it)| pointers(it, &format!("{path}/{at}"), all));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, it)| pointers(it, &format!("{path}/{name}"), all));
        }
        _ => {}
    }
}

fn other_value(random: &mut Random) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(1.0),
        json!(1.5),
        json!(-2),
        json!(""),
        json!("1.5"),
        json!("-1."),
        json!(".5"),
        json!("a/b"),
        json!("a/b/c"),
        json!("urn:x:a"),
        json!("a:"),
        json!(":a"),
        json!("a\n:b"),
        json!("_:a"),
        json!("_:"),
        json!("NoneElement"),
        json!("SpdxOrganization"),
        json!("expandedlicensing_NoneLicense"),
        json!("2024-19-39T29:69:60Z"),
        json!("2024-20-01T00:00:00Z"),
        json!("2024-01-01T00:00:00+00:00"),
        json!("3.0.1-rc.1+a-b"),
        json!("3.0.1-01"),
        json!("3.0"),
        json!("other"),
        json!("noAssertion"),
        json!([]),
        json!(["urn:x:a", "_:b"]),
        json!({}),
        json!({"type": "urn:x:Own", "a": 1}),
        json!({"type": "extension_Extension"}),
    ];
    values[random.below(values.len())].clone()
}
