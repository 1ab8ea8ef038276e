//! The secdb of Alpine and its kin: per source package, the versions that fixed something (feeds.md A1).

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use model::advisory::{Affected, AffectedRange, FixState, RangeEvent, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::version::VersionText;
use serde::Deserialize;

use crate::advisories::{Advisories, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::provider::{Feed, MIB, NOT_TO_BE_PASSED_ON, Scope, Source};
use crate::schema::null_as_default;

/// The key of `secfixes` under which ids stand that never affected the package. It is no version.
const NEVER_AFFECTED: &str = "0";

/// The feed of a distribution with one rolling release: one file.
pub(crate) fn rolling_feed(namespace: &'static str, url: &str) -> Feed {
    Feed {
        name: namespace.to_owned(),
        sources: vec![Source::records(url, 256 * MIB)],
        scope: Scope::One(Namespace::new(namespace)),
        // Their terms forbid to pass the data on, or are not known (feeds.md A2).
        license: NOT_TO_BE_PASSED_ON,
        is_redistributable: false,
        is_alternate: false,
    }
}

/// Reads the secdb of a distribution with one rolling release, whatever it says of releases.
///
/// # Errors
/// When it is no secdb.
pub(crate) fn read_rolling(
    feed: &Feed,
    document: &Document<'_>,
    advisories: &mut Advisories,
) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    let database: Database = document.json(PhantomData)?;
    if database.packages.is_none() {
        return Err(ParseError::NotTheFeed("JSON, but no secdb".to_owned()));
    }
    add_all(database, namespace, advisories);
    Ok(())
}

/// Reads `document`, which must be of the release that it calls `distroversion`, into `namespace`.
///
/// # Errors
/// When it is no secdb, or one of another release.
pub fn read(
    document: &Document<'_>,
    distroversion: &str,
    namespace: &Namespace,
    advisories: &mut Advisories,
) -> Result<(), ParseError> {
    let database: Database = document.json(PhantomData)?;
    match &database.distroversion {
        Some(stated) if stated != distroversion => {
            // Rows of `edge` in a stable release would be false.
            return Err(ParseError::NotTheFeed(format!("of `{stated}`, not of `{distroversion}`")));
        }
        None if database.packages.is_none() => {
            return Err(ParseError::NotTheFeed("JSON, but no secdb".to_owned()));
        }
        _ => {}
    }
    add_all(database, namespace, advisories);
    Ok(())
}

fn add_all(database: Database, namespace: &Namespace, advisories: &mut Advisories) {
    advisories.namespace(namespace);
    let packages = match database.packages {
        Some(Packages::List(packages)) => packages,
        // A release without packages has been published as `{}`, and without the field.
        Some(Packages::Empty {}) | None => Vec::new(),
    };
    let fixes: Vec<Fix> = packages.into_iter().flat_map(|package| fixes_of(package.pkg)).collect();
    let containers = containers_of(&fixes);
    for fix in &fixes {
        add(fix, &containers, namespace, advisories);
    }
}

/// One element of a list of fixes.
struct Fix {
    package: Box<str>,
    version: Box<str>,
    text: String,
}

impl Fix {
    /// The ids in the element. Other words stand there too: `CVE-2016-2774 (regression)`.
    fn ids(&self) -> Vec<&str> {
        let ids: Vec<&str> = self.text.split_whitespace().filter(|word| is_id(word)).collect();
        // An element without any id (`CVE-????-?????`) is kept as it is written.
        if ids.is_empty() { vec![self.text.trim()] } else { ids }
    }
}

/// Whether `word` has the form of ids, which come from many authorities: `CVE-…`, `GHSA-…`, `XSA-…`, `ZBX-…`.
fn is_id(word: &str) -> bool {
    let Some((authority, number)) = word.split_once('-') else { return false };
    let is_authority = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    authority.starts_with(|c: char| c.is_ascii_uppercase())
        && authority.chars().all(is_authority)
        && !number.is_empty()
        && number.chars().all(is_number)
}

fn fixes_of(package: Package) -> impl Iterator<Item = Fix> {
    let name = normalise_name(Ecosystem::Apk, &package.name);
    package.secfixes.into_iter().flat_map(move |(version, elements)| {
        let (name, version) = (name.clone(), version.trim().to_owned());
        elements.into_texts().into_iter().filter(|text| !text.trim().is_empty()).map(move |text| Fix {
            package: name.clone(),
            version: version.as_str().into(),
            text,
        })
    })
}

/// The ids that stand beside more than one CVE: `XSA-224` names three vulnerabilities, so it is none of them.
fn containers_of(fixes: &[Fix]) -> BTreeSet<String> {
    let mut companions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for fix in fixes {
        let (cves, others): (Vec<&str>, Vec<&str>) = fix.ids().into_iter().partition(|id| is_cve(id));
        for other in others {
            companions.entry(other).or_default().extend(&cves);
        }
    }
    let containers = companions.into_iter().filter(|(_, cves)| cves.len() > 1);
    containers.map(|(id, _)| id.to_owned()).collect()
}

fn is_cve(id: &str) -> bool {
    id.starts_with("CVE-")
}

/// Adds the rows of one element: each CVE is a record; the first of the other ids is one when there is no CVE.
fn add(fix: &Fix, containers: &BTreeSet<String>, namespace: &Namespace, advisories: &mut Advisories) {
    let ids = fix.ids();
    let cves: Vec<&str> = ids.iter().copied().filter(|id| is_cve(id)).collect();
    let alone: Vec<&str> = ids.iter().copied().filter(|id| !containers.contains(*id)).collect();
    let records = match (cves.len(), alone.first().or(ids.first())) {
        (0 | 1, Some(primary)) => vec![*primary],
        _ => cves.clone(),
    };
    for record in &records {
        let advisory = advisories.record(namespace, record);
        if records.len() == 1 {
            let others = alone.iter().filter(|id| *id != record);
            advisory.aliases.extend(others.map(|id| (*id).to_owned()));
        }
        // What is neither the record nor an alias is kept as the vendor's words.
        let is_plain = records.len() == 1 && alone.join(" ") == fix.text.trim();
        let reason = (!is_plain).then(|| fix.text.trim().to_owned());
        add_version(advisory, fix, namespace, reason);
    }
}

/// Adds one fixed version. Several of one package and id are ranges of one entry: below any of them the
/// package is affected, because the vulnerability came back after the lower ones.
fn add_version(
    advisory: &mut model::advisory::Advisory,
    fix: &Fix,
    namespace: &Namespace,
    reason: Option<String>,
) {
    let key = PackageKey::new(namespace.clone(), KeyKind::Source, fix.package.clone());
    if &*fix.version == NEVER_AFFECTED {
        let affected = Affected { reason, ..Affected::new(key, Status::NotAffected) };
        return push_once(advisory, affected);
    }
    let version = VersionText::from(&*fix.version);
    let range = AffectedRange {
        events: vec![RangeEvent::Introduced(VersionText::from("0")), RangeEvent::Fixed(version)],
    };
    let held = advisory
        .affected
        .iter_mut()
        .find(|held| held.key == key && held.status == Status::Affected && held.reason == reason);
    match held {
        Some(held) if held.ranges.contains(&range) => {}
        Some(held) => {
            held.ranges.push(range);
            held.ranges.sort_by(|a, b| fixed_of(a).cmp(&fixed_of(b)));
        }
        None => advisory.affected.push(Affected {
            fix_state: FixState::Fixed,
            ranges: vec![range],
            reason,
            ..Affected::new(key, Status::Affected)
        }),
    }
}

/// The fixed version as text, for a stable order of ranges only.
fn fixed_of(range: &AffectedRange) -> Option<&str> {
    range.events.iter().find_map(|event| match event {
        RangeEvent::Fixed(version) => Some(version.as_str()),
        _ => None,
    })
}

#[derive(Deserialize)]
struct Database {
    distroversion: Option<String>,
    packages: Option<Packages>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Packages {
    List(Vec<Wrapped>),
    Empty {},
}

#[derive(Deserialize)]
struct Wrapped {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    secfixes: BTreeMap<String, Elements>,
}

/// The ids fixed by one version: a list, `null`, or a bare string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Elements {
    List(Vec<Option<String>>),
    One(String),
    None,
}

impl Elements {
    fn into_texts(self) -> Vec<String> {
        match self {
            Self::List(texts) => texts.into_iter().flatten().collect(),
            Self::One(text) => vec![text],
            Self::None => Vec::new(),
        }
    }
}
