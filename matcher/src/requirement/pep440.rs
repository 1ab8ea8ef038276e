//! Python: `>=1.0,!=1.3.*,<2` (PEP 440, "Version specifiers"). All of them must hold.

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

use super::{Comparison, Prereleases, Requirement, Sign, Syntax};

pub(super) static SYNTAX: Syntax = Syntax { name: "pep440", contains };

/// To install, `<2` leaves out `2rc1`, and `>2` leaves out `2.post1` and `2+local`. Whether pre-releases are wanted
/// at all is the installer's business.
fn contains(text: &str, version: &str, prereleases: Prereleases) -> Option<bool> {
    let specifiers: VersionSpecifiers = text.trim().parse().ok()?;
    let read: Version = version.trim().parse().ok()?;
    let mut terms = Vec::new();
    for specifier in specifiers.iter() {
        // The rule for `<2` does not hold for a bound that is a pre-release itself; `pep440_rs` applies it all the same.
        let is_ordered = prereleases == Prereleases::Ordered
            || (*specifier.operator() == Operator::LessThan && specifier.version().any_prerelease());
        match sign(specifier).filter(|_| is_ordered) {
            Some(sign) => terms.push(Comparison::new(sign, specifier.version().to_string())),
            None if specifier.contains(&read) => {}
            None => return Some(false),
        }
    }
    Requirement { alternatives: vec![terms] }.holds_in("pep440", version)
}

/// The sign of a specifier that names a bound; none where it names a prefix or a spelling.
fn sign(specifier: &VersionSpecifier) -> Option<Sign> {
    match specifier.operator() {
        Operator::Equal => Some(Sign::Equal),
        Operator::NotEqual => Some(Sign::Unequal),
        Operator::LessThan => Some(Sign::Below),
        Operator::LessThanEqual => Some(Sign::AtMost),
        Operator::GreaterThan => Some(Sign::Above),
        Operator::GreaterThanEqual => Some(Sign::AtLeast),
        Operator::ExactEqual | Operator::EqualStar | Operator::NotEqualStar | Operator::TildeEqual => None,
    }
}
