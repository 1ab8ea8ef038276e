//! The texts of a namespace until all its records are known: in memory while they are few, else in a file.
//!
//! Rows cannot be written before the last record has come, as it may change their order and their aliases; texts are most
//! of what is said, and none of it matters to that. A namespace of 230,000 records has 200 MB of them.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::text::Text;
use crate::error::DbError;
use crate::files;

/// How many bytes are held before they go into the file.
const HELD_BYTES_MAX: usize = 8 << 20;

/// Encoded texts, each found by its place.
#[derive(Debug)]
pub(crate) struct Drafted {
    path: PathBuf,
    /// Made once there are more than can be held.
    file: Option<File>,
    n_spilt: u64,
    /// What comes behind those in the file.
    held: Vec<u8>,
}

/// Where a text lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    start: u64,
    n_bytes: u64,
}

impl Place {
    pub(super) fn n_bytes(self) -> u64 {
        self.n_bytes
    }
}

impl Drafted {
    /// None so far; the file, if one is needed, will lie in the directory of shards under a temporary name.
    pub(crate) fn new(shards: &Path) -> Self {
        let path = files::temporary(&shards.join("draft.texts"));
        Self { path, file: None, n_spilt: 0, held: Vec::new() }
    }

    /// Adds a text.
    pub(crate) fn push(&mut self, text: &Text<&str>) -> Result<Place, DbError> {
        let before = self.held.len();
        serde_json::to_writer(&mut self.held, text).expect("texts and lists are JSON");
        let n_bytes = (self.held.len() - before) as u64;
        let place = Place { start: self.n_spilt + before as u64, n_bytes };
        if self.held.len() >= HELD_BYTES_MAX {
            self.spill()?;
        }
        Ok(place)
    }

    fn spill(&mut self) -> Result<(), DbError> {
        let failed = DbError::io("write", &self.path);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                files::remove(&self.path)?;
                files::step("write", &self.path)?;
                let options = File::options().read(true).write(true).create_new(true).open(&self.path);
                none.insert(options.map_err(DbError::io("create", &self.path))?)
            }
        };
        file.write_all(&self.held).map_err(failed)?;
        self.n_spilt += self.held.len() as u64;
        self.held.clear();
        Ok(())
    }

    /// The text at `place`.
    pub(crate) fn text(&self, place: Place) -> Result<String, DbError> {
        let failed = |error| DbError::io("read", &self.path)(error);
        let n_bytes = place.n_bytes as usize;
        let mut bytes = vec![0; n_bytes];
        match (&self.file, place.start.checked_sub(self.n_spilt)) {
            (_, Some(start)) => bytes.copy_from_slice(&self.held[start as usize..][..n_bytes]),
            (Some(file), None) => {
                let mut file = file;
                file.seek(SeekFrom::Start(place.start)).map_err(failed)?;
                file.read_exact(&mut bytes).map_err(failed)?;
            }
            (None, None) => unreachable!("without a file none was spilt"),
        }
        String::from_utf8(bytes).map_err(|error| failed(std::io::Error::other(error)))
    }
}

impl Drop for Drafted {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // One that stays is removed by the next writer.
            let _ = files::remove(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::advisory::Advisory;

    use super::*;

    #[test]
    fn texts_read_back_from_memory_and_from_the_file_which_goes_with_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut drafted = Drafted::new(dir.path());
        let described = |length: usize| Advisory {
            description: Some("x".repeat(length)),
            ..Advisory::new("CVE-2025-10001")
        };
        let mut places = Vec::new();
        // Twice what is held, the last of it in memory again; one text is larger than all that is held.
        for length in (0..40).map(|number| number * 20_000).chain([HELD_BYTES_MAX + 1, 5]) {
            let advisory = described(length);
            let text = Text::of(&advisory);
            places.push((text.encode(), drafted.push(&text).unwrap()));
        }
        assert!(drafted.n_spilt > 2 * HELD_BYTES_MAX as u64 && drafted.path.exists());
        for (text, place) in places.iter().rev() {
            assert_eq!(drafted.text(*place).unwrap(), *text);
        }
        let path = drafted.path.clone();
        drop(drafted);
        assert!(!path.exists());
    }

    #[test]
    fn few_texts_need_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut drafted = Drafted::new(dir.path());
        let place = drafted.push(&Text::of(&Advisory::new("CVE-2025-10001"))).unwrap();
        assert_eq!(drafted.text(place).unwrap(), "{}");
        assert!(!drafted.path.exists());
    }
}
