//! A tar stream, entry by entry: ustar, GNU and PAX (POSIX.1-2024 pax; GNU tar manual, "Basic Tar Format").
//!
//! Content that nobody asks for is skipped in the buffer it arrived in; with 1.7 GB of layers the copies that
//! `tar::Archive` makes for skipping cost a quarter of a second. Sparse files read as if they were whole.

mod header;
mod sparse;

use std::io::{self, Read};

use model::limits::Limits;

use super::compression::{Skip, read_buffered};
use super::error::LimitPassed;
use super::mode::Mode;
use header::{Header, decimal, malformed, number, until_nul};
use sparse::{Part, Sparse};

const BLOCK_BYTES: u64 = 512;

/// Bytes of the extended headers of one entry. Go's reader, which container runtimes use, has the same bound for each
/// of them; but there may be any number.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;

/// Bytes of one entry, as Go's reader has it. So sizes can be added without a thought.
const SIZE_MAX: u64 = i64::MAX as u64;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    HardLink(Vec<u8>),
    Symlink(Vec<u8>),
    Directory,
    /// Devices, pipes and what only backup programs write.
    Other,
}

/// The header of an entry, long names and sizes applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As written: it may be absolute, begin with `./` or climb.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    /// Bytes of the content as read, holes included.
    pub(crate) size: u64,
    pub(crate) mode: Mode,
}

/// How a stream of entries ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the two blocks of zeros that POSIX asks for, or one.
    Marked,
    /// With the last byte of an entry. Readers accept it; it is also what a cut at that place looks like.
    Unmarked,
}

/// Entries of a tar stream.
pub(crate) struct TarReader<'l, R> {
    reader: R,
    limits: &'l Limits,
    n_entries: u64,
    /// Stored bytes of the current entry that were not read yet, and the padding behind them.
    stored_left: u64,
    padding: u64,
    sparse: Option<Sparse>,
    /// Bytes of holes handed out: they cost time and space but no bytes of the stream. Nobody asks for the content of
    /// what honest sparse files hold (logs, disks), so all of them together may have what one file may have.
    hole_bytes: u64,
    position: u64,
    end: Option<End>,
}

impl<'l, R: Skip> TarReader<'l, R> {
    pub(crate) fn new(reader: R, limits: &'l Limits) -> Self {
        Self {
            reader,
            limits,
            n_entries: 0,
            stored_left: 0,
            padding: 0,
            sparse: None,
            hole_bytes: 0,
            position: 0,
            end: None,
        }
    }

    /// How the stream ended, once [`TarReader::next`] has returned none.
    pub(crate) fn end(&self) -> Option<End> {
        self.end
    }

