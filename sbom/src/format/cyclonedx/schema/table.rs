//! What the table of the object model is made of.

use super::place::InXml;
pub(super) use super::place::item;
pub(super) use Rule::{AtLeastOne, ExactlyOne, ExactlyOneInJson, NotTogether, OnlyIfExternal};
pub(super) use Value::{Any, AnyOf, Bool, Enum, Integer, List, Number, Object, OneOf, Text};
pub(super) use Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V1_5, V1_6, V1_7};

/// A version of CycloneDX; the first two have only XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::format) enum Version {
    V1_0,
    V1_1,
    V1_2,
    V1_3,
    V1_4,
    V1_5,
    V1_6,
    V1_7,
}

impl Version {
    /// The version that a document calls `text`.
    pub(in crate::format) fn of(text: &str) -> Option<Self> {
        [V1_0, V1_1, V1_2, V1_3, V1_4, V1_5, V1_6, V1_7].into_iter().find(|version| version.text() == text)
    }

    /// Whether documents of it may be JSON.
    pub(in crate::format) fn has_json(self) -> bool {
        self >= V1_2
    }

    /// As in `specVersion`.
    pub(in crate::format) fn text(self) -> &'static str {
        match self {
            V1_0 => "1.0",
            V1_1 => "1.1",
            V1_2 => "1.2",
            V1_3 => "1.3",
            V1_4 => "1.4",
            V1_5 => "1.5",
            V1_6 => "1.6",
            V1_7 => "1.7",
        }
    }
}

/// A kind of object.
pub(in crate::format) struct Type {
    /// Of the definition, or of the path to it.
    pub(in crate::format) name: &'static str,
    /// The members in the order of the XML schema, first those that are attributes; one that changed occurs once for
    /// each range of versions, and stands in XML as the last of these says.
    pub(in crate::format) fields: &'static [Field],
    /// The first and the last version that allow no other member.
    pub(super) closed: Option<(Version, Version)>,
    /// Rules about several members, with the first and the last version that have them.
    pub(super) rules: &'static [(Version, Version, Rule)],
    /// Which attributes its element may have that are no members.
    pub(in crate::format) attributes: Attributes,
    /// Whether the elements of its element may begin again.
    pub(in crate::format) repeats: Repeats,
}

/// Which attributes an element of XML may have that are no members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Attributes {
    None,
    /// Those of other namespaces.
    Foreign,
    Any,
}

/// Whether the sequence of elements in an element of XML may begin again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Repeats {
    Never,
    Always,
    /// Each sequence has this element.
    Around(&'static str),
}

/// What most types are.
pub(super) const PLAIN: Type = Type {
    name: "",
    fields: &[],
    closed: None,
    rules: &[],
    attributes: Attributes::None,
    repeats: Repeats::Never,
};

/// A member of an object.
pub(in crate::format) struct Field {
    /// Its name in JSON.
    pub(in crate::format) name: &'static str,
    /// The first version that has it in this shape.
    pub(in crate::format) since: Version,
    /// The last version that has it in this shape.
    pub(in crate::format) until: Version,
    /// Where it must be there.
    pub(super) required: Required,
    /// What it holds.
    pub(in crate::format) value: Value,
    /// How it stands in XML.
    pub(in crate::format::cyclonedx) xml: InXml,
}

/// In which syntaxes a member must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Required {
    Nowhere,
    Everywhere,
    Json,
    Xml,
}

/// Words that an enumeration knows, by the first and the last version that have them.
pub(in crate::format) type Words = &'static [(Version, Version, &'static [&'static str])];

/// What a member holds.
pub(in crate::format) enum Value {
    /// Anything.
    Any,
    /// A text; `min` and `max` are numbers of characters.
    Text {
        min: usize,
        max: usize,
        pattern: Option<&'static str>,
        format: Option<&'static str>,
    },
    /// A whole number.
    Integer {
        min: Option<f64>,
        max: Option<f64>,
    },
    /// A number.
    Number {
        min: Option<f64>,
        max: Option<f64>,
    },
    Bool,
    /// One of these words.
    Enum(Words),
    Object(&'static Type),
    /// A list; `min` and `max` are numbers of elements.
    List {
        of: &'static Self,
        min: usize,
        max: usize,
        unique: bool,
    },
    /// Exactly one of these.
    OneOf(&'static [Self]),
    /// At least one of these.
    AnyOf(&'static [Self]),
}

/// What must hold between members of an object.
pub(in crate::format) enum Rule {
    /// All members of exactly one of these groups are there.
    ExactlyOne(&'static [&'static [&'static str]]),
    /// The same; in XML there may be none.
    ExactlyOneInJson(&'static [&'static [&'static str]]),
    /// All members of at least one of these groups are there.
    AtLeastOne(&'static [&'static [&'static str]]),
    /// These are not all there.
    NotTogether(&'static [&'static str]),
    /// It is there only in a component with `isExternal`.
    OnlyIfExternal(&'static str),
}

/// A text without rules.
pub(super) const TEXT: Value = Text { min: 0, max: usize::MAX, pattern: None, format: None };

/// A text that is not empty.
pub(super) const NOT_EMPTY: Value = Text { min: 1, max: usize::MAX, pattern: None, format: None };

/// A text of one line.
pub(super) const ONE_LINE: Value = matching("^(.*)$");

/// A link into another document.
pub(super) const BOM_LINK: Value = Text {
    min: 0,
    max: usize::MAX,
    pattern: Some("^urn:cdx:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/[1-9][0-9]*#.+$"),
    format: Some("iri-reference"),
};

/// The `bom-ref` of something in the document or in another.
pub(super) const REFERENCE: Value = AnyOf(&[NOT_EMPTY, BOM_LINK]);

/// An address.
pub(super) const IRI: Value = formatted("iri-reference");

/// A time.
pub(super) const DATE_TIME: Value = formatted("date-time");

/// Any whole number.
pub(super) const INTEGER: Value = Integer { min: None, max: None };

/// Any number.
pub(super) const NUMBER: Value = Number { min: None, max: None };

/// A text of a format of JSON Schema.
pub(super) const fn formatted(format: &'static str) -> Value {
    Text { min: 0, max: usize::MAX, pattern: None, format: Some(format) }
}

/// A text that matches an expression.
pub(super) const fn matching(pattern: &'static str) -> Value {
    Text { min: 0, max: usize::MAX, pattern: Some(pattern), format: None }
}

/// A list of any length.
pub(super) const fn list(of: &'static Value) -> Value {
    List { of, min: 0, max: usize::MAX, unique: false }
}

/// A list of any length without an entry that is there twice.
pub(super) const fn set(of: &'static Value) -> Value {
    List { of, min: 0, max: usize::MAX, unique: true }
}

const fn field(
    name: &'static str,
    (since, until): (Version, Version),
    required: Required,
    value: Value,
) -> Field {
    Field { name, since, until, required, value, xml: InXml::ELEMENT }
}

pub(super) const fn optional(name: &'static str, since: Version, until: Version, value: Value) -> Field {
    field(name, (since, until), Required::Nowhere, value)
}

pub(super) const fn required(name: &'static str, since: Version, until: Version, value: Value) -> Field {
    field(name, (since, until), Required::Everywhere, value)
}

pub(super) const fn required_in_json(
    name: &'static str,
    since: Version,
    until: Version,
    value: Value,
) -> Field {
    field(name, (since, until), Required::Json, value)
}

pub(super) const fn required_in_xml(
    name: &'static str,
    since: Version,
    until: Version,
    value: Value,
) -> Field {
    field(name, (since, until), Required::Xml, value)
}
