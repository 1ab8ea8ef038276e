//! From an opened image to its inventory.
//!
//! Each layer is streamed once, several at a time: every path is noted, and every file that a cataloger wants is
//! read as it passes by. Then the layers are squashed, facts of files that did not survive are dropped, and files
//! that only now turn out to be wanted (through links, or under a hard link's name) are fetched in a second pass over
//! the layers that hold them. What is left is assembled into packages.
//!
//! - `all_layers`: packages that a later layer deleted
//! - `layers`: the pass over layers, in parallel; `directory`: the same for a directory
//! - `reading`: one file, handed to the catalogers that want it
//! - `file_facts`: which files of the squashed image are guarded unusually
//! - `owned_files`: the files that packages own, where these are to be listed
//! - `wanted`: which files the squashed image makes interesting

mod all_layers;
mod directory;
mod file_facts;
mod layers;
mod owned_files;
mod reading;
mod wanted;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::limits::Limits;

use crate::cache::LayerCache;
use crate::cataloger::{
    self, CATALOGERS, Classifiers, Fact, FactFile, FactTree, Finds, Found, Origin, Record,
};
use crate::image::listing::{Listing, TextBudget};
use crate::image::path;
use crate::image::squash::Squash;
use crate::image::tree::{ContentId, LastLink, NodeId, NodeKind, Tree};
use crate::image::{Content, Image, ImageError, Layer, LimitPassed};

use all_layers::AllLayers;
use layers::Layers;
use wanted::{Again, Allowance, Wanted};

pub(crate) use reading::ReadFile;
pub(crate) use wanted::Wish;

/// What an inventory is made with.
#[derive(Clone, Debug, Default)]
pub struct InventoryOptions {
    /// The subject's name, instead of what the image or its path says.
    pub name: Option<String>,
    /// What may be used.
    pub limits: Limits,
    /// The user's own classifiers. A cache must have been opened for the same ones.
    pub classifiers: Arc<Classifiers>,
    /// Where the facts of layers are kept; without one every layer is read.
    pub cache: Option<Arc<LayerCache>>,
    /// Which packages count.
    pub scope: Scope,
    /// How far layers are looked into.
    pub depth: Depth,
    /// Whether the files that packages own are listed.
    pub lists_files: bool,
}

/// How far layers are looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Catalogers read the files that they want.
    #[default]
    Files,
    /// Digests are verified and entries listed; no file is read, so that no package is found. It is what reading
    /// costs without catalogers.
    Entries,
}

/// Which packages of an image count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those that are there when all layers are applied.
    #[default]
    Squashed,
    /// Those that were there when any number of layers was applied, so also those that a later layer deleted: their
    /// bytes are part of the image all the same.
    AllLayers,
}

/// Hears how far the reading of layers is, from several threads.
pub trait Progress: Sync {
    /// The layer at `index` is being read; `bytes` is its size as stored, where known.
    fn layer_started(&self, index: usize, bytes: Option<u64>);
    /// So many bytes (as stored) more were read of the layer at `index`.
    fn advanced(&self, index: usize, bytes: u64);
    /// The layer at `index` was read to its end.
    fn layer_finished(&self, index: usize);
    /// The layer at `index` need not be read: what is in it was kept.
    fn layer_known(&self, index: usize);
    /// Catalogers read so many files more.
    fn files_read(&self, count: usize);
}

/// Hears nothing.
pub struct NoProgress;

impl Progress for NoProgress {
    fn layer_started(&self, _: usize, _: Option<u64>) {}
    fn advanced(&self, _: usize, _: u64) {}
    fn layer_finished(&self, _: usize) {}
    fn layer_known(&self, _: usize) {}
    fn files_read(&self, _: usize) {}
}

