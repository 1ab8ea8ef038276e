//! Python's order, PEP 440: `1!2.0rc1.post2.dev3+local.4` (feeds.md C5).

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;
use pep440_rs::Version;

use super::{Scheme, VersionScheme};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Pep440>("pep440", &[Ecosystem::PyPi]);

struct Pep440;

impl Scheme for Pep440 {
    type Version<'a> = Version;

    fn read(text: &str) -> Option<Version> {
        text.trim().parse().ok()
    }

    /// A bound without a local part speaks of the public version, so `2.1.0+cu118` counts as `2.1.0`. Nothing
    /// else of the specifiers' rules applies: `1.0rc1` *is* below `1.0`.
    fn compare_to_bound(installed: &Version, bound: &Version) -> Ordering {
        if bound.local().is_empty() && !installed.local().is_empty() {
            installed.clone().without_local().cmp(bound)
        } else {
            installed.cmp(bound)
        }
    }
}
