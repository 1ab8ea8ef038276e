//! The words in which [`table`](super::table) says how an object stands in XML and in JSON.

/// An object: its members in the order of the XML schema.
pub(super) struct Shape(pub(super) &'static [Field]);

/// A member of an object.
pub(super) struct Field {
    /// The name of the attribute or element; empty for the text of the element itself.
    pub(super) xml: &'static str,
    /// The name of the member.
    pub(super) json: &'static str,
    pub(super) place: Place,
}

/// Where the value of a member stands.
pub(super) enum Place {
    Attribute(Value),
    /// The text of the element that is the object.
    Text(Value),
    /// One element.
    One(Value),
    /// An element for each entry of a list.
    Each(Value),
    /// The same, but before this version there was one element, and in JSON no list.
    EachSince(&'static str, Value),
    /// An element with an element for each entry of a list.
    List(&'static [Item]),
    /// An element with one element that tells which kind of value it is.
    Choice(&'static [Item]),
    /// An element whose members are members of the object around it.
    Inline(Value),
}

/// How an entry of a list stands; the first that fits is taken.
pub(super) struct Item {
    pub(super) xml: &'static str,
    /// The entry is an object with this one member, which is the element's value.
    pub(super) member: Option<&'static str>,
    /// Only entries with this member stand so.
    pub(super) when: Option<&'static str>,
    /// Before this version it is the only entry.
    pub(super) shares_since: Option<&'static str>,
    pub(super) value: Value,
}

/// What an element or attribute holds.
pub(super) enum Value {
    /// Text in which white space matters.
    Text,
    /// Text around which it does not.
    Token,
    Number,
    Bool,
    /// Text that stands in this attribute of the element.
    InAttribute(&'static str),
    /// Text, which in JSON is an object with this one member.
    Boxed(&'static str),
    Shape(&'static Shape),
}

pub(super) const fn attribute(xml: &'static str, json: &'static str, value: Value) -> Field {
    Field { xml, json, place: Place::Attribute(value) }
}

pub(super) const fn text(json: &'static str, value: Value) -> Field {
    Field { xml: "", json, place: Place::Text(value) }
}

pub(super) const fn one(xml: &'static str, json: &'static str, value: Value) -> Field {
    Field { xml, json, place: Place::One(value) }
}

pub(super) const fn each(xml: &'static str, json: &'static str, value: Value) -> Field {
    Field { xml, json, place: Place::Each(value) }
}

pub(super) const fn each_since(
    version: &'static str,
    xml: &'static str,
    json: &'static str,
    value: Value,
) -> Field {
    Field { xml, json, place: Place::EachSince(version, value) }
}

pub(super) const fn list(xml: &'static str, json: &'static str, items: &'static [Item]) -> Field {
    Field { xml, json, place: Place::List(items) }
}

pub(super) const fn choice(xml: &'static str, json: &'static str, items: &'static [Item]) -> Field {
    Field { xml, json, place: Place::Choice(items) }
}

pub(super) const fn inline(xml: &'static str, value: Value) -> Field {
    Field { xml, json: "", place: Place::Inline(value) }
}

/// An entry that is the value of an element called `xml`.
pub(super) const fn plain(xml: &'static str, value: Value) -> Item {
    Item { xml, member: None, when: None, shares_since: None, value }
}

pub(super) const fn item(
    xml: &'static str,
    member: Option<&'static str>,
    when: Option<&'static str>,
    value: Value,
) -> Item {
    Item { xml, member, when, shares_since: None, value }
}

/// An entry that is alone in its list before `version`.
pub(super) const fn shares_since(version: &'static str, xml: &'static str, value: Value) -> Item {
    Item { xml, member: None, when: None, shares_since: Some(version), value }
}
