//! Whether a text is a package URL, a date, a hash or a licence expression. The reason, where it is not.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::LazyLock;

use model::purl::Purl;

use super::super::wire::time::is_date_time;

/// Why `text` is no package URL.
pub(super) fn purl(text: &str) -> Result<(), String> {
    use std::error::Error as _;
    Purl::from_str(text).map(drop).map_err(|error| match error.source() {
        Some(cause) => format!("is not a package URL: {cause}"),
        None => "is not a package URL".to_owned(),
    })
}

/// Why `text` is no date and time of RFC 3339, 5.6.
pub(super) fn date_time(text: &str) -> Result<(), String> {
    match is_date_time(text) {
        true => Ok(()),
        false => {
            Err("is not a date and time as `2026-01-31T12:00:00Z`, or one that does not exist".to_owned())
        }
    }
}

/// Why `text` is no date of SPDX 2: `YYYY-MM-DDThh:mm:ssZ`.
pub(super) fn spdx_date(text: &str) -> Result<(), String> {
    if text.len() != 20 || !text.ends_with('Z') {
        return Err("is not of the form `YYYY-MM-DDThh:mm:ssZ`".to_owned());
    }
    date_time(text)
}

/// How many bytes a hash of `algorithm` has. Names are of CycloneDX and SPDX, upper or lower case, with or without
/// separators; none where the length is not fixed or the algorithm not known.
pub(super) fn hash_bytes(algorithm: &str) -> Option<usize> {
    const BYTES: &[(&str, usize)] = &[
        ("adler32", 4),
        ("blake2b256", 32),
        ("blake2b384", 48),
        ("blake2b512", 64),
        ("md2", 16),
        ("md4", 16),
        ("md5", 16),
        ("sha1", 20),
        ("sha224", 28),
        ("sha256", 32),
        ("sha3224", 28),
        ("sha3256", 32),
        ("sha3384", 48),
        ("sha3512", 64),
        ("sha384", 48),
        ("sha512", 64),
        ("streebog256", 32),
        ("streebog512", 64),
    ];
    let plain: String = algorithm
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    BYTES.iter().find(|(name, _)| *name == plain).map(|(_, bytes)| *bytes)
}

/// Why `value` is no hash of `algorithm`.
pub(in crate::format) fn hash(algorithm: &str, value: &str) -> Result<(), String> {
    if !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("is not hexadecimal".to_owned());
    }
    match hash_bytes(algorithm) {
        Some(bytes) if value.len() != 2 * bytes => {
            Err(format!("has {} digits; {algorithm} has {}", value.len(), 2 * bytes))
        }
        _ => Ok(()),
    }
}

/// Identifiers of the licence list, by what they are in lower case: case does not matter (SPDX 2.3, D.2).
static LISTED: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let licenses = spdx::identifiers::LICENSES.iter().map(|license| license.name);
    let exceptions = spdx::identifiers::EXCEPTIONS.iter().map(|exception| exception.name);
    licenses
        .filter(|name| !matches!(*name, "NONE" | "NOASSERTION"))
        .chain(exceptions)
        .map(|name| (name.to_ascii_lowercase(), name))
        .collect()
});

