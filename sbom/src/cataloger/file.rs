//! One file of an image, as a cataloger sees it.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use model::gap::{Gap, GapKind};
use model::limits::Limits;

use super::classifiers::Classifiers;
use super::facts::{Fact, Facts};
use crate::image::{Checksums, Inflated};

/// One regular file and where it lies.
pub struct File<'a> {
    /// The path inside the image, without a leading `/`.
    pub path: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Whether its mode has an execute bit.
    pub executable: bool,
    /// Its bytes.
    pub content: Content<'a>,
    /// What may be used for reading it.
    pub limits: &'a Limits,
    /// The user's own classifiers.
    pub classifiers: &'a Classifiers,
}

/// The bytes of a file.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// All of them.
    Bytes(&'a [u8]),
    /// In a temporary file, because there are more than [`Limits::spool_bytes_min`].
    Spooled(&'a std::fs::File),
}

/// Bytes of one line of text; what a longer line holds beyond is dropped and said in a gap.
const LINE_BYTES_MAX: usize = 256 << 10;

/// Bytes of a text that is parsed as a whole. The largest lock files of monorepos have some ten megabytes.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// `bytes` as text. UTF-16, which Windows tools write, is told by its byte-order mark.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        Cow::Owned(String::from_utf16_lossy(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<u16>>()))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        bytes => String::from_utf8_lossy(bytes),
    }
}

impl<'a> File<'a> {
    /// The first four bytes; none if there are fewer or they cannot be read.
    pub(super) fn head(&self) -> Option<[u8; 4]> {
        match self.content {
            Content::Bytes(bytes) => bytes.first_chunk().copied(),
            Content::Spooled(mut file) => {
                let mut head = [0; 4];
                file.rewind().and_then(|()| file.read_exact(&mut head)).ok().map(|()| head)
            }
        }
    }

    /// The whole content.
    ///
    /// # Errors
    /// Reading the temporary file failed, or there is more than [`Limits::file_bytes_max`].
    pub fn bytes(&self) -> io::Result<Cow<'a, [u8]>> {
        match self.content {
            Content::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Content::Spooled(mut file) => {
                let mut bytes = Vec::new();
                file.rewind()?;
                file.take(self.limits.file_bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
                if bytes.len() as u64 > self.limits.file_bytes_max {
                    return Err(io::Error::other("file_bytes_max exceeded"));
                }
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Fills `bytes` with what lies at `offset`, so that a large file can be read in pieces.
    ///
    /// # Errors
    /// The file ends before, or reading the temporary file failed.
    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        match self.content {
            Content::Bytes(all) => {
                let start = usize::try_from(offset).ok();
                let rest = start.and_then(|start| all.get(start..)).and_then(|rest| rest.get(..bytes.len()));
                bytes.copy_from_slice(rest.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
            Content::Spooled(mut file) => {
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(bytes)
            }
        }
    }

    /// The whole content as text, without a byte-order mark; bytes that are not UTF-8 become U+FFFD. None, and a gap,
    /// when it cannot be read or is larger than any lock file or manifest.
    pub(super) fn text(&self, facts: &mut Facts) -> Option<Cow<'a, str>> {
        if self.size > TEXT_BYTES_MAX {
            let detail = format!(
                "{} bytes are more than the {TEXT_BYTES_MAX} of any lock file or manifest",
                self.size
            );
            facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, self.path, detail)));
            return None;
        }
        match self.bytes() {
            Ok(Cow::Borrowed(bytes)) => Some(decoded(bytes)),
            Ok(Cow::Owned(bytes)) => Some(Cow::Owned(decoded(&bytes).into_owned())),
            Err(error) => {
                facts.push(Fact::Gap(self.unreadable(&error)));
                None
            }
        }
    }

    /// A reader of the content from its start.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub(super) fn reader(&self) -> io::Result<Box<dyn BufRead + 'a>> {
        match self.content {
            Content::Bytes(bytes) => Ok(Box::new(bytes)),
            Content::Spooled(mut file) => {
                file.rewind()?;
                Ok(Box::new(BufReader::with_capacity(64 << 10, file)))
            }
        }
    }

    /// Hands each line (number, from 1, and text without its end) to `visit`, until it breaks.
    ///
    /// Bytes that are not UTF-8 become U+FFFD. Memory is bounded by one line; a reading error and an over-long
    /// line become gaps.
    pub(super) fn for_each_line(
        &self,
        facts: &mut Facts,
        mut visit: impl FnMut(&mut Facts, u64, &str) -> ControlFlow<()>,
    ) {
        match self.content {
            Content::Bytes(bytes) => self.lines_of(bytes, facts, &mut visit),
            Content::Spooled(mut file) => match file.rewind() {
                Ok(()) => self.lines_of(BufReader::with_capacity(64 << 10, file), facts, &mut visit),
                Err(error) => facts.push(Fact::Gap(self.unreadable(&error))),
            },
        }
    }

    fn lines_of(
        &self,
        mut reader: impl BufRead,
        facts: &mut Facts,
        visit: &mut dyn FnMut(&mut Facts, u64, &str) -> ControlFlow<()>,
    ) {
        let mut line = Vec::new();
        let mut over_long = false;
        for number in 1.. {
            line.clear();
            match reader.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    facts.push(Fact::Gap(self.unreadable(&error)));
                    break;
                }
            }
            let complete = line.ends_with(b"\n");
            if complete {
                line.pop();
                line.pop_if(|byte| *byte == b'\r');
            } else if line.len() == LINE_BYTES_MAX {
                over_long = true;
                if let Err(error) = reader.skip_until(b'\n') {
                    facts.push(Fact::Gap(self.unreadable(&error)));
                }
            }
            if visit(facts, number, &String::from_utf8_lossy(&line)).is_break() {
                break;
            }
        }
        if over_long {
            let detail = format!("a line is longer than {LINE_BYTES_MAX} bytes; the rest of it was not read");
            facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, self.path, detail)));
        }
    }

    /// The gap that says this file could not be read, and why.
    pub(super) fn unreadable(&self, why: &dyn std::fmt::Display) -> Gap {
        Gap::new(GapKind::UNREADABLE_FILE, self.path, why.to_string())
    }

    /// The gap that says one record of this file could not be understood, and why.
    pub(super) fn unreadable_record(&self, why: &dyn std::fmt::Display) -> Gap {
        Gap::new(GapKind::UNREADABLE_RECORD, self.path, why.to_string())
    }
}

