//! The JSON of SPDX 2 from the nodes of its RDF.

use std::collections::HashMap;

use super::super::super::wire::tree::{Object, Tree};
use super::super::scalar;
use super::super::tag_value::has_hyphens;
use super::graph::{Graph, Value};
use super::shape::{self, Of, Property, RELATIONSHIP};
use super::{BEYOND, license};

/// The namespace of SPDX's own words.
const TERMS: &str = "http://spdx.org/rdf/terms#";

/// What the ids of types of external references begin with.
const REFERENCES: &[&str] = &["http://spdx.org/rdf/references/", "https://spdx.org/rdf/references/"];

/// How much longer than a document its JSON may be: nodes that many others refer to are in each of them.
const GROWTH_MAX: usize = 16;
/// Bytes that every value counts besides its own.
const VALUE_BYTES: usize = 16;
/// Levels of nodes that have no place in JSON.
const DEPTH_MAX: usize = 32;

/// The classes of nodes that are lists of the document, the lists, and what the nodes are there.
pub(super) const LISTS: [(&str, &str, &[Property]); 4] = [
    (license::EXTRACTED, "hasExtractedLicensingInfos", shape::EXTRACTED_LICENSE),
    ("Package", "packages", shape::PACKAGE),
    ("File", "files", shape::FILE),
    ("Snippet", "snippets", shape::SNIPPET),
];

/// A graph that is being read.
pub(super) struct Reading<'g> {
    pub(super) graph: &'g Graph<'g>,
    /// Bytes that may yet be written.
    budget: usize,
    /// The document's namespace.
    namespace: String,
    /// The references to other documents, by their namespaces.
    others: HashMap<String, String>,
    /// The nodes that have found a place.
    done: Vec<bool>,
    /// Whether the version spells categories with hyphens.
    has_hyphens: bool,
}

/// The document that `graph`, read from `n_bytes` bytes, describes.
pub(super) fn document(graph: &Graph<'_>, n_bytes: usize) -> Result<Object, String> {
    let mut documents = (0..graph.nodes.len()).filter(|node| graph.nodes[*node].class == "SpdxDocument");
    let root = documents.next().ok_or("it describes no document")?;
    if documents.next().is_some() {
        return Err("it describes more than one document".to_owned());
    }
    let id = graph.nodes[root].id.as_deref().unwrap_or_default();
    let (namespace, id) = id.rsplit_once('#').unwrap_or((id, ""));
    let mut reading = Reading {
        graph,
        budget: n_bytes.saturating_mul(GROWTH_MAX).saturating_add(1 << 20),
        namespace: namespace.to_owned(),
        others: others(graph, root),
        done: vec![false; graph.nodes.len()],
        has_hyphens: graph.nodes[root].properties.iter().all(|(name, value)| {
            !matches!(value, Value::Text(version) if name == "specVersion" && !has_hyphens(version.trim_ascii()))
        }),
    };
    let mut document = Object::new();
    let texts = [("SPDXID", id), ("documentNamespace", namespace)];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        document.push((name.to_owned(), Tree::Text(text.to_owned())));
    }
    document.extend(reading.object(root, shape::DOCUMENT)?);
    let mut relationships = reading.relationships(root)?;
    for (class, member, shape) in LISTS {
        let mut elements = Vec::new();
        for node in (0..graph.nodes.len()).filter(|node| graph.nodes[*node].class == class) {
            let mut element = Object::new();
            let id = graph.nodes[node].id.as_deref().filter(|_| class != license::EXTRACTED);
            if let Some(id) = id {
                element.push(("SPDXID".to_owned(), Tree::Text(reading.element_id(id)?)));
            }
            element.extend(reading.object(node, shape)?);
            if class == license::EXTRACTED && element.iter().all(|(name, _)| name != "licenseId") {
                let id = graph.nodes[node].id.as_deref().unwrap_or_default();
                element.push(("licenseId".to_owned(), Tree::Text(reading.element_id(id)?)));
            }
            elements.push(Tree::Object(element));
            relationships.extend(reading.relationships(node)?);
        }
        if !elements.is_empty() {
            document.push((member.to_owned(), Tree::List(elements)));
        }
    }
    if !relationships.is_empty() {
        document.push(("relationships".to_owned(), Tree::List(relationships)));
    }
    let nodes = reading.remains()?;
    if !nodes.is_empty() {
        let nodes = ("rdf:nodes".to_owned(), Tree::List(nodes));
        match document.iter_mut().find(|(name, _)| name == BEYOND) {
            Some((_, Tree::Object(beyond))) => beyond.push(nodes),
            _ => document.push((BEYOND.to_owned(), Tree::Object(vec![nodes]))),
        }
    }
    Ok(document)
}

