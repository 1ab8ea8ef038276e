//! An order for software whose own is unknown, as a CPE or a binary names it: `1.0.2k`, `15.1(4)M`, `98SP1`,
//! `5.0-rc2`, `2024-05-01` (feeds.md C13).
//!
//! feeds.md gives two rules, Semantic Versioning where both versions look like it and a comparison run by run
//! where not; together they are not transitive. This is one order that keeps what both are for: numbers with dots
//! come first, a missing one is zero; of the runs of letters and digits that follow, the known words for what
//! comes before a release are below it, words for the release itself say nothing, and all else is above it; what follows
//! a plus counts last.

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
        .then_with(|| compare_runs(rest_runs(self), rest_runs(other)))
        .then_with(|| compare_runs(build_runs(self), build_runs(other)))
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

/// What stands for a word of [`BEFORE_RELEASE`] straight before a number. Behind anything else `a` and `b` count up from
/// the release, as OpenSSL's letters do.
const SHORT: &[(&str, &str)] = &[("a", "alpha"), ("b", "beta")];

/// Words for the release itself.
const RELEASE: &[&str] = &["final", "ga", "release"];

/// Words for a patch, where a number follows straight behind.
const PATCH: &[&str] = &["p", "pl", "patch"];

/// The lowest pre-release of all, with which ranges begin that hold every one: `1.22.0-0`.
const LOWEST: &str = "-0";

/// A run of letters or of digits, in its order.
#[derive(Clone, Copy, Debug)]
enum Run<'a> {
    Lowest,
    /// A word of [`BEFORE_RELEASE`], by its line.
    Before(usize),
    End,
    Number(&'a str),
    Word(&'a str),
}

impl<'a> Run<'a> {
    /// What the run `text` is; `before` and `after` are what stands at its sides. None where it says nothing.
    fn of_rest(text: &'a str, before: &str, after: &str) -> Option<Self> {
        if text.starts_with(is_digit) {
            return Some(Self::Number(text));
        }
        let is = |known: &str| known.eq_ignore_ascii_case(text);
        let is_counted = after.starts_with(is_digit);
        if RELEASE.iter().any(|known| is(known)) {
            return None;
        }
        if is_counted && PATCH.iter().any(|known| is(known)) {
            return Some(Self::Word(PATCH[0]));
        }
        // Cisco's `15.1(4)M3` is a release of its line M; NVD's `9.4.0` with the update `m0` is joined without a dot.
        let is_milestone = is_counted && is("m") && (before.is_empty() || before.ends_with(['.', '-']));
        let short = SHORT.iter().find(|(short, _)| is_counted && is(short)).map(|(_, word)| *word);
        let word = short.unwrap_or(if is_milestone { "milestone" } else { text });
        let is_same = |known: &&str| known.eq_ignore_ascii_case(word);
        let line = BEFORE_RELEASE.iter().position(|line| line.iter().any(is_same));
        Some(line.map_or(Self::Word(text), Self::Before))
    }

    fn of_build(text: &'a str) -> Self {
        if text.starts_with(is_digit) { Self::Number(text) } else { Self::Word(text) }
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
            Self::Lowest => 0,
            Self::Before(_) => 1,
            Self::End => 2,
            Self::Number(_) => 3,
            Self::Word(_) => 4,
        }
    }
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// The runs between the numbers of a version and its build.
fn rest_runs<'a>(version: &Version<'a>) -> impl Iterator<Item = Run<'a>> {
    let rest = version.rest;
    let is_lowest = rest == LOWEST;
    let others = if is_lowest { "" } else { rest };
    let runs = runs(others)
        .filter_map(move |(start, text)| Run::of_rest(text, &others[..start], &others[start + text.len()..]));
    is_lowest.then_some(Run::Lowest).into_iter().chain(runs)
}

fn build_runs<'a>(version: &Version<'a>) -> impl Iterator<Item = Run<'a>> {
    runs(version.build).map(|(_, text)| Run::of_build(text))
}

fn compare_runs<'a>(left: impl Iterator<Item = Run<'a>>, right: impl Iterator<Item = Run<'a>>) -> Ordering {
    compare_lists(left, right, |left, right| left.unwrap_or(Run::End).compare(right.unwrap_or(Run::End)))
}

/// The runs of letters and of digits, with where they start; what is between them only separates.
fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + text[end..].bytes().position(|byte| byte.is_ascii_alphanumeric())?;
        let (letters, _) = split_letters(&text[start..]);
        let (digits, _) = split_digits(&text[start..]);
        let run = if letters.is_empty() { digits } else { letters };
        end = start + run.len();
        Some((start, run))
    })
}
