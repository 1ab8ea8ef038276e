//! The OSV schema (ossf.github.io/osv-schema), as its aggregate and many vendors publish it (feeds.md A16).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

use jiff::Timestamp;
use model::advisory::{
    Advisory, Affected, AffectedRange, Aside, Conditions, CvssVector, FixState, Import, RangeEvent,
    RecordKind, RecordLink, RecordState, Reference, Relation, SeverityWord, Status,
};
use model::key::PackageKey;
use model::version::VersionText;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::records::{self, HashMap};
use crate::schema::{Text, from_json, null_as_default, within_memory};

/// How the packages of one OSV ecosystem are looked up.
pub struct Reading<'a> {
    /// The key of a package of the ecosystem called `name`, given what follows `:` in its ecosystem's name;
    /// none for a package that the feed does not speak for.
    pub key: &'a dyn Fn(&Ecosystem<'_>, &str) -> Option<PackageKey>,
}

/// An ecosystem's name in its two parts: `Rocky Linux:9` is `Rocky Linux` and `9`.
pub struct Ecosystem<'a> {
    /// The directory of OSV.dev.
    pub name: &'a str,
    /// The release, or the URL of a repository.
    pub suffix: Option<&'a str>,
}

/// A record in its parts.
pub struct Parts {
    /// Everything of it but its packages.
    pub header: Advisory,
    /// What it says of each package that the reading looks up, entry by entry.
    pub entries: Vec<Entry>,
}

/// What one entry of `affected` says.
pub struct Entry {
    /// The row.
    pub affected: Affected,
    /// The package as purl.
    pub purl: Option<Box<str>>,
    /// To whom the fix is available, in Canonical's words (feeds.md A4).
    pub availability: Option<Box<str>>,
}

/// Reads one record.
///
/// # Errors
/// When `text` is no JSON object of that schema.
pub fn read(text: &[u8], reading: &Reading<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Parts { mut header, entries } = parts(text, reading, &mut advisories.remarks)?;
    // A record that was changed may have left this ecosystem: what it said before no longer holds.
    advisories.document(&header.id, header.modified);
    let mut rows = joined(entries);
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let namespace = first.key.namespace.clone();
        let mut affected = vec![first];
        while let Some(row) = rows.next_if(|row| row.key.namespace == namespace) {
            if !records::is_recent(&affected, &row) {
                affected.push(row);
            }
        }
        // Most are of one namespace, and need no copy.
        let header = match rows.peek() {
            Some(_) => header.clone(),
            None => std::mem::replace(&mut header, Advisory::new("")),
        };
        advisories.push(&namespace, Advisory { affected, ..header });
    }
    Ok(())
}

/// Takes one record apart.
///
/// # Errors
/// When `text` is no JSON object of that schema, or passes a limit.
pub fn parts(text: &[u8], reading: &Reading<'_>, remarks: &mut Remarks) -> Result<Parts, ParseError> {
    within_memory(text)?;
    let record: Record<'_> = from_json(text)?;
    let mut header = header(&record, remarks);
    for entry in &record.affected {
        header.cvss.extend(vectors(&record.id, &entry.severity));
    }
    header.cvss.sort();
    header.cvss.dedup();

    let mut entries = Vec::new();
    for entry in &record.affected {
        let Some(key) = entry.key(reading) else { continue };
        match affected(key, entry, remarks) {
            Ok(mut affected) => {
                let (reason, name) = (unreviewed(&record), entry.written_name(&affected.key));
                if reason.is_some() || name.is_some() {
                    (affected.aside.reason, affected.aside.name) = (reason, name);
                }
                let purl = entry.package.as_ref().and_then(|package| package.purl.as_deref()).map(Box::from);
                let availability = availability(entry, remarks);
                entries.push(Entry { affected, purl, availability });
            }
            Err(reason) => remarks.leave_out(reason),
        }
    }
    Ok(Parts { header, entries })
}

fn availability(entry: &AffectedEntry<'_>, remarks: &mut Remarks) -> Option<Box<str>> {
    let text: Option<Text<'_>> =
        apart("availability", entry.ecosystem_specific.as_ref()?.availability, remarks);
    text.map(|text| text.0.into())
}

