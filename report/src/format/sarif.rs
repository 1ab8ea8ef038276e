//! SARIF 2.1.0, written for GitHub code scanning: `docs/reference/sarif.md` says what and why.
//!
//! `sarif` keeps within what the service takes: it would reject the whole file otherwise, or drop results that
//! nobody chose to drop. Whatever is left out is said in the run's notifications. `sarif@full` leaves out nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor,
    ReportingDescriptorReference, Result as SarifResult, ResultLevel, Run, RunAutomationDetails, Sarif,
    Suppression, Tool, ToolComponent,
};

use model::finding::{Finding, Verdict};
use model::report::Report;
use model::severity::Severity;
use policy::Judgement;

use super::{Format, RenderOptions, Variant};
use crate::fingerprint::fingerprint;
use crate::text::{HarmlessJson, count, markdown, plain, relative_uri, sarif_message, thousands};
use crate::{found, subject};

pub(super) static FORMAT: Format = Format {
    name: "sarif",
    media_type: "application/sarif+json",
    extension: "sarif",
    render: render_capped,
    variants: &[Variant { name: "full", render: render_full }],
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Results that the service stores of one run; it chooses which when there are more.
const RESULTS_STORED_MAX: usize = 5_000;
/// Results of one run beyond which the service refuses the whole file.
const RESULTS_TAKEN_MAX: usize = 25_000;
/// Tags of one rule that the service keeps.
const TAGS_MAX: usize = 10;
/// Gaps told one by one; the rest is told as a number.
const GAPS_TOLD_MAX: usize = 100;

/// Bytes of foreign texts. They bound the file: 5,000 results of texts that do not compress at all stay below
/// the 10 MB that the service takes (see the test `the_largest_capped_file_…`).
mod bytes_max {
    pub(super) const ID: usize = 60;
    pub(super) const TITLE: usize = 160;
    pub(super) const NAME: usize = 100;
    pub(super) const VERSION: usize = 64;
    pub(super) const PURL: usize = 200;
    pub(super) const PATH: usize = 240;
    pub(super) const URL: usize = 160;
    pub(super) const NOTE: usize = 500;
}
const REFERENCES_MAX: usize = 2;
const ALIASES_MAX: usize = 4;
const PACKAGES_NAMED_MAX: usize = 8;
const FIXED_VERSIONS_MAX: usize = 3;

fn render_capped(
    report: &Report,
    judgement: &Judgement,
    options: &RenderOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let shown = report.findings.iter().filter(|finding| finding.suppressed.is_none()).count();
    let mut left_out = Vec::new();
    if shown > RESULTS_STORED_MAX {
        left_out.push(Note::warning(
            "truncated",
            format!(
                "truncated: these are the {} of highest risk of {}; the formats `json` and `sarif@full` have all",
                count(RESULTS_STORED_MAX, "finding"),
                thousands(shown as u64),
            ),
        ));
    }
    let suppressed = report.findings.len() - shown;
    if suppressed > 0 {
        // The service shows a result with `suppressions` as an open alert.
        left_out.push(Note::remark(
            "suppressed",
            format!(
                "{} left out; the formats `json` and `sarif@full` have them",
                count(suppressed, "suppressed finding")
            ),
        ));
    }
    let selection = Selection { findings: by_priority(report), left_out, gaps_told_max: GAPS_TOLD_MAX };
    HarmlessJson::write(&log(report, judgement, options, &selection), out)
}

fn render_full(
    report: &Report,
    judgement: &Judgement,
    options: &RenderOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut left_out = Vec::new();
    if report.findings.len() > RESULTS_TAKEN_MAX {
        let text = format!(
            "complete: {}; a code-scanning service that takes at most {} refuses this file, give it the format `sarif`",
            count(report.findings.len(), "result"),
            count(RESULTS_TAKEN_MAX, "result"),
        );
        left_out.push(Note::warning("complete", text));
    }
    let findings = report.findings.iter().collect();
    let selection = Selection { findings, left_out, gaps_told_max: usize::MAX };
    HarmlessJson::write(&log(report, judgement, options, &selection), out)
}

/// What of a report is written.
struct Selection<'a> {
    findings: Vec<&'a Finding>,
    left_out: Vec<Note>,
    gaps_told_max: usize,
}

/// The findings that the service shall show, in the report's order: those that are not suppressed, and of more than it
/// stores the affected before the undetermined, then the riskiest, then the most severe. Without EPSS every
/// risk is zero, and the severity decides.
fn by_priority(report: &Report) -> Vec<&Finding> {
    let mut shown: Vec<(usize, &Finding)> =
        report.findings.iter().enumerate().filter(|(_, finding)| finding.suppressed.is_none()).collect();
    if shown.len() > RESULTS_STORED_MAX {
        shown.sort_by(|(_, a), (_, b)| {
            (a.verdict != Verdict::Affected)
                .cmp(&(b.verdict != Verdict::Affected))
                .then(b.decoration.risk.total_cmp(&a.decoration.risk))
                .then(b.decoration.severity.level.cmp(&a.decoration.severity.level))
        });
        shown.truncate(RESULTS_STORED_MAX);
        shown.sort_by_key(|(index, _)| *index);
    }
    shown.into_iter().map(|(_, finding)| finding).collect()
}

