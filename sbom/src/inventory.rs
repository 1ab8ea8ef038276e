//! From an opened image to its inventory.
//!
//! Each layer is streamed once, several at a time: every path is noted, and every file that a cataloger wants is
//! read as it passes by. Then the layers are squashed, facts of files that did not survive are dropped, and files
//! that only now turn out to be wanted (through links, or under a hard link's name) are fetched in a second pass over
//! the layers that hold them. What is left is assembled into packages.
//!
//! - `layers`: the pass over layers, in parallel; `directory`: the same for a directory
//! - `reading`: one file, handed to the catalogers that want it
//! - `wanted`: which files the squashed image makes interesting

mod directory;
mod layers;
mod reading;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Subject};
use model::limits::Limits;

use crate::cataloger::{self, CATALOGERS, FactFile, FactTree};
use crate::image::listing::{Listing, TextBudget};
use crate::image::path;
use crate::image::squash::Squash;
use crate::image::tree::{ContentId, LastLink, Tree};
use crate::image::{Content, Image, ImageError};

use reading::ReadFile;
use wanted::Wanted;

/// What an inventory is made with.
#[derive(Clone, Debug, Default)]
pub struct InventoryOptions {
    /// The subject's name, instead of what the image or its path says.
    pub name: Option<String>,
    /// What may be used.
    pub limits: Limits,
}

/// Hears how far the reading of layers is, from several threads.
pub trait Progress: Sync {
    /// The layer at `index` is being read; `bytes` is its size as stored, where known.
    fn layer_started(&self, index: usize, bytes: Option<u64>);
    /// So many bytes (as stored) were read since the last call, in any layer.
    fn advanced(&self, bytes: u64);
    /// The layer at `index` was read to its end.
    fn layer_finished(&self, index: usize);
}

/// Hears nothing.
pub struct NoProgress;

impl Progress for NoProgress {
    fn layer_started(&self, _: usize, _: Option<u64>) {}
    fn advanced(&self, _: u64) {}
    fn layer_finished(&self, _: usize) {}
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
    let mut gaps = Gaps::default();
    let mut facts = BTreeMap::new();
    let mut squash = Squash::new(limits);
    // Lower layers are squashed, and their listings dropped, while higher ones are still being read.
    read_parts(image, limits, &budget, progress, &mut |layer, part| {
        squash
            .apply(&part.listing, &budget, &mut |gap| gaps.push(gap))
            .map_err(|source| ImageError::part(image.name(), "the tree of files", source))?;
        for file in part.files {
            facts.entry(ContentId { layer, entry: file.entry }).or_insert_with(Vec::new).push(file);
        }
        gaps.merge(part.gaps);
        Ok(())
    })?;
    let tree = squash.finish();

    let wanted = wanted::wanted(&tree, &facts, &mut gaps);
    let files = surviving_files(image, &tree, wanted, facts, limits)?;
    let resolve = |path: &str| resolve(&tree, path);
    let found = cataloger::assemble(&FactTree::new(&files, &resolve), limits);
    gaps.extend(found.gaps);
    let subject = Subject {
        name: options.name.clone().unwrap_or_else(|| image.subject().name.clone()),
        ..image.subject().clone()
    };
    Ok(Inventory::new(subject, found.distro, found.packages, gaps.into_vec()))
}

/// What one layer, or the directory, holds.
#[derive(Default)]
struct Part {
    listing: Listing,
    files: Vec<ReadFile>,
    gaps: Gaps,
}

/// Reads the layers, or the directory, and hands each to `each` with its position, in order.
fn read_parts(
    image: &Image,
    limits: &Limits,
    budget: &TextBudget,
    progress: &dyn Progress,
    each: &mut dyn FnMut(u32, Part) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    match image.content() {
        Content::Layers { layers, blobs } => {
            layers::read_all(image.name(), layers, &**blobs, limits, budget, progress, each)
        }
        Content::Directory(root) => each(0, directory::read_all(image.name(), root, limits, budget)?),
    }
}

/// The facts of the files that are in the squashed image, sorted by path and cataloger.
fn surviving_files(
    image: &Image,
    tree: &Tree,
    Wanted { own, again }: Wanted,
    mut facts: BTreeMap<ContentId, Vec<ReadFile>>,
    limits: &Limits,
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
    let read_again = match image.content() {
        Content::Layers { layers, blobs } => {
            layers::read_again(image.name(), layers, &**blobs, limits, &again)?
        }
        Content::Directory(root) => directory::read_again(root, limits, &again),
    };
    for (wish, file) in read_again {
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
struct Gaps {
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