/// Joins entries of one package that differ only in their ranges and versions.
fn joined(entries: Vec<Entry>) -> Vec<Affected> {
    let mut rows: Vec<Affected> = Vec::new();
    // Of the rows with a hash the last: a record may have entries by the hundred thousand.
    let mut places: HashMap<u64, usize> = HashMap::default();
    let is_large = entries.len() > 1;
    let hasher = places.hasher().clone();
    let mut were_joined = BTreeSet::new();
    for Entry { affected, .. } in entries {
        let hash = is_large.then(|| hasher.hash_one(identity(&affected)));
        let place = hash.and_then(|hash| places.get(&hash).copied());
        match place {
            Some(place) if identity(&rows[place]) == identity(&affected) => {
                rows[place].ranges.extend(affected.ranges);
                rows[place].versions.extend(affected.versions);
                were_joined.insert(place);
            }
            _ => {
                places.extend(hash.map(|hash| (hash, rows.len())));
                rows.push(affected);
            }
        }
    }
    for place in were_joined {
        let mut ranges = std::mem::take(&mut rows[place].ranges).into_vec();
        records::dedup(&mut ranges);
        rows[place].ranges = ranges.into();
        sort_versions(&mut rows[place].versions);
    }
    rows
}

/// What rows must have in common to be one.
fn identity(row: &Affected) -> impl Eq + Hash + '_ {
    (&row.key, row.fix_state, &row.aside.severity, &row.aside.reason, &row.conditions, &row.aside.hints)
}

/// Everything of the record but its packages.
fn header(record: &Record<'_>, remarks: &mut Remarks) -> Advisory {
    let time = |text: &Option<Text<'_>>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    Advisory {
        kind: kind(record),
        aliases: aliases(record),
        state: match &record.withdrawn {
            Some(_) => RecordState::Withdrawn,
            None => RecordState::Published,
        },
        published: time(&record.published),
        modified: time(&record.modified),
        title: title(record),
        description: description(record),
        cvss: vectors(&record.id, &record.severity),
        severity: severity(record, remarks),
        weaknesses: weaknesses(record),
        references: record.references.iter().map(reference).collect(),
        links: links(record),
        credits: record.credits.iter().map(|credit| credit.name.clone().into_owned()).collect(),
        license: record.license().map(str::to_owned),
        ..Advisory::new(&*record.id)
    }
}

/// The summary, else the first line of the details.
fn title(record: &Record<'_>) -> Option<String> {
    let texts = [&record.summary, &record.details];
    let mut lines = texts.into_iter().flatten().filter_map(|text| text.trim().lines().next());
    lines.next().map(str::to_owned)
}

/// The whole text, where it says more than the title.
fn description(record: &Record<'_>) -> Option<String> {
    let details = record.details.as_ref()?.trim();
    (!details.is_empty() && title(record).as_deref() != Some(details)).then(|| details.to_owned())
}

fn reference(link: &Link<'_>) -> Reference {
    Reference {
        url: link.url.clone().into_owned(),
        tags: link.kind.iter().map(|kind| kind.clone().into_owned()).collect(),
    }
}

fn weaknesses(record: &Record<'_>) -> Vec<String> {
    let Some(Value::Array(ids)) = record.database_specific.as_ref().and_then(|it| it.cwe_ids.as_ref()) else {
        return Vec::new();
    };
    ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What sort of record it is, told from its id (feeds.md A16) and from RustSec's mark of what is no vulnerability
/// (feeds.md A18).
fn kind(record: &Record<'_>) -> RecordKind {
    let is_informational = |entry: &AffectedEntry<'_>| {
        let word = entry.database_specific.as_ref().and_then(|specific| specific.informational.as_ref());
        word.is_some_and(|word| !word.is_null())
    };
    if record.affected.iter().any(is_informational) {
        return RecordKind::Notice;
    }
    match record.id.split_once('-').map(|(prefix, _)| prefix) {
        Some("MAL") => RecordKind::Malware,
        Some(
            "ALSA" | "RLSA" | "RXSA" | "RHSA" | "SUSE" | "openSUSE" | "USN" | "LSN" | "DSA" | "DLA" | "DTSA",
        ) => RecordKind::Advisory,
        _ => RecordKind::Vulnerability,
    }
}

/// A bulletin fixes the CVEs that it is about, wherever it names them.
fn links(record: &Record<'_>) -> Vec<RecordLink> {
    let is_bulletin = kind(record) == RecordKind::Advisory;
    let link = |relation: Relation, other: &Text<'_>| RecordLink {
        relation: if is_bulletin && other.starts_with("CVE-") { Relation::Fixes } else { relation },
        other: other.clone().into_owned(),
    };
    let upstream = record.upstream.iter().map(|other| link(Relation::Upstream, other));
    let mut links: Vec<RecordLink> =
        upstream.chain(record.related.iter().map(|other| link(Relation::Related, other))).collect();
    links.sort();
    links.dedup();
    links
}

