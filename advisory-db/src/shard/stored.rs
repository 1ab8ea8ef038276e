//! How the parts of a row are spelt in a shard: short JSON texts that people can read with `sqlite3`.
//!
//! They are a contract (`docs/reference/feed-database.md`), so they have types of their own, apart from the model's.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use model::advisory::{
    AffectedRange, Conditions, CpeBounds, CvssVector, Events, Import, Platform, PublishedFix, RangeEvent,
};
use model::version::VersionText;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Ranges as JSON: a list of ranges, each a list of events such as `>= 1.2` and `< 1.2.3`. A range that begins at
/// `0` and has one event more, as nearly all have, is that event alone.
pub(crate) fn encode_ranges(ranges: &[AffectedRange]) -> Option<String> {
    let mut out = String::new();
    write_ranges(ranges, &mut out);
    (!out.is_empty()).then_some(out)
}

/// As [`encode_ranges`], into `out`; nothing where there is no range.
pub(crate) fn write_ranges(ranges: &[AffectedRange], out: &mut String) {
    for (index, range) in ranges.iter().enumerate() {
        out.push(if index == 0 { '[' } else { ',' });
        match &range.events[..] {
            [RangeEvent::Introduced(start), end] if start.as_str() == "0" => write_event(end, out),
            events => {
                out.push('[');
                for (index, event) in events.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_event(event, out);
                }
                out.push(']');
            }
        }
    }
    if !ranges.is_empty() {
        out.push(']');
    }
}

fn write_event(event: &RangeEvent, out: &mut String) {
    let (operator, version) = match event {
        RangeEvent::Introduced(version) => (">=", version),
        RangeEvent::IntroducedAfter(version) => (">", version),
        RangeEvent::Fixed(version) => ("<", version),
        RangeEvent::LastAffected(version) => ("<=", version),
        RangeEvent::Limit(version) => ("limit", version),
    };
    let version = version.as_str();
    // What JSON escapes is rare in a version.
    if version.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let event = serde_json::to_string(&format!("{operator} {version}"));
        out.push_str(&event.expect("a text is JSON"));
    } else {
        out.extend(["\"", operator, " ", version, "\""]);
    }
}

/// The ranges in a JSON text.
pub(crate) fn decode_ranges(text: &str) -> serde_json::Result<Vec<AffectedRange>> {
    serde_json::from_str::<Vec<Range>>(text).map(|ranges| ranges.into_iter().map(|range| range.0).collect())
}

/// The versions in a JSON text.
pub(crate) fn decode_versions(text: &str) -> serde_json::Result<Vec<VersionText>> {
    serde_json::from_str::<Vec<Spelt<VersionText>>>(text)
        .map(|versions| versions.into_iter().map(|version| version.0).collect())
}

struct Range(AffectedRange);

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EventsVisitor;
        impl<'de> Visitor<'de> for EventsVisitor {
            type Value = Range;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an event or a list of events")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Range, E> {
                let end = RangeEvent::from_spelt(text).map_err(E::custom)?;
                let events = [RangeEvent::Introduced(VersionText::from("0")), end].into();
                Ok(Range(AffectedRange { events }))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Range, A::Error> {
                let mut events = Events::new();
                while let Some(Spelt(event)) = list.next_element()? {
                    events.push(event);
                }
                Ok(Range(AffectedRange { events }))
            }
        }
        deserializer.deserialize_any(EventsVisitor)
    }
}

/// A value that is stored as one JSON text.
struct Spelt<T>(T);

/// The inverse of how a value is spelt.
trait FromSpelt: Sized {
    fn from_spelt(text: &str) -> Result<Self, String>;
}

impl FromSpelt for VersionText {
    fn from_spelt(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
}

impl FromSpelt for RangeEvent {
    fn from_spelt(text: &str) -> Result<Self, String> {
        // The first space ends the operator; the version may hold more of them.
        let (operator, version) = text.split_once(' ').unwrap_or((text, ""));
        let version = VersionText::from(version);
        match operator {
            ">=" => Ok(Self::Introduced(version)),
            ">" => Ok(Self::IntroducedAfter(version)),
            "<" => Ok(Self::Fixed(version)),
            "<=" => Ok(Self::LastAffected(version)),
            "limit" => Ok(Self::Limit(version)),
            _ => Err(format!("`{text}` is no event of a range")),
        }
    }
}

// Straight from the text in the page to the value: an intermediate `String` for each version doubled the
// time of a load.
impl<'de, T: FromSpelt> Deserialize<'de> for Spelt<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);
        impl<T: FromSpelt> Visitor<'_> for Text<T> {
            type Value = Spelt<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Spelt<T>, E> {
                T::from_spelt(text).map(Spelt).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}

/// A fix as stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredFix {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advisory: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Box<str>>,
}

impl From<&PublishedFix> for StoredFix {
    fn from(fix: &PublishedFix) -> Self {
        let PublishedFix { version, date, advisory, channel, url } = fix;
        Self {
            version: version.as_ref().map(|version| version.as_str().into()),
            date: date.clone(),
            advisory: advisory.clone(),
            channel: channel.clone(),
            url: url.clone(),
        }
    }
}

impl From<StoredFix> for PublishedFix {
    fn from(fix: StoredFix) -> Self {
        let StoredFix { version, date, advisory, channel, url } = fix;
        Self { version: version.map(VersionText::new), date, advisory, channel, url }
    }
}

/// CVSS as stored: source, vector, and the score where it is stated; of borrowed parts while it is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct StoredCvss<S = String>(
    S,
    S,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<S>,
);

impl<'a> From<&'a CvssVector> for StoredCvss<&'a str> {
    fn from(cvss: &'a CvssVector) -> Self {
        Self(&cvss.source, &cvss.vector, cvss.score.as_deref())
    }
}

