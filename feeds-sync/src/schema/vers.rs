//! Ranges of versions in the notation of `vers:` (feeds.md A27): `vers:npm/>=1.0.0|<1.2.3|1.4.0`.

use model::advisory::{AffectedRange, RangeEvent};
use model::version::VersionText;

use crate::schema::place::percent_decoded;

/// The versions that a range holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Those between bounds.
    pub ranges: Vec<AffectedRange>,
    /// Those that are excepted.
    pub excepted: Vec<AffectedRange>,
    /// Those listed one by one, sorted as text.
    pub listed: Vec<VersionText>,
    /// All there are; then nothing else is stated.
    pub is_all: bool,
}

/// Reads `text`: a `vers:` range, or a single comparison such as `<2.0` and `>= 1.4`. The versions keep their order of
/// writing, which the notation demands to be ascending. None for anything else.
pub fn read(text: &str) -> Option<Versions> {
    let constraints = match text.trim().strip_prefix("vers:") {
        Some(rest) => rest.split_once('/')?.1,
        None => bare(text.trim())?,
    };
    let mut versions = Versions::default();
    let mut open: Vec<RangeEvent> = Vec::new();
    let constraints: Vec<&str> =
        constraints.split('|').map(str::trim).filter(|constraint| !constraint.is_empty()).collect();
    if let ["*"] = constraints[..] {
        return Some(Versions { is_all: true, ..Versions::default() });
    }
    for constraint in &constraints {
        let start = constraint.find(|first: char| !"<>=!".contains(first))?;
        let (comparator, version) = constraint.split_at(start);
        let version = VersionText::from(percent_decoded(version.trim()).as_str());
        if version.as_str() == "*" {
            return None;
        }
        match comparator {
            "" | "=" | "==" => versions.listed.push(version),
            "!=" => versions.excepted.push(AffectedRange {
                events: vec![RangeEvent::Introduced(version.clone()), RangeEvent::LastAffected(version)]
                    .into(),
            }),
            // Of two starts in a row the first is the wider.
            ">=" if open.is_empty() => open.push(RangeEvent::Introduced(version)),
            ">" if open.is_empty() => open.push(RangeEvent::IntroducedAfter(version)),
            ">" | ">=" => {}
            // That it ends there says of no version that it is good.
            "<" => versions.end(open.pop(), RangeEvent::Limit(version)),
            "<=" => versions.end(open.pop(), RangeEvent::LastAffected(version)),
            _ => return None,
        }
    }
    versions.ranges.extend(open.pop().map(|start| AffectedRange { events: vec![start].into() }));
    if versions.ranges.is_empty() && versions.listed.is_empty() {
        // All but a few.
        versions.is_all = !versions.excepted.is_empty();
        return versions.is_all.then_some(versions);
    }
    versions.listed.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    versions.listed.dedup();
    Some(versions)
}

impl Versions {
    /// Ends the range that `start` opened. Of two ends in a row the last is the wider; without a start the range is from the
    /// first version on.
    fn end(&mut self, start: Option<RangeEvent>, end: RangeEvent) {
        match (start, self.ranges.last_mut()) {
            (None, Some(range)) => range.events[1] = end,
            (start, _) => {
                let start = start.unwrap_or_else(|| RangeEvent::Introduced(VersionText::from("0")));
                self.ranges.push(AffectedRange { events: vec![start, end].into() });
            }
        }
    }
}

/// A single comparison without spaces in its version, which is no free text.
fn bare(text: &str) -> Option<&str> {
    let version = text.trim_start_matches(['<', '>', '=']).trim();
    let is_version = version.starts_with(|first: char| first.is_ascii_alphanumeric())
        && version.contains(|any: char| any.is_ascii_digit())
        && !version.contains([' ', ',', '|', '<', '>', '/', '*']);
    let is_compared = text.starts_with(['<', '>', '=']);
    (is_compared && is_version).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let event = |event: &RangeEvent| match event {
            RangeEvent::Introduced(version) => format!(">={version}"),
            RangeEvent::IntroducedAfter(version) => format!(">{version}"),
            RangeEvent::Fixed(version) => format!("fixed {version}"),
            RangeEvent::LastAffected(version) => format!("<={version}"),
            RangeEvent::Limit(version) => format!("<{version}"),
        };
        let range = |range: &AffectedRange| range.events.iter().map(event).collect::<Vec<_>>().join(" ");
        let text = read(text).map_or("unread".to_owned(), |versions| {
            let mut parts: Vec<String> = versions.ranges.iter().map(range).collect();
            parts.extend(versions.listed.iter().map(|version| format!("={version}")));
            parts.extend(versions.excepted.iter().map(|excepted| format!("not {}", range(excepted))));
            parts.extend(versions.is_all.then(|| "all".to_owned()));
            parts.join("; ")
        });
        assert_eq!(text, expected);
    }

    #[test]
    fn constraints_become_ranges_and_lists() {
        check("vers:npm/>=1.0.0|<1.2.3|>=2.0.0|<=2.1.0", ">=1.0.0 <1.2.3; >=2.0.0 <=2.1.0");
        check("vers:npm/>=1.0.0|<1.2.3|<=2.0.0|>=3.0.0", ">=1.0.0 <=2.0.0; >=3.0.0");
        check("vers:generic/<4.2", ">=0 <4.2");
        check("vers:generic/>4.2", ">4.2");
        check("vers:generic/>1|>=2|<3", ">1 <3");
        check("vers:pypi/1.0|1.2|=1.1", "=1.0; =1.1; =1.2");
        check("vers:deb/>=1%3A1.0|<1%3A2.0%2Bb", ">=1:1.0 <1:2.0+b");
        check("vers:npm/>=1|!=1.5|<2", ">=1 <2; not >=1.5 <=1.5");
        check("vers:npm/!=1.5", "not >=1.5 <=1.5; all");
        check("vers:all/*", "all");
        check("<= 1.4", ">=0 <=1.4");
        check("<V2.0", ">=0 <V2.0");
    }

    #[test]
    fn anything_else_is_words() {
        for text in [
            "all versions",
            "1.4",
            "< 2.0, >= 1.0",
            "<2.0 (with SP1)",
            "vers:npm",
            "vers:npm/",
            "vers:npm/>",
            "vers:npm/<>2",
            "vers:npm/>=*",
            "",
            "<latest",
        ] {
            check(text, "unread");
        }
    }
}
