//! The elements of a document, with their namespaces. No entity but XML's own five is expanded, and no document type
//! that declares one is read.

use std::collections::HashMap;
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::format::DocumentError;

/// Levels of elements: with the levels that JSON adds, fewer than `serde_json` reads (128).
const DEPTH_MAX: usize = 100;
/// Elements and attributes of one document.
const NODES_MAX: usize = 1 << 24;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 1_000;
/// Prefixes that stand for namespaces at one place.
const PREFIXES_MAX: usize = 64;
/// Bytes of the name of a namespace.
const NAMESPACE_BYTES_MAX: usize = 1024;
/// Bytes of the name of an entity, or of the number of a character.
const ENTITY_BYTES_MAX: usize = 8;

pub(in crate::format) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// An element.
#[derive(Debug, Default)]
pub(in crate::format) struct Element<'a> {
    /// Empty for none.
    pub(in crate::format) namespace: Rc<str>,
    /// Without prefix.
    pub(in crate::format) name: &'a str,
    pub(in crate::format) attributes: Vec<Attribute<'a>>,
    /// All text directly in it.
    pub(in crate::format) text: String,
    /// Where the text is without the white space around it, that written as a character reference excepted.
    trimmed: Option<(usize, usize)>,
    pub(in crate::format) children: Vec<Self>,
    /// Itself as written.
    source: &'a str,
    /// What prefixes stand for here, those declared on the element itself included.
    prefixes: Rc<Prefixes<'a>>,
    /// The prefixes declared on the element itself.
    declared: Vec<&'a str>,
}

/// An attribute that declares no namespace.
#[derive(Debug)]
pub(in crate::format) struct Attribute<'a> {
    /// Empty for none.
    pub(in crate::format) namespace: Rc<str>,
    pub(in crate::format) name: &'a str,
    pub(in crate::format) value: String,
}

type Prefixes<'a> = HashMap<&'a str, Rc<str>>;

impl Element<'_> {
    /// The text without white space around it.
    pub(in crate::format) fn token(&self) -> &str {
        self.trimmed.and_then(|(start, end)| self.text.get(start..end)).unwrap_or("")
    }

    /// Where in `text`, the document that this element is of, it begins.
    pub(in crate::format) fn offset(&self, text: &str) -> usize {
        (self.source.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
    }

    /// The line of `text`, the document that this element is of, in which it begins, and the column; from 1.
    pub(in crate::format) fn position(&self, text: &str) -> (usize, usize) {
        let before = text.as_bytes().get(..self.offset(text)).unwrap_or_default();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
        (before.iter().filter(|byte| **byte == b'\n').count() + 1, before.len() - line_start + 1)
    }

    /// The element as it is written, with what its prefixes stand for declared on it. A default namespace that is
    /// `own` is left out.
    pub(in crate::format) fn whole(&self, own: &str) -> String {
        let end = self.source.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
        let (tag, rest) = self.source.split_at(end.unwrap_or(self.source.len()));
        let mut whole = tag.to_owned();
        let mut prefixes: Vec<_> = self.prefixes.iter().collect();
        prefixes.sort();
        for (prefix, namespace) in prefixes {
            let (declaration, used) = match *prefix {
                "" => ("xmlns".to_owned(), &**namespace != own),
                prefix => (format!("xmlns:{prefix}"), self.source.contains(&format!("{prefix}:"))),
            };
            if used && !self.declared.contains(prefix) {
                whole.push_str(&format!(" {declaration}=\"{}\"", in_attribute(namespace)));
            }
        }
        whole.push_str(rest);
        whole
    }
}

/// Whether XML 1.0 can hold `character` (§2.2).
pub(in crate::format) fn is_xml(character: char) -> bool {
    !matches!(character, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// `text` as the value of an attribute in double quotes; what XML cannot hold is replaced.
pub(in crate::format) fn in_attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push_str(&format!("&#{};", u32::from(character))),
            character if !is_xml(character) => out.push(char::REPLACEMENT_CHARACTER),
            character => out.push(character),
        }
    }
    out
}