/// The ids of the same vulnerability. `upstream` names what a record is about, not what it is; only where the
/// record's own id embeds the one CVE named (`DEBIAN-CVE-…`), or is a CGA id, which stands for just one
/// vulnerability in one package, is it an alias (feeds.md D5). `related` never is. A bulletin goes by every CVE that it fixes:
/// people know a vulnerability by its CVE, and several of them keep each other apart.
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
    if kind(record) == RecordKind::Advisory {
        let named = record.upstream.iter().chain(&record.related).map(|id| &**id);
        aliases.extend(named.filter(|id| id.starts_with("CVE-")));
    }
    aliases.remove(&*record.id);
    aliases.into_iter().filter(|alias| !alias.is_empty()).map(str::to_owned).collect()
}

fn vectors(record: &str, severities: &[Severity<'_>]) -> Vec<CvssVector> {
    let vector = |severity: &Severity<'_>| CvssVector {
        source: record.to_owned(),
        vector: severity.score.trim().trim_end_matches('/').to_owned(),
        score: None,
    };
    let is_vector = |severity: &&Severity<'_>| severity.kind.starts_with("CVSS_");
    severities.iter().filter(is_vector).map(vector).collect()
}

fn severity(record: &Record<'_>, remarks: &mut Remarks) -> Option<SeverityWord> {
    if let Some(word) = record.database_specific.as_ref().and_then(|specific| specific.severity.as_ref()) {
        // Other databases put other shapes here; only a word is a word.
        return word.as_str().map(|word| remarks.severity("severity", word));
    }
    if let Some(word) = record.severity.iter().find(|severity| !severity.kind.starts_with("CVSS_")) {
        // `{"type": "Ubuntu", "score": "medium"}`.
        return Some(remarks.severity("severity", &word.score));
    }
    None
}

/// The row of one entry, or why it is left out.
fn affected(
    key: PackageKey,
    entry: &AffectedEntry<'_>,
    remarks: &mut Remarks,
) -> Result<Affected, &'static str> {
    let mut ranges: Vec<AffectedRange> = Vec::new();
    for range in entry.ranges.iter().filter(|range| range.kind != "GIT") {
        let events = events(range, entry, remarks);
        if !events.iter().any(|event| matches!(event, RangeEvent::Introduced(_))) {
            remarks.unknown_word("range", "without introduced");
        } else {
            ranges.push(AffectedRange { events: events.into() });
        }
    }
    records::dedup(&mut ranges);
    let mut versions: Vec<VersionText> =
        entry.versions.iter().map(|text| VersionText::from(&**text)).collect();
    sort_versions(&mut versions);
    if ranges.is_empty() && versions.is_empty() {
        // Such a row would say "every version"; OSV says "none that a version could tell".
        return Err("only git ranges, or no range at all");
    }
    let is_fixed = ranges.iter().any(|range| range.events.iter().any(|e| matches!(e, RangeEvent::Fixed(_))));
    Ok(Affected {
        fix_state: if is_fixed { FixState::Fixed } else { FixState::NotFixed },
        ranges: ranges.into(),
        versions,
        conditions: conditions(entry, remarks),
        aside: Aside {
            severity: entry
                .severity
                .iter()
                .find(|severity| !severity.kind.starts_with("CVSS_"))
                .map(|severity| remarks.severity("affected.severity", &severity.score)),
            hints: hints(entry, remarks),
            ..Aside::default()
        }
        .into(),
        ..Affected::new(key, Status::Affected)
    })
}

fn sort_versions(versions: &mut Vec<VersionText>) {
    // The order of texts is that of their bytes.
    versions.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
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

/// What must hold besides the version, in the words of RustSec and of Go.
fn conditions(entry: &AffectedEntry<'_>, remarks: &mut Remarks) -> Option<Arc<Conditions>> {
    let specific = entry.ecosystem_specific.as_ref()?;
    let affects: Affects<'_> = apart("affects", specific.affects, remarks);
    let imports: Vec<GoImport<'_>> = apart("imports", specific.imports, remarks);
    let list = |words: Vec<Text<'_>>| words.iter().map(|word| Box::from(&**word)).collect();
    let conditions = Conditions {
        systems: list(affects.os),
        architectures: list(affects.arch),
        functions: list(affects.functions),
        imports: imports
            .into_iter()
            .map(|import| Import {
                path: (&*import.path).into(),
                symbols: list(import.symbols),
                systems: list(import.goos),
                architectures: list(import.goarch),
            })
            .collect(),
        ..Conditions::default()
    };
    (!conditions.is_empty()).then(|| Arc::new(conditions))
}

/// Ranges of tags that are no versions of the module: people may read them, and nothing is compared with them
/// (feeds.md A21).
fn hints(entry: &AffectedEntry<'_>, remarks: &mut Remarks) -> Vec<Box<str>> {
    let Some(specific) = &entry.ecosystem_specific else { return Vec::new() };
    let ranges: Vec<Range<'_>> = apart("custom_ranges", specific.custom_ranges, remarks);
    let hint = |range: &Range<'_>| {
        let bound = |event: RangeEvent| match event {
            RangeEvent::Introduced(version) => format!(">= {version}"),
            RangeEvent::IntroducedAfter(version) => format!("> {version}"),
            RangeEvent::LastAffected(version) => format!("<= {version}"),
            RangeEvent::Fixed(version) | RangeEvent::Limit(version) => format!("< {version}"),
        };
        range.events.iter().flat_map(Event::to_events).map(bound).collect::<Vec<_>>().join(", ").into()
    };
    ranges.iter().map(hint).collect()
}