fn log(
    report: &Report,
    judgement: &Judgement,
    options: &RenderOptions<'_>,
    selection: &Selection<'_>,
) -> Sarif {
    let groups = by_rule(&selection.findings);
    let positions: BTreeMap<&str, usize> =
        groups.iter().enumerate().map(|(index, group)| (group[0].id.as_str(), index)).collect();
    let notes = notes(report, judgement, selection);
    let driver = ToolComponent {
        rules: Some(groups.iter().map(|group| rule(report, group)).collect()),
        notifications: Some(note_kinds(&notes)),
        // A document without them is valid too; one with an invented address or version would be wrong.
        information_uri: Some(env!("CARGO_PKG_REPOSITORY").to_owned()).filter(|uri| !uri.is_empty()),
        semantic_version: Some(options.tool_version.to_owned()).filter(|version| !version.is_empty()),
        ..ToolComponent::builder().name("plimsoll").build()
    };
    let mut seen = BTreeMap::new();
    let results = selection
        .findings
        .iter()
        .map(|finding| result(report, finding, positions[finding.id.as_str()], &mut seen))
        .collect();
    let run = Run {
        automation_details: Some(RunAutomationDetails { id: Some(category(report)), ..Default::default() }),
        invocations: Some(vec![Invocation {
            tool_execution_notifications: Some(notes.iter().map(Note::notification).collect()),
            ..Invocation::builder().execution_successful(true).build()
        }]),
        results: Some(results),
        properties: Some(run_properties(report, judgement)),
        column_kind: Some(json!("utf16CodeUnits")),
        ..Run::builder().tool(Tool::builder().driver(driver).build()).build()
    };
    Sarif { schema: Some(SCHEMA.to_owned()), ..Sarif::builder().version("2.1.0").runs(vec![run]).build() }
}

/// The findings of each vulnerability, in the order in which the vulnerabilities first appear.
fn by_rule<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for &finding in findings {
        let position = *positions.entry(&finding.id).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// The identity of this image's alerts: a later upload under the same category closes those that it lacks, so
/// neither tag nor digest is in it, and two platforms of one image are two categories.
fn category(report: &Report) -> String {
    let subject = &report.inventory.subject;
    let platform =
        subject.platform.as_deref().map(|platform| plain(platform, bytes_max::NAME).replace('/', "-"));
    let platform = platform.map_or_else(String::new, |platform| format!("{}/", relative_uri(&platform)));
    format!("plimsoll/{}/{platform}", subject::slug(subject))
}

fn run_properties(report: &Report, judgement: &Judgement) -> PropertyBag {
    let subject = &report.inventory.subject;
    bag([
        ("subject", json!(plain(&subject.name, bytes_max::PURL))),
        ("digest", json!(subject.digest)),
        ("sbomDigest", json!(report.sbom_digest)),
        ("snapshot", json!(report.snapshot.id)),
        ("asOf", json!(report.as_of.to_string())),
        ("packages", json!(report.coverage.packages)),
        ("matched", json!(report.coverage.matched)),
        ("acceptable", json!(judgement.acceptable)),
    ])
}

/// A vulnerability. One rule stands for all its findings, whose packages may be rated differently: it has the
/// highest rating among them, and each result its own level.
fn rule(report: &Report, group: &[&Finding]) -> ReportingDescriptor {
    let worst = worst(group);
    let id = plain(&worst.id, bytes_max::ID);
    let title = match &worst.decoration.title {
        Some(title) => plain(title, bytes_max::TITLE).into_owned(),
        None => format!("Vulnerability in {}", package_names(report, group).join(", ")),
    };
    let level = worst.decoration.severity.level;
    let mut properties = BTreeMap::from([("precision".to_owned(), json!(precision(group)))]);
    if let Some(number) = security_severity(worst) {
        properties.insert("security-severity".to_owned(), json!(number));
    }
    ReportingDescriptor {
        short_description: Some(multiformat(format!("{id}: {title}"), None)),
        full_description: Some(multiformat(format!("{id} ({level}): {title}"), None)),
        help: Some(help(report, group, &title)),
        help_uri: help_uri(&worst.id),
        default_configuration: Some(ReportingConfiguration {
            level: Some(json!(sarif_level(level).to_string())),
            ..Default::default()
        }),
        properties: Some(PropertyBag { tags: Some(tags(report, group)), additional_properties: properties }),
        ..ReportingDescriptor::builder().id(rule_id(worst)).build()
    }
}

/// The finding of the highest severity, of several the first.
fn worst<'a>(group: &[&'a Finding]) -> &'a Finding {
    group
        .iter()
        .rev()
        .max_by_key(|finding| finding.decoration.severity.level)
        .expect("a rule stands for at least one finding")
}

