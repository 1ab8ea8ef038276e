//! The order of Bitnami's components: `8.0.34.1-2`, numbers of the software and Bitnami's revision (feeds.md C17).
//!
//! Advisories speak of the software, so neither the revision nor a pre-release nor build metadata counts.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Bitnami>("bitnami", &[Ecosystem::Bitnami]);

struct Bitnami;

impl Scheme for Bitnami {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let end = text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let is_valid = split(numbers, b'.').all(|number| !number.is_empty())
            && (rest.is_empty() || (rest.starts_with(['-', '+']) && rest.len() > 1))
            && rest.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then_some(Version(numbers))
    }
}

/// Numbers with dots between them; at least one.
struct Version<'a>(&'a str);

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_lists(split(self.0, b'.'), split(other.0, b'.'), |left, right| {
            compare_numbers(left.unwrap_or("0"), right.unwrap_or("0"))
        })
    }
}

ordered_by_cmp!(Version<'_>);
