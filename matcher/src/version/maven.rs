//! Maven's order, that of its `ComparableVersion` (feeds.md C6): `1.0-alpha-1 < 1.0-SNAPSHOT < 1.0 < 1.0-jre`.
//!
//! The reference keeps nested lists, one within the other, and contradicts itself on versions with a word in
//! their middle: `1-alpha < 1`, `1 < 1.x.1` and `1.x.1 < 1-alpha`. Such a chain of lists is read here as a plain
//! row of segments, in which a word begins a segment wherever it stands. That agrees with the reference
//! where the reference agrees with itself, is total, and needs no recursion. Two versions that differ only in
//! how a word was joined are then ordered as the reference orders them (`1.alpha.1 < 1-alpha.1`).

use std::cmp::Ordering;
use std::ops::Range;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Maven>("maven", &[Ecosystem::Maven]);

pub(crate) struct Maven;

/// Words for the platform a build is for. They follow the version of the code, which they do not change.
const FLAVOURS: [&str; 3] = ["android", "jdk", "jre"];

/// Words with which vendors mark their rebuilds of a version.
const REBUILDS: [&str; 5] = ["cdh", "jboss", "jbossorg", "redhat", "temporary"];

impl Scheme for Maven {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        read(text)
    }

    /// The reference reads any text at all, and nothing as 0.
    fn order_of_texts(left: &str, right: &str) -> Option<Ordering> {
        let is_text =
            |text: &str| !text.contains(|letter: char| letter.is_control() || letter.is_whitespace());
        let (left, right) = (left.trim(), right.trim());
        (is_text(left) && is_text(right)).then(|| Reader::new(left).read().cmp(&Reader::new(right).read()))
    }

    /// A flavour counts on neither side: a record that names `32.0.0-android` speaks of `32.0.0` and of
    /// `32.0.0-jre` too. A vendor's rebuild is what it was built from, unless the record speaks of rebuilds
    /// (feeds.md C6, D3).
    fn compare_to_bound<'a>(installed: &Version<'a>, bound: &Version<'a>) -> Ordering {
        let end = match bound.rebuild() {
            Some(_) => installed.segments.len(),
            None => installed.rebuild().unwrap_or(installed.segments.len()),
        };
        let installed_end = installed.without_flavour(end);
        let bound_end = bound.without_flavour(bound.segments.len());
        installed.compare(installed_end, bound, bound_end)
    }
}

/// A version: segments, none of which is null.
pub(crate) struct Version<'a> {
    segments: Vec<Segment<'a>>,
    /// The numbers of all segments.
    numbers: Vec<&'a str>,
}

/// A list of the reference: a word, if it begins with one, and numbers. Null numbers at the end are cut off.
struct Segment<'a> {
    word: Option<Word<'a>>,
    /// Which of the version's numbers.
    numbers: Range<usize>,
    /// How many lists of zeros it is nested in: `1-0-1` has one more than `1-1`, and is lower.
    n_zeros: usize,
    /// Whether the word stands between a dot and a separator, by which it is lower: `1.alpha.1 < 1-alpha.1`.
    is_between_dots: bool,
}

#[derive(Clone, Copy)]
struct Word<'a> {
    rank: Rank,
    text: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    Release,
    ServicePack,
    Other,
}

/// The version that `text` spells. The reference reads any text at all. A version is one word of printable ASCII with a
/// digit in it: what has none (`latest`, `unknown`, a branch) would be below every fix, and an unresolved `${revision}`
/// is nothing either.
fn read(text: &str) -> Option<Version<'_>> {
    let text = text.trim();
    let is_version = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'$' | b'{' | b'}'));
    is_version.then(|| Reader::new(text).read())
}

