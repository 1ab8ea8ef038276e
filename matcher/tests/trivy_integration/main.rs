//! Our findings are those of Trivy's integration tests, or the difference is argued in
//! `testdata/trivy-differences.txt`, one by one.
//!
//! The databases of those tests become rows (`testkit::trivy`), and what Trivy found in an image, a project or an SBOM is
//! compared with what [`find`] finds in the same packages (`inputs.rs`).
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod inputs;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use matcher::version::VersionScheme;
use matcher::{Case, cases, consulted_keys, find};
use model::advisory::{AdvisorySet, Row};
use model::ecosystem::Ecosystem;
use model::finding::{Finding, Verdict};
use model::inventory::Inventory;
use model::key::normalise_name;
use model::package::Package;
use testkit::trivy::{Database, Expected, Golden, database, goldens};

use inputs::{Known, Run, runs};

/// The largest part of all findings that may differ, argued as they are, in hundredths.
const ARGUED_MAX: usize = 3;

#[test]
fn findings_are_those_of_trivy() {
    let Some(data) = testkit::data::require("findings_are_those_of_trivy") else { return };
    let place = data.join("match/trivy-integration");
    let database = database(&place.join("db"));
    let goldens = goldens(&place.join("goldens"));
    let mut score = Score::default();
    for run in runs(&data, &goldens.read) {
        score.compare(&run, &database);
    }
    for (name, what) in &goldens.others {
        writeln!(score.text, "{name}: {what}").unwrap();
    }
    writeln!(score.text, "{} rows; left out of the databases: {:?}", database.rows.len(), database.left_out)
        .unwrap();
    score.print();
    assert!(score.compared > 100, "the reports are there");

    let argued = Difference::argued();
    let stale: Vec<&Difference> = argued.difference(&score.differences).collect();
    let unargued: Vec<&Difference> = score.differences.difference(&argued).collect();
    assert!(unargued.is_empty(), "differences that nobody argued:\n{}", lines(&unargued));
    assert!(stale.is_empty(), "argued, and no longer different:\n{}", lines(&stale));
    assert!(
        score.differences.len() * 100 <= score.compared * ARGUED_MAX,
        "{} of {} differ",
        score.differences.len(),
        score.compared
    );
}

/// A finding as it is compared: the package as its ecosystem looks it up, the installed version, and the id.
type Place = (Ecosystem, String, String, String);

/// What is said of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    /// The package's name as written.
    name: String,
    /// The vendor's state; none where that is not told. The reason, where nothing could be decided.
    state: Option<String>,
    /// The fixes above the installed version.
    fixes: Vec<String>,
}

impl Answer {
    /// Whether `ours` says the same, by the order of `scheme`: `0:1.0-1` is `1.0-1`.
    fn is_said_by(&self, ours: &Self, scheme: Option<&VersionScheme>) -> bool {
        let order = |left: &str, right: &str| scheme.and_then(|scheme| (scheme.compare)(left, right));
        let same = |left: &str, right: &str| left == right || order(left, right).is_some_and(Ordering::is_eq);
        let is_held = |fix: &String| ours.fixes.iter().any(|other| same(fix, other));
        self.fixes.len() == ours.fixes.len()
            && self.fixes.iter().all(is_held)
            && (self.state.is_none() || self.state == ours.state)
    }

    fn text(&self) -> String {
        let state = self.state.as_deref().unwrap_or("found");
        std::iter::once(state).chain(self.fixes.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }
}

/// Where ours and theirs differ. The rule that makes ours right is no part of what is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    run: String,
    package: String,
    id: String,
    theirs: String,
    ours: String,
}

impl Difference {
    /// The checked-in table: `run | package | id | theirs | ours | why`.
    fn argued() -> BTreeSet<Self> {
        let table = include_str!("../../testdata/trivy-differences.txt");
        let is_row = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let mut argued = BTreeSet::new();
        for line in table.lines().filter(is_row) {
            let parts: Vec<String> = line.split(" | ").map(|part| part.trim().to_owned()).collect();
            let Ok([run, package, id, theirs, ours, why]) = <[String; 6]>::try_from(parts) else {
                panic!("`{line}` has not six parts");
            };
            assert!(why.contains("feeds.md"), "`{line}` names no rule of feeds.md");
            assert!(argued.insert(Self { run, package, id, theirs, ours }), "`{line}` is there twice");
        }
        argued
    }
}

fn lines(differences: &[&Difference]) -> String {
    let line =
        |it: &&Difference| format!("{} | {} | {} | {} | {}\n", it.run, it.package, it.id, it.theirs, it.ours);
    differences.iter().map(line).collect()
}

/// What was compared, and how it went.
#[derive(Default)]
struct Score {
    /// A line for each report.
    text: String,
    /// The places that either has, without those that could not be judged.
    compared: usize,
    equal: usize,
    /// Findings of ours that the options of a run left out of its report.
    left_out_by_options: usize,
    /// Reports without any finding, on either side.
    without_findings: usize,
    /// Reports of which only the packages with findings are known.
    unlisted: usize,
    differences: BTreeSet<Difference>,
}

