//! CycloneDX XML: 1.4 to 1.7 are written, 1.0 to 1.7 are read (<https://cyclonedx.org/docs/1.6/xml/>).
//!
//! A document is brought into the JSON of the same version, and written from it. [`shape`] says which element or
//! attribute is which member. What XML has and JSON has no place for (elements and attributes of other namespaces,
//! signatures) is in a member `plimsoll:xml` of the object around it: by the path of the element from the object's
//! own (`.`; `name`; `hashes/0`), its `attributes` (`{namespace}name`), stray `text`, and `elements` as they are
//! written. Comments and processing instructions are not kept.

use std::io;

use model::inventory::Inventory;

use super::super::wire::text::Kind;
use super::super::wire::tree::Tree;
use super::super::{Format, Syntax, WriteOptions};

mod check;
mod read;
mod shape;
mod write;

pub(in crate::format) use check::{Finding, Lines, check};

pub(in crate::format) static FORMAT: Format = Format {
    name: "cyclonedx-xml",
    media_type: "application/vnd.cyclonedx+xml",
    versions: &["1.6", "1.7", "1.5", "1.4"],
    write: write_inventory,
    model: Some(|_| &super::MODEL),
    rewrite: Some(|tree, from, version, out| {
        let (tree, mut losses) = super::fitted(tree, from, version, true);
        losses.extend(write::write(tree, version, out)?);
        Ok(losses)
    }),
};

pub(in crate::format) static SYNTAX: Syntax = Syntax {
    kind: Kind::CycloneDxXml,
    accepts: "CycloneDX 1.0 to 1.7 XML",
    suffix: "XML",
    model: &super::MODEL,
    to_json: read::read,
};

/// What a document claims to be, for errors.
const XML: &str = "CycloneDX XML";

/// What the namespace of a document begins with; its version follows.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// The member of an object with what only its XML has.
pub(super) const BEYOND: &str = "plimsoll:xml";

/// The namespace of the attribute `escaped` of a root: in such a document U+FFFD is followed by four hexadecimal digits,
/// the number of a character that XML cannot hold (or of U+FFFD itself).
const ESCAPES: &str = "urn:plimsoll:xml";

/// Changes every text of `tree`.
fn each_text(tree: &mut Tree, change: &dyn Fn(&mut String)) {
    match tree {
        Tree::Text(text) => change(text),
        Tree::List(entries) => entries.iter_mut().for_each(|entry| each_text(entry, change)),
        Tree::Object(members) => members.iter_mut().for_each(|(_, value)| each_text(value, change)),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => {}
    }
}

/// Takes away what only XML has: what [`check`](check::check) judges.
pub(in crate::format) fn without_beyond(tree: &mut Tree) {
    match tree {
        Tree::List(elements) => elements.iter_mut().for_each(without_beyond),
        Tree::Object(members) => {
            members.retain(|(name, _)| name != BEYOND);
            members.iter_mut().for_each(|(_, value)| without_beyond(value));
        }
        _ => {}
    }
}

fn write_inventory(
    inventory: &Inventory,
    version: &str,
    options: &WriteOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut json = Vec::new();
    (super::FORMAT.write)(inventory, version, options, &mut json)?;
    let tree: Tree = serde_json::from_slice(&json)?;
    drop(json);
    write::write(tree, version, out).map(|_| ())
}

#[cfg(test)]
mod tests;
