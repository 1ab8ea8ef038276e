//! Ranges in the notation that CycloneDX and CSAF use, for any ecosystem (feeds.md A27):
//! `vers:npm/>=1.0.0|<1.2.3|1.4.0`.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;
use percent_encoding::percent_decode_str;

use super::{Comparison, REQUIREMENT_BYTES_MAX, Requirement, Sign, and};
use crate::version::{VersionScheme, by_name, for_ecosystem};

/// Whether `range` holds `version`.
///
/// None when it cannot be told: the range is none, names versions of an order that plimsoll does not have, or hangs on a version
/// that cannot be read. A version that the range lists in the same spelling is in it whatever its order.
pub fn contains(range: &str, version: &str) -> Option<bool> {
    if range.len() > REQUIREMENT_BYTES_MAX {
        return None;
    }
    let (scheme, constraints) = range.trim().strip_prefix("vers:")?.split_once('/')?;
    let constraints: Vec<(Sign, String)> = match constraints.trim().trim_matches('|').trim() {
        "*" => return Some(scheme != "none"),
        "" => return None,
        constraints => constraints.split('|').map(read_constraint).collect::<Option<_>>()?,
    };
    let spelling =
        |wanted: Sign| constraints.iter().any(|(sign, bound)| *sign == wanted && bound == version.trim());
    if spelling(Sign::Unequal) {
        return Some(false);
    }
    if spelling(Sign::Equal) {
        return Some(true);
    }
    Range::new(constraints, scheme_of(scheme)?).holds(version)
}

/// `>=1.0`, with the version percent-encoded.
fn read_constraint(text: &str) -> Option<(Sign, String)> {
    let text = text.trim();
    let (sign, bound) = Sign::split(text).unwrap_or((Sign::Equal, text));
    let bound = percent_decode_str(bound).decode_utf8().ok()?.into_owned();
    (!bound.is_empty() && bound != "*").then_some((sign, bound))
}

/// The order of the scheme that `vers:` calls `name`: a package URL's type, or a name of an order.
fn scheme_of(name: &str) -> Option<&'static VersionScheme> {
    match name {
        "alpine" => by_name("apk"),
        "semver" => by_name("semver"),
        "rubygems" => by_name("gem"),
        _ => for_ecosystem(Ecosystem::from_purl_type(name)),
    }
}

/// Where a bound stands among those of an equal version: what ends below it does so before anything begins with it, and what
/// begins above it does so last.
fn rank(sign: Sign) -> u8 {
    match sign {
        Sign::Below => 0,
        Sign::AtMost | Sign::Equal | Sign::Unequal | Sign::AtLeast => 1,
        Sign::Above => 2,
    }
}

struct Range {
    scheme: &'static VersionScheme,
    /// What is between bounds, or listed.
    inside: Requirement,
    /// What is excepted.
    excepted: Requirement,
}

impl Range {
    /// Pairs each start with the end that follows it in the order of the versions, in which the notation wants
    /// them written, and not all tools write them. Of two starts in a row the first is the wider, of two ends the last.
    fn new(mut constraints: Vec<(Sign, String)>, scheme: &'static VersionScheme) -> Self {
        if constraints.iter().all(|(_, bound)| (scheme.is_readable)(bound)) {
            constraints.sort_by(|(left_sign, left), (right_sign, right)| {
                let order = (scheme.compare)(left, right).unwrap_or(Ordering::Equal);
                order.then_with(|| rank(*left_sign).cmp(&rank(*right_sign)))
            });
        }
        let (mut inside, mut excepted) = (Requirement::default(), Requirement::default());
        let mut start: Option<Comparison> = None;
        // Which alternative ended last.
        let mut last_end: Option<usize> = None;
        for (sign, bound) in constraints {
            let comparison = Comparison::new(sign, bound);
            match sign {
                Sign::Equal => inside.alternatives.push(vec![comparison]),
                Sign::Unequal => {
                    excepted.alternatives.push(vec![Comparison { sign: Sign::Equal, ..comparison }])
                }
                Sign::AtLeast | Sign::Above => start = start.or(Some(comparison)),
                Sign::Below | Sign::AtMost => match (start.take(), last_end) {
                    (None, Some(index)) => {
                        inside.alternatives[index].pop();
                        inside.alternatives[index].push(comparison);
                    }
                    (start, _) => {
                        last_end = Some(inside.alternatives.len());
                        inside.alternatives.push(start.into_iter().chain([comparison]).collect());
                    }
                },
            }
        }
        inside.alternatives.extend(start.map(|start| vec![start]));
        if inside.alternatives.is_empty() {
            // All but a few.
            inside.alternatives.push(Vec::new());
        }
        Self { scheme, inside, excepted }
    }

