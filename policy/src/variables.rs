//! What an expression may name: one table, the same as in `docs/reference/fail-on.md`.

use cel::Value;

use model::advisory::FixState;
use model::finding::{Finding, Label, Verdict};
use model::gap::{Gap, GapKind};
use model::image::Origin;
use model::package::Package;
use model::report::{Coverage, Report, Unmatched, UnmatchedReason};
use model::severity::Severity;

/// The type of a value in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Int,
    /// An integer too, but one that only the constants of the scale are compared with.
    Severity,
    Double,
    Text,
    List(Box<Self>),
    /// The element of an empty list.
    Any,
}

impl Type {
    /// The type in words for people.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Severity => "a severity",
            Self::Double => "a number",
            Self::Text => "text",
            Self::List(_) => "a list",
            Self::Any => "anything",
        }
    }

    /// The type that a value of either type has: of an empty and another list that of the other. None when they
    /// have nothing in common.
    pub(crate) fn both(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, kind) | (kind, Self::Any) => Some(kind.clone()),
            (Self::List(a), Self::List(b)) => a.both(b).map(|kind| Self::List(Box::new(kind))),
            (a, b) => (a == b).then(|| a.clone()),
        }
    }
}

/// One name that an expression may use.
pub(crate) struct Variable {
    /// The name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: fn() -> Type,
    /// For a text that is one of few words: the words. Comparing with any other is a mistake, never a match.
    pub(crate) words: Option<fn() -> Vec<&'static str>>,
    /// What it is read from.
    pub(crate) reading: Reading,
}

/// How a name is read, and from what.
#[derive(Clone, Copy)]
pub(crate) enum Reading {
    Finding(fn(&Report, &Finding) -> Value),
    Gap(fn(&Gap) -> Value),
    Unmatched(fn(&Unmatched) -> Value),
    Coverage(fn(&Coverage) -> Value),
}

/// What a gate is asked of, one after the other.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    Finding(&'a Finding),
    Gap(&'a Gap),
    Unmatched(&'a Unmatched),
    Coverage,
}

impl Variable {
    /// Its value for `item`; none where an item of that kind has nothing that is called so.
    pub(crate) fn value(&self, report: &Report, item: Item<'_>) -> Option<Value> {
        match (self.reading, item) {
            (Reading::Finding(read), Item::Finding(finding)) => Some(read(report, finding)),
            (Reading::Gap(read), Item::Gap(gap)) => Some(read(gap)),
            (Reading::Unmatched(read), Item::Unmatched(unmatched)) => Some(read(unmatched)),
            (Reading::Coverage(read), Item::Coverage) => Some(read(&report.coverage)),
            _ => None,
        }
    }
}

/// Every name, sorted.
pub(crate) static VARIABLES: &[Variable] = &[
    variable("aliases", texts, |_, finding| {
        finding.aliases.iter().map(ToString::to_string).collect::<Vec<_>>().into()
    }),
    of("any_gap", bool, Reading::Gap(|_| true.into())),
    of("any_unmatched", bool, Reading::Unmatched(|_| true.into())),
    of("coverage", double, Reading::Coverage(|coverage| share(coverage).into())),
    variable("cvss", double, |_, finding| {
        finding.decoration.cvss.iter().map(|cvss| cvss.score).fold(0.0, f64::max).into()
    }),
    variable("disputed", bool, |_, finding| has(finding, Label::Disputed).into()),
    variable("epss", double, |_, finding| finding.decoration.epss.map_or(0.0, |epss| epss.score).into()),
    variable("epss_percentile", double, |_, finding| {
        finding.decoration.epss.map_or(0.0, |epss| epss.percentile).into()
    }),
    Variable {
        words: Some(|| FixState::ALL.map(FixState::as_str).to_vec()),
        ..variable("fix", text, |_, finding| finding.fix.state.as_str().into())
    },
    variable("fixed", bool, |_, finding| (finding.fix.state == FixState::Fixed).into()),
    Variable {
        words: Some(|| GapKind::ALL.iter().map(GapKind::as_str).collect()),
        ..of("gap", text, Reading::Gap(|gap| gap.kind.as_str().into()))
    },
    of("gap_place", text, Reading::Gap(|gap| gap.place.as_str().into())),
    variable("id", text, |_, finding| finding.id.as_str().into()),
    variable("kev", bool, |_, finding| finding.decoration.kev.is_some().into()),
    variable("kev_ransomware", bool, |_, finding| {
        finding.decoration.kev.as_ref().is_some_and(|kev| kev.ransomware).into()
    }),
    variable("not_loaded", bool, |_, finding| has(finding, Label::NotLoaded).into()),
    Variable {
        words: Some(|| Origin::ALL.map(Origin::as_str).to_vec()),
        ..variable("origin", text, |report, finding| {
            report.inventory.origin_of_packages(&finding.packages).as_str().into()
        })
    },
    variable("package_name", text, |report, finding| package(report, finding).name.as_str().into()),
    variable("package_purl", text, |report, finding| package(report, finding).purl.as_str().into()),
    variable("package_type", text, |report, finding| package(report, finding).ecosystem.name().into()),
    variable("package_version", text, |report, finding| package(report, finding).version.as_str().into()),
    variable("paths", texts, |report, finding| paths(report, finding).into()),
    variable("risk", double, |_, finding| finding.decoration.risk.into()),
    variable(
        "severity",
        || Type::Severity,
        |_, finding| severity_number(finding.decoration.severity.level).into(),
    ),
    Variable {
        words: Some(|| UnmatchedReason::ALL.map(UnmatchedReason::as_str).to_vec()),
        ..of("unmatched", text, Reading::Unmatched(|unmatched| unmatched.reason.as_str().into()))
    },
    of("unmatched_namespace", text, Reading::Unmatched(|unmatched| unmatched.namespace.as_str().into())),
    of("unmatched_packages", int, Reading::Unmatched(|unmatched| whole(unmatched.packages).into())),
    variable("unsupported", bool, |_, finding| has(finding, Label::UnsupportedWhenAssigned).into()),
    Variable {
        words: Some(|| vec!["affected", "undetermined"]),
        ..variable("verdict", text, |_, finding| verdict(&finding.verdict).into())
    },
];

/// The tables that rank findings which a variable is read from, as gaps name them.
pub(crate) fn tables(variable: &str) -> &'static [&'static str] {
    match variable {
        "epss" | "epss_percentile" => &["epss"],
        "kev" | "kev_ransomware" => &["kev"],
        "risk" => &["epss", "kev"],
        _ => &[],
    }
}

