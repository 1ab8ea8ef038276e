//! The secdb of Alpine and its kin: per source package, the versions that fixed something (feeds.md A1).

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use model::advisory::{Advisory, Affected, AffectedRange, Aside, FixState, RangeEvent, Ranges, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::sparse::Sparse;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::advisories::{Advisories, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::provider::{Feed, MIB, NOT_TO_BE_PASSED_ON, Scope, Source};
use crate::records::HashMap;
use crate::schema::{Text, below};

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
    document.json(Secdb { distroversion: None, namespace, advisories })?
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
    document.json(Secdb { distroversion: Some(distroversion), namespace, advisories })?
}

/// A whole document.
struct Secdb<'a> {
    /// What it must call its release.
    distroversion: Option<&'a str>,
    namespace: &'a Namespace,
    advisories: &'a mut Advisories,
}

impl<'de> DeserializeSeed<'de> for Secdb<'_> {
    type Value = Result<(), ParseError>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let database = Database::deserialize(deserializer)?;
        let stated = database.distroversion.as_deref();
        if let (Some(stated), Some(expected)) = (stated, self.distroversion)
            && stated != expected
        {
            // Rows of `edge` in a stable release would be false.
            return Ok(Err(ParseError::NotTheFeed(format!("of `{stated}`, not of `{expected}`"))));
        }
        if database.packages.is_none() && (stated.is_none() || self.distroversion.is_none()) {
            return Ok(Err(ParseError::NotTheFeed("JSON, but no secdb".to_owned())));
        }
        add_all(database, self.namespace, self.advisories);
        Ok(Ok(()))
    }
}

fn add_all(database: Database<'_>, namespace: &Namespace, advisories: &mut Advisories) {
    advisories.namespace(namespace);
    // A release without packages has been published as `{}`, and without the field.
    let mut packages = database.packages.map(|packages| packages.0).unwrap_or_default();
    let containers = containers_of(&packages);
    // Most elements are of a record of their own.
    advisories.reserve(namespace, packages.iter().map(|package| package.pkg.secfixes.0.len()).sum());
    let mut wide = WideRecords::default();
    for Wrapped { pkg: Package { name, secfixes: Secfixes(elements) } } in &mut packages {
        let key = PackageKey::new(namespace.clone(), KeyKind::Source, normalise_name(Ecosystem::Apk, name));
        // Rows do not depend on the order of the document.
        elements.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (version, text) in &*elements {
            let fix = Fix { key: &key, version: version.trim(), text: text.trim() };
            if !fix.text.is_empty() {
                add(fix, &containers, namespace, advisories, &mut wide);
            }
        }
    }
}

/// One element of a list of fixes.
#[derive(Clone, Copy)]
struct Fix<'a> {
    key: &'a PackageKey,
    version: &'a str,
    text: &'a str,
}

/// Whether the element `text` is a single word, as most are.
fn is_word(text: &str) -> bool {
    // The bytes of ASCII are looked through several times faster than characters.
    text.bytes().all(|byte| byte.is_ascii_graphic()) || !text.contains(char::is_whitespace)
}

