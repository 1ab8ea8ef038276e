//! The object model of CycloneDX 1.0 to 1.7 as data, and what it drives: structural validation and conversion
//! between versions (<https://cyclonedx.org/docs/1.7/json/>).

mod check;
mod component;
mod crypto;
mod crypto_words;
mod declaration;
mod document;
mod evidence;
mod fit;
mod formulation;
mod licence;
mod licence_ids;
mod metadata;
mod modelcard;
mod patent;
mod place;
mod service;
mod signature;
mod syntax;
mod table;
mod vulnerability;

pub(in crate::format) use check::{check, check_xml};
pub(super) use document::BOM;
pub(in crate::format) use fit::fit;
pub(super) use place::{InText, Item, Place};
pub(in crate::format) use table::Version;
pub(super) use table::{Attributes, Field, Repeats, Type, Value};

#[cfg(test)]
pub(in crate::format) mod tests;
