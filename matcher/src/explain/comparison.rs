//! The bounds beside which an installed version was put, written out.

use std::cmp::Ordering;

use model::advisory::{Affected, AffectedRange, RangeEvent, Status};
use model::explanation::{BoundKind, Comparison};
use model::version::VersionText;

use crate::range::{Containment, is_zero};
use crate::version::VersionScheme;

/// Of how many ranges the nearest bounds are told.
const RANGES_MAX: usize = 8;

/// The comparisons that show why `installed` stands as `containment` says: the bounds nearest to it, or the version of the
/// list; none where every version is inside, or none is listed.
pub(super) fn comparisons(
    scheme: &VersionScheme,
    installed: &VersionText,
    affected: &Affected,
    containment: Containment,
) -> Vec<Comparison> {
    let beside = Beside { scheme, installed };
    let ranges = match is_decided_by_unaffected(&beside, affected, containment) {
        true => &affected.aside.unaffected[..],
        false => &affected.ranges[..],
    };
    let some: Vec<&AffectedRange> = match containment {
        Containment::Everywhere => return Vec::new(),
        Containment::Listed => return beside.listed(&affected.versions),
        Containment::Outside { fixed: Some((range, event)) } => {
            let event = ranges.get(range).and_then(|range| range.events.get(event));
            return event.map(|event| beside.event(event)).into_iter().collect();
        }
        Containment::UnreadableBound { range } => {
            let range = affected.ranges.iter().chain(&affected.aside.unaffected).nth(range);
            let events = range.map(|range| &range.events[..]).unwrap_or_default();
            let unreadable = events.iter().map(|event| beside.event(event));
            return unreadable.filter(|comparison| comparison.order.is_none()).take(1).collect();
        }
        Containment::UnreadableVersion => {
            let first = ranges.iter().flat_map(|range| &range.events).find(|event| !is_zero(bound(event).0));
            return first.map(|event| beside.event(event)).into_iter().collect();
        }
        Containment::Inside { range } => ranges.get(range).into_iter().collect(),
        Containment::Outside { fixed: None } => ranges.iter().take(RANGES_MAX).collect(),
    };
    some.into_iter().flat_map(|range| beside.nearest(range)).collect()
}

/// Whether it is for what is stated as not affected that the version stands there: without it, it would stand elsewhere.
fn is_decided_by_unaffected(beside: &Beside<'_>, affected: &Affected, containment: Containment) -> bool {
    if affected.aside.unaffected.is_empty() {
        return false;
    }
    let stated = Affected {
        ranges: affected.ranges.clone(),
        versions: affected.versions.clone(),
        ..Affected::new(affected.key.clone(), Status::Affected)
    };
    beside.scheme.containment(beside.installed.as_str(), &stated) != containment
}

/// An installed version, and how it is compared.
struct Beside<'a> {
    scheme: &'a VersionScheme,
    installed: &'a VersionText,
}

impl Beside<'_> {
    fn listed(&self, versions: &[VersionText]) -> Vec<Comparison> {
        let is_same = |version: &&VersionText| *version == self.installed;
        let is_equal = |version: &&VersionText| self.order(version) == Some(Ordering::Equal);
        let listed = versions.iter().find(is_same).or_else(|| versions.iter().find(is_equal));
        listed.map(|listed| self.comparison(listed, BoundKind::Listed)).into_iter().collect()
    }

    /// The highest bound that the version has reached, then the lowest that it has not. Where it is below a bound, that every
    /// version is above `0` says nothing more.
    fn nearest(&self, range: &AffectedRange) -> Vec<Comparison> {
        let mut reached: Option<&RangeEvent> = None;
        let mut ahead: Option<&RangeEvent> = None;
        for event in &range.events {
            let version = bound(event).0;
            let is_reached = self.is_reached(event);
            let nearest = if is_reached { &mut reached } else { &mut ahead };
            let is_nearer = nearest.is_none_or(|nearest| {
                let nearest = bound(nearest).0;
                // `0` is below all, whether or not the scheme can read it.
                let order = match (is_zero(version), is_zero(nearest)) {
                    (false, false) => (self.scheme.compare)(version.as_str(), nearest.as_str()),
                    (left, right) => Some(right.cmp(&left)),
                };
                order.is_some_and(|order| if is_reached { order.is_ge() } else { order.is_lt() })
            });
            if is_nearer {
                *nearest = Some(event);
            }
        }
        let is_told = |event: &&RangeEvent| ahead.is_none() || !is_zero(bound(event).0);
        reached.filter(is_told).into_iter().chain(ahead).map(|event| self.event(event)).collect()
    }

    fn is_reached(&self, event: &RangeEvent) -> bool {
        let version = bound(event).0;
        if is_zero(version) {
            return true;
        }
        let order = self.order(version);
        order.is_some_and(|order| match event {
            RangeEvent::Introduced(_) | RangeEvent::Fixed(_) | RangeEvent::Limit(_) => order.is_ge(),
            RangeEvent::IntroducedAfter(_) | RangeEvent::LastAffected(_) => order.is_gt(),
        })
    }

    fn order(&self, bound: &VersionText) -> Option<Ordering> {
        (self.scheme.compare_to_bound)(self.installed.as_str(), bound.as_str())
    }

    fn event(&self, event: &RangeEvent) -> Comparison {
        let (version, kind) = bound(event);
        self.comparison(version, kind)
    }

    fn comparison(&self, bound: &VersionText, event: BoundKind) -> Comparison {
        let order = match event {
            BoundKind::Introduced if is_zero(bound) => Some(Ordering::Greater),
            BoundKind::Listed if bound == self.installed => Some(Ordering::Equal),
            _ => self.order(bound),
        };
        let (installed, bound, scheme) = (self.installed.clone(), bound.clone(), self.scheme.name);
        Comparison { installed, order, bound, event, scheme }
    }
}

fn bound(event: &RangeEvent) -> (&VersionText, BoundKind) {
    match event {
        RangeEvent::Introduced(version) => (version, BoundKind::Introduced),
        RangeEvent::IntroducedAfter(version) => (version, BoundKind::IntroducedAfter),
        RangeEvent::Fixed(version) => (version, BoundKind::Fixed),
        RangeEvent::LastAffected(version) => (version, BoundKind::LastAffected),
        RangeEvent::Limit(version) => (version, BoundKind::Limit),
    }
}
