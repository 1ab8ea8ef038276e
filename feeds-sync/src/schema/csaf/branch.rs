//! Which versions a product of a document is: by its package URL or CPE name, else by the branch that it hangs on.

use model::branch::{self, Said};
use model::version::VersionText;

use super::tree::BranchVersion;
use crate::schema::place::Place;
use crate::schema::vers::{self, Versions};

/// Of which versions.
#[derive(Debug)]
pub(super) enum SaidOf<'v> {
    Every,
    One(VersionText),
    Range(Versions),
    /// In words that cannot be compared.
    Words(&'v str),
}

/// The versions of what lies at `place`, whose branch says `branch`.
pub(super) fn versions<'v>(place: &Place, branch: Option<BranchVersion<'v>>) -> SaidOf<'v> {
    match (branch, &place.version) {
        (Some(BranchVersion::Range(text)), _) => match vers::read(text) {
            Some(Versions { is_all: true, excepted, .. }) if excepted.is_empty() => SaidOf::Every,
            Some(versions) => SaidOf::Range(versions),
            None => SaidOf::Words(text),
        },
        (_, Some(version)) => SaidOf::One(VersionText::from(version.as_str())),
        (Some(BranchVersion::One(text)), None) => named_version(text, &place.key.name),
        (None, None) => SaidOf::Every,
    }
}

/// What the name of a branch says of the versions of the package `name`.
fn named_version<'v>(text: &'v str, name: &str) -> SaidOf<'v> {
    let rest = match branch::said(text, name) {
        Said::Every => return SaidOf::Every,
        Said::Of(rest) => rest,
    };
    match vers::read(rest) {
        Some(Versions { is_all: false, ranges, excepted, listed }) => {
            SaidOf::Range(Versions { is_all: false, ranges, excepted, listed })
        }
        _ if branch::is_version(rest) => SaidOf::One(VersionText::from(rest)),
        _ => SaidOf::Words(text),
    }
}
