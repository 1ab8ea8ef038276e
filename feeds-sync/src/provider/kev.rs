//! CISA's catalogue of known exploited vulnerabilities (feeds.md A24). It is replaced as a whole: entries are
//! occasionally taken out again.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use model::advisory::Kev;
use serde::Deserialize;

use super::{Feed, MIB, Parse, Provider, Scope, Source};
use crate::advisories::DailyTables;
use crate::document::Document;
use crate::error::ParseError;

pub(super) static PROVIDER: Provider = Provider {
    name: "kev",
    attribution: None,
    feeds: || vec![feed()],
    answering: |_| None,
    releases: &[],
    follow: None,
    parse: Parse::Daily(parse),
};

fn feed() -> Feed {
    Feed {
        name: "kev".to_owned(),
        sources: vec![Source::records(
            "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json".to_owned(),
            64 * MIB,
        )],
        scope: Scope::Ranking,
        license: "CC0-1.0",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn parse(document: &Document<'_>, tables: &mut DailyTables) -> Result<u64, ParseError> {
    let catalogue: Catalogue = document.json(PhantomData)?;
    let n_entries = catalogue.vulnerabilities.len() as u64;
    if catalogue.count != n_entries {
        let what = format!("a catalogue of {n_entries} entries that says it has {}", catalogue.count);
        return Err(ParseError::NotTheFeed(what));
    }
    let mut kev = BTreeMap::new();
    for entry in catalogue.vulnerabilities {
        let ransomware = match entry.ransomware.as_deref() {
            Some("Known") => true,
            Some("Unknown") | None => false,
            Some(other) => {
                tables.remarks.unknown_word("knownRansomwareCampaignUse", other);
                false
            }
        };
        kev.insert(entry.id, Kev { added: entry.added, due: entry.due, ransomware });
    }
    tables.kev = Some(kev);
    Ok(n_entries)
}

#[derive(Deserialize)]
struct Catalogue {
    count: u64,
    vulnerabilities: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "cveID")]
    id: String,
    #[serde(rename = "dateAdded")]
    added: String,
    #[serde(rename = "dueDate")]
    due: Option<String>,
    #[serde(rename = "knownRansomwareCampaignUse")]
    ransomware: Option<String>,
}
