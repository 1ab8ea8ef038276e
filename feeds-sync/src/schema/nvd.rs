//! NVD's CVE 2.0 documents: yearly files, what was modified last, and pages of the API have one shape (feeds.md A22).
//!
//! Of the catalogue of known exploited vulnerabilities only its name is taken, as the title; the rest is a feed of its own.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use jiff::Timestamp;
use model::advisory::{Advisory, CvssVector, RecordState, Reference, SeverityWord};
use model::key::Namespace;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::advisories::{Advisories, Remarks};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::configuration::{self, Node};
use crate::schema::cve::{DISPUTED, HOSTED, UNSUPPORTED, add, apply_tags, marked_state};
use crate::schema::{Text, moment, null_as_default, within_memory};

/// Who rates what its assigner did not rate, as NVD names the source: CISA.
const CISA: &str = "134c704f-9b21-4f2e-91b3-4a353bcce0fb";

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// How many records a page has.
    pub(crate) page_size: Option<u64>,
    /// The place of its first record among all.
    pub(crate) start: u64,
    /// How many records all pages have.
    pub(crate) total: u64,
    /// When it was made.
    pub(crate) made_at: Option<Timestamp>,
}

/// Reads a document.
///
/// # Errors
/// When it is no document of that shape, or holds fewer records than it says.
pub(crate) fn read(document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let mut take = |text: &RawValue| {
        if let Err(error) = within_memory(text.get().as_bytes()) {
            advisories.remarks.unreadable(id_in(text.get()), error);
        } else if let Err(error) = read_record(text.get(), advisories) {
            advisories.remarks.unreadable(id_in(text.get()), error);
        }
    };
    let (header, n_records) = read_page(document, Some(&mut take))?;
    let expected = header.total.saturating_sub(header.start).min(header.page_size.unwrap_or(u64::MAX));
    if n_records < expected {
        let what = format!("a document of {n_records} records that says it has {expected}");
        return Err(ParseError::NotTheFeed(what));
    }
    Ok(())
}

/// What a document says of itself.
///
/// # Errors
/// When it is no document of that shape.
pub(crate) fn header(document: &Document<'_>) -> Result<Header, ParseError> {
    read_page(document, None).map(|(header, _)| header)
}

/// Takes one element of `vulnerabilities`.
type Take<'a> = dyn FnMut(&RawValue) + 'a;

/// How much of a document is held as text while it is read: the pages of the API have less, the yearly files more.
const HELD_BYTES_MAX: u64 = 16 << 20;

fn read_page(document: &Document<'_>, take: Option<&mut Take<'_>>) -> Result<(Header, u64), ParseError> {
    let since_record = Rc::new(Cell::new(0));
    let max = document.limits.record_bytes_max;
    let mut content = PerRecord { content: document.open()?, since_record: since_record.clone(), max };
    let text = document.start(&mut content, HELD_BYTES_MAX.min(max))?;
    let is_held = text.len() as u64 <= HELD_BYTES_MAX.min(max);
    let mut page =
        Page { header: Header::default(), n_records: 0, take, format: None, is_held, since_record };
    if is_held {
        let mut deserializer = serde_json::Deserializer::from_slice(&text);
        deserializer.deserialize_map(&mut page)?;
        deserializer.end()?;
    } else {
        // serde_json takes a reader byte by byte; through a trait object each of them would be a call.
        let content = BufReader::with_capacity(128 << 10, text.as_slice().chain(content));
        let mut deserializer = serde_json::Deserializer::from_reader(content);
        deserializer.deserialize_map(&mut page)?;
        deserializer.end()?;
    }
    match page.format.as_deref() {
        Some("NVD_CVE") => Ok((page.header, page.n_records)),
        _ => Err(ParseError::NotTheFeed("JSON, but no document of NVD's CVE API 2.0".to_owned())),
    }
}

/// The content of a document, of which no record may have more than `max` bytes: each is held as a whole.
struct PerRecord {
    content: Box<dyn BufRead>,
    since_record: Rc<Cell<u64>>,
    max: u64,
}

impl Read for PerRecord {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.content.read(buffer)?;
        let n_since = self.since_record.get() + n_read as u64;
        self.since_record.set(n_since);
        // A buffer full of records is read at once.
        if n_since > self.max.saturating_add(buffer.len() as u64) {
            return Err(io::Error::other(format!(
                "a record passes the limit `record_bytes_max` of {}",
                self.max
            )));
        }
        Ok(n_read)
    }
}

/// The outermost object, read as a stream: yearly files have more than 100 MB.
struct Page<'a, 't> {
    header: Header,
    n_records: u64,
    format: Option<String>,
    take: Option<&'a mut Take<'t>>,
    /// Whether all of its text is at hand, of which records need no copy then.
    is_held: bool,
    since_record: Rc<Cell<u64>>,
}

