//! The gate of `--fail-on`: a severity, or an expression in CEL (the Common Expression Language).

use cel::{Context, Program, Value};

use model::advisory::CvssVector;
use model::finding::{Cvss, Finding, Verdict};
use model::gap::GapKind;
use model::report::Report;
use model::severity::Severity;

use crate::check;
use crate::error::PolicyError;
use crate::topic::{self, Topics};
use crate::variables::{self, Item, Variable};

/// Bytes of an expression. The longest that anybody would write is a few hundred; a program that is fed a
/// file by mistake says so.
const EXPRESSION_BYTES_MAX: usize = 4096;

/// What makes a report not acceptable.
///
/// A severity word gates the findings whose verdict is *affected* and whose severity is that one or worse:
/// `high` means `verdict == "affected" && severity >= HIGH`. A finding that cannot be decided does not break
/// a build by a word alone, because nobody has said that the package is vulnerable; it is in every report,
/// and an expression that does not mention `verdict` gates it too. `unknown` is below every other severity, so that
/// the word `unknown` gates every affected finding, and `severity == UNKNOWN` those that nobody rated.
///
/// An expression is checked before anything else is done: a name that does not exist, a comparison that can
/// never be meant (`severity == "high"`, `fix == "fixd"`) and a value that is not true or false are errors of
/// [`FailOn::parse`], so that a gate never fails to fire because of a typing mistake.
#[derive(Debug)]
pub struct FailOn {
    text: String,
    gate: Gate,
}

#[derive(Debug)]
enum Gate {
    Severity(Severity),
    /// The program, and the kinds of items that its names are of.
    Expression(Program, Topics),
}

/// What is the same for every item of a report.
pub(crate) struct Scope {
    context: Context<'static, 'static>,
    variables: Vec<&'static Variable>,
}

