//! Zip archives, such as jars: their entries, and the bytes of one entry, from memory or from a spooled file.
//!
//! The central directory is the truth, as it is to those who run what is in the archive. It is read piece by piece and
//! no list of it is kept. Whatever sizes an archive declares, no more is read than the [`Budget`] of its file allows.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::read::DeflateDecoder;
use model::gap::{Gap, GapKind};
use model::limits::Limits;
use rawzip::{
    CompressionMethod, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, RangeReader, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipLocator,
};

use super::Content;

/// Bytes of an entry from which on its ratio counts: a short text of one letter is no bomb.
const RATIO_BYTES_MIN: u64 = 10 << 20;
/// Bytes at the end of an archive in which its last record is looked for: the record, behind it a comment of 64 KiB at
/// most, and before it one for large archives. Java looks no further either.
const SEARCH_BYTES: u64 = (64 << 10) + 128;
/// Bytes that are unpacked at once.
const PIECE_BYTES: usize = 64 << 10;
/// Bytes of the fixed part of a local header, and where in it the name's length stands (APPNOTE 4.3.7).
const LOCAL_HEADER_BYTES: u64 = 30;
const LOCAL_NAME_BYTES_AT: u64 = 26;

/// Bytes that are read at any place: of a file, or of a part of it.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    content: Content<'a>,
    start: u64,
    len: u64,
}

impl<'a> Part<'a> {
    /// All of `content`.
    ///
    /// # Errors
    /// The size of the temporary file cannot be had.
    pub(super) fn whole(content: Content<'a>) -> io::Result<Self> {
        let len = match content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Spooled(file) => file.metadata()?.len(),
        };
        Ok(Self { content, start: 0, len })
    }

    /// How many bytes there are.
    pub(super) fn len(self) -> u64 {
        self.len
    }

    /// The bytes from the first to the last.
    pub(super) fn reader(self) -> impl Read + use<'a> {
        RangeReader::new(self, 0..self.len)
    }

    /// Whether it begins with `head`.
    pub(super) fn starts_with(self, head: &[u8]) -> bool {
        let mut bytes = vec![0; head.len()];
        self.read_exact_at(&mut bytes, 0).is_ok() && bytes == head
    }

    /// The bytes from `start` up to `end`, as far as they are there.
    fn part(self, start: u64, end: u64) -> Self {
        let end = end.min(self.len);
        let start = start.min(end);
        Self { content: self.content, start: self.start + start, len: end - start }
    }
}

impl ReaderAt for Part<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let available = self.len.saturating_sub(offset).min(buffer.len() as u64) as usize;
        let Some(buffer) = buffer.get_mut(..available).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let at = self.start + offset;
        match self.content {
            Content::Bytes(bytes) => bytes.get(at as usize..).unwrap_or_default().read(buffer),
            Content::Spooled(mut file) => {
                file.seek(SeekFrom::Start(at))?;
                file.read(buffer)
            }
        }
    }
}

/// What may still be used for one file, the archives inside it included.
pub(super) struct Budget<'l> {
    pub(super) limits: &'l Limits,
    bytes_left: u64,
    entries_left: u64,
}

impl<'l> Budget<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self { limits, bytes_left: limits.archive_bytes_max, entries_left: limits.entries_max }
    }

    /// Takes `bytes`, to be unpacked or read through.
    ///
    /// # Errors
    /// There are not as many left.
    pub(super) fn take_bytes(&mut self, bytes: u64) -> Result<(), Trouble> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.unwrap_or_default();
        left.map(drop).ok_or_else(|| Trouble::passed("archive_bytes_max", self.limits.archive_bytes_max))
    }

    fn take_entry(&mut self) -> Result<(), Trouble> {
        let left = self.entries_left.checked_sub(1);
        self.entries_left = left.unwrap_or_default();
        left.map(drop).ok_or_else(|| Trouble::passed("entries_max", self.limits.entries_max))
    }
}

/// Why an archive or an entry was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is damaged, or written in a way that is not read.
    Unreadable(String),
    /// It is more than a limit allows.
    TooMuch(String),
}

impl Trouble {
    /// The gap that says so of what lies at `place`: a path, and behind a `!/` each the paths inside archives.
    pub(super) fn gap(self, place: &str) -> Gap {
        match self {
            Self::Unreadable(why) => Gap::new(GapKind::UNREADABLE_FILE, place, why),
            Self::TooMuch(why) => Gap::new(GapKind::LIMIT_EXCEEDED, place, why),
        }
    }

    /// The limit called `limit`, which is `value`, was passed.
    pub(super) fn passed(limit: &str, value: u64) -> Self {
        Self::TooMuch(format!("{limit} of {value} passed; the rest was not read"))
    }
}

