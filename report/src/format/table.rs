//! The report for people, on a terminal or in a log.
//!
//! It ends with what was matched against what and with the judgement; "no findings" is never said alone. Colour only
//! repeats what a word says already. Nothing is shortened without saying by how much.

mod coverage;
mod suppressed;

use std::collections::BTreeMap;
use std::io;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use model::advisory::FixState;
use model::finding::{Finding, Label, Verdict};
use model::image::Origin;
use model::package::Package;
use model::report::Report;
use model::severity::Severity;
use policy::{Judgement, Unjudged, Violation, Violator};

use super::{Format, RenderOptions};
use crate::fold;
use crate::found;
use crate::paint::Paint;
use crate::text::{count, plain, thousands};
use crate::vex;

pub(super) static FORMAT: Format =
    Format { name: "table", media_type: "text/plain", extension: "txt", render, variants: &[] };

/// Bytes of a foreign text in one cell.
const CELL_BYTES_MAX: usize = 160;
/// Ids listed of a package of which nothing could be decided, and violations listed below the table.
const LISTED_MAX: usize = 10;
/// Below this a table cannot be laid out, whatever the terminal says.
const WIDTH_MIN: usize = 40;

const HEADER: [&str; 8] = ["SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED IN", "EPSS", "KEV", "WHERE"];
/// Columns of one short word, which is not broken to fit.
const UNBROKEN: [&str; 4] = ["SEVERITY", "ID", "EPSS", "KEV"];

fn render(
    report: &Report,
    judgement: &Judgement,
    options: &RenderOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let paint = Paint { color: options.color };
    writeln!(out, "{}", paint.bold(&heading(report)))?;
    writeln!(out)?;
    let groups = groups(report);
    if !groups.is_empty() {
        affected(report, &groups, options, &paint, out)?;
        writeln!(out)?;
    }
    undetermined(report, out)?;
    suppressed::write(report, out)?;
    if let Some(unapplied) = vex::unapplied(&report.vex) {
        writeln!(out, "VEX: {}", paint.warning(&unapplied))?;
    }
    totals(report, out)?;
    writeln!(out)?;
    coverage::write(report, &paint, out)?;
    writeln!(out)?;
    verdict(report, judgement, &paint, out)
}

/// `app:1.2 · linux/amd64 · alpine 3.10.2 · sha256:…`
fn heading(report: &Report) -> String {
    let inventory = &report.inventory;
    let subject = &inventory.subject;
    let mut parts = vec![match subject.name.as_str() {
        "" => "unnamed".to_owned(),
        name => cell(name),
    }];
    if let Some(version) = &subject.version {
        parts.push(cell(version));
    }
    parts.extend(subject.platform.as_deref().map(cell));
    if let Some(distro) = &inventory.distro {
        let version = distro.version.as_deref().unwrap_or_default();
        parts.push(cell(format!("{} {version}", distro.id).trim_end()));
    }
    parts.extend(subject.digest.as_deref().map(cell));
    parts.join("  ")
}

/// Findings that say the same of several packages: the binaries of one source package.
struct Group<'a> {
    first: &'a Finding,
    packages: Vec<&'a Package>,
}

/// The affected findings that are not suppressed, grouped, in the report's order of their first.
fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut positions = BTreeMap::new();
    for finding in
        report.findings.iter().filter(|one| one.suppressed.is_none() && one.verdict == Verdict::Affected)
    {
        let packages = finding.packages.iter().map(|&index| report.inventory.package(index));
        let same = (&finding.id, cells(report, finding));
        let position = *positions.entry(same).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.packages.extend(packages),
            None => groups.push(Group { first: finding, packages: packages.collect() }),
        }
    }
    groups
}

/// What a row says beside the id and the package.
fn cells(report: &Report, finding: &Finding) -> [String; 6] {
    let decoration = &finding.decoration;
    [
        decoration.severity.level.to_string(),
        cell(found::package(report, finding).version.as_str()),
        fixed_in(finding),
        decoration.epss.map_or_else(dash, |epss| percent(epss.score)),
        match &decoration.kev {
            None => dash(),
            Some(kev) if kev.ransomware => "ransomware".to_owned(),
            Some(_) => "yes".to_owned(),
        },
        place(report, finding),
    ]
}

/// The id and, below it, what else is said of the vulnerability: `(disputed)`.
fn id(finding: &Finding) -> String {
    let labels = finding.decoration.labels.iter().map(|label| match label {
        Label::Disputed => "\n(disputed)",
        Label::UnsupportedWhenAssigned => "\n(unsupported)",
        Label::NotLoaded => "\n(not loaded)",
    });
    std::iter::once(cell(&finding.id)).chain(labels.map(str::to_owned)).collect()
}

