//! RubyGems: `~> 1.2, != 1.2.5` (`Gem::Requirement`). All terms must hold.

use super::{Comparison, Prereleases, Requirement, Sign, Syntax, and, or, successor};

pub(super) static SYNTAX: Syntax = Syntax { name: "gem", contains };

/// Ruby has no rule for pre-releases but that of `~>`, which is part of what it means.
///
/// Advisories write alternatives too, `<1.2||>=2.0 <2.1`, and no comma.
fn contains(text: &str, version: &str, _: Prereleases) -> Option<bool> {
    let version = version.trim();
    text.split("||").map(|alternative| contains_all(alternative, version)).fold(Some(false), or)
}

fn contains_all(text: &str, version: &str) -> Option<bool> {
    // `~> 1.2` holds neither 2.0 nor 2.0.rc1: its upper bound is for the version without its letters.
    let (mut terms, mut release_terms) = (Vec::new(), Vec::new());
    let mut words =
        text.split(|any: char| any.is_ascii_whitespace() || any == ',').filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let (sign, rest) = match word.strip_prefix("~>") {
            Some(rest) => (None, rest),
            None => Sign::split(word).map_or((Some(Sign::Equal), word), |(sign, rest)| (Some(sign), rest)),
        };
        // A sign may stand apart from its version.
        let bound = if rest.is_empty() { words.next()? } else { rest };
        terms.push(Comparison::new(sign.unwrap_or(Sign::AtLeast), bound));
        if sign.is_none() {
            release_terms.push(Comparison::new(Sign::Below, bump(bound)?));
        }
    }
    let holds = |terms: Vec<Comparison>, version: &str| {
        Requirement { alternatives: vec![terms] }.holds_in("gem", version)
    };
    and(holds(terms, version), holds(release_terms, release(version)))
}

/// The part of a version before its first letter or hyphen.
fn release(version: &str) -> &str {
    let end = version.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(version.len());
    version[..end].trim_end_matches('.')
}

/// What `~>` must stay below: the last number is dropped, unless it is the only one, and the one before it raised.
fn bump(bound: &str) -> Option<String> {
    let release = release(bound);
    let kept = release.rsplit_once('.').map_or(release, |(kept, _)| kept);
    let (start, last) = kept.rsplit_once('.').map_or(("", kept), |(start, last)| (start, last));
    super::is_number(last).then(|| match start {
        "" => successor(last),
        start => format!("{start}.{}", successor(last)),
    })
}
