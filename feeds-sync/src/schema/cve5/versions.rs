//! What an element of `affected` says of versions (feeds.md A23, "Semantics").

use model::advisory::{AffectedRange, PublishedFix, RangeEvent};
use model::version::VersionText;
use serde::Deserialize;

use super::changes::{Change, in_order, is_below, is_same};
use crate::advisories::Remarks;
use crate::schema::{Text, null_as_default};

/// One entry of `versions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    less_than: Option<Text<'a>>,
    #[serde(borrow, default)]
    less_than_or_equal: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    changes: Vec<Change<'a>>,
}

impl Entry<'_> {
    /// How many ranges it may become.
    pub(super) fn n_parts(&self) -> usize {
        1 + self.changes.len()
    }
}

/// Whether versions are affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Affected,
    Unaffected,
    Unknown,
}

impl Standing {
    pub(super) fn of(word: Option<&str>, field: &str, remarks: &mut Remarks) -> Self {
        match word {
            Some("affected") => Self::Affected,
            Some("unaffected") => Self::Unaffected,
            Some("unknown") | None => Self::Unknown,
            Some(other) => {
                remarks.unknown_word(field, other);
                Self::Unknown
            }
        }
    }
}

/// What the entries of one element say together.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) ranges: Vec<AffectedRange>,
    pub(super) unaffected: Vec<AffectedRange>,
    pub(super) versions: Vec<VersionText>,
    /// Between the fixes of several branches.
    pub(super) undetermined: Vec<AffectedRange>,
    /// Versions where something that is not affected begins.
    pub(super) fixes: Vec<PublishedFix>,
    /// Words about affected versions that cannot be compared.
    pub(super) hints: Vec<Box<str>>,
    /// Every version is said to be affected, in words that many use who do not know.
    pub(super) says_all: bool,
    /// How many entries name commits and no versions.
    pub(super) n_commits: usize,
}

