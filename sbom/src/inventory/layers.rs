//! The pass over layers, in parallel, and the second one over those that hold files wanted late.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use model::gap::{Gap, GapKind};
use model::limits::Limits;

use crate::cache::LayerCache;
use crate::cataloger::{Classifiers, Content, File, Finds, interested};
use crate::image::blob::BlobSource;
use crate::image::listing::{Listed, ListedKind, Listing, TextBudget};
use crate::image::mode::Mode;
use crate::image::path;
use crate::image::squash::is_whiteout;
use crate::image::stream::{LayerReader, Verify, read_layer};
use crate::image::tar_stream::{End, EntryKind, TarReader};
use crate::image::{ImageError, Layer};

use super::reading::{self, ReadFile, keep, starts};
use super::wanted::{Again, Wish};
use super::{Depth, Gaps, Part, Progress};

/// Layers read at once. Each may keep a file of `spool_bytes_min` in memory, so more would cost what a machine
/// with many cores gains.
const WORKERS_MAX: usize = 6;

/// The layers of an image, and how they are to be read.
#[derive(Clone)]
pub(super) struct Layers<'a> {
    /// What errors call the image.
    pub(super) image: &'a str,
    pub(super) layers: &'a [Layer],
    pub(super) blobs: &'a dyn BlobSource,
    pub(super) limits: &'a Limits,
    pub(super) classifiers: &'a Classifiers,
    pub(super) cache: Option<&'a LayerCache>,
    pub(super) depth: Depth,
    pub(super) progress: &'a dyn Progress,
    /// The layers that were read and verified in this run.
    pub(super) verified: Arc<Mutex<BTreeSet<usize>>>,
}

impl Layers<'_> {
    /// Reads every layer that is not known, the largest first, on as many threads as there are cores, and hands each to
    /// `each` as soon as it and all below it are there.
    ///
    /// A layer's blob is read and hashed on one thread, inflated and walked on another ([`read_layer`]): that fills
    /// two cores even when one layer dominates.
    pub(super) fn read_all(
        &self,
        budget: &TextBudget,
        each: &mut dyn FnMut(u32, Part) -> Result<(), ImageError>,
    ) -> Result<(), ImageError> {
        let mut order: Vec<usize> = (0..self.layers.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(self.layers[index].stored_size(self.blobs)));
        in_parallel(
            &order,
            |index| self.part(index, budget),
            |index, part| {
                each(u32::try_from(index).expect("a manifest is too small for so many layers"), part?)
            },
        )
    }

    fn part(&self, index: usize, budget: &TextBudget) -> Result<Part, ImageError> {
        let layer = &self.layers[index];
        if let Some(part) = self.cache.and_then(|cache| cache.part(layer, budget)) {
            self.progress.layer_known(index);
            return Ok(part);
        }
        let part = self.read(index, budget)?;
        if let Some(cache) = self.cache {
            cache.keep_part(layer, &part);
        }
        Ok(part)
    }

    fn read(&self, index: usize, budget: &TextBudget) -> Result<Part, ImageError> {
        let layer = &self.layers[index];
        self.progress.layer_started(index, layer.stored_size(self.blobs));
        let advanced = |n_bytes| self.progress.advanced(index, n_bytes);
        let read = |reader: &mut LayerReader| {
            let entries = Entries::new(reader, self.limits, self.classifiers);
            read_entries(entries, layer, self.depth, budget)
        };
        let (part, bytes) =
            read_layer(self.image, self.blobs, layer, Verify::Digests, self.limits, &advanced, read)?;
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).insert(index);
        self.progress.files_read(part.files.len());
        self.progress.layer_finished(index);
        Ok(Part { bytes, ..part })
    }

    /// Reads the files of `again` from the layers that hold them, or takes what was kept of them.
    pub(super) fn read_again<'w>(
        &self,
        again: &'w Again,
        budget: &TextBudget,
    ) -> Result<Vec<(&'w Wish, ReadFile)>, ImageError> {
        let order: Vec<usize> = again.layers().collect();
        let mut all = Vec::new();
        in_parallel(
            &order,
            |index| self.wishes(index, &again.of(index), budget),
            |_, read| {
                all.extend(read?);
                Ok(())
            },
        )?;
        Ok(all)
    }

    fn wishes<'w>(
        &self,
        index: usize,
        wishes: &[(u32, &'w Wish)],
        budget: &TextBudget,
    ) -> Result<Vec<(&'w Wish, ReadFile)>, ImageError> {
        let layer = &self.layers[index];
        let granted = |files: Vec<(usize, ReadFile)>| {
            files.into_iter().map(|(wish, file)| (wishes[wish].1, file)).collect()
        };
        if let Some(files) = self.cache.and_then(|cache| cache.again(layer, wishes)) {
            return Ok(granted(files));
        }
        // What is kept of a layer stands under its digest: the bytes must be those. A layer that was known was not verified
        // in this run, and a registry may answer otherwise the second time.
        let was_verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner).contains(&index);
        let verify = if was_verified && self.blobs.is_stable() { Verify::Nothing } else { Verify::Digests };
        let read = |reader: &mut LayerReader| {
            read_wishes(Entries::new(reader, self.limits, self.classifiers), wishes, budget)
        };
        let (files, _) = read_layer(self.image, self.blobs, layer, verify, self.limits, &|_| {}, read)?;
        self.progress.files_read(files.len());
        if let Some(cache) = self.cache {
            let kept: Vec<(usize, &ReadFile)> = files.iter().map(|(wish, file)| (*wish, file)).collect();
            cache.keep_again(layer, wishes, &kept);
        }
        Ok(granted(files))
    }
}

