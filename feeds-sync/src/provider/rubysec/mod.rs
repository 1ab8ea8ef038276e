//! RubySec's advisories on gems and on Ruby itself (feeds.md A20). OSV.dev does not carry them, so both are asked.
//!
//! A record says which versions are *not* affected: those that satisfy a requirement of `patched_versions` or of
//! `unaffected_versions`. A row says the same: every version but those.

mod requirement;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use model::advisory::{Affected, Aside, Conditions, CvssVector, FixState, PublishedFix, Reference, Relation};
use model::advisory::{RecordLink, SeverityWord, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::severity::Severity;
use serde_json::Value;

use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::archive::{self, Packing};
use crate::schema::moment;
use crate::yaml;

pub(super) static PROVIDER: Provider = Provider {
    name: "rubysec",
    attribution: Some("Ruby Advisory Database, https://rubysec.com/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == Ecosystem::Gem.name()).then(feed),
    releases: &[],
    follow: None,
    parse: Parse::Advisories(parse),
};

fn feed() -> Feed {
    Feed {
        name: "rubysec".to_owned(),
        sources: vec![Source::records(
            "https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz",
            256 * MIB,
        )],
        scope: Scope::Languages,
        license: "public domain, by its contributors' word; no text of OSVDB",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let is_record = |name: &str| Place::of(name).is_some();
    archive::read(document, Packing::Tar, &is_record, &read, advisories)
}

/// What a record is about, told from where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `gems/<name>/<id>.yml`.
    Gem,
    /// `rubies/<engine>/<id>.yml`.
    Engine,
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        let mut parts = archive::path_in_repository(name).split('/');
        let place = match parts.next()? {
            "gems" => Self::Gem,
            "rubies" => Self::Engine,
            _ => return None,
        };
        let (_, file, end) = (parts.next()?, parts.next()?, parts.next());
        (end.is_none() && file.ends_with(".yml")).then_some(place)
    }

    fn key(self, record: &Value) -> Option<PackageKey> {
        let (field, ecosystem) = match self {
            Self::Gem => ("gem", Ecosystem::Gem),
            // An interpreter is no gem: one may have its name.
            Self::Engine => ("engine", Ecosystem::Generic),
        };
        let name = normalise_name(ecosystem, text(record, field)?);
        Some(PackageKey::new(Namespace::language(ecosystem), KeyKind::Language, name))
    }
}

fn read(path: &str, content: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let record = yaml::parse(content)?;
    let Some(key) = Place::of(path).and_then(|place| place.key(&record)) else {
        return Err(ParseError::NotTheFeed("a record that names no package".to_owned()));
    };
    let Some((id, aliases)) = ids(&record) else {
        return Err(ParseError::NotTheFeed("a record that has no id".to_owned()));
    };
    let row = row(key, &record, &mut advisories.remarks);
    let has_prose_of_osvdb = text(&record, "osvdb").is_some();
    if has_prose_of_osvdb {
        advisories.remarks.leave_out("prose of OSVDB");
    }
    let severity = severity(&record, &mut advisories.remarks);
    // Several gems have a record each for the same CVE: together they are one.
    let advisory = advisories.record(&row.key.namespace, &id);
    for alias in aliases.into_iter().filter(|alias| *alias != id) {
        if !advisory.aliases.contains(&alias) {
            advisory.aliases.push(alias);
        }
    }
    if !has_prose_of_osvdb {
        let words = |field: &str| text(&record, field).map(|words| words.trim().to_owned());
        advisory.title = advisory.title.take().or_else(|| words("title"));
        advisory.description = advisory.description.take().or_else(|| words("description"));
    }
    advisory.published = advisory.published.or_else(|| text(&record, "date").and_then(moment));
    advisory.severity = advisory.severity.take().or(severity);
    for vector in scores(&record, &id) {
        if !advisory.cvss.contains(&vector) {
            advisory.cvss.push(vector);
        }
    }
    for reference in references(&record) {
        if !advisory.references.contains(&reference) {
            advisory.references.push(reference);
        }
    }
    for link in links(&record) {
        if !advisory.links.contains(&link) {
            advisory.links.push(link);
        }
    }
    push_once(advisory, row);
    Ok(())
}

fn text<'a>(record: &'a Value, field: &str) -> Option<&'a str> {
    record.get(field)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The elements of a list, or one that stands alone; empty ones left out.
