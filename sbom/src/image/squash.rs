//! Layers applied to each other: whiteouts, opaque directories, replacement, hard links (image-spec, layer.md).
//!
//! Where the specification leaves a choice this does what containerd does when it unpacks: the directory of an entry
//! is looked for through links of the layers below, an entry that is no directory replaces what has its name, and a
//! whiteout hides only what lower layers brought, wherever in its layer it stands.

use std::collections::BTreeMap;

use model::gap::{Gap, GapKind};

use super::listing::{Listed, ListedKind, Listing};
use super::path;
use super::tree::{ContentId, FileNode, LastLink, Node, NodeId, NodeKind, NotFound, Resolved, Tree};

/// Prefix of the name of a file that hides another.
const WHITEOUT: &str = ".wh.";
/// Name of the file that hides all that lower layers have in its directory.
const OPAQUE: &str = ".wh..wh..opq";
/// Prefix of names that aufs kept for itself.
const WHITEOUT_META: &str = ".wh..wh.";

/// Whether the file at `path` is a mark for squashing rather than a file of the image.
pub(crate) fn is_whiteout(path: &str) -> bool {
    path::split(path).1.starts_with(WHITEOUT)
}

/// Layers being applied, lowest first.
pub(crate) struct Squash {
    tree: Tree,
    n_layers: u32,
    gaps: Vec<Gap>,
    /// The directory of the entry before, which is usually that of the next one.
    last_directory: Option<(String, NodeId)>,
}

impl Squash {
    /// No layers yet.
    pub(crate) fn new(links_max: usize) -> Self {
        Self { tree: Tree::new(links_max), n_layers: 0, gaps: Vec::new(), last_directory: None }
    }

    /// Applies the next layer.
    pub(crate) fn apply(&mut self, listing: &Listing) {
        let layer = self.n_layers;
        self.n_layers += 1;
        for (entry, listed) in (0..).zip(listing.iter()) {
            self.apply_entry(ContentId { layer, entry }, listed);
        }
        self.last_directory = None;
    }

    /// The files that remain, and what could not be applied.
    pub(crate) fn finish(self) -> (Tree, Vec<Gap>) {
        (self.tree, self.gaps)
    }

