//! What a gate is asked of: findings, and, where it names them, gaps, groups of packages that were not judged, and the coverage.
//!
//! A name that the item at hand does not have makes neither true nor false, as in Kleene's logic: `severity >= HIGH || gap ==
//! "stale-feed"` is asked of findings by its first half and of gaps by its second, and `!kev || gap == "stale-feed"` is true of no
//! gap because of `!kev`.

use cel::common::ast::{Expr, operators};
use cel::{Context, ExecutionError, IdedExpr, Value};

use crate::variables::{Reading, VARIABLES};

/// A set of kinds of items, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topics(u8);

impl Topics {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const FINDING: Self = Self(1);
    pub(crate) const GAP: Self = Self(2);
    pub(crate) const UNMATCHED: Self = Self(4);
    pub(crate) const COVERAGE: Self = Self(8);
    const ALL: Self = Self(15);

    const NAMES: [(Self, &'static str); 4] = [
        (Self::FINDING, "a finding"),
        (Self::GAP, "a gap"),
        (Self::UNMATCHED, "packages that were not judged"),
        (Self::COVERAGE, "the coverage"),
    ];

    pub(crate) fn has(self, topic: Self) -> bool {
        self.0 & topic.0 != 0
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What the name stands for, as far as it is one of the table.
fn topic(name: &str) -> Topics {
    match VARIABLES.iter().find(|variable| variable.name == name).map(|variable| variable.reading) {
        None => Topics::NONE,
        Some(Reading::Finding(_)) => Topics::FINDING,
        Some(Reading::Gap(_)) => Topics::GAP,
        Some(Reading::Unmatched(_)) => Topics::UNMATCHED,
        Some(Reading::Coverage(_)) => Topics::COVERAGE,
    }
}

/// The kinds of items that names in `expression` are of.
pub(crate) fn named(expression: &IdedExpr) -> Topics {
    let references = expression.references();
    references.variables().into_iter().map(topic).fold(Topics::NONE, Topics::or)
}

/// The kinds of items of which `expression` can be `wanted`, or why there are none: a condition that nothing can meet is a
/// mistake.
pub(crate) fn possible(expression: &IdedExpr, wanted: bool) -> Result<Topics, String> {
    match connective(expression) {
        Some(Connective::Not(inner)) => possible(inner, !wanted),
        Some(Connective::Or(left, right)) if wanted => Ok(possible(left, true)?.or(possible(right, true)?)),
        Some(Connective::And(left, right)) if !wanted => {
            Ok(possible(left, false)?.or(possible(right, false)?))
        }
        Some(Connective::Or(left, right) | Connective::And(left, right)) => {
            let topics = possible(left, wanted)?.and(possible(right, wanted)?);
            if topics == Topics::NONE { Err(apart(expression)) } else { Ok(topics) }
        }
        Some(Connective::If(condition, then, otherwise)) => {
            let then = possible(condition, true)?.and(possible(then, wanted)?);
            let otherwise = possible(condition, false)?.and(possible(otherwise, wanted)?);
            let topics = then.or(otherwise);
            if topics == Topics::NONE { Err(apart(expression)) } else { Ok(topics) }
        }
        None => match named(expression) {
            Topics::NONE => Ok(Topics::ALL),
            topics if topics.0.is_power_of_two() => Ok(topics),
            _ => Err(apart(expression)),
        },
    }
}

/// What to say of names that nothing has together.
fn apart(expression: &IdedExpr) -> String {
    let references = expression.references();
    let mut names = references.variables();
    names.sort_unstable();
    let mut told: Vec<String> = Vec::new();
    let mut seen = Topics::NONE;
    for name in names {
        let topic = topic(name);
        let of = Topics::NAMES.iter().find(|(one, _)| *one == topic).map(|(_, text)| *text);
        if let Some(of) = of.filter(|_| !seen.has(topic)) {
            told.push(format!("`{name}` is of {of}"));
            seen = seen.or(topic);
        }
    }
    format!("{}: nothing has both, so this is never met; write `||` between them", told.join(", "))
}

/// Whether `expression` is true of the item whose names `context` holds; none where it names what such an item does not have.
pub(crate) fn answer(
    expression: &IdedExpr,
    context: &Context<'_, '_>,
) -> Result<Option<bool>, ExecutionError> {
    match connective(expression) {
        Some(Connective::Not(inner)) => Ok(answer(inner, context)?.map(|answer| !answer)),
        Some(Connective::Or(left, right)) => either(left, right, true, context),
        Some(Connective::And(left, right)) => either(left, right, false, context),
        Some(Connective::If(condition, then, otherwise)) => match answer(condition, context)? {
            Some(true) => answer(then, context),
            Some(false) => answer(otherwise, context),
            None => Ok(None),
        },
        None => match Value::resolve(expression, context) {
            Ok(Value::Bool(answer)) => Ok(Some(answer)),
            Ok(other) => {
                Err(ExecutionError::function_error("gate", format!("{other:?} is neither true nor false")))
            }
            // Every name exists: what is not there is of another kind of item.
            Err(ExecutionError::UndeclaredReference(_)) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// `||` where `decisive` is true, `&&` where it is false: one operand that is `decisive` decides, whatever is wrong with the
/// other.
fn either(
    left: &IdedExpr,
    right: &IdedExpr,
    decisive: bool,
    context: &Context<'_, '_>,
) -> Result<Option<bool>, ExecutionError> {
    let left = answer(left, context);
    if left == Ok(Some(decisive)) {
        return left;
    }
    let right = answer(right, context);
    if right == Ok(Some(decisive)) {
        return right;
    }
    Ok(left?.and(right?))
}

enum Connective<'e> {
    Not(&'e IdedExpr),
    Or(&'e IdedExpr, &'e IdedExpr),
    And(&'e IdedExpr, &'e IdedExpr),
    If(&'e IdedExpr, &'e IdedExpr, &'e IdedExpr),
}

fn connective(expression: &IdedExpr) -> Option<Connective<'_>> {
    let Expr::Call(call) = &expression.expr else { return None };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_NOT, [inner]) => Some(Connective::Not(inner)),
        (operators::LOGICAL_OR, [left, right]) => Some(Connective::Or(left, right)),
        (operators::LOGICAL_AND, [left, right]) => Some(Connective::And(left, right)),
        (operators::CONDITIONAL, [condition, then, otherwise]) => {
            Some(Connective::If(condition, then, otherwise))
        }
        _ => None,
    }
}
