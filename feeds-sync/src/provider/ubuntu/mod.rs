//! Ubuntu: an archive of OSV records, which give ranges, and one of OpenVEX documents, which say what Canonical does
//! about them (feeds.md A4).
//!
//! They are joined by release, source package and CVE. Both archives are streamed, the OSV records first; what is held
//! is the records of the releases that the engine asked for, and the index of the notices.

mod notices;
mod records;
mod releases;
mod statements;

use model::key::Namespace;
use model::limits::Limits;

use self::notices::Notices;
use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;

pub(super) static PROVIDER: Provider = Provider {
    name: "ubuntu",
    attribution: Some("Ubuntu security data by Canonical, https://ubuntu.com/security, CC-BY-SA-4.0"),
    feeds: || vec![feed()],
    answering: |namespace| is_ours(namespace).then(feed),
    releases: releases::RELEASES,
    follow: None,
    parse: Parse::Advisories(parse),
};

const HOST: &str = "https://security-metadata.canonical.com";

fn feed() -> Feed {
    Feed {
        name: "ubuntu".to_owned(),
        // In this order: what the statements say decides about the rows of the records.
        sources: vec![
            Source::records(format!("{HOST}/osv/osv-all.tar.xz"), 2048 * MIB),
            Source::records(format!("{HOST}/vex/vex-all.tar.xz"), 2048 * MIB),
        ],
        scope: Scope::Distro("ubuntu"),
        license: "CC-BY-SA-4.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn is_ours(namespace: &Namespace) -> bool {
    let Some(("ubuntu", release)) = namespace.distro_id().zip(namespace.release()) else { return false };
    let (version, channel) = match release.split_once('+') {
        Some((version, channel)) => (version, Some(channel)),
        None => (release, None),
    };
    releases::is_version(version) && channel.is_none_or(releases::is_channel)
}

/// The archives repeat every binary package of every architecture, so they unpack to many times what is kept of them.
/// They are streamed, so that this costs time and no memory.
const UNPACKED_FACTOR: u64 = 16;

/// What a file of the archives is, told from its name.
enum Member {
    Record,
    Notice,
    Statements,
    Other,
}

impl Member {
    /// `osv/cve/2025/UBUNTU-CVE-2025-10001.json`, `osv/usn/USN-7999-1.json`, `vex/cve/2025/CVE-2025-10001.json`.
    fn of(name: &str) -> Self {
        let has = |directory: &str| name.split('/').any(|part| part == directory);
        match () {
            () if !name.ends_with(".json") => Self::Other,
            () if has("vex") && has("cve") => Self::Statements,
            () if has("osv") && has("cve") => Self::Record,
            () if has("osv") && has("usn") => Self::Notice,
            () => Self::Other,
        }
    }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let feed_bytes_max = document.limits.feed_bytes_max.saturating_mul(UNPACKED_FACTOR);
    let limits = Limits { feed_bytes_max, ..document.limits.clone() };
    let document = Document { limits: &limits, ..*document };
    let mut notices = Notices::default();
    let mut n_read = 0_u64;
    document.tar_entries(&mut |name, content| {
        let read = match Member::of(name) {
            Member::Record => records::add(content, advisories),
            Member::Notice => notices.add(content, &mut advisories.remarks),
            Member::Statements => statements::add(content, advisories),
            Member::Other => {
                advisories.remarks.leave_out("no record of a CVE, no notice and no statement");
                return Ok(());
            }
        };
        match read {
            Ok(()) => n_read += 1,
            Err(error) => advisories.remarks.unreadable(name, error),
        }
        Ok(())
    })?;
    if n_read == 0 {
        return Err(ParseError::NotTheFeed("an archive without a readable record of Ubuntu".to_owned()));
    }
    notices.date_fixes(advisories);
    Ok(())
}