/// The references (`LicenseRef-…`, `DocumentRef-…:LicenseRef-…`) in a licence expression; or why `text` is none.
pub(super) fn expression(text: &str) -> Result<Vec<String>, String> {
    if text.trim() != text || text.is_empty() {
        return Err("is empty or has spaces around it".to_owned());
    }
    let mut references = Vec::new();
    let mut canonical = String::with_capacity(text.len());
    for token in text.split_inclusive([' ', '(', ')', '\t', '\n', '\r']) {
        let word = token.trim_end_matches([' ', '(', ')', '\t', '\n', '\r']);
        let (id, plus) = match word.strip_suffix('+') {
            Some(id) => (id, "+"),
            None => (word, ""),
        };
        match word {
            "" | "AND" | "OR" | "WITH" => canonical.push_str(word),
            _ if ["and", "or", "with"].contains(&word.to_ascii_lowercase().as_str()) => {
                return Err(format!("has the operator `{word}`, which is `{}`", word.to_ascii_uppercase()));
            }
            _ if is_reference(word) => {
                references.push(word.to_owned());
                canonical.push_str(word);
            }
            _ => match LISTED.get(&id.to_ascii_lowercase()) {
                Some(listed) => canonical.extend([*listed, plus]),
                None => return Err(format!("has `{}`, which is not on the licence list", cut(word))),
            },
        }
        canonical.push_str(&token[word.len()..]);
    }
    let mode = spdx::ParseMode {
        allow_deprecated: true,
        allow_postfix_plus_on_gpl: true,
        ..spdx::ParseMode::STRICT
    };
    match spdx::Expression::parse_mode(&canonical, mode) {
        Ok(_) => Ok(references),
        Err(error) => Err(format!("is not a licence expression: {}", error.reason)),
    }
}

fn cut(word: &str) -> String {
    word.chars().take(60).collect()
}

/// Whether `word` is `[DocumentRef-…:](LicenseRef|AdditionRef)-…`.
fn is_reference(word: &str) -> bool {
    let local = match word.strip_prefix("DocumentRef-").and_then(|rest| rest.split_once(':')) {
        Some((document, local)) if is_id_string(document) => local,
        Some(_) => return false,
        None => word,
    };
    ["LicenseRef-", "AdditionRef-"].iter().any(|prefix| local.strip_prefix(prefix).is_some_and(is_id_string))
}

/// Whether `text` is letters, digits, `.` and `-`, at least one of them (`idstring`).
pub(super) fn is_id_string(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Whether `text` has a scheme and no space, as every absolute URI.
pub(super) fn is_absolute_uri(text: &str) -> bool {
    let scheme = text.split_once(':').filter(|(_, rest)| !rest.is_empty()).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    }) && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

/// Whether `text` is a UUID in its canonical form (RFC 9562, 4), in any case.
pub(super) fn is_uuid(text: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36
        && text.bytes().enumerate().all(
            |(at, byte)| {
                if is_dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_rfc_3339() {
        for good in ["2024-02-29T23:59:59Z", "2024-01-01T00:00:00.123+02:00"] {
            assert!(date_time(good).is_ok(), "{good}");
        }
        for bad in
            ["2023-02-29T00:00:00Z", "2024-01-01", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "", "ä"]
        {
            assert!(date_time(bad).is_err(), "{bad}");
        }
        assert!(spdx_date("2024-01-01T00:00:00Z").is_ok());
        assert!(spdx_date("2024-01-01T00:00:00+00:00").is_err());
    }

    #[test]
    fn hashes_have_the_length_of_their_algorithm() {
        assert!(hash("SHA-1", &"a".repeat(40)).is_ok());
        assert!(hash("SHA1", &"a".repeat(64)).unwrap_err().contains("has 40"));
        assert!(hash("SHA3-256", &"a".repeat(64)).is_ok());
        assert!(hash("BLAKE3", &"a".repeat(10)).is_ok());
        assert!(hash("MD5", &"g".repeat(32)).is_err());
    }

    #[test]
    fn expressions_name_listed_licences_and_references() {
        assert_eq!(expression("MIT AND (apache-2.0+ OR GPL-2.0+)"), Ok(Vec::new()));
        assert_eq!(expression("GPL-2.0-only WITH Classpath-exception-2.0"), Ok(Vec::new()));
        let found = expression("LicenseRef-a OR DocumentRef-b:LicenseRef-c");
        assert_eq!(found.unwrap(), ["LicenseRef-a", "DocumentRef-b:LicenseRef-c"]);
        assert!(expression("MIT or ISC").unwrap_err().contains("`OR`"));
        assert!(expression("MIT AND Own").unwrap_err().contains("`Own`"));
        for bad in ["", "MIT AND", "(MIT", "MIT ISC", " MIT", "LicenseRef-", "DocumentRef-x"] {
            assert!(expression(bad).is_err(), "{bad}");
        }
    }
}
