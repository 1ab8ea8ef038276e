//! Which files of the squashed image are wanted: those that were read as they passed by, and those that only the
//! whole image makes interesting.
//!
//! Layers were read by the paths written in them. A pattern such as `lib/apk/db/installed` may lead elsewhere
//! (`lib -> usr/lib`), and a hard link gives a file another name. Patterns are therefore looked up again in the
//! squashed tree, links followed; what is found that way and was not read under its own path is read again.

use std::collections::{BTreeMap, BTreeSet};

use model::gap::{Gap, GapKind};

use crate::cataloger::{CATALOGERS, Wants, component_matches};
use crate::image::listing::Listing;
use crate::image::path;
use crate::image::tree::{ContentId, FileNode, LastLink, NodeId, NodeKind, NotFound, Tree};

use super::Gaps;
use super::reading::{ReadFile, interested};

/// The files whose facts count.
pub(super) struct Wanted {
    /// Path and content of files that were read and lie where they were written.
    pub(super) own: Vec<(String, ContentId)>,
    /// Files to be read again.
    pub(super) again: Again,
}

/// A file that a cataloger wants to read under a path other than the one it is written at.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) cataloger: usize,
    /// The path that the cataloger's pattern matched.
    pub(crate) shown_path: String,
    /// The path of the file, without links.
    pub(crate) path: String,
    /// The layer that wrote that path.
    pub(crate) layer: u32,
}

/// Wishes by the content they are for.
#[derive(Default)]
pub(super) struct Again(BTreeMap<ContentId, Vec<Wish>>);

impl Again {
    /// The layers that hold such content.
    pub(super) fn layers(&self) -> impl Iterator<Item = usize> {
        let layers: BTreeSet<u32> = self.0.keys().map(|content| content.layer).collect();
        layers.into_iter().map(|layer| layer as usize)
    }

    /// What is wanted of `layer`: the entry and the wish, in the order of entries.
    pub(super) fn of(&self, layer: usize) -> Vec<(u32, &Wish)> {
        self.iter()
            .filter(|(content, _)| content.layer as usize == layer)
            .map(|(content, wish)| (content.entry, wish))
            .collect()
    }

    /// Every wish.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ContentId, &Wish)> {
        self.0.iter().flat_map(|(content, wishes)| wishes.iter().map(|wish| (*content, wish)))
    }
}

/// Finds the wanted files of `tree`, which the parts of `listings` amount to; `facts` holds what was read as it
/// passed by.
pub(super) fn wanted(
    tree: &Tree,
    listings: &[Listing],
    facts: &BTreeMap<ContentId, Vec<ReadFile>>,
    gaps: &mut Gaps,
) -> Wanted {
    let mut search = Search {
        tree,
        // Each cataloger and path once, whether it was offered before or is wished for.
        seen: BTreeSet::new(),
        again: Again::default(),
        // Each pattern visits each node a few times. More means links laid out to multiply.
        steps_left: tree.n_nodes().saturating_mul(64).saturating_add(1 << 20),
    };
    let mut own = Vec::new();
    let mut directories = vec![(String::new(), Tree::ROOT)];
    tree.visit(|path, id| match &tree.node(id).kind {
        NodeKind::File(file) => {
            let ContentId { layer, entry } = file.content;
            // Under the path it is written at, every cataloger had its chance.
            let as_written = listings[layer as usize].path(entry) == path;
            if as_written && facts.contains_key(&file.content) {
                own.push((path.to_owned(), file.content));
            }
            for cataloger in interested(path, file.mode.is_executable(), file.size) {
                if as_written {
                    search.seen.insert((cataloger, path.to_owned()));
                } else {
                    search.wish(cataloger, path.to_owned(), path.to_owned(), id, file);
                }
            }
        }
        NodeKind::Directory(_) => directories.push((path.to_owned(), id)),
        NodeKind::Symlink(target) if climbs_out(path, target) => {
            let detail = format!("a link to `{target}`, which leads out of the image; it is not followed");
            gaps.push(Gap::new(GapKind::PATH_ESCAPES, path, detail));
        }
        NodeKind::Symlink(_) | NodeKind::Other => {}
    });
    for (cataloger, member) in CATALOGERS.iter().enumerate() {
        let Wants::Paths(patterns) = member.wants else { continue };
        for pattern in patterns {
            let (pattern, starts) = match pattern.strip_prefix("**/") {
                Some(rest) => (rest, &directories[..]),
                None => (*pattern, &directories[..1]),
            };
            let components: Vec<&str> = pattern.split('/').collect();
            for (path, id) in starts {
                search.follow(cataloger, &components, path, *id, Through::Names);
            }
        }
    }
    if search.steps_left == 0 {
        let detail = "links make more paths than are followed; some files were not looked for under them";
        gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, "", detail));
    }
    Wanted { own, again: search.again }
}

/// Whether `target`, written in the link at `path`, climbs above the root.
fn climbs_out(path: &str, target: &str) -> bool {
    let mut depth = if target.starts_with('/') { 0 } else { path.matches('/').count() };
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// How a search got where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    /// By names only: the path is the file's own, which was tested before.
    Names,
    /// Over at least one link.
    Links,
}

struct Search<'t> {
    tree: &'t Tree,
    seen: BTreeSet<(usize, String)>,
    again: Again,
    steps_left: usize,
}

impl Search<'_> {
    /// Matches `components` below the directory `id`, which lies at `path`.
    fn follow(&mut self, cataloger: usize, components: &[&str], path: &str, id: NodeId, through: Through) {
        let [component, rest @ ..] = components else { return };
        if component.contains('*') {
            let tree = self.tree;
            for (name, child) in tree.children(id) {
                if self.steps_left == 0 {
                    return;
                }
                self.steps_left -= 1;
                if component_matches(component, name) {
                    self.enter(cataloger, rest, path, name, child, through);
                }
            }
        } else if let Some(child) = self.tree.child(id, component)
            && self.steps_left > 0
        {
            self.steps_left -= 1;
            self.enter(cataloger, rest, path, component, child, through);
        }
    }

    fn enter(
        &mut self,
        cataloger: usize,
        rest: &[&str],
        directory: &str,
        name: &str,
        child: NodeId,
        through: Through,
    ) {
        let shown_path = path::join(directory, name);
        let (id, through) = match &self.tree.node(child).kind {
            NodeKind::Symlink(_) => match self.tree.find(&shown_path, LastLink::Follow) {
                Ok(found) => (found.node, Through::Links),
                // A link that leads nowhere has no file; one that leads out has its gap already.
                Err(NotFound::Missing { .. } | NotFound::Escapes | NotFound::TooManyLinks) => return,
            },
            NodeKind::Directory(_) | NodeKind::File(_) | NodeKind::Other => (child, through),
        };
        match &self.tree.node(id).kind {
            NodeKind::File(file) if rest.is_empty() && through == Through::Links => {
                let file = *file;
                if let Ok(found) = self.tree.find(&shown_path, LastLink::Follow) {
                    self.wish(cataloger, shown_path, found.path, id, &file);
                }
            }
            NodeKind::Directory(_) if !rest.is_empty() => {
                self.follow(cataloger, rest, &shown_path, id, through);
            }
            NodeKind::Directory(_) | NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => {}
        }
    }

    fn wish(&mut self, cataloger: usize, shown_path: String, path: String, id: NodeId, file: &FileNode) {
        if self.seen.insert((cataloger, path.clone())) {
            let layer = self.tree.node(id).layer;
            let wish = Wish { cataloger, shown_path, path, layer };
            self.again.0.entry(file.content).or_default().push(wish);
        }
    }
}
