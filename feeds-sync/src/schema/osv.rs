//! The OSV schema (ossf.github.io/osv-schema), as its aggregate and many vendors publish it (feeds.md A16).

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use model::advisory::{
    Advisory, Affected, AffectedRange, CvssVector, FixState, RangeEvent, RecordState, SeverityWord, Status,
};
use model::key::PackageKey;
use model::version::VersionText;
use serde::Deserialize;

use crate::advisories::{Advisories, Remarks, push_once};
use crate::error::ParseError;
use crate::schema::null_as_default;

/// How the packages of one OSV ecosystem are looked up.
pub struct Reading<'a> {
    /// The key of a package of the ecosystem called `name`, given what follows `:` in its ecosystem's name;
    /// none for a package that the feed does not speak for.
    pub key: &'a dyn Fn(&Ecosystem<'_>, &str) -> Option<PackageKey>,
    /// Why a record is no security advisory that can be judged, told from its id.
    pub leave_out: fn(&str) -> Option<&'static str>,
    /// Whether the first word of the summary is the severity (`Moderate: nodejs security update`).
    pub severity_in_summary: bool,
}

/// An ecosystem's name in its two parts: `Rocky Linux:9` is `Rocky Linux` and `9`.
pub struct Ecosystem<'a> {
    /// The directory of OSV.dev.
    pub name: &'a str,
    /// The release, or the URL of a repository.
    pub suffix: Option<&'a str>,
}

/// Reads one record.
///
/// # Errors
/// When `text` is no JSON object of that schema.
pub fn read(text: &[u8], reading: &Reading<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let record: Record<'_> = serde_json::from_slice(text)?;
    if let Some(reason) = (reading.leave_out)(&record.id) {
        advisories.remarks.leave_out(reason);
        return Ok(());
    }
    let mut remarks = Remarks::default();
    let mut header = header(&record, reading, &mut remarks);
    for entry in &record.affected {
        header.cvss.extend(vectors(&record.id, &entry.severity));
    }
    header.cvss.sort();
    header.cvss.dedup();

    let mut rows: Vec<Affected> = Vec::new();
    for entry in &record.affected {
        let Some(key) = entry.key(reading) else { continue };
        match affected(key, entry, &mut remarks) {
            Ok(mut affected) => {
                affected.reason = words([affected.reason, unreviewed(&record)]);
                merge(&mut rows, affected);
            }
            Err(reason) => remarks.leave_out(reason),
        }
    }
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    advisories.remarks.add(remarks);
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let namespace = first.key.namespace.clone();
        let mut advisory = header.clone();
        advisory.affected.push(first);
        while let Some(row) = rows.next_if(|row| row.key.namespace == namespace) {
            push_once(&mut advisory, row);
        }
        advisories.push(&namespace, advisory);
    }
    Ok(())
}

/// Joins entries of one package that differ only in their ranges and versions.
fn merge(rows: &mut Vec<Affected>, affected: Affected) {
    let same = |row: &&mut Affected| {
        row.key == affected.key
            && row.fix_state == affected.fix_state
            && row.severity == affected.severity
            && row.reason == affected.reason
    };
    match rows.iter_mut().find(same) {
        Some(row) => {
            for range in affected.ranges {
                if !row.ranges.contains(&range) {
                    row.ranges.push(range);
                }
            }
            row.versions.extend(affected.versions);
            sort_versions(&mut row.versions);
        }
        None => rows.push(affected),
    }
}

/// Everything of the record but its packages.
fn header(record: &Record<'_>, reading: &Reading<'_>, remarks: &mut Remarks) -> Advisory {
    let time = |text: &Option<Cow<'_, str>>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    Advisory {
        id: record.id.clone().into_owned(),
        aliases: aliases(record),
        state: match &record.withdrawn {
            Some(_) => RecordState::Withdrawn,
            None => RecordState::Published,
        },
        published: time(&record.published),
        modified: time(&record.modified),
        title: title(record),
        cvss: vectors(&record.id, &record.severity),
        severity: severity(record, reading, remarks),
        references: record.references.iter().map(|reference| reference.url.clone().into_owned()).collect(),
        affected: Vec::new(),
    }
}

/// The summary, else the first line of the details.
fn title(record: &Record<'_>) -> Option<String> {
    let texts = [&record.summary, &record.details];
    let mut lines = texts.into_iter().flatten().filter_map(|text| text.trim().lines().next());
    lines.next().map(str::to_owned)
}

