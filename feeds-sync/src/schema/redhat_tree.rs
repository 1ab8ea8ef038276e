//! The two trees in which Red Hat publishes one VEX document a CVE: all of them in an archive, and lists of what changed and
//! what was taken away since. Beside each file stands its SHA-256, by which it is checked (feeds.md A5).
//!
//! The archive of the older tree has its date in its name and never changes; that of the newer one keeps its name, and the
//! host says when it was made.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::csaf::changes;
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::provider::{MIB, Role, Source};

/// A tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Where it is; ends in `/`.
    base: &'static str,
}

/// The older tree, which lists hundreds of packages for each architecture.
pub const VEX: Tree = Tree { base: "https://security.access.redhat.com/data/csaf/v2/vex/" };

/// The newer tree: flat, with a product for each supported minor release.
pub const VEX_FEED: Tree = Tree { base: "https://security.access.redhat.com/data/csaf/v2/vex-feed/" };

/// An archive that is held is replaced by the latest when it is so old (feeds.md A30).
const ARCHIVE_AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Above so many changed documents a newer archive is the smaller download.
const CHANGES_MAX: usize = 5_000;

/// An archive whose name has its date never changes.
const FOR_EVER: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// How old an archive is taken to be when it comes, of which neither its name nor its host says when it was made.
const UNDATED_AGE: SignedDuration = SignedDuration::from_hours(14 * 24);

impl Tree {
    /// The file that names the latest archive.
    pub fn pointer(self) -> String {
        format!("{}archive_latest.txt", self.base)
    }

    /// The list of its documents.
    pub fn index(self) -> String {
        format!("{}index.txt", self.base)
    }

    fn changes(self) -> String {
        format!("{}changes.csv", self.base)
    }

    fn deletions(self) -> String {
        format!("{}deletions.csv", self.base)
    }

    /// What the pointer leads to: the latest archive, or the one that is held and not old, and the documents that changed
    /// since it was made.
    ///
    /// # Errors
    /// The pointer, a list or a checksum is none.
    pub fn follow(self, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
        let Some(latest) = leads.read(&self.pointer(), archive_name)? else { return Ok(Vec::new()) };
        match latest {
            Archive::Dated(day) => self.follow_dated(day, leads),
            Archive::Undated(name) => self.follow_undated(&name, leads),
        }
    }

    fn follow_dated(self, latest: Date, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
        let url = |day: Date| format!("{}{}", self.base, dated_name(day));
        let is_missing = |day: Date| {
            let url = url(day);
            leads.asked.contains(url.as_str()) && leads.found(&url).is_none()
        };
        let latest_is_missing = is_missing(latest);
        let held = leads.held.keys().filter_map(|url| day_of(url.strip_prefix(self.base)?)).max();
        let is_of_use = |held: &Date| {
            let age = leads.now.duration_since(start_of(*held));
            let is_recent = !age.is_negative() && age < ARCHIVE_AGE_MAX;
            latest_is_missing || is_recent && !leads.is_near
        };
        let mut archive = held.filter(is_of_use).unwrap_or(latest);
        // The day's first moment: nothing says when on that day it was made.
        let mut changed = self.changed(start_of(archive), leads)?;
        if changed.len() > CHANGES_MAX && archive != latest && !latest_is_missing {
            archive = latest;
            changed = self.changed(start_of(archive), leads)?;
        }
        if is_missing(archive) {
            // Without it the documents that changed would be taken for all there are.
            changed.clear();
        }
        let whole = |day: Date| {
            let url = url(day);
            // One that was not there is asked for again.
            let max_age = leads.held.contains_key(&url).then_some(FOR_EVER);
            Source { max_age, ..Source::records(url, ARCHIVE_BYTES_MAX) }
        };
        let mut sources = changes::checked(whole(archive), leads)?;
        if latest_is_missing && archive != latest {
            // The feed goes on without it, and a gap says so.
            sources.push(Source { role: Role::Update, ..whole(latest) });
        }
        self.with_changes(sources, &changed, leads)
    }

