//! Which files of the squashed image are wanted: those that were read as they passed by, and those that only the
//! whole image makes interesting.
//!
//! Layers were read by the paths written in them. A pattern such as `lib/apk/db/installed` may lead elsewhere
//! (`lib -> usr/lib`), and a hard link gives a file another name. Patterns are therefore looked up again in the
//! squashed tree, links followed; what is found that way and was not read under its own path is read again.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;

use model::gap::{Gap, GapKind};

use crate::cataloger::{
    CATALOGERS, Classifiers, Fact, Finds, Wants, component_matches, interested, names_matter,
};
use crate::image::listing::TextBudget;
use crate::image::path;
use crate::image::tree::{ContentId, FileNode, LastLink, NodeId, NodeKind, NotFound, Resolved, Tree};

use super::Gaps;
use super::reading::ReadFile;

/// The files whose facts count.
pub(super) struct Wanted {
    /// Files that were read and lie where they were written.
    pub(super) own: Vec<(NodeId, ContentId)>,
    /// Other names of files that a cataloger read under their own, which to it are the same: a program is a program
    /// wherever it lies.
    pub(super) aliases: Vec<(NodeId, ContentId, usize)>,
    /// Files to be read again.
    pub(super) again: Again,
}

/// A file that a cataloger wants to read under a path other than the one it is written at.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) cataloger: usize,
    /// The path that the cataloger's pattern matched.
    pub(crate) shown_path: String,
    /// The path of the file, without links.
    pub(crate) path: String,
    pub(crate) node: NodeId,
    /// The layer that wrote that path.
    pub(crate) layer: u32,
    /// Whose bytes it has.
    pub(crate) content: ContentId,
}

/// Wishes by the content they are for.
#[derive(Default)]
pub(super) struct Again(BTreeMap<ContentId, Vec<Wish>>);

impl Wish {
    /// About how many bytes it takes, its copies included.
    fn n_bytes(&self) -> usize {
        3 * (size_of::<Self>() + self.shown_path.len() + self.path.len())
    }
}

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

    /// Drops the wishes that `keep` does not want.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(ContentId, &Wish) -> bool) {
        self.0.retain(|content, wishes| {
            wishes.retain(|wish| keep(*content, wish));
            !wishes.is_empty()
        });
    }

    /// Every wish.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ContentId, &Wish)> {
        self.0.iter().flat_map(|(content, wishes)| wishes.iter().map(|wish| (*content, wish)))
    }
}

/// Finds the files of `tree` that catalogers want which find what `finds` says; `facts` holds what was read as it passed by.
///
/// Paths are made when something is found and not kept for every node: of a deep tree each takes kilobytes.
///
/// # Errors
/// The wishes take more than is left of `allowance`.
pub(super) fn wanted(
    tree: &Tree,
    facts: &BTreeMap<ContentId, Vec<ReadFile>>,
    finds: Finds,
    classifiers: &Classifiers,
    allowance: &Allowance<'_>,
    gaps: &mut Gaps,
) -> io::Result<Wanted> {
    let mut search = Search {
        tree,
        allowance,
        failed: None,
        seen: HashSet::new(),
        again: Again::default(),
        // Each pattern visits each node a few times. More means links laid out to multiply.
        steps_left: tree.n_nodes().saturating_mul(64).saturating_add(1 << 20),
    };
    let mut own = Vec::new();
    let mut aliases = Vec::new();
    let mut starts = Starts::new(finds, classifiers);
    tree.visit(|path, id| match tree.node(id).kind {
        NodeKind::File(file) => {
            // Under the path it is written at, every cataloger had its chance.
            if file.is_as_written && facts.contains_key(&file.content) {
                own.push((id, file.content));
            }
            for cataloger in interested(path, file.mode.is_executable(), file.size, finds, classifiers) {
                if file.is_as_written {
                    search.seen.insert((cataloger, id));
                } else if CATALOGERS[cataloger].wants.is_of_content()
                    && (!names_matter(cataloger, path) || is_recognised(facts, file.content, cataloger))
                {
                    aliases.push((id, file.content, cataloger));
                } else {
                    search.wish(cataloger, path.to_owned(), id, &file);
                }
            }
        }
        // Where a pattern that may begin anywhere begins: only a link, or a directory that leads to one, can show a file
        // under a path that is not its own.
        NodeKind::Directory(_) => starts.note(path, id),
        NodeKind::Symlink(target) => {
            starts.note(path, id);
            if climbs_out(path, target) {
                let detail =
                    format!("a link to `{target}`, which leads out of the image; it is not followed");
                gaps.push(Gap::new(GapKind::PATH_ESCAPES, path, detail));
            }
        }
        NodeKind::Other => {}
    });
    for (pattern, id) in starts.found {
        if search.steps_left == 0 {
            break;
        }
        search.steps_left -= 1;
        let Pattern { cataloger, components } = &starts.anywhere[pattern];
        let way = Way { start: tree.parent(id), names: vec![tree.name(id)] };
        search.enter(*cataloger, &components[1..], way, id, Through::Names);
    }
    for Pattern { cataloger, components } in &starts.at_root {
        let way = Way { start: Tree::ROOT, names: Vec::new() };
        search.follow(*cataloger, components, &way, Tree::ROOT, Through::Names);
    }
    if search.steps_left == 0 {
        let detail = "links make more paths than are followed; some files were not looked for under them";
        gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, "", detail));
    }
    match search.failed {
        Some(error) => Err(error),
        None => Ok(Wanted { own, aliases, again: search.again }),
    }
}

