//! An id, the packages of an SBOM or of a report, and a snapshot make an explanation.

mod stored_report;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use advisory_db::Snapshot;
use matcher::vex::Given;
use matcher::{Case, Fallback};
use model::explanation::{Answer, Explained, Explanation, ReportRead};
use model::facts::FeedFacts;
use model::finding::Finding;
use model::inventory::Inventory;
use model::key::normalise_name;
use model::limits::Limits;
use model::package::PackageIndex;
use model::purl::Purl;
use model::report::{Unmatched, VexOutcome};
use sbom::format::PublicKey;

use crate::error::FlowError;
use crate::match_sbom::{Besides, Question, facts, load, stamp};
use crate::source::{read_sbom, read_sbom_file};

/// Packages that can be asked about.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The packages.
    pub inventory: Inventory,
    /// The report that they were read from; none where they were read from an SBOM.
    pub report: Option<ReportRead>,
    /// The VEX statements that suppressed nothing, as that report has them.
    pub unapplied: Vec<VexOutcome>,
    /// How the SBOM is known to others, where that was looked up: only VEX asks for it.
    pub bom: Option<String>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The id, in any case.
    pub id: &'a str,
    /// A package's name or package URL; none where every package is meant.
    pub package: Option<&'a str>,
    /// Who is asked besides a package's vendor.
    pub besides: Besides<'a>,
}

/// Reads the SBOM or the JSON report in the file at `path`. Keys are asked of an SBOM: a report is not signed.
///
/// # Errors
/// It is neither, or cannot be read.
pub fn read_file(path: &Path, limits: &Limits, keys: &[PublicKey]) -> Result<Told, FlowError> {
    let failed = |source| FlowError::File { action: "read", path: path.to_owned(), source };
    let place = path.display().to_string();
    let file = File::open(path).map_err(failed)?;
    let is_file = file.metadata().map_err(failed)?.is_file();
    if is_file && stored_report::is_one(BufReader::new(file.take(limits.document_bytes_max))) {
        let bytes = read_all(path, limits).map_err(failed)?;
        return stored_report::read(&place, &bytes, limits);
    }
    Ok(Told { inventory: read_sbom_file(path, limits, keys)?.inventory, ..Told::default() })
}

/// Reads the SBOM or the JSON report in `bytes`; `place` names it in errors.
///
/// # Errors
/// As of [`read_file`].
pub fn read(place: &str, bytes: &[u8], limits: &Limits, keys: &[PublicKey]) -> Result<Told, FlowError> {
    if bytes.len() as u64 <= limits.document_bytes_max && stored_report::is_one(bytes) {
        return stored_report::read(place, bytes, limits);
    }
    Ok(Told { inventory: read_sbom(place, bytes, limits, keys)?, ..Told::default() })
}

fn read_all(path: &Path, limits: &Limits) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limits.document_bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What `snapshot` has to do with `asked` in the packages of `told`.
///
/// Without a package, only those are told of under whose keys a row names the id; the others are counted.
///
/// # Errors
/// No package is the one that was asked about; or none was, and no row under the keys of any names the id.
pub fn explain(
    told: &Told,
    asked: Asked<'_>,
    snapshot: &Snapshot,
    vex: &[Given],
) -> Result<Explanation, FlowError> {
    let facts = facts(Some(snapshot))?;
    let mut question = Question::with(&told.inventory, &facts, Some(snapshot), asked.besides)?;
    let n_packages = |cases: &[Case]| cases.iter().map(|case| case.packages.len()).sum::<usize>();
    if let Some(package) = asked.package {
        let all = n_packages(&question.cases);
        question.cases = of_package(question.cases, package);
        if question.cases.is_empty() {
            return Err(FlowError::NoSuchPackage { package: package.to_owned(), n_packages: all });
        }
    }
    let namespaces = question.namespaces();
    let advisories = load(snapshot, &matcher::consulted_keys(&question.cases))?;
    let mut explained = matcher::explain(&question.cases, &advisories, &question.facts, asked.id);
    ask_by_cpe_name(&mut explained, told, asked, &facts, snapshot)?;
    let unapplied = match vex.is_empty() {
        true => told.unapplied.clone(),
        false => {
            let findings = matcher::find(&question.cases, &advisories);
            answer_with_vex(&mut explained, findings, vex, told, asked.id)
        }
    };
    let report = told.report.clone().map(|report| about(report, asked.id));
    // A finding of the report that cannot be made again is contradicted in writing, not passed over.
    let is_reported = |explained: &Explained| {
        let purl = &told.inventory.package(explained.packages[0]).purl;
        report.as_ref().is_some_and(|report| explained.differing(purl, report).is_some())
    };
    let is_told = |explained: &Explained| {
        explained.answer.is_told() || explained.by_cpe_name.is_some() || is_reported(explained)
    };
    let (told_of, silent): (Vec<_>, Vec<_>) =
        explained.into_iter().partition(|explained| asked.package.is_some() || is_told(explained));
    let unmatched = unmatched(&silent);
    let n_packages = n_packages(&question.cases);
    if told_of.is_empty() {
        let n_not_judged = unmatched.iter().map(|unmatched| unmatched.packages).sum();
        return Err(FlowError::NobodySpeaks { id: asked.id.to_owned(), n_packages, n_not_judged });
    }
    Ok(Explanation {
        id: asked.id.to_owned(),
        snapshot: stamp(snapshot, &namespaces, &question.facts),
        report,
        vex: about_any(unapplied, asked.id, &told_of),
        packages: told_of,
        n_packages,
        unmatched,
    })
}

