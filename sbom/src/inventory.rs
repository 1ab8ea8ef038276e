//! From an opened image to its inventory.
//!
//! Each layer is streamed once, several at a time: every path is noted, and every file that a cataloger wants is
//! read as it passes by. Then the layers are squashed, facts of files that did not survive are dropped, and files
//! that only now turn out to be wanted (through links, or under a hard link's name) are fetched in a second pass over
//! the layers that hold them. What is left is assembled into packages.
//!
//! - `layers`: the pass over layers, in parallel; `directory`: the same for a directory
//! - `reading`: one file, handed to the catalogers that want it
//! - `file_facts`: which files of the squashed image are guarded unusually
//! - `wanted`: which files the squashed image makes interesting

mod directory;
mod file_facts;
mod layers;
mod reading;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::limits::Limits;

use crate::cache::LayerCache;
use crate::cataloger::{self, CATALOGERS, FactFile, FactTree};
use crate::image::listing::{Listing, TextBudget};
use crate::image::path;
use crate::image::squash::Squash;
use crate::image::tree::{ContentId, LastLink, Tree};
use crate::image::{Content, Image, ImageError};

use layers::Layers;
use wanted::{Again, Wanted};

pub(crate) use reading::ReadFile;
pub(crate) use wanted::Wish;

/// What an inventory is made with.
#[derive(Clone, Debug, Default)]
pub struct InventoryOptions {
    /// The subject's name, instead of what the image or its path says.
    pub name: Option<String>,
    /// What may be used.
    pub limits: Limits,
    /// Where the facts of layers are kept; without one every layer is read.
    pub cache: Option<Arc<LayerCache>>,
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
    let source = source(image, options, progress);
    let budget = TextBudget::new(limits.tree_bytes_max);
    let mut gaps = Gaps::default();
    gaps.extend(image.gaps().iter().cloned());
    let mut bytes: u64 = 0;
    let mut facts = BTreeMap::new();
    let mut known = Vec::new();
    let mut squash = Squash::new(limits);
    // Lower layers are squashed, and their listings dropped, while higher ones are still being read.
    source.parts(&budget, &mut |layer, part| {
        squash
            .apply(&part.listing, &budget, &mut |gap| gaps.push(gap))
            .map_err(|source| ImageError::part(image.name(), "the tree of files", source))?;
        bytes = bytes.saturating_add(file_facts::bytes(&part.listing));
        for file in part.files {
            facts.entry(ContentId { layer, entry: file.entry }).or_insert_with(Vec::new).push(file);
        }
        gaps.merge(part.gaps);
        known.push(part.is_known);
        Ok(())
    })?;
    let tree = squash.finish();

    let wanted = wanted::wanted(&tree, &facts, &mut gaps);
    let files = surviving_files(image, &tree, wanted, facts, &source)?;
    let resolve = |path: &str| resolve(&tree, path);
    let found = cataloger::assemble(&FactTree::new(&files, &resolve), limits);
    gaps.extend(found.gaps);
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
    Ok(Inventory::new(subject, found.distro, found.packages, gaps.into_vec()))
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
enum Source<'a> {
    Layers(Layers<'a>),
    Directory { image: &'a str, root: &'a std::path::Path, limits: &'a Limits },
}

fn source<'a>(image: &'a Image, options: &'a InventoryOptions, progress: &'a dyn Progress) -> Source<'a> {
    let limits = &options.limits;
    match image.content() {
        Content::Layers { layers, blobs } => Source::Layers(Layers {
            image: image.name(),
            layers,
            blobs: &**blobs,
            limits,
            cache: options.cache.as_deref(),
            progress,
        }),
        Content::Directory(root) => Source::Directory { image: image.name(), root, limits },
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
            Self::Directory { image, root, limits } => {
                each(0, directory::read_all(image, root, limits, budget)?)
            }
        }
    }

    /// What is read of the files of `again`.
    fn again<'w>(&self, again: &'w Again) -> Result<Vec<(&'w Wish, ReadFile)>, ImageError> {
        match self {
            Self::Layers(layers) => layers.read_again(again),
            Self::Directory { root, limits, .. } => Ok(directory::read_again(root, limits, again)),
        }
    }
}

/// The facts of the files that are in the squashed image, sorted by path and cataloger.
fn surviving_files(
    image: &Image,
    tree: &Tree,
    Wanted { own, again }: Wanted,
    mut facts: BTreeMap<ContentId, Vec<ReadFile>>,
    source: &Source<'_>,
) -> Result<Vec<FactFile>, ImageError> {
    let diff_id = |layer: u32| {
        let layer = image.layers().get(layer as usize)?;
        layer.diff_id().map(ToString::to_string)
    };
    let fact_file = |path: String, layer, file: ReadFile| FactFile {
        path,
        layer: diff_id(layer),
        cataloger: CATALOGERS[file.cataloger].name,
        facts: file.facts,
    };
    let mut files = Vec::new();
    for (id, content) in own {
        for file in facts.remove(&content).into_iter().flatten() {
            files.push(fact_file(tree.path(id), content.layer, file));
        }
    }
    for (wish, file) in source.again(&again)? {
        files.push(fact_file(wish.path.clone(), wish.layer, file));
    }
    files.sort_by(|left, right| (&left.path, left.cataloger).cmp(&(&right.path, right.cataloger)));
    Ok(files)
}

/// `path` with its links followed, if it leads anywhere inside the image.
fn resolve(tree: &Tree, path: &str) -> Option<String> {
    let path = path::normal(path.as_bytes()).ok()?;
    tree.find(&path, LastLink::Follow).ok().map(|found| found.path)
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
        Self { kept: kept.into_iter().collect(), n_by_kind: counted.into_iter().collect() }
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
