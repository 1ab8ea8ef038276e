//! What catalogers found in a layer, kept across runs and images.
//!
//! A layer's facts depend on nothing but its bytes, so they are kept under its diff-id. What is kept was read from a
//! layer whose digests were verified. Where a manifest names a layer by the digest of its compressed blob, that blob
//! must have been seen to hold that diff-id before the facts are taken for it; where there is no such digest
//! (`docker save` of old) the diff-id of the configuration is believed, as container runtimes do.
//!
//! ```text
//! DIR/layers/<generation>/<diff-id>            what one pass over the layer found
//!                         <diff-id>-<hash>     what was read of it under other paths, in a second pass
//!                         <blob digest>.blob   the diff-id that this blob holds
//! ```
//!
//! A generation is a hash of all that changes what catalogers find. Files appear whole, by rename, and are never
//! changed: any number of processes may share a directory. One that is damaged is read from the image again.
//!
//! - [`codec`]: integers, texts and lists as bytes; `facts`: listings and facts in it

pub(crate) mod codec;
pub(crate) mod facts;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use model::limits::Limits;

use crate::cataloger::{CATALOGERS, Classifiers};
use crate::image::Layer;
use crate::image::listing::{Listing, TextBudget};
use crate::inventory::{Gaps, Part, ReadFile, Wish};
use model::digest::Digest;
use zstd::stream::read::Decoder;

use codec::{Damaged, Reader, Writer};

/// Where the cache lies, and how large it may become.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// Its directory, which is made when something is to be kept.
    pub dir: PathBuf,
    /// Bytes of all its files. What was not used for the longest time goes when there are more.
    pub bytes_max: u64,
    /// The time that is written down for what is used now.
    pub now: SystemTime,
}

/// A directory of facts about layers. It can be shared between threads and processes.
#[derive(Debug)]
pub struct LayerCache {
    options: CacheOptions,
    generation: String,
    has_written: AtomicBool,
    trouble: Mutex<Option<Trouble>>,
}

/// Why the cache does not do its work. Nothing but time is lost by it.
#[derive(Debug, thiserror::Error)]
#[error("the layer cache cannot {action} `{}`", path.display())]
pub struct Trouble {
    /// `read`, `write`, `remove`.
    pub action: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// The operating system's error.
    pub source: io::Error,
}

/// A use that is noted at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60 * 60);

/// After sweeping, the cache is this many parts of a hundred of what it may be.
const SWEPT_PERCENT: u64 = 80;

/// What a name ends in that no other process will finish.
const UNFINISHED: &str = ".unfinished";

/// Bytes of one entry once decompressed: more than any layer within the default limits can have.
const ENTRY_BYTES_MAX: u64 = 1 << 30;

impl LayerCache {
    /// The cache in a directory, for catalogers under `limits` and with the user's `classifiers`. Nothing is touched yet.
    pub fn new(options: CacheOptions, limits: &Limits, classifiers: &Classifiers) -> Self {
        Self {
            options,
            generation: generation(limits, classifiers),
            has_written: AtomicBool::new(false),
            trouble: Mutex::new(None),
        }
    }

    /// The first thing that went wrong, if anything did.
    pub fn take_trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What is kept of a pass over `layer`; none also when its listing does not fit into what `budget` has left, which
    /// reading the layer will say.
    pub(crate) fn part(&self, layer: &Layer, budget: &TextBudget) -> Option<Part> {
        let mut entry = self.open(&self.path(self.vouched(layer)?, ""))?;
        read_part(Reader::new(&mut entry), budget)
    }

    /// Keeps what a pass over `layer` found. Its digests must have been verified.
    pub(crate) fn keep_part(&self, layer: &Layer, part: &Part) {
        let Some(diff_id) = layer.diff_id() else { return };
        self.store(&self.path(diff_id, ""), |out| write_part(out, part));
        if let Some(blob) = layer.digest().filter(|blob| *blob != diff_id) {
            self.store(&self.path(blob, ".blob"), |out| out.text(diff_id.as_str()));
        }
    }