/// The inventory of `image`.
///
/// What cannot be read or known inside it is a gap of the inventory.
///
/// # Errors
/// A layer is missing, damaged, cut short or beyond a limit. Of several such layers the lowest is reported.
pub fn inventory(
    image: &Image,
    options: &InventoryOptions,
    progress: &dyn Progress,
) -> Result<Inventory, ImageError> {
    let limits = &options.limits;
    let budget = TextBudget::new(limits.tree_bytes_max);
    let mut reading = Reading::new(source(image, options, progress), image, options, &budget);
    let mut all_layers = AllLayers::default();
    let mut n_nodes_seen: u64 = 0;
    let mut known = Vec::new();
    let mut bytes: u64 = 0;
    let mut squash = Squash::new(limits);
    let source = reading.source.clone();
    // Lower layers are squashed, and their listings dropped, while higher ones are still being read.
    source.parts(&budget, &mut |layer, part| {
        squash
            .apply(&part.listing, &budget, &mut |gap| reading.gaps.push(gap))
            .map_err(|source| ImageError::part(image.name(), "the tree of files", source))?;
        bytes = bytes.saturating_add(file_facts::bytes(&part.listing));
        known.push(part.is_known);
        reading.add(layer, part.files, part.gaps);
        match options.scope {
            Scope::Squashed => {}
            Scope::AllLayers => {
                n_nodes_seen = n_nodes_seen.saturating_add(squash.tree().n_nodes() as u64);
                if n_nodes_seen > limits.states_nodes_max {
                    let error = LimitPassed::error("states_nodes_max", limits.states_nodes_max);
                    return Err(ImageError::part(image.name(), "the states of the image", error));
                }
                let found = reading.found(squash.tree(), &mut Gaps::default())?;
                all_layers.see(&found);
                // What could not be read of a state that a later layer mended is a gap of this scope.
                let is_of_files =
                    |gap: &Gap| [GapKind::UNREADABLE_FILE, GapKind::UNREADABLE_RECORD].contains(&gap.kind);
                reading.gaps.extend(found.gaps.into_iter().filter(is_of_files));
            }
        }
        Ok(())
    })?;
    let tree = squash.finish();
    let mut gaps = std::mem::take(&mut reading.gaps);
    let mut found = reading.found(&tree, &mut gaps)?;
    if options.lists_files {
        gaps.extend(owned_files::list(
            &mut found,
            &tree,
            &image.subject().layers,
            &reading.n_lookups,
            limits,
        ));
    }
    // What was read is in the packages now, and sorting them takes as much again.
    drop(reading);
    gaps.extend(found.gaps);
    let packages = all_layers.with_deleted(found.packages, &image.subject().layers);

    let mut subject = image.subject().clone();
    if let Some(name) = &options.name {
        subject.name.clone_from(name);
    }
    for (layer, is_known) in subject.layers.iter_mut().zip(known) {
        layer.is_from_cache = is_known;
    }
    let guarded = file_facts::file_facts(&tree, limits);
    gaps.extend(guarded.gaps);
    subject.image.bytes = Some(bytes);
    subject.image.set_id = guarded.set_id;
    subject.image.world_writable = guarded.world_writable;
    subject.image.accounts = found.accounts;
    if let Some(cache) = &options.cache {
        cache.sweep();
    }
    Ok(Inventory::new(subject, found.distro, packages, gaps.into_vec()))
}

/// What one layer, or the directory, holds.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) listing: Listing,
    pub(crate) files: Vec<ReadFile>,
    pub(crate) gaps: Gaps,
    /// Bytes of the uncompressed layer.
    pub(crate) bytes: u64,
    /// Whether it comes from the cache.
    pub(crate) is_known: bool,
}

/// What there is to read, and how.
#[derive(Clone)]
enum Source<'a> {
    Layers(Layers<'a>),
    Directory { image: &'a str, root: &'a std::path::Path, limits: &'a Limits, classifiers: &'a Classifiers },
}

fn source<'a>(image: &'a Image, options: &'a InventoryOptions, progress: &'a dyn Progress) -> Source<'a> {
    let (limits, classifiers) = (&options.limits, &*options.classifiers);
    match image.content() {
        Content::Layers { layers, blobs } => Source::Layers(Layers {
            image: image.name(),
            layers,
            blobs: &**blobs,
            limits,
            classifiers,
            // What is not read must not be kept as if it were.
            cache: options.cache.as_deref().filter(|_| options.depth == Depth::Files),
            depth: options.depth,
            verified: Arc::default(),
            progress,
        }),
        Content::Directory(root) => Source::Directory { image: image.name(), root, limits, classifiers },
    }
}