/// The ids that stand for other documents, by their namespaces.
fn others(graph: &Graph<'_>, document: usize) -> HashMap<String, String> {
    let mut others = HashMap::new();
    let references =
        graph.nodes[document].properties.iter().filter(|(name, _)| name == "externalDocumentRef");
    for (_, reference) in references {
        let Some(node) = graph.node(reference) else { continue };
        let find = |wanted: &str| {
            graph.nodes[node].properties.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let namespace = find("spdxDocument").and_then(|value| match value {
            Value::Text(text) => Some(text.trim_ascii()),
            other => graph.id(other),
        });
        let about = graph.nodes[node].id.as_deref().and_then(|id| id.rsplit_once('#'));
        let id = match find("externalDocumentId") {
            Some(Value::Text(id)) => Some(id.trim_ascii()),
            _ => about.map(|(_, id)| id),
        };
        if let (Some(id), Some(namespace)) = (id, namespace) {
            others.insert(namespace.trim_end_matches('#').to_owned(), id.to_owned());
        }
    }
    others
}

impl Reading<'_> {
    /// `text`, where there is yet room for it.
    pub(super) fn text(&mut self, text: &str) -> Result<String, String> {
        self.spend(text.len())?;
        Ok(text.to_owned())
    }

    /// Notes that what is said of `node` has found a place.
    pub(super) fn said(&mut self, node: usize) {
        self.done[node] = true;
    }

    fn spend(&mut self, n_bytes: usize) -> Result<(), String> {
        let left = self.budget.checked_sub(n_bytes.saturating_add(VALUE_BYTES));
        self.budget = left.ok_or("what is described in one place and referred to in others is too much")?;
        Ok(())
    }

    /// What stands in JSON for the element with the id `id`.
    pub(super) fn element_id(&mut self, id: &str) -> Result<String, String> {
        match id.strip_prefix(TERMS) {
            Some("noassertion") => return self.text("NOASSERTION"),
            Some("none") => return self.text("NONE"),
            _ => {}
        }
        let Some((namespace, name)) = id.rsplit_once('#') else { return self.text(id) };
        if namespace == self.namespace || namespace.is_empty() {
            return self.text(name);
        }
        match self.others.get(namespace) {
            Some(other) => {
                let id = format!("{other}:{name}");
                self.text(&id)
            }
            None => self.text(id),
        }
    }

    /// The object that `node` is, by its `shape`.
    fn object(&mut self, node: usize, shape: &'static [Property]) -> Result<Object, String> {
        let graph = self.graph;
        self.done[node] = true;
        let mut members = Object::new();
        let mut beyond: Vec<(&str, Vec<Tree>)> = Vec::new();
        let mut index = HashMap::new();
        for (name, value) in &graph.nodes[node].properties {
            let property = shape.iter().find(|property| property.name == name);
            if property.is_some_and(|property| matches!(property.of, Of::Nothing)) {
                continue;
            }
            let found = match property {
                Some(property) => self.value(value, property)?.map(|value| (property, value)),
                None => None,
            };
            let place = found
                .as_ref()
                .map(|(property, _)| members.iter().position(|(member, _)| member == property.member));
            match (found, place) {
                (Some((property, value)), Some(None)) => {
                    let value = if property.is_list { Tree::List(vec![value]) } else { value };
                    members.push((property.member.to_owned(), value));
                }
                (Some((property, value)), Some(Some(at))) if property.is_list => {
                    if let Some((_, Tree::List(list))) = members.get_mut(at) {
                        list.push(value);
                    }
                }
                // What is stated twice where it should be once, and what is unknown.
                _ => {
                    let value = self.any(value, 0)?;
                    let at = *index.entry(name.as_str()).or_insert_with(|| {
                        beyond.push((name.as_str(), Vec::new()));
                        beyond.len() - 1
                    });
                    beyond[at].1.push(value);
                }
            }
        }
        if !beyond.is_empty() {
            let beyond = beyond.into_iter().map(|(name, values)| (name.to_owned(), Tree::List(values)));
            members.push((BEYOND.to_owned(), Tree::Object(beyond.collect())));
        }
        Ok(members)
    }

    /// What `value` is as a value of `property`; none where it is nothing such.
    fn value(&mut self, value: &Value, property: &Property) -> Result<Option<Tree>, String> {
        let graph = self.graph;
        let text = match (property.of, value) {
            (Of::Object(shape), _) => {
                let Some(node) = graph.node(value) else { return Ok(None) };
                self.spend(0)?;
                let mut object = self.object(node, shape)?;
                self.identify(node, property.member, &mut object)?;
                return Ok(Some(Tree::Object(object)));
            }
            (Of::License, _) => license::expression(self, value)?,
            (Of::Nothing, _) => None,
            (Of::Value, Value::Text(text)) => {
                let text = if scalar::is_free_text(property.member) { text } else { text.trim_ascii() };
                self.spend(text.len())?;
                return Ok(Some(scalar::value(property.member, text)));
            }
            (_, Value::Text(text)) => Some(self.text(text.trim_ascii())?),
            (Of::Element, _) => match graph.id(value) {
                Some(id) => Some(self.element_id(id)?),
                None => None,
            },
            (Of::Word(spelt), _) => {
                let word = graph.id(value).and_then(|id| id.strip_prefix(TERMS)?.split_once('_'));
                let word = word.map(|(_, word)| spelt(word)).map(|word| {
                    // Until 2.2 the schema of JSON has it so.
                    if word == "PACKAGE-MANAGER" && !self.has_hyphens { word.replace('-', "_") } else { word }
                });
                match word {
                    Some(word) => Some(self.text(&word)?),
                    None => None,
                }
            }
            (Of::ReferenceType, _) => match graph.id(value) {
                Some(id) => Some(
                    self.text(REFERENCES.iter().find_map(|prefix| id.strip_prefix(prefix)).unwrap_or(id))?,
                ),
                None => None,
            },
            (Of::Value, _) => match graph.id(value) {
                Some(id) if id.starts_with(TERMS) => Some(self.element_id(id)?),
                Some(id) if graph.node(value).is_none() => Some(self.text(id)?),
                _ => None,
            },
            (Of::Uri, _) => match graph.id(value) {
                Some(id) => Some(self.text(id)?),
                None => None,
            },
        };
        Ok(text.map(Tree::Text))
    }

    /// Says in `object`, a value of `member`, which resource `node` is, where more refer to it than this document.
    fn identify(&mut self, node: usize, member: &str, object: &mut Object) -> Result<(), String> {
        let graph = self.graph;
        let Some(id) = graph.nodes[node].id.as_deref().filter(|id| !id.starts_with("_:")) else {
            return Ok(());
        };
        let place = match member {
            "externalDocumentRefs" => "externalDocumentId",
            "artifactOfs" => "projectUri",
            _ => "",
        };
        let id = if place == "externalDocumentId" { self.element_id(id)? } else { self.text(id)? };
        let known =
            object.iter().find(|(name, _)| name == place).map(|(_, known)| known.as_str() == Some(&id));
        match known {
            Some(true) => {}
            None if !place.is_empty() => object.push((place.to_owned(), Tree::Text(id))),
            _ => {
                let about = ("rdf:about".to_owned(), Tree::List(vec![Tree::Text(id)]));
                match object.iter_mut().find(|(name, _)| name == BEYOND) {
                    Some((_, Tree::Object(beyond))) => beyond.push(about),
                    _ => object.push((BEYOND.to_owned(), Tree::Object(vec![about]))),
                }
            }
        }
        Ok(())
    }

    /// The relationships from `node`.
    fn relationships(&mut self, node: usize) -> Result<Vec<Tree>, String> {
        let graph = self.graph;
        let from = graph.nodes[node].id.as_deref().unwrap_or_default();
        let mut relationships = Vec::new();
        for (_, value) in graph.nodes[node].properties.iter().filter(|(name, _)| name == RELATIONSHIP) {
            let Some(relationship) = graph.node(value) else { continue };
            let mut members = vec![("spdxElementId".to_owned(), Tree::Text(self.element_id(from)?))];
            members.extend(self.object(relationship, shape::OF_RELATIONSHIP)?);
            self.identify(relationship, RELATIONSHIP, &mut members)?;
            relationships.push(Tree::Object(members));
        }
        Ok(relationships)
    }

    /// What has found no place: nodes of other classes, and what expressions do not say of licences.
    fn remains(&mut self) -> Result<Vec<Tree>, String> {
        let graph = self.graph;
        let mut nodes = Vec::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            let has_more = || node.properties.iter().any(|(name, _)| !license::SAID.contains(&name.as_str()));
            // A stub stands for an element of another document: its id is where it is referred to.
            let is_stub = node.properties.is_empty() && node.id.is_some();
            let is_said = self.done[at] && !(license::is_license(&node.class) && has_more());
            if !is_said && !is_stub {
                nodes.push(self.described(at, 0)?);
            }
        }
        Ok(nodes)
    }

    /// `value` as it is.
    fn any(&mut self, value: &Value, depth: usize) -> Result<Tree, String> {
        if depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} levels of what SPDX does not know"));
        }
        let graph = self.graph;
        let resource = |id: String| Tree::Object(vec![("resource".to_owned(), Tree::Text(id))]);
        match value {
            Value::Text(text) => self.text(text).map(Tree::Text),
            Value::Resource(id) => self.text(id).map(resource),
            Value::Node(node) => match &graph.nodes[*node].id {
                Some(id) => self.text(id).map(resource),
                None => self.described(*node, depth),
            },
        }
    }

    /// `node` with all that is said of it.
    fn described(&mut self, node: usize, depth: usize) -> Result<Tree, String> {
        let described = &self.graph.nodes[node];
        self.done[node] = true;
        let mut members = vec![("rdf:type".to_owned(), Tree::Text(self.text(&described.class)?))];
        if let Some(id) = &described.id {
            members.push(("rdf:about".to_owned(), Tree::Text(self.text(id)?)));
        }
        let mut index = HashMap::new();
        for (name, value) in &described.properties {
            let value = self.any(value, depth + 1)?;
            let at = *index.entry(name.as_str()).or_insert_with(|| {
                members.push((name.clone(), Tree::List(Vec::new())));
                members.len() - 1
            });
            if let Some((_, Tree::List(list))) = members.get_mut(at) {
                list.push(value);
            }
        }
        Ok(Tree::Object(members))
    }
}