    /// What is kept of `layer` for these very `wishes`: positions in the list, and what was read.
    pub(crate) fn again(&self, layer: &Layer, wishes: &[(u32, &Wish)]) -> Option<Vec<(usize, ReadFile)>> {
        let mut entry = self.open(&self.path(self.vouched(layer)?, &wishes_suffix(wishes)))?;
        read_again(Reader::new(&mut entry), wishes.len()).ok()
    }

    /// Keeps what was read of `layer` for `wishes`.
    pub(crate) fn keep_again(&self, layer: &Layer, wishes: &[(u32, &Wish)], files: &[(usize, &ReadFile)]) {
        let Some(diff_id) = layer.diff_id() else { return };
        self.store(&self.path(diff_id, &wishes_suffix(wishes)), |out| {
            out.list(files, |out, (wish, file)| {
                out.count(*wish);
                facts::write_file(out, file);
            });
        });
    }

    /// Makes room, if this process has added anything: what was not used for the longest time goes first.
    pub fn sweep(&self) {
        if self.has_written.swap(false, Ordering::Relaxed) {
            let root = self.options.dir.join("layers");
            if let Err(source) = sweep(&root, self.options.bytes_max, self.options.now) {
                self.note("remove", &root, source);
            }
        }
    }

    /// The diff-id of `layer`, if what is kept under it may be taken for the layer.
    fn vouched<'l>(&self, layer: &'l Layer) -> Option<&'l Digest> {
        let diff_id = layer.diff_id()?;
        match layer.digest() {
            Some(blob) if blob != diff_id => {
                let mut entry = self.open(&self.path(blob, ".blob"))?;
                let mut held = Reader::new(&mut entry);
                let is_held = held.text() == Ok(diff_id.as_str()) && held.end() == Ok(());
                is_held.then_some(diff_id)
            }
            _ => Some(diff_id),
        }
    }

    fn path(&self, digest: &Digest, suffix: &str) -> PathBuf {
        let name = format!("{}{suffix}", digest.as_str().replacen(':', "-", 1));
        self.options.dir.join("layers").join(&self.generation).join(name)
    }

    /// The content of an entry, unpacked as it is read; none when it is not there. Damage shows by its end.
    fn open(&self, path: &Path) -> Option<impl Read + use<>> {
        let opened = self.try_open(path).and_then(Decoder::new);
        match opened {
            Ok(unpacked) => Some(unpacked.take(ENTRY_BYTES_MAX)),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.note("read", path, error);
                }
                None
            }
        }
    }

    fn try_open(&self, path: &Path) -> io::Result<File> {
        let file = File::open(path)?;
        let modified = file.metadata()?.modified()?;
        if self.options.now.duration_since(modified).is_ok_and(|age| age > TOUCH_EVERY) {
            // In a cache that others may write and we may only read, their use is what counts.
            let _ =
                File::options().append(true).open(path).and_then(|file| file.set_modified(self.options.now));
        }
        Ok(file)
    }

    fn store(&self, path: &Path, write: impl FnOnce(&mut Writer<'_>)) {
        match try_store(path, write) {
            Ok(()) => self.has_written.store(true, Ordering::Relaxed),
            Err(error) => self.note("write", path, error),
        }
    }

    fn note(&self, action: &'static str, path: &Path, source: io::Error) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert_with(|| Trouble { action, path: path.to_owned(), source });
    }
}

/// A name for all that changes what is found in the same layer: this codec, the catalogers, the limits, the user's
/// classifiers.
fn generation(limits: &Limits, classifiers: &Classifiers) -> String {
    let mut text = format!("facts {}\n{limits:?}\n{}", facts::VERSION, classifiers.fingerprint());
    for cataloger in CATALOGERS {
        text.push_str(&format!("{} {}\n", cataloger.name, cataloger.version));
    }
    Digest::sha256(text.as_bytes()).hex()[..16].to_owned()
}

fn wishes_suffix(wishes: &[(u32, &Wish)]) -> String {
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    for (entry, wish) in wishes {
        out.number(u64::from(*entry));
        out.count(wish.cataloger);
        out.text(&wish.shown_path);
    }
    out.finish().expect("memory takes everything");
    format!("-{}", &Digest::sha256(&bytes).hex()[..16])
}

