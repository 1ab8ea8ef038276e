//! JSON with bounded lists, and errors that say where.
//!
//! Long arrays are read one element at a time where they stand ([`each_from`]), so that memory follows the inventory
//! and not the document.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::text::{Kind, shortened};
use crate::format::DocumentError;

/// The most elements one list of one record may have.
const LIST_MAX: usize = 1 << 20;

/// A document being read: its whole text, to which every position refers.
#[derive(Clone, Copy)]
pub(in crate::format) struct Source<'a> {
    pub(in crate::format) format: &'static str,
    pub(in crate::format) text: &'a str,
}

impl<'a> Source<'a> {
    /// The whole document as a `T`.
    pub(in crate::format) fn parse<T: Deserialize<'a>>(self) -> Result<T, DocumentError> {
        serde_json::from_str(self.text).map_err(|error| self.malformed(self.text, &error))
    }

    /// The whole document as `seed` makes it.
    pub(in crate::format) fn parse_seed<S: DeserializeSeed<'a>>(
        self,
        seed: S,
    ) -> Result<S::Value, DocumentError> {
        let mut from = serde_json::Deserializer::from_str(self.text);
        let value = seed.deserialize(&mut from).and_then(|value| from.end().map(|()| value));
        value.map_err(|error| self.malformed(self.text, &error))
    }

    /// `raw`, a part of this document, as a `T`.
    pub(in crate::format) fn part<T: Deserialize<'a>>(self, raw: &'a str) -> Result<T, DocumentError> {
        serde_json::from_str(raw).map_err(|error| self.malformed(raw, &error))
    }

    /// Calls `take` with each element of the array `raw`, a part of this document.
    pub(in crate::format) fn each<T: Deserialize<'a>>(
        self,
        raw: Option<&'a str>,
        mut take: impl FnMut(T) -> Result<(), DocumentError>,
    ) -> Result<(), DocumentError> {
        let Some(raw) = raw.filter(|raw| *raw != "null") else { return Ok(()) };
        let mut refused = None;
        let elements = Elements {
            take: |element| take(element).map_err(|error| refused = Some(error)),
            element: PhantomData,
        };
        let mut from = serde_json::Deserializer::from_str(raw);
        let done = elements.deserialize(&mut from).and_then(|()| from.end());
        match (refused, done) {
            (Some(error), _) => Err(error),
            (None, done) => done.map_err(|error| self.malformed(raw, &error)),
        }
    }

    /// Calls `take` with each element of the array that begins at `start`; where it ends.
    pub(in crate::format) fn each_from<T: Deserialize<'a>>(
        self,
        start: usize,
        mut take: impl FnMut(T) -> Result<(), DocumentError>,
    ) -> Result<usize, DocumentError> {
        let spaces = |at: usize| {
            at + self.text.as_bytes()[at..].iter().take_while(|byte| b" \t\r\n".contains(byte)).count()
        };
        let next = |at: usize| self.text.as_bytes().get(at).copied();
        let mut at = spaces(start + 1);
        if next(at) == Some(b']') {
            return Ok(at + 1);
        }
        loop {
            let part = &self.text[at..];
            let mut elements = serde_json::Deserializer::from_str(part).into_iter::<T>();
            let Some(element) = elements.next() else { break };
            let element = element.map_err(|error| self.malformed(part, &error))?;
            at = spaces(at + elements.byte_offset());
            take(element)?;
            match next(at) {
                Some(b',') => at = spaces(at + 1),
                Some(b']') => return Ok(at + 1),
                _ => break,
            }
        }
        // What stands there is no array: whatever reads it as one says where it is none.
        self.part::<Vec<IgnoredAny>>(&self.text[start..])?;
        Ok(self.text.len())
    }

    /// The error for `error`, which arose in `part`, a slice of this document.
    fn malformed(self, part: &str, error: &serde_json::Error) -> DocumentError {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let offset = (start + offset_of(part, error)).min(self.text.len());
        let before = &self.text.as_bytes()[..offset];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
        let reason = error.to_string();
        let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
        DocumentError::Malformed {
            format: self.format,
            place: shortened(&path_at(before)),
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: (offset - line_start).max(1),
            reason: shortened(reason),
        }
    }
}

/// The offset in `part` of the line and column (from 1) of `error`.
fn offset_of(part: &str, error: &serde_json::Error) -> usize {
    let lines = part.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}

/// The path of members to the end of `before`: `components[3].licenses[0].license`. Empty at the top.
fn path_at(before: &[u8]) -> String {
    enum Step {
        Member(String),
        Index(usize),
    }
    let mut steps = Vec::new();
    let mut string: Option<usize> = None;
    let mut escaped = false;
    let mut key = "";
    for (index, byte) in before.iter().enumerate() {
        if let Some(start) = string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    key = std::str::from_utf8(&before[start..index]).unwrap_or("");
                    string = None;
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string = Some(index + 1),
            b'{' => steps.push(Step::Member(String::new())),
            b'[' => steps.push(Step::Index(0)),
            b'}' | b']' if steps.len() > 1 => {
                steps.pop();
            }
            b':' => {
                if let Some(Step::Member(name)) = steps.last_mut() {
                    key.clone_into(name);
                }
            }
            b',' => match steps.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Member(name)) => name.clear(),
                None => {}
            },
            _ => {}
        }
    }
    let mut path = String::new();
    for step in &steps {
        match step {
            Step::Member(name) if name.is_empty() => {}
            Step::Member(name) if path.is_empty() => path.push_str(name),
            Step::Member(name) => path.extend([".", name]),
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    if path.is_empty() { "top level".to_owned() } else { path }
}

/// Visits an array and hands out its elements.
struct Elements<F, T> {
    take: F,
    element: PhantomData<T>,
}

impl<'a, T: Deserialize<'a>, F: FnMut(T) -> Result<(), ()>> DeserializeSeed<'a> for Elements<F, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'a, T: Deserialize<'a>, F: FnMut(T) -> Result<(), ()>> Visitor<'a> for Elements<F, T> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            (self.take)(element).map_err(|()| A::Error::custom("refused"))?;
        }
        Ok(())
    }
}