impl FailOn {
    /// The gate that `text` says: a word of the severity scale in any case, else an expression.
    ///
    /// # Errors
    ///
    /// Every [`PolicyError`] but [`PolicyError::Evaluation`].
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let text = text.trim();
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(PolicyError::TooLong { bytes: text.len(), bytes_max: EXPRESSION_BYTES_MAX });
        }
        let gate = match severity(text) {
            Some(level) => Gate::Severity(level),
            None => expression(text)?,
        };
        Ok(Self { text: text.to_owned(), gate })
    }

    /// The gate as typed, without the spaces around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables this gate names that say nothing in `report`, because the table behind them is not held: by them it does
    /// not fire, whatever is so.
    pub fn blind(&self, report: &Report) -> Vec<&'static str> {
        let is_missing = |table: &&str| {
            let mut gaps = report.coverage.gaps.iter();
            gaps.any(|gap| gap.kind == GapKind::FEED_NOT_FETCHED && gap.place == **table)
        };
        let is_blind = |name: &str| variables::tables(name).iter().any(is_missing);
        self.scope().variables.iter().map(|variable| variable.name).filter(|name| is_blind(name)).collect()
    }

    /// Whether this gate asks for the origin of findings, and no base image is known to tell it by.
    pub fn lacks_base(&self, report: &Report) -> bool {
        let mut named = self.scope().variables.into_iter();
        named.any(|variable| variable.name == "origin") && !report.inventory.has_base()
    }

    /// The constants, and the variables that this gate names.
    pub(crate) fn scope(&self) -> Scope {
        let Gate::Expression(program, _) = &self.gate else {
            return Scope { context: Context::empty(), variables: Vec::new() };
        };
        let mut context = Context::default();
        for (name, number) in variables::severity_constants() {
            context.add_variable_from_value(name, number);
        }
        let references = program.references();
        let named = variables::VARIABLES.iter().filter(|variable| references.has_variable(variable.name));
        Scope { context, variables: named.collect() }
    }

    /// Whether this gate is asked of items of one of `topics`.
    pub(crate) fn asks(&self, topics: Topics) -> bool {
        match &self.gate {
            Gate::Severity(_) => topics.has(Topics::FINDING),
            // What names nothing is asked of findings, as ever.
            Gate::Expression(_, Topics::NONE) => topics.has(Topics::FINDING),
            Gate::Expression(_, named) => named.has(topics),
        }
    }

    /// Whether `item` is one that this gate does not accept.
    pub(crate) fn is_violated(
        &self,
        report: &Report,
        item: Item<'_>,
        scope: &Scope,
    ) -> Result<bool, PolicyError> {
        let (program, topics) = match (&self.gate, item) {
            (Gate::Severity(level), Item::Finding(finding)) => {
                return Ok(
                    finding.verdict == Verdict::Affected && finding.decoration.severity.level >= *level
                );
            }
            (Gate::Severity(_), _) => return Ok(false),
            (Gate::Expression(program, topics), _) => (program, *topics),
        };
        let mut context = scope.context.new_inner_scope();
        for variable in &scope.variables {
            if let Some(value) = variable.value(report, item) {
                context.add_variable_from_value(variable.name, value);
            }
        }
        let is_of_findings = topics == Topics::FINDING || topics == Topics::NONE;
        let reason = match is_of_findings {
            true => match program.execute(&context) {
                Ok(Value::Bool(answer)) => return Ok(answer),
                Ok(other) => format!("its value is {other:?}, neither true nor false"),
                Err(error) => error.to_string(),
            },
            false => match topic::answer(program.expression(), &context) {
                Ok(answer) => return Ok(answer == Some(true)),
                Err(error) => error.to_string(),
            },
        };
        Err(PolicyError::Evaluation { expression: self.text.clone(), of: name(report, item), reason })
    }

    /// Whether `finding`, which does not violate this gate, would if somebody had rated it: as critical, by the highest score.
    pub(crate) fn waits_for_rating(&self, report: &Report, finding: &Finding, scope: &Scope) -> bool {
        if finding.decoration.severity.level != Severity::Unknown {
            return false;
        }
        let mut rated = finding.clone();
        rated.decoration.severity.level = Severity::Critical;
        rated.decoration.cvss.push(Cvss {
            vector: CvssVector { source: String::new(), vector: String::new(), score: None },
            version: String::new(),
            score: 10.0,
        });
        // An expression without a value for what is only supposed is no error of the report.
        self.is_violated(report, Item::Finding(&rated), scope).unwrap_or(false)
    }
}

/// What an item is called in an error.
fn name(report: &Report, item: Item<'_>) -> String {
    match item {
        Item::Finding(finding) => format!("{} in `{}`", finding.id, variables::package(report, finding).purl),
        Item::Gap(gap) => format!("the gap `{}` at `{}`", gap.kind.as_str(), gap.place),
        Item::Unmatched(unmatched) => format!("the packages of {} that were not judged", unmatched.namespace),
        Item::Coverage => "the coverage".to_owned(),
    }
}

impl std::str::FromStr for FailOn {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::parse(text)
    }
}

/// The words of the severity scale, lowest first, for people.
pub(crate) fn severity_words() -> String {
    Severity::ALL.map(Severity::as_str).join(", ")
}

fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(word))
}

fn expression(text: &str) -> Result<Gate, PolicyError> {
    let program = Program::compile(text).map_err(|errors| PolicyError::Syntax {
        expression: text.to_owned(),
        reason: syntax_reason(&errors),
    })?;
    check::check(program.expression())
        .and_then(|()| topic::possible(program.expression(), true))
        .map_err(|problem| PolicyError::Meaning { expression: text.to_owned(), problem })?;
    let named = topic::named(program.expression());
    Ok(Gate::Expression(program, named))
}

/// What the parser says first, with the place; the rest follows from it.
fn syntax_reason(errors: &cel::ParseErrors) -> String {
    errors.errors.first().map_or_else(String::new, |error| {
        let (line, column) = error.pos;
        let message = error.msg.lines().next().unwrap_or_default();
        format!("line {line}, column {column}: {message}")
    })
}
