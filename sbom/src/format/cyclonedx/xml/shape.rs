//! How each object stands in XML and in JSON: the rows of [`schema`](super::super::schema) of all versions together,
//! and of all kinds of object that an element may be.

use std::sync::LazyLock;

use super::super::schema::{
    Attributes, BOM, Field as Row, InText, Item as RowItem, Place as RowPlace, Repeats, Type, Value as Kind,
};

/// An object: its members in the order of the XML schema.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) fields: Vec<Field>,
    /// Which attributes the element may have that are no members.
    pub(super) attributes: Attributes,
    /// Whether its elements may begin again.
    pub(super) repeats: Repeats,
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Field {
    /// The name of the attribute or element; empty for the text of the element itself.
    pub(super) xml: &'static str,
    /// The name of the member; empty where several are in the element.
    pub(super) json: &'static str,
    pub(super) place: Place,
}

/// Where the value of a member stands.
#[derive(Debug)]
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
    List(Vec<Item>),
    /// An element whose members are members of the object around it.
    Inline(ShapeId),
}

/// How an entry of a list stands; the first that fits is taken.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) xml: &'static str,
    /// The entry is an object with this one member, which is the element's value.
    pub(super) member: Option<&'static str>,
    /// Only entries with one of these members stand so; empty for all.
    pub(super) when: &'static [&'static str],
    /// Before this version it is the only entry.
    pub(super) shares_since: Option<&'static str>,
    pub(super) value: Value,
}

/// What an element or attribute holds.
#[derive(Debug)]
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
    /// One element that tells which kind of value it is.
    Choice(Vec<Item>),
    Shape(ShapeId),
}

/// A shape by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShapeId(usize);

impl ShapeId {
    pub(super) fn get(self) -> &'static Shape {
        &SHAPES[self.0]
    }
}

/// The document itself.
pub(super) fn document() -> &'static Shape {
    &SHAPES[0]
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let mut building = Building { kinds: Vec::new() };
    building.shape(vec![&BOM]);
    let mut shapes = Vec::new();
    // Each may ask for more.
    while let Some(kinds) = building.kinds.get(shapes.len()).cloned() {
        shapes.push(building.build(&kinds));
    }
    shapes
});

struct Building {
    /// The kinds of object of each shape.
    kinds: Vec<Vec<&'static Type>>,
}

impl Building {
    /// The shape of elements that are one of `kinds`.
    fn shape(&mut self, kinds: Vec<&'static Type>) -> ShapeId {
        let is_same = |known: &Vec<&Type>| {
            known.len() == kinds.len() && known.iter().zip(&kinds).all(|(a, b)| std::ptr::eq(*a, *b))
        };
        let position = self.kinds.iter().position(is_same).unwrap_or_else(|| {
            self.kinds.push(kinds);
            self.kinds.len() - 1
        });
        ShapeId(position)
    }

    fn build(&mut self, kinds: &[&'static Type]) -> Shape {
        let rows: Vec<&'static Row> = kinds.iter().flat_map(|kind| kind.fields).collect();
        let mut fields = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            if rows[at + 1..].iter().all(|later| later.name != row.name) {
                let kinds = rows.iter().filter(|other| other.name == row.name).map(|other| &other.value);
                self.fields(row, &alternatives(kinds), &mut fields);
            }
        }
        let attributes = kinds.iter().map(|kind| kind.attributes).find(|one| *one != Attributes::None);
        let repeats = kinds.iter().map(|kind| kind.repeats).find(|one| *one != Repeats::Never);
        Shape {
            fields,
            attributes: attributes.unwrap_or(Attributes::None),
            repeats: repeats.unwrap_or(Repeats::Never),
        }
    }

