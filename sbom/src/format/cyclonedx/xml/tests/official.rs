//! The table against the official XML schema of 1.7: which attributes and elements an object has, and their order.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::shape::{Item, Place, Shape, Value, document};
use crate::format::wire::xml::{Element, parse};

/// What is otherwise in the table, and why.
const DIFFERENCES: &[&str] = &[
    // A list until 1.4, an object since: two rows, which the official schema has as a choice.
    "bom.metadata.tools: items [tool], official [components, services, tool]",
    "bom.metadata.tools: elements [components, services], official [tool, components, services]",
    // JSON has no place for them: they are kept as they are written.
    "bom.metadata.tools.components.component.evidence.callstack: elements [frames], official [frames, tools]",
    // A choice of two sequences: a state with a reason, or a name with a description and a reason.
    "bom.metadata.tools.components.component.cryptoProperties.certificateProperties.certificateState: \
     elements [state, name, description, reason], official [state, reason, name, description]",
    // What a dependency depends on has no dependencies in it in JSON.
    "bom.dependencies.dependency.dependency: is no text, but [dependency, provides]",
    "bom.vulnerabilities.vulnerability.tools: items [tool], official [components, services, tool]",
    "bom.vulnerabilities.vulnerability.tools: elements [components, services], official [tool, components, services]",
];

/// The definitions of an XML schema.
struct Official<'x> {
    types: HashMap<&'x str, &'x Element<'x>>,
    groups: HashMap<&'x str, &'x Element<'x>>,
}

fn attribute<'x>(element: &'x Element<'_>, name: &str) -> Option<&'x str> {
    element.attributes.iter().find(|one| one.name == name).map(|one| one.value.trim_start_matches("bom:"))
}

fn joined<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

impl<'x> Official<'x> {
    fn new(schema: &'x Element<'x>) -> Self {
        let named = |kind: &[&str]| {
            let all = schema.children.iter().filter(|child| kind.contains(&child.name));
            all.filter_map(|child| Some((attribute(child, "name")?, child))).collect()
        };
        Self { types: named(&["complexType"]), groups: named(&["group", "attributeGroup"]) }
    }

    /// What the content of `element` (of the schema) is said by; none where it is only text.
    fn content(&self, element: &'x Element<'x>) -> Option<&'x Element<'x>> {
        match attribute(element, "type") {
            Some(name) => self.types.get(name).copied(),
            None => element.children.iter().find(|child| child.name == "complexType"),
        }
    }

    /// Calls `take` with each element or attribute that `content` has, in its order.
    fn parts(&self, content: &'x Element<'x>, take: &mut dyn FnMut(&'x Element<'x>)) {
        for child in &content.children {
            match child.name {
                "element" | "attribute" => take(child),
                "group" | "attributeGroup" => {
                    if let Some(group) = attribute(child, "ref").and_then(|name| self.groups.get(name)) {
                        self.parts(group, take);
                    }
                }
                "extension" => {
                    if let Some(base) = attribute(child, "base").and_then(|name| self.types.get(name)) {
                        self.parts(base, take);
                    }
                    self.parts(child, take);
                }
                _ => self.parts(child, take),
            }
        }
    }

