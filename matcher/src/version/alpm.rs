//! The order of pacman: `1:2.3rc1-4` (vercmp(8), alpm_pkg_vercmp; feeds.md C3, last note).
//!
//! Segments are those of rpm, but letters at the end make a version older (`1.0rc1 < 1.0`), and how many
//! characters separate two segments counts. A version that ends in a separator is refused: the order of vercmp is
//! not transitive there (`1.1 < 1..a < 1. < 1.1`), and no package has one.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::rpm::{self, split_letters};
use super::{Scheme, VersionScheme, compare_numbers, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Alpm>("alpm", &[Ecosystem::Alpm]);

struct Alpm;

impl Scheme for Alpm {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let is_legal = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'~' | b'^' | b':' | b'@')
        };
        let ends_well = |part: &str| part.ends_with(|last: char| last.is_ascii_alphanumeric());
        let version = rpm::split(text);
        let is_valid =
            text.bytes().all(is_legal) && ends_well(version.version) && version.release.is_none_or(ends_well);
        is_valid.then_some(Version(version))
    }

    /// Releases count where both have one, as in vercmp.
    fn compare_to_bound(installed: &Version<'_>, bound: &Version<'_>) -> Ordering {
        installed.compare_version(bound).then_with(|| match (installed.0.release, bound.0.release) {
            (Some(left), Some(right)) => compare_parts(left, right),
            _ => Ordering::Equal,
        })
    }
}

struct Version<'a>(rpm::Version<'a>);

impl Version<'_> {
    fn compare_version(&self, other: &Self) -> Ordering {
        compare_numbers(self.0.epoch, other.0.epoch)
            .then_with(|| compare_parts(self.0.version, other.0.version))
    }
}

impl Ord for Version<'_> {
    /// To vercmp a version without a release equals every release of it, which is not transitive. Here it equals
    /// release 1, which is the first.
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare_version(other)
            .then_with(|| compare_parts(self.0.release.unwrap_or("1"), other.0.release.unwrap_or("1")))
    }
}

ordered_by_cmp!(Version<'_>);

/// Segment by segment: letters right after the last one, the end, and then by the number of characters before
/// the segment, letters before digits.
fn compare_parts(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() && !right.is_empty() {
        let (left_separators, right_separators);
        (left_separators, left) = split_separators(left);
        (right_separators, right) = split_separators(right);
        let (left_letters, right_letters, left_digits, right_digits);
        (left_letters, left) = split_letters(left);
        (right_letters, right) = split_letters(right);
        let order = left_separators
            .len()
            .cmp(&right_separators.len())
            // Letters come before digits, which is what stands here where there are none.
            .then_with(|| left_letters.is_empty().cmp(&right_letters.is_empty()))
            .then_with(|| left_letters.cmp(right_letters));
        if order.is_ne() {
            return order;
        }
        if !left_letters.is_empty() {
            continue;
        }
        (left_digits, left) = split_digits(left);
        (right_digits, right) = split_digits(right);
        let order = compare_numbers(left_digits, right_digits);
        if order.is_ne() {
            return order;
        }
    }
    let is_letter = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    match (left.is_empty(), right.is_empty()) {
        (true, false) if is_letter(right) => Ordering::Greater,
        (false, true) if is_letter(left) => Ordering::Less,
        (left_is_at_end, right_is_at_end) => right_is_at_end.cmp(&left_is_at_end),
    }
}

fn split_separators(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte.is_ascii_alphanumeric()).unwrap_or(text.len());
    text.split_at(end)
}
