//! How installed versions stand towards the bounds of records, where that is not the order itself.

use model::advisory::{Affected, AffectedRange, RangeEvent, Status};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use super::{order, scheme};
use crate::range::Containment;

/// Whether `installed` lies in the range from the first version to an end.
#[track_caller]
fn is_inside(name: &str, installed: &str, end: RangeEvent) -> bool {
    let events = vec![RangeEvent::Introduced(VersionText::new("0")), end];
    let affected = Affected {
        ranges: vec![AffectedRange { events: events.into() }].into(),
        ..Affected::new(PackageKey::new(Namespace::new("demo"), KeyKind::Binary, "demo"), Status::Affected)
    };
    match scheme(name).containment(installed, &affected) {
        Containment::Inside { range: 0 } => true,
        Containment::Outside { .. } => false,
        other => panic!("{name}: `{installed}`: {other:?}"),
    }
}

fn fixed(version: &str) -> RangeEvent {
    RangeEvent::Fixed(VersionText::new(version))
}

fn last_affected(version: &str) -> RangeEvent {
    RangeEvent::LastAffected(VersionText::new(version))
}

#[test]
fn a_bound_without_a_release_speaks_of_every_release_in_rpm() {
    assert!(!is_inside("rpm", "1.4-3.el9", fixed("1.4")));
    assert!(is_inside("rpm", "1.4~rc1-3.el9", fixed("1.4")));
    assert!(is_inside("rpm", "1.4-3.el9", last_affected("1.4")));
    assert!(!is_inside("rpm", "1.4.1-1.el9", last_affected("1.4")));
    // What is installed does not say that it is as new as the fix.
    assert!(is_inside("rpm", "1.4", fixed("1.4-3.el9")));
    // An epoch that is not there is 0, on either side.
    assert!(is_inside("rpm", "1.4-3.el9", fixed("1:1.0-1.el9")));
    assert!(!is_inside("rpm", "1:1.0-1.el9", fixed("1.4-3.el9")));
    assert!(!is_inside("rpm", "0:1.4-3.el9", fixed("1.4-3.el9")));
}

#[test]
fn releases_count_in_arch_where_both_have_one() {
    assert!(is_inside("alpm", "1.4-1", fixed("1.4-2")));
    assert!(!is_inside("alpm", "1.4-2", fixed("1.4")));
    assert!(!is_inside("alpm", "1.4", fixed("1.4-2")));
    assert!(is_inside("alpm", "1.4-9", last_affected("1.4")));
}

#[test]
fn long_versions_are_read_and_compared_like_any_other() {
    const BYTES: usize = 1 << 14;
    let tails = ["9", "0", ".1", "~1", "a1", "_p1", "-1", "+a", "^", ".rc", "_", "-r1", ".a", "*"];
    for scheme in super::SCHEMES {
        for tail in tails {
            for start in ["1", "v1.0-"] {
                let short = format!("{start}{}", tail.repeat(BYTES / tail.len()));
                let long = format!("{short}2");
                let forth = (scheme.compare)(&short, &long);
                assert_eq!(forth, (scheme.compare)(&long, &short).map(std::cmp::Ordering::reverse));
                assert_eq!(
                    forth.is_some(),
                    (scheme.is_readable)(&short) && (scheme.is_readable)(&long),
                    "{}: {start} {tail}",
                    scheme.name
                );
            }
        }
    }
    let number = "9".repeat(BYTES);
    // What is nothing but hexadecimal digits is a commit to the Actions of GitHub.
    let is_bounded = |name: &str| matches!(name, "github_actions" | "pep440");
    for scheme in super::SCHEMES.iter().filter(|scheme| !is_bounded(scheme.name)) {
        let less = Some(std::cmp::Ordering::Less);
        assert_eq!(order(scheme, &number, &format!("1{number}")), less, "{}", scheme.name);
    }
}
