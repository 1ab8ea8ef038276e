//! What the XML schema of a version refuses in a document and its JSON does not show: the order of elements, how often
//! they are there, text between them, and elements that CycloneDX does not know. And the lines of paths of that JSON.

use std::collections::HashMap;

use super::super::super::wire::xml::{Element, parse};
use super::super::schema::{Attributes, Repeats};
use super::read::fits;
use super::shape::{Field, Item, Place, Shape, Value, document};
use super::{ESCAPES, NAMESPACE, XML};
use crate::format::DocumentError;

/// Elements that are in the XML schema and not in JSON, by the element around them: they are kept as they are written.
const ONLY_IN_XML: &[(&str, &str)] = &[("callstack", "tools")];

/// The most findings of one document.
const FINDINGS_MAX: usize = 10_000;

/// The extension of 1.1 for what 1.2 calls `dependencies`.
const DEPENDENCY_GRAPH: &str = "http://cyclonedx.org/schema/ext/dependency-graph/1.0";

/// The namespace of attributes that every element may have.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Elements around a list that may have any attribute.
const LISTS_WITH_ATTRIBUTES: &[&str] = &[
    "ancestors",
    "annotations",
    "components",
    "compositions",
    "descendants",
    "energyConsumptions",
    "formulation",
    "properties",
    "resourceReferences",
    "services",
    "standards",
    "tasks",
    "variants",
    "vulnerabilities",
    "workflows",
    "workspaces",
];

/// Something that the XML schema refuses.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::format) struct Finding {
    /// As in the document's JSON: `components[3].licenses`; of what holds it, where it has no place there.
    pub(in crate::format) path: String,
    /// From 1.
    pub(in crate::format) line: usize,
    /// Why, for people.
    pub(in crate::format) reason: String,
}

/// The line of a path that is asked for; none as long as it is not met.
pub(in crate::format) type Lines = HashMap<String, Option<usize>>;

/// What is wrong in `text`, and the lines of the paths in `lines`. A path whose value is not there has none.
///
/// # Errors
/// It is no XML.
pub(in crate::format) fn check(text: &str, lines: &mut Lines) -> Result<Vec<Finding>, DocumentError> {
    let root = parse(XML, text)?;
    let version = root.namespace.strip_prefix(NAMESPACE).unwrap_or_default();
    let mut checking = Checking {
        text,
        namespace: &root.namespace,
        version,
        at: (0, 1),
        path: String::new(),
        lines,
        found: Vec::new(),
    };
    for said in ["bomFormat", "specVersion"] {
        checking.below(said, |checking| checking.note(&root));
    }
    checking.object(&root, document());
    Ok(checking.found)
}

struct Checking<'c> {
    text: &'c str,
    /// The namespace of the document.
    namespace: &'c str,
    version: &'c str,
    /// An offset in the text, and its line: elements are met in the order of the document.
    at: (usize, usize),
    /// To the value that is looked at.
    path: String,
    lines: &'c mut Lines,
    found: Vec<Finding>,
}

