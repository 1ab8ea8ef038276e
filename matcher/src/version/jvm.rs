//! The order of Java runtimes: `1.8.0_302-b08`, `8u302`, `11.0.9.1+1-LTS`, `17-ea` (JEP 223; feeds.md C15).
//!
//! Up to Java 8 a version began with `1.` and had an update number: `1.8.0_302` is `8.0.302`. Since then such a number is
//! the build (`17.0.8_7`). Builds and what vendors add count for nothing, an early access is below its release.

use std::cmp::Ordering;

use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Jvm>("jvm", &[]);

struct Jvm;

impl Scheme for Jvm {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let text = text.strip_prefix("jdk").map_or(text, |rest| rest.strip_prefix('-').unwrap_or(rest));
        let end = text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        // `1.8.0.302.b08`: the dot belongs to the build.
        let (numbers, rest) = match numbers.strip_suffix('.') {
            Some(numbers) if !rest.is_empty() => (numbers, &text[end - 1..]),
            _ => (numbers, rest),
        };
        let (update, rest) = split_update(rest);
        let is_valid = split(numbers, b'.').all(|number| !number.is_empty())
            && (rest.is_empty() || rest.starts_with(['-', '+', '.', '_']))
            && rest.bytes().all(|byte| byte.is_ascii_graphic());
        let numbers = numbers.strip_prefix("1.").unwrap_or(numbers);
        let update = update.filter(|_| has_updates(numbers));
        let (numbers, update) = split_second(numbers).unwrap_or((numbers, update));
        is_valid.then_some(Version { numbers, update, is_early: is_early(rest) })
    }
}

/// Splits the update number of `_302`, `-update302` or `u302` from what follows it.
fn split_update(text: &str) -> (Option<&str>, &str) {
    const NAMES: [&str; 6] = ["_update", "-update", ":update", "update", "_", "u"];
    let rest = NAMES.iter().find_map(|name| text.strip_prefix(name));
    match rest.map(|rest| split_digits(rest.strip_prefix('_').unwrap_or(rest))) {
        Some((number, rest)) if !number.is_empty() => (Some(number), rest),
        _ => (None, text),
    }
}

/// Splits the update number that some write behind Java 7 and 8 itself, from what follows it: Alpine and Wolfi `8.402.06`,
/// `7.221.2.6.18`, and Corretto `8.402.08.1`. No release of these had a second number of its own.
fn split_second(numbers: &str) -> Option<(&str, Option<&str>)> {
    let (first, rest) = numbers.split_once('.').filter(|(first, _)| matches!(*first, "7" | "8"))?;
    let second = rest.split('.').next().unwrap_or_default();
    compare_numbers(second, "0").is_gt().then_some((first, Some(second)))
}

/// Whether the number behind an underscore or a `u` is an update, as up to Java 8, and no build.
fn has_updates(numbers: &str) -> bool {
    split(numbers, b'.').next().is_some_and(|first| compare_numbers(first, "8").is_le())
}

/// Whether one of the words before the build says that it is no release.
fn is_early(text: &str) -> bool {
    let text = text.split('+').next().unwrap_or_default();
    text.split(['-', '.', '_']).any(|word| {
        let end = word.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(word.len());
        ["ea", "alpha", "beta", "rc"].iter().any(|name| word[..end].eq_ignore_ascii_case(name))
    })
}

/// The parts of a version.
struct Version<'a> {
    /// Numbers with dots between them, without the leading `1.` of old; at least one. A missing one is zero.
    numbers: &'a str,
    /// The update number, which comes after two numbers.
    update: Option<&'a str>,
    /// Whether it is an early access.
    is_early: bool,
}

impl Version<'_> {
    fn numbers(&self) -> impl Iterator<Item = &str> {
        let n_missing = match self.update {
            Some(_) => 2_usize.saturating_sub(split(self.numbers, b'.').take(2).count()),
            None => 0,
        };
        split(self.numbers, b'.').chain(std::iter::repeat_n("0", n_missing)).chain(self.update)
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_lists(self.numbers(), other.numbers(), |left, right| {
            compare_numbers(left.unwrap_or("0"), right.unwrap_or("0"))
        })
        .then_with(|| other.is_early.cmp(&self.is_early))
    }
}

ordered_by_cmp!(Version<'_>);
