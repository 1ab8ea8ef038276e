//! The order of Gentoo's packages: `1.2.3b_rc1_p2-r4` (Package Manager Specification, "Version comparison";
//! feeds.md C16).

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Portage>("portage", &[Ecosystem::Portage]);

struct Portage;

impl Scheme for Portage {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let end = text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let has_letter = rest.starts_with(|first: char| first.is_ascii_lowercase());
        let (letter, rest) = rest.split_at(usize::from(has_letter));
        let (suffixes, revision) = match rest.bytes().rposition(|byte| byte == b'-') {
            Some(end) => (&rest[..end], rest[end..].strip_prefix("-r")?),
            None => (rest, "0"),
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_valid = split(numbers, b'.').all(is_number)
            && is_number(revision)
            && (suffixes.is_empty() || suffixes.starts_with('_'))
            && split(suffixes, b'_').skip(1).all(|suffix| Suffix::read(suffix).is_some());
        is_valid.then_some(Version { numbers, letter, suffixes, revision })
    }
}

/// The parts of a version.
struct Version<'a> {
    /// Numbers with dots between them; at least one.
    numbers: &'a str,
    /// A letter, or nothing.
    letter: &'a str,
    /// Suffixes, each with its underscore.
    suffixes: &'a str,
    /// Digits.
    revision: &'a str,
}

impl Version<'_> {
    fn suffixes(&self) -> impl Iterator<Item = Suffix<'_>> {
        split(self.suffixes, b'_').filter_map(Suffix::read)
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left_first, right_first) = (first_number(self.numbers), first_number(other.numbers));
        compare_numbers(left_first, right_first)
            .then_with(|| {
                let (left, right) = (split(self.numbers, b'.').skip(1), split(other.numbers, b'.').skip(1));
                compare_lists(left, right, |left, right| match (left, right) {
                    (Some(left), Some(right)) => compare_fractions(left, right),
                    (left, right) => left.is_some().cmp(&right.is_some()),
                })
            })
            .then_with(|| self.letter.cmp(other.letter))
            .then_with(|| compare_suffixes(self.suffixes(), other.suffixes()))
            .then_with(|| compare_numbers(self.revision, other.revision))
    }
}

ordered_by_cmp!(Version<'_>);

fn first_number(numbers: &str) -> &str {
    split(numbers, b'.').next().unwrap_or_default()
}

/// A number after a dot: one with a zero before it is a fraction, so `1.01` comes before `1.1`.
fn compare_fractions(left: &str, right: &str) -> Ordering {
    if left.starts_with('0') || right.starts_with('0') {
        left.trim_end_matches('0').cmp(right.trim_end_matches('0'))
    } else {
        compare_numbers(left, right)
    }
}

/// One suffix, without its underscore: its kind, and its number or nothing, which is zero.
#[derive(Clone, Copy, Debug)]
struct Suffix<'a> {
    kind: Kind,
    number: &'a str,
}

/// The kinds of suffixes in their order; only a patch is above the version without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Alpha,
    Beta,
    Pre,
    Rc,
    None,
    Patch,
}

impl Suffix<'_> {
    fn read(text: &str) -> Option<Suffix<'_>> {
        let end = text.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(text.len());
        let (kind, number) = text.split_at(end);
        let kind = match kind {
            "alpha" => Kind::Alpha,
            "beta" => Kind::Beta,
            "pre" => Kind::Pre,
            "rc" => Kind::Rc,
            "p" => Kind::Patch,
            _ => return None,
        };
        number.bytes().all(|byte| byte.is_ascii_digit()).then_some(Suffix { kind, number })
    }
}

fn compare_suffixes<'a>(
    mut left: impl Iterator<Item = Suffix<'a>>,
    mut right: impl Iterator<Item = Suffix<'a>>,
) -> Ordering {
    const NONE: Suffix<'_> = Suffix { kind: Kind::None, number: "" };
    loop {
        let (left, right) = (left.next().unwrap_or(NONE), right.next().unwrap_or(NONE));
        let order = left.kind.cmp(&right.kind).then_with(|| compare_numbers(left.number, right.number));
        if order.is_ne() || left.kind == Kind::None {
            return order;
        }
    }
}
