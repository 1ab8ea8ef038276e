//! The top-level members of a JSON document: of a text in memory, or of a file that is never in memory as a whole.
//!
//! A file is read in windows, once to find where its members are and what is wrong with those that nobody asks for,
//! and then again for each array that is gone through. Its errors do not say where they are: who gets one reads the
//! document as a text, and has the place from there ([`read_file`](crate::format::read_file)).

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::json::{Source, Text};
use crate::format::DocumentError;

/// How much of a file is read at once.
const WINDOW_BYTES: usize = 256 << 10;

/// What one element of an array is read as.
pub(in crate::format) trait Record {
    type Of<'e>: Deserialize<'e>;
}

/// Names of top-level members; others are checked and left out.
#[derive(Clone, Copy)]
pub(in crate::format) struct Names {
    /// Without which it is no such document.
    pub(in crate::format) required: &'static [&'static str],
    pub(in crate::format) optional: &'static [&'static str],
    /// Those of them that the reader may not look into, so that they are checked at once.
    pub(in crate::format) spared: &'static [&'static str],
}

impl Names {
    fn find(self, name: &str) -> Option<&'static str> {
        self.required.iter().chain(self.optional).copied().find(|known| *known == name)
    }
}

/// The members of a document that a reader asked for.
pub(in crate::format) struct Members<'a> {
    format: &'static str,
    input: Input<'a>,
}

enum Input<'a> {
    Text { source: Source<'a>, outline: RefCell<Outline<'a>> },
    File { file: &'a File, members: Vec<(&'static str, Value)> },
}

/// The value of a member of a file.
enum Value {
    /// An array, and the byte at which it begins.
    Array(u64),
    /// Anything else.
    Text(String),
}

impl<'a> Members<'a> {
    /// The members of `text` that are called `names`.
    pub(in crate::format) fn of_text(
        format: &'static str,
        text: &'a str,
        names: Names,
    ) -> Result<Self, DocumentError> {
        let source = Source { format, text };
        match Outline::new(text, names) {
            Some(outline) => {
                Ok(Self { format, input: Input::Text { source, outline: RefCell::new(outline) } })
            }
            None => Err(refused(source, names)),
        }
    }

    /// The members of `file`, a JSON text in UTF-8, that are called `names`.
    pub(in crate::format) fn of_file(
        format: &'static str,
        file: &'a File,
        names: Names,
    ) -> Result<Self, DocumentError> {
        let mut scanner = Scanner::new(format, file, 0)?;
        let members = scanner.document(names)?;
        Ok(Self { format, input: Input::File { file, members } })
    }

    /// Whether the document is read in parts, because it is too large for memory: what nobody needs is not kept then.
    pub(in crate::format) fn is_in_parts(&self) -> bool {
        matches!(self.input, Input::File { .. })
    }

    /// The member `name`, which is no long array.
    pub(in crate::format) fn one<'s, T: Deserialize<'s>>(
        &'s self,
        name: &str,
    ) -> Result<Option<T>, DocumentError> {
        match &self.input {
            Input::Text { source, outline } => match find(*source, outline, Some(name))? {
                Place::Missing => Ok(None),
                Place::Known(value) => source.part(value).map(Some),
                // An array is no such member, and says so.
                Place::Ahead(start) => source.part(&source.text[start..]).map(Some),
            },
            Input::File { members, .. } => match members.iter().find(|(known, _)| *known == name) {
                None => Ok(None),
                Some((_, Value::Text(text))) => Source { format: self.format, text }.parse().map(Some),
                Some((_, Value::Array(_))) => Err(malformed(self.format)),
            },
        }
    }

