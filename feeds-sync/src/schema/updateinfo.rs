//! The bulletins of an rpm repository (`updateinfo.xml`): binary packages and the versions that fix something
//! (feeds.md A6, A9, A15).

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use model::advisory::{
    Advisory, Affected, Aside, Conditions, FixState, PublishedFix, RecordKind, RecordLink, Reference,
    Relation, Status,
};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::{below, day, is_debug_rpm, moment, rpm_version};
use crate::xml::{self, Element};

/// How the bulletins of one vendor are read.
pub struct Reading<'a> {
    /// The release that they are of.
    pub namespace: &'a Namespace,
    /// Why a bulletin is not read, told from its id; most are.
    pub leave_out: fn(&str) -> Option<&'static str>,
    /// What must hold besides the version of a package of a bulletin; the module is added to it.
    pub conditions: fn(&Package<'_>) -> Conditions,
}

/// A package of a bulletin.
pub struct Package<'a> {
    /// The bulletin's id.
    pub bulletin: &'a str,
    /// The binary package's name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its release; empty where it has none.
    pub release: &'a str,
    /// Its architecture.
    pub architecture: Option<&'a str>,
}

/// Reads all bulletins of `document`.
///
/// # Errors
/// When it is no updateinfo, or cannot be read to its end.
pub fn read(
    document: &Document<'_>,
    reading: &Reading<'_>,
    advisories: &mut Advisories,
) -> Result<(), ParseError> {
    advisories.namespace(reading.namespace);
    xml::each(document, "updates", &["update"], &mut |update| {
        bulletin(update, reading, advisories);
        Ok(())
    })
}

fn bulletin(update: &Element, reading: &Reading<'_>, advisories: &mut Advisories) {
    let Some(id) = update.text_of("id") else {
        let title = update.text_of("title").unwrap_or("a bulletin without title");
        return advisories.remarks.unreadable(&title.chars().take(80).collect::<String>(), "it has no id");
    };
    if let Some(reason) = not_security(update, &mut advisories.remarks).or_else(|| (reading.leave_out)(id)) {
        return advisories.remarks.leave_out(reason);
    }
    let mut remarks = Remarks::default();
    let header = header(id, update, &mut remarks);
    let rows = rows(id, update, &header, reading, &mut remarks);
    advisories.remarks.add(remarks);
    if rows.is_empty() {
        return advisories.remarks.leave_out("bulletin without packages");
    }
    advisories.newest = advisories.newest.max(header.modified);
    // A bulletin stands in each repository that has packages of it; the rows are of all.
    let held = advisories.record(reading.namespace, id);
    if held.kind != RecordKind::Advisory || held.modified < header.modified {
        let affected = std::mem::take(&mut held.affected);
        *held = Advisory { affected, ..header };
    }
    rows.into_iter().for_each(|row| push_once(held, row));
}

fn not_security(update: &Element, remarks: &mut Remarks) -> Option<&'static str> {
    match update.attribute("type") {
        Some("security") => None,
        Some("bugfix" | "enhancement" | "newpackage" | "recommended" | "optional" | "feature") => {
            Some("bug fix or enhancement, no security advisory")
        }
        other => {
            remarks.unknown_word("type", other.unwrap_or_default());
            Some("bulletin of an unknown type")
        }
    }
}

fn header(id: &str, update: &Element, remarks: &mut Remarks) -> Advisory {
    let mut time = |name: &str| {
        let text = update.child(name)?.attribute("date")?;
        let time = moment(text);
        if time.is_none() {
            remarks.unknown_word(name, text);
        }
        time
    };
    let (published, modified) = (time("issued"), time("updated"));
    let listed = || update.each("references").flat_map(|references| references.each("reference"));
    let fixed =
        listed().filter_map(|reference| reference.attribute("id")).filter(|id| id.starts_with("CVE-"));
    let fixed: BTreeSet<&str> = fixed.collect();
    let link = |cve: &str| RecordLink { relation: Relation::Fixes, other: cve.to_owned() };
    Advisory {
        kind: RecordKind::Advisory,
        published,
        modified: modified.or(published),
        title: update.text_of("title").map(str::to_owned),
        description: update.text_of("description").or(update.text_of("summary")).map(str::to_owned),
        severity: update.text_of("severity").map(|word| remarks.severity("severity", word)),
        references: listed().filter_map(reference).collect(),
        aliases: fixed.iter().map(|cve| (*cve).to_owned()).collect(),
        links: fixed.into_iter().map(link).collect(),
        ..Advisory::new(id)
    }
}

fn reference(reference: &Element) -> Option<Reference> {
    let tags = reference.attribute("type").map(str::to_owned).into_iter().collect();
    Some(Reference { url: reference.attribute("href")?.to_owned(), tags })
}

fn rows(
    id: &str,
    update: &Element,
    header: &Advisory,
    reading: &Reading<'_>,
    remarks: &mut Remarks,
) -> Vec<Affected> {
    let (mut rows, mut said) = (Vec::new(), HashSet::new());
    for collection in update.each("pkglist").flat_map(|list| list.each("collection")) {
        let module = module(collection);
        for package in collection.each("package") {
            let (Some(name), Some(version)) = (package.attribute("name"), package.attribute("version"))
            else {
                remarks.unreadable(id, "a package without name or version");
                continue;
            };
            if is_debug_rpm(name) {
                remarks.leave_out("package of debug information");
                continue;
            }
            let release = package.attribute("release").unwrap_or_default();
            let fixed = rpm_version(package.attribute("epoch"), version, Some(release));
            let architecture = package.attribute("arch");
            let known = Package { bulletin: id, name, version, release, architecture };
            let conditions = Conditions { module: module.clone(), ..(reading.conditions)(&known) };
            let row = row(name, &fixed, conditions, header, reading.namespace);
            // Packages are listed once an architecture, and say the same then.
            if said.insert((row.key.name.clone(), fixed, row.conditions.clone().unwrap_or_default())) {
                rows.push(row);
            }
        }
    }
    rows
}

/// The module of a collection, as `name:stream`.
fn module(collection: &Element) -> Option<Box<str>> {
    let module = collection.child("module")?;
    Some(format!("{}:{}", module.attribute("name")?, module.attribute("stream")?).into())
}

fn row(
    name: &str,
    fixed: &str,
    conditions: Conditions,
    header: &Advisory,
    namespace: &Namespace,
) -> Affected {
    let key = PackageKey::new(namespace.clone(), KeyKind::Binary, name);
    Affected {
        fix_state: FixState::Fixed,
        ranges: vec![below(fixed)].into(),
        conditions: (!conditions.is_empty()).then(|| Arc::new(conditions)),
        aside: Aside {
            fixes: vec![PublishedFix {
                version: Some(VersionText::from(fixed)),
                date: header.published.map(day),
                ..PublishedFix::default()
            }],
            ..Aside::default()
        }
        .into(),
        ..Affected::new(key, Status::Affected)
    }
}
