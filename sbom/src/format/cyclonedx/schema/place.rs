//! How a member of the table stands in XML, said in its row. Where nothing is said it is an element of the same name,
//! one for each entry of a list.

use super::table::{Field, Type, Value, Version};

/// How a member stands in XML.
#[derive(Clone, Copy)]
pub(in crate::format::cyclonedx) struct InXml {
    /// The name of the attribute or element, where it is not that of the member.
    pub(in crate::format::cyclonedx) name: Option<&'static str>,
    pub(in crate::format::cyclonedx) place: Place,
    /// How its texts are written, where that does not follow from what the schema says of them.
    pub(in crate::format::cyclonedx) text: Option<InText>,
}

/// Where a member stands.
#[derive(Clone, Copy)]
pub(in crate::format::cyclonedx) enum Place {
    /// XML does not have it, or says it in another way.
    Nowhere,
    /// An attribute.
    Attribute,
    /// The text of the element that is the object.
    Content,
    /// An element, for a list one for each entry.
    Element,
    /// An element for each entry of a list; before this version there was one element, and in JSON no list.
    RepeatedSince(Version),
    /// An element which holds an element of this name for each entry of a list.
    Each(&'static str),
    /// The same, where entries stand in several ways.
    Items(&'static [Item]),
    /// An element, for a list one for each entry, which holds one element that tells which kind of value it is.
    Choice(&'static [Item]),
    /// An element whose attributes and elements are members of this type, which the object itself has.
    Inline(&'static Type),
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::format::cyclonedx) enum InText {
    /// White space matters.
    Kept,
    /// White space around it does not matter. So it is where the schema knows words or a format.
    Token,
    /// In the attribute `ref` of the element.
    Reference,
    /// It is the element; in JSON it is the only member of an object.
    Boxed,
}

/// One of the ways in which the entries of a list stand; the first that fits is taken.
pub(in crate::format::cyclonedx) struct Item {
    /// The name of the element.
    pub(in crate::format::cyclonedx) name: &'static str,
    /// The entry is an object with this one member, which is what the element holds.
    pub(in crate::format::cyclonedx) member: Option<&'static str>,
    /// Only entries with one of these members stand so; empty for all.
    pub(in crate::format::cyclonedx) when: &'static [&'static str],
    /// Before this version it is the only entry.
    pub(in crate::format::cyclonedx) shares_since: Option<Version>,
    pub(in crate::format::cyclonedx) value: Value,
}

impl InXml {
    pub(super) const ELEMENT: Self = Self { name: None, place: Place::Element, text: None };
}

/// Entries of which the element `name` is the value.
pub(super) const fn item(name: &'static str, value: Value) -> Item {
    Item { name, member: None, when: &[], shares_since: None, value }
}

impl Item {
    pub(super) const fn in_member(self, member: &'static str) -> Self {
        Self { member: Some(member), ..self }
    }

    pub(super) const fn when(self, when: &'static [&'static str]) -> Self {
        Self { when, ..self }
    }

    pub(super) const fn shares_since(self, version: Version) -> Self {
        Self { shares_since: Some(version), ..self }
    }
}

/// The words of rows.
impl Field {
    const fn at(self, place: Place) -> Self {
        Self { xml: InXml { place, ..self.xml }, ..self }
    }

    const fn written(self, text: InText) -> Self {
        Self { xml: InXml { text: Some(text), ..self.xml }, ..self }
    }

    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { xml: InXml { name: Some(name), ..self.xml }, ..self }
    }

    pub(super) const fn nowhere(self) -> Self {
        self.at(Place::Nowhere)
    }

    pub(super) const fn attribute(self) -> Self {
        self.at(Place::Attribute)
    }

    pub(super) const fn content(self) -> Self {
        self.at(Place::Content)
    }

    pub(super) const fn repeated_since(self, version: Version) -> Self {
        self.at(Place::RepeatedSince(version))
    }

    pub(super) const fn each(self, name: &'static str) -> Self {
        self.at(Place::Each(name))
    }

    pub(super) const fn items(self, items: &'static [Item]) -> Self {
        self.at(Place::Items(items))
    }

    pub(super) const fn choice(self, items: &'static [Item]) -> Self {
        self.at(Place::Choice(items))
    }

    pub(super) const fn inline(self, kind: &'static Type) -> Self {
        self.at(Place::Inline(kind))
    }

    pub(super) const fn text(self) -> Self {
        self.written(InText::Kept)
    }

    pub(super) const fn token(self) -> Self {
        self.written(InText::Token)
    }

    pub(super) const fn reference(self) -> Self {
        self.written(InText::Reference)
    }

    pub(super) const fn boxed(self) -> Self {
        self.written(InText::Boxed)
    }
}