/// Says of each explanation what it came to if NVD were asked by CPE name of every package, where that is something else: a
/// report that asked so would be contradicted without a word.
fn ask_by_cpe_name(
    explained: &mut [Explained],
    told: &Told,
    asked: Asked<'_>,
    facts: &FeedFacts,
    snapshot: &Snapshot,
) -> Result<(), FlowError> {
    let is_held = snapshot.namespaces().iter().any(|entry| entry.name.is_cpe());
    if !is_held || asked.besides.fallback == Some(&Fallback::All) {
        return Ok(());
    }
    let besides = Besides { fallback: Some(&Fallback::All), ..asked.besides };
    let mut question = Question::with(&told.inventory, facts, Some(snapshot), besides)?;
    if let Some(package) = asked.package {
        question.cases = of_package(question.cases, package);
    }
    let advisories = load(snapshot, &matcher::consulted_keys(&question.cases))?;
    let mut others: BTreeMap<PackageIndex, Vec<Explained>> = BTreeMap::new();
    for other in matcher::explain(&question.cases, &advisories, &question.facts, asked.id) {
        if other.answer.is_told() {
            others.entry(other.packages[0]).or_default().push(other);
        }
    }
    for explained in explained {
        let is_same = |other: &&Explained| {
            explained.ids.is_empty() || explained.ids.iter().any(|id| other.ids.contains(id))
        };
        let other = others.get(&explained.packages[0]).and_then(|others| others.iter().find(is_same));
        explained.by_cpe_name =
            other.map(|other| &other.answer).filter(|answer| **answer != explained.answer).cloned();
    }
    Ok(())
}

/// The cases of the package that `wanted` names: by its package URL, or by one without version and qualifiers; by its name,
/// or where none has it by that of its source.
fn of_package(cases: Vec<Case>, wanted: &str) -> Vec<Case> {
    let is_of_purl = |case: &Case| case.purl == wanted || is_part(wanted, &case.purl);
    let is_named = |case: &Case| case.name == wanted || *case.name == *normalise_name(case.ecosystem, wanted);
    let is_of_key = |case: &Case| {
        let name = normalise_name(case.ecosystem, wanted);
        case.consulted.iter().any(|consulted| *consulted.key.name == *name)
    };
    let ways: [&dyn Fn(&Case) -> bool; 3] = [&is_of_purl, &is_named, &is_of_key];
    let ways = if wanted.starts_with("pkg:") { &ways[..1] } else { &ways[1..] };
    let Some(way) = ways.iter().find(|way| cases.iter().any(way)) else { return Vec::new() };
    cases.into_iter().filter(|case| way(case)).collect()
}

/// Whether all that the package URL `wanted` says is said by `purl` too.
fn is_part(wanted: &str, purl: &str) -> bool {
    let (Ok(wanted), Ok(purl)) = (wanted.parse::<Purl>(), purl.parse::<Purl>()) else { return false };
    let is_same =
        (&wanted.kind, &wanted.namespace, &wanted.name) == (&purl.kind, &purl.namespace, &purl.name);
    is_same
        && (wanted.version.is_none() || wanted.version == purl.version)
        && wanted.qualifiers.iter().all(|(name, value)| purl.qualifiers.get(name) == Some(value))
}

/// Those of which nothing is known, by who should have been asked.
fn unmatched(silent: &[Explained]) -> Vec<Unmatched> {
    let mut counts = BTreeMap::new();
    for explained in silent {
        if let Answer::NotJudged { reason, namespace } = &explained.answer {
            *counts.entry((*reason, namespace)).or_insert(0) += explained.packages.len();
        }
    }
    let line = |((reason, namespace), packages): ((_, &model::key::Namespace), _)| Unmatched {
        reason,
        namespace: namespace.clone(),
        packages,
    };
    counts.into_iter().map(line).collect()
}

