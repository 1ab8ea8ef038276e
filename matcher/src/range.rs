//! Whether a version lies within what a record says is affected (OSV schema, "Evaluation"; feeds.md A16).

use std::borrow::Cow;
use std::cmp::Ordering;

use model::advisory::{Affected, AffectedRange, RangeEvent};
use model::key::KeyKind;
use model::version::VersionText;

use crate::version::{Scheme, VersionScheme};

/// Where a version stands. Positions count [`AffectedRange`]s and their events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Containment {
    /// Every version is inside: the record states neither ranges nor versions.
    Everywhere,
    /// Inside this range.
    Inside {
        /// Which range.
        range: usize,
    },
    /// One of the enumerated versions.
    Listed,
    /// Outside.
    Outside {
        /// Range and event of the highest fix that the version holds, if it holds one.
        fixed: Option<(usize, usize)>,
    },
    /// It depends on a bound that cannot be read.
    UnreadableBound {
        /// Which range; those that are not affected count on after the others.
        range: usize,
    },
    /// It depends on the version, which cannot be read.
    UnreadableVersion,
}

/// Tells where a version stands towards what a record says is affected.
pub(crate) type Contain<'a, 't> = dyn Fn(&'a Affected) -> Containment + 't;

/// Judges records by it.
pub(crate) type Judge<'a, 'j> = dyn FnMut(&Contain<'a, '_>) + 'j;

/// Where `installed` stands towards each record. A record's version list and every range are alternatives.
///
/// - The list is met by equal text, and by equal order when it is all that the record states, or the record is of a CPE.
///   Of a CPE upper and lower case are the same.
/// - A range is walked in the order of its versions; events of equal versions keep the order in which they
///   are written, so the later one decides. An inverted range (`fixed` below `introduced`) is thereby affected
///   from `introduced` on: a damaged record warns rather than falls silent.
/// - `fixed: "0"` is the sentinel for "never affected": such a range holds nothing.
/// - A version that cannot be read can only meet the list, or a range that starts at `0` and never ends.
///
/// What tells it is handed to `judge`.
pub(crate) fn contain<'a, S: Scheme>(installed: &'a str, judge: &mut Judge<'a, '_>) {
    // Read once: a package may have thousands of rows.
    let version = S::read(installed);
    judge(&|record| contains::<S>(installed, version.as_ref(), record));
}

fn contains<'a, S: Scheme>(
    installed: &'a str,
    version: Option<&S::Version<'a>>,
    record: &'a Affected,
) -> Containment {
    let stated = contains_stated::<S>(installed, version, record);
    let unaffected = record.aside.said().map_or(&[][..], |aside| &aside.unaffected);
    if unaffected.is_empty() || matches!(stated, Containment::Outside { .. }) {
        return stated;
    }
    // What is stated as not affected is so whatever else is stated; where that cannot be read, nothing is known.
    let Some(version) = version else { return Containment::UnreadableVersion };
    let mut unreadable = None;
    for (index, range) in unaffected.iter().enumerate() {
        match walk::<S>(version, range) {
            Walk::Inside => return Containment::Outside { fixed: None },
            Walk::UnreadableBound => unreadable = unreadable.or(Some(index)),
            Walk::Outside { .. } => {}
        }
    }
    match unreadable {
        Some(range) => Containment::UnreadableBound { range: record.ranges.len() + range },
        None => stated,
    }
}

fn contains_stated<'a, S: Scheme>(
    installed: &'a str,
    version: Option<&S::Version<'a>>,
    record: &'a Affected,
) -> Containment {
    let Affected { ranges, versions, .. } = record;
    if ranges.is_empty() && versions.is_empty() {
        return Containment::Everywhere;
    }
    if versions.binary_search_by(|version| version.as_bytes().cmp(installed.as_bytes())).is_ok() {
        return Containment::Listed;
    }
    let Some(version) = version else {
        // CPE names are in lower case, the versions of packages as their makers write them.
        let is_same = |listed: &VersionText| listed.as_str().eq_ignore_ascii_case(installed);
        if record.key.kind == KeyKind::Cpe && versions.iter().any(is_same) {
            return Containment::Listed;
        }
        return match ranges.iter().position(holds_every_version) {
            Some(range) => Containment::Inside { range },
            None if ranges.is_empty() => Containment::Outside { fixed: None },
            None => Containment::UnreadableVersion,
        };
    };
    // NVD writes a version in more than one way, beside ranges too.
    if ranges.is_empty() || record.key.kind == KeyKind::Cpe {
        let equals = |listed: &'a VersionText| {
            S::read(listed.as_str()).is_some_and(|listed| S::compare_to_bound(version, &listed).is_eq())
        };
        match versions.iter().any(equals) {
            true => return Containment::Listed,
            false if ranges.is_empty() => return Containment::Outside { fixed: None },
            false => {}
        }
    }

    let mut unreadable = None;
    let mut fixed: Option<(S::Version<'a>, (usize, usize))> = None;
    for (index, range) in ranges.iter().enumerate() {
        match walk::<S>(version, range) {
            Walk::Inside => return Containment::Inside { range: index },
            Walk::UnreadableBound => unreadable = unreadable.or(Some(index)),
            Walk::Outside { fix: Some((bound, event)) } => {
                if fixed.as_ref().is_none_or(|(highest, _)| bound > *highest) {
                    fixed = Some((bound, (index, event)));
                }
            }
            Walk::Outside { fix: None } => {}
        }
    }
    match unreadable {
        Some(range) => Containment::UnreadableBound { range },
        None => Containment::Outside { fixed: fixed.map(|(_, position)| position) },
    }
}

