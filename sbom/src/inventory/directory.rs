//! The pass over a directory: links are noted, never followed, so that nothing outside it is read.

use std::fs::{self, DirEntry, Metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use model::gap::{Gap, GapKind};
use model::limits::Limits;

use crate::cataloger::{Classifiers, Content, Fact, File, Finds, Wants, interested};
use crate::image::listing::{Listed, ListedKind, TextBudget};
use crate::image::mode::Mode;
use crate::image::path;
use crate::image::{ImageError, LimitPassed};

use super::Part;
use super::reading::{self, ReadFile, starts};
use super::wanted::{Again, Wish};

/// Directories at the root that a running system mounts; another file system there is not part of the image.
#[cfg(unix)]
const MOUNT_POINTS: [&str; 3] = ["dev", "proc", "sys"];

/// Lists what is in `root` and reads what catalogers want of it.
pub(super) fn read_all(
    image: &str,
    root: &Path,
    limits: &Limits,
    classifiers: &Classifiers,
    budget: &TextBudget,
) -> Result<Part, ImageError> {
    let mut walk =
        Walk { root, limits, classifiers, budget, part: Part::default(), n_entries: 0, buffer: Vec::new() };
    let mut waiting = vec![(root.to_path_buf(), String::new())];
    while let Some((directory, inside)) = waiting.pop() {
        let below = walk
            .directory(&directory, &inside)
            .map_err(|source| ImageError::part(image, "the tree", source))?;
        waiting.extend(below.into_iter().rev());
    }
    Ok(walk.part)
}

struct Walk<'a> {
    root: &'a Path,
    limits: &'a Limits,
    classifiers: &'a Classifiers,
    budget: &'a TextBudget,
    part: Part,
    n_entries: u64,
    buffer: Vec<u8>,
}

impl Walk<'_> {
    /// Reads one directory; the result is the directories in it. Only a passed limit is an error.
    fn directory(&mut self, directory: &Path, inside: &str) -> io::Result<Vec<(PathBuf, String)>> {
        // One more than may be, so that a directory beyond the limit is noticed without being held.
        let n_entries_max =
            usize::try_from(self.limits.entries_max).map_or(usize::MAX, |max| max.saturating_add(1));
        let read = |entries: fs::ReadDir| entries.take(n_entries_max).collect();
        let mut entries: Vec<DirEntry> = match fs::read_dir(directory).and_then(read) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(inside, &error);
                return Ok(Vec::new());
            }
        };
        entries.sort_by_key(DirEntry::file_name);
        let mut below = Vec::new();
        for entry in entries {
            self.n_entries += 1;
            if self.n_entries > self.limits.entries_max {
                return Err(LimitPassed::error("entries_max", self.limits.entries_max));
            }
            let path = path::join(inside, &path::text(entry.file_name().as_encoded_bytes()));
            if path.len() > self.limits.path_bytes_max {
                let start: String = path.chars().take(100).collect();
                let detail = format!("a path of {} bytes exceeds path_bytes_max", path.len());
                self.part.gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, start, detail));
                continue;
            }
            // The link's own metadata, not that of what it leads to.
            match entry.metadata() {
                Ok(metadata) => {
                    if self.entry(&entry.path(), &path, &metadata)? {
                        below.push((entry.path(), path));
                    }
                }
                Err(error) => self.unreadable(&path, &error),
            }
        }
        Ok(below)
    }

    /// Notes one entry and reads it if it is wanted; true if it is a directory to be entered.
    fn entry(&mut self, on_disk: &Path, path: &str, metadata: &Metadata) -> io::Result<bool> {
        let target;
        let kind = if metadata.is_symlink() {
            match fs::read_link(on_disk) {
                Ok(link) => target = path::text(link.as_os_str().as_encoded_bytes()),
                Err(error) => {
                    self.unreadable(path, &error);
                    return Ok(false);
                }
            }
            ListedKind::Symlink { target: &target }
        } else if metadata.is_dir() {
            ListedKind::Directory { mode: mode_of(metadata) }
        } else if metadata.is_file() {
            ListedKind::File { size: metadata.len(), mode: mode_of(metadata) }
        } else {
            ListedKind::Other
        };
        let index = self.part.listing.len();
        self.part.listing.push(Listed { path, kind }, self.budget)?;
        match kind {
            ListedKind::File { size, mode } => {
                let executable = mode.is_executable();
                let interested = interested(path, executable, size, Finds::Declared, self.classifiers);
                let requests: Vec<(usize, &str)> =
                    interested.into_iter().map(|cataloger| (cataloger, path)).collect();
                let entry = u32::try_from(index).expect("entries_max is far below 2^32");
                let (limits, classifiers) = (self.limits, self.classifiers);
                let files =
                    read(on_disk, entry, executable, &requests, &mut self.buffer, limits, classifiers);
                self.budget.take(files.iter().map(|file| file.n_bytes(path)).sum())?;
                self.part.files.extend(files);
                Ok(false)
            }
            ListedKind::Directory { .. } => Ok(!self.is_mounted(path, metadata)),
            ListedKind::HardLink { .. } | ListedKind::Symlink { .. } | ListedKind::Other => Ok(false),
        }
    }

    #[cfg(unix)]
    fn is_mounted(&self, path: &str, metadata: &Metadata) -> bool {
        use std::os::unix::fs::MetadataExt;
        MOUNT_POINTS.contains(&path) && self.root.metadata().is_ok_and(|root| root.dev() != metadata.dev())
    }

    #[cfg(not(unix))]
    fn is_mounted(&self, _: &str, _: &Metadata) -> bool {
        false
    }

    fn unreadable(&mut self, path: &str, error: &io::Error) {
        self.part.gaps.push(Gap::new(GapKind::UNREADABLE_FILE, path, error.to_string()));
    }
}