    /// The text that the member `name` lies in, to which positions in it refer.
    pub(in crate::format) fn around(&self, name: &str) -> Source<'_> {
        match &self.input {
            Input::Text { source, .. } => *source,
            Input::File { members, .. } => {
                let text = members.iter().find_map(|(known, value)| match value {
                    Value::Text(text) if *known == name => Some(text.as_str()),
                    _ => None,
                });
                Source { format: self.format, text: text.unwrap_or_default() }
            }
        }
    }

    /// Looks at what nobody has asked for yet.
    ///
    /// # Errors
    /// It is not as such a document is.
    pub(in crate::format) fn finish(&self) -> Result<(), DocumentError> {
        match &self.input {
            Input::Text { source, outline } => find(*source, outline, None).map(drop),
            // A file is gone through before anything else.
            Input::File { .. } => Ok(()),
        }
    }

    /// Calls `take` with each element of the array `name`, and the part of the document that the element is from.
    pub(in crate::format) fn each<R: Record>(
        &self,
        name: &str,
        mut take: impl for<'e> FnMut(Source<'e>, R::Of<'e>) -> Result<(), DocumentError>,
    ) -> Result<(), DocumentError> {
        match &self.input {
            Input::Text { source, outline } => match find(*source, outline, Some(name))? {
                Place::Missing => Ok(()),
                Place::Known(value) => source.each(Some(value), |element| take(*source, element)),
                Place::Ahead(start) => {
                    let end = source.each_from(start, |element| take(*source, element))?;
                    let (value, after) = (&source.text[start..end], &source.text[end..]);
                    let mut outline = outline.borrow_mut();
                    let passed =
                        outline.names.find(name).and_then(|name| outline.pass(Some(name), value, after));
                    passed.ok_or_else(|| refused(*source, outline.names))
                }
            },
            Input::File { file, members } => match members.iter().find(|(known, _)| *known == name) {
                None => Ok(()),
                Some((_, Value::Text(text))) if text == "null" => Ok(()),
                Some((_, Value::Text(_))) => Err(malformed(self.format)),
                Some((_, Value::Array(start))) => Scanner::new(self.format, file, *start)?.array(|text| {
                    let source = Source { format: self.format, text };
                    take(source, source.parse()?)
                }),
            },
        }
    }
}

/// Looks for the member `name` of a text, or goes to its end.
fn find<'a>(
    source: Source<'a>,
    outline: &RefCell<Outline<'a>>,
    name: Option<&str>,
) -> Result<Place<'a>, DocumentError> {
    let mut outline = outline.borrow_mut();
    outline.find(name).ok_or_else(|| refused(source, outline.names))
}

/// The error for a text that is not as it should be, with the place where it is not.
fn refused(source: Source<'_>, names: Names) -> DocumentError {
    source.parse_seed(Wanted(names)).err().unwrap_or_else(|| malformed(source.format))
}

/// The error of a file; whoever gets it reads the document as a text.
fn malformed(format: &'static str) -> DocumentError {
    let reason = "it is not as such a document is".to_owned();
    DocumentError::Malformed { format, place: "top level".to_owned(), line: 1, column: 1, reason }
}

/// What is known of the top-level members of a text, which is gone through as far as somebody asks for.
struct Outline<'a> {
    text: &'a str,
    names: Names,
    /// Each as far as its brackets go: what is in it is judged by whoever reads it.
    found: Vec<(&'static str, &'a str)>,
    /// Where the next member begins; none after the last.
    next: Option<usize>,
}

/// Where a member is.
enum Place<'a> {
    Missing,
    Known(&'a str),
    /// An array that begins here, of which nobody knows yet where it ends.
    Ahead(usize),
}

impl<'a> Outline<'a> {
    fn new(text: &'a str, names: Names) -> Option<Self> {
        let start = text.len() - without_spaces(text).strip_prefix('{')?.len();
        Some(Self { text, names, found: Vec::new(), next: Some(start) })
    }

    /// Looks for the member `name`, which may be an array ahead; without a name goes to the end. None where the text is not
    /// as it should be.
    fn find(&mut self, name: Option<&str>) -> Option<Place<'a>> {
        if let Some((_, value)) = self.found.iter().find(|(known, _)| Some(*known) == name) {
            return Some(Place::Known(value));
        }
        while let Some(start) = self.next {
            let (said, after) = split_value(without_spaces(&self.text[start..]))?;
            let said: Cow<'_, str> = serde_json::from_str(said).ok()?;
            let after = without_spaces(without_spaces(after).strip_prefix(':')?);
            let wanted = self.names.find(&said);
            if wanted.is_some() && wanted == name && after.starts_with('[') {
                return Some(Place::Ahead(self.text.len() - after.len()));
            }
            let (value, after) = split_value(after)?;
            if wanted.is_none_or(|name| self.names.spared.contains(&name)) {
                serde_json::from_str::<IgnoredAny>(value).ok()?;
            }
            self.pass(wanted, value, after)?;
            if wanted.is_some() && wanted == name {
                return Some(Place::Known(value));
            }
        }
        Some(Place::Missing)
    }

    /// Goes on behind the value of a member: `after` is what follows it.
    fn pass(&mut self, wanted: Option<&'static str>, value: &'a str, after: &'a str) -> Option<()> {
        if let Some(name) = wanted {
            if self.found.iter().any(|(known, _)| *known == name) {
                return None;
            }
            self.found.push((name, value));
        }
        let after = without_spaces(after);
        if let Some(after) = after.strip_prefix(',') {
            self.next = Some(self.text.len() - after.len());
            return Some(());
        }
        self.next = None;
        let found = &self.found;
        let all_there = self.names.required.iter().all(|name| found.iter().any(|(known, _)| known == name));
        (all_there && without_spaces(after.strip_prefix('}')?).is_empty()).then_some(())
    }
}

