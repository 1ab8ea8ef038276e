//! The feed database: immutable SQLite shards, and one small manifest that says which of them are current.
//!
//! - [`FeedsDir`]: the directory; opens snapshots, lets one writer in, collects garbage
//! - [`Snapshot`]: what readers ask; opens only the shards that a question needs
//! - [`Writer`]: builds the next snapshot beside the current one, then swaps
//! - [`Published`]: what of a snapshot is passed on to other directories
//! - [`delta::Delta`]: what differs between two snapshots, by key
//! - [`search`]: everything stored about an id or a package, for people
//! - [`DbError`]: every way to refuse
//!
//! The promises (architecture.md §1.3): readers take no lock, write nothing and import nothing, in any
//! number, also from a read-only directory; a writer that is killed at any instant leaves the old snapshot
//! or the new one; equal content has equal names, whatever its order, the machine or the version of SQLite.
//!
//! Left out on purpose: this crate downloads nothing, parses no feed, compares no versions, knows no
//! package and no clock. The layout is a contract, described in `docs/reference/feed-database.md`.

mod aliases;
pub mod delta;
mod digest;
mod error;
mod feeds_dir;
mod files;
mod manifest;
mod publish;
pub mod search;
mod shard;
mod snapshot;
#[cfg(test)]
mod tests;
mod words;
mod writer;

pub use error::DbError;
pub use feeds_dir::{FeedsDir, GcOutcome, SnapshotEntry, WriterLock};
pub use publish::{Lacking, Published, ShardName};
pub use snapshot::{EpssStamp, KevStamp, KeyHash, NamespaceEntry, ProviderStamp, Sizes, Snapshot};
pub use writer::{EpssTable, ProviderOutcome, Publication, SwapOutcome, Unranked, Writer};

/// The schema that this build writes, and the newest that it reads: of shards and of the manifest together.
///
/// It changes with every change after which an older build would misread what a newer one wrote, or give
/// equal content another name.
pub const SCHEMA: u32 = 4;