impl From<rawzip::Error> for Trouble {
    fn from(error: rawzip::Error) -> Self {
        Self::Unreadable(match error.kind() {
            ErrorKind::MissingEndOfCentralDirectory => "it is no zip archive, or is cut off".to_owned(),
            kind => format!("the zip archive is damaged: {kind}"),
        })
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(format!("it cannot be unpacked: {error}"))
    }
}

/// An entry, as the central directory has it.
pub(super) struct Entry<'e> {
    /// Its path in the archive; bytes that are not UTF-8 become U+FFFD.
    pub(super) name: Cow<'e, str>,
    raw_name: &'e [u8],
    local_header_at: u64,
    method: CompressionMethod,
    is_encrypted: bool,
    wayfinder: ZipArchiveEntryWayfinder,
}

/// The bytes of an archive inside an archive.
pub(super) enum Unpacked<'a> {
    /// Where they lie, not compressed.
    InPlace(Part<'a>),
    /// In memory.
    Memory(Vec<u8>),
    /// In a temporary file.
    Spooled(std::fs::File),
}

impl Unpacked<'_> {
    /// # Errors
    /// The size of the temporary file cannot be had.
    pub(super) fn part(&self) -> io::Result<Part<'_>> {
        match self {
            Self::InPlace(part) => Ok(*part),
            Self::Memory(bytes) => Part::whole(Content::Bytes(bytes)),
            Self::Spooled(file) => Part::whole(Content::Spooled(file)),
        }
    }
}

/// An open archive.
pub(super) struct Zip<'a> {
    archive: ZipArchive<Part<'a>>,
}

