//! What is acceptable: a [`Report`](model::report::Report) and a gate make a [`Judgement`].
//!
//! - [`judge`]: the flow
//! - [`FailOn`]: the gate of `--fail-on`, a severity or an expression; `gate.rs` reads it, `check.rs` refuses
//!   what could never be meant, `variables.rs` is the table of what an expression may name, `topic.rs` says of what it is asked
//!
//! Judging hides nothing: a report is the same whatever the gate, and the judgement only points into it.
//! Waivers and policy files are not here yet.

mod check;
mod error;
mod gate;
mod judgement;
mod topic;
mod variables;

#[cfg(test)]
mod tests;

pub use error::PolicyError;
pub use gate::FailOn;
pub use judgement::{Judgement, Unjudged, Violation, Violator, blindness, judge};