impl Checking<'_> {
    fn line(&mut self, element: &Element<'_>) -> usize {
        let offset = element.offset(self.text);
        let (from, line) = if offset < self.at.0 { (0, 1) } else { self.at };
        let passed = self.text.as_bytes().get(from..offset).unwrap_or_default();
        self.at = (offset, line + passed.iter().filter(|byte| **byte == b'\n').count());
        self.at.1
    }

    /// Keeps the line of `element`, if the path is asked for.
    fn note(&mut self, element: &Element<'_>) {
        if self.lines.contains_key(self.path.as_str()) {
            let line = self.line(element);
            if let Some(known) = self.lines.get_mut(self.path.as_str()) {
                known.get_or_insert(line);
            }
        }
    }

    fn refuse(&mut self, element: &Element<'_>, reason: String) {
        if self.found.len() < FINDINGS_MAX {
            let line = self.line(element);
            self.found.push(Finding { path: self.path.clone(), line, reason });
        }
    }

    /// Calls `take` with the path to the member `name`.
    fn below(&mut self, name: &str, take: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 && !name.is_empty() && !name.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(name);
        take(self);
        self.path.truncate(length);
    }

    fn object(&mut self, element: &Element<'_>, shape: &Shape) {
        self.note(element);
        let has_text = shape.fields.iter().any(|field| matches!(field.place, Place::Text(_)));
        let is_bare = element.children.is_empty() && element.attributes.is_empty();
        if !has_text && is_bare && !element.token().is_empty() {
            // Read as a text, which is judged as such.
            return;
        }
        self.members(element, shape);
    }

    /// Judges what is in `element`, which holds the members that `shape` has.
    fn members(&mut self, element: &Element<'_>, shape: &Shape) {
        for field in &shape.fields {
            match field.place {
                Place::Attribute(_) | Place::Text(_) => {
                    self.below(field.json, |checking| checking.note(element))
                }
                _ => {}
            }
        }
        if !shape.fields.iter().any(|field| matches!(field.place, Place::Text(_))) {
            self.no_text(element);
        }
        let is_member = |name: &str| {
            shape.fields.iter().any(|field| field.xml == name && matches!(field.place, Place::Attribute(_)))
        };
        self.attributes(element, shape.attributes, is_member);
        // Whether a sequence that has come to the element `last` may begin again at `index`.
        let begins_again = |index: usize, last: usize| match shape.repeats {
            Repeats::Never => false,
            Repeats::Always => true,
            Repeats::Around(name) => {
                let needed = shape.fields.iter().position(|field| field.xml == name);
                needed.is_none_or(|needed| index <= needed && needed <= last)
            }
        };
        let mut is_over = false;
        let mut last: Option<usize> = None;
        let mut counts = vec![0; shape.fields.len()];
        for child in &element.children {
            if *child.namespace != *self.namespace {
                is_over = shape.repeats == Repeats::Never;
                self.foreign(child);
                continue;
            }
            if is_over {
                self.refuse(child, format!("has `{}` after an element of another namespace", child.name));
            }
            let is = |field: &Field| field.xml == child.name && self.is_element(field, child);
            let Some(index) = shape.fields.iter().position(is) else {
                if !ONLY_IN_XML.contains(&(element.name, child.name)) {
                    self.unknown(child, element);
                }
                continue;
            };
            let field = &shape.fields[index];
            let is_back = |last: &usize| *last > index || *last == index && !self.repeats(field);
            if let Some(before) = last.filter(is_back)
                && !begins_again(index, before)
            {
                let reason = match before == index {
                    true => format!("has `{}` twice", child.name),
                    false => format!("has `{}` after `{}`", child.name, shape.fields[before].xml),
                };
                self.refuse(child, reason);
            }
            last = Some(index);
            counts[index] += 1;
            if counts[index] > 1 && !self.repeats(field) {
                // What is there again has no place in the JSON.
                continue;
            }
            self.below(field.json, |checking| checking.field(child, field, counts[index] - 1));
        }
    }

    fn is_element(&self, field: &Field, child: &Element<'_>) -> bool {
        !matches!(field.place, Place::Attribute(_) | Place::Text(_)) && fits(self.namespace, field, child)
    }

    /// Whether there is an element for each entry of a list.
    fn repeats(&self, field: &Field) -> bool {
        match field.place {
            Place::Each(_) => true,
            Place::EachSince(version, _) => self.version >= version,
            _ => false,
        }
    }

    /// Judges `child`, the element of `field`; there are `count` before it.
    fn field(&mut self, child: &Element<'_>, field: &Field, count: usize) {
        match &field.place {
            Place::Attribute(_) | Place::Text(_) => {}
            Place::Inline(shape) => self.members(child, shape.get()),
            Place::One(value) => self.value(child, value),
            Place::Each(value) | Place::EachSince(_, value) if self.repeats(field) => {
                self.note(child);
                self.below(&format!("[{count}]"), |checking| checking.value(child, value));
            }
            Place::Each(value) | Place::EachSince(_, value) => self.value(child, value),
            Place::List(items) => self.list(child, items, true),
        }
    }

    fn list(&mut self, element: &Element<'_>, items: &[Item], is_list: bool) {
        self.note(element);
        self.no_text(element);
        let is_open = LISTS_WITH_ATTRIBUTES.contains(&element.name);
        self.attributes(element, if is_open { Attributes::Any } else { Attributes::None }, |_| false);
        let mut count = 0;
        for child in &element.children {
            if *child.namespace != *self.namespace {
                self.foreign(child);
                continue;
            }
            let Some(item) = items.iter().find(|item| item.xml == child.name) else {
                self.unknown(child, element);
                continue;
            };
            if let Some(since) = item.shares_since
                && self.version < since
                && element.children.len() > 1
            {
                self.refuse(
                    child,
                    format!("has `{}` beside other elements, allowed since {since}", child.name),
                );
            }
            let position = if is_list { format!("[{count}]") } else { String::new() };
            count += 1;
            self.below(&position, |checking| {
                checking.note(child);
                checking
                    .below(item.member.unwrap_or_default(), |checking| checking.value(child, &item.value));
            });
        }
    }

    fn value(&mut self, element: &Element<'_>, value: &Value) {
        self.note(element);
        match value {
            Value::Shape(shape) => return self.object(element, shape.get()),
            Value::Choice(items) => return self.list(element, items, element.children.len() > 1),
            Value::Boxed(member) => self.below(member, |checking| checking.note(element)),
            Value::InAttribute(_) => self.no_text(element),
            _ => {}
        }
        let own = if let Value::InAttribute(name) = value { *name } else { "" };
        self.attributes(element, Attributes::None, |name| name == own);
        for child in &element.children {
            self.unknown(child, element);
        }
    }

    /// Judges the attributes of `element`, those left aside that `is_member` knows.
    fn attributes(
        &mut self,
        element: &Element<'_>,
        mut allowed: Attributes,
        is_member: impl Fn(&str) -> bool,
    ) {
        if self.version == "1.0" && allowed == Attributes::Any {
            allowed = Attributes::Foreign;
        }
        for attribute in &element.attributes {
            let is_known = match &*attribute.namespace {
                "" => is_member(attribute.name) || allowed == Attributes::Any,
                INSTANCE => true,
                _ => allowed != Attributes::None,
            };
            // What texts of plimsoll's own are escaped with.
            if !is_known && &*attribute.namespace != ESCAPES {
                let name = shortened(attribute.name);
                self.refuse(element, format!("has the attribute `{name}`, which `{}` has not", element.name));
            }
        }
    }

    fn no_text(&mut self, element: &Element<'_>) {
        if !element.token().is_empty() {
            self.refuse(element, format!("has text in `{}`, between its elements", element.name));
        }
    }

    fn unknown(&mut self, child: &Element<'_>, element: &Element<'_>) {
        let (child_name, name) = (shortened(child.name), element.name);
        self.refuse(child, format!("has `{child_name}`, which is no element of `{name}`"));
    }

    /// Judges an element of another namespace: they are allowed since 1.1, and may hold anything.
    fn foreign(&mut self, element: &Element<'_>) {
        if self.version == "1.0" {
            let name = shortened(element.name);
            self.refuse(element, format!("has `{name}` of another namespace, which 1.0 does not allow"));
        }
        if &*element.namespace == DEPENDENCY_GRAPH {
            self.dependency_graph(element);
        }
    }

    fn dependency_graph(&mut self, element: &Element<'_>) {
        if element.name == "dependency" && !element.attributes.iter().any(|one| one.name == "ref") {
            self.refuse(element, "has a `dependency` of the extension that lacks `ref`".to_owned());
        }
        element.children.iter().for_each(|child| self.dependency_graph(child));
    }
}

/// A name that may be of any length.
fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}
