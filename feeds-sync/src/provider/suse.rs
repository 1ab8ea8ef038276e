//! SUSE and openSUSE: one VEX document a CVE, all of them in an archive, and a list of what changed since
//! (feeds.md A10). A document that was taken away is seen when the archive is downloaded anew.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Release, Role, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::csaf::changes;
use crate::schema::suse_vex;

pub(super) static PROVIDER: Provider = Provider {
    name: "suse",
    attribution: Some("SUSE, https://www.suse.com/support/security/"),
    feeds: || vec![feed()],
    answering,
    releases: RELEASES,
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// The end of general support (feeds.md A26).
static RELEASES: &[Release] = &[
    Release::ends("opensuse-leap:15.5", "2024-12-31"),
    Release::ends("opensuse-leap:15.6", "2026-04-30"),
    Release::ends("opensuse-leap:16.0", "2027-10-31"),
    Release::open("opensuse-tumbleweed:rolling"),
    Release::ends("sles:12.5", "2024-10-31"),
    Release::ends("sles:15.5", "2024-12-31"),
    Release::ends("sles:15.6", "2025-12-31"),
    Release::ends("sles:15.7", "2031-07-31"),
    Release::ends("sles:16.0", "2027-11-30"),
];

const ARCHIVE: &str = "https://ftp.suse.com/pub/projects/security/csaf-vex.tar.bz2";
const BASE: &str = "https://ftp.suse.com/pub/projects/security/csaf-vex/";
const CHANGES: &str = "https://ftp.suse.com/pub/projects/security/csaf-vex/changes.csv";

/// The archive is downloaded anew after so long (feeds.md A30).
const ARCHIVE_AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Above so many changed documents the archive is the smaller download.
const CHANGES_MAX: usize = 5_000;

fn feed() -> Feed {
    Feed {
        name: "suse".to_owned(),
        sources: vec![archive()],
        // With the releases of openSUSE, which are in the same documents.
        scope: Scope::Distro("sles"),
        license: "CC-BY-4.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn archive() -> Source {
    Source::records(ARCHIVE, 4096 * MIB)
}

fn answering(namespace: &Namespace) -> Option<Feed> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let release = namespace.release()?;
    let is_ours = match namespace.distro_id()? {
        "sles" | "sle-micro" | "sl-micro" | "opensuse-leap" => release.split('.').all(is_number),
        "opensuse-tumbleweed" => release == "rolling",
        _ => false,
    };
    is_ours.then(feed)
}

/// An archive that is held and not old is brought up to date by the documents that changed since.
fn follow(_feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let list = Source { role: Role::Update, ..Source::records(CHANGES, 256 * MIB) };
    let Some(found) = leads.found(ARCHIVE) else { return Ok(vec![archive(), list]) };
    let held = leads.held.get(ARCHIVE);
    // Its time at the host, else that of the newest document in it; else the next sync knows of when it is.
    let of = found.modified.or_else(|| held.and_then(|held| held.newest));
    let mut changed = match of.map(|of| of.checked_sub(changes::OVERLAP).unwrap_or(jiff::Timestamp::MIN)) {
        Some(since) => {
            leads.read(CHANGES, |document| changes::read(document, Some(since)))?.unwrap_or_default()
        }
        None => BTreeMap::new(),
    };
    let age = held.and_then(|held| held.fetched_at).map(|at| leads.now.duration_since(at));
    let is_recent = age.is_some_and(|age| age < ARCHIVE_AGE_MAX);
    let is_anew = leads.is_near || !is_recent || changed.len() > CHANGES_MAX;
    let is_asked = leads.asked.contains(ARCHIVE) && found.source.max_age.is_none();
    if is_anew && !is_asked {
        // What it lacks shows once it is there.
        changed.clear();
    }
    let archive = Source { max_age: (!is_anew).then_some(ARCHIVE_AGE_MAX), ..archive() };
    let updates = changes::sources(BASE, &changed, leads);
    Ok([archive, list].into_iter().chain(updates).collect())
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let file = document.url.rsplit('/').next().unwrap_or_default();
    if file == "changes.csv" {
        // It is the newer state of documents, and says nothing of those that it lacks.
        return changes::read(document, None).map(drop);
    }
    changes::read_documents(document, advisories, suse_vex::read)
}
