//! Layers applied to each other: whiteouts, opaque directories, replacement, hard links (image-spec, layer.md).
//!
//! Where the specification leaves a choice this does what containerd does when it unpacks: the directory of an entry
//! is looked for through links of the layers below, an entry that is no directory replaces what has its name, and a
//! whiteout hides only what lower layers brought, wherever in its layer it stands.

use std::io;

use model::gap::{Gap, GapKind};
use model::limits::Limits;

use super::error::LimitPassed;
use super::listing::{Listed, ListedKind, Listing, TextBudget};
use super::path;
use super::tree::{ContentId, FileNode, LastLink, NodeId, NodeKind, NotFound, Tree};

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
    last_directory: Option<Directory>,
    /// Components of paths that were looked up. Links make it possible to ask for millions with one short entry.
    n_lookups: u64,
    lookups_max: u64,
}

/// The directory of the entry before, which is usually that of the next one or not far from it.
struct Directory {
    path: String,
    id: NodeId,
    /// Whether `path` is the path of the directory, no link followed.
    is_real: bool,
}

/// Why an entry cannot be applied.
enum PutError {
    NotFound(NotFound),
    /// The image is larger than may be; nothing more can be applied.
    Limit(io::Error),
}

impl From<NotFound> for PutError {
    fn from(error: NotFound) -> Self {
        Self::NotFound(error)
    }
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        Self::Limit(error)
    }
}

