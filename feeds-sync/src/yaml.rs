//! A YAML document as a value whose scalars are all texts: `3.10` stays `3.10`, and nothing becomes a number, a date or
//! a boolean (docs/decisions/0027).

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use crate::error::ParseError;

/// Levels of collections; records have some eight.
const DEPTH_MAX: usize = 64;

/// Nodes of one document, those that aliases repeat included.
const NODES_MAX: usize = 2_000_000;

/// Bytes of text that count as another node.
const NODE_BYTES: usize = 32;

/// The first document of `text`; `null` when there is none. A plain `~`, `null` or nothing is `null`, every other scalar
/// a text as it was written, quotes and escapes resolved. Of keys that occur twice the last stands, and keys that are no
/// scalars are left out with their values.
///
/// # Errors
/// It is no YAML in UTF-8, or deeper or larger (aliases expanded) than any real record.
pub(crate) fn parse(text: &[u8]) -> Result<Value, ParseError> {
    let text = std::str::from_utf8(text).map_err(|error| no_yaml(&error))?;
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| no_yaml(&error))?;
        builder.event(event)?;
        if let Some(document) = builder.document.take() {
            return Ok(document);
        }
    }
    Ok(Value::Null)
}

fn no_yaml(error: &dyn std::fmt::Display) -> ParseError {
    ParseError::NotTheFeed(format!("no YAML: {error}"))
}

fn too_deep() -> ParseError {
    no_yaml(&format!("more than {DEPTH_MAX} levels"))
}

/// A collection that is not complete, and the anchor by which it is repeated.
enum Open {
    List(usize, Vec<Value>),
    /// The key whose value comes next; an inner none is a key that is no scalar.
    Map(usize, Map<String, Value>, Option<Option<String>>),
}

/// A node that aliases repeat.
struct Anchored {
    node: Value,
    n_nodes: usize,
    /// How many levels of collections it has.
    height: usize,
}

#[derive(Default)]
struct Builder {
    document: Option<Value>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    n_nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), ParseError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let node = if is_null { Value::Null } else { Value::String(text.into_owned()) };
                self.count(&node)?;
                self.close(anchor, node)
            }
            Event::Alias(anchor) => {
                let Some(Anchored { n_nodes, height, .. }) = self.anchors.get(&anchor) else {
                    return self.close(0, Value::Null);
                };
                // Each alias of a chain is shallow itself; what it stands for is not.
                if self.open.len() + height > DEPTH_MAX {
                    return Err(too_deep());
                }
                self.add(*n_nodes)?;
                self.close(0, self.anchors[&anchor].node.clone())
            }
            Event::SequenceStart(anchor, _) => self.begin(Open::List(anchor, Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(Open::Map(anchor, Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(anchor, elements)) => self.close(anchor, Value::Array(elements)),
                Some(Open::Map(anchor, entries, _)) => self.close(anchor, Value::Object(entries)),
                None => Err(no_yaml(&"an end without a start")),
            },
            Event::DocumentEnd
            | Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_) => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), ParseError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep());
        }
        self.add(1)?;
        self.open.push(open);
        Ok(())
    }

    /// Puts a complete node where it belongs, and keeps a copy of it where it has an anchor.
    fn close(&mut self, anchor: usize, node: Value) -> Result<(), ParseError> {
        if anchor != 0 {
            let (n_nodes, height) = (size(&node), height(&node));
            self.add(n_nodes)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), n_nodes, height });
        }
        match self.open.last_mut() {
            None => self.document = Some(node),
            Some(Open::List(_, elements)) => elements.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                None => *key = Some(if let Value::String(text) = node { Some(text) } else { None }),
                Some(Some(name)) => drop(entries.insert(name, node)),
                Some(None) => {}
            },
        }
        Ok(())
    }

    fn count(&mut self, node: &Value) -> Result<(), ParseError> {
        self.add(size(node))
    }

    fn add(&mut self, n_nodes: usize) -> Result<(), ParseError> {
        self.n_nodes = self.n_nodes.saturating_add(n_nodes);
        match self.n_nodes > NODES_MAX {
            true => Err(no_yaml(&format!("more than {NODES_MAX} nodes"))),
            false => Ok(()),
        }
    }
}

fn size(node: &Value) -> usize {
    match node {
        Value::String(text) => 1 + text.len() / NODE_BYTES,
        Value::Array(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Value::Object(entries) => 1 + entries.values().map(|value| 1 + size(value)).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn height(node: &Value) -> usize {
    match node {
        Value::Array(elements) => 1 + elements.iter().map(height).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(height).max().unwrap_or(0),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_stay_as_they_are_written() {
        let text = "---\na: 3.10\nb: '2'\nc: ~\nd: yes\ne: &x [1, 02]\nf: *x\n? [k]\n: v\na: 1.0\ng: |\n  x\n  y\nh: 2025-06-01\n";
        let expected = json!({"a": "1.0", "b": "2", "c": null, "d": "yes", "e": ["1", "02"], "f": ["1", "02"],
                              "g": "x\ny\n", "h": "2025-06-01"});
        assert_eq!(parse(text.as_bytes()).unwrap(), expected);
        assert_eq!(parse(b"").unwrap(), Value::Null);
        assert_eq!(parse(b"a\n---\nb\n").unwrap(), json!("a"));
        for broken in [&b"a: [1\n"[..], b"a: 'x\n", b"\xFF\xFE", b"a: 1\n b: 2\n"] {
            assert!(parse(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn neither_aliases_nor_levels_make_a_document_grow() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(","));
        }
        assert!(parse(text.as_bytes()).unwrap_err().to_string().contains("nodes"));
        let long = format!("- &a '{}'\n{}", "x".repeat(1 << 20), "- *a\n".repeat(1_000));
        assert!(parse(long.as_bytes()).unwrap_err().to_string().contains("nodes"));
        assert!(parse("[".repeat(1_000).as_bytes()).is_err());
        // A chain of aliases, each one level above the one before.
        let chain = |n_links: usize| {
            let links = (1..n_links).map(|link| format!("a{link}: &a{link} [*a{}]\n", link - 1));
            "a0: &a0 [x]\n".to_owned() + &links.collect::<String>()
        };
        assert!(parse(chain(DEPTH_MAX - 1).as_bytes()).is_ok());
        assert!(parse(chain(1_000).as_bytes()).unwrap_err().to_string().contains("levels"));
    }
}
