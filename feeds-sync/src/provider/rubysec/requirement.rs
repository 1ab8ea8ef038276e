//! Requirements of RubyGems as ranges (feeds.md A20, C7).

use std::cmp::Ordering;
use std::iter;

use model::advisory::{AffectedRange, RangeEvent};
use model::version::VersionText;

/// The versions that satisfy `text`, comparisons of which all must hold: `~> 6.1.7, >= 6.1.7.1`.
///
/// None where it is not understood, `!=` among that, or where no version can satisfy it.
pub(super) fn range(text: &str) -> Option<AffectedRange> {
    let mut lower: Option<Bound> = None;
    let mut upper: Option<Bound> = None;
    for comparison in text.split(',').map(str::trim) {
        let end = comparison.find(|character: char| !"<>=~!".contains(character))?;
        let (operator, version) = comparison.split_at(end);
        let version = version.trim();
        if !is_version(version) {
            return None;
        }
        let including = Bound { version: version.to_owned(), is_included: true };
        let excluding = Bound { version: version.to_owned(), is_included: false };
        match operator {
            "" | "=" => {
                raise(&mut lower, including.clone());
                lower_to(&mut upper, including);
            }
            ">=" => raise(&mut lower, including),
            ">" => raise(&mut lower, excluding),
            "<" => lower_to(&mut upper, excluding),
            "<=" => lower_to(&mut upper, including),
            "~>" => {
                raise(&mut lower, including);
                lower_to(&mut upper, Bound { version: next(version)?, is_included: false });
            }
            _ => return None,
        }
    }
    let is_empty = match (&lower, &upper) {
        (Some(lower), Some(upper)) => match compare(&lower.version, &upper.version) {
            Ordering::Less => false,
            Ordering::Equal => !lower.is_included || !upper.is_included,
            Ordering::Greater => true,
        },
        _ => false,
    };
    (!is_empty).then(|| {
        let first = match lower {
            None => RangeEvent::Introduced("0".into()),
            Some(Bound { version, is_included: true }) => RangeEvent::Introduced(version.into()),
            Some(Bound { version, is_included: false }) => RangeEvent::IntroducedAfter(version.into()),
        };
        let last = upper.map(|Bound { version, is_included }| match is_included {
            true => RangeEvent::LastAffected(version.into()),
            false => RangeEvent::Limit(version.into()),
        });
        AffectedRange { events: iter::once(first).chain(last).collect() }
    })
}

/// The version from which on a requirement holds, where it names one: what to update to.
pub(super) fn first_version(range: &AffectedRange) -> Option<&VersionText> {
    range.events.iter().find_map(|event| match event {
        RangeEvent::Introduced(version) if version.as_str() != "0" => Some(version),
        _ => None,
    })
}

#[derive(Clone)]
struct Bound {
    version: String,
    is_included: bool,
}

fn raise(lower: &mut Option<Bound>, bound: Bound) {
    let is_higher = |held: &Bound| {
        compare(&bound.version, &held.version).then(held.is_included.cmp(&bound.is_included)).is_gt()
    };
    if lower.as_ref().is_none_or(is_higher) {
        *lower = Some(bound);
    }
}

fn lower_to(upper: &mut Option<Bound>, bound: Bound) {
    let is_lower = |held: &Bound| {
        compare(&bound.version, &held.version).then(bound.is_included.cmp(&held.is_included)).is_lt()
    };
    if upper.as_ref().is_none_or(is_lower) {
        *upper = Some(bound);
    }
}

fn is_version(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.starts_with(|first: char| first.is_ascii_digit()) && text.split(['.', '-']).all(is_part)
}

/// Below what `~> version` ends: the version without its last number, the one before that raised by one. `2.3.1` gives
/// what is below every prerelease of `2.4`: such a version does not satisfy `~> 2.3.1` either, and `A` sorts before every
/// word that a prerelease can start with.
fn next(version: &str) -> Option<String> {
    let segments = segments(version);
    let mut numbers: Vec<&str> = segments
        .iter()
        .map_while(|segment| match segment {
            Segment::Number("") => Some("0"),
            Segment::Number(digits) => Some(*digits),
            Segment::Word(_) => None,
        })
        .collect();
    if numbers.len() > 1 {
        numbers.pop();
    }
    let raised = numbers.pop()?.parse::<u64>().ok()?.checked_add(1)?.to_string();
    Some(numbers.into_iter().chain([raised.as_str(), "A"]).collect::<Vec<_>>().join("."))
}

/// A run of digits without leading zeros, or of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment<'a> {
    Number(&'a str),
    Word(&'a str),
}

const DASH: Segment<'static> = Segment::Word("pre");

fn segments(version: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let is_same = |byte: u8| byte.is_ascii_alphanumeric() && byte.is_ascii_digit() == is_digit;
        let n_same = rest.bytes().take_while(|byte| is_same(*byte)).count();
        match (n_same, is_digit) {
            (0, _) => {
                if first == '-' {
                    segments.push(DASH);
                }
                rest = &rest[first.len_utf8()..];
                continue;
            }
            (_, true) => segments.push(Segment::Number(rest[..n_same].trim_start_matches('0'))),
            (_, false) => segments.push(Segment::Word(&rest[..n_same])),
        }
        rest = &rest[n_same..];
    }
    segments
}