/// A list of one record, of at most [`LIST_MAX`] elements; `null` is an empty one.
#[derive(Debug)]
pub(in crate::format) struct List<T>(pub(in crate::format) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<T> {
    pub(in crate::format) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'a, T: Deserialize<'a>> Deserialize<'a> for List<T> {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        struct Bounded<T>(PhantomData<T>);

        impl<'a, T: Deserialize<'a>> Visitor<'a> for Bounded<T> {
            type Value = List<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an array")
            }

            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    if list.len() == LIST_MAX {
                        return Err(A::Error::custom(format_args!(
                            "more than {LIST_MAX} elements in one list"
                        )));
                    }
                    list.push(element);
                }
                Ok(List(list))
            }
        }

        from.deserialize_any(Bounded(PhantomData))
    }
}

/// A JSON string, borrowed from the document where it holds no escape.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::format) struct Text<'a>(pub(in crate::format) Cow<'a, str>);

impl Text<'_> {
    pub(in crate::format) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Borrowing;

        impl<'a> Visitor<'a> for Borrowing {
            type Value = Text<'a>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        from.deserialize_str(Borrowing)
    }
}

/// The kind of the JSON object `text`, read no further than the member that decides it.
pub(in crate::format) fn kind(text: &str) -> Kind {
    let mut found = None;
    let mut hint = None;
    let members = Members { found: &mut found, hint: &mut hint };
    let done = members.deserialize(&mut serde_json::Deserializer::from_str(text));
    if let Some(kind) = found {
        return kind;
    }
    match (done, hint) {
        (_, Some(kind)) => kind,
        (Ok(()), None) => Kind::Other(Cow::Borrowed("JSON with neither `bomFormat` nor `spdxVersion`")),
        (Err(error), None) => Kind::Other(Cow::Owned(format!(
            "JSON that is cut off or malformed at line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// How the `schema` begins of what plimsoll itself writes as JSON, and what that is in words.
pub(in crate::format) const OWN: [(&str, &str); 3] = [
    ("plimsoll-changes/", "a plimsoll change set"),
    ("plimsoll-explanation/", "a plimsoll explanation"),
    ("plimsoll-report/", "a plimsoll report"),
];

/// Members that tell what a document is where nothing better does.
const HINTS: &[(&str, Kind)] = &[
    ("@context", Kind::Spdx3Json),
    ("dsseEnvelope", Kind::Bundle),
    ("payloadType", Kind::Envelope),
    ("predicateType", Kind::Statement),
    ("artifacts", Kind::SyftJson),
    ("sbom", Kind::GithubExport),
    ("ArtifactName", Kind::Other(Cow::Borrowed("a Trivy report"))),
    ("runs", Kind::Other(Cow::Borrowed("a SARIF log"))),
    ("document", Kind::Other(Cow::Borrowed("a CSAF document"))),
    ("manifests", Kind::Other(Cow::Borrowed("an OCI index"))),
    ("layers", Kind::Other(Cow::Borrowed("an OCI manifest"))),
];

struct Members<'f> {
    found: &'f mut Option<Kind>,
    hint: &'f mut Option<Kind>,
}

impl<'a> DeserializeSeed<'a> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Members<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(member) = members.next_key::<Text<'a>>()? {
            match member.as_str() {
                "bomFormat" => {
                    let value: Text<'a> = members.next_value()?;
                    *self.found = Some(match value.as_str() {
                        "CycloneDX" => Kind::CycloneDxJson,
                        other => {
                            let shown: String = other.chars().take(40).collect();
                            Kind::Other(Cow::Owned(format!("JSON whose `bomFormat` is `{shown}`")))
                        }
                    });
                }
                "spdxVersion" => *self.found = Some(Kind::Spdx2Json),
                "schema" => {
                    let value: &'a RawValue = members.next_value()?;
                    let schema = value.get().trim_start_matches('"');
                    if let Some((_, words)) = OWN.iter().find(|(prefix, _)| schema.starts_with(prefix)) {
                        self.hint.get_or_insert(Kind::Other(Cow::Borrowed(words)));
                    }
                }
                member => {
                    members.next_value::<IgnoredAny>()?;
                    if let Some((_, kind)) = HINTS.iter().find(|(hint, _)| *hint == member) {
                        self.hint.get_or_insert_with(|| kind.clone());
                    }
                }
            }
            if self.found.is_some() {
                return Err(A::Error::custom("decided"));
            }
        }
        Ok(())
    }
}