impl<'de> Visitor<'de> for &mut Page<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object with `vulnerabilities`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "resultsPerPage" => self.header.page_size = map.next_value()?,
                "startIndex" => self.header.start = map.next_value()?,
                "totalResults" => self.header.total = map.next_value()?,
                "format" => self.format = map.next_value()?,
                "timestamp" => {
                    let text: Option<String> = map.next_value()?;
                    self.header.made_at = text.as_deref().and_then(moment);
                }
                "vulnerabilities" => map.next_value_seed(&mut *self)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        loop {
            match &mut self.take {
                Some(take) if self.is_held => match elements.next_element::<&RawValue>()? {
                    Some(element) => take(element),
                    None => return Ok(()),
                },
                Some(take) => match elements.next_element::<Box<RawValue>>()? {
                    Some(element) => take(&element),
                    None => return Ok(()),
                },
                None if elements.next_element::<IgnoredAny>()?.is_some() => {}
                None => return Ok(()),
            }
            self.n_records += 1;
            self.since_record.set(0);
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Page<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

/// What tells of a record that could not be read which one it is.
fn id_in(text: &str) -> &str {
    let id = text.find("\"CVE-").map(|at| &text[at + 1..]);
    id.and_then(|id| id.split('"').next()).filter(|id| id.len() < 64).unwrap_or("a record")
}

fn read_record(text: &str, advisories: &mut Advisories) -> Result<(), serde_json::Error> {
    if advisories.is_selective() && passed_over(text, advisories)? {
        return Ok(());
    }
    let cve = serde_json::from_str::<Element<'_>>(text)?.cve;
    // What another document says of the products stands instead.
    let other: Option<Vec<Node<'_>>> = advisories.aside(&cve.id).map(serde_json::from_str).transpose()?;
    let configurations = other.unwrap_or_default();
    let is_replaced = advisories.aside(&cve.id).is_some();
    let mut remarks = Remarks::default();
    let mut rows =
        configuration::rows(if is_replaced { &configurations } else { &cve.configurations }, &mut remarks);
    let header = header_of(&cve, &mut remarks);
    let tags: BTreeSet<&str> = cve.tags(&mut remarks).collect();
    if header.state == RecordState::Rejected {
        rows.clear();
    }
    apply_tags(&tags, &mut rows, &mut remarks);
    drop(configurations);
    let status = cve.status.as_deref().map(str::to_owned);
    add(header, rows, status, &tags, advisories);
    advisories.remarks.add(remarks);
    Ok(())
}

/// Everything of a record but its products.
fn header_of(cve: &Cve<'_>, remarks: &mut Remarks) -> Advisory {
    let time = |text: &Option<Text<'_>>| text.as_deref().and_then(moment);
    let description = cve.description();
    Advisory {
        state: cve.state(description, remarks),
        published: time(&cve.published),
        modified: time(&cve.last_modified),
        title: cve.exploited_name.as_deref().map(str::to_owned),
        description: description.map(str::to_owned),
        cvss: cve.metrics.vectors(),
        severity: cve.metrics.severity(remarks),
        weaknesses: cve.weaknesses(),
        references: cve.references(),
        ..Advisory::new(&*cve.id)
    }
}

/// Whether nothing that the record says is of use in this reading, which is then all that is taken of it.
fn passed_over(text: &str, advisories: &mut Advisories) -> Result<bool, serde_json::Error> {
    let cve = serde_json::from_str::<ElementStart<'_>>(text)?.cve;
    let other: Option<Vec<Node<'_>>> = advisories.aside(&cve.id).map(serde_json::from_str).transpose()?;
    let is_wanted = |namespace: &Namespace| advisories.wants(namespace);
    let configurations = other.as_ref().unwrap_or(&cve.configurations);
    if Namespace::of_cve(&cve.id).as_ref().is_some_and(is_wanted)
        || configuration::any_namespace(configurations, &is_wanted)
    {
        return Ok(false);
    }
    drop(other);
    advisories.document(&cve.id, cve.last_modified.as_deref().and_then(moment));
    Ok(true)
}

#[derive(Deserialize)]
struct ElementStart<'a> {
    #[serde(borrow)]
    cve: CveStart<'a>,
}

/// What tells where the rows of a record lie.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CveStart<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    last_modified: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    configurations: Vec<Node<'a>>,
}

#[derive(Deserialize)]
struct Element<'a> {
    #[serde(borrow)]
    cve: Cve<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    published: Option<Text<'a>>,
    #[serde(borrow)]
    last_modified: Option<Text<'a>>,
    #[serde(borrow, rename = "vulnStatus")]
    status: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    cve_tags: Vec<Tags<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    descriptions: Vec<LangText<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    metrics: Metrics<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    weaknesses: Vec<Weakness<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    configurations: Vec<Node<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    references: Vec<Link<'a>>,
    #[serde(borrow, rename = "cisaVulnerabilityName")]
    exploited_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    tags: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct LangText<'a> {
    #[serde(borrow)]
    lang: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Weakness<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    description: Vec<LangText<'a>>,
}

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    tags: Vec<Text<'a>>,
}