struct Reader<'a> {
    text: &'a str,
    version: Version<'a>,
    /// The segment under construction.
    word: Option<Word<'a>>,
    is_between_dots: bool,
    /// Where its numbers begin.
    first: usize,
    n_zeros: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            version: Version { segments: Vec::new(), numbers: Vec::new() },
            word: None,
            is_between_dots: false,
            first: 0,
            n_zeros: 0,
        }
    }

    fn read(mut self) -> Version<'a> {
        let bytes = self.text.as_bytes();
        let mut start = 0;
        while start < bytes.len() {
            let before = start.checked_sub(1).map(|index| bytes[index]);
            let kind = Kind::of(bytes[start]);
            let end = bytes[start..]
                .iter()
                .position(|&byte| Kind::of(byte) != kind)
                .map_or(bytes.len(), |length| start + length);
            match kind {
                Kind::Separator => {
                    // Nothing between two separators is a zero; so is nothing before the first.
                    for index in start..end {
                        let is_nothing = index == 0 || Kind::of(bytes[index - 1]) == Kind::Separator;
                        if is_nothing {
                            self.version.numbers.push("0");
                        }
                        if bytes[index] == b'-' {
                            self.close();
                        }
                    }
                }
                Kind::Digit => {
                    if before.is_some_and(|byte| Kind::of(byte) == Kind::Letter) {
                        self.close();
                    }
                    self.version.numbers.push(&self.text[start..end]);
                }
                Kind::Letter => {
                    let is_before_digit = bytes.get(end).is_some_and(u8::is_ascii_digit);
                    self.close();
                    self.word = Some(Word::of(&self.text[start..end], is_before_digit));
                    self.is_between_dots =
                        before == Some(b'.') && bytes.get(end).is_some_and(|byte| !byte.is_ascii_digit());
                }
            }
            start = end;
        }
        self.close();
        self.version
    }

    /// Ends the segment, and drops it where it is null.
    fn close(&mut self) {
        let numbers = &mut self.version.numbers;
        let has_numbers = numbers.len() > self.first;
        while numbers.len() > self.first && is_zero(numbers[numbers.len() - 1]) {
            numbers.pop();
        }
        let word = self.word.take();
        if numbers.len() == self.first && word.is_none_or(|word| word.rank == Rank::Release) {
            self.n_zeros += usize::from(has_numbers);
            return;
        }
        let numbers = self.first..numbers.len();
        self.first = numbers.end;
        self.version.segments.push(Segment {
            word,
            numbers,
            n_zeros: std::mem::take(&mut self.n_zeros),
            is_between_dots: self.is_between_dots,
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Separator,
    Digit,
    Letter,
}

impl Kind {
    fn of(byte: u8) -> Self {
        match byte {
            b'.' | b'-' => Self::Separator,
            b'0'..=b'9' => Self::Digit,
            _ => Self::Letter,
        }
    }
}

fn is_zero(number: &str) -> bool {
    number.bytes().all(|byte| byte == b'0')
}

impl<'a> Word<'a> {
    /// A single `a`, `b` or `m` stands for `alpha`, `beta` and `milestone` when a digit follows at once.
    fn of(text: &'a str, is_before_digit: bool) -> Self {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        let rank = if is("alpha") || (is("a") && is_before_digit) {
            Rank::Alpha
        } else if is("beta") || (is("b") && is_before_digit) {
            Rank::Beta
        } else if is("milestone") || (is("m") && is_before_digit) {
            Rank::Milestone
        } else if is("rc") || is("cr") {
            Rank::Candidate
        } else if is("snapshot") {
            Rank::Snapshot
        } else if is("ga") || is("final") || is("release") {
            Rank::Release
        } else if is("sp") {
            Rank::ServicePack
        } else {
            Rank::Other
        };
        Self { rank, text }
    }

    /// Words that Maven knows are told apart by rank alone.
    fn compare_text(self, other: Self) -> Ordering {
        let lower = |text: &'a str| text.bytes().map(|byte| byte.to_ascii_lowercase());
        match self.rank {
            Rank::Other => lower(self.text).cmp(lower(other.text)),
            _ => Ordering::Equal,
        }
    }
}

impl<'a> Version<'a> {
    /// Compares the first `end` segments with the first `other_end` of another version.
    fn compare(&self, end: usize, other: &Self, other_end: usize) -> Ordering {
        let (left, right) = (&self.segments[..end], &other.segments[..other_end]);
        for (left, right) in left.iter().zip(right) {
            let order = compare_heads(left, right).then_with(|| {
                compare_lists(&self.numbers[left.numbers.clone()], &other.numbers[right.numbers.clone()])
            });
            if order.is_ne() {
                return order;
            }
        }
        let n_common = left.len().min(right.len());
        // What is longer is higher, unless it goes on with a word for what comes before a release.
        let rest = match (left.get(n_common), right.get(n_common)) {
            (Some(segment), _) => segment.compare_with_nothing(),
            (_, Some(segment)) => segment.compare_with_nothing().reverse(),
            (None, None) => Ordering::Equal,
        };
        rest.then_with(|| joins(left).cmp(joins(right)))
    }

    /// Where a vendor's rebuild suffix begins.
    fn rebuild(&self) -> Option<usize> {
        self.segments.iter().position(|segment| segment.is_one_of(&REBUILDS)).filter(|&index| index > 0)
    }

    /// The end of the first `end` segments without a flavour at their end: `-jre`, `.jre8`.
    fn without_flavour(&self, end: usize) -> usize {
        let last_word = self.segments[..end].iter().rposition(|segment| segment.word.is_some());
        match last_word {
            Some(index) if index > 0 && index + 2 >= end && self.segments[index].is_one_of(&FLAVOURS) => {
                index
            }
            _ => end,
        }
    }
}

impl Segment<'_> {
    fn is_one_of(&self, words: &[&str]) -> bool {
        self.word.is_some_and(|word| words.iter().any(|text| word.text.eq_ignore_ascii_case(text)))
    }

    fn compare_with_nothing(&self) -> Ordering {
        self.word.map_or(Ordering::Greater, |word| word.rank.cmp(&Rank::Release)).then(Ordering::Greater)
    }
}

