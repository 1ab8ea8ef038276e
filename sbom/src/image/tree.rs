//! The files of an image with all layers applied, and finding paths among them through links.
//!
//! A node takes 36 bytes, its name, and four to eight bytes in its directory, because a hostile image may have
//! millions of them: texts lie in pages that never move, and the members of all directories lie in one sorted list
//! ([`Members`]) rather than in a map each.

use std::cell::Cell;
use std::cmp::Ordering;

use super::mode::Mode;

/// A node's position in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// One file, directory or link of the tree, and the layer (from 0) that wrote it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'t> {
    pub(crate) layer: u32,
    pub(crate) kind: NodeKind<'t>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeKind<'t> {
    /// With its permissions, unless only the path of something in it says that it is there.
    Directory(Option<Mode>),
    File(FileNode),
    Symlink(&'t str),
    Other,
}

/// A regular file: whose bytes it has, and what they are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileNode {
    pub(crate) content: ContentId,
    pub(crate) size: u64,
    pub(crate) mode: Mode,
    /// Whether the layer of the content has it under the very path of the node, not through a link or under the name
    /// of another hard link.
    pub(crate) is_as_written: bool,
}

/// Where the bytes of a file are: the layer, and the position of the entry in that layer's listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContentId {
    pub(crate) layer: u32,
    pub(crate) entry: u32,
}

/// The squashed files of an image.
///
/// Nodes that were removed stay in the list and are reachable from nowhere but [`Tree::previous`].
pub(crate) struct Tree {
    nodes: Paged<Stored>,
    texts: Texts,
    members: Members,
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

    /// Bytes that a node takes beside its texts; its place in [`Members`] is counted as when pages are half empty.
    pub(super) const NODE_BYTES: usize = size_of::<Stored>() + 8;

    /// A tree of nothing but its root.
    pub(super) fn new(links_max: usize) -> Self {
        let mut texts = Texts::default();
        let root = Stored {
            name: texts.push("", "/"),
            parent: Self::ROOT.0,
            previous: NONE,
            layer: 0,
            kind: StoredKind::Directory { mode: None, cleared_by: NONE },
        };
        let mut nodes = Paged::default();
        nodes.push(root);
        Self { nodes, texts, members: Members::default(), links_max }
    }

