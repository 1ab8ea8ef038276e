//! `repository-to-cpe.json`: what Red Hat's repositories stand for (feeds.md A5). An image lists the repositories that its
//! packages may come from (its *content sets*); advisories name products by their CPE names.

use std::collections::BTreeMap;

use model::facts::RepositoryCpes;
use serde::Deserialize;

use super::null_as_default;
use crate::advisories::Remarks;
use crate::document::Document;
use crate::error::ParseError;

/// The name of the file.
pub const FILE: &str = "repository-to-cpe.json";

#[derive(Deserialize)]
struct Mapping {
    data: BTreeMap<String, Repository>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default, deserialize_with = "null_as_default")]
    cpes: Vec<String>,
}

/// The CPE names of each repository, as written, sorted.
///
/// # Errors
/// It is no such file, names no repository, or passes a limit.
pub fn read(document: &Document<'_>, remarks: &mut Remarks) -> Result<RepositoryCpes, ParseError> {
    let text = document.text()?;
    let Mapping { data } = serde_json::from_str(&text)?;
    let max = document.limits.entries_max;
    if data.len() as u64 > max {
        return Err(ParseError::Limit { limit: "entries_max", max });
    }
    let mut repositories = RepositoryCpes::new();
    for (name, Repository { mut cpes }) in data {
        let n_named = cpes.len();
        cpes.retain(|cpe| cpe.starts_with("cpe:/"));
        for _ in cpes.len()..n_named {
            remarks.leave_out("a repository's CPE name that is none");
        }
        cpes.sort();
        cpes.dedup();
        match name.is_empty() || cpes.is_empty() {
            true => remarks.leave_out("a repository without name or CPE name"),
            false => drop(repositories.insert(name, cpes)),
        }
    }
    match repositories.is_empty() {
        true => Err(ParseError::NotTheFeed("a mapping of no repository".to_owned())),
        false => Ok(repositories),
    }
}
