//! RubyGems' order, that of `Gem::Version` (feeds.md C7): any letter makes a pre-release, `1.0.a < 1.0`, and a hyphen
//! reads `.pre.`. CocoaPods' `Pod::Version` is made from it.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers, split, split_once};

pub(super) static SCHEME: VersionScheme =
    VersionScheme::of::<Gem>("gem", &[Ecosystem::Gem, Ecosystem::CocoaPods]);

struct Gem;

impl Scheme for Gem {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        read(text)
    }
}

/// The segments, without the zeros that have no place in the order.
struct Version<'a>(Vec<Segment<'a>>);

#[derive(PartialEq, Eq)]
enum Segment<'a> {
    Word(&'a str),
    Number(&'a str),
}

/// The version that `text` spells, which may end in the platform that a gem is built for (`1.15.4-x86_64-linux`).
/// An underscore separates: Ruby refuses it in a version, but platforms were written behind a dot too.
fn read(text: &str) -> Option<Version<'_>> {
    let text = without_platform(text.trim());
    let (base, prerelease) = split_once(text, b'-').map_or((text, None), |(base, rest)| (base, Some(rest)));
    let is_part = |part: &str, extra: u8| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == extra || byte == b'_')
    };
    let is_version = text.starts_with(|first: char| first.is_ascii_digit())
        && split(base, b'.').all(|part| is_part(part, b'_'))
        && prerelease.is_none_or(|prerelease| split(prerelease, b'.').all(|part| is_part(part, b'-')));
    is_version.then(|| Version(segments(text)))
}

/// The runs of digits and of letters. Zeros are dropped at the end, and before the first letter.
fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut has_word = false;
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let is_same = |byte: u8| match first {
            b'0'..=b'9' => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphabetic(),
        };
        let end = rest.bytes().position(|byte| !is_same(byte)).unwrap_or(rest.len()).max(1);
        let (run, after) = rest.split_at(end);
        rest = after;
        let word = match first {
            b'0'..=b'9' => {
                segments.push(Segment::Number(run));
                continue;
            }
            b'-' => "pre",
            b'.' | b'_' => continue,
            _ => run,
        };
        if !has_word {
            drop_zeros(&mut segments);
        }
        has_word = true;
        segments.push(Segment::Word(word));
    }
    drop_zeros(&mut segments);
    segments
}

fn drop_zeros(segments: &mut Vec<Segment<'_>>) {
    let is_zero = |segment: &Segment<'_>| match segment {
        Segment::Number(number) => number.bytes().all(|byte| byte == b'0'),
        Segment::Word(_) => false,
    };
    while segments.last().is_some_and(is_zero) {
        segments.pop();
    }
}

/// `text` without the platform at its end, which begins with a processor or names a virtual machine. It would look
/// like a pre-release.
fn without_platform(text: &str) -> &str {
    const PLATFORMS: [&str; 30] = [
        "aarch64",
        "amd64",
        "arm",
        "arm64",
        "armv5",
        "armv6",
        "armv6l",
        "armv7",
        "armv7a",
        "armv7l",
        "armv8",
        "dalvik",
        "i386",
        "i486",
        "i586",
        "i686",
        "java",
        "jruby",
        "mingw32",
        "mswin32",
        "mswin64",
        "powerpc",
        "powerpc64le",
        "ppc64le",
        "riscv64",
        "s390x",
        "universal",
        "x64",
        "x86",
        "x86_64",
    ];
    let mut end = 0;
    for part in split(text, b'-') {
        if end > 0 && PLATFORMS.contains(&part) {
            return &text[..end - 1];
        }
        end += part.len() + 1;
    }
    text
}

impl Ord for Version<'_> {
    /// What is missing counts as zero.
    fn cmp(&self, other: &Self) -> Ordering {
        let n_segments = self.0.len().max(other.0.len());
        let segment = |version: &'_ Self, index: usize| match version.0.get(index) {
            Some(Segment::Word(word)) => Segment::Word(word),
            Some(Segment::Number(number)) => Segment::Number(number),
            None => Segment::Number(""),
        };
        (0..n_segments)
            .map(|index| match (segment(self, index), segment(other, index)) {
                (Segment::Number(left), Segment::Number(right)) => compare_numbers(left, right),
                (Segment::Word(left), Segment::Word(right)) => left.cmp(right),
                (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
                (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

ordered_by_cmp!(Version<'_>);
