//! The logical hash of a shard that came from elsewhere, computed from what it holds: the one in its header and its name
//! is only what somebody claims, and everybody shares files by it.

use std::path::Path;

use super::{Kind, Owner, Shard, ShardRef, daily, facts, rows, text};
use crate::digest::Digest;
use crate::error::DbError;

/// The logical hash of what the file at `path` holds, which is said to be `shard`.
///
/// # Errors
/// When it cannot be read as a shard of that kind and header.
pub(crate) fn hash(path: &Path, kind: Kind, shard: &ShardRef) -> Result<Digest, DbError> {
    let missing = || DbError::Missing { path: path.to_owned() };
    let n_bytes = shard.bytes;
    let shard = Shard::open_at(path.to_owned(), kind, shard)?.ok_or_else(missing)?;
    if kind == Kind::Facts {
        return Ok(facts::hash(&facts::load(&shard)?, &facts::repositories(&shard)?));
    }
    let (scope, provider) = shard.owner(kind)?;
    let owner = Owner { scope: &scope, provider: &provider };
    match kind {
        Kind::Rows => rows::content_hash(&shard, owner),
        Kind::Text => text::content_hash(&shard, owner, n_bytes),
        Kind::Daily | Kind::Facts => Ok(daily::hash(owner, &daily::all(&shard)?)),
    }
}
