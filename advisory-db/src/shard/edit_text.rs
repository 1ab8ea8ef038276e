//! Edits of `text`: the records whose text differs, with the new text or none.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use zstd::bulk::Compressor;

use super::edit::{Input, Lines, Refusal, begin};
use super::text::{Text, TextHash, all_of, compressor, differing, hash, packed};
use super::{Owner, Shard};
use crate::digest::Digest;
use crate::error::DbError;

/// A record whose text differs.
#[derive(Debug, Serialize, Deserialize)]
struct TextEdit {
    record: String,
    /// Absent when there is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
}

pub(super) fn write(old: &Shard, new: &Shard, lines: &mut Lines<'_>) -> Result<(), DbError> {
    let mut records = Vec::new();
    differing(Some(old), Some(new), &mut |record| records.push(record.to_owned()))?;
    let texts = all_of(new, records.iter().map(String::as_str))?;
    for (record, text) in records.into_iter().zip(texts) {
        lines.push(&TextEdit { record, text });
    }
    Ok(())
}

/// Applies what is left of `lines`, and returns the logical hash of what is then held.
pub(super) fn apply(
    connection: &Connection,
    owner: Owner<'_>,
    lines: &mut Input<'_>,
) -> Result<Digest, Refusal> {
    begin(connection)?;
    let mut compressor: Compressor<'static> = compressor(connection)?;
    while let Some(edit) = lines.next::<TextEdit>()? {
        match edit.text {
            Some(text) => {
                let encoded = text.encode();
                let hash = Text::hash(&edit.record, &encoded);
                connection
                    .prepare_cached("INSERT OR REPLACE INTO texts VALUES (?1, ?2, ?3)")?
                    .execute(params![edit.record, hash, packed(&mut compressor, &encoded)?])?
            }
            None => {
                connection.prepare_cached("DELETE FROM texts WHERE record = ?1")?.execute([&edit.record])?
            }
        };
    }
    let mut select = connection.prepare("SELECT record, hash FROM texts ORDER BY record")?;
    let mut rows = select.query([])?;
    let mut hashes: Vec<(String, TextHash)> = Vec::new();
    while let Some(row) = rows.next()? {
        hashes.push((row.get(0)?, row.get(1)?));
    }
    Ok(hash(owner, hashes.iter().map(|(record, hash)| (record.as_str(), *hash))))
}
