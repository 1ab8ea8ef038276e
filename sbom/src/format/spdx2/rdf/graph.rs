//! The nodes of an RDF/XML document (<https://www.w3.org/TR/rdf-syntax-grammar/>), and their properties.

use std::collections::HashMap;

use super::super::super::wire::xml::{Attribute, Element, parse};
use super::FORMAT;
use crate::format::DocumentError;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// The namespaces of properties and classes, and what is written for them.
const PREFIXES: &[(&str, &str)] = &[
    ("http://spdx.org/rdf/terms#", ""),
    ("http://www.w3.org/2000/01/rdf-schema#", "rdfs:"),
    ("http://usefulinc.com/ns/doap#", "doap:"),
    ("http://www.w3.org/2009/pointers#", "ptr:"),
    (RDF, "rdf:"),
];

/// Bytes of names of unknown namespaces.
const FOREIGN_BYTES_MAX: usize = 1 << 26;

/// A document.
#[derive(Debug, Default)]
pub(super) struct Graph<'t> {
    /// The document.
    text: &'t str,
    /// In the order in which they are first described.
    pub(super) nodes: Vec<Node>,
    /// Of those that have an id.
    by_id: HashMap<String, usize>,
    foreign_bytes: usize,
}

/// A node.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The resource that it describes; `_:` and a name for one that only has a name in this document.
    pub(super) id: Option<String>,
    /// Empty where it is not stated.
    pub(super) class: String,
    /// Name and value, in the order of the document.
    pub(super) properties: Vec<(String, Value)>,
    /// Where it is first described.
    pub(super) offset: usize,
    /// Where each of the properties begins.
    pub(super) offsets: Vec<usize>,
}

impl Node {
    fn add(&mut self, name: String, value: Value, offset: usize) {
        self.properties.push((name, value));
        self.offsets.push(offset);
    }
}

/// The value of a property.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// The id of a node, whether or not that is described.
    Resource(String),
    /// A node that is described there.
    Node(usize),
}

impl Graph<'_> {
    /// The node that `value` leads to.
    pub(super) fn node(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Text(_) => None,
            Value::Resource(id) => self.by_id.get(id).copied(),
            Value::Node(node) => Some(*node),
        }
    }

    /// The id of the node that `value` leads to.
    pub(super) fn id<'a>(&'a self, value: &'a Value) -> Option<&'a str> {
        match value {
            Value::Text(_) => None,
            Value::Resource(id) => Some(id),
            Value::Node(node) => self.nodes.get(*node)?.id.as_deref(),
        }
    }
}

/// The nodes of the document `text`.
pub(super) fn read(text: &str) -> Result<Graph<'_>, DocumentError> {
    let root = parse(FORMAT, text)?;
    let mut graph = Graph { text, ..Graph::default() };
    let done = if is_rdf(&root.namespace, root.name, "RDF") {
        root.children.iter().try_for_each(|child| graph.described(child).map(|_| ()))
    } else {
        graph.described(&root).map(|_| ())
    };
    done.map_err(|(element, reason)| {
        let (line, column) = element.position(text);
        let place = element.name.chars().take(200).collect();
        DocumentError::Malformed { format: FORMAT, place, line, column, reason }
    })?;
    Ok(graph)
}

fn is_rdf(namespace: &str, name: &str, wanted: &str) -> bool {
    namespace == RDF && name == wanted
}

/// An element that is not as it should be, and why.
type Refused<'e, 'a> = (&'e Element<'a>, String);

/// The value of the attribute `name` of RDF. Some writers leave out the prefix.
fn rdf<'e>(element: &'e Element<'_>, name: &str) -> Option<&'e str> {
    let is_it = |attribute: &&Attribute<'_>| {
        attribute.name == name && (&*attribute.namespace == RDF || attribute.namespace.is_empty())
    };
    element.attributes.iter().find(is_it).map(|attribute| attribute.value.as_str())
}

