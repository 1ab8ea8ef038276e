//! Snapshots that are published: made once, and brought to any number of machines.
//!
//! A published snapshot is one index, signed or not, and blobs named by their SHA-256: each shard as a whole and, where
//! an older state was published before, edits that make the newer shard of the older one. Unchanged shards are the same
//! blobs, so they are neither sent nor fetched again. The format is documented in `docs/reference/published-feeds.md`.
//!
//! - [`index::Index`]: what there is; sealed in an envelope, and opened with the keys that are trusted
//! - [`place::Place`]: where it lies: a registry, a web server, a directory, one file
//! - [`bring`]: from a place into a feeds directory, only what is wanted and lacking
//! - [`offer`]: from a feeds directory to a place

pub mod archive;
pub mod bring;
pub mod directory;
pub mod index;
pub mod oci;
pub mod offer;
pub mod place;
mod received;
pub mod web;

/// What stands for a provider where progress is told.
const PUBLISHED: &str = "published";
