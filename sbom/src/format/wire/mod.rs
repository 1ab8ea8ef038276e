//! What the document formats share: text and JSON as they arrive, and the facts of an inventory as text.
//!
//! - [`text`]: bytes to text, and what a text looks like
//! - [`json`]: JSON with bounded lists and errors that say where
//! - [`print`]: JSON as it is written
//! - [`members`]: the top-level members of a document, in memory or in a file; [`keys`]: references, made small
//! - [`shared`]: what many packages have in common, kept once
//! - [`xml`]: the elements of a document
//! - [`tree`]: a whole document, with nothing lost
//! - [`facts`], `image_facts`: every fact of a package, distro and subject as name and value; the difference of two is what
//!   a standard's fields could not say
//! - [`identity`]: what a package URL says of a package and its distro
//! - [`cpe`]: which text is a CPE name
//! - [`hash`]: how each standard spells the algorithms of digests
//! - [`license`]: which statements of a licence are SPDX
//! - [`foreign`]: what the document of another tool leaves unsaid
//! - [`references`]: what each standard calls the places where more is to be found
//! - [`losses`]: what a document loses in another format or version
//! - [`source`]: source packages as elements of their own
//! - [`seal`]: ids that follow from content

pub(super) mod cpe;
pub(super) mod facts;
pub(super) mod foreign;
pub(super) mod hash;
pub(super) mod identity;
mod image_facts;
pub(super) mod json;
pub(super) mod keys;
pub(super) mod license;
pub(super) mod losses;
pub(super) mod members;
pub(super) mod print;
pub(super) mod references;
pub(super) mod seal;
pub(super) mod shared;
pub(super) mod source;
pub(super) mod text;
pub(super) mod time;
pub(super) mod tree;
pub(super) mod xml;
