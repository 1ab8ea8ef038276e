//! The JSON of a CycloneDX document as XML, elements in the order of the schema, pretty-printed with two spaces.

use std::io;

use super::super::super::wire::losses::Losses;
use super::super::super::wire::tree::Tree;
use super::super::super::wire::xml::{self, in_attribute, is_xml};
use super::shape::{Field, Item, Place, Shape, Value, document};
use super::{BEYOND, ESCAPES, NAMESPACE};
use crate::format::Loss;

/// Members that the namespace of the document says in XML.
const SAID_BY_NAMESPACE: &[&str] = &["$schema", "bomFormat", "specVersion"];

/// Writes `tree` as XML of `version`, and lists what XML has no place for.
pub(super) fn write(tree: Tree, version: &str, out: &mut dyn io::Write) -> io::Result<Vec<Loss>> {
    let mut writing = Writing { out, losses: Losses::default(), indent: 0 };
    writing.out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    let mut root = Tree::Object(
        tree.members()
            .iter()
            .filter(|(name, _)| !SAID_BY_NAMESPACE.contains(&name.as_str()))
            .cloned()
            .collect(),
    );
    drop(tree);
    let start = vec![("xmlns".to_owned(), format!("{NAMESPACE}{version}"))];
    let mut start = start;
    if needs_escapes(&root) {
        super::each_text(&mut root, &|text| *text = escaped(text));
        start.push(("xmlns:plimsoll".to_owned(), ESCAPES.to_owned()));
        start.push(("plimsoll:escaped".to_owned(), "true".to_owned()));
    }
    writing.object("bom", &root, document(), start, "")?;
    Ok(writing.losses.into_list())
}

/// Whether a text of `tree` has a character that XML cannot hold.
fn needs_escapes(tree: &Tree) -> bool {
    let mut needs = false;
    tree.leaves(&mut |_, leaf| needs |= leaf.as_str().is_some_and(|text| !text.chars().all(is_xml)));
    needs
}

/// `text` with escapes for what XML cannot hold; [`ESCAPES`].
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_xml(character) && character != char::REPLACEMENT_CHARACTER {
            out.push(character);
        } else {
            out.push_str(&format!("\u{FFFD}{:04X}", u32::from(character)));
        }
    }
    out
}

/// `text` as the text of an element. White space around it is written so that no reader takes it away.
fn in_element(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let core = text.len() - text.trim_ascii_start().len()..text.trim_ascii_end().len();
    for (at, character) in text.char_indices() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\r' => out.push_str("&#13;"),
            ' ' | '\n' | '\t' if !core.contains(&at) => out.push_str(&format!("&#{};", u32::from(character))),
            character if !is_xml(character) => out.push(char::REPLACEMENT_CHARACTER),
            character => out.push(character),
        }
    }
    out
}

struct Writing<'w> {
    out: &'w mut dyn io::Write,
    /// How many values are lost at a path, and the first.
    losses: Losses,
    indent: usize,
}

/// What is written of one element.
#[derive(Default)]
struct Content<'t> {
    attributes: Vec<(String, String)>,
    text: String,
    /// Elements kept as they were written.
    kept: Vec<&'t str>,
}

/// The part of an object of the member [`BEYOND`] that belongs to the element at a path.
#[derive(Clone, Copy)]
struct Beyond<'t> {
    records: Option<&'t Tree>,
}

impl<'t> Beyond<'t> {
    fn of(object: &'t Tree) -> Self {
        Self { records: object.get(BEYOND) }
    }

    /// Adds what is kept of the element at `path` to `content`.
    fn add(self, path: &str, content: &mut Content<'t>) {
        let Some(record) = self.records.and_then(|records| records.get(path)) else { return };
        let attributes = record.get("attributes").map_or(&[][..], Tree::members);
        for (at, (name, value)) in attributes.iter().enumerate() {
            let Some(value) = value.as_str() else { continue };
            match name.strip_prefix('{').and_then(|name| name.split_once('}')) {
                None => content.attributes.push((name.clone(), value.to_owned())),
                Some((namespace, name)) if namespace == xml::XML_NAMESPACE => {
                    content.attributes.push((format!("xml:{name}"), value.to_owned()));
                }
                Some((namespace, name)) => {
                    content.attributes.push((format!("xmlns:a{at}"), namespace.to_owned()));
                    content.attributes.push((format!("a{at}:{name}"), value.to_owned()));
                }
            }
        }
        if let Some(text) = record.get("text").and_then(Tree::as_str) {
            text.clone_into(&mut content.text);
        }
        let elements = record.get("elements").map_or(&[][..], Tree::elements);
        content.kept.extend(elements.iter().filter_map(Tree::as_str));
    }
}