    /// The next entry, or none at the end. Content of the previous one that was not read is skipped.
    ///
    /// # Errors
    /// `UnexpectedEof` when the stream ends within an entry, `InvalidData` when a header is malformed, and
    /// [`LimitPassed`] for more than `entries_max` entries.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        self.skip_content()?;
        let mut extensions = Extensions::default();
        let mut n_left = EXTENSION_BYTES_MAX;
        loop {
            let Some(header) = self.read_header()? else {
                return Ok(None);
            };
            self.n_entries += 1;
            if self.n_entries > self.limits.entries_max {
                return Err(LimitPassed::error("entries_max", self.limits.entries_max));
            }
            match header.kind() {
                b'x' => extensions.pax(&self.read_extension(&header, &mut n_left)?)?,
                // What a global header says (a commit, a comment) is not about this entry's place or size.
                b'g' => drop(self.read_extension(&header, &mut n_left)?),
                b'L' => {
                    let name = self.read_extension(&header, &mut n_left)?;
                    extensions.path = Some(until_nul(&name).to_vec());
                }
                b'K' => {
                    let name = self.read_extension(&header, &mut n_left)?;
                    extensions.link = Some(until_nul(&name).to_vec());
                }
                _ => return self.begin(&header, extensions).map(Some),
            }
        }
    }

    /// Where in the stream the content of the current entry begins.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The content of the current entry, which can be read once.
    pub(crate) fn content(&mut self) -> Content<'_, 'l, R> {
        Content { tar: self, logical: 0 }
    }

    /// The first bytes of the current content, as many as lie in the buffer; none of a sparse entry, whose map may
    /// begin with a hole.
    pub(crate) fn head(&mut self) -> io::Result<&[u8]> {
        if self.sparse.is_some() || self.stored_left == 0 {
            return Ok(&[]);
        }
        let stored_left = self.stored_left;
        let available = self.reader.fill_buf()?;
        let n_bytes = usize::try_from(stored_left).map_or(available.len(), |left| left.min(available.len()));
        Ok(&available[..n_bytes])
    }

    /// The rest of the current content as far as it lies in the buffer; all of it if the entry is small.
    /// Not for sparse entries, of which the buffer holds only the parts that were stored.
    pub(crate) fn buffered(&mut self) -> io::Result<Option<&[u8]>> {
        if self.sparse.is_some() {
            return Ok(None);
        }
        let stored_left = self.stored_left;
        let available = self.reader.fill_buf()?;
        Ok(usize::try_from(stored_left).ok().and_then(|n_bytes| available.get(..n_bytes)))
    }

    fn skip_content(&mut self) -> io::Result<()> {
        self.sparse = None;
        let n_bytes = self.stored_left + self.padding;
        self.skip(n_bytes)?;
        self.stored_left = 0;
        self.padding = 0;
        Ok(())
    }

    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        self.reader.skip(n_bytes).map_err(cut)?;
        self.position += n_bytes;
        Ok(())
    }

    fn read_header(&mut self) -> io::Result<Option<Header>> {
        if self.end.is_some() {
            return Ok(None);
        }
        if self.reader.fill_buf()?.is_empty() {
            self.end = Some(End::Unmarked);
            return Ok(None);
        }
        let header = self.read_block()?;
        if header.0.iter().all(|&byte| byte == 0) {
            self.end = Some(End::Marked);
            return Ok(None);
        }
        header.check()?;
        Ok(Some(header))
    }

    fn read_block(&mut self) -> io::Result<Header> {
        let mut block = [0; BLOCK_BYTES as usize];
        self.reader.read_exact(&mut block).map_err(cut)?;
        self.position += BLOCK_BYTES;
        Ok(Header(block))
    }

    /// The content of an extended header, which may have `n_left` bytes.
    fn read_extension(&mut self, header: &Header, n_left: &mut u64) -> io::Result<Vec<u8>> {
        let size = header.size()?;
        *n_left = n_left
            .checked_sub(size)
            .ok_or_else(|| LimitPassed::error("the size of an extended tar header", EXTENSION_BYTES_MAX))?;
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| malformed("size"))?];
        self.reader.read_exact(&mut bytes).map_err(cut)?;
        self.position += size;
        self.skip(padding(size))?;
        Ok(bytes)
    }

    fn begin(&mut self, header: &Header, extensions: Extensions) -> io::Result<Entry> {
        let stored = match extensions.size {
            Some(size) => size,
            None => header.size()?,
        };
        if stored > SIZE_MAX {
            return Err(malformed("size"));
        }
        let path = extensions.path.unwrap_or_else(|| header.path());
        let link = extensions.link.unwrap_or_else(|| until_nul(&header.0[157..257]).to_vec());
        let kind = match header.kind() {
            // Before POSIX a directory was a file whose name ends in a slash.
            b'0' | 0 if path.ends_with(b"/") => EntryKind::Directory,
            b'0' | 0 | b'7' | b'S' => EntryKind::File,
            b'1' => EntryKind::HardLink(link),
            b'2' => EntryKind::Symlink(link),
            b'5' => EntryKind::Directory,
            _ => EntryKind::Other,
        };
        // Links, devices and directories store nothing, whatever their size field says; so reads Go's reader,
        // which container runtimes use.
        let stored = if matches!(header.kind(), b'1'..=b'6') { 0 } else { stored };
        self.stored_left = stored;
        self.padding = padding(stored);
        self.sparse = self.read_sparse(header, extensions.sparse)?;
        let size = self.sparse.as_ref().map_or(stored, |sparse| sparse.size);
        Ok(Entry { path, kind, size, mode: Mode::new(header.mode()) })
    }

    /// The map of a sparse entry, in any of the four ways that GNU tar has written it.
    fn read_sparse(&mut self, header: &Header, pax: SparseExtensions) -> io::Result<Option<Sparse>> {
        if header.kind() == b'S' {
            return self.read_old_sparse(header).map(Some);
        }
        if pax.major == Some(1) {
            let size = pax.size.ok_or_else(|| malformed("sparse size"))?;
            let mut numbers = SparseNumbers { tar: self, n_bytes: 0 };
            let n_parts = numbers.next()?;
            let mut parts = Vec::new();
            for _ in 0..n_parts {
                parts.push(Part { offset: numbers.next()?, size: numbers.next()? });
            }
            let map_bytes = numbers.n_bytes;
            let map_padding = padding(map_bytes);
            self.skip(map_padding)?;
            self.stored_left =
                self.stored_left.checked_sub(map_padding).ok_or_else(|| malformed("sparse map"))?;
            return Sparse::new(parts, size, self.stored_left).map(Some);
        }
        match (pax.size, pax.parts.is_empty()) {
            (None, true) => Ok(None),
            (Some(size), _) => Sparse::new(pax.parts, size, self.stored_left).map(Some),
            (None, false) => Err(malformed("sparse size")),
        }
    }

    /// GNU tar's own format: four parts in the header, 21 more in each block that follows.
    fn read_old_sparse(&mut self, header: &Header) -> io::Result<Sparse> {
        let mut parts = Vec::new();
        let mut push = |fields: &[u8]| -> io::Result<()> {
            for field in fields.chunks_exact(24) {
                let (offset, size) = (number(&field[..12])?, number(&field[12..])?);
                if size > 0 || offset > 0 {
                    parts.push(Part { offset, size });
                }
            }
            Ok(())
        };
        push(&header.0[386..482])?;
        let mut more = header.0[482] != 0;
        let mut n_blocks = 0;
        while more {
            n_blocks += 1;
            if n_blocks * BLOCK_BYTES > EXTENSION_BYTES_MAX {
                return Err(LimitPassed::error("the size of an extended tar header", EXTENSION_BYTES_MAX));
            }
            let block = self.read_block()?;
            push(&block.0[..504])?;
            more = block.0[504] != 0;
        }
        Sparse::new(parts, number(&header.0[483..495])?, self.stored_left)
    }
}

