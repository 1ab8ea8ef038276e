//! Document shapes that several providers publish.

pub(crate) mod archive;
pub(crate) mod configuration;
pub mod csaf;
pub(crate) mod cve;
pub mod cve5;
pub mod errata;
pub mod nvd;
pub mod openvex;
pub mod openvex_rows;
pub mod osv;
pub mod oval;
pub mod place;
pub mod redhat_tree;
pub mod redhat_vex;
pub mod rejections;
pub mod repomd;
pub mod repository_cpes;
pub(crate) mod rpm_order;
pub mod secdb;
pub(crate) mod suse_builds;
pub(crate) mod suse_platform;
pub mod suse_vex;
pub mod updateinfo;
pub mod vers;
pub mod vex_manifest;

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::advisory::{AffectedRange, Events, RangeEvent};
use model::version::VersionText;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::error::ParseError;

/// A text, borrowed from the document where it has no escapes. An `Option<Cow<str>>` or a `Vec` of them would be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Text<'_> {
    /// The text, copied where it is borrowed.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Reads a JSON document that is at hand.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(text: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(text) {
        // Checked at once, it need not be text by text.
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(text),
    }
}

/// How many objects and lists one document or record may have, and elements and fields in all of them. Read, an empty
/// object takes up to 200 bytes in place of three, and an empty text 24. A document of 64 MB, as large as one may be,
/// would have 60 bytes for each object and 8 for each field; in real ones these have 100 and 20.
const OBJECTS_MAX: usize = 1_000_000;
const FIELDS_MAX: usize = 8_000_000;

/// Whether what is read of the JSON `text` cannot take much more memory than it does itself.
///
/// # Errors
/// It has more objects or fields than that.
pub(crate) fn within_memory(text: &[u8]) -> Result<(), ParseError> {
    // The shortest object takes three bytes: nearly all documents need not be counted.
    if text.len() < 2 * OBJECTS_MAX {
        return Ok(());
    }
    let n_of = |bytes: &[u8]| text.iter().filter(|byte| bytes.contains(byte)).count();
    if n_of(b"{[") > OBJECTS_MAX {
        return Err(ParseError::Limit { limit: "objects of a document", max: OBJECTS_MAX as u64 });
    }
    if n_of(b",") > FIELDS_MAX {
        return Err(ParseError::Limit { limit: "fields of a document", max: FIELDS_MAX as u64 });
    }
    Ok(())
}

/// Reads `null` as the default: vendors write `null` for an empty list.
pub(crate) fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a moment in RFC 3339.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("`{text:.64}` is no time ({error})")))
}

/// The moment that a vendor means: RFC 3339, or a date with or without a time, which is taken as UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(local)
}

/// The day of a moment, as `YYYY-MM-DD`.
pub(crate) fn day(moment: Timestamp) -> Box<str> {
    moment.to_zoned(TimeZone::UTC).date().to_string().into()
}

/// Every version below `fixed`.
pub(crate) fn below(fixed: &str) -> AffectedRange {
    AffectedRange {
        events: Events::from_buf([
            RangeEvent::Introduced(VersionText::from("0")),
            RangeEvent::Fixed(VersionText::from(fixed)),
        ]),
    }
}

/// Whether an rpm holds nothing but what debuggers read (feeds.md A8).
pub(crate) fn is_debug_rpm(name: &str) -> bool {
    name.ends_with("-debuginfo") || name.ends_with("-debugsource")
}

/// Epoch, version and release of an rpm as one text; an epoch of zero is left out, as absent means zero.
pub(crate) fn rpm_version(epoch: Option<&str>, version: &str, release: Option<&str>) -> String {
    let mut text = match epoch.map(str::trim) {
        None | Some("" | "0") => version.to_owned(),
        Some(epoch) => format!("{epoch}:{version}"),
    };
    if let Some(release) = release.filter(|release| !release.is_empty()) {
        text.push('-');
        text.push_str(release);
    }
    text
}