/// The root element of `text`, a document of `format`.
pub(in crate::format) fn parse<'a>(
    format: &'static str,
    text: &'a str,
) -> Result<Element<'a>, DocumentError> {
    let mut parser = Parser { format, text, open: Vec::new(), starts: Vec::new(), root: None, n_nodes: 0 };
    let mut reader = Reader::from_str(text);
    let mut before = 0;
    loop {
        let done = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => parser.take(event, before, position(&reader)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = done {
            return Err(parser.malformed(before.max(position_of_error(&reader).min(text.len())), reason));
        }
        before = position(&reader);
    }
    if parser.open.is_empty() {
        parser.root.take().ok_or_else(|| parser.malformed(text.len(), "it holds no element".to_owned()))
    } else {
        Err(parser.malformed(text.len(), "the element is not closed".to_owned()))
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn position_of_error(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.error_position()).unwrap_or(usize::MAX)
}

struct Parser<'a> {
    /// What the document claims to be, for errors.
    format: &'static str,
    text: &'a str,
    open: Vec<Element<'a>>,
    /// Where each open element starts.
    starts: Vec<usize>,
    root: Option<Element<'a>>,
    n_nodes: usize,
}

impl<'a> Parser<'a> {
    /// Takes in `event`, which is written in `text[start..end]`.
    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), String> {
        match event {
            Event::Start(tag) => {
                if self.open.len() == DEPTH_MAX {
                    return Err(format!("more than {DEPTH_MAX} levels of elements"));
                }
                let element = self.element(&tag, start)?;
                self.open.push(element);
                self.starts.push(start);
                Ok(())
            }
            Event::Empty(tag) => {
                let mut element = self.element(&tag, start)?;
                element.source = self.text.get(start..end).unwrap_or("");
                self.close(element)
            }
            Event::End(_) => {
                let mut element = self.open.pop().ok_or("an end without a start")?;
                let start = self.starts.pop().unwrap_or(end);
                element.source = self.text.get(start..end).unwrap_or("");
                self.close(element)
            }
            Event::Text(text) => self.raw(&normalized(&text)),
            Event::CData(text) => self.raw(&normalized(&text)),
            Event::GeneralRef(reference) => {
                let character = entity(&reference)?;
                let element = self.open.last_mut().ok_or("a reference outside of all elements")?;
                let begin = element.text.len();
                element.text.push(character);
                let end = element.text.len();
                element.trimmed = Some((element.trimmed.map_or(begin, |(start, _)| start), end));
                Ok(())
            }
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name)) if !is_utf8(&name) => {
                    Err(format!("its encoding is stated to be `{}`; only UTF-8 is read", shortened(&name)))
                }
                Some(Err(error)) => Err(error.to_string()),
                _ => Ok(()),
            },
            Event::DocType(declared) => {
                if declared.contains('[') {
                    return Err("it has a document type with declarations, which are not read".to_owned());
                }
                Ok(())
            }
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    /// Appends text as it is written.
    fn raw(&mut self, text: &str) -> Result<(), String> {
        let Some(element) = self.open.last_mut() else {
            return if text.trim_ascii().is_empty() {
                Ok(())
            } else {
                Err("text outside of all elements".to_owned())
            };
        };
        if let Some(bad) = text.chars().find(|character| !is_xml(*character)) {
            return Err(format!("U+{:04X} is no character of XML 1.0", u32::from(bad)));
        }
        let before = element.text.len();
        element.text.push_str(text);
        let core = text.trim_ascii();
        if !core.is_empty() {
            let start = before + (text.len() - text.trim_ascii_start().len());
            let first = element.trimmed.map_or(start, |(first, _)| first);
            element.trimmed = Some((first, before + text.trim_ascii_end().len()));
        }
        Ok(())
    }

    fn close(&mut self, element: Element<'a>) -> Result<(), String> {
        match self.open.last_mut() {
            Some(around) => around.children.push(element),
            None if self.root.is_none() => self.root = Some(element),
            None => return Err("an element after the end of the document".to_owned()),
        }
        Ok(())
    }

    /// The element whose start tag is `tag`, which stands at `start`.
    fn element(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<Element<'a>, String> {
        let mut prefixes = match self.open.last() {
            Some(around) => Rc::clone(&around.prefixes),
            None => Rc::default(),
        };
        let mut attributes = Vec::new();
        let mut declared = Vec::new();
        let whole = self.text;
        // What is borrowed is to outlive the event.
        let kept = |part: &str| -> &'a str {
            let at = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
            whole.get(at..at.saturating_add(part.len())).unwrap_or("")
        };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            self.n_nodes += 1;
            if attributes.len() + declared.len() == ATTRIBUTES_MAX {
                return Err(format!("an element of more than {ATTRIBUTES_MAX} attributes"));
            }
            let name = kept(attribute.key.as_ref());
            let value = unescaped(&attribute.value)?;
            match name.strip_prefix("xmlns") {
                Some(rest) if rest.is_empty() || rest.starts_with(':') => {
                    let known = Rc::make_mut(&mut prefixes);
                    known.insert(rest.trim_start_matches(':'), value.as_str().into());
                    declared.push(rest.trim_start_matches(':'));
                    if known.len() > PREFIXES_MAX || value.len() > NAMESPACE_BYTES_MAX {
                        return Err(format!(
                            "more than {PREFIXES_MAX} prefixes, or one of more than {NAMESPACE_BYTES_MAX} bytes"
                        ));
                    }
                }
                _ => attributes.push((name, value)),
            }
        }
        self.n_nodes += 1;
        if self.n_nodes > NODES_MAX {
            return Err(format!("more than {NODES_MAX} elements and attributes"));
        }
        let attributes = attributes.into_iter().map(|(name, value)| {
            let (namespace, name) = match name.split_once(':') {
                None => ("".into(), name),
                Some((prefix, name)) => (namespace_of(&prefixes, prefix)?, name),
            };
            Ok(Attribute { namespace, name, value })
        });
        let attributes = attributes.collect::<Result<_, String>>()?;
        let written = tag.name();
        let written = whole.get(start + 1..start + 1 + written.as_ref().len()).unwrap_or("");
        let (namespace, name) = match written.split_once(':') {
            None => (prefixes.get("").cloned().unwrap_or_else(|| "".into()), written),
            Some((prefix, name)) => (namespace_of(&prefixes, prefix)?, name),
        };
        Ok(Element { namespace, name, attributes, prefixes, declared, ..Element::default() })
    }

    /// The error at `offset` of the text.
    fn malformed(&self, offset: usize, reason: String) -> DocumentError {
        let names: Vec<_> = self.open.iter().map(|element| element.name).collect();
        let bytes = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        let line_start = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
        DocumentError::Malformed {
            format: self.format,
            place: if names.is_empty() { "top level".to_owned() } else { shortened(&names.join("/")) },
            line: bytes.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: bytes.len() - line_start + 1,
            reason,
        }
    }
}