/// `text`, cut where the JSON value ends that it begins with.
fn split_value(text: &str) -> Option<(&str, &str)> {
    let (n_bytes, is_whole) = Extent::default().go_on(text.as_bytes());
    (is_whole && n_bytes > 0).then(|| text.split_at(n_bytes))
}

fn without_spaces(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// Goes through an object with the wanted members, to find what is wrong with it.
struct Wanted(Names);

impl<'a> DeserializeSeed<'a> for Wanted {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Wanted {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        let mut found: Vec<&'static str> = Vec::new();
        while let Some(name) = members.next_key::<Text<'a>>()? {
            if let Some(name) = self.0.find(name.as_str()) {
                if found.contains(&name) {
                    return Err(A::Error::duplicate_field(name));
                }
                found.push(name);
            }
            members.next_value::<IgnoredAny>()?;
        }
        match self.0.required.iter().find(|name| !found.contains(name)) {
            Some(name) => Err(A::Error::missing_field(name)),
            None => Ok(()),
        }
    }
}

/// Goes through a file from some byte on. It knows where values end; what is in them others judge.
struct Scanner<'f> {
    format: &'static str,
    file: &'f File,
    window: Vec<u8>,
    /// The part of the window that is not gone through yet.
    at: usize,
    end: usize,
    /// The byte of the file at which the window begins.
    start: u64,
}

impl<'f> Scanner<'f> {
    fn new(format: &'static str, mut file: &'f File, start: u64) -> Result<Self, DocumentError> {
        file.seek(SeekFrom::Start(start)).map_err(DocumentError::input)?;
        Ok(Self { format, file, window: vec![0; WINDOW_BYTES], at: 0, end: 0, start })
    }

