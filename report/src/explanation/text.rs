//! An explanation for people: the answer first, then what it rests on.

use std::fmt::Write as _;
use std::io;

use model::explanation::{
    Answer, Comparison, Condition, Explained, ExplainedKey, ExplainedOwner, ExplainedRow, Explanation,
    Saying, Standing,
};
use model::facts::CoverageClass;
use model::finding::{NotAffectedReason, Suppression, UndeterminedReason, Verdict};
use model::inventory::Inventory;
use model::package::Package;
use model::report::{UnmatchedReason, VexOutcome};

use super::json::sign;
use crate::RenderOptions;
use crate::paint::Paint;
use crate::text::{count, plain};

/// Bytes of a foreign text in a line.
const TEXT_BYTES_MAX: usize = 160;
/// Rows of a vulnerability that are written out; the rest are counted.
const ROWS_MAX: usize = 40;

/// Writes `explanation` of packages of `inventory`: first what it comes to, in one line, then each package. Colour only
/// repeats what a word says already.
pub fn text(
    explanation: &Explanation,
    inventory: &Inventory,
    options: &RenderOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let paint = Paint { color: options.color };
    if explanation.packages.len() != 1 {
        writeln!(out, "{}", paint.bold(&summary(explanation)))?;
        writeln!(out)?;
    }
    for explained in &explanation.packages {
        package(explained, explanation, inventory, &paint, out)?;
        writeln!(out)?;
    }
    vex(&explanation.vex, out)?;
    for unmatched in &explanation.unmatched {
        let packages = count(unmatched.packages, "more package");
        let reason = reason_text(unmatched.reason);
        writeln!(out, "Not judged: {packages} of {}: {reason}", foreign(unmatched.namespace.as_str()))?;
    }
    feeds(explanation, &paint, out)
}

/// `CVE-2024-1 in 3 packages: 2 affected, 1 not-affected`.
fn summary(explanation: &Explanation) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for explained in &explanation.packages {
        let word = explained.answer.as_str();
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let packages = count(explanation.packages.len(), "package");
    format!("{} in {packages}: {}", foreign(&explanation.id), counts.join(", "))
}

fn package(
    explained: &Explained,
    explanation: &Explanation,
    inventory: &Inventory,
    paint: &Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let package = inventory.package(explained.packages[0]);
    let line = answer(explained, explanation, package);
    let line = match &explained.answer {
        Answer::Finding { verdict: Verdict::Affected, .. } => paint.bad(&line),
        Answer::Finding { verdict: Verdict::Undetermined { .. }, .. } | Answer::NotJudged { .. } => {
            paint.warning(&line)
        }
        Answer::Finding { .. } | Answer::NoFinding(_) => paint.good(&line),
        Answer::KeptAway | Answer::NoRow => paint.bold(&line),
    };
    writeln!(out, "{line}")?;
    let places = match explained.packages.len() {
        1 => String::new(),
        n => format!("  ({n} times)"),
    };
    writeln!(out, "  {}{places}", foreign(&package.purl))?;
    if let Some(others) = explained.ids.get(1..).filter(|others| !others.is_empty()) {
        let others: Vec<String> = others.iter().map(|id| foreign(id)).collect();
        writeln!(out, "  also known as {}", others.join(", "))?;
    }
    if let Some(report) = &explanation.report
        && let Some(verdict) = explained.differing(&package.purl, report)
    {
        let is_by_cpe_name =
            explained.by_cpe_name.as_ref().is_some_and(|answer| verdict.starts_with(answer.as_str()));
        let why = match is_by_cpe_name {
            true => "it asked NVD by CPE name",
            false => "it was made of more than it keeps of a package, or of other feeds",
        };
        let line = format!("the report says `{}`: {why}", foreign(verdict));
        writeln!(out, "  {}", paint.warning(&line))?;
    }
    if let Some(answer) = &explained.by_cpe_name {
        let line = format!(
            "NVD was not asked by CPE name of it: with `--fallback cpe` the answer is `{}`",
            answer.as_str()
        );
        writeln!(out, "  {}", paint.warning(&line))?;
    }
    let is_told = matches!(explained.answer, Answer::NotJudged { .. });
    if let Some((reason, namespace)) = explained.unmatched.as_ref().filter(|_| !is_told) {
        let line = format!("not fully judged: {} ({})", reason_text(*reason), foreign(namespace.as_str()));
        writeln!(out, "  {}", paint.warning(&line))?;
    }
    if let Answer::Finding { suppressed: Some(Suppression { statement: Some(grounds), .. }), .. } =
        &explained.answer
    {
        let said_at = grounds.timestamp.map(|time| time.to_string());
        let texts = [&grounds.justification, &grounds.detail, &grounds.author, &said_at];
        let texts: Vec<String> = texts.into_iter().flatten().map(|text| foreign(text)).collect();
        writeln!(out, "  VEX: {}", texts.join("; "))?;
    }
    rows(&explained.rows, Some(explained), paint, out)?;
    keys("keys asked", &explained.keys, out)?;
    if let Some(owner) = &explained.owner {
        self::owner(owner, paint, out)?;
    }
    Ok(())
}

