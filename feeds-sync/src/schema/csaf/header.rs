//! What a document says of a vulnerability beside its products.

use jiff::Timestamp;
use model::advisory::{Advisory, CvssVector, Reference};

use super::{Csaf, Cvss, Text, Vulnerability};
use crate::advisories::Remarks;

/// The moment that `text` says.
pub fn time(text: Option<&Text<'_>>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// The day of an RFC 3339 time, `YYYY-MM-DD`.
pub fn day(text: Option<&Text<'_>>) -> Option<Box<str>> {
    let day = text?.get(..10)?;
    day.parse::<jiff::civil::Date>().is_ok().then(|| day.into())
}

/// The record of `vulnerability`, which `id` names, without packages. `source` is who states its scores.
pub fn header(
    id: &str,
    csaf: &Csaf<'_>,
    vulnerability: &Vulnerability<'_>,
    source: &str,
    remarks: &mut Remarks,
) -> Advisory {
    let tracking = &csaf.document.tracking;
    let published = [
        vulnerability.release_date.as_ref(),
        vulnerability.disclosure_date.as_ref(),
        tracking.initial_release_date.as_ref(),
    ];
    let aggregate = csaf.document.aggregate_severity.as_ref().and_then(|severity| severity.text.as_deref());
    let mut cvss: Vec<CvssVector> = vulnerability
        .scores
        .iter()
        .chain(&vulnerability.metrics)
        .flat_map(|score| score.vectors())
        .filter_map(|stated| vector(stated, source))
        .collect();
    cvss.sort();
    cvss.dedup();
    Advisory {
        published: published.into_iter().find_map(time),
        modified: time(tracking.current_release_date.as_ref()),
        title: title(csaf, vulnerability),
        description: note(vulnerability, &["description", "details"]).map(str::to_owned),
        cvss,
        severity: aggregate.map(|word| remarks.severity("aggregate_severity", word)),
        weaknesses: weaknesses(vulnerability),
        references: references(vulnerability),
        credits: credits(vulnerability),
        ..Advisory::new(id)
    }
}

/// CVSS as stated by `source`; none where neither vector nor score is.
pub fn vector(stated: &Cvss<'_>, source: &str) -> Option<CvssVector> {
    let vector = stated.vector_string.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
    let score = stated.score().map(|score| score.to_string().into());
    (!vector.is_empty() || score.is_some()).then(|| CvssVector { source: source.to_owned(), vector, score })
}

fn title(csaf: &Csaf<'_>, vulnerability: &Vulnerability<'_>) -> Option<String> {
    let own = vulnerability.title.as_deref().or_else(|| note(vulnerability, &["summary"]));
    // A document about several vulnerabilities has a title of its own.
    let of_document = csaf.document.title.as_deref().filter(|_| csaf.vulnerabilities.len() == 1);
    let title = own.filter(|title| !title.is_empty()).or(of_document)?;
    title.lines().next().map(str::to_owned)
}

fn note<'v>(vulnerability: &'v Vulnerability<'_>, categories: &[&str]) -> Option<&'v str> {
    let is_meant = |category: Option<&str>| category.is_some_and(|category| categories.contains(&category));
    let mut notes = vulnerability.notes.iter().filter(|note| is_meant(note.category.as_deref()));
    notes.find_map(|note| note.text.as_deref()).map(str::trim).filter(|text| !text.is_empty())
}

fn weaknesses(vulnerability: &Vulnerability<'_>) -> Vec<String> {
    let weaknesses = vulnerability.cwe.iter().chain(&vulnerability.cwes);
    let mut ids: Vec<String> =
        weaknesses.filter_map(|weakness| weakness.id.as_deref()).map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn references(vulnerability: &Vulnerability<'_>) -> Vec<Reference> {
    let mut references: Vec<Reference> = Vec::new();
    for link in &vulnerability.references {
        let tags = link.category.as_deref().filter(|category| *category != "external");
        let Some(url) = link.url.as_deref() else { continue };
        let reference =
            Reference { url: url.to_owned(), tags: tags.into_iter().map(str::to_owned).collect() };
        references.push(reference);
    }
    references.dedup();
    references
}

fn credits(vulnerability: &Vulnerability<'_>) -> Vec<String> {
    let thanks = vulnerability.acknowledgments.iter().flat_map(|thanked| {
        let names = thanked.names.iter().map(|name| (**name).to_owned());
        let organization = thanked.organization.as_deref().filter(|_| thanked.names.is_empty());
        names.chain(organization.map(str::to_owned))
    });
    thanks.collect()
}