fn texts(field: Option<&Value>) -> impl Iterator<Item = &str> {
    let elements: &[Value] = match field {
        Some(Value::Array(elements)) => elements,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    elements.iter().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The id, and the others of the same vulnerability. They are written without prefix.
fn ids(record: &Value) -> Option<(String, Vec<String>)> {
    let mut ids =
        ["cve", "ghsa", "osvdb"].into_iter().filter_map(|field| Some(id(field, text(record, field)?)));
    let first = ids.next()?;
    Some((first, ids.collect()))
}

fn id(field: &str, text: &str) -> String {
    let prefix = field.to_ascii_uppercase();
    match text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(&prefix)) {
        Some(start) => format!("{prefix}{}", &text[start.len()..]),
        None => format!("{prefix}-{text}"),
    }
}

fn links(record: &Value) -> impl Iterator<Item = RecordLink> {
    let related = record.get("related");
    ["cve", "ghsa", "osvdb"].into_iter().flat_map(move |field| {
        texts(related.and_then(|related| related.get(field)))
            .map(move |text| RecordLink { relation: Relation::Related, other: id(field, text) })
    })
}

/// The links; what follows one behind a space is a remark.
fn references(record: &Value) -> impl Iterator<Item = Reference> {
    let related = record.get("related").and_then(|related| related.get("url"));
    let urls = texts(record.get("url")).chain(texts(related));
    urls.filter_map(|url| url.split_whitespace().next()).map(Reference::new)
}

/// Only scores are stated, no vectors; those of CVSS 2, which has another scale, only as a word.
fn scores(record: &Value, id: &str) -> impl Iterator<Item = CvssVector> {
    ["cvss_v3", "cvss_v4"].into_iter().filter_map(move |field| {
        let word = text(record, field).filter(|word| score(word).is_some())?;
        Some(CvssVector { source: id.to_owned(), vector: String::new(), score: Some(word.into()) })
    })
}

fn score(word: &str) -> Option<f64> {
    word.parse().ok().filter(|score| (0.0..=10.0).contains(score))
}

/// The score of the newest CVSS as the word.
fn severity(record: &Value, remarks: &mut Remarks) -> Option<SeverityWord> {
    let mut severity = None;
    for field in ["cvss_v2", "cvss_v3", "cvss_v4"] {
        let Some(word) = text(record, field) else { continue };
        let Some(score) = score(word) else {
            remarks.unknown_word(field, word);
            continue;
        };
        let level = match field {
            "cvss_v2" => Severity::from_cvss2_score(score),
            _ => Severity::from_cvss_score(score),
        };
        severity = Some(SeverityWord { word: word.to_owned(), level });
    }
    severity
}

fn row(key: PackageKey, record: &Value, remarks: &mut Remarks) -> Affected {
    let mut ranges = |field: &str| {
        let mut ranges = Vec::new();
        for text in texts(record.get(field)) {
            match requirement::range(text) {
                Some(range) => ranges.push(range),
                // What is not understood excepts no version.
                None => remarks.unknown_word(field, text),
            }
        }
        ranges
    };
    let (patched, unaffected) = (ranges("patched_versions"), ranges("unaffected_versions"));
    let fix = |version: &model::version::VersionText| PublishedFix {
        version: Some(version.clone()),
        ..PublishedFix::default()
    };
    let conditions = text(record, "platform").map(|platform| {
        Arc::new(Conditions { target_software: Some(platform.into()), ..Conditions::default() })
    });
    Affected {
        fix_state: if patched.is_empty() { FixState::NotFixed } else { FixState::Fixed },
        conditions,
        aside: Aside {
            fixes: patched.iter().filter_map(requirement::first_version).map(fix).collect(),
            unaffected: patched.into_iter().chain(unaffected).collect(),
            ..Aside::default()
        }
        .into(),
        ..Affected::new(key, Status::Affected)
    }
}