impl Graph<'_> {
    /// The node that `element` describes.
    fn described<'e, 'a>(&mut self, element: &'e Element<'a>) -> Result<usize, Refused<'e, 'a>> {
        let id = rdf(element, "about")
            .map(str::to_owned)
            .or_else(|| rdf(element, "ID").map(|id| format!("#{id}")))
            .or_else(|| rdf(element, "nodeID").map(|id| format!("_:{id}")));
        let node = self.enter(id, element);
        if !is_rdf(&element.namespace, element.name, "Description") {
            let class = self.name(&element.namespace, element.name).map_err(|reason| (element, reason))?;
            self.nodes[node].class = class;
        }
        self.attributes(node, element)?;
        self.properties(node, element)?;
        Ok(node)
    }

    /// The node with `id`, a new one that `element` describes where there is none.
    fn enter(&mut self, id: Option<String>, element: &Element<'_>) -> usize {
        if let Some(node) = id.as_ref().and_then(|id| self.by_id.get(id)) {
            return *node;
        }
        let node = self.nodes.len();
        if let Some(id) = &id {
            self.by_id.insert(id.clone(), node);
        }
        let offset = element.offset(self.text);
        self.nodes.push(Node { id, offset, ..Node::default() });
        node
    }

    /// Takes the attributes of `element` that are properties of `node`.
    fn attributes<'e, 'a>(&mut self, node: usize, element: &'e Element<'a>) -> Result<(), Refused<'e, 'a>> {
        for attribute in &element.attributes {
            if is_rdf(&attribute.namespace, attribute.name, "type") {
                self.nodes[node].class = class(&attribute.value);
                continue;
            }
            let is_syntax =
                ["", RDF, "http://www.w3.org/XML/1998/namespace"].contains(&&*attribute.namespace);
            if !is_syntax {
                let name = self.name(&attribute.namespace, attribute.name);
                let name = name.map_err(|reason| (element, reason))?;
                let offset = element.offset(self.text);
                self.nodes[node].add(name, Value::Text(attribute.value.clone()), offset);
            }
        }
        Ok(())
    }

    /// Takes the elements in `element`, which are properties of `node`.
    fn properties<'e, 'a>(&mut self, node: usize, element: &'e Element<'a>) -> Result<(), Refused<'e, 'a>> {
        for property in &element.children {
            let resource = rdf(property, "resource")
                .map(str::to_owned)
                .or_else(|| rdf(property, "nodeID").map(|id| format!("_:{id}")));
            if is_rdf(&property.namespace, property.name, "type") {
                if let Some(resource) = &resource {
                    self.nodes[node].class = class(resource);
                }
                continue;
            }
            let name = self.name(&property.namespace, property.name).map_err(|reason| (property, reason))?;
            let offset = property.offset(self.text);
            match (rdf(property, "parseType"), resource) {
                (Some("Resource"), _) => {
                    let value = self.enter(None, property);
                    self.nodes[node].add(name, Value::Node(value), offset);
                    self.properties(value, property)?;
                }
                (Some("Collection"), _) => self.values(node, &name, property)?,
                (Some(other), _) => {
                    return Err((property, format!("values of the type `{other}` are not read")));
                }
                (None, Some(resource)) => {
                    self.nodes[node].add(name, Value::Resource(resource), offset);
                }
                (None, None) if property.children.is_empty() => {
                    self.nodes[node].add(name, Value::Text(property.text.clone()), offset);
                }
                (None, None) => self.values(node, &name, property)?,
            }
        }
        Ok(())
    }

    /// Takes the nodes in `property` as values of the property `name` of `node`.
    fn values<'e, 'a>(
        &mut self,
        node: usize,
        name: &str,
        property: &'e Element<'a>,
    ) -> Result<(), Refused<'e, 'a>> {
        if !property.token().is_empty() {
            return Err((property, "it holds both text and elements".to_owned()));
        }
        for child in &property.children {
            let value = self.described(child)?;
            self.nodes[node].add(name.to_owned(), Value::Node(value), child.offset(self.text));
        }
        Ok(())
    }

    /// What is written for a name of `namespace`.
    fn name(&mut self, namespace: &str, name: &str) -> Result<String, String> {
        if let Some((_, prefix)) = PREFIXES.iter().find(|(known, _)| *known == namespace) {
            return Ok(format!("{prefix}{name}"));
        }
        self.foreign_bytes = self.foreign_bytes.saturating_add(namespace.len() + name.len());
        if self.foreign_bytes > FOREIGN_BYTES_MAX {
            return Err(format!("more than {FOREIGN_BYTES_MAX} bytes of names of other namespaces"));
        }
        Ok(format!("{namespace}{name}"))
    }
}

/// What is written for the class with this id.
fn class(id: &str) -> String {
    let known = PREFIXES.iter().find_map(|(namespace, prefix)| Some((prefix, id.strip_prefix(namespace)?)));
    known.map_or_else(|| id.to_owned(), |(prefix, name)| format!("{prefix}{name}"))
}