/// The content of an entry, holes filled with zeros.
pub(crate) struct Content<'t, 'l, R> {
    tar: &'t mut TarReader<'l, R>,
    logical: u64,
}

impl<R: Skip> Read for Content<'_, '_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (n_bytes, is_hole) = match &self.tar.sparse {
            None => (self.tar.stored_left, false),
            Some(sparse) => sparse.run_at(self.logical),
        };
        let n_bytes = usize::try_from(n_bytes).map_or(out.len(), |n_bytes| n_bytes.min(out.len()));
        if n_bytes == 0 {
            return Ok(0);
        }
        let n_bytes = if is_hole {
            out[..n_bytes].fill(0);
            self.tar.hole_bytes += n_bytes as u64;
            if self.tar.hole_bytes > self.tar.limits.file_bytes_max {
                return Err(LimitPassed::error("file_bytes_max", self.tar.limits.file_bytes_max));
            }
            n_bytes
        } else {
            let n_bytes = read_buffered(&mut self.tar.reader, &mut out[..n_bytes])?;
            if n_bytes == 0 {
                return Err(cut(io::ErrorKind::UnexpectedEof.into()));
            }
            self.tar.stored_left -= n_bytes as u64;
            self.tar.position += n_bytes as u64;
            n_bytes
        };
        self.logical += n_bytes as u64;
        Ok(n_bytes)
    }
}

/// What the extended headers before an entry say of it.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: SparseExtensions,
}

#[derive(Default)]
struct SparseExtensions {
    major: Option<u64>,
    size: Option<u64>,
    offset: Option<u64>,
    parts: Vec<Part>,
}