fn package_names(report: &Report, group: &[&Finding]) -> Vec<String> {
    let names: BTreeSet<&str> =
        group.iter().map(|finding| found::package(report, finding).name.as_str()).collect();
    some(names.len(), PACKAGES_NAMED_MAX, names.iter().map(|name| plain(name, bytes_max::NAME).into_owned()))
}

/// The first `n_max` of `all`; when there are more, the last says how many.
fn some(n_all: usize, n_max: usize, all: impl Iterator<Item = String>) -> Vec<String> {
    let mut some: Vec<String> = all.take(n_max).collect();
    if n_all > some.len() {
        some.push(format!("{} more", n_all - some.len()));
    }
    some
}

/// How far the matches behind a rule can be trusted, in the service's words: the least of the steps' confidences.
fn precision(group: &[&Finding]) -> &'static str {
    let least = group
        .iter()
        .flat_map(|finding| &finding.evidence)
        .map(|evidence| evidence.confidence)
        .fold(1.0, f64::min);
    match least {
        least if least >= 1.0 => "very-high",
        least if least >= 0.8 => "high",
        least if least >= 0.7 => "medium",
        _ => "low",
    }
}

/// The number by which the service ranks a rule: the CVSS score where it means the same as the severity that
/// was chosen, else a number that stands for that severity. Absent when nobody rated it.
///
/// The service calls a score *over* 9.0 critical, CVSS one from 9.0 on.
fn security_severity(finding: &Finding) -> Option<String> {
    let level = finding.decoration.severity.level;
    let (lowest, usual, highest) = match level {
        Severity::Unknown => return None,
        Severity::None => (0.0, 0.0, 0.0),
        Severity::Negligible => (0.1, 0.5, 3.9),
        Severity::Low => (0.1, 3.0, 3.9),
        Severity::Medium => (4.0, 5.5, 6.9),
        Severity::High => (7.0, 8.0, 8.9),
        Severity::Critical => (9.1, 9.5, 10.0),
    };
    let stated = finding.decoration.cvss.iter().map(|cvss| cvss.score).find(|&score| {
        let agrees = Severity::from_cvss_score(score) == level;
        agrees || (level == Severity::Negligible && (lowest..=highest).contains(&score))
    });
    Some(format!("{:.1}", stated.map_or(usual, |score| score.clamp(lowest, highest))))
}

fn sarif_level(level: Severity) -> ResultLevel {
    match level {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium | Severity::Unknown => ResultLevel::Warning,
        Severity::Low | Severity::Negligible | Severity::None => ResultLevel::Note,
    }
}

fn tags(report: &Report, group: &[&Finding]) -> Vec<String> {
    let mut tags = vec!["security".to_owned(), "vulnerability".to_owned()];
    if group.iter().any(|finding| finding.decoration.kev.is_some()) {
        tags.push("known-exploited".to_owned());
    }
    let kinds: BTreeSet<&str> =
        group.iter().map(|finding| found::package(report, finding).ecosystem.name()).collect();
    tags.extend(kinds.into_iter().map(str::to_owned));
    tags.truncate(TAGS_MAX);
    tags
}

/// Where the world describes a vulnerability, by the form of its id: CVE records at the CVE program, all other
/// ids at the aggregator of those databases. None for an id that could not be part of an address.
fn help_uri(id: &str) -> Option<String> {
    let safe = !id.is_empty()
        && id.len() <= bytes_max::ID
        && id.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | ':'));
    safe.then(|| match id.starts_with("CVE-") {
        true => format!("https://www.cve.org/CVERecord?id={id}"),
        false => format!("https://osv.dev/vulnerability/{id}"),
    })
}