/// The names of the severities, as constants: `UNKNOWN` is 0.
pub(crate) fn severity_constants() -> impl Iterator<Item = (String, i64)> {
    Severity::ALL.into_iter().map(|level| (level.as_str().to_ascii_uppercase(), severity_number(level)))
}

/// The package of a finding; those it was found in have one purl and differ in place only.
pub(crate) fn package<'a>(report: &'a Report, finding: &Finding) -> &'a Package {
    report.inventory.package(finding.packages[0])
}

const fn variable(name: &'static str, kind: fn() -> Type, read: fn(&Report, &Finding) -> Value) -> Variable {
    of(name, kind, Reading::Finding(read))
}

const fn of(name: &'static str, kind: fn() -> Type, reading: Reading) -> Variable {
    Variable { name, kind, words: None, reading }
}

/// The share of the packages that were judged; all of none.
#[expect(clippy::cast_precision_loss, reason = "no inventory has so many packages")]
fn share(coverage: &Coverage) -> f64 {
    match coverage.packages {
        0 => 1.0,
        packages => coverage.matched as f64 / packages as f64,
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn int() -> Type {
    Type::Int
}

fn bool() -> Type {
    Type::Bool
}

fn double() -> Type {
    Type::Double
}

fn text() -> Type {
    Type::Text
}

fn texts() -> Type {
    Type::List(Box::new(Type::Text))
}

/// The position in the scale.
fn severity_number(level: Severity) -> i64 {
    Severity::ALL.into_iter().zip(0..).find_map(|(one, number)| (one == level).then_some(number)).unwrap_or(0)
}

fn has(finding: &Finding, label: Label) -> bool {
    finding.decoration.labels.contains(&label)
}

fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Affected => "affected",
        // Such a finding is suppressed, and no gate sees it.
        Verdict::NotAffected { .. } => "not-affected",
        Verdict::Undetermined { .. } => "undetermined",
    }
}

fn paths(report: &Report, finding: &Finding) -> Vec<String> {
    finding
        .packages
        .iter()
        .flat_map(|&index| &report.inventory.package(index).locations)
        .map(|location| location.path.clone())
        .collect()
}