/// Whether the cataloger at `position` found a package in `content` under the name that it is written at.
fn is_recognised(facts: &BTreeMap<ContentId, Vec<ReadFile>>, content: ContentId, position: usize) -> bool {
    facts.get(&content).into_iter().flatten().any(|file| {
        file.cataloger == position && file.facts.iter().any(|fact| matches!(fact, Fact::Package(_)))
    })
}

/// A pattern of a cataloger, by its components.
struct Pattern<'p> {
    cataloger: usize,
    components: Vec<&'p str>,
}

/// Where patterns begin to match.
struct Starts<'p> {
    at_root: Vec<Pattern<'p>>,
    anywhere: Vec<Pattern<'p>>,
    /// A pattern of `anywhere`, and what its first component matches.
    found: Vec<(usize, NodeId)>,
}

impl<'p> Starts<'p> {
    fn new(finds: Finds, classifiers: &'p Classifiers) -> Self {
        let (mut at_root, mut anywhere) = (Vec::new(), Vec::new());
        for (cataloger, member) in CATALOGERS.iter().enumerate() {
            if member.finds == Finds::Declared && finds == Finds::Installed {
                continue;
            }
            let configured = matches!(member.wants, Wants::Classified).then(|| classifiers.patterns());
            for pattern in member.wants.patterns().into_iter().chain(configured.into_iter().flatten()) {
                let (list, pattern) = match pattern.strip_prefix("**/") {
                    Some(rest) => (&mut anywhere, rest),
                    None => (&mut at_root, pattern),
                };
                list.push(Pattern { cataloger, components: pattern.split('/').collect() });
            }
        }
        Self { at_root, anywhere, found: Vec::new() }
    }

    fn note(&mut self, path: &str, id: NodeId) {
        let name = path::split(path).1;
        for (pattern, Pattern { components, .. }) in self.anywhere.iter().enumerate() {
            if component_matches(components[0], name) {
                self.found.push((pattern, id));
            }
        }
    }
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

/// The way a search took: names below a directory, links among them.
struct Way<'t> {
    start: NodeId,
    names: Vec<&'t str>,
}

impl<'t> Way<'t> {
    fn with(&self, name: &'t str) -> Self {
        let names = self.names.iter().copied().chain([name]).collect();
        Self { start: self.start, names }
    }

    fn path(&self, tree: &Tree) -> String {
        path::join(&tree.path(self.start), &self.names.join("/"))
    }
}

/// What looking for files may cost.
pub(super) struct Allowance<'a> {
    /// Memory, which wishes take.
    pub(super) budget: &'a TextBudget,
    /// Components that links made be looked up so far, and how many may be.
    pub(super) n_lookups: &'a Cell<u64>,
    pub(super) lookups_max: u64,
}

struct Search<'t> {
    tree: &'t Tree,
    allowance: &'t Allowance<'t>,
    /// Why nothing more is wished for.
    failed: Option<io::Error>,
    /// Each cataloger and file once, whether it was offered before or is wished for.
    seen: HashSet<(usize, NodeId)>,
    again: Again,
    steps_left: usize,
}

impl<'t> Search<'t> {
    /// Matches `components` below the directory `id`, to which `way` leads.
    fn follow(
        &mut self,
        cataloger: usize,
        components: &[&'t str],
        way: &Way<'t>,
        id: NodeId,
        through: Through,
    ) {
        let [component, rest @ ..] = components else { return };
        if component.contains('*') {
            let tree = self.tree;
            for (name, child) in tree.children(id) {
                if self.steps_left == 0 {
                    return;
                }
                self.steps_left -= 1;
                if component_matches(component, name) {
                    self.enter(cataloger, rest, way.with(name), child, through);
                }
            }
        } else if let Some(child) = self.tree.child(id, component)
            && self.steps_left > 0
        {
            self.steps_left -= 1;
            self.enter(cataloger, rest, way.with(component), child, through);
        }
    }

    fn enter(&mut self, cataloger: usize, rest: &[&'t str], way: Way<'t>, child: NodeId, through: Through) {
        let (id, through) = match self.tree.node(child).kind {
            NodeKind::Symlink(_) => match self.followed(&way.path(self.tree)) {
                Ok(found) => (found.node, Through::Links),
                // A link that leads nowhere has no file; one that leads out has its gap already.
                Err(NotFound::Missing { .. } | NotFound::Escapes | NotFound::TooManyLinks) => return,
            },
            NodeKind::Directory(_) | NodeKind::File(_) | NodeKind::Other => (child, through),
        };
        match self.tree.node(id).kind {
            NodeKind::File(file) if rest.is_empty() && through == Through::Links => {
                self.wish(cataloger, way.path(self.tree), id, &file);
            }
            NodeKind::Directory(_) if !rest.is_empty() => {
                self.follow(cataloger, rest, &way, id, through);
            }
            NodeKind::Directory(_) | NodeKind::File(_) | NodeKind::Symlink(_) | NodeKind::Other => {}
        }
    }

    fn followed(&self, path: &str) -> Result<Resolved, NotFound> {
        let Allowance { n_lookups, lookups_max, .. } = self.allowance;
        self.tree.find_within(path, LastLink::Follow, n_lookups, *lookups_max)
    }

    /// Wishes that the cataloger read the file `id`, which it would know as `shown_path`.
    fn wish(&mut self, cataloger: usize, shown_path: String, id: NodeId, file: &FileNode) {
        if self.failed.is_none() && self.seen.insert((cataloger, id)) {
            let layer = self.tree.node(id).layer;
            let content = file.content;
            let wish = Wish { cataloger, shown_path, path: self.tree.path(id), node: id, layer, content };
            if let Err(error) = self.allowance.budget.take(wish.n_bytes()) {
                self.failed = Some(error);
                self.steps_left = 0;
                return;
            }
            self.again.0.entry(file.content).or_default().push(wish);
        }
    }
}
