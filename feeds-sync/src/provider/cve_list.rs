//! The CVE list: one record a CVE, all of them in an archive a day, and a list of what changed since (feeds.md A23).
//!
//! An archive that is held and not old is brought up to date by the records that the list names: what was changed since the
//! midnight of its day. The list drops its oldest entries when it grows; where it no longer goes back so far, and after a
//! week, the archive is downloaded anew.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::csaf::changes::{self, OVERLAP};
use crate::schema::{cve5, null_as_default};

/// It speaks of the same products as NVD, which answers for them.
pub(super) static PROVIDER: Provider = Provider {
    name: "cve-list",
    attribution: Some("CVE List, https://www.cve.org/; CVE is a trademark of The MITRE Corporation"),
    feeds: || vec![feed()],
    answering: |_| None,
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

const RELEASES: &str = "https://github.com/CVEProject/cvelistV5/releases/download/";
const RECORDS: &str = "https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/";
const CHANGES: &str = "https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/deltaLog.json";

/// An archive that is held is replaced when it is so old (feeds.md A30).
const ARCHIVE_AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An archive never changes: its name has its date.
const FOR_EVER: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// Above so many changed records a newer archive is the smaller download.
const CHANGES_MAX: usize = 5_000;

/// The archive of a day appears after its midnight, and some days have none: so many days back it is looked for.
const DAYS_BACK: i64 = 3;

fn feed() -> Feed {
    Feed {
        name: "cve-list".to_owned(),
        sources: vec![Source { is_optional: true, ..Source::index(CHANGES, 512 * MIB) }],
        scope: Scope::Distro("cpe"),
        license: "CVE Terms of Use (https://www.cve.org/Legal/TermsOfUse)",
        is_redistributable: true,
        is_alternate: true,
    }
}

fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let mut sources = feed.sources.clone();
    let latest = latest(leads);
    let held = leads.held.keys().filter_map(|url| Archive::of(url)).max();
    let is_of_use = |held: &Archive| {
        let age = leads.now.duration_since(held.midnight());
        // Where none is newer the one that is held stays.
        latest.is_none() || !age.is_negative() && age < ARCHIVE_AGE_MAX && !leads.is_near
    };
    let held = held.filter(is_of_use);
    let mut archive = held.clone().or(latest.clone()).unwrap_or_else(|| Archive::of_today(leads));
    let mut changed = changed(&archive, leads)?;
    let is_few = matches!(&changed, Changed::Records(records) if records.len() <= CHANGES_MAX);
    if held.is_some() && leads.asked.contains(CHANGES) && !is_few {
        // Without any newer one what the snapshot has is newer than the one that is held: it must not be read alone.
        archive = latest.unwrap_or_else(|| Archive::of_today(leads));
        changed = self::changed(&archive, leads)?;
    }
    let url = archive.url();
    // Those that were not there stay known as that.
    let missing = days(leads).filter(|other| *other != archive && is_missing(other, leads));
    sources.extend(missing.map(|other| Source { is_optional: true, ..Source::records(other.url(), MIB) }));
    // One that was not there is asked for again.
    let max_age = leads.held.contains_key(&url).then_some(FOR_EVER);
    let is_missing = is_missing(&archive, leads);
    sources.push(Source { must_exist: true, max_age, ..Source::records(url, 4096 * MIB) });
    if let (Changed::Records(records), false) = (changed, is_missing) {
        sources.extend(changes::sources(RECORDS, &records, leads));
    }
    Ok(sources)
}

/// The newest archive that is not known to be missing.
fn latest(leads: &Leads<'_>) -> Option<Archive> {
    days(leads).find(|archive| !is_missing(archive, leads))
}

/// The archives that may be there, newest first.
fn days(leads: &Leads<'_>) -> impl Iterator<Item = Archive> {
    let today = Archive::of_today(leads).day;
    let day = move |back| today.checked_sub(SignedDuration::from_hours(24 * back)).ok();
    (0..=DAYS_BACK).filter_map(day).map(|day| Archive { day })
}

