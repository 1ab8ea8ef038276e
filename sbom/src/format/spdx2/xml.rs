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
    let json = serde_json::to_string(&Tree::Object(members(&root, &root.namespace)));
    json.map(Cow::Owned).map_err(|error| refuse(error.to_string()))
}

/// The members of the object that `element` is, in a document whose elements are in `namespace`.
fn members(element: &Element<'_>, namespace: &str) -> Object {
    let mut members = Object::new();
    for attribute in &element.attributes {
        let name = match &*attribute.namespace {
            "" => format!("{ATTRIBUTE}{}", attribute.name),
            namespace => format!("{ATTRIBUTE}{{{namespace}}}{}", attribute.name),
        };
        members.push((name, Tree::Text(attribute.value.clone())));
    }
    if !element.token().is_empty() {
        members.push((TEXT.to_owned(), Tree::Text(element.token().to_owned())));
    }
    let mut index = HashMap::new();
    for child in &element.children {
        let is_own = &*child.namespace == namespace;
        let name = if is_own { child.name.to_owned() } else { format!("{{{}}}{}", child.namespace, child.name) };
        let is_list = is_own && scalar::is_list(&name);
        let value = value(&name, child, namespace);
        let at = *index.entry(name.clone()).or_insert_with(|| {
            members.push((name, if is_list { Tree::List(Vec::new()) } else { Tree::Null }));
            members.len() - 1
        });
        let Some((name, known)) = members.get_mut(at) else { continue };
        // An empty list has to be written as something.
        let is_nothing = scalar::is_list_of_objects(name) && matches!(&value, Tree::Text(text) if text.is_empty());
        match known {
            Tree::List(_) if is_nothing => {}
            Tree::List(list) => list.push(value),
            Tree::Null => *known = value,
            _ => *known = Tree::List(vec![std::mem::replace(known, Tree::Null), value]),
        }
    }
    members
}

/// What `element`, which is the member `name`, is.
fn value(name: &str, element: &Element<'_>, namespace: &str) -> Tree {
    if !element.children.is_empty() || !element.attributes.is_empty() {
        return Tree::Object(members(element, namespace));
    }
    scalar::value(name, if scalar::is_free_text(name) { &element.text } else { element.token() })
}
