//! Refuses an expression that could never be meant, before any finding is judged by it.
//!
//! CEL is dynamically typed: `severity == "high"` is simply false, and an unknown name behind `||` is never
//! looked at. A gate that does not fire because of a typing mistake is a silently wrong answer, so every
//! expression is given types here. What remains is the part of CEL that a gate needs; the rest of the
//! language (maps, messages, indexing, conversions) is refused with a sentence.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};

use model::severity::Severity;

use crate::variables::{Type, VARIABLES, Variable, severity_constants};

/// Functions that an expression may call, with what they are for.
const FUNCTIONS: [&str; 4] = ["contains", "endsWith", "size", "startsWith"];

/// Macros that an expression may use: they are gone once an expression is parsed.
const MACROS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];

/// Nothing, when `expression` has a sense and is true or false; else what is wrong with it, for people.
pub(crate) fn check(expression: &IdedExpr) -> Result<(), String> {
    let kind = Checker { bound: Vec::new() }.kind(expression)?;
    match kind {
        Type::Bool => Ok(()),
        Type::Severity => Err("a gate is true or false, this is a severity: write `severity >= HIGH`".into()),
        other => Err(format!("a gate is true or false, this is {}", other.name())),
    }
}

/// Walks an expression; `bound` holds the names that macros introduced, innermost last.
struct Checker {
    bound: Vec<(String, Type)>,
}

impl Checker {
    fn kind(&mut self, expression: &IdedExpr) -> Result<Type, String> {
        match &expression.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Literal(literal) => literal_kind(literal),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::List(list) => {
                let mut element = Type::Any;
                for one in &list.elements {
                    let kind = self.kind(one)?;
                    let problem = || format!("a list holds both {} and {}", element.name(), kind.name());
                    element = element.both(&kind).ok_or_else(problem)?;
                }
                Ok(Type::List(Box::new(element)))
            }
            Expr::Select(select) => Err(format!(
                "`{}` is asked for as a field, and nothing has fields: names are written like `package_name`",
                select.field
            )),
            Expr::Map(_) | Expr::Struct(_) => Err("maps and messages have no use in a gate".into()),
            Expr::Unspecified => Err("a part of it is empty".into()),
        }
    }

    fn name(&self, name: &str) -> Result<Type, String> {
        if let Some((_, kind)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(kind.clone());
        }
        if let Some(variable) = variable(name) {
            return Ok((variable.kind)());
        }
        if severity_constants().any(|(constant, _)| constant == name) {
            return Ok(Type::Severity);
        }
        let words = Severity::ALL.map(Severity::as_str);
        if words.contains(&name) {
            return Err(format!(
                "`{name}` inside an expression is written as the constant `{}`",
                name.to_ascii_uppercase()
            ));
        }
        let known: Vec<String> = VARIABLES
            .iter()
            .map(|variable| variable.name.to_owned())
            .chain(severity_constants().map(|(constant, _)| constant))
            .chain(words.map(str::to_owned))
            .collect();
        Err(format!("nothing is called `{name}`{}", nearest(name, known.iter().map(String::as_str))))
    }

    fn call(&mut self, call: &CallExpr) -> Result<Type, String> {
        let mut operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().collect();
        operands.extend(&call.args);
        let name = call.func_name.as_str();
        if name == operators::INDEX {
            return Err("a list has no positions here: write `aliases.exists(a, a == \"…\")`".into());
        }
        let kinds = operands.iter().map(|one| self.kind(one)).collect::<Result<Vec<Type>, String>>()?;
        match (name, operands.as_slice(), kinds.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, _, kinds) => {
                kinds.iter().try_for_each(condition).map(|()| Type::Bool)
            }
            (operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE, _, kinds) => {
                kinds.iter().try_for_each(condition).map(|()| Type::Bool)
            }
            (operators::CONDITIONAL, _, [when, then, otherwise]) => {
                condition(when)?;
                let problem = || format!("`? :` gives {} or {}", then.name(), otherwise.name());
                then.both(otherwise).ok_or_else(problem)
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right], [a, b]) => {
                self.comparable((left, a), (right, b)).map(|()| Type::Bool)
            }
            (
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
                [left, right],
                [a, b],
            ) => {
                self.comparable((left, a), (right, b))?;
                if matches!(a, Type::Bool | Type::List(_)) {
                    return Err(format!("{} has no order: use `==` or `!=`", a.name()));
                }
                Ok(Type::Bool)
            }
            (operators::IN, [element, list], [a, b]) => self.member((element, a), (list, b)),
            (operators::NEGATE, _, [kind @ (Type::Int | Type::Double)]) => Ok(kind.clone()),
            (operators::ADD, _, [a @ Type::List(_), b @ Type::List(_)]) => {
                a.both(b).ok_or_else(|| no_such_call(name, &kinds))
            }
            (
                operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE,
                _,
                [a @ (Type::Int | Type::Double), b],
            ) if a == b => Ok(a.clone()),
            (operators::MODULO, _, [Type::Int, Type::Int]) => Ok(Type::Int),
            (operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE, _, [a, b])
                if [a, b].iter().all(|kind| matches!(kind, Type::Int | Type::Double)) =>
            {
                Err("whole and other numbers do not mix in arithmetic: write `100.0` for `100`".into())
            }
            ("contains" | "startsWith" | "endsWith", _, [Type::Text, Type::Text])
                if call.target.is_some() =>
            {
                Ok(Type::Bool)
            }
            ("size", _, [Type::Text | Type::List(_)]) => Ok(Type::Int),
            (name, _, kinds) => Err(no_such_call(name, kinds)),
        }
    }

    /// A macro, as the parser wrote it out: a loop over a list with an accumulator.
    fn comprehension(&mut self, comprehension: &ComprehensionExpr) -> Result<Type, String> {
        let Type::List(element) = self.kind(&comprehension.iter_range)? else {
            return Err("`all`, `exists`, `filter` and `map` are for lists: `aliases`, `paths`".into());
        };
        let accumulator = self.kind(&comprehension.accu_init)?;
        let depth = self.bound.len();
        self.bound.push((comprehension.accu_var.clone(), accumulator));
        self.bound.push((comprehension.iter_var.clone(), *element));
        self.kind(&comprehension.loop_cond)?;
        let step = self.kind(&comprehension.loop_step)?;
        self.bound.truncate(depth);
        self.bound.push((comprehension.accu_var.clone(), step));
        let result = self.kind(&comprehension.result);
        self.bound.truncate(depth);
        result
    }

    /// Whether the two can be equal at all.
    fn comparable(&self, left: (&IdedExpr, &Type), right: (&IdedExpr, &Type)) -> Result<(), String> {
        for ((one, kind), (other, other_kind)) in [(left, right), (right, left)] {
            if let (Type::Severity, Some(text)) = (kind, literal_text(other)) {
                return Err(compared_with_text(text));
            }
            if *kind == Type::Severity && !matches!(other_kind, Type::Severity | Type::Int) {
                return Err(format!(
                    "a severity is compared with {}: use the constants, as in `HIGH`",
                    other_kind.name()
                ));
            }
            if let (Some(variable), Some(text)) = (self.worded(one), literal_text(other)) {
                known_word(variable, text)?;
            }
        }
        let numeric = |kind: &Type| matches!(kind, Type::Int | Type::Double | Type::Severity);
        let (a, b) = (left.1, right.1);
        if a.both(b).is_some() || (numeric(a) && numeric(b)) {
            return Ok(());
        }
        Err(format!("{} is compared with {}, which is never equal", a.name(), b.name()))
    }

    /// `element in list`.
    fn member(&self, element: (&IdedExpr, &Type), list: (&IdedExpr, &Type)) -> Result<Type, String> {
        let Type::List(kind) = list.1 else {
            return Err(format!("`in` looks into a list, this is {}", list.1.name()));
        };
        match &list.0.expr {
            Expr::List(written) => {
                written.elements.iter().try_for_each(|one| self.comparable(element, (one, kind)))?;
            }
            _ => self.comparable(element, (list.0, kind))?,
        }
        Ok(Type::Bool)
    }

    /// The variable that `expression` names, when its values are few words.
    fn worded(&self, expression: &IdedExpr) -> Option<&'static Variable> {
        let Expr::Ident(name) = &expression.expr else { return None };
        if self.bound.iter().any(|(bound, _)| bound == name) {
            return None;
        }
        variable(name).filter(|variable| variable.words.is_some())
    }
}

fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

fn literal_kind(literal: &LiteralValue) -> Result<Type, String> {
    match literal {
        LiteralValue::Boolean(_) => Ok(Type::Bool),
        LiteralValue::Int(_) => Ok(Type::Int),
        LiteralValue::Double(_) => Ok(Type::Double),
        LiteralValue::String(_) => Ok(Type::Text),
        LiteralValue::Null => Err("`null` is never the value of anything here".into()),
        LiteralValue::Bytes(_) | LiteralValue::UInt(_) => {
            Err("bytes and unsigned numbers have no use in a gate: write `\"text\"` and `1`".into())
        }
    }
}

fn literal_text(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn condition(kind: &Type) -> Result<(), String> {
    match kind {
        Type::Bool => Ok(()),
        other => Err(format!("`!`, `&&`, `||` and `?` take what is true or false, not {}", other.name())),
    }
}

fn compared_with_text(text: &str) -> String {
    match Severity::from_vendor_word(text).filter(|_| !text.is_empty()) {
        Some(level) => format!(
            "`severity` is compared with the text \"{text}\": write the constant `{}`",
            level.as_str().to_ascii_uppercase()
        ),
        None => {
            let constants: Vec<String> = severity_constants().map(|(name, _)| name).collect();
            format!("`severity` is compared with the text \"{text}\": write one of {}", constants.join(", "))
        }
    }
}

fn known_word(variable: &Variable, text: &str) -> Result<(), String> {
    let words = variable.words.map(|words| words()).unwrap_or_default();
    if words.contains(&text) {
        return Ok(());
    }
    let hint = nearest(text, words.iter().copied());
    Err(format!("`{}` is never \"{text}\"{hint}; it is one of {}", variable.name, words.join(", ")))
}

fn no_such_call(name: &str, kinds: &[Type]) -> String {
    let operator = operators_in_words(name);
    if FUNCTIONS.contains(&name) || operator.is_some() {
        let kinds: Vec<&str> = kinds.iter().map(Type::name).collect();
        return format!("`{}` cannot be applied to {}", operator.unwrap_or(name), kinds.join(" and "));
    }
    format!("there is no function `{name}`{}", nearest(name, FUNCTIONS.into_iter().chain(MACROS)))
}

/// The operator as it is written, without the places of its operands.
fn operators_in_words(name: &str) -> Option<&str> {
    let written = name.strip_prefix('_').or(name.strip_suffix('_')).unwrap_or(name);
    (written != name).then(|| written.trim_end_matches('_'))
}

/// `, did you mean …` for the known word that is near enough to be meant.
fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> String {
    let far = 1 + text.chars().count() / 3;
    known
        .map(|word| (strsim::damerau_levenshtein(&text.to_lowercase(), &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= far)
        // Of two that differ in case only, the one that is written like the mistake.
        .min_by_key(|(distance, word)| (*distance, strsim::damerau_levenshtein(text, word)))
        .map_or_else(String::new, |(_, word)| format!(", did you mean `{word}`"))
}