/// `work` done for each index of `order` begun in that order; `each` gets the results in
/// the order of the indices, on this thread, and ends everything with its first error.
fn in_parallel<T: Send, E>(
    order: &[usize],
    work: impl Fn(usize) -> T + Sync,
    mut each: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let n_workers = thread::available_parallelism().map_or(1, usize::from).min(order.len()).min(WORKERS_MAX);
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (sender, results) = channel();
        for _ in 0..n_workers {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send((index, work(index))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = sorted.into_iter().peekable();
        for (index, result) in results {
            early.insert(index, result);
            while let Some((index, result)) = due.peek().and_then(|index| early.remove_entry(index)) {
                due.next();
                if let Err(error) = each(index, result) {
                    // Nobody begins another piece of work.
                    next.store(order.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    })
}

/// Lists the entries of a layer and reads what catalogers want of them.
fn read_entries(
    mut entries: Entries<'_, '_>,
    layer: &Layer,
    depth: Depth,
    budget: &TextBudget,
) -> io::Result<Part> {
    let mut listing = Listing::default();
    let mut files = Vec::new();
    let mut buffer = Vec::new();
    while let Some(entry) = entries.next()? {
        listing.push(entry.listed(), budget)?;
        let ListedEntry { index, path, kind: Kind::File { size, mode } } = entry else { continue };
        if is_whiteout(&path) || depth == Depth::Entries {
            continue;
        }
        let catalogers = interested(&path, mode.is_executable(), size, Finds::Installed, entries.classifiers);
        if !catalogers.is_empty() {
            let requests: Vec<(usize, &str)> =
                catalogers.iter().map(|&cataloger| (cataloger, path.as_str())).collect();
            let n_before = files.len();
            let mut push = |_, file| files.push(file);
            entries.read(index, size, mode, &requests, &mut buffer, &mut push)?;
            budget.take(files[n_before..].iter().map(|file: &ReadFile| file.n_bytes(&path)).sum())?;
        }
    }
    // A layer's digest tells whether it was cut; the archive of a root filesystem has none.
    if entries.tar.end() == Some(End::Unmarked) && layer.diff_id().is_none() {
        let detail = "it ends without an end-of-archive marker and may have been cut";
        entries.gaps.push(Gap::new(GapKind::UNREADABLE_FILE, "", detail));
    }
    Ok(Part { listing, files, gaps: entries.gaps, ..Part::default() })
}

/// Reads what `wishes`, in the order of entries, want of a layer: positions in the list, and what was read.
fn read_wishes(
    mut entries: Entries<'_, '_>,
    wishes: &[(u32, &Wish)],
    budget: &TextBudget,
) -> io::Result<Vec<(usize, ReadFile)>> {
    let mut files = Vec::new();
    let mut buffer = Vec::new();
    let mut first = 0;
    while first < wishes.len()
        && let Some(entry) = entries.next()?
    {
        let of_entry = wishes[first..].iter().take_while(|(wanted, _)| *wanted == entry.index);
        let requests: Vec<(usize, &str)> =
            of_entry.map(|(_, wish)| (wish.cataloger, wish.shown_path.as_str())).collect();
        if let Kind::File { size, mode } = entry.kind
            && !requests.is_empty()
        {
            let n_before = files.len();
            let mut push = |request: usize, file| files.push((first + request, file));
            entries.read(entry.index, size, mode, &requests, &mut buffer, &mut push)?;
            let taken =
                files[n_before..].iter().map(|(wish, file)| file.n_bytes(&wishes[*wish].1.shown_path));
            budget.take(taken.sum())?;
        }
        first += requests.len();
    }
    Ok(files)
}

/// The entries of a layer that have a place in the image, numbered as in its listing.
struct Entries<'r, 'l> {
    tar: TarReader<'l, &'r mut LayerReader>,
    limits: &'l Limits,
    classifiers: &'l Classifiers,
    n_entries: u32,
    gaps: Gaps,
}

struct ListedEntry {
    index: u32,
    path: String,
    kind: Kind,
}

enum Kind {
    File { size: u64, mode: Mode },
    HardLink { target: String },
    Symlink { target: String },
    Directory { mode: Mode },
    Other,
}

impl ListedEntry {
    fn listed(&self) -> Listed<'_> {
        let kind = match &self.kind {
            Kind::File { size, mode } => ListedKind::File { size: *size, mode: *mode },
            Kind::HardLink { target } => ListedKind::HardLink { target },
            Kind::Symlink { target } => ListedKind::Symlink { target },
            Kind::Directory { mode } => ListedKind::Directory { mode: *mode },
            Kind::Other => ListedKind::Other,
        };
        Listed { path: &self.path, kind }
    }
}

impl<'r, 'l> Entries<'r, 'l> {
    fn new(reader: &'r mut LayerReader, limits: &'l Limits, classifiers: &'l Classifiers) -> Self {
        Self { tar: TarReader::new(reader, limits), limits, classifiers, n_entries: 0, gaps: Gaps::default() }
    }

    fn next(&mut self) -> io::Result<Option<ListedEntry>> {
        while let Some(entry) = self.tar.next()? {
            let longest = match &entry.kind {
                EntryKind::HardLink(target) | EntryKind::Symlink(target) => {
                    target.len().max(entry.path.len())
                }
                EntryKind::File | EntryKind::Directory | EntryKind::Other => entry.path.len(),
            };
            if longest > self.limits.path_bytes_max {
                let start: String = path::text(&entry.path).chars().take(100).collect();
                let detail = format!("a path of {longest} bytes exceeds path_bytes_max");
                self.gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, start, detail));
                continue;
            }
            let Ok(path) = path::normal(&entry.path) else {
                self.gaps.push(escapes(&entry.path, "the path leads out of the image"));
                continue;
            };
            let kind = match entry.kind {
                EntryKind::File => Kind::File { size: entry.size, mode: entry.mode },
                EntryKind::HardLink(target) => match path::normal(&target) {
                    Ok(target) => Kind::HardLink { target },
                    Err(path::Escapes) => {
                        self.gaps.push(escapes(&entry.path, "the hard link leads out of the image"));
                        Kind::Other
                    }
                },
                EntryKind::Symlink(target) => Kind::Symlink { target: path::text(&target) },
                EntryKind::Directory => Kind::Directory { mode: entry.mode },
                EntryKind::Other => Kind::Other,
            };
            let index = self.n_entries;
            self.n_entries += 1;
            return Ok(Some(ListedEntry { index, path, kind }));
        }
        Ok(None)
    }

    /// Hands the content of the current entry to catalogers, each with the path it is to see, and what they read to
    /// `push` with the position of the request.
    fn read(
        &mut self,
        entry: u32,
        size: u64,
        mode: Mode,
        requests: &[(usize, &str)],
        buffer: &mut Vec<u8>,
        push: &mut dyn FnMut(usize, ReadFile),
    ) -> io::Result<()> {
        let head = self.tar.head()?;
        let keen: Vec<(usize, usize, &str)> = (0..)
            .zip(requests)
            .filter(|(_, (cataloger, _))| starts(*cataloger, head, size))
            .map(|(request, &(cataloger, path))| (request, cataloger, path))
            .collect();
        let Some(&(_, _, path)) = keen.first() else { return Ok(()) };
        if size > self.limits.file_bytes_max {
            self.gaps.push(reading::too_large(path, size, self.limits));
            return Ok(());
        }
        let (limits, classifiers) = (self.limits, self.classifiers);
        let mut read_from = |content: Content<'_>| {
            for &(request, cataloger, path) in &keen {
                let executable = mode.is_executable();
                let file = File { path, size, executable, content, limits, classifiers };
                push(request, reading::read(cataloger, entry, file));
            }
        };
        // Most files that are wanted lie in the buffer as a whole and need no copy.
        if let Some(bytes) = self.tar.buffered()? {
            read_from(Content::Bytes(bytes));
            return Ok(());
        }
        let kept = keep(&mut self.tar.content(), size, buffer, limits)?;
        read_from(kept.content(buffer));
        Ok(())
    }
}

fn escapes(path: &[u8], detail: &str) -> Gap {
    Gap::new(GapKind::PATH_ESCAPES, path::text(path), detail)
}
