//! Photon OS: one JSON array a release (feeds.md A12).
//!
//! In March 2026 the vendor took these files away for a while, in favour of one document a CVE that names neither release
//! nor score. Nobody can tell from such a document which release it is about, so it is not read: where a file is gone,
//! what is held of it stays, and a gap says that the shape has changed. Names are those of source packages, and sometimes
//! of binary ones: a row stands under both.

use std::marker::PhantomData;

use model::advisory::{Affected, Aside, CvssVector, FixState, PublishedFix, Status};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::below;

pub(super) static PROVIDER: Provider = Provider {
    name: "photon",
    attribution: Some("Photon OS CVE metadata, https://packages.broadcom.com/photon/"),
    feeds: || RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect(),
    answering,
    releases: RELEASES,
    follow: None,
    parse: Parse::Advisories(parse),
};

/// End of support as of feeds.md A26.
static RELEASES: &[Release] = &[
    Release::open("photon:1.0"),
    Release::open("photon:2.0"),
    Release::ends("photon:3.0", "2024-03-31"),
    Release::ends("photon:4.0", "2026-03-31"),
    Release::open("photon:5.0"),
];

/// What it means that a file is gone (feeds.md A12).
const SCHEMA_CHANGED: &str = "the schema of the feed has changed (the vendor has replaced files of releases by documents \
     that name no release, which are not read)";

fn answering(namespace: &Namespace) -> Option<Feed> {
    let release = namespace.release().filter(|_| namespace.distro_id() == Some("photon"))?;
    let (major, minor) = release.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(major) || !is_number(minor) {
        return None;
    }
    Some(Feed {
        name: namespace.to_string(),
        sources: vec![Source {
            missing_means: Some(SCHEMA_CHANGED),
            ..Source::records(
                format!(
                    "https://packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon{release}.json"
                ),
                256 * MIB,
            )
        }],
        scope: Scope::One(namespace.clone()),
        license: "CC-BY-SA-4.0",
        is_redistributable: true,
        is_alternate: false,
    })
}

#[derive(Deserialize)]
struct Entry {
    cve_id: String,
    pkg: String,
    cve_score: Option<Number>,
    /// Which versions are affected, in a sentence.
    aff_ver: Option<String>,
    /// The version with the fix; `NA` for none.
    res_ver: Option<String>,
    /// `Fixed` or `Not Affected`; the older files lack it.
    status: Option<String>,
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    let entries: Vec<Value> = document.json(PhantomData)?;
    advisories.namespace(namespace);
    for value in entries {
        let id = value["cve_id"].as_str().unwrap_or("an entry without id").to_owned();
        match serde_json::from_value::<Entry>(value) {
            Ok(entry) => entry.add(namespace, advisories),
            Err(error) => advisories.remarks.unreadable(&id, error),
        }
    }
    Ok(())
}

impl Entry {
    fn add(&self, namespace: &Namespace, advisories: &mut Advisories) {
        if self.cve_id.starts_with("BDSA-") {
            return advisories.remarks.leave_out("id of a commercial database");
        }
        if self.cve_id.is_empty() || self.pkg.is_empty() {
            let entry = format!("`{}` of `{}`", self.cve_id, self.pkg);
            return advisories.remarks.unreadable(&entry, "it lacks an id or a package");
        }
        let row = self.row(namespace, &mut advisories.remarks);
        let advisory = advisories.record(namespace, &self.cve_id);
        for kind in [KeyKind::Source, KeyKind::Binary] {
            let key = PackageKey { kind, ..row.key.clone() };
            push_once(advisory, Affected { key, ..row.clone() });
        }
    }

    fn row(&self, namespace: &Namespace, remarks: &mut Remarks) -> Affected {
        let fixed = self.res_ver.as_deref().map(str::trim).filter(|version| !matches!(*version, "" | "NA"));
        let (status, fix_state) = match (self.status.as_deref(), fixed) {
            (Some("Not Affected"), _) => (Status::NotAffected, FixState::Unknown),
            (Some("Fixed") | None, Some(_)) => (Status::Affected, FixState::Fixed),
            (None, None) => (Status::Affected, FixState::NotFixed),
            (Some("Fixed"), None) => {
                // Without a version there is no fix to be had, whatever the word says (feeds.md A12).
                remarks.unknown_word("status", "Fixed without a version");
                (Status::Affected, FixState::NotFixed)
            }
            (Some(other), _) => {
                remarks.unknown_word("status", other);
                (Status::Undetermined, FixState::Unknown)
            }
        };
        let fixed = fixed.filter(|_| status == Status::Affected);
        let fix = |version: &str| PublishedFix {
            version: Some(VersionText::from(version)),
            ..PublishedFix::default()
        };
        let score = |score: &Number| CvssVector {
            source: "photon".to_owned(),
            vector: String::new(),
            score: Some(score.to_string().into()),
        };
        // Beside a fixed version the sentence says nothing more.
        let hint = self.aff_ver.as_deref().filter(|_| fixed.is_none() && status == Status::Affected);
        Affected {
            fix_state,
            ranges: fixed.map(below).into_iter().collect(),
            aside: Aside {
                fixes: fixed.map(fix).into_iter().collect(),
                cvss: self.cve_score.iter().map(score).collect(),
                reason: self.status.clone(),
                hints: hint.map(Box::from).into_iter().collect(),
                ..Aside::default()
            }
            .into(),
            ..Affected::new(PackageKey::new(namespace.clone(), KeyKind::Source, self.pkg.as_str()), status)
        }
    }
}