#[derive(Default, Deserialize)]
struct Metrics<'a> {
    #[serde(borrow, default, rename = "cvssMetricV40", deserialize_with = "null_as_default")]
    v40: Vec<Metric<'a>>,
    #[serde(borrow, default, rename = "cvssMetricV31", deserialize_with = "null_as_default")]
    v31: Vec<Metric<'a>>,
    #[serde(borrow, default, rename = "cvssMetricV30", deserialize_with = "null_as_default")]
    v30: Vec<Metric<'a>>,
    #[serde(borrow, default, rename = "cvssMetricV2", deserialize_with = "null_as_default")]
    v2: Vec<Metric<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    cvss_data: CvssData<'a>,
    /// Where version 2 has it.
    #[serde(borrow)]
    base_severity: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CvssData<'a> {
    #[serde(borrow)]
    vector_string: Cow<'a, str>,
    base_score: Option<serde_json::Number>,
    /// Where all versions but 2 have it.
    #[serde(borrow)]
    base_severity: Option<Text<'a>>,
}

impl Cve<'_> {
    /// The text in English, else the first.
    fn description(&self) -> Option<&str> {
        let is_english = |text: &&LangText<'_>| text.lang.starts_with("en");
        let text = self.descriptions.iter().find(is_english).or(self.descriptions.first())?;
        Some(text.value.trim()).filter(|text| !text.is_empty())
    }

    fn tags<'s>(&'s self, remarks: &mut Remarks) -> impl Iterator<Item = &'s str> {
        let tags = self.cve_tags.iter().flat_map(|tags| &tags.tags).map(|tag| &**tag);
        for tag in tags.clone().filter(|tag| ![DISPUTED, UNSUPPORTED, HOSTED].contains(tag)) {
            remarks.unknown_word("cveTags", tag);
        }
        tags
    }

    fn state(&self, description: Option<&str>, remarks: &mut Remarks) -> RecordState {
        match self.status.as_deref() {
            Some("Rejected") => return RecordState::Rejected,
            Some(
                "Received"
                | "Awaiting Analysis"
                | "Undergoing Analysis"
                | "Analyzed"
                | "Modified"
                | "Deferred",
            )
            | None => {}
            Some(other) => remarks.unknown_word("vulnStatus", other),
        }
        let is_disputed = self.cve_tags.iter().flat_map(|tags| &tags.tags).any(|tag| &**tag == DISPUTED);
        match description.map(marked_state) {
            Some(RecordState::Rejected) => RecordState::Rejected,
            Some(RecordState::Disputed) => RecordState::Disputed,
            _ if is_disputed => RecordState::Disputed,
            _ => RecordState::Published,
        }
    }

    /// NVD's own marks that it knows none (`NVD-CWE-noinfo`) are none.
    fn weaknesses(&self) -> Vec<String> {
        let mut weaknesses: Vec<String> = Vec::new();
        for text in self.weaknesses.iter().flat_map(|weakness| &weakness.description) {
            let is_weakness = text.value.starts_with("CWE-");
            if is_weakness && !weaknesses.iter().any(|known| *known == text.value) {
                weaknesses.push(text.value.clone().into_owned());
            }
        }
        weaknesses
    }

    /// Several authorities state the same links.
    fn references(&self) -> Vec<Reference> {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut references: Vec<Reference> = Vec::new();
        for link in &self.references {
            let place = *places.entry(&link.url).or_insert(references.len());
            if place == references.len() {
                references.push(Reference::new(&*link.url));
            }
            let tags = &mut references[place].tags;
            for tag in &link.tags {
                if !tags.iter().any(|known| **known == **tag) {
                    tags.push(tag.clone().into_owned());
                }
            }
        }
        references
    }
}

impl Metrics<'_> {
    /// Newest version of CVSS first.
    fn by_version(&self) -> impl Iterator<Item = &Metric<'_>> {
        self.v40.iter().chain(&self.v31).chain(&self.v30).chain(&self.v2)
    }

    fn vectors(&self) -> Vec<CvssVector> {
        let vector = |metric: &Metric<'_>| CvssVector {
            source: metric.source.clone().into_owned(),
            vector: metric.cvss_data.vector_string.trim().trim_end_matches('/').to_owned(),
            score: metric.cvss_data.base_score.as_ref().map(|score| score.to_string().into()),
        };
        let mut vectors: Vec<CvssVector> = self.by_version().map(vector).collect();
        vectors.sort();
        vectors.dedup();
        vectors
    }

    /// The word of the primary rating, else of the assigner's, else of CISA's (feeds.md D6).
    fn severity(&self, remarks: &mut Remarks) -> Option<SeverityWord> {
        let is_primary = |metric: &&Metric<'_>| metric.kind.as_deref() == Some("Primary");
        let is_assigners = |metric: &&Metric<'_>| metric.source != CISA;
        let metric = (self.by_version().find(is_primary))
            .or_else(|| self.by_version().find(is_assigners))
            .or_else(|| self.by_version().next())?;
        let word = metric.cvss_data.base_severity.as_deref().or(metric.base_severity.as_deref())?;
        Some(remarks.severity("baseSeverity", word))
    }
}
