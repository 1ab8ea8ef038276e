//! The page of a job's summary, in Markdown: the judgement and its reasons, the counts, the coverage.

use model::report::Report;
use model::severity::Severity;
use model::text::counted;

use super::counts;
use crate::commands::match_sbom::Conclusion;
use crate::error::visible;
use crate::exit_code::Exit;

/// The most violations that are listed: the page is an overview, and the report has all.
const VIOLATIONS_MAX: usize = 10;

/// The page about `report`.
pub(super) fn of(report: &Report, conclusion: &Conclusion) -> String {
    let judgement = match conclusion.exit() {
        Exit::Acceptable => "acceptable",
        Exit::NotAcceptable => "not acceptable",
        Exit::NotJudged => "not judged",
    };
    let name = markdown(&report.inventory.subject.name);
    let mut lines = vec![format!("### plimsoll: {name} is {judgement}"), String::new()];
    for paragraph in [reasons(report, conclusion), table(report), coverage(report)] {
        if !paragraph.is_empty() {
            lines.extend(paragraph);
            lines.push(String::new());
        }
    }
    lines.join("\n") + "\n"
}

/// Why the judgement is what it is, and what it could not see.
fn reasons(report: &Report, conclusion: &Conclusion) -> Vec<String> {
    let judgement = &conclusion.judgement;
    let mut lines = Vec::new();
    let mut line = |words: &str| lines.push(format!("- {}", markdown(words)));
    if let Some(error) = &conclusion.not_judged {
        line(&error.what());
    }
    for violation in judgement.violations.iter().take(VIOLATIONS_MAX) {
        line(&violation.message);
    }
    if let Some(more) = judgement.violations.len().checked_sub(VIOLATIONS_MAX).filter(|more| *more > 0) {
        line(&format!("{} more in the report", counted(more, "violation")));
    }
    if judgement.n_unseen > 0 {
        let (n_unseen, packages) = (judgement.n_unseen, counted(report.coverage.packages, "package"));
        line(&format!("the gate did not see {n_unseen} of {packages}: the feed that answers is not held"));
    }
    if let Some(blindness) = judgement.blindness() {
        line(&blindness);
    }
    lines
}

/// How many findings there are of each severity.
fn table(report: &Report) -> Vec<String> {
    let counts = counts(report);
    let levels = Severity::ALL.into_iter().rev();
    let rows = levels.filter_map(|level| Some(format!("| {level} | {} |", counts.get(&level)?)));
    let head = ["| severity | findings |", "|---|---:|"].map(str::to_owned);
    head.into_iter().chain(rows).collect()
}

/// What was judged, by what, and what was not.
fn coverage(report: &Report) -> Vec<String> {
    let coverage = &report.coverage;
    let stamps = report.snapshot.namespaces.iter();
    let namespaces: Vec<String> = stamps
        .map(|stamp| match stamp.data_as_of {
            Some(time) => format!("{} ({})", stamp.name, time.strftime("%Y-%m-%d")),
            None => stamp.name.to_string(),
        })
        .collect();
    let packages = counted(coverage.packages, "package");
    let mut lines = vec![format!(
        "{} of {packages} matched against {}.",
        coverage.matched,
        markdown(&namespaces.join(", "))
    )];
    for unmatched in &coverage.unmatched {
        let packages = counted(unmatched.packages, "package");
        let namespace = markdown(unmatched.namespace.as_str());
        lines.push(format!("- {packages} of {namespace}: {}", unmatched.reason.as_str()));
    }
    lines
}

/// Foreign text inside a line of Markdown.
fn markdown(text: &str) -> String {
    let mut out = String::new();
    for character in visible(text).chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '!' | '#' | '&' | '@') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