    /// The elements of `content` by name, each once, in its order.
    fn elements(&self, content: &'x Element<'x>) -> Vec<(&'x str, &'x Element<'x>)> {
        let mut elements: Vec<(&str, &Element<'_>)> = Vec::new();
        self.parts(content, &mut |part| {
            let Some(name) = attribute(part, "name") else { return };
            if part.name == "element" && !elements.iter().any(|(known, _)| *known == name) {
                elements.push((name, part));
            }
        });
        elements
    }
}

struct Comparing<'x> {
    official: Official<'x>,
    seen: HashSet<(*const Shape, *const Element<'x>)>,
    wrong: Vec<String>,
}

impl<'x> Comparing<'x> {
    fn object(&mut self, shape: &'static Shape, content: Option<&'x Element<'x>>, path: &str) {
        let Some(content) = content else { return self.wrong.push(format!("{path}: is only text")) };
        if !self.seen.insert((shape, content)) {
            return;
        }
        let mut attributes = BTreeSet::new();
        self.official.parts(content, &mut |part| {
            if part.name == "attribute" {
                attributes.extend(attribute(part, "name"));
            }
        });
        let is_attribute = |place: &Place| matches!(place, Place::Attribute(_));
        let ours = shape.fields.iter().filter(|field| is_attribute(&field.place)).map(|field| field.xml);
        let ours: BTreeSet<_> = ours.collect();
        if ours != attributes {
            let (ours, attributes) = (joined(ours), joined(attributes));
            self.wrong.push(format!("{path}: attributes [{ours}], official [{attributes}]"));
        }
        let elements = self.official.elements(content);
        let is_element = |place: &Place| !matches!(place, Place::Attribute(_) | Place::Text(_));
        let mut ours: Vec<_> =
            shape.fields.iter().filter(|field| is_element(&field.place)).map(|field| field.xml).collect();
        ours.dedup();
        let names: Vec<_> = elements.iter().map(|(name, _)| *name).collect();
        if ours != names {
            let (ours, names) = (joined(ours), joined(names));
            self.wrong.push(format!("{path}: elements [{ours}], official [{names}]"));
        }
        for field in &shape.fields {
            let Some((_, element)) = elements.iter().find(|(name, _)| *name == field.xml) else { continue };
            let content = self.official.content(element);
            let path = format!("{path}.{}", field.xml);
            match &field.place {
                Place::Attribute(_) | Place::Text(_) => {}
                Place::One(value) | Place::Each(value) | Place::EachSince(_, value) => {
                    self.value(value, content, &path);
                }
                Place::List(items) => self.items(items, content, &path),
                Place::Inline(shape) => self.object(shape.get(), content, &path),
            }
        }
    }

    fn items(&mut self, items: &'static [Item], content: Option<&'x Element<'x>>, path: &str) {
        let elements = content.map(|content| self.official.elements(content)).unwrap_or_default();
        let ours: BTreeSet<_> = items.iter().map(|item| item.xml).collect();
        let names: BTreeSet<_> = elements.iter().map(|(name, _)| *name).collect();
        if ours != names {
            self.wrong.push(format!("{path}: items [{}], official [{}]", joined(ours), joined(names)));
        }
        for item in items {
            if let Some((_, element)) = elements.iter().find(|(name, _)| *name == item.xml) {
                self.value(&item.value, self.official.content(element), &format!("{path}.{}", item.xml));
            }
        }
    }

    fn value(&mut self, value: &'static Value, content: Option<&'x Element<'x>>, path: &str) {
        match value {
            Value::Shape(shape) => self.object(shape.get(), content, path),
            Value::Choice(items) => self.items(items, content, path),
            _ => {
                let elements = content.map(|content| self.official.elements(content)).unwrap_or_default();
                if !elements.is_empty() {
                    let names = joined(elements.iter().map(|(name, _)| *name));
                    self.wrong.push(format!("{path}: is no text, but [{names}]"));
                }
            }
        }
    }
}

#[test]
fn objects_have_the_attributes_and_elements_of_the_official_schema_in_its_order() {
    let name = "objects_have_the_attributes_and_elements_of_the_official_schema_in_its_order";
    let Some(data) = testkit::data::require(name) else { return };
    let text = String::from_utf8(testkit::data::read(&data.join("schemas/cyclonedx/bom-1.7.xsd"))).unwrap();
    let schema = parse("XSD", &text).unwrap();
    let official = Official::new(&schema);
    let is_root = |child: &&Element<'_>| child.name == "element" && attribute(child, "name") == Some("bom");
    let root = schema.children.iter().find(is_root).unwrap();
    let content = official.content(root);
    let mut comparing = Comparing { official, seen: HashSet::new(), wrong: Vec::new() };
    comparing.object(document(), content, "bom");
    assert!(comparing.seen.len() > 100, "{}", comparing.seen.len());
    assert_eq!(comparing.wrong, DIFFERENCES, "{}", comparing.wrong.join("\n"));
}
