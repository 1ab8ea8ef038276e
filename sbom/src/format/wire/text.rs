//! Bytes to text, and what a text looks like before anything has parsed it.

use std::borrow::Cow;
use std::fmt;

use super::json;
use crate::format::DocumentError;

/// What kind of document a text is, by its first bytes and members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format) enum Kind {
    CycloneDxJson,
    CycloneDxXml,
    /// A bundle of Sigstore, which holds a signed envelope.
    Bundle,
    /// A signed envelope (DSSE).
    Envelope,
    /// GitHub's export, with the SBOM in its member `sbom`.
    GithubExport,
    /// A list of package URLs.
    PurlList,
    Spdx2Json,
    Spdx2Rdf,
    Spdx2TagValue,
    Spdx2Xml,
    Spdx2Yaml,
    Spdx3Json,
    /// An in-toto statement.
    Statement,
    SyftJson,
    /// One that is not read, in words.
    Other(Cow<'static, str>),
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CycloneDxJson => out.write_str("CycloneDX JSON"),
            Self::CycloneDxXml => out.write_str("CycloneDX XML"),
            Self::Bundle => out.write_str("a Sigstore bundle"),
            Self::Envelope => out.write_str("a signed envelope (DSSE)"),
            Self::GithubExport => out.write_str("an SBOM export with the SBOM in its member `sbom`"),
            Self::PurlList => out.write_str("a list of package URLs"),
            Self::Spdx2Json => out.write_str("SPDX JSON"),
            Self::Spdx2Rdf => out.write_str("SPDX RDF/XML"),
            Self::Spdx2TagValue => out.write_str("SPDX tag-value"),
            Self::Spdx2Xml => out.write_str("SPDX XML"),
            Self::Spdx2Yaml => out.write_str("SPDX YAML"),
            Self::Spdx3Json => out.write_str("SPDX 3 JSON-LD"),
            Self::Statement => out.write_str("an in-toto statement"),
            Self::SyftJson => out.write_str("Syft JSON"),
            Self::Other(words) => out.write_str(words),
        }
    }
}

/// How much of a path, and of a reason, is said of a malformed document.
const SHOWN_CHARACTERS_MAX: usize = 300;

/// The beginning of a part of a message: what stands in a document may be as long as that.
pub(in crate::format) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text of `bytes`, without a byte order mark.
pub(in crate::format) fn decode(bytes: &[u8]) -> Result<&str, DocumentError> {
    let refuse = |reason: String| Err(DocumentError::Encoding { reason });
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            return refuse("it is UTF-32; save it as UTF-8".to_owned());
        }
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

/// The text that `head`, the first bytes of a document, begins with: its last character may be cut.
pub(in crate::format) fn decode_head(head: &[u8]) -> Result<&str, DocumentError> {
    let n_valid = std::str::from_utf8(head).map_or_else(|error| error.valid_up_to(), str::len);
    decode(&head[..n_valid])
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

/// The kind of `text`, which is not blank.
pub(in crate::format) fn kind(text: &str) -> Kind {
    let text = text.trim_ascii_start();
    let head: String = text.chars().take(4096).collect::<String>().to_ascii_lowercase();
    let words = match text.as_bytes().first() {
        Some(b'{') => return json::kind(text),
        Some(b'[') => "a JSON array",
        Some(b'<') if head.contains("cyclonedx.org/schema/bom") => return Kind::CycloneDxXml,
        Some(b'<') if head.contains("spdx.org/rdf") => return Kind::Spdx2Rdf,
        Some(b'<') if ["<spdxversion>", "<spdxid>"].iter().any(|tag| head.contains(tag)) => {
            return Kind::Spdx2Xml;
        }
        Some(b'<') if head.contains("<html") || head.contains("<!doctype html") => "an HTML page",
        Some(b'<') => "XML",
        // Of the two, only YAML writes it in lower camel case, and it may be last.
        _ if has_line_with("SPDXVersion:", text.lines().take(200)) => return Kind::Spdx2TagValue,
        _ if has_line_with("spdxVersion:", text.lines()) => return Kind::Spdx2Yaml,
        _ if is_purl_list(text) => return Kind::PurlList,
        _ => "plain text",
    };
    Kind::Other(Cow::Borrowed(words))
}

/// Whether the first line that is neither blank nor a comment begins as a package URL.
fn is_purl_list(text: &str) -> bool {
    let mut lines =
        text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| line.starts_with("pkg:"))
}

/// Whether one of `lines` begins with `word`, perhaps in quotes.
fn has_line_with<'a>(word: &str, mut lines: impl Iterator<Item = &'a str>) -> bool {
    lines.any(|line| line.trim_start_matches(['"', '\'']).starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, words: &str) {
        assert_eq!(kind(text).to_string(), words);
    }

    #[test]
    fn a_kind_is_told_by_first_bytes_and_members() {
        check(r#"{"bomFormat":"CycloneDX""#, "CycloneDX JSON");
        check(r#" {"name":{"bomFormat":1},"bomFormat":"CycloneDX"}"#, "CycloneDX JSON");
        check(r#"{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3"}"#, "SPDX JSON");
        check(r#"{"bomFormat":"Other"}"#, "JSON whose `bomFormat` is `Other`");
        check(r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#, "SPDX 3 JSON-LD");
        check(r#"{"payloadType":"a","payload":""}"#, "a signed envelope (DSSE)");
        check(r#"{"artifacts":[],"schema":{}}"#, "Syft JSON");
        check(r#"{"schema":"plimsoll-report/1"}"#, "a plimsoll report");
        check(r#"{"schema":"plimsoll-changes/1"}"#, "a plimsoll change set");
        check(r#"{"a":1}"#, "JSON with neither `bomFormat` nor `spdxVersion`");
        check(r#"{"a":"#, "JSON that is cut off or malformed at line 1, column 5");
        check("[]", "a JSON array");
        check("<!DOCTYPE html><html>", "an HTML page");
        check(r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4">"#, "CycloneDX XML");
        check("SPDXVersion: SPDX-2.3", "SPDX tag-value");
        check("SPDXID: SPDXRef-DOCUMENT\nspdxVersion: SPDX-2.3", "SPDX YAML");
        check("pkg:npm/a@1\npkg:npm/b@1", "a list of package URLs");
        check("hello", "plain text");
    }

    #[test]
    fn a_document_is_told_from_an_archive_that_holds_one() {
        use crate::format::is_document;
        for text in [
            "\u{FEFF}{\"a\":",
            " <a",
            "pkg:npm/a@1",
            "# by hand\nSPDXVersion: SPDX-2.3\n",
            "spdxVersion: \"é",
        ] {
            assert!(is_document(text.as_bytes()), "{text}");
        }
        assert!(is_document(&"spdxVersion: é".as_bytes()[..14]));
        for text in ["", " ", "hello", "a.spdx\0\0\0\nSPDXVersion: SPDX-2.3\n", "{\0"] {
            assert!(!is_document(text.as_bytes()), "{text}");
        }
        assert!(!is_document(b"\x1F\x8B\x08"));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_named() {
        let check = |bytes: &[u8], words: &str| {
            let error = decode(bytes).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check(b"\xFF\xFE{\0", "UTF-16");
        check(b"\xFF\xFE\0\0{\0\0\0", "UTF-32");
        check(b"{\0\"\0", "UTF-16");
        check(b"\x1F\x8B\x08\xFF", "gzip");
        check(b"{\"a\":\"\xE9\"}", "byte 6");
        assert_eq!(decode(b"\xEF\xBB\xBF{}").unwrap(), "{}");
    }
}
