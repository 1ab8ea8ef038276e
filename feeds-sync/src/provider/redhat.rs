//! Red Hat: one VEX document a CVE, all of them in a dated archive, and lists of what changed and what was taken away
//! since (feeds.md A5). Beside each of them stands its SHA-256, by which it is checked.
//!
//! The rows are those of Red Hat Enterprise Linux: the main stream and the extended ones. What is said of a layered product
//! (OpenShift, Ansible, …) stands in a namespace of the product's own, `redhat:openshift` of `cpe:/a:redhat:openshift:4.12`,
//! whose rows name the product with its version as a condition. There are hundreds of them, and hardly an image has a use
//! for one: such a namespace is filled once it is asked for, and kept up to date from then on; until then it is counted and
//! left out.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Release, Role, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::csaf::changes;
use crate::schema::redhat_vex;

pub(super) static PROVIDER: Provider = Provider {
    name: "redhat",
    attribution: Some("Red Hat Product Security, https://security.access.redhat.com/data/"),
    feeds: || vec![feed()],
    answering: |namespace| {
        let is_major = namespace.release()?.parse::<u32>().is_ok();
        let is_release = namespace.distro_id() == Some("redhat") && is_major;
        (is_release || is_layered(namespace)).then(feed)
    },
    releases: RELEASES,
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// The end of maintenance, without extended life (feeds.md A26; <https://access.redhat.com/support/policy/updates/errata>).
static RELEASES: &[Release] = &[
    Release::ends("redhat:6", "2020-11-30"),
    Release::ends("redhat:7", "2024-06-30"),
    Release::ends("redhat:8", "2029-05-31"),
    Release::ends("redhat:9", "2032-05-31"),
    Release::ends("redhat:10", "2035-05-31"),
];

const BASE: &str = "https://security.access.redhat.com/data/csaf/v2/vex/";
const POINTER: &str = "https://security.access.redhat.com/data/csaf/v2/vex/archive_latest.txt";
const CHANGES: &str = "https://security.access.redhat.com/data/csaf/v2/vex/changes.csv";
const DELETIONS: &str = "https://security.access.redhat.com/data/csaf/v2/vex/deletions.csv";

/// An archive that is held is replaced by the latest when it is so old (feeds.md A30).
const ARCHIVE_AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Above so many changed documents a newer archive is the smaller download.
const CHANGES_MAX: usize = 5_000;

/// An archive never changes: its name has its date.
const FOR_EVER: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

fn feed() -> Feed {
    Feed {
        name: "redhat".to_owned(),
        sources: vec![Source::index(POINTER, MIB)],
        scope: Scope::Distro("redhat"),
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

/// Whether `namespace` is that of a layered product.
pub(super) fn is_layered(namespace: &Namespace) -> bool {
    let product = namespace.release().filter(|_| namespace.distro_id() == Some("redhat"));
    product.is_some_and(redhat_vex::is_layered)
}

/// The pointer names the latest archive. One that is held and not old is brought up to date by the documents that
/// changed since.
fn follow(_feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let Some(latest) = leads.read(POINTER, archive_name)? else { return Ok(Vec::new()) };
    let is_missing = |archive: &Archive| {
        let url = archive.url();
        leads.asked.contains(url.as_str()) && leads.found(&url).is_none()
    };
    let latest_is_missing = is_missing(&latest);
    let held = leads.held.keys().filter_map(|url| Archive::of(url.strip_prefix(BASE)?)).max();
    let is_of_use = |held: &Archive| {
        let age = leads.now.duration_since(held.date());
        let is_recent = !age.is_negative() && age < ARCHIVE_AGE_MAX;
        latest_is_missing || is_recent && !leads.is_near
    };
    let held = held.filter(is_of_use);
    let mut archive = held.clone().unwrap_or_else(|| latest.clone());
    let mut changed = changed(&archive, leads)?;
    if changed.len() > CHANGES_MAX && archive != latest && !latest_is_missing {
        archive = latest.clone();
        changed = self::changed(&archive, leads)?;
    }
    if is_missing(&archive) {
        // Without it the documents that changed would be taken for all there are.
        changed.clear();
    }
    let list = |url: &str| Source { role: Role::Update, ..Source::records(url, 256 * MIB) };
    let whole = |archive: &Archive| {
        let url = archive.url();
        // One that was not there is asked for again.
        let max_age = leads.held.contains_key(&url).then_some(FOR_EVER);
        Source { max_age, ..Source::records(url, 4096 * MIB) }
    };
    let mut sources = changes::checked(whole(&archive), leads)?;
    sources.extend([list(CHANGES), list(DELETIONS)]);
    if latest_is_missing && archive != latest {
        // The feed goes on without it, and a gap says so.
        sources.push(Source { role: Role::Update, ..whole(&latest) });
    }
    for document in changes::sources(BASE, &changed, leads) {
        sources.extend(changes::checked(document, leads)?);
    }
    Ok(sources)
}

/// The documents that changed since `archive` was made and were not taken away after that.
fn changed(archive: &Archive, leads: &Leads<'_>) -> Result<BTreeMap<String, Timestamp>, LeadError> {
    // The day's first moment: nothing says when on that day it was made.
    let since = archive.date().checked_sub(changes::OVERLAP).unwrap_or(Timestamp::MIN);
    let list = |url: &str| leads.read(url, |document| changes::read(document, Some(since)));
    let mut changed = list(CHANGES)?.unwrap_or_default();
    let deleted = list(DELETIONS)?.unwrap_or_default();
    changed.retain(|path, at| deleted.get(path).is_none_or(|deleted| deleted <= at));
    Ok(changed)
}

/// The name of an archive, by its date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Archive {
    day: Date,
}

impl Archive {
    fn of(name: &str) -> Option<Self> {
        let day = name.strip_prefix("csaf_vex_")?.strip_suffix(".tar.zst")?;
        Some(Self { day: day.parse().ok()? })
    }

    fn url(&self) -> String {
        format!("{BASE}csaf_vex_{}.tar.zst", self.day)
    }

    /// The first moment of its day, UTC.
    fn date(&self) -> Timestamp {
        self.day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or(Timestamp::MIN)
    }
}

fn archive_name(document: &Document<'_>) -> Result<Archive, ParseError> {
    let text = document.text()?;
    let name = text.trim();
    Archive::of(name).ok_or_else(|| ParseError::NotTheFeed(format!("no name of an archive: `{name:.64}`")))
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if changes::is_checksum(document.url) {
        return Ok(());
    }
    let file = document.url.rsplit('/').next().unwrap_or_default();
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
    changes::read_documents(document, advisories, redhat_vex::read)
}