/// The order of RubyGems (feeds.md C7).
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (canonical(a), canonical(b));
    for (a, b) in a.iter().zip(&b) {
        let order = match (a, b) {
            (Segment::Number(a), Segment::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Segment::Word(a), Segment::Word(b)) => a.cmp(b),
            (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
            (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
        };
        if order.is_ne() {
            return order;
        }
    }
    let rest = |longer: &[Segment<'_>], n_common: usize| match longer[n_common..]
        .iter()
        .find(|segment| **segment != Segment::Number(""))
    {
        None => Ordering::Equal,
        Some(Segment::Number(_)) => Ordering::Greater,
        Some(Segment::Word(_)) => Ordering::Less,
    };
    let n_common = a.len().min(b.len());
    rest(&a, n_common).then(rest(&b, n_common).reverse())
}

/// The segments without the zeros at the end and before the first word.
fn canonical(version: &str) -> Vec<Segment<'_>> {
    let segments = segments(version);
    let n_numbers = segments.iter().position(|it| matches!(it, Segment::Word(_))).unwrap_or(segments.len());
    let (numbers, words) = segments.split_at(n_numbers);
    let trimmed = |segments: &[Segment<'_>]| {
        segments.iter().rposition(|segment| *segment != Segment::Number("")).map_or(0, |last| last + 1)
    };
    [&numbers[..trimmed(numbers)], &words[..trimmed(words)]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(requirement: &str) -> String {
        let Some(range) = range(requirement) else { return "none".to_owned() };
        let event = |event: &RangeEvent| match event {
            RangeEvent::Introduced(version) => format!(">={version}"),
            RangeEvent::IntroducedAfter(version) => format!(">{version}"),
            RangeEvent::Fixed(version) | RangeEvent::Limit(version) => format!("<{version}"),
            RangeEvent::LastAffected(version) => format!("<={version}"),
        };
        range.events.iter().map(event).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn requirements_become_the_versions_that_satisfy_them() {
        for (requirement, expected) in [
            (">= 1.4.3", ">=1.4.3"),
            (">=1.4.3", ">=1.4.3"),
            ("> 1.4.3", ">1.4.3"),
            ("< 1.2.0", ">=0 <1.2.0"),
            ("<= 1.2.0", ">=0 <=1.2.0"),
            ("= 3.10", ">=3.10 <=3.10"),
            ("3.10", ">=3.10 <=3.10"),
            ("~> 2.3.1", ">=2.3.1 <2.4.A"),
            ("~> 2.3", ">=2.3 <3.A"),
            ("~> 2", ">=2 <3.A"),
            ("~> 2.9.0", ">=2.9.0 <2.10.A"),
            ("~> 0.0.9", ">=0.0.9 <0.1.A"),
            ("~> 3.1.0.rc5", ">=3.1.0.rc5 <3.2.A"),
            // Both must hold: the higher of the lower bounds.
            ("~> 6.1.7, >= 6.1.7.1", ">=6.1.7.1 <6.2.A"),
            (">= 6.1.10, ~> 6.1.9", ">=6.1.10 <6.2.A"),
            (">= 1.0, < 2.0, <= 1.9", ">=1.0 <=1.9"),
            ("> 1.0, >= 1.0", ">1.0"),
            ("< 2.0, <= 2.0", ">=0 <2.0"),
            // No version satisfies these, and these are not understood.
            (">= 2.0, < 1.0", "none"),
            ("> 1.0, <= 1.0", "none"),
            ("!= 1.0", "none"),
            (">= ", "none"),
            (">= one", "none"),
            (">= 1..2", "none"),
            ("=> 1.0", "none"),
            ("", "none"),
            ("~> 99999999999999999999.1", "none"),
        ] {
            assert_eq!(text(requirement), expected, "{requirement}");
        }
    }

    #[test]
    fn versions_have_the_order_of_rubygems() {
        for (a, order, b) in [
            ("1.0", Ordering::Equal, "1.0.0"),
            ("01.2", Ordering::Equal, "1.2"),
            ("3.10", Ordering::Greater, "3.2"),
            ("1.0.a", Ordering::Less, "1.0"),
            ("1.0.0.pre1", Ordering::Less, "1.0.0"),
            ("1.0.rc1", Ordering::Greater, "1.0.beta9"),
            ("1.0.RC1", Ordering::Less, "1.0.beta1"),
            ("1.0.a1", Ordering::Equal, "1.0.a.1"),
            ("1.0.a9", Ordering::Less, "1.0.a10"),
            ("1.0-1", Ordering::Less, "1.0"),
            ("1.0-1", Ordering::Equal, "1.0.pre.1"),
            ("1.0.1.pre", Ordering::Greater, "1.0"),
            ("5.2.4.3", Ordering::Greater, "5.2.4"),
            ("0.0.0.a", Ordering::Equal, "0.a"),
            ("2.4.A", Ordering::Less, "2.4.0.RC1"),
            ("2.4.A", Ordering::Less, "2.4.0.a"),
            ("2.4.A", Ordering::Greater, "2.3.99"),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
            assert_eq!(compare(b, a), order.reverse(), "{b} {a}");
        }
    }
}
