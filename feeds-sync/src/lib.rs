//! Vendor feeds into the feed database.
//!
//! - [`provider`]: who publishes, what there is to download and how to read it; one file a provider
//! - [`schema`]: document shapes that several providers publish
//! - [`document`]: a downloaded file, opened within bounds; [`xml`]: the records in one that is XML;
//!   `yaml`: one that is YAML, as values;
//!   [`advisories`]: what reading it gives
//! - [`directory`]: a directory of documents, as one archive
//! - [`selection`]: which feeds are asked
//! - [`engine`]: [`engine::sync`] downloads, reads and writes; [`plan`]: what that would ask for, beforehand
//! - [`distribution`]: snapshots that are published, brought and offered
//! - [`kept`]: the downloads kept below the feeds directory, and what is remembered of them
//! - [`facts`]: what is known of releases with no feed at hand; [`lifecycles`]: what calendars say of them; [`hosts`]: of
//!   hosts
//! - [`schedule`]: how often each provider is asked
//! - [`reference`]: the page that lists the feeds
//! - [`report`]: how a sync went; [`error`]: why it could not
//!
//! A provider declares and reads; only the engine downloads. One provider's failure never stops another, and
//! what a failed download leaves in place is the last good state.

pub mod advisories;
pub mod directory;
pub mod distribution;
pub mod document;
pub mod engine;
pub mod error;
pub mod facts;
pub mod hosts;
pub mod kept;
pub mod lead;
pub mod lifecycles;
pub mod plan;
pub mod provider;
mod pull;
mod records;
pub mod reference;
pub mod report;
pub mod schedule;
pub mod schema;
pub mod selection;
mod signed;
pub mod xml;
mod yaml;

#[cfg(test)]
mod tests;
