//! Container image to inventory to SBOM, and back. Knows no advisory, no feed and no network.
//!
//! - [`image`]: opens an archive, a layout or a directory, and streams its layers
//! - [`inventory`]: the story from an opened image to an [`Inventory`](model::inventory::Inventory)
//! - [`cache`]: what was found in a layer, kept for the next image that has it
//! - [`cataloger`]: one file a kind of evidence; from files to packages
//! - [`base`], [`dockerfile`]: which image and which line of a build brought a layer
//! - [`merge`]: several inventories as one
//! - [`mod@format`]: one file a document format; from an inventory to bytes, and from bytes to an inventory

pub mod base;
pub mod cache;
pub mod cataloger;
pub mod dockerfile;
pub mod format;
pub mod image;
pub mod inventory;
pub mod merge;
