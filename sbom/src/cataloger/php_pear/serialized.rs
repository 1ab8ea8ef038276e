//! Values as PHP's `serialize` writes them: `a:1:{s:4:"name";s:4:"Demo";}`. Lengths are in bytes.

/// Levels of arrays; records have some six.
const DEPTH_MAX: usize = 32;

/// A value; numbers are kept as they are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(&'a [u8]),
    Array(Vec<(Self, Self)>),
    Null,
}

impl<'a> Value<'a> {
    /// The value behind `path`, key by key.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((key, rest)) = path.split_first() else { return Some(self) };
        let Self::Array(entries) = self else { return None };
        entries
            .iter()
            .find(|(known, _)| matches!(known, Self::Text(text) if *text == key.as_bytes()))?
            .1
            .at(rest)
    }

    /// The values of an array; of anything else none.
    pub(super) fn values(&self) -> impl Iterator<Item = &Self> {
        let entries = if let Self::Array(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().map(|(_, value)| value)
    }

    /// A text or number.
    pub(super) fn text(&self) -> Option<String> {
        if let Self::Text(text) = self { Some(String::from_utf8_lossy(text).trim().to_owned()) } else { None }
    }
}

/// The value that `bytes` begins with.
///
/// # Errors
/// It is none, or is nested deeper than any record.
pub(super) fn parse(bytes: &[u8]) -> Result<Value<'_>, String> {
    Reader { bytes, at: 0 }.value(DEPTH_MAX)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, String> {
        let kind = self.byte()?;
        match kind {
            b'N' => {
                self.expect(b';')?;
                return Ok(Value::Null);
            }
            b'b' | b'i' | b'd' | b'r' | b'R' => {
                self.expect(b':')?;
                return Ok(Value::Text(self.until(b';')?));
            }
            b's' => {
                self.expect(b':')?;
                let text = self.string()?;
                self.expect(b';')?;
                return Ok(Value::Text(text));
            }
            b'O' => {
                self.expect(b':')?;
                self.string()?;
                self.expect(b':')?;
            }
            b'a' => self.expect(b':')?,
            _ => return Err(self.wrong()),
        }
        if depth == 0 {
            return Err(format!("more than {DEPTH_MAX} levels"));
        }
        self.until(b':')?;
        self.expect(b'{')?;
        let mut entries = Vec::new();
        // The count before the bracket adds nothing to the brackets.
        while self.bytes.get(self.at) != Some(&b'}') {
            let key = self.value(depth - 1)?;
            entries.push((key, self.value(depth - 1)?));
        }
        self.at += 1;
        Ok(Value::Array(entries))
    }

    /// `LENGTH:"BYTES"`
    fn string(&mut self) -> Result<&'a [u8], String> {
        let length = self.until(b':')?;
        let length: usize = std::str::from_utf8(length)
            .ok()
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| self.wrong())?;
        self.expect(b'"')?;
        let end = self.at.saturating_add(length);
        let text = self.bytes.get(self.at..end).ok_or_else(|| self.wrong())?;
        self.at = end;
        self.expect(b'"')?;
        Ok(text)
    }

    fn until(&mut self, end: u8) -> Result<&'a [u8], String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = memchr::memchr(end, rest).ok_or_else(|| self.wrong())?;
        self.at += length + 1;
        Ok(&rest[..length])
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.wrong())?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, expected: u8) -> Result<(), String> {
        match self.byte()? {
            byte if byte == expected => Ok(()),
            _ => Err(self.wrong()),
        }
    }

    fn wrong(&self) -> String {
        format!("it is no serialised value at byte {}", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_lengths() {
        let bytes = br#"a:3:{s:3:"a"b";i:5;s:1:"l";a:1:{i:0;O:3:"Foo":1:{s:1:"n";N;}}i:7;b:1;}rest"#;
        let value = parse(bytes).unwrap();
        assert_eq!(value.at(&["a\"b"]).and_then(Value::text).as_deref(), Some("5"));
        assert_eq!(value.at(&["l", "0", "n"]), Some(&Value::Null));
        assert_eq!(value.at(&["7"]).and_then(Value::text).as_deref(), Some("1"));
        assert!(parse(b"s:99999999999999999999:\"a\";").is_err());
        assert!(parse("a:1:{i:0;".repeat(100).as_bytes()).unwrap_err().contains("levels"));
    }
}
