//! The binary codec of private caches: integers, texts and lists, without names or types.
//!
//! Whoever uses it puts a version in front of what it writes and discards what has another. Bytes that were damaged
//! or made up never panic and never make a reader allocate for more than has come.

use std::fmt;
use std::io::{self, Read, Write};

use model::texts::Texts;

/// The bytes are not what [`Writer`] made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

/// Writes values.
pub(crate) struct Writer<'w> {
    out: &'w mut dyn Write,
    buffer: Vec<u8>,
    error: Option<io::Error>,
}

/// Bytes kept until they are written.
const BUFFER_BYTES: usize = 64 << 10;

impl<'w> Writer<'w> {
    /// Writes to `out`.
    pub(crate) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, buffer: Vec::new(), error: None }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first that any writing met.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush();
        self.error.map_or(Ok(()), Err)
    }

    fn flush(&mut self) {
        if self.error.is_none() {
            self.error = self.out.write_all(&self.buffer).err();
        }
        self.buffer.clear();
    }

    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush();
        }
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.push(&[byte]);
    }

    /// An integer in groups of seven bits, lowest first (LEB128).
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.push(text.as_bytes());
    }

    pub(crate) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(crate) fn list<T>(&mut self, values: &[T], write: impl Fn(&mut Self, &T)) {
        self.count(values.len());
        for value in values {
            write(self, value);
        }
    }

    pub(crate) fn texts(&mut self, texts: &[String]) {
        self.list(texts, |out, text| out.text(text));
    }

    /// Texts that are packed, as [`Writer::texts`] writes them.
    pub(crate) fn packed(&mut self, texts: &Texts) {
        self.count(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }
}

/// Takes values from a stream, of which no more is in memory than the text at hand.
pub(crate) struct Reader<'r> {
    input: &'r mut dyn Read,
    /// What was read ahead is `start..end` of it.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reader").field("ahead", &(self.end - self.start)).finish_non_exhaustive()
    }
}

impl<'r> Reader<'r> {
    pub(crate) fn new(input: &'r mut dyn Read) -> Self {
        Self { input, buffer: Vec::new(), start: 0, end: 0 }
    }

    /// Fails unless everything was taken, and the stream itself has nothing against what came.
    pub(crate) fn end(mut self) -> Result<(), Damaged> {
        if self.start == self.end && self.read_ahead()? == 0 { Ok(()) } else { Err(Damaged) }
    }

    /// The next `n_bytes`. Memory grows with what comes, not with what is announced.
    fn take(&mut self, n_bytes: usize) -> Result<&[u8], Damaged> {
        while self.end - self.start < n_bytes {
            if self.read_ahead()? == 0 {
                return Err(Damaged);
            }
        }
        let start = self.start;
        self.start += n_bytes;
        Ok(&self.buffer[start..self.start])
    }

    /// Reads more into the buffer; 0 bytes at the end of the stream.
    fn read_ahead(&mut self) -> Result<usize, Damaged> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(BUFFER_BYTES.max(2 * self.end), 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(n_bytes) => {
                    self.end += n_bytes;
                    return Ok(n_bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Damaged),
            }
        }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Damaged);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    pub(crate) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Damaged> {
        T::try_from(self.number()?).map_err(|_| Damaged)
    }

    pub(crate) fn text(&mut self) -> Result<&str, Damaged> {
        let length = self.small()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Damaged)
    }

    pub(crate) fn string(&mut self) -> Result<String, Damaged> {
        self.text().map(str::to_owned)
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Option<T>, Damaged> {
        match self.byte()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Damaged),
        }
    }

    pub(crate) fn list<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.small::<u64>()?;
        // A list is as long as its elements come, whatever its count says. Most have one, for which a growing vector
        // makes room for four.
        let mut values = (0..count).map(|_| read(self)).collect::<Result<Vec<T>, Damaged>>()?;
        values.shrink_to_fit();
        Ok(values)
    }

    pub(crate) fn strings(&mut self) -> Result<Vec<String>, Damaged> {
        self.list(Self::string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        numbers.into_iter().for_each(|number| out.number(number));
        out.text("");
        out.text("zlib\u{fffd}");
        out.option(Some("a"), |out, text| out.text(text));
        out.option(None, |out, text: &str| out.text(text));
        out.texts(&["x".to_owned(), "yz".to_owned()]);
        out.finish().unwrap();
        let mut input = &bytes[..];
        let mut reader = Reader::new(&mut input);
        for number in numbers {
            assert_eq!(reader.number(), Ok(number));
        }
        assert_eq!(reader.text(), Ok(""));
        assert_eq!(reader.text(), Ok("zlib\u{fffd}"));
        assert_eq!(reader.option(Reader::string), Ok(Some("a".to_owned())));
        assert_eq!(reader.option(Reader::string), Ok(None));
        assert_eq!(reader.strings(), Ok(vec!["x".to_owned(), "yz".to_owned()]));
        assert_eq!(reader.end(), Ok(()));
        for end in 0..bytes.len() {
            let mut input = &bytes[..end];
            let mut cut = Reader::new(&mut input);
            let read = numbers.iter().try_for_each(|_| cut.number().map(drop));
            let texts = read.and_then(|()| cut.string()).and_then(|_| cut.string());
            let all = texts
                .and_then(|_| cut.option(Reader::string))
                .and_then(|_| cut.option(Reader::string))
                .and_then(|_| cut.strings());
            assert_eq!(all, Err(Damaged), "cut after {end} bytes");
        }
    }

    #[test]
    fn numbers_and_lengths_that_cannot_be_are_damage() {
        assert_eq!(Reader::new(&mut &[0xff; 10][..]).number(), Err(Damaged));
        assert_eq!(Reader::new(&mut &[0xff; 9][..]).number(), Err(Damaged));
        assert_eq!(Reader::new(&mut &[0x80, 0x04][..]).small::<u8>(), Err(Damaged));
        assert_eq!(Reader::new(&mut &[5, b'a'][..]).text(), Err(Damaged));
        assert_eq!(Reader::new(&mut &[1, 0xff][..]).text(), Err(Damaged));
        assert_eq!(Reader::new(&mut &[0xff, 0xff, 0x7f][..]).strings(), Err(Damaged));
    }
}
