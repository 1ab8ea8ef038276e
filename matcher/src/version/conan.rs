//! The order of Conan: `1.1.1w`, `1.2-pre1+build`, `cci.20230101` (`Version` in Conan's `model/version.py`;
//! feeds.md C11).
//!
//! Conan compares a number with text by both as text, which is not transitive (`10 < 1a < 2 < 10`). Here text
//! that begins with digits is ordered by them first, and other text is above all numbers, which is what Conan's
//! order comes to for versions as they are written. Words that are no version (`system`, `latest`) are refused.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split, split_digits, split_once};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Conan>("conan", &[Ecosystem::Conan]);

struct Conan;

impl Scheme for Conan {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let is_legal = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'~' | b'*')
        };
        let is_dated = text.strip_prefix("cci.").is_some_and(|date| !date.is_empty());
        let is_numbered = text.starts_with(|first: char| first.is_ascii_digit());
        if !(is_numbered || is_dated) || !text.bytes().all(is_legal) {
            return None;
        }
        let (rest, build) = match text.bytes().rposition(|byte| byte == b'+') {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        let (main, prerelease) = match split_once(rest, b'-') {
            Some((main, prerelease)) => (main, Some(prerelease)),
            None => (rest, None),
        };
        let is_split = |part: &str| split(part, b'.').all(|item| !item.is_empty());
        let is_valid = is_split(main)
            && !rest.contains('+')
            && prerelease.is_none_or(|part| part.is_empty() || is_split(part))
            && build.is_none_or(is_split);
        is_valid.then_some(Version { main, prerelease, build })
    }
}

/// The parts of a version, each items with dots between them.
struct Version<'a> {
    main: &'a str,
    prerelease: Option<&'a str>,
    build: Option<&'a str>,
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_items(self.main, other.main)
            // A release comes after its pre-releases, and a build after what it is a build of.
            .then_with(|| self.prerelease.is_none().cmp(&other.prerelease.is_none()))
            .then_with(|| compare_items(self.prerelease.unwrap_or(""), other.prerelease.unwrap_or("")))
            .then_with(|| self.build.is_some().cmp(&other.build.is_some()))
            .then_with(|| compare_items(self.build.unwrap_or(""), other.build.unwrap_or("")))
    }
}

ordered_by_cmp!(Version<'_>);

/// Zeros at the end of a part count for nothing; so does, with them, an item that is not there.
fn compare_items(left: &str, right: &str) -> Ordering {
    compare_lists(split(left, b'.'), split(right, b'.'), |left, right| {
        compare_item(left.unwrap_or("0"), right.unwrap_or("0"))
    })
}

/// The empty item, then those that begin with digits, by these and then by what follows, then all other text.
fn compare_item(left: &str, right: &str) -> Ordering {
    let rank = |item: &str| match item.as_bytes().first() {
        None => 0,
        Some(b'0'..=b'9') => 1,
        Some(_) => 2,
    };
    let ((left_digits, left_text), (right_digits, right_text)) = (split_digits(left), split_digits(right));
    rank(left)
        .cmp(&rank(right))
        .then_with(|| compare_numbers(left_digits, right_digits))
        .then_with(|| left_text.cmp(right_text))
}
