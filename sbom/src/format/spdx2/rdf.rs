//! SPDX RDF/XML: 2.1 to 2.3 are read.
//!
//! The JSON of SPDX 2 is made from the same ontology (<http://spdx.org/rdf/terms>): classes are objects, properties are
//! members under the names in [`shape`], licences are expressions, resources are words and ids. A relationship stands
//! in the element that it is from. What JSON has no place for is in a member `plimsoll:rdf`: of an object, its other
//! properties, each with a list of values, and `rdf:about`, where it is known by an id that JSON has no place for; of the
//! document besides, under `rdf:nodes`, what is described and no part of it, such as the texts of listed licences. A
//! value there is a text, or `{"resource": …}`, or a node with its `rdf:type`, `rdf:about` and properties. Comments are
//! not kept.

use std::borrow::Cow;

use model::limits::Limits;

use super::super::wire::text::Kind;
use super::super::wire::tree::Tree;
use super::super::{DocumentError, Syntax};

mod graph;
mod license;
mod lines;
mod object;
mod shape;

pub(in crate::format) use lines::lines;

pub(in crate::format) static SYNTAX: Syntax = Syntax {
    kind: Kind::Spdx2Rdf,
    accepts: "SPDX 2.1 to 2.3 RDF/XML",
    suffix: "RDF/XML",
    model: &super::MODEL,
    to_json: read,
};

const FORMAT: &str = "SPDX RDF/XML";

/// The member of an object with what has no place in it.
pub(in crate::format) const BEYOND: &str = "plimsoll:rdf";

/// The JSON of the document `text`.
fn read<'a>(text: &'a str, _: &Limits) -> Result<Cow<'a, str>, DocumentError> {
    let refuse = |reason: String| DocumentError::Malformed {
        format: FORMAT,
        place: "top level".to_owned(),
        line: 1,
        column: 1,
        reason,
    };
    let graph = graph::read(text)?;
    let document = object::document(&graph, text.len()).map_err(refuse)?;
    let json = serde_json::to_string(&Tree::Object(document));
    json.map(Cow::Owned).map_err(|error| refuse(error.to_string()))
}
