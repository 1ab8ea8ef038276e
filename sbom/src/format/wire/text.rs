//! Bytes to text, and what a text looks like before anything has parsed it.

use std::borrow::Cow;
use std::fmt;

use super::json;
use crate::format::DocumentError;

/// Which family of documents a text belongs to, by its first bytes and members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format) enum Family {
    CycloneDxJson,
    SpdxJson,
    /// One that is not read, in words.
    Other(Cow<'static, str>),
}

impl fmt::Display for Family {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CycloneDxJson => out.write_str("CycloneDX JSON"),
            Self::SpdxJson => out.write_str("SPDX JSON"),
            Self::Other(words) => out.write_str(words),
        }
    }
}

/// The text of `bytes`, without a byte order mark.
pub(in crate::format) fn decode(bytes: &[u8]) -> Result<&str, DocumentError> {
    let refuse = |reason: String| Err(DocumentError::Encoding { reason });
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return refuse("it is UTF-16; save it as UTF-8".to_owned()),
        [0, b'{' | b'<' | b'[', ..] | [b'{' | b'<' | b'[', 0, ..] => {
            return refuse("it is UTF-16 without a byte order mark; save it as UTF-8".to_owned());
        }
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => match binary(bytes) {
            Some(what) => refuse(format!("it is {what}")),
            None => refuse(format!("byte {} begins no character", error.valid_up_to())),
        },
    }
}

/// What the first bytes of a binary file say it is.
fn binary(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x1F\x8B", "a gzip stream; decompress it first"),
        (b"\x28\xB5\x2F\xFD", "a zstd stream; decompress it first"),
        (b"\xFD7zXZ", "an xz stream; decompress it first"),
        (b"BZh", "a bzip2 stream; decompress it first"),
        (b"PK\x03\x04", "a zip archive"),
        (b"SQLite format 3", "a SQLite database"),
        (b"\x7FELF", "an executable"),
    ];
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, what)| *what)
}

/// The family of `text`, which is not blank.
pub(in crate::format) fn family(text: &str) -> Family {
    let text = text.trim_ascii_start();
    let head: String = text.chars().take(4096).collect::<String>().to_ascii_lowercase();
    let words = match text.as_bytes().first() {
        Some(b'{') => return json::family(text),
        Some(b'[') => "a JSON array",
        Some(b'<') if head.contains("cyclonedx.org/schema/bom") => "CycloneDX XML",
        Some(b'<') if head.contains("spdx.org/rdf") => "SPDX RDF/XML",
        Some(b'<') if head.contains("<html") || head.contains("<!doctype html") => "an HTML page",
        Some(b'<') => "XML",
        _ if head.contains("spdxversion:") => "SPDX tag-value or YAML",
        _ if head.starts_with("pkg:") => "a list of package URLs",
        _ => "plain text",
    };
    Family::Other(Cow::Borrowed(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, words: &str) {
        assert_eq!(family(text).to_string(), words);
    }

    #[test]
    fn a_family_is_told_by_first_bytes_and_members() {
        check(r#"{"bomFormat":"CycloneDX""#, "CycloneDX JSON");
        check(r#" {"name":{"bomFormat":1},"bomFormat":"CycloneDX"}"#, "CycloneDX JSON");
        check(r#"{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3"}"#, "SPDX JSON");
        check(r#"{"bomFormat":"Other"}"#, "JSON whose `bomFormat` is `Other`");
        check(r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#, "JSON-LD, such as SPDX 3");
        check(r#"{"payloadType":"a","payload":""}"#, "a signed envelope (DSSE)");
        check(r#"{"artifacts":[],"schema":{}}"#, "Syft JSON");
        check(r#"{"schema":"plimsoll-report/1"}"#, "a plimsoll report");
        check(r#"{"a":1}"#, "JSON with neither `bomFormat` nor `spdxVersion`");
        check(r#"{"a":"#, "JSON that is cut off or malformed at line 1, column 5");
        check("[]", "a JSON array");
        check("<!DOCTYPE html><html>", "an HTML page");
        check(r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4">"#, "CycloneDX XML");
        check("SPDXVersion: SPDX-2.3", "SPDX tag-value or YAML");
        check("hello", "plain text");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_named() {
        let check = |bytes: &[u8], words: &str| {
            let error = decode(bytes).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check(b"\xFF\xFE{\0", "UTF-16");
        check(b"{\0\"\0", "UTF-16");
        check(b"\x1F\x8B\x08\xFF", "gzip");
        check(b"{\"a\":\"\xE9\"}", "byte 6");
        assert_eq!(decode(b"\xEF\xBB\xBF{}").unwrap(), "{}");
    }
}
