//! The lines on which the members stand that properties become.

use std::collections::HashMap;

use super::graph::{self, Graph, Node};
use super::object::LISTS;
use super::shape::{self, Of, Property, RELATIONSHIP};

/// Calls `take` with the path and the line of every object, and of every member that has a property of its own.
pub(in crate::format) fn lines(text: &str, take: &mut dyn FnMut(&str, usize)) {
    // What cannot be read was refused before.
    let Ok(graph) = graph::read(text) else { return };
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let mut places = Places { graph: &graph, ends, take, n_relationships: 0 };
    if let Some(document) = graph.nodes.iter().find(|node| node.class == "SpdxDocument") {
        places.object(document, "", shape::DOCUMENT);
        places.relationships(document);
    }
    for (class, list, shape) in LISTS {
        for (index, node) in graph.nodes.iter().filter(|node| node.class == class).enumerate() {
            places.object(node, &format!("{list}[{index}]"), shape);
            places.relationships(node);
        }
    }
}

struct Places<'g> {
    graph: &'g Graph<'g>,
    /// Where lines end.
    ends: Vec<usize>,
    take: &'g mut dyn FnMut(&str, usize),
    n_relationships: usize,
}

impl Places<'_> {
    fn note(&mut self, path: &str, offset: usize) {
        (self.take)(path, self.ends.partition_point(|end| *end < offset) + 1);
    }

    // Not deeper than shapes.
    fn object(&mut self, node: &Node, path: &str, shape: &'static [Property]) {
        self.note(path, node.offset);
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for ((name, value), offset) in node.properties.iter().zip(&node.offsets) {
            let Some(property) = shape.iter().find(|property| property.name == name) else { continue };
            let count = counts.entry(property.member).or_default();
            let mut path = match path {
                "" => property.member.to_owned(),
                path => format!("{path}.{}", property.member),
            };
            if property.is_list {
                path.push_str(&format!("[{count}]"));
            } else if *count > 0 {
                continue;
            }
            *count += 1;
            self.note(&path, *offset);
            if let (Of::Object(shape), Some(node)) = (property.of, self.graph.node(value)) {
                self.object(&self.graph.nodes[node], &path, shape);
            }
        }
    }

    fn relationships(&mut self, node: &Node) {
        for (_, value) in node.properties.iter().filter(|(name, _)| name == RELATIONSHIP) {
            if let Some(relationship) = self.graph.node(value) {
                let path = format!("relationships[{}]", self.n_relationships);
                self.n_relationships += 1;
                self.object(&self.graph.nodes[relationship], &path, shape::OF_RELATIONSHIP);
            }
        }
    }
}