/// What a person reads who opens an alert: the same facts as text and as Markdown.
fn help(report: &Report, group: &[&Finding], title: &str) -> MultiformatMessageString {
    let worst = worst(group);
    let decoration = &worst.decoration;
    let mut facts: Vec<(&str, String)> = Vec::new();
    let rated = match decoration.severity.source.as_str() {
        "" => decoration.severity.level.to_string(),
        source => format!("{} (says {})", decoration.severity.level, plain(source, bytes_max::NAME)),
    };
    facts.push(("Severity", rated));
    let packages = group.iter().map(|finding| package_line(report, finding));
    facts.push(("Packages", some(group.len(), PACKAGES_NAMED_MAX, packages).join("; ")));
    if let Some(cvss) = decoration.cvss.first() {
        facts.push(("CVSS", format!("{:.1} ({})", cvss.score, plain(&cvss.vector.vector, bytes_max::URL))));
    }
    if let Some(epss) = decoration.epss {
        let text = format!("{:.2} % likely to be exploited within 30 days", epss.score * 100.0);
        facts.push(("EPSS", text));
    }
    if let Some(kev) = &decoration.kev {
        let ransomware = if kev.ransomware { ", by ransomware too" } else { "" };
        facts.push((
            "Known exploited",
            format!("since {}{ransomware}", plain(&kev.added, bytes_max::VERSION)),
        ));
    }
    let aliases: BTreeSet<&str> = group.iter().flat_map(|one| &one.aliases).map(String::as_str).collect();
    if !aliases.is_empty() {
        let names = aliases.iter().map(|alias| plain(alias, bytes_max::ID).into_owned());
        facts.push(("Also known as", some(aliases.len(), ALIASES_MAX, names).join(", ")));
    }
    let links = links(worst);
    let mut lines = vec![title.to_owned()];
    lines.extend(facts.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(links.iter().map(|link| format!("See {link}")));
    let mut marked = vec![markdown(title), String::new()];
    marked.extend(facts.iter().map(|(name, value)| format!("- **{name}**: {}", markdown(value))));
    marked.extend(links.iter().map(|link| format!("- <{link}>")));
    multiformat(lines.join("\n"), Some(marked.join("\n")))
}

/// `libssl3 3.0.1: fixed in 3.0.2`.
fn package_line(report: &Report, finding: &Finding) -> String {
    let package = found::package(report, finding);
    let name = plain(&package.name, bytes_max::NAME);
    format!("{name} {}: {}", plain(package.version.as_str(), bytes_max::VERSION), fix_words(finding))
}

fn fix_words(finding: &Finding) -> String {
    match finding.fix.versions.first() {
        Some(version) => format!("fixed in {}", plain(version.as_str(), bytes_max::VERSION)),
        None => format!("fix: {}", finding.fix.state.as_str()),
    }
}

/// The first few references that are plain web addresses.
fn links(finding: &Finding) -> Vec<&str> {
    let is_plain = |url: &&str| {
        (url.starts_with("https://") || url.starts_with("http://"))
            && url.len() <= bytes_max::URL
            && url.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | '\\'))
    };
    finding.decoration.references.iter().map(String::as_str).filter(is_plain).take(REFERENCES_MAX).collect()
}

fn result<'a>(
    report: &'a Report,
    finding: &'a Finding,
    rule_index: usize,
    seen: &mut BTreeMap<(&'a str, String, String), usize>,
) -> SarifResult {
    let uri = uri(report, finding);
    let fingerprint = fingerprint(report, finding);
    // The service tells alerts apart by rule, path and hash: two versions of one package in one file need a number.
    let nth = seen.entry((&finding.id, uri.clone(), fingerprint.clone())).or_default();
    *nth += 1;
    let primary = format!("{fingerprint}:{nth}");
    let message = Message { text: Some(sarif_message(&message(report, finding))), ..Default::default() };
    let undetermined = matches!(finding.verdict, Verdict::Undetermined { .. });
    let level = if undetermined { ResultLevel::Note } else { sarif_level(finding.decoration.severity.level) };
    SarifResult {
        rule_id: Some(rule_id(finding)),
        rule_index: i64::try_from(rule_index).ok(),
        level: Some(level),
        rank: Some(finding.decoration.risk),
        locations: Some(vec![location(report, finding, uri)]),
        partial_fingerprints: Some(BTreeMap::from([("primaryLocationLineHash".to_owned(), primary)])),
        suppressions: finding.suppressed.as_ref().map(|one| {
            let justification =
                plain(&format!("{}, says {}", one.reason, one.source), bytes_max::NOTE).into_owned();
            vec![Suppression {
                justification: Some(justification),
                status: Some(json!("accepted")),
                ..Suppression::builder().kind("external").build()
            }]
        }),
        properties: Some(result_properties(report, finding)),
        ..SarifResult::builder().message(message).build()
    }
}

/// One sentence or two: what, where, and what to do.
fn message(report: &Report, finding: &Finding) -> String {
    let package = found::package(report, finding);
    let id = plain(&finding.id, bytes_max::ID);
    let name = plain(&package.name, bytes_max::NAME);
    let version = plain(package.version.as_str(), bytes_max::VERSION);
    let level = finding.decoration.severity.level;
    let image = subject::slug(&report.inventory.subject);
    let what = match &finding.verdict {
        Verdict::Affected => format!("{id} ({level}) affects {name} {version} in {image}"),
        Verdict::NotAffected { because } => {
            format!("{id} ({level}) does not affect {name} {version} in {image} ({})", because.as_str())
        }
        Verdict::Undetermined { reason } => format!(
            "Undetermined: whether {id} ({level}) affects {name} {version} in {image} could not be decided ({})",
            reason.as_str()
        ),
    };
    let places = found::locations(report, finding);
    let more = match places.len() {
        0 | 1 => String::new(),
        n => format!(" Found in {}.", count(n, "place")),
    };
    let exploited = if finding.decoration.kev.is_some() { " It is known to be exploited." } else { "" };
    format!("{what}: {}.{exploited}{more}", fix_words(finding))
}

/// A path that stays the same from tag to tag and belongs to this image alone: the image's name and the path
/// inside it of the file that names the package. A package of unknown place has one made of its type and name.
fn uri(report: &Report, finding: &Finding) -> String {
    let package = found::package(report, finding);
    let path = match found::locations(report, finding).first() {
        Some(location) => location.path.clone(),
        None => format!("sbom/{}/{}", package.ecosystem.name(), package.name),
    };
    let image = subject::slug(&report.inventory.subject);
    relative_uri(&format!("{}/{}", distinct(&image, bytes_max::PATH), distinct(&path, bytes_max::PATH)))
}