    pub(crate) fn node(&self, id: NodeId) -> Node<'_> {
        let stored = self.stored(id);
        let kind = match stored.kind {
            StoredKind::Directory { mode, .. } => NodeKind::Directory(mode),
            StoredKind::File { content, size: [low, high], mode, is_as_written } => {
                let size = u64::from(high) << 32 | u64::from(low);
                NodeKind::File(FileNode { content, size, mode, is_as_written })
            }
            StoredKind::Symlink { target, n_bytes } => NodeKind::Symlink(self.texts.get(target, n_bytes)),
            StoredKind::Other => NodeKind::Other,
        };
        Node { layer: stored.layer, kind }
    }

    /// The file that stood at the path of `id` and that `id` was written over. That is not so when a whiteout deleted
    /// the file first.
    pub(crate) fn previous(&self, id: NodeId) -> Option<NodeId> {
        let previous = self.stored(id).previous;
        (previous != NONE).then_some(NodeId(previous))
    }

    /// The permissions of the directory `id`; none if it is no directory or no layer states them.
    pub(crate) fn directory_mode(&self, id: NodeId) -> Option<Mode> {
        match self.stored(id).kind {
            StoredKind::Directory { mode, .. } => mode,
            StoredKind::File { .. } | StoredKind::Symlink { .. } | StoredKind::Other => None,
        }
    }

    /// How many nodes there are or were.
    pub(crate) fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The directory that `id` is or was in; the root is in itself.
    pub(crate) fn parent(&self, id: NodeId) -> NodeId {
        NodeId(self.stored(id).parent)
    }

    /// What the directory `id` holds, in the order of names; nothing, if it is no directory.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
        let start = self.members.place(|member| self.compare(member, id, ""));
        self.members
            .from(start)
            .take_while(move |&child| self.parent(child) == id)
            .map(|child| (self.name(child), child))
    }

    pub(crate) fn child(&self, id: NodeId, name: &str) -> Option<NodeId> {
        let place = self.members.place(|member| self.compare(member, id, name));
        let found = self.members.from(place).next()?;
        (self.compare(found, id, name) == Ordering::Equal).then_some(found)
    }

    /// The path to `id`, which is in the tree.
    pub(crate) fn path(&self, id: NodeId) -> String {
        let mut names: Vec<&str> = self.ancestry(id).map(|id| self.name(id)).collect();
        names.reverse();
        names.join("/")
    }

    /// Whether `path` is the path to `id`, no link followed.
    pub(super) fn lies_at(&self, id: NodeId, path: &str) -> bool {
        let mut rest = Some(path).filter(|path| !path.is_empty());
        for id in self.ancestry(id) {
            let Some(left) = rest else { return false };
            let (directory, name) = match left.rsplit_once('/') {
                Some((directory, name)) => (Some(directory), name),
                None => (None, left),
            };
            if name != self.name(id) {
                return false;
            }
            rest = directory;
        }
        rest.is_none()
    }

    /// Puts a node called `name` into the directory `parent`, in place of what was there.
    pub(super) fn insert(&mut self, parent: NodeId, name: &str, layer: u32, kind: NodeKind<'_>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("tree_bytes_max is far below 2^32 nodes"));
        let kind = match kind {
            NodeKind::Directory(mode) => StoredKind::Directory { mode, cleared_by: NONE },
            NodeKind::File(FileNode { content, size, mode, is_as_written }) => {
                let size = [(size & 0xffff_ffff) as u32, (size >> 32) as u32];
                StoredKind::File { content, size, mode, is_as_written }
            }
            NodeKind::Symlink(target) => {
                let n_bytes = u32::try_from(target.len()).expect("path_bytes_max is far below 2^32");
                StoredKind::Symlink { target: self.texts.push(target, ""), n_bytes }
            }
            NodeKind::Other => StoredKind::Other,
        };
        let place = self.members.place(|member| self.compare(member, parent, name));
        let there = self
            .members
            .from(place)
            .next()
            .filter(|&member| self.compare(member, parent, name) == Ordering::Equal);
        let mut stored = Stored { name: TextId(0), parent: parent.0, previous: NONE, layer, kind };
        match there {
            Some(old) => {
                stored.name = self.stored(old).name;
                if let StoredKind::File { .. } = self.stored(old).kind {
                    stored.previous = old.0;
                }
                self.members.replace(place, id);
            }
            None => {
                stored.name = self.texts.push(name, "/");
                self.members.insert(place, id);
            }
        }
        self.nodes.push(stored);
        id
    }

    /// Says that `layer` wrote the directory `id` again, with these permissions.
    pub(super) fn rewrite_directory(&mut self, id: NodeId, layer: u32, mode: Mode) {
        let stored = self.nodes.get_mut(id.0);
        stored.layer = layer;
        if let StoredKind::Directory { mode: kept, .. } = &mut stored.kind {
            *kept = Some(mode);
        }
    }

    /// Notes that `layer` hides all that lower layers have in `id`; false if it did before, or if `id` is no
    /// directory.
    pub(super) fn begin_clearing(&mut self, id: NodeId, layer: u32) -> bool {
        match &mut self.nodes.get_mut(id.0).kind {
            StoredKind::Directory { cleared_by, .. } => std::mem::replace(cleared_by, layer) != layer,
            StoredKind::File { .. } | StoredKind::Symlink { .. } | StoredKind::Other => false,
        }
    }

    /// Takes the child called `name` out of `parent`.
    pub(super) fn remove(&mut self, parent: NodeId, name: &str) {
        let place = self.members.place(|member| self.compare(member, parent, name));
        let found = self.members.from(place).next();
        if found.is_some_and(|member| self.compare(member, parent, name) == Ordering::Equal) {
            self.members.remove(place);
        }
    }

    /// Takes `id` out of its directory.
    pub(super) fn remove_node(&mut self, id: NodeId) {
        let parent = self.parent(id);
        let name = self.name(id);
        let place = self.members.place(|member| self.compare(member, parent, name));
        if self.members.from(place).next() == Some(id) {
            self.members.remove(place);
        }
    }

    /// The node at `path`, links to directories followed, and a link at its end as `last` says.
    ///
    /// Links are followed as the kernel does inside a container: an absolute target starts at the image's root.
    #[cfg(test)]
    pub(crate) fn find(&self, path: &str, last: LastLink) -> Result<Resolved, NotFound> {
        let node = self.find_from(Self::ROOT, path, last, &mut 0)?;
        Ok(Resolved { node, path: self.path(node) })
    }

    /// As [`Tree::find`], as long as `n_lookups`, to which it adds, is not beyond `lookups_max`.
    pub(crate) fn find_within(
        &self,
        path: &str,
        last: LastLink,
        n_lookups: &Cell<u64>,
        lookups_max: u64,
    ) -> Result<Resolved, NotFound> {
        let mut n_looked_up = n_lookups.get();
        if n_looked_up > lookups_max {
            return Err(NotFound::TooManyLinks);
        }
        let found = self.find_from(Self::ROOT, path, last, &mut n_looked_up);
        n_lookups.set(n_looked_up);
        let node = found?;
        Ok(Resolved { node, path: self.path(node) })
    }

    /// As [`Tree::find`], beginning at the directory `start` and without the path; adds the components that were
    /// looked up to `n_lookups`.
    pub(super) fn find_from<'a>(
        &'a self,
        start: NodeId,
        path: &'a str,
        last: LastLink,
        n_lookups: &mut u64,
    ) -> Result<NodeId, NotFound> {
        let mut here = start;
        let mut ahead: Vec<&str> = Vec::new();
        push_components(&mut ahead, path);
        let mut links_left = self.links_max;
        while let Some(name) = ahead.pop() {
            *n_lookups += 1;
            if name == ".." {
                if here == Self::ROOT {
                    return Err(NotFound::Escapes);
                }
                here = self.parent(here);
                continue;
            }
            let missing = |ahead: &[&str]| {
                let rest = ahead.iter().copied().chain([name]).rev().map(str::to_owned).collect();
                NotFound::Missing { parent: here, rest }
            };
            let Some(child) = self.child(here, name) else { return Err(missing(&ahead)) };
            match self.node(child).kind {
                NodeKind::Directory(_) => here = child,
                NodeKind::Symlink(target) if !ahead.is_empty() || last == LastLink::Follow => {
                    links_left = links_left.checked_sub(1).ok_or(NotFound::TooManyLinks)?;
                    if target.starts_with('/') {
                        here = Self::ROOT;
                    }
                    push_components(&mut ahead, target);
                }
                NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other if ahead.is_empty() => {
                    return Ok(child);
                }
                NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => return Err(missing(&ahead)),
            }
        }
        Ok(here)
    }

    /// Visits every node but the root, directories before what they hold, in the order of names.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&str, NodeId)) {
        // Not by recursion: a path may have thousands of components. Only one path is held, for the same reason.
        let mut path = String::new();
        let mut waiting: Vec<(usize, NodeId)> = vec![(0, Self::ROOT)];
        let mut below: Vec<NodeId> = Vec::new();
        while let Some((directory_bytes, id)) = waiting.pop() {
            path.truncate(directory_bytes);
            if id != Self::ROOT {
                if directory_bytes > 0 {
                    path.push('/');
                }
                path.push_str(self.name(id));
                visit(&path, id);
            }
            if let StoredKind::Directory { .. } = self.stored(id).kind {
                below.clear();
                below.extend(self.children(id).map(|(_, child)| child));
                waiting.extend(below.iter().rev().map(|&child| (path.len(), child)));
            }
        }
    }

    fn stored(&self, id: NodeId) -> &Stored {
        self.nodes.get(id.0)
    }

    /// The last component of the path of `id`.
    pub(crate) fn name(&self, id: NodeId) -> &str {
        self.texts.until_slash(self.stored(id).name)
    }

    /// `id` and the directories that it is in, without the root.
    fn ancestry(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let up = |&id: &NodeId| Some(self.parent(id)).filter(|&parent| parent != Self::ROOT);
        std::iter::successors(Some(id).filter(|&id| id != Self::ROOT), up)
    }

    /// Where `member` stands as seen from the place of `name` in `parent`.
    fn compare(&self, member: NodeId, parent: NodeId, name: &str) -> Ordering {
        let stored = self.stored(member);
        stored.parent.cmp(&parent.0).then_with(|| self.texts.until_slash(stored.name).cmp(name))
    }
}

