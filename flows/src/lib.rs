//! The flows of plimsoll: each file reads as the flow it names.
//!
//! - [`source`]: what a person typed; [`open`](mod@open): → an opened image, or a read SBOM
//! - [`attached`]: SBOMs that lie beside an image in a registry
//! - [`feeds`]: which namespaces an inventory needs → those shards are held, or a gap says why not
//! - [`find`](mod@find): cases and the rows under their keys → findings, on all cores
//! - [`match_sbom`]: an inventory and a snapshot → a [`Report`](model::report::Report)
//! - [`vex`]: files, addresses and repositories of VEX, and what is attached to an image → the documents that a report hears
//! - [`scan`]: an image → its SBOM, then the two above
//! - [`explain`](mod@explain): an id and the packages of an SBOM or report → why they are, or are not, affected
//! - [`rematch`]: a directory of stored SBOMs and a newer snapshot → what changed, and only that judged
//! - [`documents`]: SBOMs → another format, or one of several
//! - [`changes`]: two runs → the change set between them
//!
//! Here the crates that may not know each other are introduced. Nothing here prints or reads the environment.

#[cfg(test)]
mod accuracy;
pub mod attached;
pub mod changes;
pub mod documents;
pub mod error;
#[cfg(test)]
mod every_cataloger;
pub mod explain;
pub mod feeds;
pub mod find;
#[cfg(test)]
mod match_law;
pub mod match_sbom;
pub mod open;
pub mod rematch;
pub mod scan;
pub mod source;
pub mod vex;