impl Extensions {
    /// Reads `length key=value\n` records (POSIX pax, "pax Extended Header").
    fn pax(&mut self, mut records: &[u8]) -> io::Result<()> {
        while !records.is_empty() {
            let wrong = || malformed("extended header");
            let space = records.iter().position(|&byte| byte == b' ').ok_or_else(wrong)?;
            let length = usize::try_from(decimal(&records[..space])?).map_err(|_| wrong())?;
            let record = records.get(space + 1..length).and_then(|rest| rest.strip_suffix(b"\n"));
            let record = record.ok_or_else(wrong)?;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(wrong)?;
            self.set(&record[..equals], &record[equals + 1..])?;
            records = &records[length..];
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let sparse = &mut self.sparse;
        match key {
            // An empty value takes back what an earlier header said.
            b"path" => self.path = (!value.is_empty()).then(|| value.to_vec()),
            b"GNU.sparse.name" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = (!value.is_empty()).then(|| value.to_vec()),
            b"size" => self.size = if value.is_empty() { None } else { Some(decimal(value)?) },
            b"GNU.sparse.major" => sparse.major = Some(decimal(value)?),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => sparse.size = Some(decimal(value)?),
            b"GNU.sparse.offset" => sparse.offset = Some(decimal(value)?),
            b"GNU.sparse.numbytes" => {
                let offset = sparse.offset.take().ok_or_else(|| malformed("sparse map"))?;
                sparse.parts.push(Part { offset, size: decimal(value)? });
            }
            b"GNU.sparse.map" if !value.is_empty() => {
                let numbers =
                    value.split(|&byte| byte == b',').map(decimal).collect::<io::Result<Vec<_>>>()?;
                let (pairs, []) = numbers.as_chunks::<2>() else {
                    return Err(malformed("sparse map"));
                };
                sparse.parts = pairs.iter().map(|&[offset, size]| Part { offset, size }).collect();
            }
            _ => {}
        }
        Ok(())
    }
}

/// The numbers of a sparse map that stands before the content, each on a line (GNU sparse format 1.0).
struct SparseNumbers<'t, 'l, R> {
    tar: &'t mut TarReader<'l, R>,
    n_bytes: u64,
}

impl<R: Skip> SparseNumbers<'_, '_, R> {
    fn next(&mut self) -> io::Result<u64> {
        let mut digits = Vec::new();
        loop {
            let mut byte = [0];
            if self.tar.stored_left == 0 || self.n_bytes == EXTENSION_BYTES_MAX {
                return Err(malformed("sparse map"));
            }
            self.tar.reader.read_exact(&mut byte).map_err(cut)?;
            self.tar.stored_left -= 1;
            self.tar.position += 1;
            self.n_bytes += 1;
            match byte {
                [b'\n'] => return decimal(&digits),
                [digit] => digits.push(digit),
            }
        }
    }
}

fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK_BYTES
}

