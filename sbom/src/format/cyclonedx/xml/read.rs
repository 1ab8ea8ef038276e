//! CycloneDX XML to the JSON of the same document.

use std::borrow::Cow;

use model::limits::Limits;
use serde_json::Number;

use super::super::super::wire::tree::{Object, Tree};
use super::super::super::wire::xml::{Attribute, Element, parse};

use super::shape::{Field, Item, Place, Shape, Value, document};
use super::{BEYOND, ESCAPES, NAMESPACE, XML};
use crate::format::DocumentError;

/// Bytes that the declarations of namespaces may add to elements that are kept as they are written.
const KEPT_BYTES_MAX: usize = 1 << 28;

/// The JSON of the document `text`. What JSON has no place for is in the members [`BEYOND`].
pub(super) fn read<'a>(text: &'a str, _: &Limits) -> Result<Cow<'a, str>, DocumentError> {
    let mut root = parse(XML, text)?;
    let n_attributes = root.attributes.len();
    root.attributes.retain(|attribute| &*attribute.namespace != ESCAPES);
    let has_escapes = root.attributes.len() < n_attributes;
    let refuse = |reason: String| DocumentError::Malformed {
        format: XML,
        place: "top level".to_owned(),
        line: 1,
        column: 1,
        reason,
    };
    let version = root.namespace.strip_prefix(NAMESPACE);
    let Some(version) = version.filter(|_| root.name == "bom") else {
        return Err(refuse(format!("the root is `{}` of the namespace `{}`", root.name, root.namespace)));
    };
    let mut reading = Reading { namespace: &root.namespace, version, kept_bytes: 0 };
    let mut members = vec![
        ("bomFormat".to_owned(), Tree::Text("CycloneDX".to_owned())),
        ("specVersion".to_owned(), Tree::Text(version.to_owned())),
    ];
    let mut beyond = Vec::new();
    reading.members(&root, document(), &mut members, ".", &mut beyond);
    finish(&mut members, beyond);
    if reading.kept_bytes > KEPT_BYTES_MAX {
        return Err(refuse(format!(
            "more than {KEPT_BYTES_MAX} bytes of elements that CycloneDX does not know"
        )));
    }
    let mut tree = Tree::Object(members);
    if has_escapes {
        super::each_text(&mut tree, &|text| *text = unescaped(text));
    }
    serde_json::to_string(&tree).map(Cow::Owned).map_err(|error| refuse(error.to_string()))
}

/// `text` with its escapes replaced; [`ESCAPES`].
fn unescaped(text: &str) -> String {
    let mut parts = text.split(char::REPLACEMENT_CHARACTER);
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let number = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match number.and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                out.push_str(&part[4..]);
            }
            None => {
                out.push(char::REPLACEMENT_CHARACTER);
                out.push_str(part);
            }
        }
    }
    out
}

struct Reading<'r> {
    /// The namespace of the document.
    namespace: &'r str,
    version: &'r str,
    /// Bytes of elements kept as they are written.
    kept_bytes: usize,
}

/// What has no place in an object's JSON, by the path from the object's element.
type Beyond = Vec<(String, Object)>;

/// Puts what has no place in JSON at the end of an object's members.
fn finish(members: &mut Object, beyond: Beyond) {
    if !beyond.is_empty() {
        let beyond = beyond.into_iter().map(|(path, record)| (path, Tree::Object(record))).collect();
        members.push((BEYOND.to_owned(), Tree::Object(beyond)));
    }
}