impl Writing<'_> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{:1$}{line}", "", self.indent)
    }

    /// Writes the element `name` and what `below` writes into it.
    fn element(
        &mut self,
        name: &str,
        content: &Content<'_>,
        path: &str,
        has_below: bool,
        below: &mut dyn FnMut(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut start = format!("<{name}");
        let mut known: Vec<&str> = Vec::new();
        for (attribute, value) in &content.attributes {
            if known.contains(&attribute.as_str()) || !is_name(attribute) {
                self.losses.add_all(&format!("{path}.{attribute}"), &Tree::Text(value.clone()));
                continue;
            }
            known.push(attribute);
            self.check(path, value);
            start.push_str(&format!(" {attribute}=\"{}\"", in_attribute(value)));
        }
        self.check(path, &content.text);
        let text = in_element(&content.text);
        if !has_below && content.kept.is_empty() {
            return if text.is_empty() {
                self.line(&format!("{start}/>"))
            } else {
                self.line(&format!("{start}>{text}</{name}>"))
            };
        }
        self.line(&format!("{start}>{text}"))?;
        self.indent += 2;
        below(self)?;
        for kept in &content.kept {
            // It may come from anywhere: nothing but one whole element is let through.
            match xml::parse(super::XML, kept) {
                Ok(_) => self.line(kept.trim_ascii())?,
                Err(_) => self.losses.add_all(&format!("{path}.{BEYOND}"), &Tree::Text((*kept).to_owned())),
            }
        }
        self.indent -= 2;
        self.line(&format!("</{name}>"))
    }

    /// Says when characters of `text` are lost.
    fn check(&mut self, path: &str, text: &str) {
        if !text.chars().all(is_xml) {
            self.losses.add_all(path, &Tree::Text(text.to_owned()));
        }
    }

    fn object(
        &mut self,
        name: &str,
        object: &Tree,
        shape: &Shape,
        start: Vec<(String, String)>,
        path: &str,
    ) -> io::Result<()> {
        if let Tree::Text(text) = object {
            let content = Content { attributes: start, text: text.clone(), ..Content::default() };
            return self.element(name, &content, path, false, &mut |_| Ok(()));
        }
        let Tree::Object(members) = object else {
            self.losses.add_all(path, object);
            return Ok(());
        };
        self.lose_unknown(members, shape, path);
        self.part(name, object, shape, start, path, ".")
    }

    /// Members that `shape` has no place for are lost.
    fn lose_unknown(&mut self, members: &[(String, Tree)], shape: &Shape, path: &str) {
        for (member, value) in members {
            if member != BEYOND && !knows(shape, member) {
                self.losses.add_all(&join(path, member), value);
            }
        }
    }

    /// Writes the members of `object` that `shape` has, in an element; `own` leads to it from the object's.
    fn part(
        &mut self,
        name: &str,
        object: &Tree,
        shape: &Shape,
        start: Vec<(String, String)>,
        path: &str,
        own: &str,
    ) -> io::Result<()> {
        let beyond = Beyond::of(object);
        let mut content = Content { attributes: start, ..Content::default() };
        let mut fields: Vec<(&Field, &Tree)> = Vec::new();
        for field in &shape.fields {
            if let Place::Inline(inner) = &field.place {
                if object.members().iter().any(|(member, _)| knows(inner.get(), member)) {
                    fields.push((field, object));
                }
                continue;
            }
            let Some(value) = object.get(field.json) else { continue };
            match (&field.place, scalar(value)) {
                (Place::Attribute(_), Some(text)) => content.attributes.push((field.xml.to_owned(), text)),
                (Place::Text(_), Some(text)) => content.text = text,
                (Place::Attribute(_) | Place::Text(_), None) => {
                    self.losses.add_all(&join(path, field.json), value)
                }
                (Place::List(_), _) if !matches!(value, Tree::List(_)) => {
                    let otherwise = shape
                        .fields
                        .iter()
                        .any(|other| other.json == field.json && !matches!(other.place, Place::List(_)));
                    if !otherwise {
                        self.losses.add_all(&join(path, field.json), value);
                    }
                }
                (Place::One(_), _) if matches!(value, Tree::List(_)) => {
                    let otherwise = shape
                        .fields
                        .iter()
                        .any(|other| other.json == field.json && matches!(other.place, Place::List(_)));
                    if !otherwise {
                        self.losses.add_all(&join(path, field.json), value);
                    }
                }
                _ => fields.push((field, value)),
            }
        }
        beyond.add(own, &mut content);
        self.element(name, &content, path, !fields.is_empty(), &mut |writing| {
            fields.iter().try_for_each(|(field, value)| writing.field(field, value, beyond, path, own))
        })
    }

    fn field(
        &mut self,
        field: &Field,
        value: &Tree,
        beyond: Beyond<'_>,
        path: &str,
        own: &str,
    ) -> io::Result<()> {
        let path = if field.json.is_empty() { path.to_owned() } else { join(path, field.json) };
        let own = if own == "." { field.xml.to_owned() } else { format!("{own}/{}", field.xml) };
        match &field.place {
            Place::Attribute(_) | Place::Text(_) => Ok(()),
            Place::Inline(shape) => self.part(field.xml, value, shape.get(), Vec::new(), &path, &own),
            Place::One(kind) => self.value(field.xml, value, kind, beyond, &path, &own),
            Place::Each(kind) | Place::EachSince(_, kind) => match value {
                Tree::List(entries) => {
                    let path = format!("{path}[]");
                    entries.iter().enumerate().try_for_each(|(at, entry)| {
                        self.value(field.xml, entry, kind, beyond, &path, &format!("{own}/{at}"))
                    })
                }
                value => self.value(field.xml, value, kind, beyond, &path, &own),
            },
            Place::List(items) => {
                self.list(field.xml, value.elements(), items, beyond, &format!("{path}[]"), &own)
            }
        }
    }

    fn list(
        &mut self,
        name: &str,
        entries: &[Tree],
        items: &[Item],
        beyond: Beyond<'_>,
        path: &str,
        own: &str,
    ) -> io::Result<()> {
        let mut content = Content::default();
        beyond.add(own, &mut content);
        self.element(name, &content, path, !entries.is_empty(), &mut |writing| {
            for (at, entry) in entries.iter().enumerate() {
                let own = format!("{own}/{at}");
                match items.iter().find(|item| stands_as(entry, item)) {
                    None => writing.losses.add_all(path, entry),
                    Some(item) => {
                        let value = item.member.map_or(Some(entry), |member| entry.get(member));
                        for (other, lost) in entry.members().iter().filter(|_| item.member.is_some()) {
                            if item.member != Some(other.as_str()) {
                                writing.losses.add_all(&join(path, other), lost);
                            }
                        }
                        let path = item.member.map_or(path.to_owned(), |member| join(path, member));
                        if let Some(value) = value {
                            writing.value(item.xml, value, &item.value, beyond, &path, &own)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    fn value(
        &mut self,
        name: &str,
        value: &Tree,
        kind: &Value,
        beyond: Beyond<'_>,
        path: &str,
        own: &str,
    ) -> io::Result<()> {
        let mut content = Content::default();
        let held = match kind {
            Value::Shape(shape) => return self.object(name, value, shape.get(), Vec::new(), path),
            Value::Choice(items) => {
                return self.list(name, std::slice::from_ref(value), items, beyond, path, own);
            }
            Value::Boxed(member) => {
                for (other, lost) in value.members().iter().filter(|(other, _)| other != member) {
                    self.losses.add_all(&join(path, other), lost);
                }
                value.get(member)
            }
            _ => Some(value),
        };
        let Some(text) = held.and_then(scalar) else {
            self.losses.add_all(path, held.unwrap_or(value));
            return Ok(());
        };
        match kind {
            Value::InAttribute(attribute) => content.attributes.push(((*attribute).to_owned(), text)),
            _ => content.text = text,
        }
        beyond.add(own, &mut content);
        self.element(name, &content, path, false, &mut |_| Ok(()))
    }
}

/// Whether `shape` has a place for the member `name`.
fn knows(shape: &Shape, name: &str) -> bool {
    shape.fields.iter().any(|field| match &field.place {
        Place::Inline(inner) => knows(inner.get(), name),
        _ => field.json == name,
    })
}

fn stands_as(entry: &Tree, item: &Item) -> bool {
    let is_object = matches!(entry, Tree::Object(_));
    match (item.member, &item.value) {
        (Some(member), _) => entry.get(member).is_some(),
        (None, _) if !item.when.is_empty() => item.when.iter().any(|member| entry.get(member).is_some()),
        (None, Value::Shape(_) | Value::Boxed(_)) => is_object,
        (None, _) => !is_object,
    }
}

fn join(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}

/// Whether `text` is a name of XML, perhaps with a prefix. Narrower than XML's own rule beyond ASCII.
fn is_name(text: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    text.starts_with(is_start) && text.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c))
}

/// The text of a value that is neither `null`, nor a list, nor an object.
fn scalar(value: &Tree) -> Option<String> {
    match value {
        Tree::Text(text) => Some(text.clone()),
        Tree::Bool(_) | Tree::Number(_) => Some(value.to_string()),
        Tree::Null | Tree::List(_) | Tree::Object(_) => None,
    }
}
