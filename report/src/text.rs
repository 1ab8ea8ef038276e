//! Foreign text made harmless for the medium that shows it.
//!
//! Names, titles and paths come from images and feeds, that is from anybody. Shown as they are they could move
//! a terminal's cursor, hide a line, turn the direction of text round or become markup.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde_json::ser::{Formatter, PrettyFormatter};

/// Whether `character` is invisible or moves what is around it: control characters (C0, DEL, C1), line and
/// paragraph separators, marks and overrides of direction, zero-width characters, tags (Unicode §9.2, §23).
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// `text` with harmful characters written as `\u{…}`, of at most `bytes_max` bytes; what is longer ends in `…`.
pub(crate) fn plain(text: &str, bytes_max: usize) -> Cow<'_, str> {
    if text.len() <= bytes_max && !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for character in text.chars() {
        let mut one = String::new();
        if is_harmful(character) {
            one.extend(character.escape_unicode())
        } else {
            one.push(character)
        }
        if out.len() + one.len() + '…'.len_utf8() > bytes_max {
            out.push('…');
            break;
        }
        out.push_str(&one);
    }
    Cow::Owned(out)
}

/// Plain text as Markdown that shows as just that text. Every ASCII punctuation mark may be escaped (CommonMark
/// §2.4); with `:`, `.` and `@` escaped nothing becomes a link by itself either (GFM §6.9).
pub(crate) fn markdown(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for character in plain.chars() {
        if character.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Plain text as the text of a SARIF message: braces and brackets would be placeholders and links
/// (SARIF 2.1.0 §3.11.5, §3.11.6).
pub(crate) fn sarif_message(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for character in plain.chars() {
        match character {
            '{' => out.push_str("{{"),
            '}' => out.push_str("}}"),
            '[' | ']' | '\\' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
    out
}

/// `path` as a relative URI reference: no scheme, no empty or climbing segment, every byte that is not
/// unreserved (RFC 3986 §2.3) percent-encoded.
pub(crate) fn relative_uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !matches!(*segment, "" | "." | "..")) {
        if !out.is_empty() {
            out.push('/');
        }
        for byte in segment.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
                other => write!(out, "%{other:02X}").expect("a String can always grow"),
            }
        }
    }
    out
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 package`, `2 packages`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number as u64))
}

/// Indented JSON in which harmful characters are escaped, so that the document means the same and can be shown
/// on a terminal.
pub(crate) struct HarmlessJson<'a>(PrettyFormatter<'a>);

impl HarmlessJson<'_> {
    /// Writes `value` and a line end.
    pub(crate) fn write(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
        // A document is hundreds of thousands of small writes: the buffer here keeps each from being a call
        // through `dyn`.
        let mut out = io::BufWriter::with_capacity(64 << 10, out);
        let mut serializer =
            serde_json::Serializer::with_formatter(&mut out, HarmlessJson(PrettyFormatter::new()));
        value.serialize(&mut serializer)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

impl Formatter for HarmlessJson<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // What reaches here holds no C0 control: serde_json has escaped them.
        if fragment.is_ascii() && !fragment.as_bytes().contains(&0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(is_harmful) {
            let (clean, from) = rest.split_at(at);
            writer.write_all(clean.as_bytes())?;
            let character = from.chars().next().expect("something was found there");
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &from[character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_or_hides_text_is_written_out() {
        for (text, expected) in [
            ("libssl3", "libssl3"),
            ("a\x1b[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{9b}31mb", "a\\u{9b}31mb"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("two\nlines\r", "two\\u{a}lines\\u{d}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("grüße 日本", "grüße 日本"),
        ] {
            assert_eq!(plain(text, 100), expected);
        }
    }

    #[test]
    fn a_cut_text_says_so_and_stays_within_its_bytes() {
        assert_eq!(plain("abcdef", 6), "abcdef");
        assert_eq!(plain("abcdefg", 6), "abc…");
        assert_eq!(plain("aé日本語", 8), "aé…");
        for bytes_max in 3..40 {
            assert!(plain("\x1b日本\u{202e}語語語 and more", bytes_max).len() <= bytes_max);
        }
    }

    #[test]
    fn markdown_shows_the_text_and_nothing_else() {
        assert_eq!(markdown("<img src=x>"), "\\<img src\\=x\\>");
        assert_eq!(markdown("[a](https://b.c)"), "\\[a\\]\\(https\\:\\/\\/b\\.c\\)");
        assert_eq!(markdown("a|b @c"), "a\\|b \\@c");
    }

    #[test]
    fn a_path_becomes_a_relative_uri() {
        for (path, expected) in [
            ("lib/apk/db/installed", "lib/apk/db/installed"),
            ("/usr//lib/./x/../y", "usr/lib/x/y"),
            ("debian:12/a b", "debian%3A12/a%20b"),
            ("http://x", "http%3A/x"),
            ("a%2e/é\n", "a%252e/%C3%A9%0A"),
        ] {
            assert_eq!(relative_uri(path), expected);
        }
    }

    #[test]
    fn harmless_json_means_the_same() {
        let value = serde_json::json!({"a\u{202e}": ["\u{9b}x\u{7f}", "\u{e0041}", "é\n\"", {}], "b": []});
        let mut out = Vec::new();
        HarmlessJson::write(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains(|character| is_harmful(character) && character != '\n'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), expected);
        }
    }
}