/// The text, or its beginning and a hash of it when it is longer than `bytes_max`.
fn distinct(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let beginning = (0..=bytes_max).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    format!("{beginning}-{}", &blake3::hash(text.as_bytes()).to_hex()[..16])
}

/// The id of a finding's rule: its own, unless it is one that no publisher would give.
fn rule_id(finding: &Finding) -> String {
    plain(&distinct(&finding.id, bytes_max::ID), usize::MAX).into_owned()
}

fn location(report: &Report, finding: &Finding, uri: String) -> Location {
    let package = found::package(report, finding);
    Location {
        physical_location: Some(PhysicalLocation {
            artifact_location: Some(ArtifactLocation { uri: Some(uri), ..Default::default() }),
            // A package database has no line that stays; the service wants one.
            region: Some(Region { start_line: Some(1), ..Default::default() }),
            ..Default::default()
        }),
        logical_locations: Some(vec![LogicalLocation {
            name: Some(plain(&package.name, bytes_max::NAME).into_owned()),
            fully_qualified_name: Some(plain(&package.purl, bytes_max::PURL).into_owned()),
            kind: Some("package".to_owned()),
            ..Default::default()
        }]),
        ..Default::default()
    }
}

fn result_properties(report: &Report, finding: &Finding) -> PropertyBag {
    let package = found::package(report, finding);
    let decoration = &finding.decoration;
    let versions: Vec<_> = finding
        .fix
        .versions
        .iter()
        .take(FIXED_VERSIONS_MAX)
        .map(|version| plain(version.as_str(), bytes_max::VERSION))
        .collect();
    let layer = found::locations(report, finding).first().and_then(|location| location.layer.clone());
    bag([
        ("installedVersion", json!(plain(package.version.as_str(), bytes_max::VERSION))),
        ("severity", json!(decoration.severity.level.as_str())),
        ("fixState", json!(finding.fix.state.as_str())),
        ("fixedVersions", json!(versions)),
        ("epss", json!(decoration.epss.map(|epss| epss.score))),
        ("kev", json!(decoration.kev.is_some())),
        ("layer", json!(layer)),
    ])
}

/// Something to be said of the run.
struct Note {
    kind: String,
    level: &'static str,
    text: String,
}

impl Note {
    fn remark(kind: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), level: "note", text: text.into() }
    }

    fn warning(kind: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), level: "warning", text: text.into() }
    }

    fn notification(&self) -> Notification {
        let text = sarif_message(&plain(&self.text, bytes_max::NOTE));
        Notification {
            level: Some(json!(self.level)),
            descriptor: Some(ReportingDescriptorReference {
                id: Some(self.kind.clone()),
                ..Default::default()
            }),
            ..Notification::builder().message(Message { text: Some(text), ..Default::default() }).build()
        }
    }
}

/// The coverage summary, what was left out, and what could not be known.
fn notes(report: &Report, judgement: &Judgement, selection: &Selection<'_>) -> Vec<Note> {
    let coverage = &report.coverage;
    let against: Vec<String> = report
        .snapshot
        .namespaces
        .iter()
        .map(|stamp| match stamp.data_as_of {
            Some(time) => format!("{} of {time}", stamp.name),
            None => format!("{} of an unknown date", stamp.name),
        })
        .collect();
    let against = if against.is_empty() { "no feed".to_owned() } else { against.join(", ") };
    let mut notes = vec![Note::remark(
        "coverage",
        format!(
            "{} of {} matched, against {against}.",
            coverage.matched,
            count(coverage.packages, "package")
        ),
    )];
    for unmatched in &coverage.unmatched {
        let text = format!(
            "{} of {} not matched: {}.",
            count(unmatched.packages, "package"),
            unmatched.namespace,
            unmatched.reason.as_str()
        );
        notes.push(Note::warning("unmatched", text));
    }
    notes.extend(selection.left_out.iter().map(|note| Note {
        text: format!("{}.", note.text),
        kind: note.kind.clone(),
        ..*note
    }));
    for gap in coverage.gaps.iter().take(selection.gaps_told_max) {
        let kind = plain(gap.kind.as_str(), bytes_max::NAME);
        notes.push(Note::warning(format!("gap/{kind}"), format!("{kind} at {}: {}.", gap.place, gap.detail)));
    }
    if let Some(more) = coverage.gaps.len().checked_sub(selection.gaps_told_max).filter(|more| *more > 0) {
        notes.push(Note::warning(
            "gaps",
            format!("{} left out; the format `json` has them.", count(more, "gap")),
        ));
    }
    if !judgement.acceptable {
        let text = format!("Not acceptable: {}.", count(judgement.violations.len(), "violation"));
        notes.push(Note::warning("judgement", text));
    }
    notes
}

