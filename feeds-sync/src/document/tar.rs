//! The files of a tar archive, one at a time. Members that only describe the next one are read within a bound: the `tar`
//! crate reads them whole, whatever size they state.

use std::io::{self, Read};

use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::{Document, TAR_TIMES, Visit};
use crate::error::ParseError;

/// How many bytes a member may have that states the name of the next one. A path of Linux has up to 4,096.
const EXTENSION_BYTES_MAX: u64 = 64 << 10;

impl Document<'_> {
    /// Calls `visit` with the name and content of each file of a tar archive, packed or not, one at a time.
    ///
    /// # Errors
    /// When it is no sound archive, one with sparse files among them, or a limit is passed: `entries_max`,
    /// `record_bytes_max` for one file, 64 KiB for its name, [`TAR_TIMES`] `feed_bytes_max` and `inflate_ratio_max` for all.
    pub fn tar_entries(&self, visit: &mut Visit<'_>) -> Result<(), ParseError> {
        let bytes_max = self.limits.feed_bytes_max.saturating_mul(TAR_TIMES);
        let mut archive = Archive::new(self.open_within(bytes_max)?);
        let mut content = Vec::new();
        let mut n_entries = 0;
        let mut stated = Stated::default();
        for entry in archive.entries()?.raw(true) {
            let mut entry = entry?;
            n_entries += 1;
            if n_entries > self.limits.entries_max {
                return Err(ParseError::Limit { limit: "entries_max", max: self.limits.entries_max });
            }
            match entry.header().entry_type() {
                EntryType::GNULongName => stated.path = Some(long_name(&mut entry)?),
                EntryType::XHeader => stated.read(&mut entry)?,
                // What a link leads to, and what is said of all members: neither says what a file is called.
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                EntryType::Regular => {
                    let stated = std::mem::take(&mut stated);
                    let name = stated.name_of(&entry)?;
                    content.clear();
                    let max = self.limits.record_bytes_max;
                    if entry.by_ref().take(max + 1).read_to_end(&mut content)? as u64 > max {
                        return Err(ParseError::Limit { limit: "record_bytes_max", max });
                    }
                    visit(&name, &content)?;
                }
                EntryType::GNUSparse => {
                    return Err(ParseError::NotTheFeed("a tar archive with a sparse file".to_owned()));
                }
                _ => drop(std::mem::take(&mut stated).name_of(&entry)?),
            }
        }
        if stated != Stated::default() {
            return Err(ParseError::NotTheFeed("a tar archive that ends before a file it names".to_owned()));
        }
        // What follows the archive is read too: that its packing is sound shows at its end.
        io::copy(&mut archive.into_inner(), &mut io::sink())?;
        Ok(())
    }
}

/// What was stated of the next member.
#[derive(Default, PartialEq, Eq)]
struct Stated {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Stated {
    /// Reads an extended header (POSIX pax).
    fn read(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), ParseError> {
        let bytes = extension(entry)?;
        for record in PaxExtensions::new(&bytes) {
            let record = record?;
            match record.key_bytes() {
                b"path" => self.path = Some(record.value_bytes().to_owned()),
                b"size" => {
                    let size = record.value().ok().and_then(|size| size.parse().ok());
                    let wrong =
                        || ParseError::NotTheFeed("a tar archive with a size that is none".to_owned());
                    self.size = Some(size.ok_or_else(wrong)?);
                }
                // A sparse file of its own kind, whose content is not what it begins with.
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(ParseError::NotTheFeed("a tar archive with a sparse file".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What `entry` is called: a label only, as nothing is ever written under it, so it is taken as it is.
    ///
    /// # Errors
    /// Its size is stated twice, and differently: where the next member begins is not known then.
    fn name_of(self, entry: &Entry<'_, impl Read>) -> Result<String, ParseError> {
        if self.size.is_some_and(|size| size != entry.size()) {
            return Err(ParseError::NotTheFeed("a tar archive with a file of two sizes".to_owned()));
        }
        let path = self.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        Ok(String::from_utf8_lossy(&path).into_owned())
    }
}

/// The name of the next member, as GNU tar writes it.
fn long_name(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, ParseError> {
    let mut name = extension(entry)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

/// The content of a member that describes the next one.
fn extension(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Vec::new();
    if entry.take(EXTENSION_BYTES_MAX + 1).read_to_end(&mut bytes)? as u64 > EXTENSION_BYTES_MAX {
        let limit = "bytes of an extended tar header";
        return Err(ParseError::Limit { limit, max: EXTENSION_BYTES_MAX });
    }
    Ok(bytes)
}
