//! NVD: a file for each year of CVE ids, one with what changed in the last days, and pages of an API for what changed
//! between the two (feeds.md A22).
//!
//! Yearly files are asked for anew after a month. Until then they are brought up to date by the file of the last eight
//! days, and, once they are older than a week, by a window of the API for every whole week that has passed. Such a window
//! is over when it is asked for, so its pages do not shift and are never asked again. Where the API or a mirror does not
//! have it, the yearly files are asked for instead.
//!
//! Beside each file lies a `.meta` with the checksum of its content. Where that cannot be had the file is taken as it is:
//! packing, shape and the number of its records are checked all the same.
//!
//! Overrides of the project `anchore/nvd-data-overrides` replace what NVD says of the products of a CVE.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Content, Feed, MIB, Parse, Provider, Role, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{HeldSource, LeadError, Leads};
use crate::schema::nvd;

pub(super) static PROVIDER: Provider = Provider {
    name: "nvd",
    attribution: Some("This product uses data from the NVD API but is not endorsed or certified by the NVD."),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.is_cpe() || namespace.is_cve()).then(feed),
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

pub(crate) const FILES: &str = "https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-";
pub(crate) const API: &str = "https://services.nvd.nist.gov/rest/json/cves/2.0";
const OVERRIDES: &str = "https://github.com/anchore/nvd-data-overrides/archive/refs/heads/main.tar.gz";

/// The file of the oldest ids; those of the years before are in it too.
const FIRST_YEAR: i16 = 2002;

/// Yearly files are asked for anew after so long (feeds.md A30).
const YEARLY_AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// So much older than its download a yearly file may be: they are made daily.
const YEARLY_LAG: SignedDuration = SignedDuration::from_hours(24);

/// What a window of the API spans; the file of the last eight days covers what has passed since the last whole one.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Windows overlap by so much.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// A window that is over never changes.
const FOR_EVER: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// The most records that a page of the API has.
const PAGE_RECORDS: u64 = 2_000;

/// A window of more pages is not asked for: the yearly files are the smaller download.
const PAGES_MAX: u64 = 100;