fn is_missing(archive: &Archive, leads: &Leads<'_>) -> bool {
    let url = archive.url();
    leads.asked.contains(url.as_str()) && leads.found(&url).is_none()
}

/// An archive, by its day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Archive {
    day: Date,
}

impl Archive {
    fn of_today(leads: &Leads<'_>) -> Self {
        Self { day: leads.now.to_zoned(TimeZone::UTC).date() }
    }

    fn of(url: &str) -> Option<Self> {
        let (_, file) = url.strip_prefix(RELEASES)?.split_once('/')?;
        Some(Self { day: file.strip_suffix("_all_CVEs_at_midnight.zip.zip")?.parse().ok()? })
    }

    fn url(&self) -> String {
        format!("{RELEASES}cve_{day}_0000Z/{day}_all_CVEs_at_midnight.zip.zip", day = self.day)
    }

    fn midnight(&self) -> Timestamp {
        self.day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or(Timestamp::MIN)
    }
}

/// What changed since an archive was made.
enum Changed {
    /// These records, by their path, and when.
    Records(BTreeMap<String, Timestamp>),
    /// Nobody says, or not of so long ago.
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    fetch_time: String,
    #[serde(default, deserialize_with = "null_as_default")]
    new: Vec<ChangedRecord>,
    #[serde(default, deserialize_with = "null_as_default")]
    updated: Vec<ChangedRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangedRecord {
    cve_id: String,
}

fn changed(archive: &Archive, leads: &Leads<'_>) -> Result<Changed, LeadError> {
    let since = archive.midnight().checked_sub(OVERLAP).unwrap_or(Timestamp::MIN);
    let read = |document: &Document<'_>| {
        let commits: Vec<Commit> = document.json(PhantomData)?;
        let not = |what: String| ParseError::NotTheFeed(format!("no list of changes: {what}"));
        let mut records: BTreeMap<String, Timestamp> = BTreeMap::new();
        let mut oldest = None;
        for commit in commits {
            let time: Timestamp = commit
                .fetch_time
                .parse()
                .map_err(|error| not(format!("`{:.64}` is no time ({error})", commit.fetch_time)))?;
            oldest = Some(oldest.map_or(time, |oldest: Timestamp| oldest.min(time)));
            if time <= since {
                continue;
            }
            for record in commit.new.iter().chain(&commit.updated) {
                let path =
                    path(&record.cve_id).ok_or_else(|| not(format!("`{:.64}` is no CVE", record.cve_id)))?;
                let newest = records.entry(path).or_insert(time);
                *newest = time.max(*newest);
            }
        }
        // It drops its oldest entries; those that are missing may be about anything.
        let goes_back = oldest.is_some_and(|oldest| oldest <= since);
        Ok(if goes_back { Changed::Records(records) } else { Changed::Unknown })
    };
    Ok(leads.read(CHANGES, read)?.unwrap_or(Changed::Unknown))
}

/// Where the record of a CVE lies: `2025/10xxx/CVE-2025-10001.json`.
fn path(id: &str) -> Option<String> {
    let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = year.len() == 4 && is_number(year) && is_number(number) && (4..20).contains(&number.len());
    is_id.then(|| format!("{year}/{}xxx/{id}.json", &number[..number.len() - 3]))
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if document.url.ends_with(".json") {
        // A record that changed since the archive was made.
        if let Err(error) = cve5::read(document.text()?.as_bytes(), advisories) {
            advisories.remarks.unreadable(document.url, error);
        }
        return Ok(());
    }
    let (mut n_records, mut n_unreadable) = (0_u64, 0_u64);
    document.nested_zip_entries(&mut |name, content| {
        let file = name.rsplit('/').next().unwrap_or_default();
        if file.starts_with("CVE-") && file.ends_with(".json") {
            n_records += 1;
            if let Err(error) = cve5::read(content, advisories) {
                n_unreadable += 1;
                advisories.remarks.unreadable(file, error);
            }
        }
        Ok(())
    })?;
    match n_records == n_unreadable {
        true => Err(ParseError::NotTheFeed("an archive without a readable record".to_owned())),
        false => Ok(()),
    }
}