/// The ids of the same vulnerability. `upstream` names what a record is about, not what it is; only where the
/// record's own id embeds the one CVE named (`DEBIAN-CVE-…`), or is a CGA id, which stands for just one
/// vulnerability in one package, is it an alias (feeds.md D5). `related` never is.
fn aliases(record: &Record<'_>) -> Vec<String> {
    let mut aliases: BTreeSet<&str> = record.aliases.iter().map(|alias| &**alias).collect();
    let upstream_cves: BTreeSet<&str> =
        record.upstream.iter().map(|id| &**id).filter(|id| id.starts_with("CVE-")).collect();
    if let (Some(cve), 1) = (upstream_cves.first(), upstream_cves.len()) {
        let embeds = record.id.strip_suffix(cve).is_some_and(|prefix| prefix.ends_with('-'));
        if embeds || record.id.starts_with("CGA-") {
            aliases.insert(cve);
        }
    }
    aliases.remove(&*record.id);
    aliases.into_iter().filter(|alias| !alias.is_empty()).map(str::to_owned).collect()
}

fn vectors(record: &str, severities: &[Severity<'_>]) -> Vec<CvssVector> {
    let vector = |severity: &Severity<'_>| CvssVector {
        source: record.to_owned(),
        vector: severity.score.trim().trim_end_matches('/').to_owned(),
    };
    let is_vector = |severity: &&Severity<'_>| severity.kind.starts_with("CVSS_");
    severities.iter().filter(is_vector).map(vector).collect()
}

fn severity(record: &Record<'_>, reading: &Reading<'_>, remarks: &mut Remarks) -> Option<SeverityWord> {
    if let Some(word) = record.database_specific.as_ref().and_then(|specific| specific.severity.as_ref()) {
        // Other databases put other shapes here; only a word is a word.
        return word.as_str().map(|word| remarks.severity("severity", word));
    }
    let (word, _) = record.summary.as_ref().filter(|_| reading.severity_in_summary)?.split_once(':')?;
    model::severity::Severity::from_vendor_word(word)
        .map(|level| SeverityWord { word: word.to_owned(), level })
}

/// The row of one entry, or why it is left out.
fn affected(
    key: PackageKey,
    entry: &AffectedEntry<'_>,
    remarks: &mut Remarks,
) -> Result<Affected, &'static str> {
    let specific = entry.database_specific.as_ref();
    if specific.is_some_and(|specific| specific.informational.as_ref().is_some_and(|word| !word.is_null())) {
        return Err("informational record, no vulnerability");
    }
    let mut ranges: Vec<AffectedRange> = Vec::new();
    for range in entry.ranges.iter().filter(|range| range.kind != "GIT") {
        let events = events(range, entry, remarks);
        if !events.iter().any(|event| matches!(event, RangeEvent::Introduced(_))) {
            remarks.unknown_word("range", "without introduced");
        } else if !ranges.iter().any(|held| held.events == events) {
            ranges.push(AffectedRange { events });
        }
    }
    let mut versions: Vec<VersionText> =
        entry.versions.iter().map(|text| VersionText::from(&**text)).collect();
    sort_versions(&mut versions);
    if ranges.is_empty() && versions.is_empty() {
        // Such a row would say "every version"; OSV says "none that a version could tell".
        return Err("only git ranges, or no range at all");
    }
    let is_fixed = ranges.iter().any(|range| range.events.iter().any(|e| matches!(e, RangeEvent::Fixed(_))));
    Ok(Affected {
        key,
        status: Status::Affected,
        fix_state: if is_fixed { FixState::Fixed } else { FixState::NotFixed },
        ranges,
        versions,
        severity: entry
            .severity
            .iter()
            .find(|severity| !severity.kind.starts_with("CVSS_"))
            .map(|severity| remarks.severity("affected.severity", &severity.score)),
        reason: platforms(entry),
    })
}

fn sort_versions(versions: &mut Vec<VersionText>) {
    versions.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    versions.dedup();
}

fn events(range: &Range<'_>, entry: &AffectedEntry<'_>, remarks: &mut Remarks) -> Vec<RangeEvent> {
    let mut events: Vec<RangeEvent> = range.events.iter().flat_map(Event::to_events).collect();
    let is_bounded =
        events.iter().any(|event| matches!(event, RangeEvent::Fixed(_) | RangeEvent::LastAffected(_)));
    let last_known = [&range.database_specific, &entry.database_specific]
        .into_iter()
        .find_map(|specific| specific.as_ref()?.last_known_affected_version_range.as_deref());
    if let (false, Some(text)) = (is_bounded, last_known) {
        match bound(text) {
            Some(event) => events.push(event),
            None => remarks.unknown_word("last_known_affected_version_range", text),
        }
    }
    events
}

