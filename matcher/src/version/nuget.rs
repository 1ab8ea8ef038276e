//! NuGet's order (feeds.md C9): Semantic Versioning with an optional fourth number, and pre-releases that ignore case.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::semver::{self, compare_lists};
use super::{Scheme, VersionScheme, compare_numbers, split};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<NuGet>("nuget", &[Ecosystem::NuGet]);

struct NuGet;

impl Scheme for NuGet {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let version = semver::read(text)?;
        (split(version.numbers, b'.').count() <= 4).then_some(Version(version))
    }
}

struct Version<'a>(semver::Version<'a>);

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (&self.0, &other.0);
        compare_lists(split(left.numbers, b'.'), split(right.numbers, b'.'), |left, right| {
            compare_numbers(left.unwrap_or("0"), right.unwrap_or("0"))
        })
        .then_with(|| left.prerelease.is_empty().cmp(&right.prerelease.is_empty()))
        .then_with(|| {
            compare_lists(split(left.prerelease, b'.'), split(right.prerelease, b'.'), |left, right| {
                match (left, right) {
                    (Some(left), Some(right)) => compare_identifier(left, right),
                    (left, right) => left.is_some().cmp(&right.is_some()),
                }
            })
        })
    }
}

/// NuGet takes for a number what fits into 32 bits, and all else for text: `nightly.202401090430` is text.
fn compare_identifier(left: &str, right: &str) -> Ordering {
    match (left.parse::<i32>(), right.parse::<i32>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Err(_), Err(_)) => upper_case(left).cmp(upper_case(right)),
        (left, right) => right.is_ok().cmp(&left.is_ok()),
    }
}

fn upper_case(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_uppercase())
}

ordered_by_cmp!(Version<'_>);