fn write_part(out: &mut Writer<'_>, Part { listing, files, gaps, bytes, is_known: _ }: &Part) {
    out.number(*bytes);
    out.list(files, facts::write_file);
    let (kept, counted) = gaps.parts();
    out.count(kept.len());
    kept.for_each(|gap| facts::write_gap(out, gap));
    out.count(counted.len());
    counted.for_each(|(kind, count)| {
        out.text(kind.as_str());
        out.count(*count);
    });
    facts::write_listing(out, listing);
}

/// None when the entry is damaged, or is too much for `budget`: it may say anything before its end shows the damage.
fn read_part(mut from: Reader<'_>, budget: &TextBudget) -> Option<Part> {
    let mut part = read_findings(&mut from).ok()?;
    // As for what is read, but for the paths, which come later and are counted with the listing.
    let n_bytes = part.files.iter().map(|file| file.n_bytes("")).sum();
    let taken = budget.take(n_bytes).map_err(|_| Damaged);
    let listing = &mut part.listing;
    let read = taken
        .and_then(|()| {
            facts::read_listing(&mut from, |entry| listing.push(entry, budget).map_err(|_| Damaged))
        })
        .and_then(|()| from.end());
    // An entry number that the listing lacks would be a panic later.
    let is_whole = part.files.iter().all(|file| (file.entry as usize) < part.listing.len());
    if read.is_ok() && is_whole {
        return Some(part);
    }
    budget.give_back(n_bytes + part.listing.n_bytes());
    None
}

/// All of a part but its listing.
fn read_findings(from: &mut Reader<'_>) -> Result<Part, Damaged> {
    let bytes = from.number()?;
    let files = from.list(facts::read_file)?;
    let kept = from.list(facts::read_gap)?;
    let counted = from.list(|from| {
        let kind = model::gap::GapKind::from_word(from.text()?);
        Ok((kind, from.small()?))
    })?;
    let gaps = Gaps::from_parts(kept, counted);
    Ok(Part { listing: Listing::default(), files, gaps, bytes, is_known: true })
}

fn read_again(mut from: Reader<'_>, n_wishes: usize) -> Result<Vec<(usize, ReadFile)>, Damaged> {
    let files = from.list(|from| Ok((from.small()?, facts::read_file(from)?)))?;
    from.end()?;
    if files.iter().any(|(wish, _)| *wish >= n_wishes) { Err(Damaged) } else { Ok(files) }
}

/// What `write` writes appears at `path` whole, packed and with a checksum.
fn try_store(path: &Path, write: impl FnOnce(&mut Writer<'_>)) -> io::Result<()> {
    let dir = path.parent().expect("an entry lies in its generation's directory");
    make_private(dir)?;
    let mut unfinished = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(dir)?;
    // The lowest level: a second of work for a gigabyte, and a seventh of the size.
    let mut encoder = zstd::stream::write::Encoder::new(unfinished.as_file_mut(), 1)?;
    encoder.include_checksum(true)?;
    let mut out = Writer::new(&mut encoder);
    write(&mut out);
    out.finish()?;
    encoder.finish()?;
    unfinished.persist(path).map(drop).map_err(|error| error.error)
}

/// Makes a directory that only its owner can read: what is in private images is nobody else's business.
fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Removes files below `root`, the oldest first, until they fit.
fn sweep(root: &Path, bytes_max: u64, now: SystemTime) -> io::Result<()> {
    let mut files = Vec::new();
    let mut bytes = 0;
    for generation in fs::read_dir(root)? {
        for entry in fs::read_dir(generation?.path())? {
            let entry = entry?;
            // Another process may have swept it away.
            let Ok(metadata) = entry.metadata() else { continue };
            let modified = metadata.modified()?;
            let is_abandoned = entry.file_name().to_string_lossy().ends_with(UNFINISHED)
                && now.duration_since(modified).is_ok_and(|age| age > TOUCH_EVERY);
            if is_abandoned {
                remove(&entry.path())?;
                continue;
            }
            bytes += metadata.len();
            files.push((modified, entry.path(), metadata.len()));
        }
    }
    if bytes <= bytes_max {
        return Ok(());
    }
    files.sort();
    let goal = bytes_max / 100 * SWEPT_PERCENT;
    for (_, path, size) in files {
        if bytes <= goal {
            break;
        }
        remove(&path)?;
        bytes -= size;
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