/// The word between dots is the lower one.
fn joins(segments: &[Segment<'_>]) -> impl Iterator<Item = bool> {
    segments.iter().map(|segment| !segment.is_between_dots)
}

/// A segment that begins with a number is above one with a word, and the lower the deeper it is nested.
fn compare_heads(left: &Segment<'_>, right: &Segment<'_>) -> Ordering {
    match (left.word, right.word) {
        (Some(left), Some(right)) => left.rank.cmp(&right.rank).then_with(|| left.compare_text(right)),
        (None, None) => right.n_zeros.cmp(&left.n_zeros),
        (left, right) => right.is_some().cmp(&left.is_some()),
    }
}

/// The longer list is higher: its end is not zero.
fn compare_lists(left: &[&str], right: &[&str]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| compare_numbers(left, right))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(self.segments.len(), other, other.segments.len())
    }
}

ordered_by_cmp!(Version<'_>);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(installed: &str, expected: Ordering, bound: &str) {
        let (installed, bound) = (read(installed).unwrap(), read(bound).unwrap());
        assert_eq!(Maven::compare_to_bound(&installed, &bound), expected);
    }

    #[test]
    fn flavours_and_rebuilds_are_what_they_were_built_from() {
        check("32.0.0", Ordering::Equal, "32.0.0-android");
        check("32.0.0-jre", Ordering::Equal, "32.0.0");
        check("32.0.0-android", Ordering::Equal, "32.0.0-jre");
        check("31.9.9-jre", Ordering::Less, "32.0.0-android");
        check("12.4.1.jre8", Ordering::Equal, "12.4.1.jre11");
        check("5.0.3.Final-redhat-00001", Ordering::Equal, "5.0.3");
        check("5.0.3.temporary-redhat-00001", Ordering::Equal, "5.0.3.Final");
        check("5.0.3.redhat-2", Ordering::Less, "5.0.4");
        // A record about rebuilds compares them, and says nothing good of what they were built from.
        check("5.0.3.redhat-2", Ordering::Less, "5.0.3.redhat-10");
        check("5.0.3", Ordering::Less, "5.0.3.redhat-10");
        // Other words are no flavour.
        check("2.0.1.SR1", Ordering::Greater, "2.0.1");
        check("1.0-jre-beta", Ordering::Greater, "1.0");
    }

    #[test]
    fn deep_and_long_versions_are_ordinary_ones() {
        let deep = "1-".repeat(500_000) + "1";
        let word = format!("1-{}", "a".repeat(1_000_000));
        let zeros = "0.".repeat(500_000) + "0";
        check(&deep, Ordering::Equal, &deep);
        check(&deep, Ordering::Greater, "1");
        check(&word, Ordering::Greater, "1");
        check(&zeros, Ordering::Equal, "0");
        check(&"0-".repeat(500_000), Ordering::Equal, "0");
    }
}
