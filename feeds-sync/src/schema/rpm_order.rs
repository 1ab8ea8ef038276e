//! Which of several builds of an rpm is the earliest (rpm-version(7); feeds.md C3).
//!
//! Verdicts are reached elsewhere, by the matcher, which no reader of feeds knows. Here builds that one document names for
//! one fix are ordered, to keep the first.

use std::cmp::Ordering;

/// The parts of a build `epoch:version-release`; no epoch is the epoch zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evr<'a> {
    epoch: &'a str,
    version: &'a str,
    release: &'a str,
}

impl<'a> Evr<'a> {
    /// The parts of `text`; every text has some.
    pub(crate) fn of(text: &'a str) -> Self {
        let is_number = |epoch: &str| epoch.bytes().all(|byte| byte.is_ascii_digit());
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if is_number(epoch) => (epoch, rest),
            _ => ("", text),
        };
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self { epoch, version, release }
    }

    /// Whether both are builds of one upstream version.
    pub(crate) fn is_of_version_of(&self, other: &Self) -> bool {
        self.compare_version(other).is_eq()
    }

    /// Epoch and version as text.
    pub(crate) fn upstream(&self) -> String {
        match self.epoch.trim_start_matches('0') {
            "" => self.version.to_owned(),
            epoch => format!("{epoch}:{}", self.version),
        }
    }

    /// The order of the two builds.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.compare_version(other).then_with(|| compare_parts(self.release, other.release))
    }

    fn compare_version(&self, other: &Self) -> Ordering {
        compare_numbers(self.epoch, other.epoch).then_with(|| compare_parts(self.version, other.version))
    }
}

/// `rpmvercmp`: runs of digits by value and after runs of letters, a tilde before the end and a caret after it; all else
/// separates.
fn compare_parts(mut left: &str, mut right: &str) -> Ordering {
    loop {
        let (own, own_rest) = segment(left);
        let (other, other_rest) = segment(right);
        let order = match (own, other) {
            (Segment::End, Segment::End) => return Ordering::Equal,
            (Segment::Digits(own), Segment::Digits(other)) => compare_numbers(own, other),
            _ => own.cmp(&other),
        };
        if order.is_ne() {
            return order;
        }
        (left, right) = (own_rest, other_rest);
    }
}

/// What a part begins with, in the order of rpm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Tilde,
    End,
    Caret,
    Letters(&'a str),
    Digits(&'a str),
}

/// The first segment of `part`, and what follows it.
fn segment(part: &str) -> (Segment<'_>, &str) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '~' | '^');
    let part = part.trim_start_matches(|c| !is_part(c));
    let run = |is_of: fn(&char) -> bool| {
        let end = part.find(|c: char| !is_of(&c)).unwrap_or(part.len());
        part.split_at(end)
    };
    match part.as_bytes().first() {
        None => (Segment::End, part),
        Some(b'~') => (Segment::Tilde, &part[1..]),
        Some(b'^') => (Segment::Caret, &part[1..]),
        Some(byte) if byte.is_ascii_digit() => {
            let (digits, rest) = run(char::is_ascii_digit);
            (Segment::Digits(digits), rest)
        }
        Some(_) => {
            let (letters, rest) = run(char::is_ascii_alphabetic);
            (Segment::Letters(letters), rest)
        }
    }
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_in_the_order_of_rpm() {
        for (left, order, right) in [
            ("1.4-150600.3.1", Ordering::Less, "1.4-150600.12.1"),
            ("1.4-3.1", Ordering::Greater, "1.3-9.1"),
            ("1:1.0-1.1", Ordering::Greater, "2.0-1.1"),
            ("0:1.0-1.1", Ordering::Equal, "1.0-1.1"),
            ("1.0~rc1-1.1", Ordering::Less, "1.0-1.1"),
            ("1.0^git1-1.1", Ordering::Greater, "1.0-1.1"),
            ("1.0.1-1.1", Ordering::Greater, "1.0^git1-1.1"),
            ("1.0a-1.1", Ordering::Less, "1.0.1-1.1"),
            ("1.010-1.1", Ordering::Equal, "1.10-1.1"),
            ("1_0-1.1", Ordering::Equal, "1.0-1.1"),
            ("1.0", Ordering::Less, "1.0-1.1"),
            ("18446744073709551616-1", Ordering::Greater, "18446744073709551615-1"),
        ] {
            assert_eq!(Evr::of(left).compare(&Evr::of(right)), order, "{left} and {right}");
            assert_eq!(Evr::of(right).compare(&Evr::of(left)), order.reverse(), "{right} and {left}");
        }
    }

    #[test]
    fn builds_of_one_version_are_told_from_others() {
        let is_of_one = |left: &str, right: &str| Evr::of(left).is_of_version_of(&Evr::of(right));
        assert!(is_of_one("1.4-3.1", "0:1.4-9.1"));
        assert!(!is_of_one("1.4-3.1", "1:1.4-3.1"));
        assert!(!is_of_one("2.11.1-6.40.1", "2.24.0-8.20.1"));
        assert_eq!(Evr::of("0:1.4-3.1").upstream(), "1.4");
        assert_eq!(Evr::of("2:1.4-3.1").upstream(), "2:1.4");
    }
}
