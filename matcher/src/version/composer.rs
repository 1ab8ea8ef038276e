//! Composer's order (feeds.md C10): a version is brought into the form that Composer stores, then compared as PHP
//! compares words. `1.0-dev < 1.0a1 < 1.0b1 < 1.0RC1 < 1.0 < 1.0pl1`.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers, split_digits, split_once};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Composer>("composer", &[Ecosystem::Composer]);

struct Composer;

impl Scheme for Composer {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        read(text)
    }

    /// What Composer refuses (`1.0.post1`) stands where PHP's `version_compare` puts its words. Branches without a
    /// number have no order in either.
    fn order_of_texts(left: &str, right: &str) -> Option<Ordering> {
        let read = |text| read(text).or_else(|| read_words(text));
        Some(read(left)?.cmp(&read(right)?))
    }
}

/// Numbers, then a stability with numbers of its own, then `dev`. The end of a version stands as [`Part::End`], which
/// is between the words for what comes before a release and the numbers.
struct Version<'a>(Vec<Part<'a>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    /// A word that PHP does not know; no version of Composer has one.
    Unknown,
    Dev,
    Alpha,
    Beta,
    Candidate,
    End,
    Number(&'a str),
    Patch,
}

/// Stands for the missing numbers of a branch: `1.x-dev` is above all that begins with `1.`.
const BRANCH: &str = "9999999";

/// The version that `text` spells. A branch without a number (`dev-main`) has no order.
fn read(text: &str) -> Option<Version<'_>> {
    let text = without_stability_flag(text.trim());
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let text = without_core(text);
    let text = split_once(text, b'+').map_or(text, |(version, _)| version);
    read_branch(text).or_else(|| read_release(text))
}

/// `1.0@beta` without what a user accepts of it.
fn without_stability_flag(text: &str) -> &str {
    let is_flag = |flag: &str| {
        ["stable", "RC", "beta", "alpha", "dev"].iter().any(|known| flag.eq_ignore_ascii_case(known))
    };
    match text.rsplit_once('@') {
        Some((version, flag)) if is_flag(flag) => version,
        _ => text,
    }
}

/// Drupal's modules name the core they are for: `8.x-1.3` is their version 1.3. `8.x-dev` is a branch.
fn without_core(text: &str) -> &str {
    let (_, rest) = split_digits(text);
    match rest.strip_prefix(".x-") {
        Some(version)
            if version.len() < text.len() - 3
                && version.starts_with(|first: char| first.is_ascii_digit()) =>
        {
            version
        }
        _ => text,
    }
}

/// A branch with a number: `1.x-dev`, `2.1.x-dev`, with at most four parts.
fn read_branch(text: &str) -> Option<Version<'_>> {
    let end = text.len().checked_sub(3).filter(|&end| text.is_char_boundary(end))?;
    let (branch, dev) = text.split_at(end);
    let branch = dev.eq_ignore_ascii_case("dev").then_some(branch)?;
    let branch = branch.strip_suffix(['.', '-']).unwrap_or(branch);
    let mut parts = Vec::new();
    let mut has_wildcard = false;
    for part in branch.split('.').take(5) {
        let is_wildcard = matches!(part, "x" | "X" | "*");
        has_wildcard |= is_wildcard;
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_wildcard && !is_number {
            return None;
        }
        parts.push(Part::Number(if is_wildcard { BRANCH } else { part }));
    }
    if !has_wildcard || parts.len() > 4 || parts[0] == Part::Number(BRANCH) {
        return None;
    }
    parts.resize(4, Part::Number(BRANCH));
    parts.push(Part::Dev);
    Some(Version(parts))
}

