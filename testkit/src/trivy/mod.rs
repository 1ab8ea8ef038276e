//! The integration tests of Trivy as data: its small databases as the rows that our providers would make of the same
//! statements, and the reports that Trivy wrote with them (the goldens) as packages and what was found in them.
//!
//! They lie in `match/trivy-integration` of the real data. A word that is not known here is a panic: nothing of a
//! database or report is passed over in silence.

mod buckets;
mod constraint;
mod database;
mod golden;
mod list;
mod redhat;
mod yaml;

pub use database::{Database, database};
pub use golden::{Expected, Golden, Goldens, Target, goldens};
pub use list::package_list;
