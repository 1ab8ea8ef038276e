//! One file of an image, as a cataloger sees it.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;

use model::gap::{Gap, GapKind};
use model::limits::Limits;

use super::facts::{Fact, Facts};

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

impl<'a> File<'a> {
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

/// Whether a name or version survived decoding whole: no byte of it was replaced, and no control character is
/// in it.
pub(super) fn is_legible(text: &str) -> bool {
    !text.contains(|character: char| character == char::REPLACEMENT_CHARACTER || character.is_control())
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
        let file = File { path: "a", size: 0, executable: false, content, limits: &limits };
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
        };
        assert!(file.bytes().is_err());
    }
}
