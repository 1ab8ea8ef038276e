//! An order for software whose own is unknown, as a CPE or a binary names it: `1.0.2k`, `15.1(4)M`, `98SP1`,
//! `5.0-rc2`, `2024-05-01` (feeds.md C13).
//!
//! feeds.md gives two rules, Semantic Versioning where both versions look like it and a comparison run by run
//! where not; together they are not transitive. This is one order that keeps what both are for: numbers with dots
//! come first, a missing one is zero; of the runs of letters and digits that follow, the known words for what
//! comes before a release are below it and all else is above it; what follows a plus counts last.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::rpm::split_letters;
use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split, split_digits, split_once};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Generic>("generic", &[Ecosystem::Generic]);

struct Generic;

impl Scheme for Generic {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (main, build) = split_once(text, b'+').unwrap_or((text, ""));
        let end = main.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(main.len());
        let (numbers, rest) = main.split_at(end);
        let numbers = match numbers.strip_suffix('.') {
            Some(numbers) if !rest.is_empty() => numbers,
            _ => numbers,
        };
        let is_valid = split(numbers, b'.').all(|number| !number.is_empty()) && text.bytes().all(is_legal);
        is_valid.then_some(Version { numbers, rest, build })
    }
}

/// Neither wildcards nor what ranges are written with.
fn is_legal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'-' | b'_' | b'+' | b'~' | b':' | b'(' | b')' | b'/' | b'^' | b'@' | b'!' | b'#'
        )
}

/// The parts of a version.
struct Version<'a> {
    /// Numbers with dots between them; at least one.
    numbers: &'a str,
    rest: &'a str,
    /// What follows a plus.
    build: &'a str,
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_lists(split(self.numbers, b'.'), split(other.numbers, b'.'), |left, right| {
            compare_numbers(left.unwrap_or("0"), right.unwrap_or("0"))
        })
        .then_with(|| compare_runs(self.rest, other.rest, Run::before_or_after_release))
        .then_with(|| compare_runs(self.build, other.build, Run::plain))
    }
}

ordered_by_cmp!(Version<'_>);

/// What comes before a release, in its order: words on one line are equal.
const BEFORE_RELEASE: &[&[&str]] = &[
    &["dev", "nightly", "canary", "snapshot"],
    &["alpha"],
    &["beta"],
    &["milestone"],
    &["pre", "preview", "prerelease"],
    &["rc", "cr", "ea"],
];

/// A run of letters or of digits, in its order.
#[derive(Clone, Copy, Debug)]
enum Run<'a> {
    /// A word of [`BEFORE_RELEASE`], by its line.
    Before(usize),
    End,
    Number(&'a str),
    Word(&'a str),
}

impl<'a> Run<'a> {
    fn before_or_after_release(word: &'a str) -> Self {
        let is_same = |known: &&str| known.eq_ignore_ascii_case(word);
        let line = BEFORE_RELEASE.iter().position(|line| line.iter().any(is_same));
        line.map_or(Self::Word(word), Self::Before)
    }

    fn plain(word: &'a str) -> Self {
        Self::Word(word)
    }

    fn compare(self, other: Run<'_>) -> Ordering {
        match (self, other) {
            (Self::Before(left), Run::Before(right)) => left.cmp(&right),
            (Self::Number(left), Run::Number(right)) => compare_numbers(left, right),
            (Self::Word(left), Run::Word(right)) => {
                let lower = |word: &'a str| word.bytes().map(|byte| byte.to_ascii_lowercase());
                lower(left).cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
            }
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Before(_) => 0,
            Self::End => 1,
            Self::Number(_) => 2,
            Self::Word(_) => 3,
        }
    }
}

fn compare_runs<'a>(left: &'a str, right: &'a str, word: fn(&'a str) -> Run<'a>) -> Ordering {
    compare_lists(runs(left), runs(right), |left, right| {
        let run = |text: Option<&'a str>| match text {
            None => Run::End,
            Some(text) if text.starts_with(|first: char| first.is_ascii_digit()) => Run::Number(text),
            Some(text) => word(text),
        };
        run(left).compare(run(right))
    })
}

/// The runs of letters and of digits; what is between them only separates.
fn runs(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let start = rest.bytes().position(|byte| byte.is_ascii_alphanumeric())?;
        let (letters, after_letters) = split_letters(&rest[start..]);
        let (digits, after_digits) = split_digits(&rest[start..]);
        let run;
        (run, rest) = if letters.is_empty() { (digits, after_digits) } else { (letters, after_letters) };
        Some(run)
    })
}
