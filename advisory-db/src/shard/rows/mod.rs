//! `rows`: everything a verdict may read, of one provider in one namespace.
//!
//! A key names a run of consecutive rows, so the rows need no index of their own. A row is a few small numbers: what
//! many rows share (the record, what is said, ranges, enumerated versions, rare details) is kept once, in the order of
//! its first use. `sqlite3` shows all of it joined in the view `advisories`.

mod compare;
mod draft;
mod fill;
mod load;
mod raw;

use model::advisory::{Affected, Aside, RecordState};
use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};

pub(crate) use self::compare::{differing, ids, moved};
pub(crate) use self::draft::{Content, Draft};
pub(crate) use self::load::{hashes, load};
pub(in crate::shard) use self::raw::{KeyHashes, RawRow, content_hash, raw_rows, stored_hash};
use super::stored::{StoredCvss, StoredFix, encode_ranges};
use super::word;

pub(crate) const SCHEMA_SQL: &str = "
    CREATE TABLE keys(
        kind TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL, sum INTEGER NOT NULL,
        first_row INTEGER NOT NULL, last_row INTEGER NOT NULL,
        PRIMARY KEY(kind, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE records(id INTEGER PRIMARY KEY, record TEXT NOT NULL, aliases TEXT, state TEXT) STRICT;
    CREATE TABLE statements(
        id INTEGER PRIMARY KEY, record_kind TEXT NOT NULL, status TEXT NOT NULL,
        fix_state TEXT NOT NULL, severity TEXT, severity_word TEXT, reason TEXT, justification TEXT,
        conditions TEXT) STRICT;
    CREATE TABLE ranges(id INTEGER PRIMARY KEY, ranges TEXT NOT NULL) STRICT;
    CREATE TABLE versions(id INTEGER PRIMARY KEY, versions TEXT NOT NULL) STRICT;
    CREATE TABLE details(id INTEGER PRIMARY KEY, details TEXT NOT NULL) STRICT;
    CREATE TABLE affected(
        id INTEGER PRIMARY KEY, record INTEGER NOT NULL, statement INTEGER NOT NULL, ranges INTEGER,
        versions INTEGER, details INTEGER) STRICT;
    CREATE VIEW advisories AS
        SELECT k.kind, k.name, r.record, r.aliases, s.record_kind, coalesce(r.state, 'published') AS state, s.status, s.fix_state, s.severity,
               s.severity_word, s.reason, s.justification, s.conditions, g.ranges, v.versions, d.details
        FROM keys k JOIN affected a ON a.id BETWEEN k.first_row AND k.last_row
                    JOIN records r ON r.id = a.record
                    JOIN statements s ON s.id = a.statement
                    LEFT JOIN ranges g ON g.id = a.ranges
                    LEFT JOIN versions v ON v.id = a.versions
                    LEFT JOIN details d ON d.id = a.details;";

/// The domain of the hash of a key's rows.
const KEY_DOMAIN: &str = "plimsoll-key/3";

/// What few rows have, in one JSON text.
#[derive(Default, Serialize, Deserialize)]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Box<str>>,
    /// Spelt as the column `ranges`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unaffected: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<StoredFix>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cvss: Vec<StoredCvss>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hints: Vec<Box<str>>,
}

impl Details {
    fn encode(affected: &Affected) -> Option<String> {
        let Aside { name, unaffected, fixes, cvss, hints, .. } = &*affected.aside;
        if name.is_none() && unaffected.is_empty() && fixes.is_empty() && cvss.is_empty() && hints.is_empty()
        {
            return None;
        }
        let details = Self {
            name: name.clone(),
            unaffected: encode_ranges(unaffected),
            fixes: fixes.iter().map(StoredFix::from).collect(),
            cvss: cvss.iter().map(StoredCvss::from).collect(),
            hints: hints.clone(),
        };
        Some(serde_json::to_string(&details).expect("texts and lists are JSON"))
    }
}

/// The state in a column; null is the usual one.
fn state(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RecordState> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(RecordState::Published),
        _ => word(row, column),
    }
}