/// The upper bound that GitHub states beside a range without one: `<= 1.2.3` or `< 2.0`. The second is no fix:
/// nobody says that 2.0 is good, only that the range ends there.
fn bound(text: &str) -> Option<RangeEvent> {
    let text = text.trim();
    let version = |rest: &str| {
        let rest = rest.trim();
        (!rest.is_empty() && !rest.contains([',', ' ', '<', '>', '='])).then(|| VersionText::from(rest))
    };
    if let Some(rest) = text.strip_prefix("<=") {
        version(rest).map(RangeEvent::LastAffected)
    } else if let Some(rest) = text.strip_prefix('<') {
        version(rest).map(RangeEvent::Limit)
    } else if let Some(rest) = text.strip_prefix('=') {
        version(rest).map(RangeEvent::LastAffected)
    } else {
        None
    }
}

/// That nobody reviewed the record, in the word of the Go database (feeds.md A21); such a record comes after a
/// reviewed one of the same vulnerability (feeds.md D1).
fn unreviewed(record: &Record<'_>) -> Option<String> {
    let status = record.database_specific.as_ref()?.review_status.as_ref()?;
    status.eq_ignore_ascii_case("unreviewed").then(|| "unreviewed".to_owned())
}

/// What is there, joined; none when nothing is.
fn words<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The platforms that a record is restricted to, in the words of RustSec.
fn platforms(entry: &AffectedEntry<'_>) -> Option<String> {
    let affects = entry.ecosystem_specific.as_ref()?.affects.as_ref()?;
    let list = |what: &str, words: &[Cow<'_, str>]| {
        (!words.is_empty()).then(|| format!("{what}: {}", words.join(", ")))
    };
    words([list("only on os", &affects.os), list("only on arch", &affects.arch)])
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    modified: Option<Cow<'a, str>>,
    #[serde(borrow)]
    published: Option<Cow<'a, str>>,
    #[serde(borrow)]
    withdrawn: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    aliases: Vec<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    upstream: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    summary: Option<Cow<'a, str>>,
    #[serde(borrow)]
    details: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    severity: Vec<Severity<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    affected: Vec<AffectedEntry<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    references: Vec<Reference<'a>>,
    database_specific: Option<Specific>,
}

#[derive(Deserialize)]
struct Severity<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    score: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

#[derive(Deserialize)]
struct AffectedEntry<'a> {
    #[serde(borrow)]
    package: Option<Package<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    severity: Vec<Severity<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    ranges: Vec<Range<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    versions: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    ecosystem_specific: Option<EcosystemSpecific<'a>>,
    database_specific: Option<Specific>,
}

impl AffectedEntry<'_> {
    fn key(&self, reading: &Reading<'_>) -> Option<PackageKey> {
        let package = self.package.as_ref()?;
        let (name, suffix) = match package.ecosystem.split_once(':') {
            Some((name, suffix)) => (name, Some(suffix)),
            None => (&*package.ecosystem, None),
        };
        (reading.key)(&Ecosystem { name, suffix }, &package.name)
    }
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    ecosystem: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Range<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    events: Vec<Event<'a>>,
    database_specific: Option<Specific>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    introduced: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fixed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_affected: Option<Cow<'a, str>>,
    #[serde(borrow)]
    limit: Option<Cow<'a, str>>,
}

impl Event<'_> {
    /// An object should have one of them; some writers put several into one.
    fn to_events(&self) -> impl Iterator<Item = RangeEvent> {
        let version = |text: &Option<Cow<'_, str>>| text.as_deref().map(VersionText::from);
        // `limit: *` is the schema's own word for "no limit".
        let limit = version(&self.limit).filter(|limit| limit.as_str() != "*");
        [
            version(&self.introduced).map(RangeEvent::Introduced),
            version(&self.fixed).map(RangeEvent::Fixed),
            version(&self.last_affected).map(RangeEvent::LastAffected),
            limit.map(RangeEvent::Limit),
        ]
        .into_iter()
        .flatten()
    }
}

/// The parts of the databases' own fields that decide something; every database has others.
#[derive(Deserialize)]
struct Specific {
    severity: Option<serde_json::Value>,
    informational: Option<serde_json::Value>,
    review_status: Option<String>,
    last_known_affected_version_range: Option<String>,
}

#[derive(Deserialize)]
struct EcosystemSpecific<'a> {
    #[serde(borrow)]
    affects: Option<Affects<'a>>,
}

#[derive(Deserialize)]
struct Affects<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    os: Vec<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    arch: Vec<Cow<'a, str>>,
}