/// The bytes of `reader`, uncompressed if they are a gzip, zstd or xz stream; at most `bytes_max` of them.
///
/// # Errors
/// The stream is damaged, or holds more; says which.
pub(super) fn uncompressed(reader: impl BufRead, bytes_max: u64, limits: &Limits) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let inflated = Inflated::new(reader, Checksums::Verify, limits)?;
    inflated.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("more than {bytes_max} bytes uncompressed")));
    }
    Ok(bytes)
}

/// A time in seconds since 1970 as RFC 3339; none when the text is no such time.
pub(super) fn rfc3339(seconds: &str) -> Option<String> {
    let seconds = seconds.trim().parse().ok().filter(|seconds| *seconds > 0)?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

/// Whether a name or version survived decoding whole: no byte of it was replaced, and no control character is
/// in it.
pub(super) fn is_legible(text: &str) -> bool {
    !text.contains(|character: char| character == char::REPLACEMENT_CHARACTER || character.is_control())
}

/// What precedes `database` (`lib/dpkg/`) and the `var/` or `usr/` before it in `path`: nothing, or the directory that
/// holds another root filesystem, with its `/`.
pub(super) fn root_of<'p>(path: &'p str, database: &str) -> &'p str {
    let root = path.rfind(database).map_or("", |at| &path[..at]);
    ["var/", "usr/"].iter().find_map(|directory| root.strip_suffix(directory)).unwrap_or(root)
}

/// The directory that the file at `path` lies in.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether a package's file at `path` lies in a package manager's cache: what that installed of it is in its database, and
/// the rest was never wanted.
pub(super) fn is_cached(path: &str) -> bool {
    path.starts_with("var/cache/")
}

/// Why the database record that starts at `line` identifies no package; none when it does.
pub(super) fn unidentified(line: u64, name: &str, version: &str) -> Option<String> {
    match (name, version) {
        ("", _) => Some(format!("the record at line {line} states no name")),
        (name, "") => Some(format!("the record of `{name}` at line {line} states no version")),
        (name, version) if is_legible(name) && is_legible(version) => None,
        _ => Some(format!("the record at line {line} has an illegible name or version")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: Content<'_>) -> (Vec<String>, Vec<Fact>) {
        let limits = Limits::default();
        let file = File {
            path: "a",
            size: 0,
            executable: false,
            content,
            limits: &limits,
            classifiers: Classifiers::none(),
        };
        let mut facts = Facts::new(&limits);
        let mut lines = Vec::new();
        file.for_each_line(&mut facts, |_, number, line| {
            lines.push(format!("{number}:{}", &line[..line.len().min(8)]));
            ControlFlow::Continue(())
        });
        (lines, facts.into_vec())
    }

    #[test]
    fn lines_end_in_either_way_and_the_last_needs_no_end() {
        assert_eq!(lines(Content::Bytes(b"a\r\nb\n\nc")).0, ["1:a", "2:b", "3:", "4:c"]);
        assert_eq!(lines(Content::Bytes(b"")).0, [""; 0]);
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory_and_is_a_gap() {
        let mut bytes = vec![b'x'; LINE_BYTES_MAX * 3];
        bytes.extend(b"\nnext");
        let (lines, facts) = lines(Content::Bytes(&bytes));
        assert_eq!(lines, ["1:xxxxxxxx", "2:next"]);
        assert!(matches!(&facts[..], [Fact::Gap(gap)] if gap.kind == GapKind::LIMIT_EXCEEDED));
    }

    #[test]
    fn a_spooled_file_reads_as_its_bytes_do() {
        use std::io::Write;
        let mut spool = tempfile::tempfile().unwrap();
        spool.write_all(b"a\nb").unwrap();
        assert_eq!(lines(Content::Spooled(&spool)).0, ["1:a", "2:b"]);
        assert_eq!(lines(Content::Spooled(&spool)).0, ["1:a", "2:b"]);
        let limits = Limits { file_bytes_max: 2, ..Limits::default() };
        let file = File {
            path: "a",
            size: 3,
            executable: false,
            content: Content::Spooled(&spool),
            limits: &limits,
            classifiers: Classifiers::none(),
        };
        assert!(file.bytes().is_err());
    }
}