impl Reading<'_> {
    fn is_own(&self, namespace: &str) -> bool {
        namespace == self.namespace
    }

    fn object(&mut self, element: &Element<'_>, shape: &Shape) -> Tree {
        let has_text = shape.fields.iter().any(|field| matches!(field.place, Place::Text(_)));
        if !has_text
            && element.children.is_empty()
            && element.attributes.is_empty()
            && !element.token().is_empty()
        {
            // Some members were a text before they were an object.
            return Tree::Text(element.token().to_owned());
        }
        let mut members = Vec::new();
        let mut beyond = Vec::new();
        self.members(element, shape, &mut members, ".", &mut beyond);
        finish(&mut members, beyond);
        Tree::Object(members)
    }

    /// Reads what is in `element` into `members`; `path` leads to it from the element of the object.
    fn members(
        &mut self,
        element: &Element<'_>,
        shape: &Shape,
        members: &mut Object,
        path: &str,
        beyond: &mut Beyond,
    ) {
        let mut rest = Rest::default();
        for attribute in &element.attributes {
            let known = shape.fields.iter().find_map(|field| match &field.place {
                Place::Attribute(value) if field.xml == attribute.name && attribute.namespace.is_empty() => {
                    Some((field.json, value))
                }
                _ => None,
            });
            match known {
                Some((json, value)) => members.push((json.to_owned(), scalar(value, &attribute.value))),
                None => rest.attribute(attribute),
            }
        }
        let text = shape.fields.iter().find_map(|field| match &field.place {
            Place::Text(Value::Text) => Some((field.json, element.text.as_str())),
            Place::Text(_) => Some((field.json, element.token())),
            _ => None,
        });
        match text {
            Some((json, text)) => members.push((json.to_owned(), Tree::Text(text.to_owned()))),
            None => rest.text(element.token()),
        }
        for child in &element.children {
            if !self.is_own(&child.namespace) || !self.member(child, shape, members, path, beyond) {
                self.keep(child, &mut rest);
            }
        }
        rest.finish(path, beyond);
    }

    /// Reads `child` into `members`; false when it has no place there.
    fn member(
        &mut self,
        child: &Element<'_>,
        shape: &Shape,
        members: &mut Object,
        path: &str,
        beyond: &mut Beyond,
    ) -> bool {
        let Some(field) =
            shape.fields.iter().find(|field| field.xml == child.name && fits(self.namespace, field, child))
        else {
            return false;
        };
        let there = members.iter().any(|(name, _)| name == field.json);
        let path = if path == "." { child.name.to_owned() } else { format!("{path}/{}", child.name) };
        let value = match &field.place {
            Place::Attribute(_) | Place::Text(_) => return false,
            Place::Inline(shape) => {
                let shape = shape.get();
                if members.iter().any(|(name, _)| shape.fields.iter().any(|field| field.json == name)) {
                    return false;
                }
                self.members(child, shape, members, &path, beyond);
                return true;
            }
            Place::Each(value) => return self.entry(child, field, value, members, &path, beyond),
            Place::EachSince(version, value) if self.version >= *version => {
                return self.entry(child, field, value, members, &path, beyond);
            }
            _ if there => return false,
            Place::One(value) | Place::EachSince(_, value) => self.value(child, value, &path, beyond),
            Place::List(items) => self.list(child, items, &path, beyond),
        };
        members.push((field.json.to_owned(), value));
        true
    }

    /// Appends `child` to the list of `field`.
    fn entry(
        &mut self,
        child: &Element<'_>,
        field: &Field,
        value: &Value,
        members: &mut Object,
        path: &str,
        beyond: &mut Beyond,
    ) -> bool {
        let at = members.iter().position(|(name, _)| name == field.json).unwrap_or_else(|| {
            members.push((field.json.to_owned(), Tree::List(Vec::new())));
            members.len() - 1
        });
        let Tree::List(entries) = &mut members[at].1 else { return false };
        let read = self.value(child, value, &format!("{path}/{}", entries.len()), beyond);
        entries.push(read);
        true
    }

    fn list(&mut self, element: &Element<'_>, items: &[Item], path: &str, beyond: &mut Beyond) -> Tree {
        let mut rest = Rest::default();
        element.attributes.iter().for_each(|attribute| rest.attribute(attribute));
        rest.text(element.token());
        let mut entries: Vec<Tree> = Vec::new();
        for child in &element.children {
            let item = items.iter().find(|item| item.xml == child.name && self.is_own(&child.namespace));
            let Some(item) = item else {
                self.keep(child, &mut rest);
                continue;
            };
            let value = self.value(child, &item.value, &format!("{path}/{}", entries.len()), beyond);
            entries.push(match item.member {
                Some(member) => Tree::Object(vec![(member.to_owned(), value)]),
                None => value,
            });
        }
        rest.finish(path, beyond);
        Tree::List(entries)
    }

    fn value(&mut self, element: &Element<'_>, value: &Value, path: &str, beyond: &mut Beyond) -> Tree {
        let mut rest = Rest::default();
        let mut text = None;
        let read = match value {
            Value::Shape(shape) => return self.object(element, shape.get()),
            Value::Choice(items) => {
                let mut list = self.list(element, items, path, beyond);
                return match &mut list {
                    Tree::List(entries) if entries.len() == 1 => entries.swap_remove(0),
                    _ => list,
                };
            }
            Value::Text => Tree::Text(element.text.clone()),
            Value::Boxed(member) => {
                Tree::Object(vec![((*member).to_owned(), Tree::Text(element.text.clone()))])
            }
            Value::InAttribute(name) => {
                let own =
                    |attribute: &&Attribute<'_>| attribute.name == *name && attribute.namespace.is_empty();
                text = element.attributes.iter().find(own).map(|attribute| attribute.value.clone());
                rest.text(element.token());
                Tree::Text(text.clone().unwrap_or_default())
            }
            _ => scalar(value, element.token()),
        };
        for attribute in &element.attributes {
            let taken = matches!(value, Value::InAttribute(name)
                if attribute.name == *name && attribute.namespace.is_empty() && text.is_some());
            if !taken {
                rest.attribute(attribute);
            }
        }
        element.children.iter().for_each(|child| self.keep(child, &mut rest));
        rest.finish(path, beyond);
        read
    }

    /// Keeps `element` as it is written.
    fn keep(&mut self, element: &Element<'_>, rest: &mut Rest) {
        if self.kept_bytes > KEPT_BYTES_MAX {
            return;
        }
        let whole = element.whole(self.namespace);
        self.kept_bytes += whole.len();
        rest.elements.push(Tree::Text(whole));
    }
}