/// The answer in a sentence.
fn answer(explained: &Explained, explanation: &Explanation, package: &Package) -> String {
    let asked = foreign(&explanation.id);
    let id = match explained.ids.first() {
        Some(primary) if !primary.eq_ignore_ascii_case(&explanation.id) => {
            format!("{asked} ({})", foreign(primary))
        }
        _ => asked,
    };
    let what = format!("{} {}", foreign(&package.name), foreign(package.version.as_str()));
    let what = what.trim_end();
    match &explained.answer {
        Answer::Finding { verdict: Verdict::Affected, .. } => {
            format!("{id} affects {what}{}", fixes(explained))
        }
        Answer::Finding { verdict: Verdict::Undetermined { reason }, .. } => {
            format!("{id} in {what} is undetermined: {}", undetermined(*reason))
        }
        Answer::Finding { verdict: Verdict::NotAffected { because }, suppressed } => {
            let source = suppressed.as_ref().map(|it| foreign(&it.source)).unwrap_or_default();
            format!("{id} is suppressed in {what}: {} ({source})", not_affected(*because))
        }
        Answer::NoFinding(saying) => format!("{id} does not affect {what}: {}", says(*saying)),
        Answer::KeptAway => {
            format!("{id} does not count in {what}: no record that names it is for this package")
        }
        Answer::NoRow => {
            format!("no record of the feeds held speaks of {id} under the keys of {what}")
        }
        Answer::NotJudged { reason, namespace } => {
            format!("{what} was not judged: {} ({})", reason_text(*reason), foreign(namespace.as_str()))
        }
    }
}

/// `; fixed in 1.0-3`, as the report says it.
fn fixes(explained: &Explained) -> String {
    let versions = explained.fix.iter().flat_map(|fix| &fix.versions);
    let versions: Vec<String> = versions.map(|version| foreign(version.as_str())).collect();
    match versions.is_empty() {
        true => "; no fix is stated above it".to_owned(),
        false => format!("; fixed in {}", versions.join(", ")),
    }
}

fn undetermined(reason: UndeterminedReason) -> &'static str {
    match reason {
        UndeterminedReason::UnreadableVersion => "the installed version cannot be read",
        UndeterminedReason::UnreadableBound => "a bound of the record cannot be read",
        UndeterminedReason::UnderInvestigation => "its provider is still investigating",
        UndeterminedReason::VendorUndetermined => "its provider could not decide",
    }
}

