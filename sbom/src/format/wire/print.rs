//! JSON as `serde_json` pretty-prints it, with two spaces, for documents of which there is much to write.
//!
//! It prints what the written documents are made of: structures, lists, texts and numbers. A line is made of few and
//! long pieces, and names of fields, which are fixed, are not looked through for what has to be escaped.

use std::fmt;
use std::io;

use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};

/// How much is kept before it is handed on.
const KEPT_BYTES: usize = 64 << 10;

/// Writes `value` as JSON, and the end of the line.
pub(in crate::format) fn print(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut printer = Printer { kept: Vec::with_capacity(2 * KEPT_BYTES), out, depth: 0, has_values: false };
    value.serialize(&mut printer).map_err(|Failed(error)| error)?;
    printer.kept.push(b'\n');
    printer.out.write_all(&printer.kept)?;
    printer.out.flush()
}

struct Printer<'o> {
    kept: Vec<u8>,
    out: &'o mut dyn io::Write,
    /// Lists and objects that are open.
    depth: usize,
    /// Whether the innermost of them has something in it.
    has_values: bool,
}

/// Why printing stopped.
#[derive(Debug)]
struct Failed(io::Error);

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(io::Error::other(message.to_string()))
    }
}

/// A comma, the end of a line, and an indentation of up to 31 steps.
const NEXT: &[u8] = b",\n                                                              ";

impl Printer<'_> {
    fn open(&mut self, bracket: u8) {
        self.kept.push(bracket);
        self.depth += 1;
        self.has_values = false;
    }

    fn close(&mut self, bracket: u8) -> Result<(), Failed> {
        self.depth -= 1;
        if self.has_values {
            self.has_values = false;
            self.new_line();
        }
        self.has_values = true;
        self.kept.push(bracket);
        self.hand_on()
    }

    /// Hands on what is kept, where that is much.
    fn hand_on(&mut self) -> Result<(), Failed> {
        if self.kept.len() >= KEPT_BYTES {
            self.out.write_all(&self.kept).map_err(Failed)?;
            self.kept.clear();
        }
        Ok(())
    }

    /// Begins the line of a value, with a comma where one is before it.
    fn new_line(&mut self) {
        let end = 2 + 2 * self.depth;
        self.kept.extend_from_slice(&NEXT[usize::from(!self.has_values)..end.min(NEXT.len())]);
        self.kept.extend((NEXT.len()..end).map(|_| b' '));
        self.has_values = true;
    }

    /// Adds the value of the field `name`, which has nothing in it to escape.
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failed> {
        self.new_line();
        self.kept.push(b'"');
        self.kept.extend_from_slice(name.as_bytes());
        self.kept.extend_from_slice(b"\": ");
        value.serialize(self)
    }

    fn text(&mut self, text: &str) {
        self.kept.push(b'"');
        if text.bytes().fold(true, |plain, byte| plain & !is_escaped(byte)) {
            self.kept.extend_from_slice(text.as_bytes());
        } else {
            self.escaped(text);
        }
        self.kept.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in text.bytes() {
            let letter = match byte {
                _ if !is_escaped(byte) => {
                    self.kept.push(byte);
                    continue;
                }
                0x08 => b'b',
                0x09 => b't',
                0x0A => b'n',
                0x0C => b'f',
                0x0D => b'r',
                b'"' | b'\\' => byte,
                _ => {
                    let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0x0F)]];
                    self.kept.extend_from_slice(b"\\u00");
                    self.kept.extend_from_slice(&digits);
                    continue;
                }
            };
            self.kept.extend_from_slice(&[b'\\', letter]);
        }
    }

    /// Adds a number that `serde_json` spells, for there are several ways to spell it.
    fn fraction(&mut self, spelt: serde_json::Result<String>) -> Result<(), Failed> {
        self.kept.extend_from_slice(spelt.map_err(ser::Error::custom)?.as_bytes());
        Ok(())
    }

    fn number(&mut self, number: impl fmt::Display) -> Result<(), Failed> {
        self.kept.extend_from_slice(number.to_string().as_bytes());
        Ok(())
    }
}

/// Whether `byte` cannot stand in a text as it is (RFC 8259, section 7).
fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// The error for a value of a kind that no document is made of.
fn unprintable<T>() -> Result<T, Failed> {
    Err(ser::Error::custom("no document has a value of such a kind"))
}

impl Serializer for &mut Printer<'_> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), Failed>;
    type SerializeTupleVariant = Impossible<(), Failed>;
    type SerializeMap = Impossible<(), Failed>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Failed>;

    fn serialize_bool(self, value: bool) -> Result<(), Failed> {
        self.kept.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Failed> {
        self.number(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failed> {
        self.fraction(serde_json::to_string(&value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failed> {
        self.fraction(serde_json::to_string(&value))
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Failed> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Failed> {
        unprintable()
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.kept.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Failed> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Failed> {
        unprintable()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Failed> {
        self.open(b'[');
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Failed> {
        self.open(b'[');
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Failed> {
        unprintable()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Failed> {
        unprintable()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Failed> {
        unprintable()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Failed> {
        self.open(b'{');
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Failed> {
        unprintable()
    }
}

impl ser::SerializeSeq for &mut Printer<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.new_line();
        value.serialize(&mut **self)?;
        self.hand_on()
    }

    fn end(self) -> Result<(), Failed> {
        self.close(b']')
    }
}

impl ser::SerializeTuple for &mut Printer<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close(b']')
    }
}

impl ser::SerializeStruct for &mut Printer<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close(b'}')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Sample {
        text: String,
        none: Option<u8>,
        numbers: Vec<i64>,
        fractions: [f32; 3],
        flags: [bool; 2],
        nested: Vec<Self>,
    }

    fn sample(text: &str, nested: Vec<Sample>) -> Sample {
        Sample {
            text: text.to_owned(),
            none: None,
            numbers: vec![-1, 0, 90],
            fractions: [1.0, 0.1, -2.5e20],
            flags: [true, false],
            nested,
        }
    }

    #[test]
    fn what_is_printed_is_what_serde_json_prints() {
        let all: String = (0..0x100).filter_map(char::from_u32).chain(['\u{2028}', '😀']).collect();
        let mut value = sample(&all, Vec::new());
        value.numbers.clear();
        for depth in 0..40 {
            value = sample(&format!("{depth}\n\"\\\u{7F}é"), vec![value, sample("", Vec::new())]);
        }
        let mut printed = Vec::new();
        print(&value, &mut printed).unwrap();
        assert_eq!(String::from_utf8(printed).unwrap(), serde_json::to_string_pretty(&value).unwrap() + "\n");
        let long: Vec<String> = (0..20_000).map(|number| format!("element {number}")).collect();
        let mut printed = Vec::new();
        print(&long, &mut printed).unwrap();
        assert_eq!(String::from_utf8(printed).unwrap(), serde_json::to_string_pretty(&long).unwrap() + "\n");
    }

    #[test]
    fn an_error_of_the_output_is_told() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(print(&"x", &mut Full).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(
            print(&vec![vec!["long"; 9]; 9_000], &mut Full).unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        assert!(print(&std::collections::BTreeMap::from([(1, 2)]), &mut Vec::new()).is_err());
    }
}
