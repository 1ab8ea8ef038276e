//! Julia's order, that of its `VersionNumber`: Semantic Versioning, except that build metadata counts when all else is
//! equal. Binary packages are told apart by it alone: `3.0.8+0 < 3.0.8+1`.

use model::ecosystem::Ecosystem;

use super::r#pub::Version;
use super::{Scheme, VersionScheme, semver};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Julia>("julia", &[Ecosystem::Julia]);

struct Julia;

impl Scheme for Julia {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        semver::read(text).map(Version)
    }
}