/// Pushes the components of `path` so that the first comes off first.
fn push_components<'a>(ahead: &mut Vec<&'a str>, path: &'a str) {
    ahead.extend(path.rsplit('/').filter(|component| !component.is_empty() && *component != "."));
}

/// The number that stands for no node and no layer.
const NONE: u32 = u32::MAX;

/// A node as it is kept: nothing in it is larger than four bytes, or it would be padded.
struct Stored {
    name: TextId,
    parent: u32,
    previous: u32,
    layer: u32,
    kind: StoredKind,
}

#[derive(Clone, Copy)]
enum StoredKind {
    Directory {
        mode: Option<Mode>,
        /// The last layer that hid all that lower ones have in it.
        cleared_by: u32,
    },
    File {
        content: ContentId,
        /// The lower and the upper half.
        size: [u32; 2],
        mode: Mode,
        is_as_written: bool,
    },
    Symlink {
        target: TextId,
        n_bytes: u32,
    },
    Other,
}

/// A list in pages of the same size, so that it grows without being copied.
struct Paged<T> {
    pages: Vec<Vec<T>>,
}

const PAGE_ITEMS: usize = 1 << 12;

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<T> Paged<T> {
    fn len(&self) -> usize {
        self.pages.last().map_or(0, |last| (self.pages.len() - 1) * PAGE_ITEMS + last.len())
    }

    fn push(&mut self, value: T) {
        match self.pages.last_mut() {
            Some(last) if last.len() < PAGE_ITEMS => last.push(value),
            _ => {
                let mut page = Vec::with_capacity(PAGE_ITEMS);
                page.push(value);
                self.pages.push(page);
            }
        }
    }

    fn get(&self, index: u32) -> &T {
        &self.pages[index as usize / PAGE_ITEMS][index as usize % PAGE_ITEMS]
    }

    fn get_mut(&mut self, index: u32) -> &mut T {
        &mut self.pages[index as usize / PAGE_ITEMS][index as usize % PAGE_ITEMS]
    }
}

