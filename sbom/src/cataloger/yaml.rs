//! A YAML document as a tree of texts: `1.10` stays `1.10`, and nothing becomes a number, a date or a boolean.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Levels of collections; real lock files have some six.
const DEPTH_MAX: usize = 64;
/// Bytes of text that count as another node.
const NODE_BYTES: usize = 32;
/// Nodes of one document, those that aliases repeat included.
const NODES_MAX: usize = 4_000_000;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Yaml {
    /// A scalar as written, quotes and escapes resolved. A plain `~`, `null` or nothing is [`Yaml::Null`].
    Text(String),
    Null,
    List(Vec<Self>),
    /// In the order of the document. Keys that are no scalars are left out with their values.
    Map(Vec<(String, Self)>),
}

impl Yaml {
    /// The value behind `key`, of several the last.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().rev().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// The entries of a map; of anything else none.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = (&str, &Self)> {
        let entries = if let Self::Map(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The elements of a list; of anything else none.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        if let Self::List(elements) = self { elements.as_slice() } else { &[] }.iter()
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text of the scalar behind `key`.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }
}

/// The first document of `text`; [`Yaml::Null`] when there is none.
///
/// # Errors
/// It is no YAML, or deeper or larger (aliases expanded) than any real document; says which.
pub(super) fn parse(text: &str) -> Result<Yaml, String> {
    Ok(documents(text, 1)?.into_iter().next().unwrap_or(Yaml::Null))
}

/// The first `n_max` documents of `text`.
///
/// # Errors
/// As [`parse`].
pub(super) fn documents(text: &str, n_max: usize) -> Result<Vec<Yaml>, String> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        builder.event(event)?;
        if builder.documents.len() == n_max {
            break;
        }
    }
    Ok(builder.documents)
}

/// A collection that is not complete.
enum Open {
    List(usize, Vec<Yaml>),
    /// The key whose value comes next; an inner none is a key that is no scalar.
    Map(usize, Vec<(String, Yaml)>, Option<Option<String>>),
}

#[derive(Default)]
struct Builder {
    documents: Vec<Yaml>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Yaml, usize)>,
    n_nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let node = if is_null { Yaml::Null } else { Yaml::Text(text.into_owned()) };
                let n_nodes = size(&node);
                self.close(anchor, node, n_nodes)
            }
            Event::Alias(anchor) => {
                let (node, n_nodes) = self.anchors.get(&anchor).cloned().unwrap_or((Yaml::Null, 1));
                self.close(0, node, n_nodes)
            }
            Event::SequenceStart(anchor, _) => self.begin(Open::List(anchor, Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(Open::Map(anchor, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(anchor, elements)) => self.close(anchor, Yaml::List(elements), 1),
                Some(Open::Map(anchor, entries, _)) => self.close(anchor, Yaml::Map(entries), 1),
                None => Err("an end without a start".to_owned()),
            },
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} levels"));
        }
        self.open.push(open);
        Ok(())
    }

    /// Puts a complete node, which adds `n_nodes` to the document, where it belongs.
    fn close(&mut self, anchor: usize, node: Yaml, n_nodes: usize) -> Result<(), String> {
        self.n_nodes = self.n_nodes.saturating_add(n_nodes);
        if self.n_nodes > NODES_MAX {
            return Err(format!("more than {NODES_MAX} nodes"));
        }
        if anchor != 0 {
            let n_nodes = size(&node);
            // The copy that is kept counts too.
            self.n_nodes = self.n_nodes.saturating_add(n_nodes);
            self.anchors.insert(anchor, (node.clone(), n_nodes));
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open::List(_, elements)) => elements.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                None => *key = Some(if let Yaml::Text(text) = node { Some(text) } else { None }),
                Some(Some(name)) => entries.push((name, node)),
                Some(None) => {}
            },
        }
        Ok(())
    }
}

fn size(node: &Yaml) -> usize {
    match node {
        Yaml::Text(text) => 1 + text.len() / NODE_BYTES,
        Yaml::Null => 1,
        Yaml::List(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Yaml::Map(entries) => 1 + entries.iter().map(|(_, value)| 1 + size(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_stay_as_written() {
        let root = parse("a: 1.10\nb: '2'\nc: ~\nd: yes\n e: &x [1, 02]\nf: *x\n").unwrap_or(Yaml::Null);
        assert_eq!(root, Yaml::Null, "bad indentation is no document");
        let root = parse("a: 1.10\nb: '2'\nc: ~\nd: yes\ne: &x [1, 02]\nf: *x\n[k]: v\na: 3\n").unwrap();
        assert_eq!(
            (root.text_of("b"), root.text_of("d"), root.text_of("a")),
            (Some("2"), Some("yes"), Some("3"))
        );
        assert_eq!(root.get("c"), Some(&Yaml::Null));
        let texts: Vec<_> = root.get("f").unwrap().elements().filter_map(Yaml::text).collect();
        assert_eq!(texts, ["1", "02"]);
        assert_eq!(root.entries().count(), 7);
        assert_eq!(parse("").unwrap(), Yaml::Null);
        assert_eq!(documents("a\n---\nb\n", 5).unwrap().len(), 2);
    }

    #[test]
    fn aliases_do_not_multiply() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(","));
        }
        assert!(parse(&text).unwrap_err().contains("nodes"));
        assert!(parse(&"[".repeat(1000)).is_err());
        // Nor do the texts that they stand for.
        let long = format!("- &a '{}'\n{}", "x".repeat(1 << 20), "- *a\n".repeat(1_000));
        assert!(parse(&long).unwrap_err().contains("nodes"));
    }
}