fn not_affected(reason: NotAffectedReason) -> &'static str {
    match reason {
        NotAffectedReason::VendorNotAffected => "a stronger source says that it is not affected",
        NotAffectedReason::VendorFixed => "a stronger source says that it holds the fix",
        NotAffectedReason::OwnedByDistroPackage => "the distribution answers for the package that owns it",
        NotAffectedReason::RecordRejected => "the id was rejected",
        NotAffectedReason::KernelHeaders => "it holds none of the kernel's code",
        NotAffectedReason::FrameworkOverride => "the code of a shared framework runs in its place",
        NotAffectedReason::PrivateNotAffected => "your own advisories say that it is not affected",
        NotAffectedReason::PrivateFixed => "your own advisories say that it holds the fix",
        NotAffectedReason::VexNotAffected => "a VEX statement says that it is not affected",
        NotAffectedReason::VexFixed => "a VEX statement says that it holds the fix",
    }
}

fn says(saying: Saying) -> &'static str {
    match saying {
        Saying::Affected => "it is affected",
        Saying::Undetermined(reason) => undetermined(reason),
        Saying::Fixed => "it holds the fix",
        Saying::NeverAffected => "no version was ever affected",
        Saying::Outside => "the version is not among those that are affected",
    }
}

fn reason_text(reason: UnmatchedReason) -> &'static str {
    match reason {
        UnmatchedReason::NoFeed => "no feed answers for it",
        UnmatchedReason::NotFetched => "its feed is not held",
        UnmatchedReason::NoDistro => "nothing says which distribution it is of",
        UnmatchedReason::UnknownVersion => "its version cannot be compared",
        UnmatchedReason::NoVersionScheme => "plimsoll cannot order its versions",
        UnmatchedReason::ThirdParty => "somebody else than the distribution built it",
        UnmatchedReason::NoCode => "it holds no code of its own",
    }
}

fn rows(
    rows: &[ExplainedRow],
    explained: Option<&Explained>,
    paint: &Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for row in rows.iter().take(ROWS_MAX) {
        self::row(row, explained.is_some_and(|explained| explained.disagrees(row)), paint, out)?;
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        writeln!(out, "  and {}; the format `json` lists all", count(more, "more row"))?;
    }
    Ok(())
}

fn row(row: &ExplainedRow, disagrees: bool, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let word = match row.standing {
        Standing::Decided => "decided",
        Standing::PassedOver(_) => "passed over",
        Standing::KeptAway(_) => "kept away",
    };
    let record = foreign(&row.record);
    let (provider, key) = (foreign(&row.provider), foreign(&row.key.to_string()));
    writeln!(out)?;
    let word = format!("{word:<14}");
    let word = if row.standing == Standing::Decided { paint.bold(&word) } else { word };
    writeln!(out, "  {word}{record} of {provider}, under {key} ({})", row.match_type.as_str())?;
    let mut says = format!("{}: {}", row.status.as_str(), plain(&row.range, 4 * TEXT_BYTES_MAX));
    let words = [row.reason.as_deref(), row.justification.as_deref()];
    for words in words.into_iter().flatten() {
        let _ = write!(says, " ({})", foreign(words));
    }
    field("says", &says, out)?;
    for comparison in &row.comparisons {
        field("compared", &comparison_text(comparison), out)?;
    }
    for condition in &row.conditions {
        field("condition", &condition_text(condition), out)?;
    }
    if row.path.len() > 1 {
        let path: Vec<String> = row.path.iter().map(|id| foreign(id)).collect();
        field("ids", &path.join(" = "), out)?;
    }
    match row.standing {
        Standing::Decided if row.confidence < 1.0 => {
            field("confidence", &row.confidence.to_string(), out)?;
        }
        Standing::Decided => {}
        Standing::PassedOver(why) => {
            let disagrees = if disagrees { "; it disagrees" } else { "" };
            field("because", &format!("{}{disagrees}", why.explain()), out)?;
        }
        Standing::KeptAway(why) => field("because", &why.explain(), out)?,
    }
    Ok(())
}