/// The place of a text: its page in the upper half, where it begins in the lower.
#[derive(Clone, Copy)]
struct TextId(u32);

/// Texts in pages that never move.
#[derive(Default)]
struct Texts {
    pages: Vec<String>,
}

const TEXT_PAGE_BYTES: usize = 1 << 16;

impl Texts {
    /// Adds `text` and `end`. A text larger than a page has one of its own.
    fn push(&mut self, text: &str, end: &str) -> TextId {
        let page = match self.pages.pop() {
            Some(page) if page.len() + text.len() + end.len() <= TEXT_PAGE_BYTES => page,
            full => {
                self.pages.extend(full);
                String::with_capacity(TEXT_PAGE_BYTES.max(text.len() + end.len()))
            }
        };
        self.pages.push(page);
        let index = self.pages.len() - 1;
        let page = &mut self.pages[index];
        // A page that is full begins no further text.
        let id = index << 16 | page.len().min(TEXT_PAGE_BYTES - 1);
        page.push_str(text);
        page.push_str(end);
        TextId(u32::try_from(id).expect("tree_bytes_max is far below 2^16 pages"))
    }

    fn get(&self, id: TextId, n_bytes: u32) -> &str {
        let start = (id.0 & 0xffff) as usize;
        // An empty text may be said to begin within the last one of a full page.
        if n_bytes == 0 { "" } else { &self.pages[(id.0 >> 16) as usize][start..start + n_bytes as usize] }
    }

    fn until_slash(&self, id: TextId) -> &str {
        let text = &self.pages[(id.0 >> 16) as usize][(id.0 & 0xffff) as usize..];
        // Names are short: a search that is made for long texts takes twice as long.
        let end = text.bytes().position(|byte| byte == b'/').unwrap_or(text.len());
        &text[..end]
    }
}

/// The nodes that are in the tree, sorted by the directory they are in and their name.
///
/// The list is cut into pages, because an insertion into one list of a million would move megabytes. Whoever asks
/// compares, for the names lie elsewhere.
#[derive(Default)]
struct Members {
    pages: Vec<Vec<NodeId>>,
}

const MEMBERS_OF_A_PAGE_MAX: usize = 256;

/// A place in [`Members`]: a page and a position in it, which may be just behind its last member.
#[derive(Clone, Copy)]
struct Place {
    page: usize,
    position: usize,
}

impl Members {
    /// The place of the first member that does not compare as less.
    fn place(&self, compare: impl Fn(NodeId) -> Ordering) -> Place {
        let is_less = |member: &NodeId| compare(*member) == Ordering::Less;
        // The page whose last member is the first that is not less; behind the last page, its end.
        let page = self.pages.partition_point(|page| page.last().is_some_and(is_less));
        match self.pages.get(page) {
            Some(members) => Place { page, position: members.partition_point(is_less) },
            None => match self.pages.last() {
                Some(last) => Place { page: self.pages.len() - 1, position: last.len() },
                None => Place { page: 0, position: 0 },
            },
        }
    }

    /// The members from `place` on.
    fn from(&self, place: Place) -> impl Iterator<Item = NodeId> {
        let first = self.pages.get(place.page).map_or(&[][..], |page| &page[place.position..]);
        let rest = self.pages.get(place.page + 1..).unwrap_or_default();
        first.iter().chain(rest.iter().flatten()).copied()
    }

