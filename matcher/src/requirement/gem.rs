//! RubyGems: `~> 1.2, != 1.2.5` (`Gem::Requirement`). All terms must hold.

use super::{Comparison, Prereleases, Requirement, Sign, Syntax, and, successor};

pub(super) static SYNTAX: Syntax = Syntax { name: "gem", contains };

/// Ruby has no rule for pre-releases but that of `~>`, which is part of what it means.
fn contains(text: &str, version: &str, _: Prereleases) -> Option<bool> {
    // `~> 1.2` holds neither 2.0 nor 2.0.rc1: its upper bound is for the version without its letters.
    let (mut terms, mut release_terms) = (Vec::new(), Vec::new());
    for term in text.split(',').map(str::trim) {
        match term.strip_prefix("~>") {
            Some(bound) => {
                let bound = bound.trim();
                terms.push(Comparison::new(Sign::AtLeast, bound));
                release_terms.push(Comparison::new(Sign::Below, bump(bound)?));
            }
            None => {
                let (sign, bound) = Sign::split(term).unwrap_or((Sign::Equal, term));
                terms.push(Comparison::new(sign, bound));
            }
        }
    }
    let holds = |terms: Vec<Comparison>, version: &str| {
        Requirement { alternatives: vec![terms] }.holds_in("gem", version)
    };
    let version = version.trim();
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
