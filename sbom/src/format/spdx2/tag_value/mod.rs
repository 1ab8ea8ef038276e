//! SPDX tag-value: 2.2 and 2.3 are written, 2.1 to 2.3 are read (<https://spdx.github.io/spdx-spec/v2.3/>).
//!
//! A document is brought into the JSON of the same version, and written from it. [`table`] says which tag is which
//! member. What one has and the other has no place for:
//!
//! - Tags that SPDX does not know, and an `SPDXREF` that leads nowhere, are in a member `plimsoll:tags` of the object
//!   that they follow: the values of each tag, in their order. They are written as the tags that they were.
//! - A file after a package is in its `hasFiles`, unless a relationship says that the package contains it.
//! - `hasFiles` and `documentDescribes` are written as relationships, each after a comment that says what it was.
//! - Members without a tag (empty lists, cross references of licences, what SPDX does not know) and values that a tag
//!   cannot hold as they are stand in a comment after the tags of their object: `# plimsoll: {"set":{…}}`. It wins
//!   over the tags when it is read again.
//!
//! Other comments are not kept.

use std::io;

use model::inventory::Inventory;

use super::super::wire::text::Kind;
use super::super::wire::tree::Tree;
use super::super::{Format, Syntax, WriteOptions};

mod lines;
mod read;
mod table;
mod write;

pub(in crate::format) use lines::lines;

pub(in crate::format) static FORMAT: Format = Format {
    name: "spdx-tag-value",
    media_type: "text/spdx",
    versions: &["2.3", "2.2"],
    write: write_inventory,
    model: Some(|_| &super::MODEL),
    rewrite: Some(|tree, _, version, out| {
        let (tree, losses) = super::fitted(tree, version, |_| true);
        write::write(&tree, out)?;
        Ok(losses)
    }),
};

pub(in crate::format) static SYNTAX: Syntax = Syntax {
    kind: Kind::Spdx2TagValue,
    accepts: "SPDX 2.1 to 2.3 tag-value",
    suffix: "tag-value",
    model: &super::MODEL,
    to_json: read::read,
};

/// What begins a comment that plimsoll reads.
const COMMENT: &str = "# plimsoll: ";

/// The member of an object with the tags that have no place in it.
pub(super) const TAGS: &str = "plimsoll:tags";

/// Whether documents of `version` (`SPDX-2.3`) spell the categories of external references in JSON with hyphens.
pub(super) fn has_hyphens(version: &str) -> bool {
    !matches!(version, "SPDX-2.0" | "SPDX-2.1" | "SPDX-2.2")
}

fn write_inventory(
    inventory: &Inventory,
    version: &str,
    options: &WriteOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut json = Vec::new();
    super::write::write(inventory, version, options, &mut json)?;
    let tree: Tree = serde_json::from_slice(&json)?;
    drop(json);
    write::write(&tree, out)
}
