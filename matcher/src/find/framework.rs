//! Whether what is told of a NuGet package may hold for the shared framework of .NET that runs in its place.

use model::advisory::{AffectedRange, RangeEvent, Row, Status};
use model::purl::Purl;

use crate::authority::Statement;

/// Major and minor version. .NET fixes each of its lines on its own.
type Line = (u64, u64);

/// Whether `framework`, a package URL, is of a later line than everything that `statements` call affected.
///
/// In its own line the framework is no better than the package, and records that name the package often do not name the
/// framework: CVE-2024-43485 is told of System.Text.Json up to 8.0.4, and .NET 8.0.8 has the same code.
pub(super) fn is_of_later_line(framework: &str, statements: &[Statement<'_>]) -> bool {
    let purl: Option<Purl> = framework.parse().ok();
    let Some(own) = purl.and_then(|purl| line(purl.version.as_deref()?)) else { return false };
    let rows = statements.iter().map(|statement| statement.row);
    rows.filter(|row| !matches!(row.affected.status, Status::NotAffected | Status::Fixed))
        .all(|row| is_over_before(own, row))
}

/// Whether nothing in `own` or a later line is affected; not where that is not told, or cannot be read.
fn is_over_before(own: Line, row: &Row) -> bool {
    let (ranges, versions) = (&row.affected.ranges, &row.affected.versions);
    let is_earlier = |version: &str| line(version).is_some_and(|line| line < own);
    let ends = |range: &AffectedRange| {
        let is_start =
            |event: &&RangeEvent| matches!(event, RangeEvent::Introduced(_) | RangeEvent::IntroducedAfter(_));
        let n_starts = range.events.iter().filter(is_start).count();
        let n_ends = range.events.len() - n_starts;
        n_ends > 0 && n_ends >= n_starts && range.events.iter().all(|event| is_earlier(bound(event)))
    };
    let is_told = !ranges.is_empty() || !versions.is_empty();
    is_told && ranges.iter().all(ends) && versions.iter().all(|version| is_earlier(version.as_str()))
}

fn bound(event: &RangeEvent) -> &str {
    match event {
        RangeEvent::Introduced(version)
        | RangeEvent::IntroducedAfter(version)
        | RangeEvent::Fixed(version)
        | RangeEvent::LastAffected(version)
        | RangeEvent::Limit(version) => version.as_str(),
    }
}

/// 8.0 of `8.0.1-rc.1`, and of `8`.
fn line(version: &str) -> Option<Line> {
    let numbers = version.split(['-', '+']).next()?;
    let mut numbers = numbers.split('.');
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next().map_or(Some(0), |minor| minor.parse().ok())?))
}