fn dash() -> String {
    "-".to_owned()
}

/// The versions that hold the fix, or the vendor's word for why there is none.
fn fixed_in(finding: &Finding) -> String {
    let versions: Vec<String> = finding.fix.versions.iter().map(|version| cell(version.as_str())).collect();
    match finding.fix.state {
        _ if !versions.is_empty() => versions.join(", "),
        FixState::Unknown => dash(),
        state => format!("({})", state.as_str()),
    }
}

/// `7.3%`; what would round to nothing is `<0.1%`.
fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.001 { "<0.1%".to_owned() } else { format!("{:.1}%", share * 100.0) }
}

/// `lib/apk/db/installed, layer 1 (base)`, and how many places more.
fn place(report: &Report, finding: &Finding) -> String {
    let locations = found::locations(report, finding);
    let Some(first) = locations.first() else { return dash() };
    let layers = &report.inventory.subject.layers;
    let layer = first.layer.as_deref().and_then(|layer| layers.iter().position(|one| one.diff_id == layer));
    let layer = layer.map_or_else(String::new, |index| format!(", layer {}", index + 1));
    let origin = match found::origin(report, finding) {
        Origin::Unknown => String::new(),
        known => format!(" ({})", known.as_str()),
    };
    let more = match locations.len() {
        1 => String::new(),
        n => format!(", and {} more", thousands(n as u64 - 1)),
    };
    let removed = if found::package(report, finding).removed_by.is_some() { ", deleted later" } else { "" };
    format!("{}{layer}{origin}{removed}{more}", cell(&first.path))
}

