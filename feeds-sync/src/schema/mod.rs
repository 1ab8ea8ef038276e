//! Document shapes that several providers publish.

pub mod csaf;
pub mod errata;
pub mod openvex;
pub mod osv;
pub mod oval;
pub mod redhat_vex;
pub mod rejections;
pub mod repomd;
pub mod secdb;
pub mod suse_vex;
pub mod updateinfo;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::advisory::{AffectedRange, RangeEvent};
use model::version::VersionText;
use serde::{Deserialize, Deserializer};

/// Reads `null` as the default: vendors write `null` for an empty list.
pub(crate) fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
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
        events: vec![
            RangeEvent::Introduced(VersionText::from("0")),
            RangeEvent::Fixed(VersionText::from(fixed)),
        ],
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