fn read_release(text: &str) -> Option<Version<'_>> {
    let mut parts = Vec::new();
    let (mut rest, are_dotted) = take_numbers(text, b".-:", &mut parts);
    if parts.is_empty() || (are_dotted && parts.len() > 4) {
        return None;
    }
    if are_dotted {
        parts.resize(4, Part::Number("0"));
    }
    let suffix = rest.strip_prefix(['.', '_', '-']).unwrap_or(rest);
    if let Some((stability, after)) = take_stability(suffix) {
        rest = after;
        if let Some(stability) = stability {
            parts.push(stability);
            let numbers = rest
                .strip_prefix(['.', '-'])
                .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
            rest = take_numbers(numbers.unwrap_or(rest), b".-", &mut parts).0;
        }
    }
    if rest.is_empty() {
        return Some(Version(parts));
    }
    let dev = rest.strip_prefix(['.', '-', '_']).unwrap_or(rest);
    parts.push(Part::Dev);
    dev.eq_ignore_ascii_case("dev").then_some(Version(parts))
}

/// The parts of a text that begins with a number, as PHP sees them: runs of digits and of letters, and all else separates.
fn read_words(text: &str) -> Option<Version<'_>> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let is_text = text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    let text = is_text.then_some(text)?;
    let mut parts = Vec::new();
    for run in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let mut rest = run;
        while !rest.is_empty() {
            let (number, after) = split_digits(rest);
            let end = after.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(after.len());
            let word;
            (word, rest) = after.split_at(end);
            parts.extend((!number.is_empty()).then_some(Part::Number(number)));
            parts.extend((!word.is_empty()).then(|| Part::of_word(word)));
        }
    }
    let n_numbers = parts.iter().take_while(|part| matches!(part, Part::Number(_))).count();
    let missing = 4_usize.saturating_sub(n_numbers);
    parts.splice(n_numbers..n_numbers, std::iter::repeat_n(Part::Number("0"), missing));
    Some(Version(parts))
}

/// Takes numbers with `separators` between them from the start of `text`. Returns the rest, and whether there were only
/// dots between them.
fn take_numbers<'a>(text: &'a str, separators: &[u8], parts: &mut Vec<Part<'a>>) -> (&'a str, bool) {
    let (mut number, mut rest) = split_digits(text);
    let mut are_dotted = true;
    while !number.is_empty() {
        parts.push(Part::Number(number));
        let Some(separator) = rest.bytes().next().filter(|byte| separators.contains(byte)) else { break };
        let (next, after) = split_digits(&rest[1..]);
        if next.is_empty() {
            break;
        }
        are_dotted &= separator == b'.';
        (number, rest) = (next, after);
    }
    (rest, are_dotted)
}

/// The stability at the start of `text`, and the rest. `stable` says nothing.
fn take_stability(text: &str) -> Option<(Option<Part<'static>>, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let stability = match word.to_ascii_lowercase().as_str() {
        "stable" => None,
        "alpha" | "a" => Some(Part::Alpha),
        "beta" | "b" => Some(Part::Beta),
        "rc" => Some(Part::Candidate),
        "patch" | "pl" | "p" => Some(Part::Patch),
        _ => return None,
    };
    Some((stability, rest))
}

impl Part<'_> {
    /// PHP knows a word by how it begins: `post` by its `p`.
    fn of_word(word: &str) -> Self {
        let word = word.to_ascii_lowercase();
        match word.as_bytes() {
            [b'd', b'e', b'v', ..] => Self::Dev,
            [b'a', ..] => Self::Alpha,
            [b'b', ..] => Self::Beta,
            [b'r', b'c', ..] => Self::Candidate,
            [b'p', ..] => Self::Patch,
            _ => Self::Unknown,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Dev => 1,
            Self::Alpha => 2,
            Self::Beta => 3,
            Self::Candidate => 4,
            Self::End => 5,
            Self::Number(_) => 6,
            Self::Patch => 7,
        }
    }
}

impl Ord for Part<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Part::Number(left), Part::Number(right)) => compare_numbers(left, right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

impl PartialOrd for Part<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let n_parts = self.0.len().max(other.0.len());
        let part = |version: &Self, index: usize| version.0.get(index).copied().unwrap_or(Part::End).rank();
        (0..n_parts)
            .map(|index| match (self.0.get(index), other.0.get(index)) {
                (Some(left), Some(right)) => left.cmp(right),
                _ => part(self, index).cmp(&part(other, index)),
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

ordered_by_cmp!(Version<'_>);