/// What a field of an ecosystem's own holds; nothing where it has another shape, which is counted.
fn apart<'a, T: Deserialize<'a> + Default>(
    field: &str,
    text: Option<&'a RawValue>,
    remarks: &mut Remarks,
) -> T {
    let Some(text) = text.map(RawValue::get).filter(|text| *text != "null") else { return T::default() };
    serde_json::from_str(text).unwrap_or_else(|_| {
        remarks.unknown_word(field, "of another shape");
        T::default()
    })
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    modified: Option<Text<'a>>,
    #[serde(borrow)]
    published: Option<Text<'a>>,
    #[serde(borrow)]
    withdrawn: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    aliases: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    upstream: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    related: Vec<Text<'a>>,
    #[serde(borrow)]
    summary: Option<Text<'a>>,
    #[serde(borrow)]
    details: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    severity: Vec<Severity<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    affected: Vec<AffectedEntry<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    references: Vec<Link<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    credits: Vec<Credit<'a>>,
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
struct Link<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    url: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Credit<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
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
    versions: Vec<Text<'a>>,
    #[serde(borrow)]
    ecosystem_specific: Option<EcosystemSpecific<'a>>,
    database_specific: Option<Specific>,
}

impl Record<'_> {
    fn license(&self) -> Option<&str> {
        let of_entries = self.affected.iter().map(|entry| &entry.database_specific);
        let specifics = [&self.database_specific].into_iter().chain(of_entries).flatten();
        specifics.filter_map(|specific| specific.license.as_ref()).find_map(Value::as_str)
    }
}

impl AffectedEntry<'_> {
    /// The name as written, where the key's is another.
    fn written_name(&self, key: &PackageKey) -> Option<Box<str>> {
        let name = &*self.package.as_ref()?.name;
        (name != &*key.name).then(|| name.into())
    }

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
    #[serde(borrow)]
    purl: Option<Text<'a>>,
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
    introduced: Option<Text<'a>>,
    #[serde(borrow)]
    fixed: Option<Text<'a>>,
    #[serde(borrow)]
    last_affected: Option<Text<'a>>,
    #[serde(borrow)]
    limit: Option<Text<'a>>,
}

impl Event<'_> {
    /// An object should have one of them; some writers put several into one.
    fn to_events(&self) -> impl Iterator<Item = RangeEvent> {
        let version = |text: &Option<Text<'_>>| text.as_deref().map(VersionText::from);
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
    severity: Option<Value>,
    informational: Option<Value>,
    review_status: Option<String>,
    last_known_affected_version_range: Option<String>,
    cwe_ids: Option<Value>,
    license: Option<Value>,
}

/// The parts of the ecosystems' own fields that decide something. Every ecosystem is free to give these names another
/// shape, so each is read apart from the record.
#[derive(Deserialize)]
struct EcosystemSpecific<'a> {
    #[serde(borrow)]
    affects: Option<&'a RawValue>,
    #[serde(borrow)]
    imports: Option<&'a RawValue>,
    #[serde(borrow)]
    custom_ranges: Option<&'a RawValue>,
    #[serde(borrow)]
    availability: Option<&'a RawValue>,
}

/// Where RustSec's advisory applies (feeds.md A18).
#[derive(Default, Deserialize)]
struct Affects<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    os: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    arch: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    functions: Vec<Text<'a>>,
}

/// A package of a Go module (feeds.md A21).
#[derive(Deserialize)]
struct GoImport<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    symbols: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    goos: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    goarch: Vec<Text<'a>>,
}