    fn replace(&mut self, place: Place, id: NodeId) {
        self.pages[place.page][place.position] = id;
    }

    fn insert(&mut self, place: Place, id: NodeId) {
        let Some(page) = self.pages.get_mut(place.page) else {
            self.pages.push(vec![id]);
            return;
        };
        if page.len() < MEMBERS_OF_A_PAGE_MAX {
            page.insert(place.position, id);
        } else if place.position == page.len() {
            // Sorted input fills pages to the brim.
            self.pages.insert(place.page + 1, vec![id]);
        } else {
            let upper = page.split_off(MEMBERS_OF_A_PAGE_MAX / 2);
            match place.position.checked_sub(page.len()) {
                Some(position) if position > 0 => {
                    let mut upper = upper;
                    upper.insert(position, id);
                    self.pages.insert(place.page + 1, upper);
                }
                _ => {
                    page.insert(place.position, id);
                    self.pages.insert(place.page + 1, upper);
                }
            }
        }
    }

    fn remove(&mut self, place: Place) {
        self.pages[place.page].remove(place.position);
        if self.pages[place.page].is_empty() {
            self.pages.remove(place.page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tree: &Tree, id: NodeId) -> Vec<String> {
        tree.children(id).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn children_are_sorted_and_found_in_whatever_order_they_come() {
        const N: usize = 10_000;
        for order in [|n: usize| n, |n| N - 1 - n, |n| n * 7_919 % N, |n| n ^ 0xff] {
            let mut tree = Tree::new(40);
            let directories: Vec<NodeId> = ["b", "a", "c"]
                .iter()
                .map(|name| tree.insert(Tree::ROOT, name, 0, NodeKind::Directory(None)))
                .collect();
            let mut expected: Vec<String> = Vec::new();
            for n in (0..N).map(order) {
                expected.push(format!("n{n}"));
                tree.insert(directories[n % 3], &format!("n{n}"), 0, NodeKind::Other);
            }
            assert_eq!(names(&tree, Tree::ROOT), ["a", "b", "c"]);
            let mut found: Vec<String> = directories.iter().flat_map(|&id| names(&tree, id)).collect();
            assert!(directories.iter().all(|&id| names(&tree, id).is_sorted()));
            found.sort();
            expected.sort();
            expected.dedup();
            assert_eq!(found, expected);
            for n in (0..N).filter(|n| n % 2 == 0) {
                tree.remove(directories[n % 3], &format!("n{n}"));
            }
            for n in 0..N {
                let child = tree.child(directories[n % 3], &format!("n{n}"));
                let expected = n % 2 == 1 && expected.binary_search(&format!("n{n}")).is_ok();
                assert_eq!(child.is_some(), expected, "{n}");
            }
        }
    }

    #[test]
    fn a_path_is_that_of_the_names_above() {
        let mut tree = Tree::new(40);
        let a = tree.insert(Tree::ROOT, "a", 0, NodeKind::Directory(None));
        let b = tree.insert(a, "b", 0, NodeKind::Directory(None));
        for (id, path) in [(Tree::ROOT, ""), (a, "a"), (b, "a/b")] {
            assert_eq!(tree.path(id), path);
            assert!(tree.lies_at(id, path));
        }
        for path in ["", "b", "a", "a/b/c", "c/a/b", "a/bb"] {
            assert!(!tree.lies_at(b, path), "{path}");
        }
        let mut visited = Vec::new();
        tree.insert(Tree::ROOT, "z", 0, NodeKind::Symlink("a/b"));
        tree.visit(|path, _| visited.push(path.to_owned()));
        assert_eq!(visited, ["a", "a/b", "z"]);
        assert_eq!(tree.find("z", LastLink::Follow).unwrap(), Resolved { node: b, path: "a/b".to_owned() });
    }

    #[test]
    fn texts_of_every_size_come_back() {
        let mut texts = Texts::default();
        let long = "é".repeat(TEXT_PAGE_BYTES);
        let exact = "x".repeat(TEXT_PAGE_BYTES);
        let short = ["", "a", &exact, "", "b/c", &long, ""];
        let ids: Vec<TextId> = short.iter().map(|text| texts.push(text, "")).collect();
        for (text, id) in short.iter().zip(ids) {
            assert_eq!(texts.get(id, u32::try_from(text.len()).unwrap()), *text);
        }
        let name = texts.push("name", "/");
        texts.push("other", "/");
        assert_eq!(texts.until_slash(name), "name");
    }

    #[test]
    fn a_node_takes_what_its_parts_take() {
        assert_eq!(size_of::<Stored>(), 36);
    }
}