/// The ids in the element `text`. Other words stand there too: `CVE-2016-2774 (regression)`.
fn ids_in(text: &str) -> Vec<&str> {
    let ids: Vec<&str> = text.split_whitespace().filter(|word| is_id(word)).collect();
    // An element without any id (`CVE-????-?????`) is kept as it is written.
    if ids.is_empty() { vec![text] } else { ids }
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

/// The ids that stand beside more than one CVE: `XSA-224` names three vulnerabilities, so it is none of them.
fn containers_of(packages: &[Wrapped<'_>]) -> BTreeSet<String> {
    let mut companions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let elements = packages.iter().flat_map(|package| &package.pkg.secfixes.0);
    for text in elements.map(|(_, text)| text.trim()).filter(|text| !is_word(text)) {
        let (cves, others): (Vec<&str>, Vec<&str>) = ids_in(text).into_iter().partition(|id| is_cve(id));
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
fn add(
    fix: Fix<'_>,
    containers: &BTreeSet<String>,
    namespace: &Namespace,
    advisories: &mut Advisories,
    wide: &mut WideRecords,
) {
    if is_cve(fix.text) && is_word(fix.text) {
        return add_version(advisories.record(namespace, fix.text), fix, None, wide);
    }
    let ids = ids_in(fix.text);
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
        let is_plain = records.len() == 1 && alone.join(" ") == fix.text;
        let reason = (!is_plain).then(|| fix.text.to_owned());
        add_version(advisory, fix, reason, wide);
    }
}

/// Adds one fixed version. Several of one package and id are ranges of one entry: below any of them the
/// package is affected, because the vulnerability came back after the lower ones.
fn add_version(advisory: &mut Advisory, fix: Fix<'_>, reason: Option<String>, wide: &mut WideRecords) {
    let aside = |reason: Option<String>| match reason {
        None => Sparse::NOTHING,
        Some(_) => Aside { reason, ..Aside::default() }.into(),
    };
    if fix.version == NEVER_AFFECTED {
        let affected =
            Affected { aside: aside(reason), ..Affected::new(fix.key.clone(), Status::NotAffected) };
        return push_once(advisory, affected);
    }
    let range = below(fix.version);
    match wide.place(advisory, fix.key, &reason) {
        Some(place) => {
            let ranges = &mut advisory.affected[place].ranges;
            if let Err(at) = ranges.binary_search_by(|held| fixed_of(held).cmp(&fixed_of(&range))) {
                ranges.insert(at, range);
            }
        }
        None => push_once(
            advisory,
            Affected {
                key: fix.key.clone(),
                status: Status::Affected,
                fix_state: FixState::Fixed,
                ranges: Ranges::from_buf([range]),
                versions: Vec::new(),
                conditions: None,
                aside: aside(reason),
            },
        ),
    }
}

/// Where the rows of records with many packages lie, so that they need not be gone through for each.
#[derive(Default)]
struct WideRecords(HashMap<String, Places>);

/// By package, and what is said besides.
type Places = HashMap<(Arc<str>, Option<String>), usize>;

impl WideRecords {
    /// Rows up to which a record is gone through.
    const NARROW_MAX: usize = 16;

    /// The place of the row that has the fixed versions of `key`; none where it is yet to be added, at the end.
    fn place(&mut self, advisory: &Advisory, key: &PackageKey, reason: &Option<String>) -> Option<usize> {
        let rows = &advisory.affected;
        if rows.len() <= Self::NARROW_MAX {
            return rows.iter().position(|row| {
                row.key == *key && row.status == Status::Affected && row.aside.reason == *reason
            });
        }
        let name = |row: &Affected| (Arc::clone(&row.key.name), row.aside.reason.clone());
        let places = self.0.entry(advisory.id.clone()).or_insert_with(|| {
            let fixed = rows.iter().enumerate().filter(|(_, row)| row.status == Status::Affected);
            fixed.map(|(place, row)| (name(row), place)).collect()
        });
        match places.entry((Arc::clone(&key.name), reason.clone())) {
            Entry::Occupied(held) => Some(*held.get()),
            Entry::Vacant(vacant) => {
                vacant.insert(rows.len());
                None
            }
        }
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
struct Database<'a> {
    #[serde(borrow)]
    distroversion: Option<Text<'a>>,
    #[serde(borrow)]
    packages: Option<Packages<'a>>,
}

/// A list; an object where there are none.
struct Packages<'a>(Vec<Wrapped<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Packages<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PackagesVisitor)
    }
}

struct PackagesVisitor;

impl<'de> Visitor<'de> for PackagesVisitor {
    type Value = Packages<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of packages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut packages = Vec::new();
        while let Some(package) = elements.next_element()? {
            packages.push(package);
        }
        Ok(Packages(packages))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(Packages(Vec::new()))
    }
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    pkg: Package<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    secfixes: Secfixes<'a>,
}

/// Version → what it fixes: a list, `null`, or a bare string. Each element with its version.
#[derive(Default)]
struct Secfixes<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Secfixes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecfixesVisitor)
    }
}

struct SecfixesVisitor;

impl<'de> Visitor<'de> for SecfixesVisitor {
    type Value = Secfixes<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of versions")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Secfixes::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fixes = Vec::new();
        while let Some(version) = map.next_key()? {
            map.next_value_seed(Elements { version, fixes: &mut fixes })?;
        }
        Ok(Secfixes(fixes))
    }
}

/// What one version fixes.
struct Elements<'a, 'de> {
    version: Text<'de>,
    fixes: &'a mut Vec<(Text<'de>, Text<'de>)>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of ids")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.fixes.push((self.version, Text(Cow::Borrowed(text))));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.fixes.push((self.version, Text(Cow::Owned(text.to_owned()))));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<Option<Text<'de>>>()? {
            self.fixes.extend(element.map(|text| (self.version.clone(), text)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_record_with_many_packages_are_found_again() {
        let namespace = Namespace::new("alpine:3.20");
        let mut advisories = Advisories::default();
        let mut wide = WideRecords::default();
        let n_packages = 3 * WideRecords::NARROW_MAX;
        for version in ["2.0", "1.0", "2.0", NEVER_AFFECTED] {
            for number in 0..n_packages {
                let key = PackageKey::new(namespace.clone(), KeyKind::Source, format!("demo-{number}"));
                let fix = Fix { key: &key, version, text: "CVE-2024-10001" };
                add(fix, &BTreeSet::new(), &namespace, &mut advisories, &mut wide);
            }
        }
        let records = advisories.into_namespaces();
        let rows = &records[&namespace]["CVE-2024-10001"].affected;
        let fixed: Vec<&Affected> = rows.iter().filter(|row| row.status == Status::Affected).collect();
        assert_eq!((fixed.len(), rows.len()), (n_packages, 2 * n_packages));
        assert!(fixed.iter().all(|row| row.ranges[..] == [below("1.0"), below("2.0")]));
    }
}