impl Squash {
    /// No layers yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            tree: Tree::new(limits.links_max),
            n_layers: 0,
            last_directory: None,
            n_lookups: 0,
            lookups_max: limits.lookups_max,
        }
    }

    /// Applies the next layer. What cannot be applied of it goes to `gaps`.
    ///
    /// # Errors
    /// [`LimitPassed`] when the tree takes more than is left of `budget`, or links lead further than `lookups_max`.
    pub(crate) fn apply(
        &mut self,
        listing: &Listing,
        budget: &TextBudget,
        gaps: &mut dyn FnMut(Gap),
    ) -> io::Result<()> {
        let layer = self.n_layers;
        self.n_layers += 1;
        let mut entries = listing.iter();
        let mut entry = 0;
        while let Some(listed) = entries.next() {
            match self.apply_entry(ContentId { layer, entry }, listed, budget, gaps) {
                Ok(()) => {}
                Err(PutError::NotFound(error)) => gaps(gap(listed.path, &error)),
                Err(PutError::Limit(error)) => return Err(error),
            }
            if self.n_lookups > self.lookups_max {
                return Err(LimitPassed::error("lookups_max", self.lookups_max));
            }
            entry += 1;
        }
        self.last_directory = None;
        Ok(())
    }

    /// The files that are there so far.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The files that remain.
    pub(crate) fn finish(self) -> Tree {
        self.tree
    }

    fn apply_entry(
        &mut self,
        id: ContentId,
        listed: Listed<'_>,
        budget: &TextBudget,
        gaps: &mut dyn FnMut(Gap),
    ) -> Result<(), PutError> {
        let (directory, name) = path::split(listed.path);
        if name == OPAQUE {
            if let Some(directory) = self.existing_directory(directory) {
                self.hide_children(directory, id.layer);
            }
        } else if name.starts_with(WHITEOUT_META) || directory.split('/').any(is_aufs_meta) {
            // Book-keeping of aufs; no runtime shows it.
        } else if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            if matches!(hidden, "" | "." | "..") {
                let detail = "a whiteout of the directory it lies in";
                gaps(Gap::new(GapKind::PATH_ESCAPES, listed.path, detail));
            } else {
                self.hide(directory, hidden, id.layer);
            }
        } else if !name.is_empty() {
            let (parent, is_real) = self.directory(directory, id.layer, budget)?;
            self.put(Position { parent, name, is_real }, id, listed, budget, gaps)?;
        } else if let ListedKind::Directory { mode } = listed.kind {
            self.tree.rewrite_directory(Tree::ROOT, id.layer, mode);
        }
        Ok(())
    }

    fn put(
        &mut self,
        Position { parent, name, is_real }: Position<'_>,
        id: ContentId,
        listed: Listed<'_>,
        budget: &TextBudget,
        gaps: &mut dyn FnMut(Gap),
    ) -> Result<(), PutError> {
        let layer = id.layer;
        let existing = self.tree.child(parent, name);
        let mut linked = String::new();
        let kind = match listed.kind {
            ListedKind::File { size, mode } => {
                NodeKind::File(FileNode { content: id, size, mode, is_as_written: is_real })
            }
            ListedKind::HardLink { target } => match self.link_target(target, existing, &mut linked) {
                Ok(kind) => kind,
                Err(reason) => {
                    let detail = format!("a hard link to `{target}`, {reason}");
                    gaps(Gap::new(GapKind::UNREADABLE_FILE, listed.path, detail));
                    NodeKind::Other
                }
            },
            ListedKind::Symlink { target } => NodeKind::Symlink(target),
            ListedKind::Directory { mode } => {
                if let Some(existing) = existing
                    && let NodeKind::Directory(_) = self.tree.node(existing).kind
                {
                    self.tree.rewrite_directory(existing, layer, mode);
                    return Ok(());
                }
                NodeKind::Directory(Some(mode))
            }
            ListedKind::Other => NodeKind::Other,
        };
        // What stood here may be the directory that is remembered, or a link on the way to it.
        let stood = existing.map(|existing| self.tree.node(existing).kind);
        if let Some(NodeKind::Directory(_) | NodeKind::Symlink(_)) = stood {
            self.last_directory = None;
        }
        self.insert(parent, name, layer, kind, budget)?;
        Ok(())
    }

    fn insert(
        &mut self,
        parent: NodeId,
        name: &str,
        layer: u32,
        kind: NodeKind<'_>,
        budget: &TextBudget,
    ) -> io::Result<NodeId> {
        let target_bytes = if let NodeKind::Symlink(target) = kind { target.len() } else { 0 };
        budget.take(Tree::NODE_BYTES + name.len() + target_bytes)?;
        Ok(self.tree.insert(parent, name, layer, kind))
    }

    /// What a hard link to `target` in place of the node `existing` is another name of. `linked` lends its memory to
    /// the target of a link that gets a second name.
    fn link_target<'l>(
        &mut self,
        target: &str,
        existing: Option<NodeId>,
        linked: &'l mut String,
    ) -> Result<NodeKind<'l>, &'static str> {
        match self.tree.find_from(Tree::ROOT, target, LastLink::Keep, &mut self.n_lookups) {
            Ok(node) => match self.tree.node(node).kind {
                NodeKind::File(file) => {
                    let is_as_written = file.is_as_written && existing == Some(node);
                    Ok(NodeKind::File(FileNode { is_as_written, ..file }))
                }
                NodeKind::Symlink(target) => {
                    linked.push_str(target);
                    Ok(NodeKind::Symlink(linked))
                }
                NodeKind::Other => Ok(NodeKind::Other),
                NodeKind::Directory(_) => Err("which is a directory"),
            },
            Err(_) => Err("which is not there"),
        }
    }

    fn existing_directory(&mut self, path: &str) -> Option<NodeId> {
        let (start, rest) = self.near(path);
        let id = self.tree.find_from(start, rest, LastLink::Follow, &mut self.n_lookups).ok()?;
        if let NodeKind::Directory(_) = self.tree.node(id).kind {
            self.remember(path, id);
        }
        Some(id)
    }

    /// The directory at `path`, made if it is not there, and whether that is its path when no link is followed.
    fn directory(&mut self, path: &str, layer: u32, budget: &TextBudget) -> Result<(NodeId, bool), PutError> {
        if let Some(last) = &self.last_directory
            && last.path == path
        {
            return Ok((last.id, last.is_real));
        }
        let (start, rest) = self.near(path);
        let id = match self.tree.find_from(start, rest, LastLink::Follow, &mut self.n_lookups) {
            Ok(node) => match self.tree.node(node).kind {
                NodeKind::Directory(_) => node,
                NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => {
                    let parent = self.tree.parent(node);
                    let name = path::split(&self.tree.path(node)).1.to_owned();
                    self.make_directories(parent, vec![name], layer, budget)?
                }
            },
            Err(NotFound::Missing { parent, rest }) => self.make_directories(parent, rest, layer, budget)?,
            Err(error) => return Err(error.into()),
        };
        Ok((id, self.remember(path, id)))
    }

    /// Remembers that the directory `id` was found at `path`; the result is whether it lies there without links.
    fn remember(&mut self, path: &str, id: NodeId) -> bool {
        let is_real = self.tree.lies_at(id, path);
        self.last_directory = Some(Directory { path: path.to_owned(), id, is_real });
        is_real
    }

    /// A directory on the way to `path`, and the rest of the way: where `path` parts from that of the directory before.
    /// So a path costs no more than what its entry adds, however deep it is.
    fn near<'p>(&self, path: &'p str) -> (NodeId, &'p str) {
        let Some(last) = self.last_directory.as_ref().filter(|last| last.is_real) else {
            return (Tree::ROOT, path);
        };
        let n_shared = path::shared_components(&last.path, path);
        let n_up = last.path[n_shared..].split('/').filter(|component| !component.is_empty()).count();
        let id = (0..n_up).fold(last.id, |id, _| self.tree.parent(id));
        (id, &path[n_shared..])
    }

    fn make_directories(
        &mut self,
        parent: NodeId,
        rest: Vec<String>,
        layer: u32,
        budget: &TextBudget,
    ) -> io::Result<NodeId> {
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
            let id = match existing {
                Some(existing) => existing,
                None => self.insert(directory, &name, layer, NodeKind::Directory(None), budget)?,
            };
            made.push(id);
        }
        Ok(*made.last().expect("the parent stays"))
    }

    /// Removes what lower layers have at `directory/name`.
    fn hide(&mut self, directory: &str, name: &str, layer: u32) {
        let Some(parent) = self.existing_directory(directory) else { return };
        let Some(hidden) = self.tree.child(parent, name) else { return };
        self.hide_children(hidden, layer);
        if self.tree.node(hidden).layer < layer && self.tree.children(hidden).next().is_none() {
            self.forget_directory(hidden);
            self.tree.remove(parent, name);
        }
    }

    /// Removes all that lower layers have below `directory`. Doing so twice in a layer would change nothing, and a
    /// layer of whiteouts would walk the tree for each of them.
    fn hide_children(&mut self, directory: NodeId, layer: u32) {
        let mut below: Vec<NodeId> = Vec::new();
        let mut waiting = vec![directory];
        while let Some(parent) = waiting.pop() {
            if self.tree.begin_clearing(parent, layer) {
                let start = below.len();
                below.extend(self.tree.children(parent).map(|(_, child)| child));
                waiting.extend_from_slice(&below[start..]);
            }
        }
        // A directory comes before what it holds, so backwards the empty ones can go.
        for child in below.into_iter().rev() {
            if self.tree.node(child).layer < layer && self.tree.children(child).next().is_none() {
                self.forget_directory(child);
                self.tree.remove_node(child);
            }
        }
    }

    /// Forgets the directory of the entry before when the node `removed` may be it or lead to it.
    fn forget_directory(&mut self, removed: NodeId) {
        if let NodeKind::Directory(_) | NodeKind::Symlink(_) = self.tree.node(removed).kind {
            self.last_directory = None;
        }
    }
}

