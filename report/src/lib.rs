//! A [`Report`] and its [`Judgement`](policy::Judgement) as bytes.
//!
//! - [`format`]: one file an output format, and the table [`FORMATS`] of them; [`by_name`] finds one
//! - [`explanation`]: why a package is, or is not, affected, for people and for programs
//! - [`fingerprint`]: the identity of a finding across runs
//! - `fold.rs`: coverage as people read it
//! - `found.rs`: the package and the places of a finding
//! - `paint.rs`: colour
//! - `vex.rs`: what statements that suppress nothing come to
//! - `text.rs`: foreign text made harmless; `subject.rs`: what an image is called when its tag is left out
//!
//! Rendering is a function of its arguments: no clock, no environment, no locale. Nothing is filtered here;
//! a gate hides no finding.

pub mod explanation;
pub mod format;

mod fingerprint;
mod fold;
mod found;
mod paint;
mod subject;
mod text;
mod vex;

#[cfg(test)]
mod testing;

pub use fingerprint::fingerprint;
pub use format::{Choice, FORMATS, Format, RenderOptions, UnknownFormat, by_name};