impl Source<'_> {
    /// Hands the layers, or the directory, to `each` with their positions, lowest first.
    fn parts(
        &self,
        budget: &TextBudget,
        each: &mut dyn FnMut(u32, Part) -> Result<(), ImageError>,
    ) -> Result<(), ImageError> {
        match self {
            Self::Layers(layers) => layers.read_all(budget, each),
            Self::Directory { image, root, limits, classifiers } => {
                each(0, directory::read_all(image, root, limits, classifiers, budget)?)
            }
        }
    }

    /// What is read of the files of `again`.
    fn again<'w>(
        &self,
        again: &'w Again,
        budget: &TextBudget,
    ) -> Result<Vec<(&'w Wish, ReadFile)>, ImageError> {
        match self {
            Self::Layers(layers) => layers.read_again(again, budget),
            Self::Directory { root, limits, classifiers, .. } => {
                Ok(directory::read_again(root, limits, classifiers, again))
            }
        }
    }
}

/// Content, cataloger, and the path that the cataloger is to see.
type Wished = (ContentId, usize, String);

fn wished(wish: &Wish) -> Wished {
    (wish.content, wish.cataloger, wish.shown_path.clone())
}

/// What was read of an image so far.
struct Reading<'a> {
    source: Source<'a>,
    image: &'a Image,
    /// The diff-ids of its layers, where they are known.
    diff_ids: Vec<Option<Arc<str>>>,
    limits: &'a Limits,
    classifiers: &'a Classifiers,
    budget: &'a TextBudget,
    /// How many components links made be looked up, of `lookups_max`.
    n_lookups: Cell<u64>,
    facts: BTreeMap<ContentId, Vec<ReadFile>>,
    /// What was read under other paths than those that the files are written at.
    again: BTreeMap<Wished, Option<ReadFile>>,
    gaps: Gaps,
}

impl<'a> Reading<'a> {
    fn new(
        source: Source<'a>,
        image: &'a Image,
        options: &'a InventoryOptions,
        budget: &'a TextBudget,
    ) -> Self {
        let mut gaps = Gaps::default();
        gaps.extend(image.gaps().iter().cloned());
        let diff_id = |layer: &Layer| layer.diff_id().map(|diff_id| diff_id.as_str().into());
        Self {
            source,
            image,
            diff_ids: image.layers().iter().map(diff_id).collect(),
            limits: &options.limits,
            classifiers: &options.classifiers,
            budget,
            n_lookups: Cell::new(0),
            facts: BTreeMap::new(),
            again: BTreeMap::new(),
            gaps,
        }
    }

    /// Adds what was read of the layer at `layer`.
    fn add(&mut self, layer: u32, files: Vec<ReadFile>, gaps: Gaps) {
        for file in files {
            let of_file = self.facts.entry(ContentId { layer, entry: file.entry }).or_default();
            // Most files are read by one cataloger; a list that grows by itself has room for four.
            of_file.reserve_exact(1);
            of_file.push(file);
        }
        self.gaps.merge(gaps);
    }