fn namespace_of(prefixes: &Prefixes<'_>, prefix: &str) -> Result<Rc<str>, String> {
    match prefixes.get(prefix) {
        Some(namespace) => Ok(Rc::clone(namespace)),
        None if prefix == "xml" => Ok(XML_NAMESPACE.into()),
        None => Err(format!("the prefix `{}` stands for no namespace", shortened(prefix))),
    }
}

fn is_utf8(name: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// `text` with the line ends of XML (§2.11).
fn normalized(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// The value of an attribute: references replaced, white space as in §3.3.3.
fn unescaped(text: &str) -> Result<String, String> {
    let text = normalized(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['&', '\n', '\t']) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if !rest[at..].starts_with('&') {
            out.push(' ');
            rest = after;
            continue;
        }
        // Looked for no further than a name can be long, or many `&` would make this quadratic.
        let end = after.bytes().take(ENTITY_BYTES_MAX + 1).position(|byte| byte == b';');
        let name = end.and_then(|end| after.get(..end)).ok_or("`&` begins no reference")?;
        out.push(entity(name)?);
        rest = &after[name.len() + 1..];
    }
    out.push_str(rest);
    match out.chars().find(|character| !is_xml(*character)) {
        Some(bad) => Err(format!("U+{:04X} is no character of XML 1.0", u32::from(bad))),
        None => Ok(out),
    }
}

/// The character that `&name;` stands for.
fn entity(name: &str) -> Result<char, String> {
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
        .filter(|character| is_xml(*character))
        .ok_or_else(|| format!("`&{};` stands for no character; entities are not expanded", shortened(name)))
}
