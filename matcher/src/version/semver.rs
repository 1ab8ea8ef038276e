//! Semantic Versioning 2.0.0 as feeds and registries write it: lenient in spelling, strict in order
//! (feeds.md C4).
//!
//! Read beyond the specification: surrounding white space, a leading `v` or `=`, missing or additional
//! numbers (`1.2`, `1.2.3.4`; missing ones are zero), leading zeros, numbers of any size, and a pre-release
//! that follows without its hyphen (`1.0.0beta`, `1.0.0.rc1`). The crate `semver` refuses all of these.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers, split, split_once};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<SemVer>(
    "semver",
    &[Ecosystem::Npm, Ecosystem::Cargo, Ecosystem::Hex, Ecosystem::Swift],
);

struct SemVer;

impl Scheme for SemVer {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        read(text)
    }
}

/// The parts of a version. Build metadata is kept for schemes that order it; this one does not.
pub(super) struct Version<'a> {
    /// Numbers with dots between them; at least one.
    pub(super) numbers: &'a str,
    /// Identifiers with dots between them; empty for a release.
    pub(super) prerelease: &'a str,
    /// One more identifier, where an ecosystem writes name and number as one (`rc2`).
    pub(super) prerelease_number: &'a str,
    /// What follows `+`.
    pub(super) build: &'a str,
    /// The numbers as one, where there is nothing but numbers.
    pub(super) packed: Option<u64>,
}

/// The version that `text` spells.
pub(super) fn read(text: &str) -> Option<Version<'_>> {
    let plain = Version { numbers: text, prerelease: "", prerelease_number: "", build: "", packed: None };
    if let packed @ Some(_) = packed(text.as_bytes()) {
        return Some(Version { packed, ..plain });
    }
    let text = text.trim();
    let text = text.strip_prefix('=').unwrap_or(text).trim_start();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text).trim_start();
    let (text, build) = split_once(text, b'+').unwrap_or((text, ""));

    let end = text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let (numbers, prerelease) = match (rest.as_bytes().first(), numbers.strip_suffix('.')) {
        (None, None) => (numbers, ""),
        (Some(b'-'), None) => (numbers, &rest[1..]),
        (Some(b'a'..=b'z' | b'A'..=b'Z'), None) => (numbers, rest),
        // `1.0.0.rc1`, but not the wildcard `1.x`.
        (Some(b'a'..=b'z' | b'A'..=b'Z'), Some(numbers)) if split(numbers, b'.').count() >= 3 => {
            (numbers, rest)
        }
        _ => return None,
    };
    let is_identifier = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_valid = split(numbers, b'.').all(|number| !number.is_empty())
        && (rest.is_empty() || split(prerelease, b'.').all(is_identifier));
    is_valid.then_some(Version { numbers, prerelease, build, ..plain })
}

/// The numbers of a version that is nothing else, up to four of up to four digits each: as numbers of 16 bits, the first in
/// the highest place, those that are missing zero. Most versions are such, and are compared at once.
fn packed(text: &[u8]) -> Option<u64> {
    const NUMBERS_MAX: u32 = 4;
    const DIGITS_MAX: u32 = 4;
    let (mut packed, mut number) = (0, 0);
    let (mut n_numbers, mut n_digits) = (1, 0);
    for byte in text {
        match byte {
            b'0'..=b'9' if n_digits < DIGITS_MAX => {
                number = number * 10 + u64::from(byte - b'0');
                n_digits += 1;
            }
            b'.' if n_digits > 0 && n_numbers < NUMBERS_MAX => {
                packed = packed << 16 | number;
                n_numbers += 1;
                (number, n_digits) = (0, 0);
            }
            _ => return None,
        }
    }
    (n_digits > 0).then_some((packed << 16 | number) << (16 * (NUMBERS_MAX - n_numbers)))
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Some(left), Some(right)) = (self.packed, other.packed) {
            return left.cmp(&right);
        }
        compare_lists(split(self.numbers, b'.'), split(other.numbers, b'.'), |left, right| {
            compare_numbers(left.unwrap_or("0"), right.unwrap_or("0"))
        })
        // A release comes after its pre-releases.
        .then_with(|| self.prerelease.is_empty().cmp(&other.prerelease.is_empty()))
        .then_with(|| compare_identifiers(self.prerelease_identifiers(), other.prerelease_identifiers()))
    }
}

impl Version<'_> {
    fn prerelease_identifiers(&self) -> impl Iterator<Item = &str> {
        split(self.prerelease, b'.')
            .chain(std::iter::once(self.prerelease_number))
            .filter(|identifier| !identifier.is_empty())
    }
}

/// Section 11.4 of the specification: fewer identifiers come first when all others are equal.
pub(super) fn compare_identifiers<'a>(
    left: impl Iterator<Item = &'a str>,
    right: impl Iterator<Item = &'a str>,
) -> Ordering {
    compare_lists(left, right, |left, right| match (left, right) {
        (Some(left), Some(right)) => compare_identifier(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    })
}

fn compare_identifier(left: &str, right: &str) -> Ordering {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match (is_number(left), is_number(right)) {
        (true, true) => compare_numbers(left, right),
        (false, false) => left.cmp(right),
        (left_is_number, right_is_number) => right_is_number.cmp(&left_is_number),
    }
}

/// Compares two lists item by item, the shorter one padded with nothing.
pub(super) fn compare_lists<T>(
    mut left: impl Iterator<Item = T>,
    mut right: impl Iterator<Item = T>,
    compare: impl Fn(Option<T>, Option<T>) -> Ordering,
) -> Ordering {
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => {
                let order = compare(left, right);
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

ordered_by_cmp!(Version<'_>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn packed_versions_are_ordered_as_those_that_are_not(
            left in r"[0-9]{1,5}(\.[0-9]{1,5}){0,4}",
            right in r"[0-9]{1,5}(\.[0-9]{1,5}){0,4}",
        ) {
            // With a letter before it none is packed.
            let (left_unpacked, right_unpacked) = (format!("v{left}"), format!("v{right}"));
            let order = |left: &str, right: &str| read(left).unwrap().cmp(&read(right).unwrap());
            prop_assert_eq!(order(&left, &right), order(&left_unpacked, &right_unpacked));
            prop_assert_eq!(order(&left, &right_unpacked), order(&left_unpacked, &right));
        }
    }

    #[test]
    fn up_to_four_short_numbers_are_packed() {
        let is_packed = |text: &str| read(text).is_some_and(|version| version.packed.is_some());
        let packed = ["1", "0", "1.2", "1.2.3", "9999.9999.9999.9999", "0001.2"];
        assert!(packed.into_iter().all(is_packed));
        let unpacked = ["10000", "1.2.3.4.5", "v1", "1.2.3-a", "1.2.3+b", " 1", "1.", ".1", "1..2", "", "."];
        assert!(!unpacked.into_iter().any(is_packed));
    }
}
