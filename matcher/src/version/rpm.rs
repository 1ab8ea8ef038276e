//! The order of rpm: `1:2.3~rc1-4.el9_2` (rpm-version(7), rpmvercmp; feeds.md C3).
//!
//! Read beyond what rpm lets packages be called: letters of any script, because rpm orders them too (as it does
//! punctuation: they only separate). White space, control characters and digits of other scripts are refused.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers, letters_digits_and, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Rpm>("rpm", &[Ecosystem::Rpm]);

/// The order among versions of source packages, whose archives have no epoch, and of binary ones of which none is told: one
/// that only either side has says nothing (feeds.md B3, B9).
pub(crate) static OF_SOURCES: VersionScheme = VersionScheme::of::<SourceRpm>("rpm", &[]);

struct Rpm;

struct SourceRpm;

impl Scheme for SourceRpm {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        Rpm::read(text)
    }

    fn compare_to_bound(installed: &Version<'_>, bound: &Version<'_>) -> Ordering {
        if installed.epoch.is_empty() == bound.epoch.is_empty() {
            return Rpm::compare_to_bound(installed, bound);
        }
        let (installed, bound) = (installed.without_epoch(), bound.without_epoch());
        Rpm::compare_to_bound(&installed, &bound)
    }
}

impl Scheme for Rpm {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let is_legal_everywhere = text.bytes().all(is_legal)
            || text.chars().all(|letter| match u8::try_from(letter) {
                Ok(byte) if byte.is_ascii() => is_legal(byte),
                _ => letter.is_alphabetic(),
            });
        let version = split(text);
        (is_legal_everywhere && !version.version.is_empty()).then_some(version)
    }

    /// A bound without a release speaks of every release of its version: `1.4-3.el9` is not below `1.4`, and not
    /// above it either.
    fn compare_to_bound(installed: &Version<'_>, bound: &Version<'_>) -> Ordering {
        if bound.release.is_none() { installed.compare_version(bound) } else { installed.cmp(bound) }
    }
}

static IS_LEGAL: [bool; 256] = letters_digits_and(b"._-+~^:%{}");

fn is_legal(byte: u8) -> bool {
    IS_LEGAL[usize::from(byte)]
}

/// The parts of a version.
pub(crate) struct Version<'a> {
    /// Digits; an epoch that is not there is zero.
    pub(crate) epoch: &'a str,
    pub(super) version: &'a str,
    pub(super) release: Option<&'a str>,
}

/// The parts of `text`: the epoch is what digits stand before the first colon, the release follows the last
/// hyphen.
pub(crate) fn split(text: &str) -> Version<'_> {
    let (digits, rest) = split_digits(text);
    let (epoch, rest) = rest.strip_prefix(':').map_or(("", text), |rest| (digits, rest));
    let (version, release) = match rest.bytes().rposition(|byte| byte == b'-') {
        Some(end) => (&rest[..end], Some(&rest[end + 1..])),
        None => (rest, None),
    };
    Version { epoch, version, release }
}

impl<'a> Version<'a> {
    fn without_epoch(&self) -> Self {
        Self { epoch: "", ..*self }
    }

    fn compare_version(&self, other: &Self) -> Ordering {
        compare_numbers(self.epoch, other.epoch).then_with(|| compare_parts(self.version, other.version))
    }
}

impl Ord for Version<'_> {
    /// No release comes before any, as `rpmdev-vercmp` and rpm's own library have it.
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare_version(other).then_with(|| match (self.release, other.release) {
            (Some(left), Some(right)) => compare_parts(left, right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        })
    }
}

ordered_by_cmp!(Version<'_>);

/// What stands at a place of a part, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Tilde,
    End,
    Caret,
    Letters,
    Digits,
}

impl Segment {
    fn at_start_of(text: &str) -> Self {
        match text.as_bytes().first() {
            None => Self::End,
            Some(b'~') => Self::Tilde,
            Some(b'^') => Self::Caret,
            Some(b'0'..=b'9') => Self::Digits,
            Some(_) => Self::Letters,
        }
    }
}

/// `rpmvercmp`: runs of letters as text, runs of digits by value; what is between them only separates.
fn compare_parts(left: &str, right: &str) -> Ordering {
    let start = start_of_difference(left, right);
    let (mut left, mut right) = (&left[start..], &right[start..]);
    loop {
        (left, right) = (skip_separators(left), skip_separators(right));
        let (segment, other) = (Segment::at_start_of(left), Segment::at_start_of(right));
        if segment != other {
            return segment.cmp(&other);
        }
        let order;
        match segment {
            Segment::End => return Ordering::Equal,
            Segment::Tilde | Segment::Caret => {
                (left, right) = (&left[1..], &right[1..]);
                continue;
            }
            Segment::Letters => {
                let (left_letters, right_letters);
                (left_letters, left) = split_letters(left);
                (right_letters, right) = split_letters(right);
                order = left_letters.cmp(right_letters);
            }
            Segment::Digits => {
                let (left_digits, right_digits);
                (left_digits, left) = split_digits(left);
                (right_digits, right) = split_digits(right);
                order = compare_numbers(left_digits, right_digits);
            }
        }
        if order.is_ne() {
            return order;
        }
    }
}

/// Where the segment begins in which the two differ first: versions that are compared mostly begin alike.
fn start_of_difference(left: &str, right: &str) -> usize {
    let bytes = left.as_bytes();
    let mut start = bytes.iter().zip(right.as_bytes()).take_while(|(left, right)| left == right).count();
    while start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || !left.is_char_boundary(start)) {
        start -= 1;
    }
    start
}

fn skip_separators(text: &str) -> &str {
    let is_segment = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^');
    let start = text.bytes().position(is_segment).unwrap_or(text.len());
    &text[start..]
}

/// Splits `text` after its longest prefix of ASCII letters.
pub(super) fn split_letters(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    text.split_at(end)
}