/// Whether `child` may be what `field` says in a document of `namespace`: some names are a list or an object.
pub(super) fn fits(namespace: &str, field: &Field, child: &Element<'_>) -> bool {
    let Place::List(items) = &field.place else { return true };
    let mut own = child.children.iter().filter(|entry| *entry.namespace == *namespace).peekable();
    own.peek().is_none() || own.any(|entry| items.iter().any(|item| item.xml == entry.name))
}

/// The value of the text of an element or attribute.
fn scalar(value: &Value, text: &str) -> Tree {
    let as_text = || Tree::Text(text.to_owned());
    match value {
        Value::Bool => match text.trim_ascii() {
            "true" | "1" => Tree::Bool(true),
            "false" | "0" => Tree::Bool(false),
            _ => as_text(),
        },
        Value::Number => match serde_json::from_str::<Number>(text.trim_ascii()) {
            Ok(number) if same_number(&number.to_string(), text.trim_ascii()) => Tree::Number(number),
            _ => as_text(),
        },
        _ => as_text(),
    }
}

/// Whether two numbers are written alike, zeros at the end of a fraction left aside.
fn same_number(a: &str, b: &str) -> bool {
    let short = |text: &str| match text.split_once('.') {
        Some((whole, fraction)) => format!("{whole}.{}", fraction.trim_end_matches('0')),
        None => format!("{text}."),
    };
    short(a) == short(b)
}

/// What has no place in JSON, of one element.
#[derive(Default)]
struct Rest {
    attributes: Object,
    text: String,
    elements: Vec<Tree>,
}

impl Rest {
    fn attribute(&mut self, attribute: &Attribute<'_>) {
        let name = match &*attribute.namespace {
            "" => attribute.name.to_owned(),
            namespace => format!("{{{namespace}}}{}", attribute.name),
        };
        if !self.attributes.iter().any(|(known, _)| *known == name) {
            self.attributes.push((name, Tree::Text(attribute.value.clone())));
        }
    }

    fn text(&mut self, text: &str) {
        text.clone_into(&mut self.text);
    }

    fn finish(self, path: &str, beyond: &mut Beyond) {
        let mut record = Vec::new();
        if !self.attributes.is_empty() {
            record.push(("attributes".to_owned(), Tree::Object(self.attributes)));
        }
        if !self.text.is_empty() {
            record.push(("text".to_owned(), Tree::Text(self.text)));
        }
        if !self.elements.is_empty() {
            record.push(("elements".to_owned(), Tree::List(self.elements)));
        }
        if !record.is_empty() {
            beyond.push((path.to_owned(), record));
        }
    }
}
