//! Maven: intervals, `[1.0,2.0),[3.0]`, any of which may hold the version.

use super::{Comparison, Prereleases, Requirement, Sign, Syntax};

pub(super) static SYNTAX: Syntax = Syntax { name: "maven", contains };

/// Maven has no rule for pre-releases.
fn contains(text: &str, version: &str, _: Prereleases) -> Option<bool> {
    read(text)?.holds_in("maven", version)
}

/// A version without brackets is what its author recommends, and says nothing of others: it is no range.
fn read(text: &str) -> Option<Requirement> {
    let mut requirement = Requirement::default();
    let mut rest = text.trim();
    loop {
        let end = rest.find([']', ')'])?;
        requirement.alternatives.push(read_interval(&rest[..=end])?);
        rest = rest[end + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if rest.is_empty() => return Some(requirement),
            None => return None,
        }
    }
}

/// `[1.0,2.0)`, `(,2.0]`, `[1.0]`, `[1.2.*]`.
pub(super) fn read_interval(text: &str) -> Option<Vec<Comparison>> {
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let start = match first {
        '[' => Sign::AtLeast,
        '(' => Sign::Above,
        _ => return None,
    };
    let end = match last {
        ']' => Sign::AtMost,
        ')' => Sign::Below,
        _ => return None,
    };
    let inside = text.get(1..text.len() - 1)?;
    let is_version = |text: &str| !text.contains(['[', '(', ',']);
    let bound = |sign: Sign, text: &str| (!text.is_empty()).then(|| Comparison::new(sign, text));
    match inside.split_once(',') {
        Some((low, high)) if is_version(low) && is_version(high) => {
            Some(bound(start, low.trim()).into_iter().chain(bound(end, high.trim())).collect())
        }
        None if is_version(inside) && (first, last) == ('[', ']') => {
            let inside = inside.trim();
            Some(match inside.strip_suffix(".*") {
                Some(prefix) => vec![lowest(prefix), highest(prefix)],
                None => vec![bound(Sign::Equal, inside)?],
            })
        }
        _ => None,
    }
}

/// A bound below what people call pre-releases of `prefix`; the order has no lowest one.
fn lowest(prefix: &str) -> Comparison {
    Comparison::new(Sign::AtLeast, format!("{prefix}-alpha-alpha-alpha"))
}

/// A bound above what people call releases of `prefix`.
fn highest(prefix: &str) -> Comparison {
    Comparison::new(Sign::AtMost, format!("{prefix}.99999999999999999999"))
}
