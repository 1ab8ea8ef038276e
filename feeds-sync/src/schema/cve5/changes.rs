//! Changes of standing within a range of versions, and the order of those (feeds.md A23, "Semantics").

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::Deserialize;

/// From `at` on versions have `status`.
#[derive(Debug, Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    pub(super) at: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) status: Cow<'a, str>,
}

/// The changes by their versions, which they need not stand in; none where these are not numbers alone, because each
/// maker orders other ones in its own way.
pub(super) fn in_order<'c, 'a>(changes: &[&'c Change<'a>]) -> Option<Vec<&'c Change<'a>>> {
    let mut changes = changes.to_vec();
    if changes.len() > 1 {
        if changes.iter().any(|change| numbers(&change.at).is_none()) {
            return None;
        }
        changes.sort_by_cached_key(|change| numbers(&change.at));
    }
    Some(changes)
}

/// Whether two spellings are of one version, as far as can be told without its maker's order.
pub(super) fn is_same(version: &str, other: &str) -> bool {
    version == other || numbers(version).is_some_and(|of| Some(of) == numbers(other))
}

/// Whether `version` comes before `other` in every order: a number differs before anything else does. A change before the
/// start of its range changes nothing in it.
pub(super) fn is_below(version: &str, other: &str) -> bool {
    if let (Some(version), Some(other)) = (numbers(version), numbers(other)) {
        return version < other;
    }
    let (version, other) = (first_numbers(version), first_numbers(other));
    let difference = version.iter().zip(&other).map(|(one, other)| one.cmp(other)).find(|it| it.is_ne());
    difference == Some(Ordering::Less)
}

/// The numbers of a version that is nothing but numbers; zeros at its end are nothing.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let mut numbers = version.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

/// The numbers that a version begins with; none where an epoch is before them.
fn first_numbers(version: &str) -> Vec<u64> {
    if version.contains([':', '!']) {
        return Vec::new();
    }
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(version.len());
    version[..end].split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_below_another_only_where_every_order_says_so() {
        for (version, other, expected) in [
            ("9.0.5", "9.1", true),
            ("9.1", "9.1.0", false),
            ("9.1.3", "9.1", false),
            ("v9.0", "9.1", true),
            ("9.0.5-h1", "9.1", true),
            ("9.1-h1", "9.0.5", false),
            ("9.1-rc1", "9.1", false),
            ("9-b1", "9.1", false),
            ("1:8.0-1", "9.0-1", false),
            ("8.0-1", "1:9.0-1", false),
            ("first", "9.1", false),
        ] {
            assert_eq!(is_below(version, other), expected, "{version} {other}");
        }
    }
}
