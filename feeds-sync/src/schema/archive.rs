//! An archive with a file for each record: a repository, or an export of one.

use crate::advisories::Advisories;
use crate::document::{Document, Visit};
use crate::error::ParseError;

/// How the files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Tar, itself packed or not.
    Tar,
    /// Zip.
    Zip,
}

/// Reads the record of a file, given its path and content.
pub(crate) type Read<'a> = dyn Fn(&str, &[u8], &mut Advisories) -> Result<(), ParseError> + 'a;

/// Reads the record of each file for which `is_record` says, given its path, that it is one. A record that cannot be read
/// is a remark.
///
/// # Errors
/// When it is no such archive, or none of its files is a record that can be read.
pub(crate) fn read(
    document: &Document<'_>,
    packing: Packing,
    is_record: &dyn Fn(&str) -> bool,
    read: &Read<'_>,
    advisories: &mut Advisories,
) -> Result<(), ParseError> {
    let (mut n_records, mut n_unreadable) = (0_u64, 0_u64);
    let visit: &mut Visit<'_> = &mut |name, content| {
        if is_record(name) {
            n_records += 1;
            if let Err(error) = read(name, content, advisories) {
                n_unreadable += 1;
                advisories.remarks.unreadable(name, error);
            }
        }
        Ok(())
    };
    match packing {
        Packing::Tar => document.tar_entries(visit)?,
        Packing::Zip => document.zip_entries(visit)?,
    }
    match n_records {
        0 => Err(ParseError::NotTheFeed("an archive without records".to_owned())),
        _ if n_records == n_unreadable => {
            Err(ParseError::NotTheFeed("an archive without a readable record".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The path of a file within its repository: archives of GitHub have all of it below one directory.
pub(crate) fn path_in_repository(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, path)| path)
}