    fn holds(&self, version: &str) -> Option<bool> {
        let is_excepted = self.excepted.holds(self.scheme, version);
        and(self.inside.holds(self.scheme, version), is_excepted.map(|is_excepted| !is_excepted))
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[track_caller]
    fn check(range: &str, inside: &str, outside: &str) {
        for version in inside.split(' ').filter(|version| !version.is_empty()) {
            assert_eq!(contains(range, version), Some(true), "{version} in {range}");
        }
        for version in outside.split(' ').filter(|version| !version.is_empty()) {
            assert_eq!(contains(range, version), Some(false), "{version} not in {range}");
        }
    }

    #[test]
    fn bounds_are_paired_and_single_versions_listed() {
        check("vers:npm/>=1.0.0|<1.2.3|1.4.0", "1.0.0 1.2.2 1.4.0 1.2.3-rc.1", "0.9.0 1.2.3 1.4.1");
        check("vers:npm/<1.0.0|>=2.0.0", "0.1.0 2.0.0 3.0.0", "1.0.0 1.9.9");
        check("vers:gem/>1.0|<=2.0", "1.1 2.0", "1.0 2.1");
        check("vers:maven/>=1.0|!=1.1|<2.0", "1.0 1.2", "1.1 1.1.0 2.0");
        check("vers:pypi/!=1.1", "1.0 2.0", "1.1 1.1.0");
        check("vers:deb/<1%3A2.0-1", "1.0 1:1.9", "1:2.0-1");
        check("vers:npm/<=1.0.0|<=1.5.0", "1.4.0", "1.6.0");
        check(
            "vers:npm/>=1.0.0|<1.5.0|<1.5.0|>=2.0.0|<3.0.0|<4.0.0",
            "1.4.0 3.5.0",
            "0.9.0 1.5.0 1.9.0 4.0.0",
        );
        check("vers:npm/>=1.0.0|>=1.5.0|<2.0.0", "1.2.0", "2.0.0");
    }

    #[test]
    fn bounds_need_not_be_sorted() {
        check("vers:npm/<2.0.0|>=1.0.0", "1.5.0", "0.9.0 2.0.0");
        check("vers:npm/>=10.0.0|<9.0.0|>=2.0.0", "2.0.0 10.0.0", "9.5.0 1.0.0");
        // Two bounds of one version, either first.
        check("vers:npm/>=2.0.0|<3.0.0|<2.0.0", "1.0.0 2.0.0", "3.0.0");
        check("vers:npm/<2.0.0|>=2.0.0|<3.0.0", "1.0.0 2.0.0", "3.0.0");
        check("vers:npm/>2.0.0|<=2.0.0|<3.0.0", "1.0.0 2.0.0 2.5.0", "3.0.0");
        check("vers:npm/>=2.0.0|<=2.0.0", "2.0.0", "1.0.0 3.0.0");
    }

    #[test]
    fn a_bound_speaks_of_its_builds() {
        check("vers:pypi/<=2.1.0", "2.1.0+cu118", "2.1.1");
        check("vers:maven/<=32.0.0-android", "32.0.0-jre", "32.0.1-jre");
    }

    #[test]
    fn all_and_none() {
        check("vers:npm/*", "1.0.0 anything", "");
        check("vers:unheard-of/*", "1", "");
        check("vers:none/*", "", "1.0.0");
    }

    #[test]
    fn what_cannot_be_told_is_unknown() {
        for (range, version) in [
            ("", "1.0"),
            ("npm/>=1.0", "1.0"),
            ("vers:npm", "1.0"),
            ("vers:npm/", "1.0"),
            ("vers:npm/>=", "1.0"),
            ("vers:npm/>=*", "1.0"),
            ("vers:npm/>=1.0|<nonsense", "1.5.0"),
            ("vers:npm/>=1.0", "nonsense"),
            ("vers:unheard-of/>=1.0", "1.5"),
            ("vers:npm/>=%ff", "1.0"),
        ] {
            assert_eq!(contains(range, version), None, "{version} in {range}");
        }
        // What is decided without the unreadable bound is decided.
        assert_eq!(contains("vers:npm/1.0.0|nonsense", "1.0.0"), Some(true));
        assert_eq!(contains("vers:unheard-of/1.0|2.0", "2.0"), Some(true));
        assert_eq!(contains("vers:npm/>=2.0.0|<nonsense", "1.0.0"), Some(false));
    }

    #[test]
    fn hostile_ranges_and_versions_are_refused_or_read() {
        let long = format!("vers:npm/{}", ">=1|".repeat(1_000_000));
        assert_eq!(contains(&long, "1.0.0"), None);
        let wide = format!("vers:maven/{}", "<1-1|>=1-1|".repeat(5_000));
        assert_eq!(contains(&wide, "1-1"), Some(true));
        assert_eq!(contains("vers:npm/<1.0.0", &"1.".repeat(500_000)), None);
    }
}