fn feed() -> Feed {
    Feed {
        name: "nvd".to_owned(),
        // What replaces parts of records is read before them.
        sources: vec![overrides()],
        scope: Scope::Distro("cpe"),
        license: "public domain (US government); overrides CC0-1.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn overrides() -> Source {
    Source {
        role: Role::Update,
        is_optional: true,
        max_age: Some(SignedDuration::from_hours(24)),
        ..Source::records(OVERRIDES, 1024 * MIB)
    }
}

fn follow(_feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let this_year = leads.now.to_zoned(TimeZone::UTC).year();
    let years: Vec<String> = (FIRST_YEAR..=this_year).map(|year| format!("{FILES}{year}.json.gz")).collect();
    let as_of = |url: &String| match leads.answered.contains(url.as_str()) {
        true => Some(leads.now),
        false => leads.held.get(url)?.fetched_at,
    };
    // Everything that changed since is to be had elsewhere.
    let base = years.iter().filter_map(as_of).min().unwrap_or(leads.now);
    let is_old = leads.now.duration_since(base) >= YEARLY_AGE_MAX;
    let is_asked = |url: &String| leads.asked.contains(url.as_str());
    let mut windows = Vec::new();
    if !leads.is_near && (!is_old || years.iter().all(is_asked)) {
        windows = self::windows(base, leads)?;
    }
    let is_missing =
        |source: &Source| leads.asked.contains(source.url.as_str()) && leads.found(&source.url).is_none();
    let needs_years = leads.is_near || windows.iter().any(is_missing);

    let mut sources = vec![overrides()];
    for url in years {
        let is_new = url.ends_with(&format!("-{this_year}.json.gz")) && is_january(leads.now);
        let age_max = (!needs_years).then_some(YEARLY_AGE_MAX);
        let [file, meta] = checked(url, age_max, leads)?;
        sources.extend([Source { is_optional: is_new, ..file }, meta]);
    }
    let [file, meta] = checked(format!("{FILES}modified.json.gz"), None, leads)?;
    sources.extend([Source { role: Role::Update, ..file }, meta]);
    sources.extend(windows);
    Ok(sources)
}

/// In its first days a year may have no file.
fn is_january(now: Timestamp) -> bool {
    now.to_zoned(TimeZone::UTC).day_of_year() <= 7
}

/// A file that is asked for when it is older than `age_max`, and the `.meta` that states the checksum of its content.
fn checked(
    url: String,
    age_max: Option<SignedDuration>,
    leads: &Leads<'_>,
) -> Result<[Source; 2], LeadError> {
    let meta = format!("{}.meta", url.trim_end_matches(".json.gz"));
    let is_settled = |held: &HeldSource| {
        let age = held.fetched_at.map(|at| leads.now.duration_since(at));
        !held.has_failed && age.is_some_and(|age| age_max.is_some_and(|max| age < max))
    };
    let is_due = !leads.held.get(&url).is_some_and(is_settled);
    let content = if leads.answered.contains(meta.as_str()) {
        leads.read(&meta, checksum)?.map_or(Content::Unstated, Content::Sha256)
    } else if leads.asked.contains(meta.as_str()) {
        // What is held of it states an older one.
        Content::Unstated
    } else {
        Content::ToBeStated
    };
    let file = Source { max_age: age_max, content, ..Source::records(url, 1024 * MIB) };
    let meta = Source { is_optional: true, max_age: age_max.filter(|_| !is_due), ..Source::index(meta, MIB) };
    Ok([file, meta])
}

/// The checksum that a `.meta` states, in lower case.
fn checksum(document: &Document<'_>) -> Result<String, ParseError> {
    let text = document.text()?;
    let stated = text.lines().find_map(|line| line.trim().strip_prefix("sha256:"));
    let is_sum = |sum: &&str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    match stated.map(str::trim).filter(is_sum) {
        Some(sum) => Ok(sum.to_ascii_lowercase()),
        None => Err(ParseError::NotTheFeed("no `.meta`: it states no sha256".to_owned())),
    }
}

/// The pages of every whole week since `base`.
fn windows(base: Timestamp, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let mut pages = Vec::new();
    let mut start = base.checked_sub(YEARLY_LAG).unwrap_or(Timestamp::MIN);
    while let Ok(end) = start.checked_add(WINDOW)
        && end <= leads.now
    {
        pages.extend(window(start, end, leads)?);
        start = end;
    }
    Ok(pages)
}

/// The pages of what changed from `start` to `end`, as far as the first tells how many there are.
fn window(start: Timestamp, end: Timestamp, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let since = start.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN);
    let page = |place: u64, max_age: Option<SignedDuration>| {
        // The API takes a zone's `+` only as `%2B`, and `:` as it is.
        let time = |time: Timestamp| format!("{}.000%2B00:00", time.strftime("%Y-%m-%dT%H:%M:%S"));
        let (since, end) = (time(since), time(end));
        let url = format!(
            "{API}?lastModStartDate={since}&lastModEndDate={end}&resultsPerPage={PAGE_RECORDS}&startIndex={place}"
        );
        Source { must_exist: true, max_age, ..Source::records(url, 256 * MIB) }
    };
    let first = page(0, None);
    // Whether the one that is held was over when it was made is seen once it is among the documents at hand.
    let first = Source { max_age: leads.held.get(&first.url).map(|_| FOR_EVER), ..first };
    let Some(header) = leads.read(&first.url, nvd::header)? else { return Ok(vec![first]) };
    let wrong = |what: String| LeadError { url: first.url.clone(), error: ParseError::NotTheFeed(what) };
    // A host whose clock is behind ours may still add to it.
    let max_age = header.made_at.is_some_and(|at| at >= end).then_some(FOR_EVER);
    let size = header.page_size.unwrap_or(PAGE_RECORDS).clamp(1, PAGE_RECORDS);
    let n_pages = header.total.div_ceil(size).max(1);
    if n_pages > PAGES_MAX {
        return Err(wrong(format!("a window of {} records", header.total)));
    }
    let pages: Vec<Source> = (0..n_pages).map(|number| page(number * size, max_age)).collect();
    for page in &pages[1..] {
        // Pages of different moments may lack a record that moved from one to the next.
        let total = leads.read(&page.url, nvd::header)?.map(|header| header.total);
        if total.is_some_and(|total| total != header.total) {
            return Err(wrong("a window whose pages differ in how many records it has".to_owned()));
        }
    }
    Ok(pages)
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if document.url.ends_with(".tar.gz") {
        return read_overrides(document, advisories);
    }
    nvd::read(document, advisories)
}

/// Sets aside what is said of the products of each CVE: a file `data/<year>/<CVE>.json` with `cve.configurations`.
fn read_overrides(document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    document.tar_entries(&mut |name, content| {
        let file = name.rsplit('/').next().unwrap_or_default();
        let Some(id) = file.strip_suffix(".json").filter(|id| id.starts_with("CVE-")) else { return Ok(()) };
        match serde_json::from_slice::<Value>(content) {
            // As text without white space, which is half of it.
            Ok(value) if value["cve"]["configurations"].is_array() => {
                advisories.set_aside(id, &value["cve"]["configurations"].to_string());
                ids.insert(id.to_owned());
            }
            Ok(_) => advisories.remarks.leave_out("override without configurations"),
            Err(error) => advisories.remarks.unreadable(id, error),
        }
        Ok(())
    })?;
    match ids.is_empty() {
        true => Err(ParseError::NotTheFeed("an archive without overrides".to_owned())),
        false => Ok(()),
    }
}