    /// The whole document: where its arrays are, and its other members.
    fn document(&mut self, names: Names) -> Result<Vec<(&'static str, Value)>, DocumentError> {
        if self.peek()? == Some(0xEF) {
            for byte in *b"\xEF\xBB\xBF" {
                self.expect(byte)?;
            }
        }
        self.expect(b'{')?;
        let mut found: Vec<(&'static str, Value)> = Vec::new();
        let mut value = Vec::new();
        if self.peek()? == Some(b'}') {
            return Err(malformed(self.format));
        }
        loop {
            value.clear();
            self.peek()?;
            self.value(Some(&mut value))?;
            let name = parsed::<Cow<'_, str>>(self.format, &value)?;
            let wanted = names.find(&name);
            if wanted.is_some_and(|name| found.iter().any(|(known, _)| *known == name)) {
                return Err(malformed(self.format));
            }
            self.expect(b':')?;
            let is_array = self.peek()? == Some(b'[');
            match wanted {
                _ if is_array => {
                    let start = self.start + self.at as u64;
                    found.extend(wanted.map(|name| (name, Value::Array(start))));
                    if wanted.is_some_and(|name| !names.spared.contains(&name)) {
                        self.value(None)?;
                    } else {
                        let format = self.format;
                        self.array(|text| parsed::<IgnoredAny>(format, text.as_bytes()).map(|_| ()))?;
                    }
                }
                _ => {
                    value.clear();
                    self.value(Some(&mut value))?;
                    parsed::<IgnoredAny>(self.format, &value)?;
                    let text = String::from_utf8_lossy(&value);
                    found.extend(wanted.map(|name| (name, Value::Text(text.into_owned()))));
                }
            }
            if self.comma_or(b'}')? {
                break;
            }
        }
        let all_there = names.required.iter().all(|name| found.iter().any(|(known, _)| known == name));
        if !all_there || self.peek()?.is_some() {
            return Err(malformed(self.format));
        }
        Ok(found)
    }

    /// Calls `take` with the text of each element of the array that begins here.
    fn array(
        &mut self,
        mut take: impl FnMut(&str) -> Result<(), DocumentError>,
    ) -> Result<(), DocumentError> {
        self.expect(b'[')?;
        if self.peek()? == Some(b']') {
            return self.expect(b']');
        }
        let mut element = Vec::new();
        loop {
            element.clear();
            self.peek()?;
            self.value(Some(&mut element))?;
            take(std::str::from_utf8(&element).map_err(|_| malformed(self.format))?)?;
            if self.comma_or(b']')? {
                return Ok(());
            }
        }
    }

    /// Passes the value that begins here, and puts it into `out`.
    fn value(&mut self, mut out: Option<&mut Vec<u8>>) -> Result<(), DocumentError> {
        let mut extent = Extent::default();
        loop {
            let rest = &self.window[self.at..self.end];
            let (n_bytes, is_whole) = extent.go_on(rest);
            if let Some(out) = &mut out {
                out.extend_from_slice(&rest[..n_bytes]);
            }
            self.at += n_bytes;
            if is_whole {
                return Ok(());
            }
            if !self.fill()? {
                return Err(malformed(self.format));
            }
        }
    }

    /// The next byte that is no space; none at the end of the file.
    fn peek(&mut self) -> Result<Option<u8>, DocumentError> {
        loop {
            let rest = &self.window[self.at..self.end];
            if let Some(n_spaces) = rest.iter().position(|byte| !b" \t\r\n".contains(byte)) {
                self.at += n_spaces;
                return Ok(Some(self.window[self.at]));
            }
            self.at = self.end;
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), DocumentError> {
        if self.peek()? != Some(byte) {
            return Err(malformed(self.format));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes a comma, or `end`; says whether it was `end`.
    fn comma_or(&mut self, end: u8) -> Result<bool, DocumentError> {
        let is_end = self.peek()? == Some(end);
        self.expect(if is_end { end } else { b',' })?;
        Ok(is_end)
    }

    /// Reads the next window; none is left at the end of the file.
    fn fill(&mut self) -> Result<bool, DocumentError> {
        self.start += self.end as u64;
        (self.at, self.end) = (0, 0);
        self.end = self.file.read(&mut self.window).map_err(DocumentError::input)?;
        Ok(self.end > 0)
    }
}

fn parsed<'v, T: Deserialize<'v>>(format: &'static str, value: &'v [u8]) -> Result<T, DocumentError> {
    // Checked here, because what serde_json passes over it does not decode.
    let text = std::str::from_utf8(value).map_err(|_| malformed(format))?;
    serde_json::from_str(text).map_err(|_| malformed(format))
}

/// How far a JSON value goes, over several windows.
#[derive(Default)]
struct Extent {
    /// Objects and arrays that are open.
    depth: usize,
    in_string: bool,
    /// After a backslash.
    escaped: bool,
    /// In a number, `true`, `false` or `null` at the top, which ends where something else begins.
    in_word: bool,
}

/// The bytes that count outside of strings.
const COUNTS: [bool; 256] = {
    let mut counts = [false; 256];
    let mut index = 0;
    while index < b"\"{}[]".len() {
        counts[b"\"{}[]"[index] as usize] = true;
        index += 1;
    }
    counts
};

impl Extent {
    /// How many of `bytes`, which follow those of the last call, are of the value, and whether it ends there.
    fn go_on(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            if self.escaped {
                self.escaped = false;
                at += 1;
            } else if self.in_string {
                let Some(n_plain) = memchr::memchr2(b'"', b'\\', &bytes[at..]) else {
                    return (bytes.len(), false);
                };
                at += n_plain + 1;
                self.escaped = bytes[at - 1] == b'\\';
                self.in_string = self.escaped;
                if !self.in_string && self.depth == 0 {
                    return (at, true);
                }
            } else if self.depth > 0 {
                let Some(n_plain) = bytes[at..].iter().position(|byte| COUNTS[usize::from(*byte)]) else {
                    return (bytes.len(), false);
                };
                at += n_plain + 1;
                match bytes[at - 1] {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    _ => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            return (at, true);
                        }
                    }
                }
            } else {
                match bytes[at] {
                    b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => return (at, true),
                    b'"' if self.in_word => return (at, true),
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth = 1,
                    _ => self.in_word = true,
                }
                at += 1;
            }
        }
        (at, false)
    }
}

#[cfg(test)]
mod tests;