    /// What the files of `tree` amount to.
    fn found(&mut self, tree: &Tree, gaps: &mut Gaps) -> Result<Found, ImageError> {
        let allowance = Allowance {
            budget: self.budget,
            n_lookups: &self.n_lookups,
            lookups_max: self.limits.lookups_max,
        };
        let (finds, origin) = match self.source {
            Source::Layers(_) => (Finds::Installed, Origin::Layers(&self.image.subject().layers)),
            Source::Directory { .. } => (Finds::Declared, Origin::Directory),
        };
        let wanted = wanted::wanted(tree, &self.facts, finds, self.classifiers, &allowance, gaps)
            .map_err(|source| ImageError::part(self.image.name(), "the files that are wanted", source))?;
        let files = self.surviving_files(tree, wanted)?;
        let resolve = |path: &str| self.resolve(tree, path);
        let found = cataloger::assemble(&FactTree::new(&files, origin, &resolve), self.limits);
        if self.n_lookups.get() > self.limits.lookups_max {
            let detail = format!("links lead further than lookups_max of {}", self.limits.lookups_max);
            gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, "", detail));
        }
        Ok(found)
    }

    /// The facts of the files that are in `tree`, sorted by path and cataloger.
    fn surviving_files(
        &mut self,
        tree: &Tree,
        Wanted { own, aliases, mut again }: Wanted,
    ) -> Result<Vec<FactFile>, ImageError> {
        let mut files = Vec::new();
        for (id, content) in own {
            for file in self.facts.get(&content).into_iter().flatten() {
                files.push((content, self.fact_file(tree, id, tree.path(id), content.layer, file)));
            }
        }
        for (id, content, cataloger) in aliases {
            let layer = tree.node(id).layer;
            let read = self.facts.get(&content).into_iter().flatten();
            for file in read.filter(|file| file.cataloger == cataloger) {
                let path = tree.path(id);
                self.budget.take(file.n_bytes(&path)).map_err(|source| {
                    ImageError::part(self.image.name(), "the names of its programs", source)
                })?;
                files.push((content, self.fact_file(tree, id, path, layer, file)));
            }
        }
        let wishes: Vec<Wish> = again.iter().map(|(_, wish)| wish.clone()).collect();
        again.retain(|_, wish| !self.again.contains_key(&wished(wish)));
        let new: Vec<_> = again.iter().map(|(_, wish)| (wished(wish), None)).collect();
        self.again.extend(new);
        for (wish, file) in self.source.again(&again, self.budget)? {
            self.again.insert(wished(wish), Some(file));
        }
        for wish in wishes {
            // What a path leads to need not be a file that can be read.
            if let Some(Some(file)) = self.again.get(&wished(&wish)) {
                files.push((wish.content, self.fact_file(tree, wish.node, wish.path, wish.layer, file)));
            }
        }
        files.sort_by(|(_, left), (_, right)| {
            (&left.path, left.cataloger).cmp(&(&right.path, right.cataloger))
        });
        note_programs_once(&mut files);
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }

    /// `path` with its links followed, if it leads anywhere inside the image.
    fn resolve(&self, tree: &Tree, path: &str) -> Option<String> {
        let path = path::normal(path.as_bytes()).ok()?;
        tree.find_within(&path, LastLink::Follow, &self.n_lookups, self.limits.lookups_max)
            .ok()
            .map(|found| found.path)
    }

    fn fact_file(&self, tree: &Tree, id: NodeId, path: String, layer: u32, file: &ReadFile) -> FactFile {
        FactFile {
            path,
            layer: self.diff_id(layer),
            cataloger: CATALOGERS[file.cataloger].name,
            digest: file.digest.clone(),
            since: self.since(tree, id, file),
            facts: Arc::clone(&file.facts),
            brought: self.brought(tree, id, file),
        }
    }

    /// The layer since which the file at `id` has the bytes that `file` was read from, where that is not the layer that
    /// wrote it last.
    fn since(&self, tree: &Tree, id: NodeId, file: &ReadFile) -> Option<Arc<str>> {
        file.digest.as_ref()?;
        let mut since = None;
        let mut before = tree.previous(id);
        while let Some(id) = before
            && let NodeKind::File(written) = tree.node(id).kind
        {
            let mut earlier = self.facts.get(&written.content).into_iter().flatten();
            if !earlier.any(|earlier| earlier.cataloger == file.cataloger && earlier.digest == file.digest) {
                break;
            }
            since = self.diff_id(tree.node(id).layer);
            before = tree.previous(id);
        }
        since
    }

    fn diff_id(&self, layer: u32) -> Option<Arc<str>> {
        self.diff_ids.get(layer as usize)?.clone()
    }

    /// The layers that brought the records in `file`, a database at `id`, where these are not the one that wrote it
    /// last: every installation writes the whole database anew, with the records that stood in it before.
    fn brought(&self, tree: &Tree, id: NodeId, file: &ReadFile) -> BTreeMap<Record, Arc<str>> {
        let mut brought = BTreeMap::new();
        let mut unchanged: BTreeSet<Record> = records(file).collect();
        let mut before = tree.previous(id);
        while let Some(id) = before
            && !unchanged.is_empty()
            && let NodeKind::File(written) = tree.node(id).kind
            && let Some(diff_id) = self.diff_id(tree.node(id).layer)
        {
            let earlier = self.facts.get(&written.content).into_iter().flatten();
            let there: BTreeSet<Record> =
                earlier.filter(|earlier| earlier.cataloger == file.cataloger).flat_map(records).collect();
            unchanged.retain(|record| there.contains(record));
            for record in &unchanged {
                brought.insert(record.clone(), diff_id.clone());
            }
            before = tree.previous(id);
        }
        brought
    }
}

