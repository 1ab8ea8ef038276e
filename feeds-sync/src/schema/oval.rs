//! OVAL: definitions that are true of an installation when their criteria are (feeds.md A7, A13).

use std::collections::HashMap;

use crate::document::Document;
use crate::error::ParseError;
use crate::xml::{self, Element};

/// The outermost element of a document.
pub const ROOT: &str = "oval_definitions";

/// One statement about a system, as a vendor writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion<'a> {
    /// In words: `libdemo is earlier than 0:1.4-3.el9`.
    pub comment: &'a str,
    /// The id of the test.
    pub test: &'a str,
}

/// The statements of `criteria` that have to hold together, for each way in which it can be true. The order of the
/// statements is that of the document and means nothing.
///
/// # Errors
/// When it negates something, has an operator other than `AND` and `OR`, or can be true in more than `max` ways; in
/// words.
pub fn alternatives(criteria: &Element, max: usize) -> Result<Vec<Vec<Criterion<'_>>>, String> {
    if criteria.attribute("negate").is_some_and(|negate| negate != "false") {
        return Err("criteria that negate something".to_owned());
    }
    let parts = criteria.children.iter().filter_map(|part| match part.name.as_str() {
        "criteria" => Some(alternatives(part, max)),
        "criterion" => Some(criterion(part).map(|criterion| vec![vec![criterion]])),
        _ => None,
    });
    let parts = parts.collect::<Result<Vec<_>, String>>()?;
    let operator = criteria.attribute("operator").unwrap_or("AND");
    let alternatives = match operator {
        "OR" => parts.into_iter().flatten().collect(),
        "AND" => all(parts, max)?,
        other => return Err(format!("criteria with the operator `{other:.32}`")),
    };
    if alternatives.len() > max { Err(too_many(max)) } else { Ok(alternatives) }
}

fn criterion(element: &Element) -> Result<Criterion<'_>, String> {
    if element.attribute("negate").is_some_and(|negate| negate != "false") {
        return Err("a criterion that negates something".to_owned());
    }
    let comment = element.attribute("comment").unwrap_or_default();
    Ok(Criterion { comment, test: element.attribute("test_ref").unwrap_or_default() })
}

/// Every choice of one alternative of each part. How many there would be is known before any is written out, so that no
/// order of the parts is refused where another is read.
fn all<'a>(parts: Vec<Vec<Vec<Criterion<'a>>>>, max: usize) -> Result<Vec<Vec<Criterion<'a>>>, String> {
    let n_ways = parts.iter().map(Vec::len).fold(1, usize::saturating_mul);
    if n_ways == 0 {
        return Ok(Vec::new());
    }
    if n_ways > max {
        return Err(too_many(max));
    }
    let longest = |ways: &Vec<Vec<Criterion<'_>>>| ways.iter().map(Vec::len).max().unwrap_or_default();
    if n_ways.saturating_mul(parts.iter().map(longest).sum()) > CRITERIA_MAX {
        return Err(format!("criteria that are more than {CRITERIA_MAX} when written out"));
    }
    let mut chosen: Vec<Vec<Criterion<'a>>> = vec![Vec::new()];
    for part in parts {
        let joined = |before: &Vec<Criterion<'a>>| {
            part.iter().map(|more| before.iter().chain(more).copied().collect()).collect::<Vec<_>>()
        };
        chosen = chosen.iter().flat_map(joined).collect();
    }
    Ok(chosen)
}

/// How many criteria all ways of one definition may have together.
const CRITERIA_MAX: usize = 4 << 20;

fn too_many(max: usize) -> String {
    format!("criteria that can be true in more than {max} ways")
}

/// What the tests of a document ask of rpm packages, by id.
#[derive(Debug, Default)]
pub struct Tests {
    /// By test.
    tests: HashMap<Box<str>, Test>,
    /// By object: the package's name.
    names: HashMap<Box<str>, Box<str>>,
    /// By state: the bounds of the version.
    bounds: HashMap<Box<str>, Vec<Bound>>,
}

/// What a test refers to.
#[derive(Debug)]
struct Test {
    object: Box<str>,
    states: Vec<Box<str>>,
}

/// A bound of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// As written: `less than`.
    pub operation: Box<str>,
    /// Epoch, version and release, as written.
    pub version: Box<str>,
}

impl Tests {
    /// The tests of `document`.
    ///
    /// # Errors
    /// When it is no OVAL, or cannot be read to its end.
    pub fn read(document: &Document<'_>) -> Result<Self, ParseError> {
        let mut tests = Self::default();
        xml::each(document, ROOT, &["rpminfo_test", "rpminfo_object", "rpminfo_state"], &mut |element| {
            tests.take(element);
            Ok(())
        })?;
        Ok(tests)
    }

    fn take(&mut self, element: &Element) {
        let id: Box<str> = element.attribute("id").unwrap_or_default().into();
        match element.name.as_str() {
            "rpminfo_test" => {
                let object = element.child("object").and_then(|object| object.attribute("object_ref"));
                let states = element.each("state").filter_map(|state| state.attribute("state_ref"));
                let states = states.map(Box::from).collect();
                let object = object.unwrap_or_default().into();
                self.tests.insert(id, Test { object, states });
            }
            "rpminfo_object" => {
                self.names.insert(id, element.text_of("name").unwrap_or_default().into());
            }
            _ => {
                let bound = |evr: &Element| Bound {
                    // OVAL's default.
                    operation: evr.attribute("operation").unwrap_or("equals").into(),
                    version: evr.text.as_str().into(),
                };
                self.bounds.insert(id, element.each("evr").map(bound).collect());
            }
        }
    }

    /// The package that the test `id` is about, and the bounds of its version; none when the document lacks any of it.
    pub fn package(&self, id: &str) -> Option<(&str, Vec<&Bound>)> {
        let Test { object, states } = self.tests.get(id)?;
        let name = self.names.get(object).filter(|name| !name.is_empty())?;
        let mut bounds = Vec::new();
        for state in states {
            bounds.extend(self.bounds.get(state)?);
        }
        Some((name, bounds))
    }
}
