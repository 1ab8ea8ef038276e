//! SPDX XML: 2.2 and 2.3 are read.
//!
//! It is the JSON of the same document in XML: an element is a member, and several of one name are the elements of a list.
//! An attribute is a member `@name`; text beside elements is a member `#text`; an element or attribute of another
//! namespace than the root's is a member `{namespace}name`. Comments and processing instructions are not kept.

use std::borrow::Cow;
use std::collections::HashMap;

use model::limits::Limits;

use super::super::wire::text::Kind;
use super::super::wire::tree::{Object, Tree};
use super::super::wire::xml::{Element, parse};
use super::super::{DocumentError, Syntax};
use super::scalar;

pub(in crate::format) static SYNTAX: Syntax = Syntax {
    kind: Kind::Spdx2Xml,
    accepts: "SPDX 2.2 to 2.3 XML",
    suffix: "XML",
    model: &super::MODEL,
    to_json: read,
};

const FORMAT: &str = "SPDX XML";

/// The name of the root, which says nothing else.
const ROOT: &str = "Document";

/// Bytes of names of other namespaces.
const FOREIGN_BYTES_MAX: usize = 1 << 26;

/// What begins the name of a member that is an attribute.
pub(super) const ATTRIBUTE: char = '@';

/// The member with the text beside elements.
pub(super) const TEXT: &str = "#text";

/// The JSON of the document `text`.
fn read<'a>(text: &'a str, _: &Limits) -> Result<Cow<'a, str>, DocumentError> {
    let root = parse(FORMAT, text)?;
    let refuse = |reason: String| {
        let (line, column) = root.position(text);
        DocumentError::Malformed { format: FORMAT, place: "top level".to_owned(), line, column, reason }
    };
    if root.name != ROOT {
        return Err(refuse(format!("the root is `{}` and not `{ROOT}`", root.name)));
    }
    let mut reading = Reading { namespace: &root.namespace, foreign_bytes: 0 };
    let document = reading.members(&root);
    if reading.foreign_bytes > FOREIGN_BYTES_MAX {
        return Err(refuse(format!("more than {FOREIGN_BYTES_MAX} bytes of names of other namespaces")));
    }
    let json = serde_json::to_string(&Tree::Object(document));
    json.map(Cow::Owned).map_err(|error| refuse(error.to_string()))
}

/// Calls `take` with the path and the line of every element of the document's namespace.
pub(in crate::format) fn lines(text: &str, take: &mut dyn FnMut(&str, usize)) {
    // What cannot be read was refused before.
    let Ok(root) = parse(FORMAT, text) else { return };
    let mut finding = Finding { text, line: 1, counted: 0, path: String::new(), take };
    finding.element(&root);
}

struct Finding<'t> {
    text: &'t str,
    line: usize,
    /// Up to where lines are counted.
    counted: usize,
    path: String,
    take: &'t mut dyn FnMut(&str, usize),
}

impl Finding<'_> {
    fn element(&mut self, element: &Element<'_>) {
        let offset = element.offset(self.text);
        let passed = self.text.as_bytes().get(self.counted..offset).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = offset.max(self.counted);
        (self.take)(&self.path, self.line);
        let own = || element.children.iter().filter(|child| child.namespace == element.namespace);
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for child in own() {
            *counts.entry(child.name).or_default() += 1;
        }
        let mut indices: HashMap<&str, usize> = HashMap::new();
        let length = self.path.len();
        for child in own() {
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(child.name);
            let is_empty =
                child.children.is_empty() && child.attributes.is_empty() && child.token().is_empty();
            let is_list =
                scalar::is_list(child.name) || counts.get(child.name).is_some_and(|count| *count > 1);
            if is_list && !(is_empty && scalar::is_list_of_objects(child.name)) {
                let index = indices.entry(child.name).or_default();
                self.path.push_str(&format!("[{index}]"));
                *index += 1;
            }
            self.element(child);
            self.path.truncate(length);
        }
    }
}

struct Reading<'r> {
    /// Of the document's elements.
    namespace: &'r str,
    /// Bytes of names with other namespaces, which are short in XML.
    foreign_bytes: usize,
}

impl Reading<'_> {
    /// The members of the object that `element` is.
    fn members(&mut self, element: &Element<'_>) -> Object {
        let mut members = Object::new();
        for attribute in &element.attributes {
            let name = match &*attribute.namespace {
                "" => attribute.name.to_owned(),
                namespace => self.foreign(namespace, attribute.name),
            };
            members.push((format!("{ATTRIBUTE}{name}"), Tree::Text(attribute.value.clone())));
        }
        if !element.token().is_empty() {
            members.push((TEXT.to_owned(), Tree::Text(element.token().to_owned())));
        }
        let mut index = HashMap::new();
        for child in &element.children {
            let is_own = &*child.namespace == self.namespace;
            let name =
                if is_own { child.name.to_owned() } else { self.foreign(&child.namespace, child.name) };
            let is_list = is_own && scalar::is_list(&name);
            let value = self.value(&name, child);
            let at = *index.entry(name.clone()).or_insert_with(|| {
                members.push((name, if is_list { Tree::List(Vec::new()) } else { Tree::Null }));
                members.len() - 1
            });
            let Some((name, known)) = members.get_mut(at) else { continue };
            // An empty list has to be written as something.
            let is_empty = matches!(&value, Tree::Text(text) if text.is_empty());
            match known {
                Tree::List(_) if is_empty && scalar::is_list_of_objects(name) => {}
                Tree::List(list) => list.push(value),
                Tree::Null => *known = value,
                _ => *known = Tree::List(vec![std::mem::replace(known, Tree::Null), value]),
            }
        }
        members
    }

    /// What `element`, which is the member `name`, is.
    fn value(&mut self, name: &str, element: &Element<'_>) -> Tree {
        if !element.children.is_empty() || !element.attributes.is_empty() {
            return Tree::Object(self.members(element));
        }
        scalar::value(name, if scalar::is_free_text(name) { &element.text } else { element.token() })
    }

    /// A name of another namespace; without it where there are too many, which is an error in the end.
    fn foreign(&mut self, namespace: &str, name: &str) -> String {
        self.foreign_bytes = self.foreign_bytes.saturating_add(namespace.len() + name.len());
        if self.foreign_bytes > FOREIGN_BYTES_MAX {
            return name.to_owned();
        }
        format!("{{{namespace}}}{name}")
    }
}