/// Says what an end means here, unless the stream below said already why it ends.
fn cut(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof && error.get_ref().is_none() {
        io::Error::new(io::ErrorKind::UnexpectedEof, "the tar stream ends within an entry")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    impl Skip for Cursor<&[u8]> {}

    /// A header block followed by `rest`, padded.
    fn block(path: &[u8], kind: u8, size: u64, fill: impl FnOnce(&mut [u8]), rest: &[u8]) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..path.len()].copy_from_slice(path);
        header[100..107].copy_from_slice(b"0000755");
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        fill(&mut header);
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        header.extend(rest);
        header.resize(header.len().next_multiple_of(512), 0);
        header
    }

    fn pax(records: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, value) in records {
            let length = key.len() + value.len() + 3;
            let digits = if length + 2 > 99 { 3 } else { 2 };
            bytes.extend(format!("{} {key}={value}\n", length + digits).into_bytes());
        }
        block(b"pax", b'x', bytes.len() as u64, |_| {}, &bytes)
    }

    /// Each entry as `path kind size content`.
    fn read(bytes: &[u8]) -> io::Result<Vec<String>> {
        let limits = Limits::default();
        let mut tar = TarReader::new(Cursor::new(bytes), &limits);
        let mut shown = Vec::new();
        while let Some(entry) = tar.next()? {
            let mut content = Vec::new();
            tar.content().read_to_end(&mut content)?;
            assert!(entry.kind != EntryKind::File || content.len() as u64 == entry.size);
            let content = String::from_utf8_lossy(&content).replace('\0', ".");
            let path = String::from_utf8_lossy(&entry.path);
            shown.push(format!("{path} {:?} {} {content}", entry.kind, entry.size));
        }
        Ok(shown)
    }

    #[test]
    fn names_and_sizes_come_from_where_each_format_keeps_them() {
        let long = "l".repeat(200);
        let archive = [
            block(b"plain", b'0', 2, |_| {}, b"ab"),
            block(b"posix", b'0', 1, |header| header[345..348].copy_from_slice(b"dir"), b"c"),
            block(b"gnu", b'0', 0, |header| header[257..265].copy_from_slice(b"ustar  \0"), b""),
            block(b"@", b'L', 201, |_| {}, format!("{long}\0").as_bytes()),
            block(b"@", b'K', 3, |_| {}, b"to\0"),
            block(b"short", b'2', 0, |_| {}, b""),
            block(b"g", b'g', 12, |_| {}, b"12 path=zzz\n"),
            pax(&[("path", "renamed"), ("size", "3"), ("mtime", "1.5")]),
            block(b"short", b'0', 0, |_| {}, b"def"),
            block(
                b"binary",
                b'0',
                0,
                |header| header[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x01"),
                b"g",
            ),
            block(b"old/", 0, 0, |_| {}, b""),
            block(b"device", b'3', 9, |_| {}, b""),
            block(b"hard", b'1', 9, |header| header[157..159].copy_from_slice(b"to"), b""),
        ];
        assert_eq!(
            read(&archive.concat()).unwrap(),
            [
                "plain File 2 ab",
                "dir/posix File 1 c",
                "gnu File 0 ",
                &format!("{long} Symlink([116, 111]) 0 "),
                "renamed File 3 def",
                "binary File 1 g",
                "old/ Directory 0 ",
                "device Other 0 ",
                "hard HardLink([116, 111]) 0 ",
            ]
        );
    }

    #[test]
    fn sparse_files_read_as_if_they_were_whole() {
        let expected = ["s File 8 ..ab..c.", "next File 0 "];
        let next = block(b"next", b'0', 0, |_| {}, b"");
        let old = |header: &mut [u8]| {
            for (at, number) in [(386, 2), (398, 2), (410, 6), (422, 1), (483, 8)] {
                header[at..at + 11].copy_from_slice(format!("{number:011o}").as_bytes());
            }
        };
        let map = format!("{:\0<512}", "2\n2\n2\n6\n1\n");
        for archive in [
            [block(b"s", b'S', 3, old, b"abc"), next.clone()].concat(),
            [
                pax(&[("GNU.sparse.size", "8"), ("GNU.sparse.map", "2,2,6,1")]),
                block(b"s", b'0', 3, |_| {}, b"abc"),
                next.clone(),
            ]
            .concat(),
            [
                pax(&[
                    ("GNU.sparse.size", "8"),
                    ("GNU.sparse.offset", "2"),
                    ("GNU.sparse.numbytes", "2"),
                    ("GNU.sparse.offset", "6"),
                    ("GNU.sparse.numbytes", "1"),
                ]),
                block(b"s", b'0', 3, |_| {}, b"abc"),
                next.clone(),
            ]
            .concat(),
            [
                pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "8")]),
                block(b"x", b'0', 515, |_| {}, format!("{map}abc").as_bytes()),
                next.clone(),
            ]
            .concat(),
        ] {
            assert_eq!(read(&archive).unwrap(), expected);
        }
    }

    #[test]
    fn malformed_headers_are_errors_and_an_end_without_mark_is_noticed() {
        let whole = block(b"a", b'0', 2, |_| {}, b"ab");
        for (at, value) in [(0, b'b'), (124, b'9'), (148, b'7')] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            assert_eq!(read(&damaged).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        for cut in [1, 511, 513, 1023] {
            assert_eq!(read(&whole[..cut]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        }
        let limits = Limits::default();
        for (bytes, end) in [(whole.clone(), End::Unmarked), ([whole, vec![0; 1024]].concat(), End::Marked)] {
            let mut tar = TarReader::new(Cursor::new(&bytes[..]), &limits);
            while tar.next().unwrap().is_some() {}
            assert_eq!(tar.end(), Some(end));
        }
    }

    #[test]
    fn holes_of_all_files_together_are_bounded() {
        let limits = Limits { file_bytes_max: 1 << 20, ..Limits::default() };
        let size = (2 << 20).to_string();
        let archive = [
            pax(&[("GNU.sparse.size", &size), ("GNU.sparse.map", "0,0")]),
            block(b"s", b'0', 0, |_| {}, b""),
        ]
        .concat();
        let mut tar = TarReader::new(Cursor::new(&archive[..]), &limits);
        assert_eq!(tar.next().unwrap().unwrap().size, 2 << 20);
        assert!(io::copy(&mut tar.content(), &mut io::sink()).is_err());
    }

    #[test]
    fn hostile_headers_are_errors_with_a_name() {
        let record = |text: &str| block(b"pax", b'x', text.len() as u64, |_| {}, text.as_bytes());
        let binary =
            |bytes: [u8; 12]| block(b"a", b'0', 0, |header| header[124..136].copy_from_slice(&bytes), b"");
        let file = block(b"a", b'0', 0, |_| {}, b"");
        let parts = "0,0,".repeat(200_000);
        let map = format!("{}0,0", &parts[..parts.len() / 2]);
        let large = pax_of(&[("comment", &"x".repeat(700_000))]);
        for (case, archive, expected) in [
            ("a size of minus one", binary([0xff; 12]), "the tar stream has a malformed number"),
            (
                "a size of eight exbibytes",
                binary([0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]),
                "the tar stream has a malformed size",
            ),
            (
                "a size just below",
                binary([0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
                "the tar stream ends within an entry",
            ),
            (
                "a size in words",
                [pax(&[("size", "many")]), file.clone()].concat(),
                "the tar stream has a malformed number",
            ),
            (
                "a size of sixteen exbibytes",
                [pax(&[("size", "18446744073709551615")]), file.clone()].concat(),
                "the tar stream has a malformed size",
            ),
            (
                "a record longer than its header",
                record("999999999 path=a\n"),
                "the tar stream has a malformed extended header",
            ),
            (
                "a record shorter than its length",
                record("3 path=a\n"),
                "the tar stream has a malformed extended header",
            ),
            ("a record of no length", record("0 path=a\n"), "the tar stream has a malformed extended header"),
            (
                "a record of a length beyond numbers",
                record("99999999999999999999999 a=b\n"),
                "the tar stream has a malformed number",
            ),
            (
                "a name of a gibibyte",
                block(b"@", b'L', 1 << 30, |_| {}, b"x"),
                "the limit the size of an extended tar header of 1048576 is exceeded",
            ),
            (
                "records of a gibibyte",
                block(b"@", b'x', 1 << 30, |_| {}, b"x"),
                "the limit the size of an extended tar header of 1048576 is exceeded",
            ),
            (
                "headers without end",
                [large.clone(), large].concat(),
                "the limit the size of an extended tar header of 1048576 is exceeded",
            ),
            (
                "a map that overlaps itself",
                [pax(&[("GNU.sparse.size", "9"), ("GNU.sparse.map", "4,2,3,1")]), file.clone()].concat(),
                "the tar stream has a malformed sparse map",
            ),
            (
                "a map beyond the end of numbers",
                [
                    pax(&[("GNU.sparse.size", "9"), ("GNU.sparse.map", "18446744073709551615,2")]),
                    file.clone(),
                ]
                .concat(),
                "the tar stream has a malformed sparse map",
            ),
            (
                "a map of more than is stored",
                [pax(&[("GNU.sparse.size", "9"), ("GNU.sparse.map", "0,9")]), file.clone()].concat(),
                "the tar stream has a malformed sparse map",
            ),
            (
                "a map of an odd number of numbers",
                [pax(&[("GNU.sparse.size", "9"), ("GNU.sparse.map", "0,0,1")]), file.clone()].concat(),
                "the tar stream has a malformed sparse map",
            ),
            (
                "a map that says it has more parts than it has",
                [
                    pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "8")]),
                    block(b"x", b'0', 512, |_| {}, b"99999999999\n0\n0\n"),
                ]
                .concat(),
                "the tar stream has a malformed sparse map",
            ),
            (
                "parts in blocks without end",
                [
                    block(b"s", b'S', 0, |header| header[482] = 1, b""),
                    [vec![0; 504], vec![1; 8]].concat().repeat(4_000),
                ]
                .concat(),
                "the limit the size of an extended tar header of 1048576 is exceeded",
            ),
            (
                "a map of a hundred thousand holes",
                [pax_of(&[("GNU.sparse.size", "9"), ("GNU.sparse.map", &map)]), file].concat(),
                "",
            ),
        ] {
            let found = read(&archive).map_or_else(|error| error.to_string(), |_| String::new());
            assert_eq!(found, expected, "{case}");
        }
    }

    /// As [`pax`], for values of any length.
    fn pax_of(records: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let length =
                (1..).map(|digits| rest + digits).find(|n| n.to_string().len() + rest == *n).unwrap();
            bytes.extend(format!("{length} {key}={value}\n").into_bytes());
        }
        block(b"pax", b'x', bytes.len() as u64, |_| {}, &bytes)
    }
}
