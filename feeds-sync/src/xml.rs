//! Records of an XML document as small trees, read one at a time.
//!
//! Nothing is expanded but the five entities of XML itself and characters by number; a document that declares entities
//! of its own is refused.

use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::document::Document;
use crate::error::ParseError;

/// Levels of elements; OVAL's criteria have about ten.
const DEPTH_MAX: usize = 64;

/// Elements and attributes of one record; the largest bulletins list some ten thousand packages.
const NODES_MAX: usize = 4_000_000;

/// Bytes of the name of an entity, or of the number of a character.
const ENTITY_BYTES_MAX: usize = 8;

/// Takes one record.
pub type Visit<'a> = dyn FnMut(&Element) -> Result<(), ParseError> + 'a;

/// An element: names without prefix, the text directly in it without white space around, and the elements in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes, in the order written.
    pub attributes: Vec<(String, String)>,
    /// The text directly in it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Self>,
}

impl Element {
    /// The first element called `name` in it.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements called `name` in it.
    pub fn each<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first element called `name` in it; none when that is empty.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The value of the attribute `name`; none when that is empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Calls `visit` with each element that is called one of `records`, wherever it stands in `document`, whose outermost
/// element is called `root`.
///
/// # Errors
/// When it cannot be opened, has another root, is not well-formed, ends early, or passes a limit: `record_bytes_max` for
/// one record or anything between two, [`DEPTH_MAX`], [`NODES_MAX`].
pub fn each(
    document: &Document<'_>,
    root: &str,
    records: &[&str],
    visit: &mut Visit<'_>,
) -> Result<(), ParseError> {
    walk(document, root, Open { records, ..Open::default() }, visit)
}

/// As [`each`], with nothing of a record but its name and attributes.
///
/// # Errors
/// As [`each`].
pub fn each_tag(
    document: &Document<'_>,
    root: &str,
    records: &[&str],
    visit: &mut Visit<'_>,
) -> Result<(), ParseError> {
    walk(document, root, Open { records, is_shallow: true, ..Open::default() }, visit)
}

fn walk(
    document: &Document<'_>,
    root: &str,
    mut open: Open<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), ParseError> {
    let max = document.limits.record_bytes_max;
    let mut reader = Reader::from_reader(Metered { content: document.open_xml()?, n_read: 0, max });
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) if open.has_root && open.depth == 0 => return Ok(()),
            Ok(Event::Eof) => return Err(damaged("ends early")),
            Ok(event) => event,
            Err(_) if reader.get_ref().is_over() => {
                return Err(ParseError::Limit { limit: "record_bytes_max", max });
            }
            Err(error) => return Err(damaged(&error.to_string())),
        };
        let record = open.take(event, root)?;
        if open.elements.is_empty() {
            reader.get_mut().n_read = 0;
        }
        if let Some(record) = record {
            visit(&record)?;
        }
    }
}

fn damaged(why: &str) -> ParseError {
    ParseError::NotTheFeed(format!("no sound XML: {why:.200}"))
}

/// The elements that are open.
#[derive(Default)]
struct Open<'a> {
    /// The names of records.
    records: &'a [&'a str],
    /// Whether only the tags of records are of interest.
    is_shallow: bool,
    has_root: bool,
    /// How many elements are open, those outside of records among them.
    depth: usize,
    /// The record that is being read: it, and what is open in it.
    elements: Vec<Element>,
    n_nodes: usize,
}

impl Open<'_> {
    /// Takes `event` in; gives a record when it has ended.
    fn take(&mut self, event: Event<'_>, root: &str) -> Result<Option<Element>, ParseError> {
        match event {
            Event::Start(start) => self.start(&start, root),
            Event::Empty(start) => {
                let tag = self.start(&start, root)?;
                Ok(self.end()?.or(tag))
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text),
            Event::CData(text) => self.text(&text),
            Event::GeneralRef(reference) if self.elements.is_empty() => {
                entity(&reference)?;
                Ok(None)
            }
            Event::GeneralRef(reference) => self.text(entity(&reference)?.encode_utf8(&mut [0; 4])),
            Event::DocType(declared) if declared.contains('[') => Err(damaged("it declares entities")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => Ok(None),
        }
    }

    /// Opens an element; gives the tag of a record where only that is of interest.
    fn start(&mut self, start: &BytesStart<'_>, root: &str) -> Result<Option<Element>, ParseError> {
        let name = start.local_name();
        if self.depth == 0 && (self.has_root || name.as_ref() != root) {
            return Err(ParseError::NotTheFeed(format!("XML, but no `{root}`")));
        }
        self.has_root = true;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(damaged(&format!("more than {DEPTH_MAX} levels of elements")));
        }
        if self.elements.is_empty() {
            if !self.records.contains(&name.as_ref()) {
                return Ok(None);
            }
            self.n_nodes = 0;
        }
        let mut element = Element { name: name.as_ref().to_owned(), ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| damaged(&error.to_string()))?;
            let name = attribute.key.local_name().as_ref().to_owned();
            element.attributes.push((name, unescaped(&attribute.value)?));
            self.n_nodes += 1;
        }
        self.n_nodes += 1;
        if self.n_nodes > NODES_MAX {
            return Err(damaged(&format!("more than {NODES_MAX} elements in one record")));
        }
        if self.is_shallow {
            return Ok(Some(element));
        }
        self.elements.push(element);
        Ok(None)
    }

    fn end(&mut self) -> Result<Option<Element>, ParseError> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| damaged("an end without a start"))?;
        let Some(mut element) = self.elements.pop() else { return Ok(None) };
        let text = element.text.trim();
        if text.len() < element.text.len() {
            element.text = text.to_owned();
        }
        match self.elements.last_mut() {
            Some(around) => {
                around.children.push(element);
                Ok(None)
            }
            None => Ok(Some(element)),
        }
    }

    fn text(&mut self, text: &str) -> Result<Option<Element>, ParseError> {
        if let Some(element) = self.elements.last_mut() {
            element.text.push_str(text);
        }
        Ok(None)
    }
}

/// `text` with references replaced.
fn unescaped(text: &str) -> Result<String, ParseError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // Looked for no further than a name can be long, or many `&` would make this quadratic.
        let end = after.bytes().take(ENTITY_BYTES_MAX + 1).position(|byte| byte == b';');
        let name = end.and_then(|end| after.get(..end)).ok_or_else(|| damaged("`&` begins no reference"))?;
        out.push(entity(name)?);
        rest = &after[name.len() + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The character that `&name;` stands for.
fn entity(name: &str) -> Result<char, ParseError> {
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
    character
        .ok_or_else(|| damaged(&format!("`&{name};` stands for no character; entities are not expanded")))
}

/// Fails, rather than ends, when more than `max` bytes were read since `n_read` was set back. What the reader of XML
/// collects of one text or tag is bounded by that.
struct Metered<R> {
    content: R,
    n_read: u64,
    max: u64,
}

impl<R> Metered<R> {
    fn is_over(&self) -> bool {
        self.n_read > self.max
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.fill_buf()?.read(buffer)?;
        self.consume(n_read);
        Ok(n_read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.n_read > self.max {
            return Err(io::Error::other("passes the limit `record_bytes_max`"));
        }
        self.content.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        self.n_read += n_bytes as u64;
        self.content.consume(n_bytes);
    }
}