impl<'a> Zip<'a> {
    /// The archive in `part`, which may stand behind something else, such as a script that starts it.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn open(part: Part<'a>, budget: &mut Budget<'_>) -> Result<Self, Trouble> {
        budget.take_bytes(part.len.min(SEARCH_BYTES))?;
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let located =
            ZipLocator::new().max_search_space(SEARCH_BYTES).locate_in_reader(part, &mut buffer, part.len);
        Ok(Self { archive: located.map_err(|(_, error)| error)? })
    }

    /// Hands each entry to `visit`, in the order of the central directory.
    ///
    /// # Errors
    /// The directory is damaged or has too many entries; those before that place were visited.
    pub(super) fn for_each_entry(
        &self,
        budget: &mut Budget<'_>,
        mut visit: impl FnMut(&mut Budget<'_>, &Entry<'_>),
    ) -> Result<(), Trouble> {
        let limit = budget.limits.archive_entries_max;
        let mut n_entries = 0;
        self.for_each_listed(|entry| {
            if n_entries == limit {
                return Err(Trouble::passed("archive_entries_max", limit));
            }
            budget.take_entry()?;
            n_entries += 1;
            visit(budget, entry);
            Ok(())
        })?;
        // Without the extension for large archives the number has sixteen bits.
        let stated = self.archive.entries_hint();
        if stated != n_entries && stated != n_entries % (1 << 16) {
            let why = format!("the zip archive says that it has {stated} entries and has {n_entries}");
            return Err(Trouble::Unreadable(why));
        }
        Ok(())
    }

    /// The same once more, until `visit` fails.
    ///
    /// # Errors
    /// The directory is damaged, or `visit` failed.
    pub(super) fn for_each_listed(
        &self,
        mut visit: impl FnMut(&Entry<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let mut entries = self.archive.entries(&mut buffer);
        while let Some(record) = entries.next_entry()? {
            let path = record.file_path();
            let raw_name = path.as_bytes();
            visit(&Entry {
                name: String::from_utf8_lossy(raw_name),
                raw_name,
                local_header_at: record.local_header_offset(),
                method: record.compression_method(),
                is_encrypted: record.flags().is_encrypted(),
                wayfinder: record.wayfinder(),
            })?;
        }
        Ok(())
    }

    /// The bytes of `entry`, of which there are at most `bytes_max`.
    pub(super) fn read(
        &self,
        entry: &Entry<'_>,
        bytes_max: u64,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        let too_large = || Trouble::TooMuch(format!("it has more than {bytes_max} bytes; not read"));
        self.unpack_to(&mut bytes, entry, bytes_max, too_large, budget)?;
        Ok(bytes)
    }

    /// The archive that `entry` is: in place where it is not compressed, in memory up to `memory_max` bytes, else in a
    /// temporary file that has no name.
    pub(super) fn nested(
        &self,
        entry: &Entry<'_>,
        memory_max: u64,
        budget: &mut Budget<'_>,
    ) -> Result<Unpacked<'a>, Trouble> {
        let limit = budget.limits.nested_archive_bytes_max;
        if entry.method == CompressionMethod::STORE && !entry.is_encrypted {
            let (start, end) = self.archive.get_entry(entry.wayfinder)?.compressed_data_range();
            let part = self.archive.get_ref().part(start, end);
            return match part.len <= limit {
                true => Ok(Unpacked::InPlace(part)),
                false => Err(Trouble::passed("nested_archive_bytes_max", limit)),
            };
        }
        let mut spool = tempfile::SpooledTempFile::new(memory_max as usize);
        let too_large = || Trouble::passed("nested_archive_bytes_max", limit);
        self.unpack_to(&mut spool, entry, limit, too_large, budget)?;
        Ok(match spool.into_inner() {
            tempfile::SpooledData::InMemory(bytes) => Unpacked::Memory(bytes.into_inner()),
            tempfile::SpooledData::OnDisk(file) => Unpacked::Spooled(file),
        })
    }

    /// The name that the entry's own header has, where it is another than that in the central directory.
    pub(super) fn other_name(&self, entry: &Entry<'_>) -> Result<Option<String>, Trouble> {
        let part = self.archive.get_ref();
        let mut length = [0; 2];
        part.read_exact_at(&mut length, entry.local_header_at.saturating_add(LOCAL_NAME_BYTES_AT))?;
        let mut name = vec![0; usize::from(u16::from_le_bytes(length))];
        part.read_exact_at(&mut name, entry.local_header_at.saturating_add(LOCAL_HEADER_BYTES))?;
        Ok((name != entry.raw_name).then(|| String::from_utf8_lossy(&name).into_owned()))
    }

    fn unpack_to(
        &self,
        out: &mut dyn Write,
        entry: &Entry<'_>,
        bytes_max: u64,
        too_large: impl Fn() -> Trouble,
        budget: &mut Budget<'_>,
    ) -> Result<(), Trouble> {
        if entry.is_encrypted {
            return Err(Trouble::Unreadable("it is encrypted".to_owned()));
        }
        let found = self.archive.get_entry(entry.wayfinder)?;
        let (start, end) = found.compressed_data_range();
        let packed_bytes = self.archive.get_ref().part(start, end).len;
        let packed = found.reader();
        let mut reader: Box<dyn Read + '_> = match entry.method {
            CompressionMethod::STORE => Box::new(found.verifying_reader(packed)),
            CompressionMethod::DEFLATE => Box::new(found.verifying_reader(DeflateDecoder::new(packed))),
            other => {
                return Err(Trouble::Unreadable(format!("its compression method {other} is not known")));
            }
        };
        let ratio_max = budget.limits.archive_ratio_max;
        let bytes_by_ratio = packed_bytes.saturating_mul(ratio_max).max(RATIO_BYTES_MIN);
        let mut piece = vec![0; PIECE_BYTES];
        let mut n_bytes = 0;
        loop {
            let n_read = match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(n_read) => n_read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            n_bytes += n_read as u64;
            if n_bytes > bytes_max {
                return Err(too_large());
            }
            if n_bytes > bytes_by_ratio {
                return Err(Trouble::passed("archive_ratio_max", ratio_max));
            }
            budget.take_bytes(n_read as u64)?;
            out.write_all(piece.get(..n_read).unwrap_or_default())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::zip::{Packing, archive};

    use super::*;

    /// What `visit` makes of each entry of `bytes`, a line each, and why no more were read.
    fn lines(
        bytes: &[u8],
        limits: &Limits,
        visit: impl Fn(&Zip<'_>, &Entry<'_>, &mut Budget<'_>) -> Result<String, Trouble>,
    ) -> (Vec<String>, Option<Trouble>) {
        let mut budget = Budget::new(limits);
        let mut lines = Vec::new();
        let part = Part::whole(Content::Bytes(bytes)).unwrap();
        let zip = match Zip::open(part, &mut budget) {
            Ok(zip) => zip,
            Err(trouble) => return (lines, Some(trouble)),
        };
        let ended = zip.for_each_entry(&mut budget, |budget, entry| {
            let line = match visit(&zip, entry, budget) {
                Ok(line) => line,
                Err(Trouble::TooMuch(why) | Trouble::Unreadable(why)) => why,
            };
            lines.push(format!("{}: {line}", entry.name));
        });
        (lines, ended.err())
    }

    fn text(zip: &Zip<'_>, entry: &Entry<'_>, budget: &mut Budget<'_>) -> Result<String, Trouble> {
        zip.read(entry, 1 << 20, budget).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn size(zip: &Zip<'_>, entry: &Entry<'_>, budget: &mut Budget<'_>) -> Result<String, Trouble> {
        let unpacked = zip.nested(entry, 64, budget)?;
        let kind = match &unpacked {
            Unpacked::InPlace(_) => "in place",
            Unpacked::Memory(_) => "in memory",
            Unpacked::Spooled(_) => "spooled",
        };
        Ok(format!("{} {kind}", unpacked.part()?.len()))
    }

    #[test]
    fn entries_are_read_from_memory_and_from_a_file_and_behind_a_script() {
        let entries = [("a", &b"one"[..], Packing::Stored), ("b/c", b"two", Packing::Deflated)];
        let plain = archive(entries);
        let prefixed = [b"#!/bin/sh\nexec java -jar $0\n", &plain[..]].concat();
        let limits = Limits::default();
        for bytes in [&plain, &prefixed] {
            let expected = (vec!["a: one".to_owned(), "b/c: two".to_owned()], None);
            assert_eq!(lines(bytes, &limits, text), expected);
        }
        let mut spool = tempfile::tempfile().unwrap();
        spool.write_all(&prefixed).unwrap();
        let mut budget = Budget::new(&limits);
        let zip = Zip::open(Part::whole(Content::Spooled(&spool)).unwrap(), &mut budget).unwrap();
        let mut found = Vec::new();
        let read =
            zip.for_each_entry(&mut budget, |budget, entry| found.push(text(&zip, entry, budget).unwrap()));
        assert_eq!((read, found), (Ok(()), vec!["one".to_owned(), "two".to_owned()]));
    }

    #[test]
    fn an_archive_inside_is_where_there_is_room_for_it() {
        let bytes = archive([
            ("stored", &[7; 100][..], Packing::Stored),
            ("small", &[7; 50], Packing::Deflated),
            ("large", &[7; 100], Packing::Deflated),
        ]);
        let (lines, _) = lines(&bytes, &Limits::default(), size);
        assert_eq!(lines, ["stored: 100 in place", "small: 50 in memory", "large: 100 spooled"]);
    }

    #[test]
    fn each_limit_is_named_when_it_is_passed() {
        let zeros = vec![0; 11 << 20];
        let bytes = archive([("a", zeros.as_slice(), Packing::Deflated), ("b", b"", Packing::Stored)]);
        let base = Limits::default();
        for (limits, word) in [
            (base.clone(), "archive_ratio_max of 200"),
            (Limits { nested_archive_bytes_max: 9, ..base.clone() }, "nested_archive_bytes_max of 9"),
            (Limits { archive_bytes_max: 20_000, ..base.clone() }, "archive_bytes_max of 20000"),
        ] {
            let (lines, _) = lines(&bytes, &limits, size);
            assert!(lines.first().is_some_and(|line| line.contains(word)), "{word}: {lines:?}");
        }
        for (limits, word) in [
            (Limits { archive_entries_max: 1, ..base.clone() }, "archive_entries_max of 1"),
            (Limits { entries_max: 1, ..base.clone() }, "entries_max of 1"),
            (Limits { archive_bytes_max: 10, ..base.clone() }, "archive_bytes_max of 10"),
        ] {
            let (_, ended) = lines(&bytes, &limits, |_, _, _| Ok(String::new()));
            assert!(
                matches!(&ended, Some(Trouble::TooMuch(why)) if why.starts_with(word)),
                "{word}: {ended:?}"
            );
        }
        let (lines, _) = lines(&bytes, &base, text);
        assert!(lines.first().is_some_and(|line| line.contains("more than 1048576 bytes")), "{lines:?}");
    }

    #[test]
    fn what_the_headers_say_is_checked() {
        let bytes = archive([("name", &b"text"[..], Packing::Stored)]);
        let limits = Limits::default();
        let changed = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            bytes
        };
        let record = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        let end = bytes.len() - 22;
        for (bytes, word) in [
            (changed(record + 8, 1), "it is encrypted"),
            (changed(record + 10, 12), "compression method 12"),
            (changed(record + 16, 0), "checksum"),
            (changed(34, b'x'), "checksum"),
        ] {
            let (lines, _) = lines(&bytes, &limits, text);
            assert!(lines.first().is_some_and(|line| line.contains(word)), "{word}: {lines:?}");
        }
        let (_, ended) = lines(&changed(end + 10, 2), &limits, text);
        assert!(matches!(ended, Some(Trouble::Unreadable(why)) if why.contains("2 entries and has 1")));
        let other = |zip: &Zip<'_>, entry: &Entry<'_>, _: &mut Budget<'_>| {
            zip.other_name(entry).map(Option::unwrap_or_default)
        };
        assert_eq!(lines(&changed(30, b'g'), &limits, other).0, ["name: game"]);
        assert_eq!(lines(&bytes, &limits, other).0, ["name: "]);
        assert!(lines(b"no archive", &limits, text).1.is_some());
    }
}
