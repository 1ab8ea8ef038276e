//! Packages that Conan locked: `conan.lock` of Conan 1 (a graph) and 2 (lists), also under other names.

use std::collections::{BTreeMap, BTreeSet};

use model::package::{Dependencies, DependencyScope};
use serde::Deserialize;

use super::conan::reference;
use super::facts::PackageFact;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "conan-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Lock {
    graph_lock: Option<Graph>,
    requires: Option<Vec<String>>,
    #[serde(default)]
    build_requires: Vec<String>,
    #[serde(default)]
    python_requires: Vec<String>,
    #[serde(default)]
    config_requires: Vec<String>,
}

#[derive(Deserialize)]
struct Graph {
    nodes: BTreeMap<String, Node>,
}

/// Conan 1.0 to 1.16 called the reference `pref`.
#[derive(Deserialize)]
struct Node {
    #[serde(alias = "pref", rename = "ref")]
    reference: Option<String>,
    /// The recipe on the disk: the project itself.
    path: Option<String>,
    context: Option<String>,
    #[serde(default)]
    requires: Requires,
    #[serde(default)]
    build_requires: Requires,
}

/// Numbers of nodes, or references with them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Requires {
    Nodes(Vec<String>),
    References(BTreeMap<String, Option<String>>),
}

impl Default for Requires {
    fn default() -> Self {
        Self::Nodes(Vec::new())
    }
}

impl Requires {
    fn nodes(&self) -> Vec<&str> {
        match self {
            Self::Nodes(nodes) => nodes.iter().map(String::as_str).collect(),
            Self::References(references) => references.values().flatten().map(String::as_str).collect(),
        }
    }
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // Many tools call their files so; whether one is Conan's shows inside.
    let is_conan = file.path.rsplit('/').next() == Some("conan.lock");
    let Some(text) = file.text(facts) else { return };
    let looks_alike = text.trim_start().starts_with('{')
        && (text.contains("\"graph_lock\"") || text.contains("\"build_requires\""));
    if !is_conan && !looks_alike {
        return;
    }
    let lock: Lock = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) if is_conan => return facts.push(Fact::Gap(file.unreadable(&error))),
        Err(_) => return,
    };
    match (&lock.graph_lock, &lock.requires) {
        (Some(graph), _) => read_graph(graph, file, facts),
        (None, Some(requires)) => {
            let tools = [&lock.build_requires, &lock.python_requires, &lock.config_requires];
            let tools = tools.into_iter().flatten().map(|text| (text, DependencyScope::Development));
            let all = requires.iter().map(|text| (text, DependencyScope::Runtime)).chain(tools);
            for (text, scope) in all {
                match reference(text) {
                    Some(mut package) => {
                        package.scope = scope;
                        facts.package(package);
                    }
                    None => unreadable(text, file, facts),
                }
            }
        }
        (None, None) if is_conan => {
            facts.push(Fact::Gap(file.unreadable(&"it holds neither a graph nor a list of requirements")));
        }
        (None, None) => {}
    }
}

fn unreadable(text: &str, file: &File<'_>, facts: &mut Facts) {
    facts.push(Fact::Gap(file.unreadable_record(&format!("`{text}` names no package and version"))));
}

fn read_graph(graph: &Graph, file: &File<'_>, facts: &mut Facts) {
    let runtime = runtime(graph);
    let (mut listed, mut positions) = (Vec::new(), BTreeMap::new());
    for (number, node) in &graph.nodes {
        let Some(text) = node.reference.as_deref().filter(|_| node.path.is_none()) else { continue };
        let Some(mut package) = reference(text) else {
            unreadable(text, file, facts);
            continue;
        };
        if node.context.as_deref() == Some("build") || !runtime.contains(number.as_str()) {
            package.scope = DependencyScope::Development;
        }
        positions.insert(number.as_str(), u32::try_from(listed.len()).unwrap_or(u32::MAX));
        listed.push((PackageFact::new(package), node));
    }
    for (mut fact, node) in listed {
        let needed = node.requires.nodes();
        fact.package.depends_on = Dependencies::none_if(needed.is_empty());
        fact.depends_on.extend(needed.into_iter().filter_map(|number| positions.get(number)));
        facts.push(Fact::Package(fact));
    }
}

/// The nodes that something needs at run time, or that nothing needs.
fn runtime(graph: &Graph) -> BTreeSet<&str> {
    let tools: BTreeSet<&str> = graph.nodes.values().flat_map(|node| node.build_requires.nodes()).collect();
    let needed: BTreeSet<&str> = graph.nodes.values().flat_map(|node| node.requires.nodes()).collect();
    let is_root = |number: &&str| !tools.contains(number) && !needed.contains(number);
    let mut open: Vec<&str> = graph.nodes.keys().map(String::as_str).filter(is_root).collect();
    let mut runtime: BTreeSet<&str> = open.iter().copied().collect();
    while let Some(number) = open.pop() {
        let requires = graph.nodes.get(number).map(|node| node.requires.nodes()).unwrap_or_default();
        open.extend(requires.into_iter().filter(|number| runtime.insert(number)));
    }
    runtime
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
