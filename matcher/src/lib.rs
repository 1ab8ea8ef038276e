//! What is affected: a pure function of packages and advisories.
//!
//! - [`cases`] turns an inventory into [`Case`]s: each package with everything a verdict may read and every
//!   key it consults, misses included ([`consulted_keys`], [`namespaces`]).
//! - [`find`] judges the cases against the rows under those keys. It cannot fail, opens nothing and knows no
//!   clock, exploit score or policy.
//! - [`explain`] tells of one id what `find` made of it in each case, and why.
//! - [`decorate`] adds what ranks and explains a finding: severity, CVSS, EPSS, KEV, risk, labels; what it reads beside
//!   the records in evidence is under [`cve_keys`] and [`github_records`].
//! - [`Besides`] says who is asked besides a package's vendor; [`Fallback`], which packages are looked up by CPE name.
//! - [`coverage`] counts what was judged, what was not and why.
//! - [`requirement`] is the family of notations for sets of versions (`vers:`, npm's ranges), one file a notation.
//! - [`version`] is the family of version orders, one file a scheme.
//! - [`vex`] suppresses findings that somebody answered.

mod alias;
mod authority;
mod case;
mod channel;
mod coverage;
mod cpe;
mod decorate;
mod epoch;
mod explain;
mod find;
#[cfg(test)]
mod fixture;
mod gate;
mod kernel;
mod keys;
mod maker;
mod minor;
mod namespace;
mod platform;
mod range;
pub mod requirement;
mod runtime;
mod score;
mod severity;
pub mod version;
pub mod vex;

pub use case::{Case, Consulted, Owner, Role, cases, cases_with, consulted_keys, namespaces};
pub use channel::repositories;
pub use coverage::coverage;
pub use cpe::{Besides, Fallback, InvalidFallback};
pub use decorate::{CveFacts, Known, cve_keys, decorate, github_records};
pub use explain::explain;
pub use find::{Finder, Part, find, gather};
pub use gate::{Gate, Installation};
pub use kernel::KernelBuild;
