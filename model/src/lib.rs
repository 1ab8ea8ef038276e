//! The nouns of plimsoll. Values only: nothing here reads, writes, prints or serialises.
//!
//! - [`package`], [`distro`], [`inventory`]: what is in an image; [`image`]: what it says of itself
//! - [`key`], [`advisory`], [`facts`]: what the feeds say, and how it is looked up; [`cpe`]: by CPE names;
//!   [`red_hat`]: whose CPE names stand for streams of one distribution
//! - [`finding`], [`report`]: the answer; [`explanation`]: why
//! - [`gap`]: what could not be known, as a value
//! - [`digest`]: what content is called
//! - [`ecosystem`], [`purl`], [`version`], [`severity`], [`risk`], [`limits`]: the words they are made of
//!
//! Invariants: no type here implements `Serialize` (every contract owns its wire type), and nothing is
//! re-exported, so that a line search sees who uses which noun.

pub mod advisory;
pub mod branch;
pub mod cpe;
pub mod digest;
pub mod distro;
pub mod ecosystem;
pub mod explanation;
pub mod facts;
pub mod finding;
pub mod gap;
pub mod image;
pub mod inventory;
pub mod key;
pub mod limits;
pub mod package;
pub mod purl;
pub mod red_hat;
pub mod report;
pub mod risk;
pub mod severity;
pub mod sparse;
pub mod text;
pub mod texts;
pub mod version;