impl From<&CvssVector> for StoredCvss {
    fn from(cvss: &CvssVector) -> Self {
        Self(cvss.source.clone(), cvss.vector.clone(), cvss.score.as_deref().map(Into::into))
    }
}

impl From<StoredCvss> for CvssVector {
    fn from(StoredCvss(source, vector, score): StoredCvss) -> Self {
        Self { source, vector, score: score.map(Into::into) }
    }
}

/// Conditions as JSON; `None` where nothing is asked.
pub(crate) fn encode_conditions(conditions: Option<&Conditions>) -> Option<String> {
    let conditions = conditions.filter(|conditions| !conditions.is_empty())?;
    Some(serde_json::to_string(&StoredConditions::from(conditions)).expect("texts and lists are JSON"))
}

/// The conditions in a JSON text.
pub(crate) fn decode_conditions(text: &str) -> serde_json::Result<Arc<Conditions>> {
    serde_json::from_str::<StoredConditions>(text).map(|stored| Arc::new(stored.into()))
}

type Words = Vec<Box<str>>;

#[derive(Serialize, Deserialize)]
struct StoredConditions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    architectures: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flavour: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    products: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<StoredPlatform>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    imports: Vec<StoredImport>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    functions: Words,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    systems: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target_software: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version_mark: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vendor: Option<Box<str>>,
}

impl From<&Conditions> for StoredConditions {
    fn from(conditions: &Conditions) -> Self {
        let Conditions {
            module,
            architectures,
            flavour,
            channel,
            products,
            platform,
            imports,
            functions,
            systems,
            target_software,
            line,
            version_mark,
            vendor,
        } = conditions.clone();
        Self {
            module,
            architectures,
            flavour,
            channel,
            products,
            platform: platform.map(StoredPlatform::from),
            imports: imports.into_iter().map(StoredImport::from).collect(),
            functions,
            systems,
            target_software,
            line: line.map(|line| line.as_str().into()),
            version_mark,
            vendor,
        }
    }
}

impl From<StoredConditions> for Conditions {
    fn from(stored: StoredConditions) -> Self {
        let StoredConditions {
            module,
            architectures,
            flavour,
            channel,
            products,
            platform,
            imports,
            functions,
            systems,
            target_software,
            line,
            version_mark,
            vendor,
        } = stored;
        Self {
            module,
            architectures,
            flavour,
            channel,
            products,
            platform: platform.map(Platform::from),
            imports: imports.into_iter().map(Import::from).collect(),
            functions,
            systems,
            target_software,
            line: line.map(VersionText::new),
            version_mark,
            vendor,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredPlatform {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Product(StoredBounds),
}

impl From<Platform> for StoredPlatform {
    fn from(platform: Platform) -> Self {
        let each = |platforms: Vec<Platform>| platforms.into_iter().map(Self::from).collect();
        match platform {
            Platform::All(platforms) => Self::All(each(platforms)),
            Platform::Any(platforms) => Self::Any(each(platforms)),
            Platform::Not(platform) => Self::Not(Box::new(Self::from(*platform))),
            Platform::Product(bounds) => Self::Product(bounds.into()),
        }
    }
}

impl From<StoredPlatform> for Platform {
    fn from(stored: StoredPlatform) -> Self {
        let each = |platforms: Vec<StoredPlatform>| platforms.into_iter().map(Self::from).collect();
        match stored {
            StoredPlatform::All(platforms) => Self::All(each(platforms)),
            StoredPlatform::Any(platforms) => Self::Any(each(platforms)),
            StoredPlatform::Not(platform) => Self::Not(Box::new(Self::from(*platform))),
            StoredPlatform::Product(bounds) => Self::Product(bounds.into()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredBounds {
    criteria: Box<str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    vulnerable: bool,
    #[serde(rename = ">=", default, skip_serializing_if = "Option::is_none")]
    start_including: Option<Box<str>>,
    #[serde(rename = ">", default, skip_serializing_if = "Option::is_none")]
    start_excluding: Option<Box<str>>,
    #[serde(rename = "<=", default, skip_serializing_if = "Option::is_none")]
    end_including: Option<Box<str>>,
    #[serde(rename = "<", default, skip_serializing_if = "Option::is_none")]
    end_excluding: Option<Box<str>>,
}

impl From<CpeBounds> for StoredBounds {
    fn from(bounds: CpeBounds) -> Self {
        let CpeBounds { criteria, is_vulnerable, .. } = bounds;
        let text = |version: Option<VersionText>| version.map(|version| version.as_str().into());
        Self {
            criteria,
            vulnerable: is_vulnerable,
            start_including: text(bounds.start_including),
            start_excluding: text(bounds.start_excluding),
            end_including: text(bounds.end_including),
            end_excluding: text(bounds.end_excluding),
        }
    }
}

impl From<StoredBounds> for CpeBounds {
    fn from(stored: StoredBounds) -> Self {
        let version = |text: Option<Box<str>>| text.map(VersionText::new);
        Self {
            criteria: stored.criteria,
            is_vulnerable: stored.vulnerable,
            start_including: version(stored.start_including),
            start_excluding: version(stored.start_excluding),
            end_including: version(stored.end_including),
            end_excluding: version(stored.end_excluding),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredImport {
    path: Box<str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    symbols: Words,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    systems: Words,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    architectures: Words,
}

impl From<Import> for StoredImport {
    fn from(Import { path, symbols, systems, architectures }: Import) -> Self {
        Self { path, symbols, systems, architectures }
    }
}

impl From<StoredImport> for Import {
    fn from(StoredImport { path, symbols, systems, architectures }: StoredImport) -> Self {
        Self { path, symbols, systems, architectures }
    }
}
