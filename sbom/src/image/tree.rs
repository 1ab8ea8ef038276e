//! The files of an image with all layers applied, and finding paths among them through links.

use std::collections::BTreeMap;

use super::mode::Mode;
use super::path;

/// A node's position in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

/// One file, directory or link of the tree, and the layer (from 0) that wrote it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) layer: u32,
    pub(crate) kind: NodeKind,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Directory(BTreeMap<Box<str>, NodeId>),
    File(FileNode),
    Symlink(Box<str>),
    Other,
}

/// A regular file: whose bytes it has, and what they are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileNode {
    pub(crate) content: ContentId,
    pub(crate) size: u64,
    pub(crate) mode: Mode,
}

/// Where the bytes of a file are: the layer, and the position of the entry in that layer's listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContentId {
    pub(crate) layer: u32,
    pub(crate) entry: u32,
}

/// The squashed files of an image.
///
/// Nodes that were removed stay in the vector and are reachable from nowhere.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Of the directories that a layer states.
    directory_modes: BTreeMap<NodeId, Mode>,
    links_max: usize,
}

/// Why a path leads to no node.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// `parent` is there and the first of `rest` is not in it, or is no directory while more follows.
    Missing { parent: NodeId, rest: Vec<String> },
    /// A link leads above the root.
    Escapes,
    /// More than `links_max` links, which is what a circle of links comes to.
    TooManyLinks,
}

/// A node, and the path to it without links.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) node: NodeId,
    pub(crate) path: String,
}

/// Whether a link at the end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastLink {
    Follow,
    Keep,
}

impl Tree {
    pub(crate) const ROOT: NodeId = NodeId(0);

    /// A tree of nothing but its root.
    pub(super) fn new(links_max: usize) -> Self {
        let root = Node { layer: 0, kind: NodeKind::Directory(BTreeMap::new()) };
        Self { nodes: vec![root], directory_modes: BTreeMap::new(), links_max }
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// How many nodes there are or were.
    pub(crate) fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The mode of the directory `id`; none where no layer states it.
    pub(crate) fn directory_mode(&self, id: NodeId) -> Option<Mode> {
        self.directory_modes.get(&id).copied()
    }

    pub(super) fn set_directory_mode(&mut self, id: NodeId, mode: Mode) {
        self.directory_modes.insert(id, mode);
    }

    /// What the directory `id` holds; nothing, if it is no directory.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
        let children = match &self.node(id).kind {
            NodeKind::Directory(children) => Some(children),
            NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => None,
        };
        children.into_iter().flatten().map(|(name, id)| (&**name, *id))
    }

    pub(crate) fn child(&self, id: NodeId, name: &str) -> Option<NodeId> {
        match &self.node(id).kind {
            NodeKind::Directory(children) => children.get(name).copied(),
            NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => None,
        }
    }

    /// Puts a node called `name` into the directory `parent`, in place of what was there.
    pub(super) fn insert(&mut self, parent: NodeId, name: &str, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("entries_max is far below 2^32"));
        self.nodes.push(node);
        if let NodeKind::Directory(children) = &mut self.node_mut(parent).kind {
            children.insert(name.into(), id);
        }
        id
    }

    pub(super) fn remove(&mut self, parent: NodeId, name: &str) {
        if let NodeKind::Directory(children) = &mut self.node_mut(parent).kind {
            children.remove(name);
        }
    }

    /// The node at `path`, links to directories followed, and a link at its end as `last` says.
    ///
    /// Links are followed as the kernel does inside a container: an absolute target starts at the image's root.
    pub(crate) fn find(&self, path: &str, last: LastLink) -> Result<Resolved, NotFound> {
        // The nodes and names from the root to where the walk stands, and the components still to go.
        let mut trail = vec![(Self::ROOT, String::new())];
        let mut ahead: Vec<String> = Vec::new();
        push_components(&mut ahead, path);
        let mut links_left = self.links_max;
        while let Some(name) = ahead.pop() {
            let (parent, _) = *trail.last().expect("the root is never left");
            if name == ".." {
                if trail.len() == 1 {
                    return Err(NotFound::Escapes);
                }
                trail.pop();
                continue;
            }
            let Some(child) = self.child(parent, &name) else {
                ahead.push(name);
                ahead.reverse();
                return Err(NotFound::Missing { parent, rest: ahead });
            };
            match &self.node(child).kind {
                NodeKind::Directory(_) => trail.push((child, name)),
                NodeKind::Symlink(target) if !ahead.is_empty() || last == LastLink::Follow => {
                    links_left = links_left.checked_sub(1).ok_or(NotFound::TooManyLinks)?;
                    if target.starts_with('/') {
                        trail.truncate(1);
                    }
                    push_components(&mut ahead, target);
                }
                NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other if ahead.is_empty() => {
                    trail.push((child, name));
                }
                NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => {
                    ahead.push(name);
                    ahead.reverse();
                    return Err(NotFound::Missing { parent, rest: ahead });
                }
            }
        }
        let (node, _) = *trail.last().expect("the root is never left");
        let names: Vec<&str> = trail[1..].iter().map(|(_, name)| name.as_str()).collect();
        Ok(Resolved { node, path: names.join("/") })
    }

    /// Visits every node but the root, directories before what they hold, in the order of names.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&str, NodeId)) {
        // Not by recursion: a path may have thousands of components.
        let mut waiting = vec![(String::new(), Self::ROOT)];
        while let Some((directory, id)) = waiting.pop() {
            if id != Self::ROOT {
                visit(&directory, id);
            }
            let children: Vec<(String, NodeId)> =
                self.children(id).map(|(name, child)| (path::join(&directory, name), child)).collect();
            waiting.extend(children.into_iter().rev());
        }
    }
}

/// Pushes the components of `path` so that the first comes off first.
fn push_components(ahead: &mut Vec<String>, path: &str) {
    ahead.extend(
        path.rsplit('/').filter(|component| !component.is_empty() && *component != ".").map(str::to_owned),
    );
}
