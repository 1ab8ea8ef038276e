//! What the table of the object model is made of.

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
    /// The members; one that changed occurs once for each range of versions.
    pub(in crate::format) fields: &'static [Field],
    /// The first and the last version that allow no other member.
    pub(super) closed: Option<(Version, Version)>,
    /// Rules about several members, with the first and the last version that have them.
    pub(super) rules: &'static [(Version, Version, Rule)],
}

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

pub(super) const fn optional(name: &'static str, since: Version, until: Version, value: Value) -> Field {
    Field { name, since, until, required: Required::Nowhere, value }
}

pub(super) const fn required(name: &'static str, since: Version, until: Version, value: Value) -> Field {
    Field { name, since, until, required: Required::Everywhere, value }
}

pub(super) const fn required_in_json(
    name: &'static str,
    since: Version,
    until: Version,
    value: Value,
) -> Field {
    Field { name, since, until, required: Required::Json, value }
}

pub(super) const fn required_in_xml(
    name: &'static str,
    since: Version,
    until: Version,
    value: Value,
) -> Field {
    Field { name, since, until, required: Required::Xml, value }
}
