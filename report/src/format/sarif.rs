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
use policy::{Judgement, Unjudged, Violator};

use super::{Format, RenderOptions, Variant};
use crate::fingerprint::fingerprint;
use crate::text::{HarmlessJson, count, markdown, plain, relative_uri, sarif_message, thousands};
use crate::{fold, found, subject, vex};

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
        automation_details: Some(RunAutomationDetails {
            id: Some(category(report, options.stored)),
            ..Default::default()
        }),
        invocations: Some(vec![Invocation {
            tool_execution_notifications: Some(notes.iter().map(Note::notification).collect()),
            ..Invocation::builder().execution_successful(judgement.not_judged().is_none()).build()
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
///
/// SBOMs that are stored side by side may be of two tags of one image. Their reports are delivered together, and of a
/// category only one is taken, so the file is in it. No slug and no file has a `:`, which would make two of them one.
fn category(report: &Report, stored: Option<&str>) -> String {
    let subject = &report.inventory.subject;
    let platform =
        subject.platform.as_deref().map(|platform| plain(platform, bytes_max::NAME).replace('/', "-"));
    let platform = platform.map_or_else(String::new, |platform| format!("{}/", relative_uri(&platform)));
    let stored = stored.map_or_else(String::new, |file| format!("stored:{}/", relative_uri(file)));
    format!("plimsoll/{}/{platform}{stored}", subject::slug(subject))
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
    let labels: BTreeSet<_> = group.iter().flat_map(|finding| &finding.decoration.labels).collect();
    tags.extend(labels.into_iter().map(|label| label.as_str().to_owned()));
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
    let aliases: BTreeSet<&str> = group.iter().flat_map(|one| &one.aliases).map(|id| id.as_str()).collect();
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
        ("layer", json!(layer.as_deref())),
        ("origin", json!(found::origin(report, finding).as_str())),
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
    let against: Vec<String> = fold::feeds(&report.snapshot.namespaces)
        .iter()
        .map(|feed| match feed.data_as_of {
            Some(time) => format!("{} of {time}", feed.name),
            None => format!("{} of an unknown date", feed.name),
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
    for unmatched in &fold::unmatched(&coverage.unmatched) {
        let text = format!(
            "{} of {} not matched: {}.",
            count(unmatched.packages, "package"),
            unmatched.namespace,
            unmatched.reason.as_str()
        );
        notes.push(Note::warning("unmatched", text));
    }
    if let Some(unapplied) = vex::unapplied(&report.vex) {
        notes.push(Note::remark("vex", format!("VEX: {unapplied}.")));
    }
    notes.extend(selection.left_out.iter().map(|note| Note {
        text: format!("{}.", note.text),
        kind: note.kind.clone(),
        ..*note
    }));
    let gaps = fold::gaps(&coverage.gaps);
    for gap in gaps.iter().take(selection.gaps_told_max) {
        let kind = plain(gap.kind.as_str(), bytes_max::NAME);
        notes.push(Note::warning(format!("gap/{kind}"), format!("{kind} at {}: {}.", gap.place, gap.detail)));
    }
    if let Some(more) = gaps.len().checked_sub(selection.gaps_told_max).filter(|more| *more > 0) {
        notes.push(Note::warning(
            "gaps",
            format!("{} left out; the format `json` has them.", count(more, "gap")),
        ));
    }
    if !judgement.acceptable {
        let text = match judgement.not_judged() {
            Some(Unjudged::Nothing) => "No package was judged.".to_owned(),
            Some(Unjudged::Distro(namespace)) => {
                format!("Nothing is held of {namespace}, so there is no judgement.")
            }
            None => format!("Not acceptable: {}.", count(judgement.violations.len(), "violation")),
        };
        notes.push(Note::warning("judgement", text));
    }
    // Findings that violate are results; what else does stands nowhere else.
    let others = judgement.violations.iter().filter(|it| !matches!(it.of, Violator::Finding(_)));
    let told = others.take(selection.gaps_told_max);
    notes.extend(told.map(|it| Note::warning("judgement", format!("Not acceptable: {}.", it.message))));
    if judgement.n_unseen > 0 {
        let (n_unseen, packages) = (judgement.n_unseen, count(coverage.packages, "package"));
        let text =
            format!("The gate did not see {n_unseen} of {packages}: the feed that answers is not held.");
        notes.push(Note::warning("judgement", text));
    }
    if let Some(text) = judgement.blindness() {
        notes.push(Note::warning("judgement", format!("{text}.")));
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
                "vex" => "VEX statements that suppress nothing.",
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
mod tests;