/// Whether `record` names `version` itself, which stands at `containment`: in its list, or as the last that is affected.
pub(crate) fn names_version(
    record: &Affected,
    version: &str,
    containment: Containment,
    scheme: &VersionScheme,
) -> bool {
    let is_equal = |bound: &VersionText| (scheme.compare)(version, bound.as_str()) == Some(Ordering::Equal);
    let is_last = |event: &RangeEvent| matches!(event, RangeEvent::LastAffected(bound) if is_equal(bound));
    match containment {
        Containment::Listed => true,
        Containment::Inside { .. } => record.ranges.iter().flat_map(|range| &range.events).any(is_last),
        _ => false,
    }
}

fn holds_every_version(range: &AffectedRange) -> bool {
    let is_start = |event: &RangeEvent| matches!(event, RangeEvent::Introduced(version) if is_zero(version));
    !range.events.is_empty() && range.events.iter().all(is_start)
}

/// The text `0` is below every version as a start, and "never affected" as a fix.
#[inline]
pub(crate) fn is_zero(version: &VersionText) -> bool {
    version.as_bytes() == b"0"
}

enum Walk<V> {
    Inside,
    Outside {
        /// The fix that the version holds, and its event, when a fix is why it is outside.
        fix: Option<(V, usize)>,
    },
    UnreadableBound,
}

/// Walks one range without sorting it: the event that decides is the highest of those that the version has
/// reached.
fn walk<'a, S: Scheme>(version: &S::Version<'a>, range: &'a AffectedRange) -> Walk<S::Version<'a>> {
    let mut decider: Option<(Option<S::Version<'a>>, usize)> = None;
    let mut is_limited = false;
    let mut is_below_a_limit = false;
    for (index, event) in range.events.iter().enumerate() {
        let bound = match event {
            RangeEvent::Introduced(bound) if is_zero(bound) => {
                decider = decider.or(Some((None, index)));
                continue;
            }
            RangeEvent::Fixed(bound) if is_zero(bound) => return Walk::Outside { fix: None },
            RangeEvent::Limit(bound) if bound.as_bytes() == b"*" => continue,
            RangeEvent::Introduced(bound)
            | RangeEvent::IntroducedAfter(bound)
            | RangeEvent::Fixed(bound)
            | RangeEvent::LastAffected(bound)
            | RangeEvent::Limit(bound) => bound,
        };
        let Some(bound) = S::read(bound.as_str()) else {
            return Walk::UnreadableBound;
        };
        let order = S::compare_to_bound(version, &bound);
        let is_reached = match event {
            RangeEvent::Introduced(_) | RangeEvent::Fixed(_) => order.is_ge(),
            RangeEvent::IntroducedAfter(_) | RangeEvent::LastAffected(_) => order.is_gt(),
            RangeEvent::Limit(_) => {
                is_limited = true;
                is_below_a_limit |= order.is_lt();
                false
            }
        };
        let is_highest = match &decider {
            Some((Some(highest), _)) => bound >= *highest,
            Some((None, _)) | None => true,
        };
        if is_reached && is_highest {
            decider = Some((Some(bound), index));
        }
    }
    match decider.map(|(bound, index)| (&range.events[index], bound, index)) {
        Some((RangeEvent::Introduced(_) | RangeEvent::IntroducedAfter(_), _, _))
            if !is_limited || is_below_a_limit =>
        {
            Walk::Inside
        }
        Some((RangeEvent::Fixed(_), Some(bound), index)) => Walk::Outside { fix: Some((bound, index)) },
        _ => Walk::Outside { fix: None },
    }
}

/// A range for people: `>= 1.0, < 1.2-r3`, alternatives joined by ` || `. The first few events tell the
/// story; the rest are counted.
pub(crate) fn describe(range: &AffectedRange) -> String {
    const EVENTS_MAX: usize = 16;
    let mut text = String::with_capacity(48);
    for (index, event) in range.events.iter().take(EVENTS_MAX).enumerate() {
        let (sign, version) = match event {
            RangeEvent::Introduced(version) => (">=", version),
            RangeEvent::IntroducedAfter(version) => (">", version),
            RangeEvent::Fixed(version) | RangeEvent::Limit(version) => ("<", version),
            RangeEvent::LastAffected(version) => ("<=", version),
        };
        let starts = matches!(event, RangeEvent::Introduced(_) | RangeEvent::IntroducedAfter(_));
        text.push_str(match (index, starts) {
            (0, _) => "",
            (_, true) => " || ",
            (_, false) => ", ",
        });
        text.push_str(sign);
        text.push(' ');
        text.push_str(&shown(version));
    }
    let more = range.events.len().saturating_sub(EVENTS_MAX);
    if more > 0 {
        text.push_str(&format!(" and {more} more bounds"));
    }
    text
}

/// The version as written, cut where nobody would read on.
pub(crate) fn shown(version: &VersionText) -> Cow<'_, str> {
    cut(version.as_str())
}

/// A text, cut where nobody would read on.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    const CHARACTERS_MAX: usize = 120;
    if text.len() <= CHARACTERS_MAX {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