    fn apply_entry(&mut self, id: ContentId, listed: Listed<'_>) {
        let (directory, name) = path::split(listed.path);
        if name == OPAQUE {
            if let Some(directory) = self.existing_directory(directory) {
                self.hide_children(directory, id.layer);
            }
        } else if name.starts_with(WHITEOUT_META) || directory.split('/').any(is_aufs_meta) {
            // Book-keeping of aufs; no runtime shows it.
        } else if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            self.hide(directory, hidden, id.layer);
        } else if !name.is_empty() {
            match self.directory(directory, id.layer) {
                Ok(parent) => self.put(parent, name, id, listed),
                Err(error) => self.gap(listed.path, &error),
            }
        }
    }

    fn put(&mut self, parent: NodeId, name: &str, id: ContentId, listed: Listed<'_>) {
        let layer = id.layer;
        let kind = match listed.kind {
            ListedKind::File { size, mode } => NodeKind::File(FileNode { content: id, size, mode }),
            ListedKind::HardLink { target } => match self.link_target(target) {
                Ok(kind) => kind,
                Err(reason) => {
                    let detail = format!("a hard link to `{target}`, {reason}");
                    self.gaps.push(Gap::new(GapKind::UNREADABLE_FILE, listed.path, detail));
                    NodeKind::Other
                }
            },
            ListedKind::Symlink { target } => NodeKind::Symlink(target.into()),
            ListedKind::Directory { mode } => {
                if let Some(existing) = self.tree.child(parent, name)
                    && let NodeKind::Directory(_) = self.tree.node(existing).kind
                {
                    self.tree.node_mut(existing).layer = layer;
                    self.tree.set_directory_mode(existing, mode);
                    return;
                }
                NodeKind::Directory(BTreeMap::new())
            }
            ListedKind::Other => NodeKind::Other,
        };
        // What stood here may be the directory that is remembered, or a link on the way to it.
        if self.tree.child(parent, name).is_some() {
            self.last_directory = None;
        }
        let id = self.tree.insert(parent, name, Node { layer, kind });
        if let ListedKind::Directory { mode } = listed.kind {
            self.tree.set_directory_mode(id, mode);
        }
    }

    /// What a hard link to `target` is another name of.
    fn link_target(&self, target: &str) -> Result<NodeKind, &'static str> {
        match self.tree.find(target, LastLink::Keep) {
            Ok(Resolved { node, .. }) => match &self.tree.node(node).kind {
                NodeKind::File(file) => Ok(NodeKind::File(*file)),
                NodeKind::Symlink(target) => Ok(NodeKind::Symlink(target.clone())),
                NodeKind::Other => Ok(NodeKind::Other),
                NodeKind::Directory(_) => Err("which is a directory"),
            },
            Err(_) => Err("which is not there"),
        }
    }

    fn existing_directory(&self, path: &str) -> Option<NodeId> {
        self.tree.find(path, LastLink::Follow).ok().map(|found| found.node)
    }

    /// The directory at `path`, made if it is not there.
    fn directory(&mut self, path: &str, layer: u32) -> Result<NodeId, NotFound> {
        if let Some((known, id)) = &self.last_directory
            && known == path
        {
            return Ok(*id);
        }
        let id = match self.tree.find(path, LastLink::Follow) {
            Ok(Resolved { node, path: real }) => match &self.tree.node(node).kind {
                NodeKind::Directory(_) => node,
                NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => {
                    let (directory, name) = path::split(&real);
                    let parent = self.directory(directory, layer)?;
                    self.make_directories(parent, vec![name.to_owned()], layer)
                }
            },
            Err(NotFound::Missing { parent, rest }) => self.make_directories(parent, rest, layer),
            Err(error) => return Err(error),
        };
        self.last_directory = Some((path.to_owned(), id));
        Ok(id)
    }

    fn make_directories(&mut self, parent: NodeId, rest: Vec<String>, layer: u32) -> NodeId {
        let mut made = vec![parent];
        for name in rest {
            if name == ".." {
                // Only a link to a place that is not there yet leads here; it never climbs above `parent`.
                if made.len() > 1 {
                    made.pop();
                }
                continue;
            }
            let directory = *made.last().expect("the parent stays");
            let existing = self
                .tree
                .child(directory, &name)
                .filter(|id| matches!(self.tree.node(*id).kind, NodeKind::Directory(_)));
            let node = Node { layer, kind: NodeKind::Directory(BTreeMap::new()) };
            made.push(existing.unwrap_or_else(|| self.tree.insert(directory, &name, node)));
        }
        *made.last().expect("the parent stays")
    }

    /// Removes what lower layers have at `directory/name`.
    fn hide(&mut self, directory: &str, name: &str, layer: u32) {
        if matches!(name, "" | "." | "..") {
            let place = path::join(directory, &format!("{WHITEOUT}{name}"));
            let gap = Gap::new(GapKind::PATH_ESCAPES, place, "a whiteout of the directory it lies in");
            self.gaps.push(gap);
            return;
        }
        let Some(parent) = self.existing_directory(directory) else { return };
        let Some(hidden) = self.tree.child(parent, name) else { return };
        self.hide_children(hidden, layer);
        if self.tree.node(hidden).layer < layer && self.tree.children(hidden).next().is_none() {
            self.tree.remove(parent, name);
        }
        self.last_directory = None;
    }

    /// Removes all that lower layers have below `directory`.
    fn hide_children(&mut self, directory: NodeId, layer: u32) {
        self.last_directory = None;
        let mut below: Vec<(NodeId, Box<str>, NodeId)> = Vec::new();
        let mut waiting = vec![directory];
        while let Some(parent) = waiting.pop() {
            for (name, child) in self.tree.children(parent) {
                below.push((parent, name.into(), child));
                waiting.push(child);
            }
        }
        // A directory comes before what it holds, so backwards the empty ones can go.
        for (parent, name, child) in below.into_iter().rev() {
            if self.tree.node(child).layer < layer && self.tree.children(child).next().is_none() {
                self.tree.remove(parent, &name);
            }
        }
    }

    fn gap(&mut self, place: &str, error: &NotFound) {
        let (kind, detail) = match error {
            NotFound::Escapes => (GapKind::PATH_ESCAPES, "a link on the way leads out of the image"),
            NotFound::TooManyLinks => (GapKind::LIMIT_EXCEEDED, "more than links_max links on the way"),
            NotFound::Missing { .. } => (GapKind::UNREADABLE_FILE, "its directory cannot be made"),
        };
        self.gaps.push(Gap::new(kind, place, detail));
    }
}

fn is_aufs_meta(component: &str) -> bool {
    component.starts_with(WHITEOUT_META)
}