/// Where an entry goes.
struct Position<'a> {
    parent: NodeId,
    name: &'a str,
    /// Whether the entry is written at that very path, rather than at one that leads there through links.
    is_real: bool,
}

fn gap(place: &str, error: &NotFound) -> Gap {
    let (kind, detail) = match error {
        NotFound::Escapes => (GapKind::PATH_ESCAPES, "a link on the way leads out of the image"),
        NotFound::TooManyLinks => (GapKind::LIMIT_EXCEEDED, "more than links_max links on the way"),
        NotFound::Missing { .. } => (GapKind::UNREADABLE_FILE, "its directory cannot be made"),
    };
    Gap::new(kind, place, detail)
}

fn is_aufs_meta(component: &str) -> bool {
    component.starts_with(WHITEOUT_META)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::mode::Mode;

    fn file(mode: u32) -> ListedKind<'static> {
        ListedKind::File { size: 1, mode: Mode::new(mode) }
    }

    fn directory(mode: u32) -> ListedKind<'static> {
        ListedKind::Directory { mode: Mode::new(mode) }
    }

    fn squashed(layers: &[&[(&str, ListedKind<'_>)]], limits: &Limits) -> io::Result<Tree> {
        let budget = TextBudget::new(limits.tree_bytes_max);
        let mut squash = Squash::new(limits);
        for layer in layers {
            let mut listing = Listing::default();
            for &(path, kind) in *layer {
                listing.push(Listed { path, kind }, &budget)?;
            }
            squash.apply(&listing, &budget, &mut |_| {})?;
        }
        Ok(squash.finish())
    }

    /// The node at `path`, no link followed at its end.
    #[track_caller]
    fn at(tree: &Tree, path: &str) -> NodeId {
        tree.find(path, LastLink::Keep).unwrap().node
    }

    #[test]
    fn a_node_knows_the_file_that_it_was_written_over() {
        let layers: [&[_]; 5] = [
            &[("a/f", file(0o644)), ("b/f", file(0o644)), ("c/f", file(0o644)), ("d/x/f", file(0o644))],
            &[
                ("a/f", file(0o644)),
                ("b/.wh.f", file(0)),
                ("c", file(0o644)),
                ("l", ListedKind::Symlink { target: "a" }),
            ],
            &[("l/f", file(0o600)), ("b/f", file(0o644)), ("d/.wh..wh..opq", file(0))],
            &[("d/x/f", file(0o644)), ("a/f", ListedKind::Symlink { target: "g" })],
            &[("a/f", file(0o644))],
        ];
        let tree = squashed(&layers[..3], &Limits::default()).unwrap();
        let mut layers_of = Vec::new();
        let mut next = Some(at(&tree, "a/f"));
        while let Some(id) = next {
            layers_of.push(tree.node(id).layer);
            next = tree.previous(id);
        }
        assert_eq!(layers_of, [2, 1, 0], "and through links");
        assert_eq!(tree.previous(at(&tree, "b/f")), None, "a whiteout came between");
        assert_eq!(tree.previous(at(&tree, "c")), None, "a directory is no file");
        let tree = squashed(&layers, &Limits::default()).unwrap();
        assert_eq!(tree.previous(at(&tree, "d/x/f")), None, "an opaque directory hid it");
        assert_eq!(tree.previous(at(&tree, "a/f")), None, "a link is no file");
    }

    #[test]
    fn a_directory_has_the_mode_that_was_written_last() {
        let tree = squashed(
            &[
                &[
                    ("", directory(0o700)),
                    ("a", directory(0o1777)),
                    ("b/c", directory(0o755)),
                    ("f", file(0o644)),
                ],
                &[("a/x", file(0o644)), ("b/c", directory(0o2755))],
            ],
            &Limits::default(),
        )
        .unwrap();
        for (path, mode) in
            [("", Some(0o700)), ("a", Some(0o1777)), ("b", None), ("b/c", Some(0o2755)), ("f", None)]
        {
            let found = tree.directory_mode(at(&tree, path));
            assert_eq!(found.map(|mode| u32::from(mode.bits())), mode, "{path}");
        }
    }

    #[test]
    fn a_file_is_as_written_only_under_its_very_path() {
        let tree = squashed(
            &[&[
                ("a/f", file(0o644)),
                ("a/g", ListedKind::HardLink { target: "a/f" }),
                ("l", ListedKind::Symlink { target: "a" }),
                ("l/h", file(0o644)),
                ("a/f", ListedKind::HardLink { target: "a/f" }),
            ]],
            &Limits::default(),
        )
        .unwrap();
        for (path, expected) in [("a/f", true), ("a/g", false), ("a/h", false)] {
            let NodeKind::File(file) = tree.node(at(&tree, path)).kind else { panic!("{path}") };
            assert_eq!(file.is_as_written, expected, "{path}");
        }
    }

    #[test]
    fn work_is_bounded_whatever_the_entries() {
        let limit = |result: io::Result<Tree>| {
            let error = result.err().map(|error| error.downcast::<LimitPassed>().unwrap());
            error.map(|error| error.limit)
        };
        let limits = Limits { lookups_max: 100_000, ..Limits::default() };
        // A deep path costs what differs from the one before, also for whiteouts.
        let deep = "d/".repeat(5_000);
        let files: Vec<String> = (0..1_000).map(|n| format!("{deep}f{n}")).collect();
        let whiteouts: Vec<String> = (0..1_000).map(|n| format!("{deep}.wh.f{n}")).collect();
        let entries = |paths: &[String]| -> Vec<(String, ListedKind<'static>)> {
            paths.iter().map(|path| (path.clone(), file(0o644))).collect()
        };
        let of = |layers: &[Vec<(String, ListedKind<'_>)>], limits: &Limits| {
            let layers: Vec<Vec<(&str, ListedKind<'_>)>> = layers
                .iter()
                .map(|layer| layer.iter().map(|(path, kind)| (path.as_str(), *kind)).collect())
                .collect();
            let layers: Vec<&[_]> = layers.iter().map(Vec::as_slice).collect();
            squashed(&layers, limits)
        };
        assert_eq!(limit(of(&[entries(&files), entries(&whiteouts)], &limits)), None);
        // Links that lead through each other do not.
        let hops = "x/../".repeat(1_000);
        let mut links =
            vec![("x/y".to_owned(), file(0o644)), ("l".to_owned(), ListedKind::Symlink { target: &hops })];
        for n in 0..1_000 {
            links.push((format!("l/x{n}/f"), file(0o644)));
        }
        assert_eq!(limit(of(&[links], &limits)), Some("lookups_max"));
        // Directories that only a path names count too.
        let limits = Limits { tree_bytes_max: 100_000, ..Limits::default() };
        assert_eq!(limit(of(&[entries(&files[..1])], &limits)), Some("tree_bytes_max"));
        // A whiteout of everything, again and again: each would walk a tree of fifty thousand files.
        let many: Vec<String> = (0..50_000).map(|n| format!("e/f{n}")).collect();
        let storm = vec![".wh..wh..opq".to_owned(); 50_000];
        let tree = of(&[entries(&many[..10]), entries(&many), entries(&storm)], &Limits::default()).unwrap();
        assert_eq!(tree.children(Tree::ROOT).count(), 0);
        let both = [many, storm].concat();
        let tree = of(&[entries(&both)], &Limits::default()).unwrap();
        assert_eq!(tree.children(at(&tree, "e")).count(), 50_000);
    }
}