/// `1.0-2 < 1.0-3 (fixed) by deb`.
fn comparison_text(comparison: &Comparison) -> String {
    let Comparison { installed, order, bound, event, scheme } = comparison;
    let (installed, bound) = (foreign(installed.as_str()), foreign(bound.as_str()));
    match order {
        Some(order) => format!("{installed} {} {bound} ({}) by {scheme}", sign(*order), event.as_str()),
        None => format!("{installed} cannot be compared with {bound} ({}) by {scheme}", event.as_str()),
    }
}

/// `module nodejs:18: no, it is nodejs:16`.
fn condition_text(condition: &Condition) -> String {
    let Condition { name, asked, has, holds } = condition;
    let asked =
        if asked.is_empty() { "none".to_owned() } else { plain(asked, 2 * TEXT_BYTES_MAX).into_owned() };
    let has = has.as_deref().map(|has| format!(", the package has {}", foreign(has))).unwrap_or_default();
    let holds = match holds {
        Some(true) => "holds",
        Some(false) => "does not hold",
        None => "nothing tells",
    };
    format!("{name} {asked}: {holds}{has}")
}

fn keys(heading: &str, keys: &[ExplainedKey], out: &mut dyn io::Write) -> io::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let texts: Vec<String> = keys.iter().map(|key| foreign(&key.key.to_string())).collect();
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    for (index, (key, text)) in keys.iter().zip(texts).enumerate() {
        let heading = if index == 0 { heading } else { "" };
        // What silence means differs among the feeds of distributions.
        let coverage = key.coverage.filter(|_| key.key.namespace.distro_id().is_some());
        let rows = match (key.n_rows, coverage) {
            (None, _) => "not held, so nothing is known".to_owned(),
            (Some(0), Some(CoverageClass::FixOnly)) => "no row; the feed publishes only fixes".to_owned(),
            (Some(0), _) => "no row".to_owned(),
            (Some(n), _) => count(n, "row"),
        };
        let version = foreign(key.version.as_str());
        writeln!(out, "  {heading:<14}{text:<width$}  {version}  {rows}")?;
    }
    Ok(())
}

fn owner(owner: &ExplainedOwner, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out)?;
    let decides = if owner.decided { "and overrules the above" } else { "and does not overrule the above" };
    writeln!(out, "  owned by      {} (feed: {}), {decides}", foreign(&owner.purl), owner.coverage.as_str())?;
    rows(&owner.rows, None, paint, out)?;
    keys("owner's keys", &owner.keys, out)
}

/// The VEX statements that suppressed nothing, each with why.
fn vex(outcomes: &[VexOutcome], out: &mut dyn io::Write) -> io::Result<()> {
    for outcome in outcomes.iter().take(ROWS_MAX) {
        let place = format!("{} of {}", foreign(&outcome.statement), foreign(&outcome.document));
        let detail = match outcome.detail.as_str() {
            "" => String::new(),
            detail => format!(" ({})", foreign(detail)),
        };
        let reason = outcome.reason.sentence();
        writeln!(out, "VEX on {}, {place}: {reason}{detail}", foreign(&outcome.vulnerability))?;
    }
    let more = outcomes.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        writeln!(out, "and {}; the format `json` lists all", count(more, "more statement"))?;
    }
    Ok(())
}

fn feeds(explanation: &Explanation, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let snapshot = &explanation.snapshot;
    let created = snapshot.created.map(|created| format!(" of {created}")).unwrap_or_default();
    writeln!(out, "Feeds: snapshot {}{created}", foreign(&snapshot.id))?;
    if let Some(report) = explanation.report.as_ref().filter(|report| report.snapshot != snapshot.id) {
        let line = format!("the report was made with snapshot {}", foreign(&report.snapshot));
        writeln!(out, "  {}", paint.warning(&line))?;
    }
    Ok(())
}

fn field(name: &str, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "                {name:<11}{text}")
}

fn foreign(text: &str) -> String {
    plain(text, TEXT_BYTES_MAX).into_owned()
}
