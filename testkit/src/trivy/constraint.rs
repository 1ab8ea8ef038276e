//! Constraints on versions as the advisories of Trivy's database write them, as ranges.

use model::advisory::{AffectedRange, RangeEvent};
use model::version::VersionText;

/// The range that `constraint` describes: comparisons that hold together (`>= 1.0, < 1.2`), or an interval of Maven
/// (`[1.0,1.2)`).
///
/// # Panics
///
/// It is neither.
pub(super) fn range(constraint: &str) -> AffectedRange {
    let mut events = match constraint.starts_with(['[', '(']) {
        true => interval(constraint),
        false => constraint.split(',').map(comparison).collect(),
    };
    if !events.iter().any(is_start) {
        events.insert(0, RangeEvent::Introduced("0".into()));
    }
    AffectedRange { events: events.into() }
}

/// What none of `patched` holds: the ranges between them. Some databases list only what is not affected.
///
/// # Panics
///
/// One of them is no `>= low` or `>= low, < high`, or they are not listed from the highest to the lowest.
pub(super) fn all_but(patched: &[&str]) -> Vec<AffectedRange> {
    let mut ranges = Vec::new();
    let mut start = Some(VersionText::from("0"));
    for constraint in patched.iter().rev() {
        let from = start.take().expect("nothing lies above a range without an end");
        match range(constraint).events.as_slice() {
            [RangeEvent::Introduced(low)] => ranges.push(between(&from, low)),
            [RangeEvent::Introduced(low), RangeEvent::Fixed(high)] => {
                ranges.push(between(&from, low));
                start = Some(high.clone());
            }
            _ => panic!("`{constraint}` is no range of versions that hold a fix"),
        }
    }
    ranges.extend(start.map(|from| AffectedRange { events: vec![RangeEvent::Introduced(from)].into() }));
    ranges
}

fn between(low: &VersionText, high: &VersionText) -> AffectedRange {
    AffectedRange {
        events: vec![RangeEvent::Introduced(low.clone()), RangeEvent::Fixed(high.clone())].into(),
    }
}

fn is_start(event: &RangeEvent) -> bool {
    matches!(event, RangeEvent::Introduced(_) | RangeEvent::IntroducedAfter(_))
}

fn comparison(text: &str) -> RangeEvent {
    let text = text.trim();
    let split = text.find(|c: char| !"<>=".contains(c)).unwrap_or(text.len());
    let (operator, version) = text.split_at(split);
    let version = VersionText::from(version.trim());
    match operator {
        ">=" => RangeEvent::Introduced(version),
        ">" => RangeEvent::IntroducedAfter(version),
        "<" => RangeEvent::Fixed(version),
        "<=" => RangeEvent::LastAffected(version),
        _ => panic!("`{text}` is no comparison"),
    }
}

fn interval(text: &str) -> Vec<RangeEvent> {
    let (low, high) = text[1..].split_once(',').unwrap_or_else(|| panic!("`{text}` is no interval"));
    let mut events = Vec::new();
    match (text.starts_with('['), low.trim()) {
        (_, "") => {}
        (true, low) => events.push(RangeEvent::Introduced(low.into())),
        (false, low) => events.push(RangeEvent::IntroducedAfter(low.into())),
    }
    let (high, end) = high.split_at(high.len() - 1);
    match (end, high.trim()) {
        (_, "") => {}
        (")", high) => events.push(RangeEvent::Fixed(high.into())),
        ("]", high) => events.push(RangeEvent::LastAffected(high.into())),
        _ => panic!("`{text}` has no end"),
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(range: &AffectedRange) -> String {
        let word = |event: &RangeEvent| match event {
            RangeEvent::Introduced(version) => format!(">={version}"),
            RangeEvent::IntroducedAfter(version) => format!(">{version}"),
            RangeEvent::Fixed(version) => format!("<{version}"),
            RangeEvent::LastAffected(version) => format!("<={version}"),
            RangeEvent::Limit(version) => format!("limit {version}"),
        };
        range.events.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn constraints_are_ranges() {
        for (constraint, expected) in [
            ("< 1.8.4", ">=0 <1.8.4"),
            ("<=8.44", ">=0 <=8.44"),
            (">= 0", ">=0"),
            ("> 2.0.0, <= 2.9.10.3", ">2.0.0 <=2.9.10.3"),
            (">= 0.33.1, < v0.37.0", ">=0.33.1 <v0.37.0"),
            ("[2.9.0,2.9.10.7)", ">=2.9.0 <2.9.10.7"),
            ("(,1.5]", ">=0 <=1.5"),
            ("(1.0,)", ">1.0"),
        ] {
            assert_eq!(text(&range(constraint)), expected, "{constraint}");
        }
        assert!(std::panic::catch_unwind(|| range("~> 1.0")).is_err());
    }

    #[test]
    fn what_holds_no_fix_is_affected() {
        let of = |patched: &[&str]| all_but(patched).iter().map(text).collect::<Vec<_>>();
        assert_eq!(of(&[">= 2.1.0"]), [">=0 <2.1.0"]);
        assert_eq!(of(&[">= 3.1.0", ">= 2.1.3, < 3.0.0"]), [">=0 <2.1.3", ">=3.0.0 <3.1.0"]);
        assert_eq!(of(&[">= 1.0.0, < 2.0.0"]), [">=0 <1.0.0", ">=2.0.0"]);
        assert_eq!(of(&[]), [">=0"]);
    }
}
