//! The binary codec of private caches: integers, texts and lists, without names or types.
//!
//! Whoever uses it puts a version in front of what it writes and discards what has another. Bytes that were damaged
//! or made up never panic and never make a reader allocate more than they are long.

use std::io::{self, Write};

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
}

/// Takes values from the front of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Fails unless everything was taken.
    pub(crate) fn end(self) -> Result<(), Damaged> {
        if self.0.is_empty() { Ok(()) } else { Err(Damaged) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        let (&byte, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(byte)
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

    /// The length of a list. Each element takes a byte or more, so it is at most what is left.
    pub(crate) fn count(&mut self) -> Result<usize, Damaged> {
        let count = self.small()?;
        if count > self.0.len() { Err(Damaged) } else { Ok(count) }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Damaged> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| Damaged)
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
        let count = self.count()?;
        (0..count).map(|_| read(self)).collect()
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
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!(reader.number(), Ok(number));
        }
        assert_eq!((reader.text(), reader.text()), (Ok(""), Ok("zlib\u{fffd}")));
        assert_eq!(reader.option(Reader::string), Ok(Some("a".to_owned())));
        assert_eq!(reader.option(Reader::string), Ok(None));
        assert_eq!(reader.strings(), Ok(vec!["x".to_owned(), "yz".to_owned()]));
        assert_eq!(reader.end(), Ok(()));
        for end in 0..bytes.len() {
            let mut cut = Reader::new(&bytes[..end]);
            let read = numbers.iter().try_for_each(|_| cut.number().map(drop));
            let texts = read.and_then(|()| cut.text()).and_then(|_| cut.text());
            let all = texts
                .and_then(|_| cut.option(Reader::string))
                .and_then(|_| cut.option(Reader::string))
                .and_then(|_| cut.strings());
            assert_eq!(all, Err(Damaged), "cut after {end} bytes");
        }
    }

    #[test]
    fn numbers_and_lengths_that_cannot_be_are_damage() {
        assert_eq!(Reader::new(&[0xff; 10]).number(), Err(Damaged));
        assert_eq!(Reader::new(&[0xff; 9]).number(), Err(Damaged));
        assert_eq!(Reader::new(&[0x80, 0x04]).small::<u8>(), Err(Damaged));
        assert_eq!(Reader::new(&[5, b'a']).text(), Err(Damaged));
        assert_eq!(Reader::new(&[1, 0xff]).text(), Err(Damaged));
        assert_eq!(Reader::new(&[0xff, 0xff, 0x7f]).strings(), Err(Damaged));
    }
}
