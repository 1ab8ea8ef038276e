//! SPDX YAML: 2.2 and 2.3 are read.
//!
//! It is the JSON of the same document in YAML. What is a flag or a number in JSON is one; every other value is a text,
//! as it is written: a version `1.10` and a name `no` are texts. Members that SPDX does not know are texts too. Comments
//! are not kept.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use model::limits::Limits;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::super::wire::text::Kind;
use super::super::wire::tree::{Object, Tree};
use super::super::{DocumentError, Syntax};
use super::scalar;

pub(in crate::format) static SYNTAX: Syntax = Syntax {
    kind: Kind::Spdx2Yaml,
    accepts: "SPDX 2.2 to 2.3 YAML",
    suffix: "YAML",
    model: &super::MODEL,
    to_json: read,
};

/// Levels of collections; SPDX has some six.
const DEPTH_MAX: usize = 64;
/// Nodes that are copies, for aliases.
const COPIES_MAX: usize = 1 << 20;
/// Bytes of text that count as another node.
const NODE_BYTES: usize = 32;

/// The JSON of the document `text`.
fn read<'a>(text: &'a str, _: &Limits) -> Result<Cow<'a, str>, DocumentError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (at, done) = match event {
            Ok((event, span)) => (position(&span.start), builder.event(event)),
            Err(error) => (position(error.marker()), Err(error.info().to_owned())),
        };
        done.map_err(|reason| malformed(builder.place(), at, reason))?;
    }
    let tree = builder.document.unwrap_or(Tree::Null);
    if !matches!(tree, Tree::Object(_)) {
        return Err(malformed("top level".to_owned(), (1, 1), "it is no mapping".to_owned()));
    }
    let json = serde_json::to_string(&tree);
    json.map(Cow::Owned).map_err(|error| malformed("top level".to_owned(), (1, 1), error.to_string()))
}

/// The line and the column, from 1.
fn position(marker: &Marker) -> (usize, usize) {
    (marker.line().max(1), marker.col() + 1)
}

fn malformed(place: String, (line, column): (usize, usize), reason: String) -> DocumentError {
    DocumentError::Malformed { format: "SPDX YAML", place, line, column, reason }
}

/// A collection that is not complete.
enum Open {
    List {
        anchor: usize,
        elements: Vec<Tree>,
    },
    Map {
        anchor: usize,
        members: Object,
        names: HashSet<String>,
        /// The name whose value comes next.
        name: Option<String>,
    },
}

#[derive(Default)]
struct Builder {
    document: Option<Tree>,
    open: Vec<Open>,
    /// What aliases stand for, and how many nodes that is.
    anchors: HashMap<usize, (Tree, usize)>,
    n_copies: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                if let Some(Open::Map { name: name @ None, names, .. }) = self.open.last_mut() {
                    if !names.insert(text.to_string()) {
                        return Err(format!("duplicate member `{}`", shortened(&text)));
                    }
                    *name = Some(text.into_owned());
                    return Ok(());
                }
                let value = match self.open.last() {
                    _ if is_null => Tree::Null,
                    Some(Open::Map { name: Some(name), .. }) if style == ScalarStyle::Plain => {
                        scalar::value(name, &text)
                    }
                    _ => Tree::Text(text.into_owned()),
                };
                self.close(anchor, value)
            }
            Event::Alias(anchor) => {
                let Some((value, n_nodes)) = self.anchors.get(&anchor) else {
                    return Err("an alias stands for nothing".to_owned());
                };
                self.n_copies = self.n_copies.saturating_add(*n_nodes);
                if self.n_copies > COPIES_MAX {
                    return Err(format!("its aliases stand for more than {COPIES_MAX} nodes"));
                }
                let value = value.clone();
                self.close(0, value)
            }
            Event::SequenceStart(anchor, _) => self.begin(Open::List { anchor, elements: Vec::new() }),
            Event::MappingStart(anchor, _) => {
                self.begin(Open::Map { anchor, members: Object::new(), names: HashSet::new(), name: None })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { anchor, elements }) => self.close(anchor, Tree::List(elements)),
                Some(Open::Map { anchor, members, .. }) => self.close(anchor, Tree::Object(members)),
                None => Err("an end without a start".to_owned()),
            },
            Event::DocumentStart(_) if self.document.is_some() => {
                Err("there is more than one document".to_owned())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), String> {
        if matches!(self.open.last(), Some(Open::Map { name: None, .. })) {
            return Err("a name is no text".to_owned());
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} levels"));
        }
        self.open.push(open);
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn close(&mut self, anchor: usize, value: Tree) -> Result<(), String> {
        if anchor != 0 {
            let n_nodes = size(&value);
            self.n_copies = self.n_copies.saturating_add(n_nodes);
            if self.n_copies > COPIES_MAX {
                return Err(format!("its anchors are of more than {COPIES_MAX} nodes"));
            }
            self.anchors.insert(anchor, (value.clone(), n_nodes));
        }
        match self.open.last_mut() {
            None => self.document = Some(value),
            Some(Open::List { elements, .. }) => elements.push(value),
            Some(Open::Map { members, name, .. }) => match name.take() {
                Some(name) => members.push((name, value)),
                None => return Err("a name is no text".to_owned()),
            },
        }
        Ok(())
    }

    /// The path of members that leads to what is being read: `packages[3].name`.
    fn place(&self) -> String {
        let mut place = String::new();
        for open in &self.open {
            match open {
                Open::List { elements, .. } => place.push_str(&format!("[{}]", elements.len())),
                Open::Map { name: Some(name), .. } => {
                    place.extend([if place.is_empty() { "" } else { "." }, &shortened(name)]);
                }
                Open::Map { name: None, .. } => {}
            }
        }
        if place.is_empty() { "top level".to_owned() } else { place }
    }
}

/// Calls `take` with the path and the line of every value; what an alias stands for is where the alias is.
pub(in crate::format) fn lines(text: &str, take: &mut dyn FnMut(&str, usize)) {
    /// A collection that is not complete: how long its path is, and the position of the next element of a list.
    struct Begun {
        path: usize,
        index: Option<usize>,
        has_name: bool,
    }

    let mut path = String::new();
    let mut begun: Vec<Begun> = Vec::new();
    // What cannot be read was refused before.
    for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
        let line = span.start.line().max(1);
        let is_value = matches!(
            event,
            Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..)
        );
        match begun.last_mut() {
            _ if !is_value => {}
            None => take("", line),
            Some(Begun { path: length, index: Some(index), .. }) => {
                path.truncate(*length);
                path.push_str(&format!("[{index}]"));
                *index += 1;
                take(&path, line);
            }
            Some(Begun { has_name: has_name @ true, .. }) => *has_name = false,
            Some(Begun { path: length, has_name, .. }) => {
                let Event::Scalar(name, ..) = &event else { return };
                *has_name = true;
                path.truncate(*length);
                path.extend([if path.is_empty() { "" } else { "." }, name]);
                take(&path, line);
            }
        }
        match event {
            Event::SequenceStart(..) => {
                begun.push(Begun { path: path.len(), index: Some(0), has_name: false });
            }
            Event::MappingStart(..) => begun.push(Begun { path: path.len(), index: None, has_name: false }),
            Event::SequenceEnd | Event::MappingEnd => {
                begun.pop();
            }
            _ => {}
        }
    }
}

fn size(tree: &Tree) -> usize {
    match tree {
        Tree::Text(text) => 1 + text.len() / NODE_BYTES,
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => 1,
        Tree::List(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Tree::Object(members) => {
            1 + members.iter().map(|(name, value)| 1 + name.len() / NODE_BYTES + size(value)).sum::<usize>()
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