fn affected(
    report: &Report,
    groups: &[Group<'_>],
    options: &RenderOptions<'_>,
    paint: &Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if let Some(width) = options.width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width.max(WIDTH_MIN)).unwrap_or(u16::MAX));
    }
    table.set_header(HEADER);
    for group in groups {
        let [severity, installed, fixed, epss, kev, place] = cells(report, group.first);
        let mut names: Vec<String> = group.packages.iter().map(|package| cell(&package.name)).collect();
        names.sort();
        names.dedup();
        table.add_row([severity, id(group.first), names.join(", "), installed, fixed, epss, kev, place]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if UNBROKEN.contains(&HEADER[index]) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        // The severity stands first in its row, where no foreign text can be.
        let line = if index == 0 { paint.bold(line) } else { paint.severity(line) };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// One line for each package and reason why something of it could not be decided.
fn undetermined(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut packages: BTreeMap<(&str, &'static str), (&Package, Vec<String>)> = BTreeMap::new();
    let mut n_findings = 0;
    for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let Verdict::Undetermined { reason } = &finding.verdict else { continue };
        let package = found::package(report, finding);
        let (_, ids) = packages.entry((&package.purl, reason.as_str())).or_insert((package, Vec::new()));
        ids.push(cell(&finding.id));
        n_findings += 1;
    }
    if packages.is_empty() {
        return Ok(());
    }
    writeln!(out, "Undetermined: {} could not be decided", count(n_findings, "finding"))?;
    for ((_, reason), (package, ids)) in packages {
        let more = match ids.len().saturating_sub(LISTED_MAX) {
            0 => String::new(),
            n => format!(" and {} more", thousands(n as u64)),
        };
        writeln!(
            out,
            "  {} {} ({}, {reason}): {}{more}",
            cell(&package.name),
            cell(package.version.as_str()),
            package.ecosystem,
            ids[..ids.len().min(LISTED_MAX)].join(", "),
        )?;
    }
    writeln!(out)
}

/// How many findings of which severity, or that there are none, with what that rests on.
fn totals(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let counted: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    let matched = report.coverage.matched;
    if counted.is_empty() && matched == 0 {
        return writeln!(out, "Findings: nothing can be said, because no package was matched");
    }
    if counted.is_empty() {
        let names: Vec<String> =
            fold::feeds(&report.snapshot.namespaces).iter().map(|feed| cell(feed.name)).collect();
        let against = if names.is_empty() { "no feed".to_owned() } else { names.join(", ") };
        return writeln!(out, "Findings: none in {} matched against {against}", count(matched, "package"));
    }
    let levels: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .map(|level| (level, counted.iter().filter(|one| one.decoration.severity.level == level).count()))
        .filter(|(_, n)| *n > 0)
        .map(|(level, n)| format!("{} {level}", thousands(n as u64)))
        .collect();
    let fixed = counted.iter().filter(|finding| finding.fix.state == FixState::Fixed).count();
    let exploited = counted.iter().filter(|finding| finding.decoration.kev.is_some()).count();
    writeln!(
        out,
        "Findings: {} ({}); {} with a fix, {} known to be exploited",
        thousands(counted.len() as u64),
        levels.join(", "),
        thousands(fixed as u64),
        thousands(exploited as u64),
    )
}

fn verdict(report: &Report, judgement: &Judgement, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    if judgement.acceptable {
        writeln!(out, "Judgement: {}", paint.good("acceptable"))?;
        blindness(judgement, paint, out)?;
        return unseen(report, judgement, paint, out);
    }
    if let Some(unjudged) = judgement.not_judged() {
        let why = match unjudged {
            Unjudged::Nothing => "none, because no package was judged".to_owned(),
            Unjudged::Distro(namespace) => {
                format!("none, because nothing is held of {}", cell(namespace.as_str()))
            }
        };
        return writeln!(out, "Judgement: {}", paint.bad(&why));
    }
    let mut rules: BTreeMap<&str, Vec<&Violation>> = BTreeMap::new();
    for violation in &judgement.violations {
        rules.entry(&violation.rule).or_default().push(violation);
    }
    writeln!(out, "Judgement: {}", paint.bad("not acceptable"))?;
    for (rule, violations) in rules {
        let is_of_findings = violations.iter().all(|it| matches!(it.of, Violator::Finding(_)));
        let n_times = match is_of_findings {
            true => format!("by {}", count(violations.len(), "finding")),
            false => count(violations.len(), "time"),
        };
        writeln!(out, "  `{}` is violated {n_times}:", cell(rule))?;
        for violation in violations.iter().take(LISTED_MAX) {
            writeln!(out, "    {}", plain(&violation.message, 2 * CELL_BYTES_MAX))?;
        }
        if let Some(more) = violations.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
            writeln!(out, "    and {} more; the format `json` lists all", thousands(more as u64))?;
        }
    }
    blindness(judgement, paint, out)?;
    unseen(report, judgement, paint, out)
}

/// Says for how many findings the gate cannot fire.
fn blindness(judgement: &Judgement, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    match judgement.blindness() {
        Some(line) => writeln!(out, "  {}", paint.warning(&line)),
        None => Ok(()),
    }
}

/// Says of how many packages the gate could see nothing.
fn unseen(report: &Report, judgement: &Judgement, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    if judgement.n_unseen == 0 {
        return Ok(());
    }
    let line = format!(
        "the gate did not see {} of {}: the feed that answers is not held",
        thousands(judgement.n_unseen as u64),
        count(report.coverage.packages, "package")
    );
    writeln!(out, "  {}", paint.warning(&line))
}

fn cell(text: &str) -> String {
    plain(text, CELL_BYTES_MAX).into_owned()
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;
    use model::finding::Suppression;
    use model::inventory::Inventory;
    use policy::Judgement;

    use super::*;
    use crate::testing::{
        BASE_LAYER, OPTIONS, cases, difference, empty, finding, judgement, package, rendered,
    };

    fn text(report: &Report, options: &RenderOptions<'_>) -> String {
        rendered("table", report, &judgement(report, None), options)
    }

    #[test]
    fn a_table_fits_its_width() {
        let case = cases().into_iter().find(|case| case.name == "two-ecosystems").unwrap();
        let options = RenderOptions { width: Some(100), ..OPTIONS };
        let found = rendered("table", &case.report, &case.judgement(), &options);
        assert_eq!(difference("table", case.name, "expected-100-columns.txt", &found), None);
        let table = found
            .lines()
            .skip_while(|line| !line.starts_with("SEVERITY"))
            .take_while(|line| !line.is_empty());
        assert!(table.into_iter().all(|line| line.chars().count() <= 100), "{found}");
        for width in [0, 1, 20, 70_000, usize::MAX] {
            text(&case.report, &RenderOptions { width: Some(width), ..OPTIONS });
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        for case in cases() {
            let colored = text(&case.report, &RenderOptions { color: true, ..OPTIONS });
            let mut plain = String::new();
            for (index, part) in colored.split("\x1b[").enumerate() {
                plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
            }
            assert_ne!(colored, plain);
            assert_eq!(plain, text(&case.report, &OPTIONS));
        }
    }

    #[test]
    fn no_findings_is_never_said_alone() {
        for case in cases().into_iter().filter(|case| case.report.findings.is_empty()) {
            let found = text(&case.report, &OPTIONS);
            let line = found.lines().find(|line| line.starts_with("Findings:")).unwrap();
            assert!(line.contains("matched against ") || line.contains("nothing can be said"), "{line}");
        }
    }

    #[test]
    fn what_is_suppressed_is_named_up_to_ten_and_then_counted() {
        let mut report = empty("app");
        let package = package(Ecosystem::Deb, "linux-libc-dev", "6.1", "var/lib/dpkg/status", BASE_LAYER);
        report.inventory = Inventory::new(report.inventory.subject, None, vec![package], Vec::new());
        let reason = "kernel-headers".to_owned();
        let suppressed = |id: String| {
            let grounds = Suppression { reason: reason.clone(), source: String::new(), statement: None };
            Finding { suppressed: Some(Box::new(grounds)), ..finding(&id, 0, Severity::Low) }
        };
        report.findings = (10..13).map(|n| suppressed(format!("CVE-2025-{n}"))).collect();
        let found = text(&report, &OPTIONS);
        let line = "\nSuppressed: 3 findings (3 kernel-headers)\n  linux-libc-dev 6.1 (deb, kernel-headers): \
                    CVE-2025-10, CVE-2025-11, CVE-2025-12\n";
        assert!(found.contains(line), "{found}");
        assert!(!found.contains("more; the format"), "{found}");
        report.findings = (10..40).map(|n| suppressed(format!("CVE-2025-{n}"))).collect();
        let found = text(&report, &OPTIONS);
        assert!(found.contains("CVE-2025-19\n  and 20 more; the format `json` lists all\n"), "{found}");
        assert!(!found.contains("CVE-2025-20"), "{found}");
    }

    #[test]
    fn it_always_ends_with_coverage_and_judgement() {
        for case in cases() {
            let found = text(&case.report, &OPTIONS);
            let (_, end) = found.split_once("\nCoverage: ").unwrap();
            assert!(end.lines().last().unwrap().starts_with("Judgement: "), "{end}");
        }
    }

    #[test]
    fn no_finding_is_left_out_however_many() {
        let mut report = empty("app");
        for index in 0..2_000 {
            report.inventory.packages.push(package(
                Ecosystem::Npm,
                &format!("p{index}"),
                "1",
                "srv/x",
                BASE_LAYER,
            ));
            report.findings.push(finding(&format!("CVE-2023-{index}"), index, Severity::Low));
        }
        let found = text(&report, &OPTIONS);
        assert_eq!(found.lines().filter(|line| line.starts_with("low ")).count(), 2_000);
    }

    #[test]
    fn binaries_of_one_source_share_a_row_and_none_is_lost() {
        let case = cases().into_iter().find(|case| case.name == "two-ecosystems").unwrap();
        let found = text(&case.report, &OPTIONS);
        let rows: Vec<&str> = found.lines().filter(|line| line.contains("CVE-2023-0001")).collect();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].contains("libcrypto3, libssl3"));
    }

    #[test]
    fn many_violations_are_counted() {
        let mut report = empty("app");
        report.inventory.packages = vec![package(Ecosystem::Npm, "demo", "1", "srv/x", BASE_LAYER)];
        report.findings = (0..25).map(|index| finding(&format!("CVE-{index}"), 0, Severity::High)).collect();
        let found = rendered("table", &report, &judgement(&report, Some("high")), &OPTIONS);
        assert!(found.contains("  `high` is violated by 25 findings:\n"), "{found}");
        assert!(found.ends_with("    and 15 more; the format `json` lists all\n"), "{found}");
    }

    #[test]
    fn small_shares_are_not_nothing() {
        for (share, expected) in
            [(0.0, "0.0%"), (0.0004, "<0.1%"), (0.001, "0.1%"), (0.0731, "7.3%"), (1.0, "100.0%")]
        {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn vex_that_suppresses_nothing_is_said_in_a_line() {
        let mut report = empty("app");
        assert!(!text(&report, &OPTIONS).contains("VEX"));
        report.vex = crate::testing::vex();
        let found = text(&report, &OPTIONS);
        let line = "\nVEX: 1 statement suppresses nothing (1 unknown-status: its status is a word that is not known); \
                    `plimsoll explain CVE-2023-0002 SBOM --vex …` says why\n";
        assert!(found.contains(line), "{found}");
    }

    #[test]
    fn a_judgement_without_findings_is_acceptable() {
        let report = empty("app");
        let acceptable = Judgement { acceptable: true, ..Judgement::default() };
        assert!(rendered("table", &report, &acceptable, &OPTIONS).ends_with("Judgement: acceptable\n"));
    }
}