/// What `entries` say, where versions that none of them names have `default`.
pub(super) fn said(entries: &[Entry<'_>], default: Standing, remarks: &mut Remarks) -> Said {
    let mut said = Said::default();
    for entry in entries {
        if entry.version_type.as_deref() == Some("git") {
            said.n_commits += 1;
            continue;
        }
        said.add(entry, default, remarks);
    }
    said.versions.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    said.versions.dedup();
    said
}

impl Said {
    fn add(&mut self, entry: &Entry<'_>, default: Standing, remarks: &mut Remarks) {
        let standing = Standing::of(entry.status.as_deref().or(Some("")), "status", remarks);
        let version = entry.version.as_deref().unwrap_or_default().trim();
        let below = entry.less_than.as_deref().map(str::trim);
        let up_to = entry.less_than_or_equal.as_deref().map(str::trim);
        if below.is_some() || up_to.is_some() {
            return self.add_range(entry, version, below, up_to, standing, default, remarks);
        }
        if !entry.changes.is_empty() {
            remarks.unknown_word("changes", "without a bound");
        }
        match standing {
            Standing::Unknown => remarks.leave_out("versions of unknown standing"),
            // A word that is no version names nothing that could be left alone.
            Standing::Unaffected if !is_version(version) => {}
            Standing::Unaffected => {
                let range =
                    vec![RangeEvent::Introduced(version.into()), RangeEvent::LastAffected(version.into())];
                self.unaffected.push(AffectedRange { events: range.into() });
                self.add_fix(version);
            }
            Standing::Affected => self.add_affected(version),
        }
    }

    /// An entry without bounds is exactly its version, if it is one.
    fn add_affected(&mut self, version: &str) {
        if let Some(branch) = branch(version) {
            let from = RangeEvent::Introduced(branch.from.into());
            self.ranges
                .push(AffectedRange { events: vec![from, RangeEvent::Limit(branch.end.into())].into() });
        } else if matches!(version, "*" | "all" | "All" | "ALL") {
            self.says_all = true;
        } else if let Some(events) = comparators(version) {
            self.ranges.push(AffectedRange { events: events.into() });
        } else if is_version(version) {
            self.versions.push(version.into());
        } else {
            self.hints.push(version.into());
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one entry, told apart once")]
    fn add_range(
        &mut self,
        entry: &Entry<'_>,
        version: &str,
        below: Option<&str>,
        up_to: Option<&str>,
        standing: Standing,
        default: Standing,
        remarks: &mut Remarks,
    ) {
        if below.is_some() && up_to.is_some() {
            remarks.unknown_word("versions", "two bounds of one side");
        }
        let end = End::of(below, up_to, default);
        let has_end = matches!(end, End::At(_)) || !entry.changes.is_empty();
        let in_words = || match below.or(up_to) {
            Some(bound) if matches!(end, End::Words) => format!("{version} - {bound}").into(),
            _ => format!("from {version}").into(),
        };
        let start = match (branch(version), standing) {
            (Some(branch), _) => Some(branch.from.to_owned()),
            // `unspecified` below a bound is how older records write "from the beginning".
            (None, _) if is_unstated(version) || version == "*" => Some("0".to_owned()),
            (None, _) if is_version(version) => Some(version.to_owned()),
            // A start in words (`Acme Server 2.4`) leaves the bound as good as it is: too many are affected then, and never too
            // many are not.
            (None, Standing::Affected) if has_end => Some("0".to_owned()),
            (None, Standing::Affected) => return self.hints.push(in_words()),
            (None, Standing::Unaffected) => {
                remarks.leave_out("versions that are not affected, in words");
                None
            }
            (None, Standing::Unknown) => {
                remarks.leave_out("versions of unknown standing");
                None
            }
        };
        let is_within =
            |change: &&Change<'_>| start.as_deref().is_none_or(|start| !is_below(&change.at, start));
        let changes: Vec<&Change<'_>> = entry.changes.iter().filter(is_within).collect();
        match in_order(&changes) {
            Some(changes) => {
                let bound = below.or(up_to).unwrap_or_default();
                self.add_changes(&changes, standing, default, start, end, bound, remarks);
            }
            None => self.add_unordered(&changes, standing, default, start, end, remarks),
        }
    }

    /// Adds the parts of a range between one change and the next; what is before the first is nothing where the range has
    /// no start.
    ///
    /// A change has the schema's "new status in the range starting at the given version", so a second fix with nothing
    /// affected between them would change nothing. Who writes it means a branch by each: between the lowest of them and the
    /// highest nobody can tell what is affected.
    #[expect(clippy::too_many_arguments, reason = "the parts of one entry, told apart once")]
    fn add_changes(
        &mut self,
        changes: &[&Change<'_>],
        mut standing: Standing,
        default: Standing,
        mut start: Option<String>,
        end: End,
        bound: &str,
        remarks: &mut Remarks,
    ) {
        let mut changes = changes.iter().peekable();
        while let Some(change) = changes.next() {
            let next = Standing::of(Some(&change.status), "changes.status", remarks);
            if next == standing {
                continue;
            }
            let end = match next {
                Standing::Unaffected => RangeEvent::Fixed((&*change.at).into()),
                Standing::Affected | Standing::Unknown => RangeEvent::Limit((&*change.at).into()),
            };
            if let Some(start) = start {
                self.add_part(standing, &start, Some(end), remarks);
            }
            let mut from = &*change.at;
            if (standing, next) == (Standing::Affected, Standing::Unaffected) {
                let mut highest = from;
                while let Some(other) = changes.next_if(|other| other.status == change.status) {
                    if !is_same(&other.at, highest) {
                        self.add_fix(highest);
                        highest = &other.at;
                    }
                }
                if !is_same(highest, from) {
                    let events = [RangeEvent::Introduced(from.into()), RangeEvent::Limit(highest.into())];
                    self.undetermined.push(AffectedRange { events: events.into_iter().collect() });
                    // By default it would be affected.
                    if default == Standing::Affected {
                        let events = [RangeEvent::Introduced(from.into()), RangeEvent::Limit(highest.into())];
                        self.unaffected.push(AffectedRange { events: events.into_iter().collect() });
                    }
                    from = highest;
                }
            }
            (standing, start) = (next, Some(from.to_owned()));
        }
        let Some(start) = start else { return };
        match (end, standing) {
            (End::At(end), _) => self.add_part(standing, &start, Some(end), remarks),
            (End::Open, _) => self.add_part(standing, &start, None, remarks),
            (End::Words, Standing::Affected) => self.hints.push(format!("{start} - {bound}").into()),
            // How far it is not affected nobody can tell.
            (End::Words, Standing::Unaffected) => self.add_fix(&start),
            (End::Words, Standing::Unknown) => remarks.leave_out("versions of unknown standing"),
        }
    }

    /// Adds a range whose changes only the order of its versions can sort: one range of what is affected and one of what is
    /// not, each with all changes as events, which the matcher sorts.
    fn add_unordered(
        &mut self,
        changes: &[&Change<'_>],
        standing: Standing,
        default: Standing,
        start: Option<String>,
        end: End,
        remarks: &mut Remarks,
    ) {
        let (mut affected, mut unaffected, mut fixes) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_affected_once = standing == Standing::Affected;
        if let Some(start) = start {
            let at = VersionText::from(start.as_str());
            match standing {
                Standing::Affected => affected.push(RangeEvent::Introduced(at)),
                Standing::Unaffected => {
                    unaffected.push(RangeEvent::Introduced(at));
                    self.add_fix(&start);
                }
                Standing::Unknown => {}
            }
        }
        for change in changes {
            let at = || VersionText::from(&*change.at);
            match Standing::of(Some(&change.status), "changes.status", remarks) {
                Standing::Affected => {
                    is_affected_once = true;
                    affected.push(RangeEvent::Introduced(at()));
                    unaffected.push(RangeEvent::Fixed(at()));
                }
                Standing::Unaffected => {
                    affected.push(RangeEvent::Fixed(at()));
                    unaffected.push(RangeEvent::Introduced(at()));
                    fixes.push(at());
                    self.add_fix(&change.at);
                }
                Standing::Unknown => {
                    // Only a fix ends below a version what is affected, and this is none: `at` itself is affected still.
                    affected.push(RangeEvent::LastAffected(at()));
                    unaffected.push(RangeEvent::Fixed(at()));
                    remarks.leave_out("versions of unknown standing");
                }
            }
        }
        // Whether anything affected lies between two fixes only their order tells: each may be of a branch (`add_changes`).
        if is_affected_once && fixes.iter().any(|fix| !is_same(fix.as_str(), fixes[0].as_str())) {
            let starts = fixes.iter().cloned().map(RangeEvent::Introduced);
            // Below any of the limits is below the highest.
            let events = starts.chain(fixes.iter().cloned().map(RangeEvent::Limit)).collect();
            self.undetermined.push(AffectedRange { events });
            // From the lowest of them on all would be cleared that another entry says. By default it would be affected.
            if default != Standing::Affected {
                unaffected.clear();
            }
        }
        let end = match end {
            End::At(end) => Some(end),
            End::Open => None,
            // Too many are affected then, and none is not.
            End::Words => {
                unaffected.clear();
                None
            }
        };
        let is_start = |event: &RangeEvent| matches!(event, RangeEvent::Introduced(_));
        for (mut events, list) in [(affected, &mut self.ranges), (unaffected, &mut self.unaffected)] {
            if events.iter().any(is_start) {
                events.extend(end.clone());
                list.push(AffectedRange { events: events.into() });
            }
        }
    }

    fn add_part(&mut self, standing: Standing, start: &str, end: Option<RangeEvent>, remarks: &mut Remarks) {
        let end = match (standing, end) {
            // Behind what is not affected nothing is fixed.
            (Standing::Unaffected, Some(RangeEvent::Fixed(bound))) => Some(RangeEvent::Limit(bound)),
            (_, end) => end,
        };
        let events = [RangeEvent::Introduced(start.into())].into_iter().chain(end).collect();
        match standing {
            Standing::Affected => self.ranges.push(AffectedRange { events }),
            Standing::Unaffected => {
                self.unaffected.push(AffectedRange { events });
                self.add_fix(start);
            }
            Standing::Unknown => remarks.leave_out("versions of unknown standing"),
        }
    }

    fn add_fix(&mut self, version: &str) {
        if version != "0" {
            self.fixes.push(PublishedFix { version: Some(version.into()), ..PublishedFix::default() });
        }
    }
}

/// The end of an entry.
enum End {
    Open,
    At(RangeEvent),
    /// In words that cannot be compared.
    Words,
}

impl End {
    fn of(below: Option<&str>, up_to: Option<&str>, default: Standing) -> Self {
        match (below, up_to) {
            (Some(bound), _) | (None, Some(bound)) if is_unbounded(bound) => Self::Open,
            (Some(bound), _) | (None, Some(bound)) if branch(bound).is_some() => {
                branch(bound).map_or(Self::Open, |branch| Self::At(RangeEvent::Limit(branch.end.into())))
            }
            (Some(bound), _) | (None, Some(bound)) if !is_version(bound) => Self::Words,
            // What comes behind the bound is not affected where the default says so; else nobody says that it is good.
            (Some(bound), _) if default == Standing::Unaffected => Self::At(RangeEvent::Fixed(bound.into())),
            (Some(bound), _) => Self::At(RangeEvent::Limit(bound.into())),
            (None, Some(bound)) => Self::At(RangeEvent::LastAffected(bound.into())),
            (None, None) => Self::Open,
        }
    }
}

/// Words that stand for no version.
fn is_unstated(text: &str) -> bool {
    ["", "n/a", "na", "unspecified", "unknown", "none", "-", "tbd", "not specified"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

fn is_unbounded(text: &str) -> bool {
    text == "*" || is_unstated(text)
}

/// Whether `text` may be a version: one word, with a digit, and no part left open (`4.x`).
fn is_version(text: &str) -> bool {
    if text.split('.').any(|part| part.eq_ignore_ascii_case("x")) {
        return false;
    }
    let is_odd = |character: char| character.is_whitespace() || ",;<>=()/|*".contains(character);
    !text.is_empty() && text.bytes().any(|byte| byte.is_ascii_digit()) && !text.contains(is_odd)
}

/// A whole branch: `5.15.*` is from 5.15 to below 5.16.
struct Branch<'a> {
    from: &'a str,
    end: String,
}

fn branch(text: &str) -> Option<Branch<'_>> {
    let from = text.strip_suffix(".*")?;
    let (head, last) = match from.rsplit_once('.') {
        Some((head, last)) => (format!("{head}."), last),
        None => (String::new(), from),
    };
    let next = last.parse::<u64>().ok()?.checked_add(1)?;
    is_version(from).then(|| Branch { from, end: format!("{head}{next}") })
}

/// The events that comparisons written as a version mean, as GitHub writes them: `>= 1.0, < 1.2.3`.
fn comparators(text: &str) -> Option<Vec<RangeEvent>> {
    let mut start = None;
    let mut end = None;
    for part in text.split(',').map(str::trim) {
        let operator = part.find(|character: char| !"<>=".contains(character))?;
        let (operator, version) = part.split_at(operator);
        let version = version.trim();
        if !is_version(version) {
            return None;
        }
        let place = if operator.starts_with('<') { &mut end } else { &mut start };
        let event = match operator {
            ">=" => RangeEvent::Introduced(version.into()),
            ">" => RangeEvent::IntroducedAfter(version.into()),
            "<=" => RangeEvent::LastAffected(version.into()),
            "<" => RangeEvent::Limit(version.into()),
            "=" | "==" => {
                end.get_or_insert(RangeEvent::LastAffected(version.into()));
                start.get_or_insert(RangeEvent::Introduced(version.into()));
                continue;
            }
            _ => return None,
        };
        if place.replace(event).is_some() {
            return None;
        }
    }
    let start = start.unwrap_or(RangeEvent::Introduced("0".into()));
    Some([start].into_iter().chain(end).collect())
}