impl Score {
    fn compare(&mut self, run: &Run<'_>, database: &Database) {
        let cases = cases(&run.inventory, &database.facts);
        let ours = ours(&run.inventory, &cases, database);
        let unmatched = unmatched(&cases);
        let theirs = theirs(run.golden);
        let of_base = self::theirs(run.base);
        let is_selection = !std::ptr::eq(run.base, run.golden);

        let (mut compared, mut equal) = (0, 0);
        for place in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            let (ecosystem, name, version, id) = place;
            let scheme = matcher::version::for_ecosystem(*ecosystem);
            let (theirs, ours) = (theirs.get(place), ours.get(place));
            if theirs.is_none() && is_selection && of_base.contains_key(place) {
                self.left_out_by_options += 1;
                continue;
            }
            compared += 1;
            let theirs = theirs.map(|theirs| above(theirs, version, scheme));
            if theirs.iter().zip(ours).any(|(theirs, ours)| theirs.is_said_by(ours, scheme)) {
                equal += 1;
                continue;
            }
            let reason = unmatched.get(&(*ecosystem, name.clone(), version.clone()));
            let reason = reason.copied().filter(|_| ours.is_none());
            let text = |answer: Option<&Answer>| answer.map_or_else(|| "-".to_owned(), Answer::text);
            let named = theirs.as_ref().or(ours).expect("one of them has it");
            self.differences.insert(Difference {
                run: run.name.clone(),
                package: named.name.clone(),
                id: id.clone(),
                theirs: text(theirs.as_ref()),
                ours: reason.map_or_else(|| text(ours), str::to_owned),
            });
        }
        self.compared += compared;
        self.equal += equal;
        self.without_findings += usize::from(theirs.is_empty() && ours.is_empty());
        self.unlisted += usize::from(run.known == Known::Findings);
        let n_packages = run.inventory.packages.len();
        let (name, known) = (&run.name, run.known.words());
        let line = format!("{name}: {equal} of {compared} equal, {n_packages} packages of {known}");
        writeln!(self.text, "{line}").unwrap();
    }

    #[expect(clippy::print_stdout, reason = "the score is for people")]
    fn print(&self) {
        println!("{}{}", self.text, self.summary());
    }

    fn summary(&self) -> String {
        format!(
            "{} of {} equal, {} differ; left out by options: {}; reports without findings: {}; of which only packages with findings are known: {}",
            self.equal,
            self.compared,
            self.differences.len(),
            self.left_out_by_options,
            self.without_findings,
            self.unlisted
        )
    }
}

fn place(package: &Package, id: &str) -> Place {
    let name = normalise_name(package.ecosystem, &package.name).into();
    (package.ecosystem, name, package.version.as_str().to_owned(), id.to_owned())
}

/// What the report says.
fn theirs(golden: &Golden) -> BTreeMap<Place, Answer> {
    let of_expected = |expected: &Expected| {
        let answer = Answer {
            name: expected.package.name.clone(),
            state: expected.state.map(|state| state.as_str().to_owned()),
            fixes: expected.fixes.clone(),
        };
        (place(&expected.package, &expected.id), answer)
    };
    golden.targets.iter().flat_map(|target| &target.expected).map(of_expected).collect()
}

/// The answer without the fixes of older lines than the installed one, which Trivy lists too.
fn above(theirs: &Answer, installed: &str, scheme: Option<&VersionScheme>) -> Answer {
    let order = |fix: &str| scheme.and_then(|scheme| (scheme.compare)(fix, installed));
    let is_above = |fix: &&String| order(fix).is_none_or(Ordering::is_gt);
    Answer { fixes: theirs.fixes.iter().filter(is_above).cloned().collect(), ..theirs.clone() }
}

/// What we find, without what is suppressed.
fn ours(inventory: &Inventory, cases: &[Case], database: &Database) -> BTreeMap<Place, Answer> {
    let mut rows: BTreeMap<_, Vec<Row>> =
        consulted_keys(cases).into_iter().map(|key| (key, Vec::new())).collect();
    for row in &database.rows {
        if let Some(held) = rows.get_mut(&row.affected.key) {
            held.push(row.clone());
        }
    }
    let findings = find(cases, &AdvisorySet { rows });
    let mut ours = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        for &index in &finding.packages {
            let package = inventory.package(index);
            ours.insert(place(package, &finding.id), answer(finding, package));
        }
    }
    ours
}

/// Why packages were not judged, by ecosystem, name and version.
fn unmatched(cases: &[Case]) -> BTreeMap<(Ecosystem, String, String), &'static str> {
    let reason = |case: &Case| {
        let name = normalise_name(case.ecosystem, &case.name).into();
        let (reason, _) = case.unmatched.as_ref()?;
        Some(((case.ecosystem, name, case.version.as_str().to_owned()), reason.as_str()))
    };
    cases.iter().filter_map(reason).collect()
}

fn answer(finding: &Finding, package: &Package) -> Answer {
    let state = match finding.verdict {
        Verdict::Undetermined { reason } => reason.as_str(),
        Verdict::Affected | Verdict::NotAffected { .. } => finding.fix.state.as_str(),
    };
    Answer {
        name: package.name.clone(),
        state: Some(state.to_owned()),
        fixes: finding.fix.versions.iter().map(|version| version.as_str().to_owned()).collect(),
    }
}
