//! The order of dpkg: `1:2.3-4~deb12u1` (deb-version(7); feeds.md C2), and of opkg, which
//! took it over.
//!
//! Written here rather than taken from a crate: the one for it (`debversion`) allocates for each version and
//! reads long digit runs in quadratic time, and advisories are foreign bytes.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers, letters_digits_and, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Deb>("deb", &[Ecosystem::Deb, Ecosystem::Opkg]);

struct Deb;

static IS_LEGAL: [bool; 256] = letters_digits_and(b".+-~:_");

impl Scheme for Deb {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        // One walk over the text for all three: most of them have no epoch.
        let (mut colon, mut hyphen) = (None, None);
        for (index, byte) in text.bytes().enumerate() {
            match byte {
                b':' => colon = colon.or(Some(index)),
                b'-' => hyphen = Some(index),
                _ if !IS_LEGAL[usize::from(byte)] => return None,
                _ => {}
            }
        }
        let (epoch, start) = colon.map_or(("", 0), |colon| (&text[..colon], colon + 1));
        let (upstream, revision) = match hyphen.filter(|hyphen| *hyphen >= start) {
            Some(end) => (&text[start..end], &text[end + 1..]),
            None => (&text[start..], "0"),
        };
        let is_number = colon != Some(0) && epoch.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !upstream.is_empty() && !revision.is_empty()).then_some(Version {
            epoch,
            upstream,
            revision,
        })
    }
}

/// The parts of a version.
struct Version<'a> {
    /// Empty where it is not written, which is zero.
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_numbers(self.epoch, other.epoch)
            .then_with(|| compare_parts(self.upstream, other.upstream))
            .then_with(|| compare_parts(self.revision, other.revision))
    }
}

ordered_by_cmp!(Version<'_>);

/// `verrevcmp`: alternating runs of other characters, by weight, and of digits, by value.
pub(super) fn compare_parts(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_text, right_text);
        (left_text, left) = split_text(left);
        (right_text, right) = split_text(right);
        let (left_number, right_number);
        (left_number, left) = split_digits(left);
        (right_number, right) = split_digits(right);
        let order = compare_texts(left_text.as_bytes(), right_text.as_bytes())
            .then_with(|| compare_numbers(left_number, right_number));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn split_text(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn compare_texts(left: &[u8], right: &[u8]) -> Ordering {
    let length = left.len().max(right.len());
    let weights = |text: &[u8], index: usize| weight(text.get(index).copied());
    (0..length)
        .map(|index| weights(left, index).cmp(&weights(right, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// A tilde comes before the end, the end before letters, letters before all else.
fn weight(byte: Option<u8>) -> i16 {
    match byte {
        Some(b'~') => -1,
        None => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i16::from(letter),
        Some(other) => i16::from(other) + 256,
    }
}