/// Reads the files of `again`.
pub(super) fn read_again<'w>(
    root: &Path,
    limits: &Limits,
    classifiers: &Classifiers,
    again: &'w Again,
) -> Vec<(&'w Wish, ReadFile)> {
    let mut files = Vec::new();
    let mut buffer = Vec::new();
    for (content, wish) in again.iter() {
        let request = [(wish.cataloger, wish.shown_path.as_str())];
        let on_disk = root.join(&wish.path);
        let executable = on_disk.symlink_metadata().is_ok_and(|metadata| mode_of(&metadata).is_executable());
        let read = read(&on_disk, content.entry, executable, &request, &mut buffer, limits, classifiers);
        files.extend(read.into_iter().map(|file| (wish, file)));
    }
    files
}

/// What the catalogers of `requests` (position, and the path each is to see) read from the file `on_disk`. A file
/// that cannot be read is a gap of the first.
fn read(
    on_disk: &Path,
    entry: u32,
    executable: bool,
    requests: &[(usize, &str)],
    buffer: &mut Vec<u8>,
    limits: &Limits,
    classifiers: &Classifiers,
) -> Vec<ReadFile> {
    let Some(&(first, path)) = requests.first() else { return Vec::new() };
    try_read(on_disk, entry, executable, requests, buffer, limits, classifiers).unwrap_or_else(|error| {
        let gap = Gap::new(GapKind::UNREADABLE_FILE, path, error.to_string());
        vec![ReadFile { entry, cataloger: first, digest: None, facts: [Fact::Gap(gap)].into() }]
    })
}

fn try_read(
    on_disk: &Path,
    entry: u32,
    executable: bool,
    requests: &[(usize, &str)],
    buffer: &mut Vec<u8>,
    limits: &Limits,
    classifiers: &Classifiers,
) -> io::Result<Vec<ReadFile>> {
    let mut file = fs::File::open(on_disk)?;
    let size = file.metadata()?.len();
    buffer.clear();
    Read::by_ref(&mut file).take(Wants::HEAD_BYTES as u64).read_to_end(buffer)?;
    let keen: Vec<(usize, &str)> =
        requests.iter().copied().filter(|(cataloger, _)| starts(*cataloger, buffer, size)).collect();
    let Some(&(cataloger, path)) = keen.first() else { return Ok(Vec::new()) };
    if size > limits.file_bytes_max {
        let facts = [Fact::Gap(reading::too_large(path, size, limits))].into();
        return Ok(vec![ReadFile { entry, cataloger, digest: None, facts }]);
    }
    file.rewind()?;
    let content = if size <= limits.spool_bytes_min {
        buffer.clear();
        Read::by_ref(&mut file).take(limits.spool_bytes_min).read_to_end(buffer)?;
        Content::Bytes(buffer)
    } else {
        Content::Spooled(&file)
    };
    let read = |(cataloger, path)| {
        let file = File { path, size, executable, content, limits, classifiers };
        reading::read(cataloger, entry, file)
    };
    Ok(keen.into_iter().map(read).collect())
}

#[cfg(unix)]
fn mode_of(metadata: &Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;
    Mode::new(metadata.permissions().mode())
}

#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> Mode {
    Mode::new(0o755)
}