    fn follow_undated(self, name: &str, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
        let url = format!("{}{name}", self.base);
        let held_at = leads.held.get(&url).and_then(|held| held.fetched_at);
        let made = leads.found(&url).map(|found| {
            // That it is still the latest makes it no newer.
            let came = found.came_at.unwrap_or(Timestamp::MIN);
            found.modified.unwrap_or_else(|| came.checked_sub(UNDATED_AGE).unwrap_or(Timestamp::MIN))
        });
        let mut changed = match made {
            Some(made) => self.changed(made, leads)?,
            None => BTreeMap::new(),
        };
        let is_recent =
            held_at.is_some_and(|at| leads.now.duration_since(at) < ARCHIVE_AGE_MAX && !leads.is_near);
        let stands = is_recent && changed.len() <= CHANGES_MAX;
        let is_decided = changes::has_failed(&url, leads)
            || [&leads.answered, &leads.failed, &leads.missing]
                .iter()
                .any(|urls| urls.contains(url.as_str()));
        // Asked so shortly before that it is not asked again.
        let is_settled = leads.held.get(&url).is_some_and(|held| held.is_settled);
        if !stands && !is_settled && !is_decided {
            // What changed since the archive that comes is not known before it is there.
            changed.clear();
        }
        let max_age = stands.then_some(ARCHIVE_AGE_MAX);
        let whole = Source { max_age, must_exist: true, ..Source::records(url, ARCHIVE_BYTES_MAX) };
        self.with_changes(changes::checked(whole, leads)?, &changed, leads)
    }

    /// `sources` with the lists, and the documents `changed`.
    fn with_changes(
        self,
        mut sources: Vec<Source>,
        changed: &BTreeMap<String, Timestamp>,
        leads: &Leads<'_>,
    ) -> Result<Vec<Source>, LeadError> {
        let list = |url: String| Source { role: Role::Update, ..Source::records(url, 256 * MIB) };
        sources.extend([list(self.changes()), list(self.deletions())]);
        for document in changes::sources(self.base, changed, leads) {
            sources.extend(changes::checked(document, leads)?);
        }
        Ok(sources)
    }

    /// The documents that changed since an archive was made at `made`, and were not taken away after that.
    fn changed(self, made: Timestamp, leads: &Leads<'_>) -> Result<BTreeMap<String, Timestamp>, LeadError> {
        let since = made.checked_sub(changes::OVERLAP).unwrap_or(Timestamp::MIN);
        let list = |url: String| leads.read(&url, |document| changes::read(document, Some(since)));
        let mut changed = list(self.changes())?.unwrap_or_default();
        let deleted = list(self.deletions())?.unwrap_or_default();
        changed.retain(|path, at| deleted.get(path).is_none_or(|deleted| deleted <= at));
        Ok(changed)
    }
}

/// The most bytes of an archive.
const ARCHIVE_BYTES_MAX: u64 = 4096 * MIB;

/// The archive that a pointer names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Archive {
    /// By the day on which it was made.
    Dated(Date),
    /// By its name, which says nothing.
    Undated(String),
}

fn dated_name(day: Date) -> String {
    format!("csaf_vex_{day}.tar.zst")
}

fn day_of(name: &str) -> Option<Date> {
    name.strip_prefix("csaf_vex_")?.strip_suffix(".tar.zst")?.parse().ok()
}

/// The first moment of `day`, UTC.
fn start_of(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or(Timestamp::MIN)
}

fn archive_name(document: &Document<'_>) -> Result<Archive, ParseError> {
    let text = document.text()?;
    let name = text.trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = name.ends_with(".tar.zst") && !name.starts_with('.') && name.bytes().all(is_plain);
    match day_of(name) {
        Some(day) => Ok(Archive::Dated(day)),
        None if is_name => Ok(Archive::Undated(name.to_owned())),
        None => Err(ParseError::NotTheFeed(format!("no name of an archive: `{name:.64}`"))),
    }
}

/// Reads a file of a tree: its lists, a document by `read`, or each of an archive of them.
///
/// # Errors
/// It is none of them, or an archive without a readable document.
pub fn read(
    document: &Document<'_>,
    advisories: &mut Advisories,
    read: fn(&[u8], &mut Advisories) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let file = document.url.rsplit('/').next().unwrap_or_default();
    if changes::is_checksum(file) || file.ends_with(".txt") {
        return Ok(());
    }
    if file == "changes.csv" || file == "deletions.csv" {
        let standing = if file == "changes.csv" { Advisories::listed } else { Advisories::gone };
        for (path, at) in changes::read(document, None)? {
            match changes::cve_of(&path) {
                Some(cve) => standing(advisories, &cve, at),
                None => advisories.remarks.leave_out("listed document that is about no CVE"),
            }
        }
        return Ok(());
    }
    changes::read_documents(document, advisories, read)
}