    /// Adds how a member stands whose last row is `row`, and which holds one of `kinds`.
    fn fields(&mut self, row: &'static Row, kinds: &[&'static Kind], fields: &mut Vec<Field>) {
        let (lists, single): (Vec<_>, Vec<_>) =
            kinds.iter().partition(|kind| matches!(kind, Kind::List { .. }));
        let mut entries = alternatives(lists.into_iter().filter_map(|list: &Kind| match list {
            Kind::List { of, .. } => Some(*of),
            _ => None,
        }));
        let name = row.xml.name.unwrap_or(row.name);
        let mut add = |xml, json, place| fields.push(Field { xml, json, place });
        match row.xml.place {
            RowPlace::Nowhere => {}
            RowPlace::Attribute => add(name, row.name, Place::Attribute(self.value(row, &single))),
            RowPlace::Content => add("", row.name, Place::Text(self.value(row, &single))),
            RowPlace::Element if entries.is_empty() => {
                add(name, row.name, Place::One(self.value(row, &single)));
            }
            RowPlace::Element => add(name, row.name, Place::Each(self.value(row, &entries))),
            RowPlace::RepeatedSince(version) => {
                entries.splice(0..0, single);
                add(name, row.name, Place::EachSince(version.text(), self.value(row, &entries)));
            }
            RowPlace::Each(xml) => {
                let item = Item {
                    xml,
                    member: None,
                    when: &[],
                    shares_since: None,
                    value: self.value(row, &entries),
                };
                add(name, row.name, Place::List(vec![item]));
                if !single.is_empty() {
                    add(name, row.name, Place::One(self.value(row, &single)));
                }
            }
            RowPlace::Items(items) => add(name, row.name, Place::List(self.items(row, items))),
            RowPlace::Choice(items) => {
                let value = Value::Choice(self.items(row, items));
                let place = if entries.is_empty() { Place::One(value) } else { Place::Each(value) };
                add(name, row.name, place);
            }
            RowPlace::Inline(kind) => add(name, "", Place::Inline(self.shape(vec![kind]))),
        }
    }

    fn items(&mut self, row: &Row, items: &'static [RowItem]) -> Vec<Item> {
        let item = |item: &'static RowItem| Item {
            xml: item.name,
            member: item.member,
            when: item.when,
            shares_since: item.shares_since.map(|version| version.text()),
            value: self.value(row, &[&item.value]),
        };
        items.iter().map(item).collect()
    }

    /// What an element holds that is one of `kinds`.
    fn value(&mut self, row: &Row, kinds: &[&'static Kind]) -> Value {
        let mut objects: Vec<&'static Type> = Vec::new();
        for kind in kinds {
            if let Kind::Object(kind) = kind
                && !objects.iter().any(|known| std::ptr::eq(*known, *kind))
            {
                objects.push(kind);
            }
        }
        let all = |is: fn(&Kind) -> bool| kinds.iter().all(|kind| is(kind));
        let has_form =
            |kind: &Kind| matches!(kind, Kind::Any | Kind::Enum(_) | Kind::Text { format: Some(_), .. });
        match (row.xml.text, objects.first()) {
            (Some(InText::Boxed), Some(object)) => Value::Boxed(object.fields[0].name),
            (_, Some(_)) => Value::Shape(self.shape(objects)),
            (Some(InText::Kept | InText::Boxed), _) => Value::Text,
            (Some(InText::Token), _) => Value::Token,
            (Some(InText::Reference), _) => Value::InAttribute("ref"),
            (None, _) if all(|kind| matches!(kind, Kind::Bool)) => Value::Bool,
            (None, _) if all(|kind| matches!(kind, Kind::Integer { .. } | Kind::Number { .. })) => {
                Value::Number
            }
            (None, _) if kinds.last().is_some_and(|kind| has_form(kind)) => Value::Token,
            (None, _) => Value::Text,
        }
    }
}

/// What a value may be that is one of `kinds`.
fn alternatives(kinds: impl IntoIterator<Item = &'static Kind>) -> Vec<&'static Kind> {
    let mut all = Vec::new();
    for kind in kinds {
        match kind {
            Kind::OneOf(choices) | Kind::AnyOf(choices) => all.extend(alternatives(*choices)),
            kind => all.push(kind),
        }
    }
    all
}
