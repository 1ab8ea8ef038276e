//! A small XML document as a tree. Entities other than the five of XML itself are left as they are written: nothing is
//! expanded, and no document type is read.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Levels of elements; real manifests have some dozen.
const DEPTH_MAX: usize = 64;
/// Bytes of the name of an entity, or of the number of a character.
const ENTITY_BYTES_MAX: usize = 8;
/// Attributes of one element that are kept.
const ATTRIBUTES_MAX: usize = 1_000;
/// Elements of one document.
const ELEMENTS_MAX: usize = 1_000_000;

/// An element: its name without prefix, attributes, text and elements in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// All text directly in it, trimmed.
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

impl Element {
    /// The first element called `name` in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements called `name` in it.
    pub(super) fn each<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first element called `name` in it; none when that is empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The value of an attribute, whatever the case of its name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The root element of `text`.
///
/// # Errors
/// It is not well-formed, holds nothing, or is deeper or larger than any real manifest; says which.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    let mut n_elements = 0;
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                n_elements += 1;
                if open.len() > DEPTH_MAX || n_elements > ELEMENTS_MAX {
                    return Err(format!("more than {DEPTH_MAX} levels or {ELEMENTS_MAX} elements"));
                }
                open.push(element(&start));
            }
            Event::Empty(start) => {
                n_elements += 1;
                if n_elements > ELEMENTS_MAX {
                    return Err(format!("more than {ELEMENTS_MAX} elements"));
                }
                let element = element(&start);
                open.last_mut().ok_or("an element after the end")?.children.push(element);
            }
            Event::End(_) => close(&mut open)?,
            Event::Text(text) => {
                open.last_mut().ok_or("text after the end")?.text.push_str(&text);
            }
            Event::CData(text) => {
                open.last_mut().ok_or("text after the end")?.text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let name = (*reference).to_owned();
                open.last_mut().ok_or("text after the end")?.text.push_str(&entity(&name));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if open.len() > 1 {
        return Err(format!("`{}` is not closed", open[open.len() - 1].name));
    }
    let mut roots = open.pop().map(|document| document.children).unwrap_or_default();
    if roots.is_empty() { Err("it holds no element".to_owned()) } else { Ok(roots.swap_remove(0)) }
}

fn close(open: &mut Vec<Element>) -> Result<(), String> {
    let mut closed = open.pop().ok_or("an end without a start")?;
    let trimmed = closed.text.trim();
    if trimmed.len() < closed.text.len() {
        closed.text = trimmed.to_owned();
    }
    open.last_mut().ok_or("an end without a start")?.children.push(closed);
    Ok(())
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut attributes = start.attributes();
    attributes.with_checks(false);
    let attributes = attributes.flatten();
    Element {
        name: start.local_name().as_ref().to_owned(),
        attributes: attributes
            .take(ATTRIBUTES_MAX)
            .map(|attribute| (attribute.key.local_name().as_ref().to_owned(), unescaped(&attribute.value)))
            .collect(),
        ..Element::default()
    }
}

/// `text` with references to the entities of XML itself replaced.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // Looked for no further than a name can be long, or many `&` would make this quadratic.
        let end = after.bytes().take(ENTITY_BYTES_MAX + 1).position(|byte| byte == b';');
        match end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?))) {
            Some((name, after)) => {
                out.push_str(&entity(name));
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The text that `&name;` stands for; itself where it is none of XML's own.
fn entity(name: &str) -> String {
    let character = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
            None => number.parse().ok().and_then(char::from_u32),
        }),
    };
    character.map_or_else(|| format!("&{name};"), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_attributes_and_text_are_read() {
        let text = "<?xml version='1.0'?><!-- c --><p:a x='1 &amp; 2' p:Y=\"3\"><b> t &lt;u </b><b/><c><![CDATA[<d>]]></c></p:a>";
        let root = parse(text).unwrap();
        assert_eq!(
            (root.name.as_str(), root.attribute("X"), root.attribute("y")),
            ("a", Some("1 & 2"), Some("3"))
        );
        assert_eq!(root.each("b").map(|b| b.text.as_str()).collect::<Vec<_>>(), ["t <u", ""]);
        assert_eq!((root.text_of("c"), root.text_of("b")), (Some("<d>"), Some("t <u")));
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for text in ["", "text", "<a>", "<a></b>", "</a>", &"<a>".repeat(100)] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    /// A search to the end for each `&` would take hours here.
    #[test]
    fn many_ampersands_are_read_in_one_go() {
        let text = format!("<a x='{}'/>", "&".repeat(4_000_000));
        assert_eq!(parse(&text).unwrap().attribute("x").map(str::len), Some(4_000_000));
    }

    #[test]
    fn entities_are_not_expanded() {
        let text = "<!DOCTYPE a [<!ENTITY x 'boom'>]><a>&x;</a>";
        assert_eq!(parse(text).unwrap().text, "&x;");
    }
}