/// Suppresses what the documents answer, as in a report; gives the statements that suppressed nothing.
fn answer_with_vex(
    explained: &mut [Explained],
    mut findings: Vec<Finding>,
    vex: &[Given],
    told: &Told,
    asked: &str,
) -> Vec<VexOutcome> {
    let is_explained =
        |finding: &Finding| explained.iter().any(|it| it.ids.first().is_some_and(|id| *id == finding.id));
    findings.retain(is_explained);
    // Only so many outcomes are kept: those of other vulnerabilities must not crowd out what was asked.
    let mut vex = vex.to_vec();
    let is_of_any = |id: &str| {
        id.eq_ignore_ascii_case(asked)
            || explained.iter().any(|it| it.ids.iter().any(|own| own.eq_ignore_ascii_case(id)))
    };
    for given in &mut vex {
        given.document.statements.retain(|statement| statement.ids.iter().any(|id| is_of_any(id)));
    }
    let heard = matcher::vex::apply(&mut findings, &vex, &told.inventory, told.bom.as_deref());
    for explained in explained {
        let is_of_it = |finding: &&Finding| {
            finding.packages.contains(&explained.packages[0])
                && explained.ids.first().is_some_and(|id| *id == finding.id)
        };
        if let Some(Finding { verdict, suppressed, .. }) = findings.iter().find(is_of_it) {
            let (verdict, suppressed) = (verdict.clone(), suppressed.as_deref().cloned());
            explained.answer = Answer::Finding { verdict, suppressed };
        }
    }
    let mut unapplied = heard.unapplied;
    unapplied.iter_mut().for_each(|outcome| name_as_asked(outcome, &vex, asked));
    unapplied
}

/// Names the vulnerability of `outcome` by the id that was asked for, where the statement names it so too: else a statement
/// that names it otherwise first would not be told of.
fn name_as_asked(outcome: &mut VexOutcome, vex: &[Given], asked: &str) {
    let of_document = vex.iter().filter(|given| given.digest == outcome.document);
    let statements = of_document.flat_map(|given| &given.document.statements);
    let mut ids = statements.filter(|one| *one.place == *outcome.statement).flat_map(|one| one.ids.iter());
    if let Some(id) = ids.find(|id| id.eq_ignore_ascii_case(asked)) {
        outcome.vulnerability = id.to_string();
    }
}

/// Those of the statements that are about what is told of.
fn about_any(unapplied: Vec<VexOutcome>, id: &str, told_of: &[Explained]) -> Vec<VexOutcome> {
    let is_about = |outcome: &VexOutcome| {
        let name = &outcome.vulnerability;
        name.eq_ignore_ascii_case(id)
            || told_of.iter().any(|explained| explained.ids.iter().any(|id| id.eq_ignore_ascii_case(name)))
    };
    unapplied.into_iter().filter(is_about).collect()
}

/// The report with those of its findings that are about `id`.
fn about(mut report: ReportRead, id: &str) -> ReportRead {
    report.findings.retain(|found| found.ids.iter().any(|known| known.eq_ignore_ascii_case(id)));
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_url_may_leave_out_version_and_qualifiers() {
        let purl = "pkg:apk/alpine/libssl3@3.3.0-r2?arch=x86_64&upstream=openssl";
        for (wanted, expected) in [
            (purl, true),
            ("pkg:apk/alpine/libssl3", true),
            ("pkg:apk/alpine/libssl3@3.3.0-r2", true),
            ("pkg:apk/alpine/libssl3?arch=x86_64", true),
            ("pkg:apk/alpine/libssl3?arch=aarch64", false),
            ("pkg:apk/alpine/libssl3@3.3.0-r1", false),
            ("pkg:apk/wolfi/libssl3", false),
            ("pkg:apk/alpine/libssl", false),
            ("libssl3", false),
        ] {
            assert_eq!(is_part(wanted, purl), expected, "{wanted}");
        }
    }

    #[test]
    fn only_a_report_of_ours_is_one() {
        for (text, expected) in [
            (r#"{"tool": {}, "packages": [[1]], "schema": "plimsoll-report/1"}"#, true),
            (r#"{"schema": "plimsoll-report/2"}"#, false),
            (r#"{"schema": 1}"#, false),
            (r#"{"bomFormat": "CycloneDX"}"#, false),
            (r#"{"schema": "plimsoll-report/1""#, false),
            ("pkg:npm/a@1", false),
            ("", false),
        ] {
            assert_eq!(stored_report::is_one(text.as_bytes()), expected, "{text}");
        }
        let deep = format!(r#"{{"schema":"plimsoll-report/1","a":{}"#, "[".repeat(1 << 20));
        assert!(!stored_report::is_one(deep.as_bytes()));
    }

    #[test]
    fn what_is_no_report_after_all_is_an_error_with_its_place() {
        let limits = Limits { packages_max: 1, ..Limits::default() };
        let package = r#"{"purl":"","name":"a","version":"1","type":"npm","owner":null}"#;
        let report = |packages: &str| {
            format!(
                r#"{{"schema":"plimsoll-report/1","subject":{{"name":""}},"snapshot":{{"id":"x"}},"packages":[{packages}],"findings":[]}}"#
            )
        };
        let told = read("r.json", report(package).as_bytes(), &limits, &[]).unwrap();
        assert_eq!(told.inventory.packages[0].name, "a");
        let error = read("r.json", report(&format!("{package},{package}")).as_bytes(), &limits, &[]);
        assert!(error.unwrap_err().to_string().contains("r.json"));
    }
}
