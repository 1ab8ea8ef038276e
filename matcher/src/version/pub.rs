//! Dart's order: Semantic Versioning, except that build metadata counts when all else is equal
//! (feeds.md C11): `1.0.0 < 1.0.0+1 < 1.0.0+2`.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::semver::{self, compare_identifiers};
use super::{Scheme, VersionScheme, split};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Pub>("pub", &[Ecosystem::Pub]);

struct Pub;

impl Scheme for Pub {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        semver::read(text).map(Version)
    }
}

pub(super) struct Version<'a>(pub(super) semver::Version<'a>);

impl Version<'_> {
    fn build_identifiers(&self) -> impl Iterator<Item = &str> {
        split(self.0.build, b'.').filter(|identifier| !identifier.is_empty())
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0
            .cmp(&other.0)
            .then_with(|| compare_identifiers(self.build_identifiers(), other.build_identifiers()))
    }
}

ordered_by_cmp!(Version<'_>);
