//! What OpenVEX documents say of packages by purl (feeds.md A28, D7).
//!
//! Statements are a time series, over all documents of a source: of two about one vulnerability in the same versions of
//! one build of a package the later stands. The record is that of the vulnerability.

use std::sync::Arc;

use model::advisory::{Advisory, Affected, Aside, FixState, Status};
use model::version::VersionText;

use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::schema::openvex::{self, Product, Statement};
use crate::schema::place::{self, Place};

/// Reads the document `text`.
///
/// # Errors
/// It is no OpenVEX document, or passes a limit.
pub fn read(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let document = openvex::read(text, &mut advisories.remarks)?;
    for statement in &document.statements {
        if let Some(reason) = invalid(statement) {
            advisories.remarks.leave_out(reason);
            continue;
        }
        let header = header(statement);
        for product in &statement.products {
            match affected(statement, product) {
                Ok(rows) => rows
                    .into_iter()
                    .try_for_each(|affected| advisories.state(&header, affected, statement.effective_at))?,
                Err(reason) => advisories.remarks.leave_out(reason),
            }
        }
    }
    Ok(())
}

/// Why a statement counts for nothing: what suppresses must give its reason.
fn invalid(statement: &Statement<'_>) -> Option<&'static str> {
    let has_reason = statement.justification.is_some() || statement.impact_statement.is_some();
    match statement.status {
        Status::NotAffected if !has_reason => Some("not affected, and no reason is given"),
        _ if statement.products.is_empty() => Some("statement without products"),
        _ => None,
    }
}

fn header(statement: &Statement<'_>) -> Advisory {
    let vulnerability = &statement.vulnerability;
    let id = tail(&vulnerability.name);
    let mut aliases: Vec<String> = vulnerability.aliases.iter().map(|alias| tail(alias).to_owned()).collect();
    aliases.retain(|alias| !alias.is_empty() && alias != id);
    aliases.sort();
    aliases.dedup();
    Advisory {
        aliases,
        modified: statement.effective_at,
        description: vulnerability.description.as_deref().map(str::to_owned),
        ..Advisory::new(id)
    }
}

/// The id at the end of an IRI.
fn tail(name: &str) -> &str {
    match name.contains("://") {
        true => name.trim_end_matches('/').rsplit('/').next().unwrap_or(name),
        false => name,
    }
}

/// The rows of a product, one for each release where it names none.
fn affected(statement: &Statement<'_>, product: &Product<'_>) -> Result<Vec<Affected>, &'static str> {
    if !product.subcomponents.is_empty() {
        return Err("about parts of a product, and nothing tells which images are it");
    }
    let purl = product.purl().ok_or("a product without purl")?;
    let places = place::of_purl(purl, &[])?;
    if statement.status == Status::Fixed && places.iter().any(|place| place.version.is_none()) {
        return Err("fixed, and no version is named");
    }
    let text = |text: &Option<std::borrow::Cow<'_, str>>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let reason = match statement.status {
        Status::NotAffected => text(&statement.impact_statement),
        Status::Affected => text(&statement.action_statement),
        _ => None,
    };
    let reason = reason.or_else(|| text(&statement.status_notes));
    let row = |place: Place| Affected {
        conditions: Some(place.conditions()).filter(|conditions| !conditions.is_empty()).map(Arc::new),
        // What is to be done is said in words.
        fix_state: FixState::Unknown,
        versions: place.version.as_deref().map(VersionText::from).into_iter().collect(),
        aside: Aside {
            justification: text(&statement.justification),
            reason: reason.clone(),
            ..Aside::default()
        }
        .into(),
        ..Affected::new(place.key, statement.status)
    };
    Ok(places.into_iter().map(row).collect())
}

/// What a list of documents names: `index.json` of a repository, or a list of entries.
#[derive(Debug, serde::Deserialize)]
struct Index {
    /// Of a repository: which document speaks of a package.
    #[serde(default)]
    packages: Vec<Located>,
    /// Of a publisher: its documents.
    #[serde(default)]
    entries: Vec<Listed>,
}

#[derive(Debug, serde::Deserialize)]
struct Located {
    location: String,
    format: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
struct Listed {
    id: String,
    modified: Option<String>,
}

/// A document that a list names: its path below the list, and when it changed, as written.
pub type Named = (String, Option<String>);

/// The OpenVEX documents that the list `text` names; those of other formats are counted.
///
/// # Errors
/// It is no such list, or a path leads elsewhere.
pub fn index(text: &[u8], remarks: &mut Remarks) -> Result<Vec<Named>, ParseError> {
    let Index { packages, entries } = serde_json::from_slice(text)?;
    if packages.is_empty() && entries.is_empty() {
        return Err(ParseError::NotTheFeed("a list that names no document".to_owned()));
    }
    let mut named: Vec<Named> = Vec::new();
    for Located { location, format } in packages {
        match format.as_deref() {
            None | Some("openvex") => named.push((location, None)),
            Some(other) => remarks.unknown_word("format", other),
        }
    }
    named.extend(entries.into_iter().map(|Listed { id, modified }| (id, modified)));
    for (path, _) in &mut named {
        *path = path.trim_start_matches("./").to_owned();
        let is_plain = |part: &str| {
            !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '?', '#', ':'])
        };
        if !path.split('/').all(is_plain) || !path.ends_with(".json") {
            return Err(ParseError::NotTheFeed(format!("no list of documents: `{path:.128}` is none")));
        }
    }
    named.sort();
    named.dedup();
    Ok(named)
}
