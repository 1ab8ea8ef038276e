//! The order of upstream Linux kernels: `6.6.30`, `6.6-rc7`, `6.1.112-122.189.amzn2023` (feeds.md C14).
//!
//! What follows the numbers is a local build and counts for nothing, except a release candidate. Kernels that a
//! distribution packages are ordered by the package's scheme, never by this one.

use std::cmp::Ordering;

use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Kernel>("kernel", &[]);

struct Kernel;

/// `6.6`, `6.6.30`, and `2.6.32.71` of old.
const NUMBERS_MAX: usize = 4;

impl Scheme for Kernel {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let end = text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        // `6.1.112.x86_64`: the dot belongs to the local part.
        let (numbers, rest) = match numbers.strip_suffix('.') {
            Some(numbers) if !rest.is_empty() => (numbers, &text[end - 1..]),
            _ => (numbers, rest),
        };
        let candidate = rest.trim_start_matches(['-', '.', '~']).strip_prefix("rc").map(split_digits);
        let (candidate, local) = match candidate {
            Some((number, local)) if !number.is_empty() => (Some(number), local),
            _ => (None, rest),
        };
        let is_valid = split(numbers, b'.').all(|number| !number.is_empty())
            && split(numbers, b'.').take(NUMBERS_MAX + 1).count() <= NUMBERS_MAX
            && (local.is_empty() || local.starts_with(['-', '+', '_', '~', '.']))
            && local.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then_some(Version { numbers, candidate })
    }
}

/// The parts of a version.
struct Version<'a> {
    /// Numbers with dots between them; at least one. A missing one is zero.
    numbers: &'a str,
    /// Which release candidate it is, if it is one.
    candidate: Option<&'a str>,
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_lists(split(self.numbers, b'.'), split(other.numbers, b'.'), |left, right| {
            compare_numbers(left.unwrap_or("0"), right.unwrap_or("0"))
        })
        .then_with(|| match (self.candidate, other.candidate) {
            (Some(left), Some(right)) => compare_numbers(left, right),
            (left, right) => left.is_none().cmp(&right.is_none()),
        })
    }
}

ordered_by_cmp!(Version<'_>);
