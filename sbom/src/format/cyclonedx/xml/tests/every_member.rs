//! A document with every member that the table has in 1.7 and that XML has a place for.

use super::super::super::schema::{BOM, Field, Place, Type, Value, Version};
use super::{to_tree, to_xml, value};
use crate::format::wire::tree::Tree;

/// Makes values; of several kinds the first, or the last.
struct Making {
    takes_last: bool,
    /// The kinds of object around the value that is made: none is in itself.
    around: Vec<&'static Type>,
}

impl Making {
    fn object(&mut self, kind: &'static Type) -> Option<Tree> {
        if self.around.iter().any(|one| std::ptr::eq(*one, kind)) {
            return None;
        }
        self.around.push(kind);
        let rows = kind.fields.iter().filter(|row| row.until == Version::V1_7 && has_place(row, kind));
        let members =
            rows.filter_map(|row| Some((row.name.to_owned(), self.value(&row.value, row.name)?))).collect();
        self.around.pop();
        Some(Tree::Object(members))
    }

    fn value(&mut self, kind: &'static Value, name: &str) -> Option<Tree> {
        Some(match kind {
            Value::Any | Value::Text { .. } => Tree::Text(format!("{name} <1>")),
            Value::Enum(words) => Tree::Text(words.last()?.2.first()?.to_string()),
            Value::Integer { .. } | Value::Number { .. } => Tree::Number(7.into()),
            Value::Bool => Tree::Bool(true),
            Value::Object(kind) => self.object(kind)?,
            Value::List { of, .. } => Tree::List(vec![self.value(of, name)?, self.value(of, name)?]),
            // XML cannot tell it from a list of one.
            Value::OneOf([list, _]) if name == "identity" => self.value(list, name)?,
            Value::OneOf(kinds) | Value::AnyOf(kinds) => {
                let kind = if self.takes_last { kinds.last() } else { kinds.first() };
                self.value(kind?, name)?
            }
        })
    }
}

/// Whether the member of `row` stands somewhere, perhaps in the element of another.
fn has_place(row: &Field, kind: &Type) -> bool {
    let in_other = |other: &Field| match other.xml.place {
        Place::Inline(inner) => inner.fields.iter().any(|field| field.name == row.name),
        _ => false,
    };
    !matches!(row.xml.place, Place::Nowhere) || kind.fields.iter().any(in_other)
}

#[test]
fn every_member_of_the_table_is_the_same_after_xml() {
    for takes_last in [false, true] {
        let mut made = Making { takes_last, around: Vec::new() }.object(&BOM).unwrap();
        let mut n_leaves = 0;
        made.leaves(&mut |_, _| n_leaves += 1);
        assert!(n_leaves > 1000, "{n_leaves}");
        let (xml, losses) = to_xml(made.clone(), "1.7");
        assert!(losses.is_empty(), "{losses:?}");
        let Tree::Object(members) = &mut made else { unreachable!() };
        for (name, text) in [("bomFormat", "CycloneDX"), ("specVersion", "1.7")] {
            members.push((name.to_owned(), Tree::Text(text.to_owned())));
        }
        same(&value(&made), &value(&to_tree(&xml)), "");
    }
}

/// Refuses the first difference, by its path.
fn same(expected: &serde_json::Value, read: &serde_json::Value, path: &str) {
    use serde_json::Value::{Array, Object};
    match (expected, read) {
        (Object(a), Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{path}: {:?}\n{:?}", a.keys(), b.keys());
            a.iter().zip(b.values()).for_each(|((name, a), b)| same(a, b, &format!("{path}.{name}")));
        }
        (Array(a), Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| same(a, b, &format!("{path}[]")));
        }
        (a, b) => assert_eq!(a, b, "{path}"),
    }
}
