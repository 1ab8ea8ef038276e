//! A JSON document as a tree: every member in its order, every value as it stands.
//!
//! What has to survive being written again is a tree. Reading an inventory needs none.

use std::fmt;
use std::io;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

/// A JSON value. `serde_json` bounds how deep one may be nested (128).
#[derive(Clone, Debug, PartialEq)]
pub(in crate::format) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    Object(Object),
}

/// The members of an object, in their order; no name occurs twice.
pub(in crate::format) type Object = Vec<(String, Tree)>;

impl Tree {
    /// The member called `name` of an object.
    pub(in crate::format) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The member called `name` of an object.
    pub(in crate::format) fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Object(members) => {
                members.iter_mut().find(|(member, _)| member == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text, where it is one.
    pub(in crate::format) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements; none of what is no list.
    pub(in crate::format) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The members; none of what is no object.
    pub(in crate::format) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Writes the tree as JSON, pretty-printed with two spaces.
    pub(in crate::format) fn write_json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Calls `take` with every value that is neither a list nor an object (and every empty list or object), and its
    /// path without positions: `components[].name`.
    pub(in crate::format) fn leaves<'t>(&'t self, take: &mut dyn FnMut(&str, &'t Self)) {
        self.leaves_below(&mut String::new(), take);
    }

    fn leaves_below<'t>(&'t self, path: &mut String, take: &mut dyn FnMut(&str, &'t Self)) {
        let length = path.len();
        match self {
            Self::List(elements) if !elements.is_empty() => {
                path.push_str("[]");
                for element in elements {
                    element.leaves_below(path, take);
                }
            }
            Self::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                    value.leaves_below(path, take);
                    path.truncate(length);
                }
            }
            _ => take(path, self),
        }
        path.truncate(length);
    }
}

impl fmt::Display for Tree {
    /// A text as it is, everything else as JSON.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            _ => out.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?),
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Number(number) => number.serialize(to),
            Self::Text(text) => to.serialize_str(text),
            Self::List(elements) => {
                let mut list = to.serialize_seq(Some(elements.len()))?;
                elements.iter().try_for_each(|element| list.serialize_element(element))?;
                list.end()
            }
            Self::Object(members) => {
                let mut map = to.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Tree;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Number(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Number(value.into()))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Tree, E> {
                Number::from_f64(value).map(Tree::Number).ok_or_else(|| E::custom("a number out of range"))
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Tree, E> {
                Ok(Tree::Text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    list.push(element);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
                let mut object = Object::new();
                let mut names = std::collections::HashSet::new();
                while let Some((name, value)) = members.next_entry::<String, Tree>()? {
                    // Objects are short; only a hostile one is worth a set.
                    let is_known = if object.len() < 64 {
                        object.iter().any(|(known, _)| *known == name)
                    } else {
                        if names.is_empty() {
                            names.extend(object.iter().map(|(name, _)| name.clone()));
                        }
                        !names.insert(name.clone())
                    };
                    if is_known {
                        return Err(A::Error::custom(format_args!("duplicate member `{name}`")));
                    }
                    object.push((name, value));
                }
                Ok(Tree::Object(object))
            }
        }

        from.deserialize_any(AnyValue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_keeps_order_and_numbers_and_refuses_a_member_twice() {
        let text = r#"{"b":1,"a":[1.5,-2,{"c":null}],"d":[],"e":true}"#;
        let tree: Tree = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&tree).unwrap(), text);
        let mut leaves = Vec::new();
        tree.leaves(&mut |path, value| leaves.push(format!("{path}={value}")));
        assert_eq!(leaves, ["b=1", "a[]=1.5", "a[]=-2", "a[].c=null", "d=[]", "e=true"]);
        let error = serde_json::from_str::<Tree>(r#"{"a":1,"a":2}"#).unwrap_err().to_string();
        assert!(error.contains("duplicate member `a`"), "{error}");
        let many: Vec<_> = (0..200).map(|index| format!("\"m{index}\":1")).collect();
        let twice = format!("{{{},\"m150\":1}}", many.join(","));
        assert!(serde_json::from_str::<Tree>(&twice).is_err());
    }
}