/// A program of several names (hard links) is one program, whichever of them it is recognised by: of one that some
/// cataloger found a package in, no name is left as that of an unknown program, and of others the first.
fn note_programs_once(files: &mut [(ContentId, FactFile)]) {
    let is_package = |fact: &Fact| matches!(fact, Fact::Package(_));
    let is_recognised = |(_, file): &&(ContentId, FactFile)| file.facts.iter().any(is_package);
    let mut noted: BTreeSet<ContentId> =
        files.iter().filter(is_recognised).map(|(content, _)| *content).collect();
    for (content, file) in files {
        if file.facts.iter().any(|fact| matches!(fact, Fact::Program(_))) && !noted.insert(*content) {
            file.facts =
                file.facts.iter().filter(|fact| !matches!(fact, Fact::Program(_))).cloned().collect();
        }
    }
}

/// The records of operating-system packages in `file`.
fn records(file: &ReadFile) -> impl Iterator<Item = Record> {
    file.facts.iter().filter_map(|fact| match fact {
        Fact::Package(fact) if fact.package.ecosystem.is_os() => Some(Record::of(&fact.package)),
        _ => None,
    })
}

/// Gaps of one kind kept as they are; further ones are counted.
const GAPS_OF_A_KIND_MAX: usize = 1_000;

/// Bytes of a path or an explanation kept in a gap, which both may hold text of a hostile image.
const GAP_TEXT_BYTES_MAX: usize = 2_000;

/// Gaps, of which a hostile image could have millions.
#[derive(Default)]
pub(crate) struct Gaps {
    kept: BTreeSet<Gap>,
    n_by_kind: BTreeMap<GapKind, usize>,
}

impl Gaps {
    fn push(&mut self, mut gap: Gap) {
        shorten(&mut gap.place);
        shorten(&mut gap.detail);
        if self.kept.contains(&gap) {
            return;
        }
        let n_of_kind = self.n_by_kind.entry(gap.kind.clone()).or_default();
        *n_of_kind += 1;
        if *n_of_kind <= GAPS_OF_A_KIND_MAX {
            self.kept.insert(gap);
        }
    }

    fn extend(&mut self, gaps: impl IntoIterator<Item = Gap>) {
        gaps.into_iter().for_each(|gap| self.push(gap));
    }

    /// Adds those of another part, its uncounted ones included.
    fn merge(&mut self, other: Self) {
        let mut n_dropped = other.n_by_kind;
        for gap in other.kept {
            if let Some(n_of_kind) = n_dropped.get_mut(&gap.kind) {
                *n_of_kind -= 1;
            }
            self.push(gap);
        }
        for (kind, n_of_kind) in n_dropped {
            if n_of_kind > 0 {
                *self.n_by_kind.entry(kind).or_default() += n_of_kind;
            }
        }
    }

    /// The gaps that are kept, and how many of each kind there were.
    pub(crate) fn parts(
        &self,
    ) -> (impl ExactSizeIterator<Item = &Gap>, impl ExactSizeIterator<Item = (&GapKind, &usize)>) {
        (self.kept.iter(), self.n_by_kind.iter())
    }

    /// The gaps whose [`parts`](Self::parts) were these.
    pub(crate) fn from_parts(kept: Vec<Gap>, counted: Vec<(GapKind, usize)>) -> Self {
        let mut gaps = Self::default();
        gaps.extend(kept);
        for (kind, count) in counted {
            // Never fewer than are there.
            let n_of_kind = gaps.n_by_kind.entry(kind).or_default();
            *n_of_kind = count.max(*n_of_kind);
        }
        gaps
    }

    fn into_vec(self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = self.kept.into_iter().collect();
        let kept = gaps.iter().fold(BTreeMap::new(), |mut kept: BTreeMap<GapKind, usize>, gap| {
            *kept.entry(gap.kind.clone()).or_default() += 1;
            kept
        });
        for (kind, n_of_kind) in self.n_by_kind {
            let n_dropped = n_of_kind - kept.get(&kind).copied().unwrap_or(0);
            if n_dropped > 0 {
                gaps.push(Gap::new(kind, "", format!("and {n_dropped} more of this kind")));
            }
        }
        gaps
    }
}

fn shorten(text: &mut String) {
    if text.len() > GAP_TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(GAP_TEXT_BYTES_MAX));
        text.push('…');
    }
}

#[cfg(test)]
mod tests;