/// The descriptors that notifications refer to, each once. They have all that the service asks of a rule.
fn note_kinds(notes: &[Note]) -> Vec<ReportingDescriptor> {
    let kinds: BTreeSet<&str> = notes.iter().map(|note| note.kind.as_str()).collect();
    kinds
        .into_iter()
        .map(|kind| {
            let text = match kind {
                "coverage" => "What was matched, and against which feeds.",
                "unmatched" => "Packages of which nothing is said.",
                "truncated" | "complete" => "More findings than a code-scanning service takes.",
                "suppressed" => "Findings that a stronger source overrules.",
                "judgement" => "The answer of the gate.",
                _ => "Something that could not be known.",
            };
            ReportingDescriptor {
                short_description: Some(multiformat(text, None)),
                full_description: Some(multiformat(text, None)),
                help: Some(multiformat(text, Some(text.to_owned()))),
                ..ReportingDescriptor::builder().id(kind).build()
            }
        })
        .collect()
}

fn multiformat(text: impl Into<String>, markdown: Option<String>) -> MultiformatMessageString {
    MultiformatMessageString { markdown, ..MultiformatMessageString::builder().text(text).build() }
}

/// Properties, without those that are null.
fn bag<const N: usize>(properties: [(&str, Value); N]) -> PropertyBag {
    let stated = properties.into_iter().filter(|(_, value)| !value.is_null());
    PropertyBag {
        tags: None,
        additional_properties: stated.map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::testing::{
        OPTIONS, TOP_LAYER, cases, empty, finding, judgement, many, package, parsed, rendered,
    };

    use model::advisory::CvssVector;
    use model::ecosystem::Ecosystem;
    use model::finding::{Cvss, Suppression};
    use model::gap::{Gap, GapKind};
    use model::package::PackageIndex;

    /// Bytes of a compressed upload that the service takes.
    const UPLOAD_BYTES_MAX: usize = 10_000_000;

    fn results(log: &Value) -> &Vec<Value> {
        log["runs"][0]["results"].as_array().unwrap()
    }

    fn rules(log: &Value) -> &Vec<Value> {
        log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap()
    }

    fn notes(log: &Value) -> Vec<String> {
        log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| {
                format!(
                    "{} {}",
                    note["descriptor"]["id"].as_str().unwrap(),
                    note["message"]["text"].as_str().unwrap()
                )
            })
            .collect()
    }

    /// A report of one package with `findings` in it.
    fn one_package(image: &str, findings: Vec<Finding>) -> Report {
        let mut report = empty(image);
        report.inventory.packages =
            vec![package(Ecosystem::Npm, "demo", "1.0.0", "srv/demo/package.json", TOP_LAYER)];
        report.findings = findings;
        report
    }

    /// Every rule of the service that does not depend on what is reported (peers' and the service's own
    /// documentation: `docs/reference/sarif.md`).
    #[track_caller]
    fn assert_taken(log: &Value) {
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(
            log["runs"].as_array().unwrap().len(),
            1,
            "one run a file, far from the 20 that are taken"
        );
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "plimsoll");
        let category = run["automationDetails"]["id"].as_str().unwrap();
        assert!(category.starts_with("plimsoll/") && category.ends_with('/'), "{category}");
        for kind in run["tool"]["driver"]["notifications"].as_array().unwrap() {
            for text in ["shortDescription", "fullDescription", "help"] {
                assert!(!kind[text]["text"].as_str().unwrap().is_empty());
            }
        }
        let rules = rules(log);
        assert!(rules.len() <= 25_000);
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "every rule once");
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                let text = rule[text]["text"].as_str().unwrap();
                assert!(!text.is_empty() && text.len() < 8_000);
            }
            assert!(rule["shortDescription"]["text"].as_str().unwrap().len() <= 1_024);
            assert!(rule["fullDescription"]["text"].as_str().unwrap().len() <= 1_024);
            assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
            let tags = rule["properties"]["tags"].as_array().unwrap();
            assert!(tags.len() <= 10 && tags.iter().any(|tag| tag == "security"));
            if let Some(number) = rule["properties"].get("security-severity") {
                let number: f64 = number.as_str().unwrap().parse().unwrap();
                assert!((0.0..=10.0).contains(&number));
            }
            let precision = rule["properties"]["precision"].as_str().unwrap();
            assert!(["very-high", "high", "medium", "low"].contains(&precision));
            if let Some(uri) = rule.get("helpUri") {
                assert!(uri.as_str().unwrap().starts_with("https://"));
            }
        }
        let mut identities = BTreeSet::new();
        for result in results(log) {
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"], "ruleIndex points to the rule");
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), 1, "only the first would drive the alert");
            let physical = &locations[0]["physicalLocation"];
            assert_eq!(physical["region"]["startLine"], 1);
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            let first = uri.split('/').next().unwrap();
            assert!(!uri.starts_with('/') && !first.contains(':'), "relative, no scheme: {uri}");
            assert!(uri.chars().all(|one| one.is_ascii_alphanumeric() || "-._~/%".contains(one)), "{uri}");
            assert!(!uri.split('/').any(|segment| matches!(segment, "" | "." | "..")), "{uri}");
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
            let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
            let identity = (result["ruleId"].as_str().unwrap(), uri, hash);
            assert!(identities.insert(identity), "two alerts would be one: {identity:?}");
        }
    }

    #[test]
    fn it_is_valid_sarif() {
        let Some(data) = testkit::data::require("it_is_valid_sarif") else { return };
        let schema = testkit::data::read(&data.join("schemas/sarif/sarif-schema-2.1.0.json"));
        let schema: Value = serde_json::from_slice(&schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for format in ["sarif", "sarif@full"] {
            for case in cases() {
                let log = parsed(format, &case.report, case.fail_on);
                let errors: Vec<String> = validator
                    .iter_errors(&log)
                    .take(5)
                    .map(|error| format!("{error} at {}", error.instance_path()))
                    .collect();
                assert_eq!(errors, Vec::<String>::new(), "{format} of {}", case.name);
            }
        }
    }

    #[test]
    fn every_case_is_within_the_rules_of_the_service() {
        for format in ["sarif", "sarif@full"] {
            for case in cases() {
                assert_taken(&parsed(format, &case.report, case.fail_on));
            }
        }
    }

    #[test]
    fn the_largest_capped_file_is_within_the_rules_of_the_service_and_says_what_it_lacks() {
        let report = many(5_001);
        let text = rendered("sarif", &report, &judgement(&report, None), &OPTIONS);
        let log: Value = serde_json::from_str(&text).unwrap();
        assert_taken(&log);
        assert_eq!(results(&log).len(), 5_000);
        let truncated: Vec<String> =
            notes(&log).into_iter().filter(|note| note.starts_with("truncated ")).collect();
        assert_eq!(
            truncated,
            [
                "truncated truncated: these are the 5,000 findings of highest risk of 5,001; the formats `json` \
                 and `sarif@full` have all."
            ]
        );
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap().len();
        assert!(bytes <= UPLOAD_BYTES_MAX, "{bytes} bytes");
    }

    #[test]
    fn thirty_thousand_findings_are_capped_or_all_there() {
        let report = one_package(
            "app",
            (0..30_000).map(|index| finding(&format!("CVE-2023-{index}"), 0, Severity::Low)).collect(),
        );
        let capped = parsed("sarif", &report, None);
        assert_eq!((results(&capped).len(), rules(&capped).len()), (5_000, 5_000));
        let full = rendered("sarif@full", &report, &judgement(&report, None), &OPTIONS);
        assert_eq!(full.matches("\"ruleId\": ").count(), 30_000);
        assert!(full.contains("at most 25,000 results refuses this file"));
    }

    #[test]
    fn what_is_cut_is_what_matters_least() {
        let mut findings: Vec<Finding> =
            (0..5_000).map(|index| finding(&format!("CVE-A-{index:04}"), 0, Severity::Low)).collect();
        let mut undetermined = finding("CVE-B", 0, Severity::Critical);
        undetermined.verdict =
            Verdict::Undetermined { reason: model::finding::UndeterminedReason::UnreadableVersion };
        undetermined.decoration.risk = 99.0;
        let mut risky = finding("CVE-C", 0, Severity::Low);
        risky.decoration.risk = 1.0;
        findings.extend([undetermined, risky, finding("CVE-D", 0, Severity::Critical)]);
        let log = parsed("sarif", &one_package("app", findings), None);
        let ids: BTreeSet<&str> = results(&log).iter().map(|one| one["ruleId"].as_str().unwrap()).collect();
        assert!(ids.contains("CVE-C") && ids.contains("CVE-D"));
        assert!(!ids.contains("CVE-B") && !ids.contains("CVE-A-4999"));
    }

    #[test]
    fn no_alert_of_one_image_can_be_taken_for_one_of_another() {
        let of = |image: &str, platform: &str| {
            let mut report = one_package(image, vec![finding("CVE-1", 0, Severity::High)]);
            report.inventory.subject.platform = Some(platform.into());
            let log = parsed("sarif", &report, None);
            let result = &results(&log)[0];
            (
                log["runs"][0]["automationDetails"]["id"].as_str().unwrap().to_owned(),
                result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
                result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned(),
            )
        };
        let first = of("registry.example:5000/team/app:1.0", "linux/amd64");
        assert_eq!(first.0, "plimsoll/registry.example-5000/team/app/linux-amd64/");
        assert_eq!(first.1, "registry.example-5000/team/app/srv/demo/package.json");
        assert_eq!(
            first,
            of("registry.example:5000/team/app:2.0@sha256:00ff", "linux/amd64"),
            "tags are no identity"
        );
        let other = of("registry.example:5000/team/app2:1.0", "linux/amd64");
        assert!(first.0 != other.0 && first.1 != other.1 && first.2 != other.2);
        assert_ne!(
            first.0,
            of("registry.example:5000/team/app:1.0", "linux/arm64").0,
            "a platform is an image"
        );
    }

    #[test]
    fn versions_of_one_package_in_one_file_are_two_alerts() {
        let mut report = one_package(
            "app",
            vec![finding("CVE-1", 0, Severity::High), finding("CVE-1", 1, Severity::High)],
        );
        report.inventory.packages.push(package(
            Ecosystem::Npm,
            "demo",
            "2.0.0",
            "srv/demo/package.json",
            TOP_LAYER,
        ));
        let log = parsed("sarif", &report, None);
        assert_taken(&log);
        assert_eq!((results(&log).len(), rules(&log).len()), (2, 1));
    }

    #[test]
    fn the_number_of_a_rule_agrees_with_its_severity() {
        for (level, scores, expected) in [
            (Severity::Unknown, &[9.8][..], None),
            (Severity::None, &[5.0], Some("0.0")),
            (Severity::Negligible, &[7.5], Some("0.5")),
            (Severity::Negligible, &[2.1], Some("2.1")),
            (Severity::Low, &[], Some("3.0")),
            (Severity::Medium, &[9.8, 5.3], Some("5.3")),
            (Severity::High, &[9.8], Some("8.0")),
            (Severity::High, &[7.0], Some("7.0")),
            (Severity::Critical, &[9.0], Some("9.1")),
            (Severity::Critical, &[10.0], Some("10.0")),
            (Severity::Critical, &[], Some("9.5")),
        ] {
            let mut one = finding("CVE-1", 0, level);
            let cvss = |&score: &f64| Cvss {
                vector: CvssVector { source: String::new(), vector: String::new() },
                version: "3.1".into(),
                score,
            };
            one.decoration.cvss = scores.iter().map(cvss).collect();
            assert_eq!(security_severity(&one).as_deref(), expected, "{level} {scores:?}");
        }
    }

    #[test]
    fn a_rule_has_the_highest_severity_of_its_findings_and_each_result_its_own() {
        let report = one_package(
            "app",
            vec![finding("CVE-1", 0, Severity::Low), finding("CVE-1", 0, Severity::Critical)],
        );
        let log = parsed("sarif", &report, None);
        assert_eq!(rules(&log)[0]["properties"]["security-severity"], "9.5");
        assert_eq!(rules(&log)[0]["defaultConfiguration"]["level"], "error");
        let levels: Vec<&Value> = results(&log).iter().map(|result| &result["level"]).collect();
        assert_eq!(levels, ["note", "error"]);
    }

    #[test]
    fn suppressed_findings_are_only_in_the_full_file() {
        let mut suppressed = finding("CVE-1", 0, Severity::High);
        suppressed.suppressed = Some(Suppression { reason: "vendor-fixed".into(), source: "DSA-1".into() });
        let report = one_package("app", vec![suppressed, finding("CVE-2", 0, Severity::High)]);
        let log = parsed("sarif", &report, None);
        assert_eq!(results(&log).len(), 1, "the service would show it as an open alert");
        assert!(notes(&log).iter().any(|note| note.starts_with("suppressed 1 suppressed finding left out")));
        let full = parsed("sarif@full", &report, None);
        let expected =
            json!([{"kind": "external", "status": "accepted", "justification": "vendor-fixed, says DSA-1"}]);
        assert_eq!(results(&full)[0]["suppressions"], expected);
    }

    #[test]
    fn gaps_are_warnings_and_the_many_are_counted() {
        let mut report = one_package("app", Vec::new());
        report.coverage.gaps = (0..130)
            .map(|index| Gap::new(GapKind::UNREADABLE_FILE, format!("srv/{index:03}"), "odd [bytes] {0}"))
            .collect();
        let log = parsed("sarif", &report, None);
        let told = notes(&log);
        let gaps = told.iter().filter(|note| note.starts_with("gap/unreadable-file ")).count();
        assert_eq!(gaps, 100);
        assert!(
            told.iter().any(|note| note == "gaps 30 gaps left out; the format `json` has them."),
            "{told:?}"
        );
        assert!(told[1].contains("odd \\[bytes\\] {{0}}"), "{}", told[1]);
        let full = notes(&parsed("sarif@full", &report, None));
        assert_eq!(full.iter().filter(|note| note.starts_with("gap/")).count(), 130);
    }

    #[test]
    fn hostile_ids_make_neither_addresses_nor_equal_rules() {
        for id in ["", "CVE-1 x", "CVE-1/../..", "a\"b", "é", &"x".repeat(200)] {
            assert_eq!(help_uri(id), None, "{id}");
        }
        assert_eq!(help_uri("CVE-2023-1").unwrap(), "https://www.cve.org/CVERecord?id=CVE-2023-1");
        assert_eq!(help_uri("GO-2023-1").unwrap(), "https://osv.dev/vulnerability/GO-2023-1");
        let long = |end: &str| finding(&format!("{}{end}", "é".repeat(200)), 0, Severity::Low);
        let log = parsed("sarif", &one_package("app", vec![long("1"), long("2")]), None);
        assert_taken(&log);
        assert_eq!(rules(&log).len(), 2);
    }

    #[test]
    fn a_package_without_a_place_has_one_of_its_own() {
        let mut report = one_package("app", vec![finding("CVE-1", 0, Severity::High)]);
        report.inventory.packages[0].locations.clear();
        report.findings[0].packages = vec![PackageIndex(0)];
        let log = parsed("sarif", &report, None);
        let uri = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "app/sbom/npm/demo");
    }
}
