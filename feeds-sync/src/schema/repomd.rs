//! The index of an rpm repository (`repodata/repomd.xml`): where its bulletins are, and their checksum
//! (feeds.md A6, A9).

use crate::document::Document;
use crate::error::ParseError;
use crate::provider::Source;
use crate::xml::{self, Element};

/// Where the index of the repository at `base` is.
pub fn url(base: &str) -> String {
    format!("{}/repodata/repomd.xml", base.trim_end_matches('/'))
}

/// The bulletins of the repository at `base`, of at most `bytes_max`, as its index `document` states them; none when it
/// has none.
///
/// # Errors
/// When it is no such index; when it states no SHA-256 of the bulletins, or a place outside of the repository.
pub fn updateinfo(document: &Document<'_>, base: &str, bytes_max: u64) -> Result<Option<Source>, ParseError> {
    let mut found = None;
    xml::each(document, "repomd", &["data"], &mut |data| {
        if data.attribute("type") == Some("updateinfo") {
            found = Some(source(data, base, bytes_max)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The bulletins of a repository that is known to have some.
///
/// # Errors
/// As [`updateinfo`]; when the index states none. Such an index has been published by mistake, for months: it says nothing
/// of what is vulnerable, and is not the same as a repository without bulletins.
pub fn stated_updateinfo(document: &Document<'_>, base: &str, bytes_max: u64) -> Result<Source, ParseError> {
    let bulletins = updateinfo(document, base, bytes_max)?;
    bulletins
        .ok_or_else(|| ParseError::NotTheFeed("an index that states no bulletins (`updateinfo`)".to_owned()))
}

fn source(data: &Element, base: &str, bytes_max: u64) -> Result<Source, ParseError> {
    let no_index = |what: &str| ParseError::NotTheFeed(format!("an index whose updateinfo {what}"));
    let href = data.child("location").and_then(|location| location.attribute("href"));
    let href = href.ok_or_else(|| no_index("has no place"))?;
    // The bulletins lie in the repository: a place elsewhere is none that the vendor would state.
    if href.contains("://") || href.starts_with('/') || href.split('/').any(|part| part == "..") {
        return Err(no_index(&format!("lies outside of the repository: `{href:.200}`")));
    }
    let checksum = data.child("checksum").filter(|sum| sum.attribute("type") == Some("sha256"));
    let sha256 = checksum.map(|sum| sum.text.to_ascii_lowercase()).unwrap_or_default();
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(no_index("has no SHA-256 checksum"));
    }
    let url = format!("{}/{href}", base.trim_end_matches('/'));
    Ok(Source { sha256: Some(sha256), ..Source::records(url, bytes_max) })
}
